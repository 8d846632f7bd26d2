"""Writes the roll-up query as text, for warehouses that no frame reaches.

The text uses CASE, SUM and GROUP BY alone: no division, no decimal literals and no sum of
booleans, so that it means the same in every dialect. A group in which a value is missing,
negative or above its whole gets NULL, which reading the rows refuses: nothing goes missing
in the sum.
"""

from collections.abc import Mapping, Sequence

from abmmetrics import _checks

_QUOTES = {
    "ansi": ('"', '"'),
    "bigquery": ("`", "`"),
    "databricks": ("`", "`"),
    "duckdb": ('"', '"'),
    "mysql": ("`", "`"),
    "postgres": ('"', '"'),
    "redshift": ('"', '"'),
    "snowflake": ('"', '"'),
    "spark": ("`", "`"),
    "sqlite": ('"', '"'),
    "sqlserver": ("[", "]"),
}
DIALECTS = tuple(_QUOTES)


def quote(name: str, dialect: str) -> str:
    """Quote an identifier."""
    opening, closing = _QUOTES[dialect]
    return f"{opening}{name.replace(closing, closing * 2)}{closing}"


def rollup_query(
    source: str,
    keys: Mapping[str, str],
    values: Mapping[str, str],
    flags: Sequence[str],
    at_most: Sequence[tuple[str, str]],
    dialect: str,
) -> str:
    """Write the query.

    Args:
        source: name of the table or view.
        keys: name of the model's label column or segment to the source's column.
        values: name of the model's count or amount to the source's column.
        flags: names among ``values`` whose source column is boolean.
        at_most: pairs of values of which the first may not exceed the second.
        dialect: one of :data:`DIALECTS`.
    """
    _checks.as_option("dialect", dialect, DIALECTS)

    def column(name: str) -> str:
        return quote({**keys, **values}[name], dialect)

    def number(name: str) -> str:
        return f"CASE WHEN {column(name)} THEN 1 ELSE 0 END" if name in flags else column(name)

    selected = [f"  {column(name)} AS {quote(name, dialect)}" for name in keys]
    for name in values:
        wrong = [f"{column(name)} IS NULL"]
        if name not in flags:
            wrong.append(f"{column(name)} < 0")
        wrong += [f"{number(small)} > {number(large)}" for small, large in at_most if small == name and large in values]
        refused = f"SUM(CASE WHEN {' OR '.join(wrong)} THEN 1 ELSE 0 END)"
        selected.append(f"  CASE WHEN {refused} = 0 THEN SUM({number(name)}) END AS {quote(name, dialect)}")
    # A dot separates the parts of a qualified table name; in a column's name it is part of the name.
    table = ".".join(quote(part, dialect) for part in source.split("."))
    grouped = ", ".join(column(name) for name in keys)
    return "SELECT\n" + ",\n".join(selected) + f"\nFROM {table}\nGROUP BY {grouped}"
