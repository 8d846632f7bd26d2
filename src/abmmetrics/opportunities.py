"""The deals that the pipeline and win-rate families look at."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, columns, tables
from abmmetrics._labels import Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics._sums import AccountSums
from abmmetrics.columns import Amounts, Dates
from abmmetrics.tables import By, Table

__all__ = ["Opportunities"]

_OUTCOMES = ("won", "lost", "open")
_CURRENCY = re.compile("[A-Z]{3}")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Opportunities(Table):
    """Deals with accounts: one row for each.

    Attributes:
        account: the account that the deal is with.
        opportunity: the deal's identifier, different in every row.
        created: the day the deal was created; NaT where it is not known.
        closed: the day it was won or lost; NaT exactly where it is open (an expected close is not a close).
        outcome: ``"won"``, ``"lost"`` or ``"open"``.
        amount: what the deal is worth, >= 0, in one currency; NaN where none is recorded.
        kind: new business, renewal or whatever else one calls it.
        currency: three-letter code of the amounts, or a column that repeats it; None where nobody said.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Opportunities(
        ...     account=["Acme", "Acme", "Beta"],
        ...     created=["2026-01-05", "2026-02-02", "2026-02-16"],
        ...     closed=["2026-03-20", "2026-03-02", None],
        ...     outcome=["won", "lost", "open"],
        ...     amount=[12_000, 8_000, 20_000],
        ...     currency="EUR",
        ... )
        Opportunities(3 rows, 2 accounts; created, closed, outcome, amount)
    """

    additive: ClassVar[bool] = False
    constants: ClassVar[tuple[str, ...]] = ("currency",)

    account: Labels = attrs.field(converter=columns.labels)
    opportunity: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    created: Dates | None = attrs.field(default=None, converter=columns.dates_or_nat)
    closed: Dates | None = attrs.field(default=None, converter=columns.dates_or_nat)
    outcome: Labels = attrs.field(converter=columns.labels)
    amount: Amounts | None = attrs.field(default=None, converter=columns.amounts_or_nan)
    kind: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    currency: str | None = attrs.field(default=None, converter=tables.constant)

    def check_rows(self) -> None:
        """Refuse deals that cannot be: an outcome without its date, a close before the creation, one deal twice."""
        if self.currency is not None and not _CURRENCY.fullmatch(str(self.currency)):
            raise _checks.refuse("currency", "be a three-letter code such as 'EUR'", self.currency)
        _checks.as_choice("outcome", self.outcome, _OUTCOMES)
        if self.opportunity is not None:
            _, firsts = np.unique(self.opportunity.codes(), return_index=True)
            repeats = np.setdiff1d(np.arange(len(self)), firsts)
            if len(repeats):
                row = int(repeats[0])
                again = _checks.phrase(f"{self.opportunity[row]!r} again")
                raise _checks.refuse("opportunity", "be different in every row", again, row)
        self._check_dates()

    def _check_dates(self) -> None:
        if self.closed is None:
            return
        undated = np.isnat(self.closed)
        is_open = self.outcome == "open"
        ended = np.flatnonzero(undated & ~is_open)
        if len(ended):
            row = int(ended[0])
            came = _checks.phrase(f"a missing value with outcome={self.outcome[row]!r}")
            raise _checks.refuse("closed", "be a date where the outcome is 'won' or 'lost'", came, row)
        dated = np.flatnonzero(~undated & is_open)
        if len(dated):
            row = int(dated[0])
            came = _checks.phrase(f"{self.closed[row]} with outcome='open'")
            raise _checks.refuse(
                "closed", "be missing where the outcome is 'open' (an expected close is not a close)", came, row
            )
        if self.created is None:
            return
        backwards = np.flatnonzero(self.closed < self.created)
        if len(backwards):
            row = int(backwards[0])
            came = _checks.phrase(f"{self.closed[row]} with created={self.created[row]}")
            look = f"to look at all {len(backwards)} such rows, select those of your data where closed < created"
            raise _checks.refuse("closed", f"be on or after created ({look})", came, row)

    def deal_sums(
        self,
        counts: NDArray[np.bool_],
        by: By = None,
        figures: Mapping[str, NDArray[Any]] | None = None,
        *,
        excluded: Mapping[str, NDArray[np.bool_]] | None = None,
    ) -> AccountSums:
        """Sum figures of the deals that count to one for each account in each group.

        A group in which no deal counts stays, without accounts. Deals that do not count are
        no loss where they have no label (an open deal has no month of closing).

        Args:
            counts: True for the deals that count.
            by: how to group, see :meth:`grouping`.
            figures: what to sum, by name; their number is always there as ``"deals"``.
            excluded: reason to the deals that would count but lack something.

        Returns:
            The sums, with the table's own exclusions.
        """
        groups = self.grouping(by)
        labelled = np.ones(len(self), dtype=bool)
        for labels in groups.values():
            labelled &= ~labels.missing()
        summed = {name: np.where(counts, values, 0) for name, values in (figures or {}).items()}
        sums = self.account_sums({**summed, "deals": counts}, groups, keep=counts | labelled)
        held = sums["deals"] > 0
        return attrs.evolve(
            sums,
            group=sums.group[held],
            account=sums.account[held],
            rows=sums["deals"][held].astype(np.int64),
            sums={name: values[held] for name, values in sums.sums.items()},
            excluded=add_up(sums.excluded, count_rows(excluded or {})),
        )

    def closing_days(self) -> Dates:
        """Return the closing days; a table of open deals needs no column of them."""
        if self.closed is None and not (self.outcome != "open").any():
            return np.full(len(self), np.datetime64("NaT", "D"))
        return self.column("closed")

    def money_remarks(self) -> tuple[str, ...]:
        """Say what amounts are in, where that is known; results on different scales are not compared."""
        return () if self.currency is None else (f"scale of amounts: {self.currency}",)
