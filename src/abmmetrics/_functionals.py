"""Estimates of figures that are no formula of sums, from what each account adds to them.

A share within a horizon and a median of durations come with the influence of every row: how the figure would change
with the row's weight. Summed by account, influences are the account jackknife to first order, without computing the
figure as many times as there are accounts.
"""

import math
from collections.abc import Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _sums, estimation
from abmmetrics._labels import Labels
from abmmetrics._spread import QuantileSpread, ShareSpread
from abmmetrics._sums import AccountSums
from abmmetrics.results import Estimate, Unit

Floats = NDArray[np.float64]


def group_rows(length: int, groups: Mapping[str, Labels]) -> tuple[NDArray[np.int64], int]:
    """Number the group of each row as sums by account do; -1 for a row without a label."""
    cells = _sums.sum_accounts(length, None, groups, {})
    group = np.full(length, -1, dtype=np.int64)
    group[cells.account] = cells.group
    return group, cells.size


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Dispersion:
    """How far a figure scatters from account to account.

    Attributes:
        accounts: number of accounts of each group that count.
        change: the signed influence of each cell, whose squares add up to the variance.
        variance: of each group.
        freedom: degrees of freedom of that, at least 1.
    """

    accounts: Floats
    change: Floats
    variance: Floats
    freedom: Floats


def disperse(sums: AccountSums, influence: Floats, counts: NDArray[np.bool_]) -> Dispersion:
    """Return the dispersion that follows from the influences of cells.

    Args:
        sums: which cell belongs to which group.
        influence: of each cell; those of a group add up to 0.
        counts: which cells count, whatever their influence.
    """
    accounts = sums.total(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Leaving an account out moves the figure the other way.
        change = -influence * np.sqrt(accounts / (accounts - 1))[sums.group]
        squared = change * change
        variance = np.where(accounts > 1, sums.total(squared), math.nan)
        excess = sums.total(squared * squared) - variance**2 / accounts
        differ = excess > 1e-12 * variance**2  # mutation: equivalent, as in estimation
        freedom = np.fmin(accounts - 1, np.where(differ, variance**2 / excess, math.inf))
    return Dispersion(accounts, change, variance, np.fmax(freedom, 1.0))


def share_spread(sums: AccountSums, found: Dispersion, value: Floats, trials: Floats, successes: Floats) -> ShareSpread:
    """Return Wilson's interval on the trials that the accounts' differences and what is still open leave.

    Args:
        sums: which cell belongs to which group.
        found: the dispersion of the share.
        value: the share of each group.
        trials: the trials of each cell.
        successes: the successes of each cell.
    """
    inside = (value > 0) & (value < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(inside, value * (1 - value) / found.variance, found.accounts)
    # As in estimation.share: only accounts with successes tell how these cluster, and likewise with failures.
    low, high = (
        np.where(inside, np.fmin(found.freedom, np.fmax(sums.total(telling) - 1, 1.0)), found.freedom)
        for telling in (successes < trials, successes > 0)
    )
    return ShareSpread(value, sums.total(trials), effective, low, high)


def share(
    kpi: str,
    sums: AccountSums,
    value: Floats,
    *,
    confidence: float,
    undefined: str,
    remarks: Sequence[str],
) -> Estimate:
    """Estimate a share from sums of ``influence``, ``trials`` and ``successes``."""
    found = disperse(sums, sums["influence"], sums["trials"] > 0)
    return estimation.build(
        kpi,
        "share",
        sums,
        value,
        found.accounts,
        share_spread(sums, found, value, sums["trials"], sums["successes"]),
        found.change,
        confidence=confidence,
        method="influences of accounts, Wilson score",
        undefined=undefined,
        remarks=remarks,
    )


def quantile(  # noqa: PLR0917 - what the figure is made of
    kpi: str,
    sums: AccountSums,
    value: Floats,
    level: float,
    reached: Floats,
    curves: NDArray[np.object_],
    *,
    unit: Unit,
    confidence: float,
    undefined: str,
    remarks: Sequence[str],
) -> Estimate:
    """Estimate a quantile: the limits are where the curve of shares crosses the limits of its level.

    Args:
        kpi: name of the KPI.
        sums: sums of ``influence`` (on the share at the value), ``trials`` and ``successes``.
        value: the quantile of each group.
        level: which share the quantile is of.
        reached: the share at the value, at least the level.
        curves: for each group the times and the shares reached at them, both rising.
        unit: what the value is measured in.
        confidence: confidence level.
        undefined: why a value is NaN.
        remarks: notes on the whole result.
    """
    found = disperse(sums, sums["influence"], sums["trials"] > 0)
    at_value = share_spread(sums, found, reached, sums["trials"], sums["successes"])
    spread = QuantileSpread(
        share=np.full(len(value), level),
        trials=at_value.trials,
        effective=at_value.effective,
        freedom_low=at_value.freedom_low,
        freedom_high=at_value.freedom_high,
        curve=curves,
    )
    # A change needs influences in the value's unit: a standard error of the share is half the interval's width.
    low, high = spread.limits(math.erf(math.sqrt(0.5)))
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (high - low) / 2 / np.sqrt(found.variance)
    slope = np.where(np.isfinite(slope), slope, 1.0)
    return estimation.build(
        kpi,
        unit,
        sums,
        value,
        found.accounts,
        spread,
        -found.change * slope[sums.group],
        confidence=confidence,
        method="influences of accounts, Wilson score on the share that the quantile is of",
        undefined=undefined,
        remarks=remarks,
    )
