"""Content and social media of the synthetic world."""

from typing import Any

import numpy as np
from numpy.random import Generator

from abmmetrics._world import TIERS, YEARS, Truth, World, alike
from abmmetrics.content import ContentViews
from abmmetrics.social import SocialPosts

# Name, share of those shown it who begin it, share of those who finish it.
_ASSETS = (
    ("Buyer's guide", 0.38, 0.55),
    ("Case study: energy", 0.3, 0.6),
    ("Case study: retail", 0.26, 0.58),
    ("Benchmark report", 0.34, 0.2),  # wanted, and too long
    ("Webinar recording", 0.28, 0.16),
    ("Product tour", 0.22, 0.5),
    ("Founder's letter", 0.06, 0.3),
    ("Feature list", 0.08, 0.22),
)
_APPEAL_FACTOR = (1.15, 1.0, 0.85)  # by tier
_EXPOSURES_A_YEAR = (5.0, 3.5, 2.0)  # of an account to an asset
_SHARE_RATE = 0.02

_IMPRESSIONS_A_MONTH = (60.0, 40.0, 25.0)
_CLICK_RATE = (0.011, 0.009, 0.006)
_REACTION_RATE, _COMMENT_RATE, _RESHARE_RATE = 0.012, 0.002, 0.001


def content_views(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Show every asset to every account, some of them more often than others."""
    names, appeal, completion = (np.array(column) for column in zip(*_ASSETS, strict=True))
    shape = (len(YEARS), len(names), len(world.accounts))
    year, asset, account = (place.ravel() for place in np.indices(shape))
    liking = alike(random, appeal[:, None] * world.by_tier(_APPEAL_FACTOR))  # the same in both years
    patience = alike(random, np.repeat(completion[:, None], len(world.accounts), axis=1))
    exposed = random.poisson((world.by_tier(_EXPOSURES_A_YEAR) * world.size)[account])
    engaged = random.binomial(exposed, liking[asset, account])
    tables["content_views"] = ContentViews(
        account=world.accounts[account],
        asset=names[asset],
        exposed=exposed,
        engaged=engaged,
        completed=random.binomial(engaged, patience[asset, account]),
        shared=random.binomial(exposed, _SHARE_RATE),
        segments={**world.rows(account), "year": np.array(YEARS, dtype=object)[year]},
    )

    def of_assets(rates: Any) -> dict[str, float]:  # noqa: ANN401 - an array, one rate for each asset
        by_asset = {
            name: world.truth(_EXPOSURES_A_YEAR, tuple(rate * factor for factor in _APPEAL_FACTOR))["all"]
            for name, rate in zip(names.tolist(), rates.tolist(), strict=True)
        }
        mean = float(rates.mean())
        return {**world.truth(_EXPOSURES_A_YEAR, tuple(mean * factor for factor in _APPEAL_FACTOR)), **by_asset}

    finished = float(np.average(completion, weights=appeal))
    return {
        "content_engagement_rate": of_assets(appeal),
        "content_completion_rate": {
            "all": finished,
            **dict.fromkeys(TIERS, finished),
            **dict(zip(names.tolist(), completion.tolist(), strict=True)),
        },
        "content_share_rate": world.truth((1.0, 1.0, 1.0), (_SHARE_RATE,) * 3),
    }


def social_posts(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Show posts to every account, month by month."""
    months = np.arange(f"{YEARS[0]}-01", f"{int(YEARS[-1]) + 1}-01", dtype="datetime64[M]")
    month, account = (place.ravel() for place in np.indices((len(months), len(world.accounts))))
    impressions = random.poisson((world.by_tier(_IMPRESSIONS_A_MONTH) * world.size)[account])
    # What accounts click on differs; whatever else they do follows the same mood.
    mood = random.gamma(8, 1 / 8, len(world.accounts))[account]
    tables["social_posts"] = SocialPosts(
        account=world.accounts[account],
        impressions=impressions,
        clicks=random.binomial(impressions, np.minimum(mood * world.by_tier(_CLICK_RATE)[account], 1.0)),
        reactions=random.poisson(impressions * mood * _REACTION_RATE),
        comments=random.poisson(impressions * mood * _COMMENT_RATE),
        shares=random.poisson(impressions * mood * _RESHARE_RATE),
        segments={
            **world.rows(account),
            "year": np.array(YEARS, dtype=object)[month // 12],
            "month": np.datetime_as_string(months)[month],
        },
    )
    others = _REACTION_RATE + _COMMENT_RATE + _RESHARE_RATE
    return {
        "social_click_rate": world.truth(_IMPRESSIONS_A_MONTH, _CLICK_RATE),
        "social_engagement_rate": world.truth(_IMPRESSIONS_A_MONTH, tuple(rate + others for rate in _CLICK_RATE)),
    }
