"""Panels side by side on the same axes: rows that several columns of bars or dots share."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from abmmetrics._plot_canvas import SMALL, Canvas
from abmmetrics._plot_words import tick_text, width_of, wrapped
from abmmetrics.results import Unit

PANEL = 1.75
"""Inches that a panel of a figure of its own is wide."""

_NARROWEST = 24.0
_TICKS = (1.0, 2.0, 5.0, 10.0)
_BESIDE = 16.0


@attrs.frozen(kw_only=True)
class Panel:
    """A part of the axes with a scale of its own, from 0.

    Attributes:
        head: what stands over it.
        start: where its 0 is on the axis.
        scale: how long a unit of it is on the axis.
        most: the largest figure on it.
        point: how long a point is on the axis.
        points: how many points wide it is, with the room for figures.
        bars: how many points of these bars have.
    """

    head: str
    start: float
    scale: float
    most: float
    point: float
    points: float
    bars: float

    def at(self, value: float) -> float:
        """Return where a figure is on the axis."""
        return self.start + self.scale * value


def side_by_side(
    on: Canvas, heads: Sequence[str], mosts: Sequence[float], *, left: float, beside: float, common: bool
) -> list[Panel]:
    """Divide the axes into panels of equal width.

    Args:
        on: the axes.
        heads: what stands over the panels.
        mosts: the largest figure of each.
        left: how many points names take to the left of the axes.
        beside: how many points each panel has for figures beside its bars.
        common: True where all panels have one scale, on which a unit of the axis is one of theirs.
    """
    points = max((on.room - left - _BESIDE) / len(heads), beside + _NARROWEST)
    largest = max(mosts) or 1.0
    panels: list[Panel] = []
    for place, (head, most) in enumerate(zip(heads, mosts, strict=True)):
        reach = largest if common else most or 1.0
        scale = 1.0 if common else 1.0 / reach
        point = scale * reach / (points - beside)
        panels.append(
            Panel(
                head=head,
                start=place * points * point,
                scale=scale,
                most=reach,
                point=point,
                points=points,
                bars=points - beside,
            )
        )
    return panels


def draw_panels(on: Canvas, panels: Sequence[Panel], unit: Unit) -> float:
    """Draw the frames, heads and figures of panels, and return how many points high the heads are."""
    ticks: list[tuple[float, str]] = []
    for panel in panels:
        told = [(value, tick_text(value, unit)) for value in _round_figures(panel.most)]
        if sum(width_of(text, SMALL) + 6 for _, text in told[1:]) > panel.bars:
            told = told[:: max(len(told) - 1, 1)]
        for value, text in told:
            ticks.append((panel.at(value), text))
            on.ax.axvline(panel.at(value), color=on.ink, alpha=0.14 if value else 0.7, linewidth=0.7, zorder=0)
    on.ax.set_xticks([place for place, _ in ticks], labels=[text for _, text in ticks], fontsize=SMALL)
    last = panels[-1]
    on.ax.set_xlim(-2 * last.point, last.start + last.points * last.point)
    heads = [wrapped(panel.head, panel.points - 8, SMALL, bold=True) for panel in panels]
    for place, (panel, head) in enumerate(zip(panels, heads, strict=True)):
        on.text(panel.start, 1, head, at=("data", "axes fraction"), shift=(0, 4), size=SMALL, bold=True,
                vertical="bottom", takes_room=False, name=f"head {place}")  # fmt: skip
    return 6 + max(len(head.split("\n")) for head in heads) * SMALL * 1.3


def _round_figures(most: float) -> list[float]:
    """Return 0 and two or three round figures up to the largest."""
    power = 10.0 ** math.floor(math.log10(most / 2))
    step = max(factor * power for factor in _TICKS if factor * power <= most / 2)
    return [float(step * count) for count in range(int(most / step + 1e-9) + 1)]


def room_for(texts: Iterable[str]) -> float:
    """Return how many points the longest of some figures takes beside a bar."""
    return max((width_of(text, SMALL) for text in texts), default=0.0) + 14


def largest_of(figures: Iterable[float]) -> float:
    """Return the largest figure, of those that there are; 0 where there is none."""
    known = [figure for figure in figures if np.isfinite(figure)]
    return max(known, default=0.0)
