"""What is said where a frame cannot be read, and that nothing but portable expressions are used."""

import ast
import sys
from pathlib import Path

import duckdb
import narwhals
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import abmmetrics as abm
from abmmetrics import Emails, MetricInputError, Opportunities, frames
from abmmetrics._to_frame import to_arrow, to_frame

ROWS = {"account": ["A", "A", "B"], "delivered": [2, 1, 4], "opened": [True, False, True], "tier": ["x", "x", "y"]}


def refusal(build, *arguments, **keywords):
    with pytest.raises(MetricInputError) as caught:
        build(*arguments, **keywords)
    return caught.value


def relation(rows=ROWS):
    return duckdb.connect().from_arrow(pa.table(rows))


LAZY = {
    "polars": lambda: pl.LazyFrame(ROWS),
    "duckdb": relation,
    "narwhals": lambda: nw.from_native(pl.LazyFrame(ROWS)),
}
lazy = pytest.mark.parametrize("make", LAZY.values(), ids=LAZY)


@lazy
def test_columns_that_are_not_there_are_told_with_close_ones(make):
    told = refusal(Emails.from_frame, make(), delivered="delivred")
    assert str(told) == "delivered must name a column of the frame; got 'delivred' (close matches: ['delivered'])"
    told = refusal(Emails.from_frame, make(), segments=["team"])
    columns = "['account', 'delivered', 'opened', 'tier']"
    assert str(told) == f"team must name a column of the frame; got 'team' (columns: {columns})"


@lazy
def test_columns_that_the_model_does_not_have_are_told(make):
    told = refusal(abm.TargetAccounts.from_frame, make(), acount="account")
    assert str(told) == "TargetAccounts must have the column, one of ['account']; got 'acount'"


@lazy
def test_needed_columns_are_asked_for(make):
    told = refusal(Opportunities.from_frame, make())
    assert str(told).startswith("Opportunities.from_frame must be told the column for ")


def test_an_extra_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    monkeypatch.setitem(sys.modules, "narwhals.stable.v2", None)
    told = refusal(Emails.from_frame, pl.LazyFrame(ROWS))
    assert str(told) == (
        "frame must be a mapping of columns or a pandas, polars or pyarrow frame unless the extra is installed "
        '(python -m pip install "abmmetrics[frames]"); got LazyFrame'
    )
    assert isinstance(told.__cause__, ImportError)


def test_eager_polars_needs_no_extra(monkeypatch):
    assert len(Emails.from_frame(pl.DataFrame(ROWS))) == 2
    monkeypatch.setitem(sys.modules, "narwhals", None)
    assert len(Emails.from_frame(pl.DataFrame(ROWS))) == 3


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table], ids=["pandas", "pyarrow"])
@pytest.mark.parametrize("wrap", [narwhals.from_native, nw.from_native], ids=["main", "stable"])
def test_wrapped_frames_that_compute_nowhere_keep_their_rows(make, wrap):
    assert Emails.from_frame(wrap(make(ROWS))).delivered.tolist() == [2, 1, 4]


def test_rows_of_eager_polars_frames_that_are_not_summed_need_no_engine():
    assert len(abm.TargetAccounts.from_frame(pl.DataFrame({"account": ["A", "B"]}))) == 2


def fails(_):
    raise OSError("the disk is gone\nfor good")


def test_the_message_of_an_engine_that_fails_is_kept(tmp_path):
    broken = pl.LazyFrame(ROWS).with_columns(pl.col("delivered").map_batches(fails, return_dtype=pl.Int64))
    told = refusal(Emails.from_frame, broken)
    assert str(told).startswith("frame must run in its engine; got ")
    assert "the disk is gone" in str(told.__cause__)
    assert "\n" not in str(told)
    told = refusal(Emails.from_frame, pl.scan_parquet(tmp_path / "nowhere.parquet"))
    assert str(told).startswith("frame must run in its engine; got FileNotFoundError: ")
    assert isinstance(told.__cause__, FileNotFoundError)


def test_the_message_of_duckdb_is_kept():
    rows = duckdb.connect().sql("SELECT 'A' AS account, error('no such luck')::INTEGER AS delivered")
    told = refusal(Emails.from_frame, rows)
    assert str(told) == "frame must run in its engine; got InvalidInputException: Invalid Input Error: no such luck"
    told = refusal(Opportunities.from_frame, rows, outcome="delivered")
    assert isinstance(told.__cause__, duckdb.InvalidInputException)


def test_names_may_be_those_of_arguments():
    rows = pl.LazyFrame({**ROWS, "self": ["m", "m", "n"], "exprs": [1, 1, 2]})
    emails = Emails.from_frame(rows, segments=["self", "exprs"])
    assert sorted(zip(emails.segments["self"], emails.segments["exprs"], strict=True)) == [("m", 1), ("n", 2)]


def test_one_column_may_be_read_twice():
    emails = Emails.from_frame(relation(), segments={"tier": "account"}, sent="delivered")
    assert sorted(zip(emails.segments["tier"], emails.sent.tolist(), strict=True)) == [("A", 3), ("B", 4)]


def test_sums_of_duckdb_come_over_as_whole_numbers():
    """Its sums have 128 bits, which Arrow has no whole numbers for."""
    ids = "1152921504606846976::HUGEINT + i"
    sums = duckdb.connect().sql(f"SELECT {ids} AS account, sum(i) AS delivered FROM range(3) AS _(i) GROUP BY i")
    emails = Emails.from_frame(sums)
    assert sorted(zip(emails.account, emails.delivered.tolist(), strict=True)) == [
        (2**60, 0),
        (2**60 + 1, 1),
        (2**60 + 2, 2),
    ]
    assert sorted(abm.TargetAccounts.from_frame(sums).account) == [2**60, 2**60 + 1, 2**60 + 2]


@pytest.mark.parametrize(
    ("account", "delivered", "message"),
    [
        (
            "'A'",
            "(2::HUGEINT ** 63)::HUGEINT",
            "delivered must be below 2**63; got Decimal('9223372036854775808')",
        ),
        ("'A'", "(-1)::HUGEINT", "delivered must be whole numbers >= 0; got Decimal('-1')"),
    ],
)
def test_numbers_of_128_bits_are_refused_like_others(account, delivered, message):
    told = refusal(Emails.from_frame, duckdb.connect().sql(f"SELECT {account} AS account, {delivered} AS delivered"))
    assert str(told) == message


def test_uuids_of_duckdb_are_text():
    sql = "SELECT '6b1f4b6e-0000-4000-8000-000000000001'::UUID AS account, 2 AS delivered FROM range(2)"
    emails = Emails.from_frame(duckdb.connect().sql(sql))
    assert emails.account.to_list() == ["6b1f4b6e-0000-4000-8000-000000000001"]
    assert emails.delivered.tolist() == [4]


def test_enumerations_of_polars_are_text():
    rows = pl.LazyFrame({**ROWS, "tier": pl.Series(["x", "x", "y"], dtype=pl.Enum(["z", "y", "x"]))})
    assert sorted(Emails.from_frame(rows, segments=["tier"]).segments["tier"]) == ["x", "y"]


def test_large_counts_of_one_account_are_summed_without_overflow():
    large = pl.LazyFrame({"account": ["A", "A", "B"], "delivered": [2**61, 2**61, 1]})
    emails = Emails.from_frame(large)
    assert sorted(zip(emails.account, emails.delivered.tolist(), strict=True)) == [("A", 2**62), ("B", 1)]
    beyond = pl.LazyFrame({"account": ["A"] * 4, "delivered": [2**62] * 4})
    told = refusal(Emails.from_frame, beyond)
    assert str(told) == "delivered must sum to less than 2**63 in each account; got 1.8446744073709552e+19"


NARWHALS = {"col", "concat", "from_native", "len", "lit", "when"}
EXPRESSIONS = {
    "alias",
    "cast",
    "fill_null",
    "floor",
    "is_finite",
    "is_nan",
    "is_null",
    "max",
    "otherwise",
    "sum",
    "then",
}
FRAMES = {
    "collect",
    "collect_schema",
    "drop",
    "filter",
    "group_by",
    "head",
    "lazy",
    "select",
    "to_native",
    "with_columns",
}


def is_plain_sum_or_length(node):
    """Tell whether an aggregation is `nw.col(...).sum()`, `nw.col(...).max()` or `nw.len()`, under whatever name."""
    text = ast.unparse(node)
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.GeneratorExp):
        return is_plain_sum_or_length(node.value.elt)
    return text in {"nw.col(name).sum()", "nw.col(_BAD).max()"} or text.startswith("nw.len().alias(")


def test_only_portable_expressions_are_used():
    """What else Narwhals offers is refused by some engines, and wrong in silence on some."""
    tree = ast.parse(Path(frames.__file__).read_text(encoding="utf-8"))
    known = {*dir(nw.Expr), *dir(nw.LazyFrame), "agg"} - {*dir(dict), *dir(str), *dir(list), "len"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    used = {call.func.attr for call in calls if call.func.attr in known}
    assert used <= EXPRESSIONS | FRAMES | {"agg", "with_row_index"}  # the last of polars itself
    module = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "nw"
    }
    types = {name for name in module if isinstance(getattr(nw, name), type) and name != "Expr"}
    assert {name for name in types if not issubclass(getattr(nw, name), nw.dtypes.DType)} == set()
    assert module - types <= NARWHALS | {"Expr"}
    aggregations = [argument for call in calls if call.func.attr == "agg" for argument in [*call.args, *call.keywords]]
    assert aggregations
    assert [ast.unparse(node) for node in aggregations if not is_plain_sum_or_length(node)] == []


def estimate():
    return abm.open_rate(Emails(account=["A", "B", "C"], delivered=[4, 0, 2], opened=[1, 0, 2]), by="account")


def test_columns_of_results_have_types_that_do_not_depend_on_values():
    table = pa.table(estimate())
    assert table.schema.field("account").type == pa.string()
    assert {table.schema.field(name).type for name in ("value", "low", "high", "numerator", "confidence")} == {
        pa.float64()
    }
    assert {table.schema.field(name).type for name in ("accounts", "rows")} == {pa.int64()}
    none = abm.open_rate(Emails(account=[], delivered=[], opened=[]), by="account")
    assert pa.table(none).schema == table.schema
    assert (
        pl.DataFrame(none.to_frame(pl.DataFrame())).schema == pl.DataFrame(estimate().to_frame(pl.DataFrame())).schema
    )
    withheld = {**estimate().to_dict(), "value": [None] * 3, "rows": [None] * 3}
    assert to_arrow(withheld).schema == table.schema
    assert to_frame(withheld, pd.DataFrame()).dtypes[["value", "rows"]].tolist() == [
        np.dtype("float64"),
        pd.Int64Dtype(),
    ]
    assert to_frame(withheld, pl.DataFrame())["value"].to_list() == [None] * 3


def test_results_are_read_by_whatever_reads_arrow():
    found = estimate()
    assert pl.DataFrame(found)["value"].to_list()[::2] == [0.25, 1.0]
    assert duckdb.connect().sql("SELECT accounts FROM found WHERE account = 'C'").fetchall() == [(1,)]


def test_results_become_relations_of_the_same_connection():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE tiers AS SELECT 'A' AS account, 'x' AS tier")
    back = estimate().to_frame(like=connection.table("tiers")).set_alias("rates")
    assert back.join(connection.table("tiers"), "account").project("tier, value").fetchall() == [("x", 0.25)]


def test_results_become_lazy_or_eager_as_the_frame_is():
    assert isinstance(estimate().to_frame(like=pl.LazyFrame()), pl.LazyFrame)
    assert isinstance(estimate().to_frame(like=pl.DataFrame()), pl.DataFrame)
    assert isinstance(estimate().to_frame(like=nw.from_native(pd.DataFrame({"a": [1]}))), nw.DataFrame)


class Session:
    def createDataFrame(self, rows):  # noqa: N802 - the name that Spark gave it
        return rows


class FrameOfSQLFrame:
    session = Session()


def test_results_go_to_the_session_of_sqlframe(monkeypatch):
    monkeypatch.setattr(FrameOfSQLFrame, "__module__", "sqlframe.duckdb.dataframe")
    rows = estimate().to_frame(like=FrameOfSQLFrame())
    assert [(row["account"], row["value"]) for row in rows][::2] == [("A", 0.25), ("C", 1.0)]


@pytest.mark.parametrize("like", [3, None, {"a": [1]}, np.zeros(3)], ids=["int", "None", "dict", "numpy"])
def test_what_is_no_frame_gets_no_results(like):
    assert str(refusal(estimate().to_frame, like)) == (
        "like must be a frame of pandas, polars, pyarrow, DuckDB, PySpark, SQLFrame, Dask, Ibis or Narwhals; "
        f"got {type(like).__name__}"
    )


def test_arrow_asks_for_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError) as caught:
        estimate().__arrow_c_stream__()
    assert str(caught.value) == "results become an Arrow table through pyarrow: python -m pip install pyarrow"
