"""BG/NBD and Gamma-Gamma: CDNOW as published, scipy as the oracle, recovery, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, special

from abmmetrics import MetricInputError, _purchasing
from abmmetrics.buyers import (
    BetaGeometricNBD,
    GammaGamma,
    conditional_expected_purchases,
    expected_average_spend,
    expected_purchases,
    fit_beta_geometric_nbd,
    fit_gamma_gamma,
    probability_alive,
)
from abmmetrics.purchases import PurchaseHistory, purchase_history

from .cdnow import cdnow

PRINTED = BetaGeometricNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)


@pytest.fixture(scope="module")
def history(shared_data):
    return purchase_history(cdnow(shared_data), until="1997-09-30")


@pytest.fixture(scope="module")
def model(history):
    return fit_beta_geometric_nbd(history)


def refusal(function, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def bought(frequency, recency, age, **more):
    return PurchaseHistory(account=range(len(frequency)), frequency=frequency, recency=recency, age=age, **more)


def simulated(customers, r, alpha, a, b, seed=1):
    """Draw customers as BG/NBD has them, observed for 20 to 40 weeks."""
    random = np.random.default_rng(seed)
    age = random.integers(140, 281, customers) / 7
    rate, leave = random.gamma(r, 1 / alpha, customers), random.beta(a, b, customers)
    alive_for = random.geometric(np.maximum(leave, 1e-300))  # purchases up to and with the last
    times = np.cumsum(random.exponential(1, (customers, 60)) / rate[:, None], axis=1)
    counted = (times <= age[:, None]) & (np.arange(1, 61) <= alive_for[:, None])
    frequency = counted.sum(axis=1)
    recency = np.where(frequency > 0, times[np.arange(customers), np.maximum(frequency - 1, 0)], 0.0)
    return bought(frequency, recency, age)


def plain_log_likelihood(parameters, frequency, recency, age):
    """Note 004, equation 1, customer by customer, in scipy."""
    r, alpha, a, b = parameters
    x = frequency
    first = special.gammaln(r + x) - special.gammaln(r) + r * math.log(alpha)
    second = special.betaln(a, b + x) - special.betaln(a, b)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.where(x > 0, math.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency), -np.inf)
    return first + second + np.logaddexp(alive, gone)


def test_published_fit_of_cdnow(model):
    # Fader, Hardie & Lee (2005), table 2; to 6 digits the maximum that CLVTools finds as well.
    figures = [model.r, model.alpha, model.a, model.b]
    assert [round(figure, 3) for figure in figures] == [0.243, 4.414, 0.793, 2.426]
    assert [round(figure, 6) for figure in figures] == [0.242595, 4.413602, 0.792922, 2.425907]
    assert round(model.log_likelihood, 4) == -9582.4292
    assert model.customers == 2357
    errors = [model.standard_errors[name] for name in ("r", "alpha", "a", "b")]
    assert errors == pytest.approx([0.012557, 0.378222, 0.185719, 0.705345], rel=3e-4)


def test_published_log_likelihoods_of_customers():
    # 2005, figure 1, at parameters printed to three digits.
    rows = [(2, 30.43, 38.86, -9.4596), (1, 1.71, 38.86, -4.4711), (0, 0, 38.86, -0.5538), (7, 29.43, 38.86, -21.8644)]
    rows += [(4, 26.57, 27.00, -14.1284), (0, 0, 27.00, -0.4761)]
    for frequency, recency, age, known in rows:
        one = _purchasing.beta_geometric_nbd(np.array([frequency]), np.array([recency]), np.array([age]))
        value, _, _ = one(np.log(PRINTED.parameters)[None, :], np.array([0]))
        assert float(value[0]) == pytest.approx(known, abs=3e-3)


def test_published_expectations_of_cdnow(history, model):
    ahead = conditional_expected_purchases(model, history, periods=39)
    assert ahead[:10].round(4).tolist() == [
        1.226,
        0.2034,
        0.1948,
        0.1948,
        0.1948,
        3.3376,
        0.3016,
        0.1948,
        1.3243,
        0.1948,
    ]
    assert round(float(ahead.sum()), 2) == 1653.41
    alive = probability_alive(model, history)
    assert alive[:10].round(4).tolist() == [0.7266, 0.2124, 1, 1, 1, 0.6418, 0.3149, 1, 0.7849, 1]
    assert round(float(alive.mean()), 5) == 0.81344
    # The authors' workbook has 1.8576 at 78 weeks, where its sum of the hypergeometric series breaks off; scipy has ours.
    new = expected_purchases(model, periods=[0.1429, 1, 3, 31.8571, 32, 78])
    assert new.round(4).tolist() == [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.858]
    assert round(float(expected_purchases(model, periods=39)[0]), 5) == 1.19501


def test_published_gamma_gamma_of_cdnow(history):
    model = fit_gamma_gamma(history)
    assert [round(figure, 5) for figure in (model.p, model.q, model.gamma)] == [6.24957, 3.74422, 15.44352]
    assert round(model.log_likelihood, 4) == -4055.9177
    assert model.customers == 946
    assert round(model.mean_spend, 2) == 35.17
    assert round(model.correlation, 3) == 0.114
    expected = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert expected_average_spend(model, history)[:10].round(2).tolist() == expected


def test_published_fit_of_cdnow_in_two_decimals(history):
    # The table that lifetimes, btyd and pymc-marketing come with has recency and age in weeks of two decimals.
    model = fit_beta_geometric_nbd(bought(history.frequency, history.recency.round(2), history.age.round(2)))
    figures = [model.r, model.alpha, model.a, model.b]
    assert [round(figure, 6) for figure in figures] == [0.242593, 4.413532, 0.792886, 2.425753]
    assert round(model.log_likelihood, 5) == -9582.42556
    errors = [round(model.standard_errors[name], 6) for name in ("r", "alpha", "a", "b")]
    assert errors == pytest.approx([0.012557, 0.378222, 0.185719, 0.705345], abs=1.1e-6)


def test_money_in_cents_changes_the_rate_alone(history):
    euros = fit_gamma_gamma(history)
    cents = fit_gamma_gamma(
        bought(history.frequency, history.recency, history.age, mean_spend=100 * history.mean_spend)
    )
    assert (cents.p, cents.q, cents.gamma) == pytest.approx((euros.p, euros.q, 100 * euros.gamma), rel=1e-7)
    assert cents.log_likelihood == pytest.approx(euros.log_likelihood - 946 * math.log(100))
    assert list(cents.standard_errors) == ["p", "q", "gamma"]
    ratios = [cents.standard_errors[name] / euros.standard_errors[name] for name in ("p", "q", "gamma")]
    assert ratios == pytest.approx([1, 1, 100], rel=1e-5)


def test_time_in_days_changes_alpha_alone(history, model):
    days = fit_beta_geometric_nbd(bought(history.frequency, 7 * history.recency, 7 * history.age))
    assert (days.r, days.alpha, days.a, days.b) == pytest.approx((model.r, 7 * model.alpha, model.a, model.b), rel=1e-7)
    one, other = (
        conditional_expected_purchases(fitted, bought([3], [20 * unit], [30 * unit]), periods=10 * unit)[0]
        for fitted, unit in ((model, 1), (days, 7))
    )
    assert one == pytest.approx(other)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(0.1, 1), st.floats(0.5, 60)), min_size=1, max_size=8),
    st.lists(st.floats(-2, 2), min_size=4, max_size=4),
)
def test_the_likelihood_and_its_derivatives_are_those_of_the_definition(customers, logs):
    frequency = np.array([x for x, _, _ in customers])
    age = np.array([length for _, _, length in customers])
    recency = np.where(frequency > 0, age * [share for _, share, _ in customers], 0.0)
    objective, rows = _purchasing.beta_geometric_nbd(frequency, recency, age), np.array([0])
    at = np.array([logs])
    value, gradient, hessian = objective(at, rows)
    assert value[0] == pytest.approx(plain_log_likelihood(np.exp(logs), frequency, recency, age).sum(), rel=1e-9)
    for place, unit in enumerate(1e-5 * np.eye(4)):
        above, below = objective(at + unit, rows), objective(at - unit, rows)
        assert gradient[0, place] == pytest.approx((above[0][0] - below[0][0]) / 2e-5, rel=1e-4, abs=1e-4)
        assert hessian[0, place] == pytest.approx((above[1][0] - below[1][0]) / 2e-5, rel=1e-4, abs=1e-4)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(0.5, 90)), min_size=1, max_size=8),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
)
def test_the_likelihood_of_spend_is_that_of_the_definition(customers, logs):
    x, z = np.array([x for x, _ in customers]), np.array([z for _, z in customers])
    p, q, gamma = np.exp(logs)
    plain = special.gammaln(p * x + q) - special.gammaln(p * x) - special.gammaln(q) + q * math.log(gamma)
    plain = plain + (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * z)
    objective, rows = _purchasing.gamma_gamma(x, z), np.array([0])
    at = np.array([logs])
    value, gradient, hessian = objective(at, rows)
    assert value[0] == pytest.approx(plain.sum(), rel=1e-9, abs=1e-9)
    for place, unit in enumerate(1e-5 * np.eye(3)):
        above, below = objective(at + unit, rows), objective(at - unit, rows)
        assert gradient[0, place] == pytest.approx((above[0][0] - below[0][0]) / 2e-5, rel=1e-4, abs=1e-4)
        assert hessian[0, place] == pytest.approx((above[1][0] - below[1][0]) / 2e-5, rel=1e-4, abs=1e-4)


def expected_by_integration(model, frequency, age, periods):
    """Of a customer who is there: the mean over p of (1 - E exp(-rate p t)) / p, p and rate after what was seen."""
    shape, until = model.r + frequency, model.alpha + age

    def inside(logit):
        p = special.expit(logit)
        weight = math.exp(
            model.a * special.log_expit(logit)
            + (model.b + frequency) * special.log_expit(-logit)
            - special.betaln(model.a, model.b + frequency)
        )
        return weight * -math.expm1(-shape * math.log1p(p * periods / until)) / p

    return integrate.quad(inside, -60, 60, epsabs=0, epsrel=1e-11, limit=400)[0]


@pytest.mark.parametrize("a", [0.4, 1.0, 1.7, 6.0])
@pytest.mark.parametrize("periods", [0.5, 39, 3000])
def test_expected_purchases_are_an_integral(a, periods):
    model = BetaGeometricNBD(r=0.4, alpha=5, a=a, b=0.9)
    for frequency, age in ((0, 30.0), (1, 12.0), (9, 40.0)):
        recency = min(frequency, 1) * age  # bought a moment ago: still there with the highest probability
        customer = bought([frequency], [recency], [age])
        alive = probability_alive(model, customer)[0]
        found = conditional_expected_purchases(model, customer, periods=periods)[0]
        assert found == pytest.approx(alive * expected_by_integration(model, frequency, age, periods), rel=1e-8)
    new = expected_purchases(model, periods=[periods])[0]
    assert new == pytest.approx(expected_by_integration(model, 0, 0.0, periods), rel=1e-8)
    assert expected_purchases(model, periods=[]).tolist() == []


def test_nothing_is_expected_in_no_time():
    assert conditional_expected_purchases(PRINTED, bought([2], [3], [4]), periods=0).tolist() == [0]
    assert len(conditional_expected_purchases(PRINTED, PurchaseHistory.empty(), periods=9)) == 0


def test_fits_recover_the_parameters_that_made_the_customers():
    true = (0.6, 5.0, 0.9, 2.5)
    # More customers than a fit looks at first, and several blocks of them.
    history = simulated(60_000, *true)
    model = fit_beta_geometric_nbd(history)
    for name, known in zip(("r", "alpha", "a", "b"), true, strict=True):
        assert getattr(model, name) == pytest.approx(known, abs=4 * model.standard_errors[name])
        assert model.standard_errors[name] < 0.1 * known
    plain = plain_log_likelihood(model.parameters, history.frequency, history.recency, history.age).sum()
    assert model.log_likelihood == pytest.approx(plain, rel=1e-10)

    def negative(logs):
        return -plain_log_likelihood(np.exp(logs), history.frequency, history.recency, history.age).sum()

    best = optimize.minimize(negative, np.log(model.parameters), method="Nelder-Mead", options={"maxfev": 60})
    assert -best.fun <= model.log_likelihood + 1e-6


def test_fits_of_spend_recover_the_parameters_that_made_it():
    random = np.random.default_rng(8)
    p, q, gamma, customers = 6.0, 4.0, 15.0, 50_000
    frequency = random.integers(1, 12, customers)
    spend = random.gamma(p * frequency, 1 / (frequency * random.gamma(q, 1 / gamma, customers)))
    model = fit_gamma_gamma(bought(frequency, [1.0] * customers, [1.0] * customers, mean_spend=spend))
    for name, known in (("p", p), ("q", q), ("gamma", gamma)):
        assert getattr(model, name) == pytest.approx(known, abs=4 * model.standard_errors[name])
        assert model.standard_errors[name] < 0.1 * known


def test_standard_errors_are_those_of_a_numeric_hessian():
    frequency = np.array([0, 0, 1, 2, 12, 1, 4, 0, 1, 7] * 10)
    recency = np.array([0, 0, 1, 2, 38, 30, 5, 0, 2, 36] * 10, dtype=float)
    model = fit_beta_geometric_nbd(bought(frequency, recency, [39.0] * 100))
    at, step = model.parameters, 1e-3 * model.parameters
    units = np.diag(step)

    def value(parameters):
        return -plain_log_likelihood(parameters, frequency, recency, 39.0).sum()

    information = [
        [
            (value(at + u + v) - value(at + u - v) - value(at - u + v) + value(at - u - v)) / (4 * u.sum() * v.sum())
            for u in units
        ]
        for v in units
    ]
    assert model.covariance == pytest.approx(np.linalg.inv(information), rel=1e-2)
    assert list(model.standard_errors.values()) == pytest.approx(np.sqrt(np.diag(model.covariance)))


def test_expected_spend_is_between_the_customer_and_all():
    model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    history = bought([0, 1, 50], [0, 1, 1], [1, 1, 1], mean_spend=[None, 100, 100])
    none, once, often = expected_average_spend(model, history)
    assert none == pytest.approx(model.mean_spend)
    assert model.mean_spend < once < often < 100
    # E(M | x, z) is a mean of z and p gamma / (q - 1), weighted p x against q - 1.
    assert once == pytest.approx((6.25 * 100 + 2.74 * model.mean_spend) / (6.25 + 2.74))
    heavy = GammaGamma(p=2, q=0.5, gamma=3)
    assert heavy.mean_spend == math.inf
    assert expected_average_spend(heavy, history).tolist() == pytest.approx([math.inf, 2 * 103 / 1.5, 2 * 5003 / 99.5])
    assert GammaGamma(p=2, q=1, gamma=3).mean_spend == math.inf
    assert math.isnan(heavy.standard_errors["q"])
    assert math.isnan(PRINTED.standard_errors["a"])


def test_correlation_is_undefined_where_all_buy_equally_often():
    random = np.random.default_rng(4)
    spend = random.gamma(6.0 * 3, 1 / (3 * random.gamma(4, 1 / 15, 300)))
    history = bought([3] * 300, [1] * 300, [1] * 300, mean_spend=spend)
    assert math.isnan(fit_gamma_gamma(history).correlation)


LIKE = "history must be of customers that differ in "


def test_samples_that_tell_too_little_are_refused():
    message = "frequency must be above 0 for some customers; got none that came back"
    assert refusal(fit_beta_geometric_nbd, bought([0, 0], [0, 0], [9, 9])) == message
    assert refusal(fit_beta_geometric_nbd, PurchaseHistory.empty()) == message
    message = LIKE + "how likely they are to leave; got a likelihood that rises as b grows against a without limit"
    assert refusal(fit_beta_geometric_nbd, bought([0, 3, 9, 1], [0, 30, 30, 30], [30.0] * 4)) == message
    message = LIKE + "how often they buy; got a likelihood that rises as r and alpha grow without limit"
    random = np.random.default_rng(3)
    same = bought(random.permutation([4, 5] * 30), [38.0] * 60, [39.0] * 60)
    assert refusal(fit_beta_geometric_nbd, same) == message
    message = LIKE + "what they spend; got a likelihood that rises as a parameter grows without limit"
    alike = bought([2, 3, 4], [1] * 3, [1] * 3, mean_spend=[10, 10, 10])
    assert refusal(fit_gamma_gamma, alike) == message
    message = "history must hold two or more customers that came back; got 1 customer"
    assert refusal(fit_gamma_gamma, bought([0, 1], [0, 1], [1, 1], mean_spend=[None, 9])) == message
    message = "mean_spend must be above 0 where there are repeat purchases; got 0 with frequency=3 at row 1"
    assert refusal(fit_gamma_gamma, bought([1, 3], [1, 1], [1, 1], mean_spend=[9, 0])) == message
    message = "mean_spend must be above 0 where there are repeat purchases; got nan with frequency=3 at row 1"
    assert refusal(fit_gamma_gamma, bought([1, 3], [1, 1], [1, 1], mean_spend=[9, None])) == message
    message = (
        "PurchaseHistory must have the column mean_spend for this KPI; got ['account', 'frequency', 'recency', 'age']"
    )
    assert refusal(fit_gamma_gamma, bought([1, 3], [1, 1], [1, 1])) == message


def test_arguments_out_of_range_are_refused():
    history = bought([2], [3], [4])
    message = "periods must be a number in [0, inf); got -1"
    assert refusal(conditional_expected_purchases, PRINTED, history, periods=-1) == message
    assert refusal(expected_purchases, PRINTED, periods=[1, -1]) == message
    message = "periods must be at most 84,140 here, 10,000 times alpha and age; got 84141.0"
    assert refusal(conditional_expected_purchases, PRINTED, history, periods=84_141) == message
    assert refusal(expected_purchases, PRINTED, periods=44_141).startswith("periods must be at most 44,140 here")
    message = "r must be a number in (0, inf); got 0"
    assert refusal(BetaGeometricNBD, r=0, alpha=1, a=1, b=1) == message
    assert refusal(GammaGamma, p=1, q=1, gamma=-2) == "gamma must be a number in (0, inf); got -2"
    message = "mean_spend must be given where there are repeat purchases; got a missing value at row 0"
    model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    assert refusal(expected_average_spend, model, bought([2], [3], [4], mean_spend=[None])) == message
