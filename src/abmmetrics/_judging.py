"""Judges accounts by a qualification rule: from activities to who is qualified, since when and why."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels
from abmmetrics._standing import Course, Events, Levels, follow
from abmmetrics.activities import Activities, minutes_of, ticks
from abmmetrics.columns import Amounts, Dates
from abmmetrics.rules import THRESHOLDS, QualificationRule

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@attrs.frozen(eq=False)
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
    barred = np.array([name in rule.excluded_accounts for name in names], dtype=bool)
    known = account >= 0
    lost = {reason: rows & known for reason, rows in lost.items()}
    usable = keep & known
    kinds = _labels.as_python_list(activities.kind.categories)
    counted = usable & np.array([*rule.counted_kinds(kinds), False])[activities.kind.codes()]
    minutes = activities.weighed("minutes_by_kind", rule.minutes_by_kind, rule.role_multipliers, counted)
    lost["no minutes"] = counted & np.isnan(minutes)
    counted &= ~lost["no minutes"]
    urgent = usable & activities.kind.isin(rule.act_now_kinds)
    urgent[urgent] = ~barred[account[urgent]]
    label = _label_of_each(activities, account, usable, names, rule)
    levels = _levels(rule, label, barred)
    rows = np.flatnonzero(counted | urgent)
    numbers = activities.days().astype(np.int64)
    events = Events(
        account[rows],
        _contacts(activities, levels)[rows],
        numbers[rows],
        ticks(minutes)[rows],
        counted[rows],
        urgent[rows],
    )
    until = int(day.astype(np.int64))
    course = follow(events, rule.within_days, levels, until)
    last = course.last()

    def each(figures: NDArray[Any]) -> NDArray[Any]:
        spread = np.zeros(len(names), dtype=figures.dtype)
        spread[last.account] = figures
        return spread

    since = np.full(len(names), np.datetime64("NaT"), dtype="datetime64[D]")
    spell_of, entered, _, goes_on = course.spells()
    since[spell_of[goes_on]] = entered[goes_on].astype("datetime64[D]")
    latest = np.full(len(names), np.datetime64("NaT"), dtype="datetime64[D]")
    np.fmax.at(latest, account[usable], activities.days()[usable])
    score = np.array([predict.get(name, -1.0) for name in names])  # -1: none
    predicted = np.zeros(len(names), dtype=bool)
    if rule.predict_score is not None:
        predicted = (score >= rule.predict_score) & ~barred
    held = each(last.qualified)
    now = {
        "excluded account": barred,
        "thresholds reached": each(last.enters),
        **_act_now(activities, account, urgent & (numbers > until - rule.within_days), len(names), rule),
        "not below the exit thresholds": held,
        "predict score": predicted,
        f"no {rule.segment}": (label < 0) if rule.segment is not None else barred,
        f"no activity in {rule.within_days} days": each(last.activities) == 0,
        "too few minutes and people": ~levels.reach(each(last.ticks), levels.ticks)
        & (each(last.people) < levels.people),
        "too few minutes": ~levels.reach(each(last.ticks), levels.ticks),
    }
    return Judged(
        seen=~np.isnat(latest) | (score >= 0),
        qualified=held | predicted,
        minutes=minutes_of(each(last.ticks)),
        people=each(last.people),
        last_activity=latest,
        since=since,
        reason=np.select(list(now.values()), [np.array(name, dtype=object) for name in now], "too few people"),
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
    places = [known.index(name) if name in known else -1 for name in _labels.as_python_list(labels.categories)]
    place = np.array([*places, -1])[labels.codes()]
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
    """Return the thresholds of each account; one that is barred or has no label is not judged by any."""
    labels = rule.labels() or (None,)
    held = {name: np.array([rule.threshold(name, own) for own in labels])[label] for name in THRESHOLDS}
    return Levels(
        # Not even a threshold below what is told apart holds of no minutes at all.
        ticks=np.maximum(ticks(held["minutes"]), 1),
        people=held["people"].astype(np.int64),
        ticks_each=ticks(held["minutes_per_person"]),
        exit_ticks=ticks(held["exit_minutes"]),
        exit_people=held["exit_people"].astype(np.int64),
        more_than=rule.comparison == "more_than",
        judged=(label >= 0) & ~barred,
    )


def _contacts(activities: Activities, levels: Levels) -> Integers:
    """Return the code of each activity's contact, -1 where nobody knows; a rule that asks for people needs them."""
    if activities.contact is None and not levels.people.any():
        return np.full(len(activities), -1)
    contacts: Any = activities.column("contact")
    codes: Integers = contacts.codes()
    return codes


def _act_now(
    activities: Activities, account: Integers, urgent: Flags, accounts: int, rule: QualificationRule
) -> dict[str, Flags]:
    """Return for each kind that qualifies at once the accounts whose latest such activity is of it."""
    kinds = rule.act_now_kinds
    latest = np.full((len(kinds) + 1, accounts), np.iinfo(np.int64).min)
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
