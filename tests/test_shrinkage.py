"""Shrinkage against published figures, against integrals computed in another way, and against simulated truth."""

# mypy: no-check-untyped-defs

import numpy as np
import pytest

from abmmetrics import _shrinkage
from abmmetrics._shrinkage import Posterior, shrink

scipy_stats = pytest.importorskip("scipy.stats")
special = pytest.importorskip("scipy.special")


def known_prior(alpha, beta, successes, trials):
    """The posteriors where the prior is given, as in Robinson's text."""
    given = [np.array([figure], dtype=float) for figure in (alpha, beta, 1.0)]
    return Posterior(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float), *given)


# --- published figures


def test_robinson_s_batting_averages():
    """Introduction to Empirical Bayes: Beta(78.661, 224.875) is the prior of all players."""
    found = known_prior(78.661, 224.875, [4, 300, 2930, 90], [10, 1000, 8173, 559])
    assert [f"{average:.3f}" for average in found.mean()] == ["0.264", "0.290", "0.355", "0.196"]


def test_robinson_s_credible_intervals():
    """Brosius, Jeter and Williams."""
    found = known_prior(78.661, 224.875, [1001, 3316, 2336], [3889, 10614, 7869])
    assert [f"{limit:.3f}" for limit in found.quantile(0.025)] == ["0.244", "0.302", "0.286"]
    assert [f"{limit:.3f}" for limit in found.quantile(0.975)] == ["0.271", "0.320", "0.305"]


# Hits in the first 45 at bats of 1970 and the averages of the rest of the season; Clemente is the first.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7], dtype=float)
LATER = np.array(
    [
        *(0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269),
        *(0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.286, 0.316, 0.200),
    ]
)


def test_efron_and_morris_s_players():
    """Efron and Morris (1975): the squared error falls from .0755 to .0214; Clemente's .400 becomes .294."""
    found = shrink(HITS, np.full(18, 45.0))
    rates = found.mean()
    assert (np.diff(rates) <= 0).all()
    assert rates.mean() == pytest.approx(0.265, abs=0.002)
    assert found.common_mean() == pytest.approx(0.265, abs=0.002)
    assert rates[0] == pytest.approx(0.294, abs=0.015)
    assert found.own_weight()[0] == pytest.approx(0.212, abs=0.06)
    assert ((HITS / 45 - LATER) ** 2).sum() == pytest.approx(0.0755, abs=0.0001)
    assert ((rates - LATER) ** 2).sum() < 0.0222


def test_boys_in_families_of_twelve():
    """Saxony 1876-1885, 6115 families: maximum likelihood gives Beta(34.0956, 31.5715) (Wikipedia, beta-binomial)."""
    families = np.array([3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7])
    boys = np.repeat(np.arange(13.0), families)
    found = shrink(boys, np.full(len(boys), 12.0))
    few = found.of(np.array([0.0]), np.array([12.0]))
    assert few.common_mean() == pytest.approx(34.09558 / (34.09558 + 31.5715), abs=2e-5)
    assert few.own_weight()[0] == pytest.approx(12 / (12 + 34.09558 + 31.5715), rel=0.005)
    assert few.mean()[0] == pytest.approx(34.09558 / (12 + 34.09558 + 31.5715), rel=0.005)


# --- another computation of the same


def integrated(successes, trials, at, typical, own=None):
    """Means, own weights and probabilities by Gauss and Legendre's rule over μ and B themselves.

    With other numbers of their ``own`` the common distribution stays that of ``trials``.
    """
    nodes, weights = np.polynomial.legendre.leggauss(160)
    nodes, weights = (nodes + 1) / 2, weights / 2
    mu, share = np.meshgrid(nodes, nodes, indexing="ij")
    m = typical * share / (1 - share)
    alpha, beta = mu * m, (1 - mu) * m
    log_likelihood = sum(
        special.betaln(k + alpha, n - k + beta) - special.betaln(alpha, beta)
        for k, n in zip(successes, trials, strict=True)
    )
    weight = np.outer(weights, weights) * np.exp(log_likelihood - log_likelihood.max())
    weight /= weight.sum()
    if own is not None:
        successes, trials = np.asarray(successes) / trials * own, own
    mean = [(weight * (k + alpha) / (n + m)).sum() for k, n in zip(successes, trials, strict=True)]
    own_weight = [(weight * n / (n + m)).sum() for n in trials]
    below = [
        (weight * special.betainc(k + alpha, n - k + beta, at)).sum() for k, n in zip(successes, trials, strict=True)
    ]
    return np.array(mean), np.array(own_weight), np.array(below), (weight * mu).sum()


@pytest.mark.parametrize(
    ("successes", "trials", "at", "typical"),
    [
        ([8, 12, 5, 20, 9], [40, 40, 40, 40, 40], 0.2, 40),
        ([2, 12, 0, 31, 9], [10, 55, 25, 80, 30], 0.25, 30),
        ([1, 9], [10, 20], 0.3, 10),  # the lower of the two, for there is no middle
        ([3, 4, 2, 5], [30, 31, 200, 29], 0.1, 30),
        ([4, 4, 4, 4, 4, 4, 4, 4, 4, 4], [20] * 10, 0.2, 20),
        ([0, 0, 0], [10, 20, 30], 0.05, 20),
        ([2.5, 7.25, 1.125], [11.5, 19.75, 8.875], 0.3, 11.5),
        ([150, 400, 320, 230], [1000] * 4, 0.25, 1000),
        ([6, 3, 0], [20, 30, 0], 0.2, 20),  # what has no trial teaches nothing
    ],
)
def test_it_is_the_mixture_over_uniform_mean_and_weight(successes, trials, at, typical):
    found = shrink(np.array(successes, dtype=float), np.array(trials, dtype=float))
    mean, own, below, common = integrated(successes, trials, at, typical)
    np.testing.assert_allclose(found.mean(), mean, atol=4e-4)
    np.testing.assert_allclose(found.own_weight(), own, atol=1e-3)
    np.testing.assert_allclose(found.below(at), below, atol=1e-3)
    assert found.common_mean() == pytest.approx(common, abs=5e-4)
    assert found.weight.sum() == pytest.approx(1, rel=1e-12)


def test_quantiles_are_where_the_probability_is():
    found = shrink(np.array([2.0, 12, 0, 31, 9]), np.array([10.0, 55, 25, 80, 30]))
    for probability in (0.025, 0.5, 0.9):
        at = found.quantile(probability)
        mixed = special.betainc(
            found.successes[:, None] + found.alpha,
            (found.trials - found.successes)[:, None] + found.beta,
            at[:, None],
        )
        np.testing.assert_allclose(mixed @ found.weight, probability, atol=2e-9)


def test_many_more_trials_than_differences_need_are_no_trouble():
    """Four things a hundred standard errors apart with a million trials each: their own figures."""
    found = shrink(np.array([1e4, 2e4, 5e4, 1.5e4]), np.full(4, 1e6))
    np.testing.assert_allclose(found.mean(), [0.01, 0.02, 0.05, 0.015], rtol=1e-3)
    expected = scipy_stats.beta.ppf(0.025, [1e4, 2e4, 5e4, 1.5e4], [99e4, 98e4, 95e4, 98.5e4])
    np.testing.assert_allclose(found.quantile(0.025), expected, rtol=2e-3)


def test_many_things_alike_get_one_rate():
    """With the same figure everywhere all are drawn to it, and its uncertainty is that of all trials together."""
    found = shrink(np.full(400, 10.0), np.full(400, 50.0))
    np.testing.assert_allclose(found.mean(), 0.2, atol=2e-4)
    assert found.own_weight()[0] < 0.03
    few = found.of(found.successes[:1], found.trials[:1])
    assert few.quantile(0.975)[0] - few.quantile(0.025)[0] < 0.05
    assert (found.alpha + found.beta).max() > 1000


def test_of_fewer_than_two_nothing_is_learned():
    alone = shrink(np.array([3.0, 0.0]), np.array([10.0, 0.0]))
    np.testing.assert_allclose(alone.mean(), [4 / 12, 1 / 2])
    np.testing.assert_allclose(alone.own_weight(), [10 / 12, 0])
    np.testing.assert_allclose(alone.quantile(0.3), scipy_stats.beta.ppf(0.3, [4, 1], [8, 1]), rtol=1e-8)
    assert alone.common_mean() == 0.5
    none = shrink(np.array([]), np.array([]))
    assert none.mean().tolist() == none.quantile(0.5).tolist() == none.below(0.5).tolist() == []


# --- laws


def test_failures_are_the_mirror_of_successes():
    successes, trials = np.array([2.0, 12, 0, 31, 9]), np.array([10.0, 55, 25, 80, 30])
    one, other = shrink(successes, trials), shrink(trials - successes, trials)
    np.testing.assert_allclose(one.mean(), 1 - other.mean(), rtol=1e-9)
    np.testing.assert_allclose(one.below(0.3), 1 - other.below(0.7), rtol=1e-9)
    np.testing.assert_allclose(one.quantile(0.1), 1 - other.quantile(0.9), atol=1e-7)


def test_the_number_looked_at_together_does_not_matter(monkeypatch):
    successes, trials = np.arange(1.0, 8.0), np.full(7, 20.0)
    whole = shrink(successes, trials)
    before = [whole.mean(), whole.below(0.2), whole.quantile(0.2), whole.own_weight()]
    for at_once in (1, 3 * len(whole.weight)):
        monkeypatch.setattr(_shrinkage, "_AT_ONCE", at_once)
        again = [whole.mean(), whole.below(0.2), whole.quantile(0.2), whole.own_weight()]
        np.testing.assert_allclose(again, before, rtol=1e-9)


def test_all_or_none_has_limits_at_the_end():
    none = shrink(np.zeros(5), np.full(5, 10.0))
    assert none.quantile(0.025).max() < 1e-12
    assert 0 < none.mean()[0] < 0.02
    every = shrink(np.full(5, 10.0), np.full(5, 10.0))
    assert every.quantile(0.975).min() > 1 - 1e-12
    np.testing.assert_allclose(every.quantile(0.025), 1 - none.quantile(0.975), atol=1e-8)


def test_little_is_left_out():
    """Nodes of less than a ten-thousandth together are dropped; those that stay matter."""
    found = shrink(np.array([8.0, 12, 5, 20, 9]), np.full(5, 40.0))
    assert 100 < len(found.weight) < 0.6 * _shrinkage._NODES**2
    assert found.weight.min() < 1e-4


# --- simulated truth


@pytest.mark.parametrize(("things", "worlds"), [(5, 200), (12, 40), (50, 10)])
def test_intervals_hold_the_truth(things, worlds):
    """Rates from Beta(8, 32), about 40 trials: 93 to 96 % of 95 % intervals, where plug-in estimates have 58 to 90 %."""
    random = np.random.default_rng(things)
    held = []
    for _ in range(worlds):
        trials = random.poisson(40, things).astype(float)
        truth = random.beta(8, 32, things)
        successes = random.binomial(trials.astype(int), truth).astype(float)
        below = shrink(successes, trials).below(truth)
        held.append(np.mean((below > 0.025) & (below < 0.975)))
    error = np.std(held) / np.sqrt(worlds)
    assert 0.93 - 2 * error <= np.mean(held) <= 0.96 + 2 * error


@pytest.mark.parametrize(("things", "worlds"), [(5, 120), (30, 40)])
def test_keep_and_drop_are_seldom_mistaken_for_each_other(things, worlds):
    """Thresholds .15 and .25: raw rates swap 3 to 4 % of assets, verdicts under 1 %, of 30 assets the best guess too.

    The larger simulation is benchmarks/content.py: 0.0 to 0.1 % of verdicts, 0.4 % of guesses with 30 assets, 3.6 % raw.
    """
    random = np.random.default_rng(things)
    raw_swaps, swaps, guesses, assets, error, raw_error = 0, 0, 0, 0, 0.0, 0.0
    for _ in range(worlds):
        trials = np.ceil(random.lognormal(np.log(40) - 0.5, 1, things))  # 40 on average, mostly fewer
        truth = random.beta(8, 32, things)
        successes = random.binomial(trials.astype(int), truth).astype(float)
        found = shrink(successes, trials)
        below_keep, below_drop = found.below(0.25), found.below(0.15)
        probable = np.array([1 - below_keep, below_keep - below_drop, below_drop])
        lean = probable.argmax(axis=0)
        raw, good, bad = successes / trials, truth >= 0.25, truth <= 0.15
        swapped = (good & (lean == 2)) | (bad & (lean == 0))
        guesses += int(swapped.sum())
        swaps += int((swapped & (probable.max(axis=0) >= 0.8)).sum())
        raw_swaps += int((good & (raw <= 0.15)).sum() + (bad & (raw >= 0.25)).sum())
        error += float(((found.mean() - truth) ** 2).sum())
        raw_error += float(((raw - truth) ** 2).sum())
        assets += things
    assert swaps / assets < 0.01
    assert guesses / assets < (0.01 if things == 30 else 0.035)
    assert raw_swaps / assets == pytest.approx(0.036, abs=3 * (0.036 / assets) ** 0.5)
    assert error < 0.45 * raw_error
