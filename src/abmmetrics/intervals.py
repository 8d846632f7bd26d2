"""Published interval methods on plain numbers.

They check their arguments, broadcast over arrays and return an `Interval`. Counts may be real numbers, as effective
sample sizes are.
"""

from numbers import Real
from typing import Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from abmmetrics._limits import (
    Array,
    FloatOrArray,
    Limits,
    fay_feuer_limits,
    mover_difference_limits,
    mover_ratio_limits,
    score_difference_limits,
    score_ratio_limits,
    tango_limits,
    wilson_limits,
)
from abmmetrics._special import beta_quantile, normal_quantile
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
    kernels = {"difference": score_difference_limits, "ratio": score_ratio_limits}
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


def _share(successes: Array, n: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return successes / n


def _with_exact_ends(low: Array, high: Array, successes: Array, n: Array) -> Limits:
    low, high = np.where(successes == 0, 0.0, low), np.where(successes == n, 1.0, high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def _tail(confidence: float) -> float:
    return (1 - _checked_confidence(confidence)) / 2


def _critical(confidence: float) -> float:
    return -normal_quantile(_tail(confidence)).item()  # mutation: equivalent, the methods take its square


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
        numeric = raw.dtype.kind in "biuf" or raw.size == 0  # mutation: equivalent, "?" is no kind
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
