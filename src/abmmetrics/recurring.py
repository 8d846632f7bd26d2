"""Recurring revenue by account: what comes in at two points in time, period by period, or as movements between.

Three tables say what retention is computed from. :class:`RecurringRevenue` holds the two ends
of a window; :class:`RevenueMovements` what happened in it, period by period; both are sums
and are made from a :class:`RevenueHistory` by :func:`revenue_between` and
:func:`revenue_movements`. The two views give different figures, and neither is wrong: an
account that left and came back within the window is one that stayed when only the ends are
looked at, and one that churned and was won back when its way is.
"""

import functools
import itertools
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _revenue_periods, columns
from abmmetrics._labels import Labels
from abmmetrics._matching import add_up
from abmmetrics._revenue_periods import RevenuePeriods
from abmmetrics.columns import Amounts, Counts, Dates
from abmmetrics.tables import Table

__all__ = ["RecurringRevenue", "RevenueHistory", "RevenueMovements", "revenue_between", "revenue_movements"]

LINES = ("opening", "new", "reactivated", "expansion", "contraction", "churned", "closing")
GAINS, LOSSES = LINES[1:4], LINES[4:6]
_GAP = 1e-9


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RecurringRevenue(Table):
    """Recurring revenue of accounts at the opening and at the closing of a window.

    One row for each account, or several (its products): a KPI adds up an account's rows in a
    group before it looks whether the account grew, shrank or left. A product that an account
    gave up is a contraction of the account and not churn; group by product to look at each
    product for itself. Amounts may be negative (credits); an account whose sum is negative
    counts as 0, and the result says how much that was.

    Attributes:
        account: the account that pays.
        opening: what it paid for a period (a month, a year) at the opening; 0 if it was no customer.
        closing: what it paid at the closing; 0 if it is none any more.
        cross_sell: of the closing amount, what it pays for products that it did not have before.
        up_sell: of the closing amount, what it pays more for products that it had.
        paid_before: in how many periods before the opening it paid; True and False do. Tells
            customers who came back from new ones.
        back_between: how often it left after the opening and was back at the closing.

    Example:
        >>> import abmmetrics as abm
        >>> abm.RecurringRevenue(account=["Acme", "Beta"], opening=[100, 80], closing=[120, 0])
        RecurringRevenue(2 rows, 2 accounts; opening, closing)
    """

    account: Labels = attrs.field(converter=columns.labels)
    opening: Amounts = attrs.field(converter=columns.signed_amounts)
    closing: Amounts = attrs.field(converter=columns.signed_amounts)
    cross_sell: Amounts | None = attrs.field(default=None, converter=columns.optional_amounts)
    up_sell: Amounts | None = attrs.field(default=None, converter=columns.optional_amounts)
    paid_before: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    back_between: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RevenueMovements(Table):
    """What happened to the recurring revenue of accounts in a window, summed over its periods.

    opening + new + reactivated + expansion - contraction - churned = closing, in every row.

    Attributes:
        account: the account that pays.
        opening: what it paid for a period at the opening.
        new: what it paid in its first period as a customer, if that is in the window.
        reactivated: what it paid when it came back.
        expansion: what it paid more than in the period before, summed.
        contraction: what it paid less, while it stayed a customer.
        churned: what it had paid when it left.
        closing: what it paid at the closing.

    Example:
        >>> import abmmetrics as abm
        >>> abm.RevenueMovements(
        ...     account=["Acme"],
        ...     opening=100,
        ...     new=0,
        ...     reactivated=0,
        ...     expansion=30,
        ...     contraction=10,
        ...     churned=0,
        ...     closing=120,
        ... )
        RevenueMovements(1 row, 1 account; opening, new, reactivated, expansion, contraction, churned, closing)
    """

    account: Labels = attrs.field(converter=columns.labels)
    opening: Amounts = attrs.field(converter=columns.amounts)
    new: Amounts = attrs.field(converter=columns.amounts)
    reactivated: Amounts = attrs.field(converter=columns.amounts)
    expansion: Amounts = attrs.field(converter=columns.amounts)
    contraction: Amounts = attrs.field(converter=columns.amounts)
    churned: Amounts = attrs.field(converter=columns.amounts)
    closing: Amounts = attrs.field(converter=columns.amounts)

    def check_rows(self) -> None:
        """Refuse rows whose movements do not lead from the opening to the closing."""
        gap = bridge_gap({name: getattr(self, name) for name in LINES})
        wrong = np.flatnonzero(gap)
        if len(wrong):
            row = int(wrong[0])
            reached = self.closing[row] + gap[row]
            raise _checks.refuse(
                "closing",
                "be opening + new + reactivated + expansion - contraction - churned",
                _checks.phrase(f"{self.closing[row]} where they make {reached}"),
                row,
            )


def bridge_gap(lines: dict[str, Any]) -> NDArray[np.float64]:
    """Return by how much the movements miss the closing; 0 where that is less than 1e-9 of what was moved."""
    reached = lines["opening"] + sum(lines[name] for name in GAINS) - sum(lines[name] for name in LOSSES)
    scale = sum(lines[name] for name in LINES)
    gap = reached - lines["closing"]
    return np.where(np.abs(gap) <= _GAP * scale, 0.0, gap)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RevenueHistory(Table):
    """Recurring revenue of accounts period by period: one row for each account and period, in any order.

    A period in which an account has no row is one in which it paid nothing. Two rows of one
    account and period are refused, since they may be two products, to be added up, as well
    as one row twice.

    Attributes:
        account: the account that pays.
        period: a day that stands for the period in all of its rows, such as its first.
        amount: what it paid for the period; negative for a credit, which counts as 0.

    Example:
        >>> import abmmetrics as abm
        >>> abm.RevenueHistory(account=["Acme", "Acme"], period=["2026-01-01", "2026-02-01"], amount=[100, 120])
        RevenueHistory(2 rows, 1 account; period, amount)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    period: Dates = attrs.field(converter=columns.dates)
    amount: Amounts = attrs.field(converter=columns.signed_amounts)

    def check_rows(self) -> None:
        """Refuse an account that has two rows in one period."""
        _ = self.in_time_order

    @functools.cached_property
    def in_time_order(self) -> RevenuePeriods:
        """The rows in the order of their periods, which every view walks through; put so when the table is made."""
        return _revenue_periods.in_time_order(self.account, self.period, self.amount)


def revenue_between(history: RevenueHistory, *, opening: Any, closing: Any) -> RecurringRevenue:  # noqa: ANN401 - any kind of date
    """Look at the two ends of a window: what accounts paid at its opening and at its closing.

    This is the view of annual reports: the accounts of a year ago, then and now.

    Leaves out: what happened in between. An account that left and came back is one that stayed
    (``back_between`` counts those), one that came and left again is not seen at all;
    :func:`revenue_movements` sees both.

    Args:
        history: revenue by account and period.
        opening: the day of the period to begin with.
        closing: the day of a later period to end with.

    Returns:
        A row for each account that has one at the opening or at the closing, with the
        segments of its row at the opening (at the closing, where it has none there). It says
        who had paid before the opening, so far as the history goes back.

    Raises:
        MetricInputError: if the history has no such period, or the closing is not after the opening.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.RevenueHistory(
        ...     account=["Acme", "Acme", "Beta", "Core"],
        ...     period=["2026-01-01", "2026-02-01", "2026-01-01", "2026-02-01"],
        ...     amount=[100, 120, 80, 50],
        ... )
        >>> revenue = abm.revenue_between(history, opening="2026-01-01", closing="2026-02-01")
        >>> revenue.account.to_list(), revenue.opening.tolist(), revenue.closing.tolist()
        (['Acme', 'Beta', 'Core'], [100.0, 80.0, 0.0], [120.0, 0.0, 50.0])

    References:
        ChartMogul help centre, "Net MRR churn rate"; annual reports (10-K) of subscription
        businesses, net retention: the recurring revenue now of the customers of twelve months ago.
    """
    periods = history.in_time_order
    first, last = _window(periods, opening, closing)
    row_of = np.full(periods.accounts, -1, dtype=np.int64)
    ends = {place: np.zeros(periods.accounts) for place in (first, last)}
    for place in (last, first):  # the opening last, for its row tells the segments
        part = periods.rows(place)
        row_of[periods.account[part]] = periods.row[part]
        ends[place][periods.account[part]] = periods.amount[part]
    before = np.zeros(periods.accounts, dtype=bool)
    stayed = (ends[first] > 0) & (ends[last] > 0)
    always = stayed.copy()
    for place in range(last):
        part = periods.rows(place)
        if place < first:
            before[periods.account[part][periods.amount[part] > 0]] = True
        if place > first:
            paid = np.zeros(periods.accounts, dtype=bool)
            paid[periods.account[part]] = periods.amount[part] > 0
            always &= paid
    kept = np.flatnonzero(row_of >= 0)
    rows = row_of[kept]
    return RecurringRevenue(
        account=history.account.where(rows),
        opening=ends[first][kept],
        closing=ends[last][kept],
        paid_before=before[kept],
        back_between=(stayed & ~always)[kept],
        segments={name: labels.where(rows) for name, labels in history.segments.items()},
        excluded=history.excluded,
    )


def revenue_movements(history: RevenueHistory, *, opening: Any, closing: Any) -> RevenueMovements:  # noqa: ANN401 - any kind of date
    """Follow accounts through a window, from each period to the next, and sum what moved.

    This is the view of monthly reports: every churn counts, also of accounts that come back.

    Leaves out: negative amounts, which count as 0; ``excluded`` counts their rows.

    Args:
        history: revenue by account and period.
        opening: the day of the period to begin with.
        closing: the day of a later period to end with.

    Returns:
        A row for each account that paid in the window, with the segments of its first row in it. New is who had
        never paid before, so far as the history goes back; reactivated who had.

    Raises:
        MetricInputError: if the history has no such period, or the closing is not after the opening.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.RevenueHistory(
        ...     account=["Acme", "Acme", "Beta", "Beta"],
        ...     period=["2026-01-01", "2026-03-01", "2026-02-01", "2026-03-01"],
        ...     amount=[100, 120, 80, 90],
        ... )
        >>> moved = abm.revenue_movements(history, opening="2026-01-01", closing="2026-03-01")
        >>> moved.churned.tolist(), moved.reactivated.tolist(), moved.expansion.tolist()
        ([100.0, 0.0], [120.0, 0.0], [0.0, 10.0])

    References:
        ChartMogul help centre, "MRR movements".
    """
    periods = history.in_time_order
    first, last = _window(periods, opening, closing)
    ever = np.zeros(periods.accounts, dtype=bool)
    row_of = np.full(periods.accounts, -1, dtype=np.int64)
    before = np.zeros(periods.accounts)
    lines = {name: np.zeros(periods.accounts) for name in LINES}
    for place, paid in itertools.islice(periods.walk(), last + 1):
        if place == first:
            lines["opening"] = paid
        if place > first:
            came, stayed, gained = before == 0, (before > 0) & (paid > 0), paid - before
            lines["new"] += np.where(came & ~ever, paid, 0.0)
            lines["reactivated"] += np.where(came & ever, paid, 0.0)
            lines["expansion"] += np.where(stayed, np.maximum(gained, 0.0), 0.0)
            lines["contraction"] += np.where(stayed, np.maximum(-gained, 0.0), 0.0)
            lines["churned"] += np.where(paid == 0, before, 0.0)
        if place >= first:
            part = periods.rows(place)
            unplaced = (row_of[periods.account[part]] < 0) & (periods.amount[part] > 0)
            row_of[periods.account[part][unplaced]] = periods.row[part][unplaced]
        ever |= paid > 0
        before = paid
    lines["closing"] = before
    kept = np.flatnonzero(row_of >= 0)
    rows = row_of[kept]
    floored = int((periods.amount[periods.rows(first).start : periods.rows(last).stop] < 0).sum())
    return RevenueMovements(
        account=history.account.where(rows),
        **{name: amounts[kept] for name, amounts in lines.items()},
        segments={name: labels.where(rows) for name, labels in history.segments.items()},
        excluded=add_up(history.excluded, {"a negative amount, which counts as 0": floored} if floored else {}),
    )


def _window(periods: RevenuePeriods, opening: Any, closing: Any) -> tuple[int, int]:  # noqa: ANN401 - any kind of date
    """Return the places of the two periods of a window, which must be there."""
    given = {"opening": _checks.as_date("opening", opening), "closing": _checks.as_date("closing", closing)}
    if given["closing"] <= given["opening"]:
        came = _checks.phrase(f"{given['closing']} with opening={given['opening']}")
        raise _checks.refuse("closing", "be after opening", came)
    for name, day in given.items():
        if day not in periods.days:
            known = f"{periods.days[0]} to {periods.days[-1]}" if len(periods.days) else "none"
            requirement = f"be the day of a period of the history ({known})"
            raise _checks.refuse(name, requirement, _checks.phrase(f"{day}, of which there are no rows"))
    first, last = (int(np.searchsorted(periods.days, day)) for day in given.values())
    return first, last
