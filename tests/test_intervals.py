"""Published figures first, then laws, then edges and refusals.

statsmodels is no oracle here: its Miettinen-Nurminen difference (0.15.0) writes count0 where the method has n0.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import attrs
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from abmmetrics import _limits
from abmmetrics.errors import MetricInputError
from abmmetrics.intervals import (
    Interval,
    clopper_pearson,
    garwood,
    jeffreys,
    miettinen_nurminen,
    mover_ratio,
    newcombe,
    tango,
    wilson,
)

stats = pytest.importorskip("scipy.stats")

Kernel = Callable[..., tuple[np.ndarray, np.ndarray]]
wilson_limits: Kernel = _limits.wilson_limits
tango_limits: Kernel = _limits.tango_limits
mover_difference_limits: Kernel = _limits.mover_difference_limits
mover_ratio_limits: Kernel = _limits.mover_ratio_limits
fay_feuer_limits: Kernel = _limits.fay_feuer_limits

Z95 = 1.959963984540054
INF = math.inf


def ratio_score(*counts, confidence=0.95):
    return miettinen_nurminen(*counts, compare="ratio", confidence=confidence)


def as_arrays(*numbers):
    return [np.array([number], dtype=float) for number in numbers]


def close(interval, low, high, tolerance):
    assert interval.low == pytest.approx(low, abs=tolerance)
    assert interval.high == pytest.approx(high, abs=tolerance)


# --- Published figures. -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17: 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (0, 20, 0, 0.1611),
        # Fagerland, Lydersen & Laake 2017
        (13, 16, 0.5699, 0.9341),
    ],
)
def test_wilson_as_published(successes, n, low, high):
    close(wilson(successes, n), low, high, 5e-5)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high", "tolerance"),
    [  # Newcombe 1998, table I, method 5
        (81, 263, 0.2527, 0.3676, 6e-5),
        (0, 20, 0, 0.1684, 6e-5),
        (1, 29, 0.0009, 0.1776, 6e-5),
        (13, 16, 0.5435, 0.9595, 6e-5),
        # R's binom package
        (29, 30, 0.8278305443665868, 0.9991564290733694, 1e-12),
    ],
)
def test_clopper_pearson_as_published(successes, n, low, high, tolerance):
    close(clopper_pearson(successes, n), low, high, tolerance)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high", "tolerance"),
    [
        (13, 16, 0.5792, 0.9442, 6e-5),  # Fagerland, Lydersen & Laake 2017
        (0, 20, 0, 0.117, 6e-4),  # Newcombe 1998
        (1, 29, 0.004, 0.150, 6e-4),
    ],
)
def test_jeffreys_as_published(successes, n, low, high, tolerance):
    close(jeffreys(successes, n), low, high, tolerance)


# Newcombe 1998, Statistics in Medicine 17: 873-890, table II, rows a, b, d, f, g, h; a, b, g also by SAS 9.4.
DIFFERENCES = [
    ((56, 70, 48, 80), (0.0524, 0.3339), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1705, 0.8090), (0.1700, 0.8406)),
    ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0326, 0.1933)),
    ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.2879, 0.2879)),
    ((10, 10, 0, 20), (0.6791, 1), (0.7156, 1)),
    ((10, 10, 0, 10), (0.6075, 1), (0.6636, 1)),
    # Fagerland, Lydersen & Laake 2015, and PropCIs
    ((7, 34, 1, 34), (0.0189, 0.3404), (0.02704, 0.34529)),
]


@pytest.mark.parametrize(("counts", "by_wilson", "by_score"), DIFFERENCES)
def test_differences_as_published(counts, by_wilson, by_score):
    close(newcombe(*counts), by_wilson[0], by_wilson[1], 6e-5)
    close(miettinen_nurminen(*counts), by_score[0], by_score[1], 6e-5)


def test_score_difference_as_published_to_seven_digits():
    close(miettinen_nurminen(7, 34, 1, 34), 0.0270416, 0.3452912, 6e-8)  # PropCIs
    close(miettinen_nurminen(0, 16, 15, 72), -0.3164, -0.0056, 6e-5)


@pytest.mark.parametrize(
    ("counts", "low", "high", "tolerance"),
    [
        ((7, 34, 1, 34), 1.2086, 43.0330, 6e-5),  # Fagerland, Lydersen & Laake 2015
        ((24, 73, 53, 65), 0.280, 0.560, 6e-4),  # Fagerland & Newcombe 2013
        ((29, 55, 11, 11), 0.397, 0.742, 6e-4),
        ((3, 4, 0, 2), 0.7113, INF, 6e-5),
    ],
)
def test_score_ratios_as_published(counts, low, high, tolerance):
    close(ratio_score(*counts), low, high, tolerance)


@pytest.mark.parametrize(
    ("counts", "low", "high", "tolerance"),
    [
        ((7, 34, 1, 34), 1.1537, 41.9763, 6e-5),  # Fagerland, Lydersen & Laake 2015
        ((24, 73, 53, 65), 0.282, 0.563, 6e-4),  # Fagerland & Newcombe 2013
        ((29, 55, 11, 11), 0.398, 0.761, 6e-4),
    ],
)
def test_mover_ratios_as_published(counts, low, high, tolerance):
    close(mover_ratio(*counts), low, high, tolerance)


@pytest.mark.parametrize(
    ("counts", "confidence", "low", "high", "tolerance"),
    [  # paired differences, read as (detractors, passives, promoters)
        ((3, 20, 9), 0.95, -0.027, 0.390, 6e-4),  # Tango 1998, table VII
        ((1, 43, 0), 0.90, -0.096, 0.037, 6e-4),  # Tango 1998, table V
        ((7, 13, 1), 0.95, -0.517, -0.026, 6e-4),  # Fagerland, Lydersen & Laake 2014
        ((1, 10, 3), 0.95, -0.1670, 0.4327, 6e-5),  # Tang et al. 2010
        # computed from the definition by bisection, in points of 1/10000
        ((8, 13, 15), 0.95, -0.0677, 0.4287, 6e-5),
        ((2, 11, 18), 0.95, 0.2609, 0.6992, 6e-5),
        ((0, 0, 10), 0.95, 0.4449, 1, 6e-5),
        ((0, 10, 0), 0.95, -0.2775, 0.2775, 6e-5),
    ],
)
def test_tango_as_published(counts, confidence, low, high, tolerance):
    close(tango(*counts, confidence=confidence), low, high, tolerance)


@pytest.mark.parametrize(
    ("events", "exposure", "low", "high", "tolerance"),
    [
        (15, 400, 0.0209884653319583, 0.0618505471787146, 1e-14),  # R's exactci
        (0, 1, 0, 3.688879, 6e-7),  # Garwood 1936
        (1, 1, 0.025318, 5.571643, 6e-7),
        (10, 1, 4.795389, 18.39036, 6e-6),  # R's poisson.test
    ],
)
def test_garwood_as_published(events, exposure, low, high, tolerance):
    close(garwood(events, exposure), low, high, tolerance)


# --- Definitions: each limit is where its test just does not reject. --------------------------------------------------

shares = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
answers = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)).filter(any)


@given(shares, levels)
def test_wilson_limits_solve_the_score_equation(trials, confidence):
    successes, n = trials
    z = stats.norm.ppf(0.5 + confidence / 2)
    found = wilson(successes, n, confidence=confidence)
    for limit in (found.low, found.high):
        assert (successes / n - limit) ** 2 == pytest.approx(z**2 * limit * (1 - limit) / n, rel=1e-9, abs=1e-15)


@given(shares, levels)
def test_clopper_pearson_tails(trials, confidence):
    successes, n = trials
    found = clopper_pearson(successes, n, confidence=confidence)
    if successes:
        assert stats.binom.sf(successes - 1, n, found.low) == pytest.approx((1 - confidence) / 2, rel=1e-9)
    if successes < n:
        assert stats.binom.cdf(successes, n, found.high) == pytest.approx((1 - confidence) / 2, rel=1e-9)


@given(shares, levels)
def test_jeffreys_tails(trials, confidence):
    successes, n = trials
    found = jeffreys(successes, n, confidence=confidence)
    posterior = stats.beta(successes + 0.5, n - successes + 0.5)
    assert found.low == (pytest.approx(posterior.ppf((1 - confidence) / 2), rel=1e-9) if successes else 0)
    assert found.high == (pytest.approx(posterior.ppf((1 + confidence) / 2), rel=1e-9) if successes < n else 1)


@given(st.integers(0, 200), st.floats(0.01, 1e4), levels)
def test_garwood_tails(events, exposure, confidence):
    found = garwood(events, exposure, confidence=confidence)
    if events:
        assert stats.poisson.sf(events - 1, found.low * exposure) == pytest.approx((1 - confidence) / 2, rel=1e-8)
    assert stats.poisson.cdf(events, found.high * exposure) == pytest.approx((1 - confidence) / 2, rel=1e-8)


def likeliest(log_likelihood: Callable[[float], float], low: float, high: float) -> float:
    """The maximum of a concave function, by ternary search."""
    for _ in range(200):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (a, high) if log_likelihood(a) < log_likelihood(b) else (low, b)
    return (low + high) / 2


def times_log(count: float, share: float) -> float:
    return 0 if count == 0 else count * math.log(share) if share > 0 else -INF


@given(shares, shares, levels)
@example((5, 56), (0, 29), 0.95)
@example((1, 40), (1, 50), 0.8)
def test_score_difference_limits_are_where_the_test_turns(first, second, confidence):
    (k1, n1), (k2, n2) = first, second
    found = miettinen_nurminen(*first, *second, confidence=confidence)
    critical = stats.norm.ppf(0.5 + confidence / 2) ** 2 * (n1 + n2) / (n1 + n2 - 1)

    def rejected(delta: float) -> bool:
        def log_likelihood(p: float) -> float:
            parts = ((k1, p + delta), (n1 - k1, 1 - p - delta), (k2, p), (n2 - k2, 1 - p))
            return sum(times_log(count, share) for count, share in parts)

        p2 = likeliest(log_likelihood, max(0, -delta), min(1, 1 - delta))
        p1 = p2 + delta
        variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
        return bool((k1 / n1 - k2 / n2 - delta) ** 2 > critical * variance)

    for limit, outwards in ((float(found.low), -1), (float(found.high), 1)):
        if abs(limit) < 0.9999:
            assert rejected(limit + outwards * 1e-5)
            assert not rejected(limit - outwards * 1e-5)


@given(shares, shares, levels)
@example((3, 4), (0, 2), 0.95)
def test_score_ratio_limits_are_where_the_test_turns(first, second, confidence):
    (k1, n1), (k2, n2) = first, second
    found = ratio_score(*first, *second, confidence=confidence)
    critical = stats.norm.ppf(0.5 + confidence / 2) ** 2 * (n1 + n2) / (n1 + n2 - 1)

    def rejected(ratio: float) -> bool:
        def log_likelihood(p: float) -> float:
            parts = ((k1, p * ratio), (n1 - k1, 1 - p * ratio), (k2, p), (n2 - k2, 1 - p))
            return sum(times_log(count, share) for count, share in parts)

        p2 = likeliest(log_likelihood, 0, min(1, 1 / ratio))
        p1 = p2 * ratio
        variance = p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2
        return bool((k1 / n1 - ratio * k2 / n2) ** 2 > critical * variance)

    for limit, outwards in ((float(found.low), 1 - 1e-4), (float(found.high), 1 + 1e-4)):
        if 0 < limit < INF:
            assert rejected(limit * outwards)
            assert not rejected(limit / outwards)
    assert (found.low == 0) == (k1 == 0)
    assert (found.high == INF) == (k2 == 0)


@given(answers, levels)
@example((0, 4, 4), 0.6826894921370859)  # the limit sits on a kink of the variance
@example((0, 1, 7), 0.95)
@example((0, 9, 0), 0.95)
@example((30, 0, 10), 0.95)
def test_tango_limits_are_where_the_test_turns(counts, confidence):
    detractors, passives, promoters = counts
    n = sum(counts)
    score = (promoters - detractors) / n
    z = stats.norm.ppf(0.5 + confidence / 2)
    found = tango(*counts, confidence=confidence)

    def rejected(t: float) -> bool:
        def log_likelihood(q: float) -> float:
            parts = ((detractors, q), (promoters, q + t), (passives, 1 - 2 * q - t))
            return sum(times_log(count, share) for count, share in parts)

        q = likeliest(log_likelihood, max(0, -t), (1 - t) / 2)
        return bool((score - t) ** 2 > z**2 * (2 * q + t * (1 - t)) / n)

    for limit, outwards in ((float(found.low), -1), (float(found.high), 1)):
        if abs(limit) < 0.9999:
            assert rejected(limit + outwards * 1e-5)
            assert not rejected(limit - outwards * 1e-5)


@given(shares, shares, levels)
def test_newcombe_adds_the_wilson_margins_in_squares(first, second, confidence):
    one, two = wilson(*first, confidence=confidence), wilson(*second, confidence=confidence)
    p1, p2 = first[0] / first[1], second[0] / second[1]
    found = newcombe(*first, *second, confidence=confidence)
    assert p1 - p2 - found.low == pytest.approx(math.hypot(p1 - one.low, two.high - p2), rel=1e-9, abs=1e-12)
    assert found.high - (p1 - p2) == pytest.approx(math.hypot(one.high - p1, p2 - two.low), rel=1e-9, abs=1e-12)


@given(shares, shares, levels)
def test_mover_ratio_limits_put_a_limit_of_the_difference_at_zero(first, second, confidence):
    assume(first[0] and second[0])
    one, two = wilson(*first, confidence=confidence), wilson(*second, confidence=confidence)
    p1, p2 = first[0] / first[1], second[0] / second[1]
    found = mover_ratio(*first, *second, confidence=confidence)
    r = found.low
    assert p1 - r * p2 == pytest.approx(math.hypot(p1 - one.low, r * (two.high - p2)), rel=1e-7)
    r = found.high
    assert r * p2 - p1 == pytest.approx(math.hypot(one.high - p1, r * (p2 - two.low)), rel=1e-7)


# --- Laws. ------------------------------------------------------------------------------------------------------------

ONE_SHARE: list[Callable[..., Interval]] = [wilson, clopper_pearson, jeffreys]
DIFFERENCE: list[Callable[..., Interval]] = [newcombe, miettinen_nurminen]
RATIO: list[Callable[..., Interval]] = [mover_ratio, ratio_score]


@pytest.mark.parametrize("method", ONE_SHARE)
@given(shares, levels)
def test_failures_mirror_successes(method, trials, confidence):
    successes, n = trials
    found, mirrored = (method(k, n, confidence=confidence) for k in (successes, n - successes))
    close(found, 1 - mirrored.high, 1 - mirrored.low, 1e-13)


@pytest.mark.parametrize("method", DIFFERENCE)
@given(shares, shares, levels)
def test_swapping_groups_negates_a_difference(method, first, second, confidence):
    found, swapped = (method(*first, *second, confidence=confidence), method(*second, *first, confidence=confidence))
    close(found, -swapped.high, -swapped.low, 1e-12)


@pytest.mark.parametrize("method", RATIO)
@given(shares, shares, levels)
def test_swapping_groups_inverts_a_ratio(method, first, second, confidence):
    found, swapped = (method(*first, *second, confidence=confidence), method(*second, *first, confidence=confidence))
    assert found.low == pytest.approx(1 / swapped.high, rel=1e-10)
    assert swapped.low == pytest.approx(1 / found.high, rel=1e-10)


@given(answers, levels)
def test_swapping_promoters_and_detractors_negates_the_score(counts, confidence):
    found, swapped = (tango(*each, confidence=confidence) for each in (counts, counts[::-1]))
    assert (found.low, found.high) == (-swapped.high, -swapped.low)


@given(st.integers(0, 40), st.integers(0, 40), levels)
def test_tango_without_passives_is_wilson_stretched(detractors, promoters, confidence):
    assume(detractors + promoters)
    share = wilson(promoters, promoters + detractors, confidence=confidence)
    close(tango(detractors, 0, promoters, confidence=confidence), 2 * share.low - 1, 2 * share.high - 1, 1e-12)


@given(answers, levels)
def test_many_answer_sets_at_once_are_solved_like_one(counts, confidence):
    alone = tango(*counts, confidence=confidence)
    table = np.array([counts, *[(k, 2 * k, 3) for k in range(30)]]).T
    together = tango(*table, confidence=confidence)
    assert np.ravel(together.low)[0] == pytest.approx(alone.low, abs=1e-11)
    assert np.ravel(together.high)[0] == pytest.approx(alone.high, abs=1e-11)


@pytest.mark.parametrize("z", [0.1, 0.5, 1.0, 1.5, Z95, 3.3, 12.7])
def test_every_small_set_of_answers_alone_and_together(z):
    # Every way to give up to 8 answers, so that starts and limits on a kink of the variance are among them.
    table = np.array([(d, s, p) for d in range(9) for s in range(9 - d) for p in range(9 - d - s) if d + s + p], float)
    lows, highs = tango_limits(*table.T, z)
    for counts, low, high in zip(table, lows, highs, strict=True):
        (alone_low,), (alone_high,) = tango_limits(*as_arrays(*counts), z)
        assert (alone_low, alone_high) == (pytest.approx(low, abs=1e-10), pytest.approx(high, abs=1e-10))
        detractors, _, promoters = counts
        step = 1e-6
        assert (
            low == -1
            if detractors == counts.sum()
            else excess(low - step, counts, z) > 0 > excess(low + step, counts, z)
        )
        assert (
            high == 1
            if promoters == counts.sum()
            else excess(high + step, counts, z) > 0 > excess(high - step, counts, z)
        )


def excess(t, counts, z):
    """Tango 1998: the likeliest share of detractors is a root of 2 n q² + linear q - detractors t (1 - t)."""
    detractors, _, promoters = counts
    n = counts.sum()
    linear = (2 * n - promoters + detractors) * t - detractors - promoters
    q = (math.sqrt(max(linear**2 + 8 * n * detractors * t * (1 - t), 0)) - linear) / (4 * n)
    return ((promoters - detractors) / n - t) ** 2 - z**2 * (2 * q + t * (1 - t)) / n


def inside(interval, value, low, high):
    return low <= interval.low <= value + 1e-12 <= interval.high + 2e-12 <= high + 2e-12


@given(shares, shares, answers, levels)
def test_intervals_hold_the_value_and_stay_in_range(first, second, counts, confidence):
    (k1, n1), (k2, n2) = first, second
    p1, p2, level = k1 / n1, k2 / n2, {"confidence": confidence}
    assert all(inside(method(k1, n1, **level), p1, 0, 1) for method in ONE_SHARE)
    assert all(inside(method(k1, n1, k2, n2, **level), p1 - p2, -1, 1) for method in DIFFERENCE)
    assert inside(tango(*counts, **level), (counts[2] - counts[0]) / sum(counts), -1, 1)
    assert inside(garwood(k1, n1, **level), p1, 0, INF)
    if k2:
        ratio = p1 / p2
        assert all(inside(method(k1, n1, k2, n2, **level), ratio, 0, INF) for method in RATIO)


def every_method(
    trials: tuple[int, ...], two_groups: tuple[int, ...], counts: tuple[int, ...]
) -> list[tuple[Callable[..., Interval], tuple[int, ...]]]:
    return [
        *((method, trials) for method in [*ONE_SHARE, garwood]),
        *((method, two_groups) for method in [*DIFFERENCE, *RATIO]),
        (tango, counts),
    ]


@given(shares, shares, answers)
def test_more_confidence_is_wider(first, second, counts):
    (k1, n1), (k2, n2) = first, second
    for method, arguments in every_method((k1, n1), (k1, n1, k2, n2), counts):
        nested = [method(*arguments, confidence=level) for level in (0.5, 0.8, 0.95, 0.999)]
        for narrow, wide in pairwise(nested):
            assert wide.low <= narrow.low + 1e-12
            assert narrow.high <= wide.high + 1e-12
        assert nested[0].high - nested[0].low < nested[-1].high - nested[-1].low or nested[0].high == INF


@given(shares, shares, answers)
def test_twice_the_data_is_narrower(first, second, counts):
    (k1, n1), (k2, n2) = first, second
    assume(k2)
    for method, arguments in every_method((k1, n1), (k1, n1, k2, n2), counts):
        once, twice = method(*arguments), method(*(2 * each for each in arguments))
        assert twice.high - twice.low < once.high - once.low


@given(st.floats(0, 20), st.floats(0.5, 20))
def test_real_counts_lie_between_whole_ones(successes, more):
    n = successes + more
    for method in ONE_SHARE:
        found, next_one = method(successes, n), method(successes + 1, n + 1)
        assert found.low < next_one.low
        assert found.high < next_one.high


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (wilson, ([0, 3, 9], [9])),
        (clopper_pearson, ([0, 3, 9], [9])),
        (jeffreys, ([0, 3, 9], [9])),
        (garwood, ([0, 3, 9], [9])),
        (newcombe, ([0, 3, 9], 9, [[1], [0]], 4)),
        (miettinen_nurminen, ([0, 3, 9], 9, [[1], [0]], 4)),
        (ratio_score, ([0, 3, 9], 9, [[1], [0]], 4)),
        (mover_ratio, ([0, 3, 9], 9, [[1], [0]], 4)),
        (tango, ([0, 3, 9], 9, [[1], [0]])),
    ],
)
def test_arrays_are_broadcast_and_equal_a_loop(method, arguments):
    together = method(*arguments, confidence=0.9)
    rows = list(zip(*(each.ravel().tolist() for each in np.broadcast_arrays(*arguments)), strict=True))
    alone = [method(*row, confidence=0.9) for row in rows]
    assert all(type(each.low) is float and type(each.high) is float for each in alone)
    assert together.low.shape == together.high.shape == np.broadcast_shapes(*map(np.shape, arguments))
    assert together.low.dtype == together.high.dtype == np.float64
    np.testing.assert_allclose(together.low.ravel(), [each.low for each in alone], atol=1e-12)
    np.testing.assert_allclose(together.high.ravel(), [each.high for each in alone], rtol=1e-12)


def test_booleans_and_integers_count():
    assert wilson(np.array([True]), np.array([1], dtype=np.int8)) == wilson([1.0], [1.0])


def test_arguments_are_left_alone():
    successes = np.array([3.0, 4.0])
    successes.flags.writeable = False
    wilson(successes, 9)
    tango(successes, successes, successes)


# --- Ends and edges. --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ONE_SHARE)
@pytest.mark.parametrize("n", [1, 3, 7, 10, 49, 1e6, 12.7])
def test_ends_are_exact(method, n):
    assert method(0, n).low == 0
    assert method(n, n).high == 1
    assert 0 < method(0, n).high < 1
    assert 0 < method(n, n).low < 1


@pytest.mark.parametrize("n", [1, 3, 10, 49, 1e6])
def test_ends_of_two_groups_are_exact(n):
    for method in DIFFERENCE:
        assert method(n, n, 0, 2 * n).high == 1
        assert method(0, 2 * n, n, n).low == -1
        assert -1 < method(n, n, n, n).low < method(n, n, n, n).high < 1
    for method in RATIO:
        assert method(0, n, n, n).low == 0
        assert method(n, n, 0, n).high == INF
        assert 0 < method(n, n, 0, n).low < INF
        assert 0 < method(0, n, n, n).high < INF
        both = method(0, n, 0, n)
        assert (both.low, both.high) == (0, INF)
    assert tango(n, 0, 0).low == -1
    assert tango(0, 0, n).high == 1
    assert -1 < tango(n, 0, 0).high < 1


def test_rare_events_keep_their_digits():
    # With k of n successes and n large, Wilson's limits tend to those of a Poisson score interval.
    n = 1e12
    z = Fraction(Z95)
    found = wilson(1, n)
    exact = [float(1 + z**2 / 2 + sign * z * Fraction(math.sqrt(1 + float(z) ** 2 / 4))) / n for sign in (-1, 1)]
    close(found, exact[0], exact[1], 1e-22)
    found = miettinen_nurminen(10, 1e6, 20, 1e6)
    larger = miettinen_nurminen(10, 1e8, 20, 1e8)
    close(larger, found.low / 100, found.high / 100, 1e-11)
    found, larger = ratio_score(10, 1e6, 20, 1e6), ratio_score(10, 1e8, 20, 1e8)
    close(larger, found.low, found.high, 1e-4)


@pytest.mark.parametrize("method", [*ONE_SHARE, garwood])
def test_nothing_tried_is_undefined(method):
    assert math.isnan(method(0, 0).low)
    assert math.isnan(method(0, 0).high)
    found = method([0, 1], [0, 4])
    assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [True, False]


@pytest.mark.parametrize("method", [*DIFFERENCE, *RATIO])
def test_an_empty_group_is_undefined(method):
    found = method([0, 1, 0, 0, 1], [0, 4, 0, 3, 4], [1, 0, 0, 0, 2], [4, 0, 0, 3, 3])
    assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [True, True, True, False, False]


def test_no_answers_are_undefined():
    assert math.isnan(tango(0, 0, 0).low)
    assert math.isnan(tango(0, 0, 0).high)
    found = tango(np.zeros(40), np.zeros(40), np.eye(40)[0])
    assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [False] + 39 * [True]


def test_score_limits_need_more_than_one_trial():
    for compare in ("difference", "ratio"):
        found = miettinen_nurminen([0.2, 0.2, 0.2], [0.5, 0.5, 0.75], 0.2, [0.25, 0.5, 0.5], compare=compare)
        assert np.isnan(found.low).tolist() == np.isnan(found.high).tolist() == [True, True, False]


# --- Kernels. ---------------------------------------------------------------------------------------------------------


def test_an_infinite_critical_value_excludes_nothing():
    share, n = np.array([0.0, 0.3, 1.0]), np.array([5.0, 5.0, 5.0])
    low, high = wilson_limits(share, n, INF)
    np.testing.assert_allclose([low, high], [[0, 0, 0], [1, 1, 1]], atol=1e-90)
    low, high = tango_limits(share, n, 1 - share, np.array([INF, INF, INF]))
    np.testing.assert_allclose([low, high], [[-1, -1, -1], [1, 1, 1]], atol=1e-12)


@pytest.mark.parametrize("groups", [1, 50])
def test_a_critical_value_of_nothing_leaves_the_value(groups):
    share, n = np.full(groups, 0.3), np.full(groups, 20.0)
    np.testing.assert_allclose(wilson_limits(share, n, 0.0), 0.3)
    np.testing.assert_allclose(tango_limits(share * n, 0 * n, n - share * n, 0.0), 0.4, rtol=1e-14)
    # 6 detractors, 5 passives, 14 promoters
    np.testing.assert_allclose(tango_limits(share * n, n / 4, n - share * n, 0.0), 0.32, rtol=1e-14)


def test_no_trials_leave_a_share_without_limits():
    assert np.isnan(wilson_limits(*as_arrays(0.3, 0), Z95)).all()


def test_each_group_may_have_its_critical_value():
    share, n = np.array([0.3, 0.3]), np.array([20.0, 20.0])
    critical = np.array([Z95, stats.norm.ppf(0.95)])
    low, high = wilson_limits(share, n, critical)
    close(wilson(6, 20), low[0], high[0], 1e-14)
    close(wilson(6, 20, confidence=0.9), low[1], high[1], 1e-14)
    low, high = tango_limits(*(np.array([k, k]) for k in (3.0, 20.0, 9.0)), critical=critical)
    close(tango(3, 20, 9), low[0], high[0], 1e-12)
    close(tango(3, 20, 9, confidence=0.9), low[1], high[1], 1e-12)


def test_correlation_narrows_a_difference():
    values = as_arrays(0.5, 0.4, 0.65, 0.3, 0.15, 0.5)
    (low,), (high,) = mover_difference_limits(*values, correlation=0.5)
    # margins 0.1 and 0.2 below, 0.15 and 0.15 above
    assert low == pytest.approx(0.2 - math.sqrt(0.01 + 0.04 - 0.02))
    assert high == pytest.approx(0.2 + 0.15)
    (low,), (high,) = mover_difference_limits(*values, correlation=np.array([-1.0]))
    assert (low, high) == (pytest.approx(0.2 - 0.3), pytest.approx(0.2 + 0.3))
    equal = as_arrays(0.5, 0.4, 0.6, 0.3, 0.2, 0.4)
    (low,), (high,) = mover_difference_limits(*equal, correlation=1.0)
    assert (low, high) == (pytest.approx(0.2), pytest.approx(0.2))


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.4, 0.9])
@pytest.mark.parametrize(
    "values",
    [
        (5.0, 4.0, 7.0, 2.0, 1.5, 3.0),
        (5.0, 1.0, 20.0, 2.0, 0.5, 9.0),  # upper limits above twice the values
        (0.3, 0.2, 0.5, 0.6, 0.3, 0.9),
    ],
)
def test_mover_ratio_limits_solve_their_equation(values, correlation):
    (low,), (high,) = mover_ratio_limits(*as_arrays(*values), correlation=correlation)
    x1, l1, u1, x2, l2, u2 = values

    def squared_margin(r, margin1, margin2):
        return margin1**2 + (r * margin2) ** 2 - 2 * correlation * margin1 * r * margin2

    assert (x1 - low * x2) ** 2 == pytest.approx(squared_margin(low, x1 - l1, u2 - x2))
    assert (x1 - high * x2) ** 2 == pytest.approx(squared_margin(high, u1 - x1, x2 - l2))
    assert 0 < low < x1 / x2 < high
    swapped = mover_ratio_limits(*as_arrays(x2, l2, u2, x1, l1, u1), correlation=correlation)
    assert swapped[0] == pytest.approx(1 / high)
    assert swapped[1] == pytest.approx(1 / low)


def test_perfectly_correlated_ratio():
    # Proportional limits and correlation 1: the ratio is known.
    low, high = mover_ratio_limits(*as_arrays(4.0, 3.0, 5.0, 8.0, 6.0, 10.0), correlation=1.0)
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(0.5)


def test_ratio_to_nothing():
    low, high = mover_ratio_limits(*as_arrays(4.0, 3.0, 5.0, 0.0, 0.0, 1.0))
    # (x1 - r x2)² = (x1 - l1)² + r² (u2 - x2)²: 16 = 1 + r²
    assert low == pytest.approx(math.sqrt(15))
    assert high == INF
    low, high = mover_ratio_limits(*as_arrays(math.nan, 3.0, 5.0, 0.0, 0.0, 1.0))
    assert np.isnan([low, high]).all()
    low, high = mover_ratio_limits(*as_arrays(4.0, 0.0, 5.0, math.nan, 0.0, 1.0))
    assert np.isnan([low, high]).all()


def test_fay_feuer_with_equal_weights_is_garwood_scaled():
    low, high = fay_feuer_limits(*as_arrays(2.5 * 7, 2.5**2 * 7, 2.5), confidence=0.9)
    expected = garwood(7, confidence=0.9)
    assert low == pytest.approx(2.5 * expected.low)
    assert high == pytest.approx(2.5 * expected.high)


def test_fay_feuer_with_unequal_weights():
    # Fay & Feuer 1997 in their own terms: chi-square quantiles.
    weights = np.array([1.0, 2.0, 2.0, 5.0])
    y, v, w = weights.sum(), (weights**2).sum(), 6.0
    low, high = fay_feuer_limits(*as_arrays(y, v, w), confidence=np.array([0.95]))
    assert low == pytest.approx(v / (2 * y) * stats.chi2.ppf(0.025, 2 * y**2 / v))
    assert high == pytest.approx((v + w**2) / (2 * (y + w)) * stats.chi2.ppf(0.975, 2 * (y + w) ** 2 / (v + w**2)))


def test_fay_feuer_without_events():
    low, high = fay_feuer_limits(np.zeros(2), np.zeros(2), np.array([0.0, 3.0]), 0.95)
    assert low.tolist() == [0, 0]
    assert high == pytest.approx([-math.log(0.025), -3 * math.log(0.025)])


# --- Refusals. --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        (wilson, (11, 10), "successes must be at most n; got 11 with n=10"),
        (jeffreys, ([1, 2.5], [2, 2]), "successes must be at most n; got 2.5 with n=2 at row 1"),
        (clopper_pearson, (-1, 10), "successes must be finite and at least 0; got -1"),
        (wilson, (3, -2.5), "n must be finite and at least 0; got -2.5"),
        (wilson, ([1, math.nan], 10), "successes must be finite and at least 0; got nan at row 1"),
        (wilson, (1, math.inf), "n must be finite and at least 0; got inf"),
        (wilson, ([[1, 2], [3, 11]], 10), "successes must be at most n; got 11 with n=10 at row (1, 1)"),
        (wilson, ("3", 10), "successes must be numbers; got '3'"),
        (wilson, (None, 10), "successes must be numbers; got None"),
        (wilson, ([[1], [2, 3]], 10), "successes must be numbers; got [[1], [2, 3]]"),
        (wilson, ([1, 2], [3, 4, 5]), "successes, n must have shapes that broadcast; got (2,), (3,)"),
        (newcombe, (11, 10, 1, 10), "successes1 must be at most n1; got 11 with n1=10"),
        (newcombe, (1, 10, 11, 10), "successes2 must be at most n2; got 11 with n2=10"),
        (newcombe, (1, 10, 1, -1), "n2 must be finite and at least 0; got -1"),
        (mover_ratio, (1, 10, -1, 10), "successes2 must be finite and at least 0; got -1"),
        (miettinen_nurminen, (1, -10, 1, 10), "n1 must be finite and at least 0; got -10"),
        (ratio_score, (-1, 10, 1, 10), "successes1 must be finite and at least 0; got -1"),
        (tango, (-1, 2, 3), "detractors must be finite and at least 0; got -1"),
        (tango, (1, -2, 3), "passives must be finite and at least 0; got -2"),
        (tango, (1, 2, [3, -3]), "promoters must be finite and at least 0; got -3 at row 1"),
        (garwood, (-1,), "events must be finite and at least 0; got -1"),
        (garwood, (1, -1), "exposure must be finite and at least 0; got -1"),
        (garwood, (0.5, 0), "events must be 0 where exposure is 0; got 0.5"),
        (garwood, ([1, 2], [3, 0]), "events must be 0 where exposure is 0; got 2 at row 1"),
    ],
)
def test_refusals(method, arguments, message):
    with pytest.raises(MetricInputError) as refusal:
        method(*arguments)
    assert str(refusal.value) == message


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, math.nan, True, "0.95", None])
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        *((method, (1, 2)) for method in [*ONE_SHARE, garwood]),
        *((method, (1, 2, 1, 2)) for method in [*DIFFERENCE, *RATIO]),
        (tango, (1, 2, 3)),
    ],
)
def test_confidence_is_a_share(method, arguments, confidence):
    with pytest.raises(MetricInputError) as refusal:
        method(*arguments, confidence=confidence)
    assert str(refusal.value) == f"confidence must be between 0 and 1, both excluded; got {confidence!r}"


def test_confidence_may_be_a_numpy_number():
    for confidence in (np.float32(0.75), np.float64(0.75)):
        assert wilson(3, 9, confidence=float(confidence)) == wilson(3, 9, confidence=confidence)  # type: ignore[arg-type]


def test_compare_is_one_of_two_words():
    with pytest.raises(MetricInputError) as refusal:
        miettinen_nurminen(1, 2, 1, 2, compare="odds")  # type: ignore[arg-type]
    assert str(refusal.value) == "compare must be 'difference' or 'ratio'; got 'odds'"


def test_intervals_are_frozen_values():
    assert Interval(0.1, 0.2) == Interval(0.1, 0.2)
    assert Interval(0.1, 0.2) != Interval(0.1, 0.3)
    assert Interval(0.1, 0.2) != Interval(0.0, 0.2)
    assert Interval(np.array([0.1]), np.array([0.2])) == Interval(np.array([0.1]), np.array([0.2]))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Interval(0.1, 0.2).low = 0  # type: ignore[misc]
