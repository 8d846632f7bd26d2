"""What becomes of things that last, some of which are not over yet: the product-limit estimator and its influences.

Each spell ends by one of two causes or is still going on (censored) when it was last seen. With the causes together,
S(t) is Kaplan and Meier's share of spells that last longer than t; F(t), Aalen and Johansen's share that has ended by
the first cause, adds up S(t-) d/n over the times at which spells do. An influence is the derivative of F(h) with
respect to the weight of one spell: what leaving it out would change, to first order, and exactly what the variance is
made of.
"""

import math

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CENSORED, FIRST, SECOND = 0, 1, 2
_ROUNDING = 1e-9  # a share that should be one half is, whatever the last digit of a product says


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Spells:
    """Spells of groups, and the table of the times at which they end.

    Attributes:
        group: the group of each spell.
        cause: ``CENSORED``, ``FIRST`` or ``SECOND``.
        size: number of groups.
        step: for each spell the row of the table with its group and duration.
        of: for each row of the table its group.
        time: its duration.
        at_risk: how many spells of the group last at least so long.
        first: how many end then by the first cause.
        both: how many end then by any.
        before: the share that lasts at least so long, S(t-).
        share: the share ended by the first cause until then, F(t).
        begin: for each group its first row of the table; one more for the end.
    """

    group: Integers
    cause: Integers
    size: int
    step: Integers
    of: Integers
    time: Floats
    at_risk: Floats
    first: Floats
    both: Floats
    before: Floats
    share: Floats
    begin: Integers


def follow(duration: Floats, cause: Integers, group: Integers, size: int) -> Spells:
    """Set up the table: one row for each duration that occurs in a group, in order."""
    order = np.lexsort([duration, group])
    new = np.flatnonzero((np.diff(group[order], prepend=-1) != 0) | (np.diff(duration[order], prepend=-1.0) != 0))
    number = np.zeros(len(order), dtype=np.int64)
    number[new[1:]] = 1
    step = np.empty(len(order), dtype=np.int64)
    step[order] = np.cumsum(number)
    rows = len(new)
    of, time = group[order][new], duration[order][new]
    ended = np.bincount(step, minlength=rows)
    begin = np.searchsorted(of, np.arange(size + 1))
    total = np.bincount(group, minlength=size)
    gone = np.cumsum(ended) - ended
    at_risk = (total[of] - (gone - gone[begin[of]])).astype(np.float64)
    first = np.bincount(step[cause == FIRST], minlength=rows).astype(np.float64)
    both = np.bincount(step[cause != CENSORED], minlength=rows).astype(np.float64)
    # Where all that are left end, that is the last row of the group: nothing is multiplied by its 0.
    logs = np.log1p(np.where(both < at_risk, -both / at_risk, 0.0))
    sums = np.cumsum(logs) - logs
    before = np.exp(sums - sums[begin[of]])
    shares = np.cumsum(before * first / at_risk)
    base = np.append(0.0, shares)[begin[of]]
    return Spells(group, cause, size, step, of, time, at_risk, first, both, before, shares - base, begin)


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Share:
    """The share ended by the first cause within a horizon.

    Attributes:
        value: of each group; NaN where nothing was followed so long.
        influence: of each spell on its group's value.
    """

    value: Floats
    influence: Floats


def share_within(spells: Spells, horizon: Floats) -> Share:
    """Return F(h) of each group, and the influence of each spell on it.

    Args:
        spells: the spells.
        horizon: of each group.
    """
    rows = len(spells.of)
    within = spells.time <= horizon[spells.of]
    # The last row of each group within its horizon; the row before the group's first where there is none.
    last = spells.begin[:-1] + np.bincount(spells.of[within], minlength=spells.size) - 1
    some = last >= spells.begin[:-1]
    place = np.maximum(last, 0)
    reached = np.where(some, np.append(spells.share, 0.0)[place], 0.0)
    final = np.maximum(spells.begin[1:] - 1, 0)
    longest = np.append(spells.time, -math.inf)[final]
    none_left = np.append(spells.both, 0.0)[final] == np.append(spells.at_risk, -1.0)[final]
    filled = spells.begin[1:] > spells.begin[:-1]
    value = np.where(filled & (none_left | (longest >= horizon)), reached, math.nan)
    one = spells.before / spells.at_risk
    with np.errstate(divide="ignore", invalid="ignore"):
        later = (reached[spells.of] - spells.share) / (spells.at_risk - spells.both)
    any_cause = np.where(spells.both < spells.at_risk, later, 0.0)
    expected = np.where(within, one * spells.first / spells.at_risk - any_cause * spells.both / spells.at_risk, 0.0)
    summed = np.cumsum(expected)
    summed -= (summed - expected)[spells.begin[spells.of]] if rows else 0.0
    # A spell longer than the horizon was at risk at every time within it, and adds nothing after.
    influence = -summed[spells.step]
    ended = within[spells.step] & (spells.cause != CENSORED)
    influence += np.where(ended & (spells.cause == FIRST), one[spells.step], 0.0)
    influence -= np.where(ended, any_cause[spells.step], 0.0)
    return Share(value, influence)


def first_time(spells: Spells, level: Floats) -> Floats:
    """Return for each group the first time at which F reaches a level; infinite where it never does."""
    found = np.full(spells.size, math.inf)
    reached = np.flatnonzero(spells.share >= level[spells.of] - _ROUNDING)
    np.minimum.at(found, spells.of[reached], spells.time[reached])
    return found
