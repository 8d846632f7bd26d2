"""Rules by which an account counts as qualified, and those that vendors have published.

A rule is an opinion: thresholds differ between companies, and vendors change theirs. The constants here say what a
vendor's page said on the day it was read; adapt one with ``attrs.evolve(abm.ENGAGIO_OUT_OF_THE_BOX, minutes=60)``.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import attrs

from abmmetrics import _checks, _reading
from abmmetrics._labels import Label

__all__ = [
    "DEMANDBASE_QUALIFIED",
    "ENGAGIO_OUT_OF_THE_BOX",
    "ENGAGIO_STARTER",
    "ROLLWORKS_AWARE",
    "ROLLWORKS_ENGAGED",
    "QualificationRule",
]

THRESHOLDS = ("minutes", "people", "minutes_per_person", "exit_minutes", "exit_people")


def _labels(values: Any) -> tuple[Label, ...]:  # noqa: ANN401 - whatever the caller gave
    """Return one label or several as a tuple."""
    if isinstance(values, set | frozenset):
        values = sorted(cast("set[Any]", values))
    return tuple(values) if _reading.is_listed(values) else (values,)


def _labels_or_none(values: Any) -> tuple[Label, ...] | None:  # noqa: ANN401 - whatever the caller gave
    return None if values is None else _labels(values)


@attrs.frozen(kw_only=True)
class QualificationRule:
    """When an account counts as qualified: enough attention, of enough people, lately enough.

    An account qualifies on a day when, over the ``within_days`` days that end with it, its minutes reach ``minutes``
    (depth) and at least ``people`` contacts each reach ``minutes_per_person`` (breadth). It stays qualified until its
    minutes no longer reach ``exit_minutes`` or fewer than ``exit_people`` contacts do: a lower exit keeps an account
    that is near the threshold from going in and out. Every threshold may be a mapping from the labels of ``segment``,
    such as lower ones for the best tier.

    Attributes:
        minutes: of the account, > 0.
        people: contacts, >= 0; activities without a contact count for the account and for nobody.
        minutes_per_person: of each of these people, >= 0; 0 for anything at all.
        within_days: how many days count, the last being the day that is looked at.
        exit_minutes: at most ``minutes``, which it is where not given.
        exit_people: at most ``people``, which it is where not given.
        segment: the segment of the activities, the same for all of an account, whose labels the thresholds are for.
        comparison: whether minutes must be ``"at_least"`` or ``"more_than"`` their thresholds; people always at least.
        minutes_by_kind: how many minutes an activity of each kind stands for; without it those recorded.
        role_multipliers: a factor for the minutes of some roles.
        only_kinds: the kinds of activity that count; all where not given.
        excluded_kinds: kinds that do not count, such as ad impressions.
        excluded_accounts: accounts that never qualify, such as competitors and customers.
        act_now_kinds: kinds of which one activity within the window qualifies an account, whatever its minutes.
        predict_score: a score from elsewhere that qualifies an account whatever its minutes, from 0 to 100.
        source: where the rule comes from, and when it was read.

    Example:
        >>> import abmmetrics as abm
        >>> rule = abm.QualificationRule(
        ...     minutes={"Tier 1": 60, "Tier 2": 100},
        ...     exit_minutes=40,
        ...     people=2,
        ...     minutes_per_person=10,
        ...     within_days=90,
        ...     segment="tier",
        ...     act_now_kinds="demo request",
        ... )
        >>> rule.act_now_kinds
        ('demo request',)
    """

    minutes: float | Mapping[Any, float]
    people: int | Mapping[Any, int] = 0
    minutes_per_person: float | Mapping[Any, float] = 0.0
    within_days: int
    exit_minutes: float | Mapping[Any, float] | None = None
    exit_people: int | Mapping[Any, int] | None = None
    segment: str | None = None
    comparison: Literal["at_least", "more_than"] = "at_least"
    minutes_by_kind: Mapping[Any, float] | None = None
    role_multipliers: Mapping[Any, float] | None = None
    only_kinds: tuple[Label, ...] | None = attrs.field(default=None, converter=_labels_or_none)
    excluded_kinds: tuple[Label, ...] = attrs.field(default=(), converter=_labels)
    excluded_accounts: tuple[Label, ...] = attrs.field(default=(), converter=_labels)
    act_now_kinds: tuple[Label, ...] = attrs.field(default=(), converter=_labels)
    predict_score: float | None = None
    source: str = ""

    def __attrs_post_init__(self) -> None:
        """Check the thresholds, of every label once."""
        _checks.as_whole("within_days", self.within_days, 1)
        _checks.as_option("comparison", self.comparison, ("at_least", "more_than"))
        if self.predict_score is not None:
            _checks.in_interval("predict_score", self.predict_score, 0, 100, low_open=False, high_open=False)
        both = [kind for kind in self.act_now_kinds if kind in self.excluded_kinds]
        if both:
            raise _checks.refuse("act_now_kinds", "not be among excluded_kinds", both[0])
        given = self._by_label()
        if given and self.segment is None:
            raise _checks.refuse("segment", f"be named, for {next(iter(given))} is a mapping of its labels", None)
        if self.segment is not None and not given:
            raise _checks.refuse("segment", "be the one that some threshold is a mapping of", self.segment)
        labels = self.labels()
        for name, held in given.items():
            if set(held) != set(labels):
                raise _checks.refuse(name, f"have a figure for each of {labels}", sorted(held, key=str))
        for label in labels or (None,):
            self._check_thresholds(label)

    def __str__(self) -> str:
        """Say what the rule asks for: whatever is not as it would be without being given, but for the source."""
        said = {field.name: getattr(self, field.name) for field in attrs.fields(QualificationRule)}
        usual = {field.name: field.default for field in attrs.fields(QualificationRule)} | {"source": self.source}
        return ", ".join(f"{name}={held!r}" for name, held in said.items() if held != usual[name])

    def labels(self) -> list[Label]:
        """Return the labels of the segment that the thresholds are for; none where they are for all."""
        return [label for figures in list(self._by_label().values())[:1] for label in figures]

    def _by_label(self) -> dict[str, Mapping[Any, float]]:
        """Return the thresholds that are mappings from labels."""
        held: dict[str, Any] = {name: getattr(self, name) for name in THRESHOLDS}
        return {name: figures for name, figures in held.items() if _reading.is_mapping(figures)}

    def threshold(self, name: str, label: Label | None) -> float:
        """Return a threshold for the accounts with a label; the exit of one that has none is the threshold itself."""
        held: Any = getattr(self, name)
        if held is None:
            return self.threshold(name.removeprefix("exit_"), label)
        return cast("float", held[label] if _reading.is_mapping(held) else held)

    def _check_thresholds(self, label: Label | None) -> None:
        for name in THRESHOLDS:
            figure, argument = self.threshold(name, label), self._named(name, label)
            if name.endswith("people"):
                _checks.as_whole(argument, figure, 0)
            else:
                _checks.in_interval(argument, figure, 0, math.inf, low_open=name == "minutes")
        for name in ("minutes", "people"):
            leave, enter = self.threshold(f"exit_{name}", label), self.threshold(name, label)
            if leave > enter:
                came = _checks.phrase(f"{leave} with {name}={enter}")
                raise _checks.refuse(self._named(f"exit_{name}", label), f"be at most {name}", came)

    def _named(self, name: str, label: Label | None) -> str:
        return f"{name}[{label!r}]" if name in self._by_label() else name

    def counted_kinds(self, kinds: Sequence[Label]) -> list[bool]:
        """Tell for each kind whether its activities count."""
        chosen = kinds if self.only_kinds is None else self.only_kinds
        return [kind in chosen and kind not in self.excluded_kinds for kind in kinds]


_THREE_MONTHS = 90

ENGAGIO_OUT_OF_THE_BOX = QualificationRule(
    minutes=100,
    people=2,
    minutes_per_person=20,
    within_days=_THREE_MONTHS,
    source=(
        "Engagio, 'Journey Builder: out of the box stages' (stage MQA), docs.engagio.com/en/articles/510, "
        "read 2026-11-22; three months are taken as 90 days; marketing activities only"
    ),
)
"""Engagio's default: 100 marketing minutes or more, and 2 people with 20 or more each, in three months."""

ENGAGIO_STARTER = QualificationRule(
    minutes=60,
    people=2,
    minutes_per_person=10,
    within_days=_THREE_MONTHS,
    comparison="more_than",
    source=(
        "Engagio, 'Guide: get started with configuring your journey stages' (stage MQA), "
        "docs.engagio.com/en/articles/377, read 2026-11-22; three months are taken as 90 days"
    ),
)
"""Engagio's guide for starters: more than 60 minutes, and 2 people with more than 10 each, in three months."""

DEMANDBASE_QUALIFIED = QualificationRule(
    minutes=100,
    within_days=_THREE_MONTHS,
    predict_score=85,
    source=(
        "Demandbase, 'Getting started with journey stages' (stage MQA), "
        "support.demandbase.com/hc/en-us/articles/360053277611, read 2026-11-22; three months are taken as 90 days; "
        "marketing activities only"
    ),
)
"""Demandbase's default: 100 marketing minutes or more in three months, or a pipeline predict score of 85 or more."""

_ROLLWORKS = (
    "RollWorks, 'Journey stages guide', help.rollworks.com/hc/en-us/articles/4415495461261, read 2026-11-22; "
    "a page view counts as one minute"
)

ROLLWORKS_AWARE = QualificationRule(
    minutes=1, within_days=30, only_kinds=("page view",), minutes_by_kind={"page view": 1}, source=_ROLLWORKS
)
"""RollWorks's default stage Aware: one page view or more in 30 days."""

ROLLWORKS_ENGAGED = QualificationRule(
    minutes=3, within_days=30, only_kinds=("page view",), minutes_by_kind={"page view": 1}, source=_ROLLWORKS
)
"""RollWorks's default stage Engaged: three page views or more in 30 days."""
