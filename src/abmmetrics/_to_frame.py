"""Gives results back as a frame of the kind that the user works with.

pandas, polars and pyarrow make their own frames and need nothing else; frames of engines
are made of an Arrow table, and stay in the session or connection of the frame that
they are to be like. The type of a column does not depend on its values, so that results of several runs stack.
"""

# Frames of other libraries have no types, or none that are complete:
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnusedVariable=false

from collections.abc import Callable, Mapping
from typing import Any

from abmmetrics import _checks

Columns = Mapping[str, list[Any]]

_WHOLE = ("accounts", "rows")
_FIGURES = ("value", "low", "high", "numerator", "denominator", "confidence")


def to_frame(columns: Columns, like: Any) -> Any:  # noqa: ANN401 - any kind of frame in and out
    """Make a frame of the same kind as another.

    Args:
        columns: what :meth:`Estimate.to_dict` gives.
        like: a frame, of which only the kind, and the session or connection, matters.

    Raises:
        MetricInputError: if ``like`` is no frame of a known kind.
        ImportError: if an engine's frame needs pyarrow, and it is not installed.
    """
    make = _MAKERS.get(type(like).__module__.partition(".")[0])
    if make is None:
        known = "be a frame of pandas, polars, pyarrow, DuckDB, PySpark, SQLFrame, Dask, Ibis or Narwhals"
        raise _checks.refuse("like", known, _checks.phrase(type(like).__name__))
    return make(columns, like)


def to_arrow(columns: Columns) -> Any:  # noqa: ANN401 - a pyarrow.Table
    """Make an Arrow table.

    Raises:
        ImportError: if pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - only who asks for Arrow needs it
    except ImportError as cause:
        raise ImportError("results become an Arrow table through pyarrow: python -m pip install pyarrow") from cause
    kinds = {**dict.fromkeys(_FIGURES, pa.float64()), **dict.fromkeys(_WHOLE, pa.int64())}
    text = pa.string()  # of labels where there is no group; those that there are tell their type themselves
    return pa.table(
        {name: pa.array(values, kinds.get(name, None if values else text)) for name, values in columns.items()}
    )


def _to_pyarrow(columns: Columns, _: object) -> Any:  # noqa: ANN401 - a pyarrow.Table
    return to_arrow(columns)


def _to_pandas(columns: Columns, _: object) -> Any:  # noqa: ANN401 - a pandas.DataFrame
    import pandas as pd  # noqa: PLC0415 - the caller has it, for the frame is one

    kinds = {**dict.fromkeys(_FIGURES, "float64"), **dict.fromkeys(_WHOLE, "Int64")}
    return pd.DataFrame(dict(columns)).astype({name: kind for name, kind in kinds.items() if name in columns})


def _to_polars(columns: Columns, like: object) -> Any:  # noqa: ANN401 - a polars frame
    import polars as pl  # noqa: PLC0415 - the caller has it, for the frame is one

    kinds = {**dict.fromkeys(_FIGURES, pl.Float64()), **dict.fromkeys(_WHOLE, pl.Int64())}
    schema = {name: kinds.get(name, None if values else pl.String()) for name, values in columns.items()}
    frame = pl.DataFrame(dict(columns), schema=schema)
    return frame.lazy() if isinstance(like, pl.LazyFrame) else frame


def _to_duckdb(columns: Columns, like: Any) -> Any:  # noqa: ANN401 - a DuckDB relation
    """Make a relation on the connection of another; DuckDB finds the Arrow table by the name of the variable."""
    abm_result = to_arrow(columns)  # noqa: F841 - see above
    return like.query("abm_like", "SELECT * FROM abm_result")


def _to_spark(columns: Columns, like: Any) -> Any:  # noqa: ANN401 - a PySpark frame, classic or Connect
    return like.sparkSession.createDataFrame(to_arrow(columns))


def _to_sqlframe(columns: Columns, like: Any) -> Any:  # noqa: ANN401 - a SQLFrame frame
    return like.session.createDataFrame(to_arrow(columns).to_pylist())


def _to_dask(columns: Columns, like: object) -> Any:  # noqa: ANN401 - a Dask frame
    import dask.dataframe as dd  # noqa: PLC0415 - the caller has it, for the frame is one

    return dd.from_pandas(_to_pandas(columns, like), npartitions=1)  # type: ignore[no-untyped-call]  # Dask has no types


def _to_ibis(columns: Columns, _: object) -> Any:  # noqa: ANN401 - an Ibis table
    import ibis  # noqa: PLC0415 - the caller has it, for the frame is one

    return ibis.memtable(to_arrow(columns))


def _to_narwhals(columns: Columns, like: Any) -> Any:  # noqa: ANN401 - a Narwhals frame
    import narwhals.stable.v2 as nw  # noqa: PLC0415 - the caller has it, for the frame is one

    return nw.from_native(to_frame(columns, like.to_native()))


_MAKERS: dict[str, Callable[[Columns, Any], Any]] = {
    "_duckdb": _to_duckdb,
    "dask": _to_dask,
    "duckdb": _to_duckdb,
    "ibis": _to_ibis,
    "narwhals": _to_narwhals,
    "pandas": _to_pandas,
    "polars": _to_polars,
    "pyarrow": _to_pyarrow,
    "pyspark": _to_spark,
    "sqlframe": _to_sqlframe,
}
