"""A picture of how deals moved along their stages."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from typing import TYPE_CHECKING

import numpy as np

from abmmetrics._checks import how_many
from abmmetrics._plot_canvas import (
    BLUE,
    ORANGE,
    PALE,
    SKY,
    VERMILLION,
    Canvas,
    canvas,
    refuse_number,
    refuse_other,
    unit_ticks,
)
from abmmetrics._plot_parts import Bar, Column, Look, beside, draw_bar, legend, say_absent, whisker, write_bar
from abmmetrics._plot_rows import MOST_ROWS
from abmmetrics._plot_words import by_words, reason_of, short_labels, span_text, tick_text
from abmmetrics._result_groups import group_labels
from abmmetrics.movements import StageProgression
from abmmetrics.results import Estimate, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AROUND, _GROUP = 1.6, 0.54
_THICK, _UP, _DOWN = 0.46, 0.06, 0.29
_BEYOND = 1.03

_MOVES = {
    "advanced": Look(name="advanced", colour=BLUE),
    "same": Look(name="same", colour=PALE),
    "regressed": Look(name="regressed", colour=ORANGE, hatch="\\\\\\\\"),
    "left": Look(name="left", colour=VERMILLION, hatch="////"),
}
_ENTERED = Look(name="entered (new)", colour=SKY, hatch="----")


def stage_flow(progression: StageProgression, *, ax: "Axes | None" = None) -> "Axes":
    """Draw what became of the deals of a pipeline between two days, and how many were new.

    How to read it: the bar up to 100 % is the pipeline of the first day: deals that advanced (won ones too), stayed,
    fell back and left; the line under it is the interval of the share that advanced. Beyond it are deals that
    entered since, on the same scale. Much that stayed the same is a pipeline that does not move.

    Leaves out: which stages the deals are in.

    Args:
        progression: a stage progression, pooled or by up to 100 groups.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no stage progression, has no groups or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta", "Core"],
        ...     opportunity=[1, 1, 2, 3],
        ...     stage=["Discovery", "Proposal", "Proposal", "Discovery"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-01-12", "2026-02-16"],
        ... )
        >>> options = {"stages": ["Discovery", "Proposal", "Won"], "start": "2026-01-31", "end": "2026-02-28"}
        >>> abm.plot.stage_flow(abm.stage_progression(history, **options)).get_title(loc="left")
        'Stage progression (2 deals at the start)'
    """
    refuse_other("progression", progression, StageProgression, "a stage progression")
    rate = progression.advanced_rate
    refuse_number("progression", len(rate), MOST_ROWS, "groups", "group by fewer")
    counts = np.array([getattr(progression, name) for name in _MOVES])
    opening = counts.sum(axis=0)
    beyond = np.where(opening > 0, progression.entered / np.maximum(opening, 1), 0.0)
    on = canvas(ax, height=_AROUND + _GROUP * len(rate))
    on.frame(grid="x")
    unit_ticks(on, "share", "x", tick_text)
    taken = on.name_rows(short_labels(group_labels(progression.groups)))
    heads, wide = beside(on, _columns(rate, progression)[: 1 if on.narrow else None])
    end = 1.01 * (_BEYOND + float(beyond.max()) if beyond.any() else 1.0)
    on.ax.set_xlim(0, end)
    on.ax.axvline(1.0, color=on.ink, linewidth=1.0).set_gid("whole")
    point = end / on.free(taken, wide)
    for place in range(len(rate)):
        entered = int(progression.entered[place])
        if opening[place] == 0:
            say_absent(on, place, reason_of(rate, place) + (f"; {entered:,} entered" if entered else ""))
        else:
            _draw_moves(on, place, [int(count) for count in counts[:, place]], entered, point)
            whisker(on, place + _DOWN, float(rate.low[place]), float(rate.high[place]), f"interval {place}")
    above = heads + legend(on, [*_MOVES.values(), _ENTERED], left=taken, above=heads)
    on.label_x(f"percent of the deals in the pipeline at the end of {progression.start}")
    on.heading(
        f"Stage progression{by_words(progression.groups)} ({how_many(int(opening.sum()), 'deals')} at the start)",
        [f"from {progression.start} to {progression.end}", "figures in the bars are deals"],
        left=taken,
        above=above,
    )
    return on.ax


def _draw_moves(on: Canvas, place: int, counts: list[int], entered: int, point: float) -> None:
    """Draw the bar of a group: what became of its deals, and those that entered beyond it."""
    start, free, whole = 0.0, 0.0, sum(counts)
    parts = [(look, count, 0.0) for look, count in zip(_MOVES.values(), counts, strict=True)]
    for look, count, gap in (*parts, (_ENTERED, entered, _BEYOND - 1.0)):
        if count:
            bar = Bar(place=place - _UP, start=start + gap, length=count / whole, thick=_THICK, look=look)
            draw_bar(on, bar, f"{look.name} {place}")
            free = write_bar(on, bar, f"{count:,}", f"{look.name} figure {place}", point=point, free=free)
        start += count / whole


def _columns(rate: Estimate, progression: StageProgression) -> list[Column]:
    values = [
        ("", "") if math.isnan(value) else (format_value(value, "share"), span_text(low, high, "share"))
        for value, low, high in zip(rate.value.tolist(), rate.low.tolist(), rate.high.tolist(), strict=True)
    ]
    return [
        Column(head="advanced", cells=tuple(share for share, _ in values), bold=True),
        Column(head=f"{100 * rate.confidence:g} % interval", cells=tuple(span for _, span in values)),
        Column(head="entered", cells=tuple(f"{count:,}" for count in progression.entered.tolist())),
    ]
