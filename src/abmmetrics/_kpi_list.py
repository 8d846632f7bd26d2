"""The KPIs of a scorecard: one line for each, in the order of reading."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from abmmetrics import (
    attribution,
    content,
    email,
    engagement,
    enps,
    forms,
    leads,
    lifts,
    meetings,
    nps,
    pipeline,
    promotions,
    qualification,
    retention,
    roi,
    social,
    stages,
    targets,
    web,
    winrate,
)
from abmmetrics.errors import MetricInputError
from abmmetrics.histories import StageHistory
from abmmetrics.lifts import ArmOutcomes
from abmmetrics.opportunities import Opportunities
from abmmetrics.results import Estimate
from abmmetrics.rules import ENGAGIO_OUT_OF_THE_BOX
from abmmetrics.surveys import SurveyScores
from abmmetrics.touches import Touches, build_journeys

_IN_30_DAYS, _IN_90_DAYS, _IN_180_DAYS = 30, 90, 180
_ENGAGED_MINUTES = 10


@attrs.frozen
class Kpi:
    """A line of a scorecard.

    Attributes:
        family: the heading that it stands under.
        title: what a reader calls it.
        tables: the attributes of a programme that the function takes, in order.
        function: the KPI.
        options: what it is told, by argument.
        needs: argument to the attribute of a programme that it takes, without which the KPI cannot be.
        uses: the same, where the KPI can do without.
        broken_down: whether it is shown by segments too; it then takes one table and needs nothing else.
        ignore: whether it is shown among the KPIs to ignore.
    """

    family: str
    title: str
    tables: tuple[str, ...]
    function: Callable[..., Estimate]
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    needs: Mapping[str, str] = attrs.field(factory=dict[str, str])
    uses: Mapping[str, str] = attrs.field(factory=dict[str, str])
    broken_down: bool = False
    ignore: bool = False


def _satisfied_share(scores: SurveyScores, **options: Any) -> Estimate:  # noqa: ANN401 - by and confidence
    if scores.scale != (1, 5):
        raise MetricInputError("vendors agree who is satisfied only on a scale from 1 to 5")
    return nps.customer_satisfaction_share(scores, **options)


def _won_of_started(history: StageHistory, **options: Any) -> Estimate:  # noqa: ANN401 - stages and settings
    path = options["stages"]
    return stages.stage_conversion_rate(history, step=(path[0], path[-1]), **options)


def _days_in_first_stage(history: StageHistory, **options: Any) -> Estimate:  # noqa: ANN401 - stages and settings
    return stages.time_in_stage_days(history, stage=options["stages"][0], **options)


def _promoted(which: str) -> Callable[..., Estimate]:
    def of_promotion(
        arms: ArmOutcomes,
        deals: Opportunities,
        *,
        start: np.datetime64,
        end: np.datetime64,
        as_of: np.datetime64,
        confidence: float,
    ) -> Estimate:
        days = int((end - start).astype(np.int64)) + 1
        if as_of < end + days:
            raise MetricInputError(
                f"the data must reach {days} days beyond the promotion, to see what it brought forward"
            )
        found = promotions.promotion_effect(
            arms, deals, arm="arm", start=start, end=end, after_days=days, confidence=confidence
        )
        return {"during": found.during, "after": found.after, "together": found.together}[which]

    return of_promotion


def _attributed_return(
    touches: Touches,
    deals: Opportunities,
    costs: roi.CampaignCosts,
    *,
    lookback_days: float,
    **options: Any,  # noqa: ANN401 - the margin and the confidence
) -> Estimate:
    credit = attribution.linear_touch(build_journeys(touches, deals, lookback_days=lookback_days), resamples=0)
    return roi.campaign_roi(roi.CampaignResults.from_attribution(credit, costs), **options)


_TARGETS, _MAILS, _WEBSITE, _FORMS = "Target accounts", "E-mail", "Website", "Forms"
_CONTENT, _SOCIAL = "Content", "Social"
_PIPELINE, _SALES = "Pipeline", "Sales"
_MEETINGS, _ENGAGEMENT, _QUALIFICATION = "Meetings", "Engagement", "Qualification"
_CUSTOMERS, _RETURN, _EMPLOYEES = "Customers", "Return", "Employees"
_DAY = {"as_of": "as_of"}
_DEALS = ("opportunities",)
_REVENUE, _CAMPAIGNS = ("recurring_revenue",), ("campaign_results",)
_PROMOTION = {"start": "promotion_start", "end": "promotion_end", **_DAY}
_QUALIFIED = {"threshold": "lead_threshold"}

KPIS: tuple[Kpi, ...] = (
    Kpi(_TARGETS, "Accounts with a reachable contact", ("target_accounts", "contacts"), targets.account_coverage_rate),
    Kpi(_TARGETS, "Accounts reached by mail", ("target_accounts", "emails"), targets.account_reach_rate),
    Kpi(_TARGETS, "Contacts engaged", ("contacts",), targets.account_penetration_rate, broken_down=True),
    Kpi(
        _TARGETS,
        "Buying-committee roles engaged",
        ("contacts",),
        targets.committee_coverage_rate,
        needs={"roles": "committee_roles"},
        uses={"targets": "target_accounts"},
    ),
    Kpi(_MAILS, "Delivery rate", ("emails",), email.delivery_rate),
    Kpi(_MAILS, "Open rate", ("emails",), email.open_rate),
    Kpi(_MAILS, "Open rate without machines", ("emails",), email.open_rate, {"machine_opens": "exclude"}),
    Kpi(_MAILS, "Click rate", ("emails",), email.click_rate, broken_down=True),
    Kpi(_MAILS, "Clicks for each open", ("emails",), email.click_to_open_rate),
    Kpi(_MAILS, "Reply rate", ("emails",), email.reply_rate),
    Kpi(_MAILS, "Bounce rate", ("emails",), email.bounce_rate),
    Kpi(_MAILS, "Unsubscribe rate", ("emails",), email.unsubscribe_rate),
    Kpi(_MAILS, "Spam complaint rate", ("emails",), email.complaint_rate),
    Kpi(_WEBSITE, "Time on site of an account", ("web_visits",), web.time_on_site_seconds),
    Kpi(_WEBSITE, "Time on site of a visit", ("web_visits",), web.time_on_site_seconds, {"per": "visit"}),
    Kpi(_WEBSITE, "Pages of a visit", ("web_visits",), web.pages_per_visit_ratio, broken_down=True),
    Kpi(_FORMS, "Forms begun of those seen", ("forms",), forms.form_start_rate),
    Kpi(_FORMS, "Forms sent off of those begun", ("forms",), forms.form_completion_rate),
    Kpi(_FORMS, "Forms given up of those begun", ("forms",), forms.form_abandonment_rate),
    Kpi(_FORMS, "Forms sent off of those seen", ("forms",), forms.form_view_to_submission_rate, broken_down=True),
    Kpi(_FORMS, "Fields filled in", ("forms",), forms.form_field_completeness_share),
    Kpi(_CONTENT, "Content engagement rate", ("content_views",), content.content_engagement_rate, broken_down=True),
    Kpi(_CONTENT, "Content completion rate", ("content_views",), content.content_completion_rate),
    Kpi(_CONTENT, "Content share rate", ("content_views",), content.content_share_rate),
    Kpi(_SOCIAL, "Social engagement (actions for each impression)", ("social_posts",), social.social_engagement_rate),
    Kpi(_SOCIAL, "Social click rate", ("social_posts",), social.social_click_rate),
    Kpi(_MEETINGS, "Meetings booked", ("meetings",), meetings.meetings_booked_count),
    Kpi(_MEETINGS, "Meetings held", ("meetings",), meetings.meeting_show_rate, broken_down=True),
    Kpi(
        _MEETINGS,
        "Meetings held, without cancellations",
        ("meetings",),
        meetings.meeting_show_rate,
        {"cancellations": "exclude"},
    ),
    Kpi(
        _MEETINGS,
        f"Accounts with an opportunity within {_IN_90_DAYS} days of a meeting",
        ("meeting_log", "opportunities"),
        meetings.meeting_to_opportunity_rate,
        {"days": _IN_90_DAYS},
        needs=_DAY,
    ),
    Kpi(_ENGAGEMENT, "Engagement", ("activities",), engagement.engagement_minutes),
    Kpi(
        _ENGAGEMENT,
        f"Accounts with {_ENGAGED_MINUTES} minutes in {_IN_90_DAYS} days",
        ("target_accounts", "activities"),
        engagement.engaged_account_rate,
        {"minimum_minutes": _ENGAGED_MINUTES, "within_days": _IN_90_DAYS},
        needs=_DAY,
    ),
    Kpi(
        _QUALIFICATION,
        "Qualified accounts (Engagio's rule)",
        ("target_accounts", "activities"),
        qualification.account_qualification_rate,
        {"rule": ENGAGIO_OUT_OF_THE_BOX},
        needs=_DAY,
    ),
    Kpi(_QUALIFICATION, "Qualified leads", ("leads",), leads.marketing_qualified_lead_count, needs=_QUALIFIED),
    Kpi(_QUALIFICATION, "Leads that qualified", ("leads",), leads.lead_qualification_rate, needs=_QUALIFIED),
    Kpi(_QUALIFICATION, "Leads", ("leads",), leads.lead_count, ignore=True),
    Kpi(_PIPELINE, "Opportunities created", _DEALS, pipeline.opportunities_created_count),
    Kpi(
        _PIPELINE,
        "Target accounts with an opportunity",
        ("target_accounts", "opportunities"),
        pipeline.account_to_opportunity_rate,
    ),
    Kpi(_PIPELINE, "Open pipeline", _DEALS, pipeline.open_pipeline_value, needs=_DAY),
    Kpi(_PIPELINE, "Pipeline coverage", _DEALS, pipeline.pipeline_coverage_ratio, needs={**_DAY, "quota": "quota"}),
    Kpi(_PIPELINE, "Sales velocity (money per day)", _DEALS, pipeline.sales_velocity),
    Kpi(
        _PIPELINE,
        "Deals from the first stage to the last",
        ("stage_history",),
        _won_of_started,
        needs={"stages": "stages"},
        uses={"lost": "lost_stages", **_DAY},
    ),
    Kpi(
        _PIPELINE,
        "Median days in the first stage",
        ("stage_history",),
        _days_in_first_stage,
        needs={"stages": "stages", **_DAY},
        uses={"lost": "lost_stages"},
    ),
    Kpi(_PIPELINE, "Sales cycle", _DEALS, pipeline.sales_cycle_days, ignore=True),
    Kpi(_SALES, "Win rate", _DEALS, winrate.win_rate, broken_down=True),
    Kpi(
        _SALES,
        f"Win probability within {_IN_180_DAYS} days",
        _DEALS,
        winrate.win_probability,
        {"horizon_days": _IN_180_DAYS},
        needs=_DAY,
    ),
    Kpi(_SALES, "Win rate by value", _DEALS, winrate.value_win_rate),
    Kpi(_SALES, "Average deal size", _DEALS, winrate.average_deal_size),
    Kpi(_SALES, "Deals won", _DEALS, winrate.deals_won_count),
    Kpi(_SALES, "Revenue won", _DEALS, winrate.revenue_won),
    Kpi(_SALES, "Customers won", _DEALS, winrate.new_customer_count),
    Kpi(_SALES, "Lift of an account in the target arm", ("arm_outcomes",), lifts.lift),
    *(
        Kpi(
            _SALES,
            f"Promotion, more deals of an account: {title}",
            ("arm_outcomes", "opportunities"),
            _promoted(which),
            needs=_PROMOTION,
        )
        for which, title in (("during", "during"), ("after", "in as many days after"), ("together", "together"))
    ),
    Kpi(_CUSTOMERS, "Net revenue retention", _REVENUE, retention.net_revenue_retention, broken_down=True),
    Kpi(_CUSTOMERS, "Gross revenue retention", _REVENUE, retention.gross_revenue_retention),
    Kpi(_CUSTOMERS, "Customers kept", _REVENUE, retention.logo_retention_rate),
    Kpi(_CUSTOMERS, "Expansion for each unit of revenue", _REVENUE, retention.expansion_rate),
    Kpi(_CUSTOMERS, "Cross-sell for each unit of revenue", _REVENUE, retention.cross_sell_rate),
    Kpi(_CUSTOMERS, "Up-sell for each unit of revenue", _REVENUE, retention.up_sell_rate),
    Kpi(_CUSTOMERS, "Contraction", _REVENUE, retention.contraction_rate),
    Kpi(_CUSTOMERS, "Gains for each unit lost", _REVENUE, retention.quick_ratio),
    Kpi(_CUSTOMERS, "Net promoter score", ("survey_scores",), nps.net_promoter_score, broken_down=True),
    Kpi(_CUSTOMERS, "Satisfied customers", ("survey_scores",), _satisfied_share),
    Kpi(_RETURN, "Return on cost", _CAMPAIGNS, roi.campaign_roi, needs={"margin": "margin"}),
    Kpi(
        _RETURN,
        "Return on cost, by linear credit",
        ("touches", "opportunities", "campaign_costs"),
        _attributed_return,
        needs={"margin": "margin", "lookback_days": "lookback_days"},
    ),
    Kpi(_RETURN, "Revenue for each unit of cost", _CAMPAIGNS, roi.return_on_ad_spend_ratio),
    Kpi(_RETURN, "Cost per account engaged", _CAMPAIGNS, roi.cost_per, {"per": "engaged"}),
    Kpi(_RETURN, "Cost per opportunity", _CAMPAIGNS, roi.cost_per, {"per": "opportunities"}),
    Kpi(_RETURN, "Cost per customer", _CAMPAIGNS, roi.cost_per, {"per": "customers"}),
    Kpi(
        _EMPLOYEES,
        "Employee net promoter score",
        ("employee_scores",),
        enps.employee_net_promoter_score,
        broken_down=True,
    ),
    Kpi(_EMPLOYEES, "Participation in surveys", ("pulse_invitations",), enps.participation_rate),
    Kpi(
        _EMPLOYEES,
        f"One-on-one in the last {_IN_30_DAYS} days",
        ("one_on_ones",),
        enps.one_on_one_coverage_rate,
        {"days": _IN_30_DAYS},
        needs=_DAY,
    ),
)

YEARLY: tuple[Kpi, ...] = (
    Kpi(_SALES, "Revenue won", _DEALS, winrate.revenue_won),
    Kpi(_SALES, "Deals won", _DEALS, winrate.deals_won_count),
    Kpi(_SALES, "New customers", _DEALS, winrate.new_customer_count),
    Kpi(_SALES, "Win rate", _DEALS, winrate.win_rate),
)
