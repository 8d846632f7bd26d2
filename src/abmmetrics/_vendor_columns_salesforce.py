"""Column maps of Salesforce and of Account Engagement, once Pardot.

A map without ``account`` is of a table that does not know it: join it from where ``lacks`` says, and give ``account=``.
"""

from abmmetrics._vendor_maps import DELETED, EXPECTED, ColumnMap
from abmmetrics.activities import Activities
from abmmetrics.email import Emails
from abmmetrics.histories import StageHistory
from abmmetrics.meetings import MeetingLog
from abmmetrics.opportunities import Opportunities
from abmmetrics.roi import CampaignCosts
from abmmetrics.targets import Contacts, TargetAccounts
from abmmetrics.touches import Touches

_OBJECTS = "Salesforce, Object Reference"
_FIVETRAN = "Fivetran, dbt_salesforce at 6c7b797 (source columns)"
_V5 = "Salesforce, Account Engagement API version 5 (names of fields not confirmed there)"
_PARDOT = "Fivetran, dbt_pardot at 9b72b1e (source columns)"

_COPY = "copy of a meeting for another attendee"
_STATUS = {"Won": "won", "Lost": "lost", "Open": "open"}

SALESFORCE_ACCOUNT = ColumnMap(
    vendor="Salesforce",
    table="Account",
    model=TargetAccounts,
    columns={"account": "Id"},
    leave_out={"IsDeleted": DELETED},
    note="Every account: keep those of the target list. A merged account is deleted and names its MasterRecordId.",
    source=_OBJECTS,
)
SALESFORCE_ACCOUNT_FIVETRAN = ColumnMap(
    vendor="Salesforce",
    table="account (Fivetran)",
    model=TargetAccounts,
    columns={"account": "id"},
    leave_out={"is_deleted": DELETED},
    note="Every account: keep those of the target list. A merged account is deleted and names its master_record_id.",
    source=_FIVETRAN,
)
SALESFORCE_CONTACT = ColumnMap(
    vendor="Salesforce",
    table="Contact",
    model=Contacts,
    columns={"account": "AccountId", "contact": "Id"},
    leave_out={"IsDeleted": DELETED},
    unreachable=("HasOptedOutOfEmail", "IsEmailBounced"),
    lacks={"role": "OpportunityContactRole.Role"},
    source=_OBJECTS,
)
SALESFORCE_CONTACT_FIVETRAN = ColumnMap(
    vendor="Salesforce",
    table="contact (Fivetran)",
    model=Contacts,
    columns={"account": "account_id", "contact": "id"},
    leave_out={"is_deleted": DELETED},
    unreachable=("has_opted_out_of_email", "is_email_bounced"),
    lacks={"role": "opportunity_contact_role.role"},
    source=_FIVETRAN,
)
SALESFORCE_OPPORTUNITY = ColumnMap(
    vendor="Salesforce",
    table="Opportunity",
    model=Opportunities,
    columns={
        "account": "AccountId",
        "opportunity": "Id",
        "created": "CreatedDate",
        "closed": "CloseDate",
        "amount": "Amount",
        "kind": "Type",
    },
    leave_out={"IsDeleted": DELETED},
    says="outcome",
    flags=("IsClosed", "IsWon"),
    probability=("Probability", 100),
    stage="StageName",
    lacks={"outcome": "IsClosed and IsWon, which read() puts together"},
    note=f"{EXPECTED} CreatedDate is a time in UTC, CloseDate a day of no time zone. Several currencies: give "
    "currency='CurrencyIsoCode', which refuses a mixture.",
    source=_OBJECTS,
)
SALESFORCE_OPPORTUNITY_FIVETRAN = ColumnMap(
    vendor="Salesforce",
    table="opportunity (Fivetran)",
    model=Opportunities,
    columns={
        "account": "account_id",
        "opportunity": "id",
        "created": "created_date",
        "closed": "close_date",
        "amount": "amount",
        "kind": "type",
    },
    leave_out={"is_deleted": DELETED},
    says="outcome",
    flags=("is_closed", "is_won"),
    probability=("probability", 100),
    stage="stage_name",
    lacks={"outcome": "is_closed and is_won, which read() puts together"},
    note=f"{EXPECTED} created_date is a time in UTC, close_date a day of no time zone.",
    source=_FIVETRAN,
)
SALESFORCE_OPPORTUNITY_HISTORY = ColumnMap(
    vendor="Salesforce",
    table="OpportunityHistory",
    model=StageHistory,
    columns={
        "opportunity": "OpportunityId",
        "stage": "StageName",
        "entered": "CreatedDate",
        "amount": "Amount",
        "expected": "CloseDate",
    },
    leave_out={"IsDeleted": DELETED},
    probability=("Probability", 100),
    stage="StageName",
    lacks={"account": "Opportunity.AccountId"},
    note="A row for every change of amount, probability, stage or close date; gone with the deal that is deleted.",
    source=_OBJECTS,
)
SALESFORCE_OPPORTUNITY_HISTORY_FIVETRAN = ColumnMap(
    vendor="Salesforce",
    table="opportunity in history mode (Fivetran)",
    model=StageHistory,
    columns={
        "account": "account_id",
        "opportunity": "id",
        "stage": "stage_name",
        "entered": "_fivetran_start",
        "left": "_fivetran_end",
        "amount": "amount",
        "expected": "close_date",
    },
    leave_out={"is_deleted": DELETED},
    probability=("probability", 100),
    stage="stage_name",
    note="Ends of 9999-12-31 say that a stage goes on. History begins when the mode was switched on, not with the deal.",
    source=_FIVETRAN,
)
SALESFORCE_CAMPAIGN_MEMBER = ColumnMap(
    vendor="Salesforce",
    table="CampaignMember",
    model=Touches,
    columns={"campaign": "CampaignId", "contact": "ContactId", "at": "FirstRespondedDate"},
    leave_out={"IsDeleted": DELETED},
    lacks={"account": "Contact.AccountId (members that are leads have a LeadId in place of the ContactId)"},
    note="Members that never responded have no date: missing='drop' leaves them out and counts them.",
    source=_OBJECTS,
)
SALESFORCE_CAMPAIGN = ColumnMap(
    vendor="Salesforce",
    table="Campaign",
    model=CampaignCosts,
    columns={"campaign": "Id", "cost": "ActualCost"},
    leave_out={"IsDeleted": DELETED},
    note="Campaigns without a cost, or with 0, are no costs: leave them out.",
    source=_OBJECTS,
)
SALESFORCE_EVENT = ColumnMap(
    vendor="Salesforce",
    table="Event",
    model=MeetingLog,
    columns={"account": "AccountId", "meeting": "Id", "kind": "Type", "at": "StartDateTime"},
    leave_out={"IsDeleted": DELETED, "IsChild": _COPY},
    lacks={"outcome": "a field of your own, such as No_Show__c: Salesforce has none"},
    note="Events with leads have no account.",
    source=_OBJECTS,
)
SALESFORCE_EVENT_FIVETRAN = ColumnMap(
    vendor="Salesforce",
    table="event (Fivetran)",
    model=MeetingLog,
    columns={"account": "account_id", "meeting": "id", "kind": "type", "at": "start_date_time"},
    leave_out={"is_deleted": DELETED, "is_child": _COPY},
    lacks={"outcome": "a field of your own, such as no_show_c: Salesforce has none"},
    note="Events with leads have no account.",
    source=_FIVETRAN,
)
SALESFORCE_MARKETING_CLOUD_SEND_FIVETRAN = ColumnMap(
    vendor="Salesforce",
    table="send of Marketing Cloud (Fivetran)",
    model=Emails,
    columns={
        "sent": "number_sent",
        "delivered": "number_delivered",
        "opened": "unique_opens",
        "clicked": "unique_clicks",
        "unsubscribed": "unsubscribes",
    },
    lacks={
        "account": "nowhere, for a send goes to many accounts: the table event has each subscriber",
        "bounced": "hard_bounces + soft_bounces + other_bounces",
    },
    source="Fivetran, dbt_salesforce_marketing_cloud at 2bb0625 (source columns)",
)

ACCOUNT_ENGAGEMENT_OPPORTUNITY = ColumnMap(
    vendor="Account Engagement",
    table="opportunity",
    model=Opportunities,
    columns={
        "opportunity": "id",
        "created": "createdAt",
        "closed": "closedAt",
        "outcome": "status",
        "amount": "value",
        "kind": "type",
    },
    says="outcome",
    words=_STATUS,
    probability=("probability", 100),
    stage="stage",
    lacks={"account": "the prospects of the deal: prospect.prospectAccountId"},
    note=f"{EXPECTED} Stages are free text, so that 'Won' and '6 - Won' both occur: the status says what they mean.",
    source=_V5,
)
ACCOUNT_ENGAGEMENT_OPPORTUNITY_FIVETRAN = ColumnMap(
    vendor="Account Engagement",
    table="opportunity (Fivetran)",
    model=Opportunities,
    columns={
        "opportunity": "id",
        "created": "created_at",
        "closed": "closed_at",
        "outcome": "status",
        "amount": "value",
        "kind": "type",
    },
    says="outcome",
    words=_STATUS,
    probability=("probability", 100),
    stage="stage",
    lacks={"account": "opportunity_prospect.prospect_id, then prospect.prospect_account_id"},
    note=f"{EXPECTED} Times are in UTC, and a closing day is its midnight in the office: without the office's tz= a deal "
    "closes a day early east of Greenwich, and may seem to close before it was created.",
    source=_PARDOT,
)
ACCOUNT_ENGAGEMENT_PROSPECT = ColumnMap(
    vendor="Account Engagement",
    table="prospect",
    model=Contacts,
    columns={"account": "prospectAccountId", "contact": "id"},
    unreachable=("optedOut", "isDoNotEmail"),
    source=_V5,
)
ACCOUNT_ENGAGEMENT_PROSPECT_FIVETRAN = ColumnMap(
    vendor="Account Engagement",
    table="prospect (Fivetran)",
    model=Contacts,
    columns={"account": "prospect_account_id", "contact": "id"},
    leave_out={"_fivetran_deleted": DELETED},
    unreachable=("opted_out", "is_do_not_email"),
    source=_PARDOT,
)
ACCOUNT_ENGAGEMENT_VISITOR_ACTIVITY = ColumnMap(
    vendor="Account Engagement",
    table="visitor activity",
    model=Activities,
    columns={"contact": "prospectId", "kind": "typeName", "at": "createdAt"},
    lacks={"account": "prospect.prospectAccountId"},
    note="The type name Email holds activities of several types: look at type.",
    source=_V5,
)
ACCOUNT_ENGAGEMENT_VISITOR_ACTIVITY_FIVETRAN = ColumnMap(
    vendor="Account Engagement",
    table="visitor_activity (Fivetran)",
    model=Activities,
    columns={"contact": "prospect_id", "kind": "type_name", "at": "created_at"},
    lacks={"account": "prospect.prospect_account_id"},
    note="The type name Email holds activities of several types: look at type.",
    source=_PARDOT,
)
ACCOUNT_ENGAGEMENT_CAMPAIGN = ColumnMap(
    vendor="Account Engagement",
    table="campaign, of Fivetran too",
    model=CampaignCosts,
    columns={"campaign": "id", "cost": "cost"},
    leave_out={"_fivetran_deleted": DELETED},
    note="Campaigns without a cost, which most are, are no costs: leave them out.",
    source=_PARDOT,
)
