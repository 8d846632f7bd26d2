"""Refusals say in one sentence what must hold, what came and where; nothing wrong passes."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, _checks
from abmmetrics._reading import read_column

from .sheet import Costs, Log, Sheet

WHOLE = "delivered must be whole numbers >= 0; got {}"


def refusal(build, *arguments, **keywords):
    with pytest.raises(MetricInputError) as refused:
        build(*arguments, **keywords)
    return str(refused.value)


def counts(column):
    return abm.Emails(account="A", delivered=column).delivered


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, -3], WHOLE.format("-3 at row 1")),
        (np.array([1, -3], dtype=np.int8), WHOLE.format("-3 at row 1")),
        ([1, -3.0], WHOLE.format("-3.0 at row 1")),
        ([0.5, 1], WHOLE.format("0.5 at row 0")),
        ([1.0, 2.5], WHOLE.format("2.5 at row 1")),
        ([Decimal(1), Decimal("2.5")], WHOLE.format("Decimal('2.5') at row 1")),
        ([1, math.inf], WHOLE.format("inf at row 1")),
        ([1, 2**63], "delivered must be below 2**63; got 9223372036854775808 at row 1"),
        ([1, float(2**63)], "delivered must be below 2**63; got 9.223372036854776e+18 at row 1"),
        ([1, Decimal("Infinity")], "delivered must be below 2**63; got Decimal('Infinity') at row 1"),
        ([2**60 + 1, 0.5], WHOLE.format("0.5 at row 1")),
        ([2**60 + 1, -1.0], WHOLE.format("-1.0 at row 1")),
        ([2**60 + 1, math.inf], WHOLE.format("inf at row 1")),
        (np.array([1, 2**63], dtype=np.uint64), "delivered must be below 2**63; got 9223372036854775808 at row 1"),
        ([1, 10**400, 2], f"delivered must be below 2**63; got {10**400} at row 1"),
        (["1", "2"], WHOLE.format("'1' at row 0")),
        (np.array(["1", "2"]), WHOLE.format("'1' at row 0")),
        ([1, "2"], WHOLE.format("'2' at row 1")),
        ([1, True], WHOLE.format("True at row 1")),
        ([1, 2j], WHOLE.format("2j at row 1")),
        (np.array([1, 2j]), WHOLE.format("(1+0j) at row 0")),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), WHOLE.format("datetime.date(2026, 1, 1) at row 0")),
        ([1, None], "delivered must be whole numbers >= 0 in every row; got a missing value at row 1"),
        ([1, math.nan], "delivered must be whole numbers >= 0 in every row; got a missing value at row 1"),
        ([math.nan, 1.5], "delivered must be whole numbers >= 0 in every row; got a missing value at row 0"),
        (["", "1"], "delivered must be whole numbers >= 0 in every row; got a missing value at row 0"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_count_is_refused(column, message):
    assert refusal(counts, column) == message


@pytest.mark.parametrize(
    "column",
    [
        [2**63 - 1, 0],
        np.array([2**63 - 1, 0], dtype=np.uint64),
        [2**63 - 1, np.uint8(0)],
        [2**63 - 1, 0.0],
        [Decimal(2**63 - 1), Decimal(0)],
    ],
    ids=["int64", "uint64", "numpy numbers", "floats beside", "decimals"],
)
def test_the_largest_count_is_kept_exact(column):
    assert counts(column).tolist() == [2**63 - 1, 0]
    assert counts(column).dtype == np.int64


@given(st.lists(st.integers(0, 255)), st.sampled_from(["u1", "i2", "<i4", ">i4", "i8", "u8", "f4", "f8", "O", "?"]))
def test_counts_of_any_width_are_the_same(numbers, dtype):
    numbers = [number % 2 for number in numbers] if dtype == "?" else numbers
    assert counts(np.array(numbers, dtype=dtype)).tolist() == numbers


def test_no_counts_are_counts():
    assert counts([]).dtype == np.int64
    assert counts(np.zeros(0, dtype=bool)).dtype == bool
    assert counts(np.zeros(0)).dtype == np.int64


AMOUNT = "cost must be finite numbers >= 0"
COST = {"account": "A"}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, -0.5], f"{AMOUNT}; got -0.5 at row 1"),
        ([1, math.inf], f"{AMOUNT}; got inf at row 1"),
        ([Decimal("1e400")], f"{AMOUNT}; got inf at row 0"),
        ([1, 10**400, 2], f"{AMOUNT}; got {10**400} at row 1"),
        ([1.0, None], f"{AMOUNT} in every row; got a missing value at row 1"),
        (["12.50"], f"{AMOUNT}; got '12.50' at row 0"),
        ([True, False], f"{AMOUNT}; got True at row 0"),
        ([1.0, "x"], f"{AMOUNT}; got 'x' at row 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_amount_is_refused(column, message):
    assert refusal(Costs, account="A", cost=column) == message


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([None, -0.5], "amount must be finite numbers >= 0 or missing; got -0.5 at row 1"),
        ([None, math.inf], "amount must be finite numbers >= 0 or missing; got inf at row 1"),
        ([None, "x"], "amount must be finite numbers >= 0 or missing; got 'x' at row 1"),
        ([None, 1.0, "x"], "amount must be finite numbers >= 0 or missing; got 'x' at row 2"),
        ([None, True], "amount must be finite numbers >= 0 or missing; got True at row 1"),
        ([None, 1, 10**400], f"amount must be finite numbers >= 0 or missing; got {10**400} at row 2"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_amount_beside_missing_ones_names_its_own_row(column, message):
    assert refusal(Sheet, account="A", amount=column) == message


def test_amounts_may_be_larger_than_any_count():
    assert Costs(account="A", cost=[10**20, 1e300]).cost.tolist() == [1e20, 1e300]


def test_amounts_are_kept_and_missing_ones_are_nan():
    assert Costs(account="A", cost=[0, 2.5]).cost.tolist() == [0.0, 2.5]
    assert Costs(account="A", cost=[]).cost.tolist() == []
    np.testing.assert_equal(Sheet(account="A", amount=[0, None, 2.5]).amount, [0, math.nan, 2.5])
    np.testing.assert_equal(Sheet(account="A", amount=["", None]).amount, [math.nan, math.nan])


def test_signed_amounts_are_finite():
    read = read_column("x", [-1.5, 2])
    assert _checks.as_signed_amounts("x", read).tolist() == [-1.5, 2.0]
    assert refusal(_checks.as_signed_amounts, "x", read_column("x", [1, -math.inf])) == (
        "x must be finite numbers; got -inf at row 1"
    )


def test_days_that_must_be_there_are_refused_where_missing():
    good = {"account": "A", "at": "2026-01-01", "cost": 1.0, "visits": 1}
    message = "day must be dates in every row; got a missing value at row 1"
    assert refusal(Log, **good, day=["2026-01-01", ""]) == message
    assert refusal(Log, **good, day=np.array(["2026-01-01", "NaT"], dtype="M8[D]")) == message
    assert Log(**good, day=[]).day.dtype == np.dtype("M8[D]")


def test_moments_keep_their_microseconds():
    log = Log(account="A", day="2026-01-01", at=["2026-01-01T12:34:56.789012"], cost=1.0, visits=1)
    assert log.at.dtype == np.dtype("M8[us]")
    assert log.at[0].item().isoformat() == "2026-01-01T12:34:56.789012"
    assert log.day[0].item().isoformat() == "2026-01-01"


LABELS = "account must be text or whole numbers, one kind in a column"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["A", 1], f"{LABELS}; got 1 at row 1"),
        ([1, "A"], f"{LABELS}; got 'A' at row 1"),
        ([True, "A"], f"{LABELS}; got 'A' at row 1"),
        ([1, True], f"{LABELS}; got True at row 1"),
        ([1.5, "A"], f"{LABELS}; got 1.5 at row 0"),
        ([1.0, 2.0], f"{LABELS}; got 1.0 at row 0"),
        ([1, 2**63], "account must be whole numbers below 2**63; got 9223372036854775808 at row 1"),
        (
            np.array([1, 2**63], dtype=np.uint64),
            "account must be whole numbers below 2**63; got 9223372036854775808 at row 1",
        ),
        (np.array(["2026-01-01"], dtype="M8[D]"), f"{LABELS}; got datetime.date(2026, 1, 1) at row 0"),
        (["A", None], "account must be text or whole numbers in every row; got a missing value at row 1"),
        (["A", ""], "account must be text or whole numbers in every row; got a missing value at row 1"),
        (np.array(["A", ""]), "account must be text or whole numbers in every row; got a missing value at row 1"),
        (pd.Categorical(["A", ""]), "account must be text or whole numbers in every row; got a missing value at row 1"),
        (
            pd.Categorical(["A", None]),
            "account must be text or whole numbers in every row; got a missing value at row 1",
        ),
        (pd.Categorical([1.5]), f"{LABELS}; got categories of float"),
        (pd.Series(["A", 1], dtype=object).astype("category"), f"{LABELS}; got categories of int and str"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_label_is_refused(column, message):
    assert refusal(abm.Emails, account=column) == message


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([None, "A", 1], "by must be text or whole numbers, one kind in a column; got 1 at row 2"),
        ([None, 1.5, 2], "by must be text or whole numbers, one kind in a column; got 1.5 at row 1"),
        ([None, 1, 2**63], "by must be whole numbers below 2**63; got 9223372036854775808 at row 2"),
        (
            pd.array([None, 1, 2**63], dtype="UInt64"),
            "by must be whole numbers below 2**63; got 9223372036854775808 at row 2",
        ),
        ([None, 2.5, 1.5], "by must be text or whole numbers, one kind in a column; got 2.5 at row 1"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_labels_beside_missing_ones_name_their_own_row(column, message):
    emails = abm.Emails(account=["A", "B", "C"], delivered=1, opened=1)
    assert refusal(abm.open_rate, emails, by=column) == message


def test_categories_without_labels_or_blank_ones_are_no_groups():
    emails = abm.Emails(account=["A", "B", "C"], delivered=1, opened=1)
    assert list(abm.open_rate(emails, by=pd.Categorical(["x", "", None], categories=["", "unused", "x"]))) == ["x"]
    assert list(abm.open_rate(emails, by=pd.Categorical([2, 3, None]))) == [2, 3]


def test_labels_outside_a_closed_set_are_refused():
    held = abm.Emails(account=["won", "open", "Won", "lost"]).account
    assert refusal(_checks.as_choice, "outcome", held, ["won", "lost", "open"]) == (
        "outcome must be one of ['won', 'lost', 'open']; got 'Won' at row 2"
    )
    _checks.as_choice("outcome", held.where(held != "Won"), ["won", "lost", "open"])
    _checks.as_choice("outcome", abm.period([None, "2026-01-01"], "year"), ["2026"])


def test_unequal_lengths_are_refused():
    assert refusal(abm.Emails, account=["A", "B"], delivered=[1], opened=1) == (
        "account and delivered must have the same length; got {'account': 2, 'delivered': 1}"
    )
    assert refusal(abm.Emails, account=["A"], segments={"tier": ["x", "y"]}) == (
        "account and tier must have the same length; got {'account': 1, 'tier': 2}"
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"delivered": [4, 4], "opened": [4, 5]}, "opened must be at most delivered; got 5 with delivered=4 at row 1"),
        ({"sent": [4, 4], "delivered": [4, 5]}, "delivered must be at most sent; got 5 with sent=4 at row 1"),
        (
            {"delivered": [0], "clicked": [True]},
            "clicked must be at most delivered; got True with delivered=0 at row 0",
        ),
        (
            {"opened": np.array([200], dtype=np.uint8), "machine_opened": [201]},
            "machine_opened must be at most opened; got 201 with opened=200 at row 0",
        ),
    ],
    ids=["opened", "delivered", "clicked", "machine_opened"],
)
def test_parts_above_their_whole_are_refused(columns, message):
    assert refusal(abm.Emails, account="A", **columns) == message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1, "1"),
        (-0.1, "-0.1"),
        (95, "95"),
        (math.nan, "nan"),
        ("0.95", "'0.95'"),
        (True, "True"),
        (None, "None"),
        (1j, "1j"),
    ],
    ids=str,
)
def test_confidence_lies_between_0_and_1(value, shown):
    emails = abm.Emails(account=["A", "B"], delivered=2, opened=1)
    message = f"confidence must be a number in (0, 1); got {shown}"
    assert refusal(abm.open_rate, emails, confidence=value) == message
    assert refusal(abm.open_rate(emails).at_confidence, value) == message


def test_closed_ends_belong_to_an_interval():
    for value in (0, 0.5, 1, np.float32(1), np.int64(0)):
        assert _checks.in_interval("margin", value, 0, 1, low_open=False, high_open=False) == value
    assert (
        refusal(_checks.in_interval, "margin", 0, 0, 1, high_open=False) == "margin must be a number in (0, 1]; got 0"
    )
    assert refusal(_checks.in_interval, "margin", 1, 0, 1, low_open=False) == "margin must be a number in [0, 1); got 1"
    assert (
        refusal(_checks.in_interval, "margin", np.complex128(1), 0, 1)
        == "margin must be a number in (0, 1); got (1+0j)"
    )
    assert type(_checks.in_interval("margin", np.float64(0.5), 0, 1)) is float


@pytest.mark.parametrize(
    ("value", "shown"), [(4, "4"), (5.0, "5.0"), (True, "True"), ("5", "'5'"), (np.int8(4), "4")], ids=repr
)
def test_whole_settings_are_whole_and_not_too_small(value, shown):
    assert refusal(_checks.as_whole, "minimum", value, 5) == f"minimum must be a whole number >= 5; got {shown}"


def test_whole_settings_become_python_numbers():
    assert type(_checks.as_whole("minimum", np.int8(5), 5)) is int
    assert _checks.as_whole("minimum", 6, 5) == 6


@pytest.mark.parametrize("value", ["Sent", "sen", "", None, 1, ["sent"], np.array(["sent", "delivered"])], ids=str)
def test_options_are_exact_words(value):
    emails = abm.Emails(account="A", sent=1, delivered=1, clicked=1)
    assert refusal(abm.click_rate, emails, per=value) == f"per must be one of ['delivered', 'sent']; got {value!r}"


def test_a_day_has_no_time_of_day():
    midnights = (
        "2026-03-31",
        np.datetime64("2026-03-31"),
        np.datetime64("2026-03-31T00:00"),
        pd.Timestamp("2026-03-31"),
    )
    for given_day in midnights:
        assert _checks.as_date("as_of", given_day) == np.datetime64("2026-03-31", "D")
    for moment in ("2026-03-31T00:00:01", pd.Timestamp("2026-03-31 00:00:01")):
        assert refusal(_checks.as_date, "as_of", moment) == (
            "as_of must be a day, which counts to its end; got 2026-03-31T00:00:01"
        )
    assert refusal(_checks.as_date, "as_of", ["2026-03-31", "2026-04-01"]) == "as_of must be one date; got 2 values"
    assert refusal(_checks.as_date, "as_of", None) == "as_of must be dates in every row; got a missing value at row 0"


@pytest.mark.parametrize(("codes", "row"), [([], None), ([3, 1, 2], None), ([3, 1, 3, 1], 2), ([0, 0], 1)])
def test_the_first_repeat_is_the_first_row_that_says_it_again(codes, row):
    assert _checks.first_repeat(np.array(codes, dtype=np.int64)) == row
