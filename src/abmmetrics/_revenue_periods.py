"""Revenue period by period: what every view of a revenue history walks through, in the order of time."""

import functools
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels
from abmmetrics._labels import Labels
from abmmetrics.columns import Amounts, Dates

PeriodUnit: TypeAlias = Literal["month", "quarter", "year"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# Up to here periods are numbered by 16 bits, which numpy sorts by their digits, in one pass over the rows.
_FEW_PERIODS = 2**16
# A bit for each account and period costs less than sorting the rows does, unless most of them would be empty.
_CELLS_PER_ROW = 16
_CELLS_ALWAYS = 2**20


@attrs.frozen(eq=False)
class RevenuePeriods:
    """Rows of revenue by period.

    Attributes:
        days: the day of each period, in order.
        period: for each row the place of its period.
        account: for each row the code of its account; a row without an account has one of its own.
        accounts: number of account codes.
        amount: what each row says, 0 where it is negative.
    """

    days: Dates
    period: NDArray[Any]
    account: NDArray[np.int64]
    accounts: int
    amount: Amounts

    @functools.cached_property
    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        ends = np.cumsum(np.bincount(self.period, minlength=len(self.days)))
        return np.argsort(self.period, kind="stable"), ends

    def rows(self, period: int) -> NDArray[np.int64]:
        """Return the rows of a period, by its place."""
        order, ends = self._order
        return order[0 if period == 0 else ends[period - 1] : ends[period]]

    def walk(self) -> Iterator[tuple[int, Amounts]]:
        """Give for each period in order its place and what every account paid in it; the accounts' array is new."""
        for place in range(len(self.days)):
            rows = self.rows(place)
            paid = np.zeros(self.accounts)
            paid[self.account[rows]] = self.amount[rows]
            yield place, paid


def account_codes(account: Labels) -> tuple[NDArray[np.int64], int]:
    """Return the code of each row's account, and how many codes there are; a row without one has one of its own."""
    known = _labels.each_its_own(account, len(account))[0] if account.has_missing else account
    return known.codes(), len(known.categories)


def by_period(account: Labels, period: Dates, amount: Amounts) -> RevenuePeriods:
    """Number the periods of rows in order."""
    days, places = numbered(period)
    codes, accounts = account_codes(account)
    return RevenuePeriods(days, places, codes, accounts, np.maximum(amount, 0.0))


def by_unit(
    account: Labels, period: Dates, amount: Amounts, unit: PeriodUnit
) -> tuple[RevenuePeriods, NDArray[np.int64]]:
    """Return the revenue by period and the number of each period's month, quarter or year."""
    _checks.as_option("unit", unit, tuple(_MONTHS))
    periods = by_period(account, period, amount)
    number = periods.days.astype("datetime64[M]").astype(np.int64) // _MONTHS[unit]
    twice = np.flatnonzero(np.diff(number) == 0)
    if len(twice):
        first, second = periods.days[twice[0]], periods.days[twice[0] + 1]
        raise _checks.refuse("period", f"come once in each {unit}", _checks.phrase(f"{first} and {second}"))
    return periods, number


def numbered(period: Dates) -> tuple[Dates, NDArray[Any]]:
    """Return the distinct days in order, and for each row the place of its day among them."""
    encoded = _labels.encode(period.view(np.int64))
    codes = encoded.codes()
    found = np.flatnonzero(np.bincount(codes, minlength=len(encoded.categories)))
    # Labels of a wide span are numbered as they come, so their order is not that of time.
    found = found[np.argsort(encoded.categories[found], kind="stable")]
    place = np.zeros(len(encoded.categories), dtype=np.uint16 if len(found) <= _FEW_PERIODS else np.int64)
    place[found] = np.arange(len(found))
    return encoded.categories[found].astype("datetime64[D]"), place[codes]


def once_a_period(account: Labels, period: Dates) -> None:
    """Refuse an account that has two rows in one period."""
    days, places = numbered(period)
    codes, accounts = account_codes(account)
    cells = codes * len(days) + places
    if accounts * len(days) <= max(_CELLS_ALWAYS, _CELLS_PER_ROW * len(cells)):
        taken = np.zeros(accounts * len(days), dtype=bool)
        taken[cells] = True
        if np.count_nonzero(taken) == len(cells):
            return
    _, firsts = np.unique(cells, return_index=True)
    if len(firsts) < len(cells):
        row = int(np.setdiff1d(np.arange(len(cells)), firsts)[0])
        raise _checks.refuse(
            "period",
            "come once for each account (add up an account's products first)",
            _checks.phrase(f"{period[row]} for {account[row]!r} again"),
            row,
        )
