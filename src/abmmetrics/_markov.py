"""The chain of labels that journeys run through, and what is lost when a label is removed.

States are the last ``order`` labels of a journey, START comes before all, and a journey ends in CONVERSION or
NOTHING. With Q the probabilities of moving between states, N = (I − Q)⁻¹, h = N r the chance to convert
from each state and n = a N the expected visits from START, the chance to convert is P = a h. Removing a label
sends whoever comes to it to NOTHING. By the first visit to its states A:

    P without the label = P − n_A (N_AA)⁻¹ h_A;

with order 1 there is one state, and removal effect = n_i h_i / (N_ii P).
"""

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._credit import owners, tally
from abmmetrics.touches import Journeys

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

# Numbers of a block stay in the processor's second cache.
_BLOCK = 2**16  # mutation: equivalent, other sizes are only slower


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class States:
    """The state that every touch of every journey leads to.

    Attributes:
        of_touch: the state's number.
        label: the label that each state ends with.
    """

    of_touch: Integers
    label: Integers


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Chain:
    """How many journeys moved where.

    Attributes:
        start: from START to each state.
        moves: from each state to each state.
        convert: from each state to CONVERSION.
        worth: what these conversions are worth.
        left: from each state to anywhere.
    """

    start: Floats
    moves: Floats
    convert: Floats
    worth: Floats
    left: Floats


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Effects:
    """What a chain tells.

    Attributes:
        rate: the chance that a journey converts.
        removal: the part of conversions that each label's removal costs; NaN where none converts.
        removal_of_value: the part of their value.
    """

    rate: float
    removal: Floats
    removal_of_value: Floats


def find_states(journeys: Journeys, order: int) -> States:
    """Number the last labels that every touch leaves behind."""
    codes, labels = journeys.codes, max(len(journeys.labels), 1)
    state, label = codes, np.arange(len(journeys.labels))
    if order == 1:  # mutation: equivalent, there is no round to go then
        return States(state, label)
    lengths = journeys.lengths
    firsts = journeys.offsets[:-1][lengths > 0]
    for _ in range(1, min(order, int(lengths.max(initial=1)))):
        before = np.empty_like(state)
        before[1:] = state[:-1] + 1
        before[firsts] = 0
        found, state = np.unique(before * labels + codes, return_inverse=True)
        label = found % labels
    return States(state, label)


def count_moves(journeys: Journeys, states: States) -> Chain:
    """Count the moves of all journeys."""
    state, size = states.of_touch, len(states.label)
    lengths = journeys.lengths
    # A slice where every journey has touches, for a mask copies.
    some = slice(None) if lengths.all() else lengths > 0  # mutation: equivalent, a mask is only slower
    begin, end = journeys.offsets[:-1][some], journeys.offsets[1:][some]
    first, last = state[begin], state[end - 1]
    weight = (journeys.conversions + journeys.losses)[some]
    if (weight == 1).all():
        # Counted straight through, and what is counted from one journey to the next is taken out again.
        counted = np.zeros(size * size, dtype=np.int64)
        block = max(_BLOCK, size * size)
        for start in range(0, len(state) - 1, block):
            part = state[start : start + block + 1]
            counted += np.bincount(part[:-1] * size + part[1:], minlength=size * size)
        counted -= np.bincount(last[:-1] * size + first[1:], minlength=size * size)
        moves: Floats = counted.astype(np.float64)
    else:
        each = np.repeat(weight, lengths[some])
        inside = np.ones(len(state), dtype=bool)
        inside[begin] = False
        to = np.flatnonzero(inside)
        moves = tally(state[to - 1] * size + state[to], each[to], size * size)
    between = moves.reshape(size, size)
    return Chain(
        start=tally(first, weight, size),
        moves=between,
        convert=tally(last, journeys.conversions[some], size),
        worth=tally(last, journeys.value[some], size),
        left=between.sum(axis=1) + tally(last, weight, size),
    )


def removal_effects(chain: Chain, states: States, labels: int) -> Effects:
    """Solve the chain, and remove each label in turn, with one inverse for all."""
    left = np.where(chain.left > 0, chain.left, 1)
    # Where no journey starts, nothing is divided.
    begin = chain.start / max(chain.start.sum(), 1e-300)  # mutation: equivalent, any other number does
    visits_between = np.linalg.inv(np.eye(len(left)) - chain.moves / left[:, None])
    visits = begin @ visits_between
    chances = visits_between @ np.stack([chain.convert / left, chain.worth / left], axis=1)
    whole = begin @ chances
    if len(left) == labels:
        lost = visits[:, None] * chances / np.diag(visits_between)[:, None]
    else:
        lost = np.zeros((labels, 2))
        for label in range(labels):
            held = np.flatnonzero(states.label == label)
            lost[label] = visits[held] @ np.linalg.solve(visits_between[np.ix_(held, held)], chances[held])
    effects = np.divide(lost, whole, out=np.full_like(lost, np.nan), where=whole > 0)
    return Effects(float(whole[0]), effects[:, 0], effects[:, 1])


def resampled_effects(journeys: Journeys, states: States) -> Callable[[Floats], Effects]:
    """Return how the effects follow from how often each account was drawn.

    The moves of an account are added up first: a sample then weighs them, and no journey is looked at again.
    """
    owner, _ = owners(journeys)
    state, size = states.of_touch, len(states.label)
    some = np.flatnonzero(journeys.lengths)
    journey = np.repeat(np.arange(len(journeys)), journeys.lengths)
    weight = journeys.conversions + journeys.losses
    to = np.arange(len(state))
    to = to[journeys.offsets[journey] < to]
    first, last = state[journeys.offsets[some]], state[journeys.offsets[some + 1] - 1]
    parts = [  # what is counted, where a block of cells begins, whose it is, how often
        (first, 0, some, weight),
        (last, size, some, journeys.conversions),
        (last, 2 * size, some, journeys.value),
        (state, 3 * size, journey, weight),
        (state[to - 1] * size + state[to], 4 * size, journey[to], weight),
    ]
    cells = size * (size + 4)
    keys = np.concatenate([owner[whose] * cells + start + what for what, start, whose, _ in parts])
    amounts = np.concatenate([amount[whose] for _, _, whose, amount in parts])
    found, place = np.unique(keys, return_inverse=True)
    amounts = np.bincount(place, amounts)
    account, cell = found // cells, found % cells

    def effects(drawn: Floats) -> Effects:
        counts = tally(cell, amounts * drawn[account], cells)
        start, convert, worth, left = counts[: 4 * size].reshape(4, size)
        chain = Chain(start, counts[4 * size :].reshape(size, size), convert, worth, left)
        return removal_effects(chain, states, len(journeys.labels))

    return effects
