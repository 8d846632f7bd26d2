"""Lift: against means computed one by one, other libraries' Welch tests, and the published figures of an experiment."""

import math
import statistics

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import (
    ArmOutcomes,
    CampaignResults,
    MetricInputError,
    campaign_roi,
    change,
    lift,
    required_accounts,
)

NSW = {"target": 185, "control": 260}  # accounts of the National Supported Work experiment, as Dehejia and Wahba use it


def refusal(kpi, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        kpi(*arguments, **settings)
    return str(caught.value)


def arms(target, control, *, before=None, **more):
    """Accounts of both arms with such outcomes."""
    names = [*(f"T{row}" for row in range(len(target))), *(f"C{row}" for row in range(len(control)))]
    return ArmOutcomes(
        account=names,
        arm=["target"] * len(target) + ["control"] * len(control),
        outcome=[*target, *control],
        before=before,
        **more,
    )


def shaped(size, mean, variance, seed):
    """Figures of exactly this mean and variance."""
    drawn = np.random.default_rng(seed).normal(size=size)
    return mean + (drawn - drawn.mean()) / drawn.std(ddof=1) * math.sqrt(variance)


def nsw():
    """Figures with the moments that the experiment's published standard errors (pooled and Welch's) imply."""
    n_target, n_control = NSW.values()
    pooled, welch = 632.8533924**2, 670.9965445**2
    freedom, harmonic = n_target + n_control - 2, 1 / n_target + 1 / n_control
    # s²_T (n_T − 1) + s²_C (n_C − 1) and s²_T / n_T + s²_C / n_C are known.
    variances = np.linalg.solve(
        [[n_target - 1, n_control - 1], [1 / n_target, 1 / n_control]], [pooled * freedom / harmonic, welch]
    )
    means = 6349.143502, 4554.801120
    return [
        shaped(n, mean, v, seed) for seed, (n, mean, v) in enumerate(zip(NSW.values(), means, variances, strict=True))
    ]


def table_of(target, control, before=None):
    """The same with outcomes that may be negative, which a table refuses: all are raised by one amount."""
    raise_by = 1e5
    return arms(target + raise_by, control + raise_by, before=None if before is None else before + raise_by)


def test_the_experiment_s_difference_has_its_published_error_and_degrees_of_freedom():
    found = lift(table_of(*nsw()))
    assert float(found) == pytest.approx(1794.342382, abs=1e-5)
    assert float(found.spread.error[0]) == pytest.approx(670.9965445, abs=1e-6)
    # The degrees of freedom follow from neither standard error alone.
    assert float(found.spread.freedom[0]) == pytest.approx(307.1324945, abs=1e-5)
    assert float(found) / float(found.spread.error[0]) == pytest.approx(2.6741454880, abs=1e-8)
    quantile = scipy.stats.t.ppf(0.975, 307.1324945)
    assert found.low[0] == pytest.approx(1794.342382 - quantile * 670.9965445, abs=1e-4)
    assert found.high[0] == pytest.approx(1794.342382 + quantile * 670.9965445, abs=1e-4)


def test_the_experiment_s_adjusted_differences_follow_from_its_slopes():
    """The gap of the figures before, 265.1463 (1794.3424 − 1529.1961), and either slope give the published lifts."""
    target, control = nsw()
    gap = 1794.3423818501 - 1529.1960833
    random = np.random.default_rng(9)
    for theta, slope, expected in (("within", 0.1666682874, 1750.1509024), ("pooled", 0.1780465817, 1747.1339898)):
        # X with a slope of Y on it that is the published one, within the arms or of both together.
        drawn = [random.normal(size=len(side)) for side in (target, control)]
        drawn = [side - side.mean() for side in drawn]
        outcome = [side - side.mean() for side in (target, control)]
        if theta == "pooled":
            outcome = [outcome[0] + 1794.342382 * 260 / 445, outcome[1] - 1794.342382 * 185 / 445]
            drawn = [drawn[0] + gap * 260 / 445, drawn[1] - gap * 185 / 445]
        x, y = (np.concatenate(sides) for sides in (drawn, outcome))
        # x is moved along what is y's own, until y's slope on it is right; the arms' means stay.
        along = np.concatenate([side - side.mean() for side in (target, control)])
        a, b, c = slope * along @ along, 2 * slope * (along @ x) - along @ y, slope * x @ x - x @ y
        weight = min(np.roots([a, b, c]).real, key=abs)
        before = x + weight * along + (0 if theta == "pooled" else np.repeat([gap, 0.0], [185, 260]))
        table = table_of(target, control, before)
        found = lift(table, method="cuped", theta=theta)
        assert float(found) == pytest.approx(expected, abs=1e-4)
        assert float(lift(table, method="did")) == pytest.approx(1529.1960833, abs=1e-5)
        assert (
            found.notes[-1].startswith(f"theta {slope:.4g} ({theta})") or f"theta {slope:.4g} ({theta})" in found.notes
        )


figures = st.lists(st.integers(0, 40).map(lambda quarters: quarters / 4), min_size=2, max_size=12)


@given(target=figures, control=figures, data=st.data())
def test_lift_is_welch_s_test_of_adjusted_outcomes(target, control, data):
    count = len(target) + len(control)
    before = data.draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    table = arms(target, control, before=before)
    x = np.array(before, float)
    y = np.array([*target, *control])
    sides = (slice(None, len(target)), slice(len(target), None))
    own = [np.concatenate([held[side] - held[side].mean() for side in sides]) for held in (x, y)]
    spread = own[0] @ own[0]
    both = [held - held.mean() for held in (x, y)]
    slopes = {
        ("difference", "within"): 0.0,
        ("did", "within"): 1.0,
        ("cuped", "within"): own[0] @ own[1] / spread if spread > 1e-9 else 0.0,
        ("cuped", "pooled"): both[0] @ both[1] / (both[0] @ both[0]) if both[0] @ both[0] > 1e-9 else 0.0,
    }
    for (method, theta), slope in slopes.items():
        z = y - slope * (x - x.mean())
        found = lift(table, method=method, theta=theta, confidence=0.9)
        one, two = z[sides[0]], z[sides[1]]
        assert float(found) == pytest.approx(one.mean() - two.mean(), abs=1e-9)
        error = math.sqrt(one.var(ddof=1) / len(one) + two.var(ddof=1) / len(two))
        assert found.spread.error[0] == pytest.approx(error, abs=1e-9)
        if min(one.var(), two.var()) > 1e-9:  # else the other library warns
            theirs = scipy.stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.9)
            assert (found.low[0], found.high[0]) == pytest.approx((theirs.low, theirs.high), rel=1e-6, abs=1e-8)


def test_did_is_the_difference_of_changes():
    table = arms([12, 10, 14], [8, 6, 9], before=[7, 5, 6, 6, 4, 2])
    found = lift(table, method="did", unit="money")
    assert float(found) == pytest.approx(statistics.mean([5, 5, 8]) - statistics.mean([2, 2, 7]))
    assert (found.kpi, found.unit, found.method) == ("lift", "money", "Welch's t")
    assert found.notes == (
        "method: did",
        "says what the programme changed only if both arms would have moved alike without it",
        "mean of 3 target accounts 12, mean of 3 control accounts 7.67",
        "too few accounts to see a lift of 20 % of the control arm's mean in 80 % of tries",
    )
    for method in ("difference", "cuped"):
        assert lift(table, method=method).notes[1] == (
            "says what the programme changed only if chance decided which accounts it reached"
        )
    assert lift(table, method="cuped").notes[3] == "theta 0 (within)"
    # The difference needs no figures before.
    assert float(lift(arms([3, 4], [1, 2]))) == 2.0
    assert refusal(lift, arms([3, 4], [1, 2]), method="did") == (
        "ArmOutcomes must have the column before for this KPI; got ['account', 'arm', 'outcome']"
    )


def test_rows_of_an_account_are_one_observation():
    rows = ArmOutcomes(
        account=["A", "A", "B", "C", "D", "E"], arm=["target"] * 3 + ["control"] * 2 + ["pilot"],
        outcome=[5, 7, 10, 8, 6, 99], before=[1, 1, 1, 1, 1, 1], segments={"tier": list("xxxxxx")},
    )  # fmt: skip
    found = lift(rows)
    assert (float(found), found.accounts.tolist(), found.rows.tolist()) == (4.0, [4], [5])
    assert found.excluded == {"other arms": 1}
    assert float(lift(rows.rollup())) == 4.0
    assert lift(rows, by="tier").notes == (*found.notes[:2], *(f"{note} (tier: x)" for note in found.notes[3:]))
    pilot = lift(rows, target="pilot", control="target")
    assert float(pilot) == 99 - 11
    assert np.isnan(pilot.low[0])
    assert pilot.notes[-1] == "undefined without one of the accounts: no interval"


def test_accounts_of_one_parent_count_together():
    target, control = [1, 2, 11, 12, 21, 22], [0, 1, 10, 11, 30, 31]
    parents = [f"{arm}{row // 2}" for arm in "tc" for row in range(6)]
    apart, together = lift(arms(target, control)), lift(arms(target, control, parent=parents))
    assert float(apart) == float(together)
    assert together.method == "Welch's t, clustered"
    assert (together.accounts.tolist(), together.rows.tolist()) == ([12], [12])
    # With pairs of equal size it is Welch's test of the pairs' means.
    pairs = [[(one + two) / 2 for one, two in zip(side[::2], side[1::2], strict=True)] for side in (target, control)]
    theirs = scipy.stats.ttest_ind(*pairs, equal_var=False).confidence_interval(0.95)
    assert (together.low[0], together.high[0]) == pytest.approx((theirs.low, theirs.high))
    grouped = lift(
        arms(target * 2, control * 2, parent=[f"{arm}{row // 2}" for arm in "tc" for row in range(12)]),
        by=["x"] * 6 + ["y"] * 6 + ["x"] * 6 + ["y"] * 6,
    )  # fmt: skip
    assert grouped.low.tolist() == pytest.approx([together.low[0]] * 2)
    # A parent in both arms is paired with itself.
    shared = lift(arms([10, 20, 30], [9, 18, 29], parent=["p", "q", "r"] * 2))
    assert shared.high[0] - shared.low[0] < 15


def test_accounts_without_a_name_are_parents_of_their_own():
    frame = {
        "account": ["A", "B", None, "C", "D", None], "arm": ["target"] * 3 + ["control"] * 3,
        "parent": ["p", "p", "p", "q", "r", "r"], "outcome": [1.0, 2.0, 6.0, 4.0, 5.0, 9.0],
    }  # fmt: skip
    found = lift(ArmOutcomes.from_frame(frame, missing="separate"))
    named = lift(ArmOutcomes.from_frame({**frame, "account": list("ABXCDY"), "parent": ["p", "p", "x", "q", "r", "y"]}))
    assert (found.low[0], found.high[0]) == pytest.approx((named.low[0], named.high[0]))


def test_groups_with_one_arm_are_undefined():
    found = lift(arms([3, 4, 5], [1, 2]), by=["x", "x", "y", "x", "x"])
    assert found.value.tolist() == pytest.approx([2.0, math.nan], nan_ok=True)
    assert "undefined: an arm has no accounts (group: y)" in found.notes
    moved = change(lift(arms([3, 4, 9, 12], [1, 2, 2, 4]), by=list("xxyyxxyy")), baseline="x")
    assert moved.difference.tolist() == [5.5]


def test_a_sample_that_could_see_the_effect_says_nothing():
    many = [10.0, 11.0] * 50
    assert not any("too few" in note for note in lift(arms(many, many)).notes)
    # The standard error is 0.0711: (1.96 + 0.84) times it is 1.9 % of the mean.
    error = float(lift(arms(many, many)).spread.error[0])
    seen = (scipy.stats.norm.ppf(0.975) + scipy.stats.norm.ppf(0.8)) * error / 10.5
    assert any("too few" in note for note in lift(arms(many, many), realistic=seen * 0.999).notes)
    assert not any("too few" in note for note in lift(arms(many, many), realistic=seen * 1.001).notes)
    assert any("too few" in note for note in lift(arms(many, many), realistic=seen * 1.001, confidence=0.96).notes)


def test_a_constant_figure_before_foretells_nothing():
    table = arms([3.1, 4.7, 5.9], [1.3, 2.2, 0.4], before=[0.1] * 6)
    assert float(lift(table, method="cuped")) == pytest.approx(float(lift(table)))
    assert "theta 0 (within)" in lift(table, method="cuped").notes


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"arm": ["target", "control"]}, "arm must be one in all rows of an account; got 'target' and 'control' of 'A' at row 1"),
        ({"parent": ["p", "q"]}, "parent must be one in all rows of an account; got 'p' and 'q' of 'A' at row 1"),
        ({"outcome": [1, -1]}, "outcome must be finite numbers >= 0; got -1.0 at row 1"),
        ({"before": [1, None]}, "before must be finite numbers >= 0 in every row; got a missing value at row 1"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_are_refused(wrong, message):
    assert refusal(ArmOutcomes, **{"account": "A", "arm": "target", "outcome": [1, 2], **wrong}) == message


def test_the_model_is_summed_by_account_and_arm():
    held = arms([3, 4], [1, 2], before=1, parent="p")
    assert repr(held) == "ArmOutcomes(4 rows, 4 accounts; arm, parent, outcome, before)"
    assert held.where(np.ones(4, dtype=bool)) == held != held.where(np.zeros(4, dtype=bool))
    with pytest.raises(TypeError, match="positional"):
        ArmOutcomes(*held.columns().values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "psm"}, "method must be one of ['difference', 'did', 'cuped']; got 'psm'"),
        ({"theta": "both"}, "theta must be one of ['within', 'pooled']; got 'both'"),
        ({"realistic": 0}, "realistic must be a number in (0, inf); got 0"),
        ({"confidence": 1}, "confidence must be a number in (0, 1); got 1"),
        ({"control": "holdout"}, "control must be one of the arms ['target', 'control']; got 'holdout'"),
        ({"target": "abm"}, "target must be one of the arms ['target', 'control']; got 'abm'"),
        ({"control": "target"}, "control must be another arm than target; got 'target'"),
    ],
)
def test_options_of_lift_are_checked(options, message):
    assert refusal(lift, arms([1, 2], [3, 4]), **options) == message


# --- Accounts required ------------------------------------------------------------------------------------------------


def test_accounts_required_are_the_published_ones():
    assert [required_accounts(*shares) for shares in ((0.10, 0.15), (0.10, 0.20), (0.21, 0.34))] == [683, 197, 182]
    assert required_accounts(0.15, 0.10) == 683


def test_accounts_required_for_means_see_the_difference_as_often_as_wanted():
    count = required_accounts(100, 110, spread=30, power=0.9, confidence=0.99)
    normal = scipy.stats.norm
    reached = [
        normal.cdf(10 / (30 * math.sqrt(2 / n)) - normal.ppf(0.995)) for n in (count - 1, count)
    ]  # fmt: skip
    assert reached[0] < 0.9 <= reached[1]
    assert required_accounts(-5, 5, spread=30) == required_accounts(100, 110, spread=30) == 142
    # Half the variance is explained.
    assert required_accounts(100, 110, spread=30, correlation=math.sqrt(0.5)) == 71
    assert required_accounts(0, 1000, spread=1) == 2


@pytest.mark.parametrize(
    ("given_figures", "options", "message"),
    [
        ((0, 0.2), {}, "control must be a number in (0, 1); got 0"),
        ((0.2, 1), {}, "target must be a number in (0, 1); got 1"),
        ((0.2, 0.2), {}, "target must differ from control; got 0.2"),
        ((1, 2), {"spread": 0}, "spread must be a number in (0, inf); got 0"),
        ((1, 2), {"spread": 1, "correlation": 1}, "correlation must be a number in (-1, 1); got 1"),
        ((0.1, 0.2), {"power": 1}, "power must be a number in (0, 1); got 1"),
        ((0.1, 0.2), {"confidence": 0}, "confidence must be a number in (0, 1); got 0"),
    ],
)
def test_what_accounts_required_takes_is_checked(given_figures, options, message):
    assert refusal(required_accounts, *given_figures, **options) == message


# --- Published figures that follow from moments ------------------------------------------------------------------------


def test_the_experiment_as_a_campaign_has_its_published_return():
    """At a cost of 1,000 for each account and a margin of 1; the printed interval is of the normal distribution."""
    found = lift(table_of(*nsw()))
    error = float(found.spread.error[0]) / 1000
    cost = 1000.0 * NSW["target"]
    results = CampaignResults(campaign="NSW", cost=[cost], revenue=[NSW["target"] * float(found)])
    back = float(campaign_roi(results, margin=1, kind="incremental"))
    assert back == pytest.approx(0.7943423819, abs=1e-8)
    assert error == pytest.approx(0.6709965, abs=1e-7)
    z = statistics.NormalDist().inv_cdf(0.975)
    assert (round(back - z * error, 4), round(back + z * error, 4)) == (-0.5208, 2.1095)


def test_four_cells_of_other_houses_each_year():
    """Kiel and McClain's incinerator (Wooldridge, example 13.3): lift now less lift before, of houses sold but once.

    The cells have the published means and sizes, and variances that give the pooled error of the intercept
    (2,726.91, of 123 houses) and Welch's of the whole (8,665.87608), the houses near by being alike in variance.
    """
    sizes = {"far before": 123, "far now": 102, "near before": 56, "near now": 40}
    means = {"far before": 82_517.23, "far now": 82_517.23 + 18_790.29, "near before": 82_517.23 - 18_824.37}
    means["near now"] = means["near before"] + 18_790.29 - 11_863.90
    pooled = 2_726.91**2 * sizes["far before"]
    # The printed errors of the other coefficients say that these are the sizes.
    assert math.sqrt(pooled * (1 / 123 + 1 / 102)) == pytest.approx(4_050.07, abs=0.02)
    assert math.sqrt(pooled * (1 / 123 + 1 / 56)) == pytest.approx(4_875.32, abs=0.02)
    assert math.sqrt(pooled * sum(1 / n for n in sizes.values())) == pytest.approx(7_456.65, abs=0.02)
    far, near = np.linalg.solve(
        [[122 + 101, 55 + 39], [1 / 123 + 1 / 102, 1 / 56 + 1 / 40]], [317 * pooled, 8_665.87608**2]
    )
    cells = {
        name: shaped(size, means[name], far if name.startswith("far") else near, seed) + 1e6
        for seed, (name, size) in enumerate(sizes.items())
    }
    now, before = (
        lift(
            ArmOutcomes(
                account=[f"{arm} {time} {house}" for arm in ("near", "far") for house in range(sizes[f"{arm} {time}"])],
                arm=[arm for arm in ("near", "far") for _ in range(sizes[f"{arm} {time}"])],
                outcome=np.concatenate([cells[f"near {time}"], cells[f"far {time}"]]),
            ),
            target="near",
            control="far",
        )
        for time in ("now", "before")
    )
    assert float(before) == pytest.approx(-18_824.37)
    moved = change(now, baseline=before)
    assert moved.difference[0] == pytest.approx(-11_863.90)
    error = math.hypot(*(float(one.spread.error[0]) for one in (now, before)))
    assert error == pytest.approx(8_665.87608, abs=1e-5)
    t = scipy.stats.t.ppf(0.975, 200)
    assert moved.difference_high[0] - moved.difference_low[0] == pytest.approx(2 * t * error, rel=0.02)
