"""Takes columns out of lists, numpy, pandas, polars and pyarrow, with what is missing.

No frame library is imported: a column is known by the module of its class.
``numpy.asarray`` alone would turn integers with a null into floats, None into the
text 'None' and zoned times into UTC without saying so; hence the validity is read
first and the values second.
"""

import datetime
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics.errors import MetricInputError


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
        missing = None if self.missing is None else self.missing[keep]
        if missing is not None and not missing.any():
            missing = None
        return attrs.evolve(self, values=self.values[keep], missing=missing)


def column_names(frame: Any) -> list[Any]:  # noqa: ANN401 - any mapping or frame
    """Return the column names of a mapping of columns, or of a data frame."""
    if isinstance(frame, Mapping):
        return list(frame)
    names = getattr(frame, "column_names", None)
    if names is None:
        names = getattr(frame, "columns", None)
    if names is None or not hasattr(frame, "__getitem__"):
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
        raw = _read_array(column)
    elif library == "pandas":
        raw = _read_pandas(column)
    elif library == "polars":
        raw = _read_polars(column)
    elif library == "pyarrow":
        raw = _read_pyarrow(column)
    elif _is_scalar(column):
        raw = attrs.evolve(_read_list([column]), scalar=True)
    elif isinstance(column, Mapping | set | frozenset) or not isinstance(column, Iterable):
        raise MetricInputError(f"{name} must be a column of values; got {type(column).__name__}")
    else:
        raw = _read_list(column if isinstance(column, Sequence) else list(column))
    if raw.values.ndim != 1:
        raise MetricInputError(f"{name} must be one-dimensional; got {raw.values.ndim} dimensions")
    return raw


def _is_scalar(value: Any) -> bool:  # noqa: ANN401 - any value
    return value is None or isinstance(
        value, str | bytes | int | float | np.generic | datetime.date | datetime.timedelta
    )


def _read_array(values: NDArray[Any]) -> RawColumn:
    if isinstance(values, np.ma.MaskedArray):
        return RawColumn(np.asarray(values.data), _or_none(np.ma.getmaskarray(values)))
    if values.ndim == 0:
        return attrs.evolve(_read_list([values[()]]), scalar=True)
    if values.dtype.kind == "f":
        return RawColumn(values, _or_none(np.isnan(values)))
    if values.dtype.kind in "Mm":
        return RawColumn(values, _or_none(np.isnat(values)))
    if values.dtype.kind == "T":
        return _read_list(values.tolist())
    if values.dtype.kind == "S":
        return RawColumn(np.char.decode(values, "utf-8"))
    if values.dtype.kind == "O" and values.ndim == 1:
        return _read_list(values.tolist())
    return RawColumn(values)


def _is_missing(value: Any) -> bool:  # noqa: ANN401 - any value
    # NaN and NaT are the values that differ from themselves; pandas' NA refuses the comparison.
    return value is None or type(value).__name__ == "NAType" or bool(value != value)  # noqa: PLR0124 - NaN test


def _read_list(values: Sequence[Any]) -> RawColumn:
    kinds = set(map(type, values))
    if kinds <= {str}:
        return RawColumn(_objects(values))
    if kinds <= {bool} or kinds <= {int}:
        try:
            return RawColumn(np.array(values, dtype=bool if bool in kinds else np.int64))
        except OverflowError:
            return RawColumn(_objects(values))
    missing = np.fromiter(map(_is_missing, values), dtype=bool, count=len(values))
    present = [value for value, gone in zip(values, missing, strict=True) if not gone]
    if missing.any():
        inner = _read_list(present)
        filled = np.zeros(len(values), dtype=inner.values.dtype)
        filled[~missing] = inner.values
        return attrs.evolve(inner, values=filled, missing=missing)
    if all(issubclass(kind, datetime.datetime) for kind in kinds):
        return _read_datetimes(present)
    if all(issubclass(kind, datetime.date) and not issubclass(kind, datetime.datetime) for kind in kinds):
        return RawColumn(np.array(present, dtype="datetime64[D]"))
    if all(issubclass(kind, np.generic) for kind in kinds):
        together = np.array(present)
        return RawColumn(together) if together.dtype.kind in "biufMm" else RawColumn(_objects(present))
    if kinds <= {float, int} or all(issubclass(kind, float | np.floating) for kind in kinds):
        return _floats_kept_exact(present)
    return RawColumn(_objects(present))


def _floats_kept_exact(values: Sequence[Any]) -> RawColumn:
    """Floats become float64, unless a whole number among them is too large to survive that."""
    if any(isinstance(value, int) and abs(value) > 2**53 for value in values):
        return RawColumn(_objects(values))
    return RawColumn(np.array(values, dtype=np.float64))


def _read_datetimes(values: Sequence[datetime.datetime]) -> RawColumn:
    zoned = [value for value in values if value.tzinfo is not None]
    if not zoned:
        return RawColumn(np.array(values, dtype="datetime64[us]"))
    if len(zoned) < len(values):
        return RawColumn(_objects(values))
    utc = [value.astimezone(datetime.UTC).replace(tzinfo=None) for value in values]
    return RawColumn(np.array(utc, dtype="datetime64[us]"), time_zone=str(values[0].tzinfo))


def _read_pandas(column: Any) -> RawColumn:  # noqa: ANN401 - a pandas Series, Index or array
    if not hasattr(column, "isna") or getattr(column, "ndim", 1) != 1:
        return RawColumn(np.empty((0, 0)))
    missing = _or_none(np.asarray(column.isna(), dtype=bool))
    dtype = column.dtype
    codes = getattr(getattr(column, "cat", column), "codes", None)
    if codes is not None:
        categories = getattr(column, "cat", column).categories
        return RawColumn(np.asarray(codes, dtype=np.int64), missing, categories=list(categories))
    zone = getattr(dtype, "tz", None)
    if zone is None and getattr(dtype, "pyarrow_dtype", None) is not None:
        zone = getattr(dtype.pyarrow_dtype, "tz", None)
    if zone is not None:
        utc = column.to_numpy(dtype="datetime64[us]", na_value=np.datetime64("NaT"))
        return RawColumn(utc, missing, time_zone=str(zone))
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return RawColumn(column.to_numpy(), missing)
    present = column.dropna()
    kind = getattr(dtype, "numpy_dtype", getattr(dtype, "kind", None))
    kind = getattr(kind, "kind", kind)
    if kind in {"b", "i", "u", "f", "M"}:
        inner = RawColumn(present.to_numpy(dtype=getattr(dtype, "numpy_dtype", None)))
    else:
        inner = _read_list(present.tolist())
    return _spread(inner, missing, len(column))


def _read_polars(column: Any) -> RawColumn:  # noqa: ANN401 - a polars Series
    if type(column).__name__ != "Series":
        return RawColumn(np.empty((0, 0)))
    missing = _or_none(column.is_null().to_numpy())
    kind = type(column.dtype).__name__
    present = column.drop_nulls()
    if kind in {"String", "Decimal", "Categorical", "Enum", "Object"}:
        inner = _read_list(present.to_list())
    else:
        inner = _read_array(present.to_numpy())
        inner = attrs.evolve(inner, time_zone=getattr(column.dtype, "time_zone", None))
    return _spread(inner, missing, len(column))


def _read_pyarrow(column: Any) -> RawColumn:  # noqa: ANN401 - a pyarrow Array or ChunkedArray
    if not hasattr(column, "is_null"):
        return RawColumn(np.empty((0, 0)))
    missing = _or_none(
        column.is_null().to_numpy(zero_copy_only=False) if _is_array(column) else column.is_null().to_numpy()
    )
    present = column.drop_null()
    kind = str(column.type)
    if kind.startswith("dictionary"):
        values = column.type.value_type
        inner = _read_list(present.cast(values).to_pylist())
    elif kind.startswith(("string", "large_string", "string_view", "decimal", "null")):
        inner = _read_list(present.to_pylist())
    else:
        array = present.to_numpy(zero_copy_only=False) if _is_array(present) else present.to_numpy()
        inner = attrs.evolve(_read_array(array), time_zone=getattr(column.type, "tz", None))
    return _spread(inner, missing, len(column))


def _is_array(column: Any) -> bool:  # noqa: ANN401 - a pyarrow Array or ChunkedArray
    return not hasattr(column, "chunks")


def _spread(present: RawColumn, missing: NDArray[np.bool_] | None, length: int) -> RawColumn:
    """Put the values that are there back into their rows."""
    if missing is None:
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


def parse_iso_text(name: str, raw: RawColumn) -> RawColumn:
    """Read ISO 8601 text as times; text of any other form is refused, for its meaning would be a guess."""
    parsed: list[datetime.datetime | None] = []
    zones = False
    for row, text in enumerate(raw.values):
        if raw.missing is not None and raw.missing[row]:
            parsed.append(None)
            continue
        try:
            moment = datetime.datetime.fromisoformat(text)
        except (TypeError, ValueError):
            raise MetricInputError(
                f"{name} must be dates (datetime64, date objects or ISO text such as 2026-03-31); "
                f"got {text!r} at row {row}"
            ) from None
        zones = zones or moment.tzinfo is not None
        parsed.append(moment)
    read = _read_list(parsed)
    if zones and read.time_zone is None:
        raise MetricInputError(f"{name} must be dates that all have a time zone or all have none; got a mixture")
    return read


def localise(name: str, raw: RawColumn, zone: str) -> RawColumn:
    """Read times as the wall time of a zone; times without a zone are taken as such already."""
    if raw.time_zone is None and raw.values.dtype.kind in "OU":
        raw = parse_iso_text(name, raw)
    return raw if raw.time_zone is None else to_wall_time(name, raw, zone)


def to_wall_time(name: str, raw: RawColumn, zone: str) -> RawColumn:
    """Turn times held in UTC into the wall time of a zone, so that days and months are those people there saw."""
    try:
        rules = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MetricInputError(f"tz must name a time zone such as 'Europe/Paris'; got {zone!r}") from None
    utc = raw.values.astype("datetime64[us]")
    if raw.missing is not None:
        utc = np.where(raw.missing, np.datetime64("1970-01-01", "us"), utc)
    # Offsets change on quarter hours at the finest: one look-up for each quarter hour that occurs.
    quarters, rows = np.unique(utc.astype("datetime64[s]").astype(np.int64) // 900, return_inverse=True)
    try:
        offsets = [
            datetime.datetime.fromtimestamp(int(quarter) * 900, tz=rules).utcoffset() or datetime.timedelta()
            for quarter in quarters
        ]
    except (OverflowError, ValueError, OSError):
        raise MetricInputError(f"{name} must be dates between the years 1 and 9999; got {utc.max()}") from None
    shift = np.array([int(offset.total_seconds()) for offset in offsets], dtype="timedelta64[s]")
    return attrs.evolve(raw, values=utc + shift[rows] if len(shift) else utc, time_zone=None)
