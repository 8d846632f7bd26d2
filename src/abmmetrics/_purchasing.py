"""Likelihoods of purchases without a contract, and what follows for one customer.

Customers are gone through in blocks, so that a million of them need little more memory than their own columns. A fit
climbs on a sample of them first: from there, all of them are looked at two or three times.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _newton
from abmmetrics._polygamma import digamma, log_gamma_rise, trigamma

Array: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[Any]

_BLOCK = 2**14
_SAMPLE = 20_000
_EPSILON = 2.0**-53
_FARTHEST_START = 10.0


@attrs.define(eq=False)
class _Sums:
    """A log-likelihood with its gradient and the upper half of its Hessian, while customers are added."""

    value: float
    gradient: Array
    hessian: Array


def blocks(length: int) -> Iterator[slice]:
    """Cut rows into blocks that stay in the processor's cache."""
    return (slice(start, start + _BLOCK) for start in range(0, length, _BLOCK))


def climb(
    objective_of: Callable[[slice], _newton.Objective], customers: int, start: list[float]
) -> tuple[Array, float, Array]:
    """Return the top in the logarithms of the parameters, its value and the covariance there.

    Args:
        objective_of: the log-likelihood of the customers of a slice.
        customers: how many there are.
        start: logarithms to start from.
    """
    at = np.array([start])
    if customers > 2 * _SAMPLE:
        sampled = _newton.maximise(objective_of(slice(None, None, customers // _SAMPLE)), at)
        at = sampled.at.clip(-_FARTHEST_START, _FARTHEST_START)
    top = _newton.maximise(objective_of(slice(None)), at)
    return top.at[0], float(top.value[0]), top.covariance[0]


def beta_geometric_nbd(frequency: Counts, recency: Array, age: Array) -> _newton.Objective:
    """Return the log-likelihood of BG/NBD in ln r, ln α, ln a, ln b.

    With x = frequency, A = -(r + x) ln (α + T) and D = ln a / (b + x - 1) + (r + x) ln (α + T) / (α + t), each
    customer adds ln Γ(r + x) / Γ(r) + r ln α + ln B(a, b + x) / B(a, b) + A + [x > 0] ln (1 + exp D). The gammas
    depend on x alone: they are sums over how many customers bought more than k times.
    """
    customers = len(frequency)
    above = _more_than(frequency)
    ranks = np.arange(len(above), dtype=np.float64)

    def evaluate(working: Array, _rows: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        parameters = np.exp(working[0])
        r, alpha, a, b = parameters.tolist()
        sums = _Sums(customers * r * math.log(alpha), np.zeros(4), np.zeros((4, 4)))
        sums.gradient[:2] = customers * math.log(alpha), customers * r / alpha
        sums.hessian[0, 1] = customers / alpha
        sums.hessian[1, 1] = -customers * r / alpha**2
        for places, sign, base in (([0], 1, r), ([3], 1, b), ([2, 3], -1, a + b)):
            sums.value += sign * float((above * np.log(base + ranks)).sum())
            sums.gradient[places] += sign * float((above / (base + ranks)).sum())
            sums.hessian[np.ix_(places, places)] -= sign * float((above / (base + ranks) ** 2).sum())
        for block in blocks(customers):
            _add_times(sums, parameters, frequency[block], recency[block], age[block])
        return _in_logs(parameters, sums)

    return evaluate


def _add_times(sums: _Sums, parameters: Array, frequency: Counts, recency: Array, age: Array) -> None:
    """Add what depends on when customers bought."""
    r, alpha, a, b = parameters.tolist()
    rate, until = r + frequency, alpha + age
    logs, inverse = np.log(until), 1 / until
    sums.value -= float((rate * logs).sum())
    sums.gradient[:2] -= logs.sum(), (rate * inverse).sum()
    sums.hessian[0, 1] -= inverse.sum()
    sums.hessian[1, 1] += (rate * inverse**2).sum()
    repeat = np.flatnonzero(frequency)
    rate, inverse, last = rate[repeat], inverse[repeat], alpha + recency[repeat]
    left = b + frequency[repeat] - 1
    silence = logs[repeat] - np.log(last)
    gone = math.log(a) - np.log(left) + rate * silence
    odds = np.exp(-np.abs(gone))
    sums.value += float((np.maximum(gone, 0) + np.log1p(odds)).sum())
    dead = np.where(gone > 0, 1, odds) / (1 + odds)
    shift = inverse - 1 / last
    slopes = np.stack([silence, rate * shift, np.full(len(left), 1 / a), -1 / left])
    sums.gradient += slopes @ dead
    sums.hessian += (slopes * (odds / (1 + odds) ** 2)) @ slopes.T
    sums.hessian[0, 1] += dead @ shift
    sums.hessian[1, 1] -= dead @ (rate * (inverse**2 - 1 / last**2))
    sums.hessian[2, 2] -= dead.sum() / a**2
    sums.hessian[3, 3] += dead @ left**-2


def gamma_gamma(frequency: Counts, mean_spend: Array) -> _newton.Objective:
    """Return the log-likelihood of Gamma-Gamma in ln p, ln q, ln γ, of customers with frequency x > 0 and mean z > 0.

    Each adds ln Γ(p x + q) / Γ(p x) / Γ(q) + q ln γ + (p x - 1) ln z + p x ln x - (p x + q) ln (γ + x z).
    """
    customers = len(frequency)
    counted = np.bincount(frequency)
    many = np.flatnonzero(counted)
    weights, times = counted[many].astype(np.float64), many.astype(np.float64)
    logs = np.log(mean_spend)
    of_logs, of_products = float(logs.sum()), float((frequency * logs).sum() + (weights * times * np.log(times)).sum())

    def evaluate(working: Array, _rows: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        parameters = np.exp(working[0])
        p, q, gamma = parameters.tolist()
        inner, outer = p * times, p * times + q
        end = np.array([q])
        log_gamma_q = float(log_gamma_rise(np.ones(1), end)[0]) - math.log(q)
        value = float(weights @ log_gamma_rise(inner, end)) - customers * (log_gamma_q - q * math.log(gamma))
        sums = _Sums(value + p * of_products - of_logs, np.zeros(3), np.zeros((3, 3)))
        first, second = digamma(outer), trigamma(outer)
        sums.gradient[0] = weights @ (times * (first - digamma(inner))) + of_products
        sums.gradient[1] = weights @ first - customers * (float(digamma(end)[0]) - math.log(gamma))
        sums.gradient[2] = customers * q / gamma
        sums.hessian[0, 0] = weights @ (times**2 * (second - trigamma(inner)))
        sums.hessian[0, 1] = weights @ (times * second)
        sums.hessian[1, 1] = weights @ second - customers * float(trigamma(end)[0])
        sums.hessian[1, 2] = customers / gamma
        sums.hessian[2, 2] = -customers * q / gamma**2
        for block in blocks(customers):
            bought = frequency[block]
            total = gamma + bought * mean_spend[block]
            spent, inverse = np.log(total), 1 / total
            shape = p * bought + q
            sums.value -= float((shape * spent).sum())
            sums.gradient -= (bought * spent).sum(), spent.sum(), (shape * inverse).sum()
            sums.hessian[0, 2] -= (bought * inverse).sum()
            sums.hessian[1, 2] -= inverse.sum()
            sums.hessian[2, 2] += (shape * inverse**2).sum()
        return _in_logs(parameters, sums)

    return evaluate


def _more_than(frequency: Counts) -> Array:
    """Count the customers with frequency above 0, 1, 2, ..."""
    counted = np.bincount(frequency)
    return (len(frequency) - np.cumsum(counted)[:-1]).astype(np.float64)


def _in_logs(parameters: Array, sums: _Sums) -> tuple[Array, Array, Array]:
    """Turn derivatives in the parameters into those in their logarithms."""
    hessian = np.triu(sums.hessian) + np.triu(sums.hessian, 1).T
    slopes = sums.gradient * parameters
    bends = hessian * np.outer(parameters, parameters) + np.diag(slopes)
    return np.array([sums.value]), slopes[None, :], bends[None, :, :]


def log_odds_gone(parameters: Array, frequency: Counts, recency: Array, age: Array) -> Array:
    """Return the log of the odds that each customer has left; -inf without a repeat purchase."""
    r, alpha, a, b = parameters.tolist()
    repeat = frequency > 0
    left = np.where(repeat, b + frequency - 1.0, 1.0)
    odds = math.log(a) - np.log(left) + (r + frequency) * np.log((alpha + age) / (alpha + recency))
    return np.where(repeat, odds, -np.inf)


def expected_if_alive(parameters: Array, frequency: Array, age: Array, periods: float) -> Array:
    """Return the purchases expected of a customer who is there, in so many periods ahead.

    (a + b + x - 1) / (a - 1) (1 - 2F1(r + x, a - 1; a + b + x - 1; -y)), y = periods / (α + T). Pfaff's transformation
    gives a series in z = y / (1 + y), which always converges, and a - 1 cancels term by term, so that a = 1 is no
    special case.
    """
    r, alpha, a, b = parameters.tolist()
    ahead = periods / (alpha + age)
    logs, z = np.log1p(ahead), ahead / (1 + ahead)
    whole = a + b + frequency - 1
    other = whole - r - frequency
    term = other * z
    total = term.copy()
    longest = float(z.max(initial=0.0))
    step = 1
    while bool((np.abs(term) > _EPSILON * (1 - longest) * np.abs(total)).any()):
        term = term * ((other + step) * (a - 1 + step) * z / ((whole + step) * (step + 1)))
        total += term
        step += 1
    decay = np.exp((1 - a) * logs)
    plain = logs if a == 1 else -np.expm1((1 - a) * logs) / (a - 1)
    return np.asarray(whole * plain - decay * total)
