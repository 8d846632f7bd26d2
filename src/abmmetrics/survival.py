"""How long accounts stay: tenures and their survival curve."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _revenue_periods, _special, columns
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up
from abmmetrics._result_groups import beside, group_labels, one_group, place_of
from abmmetrics._revenue_periods import PeriodUnit
from abmmetrics.columns import Amounts, Counts
from abmmetrics.recurring import RevenueHistory
from abmmetrics.results import format_value
from abmmetrics.tables import By, Table

__all__ = ["SurvivalCurve", "Tenures", "survival_curve", "tenures"]

Floats: TypeAlias = NDArray[np.float64]
_SHOWN_TIMES = 24


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Tenures(Table):
    """How long accounts have been customers: one row for each account.

    Attributes:
        account: the account.
        tenure: for how long it has been a customer, or was until it left; months or whatever unit is kept to.
        ended: True where it left then, False where it was a customer still when last seen.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Tenures(account=["Acme", "Beta"], tenure=[14, 3], ended=[False, True])
        Tenures(2 rows, 2 accounts; tenure, ended)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    tenure: Amounts = attrs.field(converter=columns.amounts)
    ended: Counts = attrs.field(converter=columns.counts)

    def check_rows(self) -> None:
        """Refuse an account that has two tenures, and ends that are neither there nor not."""
        more = np.flatnonzero(self.ended > 1)
        if len(more):
            raise _checks.refuse("ended", "be True or False", self.ended[more[0]], int(more[0]))
        codes, _ = _revenue_periods.account_codes(self.account)
        _, firsts = np.unique(codes, return_index=True)
        if len(firsts) < len(codes):
            row = int(np.setdiff1d(np.arange(len(codes)), firsts)[0])
            again = _checks.phrase(f"{self.account[row]!r} again")
            raise _checks.refuse("account", "be different in every row", again, row)


def tenures(history: RevenueHistory, *, unit: PeriodUnit) -> Tenures:
    """Read from revenue how long accounts stayed customers, until they left for the first time.

    tenure = periods from the first in which an account paid to the first after it in which it did not.

    Leaves out: accounts that paid in the history's first period, since nobody knows for how
    long they had; ``excluded`` counts them. What an account does after it left for the first
    time is another tenure, and is not looked at.

    Args:
        history: revenue by account and period, one period in every unit.
        unit: what a period is, and what tenures are counted in: ``"month"``, ``"quarter"`` or ``"year"``.

    Returns:
        A row for each account that began after the first period, with the segments of its first row.

    Raises:
        MetricInputError: if the unit is not known, or a unit between the first and the last
            has no period or two of them.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.RevenueHistory(
        ...     account=["Acme", "Beta", "Beta", "Core"],
        ...     period=["2026-01-01", "2026-02-01", "2026-03-01", "2026-03-01"],
        ...     amount=[100, 60, 70, 50],
        ... )
        >>> found = abm.tenures(history, unit="month")
        >>> found.account.to_list(), found.tenure.tolist(), found.ended.tolist()
        (['Beta', 'Core'], [1.0, 0.0], [False, False])

    References:
        Fader and Hardie (2007), Journal of Interactive Marketing 21, 76–90: a customer who left is gone.
    """
    periods = history.in_time_order
    number = periods.numbers(unit)
    gaps = np.flatnonzero(np.diff(number) > 1)
    if len(gaps):
        first, second = periods.days[gaps[0]], periods.days[gaps[0] + 1]
        came = _checks.phrase(f"none between {first} and {second}")
        raise _checks.refuse("period", f"come in every {unit} from the first to the last", came)
    began = np.full(periods.accounts, -1, dtype=np.int64)
    left = np.full(periods.accounts, -1, dtype=np.int64)
    row_of = np.zeros(periods.accounts, dtype=np.int64)
    for place, paid in periods.walk():
        starts = (began < 0) & (paid > 0)
        began[starts] = place
        part = periods.rows(place)
        firsts = starts[periods.account[part]]
        row_of[periods.account[part][firsts]] = periods.row[part][firsts]
        left[(began >= 0) & (left < 0) & (paid == 0)] = place
    kept = np.flatnonzero(began > 0)
    rows, ended = row_of[kept], left[kept] >= 0
    until = np.where(ended, left[kept], len(number) - 1)
    unknown = int((began == 0).sum())
    lost = {"accounts that had begun when the history begins": unknown} if unknown else {}
    return Tenures(
        account=history.account.where(rows),
        tenure=(until - began[kept]).astype(np.float64),
        ended=ended,
        segments={name: labels.where(rows) for name, labels in history.segments.items()},
        excluded=add_up(history.excluded, lost),
    )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SurvivalCurve:
    """The share of accounts that stay for at least so long, all together or for each group.

    Figures are matrices with a row for each group and a column for each time; NaN after the
    longest tenure of a group, since nobody was seen there.

    Attributes:
        times: the tenures that occur, in order.
        survival: share of accounts that stay longer than each time.
        low: lower limit; NaN where nobody has left yet, or nobody is left.
        high: upper limit.
        at_risk: number of accounts that had not left before each time and were still watched.
        lost: number of accounts that left at each time.
        confidence: confidence level of the limits.
        groups: segment name to the label of each group; empty when pooled.
        excluded: reason to the number of rows left out.

    Example:
        >>> import abmmetrics as abm
        >>> tenures = abm.Tenures(account=list("ABCDE"), tenure=[1, 2, 2, 3, 3], ended=[True, True, False, True, False])
        >>> curve = abm.survival_curve(tenures)
        >>> curve.median.tolist(), curve.at(2).round(2).tolist()
        ([3.0], [0.6])
    """

    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    lost: NDArray[np.int64]
    confidence: float
    groups: Mapping[str, list[Label]] = attrs.field(factory=dict[str, list[Label]])
    excluded: Mapping[str, int] = attrs.field(factory=dict[str, int])

    def __len__(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(self.survival)

    @property
    def labels(self) -> list[Any]:
        """The label of each group; tuples where there are several segments, ``"all"`` when pooled."""
        return group_labels(self.groups)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of the groups."""
        return iter(self.labels)

    def __getitem__(self, label: Any) -> "SurvivalCurve":  # noqa: ANN401 - a label, or a tuple of them
        """Return the curve of one group."""
        row = place_of(self.labels, label)
        names = ("survival", "low", "high", "at_risk", "lost")
        return attrs.evolve(
            self,
            **{name: getattr(self, name)[row : row + 1] for name in names},
            groups=one_group(self.groups, row),
        )

    @property
    def median(self) -> Floats:
        """The time by which half of each group's accounts have left; NaN where that was not seen."""
        half = self.survival <= 0.5  # noqa: PLR2004 - half
        return np.array([self.times[row.argmax()] if row.any() else math.nan for row in half], dtype=np.float64)

    def at(self, time: float) -> Floats:
        """Return the share of each group's accounts that stay longer than a time; NaN where nobody was watched so long.

        Args:
            time: the time, >= 0.
        """
        time = _checks.in_interval("time", time, 0, math.inf, low_open=False)
        # In front of the first time nobody has left yet; a group's last time is the last at which it was watched.
        whole = np.column_stack([np.ones(len(self)), self.survival])
        watched = np.concatenate([[-math.inf], self.times])
        place = int(np.searchsorted(self.times, time, side="right"))
        last = watched[np.count_nonzero(~np.isnan(self.survival), axis=1)]
        return np.where(time <= last, whole[:, place], math.nan)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns of the result as lists, one entry for each group and time, for any frame's constructor.

        A segment named like one of the figures becomes a column such as ``segment time``.
        """
        figures = {
            "time": np.tile(self.times, len(self)),
            **{name: getattr(self, name).ravel() for name in ("survival", "low", "high", "at_risk", "lost")},
        }
        return beside(self.groups, {name: values.tolist() for name, values in figures.items()}, len(self.times))

    def __str__(self) -> str:
        """Show the first times of each group."""
        lines = ["share of accounts that stay longer"]
        for row, label in enumerate(self.labels):
            if self.groups:
                lines.append(f"{', '.join(self.groups)}: {label}")
            watched = np.flatnonzero(~np.isnan(self.survival[row]))
            for column in watched[:_SHOWN_TIMES].tolist():
                share, low, high = (
                    format_value(held[row, column], "share") for held in (self.survival, self.low, self.high)
                )
                span = (
                    ""
                    if math.isnan(self.low[row, column])
                    else f" ({100 * self.confidence:g} % interval {low} to {high})"
                )
                lines.append(f"  {self.times[column]:g}: {share}{span}")
            if len(watched) > _SHOWN_TIMES:
                lines.append(f"  and {len(watched) - _SHOWN_TIMES} times more")
        lines += [f"  left out: {_checks.how_many(count, 'rows')}, {why}" for why, count in self.excluded.items()]
        return "\n".join(lines)

    __repr__ = __str__


def survival_curve(tenures: Tenures, *, by: By = None, confidence: float = 0.95) -> SurvivalCurve:
    r"""The share of accounts that stay longer than each tenure: the Kaplan–Meier estimate.

    S(t) = Π (1 − d / n) over the times up to t, with d accounts that left at a time and n that
    had not left before it and were still watched.

    Leaves out: nothing. Accounts that are customers still count as long as they were watched;
    leaving them out would make tenures look short. It takes whoever was last seen a customer
    to leave later as others do.

    Args:
        tenures: how long accounts have been customers.
        by: a segment name, several, or labels of the table's length.
        confidence: confidence level of the limits, between 0 and 1.

    Returns:
        The curve of each group with limits on the scale of log(−log S), from Greenwood's variance.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> tenures = abm.Tenures(account=list("ABCDE"), tenure=[1, 2, 2, 3, 3], ended=[True, True, False, True, False])
        >>> curve = abm.survival_curve(tenures)
        >>> curve.times.tolist(), curve.survival.round(2).tolist()
        ([1.0, 2.0, 3.0], [[0.8, 0.6, 0.3]])

    References:
        Kaplan and Meier (1958), Journal of the American Statistical Association 53, 457–481;
        Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, 1.4, for the interval.
    """
    z = _special.normal_quantile(0.5 + _checks.in_interval("confidence", confidence, 0, 1) / 2)
    times, place = np.unique(tenures.tenure, return_inverse=True)
    sums = tenures.account_sums({"place": place, "ended": tenures.ended}, by)
    cell = sums.group * len(times) + sums["place"].astype(np.int64)
    shape = (sums.size, len(times))
    cells = sums.size * len(times)
    ends = np.bincount(cell, minlength=cells).reshape(shape)
    lost = np.bincount(cell, sums["ended"], minlength=cells).reshape(shape)
    at_risk = np.cumsum(ends[:, ::-1], axis=1)[:, ::-1]
    watched = at_risk > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.where(watched, np.cumprod(1 - lost / at_risk, axis=1), math.nan)
        greenwood = np.cumsum(lost / (at_risk * (at_risk - lost)), axis=1)
        half = z * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = (survival ** np.exp(sign * half) for sign in (1.0, -1.0))
    drawn = (survival > 0) & (survival < 1)
    return SurvivalCurve(
        times=times,
        survival=survival,
        low=np.where(drawn, low, math.nan),
        high=np.where(drawn, high, math.nan),
        at_risk=at_risk.astype(np.int64),
        lost=lost.astype(np.int64),
        confidence=confidence,
        groups=sums.groups,
        excluded=sums.excluded,
    )
