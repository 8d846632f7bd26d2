"""A picture of what led from an opening to a closing amount: a waterfall."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

from typing import TYPE_CHECKING

import attrs

from abmmetrics._checks import how_many
from abmmetrics._plot_canvas import (
    BLUE,
    GREEN,
    SMALL,
    VERMILLION,
    canvas,
    refuse_groups,
    refuse_other,
    unit_ticks,
)
from abmmetrics._plot_parts import Look
from abmmetrics._plot_words import group_words, tick_text, width_of
from abmmetrics.bridges import RevenueBridge
from abmmetrics.movements import ADDED, TAKEN, PipelineMovement
from abmmetrics.recurring import LOSSES
from abmmetrics.results import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR, _AROUND, _HEIGHT = 0.86, 0.9, 3.9
_THICK = 0.66
_WHOLE = Look(name="amount", colour=BLUE)
_GAIN = Look(name="gain", colour=GREEN)
_LOSS = Look(name="loss", colour=VERMILLION, hatch="////")


@attrs.frozen(kw_only=True)
class _Step:
    """A bar of the waterfall: from one amount to another."""

    name: str
    start: float
    end: float
    look: Look


def bridge(bridge: RevenueBridge | PipelineMovement, *, ax: "Axes | None" = None) -> "Axes":
    """Draw what led from the opening to the closing amount, step by step.

    How to read it: the first and the last bar are amounts; those between hang where the one before left off, gains up
    and losses (hatched) down. The longest of them is what moved most.

    Leaves out: intervals, for a bridge is bookkeeping: every account is in it.

    Args:
        bridge: a revenue bridge, or a pipeline movement, of one group; ``bridge[label]`` takes one of several.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is neither, or has several groups.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core"], opening=[100, 100, 0], closing=[140, 60, 50]
        ... )
        >>> abm.plot.bridge(abm.revenue_bridge(revenue, reactivation="as_new")).get_title(loc="left")
        'Revenue bridge (3 accounts)'
    """
    refuse_other("bridge", bridge, (RevenueBridge, PipelineMovement), "a revenue bridge or a pipeline movement")
    refuse_groups("bridge", len(bridge.opening), "bridge[label]")
    steps = _steps(bridge)
    figures = [_figure(step) for step in steps]
    wide = max(_BAR, max(width_of(figure, SMALL) for figure in figures) / 72 + 0.12)
    on = canvas(ax, width=_AROUND + wide * len(steps), height=_HEIGHT)
    on.frame(grid="y")
    unit_ticks(on, "money", "y", tick_text)
    for place, step in enumerate(steps):
        drawn = on.ax.bar(place, step.end - step.start, bottom=step.start, width=_THICK, color=step.look.colour,
                          edgecolor=on.ink, linewidth=0.7, hatch=step.look.hatch)  # fmt: skip
        drawn.patches[0].set_gid(f"bar {place}")
        if place + 1 < len(steps):
            ends = [place + _THICK / 2, place + 1 - _THICK / 2]
            on.ax.plot(ends, [step.end, step.end], color=on.ink, linewidth=0.7)[0].set_gid(f"link {place}")
        on.text(place, max(step.start, step.end), figures[place], shift=(0, 3), size=SMALL, bold=step.look is _WHOLE,
                align="center", vertical="bottom", name=f"figure {place}")  # fmt: skip
    top = max(max(step.start, step.end) for step in steps)
    bottom = min(0.0, *(min(step.start, step.end) for step in steps))
    on.ax.set_ylim(bottom, bottom + ((top - bottom) or 1.0) * 1.1)
    on.ax.set_xlim(-0.6, len(steps) - 0.4)
    on.ax.set_xticks(range(len(steps)), labels=[_under(step.name, bridge) for step in steps], parse_math=False)
    on.label_y("money, in the data's currency")
    on.heading(*_heading(bridge), left=50)
    return on.ax


def _figure(step: _Step) -> str:
    amount = step.end - step.start
    return f"{'+' if step.look is _GAIN and amount else ''}{format_value(amount, 'money')}"


def _steps(bridge: RevenueBridge | PipelineMovement) -> list[_Step]:
    if isinstance(bridge, RevenueBridge):
        gains = [
            name
            for name in ("new", "reactivated", "expansion")
            if name != "reactivated" or bridge.reactivation == "separate"
        ]
        losses = list(LOSSES)
    else:
        gains, losses = list(ADDED), list(TAKEN)
    level = float(bridge.opening[0])
    steps = [_Step(name="opening", start=0.0, end=level, look=_WHOLE)]
    for name in (*gains, *losses):
        gained = name in gains
        after = level + (1 if gained else -1) * float(getattr(bridge, name)[0])
        steps.append(_Step(name=name, start=level, end=after, look=_GAIN if gained else _LOSS))
        level = after
    return [*steps, _Step(name="closing", start=0.0, end=float(bridge.closing[0]), look=_WHOLE)]


def _under(name: str, bridge: RevenueBridge | PipelineMovement) -> str:
    """Name a bar, with the number of accounts where that is known."""
    words = name.replace("_", " ")
    if isinstance(bridge, RevenueBridge):
        return f"{words}\n{how_many(int(bridge.accounts[name][0]), 'accounts')}"
    return words


def _heading(bridge: RevenueBridge | PipelineMovement) -> tuple[str, tuple[str, ...]]:
    """Say what the picture is of, and what to know."""
    group = group_words(bridge.groups)
    if isinstance(bridge, PipelineMovement):
        return f"Pipeline from {bridge.start} to {bridge.end}{group}", ()
    if bridge.view == "movements":
        return f"Revenue bridge, period by period{group}", bridge.remarks
    # Who paid at the opening, and who came since: nobody is both.
    accounts = sum(int(bridge.accounts[name][0]) for name in ("opening", "new", "reactivated"))
    return f"Revenue bridge{group} ({how_many(accounts, 'accounts')})", bridge.remarks
