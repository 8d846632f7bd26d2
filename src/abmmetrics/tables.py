"""Tables: counts, sums and dates of accounts, checked once and never changed.

A table holds sums and never a rate, so tables stack, pre-aggregate and merge, and a KPI
does not notice. Every model of the KPI families is a :class:`Table`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeAlias, TypeVar, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _from_frame, _held, _labels, _reading, _sql, _sums
from abmmetrics._labels import Labels
from abmmetrics._sums import AccountSums
from abmmetrics.columns import CHECKS, COUNTS, LABELS, NULLABLE, SUMMED, Values, labels, segment_labels
from abmmetrics.errors import MetricInputError

__all__ = ["By", "Labels", "Table", "concat", "constant"]

By: TypeAlias = Any
"""How to group: a segment name, several, ``"account"``, a mapping of names to labels, or labels of the table's length."""


def constant(values: Values) -> str | None:
    """Declare a setting among a model's ``constants``: one label, or a column that repeats it in every row."""
    return cast("str | None", values)


def _kinds(table: type["Table"]) -> dict[str, Callable[..., Any]]:
    """Return the columns of a model and what each of them is."""
    return _kinds_of(cast("Any", table))  # type checkers doubt that a class is hashable whose instances are not


@functools.cache
def _kinds_of(table: Any) -> dict[str, Callable[..., Any]]:  # noqa: ANN401 - see above
    converters = {field.name: field.converter for field in attrs.fields(table)}
    return {name: converter for name, converter in converters.items() if converter in CHECKS}


def _required(table: type["Table"]) -> list[str]:
    """Return the columns that a model cannot do without."""
    kinds = _kinds(table)
    return [field.name for field in attrs.fields(table) if field.default is attrs.NOTHING and field.name in kinds]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Table:
    """Columns of one length; the base of every model.

    Columns are given by keyword as lists, numpy arrays, or pandas, polars or pyarrow
    columns (taken by position); a single value stands for every row. They are held as
    read-only one-dimensional numpy arrays, without a copy where the type allows it.

    Attributes:
        segments: name to labels, whatever one wants to group by: tier, industry, campaign, month, test arm.
        excluded: reason to the number of rows that were left out when the table was read.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "A", "B"], delivered=[40, 20, 50], segments={"tier": [1, 1, 2]})
        >>> isinstance(emails, abm.Table), len(emails.rollup("tier"))
        (True, 2)
    """

    unit: ClassVar[str] = "account"
    """The column whose labels say which rows belong together and are not independent."""
    additive: ClassVar[bool] = True
    """True where rows of one account may be summed without changing any KPI."""
    at_most: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of columns of which the first may not exceed the second in any row."""
    constants: ClassVar[tuple[str, ...]] = ()
    """Settings that an export repeats in every row, such as the currency; a column of them must say one thing."""

    segments: Mapping[str, Labels] = attrs.field(factory=dict[str, Labels], converter=segment_labels)
    excluded: Mapping[str, int] = attrs.field(factory=dict[str, int])

    def __attrs_post_init__(self) -> None:
        """Convert and check every column, once."""
        kinds = _kinds(type(self))
        columns: dict[str, Any] = {}
        scalars: dict[str, bool] = {}
        for name, values in self._given().items():
            columns[name], scalars[name] = self._converted(name, kinds.get(name), values)
        length = _checks.same_length({name: len(columns[name]) for name in columns if not scalars[name]})
        for name in self.constants:
            scalars.pop(name, None)
            object.__setattr__(self, name, _held.said_throughout(name, columns.pop(name, None)))
        for name, scalar in scalars.items():
            columns[name] = _held.closed(columns[name], length if scalar else None)
        for name in kinds:
            object.__setattr__(self, name, columns.get(name))
        object.__setattr__(self, "segments", {name: columns[name] for name in self.segments})
        object.__setattr__(self, "excluded", dict(self.excluded))
        for smaller, larger in self.at_most:
            if smaller in columns and larger in columns:
                _checks.at_most(smaller, larger, columns[smaller], columns[larger])
        self.check_rows()

    def _given(self) -> dict[str, Any]:
        """Return what was given as columns, constants and segments, by name."""
        given: dict[str, Any] = {name: getattr(self, name) for name in (*_kinds(type(self)), *self.constants)}
        reserved = list(given)
        segments: Any = self.segments  # whatever the caller gave
        if not _reading.is_mapping(segments):
            raise _checks.refuse("segments", "be a mapping of names to labels", segments)
        for name in segments:
            if not isinstance(name, str) or name in reserved:
                raise _checks.refuse("segments", f"have names other than the columns {reserved}", name)
        given.update(segments)
        for name in (*_required(type(self)), *segments):
            if given[name] is None:
                raise _checks.refuse(name, "be given", None)
        return {name: values for name, values in given.items() if values is not None}

    def _converted(self, name: str, kind: Callable[..., Any] | None, values: Values) -> tuple[Any, bool]:
        """Return a column as it is held, and whether one value was given for all rows."""
        if isinstance(values, Labels) and (kind is None or kind in LABELS):
            # Accounts may be unknown; of what else a model declares only what it says may be.
            if kind is not None and kind not in NULLABLE and name != self.unit:
                _checks.all_labelled(name, values)
            return values, False
        raw = _reading.read_column(name, values)
        return CHECKS[labels if kind is None else kind](name, raw), raw.scalar

    def check_rows(self) -> None:
        """Check what only this model's columns together can show; the base has nothing to add."""

    def __len__(self) -> int:
        """Number of rows."""
        return next((len(values) for values in self.columns().values()), 0)

    def __repr__(self) -> str:
        """Say what the table is and holds."""
        held = [_checks.how_many(len(self), "rows")]
        if (accounts := self.unit_labels()) is not None:
            held.append(_checks.how_many(_held.distinct(accounts), f"{self.unit}s"))
        names = [name for name in self.columns() if name != self.unit]
        segments = [f"segments: {', '.join(self.segments)}"] if self.segments else []
        parts = [", ".join(held), *([", ".join(names)] if names else []), *segments]
        return f"{type(self).__name__}({'; '.join(parts)})"

    def __hash__(self) -> int:
        """Refuse: a table compares arrays, hence it cannot be a key."""
        raise TypeError(f"unhashable type: {type(self).__name__!r}")

    def __eq__(self, other: object) -> bool:
        """Compare the columns and segments, row by row."""
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = _contents(self), _contents(other)
        return mine.keys() == theirs.keys() and all(_held.same(mine[name], theirs[name]) for name in mine)

    def columns(self) -> dict[str, Any]:
        """Return the columns that the table has, by name."""
        return {name: values for name in _kinds(type(self)) if (values := getattr(self, name)) is not None}

    def unit_labels(self) -> Labels | None:
        """Return the labels of the accounts (employees, for staff tables), or None where there is no such column."""
        return cast("Labels | None", getattr(self, self.unit, None))

    def column(self, name: str) -> NDArray[Any]:
        """Return a column that a KPI needs.

        Raises:
            MetricInputError: if the model has no such column, or the table was built without it.
        """
        held = self.columns()
        if name not in held:
            raise MetricInputError(f"{type(self).__name__} must have the column {name} for this KPI; got {list(held)}")
        return cast("NDArray[Any]", held[name])

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
        if _reading.is_mapping(by):
            return {str(name): self._labels_to_group(str(name), values) for name, values in by.items()}
        known = self._group_names()
        names = _held.names_among(by)
        if names:
            unknown = [name for name in names if name not in known]
            if not unknown:
                return {name: known[name] for name in names}
            if isinstance(by, str | tuple) or len(names) != len(self):
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
        columns: str | Sequence[str] | Mapping[str, Values],
        by: By = None,
        *,
        keep: NDArray[np.bool_] | None = None,
    ) -> AccountSums:
        """Sum columns to one figure for each account in each group.

        Args:
            columns: names of the table's columns, or booleans or numbers of its length by name.
            by: how to group, see :meth:`grouping`.
            keep: rows to sum; the others do not count in any way.

        Returns:
            The sums, with the table's own exclusions.

        Raises:
            MetricInputError: if a column is not there, or is not of finite numbers where it is summed.
        """
        if isinstance(columns, Mapping):
            chosen = dict(columns)
        else:
            chosen = {name: self.column(name) for name in ((columns,) if isinstance(columns, str) else columns)}
        account, groups = self.unit_labels(), self.grouping(by)
        length = len(self)
        chosen = {name: _held.figures(name, values, length, keep) for name, values in chosen.items()}
        if keep is not None:
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
            Emails(1 row, 1 account; delivered, opened)
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
        columns: dict[str, Any] = {name: take(values) for name, values in self.columns().items()}
        return self._replaced(columns, {name: take(values) for name, values in self.segments.items()})

    def _replaced(self, columns: Mapping[str, Any], segments: Mapping[str, Labels]) -> Self:
        """Return the table with other columns and segments, checked again."""
        return attrs.evolve(self, **{**columns, "segments": segments})

    @classmethod
    def empty(cls) -> Self:
        """Return a table without rows, with every column: neutral when tables are stacked."""
        columns: dict[str, Any] = {name: [] for name in _kinds(cls)}
        return cls(**columns)

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
        # Rows without an account are accounts of their own, in the sums as here.
        accounts, names = _labels.each_its_own(keys.pop(self.unit, None), len(self))
        summed = {name: values for name, values in self.columns().items() if kinds[name] in SUMMED}
        cells = _sums.sum_cells(len(self), [accounts, *keys.values()], summed)
        account, *codes = cells.keys
        taken = {
            name: _labels.from_codes(codes_of_name, _labels.as_python_list(found.categories))
            for (name, found), codes_of_name in zip(keys.items(), codes, strict=True)
        }
        if self.unit in own:
            taken[self.unit] = _labels.from_codes(np.where(account < len(names), account, -1), names)
        totals = {
            name: total.astype(np.int64) if kinds[name] in COUNTS else total for name, total in cells.sums.items()
        }
        return self._replaced(
            {**{name: taken[name] for name in own}, **totals}, {name: taken[name] for name in segments}
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
        kind, other = _labels.kind_of(mine), _labels.kind_of(theirs)
        if kind is not None and other is not None and kind != other:
            raise _checks.refuse("targets", f"name accounts by {kind}, as the table does", _checks.phrase(other))
        row_of = _held.account_rows(theirs)
        if len(row_of) < len(theirs):
            once = theirs.to_list()
            again = next(row for row, account in enumerate(once) if row_of[account] != row)
            raise _checks.refuse("targets", "have one row for each account", _checks.phrase(f"{once[again]!r} twice"))
        names = _labels.as_python_list(mine.categories)
        rows = np.array([row_of.get(name, -1) for name in names] + [-1], dtype=np.int64)[mine.codes()]
        joined = {
            name: _labels.from_codes(np.append(found.codes(), -1)[rows], _labels.as_python_list(found.categories))
            for name, found in targets.segments.items()
        }
        return self._replaced({}, {**self.segments, **joined})

    @classmethod
    def from_frame(
        cls,
        frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
        *,
        segments: Sequence[str] | Mapping[str, str] = (),
        missing: _from_frame.Missing = "refuse",
        tz: str | None = None,
        **columns: Any,  # noqa: ANN401 - column names, and settings such as scale
    ) -> Self:
        """Read a table from a mapping of columns or a data frame.

        A column of the model that is not named is read from the frame's column of the same name, if there is one.

        pandas, polars and pyarrow need nothing else. With the extra ``frames``, lazy polars frames, DuckDB
        relations, PySpark (classic and Connect), Dask, Ibis, SQLFrame and Narwhals frames compute where they are:
        the rows of a model that can be summed come over summed to account and segments (those of an eager polars
        frame too), the rows of the others as they are. A row that is refused has a number where the rows of the
        frame have an order, as polars' have.

        Args:
            frame: mapping of column names to columns, or a data frame.
            segments: columns to group by later, or a mapping of segment names to columns.
            missing: ``"refuse"`` raises on a missing value (None, NaN, NaT, empty text) where the
                model needs one; ``"drop"`` leaves such rows out and counts them in ``excluded``;
                ``"separate"`` keeps rows without an account, each as an account of its own, and
                refuses other missing values.
            tz: whose days count where times carry a time zone, such as ``"Europe/Paris"``.
            columns: name of the model's column = name of the frame's column; settings as they are, or,
                where every row repeats one (the currency), the name of the frame's column.

        Raises:
            MetricInputError: if a column is not there (close matches are named) or cannot be what it should be.

        Example:
            >>> import abmmetrics as abm
            >>> export = {"AccountId": ["A", "A", "B"], "Delivered": [1, 1, 1], "Opened": [1, 0, 1]}
            >>> abm.Emails.from_frame(export, account="AccountId", delivered="Delivered", opened="Opened")
            Emails(3 rows, 2 accounts; delivered, opened)
        """
        _checks.as_option("missing", missing, ("refuse", "drop", "separate"))
        model = cls._model()
        frame = _from_frame.opened(frame, additive=cls.additive)
        sources = model.sources(_reading.column_names(frame), columns)
        named = _from_frame.named_segments(segments)
        taken, excluded = _from_frame.read_columns(frame, {**sources, **named}, model, missing=missing, tz=tz)
        given: dict[str, Any] = {name: taken[name] for name in sources}
        given.update({name: value for name, value in columns.items() if name in model.settings and name not in sources})
        return cls(**given, segments={name: taken[name] for name in named}, excluded=excluded)

    @classmethod
    def rollup_sql(
        cls,
        source: str,
        *,
        columns: Mapping[str, str] | Sequence[str] = (),
        segments: Sequence[str] | Mapping[str, str] = (),
        flags: Sequence[str] = (),
        dialect: str = "ansi",
    ) -> str:
        """Write the query that sums rows to account and segments, for a warehouse that no frame reaches.

        Read its rows with :meth:`from_frame`. A value that the model refuses (missing, negative, no
        whole number, above its whole) makes its group's sum NULL, which is refused there; the query
        cannot leave out rows.

        Args:
            source: name of the table or view as the warehouse stores it, the parts of a qualified name
                separated by dots; or a template such as ``{{ ref('events') }}``, which stays as it is.
            columns: name of the model's column to the source's column, or a list where they are called alike.
                What the model needs, such as the account, is called alike unless it is named.
            segments: columns to group by later, or a mapping of segment names to columns.
            flags: counts whose column in the source is boolean.
            dialect: ``"ansi"``, ``"bigquery"``, ``"databricks"``, ``"duckdb"``, ``"mysql"``, ``"postgres"``,
                ``"redshift"``, ``"snowflake"``, ``"spark"``, ``"sqlite"`` or ``"sqlserver"``.

        Raises:
            MetricInputError: if the model's rows cannot be summed, or a name is not known or cannot be quoted.

        Example:
            >>> import abmmetrics as abm
            >>> print(abm.Emails.rollup_sql("events", columns=["delivered", "opened"], flags=["opened"]))
            SELECT
              "account",
              CASE WHEN SUM(CASE WHEN "delivered" IS NULL OR ... THEN 1 ELSE 0 END) = 0 THEN SUM("delivered") END ...,
              CASE WHEN SUM(CASE WHEN ... OR "opened" > "delivered" THEN 1 ELSE 0 END) = 0 THEN SUM("opened") END ...
            FROM (
              SELECT
                "account" AS "account",
                "delivered" AS "delivered",
                CASE WHEN "opened" THEN 1 WHEN NOT "opened" THEN 0 END AS "opened"
              FROM "events"
            ) AS "abm_rows"
            GROUP BY "account"
        """
        if not cls.additive:
            raise MetricInputError(f"rollup_sql must be of a model whose rows can be summed; got {cls.__name__}")
        return _sql.rollup_query(source, cls._model(), columns, segments, flags, dialect)

    @classmethod
    def _model(cls) -> _from_frame.Model:
        """Return what the model wants of a frame."""
        kinds = _kinds(cls)
        settings = frozenset({field.name for field in attrs.fields(cls)} - {*kinds, "segments", "excluded"})
        return _from_frame.Model(
            cls.__name__, kinds, _required(cls), settings, cls.constants, cls.unit, cls.additive, cls.at_most
        )


def _contents(table: Table) -> dict[str, Any]:
    """Return columns, segments and settings by name."""
    held = {*_kinds(type(table)), "segments"}
    settings = {field.name: getattr(table, field.name) for field in attrs.fields(type(table)) if field.name not in held}
    return {**table.columns(), **{f"segment {name}": found for name, found in table.segments.items()}, **settings}


AnyTable = TypeVar("AnyTable", bound=Table)


def concat(tables: Sequence[AnyTable]) -> AnyTable:
    """Stack tables of one model.

    Leaves out: nothing. A row that is in two tables counts twice, for nothing tells that it is one.

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

    References:
        Gray et al. (1997), "Data cube", Data Mining and Knowledge Discovery 1, 29–53: sums of parts add up, rates do not.
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
    columns: dict[str, Any] = {
        name: _held.stack(name, [getattr(table, name) for table in filled]) for name in first.columns()
    }
    segments = {name: _held.stack(name, [table.segments[name] for table in filled]) for name in first.segments}
    excluded = {reason: sum(table.excluded.get(reason, 0) for table in stacked) for reason in reasons}
    return attrs.evolve(first, **{**columns, "segments": segments, "excluded": excluded})


def _shape_differences(first: Table, second: Table) -> list[tuple[str, object, object]]:
    mine, theirs = _contents(first), _contents(second)
    if mine.keys() != theirs.keys():
        return [("columns and segments", sorted(mine), sorted(theirs))]
    held = {*first.columns(), *(f"segment {name}" for name in first.segments), "excluded"}
    return [(name, mine[name], theirs[name]) for name in mine if name not in held and mine[name] != theirs[name]]
