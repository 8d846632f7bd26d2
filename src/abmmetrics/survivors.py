"""Survivors: how many accounts under contract made how many renewals, which is all that a model of churn needs."""

import math
from collections.abc import Sequence
from typing import Any, Self, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _reading, columns
from abmmetrics._contractual import Cells
from abmmetrics._labels import Label, as_python_list
from abmmetrics.columns import Values
from abmmetrics.errors import MetricInputError

__all__ = ["Survivors", "count_survivors", "count_survivors_by"]

Counts: TypeAlias = NDArray[np.int64]

_MOST_RENEWALS = 100_000
# A block of so many rows stays in the processor's cache.
_BLOCK = 2**16


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Survivors:
    """Accounts under contract, counted by how long they stayed: enough for any fit, however many accounts there are.

    Counts of parts add up: ``january + february``. Accounts that came later were watched for less
    long; they are in the counts as alive after as many renewals as they had.

    Attributes:
        alive_at: the last renewal that the accounts of a row were seen to make; 0 for none.
        gone_at: the first renewal at which they were seen to be gone; 0 for accounts still alive.
        accounts: how many accounts.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Survivors.from_cohorts([1000, 869, 743], [500, 430])
        Survivors(1,500 accounts, 2 renewals; 327 lost)
    """

    alive_at: Counts = attrs.field(converter=columns.counts)
    gone_at: Counts = attrs.field(converter=columns.counts)
    accounts: Counts = attrs.field(converter=columns.counts)

    def __attrs_post_init__(self) -> None:
        """Check the counts, and add up rows that say the same."""
        given = {name: getattr(self, name) for name in ("alive_at", "gone_at", "accounts")}
        read = {name: _checks.as_counts(name, _reading.read_column(name, values)) for name, values in given.items()}
        _checks.same_length({name: len(values) for name, values in read.items()})
        alive, gone, accounts = (values.astype(np.int64) for values in read.values())
        wrong = np.flatnonzero((gone > 0) & (gone <= alive))
        if len(wrong):
            row = int(wrong[0])
            came = _checks.phrase(f"{gone[row]} with alive_at={alive[row]}")
            raise _checks.refuse("gone_at", "be 0 or above alive_at", came, row)
        keys, place = np.unique(np.stack([alive, gone]), axis=1, return_inverse=True)
        summed = np.zeros(keys.shape[1], dtype=np.int64)
        np.add.at(summed, place.ravel(), accounts)
        held = summed > 0
        for name, column in (("alive_at", keys[0, held]), ("gone_at", keys[1, held]), ("accounts", summed[held])):
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    @classmethod
    def from_cohorts(cls, *cohorts: Values) -> Self:
        """Read how many of each cohort were alive at period 0, 1, 2, ...

        Args:
            cohorts: whole numbers that never rise, the size of the cohort first; missing where nobody counted.

        Raises:
            MetricInputError: if a cohort rises, has no size, or holds anything but whole numbers.
        """
        if not cohorts:
            raise _checks.refuse("survivors", "hold a cohort", _checks.phrase("none"))
        named = len(cohorts) > 1
        parts = [_cohort(f"survivors[{place}]" if named else "survivors", one) for place, one in enumerate(cohorts)]
        alive, gone, accounts = np.concatenate(parts, axis=1)
        return cls(alive_at=alive, gone_at=gone, accounts=accounts)

    def __add__(self, other: "Survivors") -> "Survivors":
        """Count two sets of accounts together."""
        alive, gone, accounts = np.concatenate([self._cells(), other._cells()], axis=1)
        return Survivors(alive_at=alive, gone_at=gone, accounts=accounts)

    def _cells(self) -> Counts:
        return np.stack([self.alive_at, self.gone_at, self.accounts])

    def __eq__(self, other: object) -> bool:
        """Compare the counts."""
        return isinstance(other, Survivors) and np.array_equal(self._cells(), other._cells())

    def __hash__(self) -> int:
        """Refuse: counts are arrays, hence they cannot be a key."""
        raise TypeError("unhashable type: 'Survivors'")

    def __repr__(self) -> str:
        """Say how many accounts there are."""
        lost = int(self.accounts[self.gone_at > 0].sum())
        count = _checks.how_many(int(self.accounts.sum()), "accounts")
        return f"Survivors({count}, {_checks.how_many(self.renewals, 'renewals')}; {lost:,} lost)"

    @property
    def renewals(self) -> int:
        """The last renewal that anything is known of."""
        return int(max(self.alive_at.max(initial=0), self.gone_at.max(initial=0)))

    @property
    def active(self) -> Counts:
        """Accounts still alive, by the number of renewals they made: 0, 1, 2, ..."""
        alive = self.gone_at == 0
        found = np.zeros(self.renewals + 1, dtype=np.int64)
        found[self.alive_at[alive]] = self.accounts[alive]
        return found


def _cohort(name: str, cohort: Values) -> Counts:
    """Return a cohort as columns of (alive at, gone at, accounts), gaps left out."""
    counted = _checks.as_optional_amounts(name, _reading.read_column(name, cohort))
    fraction = np.flatnonzero(np.isfinite(counted) & (counted != np.floor(counted)))
    if len(fraction):
        raise _checks.refuse(name, "be whole numbers of accounts", counted[fraction[0]], int(fraction[0]))
    if not len(counted) or math.isnan(counted[0]):
        came = _checks.phrase("a missing value" if len(counted) else "no counts")
        raise _checks.refuse(name, "begin with the number of accounts at period 0", came)
    periods = np.flatnonzero(~np.isnan(counted))
    alive = counted[periods].astype(np.int64)
    rises = np.flatnonzero(np.diff(alive) > 0)
    if len(rises):
        row = int(rises[0])
        came = _checks.phrase(f"{alive[row + 1]} after {alive[row]}")
        raise _checks.refuse(name, "never rise (who comes back is another account)", came, int(periods[row + 1]))
    lost = np.stack([periods[:-1], periods[1:], -np.diff(alive)])
    return np.column_stack([lost, [periods[-1], 0, alive[-1]]]).astype(np.int64)


def count_survivors(renewals: Values, churned: Values) -> Survivors:
    """Count accounts by the renewals they made and whether they then left.

    Leaves out: when an account came; contracts of all beginnings are counted together, as if they behaved alike.

    Args:
        renewals: for each account the renewals it made, whole numbers >= 0.
        churned: for each account whether it let the next renewal pass; False while it is under contract.

    Returns:
        The counts, a few numbers for any number of accounts.

    Raises:
        MetricInputError: if the lengths differ or a column holds anything else.

    Example:
        >>> import abmmetrics as abm
        >>> counted = abm.count_survivors(renewals=[0, 0, 1, 2, 2], churned=[True, False, True, False, False])
        >>> counted, counted.active.tolist()
        (Survivors(5 accounts, 2 renewals; 2 lost), [1, 0, 2])

    References:
        Fader & Hardie (2007), Journal of Interactive Marketing 21, appendix: the counts that the likelihood needs.
    """
    made, left = _tenures(renewals, churned)
    return _counted(made, left, int(made.max(initial=0)))


def count_survivors_by(labels: Values, renewals: Values, churned: Values) -> dict[Label, Survivors]:
    """Count accounts as `count_survivors` does, for each segment: one fit for each follows.

    Leaves out: when an account came, as `count_survivors` does. An account without a label is refused.

    Args:
        labels: for each account the segment it belongs to.
        renewals: for each account the renewals it made.
        churned: for each account whether it let the next renewal pass.

    Returns:
        The counts of each segment that has accounts.

    Raises:
        MetricInputError: if the lengths differ or a column holds anything else.

    Example:
        >>> import abmmetrics as abm
        >>> abm.count_survivors_by(["x", "y", "x"], renewals=[0, 3, 2], churned=[True, False, True])
        {'x': Survivors(2 accounts, 3 renewals; 2 lost), 'y': Survivors(1 account, 3 renewals; 0 lost)}

    References:
        Fader & Hardie (2007), Journal of Interactive Marketing 21: regular and high-end customers are fitted apart.
    """
    made, left = _tenures(renewals, churned)
    found = _checks.as_labels("labels", _reading.read_column("labels", labels))
    _checks.same_length({"labels": len(found), "renewals": len(made)})
    codes = found.codes()
    most = int(made.max(initial=0))
    wide = 2 * (most + 1)
    cells = np.bincount((codes * wide + 2 * made) + left, minlength=wide * len(found.categories)).reshape(-1, wide)
    names = as_python_list(found.categories)
    return {name: _from_counts(counts) for name, counts in zip(names, cells, strict=True) if counts.any()}


def _tenures(renewals: Values, churned: Values) -> tuple[Counts, NDArray[np.bool_]]:
    made = _checks.as_counts("renewals", _reading.read_column("renewals", renewals))
    left = _checks.as_counts("churned", _reading.read_column("churned", churned))
    _checks.same_length({"renewals": len(made), "churned": len(left)})
    if len(left) and left.dtype.kind != "b":
        if left.max() > 1:
            row = int(left.argmax())
            raise _checks.refuse("churned", "be True or False", left[row], row)
        left = left.astype(np.bool_)
    if len(made) and made.max() > _MOST_RENEWALS:
        row = int(made.argmax())
        raise _checks.refuse("renewals", f"be at most {_MOST_RENEWALS:,}: periods, not days", made[row], row)
    return made, left


def _counted(made: Counts, left: NDArray[np.bool_], most: int) -> Survivors:
    counts = np.zeros(2 * (most + 1), dtype=np.int64)
    for start in range(0, len(made), _BLOCK):
        block = slice(start, start + _BLOCK)
        counts += np.bincount((made[block].astype(np.int64) << 1) | left[block], minlength=len(counts))
    return _from_counts(counts)


def _from_counts(counts: Counts) -> Survivors:
    """Read counts by twice the renewals, one more where the account left."""
    codes = np.flatnonzero(counts)
    made, left = codes >> 1, codes & 1
    return Survivors(alive_at=made, gone_at=(made + 1) * left, accounts=counts[codes])


def cells_of(survivors: Values) -> Cells:
    """Read what a fit takes: counts, one cohort, or several.

    Raises:
        MetricInputError: if there is nothing to fit.
    """
    counted = survivors if isinstance(survivors, Survivors) else Survivors.from_cohorts(*_cohorts(survivors))
    if not counted.accounts.any():
        raise MetricInputError("survivors must hold accounts; got none")
    if counted.renewals == 0:
        raise MetricInputError("survivors must reach at least one renewal; got accounts that none was due for")
    return Cells(counted.alive_at, counted.gone_at, counted.accounts.astype(np.float64)[None, :])


def _cohorts(survivors: Values) -> Sequence[Any]:
    """Tell several cohorts from one, whose numbers come one by one."""
    if isinstance(survivors, np.ndarray) and survivors.ndim > 1:
        return list(cast("NDArray[Any]", survivors))
    if _reading.is_listed(survivors) and any(
        _reading.is_listed(one) or isinstance(one, np.ndarray) for one in survivors
    ):
        return survivors
    return [survivors]
