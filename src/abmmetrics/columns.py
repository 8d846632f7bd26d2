"""What the columns of a model are, said where the model declares them.

``delivered: Counts = attrs.field(converter=columns.counts)`` declares a column of counts.
The functions here only give type checkers the type of the argument; the table itself
converts and checks, for it knows the column's name and length.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics._labels import Labels

__all__ = [
    "CHECKS",
    "COUNTS",
    "LABELS",
    "NULLABLE",
    "SIGNED",
    "SUMMED",
    "TIMES",
    "Amounts",
    "Counts",
    "Dates",
    "Labels",
    "Values",
    "amounts",
    "amounts_or_nan",
    "counts",
    "dates",
    "dates_or_nat",
    "labels",
    "labels_or_none",
    "moments",
    "moments_or_nat",
    "numbers",
    "optional_amounts",
    "optional_counts",
    "optional_labels",
    "segment_labels",
    "signed_amounts",
]

Values: TypeAlias = Any
"""What a column may be given as: a list, a numpy array, a pandas, polars or pyarrow column, or one value for all rows."""

Counts: TypeAlias = NDArray[Any]
"""A column of counts as a table holds it: whole numbers >= 0."""
Amounts: TypeAlias = NDArray[np.float64]
"""A column of amounts as a table holds it."""
Dates: TypeAlias = NDArray[np.datetime64]
"""A column of days or moments as a table holds it."""


def labels(values: Values) -> Labels:
    """Declare a column of labels, none missing."""
    return cast("Labels", values)


def optional_labels(values: Values) -> Labels | None:
    """Declare a column of labels that a table may lack."""
    return cast("Labels | None", values)


def labels_or_none(values: Values) -> Labels | None:
    """Declare a column of labels, none where a row has none, that a table may lack."""
    return cast("Labels | None", values)


def counts(values: Values) -> Counts:
    """Declare a column of whole numbers >= 0 or booleans."""
    return cast("Counts", values)


def optional_counts(values: Values) -> Counts | None:
    """Declare a column of counts that a table may lack."""
    return cast("Counts | None", values)


def amounts(values: Values) -> Amounts:
    """Declare a column of finite numbers >= 0."""
    return cast("Amounts", values)


def numbers(values: Values) -> Amounts:
    """Declare a column of finite numbers of either sign, which are no sums."""
    return cast("Amounts", values)


def optional_amounts(values: Values) -> Amounts | None:
    """Declare a column of finite numbers >= 0 that a table may lack."""
    return cast("Amounts | None", values)


def signed_amounts(values: Values) -> Amounts:
    """Declare a column of finite numbers of either sign, which add up: credits and debits."""
    return cast("Amounts", values)


def amounts_or_nan(values: Values) -> Amounts | None:
    """Declare a column of finite numbers >= 0, NaN where none is recorded, that a table may lack."""
    return cast("Amounts | None", values)


def dates(values: Values) -> Dates:
    """Declare a column of calendar days."""
    return cast("Dates", values)


def dates_or_nat(values: Values) -> Dates | None:
    """Declare a column of calendar days, NaT where there is none, that a table may lack."""
    return cast("Dates | None", values)


def moments(values: Values) -> Dates:
    """Declare a column of points in time."""
    return cast("Dates", values)


def moments_or_nat(values: Values) -> Dates | None:
    """Declare a column of points in time, NaT where there is none, that a table may lack."""
    return cast("Dates | None", values)


CHECKS: dict[Callable[..., Any], _checks.Check] = {
    labels: _checks.as_labels,
    optional_labels: _checks.as_labels,
    labels_or_none: _checks.as_optional_labels,
    counts: _checks.as_counts,
    optional_counts: _checks.as_counts,
    amounts: _checks.as_amounts,
    numbers: _checks.as_signed_amounts,
    optional_amounts: _checks.as_amounts,
    signed_amounts: _checks.as_signed_amounts,
    amounts_or_nan: _checks.as_optional_amounts,
    dates: _checks.as_dates,
    dates_or_nat: _checks.as_optional_dates,
    moments: _checks.as_moments,
    moments_or_nat: _checks.as_optional_moments,
}
"""What converts and checks the columns of each declaration."""
LABELS = (labels, optional_labels, labels_or_none)
"""The declarations of labels."""
COUNTS = (counts, optional_counts)
"""The declarations of counts."""
SIGNED = (signed_amounts,)
"""The declarations of amounts that may be negative."""
SUMMED = (*COUNTS, amounts, optional_amounts, *SIGNED)
"""The declarations of what can be summed."""
NULLABLE = (labels_or_none, amounts_or_nan, dates_or_nat, moments_or_nat)
"""The declarations of what may be missing in a row."""
TIMES = (dates, dates_or_nat, moments, moments_or_nat)
"""The declarations of days and moments."""


def segment_labels(values: Mapping[str, Values]) -> Mapping[str, Labels]:
    """Declare the segments of a table."""
    return cast("Mapping[str, Labels]", values)
