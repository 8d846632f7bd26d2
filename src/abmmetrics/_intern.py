"""Numbers the distinct values of a fixed-width column without sorting it.

A hash of each value picks a slot of a table; where the slot holds an equal value, its number
is the row's. Both steps take a block of rows at once. Only rows whose value is new, or whose
slot is taken by another value, go through a Python dict. On 10 million ids of 18 characters
with 10,000 distinct values this takes a third of the time of a dict over every row, and a
twentieth of that of ``numpy.unique`` with its inverse.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words = list[NDArray[np.int64]]

_BLOCK = 2**14
_WORD = 8
# Beyond so many distinct values most rows would miss the table: a dict over all rows is faster then.
_MOST_DISTINCT = 2**17
_LARGEST_TABLE = 20
# Odd multipliers with well-mixed bits (the golden ratio's and those of xxHash), as signed 64-bit numbers.
_MULTIPLIERS = tuple(
    np.int64(number - 2**64 if number >= 2**63 else number)
    for number in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
)


def first_rows(values: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Number the distinct values of a column in the order of their first appearance.

    Args:
        values: 1-D bytes, text or 64-bit whole numbers.

    Returns:
        The number of each row, and for each number the row where it first appears; None where
        the column has too many distinct values, or characters beyond one byte, for this to pay.
    """
    length = len(values)
    bits = min(_LARGEST_TABLE, max(8, 2 + length.bit_length()))
    # Two tables of slots: a value whose slot in the first is taken gets one in the second. 0 is a free slot.
    tables = [np.zeros(1 << bits, dtype=np.int32) for _ in range(2)]
    numbers = np.empty(length, dtype=np.int64)
    known: dict[tuple[int, ...], int] = {}
    first: list[int] = []
    held: Words = []
    for start in range(0, length, _BLOCK):
        words = _words(values[start : start + _BLOCK])
        if words is None or len(first) > _MOST_DISTINCT:
            return None
        held = held or [np.zeros(1, dtype=np.int64) for _ in words]
        hashed = _hash(words)
        mask = np.int64((1 << bits) - 1)
        slots = [(hashed >> np.int64(64 - bits)) & mask, hashed & mask]
        found = tables[0].take(slots[0])
        missed = np.flatnonzero(~_holds(held, found, words))
        if len(missed):
            found[missed] = tables[1].take(slots[1][missed])
            missed = missed[~_holds(held, found[missed], [word[missed] for word in words])]
        if len(missed):
            before = len(first)
            found[missed] = _look_up(missed, words, known, first, start)
            fresh = np.array(first[before:], dtype=np.int64) - start
            held = [np.append(word, values_of[fresh]) for word, values_of in zip(held, words, strict=True)]
            _seat(tables, [slot[fresh] for slot in slots], np.arange(before + 1, len(first) + 1, dtype=np.int32))
        numbers[start : start + len(found)] = found
    numbers -= 1
    return numbers, np.array(first, dtype=np.int64)


def _words(block: NDArray[np.generic]) -> Words | None:
    """Cut values into 64-bit words, as few as hold every byte; None for text with characters beyond one byte."""
    if block.dtype.kind in "iu":
        return [block.astype(np.int64, copy=False).view(np.int64)]
    if block.dtype.kind == "U":
        characters = np.ascontiguousarray(block).view(np.uint32).reshape(len(block), -1)
        if characters.max(initial=0) > np.iinfo(np.uint8).max:
            return None
        letters = characters.astype(np.uint8)
    else:
        letters = np.ascontiguousarray(block).view(np.uint8).reshape(len(block), -1)
    width = letters.shape[1]
    if width < _WORD:
        padded = np.zeros((len(letters), _WORD), dtype=np.uint8)
        padded[:, :width] = letters
        return [padded.view(np.int64)[:, 0].copy()]
    # The last word overlaps the one before it where the width is not a whole number of words.
    starts = sorted({*range(0, width - _WORD + 1, _WORD), width - _WORD})
    return [
        np.ndarray((len(letters),), np.int64, buffer=letters, offset=start, strides=(width,)).copy() for start in starts
    ]


def _hash(words: Words) -> NDArray[np.int64]:
    """Mix the words of each value; multiplication wraps round, as it should here."""
    hashed = words[0] * _MULTIPLIERS[0]
    for place, word in enumerate(words[1:], start=1):
        hashed ^= hashed >> np.int64(32)
        hashed += word
        hashed *= _MULTIPLIERS[place % len(_MULTIPLIERS)]
    hashed ^= hashed >> np.int64(29)
    hashed *= _MULTIPLIERS[1]
    # The lowest bits choose a slot too: fold the highest into them.
    hashed ^= hashed >> np.int64(31)
    return hashed


def _holds(held: Words, numbers: NDArray[np.int32], words: Words) -> NDArray[np.bool_]:
    """Tell which numbers are those of the given values, to the last byte; number 0 is of none."""
    equal = numbers > 0
    for known, word in zip(held, words, strict=True):
        equal &= known.take(numbers) == word
    return equal


def _look_up(
    rows: NDArray[np.int64], words: Words, known: dict[tuple[int, ...], int], first: list[int], start: int
) -> list[int]:
    """Number the values of some rows by dict, and note where new ones first appear."""
    numbers: list[int] = []
    for row, key in zip(rows.tolist(), zip(*(word[rows].tolist() for word in words), strict=True), strict=True):
        number = known.get(key)
        if number is None:
            first.append(start + row)
            number = known[key] = len(first)
        numbers.append(number)
    return numbers


def _seat(tables: Sequence[NDArray[np.int32]], slots: Sequence[NDArray[np.int64]], numbers: NDArray[np.int32]) -> None:
    """Give new numbers their slots, in the second table where that of the first is taken."""
    waiting = np.arange(len(numbers))
    for table, slot in zip(tables, slots, strict=True):
        free = waiting[table[slot[waiting]] == 0]
        table[slot[free]] = numbers[free]
        waiting = waiting[table[slot[waiting]] != numbers[waiting]]
