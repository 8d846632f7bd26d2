"""Maximum likelihood for contracts: which curve a sample supports, and what it cannot tell.

The sample is a handful of counts (`Cells`). A family is fitted by Newton's method; then the fit is held against the
simpler curves inside its family. Where the sample does not tell them apart, the simpler one is the answer, with the
reason by name: the fuller one would be a point on a flat ridge.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _newton
from abmmetrics._survival_curves import Curve, Derivatives, Family, beta_geometric, beta_weibull, weibull

Array: TypeAlias = NDArray[np.float64]
Reason: TypeAlias = Literal[
    "no_churn",
    "all_left_at_once",
    "one_renewal",
    "two_renewals",
    "no_later_churn",
    "rising_churn",
    "constant_churn",
    "same_churn",
    "ridge",
]

TEXTS: Mapping[Reason, str] = {
    "no_churn": "No account left: the churn rate is 0, how far above 0 it may be these data do not tell.",
    "all_left_at_once": "All accounts left at one and the same renewal: how accounts differ cannot be seen.",
    "one_renewal": "Only one renewal was observed: it gives one churn rate, and not how accounts differ.",
    "two_renewals": "Only two renewals were observed: three parameters need three, so all accounts have one churn rate.",
    "no_later_churn": "Accounts left at the first renewal and none later: those who renewed once are taken to stay.",
    "rising_churn": (
        "Churn rises with tenure, which accounts that differ cannot explain: all have one churn rate here. "
        "A beta-discrete-Weibull can follow it."
    ),
    "constant_churn": (
        "Churn does not fall with tenure by more than chance: all accounts have one churn rate here. "
        "If they do differ, those who stayed are undervalued."
    ),
    "same_churn": "Accounts do not differ by more than chance: all have one churn rate, which changes with tenure.",
    "ridge": "Differences between accounts and changes with tenure offset each other: a simpler curve stands in.",
}

# A spread of churn rates cannot be negative: a likelihood ratio above this has a chance of 5 % where there is none.
_ONE_SIDED = 2.705543454095404
# The same for a shape that may be above or below 1.
_TWO_SIDED = 3.841458820694124
# Where accounts of one cell are sure to be in it, the limit's likelihood is above all others by no more than this.
_REACHED = 1e-3
# Working parameters to climb from beside the shifted beta-geometric's.
_STARTS = ((0.0, 1.0, 0.3), (-1.0, 0.5, 0.3))
_FARTHEST_START = 3.0


@attrs.frozen(eq=False)
class Cells:
    """Accounts by what is known of them: the last renewal they were seen to make, the first they were seen to miss.

    Attributes:
        alive_at: renewals made, for certain.
        gone_at: the first renewal at which they were seen to be gone; 0 for those still alive.
        accounts: how many; one row for each sample.
    """

    alive_at: NDArray[np.int64]
    gone_at: NDArray[np.int64]
    accounts: Array

    @property
    def last(self) -> int:
        """The last renewal that anything is known of."""
        return int(max(self.alive_at.max(), self.gone_at.max()))

    def of(self, chosen: NDArray[np.bool_]) -> Array:
        """Count the accounts of some cells in each sample."""
        return np.asarray(self.accounts[:, chosen].sum(axis=1))


@attrs.frozen(eq=False)
class Fit:
    """A curve that a sample supports.

    Attributes:
        curve: the curve.
        log_likelihood: its log-likelihood.
        reason: why it is simpler than the family asked for; None where it is not.
    """

    curve: Curve
    log_likelihood: float
    reason: Reason | None = None


def objective(cells: Cells, derivatives: Callable[[Array, int], Derivatives]) -> _newton.Objective:
    """Return the log-likelihood: log S(i) for those alive after i renewals, log (S(i) - S(j)) for those then lost."""
    lost = cells.gone_at > 0
    since, until = cells.alive_at[lost], cells.gone_at[lost]
    last = cells.last

    def evaluate(working: Array, rows: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        counts = cells.accounts[rows]
        with np.errstate(all="ignore"):  # a step too far has no likelihood, and is not taken
            logs, slopes, bends = derivatives(working, last)
            value = (counts * logs[:, cells.alive_at]).sum(axis=1)
            gradient = np.einsum("bk,bkp->bp", counts, slopes[:, cells.alive_at])
            hessian = np.einsum("bk,bkpq->bpq", counts, bends[:, cells.alive_at])
            fall = logs[:, until] - logs[:, since]
            gone = -np.expm1(fall)
            odds = np.exp(fall) / gone
            fallen = counts[:, lost]
            change = slopes[:, until] - slopes[:, since]
            bend = bends[:, until] - bends[:, since]
            value += np.where(fallen > 0, fallen * np.log(gone), 0.0).sum(axis=1)
            gradient -= np.einsum("bk,bkp->bp", fallen * odds, change)
            hessian -= np.einsum("bk,bkpq->bpq", fallen * odds, bend)
            hessian -= np.einsum("bk,bkp,bkq->bpq", fallen * odds / gone, change, change)
        return value, gradient, hessian

    return evaluate


def _geometric(cells: Cells) -> _newton.Top:
    """Fit one churn rate to each sample: lost for each renewal that was due."""
    lost = cells.gone_at > 0
    due = np.where(lost, cells.gone_at, cells.alive_at)
    rate = cells.of(lost) / np.maximum((cells.accounts * due).sum(axis=1), 1)
    start = np.log(-np.log1p(-np.clip(rate, 1e-12, 1 - 1e-12)))
    return _newton.maximise(objective(cells, weibull), start[:, None])


def _weibull(cells: Cells, geometric: _newton.Top) -> _newton.Top:
    start = np.column_stack([geometric.at[:, 0], np.zeros(len(geometric.at))])
    return _newton.maximise(objective(cells, weibull), start)


def _beta_geometric(cells: Cells, geometric: _newton.Top) -> _newton.Top:
    """Start from the one churn rate, with churn rates spread widely around it."""
    rate = -np.expm1(-np.exp(geometric.at[:, 0]))
    start = np.log(np.column_stack([rate, 1 - rate]) * 2 + 1e-6)
    return _newton.maximise(objective(cells, beta_geometric), start)


def _beta_weibull(cells: Cells, spread: _newton.Top) -> _newton.Top:
    """The highest of several climbs."""
    near = spread.at[0].clip(-_FARTHEST_START, _FARTHEST_START).tolist()
    climb = objective(cells, beta_weibull)
    tops = [_newton.maximise(climb, np.array([start])) for start in [(*near, 0.0), *_STARTS]]
    return max(tops, key=lambda top: float(top.value[0]))


def fit_beta_geometric(cells: Cells) -> Fit:
    """Fit the shifted beta-geometric, or the limit of it that the sample is at."""
    sure = _limit(cells)
    if sure is not None:
        return sure
    geometric = _geometric(cells)
    spread = _beta_geometric(cells, geometric)
    polarised = _polarised(cells, spread)
    if polarised is not None:
        return polarised
    if _apart(spread, geometric):
        return _fit("beta_geometric", spread)
    aging = _weibull(cells, geometric)
    rising = aging.at[0, 1] > 0 and _gain(aging, geometric) > _ONE_SIDED
    return _fit("geometric", geometric, "rising_churn" if rising else "constant_churn")


def fit_beta_weibull(cells: Cells) -> Fit:
    """Fit the beta-discrete-Weibull, or the simpler curve inside it that the sample does not tell from it."""
    sure = _limit(cells)
    if sure is not None:
        return sure
    geometric = _geometric(cells)
    spread = _beta_geometric(cells, geometric)
    return _polarised(cells, spread) or _with_aging(cells, geometric, spread)


def _with_aging(cells: Cells, geometric: _newton.Top, spread: _newton.Top) -> Fit:
    aging = _weibull(cells, geometric)
    ages = _gain(aging, geometric) > _TWO_SIDED
    homogeneous = _fit("weibull", aging) if ages else _fit("geometric", geometric)
    if len(_times(cells)) <= 2:  # noqa: PLR2004 - three parameters need three renewals
        return attrs.evolve(homogeneous, reason="two_renewals")
    full = _beta_weibull(cells, spread)
    if _gain(full, aging) <= _ONE_SIDED:
        return attrs.evolve(homogeneous, reason="same_churn" if ages else "constant_churn")
    if not np.isnan(full.covariance).any():
        return _fit("beta_weibull", full)
    # A ridge: spread and aging offset each other, and no values of both are best.
    if spread.value[0] > homogeneous.log_likelihood and _apart(spread, geometric):
        return _fit("beta_geometric", spread, "ridge")
    return attrs.evolve(homogeneous, reason="ridge")


def highest(cells: Cells) -> tuple[float, float]:
    """Return the highest log-likelihood under the shifted beta-geometric and under the beta-discrete-Weibull.

    A supremum that lies in a limit of the family is the limit's.
    """
    sure = _limit(cells)
    if sure is not None:
        return sure.log_likelihood, sure.log_likelihood
    geometric = _geometric(cells)
    spread = _beta_geometric(cells, geometric)
    polarised = _polarised(cells, spread)
    limit = -math.inf if polarised is None else polarised.log_likelihood
    narrow = max(limit, float(geometric.value[0]), float(spread.value[0]))
    wide = max(float(_weibull(cells, geometric).value[0]), float(_beta_weibull(cells, spread).value[0]))
    return narrow, max(narrow, wide)


def fit_many(cells: Cells) -> tuple[Array, Array, Array]:
    """Fit the shifted beta-geometric to many samples of the same cells at once.

    Returns:
        α, β and the mean churn rate of each; α and β are infinite in the limit of one churn rate.
    """
    lost = cells.gone_at > 0
    churned = cells.of(lost)
    geometric = _geometric(cells)
    spread = _beta_geometric(cells, geometric)
    one_rate = -np.expm1(-np.exp(geometric.at[:, 0]))
    apart = _apart_each(spread, geometric)
    alpha, beta = np.exp(spread.at).T
    rate = np.where(apart, alpha / (alpha + beta), one_rate)
    rate = np.where(churned == 0, 0.0, rate)
    return np.where(apart, alpha, np.inf), np.where(apart, beta, np.inf), rate


def _gain(wide: _newton.Top, narrow: _newton.Top) -> float:
    return 2 * float(wide.value[0] - narrow.value[0])


def _apart(spread: _newton.Top, geometric: _newton.Top) -> bool:
    return bool(_apart_each(spread, geometric)[0])


def _apart_each(spread: _newton.Top, geometric: _newton.Top) -> NDArray[np.bool_]:
    """Tell whether churn rates that differ explain a sample better than one."""
    curved = ~np.isnan(spread.covariance).any(axis=(1, 2))
    return curved & (2 * (spread.value - geometric.value) > _ONE_SIDED)


def _fit(family: Family, top: _newton.Top, reason: Reason | None = None) -> Fit:
    curve = Curve(family, tuple(top.at[0].tolist()), top.covariance[0])
    return Fit(curve, float(top.value[0]), reason)


def _times(cells: Cells) -> NDArray[np.int64]:
    """Return the renewals at which accounts were looked at."""
    held = cells.accounts[0] > 0
    times = np.unique(np.concatenate([cells.alive_at[held], cells.gone_at[held]]))
    return times[times > 0]


def _limit(cells: Cells) -> Fit | None:
    """Return the curve of a sample in which nothing varies that could be fitted."""
    lost, held = cells.gone_at > 0, cells.accounts[0] > 0
    if not (lost & held).any():
        return Fit(Curve("constant"), 0.0, "no_churn")
    ends = np.flatnonzero(lost & held)
    if len(ends) == 1 and not (~lost & held & (cells.alive_at > 0)).any():
        if cells.alive_at[ends[0]] == 0 and cells.gone_at[ends[0]] == 1:
            return Fit(Curve("ended"), 0.0, "all_left_at_once")
        return _fit("geometric", _geometric(cells), "all_left_at_once")
    if len(_times(cells)) == 1:
        return _fit("geometric", _geometric(cells), "one_renewal")
    return None


def _polarised(cells: Cells, spread: _newton.Top) -> Fit | None:
    """Return the limit α, β → 0, where who renews once stays; None where the sample lost accounts later."""
    held = cells.accounts[0]
    lost, stayed = cells.gone_at > 0, (cells.gone_at == 0) & (cells.alive_at > 0)
    if (held[lost & (cells.alive_at > 0)] > 0).any():
        return None
    gone, kept = float(held[lost].sum()), float(held[stayed].sum())
    value = gone * math.log(gone / (gone + kept)) + kept * math.log(kept / (gone + kept))
    if value < spread.value[0] - _REACHED:
        return None
    curve = Curve("polarised", (math.log(gone / kept),), np.array([[1 / gone + 1 / kept]]))
    return Fit(curve, value, "no_later_churn")
