"""Writes the roll-up query as text, for warehouses that no frame reaches.

The text uses CASE, SUM, CAST to whole numbers and GROUP BY alone: no division, no decimal
literals and no sum of booleans, so that it means the same in every dialect. Where a group
has a value that is missing, negative, no whole number or above its whole, the sum is NULL,
which reading the rows refuses: nothing goes missing in a sum.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from abmmetrics import _checks, _from_frame
from abmmetrics._from_frame import Model
from abmmetrics.columns import COUNTS, SIGNED, SUMMED

_QUOTES = {
    "ansi": '""',
    "bigquery": "``",
    "databricks": "``",
    "duckdb": '""',
    "mysql": "``",
    "postgres": '""',
    "redshift": '""',
    "snowflake": '""',
    "spark": "``",
    "sqlite": '""',
    "sqlserver": "[]",
}
_WHOLE_NUMBER = {"mysql": "SIGNED"}
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")


def rollup_query(  # noqa: PLR0917 - those of Table.rollup_sql, in their order
    source: str,
    model: Model,
    columns: Mapping[str, str] | Sequence[str],
    segments: Sequence[str] | Mapping[str, str],
    flags: Sequence[str],
    dialect: str,
) -> str:
    """Write the query; the arguments are those of :meth:`Table.rollup_sql`."""
    _checks.as_option("dialect", dialect, tuple(_QUOTES))
    read = _sources(model, columns)
    values = [name for name in read if model.kinds.get(name) in SUMMED]
    if not values:
        summed = [name for name in model.kinds if model.kinds[name] in SUMMED]
        raise _checks.refuse("columns", f"name some of {summed}", list(columns))
    counts = [name for name in values if model.kinds[name] in COUNTS]
    for name in flags:
        if name not in counts:
            raise _checks.refuse("flags", f"be among the counts {counts}", name)
    grouped = _from_frame.named_segments(segments)
    reserved = [*model.kinds, *model.constants]
    for name in grouped:
        if name in reserved:
            raise _checks.refuse("segments", f"have names other than the columns {reserved}", name)
    read = {**read, **grouped}
    keys = [_quote("segments", name, dialect) for name in read if name not in values]
    inner = [_read(name, column, dialect, flag=name in flags) for name, column in read.items()]
    sums: list[str] = []
    for name in values:
        column = _quote("columns", name, dialect)
        wrong = [f"{column} IS NULL", *([] if model.kinds[name] in SIGNED else [f"{column} < 0"])]
        if name in counts and name not in flags:
            wrong.append(f"{column} <> CAST({column} AS {_WHOLE_NUMBER.get(dialect, 'BIGINT')})")
        wholes = [large for small, large in model.at_most if small == name and large in values]
        wrong += [f"{column} > {_quote('columns', large, dialect)}" for large in wholes]
        refused = f"SUM(CASE WHEN {' OR '.join(wrong)} THEN 1 ELSE 0 END)"
        sums.append(f"CASE WHEN {refused} = 0 THEN SUM({column}) END AS {column}")
    return "\n".join(
        [
            "SELECT",
            ",\n".join(f"  {text}" for text in (*keys, *sums)),
            "FROM (",
            "  SELECT",
            ",\n".join(f"    {text}" for text in inner),
            f"  FROM {_quote_source(source, dialect)}",
            f") AS {_quote('source', 'abm_rows', dialect)}",
            f"GROUP BY {', '.join(keys)}",
        ]
    )


def _sources(model: Model, columns: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """Say which column of the source each column of the model is read from."""
    named = dict(columns) if isinstance(columns, Mapping) else {name: name for name in columns}
    for name in named:
        if name not in model.kinds and name not in model.constants:
            raise _checks.refuse(model.name, f"have the column, one of {[*model.kinds, *model.constants]}", name)
    needed = {model.unit, *model.required}
    return {name: named.get(name, name) for name in (*model.kinds, *model.constants) if name in needed or name in named}


def _read(name: str, column: str, dialect: str, *, flag: bool) -> str:
    """Write how a column is read: a flag as 1 or 0, or NULL where it is neither."""
    text = _quote("columns", column, dialect)
    if flag:
        true, false = (f"{text} = 1", f"{text} = 0") if dialect == "sqlserver" else (text, f"NOT {text}")
        text = f"CASE WHEN {true} THEN 1 WHEN {false} THEN 0 END"
    return f"{text} AS {_quote('columns', name, dialect)}"


def _quote(argument: str, name: Any, dialect: str) -> str:  # noqa: ANN401 - whatever the caller gave
    """Quote an identifier."""
    # BigQuery reads a backslash in a quoted name as an escape, and has no other way to write a backtick.
    forbidden = {"\0", "`", "\\"} if dialect == "bigquery" else {"\0"}
    if not isinstance(name, str) or not name or forbidden & set(name):
        raise _checks.refuse(argument, f"be names that {dialect} can quote", cast("object", name))
    opening, closing = _QUOTES[dialect][0], _QUOTES[dialect][-1]
    return f"{opening}{name.replace(closing, closing * 2)}{closing}"


def _quote_source(source: Any, dialect: str) -> str:  # noqa: ANN401 - whatever the caller gave
    """Quote the parts of a qualified table name; a template such as ``{{ ref('events') }}`` stays as it is."""
    if not isinstance(source, str):
        raise _checks.refuse("source", "be the name of a table", cast("object", source))
    if _TEMPLATE.fullmatch(source):
        return source
    return ".".join(_quote("source", part, dialect) for part in source.split("."))
