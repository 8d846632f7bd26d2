"""The result of judging content: what to keep, reformat or drop, and how sure that is."""

import html
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _to_frame
from abmmetrics._labels import Label
from abmmetrics.errors import MetricInputError
from abmmetrics.results import format_value

__all__ = ["ContentVerdicts", "ShrunkenRates"]

Floats: TypeAlias = NDArray[np.float64]
Verdict: TypeAlias = Literal["keep", "reformat", "drop", "undecided"]

_SHOWN_LABELS = 3


@attrs.frozen(kw_only=True, eq=False)
class ShrunkenRates:
    """The rate of each asset, learned from its own figures and those of the other assets.

    Attributes:
        kpi: name of the rate.
        value: the shrunken rate: what the asset would show in the long run.
        low: lower limit of its interval.
        high: upper limit.
        observed: the plain quotient, NaN where the denominator is 0.
        denominator: what was divided by, such as exposures.
        effective: the number of independent exposures that the denominator is worth: rows of one account are not.
        own_weight: weight of the asset's own figures in its rate; the rest is that of ``common_rate``.
        common_rate: the rate that assets are drawn towards.
        confidence: confidence level of the intervals.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(
        ...     account=["A", "B"] * 2,
        ...     asset=["Guide", "Guide", "Video", "Video"],
        ...     exposed=[300, 260, 6, 5],
        ...     engaged=[90, 75, 1, 0],
        ... )
        >>> rates = abm.content_verdicts(views, keep_at=0.2, drop_at=0.1).engagement
        >>> rates.observed.round(2).tolist(), rates.value.round(2).tolist(), rates.own_weight.round(2).tolist()
        ([0.29, 0.09], [0.29, 0.19], [0.93, 0.43])
    """

    kpi: str
    value: Floats
    low: Floats
    high: Floats
    observed: Floats
    denominator: Floats
    effective: Floats
    own_weight: Floats
    common_rate: float
    confidence: float

    def take(self, rows: NDArray[np.int64]) -> "ShrunkenRates":
        """Return the rates of some assets, by position."""
        arrays = ("value", "low", "high", "observed", "denominator", "effective", "own_weight")
        return attrs.evolve(self, **{name: getattr(self, name)[rows] for name in arrays})


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ContentVerdicts:
    """What to do with each asset, and how sure that is.

    Iterates over assets; ``verdicts["Buyer's guide"]`` is the verdict of one.

    Attributes:
        rule: what was asked, in words.
        confidence: how probable a verdict has to be.
        assets: the assets, in the order of their labels.
        verdict: of each asset ``"keep"``, ``"reformat"``, ``"drop"`` or ``"undecided"``.
        lean: the most probable of these labels, whether or not it is probable enough.
        probability: for each label how probable it is, an array over assets. ``"undecided"`` stands for what
            no verdict fits, which needs two rates to happen.
        engagement: the rates at which assets engage.
        completion: the rates at which they are completed, where those were judged too.
        thresholds: name of a rate (``"engagement"``, ``"completion"``) to what was asked of it, in rising order.
        excluded: reason to the number of rows left out.
        remarks: notes on the whole result.
        flags: remark to the assets that it holds for.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(
        ...     account=["A", "B"] * 3,
        ...     asset=["Guide", "Guide", "Memo", "Memo", "Video", "Video"],
        ...     exposed=[300, 260, 280, 310, 6, 5],
        ...     engaged=[90, 75, 15, 14, 2, 1],
        ... )
        >>> verdicts = abm.content_verdicts(views, keep_at=0.2, drop_at=0.1)
        >>> {asset: one.verdict[0] for asset, one in verdicts.items()}
        {'Guide': 'keep', 'Memo': 'drop', 'Video': 'undecided'}
    """

    rule: str
    confidence: float
    assets: list[Label]
    verdict: list[Verdict]
    lean: list[Verdict]
    probability: Mapping[Verdict, Floats]
    engagement: ShrunkenRates
    completion: ShrunkenRates | None = None
    thresholds: Mapping[str, tuple[float, ...]] = attrs.field(factory=dict[str, tuple[float, ...]])
    excluded: Mapping[str, int] = attrs.field(factory=dict[str, int])
    remarks: tuple[str, ...] = ()
    flags: Mapping[str, NDArray[np.bool_]] = attrs.field(factory=dict[str, NDArray[np.bool_]])

    def __len__(self) -> int:
        """Number of assets."""
        return len(self.assets)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: which assets were not judged, and why."""
        told = [self._flag_note(remark, held) for remark, held in self.flags.items() if held.any()]
        return (*self.remarks, *told)

    def _flag_note(self, remark: str, held: NDArray[np.bool_]) -> str:
        assets = [str(asset) for asset, held_here in zip(self.assets, held, strict=True) if held_here]
        more = f" and {len(assets) - _SHOWN_LABELS} more" if len(assets) > _SHOWN_LABELS else ""
        return f"{remark} ({', '.join(assets[:_SHOWN_LABELS])}{more})"

    def __iter__(self) -> Iterator[Label]:
        """Iterate over the assets."""
        return iter(self.assets)

    def __getitem__(self, asset: Label) -> "ContentVerdicts":
        """Return the verdict of one asset."""
        if asset not in self.assets:
            raise MetricInputError(f"asset must be one of {self.assets[:20]}; got {asset!r}")
        return self.take(np.array([self.assets.index(asset)]))

    def items(self) -> Iterator[tuple[Label, "ContentVerdicts"]]:
        """Iterate over assets and their verdicts."""
        return ((asset, self.take(np.array([row]))) for row, asset in enumerate(self.assets))

    def take(self, rows: NDArray[np.int64]) -> "ContentVerdicts":
        """Return the verdicts of some assets, by position."""
        lists: dict[str, Any] = {
            name: [getattr(self, name)[row] for row in rows] for name in ("assets", "verdict", "lean")
        }
        return attrs.evolve(
            self,
            **lists,
            probability={label: held[rows] for label, held in self.probability.items()},
            engagement=self.engagement.take(rows),
            completion=None if self.completion is None else self.completion.take(rows),
            flags={remark: held[rows] for remark, held in self.flags.items()},
        )

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns of the result as lists, one entry for each asset, for any frame's constructor."""
        columns: dict[str, list[Any]] = {
            "asset": list(self.assets),
            "verdict": list(self.verdict),
            "lean": list(self.lean),
            **{f"{label}_probability": held.tolist() for label, held in self.probability.items()},
        }
        for name, rates in self._rates().items():
            columns[f"{name}_rate"] = rates.value.tolist()
            columns[f"{name}_rate_low"] = rates.low.tolist()
            columns[f"{name}_rate_high"] = rates.high.tolist()
            columns[f"{name}_rate_observed"] = rates.observed.tolist()
            columns[f"{name}_own_weight"] = rates.own_weight.tolist()
        columns["exposed"] = [int(exposed) for exposed in self.engagement.denominator]
        return columns

    def to_frame(self, like: Any) -> Any:  # noqa: ANN401 - any kind of frame in and out
        """Return the columns of :meth:`to_dict` as a frame of the same kind as another.

        Args:
            like: a frame of any kind that :meth:`~abmmetrics.Estimate.to_frame` knows.

        Returns:
            A frame of that kind, a row for each asset.

        Raises:
            MetricInputError: if ``like`` is no frame of a known kind.
            ImportError: if an engine's frame needs pyarrow, and it is not installed.
        """
        return _to_frame.to_frame(self.to_dict(), like)

    def _rates(self) -> dict[str, ShrunkenRates]:
        held = {"engagement": self.engagement, "completion": self.completion}
        return {name: rates for name, rates in held.items() if rates is not None}

    def __str__(self) -> str:
        """Show a line for each asset."""
        rows = [self._cells(row) for row in range(len(self))]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"content verdicts: {self.rule}"]
        lines += ["  " + "  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  left out: {count:,} rows, {reason}" for reason, count in self.excluded.items()]
        return "\n".join(lines)

    __repr__ = __str__

    def _cells(self, row: int) -> tuple[str, ...]:
        """Return the texts of an asset: its verdict, how probable the labels are, and its rates."""
        verdict = self.verdict[row]
        leaning = "" if verdict == self.lean[row] else f", leans {self.lean[row]}"
        probable = ", ".join(
            f"{label if label != 'undecided' else 'none'} {format_value(held[row], 'share')}"
            for label, held in self.probability.items()
            if label != "undecided" or self.completion is not None
        )
        rates = [f"{name} {_rate_text(rates, row)}" for name, rates in self._rates().items()]
        return (str(self.assets[row]), f"{verdict}{leaning}", probable, *rates)

    def _repr_html_(self) -> str:
        """Show the verdicts as an HTML table in notebooks; every label is escaped."""
        heads = ("asset", "verdict", "probability", *self._rates())
        head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
        rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in self._cells(row)) for row in range(len(self))]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        notes = [*self.notes, *(f"left out: {count:,} rows, {reason}" for reason, count in self.excluded.items())]
        told = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        listed = f"<ul>{told}</ul>" if told else ""
        caption = f"<caption>content verdicts: {html.escape(self.rule)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{listed}"


def _rate_text(rates: ShrunkenRates, row: int) -> str:
    value, low, high, observed = (
        format_value(figures[row], "share") for figures in (rates.value, rates.low, rates.high, rates.observed)
    )
    of = format_value(rates.denominator[row], "count")
    told = "nothing observed" if math.isnan(rates.observed[row]) else f"observed {observed} of {of}"
    return f"{value} ({100 * rates.confidence:g} % interval {low} to {high}; {told})"
