"""Pictures of estimates: their values with intervals, group under group, or lift beside lift."""

from typing import TYPE_CHECKING

from abmmetrics._plot_canvas import refuse_number, refuse_other
from abmmetrics._plot_rows import MOST_ROWS, Row, Words, draw_rows
from abmmetrics._plot_words import (
    axis_words,
    by_words,
    counted_words,
    kpi_words,
    reason_of,
    short_labels,
    variant_words,
)
from abmmetrics.results import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
