"""Sums by group and account: the one pass over rows that every KPI starts with.

Rows are taken in blocks, so that the memory beside the input stays small however many
rows there are, and booleans become floats a block at a time.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._labels import Label, Labels, as_python_list

_BLOCK = 2**17
# A table of this many cells, or of this many for each row, is cheaper than finding the cells that occur.
_CELLS_ALWAYS = 2**20
_CELLS_PER_ROW = 4


@attrs.frozen(eq=False)
class Cells:
    """Sums of columns over every combination of key labels that occurs.

    Attributes:
        keys: for each key the code of each cell in that key's categories; -1 where it has no label.
        rows: number of rows of each cell.
        sums: for each column the sum of each cell.
    """

    keys: list[NDArray[np.int64]]
    rows: NDArray[np.int64]
    sums: dict[str, NDArray[np.float64]]


def sum_cells(length: int, keys: Sequence[Labels], columns: Mapping[str, NDArray[np.generic]]) -> Cells:
    """Sum columns over every combination of labels that occurs.

    Args:
        length: number of rows.
        keys: label columns; a row without a label is summed under code -1.
        columns: what to sum, booleans, whole numbers or floats.

    Returns:
        The cells, in no particular order.
    """
    # Where labels can be missing, one more slot after the last takes them.
    sizes = [len(key.categories) + key.has_missing for key in keys]
    cells = math.prod(sizes)
    if cells <= max(_CELLS_ALWAYS, _CELLS_PER_ROW * length):
        rows = np.zeros(cells, dtype=np.int64)
        sums = {name: np.zeros(cells) for name in columns}
        for start, numbers in _blocks(length, keys, sizes):
            rows += np.bincount(numbers, minlength=cells)
            for name, column in columns.items():
                sums[name] += np.bincount(numbers, column[start : start + len(numbers)], minlength=cells)
        occurs = np.flatnonzero(rows)
        rows, sums = rows[occurs], {name: total[occurs] for name, total in sums.items()}
    else:
        numbers = np.concatenate([numbers for _, numbers in _blocks(length, keys, sizes)])
        occurs, place = np.unique(numbers, return_inverse=True)
        rows = np.bincount(place)
        sums = {name: np.bincount(place, column) for name, column in columns.items()}
    codes = []
    rest = occurs
    for key, size in zip(reversed(keys), reversed(sizes), strict=True):
        code = rest % max(size, 1)
        codes.append(np.where(code == len(key.categories), -1, code) if key.has_missing else code)
        rest = rest // max(size, 1)
    return Cells(codes[::-1], rows, sums)


def _blocks(length: int, keys: Sequence[Labels], sizes: Sequence[int]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Number the cell of each row, a block of rows at a time."""
    # Each block costs a pass over all cells, hence blocks grow with them.
    block = max(_BLOCK, 8 * min(math.prod(sizes), length))
    for start in range(0, length, block):
        stop = min(start + block, length)
        numbers = np.zeros(stop - start, dtype=np.int64)
        for key, size in zip(keys, sizes, strict=True):
            codes = key.codes(start, stop)
            if key.has_missing:
                codes = np.where(codes < 0, size - 1, codes)
            numbers = numbers * size + codes
        yield start, numbers


@attrs.frozen(eq=False)
class AccountSums:
    """Column sums of every account in every group: all that an estimate needs of a table.

    Attributes:
        groups: segment name to the label of each group, in order; empty when pooled.
        group: for each cell (an account in a group) its group.
        account: for each cell the code of its account; rows without an account have one of their own.
        account_names: the labels of the account codes; codes beyond them have none.
        unit: what an account is: "account", "employee", or "row" where there is no such column.
        rows: for each cell its number of rows.
        sums: for each column the sum of each cell.
        excluded: reason to the number of rows left out.
    """

    groups: dict[str, list[Label]]
    group: NDArray[np.int64]
    account: NDArray[np.int64]
    account_names: NDArray[np.generic]
    unit: str
    rows: NDArray[np.int64]
    sums: dict[str, NDArray[np.float64]]
    excluded: dict[str, int]

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        """Return the sums of a column."""
        return self.sums[column]

    @property
    def size(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(next(iter(self.groups.values()))) if self.groups else 1

    def total(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add figures of cells up to their groups."""
        return np.bincount(self.group, amounts, minlength=self.size)


def sum_accounts(
    length: int,
    account: Labels | None,
    groups: Mapping[str, Labels],
    columns: Mapping[str, NDArray[np.generic]],
    unit: str = "account",
) -> AccountSums:
    """Sum columns to one cell for each account in each group."""
    names: NDArray[np.generic] = np.empty(0, dtype=object) if account is None else account.categories
    own = np.arange(length) if account is None else np.flatnonzero(account.missing()) if account.has_missing else None
    if account is None or own is not None:
        stored = np.full(length, -1, dtype=np.int64) if account is None else account.codes().copy()
        stored[own] = len(names) + np.arange(len(own))
        account = Labels(stored, np.arange(len(names) + len(own)))
    cells = sum_cells(length, [*groups.values(), account], columns)
    *group_codes, account_codes = cells.keys
    keep = np.ones(len(cells.rows), dtype=bool)
    excluded: dict[str, int] = {}
    for name, codes in zip(groups, group_codes, strict=True):
        unlabelled = keep & (codes < 0)
        if unlabelled.any():
            excluded[f"no {name}"] = int(cells.rows[unlabelled].sum())
            keep &= ~unlabelled
    group, labels = _number_groups([codes[keep] for codes in group_codes], list(groups.values()), int(keep.sum()))
    return AccountSums(
        groups=dict(zip(groups, labels, strict=True)),
        group=group,
        account=account_codes[keep],
        account_names=names,
        unit="row" if len(names) == 0 and length else unit,
        rows=cells.rows[keep],
        sums={name: total[keep] for name, total in cells.sums.items()},
        excluded=excluded,
    )


def _number_groups(
    codes: Sequence[NDArray[np.int64]], keys: Sequence[Labels], cells: int
) -> tuple[NDArray[np.int64], list[list[Label]]]:
    """Number the groups that occur in the order of their labels; without keys all cells are one group."""
    if not keys:
        return np.zeros(cells, dtype=np.int64), []
    whole = np.zeros(cells, dtype=np.int64)
    used: list[NDArray[np.int64]] = []
    for code, key in zip(codes, keys, strict=True):
        present = np.unique(code)
        present = present[np.argsort(key.categories[present], kind="stable")]
        rank = np.zeros(len(key.categories), dtype=np.int64)
        rank[present] = np.arange(len(present))
        whole = whole * len(present) + rank[code]
        used.append(present)
    occurs, number = np.unique(whole, return_inverse=True)
    labels: list[list[Label]] = []
    for present, key in zip(reversed(used), reversed(keys), strict=True):
        labels.append(as_python_list(key.categories[present[occurs % max(len(present), 1)]]))
        occurs = occurs // max(len(present), 1)
    return number, labels[::-1]
