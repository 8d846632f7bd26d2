"""Column maps of HubSpot and of Marketo.

A map without ``account`` is of a table that does not know it: join it from where ``lacks`` says, and give ``account=``.
"""

from abmmetrics._vendor_maps import DELETED, EXPECTED, ColumnMap
from abmmetrics.activities import Activities
from abmmetrics.histories import StageHistory
from abmmetrics.leads import Leads
from abmmetrics.machine_events import EmailEvents
from abmmetrics.meetings import MeetingLog
from abmmetrics.opportunities import Opportunities
from abmmetrics.targets import Contacts, TargetAccounts

_PROPERTIES = "HubSpot, CRM API: default properties"
_FIVETRAN = "Fivetran, dbt_hubspot at be3a903 (source columns)"
_REST = "Adobe, Marketo Engage REST API"
_ACTIVITIES = f"{_REST} (activity types 6, 8, 9, 22 and 27 not confirmed there)"
_MARKETO = "Fivetran, dbt_marketo at 4473d38 (source columns)"

_BOT = "filtered by HubSpot as a bot's"
_MEETINGS = {
    "COMPLETED": "held",
    "CANCELED": "cancelled",
    "NO_SHOW": "no_show",
    "RESCHEDULED": "rescheduled",
    "SCHEDULED": "scheduled",
}
_EMAILS: dict[str, str | None] = {
    "DELIVERED": "delivered",
    "OPEN": "open",
    "CLICK": "click",
    "PROCESSED": None,
    "SENT": None,
    "DROPPED": None,
    "DEFERRED": None,
    "BOUNCE": None,
    "SPAMREPORT": None,
    "STATUSCHANGE": None,
    "FORWARD": None,
    "PRINT": None,
}
_MARKETO_EMAILS: dict[str, str | None] = {
    "7": "delivered",
    "10": "open",
    "11": "click",
    "6": None,  # sent
    "8": None,  # bounced
    "9": None,  # unsubscribed
    "27": None,  # bounced softly
}

HUBSPOT_COMPANY = ColumnMap(
    vendor="HubSpot",
    table="company",
    model=TargetAccounts,
    columns={"account": "hs_object_id"},
    note="Every company: keep those whose hs_is_target_account is true.",
    source=_PROPERTIES,
)
HUBSPOT_COMPANY_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="company (Fivetran)",
    model=TargetAccounts,
    columns={"account": "id"},
    leave_out={"is_deleted": DELETED},
    note="Every company: keep those whose property_hs_is_target_account is true.",
    source=_FIVETRAN,
)
HUBSPOT_CONTACT = ColumnMap(
    vendor="HubSpot",
    table="contact",
    model=Contacts,
    columns={"account": "associatedcompanyid", "contact": "hs_object_id", "role": "hs_buying_role"},
    unreachable=("hs_email_optout",),
    note="A contact with several companies names its primary one.",
    source=_PROPERTIES,
)
HUBSPOT_CONTACT_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="contact (Fivetran)",
    model=Contacts,
    columns={"account": "property_associatedcompanyid", "contact": "id", "role": "property_hs_buying_role"},
    leave_out={"_fivetran_deleted": DELETED},
    unreachable=("property_hs_email_optout",),
    note="Merged contacts stay in the table: property_hs_merged_object_ids of the one that is left names them.",
    source=_FIVETRAN,
)
HUBSPOT_DEAL = ColumnMap(
    vendor="HubSpot",
    table="deal",
    model=Opportunities,
    columns={
        "opportunity": "hs_object_id",
        "created": "createdate",
        "closed": "closedate",
        "amount": "amount",
        "kind": "dealtype",
    },
    says="outcome",
    flags=("hs_is_closed", "hs_is_closed_won"),
    probability=("hs_deal_stage_probability", 1),
    stage="dealstage",
    lacks={
        "account": "the association of deals with companies, of which a deal may have several: take the primary one",
        "outcome": "hs_is_closed and hs_is_closed_won, which read() puts together",
    },
    note=f"{EXPECTED} closedate is a time in UTC: give tz= so that a deal closed in the evening keeps its day.",
    source=_PROPERTIES,
)
HUBSPOT_DEAL_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="deal (Fivetran)",
    model=Opportunities,
    columns={
        "opportunity": "deal_id",
        "created": "property_createdate",
        "closed": "property_closedate",
        "outcome": "deal_pipeline_stage_id",
        "amount": "property_amount",
    },
    leave_out={"is_deleted": DELETED},
    says="outcome",
    lacks={"account": "deal_company.company_id, of which a deal may have several: take the primary one"},
    note=f"{EXPECTED} What a stage means is in deal_pipeline_stage: give words=hubspot_stage_outcomes(...). Merged "
    "deals stay in the table: merged_deal names them.",
    source=_FIVETRAN,
)
HUBSPOT_DEAL_STAGE_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="deal_stage (Fivetran)",
    model=StageHistory,
    columns={"opportunity": "deal_id", "stage": "value", "entered": "_fivetran_start", "left": "_fivetran_end"},
    stage="value",
    lacks={"account": "deal_company.company_id, of which a deal may have several: take the primary one"},
    note="Ends of 2050-01-01 or 9999-12-31 say that a stage goes on. Stages are named by identifiers.",
    source=_FIVETRAN,
)
HUBSPOT_EMAIL_EVENT = ColumnMap(
    vendor="HubSpot",
    table="e-mail event",
    model=EmailEvents,
    columns={"message": "emailCampaignId", "recipient": "recipient", "kind": "type", "at": "created", "link": "url"},
    leave_out={"filteredEvent": _BOT},
    says="kind",
    words=_EMAILS,
    lacks={"account": "the contact with that address: associatedcompanyid"},
    note="Addresses are not unique among contacts: join one contact for each, or mails multiply.",
    source="HubSpot, Email Events API version 1",
)
HUBSPOT_EMAIL_EVENT_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="email_event (Fivetran)",
    model=EmailEvents,
    columns={"message": "email_campaign_id", "recipient": "recipient", "kind": "type", "at": "created"},
    leave_out={"filtered_event": _BOT},
    says="kind",
    words=_EMAILS,
    lacks={
        "account": "the contact with that address: property_associatedcompanyid",
        "link": "email_event_click.url, by id",
    },
    note="The connector keeps events that HubSpot filters as bots', so a warehouse counts more than HubSpot shows: read() "
    "leaves them out. email_event_open and its like hold details alone, neither recipient nor time.",
    source=_FIVETRAN,
)
HUBSPOT_MEETING = ColumnMap(
    vendor="HubSpot",
    table="meeting",
    model=MeetingLog,
    columns={
        "meeting": "hs_object_id",
        "kind": "hs_activity_type",
        "at": "hs_meeting_start_time",
        "outcome": "hs_meeting_outcome",
    },
    says="outcome",
    words=_MEETINGS,
    lacks={"account": "the association of meetings with companies"},
    note="The words of outcomes are not confirmed in a source: look at those of your export.",
    source=_PROPERTIES,
)
HUBSPOT_MEETING_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="engagement_meeting (Fivetran)",
    model=MeetingLog,
    columns={"meeting": "engagement_id", "at": "start_time", "outcome": "meeting_outcome"},
    says="outcome",
    words=_MEETINGS,
    lacks={"account": "engagement_company.company_id"},
    note="Nobody has to log an outcome; a meeting without one says nothing of who came. The words of outcomes are not "
    "confirmed in a source: look at those of your export.",
    source=_FIVETRAN,
)
HUBSPOT_FORM_SUBMISSION_FIVETRAN = ColumnMap(
    vendor="HubSpot",
    table="contact_form_submission (Fivetran)",
    model=Activities,
    columns={"contact": "contact_id", "kind": "form_id", "at": "timestamp"},
    lacks={"account": "contact.property_associatedcompanyid"},
    note="Submissions alone: how often a form was seen or begun is not in the connector.",
    source=_FIVETRAN,
)

MARKETO_LEAD = ColumnMap(
    vendor="Marketo",
    table="lead",
    model=Contacts,
    columns={"account": "company", "contact": "id"},
    unreachable=("unsubscribed", "emailInvalid"),
    note="Names of companies rather than accounts: one company may be spelt in several ways.",
    source=_REST,
)
MARKETO_LEAD_FIVETRAN = ColumnMap(
    vendor="Marketo",
    table="lead (Fivetran)",
    model=Contacts,
    columns={"account": "company", "contact": "id"},
    unreachable=("unsubscribed", "email_invalid"),
    note="Merged and deleted leads are in activity_merge_leads and activity_delete_lead; one may be deleted twice.",
    source=_MARKETO,
)
MARKETO_EMAIL_ACTIVITY = ColumnMap(
    vendor="Marketo",
    table="activity of types 7, 10 and 11",
    model=EmailEvents,
    columns={
        "message": "primaryAttributeValueId",
        "recipient": "leadId",
        "kind": "activityTypeId",
        "at": "activityDate",
    },
    says="kind",
    words=_MARKETO_EMAILS,
    lacks={"account": "lead.company", "link": "the attribute Link of a click"},
    note="A message is an asset: one that several campaigns send is one message. Leave out what has the attribute "
    "Is Bot Activity, or flag machine events.",
    source=_ACTIVITIES,
)
MARKETO_EMAIL_ACTIVITY_FIVETRAN = ColumnMap(
    vendor="Marketo",
    table="activity_email_delivered, activity_open_email and activity_click_email (Fivetran)",
    model=EmailEvents,
    columns={
        "message": "primary_attribute_value_id",
        "recipient": "lead_id",
        "kind": "activity_type_id",
        "at": "activity_date",
    },
    says="kind",
    words=_MARKETO_EMAILS,
    lacks={"account": "lead.company", "link": "activity_click_email.link"},
    note="Put the three tables under each other. Whether an event is a bot's is not in the connector.",
    source=_MARKETO,
)
MARKETO_SCORE_CHANGE = ColumnMap(
    vendor="Marketo",
    table="activity of type 22 (Change Score)",
    model=Leads,
    columns={"lead": "leadId", "score": "New Value", "at": "activityDate"},
    lacks={"account": "lead.company"},
    note="New Value is among the activity's attributes. Keep the rows of one score, such as Lead Score.",
    source=_ACTIVITIES,
)
MARKETO_SCORE_CHANGE_FIVETRAN = ColumnMap(
    vendor="Marketo",
    table="activity_change_data_value (Fivetran)",
    model=Leads,
    columns={"lead": "lead_id", "score": "new_value", "at": "activity_date"},
    lacks={"account": "lead.company"},
    note="Keep the rows whose primary_attribute_value is a score, such as Lead Score, and make numbers of new_value.",
    source=_MARKETO,
)
