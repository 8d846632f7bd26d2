import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import Activities, MetricInputError, TargetAccounts, activities, engagement
from abmmetrics.engagement import engaged_account_rate, engagement_history, engagement_minutes, engagement_score

from .deals import quotient, values

FIRST = dt.date(2026, 1, 1)
GUIDE = {"page view": 1, "email reply": 2, "download": 10, "webinar": 30, "sales meeting": 30, "dinner": 120}
KINDS = ("download", "page view", "webinar")
DONE = Activities(
    account=["Acme", "Acme", "Acme", "Beta", "Core"],
    contact=["Ada", None, "Bo", "Cy", "Di"],
    kind=["webinar", "page view", "sales meeting", "page view", "dinner"],
    role=["CFO", None, "analyst", "CFO", None],
    at=["2026-01-12", "2026-02-03", "2026-02-10T17:00", "2026-03-02", "2026-03-31T23:59"],
    segments={"tier": ["one", "one", "one", "two", "two"]},
)

an_activity = st.tuples(
    st.sampled_from(["A", "B", "C", None]),
    st.sampled_from(KINDS),
    st.integers(0, 40),
    st.sampled_from([None, 0, 0.1, 0.2, 1, 2.5, 30]),
    st.sampled_from(["CFO", "CTO", None]),
    st.sampled_from(["x", "y"]),
)
rows_of_activities = st.lists(an_activity, max_size=15)


def day(number):
    return FIRST + dt.timedelta(number)


def table_of(rows):
    names = ("account", "kind", "at", "minutes", "role", "tier")
    held: dict[str, Any] = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    held["at"] = [dt.datetime.combine(day(number), dt.time(23, 59)) for number in held["at"]]
    return Activities.from_frame(held, missing="separate", segments=["tier"])


def refused(call, *given, **options):
    with pytest.raises(MetricInputError) as refusal:
        call(*given, **options)
    return str(refusal.value)


# --- Model ------------------------------------------------------------------------------------------------------------


def test_contacts_roles_and_minutes_may_be_unknown():
    assert repr(DONE) == "Activities(5 rows, 3 accounts; contact, kind, at, role; segments: tier)"
    assert DONE.additive is False
    assert DONE.columns()["contact"].to_list() == ["Ada", None, "Bo", "Cy", "Di"]
    assert DONE.where(DONE.account == "Core").columns()["role"].to_list() == [None]
    parts = [DONE.where(DONE.account == name) for name in ("Acme", "Beta", "Core")]
    assert abm.concat(parts) == DONE
    frame = {"account": ["A", "B"], "kind": "demo", "at": "2026-01-12", "contact": ["Ada", None], "minutes": [None, 2]}
    read = Activities.from_frame(frame, missing="drop")
    assert len(read) == 2
    assert read.minutes is not None
    assert math.isnan(read.minutes[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"minutes": [1, -1]}, "minutes must be finite numbers >= 0 or missing; got -1.0 at row 1"),
        ({"kind": ["demo", None]}, "kind must be text or whole numbers in every row; got a missing value at row 1"),
        ({"at": ["2026-01-12", None]}, "at must be dates in every row; got a missing value at row 1"),
        ({"contact": ["Ada", 3]}, "contact must be text or whole numbers, one kind in a column; got 3 at row 1"),
    ],
)
def test_activities_that_cannot_be_are_refused(changed, message):
    given = {"account": ["A", "B"], "kind": "demo", "at": "2026-01-12", **changed}
    assert refused(Activities, **given) == message


# --- Minutes ----------------------------------------------------------------------------------------------------------


def test_minutes_of_the_engagio_guide():
    found = engagement_minutes(DONE, minutes_by_kind=GUIDE)
    assert float(found) == 30 + 1 + 30 + 1 + 120
    assert (found.kpi, found.unit, found.confidence) == ("engagement_minutes", "minutes", 0.95)
    by_account = engagement_minutes(DONE, minutes_by_kind=GUIDE, role_multipliers={"CFO": 2}, by="account")
    assert values(by_account) == {"Acme": 91, "Beta": 2, "Core": 120}
    assert values(engagement_minutes(DONE, minutes_by_kind=GUIDE, by="tier")) == {"one": 61, "two": 121}
    assert values(engagement_minutes(DONE, minutes_by_kind=GUIDE, by="kind"))["page view"] == 2
    assert engagement_minutes(DONE, minutes_by_kind=GUIDE, confidence=0.9).confidence == 0.9
    assert found.notes == (f"variant: minutes; by kind {GUIDE}",)
    recorded = Activities(account=["A", "B"], kind="demo", at="2026-01-12", minutes=[3, 4], role=["CFO", None])
    assert engagement_minutes(recorded, role_multipliers={}).notes == ("variant: minutes",)
    assert engagement_minutes(recorded, role_multipliers={"CFO": 2}).notes == ("variant: minutes; by role {'CFO': 2}",)
    assert float(engagement_minutes(DONE, minutes_by_kind=GUIDE, role_multipliers={"CFO": 0})) == 151


@given(
    rows=rows_of_activities,
    by_kind=st.booleans(),
    factors=st.sampled_from([None, {"CFO": 2}, {"CFO": 0.5, "CTO": 3}]),
)
def test_minutes_are_summed_one_by_one(rows, by_kind, factors):
    known = {row[4] for row in rows} - {None}
    if factors and (not factors.keys() <= known):
        factors = None
    totals: dict[Any, float] = {}
    lost = 0
    for _, kind, _, minutes, role, tier in rows:
        figure = GUIDE[kind] if by_kind else minutes
        if figure is None:
            lost += 1
            continue
        totals[tier] = totals.get(tier, 0) + figure * (factors or {}).get(role, 1)
    minutes = GUIDE if by_kind else None
    found = engagement_minutes(table_of(rows), minutes_by_kind=minutes, role_multipliers=factors, by="tier")
    assert values(found) == pytest.approx(totals)
    assert found.excluded == ({"no minutes": lost} if lost else {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Activities must have the column minutes for this KPI; got ['account', 'contact', 'kind', 'at', 'role']"),
        (
            {"minutes_by_kind": {"webinar": 30, "page view": 1}},
            (
                "minutes_by_kind must have a figure for every kind of the activities (it has ['webinar', 'page view']);"
                " got none for 'sales meeting'"
            ),
        ),
        (
            {"minutes_by_kind": {**GUIDE, "dinner": -1}},
            "minutes_by_kind['dinner'] must be a number in [0, inf); got -1",
        ),
        (
            {"minutes_by_kind": GUIDE, "role_multipliers": {"CEO": 2}},
            "role_multipliers must name roles of the activities, ['CFO', 'analyst']; got 'CEO'",
        ),
        (
            {"minutes_by_kind": GUIDE, "role_multipliers": {"CFO": -2}},
            "role_multipliers['CFO'] must be a number in [0, inf); got -2",
        ),
    ],
)
def test_minutes_that_are_not_known_are_refused(options, message):
    assert refused(engagement_minutes, DONE, **options) == message


def test_multipliers_need_roles():
    plain = Activities(account=["A"], kind="demo", at="2026-01-12", minutes=[3])
    assert refused(engagement_minutes, plain, role_multipliers={"CFO": 2}) == (
        "Activities must have the column role for this KPI; got ['account', 'kind', 'at', 'minutes']"
    )
    # Where nobody's role is known there is none to compare with.
    unknown = Activities(account=["A"], kind="demo", at="2026-01-12", minutes=[3], role=[None])
    assert float(engagement_minutes(unknown, role_multipliers={"CFO": 2})) == 3
    assert float(engagement_minutes(plain, role_multipliers={})) == 3


# --- Score ------------------------------------------------------------------------------------------------------------


def test_a_score_halves_with_every_half_life():
    demo = Activities(account=["A"], kind="demo", at="2026-01-01T23:00", minutes=[40])
    for age, points in ((0, 40), (10, 20), (20, 10), (30, 5)):
        assert float(engagement_score(demo, half_life_days=10, as_of=day(age))) == points
    found = engagement_score(DONE, half_life_days=30, as_of="2026-03-31", weights=GUIDE, confidence=0.9)
    assert (found.kpi, found.unit, found.confidence) == ("engagement_score", "points", 0.9)
    assert engagement_score(DONE, half_life_days=30, as_of="2026-03-31", weights=GUIDE).confidence == 0.95
    # Fractional half-lives, and one so short that nothing is left of yesterday.
    assert float(engagement_score(demo, half_life_days=0.5, as_of=day(1))) == 10
    assert float(engagement_score(demo, half_life_days=5e-324, as_of=day(1))) == 0
    assert float(engagement_score(demo, half_life_days=5e-324, as_of=day(0))) == 40


@given(
    rows=rows_of_activities,
    half_life=st.sampled_from([7, 0.5, {"download": 60, "page view": 14, "webinar": 90.5}]),
    until=st.integers(-1, 45),
    weighted=st.booleans(),
)
def test_scores_are_those_of_what_is_known_and_never_look_ahead(rows, half_life, until, weighted):
    totals: dict[Any, float] = {}
    lost = {"after as_of": sum(row[2] > until for row in rows)}
    past = [row for row in rows if row[2] <= until]
    for _, kind, number, minutes, _, tier in past:
        figure = GUIDE[kind] if weighted else minutes
        if figure is None:
            lost["no minutes"] = lost.get("no minutes", 0) + 1
            continue
        own = half_life[kind] if isinstance(half_life, dict) else half_life
        totals[tier] = totals.get(tier, 0) + figure * 0.5 ** ((until - number) / own)
    options: dict[str, Any] = {"half_life_days": half_life, "as_of": day(until)}
    options["weights"] = GUIDE if weighted else None
    found = engagement_score(table_of(rows), by="tier", **options)
    assert values(found) == pytest.approx(totals)
    assert found.excluded == {reason: count for reason, count in lost.items() if count}
    alone = engagement_score(table_of(past), by="tier", **options)
    np.testing.assert_allclose(
        (alone.value, alone.low, alone.high), (found.value, found.low, found.high), rtol=1e-12, atol=1e-12
    )
    assert alone.labels == found.labels


def test_a_day_before_the_first_activity_has_nothing_and_says_why():
    found = engagement_score(DONE, half_life_days=30, as_of="2025-12-31", weights=GUIDE)
    assert float(found) == 0
    assert found.excluded == {"after as_of": 5}
    assert "every activity is after as_of; the first is of 2026-01-12" in found.notes
    assert "there are no activities" in engagement_score(Activities.empty(), half_life_days=3, as_of=FIRST).notes
    # Where some are known there is nothing to explain.
    known = engagement_score(DONE, half_life_days=30, as_of="2026-03-05", weights=GUIDE, role_multipliers={"CFO": 2})
    assert known.notes == (f"variant: half-life 30 days; by kind {GUIDE}; by role {{'CFO': 2}}",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"half_life_days": 0}, "half_life_days must be a number in (0, inf); got 0"),
        ({"half_life_days": math.inf}, "half_life_days must be a number in (0, inf); got inf"),
        (
            {"half_life_days": {"webinar": 0}},
            "half_life_days['webinar'] must be a number in (0, inf); got 0",
        ),
        (
            {"half_life_days": {"webinar": 90}},
            (
                "half_life_days must have a figure for every kind of the activities (it has ['webinar']); "
                "got none for 'page view'"
            ),
        ),
        (
            {"weights": {"demo": 3}},
            ("weights must have a figure for every kind of the activities (it has ['demo']); got none for 'webinar'"),
        ),
        ({"as_of": "2026-03-31 10:00"}, "as_of must be a day, which counts to its end; got 2026-03-31T10:00:00"),
    ],
)
def test_scores_that_cannot_be_are_refused(options, message):
    given = {"half_life_days": 30, "as_of": "2026-03-01", "weights": GUIDE, **options}
    assert refused(engagement_score, DONE, **given) == message


def test_kinds_that_come_later_need_no_weight_yet():
    later = {"half_life_days": {"webinar": 30}, "weights": {"webinar": 30}, "as_of": "2026-01-31"}
    assert float(engagement_score(DONE, **later)) == pytest.approx(30 * 2 ** (-19 / 30))


# --- History ----------------------------------------------------------------------------------------------------------


@given(
    rows=rows_of_activities,
    numbers=st.sets(st.integers(-2, 45), min_size=1, max_size=5).map(sorted),
    half_life=st.sampled_from([7, {"download": 60, "page view": 14, "webinar": 90.5}]),
)
def test_a_history_is_what_each_day_alone_says(rows, numbers, half_life):
    table = table_of(rows)
    history = engagement_history(table, dates=[day(number) for number in numbers], half_life_days=half_life)
    assert history.account == tuple(sorted({row[0] for row in rows if row[2] <= numbers[-1]} - {None}))
    assert history.score.shape == (len(history.account), len(numbers))
    named = table.where(~table.account.missing())
    for place, number in enumerate(numbers):
        alone = values(engagement_score(named, half_life_days=half_life, as_of=day(number), by="account"))
        # Exactly: the same figures are summed in the same order.
        assert dict(zip(history.account, history.score[:, place].tolist(), strict=True)) == {
            account: alone.get(account, 0.0) for account in history.account
        }
    known = [row for row in rows if row[2] <= numbers[-1]]
    lost = {
        "no account": sum(row[0] is None for row in known),
        "after as_of": len(rows) - len(known),
        "no minutes": sum(row[0] is not None and row[3] is None for row in known),
    }
    assert history.excluded == {reason: count for reason, count in lost.items() if count}


def test_a_history_can_become_a_frame():
    history = engagement_history(
        DONE, dates=["2026-01-12", "2026-02-11"], half_life_days=30, weights=GUIDE, role_multipliers={"CFO": 2}
    )
    assert repr(history) == "EngagementHistory(1 account, 2 days: 2026-01-12 to 2026-02-11)"
    told = history.to_dict()
    assert told["account"] == ["Acme", "Acme"]
    assert told["as_of"] == [dt.date(2026, 1, 12), dt.date(2026, 2, 11)]
    assert told["score"] == pytest.approx([60, 30 + 30 * 2 ** (-1 / 30) + 2 ** (-8 / 30)])
    assert history.excluded == {"after as_of": 2}
    next_day = engagement_history(DONE, dates=["2026-01-12", "2026-01-13"], half_life_days=1, weights=GUIDE)
    assert next_day.score.tolist() == [[30, 15]]
    assert engagement_history(DONE, dates="2026-01-13", half_life_days=1, weights=GUIDE).score.tolist() == [[15]]
    with pytest.raises(TypeError):
        type(history)(history.account, history.dates, history.score, history.excluded)
    assert history != next_day


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ([], "dates must be one day or more, each later than the one before; got []"),
        (
            ["2026-01-12", "2026-01-12"],
            "dates must be one day or more, each later than the one before; got ['2026-01-12', '2026-01-12']",
        ),
        (
            ["2026-01-12", "2026-01-11"],
            "dates must be one day or more, each later than the one before; got ['2026-01-12', '2026-01-11']",
        ),
        (
            ["2026-01-12", "2026-01-11", "2026-01-13"],
            (
                "dates must be one day or more, each later than the one before; "
                "got ['2026-01-12', '2026-01-11', '2026-01-13']"
            ),
        ),
    ],
)
def test_days_of_a_history_rise(dates, message):
    assert refused(engagement_history, DONE, dates=dates, half_life_days=30, weights=GUIDE) == message


# --- Engaged accounts -------------------------------------------------------------------------------------------------

LIST = TargetAccounts(account=["Acme", "Beta", "Core", "Dent"], segments={"tier": ["one", "one", "two", "two"]})


def test_engaged_accounts_of_the_example():
    options: dict[str, Any] = {"within_days": 90, "as_of": "2026-03-31", "minutes_by_kind": GUIDE}
    found = engaged_account_rate(LIST, DONE, minimum_minutes=31, **options)
    # Of Acme the page view and the meeting are within 90 days, the webinar too: 12 January is the 79th day back.
    assert quotient(found) == ([2], [4])
    assert (found.kpi, found.unit, found.confidence) == ("engaged_account_rate", "share", 0.95)
    assert values(engaged_account_rate(LIST, DONE, minimum_minutes=1, by="tier", **options)) == {"one": 1, "two": 0.5}
    assert engaged_account_rate(LIST, DONE, minimum_minutes=1, confidence=0.9, **options).confidence == 0.9
    assert float(engaged_account_rate(LIST, DONE, minimum_minutes=1e-9, **options)) == 0.75
    briefly = Activities(account=["Acme"], kind="glance", at="2026-03-31", minutes=[1e-6])
    window: dict[str, Any] = {"minimum_minutes": 1e-6, "within_days": 1, "as_of": "2026-03-31"}
    assert float(engaged_account_rate(LIST, briefly, **window)) == 0.25
    doubled = {"minimum_minutes": 2, **options, "role_multipliers": {"CFO": 2}}
    assert float(engaged_account_rate(LIST, DONE, **doubled)) == 0.75


@given(
    rows=rows_of_activities,
    least=st.sampled_from([0.1, 0.3, 1, 2.6, 30]),
    within=st.integers(1, 20),
    until=st.integers(-1, 45),
    factors=st.sampled_from([None, {"CFO": 2}]),
)
def test_accounts_are_engaged_by_what_they_did_lately(rows, least, within, until, factors):
    if "CFO" not in {row[4] for row in rows}:
        factors = None
    listed = ["A", "B", "D"]
    hundredths = dict.fromkeys(listed, 0)
    lost: dict[str, int] = {}
    for account, _, number, minutes, role, _ in rows:
        if account not in listed:
            reason = "no account" if account is None else "account not on the target list"
        elif number > until:
            reason = "after as_of"
        elif number <= until - within:
            continue
        elif minutes is None:
            reason = "no minutes"
        else:
            hundredths[account] += round(100 * minutes) * (factors or {}).get(role, 1)
            continue
        lost[reason] = lost.get(reason, 0) + 1
    found = engaged_account_rate(
        TargetAccounts(account=listed),
        table_of(rows),
        minimum_minutes=least,
        within_days=within,
        as_of=day(until),
        role_multipliers=factors,
    )
    assert quotient(found) == ([sum(total >= round(100 * least) for total in hundredths.values())], [3])
    assert found.excluded == lost


def test_no_activities_engage_nobody():
    options: dict[str, Any] = {"minimum_minutes": 10, "within_days": 90, "minutes_by_kind": GUIDE}
    early = engaged_account_rate(LIST, DONE, as_of="2025-12-31", **options)
    assert float(early) == 0
    variant = f"variant: 10 minutes in 90 days; by kind {GUIDE}"
    assert early.notes == (variant, "every activity is after as_of; the first is of 2026-01-12")
    nothing = engaged_account_rate(LIST, Activities.empty(), as_of="2025-12-31", **options)
    assert float(nothing) == 0
    assert nothing.notes == (variant, "there are no activities")
    nobody = engaged_account_rate(TargetAccounts.empty(), DONE, as_of="2026-03-31", **options)
    assert nobody.notes == (variant, "undefined: there are no target accounts")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minimum_minutes": 0}, "minimum_minutes must be a number in (0, inf); got 0"),
        ({"within_days": 0}, "within_days must be a whole number >= 1; got 0"),
        ({"within_days": 30.5}, "within_days must be a whole number >= 1; got 30.5"),
        ({"as_of": "2026-03-31 10:00"}, "as_of must be a day, which counts to its end; got 2026-03-31T10:00:00"),
        (
            {"minutes_by_kind": {"dinner": 120}},
            (
                "minutes_by_kind must have a figure for every kind of the activities (it has ['dinner']); "
                "got none for 'webinar'"
            ),
        ),
    ],
)
def test_other_thresholds_are_refused(options, message):
    given = {"minimum_minutes": 10, "within_days": 90, "as_of": "2026-03-31", "minutes_by_kind": GUIDE, **options}
    assert refused(engaged_account_rate, LIST, DONE, **given) == message


def test_minutes_that_cannot_be_summed_exactly_are_refused():
    endless = Activities(account=["Acme"], kind="demo", at="2026-03-30", minutes=[5e12])
    assert refused(engaged_account_rate, LIST, endless, minimum_minutes=1, within_days=9, as_of="2026-03-31") == (
        "minutes must add up to less than 4e12; got 5e+12"
    )
    most = activities.ticks(np.array([4e12, math.nan, 0.1]))
    assert most.tolist() == [4 * 10**18, 0, 100_000]
    assert activities.minutes_of(np.array([100_000])).tolist() == [0.1]


def test_public_names():
    assert set(engagement.__all__) == {
        "Activities",
        "EngagementHistory",
        "engaged_account_rate",
        "engagement_history",
        "engagement_minutes",
        "engagement_score",
    }
