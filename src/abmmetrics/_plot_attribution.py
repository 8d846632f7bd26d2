"""Pictures of attribution models side by side, and of a budget that would be divided otherwise."""

# Functions of matplotlib take further arguments, which carry no types.
# pyright: reportUnknownMemberType=false

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abmmetrics._checks import how_many
from abmmetrics._plot_canvas import (
    BLUE,
    ORANGE,
    PALE,
    SIZE,
    SMALL,
    Canvas,
    canvas,
    refuse_number,
    refuse_other,
)
from abmmetrics._plot_panels import PANEL, Panel, draw_panels, largest_of, room_for, side_by_side
from abmmetrics._plot_parts import Bar, Look, draw_bar, whisker
from abmmetrics._plot_rows import MOST_ROWS, rows_high
from abmmetrics._plot_words import clean, kpi_words, short_labels, width_of
from abmmetrics.attributions import Attribution, AttributionComparison
from abmmetrics.budget import Allocation
from abmmetrics.results import format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_MODELS = 12
_MONEY_PANEL = 3.4
_THICK = 0.6
_CREDIT, _NOBODY = Look(name="credit", colour=BLUE), Look(name="unattributed", colour=PALE, hatch="////")
_TODAY, _THEN = "today", "then"


def attribution(comparison: AttributionComparison | Attribution, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the share of the credit that each label gets, one model beside the other.

    How to read it: a column is a model; all have one scale. Where a label's bars differ much from column to column,
    its worth is the model's answer rather than the data's. The hatched row is what no touch is known for: it belongs
    to nobody, and a model cannot change that.

    Leaves out: what any campaign caused, which no model of attribution knows.

    Args:
        comparison: a comparison of up to 12 models (:func:`~abmmetrics.compare_models`), or a single result, with up
            to 100 labels.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is neither, has no labels, or more labels or models than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair", "Fair", ""], value=[12_000, 8_000, 5_000])
        >>> models = abm.compare_models(abm.first_touch(journeys), abm.linear_touch(journeys))
        >>> abm.plot.attribution(models).get_title(loc="left")
        'Attribution by 2 models (3 journeys)'
    """
    refuse_other("comparison", comparison, (AttributionComparison, Attribution), "a comparison of attribution models")
    found = {comparison.name: comparison} if isinstance(comparison, Attribution) else dict(comparison.attributions)
    refuse_number("comparison", len(comparison.labels), MOST_ROWS, "labels", "attribute to fewer")
    refuse_number("comparison", len(found), _MOST_MODELS, "models", "leave some out")
    models = list(found.values())
    names = [*short_labels(comparison.labels), "unattributed"]
    left = max(width_of(name, SIZE) for name in names) + 8
    on = canvas(ax, width=max(6.0, left / 72 + PANEL * len(models) + 0.3), height=rows_high(len(names)) + 0.3)
    on.frame(grid="none")
    on.name_rows(names)
    shares = [_shares(model) for model in models]
    told = [[format_value(float(share), "share") for share in rows[0]] for rows in shares]
    panels = side_by_side(
        on,
        [_model_words(model) for model in models],
        [largest_of(rows.ravel()) for rows in shares],
        left=left,
        beside=room_for(text for texts in told for text in texts),
        common=True,
    )
    heads = draw_panels(on, panels, "share")
    for number, panel in enumerate(panels):
        for place, (share, low, high) in enumerate(shares[number].T.tolist()):
            look = _NOBODY if place == len(comparison.labels) else _CREDIT
            if not math.isnan(share):
                bar = Bar(place=place, start=panel.start, length=share, thick=_THICK, look=look)
                draw_bar(on, bar, f"bar {number} {place}")
            whisker(on, place, panel.at(low), panel.at(high), f"interval {number} {place}")
            on.text(panel.at(largest_of([share, high])), place, told[number][place], shift=(6, 0), size=SMALL,
                    takes_room=False, name=f"figure {number} {place}")  # fmt: skip
    on.label_x("percent of all credit")
    overlapping = comparison.notes if isinstance(comparison, AttributionComparison) else ()
    by = f" by {how_many(len(models), 'models')}" if len(models) > 1 else ""
    on.heading(
        f"Attribution{by} ({how_many(models[0].journeys, 'journeys')})",
        [f"lines are {100 * models[0].confidence:g} % intervals", *map(clean, overlapping)],
        left=left,
        above=heads,
    )
    return on.ax


def _shares(model: Attribution) -> NDArray[np.float64]:
    """Return the shares of labels, and of nobody, with the limits of their intervals below them."""
    nobody = model.unattributed / model.total if model.total else math.nan
    rows = (np.append(model.share, nobody), np.append(model.share_low, math.nan), np.append(model.share_high, math.nan))
    return np.array(rows)


def _model_words(model: Attribution) -> str:
    """Name a model with what it was told, in words."""
    words = kpi_words(model.model)
    told = [f"{name.replace('_', ' ')} {value}" for name, value in model.parameters.items()]
    return clean(f"{words} ({', '.join(told)})" if told else words)


def budget(allocation: Allocation, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how a budget would be divided otherwise, and what that would bring if the elasticities given hold.

    How to read it: hollow is today, filled is then, and the line between them is the change: what would be spent in
    the left column, what it would bring in the right one. The figures are those of today and then. A campaign that
    is marked is held by its bound, and would move further without it.

    Leaves out: how sure that is. It is a what-if on figures that the caller supplied, and has no interval.

    Args:
        allocation: an allocation of up to 100 campaigns.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no allocation, or has no campaigns or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> results = abm.CampaignResults(campaign=["Fair", "Webinar"], cost=[20_000, 4_000], revenue=[90_000, 30_000])
        >>> abm.plot.budget(abm.allocate_budget(results, elasticity=0.4, bounds=(0.5, 1.5))).get_title(loc="left")
        'Budget what-if (2 campaigns)'
    """
    refuse_other("allocation", allocation, Allocation, "an allocation of a budget")
    refuse_number("allocation", len(allocation), MOST_ROWS, "campaigns", "allocate among fewer")
    names = [
        f"{name} (at its bound)" if held else name
        for name, held in zip(short_labels(allocation.campaigns), allocation.at_bound.tolist(), strict=True)
    ]
    left = max(width_of(name, SIZE) for name in names) + 8
    on = canvas(ax, width=max(8.0, left / 72 + 2 * _MONEY_PANEL), height=rows_high(len(names)) + 0.4)
    on.frame(grid="none")
    pairs = [
        np.array([allocation.spend_before, allocation.spend]),
        np.array([allocation.revenue_before, allocation.revenue]),
    ]
    told = [[_from_to(*pair) for pair in figures.T.tolist()] for figures in pairs]
    heads = [
        f"{what}: {format_value(float(figures[0].sum()), 'money')} today, {format_value(float(figures[1].sum()), 'money')} then"
        for what, figures in zip(("spend", "revenue"), pairs, strict=True)
    ]
    beside = room_for(text for texts in told for text in texts)
    panels = side_by_side(
        on, heads, [float(figures.max()) for figures in pairs], left=left, beside=beside, common=False
    )
    above = draw_panels(on, panels, "money")
    for number, (panel, figures) in enumerate(zip(panels, pairs, strict=True)):
        for place, (today, then) in enumerate(figures.T.tolist()):
            _from_today(on, panel, place, (today, then), number)
            on.text(panel.at(max(today, then)), place, told[number][place], shift=(8, 0), size=SMALL, takes_room=False,
                    name=f"figure {number} {place}")  # fmt: skip
    on.name_rows(names)
    on.label_x("money, in the data's currency")
    on.heading(
        f"Budget what-if ({how_many(len(allocation), 'campaigns')})",
        ["hollow: today, filled: then", *allocation.remarks],
        left=left,
        above=above,
    )
    return on.ax


def _from_to(today: float, then: float) -> str:
    return f"{format_value(today, 'money')} → {format_value(then, 'money')}"


def _from_today(on: Canvas, panel: Panel, place: int, pair: tuple[float, float], number: int) -> None:
    """Draw a hollow dot for today, a filled one for then, and the line between them."""
    colour = BLUE if pair[1] >= pair[0] else ORANGE
    ends = [panel.at(figure) for figure in pair]
    on.ax.plot(ends, [place, place], color=colour, linewidth=2.0, zorder=2)[0].set_gid(f"change {number} {place}")
    for which, end in zip((_TODAY, _THEN), ends, strict=True):
        (dot,) = on.ax.plot([end], [place], "o", markersize=7, markeredgecolor=on.ink if which == _TODAY else colour,
                            markerfacecolor="none" if which == _TODAY else colour, markeredgewidth=1.3,
                            zorder=4 if which == _TODAY else 3)  # fmt: skip
        dot.set_gid(f"{which} {number} {place}")
