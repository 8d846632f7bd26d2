"""The pictures of a scorecard's page: what a programme's tables show better than figures; they need matplotlib."""

import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from abmmetrics import (
    _kpi_list,
    attribution,
    attributions,
    bridges,
    content,
    email,
    enps,
    journey,
    nps,
    plot,
    roi,
    winrate,
)
from abmmetrics._result_blocks import journeys_of
from abmmetrics.errors import MetricInputError
from abmmetrics.movements import stage_progression
from abmmetrics.periods import period
from abmmetrics.program import Program
from abmmetrics.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ATTRIBUTION = "Attribution"
_PERIODS = ("month", "quarter")
_FLOW_DAYS = 90
_LONGEST_ALT = 400


@attrs.frozen(kw_only=True)
class Picture:
    """A picture of a page.

    Attributes:
        family: the heading that it stands under.
        title: what it shows.
        svg: the picture, which says in words what it shows.
        how_to_read: how to read it, in the words of the function's docstring; empty without docstrings.
    """

    family: str
    title: str
    svg: str
    how_to_read: str


@attrs.frozen
class _Sketch:
    """What is to be drawn: the result, which tells it in words too, the function, and what it takes."""

    family: str
    title: str
    result: Any
    function: "Callable[..., Axes]"
    drawn: Any
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


def available() -> bool:
    """Tell whether pictures can be drawn: matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def pictures(program: Program) -> Iterator[Picture]:
    """Draw what a programme's tables can show; what they cannot is left out.

    Args:
        program: the programme.
    """
    for make in _MAKERS:
        try:
            for sketch in make(program):
                svg = plot.to_svg(sketch.function(sketch.drawn, **sketch.options), alt=_in_words(sketch))
                how = _how_to_read(sketch.function)
                yield Picture(family=sketch.family, title=sketch.title, svg=svg, how_to_read=how)
        except MetricInputError:  # a column is missing, or there is nothing to draw
            continue


def _how_to_read(function: Callable[..., object]) -> str:
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return next((" ".join(part.split()) for part in paragraphs if part.startswith("How to read it")), "")


def _in_words(sketch: _Sketch) -> str:
    told = " ".join(f"{sketch.title}: {sketch.result}".split())
    return told if len(told) <= _LONGEST_ALT else f"{told[:_LONGEST_ALT].rsplit(' ', maxsplit=1)[0]} …"


def _clicks(program: Program) -> Iterator[_Sketch]:
    mails = program.emails
    unit = next((unit for unit in _PERIODS if mails is not None and unit in mails.segments), None)
    if mails is not None and unit is not None:
        found = email.click_rate(mails, by=unit)
        yield _Sketch(_kpi_list.MAILS, f"Click rate by {unit}", found, plot.trend, found)


def _assets(program: Program) -> Iterator[_Sketch]:
    if program.content_views is not None:
        found = content.content_engagement_rate(program.content_views, by="asset")
        yield _Sketch(_kpi_list.CONTENT, "Engagement by asset", found, plot.estimates, found)


def _deals_by_stage(program: Program) -> Iterator[_Sketch]:
    history = program.stage_history
    if history is None or len(program.stages) < 2:  # noqa: PLR2004 - a funnel has two steps
        return
    events = journey.JourneyEvents(
        account=history.account, step=history.stage, at=history.entered, segments={"deal": history.opportunity}
    )
    found = journey.funnel(events, program.stages, unit="deal", as_of=program.as_of)
    yield _Sketch(_kpi_list.PIPELINE, "How far deals came", found, plot.funnel, found)
    if program.as_of is None:
        return
    moved = stage_progression(
        history,
        stages=program.stages,
        lost=program.lost_stages,
        start=program.as_of - np.timedelta64(_FLOW_DAYS, "D"),
        end=program.as_of,
    )
    yield _Sketch(_kpi_list.PIPELINE, f"What became of deals in {_FLOW_DAYS} days", moved, plot.stage_flow, moved)


def _wins(program: Program) -> Iterator[_Sketch]:
    deals = program.opportunities
    if deals is not None and deals.closed is not None:
        quarters = period(deals.closed, "quarter", fiscal_start=program.fiscal_start)
        found = winrate.win_rate(deals, by={"quarter": quarters})
        yield _Sketch(_kpi_list.SALES, "Win rate by quarter of the close", found, plot.trend, found)


def _credit(program: Program) -> Iterator[_Sketch]:
    journeys = journeys_of(program, "closed")
    if journeys is None:
        return
    models = (attribution.first_touch, attribution.linear_touch, attribution.last_touch)
    found = attributions.compare_models(*(model(journeys) for model in models))
    title = f"Share of the revenue won that each campaign gets, by three models, {journeys.lookback_days:g} days back"
    yield _Sketch(ATTRIBUTION, title, found, plot.attribution, found)


def _revenue(program: Program) -> Iterator[_Sketch]:
    revenue = program.recurring_revenue
    if revenue is not None:
        found = bridges.revenue_bridge(revenue, reactivation="as_new" if revenue.paid_before is None else "separate")
        yield _Sketch(_kpi_list.CUSTOMERS, "From the opening to the closing revenue", found, plot.bridge, found)


def _customers(program: Program) -> Iterator[_Sketch]:
    scores = program.survey_scores
    if scores is not None:
        segment = _segment(scores, program)
        found = nps.net_promoter_score(scores, by=segment)
        title = "Answers behind the net promoter score" + (f", by {segment}" if segment else "")
        yield _Sketch(_kpi_list.CUSTOMERS, title, found, plot.net_promoter, scores, {"by": segment})


def _employees(program: Program) -> Iterator[_Sketch]:
    scores = program.employee_scores
    if scores is not None:
        found = enps.employee_net_promoter_score(scores)
        title = "Answers behind the employee net promoter score"
        yield _Sketch(_kpi_list.EMPLOYEES, title, found, plot.net_promoter, scores, {"of": "employees"})


def _returns(program: Program) -> Iterator[_Sketch]:
    if program.campaign_results is not None and program.margin is not None:
        found = roi.campaign_roi(program.campaign_results, margin=program.margin, by="campaign")
        yield _Sketch(_kpi_list.RETURN, "Return on cost by campaign", found, plot.estimates, found)


def _segment(table: Table, program: Program) -> str | None:
    """Return the first of the programme's segments that a table has."""
    return next((name for name in program.by if name in table.segments), None)


_MAKERS: tuple[Callable[[Program], Iterator[_Sketch]], ...] = (
    _clicks,
    _assets,
    _deals_by_stage,
    _wins,
    _credit,
    _revenue,
    _customers,
    _employees,
    _returns,
)
