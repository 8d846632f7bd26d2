"""The product-limit estimator and its influences: against another library, and against weights moved by a little."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight

from abmmetrics._competing import CENSORED, FIRST, SECOND, first_time, follow, share_within

drawn = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([CENSORED, FIRST, SECOND]), st.integers(0, 2)), min_size=1, max_size=20
)


def incidence(duration, cause, weight, horizon):
    """Aalen and Johansen's share by the first cause, of weighted spells, one time after the other."""
    lasting, share = 1.0, 0.0
    for time in sorted({t for t in duration if t <= horizon}):
        rows = list(zip(duration, cause, weight, strict=True))
        there = sum(w for t, _, w in rows if t >= time)
        first = sum(w for t, c, w in rows if t == time and c == FIRST)
        ended = sum(w for t, c, w in rows if t == time and c != CENSORED)
        share += lasting * first / there
        lasting *= 1 - ended / there
    return share


def table(rows):
    duration, cause, group = (np.array(column) for column in zip(*rows, strict=True))
    return duration.astype(float), cause, group


@given(rows=drawn, horizon=st.integers(0, 10))
def test_shares_are_those_of_plain_python_and_nan_where_nobody_was_followed_so_long(rows, horizon):
    duration, cause, group = table(rows)
    found = share_within(follow(duration, cause, group, 3), np.full(3, float(horizon)))
    for label in range(3):
        mine = group == label
        spells = duration[mine].tolist(), cause[mine].tolist()
        longest = max(spells[0], default=-1)
        over = all(what != CENSORED for time, what in zip(*spells, strict=True) if time == longest) and longest >= 0
        if longest >= horizon or over:
            assert found.value[label] == pytest.approx(incidence(*spells, [1] * mine.sum(), horizon), abs=1e-12)
        else:
            assert math.isnan(found.value[label])


@given(rows=drawn, horizon=st.integers(0, 9))
def test_influences_are_derivatives_and_add_up_to_nothing(rows, horizon):
    duration, cause, group = table(rows)
    found = share_within(follow(duration, cause, group, 3), np.full(3, float(horizon)))
    for label in range(3):
        mine = np.flatnonzero(group == label)
        if len(mine) == 0 or math.isnan(found.value[label]):
            continue
        assert found.influence[mine].sum() == pytest.approx(0, abs=1e-12)
        for place, row in enumerate(mine):
            step = 1e-6 * np.eye(len(mine))[place]
            more, less = (
                incidence(duration[mine].tolist(), cause[mine].tolist(), 1 + sign * step, horizon) for sign in (1, -1)
            )
            # Where all that are left end at once the curve has a corner, on whose sides the derivative is the same.
            assert found.influence[row] == pytest.approx((more - less) / 2e-6, abs=1e-4)


def test_the_curve_is_that_of_another_library():
    random = np.random.default_rng(5)
    duration = random.integers(1, 400, 500).astype(float)
    cause = random.integers(0, 3, 500)
    cause[duration.argmax()] = CENSORED
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = CumIncidenceRight(duration, cause)
    spells = follow(duration, cause, np.zeros(500, dtype=np.int64), 1)
    np.testing.assert_allclose(np.interp(theirs.times, spells.time, spells.share), theirs.cinc[0], rtol=1e-12)
    for horizon in (50, 200, 390):
        found = share_within(spells, np.array([float(horizon)]))
        place = np.searchsorted(theirs.times, horizon, side="right") - 1
        assert found.value[0] == pytest.approx(theirs.cinc[0][place])
        # The sum of squared influences is the delta method's variance, but for the finite-population terms.
        assert math.sqrt((found.influence**2).sum()) == pytest.approx(theirs.cinc_se[0][place], rel=0.02)


def test_remission_times_have_the_published_shares_and_errors():
    """Freireich's 6-mercaptopurine arm: S and Greenwood's standard errors as every textbook prints them."""
    days = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    cause = [FIRST] * 9 + [CENSORED] * 12
    spells = follow(np.array(days, float), np.array(cause), np.zeros(21, dtype=np.int64), 1)
    published = {6: (0.8571, 0.0764), 7: (0.8067, 0.0869), 10: (0.7529, 0.0963), 13: (0.6902, 0.1068),
                 16: (0.6275, 0.1141), 22: (0.5378, 0.1282), 23: (0.4482, 0.1346)}  # fmt: skip
    for time, (lasting, error) in published.items():
        found = share_within(spells, np.array([float(time)]))
        assert 1 - found.value[0] == pytest.approx(lasting, abs=5e-5)
        # Every subject's influence gives Greenwood's variance without its n / (n - d): a little less.
        assert math.sqrt((found.influence**2).sum()) == pytest.approx(error, rel=0.02)
    assert first_time(spells, np.array([0.5])).tolist() == [23]
    assert first_time(spells, np.array([0.6])).tolist() == [math.inf]


def test_groups_without_spells_have_no_share():
    spells = follow(np.array([3.0]), np.array([FIRST]), np.array([1]), 3)
    found = share_within(spells, np.full(3, 2.0))
    np.testing.assert_equal(found.value, [math.nan, 0.0, math.nan])
    assert first_time(spells, np.full(3, 0.5)).tolist() == [math.inf, 3.0, math.inf]
    nobody = follow(np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), 1)
    np.testing.assert_equal(share_within(nobody, np.array([1.0])).value, [math.nan])
