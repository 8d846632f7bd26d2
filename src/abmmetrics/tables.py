"""Tables: counts, sums and dates of accounts, checked once and never changed.

A table holds sums and never a rate, so tables stack, pre-aggregate and merge, and a KPI
does not notice. Every model of the KPI families is a :class:`Table`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, TypeAlias, TypeVar, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading, _sums
from abmmetrics._reading import RawColumn
from abmmetrics._labels import Labels
from abmmetrics._sums import AccountSums
from abmmetrics.columns import CHECKS, COUNTS, LABELS, NULLABLE, SUMMED, TIMES, Values, segment_labels
from abmmetrics.errors import MetricInputError

__all__ = ["By", "Labels", "Table", "concat"]

By: TypeAlias = Any
"""How to group: a segment name, several, ``"account"``, a mapping of names to labels, or labels of the table's length."""


@functools.cache
def _kinds(table: type["Table"]) -> dict[str, Callable[..., Any]]:
    """Return the columns of a model and what each of them is."""
    fields = cast("Sequence[attrs.Attribute[Any]]", attrs.fields(cast("Any", table)))
    return {field.name: cast("Callable[..., Any]", field.converter) for field in fields if field.converter in CHECKS}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Table:
    """Columns of one length; the base of every model.

    Columns are given by keyword as lists, numpy arrays, or pandas, polars or pyarrow
    columns (taken by position); a single value stands for every row. They are held as
    read-only one-dimensional numpy arrays, without a copy where the type allows it.

    Attributes:
        segments: name to labels, whatever one wants to group by: tier, industry, campaign, month, test arm.
        excluded: reason to the number of rows that were left out when the table was read.
    """

    unit: ClassVar[str] = "account"
    """The column whose labels say which rows belong together and are not independent."""
    additive: ClassVar[bool] = True
    """True where rows of one account may be summed without changing any KPI."""
    at_most: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of columns of which the first may not exceed the second in any row."""

    segments: Mapping[str, Labels] = attrs.field(factory=dict, converter=segment_labels)
    excluded: Mapping[str, int] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Convert and check every column, once."""
        kinds = _kinds(type(self))
        given = {name: getattr(self, name) for name in kinds}
        for name, values in self.segments.items():
            if not isinstance(name, str) or name in kinds:
                raise _checks.refuse("segments", f"have names other than the columns {list(kinds)}", name)
            given[name] = values
        columns: dict[str, Any] = {}
        scalars: dict[str, bool] = {}
        for name, values in given.items():
            if values is None:
                continue
            if isinstance(values, Labels):
                columns[name], scalars[name] = values, False
                continue
            raw = _reading.read_column(name, values)
            check = CHECKS[kinds[name]] if name in kinds else _checks.as_labels
            columns[name], scalars[name] = check(name, raw), raw.scalar
        length = _checks.same_length({name: len(columns[name]) for name in columns if not scalars[name]})
        for name, scalar in scalars.items():
            columns[name] = _closed(columns[name], length if scalar else None)
        for name in kinds:
            object.__setattr__(self, name, columns.get(name))
        object.__setattr__(self, "segments", {name: columns[name] for name in self.segments})
        object.__setattr__(self, "excluded", dict(self.excluded))
        for smaller, larger in self.at_most:
            if smaller in columns and larger in columns:
                _checks.at_most(smaller, larger, columns[smaller], columns[larger])
        self.check_rows()

    def check_rows(self) -> None:
        """Check what only this model's columns together can show; the base has nothing to add."""

    def __len__(self) -> int:
        """Number of rows."""
        return next((len(values) for values in self.columns().values()), 0)

    def __repr__(self) -> str:
        """Say what the table is and holds."""
        accounts = self.unit_labels()
        held = f"{len(self)} rows" if accounts is None else f"{len(self)} rows, {_distinct(accounts)} {self.unit}s"
        names = ", ".join(name for name in self.columns() if name != self.unit)
        segments = f"; segments: {', '.join(self.segments)}" if self.segments else ""
        return f"{type(self).__name__}({held}; {names}{segments})"

    def __eq__(self, other: object) -> bool:
        """Compare the columns and segments, row by row."""
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self._everything(), cast("Table", other)._everything()  # noqa: SLF001 - same class
        return mine.keys() == theirs.keys() and all(_same(mine[name], theirs[name]) for name in mine)

    __hash__ = None  # type: ignore[assignment]  # compares arrays, hence cannot be a key

    def _everything(self) -> dict[str, Any]:
        """Return columns, segments and settings by name."""
        kinds = _kinds(type(self))
        settings = {
            field.name: getattr(self, field.name)
            for field in attrs.fields(cast("Any", type(self)))
            if field.name not in {*kinds, "segments"}
        }
        return {**self.columns(), **{f"segment {name}": self.segments[name] for name in self.segments}, **settings}

    def columns(self) -> dict[str, Any]:
        """Return the columns that the table has, by name."""
        return {name: values for name in _kinds(type(self)) if (values := getattr(self, name)) is not None}

    def unit_labels(self) -> Labels | None:
        """Return the labels of the accounts (employees, for staff tables), or None where there is no such column."""
        return cast("Labels | None", getattr(self, self.unit, None))

    def column(self, name: str) -> NDArray[Any]:
        """Return a column that a KPI needs.

        Raises:
            MetricInputError: if the table was built without it.
        """
        values = getattr(self, name)
        if values is None:
            raise MetricInputError(
                f"{type(self).__name__} must have the column {name} for this KPI; got {list(self.columns())}"
            )
        return cast("NDArray[Any]", values)

    def grouping(self, by: By) -> dict[str, Labels]:
        """Return the labels to group by, by segment name.

        Args:
            by: None; a segment name, the name of a label column, or ``"account"``; several of
                them in a list or tuple; a mapping of names to labels; or labels of the table's length.

        Raises:
            MetricInputError: if a name is not known (the message lists those that are) or the length differs.
        """
        if by is None:
            return {}
        if isinstance(by, Mapping):
            return {str(name): self._labels_to_group(str(name), values) for name, values in by.items()}
        known = self._group_names()
        if isinstance(by, str):
            by = (by,)
        if isinstance(by, list | tuple) and by and all(isinstance(name, str) for name in by):
            unknown = [name for name in by if name not in known]
            if not unknown:
                return {name: known[name] for name in by}
            if isinstance(by, tuple) or len(by) != len(self):
                raise _checks.refuse("by", f"name segments of the table, one of {sorted(known)}", unknown[0])
        name = getattr(by, "name", None)
        name = name if isinstance(name, str) and name else "group"
        return {name: self._labels_to_group(name, by)}

    def _group_names(self) -> dict[str, Labels]:
        kinds = _kinds(type(self))
        own = {name: values for name, values in self.columns().items() if kinds[name] in LABELS}
        return {**own, **self.segments}

    def _labels_to_group(self, name: str, values: Values) -> Labels:
        found = (
            values
            if isinstance(values, Labels)
            else _checks.as_optional_labels("by", _reading.read_column("by", values))
        )
        if len(found) != len(self):
            raise _checks.refuse(
                "by",
                f"have one label for each of the {len(self)} rows",
                _checks.phrase(f"{len(found)} labels for {name}"),
            )
        return found

    def account_sums(
        self,
        columns: Sequence[str] | Mapping[str, NDArray[Any]],
        by: By = None,
        *,
        keep: NDArray[np.bool_] | None = None,
    ) -> AccountSums:
        """Sum columns to one figure for each account in each group.

        Args:
            columns: names of the table's columns, or arrays of its length by name.
            by: how to group, see :meth:`grouping`.
            keep: rows to sum; the others do not count in any way.

        Returns:
            The sums, with the table's own exclusions.
        """
        chosen = columns if isinstance(columns, Mapping) else {name: self.column(name) for name in columns}
        account, groups = self.unit_labels(), self.grouping(by)
        length = len(self)
        if keep is not None:
            chosen = {name: values[keep] for name, values in chosen.items()}
            groups = {name: found.where(keep) for name, found in groups.items()}
            account = None if account is None else account.where(keep)
            length = int(keep.sum())
        found = _sums.sum_accounts(length, account, groups, chosen, self.unit)
        return attrs.evolve(found, excluded={**self.excluded, **found.excluded})

    def where(self, keep: Values) -> Self:
        """Keep the rows where a mask is True.

        Args:
            keep: one True or False for each row.

        Example:
            >>> import abmmetrics as abm
            >>> emails = abm.Emails(account=["A", "B"], delivered=[4, 2], opened=[1, 1])
            >>> emails.where(emails.account == "A")
            Emails(1 rows, 1 accounts; delivered, opened)
        """
        mask = np.asarray(keep)
        if mask.dtype != bool or mask.shape != (len(self),):
            raise _checks.refuse(
                "keep",
                f"be {len(self)} booleans, one for each row",
                _checks.phrase(f"{mask.dtype} of shape {mask.shape}"),
            )
        return self._with_rows(lambda values: values.where(mask) if isinstance(values, Labels) else values[mask])

    def _with_rows(self, take: Callable[[Any], Any]) -> Self:
        return attrs.evolve(
            self,
            **{name: take(values) for name, values in self.columns().items()},
            segments={name: take(values) for name, values in self.segments.items()},
        )

    @classmethod
    def empty(cls) -> Self:
        """Return a table without rows: neutral when tables are stacked."""
        required = [
            field.name
            for field in attrs.fields(cast("Any", cls))
            if field.name in _kinds(cls) and field.default is attrs.NOTHING
        ]
        return cls(**{name: [] for name in required})

    def rollup(self, *segments: str) -> Self:
        """Sum to one row for each account and combination of segments (and of the model's own label columns).

        Every KPI of the rolled-up table is the same as of the rows, pooled or by the segments kept.

        Args:
            segments: names of the segments to keep.

        Raises:
            MetricInputError: if the model's rows cannot be summed, or a segment is not known.

        Example:
            >>> import abmmetrics as abm
            >>> emails = abm.Emails(account=["A", "A", "B"], delivered=[1, 1, 1], opened=[1, 0, 1])
            >>> emails.rollup().opened.tolist()
            [1, 1]
        """
        if not self.additive:
            raise MetricInputError(f"rollup must be of a table whose rows can be summed; got {type(self).__name__}")
        kinds = _kinds(type(self))
        own = {name: values for name, values in self.columns().items() if kinds[name] in LABELS}
        keys = {**own, **self.grouping(segments or None)}
        summed = {name: values for name, values in self.columns().items() if kinds[name] in SUMMED}
        cells = _sums.sum_cells(len(self), list(keys.values()), summed)
        taken = {
            name: _labels.from_codes(codes, _labels.as_python_list(found.categories))
            for (name, found), codes in zip(keys.items(), cells.keys, strict=True)
        }
        totals = {
            name: total.astype(np.int64) if kinds[name] in COUNTS else total for name, total in cells.sums.items()
        }
        return attrs.evolve(
            self, **{name: taken[name] for name in own}, **totals, segments={name: taken[name] for name in segments}
        )

    def with_segments(self, targets: "Table") -> Self:
        """Attach the segments of a target list by account; rows of other accounts get no label.

        Args:
            targets: a table with one row for each account, such as ``TargetAccounts``.

        Returns:
            The table with the segments of both; the target list's replace those of the same name.
        """
        theirs, mine = targets.unit_labels(), self.unit_labels()
        if theirs is None or mine is None:
            raise MetricInputError(
                f"with_segments must join tables that both have the column {self.unit}; got {targets!r}"
            )
        row_of = account_rows(theirs)
        names = _labels.as_python_list(mine.categories)
        rows = np.array([row_of.get(name, -1) for name in names] + [-1], dtype=np.int64)[mine.codes()]
        joined = {
            name: _labels.from_codes(np.append(found.codes(), -1)[rows], _labels.as_python_list(found.categories))
            for name, found in targets.segments.items()
        }
        return attrs.evolve(self, segments={**self.segments, **joined})

    @classmethod
    def from_frame(
        cls,
        frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
        *,
        segments: Sequence[str] | Mapping[str, str] = (),
        missing: Literal["refuse", "drop", "separate"] = "refuse",
        tz: str | None = None,
        **columns: Any,  # noqa: ANN401 - column names, and settings such as scale
    ) -> Self:
        """Read a table from a mapping of columns, or a pandas, polars or pyarrow frame.

        A column of the model that is not named is read from the frame's column of the same name, if there is one.

        Args:
            frame: mapping of column names to columns, or a data frame.
            segments: columns to group by later, or a mapping of segment names to columns.
            missing: ``"refuse"`` raises on a missing value (None, NaN, NaT, empty text) where the
                model needs one; ``"drop"`` leaves such rows out and counts them in ``excluded``;
                ``"separate"`` keeps rows without an account, each as an account of its own, and
                refuses other missing values.
            tz: whose days count where times carry a time zone, such as ``"Europe/Paris"``.
            columns: name of the model's column = name of the frame's column; settings as they are.

        Raises:
            MetricInputError: if a column is not there (close matches are named) or cannot be what it should be.

        Example:
            >>> import abmmetrics as abm
            >>> export = {"AccountId": ["A", "A", "B"], "Delivered": [1, 1, 1], "Opened": [1, 0, 1]}
            >>> abm.Emails.from_frame(export, account="AccountId", delivered="Delivered", opened="Opened")
            Emails(3 rows, 2 accounts; delivered, opened)
        """
        _checks.as_option("missing", missing, ("refuse", "drop", "separate"))
        kinds = _kinds(cls)
        settings = {field.name for field in attrs.fields(cast("Any", cls))} - {*kinds, "segments", "excluded"}
        for name in columns:
            if name not in kinds and name not in settings:
                raise _checks.refuse(cls.__name__, f"have the column, one of {list(kinds)}", name)
        available = _reading.column_names(frame)
        if isinstance(segments, str):
            segments = (segments,)
        named = dict(segments) if isinstance(segments, Mapping) else {name: name for name in segments}
        sources = {name: columns.get(name, name if name in available else None) for name in kinds}
        raw: dict[str, RawColumn] = {}
        for name, source in {**sources, **named}.items():
            if source is None:
                continue
            column = _reading.read_column(name, _reading.take_column(frame, source, argument=name))
            if tz is not None and kinds.get(name) in TIMES:
                column = _reading.localise(name, column, tz)
            raw[name] = column
        required = [field.name for field in attrs.fields(cast("Any", cls)) if field.default is attrs.NOTHING]
        for name in required:
            if name in kinds and name not in raw:
                raise _checks.refuse(f"{cls.__name__}.from_frame", f"be told the column for {name}", available)
        excluded: dict[str, int] = {}
        taken: dict[str, Any] = dict(raw)
        if missing == "drop":
            taken, excluded = _drop_missing(raw, [name for name in raw if kinds.get(name) not in NULLABLE])
        elif missing == "separate" and cls.unit in raw:
            taken[cls.unit] = _checks.as_optional_labels(cls.unit, raw[cls.unit])
        return cls(
            **{name: taken[name] for name in kinds if name in taken},
            **{name: columns[name] for name in columns if name in settings},
            segments={name: taken[name] for name in named},
            excluded=excluded,
        )


def _drop_missing(raw: Mapping[str, RawColumn], needed: Sequence[str]) -> tuple[dict[str, RawColumn], dict[str, int]]:
    """Leave out the rows that lack a value the model needs; each is counted once, under the first it lacks."""
    _checks.same_length({name: len(column) for name, column in raw.items()})
    keep: NDArray[np.bool_] | None = None
    excluded: dict[str, int] = {}
    for name in needed:
        gone = _checks.missing_rows(raw[name])
        if gone is None:
            continue
        keep = np.ones(len(gone), dtype=bool) if keep is None else keep
        lost = int((keep & gone).sum())
        if lost:
            excluded[f"missing {name}"] = lost
        keep &= ~gone
    if keep is None:
        return dict(raw), {}
    return {name: column.where(keep) for name, column in raw.items()}, excluded


def _closed(values: Any, length: int | None) -> Any:  # noqa: ANN401 - an array or labels
    """Return a column closed for writing, of one value for all rows where a length is given."""
    if isinstance(values, Labels):
        return values if length is None else values.where(np.zeros(length, dtype=np.int64))
    closed = values.view() if length is None else np.broadcast_to(values[0], (length,)).view()
    closed.flags.writeable = False
    return closed


def _same(mine: Any, theirs: Any) -> bool:  # noqa: ANN401 - arrays, labels or settings
    if isinstance(mine, Labels):
        return isinstance(theirs, Labels) and mine.to_list() == theirs.to_list()
    if isinstance(mine, np.ndarray):
        return bool(np.array_equal(mine, theirs, equal_nan=mine.dtype.kind in "fM"))
    return bool(mine == theirs)


def _distinct(accounts: Labels) -> int:
    codes = accounts.codes()
    named = len(np.unique(codes[codes >= 0]))
    return named + int((codes < 0).sum())


def account_rows(accounts: Labels) -> dict[Any, int]:
    """Return the row of each account of a table with one row for each."""
    return {account: row for row, account in enumerate(accounts.to_list())}


AnyTable = TypeVar("AnyTable", bound=Table)


def concat(tables: Sequence[AnyTable]) -> AnyTable:
    """Stack tables of one model.

    Args:
        tables: at least one; those without rows are neutral, the others must have the same
            columns, segments and settings (such as currency or scale).

    Returns:
        A table with the rows of all, and their exclusions added up.

    Raises:
        MetricInputError: if the tables differ in model, columns, segments or settings.

    Example:
        >>> import abmmetrics as abm
        >>> january = abm.Emails(account=["A"], delivered=[10], opened=[4])
        >>> february = abm.Emails(account=["A"], delivered=[10], opened=[5])
        >>> abm.concat([january, february]).opened.tolist()
        [4, 5]
    """
    stacked = list(tables)
    if not stacked:
        raise _checks.refuse("tables", "be at least one table", _checks.phrase("none"))
    kinds = {type(table) for table in stacked}
    if len(kinds) > 1:
        raise _checks.refuse(
            "tables", "be of one model", _checks.phrase(" and ".join(sorted(kind.__name__ for kind in kinds)))
        )
    filled = [table for table in stacked if len(table)] or stacked[:1]
    first = filled[0]
    for table in filled[1:]:
        for what, mine, theirs in _shape_differences(first, table):
            raise _checks.refuse("tables", f"have the same {what}", _checks.phrase(f"{mine} and {theirs}"))
    reasons = dict.fromkeys(reason for table in stacked for reason in table.excluded)
    return attrs.evolve(
        first,
        **{name: _stack([getattr(table, name) for table in filled]) for name in first.columns()},
        segments={name: _stack([table.segments[name] for table in filled]) for name in first.segments},
        excluded={reason: sum(table.excluded.get(reason, 0) for table in stacked) for reason in reasons},
    )


def _shape_differences(first: Table, second: Table) -> list[tuple[str, object, object]]:
    mine, theirs = first._everything(), second._everything()  # noqa: SLF001 - same module
    if mine.keys() != theirs.keys():
        return [("columns and segments", sorted(mine), sorted(theirs))]
    held = {*first.columns(), *(f"segment {name}" for name in first.segments), "excluded"}
    return [(name, mine[name], theirs[name]) for name in mine if name not in held and mine[name] != theirs[name]]


def _stack(parts: Sequence[Any]) -> Any:  # noqa: ANN401 - arrays or labels
    return _labels.concatenate(parts) if isinstance(parts[0], Labels) else np.concatenate(parts)
