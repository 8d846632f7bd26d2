"""Pipeline: opportunities created and open, what they cover of a quota, and how fast they become money."""

import math
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, estimation
from abmmetrics._matching import add_up, target_rows
from abmmetrics._sums import AccountSums
from abmmetrics.opportunities import Opportunities
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = [
    "account_to_opportunity_rate",
    "open_pipeline_value",
    "opportunities_created_count",
    "pipeline_coverage_ratio",
    "sales_cycle_days",
    "sales_velocity",
]


def opportunities_created_count(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Number of opportunities created.

    opportunities created = Σ deals, whatever became of them.

    Leaves out: what they are worth and whether they were any good (:func:`win_rate` with
    ``basis="created"``). The table is the window: take ``opportunities.where(...)`` for a
    span of creation days, or group by ``period(opportunities.created, ...)``.

    Args:
        opportunities: deals.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A count; 0 where there are no deals.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(account=["Acme", "Acme", "Beta"], outcome=["won", "open", "open"])
        >>> float(abm.opportunities_created_count(deals))
        3.0

    References:
        Fay and Feuer (1997), Statistics in Medicine 16, 791–801, for the interval.
    """
    sums = opportunities.deal_sums(np.ones(len(opportunities), dtype=bool), by)
    return estimation.total("opportunities_created_count", sums, sums["deals"], unit="count", confidence=confidence)


def account_to_opportunity_rate(
    targets: Table, opportunities: Opportunities, *, by: By = None, confidence: float = 0.95
) -> Estimate:
    """Share of target accounts with an opportunity.

    account-to-opportunity rate = target accounts with >= 1 opportunity / target accounts.

    Leaves out: how many opportunities an account has, and which came before the programme;
    take ``opportunities.where(...)`` for those created in a window or of one kind.

    Args:
        targets: the target list (``TargetAccounts``), one row for each account.
        opportunities: deals; those with other accounts, or with none, are left out and counted.
        by: a segment name of the targets, several, ``"account"``, or labels of the target list's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no target accounts.

    Raises:
        MetricInputError: if the target list names an account twice.

    Example:
        >>> import abmmetrics as abm
        >>> targets = abm.TargetAccounts(account=["Acme", "Beta", "Core", "Dent"])
        >>> deals = abm.Opportunities(account=["Acme", "Acme", "Zeta"], outcome=["won", "open", "open"])
        >>> float(abm.account_to_opportunity_rate(targets, deals))
        0.25

    References:
        Wilson (1927), Journal of the American Statistical Association 22, 209–212, for the interval.
    """
    rows, lost = target_rows(targets, "opportunities", opportunities)
    sums = targets.account_sums({"found": np.bincount(rows[rows >= 0], minlength=len(targets)) > 0}, by)
    return estimation.share(
        "account_to_opportunity_rate",
        attrs.evolve(sums, excluded=add_up(sums.excluded, lost)),
        sums["found"],
        sums.rows.astype(np.float64),
        confidence=confidence,
        undefined="there are no target accounts",
    )


def open_pipeline_value(
    opportunities: Opportunities,
    *,
    as_of: Any,  # noqa: ANN401 - any kind of date
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Amount of the deals that were open at the end of a day.

    open pipeline = Σ amount of deals created on or before the day and not closed by then.

    Leaves out: how likely they are to be won. The state is read from the dates, so a deal that
    closed later counts as open on the day; the amounts are today's, not those of the day.

    Args:
        opportunities: deals with the columns ``created`` and ``amount``, and ``closed`` unless
            all are open. Deals without a creation day or an amount are left out and counted.
        as_of: the day.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money, in the currency of the amounts; 0 where nothing is open.

    Raises:
        MetricInputError: if a column is not there or ``as_of`` is not one date.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core"],
        ...     created=["2026-01-10", "2026-02-01", "2026-05-04"],
        ...     closed=["2026-04-20", None, None],
        ...     outcome=["won", "open", "open"],
        ...     amount=[10_000, 25_000, 40_000],
        ... )
        >>> float(abm.open_pipeline_value(deals, as_of="2026-03-31"))
        35000.0

    References:
        Calclet, "Sales pipeline coverage ratio calculator", notes.
    """
    sums, remarks = _open_deals(opportunities, as_of, by)
    return estimation.total(
        "open_pipeline_value",
        sums,
        sums["amount"],
        unit="money",
        confidence=confidence,
        remarks=[*opportunities.money_remarks(), *remarks],
    )


def _open_deals(
    opportunities: Opportunities,
    as_of: Any,  # noqa: ANN401 - any kind of date
    by: By,
) -> tuple[AccountSums, list[str]]:
    """Return the sums of the deals open on a day, and what a reader must know of them."""
    day = _checks.as_date("as_of", as_of)
    created, amount = opportunities.column("created"), opportunities.column("amount")
    not_closed = ~(opportunities.closing_days() <= day)
    is_open = not_closed & (created <= day)
    unknown = np.isnan(amount)
    sums = opportunities.deal_sums(
        is_open & ~unknown,
        by,
        {"amount": amount},
        excluded={"no created date": not_closed & np.isnat(created), "no amount": is_open & unknown},
    )
    # Many systems set the amount to 0 once a deal is lost, and so rewrite the pipeline of earlier days.
    emptied = int((is_open & (amount == 0) & (opportunities.outcome == "lost")).sum())
    return sums, [f"{emptied:,} deals lost later carry the amount 0: the figure is too low"] if emptied else []


def pipeline_coverage_ratio(
    opportunities: Opportunities,
    *,
    quota: float | Mapping[Any, float],
    as_of: Any,  # noqa: ANN401 - any kind of date
    closed: float | Mapping[Any, float] = 0,
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Open pipeline for each unit of the quota that is still to be won.

    pipeline coverage = open pipeline / (quota − closed), with the open pipeline of :func:`open_pipeline_value`.

    Leaves out: how likely the deals are to be won (what is needed is 1 / win rate of this very
    pipeline, not a rule of thumb such as 3), and when: take ``opportunities.where(...)`` for
    deals expected to close within the quota's period.

    Args:
        opportunities: deals, as for :func:`open_pipeline_value`.
        quota: what is to be won, > 0; with ``by`` the same for every group, or a mapping from
            the groups' labels (labels that have no deals at all are not shown).
        as_of: the day.
        closed: what of the quota is won already, >= 0; a number or a mapping likewise.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where the quota is reached. The quota is taken as given: the
        interval is that of the open pipeline.

    Raises:
        MetricInputError: if a column is not there, ``as_of`` is not one date, a quota is not
            > 0, or a group has none.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core"],
        ...     created=["2026-01-10", "2026-02-01", "2026-03-04"],
        ...     outcome="open",
        ...     amount=[100_000, 250_000, 400_000],
        ... )
        >>> float(abm.pipeline_coverage_ratio(deals, quota=400_000, closed=150_000, as_of="2026-03-31"))
        3.0

    References:
        Wins Above, glossary: pipeline coverage ratio.
    """
    sums, remarks = _open_deals(opportunities, as_of, by)
    remaining = _of_groups("quota", quota, sums) - _of_groups("closed", closed, sums, low_open=False)
    reached = remaining <= 0
    found = estimation.total(
        "pipeline_coverage_ratio",
        sums,
        sums["amount"] / np.where(reached, 1.0, remaining)[sums.group],
        unit="ratio",
        confidence=confidence,
        remarks=remarks,
    )
    return attrs.evolve(
        found,
        value=np.where(reached, math.nan, found.value),
        low=np.where(reached, math.nan, found.low),
        high=np.where(reached, math.nan, found.high),
        numerator=sums.total(sums["amount"]),
        denominator=remaining,
        flags={
            "undefined: the quota is reached": reached,
            **{remark: held & ~reached for remark, held in found.flags.items()},
        },
    )


def _of_groups(
    name: str, given: float | Mapping[Any, float], sums: AccountSums, *, low_open: bool = True
) -> NDArray[np.float64]:
    """Return one figure for each group, given once for all or by label."""
    keys = list(zip(*sums.groups.values(), strict=True)) if sums.groups else [("all",)]
    labels = [key[0] if len(key) == 1 else key for key in keys]
    if not isinstance(given, Mapping):
        given = dict.fromkeys(labels, given)
    for label in labels:
        if label not in given:
            raise _checks.refuse(name, "have a figure for every group", _checks.phrase(f"none for {label!r}"))
    figures = [_checks.in_interval(name, given[label], 0, math.inf, low_open=low_open) for label in labels]
    return np.array(figures, dtype=np.float64)


def sales_velocity(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Money won for each day that a deal takes.

    sales velocity = n × win rate × average won amount / average cycle days
    = n × (won / n) × (Σ won amount / won) / (Σ won days / won).

    All four factors are on the same base: n counts the closed deals, the win rate is theirs,
    and amount and cycle are averages of their won deals.

    Leaves out: open deals, and how long the table's window is: compare windows of equal
    length. Won deals without a creation day or an amount are left out of all four factors
    and counted. A cycle shorter by 10 % raises the velocity by 11.1 %, not 10 %.

    Args:
        opportunities: deals with the columns ``created``, ``closed`` and ``amount``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money per day; undefined where no deal was won, or all were won on the day they were created.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core", "Dent"],
        ...     created="2026-01-01",
        ...     closed="2026-04-01",
        ...     outcome=["won", "lost", "lost", "lost"],
        ...     amount=[25_000, 20_000, 30_000, 10_000],
        ... )
        >>> round(float(abm.sales_velocity(deals)), 2)
        277.78

    References:
        Maven LB, "Sales velocity formula"; Creative G, glossary: sales velocity (closed deals).
    """
    won, days, undated = _won_days(opportunities)
    amount = opportunities.column("amount")
    unpriced = won & ~undated & np.isnan(amount)
    whole = won & ~undated & ~unpriced
    sums = opportunities.deal_sums(
        whole | (opportunities.outcome == "lost"),
        by,
        {"won": whole, "amount": np.where(whole, amount, 0.0), "days": np.where(whole, days, 0)},
        excluded={"no created date": undated, "no amount": unpriced},
    )
    return estimation.quantity(
        "sales_velocity",
        sums,
        _velocity,
        [sums["deals"], sums["won"], sums["amount"], sums["days"]],
        unit="money per day",
        confidence=confidence,
        least=0.0,
        undefined="no deal was won, or all on the day they were created",
        remarks=opportunities.money_remarks(),
    )


def _velocity(deals: Any, won: Any, amount: Any, days: Any) -> Any:  # noqa: ANN401 - sums as numbers or arrays
    return deals * (won / deals) * (amount / won) / (days / won)


def _won_days(
    opportunities: Opportunities,
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
    """Return which deals were won, how many days each deal took, and which won ones lack a creation day."""
    created, closed = opportunities.column("created"), opportunities.column("closed")
    won = opportunities.outcome == "won"
    return won, (closed - created).astype(np.int64), won & np.isnat(created)


def sales_cycle_days(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Mean days from creation to close of won deals: a KPI to ignore, and its result says so.

    sales cycle = Σ (closed − created) / won deals.

    Leaves out: lost and open deals, hence it shortens when slow deals are given up; and why
    deals were fast or slow. Better: the win rate under a promotion (``promotion_effect``).

    Args:
        opportunities: deals with the columns ``created`` and ``closed``; won deals without a
            creation day are left out and counted.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Days >= 0; undefined where no deal was won.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta"],
        ...     created=["2026-01-01", "2026-01-11"],
        ...     closed=["2026-01-31", "2026-03-02"],
        ...     outcome="won",
        ... )
        >>> float(abm.sales_cycle_days(deals))
        40.0

    References:
        Nextian, "Measuring sales cycle length in Salesforce".
    """
    won, days, undated = _won_days(opportunities)
    whole = won & ~undated
    sums = opportunities.deal_sums(whole, by, {"days": np.where(whole, days, 0)}, excluded={"no created date": undated})
    return estimation.ratio(
        "sales_cycle_days",
        sums,
        sums["days"],
        sums["deals"],
        unit="days",
        confidence=confidence,
        undefined="no deal was won",
        remarks=["a KPI to ignore; better: the win rate under a promotion (promotion_effect)"],
    )
