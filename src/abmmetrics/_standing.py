"""How accounts stand by a qualification rule: on every day on which that can change, without a loop over accounts.

Minutes and people of a sliding window change on two kinds of days: when something happens, and when it leaves the
window. An activity is therefore written down twice, as coming on its day and as going so many days later; sorted by
account and day, running totals are what the window holds. All figures are whole numbers, so that what comes and goes
leaves exactly nothing, and the totals of one account end at 0 where the next one's begin.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

OUT_OF_REACH = 2**62  # mutation: equivalent, so is any larger number that 64 bits hold
"""A threshold that no minutes reach."""

_LARGEST = 2**63 - 1  # mutation: equivalent, other numbers are only slower

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Events:
    """Activities that count, or that qualify at once.

    Attributes:
        account: the position of the account that each is of.
        contact: the code of the person; -1 where nobody knows.
        day: days since 1970.
        ticks: how much each counts; 0 of those that do not.
        counted: which count for minutes and people.
        urgent: which qualify at once.
    """

    account: Integers
    contact: Integers
    day: Integers
    ticks: Integers
    counted: Flags
    urgent: Flags


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Levels:
    """The thresholds of each account; ``OUT_OF_REACH`` for one that cannot qualify by any.

    Attributes:
        ticks: minutes to enter.
        people: people to enter.
        ticks_each: minutes of each of these people.
        exit_ticks: minutes to stay.
        exit_people: people to stay.
        more_than: whether minutes must exceed their thresholds.
    """

    ticks: Integers
    people: Integers
    ticks_each: Integers
    exit_ticks: Integers
    exit_people: Integers
    more_than: bool

    def reach(self, ticks: Integers, thresholds: Integers) -> Flags:
        """Tell where minutes reach their thresholds."""
        reached: Flags = ticks > thresholds if self.more_than else ticks >= thresholds
        return reached


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Course:
    """How every account stood, on each day on which that could change; sorted by account, then by day.

    Attributes:
        account: the position of the account.
        day: days since 1970.
        ticks: minutes in the window that ends with the day.
        people: people who reach their minutes in it.
        activities: activities in it that count.
        urgent: activities in it that qualify at once.
        enters: whether the thresholds to enter are reached.
        qualified: whether the account is qualified from this day to the next one.
    """

    account: Integers
    day: Integers
    ticks: Integers
    people: Integers
    activities: Integers
    urgent: Integers
    enters: Flags
    qualified: Flags

    def _columns(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self, field.name) for field in attrs.fields(Course)}

    def where(self, keep: Flags) -> "Course":
        """Keep days by a mask."""
        return Course(**{name: values[keep] for name, values in self._columns().items()})

    def last(self, accounts: int) -> "Course":
        """Put the last day of each account in the account's place; all figures are 0 of those that have none."""
        ends = np.ones(len(self.account), dtype=bool)
        ends[:-1] = _begins(self.account)[1:]
        blank = {name: np.zeros(accounts, dtype=values.dtype) for name, values in self._columns().items()}
        for name, values in self._columns().items():
            blank[name][self.account[ends]] = values[ends]
        return Course(**blank)

    def spells(self) -> tuple[Integers, Integers, Integers, Flags]:
        """Return the account, first day and day after the last of each time that it was qualified, and which go on."""
        before = np.roll(self.qualified, 1) & ~_begins(self.account)
        turns = self.where(self.qualified != before)
        # What an account does next after it became qualified is to be so no longer.
        goes_on = np.ones(len(turns.account), dtype=bool)
        goes_on[:-1] = _begins(turns.account)[1:]
        entered = turns.qualified
        return turns.account[entered], turns.day[entered], np.roll(turns.day, -1)[entered], goes_on[entered]


def follow(events: Events, window: int, levels: Levels, until: int) -> Course:
    """Follow accounts through the days up to one.

    Args:
        events: what happened, none of it after the last day.
        window: how many days count.
        levels: the thresholds of each account.
        until: the last day.
    """
    known = events.counted & (events.contact >= 0)
    # As many numbers for each account as there are people.
    width = int(events.contact.max(initial=0)) + 1  # mutation: equivalent, so does any more than that
    person, day, (ticks, present) = _windows(
        events.account[known] * width + events.contact[known],
        events.day[known],
        [events.ticks[known], np.ones(int(known.sum()), dtype=np.int64)],
        window,
    )
    account = person // width
    active = (present > 0) & levels.reach(ticks, levels.ticks_each[account])
    # A person's window ends empty: the next person begins with nobody before.
    steps = np.diff(active.astype(np.int64), prepend=0)
    nothing = np.zeros(len(steps), dtype=np.int64)
    came = [events.ticks, events.counted.astype(np.int64), events.urgent.astype(np.int64)]
    keys = np.concatenate([events.account, events.account, account])
    days = np.concatenate([events.day, events.day + window, day])
    columns = [np.concatenate([figures, -figures, nothing]) for figures in came]
    columns.append(np.concatenate([np.zeros(2 * len(events.day), dtype=np.int64), steps]))
    account, day, (ticks, activities, urgent, people) = _running(keys, days, columns)
    enters = levels.reach(ticks, levels.ticks[account]) & (people >= levels.people[account])
    stays = levels.reach(ticks, levels.exit_ticks[account]) & (people >= levels.exit_people[account])
    qualified = _held(account, enters | (urgent > 0), stays)
    return Course(account, day, ticks, people, activities, urgent, enters, qualified).where(day <= until)


def _windows(
    key: Integers, day: Integers, columns: Sequence[Integers], window: int
) -> tuple[Integers, Integers, list[Integers]]:
    """Return what the window of each key holds, on each day on which that changes."""
    twice = [np.concatenate([figures, -figures]) for figures in columns]
    return _running(np.concatenate([key, key]), np.concatenate([day, day + window]), twice)


def _running(key: Integers, day: Integers, columns: Sequence[Integers]) -> tuple[Integers, Integers, list[Integers]]:
    """Return the running totals of each key on each of its days; those of a key add up to 0 at its end."""
    order = _order(key, day)
    key, day = key[order], day[order]
    begins = _begins(key, day)
    first = np.flatnonzero(begins)
    return key[begins], day[begins], [np.cumsum(np.add.reduceat(figures[order], first)) for figures in columns]


def _order(key: Integers, day: Integers) -> Integers:
    """Return the order by key, then by day; of equal rows any, for they are summed.

    One number for both sorts four times as fast as two columns do.
    """
    first = int(day.min(initial=0))  # mutation: equivalent, so is any day before all others
    span = int(day.max(initial=0)) - first + 1  # mutation: equivalent, so does any more than that
    if (int(key.max(initial=0)) + 1) * span > _LARGEST:
        key = np.unique(key, return_inverse=True)[1]
    return np.argsort(key * span + (day - first))


def _begins(*keys: Integers) -> Flags:
    """Tell which rows differ from the row before in any key; the first does."""
    new = np.ones(len(keys[0]), dtype=bool)
    new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return new


def _held(account: Integers, enters: Flags, stays: Flags) -> Flags:
    """Return who is qualified: from a day on which an account enters, until one on which it does not stay.

    What is decided on a day holds until the next decision of the account, so each day looks up the last one.
    """
    decided = enters | ~stays | _begins(account)
    last = np.maximum.accumulate(np.where(decided, np.arange(len(account)), 0))
    return enters[last]
