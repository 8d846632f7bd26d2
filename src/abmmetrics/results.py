"""Results: a value with its interval, what it rests on, and what was left out."""

import html
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _spread, _to_frame
from abmmetrics._checks import how_many, in_interval
from abmmetrics._labels import Label
from abmmetrics._reading import is_listed
from abmmetrics._result_groups import group_labels, place_of
from abmmetrics._spread import Spread
from abmmetrics.errors import MetricInputError

__all__ = ["Estimate", "Unit"]

Unit: TypeAlias = Literal[
    "share", "return", "ratio", "money", "money per day", "days", "seconds", "minutes", "count", "points"
]
"""What a value is measured in: a share is a fraction of 1, a return a gain over cost (-1: all lost), points run to 100."""

IN_HUNDREDTHS = ("share", "return")
"""Units that are read as percentages."""
SIGNED = ("return", "points")
"""Units of figures that may be negative, so that one over another means nothing."""

Floats: TypeAlias = NDArray[np.float64]
_SHOWN_LABELS = 3


@attrs.frozen(eq=False)
class Influences:
    """How much each account moves each group's value: for pairing the same accounts in a change.

    Attributes:
        group: for each cell (an account in a group) its group.
        account: for each cell the code of its account; codes beyond the names are accounts of their own.
        names: the labels of the account codes.
        change: the signed influence of each cell; their squares add up to the variance of the group's value.
    """

    group: NDArray[np.int64]
    account: NDArray[np.int64]
    names: NDArray[Any]
    change: Floats


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Estimate:
    """A KPI's value with its interval, pooled or for each group.

    Always the same type: pooled it has length 1 and ``float(estimate)`` works; grouped it
    iterates over its labels and ``estimate[label]`` is the estimate of one group.

    Attributes:
        kpi: name of the KPI.
        unit: what the value is measured in.
        value: the plain observed figure of each group, NaN where it is undefined.
        low: lower limit of the interval, NaN where there is none.
        high: upper limit.
        numerator: what was divided, where the KPI is a quotient; else None.
        denominator: what it was divided by; else None.
        accounts: number of accounts with any contribution.
        rows: number of rows.
        confidence: confidence level of the intervals.
        method: how the intervals were drawn.
        counted: what an account is: "accounts", "employees", or "rows" where there is no such column.
        excluded: reason to the number of rows left out.
        groups: segment name to the label of each group; empty when pooled.
        suppressed: True for groups that are withheld to protect people.
        remarks: notes on the whole result; results whose remarks that begin with ``"scale "`` or
            ``"variant: "`` differ are not compared.
        flags: remark to the groups that it holds for.
        trials: True where the denominator counts trials (mails, answers), so that chance alone has a known spread.
        spread: draws the intervals at another confidence.
        influences: how much each account moves each value; None where that would reveal what is withheld.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "B", "C"], delivered=[40, 50, 60], opened=[10, 12, 9])
        >>> found = abm.open_rate(emails)
        >>> found
        open_rate: 20.7 % (95 % interval 13.1 % to 31.1 %; 31 of 150; 3 accounts)
        >>> round(float(found), 3), found.low.round(3).tolist(), found.high.round(3).tolist()
        (0.207, [0.131], [0.311])
    """

    kpi: str
    unit: Unit
    value: Floats
    low: Floats
    high: Floats
    numerator: Floats | None = None
    denominator: Floats | None = None
    accounts: Floats
    rows: Floats
    confidence: float
    method: str
    counted: str = "accounts"
    excluded: Mapping[str, int] = attrs.field(factory=dict[str, int])
    groups: Mapping[str, list[Label]] = attrs.field(factory=dict[str, list[Label]])
    suppressed: NDArray[np.bool_]
    remarks: tuple[str, ...] = ()
    flags: Mapping[str, NDArray[np.bool_]] = attrs.field(factory=dict[str, NDArray[np.bool_]])
    trials: bool = False
    spread: Spread | None = None
    influences: Influences | None = None

    def __len__(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(self.value)

    def __float__(self) -> float:
        """Return the value of a pooled estimate or of one group."""
        if len(self) != 1:
            raise TypeError(f"{self.kpi} has {len(self)} groups; index one by its label, one of {self.labels[:10]}")
        if self.suppressed[0]:
            raise MetricInputError(f"{self.kpi} must have enough answers to be shown; got a suppressed group")
        return float(self.value[0])

    @property
    def labels(self) -> list[Any]:
        """The label of each group; tuples where there are several segments, ``"all"`` when pooled."""
        return group_labels(self.groups)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: why values are undefined, what was suppressed, what better KPI there is."""
        flagged = [self._flag_note(remark, held) for remark, held in self.flags.items() if held.any()]
        return (*self.remarks, *flagged)

    def _flag_note(self, remark: str, held: NDArray[np.bool_]) -> str:
        if not self.groups:
            return remark
        rows = np.flatnonzero(held)
        shown = ", ".join(str(self.labels[row]) for row in rows[:_SHOWN_LABELS])
        more = f" and {len(rows) - _SHOWN_LABELS} more" if len(rows) > _SHOWN_LABELS else ""
        return f"{remark} ({', '.join(self.groups)}: {shown}{more})"

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of the groups."""
        return iter(self.labels)

    def __getitem__(self, label: Any) -> "Estimate":  # noqa: ANN401 - a label, or a tuple of them
        """Return the estimate of one group."""
        return self.take(np.array([place_of(self.labels, label)]))

    def items(self) -> Iterator[tuple[Any, "Estimate"]]:
        """Iterate over labels and their estimates."""
        return ((label, self.take(np.array([row]))) for row, label in enumerate(self.labels))

    def take(self, rows: NDArray[np.int64]) -> "Estimate":
        """Return the estimate of some groups, by position."""
        arrays = ("value", "low", "high", "numerator", "denominator", "accounts", "rows", "suppressed")
        taken = {name: held[rows] for name in arrays if (held := getattr(self, name)) is not None}
        influences = self.influences
        if influences is not None:
            place = np.full(len(self), -1, dtype=np.int64)
            place[rows] = np.arange(len(rows))
            kept = place[influences.group] >= 0
            influences = Influences(
                place[influences.group[kept]], influences.account[kept], influences.names, influences.change[kept]
            )
        return attrs.evolve(
            self,
            **taken,
            groups={name: [labels[row] for row in rows] for name, labels in self.groups.items()},
            flags={remark: held[rows] for remark, held in self.flags.items()},
            spread=None if self.spread is None else _spread.take(self.spread, rows),
            influences=influences,
        )

    def at_confidence(self, confidence: float) -> "Estimate":
        """Return the same values with intervals of another confidence level.

        Args:
            confidence: between 0 and 1.

        Raises:
            MetricInputError: if the confidence is not between 0 and 1, or the intervals cannot be drawn again.
        """
        level = in_interval("confidence", confidence, 0, 1)
        hidden = np.isnan(self.low) & np.isnan(self.high)
        if hidden.all():
            return attrs.evolve(self, confidence=level)
        if self.spread is None:
            raise MetricInputError(f"{self.kpi} must have a spread to be shown at another confidence; got none")
        low, high = self.spread.limits(level)
        return attrs.evolve(
            self, confidence=level, low=np.where(hidden, math.nan, low), high=np.where(hidden, math.nan, high)
        )

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns of the result as lists, one entry for each group, for any frame's constructor.

        Undefined values are NaN; a suppressed group's figures are None and its ``status`` says ``"suppressed"``.
        A segment named like one of the figures, such as ``status``, becomes the column ``segment status``.
        """
        columns: dict[str, list[Any]] = {}
        status = np.where(np.isnan(self.value), "undefined", "ok").astype(object)
        status[self.suppressed] = "suppressed"
        figures = {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            **({} if self.numerator is None else {"numerator": self.numerator}),
            **({} if self.denominator is None else {"denominator": self.denominator}),
            "accounts": self.accounts,
            "rows": self.rows,
        }
        for name, held in figures.items():
            whole = name in {"accounts", "rows"}
            columns[name] = [
                None if hidden else int(figure) if whole else float(figure)
                for figure, hidden in zip(held.tolist(), self.suppressed.tolist(), strict=True)
            ]
        columns["status"] = status.tolist()
        constants = {"kpi": self.kpi, "unit": self.unit, "confidence": self.confidence, "method": self.method}
        columns.update({name: [constant] * len(self) for name, constant in constants.items()})
        reserved = {*columns, "numerator", "denominator"}  # whether or not this KPI is a quotient
        groups = {f"segment {name}" if name in reserved else name: list(held) for name, held in self.groups.items()}
        return {**groups, **columns}

    def to_frame(self, like: Any) -> Any:  # noqa: ANN401 - any kind of frame in and out
        """Return the columns of :meth:`to_dict` as a frame of the same kind as another.

        Args:
            like: a frame of pandas, polars (eager or lazy), pyarrow, DuckDB, PySpark, SQLFrame, Dask,
                Ibis or Narwhals; only its kind, and its session or connection, matters.

        Raises:
            MetricInputError: if ``like`` is no frame of a known kind.
            ImportError: if an engine's frame needs pyarrow, and it is not installed.

        Example:
            >>> import pandas as pd
            >>> import abmmetrics as abm
            >>> opened = pd.DataFrame({"account": ["A", "B"], "delivered": [4, 2], "opened": [1, 1]})
            >>> rate = abm.open_rate(abm.Emails.from_frame(opened))
            >>> rate.to_frame(like=opened)["value"].round(3).tolist()
            [0.333]
        """
        return _to_frame.to_frame(self.to_dict(), like)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the columns of :meth:`to_dict` to whatever reads Arrow, through pyarrow."""
        return _to_frame.to_arrow(self.to_dict()).__arrow_c_stream__(requested_schema)

    def __str__(self) -> str:
        """Say the result in a sentence, or a line for each group."""
        if not self.groups:
            lines = [f"{self.kpi}: {self._sentence(0)}"]
        else:
            width = max((len(_label_text(label)) for label in self.labels), default=0)
            lines = [f"{self.kpi} by {', '.join(self.groups)}"]
            lines += [
                f"  {_label_text(label):<{width}}  {self._sentence(row)}" for row, label in enumerate(self.labels)
            ]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  left out: {how_many(count, 'rows')}, {reason}" for reason, count in self.excluded.items()]
        return "\n".join(lines)

    __repr__ = __str__

    def _sentence(self, row: int) -> str:
        if self.suppressed[row]:
            return "suppressed (protects small groups)"
        told = format_value(self.value[row], self.unit)
        parts: list[str] = []
        if not math.isnan(self.low[row]) or not math.isnan(self.high[row]):
            low, high = format_value(self.low[row], self.unit), format_value(self.high[row], self.unit)
            parts.append(f"{100 * self.confidence:g} % interval {low} to {high}")
        if self.numerator is not None and self.denominator is not None and self.unit == "share":
            parts.append(
                f"{format_value(self.numerator[row], 'count')} of {format_value(self.denominator[row], 'count')}"
            )
        parts.append(f"{how_many(self.accounts[row], self.counted)}")
        return f"{told} ({'; '.join(parts)})"

    def _repr_html_(self) -> str:
        """Show the result as an HTML table in notebooks; every label is escaped."""
        heads = [*self.groups, self.kpi, f"{100 * self.confidence:g} % interval", self.counted, "rows"]
        rows: list[str] = []
        for row in range(len(self)):
            names = [str(labels[row]) for labels in self.groups.values()]
            if self.suppressed[row]:
                cells = [*names, "suppressed", "", "", ""]
            else:
                low, high = format_value(self.low[row], self.unit), format_value(self.high[row], self.unit)
                span = "none" if math.isnan(self.low[row]) and math.isnan(self.high[row]) else f"{low} to {high}"
                counted = [f"{self.accounts[row]:,.0f}", f"{self.rows[row]:,.0f}"]
                cells = [*names, format_value(self.value[row], self.unit), span, *counted]
            rows.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
        notes = [
            *self.notes,
            *(f"left out: {how_many(count, 'rows')}, {reason}" for reason, count in self.excluded.items()),
        ]
        told = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        head = "".join(f"<th>{html.escape(str(name))}</th>" for name in heads)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        listed = f"<ul>{told}</ul>" if told else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{listed}"


def _label_text(label: Any) -> str:  # noqa: ANN401 - a label, or a tuple of them
    return ", ".join(map(str, label)) if is_listed(label) else str(label)


def format_value(value: float, unit: Unit) -> str:  # noqa: PLR0911 - one unit after the other
    """Write a figure with its unit, rounded once, half away from zero.

    Args:
        value: the figure.
        unit: what it is measured in.

    Returns:
        The text; "undefined" for NaN.

    Example:
        >>> format_value(0.63025, "share"), format_value(-0.0001, "points")
        ('63.0 %', '0.0')
    """
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "no limit" if value > 0 else "-no limit"
    match unit:
        case "share" | "return":
            return f"{_rounded(100 * value, 1)} %"
        case "points":
            told = _rounded(value, 1)
            return f"+{told}" if value > 0 and told.strip("0.") else told
        case "days" | "seconds" | "minutes":
            return f"{_rounded(value, 1)} {unit}"
        case "ratio":
            return _rounded(value, 2)
        case _:
            whole = value == round(value) or abs(value) >= 100  # noqa: PLR2004 - cents of large sums say nothing
            return _rounded(value, 0 if whole else 2)


def _rounded(value: float, digits: int) -> str:
    scale = 10**digits
    # A tie is what prints as one: 0.285 counts as a tie although its double lies a hair below.
    away = math.floor(round(abs(value) * scale, 9) + 0.5) / scale
    return f"{math.copysign(away, value) if away else 0.0:,.{digits}f}"
