"""A business-to-business world of known truth: for examples, for teaching, and to test KPIs against.

Nothing here is anybody's data. Accounts differ in tier, industry and size; some mails are
opened by machines; visitors look at pages and give up forms; some deals are lost and some still
open; customers stay, grow, shrink and leave, and answer surveys, as employees do.
``Program.truth`` holds what the world was made with, so that an estimate can be
compared with what it estimates.

Each family of tables draws from a random generator of its own, so a family that is added
later leaves the others' figures as they are.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.random import Generator, SeedSequence

from abmmetrics import (
    _checks,
    _synthetic_content,
    _synthetic_qualification,
    _synthetic_revenue,
    _synthetic_stages,
    _synthetic_touches,
    _synthetic_web,
)
from abmmetrics._world import AS_OF, DEALS_A_YEAR, TIERS, YEARS, Family, Truth, World, alike
from abmmetrics.email import Emails
from abmmetrics.enps import OneOnOneMeetings, PulseInvitations
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program
from abmmetrics.roi import CampaignCosts
from abmmetrics.surveys import SurveyScores
from abmmetrics.targets import Contacts, TargetAccounts

__all__ = ["program"]

_FEWEST_ACCOUNTS = 10
_FIRST_DEAL = np.datetime64("2023-01-01")

_TIER_SHARES = (0.2, 0.3, 0.5)
_INDUSTRIES = ("Energy", "Finance", "Health", "Manufacturing", "Retail")

_MAILS_A_MONTH = (9.0, 6.0, 3.0)
_READ_RATE = (0.34, 0.28, 0.2)  # of delivered mails, by people, in the first year
_READ_RATE_FACTOR = (1.0, 0.85)  # of each year: mails are read less and less
_MACHINE_SHARE = 0.3  # of delivered mails, fetched by a machine whether or not anybody reads
_BOUNCE_RATE, _UNSUBSCRIBE_RATE, _COMPLAINT_RATE = 0.02, 0.003, 0.0005
_CLICKS_FOR_READ, _REPLIES_FOR_READ = 0.12, 0.03

_ROLES = ("Decision maker", "Champion", "Finance", "IT", "Procurement")
_CONTACTS = (7.0, 5.0, 3.0)
_REACHABLE_SHARE, _ENGAGED_OF_REACHABLE = 0.8, (0.55, 0.45, 0.3)

_WIN_RATE = (0.42, 0.33, 0.25)
_DEAL_SIZE = (90_000.0, 48_000.0, 21_000.0)
_SIZE_SPREAD, _DEAL_SPREAD = 0.35, 0.45
_CYCLE_DAYS, _CYCLE_SPREAD = 95.0, 0.5
_QUOTA = 900_000.0

# What campaigns that touch accounts cost for each; one has touches and no cost, one a cost and no touches.
_SPENT = {"Event": 3_000.0, "Newsletter": 800.0, "Paid social": 2_200.0, "Webinar": 1_500.0, "Podcast": 500.0}

_DISCOUNT_RATE = 0.1  # a year's

_SCORE_MEAN = (8.1, 8.5)  # of customers, by year
_SCORE_ACCOUNT_SPREAD, _SCORE_SPREAD = 0.9, 1.6
_ANSWERS_AN_ACCOUNT = 2.5

_TEAMS = ("Customer success", "Legal", "Marketing", "Product", "Sales")
_TEAM_SIZES = (18, 3, 24, 40, 32)  # one too small to be shown alone
_TEAM_MEANS, _EMPLOYEE_SPREAD = (8.3, 7.9, 8.1, 7.8, 7.4), 1.7
_ANSWER_RATE, _DAYS_BETWEEN_MEETINGS, _NEVER_DAYS = 0.78, 25.0, 120


def _accounts(random: Generator, count: int) -> World:
    bounds = np.cumsum(_TIER_SHARES)[:-1] * count
    tier = np.searchsorted(bounds, np.arange(count) + 0.5).astype(np.int64)
    industry = random.integers(len(_INDUSTRIES), size=count)
    return World(
        accounts=np.array([f"Account {number:0{len(str(count))}d}" for number in range(1, count + 1)], dtype=object),
        tier=tier,
        size=random.lognormal(-(_SIZE_SPREAD**2) / 2, _SIZE_SPREAD, count),
        segments={
            "tier": np.array(TIERS, dtype=object)[tier],
            "industry": np.array(_INDUSTRIES, dtype=object)[industry],
        },
    )


def _targets(_: Generator, world: World, tables: dict[str, Any]) -> Truth:
    tables["target_accounts"] = TargetAccounts(account=world.accounts, segments=dict(world.segments))
    return {}


def _contacts(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    account = np.repeat(np.arange(len(world.accounts)), random.poisson(world.by_tier(_CONTACTS)))
    role = random.integers(len(_ROLES), size=len(account))
    reachable = random.random(len(account)) < _REACHABLE_SHARE
    willing = alike(random, world.by_tier(_ENGAGED_OF_REACHABLE))[account]
    engaged = reachable & (random.random(len(account)) < willing)
    tables["contacts"] = Contacts(
        account=world.accounts[account],
        contact=np.arange(1, len(account) + 1),
        role=np.array(_ROLES, dtype=object)[role],
        reachable=reachable,
        engaged=engaged,
        segments=world.rows(account),
    )
    engaged_rates = [_REACHABLE_SHARE * rate for rate in _ENGAGED_OF_REACHABLE]
    # A Poisson number of which each counts with some chance is Poisson again: none with exp(-mean).
    covered = [1 - math.exp(-mean * _REACHABLE_SHARE) for mean in _CONTACTS]
    return {
        "account_penetration_rate": world.truth(_CONTACTS, tuple(engaged_rates)),
        "account_coverage_rate": world.truth((1.0, 1.0, 1.0), tuple(covered)),
    }


def _emails(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    months = np.arange(f"{YEARS[0]}-01", f"{int(YEARS[-1]) + 1}-01", dtype="datetime64[M]")
    account = np.repeat(np.arange(len(world.accounts)), len(months))
    month = np.tile(np.arange(len(months)), len(world.accounts))
    year = month // 12
    read_rate = alike(random, world.by_tier(_READ_RATE))[account] * np.array(_READ_RATE_FACTOR)[year]
    machine_rate = alike(random, np.full(len(world.accounts), _MACHINE_SHARE))[account]
    sent = random.poisson((world.by_tier(_MAILS_A_MONTH) * world.size)[account])
    bounced = random.binomial(sent, _BOUNCE_RATE)
    delivered = sent - bounced
    fetched = random.binomial(delivered, machine_rate)
    read_too = random.binomial(fetched, read_rate)
    read_only = random.binomial(delivered - fetched, read_rate)
    read = read_too + read_only
    tables["emails"] = Emails(
        account=world.accounts[account],
        sent=sent,
        delivered=delivered,
        opened=fetched + read_only,
        machine_opened=fetched,
        clicked=random.binomial(read, _CLICKS_FOR_READ),
        replied=random.binomial(read, _REPLIES_FOR_READ),
        bounced=bounced,
        unsubscribed=random.binomial(delivered, _UNSUBSCRIBE_RATE),
        complained=random.binomial(delivered, _COMPLAINT_RATE),
        segments={
            **world.rows(account),
            "year": np.array(YEARS, dtype=object)[year],
            "month": np.datetime_as_string(months)[month],
        },
    )

    def of_read(rate_of: Callable[[float], float]) -> dict[str, float]:
        """Return the truth of a rate that follows from how many mails people read."""
        mean_factor = sum(_READ_RATE_FACTOR) / len(_READ_RATE_FACTOR)
        found = world.truth(_MAILS_A_MONTH, tuple(rate_of(rate * mean_factor) for rate in _READ_RATE))
        for name, factor in zip(YEARS, _READ_RATE_FACTOR, strict=True):
            found[name] = world.truth(_MAILS_A_MONTH, tuple(rate_of(rate * factor) for rate in _READ_RATE))["all"]
        return found

    everywhere = (1.0, 1.0, 1.0)
    return {
        "read_rate": of_read(lambda read: read),
        "open_rate": of_read(lambda read: 1 - (1 - read) * (1 - _MACHINE_SHARE)),
        "open_rate without machines": of_read(lambda read: read * (1 - _MACHINE_SHARE)),
        "click_rate": of_read(lambda read: read * _CLICKS_FOR_READ),
        "reply_rate": of_read(lambda read: read * _REPLIES_FOR_READ),
        "delivery_rate": world.truth(everywhere, (1 - _BOUNCE_RATE,) * 3),
        "bounce_rate": world.truth(everywhere, (_BOUNCE_RATE,) * 3),
        "unsubscribe_rate": world.truth(everywhere, (_UNSUBSCRIBE_RATE,) * 3),
        "complaint_rate": world.truth(everywhere, (_COMPLAINT_RATE,) * 3),
    }


def _opportunities(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    days = int((AS_OF - _FIRST_DEAL).astype(int)) + 1
    # How busy an account is has nothing to do with how often it buys: else the win rate of all
    # deals would not be that of all accounts.
    busy = random.gamma(4, 1 / 4, len(world.accounts))
    account = np.repeat(
        np.arange(len(world.accounts)), random.poisson(world.by_tier(DEALS_A_YEAR) * busy * days / 365.25)
    )
    created = _FIRST_DEAL + random.integers(days, size=len(account))
    closed = created + np.ceil(random.lognormal(math.log(_CYCLE_DAYS), _CYCLE_SPREAD, len(account))).astype(int)
    won = random.random(len(account)) < alike(random, world.by_tier(_WIN_RATE))[account]
    amount = (world.by_tier(_DEAL_SIZE) * world.size)[account] * random.lognormal(
        -(_DEAL_SPREAD**2) / 2, _DEAL_SPREAD, len(account)
    )
    is_open = closed > AS_OF
    first_won = np.full(len(world.accounts), np.datetime64("9999-12-31"))
    bought = won & ~is_open
    np.minimum.at(first_won, account[bought], closed[bought])
    tables["opportunities"] = Opportunities(
        account=world.accounts[account],
        opportunity=np.arange(1, len(account) + 1),
        created=created,
        closed=np.where(is_open, np.datetime64("NaT"), closed),
        outcome=np.where(is_open, "open", np.where(won, "won", "lost")),
        amount=np.round(amount, -2),
        kind=np.where(created > first_won[account], "expansion", "new business"),
        currency="EUR",
        segments=world.rows(account),
    )
    wins = tuple(deals * rate for deals, rate in zip(DEALS_A_YEAR, _WIN_RATE, strict=True))
    with_deals = [1 - (1 + deals * days / 365.25 / 4) ** -4 for deals in DEALS_A_YEAR]
    return {
        "win_rate": world.truth(DEALS_A_YEAR, _WIN_RATE),
        "win_probability in 180 days": world.truth(
            DEALS_A_YEAR,
            tuple(rate * NormalDist().cdf(math.log(180 / _CYCLE_DAYS) / _CYCLE_SPREAD) for rate in _WIN_RATE),
        ),
        "average_deal_size": world.truth(wins, _DEAL_SIZE),
        "account_to_opportunity_rate": world.truth((1.0, 1.0, 1.0), tuple(with_deals)),
    }


def _campaign_costs(_: Generator, world: World, tables: dict[str, Any]) -> Truth:
    accounts = len(world.accounts)
    tables["campaign_costs"] = CampaignCosts(campaign=list(_SPENT), cost=[accounts * each for each in _SPENT.values()])
    days = int((AS_OF - _FIRST_DEAL).astype(int)) + 1
    cycle = NormalDist(math.log(_CYCLE_DAYS), _CYCLE_SPREAD)
    # A deal that began so many days before the last is closed by then.
    years = sum(cycle.cdf(math.log(left)) for left in range(1, days)) / 365.25
    won = [deals * years * rate * size for deals, rate, size in zip(DEALS_A_YEAR, _WIN_RATE, _DEAL_SIZE, strict=True)]
    credit = world.truth((1.0, 1.0, 1.0), tuple(won))["all"] * _synthetic_touches.touched_share()
    return {"campaign_roi of linear credit": {"all": _synthetic_revenue.MARGIN * credit / sum(_SPENT.values()) - 1}}


def _normal_score(lowest_promoter: float, highest_detractor: float, mean: float, spread: float) -> float:
    """Return the net score of answers that are rounded normal variates."""
    answers = NormalDist(mean, spread)
    return 100 * ((1 - answers.cdf(lowest_promoter - 0.5)) - answers.cdf(highest_detractor + 0.5))


def _survey_scores(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    deals: Opportunities = tables["opportunities"]
    won, closed = deals.outcome == "won", deals.column("closed")
    customer = np.stack(
        [
            np.isin(world.accounts, np.asarray(deals.account.where(won & (closed <= np.datetime64(f"{year}-12-31")))))
            for year in YEARS
        ]
    )
    liking = random.normal(0, _SCORE_ACCOUNT_SPREAD, len(world.accounts))
    answers = random.poisson(_ANSWERS_AN_ACCOUNT, (len(YEARS), len(world.accounts))) * customer
    year, account = (np.repeat(place.ravel(), answers.ravel()) for place in np.indices(answers.shape))
    felt = np.array(_SCORE_MEAN)[year] + liking[account] + random.normal(0, _SCORE_SPREAD, len(account))
    tables["survey_scores"] = SurveyScores(
        account=world.accounts[account],
        score=np.clip(np.rint(felt), 0, 10).astype(np.int64),
        scale=(0, 10),
        segments={**world.rows(account), "year": np.array(YEARS, dtype=object)[year]},
    )
    spread = math.hypot(_SCORE_ACCOUNT_SPREAD, _SCORE_SPREAD)
    scores = {name: _normal_score(9, 6, mean, spread) for name, mean in zip(YEARS, _SCORE_MEAN, strict=True)}
    return {"net_promoter_score": scores}


def _employees(random: Generator, _: World, tables: dict[str, Any]) -> Truth:
    team = np.repeat(np.arange(len(_TEAMS)), _TEAM_SIZES)
    names = np.array([f"Employee {number:03d}" for number in range(1, len(team) + 1)], dtype=object)
    waves = [f"{year}-Q{quarter}" for year in YEARS for quarter in range(1, 5)]
    wave, employee = (place.ravel() for place in np.indices((len(waves), len(team))))
    willing = alike(random, np.full(len(team), _ANSWER_RATE))
    labels = np.array(_TEAMS, dtype=object)
    year = np.array(YEARS, dtype=object)[wave // 4]
    tables["pulse_invitations"] = PulseInvitations(
        employee=names[employee],
        responded=random.random(len(wave)) < willing[employee],
        wave=np.array(waves, dtype=object)[wave],
        segments={"team": labels[team[employee]], "year": year},
    )
    # The recommendation is asked once a year, and answered without a name.
    year, employee = (place.ravel() for place in np.indices((len(YEARS), len(team))))
    answered = random.random(len(year)) < willing[employee]
    year, asked = year[answered], team[employee[answered]]
    felt = np.array(_TEAM_MEANS)[asked] + random.normal(0, _EMPLOYEE_SPREAD, len(asked))
    tables["employee_scores"] = SurveyScores(
        score=np.clip(np.rint(felt), 1, 10).astype(np.int64),
        scale=(1, 10),
        segments={"team": labels[asked], "year": np.array(YEARS, dtype=object)[year]},
    )
    ago = np.floor(random.exponential(_DAYS_BETWEEN_MEETINGS, len(team))).astype(np.int64)
    tables["one_on_ones"] = OneOnOneMeetings(
        employee=names,
        held=np.where(ago > _NEVER_DAYS, np.datetime64("NaT"), AS_OF - ago),
        segments={"team": labels[team]},
    )
    score = [_normal_score(9, 6, mean, _EMPLOYEE_SPREAD) for mean in _TEAM_MEANS]
    pooled = float(np.average(score, weights=_TEAM_SIZES))
    return {
        "employee_net_promoter_score": {"all": pooled, **dict(zip(_TEAMS, score, strict=True))},
        "participation_rate": {"all": _ANSWER_RATE, **dict.fromkeys(_TEAMS, _ANSWER_RATE)},
        "one_on_one_coverage_rate in 30 days": {"all": 1 - math.exp(-30 / _DAYS_BETWEEN_MEETINGS)},
    }


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _checks.refuse(name, f"be a whole number >= {least}", value)
    return value


# A new family joins at the end: the generators are handed out in this order.
_FAMILIES: tuple[Family, ...] = (
    _targets,
    _contacts,
    _emails,
    _opportunities,
    _survey_scores,
    _employees,
    _synthetic_web.web_visits,
    _synthetic_web.forms,
    _synthetic_content.content_views,
    _synthetic_content.social_posts,
    _synthetic_qualification.meetings,
    _synthetic_qualification.activities,
    _synthetic_qualification.leads,
    _synthetic_stages.stage_history,
    _synthetic_stages.arm_outcomes,
    _synthetic_touches.touches,
    _synthetic_revenue.recurring_revenue,
    _synthetic_revenue.campaign_results,
    _campaign_costs,
    _synthetic_revenue.tenures,
    _synthetic_revenue.purchases,
)


def program(accounts: int = 200, *, seed: int = 2026) -> Program:
    """Make up a programme of known truth.

    Leaves out: whatever real data have wrong with them; missing values, duplicates and
    look-alike names have tests of their own.

    Args:
        accounts: how many accounts are targeted, at least 10.
        seed: the same seed makes the same programme, with the same release of numpy.

    Returns:
        Two years of what accounts did and of surveys, three of deals, up to the end of 2025. ``truth`` maps
        the name of a KPI to its true value by label, ``"all"`` being everybody's.

    Raises:
        MetricInputError: if there are fewer than 10 accounts, or ``seed`` is not a whole number >= 0.

    Example:
        >>> import abmmetrics as abm
        >>> world = abm.synthetic.program(accounts=50, seed=1)
        >>> len(world.target_accounts), round(world.truth["win_rate"]["Tier 1"], 2)
        (50, 0.42)
    """
    first, *others = SeedSequence(_whole("seed", seed, 0)).spawn(1 + len(_FAMILIES))
    world = _accounts(np.random.default_rng(first), _whole("accounts", accounts, _FEWEST_ACCOUNTS))
    tables: dict[str, Any] = {}
    truth: Truth = {}
    for family, own in zip(_FAMILIES, others, strict=True):
        truth |= family(np.random.default_rng(own), world, tables)
    return Program(
        name="Synthetic programme",
        currency="EUR",
        as_of=AS_OF,
        quota=_QUOTA,
        margin=_synthetic_revenue.MARGIN,
        committee_roles=_ROLES,
        lead_threshold=_synthetic_qualification.THRESHOLD,
        lookback_days=_synthetic_touches.LOOKBACK_DAYS,
        discount_rate=_DISCOUNT_RATE,
        promotion_start=_synthetic_stages.PROMOTION[0],
        promotion_end=_synthetic_stages.PROMOTION[1],
        stages=_synthetic_stages.STAGES,
        lost_stages=(_synthetic_stages.LOST,),
        by=("tier", "team"),
        truth=truth,
        **tables,
    )
