"""Judges accounts by a qualification rule: from activities to who is qualified, since when and why."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels
from abmmetrics._standing import OUT_OF_REACH, Course, Events, Levels, follow
from abmmetrics.activities import Activities, minutes_of, ticks
from abmmetrics.columns import Amounts, Dates
from abmmetrics.rules import THRESHOLDS, QualificationRule

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Judged:
    """How accounts stand on a day, an entry for each by position.

    Attributes:
        seen: accounts with an activity until the day, or a predict score.
        qualified: accounts that are qualified.
        minutes: of each in the window.
        people: who reached their minutes in it.
        last_activity: the day of the latest activity; NaT for none.
        since: the day from which an account is qualified; NaT for none.
        reason: why it is, or is not.
        course: how the accounts stood until then.
        lost: activities that are left out, by reason.
        remarks: what a reader must know.
    """

    seen: Flags
    qualified: Flags
    minutes: Amounts
    people: Integers
    last_activity: Dates
    since: Dates
    reason: NDArray[Any]
    course: Course
    lost: Mapping[str, Flags]
    remarks: list[str]


def judge(  # noqa: PLR0917 - what a judgement rests on
    activities: Activities,
    account: Integers,
    names: Sequence[Any],
    rule: QualificationRule,
    day: np.datetime64,
    predict: Mapping[Any, float],
) -> Judged:
    """Judge accounts as of a day.

    Args:
        activities: what people did.
        account: the position of each activity's account; -1 for activities that do not matter.
        names: the accounts.
        rule: the rule.
        day: the day.
        predict: account to its predict score.
    """
    keep, lost = activities.up_to(day)
    usable = keep & (account >= 0)
    lost = {reason: rows & (account >= 0) for reason, rows in lost.items()}
    barred = np.array([name in rule.excluded_accounts for name in names], dtype=bool)
    kinds = _labels.as_python_list(activities.kind.categories)
    counted = usable & np.array(rule.counted_kinds(kinds), dtype=bool)[activities.kind.codes()]
    minutes = activities.weighed("minutes_by_kind", rule.minutes_by_kind, rule.role_multipliers, counted)
    lost["no minutes"] = counted & np.isnan(minutes)
    counted &= ~lost["no minutes"]
    urgent = usable & activities.kind.isin(rule.act_now_kinds)
    urgent[urgent] = ~barred[account[urgent]]
    label = _label_of_each(activities, account, usable, names, rule)
    levels = _levels(rule, label, barred)
    contacts, days = _contacts(activities, levels), activities.days()
    number, until = days.astype(np.int64), int(day.astype(np.int64))
    rows = counted | urgent
    events = Events(
        account=account[rows],
        contact=contacts[rows],
        day=number[rows],
        ticks=ticks(minutes[rows]),
        counted=counted[rows],
        urgent=urgent[rows],
    )
    course = follow(events, rule.within_days, levels, until)
    now = course.last(len(names))
    since, latest = (np.full(len(names), np.datetime64("NaT"), dtype="datetime64[D]") for _ in range(2))
    place, entered, _, goes_on = course.spells()
    since[place[goes_on]] = entered[goes_on].astype("datetime64[D]")
    np.fmax.at(latest, account[usable], days[usable])
    score = np.array([predict.get(name, -1.0) for name in names])  # mutation: equivalent, below 0 is none
    predicted = np.zeros(len(names), dtype=bool)
    if rule.predict_score is not None:
        predicted = (score >= rule.predict_score) & ~barred
    few_minutes, few_people = ~levels.reach(now.ticks, levels.ticks), now.people < levels.people
    reasons = {
        "excluded account": barred,
        "thresholds reached": now.enters,
        **_act_now(activities, account, urgent & (number > until - rule.within_days), len(names), rule),
        "not below the exit thresholds": now.qualified,
        "predict score": predicted,
        f"no {rule.segment}": label < 0,
        f"no activity in {rule.within_days} days": now.activities == 0,
        "too few minutes and people": few_minutes & few_people,
        "too few minutes": few_minutes,
    }
    return Judged(
        seen=~np.isnat(latest) | (score >= 0),
        qualified=now.qualified | predicted,
        minutes=minutes_of(now.ticks),
        people=now.people,
        last_activity=latest,
        since=since,
        reason=np.select(list(reasons.values()), [np.array(why, dtype=object) for why in reasons], "too few people"),
        course=course,
        lost=lost,
        remarks=[*activities.silence(keep), *_unknown(activities, rule, names)],
    )


def _label_of_each(
    activities: Activities, account: Integers, usable: Flags, names: Sequence[Any], rule: QualificationRule
) -> Integers:
    """Return the place of each account's label among those that the rule's thresholds are for; -1 for none."""
    if rule.segment is None:
        return np.zeros(len(names), dtype=np.int64)
    if rule.segment not in activities.segments:
        raise _checks.refuse(
            "rule", f"name a segment of the activities, one of {list(activities.segments)}", rule.segment
        )
    labels, known = activities.segments[rule.segment], rule.labels()
    for label in _labels.occurring(labels.where(usable)):
        if label not in known:
            lacking = _checks.phrase(f"none for {label!r}")
            raise _checks.refuse("rule", f"have thresholds for every {rule.segment} (it has {known})", lacking)
    place_of = {label: place for place, label in enumerate(known)}
    places = [
        place_of.get(name, -1) for name in _labels.as_python_list(labels.categories)
    ]  # mutation: equivalent, below 0
    place = np.array([*places, -1])[labels.codes()]  # mutation: equivalent, below 0 is none
    rows = usable & (place >= 0)
    least, most = np.full(len(names), len(known)), np.full(len(names), -1)
    np.minimum.at(least, account[rows], place[rows])
    np.maximum.at(most, account[rows], place[rows])
    torn = np.flatnonzero(least < most)
    if len(torn):
        first = int(torn[0])
        both = _checks.phrase(f"{known[least[first]]!r} and {known[most[first]]!r} of {names[first]!r}")
        raise _checks.refuse(rule.segment, "be the same in all activities of an account", both)
    return most


def _levels(rule: QualificationRule, label: Integers, barred: Flags) -> Levels:
    """Return the thresholds of each account, out of reach for one that is barred or has no label."""
    labels = rule.labels() or (None,)
    given = {name: np.array([rule.threshold(name, own) for own in labels]) for name in THRESHOLDS}
    held = {name: (figures if name.endswith("people") else ticks(figures))[label] for name, figures in given.items()}
    nowhere = label < 0
    return Levels(
        # Not even a threshold below what is told apart holds of no minutes at all.
        ticks=np.where(barred | nowhere, OUT_OF_REACH, np.maximum(held["minutes"], 1)),
        people=held["people"],
        ticks_each=np.where(nowhere, OUT_OF_REACH, held["minutes_per_person"]),
        exit_ticks=np.where(barred | nowhere, OUT_OF_REACH, held["exit_minutes"]),
        exit_people=held["exit_people"],
        more_than=rule.comparison == "more_than",
    )


def _contacts(activities: Activities, levels: Levels) -> Integers:
    """Return the code of each activity's contact, -1 where nobody knows; a rule that asks for people needs them."""
    if activities.contact is None and not levels.people.any():
        return np.full(len(activities), -1)  # mutation: equivalent, below 0 is nobody
    contacts: Any = activities.column("contact")
    codes: Integers = contacts.codes()
    return codes


def _act_now(
    activities: Activities, account: Integers, urgent: Flags, accounts: int, rule: QualificationRule
) -> dict[str, Flags]:
    """Return for each kind that qualifies at once the accounts whose latest such activity is of it."""
    kinds = rule.act_now_kinds
    # The first row is that of no kind at all.
    latest = np.full((len(kinds) + 1, accounts), np.iinfo(np.int64).min)  # mutation: equivalent, so are more rows
    for place, kind in enumerate(kinds, start=1):
        rows = urgent & (activities.kind == kind)
        np.maximum.at(latest[place], account[rows], activities.at.view(np.int64)[rows])
    which = latest.argmax(axis=0)
    return {f"act now: {kind}": which == place for place, kind in enumerate(kinds, start=1)}


def _unknown(activities: Activities, rule: QualificationRule, names: Sequence[Any]) -> list[str]:
    """Say which kinds and accounts of the rule nothing is known of."""
    kinds = _labels.occurring(activities.kind)
    asked = dict.fromkeys((*(rule.only_kinds or ()), *rule.excluded_kinds, *rule.act_now_kinds))
    strangers = [f"no activity is of the kind {kind!r}, but {kinds[:20]}" for kind in asked if kind not in kinds]
    return strangers + [f"no account is called {name!r}" for name in rule.excluded_accounts if name not in names]
