"""A model with a column of every kind, for tests of what all models share."""

from typing import ClassVar

import attrs

from abmmetrics import columns
from abmmetrics.columns import Amounts, Counts, Dates, Labels
from abmmetrics.tables import Table, constant


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Sheet(Table):
    """One column of every kind; only the account has to be given."""

    additive: ClassVar[bool] = False
    at_most: ClassVar[tuple[tuple[str, str], ...]] = (("part", "count"),)
    constants: ClassVar[tuple[str, ...]] = ("currency",)

    account: Labels = attrs.field(converter=columns.labels)
    role: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    count: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    part: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    amount: Amounts | None = attrs.field(default=None, converter=columns.amounts_or_nan)
    closed: Dates | None = attrs.field(default=None, converter=columns.dates_or_nat)
    currency: str | None = attrs.field(default=None, converter=constant)
    scale: int = 10


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Log(Table):
    """Columns that may not be missing."""

    account: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    day: Dates = attrs.field(converter=columns.dates)
    at: Dates = attrs.field(converter=columns.moments)
    cost: Amounts = attrs.field(converter=columns.amounts)
    visits: Counts = attrs.field(converter=columns.counts)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Costs(Table):
    """An additive model with amounts."""

    account: Labels = attrs.field(converter=columns.labels)
    campaign: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    cost: Amounts = attrs.field(converter=columns.amounts)
    sends: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Anonymous(Table):
    """An additive model without a column of accounts."""

    answers: Counts = attrs.field(converter=columns.counts)
