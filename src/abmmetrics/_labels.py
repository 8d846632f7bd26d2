"""Dictionary-encoded labels: the names of accounts, tiers, campaigns and months.

A label column is stored as whole-number codes into its distinct labels, so that
grouping never compares text. Whole-number labels of a small range are their own codes
(less an offset): nothing is copied and nothing is sorted.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _intern
from abmmetrics.errors import MetricInputError

Label = str | int | bool

# A span of this many codes beside the rows costs less than finding the distinct values would.
_SPAN_PER_ROW = 4
_SPAN_ALWAYS = 2**10
# A block of so many values stays in the processor's second cache.
_BLOCK = 2**16
# Below so many rows sorting is faster than setting up a table of hashes.
_SORTED_FASTER = 2**13


@attrs.frozen(eq=False, repr=False)
class Labels:
    """A read-only column of labels: text, whole numbers or booleans, one kind in a column.

    ``labels == "A"`` compares row by row, like a numpy array; ``numpy.asarray(labels)``
    gives the labels themselves.

    Attributes:
        stored: for each row the position in ``categories`` plus ``offset``; -1 with offset 0: no label.
        categories: the distinct labels; a code may have no row.
        offset: what to subtract from ``stored``.
        has_missing: True where some row has no label.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "B", "A"], delivered=[40, 50, 60])
        >>> emails.account == "A"
        array([ True, False,  True])
        >>> emails.account.to_list()
        ['A', 'B', 'A']
    """

    stored: NDArray[Any]
    categories: NDArray[Any]
    offset: int = 0
    has_missing: bool = False

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.stored)

    def __iter__(self) -> Iterator[Label | None]:
        """Iterate over the labels, None where a row has none."""
        return iter(self.to_list())

    def __getitem__(self, row: int) -> Label | None:
        """Return the label of a row."""
        code = int(self.stored[row]) - self.offset
        return None if code < 0 else as_python(self.categories[code])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: ANN401, FBT001 - numpy's own protocol
        """Return the labels as an array; rows without one make it an object array with None."""
        codes = self.codes()
        if not self.has_missing:
            values = self.categories[codes]
        else:
            names = np.empty(len(self.categories) + 1, dtype=object)  # the last stays None
            names[:-1] = self.categories
            values = names[codes]
        return values if dtype is None else values.astype(dtype)

    def __eq__(self, other: object) -> NDArray[np.bool_]:  # type: ignore[override]  # row by row, as numpy does
        """Compare row by row with a label or with another column of labels."""
        if isinstance(other, Labels | np.ndarray | list | tuple):
            theirs: list[Any] = other.to_list() if isinstance(other, Labels) else list(cast("Sequence[Any]", other))
            if len(theirs) != len(self):
                raise MetricInputError(
                    f"labels must be compared with one label, or with {len(self)}; got {len(theirs)}"
                )
            return np.array([mine == his for mine, his in zip(self.to_list(), theirs, strict=True)], dtype=bool)
        return self.isin([other])

    def __ne__(self, other: object) -> NDArray[np.bool_]:  # type: ignore[override]  # row by row, as numpy does
        """Compare row by row; the negation of ``==``."""
        return ~(self == other)

    def __hash__(self) -> int:
        """Refuse: labels compare row by row, hence a column of them cannot be a key."""
        raise TypeError("unhashable type: 'Labels'")

    def __repr__(self) -> str:
        """Show the first labels."""
        shown = ", ".join(repr(label) for label in itertools.islice(self, 5))
        more = ", ..." if len(self) > 5 else ""  # noqa: PLR2004 - five are shown
        return f"Labels([{shown}{more}], rows={len(self)})"

    def codes(self, start: int = 0, stop: int | None = None) -> NDArray[np.int64]:
        """Return the positions in ``categories`` of some rows; -1 for a row without a label."""
        part = self.stored[start:stop].astype(np.int64, copy=False)
        return part if self.offset == 0 else part - self.offset

    def ranks(self) -> NDArray[np.int64]:
        """Return the place of each row's label in their order; a row without a label comes last."""
        order = np.argsort(self.categories, kind="stable")
        ranks = np.empty(len(order) + 1, dtype=np.int64)
        ranks[order] = np.arange(len(order))
        ranks[-1] = len(order)
        return ranks[self.codes()]

    def to_list(self) -> list[Label | None]:
        """Return the labels as Python values."""
        names: list[Label | None] = [*as_python_list(self.categories), None]
        return [names[code] for code in self.codes().tolist()]

    def isin(self, wanted: Sequence[Any]) -> NDArray[np.bool_]:
        """Tell for each row whether its label is one of those wanted."""
        chosen = np.array([label in wanted for label in as_python_list(self.categories)] + [False], dtype=bool)
        return chosen[self.codes()]

    def missing(self) -> NDArray[np.bool_]:
        """Tell for each row whether it has no label."""
        return self.codes() < 0

    def where(self, keep: NDArray[Any]) -> "Labels":
        """Take rows by a mask or by positions."""
        return read_only(attrs.evolve(self, stored=self.stored[keep]))


def read_only(labels: Labels) -> Labels:
    """Close the arrays of a column of labels for writing."""
    labels.stored.flags.writeable = False
    labels.categories.flags.writeable = False
    return labels


def as_python(label: Any) -> Label:  # noqa: ANN401 - a numpy or Python scalar
    """Return a label as the Python value of its kind."""
    return cast("Label", label.item() if isinstance(label, np.generic) else label)


def as_python_list(labels: NDArray[Any]) -> list[Any]:
    """Return labels as a list of Python values."""
    return cast("list[Any]", labels.tolist())


def encode(values: NDArray[Any]) -> Labels:
    """Encode label values of one kind (whole numbers, booleans or text), none missing."""
    if values.dtype.kind == "b":
        return read_only(Labels(values.view(np.uint8), np.array([False, True])))
    if values.dtype.kind in "iu":
        return read_only(_encode_whole_numbers(values))
    return read_only(_encode_text(values))


def _encode_whole_numbers(values: NDArray[Any]) -> Labels:
    if len(values) == 0:
        return Labels(values.astype(np.int64), np.empty(0, dtype=np.int64))
    low, high = _extremes(values)
    span = high - low + 1
    if span <= max(_SPAN_PER_ROW * len(values), _SPAN_ALWAYS) and high < 2**63 - 1:  # one more has to fit
        return Labels(values.view(), np.arange(low, high + 1), offset=low)
    if len(values) > _SORTED_FASTER and (interned := _intern.first_rows(values)) is not None:
        codes, first = interned
        return Labels(codes, values[first])
    categories, codes = np.unique(values, return_inverse=True)
    return Labels(codes, categories)


def _extremes(values: NDArray[Any]) -> tuple[int, int]:
    """Return the smallest and the largest value, reading the memory once: a block stays in the cache for the second."""
    found = [
        (block.min(), block.max())
        for start in range(0, len(values), _BLOCK)
        for block in [values[start : start + _BLOCK]]
    ]
    return int(min(low for low, _ in found)), int(max(high for _, high in found))


def _encode_text(values: NDArray[Any]) -> Labels:
    if (
        values.dtype.kind in "SU"
        and len(values) > _SORTED_FASTER
        and (interned := _intern.first_rows(values)) is not None
    ):
        codes, first = interned
        return Labels(codes, _as_text(values[first]))
    # A dict hands out codes in the order of first appearance; sorting for codes takes 17 to 40 times as long.
    index: defaultdict[str, int] = defaultdict(itertools.count().__next__)
    codes = np.fromiter(map(index.__getitem__, _as_text(values).tolist()), dtype=np.int64, count=len(values))
    return Labels(codes, _as_text(np.array(list(index), dtype=object)))


def _as_text(values: NDArray[Any]) -> NDArray[Any]:
    """Return text as an object array; bytes are read as UTF-8."""
    texts = (np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values).tolist()
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def from_codes(codes: NDArray[np.int64], categories: Sequence[Any]) -> Labels:
    """Make labels of given codes (-1: none) and categories of one kind; equal categories are merged."""
    encoded = encode(_category_array(categories))
    lookup = np.append(encoded.codes(), -1)
    stored = lookup[codes]
    return read_only(Labels(stored, encoded.categories, has_missing=bool((stored < 0).any())))


def _category_array(categories: Sequence[Any]) -> NDArray[Any]:
    kinds = set(map(type, categories))
    if kinds == {bool}:
        return np.array(categories, dtype=bool)
    if kinds == {int}:
        return np.array(categories, dtype=np.int64)
    array = np.empty(len(categories), dtype=object)
    array[:] = categories
    return array


def with_missing(labels: Labels, missing: NDArray[np.bool_]) -> Labels:
    """Put labels encoded from the rows that have one back among the rows that have none."""
    stored = np.full(len(missing), -1, dtype=np.int64)
    stored[~missing] = labels.codes()
    return read_only(Labels(stored, labels.categories, has_missing=True))


def each_its_own(labels: Labels | None, length: int) -> tuple[Labels, list[Any]]:
    """Give every row without a label a code of its own; return the codes as labels, and the names of the first ones."""
    names = [] if labels is None else as_python_list(labels.categories)
    stored = np.full(length, -1, dtype=np.int64) if labels is None else labels.codes().copy()
    own = np.flatnonzero(stored < 0)
    stored[own] = len(names) + np.arange(len(own))
    return read_only(Labels(stored, np.arange(len(names) + len(own)))), names


def kind_of(labels: Labels) -> str | None:
    """Say what the labels are; None where there are none."""
    if len(labels.categories) == 0:
        return None
    return {"b": "booleans", "i": "whole numbers", "u": "whole numbers"}.get(labels.categories.dtype.kind, "text")


def earliest_rows(
    rows: NDArray[np.int64], unit: NDArray[np.int64], at: NDArray[Any], groups: Iterable[Labels]
) -> NDArray[np.int64]:
    """Return of some rows the earliest of each unit; of equally early ones the one whose group's label sorts first."""
    keys = [unit[rows], at[rows], *(labels.ranks()[rows] for labels in groups)]
    order = np.lexsort(keys[::-1])
    _, first = np.unique(unit[rows][order], return_index=True)
    return rows[order[first]]


def occurring(labels: Labels) -> list[Any]:
    """Return the labels that some row has."""
    codes = labels.codes()
    count = np.bincount(codes[codes >= 0], minlength=len(labels.categories))
    return as_python_list(labels.categories[count > 0])


def concatenate(parts: Sequence[Labels]) -> Labels:
    """Stack columns of labels."""
    if len(parts) == 1:
        return parts[0]
    if all(part.categories.dtype.kind == "i" and not part.has_missing for part in parts):
        return encode(np.concatenate([part.categories[part.codes()] for part in parts]))
    names = list(itertools.chain.from_iterable(as_python_list(part.categories) for part in parts))
    starts = np.cumsum([0] + [len(part.categories) for part in parts])
    codes = [
        np.where(part.codes() < 0, -1, part.codes() + start) for part, start in zip(parts, starts[:-1], strict=True)
    ]
    return from_codes(np.concatenate(codes), names)
