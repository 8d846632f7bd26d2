"""Pictures of who stays: a heat map of cohorts, and survival curves with models of churn."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from abmmetrics import _checks
from abmmetrics._plot_canvas import (
    BLUE,
    GREEN,
    PURPLE,
    SIZE,
    SMALL,
    VERMILLION,
    Canvas,
    canvas,
    refuse_number,
    refuse_other,
    text_on,
    unit_ticks,
    whole_ticks,
)
from abmmetrics._plot_words import by_words, clean, short, short_labels, tick_text, width_of
from abmmetrics._reading import is_mapping
from abmmetrics.churn import BetaDiscreteWeibull, ShiftedBetaGeometric
from abmmetrics.cohorts import CohortRetention
from abmmetrics.projections import Projection, projected_survival
from abmmetrics.results import format_value
from abmmetrics.survival import SurvivalCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Model = ShiftedBetaGeometric | BetaDiscreteWeibull

_MOST_COHORTS = 60
_CELL, _CELL_HIGH, _AROUND = 0.46, 0.3, 1.3
_LIGHTEST, _DARKEST = (0xF1, 0xF6, 0xFA), (0x00, 0x3B, 0x5C)
_GAP = 0.04

_MOST_CURVES = 4
_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE)
_STROKES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
_MODEL_STROKES: tuple[Any, ...] = ((0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)))
_MODELS = {ShiftedBetaGeometric: "shifted beta-geometric", BetaDiscreteWeibull: "beta-discrete-Weibull"}


def cohorts(
    cohorts: CohortRetention, *, what: Literal["logos", "revenue"] = "logos", ax: "Axes | None" = None
) -> "Axes":
    """Draw what is left of each cohort at each age as a map of shades, with the figure in every cell.

    How to read it: along a row a cohort ages; down a column cohorts of the same age are compared, and a shade that
    darkens downwards says that newer accounts stay better. The line in a cell is the interval, from 0 at its left
    edge to the largest figure at its right. Cells without a figure lie in the future, or in a gap of the history.

    Leaves out: how large cohorts are next to each other; the number of accounts is beside the name.

    Args:
        cohorts: the retention of up to 60 cohorts at up to 60 ages.
        what: ``"logos"``, the share of accounts that pay, or ``"revenue"``, what they pay for each unit at age 0.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no cohort retention, is empty, or has more cells than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> payments = abm.RevenueHistory(
        ...     account=["Acme", "Acme", "Beta"], period=["2025-01-01", "2025-02-01", "2025-01-01"], amount=100
        ... )
        >>> abm.plot.cohorts(abm.cohort_retention(payments, unit="month")).get_xlabel()
        'age in months'
    """
    refuse_other("cohorts", cohorts, CohortRetention, "a cohort retention")
    cells = cohorts.matrix(what)
    refuse_number("cohorts", len(cohorts.cohorts), _MOST_COHORTS, "cohorts", "use longer periods")
    refuse_number("cohorts", len(cohorts.ages), _MOST_COHORTS, "ages", "use longer periods")
    found = cohorts.logos if what == "logos" else cohorts.revenue
    rows, columns = cells.shape
    names = [
        f"{name} ({size:,})" for name, size in zip(short_labels(cohorts.cohorts), cohorts.sizes.tolist(), strict=True)
    ]
    left = max(width_of(name, SIZE) for name in names) / 72
    on = canvas(ax, width=max(4.8, left + _CELL * columns + 0.4), height=_AROUND + _CELL_HIGH * rows)
    on.frame(grid="none", axis=())
    largest = max(1.0, float(np.nanmax(cells)) if not np.isnan(cells).all() else 1.0)
    limits = {
        label: (low, high)
        for label, low, high in zip(found.labels, found.low.tolist(), found.high.tolist(), strict=True)
    }
    for row, cohort in enumerate(cohorts.cohorts):
        for column, age in enumerate(cohorts.ages):
            if not math.isnan(cells[row, column]):
                low, high = limits[cohort, age]
                _cell(on, row, column, cells[row, column] / largest, f"{100 * cells[row, column]:.0f}")
                _cell_interval(on, row, column, low / largest, high / largest, shade=cells[row, column] / largest)
    on.ax.set_xlim(-0.5, columns - 0.5)
    taken = on.name_rows(names)
    every = max(1, math.ceil(columns * 22 / max(on.room - taken, 100)))
    ticks = range(0, columns, every)
    on.ax.set_xticks(ticks, labels=[str(cohorts.ages[place]) for place in ticks])
    on.label_x(f"age in {cohorts.unit}s")
    title = "Accounts that still pay" if what == "logos" else "Revenue that is left"
    told = "of the accounts of each cohort" if what == "logos" else "of what each cohort paid at the beginning"
    on.heading(
        f"{title}, by {cohorts.unit} of the beginning ({int(cohorts.sizes.sum()):,} accounts)",
        [f"percent {told}; accounts in brackets", f"lines are {100 * found.confidence:g} % intervals", *cohorts.remarks],
        left=taken,
    )  # fmt: skip
    return on.ax


def shade_of(share: float) -> str:
    """Return the shade of a cell, the darker the larger its figure."""
    parts = (round(light + share * (dark - light)) for light, dark in zip(_LIGHTEST, _DARKEST, strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _cell(on: Canvas, row: int, column: int, share: float, text: str) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - the library works without matplotlib

    shade = shade_of(share)
    corner = (column - 0.5 + _GAP, row - 0.5 + _GAP)
    drawn = on.ax.add_patch(Rectangle(corner, 1 - 2 * _GAP, 1 - 2 * _GAP, facecolor=shade, edgecolor="none"))
    drawn.set_gid(f"cell {row} {column}")
    on.text(column, row - 0.1, text, size=SMALL, colour=text_on(shade), align="center", name=f"figure {row} {column}")


def _cell_interval(on: Canvas, row: int, column: int, low: float, high: float, *, shade: float) -> None:
    if math.isnan(low):
        return
    begin, wide = column - 0.5 + 2 * _GAP, 1 - 4 * _GAP
    (line,) = on.ax.plot(
        [begin + wide * low, begin + wide * min(high, 1.0)],
        [row + 0.33, row + 0.33],
        color=text_on(shade_of(shade)),
        linewidth=1.2,
        alpha=0.8,
        solid_capstyle="butt",
    )
    line.set_gid(f"interval {row} {column}")


def survival(
    curve: SurvivalCurve,
    *,
    models: Sequence[Model] | Mapping[str, Model] = (),
    horizon: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the share of accounts that stay, with its interval, and what models of churn expect.

    How to read it: the steps are what was seen, the band around them is the interval; they end where the longest
    tenure ends. Lines are models, with thin lines around them for how sure the fit is. A model that leaves the band
    does not describe these accounts.

    Leaves out: how many accounts are still watched late in the curve, but for the number at its end.

    Args:
        curve: a survival curve, pooled or of up to 4 groups.
        models: up to 4 fitted models, or names to models; tenures must be counted in the periods of their renewals.
        horizon: the last period to draw models for; the longest tenure where not given.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no survival curve, has no times, or there are more curves or models than can be told
            apart.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> tenures = abm.Tenures(account=["Acme", "Beta", "Core"], tenure=[3, 5, 5], ended=[1, 1, 0])
        >>> abm.plot.survival(abm.survival_curve(tenures)).get_title(loc="left")
        'How long accounts stay (3 accounts)'
    """
    refuse_other("curve", curve, SurvivalCurve, "a survival curve")
    refuse_number("curve", len(curve) if len(curve.times) else 0, _MOST_CURVES, "groups", "curve[label] takes one")
    named = _named(models)
    last = math.ceil(float(curve.times[-1])) if horizon is None else _checks.as_whole("horizon", horizon, 1)
    on = canvas(ax, height=4.0)
    on.frame(grid="y", axis=("bottom",))
    unit_ticks(on, "share", "y", tick_text)
    ends: list[_End] = []
    for row, name in enumerate(short_labels(curve.labels)):
        ends.append(_steps(on, curve, row, name if curve.groups else "seen"))
    periods = np.arange(last + 1)
    for place, (name, model) in enumerate(named.items()):
        projection = projected_survival(model, periods, confidence=curve.confidence)
        ends.append(_model_line(on, projection, place, name))
    on.ax.set_xlim(0, max(last, float(curve.times[-1])) * 1.02)
    on.ax.set_ylim(0, 1.04)
    whole_ticks(on)
    _name_ends(on, ends)
    on.label_x("tenure, in the periods of the data")
    on.label_y("accounts that stay longer (percent)")
    accounts = int(curve.at_risk[:, 0].sum())
    on.heading(
        f"How long accounts stay{by_words(curve.groups)} ({_checks.how_many(accounts, 'accounts')})",
        [f"steps: seen, with {100 * curve.confidence:g} % interval", *(["lines: models, likewise"] if named else [])],
        left=40,
    )
    return on.ax


def _named(models: Sequence[Model] | Mapping[str, Model]) -> dict[str, Model]:
    """Return models by unlike names."""
    given: Any = models
    pairs: list[tuple[str, Any]]
    if is_mapping(given):
        pairs = [(short(clean(name)), model) for name, model in given.items()]
    else:
        pairs = [("", model) for model in ([given] if isinstance(given, Model) else given)]
    for place, (_, model) in enumerate(pairs):
        if not isinstance(model, Model):
            raise _checks.refuse("models", "be fitted models of churn", _checks.phrase(type(model).__name__), place)
    if len(pairs) > _MOST_CURVES:
        raise _checks.refuse("models", f"be at most {_MOST_CURVES}", _checks.phrase(f"{len(pairs)}"))
    names = short_labels([name or _MODELS[type(model)] for name, model in pairs])
    return {name: model for name, (_, model) in zip(names, pairs, strict=True)}


@attrs.frozen(kw_only=True)
class _End:
    """How a curve is called, and how it looks."""

    text: str
    height: float
    colour: str
    stroke: Any


def _steps(on: Canvas, curve: SurvivalCurve, row: int, name: str) -> _End:
    """Draw the steps of a group with the band of their interval."""
    colour, stroke = _COLOURS[row], _STROKES[row]
    seen = ~np.isnan(curve.survival[row])
    times = np.concatenate([[0.0], curve.times[seen]])
    shares = np.concatenate([[1.0], curve.survival[row, seen]])
    low, high = (np.concatenate([[math.nan], limit[row, seen]]) for limit in (curve.low, curve.high))
    band = on.ax.fill_between(times, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
    band.set_gid(f"band {row}")
    for limit in (low, high):
        on.ax.step(times, limit, where="post", color=colour, linewidth=0.6, alpha=0.7)[0].set_gid(f"limit {row}")
    (line,) = on.ax.step(times, shares, where="post", color=colour, linewidth=2.0, linestyle=stroke)
    line.set_gid(f"curve {row}")
    text = f"{name}: {format_value(float(shares[-1]), 'share')} after {times[-1]:g}"
    return _End(text=text, height=float(shares[-1]), colour=colour, stroke=stroke)


def _model_line(on: Canvas, projection: Projection, place: int, name: str) -> _End:
    """Draw what a model expects after 0, 1, 2, ... periods, with the limits of its fit."""
    periods, stroke = np.arange(len(projection)), _MODEL_STROKES[place]
    (line,) = on.ax.plot(periods, projection.value, color=on.ink, linewidth=1.5, linestyle=stroke, zorder=3)
    line.set_gid(f"model {place}")
    for limit in (projection.low, projection.high):
        (thin,) = on.ax.plot(periods, limit, color=on.ink, linewidth=0.6, linestyle=stroke, zorder=3)
        thin.set_gid(f"model limit {place}")
    end = float(projection.value[-1])
    text = f"{name}: {format_value(end, 'share')} after {periods[-1]}"
    return _End(text=text, height=end, colour=on.ink, stroke=stroke)


def _name_ends(on: Canvas, ends: Sequence[_End]) -> None:
    """Name curves beside their ends, a line apart from each other, each with a piece of it."""
    apart = (SMALL + 3) / max(on.height - 80, 60)
    ordered = sorted(ends, key=lambda end: -end.height)
    heights = [ordered[0].height]
    for end in ordered[1:]:
        heights.append(min(end.height, heights[-1] - apart))
    lift = max(0.0, -heights[-1])
    for place, (height, end) in enumerate(zip(heights, ordered, strict=True)):
        sample = on.ax.plot(
            [1.01, 1.05],
            [height + lift] * 2,
            transform=on.ax.get_yaxis_transform(),
            color=end.colour,
            linestyle=end.stroke,
            linewidth=2.0,
            clip_on=False,
        )
        sample[0].set_gid(f"sample {place}")
        at = ("axes fraction", "data")
        on.text(1.06, height + lift, end.text, at=at, shift=(2, 0), size=SMALL, name=f"end {place}")
