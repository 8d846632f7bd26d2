"""Derivatives of log Γ and its differences, against scipy and exact sums."""

import math

import numpy as np
import pytest
from scipy import special

from abmmetrics._polygamma import digamma, log_gamma_rise, trigamma

AT = np.concatenate([10.0 ** np.linspace(-8, 12, 401), [0.5, 1.0, 9.999999, 10.0, 10.5]])


def test_derivatives_of_log_gamma():
    assert digamma(AT) == pytest.approx(special.digamma(AT), rel=2e-14, abs=1e-14)
    assert trigamma(AT) == pytest.approx(special.polygamma(1, AT), rel=5e-14)
    assert digamma(np.array([[1.0], [2.0]])).tolist() == pytest.approx(np.array([[-0.5772156649], [0.4227843351]]))


@pytest.mark.parametrize("rise", [0.0, 1.0, 2.0, 7.0, 40.0])
def test_differences_keep_their_digits_where_the_argument_is_large(rise):
    # Γ(x + n) / Γ(x) = x (x + 1) ... (x + n - 1).
    found = log_gamma_rise(AT, rise)
    for x, value in zip(AT.tolist(), found.tolist(), strict=True):
        assert value == pytest.approx(math.fsum(math.log(x + step) for step in range(int(rise))), rel=3e-14, abs=1e-13)


def test_differences_of_any_size():
    for x in (0.3, 2.5, 12.0):
        for rise in (0.25, 3.5, 90.0, 1e6):
            expected = math.lgamma(x + rise) - math.lgamma(x)
            assert float(log_gamma_rise(np.array([x]), rise)[0]) == pytest.approx(expected, rel=1e-12, abs=1e-13)
    assert log_gamma_rise(np.array([1e300]), 2.0)[0] == pytest.approx(2 * math.log(1e300))
