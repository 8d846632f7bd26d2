"""Values and intervals against plain loops over accounts, and against published figures where trials are independent."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import optimize, stats

import abmmetrics as abm
from abmmetrics import MetricInputError, _limits, estimation

from .sheet import Anonymous, Costs, Sheet

RATS = {  # Weil (1970), litters of rats: pups alive at 21 days of those alive at 4; Rao and Scott (1992), table 1
    "control": list(
        zip(
            [13, 12, 9, 9, 8, 8, 12, 11, 9, 9, 8, 11, 4, 5, 7, 7],
            [13, 12, 9, 9, 8, 8, 13, 12, 10, 10, 9, 13, 5, 7, 10, 10],
            strict=True,
        )
    ),
    "treated": list(
        zip(
            [12, 11, 10, 9, 10, 9, 9, 8, 8, 4, 7, 4, 5, 3, 3, 0],
            [12, 11, 10, 9, 11, 10, 10, 9, 9, 5, 9, 7, 10, 6, 10, 7],
            strict=True,
        )
    ),
}
DESIGN_EFFECT = {"control": 1.232495, "treated": 3.952861}
STANDARD_ERROR = {"control": 0.026644721525, "treated": 0.069226078231}


def quantiles(confidence, freedom):
    return stats.norm.ppf(0.5 + confidence / 2), stats.t.ppf(0.5 + confidence / 2, freedom)


def leave_each_out(accounts, formula, weights=None):
    """Value, variance and degrees of freedom, account by account; each account is a tuple of sums."""
    accounts = [figures for figures in accounts if any(figures)]
    m = len(accounts)
    totals = [math.fsum(column) for column in zip(*accounts, strict=True)]
    without = [formula(*(total - own for total, own in zip(totals, figures, strict=True))) for figures in accounts]
    mean = math.fsum(without) / m
    shifts = [value - mean for value in without]
    squares = math.fsum(shift**2 for shift in shifts)
    freedom = [m - 1]
    fourth = math.fsum(shift**4 for shift in shifts) - squares**2 / m
    if fourth > 1e-12 * squares**2:
        freedom.append(squares**2 / fourth)  # half of Satterthwaite's 2 S² / (Σ d⁴ - S² / m)
    if weights is not None:
        held = [weights(*figures) for figures in accounts]
        freedom.append(math.fsum(held) ** 2 / math.fsum(weight**2 for weight in held) - 1)
    return formula(*totals), (m - 1) / m * squares, max(1.0, min(freedom)), shifts


def score_limits(share, trials, z):
    """Wilson's limits as the roots of his equation rather than by his formula."""

    def excess(truth):
        return (share - truth) ** 2 - z**2 * truth * (1 - truth) / trials

    if share in {0, 1}:  # one root is the share itself; the other is z² / (n + z²) from it
        other = z**2 / (trials + z**2)
        return (0.0, other) if share == 0 else (1 - other, 1.0)
    return optimize.brentq(excess, 0, share, xtol=1e-15), optimize.brentq(excess, share, 1, xtol=1e-15)


def share_limits(accounts, confidence=0.95):
    """The interval of a share of counts, from its definition."""
    share, variance, freedom, _ = leave_each_out(accounts, lambda k, n: k / n, lambda _, n: n)
    trials = sum(n for _, n in accounts)
    counted = [(k, n) for k, n in accounts if n]
    chance = 1 / trials
    telling = [sum(k < n for k, n in counted), sum(k > 0 for k, _ in counted)]
    if all(n == 1 for _, n in counted):
        added = 0.0
    elif 0 < share < 1:
        added = max(variance / (share * (1 - share)) - chance, 0.0)
    else:
        added = max(1 / len(counted) - chance, 0.0)
        telling = [len(counted)] * 2
    limits = []
    for side, accounts_telling in enumerate(telling):
        z, t = quantiles(confidence, min(freedom, max(accounts_telling - 1, 1)))
        limits.append(score_limits(share, 1 / (chance + (t / z) ** 2 * added), z)[side])
    return tuple(limits)


def emails(accounts, **more):
    """Mails and opens of accounts."""
    return abm.Emails(
        account=np.arange(len(accounts)),
        delivered=[n for _, n in accounts],
        opened=[k for k, _ in accounts],
        **more,
    )


trials = st.integers(0, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
many = st.lists(trials, min_size=2, max_size=10).filter(lambda accounts: sum(n > 0 for _, n in accounts) > 1)


def exact(formula):
    """A formula of whole sums that says NaN where numpy does."""

    def safe(*sums):
        try:
            return formula(*sums)
        except ZeroDivisionError:
            return math.nan

    return safe


@given(st.lists(many, min_size=1, max_size=3))
def test_one_account_is_left_out_at_a_time(groups):
    table = emails([account for accounts in groups for account in accounts])
    labels = [group for group, accounts in enumerate(groups) for _ in accounts]
    sums = table.account_sums(["opened", "delivered"], labels)
    found = estimation.leave_one_out(sums, np.divide, [sums["opened"], sums["delivered"]], sums["delivered"])
    for group, accounts in enumerate(groups):
        expected = leave_each_out(accounts, exact(lambda k, n: k / n), lambda _, n: n)
        value, variance, _, shifts = expected
        np.testing.assert_allclose(found.value[group], value, rtol=1e-12)
        np.testing.assert_allclose(found.variance[group], variance, rtol=1e-9, atol=1e-20)
        assert found.accounts[group] == len(shifts)
        own = (sums.group == group) & found.contributes
        np.testing.assert_allclose(found.shift[own], shifts, rtol=1e-9, atol=1e-12)
        assert not found.shift[(sums.group == group) & ~found.contributes].any()


def test_degrees_of_freedom_are_the_fewest_of_three():
    cases = {
        "alike": [(1, 4), (3, 4), (1, 4), (3, 4)],  # as many as accounts less one
        "one giant": [(1, 4), (2, 4), (1, 4), (3, 4), (100, 400)],  # Kish
        "one outlier": [(2, 4)] * 9 + [(4, 4)],  # Satterthwaite
        "two": [(1, 4), (3, 5)],  # never below 1
    }
    for accounts in cases.values():
        sums = emails(accounts).account_sums(["opened", "delivered"])
        found = estimation.leave_one_out(sums, np.divide, [sums["opened"], sums["delivered"]], sums["delivered"])
        expected = leave_each_out(accounts, lambda k, n: k / n, lambda _, n: n)[2]
        np.testing.assert_allclose(found.freedom, [expected], rtol=1e-9)
    assert leave_each_out(cases["alike"], lambda k, n: k / n, lambda _, n: n)[2] == 3
    assert leave_each_out(cases["one giant"], lambda k, n: k / n, lambda _, n: n)[2] == 1.0
    assert 1 < leave_each_out(cases["one outlier"], lambda k, n: k / n, lambda _, n: n)[2] < 2
    sums = emails(cases["one giant"]).account_sums(["opened", "delivered"])
    unweighted = estimation.leave_one_out(sums, np.divide, [sums["opened"], sums["delivered"]], None)
    expected = leave_each_out(cases["one giant"], lambda k, n: k / n)[2]
    np.testing.assert_allclose(unweighted.freedom, [expected], rtol=1e-9)


@example([(3, 3), (2, 2)], 0.95)
@example([(0, 3), (0, 2)], 0.95)
@example([(0, 3), (1, 2), (0, 4), (0, 5)], 0.95)
@example([(3, 3), (1, 2), (4, 4), (5, 5)], 0.95)
@given(many, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_shares_have_wilson_s_interval_on_what_the_accounts_leave(accounts, confidence):
    rate = abm.open_rate(emails(accounts), confidence=confidence)
    assert float(rate) == sum(k for k, _ in accounts) / sum(n for _, n in accounts)
    np.testing.assert_allclose((rate.low[0], rate.high[0]), share_limits(accounts, confidence), rtol=1e-7, atol=1e-10)


@given(st.lists(st.booleans(), min_size=2, max_size=30), st.integers(0, 3))
def test_one_trial_for_each_account_is_wilson_s_interval_itself(successes, without_any):
    accounts = [(int(success), 1) for success in successes] + [(0, 0)] * without_any
    rate = abm.open_rate(emails(accounts))
    published = abm.wilson(sum(successes), len(successes))
    np.testing.assert_allclose((rate.low[0], rate.high[0]), (published.low, published.high), rtol=1e-12, atol=1e-15)
    assert rate.method == "Wilson score, one trial for each account"
    assert rate.accounts[0] == len(successes)


def test_one_trial_is_decided_on_account_sums_never_on_rows():
    rows = abm.Emails(account=["A", "A", "B"], delivered=1, opened=[1, 0, 1])
    assert abm.open_rate(rows).method == abm.open_rate(rows.rollup()).method == "account jackknife, Wilson score"
    mixed = abm.open_rate(abm.Emails(account=[1, 2, 3, 3], delivered=1, opened=[1, 0, 1, 1]), by=["x", "x", "y", "y"])
    assert mixed.method == "account jackknife, Wilson score"
    published = abm.wilson(1, 2)
    np.testing.assert_allclose((mixed["x"].low[0], mixed["x"].high[0]), (published.low, published.high), rtol=1e-12)


def test_rows_without_accounts_are_independent():
    answers = abm.SurveyScores(score=[10, 9, 9, 3, 7, 7])
    score, satisfied = abm.net_promoter_score(answers), abm.customer_satisfaction_share(answers, satisfied_from=9)
    assert score.method == "Tango score, one answer for each account; rows independent: there is no account column"
    assert (score.counted, satisfied.counted) == ("rows", "rows")
    published = abm.wilson(3, 6)
    np.testing.assert_allclose((satisfied.low[0], satisfied.high[0]), (published.low, published.high), rtol=1e-12)
    counted = estimation.share("x", *_shares(Anonymous(answers=[2, 30, 4]), [2, 1, 1]), confidence=0.95)
    assert counted.method == "Wilson score, one trial for each account; rows independent: there is no account column"
    published = abm.wilson(4, 36)
    np.testing.assert_allclose((counted.low[0], counted.high[0]), (published.low, published.high), rtol=1e-12)


def _shares(table, part):
    sums = table.account_sums({"part": part, "whole": table.answers})
    return sums, sums["part"], sums["whole"]


@pytest.mark.parametrize("power", [-40, -3, 0, 5, 40])
def test_degrees_of_freedom_do_not_depend_on_the_unit(power):
    costs = [(1.0, 4), (2.0, 4), (0.5, 4), (40.0, 4), (1.5, 4)]
    sums = cost_table(costs).account_sums(["cost", "sends"])
    found = estimation.leave_one_out(sums, np.divide, [sums["cost"] * 2.0**power, sums["sends"]], None)
    expected = leave_each_out(costs, lambda cost, sends: cost / sends)
    np.testing.assert_allclose(found.freedom, [expected[2]], rtol=1e-9)
    np.testing.assert_allclose(found.variance, [expected[1] * 4.0**power], rtol=1e-9)


def test_one_account_tells_nothing_of_the_spread():
    sums = cost_table([(2.0, 4), (0.0, 0)]).account_sums(["cost"])
    found = estimation.leave_one_out(sums, np.asarray, [sums["cost"]], None)
    assert (found.value[0], found.accounts[0], found.freedom[0]) == (2.0, 1.0, 1.0)
    assert math.isnan(found.variance[0])
    nobody = estimation.leave_one_out(sums, np.asarray, [sums["cost"] * 0], None)
    assert nobody.accounts[0] == 0
    assert math.isnan(nobody.variance[0])


@pytest.mark.parametrize("confidence", [0, 1, 1.5])
def test_confidence_is_below_1(confidence):
    with pytest.raises(MetricInputError, match=r"^confidence must be a number in \(0, 1\); got "):
        abm.open_rate(emails([(1, 2), (1, 3)]), confidence=confidence)


@pytest.mark.parametrize("group", ["control", "treated"])
def test_rats_of_rao_and_scott(group):
    """The linearised error as published; the jackknife's own lies within 7 % of it, above."""
    litters = RATS[group]
    share = sum(k for k, _ in litters) / (pups := sum(n for _, n in litters))
    linear = math.sqrt(len(litters) / (len(litters) - 1) * sum((k - share * n) ** 2 for k, n in litters)) / pups
    assert linear == pytest.approx(STANDARD_ERROR[group], rel=1e-9)
    assert linear**2 / (share * (1 - share) / pups) == pytest.approx(DESIGN_EFFECT[group], abs=1e-6)
    rate = abm.open_rate(emails(litters))
    assert float(rate) == share
    error = math.sqrt((rate.influences.change**2).sum())
    assert linear < error < 1.07 * linear
    assert error == pytest.approx(math.sqrt(leave_each_out(litters, lambda k, n: k / n)[1]), rel=1e-12)


def test_rats_as_listed():
    published = Path(__file__).parents[2] / "shared" / "reference" / "published" / "statistics.json"
    if not published.exists():
        pytest.skip("there is no list of published figures beside the project")
    listed = json.loads(published.read_text())["cluster_ratio"]
    assert {name: [list(litter) for litter in RATS[name]] for name in RATS} == {name: listed[name] for name in RATS}
    assert listed["deff"] == list(DESIGN_EFFECT.values())


def score_oracle(accounts, confidence):
    """The interval of a net promoter score: Tango's on counts shrunk to what the accounts leave."""
    counts = [sum(column) for column in zip(*accounts, strict=True)]
    answers = sum(counts)
    score, variance, freedom, shifts = leave_each_out(
        accounts, lambda d, p, q: 100 * (q - d) / (d + p + q), lambda d, p, q: d + p + q
    )
    single = 1e4 * ((counts[0] + counts[2]) / answers - (score / 100) ** 2)
    added = 0.0
    if any(sum(account) > 1 for account in accounts):
        added = max(answers * (variance / single if single > 0 else 1 / len(shifts)) - 1, 0.0)
    z, t = quantiles(confidence, freedom)
    scale = 1 / (1 + (t / z) ** 2 * added)
    low, high = _limits.tango_limits(*(np.array([count * scale]) for count in counts), z)
    return 100 * low[0], 100 * high[0]


answers = st.tuples(*[st.integers(0, 4)] * 3)


@example([(0, 0, 2), (0, 0, 3)], 0.95)
@example([(2, 0, 0), (3, 0, 0)], 0.95)
@given(
    st.lists(answers, min_size=2, max_size=8).filter(lambda accounts: sum(map(any, accounts)) > 1),
    st.sampled_from([0.8, 0.95]),
)
def test_net_scores_have_tango_s_interval_on_what_the_accounts_leave(accounts, confidence):
    rows = [
        (account, score)
        for account, counts in enumerate(accounts)
        for score, count in zip((0, 7, 10), counts, strict=True)
        for _ in range(count)
    ]
    table = abm.SurveyScores(account=[account for account, _ in rows], score=[score for _, score in rows])
    found = abm.net_promoter_score(table, confidence=confidence)
    detractors, _, promoters = (sum(column) for column in zip(*accounts, strict=True))
    assert found.value[0] == pytest.approx(100 * (promoters - detractors) / len(rows), rel=1e-12)
    assert (found.numerator[0], found.denominator[0]) == (promoters - detractors, len(rows))
    expected = score_oracle([account for account in accounts if any(account)], confidence)
    np.testing.assert_allclose((found.low[0], found.high[0]), expected, rtol=1e-6, atol=1e-6)


def test_one_answer_for_each_account_is_tango_s_interval_itself():
    scores = [0] * 3 + [7] * 20 + [10] * 9
    found = abm.net_promoter_score(abm.SurveyScores(account=range(32), score=scores))
    published = abm.tango(3, 20, 9)
    np.testing.assert_allclose((found.low[0], found.high[0]), (100 * published.low, 100 * published.high), rtol=1e-12)
    assert (round(published.low, 3), round(published.high, 3)) == (-0.027, 0.390)
    assert found.method == "Tango score, one answer for each account"


def test_the_method_is_the_published_one_only_where_all_groups_are_so():
    scores = abm.SurveyScores(
        account=["A", "B", "C", "C"], score=[9, 3, 7, 10], segments={"tier": ["x", "x", "y", "y"]}
    )
    by_tier = abm.net_promoter_score(scores, by="tier")
    assert (by_tier.method, by_tier.trials) == ("account jackknife, Tango score", True)
    deals = abm.Opportunities(account=["A", "B", "C", "C"], outcome="won", segments={"tier": ["x", "x", "y", "y"]})
    won = abm.deals_won_count(deals, by="tier")
    assert (won.method, won.trials) == ("Fay and Feuer's interval of account totals", False)


def student_oracle(accounts, formula, confidence, weights=None):
    value, variance, freedom, _ = leave_each_out(accounts, exact(formula), weights)
    totals = [math.fsum(column) for column in zip(*accounts, strict=True)]
    left = [
        exact(formula)(*(total - own for total, own in zip(totals, figures, strict=True)))
        for figures in accounts
        if any(figures)
    ]
    if value > 0 and all(number > 0 for number in left):
        _, variance, freedom, _ = leave_each_out(accounts, lambda *sums: math.log(formula(*sums)), weights)
        half = stats.t.ppf(0.5 + confidence / 2, freedom) * math.sqrt(variance)
        return value * math.exp(-half), value * math.exp(half)
    if value == variance == 0:  # that nobody has any does not say that nobody could
        return math.nan, math.nan
    half = stats.t.ppf(0.5 + confidence / 2, freedom) * math.sqrt(variance)
    return value - half, value + half


def cost_table(accounts, **more):
    return Costs(
        account=np.arange(len(accounts)),
        cost=[cost for cost, _ in accounts],
        sends=[sends for _, sends in accounts],
        **more,
    )


spent = st.tuples(st.integers(0, 80).map(lambda quarters: quarters / 4), st.integers(1, 6))


@given(st.lists(spent, min_size=2, max_size=8), st.sampled_from([0.8, 0.95]))
def test_own_ratios_have_student_s_interval(accounts, confidence):
    found = abm.estimate(
        lambda cost, sends: cost / sends, cost_table(accounts), columns=["cost", "sends"], confidence=confidence
    )
    assert found.value[0] == pytest.approx(sum(c for c, _ in accounts) / sum(s for _, s in accounts), rel=1e-12)
    expected = student_oracle(accounts, lambda cost, sends: cost / sends, confidence)
    np.testing.assert_allclose((found.low[0], found.high[0]), expected, rtol=1e-7, atol=1e-7)
    logarithmic = sum(cost > 0 for cost, _ in accounts) > 1
    assert found.method.endswith(" on the logarithmic scale") == logarithmic
    assert (found.unit, found.kpi, found.numerator, found.denominator) == ("ratio", "estimate", None, None)


@given(st.lists(spent, min_size=2, max_size=8))
def test_ratios_weigh_accounts_by_their_denominators(accounts):
    sums = cost_table(accounts).account_sums(["cost", "sends"])
    found = estimation.ratio("x", sums, sums["cost"], sums["sends"], unit="money", confidence=0.95)
    low, high = student_oracle(accounts, lambda cost, sends: cost / sends, 0.95, lambda _, sends: sends)
    expected = np.maximum(low, 0.0), high  # what cannot be negative is not said to be
    np.testing.assert_allclose((found.low[0], found.high[0]), expected, rtol=1e-7, atol=1e-7)
    assert (found.numerator[0], found.denominator[0]) == (sum(c for c, _ in accounts), sum(s for _, s in accounts))


@pytest.mark.parametrize(
    ("numerator", "denominator", "ends_at_0"),
    [
        ([1.0, 0.0, 0.0], [0.0, 3.0, 4.0], True),
        ([-1.0, 1.0, 1.0], [1.0, 2.0, 1.0], False),
        ([1.0, 0.0, 0.0], [3.0, -1.0, 2.0], False),
    ],
)
def test_only_what_cannot_be_negative_has_no_negative_limit(numerator, denominator, ends_at_0):
    """Without one of the accounts each ratio is 0, so none of them has a logarithmic scale."""
    sums = cost_table([(0.0, 1)] * 3).account_sums({"numerator": numerator, "denominator": denominator})
    found = estimation.ratio("x", sums, sums["numerator"], sums["denominator"], unit="ratio", confidence=0.95)
    assert not found.method.endswith("logarithmic scale")
    assert (found.low[0] == 0) == ends_at_0
    assert found.low[0] <= 0 < found.value[0] < found.high[0]


def test_what_is_0_at_every_account_has_no_interval():
    sums = cost_table([(0.0, 2), (0.0, 3)]).account_sums(["cost", "sends"])
    found = estimation.ratio("x", sums, sums["cost"], sums["sends"], unit="ratio", confidence=0.95)
    assert (float(found), np.isnan(found.low[0])) == (0.0, True)
    assert found.notes == ("0 at each of the accounts, which tells nothing of how they differ: no interval",)


def test_negative_values_keep_their_sign():
    table = cost_table([(1.0, 4), (2.0, 5), (0.5, 3)])
    loss = abm.estimate(lambda cost, sends: cost - sends, table, columns=["cost", "sends"], unit="money", kpi="margin")
    expected = student_oracle([(1.0, 4), (2.0, 5), (0.5, 3)], lambda cost, sends: cost - sends, 0.95)
    np.testing.assert_allclose((loss.low[0], loss.high[0]), expected, rtol=1e-9)
    assert (float(loss), loss.kpi, loss.unit) == (-8.5, "margin", "money")
    assert loss.method == "account jackknife, Student's t"


def test_a_value_of_0_has_no_logarithm():
    table = emails([(0, 1)] * 4)
    found = abm.estimate(lambda a: a**2, table, columns={"a": [1, -1, 2, -2]})
    assert float(found) == 0
    assert found.low[0] < 0 < found.high[0]
    assert found.method == "account jackknife, Student's t"
    assert not found.trials


def test_a_grouped_method_names_the_logarithm_only_if_all_have_it():
    table = cost_table([(1.0, 4), (2.0, 5), (0.0, 3), (3.0, 2), (0.0, 0)], segments={"half": ["a", "a", "b", "b", "c"]})
    found = abm.estimate(lambda cost, sends: cost / sends, table, columns=["cost", "sends"], by="half")
    assert found.method == "account jackknife, Student's t"
    first = abm.estimate(
        lambda c, s: c / s, table.where([True, True, False, False, True]), columns=["cost", "sends"], by="half"
    )
    assert first.method == "account jackknife, Student's t on the logarithmic scale"
    np.testing.assert_allclose(first["a"].low, found["a"].low)


def fay_feuer(amounts, confidence):
    """Fay and Feuer (1997), with Student's t on what differing amounts add to the variance of their number."""
    held = [amount for amount in amounts if amount]
    total, squares, largest = math.fsum(held), math.fsum(a * a for a in held), max(held, default=0.0)
    freedom = max(2 * squares**2 / math.fsum(a**4 for a in held), 1.0) if held else 1.0
    z, t = quantiles(confidence, freedom)
    chance = total**2 / len(held) if held else 0.0
    squares += ((t / z) ** 2 - 1) * max(squares - chance, 0.0)
    tail = (1 - confidence) / 2
    low = squares / (2 * total) * stats.chi2.ppf(tail, 2 * total**2 / squares)
    wide = squares + largest**2
    high = wide / (2 * (total + largest)) * stats.chi2.isf(tail, 2 * (total + largest) ** 2 / wide)
    return low, high


@given(
    st.lists(st.integers(0, 4000).map(lambda quarters: quarters / 4), min_size=2, max_size=8).filter(
        lambda amounts: sum(map(bool, amounts)) > 1
    ),
    st.sampled_from([0.8, 0.95]),
)
def test_totals_have_fay_and_feuer_s_interval(amounts, confidence):
    sums = Costs(account=np.arange(len(amounts)), cost=amounts).account_sums(["cost"])
    found = estimation.total("x", sums, sums["cost"], unit="money", confidence=confidence)
    assert float(found) == sum(amounts)
    assert found.accounts[0] == sum(map(bool, amounts))
    np.testing.assert_allclose((found.low[0], found.high[0]), fay_feuer(amounts, confidence), rtol=1e-6)
    assert found.numerator is None


def test_accounts_without_any_do_not_count_in_a_total():
    sums = Costs(account=range(4), cost=[1, 0, 1, 0]).account_sums(["cost"])
    found = estimation.total("x", sums, sums["cost"], unit="count", confidence=0.95)
    assert (float(found), found.accounts[0], found.trials) == (2.0, 2, False)
    assert found.method == "Garwood exact Poisson"
    published = abm.garwood(2)
    np.testing.assert_allclose((found.low[0], found.high[0]), (published.low, published.high), rtol=1e-12)


@pytest.mark.parametrize("events", [2, 3, 10, 250])
def test_one_for_each_account_is_garwood_s_interval_itself(events):
    deals = abm.Opportunities(account=np.arange(events + 3), outcome=["won"] * events + ["lost"] * 3)
    found = abm.deals_won_count(deals)
    published = abm.garwood(events)
    np.testing.assert_allclose((found.low[0], found.high[0]), (published.low, published.high), rtol=1e-9)
    assert found.method == "Garwood exact Poisson"
    double = abm.deals_won_count(abm.concat([deals, deals]))
    assert double.method == "Fay and Feuer's interval of account totals"
    assert double.low[0] < 2 * found.low[0] or math.isclose(double.low[0], 2 * found.low[0], rel_tol=1e-6)


def money_share(amounts, confidence=0.95):
    share, variance, freedom, shifts = leave_each_out(amounts, lambda part, whole: part / whole, lambda _, whole: whole)
    z, t = quantiles(confidence, freedom)
    effective = share * (1 - share) / variance if 0 < share < 1 and variance > 0 else math.inf
    effective = len(shifts) if share in {0, 1} else effective
    return score_limits(share, min(len(shifts) * (1 + freedom / 8), effective * (z / t) ** 2), z)


kept = (
    st.integers(1, 400)
    .flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    .map(lambda pair: (pair[0] / 4, pair[1] / 4))
)


@given(st.lists(kept, min_size=2, max_size=8))
def test_shares_of_money_count_as_many_trials_as_accounts_are_known_to_make(amounts):
    whole = Sheet(account=np.arange(len(amounts)), amount=[whole for _, whole in amounts])
    sums = whole.account_sums({"part": [part for part, _ in amounts], "whole": whole.amount})
    found = estimation.share("x", sums, sums["part"], sums["whole"], confidence=0.95, of_money=True)
    np.testing.assert_allclose((found.low[0], found.high[0]), money_share(amounts), rtol=1e-7, atol=1e-9)
    assert found.method == "account jackknife, Wilson score"
    assert not found.trials
    assert abm.open_rate(emails([(1, 2), (1, 3)])).trials


def test_one_unit_of_money_for_each_account_is_not_one_trial():
    table = Sheet(account=range(4), amount=1.0)
    sums = table.account_sums({"part": [1, 1, 0, 1], "whole": table.amount})
    found = estimation.share("x", sums, sums["part"], sums["whole"], confidence=0.95, of_money=True)
    assert found.method == "account jackknife, Wilson score"


def test_what_is_missing_is_said():
    table = emails([(1, 2), (0, 0), (3, 4), (1, 5), (0, 0)], segments={"tier": ["one", "none", "two", "two", "none"]})
    rate = abm.open_rate(table, by="tier")
    assert rate.labels == ["none", "one", "two"]
    assert np.isnan(rate.value).tolist() == [True, False, False]
    assert np.isnan(rate.low).tolist() == np.isnan(rate.high).tolist() == [True, True, False]
    assert rate.notes == (
        "undefined: delivered is 0 (tier: none)",
        "fewer than 2 accounts: no interval (tier: one)",
    )
    assert rate.accounts.tolist() == [0, 1, 2]
    assert rate.rows.tolist() == [2, 1, 2]


def test_a_value_that_rests_on_one_account_has_no_interval_and_says_so():
    """Only one account was opened: without it the ratio is undefined."""
    mails = abm.Emails(account=["A", "B", "C"], delivered=5, opened=[0, 3, 0], clicked=[1, 1, 0])
    found = abm.click_to_open_rate(mails)
    assert float(found) == 2 / 3
    assert math.isnan(found.low[0])
    assert math.isnan(found.high[0])
    assert found.notes == ("undefined without one of the accounts: no interval",)


def test_infinite_values_are_undefined():
    table = cost_table([(1.0, 0), (2.0, 0)])
    found = abm.estimate(lambda cost, sends: cost / sends, table, columns=["cost", "sends"])
    assert math.isnan(float(found))
    assert found.notes == ("undefined: the formula divides by zero",)


def test_influences_add_up_to_the_variance():
    litters = RATS["treated"]
    rate = abm.open_rate(emails(litters), by=[place % 2 for place in range(16)])
    for half in (0, 1):
        own = rate.influences.change[rate.influences.group == half]
        expected = leave_each_out(litters[half::2], lambda k, n: k / n)[1]
        assert (own**2).sum() == pytest.approx(expected, rel=1e-9)
    total = abm.deals_won_count(abm.Opportunities(account=[1, 1, 2], outcome="won"))
    assert sorted((total.influences.change**2).tolist()) == [1.0, 4.0]


def test_own_columns_can_be_arrays():
    table = emails([(1, 2), (3, 4)])
    found = abm.estimate(lambda a, b: a / b, table, columns={"a": [1, 2], "b": np.array([True, True])}, by="account")
    assert found.value.tolist() == [1.0, 2.0]
    with pytest.raises(MetricInputError, match=r"^Emails must have the column clicked for this KPI; got .*\]$"):
        abm.estimate(lambda a: a, table, columns=["clicked"])
    one = abm.estimate(lambda opened: opened, table, columns="opened")
    assert float(one) == 4.0


def test_excluded_rows_are_carried_along():
    found = abm.open_rate(emails([(1, 2), (3, 4)], excluded={"bots": 7}), by=["x", None])
    assert found.excluded == {"bots": 7, "no group": 1}
