"""What events of one session, or of one mail, have in common."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels
from abmmetrics._labels import Labels

Integers = NDArray[np.int64]


def first_of_each(keys: Sequence[Integers]) -> Integers:
    """Return the position of the first row of every combination of keys that occurs, the first by their order."""
    order = np.lexsort(keys[::-1])
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([np.diff(key[order]) != 0 for key in keys], axis=0)
    return order[new]


def agreed(labels: Labels, rows: Integers, group: Integers, size: int) -> tuple[Labels, NDArray[np.bool_]]:
    """Return the label that the rows of each group agree on.

    Args:
        labels: labels of all rows.
        rows: the rows that count.
        group: the group of each of them.
        size: number of groups.

    Returns:
        The label of each group, none where its rows have none or several; and where they have several.
    """
    codes = labels.codes()[rows]
    known = codes >= 0
    low, high = np.full(size, len(labels.categories)), np.full(size, -1)
    np.minimum.at(low, group[known], codes[known])
    np.maximum.at(high, group[known], codes[known])
    several = low < high
    names = _labels.as_python_list(labels.categories)
    return _labels.from_codes(np.where(several, -1, high), names), several


def one_account(accounts: Labels, rows: Integers, group: Integers, size: int, what: str) -> Labels:
    """Return the account that the rows of each group agree on; refuse groups of several accounts."""
    found, several = agreed(accounts, rows, group, size)
    if several.any():
        members = rows[group == np.flatnonzero(several)[0]]
        first, *others = sorted(members[~accounts.missing()[members]].tolist())
        row = next(row for row in others if accounts[row] != accounts[first])
        both = _checks.phrase(f"{accounts[first]!r} and {accounts[row]!r}")
        raise _checks.refuse("account", f"be the same in all events of a {what}", both, row)
    return found


def unrolled(group: Integers, at: Integers, window: int) -> Integers:
    """Return times on one line, where rows of different groups lie further apart than a window.

    Args:
        group: the group of each row; rows are sorted by it, and by time in it.
        at: the time of each row.
        window: how far apart rows may be to be told from each other; longer gaps count as just too long.

    Returns:
        Times of which two differ by no more than the window exactly if the rows are of one group
        and no further apart.
    """
    gaps = np.minimum(np.diff(at), window + 1)
    gaps[np.diff(group) != 0] = window + 1
    return np.append(0, np.cumsum(gaps)) if len(at) else at
