import csv
import datetime as dt
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MeetingLog, Meetings, MetricInputError, Opportunities, meetings
from abmmetrics.meetings import meeting_show_rate, meeting_to_opportunity_rate, meetings_booked_count

from .deals import quotient, values

BOOKED = Meetings(
    account=["A", "A", "B", "C"],
    kind=["demo", "call", "demo", "call"],
    booked=[6, 2, 4, 3],
    held=[3, 2, 2, 0],
    cancelled=[1, 0, 1, 0],
    no_show=[1, 0, 1, 1],
)
CHAIN = {
    "account": ["A", "A", "A", "B"],
    "meeting": ["m1", "m2", "m3", "m4"],
    "kind": ["call", "call", "demo", "demo"],
    "at": ["2026-03-02", "2026-03-09", "2026-03-16T10:30", "2026-03-16"],
    "outcome": ["rescheduled", "no_show", "held", None],
    "rescheduled_from": [None, "m1", "m2", None],
}


def log_of(**changed):
    return MeetingLog(**{**CHAIN, **changed})


def refused(call, *given, **options):
    with pytest.raises(MetricInputError) as refusal:
        call(*given, **options)
    return str(refusal.value)


# --- Counts -----------------------------------------------------------------------------------------------------------


def test_meetings_booked_by_kind():
    found = meetings_booked_count(BOOKED)
    assert float(found) == 15
    assert (found.kpi, found.unit, found.confidence) == ("meetings_booked_count", "count", 0.95)
    assert values(meetings_booked_count(BOOKED, by="kind", confidence=0.9)) == {"call": 5, "demo": 10}
    assert meetings_booked_count(BOOKED, confidence=0.9).confidence == 0.9
    assert Meetings.additive


def test_the_show_rate_counts_meetings_with_an_outcome():
    # A: 3 of 5 demos and 2 of 2 calls; B: 2 of 4; C: 0 of 1. One of A's and two of C's have no outcome.
    found = meeting_show_rate(BOOKED)
    assert quotient(found) == ([7], [12])
    assert found.excluded == {"no outcome": 3}
    assert (found.kpi, found.unit, found.confidence) == ("meeting_show_rate", "share", 0.95)
    assert values(meeting_show_rate(BOOKED, by="kind")) == {"call": 2 / 3, "demo": 5 / 9}
    without = meeting_show_rate(BOOKED, cancellations="exclude", confidence=0.9)
    assert quotient(without) == ([7], [10])
    assert without.excluded == {"no outcome": 3}
    assert without.confidence == 0.9
    assert without.notes == ("variant: without cancellations",)
    assert found.notes == ()


def test_the_show_rate_of_fewer_columns_is_of_all_meetings_booked():
    plain = Meetings(account=["A", "B"], booked=[4, 6], held=[2, 3])
    assert quotient(meeting_show_rate(plain)) == ([5], [10])
    some = Meetings(account=["A", "B"], booked=[4, 6], held=[2, 3], cancelled=[1, 1])
    assert quotient(meeting_show_rate(some)) == ([5], [10])
    assert quotient(meeting_show_rate(some, cancellations="exclude")) == ([5], [8])
    assert meeting_show_rate(some).excluded == {}
    missed = Meetings(account=["A", "B"], booked=[4, 6], held=[2, 3], no_show=[2, 1])
    assert quotient(meeting_show_rate(missed)) == ([5], [10])
    assert refused(meeting_show_rate, missed, cancellations="exclude") == (
        "Meetings must have the column cancelled for this KPI; got ['account', 'booked', 'held', 'no_show']"
    )
    assert refused(meetings_booked_count, Meetings(account="A", held=[2])) == (
        "Meetings must have the column booked for this KPI; got ['account', 'held']"
    )


def test_without_any_outcome_the_show_rate_is_undefined():
    found = meeting_show_rate(Meetings(account=["A", "B"], booked=2, held=0, cancelled=0, no_show=0))
    assert np.isnan(found.value[0])
    assert found.notes == ("undefined: no meeting has an outcome",)
    assert found.excluded == {"no outcome": 4}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"held": [3, 3]}, "held must be at most booked; got 3 with booked=2 at row 1"),
        ({"cancelled": [3, 3]}, "cancelled must be at most booked; got 3 with booked=2 at row 1"),
        ({"no_show": [3, 3]}, "no_show must be at most booked; got 3 with booked=2 at row 1"),
        (
            {"held": [1, 1], "no_show": [2, 1], "cancelled": [1, 0]},
            "held + cancelled + no_show must be at most booked; got 4 with booked=3 at row 0",
        ),
        (
            {"booked": [True, True], "held": [True, True], "no_show": [False, True]},
            "held + no_show must be at most booked; got 2 with booked=True at row 1",
        ),
    ],
)
def test_more_outcomes_than_meetings_are_refused(changed, message):
    assert refused(Meetings, **{"account": ["A", "B"], "booked": [3, 2], **changed}) == message


def test_counts_of_outcomes_without_bookings_are_as_they_are():
    assert len(Meetings(account=["A"], held=[3], no_show=[4])) == 1


def test_unknown_ways_to_count_cancellations_are_refused():
    assert refused(meeting_show_rate, BOOKED, cancellations="late") == (
        "cancellations must be one of ['include', 'exclude']; got 'late'"
    )


# --- The calendar -----------------------------------------------------------------------------------------------------


def test_a_rescheduled_chain_is_one_meeting():
    log = log_of()
    assert log.additive is False
    once = log.collapsed()
    assert once.meeting.to_list() == ["m3", "m4"]
    assert once.rescheduled_from is None
    assert once.excluded == {"rescheduled to a later appointment": 2}
    counted = log.meetings()
    assert counted.account.to_list() == ["A", "B"]
    assert counted.columns()["kind"].to_list() == ["demo", "demo"]
    assert float(meetings_booked_count(counted)) == 2
    shown = meeting_show_rate(counted)
    assert quotient(shown) == ([1], [1])
    assert shown.excluded == {"rescheduled to a later appointment": 2, "no outcome": 1}
    assert once.collapsed() is once


def test_every_outcome_has_its_column_and_the_others_have_none():
    outcomes = ["held", "cancelled", "no_show", "rescheduled", "scheduled", None]
    log = MeetingLog(account="A", meeting=range(6), at="2026-03-02", outcome=outcomes, segments={"tier": ["x"] * 6})
    counted = log.meetings()
    columns = counted.columns()
    assert {name: columns[name].tolist() for name in ("booked", "held", "cancelled", "no_show")} == {
        "booked": [True] * 6,
        "held": [True] + [False] * 5,
        "cancelled": [False, True] + [False] * 4,
        "no_show": [False, False, True] + [False] * 3,
    }
    assert counted.segments["tier"].to_list() == ["x"] * 6
    assert counted.kind is None
    assert meeting_show_rate(counted).excluded == {"no outcome": 3}


def test_a_calendar_without_outcomes_counts_what_was_booked():
    log = MeetingLog(account=["A", "A"], meeting=[1, 2], at="2026-03-02", rescheduled_from=[None, 1])
    assert float(meetings_booked_count(log.meetings())) == 1
    assert np.isnan(meeting_show_rate(log.meetings()).value[0])


def test_months_of_the_last_appointments():
    log = log_of(at=["2026-03-30", "2026-04-09", "2026-04-16", "2026-03-16"])
    months = abm.period(log.collapsed().at, "month")
    assert values(meetings_booked_count(log.meetings(), by=months)) == {"2026-03": 1, "2026-04": 1}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"rescheduled_from": [None, "m1", "m1", None]},
            "rescheduled_from must name each appointment once; got 'm1' again at row 2",
        ),
        (
            {"rescheduled_from": ["m3", "m1", "m2", None]},
            "rescheduled_from must not lead back to the appointment itself; got 'm3' at row 0",
        ),
        (
            {"rescheduled_from": [None, None, None, "m4"]},
            "rescheduled_from must not lead back to the appointment itself; got 'm4' at row 3",
        ),
        (
            {"rescheduled_from": [None, "m1", None, "m2"]},
            "rescheduled_from must name an appointment of the same account; got 'm2' at row 3",
        ),
        (
            {"outcome": ["held", "held", "held", None]},
            "rescheduled_from must name an appointment that was not held; got 'm1' at row 1",
        ),
        (
            {"rescheduled_from": [None, "m0", "m2", None]},
            (
                "rescheduled_from must name an appointment of the log (missing_links='ignore' lets a chain begin after "
                "it); got 'm0' at row 1"
            ),
        ),
        (
            {"rescheduled_from": [None, 7, 8, None]},
            (
                "rescheduled_from must name an appointment of the log (missing_links='ignore' lets a chain begin after "
                "it); got 7 at row 1"
            ),
        ),
    ],
)
def test_chains_that_cannot_be_are_refused(changed, message):
    log = log_of(**changed)
    assert refused(log.collapsed) == message
    assert refused(log.meetings) == message


def test_links_out_of_the_log_can_be_ignored():
    log = log_of(rescheduled_from=["m0", "m1", "m2", None])
    assert log.collapsed(missing_links="ignore").meeting.to_list() == ["m3", "m4"]
    assert float(meetings_booked_count(log.meetings(missing_links="ignore"))) == 2
    assert refused(log.collapsed, missing_links="keep") == (
        "missing_links must be one of ['refuse', 'ignore']; got 'keep'"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"meeting": ["m1", "m2", "m2", "m4"]}, "meeting must be different in every row; got 'm2' again at row 2"),
        (
            {"outcome": ["held", "won", None, None]},
            "outcome must be one of ['held', 'cancelled', 'no_show', 'rescheduled', 'scheduled']; got 'won' at row 1",
        ),
    ],
)
def test_appointments_that_cannot_be_are_refused(changed, message):
    assert refused(log_of, **changed) == message


@pytest.mark.parametrize("seed", range(40))
def test_chains_collapse_to_their_last_appointments(seed):
    """Chains of every length, their rows in any order; and the same chains closed to circles."""
    draw = random.Random(seed)
    names = iter(draw.sample(range(10**6), 240))
    chains = [[next(names) for _ in range(draw.randint(1, 40))] for _ in range(draw.randint(1, 6))]

    def log(*, closed):
        rows = [
            (name, f"account {number}", chain[place - 1] if place or closed else None)
            for number, chain in enumerate(chains)
            for place, name in enumerate(chain)
        ]
        draw.shuffle(rows)
        meeting, account, link = zip(*rows, strict=True)
        return MeetingLog(account=account, meeting=meeting, at="2026-03-02", rescheduled_from=link)

    assert set(log(closed=False).collapsed().meeting.to_list()) == {chain[-1] for chain in chains}
    assert "must not lead back to the appointment itself" in refused(log(closed=True).collapsed)


def test_a_vendor_s_calendar_without_logged_outcomes_gives_no_rate(shared_data):
    with (shared_data / "vendors" / "hubspot" / "engagement_meeting.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    frame = {name: [row[name] or None for row in rows] for name in rows[0]} | {"account": [None] * len(rows)}
    log = MeetingLog.from_frame(
        frame, meeting="engagement_id", at="start_time", outcome="meeting_outcome", missing="separate"
    )
    assert float(meetings_booked_count(log.meetings())) == 100
    shown = meeting_show_rate(log.meetings())
    assert np.isnan(shown.value[0])
    assert shown.excluded == {"no outcome": 100}


# --- Opportunities after meetings -------------------------------------------------------------------------------------

DAY = dt.date(2026, 1, 1)
an_appointment = st.tuples(
    st.sampled_from(["A", "B", "C", None]),
    st.integers(0, 40),
    st.sampled_from(["held", "held", "no_show", None]),
    st.sampled_from(["x", "y"]),
)
a_deal = st.tuples(st.sampled_from(["A", "B", "Z", None]), st.none() | st.integers(-5, 60))


def calendar_of(rows):
    account, day, outcome, tier = zip(*rows, strict=True) if rows else ((), (), (), ())
    at = [dt.datetime.combine(DAY + dt.timedelta(number), dt.time(17, 30)) for number in day]
    return MeetingLog.from_frame(
        {"account": account, "meeting": range(len(rows)), "at": at, "outcome": outcome, "tier": tier},
        missing="separate",
        segments=["tier"],
    )


def deals_of(rows):
    account, created = zip(*rows, strict=True) if rows else ((), ())
    days = [None if number is None else DAY + dt.timedelta(number) for number in created]
    return Opportunities.from_frame(
        {"account": account, "created": days, "outcome": ["open"] * len(rows)}, missing="separate"
    )


@given(
    rows=st.lists(an_appointment, max_size=12),
    deals=st.lists(a_deal, max_size=8),
    days=st.integers(1, 20),
    until=st.integers(0, 45),
    by=st.sampled_from([None, "tier"]),
)
def test_meetings_lead_to_opportunities_as_counted_one_by_one(rows, deals, days, until, by):
    groups: dict[Any, dict[str, bool]] = {}
    lost: dict[str, int] = {}

    def leave_out(reason):
        lost[reason] = lost.get(reason, 0) + 1

    for account, day, outcome, tier in rows:
        group = groups.setdefault(tier if by else "all", {})
        if outcome != "held":
            continue
        if account is None:
            leave_out("no account")
        elif day > until:
            leave_out("held after as_of")
        elif until - day < days:
            leave_out(f"held less than {days} days before as_of")
        else:
            won = any(who == account and at is not None and day <= at <= day + days for who, at in deals)
            group[account] = group.get(account, False) or won
    for account, at in deals:
        if account is None:
            leave_out("opportunities without an account")
        elif at is None:
            leave_out("opportunities without a created date")
    found = meeting_to_opportunity_rate(
        calendar_of(rows), deals_of(deals), days=days, as_of=DAY + dt.timedelta(until), by=by
    )
    expected = {label: sum(won.values()) / len(won) if won else np.nan for label, won in groups.items()}
    assert values(found) == pytest.approx(expected if rows or by else {"all": np.nan}, nan_ok=True)
    assert found.excluded == lost
    assert dict(zip(found.labels, found.accounts.tolist(), strict=True)) == {
        label: len(won) for label, won in (groups if rows or by else {"all": {}}).items()
    }


def test_meetings_and_opportunities_of_the_example():
    log = calendar_of([("A", 0, "held", "x"), ("A", 3, "held", "y"), ("B", 1, "held", "x"), ("C", 28, "held", "x")])
    deals = deals_of([("A", 13), ("B", 0)])
    found = meeting_to_opportunity_rate(log, deals, days=10, as_of="2026-01-31", confidence=0.9)
    assert quotient(found) == ([1], [2])
    assert found.rows.tolist() == [3]
    assert (found.kpi, found.unit, found.confidence) == ("meeting_to_opportunity_rate", "share", 0.9)
    assert found.method == "Wilson score, one trial for each account"
    assert found.notes == ("variant: opportunities created within 10 days from a held meeting on, none before it",)
    assert found.excluded == {"held less than 10 days before as_of": 1}
    by_tier = meeting_to_opportunity_rate(log, deals, days=10, as_of="2026-01-31", by="tier")
    assert values(by_tier) == {"x": 0.0, "y": 1.0}
    assert by_tier.confidence == 0.95


def test_days_at_the_ends_of_the_windows():
    rows = [("A", 20, "held", "x"), ("B", 21, "held", "x"), ("C", 30, "held", "x"), ("C", 31, "held", "x")]
    log, deals = calendar_of([*rows, (None, 20, "held", "x")]), deals_of([("A", 30), (None, None), ("A", None)])
    found = meeting_to_opportunity_rate(log, deals, days=10, as_of="2026-01-31")
    assert quotient(found) == ([1], [1])
    assert found.excluded == {
        "no account": 1,
        "held after as_of": 1,
        "held less than 10 days before as_of": 2,
        "opportunities without an account": 1,
        "opportunities without a created date": 1,
    }
    for number, converted in ((19, 0), (20, 1), (30, 1), (31, 0)):
        one = meeting_to_opportunity_rate(log, deals_of([("A", number)]), days=10, as_of="2026-01-31")
        assert quotient(one) == ([converted], [1])
    # Of another account, even if its deals come first.
    assert float(meeting_to_opportunity_rate(log, deals_of([("B", 21), ("Z", 21)]), days=10, as_of="2026-01-31")) == 0


def test_what_comes_later_changes_nothing():
    log = calendar_of([("A", 0, "held", "x"), ("B", 30, "held", "x")])
    early = meeting_to_opportunity_rate(log, deals_of([("A", 5)]), days=10, as_of="2026-01-20")
    late = meeting_to_opportunity_rate(log, deals_of([("A", 5), ("B", 31), ("A", 40)]), days=10, as_of="2026-01-20")
    assert quotient(early) == quotient(late) == ([1], [1])
    none = meeting_to_opportunity_rate(log, deals_of([]), days=30, as_of="2026-01-20")
    assert none.notes[-1] == "undefined: no account has a held meeting that is old enough"
    assert none.excluded == {"held after as_of": 1, "held less than 30 days before as_of": 1}


def test_days_before_1970_are_days_too():
    log = MeetingLog(account=["A", "B"], meeting=[1, 2], at="1965-01-12", outcome="held")
    deals = Opportunities(account=["B"], created=["1965-01-20"], outcome="open")
    assert float(meeting_to_opportunity_rate(log, deals, days=8, as_of="1966-01-01")) == 0.5
    assert float(meeting_to_opportunity_rate(log, deals, days=7, as_of="1966-01-01")) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"days": 0}, "days must be a whole number >= 1; got 0"),
        ({"days": 1.5}, "days must be a whole number >= 1; got 1.5"),
        ({"as_of": "2026-01-31T12:00"}, "as_of must be a day, which counts to its end; got 2026-01-31T12:00:00"),
        ({"as_of": ["2026-01-30", "2026-01-31"]}, "as_of must be one date; got 2 values"),
    ],
)
def test_other_windows_are_refused(options, message):
    given = {"days": 10, "as_of": "2026-01-31", **options}
    assert refused(meeting_to_opportunity_rate, calendar_of([]), deals_of([]), **given) == message


def test_both_tables_name_accounts_in_one_way():
    log = MeetingLog(account=[1], meeting=[1], at="2026-01-12", outcome="held")
    deals = Opportunities(account=["B"], created=["2026-01-20"], outcome="open")
    assert refused(meeting_to_opportunity_rate, log, deals, days=8, as_of="2026-03-01") == (
        "opportunities must name accounts by whole numbers, as the log does; got text"
    )
    plain = MeetingLog(account=["B"], meeting=[1], at="2026-01-12")
    assert refused(meeting_to_opportunity_rate, plain, deals, days=8, as_of="2026-03-01") == (
        "MeetingLog must have the column outcome for this KPI; got ['account', 'meeting', 'at']"
    )


def test_public_names():
    assert set(meetings.__all__) == {
        "MeetingLog",
        "Meetings",
        "meeting_show_rate",
        "meeting_to_opportunity_rate",
        "meetings_booked_count",
    }
