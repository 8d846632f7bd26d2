"""Columns as a table holds them, arrays or labels: closed for writing, compared, stacked."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading
from abmmetrics._labels import Labels


def said_throughout(name: str, values: Labels | None) -> Any:  # noqa: ANN401 - a label, or None
    """Return what every row of a column says; a column that says two things is refused."""
    if values is None or len(values) == 0:
        return None
    codes = values.codes()
    others = np.flatnonzero(codes != codes[0])
    if len(others):
        row = int(others[0])
        raise _checks.refuse(
            name, "be the same in every row", _checks.phrase(f"{values[0]!r} and {values[row]!r}"), row
        )
    return values[0]


def closed(values: Any, length: int | None) -> Any:  # noqa: ANN401 - an array or labels
    """Return a column closed for writing, of one value for all rows where a length is given."""
    if isinstance(values, Labels):
        return values if length is None else values.where(np.zeros(length, dtype=np.int64))
    column = values.view() if length is None else np.broadcast_to(values[0], (length,)).view()
    column.flags.writeable = False
    return column


def text(values: Any, row: int) -> str:  # noqa: ANN401 - an array or labels
    """Write what stands in one row of a column; nothing where it is missing."""
    value = values[row] if isinstance(values, Labels) else values[row].item()
    missing = value is None or value != value  # noqa: PLR0124 - NaN alone differs from itself
    return "" if missing else f"{value:,}" if isinstance(value, int | float) else str(value)


def same(mine: Any, theirs: Any) -> bool:  # noqa: ANN401 - arrays, labels or settings
    """Tell whether two columns or settings say the same in every row."""
    if isinstance(mine, Labels):
        return isinstance(theirs, Labels) and mine.to_list() == theirs.to_list()
    if isinstance(mine, np.ndarray):
        array = cast("NDArray[Any]", mine)
        return bool(np.array_equal(array, theirs, equal_nan=array.dtype.kind in "fM"))
    return bool(mine == theirs)


def distinct(accounts: Labels) -> int:
    """Count the accounts; each row without a label is one of its own."""
    codes = accounts.codes()
    named = len(np.unique(codes[codes >= 0]))
    return named + int((codes < 0).sum())


def account_rows(accounts: Labels) -> dict[Any, int]:
    """Return the row of each account of a table with one row for each."""
    return {account: row for row, account in enumerate(accounts.to_list())}


def stack(name: str, parts: Sequence[Any]) -> Any:  # noqa: ANN401 - arrays or labels
    """Put columns one after the other."""
    if not isinstance(parts[0], Labels):
        return np.concatenate(parts)
    kinds = sorted({kind for part in parts if (kind := _labels.kind_of(part)) is not None})
    if len(kinds) > 1:
        raise _checks.refuse("tables", f"have one kind of labels in {name}", _checks.phrase(" and ".join(kinds)))
    return _labels.concatenate(parts)


def figures(name: str, values: Any, length: int, keep: NDArray[np.bool_] | None) -> NDArray[Any]:  # noqa: ANN401 - any column
    """Return what can be summed of a column: booleans or finite numbers in the rows kept, one for each of the rows."""
    raw = _reading.read_column(name, values)
    if len(raw) != length:
        raise _checks.refuse(
            name, f"have one figure for each of the {length} rows", _checks.phrase(f"{len(raw)} figures")
        )
    kept = raw if keep is None else raw.where(keep)
    if kept.values.dtype.kind in "biu" and kept.missing is None and kept.categories is None:
        return kept.values
    return _checks.as_signed_amounts(name, kept)


def names_among(by: Any) -> list[str]:  # noqa: ANN401 - whatever the caller groups by
    """Return what may be names of segments: one text, or several in a list or tuple."""
    if isinstance(by, str):
        return [by]
    names = list(by) if _reading.is_listed(by) else []
    return names if all(isinstance(name, str) for name in names) else []
