"""The way of deals through stages: rows of a history as visits, in order, whatever the rows look like.

Deals, stages and times are whole numbers here: a deal is its number among those that occur, a stage its place on the
path, and the stages off the path (lost) share the place after the last.
"""

import collections
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading
from abmmetrics._labels import Label, Labels

Integers = NDArray[np.int64]

DAY = 86_400_000_000  # microseconds
OPEN = np.iinfo(np.int64).max
"""When a stage is left that has not been left yet."""
_NUMBERING = re.compile(r"^[\W\d_]+")


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Path:
    """The stages of a deal.

    Attributes:
        stages: those on the path, in order; a deal is won in the last.
        lost: those off the path.
        place_of: the place of each label that a history may use.
    """

    stages: tuple[Label, ...]
    lost: tuple[Label, ...]
    place_of: Mapping[Label, int]

    @property
    def won(self) -> int:
        """The place of the last stage."""
        return len(self.stages) - 1

    @property
    def names(self) -> list[Label]:
        """The name of each place; the first of the stages off the path stands for all of them."""
        return [*self.stages, *self.lost[:1]]

    def places(self, labels: Labels) -> Integers:
        """Return the place of each row's stage; a stage that is not known is refused."""
        known = [self.place_of.get(name, -1) for name in _labels.as_python_list(labels.categories)]
        places = np.array([*known, -1], dtype=np.int64)[labels.codes()]
        unknown = np.flatnonzero(places < 0)
        if len(unknown):
            row = int(unknown[0])
            count = _checks.how_many(int((labels == labels[row]).sum()), "rows")
            raise _checks.refuse(
                "stages",
                f"name every stage of the history, beside those that are lost: {list(self.place_of)}",
                _checks.phrase(f"{labels[row]!r} in {count}"),
            )
        return places


def read_path(stages: Any, lost: Any) -> Path:  # noqa: ANN401 - whatever the caller gave
    """Read the stages in order, each a label or a name with its labels, and those that are lost."""
    if _reading.is_mapping(stages):
        named = {name: list(what) if _reading.is_listed(what) else [what] for name, what in stages.items()}
    elif _reading.is_listed(stages):
        named = {name: [name] for name in stages}
        if len(named) < len(stages):
            raise _checks.refuse("stages", "differ from each other", list(stages))
    else:
        raise _checks.refuse("stages", "be a list of stages in order, or a mapping of names to labels", stages)
    if len(named) < 2:  # noqa: PLR2004 - a path leads from one stage to another
        raise _checks.refuse("stages", "be at least two", list(named))
    off = list(lost) if _reading.is_listed(lost) else [lost]
    place_of: dict[Any, int] = {}
    for place, labels in enumerate([*named.values(), off]):
        for label in labels:
            if label in place_of:
                raise _checks.refuse("stages", "be of different labels, also those that are lost", label)
            place_of[label] = place
    return Path(tuple(named), tuple(off), place_of)


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Rows:
    """Rows of a history in the order of deals and times.

    Attributes:
        row: the row of the history.
        deal: the number of its deal.
        place: the place of its stage.
        entered: when the deal entered it, in microseconds.
        left: when it left it, as recorded; ``OPEN`` where nothing is.
    """

    row: Integers
    deal: Integers
    place: Integers
    entered: Integers
    left: Integers


def sort_rows(
    history: Any,  # noqa: ANN401 - a StageHistory, which is declared above this module
    path: Path,
    until: int,
    open_days: NDArray[np.datetime64],
    ties: Sequence[NDArray[Any]] = (),
) -> Rows:
    """Put the rows up to a moment in order.

    Rows of one moment are in the order in which their stages were left, then of the path: dates are days.

    Args:
        history: the history.
        path: its stages.
        until: the last moment that counts.
        open_days: days that are no end, but say that there is none.
        ties: what decides where nothing else does.
    """
    entered = history.entered.view(np.int64)
    left = np.full(len(entered), OPEN)
    if history.left is not None:
        ended = ~np.isnat(history.left) & ~np.isin(history.left.astype("datetime64[D]"), open_days)
        left[ended] = history.left.view(np.int64)[ended]
        left[left > until] = OPEN
    place = path.places(history.stage)
    keep = np.flatnonzero(entered <= until)
    deal = history.opportunity.codes()
    order = np.lexsort([*(tie[keep] for tie in ties), place[keep], left[keep], entered[keep], deal[keep]])
    row = keep[order]
    _, number = np.unique(deal[row], return_inverse=True)
    return Rows(row, number, place[row], entered[row], left[row])


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Visits:
    """Visits of deals to stages, in the order of deals and times; of one deal none overlap.

    Attributes:
        row: a row of the history for each visit, its first.
        deal: the number of its deal.
        place: the place of its stage.
        entered: when it began, in microseconds.
        left: when it ended; ``OPEN`` while it goes on.
        first: for each deal its first visit.
    """

    row: Integers
    deal: Integers
    place: Integers
    entered: Integers
    left: Integers

    @property
    def first(self) -> Integers:
        """For each deal the position of its first visit."""
        return np.flatnonzero(np.diff(self.deal, prepend=-1))

    @property
    def last(self) -> Integers:
        """For each deal the position of its last visit."""
        return np.flatnonzero(np.diff(self.deal, append=-1))

    def before(self) -> Integers:
        """Return the place of the same deal's visit before; -1 for the first."""
        place = np.append(-1, self.place[:-1])
        place[self.first] = -1
        return place[: len(self.place)]


def find_visits(rows: Rows) -> tuple[Visits, dict[str, int]]:
    """Join rows to visits: runs of rows of one stage are one visit, which ends when the next begins at the latest.

    Returns:
        The visits, and how often what had to be decided.
    """
    new = (np.diff(rows.deal, prepend=-1) != 0) | (np.diff(rows.place, prepend=-1) != 0)
    first = np.flatnonzero(new)
    final = np.flatnonzero(np.append(new[1:], True)) if len(new) else first
    recorded = rows.left[final]
    deal, entered = rows.deal[first], rows.entered[first]
    followed = np.append(deal[1:] == deal[:-1], False) if len(deal) else np.zeros(0, dtype=bool)
    following = np.where(followed, np.append(entered[1:], OPEN), OPEN)
    known = recorded < OPEN
    found = {
        "rows repeat the stage that the deal was in": len(new) - len(first),
        "visits end after the next begins, and are cut there": int((known & (recorded > following)).sum()),
        "visits end before the next begins: in no stage between": int((followed & (recorded < following)).sum()),
        "deals left a stage and entered no other": int((known & ~followed).sum()),
    }
    left = np.minimum(recorded, following)
    return Visits(rows.row[first], deal, rows.place[first], entered, left), found


def moves(visits: Visits, path: Path) -> NDArray[np.object_]:
    """Say of each visit how the deal came to it."""
    before, place, won = visits.before(), visits.place, path.won
    named = np.select(
        [
            place > won,
            before < 0,
            before >= won,
            place < before,
            place == before + 1,
        ],
        ["lost", np.where(place == 0, "entered", "entered midway"), "reopened", "regressed", "advanced"],
        default="skipped ahead",
    )
    return named.astype(object)


def with_current(
    visits: Visits,
    names: Sequence[Any],
    current: Mapping[Any, int],
    until: int,
    *,
    trust: str,
) -> tuple[Visits, dict[str, int]]:
    """Compare the last visit of each deal with the stage that the deal is said to be in now.

    Args:
        visits: the visits.
        names: the name of each deal.
        current: place of the stage of each deal, by name.
        until: the day on which that is so, in microseconds.
        trust: ``"raise"``, ``"current"`` or ``"history"``.
    """
    last = visits.last
    stated = np.array([current.get(name, -1) for name in names], dtype=np.int64)
    wrong = (stated >= 0) & (stated != visits.place[last])
    found = {
        "deals have no current stage": int((stated < 0).sum()),
        "deals have no history": len(set(current) - set(names)),
        f"deals are not in the last stage of their history: the {trust} counts": int(wrong.sum()),
    }
    if not wrong.any() or trust == "history":
        return visits, found
    if trust == "raise":
        first = names[int(np.flatnonzero(wrong)[0])]
        deals = _checks.how_many(int(wrong.sum()), "deals")
        raise _checks.refuse(
            "current",
            "agree with the last stage of each history (or say which to trust with contradiction=)",
            _checks.phrase(f"another stage for {deals}, the first {first!r}"),
        )
    ends = last[wrong]
    # When the deal came there nobody knows: when it left the last stage, or else on the day that it was seen there.
    moved = np.where(visits.left[ends] < OPEN, visits.left[ends], np.maximum(until, visits.entered[ends]))
    left = visits.left.copy()
    left[ends] = moved
    joined = [
        np.insert(figures, ends + 1, added)
        for figures, added in (
            (visits.row, visits.row[ends]),
            (visits.deal, visits.deal[ends]),
            (visits.place, stated[wrong]),
            (visits.entered, moved),
            (left, OPEN),
        )
    ]
    return Visits(*joined), found


def look_alikes(labels: Labels) -> dict[str, int]:
    """Find stages whose names differ only in numbering, case or spaces, such as "Won" and "6 - Won"."""
    codes = labels.codes()
    names = [name for name in _labels.as_python_list(labels.categories) if isinstance(name, str)]
    count = np.bincount(codes[codes >= 0], minlength=len(labels.categories)).tolist()
    alike: dict[str, list[int]] = collections.defaultdict(list)
    for code, name in enumerate(names):
        if count[code]:
            alike[_NUMBERING.sub("", name).strip().casefold()].append(code)
    return {
        f"rows of stages that look alike: {', '.join(repr(names[code]) for code in group)}": sum(
            count[code] for code in group
        )
        for group in alike.values()
        if len(group) > 1
    }


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Conversions:
    """Which deals count in a step from one stage to a later one, and which of them made it.

    Attributes:
        entered: for each deal whether it counts.
        converted: for each deal whether it counts as converted; of ``"any"`` it need not have entered.
    """

    entered: NDArray[np.bool_]
    converted: NDArray[np.bool_]


def convert(visits: Visits, path: Path, begin: int, end: int, method: str) -> Conversions:
    """Tell which deals entered one stage of the path, and which of them came to a later one."""
    deals, deal, place = len(visits.first), visits.deal, visits.place

    def some(which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(deal[which], minlength=deals) > 0

    if method == "direct":
        return Conversions(some(place == begin), some((visits.before() == begin) & (place == end)))
    if method == "any":
        return Conversions(some(place == begin), some(place == end))
    position = np.arange(len(deal))
    if method == "strict":
        reached = np.full(deals, -1)
        entered = np.zeros(deals, dtype=bool)
        for stage in range(end + 1):
            came = np.full(deals, OPEN)
            after = (place == stage) & (position > reached[deal])
            np.minimum.at(came, deal[after], position[after])
            reached = came
            entered = came < OPEN if stage == begin else entered
        return Conversions(entered, reached < OPEN)
    came = np.full(deals, OPEN)
    on_path = place <= path.won
    at_stage = place == begin
    np.minimum.at(came, deal[at_stage], position[at_stage])
    if method == "demandbase":
        # Losses aside, from which visit did a deal pass over the stage?
        held = np.flatnonzero(on_path)
        over = (deal[held[1:]] == deal[held[:-1]]) & (place[held[:-1]] < begin) & (place[held[1:]] > begin)
        passed = held[:-1][over]
        np.minimum.at(came, deal[passed], passed)
    beyond = on_path & (place >= end)
    latest = np.full(deals, -1)
    np.maximum.at(latest, deal[beyond], position[beyond])
    return Conversions(came < OPEN, latest > came)
