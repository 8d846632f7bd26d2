"""Customer surveys: the net promoter score, its classes, the sample it takes, and satisfaction.

Net Promoter, Net Promoter Score and NPS are marks of Bain & Company, NICE Systems and Fred Reichheld.
"""

import math

from abmmetrics import _checks, _special, estimation, surveys
from abmmetrics.results import Estimate
from abmmetrics.surveys import SurveyScores
from abmmetrics.tables import By, Labels

__all__ = ["classify", "customer_satisfaction_share", "net_promoter_score", "nps_sample_size"]

_USUAL = (0, 10)
_STARS = (1, 5)


def classify(scores: SurveyScores) -> Labels:
    """Tell promoters, passives and detractors apart.

    On scales from 0 or 1 to 10: detractor up to 6, passive 7 and 8, promoter 9 and 10; on 1
    to 5: detractor up to 3, passive 4, promoter 5; on others by the table's cut points.

    Leaves out: nothing; each row has a class.

    Args:
        scores: answers of customers; 0 to 10 where the table does not give its scale.

    Returns:
        ``"detractor"``, ``"passive"`` or ``"promoter"`` for each row, to group by or to count.

    Raises:
        MetricInputError: if a score is not on the scale.

    Example:
        >>> import abmmetrics as abm
        >>> abm.classify(abm.SurveyScores(score=[6, 7, 9])).to_list()
        ['detractor', 'passive', 'promoter']

    References:
        Reichheld (2003), "The one number you need to grow", Harvard Business Review 81 (12), 46–54.
    """
    return surveys.classes(scores, _USUAL)


def net_promoter_score(scores: SurveyScores, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Promoters less detractors for each 100 answers.

    net promoter score = 100 · (Σ promoters − Σ detractors) / Σ answers. Passives are answers too.

    Leaves out: people who did not answer. An account with many answers weighs as many times;
    its answers are not independent, which widens the interval.

    Args:
        scores: answers of customers; 0 to 10 where the table does not give its scale.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Points from −100 to 100 with Tango's score interval; undefined where nobody answered.
        The result names its scale: results on different scales cannot be compared.

    Raises:
        MetricInputError: if ``by`` names no segment or ``confidence`` is not between 0 and 1.

    Example:
        >>> import abmmetrics as abm
        >>> customers = abm.SurveyScores(account=["A", "B", "C", "D", "E"], score=[10, 9, 8, 6, 9])
        >>> float(abm.net_promoter_score(customers))
        40.0

    References:
        Reichheld (2003), "The one number you need to grow", Harvard Business Review 81 (12), 46–54;
        Tango (1998), Statistics in Medicine 17, 891–908; Rocks (2016), The American Statistician 70, 365–372.
    """
    cuts = scores.cut_points(_USUAL)
    sums = scores.account_sums(surveys.class_columns(scores, cuts), by)
    return estimation.net_score(
        "net_promoter_score",
        sums,
        sums["detractor"],
        sums["passive"],
        sums["promoter"],
        confidence=confidence,
        remarks=[cuts.remark],
    )


def nps_sample_size(margin_points: float, *, confidence: float = 0.95, variance: float = 1.0) -> int:
    """Answers that a net promoter score takes to be as precise as wished.

    n = z² · variance / (margin / 100)² − 3, rounded up, at least 1; z is the normal quantile.

    Leaves out: answers of one account are alike, so several from each take more than this
    many; and people who do not answer, so more must be asked.

    Args:
        margin_points: half the width of the interval, in points, in (0, 100].
        confidence: confidence level of the interval, between 0 and 1.
        variance: share of promoters + share of detractors − (score / 100)², in (0, 1]; 1 is
            the worst case, half promoters and half detractors.

    Returns:
        A number of answers.

    Raises:
        MetricInputError: if an argument is outside its range.

    Example:
        >>> import abmmetrics as abm
        >>> abm.nps_sample_size(10), abm.nps_sample_size(10, variance=0.67)
        (382, 255)

    References:
        Rocks (2016), The American Statistician 70, 365–372, and MeasuringU, "Confidence intervals
        for the Net Promoter Score": the adjusted Wald interval (3 more answers), solved for n.
    """
    margin = _checks.in_interval("margin_points", margin_points, 0, 100, high_open=False) / 100
    level = _checks.in_interval("confidence", confidence, 0, 1)
    spread = _checks.in_interval("variance", variance, 0, 1, high_open=False)
    z = float(_special.normal_quantile(0.5 + level / 2))  # mutation: equivalent, only its square counts
    return max(1, math.ceil(z**2 * spread / margin**2 - 3))


def customer_satisfaction_share(
    scores: SurveyScores, *, satisfied_from: int | None = None, by: By = None, confidence: float = 0.95
) -> Estimate:
    """Share of answers that are satisfied: the top two boxes of a scale from 1 to 5.

    customer satisfaction share = Σ (score >= satisfied_from) / Σ answers.

    Leaves out: how satisfied or dissatisfied; an average of the scores is another KPI.

    Args:
        scores: answers of customers; 0 to 10 where the table does not give its scale.
        satisfied_from: the lowest score that counts as satisfied; 4 on a scale from 1 to 5.
            On other scales vendors disagree, hence it must be given.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nobody answered.

    Raises:
        MetricInputError: if ``satisfied_from`` is missing or not on the scale.

    Example:
        >>> import abmmetrics as abm
        >>> customers = abm.SurveyScores(account=["A", "B", "C", "D"], score=[5, 4, 3, 5], scale=(1, 5))
        >>> float(abm.customer_satisfaction_share(customers))
        0.75

    References:
        Delighted, "How is CSAT calculated?": responses of 4 or 5 / responses.
    """
    cuts = scores.cut_points(_USUAL)
    lowest = 4 if satisfied_from is None and (cuts.low, cuts.high) == _STARS else satisfied_from
    if lowest is None or lowest not in range(cuts.low + 1, cuts.high + 1):
        requirement = f"be a whole number from {cuts.low + 1} to {cuts.high} on this scale"
        raise _checks.refuse("satisfied_from", requirement, lowest)
    sums = scores.account_sums(surveys.share_columns(scores, lowest), by)
    return estimation.share(
        "customer_satisfaction_share",
        sums,
        sums["high"],
        sums["answers"],
        confidence=confidence,
        undefined="there are no answers",
        remarks=[f"scale {cuts.low} to {cuts.high} (satisfied from {lowest})"],
    )
