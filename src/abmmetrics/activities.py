"""What the people of accounts did: the activities that the engagement and qualification families look at."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, columns
from abmmetrics._labels import Labels
from abmmetrics.columns import Amounts, Dates
from abmmetrics.tables import Table

__all__ = ["Activities"]

ByLabel = Mapping[Any, float]

# Thresholds compare whole millionths of a minute: their sums are exact in any order, so that 0.1 + 0.2 reaches 0.3.
_TICKS = 1_000_000
_MOST_TICKS = 2.0**62


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Activities(Table):
    """What people did that shows interest: one row for each page view, reply, download, webinar or meeting.

    Attributes:
        account: the account that the person belongs to.
        contact: who it was; missing where only the account is known, as of most visits to a web site.
        kind: what it was.
        at: when it was.
        minutes: how many minutes of attention it stands for, >= 0; missing where none are recorded.
        role: the part that the person plays in buying; missing where it is not known.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Activities(
        ...     account=["Acme", "Acme", "Beta"],
        ...     contact=["Ada", None, "Bo"],
        ...     kind=["webinar", "page view", "page view"],
        ...     at=["2026-03-02", "2026-03-09", "2026-03-09"],
        ...     minutes=[30, 1, 1],
        ... )
        Activities(3 rows, 2 accounts; contact, kind, at, minutes)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    contact: Labels | None = attrs.field(default=None, converter=columns.labels_or_none)
    kind: Labels = attrs.field(converter=columns.labels)
    at: Dates = attrs.field(converter=columns.moments)
    minutes: Amounts | None = attrs.field(default=None, converter=columns.amounts_or_nan)
    role: Labels | None = attrs.field(default=None, converter=columns.labels_or_none)

    def days(self) -> Dates:
        """Return the day of each activity."""
        days: Dates = self.at.astype("datetime64[D]")
        return days

    def of_kinds(
        self,
        name: str,
        figures: ByLabel,
        rows: NDArray[np.bool_],
        *,
        above_zero: bool = False,
    ) -> Amounts:
        """Return the figure of each activity's kind; NaN in rows that do not count.

        Args:
            name: what the caller calls the figures.
            figures: a number for each kind; more kinds than there are do no harm.
            rows: the activities that count, whose kinds must have one.
            above_zero: whether 0 is refused.

        Raises:
            MetricInputError: if a figure is no number >= 0, or a kind of the rows has none.
        """
        taken = {
            kind: _checks.in_interval(f"{name}[{kind!r}]", figure, 0, math.inf, low_open=above_zero)
            for kind, figure in figures.items()
        }
        for kind in _labels.occurring(self.kind.where(rows)):
            if kind not in taken:
                known = f"have a figure for every kind of the activities (it has {list(taken)[:20]})"
                raise _checks.refuse(name, known, _checks.phrase(f"none for {kind!r}"))
        by_code = [taken.get(kind, math.nan) for kind in _labels.as_python_list(self.kind.categories)]
        return np.where(rows, np.array([*by_code, math.nan])[self.kind.codes()], math.nan)

    def weighed(
        self, name: str, by_kind: ByLabel | None, role_multipliers: ByLabel | None, rows: NDArray[np.bool_]
    ) -> Amounts:
        """Return what each activity counts: its minutes, or its kind's figure, times its role's multiplier.

        Args:
            name: what the caller calls the figures by kind.
            by_kind: a figure for each kind; None for the minutes recorded.
            role_multipliers: a factor for some roles; the others, and activities without a role, count once.
            rows: the activities that count.

        Returns:
            Figures >= 0, NaN in rows that do not count or have none.

        Raises:
            MetricInputError: if a column is not there, a figure is no number >= 0, a kind has none, or a role is not
                known.
        """
        if by_kind is not None:
            figures = self.of_kinds(name, by_kind, rows)
        else:
            figures = np.where(rows, self.column("minutes"), math.nan)
        return figures if not role_multipliers else figures * self._multipliers(role_multipliers)

    def _multipliers(self, given: ByLabel) -> Amounts:
        roles: Any = self.column("role")
        known = _labels.occurring(roles)
        for role, factor in given.items():
            _checks.in_interval(f"role_multipliers[{role!r}]", factor, 0, math.inf, low_open=False)
            if known and role not in known:
                raise _checks.refuse("role_multipliers", f"name roles of the activities, {known[:20]}", role)
        by_code = [float(given.get(role, 1)) for role in _labels.as_python_list(roles.categories)]
        factors: Amounts = np.array([*by_code, 1.0])[roles.codes()]
        return factors

    @staticmethod
    def variant(told: str, by_kind: ByLabel | None, role_multipliers: ByLabel | None) -> str:
        """Say by what figures activities were weighed: results by others are not comparable."""
        kinds = f"; by kind {dict(by_kind)}" if by_kind is not None else ""
        roles = f"; by role {dict(role_multipliers)}" if role_multipliers else ""
        return f"variant: {told}{kinds}{roles}"

    def up_to(self, day: np.datetime64) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.bool_]]]:
        """Tell which activities are of a day or before it, and which are left out because they are not."""
        keep = self.days() <= day
        return keep, {"after as_of": ~keep}

    def silence(self, keep: NDArray[np.bool_]) -> list[str]:
        """Say why there is nothing to see where there is nothing."""
        if len(self) == 0:
            return ["there are no activities"]
        if not keep.any():
            return [f"every activity is after as_of; the first is of {self.days().min()}"]
        return []


def ticks(minutes: Amounts) -> NDArray[np.int64]:
    """Return minutes in whole millionths; none where they are NaN.

    Raises:
        MetricInputError: if there are more than can be summed.
    """
    known = np.where(np.isnan(minutes), 0.0, minutes) * _TICKS
    if not known.sum() < _MOST_TICKS:  # mutation: equivalent, nobody has exactly so many
        raise _checks.refuse("minutes", "add up to less than 4e12", _checks.phrase(f"{known.sum() / _TICKS:g}"))
    whole: NDArray[np.int64] = np.rint(known).astype(np.int64)
    return whole


def minutes_of(whole: NDArray[np.int64]) -> Amounts:
    """Return minutes of whole millionths."""
    return whole / _TICKS
