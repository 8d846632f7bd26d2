"""What is wrong with data, before anything is computed from them.

A model refuses rows that cannot be, and says which is the first. What rows can be and still
mislead (look-alike names, days that stand for none, lost deals worth nothing) is found here,
with counts, row numbers and what to do about it.

* :func:`inspect` looks at tables, or at a whole programme: also at what its tables say together.
* :func:`inspect_frame` looks at an export that no model has taken yet, and finds all that a model would refuse.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import (
    _checks,
    _html,
    _quality_activity,
    _quality_deals,
    _quality_money,
    _quality_names,
    _quality_reading,
    _quality_rows,
    _quality_stages,
    _quality_times,
    _reading,
)
from abmmetrics._labels import Label
from abmmetrics._quality import SEVERITIES, Check, Look, name_of, sheet_of
from abmmetrics.program import Program
from abmmetrics.tables import Table

__all__ = ["DataFinding", "Inspection", "inspect", "inspect_frame"]

CHECKS: tuple[Check, ...] = (
    *_quality_rows.CHECKS,
    *_quality_names.CHECKS,
    *_quality_times.CHECKS,
    *_quality_deals.CHECKS,
    *_quality_stages.CHECKS,
    *_quality_activity.CHECKS,
    *_quality_money.CHECKS,
)
"""All that is looked for."""


@attrs.frozen(kw_only=True, eq=False)
class DataFinding:
    """Something in a table that misleads; ``str(finding)`` is its sentence.

    Attributes:
        code: a fixed name, for code.
        severity: ``"wrong"`` (figures are wrong with it), ``"doubtful"`` (they may be) or ``"to know"``.
        table: the name of the table.
        sentence: what it is, with how many of how many.
        advice: what to do about it.
        count: how many rows; of rows that were left out earlier there are no numbers.
        total: of how many.
        rows: their numbers, from 0, in order.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["Acme", "ACME Inc."], sent=[1, 1])
        >>> found = next(iter(abm.inspect(emails)))
        >>> found.code, found.severity, found.count
        ('accounts_alike', 'doubtful', 2)
    """

    code: str
    severity: Literal["wrong", "doubtful", "to know"]
    table: str
    sentence: str
    advice: str
    count: int
    total: int
    rows: NDArray[np.int64] = attrs.field(repr=False)

    def __str__(self) -> str:
        """Say what it is."""
        return self.sentence


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Inspection:
    """What was found in tables, the worst first.

    It iterates over its findings; ``inspection["code"]`` are those of one kind. Printed it is
    a list with what to do about each; notebooks show a table.

    Attributes:
        findings: the findings.
        tables: name of each table that was looked at to the number of its rows.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "ACME Inc.", "Beta"],
        ...     outcome=["won", "lost", "lost"],
        ...     amount=[12_000, 0, 0],
        ... )
        >>> print(abm.inspect(deals))
        2 findings in 3 rows of opportunities
        doubtful: All 2 lost deals have the amount 0 or none, so a win rate by value would read 100 %: it is left undefined. Keep what a lost deal would have been worth.
          -> Take the last offer or the list price, or read the win rate by number.
        doubtful: 2 of 3 opportunities are of accounts whose names look alike: 'Acme', 'ACME Inc.'.
          -> Give each company one name before anything is summed by account.
    """

    findings: tuple[DataFinding, ...]
    tables: Mapping[str, int]

    def __iter__(self) -> Iterator[DataFinding]:
        """Iterate over the findings."""
        return iter(self.findings)

    def __len__(self) -> int:
        """Number of findings."""
        return len(self.findings)

    def __getitem__(self, code: str) -> tuple[DataFinding, ...]:
        """Return the findings of one kind."""
        known = [check.code for check in CHECKS]
        if code not in known:
            raise _checks.refuse("code", f"be one of {known}", code)
        return tuple(finding for finding in self.findings if finding.code == code)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the findings as columns, for any frame's constructor; rows are lists of numbers."""
        names = ("severity", "table", "code", "count", "total", "sentence", "advice")
        columns = {name: [getattr(finding, name) for finding in self.findings] for name in names}
        return {**columns, "rows": [finding.rows.tolist() for finding in self.findings]}

    def _head(self) -> str:
        tables = [f"{_checks.how_many(rows, 'rows')} of {name.replace('_', ' ')}" for name, rows in self.tables.items()]
        found = _checks.how_many(len(self), "findings") if self.findings else "Nothing found"
        return f"{found} in {', '.join(tables) or 'no tables'}"

    def __str__(self) -> str:
        """List the findings, with what to do about each."""
        lines = [f"{found.severity}: {found.sentence}\n  -> {found.advice}" for found in self.findings]
        return "\n".join([self._head(), *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the findings as an HTML table in notebooks; every label is escaped."""
        rows = (
            (
                found.severity,
                _html.Words(found.table.replace("_", " ")),
                _html.Words(found.sentence),
                _html.Words(found.advice),
            )
            for found in self.findings
        )
        return _html.shown(self._head(), ("severity", "table", "what", "what to do"), rows, total=len(self.findings))


def inspect(
    tables: Program | Table | Sequence[Table] | Mapping[str, Table],
    *,
    as_of: Any = None,  # noqa: ANN401 - any kind of date
    stages: Sequence[Label] = (),
    lost_stages: Sequence[Label] = (),
) -> Inspection:
    """Look for what misleads in tables that were read.

    Leaves out: what a model refuses, such as a deal closed before it was created; its rows never become a table.
    :func:`inspect_frame` finds that.

    Args:
        tables: a programme, a table, several, or a mapping of names to tables. What tables say together
            (campaigns without a cost, histories that contradict) is looked at too.
        as_of: the day that the data stand for; that of the programme where not given.
        stages: the stages of deals in order, the last being the one in which a deal is won; those of the
            programme where not given.
        lost_stages: the stages of lost deals.

    Returns:
        The findings, the worst first.

    Raises:
        MetricInputError: if there is something other than tables, or ``as_of`` is no date.

    Example:
        >>> import abmmetrics as abm
        >>> touches = abm.Touches(account=["Acme", "Beta"], campaign=["Fair", "fair"], at=["2026-01-12", "1970-01-01"])
        >>> found = abm.inspect(touches)
        >>> [(finding.code, finding.rows.tolist()) for finding in found]
        [('placeholder_dates', [1]), ('labels_alike', [0, 1])]

    References:
        The traps are those that users of CRM connectors and open-source packages report, see the page "Data quality".
    """
    program = tables if isinstance(tables, Program) else None
    if program is not None:
        hidden = program.confidential()
        sheets = [sheet_of(name, table, confidential=name in hidden) for name, table in program.tables().items()]
    else:
        sheets = [sheet_of(name, table) for name, table in _named(tables).items()]
    day = (None if program is None else program.as_of) if as_of is None else _checks.as_date("as_of", as_of)
    return _inspected(
        Look(
            sheets=tuple(sheets),
            as_of=day,
            currency=None if program is None else program.currency,
            stages=tuple(stages or (() if program is None else program.stages)),
            lost_stages=tuple(lost_stages or (() if program is None else program.lost_stages)),
        )
    )


def _named(tables: Any) -> dict[str, Table]:  # noqa: ANN401 - whatever a caller gives
    """Give every table a name."""
    named = tables.items() if _reading.is_mapping(tables) else _numbered(tables)
    found: dict[str, Table] = {}
    for name, table in named:
        if not isinstance(table, Table):
            raise _checks.refuse("tables", "be tables or a programme", _checks.phrase(type(table).__name__))
        found[str(name)] = table
    return found


def _numbered(tables: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - whatever a caller gives
    """Name tables by what they are, and number those that are the same."""
    count: dict[str, int] = {}
    for table in tables if _reading.is_listed(tables) else [tables]:
        name = name_of(cast("type[Table]", type(table)))
        count[name] = count.get(name, 0) + 1
        yield (f"{name} {count[name]}" if count[name] > 1 else name), table


def inspect_frame(
    model: type[Table],
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    *,
    segments: Sequence[str] | Mapping[str, str] = (),
    tz: str | None = None,
    as_of: Any = None,  # noqa: ANN401 - any kind of date
    **columns: Any,  # noqa: ANN401 - column names, and settings such as scale
) -> Inspection:
    """Look for what misleads in an export, and for all that a model would refuse in it.

    Where ``model.from_frame(frame, ...)`` names the first row that it refuses, this names all of them: deals closed
    before they were created, missing values, negative amounts, counts out of order, several currencies, identifiers
    twice, scores outside the scale. Row numbers are those of the frame.

    Args:
        model: what the rows should be, such as ``Opportunities``.
        frame: mapping of column names to columns, or a data frame.
        segments: columns to group by, or a mapping of segment names to columns.
        tz: whose days count where times carry a time zone. Without it they are looked at in UTC, which shows
            midnights of another zone.
        as_of: the day that the data stand for.
        columns: name of the model's column = name of the frame's column, and settings, as for ``from_frame``.

    Returns:
        The findings, the worst first.

    Raises:
        MetricInputError: if the model or a column is not there, or ``as_of`` is no date.

    Example:
        >>> import abmmetrics as abm
        >>> export = {
        ...     "Account": ["Acme", "Beta", "Core"],
        ...     "Created": ["2026-03-02", "2026-03-09", "2026-03-16"],
        ...     "Closed": ["2026-02-02", "2026-04-09", None],
        ...     "Stage": ["won", "won", "lost"],
        ... }
        >>> columns = {"account": "Account", "created": "Created", "closed": "Closed", "outcome": "Stage"}
        >>> for finding in abm.inspect_frame(abm.Opportunities, export, **columns):
        ...     print(finding, finding.rows)
        1 of 3 opportunities are closed before they are created, by up to 28 days. [0]
        1 of 3 deals won or lost have no day on which they were closed. [2]

    References:
        As of :func:`inspect`, see the page "Data quality".
    """
    if not (isinstance(cast("object", model), type) and issubclass(model, Table)):
        raise _checks.refuse("model", "be a model, such as Opportunities", _checks.phrase(repr(model)))
    sheet = _quality_reading.read_sheet(model, frame, segments, tz, columns)
    return _inspected(Look(sheets=(sheet,), as_of=None if as_of is None else _checks.as_date("as_of", as_of)))


def _inspected(look: Look) -> Inspection:
    """Make all checks, and put what they find in order: the worst first, then by the share of rows."""
    findings = [
        DataFinding(
            code=check.code,
            severity=check.severity,
            table=found.table,
            sentence=found.sentence,
            advice=check.advice,
            count=found.count,
            total=found.total,
            rows=_closed(found.rows),
        )
        for check in CHECKS
        for found in check.find(look)
    ]
    findings.sort(key=lambda found: (SEVERITIES.index(found.severity), -found.count / found.total))
    tables = {sheet.name: len(sheet) for sheet in look.sheets}
    return Inspection(findings=tuple(findings), tables=tables)


def _closed(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Close row numbers for writing."""
    held = np.array(rows, dtype=np.int64)
    held.flags.writeable = False
    return held
