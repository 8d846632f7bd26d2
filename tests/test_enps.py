"""Employee surveys: the score, participation, favourable answers, one-on-ones, and what they refuse."""

import datetime as dt
import math
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, change, concat, intervals
from abmmetrics.enps import (
    OneOnOneMeetings,
    PulseInvitations,
    PulseSurvey,
    Question,
    classify_employees,
    employee_net_promoter_score,
    favourable_share,
    one_on_one_coverage_rate,
    participation_rate,
)
from abmmetrics.surveys import SurveyScores

SUPPRESSED = "suppressed: groups of fewer than 5 people, and others that would give them away"
ASK = Question("How likely are you to recommend us as a place to work?", "enps")


def refusal(kpi, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        kpi(*arguments, **settings)
    return str(caught.value)


# --- Pulse surveys ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 10])
@pytest.mark.parametrize("cadence", ["weekly", "monthly", "quarterly"])
def test_a_pulse_survey_has_one_to_ten_questions(number, cadence):
    survey = PulseSurvey([ASK] * number, cadence)
    assert survey.questions == (ASK,) * number
    assert survey.cadence == cadence


def test_a_pulse_survey_cannot_be_changed():
    survey = PulseSurvey((ASK,), "weekly")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(survey, "cadence", "monthly")  # noqa: B010 - type checkers know better
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(ASK, "kind", "text")  # noqa: B010 - as above


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        ([], "questions must be at least one; got none"),
        (
            [ASK] * 11,
            "questions must be at most 10 (a pulse survey is short, so that people answer every time); got 11",
        ),
        ([ASK, "Why?"], "questions must be a list of Question(text, kind); got 'Why?' at row 1"),
        ("Why?", "questions must be a list of Question(text, kind); got 'Why?'"),
        (None, "questions must be a list of Question(text, kind); got None"),
    ],
)
def test_other_questions_are_refused(questions, message):
    assert refusal(PulseSurvey, questions, "weekly") == message


def test_other_cadences_are_refused():
    message = "cadence must be one of ['weekly', 'monthly', 'quarterly']; got 'yearly'"
    assert refusal(PulseSurvey, [ASK], "yearly") == message


@pytest.mark.parametrize("kind", ["enps", "rating", "yes_no", "text"])
def test_a_question_says_its_kind(kind):
    assert Question("How are you?", kind).kind == kind


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("How?", "nps", "kind must be one of ['enps', 'rating', 'yes_no', 'text']; got 'nps'"),
        (" ", "text", "text must be the words of a question; got ' '"),
        (None, "text", "text must be the words of a question; got None"),
    ],
)
def test_other_questions_of_no_kind_or_words_are_refused(text, kind, message):
    assert refusal(Question, text, kind) == message


# --- Employee net promoter score --------------------------------------------------------------------------------------


def employees(detractors, passives, promoters, **more):
    score = [3] * detractors + [8] * passives + [10] * promoters
    return SurveyScores(account=range(len(score)), score=score, **more)


def test_every_score_from_one_to_ten_has_its_class():
    told = classify_employees(SurveyScores(score=range(1, 11))).to_list()
    assert told == ["detractor"] * 6 + ["passive"] * 2 + ["promoter"] * 2
    assert classify_employees(SurveyScores(score=[0, 9], scale=(0, 10))).to_list() == ["detractor", "promoter"]


@pytest.mark.parametrize("kpi", [classify_employees, employee_net_promoter_score, favourable_share])
def test_a_zero_is_refused_unless_the_scale_has_one(kpi):
    message = "score must be whole numbers from 1 to 10 (scale=(0, 10) takes a 0); got 0 at row 1"
    assert refusal(kpi, SurveyScores(score=[9, 0, 8, 7, 9])) == message
    assert len(kpi(SurveyScores(score=[9, 0, 8, 7, 9], scale=(0, 10)))) in {1, 5}


@pytest.mark.parametrize(
    ("scale", "remark"),
    [
        (None, "scale 1 to 10 (passives from 7, promoters from 9)"),
        ((1, 10), "scale 1 to 10 (passives from 7, promoters from 9)"),
        ((0, 10), "scale 0 to 10 (passives from 7, promoters from 9)"),
        ((1, 6, 9, 10), "scale 1 to 10 (passives from 6, promoters from 9)"),
    ],
)
def test_the_result_says_its_scale(scale, remark):
    found = employee_net_promoter_score(employees(2, 2, 3, scale=scale))
    assert found.remarks == (remark,)


@pytest.mark.parametrize(
    ("counted", "score", "low", "high"), [((8, 13, 15), 19.44, -6.77, 42.87), ((2, 11, 18), 51.61, 26.09, 69.92)]
)
def test_reference_scores_and_intervals(counted, score, low, high):
    found = employee_net_promoter_score(employees(*counted))
    assert (round(float(found), 2), round(found.low[0], 2), round(found.high[0], 2)) == (score, low, high)
    assert (found.kpi, found.unit, found.counted) == ("employee_net_promoter_score", "points", "employees")
    assert found.method == "Tango score, one answer for each account"
    assert found.notes == ("scale 1 to 10 (passives from 7, promoters from 9)",)


def test_confidence_is_that_asked_for():
    found = employee_net_promoter_score(employees(7, 13, 1), confidence=0.9)
    tango = intervals.tango(7, 13, 1, confidence=0.9)
    assert (found.low[0], found.high[0]) == pytest.approx((100 * float(tango.low), 100 * float(tango.high)))


def test_anonymous_answers_are_rows():
    found = employee_net_promoter_score(SurveyScores(score=[10, 9, 8, 2, 1, 7]))
    assert found.counted == "rows"
    assert found.method == "Tango score, one answer for each account; rows independent: there is no account column"


@given(st.lists(st.tuples(st.integers(1, 10), st.sampled_from("AB")), min_size=1, max_size=40))
def test_shown_groups_have_the_score_of_their_own_answers(rows):
    score, team = (list(column) for column in zip(*rows, strict=True))
    found = employee_net_promoter_score(SurveyScores(score=score, segments={"team": team}), by="team")
    for label, shown in found.items():
        mine = [s for s, t in rows if t == label]
        if shown.suppressed[0]:
            assert len(mine) < 5 or team.count("A") < 5 or team.count("B") < 5
        else:
            expected = 100 * (sum(s >= 9 for s in mine) - sum(s <= 6 for s in mine)) / len(mine)
            assert float(shown) == pytest.approx(expected)


def test_small_groups_are_suppressed_at_the_chosen_minimum():
    few = employees(1, 1, 2)
    assert employee_net_promoter_score(few).notes[-1] == SUPPRESSED
    assert float(employee_net_promoter_score(few, min_responses=4)) == 25
    assert favourable_share(few).notes[-1] == SUPPRESSED
    assert float(favourable_share(few, min_responses=4)) == 0.5


UNANIMOUS = "all answers in one class, so the score tells each of them"


@pytest.mark.parametrize("counted", [(6, 0, 0), (0, 6, 0), (0, 0, 6)])
def test_unanimous_groups_are_pointed_out(counted):
    assert UNANIMOUS in employee_net_promoter_score(employees(*counted)).notes


def test_other_groups_are_not_pointed_out():
    assert UNANIMOUS not in employee_net_promoter_score(employees(0, 1, 6)).notes
    scores = employees(6, 3, 3, segments={"team": ["A"] * 6 + ["B"] * 6})
    assert f"{UNANIMOUS} (team: A)" in employee_net_promoter_score(scores, by="team").notes
    assert UNANIMOUS not in employee_net_promoter_score(SurveyScores.empty()).notes
    tiny = employees(1, 0, 0)
    assert UNANIMOUS not in employee_net_promoter_score(tiny).notes
    empty_flags = employee_net_promoter_score(SurveyScores.empty(), min_responses=1).flags
    assert not empty_flags[UNANIMOUS].any()


def test_waves_with_the_same_employees_are_paired_where_nobody_is_hidden():
    account, score = (
        [*range(12), *range(12)],
        [3, 5, 8, 8, 9, 10, 7, 6, 9, 10, 8, 9, 5, 7, 8, 9, 9, 10, 7, 7, 9, 10, 9, 9],
    )
    waves = SurveyScores(account=account, score=score, segments={"wave": [1] * 12 + [2] * 12})
    found = change(employee_net_promoter_score(waves, by="wave"), baseline=1)
    assert found.accounts_in_both.tolist() == [12]


def test_minimum_is_checked_by_every_kpi():
    message = "min_responses must be a whole number >= 1; got 0"
    assert refusal(employee_net_promoter_score, employees(1, 1, 1), min_responses=0) == message
    assert refusal(favourable_share, employees(1, 1, 1), min_responses=0) == message
    invited = PulseInvitations(employee=[1], responded=[1])
    assert refusal(participation_rate, invited, min_responses=0) == message
    meetings = OneOnOneMeetings(employee=[1], held=[None])
    assert refusal(one_on_one_coverage_rate, meetings, days=1, as_of="2026-01-01", min_responses=0) == message


# --- Participation ----------------------------------------------------------------------------------------------------


def test_participation_is_respondents_of_those_invited():
    found = participation_rate(PulseInvitations(employee=range(120), responded=[True] * 80 + [False] * 40))
    wilson = intervals.wilson(80, 120)
    assert float(found) == pytest.approx(2 / 3)
    assert (found.low[0], found.high[0]) == pytest.approx((float(wilson.low), float(wilson.high)))
    assert (found.to_dict()["numerator"], found.to_dict()["denominator"]) == ([80], [120])
    assert (found.kpi, found.unit, found.counted) == ("participation_rate", "share", "employees")
    assert found.notes == ("a census of those invited: the interval tells of waves like these",)


def test_participation_by_wave():
    invited = PulseInvitations(
        employee=[*range(6), *range(8)], responded=[1, 1, 1, 0, 0, 1, *[1] * 6, 0, 0], wave=["w1"] * 6 + ["w2"] * 8
    )
    found = participation_rate(invited, by="wave", confidence=0.9)
    assert found.value.tolist() == pytest.approx([4 / 6, 6 / 8])
    assert found.labels == ["w1", "w2"]
    assert found.confidence == 0.9
    assert float(participation_rate(invited)) == pytest.approx(10 / 14)


def test_participation_is_suppressed_by_those_invited():
    invited = PulseInvitations(employee=range(4), responded=[1, 1, 1, 0])
    found = participation_rate(invited)
    assert found.suppressed.tolist() == [True]
    assert SUPPRESSED in found.notes
    assert float(participation_rate(invited, min_responses=4)) == 0.75
    silent = PulseInvitations(employee=range(6), responded=[1] + [0] * 5)
    assert float(participation_rate(silent)) == pytest.approx(1 / 6)


def test_nobody_invited_is_suppressed():
    found = participation_rate(PulseInvitations.empty())
    assert math.isnan(found.value[0])
    assert found.suppressed.tolist() == [True]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"employee": ["Ann", "Bob", "Ann"], "responded": [1, 1, 0]},
            "employee must have one row in each wave; got 'Ann' at row 2",
        ),
        (
            {"employee": ["Ann", "Bob", "Ann", "Bob"], "responded": 1, "wave": [2, 1, 1, 1]},
            "employee must have one row in each wave; got 'Bob' at row 3",
        ),
        ({"employee": ["Ann", "Bob"], "responded": [1, 2]}, "responded must be True or False; got 2 at row 1"),
        ({"employee": ["Ann", "Bob"], "responded": [3, 2]}, "responded must be True or False; got 3 at row 0"),
    ],
)
def test_invitations_that_cannot_be_are_refused(columns, message):
    assert refusal(PulseInvitations, **columns) == message


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=12))
def test_exactly_repeated_invitations_are_refused(pairs):
    employee, wave = [e for e, _ in pairs], [w for _, w in pairs]
    repeated = [row for row, pair in enumerate(pairs) if pair in pairs[:row]]
    if repeated:
        message = refusal(PulseInvitations, employee=employee, responded=[1] * len(pairs), wave=wave)
        assert message == f"employee must have one row in each wave; got {employee[repeated[0]]} at row {repeated[0]}"
    else:
        assert len(PulseInvitations(employee=employee, responded=[1] * len(pairs), wave=wave)) == len(pairs)


def test_invitations_without_a_name_are_people_of_their_own():
    frame = {"employee": ["Ann", None, None, None, None], "responded": [1, 0, 1, 1, 1]}
    invited = PulseInvitations.from_frame(frame, missing="separate")
    assert float(participation_rate(invited)) == pytest.approx(0.8)


def test_stacked_waves_are_checked_together():
    first = PulseInvitations(employee=["Ann"], responded=[1], wave=["w1"])
    assert len(concat([first, PulseInvitations(employee=["Ann"], responded=[1], wave=["w2"])])) == 2
    assert refusal(concat, [first, first]) == "employee must have one row in each wave; got 'Ann' at row 1"


@pytest.mark.parametrize(
    "table", [PulseInvitations(employee=[1], responded=[1]), OneOnOneMeetings(employee=[1], held=[None])]
)
def test_rows_of_employees_cannot_be_summed(table):
    message = f"rollup must be of a table whose rows can be summed; got {type(table).__name__}"
    assert refusal(table.rollup) == message


@pytest.mark.parametrize(
    ("make", "printed"),
    [
        (
            lambda last: PulseInvitations(employee=["Ann", "Bob"], responded=[1, last]),
            "PulseInvitations(2 rows, 2 employees; responded)",
        ),
        (
            lambda last: OneOnOneMeetings(employee=["Ann", "Ann"], held=["2026-06-01", f"2026-06-0{last + 1}"]),
            "OneOnOneMeetings(2 rows, 1 employee; held)",
        ),
    ],
    ids=["invitations", "meetings"],
)
def test_tables_are_compared_row_by_row_and_say_what_they_hold(make, printed):
    assert make(1) == make(1)
    assert make(1) != make(0)
    assert repr(make(1)) == printed


@pytest.mark.parametrize("kind", [PulseInvitations, OneOnOneMeetings, SurveyScores])
def test_columns_are_given_by_name(kind):
    with pytest.raises(TypeError, match="positional"):
        kind(["Ann"], [None])


# --- Favourable answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "score", "share", "remark"),
    [
        ((1, 5), [5, 4, 3, 2, 1], 0.4, "scale 1 to 5 (favourable from 4)"),
        (None, [10, 9, 8, 7, 1], 0.4, "scale 1 to 10 (favourable from 9)"),
        ((0, 10), [10, 9, 9, 8, 0], 0.6, "scale 0 to 10 (favourable from 9)"),
        ((1, 5, 7, 7), [7, 6, 5, 4, 3], 0.4, "scale 1 to 7 (favourable from 6)"),
    ],
)
def test_favourable_answers_are_the_top_two_boxes(scale, score, share, remark):
    found = favourable_share(SurveyScores(score=score, scale=scale))
    wilson = intervals.wilson(5 * share, 5)
    assert float(found) == pytest.approx(share)
    assert (found.low[0], found.high[0]) == pytest.approx((float(wilson.low), float(wilson.high)))
    assert found.notes == (remark,)
    assert (found.kpi, found.unit) == ("favourable_share", "share")


def test_favourable_answers_by_question():
    answers = SurveyScores(
        account=[*range(6), *range(6)],
        score=[5, 5, 4, 4, 1, 2, 1, 1, 1, 3, 4, 3],
        scale=(1, 5),
        segments={"question": ["pay"] * 6 + ["team"] * 6},
    )
    found = favourable_share(answers, by="question", confidence=0.8)
    assert found.value.tolist() == pytest.approx([4 / 6, 1 / 6])
    assert found.confidence == 0.8
    assert found.counted == "employees"
    assert found.to_dict()["denominator"] == [6, 6]


def test_nobody_answered_a_rating():
    found = favourable_share(SurveyScores.empty(), min_responses=1)
    assert math.isnan(found.value[0])
    assert found.suppressed.tolist() == [True]


# --- One-on-ones ------------------------------------------------------------------------------------------------------

DAY = dt.date(2026, 6, 30)


def test_the_window_ends_with_the_day_and_has_so_many_days():
    held = ["2026-06-30", "2026-06-01", "2026-05-31", None, "2026-07-01"]
    meetings = OneOnOneMeetings(employee=["Ann", "Bob", "Cem", "Dee", "Eve"], held=held)
    found = one_on_one_coverage_rate(meetings, days=30, as_of=DAY)
    wilson = intervals.wilson(2, 5)
    assert float(found) == 0.4
    assert (found.low[0], found.high[0]) == pytest.approx((float(wilson.low), float(wilson.high)))
    assert found.excluded == {"held after as_of": 1}
    assert found.notes == ("one-on-ones held from 2026-06-01 to 2026-06-30",)
    assert (found.kpi, found.unit, found.counted) == ("one_on_one_coverage_rate", "share", "employees")
    assert float(one_on_one_coverage_rate(meetings, days=31, as_of=DAY)) == 0.6
    assert float(one_on_one_coverage_rate(meetings, days=1, as_of=DAY)) == 0.2
    assert one_on_one_coverage_rate(meetings, days=1, as_of="2026-07-01").excluded == {}


@given(
    st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 60), st.sampled_from("AB")), max_size=40),
    st.integers(1, 40),
)
def test_coverage_is_employees_with_a_recent_meeting(rows, days):
    start = dt.date(2026, 5, 20)
    held = [None if after is None else start + dt.timedelta(after) for _, after, _ in rows]
    employee, team = [e for e, _, _ in rows], [t for _, _, t in rows]
    meetings = OneOnOneMeetings(employee=employee, held=held, segments={"team": team})
    covered = {(e, t) for e, day, t in zip(employee, held, team, strict=True) if day and 0 <= (DAY - day).days < days}
    found = one_on_one_coverage_rate(meetings, days=days, as_of=DAY, min_responses=1)
    if rows:
        assert float(found) == pytest.approx(len({e for e, _ in covered}) / len(set(employee)))
        later = sum(day is not None and day > DAY for day in held)
        assert found.excluded == ({"held after as_of": later} if later else {})
    by_team = one_on_one_coverage_rate(meetings, days=days, as_of=DAY, by="team", min_responses=1)
    for label, shown in by_team.items():
        people = {e for e, t in zip(employee, team, strict=True) if t == label}
        assert float(shown) == pytest.approx(sum((e, label) in covered for e in people) / len(people))


def test_meetings_after_the_day_change_nothing_else():
    held = ["2026-06-20"] * 3 + [None] * 3
    now = OneOnOneMeetings(employee=range(6), held=held)
    later = OneOnOneMeetings(employee=[*range(6), 4, 5], held=[*held, "2026-07-02", "2026-08-01"])
    before, after = (one_on_one_coverage_rate(each, days=30, as_of=DAY, confidence=0.9) for each in (now, later))
    assert (before.value, before.low, before.high) == (after.value, after.low, after.high)
    assert before.confidence == 0.9
    assert (before.excluded, after.excluded) == ({}, {"held after as_of": 2})


def test_few_employees_are_suppressed_whatever_their_meetings():
    meetings = OneOnOneMeetings(employee=["Ann"] * 9 + ["Bob", "Cem", "Dee"], held=["2026-06-01"] * 11 + ["2026-07-09"])
    found = one_on_one_coverage_rate(meetings, days=30, as_of=DAY)
    assert found.suppressed.tolist() == [True]
    assert found.excluded == {}
    assert float(one_on_one_coverage_rate(meetings, days=30, as_of=DAY, min_responses=4)) == 0.75


def test_meetings_keep_what_was_left_out_when_read():
    frame = {"employee": [None, *range(5)], "held": [None, "2026-06-01", None, None, "2026-09-09", None]}
    meetings = OneOnOneMeetings.from_frame(frame, missing="drop")
    found = one_on_one_coverage_rate(meetings, days=30, as_of=DAY)
    assert found.excluded == {"missing employee": 1, "held after as_of": 1}


@pytest.mark.parametrize("days", [0, -3, 2.5, True, None, "30"])
def test_days_are_a_whole_number(days):
    meetings = OneOnOneMeetings(employee=range(5), held=[None] * 5)
    message = f"days must be a whole number >= 1; got {days!r}"
    assert refusal(one_on_one_coverage_rate, meetings, days=days, as_of=DAY) == message


def test_the_day_is_one_date():
    meetings = OneOnOneMeetings(employee=range(5), held=[None] * 5)
    assert refusal(one_on_one_coverage_rate, meetings, days=30, as_of=["2026-01-01", "2026-01-02"]) == (
        "as_of must be one date; got 2 values"
    )
    thirty: Any = np.int64(30)
    assert one_on_one_coverage_rate(meetings, days=thirty, as_of=np.datetime64("2026-01-30")).notes == (
        "one-on-ones held from 2026-01-01 to 2026-01-30",
    )


def test_answers_of_one_class_are_flagged_and_no_answers_are_not():
    flag = "all answers in one class, so the score tells each of them"
    assert flag in employee_net_promoter_score(SurveyScores(score=[9]), min_responses=1).notes
    assert flag in employee_net_promoter_score(SurveyScores(score=[9, 10]), min_responses=1).notes
    assert flag not in employee_net_promoter_score(SurveyScores(score=[9, 8]), min_responses=1).notes
    assert flag not in employee_net_promoter_score(SurveyScores(score=[]), min_responses=1).notes
