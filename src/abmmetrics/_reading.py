"""Takes columns out of lists, numpy, pandas, polars and pyarrow, with what is missing.

No frame library is imported: a column is known by the module of its class.
``numpy.asarray`` alone would turn integers with a null into floats, None into the
text 'None' and zoned times into UTC without saying so; hence the validity is read
first and the values second.
"""

import datetime as dt
import difflib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeGuard, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _labels
from abmmetrics.errors import MetricInputError

# Types of polars that numpy holds as objects, or not at all.
_POLARS_AS_LISTS = {"String", "Decimal", "Categorical", "Enum", "Object", "List", "Int128", "UInt128"}
# Types of pandas and pyarrow whose columns encode themselves.
_TEXTS = {"str", "string", "large_string"}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@attrs.frozen(eq=False)
class RawColumn:
    """A column as numpy holds it, before any check of its meaning.

    Attributes:
        values: 1-D; rows that are missing hold any value.
        missing: True where a row is missing; None where no row is.
        time_zone: name of the zone of the values (which are then in UTC), or None.
        categories: where the column came dictionary-encoded, its labels; values are then codes.
        scalar: True where one value stands for every row.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None = None
    time_zone: str | None = None
    categories: list[Any] | None = None
    scalar: bool = False

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.values)

    def where(self, keep: NDArray[np.bool_]) -> "RawColumn":
        """Keep the rows where ``keep`` is True."""
        missing = None if self.missing is None else _or_none(self.missing[keep])
        return attrs.evolve(self, values=self.values[keep], missing=missing)

    def decoded(self) -> "RawColumn":
        """Return the column with the categories themselves in place of their codes."""
        if self.categories is None:
            return self
        read = _read_list(self.categories)
        values = np.zeros(len(self), dtype=read.values.dtype)
        present = self.values >= 0
        values[present] = read.values[self.values[present]]
        return attrs.evolve(self, values=values, time_zone=read.time_zone, categories=None)


def is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:  # noqa: ANN401 - any value
    """Tell whether a value is a mapping."""
    return isinstance(value, Mapping)


def is_listed(value: Any) -> TypeGuard[Sequence[Any]]:  # noqa: ANN401 - any value
    """Tell whether a value is a list or tuple."""
    return isinstance(value, list | tuple)


def column_names(frame: Any) -> list[Any]:  # noqa: ANN401 - any mapping or frame
    """Return the column names of a mapping of columns, or of a data frame."""
    if is_mapping(frame):
        return list(frame)
    library = type(frame).__module__.partition(".")[0]
    names = getattr(frame, "column_names" if library == "pyarrow" else "columns", None)
    if names is None or not hasattr(frame, "__getitem__") or type(frame).__name__ == "LazyFrame":
        raise MetricInputError(
            f"frame must be a mapping of columns or a pandas, polars or pyarrow frame; got {type(frame).__name__}"
        )
    return list(names)


def take_column(frame: Any, name: str, *, argument: str) -> Any:  # noqa: ANN401 - any frame in, any column out
    """Take one column out of a mapping or frame; a name that is not there is answered with close ones."""
    names = column_names(frame)
    if name not in names:
        close = difflib.get_close_matches(str(name), [str(known) for known in names], n=3)
        hint = f"close matches: {close}" if close else f"columns: {names}"
        raise MetricInputError(f"{argument} must name a column of the frame; got {name!r} ({hint})")
    if names.count(name) > 1:
        raise MetricInputError(
            f"{argument} must name one column of the frame; got {name!r}, which {names.count(name)} columns share"
        )
    return frame[name]


def read_column(name: str, column: Any) -> RawColumn:  # noqa: ANN401 - any kind of column
    """Read a column of any kind; what it means is checked elsewhere."""
    if isinstance(column, RawColumn):
        return column
    library = type(column).__module__.partition(".")[0]
    if isinstance(column, np.ndarray):
        raw = _read_array(name, cast("NDArray[Any]", column))
    elif _is_scalar(column):
        raw = attrs.evolve(_read_list([column]), scalar=True)
    elif library == "pandas":
        raw = _read_pandas(name, column)
    elif library == "polars":
        raw = _read_polars(name, column)
    elif library == "pyarrow":
        raw = _read_pyarrow(name, column)
    elif _is_ordered(column):
        raw = _read_list(column if is_listed(column) else list(column))
    else:
        raise _not_a_column(name, column)
    if raw.values.ndim != 1:
        raise MetricInputError(f"{name} must be one-dimensional; got {raw.values.ndim} dimensions")
    return raw


def _not_a_column(name: str, column: object) -> MetricInputError:
    return MetricInputError(f"{name} must be a column of values; got {type(column).__name__}")


def _is_ordered(column: Any) -> TypeGuard[Iterable[Any]]:  # noqa: ANN401 - any value
    return isinstance(column, Iterable) and not isinstance(column, Mapping | set | frozenset)


def _is_scalar(value: object) -> bool:
    return (
        value is None
        or isinstance(value, str | bytes | int | float | Decimal | np.generic | dt.date | dt.timedelta)
        or type(value).__name__ == "NAType"
    )


def _read_array(name: str, values: NDArray[Any]) -> RawColumn:  # noqa: PLR0911 - one kind of array after the other
    kind = values.dtype.kind
    if isinstance(values, np.ma.MaskedArray) and values.ndim == 1 and kind != "V":
        masked = np.asarray(np.ma.getmaskarray(values))
        return _spread(_read_array(name, np.asarray(values.data)[~masked]), _or_none(masked), len(values))
    if values.ndim == 0:
        return attrs.evolve(_read_list([values[()]]), scalar=True)
    if kind == "f":
        return RawColumn(values, _or_none(np.isnan(values)))
    if kind in "Mm":
        return RawColumn(values, _or_none(np.isnat(values)))
    if kind == "S":
        try:
            encoded = _labels.encode(values)  # decodes each text once, not every row
            return RawColumn(encoded.codes(), categories=_labels.as_python_list(encoded.categories))
        except UnicodeDecodeError as error:
            raise MetricInputError(f"{name} must be text in UTF-8; got {error.object!r}") from None
    if kind in "OT" and values.ndim == 1:
        return _read_list(values.tolist())
    return RawColumn(values)


def _is_missing(value: Any) -> bool:  # noqa: ANN401 - any value
    if value is None or type(value).__name__ == "NAType":  # pandas' NA refuses the comparison
        return True
    # NaN and NaT are the values that differ from themselves.
    differs = value != value  # noqa: PLR0124 - the NaN test
    return type(differs) in {bool, np.bool_} and bool(differs)


def _read_list(values: Sequence[Any]) -> RawColumn:  # noqa: PLR0911 - one kind of value after the other
    kinds = set(map(type, values))
    if kinds <= {str}:
        return RawColumn(_objects(values))
    if kinds <= {bool} or kinds <= {int}:
        try:
            return RawColumn(np.array(values, dtype=bool if bool in kinds else np.int64))
        except OverflowError:
            return RawColumn(_objects(values))
    missing = np.fromiter(map(_is_missing, values), dtype=bool, count=len(values))
    if missing.any():
        present = [value for value, gone in zip(values, missing.tolist(), strict=True) if not gone]
        return _spread(_read_list(present), missing, len(values))
    if all(issubclass(kind, dt.datetime) for kind in kinds):
        return _read_datetimes(values)
    if kinds <= {dt.date}:
        return RawColumn(np.array(values, dtype="datetime64[D]"))
    if all(issubclass(kind, str) for kind in kinds):  # numpy's own text, and enumerations
        return RawColumn(_objects([str.__str__(value) for value in values]))
    if kinds <= {float, int}:
        return _floats_kept_exact(values)
    if len(kinds) == 1 and issubclass(next(iter(kinds)), np.generic):
        together = np.array(values)
        return RawColumn(together) if together.dtype.kind in "biufMm" else RawColumn(_objects(values))
    plain = [_plain_number(value) for value in values]
    return RawColumn(_objects(values)) if set(map(type, plain)) == kinds else _read_list(plain)


def _plain_number(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a numpy number as the Python number, and anything else as it is."""
    kind = type(cast("object", value))
    number = issubclass(kind, np.number | np.bool_) and not issubclass(kind, np.timedelta64)
    return value.item() if number else value


def _floats_kept_exact(values: Sequence[Any]) -> RawColumn:
    """Floats become float64, unless a whole number among them is too large to survive that."""
    if any(isinstance(value, int) and abs(value) > 2**53 for value in values):
        return RawColumn(_objects(values))
    return RawColumn(np.array(values, dtype=np.float64))


def _read_datetimes(values: Sequence[dt.datetime]) -> RawColumn:
    offsets = [value.utcoffset() for value in values]
    if None in offsets and any(offset is not None for offset in offsets):
        return RawColumn(_objects(values))  # some with a time zone and some without: refused as dates
    wall = np.array([value.replace(tzinfo=None) for value in values], dtype="datetime64[us]")
    if None in offsets:
        return RawColumn(wall)
    return RawColumn(wall - np.array(offsets, dtype="timedelta64[us]"), time_zone=str(values[0].tzinfo))


def _read_pandas(name: str, column: Any) -> RawColumn:  # noqa: ANN401 - a pandas Series, Index or array
    if getattr(column, "ndim", 0) != 1 or getattr(column, "nlevels", 1) > 1:
        raise _not_a_column(name, column)
    missing = _or_none(np.asarray(column.isna(), dtype=bool))
    dtype = column.dtype
    encoded = getattr(column, "cat", column)
    codes = getattr(encoded, "codes", None)
    if codes is not None:
        return RawColumn(np.asarray(codes, dtype=np.int64), missing, categories=list(encoded.categories))
    zone = getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)
    if zone is not None:
        utc = column.to_numpy(dtype="datetime64[us]", na_value=np.datetime64("NaT"))
        return RawColumn(utc, missing, time_zone=str(zone))
    held = getattr(dtype, "numpy_dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return RawColumn(column.to_numpy(), missing)
    if str(getattr(cast("Any", dtype), "pyarrow_dtype", cast("Any", dtype))) in _TEXTS and hasattr(column, "factorize"):
        codes, texts = column.factorize()  # without making a Python object of every row
        return RawColumn(np.asarray(codes, dtype=np.int64), missing, categories=texts.tolist())
    present = column.dropna()
    if held is not None and held.kind in "biufM":
        inner = _read_array(name, present.to_numpy(dtype=held))
    else:
        inner = _read_list(present.tolist())
    return _spread(inner, missing, len(column))


def _read_polars(name: str, column: Any) -> RawColumn:  # noqa: ANN401 - a polars Series
    if type(column).__name__ != "Series":
        raise _not_a_column(name, column)
    missing = _or_none(column.is_null().to_numpy())
    present = column.drop_nulls()
    if type(column.dtype).__name__ == "String" and len(present):
        texts = present.unique()
        codes = np.full(len(column), -1, dtype=np.int64)
        codes[slice(None) if missing is None else ~missing] = present.replace_strict(texts, list(range(len(texts))))
        return RawColumn(codes, missing, categories=texts.to_list())
    if type(column.dtype).__name__ in _POLARS_AS_LISTS:
        inner = _read_list(present.to_list())
    else:
        inner = _read_array(name, present.to_numpy())
        inner = attrs.evolve(inner, time_zone=getattr(column.dtype, "time_zone", None))
    return _spread(inner, missing, len(column))


def _read_pyarrow(name: str, column: Any) -> RawColumn:  # noqa: ANN401 - a pyarrow Array or ChunkedArray
    if hasattr(column, "as_py"):
        return attrs.evolve(_read_list([column.as_py()]), scalar=True)
    if not hasattr(column, "is_null"):
        raise _not_a_column(name, column)
    kind = str(column.type)
    try:
        if kind in _TEXTS:
            encoded = column.dictionary_encode()
            encoded = encoded.combine_chunks() if hasattr(encoded, "chunks") else encoded
            codes = _arrow_to_numpy(encoded.indices.fill_null(-1)).astype(np.int64)
            return RawColumn(codes, _or_none(codes < 0), categories=encoded.dictionary.to_pylist())
        if kind.startswith("dictionary"):
            return _read_nullable_list(column.cast(column.type.value_type).to_pylist())
        if kind.startswith(("string", "large_string", "decimal", "null", "list")):
            return _read_nullable_list(column.to_pylist())
        missing = _or_none(_arrow_to_numpy(column.is_null()))
        inner = _read_array(name, _arrow_to_numpy(column.drop_null()))
    except NotImplementedError:  # types of Arrow that its own functions do not cover yet
        raise MetricInputError(f"{name} must be text, numbers or dates; got {kind}") from None
    return _spread(attrs.evolve(inner, time_zone=getattr(column.type, "tz", None)), missing, len(column))


def _read_nullable_list(values: list[Any]) -> RawColumn:
    missing = _or_none(np.fromiter((value is None for value in values), dtype=bool, count=len(values)))
    present = values if missing is None else [value for value in values if value is not None]
    return _spread(_read_list(present), missing, len(values))


def _arrow_to_numpy(column: Any) -> NDArray[Any]:  # noqa: ANN401 - a pyarrow Array or ChunkedArray
    values = column.to_numpy() if hasattr(column, "chunks") else column.to_numpy(zero_copy_only=False)
    return cast("NDArray[Any]", values)


def _spread(present: RawColumn, missing: NDArray[np.bool_] | None, length: int) -> RawColumn:
    """Put the values that are there back into their rows."""
    if missing is None or present.values.ndim != 1:
        return present
    values = np.zeros(length, dtype=present.values.dtype)
    values[~missing] = present.values
    also = missing.copy()
    if present.missing is not None:  # NaN beside nulls
        also[~missing] = present.missing
    return attrs.evolve(present, values=values, missing=also)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _or_none(missing: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return missing if missing.any() else None


def parse_times(name: str, raw: RawColumn) -> RawColumn:
    """Read ISO 8601 text, or a mixture of dates and times, as times; other text is refused, for it would be a guess."""
    gone = np.zeros(len(raw), dtype=bool) if raw.missing is None else raw.missing
    parsed = [
        None if missing or value == "" else _moment(name, value, row)
        for row, (value, missing) in enumerate(zip(raw.values.tolist(), gone.tolist(), strict=True))
    ]
    read = _read_list(parsed)
    if read.values.dtype.kind == "O" and any(moment is not None for moment in parsed):
        raise MetricInputError(f"{name} must be dates that all have a time zone or all have none; got a mixture")
    return read


def _moment(name: str, value: object, row: int) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day is of no time zone
    try:
        return dt.datetime.fromisoformat(cast("str", value))
    except (TypeError, ValueError):
        raise MetricInputError(
            f"{name} must be dates (datetime64, date objects or ISO text such as 2026-03-31); "
            f"got {value!r} at row {row}"
        ) from None


def time_zone(name: object) -> ZoneInfo:
    """Return the rules of a time zone."""
    try:
        return ZoneInfo(cast("str", name))
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
        raise MetricInputError(f"tz must name a time zone such as 'Europe/Paris'; got {name!r}") from None


def localise(name: str, raw: RawColumn, zone: ZoneInfo) -> RawColumn:
    """Read times as the wall time of a zone; times without a zone are taken as such already."""
    raw = raw.decoded()
    if raw.time_zone is None and raw.values.dtype.kind in "OU":
        raw = parse_times(name, raw)
    return raw if raw.time_zone is None else _to_wall_time(name, raw, zone)


def _to_wall_time(name: str, raw: RawColumn, zone: ZoneInfo) -> RawColumn:
    """Turn times held in UTC into the wall time of a zone, so that days and months are those people there saw."""
    utc = raw.values.astype("datetime64[us]")
    if raw.missing is not None:
        utc = np.where(raw.missing, np.datetime64(0, "us"), utc)
    # Offsets change on quarter hours at the finest: one look-up for each quarter hour that occurs.
    quarters, rows = np.unique(utc.astype("datetime64[s]").astype(np.int64) // 900, return_inverse=True)
    offsets: list[dt.timedelta] = []
    for row, quarter in enumerate(quarters.tolist()):
        try:
            wall = (_EPOCH + dt.timedelta(minutes=15 * quarter)).astimezone(zone)
        except (OverflowError, ValueError):
            first = utc[np.flatnonzero(rows == row)[0]]
            raise MetricInputError(f"{name} must be dates between the years 1 and 9999; got {first}") from None
        offsets.append(cast("dt.timedelta", wall.utcoffset()))
    shift = np.array(offsets, dtype="timedelta64[us]")
    return attrs.evolve(raw, values=utc + shift[rows], time_zone=None)
