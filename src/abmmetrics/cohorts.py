"""Retention by cohort and age: what became of the accounts that began together."""

import math
from typing import Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _html, estimation
from abmmetrics._labels import Label
from abmmetrics._revenue_periods import PeriodUnit
from abmmetrics._sums import AccountSums
from abmmetrics.periods import period
from abmmetrics.recurring import RevenueHistory
from abmmetrics.results import Estimate, format_value

__all__ = ["CohortRetention", "cohort_retention"]

Floats: TypeAlias = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CohortRetention:
    """What became of the accounts that began together, by their age.

    Attributes:
        unit: what ages are counted in: ``"month"``, ``"quarter"`` or ``"year"``.
        cohorts: the period in which accounts began, in order.
        ages: how many units old they are, 0 in the period in which they began.
        sizes: number of accounts of each cohort.
        logos: share of a cohort's accounts that pay at an age, by ``cohort`` and ``age``.
        revenue: what a cohort pays at an age for each unit that it paid at age 0, likewise.
        remarks: notes on the whole result.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.RevenueHistory(
        ...     account=["Acme", "Beta", "Acme", "Core"],
        ...     period=["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"],
        ...     amount=[100, 60, 120, 50],
        ... )
        >>> found = abm.cohort_retention(history, unit="month")
        >>> found.matrix("logos").tolist()
        [[1.0, 0.5], [1.0, nan]]
    """

    unit: PeriodUnit
    cohorts: tuple[Label, ...]
    ages: tuple[int, ...]
    sizes: NDArray[np.int64]
    logos: Estimate
    revenue: Estimate
    remarks: tuple[str, ...] = ()

    def matrix(self, what: Literal["logos", "revenue"]) -> Floats:
        """Return the values as a matrix of cohorts by ages, NaN where an age is not seen.

        Args:
            what: ``"logos"`` or ``"revenue"``.
        """
        _checks.as_option("what", what, ("logos", "revenue"))
        found = self.logos if what == "logos" else self.revenue
        cells = np.full((len(self.cohorts), len(self.ages)), math.nan)
        cohort = {label: row for row, label in enumerate(self.cohorts)}
        age = {label: column for column, label in enumerate(self.ages)}
        for (label, old), value in zip(found.labels, found.value.tolist(), strict=True):
            cells[cohort[label], age[old]] = value
        return cells

    def __str__(self) -> str:
        """Show the share of logos by cohort and age."""
        cells = self.matrix("logos")
        heads = ["cohort", "accounts", *map(str, self.ages)]
        rows = [
            [str(label), f"{size:,}", *("" if math.isnan(value) else format_value(value, "share") for value in row)]
            for label, size, row in zip(self.cohorts, self.sizes.tolist(), cells.tolist(), strict=True)
        ]
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines = [f"share of accounts that pay, by {self.unit} of the first revenue and age in {self.unit}s"]
        lines += [
            "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
            for row in [heads, *rows]
        ]
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show both shares by cohort and age as HTML tables in notebooks; every label is escaped."""
        heads = ["cohort", "accounts", *(f"age {age}" for age in self.ages)]
        titles = {"logos": "share of accounts that pay", "revenue": "revenue for each unit at age 0"}
        parts: list[str] = []
        for what in ("logos", "revenue"):
            unit = self.logos.unit if what == "logos" else self.revenue.unit
            rows = [
                [str(label), f"{size:,}", *("" if math.isnan(value) else format_value(value, unit) for value in cells)]
                for label, size, cells in zip(
                    self.cohorts, self.sizes.tolist(), self.matrix(what).tolist(), strict=True
                )
            ]
            parts.append(
                _html.table(f"{titles[what]}, by {self.unit} of the first and age in {self.unit}s", heads, rows)
            )
        return _html.fragment(*parts, _html.remarks(self.remarks))


def cohort_retention(history: RevenueHistory, *, unit: PeriodUnit, confidence: float = 0.95) -> CohortRetention:
    """Accounts and revenue by the period in which they began and the age that they have reached.

    logos = accounts of a cohort that pay at an age / accounts of the cohort;
    revenue = what they pay at that age / what they paid in the period in which they began.

    An account begins in the first period in which it pays. One that left and came back counts
    at every age at which it pays.

    Leaves out: nothing. What an age was is not known where the history has no such period (later
    than its end, or a gap): those cells are missing, never 0.

    Args:
        history: revenue by account and period, at most one period in each unit.
        unit: what a period is: ``"month"``, ``"quarter"`` or ``"year"``.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        Shares of accounts with Wilson's interval, and ratios of revenue with intervals from
        leaving out accounts.

    Raises:
        MetricInputError: if the unit is not known, or the history has two periods in one unit.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.RevenueHistory(
        ...     account=["Acme", "Beta", "Acme", "Core"],
        ...     period=["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"],
        ...     amount=[100, 60, 120, 50],
        ... )
        >>> found = abm.cohort_retention(history, unit="month")
        >>> float(found.revenue["2026-01", 1])
        0.75

    References:
        Fader and Hardie (2007), Journal of Interactive Marketing 21, 76–90, on retention by tenure.
    """
    periods = history.in_time_order
    number = periods.numbers(unit)
    began = np.full(periods.accounts, -1, dtype=np.int64)
    at_first = np.zeros(periods.accounts)
    none = np.zeros(0, dtype=np.int64)
    accounts, places, amounts = [none], [none], [np.zeros(0)]
    for place, paid in periods.walk():
        starts = (began < 0) & (paid > 0)
        began[starts] = place
        at_first[starts] = paid[starts]
        seen = np.flatnonzero(began >= 0)
        accounts.append(seen)
        places.append(np.full(len(seen), place))
        amounts.append(paid[seen])
    account = np.concatenate(accounts)
    # Cells of one cohort and age lie together: ages of a cohort follow each other as periods do.
    size = max(len(number), 1)
    pair = began[account] * size + np.concatenate(places)
    order = np.argsort(pair, kind="stable")
    found, group = np.unique(pair[order], return_inverse=True)
    cohort, reached = found // size, found % size
    names = [str(name) for name in period(periods.days, unit)]
    begun: list[int] = cohort.tolist()
    ages: list[int] = (number[reached] - number[cohort]).tolist()
    labels: dict[str, list[Label]] = {
        "cohort": [names[first] for first in begun],
        "age": list(ages),
    }
    account, pays = account[order], np.concatenate(amounts)[order]
    sums = AccountSums(
        groups=labels,
        group=group,
        account=account,
        account_names=history.account.categories,
        unit="account",
        rows=np.ones(len(account), dtype=np.int64),
        sums={},
        excluded=dict(history.excluded),
    )
    logos = estimation.share(
        "cohort_retention of logos", sums, (pays > 0).astype(np.float64), np.ones(len(pays)), confidence=confidence
    )
    revenue = estimation.ratio(
        "cohort_retention of revenue", sums, pays, at_first[account], unit="ratio", confidence=confidence
    )
    distinct: list[int] = np.unique(cohort).tolist()
    remarks: list[str] = []
    if (began == 0).any():
        remarks.append(f"accounts of {names[0]} may have begun earlier: the history begins then")
    floored = int((history.amount < 0).sum())
    if floored:
        counts = "counts" if floored == 1 else "count"
        remarks.append(f"{_checks.how_many(floored, 'rows')} with a negative amount {counts} as 0")
    return CohortRetention(
        unit=unit,
        cohorts=tuple(names[first] for first in distinct),
        ages=tuple(sorted(set(ages))),
        sizes=np.bincount(began[began >= 0], minlength=len(number))[distinct],
        logos=logos,
        revenue=revenue,
        remarks=tuple(remarks),
    )
