"""What the checks of data look at, and how they word what they find."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _labels
from abmmetrics._labels import Labels
from abmmetrics.columns import CHECKS, LABELS, TIMES
from abmmetrics.tables import Table

Severity: TypeAlias = Literal["wrong", "doubtful", "to know"]
Mask: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]

SEVERITIES: tuple[Severity, ...] = ("wrong", "doubtful", "to know")
FEW = 10
"""Fewer rows than this show no pattern."""
_SHOWN = 3


def title(table: str) -> str:
    """Return how a reader calls a table of a programme."""
    return table.replace("_", " ").replace("one on ones", "one-on-ones").replace("emails", "e-mails")


def name_of(model: type[Table]) -> str:
    """Return what a table is called that nobody named: Opportunities are ``"opportunities"``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()


def amount(count: int, total: int) -> str:
    """Say how many of how many."""
    return f"All {total:,}" if count == total else f"{count:,} of {total:,}"


def listed(names: Sequence[object], separator: str = ", ") -> str:
    """Write the first of some names, and how many more there are."""
    shown = separator.join(map(str, names[:_SHOWN]))
    more = len(names) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


@attrs.frozen(kw_only=True, eq=False)
class Found:
    """What a check found in a table.

    Attributes:
        table: the table's name.
        rows: the rows, in order.
        count: how many there are; rows that were left out earlier have no numbers any more.
        total: of how many.
        sentence: what it is, for people.
    """

    table: str
    rows: Integers
    count: int
    total: int
    sentence: str


@attrs.frozen(kw_only=True, eq=False)
class Sheet:
    """A table to look at, whether or not its model takes it.

    Attributes:
        name: what it is called.
        model: what it is.
        columns: the model's columns, as far as they are there: labels, numbers and times.
        segments: segment name to labels.
        length: number of rows.
        excluded: reason to the number of rows that were left out when it was read.
        settings: what is neither column nor segment, such as a scale.
        table: the table itself, where the model takes the rows.
        confidential: whether it is about people who must not be told apart.
        unread: column to why it could not be read.
    """

    name: str
    model: type[Table]
    columns: Mapping[str, Any]
    segments: Mapping[str, Labels]
    length: int
    excluded: Mapping[str, int]
    settings: Mapping[str, Any]
    table: Table | None = None
    confidential: bool = False
    unread: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def __len__(self) -> int:
        """Number of rows."""
        return self.length

    @property
    def title(self) -> str:
        """What a reader calls it."""
        return title(self.name)

    @property
    def noun(self) -> str:
        """What its rows are called."""
        return self.title if name_of(self.model) in _THINGS else f"rows of {self.title}"

    @property
    def accounts(self) -> Labels | None:
        """The accounts, where the table has any and they are no people."""
        return None if self.confidential or self.model.unit != "account" else self.columns.get("account")

    @property
    def complete(self) -> bool:
        """Whether no column is lacking that the model cannot do without."""
        return all(name in self.columns for name in required(self.model))

    def label_columns(self) -> dict[str, Labels]:
        """Return the columns of labels, and the segments."""
        known = kinds(self.model)
        own = {name: held for name, held in self.columns.items() if known.get(name, LABELS[0]) in LABELS}
        return {**own, **self.segments}

    def times(self) -> dict[str, NDArray[np.datetime64]]:
        """Return the columns of days and moments."""
        known = kinds(self.model)
        return {name: held for name, held in self.columns.items() if known.get(name) in TIMES}

    def some(self, mask: Mask, told: str, *, among: Mask | None = None, noun: str | None = None) -> Iterator[Found]:
        """Word what rows have in common, where there are any: ``"3 of 10 touches <told>"``.

        Args:
            mask: the rows.
            told: what is said of them.
            among: the rows that they are counted among; all where not given.
            noun: what those are called.
        """
        rows = np.flatnonzero(mask)
        if len(rows):
            total = len(self) if among is None else int(among.sum())
            yield self.found(rows, f"{amount(len(rows), total)} {noun or self.noun} {told}", total)

    def found(self, rows: Integers, sentence: str, total: int | None = None) -> Found:
        """Return a finding about some rows."""
        whole = len(self) if total is None else total
        return Found(table=self.name, rows=rows, count=len(rows), total=whole, sentence=sentence)


_THINGS = {
    "activities",
    "contacts",
    "email_events",
    "journey_events",
    "opportunities",
    "page_events",
    "purchases",
    "survey_scores",
    "target_accounts",
    "touches",
    "web_sessions",
}


@attrs.frozen(kw_only=True, eq=False)
class Look:
    """Everything that is looked at together.

    Attributes:
        sheets: the tables.
        as_of: the day that the data stand for, where one is said.
        currency: what amounts are said to be in.
        stages: the stages of deals, in order.
        lost_stages: those of lost deals.
        company_keys: what names of accounts have in common with others, each worked out once.
    """

    sheets: tuple[Sheet, ...]
    as_of: np.datetime64 | None = None
    currency: str | None = None
    stages: tuple[Any, ...] = ()
    lost_stages: tuple[Any, ...] = ()
    company_keys: dict[str, str] = attrs.field(factory=dict[str, str])

    def of(self, *models: type[Table]) -> Iterator[Sheet]:
        """Return the tables with rows: all, or those of some models that have what these cannot do without."""
        for sheet in self.sheets:
            if len(sheet) and (not models or (issubclass(sheet.model, models) and sheet.complete)):
                yield sheet


@attrs.frozen(kw_only=True, eq=False)
class Check:
    """One thing to look for.

    Attributes:
        code: a fixed name.
        severity: how bad it is.
        asks: what it looks for.
        advice: what to do about it.
        find: finds it.
    """

    code: str
    severity: Severity
    asks: str
    advice: str
    find: Callable[[Look], Iterable[Found]]


def each(find: Callable[[Sheet], Iterable[Found]], *models: type[Table]) -> Callable[[Look], Iterator[Found]]:
    """Look at every table of some models (of any, where none is named) by itself."""

    def look_at_all(look: Look) -> Iterator[Found]:
        for sheet in look.of(*models):
            yield from find(sheet)

    return look_at_all


def kinds(model: type[Table]) -> dict[str, Any]:
    """Return the columns of a model, and what each of them is."""
    return {field.name: field.converter for field in attrs.fields(model) if field.converter in CHECKS}


def required(model: type[Table]) -> list[str]:
    """Return the columns that a model cannot do without."""
    return [field.name for field in attrs.fields(model) if field.converter in CHECKS and field.default is attrs.NOTHING]


def sheet_of(name: str, table: Table, *, confidential: bool = False) -> Sheet:
    """Make a sheet of a table."""
    model = type(table)
    known = {*kinds(model), "segments", "excluded"}
    return Sheet(
        name=name,
        model=model,
        columns=table.columns(),
        segments=table.segments,
        length=len(table),
        excluded=table.excluded,
        settings={field.name: getattr(table, field.name) for field in attrs.fields(model) if field.name not in known},
        table=table,
        confidential=confidential or model.unit == "employee",
    )


def names_of(labels: Labels) -> list[tuple[int, str]]:
    """Return the code and the text of each label that some row has, the most frequent first."""
    codes = labels.codes()
    count = np.bincount(codes[codes >= 0], minlength=len(labels.categories))
    names = _labels.as_python_list(labels.categories)
    order = np.argsort(-count, kind="stable").tolist()
    return [(code, names[code]) for code in order if count[code] and isinstance(names[code], str)]


def having(labels: Labels, codes: Iterable[int]) -> Mask:
    """Tell which rows have one of some codes."""
    chosen = np.zeros(len(labels.categories) + 1, dtype=bool)
    chosen[list(codes)] = True
    return chosen[labels.codes()]  # -1, no label, is the last


def as_keys(values: Any) -> Integers:  # noqa: ANN401 - labels, numbers or times
    """Return whole numbers that are equal where values are."""
    if isinstance(values, Labels):
        return values.codes()
    if values.dtype.kind == "f":
        keys: Integers = (values + 0.0).view(np.int64)  # -0 and 0 are one
    elif values.dtype.kind == "M":
        keys = values.astype("datetime64[us]").view(np.int64)
    else:
        keys = values.astype(np.int64)
    return keys
