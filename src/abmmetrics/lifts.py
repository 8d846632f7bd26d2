"""Lift: what target accounts did beyond control accounts, and how many accounts it takes to see it."""

import math
from typing import Literal

import attrs
import numpy as np

from abmmetrics import _arms, _checks, _special, columns
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics.columns import Amounts
from abmmetrics.results import Estimate, Unit
from abmmetrics.tables import By, Table

__all__ = ["ArmOutcomes", "lift", "required_accounts"]

_METHODS = ("difference", "did", "cuped")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ArmOutcomes(Table):
    """What accounts of a target and a control arm did: one row for each account, or any number that add up.

    Accounts that did nothing belong in the table with an outcome of 0.

    Attributes:
        account: the account, in one arm only.
        arm: the arm.
        parent: the company that the account belongs to, where accounts of one company are not independent.
        outcome: what it did in the period, >= 0: revenue, deals won (0 or 1), minutes.
        before: the same of a period before the programme, >= 0.

    Example:
        >>> import abmmetrics as abm
        >>> abm.ArmOutcomes(account=["Acme", "Beta"], arm=["target", "control"], outcome=[120, 80], before=[70, 75])
        ArmOutcomes(2 rows, 2 accounts; arm, outcome, before)
    """

    account: Labels = attrs.field(converter=columns.labels)
    arm: Labels = attrs.field(converter=columns.labels)
    parent: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    outcome: Amounts = attrs.field(converter=columns.amounts)
    before: Amounts | None = attrs.field(default=None, converter=columns.optional_amounts)

    def check_rows(self) -> None:
        """Refuse an account of two arms or two parents."""
        named = np.flatnonzero(~self.account.missing())
        _, first, number = np.unique(self.account.codes()[named], return_index=True, return_inverse=True)
        for name, labels in (("arm", self.arm), ("parent", self.parent)):
            if labels is None:
                continue
            codes = labels.codes()[named]
            others = np.flatnonzero(codes != codes[first][number])
            if len(others):
                row, earlier = int(named[others[0]]), int(named[first[number[others[0]]]])
                both = _checks.phrase(f"{labels[earlier]!r} and {labels[row]!r} of {self.account[row]!r}")
                raise _checks.refuse(name, "be one in all rows of an account", both, row)


def lift(
    outcomes: ArmOutcomes,
    *,
    method: Literal["difference", "did", "cuped"] = "difference",
    target: Label = "target",
    control: Label = "control",
    theta: Literal["within", "pooled"] = "within",
    unit: Unit = "ratio",
    realistic: float = 0.2,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """What a target account did beyond a control account, on average.

    lift = mean Z of target accounts − mean Z of control accounts, Z = Y − θ (X − mean X), with Y an account's outcome
    and X its figure before:

    * ``"difference"``, θ = 0: the outcomes as they are.
    * ``"did"``, θ = 1: their changes (difference in differences), for arms that were not drawn by chance.
    * ``"cuped"``, θ = cov(X, Y) / var(X): the outcomes less what the figure before foretold, for arms that were.
      The interval narrows by the correlation: its variance is 1 − ρ² of that of the difference.

    Rows are summed by account first, so that one account is one observation, however many rows it has.

    Leaves out: rows of other arms, which are counted. Whether the difference is the programme's doing no formula can
    tell: a note says on what that rests.

    Args:
        outcomes: the accounts of both arms, with the column ``before`` for ``"did"`` and ``"cuped"``. With a column
            ``parent``, accounts of one parent count together in the interval.
        method: ``"difference"``, ``"did"`` or ``"cuped"``.
        target: the label of the target arm.
        control: the label of the control arm.
        theta: of ``"cuped"``, the slope ``"within"`` the arms, or ``"pooled"`` over both, which the effect biases.
        unit: what the outcome is measured in, such as ``"money"``.
        realistic: an effect that one may hope for, as a part of the control arm's mean, above 0: a note says where
            the accounts are too few to see it in four of five tries.
        by: a segment name, several, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A difference in the outcome's unit for each account, with Welch's interval; undefined where an arm has no
        accounts.

    Raises:
        MetricInputError: if there is no such arm, the column ``before`` is not there, or an option is not known.

    Example:
        >>> import abmmetrics as abm
        >>> outcomes = abm.ArmOutcomes(
        ...     account=["A", "B", "C", "D"],
        ...     arm=["target", "target", "control", "control"],
        ...     outcome=[12, 10, 8, 6],
        ...     before=[7, 5, 6, 4],
        ... )
        >>> float(abm.lift(outcomes)), float(abm.lift(outcomes, method="did"))
        (4.0, 3.0)

    References:
        Welch (1947), Biometrika 34, 28–35; Deng, Xu, Kohavi and Walker (2013), "Improving the sensitivity of online
        controlled experiments by utilizing pre-experiment data"; Bertrand, Duflo and Mullainathan (2004), Quarterly
        Journal of Economics 119, 249–275.
    """
    _checks.as_option("method", method, _METHODS)
    _checks.as_option("theta", theta, ("within", "pooled"))
    hoped = _checks.in_interval("realistic", realistic, 0, math.inf)
    level = _checks.in_interval("confidence", confidence, 0, 1)
    _arms.check_arms(outcomes.arm, target, control)
    groups = outcomes.grouping(by)
    treated = outcomes.arm == target
    keep = treated | (outcomes.arm == control)
    before = np.zeros(len(outcomes)) if method == "difference" else outcomes.column("before")
    arms = _arms.Arms(
        account=outcomes.account.where(keep),
        cluster=None if outcomes.parent is None else outcomes.parent.where(keep),
        groups={name: labels.where(keep) for name, labels in groups.items()},
        treated=treated[keep],
        outcome=outcomes.outcome[keep],
        before=before[keep],
        excluded=add_up(outcomes.excluded, count_rows({"other arms": ~keep})),
    )
    slope: _arms.Theta = theta if method == "cuped" else float(method == "did")
    return _arms.compare(
        "lift",
        arms,
        slope,
        unit=unit,
        confidence=level,
        realistic=hoped,
        remarks=[f"method: {method}", _arms.HOLDS[method]],
    )


def required_accounts(
    control: float,
    target: float,
    *,
    spread: float | None = None,
    correlation: float = 0.0,
    power: float = 0.8,
    confidence: float = 0.95,
) -> int:
    """How many accounts each arm needs to see a difference.

    n = (z of the confidence + z of the power)² (p (1 − p) of both arms) / difference², for shares of accounts;
    n = (z + z)² 2 σ² (1 − ρ²) / difference², for means.

    Leaves out: accounts that drop out, and accounts that are not independent. Most lists of target accounts are
    smaller than what this says: then no result of either sign means much.

    Args:
        control: what one expects of the control arm: a share between 0 and 1, or a mean with ``spread``.
        target: what one hopes for of the target arm, other than that.
        spread: standard deviation σ of accounts, for means; None for shares of accounts.
        correlation: ρ of the outcome with the figure before, for ``lift(method="cuped")``.
        power: how likely the difference is to be seen, between 0 and 1.
        confidence: confidence level of the interval that is to leave out 0, between 0 and 1.

    Returns:
        Accounts in each of two arms of equal size.

    Raises:
        MetricInputError: if a share is not between 0 and 1, both are alike, or an option is out of range.

    Example:
        >>> import abmmetrics as abm
        >>> abm.required_accounts(0.10, 0.15), abm.required_accounts(0.10, 0.20)
        (683, 197)

    References:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, chapter 4.
    """
    low, high = (0.0, 1.0) if spread is None else (-math.inf, math.inf)
    first, second = (
        _checks.in_interval(name, value, low, high) for name, value in (("control", control), ("target", target))
    )
    if first == second:
        raise _checks.refuse("target", "differ from control", target)
    explained = _checks.in_interval("correlation", correlation, -1, 1) ** 2
    chance = _special.normal_quantile(0.5 + _checks.in_interval("confidence", confidence, 0, 1) / 2)
    seen = _special.normal_quantile(_checks.in_interval("power", power, 0, 1))
    if spread is None:
        variance = first * (1 - first) + second * (1 - second)
    else:
        variance = 2 * _checks.in_interval("spread", spread, 0, math.inf) ** 2
    accounts = (float(chance) + float(seen)) ** 2 * variance * (1 - explained) / (first - second) ** 2
    return max(math.ceil(accounts), 2)
