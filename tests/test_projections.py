"""What models of churn expect: the published tables, plain sums, scipy, limits by refitting, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from abmmetrics import MetricInputError, _survival_curves
from abmmetrics.churn import (
    BetaDiscreteWeibull,
    ShiftedBetaGeometric,
    bootstrap_shifted_beta_geometric,
    fit_beta_discrete_weibull,
    fit_shifted_beta_geometric,
)
from abmmetrics.projections import (
    customer_base_value,
    discounted_expected_lifetime,
    discounted_expected_residual_lifetime,
    expected_lifetime,
    projected_survival,
)

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
# Fader & Hardie (2010), the workshop's two cases: active accounts of five cohorts, with 4, 3, 2, 1 and 0 renewals made.
FIRST, SECOND = ShiftedBetaGeometric(alpha=3.8, beta=15.2), ShiftedBetaGeometric(alpha=1 / 15, beta=4 / 15)
MADE = [4, 3, 2, 1, 0]
shapes = st.floats(0.05, 20)


def refusal(function, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def residual(model, renewals, **options):
    return discounted_expected_residual_lifetime(model, renewals=renewals, **{"discount": 0.1, **options})


def plain_sum(model, renewals, ratio, terms=4000):
    """The sum of the definition, term by term."""
    c = getattr(model, "c", 1.0)
    ages = (renewals + np.arange(terms + 1.0)) ** c
    log_s = special.betaln(model.alpha, model.beta + ages) - special.betaln(model.alpha, model.beta)
    return float((np.exp(log_s[1:] - log_s[0]) * ratio ** np.arange(terms)).sum())


@pytest.mark.parametrize(
    ("model", "printed", "computed"),
    [
        (FIRST, [3.31, 3.45, 3.59, 3.72, 3.84], [3.3098, 3.4510, 3.5865, 3.7168, 3.8421]),
        (SECOND, [7.68, 9.46, 9.86, 10.06, 10.19], [7.6815, 9.4620, 9.8560, 10.0605, 10.1924]),
    ],
)
def test_published_residual_lifetimes(model, printed, computed):
    found = residual(model, range(5)).value
    assert found.round(2).tolist() == printed
    assert found.round(4).tolist() == computed


def test_published_residual_lifetimes_of_the_high_end_segment():
    found = residual(ShiftedBetaGeometric(alpha=0.668, beta=3.806), range(5)).value
    assert found.round(4).tolist() == [5.4149, 5.9018, 6.2943, 6.6203, 6.8971]


def test_published_values_of_the_base(shared_data):
    table = np.genfromtxt(shared_data / "subscriptions" / "fh2010_workshop_cohorts.csv", delimiter=",", skip_header=1)
    for case, model, value in ((1, FIRST, 207_438), (2, SECOND, 617_531)):
        rows = table[table[:, 0] == case]
        active, made = rows[:, 6], rows[:, 7].astype(int)
        found = customer_base_value(model, renewals=made, accounts=active, margin=1, discount=0.1)
        assert round(float(found)) == value
        assert residual(model, made).value.round(2).tolist() == rows[:, 8].tolist()


def test_published_values_of_an_account():
    # Handbook of Marketing Analytics: 100 a year at 10 %, at the end of periods 1, 2 and 5.
    found = residual(ShiftedBetaGeometric(alpha=0.764, beta=1.296), [0, 1, 4]).value
    assert (100 * found).round().tolist() == [288, 394, 568]


def test_published_lifetimes():
    assert round(float(expected_lifetime(FIRST)), 5) == 6.42857  # (alpha + beta - 1) / (alpha - 1)
    for alpha, beta, value in ((0.668, 3.806, 5.9226),):
        found = discounted_expected_lifetime(ShiftedBetaGeometric(alpha=alpha, beta=beta), discount=0.1)
        assert round(float(found), 4) == value


@given(shapes, shapes, st.sampled_from([0.5, 0.1, 0.01, 1e-3]), st.integers(0, 1500))
def test_residual_lifetimes_are_sums_of_products_of_retention_rates(alpha, beta, discount, renewals):
    v, b = 1 / (1 + discount), beta + renewals
    ahead = np.arange(math.ceil(40 / (1 - v)))
    survival = np.cumprod((b + ahead) / (alpha + b + ahead))
    found = residual(ShiftedBetaGeometric(alpha=alpha, beta=beta), renewals, discount=discount)
    assert float(found) == pytest.approx(float((survival * v**ahead).sum()), rel=1e-10)


@pytest.mark.parametrize("discount", [0.5, 0.1, 0.01, 1e-4])
def test_residual_lifetimes_are_those_of_the_closed_form(discount):
    # Fader & Hardie (2010), equation 6, with m renewals made.
    for alpha, beta in ((0.668, 3.806), (3.8, 15.2), (0.07, 0.3)):
        for m in (0, 1, 20):
            closed = (beta + m) / (alpha + beta + m)
            closed *= special.hyp2f1(1, beta + m + 1, alpha + beta + m + 1, 1 / (1 + discount))
            found = residual(ShiftedBetaGeometric(alpha=alpha, beta=beta), m, discount=discount)
            assert float(found) == pytest.approx(closed, rel=1e-11)


@pytest.mark.parametrize("c", [0.5, 1.0, 1.7])
@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 1.5), (2.5, 8.0)])
@pytest.mark.parametrize("renewals", [0, 3, 1200])
def test_residual_lifetimes_are_plain_sums(alpha, beta, c, renewals):
    model = BetaDiscreteWeibull(alpha=alpha, beta=beta, c=c)
    for discount, growth in ((0.1, 0.0), (0.2, 0.15)):
        ratio = (1 + growth) / (1 + discount)
        expected = plain_sum(model, renewals, ratio)
        # Far out the sum itself keeps nine digits: it takes differences of large logarithms.
        assert float(residual(model, renewals, discount=discount, growth=growth)) == pytest.approx(expected, rel=2e-9)
        just = residual(model, renewals, discount=discount, growth=growth, standing="just_renewed")
        assert float(just) == pytest.approx(ratio * expected, rel=2e-9)
        new = discounted_expected_lifetime(model, discount=discount, growth=growth)
        assert float(new) == pytest.approx(1 + ratio * plain_sum(model, 0, ratio), rel=1e-10)


@pytest.mark.parametrize(("alpha", "beta"), [(1.05, 0.3), (1.5, 4.0), (3.8, 15.2), (60.0, 240.0)])
def test_lifetimes_without_discount_are_those_of_the_closed_form(alpha, beta):
    # Standing before renewal m + 1 at discount 0: (beta + m) / (alpha - 1).
    model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
    found = residual(model, [0, 7], discount=0).value
    assert found == pytest.approx([beta / (alpha - 1), (beta + 7) / (alpha - 1)], rel=1e-7)
    assert float(expected_lifetime(model)) == pytest.approx((alpha + beta - 1) / (alpha - 1), rel=1e-7)


def test_lifetimes_of_a_beta_discrete_weibull_without_discount():
    # c = 2 and alpha = 1: S(t) = beta / (beta + t^2), whose sum is (1 + pi sqrt(beta) coth(pi sqrt(beta))) / 2.
    found = expected_lifetime(BetaDiscreteWeibull(alpha=1, beta=3, c=2))
    assert float(found) == pytest.approx(
        (1 + math.pi * math.sqrt(3) / math.tanh(math.pi * math.sqrt(3))) / 2, rel=1e-10
    )
    assert float(expected_lifetime(BetaDiscreteWeibull(alpha=1, beta=3, c=2), horizon=3)) == pytest.approx(
        1 + 3 / 4 + 3 / 7
    )


@pytest.mark.parametrize("fit", [fit_shifted_beta_geometric, fit_beta_discrete_weibull])
def test_limits_of_degenerate_models(fit):
    constant = fit([1000, 800, 640, 512])
    assert float(expected_lifetime(constant)) == pytest.approx(5)
    assert residual(constant, [0, 9]).value == pytest.approx([0.8 / (1 - 0.8 / 1.1)] * 2)
    assert constant.findings == residual(constant, 0).findings
    nobody = fit([50, 50, 50])
    assert residual(nobody, [0, 9]).value == pytest.approx([11, 11])
    assert math.isnan(residual(nobody, 0).low[0])
    assert projected_survival(nobody, [0, 5]).value.tolist() == [1, 1]
    assert float(expected_lifetime(nobody, horizon=7)) == 7
    everybody = fit([50, 0])
    assert residual(everybody, [0, 3], discount=0).value.tolist() == [0, 0]
    assert float(expected_lifetime(everybody)) == 1
    assert projected_survival(everybody, [0, 1, 2]).value.tolist() == [1, 0, 0]
    loyal = fit([100, 60, 60, 60])
    assert residual(loyal, [0, 1, 2]).value == pytest.approx([0.6 * 11, 11, 11])
    assert projected_survival(loyal, [0, 1, 9]).value == pytest.approx([1, 0.6, 0.6])
    # A share of 60 in 100: the logarithm of its odds has the variance 1/60 + 1/40.
    assert loyal.standard_errors["churn_rate"] == pytest.approx(math.sqrt(0.6 * 0.4 / 100))


def test_all_that_age_alike():
    alive = [round(20000 * 0.95 ** (t**2)) for t in range(7)]
    model = fit_beta_discrete_weibull(alive)
    survival = (1 - model.churn_rate) ** (np.arange(200.0) ** model.c)
    assert float(expected_lifetime(model)) == pytest.approx(survival.sum(), rel=1e-9)
    assert residual(model, [2]).value[0] == pytest.approx(
        (survival[3:] / survival[2] * 1.1 ** -np.arange(197.0)).sum(), rel=1e-9
    )
    assert projected_survival(model, 9).value[0] == pytest.approx(survival[9])


def test_limits_agree_with_the_bootstrap():
    model = fit_shifted_beta_geometric(HIGH_END)
    drawn = bootstrap_shifted_beta_geometric(HIGH_END, resamples=300, seed=5)
    figures = {
        "survival": [
            special.beta(a, b + 12) / special.beta(a, b) for a, b in zip(drawn.alpha, drawn.beta, strict=True)
        ],
        "residual": [
            (b + 3) / (a + b + 3) * special.hyp2f1(1, b + 4, a + b + 4, 1 / 1.1)
            for a, b in zip(drawn.alpha, drawn.beta, strict=True)
        ],
    }
    survival, later = projected_survival(model, 12), residual(model, 3)
    for found, name in ((survival, "survival"), (later, "residual")):
        low, high = np.quantile(figures[name], [0.025, 0.975])
        assert found.low[0] == pytest.approx(low, abs=0.3 * (high - low))
        assert found.high[0] == pytest.approx(high, abs=0.3 * (high - low))
        assert found.low[0] < found.value[0] < found.high[0]
    logs = np.log(figures["residual"])
    assert math.log(later.high[0] / later.value[0]) == pytest.approx(1.96 * logs.std(), rel=0.2)
    assert later.high[0] / later.value[0] == pytest.approx(later.value[0] / later.low[0])
    ratio = np.log(np.log(survival.low[0]) / np.log(survival.value[0]))
    assert ratio == pytest.approx(np.log(np.log(survival.value[0]) / np.log(survival.high[0])))
    double = np.log(-np.log(figures["survival"]))
    assert ratio == pytest.approx(1.96 * double.std(), rel=0.2)
    half = projected_survival(model, [0, 12], confidence=0.5)
    assert (half.low[0], half.value[0], half.high[0]) == (1, 1, 1)
    assert survival.low[0] < half.low[1] < half.high[1] < survival.high[0]
    assert (half.confidence, survival.confidence) == (0.5, 0.95)


@given(shapes, shapes, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 400), st.integers(0, 9)), max_size=9))
def test_the_base_is_worth_the_sum_of_its_accounts(alpha, beta, rows):
    model = ShiftedBetaGeometric(alpha=alpha, beta=beta)
    made, margin, accounts = ([row[place] for row in rows] for place in range(3))
    for standing in ("renewal_due", "just_renewed"):
        found = customer_base_value(
            model, renewals=made, margin=margin, accounts=accounts, discount=0.1, growth=0.02, standing=standing
        )
        single = residual(model, made, growth=0.02, standing=standing).value
        assert float(found) == pytest.approx(float((single * margin * np.array(accounts, dtype=float)).sum()), abs=1e-9)
        alike = customer_base_value(model, renewals=made, margin=3, discount=0.1, growth=0.02, standing=standing)
        assert float(alike) == pytest.approx(3 * float(single.sum()), abs=1e-9)


def test_limits_of_the_base_are_those_of_its_only_account():
    model = fit_shifted_beta_geometric(HIGH_END)
    one, base = residual(model, 3), customer_base_value(model, renewals=[3], margin=200, discount=0.1, churned=[False])
    assert (base.low[0], base.high[0]) == pytest.approx((200 * one.low[0], 200 * one.high[0]))
    assert math.isnan(customer_base_value(FIRST, renewals=[3], margin=200, discount=0.1).low[0])


def test_projections_have_a_length_and_one_of_them_is_a_number():
    found = residual(FIRST, [0, 1])
    assert len(found) == 2
    with pytest.raises(TypeError, match="the projection has 2 figures; take one from value"):
        float(found)
    assert float(residual(FIRST, 1)) == found.value[1]
    assert len(residual(FIRST, [])) == 0


def test_standard_errors_follow_the_slope():
    # Of alpha^2 beta: 2 alpha^2 beta by ln alpha and alpha^2 beta by ln beta.
    curve = _survival_curves.Curve("beta_geometric", (0.3, -0.2), np.array([[0.04, 0.01], [0.01, 0.09]]))
    found = _survival_curves.spread(curve, lambda working: np.exp(np.array([2 * working[0] + working[1]])))
    slopes = math.exp(0.4) * np.array([2, 1])
    assert found[0] == pytest.approx(math.sqrt(slopes @ curve.covariance @ slopes), rel=1e-9)


HEAVY = ShiftedBetaGeometric(alpha=1, beta=3)


@pytest.mark.parametrize(
    ("model", "discount", "growth", "message"),
    [
        (FIRST, 0.1, 0.11, "discount must be at least growth for a finite value; got 0.1 with growth=0.11"),
        (
            HEAVY,
            0.1,
            0.1,
            "discount must be above growth for a finite value; got 0.1 with growth=0.1 and survival that falls like t^-1",
        ),
        (
            BetaDiscreteWeibull(alpha=0.5, beta=3, c=1.5),
            0.0,
            0.0,
            "discount must be above growth for a finite value; got 0 with growth=0 and survival that falls like t^-0.75",
        ),
        (
            fit_shifted_beta_geometric([9, 9, 9]),
            0.0,
            0.0,
            "discount must be above growth for a finite value; got 0 with growth=0 and survival that falls like t^-0",
        ),
        (FIRST, -0.1, 0.0, "discount must be a number in [0, inf); got -0.1"),
        (FIRST, 0.1, -1, "growth must be a number in (-1, inf); got -1"),
    ],
)
def test_infinite_values_are_refused_with_the_condition(model, discount, growth, message):
    for function, options in (
        (discounted_expected_lifetime, {}),
        (discounted_expected_residual_lifetime, {"renewals": [1]}),
        (customer_base_value, {"renewals": [1], "margin": 1}),
    ):
        assert refusal(function, model, discount=discount, growth=growth, **options) == message


def test_infinite_lifetimes_are_refused_with_the_condition():
    message = (
        "model must have survival that falls faster than 1/t for a finite lifetime; got survival that falls like t^-1"
    )
    assert refusal(expected_lifetime, HEAVY) == message
    message = message.removesuffix("t^-1") + "t^-0.668"
    assert refusal(expected_lifetime, fit_shifted_beta_geometric(HIGH_END)) == message
    assert float(expected_lifetime(HEAVY, horizon=2)) == pytest.approx(1.75)


def test_arguments_out_of_range_are_refused():
    message = "churned must be False: an account that left is worth nothing; got True at row 1"
    options = {"renewals": [1, 2], "margin": 1, "discount": 0.1}
    assert refusal(customer_base_value, FIRST, **options, churned=[False, True]) == message
    message = "margin must be finite numbers >= 0; got -1 at row 0"
    assert refusal(customer_base_value, FIRST, **{**options, "margin": -1}) == message.replace("-1", "-1.0")
    message = "renewals and margin must have the same length; got {'renewals': 2, 'margin': 3}"
    assert refusal(customer_base_value, FIRST, **{**options, "margin": [1, 2, 3]}) == message
    message = "accounts must be finite numbers >= 0; got -2.0 at row 1"
    assert refusal(customer_base_value, FIRST, **options, accounts=[1, -2]) == message
    message = "standing must be one of ['renewal_due', 'just_renewed']; got 'now'"
    assert refusal(customer_base_value, FIRST, **options, standing="now") == message
    assert refusal(residual, FIRST, [0], standing="now") == message
    assert refusal(residual, FIRST, [-1]) == "renewals must be whole numbers >= 0; got -1 at row 0"
    message = "renewals must be at most 100,000: periods, not days; got 100001 at row 0"
    assert refusal(residual, FIRST, [100_001]) == message
    assert len(residual(FIRST, [100_000])) == 1
    assert refusal(residual, FIRST, [0], confidence=0) == "confidence must be a number in (0, 1); got 0"
    assert refusal(projected_survival, FIRST, [0], confidence=1) == "confidence must be a number in (0, 1); got 1"
    assert refusal(projected_survival, FIRST, [0.5]) == "periods must be whole numbers >= 0; got 0.5 at row 0"
    assert refusal(expected_lifetime, FIRST, horizon=0) == "horizon must be a whole number >= 1; got 0"
