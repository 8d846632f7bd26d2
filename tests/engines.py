"""The frames that tests/test_engines.py tries, each made of an Arrow table, and what must come out, in plain Python."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import ibis
import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pyarrow as pa

ORDERED = {"mapping", "pandas", "pyarrow", "polars", "polars-lazy", "narwhals"}  # a refused row has a number


def plain(table: pa.Table) -> pa.Table:
    """Give columns types that Spark has: no dictionaries, no unsigned numbers (20 digits where 64 bits are needed)."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        elif pa.types.is_unsigned_integer(kind):
            kind = pa.decimal128(20, 0) if kind == pa.uint64() else pa.int64()
        columns[name] = column.cast(kind)
    return pa.table(columns)


def to_dask(table: pa.Table) -> Any:
    import dask.dataframe as dd  # noqa: PLC0415 - slow to import

    frame = table.to_pandas(types_mapper=lambda kind: None if pa.types.is_dictionary(kind) else pd.ArrowDtype(kind))
    return dd.from_pandas(frame, npartitions=2, sort=False)


def to_mapping(table: pa.Table) -> dict[str, list[Any]]:
    return {name: table[name].to_pylist() for name in table.column_names}


MAKERS: dict[str, Callable[[pa.Table], Any]] = {
    "mapping": to_mapping,
    "pandas": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pyarrow": lambda table: table,
    "polars": pl.from_arrow,
    "polars-lazy": lambda table: pl.DataFrame(pl.from_arrow(table)).lazy(),
    "duckdb": lambda table: duckdb.connect().from_arrow(table),
    "dask": to_dask,
    "ibis": ibis.memtable,
    "narwhals": lambda table: nw.from_native(pl.DataFrame(pl.from_arrow(table))).lazy(),
}
ENGINES = [*MAKERS, "spark"]


def make(engine: str, table: pa.Table, request: Any) -> Any:
    """Make the engine's frame."""
    if engine == "spark":
        frame = request.getfixturevalue("spark").createDataFrame(plain(table))
        # Spark takes times without a zone for moments, unless it is told.
        walls = [name for name in table.column_names if table.schema.field(name).type == pa.timestamp("us")]
        return frame.withColumns({name: frame[name].cast("timestamp_ntz") for name in walls}) if walls else frame
    return MAKERS[engine](table)


def oracle(
    rows: list[dict[str, Any]],
    counts: list[str],
    amounts: list[str],
    segments: list[str],
    pairs: list[tuple[str, str]],
    missing: str,
) -> tuple[list[tuple[Any, ...]], int] | str:
    """Sum rows by account and segments: the labels and sums of each, and the number of rows left out.

    Where a row is refused, the column that it is refused for, in the order account, counts, amounts, segments, pairs.
    """
    labels = ["account", *segments]

    def lacks(value: Any) -> bool:
        return value is None or value == "" or (isinstance(value, float) and math.isnan(value))

    def wrong(name: str, value: Any) -> bool:
        if name in labels:
            return not isinstance(value, str | int) or (isinstance(value, int) and value >= 2**63)
        if not isinstance(value, int | float | Decimal) or (isinstance(value, bool) and name in amounts):
            return True
        return math.isinf(value) or value < 0 or (name in counts and (value != int(value) or value >= 2**63))

    columns = ["account", *counts, *amounts, *segments]
    given = len(rows)
    if missing == "drop":
        rows = [row for row in rows if not any(lacks(row[name]) for name in columns)]
    for name in columns:
        may_lack = name == "account" and missing == "separate"
        if any((lacks(row[name]) and not may_lack) for row in rows):
            return name
        if any(wrong(name, row[name]) for row in rows if not lacks(row[name])):
            return name
    for small, large in pairs:
        if any(row[small] > row[large] for row in rows):
            return small
    cells: dict[tuple[Any, ...], list[Fraction]] = {}
    for number, row in enumerate(rows):
        account = None if lacks(row["account"]) else row["account"]
        key = (account, *(row[name] for name in segments), number if account is None else -1)
        sums = cells.setdefault(key, [Fraction(0)] * (len(counts) + len(amounts)))
        cells[key] = [total + Fraction(row[name]) for total, name in zip(sums, counts + amounts, strict=True)]
    return [(*key[:-1], *map(float, sums)) for key, sums in cells.items()], given - len(rows)
