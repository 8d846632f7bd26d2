"""The roll-up query as text: what comes out of a database is what comes out of the rows."""

import sqlite3
from typing import ClassVar

import attrs
import duckdb
import numpy as np
import pytest
from hypothesis import given

import abmmetrics as abm
from abmmetrics import Emails, Labels, MetricInputError, Table, columns, tables
from abmmetrics.columns import Amounts, Counts

from .registry import ENTRIES, _emails, frames


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Costs(Table):
    """A model with every kind of column that can be summed."""

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (("won", "asked"),)
    constants: ClassVar[tuple[str, ...]] = ("currency",)

    account: Labels = attrs.field(converter=columns.labels)
    kind: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    asked: Counts = attrs.field(converter=columns.counts)
    won: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    spent: Amounts = attrs.field(converter=columns.amounts)
    currency: str | None = attrs.field(default=None, converter=tables.constant)


def refusal(build, *arguments, **keywords):
    with pytest.raises(MetricInputError) as caught:
        build(*arguments, **keywords)
    return str(caught.value)


def in_sqlite(query, rows, name="events"):
    """Run a query on a table of these rows."""
    with_names = ", ".join('"' + column.replace('"', '""') + '"' for column in rows)
    connection = sqlite3.connect(":memory:")
    connection.execute(f'CREATE TABLE "{name}" ({with_names})')
    places = ", ".join("?" for _ in rows)
    connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', list(zip(*rows.values(), strict=True)))
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    fetched = found.fetchall()
    connection.close()
    return {column: [row[place] for row in fetched] for place, column in enumerate(names)}


def in_duckdb(query, rows, name="events"):
    import pandas as pd  # noqa: PLC0415 - an extra of this test alone

    connection = duckdb.connect()
    connection.register(name, pd.DataFrame(rows))
    return connection.sql(query)


ROWS = {
    "account": ["A", "A", "B", "B"],
    "asked": [2, 1, 4, 0],
    "won": [1, 1, 0, 0],
    "spent": [1.5, 0.0, 2.25, 3.0],
    "tier": ["x", "x", "y", "x"],
}


def cells(costs):
    return sorted(
        zip(
            costs.account,
            costs.segments["tier"],
            costs.asked.tolist(),
            costs.won.tolist(),
            costs.spent.tolist(),
            strict=True,
        )
    )


def test_the_query_is_what_one_would_write():
    query = Costs.rollup_sql(
        "sales.ad events",
        columns={"account": "AccountId", "won": 'the "won"', "currency": "Currency"},
        segments={"tier": "Tier"},
        flags=["won"],
    )
    assert (
        query
        == '''SELECT
  "account",
  "currency",
  "tier",
  CASE WHEN SUM(CASE WHEN "asked" IS NULL OR "asked" < 0 OR "asked" <> CAST("asked" AS BIGINT) THEN 1 ELSE 0 END) = 0 THEN SUM("asked") END AS "asked",
  CASE WHEN SUM(CASE WHEN "won" IS NULL OR "won" < 0 OR "won" > "asked" THEN 1 ELSE 0 END) = 0 THEN SUM("won") END AS "won",
  CASE WHEN SUM(CASE WHEN "spent" IS NULL OR "spent" < 0 THEN 1 ELSE 0 END) = 0 THEN SUM("spent") END AS "spent"
FROM (
  SELECT
    "AccountId" AS "account",
    "asked" AS "asked",
    CASE WHEN "the ""won""" THEN 1 WHEN NOT "the ""won""" THEN 0 END AS "won",
    "spent" AS "spent",
    "Currency" AS "currency",
    "Tier" AS "tier"
  FROM "sales"."ad events"
) AS "abm_rows"
GROUP BY "account", "currency", "tier"'''
    )


@pytest.mark.parametrize("run", [in_sqlite, in_duckdb])
def test_a_database_sums_what_the_rows_sum_to(run):
    query = Costs.rollup_sql("events", columns=["won"], segments=["tier"])
    found = Costs.from_frame(run(query, ROWS), segments=["tier"])
    assert cells(found) == cells(Costs.from_frame(ROWS, segments=["tier"]).rollup("tier"))
    assert cells(found) == [("A", "x", 3, 2, 1.5), ("B", "x", 0, 0, 3.0), ("B", "y", 4, 0, 2.25)]


@pytest.mark.parametrize("run", [in_sqlite, in_duckdb])
def test_columns_may_be_called_like_each_other(run):
    swapped = {
        "account": ROWS["tier"],
        "asked": ROWS["won"],
        "won": ROWS["asked"],
        "spent": ROWS["spent"],
        "tier": ROWS["account"],
    }
    columns = {"account": "tier", "asked": "won", "won": "asked"}
    query = Costs.rollup_sql("events", columns=columns, segments={"tier": "account"})
    found = Costs.from_frame(run(query, swapped), segments=["tier"])
    assert cells(found) == cells(Costs.from_frame(ROWS, segments=["tier"]).rollup("tier"))


@pytest.mark.parametrize("run", [in_sqlite, in_duckdb])
def test_flags_are_counted(run):
    flags = {"account": ["A", "A", "B"], "asked": [True, True, False], "won": [True, False, False], "spent": [0.0] * 3}
    query = Costs.rollup_sql("events", columns=["won"], flags=["asked", "won"])
    found = Costs.from_frame(run(query, flags))
    assert sorted(zip(found.account, found.asked.tolist(), found.won.tolist(), strict=True)) == [
        ("A", 2, 1),
        ("B", 0, 0),
    ]


@pytest.mark.parametrize("run", [in_sqlite, in_duckdb])
@pytest.mark.parametrize(
    ("column", "values", "flags"),
    [
        ("asked", [2, None, 4, 0], []),
        ("asked", [2, -1, 4, 0], []),
        ("asked", [2.0, 1.5, 3.5, 0.0], []),
        ("won", [1, 2, 0, 0], []),
        ("won", [True, None, False, False], ["won"]),
        ("spent", [1.5, -0.5, 2.25, 3.0], []),
        ("spent", [1.5, None, 2.25, 3.0], []),
    ],
)
def test_values_that_are_refused_leave_no_sum(run, column, values, flags):
    rows = {**ROWS, column: values}
    query = Costs.rollup_sql("events", columns=["won"], flags=flags)
    told = refusal(Costs.from_frame, run(query, rows))
    assert told.startswith(f"{column} must be ")
    assert "in every row; got a missing value" in told


def test_accounts_that_are_missing_are_refused_when_read():
    rows = {**ROWS, "account": ["A", None, "B", "B"]}
    query = Costs.rollup_sql("events")
    told = refusal(Costs.from_frame, in_sqlite(query, rows))
    assert told.startswith("account must be text or whole numbers in every row; got a missing value")


def test_no_rows_are_no_rows():
    none = {name: [] for name in ROWS}
    assert len(Costs.from_frame(in_sqlite(Costs.rollup_sql("events"), none))) == 0


email_entries = [entry for entry in ENTRIES if entry.models == [Emails]]


@given(frame=frames(_emails))
def test_every_kpi_of_mails_is_the_same(frame):
    counts = [name for name in frame if name not in {"account", "tier"}]
    query = Emails.rollup_sql("events", columns=counts, segments=["tier"], dialect="sqlite")
    found = Emails.from_frame(in_sqlite(query, frame), segments=["tier"])
    rows = Emails.from_frame(frame, segments=["tier"])
    for entry in email_entries:
        mine, theirs = entry.measure([found], by="tier"), entry.measure([rows], by="tier")
        assert mine.labels == theirs.labels
        np.testing.assert_allclose(mine.value, theirs.value, rtol=1e-12)
        np.testing.assert_allclose(mine.accounts, theirs.accounts, rtol=1e-12)


def test_every_model_that_can_be_summed_writes_its_query():
    for model in {model for entry in ENTRIES for model in entry.models}:
        if model.additive:
            counts = [
                name for name in attrs.fields_dict(model) if name not in {"account", "segments", "excluded", "remarks"}
            ]
            assert model.rollup_sql("events", columns=counts).startswith("SELECT\n")
        else:
            told = refusal(model.rollup_sql, "events")
            assert told == f"rollup_sql must be of a model whose rows can be summed; got {model.__name__}"


def test_spark_sums_what_the_rows_sum_to(spark):
    columns = ", ".join(ROWS)
    rows = ", ".join(map(repr, zip(*ROWS.values(), strict=True)))
    spark.sql(f"CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM VALUES {rows} AS ({columns})")
    query = Costs.rollup_sql("events", columns=["won"], segments=["tier"], dialect="spark")
    found = Costs.from_frame(spark.sql(query), segments=["tier"])
    assert cells(found) == cells(Costs.from_frame(ROWS, segments=["tier"]).rollup("tier"))


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        ("ansi", 'FROM "a"."b c"'),
        ("bigquery", "FROM `a`.`b c`"),
        ("databricks", "FROM `a`.`b c`"),
        ("duckdb", 'FROM "a"."b c"'),
        ("mysql", "FROM `a`.`b c`"),
        ("postgres", 'FROM "a"."b c"'),
        ("redshift", 'FROM "a"."b c"'),
        ("snowflake", 'FROM "a"."b c"'),
        ("spark", "FROM `a`.`b c`"),
        ("sqlite", 'FROM "a"."b c"'),
        ("sqlserver", "FROM [a].[b c]"),
    ],
)
def test_names_are_quoted_as_the_dialect_does(dialect, line):
    query = Emails.rollup_sql("a.b c", columns=["opened"], flags=["opened"], dialect=dialect)
    assert f"\n  {line}\n" in query


def test_what_quotes_is_doubled_in_names():
    assert "FROM [a]]b]" in Emails.rollup_sql("a]b", columns=["sent"], dialect="sqlserver")
    assert "FROM `a``b`" in Emails.rollup_sql("a`b", columns=["sent"], dialect="mysql")
    assert 'FROM "a""b"' in Emails.rollup_sql('a"b', columns=["sent"])


def test_dialects_differ_in_whole_numbers_and_flags():
    assert "CAST(`sent` AS SIGNED)" in Emails.rollup_sql("events", columns=["sent"], dialect="mysql")
    server = Emails.rollup_sql("events", columns=["sent"], flags=["sent"], dialect="sqlserver")
    assert "CASE WHEN [sent] = 1 THEN 1 WHEN [sent] = 0 THEN 0 END AS [sent]" in server


def test_templates_stay_as_they_are():
    assert "  FROM {{ ref('events') }}\n" in Emails.rollup_sql("{{ ref('events') }}", columns=["sent"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"dialect": "oracle"},
            "dialect must be one of ['ansi', 'bigquery', 'databricks', 'duckdb', 'mysql', 'postgres', 'redshift', 'snowflake', 'spark', 'sqlite', 'sqlserver']; got 'oracle'",
        ),
        (
            {"columns": ["opned"]},
            "Costs must have the column, one of ['account', 'kind', 'asked', 'won', 'spent', 'currency']; got 'opned'",
        ),
        ({"flags": ["won"]}, "flags must be among the counts ['asked']; got 'won'"),
        ({"flags": ["spent"]}, "flags must be among the counts ['asked']; got 'spent'"),
        (
            {"segments": {"asked": "tier"}},
            "segments must have names other than the columns ['account', 'kind', 'asked', 'won', 'spent', 'currency']; got 'asked'",
        ),
        (
            {"segments": ["currency"]},
            "segments must have names other than the columns ['account', 'kind', 'asked', 'won', 'spent', 'currency']; got 'currency'",
        ),
        ({"columns": {"asked": ""}}, "columns must be names that ansi can quote; got ''"),
        ({"columns": {"asked": 3}}, "columns must be names that ansi can quote; got 3"),
        ({"columns": {"asked": "a\0"}}, r"columns must be names that ansi can quote; got 'a\x00'"),
        ({"segments": ["a`b"], "dialect": "bigquery"}, "segments must be names that bigquery can quote; got 'a`b'"),
        (
            {"segments": ["a\\\\b"], "dialect": "bigquery"},
            "segments must be names that bigquery can quote; got 'a\\\\\\\\b'",
        ),
        ({"source": "a..b"}, "source must be names that ansi can quote; got ''"),
        ({"source": 3}, "source must be the name of a table; got 3"),
    ],
)
def test_what_cannot_be_written_is_refused(arguments, message):
    assert refusal(Costs.rollup_sql, **{"source": "events", **arguments}) == message


def test_something_must_be_summed():
    told = refusal(Emails.rollup_sql, "events")
    counts = [
        "sent",
        "delivered",
        "opened",
        "clicked",
        "machine_opened",
        "opened_or_clicked",
        "bounced",
        "unsubscribed",
        "replied",
        "complained",
    ]
    assert told == f"columns must name some of {counts}; got []"


def test_labels_of_the_model_are_kept():
    rows = {**ROWS, "kind": ["p", "q", "p", "p"]}
    found = Costs.from_frame(in_sqlite(Costs.rollup_sql("events", columns=["kind"]), rows))
    assert sorted(zip(found.account, found.kind, found.asked.tolist(), strict=True)) == [
        ("A", "p", 2),
        ("A", "q", 1),
        ("B", "p", 4),
    ]


def test_the_example_of_the_documentation_loads():
    rows = {"account": ["A", "A"], "delivered": [1, 1], "opened": [True, False]}
    query = Emails.rollup_sql("events", columns=["delivered", "opened"], flags=["opened"])
    assert float(abm.open_rate(Emails.from_frame(in_sqlite(query, rows)))) == 0.5
