"""What accounts paid at the two ends of a window, and the lines of the bridge from one to the other."""

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics._sums import AccountSums
from abmmetrics.estimation import Floats
from abmmetrics.recurring import LINES, RecurringRevenue, RevenueMovements
from abmmetrics.tables import By


@attrs.frozen(eq=False)
class RevenueEnds:
    """What each account of each group paid at the two ends, never below 0.

    Attributes:
        sums: the cells that the arrays belong to.
        opening: what it paid at the opening.
        closing: what it paid at the closing.
        base: True for the accounts that paid at the opening.
        remarks: what a reader must know.
    """

    sums: AccountSums
    opening: Floats
    closing: Floats
    base: NDArray[np.bool_]
    remarks: list[str]


def revenue_ends(revenue: RecurringRevenue, by: By, *others: str) -> RevenueEnds:
    """Sum revenue to accounts; what is told of all, and the columns that a KPI needs beside the two amounts."""
    told = [] if revenue.back_between is None else ["back_between"]
    sums = revenue.account_sums(["opening", "closing", *others, *told], by)
    ends = {name: np.maximum(sums[name], 0.0) for name in ("opening", "closing")}
    remarks: list[str] = []
    below = {name: float((ends[name] - sums[name]).sum()) for name in ends}
    if any(below.values()):
        amounts = " and ".join(f"{amount:,.2f} at the {name}" for name, amount in below.items() if amount)
        remarks.append(f"negative amounts count as 0: {amounts}")
    if told and (back := int((sums["back_between"] > 0).sum())):
        remarks.append(
            f"{_checks.how_many(back, 'accounts')} left in between and came back: kept, as the two ends show"
        )
    return RevenueEnds(sums, ends["opening"], ends["closing"], ends["opening"] > 0, remarks)


def bridge_lines(
    revenue: RecurringRevenue | RevenueMovements, by: By, *, separate: bool
) -> tuple[AccountSums, dict[str, Floats], list[str]]:
    """Return each line of the bridge for each account; who came back is new where that is not asked for."""
    if isinstance(revenue, RevenueMovements):
        sums = revenue.account_sums(LINES, by)
        return sums, {name: sums[name] for name in LINES}, []
    found = revenue_ends(revenue, by, *(["paid_before"] if separate else []))
    came = np.where(found.base, 0.0, found.closing)
    back = np.where(found.sums["paid_before"] > 0, came, 0.0) if separate else np.zeros(len(came))
    gained = np.where(found.base & (found.closing > 0), found.closing - found.opening, 0.0)
    lines = {
        "opening": found.opening,
        "new": came - back,
        "reactivated": back,
        "expansion": np.maximum(gained, 0.0),
        "contraction": np.maximum(-gained, 0.0),
        "churned": np.where(found.closing > 0, 0.0, found.opening),
        "closing": found.closing,
    }
    return found.sums, lines, found.remarks
