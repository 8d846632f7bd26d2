"""Survey answers: scales, what is refused, and how results say their scale."""

import numpy as np
import pytest

from abmmetrics import MetricInputError, concat
from abmmetrics.surveys import SurveyScores, class_columns, share_columns

SCALE_RULE = "scale must be one of [(0, 10), (1, 10), (1, 5)] or rising cut points (low, passive_from, promoter_from, high); got "


def refusal(**columns):
    with pytest.raises(MetricInputError) as caught:
        SurveyScores(**columns)
    return str(caught.value)


@pytest.mark.parametrize(
    ("scale", "cuts"),
    [
        ((0, 10), (0, 7, 9, 10)),
        ((1, 10), (1, 7, 9, 10)),
        ((1, 5), (1, 4, 5, 5)),
        ((1, 5, 7, 7), (1, 5, 7, 7)),
        ((1, 2, 3, 3), (1, 2, 3, 3)),
        ([0, 10], (0, 7, 9, 10)),
    ],
)
def test_cut_points_are_the_published_ones_or_those_given(scale, cuts):
    found = SurveyScores(score=[3], scale=scale).cut_points((0, 10))
    assert (found.low, found.passive_from, found.promoter_from, found.high) == cuts


def test_without_a_scale_the_usual_one_of_the_kpi_holds():
    scores = SurveyScores(score=[1, 10])
    assert scores.scale is None
    assert scores.cut_points((0, 10)).remark == "scale 0 to 10 (passives from 7, promoters from 9)"
    assert scores.cut_points((1, 10)).remark == "scale 1 to 10 (passives from 7, promoters from 9)"


def test_a_given_scale_wins_over_the_usual_one():
    assert SurveyScores(score=[1], scale=(1, 5)).cut_points((0, 10)).high == 5


def test_published_cut_points_written_out_are_the_same_scale():
    assert SurveyScores(score=[1], scale=(0, 7, 9, 10)) == SurveyScores(score=[1], scale=(0, 10))
    assert SurveyScores(score=[1], scale=(0, 6, 9, 10)).scale == (0, 6, 9, 10)


@pytest.mark.parametrize(
    "scale",
    [
        (1, 7),
        (0, 7, 9),
        (0, 7, 9, 10, 11),
        (-1, 7, 9, 10),
        (0, 0, 9, 10),
        (0, 9, 9, 10),
        (0, 7, 11, 10),
        (0.0, 7, 9, 10),
        (0, 10.0),
        (False, 10),
        (),
        10,
        "0-10",
    ],
)
def test_other_scales_are_refused(scale):
    assert refusal(score=[5], scale=scale) == f"{SCALE_RULE}{scale!r}"


@pytest.mark.parametrize("scale", [(0, 1, 2, 2), (1, 2, 3, 4), (1, 2, 4, 4)])
def test_narrow_scales_are_allowed(scale):
    assert SurveyScores(score=[2], scale=scale).scale == scale


def test_scores_off_the_scale_are_refused_with_their_row():
    assert refusal(score=[10, 11]) == "score must be whole numbers from 0 to 10; got 11 at row 1"
    assert refusal(score=[5, 6], scale=(1, 5)) == "score must be whole numbers from 1 to 5; got 6 at row 1"
    assert refusal(score=[5, 0], scale=(1, 5)) == "score must be whole numbers from 1 to 5; got 0 at row 1"
    assert refusal(score=[1, 0], scale=(1, 6, 9, 10)) == (
        "score must be whole numbers from 1 to 10 (scale=(0, 10) takes a 0); got 0 at row 1"
    )


def test_a_zero_on_a_scale_from_one_points_to_the_scale_from_zero():
    assert refusal(score=[3, 9, 0], scale=(1, 10)) == (
        "score must be whole numbers from 1 to 10 (scale=(0, 10) takes a 0); got 0 at row 2"
    )


@pytest.mark.parametrize(
    ("score", "message"),
    [
        ([9, 6.5], "score must be whole numbers >= 0; got 6.5 at row 1"),
        ([9, -1], "score must be whole numbers >= 0; got -1 at row 1"),
        ([True, False], "score must be whole numbers from 0 to 10; got True at row 0"),
        ([9, None], "score must be whole numbers >= 0 in every row; got a missing value at row 1"),
    ],
)
def test_what_is_no_whole_number_is_refused(score, message):
    assert refusal(score=score) == message


def test_ends_of_the_scale_belong_to_it():
    assert SurveyScores(score=[0, 10]).score.tolist() == [0, 10]
    assert SurveyScores(score=[1, 5], scale=(1, 5)).score.tolist() == [1, 5]


def test_answers_on_different_scales_cannot_be_stacked():
    with pytest.raises(MetricInputError) as caught:
        concat([SurveyScores(score=[5], scale=(1, 10)), SurveyScores(score=[5], scale=(0, 10))])
    assert str(caught.value) == "tables must have the same scale; got (1, 10) and (0, 10)"


def test_answers_are_read_from_a_frame_with_their_scale():
    frame = {"company": ["A", "B", None], "likely": [5, None, 4], "tier": ["one", "two", "one"]}
    scores = SurveyScores.from_frame(
        frame, account="company", score="likely", segments=["tier"], scale=(1, 5), missing="drop"
    )
    assert scores.score.tolist() == [5]
    assert scores.scale == (1, 5)
    assert scores.excluded == {"missing account": 1, "missing score": 1}


def test_rows_are_answers_and_cannot_be_summed():
    with pytest.raises(MetricInputError) as caught:
        SurveyScores(score=[5]).rollup()
    assert str(caught.value) == "rollup must be of a table whose rows can be summed; got SurveyScores"


def test_small_unsigned_scores_are_classed_like_others():
    codes = SurveyScores(score=[1]).cut_points((0, 10)).codes(np.array([6, 7, 8, 9], dtype=np.uint8))
    assert codes.tolist() == [0, 1, 1, 2]


def test_tables_are_compared_row_by_row_and_say_what_they_hold():
    scores = SurveyScores(account=["A", "A", "B"], score=[9, 7, 4])
    assert scores == SurveyScores(account=["A", "A", "B"], score=[9, 7, 4])
    assert scores != SurveyScores(account=["A", "A", "B"], score=[9, 7, 5])
    assert scores != SurveyScores(account=["A", "A", "B"], score=[9, 7, 4], scale=(0, 10))
    assert repr(scores) == "SurveyScores(3 rows, 2 accounts; score)"


def test_columns_to_sum_mark_each_answer():
    scores = SurveyScores(score=[6, 7, 9, 8])
    marked = class_columns(scores, scores.cut_points((0, 10)))
    assert {name: column.tolist() for name, column in marked.items()} == {
        "detractor": [True, False, False, False],
        "passive": [False, True, False, True],
        "promoter": [False, False, True, False],
    }
    high = share_columns(scores, 8)
    assert {name: column.tolist() for name, column in high.items()} == {
        "high": [False, False, True, True],
        "answers": [True] * 4,
    }
