"""Social media: how often posts and advertisements shown to accounts are reacted to, and clicked."""

from typing import ClassVar

import attrs

from abmmetrics import columns, estimation
from abmmetrics._labels import Labels
from abmmetrics.columns import Counts
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = ["SocialPosts", "social_click_rate", "social_engagement_rate"]

_ACTIONS = ("reactions", "comments", "shares", "clicks")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SocialPosts(Table):
    """Posts and advertisements shown to accounts: one row for each post, or sums of any number of them.

    Attributes:
        account: the account whose people saw the post.
        impressions: how often it was shown (some platforms call it views).
        reactions: likes and other reactions.
        comments: comments.
        shares: how often it was passed on.
        clicks: impressions that were clicked, at most one click for each.

    Example:
        >>> import abmmetrics as abm
        >>> abm.SocialPosts(account=["Acme", "Beta"], impressions=[900, 400], clicks=[9, 2])
        SocialPosts(2 rows, 2 accounts; impressions, clicks)
    """

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (("clicks", "impressions"),)

    account: Labels = attrs.field(converter=columns.labels)
    impressions: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    reactions: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    comments: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    shares: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    clicks: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


def social_engagement_rate(posts: SocialPosts, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Reactions, comments, shares and clicks for each impression.

    social engagement rate = Σ (reactions + comments + shares + clicks) / Σ impressions.

    Leaves out: how much an action is worth, and who only looked. One impression may bring a reaction, a comment and a
    click, so this is a ratio of counts and not a share of impressions: it may exceed 1, and then says so. LinkedIn's
    Page analytics add follows; others divide by followers or by people reached, which gives other figures.

    Args:
        posts: posts with the columns ``reactions``, ``comments``, ``shares``, ``clicks`` and ``impressions``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where there are no impressions.

    Raises:
        MetricInputError: if a column is not there or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> posts = abm.SocialPosts(
        ...     account=["A", "B"],
        ...     impressions=[600, 400],
        ...     reactions=[20, 9],
        ...     comments=[3, 1],
        ...     shares=[2, 0],
        ...     clicks=[7, 8],
        ... )
        >>> float(abm.social_engagement_rate(posts))
        0.05

    References:
        LinkedIn Marketing Solutions Help, answer a422348 (paid and free clicks by impressions).
    """
    sums = posts.account_sums([*_ACTIONS, "impressions"], by)
    actions = sums["reactions"] + sums["comments"] + sums["shares"] + sums["clicks"]
    above = sums.total(actions) > sums.total(sums["impressions"])
    return estimation.ratio(
        "social_engagement_rate",
        sums,
        actions,
        sums["impressions"],
        unit="ratio",
        confidence=confidence,
        undefined="impressions is 0",
        flags={"more actions than impressions: one impression may bring several": above},
    )


def social_click_rate(posts: SocialPosts, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of impressions that were clicked.

    social click rate = Σ clicks / Σ impressions.

    Leaves out: what came of the click. LinkedIn's click-through rate counts chargeable clicks only: give those as
    ``clicks`` to have it.

    Args:
        posts: posts with the columns ``clicks`` and ``impressions``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no impressions.

    Raises:
        MetricInputError: if a column is not there or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.social_click_rate(abm.SocialPosts(account=["A", "B"], impressions=[600, 400], clicks=[7, 8])))
        0.015

    References:
        LinkedIn Marketing Solutions Help, answer a422348 (chargeable clicks by impressions).
    """
    return estimation.share_of_columns("social_click_rate", posts, "clicks", "impressions", by, confidence=confidence)
