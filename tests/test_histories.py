"""Histories of deals: what becomes of rows that repeat, overlap, end in 9999 or contradict the current stage."""

import csv
import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, StageHistory, concat, stage_intervals, win_rate

MIDNIGHT = "2026-01-0{}T00:00:00.000000"
PATH = ["S1", "S2", "S3", "S4", "W"]
SIX = {
    "A": "S1 S2 S3 S4 W", "B": "S1 S3 W", "C": "S1 S2 S1 S2 L", "D": "S2 S3 L", "E": "S1 S2", "F": "S1 S2 S3 L S3 W",
}  # fmt: skip


def refusal(kpi, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        kpi(*arguments, **settings)
    return str(caught.value)


def history_of(deals, **more):
    """A history of deals, each a text of stages, one a day."""
    rows = [
        (deal, stage, dt.date(2026, 1, 1) + dt.timedelta(days=day))
        for deal, stages in deals.items()
        for day, stage in enumerate(stages.split())
    ]
    deal, stage, entered = zip(*rows, strict=True)
    return StageHistory(account=deal, opportunity=deal, stage=stage, entered=entered, **more)


def visits(found):
    return list(
        zip(
            found.history.opportunity.to_list(),
            found.history.stage.to_list(),
            found.history.entered.astype("datetime64[D]").astype(str).tolist(),
            found.history.left.astype("datetime64[D]").astype(str).tolist(),
            found.move.tolist(),
            strict=True,
        )
    )


# --- The model --------------------------------------------------------------------------------------------------------


def test_a_history_holds_rows_and_not_sums():
    held = history_of({"A": "S1 S2"})
    assert repr(held) == "StageHistory(2 rows, 1 account; opportunity, stage, entered)"
    assert refusal(held.rollup) == "rollup must be of a table whose rows can be summed; got StageHistory"
    assert held.entered.dtype == np.dtype("datetime64[us]")
    assert held.where(np.ones(2, dtype=bool)) == held != held.where(np.zeros(2, dtype=bool))
    with pytest.raises(TypeError, match="positional"):
        StageHistory(*held.columns().values())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"left": [None, "2026-01-01"]}, f"left must be at or after entered; got {MIDNIGHT.format(1)} with entered={MIDNIGHT.format(2)} at row 1"),
        ({"account": ["A", "B"]}, "account must be one in all rows of an opportunity; got 'A' and 'B' of 7 at row 1"),
        ({"entered": ["2026-01-01", None]}, "entered must be dates in every row; got a missing value at row 1"),
        ({"amount": [1, -1]}, "amount must be finite numbers >= 0 or missing; got -1.0 at row 1"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_are_refused(wrong, message):
    given_rows = {"account": "A", "opportunity": [7, 7], "stage": ["S1", "S2"], "entered": ["2026-01-01", "2026-01-02"]}
    assert refusal(StageHistory, **{**given_rows, **wrong}) == message
    same_day = StageHistory(**{**given_rows, "left": ["2026-01-01", "2026-01-02"]})
    assert len(same_day) == 2


# --- Visits -----------------------------------------------------------------------------------------------------------


def test_the_six_deals_as_visits():
    found = stage_intervals(history_of(SIX), stages=PATH, lost="L")
    moves = {deal: [move for name, *_, move in visits(found) if name == deal] for deal in SIX}
    assert moves == {
        "A": ["entered", "advanced", "advanced", "advanced", "advanced"],
        "B": ["entered", "skipped ahead", "skipped ahead"],
        "C": ["entered", "advanced", "regressed", "advanced", "lost"],
        "D": ["entered midway", "advanced", "lost"],
        "E": ["entered", "advanced"],
        "F": ["entered", "advanced", "advanced", "lost", "reopened", "skipped ahead"],
    }
    assert (len(found), found.stages, found.lost, found.as_of) == (24, tuple(PATH), ("L",), np.datetime64("2026-01-06"))
    assert str(found).splitlines() == [
        "24 visits of 6 deals to 5 stages",
        "  1: visits are to an earlier stage than the one before",
        "  3: visits skip a stage",
        "  1: visits reopen a closed deal",
        "  1: deals enter midway",
    ]
    assert repr(found) == str(found)
    assert visits(found)[:2] == [
        ("A", "S1", "2026-01-01", "2026-01-02", "entered"), ("A", "S2", "2026-01-02", "2026-01-03", "advanced"),
    ]  # fmt: skip
    # A deal stays in its last stage.
    assert visits(found)[4] == ("A", "W", "2026-01-05", "NaT", "advanced")
    columns = found.to_dict()
    assert list(columns) == ["account", "opportunity", "stage", "entered", "left", "move"]
    assert {len(column) for column in columns.values()} == {24}


def test_the_six_deals_as_opportunities():
    found = stage_intervals(history_of(SIX), stages=PATH, lost="L")
    deals = found.to_opportunities()
    assert deals.outcome.to_list() == ["won", "won", "lost", "lost", "open", "won"]
    assert deals.opportunity.to_list() == list("ABCDEF")
    assert deals.closed.astype(str).tolist() == [
        "2026-01-05", "2026-01-03", "2026-01-05", "2026-01-03", "NaT", "2026-01-06",
    ]  # fmt: skip
    assert deals.created.astype(str).tolist() == ["2026-01-01"] * 6
    assert float(win_rate(deals)) == 0.6
    assert float(win_rate(deals, basis="created")) == 0.5
    first = found.to_opportunities("first")
    assert float(win_rate(first)) == 0.4
    assert first.closed.astype(str).tolist()[5] == "2026-01-04"
    assert refusal(found.to_opportunities, "any") == "close must be one of ['last', 'first']; got 'any'"


def test_opportunities_keep_amounts_segments_and_what_was_left_out():
    history = StageHistory(
        account="A", opportunity=1, stage=["S1", "S2", "S1", "S2"], amount=[5, 9, 7, 8],
        entered=["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"], segments={"tier": ["x", "y", "z", "w"]},
    )  # fmt: skip
    found = stage_intervals(history, stages=["S1", "S2"], as_of="2026-03-31")
    assert found.history.amount.tolist() == [5, 9, 7]
    deals, first = found.to_opportunities(), found.to_opportunities("first")
    assert (deals.amount.tolist(), deals.outcome.to_list(), deals.segments["tier"].to_list()) == ([7], ["open"], ["x"])
    assert (first.amount.tolist(), first.outcome.to_list(), first.segments["tier"].to_list()) == ([9], ["won"], ["x"])
    assert deals.excluded == first.excluded == found.history.excluded == {"after as_of": 1}
    assert found.to_dict()["tier"] == ["x", "y", "z"]


def test_rows_of_a_stage_are_one_visit():
    found = stage_intervals(history_of({"A": "S1 S1 S2 S2 S2 S1 W"}), stages=PATH)
    assert visits(found) == [
        ("A", "S1", "2026-01-01", "2026-01-03", "entered"), ("A", "S2", "2026-01-03", "2026-01-06", "advanced"),
        ("A", "S1", "2026-01-06", "2026-01-07", "regressed"), ("A", "W", "2026-01-07", "NaT", "skipped ahead"),
    ]  # fmt: skip
    assert found.findings["rows repeat the stage that the deal was in"] == 3
    two = stage_intervals(history_of({"A": "S1", "B": "S1"}), stages=PATH)
    assert (len(two), two.findings) == (2, {})


def test_ends_that_are_none_and_ends_that_do_not_fit():
    history = StageHistory(
        account="A",
        opportunity=[1, 1, 1, 2, 2, 3, 4],
        stage=["S1", "S2", "S3", "S1", "S2", "S1", "S1"],
        entered=["2026-01-01", "2026-01-05", "2026-01-09", "2026-01-01", "2026-01-06", "2026-01-01", "2026-01-01"],
        left=["9999-12-31T23:59:59", "2026-01-07", "2050-01-01", "2026-01-08", "2026-01-09", "9999-12-31", None],
    )
    found = stage_intervals(history, stages=PATH)
    assert [(start, end) for _, _, start, end, _ in visits(found)] == [
        ("2026-01-01", "2026-01-05"), ("2026-01-05", "2026-01-07"), ("2026-01-09", "NaT"),
        ("2026-01-01", "2026-01-06"), ("2026-01-06", "2026-01-09"), ("2026-01-01", "NaT"), ("2026-01-01", "NaT"),
    ]  # fmt: skip
    assert found.findings == {
        "rows are left on 9999-12-31, which says that they go on": 2,
        "rows are left on 2050-01-01, which says that they go on": 1,
        "visits end after the next begins, and are cut there": 1,
        "visits end before the next begins: in no stage between": 1,
        "deals left a stage and entered no other": 1,
    }
    # What is left after the last day is not left yet.
    early = stage_intervals(history, stages=PATH, as_of="2026-01-08")
    assert visits(early)[-3][3] == "NaT"
    assert visits(early)[1][3] == "2026-01-07"
    assert early.history.excluded == {"after as_of": 1}
    assert early.as_of == np.datetime64("2026-01-08")
    other = stage_intervals(history, stages=PATH, open_ends=["2026-01-09"])
    assert visits(other)[4][3] == "NaT"
    assert "deals left a stage and entered no other" not in other.findings


def test_a_day_counts_to_its_end():
    history = StageHistory(
        account="A", opportunity=[1, 1], stage=["S1", "S2"], entered=["2026-01-01", "2026-01-02T23:59:59.999999"]
    )
    assert len(stage_intervals(history, stages=PATH, as_of="2026-01-02")) == 2
    assert len(stage_intervals(history, stages=PATH, as_of="2026-01-01")) == 1


def test_rows_of_one_moment_are_in_the_order_of_their_ends_then_of_the_path():
    same = {"account": "A", "opportunity": 1, "entered": "2026-01-01"}
    assert stage_intervals(
        StageHistory(**same, stage=["W", "S2", "S1"]), stages=PATH
    ).history.stage.to_list() == ["S1", "S2", "W"]  # fmt: skip
    ended = StageHistory(**same, stage=["S1", "S2"], left=["2026-01-03", "2026-01-01"])
    assert stage_intervals(ended, stages=PATH).history.stage.to_list() == ["S2", "S1"]


@given(order=st.permutations(range(24)))
def test_visits_do_not_depend_on_the_order_of_rows(order):
    history = history_of(SIX)
    shuffled = concat([history.where(np.arange(24) == row) for row in order])
    one, other = (stage_intervals(table, stages=PATH, lost="L") for table in (history, shuffled))
    assert sorted(visits(one)) == sorted(visits(other))
    assert one.findings == other.findings


def test_visits_are_a_history_again():
    found = stage_intervals(history_of(SIX), stages=PATH, lost="L")
    again = stage_intervals(found.history, stages=PATH, lost="L")
    assert visits(again) == visits(found)


def test_stages_may_go_by_several_labels():
    history = history_of({"A": "open Won", "B": "open 6-Won", "C": "open won"})
    found = stage_intervals(history, stages={"Open": "open", "Won": ["Won", "6-Won", "won"]})
    assert found.history.stage.to_list() == ["Open", "Won"] * 3
    assert found.stages == ("Open", "Won")
    assert found.lost == ()
    assert found.findings == {"rows of stages that look alike: 'Won', '6-Won', 'won'": 3}
    # Labels that no row has look like nobody.
    fewer = stage_intervals(
        history.where(history.opportunity == "A"), stages={"Open": "open", "Won": ["Won", "6-Won", "won"]}
    )
    assert fewer.findings == {}
    lost = stage_intervals(history_of({"A": "S1 L2", "B": "S1 L1"}), stages=["S1", "W"], lost=["L1", "L2"])
    assert lost.history.stage.to_list() == ["S1", "L1"] * 2
    assert lost.lost == ("L1",)
    numbers = StageHistory(account="A", opportunity=1, stage=[1, 2], entered=["2026-01-01", "2026-01-02"])
    assert stage_intervals(numbers, stages=[1, 2, 3]).history.stage.to_list() == [1, 2]


def test_a_history_without_rows():
    found = stage_intervals(StageHistory.empty(), stages=PATH, lost="L", current={"A": "S1"})
    assert (len(found), found.as_of, found.findings) == (0, None, {"deals have no history": 1})
    assert len(found.to_opportunities()) == 0


# --- The current stage ------------------------------------------------------------------------------------------------

CURRENT = {"A": "S2", "B": "W", "C": "S1", "X": "W"}
TRAILS = {"A": "S1 S2", "B": "S1 S2", "C": "S1 S2 L", "D": "S1"}


def test_a_history_that_contradicts_the_current_stage_is_refused():
    message = refusal(stage_intervals, history_of(TRAILS), stages=PATH, lost="L", current=CURRENT)
    assert message == (
        "current must agree with the last stage of each history (or say which to trust with contradiction=); "
        "got another stage for 2 deals, the first 'B'"
    )
    agreeing = stage_intervals(history_of(TRAILS), stages=PATH, lost="L", current={"A": "S2", "B": "S2"})
    assert agreeing.findings == {"deals have no current stage": 2}


def test_the_history_counts_where_it_is_trusted():
    found = stage_intervals(
        history_of(TRAILS), stages=PATH, lost="L", current=CURRENT, contradiction="history"
    )  # fmt: skip
    assert [name for name, *_ in visits(found)] == list("AABBCCCD")
    assert found.findings == {
        "deals have no current stage": 1,
        "deals have no history": 1,
        "deals are not in the last stage of their history: the history counts": 2,
    }


def test_a_visit_is_added_where_the_current_stage_is_trusted():
    history = history_of(TRAILS)
    found = stage_intervals(
        history, stages=PATH, lost="L", current=CURRENT, contradiction="current", as_of="2026-01-20"
    )
    assert [visit for visit in visits(found) if visit[0] in "BC"] == [
        ("B", "S1", "2026-01-01", "2026-01-02", "entered"), ("B", "S2", "2026-01-02", "2026-01-20", "advanced"),
        ("B", "W", "2026-01-20", "NaT", "skipped ahead"), ("C", "S1", "2026-01-01", "2026-01-02", "entered"),
        ("C", "S2", "2026-01-02", "2026-01-03", "advanced"), ("C", "L", "2026-01-03", "2026-01-20", "lost"),
        ("C", "S1", "2026-01-20", "NaT", "reopened"),
    ]  # fmt: skip
    assert found.findings["deals are not in the last stage of their history: the current counts"] == 2
    # When it left its last stage is known for one of these, and the day of the other is not over.
    ended = StageHistory(
        account="A", opportunity=[1, 2], stage="S1", entered=["2026-01-01", "2026-01-20T12:00"],
        left=["2026-01-09", None],
    )  # fmt: skip
    found = stage_intervals(
        ended, stages=PATH, current={1: "S2", 2: "S2"}, contradiction="current", as_of="2026-01-20"
    )  # fmt: skip
    assert found.history.entered.astype(str).tolist() == [
        "2026-01-01T00:00:00.000000", "2026-01-09T00:00:00.000000",
        "2026-01-20T12:00:00.000000", "2026-01-20T12:00:00.000000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stages": ["S1", "S2"]},
         "stages must name every stage of the history, beside those that are lost: ['S1', 'S2']; got 'L' in 2 rows"),
        ({"stages": PATH, "lost": "L", "current": {"A": "Z"}}, f"stages must name every stage of the history, beside those that are lost: {[*PATH, 'L']}; got 'Z' in 1 row"),
        ({"stages": ["S1"]}, "stages must be at least two; got ['S1']"),
        ({"stages": ["S1", "S1"]}, "stages must differ from each other; got ['S1', 'S1']"),
        ({"stages": "S1"}, "stages must be a list of stages in order, or a mapping of names to labels; got 'S1'"),
        ({"stages": ["S1", "L"], "lost": "L"},
         "stages must be of different labels, also those that are lost; got 'L'"),
        ({"stages": PATH, "contradiction": "ignore"},
         "contradiction must be one of ['raise', 'current', 'history']; got 'ignore'"),
        ({"stages": PATH, "as_of": "soon"}, "as_of must be dates (datetime64, date objects or ISO text such as 2026-03-31); got 'soon' at row 0"),
    ],
)  # fmt: skip
def test_stages_that_cannot_be_are_refused(options, message):
    history = history_of({"A": "S1 L", "B": "S1 L"})
    assert refusal(stage_intervals, history, **options) == message


# --- Vendors ----------------------------------------------------------------------------------------------------------


def rows_of(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_salesforce_s_history_is_read_with_its_traps(shared_data):
    frame = rows_of(shared_data / "vendors" / "salesforce" / "opportunity_history.csv")
    names = sorted(set(frame["stage_name"]))
    history = StageHistory.from_frame(
        {**frame, "amount": [float(cell or "nan") for cell in frame["amount"]], "stage": [f"stage {names.index(name)}" for name in frame["stage_name"]]},
        account="account_id", opportunity="id", entered="_fivetran_start", left="_fivetran_end",
        missing="separate",
    )  # fmt: skip
    found = stage_intervals(history, stages=[f"stage {place}" for place in range(len(names))])
    assert len(found) == len(frame["id"]) == 10
    assert found.findings["rows are left on 9999-12-31, which says that they go on"] == 8
    assert found.findings["deals left a stage and entered no other"] == 2


def test_hubspot_s_history_is_read_with_its_traps(shared_data):
    frame = rows_of(shared_data / "vendors" / "hubspot" / "deal_stage.csv")
    for name in ("_fivetran_start", "_fivetran_end"):  # hours of one digit are no ISO
        frame[name] = [np.datetime64(f"{text[:10]}T{text[11:]:0>8}") for text in frame[name]]
    history = StageHistory.from_frame(
        frame, account="deal_id", opportunity="deal_id", stage="value", entered="_fivetran_start", left="_fivetran_end"
    )
    found = stage_intervals(history, stages=sorted(set(frame["value"])))
    assert (len(found), np.isnat(found.history.left).all()) == (14, True)
    assert found.findings["rows are left on 2050-01-01, which says that they go on"] == 14


def test_account_engagement_s_look_alikes_are_found(shared_data):
    frame = rows_of(shared_data / "vendors" / "pardot" / "opportunity.csv")
    history = StageHistory(
        account=frame["id"], opportunity=frame["id"], stage=frame["stage"],
        entered=[text[:10] for text in frame["created_at"]],
    )  # fmt: skip
    found = stage_intervals(history, stages={"Open": [], "Won": ["Won", "6 - Won"]}, lost="Lost")
    assert found.findings["rows of stages that look alike: 'Won', '6 - Won'"] == 99
