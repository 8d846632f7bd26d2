"""Employee surveys: pulse surveys, participation, the employee net promoter score and one-on-ones.

Groups of fewer people than ``min_responses`` are suppressed, with others that would give them
away (see :mod:`abmmetrics.suppression`), so that answers stay anonymous.

Net Promoter, Net Promoter Score and NPS are marks of Bain & Company, NICE Systems and Fred Reichheld.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, cast

import attrs
import numpy as np

from abmmetrics import _checks, columns, estimation, surveys
from abmmetrics._sums import AccountSums
from abmmetrics.columns import Counts, Dates
from abmmetrics.results import Estimate
from abmmetrics.suppression import estimate_protected, whole_number
from abmmetrics.surveys import SurveyScores
from abmmetrics.tables import By, Labels, Table

__all__ = [
    "OneOnOneMeetings",
    "PulseInvitations",
    "PulseSurvey",
    "Question",
    "classify_employees",
    "employee_net_promoter_score",
    "favourable_share",
    "one_on_one_coverage_rate",
    "participation_rate",
]

_USUAL = (1, 10)
_MOST_QUESTIONS = 10


def _as_text(given: Any) -> str:  # noqa: ANN401 - whatever a caller says
    if not isinstance(given, str) or not given.strip():
        raise _checks.refuse("text", "be the words of a question", cast("object", given))
    return given


def _as_questions(given: Any) -> "tuple[Question, ...]":  # noqa: ANN401 - whatever a caller says
    wanted = "be a list of Question(text, kind)"
    if not isinstance(given, list | tuple):
        raise _checks.refuse("questions", wanted, given)
    questions = cast("Sequence[Any]", given)
    for row, question in enumerate(questions):
        if not isinstance(question, Question):
            raise _checks.refuse("questions", wanted, question, row)
    if not questions:
        raise _checks.refuse("questions", "be at least one", _checks.phrase("none"))
    if len(questions) > _MOST_QUESTIONS:
        raise _checks.refuse(
            "questions",
            f"be at most {_MOST_QUESTIONS} (a pulse survey is short, so that people answer every time)",
            _checks.phrase(f"{len(questions)}"),
        )
    return tuple(questions)


@attrs.frozen
class Question:
    """A question of a pulse survey.

    Attributes:
        text: what is asked.
        kind: ``"enps"`` (how likely one is to recommend the company as a place to work, 1 to
            10), ``"rating"``, ``"yes_no"`` or ``"text"``. Not every rating is a
            recommendation, hence the kind is said.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Question("How likely are you to recommend us as a place to work?", "enps").kind
        'enps'
    """

    text: str = attrs.field(converter=_as_text)
    kind: Literal["enps", "rating", "yes_no", "text"]

    def __attrs_post_init__(self) -> None:
        """Refuse an unknown kind."""
        _checks.as_option("kind", self.kind, ("enps", "rating", "yes_no", "text"))


@attrs.frozen
class PulseSurvey:
    """A short survey of employees that comes back regularly.

    Attributes:
        questions: 1 to 10 questions.
        cadence: ``"weekly"``, ``"monthly"`` or ``"quarterly"``.

    Example:
        >>> import abmmetrics as abm
        >>> survey = abm.PulseSurvey(
        ...     [
        ...         abm.Question("How likely are you to recommend us as a place to work?", "enps"),
        ...         abm.Question("What should we change?", "text"),
        ...     ],
        ...     cadence="monthly",
        ... )
        >>> len(survey.questions)
        2
    """

    questions: tuple[Question, ...] = attrs.field(converter=_as_questions)
    cadence: Literal["weekly", "monthly", "quarterly"]

    def __attrs_post_init__(self) -> None:
        """Refuse an unknown cadence."""
        _checks.as_option("cadence", self.cadence, ("weekly", "monthly", "quarterly"))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PulseInvitations(Table):
    """Who was asked to answer: one row for each employee and wave of a survey.

    Attributes:
        employee: the employee who was invited.
        responded: whether the employee answered.
        wave: the wave of the survey, such as ``"2026-03"``; needed only if there are several.

    Example:
        >>> import abmmetrics as abm
        >>> abm.PulseInvitations(employee=["Ann", "Bob"], responded=[True, False], wave="2026-03")
        PulseInvitations(2 rows, 2 employees; responded, wave)
    """

    unit: ClassVar[str] = "employee"
    additive: ClassVar[bool] = False

    employee: Labels = attrs.field(converter=columns.labels)
    responded: Counts = attrs.field(converter=columns.counts)
    wave: Labels | None = attrs.field(default=None, converter=columns.optional_labels)

    def check_rows(self) -> None:
        """Refuse a second invitation to the same wave, and answers that are not yes or no."""
        more = np.flatnonzero(self.responded > 1)
        if len(more):
            raise _checks.refuse("responded", "be True or False", self.responded[more[0]], int(more[0]))
        named = np.flatnonzero(~self.employee.missing())
        waves = np.zeros(len(self), dtype=np.int64) if self.wave is None else self.wave.codes()
        width = waves.max(initial=0) + 1  # mutation: equivalent, as long as it exceeds every wave's code
        invitation = self.employee.codes() * width + waves  # mutation: equivalent, any number that tells pairs apart
        again = np.setdiff1d(named, named[np.unique(invitation[named], return_index=True)[1]])
        if len(again):
            row = int(again[0])
            raise _checks.refuse("employee", "have one row in each wave", self.employee[row], row)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class OneOnOneMeetings(Table):
    """One-on-one meetings of employees with their managers.

    Attributes:
        employee: the employee; each has a row at least, also those without a meeting.
        held: the day of the meeting; NaT (None) where there was none yet.

    Example:
        >>> import abmmetrics as abm
        >>> abm.OneOnOneMeetings(employee=["Ann", "Ann", "Bob"], held=["2026-05-04", "2026-06-01", None])
        OneOnOneMeetings(3 rows, 2 employees; held)
    """

    unit: ClassVar[str] = "employee"
    additive: ClassVar[bool] = False

    employee: Labels = attrs.field(converter=columns.labels)
    held: Dates | None = attrs.field(converter=columns.dates_or_nat)


def participation_rate(
    invitations: PulseInvitations, *, by: By = None, min_responses: int = 5, confidence: float = 0.95
) -> Estimate:
    """Share of the employees invited who answered.

    participation rate = Σ responded / Σ invited, over employees and waves; ``by="wave"`` gives each wave's.

    Leaves out: who was never invited, and answers broken off, unless they count as responded.
    Over several waves every invitation counts; the share who answered at least once is another KPI.

    Args:
        invitations: one row for each employee and wave; leave out those whom no invitation reached.
        by: a segment name, several, ``"wave"``, or labels of the table's length.
        min_responses: groups with fewer employees invited are suppressed.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; suppressed where fewer were invited. Everybody invited was counted,
        so the interval tells of waves like this one, not of this one.

    Raises:
        MetricInputError: if ``by`` names no segment or ``min_responses`` is not a whole number >= 1.

    Example:
        >>> import abmmetrics as abm
        >>> invited = abm.PulseInvitations(employee=range(8), responded=[1, 1, 1, 0, 1, 1, 1, 0])
        >>> float(abm.participation_rate(invited))
        0.75

    References:
        Workforce Science Associates, "Employee survey response rates": surveys submitted / employees invited.
    """

    def rate(sums: AccountSums) -> Estimate:
        return estimation.share(
            "participation_rate",
            sums,
            sums["responded"],
            sums["invited"],
            confidence=confidence,
            undefined="nobody was invited",
            remarks=["a census of those invited: the interval tells of waves like these"],
        )

    asked = {"responded": invitations.responded, "invited": np.ones(len(invitations), dtype=bool)}
    return estimate_protected(invitations, asked, by, min_responses, rate)


def classify_employees(scores: SurveyScores) -> Labels:
    """Tell promoters, passives and detractors among employees apart.

    On scales from 1 or 0 to 10: detractor up to 6, passive 7 and 8, promoter 9 and 10; on 1
    to 5: detractor up to 3, passive 4, promoter 5; on others by the table's cut points.

    Leaves out: the protection of small groups; each row has a class, so keep them to yourself.

    Args:
        scores: answers of employees; 1 to 10 where the table does not give its scale.

    Returns:
        ``"detractor"``, ``"passive"`` or ``"promoter"`` for each row.

    Raises:
        MetricInputError: if there is a 0 and the table does not say ``scale=(0, 10)``.

    Example:
        >>> import abmmetrics as abm
        >>> abm.classify_employees(abm.SurveyScores(score=[1, 8, 10])).to_list()
        ['detractor', 'passive', 'promoter']

    References:
        StarMeUp, "What is an eNPS question?" (1 to 10).
    """
    return surveys.classes(scores, _USUAL)


def employee_net_promoter_score(
    scores: SurveyScores, *, by: By = None, min_responses: int = 5, confidence: float = 0.95
) -> Estimate:
    """Promoters less detractors for each 100 answers of employees: would they recommend the company as an employer?

    employee net promoter score = 100 · (Σ promoters − Σ detractors) / Σ answers. Passives are answers too.

    Leaves out: employees who did not answer. Waves of an anonymous survey cannot be paired by
    employee, which makes the interval of a change between them somewhat too wide.

    Args:
        scores: answers of employees, whose column ``account`` names the employee, if it is
            there; 1 to 10 where the table does not give its scale.
        by: a segment name, several, or labels of the table's length.
        min_responses: groups with answers of fewer employees are suppressed.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Points from −100 to 100 with Tango's score interval; suppressed where fewer employees
        answered. The result names its scale: results on different scales cannot be compared.

    Raises:
        MetricInputError: if there is a 0 and the table does not say ``scale=(0, 10)``, if
            ``by`` names no segment or ``min_responses`` is not a whole number >= 1.

    Example:
        >>> import abmmetrics as abm
        >>> team = ["North"] * 6 + ["South"] * 5 + ["West"]
        >>> answers = abm.SurveyScores(score=[10, 9, 9, 8, 7, 3, 9, 10, 6, 2, 8, 1], segments={"team": team})
        >>> score = abm.employee_net_promoter_score(answers, by="team")
        >>> float(score["North"]), score.suppressed.tolist()
        (33.333333333333336, [False, True, True])

    References:
        StarMeUp, "What is an eNPS question?" (1 to 10);
        Tango (1998), Statistics in Medicine 17, 891–908.
    """
    cuts = scores.cut_points(_USUAL)

    def score(sums: AccountSums) -> Estimate:
        classes = [sums[name] for name in surveys.CLASSES]
        found = estimation.net_score(
            "employee_net_promoter_score", _of_employees(sums), *classes, confidence=confidence, remarks=[cuts.remark]
        )
        counted = [sums.total(cells) for cells in classes]
        alike = np.max(counted, axis=0) == np.sum(counted, axis=0)
        flag = "all answers in one class, so the score tells each of them"
        return attrs.evolve(found, flags={**found.flags, flag: alike})

    return estimate_protected(scores, surveys.class_columns(scores, cuts), by, min_responses, score)


def _of_employees(sums: AccountSums) -> AccountSums:
    """Call the accounts of survey answers employees; rows without one stay rows."""
    return attrs.evolve(sums, unit="employee") if sums.unit == "account" else sums


def favourable_share(
    scores: SurveyScores, *, by: By = None, min_responses: int = 5, confidence: float = 0.95
) -> Estimate:
    """Share of rating answers in the top two boxes of their scale.

    favourable share = Σ (score >= highest − 1) / Σ answers: 4 and 5 of 1 to 5, 9 and 10 of 1 to 10.

    Leaves out: whether other answers are neutral or unfavourable.

    Args:
        scores: answers of employees to rating questions on one scale, with the question as a
            segment; the column ``account`` names the employee, if it is there; 1 to 10 where
            the table does not give its scale.
        by: a segment name (such as ``"question"``), several, or labels of the table's length.
        min_responses: groups with answers of fewer employees are suppressed.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; suppressed where fewer employees answered.

    Raises:
        MetricInputError: if there is a 0 and the table does not say ``scale=(0, 10)``, if
            ``by`` names no segment or ``min_responses`` is not a whole number >= 1.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.favourable_share(abm.SurveyScores(score=[5, 4, 4, 3, 1], scale=(1, 5))))
        0.6

    References:
        Salpulse, "How questions are scored": agree and strongly agree of five / answers.
    """
    cuts = scores.cut_points(_USUAL)
    lowest = cuts.high - 1

    def share(sums: AccountSums) -> Estimate:
        return estimation.share(
            "favourable_share",
            _of_employees(sums),
            sums["high"],
            sums["answers"],
            confidence=confidence,
            undefined="there are no answers",
            remarks=[f"scale {cuts.low} to {cuts.high} (favourable from {lowest})"],
        )

    return estimate_protected(scores, surveys.share_columns(scores, lowest), by, min_responses, share)


def one_on_one_coverage_rate(
    meetings: OneOnOneMeetings,
    *,
    days: int,
    as_of: Any,  # noqa: ANN401 - any kind of date
    by: By = None,
    min_responses: int = 5,
    confidence: float = 0.95,
) -> Estimate:
    """Share of employees who had a one-on-one meeting in the last days.

    one-on-one coverage rate = employees with a meeting held in the ``days`` days that end
    with ``as_of`` / employees.

    Leaves out: how often they met. Meetings after ``as_of`` are left out and counted; their
    employees still count in the denominator.

    Args:
        meetings: one row for each meeting, and one without a date for each employee without any.
        days: how many days the window has, ``as_of`` being the last.
        as_of: the last day that counts.
        by: a segment name, several, or labels of the table's length.
        min_responses: groups with fewer employees are suppressed.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; suppressed where there are fewer employees.

    Raises:
        MetricInputError: if ``days`` or ``min_responses`` is not a whole number >= 1, or ``as_of`` is not one date.

    Example:
        >>> import abmmetrics as abm
        >>> held = ["2026-06-30", "2026-06-01", "2026-05-31", None, "2026-07-01"]
        >>> meetings = abm.OneOnOneMeetings(employee=["Ann", "Bob", "Cem", "Dee", "Eve"], held=held)
        >>> float(abm.one_on_one_coverage_rate(meetings, days=30, as_of="2026-06-30"))
        0.4

    References:
        Bridge community, "Measuring 1on1 frequency": employees with a one-on-one at least monthly.
    """
    last = _checks.as_date("as_of", as_of)
    first = last - np.timedelta64(whole_number("days", days) - 1, "D")
    held = meetings.column("held")
    later = int((held > last).sum())

    def rate(sums: AccountSums) -> Estimate:
        left_out = {**sums.excluded, **({"held after as_of": later} if later else {})}
        return estimation.share(
            "one_on_one_coverage_rate",
            attrs.evolve(sums, excluded=left_out),
            (sums["recent"] > 0).astype(np.float64),
            np.ones(len(sums.group)),
            confidence=confidence,
            undefined="there are no employees",
            remarks=[f"one-on-ones held from {first} to {last}"],
        )

    recent = {"recent": (held >= first) & (held <= last)}
    return estimate_protected(meetings, recent, by, min_responses, rate)
