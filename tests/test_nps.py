"""The net promoter score of customers: published figures, real surveys, laws and refusals."""

import csv
import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, change, intervals
from abmmetrics.nps import classify, customer_satisfaction_share, net_promoter_score, nps_sample_size
from abmmetrics.surveys import SurveyScores

SCALE = "scale 0 to 10 (passives from 7, promoters from 9)"
counts = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))


def answers(detractors, passives, promoters, **more):
    """One answer for each account."""
    score = [3] * detractors + [8] * passives + [10] * promoters
    return SurveyScores(account=list(range(len(score))), score=score, **more)


def refusal(kpi, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        kpi(*arguments, **settings)
    return str(caught.value)


def recommend(folder, month):
    """Answers as the survey published them: a blank or NA is no answer."""
    with (folder / "surveys" / f"recommend_{month}.csv").open(encoding="utf-8", newline="") as lines:
        told = [row["score"] for row in csv.DictReader(lines)]
    return SurveyScores.from_frame(
        {"score": [None if score in {"", "NA"} else int(score) for score in told]}, missing="drop"
    )


def test_real_surveys_and_the_change_between_them(shared_data):
    before, after = (recommend(shared_data, month) for month in ("2017_10", "2020_03"))
    old, new = net_promoter_score(before), net_promoter_score(after)
    assert [round(float(score), 2) for score in (old, new)] == [36.32, 62.69]
    assert [int(score.rows[0]) for score in (old, new)] == [402, 134]
    assert before.excluded == {"missing score": 74}
    assert after.excluded == {"missing score": 42}
    assert old.method == "Tango score, one answer for each account; rows independent: there is no account column"

    def count(scores):
        told = scores.score.tolist()
        return sum(s <= 6 for s in told), sum(s in {7, 8} for s in told), sum(s >= 9 for s in told)

    # The method of variance estimates recovery on the two published score intervals.
    (l1, u1), (l2, u2) = (
        (100 * float(span.low), 100 * float(span.high))
        for span in (intervals.tango(*count(scores)) for scores in (before, after))
    )
    x1, x2 = float(old), float(new)
    low = x2 - x1 - math.hypot(x2 - l2, u1 - x1)
    high = x2 - x1 + math.hypot(u2 - x2, x1 - l1)
    found = change(new, baseline=old)
    assert float(found.difference[0]) == pytest.approx(26.37, abs=0.005)
    assert (float(found.difference_low[0]), float(found.difference_high[0])) == pytest.approx((low, high), abs=1e-9)
    assert low > 0
    # The p-value is 1 less the confidence at which that interval just reaches 0.
    level = 1 - float(found.p_value[0])
    (_, u1), (l2, _) = (
        (100 * float(span.low), 100 * float(span.high))
        for span in (intervals.tango(*count(scores), confidence=level) for scores in (before, after))
    )
    assert x2 - x1 == pytest.approx(math.hypot(x2 - l2, u1 - x1), rel=1e-6)


# Tests of the R package NPS (Rocks): detractors, passives, promoters, score, variance, standard error.
@pytest.mark.parametrize(
    ("counted", "score", "variance", "error"),
    [
        ((1, 2, 3), 1 / 3, 5 / 9, 0.304),
        ((1, 0, 1), 0, 1, 0.707),
        ((0, 1, 1), 1 / 2, 0.25, 0.354),
        ((1, 1, 1), 0, 2 / 3, 0.471),
    ],
)
def test_published_scores_and_standard_errors(counted, score, variance, error):
    found = net_promoter_score(answers(*counted))
    assert float(found) == pytest.approx(100 * score, abs=1e-9)
    # With one answer for each account the jackknife variance is the published one times n / (n - 1).
    n = sum(counted)
    assert found.influences is not None
    spread = math.sqrt((found.influences.change**2).sum() * (n - 1) / n) / 100
    assert spread == pytest.approx(error, abs=0.0005)
    assert spread**2 * n == pytest.approx(variance)


def test_published_score_on_a_scale_of_fifteen():
    # R package NPS: scores 1 to 15, cut after 6 and 8, give 2/30.
    scores = SurveyScores(score=range(1, 16), scale=(1, 7, 9, 15))
    assert float(net_promoter_score(scores)) == pytest.approx(100 / 15)


# Tango (1998) tables VII and V, Fagerland (2014), Tang (2010): paired differences read as detractors, passives, promoters.
@pytest.mark.parametrize(
    ("counted", "level", "low", "high", "digits"),
    [
        ((3, 20, 9), 0.95, -0.027, 0.390, 3),
        ((1, 43, 0), 0.90, -0.096, 0.037, 3),
        ((7, 13, 1), 0.95, -0.517, -0.026, 3),
        ((1, 10, 3), 0.95, -0.1670, 0.4327, 4),
    ],
)
def test_published_score_intervals(counted, level, low, high, digits):
    found = net_promoter_score(answers(*counted), confidence=level)
    assert (round(found.low[0] / 100, digits), round(found.high[0] / 100, digits)) == (low, high)


@pytest.mark.parametrize(
    ("counted", "score", "low", "high"),
    [
        ((8, 13, 15), 19.44, -6.77, 42.87),
        ((2, 11, 18), 51.61, 26.09, 69.92),
        ((0, 0, 10), 100, 44.49, 100),
        ((0, 10, 0), 0, -27.75, 27.75),
    ],
)
def test_reference_intervals_in_points(counted, score, low, high):
    found = net_promoter_score(answers(*counted))
    assert (round(float(found), 2), round(found.low[0], 2), round(found.high[0], 2)) == (score, low, high)
    assert found.method == "Tango score, one answer for each account"
    assert found.unit == "points"
    assert found.kpi == "net_promoter_score"


@given(counts)
def test_reversed_answers_reverse_the_score(counted):
    found, mirrored = net_promoter_score(answers(*counted)), net_promoter_score(answers(*counted[::-1]))
    assert found.value == pytest.approx(-mirrored.value, nan_ok=True)
    assert found.low == pytest.approx(-mirrored.high, nan_ok=True)


@given(counts, st.sampled_from([2, 3]))
def test_several_answers_of_each_account_widen_the_interval(counted, copies):
    detractors, passives, promoters = (number + 1 for number in counted)
    single = answers(detractors, passives, promoters)
    repeated = SurveyScores(
        account=np.repeat(np.asarray(single.account), copies), score=np.repeat(single.score, copies)
    )
    independent = SurveyScores(score=repeated.score)
    clustered, naive = net_promoter_score(repeated), net_promoter_score(independent)
    assert float(clustered) == pytest.approx(float(naive))
    assert clustered.high[0] - clustered.low[0] > naive.high[0] - naive.low[0]
    assert clustered.method == "account jackknife, Tango score"
    # Copies of answers tell nothing new: no narrower than one answer from each account.
    once = net_promoter_score(single)
    assert clustered.high[0] - clustered.low[0] >= once.high[0] - once.low[0] - 1e-9


def test_the_result_says_its_scale_and_groups():
    scores = answers(1, 1, 3, segments={"tier": ["one", "two", "one", "two", "one"]})
    found = net_promoter_score(scores, by="tier")
    assert found.remarks == (SCALE,)
    assert found.labels == ["one", "two"]
    assert found.value.tolist() == pytest.approx([100 / 3, 50])


def test_no_answers_is_undefined():
    found = net_promoter_score(SurveyScores.empty())
    assert math.isnan(float(found))
    assert found.notes == (SCALE, "undefined: there are no answers")


def test_results_on_different_scales_are_not_compared():
    usual = net_promoter_score(answers(1, 1, 3))
    shifted = net_promoter_score(answers(1, 1, 3, scale=(1, 10)))
    message = refusal(change, shifted, baseline=usual)
    assert message == (
        "baseline must be on the same scale, ['scale 1 to 10 (passives from 7, promoters from 9)']; "
        "got ['scale 0 to 10 (passives from 7, promoters from 9)']"
    )


def test_every_score_has_its_class():
    told = ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2
    assert classify(SurveyScores(score=range(11))).to_list() == told
    assert classify(SurveyScores(score=range(1, 11), scale=(1, 10))).to_list() == told[1:]
    assert classify(SurveyScores(score=[1, 2, 3, 4, 5], scale=(1, 5))).to_list() == (
        ["detractor"] * 3 + ["passive", "promoter"]
    )
    assert classify(SurveyScores.empty()).to_list() == []


@given(st.lists(st.integers(0, 10), min_size=1, max_size=30))
def test_score_is_the_classes_counted(score):
    told = classify(SurveyScores(score=score)).to_list()
    expected = 100 * (told.count("promoter") - told.count("detractor")) / len(score)
    assert float(net_promoter_score(SurveyScores(score=score))) == pytest.approx(expected)


# --- Sample size ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("margin", "sizes"), [(10, (382, 255, 190)), (15, (168, 112, 83)), (20, (94, 62, 46))])
def test_published_sample_sizes(margin, sizes):
    assert tuple(nps_sample_size(margin, variance=variance) for variance in (1, 0.67, 0.5)) == sizes


def test_sample_size_depends_on_confidence_and_is_at_least_one():
    assert nps_sample_size(10, confidence=0.9) == 268  # 1.6448536² / 0.01 − 3 = 267.55
    assert nps_sample_size(100) == 1
    assert nps_sample_size(90, variance=0.1) == 1
    assert nps_sample_size(98.4, confidence=0.95) == 1
    assert nps_sample_size(80) == 4  # 6.0023 − 3


@given(st.floats(1, 60), st.floats(0.05, 1))
def test_that_many_answers_are_as_precise_as_wished(margin, variance):
    n = nps_sample_size(margin, variance=variance)
    half = 100 * 1.959963984540054 * math.sqrt(variance / (n + 3))
    assert half <= margin + 1e-9
    assert n == 1 or 100 * 1.959963984540054 * math.sqrt(variance / (n + 2)) > margin - 1e-9


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"margin_points": 0}, "margin_points must be a number in (0, 100]; got 0"),
        ({"margin_points": 101}, "margin_points must be a number in (0, 100]; got 101"),
        ({"margin_points": 10, "confidence": 1}, "confidence must be a number in (0, 1); got 1"),
        ({"margin_points": 10, "confidence": 0}, "confidence must be a number in (0, 1); got 0"),
        ({"margin_points": 10, "variance": 0}, "variance must be a number in (0, 1]; got 0"),
        ({"margin_points": 10, "variance": 1.1}, "variance must be a number in (0, 1]; got 1.1"),
    ],
)
def test_sample_size_refuses_what_is_out_of_range(settings, message):
    assert refusal(nps_sample_size, **settings) == message


# --- Satisfaction -----------------------------------------------------------------------------------------------------


def test_published_satisfaction():
    # Delighted, "How is CSAT calculated?": 42 fives and 32 fours of 107 answers are 69.16 %.
    score = [5] * 42 + [4] * 32 + [3] * 10 + [2] * 9 + [1] * 14
    found = customer_satisfaction_share(SurveyScores(score=score, scale=(1, 5)))
    assert round(100 * float(found), 2) == 69.16
    wilson = intervals.wilson(74, 107)
    assert (found.low[0], found.high[0]) == pytest.approx((float(wilson.low), float(wilson.high)))
    assert (found.to_dict()["numerator"], found.to_dict()["denominator"]) == ([74], [107])
    assert (found.kpi, found.unit) == ("customer_satisfaction_share", "share")
    assert found.remarks == ("scale 1 to 5 (satisfied from 4)",)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=20), st.integers(1, 10))
def test_satisfaction_counts_scores_from_the_one_given(score, lowest):
    found = customer_satisfaction_share(SurveyScores(score=score), satisfied_from=lowest)
    assert float(found) == pytest.approx(sum(s >= lowest for s in score) / len(score))


def test_satisfaction_by_group_and_confidence():
    scores = SurveyScores(score=[5, 1, 4, 5], scale=(1, 5), segments={"tier": ["a", "a", "b", "b"]})
    found = customer_satisfaction_share(scores, by="tier", satisfied_from=5, confidence=0.8)
    assert found.value.tolist() == [0.5, 0.5]
    assert found.confidence == 0.8
    assert found.remarks == ("scale 1 to 5 (satisfied from 5)",)


def test_own_cut_points_of_the_score_leave_satisfaction_alone():
    scores = SurveyScores(score=[4, 3], scale=(1, 3, 5, 5))
    assert float(customer_satisfaction_share(scores)) == 0.5


@pytest.mark.parametrize(
    ("scale", "satisfied_from", "message"),
    [
        (None, None, "satisfied_from must be a whole number from 1 to 10 on this scale; got None"),
        ((1, 10), None, "satisfied_from must be a whole number from 2 to 10 on this scale; got None"),
        ((1, 5), 1, "satisfied_from must be a whole number from 2 to 5 on this scale; got 1"),
        ((1, 5), 6, "satisfied_from must be a whole number from 2 to 5 on this scale; got 6"),
        ((1, 5), 4.5, "satisfied_from must be a whole number from 2 to 5 on this scale; got 4.5"),
        ((0, 5, 7, 5 + 2), None, "satisfied_from must be a whole number from 1 to 7 on this scale; got None"),
        ((0, 3, 4, 5), None, "satisfied_from must be a whole number from 1 to 5 on this scale; got None"),
        ((1, 5, 6, 6), None, "satisfied_from must be a whole number from 2 to 6 on this scale; got None"),
    ],
)
def test_satisfaction_must_be_said_on_other_scales(scale, satisfied_from, message):
    scores = SurveyScores(score=[3], scale=scale)
    assert refusal(customer_satisfaction_share, scores, satisfied_from=satisfied_from) == message


def test_no_answers_are_no_satisfaction():
    found = customer_satisfaction_share(attrs.evolve(SurveyScores.empty(), scale=(1, 5)))
    assert found.notes == ("scale 1 to 5 (satisfied from 4)", "undefined: there are no answers")
