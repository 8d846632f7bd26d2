"""Period labels name the month, quarter and year that a day belongs to."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError

dates = st.dates(dt.date(1000, 1, 1), dt.date(9990, 12, 31))


def named(day, unit, start):
    """The period of one day, by the calendar."""
    if unit == "month":
        return f"{day.year:04d}-{day.month:02d}"
    first = day.year - (day.month < start)
    year = f"{first:04d}" if start == 1 else f"FY{first:04d}/{(first + 1) % 100:02d}"
    quarter = ((day.month - start) % 12) // 3 + 1
    return f"{year}-Q{quarter}" if unit == "quarter" else year


@given(st.lists(st.none() | dates, max_size=10), st.sampled_from(["month", "quarter", "year"]), st.integers(1, 12))
def test_periods_follow_the_calendar(days, unit, start):
    found = abm.period(days, unit, fiscal_start=start).to_list()
    assert found == [None if day is None else named(day, unit, start) for day in days]


@given(
    st.lists(dates, min_size=2, max_size=10, unique=True),
    st.sampled_from(["month", "quarter", "year"]),
    st.integers(1, 12),
)
def test_periods_sort_as_their_days_do(days, unit, start):
    found = abm.period(sorted(days), unit, fiscal_start=start).to_list()
    assert found == sorted(found)


def test_periods_take_any_dates_and_group():
    for days in (
        ["2026-03-31", "2026-04-01", None],
        np.array(["2026-03-31", "2026-04-01", "NaT"], dtype="datetime64[ns]"),
        pd.to_datetime(["2026-03-31 23:59", "2026-04-01 00:00", None]),
    ):
        months = abm.period(days, "month")
        rate = abm.open_rate(abm.Emails(account="A", delivered=2, opened=[1, 0, 1]), by={"month": months})
        assert rate.groups == {"month": ["2026-03", "2026-04"]}
        assert rate.excluded == {"no month": 1}
    assert abm.period("2026-03-31", "year").to_list() == ["2026"]
    assert abm.period([], "year").to_list() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": "week"}, "unit must be one of ['month', 'quarter', 'year']; got 'week'"),
        ({"fiscal_start": 0}, "fiscal_start must be a month from 1 to 12; got 0"),
        ({"fiscal_start": 13}, "fiscal_start must be a month from 1 to 12; got 13"),
        ({"fiscal_start": 4.0}, "fiscal_start must be a month from 1 to 12; got 4.0"),
        ({"fiscal_start": True}, "fiscal_start must be a month from 1 to 12; got True"),
        ({"days": [1, 2]}, "days must be dates; got 1 at row 0"),
        (
            {"days": ["2026-01-01T00:00Z"]},
            (
                "days must be dates without a time zone (or be read with from_frame(..., tz=) that says whose days count); "
                "got times in UTC"
            ),
        ),
    ],
    ids=str,
)
def test_what_names_no_period_is_refused(arguments, message):
    with pytest.raises(MetricInputError) as refused:
        abm.period(**{"days": ["2026-01-01"], "unit": "year", **arguments})
    assert str(refused.value) == message


@given(
    st.lists(st.none() | dates, max_size=10), dates, st.sampled_from(["month", "quarter", "year"]), st.integers(1, 12)
)
def test_the_same_part_of_every_period(days, as_of, unit, start):
    """A day is kept if the day so many months later is not after the end of what has run."""
    days = [day for day in days if day is None or abs(day.year - as_of.year) < 60] + [as_of]
    found = abm.period_to_date(days, unit, as_of=as_of, fiscal_start=start).to_list()
    width = {"month": 1, "quarter": 3, "year": 12}[unit]

    def place(day):
        """How many months into its period a day is, and the number of the period."""
        months = day.year * 12 + day.month - 1
        return (months - start + 1) % width, (months - start + 1) // width

    def is_last(day):
        return (day + dt.timedelta(days=1)).month != day.month

    for day, label in zip(days, found, strict=True):
        if day is None:
            assert label is None
            continue
        (elapsed, number), (run, current) = place(day), place(as_of)
        here = elapsed < run or (elapsed == run and (day.day <= as_of.day or is_last(as_of)))
        kept = day <= as_of if number == current else number < current and here
        assert label == (named(day, unit, start) if kept else None)


@pytest.mark.parametrize(
    ("as_of", "kept"),
    [
        ("2024-02-29", ["2023-02-28", "2024-02-29"]),
        ("2024-02-28", ["2023-02-28"]),
        ("2025-02-28", ["2023-02-28", "2024-02-29"]),
    ],
)
def test_the_last_of_february_stands_for_the_last_of_february(as_of, kept):
    days = ["2023-02-28", "2023-03-01", "2024-02-29", "2024-03-01"]
    found = abm.period_to_date(days, "year", as_of=as_of).to_list()
    assert [day for day, label in zip(days, found, strict=True) if label] == kept


def test_what_has_run_is_asked_for_by_one_day():
    with pytest.raises(MetricInputError) as refused:
        abm.period_to_date(["2026-01-01"], "year", as_of=["2026-01-01", "2026-02-01"])
    assert str(refused.value) == "as_of must be one date; got 2 values"
    assert abm.period_to_date([], "year", as_of="2026-01-01").to_list() == []
    assert abm.period_to_date([None], "year", as_of="2026-01-01").to_list() == [None]
