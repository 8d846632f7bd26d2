"""The one place that converts input and refuses it.

Every refusal has one sentence shape, ``<argument> must <requirement>; got <what came> at row <i>``,
and one type, :class:`~abmmetrics.errors.MetricInputError`.
"""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _labels, _reading
from abmmetrics._labels import Labels
from abmmetrics._reading import RawColumn
from abmmetrics.errors import MetricInputError

_LARGEST_COUNT = 2**63 - 1
_Rows = range | NDArray[np.int64]
"""Numbers of rows; a range where all are there, since an array would take eight bytes for each."""


def refuse(argument: str, requirement: str, got: object, row: int | None = None) -> MetricInputError:
    """Word a refusal."""
    came = (
        repr(cast("object", got.item()) if isinstance(got, np.generic) else got)
        if not isinstance(got, _Phrase)
        else got
    )
    where = "" if row is None else f" at row {row}"
    return MetricInputError(f"{argument} must {requirement}; got {came}{where}")


class _Phrase(str):
    """What came, in words rather than as a value."""

    __slots__ = ()


def phrase(text: str) -> str:
    """Mark what came as words, which a refusal does not quote."""
    return _Phrase(text)


def how_many(number: float, nouns: str) -> str:
    """Say how many there are: 1 row, 2,000 rows."""
    return f"{number:,.0f} {nouns.removesuffix('s') if number == 1 else nouns}"


def missing_rows(raw: RawColumn) -> NDArray[np.bool_] | None:
    """Tell which rows are missing; empty text counts as missing, since exports write nulls so."""
    if raw.categories is not None:
        blank = [code for code, label in enumerate(raw.categories) if isinstance(label, str) and not label]
        empty = np.isin(raw.values, blank) if blank else None
    elif raw.values.dtype.kind == "U":
        empty = raw.values == ""
    elif raw.values.dtype.kind == "O":
        empty = np.fromiter((isinstance(value, str) and not value for value in raw.values), bool, len(raw))
    else:
        empty = None
    if empty is None or not empty.any():
        return raw.missing
    return empty if raw.missing is None else empty | raw.missing


def _refuse_missing(name: str, raw: RawColumn, requirement: str) -> None:
    missing = missing_rows(raw)
    if missing is not None:
        raise refuse(name, f"{requirement} in every row", phrase("a missing value"), int(np.flatnonzero(missing)[0]))


def as_counts(name: str, raw: RawColumn) -> NDArray[Any]:
    """Return counts as they came (booleans, whole numbers of any width) or as int64; never negative."""
    requirement = "be whole numbers >= 0"
    raw = raw.decoded()
    _refuse_missing(name, raw, requirement)
    values = raw.values
    if values.dtype.kind == "b":
        return values
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    _refuse_other_than_numbers(name, values, requirement, range(len(values)))
    if values.dtype.kind in "fO":  # objects are compared one by one, each exactly
        with np.errstate(invalid="ignore"):  # an infinite count is refused, not warned about
            whole = ((values >= 0) & (values == values // 1)).astype(bool)
        for wrong, what in ((~whole, requirement), ((values >= 2**63).astype(bool), "be below 2**63")):
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                raise refuse(name, what, values[row], row)
        return values.astype(np.int64)
    if values.min() < 0:
        raise refuse(name, requirement, values.min(), int(values.argmin()))
    if values.max() > _LARGEST_COUNT:
        raise refuse(name, "be below 2**63", values.max(), int(values.argmax()))
    return values.astype(np.int64) if values.dtype == np.uint64 else values


def _refuse_other_than_numbers(name: str, values: NDArray[Any], requirement: str, rows: _Rows) -> None:
    """Refuse what is no number: text, dates, booleans; objects may be Decimal, ints beyond 64 bits, or a mixture."""
    if values.dtype.kind in "iuf" or len(values) == 0:
        return
    if values.dtype.kind != "O":
        raise refuse(name, requirement, values[0], int(rows[0]))
    for row, value in zip(rows, values.tolist(), strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | np.floating):
            raise refuse(name, requirement, value, int(row))


def _as_floats(name: str, raw: RawColumn, requirement: str, *, nullable: bool) -> NDArray[np.float64]:
    raw = raw.decoded()
    if not nullable:
        _refuse_missing(name, raw, requirement)
    missing = missing_rows(raw)
    present = raw.values if missing is None else raw.values[~missing]
    rows: _Rows = range(len(raw)) if missing is None else np.flatnonzero(~missing)
    _refuse_other_than_numbers(name, present, requirement, rows)
    try:
        numbers = present.astype(np.float64, copy=False)
    except OverflowError:
        row = max(range(len(rows)), key=lambda place: abs(present[place]))
        raise refuse(name, requirement, present[row], int(rows[row])) from None
    if missing is None:
        return numbers
    values = np.full(len(raw), math.nan)
    values[~missing] = numbers
    return values


def _refuse_where(name: str, values: NDArray[np.float64], wrong: NDArray[np.bool_], requirement: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise refuse(name, requirement, values[row], row)


def as_amounts(name: str, raw: RawColumn) -> NDArray[np.float64]:
    """Return finite amounts >= 0 as float64."""
    requirement = "be finite numbers >= 0"
    values = _as_floats(name, raw, requirement, nullable=False)
    _refuse_where(name, values, ~((values >= 0) & np.isfinite(values)), requirement)
    return values


def as_optional_amounts(name: str, raw: RawColumn) -> NDArray[np.float64]:
    """Return finite amounts >= 0 as float64, NaN where none is recorded."""
    requirement = "be finite numbers >= 0 or missing"
    values = _as_floats(name, raw, requirement, nullable=True)
    _refuse_where(name, values, ~(((values >= 0) & np.isfinite(values)) | np.isnan(values)), requirement)
    return values


def as_signed_amounts(name: str, raw: RawColumn) -> NDArray[np.float64]:
    """Return finite amounts of either sign as float64."""
    requirement = "be finite numbers"
    values = _as_floats(name, raw, requirement, nullable=False)
    _refuse_where(name, values, ~np.isfinite(values), requirement)
    return values


def as_signed_or_nan(name: str, raw: RawColumn) -> NDArray[np.float64]:
    """Return finite numbers of either sign as float64, NaN where there is none."""
    requirement = "be finite numbers or missing"
    values = _as_floats(name, raw, requirement, nullable=True)
    _refuse_where(name, values, np.isinf(values), requirement)
    return values


def _as_times(name: str, raw: RawColumn, unit: Literal["D", "us"], *, nullable: bool) -> NDArray[np.datetime64]:
    requirement = "be dates"
    raw = raw.decoded()
    if not nullable:
        _refuse_missing(name, raw, requirement)
    if raw.time_zone is None and raw.values.dtype.kind in "OU":
        raw = _reading.parse_times(name, raw)
    if raw.time_zone is not None:
        raise refuse(
            name,
            "be dates without a time zone (or be read with from_frame(..., tz=) that says whose days count)",
            phrase(f"times in {raw.time_zone}"),
        )
    held = np.arange(len(raw)) if raw.missing is None else np.flatnonzero(~raw.missing)
    if len(held) == 0:
        return np.full(len(raw), np.datetime64("NaT"), dtype=f"datetime64[{unit}]")
    if raw.values.dtype.kind != "M":
        raise refuse(name, requirement, raw.values[held[0]], int(held[0]))
    values = raw.values.astype(f"datetime64[{unit}]")
    return values if raw.missing is None else np.where(raw.missing, np.datetime64("NaT", unit), values)


def as_dates(name: str, raw: RawColumn) -> NDArray[np.datetime64]:
    """Return calendar days."""
    return _as_times(name, raw, "D", nullable=False)


def as_optional_dates(name: str, raw: RawColumn) -> NDArray[np.datetime64]:
    """Return calendar days, NaT where there is none."""
    return _as_times(name, raw, "D", nullable=True)


def as_moments(name: str, raw: RawColumn) -> NDArray[np.datetime64]:
    """Return points in time, to the microsecond."""
    return _as_times(name, raw, "us", nullable=False)


def as_optional_moments(name: str, raw: RawColumn) -> NDArray[np.datetime64]:
    """Return points in time, to the microsecond, NaT where there is none."""
    return _as_times(name, raw, "us", nullable=True)


def as_date(name: str, value: Any) -> np.datetime64:  # noqa: ANN401 - any kind of date
    """Return one calendar day; a time of day is refused, for a day counts to its end."""
    raw = _reading.read_column(name, value)
    days = as_dates(name, raw)
    if len(days) != 1:
        raise refuse(name, "be one date", phrase(f"{len(days)} values"))
    moment, day = as_moments(name, raw)[0], cast("np.datetime64", days[0])
    if moment != day:
        raise refuse(name, "be a day, which counts to its end", phrase(str(moment)[:19]))
    return day


def as_labels(name: str, raw: RawColumn) -> Labels:
    """Encode labels: text, whole numbers or booleans, one kind in a column, none missing."""
    _refuse_missing(name, raw, "be text or whole numbers")
    return _encode(name, raw)


def as_optional_labels(name: str, raw: RawColumn) -> Labels:
    """Encode labels of which some may be missing."""
    missing = missing_rows(raw)
    if missing is None:
        return _encode(name, raw)
    return _labels.with_missing(_encode(name, raw.where(~missing), rows=np.flatnonzero(~missing)), missing)


def _encode(name: str, raw: RawColumn, rows: _Rows | None = None) -> Labels:
    requirement = "be text or whole numbers, one kind in a column"
    values = raw.values
    where: _Rows = range(len(values)) if rows is None else rows
    if raw.categories is not None:
        kinds = set(map(type, raw.categories))
        if len(kinds) > 1 or not kinds <= {str, int, bool}:
            raise refuse(name, requirement, phrase(f"categories of {_names(kinds)}"))
        return _labels.from_codes(values.astype(np.int64), raw.categories)
    wrong: int | None = None
    if values.dtype.kind == "O":
        kinds = set(map(type, values))
        if kinds == {int}:
            wrong = next(row for row, value in enumerate(values) if not -_LARGEST_COUNT <= value <= _LARGEST_COUNT)
            requirement = "be whole numbers below 2**63"
        elif not kinds <= {str}:
            first = type(cast("object", values[0]))
            expected = first if first in {str, int, bool} else str
            wrong = next(row for row, value in enumerate(values) if type(value) is not expected)
    elif values.dtype.kind == "u" and len(values) and values.max() > _LARGEST_COUNT:
        wrong, requirement = int(values.argmax()), "be whole numbers below 2**63"
    elif values.dtype.kind not in "biuU" and len(values):
        wrong = 0
    if wrong is not None:
        raise refuse(name, requirement, values[wrong], int(where[wrong]))
    return _labels.encode(values if values.dtype.kind in "biuUO" else values.astype(object))


def _names(kinds: set[type]) -> str:
    return " and ".join(sorted(kind.__name__ for kind in kinds))


def as_choice(name: str, labels: Labels, allowed: Sequence[str]) -> None:
    """Refuse labels outside a closed set."""
    unknown = ~(labels.isin(allowed) | labels.missing())
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise refuse(name, f"be one of {list(allowed)}", labels[row], row)


def all_labelled(name: str, labels: Labels) -> None:
    """Refuse a column of labels in which a row has none."""
    missing = labels.missing()
    if missing.any():
        _refuse_missing(name, RawColumn(labels.stored, missing), "be text or whole numbers")


def first_repeat(codes: NDArray[np.int64]) -> int | None:
    """Return the first row that says what an earlier one said."""
    _, firsts = np.unique(codes, return_index=True)
    repeats = np.setdiff1d(np.arange(len(codes)), firsts)
    return int(repeats[0]) if len(repeats) else None


def same_length(lengths: dict[str, int]) -> int:
    """Return the one length that columns share; scalars are not among them."""
    if not lengths:
        return 1
    if len(set(lengths.values())) > 1:
        raise MetricInputError(f"{' and '.join(lengths)} must have the same length; got {lengths}")
    return next(iter(lengths.values()))


def at_most(smaller: str, larger: str, small: NDArray[Any], large: NDArray[Any]) -> None:
    """Refuse rows in which a part exceeds its whole."""
    wrong = small > large
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise refuse(smaller, f"be at most {larger}", phrase(f"{small[row]} with {larger}={large[row]}"), row)


def in_interval(
    name: str,
    value: Any,  # noqa: ANN401 - whatever the caller gave
    low: float,
    high: float,
    *,
    low_open: bool = True,
    high_open: bool = True,
) -> float:
    """Return a number of an interval."""
    left, right = "(" if low_open else "[", ")" if high_open else "]"
    requirement = f"be a number in {left}{low:g}, {high:g}{right}"
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise refuse(name, requirement, cast("object", value))
    number = float(cast("float", value))
    above = number > low if low_open else number >= low
    below = number < high if high_open else number <= high
    if not (above and below):
        raise refuse(name, requirement, cast("object", value))
    return number


def as_whole(name: str, value: Any, low: int) -> int:  # noqa: ANN401 - whatever the caller gave
    """Return a whole number that is not below a limit."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise refuse(name, f"be a whole number >= {low}", cast("object", value))
    return int(cast("int", value))


def as_option(name: str, value: object, options: Sequence[str]) -> None:
    """Refuse a word that is not among the options of an argument."""
    if not isinstance(value, str) or value not in options:
        raise refuse(name, f"be one of {list(options)}", value)


Check = Callable[[str, RawColumn], Any]
