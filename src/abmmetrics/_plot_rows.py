"""Pictures in rows: a name, a dot with its interval, and figures beside it."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from abmmetrics._plot_canvas import BLUE, Canvas, canvas, unit_ticks
from abmmetrics._plot_parts import Column, beside, say_absent
from abmmetrics._plot_words import span_text, tick_text
from abmmetrics.results import IN_HUNDREDTHS, Unit, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 100
_ROW, _LOW_ROW, _MANY = 0.34, 0.25, 25
_AROUND = 1.25
_PADDING = 0.06


@attrs.frozen(kw_only=True)
class Row:
    """A line of the picture.

    Attributes:
        name: what it is of; short, and unlike the others.
        value: the figure; NaN where it is undefined.
        low: lower limit of its interval; NaN where there is none.
        high: upper limit.
        beside: further figures, one for each head.
        absent: what to say where there is no value.
        colour: of dot and interval.
        marker: the form of the dot.
    """

    name: str
    value: float
    low: float
    high: float
    beside: tuple[str, ...] = ()
    absent: str = "undefined"
    colour: str = BLUE
    marker: str = "o"

    @property
    def bounded(self) -> bool:
        """Tell whether there is an interval."""
        return not (math.isnan(self.low) and math.isnan(self.high))


@attrs.frozen(kw_only=True)
class Words:
    """What a picture in rows says around its rows.

    Attributes:
        title: its title.
        told: what to know, in small print.
        axis: what the axis shows.
        interval: the head of the column of intervals.
        heads: the heads of further columns.
        write: writes a figure.
        tick: writes a figure of the axis.
    """

    title: str
    told: tuple[str, ...]
    axis: str
    interval: str
    heads: tuple[str, ...] = ()
    write: Callable[[float, Unit], str] = format_value
    tick: Callable[[float, Unit], str] = tick_text


def rows_high(count: int) -> float:
    """Return how many inches high a picture of so many rows is."""
    return _AROUND + count * (_ROW if count <= _MANY else _LOW_ROW)


def draw_rows(ax: "Axes | None", rows: Sequence[Row], unit: Unit, words: Words, *, zero: bool = False) -> "Axes":
    """Draw dots with their intervals, one row under the other.

    Args:
        ax: the axes, or None for new ones.
        rows: the rows.
        unit: what figures are measured in.
        words: what to say around them.
        zero: True where the axis must reach 0, with a line there.
    """
    on = canvas(ax, height=rows_high(len(rows)))
    on.frame(grid="x")
    unit_ticks(on, unit, "x", words.tick)
    left, right = _span(rows, unit, zero=zero)
    on.ax.set_xlim(left, right)
    if zero or any(row.low < 0 or row.value < 0 for row in rows):
        on.ax.axvline(0, color=on.ink, linewidth=1.0, zorder=1).set_gid("zero")
    for place, row in enumerate(rows):
        _draw_row(on, place, row, (left, right))
    on.label_x(words.axis)
    taken = on.name_rows([row.name for row in rows])
    above, _ = beside(on, _columns(on, rows, unit, words))
    on.heading(words.title, words.told, left=taken, above=above)
    return on.ax


def _span(rows: Sequence[Row], unit: Unit, *, zero: bool) -> tuple[float, float]:
    """Return where the axis begins and ends: a little beyond all limits, but not beyond what a share can be."""
    told = [figure for row in rows for figure in (row.value, row.low, row.high) if math.isfinite(figure)]
    if zero or not told:
        told.append(0.0)
    low, high = min(told), max(told)
    if low == high:
        reach = abs(low) or (1.0 if unit not in IN_HUNDREDTHS else 0.1)
        low, high = low - reach / 2, high + reach / 2
    beyond = _PADDING * (high - low)
    return low - beyond, high + beyond


def _draw_row(on: Canvas, place: int, row: Row, ends: tuple[float, float]) -> None:
    if math.isnan(row.value):
        say_absent(on, place, row.absent)
        return
    if row.bounded:
        low, high = max(row.low, ends[0]), min(row.high, ends[1])
        (line,) = on.ax.plot([low, high], [place, place], color=row.colour, linewidth=2.2, solid_capstyle="butt")
        line.set_gid(f"interval {place}")
        for end, limit, form in ((low, row.low, "<"), (high, row.high, ">")):
            if math.isinf(limit):
                (arrow,) = on.ax.plot([end], [place], form, color=row.colour, markersize=6, clip_on=False)
                arrow.set_gid(f"no limit {place}")
    # A hollow dot has no interval.
    (dot,) = on.ax.plot(
        [row.value],
        [place],
        row.marker,
        markersize=7,
        markerfacecolor=row.colour if row.bounded else "none",
        markeredgecolor=row.colour,
        markeredgewidth=1.6,
        zorder=3,
    )
    dot.set_gid(f"value {place}")


def _columns(on: Canvas, rows: Sequence[Row], unit: Unit, words: Words) -> list[Column]:
    figures = Column(
        head="",
        cells=tuple("" if math.isnan(row.value) else words.write(row.value, unit) for row in rows),
        bold=True,
    )
    if on.narrow:
        return [figures]
    spans = tuple("" if math.isnan(row.value) else span_text(row.low, row.high, unit, words.write) for row in rows)
    further = [
        Column(head=head, cells=tuple(row.beside[place] for row in rows)) for place, head in enumerate(words.heads)
    ]
    return [figures, Column(head=words.interval, cells=spans), *further]
