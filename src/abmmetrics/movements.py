"""What moved between two days: deals along their stages, and money through the pipeline."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _sums, estimation
from abmmetrics._labels import Label
from abmmetrics._matching import add_up, count_rows
from abmmetrics._result_groups import group_labels, one_group, place_of
from abmmetrics._stage_paths import OPEN
from abmmetrics.histories import StageHistory, Stages, Walk, walk_through
from abmmetrics.periods import last_moment
from abmmetrics.results import Estimate
from abmmetrics.tables import By

__all__ = ["PipelineMovement", "StageProgression", "pipeline_movement", "stage_progression"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOVES = ("advanced", "same", "regressed", "entered", "left")
ADDED = ("created", "increased", "reopened", "pulled_in")
TAKEN = ("decreased", "won", "lost", "pushed_out")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StageProgression:
    """How many deals moved along their stages between two days, all together or for each group.

    Attributes:
        start: the first day; deals are where they were at its end.
        end: the last day, likewise.
        groups: segment name to the label of each group; empty when pooled.
        advanced: deals of the pipeline that were further along at the end; those won are.
        same: deals that were in the same stage.
        regressed: deals that were further back.
        entered: deals of the pipeline, or won, at the end that were not in the pipeline at the start: new or reopened.
        left: deals of the pipeline at the start that were lost at the end, or in no stage.
        advanced_rate: advanced / (advanced + same + regressed + left).
        excluded: reason to the number of rows left out.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta"],
        ...     opportunity=[1, 1, 2],
        ...     stage=["Discovery", "Proposal", "Discovery"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-01-12"],
        ... )
        >>> found = abm.stage_progression(
        ...     history, stages=["Discovery", "Proposal", "Won"], start="2026-01-31", end="2026-02-28"
        ... )
        >>> found.advanced.tolist(), found.same.tolist(), float(found.advanced_rate)
        ([1], [1], 0.5)
    """

    start: np.datetime64
    end: np.datetime64
    groups: Mapping[str, list[Label]]
    advanced: Counts
    same: Counts
    regressed: Counts
    entered: Counts
    left: Counts
    advanced_rate: Estimate
    excluded: Mapping[str, int]

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the counts as columns, one entry for each group, for any frame's constructor."""
        return {**_labels_of(self.groups), **{name: getattr(self, name).tolist() for name in _MOVES}}

    def __str__(self) -> str:
        """Say the counts, a line for each group."""
        return _told(f"stage progression from {self.start} to {self.end}", self.groups, self.to_dict(), self.excluded)

    __repr__ = __str__


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PipelineMovement:
    """What the open pipeline was worth at the end of one day and of another, and what lies between.

    opening + created + increased + reopened + pulled in − decreased − won − lost − pushed out = closing.

    Attributes:
        start: the first day; the opening is at its end.
        end: the last day, likewise.
        groups: segment name to the label of each group; empty when pooled.
        opening: amount of the deals in the pipeline at the end of the first day.
        created: amount of deals that began after it, at what they are worth at the end.
        increased: what deals of the opening gained.
        reopened: amount of deals that were closed on the first day, and came back.
        pulled_in: amount of open deals that were expected to close too late to count, and now count.
        decreased: what deals of the opening lost in worth.
        won: amount of the deals won.
        lost: amount of the deals lost, or that left the stages, at what they were worth before.
        pushed_out: amount of open deals that are now expected to close too late to count.
        closing: amount of the deals in the pipeline at the end of the last day, counted there.
        excluded: reason to the number of rows, or deals, left out.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta"],
        ...     opportunity=[1, 1, 2],
        ...     stage=["Proposal", "Won", "Proposal"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-02-16"],
        ...     amount=[100, 100, 30],
        ... )
        >>> moved = abm.pipeline_movement(history, stages=["Proposal", "Won"], start="2026-01-31", end="2026-02-28")
        >>> moved.opening.tolist(), moved.won.tolist(), moved.created.tolist(), moved.closing.tolist()
        ([100.0], [100.0], [30.0], [30.0])
    """

    start: np.datetime64
    end: np.datetime64
    groups: Mapping[str, list[Label]]
    opening: Floats
    created: Floats
    increased: Floats
    reopened: Floats
    pulled_in: Floats
    decreased: Floats
    won: Floats
    lost: Floats
    pushed_out: Floats
    closing: Floats
    excluded: Mapping[str, int]

    def __len__(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(self.opening)

    @property
    def labels(self) -> list[Any]:
        """The label of each group; tuples where there are several segments, ``"all"`` when pooled."""
        return group_labels(self.groups)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of the groups."""
        return iter(self.labels)

    def __getitem__(self, label: Any) -> "PipelineMovement":  # noqa: ANN401 - a label, or a tuple of them
        """Return the movement of one group."""
        row = place_of(self.labels, label)
        names = ("opening", *ADDED, *TAKEN, "closing")
        taken = {name: getattr(self, name)[row : row + 1] for name in names}
        return attrs.evolve(self, **taken, groups=one_group(self.groups, row))

    @property
    def unexplained(self) -> Floats:
        """What the movements do not explain of the closing: 0, but for the last digits of sums."""
        added = sum(getattr(self, name) for name in ADDED)
        taken = sum(getattr(self, name) for name in TAKEN)
        difference: Floats = self.opening + added - taken - self.closing
        return difference

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the amounts as columns, one entry for each group, for any frame's constructor."""
        names = ("opening", *ADDED, *TAKEN, "closing")
        return {**_labels_of(self.groups), **{name: getattr(self, name).tolist() for name in names}}

    def __str__(self) -> str:
        """Say the amounts, a line for each group."""
        return _told(f"pipeline movement from {self.start} to {self.end}", self.groups, self.to_dict(), self.excluded)

    __repr__ = __str__


def _labels_of(groups: Mapping[str, list[Label]]) -> dict[str, list[Any]]:
    return {name: list(labels) for name, labels in groups.items()}


def _told(
    title: str, groups: Mapping[str, list[Label]], columns: Mapping[str, list[Any]], excluded: Mapping[str, int]
) -> str:
    lines = [title]
    for cells in zip(*columns.values(), strict=True):
        cell = dict(zip(columns, cells, strict=True))
        name = ", ".join(str(cell.pop(group)) for group in groups)
        figures = ", ".join(f"{what.replace('_', ' ')} {figure:,.0f}" for what, figure in cell.items())
        lines.append(f"  {name}: {figures}" if name else f"  {figures}")
    lines += [f"  left out: {count:,}, {reason}" for reason, count in excluded.items()]
    return "\n".join(lines)


def _days(start: Any, end: Any) -> tuple[np.datetime64, np.datetime64]:  # noqa: ANN401 - any kind of date
    first, last = _checks.as_date("start", start), _checks.as_date("end", end)
    if first >= last:
        raise _checks.refuse("start", "be before end", _checks.phrase(f"{first} with end={last}"))
    return first, last


def stage_progression(
    history: StageHistory,
    *,
    stages: Stages,
    start: Any,  # noqa: ANN401 - any kind of date
    end: Any,  # noqa: ANN401 - any kind of date
    lost: Label | Sequence[Label] = (),
    by: By = None,
    confidence: float = 0.95,
) -> StageProgression:
    """How many deals advanced, stayed, fell back, came and went between two days.

    Where a deal was at the end of the one day is compared with where it was at the end of the other. The pipeline is
    every stage but the last; deals that were won or lost by the first day, and stayed so, do not count.

    Leaves out: what happened in between; a deal that advanced and fell back is the same. Deals new and lost between
    the two days are on neither.

    Args:
        history: the history.
        stages: the stages in order, or a mapping of names to labels, as in ``stage_intervals``.
        start: the first day.
        end: the last day.
        lost: the stage, or stages, off the path.
        by: a segment name, several, ``"account"``, or labels of the table's length; a deal belongs to the group of
            its first row.
        confidence: confidence level of the interval of the rate, between 0 and 1.

    Returns:
        Counts of deals, and the share of the first day's pipeline that advanced.

    Raises:
        MetricInputError: if the history has a stage that is not named, or ``start`` is not before ``end``.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta", "Core"],
        ...     opportunity=[1, 1, 2, 3],
        ...     stage=["Discovery", "Proposal", "Proposal", "Discovery"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-01-12", "2026-02-16"],
        ... )
        >>> options = {"stages": ["Discovery", "Proposal", "Won"], "start": "2026-01-31", "end": "2026-02-28"}
        >>> abm.stage_progression(history, **options)
        stage progression from 2026-01-31 to 2026-02-28
          advanced 1, same 1, regressed 0, entered 1, left 0

    References:
        RollWorks, "Account progression"; Demandbase, "Journey stage analytics".
    """
    first, last = _days(start, end)
    groups = history.grouping(by)
    walk = walk_through(history, stages, lost, last, [labels.ranks() for labels in groups.values()])
    won = walk.path.won
    before, after = (_place_on(walk, day) for day in (first, last))
    was_open, is_open = (before >= 0) & (before < won), (after >= 0) & (after < won)
    on = was_open & (after >= 0) & (after <= won)
    found = {
        "advanced": on & (after > before),
        "same": on & (after == before),
        "regressed": on & (after < before),
        "entered": ~was_open & (is_open | ((after == won) & (before != won))),
        "left": was_open & ~on,
        "was open": was_open,
    }
    labels = {name: walk.of_deals(held) for name, held in groups.items()}
    sums = _sums.sum_accounts(len(before), walk.of_deals(history.account), labels, found)
    sums = attrs.evolve(
        sums,
        rows=sums["was open"].astype(np.int64),
        excluded=add_up(walk.excluded, {f"{reason} (deals)": count for reason, count in sums.excluded.items()}),
    )
    return StageProgression(
        start=first,
        end=last,
        groups=sums.groups,
        **{name: sums.total(sums[name]).astype(np.int64) for name in _MOVES},
        advanced_rate=estimation.share(
            "advanced_rate",
            sums,
            sums["advanced"],
            sums["was open"],
            confidence=confidence,
            undefined="there was no pipeline",
        ),
        excluded=sums.excluded,
    )


def _place_on(walk: Walk, day: np.datetime64) -> Counts:
    """Return the place of each deal's stage at the end of a day; -1 where it is in none."""
    visits, moment = walk.visits, last_moment(day)
    there = (visits.entered <= moment) & (moment < visits.left)
    place = np.full(len(visits.first), -1, dtype=np.int64)
    place[visits.deal[there]] = visits.place[there]
    return place


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class _State:
    """Deals at the end of a day.

    Attributes:
        begun: whether there is a row of the deal.
        place: the place of its stage; beyond the path where it has left the stages.
        counts: whether it is in the pipeline that counts: open, and expected to close in time.
        is_open: whether it is in a stage before the last.
        amount: what it is worth; of a deal lost, what it was worth while it was open.
    """

    begun: Flags
    place: Counts
    counts: Flags
    is_open: Flags
    amount: Floats


def _state_on(walk: Walk, history: StageHistory, day: np.datetime64, closing_by: np.datetime64 | None) -> _State:
    rows, moment = walk.rows, last_moment(day)
    deals, won = len(walk.visits.first), walk.path.won
    position = np.arange(len(rows.deal))
    here = rows.entered <= moment

    def latest(which: Flags) -> Counts:
        found = np.full(deals, -1, dtype=np.int64)
        np.maximum.at(found, rows.deal[which], position[which])
        return found

    last, last_open = latest(here), latest(here & (rows.place < won))
    begun = last >= 0
    place = np.where(begun, np.append(rows.place, 0)[last], -1)
    gone = begun & (np.append(rows.left, OPEN)[last] <= moment)
    # Many systems set the amount of a lost deal to 0: what is lost is what it was worth before.
    kept = (place > won) | gone
    source = np.where(kept & (last_open >= 0), last_open, last)
    amount = np.append(history.column("amount")[rows.row], np.nan)[source]
    place = np.where(gone, won + 1, place)
    is_open = begun & (place < won)
    counts = is_open.copy()
    if closing_by is not None:
        expected = np.append(history.column("expected")[rows.row], np.datetime64("NaT"))[last]
        counts &= expected <= closing_by
    return _State(begun, place, counts, is_open, amount)


def pipeline_movement(
    history: StageHistory,
    *,
    stages: Stages,
    start: Any,  # noqa: ANN401 - any kind of date
    end: Any,  # noqa: ANN401 - any kind of date
    lost: Label | Sequence[Label] = (),
    closing_by: Any = None,  # noqa: ANN401 - any kind of date
    by: By = None,
) -> PipelineMovement:
    """What moved the open pipeline from one day to another: a bridge that leaves nothing unexplained.

    opening + created + increased + reopened + pulled in − decreased − won − lost − pushed out = closing.

    The history's rows carry what the deal was worth at the time: a row for each change of stage or amount. A deal
    counts from a row on. It is in the pipeline in every stage but the last and, with ``closing_by``, while it is
    expected to close by then. Deals won are counted at what they were won for; what that differs from the opening is
    an increase or a decrease. Deals lost are counted at what they were worth before, for many systems then set 0.

    Leaves out: deals without an amount, which are counted. What a deal gained and gave back between the days is not
    seen; what a deal that was created between them gained since is part of created.

    Args:
        history: the history, with the column ``amount``, and ``expected`` for ``closing_by``.
        stages: the stages in order, or a mapping of names to labels, as in ``stage_intervals``.
        start: the first day.
        end: the last day.
        lost: the stage, or stages, off the path.
        closing_by: the last day on which deals of this pipeline are expected to close, such as a quarter's; deals
            without such a day are not in it.
        by: a segment name, several, ``"account"``, or labels of the table's length; a deal belongs to the group of
            its first row.

    Returns:
        Amounts, in the currency of the history.

    Raises:
        MetricInputError: if a column is not there, the history has a stage that is not named, or ``start`` is not
            before ``end``.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account=["Acme", "Acme", "Beta", "Beta", "Core"],
        ...     opportunity=[1, 1, 2, 2, 3],
        ...     stage=["Proposal", "Won", "Proposal", "Proposal", "Proposal"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-01-12", "2026-02-02", "2026-02-16"],
        ...     amount=[100, 90, 50, 70, 30],
        ... )
        >>> abm.pipeline_movement(history, stages=["Proposal", "Won"], start="2026-01-31", end="2026-02-28")
        pipeline movement from 2026-01-31 to 2026-02-28
          opening 150, created 30, increased 20, reopened 0, pulled in 0, decreased 10, won 90, lost 0, pushed out 0,
          closing 100

    References:
        boomii/bdw, issue 277: weekly pipeline change by cause.
    """
    first, last = _days(start, end)
    limit = None if closing_by is None else _checks.as_date("closing_by", closing_by)
    groups = history.grouping(by)
    ties = [history.column("amount"), *(labels.ranks() for labels in groups.values())]
    walk = walk_through(history, stages, lost, last, ties)
    before, after = (_state_on(walk, history, day, limit) for day in (first, last))
    amounts, unpriced = _bridge(walk, last_moment(first), before, after)
    labels = {name: walk.of_deals(held) for name, held in groups.items()}
    keep = np.flatnonzero(~unpriced)
    sums = _sums.sum_accounts(
        len(keep),
        walk.of_deals(history.account).where(keep),
        {name: held.where(keep) for name, held in labels.items()},
        {name: figures[keep] for name, figures in amounts.items()},
    )
    lacking = count_rows({"no amount (deals)": unpriced})
    unlabelled = {f"{reason} (deals)": count for reason, count in sums.excluded.items()}
    return PipelineMovement(
        start=first,
        end=last,
        groups=sums.groups,
        **{name: sums.total(sums[name]) for name in amounts},
        excluded=add_up(walk.excluded, lacking, unlabelled),
    )


def _bridge(walk: Walk, start: int, before: _State, after: _State) -> tuple[dict[str, Floats], Flags]:
    """Return the part of each deal in each movement, and which deals cannot be counted for want of an amount."""
    won, rows = walk.path.won, walk.rows
    opened = rows.deal[(rows.entered > start) & (rows.place < won)]
    open_between = np.bincount(opened, minlength=len(before.begun)) > 0
    is_won, is_lost = after.place == won, after.place > won
    was_closed = before.begun & ~before.is_open
    came_back = was_closed & (after.is_open | open_between | (is_won & (before.place > won)))
    created = ~before.begun & after.begun
    # Deals that open, or come within reach, between the days and are won or lost in them pass through the pipeline.
    waited = before.is_open & ~before.counts
    enters = {
        "created": created & (after.counts | is_won | is_lost),
        "reopened": came_back & (after.counts | is_won | is_lost),
        "pulled_in": waited & (after.counts | is_won),
    }
    inside = before.counts | np.logical_or.reduce(list(enters.values()))
    gained = np.where(before.counts, after.amount - before.amount, 0.0)
    parts: dict[str, Floats] = {
        "opening": np.where(before.counts, before.amount, 0.0),
        **{name: np.where(which, after.amount, 0.0) for name, which in enters.items()},
        "increased": np.maximum(gained, 0.0),
        "decreased": np.maximum(-gained, 0.0),
        "won": np.where(inside & is_won, after.amount, 0.0),
        "lost": np.where(inside & is_lost, after.amount, 0.0),
        "pushed_out": np.where(before.counts & after.is_open & ~after.counts, after.amount, 0.0),
        "closing": np.where(after.counts, after.amount, 0.0),
    }
    return parts, np.isnan(sum(parts.values(), start=np.zeros(len(inside))))
