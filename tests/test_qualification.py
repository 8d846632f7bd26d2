import datetime as dt
import math
import random
from typing import Any

import attrs
import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import Activities, Leads, MetricInputError, QualificationRule, TargetAccounts, qualification
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
    return QualificationRule(
        within_days=draw.randint(1, 9), comparison=draw.choice(["at_least", "more_than"]), **given
    )


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
    for _ in range(300):
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
    assert qualified > 60
    assert kept > 4
