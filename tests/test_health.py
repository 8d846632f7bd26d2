"""Health scores by hand and in plain Python, and their validation against pairs, scipy and a jackknife."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError
from abmmetrics.health import account_health_score, health_validation

FIGURES = st.none() | st.integers(0, 100)


def refusal(run):
    with pytest.raises(MetricInputError) as refused:
        run()
    return str(refused.value)


# --- Scores -------------------------------------------------------------------------------------------------------


@given(rows=st.lists(st.tuples(FIGURES, FIGURES, FIGURES), min_size=1, max_size=10))
def test_scores_are_weighted_means_of_what_is_known(rows):
    weights = {"usage": 30, "support": 15, "payment": 5}
    columns = dict(zip(weights, map(list, zip(*rows, strict=True)), strict=True))
    found = account_health_score(columns, weights, account=[f"A{place}" for place in range(len(rows))])
    for place, row in enumerate(rows):
        known = [(weight, figure) for weight, figure in zip(weights.values(), row, strict=True) if figure is not None]
        whole = sum(weight for weight, _ in known)
        expected = sum(weight * figure for weight, figure in known) / whole if known else math.nan
        assert found.score[place] == pytest.approx(expected, nan_ok=True)
        assert found.coverage_share[place] == pytest.approx(whole / 50)
    partial = sum(0 < sum(figure is None for figure in row) < 3 for row in rows)
    none = sum(row == (None, None, None) for row in rows)
    count = lambda number: f"{number} account{'s' * (number != 1)}"  # noqa: E731 - short
    assert found.remarks == tuple(
        ([f"{count(partial)} scored without some components, see coverage_share"] if partial else [])
        + ([f"undefined: nothing is known of {count(none)}"] if none else [])
    )
    assert len(found) == len(rows)
    assert found.weights == pytest.approx({"usage": 0.6, "support": 0.3, "payment": 0.1})


def test_components_on_other_scales():
    found = account_health_score(
        {"nps": [50, -100, 100], "tickets": [0, 10, 5], "usage": [70, 0, None]},
        {"nps": 1, "tickets": 1, "usage": 2},
        account=["A", "B", "C"],
        scales={"nps": (-100, 100), "tickets": (10, 0)},
    )
    assert found.score.tolist() == [pytest.approx((75 + 100 + 140) / 4), 0, 75]
    assert found.components["tickets"].tolist() == [100, 0, 50]
    assert found.coverage_share.tolist() == [1, 1, 0.5]
    columns = found.to_dict()
    assert (columns["account"], columns["component nps"]) == (["A", "B", "C"], [75, 0, 100])
    assert list(columns) == [
        "account",
        "score",
        "coverage_share",
        "component nps",
        "component tickets",
        "component usage",
    ]
    assert str(found) == (
        "account health of 3 accounts: nps 25 %, tickets 25 %, usage 50 %\n"
        "  note: 1 account scored without some components, see coverage_share"
    )
    assert repr(found) == str(found)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"weights": {"usage": 1}},
            "weights must have the names of the components, at least one; got components ['payment', 'usage'] and weights ['usage']",
        ),
        (
            {"components": {}, "weights": {}},
            "weights must have the names of the components, at least one; got components [] and weights []",
        ),
        ({"weights": {"usage": 1, "payment": 0}}, "weights must be a number in (0, inf); got 0"),
        ({"scales": {"use": (0, 1)}}, "scales must name components, some of ['usage', 'payment']; got 'use'"),
        ({"scales": {"usage": (0, 10)}}, "usage must be on its scale from 0 (worst) to 10 (best); got 50.0 at row 0"),
        (
            {"scales": {"usage": (100, 55)}},
            "usage must be on its scale from 100 (worst) to 55 (best); got 50.0 at row 0",
        ),
        ({"scales": {"usage": (5, 5)}}, "scales must have a best value other than the worst; got (5, 5)"),
        ({"scales": {"usage": 5}}, "scales must be pairs of the worst and the best value; got 5"),
        ({"scales": {"usage": (5, 6, 7)}}, "scales must be pairs of the worst and the best value; got (5, 6, 7)"),
        (
            {"components": {"usage": [50, 101], "payment": 1}},
            "usage must be on its scale from 0 (worst) to 100 (best); got 101.0 at row 1",
        ),
        (
            {"components": {"usage": [50, math.inf], "payment": 1}},
            "usage must be finite numbers or missing; got inf at row 1",
        ),
        ({"account": ["A", "A"]}, "account must come once; got 'A' again at row 1"),
        (
            {"account": ["A", "B", "C"]},
            "account and usage and payment must have the same length; got {'account': 3, 'usage': 2, 'payment': 2}",
        ),
    ],
)
def test_scores_refuse(given, message):
    whole = {
        "components": {"usage": [50, 60], "payment": [1, 2]},
        "weights": {"usage": 1, "payment": 1},
        "account": ["A", "B"],
        **given,
    }
    components, weights = whole.pop("components"), whole.pop("weights")
    assert refusal(lambda: account_health_score(components, weights, **whole)) == message


# --- Validation ---------------------------------------------------------------------------------------------------

SCORES = st.lists(st.tuples(st.sampled_from([0, 10, 20, 20.5, 70, 100]), st.booleans()), min_size=1, max_size=25)


@given(rows=SCORES, bins=st.integers(1, 5))
def test_the_area_is_the_share_of_pairs(rows, bins):
    scores, left = [score for score, _ in rows], [gone for _, gone in rows]
    found = health_validation(scores, left, bins=bins)
    stayed = [score for score, gone in rows if not gone]
    gone = [score for score, gone in rows if gone]
    pairs = [(one > other) + 0.5 * (one == other) for one in stayed for other in gone]
    assert found.area == pytest.approx(sum(pairs) / len(pairs) if pairs else math.nan, nan_ok=True)
    assert (found.stayed, found.left) == (len(stayed), len(gone))
    if pairs:
        u = scipy.stats.mannwhitneyu(stayed, gone).statistic
        assert found.area == pytest.approx(u / len(pairs))
    table = found.bins
    assert len(table["lowest"]) <= bins
    for place, (low, high) in enumerate(zip(table["lowest"], table["highest"], strict=True)):
        members = [gone for score, gone in rows if low <= score <= high]
        assert (table["accounts"][place], table["left"][place]) == (len(members), sum(members))
        assert table["left_share"][place] == pytest.approx(sum(members) / len(members))
        span = abm.wilson(sum(members), len(members))
        assert (table["low"][place], table["high"][place]) == pytest.approx((float(span.low), float(span.high)))
    assert sum(table["accounts"]) == len(rows)
    assert sum(table["left"]) == sum(left)


def test_the_interval_has_delong_s_variance_on_the_logit_scale():
    draw = np.random.default_rng(11)
    stayed, gone = draw.normal(60, 20, 80), draw.normal(45, 20, 50)
    left = np.repeat([False, True], [80, 50])
    found = health_validation(np.concatenate([stayed, gone]), left, confidence=0.9)
    beats = (stayed[:, None] > gone) + 0.5 * (stayed[:, None] == gone)
    area = beats.mean()
    error = math.sqrt(beats.mean(axis=1).var(ddof=1) / 80 + beats.mean(axis=0).var(ddof=1) / 50)
    half = scipy.stats.norm.ppf(0.95) * error / (area * (1 - area))
    low, high = scipy.special.expit(scipy.special.logit(area) + np.array([-half, half]))
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert found.confidence == 0.9
    # The variance is close to that of leaving accounts out, which knows nothing of DeLong.
    without = [beats[np.arange(80) != row].mean() for row in range(80)]
    others = [beats[:, np.arange(50) != row].mean() for row in range(50)]
    jackknife = (
        79 / 80 * np.square(without - np.mean(without)).sum() + 49 / 50 * np.square(others - np.mean(others)).sum()
    )
    assert error**2 == pytest.approx(jackknife, rel=0.05)


def test_classes_are_of_about_equal_size():
    found = health_validation(np.arange(10), np.arange(10) < 2)
    assert found.bins["lowest"] == [0, 2, 4, 6, 8]
    assert found.bins["highest"] == [1, 3, 5, 7, 9]
    assert found.bins["left_share"] == [1, 0, 0, 0, 0]
    # Wilson's limits at the confidence asked for.
    narrow = health_validation(np.arange(10), np.arange(10) < 2, bins=1, confidence=0.5)
    span = abm.wilson(2, 10, confidence=0.5)
    assert (narrow.bins["low"], narrow.bins["high"]) == ([float(span.low)], [float(span.high)])
    assert "score 0.0 to 1.0: 100.0 % of 2 accounts left" in str(found)


def test_what_a_score_cannot_tell_is_said():
    perfect = health_validation([1, 2, 8, 9], [True, True, False, False])
    assert (perfect.area, perfect.remarks) == (
        1,
        ("no interval: the score separates them all, or there are fewer than 2 of a kind",),
    )
    assert str(perfect).startswith("area under the curve: 1.00; 2 stayed, 2 left\n")
    one = health_validation([1, 2, 8], [False, True, False])
    assert (one.area, math.isnan(one.low)) == (0.5, True)
    alone = health_validation([1, 2, 8], [True, False, True])
    assert (alone.area, math.isnan(alone.high)) == (0.5, True)
    nobody = health_validation([1, None, 8], [False, True, False])
    assert math.isnan(nobody.area)
    assert nobody.remarks == (
        "left out: 1 account without a score",
        "undefined: it takes accounts that stayed and accounts that left",
    )
    assert repr(nobody) == str(nobody)
    assert "area under the curve: undefined; 2 stayed, 0 left" in str(nobody)
    assert "  note: left out: 1 account without a score" in str(nobody)
    all_left = health_validation([1, 2], [True, True])
    assert math.isnan(all_left.area)
    empty = health_validation([], [])
    assert (empty.bins["lowest"], empty.stayed, empty.left) == ([], 0, 0)
    drawn = health_validation([1, 2, 3, 4], [True, False, True, False])
    assert drawn.remarks == ()
    assert " (95 % interval 0." in str(drawn)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"left": [True]}, "score and left must have the same length; got {'score': 2, 'left': 1}"),
        ({"left": [0, 2]}, "left must be True or False; got 2 at row 1"),
        ({"bins": 0}, "bins must be a whole number >= 1; got 0"),
        ({"confidence": 1}, "confidence must be a number in (0, 1); got 1"),
        ({"score": [1, math.inf]}, "score must be finite numbers or missing; got inf at row 1"),
    ],
)
def test_validation_refuses(given, message):
    whole = {"score": [1, 2], "left": [True, False], **given}
    score, left = whole.pop("score"), whole.pop("left")
    assert refusal(lambda: health_validation(score, left, **whole)) == message
