"""Reads paths of labels, as text or as lists."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _journeys, _labels, _reading
from abmmetrics._labels import Label

Integers = NDArray[np.int64]


def read_paths(paths: Any, separator: str) -> tuple[list[Label], Integers, Integers]:  # noqa: ANN401 - whatever the caller gave
    """Return the labels in order, the position of each touch's label, and where each path begins.

    Args:
        paths: a column of text, or a list of lists of labels.
        separator: what stands between labels in text.
    """
    if not isinstance(separator, str) or not separator.strip():
        raise _checks.refuse("separator", "be text other than blanks", separator)
    listed = _as_list(paths)
    if listed and all(_reading.is_listed(path) for path in listed):
        sizes = [len(path) for path in listed]
        steps = list(itertools.chain.from_iterable(listed))
    else:
        wrong = next((row for row, path in enumerate(listed) if not isinstance(path, str)), None)
        if wrong is not None:
            raise _checks.refuse("paths", "be text, or lists of labels", listed[wrong], wrong)
        texts = [path for path in listed if path.strip()]
        # Joined and split once: a split for each path takes twice as long.
        steps = separator.join(texts).split(separator) if texts else []
        sizes = [path.count(separator) + 1 if path.strip() else 0 for path in listed]
    offsets = np.concatenate([[0], np.cumsum(np.array(sizes, dtype=np.int64))])
    labels, rank = _journeys.ranked(_encode(steps, offsets))
    return labels, rank, offsets


def _as_list(paths: Any) -> list[Any]:  # noqa: ANN401 - whatever the caller gave
    if isinstance(paths, str) or not hasattr(paths, "__len__"):
        raise _checks.refuse("paths", "be a column of paths", paths)
    return paths.tolist() if hasattr(paths, "tolist") else list(paths)


def _encode(steps: list[Any], offsets: Integers) -> _labels.Labels:
    """Encode labels; text without the blanks around it."""
    if not all(isinstance(step, str) for step in steps):
        return _checks.as_labels("paths", _reading.read_column("paths", steps))
    raw = np.empty(len(steps), dtype=object)
    raw[:] = steps
    found = _labels.encode(raw)
    names = [name.strip() for name in _labels.as_python_list(found.categories)]
    if "" in names:
        step = int(np.flatnonzero(found.codes() == names.index(""))[0])
        row = int(np.searchsorted(offsets, step, side="right")) - 1
        raise _checks.refuse("paths", "have no empty labels", _checks.phrase("one"), row)
    return _labels.from_codes(found.codes(), names)
