"""The running totals under a qualification; what they add up to is tested with tests/test_qualification.py."""

import numpy as np
import pytest

from abmmetrics._standing import _order


@pytest.mark.parametrize("largest", [3, 10**9, 2**40])
def test_rows_are_in_order_of_key_and_day_however_large_both_are(largest):
    random = np.random.default_rng(7)
    key = random.integers(0, largest, 500)
    for days in (random.integers(-9, 9, 500), random.integers(-(2**40), 2**40, 500)):
        order = _order(key, days)
        expected = np.lexsort((days, key))
        np.testing.assert_array_equal(key[order], key[expected])
        np.testing.assert_array_equal(days[order], days[expected])
