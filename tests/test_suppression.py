"""Suppression: which groups are withheld, that nothing of them is left, and that it cannot be undone."""

import math
import pickle
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from abmmetrics import Emails, MetricInputError, change, estimate, open_rate
from abmmetrics._labels import from_codes
from abmmetrics.enps import employee_net_promoter_score
from abmmetrics.suppression import respondents, suppress
from abmmetrics.surveys import SurveyScores
from tests.fragment import Fragment

NOTE = "suppressed: groups of fewer than 5 people, and others that would give them away"


def scores_of(*teams, score=8):
    """Answers of teams of the given sizes, A first, each from an employee of its own."""
    team = [chr(ord("A") + number) for number, size in enumerate(teams) for _ in range(size)]
    return SurveyScores(score=[score] * len(team), segments={"team": team}, scale=(1, 10))


def hidden(scores, by="team", minimum=5):
    found = employee_net_promoter_score(scores, by=by, min_responses=minimum)
    return [label for label, gone in zip(found.labels, found.suppressed, strict=True) if gone]


# --- Which groups are withheld ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "withheld"),
    [
        ((5, 6, 7), ""),
        ((4, 6, 7), "AB"),  # one alone would be everybody less the others
        ((9, 4, 7, 6), "BD"),  # with it the smallest of those shown
        ((2, 2, 6, 9), "ABC"),  # together still too few
        ((3, 2, 6, 9), "AB"),  # together enough
        ((1, 1, 1, 6, 9), "ABCD"),
        ((100, 2, 2), "ABC"),  # everybody less the large one would be the four others
        ((100, 4), "AB"),
        ((100,), ""),
        ((4,), "A"),
        ((6, 4, 6), "AB"),  # of two equally small ones the first
    ],
)
def test_small_groups_and_their_cover_are_withheld(sizes, withheld):
    assert hidden(scores_of(*sizes)) == list(withheld)


def test_minimum_can_be_chosen():
    assert hidden(scores_of(4, 6, 7), minimum=4) == []
    assert hidden(scores_of(4, 6, 7), minimum=7) == ["A", "B"]
    assert hidden(scores_of(1, 6, 7), minimum=1) == []


@pytest.mark.parametrize("minimum", [0, -1, 2.0, True, None, "5"])
def test_minimum_is_a_whole_number(minimum):
    with pytest.raises(MetricInputError) as caught:
        hidden(scores_of(6), minimum=minimum)
    assert str(caught.value) == f"min_responses must be a whole number >= 1; got {minimum!r}"


def test_minimum_may_be_a_numpy_number():
    assert hidden(scores_of(4, 6, 7), minimum=np.int64(4)) == []


def test_everybody_together_too_few_is_suppressed():
    found = employee_net_promoter_score(scores_of(2, 2))
    assert found.suppressed.tolist() == [True]
    assert not employee_net_promoter_score(scores_of(2, 3)).suppressed.any()
    assert employee_net_promoter_score(SurveyScores.empty()).suppressed.tolist() == [True]


def test_an_empty_table_has_no_groups():
    empty = SurveyScores(score=[], segments={"team": [], "site": []})
    assert len(employee_net_promoter_score(empty, by="team")) == 0
    assert len(employee_net_promoter_score(empty, by=["team", "site"])) == 0


def test_people_count_not_answers():
    team = ["A"] * 8 + ["B"] * 8 + ["C"] * 8
    two_people = SurveyScores(account=[1, 2] * 4 + list(range(10, 26)), score=[8] * 24, segments={"team": team})
    assert hidden(two_people) == ["A", "B"]
    found = employee_net_promoter_score(two_people)
    assert not found.suppressed.any()


def test_the_same_people_in_several_groups_count_once():
    # The same three people in two small waves are together three, not six.
    account = [1, 2, 3, 1, 2, 3, *range(10, 17), *range(20, 28)]
    wave = [1] * 3 + [2] * 3 + [3] * 7 + [4] * 8
    assert hidden(SurveyScores(account=account, score=[8] * 21, segments={"wave": wave}), by="wave") == [1, 2, 3]
    account[3:6] = [4, 5, 6]
    assert hidden(SurveyScores(account=account, score=[8] * 21, segments={"wave": wave}), by="wave") == [1, 2]


def test_rows_without_an_employee_are_one_person_each():
    frame = {
        "who": ["a", "a", None, None, None, None, *"bcdefghijkl"],
        "score": [8] * 17,
        "team": ["A"] * 6 + ["B"] * 11,
    }
    scores = SurveyScores.from_frame(frame, account="who", segments=["team"], missing="separate")
    assert hidden(scores) == []
    fewer = scores.where(np.arange(17) != 2)
    assert hidden(fewer) == ["A", "B"]


def test_a_row_without_an_employee_is_none_of_those_named():
    scores = SurveyScores.from_frame({"account": [*"abcde", None], "score": [8] * 6}, missing="separate")
    assert not employee_net_promoter_score(scores, min_responses=6).suppressed.any()
    assert employee_net_promoter_score(scores, min_responses=7).suppressed.all()


def unlabelled(*codes, score=None):
    """Answers whose team is A, B, ... by number, -1 for none."""
    team = from_codes(np.array(codes), ["A", "B", "C"])
    return SurveyScores(score=[8] * len(codes) if score is None else score, segments={"team": team})


def test_people_without_a_label_are_protected_too():
    # Everybody less A and B would be the two without a team.
    few = unlabelled(*[0] * 7, *[1] * 6, -1, -1)
    assert hidden(few) == ["B"]
    found = employee_net_promoter_score(few, by="team")
    assert found.excluded == {}
    assert found.notes[1:3] == (NOTE, "rows left out, their number withheld: no team")


def test_many_people_without_a_label_need_no_protection():
    many = unlabelled(*[0] * 7, *[1] * 6, *[-1] * 5)
    assert hidden(many) == []
    assert employee_net_promoter_score(many, by="team").excluded == {"no team": 5}


def test_many_people_without_a_label_are_a_cover():
    assert hidden(unlabelled(*[0] * 7, *[1] * 6, *[2] * 2, *[-1] * 5)) == ["C"]


def test_other_reasons_to_leave_out_stay_beside_groups_that_are_shown():
    frame = {"score": [8] * 13 + [None, 8], "team": ["A"] * 7 + ["B"] * 6 + ["A", "C"]}
    scores = SurveyScores.from_frame(frame, segments=["team"], missing="drop")
    found = employee_net_promoter_score(scores, by="team")
    assert found.suppressed.tolist() == [False, True, True]
    assert found.excluded == {"missing score": 1}
    assert employee_net_promoter_score(scores.where(scores.segments["team"] == "C")).excluded == {}


def two_ways(cells):
    """Answers by team and site."""
    rows = [(team, site) for (team, site), size in cells.items() for _ in range(size)]
    segments = {"team": [team for team, _ in rows], "site": [site for _, site in rows]}
    return SurveyScores(score=[8] * len(rows), segments=segments)


def test_a_small_group_is_covered_within_its_team_and_its_site():
    cells = {("A", "X"): 3, ("A", "Y"): 10, ("A", "Z"): 20, ("B", "X"): 11, ("B", "Y"): 30, ("B", "Z"): 40}
    # Team A: A-Y covers. Site X: B-X covers. Then B-X is alone in B, A-Y alone in Y: B-Y covers both.
    assert hidden(two_ways(cells), by=["team", "site"]) == [("A", "X"), ("A", "Y"), ("B", "X"), ("B", "Y")]


def test_a_cover_is_covered_in_turn():
    sizes = {"A": (3, 10, 20), "B": (11, 30, 50), "C": (40, 12, 60)}
    cells = {(team, site): size for team, row in sizes.items() for site, size in zip("XYZ", row, strict=True)}
    # A-Y covers A-X in its team, B-X in its site; C-Y covers A-Y; then B-Y covers B-X, and C-X covers C-Y.
    expected = [("A", "X"), ("A", "Y"), ("B", "X"), ("B", "Y"), ("C", "X"), ("C", "Y")]
    assert hidden(two_ways(cells), by=["team", "site"]) == expected


def test_groups_of_a_withheld_team_are_withheld():
    cells = {
        ("A", "X"): 3,
        ("B", "X"): 20,
        ("B", "Y"): 20,
        ("C", "X"): 60,
        ("C", "Y"): 60,
        ("D", "Y"): 70,
        ("D", "X"): 70,
    }
    assert hidden(two_ways(cells)) == ["A", "B"]
    found = hidden(two_ways(cells), by=["team", "site"])
    assert [label for label in found if label[0] in "AB"] == [("A", "X"), ("B", "X"), ("B", "Y")]


def test_a_cell_without_a_second_label_belongs_to_its_team():
    # Team A less A-X and A-Y would be the two people of A without a site.
    team = ["A"] * 14 + ["B"] * 12
    site = from_codes(np.array([0] * 6 + [1] * 6 + [-1] * 2 + [0] * 6 + [1] * 6), ["X", "Y"])
    scores = SurveyScores(score=[8] * 26, segments={"team": team, "site": site})
    assert hidden(scores, by="team") == []
    assert ("A", "X") in hidden(scores, by=["team", "site"])


# --- It cannot be undone ----------------------------------------------------------------------------------------------

classes = st.sampled_from([1, 8, 10])
teams = st.lists(st.tuples(st.sampled_from("ABCDE"), classes), min_size=1, max_size=60)


def figures(found):
    """What a reader sees of each group that is shown: answers and promoters less detractors."""
    told = found.to_dict()
    names = list(zip(*(told[name] for name in found.groups), strict=True)) if found.groups else [()]
    rows = zip(names, told["denominator"], told["numerator"], told["status"], strict=True)
    return {name: (n, net) for name, n, net, status in rows if status != "suppressed"}


@given(teams, st.integers(1, 8))
def test_everybody_less_the_groups_shown_is_never_a_small_group(rows, minimum):
    team, score = zip(*rows, strict=True)
    scores = SurveyScores(score=list(score), segments={"team": list(team)})
    pooled = figures(employee_net_promoter_score(scores, min_responses=minimum))
    shown = figures(employee_net_promoter_score(scores, by="team", min_responses=minimum))
    sizes = {label: team.count(label) for label in set(team)}
    assert all(sizes[label] >= minimum and n == sizes[label] for (label,), (n, _) in shown.items())
    left = {label for label in sizes if (label,) not in shown}
    if not left:
        return
    if () not in pooled:
        assert len(team) < minimum
        assert not shown
        return
    n = pooled[()][0] - sum(n for n, _ in shown.values())
    assert n == sum(sizes[label] for label in left)
    assert len(left) > 1
    assert n >= minimum


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("XYZ"), classes), min_size=1, max_size=90))
def test_no_small_group_follows_from_everybody_and_teams_and_teams_by_site(rows):
    """Every visible figure is an equation in the hidden cells; a small group may not be a combination of them."""
    minimum = 4
    team, site, score = (list(column) for column in zip(*rows, strict=True))
    scores = SurveyScores(score=score, segments={"team": team, "site": site})
    cells = sorted(set(zip(team, site, strict=True)))
    size = {cell: list(zip(team, site, strict=True)).count(cell) for cell in cells}
    equations = []
    for by in (None, ["team"], ["team", "site"]):
        shown = figures(employee_net_promoter_score(scores, by=by, min_responses=minimum))
        equations += [[float(cell[: len(key)] == key) for cell in cells] for key in shown]
    if not equations:
        return
    known = np.array(equations)
    rank = np.linalg.matrix_rank(known)
    small = [(label,) for label in set(team) if team.count(label) < minimum] + [c for c in cells if size[c] < minimum]
    for group in small:
        wanted = [float(cell[: len(group)] == group) for cell in cells]
        assert np.linalg.matrix_rank(np.vstack([known, wanted])) == rank + 1


@given(teams, st.lists(classes, min_size=60, max_size=60), st.booleans())
def test_answers_of_withheld_groups_change_nothing_that_can_be_seen(rows, others, twice):
    team, score = (list(column) for column in zip(*rows, strict=True))
    withheld = hidden(SurveyScores(score=score, segments={"team": team}))
    assume(withheld)
    changed = [
        new if label in withheld else old for label, old, new in zip(team, score, others[: len(team)], strict=True)
    ]
    account = list(range(len(team)))
    one = SurveyScores(account=account, score=score, segments={"team": team})
    again = [row for row in account if twice and team[row] in withheld]  # who is withheld answers twice
    two = SurveyScores(
        account=[*account, *again],
        score=[*changed, *(changed[row] for row in again)],
        segments={"team": [*team, *(team[row] for row in again)]},
    )
    seen, same = (employee_net_promoter_score(scores, by="team") for scores in (one, two))
    assert str(seen) == str(same)
    assert repr(seen) == repr(same)
    assert seen._repr_html_() == same._repr_html_()
    assert str(seen.to_dict()) == str(same.to_dict())
    assert str(seen.at_confidence(0.8).to_dict()) == str(same.at_confidence(0.8).to_dict())
    assert pickle.dumps(seen) == pickle.dumps(same)
    if len(seen) > 1:
        assert str(change(seen, baseline=seen.labels[0])) == str(change(same, baseline=seen.labels[0]))


# --- What a withheld group looks like ---------------------------------------------------------------------------------


def surveyed():
    team = ["Ahead"] * 8 + ["Behind"] * 7 + ["Close"] * 3
    score = [10, 9, 9, 8, 7, 6, 10, 9, 5, 9, 10, 7, 8, 9, 10, 1, 1, 2]
    return employee_net_promoter_score(SurveyScores(account=range(18), score=score, segments={"team": team}), by="team")


def test_a_withheld_group_is_told_as_such():
    found = surveyed()
    assert str(found).splitlines()[2:4] == [
        "  Behind  suppressed (protects small groups)",
        "  Close   suppressed (protects small groups)",
    ]
    assert NOTE in found.notes
    assert ["Close", "suppressed", "", ""] in [row[:4] for row in Fragment(found._repr_html_()).rows]
    told = found.to_dict()
    assert told["status"] == ["ok", "suppressed", "suppressed"]
    assert list(found) == ["Ahead", "Behind", "Close"]
    for name in ("value", "low", "high", "numerator", "denominator", "accounts", "rows"):
        assert told[name][0] is not None
        assert told[name][1:] == [None, None]


def test_a_withheld_group_cannot_be_turned_into_a_number():
    with pytest.raises(MetricInputError) as caught:
        float(surveyed()["Close"])
    assert str(caught.value) == (
        "employee_net_promoter_score must have enough answers to be shown; got a suppressed group"
    )


def test_nothing_of_a_withheld_group_is_kept():
    found = surveyed()
    assert found.influences is None
    for part in (found, found.take(np.array([2, 1])), found.at_confidence(0.5), pickle.loads(pickle.dumps(found))):  # noqa: S301 - our own bytes
        gone = part.suppressed
        for name in ("value", "low", "high", "numerator", "denominator", "accounts", "rows"):
            assert np.isnan(getattr(part, name)[gone]).all()
        for field in attrs.fields(type(part.spread)):
            assert np.isnan(getattr(part.spread, field.name)[gone]).all()
        assert not any(held[gone].any() for held in part.flags.values())


def test_shown_groups_keep_their_figures():
    found = surveyed()
    alone = employee_net_promoter_score(SurveyScores(account=range(8), score=[10, 9, 9, 8, 7, 6, 10, 9]))
    shown = found["Ahead"]
    for name in ("value", "low", "high", "numerator", "denominator", "accounts", "rows"):
        assert getattr(shown, name).tolist() == getattr(alone, name).tolist()
    assert shown.at_confidence(0.8).low == alone.at_confidence(0.8).low
    assert not shown.suppressed.any()


def test_a_change_tells_nothing_of_a_withheld_group():
    found = change(surveyed(), baseline="Ahead")
    assert found.groups == {"team": ["Behind", "Close"]}
    assert np.isnan(found.value).all()
    assert np.isnan(found.difference).all()
    assert "a suppressed group has no change" in found.notes
    assert np.isnan(change(surveyed(), baseline="Close").difference).all()


def test_results_without_small_groups_are_left_as_they_are():
    emails = Emails(account=range(12), delivered=12, opened=range(12), segments={"tier": ["a", "b"] * 6})
    found = open_rate(emails, by="tier")
    assert suppress(found, respondents(emails, "tier"), 5) is found


def opens():
    return Emails(
        account=range(15),
        delivered=[4, 5] * 7 + [4],
        opened=[1, 3, 2] * 5,
        segments={"tier": ["a"] * 6 + ["b"] * 6 + ["c"] * 3},
    )


@pytest.mark.parametrize(
    "kpi",
    [
        lambda emails: open_rate(emails, by="tier"),
        lambda emails: estimate(lambda opened, sent: opened / sent, emails, columns=["opened", "delivered"], by="tier"),
        lambda emails: estimate(lambda opened: opened, emails, columns=["opened"], by="tier"),
    ],
    ids=["share", "ratio", "total"],
)
def test_any_result_can_be_protected(kpi):
    emails = opens()
    whole = kpi(emails)
    found = suppress(whole, respondents(emails, "tier"), 5)
    assert found.suppressed.tolist() == [True, False, True]
    assert (found.numerator is None) == (whole.numerator is None)
    assert (found.value[1], found.low[1], found.high[1]) == (whole.value[1], whole.low[1], whole.high[1])
    kind: Any = type(found.spread)
    for field in attrs.fields(kind):
        held = getattr(found.spread, field.name)
        assert not held[[0, 2]].any() if held.dtype == bool else np.isnan(held[[0, 2]]).all()
        assert held[1] == getattr(whole.spread, field.name)[1]
    narrow, same = found.at_confidence(0.5), whole.at_confidence(0.5)
    assert (narrow.low[1], narrow.high[1]) == pytest.approx((same.low[1], same.high[1]))
    assert np.isnan(narrow.low[[0, 2]]).all()
    assert found.influences is None


def test_a_result_without_a_spread_stays_without():
    emails = opens()
    found = suppress(attrs.evolve(open_rate(emails, by="tier"), spread=None), respondents(emails, "tier"), 5)
    assert found.spread is None
    assert math.isnan(found.value[0])


def test_remarks_and_flags_of_shown_groups_stay():
    emails = opens()
    marked = attrs.evolve(
        open_rate(emails, by="tier"), remarks=("said before",), flags={"odd": np.array([True, True, True])}
    )
    found = suppress(marked, respondents(emails, "tier"), 5)
    assert found.notes == ("said before", NOTE, "odd (tier: b)")


def test_who_is_in_which_group_has_no_printed_form():
    assert "Respondents object" in repr(respondents(opens(), "tier"))
