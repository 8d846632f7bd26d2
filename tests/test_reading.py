"""Columns of every library arrive exact, with what is missing, or are refused in words."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import array
import datetime as dt
import itertools
from decimal import Decimal
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError
from abmmetrics._reading import read_column

from .sheet import Log, Sheet

BIG = 2**60 + 1  # a float64 would make it 2**60
NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")


def told(column):
    """The values of a column as Python values, None where they are missing."""
    raw = read_column("x", column).decoded()
    gone = [False] * len(raw) if raw.missing is None else raw.missing.tolist()
    return [None if missing else value for value, missing in zip(raw.values.tolist(), gone, strict=True)]


def counts(column):
    return abm.Emails(account="A", delivered=column).delivered.tolist()


def amounts(column):
    return Sheet(account="A", amount=column).amount.tolist()


def labels(column):
    return abm.Emails(account=column).account.to_list()


def days(column, **options):
    read = Sheet.from_frame({"account": "A", "closed": column}, **options)
    return [None if np.isnat(day) else day.item().isoformat() for day in read.closed]


def arrow(values, kind):
    return pd.Series(pd.array(values, dtype=pd.ArrowDtype(kind)))


NULLABLE_INTEGERS = {
    "list": [BIG, None],
    "numpy object": np.array([BIG, None], dtype=object),
    "numpy masked": np.ma.array([BIG, 7], mask=[False, True]),
    "pandas Int64": pd.Series([BIG, None], dtype="Int64"),
    "pandas object": pd.Series([BIG, None], dtype=object),
    "pandas arrow": arrow([BIG, None], pa.int64()),
    "pandas array": pd.array([BIG, None], dtype="Int64"),
    "polars": pl.Series([BIG, None]),
    "polars Int128": pl.Series([BIG, None], dtype=pl.Int128),
    "pyarrow": pa.array([BIG, None]),
    "pyarrow chunks": pa.chunked_array([[BIG], [None]], type=pa.int64()),
    "pyarrow dictionary": pa.array([BIG, None]).dictionary_encode(),
}


@pytest.mark.parametrize("column", NULLABLE_INTEGERS.values(), ids=NULLABLE_INTEGERS)
def test_large_whole_numbers_beside_nulls_stay_exact(column):
    assert told(column) == [BIG, None]


@pytest.mark.parametrize("column", NULLABLE_INTEGERS.values(), ids=NULLABLE_INTEGERS)
def test_ids_beside_nulls_stay_exact_as_labels(column):
    emails = abm.Emails.from_frame({"account": column, "delivered": [1, 2]}, missing="drop")
    assert emails.account.to_list() == [BIG]
    assert emails.excluded == {"missing account": 1}


@pytest.mark.parametrize(
    "column",
    [
        [BIG, 2],
        (BIG, 2),
        np.array([BIG, 2]),
        np.array([BIG, 2], dtype=">i8"),
        pd.Series([BIG, 2]),
        pd.Index([BIG, 2]),
        pl.Series([BIG, 2]),
        pa.array([BIG, 2]),
        [np.int64(BIG), np.int64(2)],
        [np.int64(BIG), 2],
        array.array("q", [BIG, 2]),
        {BIG: 0, 2: 0}.keys(),
        pd.Series([BIG, 2]).astype("category"),
    ],
    ids=itertools.count(),
)
def test_large_ids_stay_exact(column):
    assert labels(column) == [BIG, 2]


def test_generators_are_read_once_from_the_start():
    assert counts(number for number in (3, 1, 2)) == [3, 1, 2]
    assert counts(range(3)) == [0, 1, 2]


TEXT = {
    "list": ["b", None],
    "nan in list": ["b", float("nan")],
    "pandas NA in list": ["b", pd.NA],
    "numpy object": np.array(["b", None], dtype=object),
    "numpy StringDType": np.array(["b", np.nan], dtype=np.dtypes.StringDType(na_object=np.nan)),
    "pandas str": pd.Series(["b", None], dtype="str"),
    "pandas string": pd.Series(["b", None], dtype="string"),
    "pandas object": pd.Series(["b", None], dtype=object),
    "pandas categorical": pd.Series(["b", None], dtype="category"),
    "pandas Categorical": pd.Categorical(["b", None]),
    "pandas arrow": arrow(["b", None], pa.string()),
    "pandas arrow dictionary": arrow(["b", None], pa.dictionary(pa.int32(), pa.string())),
    "polars": pl.Series(["b", None]),
    "polars Categorical": pl.Series(["b", None], dtype=pl.Categorical),
    "polars Enum": pl.Series(["b", None], dtype=pl.Enum(["a", "b"])),
    "pyarrow": pa.array(["b", None]),
    "pyarrow large_string": pa.array(["b", None], type=pa.large_string()),
    "pyarrow string_view": pa.array(["b", None], type=pa.string_view()),
    "pyarrow dictionary": pa.array(["b", None]).dictionary_encode(),
    "pyarrow null in dictionary": pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["b", None])),
    "pyarrow two dictionaries": pa.chunked_array(
        [pa.array(["b"]).dictionary_encode(), pa.array([None], type=pa.string()).dictionary_encode()]
    ),
}


@pytest.mark.parametrize("column", TEXT.values(), ids=TEXT)
def test_missing_text_is_missing_and_no_label(column):
    assert told(column) == ["b", None]
    emails = abm.Emails(account=["A", "B"], delivered=1)
    assert list(abm.estimate(lambda n: n, emails, columns=["delivered"], by=column)) == ["b"]


@pytest.mark.parametrize(
    "column",
    [
        np.array(["b", "a"]),
        np.array([b"b", b"a"]),
        np.array(["b", "a"], dtype=np.dtypes.StringDType()),
        [np.str_("b"), np.str_("a")],
        [StrEnum("Tier", {"B": "b"}).B, "a"],
        pl.Series(["b", "a"]),
    ],
    ids=["U", "S", "T", "numpy text", "enumeration", "polars"],
)
def test_text_of_any_kind_is_a_label(column):
    assert labels(column) == ["b", "a"]


def test_labels_that_end_in_nul_stay_apart():
    assert labels(["a", "a\0", "a"]) == ["a", "a\0", "a"]
    assert abm.Emails(account=["a", "a\0"], sent=1, delivered=1).rollup().account.to_list() == ["a", "a\0"]


BOOLEANS = {
    "list": [True, None, False],
    "pandas boolean": pd.Series([True, None, False], dtype="boolean"),
    "pandas object": pd.Series([True, None, False], dtype=object),
    "pandas arrow": arrow([True, None, False], pa.bool_()),
    "polars": pl.Series([True, None, False]),
    "pyarrow": pa.array([True, None, False]),
    "numpy masked": np.ma.array([True, True, False], mask=[False, True, False]),
}


@pytest.mark.parametrize("column", BOOLEANS.values(), ids=BOOLEANS)
def test_missing_booleans_are_neither_true_nor_false(column):
    assert told(column) == [True, None, False]
    with pytest.raises(MetricInputError) as refused:
        counts(column)
    assert str(refused.value) == "delivered must be whole numbers >= 0 in every row; got a missing value at row 1"


FLOATS = {
    "list": [1.5, None, float("nan")],
    "numpy": np.array([1.5, np.nan, np.nan]),
    "numpy masked": np.ma.array([1.5, 3.0, np.nan], mask=[False, True, False]),
    "pandas": pd.Series([1.5, None, np.nan]),
    "pandas arrow": pd.Series(pd.array(pa.array([1.5, None, float("nan")]), dtype=pd.ArrowDtype(pa.float64()))),
    "polars": pl.Series([1.5, None, float("nan")]),
    "pyarrow": pa.array([1.5, None, float("nan")]),
    "decimals": [Decimal("1.5"), None, Decimal("NaN")],
    "numpy numbers": [np.float32(1.5), None, np.float64("nan")],
}


@pytest.mark.parametrize("column", FLOATS.values(), ids=FLOATS)
def test_null_and_nan_are_both_missing(column):
    np.testing.assert_equal(amounts(column), [1.5, np.nan, np.nan])


DECIMALS = {
    "list": [Decimal("0.10"), None],
    "pandas object": pd.Series([Decimal("0.10"), None], dtype=object),
    "pandas arrow": arrow([Decimal("0.10"), None], pa.decimal128(10, 2)),
    "polars": pl.Series([Decimal("0.10"), None]),
    "pyarrow": pa.array([Decimal("0.10"), None]),
}


@pytest.mark.parametrize("column", DECIMALS.values(), ids=DECIMALS)
def test_decimals_become_the_nearest_float(column):
    np.testing.assert_equal(amounts(column), [0.1, np.nan])


@pytest.mark.parametrize(
    "column",
    [pl.Series([Decimal(3)]), [Decimal(3)], pa.array([Decimal(3)]), [3.0], [np.uint8(3)]],
    ids=["polars", "list", "pyarrow", "float", "numpy"],
)
def test_whole_decimals_and_floats_are_counts(column):
    assert counts(column) == [3]


def test_categories_of_numbers_and_dates_are_read_not_their_codes():
    assert counts(pd.Series([20, 10, 20]).astype("category")) == [20, 10, 20]
    np.testing.assert_equal(amounts(pd.Series([2.5, None, 1.5]).astype("category")), [2.5, np.nan, 1.5])
    moments = pd.Series(pd.to_datetime(["2026-03-02", None, "2026-03-01"])).astype("category")
    assert days(moments) == ["2026-03-02", None, "2026-03-01"]
    assert days(pd.Series(["2026-03-02", "2026-03-01"]).astype("category")) == ["2026-03-02", "2026-03-01"]


DATES = {
    "dates": [dt.date(2026, 3, 31), None],
    "datetimes": [dt.datetime(2026, 3, 31, 23, 59), None],
    "timestamps": [pd.Timestamp("2026-03-31 23:59"), pd.NaT],
    "ISO dates": ["2026-03-31", None],
    "ISO times": ["2026-03-31T23:59:59", ""],
    "ISO numpy": np.array(["2026-03-31", ""]),
    "mixture": [dt.date(2026, 3, 31), ""],
    "numpy D": np.array(["2026-03-31", "NaT"], dtype="datetime64[D]"),
    "numpy ns": np.array(["2026-03-31T23:59:59.999999999", "NaT"], dtype="datetime64[ns]"),
    "numpy list": [np.datetime64("2026-03-31"), np.datetime64("NaT")],
    "pandas": pd.Series(pd.to_datetime(["2026-03-31 23:59", None])),
    "pandas index": pd.to_datetime(["2026-03-31", None]),
    "pandas dates": pd.Series([dt.date(2026, 3, 31), None]),
    "pandas str": pd.Series(["2026-03-31", None]),
    "pandas arrow": arrow([dt.datetime(2026, 3, 31, 23), None], pa.timestamp("us")),
    "pandas arrow date": arrow([dt.date(2026, 3, 31), None], pa.date32()),
    "polars": pl.Series([dt.datetime(2026, 3, 31, 23, 59), None]),
    "polars date": pl.Series([dt.date(2026, 3, 31), None]),
    "pyarrow": pa.array([dt.datetime(2026, 3, 31, 23, 59), None]),
    "pyarrow date32": pa.array([dt.date(2026, 3, 31), None]),
    "pyarrow date64": pa.array([dt.date(2026, 3, 31), None], type=pa.date64()),
    "pyarrow seconds": pa.array([dt.datetime(2026, 3, 31, 23, 59), None], type=pa.timestamp("s")),
}


@pytest.mark.parametrize("column", DATES.values(), ids=DATES)
@pytest.mark.parametrize("options", [{}, {"tz": "America/New_York"}], ids=["no tz", "tz"])
def test_dates_without_a_zone_keep_their_day(column, options):
    assert days(column, **options) == ["2026-03-31", None]


def test_days_before_1970_are_rounded_down():
    assert days([dt.datetime(1969, 12, 31, 1)]) == ["1969-12-31"]


# Four o'clock in Berlin is the evening before in New York.
LATE = dt.datetime(2026, 4, 1, 4, tzinfo=BERLIN)
ZONED = {
    "datetimes": [LATE, None],
    "two zones": [LATE, LATE.astimezone(NEW_YORK)],
    "ISO text": ["2026-04-01T04:00:00+02:00", None],
    "ISO Z": ["2026-04-01T02:00:00Z", ""],
    "timestamps": [pd.Timestamp(LATE), pd.NaT],
    "pandas": pd.Series([pd.Timestamp(LATE), pd.NaT]),
    "pandas ns": pd.Series([pd.Timestamp(LATE), pd.NaT]).astype("datetime64[ns, Europe/Berlin]"),
    "pandas index": pd.DatetimeIndex([pd.Timestamp(LATE), pd.NaT]),
    "pandas arrow": arrow([LATE, None], pa.timestamp("us", tz="Europe/Berlin")),
    "pandas categorical": pd.Series([pd.Timestamp(LATE), pd.NaT]).astype("category"),
    "polars": pl.Series([LATE, None]),
    "pyarrow": pa.array([LATE, None], type=pa.timestamp("us", tz="Europe/Berlin")),
    "pyarrow ns": pa.chunked_array([pa.array([LATE, None], type=pa.timestamp("ns", tz="Europe/Berlin"))]),
}


@pytest.mark.parametrize("column", ZONED.values(), ids=ZONED)
def test_zoned_times_fall_on_the_day_of_the_zone_asked_for(column):
    assert days(column, tz="America/New_York")[0] == "2026-03-31"
    assert days(column, tz="Europe/Berlin")[0] == "2026-04-01"
    assert days(column, tz="UTC")[0] == "2026-04-01"


@pytest.mark.parametrize("column", ZONED.values(), ids=ZONED)
def test_zoned_times_without_a_zone_asked_for_are_refused(column):
    with pytest.raises(MetricInputError) as refused:
        days(column)
    zone = read_column("x", column).decoded().time_zone or "UTC"
    zone = {"ISO text": "UTC+02:00"}.get(next(name for name in ZONED if ZONED[name] is column), zone)
    assert str(refused.value) == (
        "closed must be dates without a time zone (or be read with from_frame(..., tz=) that says whose days count); "
        f"got times in {zone}"
    )


def test_clock_changes_are_followed():
    """New York left standard time on 2026-03-08 at 7:00 UTC: 4:30 UTC is 23:30 before, 0:30 after."""
    for day, before in ((8, "2026-03-07"), (9, "2026-03-09")):
        assert days([dt.datetime(2026, 3, day, 4, 30, tzinfo=dt.UTC)], tz="America/New_York") == [before]


@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)), min_size=1, max_size=8))
def test_zoned_times_agree_with_the_standard_library(moments):
    # Local mean times before the zones changed on seconds; since 1972 all changes fall on quarter hours.
    moments = [moment for moment in moments if moment.year > 1972] or [dt.datetime(2026, 1, 1)]
    moments = [moment.replace(tzinfo=dt.UTC) for moment in moments]
    read = Log.from_frame(
        {"day": moments, "at": moments, "cost": [1.0] * len(moments), "visits": [1] * len(moments)},
        tz="Australia/Lord_Howe",  # half an hour of daylight saving time
    )
    wall = [moment.astimezone(ZoneInfo("Australia/Lord_Howe")).replace(tzinfo=None) for moment in moments]
    assert read.at.tolist() == wall
    assert read.day.tolist() == [moment.date() for moment in wall]


def test_sentinel_dates_at_the_end_of_time_are_read_or_refused():
    end = dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    assert days([dt.datetime.max.replace(tzinfo=dt.UTC)], tz="America/New_York") == ["9999-12-31"]
    with pytest.raises(MetricInputError) as refused:
        days([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), end], tz="Asia/Tokyo")
    message = "closed must be dates between the years 1 and 9999; got 10000-01-01T04:59:59.999999"
    assert str(refused.value) == message


@pytest.mark.parametrize("tz", [None, "Europe/Berlin"])
@pytest.mark.parametrize(
    "column",
    [
        [dt.datetime(2026, 1, 1), LATE],
        ["2026-01-01T00:00", "2026-01-01T00:00Z"],
        [dt.date(2026, 1, 1), LATE],
        [dt.date(2026, 1, 1), None, "2026-01-01T00:00Z"],
    ],
    ids=itertools.count(),
)
def test_zoned_times_beside_unzoned_ones_are_refused(column, tz):
    with pytest.raises(MetricInputError) as refused:
        days(column, tz=tz)
    assert str(refused.value) == "closed must be dates that all have a time zone or all have none; got a mixture"


def test_dates_beside_times_and_text_are_read():
    assert days([dt.date(2026, 1, 1), dt.datetime(2026, 1, 2, 3), "2026-01-03", np.nan]) == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
        None,
    ]


@pytest.mark.parametrize("zone", ["Europe/Pariss", "", "../etc", 5, ZoneInfo("UTC")], ids=repr)
def test_unknown_zones_are_refused_even_where_no_time_needs_them(zone):
    with pytest.raises(MetricInputError) as refused:
        abm.Emails.from_frame({"account": ["A"]}, tz=zone)
    assert str(refused.value) == f"tz must name a time zone such as 'Europe/Paris'; got {zone!r}"


@pytest.mark.parametrize(
    ("text", "shown"), [("31/03/2026", "'31/03/2026'"), ("soon", "'soon'"), (5j, "5j")], ids=["day first", "word", "5j"]
)
def test_text_that_is_no_iso_date_is_refused(text, shown):
    with pytest.raises(MetricInputError) as refused:
        days(["2026-03-31", text])
    assert str(refused.value) == (
        f"closed must be dates (datetime64, date objects or ISO text such as 2026-03-31); got {shown} at row 1"
    )


def test_numbers_are_no_dates():
    with pytest.raises(MetricInputError) as refused:
        days([None, 20260331])
    assert str(refused.value) == "closed must be dates; got 20260331 at row 1"


NO_COLUMNS = {
    "set": {"A", "B"},
    "frozenset": frozenset("AB"),
    "dict": {"A": 1},
    "object": object(),
    "time": dt.time(1),
    "DataFrame": pd.DataFrame({"a": [1]}),
    "MultiIndex": pd.MultiIndex.from_tuples([(1, 2)]),
    "polars DataFrame": pl.DataFrame({"a": [1]}),
    "Table": pa.table({"a": [1]}),
}


@pytest.mark.parametrize("column", NO_COLUMNS.values(), ids=NO_COLUMNS)
def test_what_has_no_order_or_no_single_column_is_refused(column):
    with pytest.raises(MetricInputError) as refused:
        labels(column)
    assert str(refused.value) == f"account must be a column of values; got {type(column).__name__}"


@pytest.mark.parametrize(
    "column",
    [np.ones((2, 2)), np.ma.array([[1]], mask=[[True]]), pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2))],
    ids=["numpy", "masked", "polars"],
)
def test_more_dimensions_are_refused(column):
    with pytest.raises(MetricInputError, match=r"^delivered must be one-dimensional; got 2 dimensions$"):
        counts(column)


def test_more_dimensions_beside_nulls_are_refused():
    with pytest.raises(MetricInputError, match=r"^delivered must be one-dimensional; got 2 dimensions$"):
        counts(pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2)))


@pytest.mark.parametrize("masked", [False, True])
def test_structured_arrays_are_refused(masked):
    column = np.array([(1, 2.5)], dtype=[("a", "i8"), ("b", "f8")])
    column = np.ma.array(column) if masked else column
    with pytest.raises(MetricInputError) as refused:
        counts(column)
    assert str(refused.value) == "delivered must be whole numbers >= 0; got (1, 2.5) at row 0"
    with pytest.raises(MetricInputError) as refused:
        labels(column)
    assert str(refused.value) == "account must be text or whole numbers, one kind in a column; got (1, 2.5) at row 0"


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([[1, 2]], "[1, 2]"),
        ([np.array([1, 2])], "array([1, 2])"),
        (pl.Series([[1, 2]]), "[1, 2]"),
        (pa.array([[1, 2]]), "[1, 2]"),
        ([b"a"], "b'a'"),
        (pl.Series([dt.time(1)]), "datetime.time(1, 0)"),
        ([dt.timedelta(1)], "datetime.timedelta(days=1)"),
        (pd.Series([pd.Timedelta(days=1)]), "datetime.timedelta(days=1)"),
        ([np.timedelta64(1, "D"), 1], "datetime.timedelta(days=1)"),
        ([Decimal("1.5"), 1], "Decimal('1.5')"),
        ([IntEnum("Size", "S").S, 1], "<Size.S: 1>"),
        (pd.period_range("2026-01", periods=1, freq="M"), "Period('2026-01', 'M')"),
        ([np.longdouble(1), 2], "np.longdouble('1.0')"),
        (1.0, "1.0"),
        (np.array([2**63], dtype=np.uint64), None),
    ],
    ids=itertools.count(),
)
def test_what_is_neither_text_nor_whole_number_is_no_label(column, shown):
    with pytest.raises(MetricInputError) as refused:
        labels(column)
    if shown is None:
        assert str(refused.value) == "account must be whole numbers below 2**63; got 9223372036854775808 at row 0"
    else:
        assert str(refused.value) == (
            f"account must be text or whole numbers, one kind in a column; got {shown} at row 0"
        )


def test_arrow_types_that_arrow_cannot_convert_are_refused():
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    with pytest.raises(MetricInputError) as refused:
        labels(union)
    assert str(refused.value) == ("account must be text, numbers or dates; got sparse_union<0: int64=0, 1: string=1>")


def test_bytes_are_read_as_utf_8():
    assert labels(np.array(["Süd".encode()])) == ["Süd"]
    with pytest.raises(MetricInputError) as refused:
        labels(np.array(["Süd".encode("latin-1")]))
    assert str(refused.value) == r"account must be text in UTF-8; got b'S\xfcd'"


@pytest.mark.parametrize(
    "value",
    [3, 3.0, Decimal(3), np.int16(3), np.float64(3), np.array(3), pa.scalar(3)],
    ids=lambda value: type(value).__name__,
)
def test_one_value_stands_for_every_row(value):
    assert abm.Emails(account=["A", "B"], delivered=value).delivered.tolist() == [3, 3]


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-31",
        dt.date(2026, 3, 31),
        dt.datetime(2026, 3, 31, 9),
        np.datetime64("2026-03-31"),
        pd.Timestamp("2026-03-31"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_one_date_stands_for_every_row(value):
    assert days(value) == ["2026-03-31"]


@pytest.mark.parametrize("value", [None, pd.NA, pd.NaT, float("nan")], ids=str)
def test_one_missing_value_is_missing(value):
    assert told(value) == [None]


def test_run_lengths_are_unfolded():
    assert counts(pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([4, 5]))) == [4, 4, 5]


def test_a_column_of_nulls_is_missing_throughout():
    for column in ([None, None], pl.Series([None, None]), pa.nulls(2), pd.Series([None, None])):
        np.testing.assert_equal(amounts(column), [np.nan, np.nan])
        assert days(column) == [None, None]


values = st.lists(st.one_of(st.none(), st.integers(0, 2**62)), min_size=1, max_size=12)


@given(values)
def test_every_library_tells_the_same_whole_numbers(numbers):
    expected = told(numbers)
    assert expected == numbers
    assert told(pd.array(numbers, dtype="Int64")) == expected
    assert told(pl.Series(numbers, dtype=pl.Int64)) == expected
    assert told(pa.array(numbers, type=pa.int64())) == expected
    assert told(arrow(numbers, pa.int64())) == expected


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"))), max_size=12))
def test_every_library_tells_the_same_text(text):
    expected = told(text)
    assert expected == text
    assert told(pd.Series(text, dtype="str")) == expected
    assert told(pl.Series(text, dtype=pl.String)) == expected
    assert told(pa.array(text, type=pa.string_view())) == expected
    assert told(pd.Series(text, dtype="category")) == expected
