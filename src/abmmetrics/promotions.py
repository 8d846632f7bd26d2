"""What a special promotion did to sales, and what it only brought forward."""

from typing import Any, Literal, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _arms, _checks
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import target_rows
from abmmetrics.opportunities import Opportunities
from abmmetrics.results import Estimate, Unit
from abmmetrics.tables import By, Table

__all__ = ["PromotionEffect", "promotion_effect"]

_METHODS = ("difference", "did", "cuped")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PromotionEffect:
    """What accounts under a promotion bought beyond the others, during it and after it.

    Attributes:
        during: from the first day to the last.
        after: in the days that follow; below 0 where purchases were only brought forward.
        together: of both, which is what the promotion is worth.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(
        ...     account=["A", "B", "C", "D"], segments={"arm": ["target", "target", "control", "control"]}
        ... )
        >>> deals = abm.Opportunities(account=["A", "C"], outcome="won", closed=["2026-03-10", "2026-04-05"])
        >>> found = abm.promotion_effect(targets, deals, arm="arm", start="2026-03-01", end="2026-03-31", after_days=30)
        >>> float(found.during), float(found.after), float(found.together)
        (0.5, -0.5, 0.0)
    """

    during: Estimate
    after: Estimate
    together: Estimate

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: whether the gain was given back."""
        gain, later = self.during, self.after
        told: list[str] = []
        for place, label in enumerate(gain.labels):
            if gain.low[place] > 0 and later.high[place] < 0:
                name = f" ({', '.join(gain.groups)}: {label})" if gain.groups else ""
                back = min(-later.value[place] / gain.value[place], 1.0)
                told.append(f"pull-forward: {100 * back:.0f} % of the gain was given back after the promotion{name}")
        return tuple(told)

    def __str__(self) -> str:
        """Say the three figures."""
        parts = [
            f"{name}: {estimate}"
            for name, estimate in (("during", self.during), ("after", self.after), ("together", self.together))
        ]
        return "\n".join([*parts, *(f"note: {note}" for note in self.notes)])

    __repr__ = __str__


def promotion_effect(
    accounts: Table,
    opportunities: Opportunities,
    *,
    arm: By,
    start: Any,  # noqa: ANN401 - any kind of date
    end: Any,  # noqa: ANN401 - any kind of date
    after_days: int,
    of: Literal["deals", "amount"] = "deals",
    method: Literal["difference", "did", "cuped"] = "difference",
    target: Label = "target",
    control: Label = "control",
    realistic: float = 0.2,
    by: By = None,
    confidence: float = 0.95,
) -> PromotionEffect:
    """What accounts under a promotion bought beyond comparable accounts, during it and in the days after.

    effect = mean Z of accounts under the promotion − mean Z of the others, as in :func:`lift`, with Y what an account
    bought: deals won, or their amount, that closed in the days. With ``"did"`` and ``"cuped"`` X is what it bought in
    the days right before the promotion, as many as that has, for as many days as Y.

    A promotion that only brings purchases forward gains while it lasts and loses after: ``together`` is what is left.

    Leaves out: deals of accounts that are not listed, won deals without an amount, which are counted. Every account
    that could have bought is listed, also those that did not.

    Args:
        accounts: one row for each account of both arms.
        opportunities: deals, with the column ``closed``, and ``amount`` for that.
        arm: the arm of each account: the name of a segment of the accounts, or labels.
        start: the first day of the promotion.
        end: its last day.
        after_days: how many days after it to watch, at least 1; take about as many as a purchase may be brought
            forward. The data must reach so far.
        of: ``"deals"`` or ``"amount"``.
        method: ``"difference"``, ``"did"`` or ``"cuped"``.
        target: the label of the accounts under the promotion.
        control: the label of the others.
        realistic: as in :func:`lift`.
        by: a segment name of the accounts, several, or labels of their table's length.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        Three differences for each account, in deals or money.

    Raises:
        MetricInputError: if a column is not there, ``start`` is after ``end``, an arm is not known, or an option.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(
        ...     account=["A", "B", "C", "D"], segments={"arm": ["target", "target", "control", "control"]}
        ... )
        >>> deals = abm.Opportunities(
        ...     account=["A", "B", "C"], outcome="won", closed=["2026-03-10", "2026-03-20", "2026-04-05"]
        ... )
        >>> found = abm.promotion_effect(targets, deals, arm="arm", start="2026-03-01", end="2026-03-31", after_days=30)
        >>> float(found.during), float(found.after), float(found.together)
        (1.0, -0.5, 0.5)

    References:
        Blattberg and Neslin (1990), Sales Promotion: Concepts, Methods, and Strategies, on purchases brought forward.
    """
    _checks.as_option("of", of, ("deals", "amount"))
    _checks.as_option("method", method, _METHODS)
    hoped = _checks.in_interval("realistic", realistic, 0, np.inf)
    level = _checks.in_interval("confidence", confidence, 0, 1)
    watched = _checks.as_whole("after_days", after_days, 1)
    first, last = _checks.as_date("start", start), _checks.as_date("end", end)
    if first > last:
        raise _checks.refuse("start", "be at or before end", _checks.phrase(f"{first} with end={last}"))
    found = list(accounts.grouping(arm).values())
    if len(found) != 1:
        raise _checks.refuse("arm", "be one column of labels", _checks.phrase(f"{len(found)}"))
    arms = found[0]
    _arms.check_arms(arms, target, control)
    rows, lost = target_rows(accounts, "opportunities", opportunities)
    closed = opportunities.column("closed")
    counts = (opportunities.outcome == "won") & (rows >= 0)
    length = int((last - first).astype(np.int64)) + 1
    figures = np.ones(len(opportunities))
    if of == "amount":
        figures = opportunities.column("amount")
        unpriced = counts & np.isnan(figures) & (closed <= last + watched) & (closed >= first - length)
        lost = {**lost, **({"no amount": int(unpriced.sum())} if unpriced.any() else {})}
        counts &= ~np.isnan(figures)

    def bought(begin: np.datetime64, until: np.datetime64) -> NDArray[np.float64]:
        inside = counts & (closed >= begin) & (closed <= until)
        return np.bincount(rows[inside], figures[inside], minlength=len(accounts)).astype(np.float64)

    treated = arms == target
    keep = treated | (arms == control)
    groups = {name: labels.where(keep) for name, labels in accounts.grouping(by).items()}
    before = bought(first - length, first - 1)
    unit: Unit = "count" if of == "deals" else "money"
    slope: _arms.Theta = "within" if method == "cuped" else float(method == "did")
    periods = {
        "during": (bought(first, last), length),
        "after": (bought(last + 1, last + watched), watched),
        "together": (bought(first, last + watched), length + watched),
    }
    estimates = {
        name: _arms.compare(
            f"promotion_effect, {name}",
            _arms.Arms(
                account=cast("Labels", accounts.unit_labels()).where(keep),
                cluster=None,
                groups=groups,
                treated=treated[keep],
                outcome=outcome[keep],
                # What the days before make of so many days.
                before=before[keep] * (days / length),
                excluded=lost,
            ),
            slope,
            unit=unit,
            confidence=level,
            realistic=hoped,
            remarks=[f"method: {method}", _arms.HOLDS[method]],
        )
        for name, (outcome, days) in periods.items()
    }
    return PromotionEffect(**estimates)
