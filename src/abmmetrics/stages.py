"""Stages: how deals move along them, how many come to the next, and how long they stay.

A history may hold deals that enter midway, skip stages, fall back, are lost and reopened. Every function here first
makes visits of its rows, in the way that :func:`stage_intervals` shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _competing, _functionals, _reading, _stage_paths, _sums, estimation
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics._stage_paths import DAY, OPEN, Path, Visits
from abmmetrics.histories import StageHistory, Stages, Walk, walk_through
from abmmetrics.results import Estimate
from abmmetrics.tables import By

__all__ = [
    "stage_conversion_rate",
    "time_in_stage_days",
]

ConversionMethod = Literal["forward", "strict", "direct", "any", "demandbase"]

_METHODS = ("forward", "strict", "direct", "any", "demandbase")


def _deal_groups(walk: Walk, groups: Mapping[str, Labels], taken: str) -> dict[str, Labels]:
    """Return the labels of deals to group by, of which none may be called as the result's own grouping is."""
    if taken in groups:
        raise _checks.refuse("by", f"have a name other than {taken!r}, which is what the result is grouped by", taken)
    return {name: walk.of_deals(labels) for name, labels in groups.items()}


def stage_conversion_rate(
    history: StageHistory,
    *,
    stages: Stages,
    lost: Label | Sequence[Label] = (),
    step: tuple[Label, Label] | None = None,
    method: ConversionMethod = "forward",
    as_of: Any = None,  # noqa: ANN401 - any kind of date
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Share of the deals in a stage that came to a later one, for each step of the path.

    stage conversion rate = deals that converted / deals that entered, which five methods read differently:

    * ``"forward"``: entered the stage; later in the next or beyond.
    * ``"strict"``: took every stage up to this one, in order; and then the next.
    * ``"direct"``: entered the stage; moved from it straight to the next.
    * ``"demandbase"``: entered the stage or skipped it; later in the next or beyond.
    * ``"any"``: were ever in the stage; were ever in the next, whether or not in the first: a ratio that may exceed 1.

    Leaves out: how long it took (:func:`time_in_stage_days`). A deal counts once, however often it came by. Deals
    that are still in the stage count as not converted so far, and are told in a note: young groups look worse.

    Args:
        history: the history.
        stages: the stages in order, or a mapping of names to labels, as in :func:`stage_intervals`.
        lost: the stage, or stages, off the path.
        step: two stages, for that step alone; every step from a stage to the next where not given.
        method: ``"forward"`` (Sightfull, Engagio), ``"strict"`` (HubSpot's all stages), ``"direct"`` (ClosingDealz),
            ``"demandbase"`` or ``"any"`` (HubSpot's any stages).
        as_of: the last day that counts; that of the last row where not given.
        by: a segment name, several, ``"account"``, or labels of the table's length; a deal belongs to the group of
            its first row. Beside all steps, they come after the step.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1], or a ratio for ``"any"``; undefined where no deal entered.

    Raises:
        MetricInputError: if the history has a stage that is not named, or an option is not known.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta", "Core"],
        ...     opportunity=[1, 1, 2, 3],
        ...     stage=["Discovery", "Won", "Discovery", "Discovery"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-01-12", "2026-01-19"],
        ... )
        >>> rate = abm.stage_conversion_rate(history, stages=["Discovery", "Won"])
        >>> [(step, round(float(share), 3)) for step, share in rate.items()]
        [('Discovery to Won', 0.333)]

    References:
        Demandbase, "Journey stage analytics"; HubSpot, "Create custom funnel reports"; ClosingDealz and Sightfull,
        stage-to-stage conversion.
    """
    _checks.as_option("method", method, _METHODS)
    groups = history.grouping(by)
    ties = [labels.ranks() for labels in groups.values()]
    walk = walk_through(history, stages, lost, as_of, ties)
    visits, path = walk.visits, walk.path
    steps = [_read_step(step, path)] if step is not None else [(place, place + 1) for place in range(path.won)]
    converted = [_stage_paths.convert(visits, path, begin, end, method) for begin, end in steps]
    found = {
        "entered": np.concatenate([deals.entered for deals in converted]),
        "converted": np.concatenate([deals.converted & (deals.entered | (method == "any")) for deals in converted]),
    }
    deals = _deal_groups(walk, groups, "step")
    repeated = np.tile(np.arange(len(visits.first)), len(steps))
    labels = {name: held.where(repeated) for name, held in deals.items()}
    if step is None:
        number = np.repeat(np.arange(len(steps)), len(visits.first))
        labels = {"step": Labels(number, np.arange(len(steps))), **labels}
    account = walk.of_deals(history.account).where(repeated)
    sums = _sums.sum_accounts(len(repeated), account, labels, found)
    if step is None:
        names = [f"{path.stages[begin]} to {path.stages[end]}" for begin, end in steps]
        sums = attrs.evolve(
            sums, groups={**sums.groups, "step": [names[place] for place in _whole(sums.groups["step"])]}
        )
    # A row of the result is a deal that counts in a step.
    sums = attrs.evolve(
        sums, rows=sums["entered"].astype(np.int64), excluded=add_up(walk.excluded, _deals_lost(sums, len(steps)))
    )
    remarks = [f"method: {method}", *_still_open(visits, path)]
    undefined = "no deal entered the stage"
    if method != "any":
        return estimation.share(
            "stage_conversion_rate",
            sums,
            sums["converted"],
            sums["entered"],
            confidence=confidence,
            undefined=undefined,
            remarks=remarks,
        )
    above = sums.total(sums["converted"]) > sums.total(sums["entered"])
    return estimation.ratio(
        "stage_conversion_rate",
        sums,
        sums["converted"],
        sums["entered"],
        unit="ratio",
        confidence=confidence,
        undefined=undefined,
        remarks=remarks,
        flags={"more deals were in the later stage than in the earlier one": above},
    )


def _whole(labels: list[Any]) -> list[int]:
    return [int(label) for label in labels]


def _deals_lost(sums: _sums.AccountSums, steps: int) -> dict[str, int]:
    """Return the deals without a label, which sums counted once for each step."""
    return {f"{reason} (deals)": count // steps for reason, count in sums.excluded.items()}


def _read_step(step: Any, path: Path) -> tuple[int, int]:  # noqa: ANN401 - whatever the caller gave
    """Return the places of two stages, the first before the second."""
    known = list(path.stages)
    if not _reading.is_listed(step) or len(step) != 2 or any(stage not in known for stage in step):  # noqa: PLR2004
        raise _checks.refuse("step", f"be two of the stages {known}", step)
    begin, end = known.index(step[0]), known.index(step[1])
    if begin >= end:
        raise _checks.refuse("step", "lead from a stage to a later one", step)
    return begin, end


def _still_open(visits: Visits, path: Path) -> list[str]:
    """Tell how many deals may still convert."""
    last = visits.last
    going_on = int(((visits.place[last] < path.won) & (visits.left[last] == OPEN)).sum())
    if not going_on:
        return []
    return [f"{going_on:,} of {len(last):,} deals are open: what they have not reached counts as not converted"]


def time_in_stage_days(
    history: StageHistory,
    *,
    stages: Stages,
    as_of: Any,  # noqa: ANN401 - any kind of date
    lost: Label | Sequence[Label] = (),
    stage: Label | None = None,
    quantile: float = 0.5,
    method: Literal["kaplan_meier", "completed"] = "kaplan_meier",
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Median days that visits to a stage last, those that still go on included.

    time in stage = the first t at which 1 − S(t) >= the quantile, with Kaplan and Meier's S: the product of
    1 − ended / still there over the times up to t. A visit that goes on counts for as long as it is known to last.

    The quantile rather than a mean, since the mean of durations that are not over does not exist without a guess. The
    median of completed visits alone (``method="completed"``) is biased: of recent visits only the short ones are over.

    Leaves out: the last stage, where a deal is won, and stages off the path. Every visit counts for itself, so a deal
    that falls back counts again. Days are days of the calendar, weekends too.

    Args:
        history: the history.
        stages: the stages in order, or a mapping of names to labels, as in :func:`stage_intervals`.
        as_of: the day up to which visits were followed.
        lost: the stage, or stages, off the path.
        stage: one stage, for that alone; every stage but the last where not given.
        quantile: which share of the visits is to be over, between 0 and 1; 0.5 is the median.
        method: ``"kaplan_meier"``, or ``"completed"`` for visits that are over alone, which is biased.
        by: a segment name, several, ``"account"``, or labels of the table's length; a deal belongs to the group of
            its first row. Beside all stages, they come after the stage.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Days >= 0; undefined where so large a share of the visits is never seen to end. The upper limit is infinite
        where the visits were not followed so long.

    Raises:
        MetricInputError: if the history has a stage that is not named, an option is not known, or ``as_of`` is no day.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta", "Beta", "Core"],
        ...     opportunity=[1, 1, 2, 2, 3],
        ...     stage=["Discovery", "Won", "Discovery", "Won", "Discovery"],
        ...     entered=["2026-01-01", "2026-01-11", "2026-01-01", "2026-01-31", "2026-01-01"],
        ... )
        >>> options = {"stages": ["Discovery", "Won"], "as_of": "2026-03-31", "stage": "Discovery"}
        >>> float(abm.time_in_stage_days(history, **options))
        30.0
        >>> float(abm.time_in_stage_days(history, method="completed", **options))
        10.0

    References:
        Kaplan and Meier (1958), Journal of the American Statistical Association 53, 457–481; Woodruff (1952), ibid.
        47, 635–646, for the interval.
    """
    _checks.as_option("method", method, ("kaplan_meier", "completed"))
    level = _checks.in_interval("quantile", quantile, 0, 1)
    groups = history.grouping(by)
    day = _checks.as_date("as_of", as_of)
    walk = walk_through(history, stages, lost, day, [labels.ranks() for labels in groups.values()])
    visits, path = walk.visits, walk.path
    if stage is not None and stage not in path.stages[:-1]:
        raise _checks.refuse("stage", f"be one of the stages before the last, {list(path.stages[:-1])}", stage)
    counts = visits.place < path.won if stage is None else visits.place == path.stages.index(stage)
    ended = visits.left < OPEN
    lost_visits: dict[str, int] = {}
    if method == "completed":
        lost_visits = count_rows({"visit not over": counts & ~ended})
        counts &= ended
    seen = int(day.astype("datetime64[us]").astype(np.int64))
    last = np.where(ended, visits.left, np.maximum(seen, visits.entered))
    duration = ((last - visits.entered) / DAY)[counts]
    labels = {name: held.where(visits.deal[counts]) for name, held in _deal_groups(walk, groups, "stage").items()}
    if stage is None:
        labels = {"stage": Labels(visits.place[counts], np.arange(len(path.stages))), **labels}
    account = walk.of_deals(history.account).where(visits.deal[counts])
    return _durations(
        _Durations(duration, ended[counts], account, labels),
        path,
        level,
        excluded=add_up(walk.excluded, lost_visits),
        confidence=confidence,
        remarks=["completed visits only: biased, for of recent visits only the short ones are over"]
        if method == "completed"
        else [],
    )


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class _Durations:
    """How long visits last so far, whether they are over, and whose they are."""

    days: NDArray[np.float64]
    over: NDArray[np.bool_]
    account: Labels
    groups: dict[str, Labels]


def _durations(
    visits: _Durations, path: Path, level: float, *, excluded: dict[str, int], confidence: float, remarks: list[str]
) -> Estimate:
    group, size = _functionals.group_rows(len(visits.days), visits.groups)
    held = group >= 0
    cause = np.where(visits.over[held], _competing.FIRST, _competing.CENSORED)
    spells = _competing.follow(visits.days[held], cause, group[held], size)
    value = _competing.first_time(spells, np.full(size, level))
    known = np.isfinite(value)
    at_value = _competing.share_within(spells, value)
    influence = np.zeros(len(held))
    influence[held] = at_value.influence
    over_by_then = np.zeros(len(held), dtype=bool)
    over_by_then[held] = visits.over[held] & (visits.days[held] <= value[group[held]])
    figures = {"influence": influence, "trials": np.ones(len(held), dtype=bool), "successes": over_by_then}
    sums = _sums.sum_accounts(len(held), visits.account, visits.groups, figures)
    if "stage" in sums.groups:
        names = [path.stages[place] for place in _whole(sums.groups["stage"])]
        sums = attrs.evolve(sums, groups={**sums.groups, "stage": names})
    curves = np.empty(size, dtype=object)
    for place in range(size):
        rows = slice(spells.begin[place], spells.begin[place + 1])
        curves[place] = (spells.time[rows], spells.share[rows])
    return _functionals.quantile(
        "time_in_stage_days",
        attrs.evolve(sums, excluded=add_up(excluded, sums.excluded)),
        np.where(known, value, np.nan),
        level,
        at_value.value,
        curves,
        unit="days",
        confidence=confidence,
        undefined=f"less than {100 * level:g} % of the visits are seen to end",
        remarks=remarks,
    )
