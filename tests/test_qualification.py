import datetime as dt
import random
from typing import Any

import attrs
import pytest

import abmmetrics as abm
from abmmetrics import Activities, MetricInputError, QualificationRule, TargetAccounts, qualification
from abmmetrics.qualification import (
    account_qualification_rate,
    qualification_history,
    qualified_accounts,
)

from .deals import quotient, values

FIRST = dt.date(2026, 1, 1)
KINDS = ("ad", "demo", "view", "webinar")
ROLES = ("CFO", "CTO")
TIERS = ("one", "two")
MINUTES = (0, 0.1, 0.2, 1, 2, 2.5, 10)


def day(number):
    return FIRST + dt.timedelta(number)


# --- Accounts against the definition, day by day ----------------------------------------------------------------------


def some_rows(draw):
    """Activities as plain Python holds them; each account has one tier, or none."""
    tiers = {account: draw.choice([*TIERS, None]) for account in "ABC"}
    rows = []
    for _ in range(draw.randrange(24)):
        account = draw.choice(["A", "A", "B", "C", None])
        rows.append(
            {
                "account": account,
                "contact": draw.choice(["p", "q", "r", None]),
                "kind": draw.choice(KINDS),
                "role": draw.choice([*ROLES, None]),
                "at": dt.datetime.combine(day(draw.randrange(16)), dt.time(draw.randrange(24))),
                "minutes": draw.choice([*MINUTES, None]),
                "tier": tiers.get(account),
            }
        )
    return rows


def some_rule(draw):
    """A rule of some of the things that a rule can have."""
    enter = {tier: draw.choice([0.3, 1, 2, 5, 12]) for tier in TIERS}
    people = {tier: draw.randrange(3) for tier in TIERS}
    each = {tier: draw.choice([0, 0.3, 1, 2]) for tier in TIERS}
    leave = {tier: draw.choice([0, enter[tier] / 2, enter[tier]]) for tier in TIERS}
    fewer = {tier: draw.randint(0, people[tier]) for tier in TIERS}
    tiered = draw.random() < 0.3
    chosen = (lambda held: held) if tiered else (lambda held: held["one"])
    given: dict[str, Any] = {"minutes": chosen(enter), "people": chosen(people), "minutes_per_person": chosen(each)}
    if tiered:
        given["segment"] = "tier"
    if draw.random() < 0.7:
        given |= {"exit_minutes": chosen(leave), "exit_people": chosen(fewer)}
    if draw.random() < 0.3:
        given["minutes_by_kind"] = {"ad": 0, "demo": 3, "view": 1, "webinar": 2.5}
    if draw.random() < 0.3:
        given["only_kinds"] = ("demo", "view")
    if draw.random() < 0.3:
        given["excluded_kinds"] = ("ad",)
    if draw.random() < 0.2:
        given["excluded_accounts"] = ("B",)
    if draw.random() < 0.4:
        given["act_now_kinds"] = draw.choice([("demo",), ("demo", "webinar")])
    return QualificationRule(within_days=draw.randint(1, 9), comparison=draw.choice(["at_least", "more_than"]), **given)


def table_of(rows):
    names = ("account", "contact", "kind", "role", "at", "minutes")
    tiers = {row["account"]: row["tier"] for row in rows if row["tier"] is not None}
    targets = TargetAccounts(account=list(tiers), segments={"tier": list(tiers.values())})
    table = Activities.from_frame({name: [row[name] for row in rows] for name in names}, missing="separate")
    return table.with_segments(targets)


def exact(figure):
    """Hundredths, which sum without rounding."""
    return round(figure * 100)


def standing(rows, rule, number):
    """What an account shows on one day: minutes, people, activities that count, act-now kinds, latest first."""
    window = [row for row in rows if number - rule.within_days < (row["at"].date() - FIRST).days <= number]
    counted = [
        row
        for row in window
        if (rule.only_kinds is None or row["kind"] in rule.only_kinds)
        and row["kind"] not in rule.excluded_kinds
        and (rule.minutes_by_kind is not None or row["minutes"] is not None)
    ]
    minutes: dict[Any, int] = {}
    for row in counted:
        figure = row["minutes"] if rule.minutes_by_kind is None else rule.minutes_by_kind[row["kind"]]
        factor = (rule.role_multipliers or {}).get(row["role"], 1)
        minutes[row["contact"]] = minutes.get(row["contact"], 0) + exact(figure) * factor
    urgent = [row for row in window if row["kind"] in rule.act_now_kinds]
    urgent.sort(key=lambda row: (row["at"], -rule.act_now_kinds.index(row["kind"])), reverse=True)
    return minutes, len(counted), [row["kind"] for row in urgent]


def follow(rows, rule, until, barred):
    """An account day by day: whether it is qualified, since when, why, and every time that it was."""
    tier = next((row["tier"] for row in rows if row["tier"] is not None), None)
    judged = not barred and (rule.segment is None or tier is not None)
    label = tier if rule.segment else None

    def reach(figure, name):
        threshold = exact(rule.threshold(name, label))
        return figure > threshold if rule.comparison == "more_than" else figure >= threshold

    qualified, spells, reason, minutes, people = False, [], "", {}, 0
    for number in range((min(row["at"].date() for row in rows) - FIRST).days, until + 1):
        minutes, counted, urgent = standing(rows, rule, number)
        total = sum(minutes.values())
        people = 0
        if rule.segment is None or tier is not None:
            people = sum(reach(own, "minutes_per_person") for who, own in minutes.items() if who is not None)
        enters = judged and reach(total, "minutes") and people >= rule.threshold("people", label)
        stays = judged and reach(total, "exit_minutes") and people >= rule.threshold("exit_people", label)
        acts = bool(urgent) and not barred
        before, qualified = qualified, enters or acts or (qualified and stays)
        if qualified and not before:
            spells.append([day(number), None])
        elif before and not qualified:
            spells[-1][1] = day(number)
        if barred:
            reason = "excluded account"
        elif enters:
            reason = "thresholds reached"
        elif acts:
            reason = f"act now: {urgent[0]}"
        elif qualified:
            reason = "not below the exit thresholds"
        elif not judged:
            reason = "no tier"
        elif counted == 0:
            reason = f"no activity in {rule.within_days} days"
        else:
            few = [
                "minutes" * (not reach(total, "minutes")),
                "people" * (people < rule.threshold("people", label)),
            ]
            reason = "too few " + " and ".join(filter(None, few))
    total = sum(minutes.values()) / 100
    return qualified, total, people, reason, spells


@pytest.mark.parametrize("seed", range(8))
def test_accounts_are_judged_as_day_by_day(seed):
    draw = random.Random(seed)
    qualified = kept = 0
    for _ in range(200):
        rows, rule, until = some_rows(draw), some_rule(draw), draw.randrange(-1, 26)
        if rows and draw.random() < 0.3:
            role = next((row["role"] for row in rows if row["role"]), None)
            rule = attrs.evolve(rule, role_multipliers={role: 2} if role else None)
        table = table_of(rows)
        found = qualified_accounts(table, rule, as_of=day(until))
        history = qualification_history(table, rule, as_of=day(until))
        past = [row for row in rows if row["at"].date() <= day(until)]
        accounts = sorted({row["account"] for row in past} - {None})
        assert list(found.account) == accounts
        spells = []
        for place, account in enumerate(accounts):
            own = [row for row in past if row["account"] == account]
            held, minutes, people, reason, times = follow(own, rule, until, account in rule.excluded_accounts)
            assert (bool(found.qualified[place]), found.reason[place]) == (held, reason)
            assert found.minutes[place] == pytest.approx(minutes, abs=1e-9)
            assert found.people[place] == people
            assert found.last_activity[place] == max(row["at"].date() for row in own)
            since = found.since.tolist()[place]
            assert since == (times[-1][0] if held else None)
            spells += [(account, *time) for time in times]
            qualified += held
            kept += reason == "not below the exit thresholds"
        assert list(zip(*history.to_dict().values(), strict=True)) == spells
        # What is not known yet changes nothing.
        alone = qualified_accounts(table_of(past), attrs.evolve(rule, role_multipliers=None), as_of=day(until))
        if rule.role_multipliers is None:
            assert alone.to_dict() == found.to_dict()
        lost = {
            "no account": sum(row["account"] is None for row in rows),
            "after as_of": sum(row["account"] is not None and row not in past for row in rows),
        }
        assert {reason: found.excluded.get(reason, 0) for reason in lost} == lost
    assert qualified > 40
    assert kept > 2


# --- Examples ---------------------------------------------------------------------------------------------------------


def activities_of(*rows, **more):
    """Activities of rows (account, contact, days since the first one, minutes)."""
    account, contact, number, minutes = zip(*rows, strict=True)
    at = [day(own) for own in number]
    return Activities(
        **{"account": account, "contact": contact, "kind": "webinar", "at": at, "minutes": minutes, **more}
    )


def refused(call, *given, **options):
    with pytest.raises(MetricInputError) as refusal:
        call(*given, **options)
    return str(refusal.value)


def reasons(found):
    return dict(zip(found.account, found.reason, strict=True))


def test_the_published_rules_at_their_thresholds():
    late = day(80)
    two_people = activities_of(("A", "p", 0, 50), ("A", "q", 0, 20), ("A", None, 80, 30), ("B", "p", 0, 80.5))
    more = abm.concat([two_people, activities_of(("B", "q", 0, 19.5))])
    assert qualified_accounts(two_people, abm.ENGAGIO_OUT_OF_THE_BOX, as_of=late).qualified.tolist() == [True, False]
    found = qualified_accounts(more, abm.ENGAGIO_OUT_OF_THE_BOX, as_of=late)
    assert {found: "itself"}[found] == "itself"  # a result is itself and nothing else: its arrays are not compared
    assert reasons(found) == {"A": "thresholds reached", "B": "too few people"}
    assert (found.minutes.tolist(), found.people.tolist()) == ([100, 100], [2, 1])
    # On the 90th day the first day has left the window.
    assert reasons(qualified_accounts(more, abm.ENGAGIO_OUT_OF_THE_BOX, as_of=day(89)))["A"] == "thresholds reached"
    assert reasons(qualified_accounts(more, abm.ENGAGIO_OUT_OF_THE_BOX, as_of=day(90))) == {
        "A": "too few minutes and people",
        "B": "no activity in 90 days",
    }
    at_the_edge = activities_of(("A", "p", 0, 30), ("A", "q", 0, 30), ("B", "p", 0, 51), ("B", "q", 0, 10))
    beyond = activities_of(("A", "p", 0, 30), ("A", "q", 0, 30.1), ("B", "p", 0, 51), ("B", "q", 0, 10.1))
    assert qualified_accounts(at_the_edge, abm.ENGAGIO_STARTER, as_of=late).qualified.tolist() == [False, False]
    assert qualified_accounts(beyond, abm.ENGAGIO_STARTER, as_of=late).qualified.tolist() == [True, True]
    assert reasons(qualified_accounts(at_the_edge, abm.ENGAGIO_STARTER, as_of=late)) == {
        "A": "too few minutes",
        "B": "too few people",
    }


def test_demandbase_s_rule_takes_a_predict_score_instead_of_minutes():
    done = activities_of(("A", None, 0, 100), ("B", None, 0, 99))
    scores = {"B": 84.9, "C": 85, "D": 20}
    found = qualified_accounts(done, abm.DEMANDBASE_QUALIFIED, as_of=day(5), predict=scores)
    assert found.to_dict() == {
        "account": ["A", "B", "C", "D"],
        "qualified": [True, False, True, False],
        "minutes": [100, 99, 0, 0],
        "people": [0, 0, 0, 0],
        "last_activity": [day(0), day(0), None, None],
        "reason": ["thresholds reached", "too few minutes", "predict score", "no activity in 90 days"],
        "since": [day(0), None, None, None],
    }
    both = qualified_accounts(done, abm.DEMANDBASE_QUALIFIED, as_of=day(5), predict={"A": 90, "B": 85})
    assert reasons(both) == {"A": "thresholds reached", "B": "predict score"}
    barred = attrs.evolve(abm.DEMANDBASE_QUALIFIED, excluded_accounts="B")
    assert reasons(qualified_accounts(done, barred, as_of=day(5), predict={"B": 99}))["B"] == "excluded account"
    assert not qualified_accounts(done, barred, as_of=day(5), predict={"B": 99}).qualified[1]
    any_score = attrs.evolve(abm.DEMANDBASE_QUALIFIED, predict_score=0)
    assert qualified_accounts(done, any_score, as_of=day(5), predict={"C": 0}).qualified.tolist() == [True, False, True]


def test_rollworks_s_stages_count_page_views():
    views = activities_of(*[("A", None, number, None) for number in (0, 1, 2)], ("B", None, 2, None), kind="page view")
    other = activities_of(("C", None, 2, 500))
    done = abm.concat([views, other])
    assert qualified_accounts(done, abm.ROLLWORKS_ENGAGED, as_of=day(29)).qualified.tolist() == [True, False, False]
    assert qualified_accounts(done, abm.ROLLWORKS_ENGAGED, as_of=day(30)).qualified.tolist() == [False, False, False]
    aware = qualified_accounts(done, abm.ROLLWORKS_AWARE, as_of=day(31))
    assert reasons(aware) == {
        "A": "thresholds reached",
        "B": "thresholds reached",
        "C": "no activity in 30 days",
    }
    assert aware.last_activity[2] == day(2)


def test_an_account_stays_until_it_falls_below_its_exits():
    done = activities_of(("A", "p", 0, 60), ("A", "p", 5, 50), ("A", "p", 10, 50), ("A", "p", 12, 1))
    rule = QualificationRule(minutes=100, within_days=10, exit_minutes=51)
    # In the window: 60, from day 5 110, from day 10 100, 101; from day 15 only 51, from day 20 only 1.
    history = qualification_history(done, rule, as_of=day(40))
    assert history.to_dict() == {"account": ["A"], "entered": [day(5)], "left": [day(20)]}
    assert repr(history) == "QualificationHistory(1 time, 1 account, until 2026-02-10)"
    assert reasons(qualified_accounts(done, rule, as_of=day(19))) == {"A": "not below the exit thresholds"}
    without = attrs.evolve(rule, exit_minutes=None)
    assert qualification_history(done, without, as_of=day(40)).to_dict()["left"] == [day(15)]
    # Until the last day that is looked at it goes on.
    assert qualification_history(done, rule, as_of=day(19)).to_dict()["left"] == [None]
    forever = attrs.evolve(rule, exit_minutes=0)
    assert qualification_history(done, forever, as_of=day(400)).to_dict()["left"] == [None]
    assert qualified_accounts(done, forever, as_of=day(400)).since.tolist() == [day(5)]
    # With an exit that has to be exceeded, nobody stays who has nothing left.
    exceeded = attrs.evolve(forever, comparison="more_than")
    assert qualification_history(done, exceeded, as_of=day(400)).to_dict()["left"] == [day(22)]


def test_thresholds_of_fractions_of_minutes_are_exact():
    # In floating point 0.1 + 0.2 exceeds 0.3, and ten times 0.1 falls short of 1.
    rule = QualificationRule(minutes=0.3, within_days=5, comparison="more_than")
    assert not qualified_accounts(activities_of(("A", "p", 0, 0.1), ("A", "p", 0, 0.2)), rule, as_of=day(1)).qualified
    tenths = activities_of(*[("A", "p", 0, 0.1)] * 10)
    assert qualified_accounts(tenths, QualificationRule(minutes=1, within_days=5), as_of=day(1)).qualified
    least = QualificationRule(minutes=1e-9, within_days=5)
    assert reasons(qualified_accounts(activities_of(("A", "p", 0, 0)), least, as_of=day(1))) == {"A": "too few minutes"}

    briefly = activities_of(("A", "p", 0, 1e-6))
    assert qualified_accounts(briefly, least, as_of=day(1)).qualified
    assert qualified_accounts(briefly, attrs.evolve(least, minutes=1e-6), as_of=day(1)).qualified


def test_results_are_told_apart_by_what_they_are():
    found = qualified_accounts(activities_of(("A", "p", 0, 60)), abm.ENGAGIO_STARTER, as_of=day(0))
    history = qualification_history(activities_of(("A", "p", 0, 60)), abm.ENGAGIO_STARTER, as_of=day(0))
    for result in (found, history):
        values_of = [getattr(result, field.name) for field in attrs.fields(type(result))]
        with pytest.raises(TypeError):
            type(result)(*values_of)
        assert result != attrs.evolve(result)
    assert len(found) == 1


def test_days_before_1970_are_days_too():
    done = Activities(account="A", kind="view", at=["1969-12-30", "1970-01-01"], minutes=[1, 2])
    history = qualification_history(done, QualificationRule(minutes=2, within_days=2), as_of="1970-01-09")
    assert history.to_dict() == {"account": ["A"], "entered": [dt.date(1970, 1, 1)], "left": [dt.date(1970, 1, 3)]}


def test_the_latest_act_now_is_told_and_exclusions_come_first():
    done = Activities(
        account=["A", "A", "B", "C"],
        kind=["demo", "call", "call", "demo"],
        at=["2026-01-05T09:00", "2026-01-05T08:00", "2026-01-05", "2026-01-05"],
        minutes=1,
    )
    rule = QualificationRule(minutes=5, within_days=3, act_now_kinds=("call", "demo"), excluded_accounts="B")
    found = qualified_accounts(done, rule, as_of="2026-01-07")
    assert reasons(found) == {"A": "act now: demo", "B": "excluded account", "C": "act now: demo"}
    assert found.qualified.tolist() == [True, False, True]
    assert found.since.tolist() == [dt.date(2026, 1, 5), None, dt.date(2026, 1, 5)]
    # The window closes: an override alone does not keep an account.
    assert not qualified_accounts(done, rule, as_of="2026-01-08").qualified.any()
    # Of two at one moment the one that the rule names first is told.
    twice = Activities(account="A", kind=["demo", "call"], at="2026-01-05", minutes=1)
    assert reasons(qualified_accounts(twice, rule, as_of="2026-01-07")) == {"A": "act now: call"}
    # An act-now activity counts for minutes like any other, or not if its kind does not count.
    quick = attrs.evolve(rule, minutes=1, only_kinds="call")
    assert qualified_accounts(done, quick, as_of="2026-01-07").minutes.tolist() == [1, 1, 0]


def test_nothing_to_see_is_explained():
    done = activities_of(("A", "p", 5, 60))
    early = qualified_accounts(done, abm.ENGAGIO_STARTER, as_of=day(4))
    assert len(early) == 0
    assert early.notes == ("every activity is after as_of; the first is of 2026-01-06",)
    assert early.excluded == {"after as_of": 1}
    assert repr(early) == (
        "Qualification(0 of 0 accounts as of 2026-01-05)\n"
        "  note: every activity is after as_of; the first is of 2026-01-06\n"
        "  left out: 1 row, after as_of"
    )
    assert qualification_history(done, abm.ENGAGIO_STARTER, as_of=day(4)).notes == early.notes
    empty = Activities(account=[], contact=[], kind=[], at=[], minutes=[])
    nothing = qualified_accounts(empty, abm.ENGAGIO_STARTER, as_of=day(4))
    assert nothing.notes == ("there are no activities",)
    assert all(column == [] for column in nothing.to_dict().values())


def test_what_is_left_out_is_counted_once():
    done = Activities.from_frame(
        {
            "account": [None, "A", "A", "A", None],
            "contact": ["p"] * 5,
            "kind": ["view", "view", "ad", "view", "view"],
            "at": [day(0), day(0), day(0), day(9), day(9)],
            "minutes": [None, None, None, None, 3],
        },
        missing="separate",
    )
    rule = QualificationRule(minutes=5, within_days=3, excluded_kinds="ad")
    lost = {"no account": 2, "after as_of": 1, "no minutes": 1}
    assert qualified_accounts(done, rule, as_of=day(5)).excluded == lost
    assert qualification_history(done, rule, as_of=day(5)).excluded == lost
    targets = TargetAccounts(account=["A", "B"])
    found = account_qualification_rate(targets, done, rule, as_of=day(5))
    assert found.excluded == lost


def test_names_that_nothing_is_known_of_are_told():
    done = activities_of(("A", "p", 0, 60), kind="view")
    rule = QualificationRule(
        minutes=5, within_days=3, act_now_kinds="demo", excluded_kinds=("ad", "view"), excluded_accounts=("A", "Z")
    )
    notes = (
        "no activity is of the kind 'ad', but ['view']",
        "no activity is of the kind 'demo', but ['view']",
        "no account is called 'Z'",
    )
    assert qualified_accounts(done, rule, as_of=day(0)).notes == notes
    only = QualificationRule(minutes=5, within_days=3, only_kinds=("view", "page view"))
    assert qualified_accounts(done, only, as_of=day(0)).notes == (
        "no activity is of the kind 'page view', but ['view']",
    )
    targets = TargetAccounts(account=["A", "Z"])
    assert account_qualification_rate(targets, done, rule, as_of=day(0)).notes == (f"variant: {rule}", *notes[:2])


# --- Rate -------------------------------------------------------------------------------------------------------------


def test_the_rate_is_of_target_accounts():
    targets = TargetAccounts(account=["D", "A", "B", "C"], segments={"tier": ["one", "one", "two", "two"]})
    done = activities_of(("A", "p", 0, 60), ("B", "p", 0, 60), ("B", "p", 2, 60), ("Z", "p", 0, 600))
    rule = QualificationRule(minutes={"one": 50, "two": 100}, segment="tier", within_days=30, predict_score=90)
    found = account_qualification_rate(targets, done, rule, as_of=day(1), confidence=0.9)
    assert quotient(found) == ([1], [4])
    assert (found.kpi, found.unit, found.confidence) == ("account_qualification_rate", "share", 0.9)
    assert found.excluded == {"account not on the target list": 1, "after as_of": 1}
    assert found.method == "Wilson score, one trial for each account"
    later = account_qualification_rate(targets, done, rule, as_of=day(2), by="tier", predict={"C": 90, "Z": 99})
    assert values(later) == {"one": 0.5, "two": 1.0}
    assert later.confidence == 0.95
    nobody = account_qualification_rate(TargetAccounts.empty(), done, abm.ENGAGIO_STARTER, as_of=day(2))
    assert nobody.notes == (f"variant: {abm.ENGAGIO_STARTER}", "undefined: there are no target accounts")


@pytest.mark.parametrize("seed", range(3))
def test_the_rate_counts_the_accounts_that_qualify(seed):
    draw = random.Random(seed)
    for _ in range(50):
        rows, rule, until = some_rows(draw), some_rule(draw), draw.randrange(26)
        table = table_of(rows)
        listed = draw.sample("ABCD", 3)
        found = qualified_accounts(table, rule, as_of=day(until))
        qualified = {account for account, held in zip(found.account, found.qualified, strict=True) if held}
        rate = account_qualification_rate(TargetAccounts(account=listed), table, rule, as_of=day(until))
        assert quotient(rate) == ([len(qualified & set(listed))], [3])


def test_a_target_s_tier_is_the_target_list_s():
    targets = TargetAccounts(account=["A"], segments={"tier": ["one"]})
    done = activities_of(("A", "p", 0, 60), segments={"tier": ["two"]})
    rule = QualificationRule(minutes={"one": 50, "two": 100}, segment="tier", within_days=30)
    assert float(account_qualification_rate(targets, done, rule, as_of=day(1))) == 1
    plain = TargetAccounts(account=["A"])
    assert float(account_qualification_rate(plain, done, rule, as_of=day(1))) == 0


# --- Refusals ---------------------------------------------------------------------------------------------------------

TIERED = QualificationRule(minutes={"one": 50, "two": 100}, segment="tier", within_days=30)
DONE = activities_of(("A", "p", 0, 60), ("A", "p", 5, 60), segments={"tier": ["one", "one"]})


@pytest.mark.parametrize(
    ("done", "rule", "options", "message"),
    [
        (
            DONE,
            TIERED,
            {"as_of": "2026-01-05T10:00"},
            "as_of must be a day, which counts to its end; got 2026-01-05T10:00:00",
        ),
        (
            activities_of(("A", "p", 0, 60)),
            TIERED,
            {},
            "rule must name a segment of the activities, one of []; got 'tier'",
        ),
        (
            activities_of(("A", "p", 0, 60), segments={"tier": ["three"]}),
            TIERED,
            {},
            "rule must have thresholds for every tier (it has ['one', 'two']); got none for 'three'",
        ),
        (
            activities_of(
                ("B", "p", 0, 6), ("A", "p", 0, 60), ("A", "p", 1, 6), segments={"tier": ["one", "two", "one"]}
            ),
            TIERED,
            {},
            "tier must be the same in all activities of an account; got 'one' and 'two' of 'A'",
        ),
        (
            Activities(account="A", kind="view", at=[day(0)], minutes=[3]),
            abm.ENGAGIO_STARTER,
            {},
            "Activities must have the column contact for this KPI; got ['account', 'kind', 'at', 'minutes']",
        ),
        (
            Activities(account=["A", "B"], kind="view", at=[day(0)] * 2, minutes=3, segments={"tier": ["one", "two"]}),
            attrs.evolve(TIERED, people={"one": 0, "two": 1}),
            {},
            "Activities must have the column contact for this KPI; got ['account', 'kind', 'at', 'minutes']",
        ),
        (
            Activities(account="A", kind="view", at=[day(0)]),
            abm.DEMANDBASE_QUALIFIED,
            {},
            "Activities must have the column minutes for this KPI; got ['account', 'kind', 'at']",
        ),
        (
            DONE,
            QualificationRule(minutes=5, within_days=3, minutes_by_kind={"demo": 40}),
            {},
            "minutes_by_kind must have a figure for every kind of the activities (it has ['demo']); got none for 'webinar'",
        ),
        (
            DONE,
            abm.ENGAGIO_STARTER,
            {"predict": {"A": 90}},
            "predict must be for a rule with a predict_score; got a rule without one",
        ),
        (
            DONE,
            abm.DEMANDBASE_QUALIFIED,
            {"predict": {"A": 101}},
            "predict['A'] must be a number in [0, 100]; got 101",
        ),
        (
            DONE,
            abm.DEMANDBASE_QUALIFIED,
            {"predict": {"A": -1}},
            "predict['A'] must be a number in [0, 100]; got -1",
        ),
        (
            DONE,
            abm.DEMANDBASE_QUALIFIED,
            {"predict": {7: 90}},
            "predict must name accounts by text, as the other accounts are; got whole numbers",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(done, rule, options, message):
    given = {"as_of": day(9), **options}
    assert refused(qualified_accounts, done, rule, **given) == message
    assert refused(account_qualification_rate, TargetAccounts(account=["A", "B"]), done, rule, **given) == message
    if "predict" not in given:
        assert refused(qualification_history, done, rule, **given) == message


def test_labels_of_later_activities_do_not_matter_yet():
    done = activities_of(("A", "p", 0, 60), ("A", "p", 5, 60), segments={"tier": ["one", "three"]})
    assert qualified_accounts(done, TIERED, as_of=day(4)).qualified.tolist() == [True]


def test_public_names():
    assert set(qualification.__all__) == {
        "Qualification",
        "QualificationHistory",
        "account_qualification_rate",
        "qualification_history",
        "qualified_accounts",
    }
