"""Reads paths of labels, as text or as lists."""

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _journeys, _labels, _reading
from abmmetrics._labels import Label

Integers = NDArray[np.int64]

# Paths of text that are split at once: what is split stays in the processor's cache, and a million paths take a seventh
# less time than all at once.
_AT_ONCE = 1024


def read_paths(paths: Any, separator: Any) -> tuple[list[Label], Integers, Integers]:  # noqa: ANN401 - whatever the caller gave
    """Return the labels in order, the position of each touch's label, and where each path begins.

    Args:
        paths: a column of text, or a list of lists of labels.
        separator: what stands between labels in text.
    """
    if not isinstance(separator, str) or not separator.strip():
        raise _checks.refuse("separator", "be text other than blanks", separator)
    listed = _as_list(paths)
    if listed and all(_reading.is_listed(path) for path in listed):
        steps = list(itertools.chain.from_iterable(listed))
        offsets = _offsets([len(path) for path in listed])
        if all(isinstance(step, str) for step in steps):
            index = _new_index()
            found = _encoded(_codes(steps, index), index, offsets)
        else:
            found = _checks.as_labels("paths", _reading.read_column("paths", steps))
    else:
        if not set(map(type, listed)) <= {str}:
            wrong = next((row for row, path in enumerate(listed) if not isinstance(path, str)), None)
            if wrong is not None:  # else it is text of a kind of its own
                raise _checks.refuse("paths", "be text, or lists of labels", listed[wrong], wrong)
        codes, index, sizes = _read_text(listed, separator)
        offsets = _offsets(sizes)
        found = _encoded(codes, index, offsets)
    labels, rank = _journeys.ranked(found)
    return labels, rank, offsets


def _offsets(sizes: list[int] | Integers) -> Integers:
    """Return where each path begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.array(sizes, dtype=np.int64))])


def _as_list(paths: Any) -> list[Any]:  # noqa: ANN401 - whatever the caller gave
    if isinstance(paths, str) or not hasattr(paths, "__len__"):
        raise _checks.refuse("paths", "be a column of paths", paths)
    return paths.tolist() if hasattr(paths, "tolist") else list(paths)


def _new_index() -> defaultdict[str, int]:
    """Return a dictionary that numbers what it is asked for."""
    return defaultdict(itertools.count().__next__)


def _codes(steps: list[str], index: defaultdict[str, int]) -> Integers:
    return np.fromiter(map(index.__getitem__, steps), dtype=np.int64, count=len(steps))


def _read_text(paths: list[str], separator: str) -> tuple[Integers, defaultdict[str, int], Integers]:
    """Return the code of each touch, the names that codes stand for, and how many touches each path has."""
    index = _new_index()
    codes = [np.empty(0, dtype=np.int64)]
    sizes = np.zeros(len(paths), dtype=np.int64)
    for begin in range(0, len(paths), _AT_ONCE):
        block = paths[begin : begin + _AT_ONCE]
        # A path of blanks alone has no touches. Mapped methods need no loop of Python's own, which would take half the time.
        filled = np.fromiter(map(bool, map(str.strip, block)), dtype=bool, count=len(block))
        full = list(itertools.compress(block, filled.tolist()))
        # Joined and split once: a split for each path takes twice as long.
        steps = separator.join(full).split(separator) if full else []
        sizes[begin : begin + len(block)][filled] = [
            separators + 1 for separators in map(str.count, full, itertools.repeat(separator))
        ]
        codes.append(_codes(steps, index))
    return np.concatenate(codes), index, sizes


def _encoded(codes: Integers, index: defaultdict[str, int], offsets: Integers) -> _labels.Labels:
    """Return text labels without the blanks around them."""
    names = [name.strip() for name in index]
    if "" in names:
        step = int(np.flatnonzero(codes == names.index(""))[0])
        row = int(np.searchsorted(offsets, step, side="right")) - 1
        raise _checks.refuse("paths", "have no empty labels", _checks.phrase("one"), row)
    return _labels.from_codes(codes, names)
