"""Qualification of accounts: enough attention, of enough people, lately enough."""

from collections.abc import Mapping
from typing import Any, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading, estimation
from abmmetrics._judging import judge
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up, count_rows, same_kind, target_rows
from abmmetrics.activities import Activities
from abmmetrics.columns import Amounts, Dates
from abmmetrics.results import Estimate
from abmmetrics.rules import QualificationRule
from abmmetrics.tables import By, Table

__all__ = [
    "Qualification",
    "QualificationHistory",
    "account_qualification_rate",
    "qualification_history",
    "qualified_accounts",
]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Qualification:
    """Which accounts were qualified on a day, and why.

    Columns have an entry for each account, in the order of their names.

    Attributes:
        account: the accounts that had done anything by the day, or have a predict score.
        qualified: which of them were qualified.
        minutes: of each in the window.
        people: who reached their minutes in it.
        last_activity: the day of the latest activity of any kind; NaT for none.
        reason: what was missing, or the override that applied, or that the thresholds were reached.
        since: the day from which the account has been qualified without a break; NaT where it is not, or where only
            a predict score says so, which has no history.
        as_of: the day.
        rule: the rule.
        excluded: reason to the number of activities left out.
        notes: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(
        ...     account=["Acme", "Beta"], contact=["Ada", "Bo"], kind="webinar", at="2026-03-09", minutes=[70, 20]
        ... )
        >>> rule = abm.QualificationRule(minutes=60, within_days=30)
        >>> found = abm.qualified_accounts(activities, rule, as_of="2026-03-31")
        >>> found
        Qualification(1 of 2 accounts as of 2026-03-31)
        >>> found.to_dict()["reason"]
        ['thresholds reached', 'too few minutes']
    """

    account: tuple[Label, ...]
    qualified: NDArray[np.bool_]
    minutes: Amounts
    people: NDArray[np.int64]
    last_activity: Dates
    reason: tuple[str, ...]
    since: Dates
    as_of: np.datetime64
    rule: QualificationRule
    excluded: Mapping[str, int]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Number of accounts."""
        return len(self.account)

    def __repr__(self) -> str:
        """Say how many qualified, and what to know."""
        accounts = _checks.how_many(len(self), "accounts")
        lines = [f"Qualification({int(self.qualified.sum()):,} of {accounts} as of {self.as_of})"]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  left out: {_checks.how_many(count, 'rows')}, {reason}" for reason, count in self.excluded.items()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return a row for each account as columns, for any frame's constructor; None for no day."""
        return {
            "account": list(self.account),
            "qualified": self.qualified.tolist(),
            "minutes": self.minutes.tolist(),
            "people": self.people.tolist(),
            "last_activity": self.last_activity.tolist(),
            "reason": list(self.reason),
            "since": self.since.tolist(),
        }


def qualified_accounts(
    activities: Activities,
    rule: QualificationRule,
    *,
    as_of: Any,  # noqa: ANN401 - any kind of date
    predict: Mapping[Any, float] | None = None,
) -> Qualification:
    """Which accounts a rule qualifies on a day, and what the others lack.

    An account is qualified that reached the rule's thresholds and has not fallen below its exits since
    (:class:`QualificationRule`). Every day is judged by what had happened until then: to judge an earlier day, give it
    as ``as_of``, and later activities change nothing.

    Leaves out: activities after ``as_of``, without an account or without minutes, which are counted.

    Args:
        activities: what people did, from the beginning, since an account may be qualified for what it was long ago;
            with the columns that the rule needs.
        rule: a rule of one's own, or a published one such as ``ENGAGIO_OUT_OF_THE_BOX``.
        as_of: the day, which counts to its end.
        predict: account to a score from 0 to 100 as of the day, for rules with ``predict_score``.

    Returns:
        The accounts with what they reached.

    Raises:
        MetricInputError: if a column or segment that the rule needs is not there, a kind has no minutes, an account
            has two labels of the segment or one without thresholds, or ``as_of`` is not one day.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(
        ...     account=["Acme", "Acme", "Beta"],
        ...     contact=["Ada", "Bo", "Cy"],
        ...     kind="webinar",
        ...     at=["2026-03-02", "2026-03-09", "2026-03-09"],
        ...     minutes=[70, 30, 120],
        ... )
        >>> found = abm.qualified_accounts(activities, abm.ENGAGIO_OUT_OF_THE_BOX, as_of="2026-03-31")
        >>> [*zip(found.account, found.qualified.tolist(), found.reason)]
        [('Acme', True, 'thresholds reached'), ('Beta', False, 'too few people')]

    References:
        Engagio, "Account based marketing: MQA, the all-important account milestone": depth, breadth and recency.
    """
    day = _checks.as_date("as_of", as_of)
    scores = _predict_scores(rule, predict, activities.account)
    active = _labels.as_python_list(activities.account.categories)
    names = list(dict.fromkeys([*active, *scores]))
    found = judge(activities, activities.account.codes(), names, rule, day, scores)
    shown = sorted(np.flatnonzero(found.seen).tolist(), key=lambda place: names[place])
    nameless = {"no account": activities.account.missing()}
    return Qualification(
        account=tuple(names[place] for place in shown),
        qualified=found.qualified[shown],
        minutes=found.minutes[shown],
        people=found.people[shown],
        last_activity=found.last_activity[shown],
        reason=tuple(found.reason[shown].tolist()),
        since=found.since[shown],
        as_of=day,
        rule=rule,
        excluded=add_up(activities.excluded, count_rows({**nameless, **found.lost})),
        notes=tuple(found.remarks),
    )


def _predict_scores(rule: QualificationRule, predict: Mapping[Any, float] | None, accounts: Labels) -> dict[Any, float]:
    """Check predict scores: that the rule asks for them, and that accounts are named as the activities name them."""
    if not predict:
        return {}
    if rule.predict_score is None:
        raise _checks.refuse("predict", "be for a rule with a predict_score", _checks.phrase("a rule without one"))
    named = _checks.as_labels("predict", _reading.read_column("predict", list(predict)))
    same_kind(accounts, "predict", named, "the other accounts are")
    return {
        name: _checks.in_interval(f"predict[{name!r}]", score, 0, 100, low_open=False, high_open=False)
        for name, score in predict.items()
    }


@attrs.frozen(kw_only=True, eq=False, repr=False)
class QualificationHistory:
    """When accounts were qualified: an entry for each time, by account and then by day.

    Attributes:
        account: the account.
        entered: the day on which it became qualified.
        left: the first day on which it no longer was; NaT where it still is on ``as_of``.
        as_of: the last day that is looked at.
        excluded: reason to the number of activities left out.
        notes: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(account="Acme", kind="webinar", at=["2026-01-01", "2026-03-09"], minutes=70)
        >>> rule = abm.QualificationRule(minutes=60, within_days=30)
        >>> abm.qualification_history(activities, rule, as_of="2026-03-31")
        QualificationHistory(2 times, 1 account, until 2026-03-31)
    """

    account: tuple[Label, ...]
    entered: Dates
    left: Dates
    as_of: np.datetime64
    excluded: Mapping[str, int]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        """Say how many there are."""
        times = _checks.how_many(len(self.account), "times")
        accounts = _checks.how_many(len(set(self.account)), "accounts")
        return f"QualificationHistory({times}, {accounts}, until {self.as_of})"

    def to_dict(self) -> dict[str, list[Any]]:
        """Return a row for each time as columns, for any frame's constructor; None for no day."""
        return {"account": list(self.account), "entered": self.entered.tolist(), "left": self.left.tolist()}


def qualification_history(
    activities: Activities,
    rule: QualificationRule,
    *,
    as_of: Any,  # noqa: ANN401 - any kind of date
) -> QualificationHistory:
    """When a rule qualified accounts, and until when: how it would have done in the past.

    An account is qualified in the history on exactly the days as of which :func:`qualified_accounts` says so.

    Leaves out: predict scores, which have no history; and what :func:`qualified_accounts` does.

    Args:
        activities: as for :func:`qualified_accounts`.
        rule: the rule.
        as_of: the last day that is looked at, to its end.

    Returns:
        A row for each time that an account was qualified.

    Raises:
        MetricInputError: as for :func:`qualified_accounts`.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(
        ...     account="Acme", kind="webinar", at=["2026-01-01", "2026-03-09"], minutes=[70, 30]
        ... )
        >>> rule = abm.QualificationRule(minutes=60, within_days=30)
        >>> abm.qualification_history(activities, rule, as_of="2026-03-31").to_dict()["left"]
        [datetime.date(2026, 1, 31)]

    References:
        Engagio, "Journey analytics: conversion".
    """
    day = _checks.as_date("as_of", as_of)
    names = _labels.as_python_list(activities.account.categories)
    found = judge(activities, activities.account.codes(), names, rule, day, {})
    place, entered, left, goes_on = found.course.spells()
    order = sorted(range(len(place)), key=lambda spell: names[place[spell]])
    return QualificationHistory(
        account=tuple(names[place[spell]] for spell in order),
        entered=entered[order].astype("datetime64[D]"),
        left=np.where(goes_on, np.datetime64("NaT"), left.astype("datetime64[D]"))[order],
        as_of=day,
        excluded=add_up(activities.excluded, count_rows({"no account": activities.account.missing(), **found.lost})),
        notes=tuple(found.remarks),
    )


def account_qualification_rate(
    targets: Table,
    activities: Activities,
    rule: QualificationRule,
    *,
    as_of: Any,  # noqa: ANN401 - any kind of date
    predict: Mapping[Any, float] | None = None,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Share of target accounts that a rule qualifies on a day.

    account qualification rate = target accounts that are qualified / target accounts.

    Leaves out: why the others are not (:func:`qualified_accounts`). Rates by different rules are not comparable.

    Args:
        targets: the target list; where it has the segment of the rule, its labels are the accounts'.
        activities: as for :func:`qualified_accounts`; those of other accounts, or of none, are left out and counted.
        rule: the rule.
        as_of: the day, which counts to its end.
        predict: as for :func:`qualified_accounts`; other accounts' scores do not matter.
        by: a segment name of the targets, several, ``"account"``, or labels of the target list's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no target accounts.

    Raises:
        MetricInputError: as for :func:`qualified_accounts`.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(account=["Acme", "Beta", "Core", "Dent"])
        >>> activities = abm.Activities(account=["Acme", "Beta"], kind="page view", at="2026-03-09", minutes=[120, 2])
        >>> rate = abm.account_qualification_rate(
        ...     targets, activities, abm.DEMANDBASE_QUALIFIED, as_of="2026-03-31", predict={"Dent": 91}
        ... )
        >>> float(rate)
        0.5

    References:
        Demandbase, "Getting started with journey stages": marketing-qualified accounts.
    """
    day = _checks.as_date("as_of", as_of)
    rows, lost = target_rows(targets, "activities", activities)
    if rule.segment in targets.segments:
        activities = activities.with_segments(targets)
    listed = cast("Labels", targets.unit_labels())
    found = judge(activities, rows, listed.to_list(), rule, day, _predict_scores(rule, predict, listed))
    sums = targets.account_sums({"qualified": found.qualified}, by)
    return estimation.share(
        "account_qualification_rate",
        attrs.evolve(sums, excluded=add_up(sums.excluded, lost, count_rows(found.lost))),
        sums["qualified"],
        sums.rows.astype(np.float64),
        confidence=confidence,
        undefined="there are no target accounts",
        remarks=[f"variant: {rule}", *found.remarks],
    )
