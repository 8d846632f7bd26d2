"""Retention and expansion: what became of the revenue and the accounts of the opening.

All shares are of the accounts that paid at the opening; new accounts are never in them. Every
formula is over accounts: o and c are what an account paid at the opening and at the closing,
its rows added up and a negative sum taken as 0.
"""

from typing import Literal

import numpy as np

from abmmetrics import _checks, estimation
from abmmetrics._revenue_ends import RevenueEnds, bridge_lines, revenue_ends
from abmmetrics.estimation import Floats
from abmmetrics.recurring import GAINS, LOSSES, RecurringRevenue, RevenueMovements
from abmmetrics.results import Estimate
from abmmetrics.tables import By

__all__ = [
    "contraction_rate",
    "cross_sell_rate",
    "expansion_rate",
    "gross_revenue_retention",
    "logo_churn_rate",
    "logo_retention_rate",
    "net_revenue_retention",
    "quick_ratio",
    "up_sell_rate",
]

_NO_OPENING = "nothing was paid at the opening"


def _per_opening(kpi: str, found: RevenueEnds, amounts: Floats, confidence: float) -> Estimate:
    return estimation.ratio(
        kpi,
        found.sums,
        amounts,
        found.opening,
        unit="ratio",
        confidence=confidence,
        undefined=_NO_OPENING,
        remarks=found.remarks,
    )


def _share_of_opening(kpi: str, found: RevenueEnds, amounts: Floats, confidence: float) -> Estimate:
    return estimation.share(
        kpi,
        found.sums,
        amounts,
        found.opening,
        confidence=confidence,
        of_money=True,
        undefined=_NO_OPENING,
        remarks=found.remarks,
    )


def net_revenue_retention(
    revenue: RecurringRevenue,
    *,
    by: By = None,
    reactivation: Literal["exclude", "include"] = "exclude",
    confidence: float = 0.95,
) -> Estimate:
    """What the accounts of the opening pay at the closing, for each unit that they paid then.

    net revenue retention = Σ c / Σ o over accounts with o > 0
    = 1 + expansion rate − contraction rate − share of revenue churned.

    Leaves out: new accounts, always; accounts that came back, unless ``reactivation="include"``
    adds what they pay to the numerator. Price escalators and currencies are in the amounts.
    The product of twelve monthly figures is not that of the year, for its base changes.

    Args:
        revenue: revenue at both ends.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        reactivation: ``"exclude"``, or ``"include"`` (ChartMogul), which needs the column ``paid_before``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0, above 1 where accounts grew more than they shrank and left; undefined
        where nothing was paid at the opening.

    Raises:
        MetricInputError: if ``reactivation`` is not known, or the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"], opening=[100, 100, 50, 0], closing=[140, 60, 0, 90]
        ... )
        >>> float(abm.net_revenue_retention(revenue))
        0.8

    References:
        SaaS Metrics Standards Board, "Net revenue retention"; ChartMogul help centre, "Net MRR churn rate".
    """
    _checks.as_option("reactivation", reactivation, ("exclude", "include"))
    if reactivation == "exclude":
        found = revenue_ends(revenue, by)
        return _per_opening("net_revenue_retention", found, np.where(found.base, found.closing, 0.0), confidence)
    found = revenue_ends(revenue, by, "paid_before")
    kept = np.where(found.base | (found.sums["paid_before"] > 0), found.closing, 0.0)
    found.remarks.append("variant: with the revenue of accounts that came back")
    return _per_opening("net_revenue_retention", found, kept, confidence)


def gross_revenue_retention(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the opening revenue that is still there, whatever grew.

    gross revenue retention = Σ min(o, c) / Σ o over accounts with o > 0.

    Leaves out: growth, capped account by account, so that one that grew cannot hide one that
    left. Of products the figure is lower than of accounts, whose products make up for each other.

    Args:
        revenue: revenue at both ends.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was paid at the opening.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"], opening=[100, 100, 50, 0], closing=[140, 60, 0, 90]
        ... )
        >>> float(abm.gross_revenue_retention(revenue))
        0.64

    References:
        SaaS Metrics Standards Board, "Gross revenue retention": capped at 100 %.
    """
    found = revenue_ends(revenue, by)
    return _share_of_opening("gross_revenue_retention", found, np.minimum(found.opening, found.closing), confidence)


def _logos(kpi: str, revenue: RecurringRevenue, by: By, confidence: float, *, left: bool) -> Estimate:
    found = revenue_ends(revenue, by)
    gone = found.closing == 0
    return estimation.share(
        kpi,
        found.sums,
        (found.base & (gone if left else ~gone)).astype(np.float64),
        found.base.astype(np.float64),
        confidence=confidence,
        undefined="no account paid at the opening",
        remarks=found.remarks,
    )


def logo_retention_rate(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the opening's customers that are customers still.

    logo retention rate = accounts with o > 0 and c > 0 / accounts with o > 0.

    Leaves out: what they pay (:func:`gross_revenue_retention`). Whether a group of companies
    is one customer or several is for the accounts to say.

    Args:
        revenue: revenue at both ends.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no account paid at the opening.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"], opening=[100, 100, 50, 0], closing=[140, 60, 0, 90]
        ... )
        >>> round(float(abm.logo_retention_rate(revenue)), 4)
        0.6667

    References:
        Wilson (1927), Journal of the American Statistical Association 22, 209–212, for the interval.
    """
    return _logos("logo_retention_rate", revenue, by, confidence, left=False)


def logo_churn_rate(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the opening's customers that are none any more.

    logo churn rate = accounts with o > 0 and c = 0 / accounts with o > 0 = 1 − logo retention rate.

    Leaves out: what they paid, and accounts that came and left within the window.

    Args:
        revenue: revenue at both ends.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no account paid at the opening.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(account=["Acme", "Beta"], opening=[100, 80], closing=[120, 0])
        >>> float(abm.logo_churn_rate(revenue))
        0.5

    References:
        ChartMogul help centre, "Customer churn rate".
    """
    return _logos("logo_churn_rate", revenue, by, confidence, left=True)


def expansion_rate(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """What accounts pay more than at the opening, for each unit of the opening revenue.

    expansion rate = Σ max(c − o, 0) / Σ o over accounts with o > 0.

    Leaves out: how they grew (:func:`cross_sell_rate`, :func:`up_sell_rate`). An account's
    growth in one product and loss in another are set off against each other first.

    Args:
        revenue: revenue at both ends.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nothing was paid at the opening.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"], opening=[100, 100, 50, 0], closing=[140, 60, 0, 90]
        ... )
        >>> float(abm.expansion_rate(revenue))
        0.16

    References:
        ChartMogul help centre, "MRR movements".
    """
    found = revenue_ends(revenue, by)
    grown = np.where(found.base, np.maximum(found.closing - found.opening, 0.0), 0.0)
    return _per_opening("expansion_rate", found, grown, confidence)


def cross_sell_rate(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """What accounts pay for products that they did not have, for each unit of the opening revenue.

    cross-sell rate = Σ cross-sell / Σ o over accounts with o > 0.

    Leaves out: what new accounts buy. Losses in other products are not set off, so cross-sell
    and up-sell together may exceed :func:`expansion_rate`.

    Args:
        revenue: revenue at both ends with the column ``cross_sell``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nothing was paid at the opening.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta"], opening=[100, 100], closing=[150, 90], cross_sell=[40, 0], up_sell=[10, 0]
        ... )
        >>> float(abm.cross_sell_rate(revenue)), float(abm.up_sell_rate(revenue))
        (0.2, 0.05)

    References:
        Kumar, George and Pancras (2008), Journal of Retailing 84, 15–27, on cross-buying.
    """
    return _sold("cross_sell_rate", revenue, "cross_sell", by, confidence)


def up_sell_rate(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """What accounts pay more for products that they had, for each unit of the opening revenue.

    up-sell rate = Σ up-sell / Σ o over accounts with o > 0.

    Leaves out: what new accounts buy. Whether a price escalator is an up-sell is for the amounts to say.

    Args:
        revenue: revenue at both ends with the column ``up_sell``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nothing was paid at the opening.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta"], opening=[60, 40], closing=[75, 40], up_sell=[15, 0]
        ... )
        >>> float(abm.up_sell_rate(revenue))
        0.15

    References:
        Salesforce, "What is upselling?": more of what a customer has; cross-selling is what goes with it.
    """
    return _sold("up_sell_rate", revenue, "up_sell", by, confidence)


def _sold(kpi: str, revenue: RecurringRevenue, column: str, by: By, confidence: float) -> Estimate:
    found = revenue_ends(revenue, by, column)
    return _per_opening(kpi, found, np.where(found.base, found.sums[column], 0.0), confidence)


def contraction_rate(revenue: RecurringRevenue, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the opening revenue that accounts gave up while they stayed.

    contraction rate = Σ max(o − c, 0) / Σ o, the numerator over accounts with c > 0.

    Leaves out: accounts that left, whose revenue is churned and not contracted.

    Args:
        revenue: revenue at both ends.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was paid at the opening.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"], opening=[100, 100, 50, 0], closing=[140, 60, 0, 90]
        ... )
        >>> float(abm.contraction_rate(revenue))
        0.16

    References:
        ChartMogul help centre, "MRR movements".
    """
    found = revenue_ends(revenue, by)
    lost = np.where(found.closing > 0, np.maximum(found.opening - found.closing, 0.0), 0.0)
    return _share_of_opening("contraction_rate", found, lost, confidence)


def quick_ratio(
    revenue: RecurringRevenue | RevenueMovements,
    *,
    by: By = None,
    reactivation: Literal["include", "exclude"] = "include",
    confidence: float = 0.95,
) -> Estimate:
    """What came in for each unit of revenue that was lost.

    quick ratio = (new + reactivated + expansion) / (contraction + churned), see :func:`revenue_bridge`.

    Leaves out: the size of the business, so that a small one that lost little looks splendid.
    Over a year's ends it is larger than over its monthly movements.

    Args:
        revenue: revenue at both ends, or its movements in between.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        reactivation: ``"include"`` (ChartMogul), or ``"exclude"``, which needs to be told who
            came back (the column ``paid_before``).
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nothing was lost.

    Raises:
        MetricInputError: if ``reactivation`` is not known, or the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> revenue = abm.RecurringRevenue(
        ...     account=["Acme", "Beta", "Core", "Dent"], opening=[100, 100, 50, 0], closing=[140, 60, 0, 95]
        ... )
        >>> float(abm.quick_ratio(revenue))
        1.5

    References:
        Mamoon Hamid (2015), "Numbers that actually matter for founders", Social Capital; ChartMogul
        help centre, "SaaS quick ratio".
    """
    _checks.as_option("reactivation", reactivation, ("include", "exclude"))
    separate = reactivation == "exclude"
    sums, lines, remarks = bridge_lines(revenue, by, separate=separate)
    gains = [name for name in GAINS if name != "reactivated" or not separate]
    return estimation.ratio(
        "quick_ratio",
        sums,
        np.sum([lines[name] for name in gains], axis=0),
        np.sum([lines[name] for name in LOSSES], axis=0),
        unit="ratio",
        confidence=confidence,
        undefined="nothing was lost",
        remarks=[*remarks, *(["variant: without the revenue of accounts that came back"] if separate else [])],
    )
