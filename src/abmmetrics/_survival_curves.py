"""Survival of contracts: the share S(t) still alive after t renewals, under each family of curves.

A family is described by working parameters without limits, so that Newton's method may go anywhere:

    beta_geometric  ln α, ln β          S(t) = B(α, β + t) / B(α, β)
    beta_weibull    ln α, ln β, ln c    S(t) = B(α, β + t^c) / B(α, β)
    weibull         ln -ln(1 - θ), ln c S(t) = (1 - θ)^(t^c): every account has the same churn
    geometric       ln -ln(1 - θ)       the same with c = 1
    polarised       ln θ / (1 - θ)      S(0) = 1, S(t) = 1 - θ: who renews once stays
    constant        none                nobody leaves
    ended           none                nobody renews
"""

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._polygamma import digamma, log_gamma_rise, trigamma

Array: TypeAlias = NDArray[np.float64]
Family: TypeAlias = Literal["beta_geometric", "beta_weibull", "weibull", "geometric", "polarised", "constant", "ended"]
Derivatives: TypeAlias = tuple[Array, Array, Array]
"""log S(t) for t = 0, ..., T, its gradient and its Hessian in the working parameters: one row for each problem."""

# Sums over so many periods ahead are taken one by one; what is beyond is their integral, corrected.
_SUMMED = 1000
_LARGEST_LOG = 690.0
_FARTHEST = 350.0
_NODES_PER_UNIT = 32
_NEARBY = 0.01
# Central differences with this step are right to about 10 digits.
_SMALL = 1e-5


@attrs.frozen(eq=False)
class Curve:
    """A survival curve with how sure one is of it.

    Attributes:
        family: the formula.
        working: its working parameters.
        covariance: of the working parameters; None where they are given rather than estimated.
    """

    family: Family
    working: tuple[float, ...] = ()
    covariance: Array | None = None


def log_survival(family: Family, working: Array, times: Array) -> Array:
    """Return log S(t) at real times."""
    if family == "constant":
        return np.zeros_like(times)
    if family == "ended":
        return np.where(times > 0, -np.inf, 0.0)
    if family == "polarised":
        return np.where(times > 0, -np.logaddexp(0, working[0]), 0.0)
    power = math.exp(working[-1]) if family in {"weibull", "beta_weibull"} else 1.0
    aged = times**power
    if family in {"weibull", "geometric"}:
        return -math.exp(working[0]) * aged
    alpha, beta = np.exp(working[0]), np.exp(working[1])
    return log_gamma_rise(np.asarray(beta), alpha) - log_gamma_rise(beta + aged, alpha)


def beta_geometric(working: Array, last: int) -> Derivatives:
    """Sum the log of each renewal's chance (β + t) / (α + β + t)."""
    alpha, beta = np.exp(working[:, :1]), np.exp(working[:, 1:])
    after = beta + np.arange(last)
    before = alpha + after
    by_alpha, by_beta = -1 / before, 1 / after - 1 / before
    both = alpha * beta / before**2
    terms = np.stack(
        [
            np.log(after) - np.log(before),
            alpha * by_alpha,
            beta * by_beta,
            alpha * by_alpha + alpha**2 / before**2,
            both,
            beta * by_beta + beta**2 * (1 / before**2 - 1 / after**2),
        ],
        axis=2,
    )
    sums = np.zeros((len(working), last + 1, 6))
    np.cumsum(terms, axis=1, out=sums[:, 1:])
    return sums[:, :, 0], sums[:, :, 1:3], sums[:, :, [3, 4, 4, 5]].reshape(len(working), last + 1, 2, 2)


def beta_weibull(working: Array, last: int) -> Derivatives:
    """Follow log B(α, β + t^c) - log B(α, β) and its derivatives."""
    alpha, beta, power = (np.exp(working[:, place, None]) for place in range(3))
    times = np.arange(last + 1.0)
    logs = np.log(np.maximum(times, 1.0))
    aged = np.where(times > 0, times**power, 0.0)
    ends = np.stack([np.broadcast_to(beta, aged.shape), beta + alpha + 0 * aged, beta + aged, beta + alpha + aged])
    first, second = digamma(ends), trigamma(ends)
    log_s = log_gamma_rise(beta, alpha) - log_gamma_rise(beta + aged, alpha)
    by_alpha = first[1] - first[3]
    by_age = first[2] - first[3]
    by_beta = first[1] - first[0] + by_age
    aging = aged * power * logs  # of t^c by ln c
    alpha2, age2 = second[1] - second[3], second[2] - second[3]
    beta2 = second[1] - second[0] + age2
    gradient = np.stack([alpha * by_alpha, beta * by_beta, aging * by_age], axis=2)
    alpha_age, beta_age = -alpha * second[3] * aging, beta * age2 * aging
    hessian = np.stack(
        [
            alpha * by_alpha + alpha**2 * alpha2,
            alpha * beta * alpha2,
            alpha_age,
            alpha * beta * alpha2,
            beta * by_beta + beta**2 * beta2,
            beta_age,
            alpha_age,
            beta_age,
            aging * (1 + power * logs) * by_age + aging**2 * age2,
        ],
        axis=2,
    )
    return log_s, gradient, hessian.reshape(len(working), last + 1, 3, 3)


def weibull(working: Array, last: int) -> Derivatives:
    """Follow -exp(η) t^c; with one working parameter c is 1, and the curve geometric."""
    rate = np.exp(working[:, :1])
    times = np.arange(last + 1.0)
    if working.shape[1] == 1:
        log_s = -rate * times
        return log_s, log_s[:, :, None], log_s[:, :, None, None]
    power = np.exp(working[:, 1:])
    logs = np.log(np.maximum(times, 1.0))
    log_s = -rate * np.where(times > 0, times**power, 0.0)
    slope = power * logs
    gradient = np.stack([log_s, log_s * slope], axis=2)
    hessian = np.stack([log_s, log_s * slope, log_s * slope, log_s * (slope + slope**2)], axis=2)
    return log_s, gradient, hessian.reshape(len(working), last + 1, 2, 2)


def tail_index(curve: Curve) -> float:
    """Return k of a curve that falls like t^-k: 0 where it does not fall to 0, infinite where it falls faster."""
    if curve.family in {"constant", "polarised"}:
        return 0.0
    if curve.family in {"beta_geometric", "beta_weibull"}:
        return math.exp(curve.working[0] + (curve.working[2] if curve.family == "beta_weibull" else 0.0))
    return math.inf


def residual_sums(family: Family, working: Array, last: int, ratio: float, index: float) -> Array:
    """Return Σ_k ratio^k S(m + 1 + k) / S(m), k from 0, for m = 0, ..., last.

    The renewal after the next is worth ``ratio`` times as much: a sum is S(m + 1) / S(m) times one more than ``ratio``
    times the next sum, taken from the far end backwards, which keeps all digits.
    """
    if family == "ended":
        return np.zeros(last + 1)
    top = last + _SUMMED
    renewed = np.exp(np.diff(log_survival(family, working, np.arange(top + 1.0))))
    residual = _far_sum(family, working, top, ratio, index)
    sums = np.empty(top + 1)
    sums[top] = residual
    for renewals, share in zip(range(top - 1, -1, -1), renewed[::-1].tolist(), strict=True):
        residual = share * (1 + ratio * residual)
        sums[renewals] = residual
    return sums[: last + 1]


def _far_sum(family: Family, working: Array, top: int, ratio: float, index: float) -> float:
    """The same sum far out, by Euler and Maclaurin; the integral on nodes that grow doubly exponentially."""
    if family in {"constant", "polarised"}:
        return 1 / (1 - ratio)
    power = math.exp(working[-1]) if family in {"weibull", "beta_weibull"} else 1.0
    reach = min(_FARTHEST, _LARGEST_LOG / power - 2 * math.log(top))
    end = math.asinh(2 / math.pi * reach)
    nodes = np.arange(-4 * _NODES_PER_UNIT, int(end * _NODES_PER_UNIT) + 1) / _NODES_PER_UNIT
    distances = top * np.exp(math.pi / 2 * np.sinh(nodes))
    base = log_survival(family, working, np.array([float(top)]))[0]

    def terms(ahead: Array) -> Array:
        return np.asarray(np.exp(ahead * math.log(ratio) + log_survival(family, working, top + 1 + ahead) - base))

    found = terms(distances)
    integral = float((found * distances * math.pi / 2 * np.cosh(nodes)).sum()) / _NODES_PER_UNIT
    if ratio == 1 and index < math.inf:  # what lies beyond the last node falls like t^-index
        integral += float(found[-1] * distances[-1]) / (index - 1)
    first, before, after = map(float, terms(np.array([0.0, -_NEARBY, _NEARBY])))
    return integral + first / 2 - (after - before) / (2 * _NEARBY) / 12


def spread(curve: Curve, figures: Callable[[Array], Array]) -> Array:
    """Return the standard error of figures of the working parameters, by the delta method; NaN where there is none."""
    working = np.array(curve.working)
    if curve.covariance is None:
        return np.full(figures(working).shape, np.nan)
    changes = [(figures(working + _SMALL * unit) - figures(working - _SMALL * unit)) for unit in np.eye(len(working))]
    slopes = np.stack(changes, axis=-1) / (2 * _SMALL)
    return np.asarray(np.sqrt(np.einsum("...i,ij,...j->...", slopes, curve.covariance, slopes)))
