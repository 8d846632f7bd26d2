"""The distributions against scipy, and against sums in 60-digit arithmetic where scipy itself is not exact."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import _special
from abmmetrics._special import (
    beta_cdf,
    beta_quantile,
    gamma_cdf,
    gamma_quantile,
    log_gamma,
    normal_cdf,
    normal_quantile,
    t_cdf,
    t_quantile,
)

special = pytest.importorskip("scipy.special")

LEFT = (1e-12, 1e-6, 1e-4, 0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 0.26, 0.4, 0.49, 0.5)
RIGHT = (0.51, 0.6, 0.74, 0.75, 0.9, 0.975, 0.995, 0.9995, 1 - 1e-6)
PROBABILITIES = np.array([*LEFT, *RIGHT])
FREEDOMS = np.array([0.3, 0.9, 1, 1.5, 2, 2.9, 3, 3.3, 5, 7.7, 9.99, 10, 10.5, 17, 39, 41, 100, 1e3, 1e6, 1e12])
SHAPES = np.array([0.01, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 9.5, 10.5, 19, 21, 30, 200, 1e4])


def grid(*axes):
    return tuple(np.ravel(values) for values in np.meshgrid(*axes))


def test_normal_cdf_matches_scipy():
    z = np.linspace(-37, 9, 400)
    np.testing.assert_allclose(normal_cdf(z), special.ndtr(z), rtol=1e-12)


def test_normal_quantile_matches_scipy():
    p = np.concatenate([PROBABILITIES, [1e-300, 1e-20, 0.0749, 0.0751, 1.3e-11, 1.4e-11], np.linspace(0.01, 0.99, 99)])
    np.testing.assert_allclose(normal_quantile(p), special.ndtri(p), rtol=1e-14, atol=1e-16)


def test_normal_quantile_of_one_number_matches_that_of_many():
    many = normal_quantile(PROBABILITIES)
    for p, expected in zip(PROBABILITIES, many, strict=True):
        assert normal_quantile(p) == pytest.approx(expected, rel=1e-15, abs=1e-16)


def test_normal_ends():
    assert normal_quantile([0.0, 1.0]).tolist() == [-math.inf, math.inf]
    assert normal_quantile(0.0) == -math.inf
    assert np.isnan(normal_quantile([-0.1, 1.1, math.nan])).all()
    assert np.isnan(normal_quantile(1.1))
    assert np.isnan(normal_cdf(math.nan))
    assert normal_cdf([-math.inf, 0, math.inf]).tolist() == [0, 0.5, 1]


def test_log_gamma_matches_scipy():
    x = np.concatenate([10.0 ** np.arange(-300, 9, 7.0), np.linspace(0.05, 30, 500)])
    expected = special.gammaln(x)
    assert np.max(np.abs(log_gamma(x) - expected) / np.maximum(1, np.abs(expected))) < 2e-14
    assert np.isnan(log_gamma([0.0, -1.5, math.nan])).all()


@pytest.mark.parametrize(
    ("p", "df", "expected"),
    [
        (0.975, 1e6, 1.9599663568141066),
        (0.975, 1e12, 1.9599639845424262),
        (0.975, 2.5, 3.5746548420036817),
        (0.975, 30, 2.0422724563012378),
        (0.995, 7.25, 3.458755962443809),
        (0.9, 11.5, 1.359657836764427),
        (0.5000001, 1, 3.1415926519363007e-07),
        (1e-20, 40.5, -17.42797173250634),
    ],
)
def test_t_quantile_matches_sums_in_60_digits(p, df, expected):
    assert t_quantile(p, df) == pytest.approx(expected, rel=1e-13)
    assert t_quantile(np.full(100, p), np.full(100, df)) == pytest.approx(np.full(100, expected), rel=1e-13)


def test_t_quantile_matches_scipy():
    p, df = grid(PROBABILITIES, FREEDOMS)
    np.testing.assert_allclose(t_quantile(p, df), special.stdtrit(df, p), rtol=1e-10, atol=1e-15)


def test_t_quantile_of_few_matches_that_of_many():
    p, df = grid(PROBABILITIES, FREEDOMS)
    few = [float(t_quantile(one_p, one_df)) for one_p, one_df in zip(p, df, strict=True)]
    np.testing.assert_allclose(few, t_quantile(p, df), rtol=1e-11, atol=1e-16)


def test_t_quantile_of_repeated_freedoms():
    df = np.tile(np.arange(1.0, 9.0), (10, 1))
    np.testing.assert_allclose(t_quantile(0.975, df), np.tile(special.stdtrit(df[0], 0.975), (10, 1)), rtol=1e-12)


def test_t_of_infinite_freedom_is_normal():
    expected = special.ndtri(0.975)
    assert t_quantile(0.975, math.inf) == pytest.approx(expected, rel=1e-14)
    assert t_quantile(0.975, 1e19) == pytest.approx(expected, rel=1e-14)
    assert t_quantile([0.025, 0.975], [math.inf, 1e17]) == pytest.approx([-expected, expected], rel=1e-14)
    assert t_cdf([-1.5, 1.5], math.inf) == pytest.approx(special.ndtr([-1.5, 1.5]), rel=1e-14)


def test_t_ends():
    p = np.array([0, 0.5, 1, -0.1, 1.1, math.nan, 0.9, 0.9, 0.9])
    df = np.array([3, 3, 3, 3, 3, 3, 0, -1, math.nan])
    np.testing.assert_array_equal(t_quantile(p, df), [-np.inf, 0, np.inf] + 6 * [np.nan])
    np.testing.assert_array_equal(t_quantile(0.5, [0.5, 200, math.inf]), [0, 0, 0])
    t = np.array([-math.inf, 0, math.inf, math.nan, 1, 1, 1])
    np.testing.assert_array_equal(t_cdf(t, [3, 3, 3, 3, 0, -1, np.nan]), [0, 0.5, 1] + 4 * [np.nan])


def test_t_cdf_matches_scipy():
    t, df = grid([-50, -5, -2, -1, -0.1, 0.1, 0.5, 2, 5], FREEDOMS)
    np.testing.assert_allclose(t_cdf(t, df), special.stdtr(df, t), rtol=1e-10)


def test_t_cdf_of_one_degree_of_freedom_is_cauchy():
    t = np.array([-1e8, -3.0, -1e-8, 1e-3, 7.0])
    np.testing.assert_allclose(t_cdf(t, 1), np.arctan2(1, -t) / math.pi, rtol=1e-13)


@pytest.mark.parametrize(
    ("p", "a", "b", "expected"),
    [
        (0.995, 1_000, 1_000_000, 0.0010822053827229982),
        (1e-300, 200, 30, 0.020791859139117887),
        (1e-300, 1_000_000, 30, 0.9991864346180871),
        (0.025, 500_000, 500_000, 0.4990200187038746),
        (1e-12, 0.5, 0.5, 2.4674011002723395e-24),
        (0.025, 1, 1_000_000, 2.5317807663794178e-08),
        (0.025, 999_999, 2, 0.9999944283693448),
    ],
)
def test_beta_quantile_matches_sums_in_60_digits(p, a, b, expected):
    assert beta_quantile(p, a, b) == pytest.approx(expected, rel=1e-12)


def test_beta_matches_scipy():
    p, a, b = grid(PROBABILITIES, SHAPES, SHAPES)
    x = beta_quantile(p, a, b)
    expected = special.betaincinv(a, b, p)
    known = (expected > 1e-290) & (x < 1)
    np.testing.assert_allclose(x[known], expected[known], rtol=1e-10)
    inside = known & (x < 1 - 1e-9)
    np.testing.assert_allclose(beta_cdf(x, a, b)[inside], special.betainc(a, b, x)[inside], rtol=1e-10)


def test_beta_ends():
    np.testing.assert_array_equal(beta_quantile([0, 1, -0.1, 1.1, np.nan], 2, 3), [0, 1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(beta_cdf([-1, 0, 1, 2, np.nan], 2, 3), [0, 0, 1, 1, np.nan])
    np.testing.assert_array_equal(beta_quantile(0.3, [0, -1, 2], [2, 2, 0]), 3 * [np.nan])
    np.testing.assert_array_equal(beta_cdf(0.3, [0, -1, 2], [2, 2, 0]), 3 * [np.nan])


@given(p=st.floats(1e-9, 1 - 1e-9), a=st.floats(0.2, 1e6), b=st.floats(0.2, 1e6))
def test_beta_quantile_inverts_beta_cdf(p, a, b):
    x = float(beta_quantile(p, a, b))
    if 1e-300 < x < 1 - 1e-7:
        # Half a unit in the last digit of x moves the area by this much.
        slope = math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - float(special.betaln(a, b)))
        assert float(beta_cdf(x, a, b)) == pytest.approx(p, rel=1e-9, abs=4e-16 * slope)


@pytest.mark.parametrize(
    ("p", "a", "expected"),
    [
        (1e-06, 1_000_000, 995253.7719775001),
        (0.975, 1_000_000, 1001960.9109654503),
        (1e-300, 1_000, 233.92836429052844),
        (0.025, 0.5, 0.000491034558587628),
        (0.025, 15, 8.395386132783312),
        (0.975, 16, 24.74021887148584),
        (0.975, 2.5, 6.416250997015013),
    ],
)
def test_gamma_quantile_matches_sums_in_60_digits(p, a, expected):
    assert gamma_quantile(p, a) == pytest.approx(expected, rel=1e-13)
    assert gamma_quantile(np.full(100, p), a) == pytest.approx(np.full(100, expected), rel=1e-13)


def test_gamma_matches_scipy():
    p, a = grid(PROBABILITIES, SHAPES)
    expected = np.where(p > 0.5, special.gammainccinv(a, 1 - p), special.gammaincinv(a, p))
    x = gamma_quantile(p, a)
    known = expected > 1e-290
    np.testing.assert_allclose(x[known], expected[known], rtol=1e-10)
    np.testing.assert_allclose(gamma_cdf(x, a)[known], special.gammainc(a, x)[known], rtol=1e-10)


def test_gamma_quantile_of_few_matches_that_of_many():
    p, a = grid(PROBABILITIES, SHAPES)
    few = [float(gamma_quantile(one_p, one_a)) for one_p, one_a in zip(p, a, strict=True)]
    np.testing.assert_allclose(few, gamma_quantile(p, a), rtol=1e-11)


def test_gamma_ends():
    np.testing.assert_array_equal(gamma_quantile([0, 1, -0.1, 1.1, np.nan], 2), [0, np.inf, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(gamma_quantile(0.3, [0, -1, np.nan]), 3 * [np.nan])
    np.testing.assert_array_equal(gamma_cdf([-1, 0, np.inf, np.nan], 2), [0, 0, 1, np.nan])
    np.testing.assert_array_equal(gamma_cdf(1.0, [0, -1, np.nan]), 3 * [np.nan])


def test_gamma_cdf_of_one_half_is_the_error_function():
    x = np.array([1e-9, 0.3, 0.9, 1.1, 4.0, 20.0])
    np.testing.assert_allclose(gamma_cdf(x, 0.5), [math.erf(math.sqrt(one)) for one in x], rtol=1e-13)


@pytest.mark.parametrize("function", [normal_cdf, normal_quantile, log_gamma])
def test_shapes_are_kept(function):
    assert function(0.3).shape == ()
    assert function([0.3]).shape == (1,)
    assert function(np.full((2, 3), 0.3)).shape == (2, 3)
    assert function([]).shape == (0,)


@pytest.mark.parametrize("function", [t_cdf, t_quantile, gamma_cdf, gamma_quantile])
def test_shapes_are_broadcast(function):
    assert function(0.3, 2).shape == ()
    assert function([0.3], 2).shape == (1,)
    assert function([[0.3], [0.6]], [1, 2, 3]).shape == (2, 3)
    assert function(np.full((50, 1), 0.3), np.full(3, 2.5)).shape == (50, 3)
    assert function([], 2).shape == (0,)
    column = function(np.full((50, 1), 0.3), [1.0, 2.0, 3.0])
    np.testing.assert_allclose(column[7], [float(function(0.3, one)) for one in (1, 2, 3)], rtol=1e-12)


@pytest.mark.parametrize("target", [1e-200, 1e-5, 0.3, 0.5])
@pytest.mark.parametrize("a", [0.01, 0.5, 3.0, 100.0, 1e5])
@pytest.mark.parametrize("b", [0.01, 0.5, 3.0, 1e5])
def test_newton_on_the_log_of_a_tail_converges_from_anywhere(a, b, target):
    start = np.linspace(-400, 400, 41)
    with np.errstate(all="ignore"):
        tail = _special._beta_tail(np.full(41, a), np.full(41, b))
        found = _special._solve(start, np.full(41, math.log(target)), tail)
    np.testing.assert_allclose(found, np.median(found), rtol=1e-9, atol=1e-11)


def test_shapes_of_next_to_nothing_put_all_mass_at_the_end():
    tiny = [5e-324, 1e-308, 1e-9]
    assert beta_quantile(0.3, tiny, 2.5).tolist() == [0, 0, 0]
    assert beta_quantile(0.7, 2.5, tiny).tolist() == [1, 1, 1]
    assert gamma_quantile(0.3, tiny).tolist() == [0, 0, 0]
    assert t_quantile([0.3, 0.9], 1e-9).tolist() == [-math.inf, math.inf]
