"""Touches of the synthetic world, in which no campaign causes anything.

Campaigns touch every account at a steady rate, whether or not it buys. So every rule gives a campaign its part of all
touches, and a campaign "influences" as many deals as it touches accounts in as long a time: what credit
looks like where there is no effect.
"""

import math
from typing import Any

import numpy as np
from numpy.random import Generator

from abmmetrics._world import AS_OF, Truth, World
from abmmetrics.touches import Touches

LOOKBACK_DAYS = 90

_FIRST_TOUCH = np.datetime64("2022-06-01")  # before the first deal by more than any window
_CAMPAIGNS = ("Event", "Newsletter", "Paid social", "Sales call", "Webinar")
_TOUCHES_A_YEAR = (0.6, 3.0, 1.8, 1.2, 0.9)
_KINDS = ("marketing", "marketing", "marketing", "sales", "marketing")
_PEOPLE = 4
_MINUTES = 24 * 60


def touched_share() -> float:
    """Return the chance that an account is touched at all in a window of the look-back."""
    return 1 - math.exp(-sum(_TOUCHES_A_YEAR) * (LOOKBACK_DAYS + 1) / 365.25)


def touches(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make up touches; the truth is of journeys that look back 90 days."""
    days = int((AS_OF - _FIRST_TOUCH).astype(int)) + 1
    mean = np.array(_TOUCHES_A_YEAR) * days / 365.25
    counts = random.poisson(mean, (len(world.accounts), len(_CAMPAIGNS)))
    account, campaign = (np.repeat(place.ravel(), counts.ravel()) for place in np.indices(counts.shape))
    minute = random.integers(days * _MINUTES, size=len(account))
    order = np.lexsort([campaign, minute])
    account, campaign, minute = account[order], campaign[order], minute[order]
    people = random.integers(1, _PEOPLE + 1, len(account))
    tables["touches"] = Touches(
        account=world.accounts[account],
        campaign=np.array(_CAMPAIGNS, dtype=object)[campaign],
        at=_FIRST_TOUCH.astype("datetime64[m]") + minute,
        contact=np.char.add(np.char.add(world.accounts[account].astype(str), ", person "), people.astype(str)),
        kind=np.array(_KINDS, dtype=object)[campaign],
        segments=world.rows(account),
    )
    whole = sum(_TOUCHES_A_YEAR)
    in_window = [rate * (LOOKBACK_DAYS + 1) / 365.25 for rate in _TOUCHES_A_YEAR]
    return {
        "attributed share": dict(zip(_CAMPAIGNS, (rate / whole for rate in _TOUCHES_A_YEAR), strict=True)),
        "influenced share": {
            "all": touched_share(),
            **dict(zip(_CAMPAIGNS, (1 - math.exp(-touched) for touched in in_window), strict=True)),
        },
    }
