"""The history of deals that the families of stages and movements look at."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading, _stage_paths, columns
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics._stage_paths import OPEN, Path, Rows, Visits
from abmmetrics.columns import Amounts, Dates
from abmmetrics.opportunities import Opportunities
from abmmetrics.periods import last_moment
from abmmetrics.tables import Table

__all__ = ["StageHistory", "StageIntervals", "stage_intervals"]

Stages = Sequence[Label] | Mapping[Label, Label | Sequence[Label]]
OPEN_ENDS = ("9999-12-31", "2050-01-01")
"""Days that exports write where a stage was not left."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StageHistory(Table):
    """The stages that deals came to: one row for each time, or for each change of anything else.

    Attributes:
        account: the account that the deal is with, the same in all of its rows.
        opportunity: the deal.
        stage: the stage that it came to, or was in.
        entered: since when.
        left: until when; NaT, 9999-12-31 or 2050-01-01 where that is not over.
        amount: what the deal was worth then, >= 0, in one currency; NaN where none is recorded.
        expected: the day on which it was then expected to close; NaT where none is recorded.

    Example:
        >>> import abmmetrics as abm
        >>> abm.StageHistory(
        ...     account="Acme",
        ...     opportunity=[1, 1, 2],
        ...     stage=["Discovery", "Proposal", "Discovery"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-02-16"],
        ... )
        StageHistory(3 rows, 1 account; opportunity, stage, entered)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    opportunity: Labels = attrs.field(converter=columns.labels)
    stage: Labels = attrs.field(converter=columns.labels)
    entered: Dates = attrs.field(converter=columns.moments)
    left: Dates | None = attrs.field(default=None, converter=columns.moments_or_nat)
    amount: Amounts | None = attrs.field(default=None, converter=columns.amounts_or_nan)
    expected: Dates | None = attrs.field(default=None, converter=columns.dates_or_nat)

    def check_rows(self) -> None:
        """Refuse a stage left before it was entered, and a deal with two accounts."""
        if self.left is not None:
            backwards = np.flatnonzero(self.left < self.entered)
            if len(backwards):
                row = int(backwards[0])
                came = _checks.phrase(f"{self.left[row]} with entered={self.entered[row]}")
                raise _checks.refuse("left", "be at or after entered", came, row)
        deal, account = self.opportunity.codes(), self.account.codes()
        _, first, number = np.unique(deal, return_index=True, return_inverse=True)
        others = np.flatnonzero(account != account[first][number])
        if len(others):
            row = int(others[0])
            both = f"{self.account[int(first[number[row]])]!r} and {self.account[row]!r} of {self.opportunity[row]!r}"
            raise _checks.refuse("account", "be one in all rows of an opportunity", _checks.phrase(both), row)


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Walk:
    """A history read: its path, rows and visits, and what was left out.

    Attributes:
        path: the stages.
        rows: the rows that count, in order.
        visits: the visits.
        day: the day up to which rows count.
        found: how often what had to be decided.
        excluded: reason to the number of rows left out.
    """

    path: Path
    rows: Rows
    visits: Visits
    day: np.datetime64 | None
    found: dict[str, int]
    excluded: dict[str, int]

    def of_deals(self, labels: Labels) -> Labels:
        """Return each deal's label: that of its first row."""
        return labels.where(self.visits.row[self.visits.first])


def walk_through(  # noqa: PLR0917 - how to read a history
    history: StageHistory,
    stages: Any,  # noqa: ANN401 - see read_path
    lost: Any,  # noqa: ANN401 - see read_path
    as_of: Any,  # noqa: ANN401 - any kind of date
    ties: Sequence[NDArray[Any]] = (),
    open_ends: Sequence[Any] = OPEN_ENDS,
) -> Walk:
    """Read a history: its stages, its rows in order, its visits.

    Args:
        history: the history.
        stages: the stages in order, see ``stage_intervals``.
        lost: those off the path.
        as_of: the last day that counts; None for that of the last row.
        ties: what decides where rows of a deal are alike.
        open_ends: days that are no end.
    """
    path = _stage_paths.read_path(stages, lost)
    day: np.datetime64 | None = None
    if as_of is not None:
        day = _checks.as_date("as_of", as_of)
    elif len(history):
        day = history.entered.max().astype("datetime64[D]")
    until = OPEN - 1 if day is None else last_moment(day)
    open_days = _checks.as_dates("open_ends", _reading.read_column("open_ends", list(open_ends)))
    rows = _stage_paths.sort_rows(history, path, until, open_days, ties)
    visits, found = _stage_paths.find_visits(rows)
    ended: Any = np.empty(0, dtype="datetime64[D]") if history.left is None else history.left.astype("datetime64[D]")
    marked = {f"rows are left on {end}, which says that they go on": int((ended == end).sum()) for end in open_days}
    late = count_rows({"after as_of": history.entered.view(np.int64) > until})
    return Walk(path, rows, visits, day, {**marked, **found}, add_up(history.excluded, late))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class StageIntervals:
    """The visits of deals to stages, and how each came about.

    Attributes:
        history: the visits in order of deals and times, as a history; ``left`` is NaT where a visit goes on.
        stages: the stages in order.
        lost: the stage off the path, where there is one.
        as_of: the last day that counts; None where there are no rows.
        move: for each visit ``"entered"``, ``"entered midway"``, ``"advanced"``, ``"skipped ahead"``, ``"regressed"``,
            ``"lost"`` or ``"reopened"``.
        findings: what had to be decided, and how often.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account="Acme",
        ...     opportunity=[1, 1, 2],
        ...     stage=["Discovery", "Proposal", "Proposal"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-02-16"],
        ... )
        >>> abm.stage_intervals(history, stages=["Discovery", "Proposal", "Won"])
        3 visits of 2 deals to 3 stages
          1: deals enter midway
    """

    history: StageHistory
    stages: tuple[Label, ...]
    lost: tuple[Label, ...]
    as_of: np.datetime64 | None
    move: NDArray[np.object_]
    findings: Mapping[str, int]

    def __len__(self) -> int:
        """Number of visits."""
        return len(self.history)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the visits as columns, for any frame's constructor."""
        held = {**self.history.columns(), **self.history.segments}
        columns = {
            name: values.to_list() if isinstance(values, Labels) else values.tolist() for name, values in held.items()
        }
        return {**columns, "move": self.move.tolist()}

    def to_opportunities(self, close: Literal["last", "first"] = "last") -> Opportunities:
        """Return the deals with what became of them.

        A deal is created on the day of its first visit. It is closed by its last visit, if that is to the last stage
        or off the path; or, with ``"first"``, by the first such visit, whatever came after.

        Args:
            close: which close counts where a deal was reopened, ``"last"`` or ``"first"``.

        Raises:
            MetricInputError: if ``close`` is not known.

        Example:
            >>> import abmmetrics as abm
            >>> history = abm.StageHistory(
            ...     account="Acme",
            ...     opportunity=7,
            ...     stage=["Proposal", "Lost", "Proposal", "Won"],
            ...     entered=["2026-01-05", "2026-02-09", "2026-02-16", "2026-03-02"],
            ... )
            >>> found = abm.stage_intervals(history, stages=["Proposal", "Won"], lost="Lost")
            >>> found.to_opportunities().outcome, found.to_opportunities("first").outcome
            (Labels(['won'], rows=1), Labels(['lost'], rows=1))
        """
        _checks.as_option("close", close, ("last", "first"))
        history = self.history
        deal = history.opportunity.codes()
        first = np.flatnonzero(np.diff(deal, prepend=-1))
        last = np.flatnonzero(np.diff(deal, append=-1))
        won = history.stage == self.stages[-1]
        closes = won | ~history.stage.isin(self.stages)
        if close == "first":
            number = np.cumsum(np.diff(deal, prepend=-1) != 0) - 1
            positions = np.flatnonzero(closes)
            np.minimum.at(last, number[positions], positions)
        closed = closes[last]
        return Opportunities(
            account=history.account.where(last),
            opportunity=history.opportunity.where(last),
            created=history.entered[first],
            closed=np.where(closed, history.entered[last], np.datetime64("NaT")),
            outcome=np.where(closed, np.where(won[last], "won", "lost"), "open"),
            amount=None if history.amount is None else history.amount[last],
            segments={name: labels.where(first) for name, labels in history.segments.items()},
            excluded=dict(history.excluded),
        )

    def __str__(self) -> str:
        """Say how many visits there are, and what had to be decided."""
        deals = len(np.unique(self.history.opportunity.codes()))
        lines = [
            f"{_checks.how_many(len(self), 'visits')} of {_checks.how_many(deals, 'deals')} to {len(self.stages)} stages"
        ]
        return "\n".join([*lines, *(f"  {count:,}: {told}" for told, count in self.findings.items())])

    __repr__ = __str__


def stage_intervals(
    history: StageHistory,
    *,
    stages: Stages,
    lost: Label | Sequence[Label] = (),
    as_of: Any = None,  # noqa: ANN401 - any kind of date
    current: Mapping[Label, Label] | None = None,
    contradiction: Literal["raise", "current", "history"] = "raise",
    open_ends: Sequence[Any] = OPEN_ENDS,
) -> StageIntervals:
    """Make visits of a history: from when to when each deal was in which stage, and how it came there.

    Rows of a deal are taken in order of time; of one moment, in the order in which their stages were left, then of the
    path (many systems know days only). Rows that repeat a stage are one visit. A visit ends when its row says, and
    when the next begins at the latest; an end that only means "not yet" is none.

    Leaves out: rows after ``as_of``, which are counted. Whatever had to be decided is counted in ``findings``.

    Args:
        history: the history.
        stages: the stages in order, the last being the one in which a deal is won; or a mapping of names to the
            labels that mean them, such as ``{"Won": ["Won", "6 - Won"]}``.
        lost: the stage, or stages, off the path.
        as_of: the last day that counts; that of the last row where not given.
        current: the stage that each deal is in now, by deal, to compare with its history.
        contradiction: what counts where they differ: ``"raise"`` refuses, ``"current"`` adds a visit to the current
            stage (from when the last stage was left, or else from ``as_of``, since nobody knows), ``"history"``
            leaves the history as it is.
        open_ends: days that exports write for a stage that was not left.

    Returns:
        The visits, as a history that every function of this family takes, with how each came about.

    Raises:
        MetricInputError: if the history has a stage that is not named, a stage is named twice, or a deal is not where
            its history ends and ``contradiction`` is ``"raise"``.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.StageHistory(
        ...     account="Acme",
        ...     opportunity=[1, 1, 1, 2],
        ...     stage=["Discovery", "Proposal", "Discovery", "Proposal"],
        ...     entered=["2026-01-05", "2026-02-09", "2026-02-16", "2026-03-02"],
        ... )
        >>> found = abm.stage_intervals(history, stages=["Discovery", "Proposal", "Won"], lost="Lost")
        >>> found.move.tolist()
        ['entered', 'advanced', 'regressed', 'entered midway']
        >>> found.history.left.astype("datetime64[D]").tolist()[:2]
        [datetime.date(2026, 2, 9), datetime.date(2026, 2, 16)]

    References:
        HubSpot connectors, airbyte issue 46576: last stage of the history against the current stage.
    """
    _checks.as_option("contradiction", contradiction, ("raise", "current", "history"))
    walk = walk_through(history, stages, lost, as_of, open_ends=open_ends)
    visits, path, found = walk.visits, walk.path, dict(walk.found)
    if current is not None:
        deals: list[Any] = walk.of_deals(history.opportunity).to_list()
        stated = _labels.encode(_text_or_numbers(list(current.values())))
        places = dict(zip(current, path.places(stated).tolist(), strict=True))
        until = 0 if walk.day is None else int(walk.day.astype("datetime64[us]").astype(np.int64))
        visits, disagreements = _stage_paths.with_current(visits, deals, places, until, trust=contradiction)
        found |= disagreements
    move = _stage_paths.moves(visits, path)
    for name, told in (
        ("regressed", "visits are to an earlier stage than the one before"),
        ("skipped ahead", "visits skip a stage"),
        ("reopened", "visits reopen a closed deal"),
        ("entered midway", "deals enter midway"),
    ):
        found[told] = int((move == name).sum())
    found |= _stage_paths.look_alikes(history.stage)
    left = visits.left.copy()
    left[left == OPEN] = np.iinfo(np.int64).min  # which is NaT
    taken: dict[str, Any] = {
        name: held.where(visits.row) if isinstance(held, Labels) else held[visits.row]
        for name, held in history.columns().items()
    }
    taken |= {
        "stage": _labels.from_codes(visits.place, path.names),
        "entered": visits.entered.view("datetime64[us]"),
        "left": left.view("datetime64[us]"),
    }
    segments = {name: held.where(visits.row) for name, held in history.segments.items()}
    return StageIntervals(
        history=attrs.evolve(history, **taken, segments=segments, excluded=walk.excluded),
        stages=path.stages,
        lost=path.lost[:1],
        as_of=walk.day,
        move=move,
        findings={told: count for told, count in found.items() if count},
    )


def _text_or_numbers(values: list[Any]) -> NDArray[Any]:
    """Return labels in an array that keeps what they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
