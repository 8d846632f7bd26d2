"""Comparing results: a change against a baseline."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _limits, _special, _spread
from abmmetrics._labels import Label, as_python_list
from abmmetrics.errors import MetricInputError
from abmmetrics.results import IN_HUNDREDTHS, SIGNED, Estimate, Influences, Unit, format_value

__all__ = ["Change", "change"]

Floats: TypeAlias = NDArray[np.float64]

# Remarks that begin so must agree where two results are compared.
_ALIKE = {"scale ": "on the same scale", "variant: ": "of the same variant"}
_SMALLEST_P = 1e-12
_SMALLEST_Z = 1e-6
_SMALL_MISS = 1e-10
_MOST_STEPS = 60


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Change:
    """The change of a KPI from a baseline, for each group.

    Attributes:
        kpi: name of the KPI.
        unit: what its values are measured in.
        groups: segment name to the label of each group; empty when pooled.
        value: the figures compared.
        baseline: the figures that they are compared with.
        difference: value less baseline.
        difference_low: lower limit of the difference.
        difference_high: upper limit.
        relative: value over baseline, less 1; NaN where a quotient means nothing (scores that may be negative).
        relative_low: lower limit of the relative change.
        relative_high: upper limit; infinite where the baseline may be 0.
        p_value: probability of a difference at least so clear if there were none; the
            confidence at which the interval of the difference just reaches 0, less from 1.
        accounts_in_both: number of accounts that count in both figures, which are paired.
        confidence: confidence level of the intervals.
        notes: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(
        ...     account=["A", "B", "C", "A", "B", "C"],
        ...     delivered=[40, 50, 60, 40, 50, 60],
        ...     opened=[10, 12, 9, 14, 15, 16],
        ...     segments={"year": [2025, 2025, 2025, 2026, 2026, 2026]},
        ... )
        >>> abm.change(abm.open_rate(emails, by="year"), baseline=2025)
        open_rate 2026: +9.3 percentage points (95 % interval +4.1 to +13.0 percentage points; p = 0.018)
    """

    kpi: str
    unit: Unit
    groups: Mapping[str, list[Label]]
    value: Floats
    baseline: Floats
    difference: Floats
    difference_low: Floats
    difference_high: Floats
    relative: Floats
    relative_low: Floats
    relative_high: Floats
    p_value: Floats
    accounts_in_both: Floats
    confidence: float
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(self.value)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as lists, one entry for each group, for any frame's constructor."""
        names = [field.name for field in attrs.fields(Change) if isinstance(getattr(self, field.name), np.ndarray)]
        columns: dict[str, list[Any]] = {name: list(labels) for name, labels in self.groups.items()}
        columns.update({name: getattr(self, name).tolist() for name in names})
        return {**columns, "kpi": [self.kpi] * len(self), "confidence": [self.confidence] * len(self)}

    def __str__(self) -> str:
        """Say the change in a sentence for each group."""
        lines = [f"{self.kpi}{name}: {text}" for name, text in zip(self._names(), self._sentences(), strict=True)]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    __repr__ = __str__

    def _names(self) -> list[str]:
        if not self.groups:
            return [""] * len(self)
        return [f" {', '.join(map(str, labels))}" for labels in zip(*self.groups.values(), strict=True)]

    def _sentences(self) -> list[str]:
        return [self.sentence(row) for row in range(len(self))]

    def sentence(self, row: int = 0) -> str:
        """Say the change of one group.

        Args:
            row: the group's position.
        """
        if math.isnan(self.difference[row]):
            return "change undefined"
        points = " percentage points" if self.unit in IN_HUNDREDTHS else ""
        told = _signed(self.difference[row], self.unit) + points
        if math.isnan(self.difference_low[row]):
            return f"{told}, no interval"
        low, high = _signed(self.difference_low[row], self.unit), _signed(self.difference_high[row], self.unit)
        p_value = "p < 0.001" if self.p_value[row] < 1e-3 else f"p = {self.p_value[row]:.3f}"  # noqa: PLR2004 - custom
        return f"{told} ({100 * self.confidence:g} % interval {low} to {high}{points}; {p_value})"

    def _repr_html_(self) -> str:
        """Show the change as an HTML table in notebooks; every label is escaped."""
        heads = [*self.groups, f"{self.kpi}: change", "value", "baseline"]
        rows: list[str] = []
        for row, sentence in enumerate(self._sentences()):
            labels = [str(column[row]) for column in self.groups.values()]
            cells = [
                *labels,
                sentence,
                format_value(self.value[row], self.unit),
                format_value(self.baseline[row], self.unit),
            ]
            rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
        head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        listed = f"<ul>{notes}</ul>" if notes else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{listed}"


def _signed(value: float, unit: Unit) -> str:
    told = format_value(value, unit).removesuffix(" %")
    return told if told.startswith(("-", "+")) or value <= 0 else f"+{told}"


def change(
    estimate: Estimate, *, baseline: Estimate | Label | Mapping[str, Label], confidence: float | None = None
) -> Change:
    r"""Compare groups with a baseline group, or a result with an earlier one.

    difference = value − baseline, relative = value / baseline − 1. Both intervals are built
    from the two values' own intervals (the method of variance estimates recovery, MOVER),
    less what accounts that count in both make them move together: the same accounts in two
    periods are paired. The p-value is that of the interval: it is below 0.05 exactly when
    the 95 % interval of the difference leaves out 0.

    Leaves out: a correction for many comparisons at once.

    Args:
        estimate: the result to judge.
        baseline: the label of the baseline group; with several segments a mapping such as
            ``{"quarter": "2025-Q1"}``, which compares within the other segments; or another
            estimate of the same KPI (pooled, or with the same segments), with accounts
            matched by their labels.
        confidence: confidence level; that of the estimate where not given.

    Returns:
        The change of each group (the baseline itself left out); NaN where either figure is
        undefined or suppressed, or the baseline has no such group, with a note.

    Raises:
        MetricInputError: if the baseline is not a known label, or not of the same KPI, unit,
            scale and variant (such as opens per mail sent).

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(
        ...     account=["A", "B", "C", "A", "B", "C"],
        ...     delivered=[40, 50, 60, 40, 50, 60],
        ...     opened=[10, 12, 9, 14, 15, 16],
        ...     segments={"year": [2025, 2025, 2025, 2026, 2026, 2026]},
        ... )
        >>> year_over_year = abm.change(abm.open_rate(emails, by="year"), baseline=2025)
        >>> round(float(year_over_year.difference[0]), 4), int(year_over_year.accounts_in_both[0])
        (0.0933, 3)

    References:
        Zou and Donner (2008), Statistics in Medicine 27, 1693–1702; Donner and Zou (2012),
        Statistical Methods in Medical Research 21, 347–359; Newcombe (1998), Statistics in
        Medicine 17, 873–890, which it equals for shares of independent trials.
    """
    level = estimate.confidence if confidence is None else _checks.in_interval("confidence", confidence, 0, 1)
    other, rows, reference, lost = _pairs(estimate, baseline)
    known = reference >= 0
    place = np.where(known, reference, 0)
    value = estimate.value[rows]
    base = np.where(known, other.value[place], math.nan) if len(other) else np.full(len(rows), math.nan)
    correlation, both, freedom = _correlations(estimate, other, rows, reference)
    drawn = known & ~np.isnan(value) & ~np.isnan(base)
    drawn[known] &= ~np.isnan(estimate.low[rows[known]]) & ~np.isnan(other.low[place[known]])
    limits = {name: np.full(len(rows), math.nan) for name in ("low", "high", "relative_low", "relative_high", "p")}
    if drawn.any():
        found = _Pair(estimate.take(rows[drawn]), other.take(place[drawn]), correlation[drawn], freedom[drawn])
        limits["low"][drawn], limits["high"][drawn] = found.difference_limits(level)
        limits["p"][drawn] = found.p_value()
        if estimate.unit not in SIGNED:
            low, high = found.ratio_limits(level)
            limits["relative_low"][drawn], limits["relative_high"][drawn] = low - 1, high - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.full(len(rows), math.nan) if estimate.unit in SIGNED else value / base - 1
    return Change(
        kpi=estimate.kpi,
        unit=estimate.unit,
        groups={name: [labels[row] for row in rows] for name, labels in estimate.groups.items()},
        value=value,
        baseline=base,
        difference=value - base,
        difference_low=limits["low"],
        difference_high=limits["high"],
        relative=relative,
        relative_low=limits["relative_low"],
        relative_high=limits["relative_high"],
        p_value=limits["p"],
        accounts_in_both=both,
        confidence=level,
        notes=_change_notes(estimate, other, lost, base, value),
    )


def _change_notes(
    estimate: Estimate, other: Estimate, lost: Sequence[Any], base: Floats, value: Floats
) -> tuple[str, ...]:
    notes: list[str] = []
    if lost:
        notes.append(f"no baseline for {', '.join(str(label) for label in lost[:5])}: the change is undefined")
    if estimate.suppressed.any() or other.suppressed.any():
        notes.append("a suppressed group has no change")
    elif not lost and (np.isnan(base) | np.isnan(value)).any():
        notes.append("undefined where the value or the baseline is")
    return tuple(notes)


@attrs.frozen(eq=False)
class _Pair:
    """Pairs of values whose intervals can be drawn at any confidence."""

    current: Estimate
    base: Estimate
    correlation: Floats
    freedom: Floats

    def _drawn(self, confidence: Any) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:  # noqa: ANN401 - one level, or one for each pair
        if self.current.spread is None or self.base.spread is None:
            raise MetricInputError("estimate must have a spread to be compared; got one without")
        one = _spread.at_freedom(self.current.spread, self.freedom).limits(confidence)
        two = _spread.at_freedom(self.base.spread, self.freedom).limits(confidence)
        return self.current.value, *one, self.base.value, *two

    def difference_limits(self, confidence: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - as above
        return _limits.mover_difference_limits(*self._drawn(confidence), correlation=self.correlation)

    def ratio_limits(self, confidence: float) -> tuple[Floats, Floats]:
        return _limits.mover_ratio_limits(*self._drawn(confidence), correlation=self.correlation)

    def p_value(self) -> Floats:
        """Find the confidence at which the interval of the difference just reaches 0.

        The limit is nearly a straight line in the normal quantile z, so false position (an end
        that stays twice weighs half, which keeps it from stalling: Illinois' rule) takes a dozen intervals where halving
        the range of z would take fifty.
        """
        difference = self.current.value - self.base.value
        near, far = np.zeros(len(difference)), np.full(len(difference), -_special.normal_quantile(_SMALLEST_P / 2))
        z = near
        near_margin, far_margin = np.abs(difference), self._margin(far)
        if (far_margin > 0).any():
            # With very few accounts the limit may come back from 0: the first confidence that reaches 0 counts.
            for place in np.arange(0.25, float(far.max(initial=0.0)), 0.25):
                margin = self._margin(np.full(len(difference), place))
                reached = (far_margin > 0) & (margin <= 0)
                far, far_margin = np.where(reached, place, far), np.where(reached, margin, far_margin)
        outside_before: NDArray[np.bool_] | None = None
        for _ in range(_MOST_STEPS):
            with np.errstate(divide="ignore", invalid="ignore"):
                step = near + (far - near) * near_margin / (near_margin - far_margin)
            z = np.where(np.isfinite(step), np.clip(step, _SMALLEST_Z, far), (near + far) / 2)
            margin = self._margin(z)
            outside = margin > 0
            again = 1.0 if outside_before is None else np.where(outside == outside_before, 0.5, 1.0)
            near_margin, far_margin = (
                np.where(outside, margin, near_margin * again),
                np.where(outside, far_margin * again, margin),
            )
            near, far, outside_before = np.where(outside, z, near), np.where(outside, far, z), outside
            if np.all(np.minimum(np.abs(margin), far - near) <= _SMALL_MISS * np.abs(difference)):
                break
        return np.where(difference == 0, 1.0, np.maximum(2 * _special.normal_cdf(-z), _SMALLEST_P))

    def _margin(self, z: Floats) -> Floats:
        """Return how far the interval at the confidence of a normal quantile stays from 0; negative where it holds 0."""
        low, high = self.difference_limits(1 - 2 * _special.normal_cdf(-z))
        return np.where(self.current.value > self.base.value, low, -high)


def _pairs(
    estimate: Estimate,
    baseline: Any,  # noqa: ANN401 - see change
) -> tuple[Estimate, NDArray[np.int64], NDArray[np.int64], list[Any]]:
    """Say which group is compared with which: the other estimate, rows, rows of the other (-1: none), what was not found."""
    if isinstance(baseline, Estimate):
        _check_alike(estimate, baseline)
        rows = np.arange(len(estimate))
        if not baseline.groups or len(baseline) == len(estimate) == 1:
            return baseline, rows, np.zeros(len(rows), dtype=np.int64), []
        if list(baseline.groups) != list(estimate.groups):
            raise _checks.refuse("baseline", f"have the segments {list(estimate.groups)}", list(baseline.groups))
        place = {label: row for row, label in enumerate(baseline.labels)}
        reference = np.array([place.get(label, -1) for label in estimate.labels], dtype=np.int64)
        return baseline, rows, reference, [label for label in estimate.labels if label not in place]
    names = list(estimate.groups)
    fixed: dict[str, Any] = {names[0]: baseline} if len(names) == 1 else {}
    if isinstance(baseline, Mapping):
        fixed = dict(cast("Mapping[str, Any]", baseline))
    if not fixed or not set(fixed) <= set(names):
        raise _checks.refuse(
            "baseline", f"be a label of the segment, or a mapping from segments among {names}", cast("object", baseline)
        )
    for name, label in fixed.items():
        if label not in estimate.groups[name]:
            raise _checks.refuse(
                "baseline", f"be a label of {name}, one of {sorted(set(estimate.groups[name]), key=str)[:20]}", label
            )
    keys = list(zip(*(estimate.groups[name] for name in names), strict=True))
    found_at: dict[tuple[Any, ...], int] = {key: row for row, key in enumerate(keys)}
    wanted: list[tuple[Any, ...]] = [
        tuple(fixed.get(name, label) for name, label in zip(names, key, strict=True)) for key in keys
    ]
    compared = [row for row, key in enumerate(keys) if wanted[row] != key]
    reference = np.array([found_at.get(wanted[row], -1) for row in compared], dtype=np.int64)
    lost = [estimate.labels[row] for row in compared if wanted[row] not in found_at]
    return estimate, np.array(compared, dtype=np.int64), reference, lost


def _check_alike(estimate: Estimate, baseline: Estimate) -> None:
    """Refuse results that measure different things."""
    if (baseline.kpi, baseline.unit) != (estimate.kpi, estimate.unit):
        raise _checks.refuse("baseline", f"be of the same KPI, {estimate.kpi}", baseline.kpi)
    for start, alike in _ALIKE.items():
        mine, theirs = (
            [remark for remark in found.remarks if remark.startswith(start)] for found in (estimate, baseline)
        )
        if set(mine) != set(theirs):
            raise _checks.refuse("baseline", f"be {alike}, {mine}", theirs)


def _correlations(
    estimate: Estimate, other: Estimate, rows: NDArray[np.int64], reference: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats]:
    """Return for each pair the correlation that shared accounts give it, how many are shared, and degrees of freedom.

    An account moves the difference by the difference of its influences, u. The variance Σ u²
    of m accounts has 2 (Σ u²)² / (Σ u⁴ - (Σ u²)² / m) degrees of freedom (Satterthwaite): all
    of it, for in a difference long tails meet on both sides. (With each value's own degrees
    of freedom changes of net retention cover 98 to 98.5 %; with these 92 % at 10 accounts
    and 94.5 to 96.5 % at 25 to 200.) NaN where nothing tells.
    """
    mine, theirs = estimate.influences, other.influences
    if mine is None or theirs is None or len(rows) == 0:
        return np.zeros(len(rows)), np.zeros(len(rows)), np.full(len(rows), math.nan)
    accounts = theirs.account if other is estimate else _matched(mine, theirs)
    base = np.full(len(estimate), -1, dtype=np.int64)
    base[rows] = reference
    # A cell of mine and the cell of the same account in its base group have the same number.
    size = int(max(mine.account.max(initial=-1), accounts.max(initial=-1))) + 1
    named = np.flatnonzero(accounts >= 0)
    numbers = theirs.group[named] * size + accounts[named]
    order = np.argsort(numbers)
    wanted = np.where(base[mine.group] < 0, -1, base[mine.group] * size + mine.account)
    # A last cell that equals no other stands for every cell that is not found.
    numbers = np.append(numbers[order], np.iinfo(np.int64).max)
    influences = np.append(theirs.change[named[order]], 0.0)
    place = np.searchsorted(numbers, wanted)
    shared = numbers[place] == wanted
    influence = np.where(shared, influences[place], 0.0)
    products = np.bincount(mine.group, mine.change * influence, minlength=len(estimate))
    both = np.bincount(mine.group, shared, minlength=len(estimate))
    my_squares = np.bincount(mine.group, mine.change**2, minlength=len(estimate))
    their_squares = np.bincount(theirs.group, theirs.change**2, minlength=len(other))
    scale = np.sqrt(my_squares[rows] * np.append(their_squares, 0.0)[reference])
    correlation = np.divide(products[rows], scale, out=np.zeros(len(rows)), where=scale > 0)
    # Accounts that only the base has add what all of its accounts add, less those that both have.
    squares, fourth, counted = (
        np.bincount(mine.group, own - met, minlength=len(estimate))[rows]
        + np.append(np.bincount(theirs.group, all_theirs, minlength=len(other)), 0.0)[reference]
        for own, met, all_theirs in (
            ((mine.change - influence) ** 2, influence**2, theirs.change**2),
            ((mine.change - influence) ** 4, influence**4, theirs.change**4),
            (
                np.where(mine.change != 0, 1.0, 0.0),
                np.where((mine.change != 0) & (influence != 0), 1.0, 0.0),
                np.where(theirs.change != 0, 1.0, 0.0),
            ),
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = fourth - squares**2 / counted
        freedom = np.where(excess > 1e-12 * squares**2, 2 * squares**2 / excess, math.inf)
    freedom = np.where(squares > 0, np.fmax(np.fmin(freedom, counted - 1), 1.0), math.nan)
    return np.clip(correlation, -1, 1), both[rows].astype(np.float64), freedom


def _matched(mine: Influences, theirs: Influences) -> NDArray[np.int64]:
    """Return the other estimate's account codes as mine; -1 for accounts that mine does not name."""
    code = {name: row for row, name in enumerate(as_python_list(mine.names))}
    lookup = np.array([code.get(name, -1) for name in as_python_list(theirs.names)] + [-1], dtype=np.int64)
    return lookup[np.minimum(theirs.account, len(lookup) - 1)]
