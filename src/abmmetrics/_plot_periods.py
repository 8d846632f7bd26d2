"""A picture of a KPI over periods, with the verdict of its trend."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from abmmetrics._plot_canvas import BLUE, SMALL, canvas, refuse_number, refuse_other, unit_ticks
from abmmetrics._plot_words import (
    axis_words,
    by_words,
    counted_words,
    difference_words,
    kpi_words,
    reason_of,
    short_labels,
    slope_text,
    tick_text,
    variant_words,
    width_of,
)
from abmmetrics.results import Estimate, Unit, format_value
from abmmetrics.trends import Trend, period_times
from abmmetrics.trends import trend as judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PERIODS = 240
_PERIOD, _WIDEST, _HEIGHT = 0.38, 10.0, 3.6
_VERDICTS = {
    "declining": "declining",
    "rising": "rising",
    "no_clear_change": "no clear change",
    "insufficient_data": "too little data to tell",
}
_SMALLEST_P = 1e-3
_WITHOUT_WORDS = ("money", "count", "ratio")


def trend(estimate: Estimate, *, confidence: float = 0.95, ax: "Axes | None" = None) -> "Axes":
    """Draw a KPI over periods with its intervals, and say whether it rises or falls.

    How to read it: the title gives the verdict of :func:`~abmmetrics.trend`; the dashed line is the slope that it
    judged, drawn where there are periods enough. A verdict of no clear change means that the ups and downs are no
    more than chance makes. Where there is no room for all figures the last, the first, the highest and the lowest are
    written, and others as they fit.

    Leaves out: seasons.

    Args:
        estimate: a KPI by one segment of ordered periods, of which there may be up to 240.
        confidence: as in :func:`~abmmetrics.trend`.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no estimate by one segment of periods, has none or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.synthetic.program(accounts=50, seed=1).emails
        >>> abm.plot.trend(abm.open_rate(emails, by="month")).get_title(loc="left")
        'Open rate by month: no clear change (50 accounts)'
    """
    refuse_other("estimate", estimate, Estimate, "an estimate")
    refuse_number("estimate", len(estimate), _MOST_PERIODS, "periods", "group by longer ones")
    found = judged(estimate, confidence=confidence)
    times, _ = period_times(estimate.labels)
    on = canvas(ax, width=min(max(7.2, _PERIOD * len(estimate)), _WIDEST), height=_HEIGHT)
    on.frame(grid="y", axis=("bottom",))
    unit_ticks(on, estimate.unit, "y", tick_text)
    held = ~np.isnan(estimate.value)
    (path,) = on.ax.plot(times[held], estimate.value[held], color=BLUE, linewidth=1.0, alpha=0.6, zorder=2)
    path.set_gid("path")
    for place in np.flatnonzero(held).tolist():
        time, bounded = times[place], not math.isnan(estimate.low[place])
        if bounded:
            (line,) = on.ax.plot([time, time], [estimate.low[place], estimate.high[place]], color=BLUE, linewidth=2.0,
                                 solid_capstyle="butt")  # fmt: skip
            line.set_gid(f"interval {place}")
        (dot,) = on.ax.plot([time], [estimate.value[place]], "o", markersize=6, markeredgecolor=BLUE, zorder=3,
                            markerfacecolor=BLUE if bounded else "none", markeredgewidth=1.5)  # fmt: skip
        dot.set_gid(f"value {place}")
    _limits(on.ax, estimate, times)
    _fitted_line(on.ax, found, times[held], on.ink)
    # The axis says the unit, and without it more of them fit.
    figures = [format_value(value, estimate.unit).partition(" ")[0] for value in estimate.value.tolist()]
    point = (times[-1] - times[0] + 1) / max(on.room - 60, 100)
    first = np.flatnonzero(held)
    ranked = (
        [*first[[-1, 0]], int(np.nanargmax(estimate.value)), int(np.nanargmin(estimate.value))] if len(first) else []
    )
    room = (max(width_of(figure, SMALL) for figure in figures) + 3) * point
    for place in _apart([*ranked, *first.tolist()], times, room):
        top = estimate.high[place] if not math.isnan(estimate.high[place]) else estimate.value[place]
        on.text(times[place], min(top, on.ax.get_ylim()[1]), figures[place], shift=(0, 4), size=SMALL, align="center",
                vertical="bottom", name=f"figure {place}")  # fmt: skip
    for place in np.flatnonzero(~held).tolist():
        on.text(times[place], 0.02, reason_of(estimate, place), at=("data", "axes fraction"), size=SMALL, soft=True,
                italic=True, align="center", vertical="bottom", turned=90, takes_room=False, name=f"absent {place}")  # fmt: skip
    names = short_labels(estimate.labels, 12)
    wide = (max(width_of(name, SMALL) for name in names) + 6) * point
    ticks = sorted(_apart([len(names) - 1, *range(len(names))], times, wide))
    on.ax.set_xticks(times[ticks], labels=[names[place] for place in ticks], parse_math=False, usetex=False)
    on.label_y(axis_words(estimate.kpi, estimate.unit))
    on.heading(
        f"{kpi_words(estimate.kpi)}{by_words(estimate.groups)}: {_VERDICTS[found.verdict]} ({counted_words(estimate)})",
        [*_slope_words(found, estimate.unit), f"lines are {100 * estimate.confidence:g} % intervals",
         *variant_words(estimate)],
        left=50,
    )  # fmt: skip
    return on.ax


def _limits(ax: "Axes", estimate: Estimate, times: np.ndarray) -> None:
    ends = np.concatenate([estimate.value, estimate.low, estimate.high])
    ends = ends[np.isfinite(ends)]
    low, high = (ends.min(), ends.max()) if len(ends) else (0.0, 1.0)
    reach = (high - low) or abs(high) or 1.0
    ax.set_ylim(low - 0.08 * reach, high + 0.16 * reach)
    ax.set_xlim(times[0] - 0.6, times[-1] + 0.6)


def _fitted_line(ax: "Axes", found: Trend, times: np.ndarray, ink: str) -> None:
    if math.isnan(found.fitted_first):
        return
    ends = [found.fitted_first, found.fitted_last]
    (line,) = ax.plot([times[0], times[-1]], ends, color=ink, linewidth=1.3, linestyle=(0, (5, 3)), zorder=2)
    line.set_gid("slope")


def _slope_words(found: Trend, unit: Unit) -> list[str]:
    """Say how the line goes, and how sure that is; why there is none."""
    if math.isnan(found.slope):
        return list(found.notes)
    ends = [format_value(figure, unit) for figure in (found.fitted_first, found.fitted_last)]
    slope, low, high = (slope_text(figure, unit) for figure in (found.slope, found.slope_low, found.slope_high))
    of = "" if unit in _WITHOUT_WORDS else f" {difference_words(unit)}"
    p_value = "p < 0.001" if found.p_value < _SMALLEST_P else f"p = {found.p_value:.3f}"
    return [
        f"dashed line from {ends[0]} to {ends[1]}",
        f"{slope}{of} a period ({100 * found.confidence:g} % interval {low} to {high}; {p_value})",
    ]


def _apart(ranked: Sequence[int], times: np.ndarray, room: float) -> list[int]:
    """Choose places by rank, as long as they are so far apart."""
    taken: list[int] = []
    for place in ranked:
        if all(abs(times[place] - times[other]) >= room for other in taken):
            taken.append(int(place))
    return taken
