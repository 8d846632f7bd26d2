"""How rules weigh the touches of a journey.

Touches at the same moment share their weights equally, for their order is not known.
"""

from collections.abc import Mapping
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _journeys
from abmmetrics._credit import Weights
from abmmetrics.columns import Dates
from abmmetrics.touches import Journeys

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


def end_of_journey(journeys: Journeys, *, last: bool) -> Weights:
    """Give everything to the first or the last touch of each journey."""
    journey = np.flatnonzero((journeys.offsets[1:] > journeys.offsets[:-1]) & (journeys.conversions > 0))
    touch = journeys.offsets[journey + 1] - 1 if last else journeys.offsets[journey]
    at = journeys.at
    tied = np.zeros(len(touch), dtype=bool)
    if at is not None:
        several = journeys.lengths[journey] > 1
        neighbour = np.where(several, touch + (-1 if last else 1), touch)
        tied = several & (at[neighbour] == at[touch])
    alone = ~tied
    weights = Weights(touch[alone], journey[alone], np.ones(int(alone.sum())))
    if at is None or not tied.any():
        return weights
    # Of the others every touch is looked at.
    begin, size = journeys.offsets[journey[tied]], journeys.lengths[journey[tied]]
    which = np.repeat(np.arange(len(size)), size)
    place = np.arange(len(which)) + np.repeat(begin - (np.cumsum(size) - size), size)
    same = at[place] == at[touch[tied]][which]
    which, place = which[same], place[same]
    return Weights(
        np.concatenate([weights.touch, place]),
        np.concatenate([weights.journey, journey[tied][which]]),
        np.concatenate([weights.weight, 1 / np.bincount(which)[which]]),
    )


def evenly(journeys: Journeys) -> Weights:
    """Give every touch of a journey the same."""
    touch, journey = _converting(journeys)
    return Weights(touch, journey, 1 / journeys.lengths[journey])


def _converting(journeys: Journeys) -> tuple[Integers, Integers]:
    """Return the touches of journeys that convert, and their journeys: the others have nothing to give."""
    lengths = journeys.lengths
    converts = journeys.conversions > 0
    touch = np.flatnonzero(np.repeat(converts, lengths))
    journey = np.flatnonzero(converts)
    return touch, np.repeat(journey, lengths[journey])


def by_position(journeys: Journeys, first: float, last: float, *, renormalise: bool) -> Weights:
    """Give parts to the first and the last touch, and the rest evenly to those between."""
    lengths = journeys.lengths
    rest = 1 - (first + last)
    journey = np.repeat(np.arange(len(journeys)), lengths)
    weight = (rest / np.maximum(lengths - 2, 1))[journey]
    ends = {1: (1.0, 1.0), 2: (first + rest / 2, last + rest / 2)}
    if renormalise:
        ends[2] = (first / (first + last), last / (first + last))
    some = np.flatnonzero(lengths)
    begin, end = journeys.offsets[some], journeys.offsets[some + 1] - 1
    weight[begin] = np.select([lengths[some] == size for size in ends], [pair[0] for pair in ends.values()], first)
    weight[end] = np.select([lengths[some] == size for size in ends], [pair[1] for pair in ends.values()], last)
    return Weights(slice(None), journey, split_ties(journeys, weight))


def by_age(journeys: Journeys, half_life: float) -> Weights:
    """Give a touch half as much as one that is a half-life (in microseconds) younger."""
    lengths = journeys.lengths
    journey = np.repeat(np.arange(len(journeys)), lengths)
    at = _times(journeys)
    # From the last touch on, not from the end of the journey: else old journeys would be 0 / 0.
    age = (at[journeys.offsets[journey + 1] - 1] - at).astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):  # far too old is nothing
        weight = np.exp2(-age / half_life)
    return Weights(slice(None), journey, weight / _sums(journeys, weight)[journey])


def by_milestones(journeys: Journeys, milestones: Mapping[str, float], rest: float) -> Weights:
    """Give parts to the touches that hold milestones, and the rest evenly to those between the first and the last.

    A milestone is held by the last touch up to the end of its day; ``"first touch"`` by the first. What a milestone
    that nobody holds, or a rest without touches, would be given is shared in proportion by what there is.
    """
    lengths = journeys.lengths
    journey = np.repeat(np.arange(len(journeys)), lengths)
    some = np.flatnonzero(lengths)
    weight = np.zeros(len(journey))
    far = journeys.offsets[:-1].copy()
    for name, part in milestones.items():
        place = (
            journeys.offsets[:-1] if name == "first touch" else _held_by(journeys, journeys.milestones[name], journey)
        )
        held = some[place[some] >= journeys.offsets[some]]
        weight[place[held]] += part  # one place for each journey, so no place comes twice
        far[held] = np.maximum(far[held], place[held])
    between = (weight == 0) & (np.arange(len(journey)) < far[journey])
    count = np.bincount(journey[between], minlength=len(journeys))
    weight[between] = (rest / np.maximum(count, 1))[journey[between]]
    weight /= _sums(journeys, weight)[journey]
    return Weights(slice(None), journey, split_ties(journeys, weight))


def _held_by(journeys: Journeys, days: Dates, journey: Integers) -> Integers:
    """Return the place of the last touch of each journey up to the end of a day; one before its first where none is."""
    first = np.iinfo(np.int64).min
    known = ~np.isnat(days)
    until = np.where(known, days.astype("datetime64[us]").view(np.int64) + _journeys.DAY, first)
    before = _times(journeys) < until[journey]
    return journeys.offsets[:-1] - 1 + np.bincount(journey[before], minlength=len(journeys))


def once_each(journeys: Journeys) -> tuple[Integers, Integers]:
    """Return the first touch of each label in each journey that converts, and its journey."""
    touch, journey = _converting(journeys)
    _, first = np.unique(journey * max(len(journeys.labels), 1) + journeys.codes[touch], return_index=True)
    return touch[first], journey[first]


def split_ties(journeys: Journeys, weight: Floats) -> Floats:
    """Let the touches of a journey at the same moment share their weights equally."""
    at = journeys.at
    if at is None or len(at) == 0:
        return weight
    same = np.zeros(len(at), dtype=bool)
    same[1:] = at[1:] == at[:-1]
    same[journeys.offsets[:-1][journeys.lengths > 0]] = False
    if not same.any():
        return weight
    begin = np.flatnonzero(~same)
    size = np.diff(begin, append=len(at))
    return np.repeat(np.add.reduceat(weight, begin) / size, size)


def _times(journeys: Journeys) -> Integers:
    """Return when touches were; models that need it have made sure that it is known."""
    return cast("Dates", journeys.at).view(np.int64)


def _sums(journeys: Journeys, weight: Floats) -> Floats:
    """Add up the weights of each journey; 1 where it has no touch."""
    some = journeys.lengths > 0
    sums = np.ones(len(journeys))
    if some.any():
        sums[some] = np.add.reduceat(weight, journeys.offsets[:-1][some])
    return sums
