"""Published interval methods on plain numbers.

The functions in `__all__` check their arguments, broadcast over arrays and return an `Interval`. Each is thin over a
kernel below them (`wilson_limits`, `tango_limits`, ...), which takes arrays unchecked and returns (low, high): the
estimation engine shares these kernels. Counts may be real numbers, as effective sample sizes are.
"""

from collections.abc import Callable
from numbers import Real
from typing import Literal, TypeVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from abmmetrics._special import beta_quantile, gamma_quantile, normal_quantile
from abmmetrics.errors import MetricInputError

__all__ = [
    "Interval",
    "clopper_pearson",
    "garwood",
    "jeffreys",
    "miettinen_nurminen",
    "mover_ratio",
    "newcombe",
    "tango",
    "wilson",
]

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


@attrs.frozen
class Interval:
    """Two confidence limits: numbers, or float64 arrays of one shape.

    Attributes:
        low: The lower limit.
        high: The upper limit.

    Example:
        >>> from abmmetrics.intervals import Interval
        >>> Interval(0.25, 0.5)
        Interval(low=0.25, high=0.5)
    """

    low: FloatOrArray = attrs.field(eq=attrs.cmp_using(eq=np.array_equal))
    high: FloatOrArray = attrs.field(eq=attrs.cmp_using(eq=np.array_equal))


def wilson(successes: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Score interval for a share.

    (p + z²/2n ± z sqrt(p (1 - p)/n + z²/4n²)) / (1 + z²/n), p = successes/n. Nearly nominal coverage on average over p;
    it may fall below at a single p. It takes the trials as independent: for several emails to one account it does not.

    Args:
        successes: Trials that succeeded, from 0 to n; real numbers are allowed.
        n: Trials, at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits in [0, 1]: exactly 0 without successes, exactly 1 without failures, NaN where n is 0.

    Raises:
        MetricInputError: If a count is negative, not finite or above n, or confidence is not between 0 and 1.

    Example:
        >>> wilson(81, 263)
        Interval(low=0.25528..., high=0.36620...)

    References:
        Wilson (1927), Journal of the American Statistical Association 22. Newcombe (1998), Statistics in Medicine 17:
        857-872, method 3.
    """
    counts, trials = _successes_and_n(successes, n)
    return _interval(wilson_limits(_share(counts, trials), trials, _critical(confidence)))


def clopper_pearson(successes: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Exact interval for a share: both binomial tails hold at most (1 - confidence)/2.

    Low is the (1 - confidence)/2 quantile of Beta(k, n - k + 1), high the (1 + confidence)/2 quantile of
    Beta(k + 1, n - k). Coverage is never below nominal, for contracts and service levels; it is wider than needed on
    average. It takes the trials as independent.

    Args:
        successes: Trials that succeeded, from 0 to n; real numbers are allowed.
        n: Trials, at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits in [0, 1]: exactly 0 without successes, exactly 1 without failures, NaN where n is 0.

    Raises:
        MetricInputError: If a count is negative, not finite or above n, or confidence is not between 0 and 1.

    Example:
        >>> clopper_pearson(13, 16)
        Interval(low=0.54354..., high=0.95952...)

    References:
        Clopper & Pearson (1934), Biometrika 26. Newcombe (1998), Statistics in Medicine 17: 857-872, method 5.
    """
    counts, trials = _successes_and_n(successes, n)
    tail = _tail(confidence)
    low = beta_quantile(tail, counts, trials - counts + 1)
    high = beta_quantile(1 - tail, counts + 1, trials - counts)
    return _interval(_with_exact_ends(low, high, counts, trials))


def jeffreys(successes: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Equal-tailed interval for a share from Jeffreys's prior: quantiles of Beta(k + 1/2, n - k + 1/2).

    The limit is 0 without successes and 1 without failures, so that a certain event is never excluded. Nearly nominal
    coverage on average. It takes the trials as independent.

    Args:
        successes: Trials that succeeded, from 0 to n; real numbers are allowed.
        n: Trials, at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits in [0, 1]: exactly 0 without successes, exactly 1 without failures, NaN where n is 0.

    Raises:
        MetricInputError: If a count is negative, not finite or above n, or confidence is not between 0 and 1.

    Example:
        >>> jeffreys(13, 16)
        Interval(low=0.57921..., high=0.94418...)

    References:
        Brown, Cai & DasGupta (2001), Statistical Science 16: 101-133.
    """
    counts, trials = _successes_and_n(successes, n)
    tail = _tail(confidence)
    low = beta_quantile(tail, counts + 0.5, trials - counts + 0.5)
    high = beta_quantile(1 - tail, counts + 0.5, trials - counts + 0.5)
    return _interval(_with_exact_ends(low, high, counts, trials))


def newcombe(
    successes1: ArrayLike, n1: ArrayLike, successes2: ArrayLike, n2: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Interval for a difference of two independent shares, from their Wilson limits l and u.

    d - sqrt((p1 - l1)² + (u2 - p2)²) to d + sqrt((u1 - p1)² + (p2 - l2)²), d = p1 - p2. It takes the trials, and the two
    groups, as independent: not for the same accounts before and after.

    Args:
        successes1: Trials of the first group that succeeded, from 0 to n1; real numbers are allowed.
        n1: Trials of the first group, at least 0.
        successes2: Trials of the second group that succeeded, from 0 to n2.
        n2: Trials of the second group, at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits in [-1, 1] for p1 - p2, NaN where n1 or n2 is 0.

    Raises:
        MetricInputError: If a count is negative, not finite or above its n, or confidence is not between 0 and 1.

    Example:
        >>> newcombe(56, 70, 48, 80)
        Interval(low=0.05243..., high=0.33387...)

    References:
        Newcombe (1998), Statistics in Medicine 17: 873-890, method 10.
    """
    first, second = _wilson_of_two(successes1, n1, successes2, n2, confidence)
    return _interval(mover_difference_limits(*first, *second))


def miettinen_nurminen(
    successes1: ArrayLike,
    n1: ArrayLike,
    successes2: ArrayLike,
    n2: ArrayLike,
    *,
    compare: Literal["difference", "ratio"] = "difference",
    confidence: float = 0.95,
) -> Interval:
    """Score interval for the difference, or the ratio, of two independent shares.

    All values of the difference (ratio) that the score test does not reject: the variance is that of the most likely
    pair of shares with this difference (ratio), times N/(N - 1), N = n1 + n2. It takes the trials, and the two groups,
    as independent.

    Args:
        successes1: Trials of the first group that succeeded, from 0 to n1; real numbers are allowed.
        n1: Trials of the first group, at least 0.
        successes2: Trials of the second group that succeeded, from 0 to n2.
        n2: Trials of the second group, at least 0.
        compare: "difference" for p1 - p2, "ratio" for p1 / p2.
        confidence: Between 0 and 1.

    Returns:
        Limits in [-1, 1], or in [0, inf] for the ratio; NaN where n1 or n2 is 0 or N is not above 1. The ratio's low is
        0 where successes1 is 0, its high inf where successes2 is 0.

    Raises:
        MetricInputError: If a count is negative, not finite or above its n, compare is neither word, or confidence is
            not between 0 and 1.

    Example:
        >>> miettinen_nurminen(56, 70, 48, 80)
        Interval(low=0.05282..., high=0.33817...)
        >>> miettinen_nurminen(7, 34, 1, 34, compare="ratio")
        Interval(low=1.2085..., high=43.032...)

    References:
        Miettinen & Nurminen (1985), Statistics in Medicine 4: 213-226.
    """
    counts1, trials1, counts2, trials2 = _two_groups(successes1, n1, successes2, n2)
    kernels = {"difference": _score_difference_limits, "ratio": _score_ratio_limits}
    if compare not in kernels:
        raise MetricInputError(f"compare must be 'difference' or 'ratio'; got {compare!r}")
    return _interval(kernels[compare](counts1, trials1, counts2, trials2, _critical(confidence)))


def mover_ratio(
    successes1: ArrayLike, n1: ArrayLike, successes2: ArrayLike, n2: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Interval for the ratio of two independent shares, from their Wilson limits (MOVER-R).

    The ratios r at which p1 - r p2 has 0 as a limit, its variance recovered from the limits of p1 and p2. It takes the
    trials, and the two groups, as independent.

    Args:
        successes1: Trials of the first group that succeeded, from 0 to n1; real numbers are allowed.
        n1: Trials of the first group, at least 0.
        successes2: Trials of the second group that succeeded, from 0 to n2.
        n2: Trials of the second group, at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits in [0, inf] for p1 / p2, NaN where n1 or n2 is 0. Low is 0 where successes1 is 0, high is inf where
        successes2 is 0.

    Raises:
        MetricInputError: If a count is negative, not finite or above its n, or confidence is not between 0 and 1.

    Example:
        >>> mover_ratio(7, 34, 1, 34)
        Interval(low=1.1536..., high=41.976...)

    References:
        Donner & Zou (2012), Statistical Methods in Medical Research 21. Fagerland & Newcombe (2013), Statistics in
        Medicine 32: 2823-2836.
    """
    first, second = _wilson_of_two(successes1, n1, successes2, n2, confidence)
    return _interval(mover_ratio_limits(*first, *second))


def tango(detractors: ArrayLike, passives: ArrayLike, promoters: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Score interval for a net promoter score on the scale from -1 to 1.

    All scores t with (x - t)² <= z² (2 q + t (1 - t)) / n, where x = (promoters - detractors)/n and q is the most likely
    share of detractors given t. The same as Tango's interval for a difference of paired shares. It takes the answers as
    independent, and says nothing about those who did not answer.

    Args:
        detractors: Answers counted -1, at least 0; real numbers are allowed.
        passives: Answers counted 0, at least 0.
        promoters: Answers counted 1, at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits in [-1, 1]: exactly -1 where all are detractors, exactly 1 where all are promoters, NaN without answers.

    Raises:
        MetricInputError: If a count is negative or not finite, or confidence is not between 0 and 1.

    Example:
        >>> tango(3, 20, 9)
        Interval(low=-0.02709..., high=0.38969...)

    References:
        Tango (1998), Statistics in Medicine 17: 891-908.
    """
    against, neutral, in_favour = _counts({"detractors": detractors, "passives": passives, "promoters": promoters})
    return _interval(tango_limits(against, neutral, in_favour, _critical(confidence)))


def garwood(events: ArrayLike, exposure: ArrayLike = 1.0, *, confidence: float = 0.95) -> Interval:
    """Exact interval for a Poisson rate: both tails hold at most (1 - confidence)/2.

    Low is the (1 - confidence)/2 quantile of Gamma(events) over the exposure, high the (1 + confidence)/2 quantile of
    Gamma(events + 1) over it. It takes events as independent: touches that come in bursts are not.

    Args:
        events: Events counted, at least 0; real numbers are allowed.
        exposure: What they are counted over (accounts, days), at least 0.
        confidence: Between 0 and 1.

    Returns:
        Limits of events per unit of exposure: low exactly 0 without events, both NaN where exposure is 0.

    Raises:
        MetricInputError: If a number is negative or not finite, there are events at exposure 0, or confidence is not
            between 0 and 1.

    Example:
        >>> garwood(15, 400)
        Interval(low=0.02098..., high=0.06185...)

    References:
        Garwood (1936), Biometrika 28: 437-442.
    """
    counts, exposures = _counts({"events": events, "exposure": exposure})
    _require(~((exposures == 0) & (counts > 0)), "events must be 0 where exposure is 0", counts)
    low, high = fay_feuer_limits(counts, counts, np.ones_like(counts), _checked_confidence(confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        nothing = np.where(exposures == 0, np.nan, exposures)
        return _interval((low / nothing, high / nothing))


# --- Kernels: unchecked arrays in, limits out. ------------------------------------------------------------------------


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
    squares = margin1**2 + margin2**2 - 2 * correlation * margin1 * margin2
    return np.sqrt(np.maximum(squares, 0))


def mover_ratio_limits(  # noqa: PLR0917 - as above
    value1: Array, low1: Array, high1: Array, value2: Array, low2: Array, high2: Array, correlation: FloatOrArray = 0.0
) -> Limits:
    """Limits for value1 / value2 >= 0 from the limits of each (Donner & Zou 2012), given their correlation.

    Low is 0 where low1 is; high is inf where low2 is 0, for then the denominator may be.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
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


def _score_difference_limits(k1: Array, n1: Array, k2: Array, n2: Array, z: float) -> Limits:
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


def _score_ratio_limits(k1: Array, n1: Array, k2: Array, n2: Array, z: float) -> Limits:
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


def _share(successes: Array, n: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return successes / n


def _with_exact_ends(low: Array, high: Array, successes: Array, n: Array) -> Limits:
    low, high = np.where(successes == 0, 0.0, low), np.where(successes == n, 1.0, high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def _tail(confidence: float) -> float:
    return (1 - _checked_confidence(confidence)) / 2


def _critical(confidence: float) -> float:
    return -normal_quantile(_tail(confidence)).item()


def _interval(limits: Limits) -> Interval:
    low, high = limits
    return Interval(low, high) if low.ndim else Interval(low.item(), high.item())


def _wilson_of_two(
    successes1: ArrayLike, n1: ArrayLike, successes2: ArrayLike, n2: ArrayLike, confidence: float
) -> tuple[tuple[Array, Array, Array], tuple[Array, Array, Array]]:
    counts1, trials1, counts2, trials2 = _two_groups(successes1, n1, successes2, n2)
    critical = _critical(confidence)
    share1, share2 = _share(counts1, trials1), _share(counts2, trials2)
    return (
        (share1, *wilson_limits(share1, trials1, critical)),
        (share2, *wilson_limits(share2, trials2, critical)),
    )


def _successes_and_n(successes: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    counts, trials = _counts({"successes": successes, "n": n})
    _require_at_most("successes", counts, "n", trials)
    return counts, trials


def _two_groups(
    successes1: ArrayLike, n1: ArrayLike, successes2: ArrayLike, n2: ArrayLike
) -> tuple[Array, Array, Array, Array]:
    counts1, trials1, counts2, trials2 = _counts(
        {"successes1": successes1, "n1": n1, "successes2": successes2, "n2": n2}
    )
    _require_at_most("successes1", counts1, "n1", trials1)
    _require_at_most("successes2", counts2, "n2", trials2)
    return counts1, trials1, counts2, trials2


def _counts(arguments: dict[str, ArrayLike]) -> tuple[Array, ...]:
    arrays = [_numbers(name, values) for name, values in arguments.items()]
    try:
        return tuple(np.broadcast_arrays(*arrays))
    except ValueError:
        names, shapes = ", ".join(arguments), ", ".join(str(array.shape) for array in arrays)
        raise MetricInputError(f"{names} must have shapes that broadcast; got {shapes}") from None


def _numbers(name: str, values: ArrayLike) -> Array:
    try:
        raw = np.asarray(values)
        numeric = raw.dtype.kind in "biuf" or raw.size == 0
    except ValueError:
        numeric = False  # rows of different lengths
    if not numeric:
        raise MetricInputError(f"{name} must be numbers; got {values!r}")
    numbers = np.asarray(values, dtype=np.float64)
    _require(np.isfinite(numbers) & (numbers >= 0), f"{name} must be finite and at least 0", numbers)
    return numbers


def _require_at_most(name: str, values: Array, limit_name: str, limits: Array) -> None:
    _require(values <= limits, f"{name} must be at most {limit_name}", values, limit_name, limits)


def _require(
    kept: NDArray[np.bool_], rule: str, values: Array, other_name: str = "", others: Array | None = None
) -> None:
    if bool(kept.all()):
        return
    place = tuple(int(index) for index in np.argwhere(~kept)[0])
    got = _shown(values[place].item())
    if others is not None:
        got += f" with {other_name}={_shown(others[place].item())}"
    row = "" if not place else f" at row {place[0] if len(place) == 1 else place}"
    raise MetricInputError(f"{rule}; got {got}{row}")


def _shown(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() else repr(value)


def _checked_confidence(confidence: object) -> float:
    if isinstance(confidence, Real) and 0 < float(confidence) < 1:
        return float(confidence)
    raise MetricInputError(f"confidence must be between 0 and 1, both excluded; got {confidence!r}")
