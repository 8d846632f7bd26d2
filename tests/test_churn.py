"""Models of churn: published fits, an independent maximum, degenerate samples, laws."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

import abmmetrics as abm
from abmmetrics import MetricInputError, _contractual, _survival_curves, survivors
from abmmetrics.churn import (
    BetaDiscreteWeibull,
    ShiftedBetaGeometric,
    bootstrap_shifted_beta_geometric,
    fit_beta_discrete_weibull,
    fit_shifted_beta_geometric,
    likelihood_ratio_test,
)
from abmmetrics.survivors import Survivors, count_survivors, count_survivors_by

# Fader & Hardie (2007), table 1: 1,000 customers in each segment.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
# Fader & Hardie, note 017: five cohorts drawn from alpha = 3.8, beta = 15.2.
COHORTS = [[10000, 8000, 6480, 5307, 4391][:length] for length in (5, 4, 3, 2, 1)]

cohorts = st.lists(st.integers(0, 60), min_size=2, max_size=7).map(
    lambda drops: [sum(drops[k:]) for k in range(len(drops))]
)


def refusal(function, *arguments, **options):
    with pytest.raises(MetricInputError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def published(shared_data):
    with (shared_data.parent / "reference" / "published" / "sbg_bdw.json").open(encoding="utf-8") as file:
        return json.load(file)


def segment(name):
    return REGULAR if name.startswith("regular") else HIGH_END


def log_likelihood(cells, curve, *working):
    """The log-likelihood and its derivatives at given working parameters."""
    return _contractual.objective(cells, curve)(np.array([working]), np.array([0]))


def test_published_fits_of_the_shifted_beta_geometric(shared_data):
    for name, known in published(shared_data)["sbg"].items():
        model = fit_shifted_beta_geometric(segment(name)[: known["renewals"] + 1])
        assert (model.alpha, model.beta) == pytest.approx((known["alpha"], known["beta"]), abs=1e-5)
        assert model.log_likelihood == pytest.approx(known["ll"], abs=1e-5)
        errors = model.standard_errors
        assert (errors["alpha"], errors["beta"]) == pytest.approx((known["se_alpha"], known["se_beta"]), abs=1e-5)
        assert model.churn_rate == pytest.approx(known["E_theta"], abs=1e-5)
        assert model.polarization == pytest.approx(known["polarization"], abs=1e-5)
        assert abm.projected_survival(model, range(13)).value == pytest.approx(known["S_0_12"], abs=1e-5)
        assert float(abm.discounted_expected_lifetime(model, discount=0.1)) == pytest.approx(known["DEL_d10"], abs=1e-5)
        residual = abm.discounted_expected_residual_lifetime(model, renewals=4, discount=0.1)
        assert float(residual) == pytest.approx(known["DERL_n5_d10"], abs=1e-5)
        assert (model.accounts, model.findings) == (1000, ())


def test_published_fits_of_the_beta_discrete_weibull(shared_data):
    for name, known in published(shared_data)["bdw"].items():
        alive = segment(name)[: int(name.rpartition("_")[2]) + 1]
        model = fit_beta_discrete_weibull(alive)
        assert (model.alpha, model.beta, model.c) == pytest.approx((known["a"], known["b"], known["c"]), abs=1e-5)
        assert model.log_likelihood == pytest.approx(known["ll"], abs=1e-5)
        test = likelihood_ratio_test(alive)
        assert (test.statistic, test.p_value) == pytest.approx((known["LR_vs_sBG"], known["p"]), abs=1e-5)
        assert test.degrees_of_freedom == 1
        assert abm.projected_survival(model, range(13)).value == pytest.approx(known["S_0_12"], abs=1e-5)
        assert float(abm.discounted_expected_lifetime(model, discount=0.1)) == pytest.approx(known["DEL_d10"], abs=1e-5)
        residual = abm.discounted_expected_residual_lifetime(model, renewals=4, discount=0.1)
        assert float(residual) == pytest.approx(known["DERL_n5_d10"], abs=1e-5)
        assert (model.accounts, model.findings) == (1000, ())


@pytest.mark.parametrize(
    ("alive", "alpha", "beta", "digits", "survival"),
    [
        # Fader & Hardie (2007), text and appendix B; the projection in per cent for years 1 to 12.
        (
            REGULAR[:8],
            0.704,
            1.182,
            3,
            [62.671, 47.382, 38.797, 33.207, 29.235, 26.246, 23.902, 22.008, 20.441, 19.119, 17.986, 17.004],
        ),
        (
            HIGH_END[:8],
            0.668,
            3.806,
            3,
            [85.068, 74.686, 66.979, 60.992, 56.183, 52.222, 48.891, 46.044, 43.578, 41.417, 39.506, 37.800],
        ),
        (REGULAR[:5], 0.763665, 1.295830, 6, []),
        (HIGH_END, 0.596111, 3.326969, 6, []),
        (COHORTS, 3.80, 15.19, 2, []),
    ],
)
def test_printed_digits(alive, alpha, beta, digits, survival):
    model = fit_shifted_beta_geometric(alive)
    assert (round(model.alpha, digits), round(model.beta, digits)) == (alpha, beta)
    found = abm.projected_survival(model, np.arange(1, len(survival) + 1)).value
    assert (100 * found).round(3).tolist() == survival


def test_printed_log_likelihoods():
    cells = survivors.cells_of(HIGH_END[:8])
    for shape, known in ((1.0, -2115.5455), (0.01, -2741.7009)):
        value, _, _ = log_likelihood(cells, _survival_curves.beta_geometric, math.log(shape), math.log(shape))
        assert round(float(value[0]), 4) == known
    several = fit_shifted_beta_geometric(COHORTS)
    assert (several.alpha, several.beta) == pytest.approx((3.798126, 15.191907), abs=1e-5)
    assert several.log_likelihood == pytest.approx(-40255.83728074, abs=1e-7)
    errors = several.standard_errors
    assert (round(errors["alpha"], 3), round(errors["beta"], 3)) == (0.617, 2.580)


def test_cohorts_known_at_both_ends_only():
    # Note 017, limited information, case 1: only the first and the last size of each cohort are known.
    ends = [[cohort[0], *[None] * (len(cohort) - 2), cohort[-1]] if len(cohort) > 1 else cohort for cohort in COHORTS]
    model = fit_shifted_beta_geometric(ends)
    # The note cuts its digits off: 3.7965 and 15.1849.
    assert (math.floor(100 * model.alpha), math.floor(100 * model.beta)) == (379, 1518)
    assert model.log_likelihood == pytest.approx(-25260.50488, abs=1e-5)
    assert model.findings == ()


def test_shared_files_hold_the_same_figures(shared_data):
    folder = shared_data / "subscriptions"
    table = np.genfromtxt(folder / "fh2007_sbg_table1.csv", delimiter=",", skip_header=1)
    assert (10 * table[:, 1]).round().tolist() == REGULAR
    assert (10 * table[:, 2]).round().tolist() == HIGH_END
    cohort_sizes = np.genfromtxt(folder / "fh_note017_multicohort.csv", delimiter=",", skip_header=1)[:, 1:]
    assert [row[~np.isnan(row)].tolist() for row in cohort_sizes] == COHORTS


@pytest.mark.parametrize(("fit", "size"), [(fit_shifted_beta_geometric, 2), (fit_beta_discrete_weibull, 3)])
def test_the_maximum_and_its_curvature_are_those_of_a_plain_likelihood(fit, size):
    alive = [[400, 290, 240, 215, 199, 190], [150, 118, 99, 90]]

    def negative(logs):
        alpha, beta, c = (*np.exp(logs), 1.0)[:3]
        total = 0.0
        for cohort in alive:
            share = special.beta(alpha, beta + np.arange(len(cohort)) ** c) / special.beta(alpha, beta)
            total += cohort[-1] * math.log(share[-1])
            total += sum(math.log(share[t - 1] - share[t]) * (cohort[t - 1] - cohort[t]) for t in range(1, len(cohort)))
        return -total

    best = optimize.minimize(negative, np.zeros(size), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11})
    model = fit(alive)
    names = ["alpha", "beta", "c"][:size]
    figures = [getattr(model, name) for name in names]
    assert figures == pytest.approx(np.exp(best.x), rel=1e-4)
    assert model.log_likelihood == pytest.approx(-best.fun, abs=1e-8)
    step = 1e-4
    units = step * np.eye(size)
    at = np.log(figures)
    information = [
        [
            (negative(at + u + v) - negative(at + u - v) - negative(at - u + v) + negative(at - u - v)) / (4 * step**2)
            for u in units
        ]
        for v in units
    ]
    covariance = np.linalg.inv(information) * np.outer(figures, figures)
    assert model.covariance == pytest.approx(covariance, rel=1e-3)
    assert [model.standard_errors[name] for name in names] == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-3)


@pytest.mark.parametrize("true", [(0.7, 1.2), (3.8, 15.2), (0.3, 2.0)])
def test_intervals_hold_the_true_parameters(true):
    alpha, beta = true
    random = np.random.default_rng(20_260_322)
    held, tries = np.zeros(3), 60
    for _ in range(tries):
        leaves = random.geometric(random.beta(alpha, beta, 1500))
        made, gone = np.minimum(leaves - 1, 8), leaves <= 8
        model = fit_shifted_beta_geometric(count_survivors(made, gone))
        spans = model.intervals()
        far = abm.projected_survival(model, 12)
        truth = special.beta(alpha, beta + 12) / special.beta(alpha, beta)
        held += [
            spans["alpha"].low <= alpha <= spans["alpha"].high,
            spans["beta"].low <= beta <= spans["beta"].high,
            far.low[0] <= truth <= far.high[0],
        ]
    # Three standard deviations of a share of 95 % in 60 tries are 8.4 points.
    assert (held / tries >= 0.866).all()


def test_intervals_are_symmetric_on_the_log_scale():
    model = fit_beta_discrete_weibull(HIGH_END[:8])
    for name in ("alpha", "beta", "c"):
        figure, error, span = getattr(model, name), model.standard_errors[name], model.intervals(0.9)[name]
        assert math.log(span.high / figure) == pytest.approx(1.6448536 * error / figure, rel=1e-6)
        assert math.log(figure / span.low) == pytest.approx(1.6448536 * error / figure, rel=1e-6)
    narrow, wide = model.intervals(0.5)["c"], model.intervals()["c"]
    assert wide.low < narrow.low < model.c < narrow.high < wide.high
    rates = fit_shifted_beta_geometric(HIGH_END[:8])
    assert set(rates.intervals()) == {"alpha", "beta"}
    assert rates.intervals()["alpha"].low == pytest.approx(
        0.668088 * math.exp(-1.959964 * 0.103735 / 0.668088), rel=1e-5
    )


def test_the_churn_rate_has_a_standard_error():
    # By the delta method from alpha and beta: gradient (beta, -alpha) / (alpha + beta)^2.
    model = fit_shifted_beta_geometric(REGULAR)
    slope = np.array([model.beta, -model.alpha]) / (model.alpha + model.beta) ** 2
    assert model.standard_errors["churn_rate"] == pytest.approx(math.sqrt(slope @ model.covariance @ slope), rel=1e-7)


NO_CHURN = "No account left: the churn rate is 0, how far above 0 it may be these data do not tell."
AT_ONCE = "All accounts left at one and the same renewal: how accounts differ cannot be seen."
ONE = "Only one renewal was observed: it gives one churn rate, and not how accounts differ."
TWO = "Only two renewals were observed: three parameters need three, so all accounts have one churn rate."
EARLY = "Accounts left at the first renewal and none later: those who renewed once are taken to stay."
RISING = (
    "Churn rises with tenure, which accounts that differ cannot explain: all have one churn rate here. "
    "A beta-discrete-Weibull can follow it."
)
CONSTANT = (
    "Churn does not fall with tenure by more than chance: all accounts have one churn rate here. "
    "If they do differ, those who stayed are undervalued."
)
SAME = "Accounts do not differ by more than chance: all have one churn rate, which changes with tenure."
RIDGE = "Differences between accounts and changes with tenure offset each other: a simpler curve stands in."


@pytest.mark.parametrize(
    ("alive", "name", "text", "churn", "rates"),
    [
        ([100, 100, 100], "no_churn", NO_CHURN, 0.0, [1, 1]),
        ([100, 0], "all_left_at_once", AT_ONCE, 1.0, [0, math.nan]),
        ([100, 0, 0], "all_left_at_once", AT_ONCE, 1.0, [0, math.nan]),
        ([100, 100, 0], "all_left_at_once", AT_ONCE, 0.5, [0.5, 0.5]),
        ([100, 80], "one_renewal", ONE, 0.2, [0.8, 0.8]),
        ([[100, 80], [40, 31], [5]], "one_renewal", ONE, 29 / 140, [111 / 140, 111 / 140]),
        ([1000, None, None, 512], "one_renewal", ONE, 0.2, [0.8, 0.8]),
        ([1000, 800, 640, 512], "constant_churn", CONSTANT, 0.2, [0.8, 0.8]),
        ([1000, 800, 639, 513, 408], "constant_churn", CONSTANT, 592 / 2952, [2360 / 2952, 2360 / 2952]),
        ([100, 95, 85, 70, 50], "rising_churn", RISING, 50 / 350, [6 / 7, 6 / 7]),
        ([1000, 999, 998, 500], "rising_churn", RISING, 500 / 2997, [2497 / 2997, 2497 / 2997]),
        ([100, 60, 60, 60], "no_later_churn", EARLY, 0.4, [0.6, 1]),
    ],
)
def test_degenerate_samples_are_named_and_have_one_churn_rate(alive, name, text, churn, rates):
    model = fit_shifted_beta_geometric(alive)
    assert [(finding.name, finding.text) for finding in model.findings] == [(name, text)]
    limit = 0.0 if name == "no_later_churn" else math.inf
    assert (model.alpha, model.beta) == (limit, limit)
    assert model.polarization == (0.0 if limit else 1.0)
    assert model.churn_rate == pytest.approx(churn, abs=1e-12)
    np.testing.assert_allclose(model.retention_rates(2), rates, atol=1e-12)
    assert math.isnan(model.standard_errors["alpha"])
    assert math.isnan(model.intervals()["beta"].low)
    wide = fit_beta_discrete_weibull(alive)
    assert len(wide.findings) == 1
    assert (wide.alpha, wide.beta) == (limit, limit)
    if name in {"no_churn", "all_left_at_once", "one_renewal", "no_later_churn", "constant_churn"}:
        assert wide.findings == model.findings
        assert wide.churn_rate == pytest.approx(churn, abs=1e-12)
        assert (wide.c, math.isnan(wide.standard_errors["c"])) == (1.0, True)
        assert likelihood_ratio_test(alive).p_value == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize(
    ("alive", "name", "text"),
    [
        ([100, 95, 85, 70, 50], "same_churn", SAME),
        ([100, 90, 30], "two_renewals", TWO),
        ([100, 80, 64], "two_renewals", TWO),
        ([100, 90, 30, 30], "ridge", RIDGE),
    ],
)
def test_degenerate_samples_of_the_beta_discrete_weibull(alive, name, text):
    model = fit_beta_discrete_weibull(alive)
    assert [(finding.name, finding.text) for finding in model.findings] == [(name, text)]
    assert model.alpha == math.inf


def test_a_homogeneous_discrete_weibull_has_a_standard_error_of_its_shape():
    # Hazards of 1 - (1 - 0.05)^(t^2 - (t-1)^2): all accounts age alike. The plain likelihood in (theta, c) is the oracle.
    alive = [round(20000 * 0.95 ** (t**2)) for t in range(7)]
    model = fit_beta_discrete_weibull(alive)
    assert (model.c, model.churn_rate) == (pytest.approx(2, abs=0.01), pytest.approx(0.05, abs=0.001))

    def negative(parameters):
        share = (1 - parameters[0]) ** (np.arange(7.0) ** parameters[1])
        return -(alive[-1] * math.log(share[-1]) - np.diff(alive) @ np.log(-np.diff(share)))

    at, step = np.array([model.churn_rate, model.c]), np.array([1e-5, 1e-4])
    units = np.diag(step)
    information = [
        [
            (negative(at + u + v) - negative(at + u - v) - negative(at - u + v) + negative(at - u - v))
            / (4 * u.sum() * v.sum())
            for u in units
        ]
        for v in units
    ]
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert [model.standard_errors[name] for name in ("churn_rate", "c")] == pytest.approx(errors, rel=1e-3)
    assert model.log_likelihood == pytest.approx(-negative(at), abs=1e-7)
    known = model.intervals()
    assert known["c"].low < 2 < known["c"].high
    assert math.isnan(known["alpha"].low)


def test_a_spread_of_churn_rates_is_seen_at_5_per_cent():
    # Samples of one churn rate are told as such about 95 times in 100: the likelihood ratio is 0 in half of them.
    random = np.random.default_rng(7)
    told = 0
    for _ in range(150):
        leaves = random.geometric(0.2, 500)
        model = fit_shifted_beta_geometric(count_survivors(np.minimum(leaves - 1, 6), leaves <= 6))
        told += math.isinf(model.alpha)
    assert 0.90 <= told / 150 <= 0.99


@given(st.lists(cohorts, min_size=1, max_size=3), st.integers(2, 4))
def test_cohorts_may_be_split_and_put_in_any_order(drawn, parts):
    if not sum(sum(cohort[1:]) + cohort[0] - cohort[-1] for cohort in drawn):
        return
    whole = fit_shifted_beta_geometric(drawn)
    split = fit_shifted_beta_geometric([*reversed(drawn), *[[0, 0]] * parts])
    copies = [[count * parts for count in cohort] for cohort in drawn]
    again = fit_shifted_beta_geometric(copies)
    repeated = fit_shifted_beta_geometric([cohort for cohort in drawn for _ in range(parts)])
    assert whole.findings == split.findings
    assert (whole.alpha, whole.beta, whole.accounts) == (split.alpha, split.beta, split.accounts)
    assert (again.alpha, again.beta, again.log_likelihood) == (repeated.alpha, repeated.beta, repeated.log_likelihood)


@given(cohorts)
def test_every_sample_has_a_fit_whose_survival_falls(alive):
    if not alive[0]:
        return
    for fit in (fit_shifted_beta_geometric, fit_beta_discrete_weibull):
        model = fit(alive)
        survival = abm.projected_survival(model, range(30))
        assert survival.value[0] == 1
        assert (np.diff(survival.value) <= 0).all()
        assert (survival.value >= 0).all()
        known = ~np.isnan(survival.low)
        assert (survival.low[known] <= survival.value[known]).all()
        assert (survival.value[known] <= survival.high[known]).all()
        residual = abm.discounted_expected_residual_lifetime(model, renewals=range(10), discount=0.1).value
        assert (residual[survival.value[1:11] > 0] > 0).all()
        assert (residual <= 11 + 1e-9).all()
        if isinstance(model, ShiftedBetaGeometric):  # who stayed longer is worth no less
            assert (np.diff(residual) >= -1e-9).all()
    test = likelihood_ratio_test(alive)
    assert test.statistic >= 0
    assert 0 <= test.p_value <= 1


def test_given_parameters_have_no_errors_and_are_checked():
    model = ShiftedBetaGeometric(alpha=1, beta=3)
    assert (model.churn_rate, model.polarization) == (pytest.approx(0.25), 0.2)
    assert model.retention_rates(3) == pytest.approx([3 / 4, 4 / 5, 5 / 6])
    assert (model.accounts, model.findings) == (0, ())
    assert math.isnan(model.log_likelihood)
    assert np.isnan(model.covariance).tolist() == [[True, True], [True, True]]
    assert all(math.isnan(error) for error in model.standard_errors.values())
    weibull = BetaDiscreteWeibull(alpha=1, beta=3, c=1)
    assert weibull.retention_rates(3) == pytest.approx([3 / 4, 4 / 5, 5 / 6])
    assert list(weibull.standard_errors) == ["alpha", "beta", "c", "churn_rate"]
    assert weibull.churn_rate == pytest.approx(0.25)
    assert weibull.covariance.shape == (3, 3)
    assert refusal(ShiftedBetaGeometric, alpha=0, beta=1) == "alpha must be a number in (0, inf); got 0"
    assert refusal(ShiftedBetaGeometric, alpha=1, beta=math.inf) == "beta must be a number in (0, inf); got inf"
    assert refusal(BetaDiscreteWeibull, alpha=1, beta=1, c=-1) == "c must be a number in (0, inf); got -1"
    assert refusal(model.retention_rates, 0) == "renewals must be a whole number >= 1; got 0"
    assert refusal(model.intervals, 1) == "confidence must be a number in (0, 1); got 1"


def test_segments_are_fitted_apart():
    tier = ["A"] * 1000 + ["B"] * 1000
    made, gone = [], []
    for alive in (REGULAR[:8], HIGH_END[:8]):
        for t in range(7):
            made += [t] * (alive[t] - alive[t + 1])
        gone += [True] * (1000 - alive[7]) + [False] * alive[7]
        made += [7] * alive[7]
    fits = {name: fit_shifted_beta_geometric(found) for name, found in count_survivors_by(tier, made, gone).items()}
    assert [round(fits[name].alpha, 3) for name in "AB"] == [0.704, 0.668]


def test_bootstrap_agrees_with_single_fits_and_with_the_standard_errors():
    counted = Survivors.from_cohorts(HIGH_END[:8])
    found = bootstrap_shifted_beta_geometric(counted, resamples=400, seed=11)
    model = fit_shifted_beta_geometric(counted)
    assert found.alpha.std() == pytest.approx(model.standard_errors["alpha"], rel=0.2)
    assert found.beta.std() == pytest.approx(model.standard_errors["beta"], rel=0.2)
    assert found.churn_rate.std() == pytest.approx(model.standard_errors["churn_rate"], rel=0.15)
    assert found.churn_rate == pytest.approx(found.alpha / (found.alpha + found.beta))
    again = bootstrap_shifted_beta_geometric(counted, resamples=400, seed=11)
    assert np.array_equal(found.alpha, again.alpha)
    assert not np.array_equal(found.alpha, bootstrap_shifted_beta_geometric(counted, resamples=400, seed=12).alpha)
    assert len(bootstrap_shifted_beta_geometric(counted, seed=1).alpha) == 1000
    # The resamples are multinomial draws over what happened to the accounts; each is fitted as it would be alone.
    cells = survivors.cells_of(counted)
    drawn = np.random.default_rng(11).multinomial(1000, cells.accounts[0] / 1000, size=400)
    for sample in (0, 57, 399):
        alone = fit_shifted_beta_geometric(
            Survivors(alive_at=cells.alive_at, gone_at=cells.gone_at, accounts=drawn[sample])
        )
        assert (found.alpha[sample], found.beta[sample]) == pytest.approx((alone.alpha, alone.beta), rel=1e-5)


def test_bootstrap_of_few_accounts_shows_one_churn_rate_where_a_resample_does():
    found = bootstrap_shifted_beta_geometric([12, 11, 10, 10], resamples=200, seed=3)
    flat = np.isinf(found.alpha)
    assert flat.any()
    assert np.array_equal(flat, np.isinf(found.beta))
    assert (found.churn_rate == 0).any()  # nobody left
    assert ((found.churn_rate >= 0) & (found.churn_rate < 1)).all()
    # 12 accounts were due 12 + 11 + 10 times: the mean churn rate is near 2 / 33.
    assert found.churn_rate.mean() == pytest.approx(2 / 33, abs=0.02)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([100, 80, 81], "survivors must never rise (who comes back is another account); got 81 after 80 at row 2"),
        (
            [[9, 8], [100, None, 101]],
            "survivors[1] must never rise (who comes back is another account); got 101 after 100 at row 2",
        ),
        ([1.0, 0.631, 0.468], "survivors must be whole numbers of accounts; got 0.631 at row 1"),
        ([100, -1], "survivors must be finite numbers >= 0 or missing; got -1.0 at row 1"),
        ([100, math.inf], "survivors must be finite numbers >= 0 or missing; got inf at row 1"),
        (["a", "b"], "survivors must be finite numbers >= 0 or missing; got 'a' at row 0"),
        ([None, 5], "survivors must begin with the number of accounts at period 0; got a missing value"),
        ([], "survivors must begin with the number of accounts at period 0; got no counts"),
        ([[], [5]], "survivors[0] must begin with the number of accounts at period 0; got no counts"),
        (np.zeros((0, 3)), "survivors must hold a cohort; got none"),
        ([0, 0], "survivors must hold accounts; got none"),
        ([5], "survivors must reach at least one renewal; got accounts that none was due for"),
    ],
)
def test_samples_that_cannot_be_are_refused(given, message):
    for function in (fit_shifted_beta_geometric, fit_beta_discrete_weibull, likelihood_ratio_test):
        assert refusal(function, given) == message
    assert refusal(bootstrap_shifted_beta_geometric, given, seed=0) == message


def test_options_out_of_range_are_refused():
    alive = [10, 8, 7]
    assert refusal(bootstrap_shifted_beta_geometric, alive, seed=-1) == "seed must be a whole number >= 0; got -1"
    message = "resamples must be a whole number >= 1; got 0"
    assert refusal(bootstrap_shifted_beta_geometric, alive, resamples=0, seed=1) == message
    message = "resamples must be at most 1,000,000; got 1000001"
    assert refusal(bootstrap_shifted_beta_geometric, alive, resamples=1_000_001, seed=1) == message


def test_a_ridge_of_a_sample_whose_accounts_differ_gives_the_shifted_beta_geometric():
    alive = [239, 214, 155, 119, 119, 119]
    model, simple = fit_beta_discrete_weibull(alive), fit_shifted_beta_geometric(alive)
    assert [(finding.name, finding.text) for finding in model.findings] == [("ridge", RIDGE)]
    assert (model.alpha, model.beta, model.c) == (simple.alpha, simple.beta, 1)
    assert (model.log_likelihood, simple.findings) == (simple.log_likelihood, ())
