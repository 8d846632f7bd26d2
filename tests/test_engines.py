"""The same KPI on a list, on a data frame, in DuckDB and on Spark; and what each engine refuses."""

import datetime as dt
import functools
import importlib
import json
import os
import pkgutil
import shutil
import subprocess
import sys
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import Phase, find, settings

import abmmetrics
from abmmetrics import Labels, MetricInputError, Opportunities, Table, columns, tables
from abmmetrics.columns import Amounts, Counts

from .engines import ENGINES, ORDERED, make, oracle
from .registry import ENTRIES

# What Spark says about pandas and Python about Spark's sockets is not about this library.
pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
FIGURES = ("value", "low", "high", "numerator", "denominator", "accounts")
engines = pytest.mark.parametrize("engine", ENGINES)


def table_of(frame):
    """An Arrow table in which columns that happen to be without a value have a type nevertheless."""
    arrays = {name: pa.array(values) for name, values in frame.items()}
    days = ("created", "closed", "held", "left")
    kinds = {"amount": pa.float64(), "contact": pa.string(), **dict.fromkeys(days, pa.date32())}
    return pa.table(
        {name: array.cast(kinds[name]) if pa.types.is_null(array.type) else array for name, array in arrays.items()}
    )


@functools.cache
def sample(strategy):
    """Some frame of a strategy with several rows, the same in every run."""
    quick = settings(phases=[Phase.generate], derandomize=True, database=None, max_examples=10_000, deadline=None)
    return find(strategy, lambda frame: min(map(len, frame.values())) >= 5, settings=quick)


read_before = {}


def read(entry, place, engine, request):
    """Read one of the tables of a KPI on an engine; KPIs that share a table share its reading."""
    model, strategy = entry.frames[place]
    key = (model, id(strategy), engine)
    if key not in read_before:
        read_before[key] = entry.table(place, make(engine, table_of(sample(strategy)), request))
    return read_before[key]


@engines
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_kpi_is_the_same_on_every_engine(entry, engine, request):
    expected = entry.measure(entry.tables([sample(strategy) for _, strategy in entry.frames]), by="tier")
    found = entry.measure([read(entry, place, engine, request) for place in range(len(entry.frames))], by="tier")
    assert found.labels == expected.labels
    for name in FIGURES:
        if getattr(expected, name) is not None:
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12, err_msg=name)


def test_every_model_of_the_package_is_tried_on_the_engines():
    for module in pkgutil.iter_modules(abmmetrics.__path__):
        if module.name != "__main__":
            importlib.import_module(f"abmmetrics.{module.name}")
    ours = {model for model in Table.__subclasses__() if model.__module__.startswith("abmmetrics")}
    # What gives no Estimate (what becomes of events, histories, a model of purchases) has tests of its own.
    apart = {
        abmmetrics.CampaignCosts,
        abmmetrics.EmailEvents,
        abmmetrics.JourneyEvents,
        abmmetrics.PageEvents,
        abmmetrics.PurchaseHistory,
        abmmetrics.Purchases,
        abmmetrics.RevenueHistory,
        abmmetrics.Tenures,
        abmmetrics.Touches,
        abmmetrics.WebSessions,
    }
    assert ours - apart == {model for entry in ENTRIES for model in entry.models}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Costs(Table):
    """A model with every kind of column that can be summed."""

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (("won", "asked"),)
    constants: ClassVar[tuple[str, ...]] = ("currency",)

    account: Labels = attrs.field(converter=columns.labels)
    asked: Counts = attrs.field(converter=columns.counts)
    won: Counts = attrs.field(converter=columns.counts)
    spent: Amounts = attrs.field(converter=columns.amounts)
    currency: str | None = attrs.field(default=None, converter=tables.constant)


def edge(*, missing="refuse", **changed):
    """A table of four rows, in which some columns are changed; and how it is read."""
    given = {
        "account": ["A", "A", "B", "C"],
        "asked": [2, 1, 4, 1],
        "won": [1, 1, 0, 0],
        "spent": [1.5, 0.0, 2.25, 3.0],
        "tier": ["x", "y", "x", "x"],
        **changed,
    }
    return pa.table({name: pa.array(values) for name, values in given.items()}), missing


def arrow(values, kind):
    return pa.array(values, kind)


NAN = float("nan")
LARGE = 2**60
NO_ROWS = {
    name: arrow([], kind)
    for name, kind in [
        ("account", pa.string()),
        ("asked", pa.int64()),
        ("won", pa.bool_()),
        ("spent", pa.float64()),
        ("tier", pa.string()),
    ]
}
EDGES = {
    "plain": edge(),
    "no rows": edge(**NO_ROWS),
    "no rows and a wrong type": edge(**{**NO_ROWS, "asked": arrow([], pa.string())}),
    "one account": edge(account=["A"] * 4),
    "null account": edge(account=["A", None, None, "B"]),
    "null account, dropped": edge(account=["A", None, None, "B"], missing="drop"),
    "null accounts, kept apart": edge(account=["A", None, None, "B"], missing="separate"),
    "null and empty accounts, kept apart": edge(account=["A", None, "", ""], missing="separate"),
    "null segment with accounts kept apart": edge(
        account=["A", None, None, "B"], tier=["x", None, "x", "x"], missing="separate"
    ),
    "accounts all null": edge(account=arrow([None] * 4, pa.null())),
    "accounts all null, dropped": edge(account=arrow([None] * 4, pa.null()), missing="drop"),
    "empty account": edge(account=["A", "", "B", "C"]),
    "empty account, dropped": edge(account=["A", "", "B", "C"], missing="drop"),
    "null segment": edge(tier=["x", None, "x", "x"]),
    "null count": edge(asked=[2, None, 4, 1]),
    "null count, dropped": edge(asked=[2, None, 4, 1], missing="drop"),
    "null flags": edge(asked=[1] * 4, won=[True, None, False, None]),
    "null flags, dropped": edge(asked=[1] * 4, won=[True, None, False, None], missing="drop"),
    "group all null, dropped": edge(spent=[None, None, 2.25, 3.0], missing="drop"),
    "NaN amount": edge(spent=[1.5, NAN, 2.25, 3.0]),
    "NaN and null amounts, dropped": edge(spent=[1.5, NAN, None, 3.0], missing="drop"),
    "several missing in one row, dropped": edge(
        account=[None, "A", "B", "C"], spent=[NAN, 0.0, None, 3.0], missing="drop"
    ),
    "infinite amount": edge(spent=[1.5, 0.0, float("inf"), 3.0]),
    "negative amount": edge(spent=[1.5, 0.0, -0.25, 3.0]),
    "negative zero": edge(spent=[1.5, -0.0, 2.25, 3.0]),
    "whole amounts": edge(spent=[1, 0, 2, 3]),
    "negative whole amount": edge(spent=[1, 0, -2, 3]),
    "text for amounts": edge(spent=["1", "0", "2", "3"]),
    "booleans for amounts": edge(spent=[True] * 4),
    "negative count": edge(won=[1, 1, -3, 0]),
    "fractional count": edge(asked=[2.0, 1.0, 4.5, 1.0]),
    "float counts": edge(asked=[2.0, 1.0, 4.0, 1.0], won=arrow([1, 1, 0, 0], pa.float32())),
    "NaN count, dropped": edge(asked=[2.0, NAN, 4.0, 1.0], missing="drop"),
    "infinite count": edge(asked=[2.0, float("inf"), 4.0, 1.0]),
    "count beyond 64 bits": edge(asked=[2.0, 2.0**63, 4.0, 1.0]),
    "text for counts": edge(asked=["2", "1", "4", "1"]),
    "text for counts and a null": edge(asked=["2", None, "4", "1"]),
    "counts all null": edge(asked=arrow([None] * 4, pa.int64())),
    "counts of no type": edge(asked=arrow([None] * 4, pa.null())),
    "large counts": edge(asked=[LARGE, LARGE, 4, 1]),
    "counts whose sum passes 64 bits": edge(asked=[2**62, 2**62, 2**62, 2**62], account=["A", "B", "C", "D"]),
    "more won than asked": edge(won=[1, 2, 0, 0]),
    "more won than asked in one row, not in the sum": edge(account=["A"] * 4, tier=["x"] * 4, won=[0, 2, 0, 0]),
    "booleans above": edge(asked=[True, False, True, True], won=[True, True, False, False]),
    "decimals": edge(
        asked=arrow([Decimal(2), Decimal(1), Decimal(4), Decimal(1)], pa.decimal128(10, 2)),
        spent=arrow([Decimal("0.10"), Decimal("0.20"), Decimal("0.30"), Decimal("1.15")], pa.decimal128(12, 2)),
    ),
    "fractional decimal count": edge(
        asked=arrow([Decimal(2), Decimal("1.50"), Decimal(4), Decimal(1)], pa.decimal128(10, 2))
    ),
    "negative decimal": edge(spent=arrow([Decimal(2), Decimal("-1.50"), Decimal(4), Decimal(1)], pa.decimal128(10, 2))),
    "null decimal, dropped": edge(
        spent=arrow([Decimal(2), None, Decimal(4), Decimal(1)], pa.decimal128(10, 2)), missing="drop"
    ),
    "unsigned counts": edge(asked=arrow([200, 255, 4, 1], pa.uint8()), won=arrow([1, 1, 0, 0], pa.uint64())),
    "unsigned count beyond 63 bits": edge(asked=arrow([2, 2**63, 4, 1], pa.uint64())),
    "narrow counts whose sum is wide": edge(
        account=["A"] * 4, asked=arrow([127, 127, 127, 127], pa.int8()), tier=["x"] * 4
    ),
    "whole-number accounts": edge(account=[3, 3, -1, 0]),
    "accounts above 2^53": edge(account=[LARGE, LARGE + 1, LARGE + 1, LARGE]),
    "unsigned account beyond 63 bits": edge(account=arrow([2, 2**63, 4, 1], pa.uint64())),
    "boolean segment": edge(tier=[True, False, True, True]),
    "fractional accounts": edge(account=[1.5, 2.0, 3.0, 4.0]),
    "dates for segments": edge(tier=[dt.date(2026, 1, 1)] * 4),
    "labels beyond ASCII": edge(account=["Élan", "E\u0301lan", "東京", "Élan"], tier=["ß", "ss", "ß", "😀"]),
    "labels with NUL and blanks": edge(account=["a", "a\0", "a\0b", "a "]),
    "categories": edge(
        account=arrow(["A", "B", "B", "A"], pa.dictionary(pa.int32(), pa.string())),
        tier=arrow(["x", "y", "x", "x"], pa.dictionary(pa.int8(), pa.string())),
    ),
    "null category": edge(tier=arrow(["x", None, "x", "x"], pa.dictionary(pa.int8(), pa.string()))),
    "one row twice": edge(account=["A", "A", "A", "A"], tier=["x"] * 4, asked=[1] * 4, won=[1] * 4, spent=[0.25] * 4),
    "one currency": edge(currency=["EUR"] * 4),
    "two currencies": edge(currency=["EUR", "EUR", "USD", "EUR"]),
    "large counts in one currency": edge(asked=[LARGE, LARGE, 4, 1], currency=["EUR"] * 4),
    "null currency": edge(currency=["EUR", None, "EUR", "EUR"]),
}


# pandas makes moments of dates.
SHOWN_OTHERWISE = {"dates for segments"}


def rolled_up(table):
    """The labels and sums of each account and tier, in order."""
    sums = table.rollup("tier")
    rows = zip(
        sums.account, sums.segments["tier"], sums.asked.tolist(), sums.won.tolist(), sums.spent.tolist(), strict=True
    )
    return list(rows)


def in_order(rows):
    return sorted(rows, key=repr)


def message(build):
    with pytest.raises(MetricInputError) as caught:
        build()
    return str(caught.value)


# Spark has no unsigned numbers.
EDGES_OF_ENGINES = [
    (name, engine) for name in EDGES for engine in ENGINES if engine not in {"dask", "spark"} or "beyond 63" not in name
]


@pytest.mark.parametrize(("name", "engine"), EDGES_OF_ENGINES)
def test_edge_cases_are_summed_or_refused_as_plain_python_does(name, engine, request):
    table, missing = EDGES[name]
    frame = make(engine, table, request)

    def build():
        return Costs.from_frame(frame, segments=["tier"], missing=missing)

    currencies = table["currency"].to_pylist() if "currency" in table.column_names else ["EUR"]
    expected = oracle(table.to_pylist(), ["asked", "won"], ["spent"], ["tier"], [("won", "asked")], missing)
    if len(set(currencies)) > 1:
        expected = "currency"
    if isinstance(expected, str):
        ordinary = message(lambda: Costs.from_frame(table, segments=["tier"], missing=missing))
        assert ordinary.startswith(f"{expected} must ")
        told = message(build)
        if engine not in ORDERED:
            ordinary = ordinary.partition(" at row ")[0]
        if name in SHOWN_OTHERWISE:
            told, ordinary = told.partition("; got ")[0], ordinary.partition("; got ")[0]
        assert told == ordinary
        return
    found, excluded = build(), expected[1]
    cells = in_order(rolled_up(found))
    assert [row[:2] for row in cells] == [row[:2] for row in in_order(expected[0])]
    for mine, theirs in zip(cells, in_order(expected[0]), strict=True):
        np.testing.assert_allclose(mine[2:], theirs[2:], rtol=1e-12)
    assert sum(found.excluded.values()) == excluded
    assert dict(found.excluded) == dict(Costs.from_frame(table, segments=["tier"], missing=missing).excluded)


PARIS = ZoneInfo("Europe/Paris")
MOMENTS = [dt.datetime(2026, 3, 31, 21, 30, tzinfo=dt.UTC), None, dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC)]


def deals(**changed):
    return pa.table(
        {
            "account": pa.array([LARGE, LARGE + 1, LARGE]),
            "outcome": pa.array(["won", "open", "lost"]),
            "closed": pa.array([dt.date(2026, 4, 3), None, dt.date(2026, 4, 2)]),
            "amount": pa.array([Decimal("10.25"), None, Decimal(7)], pa.decimal128(12, 2)),
            "currency": pa.array(["EUR"] * 3),
            **changed,
        }
    )


def rows_of(table):
    return in_order(zip(table.account, table.created.tolist(), table.outcome, table.amount.tolist(), strict=True))


@engines
def test_rows_come_over_as_they_are(engine, request):
    created = [dt.datetime(2026, 3, 1, 23, 59), None, dt.datetime(2026, 3, 2)]
    found = Opportunities.from_frame(make(engine, deals(created=pa.array(created)), request))
    days = [None if moment is None else moment.date() for moment in created]
    expected = zip([LARGE, LARGE + 1, LARGE], days, ["won", "open", "lost"], [10.25, NAN, 7.0], strict=True)
    assert found.currency == "EUR"
    assert repr(rows_of(found)) == repr(in_order(expected))


@engines
@pytest.mark.parametrize("stored", ["UTC", "America/New_York"])
def test_days_are_those_of_the_zone_that_counts(engine, stored, request):
    frame = make(engine, deals(created=pa.array(MOMENTS, pa.timestamp("us", tz=stored))), request)
    found = Opportunities.from_frame(frame, tz="Europe/Paris")
    expected = [None if moment is None else moment.astimezone(PARIS).date() for moment in MOMENTS]
    assert in_order(found.created.tolist()) == in_order(expected)
    told = message(lambda: Opportunities.from_frame(frame))
    assert told.startswith(
        "created must be dates without a time zone (or be read with from_frame(..., tz=) that says whose days count); "
        "got times in "
    )


@engines
def test_rows_are_refused_with_their_number(engine, request):
    frame = make(engine, deals(outcome=pa.array(["won", "opne", "lost"])), request)
    told = message(lambda: Opportunities.from_frame(frame))
    assert told.startswith("outcome must be one of ['won', 'lost', 'open']; got 'opne' at row ")


@engines
def test_the_result_goes_back_in_the_same_kind_of_frame(engine, request):
    frame = make(engine, edge()[0], request)
    costs = Costs.from_frame(frame, segments=["tier"])
    found = abmmetrics.estimate(lambda won, asked: won / asked, costs, columns=["won", "asked"], by="tier")
    if engine == "mapping":
        assert found.to_dict()["tier"] == ["x", "y"]
        return
    back = found.to_frame(like=frame)
    assert type(back).__name__ == type(frame).__name__
    assert type(back).__module__.partition(".")[0] == type(frame).__module__.partition(".")[0]
    read = Costs.from_frame(back, account="tier", asked="accounts", won="rows", spent="value")
    assert in_order(zip(read.account, read.spent.tolist(), strict=True)) == [("x", 1 / 7), ("y", 1.0)]


def test_partitions_of_spark_may_be_empty_or_of_one_account(spark):
    table = edge()[0]
    frame = spark.createDataFrame(table).repartition(7, "account")
    partitions = [{row["account"] for row in part} for part in frame.rdd.glom().toLocalIterator()]
    assert len(partitions) == 7
    assert {0, 1} <= set(map(len, partitions))
    found = Costs.from_frame(frame, segments=["tier"])
    assert in_order(rolled_up(found)) == in_order(rolled_up(Costs.from_frame(table, segments=["tier"])))


CONNECT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pyarrow as pa
import abmmetrics as abm
from pyspark.sql import SparkSession
settings = {"spark.sql.shuffle.partitions": "4", "spark.ui.enabled": "false"}
builder = SparkSession.builder.remote("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
session = builder.getOrCreate()
rows = {"account": ["A", "A", "B", None], "delivered": [2, 2, 4, 1], "opened": [1, 2, 0, 1]}
frame = session.createDataFrame(pa.table(rows))
emails = abm.Emails.from_frame(frame, missing="drop")
rate = abm.open_rate(emails)
try:
    abm.Emails.from_frame(frame)
except abm.MetricInputError as refusal:
    told = str(refusal)
back = rate.to_frame(like=frame)
print(json.dumps({
    "module": type(frame).__module__, "rate": float(rate), "low": rate.low.tolist(), "excluded": dict(emails.excluded),
    "told": told, "back": type(back).__module__, "value": back.toArrow()["value"].to_pylist(),
}))
session.stop()
"""


def test_spark_connect_gives_the_same():
    pytest.importorskip("pyspark.sql.connect.session", reason="PySpark Connect is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java for Spark: put java on the path or set JAVA_HOME")
    # A process of its own: one process has either classic sessions or those of Connect.
    done = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    rows = {"account": ["A", "A", "B"], "delivered": [2, 2, 4], "opened": [1, 2, 0]}
    expected = abmmetrics.open_rate(abmmetrics.Emails.from_frame(rows))
    assert found["module"] == found["back"] == "pyspark.sql.connect.dataframe"
    assert found["rate"] == pytest.approx(float(expected), rel=1e-12)
    assert found["low"] == pytest.approx(expected.low.tolist(), rel=1e-12)
    assert found["value"] == [found["rate"]]
    assert found["excluded"] == {"missing account": 1}
    assert found["told"] == "account must be text or whole numbers in every row; got a missing value"


def test_a_part_above_its_whole_is_refused_beside_a_constant():
    rows = {"account": ["A"], "asked": [1], "won": [2], "spent": [1.0], "currency": ["EUR"]}
    with pytest.raises(MetricInputError, match=r"^won must be at most asked; got 2 with asked=1 at row 0$"):
        Costs.from_frame(pl.LazyFrame(rows))
