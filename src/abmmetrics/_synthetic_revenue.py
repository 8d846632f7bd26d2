"""Recurring revenue and campaigns of the synthetic world."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.random import Generator

from abmmetrics._world import AS_OF, Truth, World
from abmmetrics.churn import ShiftedBetaGeometric
from abmmetrics.projections import expected_lifetime, projected_survival
from abmmetrics.purchases import Purchases
from abmmetrics.recurring import RecurringRevenue
from abmmetrics.roi import CampaignResults
from abmmetrics.survival import Tenures

MARGIN = 0.7

_CUSTOMER_SHARE, _NEW_SHARE, _LAPSED_SHARE = 0.7, 0.15, 0.1
_SUBSCRIPTION = (60_000.0, 30_000.0, 12_000.0)  # a year's, by tier
_KEPT_RATE = (0.94, 0.9, 0.84)
_GROWTH, _GROWTH_SPREAD, _CROSS_SELL_SHARE = 0.04, 0.2, 0.4  # of the logarithm of what stays

_CAMPAIGNS = ("Executive event", "Direct mail", "Advertising")
_COST = (900.0, 150.0, 400.0)  # for each account
_ENGAGED_RATE, _WIN_RATE = (0.5, 0.3, 0.2), (0.06, 0.02, 0.02)
_CREDIT, _CREDIT_SPREAD = 40_000.0, 0.6

_CHURN = (1.2, 4.8)  # alpha and beta of the churn rates of accounts
_YEARS_WATCHED = 10

_BUYING = {"r": 1.2, "alpha": 6.0, "a": 0.8, "b": 3.2}  # of BG/NBD, in weeks
_SPENDING = {"p": 6.0, "q": 4.0, "gamma": 1500.0}
_MOST_PURCHASES, _WEEKS_WATCHED = 400, (52, 104)


def recurring_revenue(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make subscriptions at the beginning and at the end of the last year."""
    count = len(world.accounts)
    customer = random.random(count) < _CUSTOMER_SHARE
    kept = random.random(count) < world.by_tier(_KEPT_RATE)
    factor = random.lognormal(_GROWTH, _GROWTH_SPREAD, count)
    worth = world.by_tier(_SUBSCRIPTION) * world.size
    new = ~customer & (random.random(count) < _NEW_SHARE)
    opening = np.round(np.where(customer, worth, 0.0))
    closing = np.round(np.where(customer, opening * kept * factor, np.where(new, worth, 0.0)))
    grown = np.where(customer, np.maximum(closing - opening, 0.0), 0.0)
    crossed = random.random(count) < _CROSS_SELL_SHARE
    tables["recurring_revenue"] = RecurringRevenue(
        account=world.accounts,
        opening=opening,
        closing=closing,
        cross_sell=np.where(crossed, grown, 0.0),
        up_sell=np.where(crossed, 0.0, grown),
        paid_before=customer | (random.random(count) < _LAPSED_SHARE),
        segments=dict(world.segments),
    )
    normal = NormalDist()
    mean = math.exp(_GROWTH + _GROWTH_SPREAD**2 / 2)
    # Of a lognormal factor what lies below 1, and 1 for what lies above: the mean of the smaller of the two.
    capped = mean * normal.cdf(-_GROWTH / _GROWTH_SPREAD - _GROWTH_SPREAD) + normal.cdf(_GROWTH / _GROWTH_SPREAD)

    def of_kept(factor: float) -> dict[str, float]:
        return world.truth(_SUBSCRIPTION, tuple(rate * factor for rate in _KEPT_RATE))

    return {
        "net_revenue_retention": of_kept(mean),
        "gross_revenue_retention": of_kept(capped),
        "expansion_rate": of_kept(mean - capped),
        "cross_sell_rate": of_kept((mean - capped) * _CROSS_SELL_SHARE),
        "logo_retention_rate": world.truth((1.0, 1.0, 1.0), _KEPT_RATE),
    }


def campaign_results(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make what three campaigns cost at every account and brought at some."""
    account = np.repeat(np.arange(len(world.accounts)), len(_CAMPAIGNS))
    campaign = np.tile(np.arange(len(_CAMPAIGNS)), len(world.accounts))
    won = random.random(len(account)) < np.array(_WIN_RATE)[campaign]
    credit = random.lognormal(math.log(_CREDIT) - _CREDIT_SPREAD**2 / 2, _CREDIT_SPREAD, len(account))
    tables["campaign_results"] = CampaignResults(
        account=world.accounts[account],
        campaign=np.array(_CAMPAIGNS, dtype=object)[campaign],
        cost=np.array(_COST)[campaign],
        revenue=np.where(won, np.round(credit, 2), 0.0),
        engaged=random.random(len(account)) < np.array(_ENGAGED_RATE)[campaign],
        opportunities=won,
        customers=won,
        segments=world.rows(account),
    )
    cost = sum(_COST)
    spend = sum(_WIN_RATE) * _CREDIT / cost
    engaged, customers = (1 - math.prod(1 - rate for rate in rates) for rates in (_ENGAGED_RATE, _WIN_RATE))
    return {
        "return_on_ad_spend_ratio": {"all": spend},
        "campaign_roi": {"all": MARGIN * spend - 1},
        "cost_per engaged": {"all": cost / engaged},
        "customer_acquisition_cost": {"all": cost / customers},
    }


def tenures(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make customers of yearly contracts who differ in how readily they leave: a shifted beta-geometric population."""
    count = len(world.accounts)
    churn = random.beta(*_CHURN, count)
    lasts = random.geometric(np.maximum(churn, 1e-12))  # the renewal at which the account leaves
    watched = random.integers(1, _YEARS_WATCHED + 1, count)
    tables["tenures"] = Tenures(
        account=world.accounts,
        tenure=np.minimum(lasts, watched),
        ended=lasts <= watched,
        segments=dict(world.segments),
    )
    model = ShiftedBetaGeometric(alpha=_CHURN[0], beta=_CHURN[1])
    return {
        "shifted_beta_geometric": dict(zip(("alpha", "beta"), _CHURN, strict=True)),
        "projected_survival in 5 years": {"all": float(projected_survival(model, [5]))},
        "expected_lifetime in 10 years": {"all": float(expected_lifetime(model, horizon=10))},
    }


def purchases(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make purchases without a contract: a BG/NBD population, whose spend is Gamma-Gamma's."""
    count = len(world.accounts)
    weeks = random.integers(*_WEEKS_WATCHED, count, endpoint=True)
    rate = random.gamma(_BUYING["r"], 1 / _BUYING["alpha"], count)
    stays = random.geometric(np.maximum(random.beta(_BUYING["a"], _BUYING["b"], count), 1e-12))
    spends = random.gamma(_SPENDING["q"], 1 / _SPENDING["gamma"], count)
    gaps = random.exponential(1, (count, _MOST_PURCHASES)) / np.maximum(rate, 1e-12)[:, np.newaxis]
    at = np.column_stack([np.zeros(count), np.cumsum(gaps, axis=1)])
    # Repeat purchase k comes if the account did not leave after one before it.
    made = (at <= weeks[:, np.newaxis]) & (np.arange(_MOST_PURCHASES + 1) <= stays[:, np.newaxis])
    account, _ = np.nonzero(made)
    tables["purchases"] = Purchases(
        account=world.accounts[account],
        day=AS_OF - 7 * weeks[account] + np.floor(7 * at[made]).astype(np.int64),
        amount=np.round(random.gamma(_SPENDING["p"], 1 / spends[account]), 2),
        segments=world.rows(account),
    )
    return {"beta_geometric_nbd": dict(_BUYING), "gamma_gamma": dict(_SPENDING)}
