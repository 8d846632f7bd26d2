"""Interval formulas on unchecked arrays: what the published functions and the estimation engine share.

Each takes arrays and returns (low, high). Critical values may be those of the normal or of Student's t.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from abmmetrics._special import gamma_quantile

Array = NDArray[np.float64]
FloatOrArray = float | Array
_Real = TypeVar("_Real", float, Array)
Limits = tuple[Array, Array]

# Bisection halves a width of at most 2 e 60 to the last digit of a double.
_HALVINGS = 64  # mutation: equivalent, one more changes nothing
# A ratio of shares within e^±60 covers every count that a double can hold exactly.
_WIDEST_LOG_RATIO = 60.0  # mutation: equivalent, no ratio comes near
_LARGEST_SQUARE = 1e100
_MOST_STEPS = 100  # mutation: equivalent, a guard that is not reached
# Newton's error is about the square of its last miss.
_SMALL_MISS = 1e-6  # mutation: equivalent, a smaller miss costs steps and changes nothing
# Up to here a loop over plain numbers (15 µs each) is quicker than arrays (300 µs, whatever their size).
_FEW = 16  # mutation: equivalent, both ways give the same
# Kept out of a denominator: 0, without changing any other number.
_TINY = 1e-300


def _square(critical: FloatOrArray) -> Array:
    """Z squared; an infinite critical value gives the limits' limits, not inf/inf."""
    return np.minimum(np.square(np.asarray(critical, dtype=np.float64)), _LARGEST_SQUARE)


def wilson_limits(share: Array, n: Array, critical: FloatOrArray) -> Limits:
    """Wilson's limits for a share on n (effective) trials, with the critical value of the normal or of t."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = _square(critical) / n
        root = np.sqrt(weight * (share * (1 - share) + weight / 4))
        larger = share + weight / 2 + root
        # The product of the two roots gives the smaller one all its digits, and 0 for a share of 0.
        low = np.where(n > 0, share**2 / larger, np.nan)
        high = np.where(n > 0, np.where(share == 1, 1.0, larger / (1 + weight)), np.nan)
    return low, high


def mover_difference_limits(  # noqa: PLR0917 - two groups of three, then how they go together
    value1: Array, low1: Array, high1: Array, value2: Array, low2: Array, high2: Array, correlation: FloatOrArray = 0.0
) -> Limits:
    """Limits for value1 - value2 from the limits of each (Zou & Donner 2008), given their correlation."""
    difference = value1 - value2
    below = _combined(value1 - low1, high2 - value2, correlation)
    above = _combined(high1 - value1, value2 - low2, correlation)
    return difference - below, difference + above


def _combined(margin1: Array, margin2: Array, correlation: FloatOrArray) -> Array:
    # √(m1² + m2² - 2 ρ m1 m2) as a hypotenuse neither overflows nor loses its sign; an unlimited margin stays so.
    with np.errstate(invalid="ignore"):
        along, across = margin1 - correlation * margin2, np.sqrt(1 - np.square(correlation)) * margin2
        whole = np.hypot(along, across)
    return np.where(np.isinf(margin1) | np.isinf(margin2), np.inf, whole)


def mover_ratio_limits(  # noqa: PLR0917 - as above
    value1: Array, low1: Array, high1: Array, value2: Array, low2: Array, high2: Array, correlation: FloatOrArray = 0.0
) -> Limits:
    """Limits for value1 / value2 >= 0 from the limits of each (Donner & Zou 2012), given their correlation.

    Low is 0 where low1 is; high is inf where low2 is 0, for then the denominator may be.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        above_zero = low1 * (2 * value1 - low1)
        below = _larger_root(
            value1 * value2 - correlation * (value1 - low1) * (high2 - value2),
            above_zero * high2 * (2 * value2 - high2),
        )
        above = _larger_root(
            value1 * value2 - correlation * (high1 - value1) * (value2 - low2),
            high1 * (2 * value1 - high1) * low2 * (2 * value2 - low2),
        )
        # The smaller root by Vieta: dividing by high2 (2 value2 - high2) would fail where that passes through 0.
        low = np.where(low1 == 0, 0.0, above_zero / below)
        high = np.where(low2 == 0, np.inf, above / (low2 * (2 * value2 - low2)))
        undefined = np.isnan(value1) | np.isnan(value2)
    return np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)


def _larger_root(half_sum: Array, product: Array) -> Array:
    return half_sum + np.sqrt(np.maximum(half_sum**2 - product, 0))


def tango_limits(detractors: Array, passives: Array, promoters: Array, critical: FloatOrArray) -> Limits:
    """Tango's limits on (effective) counts, with the critical value of the normal or of t."""
    n = detractors + passives + promoters
    with np.errstate(divide="ignore", invalid="ignore"):
        # Mirrored counts give the mirrored upper limit, so that one pass solves for both.
        score = np.stack([promoters - detractors, detractors - promoters]) / n
        n, s, z_squared = np.broadcast_arrays(n, passives / n, _square(critical))
        # Without passives the variance would be largest, and the limit Wilson's: always outside, often near.
        share = (1 + score) / 2
        outside = (
            2 * wilson_limits(share, n, np.sqrt(z_squared))[0] - 1
        )  # mutation: equivalent, if it starts farther out
        weight = np.broadcast_to(z_squared / n, outside.shape)
        lows = _tango_low(outside, score, np.broadcast_to(s, outside.shape), weight)
    return lows[0], -lows[1]


def _tango_low(outside: Array, score: Array, passives: Array, weight: Array) -> Array:
    """Newton's method from outside, kept between there and the score."""
    if outside.size <= _FEW:  # mutation: equivalent, both ways give the same
        columns = (values.ravel().tolist() for values in (outside, score, passives, weight))
        lows = [_tango_low_of_one(*row) for row in zip(*columns)]  # noqa: B905 - of one length
        return np.array(lows, dtype=np.float64).reshape(outside.shape)
    outer, inner, at = outside, score, outside
    for _ in range(_MOST_STEPS):  # pragma: no branch - a dozen suffice
        excess, slope = _tango_excess(at, score, passives, weight)
        outer, inner = (
            np.where(excess > 0, at, outer),
            np.where(excess > 0, inner, at),
        )  # mutation: equivalent, at the root
        moved = at - excess / slope
        missed = np.abs(excess) > _SMALL_MISS * (score - at) ** 2  # mutation: equivalent, if it is later or just early
        # V has a kink, where Newton's step may lead nowhere.
        between = (moved > outer) & (moved < inner)  # mutation: equivalent, at the ends
        at = np.where(between | ~missed, moved, (outer + inner) / 2)
        if not missed.any():
            break
    return at


def _tango_low_of_one(outside: float, score: float, passives: float, weight: float) -> float:
    """The same on plain numbers."""
    outer, inner, at = outside, score, outside
    for _ in range(_MOST_STEPS):
        excess, slope = _tango_excess(at, score, passives, weight)
        outer, inner = (at, inner) if excess > 0 else (outer, at)  # mutation: equivalent, at the root
        moved = at - excess / slope
        missed = abs(excess) > _SMALL_MISS * (score - at) ** 2  # mutation: equivalent, if it is later or just early
        between = outer < moved < inner  # mutation: equivalent, at the ends
        at = moved if between or not missed else (outer + inner) / 2
        if not missed:
            break
    return at


def _tango_excess(t: _Real, score: _Real, passives: _Real, weight: _Real) -> tuple[_Real, _Real]:
    """Return (x - t)² - z² V / n and its slope, V being the variance of the most likely shares with score t.

    V is 2 q + t (1 - t), written without differences that cancel: q solves a quadratic whose other unknown, the share
    of passives, gives V = (1 - t²) (b + r) / (b + 2 s + r), s the passives among n.
    """
    distance = score - t
    b = 1 - passives - score * t
    root: _Real = abs(b**2 - 4 * passives * t * distance) ** 0.5 + _TINY  # pyright: ignore[reportAssignmentType] - it widens the power
    whole, part = b + 2 * passives + root, b + root
    largest = (1 - t) * (1 + t)
    part_slope = (2 * passives * (2 * t - score) - b * score) / root - score
    variance_slope = (largest * 2 * passives * part_slope / whole - 2 * t * part) / whole
    return distance**2 - weight * largest * part / whole, -2 * distance - weight * variance_slope - _TINY


def fay_feuer_limits(total: Array, sum_of_squares: Array, largest: Array, confidence: FloatOrArray) -> Limits:
    """Limits for a weighted sum of Poisson counts (Fay & Feuer 1997, Statistics in Medicine 16: 791-801).

    Args:
        total: Sum of the weights of the events.
        sum_of_squares: Sum of their squares, its variance.
        largest: The largest weight an event may have; 0 stands for 1 where there is no event to tell.
        confidence: Between 0 and 1.
    """
    tail = (1 - confidence) / 2
    unit = np.where((total == 0) & (largest == 0), 1.0, largest)
    one_more, variance = total + unit, sum_of_squares + unit**2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = sum_of_squares / total * gamma_quantile(tail, total**2 / sum_of_squares)
    high = variance / one_more * gamma_quantile(1 - tail, one_more**2 / variance)
    return np.where(total == 0, 0.0, low), high


def score_difference_limits(k1: Array, n1: Array, k2: Array, n2: Array, z: float) -> Limits:
    with np.errstate(divide="ignore", invalid="ignore"):
        total, events = n1 + n2, k1 + k2
        difference = k1 / n1 - k2 / n2
        factor = z**2 * total / (total - 1)

        def rejected(delta: Array) -> NDArray[np.bool_]:
            p2 = _restricted_share(delta, n1, n2, k2, events)
            p1 = p2 + delta
            variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
            return (difference - delta) ** 2 > factor * variance

        one = np.ones_like(difference)
        low = np.where((k1 == 0) & (k2 == n2), -1.0, _bisect(rejected, -one, difference))
        high = np.where((k1 == n1) & (k2 == 0), 1.0, _bisect(rejected, one, difference))
        return _where_defined(low, high, n1, n2)


def _restricted_share(delta: Array, n1: Array, n2: Array, k2: Array, events: Array) -> Array:
    """The most likely second share if the first is larger by delta: a root of the likelihood's cubic."""
    total = n1 + n2
    c2 = ((n1 + 2 * n2) * delta - total - events) / total
    c1 = ((n2 * delta - total - 2 * k2) * delta + events) / total
    c0 = k2 * delta * (1 - delta) / total
    q = (c2 / 3) ** 3 - c1 * c2 / 6 + c0 / 2
    p = np.copysign(np.sqrt(np.maximum((c2 / 3) ** 2 - c1 / 3, 0)), q)
    angle = (np.pi + np.arccos(np.clip(np.where(p == 0, 0.0, q / p**3), -1, 1))) / 3
    share = 2 * p * np.cos(angle) - c2 / 3
    lowest, highest = np.maximum(0, -delta), np.minimum(1, 1 - delta)
    for _ in range(2):  # the cosine leaves a small share few digits; Newton's steps restore them
        slope = (3 * share + 2 * c2) * share + c1
        step = (((share + c2) * share + c1) * share + c0) / slope
        share = np.where(np.isfinite(step), share - step, share)
        share = np.minimum(np.maximum(share, lowest), highest)
    return np.asarray(share)


def score_ratio_limits(k1: Array, n1: Array, k2: Array, n2: Array, z: float) -> Limits:
    with np.errstate(divide="ignore", invalid="ignore"):
        total, events = n1 + n2, k1 + k2
        share1, share2 = k1 / n1, k2 / n2
        factor = z**2 * total / (total - 1)

        def rejected(log_ratio: Array) -> NDArray[np.bool_]:
            ratio = np.exp(log_ratio)
            # The smaller root of N r p² - (n1 r + k1 + n2 + k2 r) p + k1 + k2, in the form that does not cancel.
            linear = n1 * ratio + k1 + n2 + k2 * ratio
            p2 = 2 * events / (linear + np.sqrt(np.maximum(linear**2 - 4 * total * ratio * events, 0)))
            p1 = p2 * ratio
            variance = p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2
            return (share1 - ratio * share2) ** 2 > factor * variance

        centre = np.clip(np.log(share1 / share2), -_WIDEST_LOG_RATIO, _WIDEST_LOG_RATIO)
        edge = np.full_like(centre, _WIDEST_LOG_RATIO)
        low = np.where(k1 == 0, 0.0, np.exp(_bisect(rejected, -edge, centre)))
        high = np.where(k2 == 0, np.inf, np.exp(_bisect(rejected, edge, centre)))
        return _where_defined(low, high, n1, n2)


def _bisect(rejected: Callable[[Array], NDArray[np.bool_]], outside: Array, inside: Array) -> Array:
    """Find the edge between values that are rejected and values that are not."""
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        out = rejected(middle)
        outside, inside = np.where(out, middle, outside), np.where(out, inside, middle)
    return (outside + inside) / 2


def _where_defined(low: Array, high: Array, n1: Array, n2: Array) -> Limits:
    defined = (n1 > 0) & (n2 > 0) & (n1 + n2 > 1)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


# --- Checks and small parts. ------------------------------------------------------------------------------------------
