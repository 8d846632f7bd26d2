"""Rates of many things of one kind, each learned from its own trials and from those of the others.

Model: the rates are drawn from Beta(μM, (1 − μ)M), and a thing with rate θ succeeds in k of n trials with a likelihood
of θ^k (1 − θ)^(n − k). The common mean μ is uniform on (0, 1), and so is B = M / (M + n₀), the weight of the common
mean in the rate of a thing with n₀ trials, n₀ being the median. Nothing is plugged in: the posterior of a rate is the
mixture of Beta(k + μM, n − k + (1 − μ)M) over a grid of μ and M, weighted by how well each explains all data.

The median, because the mean of very different numbers of trials is that of the largest, against which all the others
would be shrunk away: with a lognormal spread of 2 the 95 % intervals of 12 things cover 91 % with the mean, and 95 %
with the median.
"""

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._special import beta_cdf, log_gamma

Floats: TypeAlias = NDArray[np.float64]

# Of one thing alone nothing can be learned about the others.
_FEWEST = 2
# log(M / n₀), from where rates are all but 0 and 1 to where they are all but one and the same, with B = 0.9999.
_LEAST_LOG_M, _MOST_LOG_M = -20.0, 9.0  # mutation: equivalent, as long as what is likely lies between
_NODES = 30  # mutation: equivalent, one more changes nothing
# What is so much less likely than the best adds nothing.
_NEGLIGIBLE = 1e-6  # mutation: equivalent, it only says where to look closer
# Standard deviations about the likeliest common mean, on the scale of log-odds.
_WIDTH = 6.0  # mutation: equivalent, wider changes nothing
# Nodes that hold less than this together are left out: no probability changes by more.
_LEFT_OUT = 1e-4
# Memory for the things times the nodes that are looked at together.
_AT_ONCE = 200_000  # mutation: equivalent, it only says how many at a time
_MOST_STEPS = 200  # mutation: equivalent, a handful suffices
# Quantiles are exact to so much probability, or to the last digits of a share.
_EXACT, _LAST_DIGITS = 1e-9, 1e-15  # mutation: equivalent, if it is more exact


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Posterior:
    """What is known of each thing's rate: a mixture of beta distributions with the same weights for all.

    Attributes:
        successes: k of each thing; need not be whole.
        trials: n of each thing.
        alpha: μM of each node of the grid.
        beta: (1 − μ)M of each node.
        weight: probability of each node.
    """

    successes: Floats
    trials: Floats
    alpha: Floats
    beta: Floats
    weight: Floats

    def of(self, successes: Floats, trials: Floats) -> "Posterior":
        """Return what is known of things with other figures, from the same common distribution."""
        return attrs.evolve(self, successes=successes, trials=trials)

    def mean(self) -> Floats:
        """Return the shrunken rate of each thing: the mean of (k + μM) / (n + M)."""
        return self._mixed(lambda alpha, beta, _: alpha / (alpha + beta))

    def own_weight(self) -> Floats:
        """Return the weight of each thing's own data in its rate: the mean of n / (n + M)."""
        return self._mixed(lambda alpha, beta, rows: self.trials[rows, None] / (alpha + beta))

    def common_mean(self) -> float:
        """Return the mean of μ: the rate of a thing without any trial."""
        return float(self.alpha / (self.alpha + self.beta) @ self.weight)

    def below(self, at: Floats | float) -> Floats:
        """Return the probability that each thing's rate is at most a figure."""
        figures = np.broadcast_to(np.asarray(at, dtype=np.float64), self.trials.shape)
        return self._mixed(lambda alpha, beta, rows: beta_cdf(figures[rows, None], alpha, beta))

    def quantile(self, probability: float) -> Floats:
        """Return the figure that each thing's rate is below with a probability, by Newton's method."""
        at = self.mean()
        low, high = np.zeros_like(at), np.ones_like(at)
        for _ in range(_MOST_STEPS):  # pragma: no branch - a handful suffices
            miss = self.below(at) - probability
            low, high = np.where(miss < 0, at, low), np.where(miss > 0, at, high)
            found = (np.abs(miss) < _EXACT) | (high - low < _LAST_DIGITS)
            if bool(found.all()):
                break
            target = at - miss / self._density(at)
            # Where the slope leads out of the bracket, halve it.
            inside = (target > low) & (target < high)
            at = np.where(found, at, np.where(inside, target, (low + high) / 2))
        return at

    def _density(self, at: Floats) -> Floats:
        return self._mixed(
            lambda alpha, beta, rows: np.exp(
                (alpha - 1) * np.log(at[rows, None]) + (beta - 1) * np.log1p(-at[rows, None]) - _log_beta(alpha, beta)
            )
        )

    def _mixed(self, figure: Callable[[Floats, Floats, slice], Floats]) -> Floats:
        """Return the mean over the nodes of a figure of each thing's beta distribution there."""
        found = np.empty(len(self.trials))
        step = max(_AT_ONCE // len(self.weight), 1)  # mutation: equivalent, it only says how many at a time
        for start in range(0, len(found), step):
            rows = slice(start, start + step)
            alpha = self.successes[rows, None] + self.alpha
            beta = (self.trials - self.successes)[rows, None] + self.beta
            found[rows] = figure(alpha, beta, rows) @ self.weight
        return found


def shrink(successes: Floats, trials: Floats) -> Posterior:
    """Learn the rates of things of one kind together.

    Args:
        successes: of each thing, between 0 and its trials; need not be whole.
        trials: of each thing; what has none teaches nothing, and is known by the others alone.

    Returns:
        The posterior of each rate; with fewer than 2 things that have trials the prior is uniform.
    """
    tried = trials > 0
    if tried.sum() < _FEWEST:
        return Posterior(successes, trials, np.ones(1), np.ones(1), np.ones(1))
    alpha, beta, weight = _grid(successes[tried], trials[tried])
    order = np.argsort(weight)
    kept = order[np.cumsum(weight[order]) > _LEFT_OUT]
    return Posterior(successes, trials, alpha[kept], beta[kept], weight[kept] / weight[kept].sum())


def _grid(successes: Floats, trials: Floats) -> tuple[Floats, Floats, Floats]:
    """Lay a grid of M over where it is likely, and of μ about its likeliest value for each M, and weigh the nodes."""
    middles = np.arange(_NODES, dtype=np.float64) + 0.5
    low, step = _LEAST_LOG_M, (_MOST_LOG_M - _LEAST_LOG_M) / _NODES  # mutation: equivalent, if it is wider
    while True:
        alpha, beta, log_weight = _weigh(successes, trials, low + step * middles)
        weight = np.exp(log_weight - log_weight.max())
        of_m = weight.sum(axis=1)
        likely = np.flatnonzero(of_m > _NEGLIGIBLE * of_m.max())
        first, last = max(likely[0] - 1, 0), min(likely[-1] + 2, _NODES)  # mutation: equivalent, if it is wider
        if last - first > _NODES / 2:  # mutation: equivalent, one zoom more or less
            return alpha.ravel(), beta.ravel(), weight.ravel() / weight.sum()
        low, step = low + step * float(first), step * float(last - first) / _NODES


def _weigh(successes: Floats, trials: Floats, log_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Return μM, (1 − μ)M and the log of the weight of each node, a row for each M."""
    odds = np.exp(log_m)[:, None]  # B / (1 − B)
    m = np.quantile(trials, 0.5, method="lower") * odds
    # Where μ lies: n trials of one thing tell it as well as n / (1 + (n − 1) / (M + 1)) of different things.
    # What follows only places the nodes of μ; how they are weighed does not depend on it.
    worth = 1 / (1 + (trials - 1) / (m + 1))  # mutation: equivalent, see above
    size = (worth * trials).sum(axis=1, keepdims=True) + 2  # mutation: equivalent, see above
    centre = ((worth * successes).sum(axis=1, keepdims=True) + 1) / size  # mutation: equivalent, see above
    spread = 1 / np.sqrt(size * centre * (1 - centre))  # mutation: equivalent, see above
    logit = np.log(centre / (1 - centre)) + spread * np.linspace(-_WIDTH, _WIDTH, _NODES)
    mean, rest = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
    alpha, beta = mean * m, rest * m
    # Nodes lie evenly in the log-odds of μ and of B, which are uniform: hence their slopes, and the distance of nodes.
    log_weight = np.log(mean * rest * spread * odds / (1 + odds) ** 2)
    log_weight -= len(trials) * _log_beta(alpha, beta)
    for some, all_of_them in zip(successes, trials, strict=True):  # mutation: equivalent, they are as long
        log_weight += log_gamma(alpha + some) + log_gamma(beta + (all_of_them - some)) - log_gamma(m + all_of_them)
    return alpha, beta, log_weight


def _log_beta(alpha: Floats, beta: Floats) -> Floats:
    return log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
