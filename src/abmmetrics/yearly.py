"""Year over year: every period against the same one a year before."""

import re
from typing import Any, cast

import attrs
import numpy as np

from abmmetrics import _checks
from abmmetrics._labels import Label
from abmmetrics.comparison import Change, change
from abmmetrics.results import Estimate

__all__ = ["year_over_year"]

_PERIOD = re.compile(r"(FY)?(\d{4})(/\d{2})?(-Q[1-4]|-\d{2})?")


def year_over_year(estimate: Estimate, *, segment: str | None = None, confidence: float | None = None) -> Change:
    """Compare every year, quarter or month of a result with the same one a year before.

    difference = value − value a year before, paired by accounts, see :func:`change`.

    Leaves out: how much of a year has run. Group by :func:`period_to_date` to compare a year
    that is not over with the same part of past years.

    Args:
        estimate: a result by labels of :func:`period` or :func:`period_to_date`, or by whole numbers of years.
        segment: name of the segment that holds them; needed where there are several.
        confidence: confidence level; that of the estimate where not given.

    Returns:
        The change of every period; NaN with the reason where there is no such period a year before.

    Raises:
        MetricInputError: if the segment is not known, or its labels are not periods.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Acme", "Core"],
        ...     closed=["2024-02-01", "2024-06-03", "2025-01-15", "2025-03-10"],
        ...     outcome="won",
        ...     amount=[10, 30, 25, 35],
        ... )
        >>> won = abm.revenue_won(deals, by=abm.period(deals.closed, "year"))
        >>> moved = abm.year_over_year(won)
        >>> moved.groups["group"], moved.relative.tolist()
        (['2024', '2025'], [nan, 0.5])
        >>> moved.notes
        ('no baseline for 2024: the change is undefined',)

    References:
        GitLab handbook, "Sales term glossary": year over year.
    """
    names = list(estimate.groups)
    if segment is None and len(names) == 1:
        segment = names[0]
    if segment not in names:
        raise _checks.refuse("segment", f"name the segment of the periods, one of {names}", segment)
    later = [_a_year_later(label) for label in estimate.groups[segment]]
    groups = {name: later if name == segment else held for name, held in estimate.groups.items()}
    before = attrs.evolve(estimate, groups=groups)
    known = estimate.labels
    kept = [row for row, label in enumerate(before.labels) if label in known]
    return change(estimate, baseline=before.take(np.array(kept, dtype=np.int64)), confidence=confidence)


def _a_year_later(label: Label) -> Label:
    """Name the same period of the next year."""
    if isinstance(label, int) and not isinstance(label, bool):
        return label + 1
    found = _PERIOD.fullmatch(cast("Any", label)) if isinstance(label, str) else None
    if found is None:
        raise _checks.refuse("estimate", "be by periods such as '2025' or 'FY2025/26-Q1'", label)
    fiscal, year, ending, part = (text or "" for text in found.groups())
    after = int(year) + 1
    return f"{fiscal}{after:04d}{f'/{(after + 1) % 100:02d}' if ending else ''}{part}"
