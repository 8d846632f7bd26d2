"""Tables from where the data live: polars (lazy), DuckDB, PySpark, Dask, Ibis, through Narwhals.

Additive tables are summed to account and segments inside the engine and only the sums come
back; row-level tables are selected there and come over row by row. What the models refuse is
looked for in the engine too; a row that is refused comes over alone, for the ordinary checks
to say why. Needs the extra: ``python -m pip install "abmmetrics[frames]"``.

Only expressions are used that every engine gets right: columns are cast and flagged with
``with_columns`` first, and an aggregation takes nothing but the sum or length of a column.
"""

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from abmmetrics import _checks, _held, _reading
from abmmetrics._from_frame import EngineFrame, Missing, Model
from abmmetrics.columns import CHECKS, COUNTS, LABELS, SIGNED, SUMMED, labels
from abmmetrics.errors import MetricInputError

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

__all__ = ["open_engine", "read_rows", "read_sums"]

_BAD = "abm_refused_rows"
_ROWS = "abm_rows"
_ROW = "abm_row"
# Below this a sum of 64-bit counts cannot overflow before a group has two billion rows.
_SAFELY_SUMMED = 2**32
_LARGEST = 2**63 - 1


_Check = Callable[[Mapping[str, Any]], object]


def open_engine(frame: Any) -> EngineFrame:  # noqa: ANN401 - any data frame
    """Open an engine's frame.

    Args:
        frame: a frame of polars, DuckDB, PySpark, Dask, Ibis, SQLFrame or Narwhals.

    Raises:
        MetricInputError: if Narwhals is not installed, or the engine cannot say what columns there are.
    """
    try:
        import narwhals.stable.v2 as nw  # noqa: PLC0415 - an extra, imported where it is needed
    except ImportError as cause:
        raise MetricInputError(
            f"frame must be a mapping of columns or a pandas, polars or pyarrow frame unless the extra is installed "
            f'(python -m pip install "abmmetrics[frames]"); got {type(frame).__name__}'
        ) from cause
    lazy = _in_engine(lambda: nw.from_native(frame).lazy())
    schema = _in_engine(lazy.collect_schema)
    return EngineFrame(lazy, dict(schema), ordered=lazy.implementation.is_polars())


def read_rows(frame: EngineFrame, names: Sequence[str]) -> dict[str, Any]:
    """Bring some columns of an engine's frame over, row by row."""
    import narwhals.stable.v2 as nw  # noqa: PLC0415 - an extra, imported where it is needed

    # Sums of DuckDB are whole numbers of 128 bits, which would come over as decimals.
    narrow = {name: isinstance(frame.schema[name], nw.Int128) for name in names}
    return _columns(
        _collect(frame.lazy.select(*(nw.col(n).cast(nw.Int64) if wide else nw.col(n) for n, wide in narrow.items())))
    )


def read_sums(
    frame: EngineFrame, sources: Mapping[str, str], model: Model, missing: Missing
) -> tuple[dict[str, Any], dict[str, int]]:
    """Sum columns in the engine, to one row for each combination of labels.

    Args:
        frame: the engine's frame.
        sources: name of the model's column or segment to the frame's column.
        model: what the columns are.
        missing: ``"refuse"``, ``"drop"`` or ``"separate"``, as :meth:`Table.from_frame` says.

    Returns:
        The columns by the model's names, and reason to the number of rows left out.

    Raises:
        MetricInputError: if a column cannot be what it should be, holds values that the model
            refuses, or the engine fails (its own message is the cause).

    Example:
        >>> import polars
        >>> import abmmetrics as abm
        >>> rows = polars.LazyFrame({"id": ["A", "A", "B"], "got": [1, 1, 1], "read": [True, False, True]})
        >>> emails = abm.Emails.from_frame(rows, account="id", delivered="got", opened="read")
        >>> sorted(zip(emails.account, emails.delivered.tolist(), emails.opened.tolist()))
        [('A', 2, 1), ('B', 1, 1)]
    """
    import narwhals.stable.v2 as nw  # noqa: PLC0415 - an extra, imported where it is needed

    plan = _Plan(nw, {name: frame.schema[source] for name, source in sources.items()}, model, missing)
    raw = frame.lazy.select(*(nw.col(source).alias(name) for name, source in sources.items()))
    excluded: dict[str, int] = {}
    if missing == "drop":
        raw, excluded = _drop_missing(raw, plan)
    if not all(plan.fits(name) for name in sources):
        _refuse_first(raw, plan, ordered=frame.ordered)
        return _columns(_collect(raw)), excluded  # a column of a wrong type is not refused where there are no rows
    found = _collect(_summed(raw, plan))
    constants = [name for name in model.constants if name in sources]
    suspect = (
        any(found[_BAD].to_list())
        or any("" in set(found[name].to_list()) for name in plan.may_be_blank())
        or any(len(set(found[name].to_list())) > 1 for name in constants)
    )
    if suspect:
        _refuse_first(raw, plan, ordered=frame.ordered)
        # What is left are counts so large that their sum might pass 64 bits.
        found = _collect(_summed(raw, attrs.evolve(plan, widened=True)))
        for name in plan.values:
            largest = max(found[name].to_list(), default=0)
            if model.kinds[name] in COUNTS and largest > _LARGEST:
                raise _checks.refuse(name, "sum to less than 2**63 in each account", largest)
    return _columns(found), excluded


def _summed(raw: Any, plan: "_Plan") -> Any:  # noqa: ANN401 - a lazy frame in and out
    """Sum a frame to one row for each combination of labels, and tell of which there are rows to look at again.

    The largest of the flags tells that as well as their sum: DuckDB takes 0.96 of the bare sums then instead of 1.22,
    and polars 1.04 instead of 1.05 (1.22 where flags are whole numbers).
    """
    nw = plan.nw
    suspects = [*plan.suspects(), *plan.above()]
    flagged = raw.with_columns(plan.any_of(suspects).alias(_BAD), *plan.casts())
    nameless = plan.is_missing(plan.model.unit) if plan.separate else None
    named = flagged if nameless is None else flagged.filter(~nameless)
    grouped = named.group_by(plan.labels).agg(*(nw.col(name).sum() for name in plan.values), nw.col(_BAD).max())
    # DuckDB sums whole numbers to 128 bits, which would come over as decimals.
    narrow = [*plan.labels, *(nw.col(name).cast(plan.type_of(name)) for name in plan.values), nw.col(_BAD)]
    if nameless is None:
        return grouped.select(*narrow)
    return nw.concat([part.select(*narrow) for part in (grouped, flagged.filter(nameless))])


@attrs.frozen(eq=False)
class _Plan:
    """How each column is cast and what in it is refused, for one schema.

    Attributes:
        nw: the module Narwhals.
        dtypes: name of the model's column, constant or segment to its type.
        model: what the columns are.
        missing: ``"refuse"``, ``"drop"`` or ``"separate"``.
        widened: True to sum whole numbers as floats, as numpy does.
    """

    nw: Any
    dtypes: Mapping[str, Any]
    model: Model
    missing: Missing
    widened: bool = False

    def kind(self, name: str) -> Callable[..., Any]:
        """Return what a column is; constants and segments are labels."""
        return self.model.kinds.get(name, labels)

    @property
    def labels(self) -> list[str]:
        """Names of the label columns."""
        return [name for name in self.dtypes if self.kind(name) in LABELS]

    @property
    def values(self) -> list[str]:
        """Names of the columns to sum."""
        return [name for name in self.dtypes if self.kind(name) in SUMMED]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Pairs of columns of which the first may not exceed the second."""
        return [pair for pair in self.model.at_most if set(pair) <= self.dtypes.keys()]

    @property
    def separate(self) -> bool:
        """True where rows without an account stay rows."""
        return self.missing == "separate" and self.model.unit in self.dtypes

    def fits(self, name: str) -> bool:
        """Tell whether the type of a column can be what it should be."""
        nw, kind, dtype = self.nw, self.kind(name), self.dtypes[name]
        if kind in LABELS:
            # An unknown type, such as a UUID of DuckDB, is text when it comes over, or refused then.
            return dtype.is_integer() or isinstance(dtype, nw.Boolean | nw.Unknown) or self._is_text(name)
        return dtype.is_numeric() or (isinstance(dtype, nw.Boolean) and kind in COUNTS)

    def _is_text(self, name: str) -> bool:
        nw = self.nw
        return isinstance(self.dtypes[name], nw.String | nw.Categorical | nw.Enum)

    def _is_wide(self, name: str) -> bool:
        nw = self.nw
        return isinstance(self.dtypes[name], nw.UInt64 | nw.Int128 | nw.UInt128)

    def _is_long(self, name: str) -> bool:
        return self._is_wide(name) or isinstance(self.dtypes[name], self.nw.Int64)

    def _is_whole(self, name: str) -> bool:
        return self.kind(name) in COUNTS and (
            self.dtypes[name].is_integer() or isinstance(self.dtypes[name], self.nw.Boolean)
        )

    def column(self, name: str) -> "nw.Expr":
        """Return a column as a type whose values compare in every engine."""
        nw, dtype = self.nw, self.dtypes[name]
        if isinstance(dtype, nw.Categorical | nw.Enum):
            return nw.col(name).cast(nw.String)
        return nw.col(name).cast(nw.Float64) if dtype.is_decimal() else nw.col(name)

    def casts(self) -> list["nw.Expr"]:
        """Return the columns as the types that sum and join in the same way in every engine."""
        return [self.cast(name).alias(name) for name in self.dtypes]

    def cast(self, name: str) -> "nw.Expr":
        nw, column = self.nw, self.column(name)
        if self._is_wide(name) and not (self.kind(name) in LABELS and isinstance(self.dtypes[name], nw.UInt64)):
            # What does not fit into 64 bits is refused by its flag; it only must not fail the cast.
            column = nw.when(column <= _LARGEST).then(column)
            if self.kind(name) in LABELS:
                return column.cast(nw.Int64)
        if self.kind(name) in LABELS:
            return column
        if isinstance(self.dtypes[name], nw.Boolean):
            return nw.when(column).then(nw.lit(1)).otherwise(nw.lit(0))
        # A missing count is refused by its flag; the 0 lets the cast pass in engines without null integers.
        return column.fill_null(0).cast(self.type_of(name)) if self._is_whole(name) else column.cast(nw.Float64)

    def type_of(self, name: str) -> Any:  # noqa: ANN401 - a Narwhals type
        """Return the type of a sum."""
        whole = self._is_whole(name) and not self.widened
        return self.nw.Int64 if whole else self.nw.Float64

    def any_of(self, tests: Sequence["nw.Expr"]) -> "nw.Expr":
        """Tell where any of some tests holds; where one is of a missing value, another is whether it is missing."""
        nw = self.nw
        any_test = functools.reduce(lambda one, other: one | other, tests)
        return nw.when(any_test).then(nw.lit(value=True)).otherwise(nw.lit(value=False))

    def flag(self, test: "nw.Expr") -> "nw.Expr":
        """Return 1 where a test holds, else 0: what every engine can sum."""
        nw = self.nw
        return nw.when(test).then(nw.lit(1)).otherwise(nw.lit(0))

    def is_missing(self, name: str) -> "nw.Expr":
        """Tell which rows lack a value; empty text is one that is missing."""
        column = self.column(name)
        if self._is_text(name):
            return column.is_null() | (column == "")
        return column.is_null() | column.is_nan() if self.dtypes[name].is_float() else column.is_null()

    def is_wrong(self, name: str) -> "nw.Expr | None":
        """Tell which present values are refused; None where the type alone says that none is."""
        dtype, column = self.dtypes[name], self.column(name)
        if self.kind(name) in LABELS:
            return (column > _LARGEST) | (column < -_LARGEST) if self._is_wide(name) else None
        if dtype.is_integer():
            negative = None if dtype.is_unsigned_integer() or self.kind(name) in SIGNED else column < 0
            if self._is_wide(name) and self.kind(name) in COUNTS:
                return column > _LARGEST if negative is None else negative | (column > _LARGEST)
            return negative
        if not dtype.is_numeric():
            return None
        wrong = ~column.is_finite()
        if self.kind(name) in SIGNED:
            return wrong
        wrong = (column < 0) | wrong
        if self.kind(name) in COUNTS:
            small = self.nw.when((column >= 0) & (column < float(_LARGEST))).then(column)  # Ibis floors to 64 bits
            wrong = wrong | (column >= float(_LARGEST)) | (small != small.floor())
        return wrong

    def refusals(self, name: str) -> list["nw.Expr"]:
        """Return tests for rows whose value of a column is refused, in the order in which the ordinary checks test."""
        lacks = self.is_missing(name)
        tests = [] if name == self.model.unit and self.separate else [lacks]
        if not self.fits(name):
            return [*tests, ~lacks]
        wrong = self.is_wrong(name)
        return tests if wrong is None else [*tests, wrong]

    def may_be_blank(self) -> list[str]:
        """Return the columns of text in which an empty text would be refused."""
        return [name for name in self.dtypes if self._is_text(name) and not (name == self.model.unit and self.separate)]

    def above(self) -> list["nw.Expr"]:
        """Return tests for rows in which a part exceeds its whole."""
        tests: list[nw.Expr] = []
        for pair in self.pairs:
            flags = [isinstance(self.dtypes[name], self.nw.Boolean) for name in pair]
            small, large = (self.cast(name) if any(flags) else self.column(name) for name in pair)
            tests.append(self.column(pair[0]) & ~self.column(pair[1]) if all(flags) else small > large)
        return tests

    def suspects(self) -> list["nw.Expr"]:
        """Return tests for rows to look at again: values that are refused, and counts too large to sum blindly.

        Empty text is looked for among the labels of the groups (:meth:`may_be_blank`), which are fewer than the rows.
        """
        blanks = self.may_be_blank()
        tests = [
            test
            for name in self.dtypes
            for test in ([self.column(name).is_null()] if name in blanks else self.refusals(name))
        ]
        large = [name for name in self.values if self._is_whole(name) and self._is_long(name)]
        return tests + [self.nw.col(name) >= _SAFELY_SUMMED for name in large]


def _drop_missing(frame: Any, plan: _Plan) -> tuple[Any, dict[str, int]]:  # noqa: ANN401 - a lazy frame
    """Leave out rows that lack a value; each is counted once, under the first it lacks."""
    nw = plan.nw
    needed = list(plan.dtypes)
    first = nw.lit(-1)
    for place in reversed(range(len(needed))):
        first = nw.when(plan.is_missing(needed[place])).then(nw.lit(place)).otherwise(first)
    marked = frame.with_columns(first.alias(_BAD))
    counted = _collect(marked.group_by(_BAD).agg(nw.len().alias(_ROWS)))
    lost = dict(zip(counted[_BAD].to_list(), counted[_ROWS].to_list(), strict=True))
    excluded = {f"missing {name}": int(lost[place]) for place, name in enumerate(needed) if place in lost}
    return marked.filter(nw.col(_BAD) < 0).drop(_BAD), excluded


def _refuse_first(raw: Any, plan: _Plan, *, ordered: bool) -> None:  # noqa: ANN401 - a lazy frame
    """Bring the first row of the first kind that is refused over, for the ordinary checks to say why."""
    nw = plan.nw
    if ordered:
        raw = nw.from_native(raw.to_native().with_row_index(_ROW))
    _refuse_where(
        raw,
        plan,
        [(test, functools.partial(_check_column, plan, name)) for name in plan.dtypes for test in plan.refusals(name)],
    )
    for name in plan.model.constants:
        first = _first(raw) if name in plan.dtypes else {}
        if first:
            said = _check_column(plan, name, first)[0]
            _say(_first(raw.filter(plan.column(name) != said)), functools.partial(_check_constant, plan, name, said))
    if all(plan.fits(name) for name in plan.dtypes):
        checks = [functools.partial(_check_pair, plan, *pair) for pair in plan.pairs]
        _refuse_where(raw, plan, list(zip(plan.above(), checks, strict=True)))


def _refuse_where(raw: Any, plan: _Plan, tests: Sequence[tuple["nw.Expr", _Check]]) -> None:  # noqa: ANN401 - a lazy frame
    """Refuse the first row of the first test that holds for any; one query finds out which tests do."""
    names = [f"{_BAD}_{place}" for place in range(len(tests))]
    flags = [plan.flag(test).alias(name) for name, (test, _) in zip(names, tests, strict=True)]
    if not tests:
        return
    found = _collect(raw.with_columns(*flags).select(*(plan.nw.col(name).sum() for name in names)))
    for name, (test, check) in zip(names, tests, strict=True):
        if found[name].to_list()[0]:
            _say(_first(raw.filter(test)), check)


def _first(frame: Any) -> dict[str, Any]:  # noqa: ANN401 - a lazy frame
    """Return the columns of the first row that an engine comes upon; none where there is no row."""
    found = _collect(frame.head(1))
    return {name: found.to_native()[name] for name in found.columns} if len(found) else {}


def _say(row: Mapping[str, Any], check: _Check) -> None:
    """Refuse a row, if there is one, in the words of an ordinary check; its number is known where rows have an order."""
    if not row:
        return
    try:
        check(row)
    except MetricInputError as refusal:
        told, here, _ = str(refusal).rpartition(" at row ")
        place = f" at row {row[_ROW][0]}" if _ROW in row else ""
        raise MetricInputError(f"{told}{place}" if here else str(refusal)) from None


def _check_column(plan: _Plan, name: str, row: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an array or labels
    return CHECKS[plan.kind(name)](name, _reading.read_column(name, row[name]))


def _check_constant(plan: _Plan, name: str, said: object, row: Mapping[str, Any]) -> None:
    other = _check_column(plan, name, row)[0]
    _held.said_throughout(name, CHECKS[labels](name, _reading.read_column(name, [said, other])))


def _check_pair(plan: _Plan, small: str, large: str, row: Mapping[str, Any]) -> None:
    _checks.at_most(small, large, _check_column(plan, small, row), _check_column(plan, large, row))


def _collect(frame: Any) -> Any:  # noqa: ANN401 - a lazy frame in, an eager one out
    return _in_engine(frame.collect)


def _in_engine(run: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the engine gives
    """Let an engine work; when it fails, its own message is the cause."""
    try:
        with warnings.catch_warnings():
            # It comes with every Dask frame; the package that it asks for is not to be had yet.
            warnings.filterwarnings("ignore", "Dask support is moving out of Narwhals", FutureWarning)
            return run()
    except Exception as cause:
        first = str(cause).strip().partition("\n")[0]
        raise MetricInputError(f"frame must run in its engine; got {type(cause).__name__}: {first}") from cause


def _columns(frame: Any) -> dict[str, Any]:  # noqa: ANN401 - an eager Narwhals frame
    native = frame.to_native()
    return {name: native[name] for name in frame.columns if name != _BAD}
