"""Shapley values of a game that is given by what every set of players reaches.

A set is a whole number with a bit for each player; the table of a game has an entry for each set.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from abmmetrics.touches import Journeys

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


def label_sets(journeys: Journeys) -> Integers:
    """Return for each journey the set of its labels."""
    sets = np.zeros(len(journeys), dtype=np.int64)
    journey = np.repeat(np.arange(len(journeys)), journeys.lengths)
    np.bitwise_or.at(sets, journey, np.int64(1) << journeys.codes)
    return sets


def within(amounts: Floats, players: int) -> Floats:
    """Add up for each set the amounts of all sets inside it."""
    sums = amounts.copy()
    for player in range(players):
        halves = sums.reshape(-1, 2, 1 << player)
        halves[:, 1] += halves[:, 0]
    return sums


def shapley_values(reached: Floats, players: int) -> Floats:
    """Return what each player adds, on average over all orders in which players may join.

    value of a player = Σ over sets S without it of |S|! (players − |S| − 1)! / players! × (reached with it − without).
    """
    weight = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    others = np.bitwise_count(np.arange(1 << max(players - 1, 0), dtype=np.int64))
    values = np.empty(players)
    for player in range(players):
        halves = reached.reshape(-1, 2, 1 << player)
        # The sets without the player, in the order in which the sets of all others are counted.
        values[player] = weight[others] @ (halves[:, 1] - halves[:, 0]).ravel()
    return values
