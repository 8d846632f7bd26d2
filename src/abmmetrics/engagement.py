"""Engagement: how much attention accounts give, in minutes and as a score that fades."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading, estimation
from abmmetrics._labels import Label
from abmmetrics._matching import add_up, count_rows, target_rows
from abmmetrics.activities import Activities, ByLabel, ticks
from abmmetrics.columns import Amounts, Dates
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = [
    "Activities",
    "EngagementHistory",
    "engaged_account_rate",
    "engagement_history",
    "engagement_minutes",
    "engagement_score",
]


def engagement_minutes(
    activities: Activities,
    *,
    minutes_by_kind: ByLabel | None = None,
    role_multipliers: ByLabel | None = None,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Minutes of attention, in total; of every account with ``by="account"``.

    engagement minutes = Σ minutes × multiplier of the role, the minutes recorded or those that stand for the kind.

    Leaves out: when it was (:func:`engagement_score` lets it fade). The table is the window: take
    ``activities.where(...)`` for a span of days. Whatever a web site and a marketing system both report counts twice,
    unless one of the two is taken out before.

    Args:
        activities: what people did, with the column ``minutes`` unless ``minutes_by_kind`` is given, and ``role`` for
            multipliers. Activities without minutes are left out and counted.
        minutes_by_kind: how many minutes an activity of each kind stands for, >= 0; it replaces those recorded.
        role_multipliers: a factor >= 0 for the activities of some roles; all others count once.
        by: ``"account"``, ``"kind"``, a segment name, several, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Minutes >= 0; 0 where there are none.

    Raises:
        MetricInputError: if a column is not there, a kind has no minutes in ``minutes_by_kind``, or a role is not
            known (the message lists those that are).

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(
        ...     account=["Acme", "Acme", "Beta"],
        ...     kind=["webinar", "page view", "download"],
        ...     role=["CFO", None, "analyst"],
        ...     at="2026-03-02",
        ... )
        >>> minutes = {"page view": 1, "download": 10, "webinar": 30}
        >>> by_account = abm.engagement_minutes(
        ...     activities, minutes_by_kind=minutes, role_multipliers={"CFO": 2}, by="account"
        ... )
        >>> [(account, float(total)) for account, total in by_account.items()]
        [('Acme', 61.0), ('Beta', 10.0)]

    References:
        Engagio, "The clear and complete guide to account based marketing": engagement minutes by activity and role.
    """
    every = np.ones(len(activities), dtype=bool)
    minutes = activities.weighed("minutes_by_kind", minutes_by_kind, role_multipliers, every)
    known = ~np.isnan(minutes)
    sums = activities.account_sums({"minutes": minutes}, by, keep=known)
    return estimation.total(
        "engagement_minutes",
        attrs.evolve(sums, excluded=add_up(sums.excluded, count_rows({"no minutes": ~known}))),
        sums["minutes"],
        unit="minutes",
        confidence=confidence,
        remarks=[activities.variant("minutes", minutes_by_kind, role_multipliers)],
    )


@attrs.frozen
class _Fading:
    """How activities fade.

    Attributes:
        half_life_days: after how many days an activity counts half; one figure, or one for each kind.
        weights: what an activity of each kind counts on its day; None for its minutes.
        role_multipliers: a factor for some roles.
    """

    half_life_days: float | ByLabel
    weights: ByLabel | None
    role_multipliers: ByLabel | None

    def points(self, activities: Activities, day: np.datetime64) -> tuple[Amounts, dict[str, NDArray[np.bool_]]]:
        """Return what each activity counts on a day, NaN where it does not, and which are left out by reason."""
        keep, lost = activities.up_to(day)
        weight = activities.weighed("weights", self.weights, self.role_multipliers, keep)
        if isinstance(self.half_life_days, Mapping):
            half_life: Any = activities.of_kinds("half_life_days", self.half_life_days, keep, above_zero=True)
        else:
            half_life = _checks.in_interval("half_life_days", self.half_life_days, 0, math.inf)
        age = (day - activities.days()).astype(np.int64)
        with np.errstate(over="ignore"):  # so many half-lives leave nothing; what comes later has no weight
            points = weight * np.exp2(-age / half_life)
        return points, {**lost, "no minutes": keep & np.isnan(weight)}


def engagement_score(
    activities: Activities,
    *,
    half_life_days: float | ByLabel,
    as_of: Any,  # noqa: ANN401 - any kind of date
    weights: ByLabel | None = None,
    role_multipliers: ByLabel | None = None,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Engagement that fades with time, in points; of every account with ``by="account"``.

    engagement score = Σ weight × multiplier of the role × 2^(−age / half-life), age in days.

    Leaves out: activities after ``as_of``, which are counted: a score of a day is the same whatever comes later. One
    busy person weighs as much as several who are less so; :func:`qualified_accounts` asks for several. Scores with
    other weights or half-lives are not comparable.

    Args:
        activities: what people did, with the column ``minutes`` unless ``weights`` are given, and ``role`` for
            multipliers. Activities without minutes are left out and counted.
        half_life_days: after how many days an activity counts half, > 0; one figure, or one for each kind.
        as_of: the day of the score, which counts to its end; an activity of that day has the age 0.
        weights: what an activity of each kind counts on its day, >= 0; without it, its minutes.
        role_multipliers: a factor >= 0 for the activities of some roles; all others count once.
        by: ``"account"``, ``"kind"``, a segment name, several, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Points >= 0, without an upper end; 0 where nothing has happened yet, which a note explains.

    Raises:
        MetricInputError: if a column is not there, a half-life is not > 0, a kind has no weight or half-life, a role
            is not known, or ``as_of`` is not one day.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(
        ...     account=["Acme", "Beta"], kind=["demo", "page view"], at=["2026-01-30", "2026-03-31"], minutes=[40, 1]
        ... )
        >>> float(abm.engagement_score(activities, half_life_days=30, as_of="2026-03-31"))
        11.0
        >>> float(abm.engagement_score(activities, half_life_days={"demo": 60, "page view": 14}, as_of="2026-03-31"))
        21.0

    References:
        LeadVibe, glossary: score decay; Chronexa, "Automating lead degradation scoring": half-lives by activity.
    """
    day = _checks.as_date("as_of", as_of)
    points, lost = _Fading(half_life_days, weights, role_multipliers).points(activities, day)
    sums = activities.account_sums({"points": points}, by, keep=~np.isnan(points))
    return estimation.total(
        "engagement_score",
        attrs.evolve(sums, excluded=add_up(sums.excluded, count_rows(lost))),
        sums["points"],
        unit="points",
        confidence=confidence,
        remarks=[
            activities.variant(f"half-life {half_life_days} days", weights, role_multipliers),
            *activities.silence(~lost["after as_of"]),
        ],
    )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EngagementHistory:
    """The engagement score of every account on several days.

    Attributes:
        account: the accounts that had done anything by the last day, in the order of their names.
        dates: the days.
        score: points, a row for each account and a column for each day; 0 before an account's first activity.
        excluded: reason to the number of activities left out.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(account="Acme", kind="demo", at="2026-01-30", minutes=40)
        >>> history = abm.engagement_history(activities, dates=["2026-03-01", "2026-03-31"], half_life_days=30)
        >>> history
        EngagementHistory(1 account, 2 days: 2026-03-01 to 2026-03-31)
        >>> history.to_dict()["score"]
        [20.0, 10.0]
    """

    account: tuple[Label, ...]
    dates: Dates
    score: Amounts
    excluded: Mapping[str, int]

    def __repr__(self) -> str:
        """Say what it holds."""
        days = f"{self.dates[0]} to {self.dates[-1]}"
        accounts, number = _checks.how_many(len(self.account), "accounts"), _checks.how_many(len(self.dates), "days")
        return f"EngagementHistory({accounts}, {number}: {days})"

    def to_dict(self) -> dict[str, list[Any]]:
        """Return a row for each account and day as columns, for any frame's constructor."""
        accounts, days = np.indices(self.score.shape)
        return {
            "account": [self.account[place] for place in accounts.ravel().tolist()],
            "as_of": self.dates[days.ravel()].tolist(),
            "score": self.score.ravel().tolist(),
        }


def engagement_history(
    activities: Activities,
    *,
    dates: Iterable[Any],
    half_life_days: float | ByLabel,
    weights: ByLabel | None = None,
    role_multipliers: ByLabel | None = None,
) -> EngagementHistory:
    """Engagement scores of every account on several days, each as it was on its day.

    The score of each day is that of :func:`engagement_score` with the day as ``as_of``: no day looks ahead.

    Leaves out: activities after the last day, without minutes, or without an account, which are counted.

    Args:
        activities: as for :func:`engagement_score`.
        dates: one day or more, each later than the one before.
        half_life_days: as for :func:`engagement_score`.
        weights: as for :func:`engagement_score`.
        role_multipliers: as for :func:`engagement_score`.

    Returns:
        The score of each account on each day.

    Raises:
        MetricInputError: if ``dates`` are not rising days, or as for :func:`engagement_score`.

    Example:
        >>> import abmmetrics as abm
        >>> activities = abm.Activities(
        ...     account=["Acme", "Beta"], kind="demo", at=["2026-01-30", "2026-03-31"], minutes=[40, 20]
        ... )
        >>> history = abm.engagement_history(activities, dates=["2026-03-01", "2026-03-31"], half_life_days=30)
        >>> history.account, history.score.tolist()
        (('Acme', 'Beta'), [[20.0, 10.0], [0.0, 20.0]])

    References:
        LeadVibe, glossary: score decay. That a score of a day must not know later days is told in Kaufman, Rosset,
        Perlich and Stitelman (2012), ACM Transactions on Knowledge Discovery from Data 6 (4), on leakage.
    """
    days = _checks.as_dates("dates", _reading.read_column("dates", dates))
    if len(days) == 0 or not (np.diff(days) > np.timedelta64(0, "D")).all():
        raise _checks.refuse("dates", "be one day or more, each later than the one before", [str(day) for day in days])
    fading = _Fading(half_life_days, weights, role_multipliers)
    accounts = activities.account.codes()
    nameless = accounts < 0
    totals = np.zeros((len(activities.account.categories), len(days)))
    lost: dict[str, NDArray[np.bool_]] = {}
    for place, day in enumerate(days):
        points, lost = fading.points(activities, day)
        counts = ~np.isnan(points) & ~nameless
        totals[:, place] = np.bincount(accounts[counts], points[counts], minlength=len(totals))
    # What the last day leaves out is left out on every day.
    later = lost["after as_of"]
    seen = np.unique(accounts[~later & ~nameless])
    shown = seen[np.argsort(activities.account.categories[seen], kind="stable")]
    left_out = {
        "no account": ~later & nameless,
        **{reason: rows & ~(nameless & ~later) for reason, rows in lost.items()},
    }
    return EngagementHistory(
        account=tuple(_labels.as_python_list(activities.account.categories[shown])),
        dates=days,
        score=totals[shown],
        excluded=add_up(activities.excluded, count_rows(left_out)),
    )


def engaged_account_rate(
    targets: Table,
    activities: Activities,
    *,
    minimum_minutes: float,
    within_days: int,
    as_of: Any,  # noqa: ANN401 - any kind of date
    minutes_by_kind: ByLabel | None = None,
    role_multipliers: ByLabel | None = None,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Share of target accounts that gave enough attention lately.

    engaged account rate = target accounts with >= k minutes in the ``within_days`` days that end with ``as_of`` /
    target accounts.

    Leaves out: how many people the minutes come from (:func:`account_qualification_rate`). Activities after ``as_of``
    are left out and counted; an account without any activity is a target that is not engaged.

    Args:
        targets: the target list.
        activities: what people did, with the column ``minutes`` unless ``minutes_by_kind`` is given; those of other
            accounts, or of none, and those without minutes are left out and counted.
        minimum_minutes: k, > 0. Demandbase asks for 10 in three months.
        within_days: how many days the window has, ``as_of`` being the last.
        as_of: the last day that counts, to its end.
        minutes_by_kind: as for :func:`engagement_minutes`.
        role_multipliers: as for :func:`engagement_minutes`.
        by: a segment name of the targets, several, ``"account"``, or labels of the target list's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no target accounts.

    Raises:
        MetricInputError: if a column is not there, ``minimum_minutes`` is not > 0, ``within_days`` is not a whole
            number >= 1, ``as_of`` is not one day, a kind has no minutes, or a role is not known.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(account=["Acme", "Beta", "Core", "Dent"])
        >>> activities = abm.Activities(
        ...     account=["Acme", "Acme", "Beta"],
        ...     kind="webinar",
        ...     at=["2026-03-02", "2026-03-09", "2025-06-09"],
        ...     minutes=[6, 5, 30],
        ... )
        >>> float(abm.engaged_account_rate(targets, activities, minimum_minutes=10, within_days=90, as_of="2026-03-31"))
        0.25

    References:
        Demandbase, "Getting started with journey stages": engaged; Cargo, "ABM metrics and measurement framework".
    """
    least = _checks.in_interval("minimum_minutes", minimum_minutes, 0, math.inf)
    until = _checks.as_date("as_of", as_of)
    first = until - np.timedelta64(_checks.as_whole("within_days", within_days, 1) - 1, "D")
    rows, excluded = target_rows(targets, "activities", activities)
    keep, _ = activities.up_to(until)
    recent = (rows >= 0) & keep & (activities.days() >= first)
    minutes = activities.weighed("minutes_by_kind", minutes_by_kind, role_multipliers, recent)
    total = np.zeros(len(targets), dtype=np.int64)
    np.add.at(total, rows[recent], ticks(minutes[recent]))
    lost = {"after as_of": (rows >= 0) & ~keep, "no minutes": recent & np.isnan(minutes)}
    # Not even a threshold below what is told apart holds of no minutes at all.
    sums = targets.account_sums({"engaged": total >= np.maximum(ticks(np.array(least)), 1)}, by)
    return estimation.share(
        "engaged_account_rate",
        attrs.evolve(sums, excluded=add_up(sums.excluded, excluded, count_rows(lost))),
        sums["engaged"],
        sums.rows.astype(np.float64),
        confidence=confidence,
        undefined="there are no target accounts",
        remarks=[
            activities.variant(f"{least:g} minutes in {within_days} days", minutes_by_kind, role_multipliers),
            *activities.silence(keep),
        ],
    )
