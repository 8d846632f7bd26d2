"""A picture of the steps that accounts take, and of where they are lost."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from typing import TYPE_CHECKING

from abmmetrics._checks import how_many
from abmmetrics._plot_canvas import (
    BLUE,
    Canvas,
    canvas,
    refuse_groups,
    refuse_number,
    refuse_other,
    unit_ticks,
)
from abmmetrics._plot_parts import Bar, Column, Look, beside, draw_bar, say_absent, whisker
from abmmetrics._plot_words import clean, group_words, short, short_labels, span_text, tick_text
from abmmetrics.funnels import Funnel
from abmmetrics.results import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_STEPS = 30
_AROUND, _STEP = 1.4, 0.42
_THICK = 0.62
_REACHED, _LOST = (
    Look(name="reached", colour=BLUE),
    Look(name="lost since the step before", colour="none", hatch="\\\\\\\\"),
)


def funnel(funnel: Funnel, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how many reached each step, and how many were lost on the way to it.

    How to read it: a bar is the share of the first step that came so far, with the interval at its end; the hatched
    part beside it was lost since the step before. The longest hatched part is where most are lost. Those who entered
    too late to be judged, and those who entered midway, are in no bar; the small print counts them.

    Leaves out: how long it took, which the funnel's text tells.

    Args:
        funnel: a funnel of one group; ``funnel[label]`` takes one of several.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no funnel, has several groups, or more than 30 steps.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.JourneyEvents(
        ...     account=["Acme", "Acme", "Beta"],
        ...     step=["Visit", "Demo", "Visit"],
        ...     at=["2026-03-02", "2026-03-09", "2026-03-04"],
        ... )
        >>> abm.plot.funnel(abm.funnel(events, ["Visit", "Demo"])).get_title(loc="left")
        'Funnel of 2 accounts'
    """
    refuse_other("funnel", funnel, Funnel, "a funnel")
    refuse_groups("funnel", len(funnel), "funnel[label]")
    refuse_number("funnel", len(funnel.steps), _MOST_STEPS, "steps", "leave some out")
    on = canvas(ax, height=_AROUND + _STEP * len(funnel.steps))
    on.frame(grid="x")
    unit_ticks(on, "share", "x", tick_text)
    on.ax.set_xlim(0, 1.02)
    _draw_steps(on, funnel)
    taken = on.name_rows(short_labels(funnel.steps))
    above, _ = beside(on, _columns(funnel)[: 1 if on.narrow else None])
    on.label_x(f"percent of those who reached {short(clean(funnel.steps[0]))}")
    entered = how_many(int(funnel.reached[funnel.steps[0]][0]), f"{clean(funnel.unit)}s")
    on.heading(
        f"Funnel of {entered}{group_words(funnel.groups)}", list(map(clean, funnel.notes)), left=taken, above=above
    )
    return on.ax


def _draw_steps(on: Canvas, funnel: Funnel) -> None:
    """Draw the bar of each step, what was lost before it, and the interval of its share."""
    before = 1.0 if funnel.reached[funnel.steps[0]][0] else math.nan
    for place, step in enumerate(funnel.steps):
        share = float(funnel.conversion[step].value[0]) if place else before
        if math.isnan(share):
            say_absent(on, place, "undefined (nobody entered)")
            continue
        draw_bar(on, Bar(place=place, start=0.0, length=share, thick=_THICK, look=_REACHED), f"bar {place}")
        if share < before:
            lost = Bar(place=place, start=share, length=before - share, thick=_THICK, look=_LOST)
            draw_bar(on, lost, f"lost {place}")
        if place:
            found = funnel.conversion[step]
            whisker(on, place, float(found.low[0]), float(found.high[0]), f"interval {place}")
        before = share


def _columns(funnel: Funnel) -> list[Column]:
    later = [funnel.conversion[step] for step in funnel.steps[1:]]
    shares = [format_value(float(found.value[0]), "share") for found in later]
    spans = [span_text(float(found.low[0]), float(found.high[0]), "share") for found in later]
    lost = [
        f"{funnel.dropped[step][0]:,} ({format_value(float(funnel.drop_off[step].value[0]), 'share')})"
        for step in funnel.steps[1:]
    ]
    interval = f"{100 * later[0].confidence:g} % interval"
    return [
        Column(head="reached", cells=tuple(f"{funnel.reached[step][0]:,}" for step in funnel.steps), bold=True),
        Column(head="of first", cells=("", *shares)),
        Column(head=interval, cells=("", *spans)),
        Column(head="lost here", cells=("", *lost)),
    ]
