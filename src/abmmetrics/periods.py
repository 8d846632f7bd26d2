"""Period labels: months, quarters and years of dates, to group by."""

from typing import Any, Literal

import numpy as np

from abmmetrics import _checks, _labels, _reading
from abmmetrics._labels import Labels
from abmmetrics.columns import Dates, Values

__all__ = ["period", "period_to_date"]

_WIDTHS = {"month": 1, "quarter": 3, "year": 12}


def period(days: Values, unit: Literal["month", "quarter", "year"], *, fiscal_start: int = 1) -> Labels:
    """Return sortable period labels of dates, to group by.

    A fiscal year that does not start in January is named by the two calendar years it
    touches, since companies disagree whether it is called by its first or its last.

    Leaves out: weeks, and fiscal months of 4 or 5 weeks; group by labels of your own for those.

    Args:
        days: dates; NaT where there is none (an open deal's close), which gives no label.
        unit: ``"month"`` (2026-03), ``"quarter"`` (2026-Q1) or ``"year"`` (2026).
        fiscal_start: first month of the fiscal year, 1 to 12; months keep their calendar names.

    Returns:
        One label for each date.

    Raises:
        MetricInputError: if ``days`` are not dates, or an option is not known.

    Example:
        >>> import abmmetrics as abm
        >>> abm.period(["2026-03-31", "2026-04-01"], "quarter").to_list()
        ['2026-Q1', '2026-Q2']
        >>> abm.period(["2026-03-31", "2026-04-01"], "year", fiscal_start=4).to_list()
        ['FY2025/26', 'FY2026/27']

    References:
        ISO 8601-1:2019, for labels that sort in order.
    """
    _checks.as_option("unit", unit, ("month", "quarter", "year"))
    if type(fiscal_start) is not int or fiscal_start not in range(1, 13):
        raise _checks.refuse("fiscal_start", "be a month from 1 to 12", fiscal_start)
    moments_given = _checks.as_optional_dates("days", _reading.read_column("days", days))
    months = moments_given.astype("datetime64[M]").astype(np.int64)
    known = ~np.isnat(moments_given)
    width = _WIDTHS[unit]
    shift = 0 if unit == "month" else fiscal_start - 1
    numbers = np.where(known, (months - shift) // width, 0)
    distinct, codes = np.unique(numbers[known], return_inverse=True)
    placed = np.full(len(numbers), -1, dtype=np.int64)
    placed[known] = codes
    return _labels.from_codes(placed, [_period_name(int(number), unit, fiscal_start) for number in distinct])


def last_moment(span: np.datetime64) -> int:
    """Return the last microsecond of a day, or of a month or year."""
    return int((span + 1).astype("datetime64[us]").astype(np.int64)) - 1


def _period_name(number: int, unit: str, fiscal_start: int) -> str:
    """Name a period by its number since 1970."""
    per_year = {"month": 12, "quarter": 4, "year": 1}[unit]
    year, part = 1970 + number // per_year, number % per_year + 1
    name = f"{year:04d}" if fiscal_start == 1 or unit == "month" else f"FY{year:04d}/{(year + 1) % 100:02d}"
    return {"month": f"{name}-{part:02d}", "quarter": f"{name}-Q{part}", "year": name}[unit]


def period_to_date(
    days: Values,
    unit: Literal["month", "quarter", "year"],
    *,
    as_of: Any,  # noqa: ANN401 - any kind of date
    fiscal_start: int = 1,
) -> Labels:
    """Return period labels of dates in the same elapsed part of every period, to compare like with like.

    By the end of March, deals of this year are to be compared with those that past years had
    won by the end of March.

    Leaves out: working days and moving holidays, of which past periods may have had more or fewer by then.

    Args:
        days: dates; NaT where there is none.
        unit: ``"month"``, ``"quarter"`` or ``"year"``.
        as_of: the day up to which the current period has run; past ones are cut at the same day of
            their own (at their month's last day for a month's last day).
        fiscal_start: first month of the fiscal year, 1 to 12.

    Returns:
        The label of :func:`period` for each date; none for dates later in their period, and
        for those after ``as_of``.

    Raises:
        MetricInputError: if ``days`` are not dates, ``as_of`` is not one date, or an option is not known.

    Example:
        >>> import abmmetrics as abm
        >>> closed = ["2025-02-20", "2025-11-30", "2026-03-02", "2026-04-01"]
        >>> abm.period_to_date(closed, "year", as_of="2026-03-31").to_list()
        ['2025', None, '2026', None]

    References:
        GitLab handbook, "Sales term glossary": year over year.
    """
    labels = period(days, unit, fiscal_start=fiscal_start)
    day = _checks.as_date("as_of", as_of)
    given = _checks.as_optional_dates("days", _reading.read_column("days", days))
    keep = np.zeros(len(given), dtype=bool)
    for months in _steps_back(given[~np.isnat(given)], day, _WIDTHS[unit]):
        end = months_before(day, months)
        keep |= (labels == period([end], unit, fiscal_start=fiscal_start)[0]) & (given <= end)
    return _labels.from_codes(np.where(keep, labels.codes(), -1), _labels.as_python_list(labels.categories))


def _steps_back(days: Dates, last: np.datetime64, width: int) -> range:
    """Return how many months before a day periods have to be cut, back to the earliest of some days."""
    first = int(days.min().astype("datetime64[M]").astype(np.int64)) if len(days) else np.iinfo(np.int64).max
    months = int(last.astype("datetime64[M]").astype(np.int64)) - first
    return range(0, months + width, width)


def months_before(day: np.datetime64, months: int) -> np.datetime64:
    """Return the same day of an earlier month; a month's last day for a month's last day.

    Args:
        day: the day.
        months: how many months earlier.
    """
    month = day.astype("datetime64[M]")
    earlier = month - months
    last: np.datetime64 = (earlier + 1).astype("datetime64[D]") - 1
    if day + 1 == (month + 1).astype("datetime64[D]"):
        return last
    same: np.datetime64 = earlier.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return min(same, last)
