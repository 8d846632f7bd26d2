"""Every public KPI with tables to draw for it, so that tests/test_contracts.py can hold all of them to the same laws.

To add a KPI: a strategy that draws its table as a mapping of columns (lists, with the segment ``tier``), unless there
is one already, and an ``Entry`` in ``ENTRIES``. Amounts are quarters, so that sums of them are exact in any order.
"""

import datetime as dt
import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import Estimate, Table

Frame = dict[str, list[Any]]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Model = Callable[..., Table]

AS_OF = "2026-03-31"
ROLES = ["CFO", "CTO"]
STAGES, LOST = ["Discovery", "Proposal", "Negotiation", "Won"], "Lost"
MOST_ROWS = 14

NAMES = ["Acme", "Beta", "Core", "Dent", "Élan", "Acme ", "zeta"]
names = st.sampled_from(NAMES)
tiers = st.sampled_from(["x", "y", "z"])
days = st.dates(dt.date(2025, 11, 1), dt.date(2026, 7, 31))
amounts = st.integers(0, 400_000).map(lambda quarters: quarters / 4)
SMALL = st.integers(0, 6)


@dataclass(frozen=True)
class Entry:
    """A KPI and what the laws need to know of it.

    ``kpi`` is called with the tables of ``frames`` in their order and with ``options``. ``low`` and ``high`` bound its
    values. ``money`` names the columns of amounts and ``scaled`` the options that are amounts too: when all of them
    are multiplied, the value is multiplied likewise if ``degree`` is 1 and stays if it is 0. ``apart`` is False where
    a group's figure depends on the rows of other groups, ``ordered`` True where the order of labels matters.
    """

    kpi: Callable[..., Estimate]
    frames: tuple[tuple[Model, st.SearchStrategy[Frame]], ...]
    high: float
    low: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    money: tuple[str, ...] = ()
    scaled: tuple[str, ...] = ()
    degree: int = 0
    apart: bool = True
    ordered: bool = False
    when_empty: float = math.nan

    @property
    def name(self) -> str:
        """The KPI's name with the options that make a variant of it."""
        shown = [f"{name}={value}" for name, value in self.options.items() if isinstance(value, str | bool)]
        return "-".join([self.kpi.__name__, *shown])

    @property
    def models(self) -> list[Any]:
        """The models of its tables."""
        return [model for model, _ in self.frames]

    def tables(self, frames: list[Frame]) -> list[Table]:
        """Read the tables, with the settings of the first."""
        return [self.table(place, frame) for place, frame in enumerate(frames)]

    def table(self, place: int, frame: Any) -> Table:
        """Read one table."""
        settings = self.settings if place == 0 else {}
        found: Table = self.models[place].from_frame(frame, segments=["tier"], **settings)
        return found

    def measure(self, tables: list[Table], **more: Any) -> Estimate:
        """Compute the KPI."""
        return self.kpi(*tables, **{**self.options, **more})


def frames(make: Callable[[Draw, int], Frame]) -> st.SearchStrategy[Frame]:
    """Make a strategy of frames of one that draws the columns of so many rows."""

    @st.composite
    def strategy(draw: Draw) -> Frame:
        rows = draw(st.integers(0, MOST_ROWS))
        return make(draw, rows)

    return strategy()


def column(draw: Draw, values: st.SearchStrategy[Any], rows: int) -> list[Any]:
    """Draw one value for each row."""
    return list(draw(st.lists(values, min_size=rows, max_size=rows)))


def part_of(draw: Draw, whole: list[int]) -> list[int]:
    """Draw counts that do not exceed others: a random share of each."""
    shares = column(draw, st.integers(0, 4), len(whole))
    return [size * share // 4 for size, share in zip(whole, shares, strict=True)]


def _emails(draw: Draw, rows: int) -> Frame:
    sent = column(draw, SMALL, rows)
    delivered = part_of(draw, sent)
    opened = part_of(draw, delivered)
    clicked = part_of(draw, delivered)
    least = list(map(max, opened, clicked))
    most = list(map(min, delivered, map(int.__add__, opened, clicked)))
    more = part_of(draw, list(map(int.__sub__, most, least)))
    return {
        "account": column(draw, names, rows),
        "sent": sent,
        "delivered": delivered,
        "opened": opened,
        "machine_opened": part_of(draw, opened),
        "opened_or_clicked": list(map(int.__add__, least, more)),
        "clicked": clicked,
        "bounced": part_of(draw, sent),
        "unsubscribed": part_of(draw, delivered),
        "replied": part_of(draw, delivered),
        "complained": part_of(draw, delivered),
        "tier": column(draw, tiers, rows),
    }


def _visits(draw: Draw, rows: int) -> Frame:
    return {
        "account": column(draw, names, rows),
        "visits": column(draw, SMALL, rows),
        "seconds": column(draw, st.integers(0, 4000).map(lambda quarters: quarters / 4), rows),
        "page_views": column(draw, st.integers(0, 20), rows),
        "tier": column(draw, tiers, rows),
    }


def _views(draw: Draw, rows: int) -> Frame:
    exposed = column(draw, SMALL, rows)
    engaged = part_of(draw, exposed)
    return {
        "account": column(draw, names, rows),
        "asset": column(draw, st.sampled_from(["Guide", "Video"]), rows),
        "exposed": exposed,
        "engaged": engaged,
        "completed": part_of(draw, engaged),
        "shared": part_of(draw, exposed),
        "tier": column(draw, tiers, rows),
    }


def _forms(draw: Draw, rows: int) -> Frame:
    viewed = column(draw, SMALL, rows)
    started = part_of(draw, viewed)
    asked = column(draw, SMALL, rows)
    return {
        "account": column(draw, names, rows),
        "viewed": viewed,
        "started": started,
        "submitted": part_of(draw, started),
        "fields_asked": asked,
        "fields_filled": part_of(draw, asked),
        "tier": column(draw, tiers, rows),
    }


def _posts(draw: Draw, rows: int) -> Frame:
    impressions = column(draw, SMALL, rows)
    return {
        "account": column(draw, names, rows),
        "impressions": impressions,
        "reactions": column(draw, SMALL, rows),
        "comments": column(draw, SMALL, rows),
        "shares": column(draw, SMALL, rows),
        "clicks": part_of(draw, impressions),
        "tier": column(draw, tiers, rows),
    }


def _calls(draw: Draw, rows: int) -> Frame:
    shown = column(draw, SMALL, rows)
    return {
        "account": column(draw, names, rows),
        "cta": column(draw, st.sampled_from(["Book a demo", "Read more"]), rows),
        "shown": shown,
        "converted": part_of(draw, shown),
        "tier": column(draw, tiers, rows),
    }


def _targets(draw: Draw, rows: int) -> Frame:
    accounts = draw(st.lists(names, unique=True, max_size=rows))
    return {"account": accounts, "tier": column(draw, tiers, len(accounts))}


def _contacts(draw: Draw, rows: int) -> Frame:
    people = draw(st.lists(st.tuples(names, st.sampled_from("abcd")), unique=True, max_size=rows))
    return {
        "account": [account for account, _ in people],
        "contact": [contact for _, contact in people],
        "role": column(draw, st.sampled_from([*ROLES, "Buyer"]), len(people)),
        "reachable": column(draw, st.booleans(), len(people)),
        "engaged": column(draw, st.booleans(), len(people)),
        "tier": column(draw, tiers, len(people)),
    }


def _deals(draw: Draw, rows: int) -> Frame:
    created = column(draw, days, rows)
    took = column(draw, st.integers(0, 90), rows)
    outcome = column(draw, st.sampled_from(["won", "lost", "open"]), rows)
    closed = [
        None if what == "open" else day + dt.timedelta(days=length)
        for day, length, what in zip(created, took, outcome, strict=True)
    ]
    unknown = column(draw, st.integers(0, 9), rows)
    return {
        "account": column(draw, names, rows),
        "created": [None if gone == 0 else day for day, gone in zip(created, unknown, strict=True)],
        "closed": closed,
        "outcome": outcome,
        "amount": column(draw, st.none() | amounts, rows),
        "tier": column(draw, tiers, rows),
    }


def _history(draw: Draw, rows: int) -> Frame:
    deals = {deal: (draw(names), draw(tiers)) for deal in range(1, 6)}
    opportunity = column(draw, st.sampled_from(sorted(deals)), rows)
    entered = column(draw, days, rows)
    took = column(draw, st.none() | st.integers(0, 60), rows)
    return {
        "account": [deals[deal][0] for deal in opportunity],
        "opportunity": opportunity,
        "stage": column(draw, st.sampled_from([*STAGES, LOST]), rows),
        "entered": entered,
        "left": [
            None if length is None else day + dt.timedelta(days=length)
            for day, length in zip(entered, took, strict=True)
        ],
        "tier": [deals[deal][1] for deal in opportunity],
    }


def _arms(draw: Draw, rows: int) -> Frame:
    arms = {name: draw(st.sampled_from(["target", "control", "control", "neither"])) for name in NAMES}
    parents = {name: draw(st.sampled_from(["Group", "Holding", name])) for name in NAMES}
    account = column(draw, names, rows)
    if rows:  # both arms are there
        arms |= {"Beta": "target", "Core": "control"}
        account += ["Beta", "Core"]
    return {
        "account": account,
        "arm": [arms[name] for name in account],
        "parent": [parents[name] for name in account],
        "outcome": column(draw, amounts, len(account)),
        "before": column(draw, amounts, len(account)),
        "tier": column(draw, tiers, len(account)),
    }


def _scores(draw: Draw, rows: int, low: int = 0) -> Frame:
    return {
        "account": column(draw, names, rows),
        "score": column(draw, st.integers(low, 10), rows),
        "tier": column(draw, tiers, rows),
    }


def _invitations(draw: Draw, rows: int) -> Frame:
    asked = draw(st.lists(st.tuples(names, st.sampled_from("12")), unique=True, max_size=rows))
    return {
        "employee": [employee for employee, _ in asked],
        "wave": [wave for _, wave in asked],
        "responded": column(draw, st.booleans(), len(asked)),
        "tier": column(draw, tiers, len(asked)),
    }


def _meetings(draw: Draw, rows: int) -> Frame:
    return {
        "employee": column(draw, names, rows),
        "held": column(draw, st.none() | days, rows),
        "tier": column(draw, tiers, rows),
    }


def _booked(draw: Draw, rows: int) -> Frame:
    booked = column(draw, SMALL, rows)
    held = part_of(draw, booked)
    cancelled = part_of(draw, [size - part for size, part in zip(booked, held, strict=True)])
    left = [size - part - gone for size, part, gone in zip(booked, held, cancelled, strict=True)]
    return {
        "account": column(draw, names, rows),
        "kind": column(draw, st.sampled_from(["call", "demo"]), rows),
        "booked": booked,
        "held": held,
        "cancelled": cancelled,
        "no_show": part_of(draw, left),
        "tier": column(draw, tiers, rows),
    }


def _calendar(draw: Draw, rows: int) -> Frame:
    return {
        "account": column(draw, names, rows),
        "meeting": list(range(rows)),
        "at": column(draw, days, rows),
        "outcome": column(draw, st.sampled_from(["held", "held", "no_show", "cancelled", "scheduled"]), rows),
        "tier": column(draw, tiers, rows),
    }


def _activities(draw: Draw, rows: int) -> Frame:
    return {
        "account": column(draw, names, rows),
        "contact": column(draw, st.sampled_from(["a", "b", "c", None]), rows),
        "kind": column(draw, st.sampled_from(["demo", "view"]), rows),
        "at": column(draw, days, rows),
        "minutes": column(draw, st.integers(0, 400).map(lambda quarters: quarters / 4), rows),
        "tier": column(draw, tiers, rows),
    }


def _leads(draw: Draw, rows: int) -> Frame:
    return {
        "account": column(draw, names, rows),
        "lead": column(draw, st.sampled_from(["a", "b"]), rows),
        "score": column(draw, st.integers(-20, 100), rows),
        "at": column(draw, days, rows),
        "tier": column(draw, tiers, rows),
    }


def _revenue(draw: Draw, rows: int) -> Frame:
    quarters = st.integers(-8, 4_000).map(lambda quarters: max(quarters, -1) / 4)
    return {
        "account": column(draw, names, rows),
        "opening": column(draw, quarters, rows),
        "closing": column(draw, quarters, rows),
        "cross_sell": column(draw, amounts, rows),
        "up_sell": column(draw, amounts, rows),
        "paid_before": column(draw, SMALL, rows),
        "back_between": column(draw, st.booleans(), rows),
        "tier": column(draw, tiers, rows),
    }


def _campaigns(draw: Draw, rows: int) -> Frame:
    return {
        "account": column(draw, names, rows),
        "campaign": column(draw, st.sampled_from(["Fair", "Webinar"]), rows),
        "cost": column(draw, amounts, rows),
        "revenue": column(draw, amounts, rows),
        "engaged": column(draw, SMALL, rows),
        "opportunities": column(draw, SMALL, rows),
        "customers": column(draw, st.booleans(), rows),
        "tier": column(draw, tiers, rows),
    }


def _movements(draw: Draw, rows: int) -> Frame:
    opening, *gains = ([amount + 4_000.0 for amount in column(draw, amounts, rows)] for _ in range(4))
    contraction, churned = (column(draw, st.integers(0, 4_000).map(lambda whole: whole / 4), rows) for _ in range(2))
    frame = {"opening": opening, **dict(zip(("new", "reactivated", "expansion"), gains, strict=True))}
    reached = [sum(line) for line in zip(*frame.values(), strict=True)]
    return {
        "account": column(draw, names, rows),
        **frame,
        "contraction": contraction,
        "churned": churned,
        "closing": [sums - less - gone for sums, less, gone in zip(reached, contraction, churned, strict=True)],
        "tier": column(draw, tiers, rows),
    }


EMAILS = (abm.Emails, frames(_emails))
VISITS = (abm.WebVisits, frames(_visits))
FORMS = (abm.Forms, frames(_forms))
VIEWS = (abm.ContentViews, frames(_views))
POSTS = (abm.SocialPosts, frames(_posts))
CALLS = (abm.CallsToAction, frames(_calls))
TARGETS = (abm.TargetAccounts, frames(_targets))
CONTACTS = (abm.Contacts, frames(_contacts))
DEALS = (abm.Opportunities, frames(_deals))
HISTORY = (abm.StageHistory, frames(_history))
ARMS = (abm.ArmOutcomes, frames(_arms))
SCORES = (abm.SurveyScores, frames(_scores))
STAFF_SCORES = (abm.SurveyScores, frames(functools.partial(_scores, low=1)))
INVITATIONS = (abm.PulseInvitations, frames(_invitations))
MEETINGS = (abm.OneOnOneMeetings, frames(_meetings))
BOOKED = (abm.Meetings, frames(_booked))
CALENDAR = (abm.MeetingLog, frames(_calendar))
ACTIVITIES = (abm.Activities, frames(_activities))
LEADS = (abm.Leads, frames(_leads))

REVENUE = (abm.RecurringRevenue, frames(_revenue))
MOVEMENTS = (abm.RevenueMovements, frames(_movements))
CAMPAIGNS = (abm.CampaignResults, frames(_campaigns))

RATIO = functools.partial(Entry, high=math.inf)
ENDS = ("opening", "closing", "cross_sell", "up_sell")
SHARE = functools.partial(Entry, high=1.0)
COUNT = functools.partial(Entry, high=math.inf, when_empty=0.0)
MONEY = functools.partial(Entry, high=math.inf, money=("amount",), degree=1)
WEIGHTS = {"demo": 40, "view": 1}
RULE = abm.QualificationRule(
    minutes=40, exit_minutes=20, people=2, exit_people=1, minutes_per_person=5, within_days=60, act_now_kinds="demo"
)
STEP = {"stages": STAGES, "lost": LOST, "step": ("Proposal", "Negotiation")}
STAFF = {"min_responses": 1}  # what is suppressed has tests of its own


def _replies_for_each_open(emails: Table, **options: Any) -> Estimate:
    return abm.estimate(lambda replied, opened: replied / opened, emails, columns=["replied", "opened"], **options)


_replies_for_each_open.__name__ = "estimate"


ENTRIES = [
    SHARE(abm.delivery_rate, (EMAILS,)),
    SHARE(abm.open_rate, (EMAILS,)),
    SHARE(abm.open_rate, (EMAILS,), options={"per": "sent", "machine_opens": "exclude"}),
    SHARE(abm.open_rate, (EMAILS,), options={"click_implies_open": True}),
    SHARE(abm.click_rate, (EMAILS,)),
    Entry(abm.click_to_open_rate, (EMAILS,), high=math.inf),
    Entry(abm.click_to_open_rate, (EMAILS,), high=math.inf, options={"machine_opens": "exclude"}),
    Entry(abm.click_to_open_rate, (EMAILS,), high=math.inf, options={"click_implies_open": True}),
    SHARE(abm.bounce_rate, (EMAILS,)),
    SHARE(abm.unsubscribe_rate, (EMAILS,)),
    SHARE(abm.reply_rate, (EMAILS,)),
    SHARE(abm.complaint_rate, (EMAILS,)),
    Entry(_replies_for_each_open, (EMAILS,), low=-math.inf, high=math.inf),  # a formula of which nothing is known
    Entry(abm.time_on_site_seconds, (VISITS,), high=math.inf),
    Entry(abm.time_on_site_seconds, (VISITS,), high=math.inf, options={"per": "visit"}),
    Entry(abm.pages_per_visit_ratio, (VISITS,), high=math.inf),
    SHARE(abm.form_start_rate, (FORMS,)),
    SHARE(abm.form_completion_rate, (FORMS,)),
    SHARE(abm.form_abandonment_rate, (FORMS,)),
    SHARE(abm.form_view_to_submission_rate, (FORMS,)),
    SHARE(abm.form_field_completeness_share, (FORMS,)),
    SHARE(abm.content_engagement_rate, (VIEWS,)),
    SHARE(abm.content_completion_rate, (VIEWS,)),
    SHARE(abm.content_share_rate, (VIEWS,)),
    Entry(abm.social_engagement_rate, (POSTS,), high=math.inf),
    SHARE(abm.social_click_rate, (POSTS,)),
    SHARE(abm.cta_conversion_rate, (CALLS,)),
    SHARE(abm.account_coverage_rate, (TARGETS, CONTACTS)),
    SHARE(abm.account_reach_rate, (TARGETS, EMAILS)),
    SHARE(abm.account_penetration_rate, (CONTACTS,)),
    SHARE(abm.committee_coverage_rate, (CONTACTS,), options={"roles": ROLES}),
    COUNT(abm.meetings_booked_count, (BOOKED,)),
    SHARE(abm.meeting_show_rate, (BOOKED,)),
    SHARE(abm.meeting_show_rate, (BOOKED,), options={"cancellations": "exclude"}),
    SHARE(abm.meeting_to_opportunity_rate, (CALENDAR, DEALS), options={"days": 60, "as_of": AS_OF}),
    COUNT(abm.engagement_minutes, (ACTIVITIES,)),
    COUNT(abm.engagement_score, (ACTIVITIES,), options={"half_life_days": 30, "as_of": AS_OF, "weights": WEIGHTS}),
    SHARE(
        abm.engaged_account_rate,
        (TARGETS, ACTIVITIES),
        options={"minimum_minutes": 25, "within_days": 90, "as_of": AS_OF},
    ),
    SHARE(abm.account_qualification_rate, (TARGETS, ACTIVITIES), options={"rule": RULE, "as_of": AS_OF}),
    COUNT(abm.marketing_qualified_lead_count, (LEADS,), options={"threshold": 40}, apart=False, ordered=True),
    SHARE(abm.lead_qualification_rate, (LEADS,), options={"threshold": 40}, apart=False, ordered=True),
    COUNT(abm.lead_count, (LEADS,), apart=False, ordered=True),
    COUNT(abm.opportunities_created_count, (DEALS,)),
    SHARE(abm.account_to_opportunity_rate, (TARGETS, DEALS)),
    MONEY(abm.open_pipeline_value, (DEALS,), options={"as_of": AS_OF}, when_empty=0.0),
    Entry(
        abm.pipeline_coverage_ratio,
        (DEALS,),
        high=math.inf,
        options={"as_of": AS_OF, "quota": 40_000.0, "closed": 8_000.0},
        money=("amount",),
        scaled=("quota", "closed"),
        when_empty=0.0,
    ),
    MONEY(abm.sales_velocity, (DEALS,)),
    Entry(abm.sales_cycle_days, (DEALS,), high=math.inf),
    *(
        SHARE(abm.stage_conversion_rate, (HISTORY,), options={**STEP, "method": method})
        for method in ("forward", "strict", "direct", "demandbase")
    ),
    Entry(abm.stage_conversion_rate, (HISTORY,), high=math.inf, options={**STEP, "method": "any"}),
    *(
        Entry(
            abm.time_in_stage_days,
            (HISTORY,),
            high=math.inf,
            options={"stages": STAGES, "lost": LOST, "stage": "Proposal", "as_of": AS_OF, "method": method},
        )
        for method in ("kaplan_meier", "completed")
    ),
    SHARE(abm.win_rate, (DEALS,)),
    SHARE(abm.win_rate, (DEALS,), options={"basis": "created"}),
    SHARE(abm.win_probability, (DEALS,), options={"as_of": AS_OF, "horizon_days": 45}),
    SHARE(abm.value_win_rate, (DEALS,), money=("amount",)),
    MONEY(abm.average_deal_size, (DEALS,)),
    COUNT(abm.deals_won_count, (DEALS,)),
    MONEY(abm.revenue_won, (DEALS,), when_empty=0.0),
    COUNT(abm.new_customer_count, (DEALS,), apart=False, ordered=True),
    *(
        Entry(
            abm.lift,
            (ARMS,),
            low=-math.inf,
            high=math.inf,
            options={"method": method},
            money=("outcome", "before"),
            degree=1,
        )
        for method in ("difference", "did", "cuped")
    ),
    Entry(abm.net_promoter_score, (SCORES,), low=-100.0, high=100.0),
    SHARE(abm.customer_satisfaction_share, (SCORES,), options={"satisfied_from": 8}),
    Entry(abm.employee_net_promoter_score, (STAFF_SCORES,), low=-100.0, high=100.0, options=STAFF),
    SHARE(abm.favourable_share, (STAFF_SCORES,), options=STAFF),
    SHARE(abm.participation_rate, (INVITATIONS,), options=STAFF),
    SHARE(abm.one_on_one_coverage_rate, (MEETINGS,), options={**STAFF, "days": 60, "as_of": AS_OF}),
    RATIO(abm.net_revenue_retention, (REVENUE,), money=ENDS),
    RATIO(abm.net_revenue_retention, (REVENUE,), money=ENDS, options={"reactivation": "include"}),
    SHARE(abm.gross_revenue_retention, (REVENUE,), money=ENDS),
    SHARE(abm.logo_retention_rate, (REVENUE,), money=ENDS),
    SHARE(abm.logo_churn_rate, (REVENUE,), money=ENDS),
    RATIO(abm.expansion_rate, (REVENUE,), money=ENDS),
    RATIO(abm.cross_sell_rate, (REVENUE,), money=ENDS),
    RATIO(abm.up_sell_rate, (REVENUE,), money=ENDS),
    SHARE(abm.contraction_rate, (REVENUE,), money=ENDS),
    RATIO(abm.quick_ratio, (REVENUE,), money=ENDS),
    RATIO(
        abm.quick_ratio,
        (MOVEMENTS,),
        money=("opening", "new", "reactivated", "expansion", "contraction", "churned", "closing"),
        options={"reactivation": "exclude"},
    ),
    Entry(
        abm.campaign_roi,
        (CAMPAIGNS,),
        low=-1.0,
        high=math.inf,
        options={"margin": 0.5, "kind": "incremental"},
        money=("cost", "revenue"),
    ),
    RATIO(abm.return_on_ad_spend_ratio, (CAMPAIGNS,), money=("cost", "revenue")),
    *(
        RATIO(abm.cost_per, (CAMPAIGNS,), options={"per": per}, money=("cost", "revenue"), degree=1)
        for per in ("engaged", "opportunities", "customers")
    ),
    RATIO(abm.customer_acquisition_cost, (CAMPAIGNS,), money=("cost", "revenue"), degree=1),
]
