"""The revenue bridge: what led from the opening to the closing revenue."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _html
from abmmetrics._labels import Label
from abmmetrics._reading import is_listed
from abmmetrics._result_groups import beside, group_labels, one_group, place_of
from abmmetrics._revenue_ends import bridge_lines
from abmmetrics.errors import MetricInputError
from abmmetrics.recurring import LINES, LOSSES, RecurringRevenue, RevenueMovements, bridge_gap
from abmmetrics.results import format_value
from abmmetrics.tables import By

__all__ = ["RevenueBridge", "revenue_bridge"]

Floats: TypeAlias = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RevenueBridge:
    """What led from the opening to the closing revenue, all together or for each group.

    opening + new + reactivated + expansion - contraction - churned = closing.

    Figures are arrays with one entry for each group, one entry when pooled.
    ``bridge["Enterprise"]`` is the bridge of one group.

    Attributes:
        view: ``"endpoint"`` (of a :class:`RecurringRevenue`) or ``"movements"`` (of
            :class:`RevenueMovements`).
        reactivation: ``"separate"``, or ``"as_new"`` where who came back is under new.
        opening: revenue at the opening.
        new: of accounts that paid nothing at the opening, and never before.
        reactivated: of accounts that paid nothing at the opening, and had paid before.
        expansion: what accounts pay more.
        contraction: what accounts pay less that still pay something.
        churned: what accounts paid that pay nothing any more.
        closing: revenue at the closing.
        accounts: line to the number of accounts in it.
        groups: segment name to the label of each group; empty when pooled.
        excluded: reason to the number of rows left out.
        remarks: notes on the whole result.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(account=["Acme", "Beta", "Core"], opening=[100, 80, 0], closing=[120, 0, 50])
        >>> print(abm.revenue_bridge(revenue, reactivation="as_new"))
        revenue bridge
                           accounts
          opening     180         2
          new          50         1
          expansion    20         1
          contraction   0         0
          churned     -80         1
          closing     170         2
          note: new holds accounts that came back
    """

    view: str
    reactivation: str
    opening: Floats
    new: Floats
    reactivated: Floats
    expansion: Floats
    contraction: Floats
    churned: Floats
    closing: Floats
    accounts: Mapping[str, NDArray[np.int64]]
    groups: Mapping[str, list[Label]] = attrs.field(factory=dict[str, list[Label]])
    excluded: Mapping[str, int] = attrs.field(factory=dict[str, int])
    remarks: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse a bridge that does not lead to its closing, to 1e-9 of what was moved."""
        gap = bridge_gap({name: getattr(self, name) for name in LINES})
        wrong = np.flatnonzero(gap)
        if len(wrong):
            group = int(wrong[0])
            raise MetricInputError(
                f"closing must be where the movements lead; got {self.closing[group]} "
                f"where they make {self.closing[group] + gap[group]}"
            )

    def __len__(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(self.opening)

    @property
    def labels(self) -> list[Any]:
        """The label of each group; tuples where there are several segments, ``"all"`` when pooled."""
        return group_labels(self.groups)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of the groups."""
        return iter(self.labels)

    def __getitem__(self, label: Any) -> "RevenueBridge":  # noqa: ANN401 - a label, or a tuple of them
        """Return the bridge of one group."""
        row = place_of(self.labels, label)
        return attrs.evolve(
            self,
            **{name: getattr(self, name)[row : row + 1] for name in LINES},
            accounts={name: counts[row : row + 1] for name, counts in self.accounts.items()},
            groups=one_group(self.groups, row),
        )

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns of the result as lists, one entry for each group, for any frame's constructor.

        A segment named like one of the lines becomes a column such as ``segment new``.
        """
        columns: dict[str, list[Any]] = {name: getattr(self, name).tolist() for name in LINES}
        columns.update({f"{name}_accounts": counts.tolist() for name, counts in self.accounts.items()})
        return beside(self.groups, columns)

    def _title(self) -> str:
        return "revenue bridge" if self.view == "endpoint" else "revenue bridge, period by period"

    def _lines(self) -> list[str]:
        """Return the lines to show: without a policy for who came back there is no such line."""
        return [name for name in LINES if name != "reactivated" or self.reactivation == "separate"]

    def _cells(self, group: int) -> list[tuple[str, str, str]]:
        signed = {name: -1.0 if name in LOSSES else 1.0 for name in LINES}
        return [
            (
                name,
                format_value(signed[name] * getattr(self, name)[group], "money"),
                f"{self.accounts[name][group]:,}",
            )
            for name in self._lines()
        ]

    def _notes(self) -> list[str]:
        return [
            *(f"note: {remark}" for remark in self.remarks),
            *(f"left out: {_checks.how_many(count, 'rows')}, {reason}" for reason, count in self.excluded.items()),
        ]

    def __str__(self) -> str:
        """Show the bridge as a table for each group."""
        lines = [self._title()]
        for group, label in enumerate(self.labels):
            if self.groups:
                lines.append(f"{', '.join(self.groups)}: {_label_text(label)}")
            rows = [("", "", "accounts"), *self._cells(group)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [
                f"  {name:<{widths[0]}}  {amount:>{widths[1]}}  {accounts:>{widths[2]}}"
                for name, amount, accounts in rows
            ]
        return "\n".join([*lines, *(f"  {note}" for note in self._notes())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the bridge as an HTML table in notebooks; every label is escaped."""
        rows = (
            [*(str(held[group]) for held in self.groups.values()), *cells]
            for group in range(len(self))
            for cells in self._cells(group)
        )
        heads = [*self.groups, "line", "amount", "accounts"]
        total = len(self) * len(self._lines())
        return _html.shown(self._title(), heads, rows, self._notes(), names=len(self.groups) + 1, total=total)


def _label_text(label: Any) -> str:  # noqa: ANN401 - a label, or a tuple of them
    return ", ".join(map(str, label)) if is_listed(label) else str(label)


def revenue_bridge(
    revenue: RecurringRevenue | RevenueMovements,
    *,
    by: By = None,
    reactivation: Literal["separate", "as_new"] = "separate",
) -> RevenueBridge:
    """What led from the opening to the closing revenue, line by line.

    opening + new + reactivated + expansion − contraction − churned = closing, where

    * new is c of accounts with o = 0 that had never paid before, reactivated of those that had;
    * expansion is Σ max(c − o, 0) and contraction Σ max(o − c, 0) over accounts with o > 0 and c > 0;
    * churned is o of accounts with c = 0.

    Of :class:`RevenueMovements` the lines are those of each period, summed.

    Leaves out: intervals, for a bridge is bookkeeping: every account is in it.

    Args:
        revenue: revenue at both ends, or its movements in between.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        reactivation: ``"separate"``, or ``"as_new"`` where nothing says who had paid before
            (there is no column ``paid_before``) or nobody cares.

    Returns:
        The lines of each group and the number of accounts in each.

    Raises:
        MetricInputError: if ``reactivation`` is not known, or nothing tells who came back.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"],
        ...     opening=[100, 80, 0, 0],
        ...     closing=[120, 0, 50, 30],
        ...     paid_before=[3, 3, 0, 1],
        ... )
        >>> bridge = abm.revenue_bridge(revenue)
        >>> bridge.new.tolist(), bridge.reactivated.tolist(), bridge.churned.tolist()
        ([50.0], [30.0], [80.0])

    References:
        ChartMogul help centre, "MRR movements".
    """
    _checks.as_option("reactivation", reactivation, ("separate", "as_new"))
    separate = reactivation == "separate"
    if separate and isinstance(revenue, RecurringRevenue) and revenue.paid_before is None:
        raise MetricInputError(
            "reactivation must be 'as_new' where revenue has no column paid_before, which tells who came back; "
            "got 'separate'"
        )
    sums, lines, remarks = bridge_lines(revenue, by, separate=separate)
    if not separate:
        lines["new"], lines["reactivated"] = lines["new"] + lines["reactivated"], np.zeros(len(lines["new"]))
        remarks = [*remarks, "new holds accounts that came back"]
    totals = {name: sums.total(amounts) for name, amounts in lines.items()}
    return RevenueBridge(
        view="movements" if isinstance(revenue, RevenueMovements) else "endpoint",
        reactivation=reactivation,
        **totals,
        accounts={name: sums.total(amounts > 0).astype(np.int64) for name, amounts in lines.items()},
        groups=sums.groups,
        excluded=sums.excluded,
        remarks=tuple(remarks),
    )
