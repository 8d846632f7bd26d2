"""A picture of content verdicts: what to keep, reformat and drop, and by which rates."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

from typing import TYPE_CHECKING

import numpy as np

from abmmetrics._checks import how_many
from abmmetrics._plot_canvas import (
    BLUE,
    ORANGE,
    PURPLE,
    SMALL,
    VERMILLION,
    Canvas,
    canvas,
    refuse_number,
    refuse_other,
)
from abmmetrics._plot_panels import Panel, draw_panels, largest_of, room_for, side_by_side
from abmmetrics._plot_parts import Column, beside
from abmmetrics._plot_rows import MOST_ROWS, rows_high
from abmmetrics._plot_words import short_labels
from abmmetrics.results import format_value
from abmmetrics.verdicts import ContentVerdicts, ShrunkenRates

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS = {"keep": ("^", BLUE), "reformat": ("s", ORANGE), "drop": ("v", VERMILLION), "undecided": ("o", PURPLE)}


def content_verdicts(verdicts: ContentVerdicts, *, ax: "Axes | None" = None) -> "Axes":
    """Draw what to do with each asset, and the rates that say so.

    How to read it: assets to keep stand on top, then those to reformat, to drop, and undecided ones, each by its
    rate. The mark is the rate learned of all assets together, the line its interval, the small grey stroke the rate
    observed; dashed lines are what was asked for. An undecided asset's interval crosses such a line: it
    was not shown often enough.

    Leaves out: how an asset was shown, and to whom.

    Args:
        verdicts: verdicts of up to 100 assets.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no content verdicts, or has no assets or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.synthetic.program(accounts=50, seed=1).content_views
        >>> found = abm.content_verdicts(views, keep_at=0.25, drop_at=0.15)
        >>> abm.plot.content_verdicts(found).figure.axes[0].get_title(loc="left")
        'What to do with content (8 assets)'
    """
    refuse_other("verdicts", verdicts, ContentVerdicts, "content verdicts")
    refuse_number("verdicts", len(verdicts), MOST_ROWS, "assets", "verdicts.take(...) takes some")
    order = list(_MARKS)
    rows = sorted(
        range(len(verdicts)),
        key=lambda place: (order.index(verdicts.verdict[place]), -verdicts.engagement.value[place]),
    )
    shown = verdicts.take(np.array(rows, dtype=np.int64))
    names = [f"{name} ({count:,.0f})" for name, count in
             zip(short_labels(shown.assets), shown.engagement.denominator.tolist(), strict=True)]  # fmt: skip
    rates = {"engagement": shown.engagement} | ({} if shown.completion is None else {"completion": shown.completion})
    on = canvas(ax, height=rows_high(len(names)) + 0.2)
    on.frame(grid="none")
    left = on.name_rows(names)
    said = tuple(
        f"{verdict} ({format_value(float(shown.probability[lean][place]), 'share')})"
        if verdict == lean
        else f"{verdict}, leans {lean}"
        for place, (verdict, lean) in enumerate(zip(shown.verdict, shown.lean, strict=True))
    )
    _, wide = beside(on, [Column(head="", cells=said, bold=True)])
    told = [[format_value(value, "share") for value in rate.value.tolist()] for rate in rates.values()]
    room = room_for(text for texts in told for text in texts)
    mosts = [largest_of([*rate.high.tolist(), *shown.thresholds.get(name, ())]) for name, rate in rates.items()]
    panels = side_by_side(on, [f"{name} rate" for name in rates], mosts, left=left + wide, beside=room, common=False)
    above = draw_panels(on, panels, "share")
    for number, (name, rate) in enumerate(rates.items()):
        end = panels[number].start + (panels[number].points - 6) * panels[number].point
        for threshold in shown.thresholds.get(name, ()):
            place = panels[number].at(threshold)
            on.ax.axvline(place, color=on.ink, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1).set_gid(
                f"threshold {number}"
            )
        for place, verdict in enumerate(shown.verdict):
            _mark(on, panels[number], rate, (number, place), verdict)
            on.text(end, place, told[number][place], size=SMALL, align="right", takes_room=False,
                    name=f"rate {number} {place}")  # fmt: skip
    on.label_x("percent")
    level = f"{100 * shown.engagement.confidence:g} % intervals"
    on.heading(
        f"What to do with content ({how_many(len(shown), 'assets')})",
        [shown.rule, f"lines are {level}", "exposures in brackets", *shown.notes],
        left=left,
        above=above,
    )
    return on.ax


def _mark(on: Canvas, panel: Panel, rate: ShrunkenRates, where: tuple[int, int], verdict: str) -> None:
    number, place = where
    marker, colour = _MARKS[verdict]
    ends = [panel.at(rate.low[place]), panel.at(rate.high[place])]
    (line,) = on.ax.plot(ends, [place, place], color=colour, linewidth=2.0, solid_capstyle="butt")
    line.set_gid(f"interval {number} {place}")
    if not np.isnan(rate.observed[place]):
        (seen,) = on.ax.plot([panel.at(rate.observed[place])], [place], "|", color=on.ink, markersize=10, alpha=0.7)
        seen.set_gid(f"observed {number} {place}")
    (dot,) = on.ax.plot([panel.at(rate.value[place])], [place], marker, markersize=7, markeredgecolor=colour, zorder=3,
                        markerfacecolor="none" if verdict == "undecided" else colour, markeredgewidth=1.5)  # fmt: skip
    dot.set_gid(f"value {number} {place}")
