"""Normal, t, beta and gamma distributions in numpy alone, broadcasting over arrays.

One idea serves all quantiles. In the logit of x (beta, t) or the logarithm of x (gamma) the density is log-concave,
and then so is the tail probability F. Newton's method on log F therefore converges from anywhere: wherever its first
step lands, all later ones approach the root from one side. Halley's correction makes it cubic, so that two or three
evaluations suffice, and a tail of 1e-300 is no special case.

Outside the domain (a shape that is not positive, a probability above 1, NaN) the answer is NaN, without a warning:
whoever calls has checked already. Results are arrays of the broadcast shape, 0-d for numbers.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_Real = TypeVar("_Real", float, Array)
# The left tail at a point: the log of its area, its area over its density, the slope of the log density.
_Tail = Callable[[Array], tuple[Array, Array, Array]]

_STANDARD_NORMAL = NormalDist()
_EPSILON = 2.0**-52
# From here on Stirling's formula has a remainder that its first terms give in full.
_LARGE = 10.0
# From here on four terms give the ratio of two gammas half a step apart.
_MODERATE = 20.0
_MOST_TERMS = 100_000
_MOST_STEPS = 100
# Halley's error is below the cube of the last miss: 1e-12 once the miss is below this.
_SMALL_MISS = 1e-4
# The t and the normal quantile differ by (z² + 1) / 4 df, relatively: nothing, from here on.
_PRACTICALLY_NORMAL = 1e18
# From here on the power series for the centre of t is shorter than the continued fraction for its tail ...
_SERIES_FROM_DF = 10.0
# ... and its complement keeps 12 digits of a tail that is not smaller than this.
_SERIES_FROM_TAIL = 1e-3
# The centre's area holds the digits once both tails have more than this.
_MOSTLY_CENTRE = 0.5
# Gaver & Kafadar's approximation to t starts here.
_BELL_SHAPED = 3.0
# Beyond this logit or logarithm every quantile is 0 in double precision.
_FARTHEST = -2000.0
# A smaller shape is treated as this one: its quantiles are the same, its reciprocal is finite.
_LEAST_SHAPE = 1e-290
# Wilson & Hilferty's approximation to gamma holds as long as its cube root is not near 0.
_CUBE_ROOT = 0.2
# Up to here a loop over plain numbers (20 µs each) is quicker than arrays (700 µs and more, whatever their size), ...
_FEW = 32
# ... as long as the first guess is near, as it is for a gamma shape and a tail from here on.
_COMMON_SHAPE = 0.5
_COMMON_TAIL = 1e-8

# Wichura's AS 241, highest power first: numerator, denominator.
_AS241_CENTRAL, _AS241_DEEP = 0.425, 5.0
_AS241_CENTRE = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_AS241_MIDDLE = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
_AS241_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


def normal_cdf(z: ArrayLike) -> Array:
    """Return the probability that a standard normal variable is at most z.

    A loop over `math.erfc`, on purpose: it is right to the last digit, and an array version of it measured slower.
    """
    values = np.asarray(z, dtype=np.float64)
    areas = [0.5 * math.erfc(value) for value in (values.ravel() * -math.sqrt(0.5)).tolist()]
    return np.array(areas, dtype=np.float64).reshape(values.shape)


def normal_quantile(p: ArrayLike) -> Array:
    """Return the standard normal quantile (Wichura 1988, Applied Statistics 37: AS 241)."""
    probability = np.asarray(p, dtype=np.float64)
    if probability.size == 1 and 0 < probability.item() < 1:
        # The standard library has the same algorithm in C: 1 µs for one number, where the arrays below take 60.
        return np.full(probability.shape, _STANDARD_NORMAL.inv_cdf(probability.item()))
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = probability - 0.5
        centre = offset * _rational(_AS241_CENTRE, _AS241_CENTRAL**2 - offset**2)
        depth = np.sqrt(-np.log(np.minimum(probability, 1 - probability)))
        tail = np.where(
            depth <= _AS241_DEEP, _rational(_AS241_MIDDLE, depth - 1.6), _rational(_AS241_TAIL, depth - _AS241_DEEP)
        )
        tail = np.where(np.isinf(depth), np.inf, tail)
        return np.where(np.abs(offset) <= _AS241_CENTRAL, centre, np.copysign(tail, offset))


def _rational(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    numerator, denominator = coefficients
    above, below = np.full_like(x, numerator[0]), np.full_like(x, denominator[0])
    for over, under in zip(numerator[1:], denominator[1:], strict=True):
        above = above * x + over
        below = below * x + under
    return above / below


def log_gamma(x: ArrayLike) -> Array:
    """Return log Γ(x) for x > 0, to 15 digits of the larger of 1 and the result."""
    values = np.asarray(x, dtype=np.float64)
    with np.errstate(all="ignore"):
        shifted = np.where(values < _LARGE, values + 10, values)
        product = values.copy()
        for step in range(1, 10):
            product = product * (values + step)
        large = _stirling(shifted) + stirling_remainder_of_large(shifted)
        result = np.where(values < _LARGE, large - np.log(product), large)
        return np.where(values > 0, result, np.nan)


def _stirling(x: Array) -> Array:
    return (x - 0.5) * np.log(x) - x + 0.5 * math.log(2 * math.pi)


def stirling_remainder_of_large(x: _Real) -> _Real:
    """Log Γ(x) minus Stirling's formula, to 1e-16 from x = _LARGE."""
    w = 1 / x**2
    series = 1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360 - w * (1 / 156 - w * 3617 / 122400))))
    return (1 / 12 - w * (1 / 360 - w * series)) / x


def _stirling_remainder(x: Array) -> Array:
    """Log Γ(x) minus Stirling's formula: what is left of log Γ after cancelling in a ratio of large gammas."""
    if bool(np.all(x >= _LARGE)):
        return stirling_remainder_of_large(x)
    return np.where(x < _LARGE, log_gamma(x) - _stirling(x), stirling_remainder_of_large(np.maximum(x, _LARGE)))


def _pending(change: Array | float, total: Array | float) -> bool:
    """Tell whether a sum still changes; NaN does not count."""
    if isinstance(change, float) and isinstance(total, float):
        return abs(change) > _EPSILON * abs(total)
    return bool(np.greater(np.abs(change), _EPSILON * np.abs(total)).any())


def _continued_fraction(start: _Real, coefficients: Callable[[int], tuple[_Real, _Real]]) -> _Real:
    """Return 1 / (start + a1 / (b1 + a2 / (b2 + ...))) by Steed's method, for numbers and for arrays."""
    inverse = 1 / start
    total = change = inverse
    for term in range(1, _MOST_TERMS):  # pragma: no branch - it converges
        a, b = coefficients(term)
        inverse = 1 / (b + a * inverse)
        change = change * (b * inverse - 1)
        total = total + change
        if not _pending(change, total):
            break
    return total


def _beta_fraction(x: _Real, y: _Real, a: _Real, b: _Real) -> _Real:
    """Beta's left tail over x^a y^b / B(a, b), y = 1 - x, for x <= (a + 1) / (a + b + 2).

    DiDonato & Morris (1992), ACM TOMS 18, equation 9. Their a - (a + b) x is written a y - b x, which keeps its digits.
    """
    balance = a * y - b * x + 1

    def coefficients(m: int) -> tuple[_Real, _Real]:
        odd = a + (2 * m - 1)
        common = m * (b - m) * x / odd
        over = (a + (m - 1)) * (a + b + (m - 1)) * x / odd * common
        return over, m + common + (a + m) * (balance + m * (1 + y)) / (odd + 2)

    return _continued_fraction(a * balance / (a + 1), coefficients)


def _t_centre_series(y: _Real, a: _Real) -> _Real:
    """Beta(1/2, a)'s left tail at y over y^(1/2) (1-y)^a / B: a series of positive terms."""
    term = total = 2 + 0 * y
    for n in range(_MOST_TERMS):  # pragma: no branch - it converges
        term = term * (y * (a + (n + 0.5)) / (n + 1.5))
        total = total + term
        if not _pending(term, total):
            break
    return total


def _t_centre_series_of_one(y: float, a: float) -> float:
    """The same for one number: a tenth of the time, since most of it goes into asking what is still pending."""
    term = total = 2.0
    above = 1.5
    while term > _EPSILON * total:
        term *= y * (a + above - 1) / above
        total += term
        above += 1
    return total


def _solve(start: Array, log_target: Array, tail: _Tail) -> Array:
    """Find where log F equals the target, F being the left tail of a log-concave density."""
    at = start
    for _ in range(_MOST_STEPS):  # pragma: no branch - a few suffice
        log_area, mills, slope = tail(at)
        miss = log_area - log_target
        # Halley's denominator, held near 1: far from the root the parabola is no guide, and Newton's step is safe.
        bend = np.clip(1 - 0.5 * miss * (slope * mills - 1), 0.5, 2)
        longest = 10 + np.abs(at)
        at = at - np.clip(miss * mills / bend, -longest, longest)
        if not bool(np.any(np.abs(miss) > _SMALL_MISS)):
            break
    return at


def _solve_one(start: float, log_target: float, tail: Callable[[float], tuple[float, float, float]]) -> float:
    """The same for one number, from a start that is near already."""
    at = start
    for _ in range(_MOST_STEPS):  # pragma: no branch - a few suffice
        log_area, mills, slope = tail(at)
        miss = log_area - log_target
        at -= miss * mills / min(max(1 - 0.5 * miss * (slope * mills - 1), 0.5), 2)
        if abs(miss) <= _SMALL_MISS:
            break
    return at


def _log_beta_shape(a: Array, b: Array) -> Array:
    """Log of 1 / (B(a, b) p^a q^b) with p = a / (a + b): of moderate size, whatever the shapes."""
    remainder = _stirling_remainder(a + b) - _stirling_remainder(a) - _stirling_remainder(b)
    return 0.5 * np.log(a * (b / (a + b)) / (2 * math.pi)) + remainder


def _left_of(direct: NDArray[np.bool_], log_density: Array, mills: Array) -> tuple[Array, Array]:
    """Log of the left tail's area, and that area over the density, from whichever tail was summed."""
    log_area = log_density + np.log(mills)
    log_left = np.where(direct, log_area, np.log1p(-np.exp(np.minimum(log_area, 0))))
    return log_left, np.where(direct, mills, np.exp(np.minimum(log_left - log_density, 700)))


def _log_beta(a: Array, b: Array) -> Array:
    return -_log_beta_shape(a, b) - a * np.log1p(b / a) - b * np.log1p(a / b)


def _beta_tail(a: Array, b: Array) -> _Tail:
    """The distribution of logit(x) for x from Beta(a, b)."""
    log_shape = _log_beta_shape(a, b)

    def tail(logit: Array) -> tuple[Array, Array, Array]:
        x, y = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
        left, right = np.log1p(b / a) - np.logaddexp(0, -logit), np.log1p(a / b) - np.logaddexp(0, logit)
        log_density = log_shape + a * left + b * right
        direct = x * (b + 1) <= y * (a + 1)
        inside = _beta_fraction(
            np.where(direct, x, y), np.where(direct, y, x), np.where(direct, a, b), np.where(direct, b, a)
        )
        return *_left_of(direct, log_density, inside), a * y - b * x

    return tail


def _t_tail_by_series(a: Array) -> _Tail:
    """The same for b = 1/2, by the series for the centre."""
    b = np.full_like(a, 0.5)
    log_shape = _log_beta_shape(a, b)

    def tail(logit: Array) -> tuple[Array, Array, Array]:
        odds = np.exp(-logit)
        y = odds / (1 + odds)
        log_density = log_shape + a * (np.log1p(b / a) - np.log1p(odds)) + b * (np.log1p(a / b) + np.log(y))
        area = -np.expm1(log_density + np.log(_t_centre_series(y, a)))
        return np.log(area), area * np.exp(-log_density), a * y - b * (1 - y)

    return tail


def beta_cdf(x: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
    """Return the regularised incomplete beta function I_x(a, b); a and b are positive and finite."""
    at, first, second = _arrays(x, a, b)
    with np.errstate(all="ignore"):
        valid = (first > 0) & (second > 0)
        log_area, _, _ = _beta_tail(first, second)(np.log(at) - np.log1p(-at))
        area = np.where(at >= 1, 1.0, np.where(at <= 0, 0.0, np.exp(log_area)))
        return np.where(valid & ~np.isnan(at), area, np.nan)


def beta_quantile(p: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
    """Return the x with I_x(a, b) = p; a and b are positive and finite."""
    probability, first, second = _arrays(p, a, b)
    with np.errstate(all="ignore"):
        valid = (first > 0) & (second > 0) & (probability >= 0) & (probability <= 1)
        first, second = np.maximum(first, _LEAST_SHAPE), np.maximum(second, _LEAST_SHAPE)
        # The smaller tail holds the digits: above the median, 1 - x is a quantile of Beta(b, a).
        upper = probability > 1 - probability
        area = np.where(upper, 1 - probability, probability)
        near, far = np.where(upper, second, first), np.where(upper, first, second)
        logit = _solve(_beta_start(area, near, far), np.log(area), _beta_tail(near, far))
        quantile = 1 / (1 + np.exp(np.where(upper, logit, -logit)))
        quantile = np.where(area == 0, np.where(upper, 1.0, 0.0), quantile)
        return np.where(valid, quantile, np.nan)


def _beta_start(area: Array, a: Array, b: Array) -> Array:
    """A first logit: Abramowitz & Stegun 26.5.22, or the power law of the far tail where that has no meaning."""
    z = normal_quantile(1 - area)
    a2, b2 = 1 / (2 * a - 1), 1 / (2 * b - 1)
    h = 2 / (a2 + b2)
    bulk = (z**2 - 3) / 6
    w = z * np.sqrt(h + bulk) / h - (b2 - a2) * (bulk + 5 / 6 - 2 / (3 * h))
    normal = np.log(a / b) - 2 * w
    power = np.maximum((np.log(area * a) + _log_beta(a, b)) / a, _FARTHEST)
    return np.where((np.minimum(a, b) >= 1) & np.isfinite(normal), normal, power)


def t_cdf(t: ArrayLike, df: ArrayLike) -> Array:
    """Return the probability that Student's t with df > 0 degrees of freedom (real, or inf) is at most t."""
    at, freedom = _arrays(t, df)
    with np.errstate(all="ignore"):
        normal = freedom > _PRACTICALLY_NORMAL
        half = np.where(normal, 1.0, freedom) / 2
        log_area, _, _ = _beta_tail(half, np.full_like(half, 0.5))(np.log(2 * half) - 2 * np.log(np.abs(at)))
        tail = np.where(np.isinf(at), 0.0, 0.5 * np.exp(log_area))
        tail = np.where(at == 0, 0.5, tail)
        area = np.where(normal, normal_cdf(at), np.where(at > 0, 1 - tail, tail))
        return np.where((freedom > 0) & ~np.isnan(at), area, np.nan)


def t_quantile(p: ArrayLike, df: ArrayLike) -> Array:
    """Return the quantile of Student's t with df > 0 degrees of freedom (real, or inf for the normal)."""
    probability, freedom = _arrays(p, df)
    if freedom.size <= _FEW:
        pairs = list(zip(probability.ravel().tolist(), freedom.ravel().tolist(), strict=True))
        if all(_is_common_t(one_p, one_df) for one_p, one_df in pairs):
            few = [_t_quantile_of_one(one_p, one_df) for one_p, one_df in pairs]
            return np.array(few, dtype=np.float64).reshape(freedom.shape)
    elif np.size(p) == 1:
        # Degrees of freedom that are numbers of accounts repeat.
        distinct, place = np.unique(freedom, return_inverse=True)
        return _t_quantiles(np.full(distinct.shape, probability.flat[0]), distinct)[place].reshape(freedom.shape)
    return _t_quantiles(probability.ravel(), freedom.ravel()).reshape(freedom.shape)


def _is_common_t(p: float, df: float) -> bool:
    tail = 2 * min(p, 1 - p)
    return _SERIES_FROM_TAIL <= tail <= _MOSTLY_CENTRE and 1 <= df <= _PRACTICALLY_NORMAL


def _t_quantile_of_one(p: float, df: float) -> float:
    """The method of `_t_outer` on plain numbers."""
    area, a = 2 * min(p, 1 - p), df / 2
    if a < _MODERATE:
        log_ratio = math.lgamma(a + 0.5) - math.lgamma(a)
    else:  # a difference of large logarithms would lose digits
        w = 1 / a**2
        log_ratio = 0.5 * math.log(a) - (1 / 8 - w * (1 / 192 - w * (1 / 640 - w * 17 / 14336))) / a
    log_shape = log_ratio - 0.5 * math.log(math.pi)

    def tail(logit: float) -> tuple[float, float, float]:
        odds = math.exp(-logit)
        y = odds / (1 + odds)
        log_density = log_shape - 0.5 * logit - (a + 0.5) * math.log1p(odds)
        if df >= _SERIES_FROM_DF:
            mills = math.exp(-log_density) - _t_centre_series_of_one(y, a)
        else:
            mills = _beta_fraction(1 / (1 + odds), y, a, 0.5)
        return log_density + math.log(mills), mills, a * y - 0.5 * (1 - y)

    if df >= _BELL_SHAPED:
        start = -math.log(math.expm1(_STANDARD_NORMAL.inv_cdf(area / 2) ** 2 * (df - 1.5) / (df - 1) ** 2))
    else:
        start = (math.log(area * a) - log_shape) / a
    size = math.sqrt(df) * math.exp(-_solve_one(start, math.log(area), tail) / 2)
    return math.copysign(size, p - 0.5)


def _t_quantiles(p: Array, df: Array) -> Array:
    result = np.full(p.shape, np.nan)
    with np.errstate(all="ignore"):
        valid = (df > 0) & (p >= 0) & (p <= 1)
        normal = valid & (df > _PRACTICALLY_NORMAL)
        result[normal] = normal_quantile(p[normal])
        rest = valid & ~normal
        both_tails = 2 * np.minimum(p, 1 - p)
        size = np.full(p.shape, np.inf)
        inner = rest & (both_tails > _MOSTLY_CENTRE)
        outer = rest & (both_tails <= _MOSTLY_CENTRE) & (both_tails > 0)
        by_series = outer & (df >= _SERIES_FROM_DF) & (both_tails >= _SERIES_FROM_TAIL)
        for chosen, series in ((by_series, True), (outer & ~by_series, False)):
            if chosen.any():
                size[chosen] = _t_outer(both_tails[chosen], df[chosen], series=series)
        if inner.any():
            size[inner] = _t_inner(np.abs(2 * p[inner] - 1), df[inner])
        result[rest] = np.copysign(size[rest], p[rest] - 0.5)
        result[rest & (both_tails == 1)] = 0.0
    return result


def _t_outer(tail: Array, df: Array, *, series: bool) -> Array:
    """|t| from the area of both tails: x = df / (df + t²) is a quantile of Beta(df/2, 1/2)."""
    a, half = df / 2, np.full_like(df, 0.5)
    z = normal_quantile(tail / 2)
    # Gaver & Kafadar (1984); below three degrees of freedom the power law of the tail.
    body = -np.log(np.expm1(z**2 * (df - 1.5) / (df - 1) ** 2))
    power = (np.log(tail * a) + _log_beta(a, half)) / a
    start = np.where((df >= _BELL_SHAPED) & np.isfinite(body), body, power)
    logit = _solve(start, np.log(tail), _t_tail_by_series(a) if series else _beta_tail(a, half))
    return np.sqrt(df) * np.exp(-logit / 2)


def _t_inner(centre: Array, df: Array) -> Array:
    """|t| from the area of the centre: t² / (df + t²) is a quantile of Beta(1/2, df/2)."""
    a, half = df / 2, np.full_like(df, 0.5)
    start = 2 * (np.log(centre / 2) + _log_beta(half, a))
    logit = _solve(start, np.log(centre), _beta_tail(half, a))
    return np.sqrt(df) * np.exp(logit / 2)


def _gamma_left_fraction(x: _Real, a: _Real) -> _Real:
    """Gamma's left tail over x^a e^-x / Γ(a), for x up to about a: the limit of beta's fraction for large b."""

    def coefficients(m: int) -> tuple[_Real, _Real]:
        odd = a + (2 * m - 1)
        return (a + (m - 1)) * m * (x / odd) ** 2, m + m * x / odd + (a + m) * (a - x + 1 + 2 * m) / (odd + 2)

    return _continued_fraction(a * (a - x + 1) / (a + 1), coefficients)


def _gamma_right_fraction(x: _Real, a: _Real) -> _Real:
    """Gamma's right tail over the same, for x from about a (Legendre)."""
    return _continued_fraction(x + 1 - a, lambda m: (m * (a - m), x - a + (2 * m + 1)))


def _gamma_tail(a: Array, *, upper: bool) -> _Tail:
    """The distribution of log(x / a) for x from Gamma(a), or of its negative."""
    log_shape = 0.5 * np.log(a / (2 * math.pi)) - _stirling_remainder(a)

    def tail(at: Array) -> tuple[Array, Array, Array]:
        log_x = -at if upper else at
        x = a * np.exp(log_x)
        log_density = log_shape - a * (np.expm1(log_x) - log_x)
        left = x <= a + 0.5
        # Each fraction is evaluated where it converges; the other side's arguments are only kept harmless.
        inside = np.where(
            left, _gamma_left_fraction(np.minimum(x, a + 0.5), a), _gamma_right_fraction(np.maximum(x, a + 0.5), a)
        )
        return *_left_of(left != upper, log_density, inside), np.where(upper, x - a, a - x)

    return tail


def gamma_cdf(x: ArrayLike, a: ArrayLike) -> Array:
    """Return the regularised lower incomplete gamma function P(a, x); a is positive and finite."""
    at, shape = _arrays(x, a)
    with np.errstate(all="ignore"):
        log_area, _, _ = _gamma_tail(shape, upper=False)(np.log(at / shape))
        area = np.where(np.isposinf(at), 1.0, np.where(at <= 0, 0.0, np.exp(log_area)))
        return np.where((shape > 0) & ~np.isnan(at), area, np.nan)


def gamma_quantile(p: ArrayLike, a: ArrayLike) -> Array:
    """Return the x with P(a, x) = p; a is positive and finite. Half of chi-square's with 2 a degrees of freedom."""
    probability, shape = (values.ravel() for values in _arrays(p, a))
    result, wanted = np.full(probability.shape, np.nan), np.broadcast_shapes(np.shape(p), np.shape(a))
    if shape.size <= _FEW:
        pairs = list(zip(probability.tolist(), shape.tolist(), strict=True))
        if all(_is_common_gamma(one_p, one_a) for one_p, one_a in pairs):
            few = [_gamma_quantile_of_one(one_p, one_a) for one_p, one_a in pairs]
            return np.array(few, dtype=np.float64).reshape(wanted)
    with np.errstate(all="ignore"):
        valid = (shape > 0) & (probability >= 0) & (probability <= 1)
        shape = np.maximum(shape, _LEAST_SHAPE)
        result[valid & (probability == 0)] = 0.0
        result[valid & (probability == 1)] = np.inf
        inside = valid & (probability > 0) & (probability < 1)
        above = probability > 1 - probability
        for chosen, upper in ((inside & ~above, False), (inside & above, True)):
            if chosen.any():
                area = 1 - probability[chosen] if upper else probability[chosen]
                start = _gamma_start(probability[chosen], shape[chosen])
                log_x = _solve(-start if upper else start, np.log(area), _gamma_tail(shape[chosen], upper=upper))
                result[chosen] = shape[chosen] * np.exp(-log_x if upper else log_x)
    return result.reshape(wanted)


def _is_common_gamma(p: float, a: float) -> bool:
    return _COMMON_TAIL <= p <= 1 - _COMMON_TAIL and _COMMON_SHAPE <= a < math.inf


def _gamma_quantile_of_one(p: float, a: float) -> float:
    """The same method on plain numbers."""
    above = p > 1 - p
    if a < _MODERATE:
        remainder = math.lgamma(a) - (a - 0.5) * math.log(a) + a - 0.5 * math.log(2 * math.pi)
    else:
        remainder = stirling_remainder_of_large(a)
    log_shape = 0.5 * math.log(a / (2 * math.pi)) - remainder

    def tail(at: float) -> tuple[float, float, float]:
        log_x = -at if above else at
        x = a * math.exp(log_x)
        log_density = log_shape - a * (math.expm1(log_x) - log_x)
        left = x <= a + 0.5
        mills = _gamma_left_fraction(x, a) if left else _gamma_right_fraction(x, a)
        log_area = log_density + math.log(mills)
        if left == above:
            log_area = math.log1p(-math.exp(log_area))
            mills = math.exp(log_area - log_density)
        return log_area, mills, x - a if above else a - x

    cube_root = 1 - 1 / (9 * a) + _STANDARD_NORMAL.inv_cdf(p) / (3 * math.sqrt(a))
    power = (math.log(p) + math.lgamma(a + 1)) / a - math.log(a)
    start = 3 * math.log(cube_root) if cube_root > _CUBE_ROOT else power
    log_x = _solve_one(-start if above else start, math.log(1 - p if above else p), tail)
    return a * math.exp(-log_x if above else log_x)


def _gamma_start(p: Array, a: Array) -> Array:
    """A first log(x / a): Wilson & Hilferty (1931), or the power law near 0."""
    cube_root = 1 - 1 / (9 * a) + normal_quantile(p) / (3 * np.sqrt(a))
    power = np.maximum((np.log(p) + log_gamma(a + 1)) / a - np.log(a), _FARTHEST)
    return np.where(cube_root > _CUBE_ROOT, 3 * np.log(np.maximum(cube_root, _CUBE_ROOT)), power)


def _arrays(*values: ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
