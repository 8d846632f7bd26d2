"""Rates of many things of one kind, each learned from its own trials and from the others'.

Model: the rates are drawn from Beta(μM, (1 − μ)M), and a thing with rate θ succeeds in k of n trials with chance
θ^k (1 − θ)^(n − k). The common mean μ is uniform on (0, 1), and so is B = M / (M + n₀), the weight of the common mean
in the rate of a thing with n₀ trials, n₀ being the median. Nothing is plugged in: the posterior of a rate is the
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

from abmmetrics._special import beta_cdf, beta_quantile, log_gamma

Floats: TypeAlias = NDArray[np.float64]

# Of one thing alone nothing can be learned about the others.
_FEWEST = 2
# log(M / n₀), from where rates are all but 0 and 1 to where they are all but one and the same, with B = 0.9999.
_LEAST_LOG_M, _MOST_LOG_M = -20.0, 9.0
_NODES = 30
# What is so much less likely than the best adds nothing.
_NEGLIGIBLE = 1e-6
_MOST_ZOOMS = 10  # mutation: equivalent, a few suffice
# Standard deviations about the likeliest common mean, on the scale of log-odds.
_WIDTH = 6.0
# Nodes that hold less than this together are left out: no probability changes by more.
_LEFT_OUT = 1e-4
# Memory for the things times the nodes that are looked at together.
_AT_ONCE = 200_000  # mutation: equivalent, it only says how many at a time
_MOST_STEPS = 100  # mutation: equivalent, a handful suffices
# Quantiles are exact to so much probability, or to the last digits of a share.
_EXACT, _LEAST = 1e-9, 1e-15


@attrs.frozen(eq=False)
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
        mean = self.mean()
        squared = self._mixed(lambda alpha, beta, _: alpha / (alpha + beta) * (alpha + 1) / (alpha + beta + 1))
        spread = squared - mean**2
        size = mean * (1 - mean) / spread - 1
        # The beta distribution of the same mean and variance is near.
        at = np.clip(beta_quantile(probability, mean * size, (1 - mean) * size), _LEAST, 1 - _LEAST)
        low, high = np.zeros_like(at), np.ones_like(at)
        for _ in range(_MOST_STEPS):  # pragma: no branch - a handful suffices
            miss = self.below(at) - probability
            low, high = np.where(miss < 0, at, low), np.where(miss > 0, at, high)
            found = (np.abs(miss) < _EXACT) | (high - low < _LEAST)
            if bool(found.all()):
                break
            target = at - miss / self._density(at)
            # Where the slope leads out of the bracket, halve it.
            target = np.where((target > low) & (target < high), target, (low + high) / 2)
            at = np.where(found, at, target)
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
        step = max(_AT_ONCE // len(self.weight), 1)
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
    """Lay a grid of M over where it is likely and of μ about its likeliest value for each M, and weigh its nodes."""
    low, high = _LEAST_LOG_M, _MOST_LOG_M
    step = (high - low) / _NODES
    for _ in range(_MOST_ZOOMS):  # pragma: no branch - a few suffice
        log_m = low + step * (np.arange(_NODES) + 0.5)
        alpha, beta, log_weight = _weigh(successes, trials, log_m)
        weight = np.exp(log_weight - log_weight.max())
        likely = np.flatnonzero(weight.sum(axis=1) > _NEGLIGIBLE * weight.sum(axis=1).max())
        first, last = max(likely[0] - 1, 0), min(likely[-1] + 2, _NODES)
        if last - first > _NODES / 2:
            break
        low, step = low + step * first, step * (last - first) / _NODES
    return alpha.ravel(), beta.ravel(), weight.ravel() / weight.sum()


def _weigh(successes: Floats, trials: Floats, log_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Return μM, (1 − μ)M and the log of the weight of each node, a row for each M."""
    odds = np.exp(log_m)[:, None]  # B / (1 − B)
    m = np.quantile(trials, 0.5, method="lower") * odds
    # Trials of one thing count as fewer, as its rate is not the common mean: n / (1 + (n − 1) / (M + 1)).
    worth = 1 / (1 + (trials - 1) / (m + 1))
    size = (worth * trials).sum(axis=1, keepdims=True) + 2
    centre = ((worth * successes).sum(axis=1, keepdims=True) + 1) / size
    spread = 1 / np.sqrt(size * centre * (1 - centre))
    logit = np.log(centre / (1 - centre)) + spread * np.linspace(-_WIDTH, _WIDTH, _NODES)
    mean, rest = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
    alpha, beta = mean * m, rest * m
    # μ and B are uniform: the nodes lie in steps of log-odds of each, hence its slope μ(1 − μ), B(1 − B) and the steps.
    log_weight = np.log(mean * rest * spread * odds / (1 + odds) ** 2)
    log_weight -= len(trials) * _log_beta(alpha, beta)
    for some, all_of_them in zip(successes, trials, strict=True):
        log_weight += log_gamma(alpha + some) + log_gamma(beta + (all_of_them - some)) - log_gamma(m + all_of_them)
    return alpha, beta, log_weight


def _log_beta(alpha: Floats, beta: Floats) -> Floats:
    return log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
