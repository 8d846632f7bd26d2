"""Social media: rates by hand, and what is refused."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math
from typing import Any

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError

FIGURES: dict[str, Any] = {
    "impressions": [600, 400],
    "reactions": [20, 11],
    "comments": [3, 4],
    "shares": [2, 0],
    "clicks": [7, 3],
}
POSTS = abm.SocialPosts(account=["A", "B"], **FIGURES)


def test_engagement_is_every_action_by_impressions():
    rate = abm.social_engagement_rate(POSTS)
    assert float(rate) == 0.05
    assert (rate.numerator.tolist(), rate.denominator.tolist()) == ([50], [1000])
    assert (rate.kpi, rate.unit, rate.notes) == ("social_engagement_rate", "ratio", ())
    by_account = abm.social_engagement_rate(POSTS, by="account")
    assert by_account.value.tolist() == [32 / 600, 18 / 400]


def test_clicks_are_a_share_of_impressions():
    rate = abm.social_click_rate(POSTS)
    assert float(rate) == 0.01
    assert (rate.numerator.tolist(), rate.denominator.tolist()) == ([10], [1000])
    assert (rate.kpi, rate.unit, rate.notes) == ("social_click_rate", "share", ())
    assert abm.social_click_rate(POSTS, by="account").value.tolist() == [7 / 600, 3 / 400]


@pytest.mark.parametrize("kpi", [abm.social_engagement_rate, abm.social_click_rate], ids=lambda kpi: kpi.__name__)
def test_confidence_widens_and_nothing_is_undefined(kpi):
    narrow, wide = kpi(POSTS, confidence=0.5), kpi(POSTS, confidence=0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]
    nothing = kpi(abm.SocialPosts(account=["A"], **dict.fromkeys(FIGURES, 0)))
    assert math.isnan(float(nothing))
    assert nothing.notes == ("undefined: impressions is 0",)


def test_several_actions_for_an_impression_are_shown_and_explained():
    posts = abm.SocialPosts(
        account=["A", "B", "C"], impressions=4, reactions=[4, 2, 1], comments=[1, 0, 0], shares=0, clicks=[0, 2, 0]
    )
    rates = abm.social_engagement_rate(posts, by="account")
    np.testing.assert_equal(rates.value, [1.25, 1.0, 0.25])
    assert rates.notes[-1] == "more actions than impressions: one impression may bring several (account: A)"


@pytest.mark.parametrize(
    ("kpi", "needed"),
    [(abm.social_engagement_rate, list(FIGURES)), (abm.social_click_rate, ["impressions", "clicks"])],
    ids=["engagement", "clicks"],
)
def test_a_column_that_is_missing_is_named(kpi, needed):
    for lacking in needed:
        posts = abm.SocialPosts(account="A", **{name: [0] for name in FIGURES if name != lacking})
        with pytest.raises(MetricInputError) as refused:
            kpi(posts)
        columns = [name for name in ("account", *FIGURES) if name != lacking]
        assert str(refused.value) == f"SocialPosts must have the column {lacking} for this KPI; got {columns}"


def test_an_impression_is_clicked_once_at_most():
    assert abm.SocialPosts.at_most == (("clicks", "impressions"),)
    with pytest.raises(MetricInputError) as refused:
        abm.SocialPosts(account="A", impressions=[3], clicks=4)
    assert str(refused.value) == "clicks must be at most impressions; got 4 with impressions=3 at row 0"
