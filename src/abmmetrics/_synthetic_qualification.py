"""The synthetic world before an opportunity: meetings, activities and leads."""

from typing import Any

import attrs
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from abmmetrics._world import AS_OF, DEALS_A_YEAR, TIERS, YEARS, Floats, Truth, World, alike
from abmmetrics.activities import Activities
from abmmetrics.leads import Leads
from abmmetrics.meetings import MeetingLog

_FIRST_DAY = np.datetime64(f"{YEARS[0]}-01-01")
_DAYS = int((AS_OF - _FIRST_DAY).astype(int)) + 1

_MEETINGS = (6.0, 4.0, 2.0)  # of an account, in both years
_SHOW_RATE = (0.78, 0.7, 0.62)
_DEMO_SHARE, _RESCHEDULED_SHARE, _UNLOGGED_SHARE = 0.4, 0.15, 0.03
_NO_SHOW_SHARE = 0.6  # of the meetings that were not held
_JUDGED_DAYS = 90

_WINDOW = 90
_STAGES = ((0.1, 0.3, 0.3, 0.3), (0.2, 0.4, 0.25, 0.15), (0.35, 0.4, 0.15, 0.1))  # idle, aware, engaged, qualified
_KINDS = ("page view", "email reply", "download", "webinar", "sales meeting")
_MINUTES = (1.0, 2.0, 10.0, 30.0, 30.0)
_ROLES = ("Champion", "Decision maker", "Finance", "IT")
# What accounts of a stage do within the window: person (-1: nobody knows who), kind.
_DONE: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((-1, 0), (-1, 0), (0, 0), (0, 1)),
    ((-1, 0), (0, 0), (0, 2), (0, 3)),
    ((-1, 0), (0, 2), (0, 3), (1, 3), (1, 2), (2, 3), (2, 4)),
)
_EARLIER = 12.0  # activities of an account before the window

_LEADS = (5.0, 4.0, 3.0)  # of an account
_QUALIFICATION_RATE = (0.3, 0.22, 0.12)
_MOST_DAYS_BETWEEN = 60
THRESHOLD = 70.0


def _expected(world: World, figures: tuple[float, ...]) -> dict[str, float]:
    """Return the number of things that accounts of each tier, and of all, are expected to have."""
    found = np.bincount(world.tier, minlength=len(TIERS)) * np.array(figures)
    return {"all": float(found.sum()), **dict(zip(TIERS, found.tolist(), strict=True))}


def _products(*factors: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(np.prod(np.array(factors), axis=0).tolist())


def _names(values: tuple[str, ...], places: NDArray[np.int64]) -> NDArray[Any]:
    """Return names by their place; None for -1."""
    names = np.empty(len(values) + 1, dtype=object)
    names[:-1] = values
    return names[places]


def meetings(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make a calendar, in which some meetings were rescheduled, and the count of its meetings."""
    account = np.repeat(np.arange(len(world.accounts)), random.poisson(world.by_tier(_MEETINGS) * world.size))
    count = len(account)
    at = _FIRST_DAY + random.integers(_DAYS, size=count)
    held = random.random(count) < alike(random, world.by_tier(_SHOW_RATE))[account]
    outcome = np.where(held, "held", np.where(random.random(count) < _NO_SHOW_SHARE, "no_show", "cancelled"))
    outcome = outcome.astype(object)
    outcome[random.random(count) < _UNLOGGED_SHARE] = None
    moved = np.flatnonzero(random.random(count) < _RESCHEDULED_SHARE)
    number = np.arange(1, count + 1)
    before = np.zeros(count, dtype=np.int64)
    before[moved] = count + 1 + np.arange(len(moved))
    kind = np.where(random.random(count) < _DEMO_SHARE, "demo", "call")
    log = MeetingLog.from_frame(
        {
            "account": world.accounts[np.append(account, account[moved])],
            "meeting": np.append(number, before[moved]),
            "kind": np.append(kind, kind[moved]).astype(object),
            "at": np.append(at, at[moved] - random.integers(1, 15, size=len(moved))),
            "outcome": np.append(outcome, np.full(len(moved), "rescheduled")),
            "rescheduled_from": [int(link) or None for link in before] + [None] * len(moved),
            **world.rows(np.append(account, account[moved])),
        },
        segments=list(world.segments),
    )
    tables["meeting_log"] = log
    years = np.datetime_as_string(log.collapsed().at, unit="Y").astype(object)
    counted = log.meetings()
    tables["meetings"] = attrs.evolve(counted, segments={**counted.segments, "year": years})
    shown = world.truth(_MEETINGS, _SHOW_RATE)
    return {
        "meetings_booked_count": _expected(world, _MEETINGS),
        "meeting_show_rate": {**shown, **dict.fromkeys(YEARS, shown["all"])},
        "meeting_to_opportunity_rate in 90 days": _chance_of_a_deal(world, log),
    }


def _chance_of_a_deal(world: World, log: MeetingLog) -> dict[str, float]:
    """Return the share of accounts in which a deal falls by chance into the days after their held meetings.

    Who meets says nothing about who buys here: deals come as the account's activity has it.
    """
    days = log.at.astype("datetime64[D]")
    held: Any = log.column("outcome") == "held"
    judged = held & (days <= AS_OF - _JUDGED_DAYS)
    order = np.lexsort((days[judged], log.account.codes()[judged]))
    account, day = log.account.codes()[judged][order], days[judged][order].astype(np.int64)
    follows = np.append(np.diff(account) == 0, False)[: len(account)]
    until_next = np.append(np.diff(day), 0)[: len(day)]
    span = np.where(follows, np.minimum(until_next, _JUDGED_DAYS + 1), _JUDGED_DAYS + 1)
    watched = np.bincount(account, span, minlength=len(log.account.categories))
    place = {name: position for position, name in enumerate(world.accounts.tolist())}
    tier = world.tier[[place[name] for name in log.account.categories.tolist()]]
    yearly = np.array(DEALS_A_YEAR)[tier]
    chance: Floats = 1 - (1 + yearly * watched / 365.25 / 4) ** -4
    met = watched > 0
    by_tier = {
        name: float(chance[met & (tier == code)].mean())
        for code, name in enumerate(TIERS)
        if (met & (tier == code)).any()
    }
    return {"all": float(chance[met].mean()), **by_tier}


def activities(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make accounts that are idle, aware, engaged or qualified, and what they did to be so."""
    chances = np.cumsum(np.array(_STAGES), axis=1)[world.tier]
    stage = (random.random(len(world.accounts))[:, np.newaxis] > chances).sum(axis=1)
    acts = np.array([act for own in _DONE for act in own], dtype=np.int64)
    number = np.array([len(own) for own in _DONE])
    recent = np.repeat(np.arange(len(world.accounts)), number[stage])
    begin = np.cumsum(number[stage]) - number[stage]
    place = np.arange(len(recent)) - begin[recent] + (np.cumsum(number) - number)[stage[recent]]
    person, kind = acts[place].T
    earlier = np.repeat(np.arange(len(world.accounts)), random.poisson(_EARLIER, len(world.accounts)))
    account = np.append(recent, earlier)
    person = np.append(person, random.integers(-1, len(_ROLES), size=len(earlier)))
    kind = np.append(kind, random.integers(len(_KINDS), size=len(earlier)))
    ago = np.append(random.integers(_WINDOW, size=len(recent)), random.integers(_WINDOW, _DAYS, size=len(earlier)))
    tables["activities"] = Activities.from_frame(
        {
            "account": world.accounts[account],
            "contact": _names(tuple(f"Contact {place}" for place in range(1, len(_ROLES) + 1)), person),
            "kind": _names(_KINDS, kind),
            "at": AS_OF - ago,
            "minutes": np.array(_MINUTES)[kind],
            "role": _names(_ROLES, person),
            **world.rows(account),
        },
        segments=list(world.segments),
    )
    everywhere = (1.0, 1.0, 1.0)
    *_, qualified = zip(*_STAGES, strict=True)
    engaged = tuple(sum(shares[2:]) for shares in _STAGES)
    return {
        "engaged_account_rate": world.truth(everywhere, engaged),
        "account_qualification_rate": world.truth(everywhere, qualified),
    }


def leads(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make leads, each scored twice or three times, of which some reach the threshold the second time."""
    account = np.repeat(np.arange(len(world.accounts)), random.poisson(world.by_tier(_LEADS)))
    count = len(account)
    first = _FIRST_DAY + random.integers(_DAYS - 2 * _MOST_DAYS_BETWEEN, size=count)
    second = first + random.integers(1, _MOST_DAYS_BETWEEN, size=count)
    third = second + random.integers(1, _MOST_DAYS_BETWEEN, size=count)
    reaches = random.random(count) < alike(random, world.by_tier(_QUALIFICATION_RATE))[account]
    cold, warm, hot = (random.integers(*ends, size=count) for ends in ((0, 30), (30, 70), (70, 101)))
    fades = np.flatnonzero(random.random(count) < 0.5)  # noqa: PLR2004 - half of them
    rows = np.concatenate([np.arange(count), np.arange(count), fades])
    tables["leads"] = Leads(
        account=world.accounts[account[rows]],
        lead=rows + 1,
        score=np.concatenate([cold, np.where(reaches, hot, warm), cold[fades]]),
        at=np.concatenate([first, second, third[fades]]),
        scale=(0, 100),
        segments=world.rows(account[rows]),
    )
    return {
        "lead_count": _expected(world, _LEADS),
        "marketing_qualified_lead_count": _expected(world, _products(_LEADS, _QUALIFICATION_RATE)),
        "lead_qualification_rate": world.truth(_LEADS, _QUALIFICATION_RATE),
    }
