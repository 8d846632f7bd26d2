"""Changes against published differences of shares where nothing is shared, and against plain loops where accounts are."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, _spread
from tests.fragment import Fragment

# Newcombe (1998b), Statistics in Medicine 17, 873-890, table II, method 10.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]
# Perondi et al. (2004), and others, as Fagerland, Lydersen and Laake (2015) read them: MOVER-R with Wilson's intervals.
RATIOS = [(7, 34, 1, 34, 1.1537, 41.9763), (24, 73, 53, 65, 0.282, 0.563), (29, 55, 11, 11, 0.398, 0.761)]


fewer = settings(max_examples=max(settings.get_profile(settings.get_current_profile_name()).max_examples // 5, 5))


def refusal(*arguments, **keywords):
    with pytest.raises(MetricInputError) as refused:
        abm.change(*arguments, **keywords)
    return str(refused.value)


def two_groups(k1, n1, k2, n2):
    """One trial for each account, of two groups of other accounts."""
    opened = [1] * k1 + [0] * (n1 - k1) + [1] * k2 + [0] * (n2 - k2)
    table = abm.Emails(account=np.arange(n1 + n2), delivered=1, opened=opened)
    return abm.open_rate(table, by={"arm": ["new"] * n1 + ["old"] * n2})


@pytest.mark.parametrize("case", NEWCOMBE)
def test_disjoint_accounts_of_one_trial_give_newcombe_s_interval(case):
    k1, n1, k2, n2, low, high = case
    found = abm.change(two_groups(k1, n1, k2, n2), baseline="old")
    assert found.groups == {"arm": ["new"]}
    assert found.difference[0] == k1 / n1 - k2 / n2
    assert (found.difference_low[0], found.difference_high[0]) == pytest.approx((low, high), abs=6e-5)
    assert (found.value[0], found.baseline[0], found.accounts_in_both[0]) == (k1 / n1, k2 / n2, 0)


@pytest.mark.parametrize("case", RATIOS)
def test_disjoint_accounts_of_one_trial_give_mover_s_ratio(case):
    k1, n1, k2, n2, low, high = case
    found = abm.change(two_groups(k1, n1, k2, n2), baseline="old")
    assert found.relative[0] == pytest.approx(k1 * n2 / n1 / k2 - 1)
    digits = 4 if high > 10 else 3
    assert round(found.relative_low[0] + 1, digits) == low
    assert found.relative_high[0] + 1 == pytest.approx(high, abs=6e-4)
    own = abm.mover_ratio(k1, n1, k2, n2)
    assert (found.relative_low[0] + 1, found.relative_high[0] + 1) == pytest.approx((own.low, own.high), rel=1e-9)


def test_a_baseline_that_may_be_0_leaves_the_relative_change_open():
    found = abm.change(two_groups(5, 10, 0, 10), baseline="old")
    assert (found.relative[0], found.relative_high[0]) == (math.inf, math.inf)
    nothing = abm.change(two_groups(0, 10, 0, 10), baseline="old")
    assert math.isnan(nothing.relative[0])
    assert nothing.p_value[0] == 1.0


def influences(accounts):
    """By account name: how far leaving it out moves the share, times the square root of (m - 1) / m."""
    opened, delivered = (sum(figures[place] for figures in accounts.values()) for place in (0, 1))
    without = {name: (opened - k) / (delivered - n) for name, (k, n) in accounts.items() if n}
    mean = math.fsum(without.values()) / len(without)
    factor = math.sqrt((len(without) - 1) / len(without))
    return {name: (value - mean) * factor for name, value in without.items()}


def mover(one, two, correlation):
    """Zou and Donner (2008): limits of a difference from those of its parts."""
    (v1, l1, u1), (v2, l2, u2) = one, two
    below = (v1 - l1) ** 2 + (u2 - v2) ** 2 - 2 * correlation * (v1 - l1) * (u2 - v2)
    above = (u1 - v1) ** 2 + (v2 - l2) ** 2 - 2 * correlation * (u1 - v1) * (v2 - l2)
    return v1 - v2 - math.sqrt(max(below, 0)), v1 - v2 + math.sqrt(max(above, 0))


def mover_of_ratio(one, two, correlation):
    """Donner and Zou (2012): limits of a ratio from those of its parts; infinite where the divisor may be 0."""
    (v1, l1, u1), (v2, l2, u2) = one, two

    def root(limit, other, sign):
        middle = v1 * v2 - correlation * (limit - v1) * (other - v2) * -1
        inner = max(middle**2 - limit * (2 * v1 - limit) * other * (2 * v2 - other), 0)
        return (middle + sign * math.sqrt(inner)) / (other * (2 * v2 - other))

    return root(l1, u2, -1), math.inf if l2 <= 0 else root(u1, l2, 1)


YEARS = {
    2025: {"A": (10, 40), "B": (12, 50), "C": (9, 60), "D": (20, 45)},
    2026: {"A": (14, 40), "B": (15, 50), "C": (16, 60), "E": (7, 30)},
}


def year_table(years, names=lambda name: name):
    rows = [(year, name, *figures) for year, accounts in years.items() for name, figures in accounts.items()]
    return abm.Emails(
        account=[names(name) for _, name, _, _ in rows],
        opened=[k for _, _, k, _ in rows],
        delivered=[n for _, _, _, n in rows],
        segments={"year": [year for year, *_ in rows]},
    )


def paired(rate, current, base, years):
    """The correlation that shared accounts give, by hand, and the two intervals."""
    one, two = influences(years[current]), influences(years[base])
    products = math.fsum(one[name] * two[name] for name in one.keys() & two.keys())
    squares = math.fsum(u * u for u in one.values()) * math.fsum(u * u for u in two.values())
    correlation = products / math.sqrt(squares) if squares > 0 else 0.0
    # Satterthwaite's degrees of freedom of what each account moves the difference by.
    moves = [one.get(name, 0.0) - two.get(name, 0.0) for name in one.keys() | two.keys()]
    accounts = sum(one.get(name, 0.0) != 0 or two.get(name, 0.0) != 0 for name in one.keys() | two.keys())
    total, fourth = math.fsum(u**2 for u in moves), math.fsum(u**4 for u in moves)
    excess = fourth - total**2 / accounts if accounts else 0.0
    freedom = min(2 * total**2 / excess if excess > 1e-12 * total**2 else math.inf, accounts - 1)
    freedom = np.array([max(freedom, 1.0) if total > 0 else math.nan])
    limits = [
        (float(rate[year]), *(limit[0] for limit in _spread.at_freedom(rate[year].spread, freedom).limits(0.95)))
        for year in (current, base)
    ]
    return mover(*limits, correlation), mover_of_ratio(*limits, correlation), correlation


def test_the_same_accounts_in_two_periods_are_paired():
    rate = abm.open_rate(year_table(YEARS), by="year")
    found = abm.change(rate, baseline=2025)
    difference, ratio, correlation = paired(rate, 2026, 2025, YEARS)
    assert correlation > 0.2
    assert (found.difference_low[0], found.difference_high[0]) == pytest.approx(difference, rel=1e-9)
    assert found.accounts_in_both[0] == 3
    assert (found.relative_low[0] + 1, found.relative_high[0] + 1) == pytest.approx(ratio, rel=1e-9)
    apart = abm.change(
        abm.open_rate(
            year_table({2025: {name + "'": own for name, own in YEARS[2025].items()}, 2026: YEARS[2026]}), by="year"
        ),
        baseline=2025,
    )
    assert apart.accounts_in_both[0] == 0
    assert found.difference_high[0] - found.difference_low[0] < apart.difference_high[0] - apart.difference_low[0]
    assert found.difference[0] == apart.difference[0]


counted = st.integers(1, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
some_years = st.fixed_dictionaries(
    {year: st.dictionaries(st.sampled_from("ABCDEF"), counted, min_size=2, max_size=6) for year in (2024, 2025, 2026)}
)


@fewer
@given(some_years)
def test_pairs_are_those_of_plain_loops(years):
    rate = abm.open_rate(year_table(years), by="year")
    found = abm.change(rate, baseline=2025)
    assert found.groups == {"year": [2024, 2026]}
    for row, year in enumerate((2024, 2026)):
        difference, _, _ = paired(rate, year, 2025, years)
        np.testing.assert_allclose(
            (found.difference_low[row], found.difference_high[row]), difference, rtol=1e-7, atol=1e-7
        )
        assert found.accounts_in_both[row] == len(years[year].keys() & years[2025].keys())


LEVELS = [0.5, 0.8, 0.95]


@fewer
@given(some_years)
def test_the_interval_leaves_out_0_exactly_when_p_is_small(years):
    rate = abm.open_rate(year_table(years), by="year")
    found = [abm.change(rate, baseline=2025, confidence=level) for level in LEVELS]
    outside = np.array([(one.difference_low > 0) | (one.difference_high < 0) for one in found])
    p_value = found[0].p_value
    assert ((p_value > 0) & (p_value <= 1)).all()
    for one, level, excludes in zip(found, LEVELS, outside, strict=True):
        np.testing.assert_array_equal(one.p_value, p_value)
        assert (one.difference_low <= one.difference + 1e-12).all()
        assert (one.difference <= one.difference_high + 1e-12).all()
        assert one.confidence == level
        # Where two accounts move almost as one the interval may narrow as confidence grows; there p is the widest's.
        usual = (np.diff(outside.astype(int), axis=0) <= 0).all(axis=0)
        close = np.abs(p_value - (1 - level)) < 1e-6
        assert (excludes == (p_value < 1 - level))[usual & ~close].all()


@fewer
@given(some_years)
def test_the_interval_at_one_less_p_reaches_0(years):
    rate = abm.open_rate(year_table(years), by="year")
    for row, p in enumerate(abm.change(rate, baseline=2025).p_value):
        if 1e-9 < p < 1 - 1e-9:
            again = abm.change(rate, baseline=2025, confidence=1 - p)
            nearest = min(abs(again.difference_low[row]), abs(again.difference_high[row]))
            assert nearest <= 1e-5 * max(abs(again.difference[row]), 1e-3)


def test_a_baseline_can_be_a_label_a_mapping_or_a_result():
    table = year_table(YEARS)
    rate = abm.open_rate(table, by="year")
    by_label = abm.change(rate, baseline=2025)
    by_mapping = abm.change(rate, baseline={"year": 2025})
    parts = {year: table.where(table.segments["year"] == year) for year in YEARS}
    by_result = abm.change(abm.open_rate(parts[2026]), baseline=abm.open_rate(parts[2025]))
    by_group = abm.change(rate[2026], baseline=rate[2025])
    for other in (by_mapping, by_result, by_group):
        for name in ("difference", "difference_low", "difference_high", "relative_low", "p_value", "accounts_in_both"):
            np.testing.assert_allclose(getattr(other, name), getattr(by_label, name), rtol=1e-9, err_msg=name)
    assert by_result.groups == {}
    assert by_group.groups == {"year": [2026]}


def test_results_match_accounts_by_name_whatever_their_order():
    turned = {2025: dict(reversed(YEARS[2025].items())), 2026: YEARS[2026]}
    for names in (str, ord, lambda name: ord(name) * 10**12):
        later, earlier = (
            abm.open_rate(year_table({year: figures}, names)) for year, figures in sorted(turned.items(), reverse=True)
        )
        found = abm.change(later, baseline=earlier)
        expected = abm.change(abm.open_rate(year_table(YEARS), by="year"), baseline=2025)
        np.testing.assert_allclose(found.difference_low, expected.difference_low, rtol=1e-9)
        assert found.accounts_in_both.tolist() == [3.0]


def test_a_pooled_result_is_the_baseline_of_every_group():
    table = year_table(YEARS)
    rate = abm.open_rate(table, by="year")
    whole = abm.open_rate(table)
    found = abm.change(rate, baseline=whole)
    assert found.groups == {"year": [2025, 2026]}
    assert found.baseline.tolist() == [float(whole)] * 2
    assert found.accounts_in_both.tolist() == [4, 4]


def test_groups_are_compared_with_the_same_group_of_a_result():
    before = abm.open_rate(abm.Emails(account=[1, 2, 3, 4], delivered=9, opened=[1, 2, 3, 4]), by=[*"xxyy"])
    after = abm.open_rate(abm.Emails(account=[1, 2, 3, 4], delivered=9, opened=[5, 5, 5, 5]), by=[*"yyzz"])
    found = abm.change(after, baseline=before)
    assert found.groups == {"group": ["y", "z"]}
    np.testing.assert_equal(found.baseline, [7 / 18, math.nan])
    np.testing.assert_equal(np.isnan(found.difference_low), [False, True])
    np.testing.assert_equal(np.isnan(found.p_value), [False, True])
    assert found.accounts_in_both[0] == 0
    assert found.notes == ("no baseline for z: the change is undefined",)
    assert str(found).splitlines()[1:] == [
        "open_rate z: change undefined",
        "  note: no baseline for z: the change is undefined",
    ]


def test_several_segments_are_compared_within_the_others():
    table = abm.Emails(
        account=[1, 2, 1, 2, 3, 4, 1, 2],
        delivered=20,
        opened=[5, 6, 9, 12, 3, 4, 7, 7],
        segments={"tier": [*"xxxxyyzz"], "year": [2025, 2025, 2026, 2026, 2025, 2025, 2026, 2026]},
    )
    found = abm.change(abm.open_rate(table, by=["tier", "year"]), baseline={"year": 2025})
    assert found.groups == {"tier": ["x", "z"], "year": [2026, 2026]}
    np.testing.assert_allclose(found.difference, [10 / 40, math.nan])
    assert found.notes == ("no baseline for ('z', 2026): the change is undefined",)
    assert [line.partition(":")[0] for line in str(found).splitlines()[:2]] == [
        "open_rate x, 2026",
        "open_rate z, 2026",
    ]
    both = abm.change(abm.open_rate(table, by=["tier", "year"]), baseline={"year": 2025, "tier": "x"})
    assert both.groups == {"tier": ["x", "y", "z"], "year": [2026, 2025, 2026]}
    np.testing.assert_allclose(both.baseline, [11 / 40] * 3)


def test_many_missing_baselines_are_named_in_part():
    labels = [f"t{place}" for place in range(8)]
    after = abm.open_rate(abm.Emails(account=range(8), delivered=9, opened=1), by=labels)
    before = abm.open_rate(abm.Emails(account=[0], delivered=9, opened=1), by=["t0"])
    found = abm.change(after, baseline=abm.open_rate(abm.Emails(account=[0, 1], delivered=9, opened=1), by=["t0", "q"]))
    assert found.notes == ("no baseline for t1, t2, t3, t4, t5: the change is undefined",)
    assert len(before) == 1


def test_undefined_figures_have_no_change_and_say_so():
    table = abm.Emails(account=[1, 2, 1, 2], delivered=[4, 5, 0, 0], opened=[1, 2, 0, 0], segments={"m": [1, 1, 2, 2]})
    rate = abm.open_rate(table, by="m")
    for found in (abm.change(rate, baseline=1), abm.change(rate, baseline=2)):
        assert np.isnan(found.difference).all()
        assert np.isnan(found.p_value).all()
        assert found.notes == ("undefined where the value or the baseline is",)
        assert str(found).splitlines()[0].endswith(": change undefined")


def test_figures_of_one_account_have_a_change_without_interval():
    table = abm.Emails(account=[1, 2, 1, 2], delivered=[4, 0, 9, 5], opened=[1, 0, 3, 3], segments={"m": [1, 1, 2, 2]})
    for baseline, difference in ((1, 6 / 14 - 1 / 4), (2, 1 / 4 - 6 / 14)):
        found = abm.change(abm.open_rate(table, by="m"), baseline=baseline)
        assert found.difference[0] == pytest.approx(difference)
        assert math.isnan(found.difference_low[0])
        assert math.isnan(found.relative_high[0])
        assert math.isnan(found.p_value[0])
        assert found.sentence().endswith(" percentage points, no interval")
        assert found.notes == ()


def test_empty_results_have_no_changes():
    nobody = abm.open_rate(abm.Emails.empty(), by="account")
    found = abm.change(nobody, baseline=abm.open_rate(abm.Emails(account=[1, 2], delivered=4, opened=[1, 2])))
    assert (len(found), found.notes) == (0, ())
    some = abm.change(abm.open_rate(abm.Emails(account=[1, 2], delivered=4, opened=1), by="account"), baseline=nobody)
    assert np.isnan(some.difference).all()
    assert some.notes == ("no baseline for 1, 2: the change is undefined",)


def test_suppressed_groups_have_no_change():
    answers = abm.SurveyScores(score=[9, 8, 10, 3, 7, 1, 9, 10, 9, 9, 2, 8], segments={"team": [*"nnnnnsssssww"]})
    score = abm.employee_net_promoter_score(answers, by="team", min_responses=5)
    assert score.suppressed.any()
    label = next(label for label, hidden in zip(score, score.suppressed, strict=True) if not hidden)
    found = abm.change(score, baseline=label)
    assert "a suppressed group has no change" in found.notes
    assert np.isnan(found.difference[score.suppressed[[label_ != label for label_ in score]]]).all()


def test_scores_have_no_relative_change():
    scores = abm.SurveyScores(account=range(8), score=[10, 9, 3, 7, 10, 10, 9, 2])
    found = abm.change(abm.net_promoter_score(scores, by=[*"ooooññññ"]), baseline="o")
    assert found.unit == "points"
    assert np.isnan([found.relative[0], found.relative_low[0], found.relative_high[0]]).all()
    assert found.sentence().startswith("+25.0 (95 % interval -")


def test_other_kpis_scales_and_segments_are_refused():
    mails = abm.Emails(account=[1, 2], delivered=4, opened=[1, 2], clicked=1)
    rate = abm.open_rate(mails)
    assert (
        refusal(rate, baseline=abm.click_rate(mails)) == "baseline must be of the same KPI, open_rate; got 'click_rate'"
    )
    staff = abm.SurveyScores(account=[1, 2], score=[9, 3])
    other = attrs.evolve(staff, scale=(1, 10))
    assert refusal(abm.net_promoter_score(staff), baseline=abm.net_promoter_score(other)).startswith(
        "baseline must be on the same scale, ['scale 0 to 10"
    )
    grouped = abm.open_rate(mails, by={"tier": ["x", "y"]})
    assert refusal(grouped, baseline=abm.open_rate(mails, by={"size": ["x", "y"]})) == (
        "baseline must have the segments ['tier']; got ['size']"
    )
    assert refusal(grouped, baseline="z") == "baseline must be a label of tier, one of ['x', 'y']; got 'z'"
    assert refusal(grouped, baseline={"size": "x"}) == (
        "baseline must be a label of the segment, or a mapping from segments among ['tier']; got {'size': 'x'}"
    )
    assert refusal(grouped, baseline={}) == (
        "baseline must be a label of the segment, or a mapping from segments among ['tier']; got {}"
    )
    assert refusal(rate, baseline="x") == (
        "baseline must be a label of the segment, or a mapping from segments among []; got 'x'"
    )
    both = abm.open_rate(mails, by={"tier": ["x", "y"], "size": [1, 2]})
    assert refusal(both, baseline="x") == (
        "baseline must be a label of the segment, or a mapping from segments among ['tier', 'size']; got 'x'"
    )
    assert refusal(rate, baseline=rate, confidence=1) == "confidence must be a number in (0, 1); got 1"
    assert refusal(attrs.evolve(rate, spread=None), baseline=rate) == (
        "estimate must have a spread to be compared; got one without"
    )
    assert refusal(rate, baseline=attrs.evolve(rate, spread=None)) == (
        "estimate must have a spread to be compared; got one without"
    )


def test_without_influences_nothing_is_paired():
    rate = abm.open_rate(year_table(YEARS), by="year")
    bare = abm.change(attrs.evolve(rate, influences=None), baseline=2025)
    assert bare.accounts_in_both.tolist() == [0]
    expected = mover(*((float(rate[year]), rate[year].low[0], rate[year].high[0]) for year in (2026, 2025)), 0)
    assert (bare.difference_low[0], bare.difference_high[0]) == pytest.approx(expected, rel=1e-9)
    one = abm.change(rate[2026], baseline=attrs.evolve(rate[2025], influences=None))
    assert one.accounts_in_both.tolist() == [0]


def test_rows_without_accounts_are_never_paired():
    answers = abm.SurveyScores(score=[10, 9, 3, 7, 10, 10, 9, 2])
    later, earlier = (abm.net_promoter_score(answers.where(np.arange(8) % 2 == part)) for part in (0, 1))
    assert abm.change(later, baseline=earlier).accounts_in_both.tolist() == [0]
    named = abm.net_promoter_score(abm.SurveyScores(account=[1, 2, 3, 4], score=[10, 9, 3, 7]))
    assert abm.change(named, baseline=earlier).accounts_in_both.tolist() == [0]
    assert abm.change(earlier, baseline=named).accounts_in_both.tolist() == [0]


def test_alike_accounts_that_do_not_scatter_are_compared():
    same = abm.Emails(account=[1, 2, 1, 2], delivered=10, opened=[3, 3, 5, 5], segments={"m": [1, 1, 2, 2]})
    found = abm.change(abm.open_rate(same, by="m"), baseline=1)
    assert found.difference[0] == pytest.approx(0.2)
    assert found.difference_low[0] < 0.2 < found.difference_high[0]


def test_changes_read_like_sentences():
    found = abm.change(two_groups(56, 70, 48, 80), baseline="old")
    assert str(found) == (
        "open_rate new: +20.0 percentage points (95 % interval +5.2 to +33.4 percentage points; "
        f"p = {found.p_value[0]:.3f})"
    )
    assert repr(found) == str(found)
    assert found.sentence(0) == str(found).partition(": ")[2]
    clear = abm.change(two_groups(60, 70, 10, 80), baseline="old", confidence=0.9)
    assert "(90 % interval +" in str(clear)
    assert str(clear).endswith("; p < 0.001)")
    fewer = abm.change(two_groups(10, 70, 60, 80), baseline="old")
    assert fewer.sentence().startswith("-60.7 percentage points (95 % interval -")
    level = abm.change(two_groups(7, 70, 8, 80), baseline="old")
    assert level.sentence().startswith("0.0 percentage points (95 % interval -")
    money = abm.estimate(
        lambda n: 2.5 * n,
        abm.Emails(account=[1, 1, 2, 2], delivered=[9, 6, 7, 7]),
        columns=["delivered"],
        by=[1, 2, 1, 2],
        unit="money",
    )
    assert abm.change(money, baseline=2).sentence().startswith("+7.50 (95 % interval ")
    pooled = abm.change(two_groups(5, 9, 3, 9)["new"], baseline=two_groups(5, 9, 3, 9)["old"])
    assert str(attrs.evolve(pooled, groups={})).startswith("open_rate: +22.2 percentage points (")


def test_p_values_around_the_printed_limit():
    found = abm.change(two_groups(56, 70, 48, 80), baseline="old")
    assert attrs.evolve(found, p_value=np.array([0.001])).sentence().endswith("; p = 0.001)")
    assert attrs.evolve(found, p_value=np.array([0.00099])).sentence().endswith("; p < 0.001)")


def test_changes_leave_as_columns():
    found = abm.change(abm.open_rate(year_table(YEARS), by="year"), baseline=2025)
    columns = found.to_dict()
    assert list(columns) == [
        "year",
        "value",
        "baseline",
        "difference",
        "difference_low",
        "difference_high",
        "relative",
        "relative_low",
        "relative_high",
        "p_value",
        "accounts_in_both",
        "kpi",
        "confidence",
    ]
    assert len(pd.DataFrame(columns)) == len(found) == 1
    assert (columns["year"], columns["kpi"], columns["confidence"]) == ([2026], ["open_rate"], [0.95])
    assert columns["difference"] == found.difference.tolist()


def test_labels_are_escaped_in_notebooks():
    wicked = "<script>"
    rate = abm.open_rate(
        abm.Emails(account=[1, 2, 1, 2, 3], delivered=[9, 9, 9, 9, 0], opened=[1, 2, 3, 4, 0]),
        by={wicked: [wicked, wicked, "a", "a", "b"]},
    )
    found = attrs.evolve(abm.change(rate, baseline="a"), kpi="<b>")
    page = Fragment(found._repr_html_())
    assert page.captions == ["<b>: change by <script>"]
    assert page.heads == [[wicked, "value", "baseline", "change", "95 % interval", "p"]]
    assert page.rows[0][:4] == [wicked, "16.7 %", "38.9 %", "-22.2 pp"]
    assert page.rows[0][4].startswith("-") and page.rows[0][4].endswith(" pp")  # noqa: PT018 - one interval
    assert page.rows[0][5] == "< 0.001"
    assert page.rows[1] == ["b", "undefined", "38.9 %", "undefined", "none", ""]
    assert page.notes == ["undefined where the value or the baseline is", "pp are percentage points"]
    same = Fragment(abm.change(rate["a"], baseline=rate["a"])._repr_html_())
    assert same.rows[0][3] == "0.0 pp"
    assert same.notes == ["pp are percentage points"]


def test_changes_of_amounts_have_no_percentage_points():
    deals = abm.Opportunities(
        account=[1, 2, 3, 4], outcome="won", amount=[1e6, 2e6, 10, 20], segments={"half": list("aabb")}
    )
    page = Fragment(abm.change(abm.revenue_won(deals, by="half"), baseline="a")._repr_html_())
    assert page.rows[0][:4] == ["b", "30", "3,000,000", "-2,999,970"]
    assert page.notes == []
    sure = abm.Opportunities(
        account=np.arange(400),
        outcome=["won", "lost"] * 100 + ["won"] * 200,
        segments={"half": ["a"] * 200 + ["b"] * 200},
    )
    assert Fragment(abm.change(abm.win_rate(sure, by="half"), baseline="a")._repr_html_()).rows[0][5] == "< 0.001"


def test_shares_of_money_are_compared_by_their_own_intervals():
    deals = abm.Opportunities(
        account=["A", "B", "C", "D", "E", "F"],
        outcome=["won", "lost", "won", "lost", "won", "lost"],
        amount=[100, 300, 200, 100, 400, 100],
        segments={"tier": ["x", "x", "x", "y", "y", "y"]},
    )
    compared = abm.change(abm.value_win_rate(deals, by="tier"), baseline="x")
    assert compared.difference[0] == pytest.approx(400 / 600 - 300 / 600)
    assert compared.difference_low[0] < 0 < compared.difference_high[0]
    assert compared.p_value[0] > 0.05
