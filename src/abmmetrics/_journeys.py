"""Which touches belong to which deal: two binary searches for each deal, and no loop over rows.

A touch is one whole number, of its account, its time and its campaign. Sorted, the touches of an
account in a span of time lie next to each other.
"""

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._labels import Label, Labels, as_python_list

Integers = NDArray[np.int64]

DAY = 86_400_000_000  # microseconds
# Longer than any data, and short enough that no time overflows.
LONGEST_DAYS = 50_000_000.0  # mutation: equivalent, so are other large numbers
_TICKS = (1, 1_000_000)  # mutation: equivalent, a tick that does not divide the times is passed over
_LIMIT = 2**63
_EARLIEST = np.iinfo(np.int64).min


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Log:
    """Touches as a table holds them.

    Attributes:
        account: code of each touch's account, -1 where it has none.
        at: when it was, in microseconds.
        rank: position of its campaign in the order of campaigns.
        campaigns: how many campaigns there are.
    """

    account: Integers
    at: Integers
    rank: Integers
    campaigns: int


@attrs.frozen
class Fates:
    """How many touches are in no journey, each under the first reason that holds.

    Attributes:
        nameless: those without an account.
        strangers: those of accounts without a deal that ended.
        late: those after the last end of a deal of their account.
        outside: those in no deal's window.
    """

    nameless: int
    strangers: int
    late: int
    outside: int


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Found:
    """The touches of each deal.

    Attributes:
        rows: rows of the log, journey by journey, in the order of time and then of campaigns.
        offsets: where each journey begins in ``rows``, and the end of the last one.
        fates: why the other touches are in none.
    """

    rows: Integers
    offsets: Integers
    fates: Fates


def find_touches(log: Log, account: Integers, *, end: Integers, lookback: int | None) -> Found:
    """Find the touches of every deal.

    Args:
        log: the touches.
        account: code of each deal's account among those of the touches, -1 where it has none.
        end: the first microsecond of the day that each journey ends with; it counts to its end.
        lookback: how many microseconds before that a journey begins; None for any time.
    """
    named = np.flatnonzero(log.account >= 0)
    after = end + DAY
    if len(named) == 0:
        nobody = np.zeros(0, dtype=np.int64)
        fates = Fates(len(log.account), 0, 0, 0)
        return Found(nobody, np.zeros(len(account) + 1, dtype=np.int64), fates)
    held = (
        log
        if len(named) == len(log.account)
        else Log(log.account[named], log.at[named], log.rank[named], log.campaigns)
    )
    first, last = int(held.at.min()), int(held.at.max())
    since = np.full(len(end), first) if lookback is None else np.clip(end - lookback, first, last + 1)
    keys, order, low, high = _searched(held, account, since, np.clip(after, first, last + 1))
    known = account >= 0
    low, high = np.where(known, low, 0), np.where(known, high, 0)
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(high - low)])
    places: Integers = np.arange(int(offsets[-1])) + np.repeat(low - offsets[:-1], high - low)
    used = np.cumsum(np.bincount(low, minlength=len(keys) + 1) - np.bincount(high, minlength=len(keys) + 1))[:-1] > 0
    fates = _count_fates(held, order[~used], account[known], after[known], len(log.account) - len(named))
    return Found(named[order[places]], offsets, fates)


def _searched(
    log: Log, account: Integers, since: Integers, until: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """Sort the touches, and find where those of each deal begin and end.

    Returns:
        The sorted numbers, the row of each, and the places of the first touch of each deal and of the first after it.
    """
    accounts = int(max(log.account.max(), account.max(initial=0))) + 1
    origin = int(log.at.min())
    for tick in _TICKS:
        span = (int(log.at.max()) - origin) // tick + 1
        times = log.at - origin
        if accounts * span * log.campaigns < _LIMIT and (tick == 1 or not (times % tick).any()):
            keys = (log.account * span + times // tick) * log.campaigns + log.rank
            order = np.argsort(keys)
            # Rounded up: the first tick that is not before a time.
            begin, stop = -((origin - since) // tick), -((origin - until) // tick)
            scale = log.campaigns
            break
    else:
        moments, places = np.unique(log.at, return_inverse=True)
        span, scale = len(moments), 1
        keys = log.account * span + places
        order = np.lexsort([log.rank, keys])
        begin, stop = np.searchsorted(moments, since), np.searchsorted(moments, until)
    keys = keys[order]
    low, high = np.empty((2, len(account)), dtype=np.int64)
    # Searched in order, for then what is looked at lies close together: a third of the time.
    by_account = np.argsort(account)
    for places, wanted in ((low, begin), (high, stop)):
        places[by_account] = np.searchsorted(keys, ((account * span + wanted) * scale)[by_account])
    return keys, order, low, high


def _count_fates(log: Log, unused: Integers, account: Integers, after: Integers, nameless: int) -> Fates:
    """Say why touches are in no journey."""
    last = np.full(int(max(log.account.max(), account.max(initial=0))) + 1, _EARLIEST)
    np.maximum.at(last, account, after)
    ends = last[log.account[unused]]
    strange = ends == _EARLIEST
    late = ~strange & (log.at[unused] >= ends)
    return Fates(nameless, int(strange.sum()), int(late.sum()), int((~strange & ~late).sum()))


def first_of_runs(keys: Sequence[Integers]) -> NDArray[np.bool_]:
    """Tell which rows differ from the row before in any key."""
    differs = np.ones(len(keys[0]), dtype=bool)
    differs[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return differs


def first_of_each(keys: Sequence[Integers]) -> NDArray[np.bool_]:
    """Tell which rows are the first of their combination of keys."""
    order = np.lexsort(list(keys)[::-1])
    first = np.zeros(len(order), dtype=bool)
    first[order[first_of_runs([key[order] for key in keys])]] = True
    return first


def ranked(labels: Labels) -> tuple[list[Label], Integers]:
    """Return the labels that occur, in order, and the position of each row's."""
    codes = labels.codes()
    present = np.flatnonzero(np.bincount(codes, minlength=len(labels.categories)))
    present = present[np.argsort(labels.categories[present], kind="stable")]
    rank = np.zeros(len(labels.categories), dtype=np.int64)
    rank[present] = np.arange(len(present))
    return as_python_list(labels.categories[present]), rank[codes]
