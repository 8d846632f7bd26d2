"""Content: how many engage with what they see, finish it and pass it on, and what to keep, reformat or drop."""

from collections.abc import Mapping
from typing import ClassVar, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._shrinkage import Posterior, shrink
from abmmetrics._spread import ShareSpread
from abmmetrics.columns import Counts
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table
from abmmetrics.verdicts import ContentVerdicts, Floats, ShrunkenRates, Verdict

__all__ = [
    "ContentVerdicts",
    "ContentViews",
    "ShrunkenRates",
    "content_completion_rate",
    "content_engagement_rate",
    "content_share_rate",
    "content_verdicts",
    "content_verdicts_by_completion",
]

_LABELS: tuple[Verdict, ...] = ("keep", "reformat", "drop", "undecided")
# An asset's exposures are worth as many independent ones as have its interval at this confidence.
_WORTH_AT = 0.95
# Any exposure of an account is worth one, and no more if there is one account only.
_LEAST_WORTH = 1.0
_FEWEST_ACCOUNTS = _FEWEST_ASSETS = 2


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ContentViews(Table):
    """Content shown to accounts: one row for each showing, or sums of any number of them.

    Count people (1 for each who was shown it, 1 for each who engaged) or showings, the same way in all columns.

    Attributes:
        account: the account that was shown the content.
        asset: which piece of content it was.
        exposed: how many were shown it: mails that offered it, visits to its page, impressions.
        engaged: how many of those began it: opened the page, started the video, downloaded the paper.
        completed: how many of those who began reached its end, or as near as counts as the end, often 90 %.
        shared: how many of those exposed passed it on; nobody need begin it to do so.

    Example:
        >>> import abmmetrics as abm
        >>> abm.ContentViews(account=["Acme", "Beta"], asset=["Guide"] * 2, exposed=[40, 20], engaged=[12, 3])
        ContentViews(2 rows, 2 accounts; asset, exposed, engaged)
    """

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (
        ("engaged", "exposed"),
        ("completed", "engaged"),
        ("completed", "exposed"),
        ("shared", "exposed"),
    )

    account: Labels = attrs.field(converter=columns.labels)
    asset: Labels = attrs.field(converter=columns.labels)
    exposed: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    engaged: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    completed: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    shared: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


def content_engagement_rate(views: ContentViews, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of those shown content who began it.

    content engagement rate = Σ engaged / Σ exposed; of every asset with ``by="asset"``.

    Leaves out: how long they stayed (:func:`content_completion_rate` tells who finished), and who would have come to
    it without being shown it.

    Args:
        views: content with the columns ``engaged`` and ``exposed``.
        by: ``"asset"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nobody was exposed.

    Raises:
        MetricInputError: if a column is not there or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(
        ...     account=["A", "B", "A", "B"],
        ...     asset=["Guide", "Guide", "Memo", "Memo"],
        ...     exposed=[30, 20, 10, 10],
        ...     engaged=[12, 3, 1, 0],
        ... )
        >>> {asset: float(rate) for asset, rate in abm.content_engagement_rate(views, by="asset").items()}
        {'Guide': 0.3, 'Memo': 0.05}

    References:
        Google Analytics 4 Help, "Engagement rate and bounce rate": the same of visits.
    """
    return estimation.share_of_columns(
        "content_engagement_rate", views, "engaged", "exposed", by, confidence=confidence
    )


def content_completion_rate(views: ContentViews, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of those who began content who reached its end.

    content completion rate = Σ completed / Σ engaged.

    Leaves out: those who were shown it and did not begin, and what cannot be seen: a download is not a reading.

    Args:
        views: content with the columns ``completed`` and ``engaged``.
        by: ``"asset"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nobody engaged.

    Raises:
        MetricInputError: if a column is not there or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(account=["A", "B"], asset="Guide", engaged=[12, 8], completed=[6, 3])
        >>> float(abm.content_completion_rate(views))
        0.45

    References:
        PPC Land, "Video metrics": complete views by starts, as video platforms report them.
    """
    return estimation.share_of_columns(
        "content_completion_rate", views, "completed", "engaged", by, confidence=confidence
    )


def content_share_rate(views: ContentViews, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of those shown content who passed it on.

    content share rate = Σ shared / Σ exposed.

    Leaves out: what is passed on unseen, by mail or by word of mouth, and whom it reached.

    Args:
        views: content with the columns ``shared`` and ``exposed``.
        by: ``"asset"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nobody was exposed.

    Raises:
        MetricInputError: if a column is not there or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(account=["A", "B"], asset="Guide", exposed=[60, 40], shared=[2, 1])
        >>> float(abm.content_share_rate(views))
        0.03

    References:
        Common practice; no vendor's page defines it.
    """
    return estimation.share_of_columns("content_share_rate", views, "shared", "exposed", by, confidence=confidence)


def content_verdicts(
    views: ContentViews,
    *,
    keep_at: float,
    drop_at: float,
    confidence: float = 0.8,
    min_exposures: int = 1,
    interval_confidence: float = 0.95,
) -> ContentVerdicts:
    """Which assets to keep, reformat or drop by how many engage with them, and how sure that is.

    keep if P(rate >= keep_at) >= confidence, drop if P(rate <= drop_at) >= confidence, reformat if
    P(drop_at < rate < keep_at) >= confidence, else undecided: reformat is no word for not knowing.

    The rate is the long-run engagement rate of the asset. Few exposures show it badly, and of many assets some look
    good or bad by chance; so each is learned together with the others. Rates are taken as drawn from one beta
    distribution Beta(μM, (1 − μ)M): an asset with k engaged of n exposed then has Beta(k + μM, n − k + (1 − μ)M), with
    mean (k + μM) / (n + M), drawn from its own k / n towards the common μ. μ and B = M / (M + n₀), n₀ the median of n,
    are uniform on (0, 1), and the result is the mixture over all of them, weighted by how well they explain the data.

    Rows of one account are not independent: n is the number of independent exposures whose 95 % interval is that of
    :func:`content_engagement_rate` of the asset; an asset that one account saw has one. (The common distribution is
    learned from the numbers without the allowance of that interval for few accounts.)

    Leaves out: the age of an asset, its audience and where it was shown: assets that are young, or meant for
    others, are better taken out before (``views.where(...)``) or judged apart.

    Args:
        views: content with the columns ``engaged`` and ``exposed``.
        keep_at: the rate from which content is worth keeping, between 0 and 1 and above ``drop_at``.
        drop_at: the rate up to which it is not worth the work of reformatting.
        confidence: how probable a verdict has to be, above a half.
        min_exposures: assets with fewer are undecided, however clear they look; at least 1.
        interval_confidence: confidence level of the intervals of the rates, between 0 and 1.

    Returns:
        The verdict of each asset, the probabilities, and the shrunken rates with intervals. With one asset
        nothing shows how assets differ, and its prior is uniform; a note says so.

    Raises:
        MetricInputError: if a column is not there, a threshold or confidence is out of range, or ``keep_at`` is
            not above ``drop_at``.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(
        ...     account=["A", "B"] * 3,
        ...     asset=["Guide", "Guide", "Memo", "Memo", "Video", "Video"],
        ...     exposed=[300, 260, 280, 310, 6, 5],
        ...     engaged=[90, 75, 15, 14, 2, 1],
        ... )
        >>> found = abm.content_verdicts(views, keep_at=0.2, drop_at=0.1)
        >>> found.verdict, found.lean[2]
        (['keep', 'drop', 'undecided'], 'keep')
        >>> rates = found.engagement
        >>> rates.observed.round(3).tolist(), rates.value.round(3).tolist()
        ([0.295, 0.049, 0.273], [0.292, 0.052, 0.233])

    References:
        Efron and Morris (1975), Journal of the American Statistical Association 70, 311-319; Daniels (1999),
        Canadian Journal of Statistics 27, 567-578 (uniform shrinkage prior); Robinson (2017), Introduction to
        Empirical Bayes.
    """
    keep_at = _checks.in_interval("keep_at", keep_at, 0, 1)
    drop_at = _checks.in_interval("drop_at", drop_at, 0, 1)
    if keep_at <= drop_at:
        raise _checks.refuse("keep_at", f"be above drop_at={drop_at:g}", keep_at)
    _check_options(confidence, min_exposures, interval_confidence)
    engagement = content_engagement_rate(views, by="asset", confidence=interval_confidence)
    posterior, rates = _learned(engagement)
    below_keep, below_drop = posterior.below(keep_at), posterior.below(drop_at)
    return _judged(
        engagement,
        [1 - below_keep, below_keep - below_drop, below_drop, np.zeros(len(engagement))],
        rule=f"keep from {_percent(keep_at)} engagement, drop up to {_percent(drop_at)}",
        confidence=confidence,
        min_exposures=min_exposures,
        thresholds={"engagement": (drop_at, keep_at)},
        engagement_rates=rates,
    )


def content_verdicts_by_completion(
    views: ContentViews,
    *,
    engagement_at: float,
    completion_at: float,
    confidence: float = 0.8,
    min_exposures: int = 1,
    interval_confidence: float = 0.95,
) -> ContentVerdicts:
    """Which assets to keep, reformat or drop by how many begin them and how many of those finish.

    keep if both rates are high, reformat if many begin and few finish (the topic is wanted, the form is not), drop if
    both are low, each with probability >= confidence; else undecided. High is at least ``engagement_at`` or
    ``completion_at``.

    Both rates are learned across assets as in :func:`content_verdicts`. Given the data they are independent, so that
    P(keep) = P(engagement high) P(completion high), and so on.

    Leaves out: assets that few begin and most of those finish. None of the verdicts fits them; they are undecided, and
    where that is clear a note says that they want to be shown to more.

    Args:
        views: content with the columns ``completed``, ``engaged`` and ``exposed``.
        engagement_at: the engagement rate from which reach is high, between 0 and 1.
        completion_at: the completion rate from which completion is high, between 0 and 1.
        confidence: how probable a verdict has to be, above a half.
        min_exposures: assets with fewer are undecided, however clear they look; at least 1.
        interval_confidence: confidence level of the intervals of the rates, between 0 and 1.

    Returns:
        The verdict of each asset, the probabilities, and both shrunken rates with intervals.

    Raises:
        MetricInputError: if a column is not there, or a threshold or confidence is out of range.

    Example:
        >>> import abmmetrics as abm
        >>> views = abm.ContentViews(
        ...     account=["A", "B"] * 3,
        ...     asset=["Guide", "Guide", "Memo", "Memo", "Video", "Video"],
        ...     exposed=[300, 260, 280, 310, 320, 300],
        ...     engaged=[90, 75, 15, 14, 80, 71],
        ...     completed=[60, 44, 3, 2, 9, 7],
        ... )
        >>> abm.content_verdicts_by_completion(views, engagement_at=0.15, completion_at=0.4).verdict
        ['keep', 'drop', 'reformat']

    References:
        As for :func:`content_verdicts`; which two rates lead to which verdict is common practice.
    """
    engagement_at = _checks.in_interval("engagement_at", engagement_at, 0, 1)
    completion_at = _checks.in_interval("completion_at", completion_at, 0, 1)
    _check_options(confidence, min_exposures, interval_confidence)
    engagement = content_engagement_rate(views, by="asset", confidence=interval_confidence)
    begun, engagement_rates = _learned(engagement)
    finished, completion_rates = _learned(content_completion_rate(views, by="asset", confidence=interval_confidence))
    few_begin, few_finish = begun.below(engagement_at), finished.below(completion_at)
    unfit = few_begin * (1 - few_finish)
    return _judged(
        engagement,
        [(1 - few_begin) * (1 - few_finish), (1 - few_begin) * few_finish, few_begin * few_finish, unfit],
        rule=f"high is from {_percent(engagement_at)} engagement and {_percent(completion_at)} completion",
        confidence=confidence,
        min_exposures=min_exposures,
        thresholds={"engagement": (engagement_at,), "completion": (completion_at,)},
        engagement_rates=engagement_rates,
        completion_rates=completion_rates,
        flags={
            "nobody engaged: completion is that of the other assets": completion_rates.denominator == 0,
            "few begin it and most of those finish: show it to more": unfit >= confidence,
        },
    )


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _check_options(confidence: float, min_exposures: int, interval_confidence: float) -> None:
    _checks.in_interval("confidence", confidence, 0.5, 1)  # so that at most one label is so probable
    _checks.as_whole("min_exposures", min_exposures, 1)
    _checks.in_interval("interval_confidence", interval_confidence, 0, 1)


def _learned(rate: Estimate) -> tuple[Posterior, ShrunkenRates]:
    """Learn the rates of all assets together, from their numbers of independent trials."""
    spread = cast("ShareSpread", rate.spread)
    trials = spread.trials
    share = np.nan_to_num(spread.share)  # without exposures it weighs nothing
    alone = rate.accounts < _FEWEST_ACCOUNTS

    def worth(effective: Floats) -> Floats:
        return np.where(alone, np.minimum(trials, _LEAST_WORTH), np.clip(effective, _LEAST_WORTH, trials))

    # How assets differ is learned from the numbers as they are estimated: smaller ones would explain too much of it by
    # chance, and with 50 assets seen by 10 accounts the 95 % intervals would cover 2 % less. What an asset shows of
    # itself counts as the fewer that its interval allows for, because few accounts tell these numbers badly.
    freedom = np.fmin(spread.freedom_low, spread.freedom_high)
    likely, effective = worth(spread.effective), worth(spread.trials_at(_WORTH_AT, freedom))
    posterior = shrink(share * likely, likely).of(share * effective, effective)
    tail = (1 - rate.confidence) / 2
    return posterior, ShrunkenRates(
        kpi=rate.kpi,
        value=posterior.mean(),
        low=posterior.quantile(tail),
        high=posterior.quantile(1 - tail),
        observed=rate.value,
        denominator=trials,
        effective=effective,
        own_weight=posterior.own_weight(),
        common_rate=posterior.common_mean(),
        confidence=rate.confidence,
    )


def _judged(
    engagement: Estimate,
    probabilities: list[Floats],
    *,
    rule: str,
    confidence: float,
    min_exposures: int,
    thresholds: Mapping[str, tuple[float, ...]],
    engagement_rates: ShrunkenRates,
    completion_rates: ShrunkenRates | None = None,
    flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> ContentVerdicts:
    probable = np.stack(probabilities)
    most = probable.argmax(axis=0)
    few = engagement_rates.denominator < min_exposures
    sure = (probable.max(axis=0) >= confidence) & ~few
    remarks = [
        f"{rates.kpi}: fewer than 2 assets to learn from, so that the prior is uniform"
        for rates in (engagement_rates, completion_rates)
        if rates is not None and (rates.denominator > 0).sum() < _FEWEST_ASSETS
    ]
    return ContentVerdicts(
        rule=f"{rule}; {_percent(confidence)} sure",
        confidence=confidence,
        assets=engagement.labels,
        verdict=[_LABELS[place] for place in np.where(sure, most, _LABELS.index("undecided"))],
        lean=[_LABELS[place] for place in most],
        probability=dict(zip(_LABELS, probable, strict=True)),  # mutation: equivalent, there is one for each label
        engagement=engagement_rates,
        completion=completion_rates,
        thresholds=thresholds,
        excluded=engagement.excluded,
        remarks=tuple(remarks),
        flags={
            f"fewer than {min_exposures:,} exposures: not judged": few,
            "seen by one account only, hence as good as one exposure": engagement.accounts == 1,
            **(flags or {}),
        },
    )
