"""Parts that several pictures have: bars, intervals, a legend, and figures beside the axes."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from collections.abc import Sequence

import attrs

from abmmetrics._plot_canvas import SIZE, SMALL, Canvas, fitted, text_on
from abmmetrics._plot_words import width_of

_GAP = 14.0
_LEGEND_ROW = 15.0


@attrs.frozen(kw_only=True)
class Look:
    """How a part of a bar looks: a colour, and hatching that tells it apart in grey.

    Attributes:
        name: what it stands for.
        colour: its colour.
        hatch: its hatching, as matplotlib writes it.
    """

    name: str
    colour: str
    hatch: str = ""


@attrs.frozen(kw_only=True)
class Column:
    """Figures beside the axes, one for each row.

    Attributes:
        head: what stands over them.
        cells: the figures; empty where there is none.
        bold: whether they are what the eye should find first.
    """

    head: str
    cells: tuple[str, ...]
    bold: bool = False


def beside(on: Canvas, columns: Sequence[Column]) -> tuple[float, float]:
    """Write columns to the right of the axes; return how many points high their heads are, and how wide all is."""
    shift = 0.0
    for number, column in enumerate(columns):
        size = SIZE if column.bold else SMALL
        widths = [width_of(cell, size, bold=column.bold) for cell in column.cells]
        shift += max([width_of(column.head, SMALL), *widths]) + (_GAP if number else SIZE)
        for place, cell in enumerate(column.cells):
            if cell:
                on.text(
                    1,
                    place,
                    cell,
                    at=("axes fraction", "data"),
                    shift=(shift, 0),
                    size=size,
                    bold=column.bold,
                    soft=not column.bold,
                    align="right",
                    name=f"figure {number} {place}",
                )
        if column.head:
            on.text(
                1,
                1,
                column.head,
                at="axes fraction",
                shift=(shift, 3),
                size=SMALL,
                soft=True,
                align="right",
                vertical="bottom",
                name=f"head {number}",
            )
    return (SMALL + 4 if any(column.head for column in columns) else 0.0), shift


@attrs.frozen(kw_only=True)
class Bar:
    """Where a bar of a row is, and how it looks.

    Attributes:
        place: the row.
        start: where it starts.
        length: how long it is; negative to the left.
        thick: how thick it is, of a row.
        look: how it looks.
    """

    place: float
    start: float
    length: float
    thick: float
    look: Look


def draw_bar(on: Canvas, bar: Bar, name: str) -> None:
    """Draw a bar."""
    drawn = on.ax.barh(
        bar.place,
        bar.length,
        left=bar.start,
        height=bar.thick,
        color=bar.look.colour,
        edgecolor=on.ink,
        linewidth=0.7,
        hatch=bar.look.hatch,
    )
    drawn.patches[0].set_gid(name)


def write_bar(on: Canvas, bar: Bar, text: str, name: str, *, point: float, free: float) -> float:
    """Write a figure into a bar, or over it where it does not fit.

    Args:
        on: the axes.
        bar: the bar.
        text: the figure.
        name: the name of the text.
        point: how many units of the axis a point is.
        free: from where there is room over the row.

    Returns:
        From where there is room over the row now.
    """
    middle, wide = bar.start + bar.length / 2, width_of(text, SMALL) * point
    if wide + 4 * point <= abs(bar.length):
        colour, behind = text_on(bar.look.colour), bar.look.colour if bar.look.hatch else None
        on.text(middle, bar.place, text, size=SMALL, colour=colour, behind=behind, align="center", name=name)
        return free
    begin = max(middle - wide / 2, free)
    on.text(begin, bar.place - bar.thick / 2, text, shift=(0, 1.5), size=SMALL, vertical="bottom", name=name)
    return begin + wide


def say_absent(on: Canvas, place: int, reason: str) -> None:
    """Say in a row why there is nothing to draw in it."""
    on.text(
        0.01,
        place,
        fitted(reason, on.room / 2, SMALL),
        at=("axes fraction", "data"),
        size=SMALL,
        soft=True,
        italic=True,
        takes_room=False,
        name=f"absent {place}",
    )


def whisker(on: Canvas, place: float, low: float, high: float, name: str) -> None:
    """Draw an interval with ends, on a bar or beside it; nothing where there is none."""
    if math.isnan(low) or math.isnan(high):
        return
    (line,) = on.ax.plot(
        [low, high],
        [place, place],
        color=on.ink,
        linewidth=1.5,
        marker="|",
        markersize=6,
        markeredgewidth=1.5,
        clip_on=False,
        zorder=4,
    )
    line.set_gid(name)


def legend(on: Canvas, looks: Sequence[Look], *, left: float, above: float) -> float:
    """Name the looks in a row over the axes, as far as there is room; return how many points high it is."""
    from matplotlib.patches import Patch  # noqa: PLC0415 - the library works without matplotlib
    from matplotlib.transforms import offset_copy  # noqa: PLC0415 - likewise

    widths = [width_of(look.name, SMALL) + 34 for look in looks]
    room = on.room - left
    across = len(looks) if sum(widths) <= room else max(1, int(room / max(widths)))
    handles = [Patch(facecolor=look.colour, edgecolor=on.ink, linewidth=0.7, hatch=look.hatch) for look in looks]
    drawn = on.ax.legend(
        handles,
        [look.name for look in looks],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        bbox_transform=offset_copy(on.ax.transAxes, on.ax.figure.canvas.figure, x=0, y=above + 3, units="points"),
        ncols=across,
        frameon=False,
        fontsize=SMALL,
        labelcolor=on.ink,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.4,
        handlelength=1.6,
        handletextpad=0.5,
    )
    drawn.set_in_layout(False)
    return _LEGEND_ROW * math.ceil(len(looks) / across)
