"""A programme: its tables in one object, and how they are read from CSV files.

A folder of CSV files becomes a programme by a file ``program.toml`` beside them, which says
which file is which table, and what its columns and values are called::

    name = "CRM sales pipeline"
    currency = "USD"  # one for all amounts
    as_of = 2017 - 12 - 31  # the day the data stand for; nothing reads the clock
    fiscal_start = 1  # first month of the fiscal year; January where not given
    margin = 0.7  # what of each unit of revenue is left, for returns on cost
    quota = 4_000_000  # what is still to be won, for the open pipeline to cover
    committee_roles = ["CFO"]  # the roles that every buying committee must have
    lead_threshold = 70  # the score from which a lead counts as qualified
    lookback_days = 90  # how many days before a deal touches of campaigns count for it
    discount_rate = 0.1  # of a period of the table tenures, for lifetime values
    promotion_start = 2017-04-01  # for the target arm of the table arm_outcomes, up to promotion_end = 2017-04-30
    stages = ["Engaging", "Won"]  # of the table stage_history, in order; lost_stages = ["Lost"] are off the path
    by = ["product", "manager"]  # segments that the scorecard breaks figures down by

    [opportunities]  # a table of the programme, see the attributes of Program
    file = "sales_pipeline.csv"
    missing = "separate"  # rows without an account: each an account of its own
    missing_values = ["NA"]  # taken as missing, beside empty cells
    segments = ["product"]  # columns to group by; { line = "product" } gives another name

    [opportunities.columns]  # column of the table = column of the file, where the names differ
    opportunity = "opportunity_id"
    created = "engage_date"
    closed = "close_date"
    outcome = "deal_stage"
    amount = "close_value"

    [opportunities.values.outcome]  # our word = the words of the file
    won = ["Won"]
    lost = ["Lost"]
    open = ["Engaging", "Prospecting"]

    [opportunities.missing_where.closed]  # an expected closing day is no closing day
    outcome = ["open"]

    [opportunities.lookups.manager]  # a segment that another file knows
    file = "sales_teams.csv"
    on = "sales_agent"  # column of this table's file
    key = "sales_agent"  # column of the other file with the same values; as "on" where not given
    column = "manager"  # column of the other file to group by

``missing`` says what happens to rows without a value that the table needs: ``"refuse"`` (as
where it is not given), ``"drop"`` (left out, and counted) or ``"separate"`` (rows without an
account are kept, each as an account of its own). Further settings of a table: ``delimiter``
(a comma where not given), ``encoding`` (UTF-8), ``date_format`` (such as ``"%d/%m/%Y"``; ISO
dates where not given), ``tz`` (whose days count where times carry a zone), and those of its
model, such as ``scale = [0, 10]`` for scores. Numbers are written with a decimal point and
without thousands separators.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import attrs
import numpy as np

from abmmetrics import _checks
from abmmetrics.activities import Activities
from abmmetrics.content import ContentViews
from abmmetrics.email import Emails
from abmmetrics.enps import OneOnOneMeetings, PulseInvitations
from abmmetrics.errors import MetricInputError
from abmmetrics.forms import Forms
from abmmetrics.histories import StageHistory
from abmmetrics.leads import Leads
from abmmetrics.lifts import ArmOutcomes
from abmmetrics.meetings import MeetingLog, Meetings
from abmmetrics.opportunities import Opportunities
from abmmetrics.purchases import Purchases
from abmmetrics.recurring import RecurringRevenue
from abmmetrics.roi import CampaignCosts, CampaignResults
from abmmetrics.social import SocialPosts
from abmmetrics.surveys import SurveyScores
from abmmetrics.survival import Tenures
from abmmetrics.tables import Table
from abmmetrics.targets import Contacts, TargetAccounts
from abmmetrics.touches import Touches
from abmmetrics.web import WebVisits

__all__ = ["Program", "read_program"]


def _table(model: type[Table], *, confidential: bool = False) -> Any:  # noqa: ANN401 - a field of the model's type
    """Declare a table that a programme may have; a confidential one is about people who must not be told apart."""
    return attrs.field(
        default=None,
        validator=attrs.validators.optional(_is_table),
        metadata={"model": model, "confidential": confidential},
    )


def _is_table(_: object, field: "attrs.Attribute[Any]", value: object) -> None:
    model = field.metadata["model"]
    if not isinstance(value, model):
        raise _checks.refuse(field.name, f"be {model.__name__}", _checks.phrase(type(value).__name__))


def _as_day(value: Any) -> np.datetime64 | None:  # noqa: ANN401 - any kind of date
    return None if value is None else _checks.as_date("as_of", value)


def _as_start(value: Any) -> np.datetime64 | None:  # noqa: ANN401 - any kind of date
    return None if value is None else _checks.as_date("promotion_start", value)


def _as_end(value: Any) -> np.datetime64 | None:  # noqa: ANN401 - any kind of date
    return None if value is None else _checks.as_date("promotion_end", value)


def _as_quota(value: Any) -> float | None:  # noqa: ANN401 - any number
    return None if value is None else _checks.in_interval("quota", value, 0, float("inf"))


def _as_threshold(value: Any) -> float | None:  # noqa: ANN401 - any number
    return None if value is None else _checks.in_interval("lead_threshold", value, -float("inf"), float("inf"))


def _as_lookback(value: Any) -> float | None:  # noqa: ANN401 - any number
    return None if value is None else _checks.in_interval("lookback_days", value, 0, float("inf"))


def _as_discount(value: Any) -> float | None:  # noqa: ANN401 - any number
    return None if value is None else _checks.in_interval("discount_rate", value, 0, 1, low_open=False)


def _as_margin(value: Any) -> float | None:  # noqa: ANN401 - any number
    return None if value is None else _checks.in_interval("margin", value, 0, 1, high_open=False)


def _as_texts(value: Sequence[str]) -> tuple[str, ...]:
    return tuple(value)


def _as_month(value: Any) -> int:  # noqa: ANN401 - any number
    if value not in range(1, 13):
        raise _checks.refuse("fiscal_start", "be a month from 1 to 12", value)
    return int(value)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Program:
    """The tables of one account-based programme, as far as it has them.

    Attributes:
        name: what the programme is called.
        target_accounts: the accounts it is for.
        contacts: people at accounts.
        emails: e-mails to accounts.
        web_visits: visits of accounts to the website.
        forms: forms shown to accounts.
        content_views: content shown to accounts.
        social_posts: posts and advertisements shown to accounts.
        meetings: meetings and demos, each once however often it was rescheduled.
        meeting_log: the calendar of meetings, an appointment in each row.
        activities: what people at accounts did.
        leads: scores of leads over time.
        opportunities: deals, open, won and lost.
        stage_history: the stages that deals came to.
        arm_outcomes: what accounts of a target and a control arm did.
        touches: touches of campaigns with accounts.
        recurring_revenue: what customers paid at the opening and at the closing of a window.
        campaign_results: what campaigns cost and brought.
        campaign_costs: what the campaigns cost that touch accounts.
        purchases: what accounts without a contract bought, and when.
        tenures: for how many periods accounts have been customers, or were.
        survey_scores: customers' answers.
        employee_scores: employees' answers.
        pulse_invitations: who was asked in pulse surveys, and answered.
        one_on_ones: one-on-one meetings of employees.
        currency: of all amounts.
        as_of: the day the data stand for.
        fiscal_start: first month of the fiscal year.
        quota: what is still to be won, for the open pipeline to cover.
        margin: what of each unit of revenue is left, for returns on cost.
        committee_roles: the roles that every buying committee must have.
        lead_threshold: the score from which a lead counts as qualified.
        lookback_days: how many days before a deal touches of campaigns count for it.
        discount_rate: what money a period from now is worth less today, a period being that of the tenures.
        promotion_start: first day of a promotion for the accounts of the target arm.
        promotion_end: its last day.
        stages: the stages of deals in order, the last being the one in which a deal is won.
        lost_stages: the stages of lost deals.
        by: segments that the scorecard breaks figures down by.
        truth: KPI to label to the true figure, for synthetic programmes; empty for others.
        findings: what a reader must know about how the data were read.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(account=["A", "B"], delivered=[10, 20], opened=[4, 5])
        >>> abm.Program(name="Spring campaign", emails=emails)
        Program(Spring campaign; emails: 2 rows)
    """

    name: str
    target_accounts: TargetAccounts | None = _table(TargetAccounts)  # noqa: RUF009 - declares the field
    contacts: Contacts | None = _table(Contacts)  # noqa: RUF009 - declares the field
    emails: Emails | None = _table(Emails)  # noqa: RUF009 - declares the field
    web_visits: WebVisits | None = _table(WebVisits)  # noqa: RUF009 - declares the field
    forms: Forms | None = _table(Forms)  # noqa: RUF009 - declares the field
    content_views: ContentViews | None = _table(ContentViews)  # noqa: RUF009 - declares the field
    social_posts: SocialPosts | None = _table(SocialPosts)  # noqa: RUF009 - declares the field
    meetings: Meetings | None = _table(Meetings)  # noqa: RUF009 - declares the field
    meeting_log: MeetingLog | None = _table(MeetingLog)  # noqa: RUF009 - declares the field
    activities: Activities | None = _table(Activities)  # noqa: RUF009 - declares the field
    leads: Leads | None = _table(Leads)  # noqa: RUF009 - declares the field
    opportunities: Opportunities | None = _table(Opportunities)  # noqa: RUF009 - declares the field
    stage_history: StageHistory | None = _table(StageHistory)  # noqa: RUF009 - declares the field
    arm_outcomes: ArmOutcomes | None = _table(ArmOutcomes)  # noqa: RUF009 - declares the field
    touches: Touches | None = _table(Touches)  # noqa: RUF009 - declares the field
    recurring_revenue: RecurringRevenue | None = _table(RecurringRevenue)  # noqa: RUF009 - declares the field
    campaign_results: CampaignResults | None = _table(CampaignResults)  # noqa: RUF009 - declares the field
    campaign_costs: CampaignCosts | None = _table(CampaignCosts)  # noqa: RUF009 - declares the field
    purchases: Purchases | None = _table(Purchases)  # noqa: RUF009 - declares the field
    tenures: Tenures | None = _table(Tenures)  # noqa: RUF009 - declares the field
    survey_scores: SurveyScores | None = _table(SurveyScores)  # noqa: RUF009 - declares the field
    employee_scores: SurveyScores | None = _table(SurveyScores, confidential=True)  # noqa: RUF009 - declares the field
    pulse_invitations: PulseInvitations | None = _table(PulseInvitations, confidential=True)  # noqa: RUF009 - declares the field
    one_on_ones: OneOnOneMeetings | None = _table(OneOnOneMeetings, confidential=True)  # noqa: RUF009 - declares the field
    currency: str | None = None
    as_of: np.datetime64 | None = attrs.field(default=None, converter=_as_day)
    fiscal_start: int = attrs.field(default=1, converter=_as_month)
    quota: float | None = attrs.field(default=None, converter=_as_quota)
    lead_threshold: float | None = attrs.field(default=None, converter=_as_threshold)
    lookback_days: float | None = attrs.field(default=None, converter=_as_lookback)
    discount_rate: float | None = attrs.field(default=None, converter=_as_discount)
    promotion_start: np.datetime64 | None = attrs.field(default=None, converter=_as_start)
    promotion_end: np.datetime64 | None = attrs.field(default=None, converter=_as_end)
    margin: float | None = attrs.field(default=None, converter=_as_margin)
    committee_roles: tuple[str, ...] = attrs.field(default=(), converter=_as_texts)
    stages: tuple[str, ...] = attrs.field(default=(), converter=_as_texts)
    lost_stages: tuple[str, ...] = attrs.field(default=(), converter=_as_texts)
    by: tuple[str, ...] = attrs.field(default=(), converter=_as_texts)
    truth: Mapping[str, Mapping[str, float]] = attrs.field(factory=dict[str, Mapping[str, float]])
    findings: tuple[str, ...] = attrs.field(default=(), converter=_as_texts)

    def __repr__(self) -> str:
        """Say which tables there are."""
        tables = ", ".join(f"{name}: {_checks.how_many(len(table), 'rows')}" for name, table in self.tables().items())
        return f"Program({self.name}; {tables or 'no tables'})"

    @property
    def synthetic(self) -> bool:
        """True where the programme was made up, with known true figures."""
        return bool(self.truth)

    def tables(self) -> dict[str, Table]:
        """Return the tables that the programme has, by name."""
        return {name: table for name in models() if (table := getattr(self, name)) is not None}

    def confidential(self) -> list[str]:
        """Return the names of the tables about people who must not be told apart."""
        fields = cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(type(self)))
        return [field.name for field in fields if field.metadata.get("confidential")]

    def segments(self) -> list[str]:
        """Return the names of all segments of all tables."""
        return sorted({name for table in self.tables().values() for name in table.segments})

    def where(self, segment: str, label: str | int, *, others: Literal["keep", "leave_out"] = "leave_out") -> "Program":
        """Keep the rows with one label of a segment, such as those of one year.

        Args:
            segment: name of the segment.
            label: which rows to keep.
            others: what happens to tables without that segment: ``"keep"`` or ``"leave_out"``.

        Returns:
            The programme with what is left, which its name says, or its findings where other
            tables are whole; the true figures stay those of the whole.

        Raises:
            MetricInputError: if no table has the segment, or none the label.

        Example:
            >>> import abmmetrics as abm
            >>> emails = abm.Emails(account=["A", "A"], delivered=[9, 8], segments={"year": [2025, 2026]})
            >>> abm.Program(name="Newsletter", emails=emails).where("year", 2026)
            Program(Newsletter, year 2026; emails: 1 row)
        """
        _checks.as_option("others", others, ("keep", "leave_out"))
        if segment not in self.segments():
            raise _checks.refuse("segment", f"be one of {self.segments()}", segment)
        held = {name: table for name, table in self.tables().items() if segment in table.segments}
        labels = {found for table in held.values() for found in table.segments[segment].to_list() if found is not None}
        if label not in labels:
            raise _checks.refuse("label", f"be one of {sorted(labels, key=str)[:20]}", label)
        kept: dict[str, Any] = {
            name: table.where(table.segments[segment] == label)
            if segment in table.segments
            else table
            if others == "keep"
            else None
            for name, table in self.tables().items()
        }
        if others == "leave_out":
            return attrs.evolve(self, **kept, name=f"{self.name}, {segment} {label}")
        names = ", ".join(name.replace("_", " ") for name in held)
        only = f"Only {segment} {label} of {names}; the other tables are whole."
        return attrs.evolve(self, **kept, findings=(*self.findings, only))


def models() -> dict[str, type[Table]]:
    """Return the tables that a programme may have, and the model of each."""
    fields = cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(Program))
    return {field.name: field.metadata["model"] for field in fields if "model" in field.metadata}


def read_program(folder: str | Path, file: str | Path | None = None) -> Program:
    r"""Read a programme from a folder of CSV files.

    Leaves out: files that ``program.toml`` does not name.

    Args:
        folder: where the files lie.
        file: what says which file is which table; ``program.toml`` in the folder where not given.

    Returns:
        The programme; its findings say what was left out and what could not be looked up.

    Raises:
        MetricInputError: if a file is missing, a column unknown or a value unreadable; the
            message names the file, the line and the value.

    Example:
        >>> import abmmetrics as abm
        >>> import tempfile, pathlib
        >>> with tempfile.TemporaryDirectory() as name:
        ...     folder = pathlib.Path(name)
        ...     _ = (folder / "mails.csv").write_text("account,delivered,opened\nAcme,12,5\nBeta,10,4\n")
        ...     _ = (folder / "program.toml").write_text("name = 'Spring'\n[emails]\nfile = 'mails.csv'\n")
        ...     abm.read_program(folder)
        Program(Spring; emails: 2 rows)
    """
    # Imported here: whoever has no files to read need not wait for the readers of TOML and CSV.
    from abmmetrics import _loading, _settings  # noqa: PLC0415 - see above

    folder = Path(folder)
    path = folder / "program.toml" if file is None else Path(file)
    settings = _settings.Settings(path.name, _settings.read_toml(path))
    given: dict[str, Any] = {
        "name": settings.take("name", _settings.TEXT, folder.resolve().name),
        "currency": settings.take("currency", _settings.TEXT),
        "as_of": settings.take("as_of", _settings.DAY),
        "fiscal_start": settings.take("fiscal_start", _settings.WHOLE, 1),
        "quota": settings.take("quota", _settings.NUMBER),
        "margin": settings.take("margin", _settings.NUMBER),
        "committee_roles": settings.texts("committee_roles"),
        "lead_threshold": settings.take("lead_threshold", _settings.NUMBER),
        "lookback_days": settings.take("lookback_days", _settings.NUMBER),
        "discount_rate": settings.take("discount_rate", _settings.NUMBER),
        "promotion_start": settings.take("promotion_start", _settings.DAY),
        "promotion_end": settings.take("promotion_end", _settings.DAY),
        "stages": settings.texts("stages"),
        "lost_stages": settings.texts("lost_stages"),
        "by": settings.texts("by"),
    }
    findings: list[str] = []
    for name, model in models().items():
        if settings.take(name, _settings.TABLE) is not None:
            section = _settings.Settings(f"{path.name} [{name}]", settings.entries[name])
            given[name], found = _loading.read_table(folder, model, section, currency=given["currency"])
            findings += found
    settings.finish()
    if not given.keys() & models().keys():
        raise MetricInputError(f"{path.name} must have at least one table, one of {sorted(models())}; got none")
    try:
        return Program(**given, findings=findings)
    except MetricInputError as error:
        raise MetricInputError(f"{path.name}: {error}") from None
