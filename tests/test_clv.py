"""Lifetime value with one retention rate: note 024, plain sums, laws, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError
from abmmetrics.clv import clv_to_cac_ratio, customer_lifetime_value

NOW, RENEWAL, END = "first_payment_now", "first_payment_at_renewal", "payment_at_period_end"
rates = st.floats(0, 0.9)


def refusal(function, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        function(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(("timing", "value"), [(NOW, 366.6667), (RENEWAL, 266.6667), (END, 333.3333)])
def test_published_values(timing, value):
    # Fader & Hardie, note 024: m (1 + d) / (1 + d - r), m r / (1 + d - r), m / (1 + d - r).
    found = customer_lifetime_value(100, 0.8, 0.1, timing=timing)
    assert type(found) is float
    assert round(found, 4) == value


def test_handbook_value_of_a_constant_rate():
    # Fader & Hardie, Handbook: 100 a year, retention 0.833, 10 %, before the next renewal.
    assert round(0.833 * customer_lifetime_value(100, 0.833, 0.1, timing=NOW)) == 343


def payments(margin, retention, discount, growth, timing, count):
    """Each payment by itself: how likely it is, how large, and what it is worth today."""
    worth = []
    for number in range(count):
        if timing == RENEWAL:
            renewals, periods = number + 1, number + 1
        else:
            renewals, periods = number, number + (timing == END)
        worth.append(margin * retention**renewals * (1 + growth) ** renewals / (1 + discount) ** periods)
    return worth


@given(st.floats(0, 1000), rates, st.floats(0.05, 1), st.floats(-0.5, 0.04), st.sampled_from([NOW, RENEWAL, END]))
def test_values_are_sums_of_payments(margin, retention, discount, growth, timing):
    found = customer_lifetime_value(margin, retention, discount, growth, timing=timing)
    assert found == pytest.approx(math.fsum(payments(margin, retention, discount, growth, timing, 400)), rel=1e-9)
    for horizon in (1, 3, 60):
        some = customer_lifetime_value(margin, retention, discount, growth, timing=timing, horizon=horizon)
        assert some == pytest.approx(
            math.fsum(payments(margin, retention, discount, growth, timing, horizon)), rel=1e-9
        )
        assert some <= found * (1 + 1e-12)


def test_a_horizon_makes_any_growth_finite():
    assert customer_lifetime_value(10, 1, 0, timing=NOW, horizon=5) == 50
    assert customer_lifetime_value(10, 1, 0, 1, timing=NOW, horizon=3) == pytest.approx(70)
    assert customer_lifetime_value(10, 1, 0, 1, timing=RENEWAL, horizon=3) == pytest.approx(140)


def test_arrays_broadcast():
    found = customer_lifetime_value([100, 200], [[0.8], [0.5]], 0.1, timing=END)
    assert found == pytest.approx(np.array([[1000 / 3, 2000 / 3], [100 / 0.6, 200 / 0.6]]))


def test_the_common_formula_of_software_subscriptions_is_one_of_the_timings():
    # Skok: revenue per account x gross margin / churn.
    assert customer_lifetime_value(50 * 0.8, 0.97, 0, timing=NOW) == pytest.approx(50 * 0.8 / 0.03)


def test_ratio_to_the_cost_of_acquisition():
    assert clv_to_cac_ratio(360, 120) == 3
    assert type(clv_to_cac_ratio(360, 120)) is float
    assert clv_to_cac_ratio([360, -60], [120, 120]).tolist() == [3, -0.5]
    assert clv_to_cac_ratio(1, 0.25) == 4
    assert refusal(clv_to_cac_ratio, 360, 0) == "acquisition_cost must be above 0; got 0.0"
    assert refusal(clv_to_cac_ratio, 360, [5, -1.5]) == "acquisition_cost must be above 0; got -1.5"
    assert refusal(clv_to_cac_ratio, math.nan, 5) == "lifetime_value must be finite numbers; got nan"
    assert refusal(clv_to_cac_ratio, 5, "much") == "acquisition_cost must be finite numbers; got 'much'"


FINITE = "retention x (1 + growth) / (1 + discount) must be below 1 for a finite value (or give a horizon); got "


@pytest.mark.parametrize(
    ("given_arguments", "message"),
    [
        ((100, 1, 0), FINITE + "1.0"),
        ((100, [0.5, 0.9], 0, 0.5), FINITE + "1.35"),
        ((100, 1.01, 0.1), "retention must be finite numbers in [0, 1]; got 1.01"),
        ((100, -0.01, 0.1), "retention must be finite numbers in [0, 1]; got -0.01"),
        ((100, 80, 0.1), "retention must be finite numbers in [0, 1]; got 80"),
        ((-1, 0.8, 0.1), "margin must be finite numbers >= 0; got -1"),
        (([5, math.inf], 0.8, 0.1), "margin must be finite numbers >= 0; got inf"),
        (([[1], [2, 3]], 0.8, 0.1), "margin must be finite numbers >= 0; got [[1], [2, 3]]"),
        ((100, 0.8, -0.1), "discount must be finite numbers >= 0; got -0.1"),
        ((100, 0.8, True), "discount must be finite numbers >= 0; got True"),
        ((100, 0.8, 0.1, -1), "growth must be above -1; got -1.0"),
        ((100, 0.8, 0.1, [0.5, -1.25]), "growth must be above -1; got -1.25"),
        ((100, 0.8, 0.1, True), "growth must be finite numbers; got True"),
        ((100, 0.8, 0.1, None), "growth must be finite numbers; got None"),
    ],
)
def test_arguments_out_of_range_are_refused(given_arguments, message):
    assert refusal(customer_lifetime_value, *given_arguments, timing=NOW) == message


def test_options_are_refused():
    message = f"timing must be one of ['{NOW}', '{RENEWAL}', '{END}']; got 'now'"
    assert refusal(customer_lifetime_value, 100, 0.8, 0.1, timing="now") == message
    message = "horizon must be a whole number >= 1; got 0"
    assert refusal(customer_lifetime_value, 100, 0.8, 0.1, timing=NOW, horizon=0) == message
    assert customer_lifetime_value(0, 0, 0, timing=NOW) == 0


def test_one_retention_rate_for_all_undervalues_the_base_as_published(shared_data):
    """Fader & Hardie (2010): what the rate of last year's renewals makes of the two bases of the workshop."""
    table = np.genfromtxt(shared_data / "subscriptions" / "fh2010_workshop_cohorts.csv", delimiter=",", skip_header=1)
    for case, naive, expected in ((1, 182_292, 207_438), (2, 341_402, 617_531)):
        before, now = table[table[:, 0] == case][:, 5:7].T
        rate = np.nansum(now[:-1]) / np.nansum(before[:-1])
        value = now.sum() * rate * customer_lifetime_value(1, rate, 0.1, timing=NOW)
        # The rate comes of counts in whole accounts, the workshop's of its own unrounded ones.
        assert value == pytest.approx(naive, rel=1e-3)
        assert round(100 * (naive / expected - 1)) == {1: -12, 2: -45}[case]
