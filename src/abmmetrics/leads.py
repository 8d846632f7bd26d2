"""Leads: how many there are, and which reached the score that qualifies them."""

import math
from typing import Any, ClassVar, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, _reading, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._sums import AccountSums
from abmmetrics.columns import Amounts, Dates
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = ["Leads", "lead_count", "lead_qualification_rate", "marketing_qualified_lead_count"]

Scale: TypeAlias = tuple[float, float]


def _as_scale(given: Any) -> Scale | None:  # noqa: ANN401 - whatever a caller says
    if given is None:
        return None
    parts = list(given) if _reading.is_listed(given) else []
    numbers = [float(part) for part in parts if isinstance(part, int | float) and not isinstance(part, bool)]
    if len(numbers) != len(parts) or len(parts) != 2 or not -math.inf < numbers[0] < numbers[1] < math.inf:  # noqa: PLR2004 - two ends
        raise _checks.refuse("scale", "be its lowest and its highest score", cast("object", given))
    return numbers[0], numbers[1]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Leads(Table):
    """Scores of leads over time: one row for each time that a lead was scored.

    Attributes:
        account: the account that the lead belongs to.
        lead: the person; one name at two accounts is two leads.
        score: the score from then on.
        at: when the lead got it.
        scale: ``(lowest, highest)`` score that there can be; None where scores have no ends.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Leads(
        ...     account=["Acme", "Acme"],
        ...     lead=["Ada", "Ada"],
        ...     score=[20, 75],
        ...     at=["2026-03-02", "2026-03-09"],
        ...     scale=(0, 100),
        ... )
        Leads(2 rows, 1 account; lead, score, at)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    lead: Labels = attrs.field(converter=columns.labels)
    score: Amounts = attrs.field(converter=columns.numbers)
    at: Dates = attrs.field(converter=columns.moments)
    scale: Scale | None = attrs.field(default=None, converter=_as_scale)

    def check_rows(self) -> None:
        """Refuse scores that are not on the scale."""
        if self.scale is None:
            return
        low, high = self.scale
        outside = np.flatnonzero((self.score < low) | (self.score > high))
        if len(outside):
            row = int(outside[0])
            raise _checks.refuse("score", f"be from {low:g} to {high:g}", self.score[row], row)

    def numbers(self) -> NDArray[np.int64]:
        """Return the number of the lead of each row."""
        pairs = self.account.codes() * len(self.lead.categories) + self.lead.codes()  # mutation: equivalent with -
        numbers: NDArray[np.int64] = np.unique(pairs, return_inverse=True)[1]
        return numbers

    def reaches(self, threshold: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - whatever the caller gave
        """Tell for each row whether its score reaches a threshold, which must be on the scale."""
        if self.scale is None:
            least = _checks.in_interval("threshold", threshold, -math.inf, math.inf)
        else:
            least = _checks.in_interval("threshold", threshold, *self.scale, low_open=False, high_open=False)
        reached: NDArray[np.bool_] = self.score >= least
        return reached


def marketing_qualified_lead_count(
    leads: Leads,
    *,
    threshold: float,
    since: Any = None,  # noqa: ANN401 - any kind of date
    until: Any = None,  # noqa: ANN401 - any kind of date
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Number of leads that reached a score for the first time.

    marketing-qualified leads = Σ leads whose first score >= threshold is in the window, and in the group.

    To qualify is an event: a lead counts once, in the row in which its score first reached the threshold, whatever
    became of it. Of rows of one moment the one whose label sorts first decides.

    Leaves out: leads that qualify again after they were given up. A lead whose first row is above the threshold
    counts there, so the table must hold the history from before the window: never ``leads.where(...)`` for a
    window, but ``since`` and ``until``, or ``by=period(leads.at, "month")``.

    Args:
        leads: the whole history of scores.
        threshold: the score from which a lead is qualified; on the table's ``scale`` where it has one.
        since: the first day of the window; the beginning where not given.
        until: the last day of the window, to its end; the end where not given.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A count; 0 where no lead qualified, and a note says how high scores are.

    Raises:
        MetricInputError: if the threshold is not on the scale, a day is not one day, or the window ends before it
            begins.

    Example:
        >>> import abmmetrics as abm
        >>> leads = abm.Leads(
        ...     account=["Acme", "Acme", "Acme", "Beta"],
        ...     lead=["Ada", "Ada", "Ada", "Bo"],
        ...     score=[20, 75, 90, 80],
        ...     at=["2026-01-12", "2026-02-03", "2026-03-02", "2026-03-16"],
        ... )
        >>> months = abm.marketing_qualified_lead_count(leads, threshold=70, by=abm.period(leads.at, "month"))
        >>> [(month, float(count)) for month, count in months.items()]
        [('2026-01', 0.0), ('2026-02', 1.0), ('2026-03', 1.0)]

    References:
        Demand Gen Insider, glossary: demand waterfall; The RevOps Report, glossary: revenue waterfall.
    """
    reached, groups = leads.reaches(threshold), leads.grouping(by)
    first = np.zeros(len(leads), dtype=bool)
    first[_labels.earliest_rows(np.flatnonzero(reached), leads.numbers(), leads.at, groups.values())] = True
    day, ends = leads.at.astype("datetime64[D]"), {"since": since, "until": until}
    begin, end = (None if given is None else _checks.as_date(name, given) for name, given in ends.items())
    if begin is not None and end is not None and end < begin:
        raise _checks.refuse("until", f"be on or after since={begin}", _checks.phrase(str(end)))
    if begin is not None:
        first &= day >= begin
    if end is not None:
        first &= day <= end
    sums = leads.account_sums({"qualified": first}, groups)
    return estimation.total(
        "marketing_qualified_lead_count",
        _rows_counted(sums, "qualified"),
        sums["qualified"],
        unit="count",
        confidence=confidence,
        remarks=_told(leads, threshold, reached),
    )


def _rows_counted(sums: AccountSums, column: str) -> AccountSums:
    """Take what is counted for the rows that a result rests on."""
    return attrs.evolve(sums, rows=sums[column].astype(np.int64))


def _told(leads: Leads, threshold: float, reached: NDArray[np.bool_]) -> list[str]:
    """Say the threshold, which results must share to be compared, and why nobody reaches it."""
    variant = f"variant: from a score of {threshold:g}"
    if reached.any():
        return [variant]
    highest = f"the highest is {leads.score.max():g}" if len(leads) else "there are no leads"
    return [variant, f"no score reaches {threshold:g}: {highest}"]


def _lead_sums(leads: Leads, by: By, reached: NDArray[np.bool_] | None = None) -> AccountSums:
    """Sum leads, and those that ever reached something, each in the group of its first row."""
    groups, number = leads.grouping(by), leads.numbers()
    first = np.zeros(len(leads), dtype=bool)
    first[_labels.earliest_rows(np.arange(len(leads)), number, leads.at, groups.values())] = True
    ever = np.zeros(len(leads), dtype=bool)
    if reached is not None:
        ever[number[reached]] = True
    sums = leads.account_sums({"leads": first, "qualified": first & ever[number]}, groups)
    return _rows_counted(sums, "leads")


def lead_qualification_rate(leads: Leads, *, threshold: float, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of leads whose score ever reached a threshold.

    lead qualification rate = leads that ever had a score >= threshold / leads.

    A lead belongs to the group of its first row, so that ``by=period(leads.at, "quarter")`` follows the leads of each
    quarter.

    Leaves out: how long it took; leads that came lately had less time than others.

    Args:
        leads: the whole history of scores.
        threshold: the score from which a lead is qualified; on the table's ``scale`` where it has one.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where there are no leads.

    Raises:
        MetricInputError: if the threshold is not on the scale or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> leads = abm.Leads(
        ...     account=["Acme", "Acme", "Beta"],
        ...     lead=["Ada", "Ada", "Bo"],
        ...     score=[20, 75, 40],
        ...     at=["2026-01-12", "2026-02-03", "2026-03-02"],
        ... )
        >>> float(abm.lead_qualification_rate(leads, threshold=70))
        0.5

    References:
        Demand Gen Insider, glossary: demand waterfall.
    """
    reached = leads.reaches(threshold)
    sums = _lead_sums(leads, by, reached)
    return estimation.share(
        "lead_qualification_rate",
        sums,
        sums["qualified"],
        sums["leads"],
        confidence=confidence,
        undefined="there are no leads",
        remarks=_told(leads, threshold, reached),
    )


def lead_count(leads: Leads, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Number of leads: a KPI to ignore, and its result says so.

    leads = Σ leads, whatever their score.

    Leaves out: whether anybody wants to buy; a longer list of addresses is more leads. Better: the leads that
    qualify (:func:`marketing_qualified_lead_count`), or the accounts (:func:`account_qualification_rate`).

    Args:
        leads: scores of leads.
        by: a segment name, several, ``"account"``, or labels of the table's length. A lead belongs to the group of
            its first row.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A count; 0 where there are no leads.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> leads = abm.Leads(account=["Acme", "Beta"], lead=["Ada", "Bo"], score=[20, 75], at="2026-01-12")
        >>> abm.lead_count(leads).notes
        ('a KPI to ignore; better: the leads that qualify (marketing_qualified_lead_count)',)

    References:
        Fay and Feuer (1997), Statistics in Medicine 16, 791–801, for the interval.
    """
    sums = _lead_sums(leads, by)
    return estimation.total(
        "lead_count",
        sums,
        sums["leads"],
        unit="count",
        confidence=confidence,
        remarks=["a KPI to ignore; better: the leads that qualify (marketing_qualified_lead_count)"],
    )
