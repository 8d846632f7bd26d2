"""Revenue in the order of time: what every view of a revenue history walks through."""

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
_FEW_PERIODS = 2**16  # mutation: equivalent, the other width sorts to the same order
# A byte for each account and period costs less than sorting the rows does, unless most of them would be empty.
_CELLS_PER_ROW = 16  # mutation: equivalent, both ways find the same
_CELLS_ALWAYS = 2**20  # mutation: equivalent, both ways find the same


@attrs.frozen(eq=False)
class RevenuePeriods:
    """Rows of revenue put in the order of their periods.

    Attributes:
        days: the day of each period, in order.
        ends: for each period where its rows end.
        row: for each place which row of the table is there.
        account: the code of the row's account; a row without an account has one of its own.
        amount: what the row says.
        accounts: number of account codes.
    """

    days: Dates
    ends: NDArray[np.int64]
    row: NDArray[np.int64]
    account: NDArray[np.int64]
    amount: Amounts
    accounts: int

    def rows(self, place: int) -> slice:
        """Return where the rows of a period lie."""
        return slice(int(self.ends[place - 1]) if place else 0, int(self.ends[place]))

    def walk(self) -> Iterator[tuple[int, Amounts]]:
        """Give for each period its place and what every account paid in it, 0 for a credit; the array is new."""
        for place in range(len(self.days)):
            rows = self.rows(place)
            paid = np.zeros(self.accounts)
            paid[self.account[rows]] = np.maximum(self.amount[rows], 0.0)
            yield place, paid

    def numbers(self, unit: PeriodUnit) -> NDArray[np.int64]:
        """Return the number of each period's month, quarter or year; two periods in one are refused."""
        _checks.as_option("unit", unit, tuple(_MONTHS))
        number = self.days.astype("datetime64[M]").astype(np.int64) // _MONTHS[unit]
        twice = np.flatnonzero(np.diff(number) == 0)
        if len(twice):
            first, second = self.days[twice[0]], self.days[twice[0] + 1]
            raise _checks.refuse("period", f"come once in each {unit}", _checks.phrase(f"{first} and {second}"))
        return number


def in_time_order(account: Labels, period: Dates, amount: Amounts) -> RevenuePeriods:
    """Put rows in the order of their periods; an account that has two rows in one period is refused."""
    days, places = _numbered(period)
    codes, accounts = account_codes(account)
    _refuse_twice(account, period, codes * len(days) + places, accounts * len(days))
    order = np.argsort(places, kind="stable")
    return RevenuePeriods(
        days=days,
        ends=np.cumsum(np.bincount(places, minlength=len(days))),
        row=order,
        account=codes[order],
        amount=amount[order],
        accounts=accounts,
    )


def account_codes(account: Labels) -> tuple[NDArray[np.int64], int]:
    """Return the code of each row's account, and how many codes there are; a row without one has one of its own."""
    known = _labels.each_its_own(account, len(account))[0] if account.has_missing else account
    return known.codes(), len(known.categories)


def _numbered(period: Dates) -> tuple[Dates, NDArray[Any]]:
    """Return the distinct days in order, and for each row the place of its day among them."""
    encoded = _labels.encode(period.view(np.int64))
    codes = encoded.codes()
    found = np.flatnonzero(np.bincount(codes, minlength=len(encoded.categories)))
    # Labels of a wide span are numbered as they come, so their order is not that of time.
    found = found[np.argsort(encoded.categories[found], kind="stable")]
    place = np.zeros(
        len(encoded.categories), dtype=np.uint16 if len(found) <= _FEW_PERIODS else np.int64
    )  # mutation: equivalent, as above
    place[found] = np.arange(len(found))
    return encoded.categories[found].view("datetime64[D]"), place[codes]


def _refuse_twice(account: Labels, period: Dates, cells: NDArray[np.int64], count: int) -> None:
    """Refuse an account that has two rows in one period: two rows of one cell."""
    if count <= max(_CELLS_ALWAYS, _CELLS_PER_ROW * len(cells)):
        taken = np.zeros(count, dtype=bool)
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
