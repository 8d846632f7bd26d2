"""Visits to the website and forms of the synthetic world."""

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from abmmetrics._world import YEARS, Truth, World, alike
from abmmetrics.forms import Forms
from abmmetrics.web import WebVisits

_VISITS_A_MONTH = (7.0, 4.0, 2.5)
_PAGES_A_VISIT = (3.6, 2.9, 2.3)
_SECONDS_A_PAGE, _SECONDS_SHAPE = 34.0, 1.5
_VISITOR_SPREAD = 6.0  # the larger, the less accounts of a tier differ in how long they look

_FORM_VIEWS_A_MONTH = (2.4, 1.6, 1.0)
_START_RATE = (0.45, 0.4, 0.32)
_COMPLETION_RATE = (0.7, 0.62, 0.55)
_FIELDS, _FILLED_SHARE = 7, 0.82


def _months(world: World) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]]]:
    """Return the account of a row for each month of each account, and the segments of the rows."""
    months = np.arange(f"{YEARS[0]}-01", f"{int(YEARS[-1]) + 1}-01", dtype="datetime64[M]")
    account = np.repeat(np.arange(len(world.accounts)), len(months))
    month = np.tile(np.arange(len(months)), len(world.accounts))
    segments = {
        **world.rows(account),
        "year": np.array(YEARS, dtype=object)[month // 12],
        "month": np.datetime_as_string(months)[month],
    }
    return account, segments


def web_visits(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make up visits, their pages and how long they took."""
    account, segments = _months(world)
    visits = random.poisson((world.by_tier(_VISITS_A_MONTH) * world.size)[account])
    further = world.by_tier(_PAGES_A_VISIT)[account] - 1  # a visit has a page at least
    page_views = visits + random.poisson(visits * further)
    patience = random.gamma(_VISITOR_SPREAD, 1 / _VISITOR_SPREAD, len(world.accounts))
    looked = random.standard_gamma(page_views * _SECONDS_SHAPE) / _SECONDS_SHAPE
    tables["web_visits"] = WebVisits(
        account=world.accounts[account],
        visits=visits,
        seconds=np.round(looked * _SECONDS_A_PAGE * patience[account]),
        page_views=page_views,
        segments=segments,
    )
    by_visit = tuple(pages * _SECONDS_A_PAGE for pages in _PAGES_A_VISIT)
    months = 12 * len(YEARS)
    # In two years every account comes.
    by_account = tuple(months * visits * seconds for visits, seconds in zip(_VISITS_A_MONTH, by_visit, strict=True))
    return {
        "time_on_site_seconds": world.truth((1.0, 1.0, 1.0), by_account),
        "time_on_site_seconds by the visit": world.truth(_VISITS_A_MONTH, by_visit),
        "pages_per_visit_ratio": world.truth(_VISITS_A_MONTH, _PAGES_A_VISIT),
    }


def forms(random: Generator, world: World, tables: dict[str, Any]) -> Truth:
    """Make up forms seen, begun and sent off."""
    account, segments = _months(world)
    viewed = random.poisson((world.by_tier(_FORM_VIEWS_A_MONTH) * world.size)[account])
    started = random.binomial(viewed, alike(random, world.by_tier(_START_RATE))[account])
    submitted = random.binomial(started, alike(random, world.by_tier(_COMPLETION_RATE))[account])
    asked = submitted * _FIELDS
    tables["forms"] = Forms(
        account=world.accounts[account],
        viewed=viewed,
        started=started,
        submitted=submitted,
        fields_asked=asked,
        fields_filled=random.binomial(asked, _FILLED_SHARE),
        segments=segments,
    )

    def times(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(first * second for first, second in zip(one, other, strict=True))

    starts = times(_FORM_VIEWS_A_MONTH, _START_RATE)
    given_up = tuple(1 - rate for rate in _COMPLETION_RATE)
    return {
        "form_start_rate": world.truth(_FORM_VIEWS_A_MONTH, _START_RATE),
        "form_completion_rate": world.truth(starts, _COMPLETION_RATE),
        "form_abandonment_rate": world.truth(starts, given_up),
        "form_view_to_submission_rate": world.truth(_FORM_VIEWS_A_MONTH, times(_START_RATE, _COMPLETION_RATE)),
        "form_field_completeness_share": world.truth(times(starts, _COMPLETION_RATE), (_FILLED_SHARE,) * 3),
    }
