"""Pictures of estimates: their values with intervals, group under group, or lift beside lift."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._checks import phrase, refuse
from abmmetrics._plot_canvas import BLUE, GREEN, VERMILLION, refuse_number, refuse_other
from abmmetrics._plot_rows import MOST_ROWS, Row, Words, draw_rows
from abmmetrics._plot_words import (
    LONGEST_LABEL,
    axis_words,
    by_words,
    clean,
    counted_words,
    difference_words,
    kpi_words,
    reason_of,
    short_labels,
    signed_text,
    signed_tick,
    variant_words,
)
from abmmetrics._reading import is_listed, is_mapping
from abmmetrics._result_groups import group_labels
from abmmetrics.comparison import Change
from abmmetrics.promotions import PromotionEffect
from abmmetrics.results import Estimate, Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Lift: TypeAlias = Estimate | Change | PromotionEffect


def estimates(estimate: Estimate, *, ax: "Axes | None" = None) -> "Axes":
    """Draw a KPI's value with its interval: a dot on a line, one row for each group.

    How to read it: the line is the interval. Where two lines hardly overlap, the groups differ; where they overlap
    much, the order of the dots may be chance (:func:`~abmmetrics.change` tells). A hollow dot has no interval, an
    arrow says that there is no limit on that side, and where a figure is undefined the row says why.

    Leaves out: the notes of the estimate, which its text tells.

    Args:
        estimate: a KPI, pooled or by groups, of which there may be up to 100.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if it is no estimate, has no groups or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["A", "B", "C", "D"],
        ...     outcome=["won", "lost", "lost", "won"],
        ...     segments={"tier": ["Large", "Large", "Small", "Small"]},
        ... )
        >>> abm.plot.estimates(abm.win_rate(deals, by="tier")).get_title(loc="left")
        'Win rate by tier (4 accounts)'
    """
    refuse_other("estimate", estimate, Estimate, "an estimate")
    refuse_number("estimate", len(estimate), MOST_ROWS, "groups", "estimate.take(...) takes some")
    rows = [
        Row(
            name=name,
            value=estimate.value[place].item(),
            low=estimate.low[place].item(),
            high=estimate.high[place].item(),
            beside=("" if estimate.suppressed[place] else f"{estimate.accounts[place]:,.0f}",),
            absent=reason_of(estimate, place),
        )
        for place, name in enumerate(short_labels(estimate.labels))
    ]
    interval = f"{100 * estimate.confidence:g} % interval"
    words = Words(
        title=f"{kpi_words(estimate.kpi)}{by_words(estimate.groups)} ({counted_words(estimate)})",
        told=(f"dots with {interval}s", *variant_words(estimate)),
        axis=axis_words(estimate.kpi, estimate.unit),
        interval=interval,
        heads=(estimate.counted,),
    )
    return draw_rows(ax, rows, estimate.unit, words)


def lift(
    estimates: Estimate | Change | PromotionEffect | Sequence[Lift] | Mapping[str, Lift], *, ax: "Axes | None" = None
) -> "Axes":
    """Draw effects under each other, with their intervals and a line where there is none.

    How to read it: an interval that leaves out the line at 0 shows an effect, and on which side; one that crosses it
    does not show that there is none, only that there is too little to see it. Effects whose interval leaves out 0 are
    drawn in a triangle that points to their side.

    Leaves out: whether an effect is the programme's doing; the notes of each result say on what that rests.

    Args:
        estimates: results of :func:`~abmmetrics.lift`, :func:`~abmmetrics.promotion_effect` or
            :func:`~abmmetrics.change`, one or several, or names to them; all in one unit, and up to 100 rows in all.
        ax: the axes to draw on; those of a new figure where not given.

    Returns:
        The axes.

    Raises:
        MetricInputError: if one is none of these, if they differ in unit, or there are none or more than can be read.
        ImportError: if matplotlib is not installed.

    Example:
        >>> import abmmetrics as abm
        >>> outcomes = abm.ArmOutcomes(
        ...     account=["A", "B", "C", "D"],
        ...     arm=["target", "target", "control", "control"],
        ...     outcome=[12, 10, 8, 6],
        ...     before=[7, 5, 6, 4],
        ... )
        >>> both = {method: abm.lift(outcomes, method=method) for method in ("difference", "did")}
        >>> abm.plot.lift(both).get_title(loc="left")
        'Lift (4 accounts)'
    """
    given: Any = estimates
    if isinstance(given, Estimate | Change | PromotionEffect):
        named: list[tuple[str, Any]] = [("", given)]
    elif is_mapping(given):
        named = list(given.items())
    elif is_listed(given):
        named = [("", found) for found in given]
    else:
        raise refuse("estimates", "be lifts, changes or promotion effects", phrase(type(given).__name__))
    effects = [effect for place, (name, found) in enumerate(named) for effect in _effects(place, name, found)]
    refuse_number("estimates", sum(len(effect.value) for effect in effects), MOST_ROWS, "rows", "leave some out")
    units: list[Unit] = sorted({effect.unit for effect in effects})
    if len(units) > 1:
        raise refuse("estimates", "be in one unit, to share an axis", phrase(" and ".join(units)))
    levels = sorted({effect.confidence for effect in effects})
    if len(levels) > 1:
        raise refuse("estimates", "be of one confidence", phrase(" and ".join(f"{level:g}" for level in levels)))
    names = short_labels([name for effect in effects for name in effect.names], LONGEST_LABEL)
    figures = [row for effect in effects for row in zip(effect.value, effect.low, effect.high, strict=True)]
    absent = [reason for effect in effects for reason in effect.absent]
    rows = [
        Row(name=name, value=value.item(), low=low.item(), high=high.item(), absent=reason,
            marker=">" if low > 0 else "<" if high < 0 else "o", colour=GREEN if low > 0 else VERMILLION if high < 0 else BLUE)
        for name, (value, low, high), reason in zip(names, figures, absent, strict=True)
    ]  # fmt: skip
    kpis = sorted({effect.title for effect in effects})
    counted = sorted({effect.counted for effect in effects if effect.counted})
    interval = f"{100 * levels[0]:g} % interval"
    words = Words(
        title=f"{' and '.join(kpis)}{f' ({counted[0]})' if len(counted) == 1 else ''}",
        told=(f"marks with {interval}s; a triangle where 0 is left out",),
        axis=f"effect ({difference_words(units[0])})",
        interval=interval,
        write=signed_text,
        tick=signed_tick,
    )
    return draw_rows(ax, rows, units[0], words, zero=True)


@attrs.frozen(kw_only=True)
class _Effect:
    """Figures of a result, one for each of its rows."""

    title: str
    names: tuple[str, ...]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    absent: tuple[str, ...]
    unit: Unit
    confidence: float
    counted: str


def _effects(place: int, name: str, found: object) -> list[_Effect]:
    """Read what a result says of effects."""
    if isinstance(found, PromotionEffect):
        parts = (("during", found.during), ("after", found.after), ("together", found.together))
        return [
            attrs.evolve(effect, title="Promotion effect")
            for part, estimate in parts
            for effect in _effects(place, f"{name}, {part}" if name else part, estimate)
        ]
    if isinstance(found, Estimate):
        absent = tuple(reason_of(found, row) for row in range(len(found)))
        figures = (found.value, found.low, found.high)
        counted = counted_words(found)
    elif isinstance(found, Change):
        absent = ("undefined (the value or the baseline is)",) * len(found)
        figures = (found.difference, found.difference_low, found.difference_high)
        counted = ""
    else:
        raise refuse("estimates", "be lifts, changes or promotion effects", phrase(type(found).__name__), place)
    labels = [clean(label) for label in group_labels(found.groups)] if found.groups else []
    own = clean(name) or ("" if labels else clean(found.kpi.replace("_", " ")))
    return [
        _Effect(
            title=f"Change of {clean(found.kpi.replace('_', ' '))}"
            if isinstance(found, Change)
            else kpi_words(found.kpi),
            names=tuple(f"{own}: {label}" if own else label for label in labels) or (own,),
            value=figures[0],
            low=figures[1],
            high=figures[2],
            absent=absent,
            unit=found.unit,
            confidence=found.confidence,
            counted=counted,
        )
    ]
