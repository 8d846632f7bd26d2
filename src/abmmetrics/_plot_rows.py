"""Pictures in rows: a name, a dot with its interval, and figures beside it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from abmmetrics._plot_canvas import BLUE, SIZE, SMALL, Canvas, canvas, fitted, unit_ticks
from abmmetrics._plot_words import span_text, tick_text, width_of
from abmmetrics.results import IN_HUNDREDTHS, Unit, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 100
_ROW, _LOW_ROW, _MANY = 0.34, 0.25, 25
_AROUND = 1.25
_GAP = 14.0
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
    """

    title: str
    told: tuple[str, ...]
    axis: str
    interval: str
    heads: tuple[str, ...] = ()


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
    unit_ticks(on, unit, "x", tick_text)
    left, right = _span(rows, unit, zero=zero)
    on.ax.set_xlim(left, right)
    if zero or any(row.low < 0 or row.value < 0 for row in rows):
        on.named(on.ax.axvline(0, color=on.ink, linewidth=1.0, zorder=1), "zero")
    for place, row in enumerate(rows):
        _draw_row(on, place, row, (left, right))
    on.label_x(words.axis)
    taken = on.name_rows([row.name for row in rows])
    on.heading(words.title, words.told, left=taken, above=_write_columns(on, rows, unit, words))
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
        room = on.room / 2
        on.text(0.01, place, fitted(row.absent, room, SMALL), at=("axes fraction", "data"), size=SMALL, soft=True,
                italic=True, takes_room=False, name=f"absent {place}")  # fmt: skip
        return
    if row.bounded:
        low, high = max(row.low, ends[0]), min(row.high, ends[1])
        (line,) = on.ax.plot([low, high], [place, place], color=row.colour, linewidth=2.2, solid_capstyle="butt")
        on.named(line, f"interval {place}")
        for end, limit, form in ((low, row.low, "<"), (high, row.high, ">")):
            if math.isinf(limit):
                (arrow,) = on.ax.plot([end], [place], form, color=row.colour, markersize=6, clip_on=False)
                on.named(arrow, f"no limit {place}")
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
    on.named(dot, f"value {place}")


def _write_columns(on: Canvas, rows: Sequence[Row], unit: Unit, words: Words) -> float:
    """Write figures beside the axes, and return how many points high the heads over them are."""
    columns = [("", [format_value(row.value, unit) if not math.isnan(row.value) else "" for row in rows])]
    if not on.narrow:
        spans = ["" if math.isnan(row.value) else span_text(row.low, row.high, unit) for row in rows]
        columns.append((words.interval, ["no interval" if span == "none" else span for span in spans]))
        columns += [(head, [row.beside[place] for row in rows]) for place, head in enumerate(words.heads)]
    shift = 0.0
    for number, (head, cells) in enumerate(columns):
        bold = number == 0
        size = SIZE if bold else SMALL
        width = max([width_of(head, SMALL), *(width_of(cell, size, bold=bold) for cell in cells)])
        shift += width + (_GAP if number else SIZE)
        for place, cell in enumerate(cells):
            if cell:
                on.text(1, place, cell, at=("axes fraction", "data"), shift=(shift, 0), size=size, bold=bold,
                        soft=not bold, align="right", name=f"figure {place} {number}")  # fmt: skip
        if head:
            on.text(1, 1, head, at="axes fraction", shift=(shift, 3), size=SMALL, soft=True, align="right",
                    vertical="bottom", name=f"head {number}")  # fmt: skip
    return 0.0 if on.narrow else SMALL + 4
