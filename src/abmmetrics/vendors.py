"""Vendors: the columns of their exports, what they mean by a KPI's name, and how to have their number.

What vendors call their columns, and what they count, changes. Everything here says when it was read, and where; look
at your export, and at the vendor's page. Nothing here is a benchmark.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from abmmetrics import _checks, _vendor_reading
from abmmetrics._from_frame import Missing
from abmmetrics._vendor_columns_hubspot import (
    HUBSPOT_COMPANY,
    HUBSPOT_COMPANY_FIVETRAN,
    HUBSPOT_CONTACT,
    HUBSPOT_CONTACT_FIVETRAN,
    HUBSPOT_DEAL,
    HUBSPOT_DEAL_FIVETRAN,
    HUBSPOT_DEAL_STAGE_FIVETRAN,
    HUBSPOT_EMAIL_EVENT,
    HUBSPOT_EMAIL_EVENT_FIVETRAN,
    HUBSPOT_FORM_SUBMISSION_FIVETRAN,
    HUBSPOT_MEETING,
    HUBSPOT_MEETING_FIVETRAN,
    MARKETO_EMAIL_ACTIVITY,
    MARKETO_EMAIL_ACTIVITY_FIVETRAN,
    MARKETO_LEAD,
    MARKETO_LEAD_FIVETRAN,
    MARKETO_SCORE_CHANGE,
    MARKETO_SCORE_CHANGE_FIVETRAN,
)
from abmmetrics._vendor_columns_salesforce import (
    ACCOUNT_ENGAGEMENT_CAMPAIGN,
    ACCOUNT_ENGAGEMENT_OPPORTUNITY,
    ACCOUNT_ENGAGEMENT_OPPORTUNITY_FIVETRAN,
    ACCOUNT_ENGAGEMENT_PROSPECT,
    ACCOUNT_ENGAGEMENT_PROSPECT_FIVETRAN,
    ACCOUNT_ENGAGEMENT_VISITOR_ACTIVITY,
    ACCOUNT_ENGAGEMENT_VISITOR_ACTIVITY_FIVETRAN,
    SALESFORCE_ACCOUNT,
    SALESFORCE_ACCOUNT_FIVETRAN,
    SALESFORCE_CAMPAIGN,
    SALESFORCE_CAMPAIGN_MEMBER,
    SALESFORCE_CONTACT,
    SALESFORCE_CONTACT_FIVETRAN,
    SALESFORCE_EVENT,
    SALESFORCE_EVENT_FIVETRAN,
    SALESFORCE_MARKETING_CLOUD_SEND_FIVETRAN,
    SALESFORCE_OPPORTUNITY,
    SALESFORCE_OPPORTUNITY_FIVETRAN,
    SALESFORCE_OPPORTUNITY_HISTORY,
    SALESFORCE_OPPORTUNITY_HISTORY_FIVETRAN,
)
from abmmetrics._vendor_maps import ColumnMap, Words
from abmmetrics._vendor_reading import Backwards
from abmmetrics._vendor_terms import VendorTerm, key
from abmmetrics._vendor_terms_marketing import MARKETING
from abmmetrics._vendor_terms_sales import SALES
from abmmetrics.columns import Values
from abmmetrics.tables import AnyTable

__all__ = [
    "ACCOUNT_ENGAGEMENT_CAMPAIGN",
    "ACCOUNT_ENGAGEMENT_OPPORTUNITY",
    "ACCOUNT_ENGAGEMENT_OPPORTUNITY_FIVETRAN",
    "ACCOUNT_ENGAGEMENT_PROSPECT",
    "ACCOUNT_ENGAGEMENT_PROSPECT_FIVETRAN",
    "ACCOUNT_ENGAGEMENT_VISITOR_ACTIVITY",
    "ACCOUNT_ENGAGEMENT_VISITOR_ACTIVITY_FIVETRAN",
    "COLUMN_MAPS",
    "HUBSPOT_COMPANY",
    "HUBSPOT_COMPANY_FIVETRAN",
    "HUBSPOT_CONTACT",
    "HUBSPOT_CONTACT_FIVETRAN",
    "HUBSPOT_DEAL",
    "HUBSPOT_DEAL_FIVETRAN",
    "HUBSPOT_DEAL_STAGE_FIVETRAN",
    "HUBSPOT_EMAIL_EVENT",
    "HUBSPOT_EMAIL_EVENT_FIVETRAN",
    "HUBSPOT_FORM_SUBMISSION_FIVETRAN",
    "HUBSPOT_MEETING",
    "HUBSPOT_MEETING_FIVETRAN",
    "MARKETO_EMAIL_ACTIVITY",
    "MARKETO_EMAIL_ACTIVITY_FIVETRAN",
    "MARKETO_LEAD",
    "MARKETO_LEAD_FIVETRAN",
    "MARKETO_SCORE_CHANGE",
    "MARKETO_SCORE_CHANGE_FIVETRAN",
    "SALESFORCE_ACCOUNT",
    "SALESFORCE_ACCOUNT_FIVETRAN",
    "SALESFORCE_CAMPAIGN",
    "SALESFORCE_CAMPAIGN_MEMBER",
    "SALESFORCE_CONTACT",
    "SALESFORCE_CONTACT_FIVETRAN",
    "SALESFORCE_EVENT",
    "SALESFORCE_EVENT_FIVETRAN",
    "SALESFORCE_MARKETING_CLOUD_SEND_FIVETRAN",
    "SALESFORCE_OPPORTUNITY",
    "SALESFORCE_OPPORTUNITY_FIVETRAN",
    "SALESFORCE_OPPORTUNITY_HISTORY",
    "SALESFORCE_OPPORTUNITY_HISTORY_FIVETRAN",
    "ColumnMap",
    "VendorTerm",
    "explain",
    "findings",
    "hubspot_stage_outcomes",
    "markdown_columns",
    "markdown_table",
    "read",
    "terms",
]

COLUMN_MAPS: Mapping[str, ColumnMap[Any]] = {
    name: globals()[name] for name in __all__ if name.isupper() and name != "COLUMN_MAPS"
}
"""Every column map by its name."""

_TERMS = (*MARKETING, *SALES)
_ALSO = {
    "pardot": "Account Engagement",
    "marketingcloudaccountengagement": "Account Engagement",
    "sfdc": "Salesforce",
    "sfmc": "Salesforce Marketing Cloud",
    "bizible": "Marketo Measure",
    "ga4": "Google Analytics",
    "adroll": "RollWorks",
}
"""Other names of vendors, as names are compared."""


def read(
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    columns: ColumnMap[AnyTable],
    *,
    words: Words | None = None,
    backwards: Backwards = "drop",
    missing: Missing = "refuse",
    tz: str | None = None,
    segments: Sequence[str] | Mapping[str, str] = (),
    **others: Any,  # noqa: ANN401 - column names and settings, as from_frame takes them
) -> AnyTable:
    """Read a vendor's export into the table of its column map, and count what is left out.

    ``from_frame(frame, **columns)`` does where an export has our columns. This does the rest:

    * rows that a flag says are none (deleted, a bot's, another attendee's) are left out and counted in ``excluded``;
    * the vendor's words become ours, in any case of letters; a word that the map does not know is refused;
    * whether a deal is won, lost or open is put together of the two flags that say so, and contacts who opted out or
      whose address bounces are not reachable (an empty flag says no; those of deals may not be empty);
    * the expected closing day of an open deal is taken away;
    * deals closed before they were created are left out and counted, see ``backwards``.

    Leaves out: nothing that is not in ``excluded``. What may be wrong with an export :func:`findings` tells.

    Args:
        frame: a mapping of columns or a data frame, as ``from_frame`` takes them.
        columns: the map, such as ``vendors.SALESFORCE_OPPORTUNITY``, or one of your own.
        words: what the vendor's words mean in ours, in place of the map's; None for rows to leave out.
        backwards: deals closed before they were created: ``"drop"`` leaves them out, ``"forget"`` keeps them without
            the day of creation, ``"refuse"`` raises.
        missing: what happens to rows without a value that the table needs, as in ``from_frame``.
        tz: whose days count where times carry a time zone.
        segments: columns to group by later, or a mapping of segment names to columns.
        others: our column = the export's, where it differs from the map or the map lacks it (None leaves one of the
            map's away, such as ``kind=None`` where not every deal has one); and settings.

    Returns:
        The table of the map's model.

    Raises:
        MetricInputError: if a column is not there, a word or flag is not known, or the table refuses a value.

    Example:
        >>> from abmmetrics import vendors
        >>> export = {
        ...     "Id": ["006a", "006b", "006c"],
        ...     "AccountId": ["001x", "001x", "001y"],
        ...     "CreatedDate": ["2026-01-05", "2026-02-02", "2026-02-16"],
        ...     "CloseDate": ["2026-03-20", "2026-06-30", "2026-03-02"],
        ...     "Amount": [12_000, 8_000, None],
        ...     "Type": ["New Business", "Renewal", "Renewal"],
        ...     "IsClosed": [True, False, True],
        ...     "IsWon": [True, False, False],
        ...     "IsDeleted": [False, False, True],
        ... }
        >>> deals = vendors.read(export, vendors.SALESFORCE_OPPORTUNITY)
        >>> deals.outcome.to_list(), deals.closed.tolist(), deals.excluded
        (['won', 'open'], [datetime.date(2026, 3, 20), None], {'deleted': 1})
    """
    return _vendor_reading.read(
        frame,
        columns,
        words=words,
        backwards=backwards,
        missing=missing,
        tz=tz,
        segments=segments,
        others=others,
    )


def findings(
    frame: Any,  # noqa: ANN401 - any mapping of columns or data frame
    columns: ColumnMap[Any],
    *,
    tz: str | None = None,
    **others: Any,  # noqa: ANN401 - column names, as from_frame takes them
) -> dict[str, int]:
    """Count what is the matter with a vendor's export, before anything is left out of it.

    Rows to leave out and why, rows without a value, probabilities that are none, closing days before the creation,
    closing times that are the midnight of another time zone, ends that mean "not yet", stages that look alike.

    Args:
        frame: a mapping of columns or a data frame.
        columns: the map.
        tz: whose days count where times carry a time zone; UTC where not given.
        others: our column = the export's, where it differs from the map or the map lacks it.

    Returns:
        What was found, to the number of rows; empty where nothing was.

    Raises:
        MetricInputError: if a column is not there, or holds something else.

    Example:
        >>> from abmmetrics import vendors
        >>> export = {
        ...     "id": [1, 2],
        ...     "created_at": ["2026-01-05T12:14:48Z", "2026-02-02T09:00:00Z"],
        ...     "closed_at": ["2026-01-03T21:00:00Z", "2026-03-08T21:00:00Z"],
        ...     "status": ["Won", "Won"],
        ...     "stage": ["Won", "6 - Won"],
        ...     "probability": [100, 1000],
        ...     "type": ["Renewal", "Renewal"],
        ...     "value": [9_000, None],
        ... }
        >>> for found, count in vendors.findings(export, vendors.ACCOUNT_ENGAGEMENT_OPPORTUNITY_FIVETRAN).items():
        ...     print(count, found)
        1 rows without amount (value)
        1 rows with a probability outside 0 to 100
        1 closing days before the creation
        2 closing times all at one time of day: midnight of another time zone, to be given as tz=
        2 rows of stages that look alike: 'Won', '6 - Won'
    """
    return _vendor_reading.findings(frame, columns, tz=tz, others=others)


def hubspot_stage_outcomes(
    *,
    stage: Values,
    probability: Values,
    is_closed: Values,
    closed_won: Values | None = None,
    unclosed_zero: Literal["refuse", "lost", "open"] = "refuse",
) -> dict[str, str | None]:
    """Say what HubSpot's deal stages mean, of the table of the stages: won, lost or open.

    A stage is won where ``closed_won`` says so or its probability is 1, lost where it is closed and not won, and open
    otherwise. Stages of the probability 0 that are not marked as closed may be either: connectors lose the mark of
    lost ones, so that somebody has to say it.

    Args:
        stage: identifiers of the stages, as deals have them.
        probability: how likely deals of each stage are won, from 0 to 1.
        is_closed: whether each stage is closed.
        closed_won: whether each is won; connectors have it, HubSpot itself does not.
        unclosed_zero: what stages of the probability 0 that are not closed mean: ``"lost"``, ``"open"``, or
            ``"refuse"``.

    Returns:
        Stage to ``"won"``, ``"lost"`` or ``"open"``, for ``words=`` of :func:`read`.

    Raises:
        MetricInputError: if a stage comes twice, a probability is not in [0, 1], or an unclosed stage has 0.

    Example:
        >>> from abmmetrics import vendors
        >>> vendors.hubspot_stage_outcomes(
        ...     stage=["contractsent", "closedwon", "closedlost"],
        ...     probability=[0.9, 1.0, 0.0],
        ...     is_closed=["false", "true", "true"],
        ... )
        {'contractsent': 'open', 'closedwon': 'won', 'closedlost': 'lost'}
    """
    return _vendor_reading.stage_outcomes(stage, probability, is_closed, closed_won, unclosed_zero)


def terms(vendor: str | None = None, *, family: str | None = None) -> tuple[VendorTerm, ...]:
    """Return what vendors mean by their terms.

    Args:
        vendor: of one vendor; of all where not given.
        family: of one family, such as ``"email"``; of all where not given.

    Returns:
        The terms, family after family.

    Raises:
        MetricInputError: if the vendor or the family is not known.

    Example:
        >>> from abmmetrics import vendors
        >>> [found.term for found in vendors.terms("Copper")]
        ['win rate']
    """
    named = None if vendor is None else _vendor(vendor)
    families = list(dict.fromkeys(held.family for held in _TERMS))
    if family is not None and family not in families:
        raise _checks.refuse("family", f"be one of {_close_first(family, families)}", family)
    return tuple(held for held in _TERMS if named in {None, held.vendor} and family in {None, held.family})


def explain(vendor: str, term: str) -> VendorTerm:
    """Say how to have a vendor's number, and why ours differs by default.

    Case, hyphens and spaces do not count, and other names of vendors and terms are known.

    Args:
        vendor: such as ``"HubSpot"``.
        term: what the vendor calls the KPI.

    Returns:
        The vendor's formula, the code that gives its number, why ours differs, where and when that was read. Where the
        number cannot or should not be had, it says so, and what to take instead.

    Raises:
        MetricInputError: if the vendor or the term is not known; the message lists what is, the closest first.

    Example:
        >>> from abmmetrics import vendors
        >>> vendors.explain("hubspot", "Click-through rate").code
        'abm.click_to_open_rate(emails)'
        >>> vendors.explain("Pardot", "opt out rate")
        Account Engagement: opt-out rate
          also called        unsubscribe rate
          their formula      people who opted out / mails sent
          with abmmetrics    abm.unsubscribe_rate(emails, per="sent")
          why ours differs   Ours is of mails delivered: ...
          source             Salesforce, "Account Engagement email template metrics", ... (read 2026-11-22)
    """
    known = terms(_vendor(vendor))
    wanted = key(str(term))
    named = [held for held in known if wanted == key(held.term)]
    named += [held for held in known if wanted in map(key, held.also)]
    if not named:
        names = _close_first(term, [held.term for held in known])
        raise _checks.refuse("term", f"be one of {known[0].vendor}'s, {names}", term)
    return named[0]


def _vendor(vendor: object) -> str:
    """Return a vendor's name as it is written here."""
    known = {key(held.vendor): held.vendor for held in _TERMS}
    found = (_ALSO | known).get(key(str(vendor)))
    if found is None:
        raise _checks.refuse("vendor", f"be one of {_close_first(vendor, list(known.values()))}", vendor)
    return found


def _close_first(name: object, known: list[str]) -> list[str]:
    """Return what is known, with what is like a name in front."""
    close = difflib.get_close_matches(key(str(name)), [key(held) for held in known], n=3)
    return sorted(known, key=lambda held: close.index(key(held)) if key(held) in close else len(close))


def markdown_table(family: str | None = None) -> str:
    """Write what vendors mean by the KPIs of a family as a Markdown table, for documentation.

    Args:
        family: such as ``"email"``; all families where not given.

    Returns:
        A row for each term: whose it is, the vendor's formula with the code that gives its number, why ours differs.

    Raises:
        MetricInputError: if the family is not known.

    Example:
        >>> from abmmetrics import vendors
        >>> print(vendors.markdown_table("forms"))
        | Vendor, term | Its formula, and the code | Why ours differs |
        | --- | --- | --- |
        | **HubSpot** submission rate of a form | submissions / views of the form<br>`abm.form_view_to_submission_rate... |
    """
    rows = [
        (
            f"**{held.vendor}** {held.term}",
            f"{held.formula}<br>{'' if held.reproduces else 'not offered; instead '}`{held.code}`",
            f"{held.difference}<br>*{held.source}, read {held.read_on}*",
        )
        for held in terms(family=family)
    ]
    return _markdown(("Vendor, term", "Its formula, and the code", "Why ours differs"), rows)


def markdown_columns(vendor: str | None = None) -> str:
    """Write the column maps of a vendor as a Markdown table, for documentation.

    Args:
        vendor: ``"Salesforce"``, ``"HubSpot"``, ``"Marketo"`` or ``"Account Engagement"``; all where not given.

    Returns:
        A row for each map: its name and what it makes of which table, the columns, what to know.

    Raises:
        MetricInputError: if there is no column map of the vendor.

    Example:
        >>> from abmmetrics import vendors
        >>> print(vendors.markdown_columns("Marketo").splitlines()[4])
        | `MARKETO_LEAD`<br>lead as `Contacts` | account = `company`<br>contact = `id` | Names of companies ... |
    """
    known = list(dict.fromkeys(held.vendor for held in COLUMN_MAPS.values()))
    if vendor is not None and vendor not in known:
        raise _checks.refuse("vendor", f"be one of {_close_first(vendor, known)}", vendor)
    rows = [
        (
            f"`{name}`<br>{held.table} as `{held.model.__name__}`",
            "<br>".join(f"{ours} = `{theirs}`" for ours, theirs in held.items()),
            "<br>".join([*_to_know(held), f"*{held.source}, read {held.read_on}*"]),
        )
        for name, held in COLUMN_MAPS.items()
        if vendor in {None, held.vendor}
    ]
    return _markdown(("Map", "Columns", "To know"), rows)


def _to_know(columns: ColumnMap[Any]) -> list[str]:
    """Return the note of a map, and where to find what it lacks."""
    lacks = [f"Lacks {ours}: {where}." for ours, where in columns.lacks.items()]
    return [*([columns.note] if columns.note else []), *lacks]


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table, in whose cells a bar would begin another."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
