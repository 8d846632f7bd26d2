"""A picture of net promoter scores: who is behind them, and their intervals."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics._plot_canvas import (
    BLUE,
    PALE,
    VERMILLION,
    Canvas,
    canvas,
    refuse_number,
    refuse_other,
    unit_ticks,
)
from abmmetrics._plot_parts import Bar, Column, Look, beside, draw_bar, legend, say_absent, whisker, write_bar
from abmmetrics._plot_rows import MOST_ROWS
from abmmetrics._plot_words import (
    by_words,
    counted_words,
    kpi_words,
    reason_of,
    short_labels,
    span_text,
    tick_text,
    variant_words,
)
from abmmetrics._spread import ScoreSpread
from abmmetrics.enps import employee_net_promoter_score
from abmmetrics.nps import net_promoter_score
from abmmetrics.results import Estimate, format_value
from abmmetrics.surveys import SurveyScores
from abmmetrics.tables import By

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AROUND, _ROW = 1.5, 0.56
_THICK = 0.5
_UP, _DOWN = 0.14, 0.3
_LOOKS = (
    Look(name="detractors", colour=VERMILLION, hatch="////"),
    Look(name="promoters", colour=BLUE),
    Look(name="passives", colour=PALE),
)


def net_promoter(
    scores: SurveyScores | Estimate,
    *,
    of: Literal["customers", "employees"] = "customers",
    by: By = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a net promoter score with the answers behind it: detractors, promoters and passives.

    How to read it: the axis is in points, one for each hundredth of the answers. Detractors reach to the left of 0,
    promoters to the right, and the passives follow them; together they are 100 wide. The score, promoters less
    detractors, is the dot under the bar, with its interval. The same score may come of many passives, or of people
    who love and people who hate: that is what the bar tells.

    Leaves out: those who did not answer. Groups of employees that are too small to be shown are withheld.

    Args:
        scores: the answers, or a result of :func:`~abmmetrics.net_promoter_score` or
            :func:`~abmmetrics.employee_net_promoter_score` of up to 100 groups.
        of: whose answers they are, ``"customers"`` or ``"employees"``; of answers alone.
        by: a segment name, several, or labels of the table's length; of answers alone.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is neither answers nor a score, has no groups or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> scores = abm.SurveyScores(account=["Acme", "Beta", "Core", "Dent"], score=[10, 9, 7, 3])
        >>> abm.plot.net_promoter(scores).get_title(loc="left")
        'Net promoter score (4 accounts)'
    """
    refuse_other("scores", scores, (SurveyScores, Estimate), "survey scores, or a net promoter score")
    _checks.as_option("of", of, ("customers", "employees"))
    if isinstance(scores, SurveyScores):
        found = net_promoter_score(scores, by=by) if of == "customers" else employee_net_promoter_score(scores, by=by)
    else:
        found = scores
    spread = found.spread
    if not isinstance(spread, ScoreSpread):
        raise _checks.refuse("scores", "be a net promoter score", _checks.phrase(found.kpi))
    refuse_number("scores", len(found), MOST_ROWS, "groups", "estimate.take(...) takes some")
    on = canvas(ax, height=_AROUND + _ROW * len(found))
    on.frame(grid="x")
    unit_ticks(on, "points", "x", tick_text)
    taken = on.name_rows(short_labels(found.labels))
    interval = f"{100 * found.confidence:g} % interval"
    answers = spread.detractors + spread.passives + spread.promoters
    heads, wide = beside(on, _columns(found, answers, interval, narrow=on.narrow))
    with np.errstate(invalid="ignore"):
        detractors, promoters, passives = (
            100 * part / answers for part in (spread.detractors, spread.promoters, spread.passives)
        )
    left = float(np.nanmin([*-detractors, *found.low, 0.0])) - 3
    right = float(np.nanmax([*(promoters + passives), *found.high, 10.0])) + 3
    on.ax.set_xlim(left, right)
    point = (right - left) / on.free(taken, wide)
    on.ax.axvline(0, color=on.ink, linewidth=1.0, zorder=3).set_gid("zero")
    for place in range(len(found)):
        if math.isnan(found.value[place]):
            say_absent(on, place, reason_of(found, place))
            continue
        _draw_answers(on, place, (detractors[place], promoters[place], passives[place]), point)
        low, high, value = (float(figures[place]) for figures in (found.low, found.high, found.value))
        whisker(on, place + _DOWN, low, high, f"interval {place}")
        filled = "none" if math.isnan(low) else on.ink
        (dot,) = on.ax.plot([value], [place + _DOWN], "o", color=on.ink, markersize=6, zorder=5, markerfacecolor=filled)
        dot.set_gid(f"value {place}")
    above = heads + legend(on, _LOOKS, left=taken, above=heads)
    on.label_x("points: promoters less detractors of 100 answers")
    on.heading(
        f"{kpi_words(found.kpi)}{by_words(found.groups)} ({counted_words(found)})",
        [f"dots with {interval}s", *variant_words(found)],
        left=taken,
        above=above,
    )
    return on.ax


def _draw_answers(on: Canvas, place: int, parts: tuple[float, float, float], point: float) -> None:
    """Draw the bar of a group, from the detractors on its left to the passives on its right."""
    detractors, promoters, _ = parts
    free = -math.inf
    for look, start, length in zip(_LOOKS, (-detractors, 0.0, promoters), parts, strict=True):
        if length:
            bar = Bar(place=place - _UP, start=start, length=length, thick=_THICK, look=look)
            draw_bar(on, bar, f"{look.name} {place}")
            told = format_value(length / 100, "share")
            free = write_bar(on, bar, told, f"{look.name} figure {place}", point=point, free=free) + 4 * point


def _columns(found: Estimate, answers: NDArray[np.float64], interval: str, *, narrow: bool) -> list[Column]:
    defined = [not math.isnan(value) for value in found.value.tolist()]
    values = tuple(
        format_value(value, "points") if known else "" for value, known in zip(found.value, defined, strict=True)
    )
    columns = [Column(head="score", cells=values, bold=True)]
    if narrow:
        return columns
    spans = tuple(
        span_text(low, high, "points") if known else ""
        for low, high, known in zip(found.low, found.high, defined, strict=True)
    )
    counts = tuple(f"{count:,.0f}" if known else "" for count, known in zip(answers, defined, strict=True))
    return [*columns, Column(head=interval, cells=spans), Column(head="answers", cells=counts)]
