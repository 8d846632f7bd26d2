"""Chains of steps: how deep into a funnel each unit came, and when.

An event is one whole number, with its step in the highest bits, then its unit, then its time.
Sorted, the first event of a step that a unit took at or after a time is one binary search
away, for all chains at once, and no event is visited twice.
"""

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._labels import Labels

Order = Literal["sequential", "strict", "any"]
Entry = Literal["any", "first"]
Integers = NDArray[np.int64]

# A block's numbers stay in the processor's second cache.
_BLOCK = 2**14  # mutation: equivalent, other sizes are only slower
# Of 64 bits one is the sign.
_BITS = 63  # mutation: equivalent, with fewer every time is a place in a list; more are tested
_TICKS = (1, 1_000, 1_000_000)  # mutation: equivalent, a tick that does not divide the times is passed over
_END = np.iinfo(np.int64).max


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Log:
    """Events as a table holds them.

    Attributes:
        units: whose event each row is.
        steps: what it was.
        step_of: for each category of ``steps`` the number of its step in the funnel; ``number`` for one of none.
        number: how many steps there are.
        at: when it was, in microseconds.
        keep: rows to look at, all of which have a unit; None for all.
    """

    units: Labels
    steps: Labels
    step_of: Integers
    number: int
    at: Integers
    keep: NDArray[np.bool_] | None


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Chains:
    """The chain of every unit that took the first step: the deepest, and of those the earliest.

    Attributes:
        units: code of each of these units.
        entered: when it took the first step for the first time.
        depth: how many steps its chain has, at least 1.
        at: for each step when each chain took it; meaningless beyond the chain's depth.
        seen: for each step whether anybody took it.
        midway: code of each unit that took later steps and never the first.
        midway_since: when it took any of them for the first time.
    """

    units: Integers
    entered: Integers
    depth: Integers
    at: Integers
    seen: NDArray[np.bool_]
    midway: Integers
    midway_since: Integers


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class _Events:
    """Events as sorted numbers.

    Attributes:
        keys: step, unit and time of each event in one number, in order; a last one that is no event.
        unit_bits: how many bits hold the unit.
        time_bits: how many bits hold the time.
        origin: the time that the time 0 stands for.
        tick: how long a time of 1 is.
        moments: what the times count, where they are places in this list instead.
    """

    keys: Integers
    unit_bits: int
    time_bits: int
    origin: int
    tick: int
    moments: Integers | None

    def time(self, keys: Integers) -> Integers:
        """Return when events were."""
        ticks = keys & ((1 << self.time_bits) - 1)
        if self.moments is None:
            return self.origin + self.tick * ticks
        return self.moments.take(ticks, mode="clip")  # the last key, which is no event, has a place beyond

    def step(self, keys: Integers) -> Integers:
        """Return which step events are."""
        return keys >> self.unit_bits + self.time_bits

    def unit(self, keys: Integers) -> Integers:
        """Return whose events these are."""
        return keys >> self.time_bits & ((1 << self.unit_bits) - 1)

    def of_step(self, step: int, keys: Integers) -> Integers:
        """Return the same units and times in another step."""
        return self.of_no_step(keys) | step << self.unit_bits + self.time_bits

    def of_no_step(self, keys: Integers) -> Integers:
        """Return the units and times alone."""
        return keys & ((1 << self.unit_bits + self.time_bits) - 1)

    def at_or_after(self, wanted: Integers) -> Integers:
        """Return for each step, unit and time the first event from there on; it may be another step's or unit's."""
        return self.keys[np.searchsorted(self.keys, wanted)]

    def same_unit(self, found: Integers, wanted: Integers) -> NDArray[np.bool_]:
        """Tell which events are of the step and unit that was looked for."""
        same: NDArray[np.bool_] = found >> self.time_bits == wanted >> self.time_bits
        return same

    def firsts(self) -> Integers:
        """Return the first event of each step and unit."""
        starts = [np.zeros(1, dtype=np.int64)]
        for start in range(0, len(self.keys), _BLOCK):
            # Each block begins with the last of the one before; what a new head precedes is a first.
            heads = self.keys[start : start + _BLOCK + 1] >> self.time_bits
            starts.append(start + np.flatnonzero(heads[1:] != heads[:-1]) + 1)
        return self.keys[np.concatenate(starts)[:-1]]  # the last key is no event


def _first_of_each(values: Integers) -> NDArray[np.bool_]:
    """Tell which of some ordered values differ from the one before."""
    first = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


def find_chains(log: Log, *, window: int | None, order: Order, entry: Entry) -> Chains:
    """Find the chain of every unit.

    Args:
        log: the events.
        window: how many microseconds a chain may take; None for any time.
        order: ``"sequential"``, ``"strict"`` or ``"any"``.
        entry: ``"any"`` or ``"first"``: which events of the first step may begin a chain.
    """
    events = _sorted_events(log)
    firsts = events.firsts()
    begins = events.step(firsts) == 0
    entries = firsts[begins]
    entered = events.unit(entries)
    depth, start = np.zeros(len(entered), dtype=np.int64), entries.copy()
    starts = _starts(events, firsts, window=window, order=order, entry=entry)
    last = starts
    for step in range(log.number):
        if order == "any" or step:
            wanted = events.of_step(step, starts if order == "any" else last)
            found = events.at_or_after(wanted)
            goes_on = events.same_unit(found, wanted)
            if window is not None:
                goes_on &= events.time(found) - events.time(starts) <= window
            if order == "strict":
                goes_on &= ~_interrupted(events, step, log.number, last, found)
            starts, last = starts[goes_on], found[goes_on]
        whose = events.unit(starts)
        earliest = _first_of_each(whose)
        place = np.searchsorted(entered, whose[earliest])
        depth[place], start[place] = step + 1, starts[earliest]
    return Chains(
        units=entered,
        entered=events.time(entries),
        depth=depth,
        at=_times(events, start, log.number, order),
        seen=np.isin(np.arange(log.number), events.step(firsts)),
        **_midway(events, firsts[~begins], entered),
    )


def _starts(events: _Events, firsts: Integers, *, window: int | None, order: Order, entry: Entry) -> Integers:
    """Return where chains may begin, in order."""
    if order == "any":
        return np.sort(events.of_no_step(firsts if window is None else events.keys[:-1]))
    # Without a window no chain goes deeper than the one that begins first.
    no_deeper = window is None and order == "sequential"  # mutation: equivalent, without this it is only slower
    some = firsts if no_deeper or entry == "first" else events.keys
    return some[: np.searchsorted(some, 1 << events.unit_bits + events.time_bits)]


def _interrupted(events: _Events, step: int, number: int, last: Integers, found: Integers) -> NDArray[np.bool_]:
    """Tell which units took another step than their last after it and before the one found."""
    interrupted = np.zeros(len(last), dtype=bool)
    for other in range(number):
        if other != step - 1:
            between = events.at_or_after(events.of_step(other, last) + 1)
            interrupted |= between < events.of_step(other, found)
    return interrupted


def _times(events: _Events, start: Integers, number: int, order: Order) -> Integers:
    """Return when the chains that begin at these events took each step."""
    at = np.empty((number, len(start)), dtype=np.int64)
    last = start
    for step in range(number):
        last = events.at_or_after(events.of_step(step, start if order == "any" else last))
        at[step] = events.time(last)
    return at


def _midway(events: _Events, later: Integers, entered: Integers) -> dict[str, Integers]:
    """Return the units that took later steps and never the first, and since when."""
    strangers = np.sort(events.of_no_step(later[~np.isin(events.unit(later), entered)]))
    firsts = strangers[_first_of_each(events.unit(strangers))]
    return {"midway": events.unit(firsts), "midway_since": events.time(firsts)}


def _sorted_events(log: Log) -> _Events:
    """Turn the rows that are kept and of some step into sorted numbers, a block at a time."""
    at = log.at
    unit_bits = len(log.units.categories).bit_length()
    origin, tick, moments, time_bits = _clock(at, _BITS - log.number.bit_length() - unit_bits)
    beyond = log.number << unit_bits + time_bits
    steps = log.step_of << unit_bits + time_bits
    keys = np.empty(len(at) + 1, dtype=np.int64)
    filled = 0
    for start in range(0, len(at), _BLOCK):
        stop = start + _BLOCK
        ticks = at[start:stop] - origin if moments is None else np.searchsorted(moments, at[start:stop])
        key = log.units.codes(start, stop) << time_bits
        key += ticks if tick == 1 else ticks // tick  # mutation: equivalent, to divide by 1 is only slower
        key += steps[log.steps.codes(start, stop)]
        wanted = key < beyond
        if log.keep is not None:
            wanted &= log.keep[start:stop]
        key = key[wanted]
        keys[filled : filled + len(key)] = key
        filled += len(key)
    keys[filled] = _END
    keys = keys[: filled + 1]
    keys.sort()
    return _Events(keys, unit_bits, time_bits, origin, tick, moments)


def _clock(at: Integers, bits: int) -> tuple[int, int, Integers | None, int]:
    """Return origin, tick, moments and bits of the times, so that these are at most as many as given."""
    if len(at) == 0:
        return 0, 1, None, 0
    origin = int(at.min())
    span = int(at.max()) - origin
    for tick in _TICKS:
        needed = (span // tick).bit_length()
        if needed <= bits and (tick == 1 or not ((at - origin) % tick).any()):
            return origin, tick, None, needed
    moments = np.unique(at)
    return 0, 1, moments, len(moments).bit_length()


def first_rows(log: Log, chains: Chains, groups: Sequence[Labels]) -> Integers:
    """Find the row with which each unit came in: its first of the first step, or for one that never took it of any.

    Args:
        log: the events.
        chains: what was found in them.
        groups: of rows at the same time the one whose labels sort first decides; a row without a label comes last.

    Returns:
        The rows of the units in ``chains.units``, then of those in ``chains.midway``.
    """
    members = np.concatenate([chains.units, chains.midway])
    since = np.full(len(log.units.categories) + 1, _END)  # the last: for rows without a unit
    since[members] = np.concatenate([chains.entered, chains.midway_since])
    last_step = np.zeros(len(since), dtype=np.int64)
    last_step[chains.midway] = log.number - 1
    unit = log.units.codes()
    came = (log.at == since[unit]) & (log.step_of[log.steps.codes()] <= last_step[unit])
    if log.keep is not None:
        came &= log.keep
    rows = np.flatnonzero(came)
    order = rows[np.lexsort([*(labels.ranks()[rows] for labels in reversed(groups)), unit[rows]])]
    first = order[_first_of_each(unit[order])]
    return first[np.searchsorted(unit[first], members)]
