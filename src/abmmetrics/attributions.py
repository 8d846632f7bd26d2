"""The result of an attribution model, and several of them side by side."""

import html
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _sums, _to_frame
from abmmetrics._checks import how_many
from abmmetrics._labels import Label, Labels
from abmmetrics._result_groups import place_of
from abmmetrics.results import format_value

__all__ = ["Attribution", "AttributionComparison", "compare_models"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@attrs.frozen(eq=False)  # mutation: equivalent, nobody compares them
class Given:
    """What each touch was given of its journey's value, by models that give it touch by touch.

    Nothing is added up or copied until somebody asks for credit by account.

    Attributes:
        account: the account of each journey; None where journeys are independent.
        value: what the conversions of each journey are worth.
        code: the label of each touch, as a position.
        journey: the journey of each touch.
        weight: the part of its journey's value that each touch is given.
    """

    account: Labels | None
    value: Floats
    code: Integers
    journey: Integers
    weight: Floats


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Attribution:
    """How a model splits what journeys brought among the labels that were touched.

    Of an additive model the credit and what is unattributed add up to the total. Credit of a model that is not
    additive overlaps: it must not be summed, and ``attributed`` counts everything once.

    Attributes:
        model: name of the model.
        parameters: what it was told, and by which convention it works.
        unit: ``"money"``, or ``"count"`` of conversions where amounts are not known.
        additive: whether credit adds up.
        labels: the labels, in order.
        credit: of each label.
        share: of each label, credit / total; NaN where the total is 0.
        low: lower limit of the interval of each credit; NaN where there is none.
        high: upper limit.
        share_low: lower limit of the interval of each share.
        share_high: upper limit.
        conversions: of each label the conversions that it is given credit for, by the same model.
        total: what all conversions are worth.
        unattributed: what conversions without a touch that counts are worth.
        total_conversions: how many conversions there are.
        unattributed_conversions: those without a touch that counts.
        journeys: number of journeys, converting or not.
        accounts: number of accounts; of journeys where these have no account.
        base_rate: share of all accounts that were touched, where the model compares with it; else None.
        raw: the model's own figures of each label, such as removal effects, by name.
        confidence: confidence level of the intervals.
        method: how the intervals were drawn.
        excluded: reason to the number of touches or deals that are in no journey.
        notes: what a reader must know.
        given: what each touch was given, for :meth:`credit_by_account`; None where the model gives to labels only.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair", "Fair", ""], value=[12_000, 8_000, 5_000])
        >>> credit = abm.linear_touch(journeys)
        >>> credit["Fair"], credit["Mail"], credit.unattributed, credit.total
        (14000.0, 6000.0, 5000.0, 25000.0)
    """

    model: str
    parameters: Mapping[str, Any]
    unit: Literal["money", "count"]
    additive: bool
    labels: list[Label]
    credit: Floats
    share: Floats
    low: Floats
    high: Floats
    share_low: Floats
    share_high: Floats
    conversions: Floats
    total: float
    unattributed: float
    total_conversions: float
    unattributed_conversions: float
    journeys: int
    accounts: int
    base_rate: float | None = None
    raw: Mapping[str, Floats]
    confidence: float
    method: str
    excluded: Mapping[str, int]
    notes: tuple[str, ...]
    given: Given | None = None

    @property
    def attributed(self) -> float:
        """What conversions with a touch that counts are worth, everything counted once."""
        return self.total - self.unattributed

    @property
    def name(self) -> str:
        """The model with what it was told."""
        told = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"{self.model}({told})" if told else self.model

    def __len__(self) -> int:
        """Number of labels."""
        return len(self.labels)

    def __iter__(self) -> Iterator[Label]:
        """Iterate over the labels."""
        return iter(self.labels)

    def __getitem__(self, label: Label) -> float:
        """Return the credit of a label."""
        return float(self.credit[place_of(self.labels, label)])

    def items(self) -> Iterator[tuple[Label, float]]:
        """Iterate over labels and their credit."""
        return zip(self.labels, self.credit.tolist(), strict=True)

    def credit_by_label(self) -> dict[str, list[Any]]:
        """Return the columns ``campaign``, ``credit`` and ``conversions``: what costs by campaign are joined with.

        Example:
            >>> import abmmetrics as abm
            >>> abm.first_touch(abm.Journeys.from_paths(["Mail > Fair", "Fair"])).credit_by_label()
            {'campaign': ['Fair', 'Mail'], 'credit': [1.0, 1.0], 'conversions': [1.0, 1.0]}
        """
        return {"campaign": list(self.labels), "credit": self.credit.tolist(), "conversions": self.conversions.tolist()}

    def credit_by_account(self) -> dict[str, list[Any]]:
        """Return the columns ``account``, ``campaign`` and ``credit``: what each label is given of whose conversions.

        Accounts come in the order of their first journeys. Summed over accounts it is the credit of the label.
        Journeys without accounts are accounts of their own, which have no name.

        Raises:
            MetricInputError: if the model fits all journeys at once (:func:`markov`, :func:`shapley` of rates), so that
                nothing says whose conversion a label's credit is.

        Example:
            >>> import abmmetrics as abm
            >>> journeys = abm.Journeys.from_paths(["Mail > Fair", "Fair"], value=[12_000, 8_000], account=["A", "B"])
            >>> abm.linear_touch(journeys).credit_by_account()
            {'account': ['A', 'A', 'B'], 'campaign': ['Fair', 'Mail', 'Fair'], 'credit': [6000.0, 6000.0, 8000.0]}
        """
        held = self.given
        if held is None:
            raise _checks.refuse(
                "credit", "be given journey by journey to be told by account", _checks.phrase(f"that of {self.name}")
            )
        owners, names = _labels.each_its_own(held.account, len(held.value))
        cells = _sums.sum_cells(
            len(held.journey),
            [owners.where(held.journey), _labels.from_codes(held.code, self.labels)],
            {"credit": held.value[held.journey] * held.weight},
        )
        account, label = cells.keys
        rows = np.lexsort([label, account])
        rows = rows[cells.sums["credit"][rows] > 0]
        return {
            "account": [names[code] if code < len(names) else None for code in account[rows].tolist()],
            "campaign": [self.labels[code] for code in label[rows].tolist()],
            "credit": cells.sums["credit"][rows].tolist(),
        }

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns of the result as lists, one entry for each label, for any frame's constructor.

        What is unattributed is in no row: ``total``, ``unattributed`` and ``additive`` repeat in each.
        """
        constants = {
            "model": self.name,
            "unit": self.unit,
            "additive": self.additive,
            "total": self.total,
            "unattributed": self.unattributed,
            "confidence": self.confidence,
            "method": self.method,
        }
        figures = ("credit", "low", "high", "share", "share_low", "share_high")
        return {
            "label": list(self.labels),
            **{name: getattr(self, name).tolist() for name in figures},
            "conversions": self.conversions.tolist(),
            **{name: held.tolist() for name, held in self.raw.items()},
            **{name: [constant] * len(self) for name, constant in constants.items()},
        }

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
            >>> credit = abm.linear_touch(abm.Journeys.from_paths(["Mail > Fair", "Fair"]))
            >>> credit.to_frame(like=pd.DataFrame())["credit"].tolist()
            [1.5, 0.5]
        """
        return _to_frame.to_frame(self.to_dict(), like)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the columns of :meth:`to_dict` to whatever reads Arrow, through pyarrow."""
        return _to_frame.to_arrow(self.to_dict()).__arrow_c_stream__(requested_schema)

    def __str__(self) -> str:
        """Show a line for each label, and what no label is given."""
        heads, rows = self._table()
        lines = [self._title(), *_aligned([heads, *rows])]
        return "\n".join([*lines, *(f"  note: {note}" for note in self._told())])

    __repr__ = __str__

    def _title(self) -> str:
        what = "money" if self.unit == "money" else "conversions"
        overlap = "" if self.additive else ", which overlaps and must not be summed"
        return f"{self.name}: credit in {what}{overlap}; {how_many(self.journeys, 'journeys')}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """Return the text of the heads and of each line."""
        heads = ["label", "credit", f"{100 * self.confidence:g} % interval", "share", "conversions", *self.raw]
        rows = [
            [
                str(label),
                _figure(self.credit[place]),
                "none" if math.isnan(self.low[place]) else f"{_figure(self.low[place])} to {_figure(self.high[place])}",
                format_value(float(self.share[place]), "share"),
                _figure(self.conversions[place]),
                *(_small(held[place]) for held in self.raw.values()),
            ]
            for place, label in enumerate(self.labels)
        ]
        blank = [""] * len(self.raw)
        without = self.total_conversions - self.unattributed_conversions
        sums = [
            ("counted once", self.attributed, without),
            ("unattributed", self.unattributed, self.unattributed_conversions),
            ("total", self.total, self.total_conversions),
        ]
        rows += [
            [what, _figure(value), "", format_value(_ratio(value, self.total), "share"), _figure(count), *blank]
            for what, value, count in sums[self.additive :]
        ]
        return heads, rows

    def _told(self) -> list[str]:
        base = [] if self.base_rate is None else [f"accounts touched at all: {format_value(self.base_rate, 'share')}"]
        return [*base, *self.notes, *(f"{reason}: {count:,}" for reason, count in self.excluded.items())]

    def _repr_html_(self) -> str:
        """Show the result as an HTML table in notebooks; every label is escaped."""
        heads, rows = self._table()
        return _page(self._title(), heads, rows, self._told())


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _figure(value: float) -> str:
    """Write money or a count."""
    return format_value(float(value), "money")


def _small(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.4f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    """Line up the columns of a table: names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]


def _page(title: str, heads: list[str], rows: list[list[str]], notes: list[str]) -> str:
    """Write an HTML table."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    told = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    listed = f"<ul>{told}</ul>" if told else ""
    caption = f"<caption>{html.escape(title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{listed}"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AttributionComparison:
    """Shares of the same journeys by several models, side by side.

    Attributes:
        labels: the labels, in order.
        attributions: name of each model, with what it was told, to its result.
        least: of each label the smallest share that any model gives it.
        most: the largest.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair", "Fair"])
        >>> abm.compare_models(abm.first_touch(journeys), abm.last_touch(journeys)).most.tolist()
        [1.0, 0.5]
    """

    labels: list[Label]
    attributions: Mapping[str, Attribution]
    least: Floats
    most: Floats

    @property
    def spread(self) -> Floats:
        """How far the models are apart on each label, in shares."""
        return self.most - self.least

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know."""
        overlapping = [name for name, found in self.attributions.items() if not found.additive]
        return (f"shares overlap and do not add up: {', '.join(overlapping)}",) if overlapping else ()

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as lists, one entry for each label: a share by each model, and how far they are apart."""
        shares = {name: found.share.tolist() for name, found in self.attributions.items()}
        return {"label": list(self.labels), **shares, "spread": self.spread.tolist()}

    def to_frame(self, like: Any) -> Any:  # noqa: ANN401 - any kind of frame in and out
        """Return the columns of :meth:`to_dict` as a frame of the same kind as another.

        Args:
            like: a frame, of which only the kind matters, see :meth:`Attribution.to_frame`.
        """
        return _to_frame.to_frame(self.to_dict(), like)

    def __str__(self) -> str:
        """Show a line for each label."""
        heads, rows = self._table()
        return "\n".join([self._title(), *_aligned([heads, *rows]), *(f"  note: {note}" for note in self.notes)])

    __repr__ = __str__

    def _title(self) -> str:
        return f"share of credit by {how_many(len(self.attributions), 'models')}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        models = list(self.attributions.values())
        columns = [*(found.share for found in models), self.spread]
        rows = [
            [str(label), *(format_value(float(shares[place]), "share") for shares in columns)]
            for place, label in enumerate(self.labels)
        ]
        without = [format_value(_ratio(found.unattributed, found.total), "share") for found in models]
        return ["label", *self.attributions, "spread"], [*rows, ["unattributed", *without, ""]]

    def _repr_html_(self) -> str:
        """Show the comparison as an HTML table in notebooks; every label is escaped."""
        heads, rows = self._table()
        return _page(self._title(), heads, rows, list(self.notes))


def compare_models(*attributions: Attribution) -> AttributionComparison:
    """Put several models of the same journeys side by side.

    spread of a label = largest share by any model − smallest share by any model.

    Where models are far apart, the answer is the model's and not the data's.

    Leaves out: what any campaign caused. No model of attribution knows that (lift of a control group does).

    Args:
        attributions: two or more results, of the same labels and total.

    Returns:
        The shares by label and model.

    Raises:
        MetricInputError: if there are fewer than two, if two are of the same model with the same parameters, or if
            they are of other journeys.

    Example:
        >>> import abmmetrics as abm
        >>> journeys = abm.Journeys.from_paths(["Mail > Fair", "Fair"])
        >>> both = abm.compare_models(abm.first_touch(journeys), abm.linear_touch(journeys))
        >>> both.to_dict()["spread"]
        [0.25, 0.25]
    """
    given: tuple[Any, ...] = attributions
    wrong = next((found for found in given if not isinstance(found, Attribution)), None)
    if wrong is not None:
        raise _checks.refuse("attributions", "be results of attribution models", _checks.phrase(type(wrong).__name__))
    if len(attributions) < 2:  # noqa: PLR2004 - one cannot be compared
        raise _checks.refuse("attributions", "be at least two", len(attributions))
    first = attributions[0]
    for other in attributions[1:]:
        if (other.labels, other.total, other.journeys) != (first.labels, first.total, first.journeys):
            raise _checks.refuse(
                "attributions",
                f"be of the same journeys as {first.name}",
                _checks.phrase(f"{other.name} with another total, or other labels"),
            )
    names = [found.name for found in attributions]
    again = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if again is not None:
        raise _checks.refuse("attributions", "differ from each other", _checks.phrase(f"{again} twice"))
    named = dict(zip(names, attributions, strict=True))
    shares = np.array([found.share for found in attributions])
    return AttributionComparison(
        labels=list(first.labels), attributions=named, least=shares.min(axis=0), most=shares.max(axis=0)
    )
