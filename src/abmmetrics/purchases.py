"""Purchases without a contract, and what they say of each customer: how often, how lately, for how long, for how much."""

import math
from typing import ClassVar

import attrs
import numpy as np

from abmmetrics import _checks, columns
from abmmetrics._labels import Labels
from abmmetrics.columns import Amounts, Counts, Dates, Values
from abmmetrics.tables import Table

__all__ = ["PurchaseHistory", "Purchases", "purchase_history"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Purchases(Table):
    """Purchases: one row for each, several rows of a day are one purchase.

    Attributes:
        account: who bought.
        day: when.
        amount: for how much, in one currency; at least 0.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Purchases(account=["A", "A"], day=["2026-01-05", "2026-03-09"], amount=[120, 80])
        Purchases(2 rows, 1 account; day, amount)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    day: Dates = attrs.field(converter=columns.dates)
    amount: Amounts | None = attrs.field(default=None, converter=columns.amounts_or_nan)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PurchaseHistory(Table):
    """What the models need to know of each account: one row for each.

    Attributes:
        account: who bought.
        frequency: repeat purchases: days with a purchase after the first such day.
        recency: periods from the first to the last purchase; 0 without a repeat purchase.
        age: periods from the first purchase to the end of observation.
        mean_spend: mean amount of the repeat purchases, missing without one.

    Example:
        >>> import abmmetrics as abm
        >>> abm.PurchaseHistory(account=["A", "B"], frequency=[2, 0], recency=[30.4, 0], age=[38.9, 38.9])
        PurchaseHistory(2 rows, 2 accounts; frequency, recency, age)
    """

    additive: ClassVar[bool] = False
    at_most: ClassVar[tuple[tuple[str, str], ...]] = (("recency", "age"),)

    account: Labels = attrs.field(converter=columns.labels)
    frequency: Counts = attrs.field(converter=columns.counts)
    recency: Amounts = attrs.field(converter=columns.amounts)
    age: Amounts = attrs.field(converter=columns.amounts)
    mean_spend: Amounts | None = attrs.field(default=None, converter=columns.amounts_or_nan)

    def check_rows(self) -> None:
        """Refuse an account twice, and a last purchase that does not fit the number of purchases."""
        _checks.all_labelled("account", self.account)
        codes = self.account.codes()
        seen = np.zeros(len(self.account.categories), dtype=bool)
        seen[codes] = True
        if seen.sum() < len(codes):
            _, firsts = np.unique(codes, return_index=True)
            row = int(np.setdiff1d(np.arange(len(codes)), firsts)[0])
            again = _checks.phrase(f"{self.account[row]!r} again")
            raise _checks.refuse("account", "be different in every row", again, row)
        wrong = np.flatnonzero((self.frequency > 0) != (self.recency > 0))
        if len(wrong):
            row = int(wrong[0])
            came = _checks.phrase(f"{self.recency[row]:g} with frequency={self.frequency[row]}")
            raise _checks.refuse("recency", "be above 0 with repeat purchases and 0 without", came, row)


def purchase_history(purchases: Purchases, *, until: Values, period_days: float = 7.0) -> PurchaseHistory:
    """Sum purchases up to one row for each account: frequency, recency, age and mean spend.

    Purchases of one account on one day are one purchase, of their total amount. The first one is how an account
    enters: frequency counts those after it, and mean spend is of those alone.

    Leaves out: purchases after ``until``, which `excluded` counts.

    Args:
        purchases: purchases with accounts and days.
        until: the last day of observation.
        period_days: days in a period; 7 for weeks.

    Returns:
        One row for each account that bought by then, in the order of the accounts' labels in the table.

    Raises:
        MetricInputError: if an argument is outside its range, or an account or an amount is missing.

    Example:
        >>> import abmmetrics as abm
        >>> bought = abm.Purchases(
        ...     account=["A", "A", "A", "B"],
        ...     day=["2026-01-05", "2026-01-19", "2026-01-19", "2026-01-12"],
        ...     amount=[9, 4, 6, 5],
        ... )
        >>> history = abm.purchase_history(bought, until="2026-02-02")
        >>> history.frequency.tolist(), history.recency.tolist(), history.age.tolist(), history.mean_spend.tolist()
        ([1, 0], [2.0, 0.0], [4.0, 3.0], [10.0, nan])

    References:
        Fader & Hardie, notes 004 and 025, on counting repeat purchases.
    """
    end = _checks.as_date("until", until)
    length = _checks.in_interval("period_days", period_days, 0, math.inf)
    _checks.all_labelled("account", purchases.account)
    seen = purchases.day <= end
    codes, days = purchases.account.codes()[seen], purchases.day[seen].astype(np.int64)
    late = {"purchase after the end of observation": int((~seen).sum())} if not seen.all() else {}
    start = int(days.min(initial=0))
    span = int(days.max(initial=0)) - start + 1
    distinct, place = np.unique(codes * span + (days - start), return_inverse=True)
    buyers, first, bought = np.unique(distinct // span, return_index=True, return_counts=True)
    on = distinct % span + start
    began, last = on[first], on[first + bought - 1]
    frequency = bought - 1
    mean_spend = None
    if purchases.amount is not None:
        amounts = purchases.amount[seen]
        if np.isnan(amounts).any():
            row = int(np.flatnonzero(seen)[np.isnan(amounts)][0])
            raise _checks.refuse("amount", "be given for every purchase", _checks.phrase("a missing value"), row)
        spent = np.bincount(place, weights=amounts, minlength=len(distinct))
        spent[first] = 0
        owner = np.repeat(np.arange(len(buyers)), bought)
        with np.errstate(invalid="ignore"):
            mean_spend = np.bincount(owner, weights=spent, minlength=len(buyers)) / frequency
    return PurchaseHistory(
        account=purchases.account.categories[buyers],
        frequency=frequency,
        recency=(last - began) / length,
        age=(int(end.astype(np.int64)) - began) / length,
        mean_spend=mean_spend,
        excluded={**purchases.excluded, **late},
    )
