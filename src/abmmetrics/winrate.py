"""Win rates and what was won: deals, revenue, customers."""

import math
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _competing, _functionals, estimation
from abmmetrics._sums import AccountSums
from abmmetrics.opportunities import Opportunities
from abmmetrics.results import Estimate, format_value
from abmmetrics.tables import By

__all__ = [
    "average_deal_size",
    "deals_won_count",
    "new_customer_count",
    "revenue_won",
    "value_win_rate",
    "win_probability",
    "win_rate",
]

_SHOWN_RATES = 5
_NO_AMOUNT = "no closed deal has an amount above 0"


def win_rate(
    opportunities: Opportunities,
    *,
    by: By = None,
    basis: Literal["closed", "created"] = "closed",
    confidence: float = 0.95,
) -> Estimate:
    """Share of deals that were won.

    win rate = won / (won + lost), or won / all deals, open ones too, on the basis of those created.

    Leaves out: what the deals are worth (:func:`value_win_rate`). On the basis of created
    deals young ones count as not won, so recent groups look worse than they will be.

    Args:
        opportunities: deals.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        basis: ``"closed"`` (Salesforce's WON:SUM / CLOSED:SUM) or ``"created"``
            (Salesforce's WON:SUM / RowCount, Copper, Bullhorn).
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no deal is closed, or none there. The basis of created deals
        is named in the result, and :func:`change` does not compare one basis with the other.

    Raises:
        MetricInputError: if ``basis`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(account=[1, 2, 3, 4, 5, 6], outcome=["won", "won", "lost", "lost", "open", "won"])
        >>> float(abm.win_rate(deals)), float(abm.win_rate(deals, basis="created"))
        (0.6, 0.5)

    References:
        Salesforce help 000387867, "Calculate win rates in reports"; Copper community, "Opp win rate calculation".
    """
    _checks.as_option("basis", basis, ("closed", "created"))
    won = opportunities.outcome == "won"
    counts = won | (opportunities.outcome == "lost") if basis == "closed" else np.ones(len(won), dtype=bool)
    sums = opportunities.deal_sums(counts, by, {"won": won})
    return estimation.share(
        "win_rate",
        sums,
        sums["won"],
        sums["deals"],
        confidence=confidence,
        undefined="no deal is closed" if basis == "closed" else "there are no deals",
        remarks=["variant: of deals created"] if basis == "created" else [],
    )


def value_win_rate(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the closed amount that was won.

    value win rate = Σ won amount / Σ (won + lost) amount.

    Leaves out: open deals. Deals without an amount are left out and counted. Many systems set a
    lost deal's amount to 0; where every lost deal of a group has the amount 0 or none, its
    rate would read 100 % and is undefined instead.

    Args:
        opportunities: deals with the column ``amount``: of lost deals what they would have been worth.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no closed deal has an amount, or lost deals carry none.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core"], outcome=["won", "lost", "won"], amount=[30_000, 50_000, 20_000]
        ... )
        >>> float(abm.value_win_rate(deals))
        0.5

    References:
        QuarterOne help, "Win rate by value".
    """
    amount = opportunities.column("amount")
    won, lost = opportunities.outcome == "won", opportunities.outcome == "lost"
    recorded = ~np.isnan(amount)
    figures = {
        "recorded": recorded,
        "lost": lost,
        "won amount": np.where(recorded & won, amount, 0.0),
        "lost amount": np.where(recorded & lost, amount, 0.0),
    }
    sums = opportunities.deal_sums(won | lost, by, figures, excluded={"no amount": (won | lost) & ~recorded})
    won_amount, lost_amount = sums["won amount"], sums["lost amount"]
    silent = (sums.total(sums["lost"]) > 0) & (sums.total(lost_amount) == 0) & (sums.total(won_amount) > 0)
    found = estimation.share(
        "value_win_rate",
        attrs.evolve(sums, rows=sums["recorded"].astype(np.int64)),
        won_amount,
        # What lost deals without an amount were worth is unknown, not 0, and so is the whole.
        np.where(silent[sums.group], math.nan, won_amount + lost_amount),
        confidence=confidence,
        of_money=True,
        undefined=_NO_AMOUNT,
        remarks=_worthless_losses(amount[lost]),
    )
    return attrs.evolve(
        found,
        flags={
            **found.flags,
            f"undefined: {_NO_AMOUNT}": np.isnan(found.value) & ~silent,
            "undefined: lost deals carry no amount, so that 100 % would be wrong": silent,
        },
    )


def _worthless_losses(amounts: NDArray[np.float64]) -> list[str]:
    """Tell how many lost deals carry no amount, where some do."""
    worth = int((amounts > 0).sum())
    if worth in {0, len(amounts)}:
        return []
    return [f"{len(amounts) - worth:,} of {len(amounts):,} lost deals carry no amount or 0: the rate is too high"]


def win_probability(
    opportunities: Opportunities,
    *,
    horizon_days: float,
    as_of: Any,  # noqa: ANN401 - any kind of date
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Probability that a deal is won within so many days of its creation, open deals included.

    win probability = Σ S(t−) × won at t / open for t days, over the ages t up to the horizon, where S(t−) is the
    share of deals neither won nor lost before that age: Aalen and Johansen's estimator.

    A deal that is open counts for as long as it has been open, and for no outcome. won / (won + lost) leaves it out
    and is too low where wins take longer than losses, too high where they are faster; a note says how far it is off.

    Leaves out: deals without a creation day, or created after the day, which are counted. A deal that everybody gave
    up and nobody closed as lost counts as open. What held for deals of the past need not hold for new ones.

    Args:
        opportunities: deals with the columns ``created`` and, unless all are open, ``closed``.
        horizon_days: within how many days of its creation a deal is to be won, above 0.
        as_of: the day up to which deals were followed; one closed later is open.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no deal was open for as long as the horizon and some still are:
        what comes after the oldest open deal nobody knows yet. Take a shorter horizon.

    Raises:
        MetricInputError: if a column is not there, ``as_of`` is no day, or ``horizon_days`` is not above 0.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core", "Dent"],
        ...     created=["2026-01-01", "2026-01-01", "2026-01-01", "2026-03-02"],
        ...     closed=["2026-02-10", "2026-03-02", None, None],
        ...     outcome=["lost", "won", "open", "open"],
        ... )
        >>> round(float(abm.win_probability(deals, horizon_days=75, as_of="2026-03-31")), 3)
        0.333
        >>> float(abm.win_rate(deals))
        0.5

    References:
        Aalen and Johansen (1978), Scandinavian Journal of Statistics 5, 141–150; Overgaard, Parner and Pedersen
        (2017), Annals of Statistics 45, 1988–2015, for the influences.
    """
    horizon = _checks.in_interval("horizon_days", horizon_days, 0, math.inf)
    day = _checks.as_date("as_of", as_of)
    created, closed = opportunities.column("created"), opportunities.closing_days()
    late, undated = created > day, np.isnat(created)
    counts = ~late & ~undated
    over = closed <= day
    won, lost = counts & over & (opportunities.outcome == "won"), counts & over & (opportunities.outcome == "lost")
    rows = np.flatnonzero(counts)
    group, size = _functionals.group_rows(len(opportunities), opportunities.grouping(by))
    rows = rows[group[rows] >= 0]
    days = (np.where(over, closed, day) - created)[rows].astype(np.float64)
    cause = np.select([won, lost], [_competing.FIRST, _competing.SECOND], _competing.CENSORED)[rows]
    found = _competing.share_within(_competing.follow(days, cause, group[rows], size), np.full(size, horizon))
    influence = np.zeros(len(opportunities))
    influence[rows] = found.influence
    in_time = np.zeros(len(opportunities), dtype=bool)
    in_time[rows] = (cause == _competing.FIRST) & (days <= horizon)
    figures = {"influence": influence, "trials": counts, "successes": in_time, "won": won, "closed": won | lost}
    sums = opportunities.deal_sums(
        counts, by, figures, excluded={"created after as_of": late, "no created date": undated}
    )
    return _functionals.share(
        "win_probability",
        sums,
        found.value,
        confidence=confidence,
        undefined=f"no deal was open for {horizon:g} days, so nobody knows",
        remarks=_rates_beside(sums, found.value),
    )


def _rates_beside(sums: AccountSums, value: NDArray[np.float64]) -> list[str]:
    """Say how far won / (won + lost) is from the probabilities that are defined."""
    won, closed = sums.total(sums["won"]), sums.total(sums["closed"])
    held = sums.groups.values()
    labels = list(zip(*held, strict=True)) if held else [()]  # mutation: equivalent, one label for each group
    told: list[str] = []
    for place in np.flatnonzero((closed > 0) & ~np.isnan(value)).tolist():
        rate = float(won[place] / closed[place])
        name = "".join(f"{', '.join(map(str, labels[place]))} " for _ in labels[place][:1])
        off = format_value(100 * (rate - float(value[place])), "points")
        told.append(f"{name}{format_value(rate, 'share')} ({off} percentage points)")
    more = len(told) - _SHOWN_RATES
    shown = [*told[:_SHOWN_RATES], *([f"and {more} more"] if more > 0 else [])]
    return [f"won / (won + lost) would say {'; '.join(shown)}"] if told else []


def average_deal_size(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Mean amount of won deals.

    average deal size = Σ won amount / won deals with an amount.

    Leaves out: won deals without an amount, which are counted; a deal won at 0 is in. A mean
    follows the largest deals; the amounts are whatever was recorded (a year's, the contract's).

    Args:
        opportunities: deals with the column ``amount``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money for each deal, in the currency of the amounts; undefined where no deal with an amount was won.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core"], outcome=["won", "won", "lost"], amount=[10_000, 40_000, 70_000]
        ... )
        >>> float(abm.average_deal_size(deals))
        25000.0

    References:
        Wins Above, glossary: sales velocity.
    """
    sums = _won_amounts(opportunities, by)
    return estimation.ratio(
        "average_deal_size",
        sums,
        sums["amount"],
        sums["deals"],
        unit="money",
        confidence=confidence,
        undefined="no deal with an amount was won",
        remarks=opportunities.money_remarks(),
    )


def _won_amounts(opportunities: Opportunities, by: By) -> AccountSums:
    amount = opportunities.column("amount")
    won, recorded = opportunities.outcome == "won", ~np.isnan(amount)
    return opportunities.deal_sums(won & recorded, by, {"amount": amount}, excluded={"no amount": won & ~recorded})


def deals_won_count(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Number of deals won.

    deals won = Σ won deals.

    Leaves out: how many were tried for (:func:`win_rate`) and what they brought (:func:`revenue_won`).

    Args:
        opportunities: deals.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A count; 0 where none was won.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(account=["Acme", "Acme", "Beta"], outcome=["won", "lost", "won"])
        >>> float(abm.deals_won_count(deals))
        2.0

    References:
        Fay and Feuer (1997), Statistics in Medicine 16, 791–801, for the interval.
    """
    sums = opportunities.deal_sums(opportunities.outcome == "won", by)
    return estimation.total("deals_won_count", sums, sums["deals"], unit="count", confidence=confidence)


def revenue_won(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Amount of the deals won.

    revenue won = Σ won amount.

    Leaves out: won deals without an amount, which are counted; and when the money comes.

    Args:
        opportunities: deals with the column ``amount``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money, in the currency of the amounts; 0 where nothing was won.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core"], outcome=["won", "won", "lost"], amount=[10_000, 40_000, 70_000]
        ... )
        >>> float(abm.revenue_won(deals))
        50000.0

    References:
        Fay and Feuer (1997), Statistics in Medicine 16, 791–801, for the interval.
    """
    sums = _won_amounts(opportunities, by)
    return estimation.total(
        "revenue_won", sums, sums["amount"], unit="money", confidence=confidence, remarks=opportunities.money_remarks()
    )


def new_customer_count(opportunities: Opportunities, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Number of accounts that became customers: those whose first won deal is in the group.

    new customers = Σ accounts whose earliest won deal of the table is in the group.

    Leaves out: wins before the table begins, so start it early and read later periods. An
    account counts once, in the group of the deal that it closed first. Of deals won on one
    day the one whose label sorts first decides (one without a label last), whatever the order
    of the rows.

    Args:
        opportunities: deals, with the column ``closed`` where they are grouped.
        by: a segment name, several, ``"account"``, or labels of the table's length, such as
            ``period(opportunities.closed, "quarter")``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A count; 0 where no account's first win is.

    Raises:
        MetricInputError: if a segment is not known, or the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Acme", "Beta"], closed=["2026-02-02", "2026-05-04", "2026-06-08"], outcome="won"
        ... )
        >>> quarters = abm.new_customer_count(deals, by=abm.period(deals.closed, "quarter"))
        >>> [(quarter, float(count)) for quarter, count in quarters.items()]
        [('2026-Q1', 1.0), ('2026-Q2', 1.0)]

    References:
        GitLab handbook, "Sales term glossary": new logos.
    """
    groups = opportunities.grouping(by)
    rows = np.flatnonzero(opportunities.outcome == "won")
    codes = opportunities.account.codes()[rows]
    # Deals without an account are customers of their own.
    customer = np.where(codes < 0, len(opportunities.account.categories) + rows, codes)
    keys = [customer]
    if groups:
        keys += [opportunities.column("closed")[rows], *(labels.ranks()[rows] for labels in groups.values())]
    order = np.lexsort(keys[::-1])
    _, firsts = np.unique(customer[order], return_index=True)
    first = np.zeros(len(opportunities), dtype=bool)
    first[rows[order[firsts]]] = True
    sums = opportunities.deal_sums(first, groups)
    return estimation.total("new_customer_count", sums, sums["deals"], unit="count", confidence=confidence)
