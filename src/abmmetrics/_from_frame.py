"""Takes the columns of a model out of a mapping of columns or a data frame."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _reading
from abmmetrics._reading import RawColumn
from abmmetrics.columns import NULLABLE, TIMES

Missing = Literal["refuse", "drop", "separate"]


@attrs.frozen
class Model:
    """What a model wants of a frame.

    Attributes:
        name: the model's name.
        kinds: its columns and what each of them is.
        required: the columns that it cannot do without.
        settings: what is neither column nor segment, such as a scale.
        constants: settings that a column of the frame may repeat in every row.
        unit: the column of the accounts.
        additive: True where rows of one account may be summed.
        at_most: pairs of columns of which the first may not exceed the second in any row.
    """

    name: str
    kinds: Mapping[str, Callable[..., Any]]
    required: Sequence[str]
    settings: frozenset[str]
    constants: tuple[str, ...]
    unit: str
    additive: bool
    at_most: tuple[tuple[str, str], ...]

    def sources(self, available: Sequence[Any], columns: Mapping[str, Any]) -> dict[str, str]:
        """Say which column of the frame each column of the model is read from."""
        for name in columns:
            if name not in self.kinds and name not in self.settings:
                raise _checks.refuse(self.name, f"have the column, one of {list(self.kinds)}", name)
        sources = {name: columns.get(name, name if name in available else None) for name in self.kinds}
        for name in self.constants:
            source = columns.get(name, name)
            sources[name] = source if isinstance(source, str) and source in available else None
        for name in self.required:
            if sources.get(name, name) is None:
                raise _checks.refuse(f"{self.name}.from_frame", f"be told the column for {name}", list(available))
        return {name: source for name, source in sources.items() if source is not None}


def named_segments(segments: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Return segment names and the columns they are read from."""
    if _reading.is_mapping(segments):
        return dict(segments)
    return {name: name for name in ((segments,) if isinstance(segments, str) else segments)}


@attrs.frozen(eq=False)
class EngineFrame:
    """A frame that computes in an engine of its own, opened by Narwhals.

    Attributes:
        lazy: the Narwhals frame.
        schema: name of each column to its Narwhals type.
        ordered: True where the engine keeps rows in order, so that they have numbers.
    """

    lazy: Any
    schema: Mapping[str, Any]
    ordered: bool

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.schema)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a Narwhals type
        """Return the type of a column."""
        return self.schema[name]


_ENGINES = ("duckdb", "_duckdb", "pyspark", "dask", "dask_expr", "ibis", "sqlframe")


def opened(frame: Any, *, additive: bool) -> Any:  # noqa: ANN401 - any mapping of columns or data frame
    """Open a frame that computes in an engine of its own; return any other as it is.

    Args:
        frame: mapping of column names to columns, or a data frame.
        additive: True where the rows will be summed. Then a polars frame computes too, where
            Narwhals is installed: lazily, polars sums faster than text could come over.
    """
    library, kind = type(frame).__module__.partition(".")[0], type(frame).__name__
    if library == "narwhals" and hasattr(frame, "to_native"):
        return opened(frame.to_native(), additive=additive)
    eager = library == "polars" and kind == "DataFrame"
    computes = library in _ENGINES or (library == "polars" and kind == "LazyFrame")
    if not computes and not (eager and additive and importlib.util.find_spec("narwhals")):
        return frame
    from abmmetrics import frames  # noqa: PLC0415 - only who has such a frame needs it

    return frames.open_engine(frame)


def read_columns(
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    sources: Mapping[str, str],
    model: Model,
    *,
    missing: Missing,
    tz: str | None,
) -> tuple[dict[str, Any], dict[str, int]]:
    """Read columns from a mapping or a frame.

    Args:
        frame: mapping of column names to columns, or a data frame.
        sources: name of the model's column or segment to the frame's column.
        model: what the columns are.
        missing: ``"refuse"``, ``"drop"`` or ``"separate"``, as :meth:`Table.from_frame` says.
        tz: whose days count where times carry a time zone.

    Returns:
        The columns by the model's names, and reason to the number of rows left out.
    """
    zone = None if tz is None else _reading.time_zone(tz)
    lost: dict[str, int] = {}
    if isinstance(frame, EngineFrame):
        frame, sources, lost = _from_engine(frame, sources, model, missing)
    raw: dict[str, RawColumn] = {}
    for name, source in sources.items():
        column = _reading.read_column(name, _reading.take_column(frame, source, argument=name))
        raw[name] = (
            column if zone is None or model.kinds.get(name) not in TIMES else _reading.localise(name, column, zone)
        )
    if missing == "drop":
        return _drop_missing(raw, [name for name in raw if model.kinds.get(name) not in NULLABLE], lost)
    taken: dict[str, Any] = dict(raw)
    if missing == "separate" and model.unit in raw:
        taken[model.unit] = _checks.as_optional_labels(model.unit, raw[model.unit])
    return taken, {}


def _from_engine(
    frame: EngineFrame, sources: Mapping[str, str], model: Model, missing: Missing
) -> tuple[dict[str, Any], dict[str, str], dict[str, int]]:
    """Bring what a model wants over from an engine: columns, where each is among them, and what was left out."""
    from abmmetrics import frames  # noqa: PLC0415 - only who has such a frame needs it

    for name, source in sources.items():
        _reading.take_column(frame, source, argument=name)
    if not model.additive:
        return frames.read_rows(frame, list(sources.values())), dict(sources), {}
    columns, lost = frames.read_sums(frame, sources, model, missing)
    return columns, {name: name for name in sources}, lost


def _drop_missing(
    raw: Mapping[str, RawColumn], needed: Sequence[str], lost: Mapping[str, int]
) -> tuple[dict[str, Any], dict[str, int]]:
    """Leave out the rows that lack a value the model needs; each is counted once, under the first it lacks."""
    by_row = {name: column for name, column in raw.items() if not column.scalar}
    length = _checks.same_length({name: len(column) for name, column in by_row.items()})
    keep: NDArray[np.bool_] = np.ones(length, dtype=bool)
    excluded: dict[str, int] = {}
    for name in needed:
        gone = _checks.missing_rows(by_row[name]) if name in by_row else None
        if gone is None:
            continue
        first = int((keep & gone).sum())
        if first:
            excluded[f"missing {name}"] = first
        keep &= ~gone
    if not excluded:
        return dict(raw), dict(lost)
    columns = {name: column if column.scalar else column.where(keep) for name, column in raw.items()}
    return columns, {**lost, **excluded}
