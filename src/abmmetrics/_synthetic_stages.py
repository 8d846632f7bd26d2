"""The stages of the synthetic world's deals, and an experiment with its accounts."""

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from abmmetrics._world import AS_OF, Truth, World, alike
from abmmetrics.histories import StageHistory
from abmmetrics.lifts import ArmOutcomes

STAGES = ("Discovery", "Proposal", "Negotiation", "Won")
LOST = "Lost"

_FIRST_DAY = np.datetime64("2023-01-01", "us")
_DAY = np.timedelta64(86_400_000_000, "us")
_TRAILS_A_YEAR = (2.0, 1.4, 0.9)
_GO_ON = ((0.75, 0.65, 0.55), (0.7, 0.65, 0.6), (0.8, 0.75, 0.7))  # for each stage, by tier
_MEDIAN_DAYS = (21.0, 35.0, 14.0)
_ACCOUNT_SPREAD, _VISIT_SPREAD = 0.3, 0.6

_SPENT = (40_000.0, 22_000.0, 9_000.0)  # in a period, by tier
_LIFT = 0.25
_LASTING_SPREAD, _PERIOD_SPREAD = 0.5, 0.3

PROMOTION = ("2025-03-01", "2025-04-30")


def stage_history(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make deals that go from stage to stage until they are won, lost or overtaken by the last day."""
    days = int((AS_OF - _FIRST_DAY.astype("datetime64[D]")).astype(int)) + 1
    # How many deals an account has says nothing of how they go.
    busy = random.gamma(4, 1 / 4, len(world.accounts))
    account = np.repeat(
        np.arange(len(world.accounts)), random.poisson(world.by_tier(_TRAILS_A_YEAR) * busy * days / 365.25)
    )
    pace = random.normal(0, _ACCOUNT_SPREAD, len(world.accounts))[account]
    at = _FIRST_DAY + np.floor(random.random(len(account)) * days) * _DAY
    began = at.astype("datetime64[Y]").astype(str)
    going = np.ones(len(account), dtype=bool)
    rows: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for place, median in enumerate(_MEDIAN_DAYS):
        rows.append((np.flatnonzero(going), at[going], np.full(int(going.sum()), STAGES[place], dtype=object)))
        took = np.exp(np.log(median) + pace + random.normal(0, _VISIT_SPREAD, len(account)))
        at = at + (took * 86_400_000_000).astype("timedelta64[us]")
        goes_on = going & (random.random(len(account)) < alike(random, world.by_tier(_GO_ON[place]))[account])
        ends = going & ~goes_on
        rows.append((np.flatnonzero(ends), at[ends], np.full(int(ends.sum()), LOST, dtype=object)))
        going = goes_on
    rows.append((np.flatnonzero(going), at[going], np.full(int(going.sum()), STAGES[-1], dtype=object)))
    deal, entered, stage = (np.concatenate(column) for column in zip(*rows, strict=True))
    seen = entered < (AS_OF + 1).astype("datetime64[us]")
    deal, entered, stage = deal[seen], entered[seen], stage[seen]
    tables["stage_history"] = StageHistory(
        account=world.accounts[account[deal]],
        opportunity=len(tables["opportunities"]) + 1 + deal,  # deals of their own, numbered after those
        stage=stage,
        entered=entered,
        segments={**world.rows(account[deal]), "began": began[deal].astype(object)},
    )
    first, second, _ = _GO_ON
    proposals = tuple(deals * rate for deals, rate in zip(_TRAILS_A_YEAR, first, strict=True))
    return {
        "stage_conversion_rate Discovery to Proposal": world.truth(_TRAILS_A_YEAR, first),
        "stage_conversion_rate Proposal to Negotiation": world.truth(proposals, second),
        "time_in_stage_days Discovery": {"all": _MEDIAN_DAYS[0]},
    }


def arm_outcomes(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Draw which accounts a programme reaches, and what all of them spent before it and in it."""
    count = len(world.accounts)
    treated = random.permutation(count) < count // 2

    def varied(spread: float) -> Any:  # noqa: ANN401 - factors with mean 1
        return random.lognormal(-(spread**2) / 2, spread, count)

    usual = world.by_tier(_SPENT) * varied(_LASTING_SPREAD)
    tables["arm_outcomes"] = ArmOutcomes(
        account=world.accounts,
        arm=np.where(treated, "target", "control").astype(object),
        outcome=np.round(usual * varied(_PERIOD_SPREAD) * np.where(treated, 1 + _LIFT, 1.0), -1),
        before=np.round(usual * varied(_PERIOD_SPREAD), -1),
        segments=dict(world.segments),
    )
    gained = tuple(_LIFT * spent for spent in _SPENT)
    return {
        "lift": world.truth((1.0, 1.0, 1.0), gained),
        "lift by cuped": world.truth((1.0, 1.0, 1.0), gained),
        # Deals were made without knowing the arms: a promotion of which nothing came.
        **{f"promotion_effect {when}": {"all": 0.0} for when in ("during", "after", "together")},
    }
