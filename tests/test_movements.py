"""What moved between two days: against deals followed one by one, and a bridge that must explain everything."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import StageHistory, pipeline_movement, stage_progression, wilson

from .test_histories import PATH, SIX, history_of, refusal

LOST = "L"
START, END = dt.date(2026, 1, 31), dt.date(2026, 2, 28)
BETWEEN = {"stages": PATH, "lost": LOST, "start": START, "end": END}
LIMIT = dt.date(2026, 3, 31)


# --- Deals ------------------------------------------------------------------------------------------------------------


def deal(number, *rows, account="A"):
    """Rows of one deal: (month, day, stage), and what else they hold."""
    return [
        {"account": account, "opportunity": number, "entered": dt.date(2026, month, day), "stage": stage, **more}
        for month, day, stage, more in ((*row, {}) if len(row) == 3 else row for row in rows)
    ]


def table(*deals, **more):
    rows = [row for rows in deals for row in rows]
    names = dict.fromkeys(name for row in rows for name in row)
    return StageHistory(**{name: [row.get(name) for row in rows] for name in names}, **more)


MOVED = table(
    deal(1, (1, 5, "S1"), (2, 9, "S3")),  # advanced
    deal(2, (1, 5, "S2"), (2, 9, "S3"), (2, 10, "S2")),  # same
    deal(3, (1, 5, "S3"), (2, 28, "S1")),  # regressed
    deal(4, (2, 1, "S2")),  # entered
    deal(5, (1, 5, "S2"), (2, 9, "L")),  # left
    deal(6, (1, 31, "S2"), (2, 9, "W")),  # advanced
    deal(7, (1, 5, "W")),  # won before: nowhere
    deal(8, (1, 5, "L"), (2, 9, "S2")),  # entered
    deal(9, (2, 5, "S1"), (2, 9, "L")),  # new and lost: nowhere
    deal(10, (2, 5, "S1"), (2, 9, "W")),  # entered
    deal(11, (1, 5, "W"), (2, 9, "L")),  # won, then lost: nowhere
    deal(12, (1, 5, "S1"), (3, 1, "S2")),  # same: what is later does not count
    deal(13, (1, 5, "L"), (2, 9, "W")),  # entered
    deal(14, (1, 5, "W"), (2, 9, "S4")),  # entered
)


def test_deals_advance_stay_regress_come_and_go():
    found = stage_progression(MOVED, **BETWEEN)
    assert found.to_dict() == {"advanced": [2], "same": [2], "regressed": [1], "entered": [5], "left": [1]}
    assert (found.start, found.end) == (np.datetime64(START), np.datetime64(END))
    assert found.excluded == {"after as_of": 1}
    rate = found.advanced_rate
    assert (rate.kpi, rate.numerator.tolist(), rate.denominator.tolist()) == ("advanced_rate", [2], [6])
    assert rate.rows.tolist() == [6]
    assert str(found).splitlines() == [
        "stage progression from 2026-01-31 to 2026-02-28",
        "  advanced 2, same 2, regressed 1, entered 5, left 1",
        "  left out: 1, after as_of",
    ]
    assert repr(found) == str(found)


def test_progression_by_group_and_account():
    history = history_of(SIX)
    odd = [number in "ACE" for number in history.opportunity]
    found = stage_progression(
        history, stages=PATH, lost=LOST, start="2026-01-02", end="2026-01-03", by={"odd": odd}, confidence=0.9
    )
    # A moves to S3, B is won, C falls back, D is lost, E stays, F moves on.
    assert found.to_dict() == {
        "odd": [False, True], "advanced": [2, 1], "same": [0, 1], "regressed": [0, 1], "entered": [0, 0], "left": [1, 0],
    }  # fmt: skip
    assert str(found).splitlines()[1] == "  False: advanced 2, same 0, regressed 0, entered 0, left 1"
    assert found.advanced_rate.low.tolist() == pytest.approx(
        [wilson(2, 3, confidence=0.9).low, wilson(1, 3, confidence=0.9).low]
    )
    some = stage_progression(
        history, stages=PATH, lost=LOST, start="2026-01-02", end="2026-01-03", by=["x", *[None] * 23]
    )
    assert some.to_dict()["advanced"] == [1]
    assert some.excluded == {"after as_of": 7, "no group (deals)": 5}


def test_deals_that_left_their_stage_are_in_none():
    ended = StageHistory(
        account="A", opportunity=[1, 2], stage="S1", entered="2026-01-05", left=["2026-02-28T12:00", "2026-03-01"]
    )
    found = stage_progression(ended, **BETWEEN)
    assert found.to_dict() == {"advanced": [0], "same": [1], "regressed": [0], "entered": [0], "left": [1]}
    nothing = stage_progression(StageHistory.empty(), **BETWEEN)
    assert nothing.to_dict()["same"] == [0]
    assert nothing.advanced_rate.notes == ("undefined: there was no pipeline",)


def test_days_in_the_wrong_order_are_refused():
    message = "start must be before end; got 2026-02-28 with end=2026-02-28"
    for kpi in (stage_progression, pipeline_movement):
        assert refusal(kpi, MOVED, **{**BETWEEN, "start": END}) == message


# --- Money ------------------------------------------------------------------------------------------------------------


def worth(amount, expected=None):
    return {"amount": amount, "expected": expected}


def bridge(*deals, **more):
    found = pipeline_movement(table(*deals), **{**BETWEEN, **more})
    assert found.unexplained.tolist() == [0] * len(found.opening)
    return {name: figure for name, (figure,) in found.to_dict().items() if figure}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Nothing happened, and what is later does not count.
        ([(1, 5, "S1", worth(100)), (3, 1, "L", worth(0))], {"opening": 100, "closing": 100}),
        ([(1, 31, "S1", worth(100)), (2, 28, "S1", worth(130))], {"opening": 100, "increased": 30, "closing": 130}),
        ([(1, 5, "S1", worth(100)), (2, 9, "S2", worth(70))], {"opening": 100, "decreased": 30, "closing": 70}),
        ([(1, 5, "S1", worth(100)), (2, 9, "W", worth(90))], {"opening": 100, "decreased": 10, "won": 90}),
        # Lost at what it was worth, whatever the system makes of it then.
        ([(1, 5, "S1", worth(100)), (2, 9, "L", worth(0))], {"opening": 100, "lost": 100}),
        ([(1, 5, "S1", worth(100)), (2, 2, "S2", worth(120)), (2, 9, "L", worth(0))],
         {"opening": 100, "increased": 20, "lost": 120}),
        ([(2, 1, "S1", worth(100)), (2, 9, "S1", worth(110))], {"created": 110, "closing": 110}),
        ([(2, 1, "S1", worth(100)), (2, 9, "W", worth(110))], {"created": 110, "won": 110}),
        ([(2, 1, "S1", worth(100)), (2, 9, "L", worth(0))], {"created": 100, "lost": 100}),
        ([(2, 1, "W", worth(60))], {"created": 60, "won": 60}),
        ([(2, 1, "L", worth(60))], {"created": 60, "lost": 60}),
        ([(1, 5, "L", worth(50)), (2, 9, "S1", worth(60))], {"reopened": 60, "closing": 60}),
        ([(1, 5, "W", worth(50)), (2, 9, "S1", worth(60))], {"reopened": 60, "closing": 60}),
        ([(1, 5, "L", worth(50)), (2, 9, "W", worth(60))], {"reopened": 60, "won": 60}),
        ([(1, 5, "L", worth(50)), (2, 9, "S1", worth(60)), (2, 10, "L", worth(0))], {"reopened": 60, "lost": 60}),
        ([(1, 5, "W", worth(50)), (2, 9, "S1", worth(60)), (2, 10, "W", worth(70))], {"reopened": 70, "won": 70}),
        # Closed on both days, and nothing open between them: it moved nothing.
        ([(1, 5, "L", worth(50)), (2, 9, "L", worth(0))], {}),
        ([(1, 5, "S1", worth(50)), (1, 9, "W", worth(50)), (2, 9, "L", worth(0))], {}),
        ([(1, 5, "W", worth(50)), (2, 9, "W", worth(70))], {}),
    ],
)  # fmt: skip
def test_each_deal_is_in_the_movement_that_it_made(rows, expected):
    assert bridge(deal(1, *rows)) == expected


SOON, LATE = LIMIT, dt.date(2026, 4, 1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, 5, "S1", worth(100, SOON))], {"opening": 100, "closing": 100}),
        ([(1, 5, "S1", worth(100, SOON)), (2, 9, "S1", worth(110, LATE))],
         {"opening": 100, "increased": 10, "pushed_out": 110}),
        ([(1, 5, "S1", worth(100, LATE)), (2, 9, "S1", worth(110, SOON))], {"pulled_in": 110, "closing": 110}),
        ([(1, 5, "S1", worth(100, None)), (2, 9, "S1", worth(110, SOON))], {"pulled_in": 110, "closing": 110}),
        ([(1, 5, "S1", worth(100, LATE)), (2, 9, "W", worth(110, LATE))], {"pulled_in": 110, "won": 110}),
        ([(1, 5, "S1", worth(100, LATE)), (2, 9, "L", worth(0, LATE))], {}),
        ([(1, 5, "S1", worth(100, LATE))], {}),
        ([(2, 5, "S1", worth(100, LATE))], {}),
        ([(2, 5, "S1", worth(100, SOON))], {"created": 100, "closing": 100}),
        ([(2, 5, "S1", worth(100, LATE)), (2, 9, "W", worth(90, LATE))], {"created": 90, "won": 90}),
        ([(1, 5, "S1", worth(100, SOON)), (2, 9, "W", worth(90, LATE))],
         {"opening": 100, "decreased": 10, "won": 90}),
        ([(1, 5, "L", worth(50, SOON)), (2, 9, "S1", worth(60, LATE))], {}),
        ([(1, 5, "L", worth(50, SOON)), (2, 9, "S1", worth(60, SOON))], {"reopened": 60, "closing": 60}),
    ],
)  # fmt: skip
def test_deals_move_in_and_out_of_reach(rows, expected):
    always = deal(2, (1, 5, "S1", worth(0, SOON)))
    assert bridge(deal(1, *rows), always, closing_by=LIMIT) == expected


def test_a_deal_that_left_the_stages_is_lost():
    left = [
        {"account": "A", "opportunity": 1, "stage": "S1", "entered": "2026-01-05", "left": "2026-02-09", "amount": 70}
    ]
    found = pipeline_movement(table(left), **BETWEEN)
    assert (found.lost.tolist(), found.closing.tolist(), found.unexplained.tolist()) == ([70], [0], [0])


def test_deals_without_an_amount_are_counted():
    history = table(
        deal(1, (1, 5, "S1", worth(None)), (2, 9, "S2", worth(80))),
        deal(2, (1, 5, "S1", worth(30)), (2, 9, "W", worth(None))),
        deal(3, (1, 5, "S1", worth(None)), (1, 9, "W", worth(None))),  # moved nothing
        deal(4, (1, 5, "S1", worth(20))),
    )
    found = pipeline_movement(history, **BETWEEN)
    assert found.to_dict()["opening"] == [20]
    assert found.excluded == {"no amount (deals)": 2}
    assert refusal(pipeline_movement, MOVED, **BETWEEN) == (
        "StageHistory must have the column amount for this KPI; got ['account', 'opportunity', 'stage', 'entered']"
    )


def test_movement_by_group():
    history = table(
        deal(1, (1, 5, "S1", worth(10)), (2, 9, "S1", worth(15)), account="A"),
        deal(2, (2, 5, "S1", worth(20)), account="B"),
        deal(3, (3, 5, "S1", worth(20)), account="C"),
    )
    found = pipeline_movement(history, **BETWEEN, by="account")
    assert list(found.to_dict()) == [
        "account", "opening", "created", "increased", "reopened", "pulled_in", "decreased", "won", "lost",
        "pushed_out", "closing",
    ]  # fmt: skip
    assert (found.groups, found.created.tolist()) == ({"account": ["A", "B"]}, [0, 20])
    assert found.excluded == {"after as_of": 1}
    assert (found.start, found.end) == (np.datetime64(START), np.datetime64(END))
    assert str(found).splitlines()[:2] == [
        "pipeline movement from 2026-01-31 to 2026-02-28",
        "  A: opening 10, created 0, increased 5, reopened 0, pulled in 0, decreased 0, won 0, lost 0, pushed out 0, closing 15",
    ]
    assert repr(found) == str(found)
    labelled = pipeline_movement(history, **BETWEEN, by=["x", "x", None, None])
    assert labelled.excluded == {"after as_of": 1, "no group (deals)": 1}


def test_of_rows_alike_the_larger_amount_is_the_later():
    for amounts in ([10, 15], [15, 10]):
        history = StageHistory(account="A", opportunity=1, stage="S1", entered="2026-01-05", amount=amounts)
        assert pipeline_movement(history, **BETWEEN).opening.tolist() == [15]


rows = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 75),
        st.sampled_from([*PATH, LOST]),
        st.integers(0, 9),
        st.none() | st.integers(60, 110),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda row: row[:2],
)


@given(drawn=rows, limited=st.booleans())
def test_nothing_is_left_unexplained(drawn, limited):
    """The closing is counted where it is, and the movements must lead there; the opening is the day's own closing."""
    day = dt.date(2026, 1, 1)
    history = StageHistory(
        account=[f"account {number % 2}" for number, *_ in drawn],
        opportunity=[number for number, *_ in drawn],
        entered=[day + dt.timedelta(days=shift) for _, shift, *_ in drawn],
        stage=[stage for _, _, stage, *_ in drawn],
        amount=[amount for *_, amount, _ in drawn],
        expected=[None if shift is None else day + dt.timedelta(days=shift) for *_, shift in drawn],
    )
    limit = {"closing_by": LIMIT} if limited else {}
    for by in (None, "account"):
        found = pipeline_movement(history, **BETWEEN, **limit, by=by)
        assert found.unexplained.tolist() == [0] * len(found.closing)
        assert all((np.array(figures) >= 0).all() for name, figures in found.to_dict().items() if name != "account")
    before = pipeline_movement(history, **{**BETWEEN, "start": day, "end": START}, **limit)
    assert before.closing.tolist() == pipeline_movement(history, **BETWEEN, **limit).opening.tolist()
    # The open deals of the last day, counted in plain Python.
    total = 0
    for number in range(1, 5):
        mine = [row for row in drawn if row[0] == number and day + dt.timedelta(days=row[1]) <= END]
        if mine:
            *_, stage, amount, expected = max(mine, key=lambda row: row[1])
            soon = expected is not None and day + dt.timedelta(days=expected) <= LIMIT
            total += amount if stage in PATH[:-1] and (soon or not limited) else 0
    assert pipeline_movement(history, **BETWEEN, **limit).closing.tolist() == [total]
