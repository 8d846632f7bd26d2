"""Period labels: months, quarters and years of dates, to group by."""

from typing import Literal

import numpy as np

from abmmetrics import _checks, _labels, _reading
from abmmetrics._labels import Labels
from abmmetrics.columns import Values

__all__ = ["period"]


def period(days: Values, unit: Literal["month", "quarter", "year"], *, fiscal_start: int = 1) -> Labels:
    """Return sortable period labels of dates, to group by.

    A fiscal year that does not start in January is named by the two calendar years it
    touches, since companies disagree whether it is called by its first or its last.

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
    """
    _checks.as_option("unit", unit, ("month", "quarter", "year"))
    if type(fiscal_start) is not int or fiscal_start not in range(1, 13):
        raise _checks.refuse("fiscal_start", "be a month from 1 to 12", fiscal_start)
    moments_given = _checks.as_optional_dates("days", _reading.read_column("days", days))
    months = moments_given.astype("datetime64[M]").astype(np.int64)
    known = ~np.isnat(moments_given)
    width = {"month": 1, "quarter": 3, "year": 12}[unit]
    shift = 0 if unit == "month" else fiscal_start - 1
    numbers = np.where(known, (months - shift) // width, 0)
    distinct, codes = np.unique(numbers[known], return_inverse=True)
    placed = np.full(len(numbers), -1, dtype=np.int64)
    placed[known] = codes
    return _labels.from_codes(placed, [_period_name(int(number), unit, fiscal_start) for number in distinct])


def _period_name(number: int, unit: str, fiscal_start: int) -> str:
    """Name a period by its number since 1970."""
    per_year = {"month": 12, "quarter": 4, "year": 1}[unit]
    year, part = 1970 + number // per_year, number % per_year + 1
    name = f"{year:04d}" if fiscal_start == 1 or unit == "month" else f"FY{year:04d}/{(year + 1) % 100:02d}"
    return {"month": f"{name}-{part:02d}", "quarter": f"{name}-Q{part}", "year": name}[unit]
