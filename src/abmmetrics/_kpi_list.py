"""The KPIs of a scorecard: one line for each, in the order of reading."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from abmmetrics import email, enps, nps, pipeline, retention, roi, targets, winrate
from abmmetrics.errors import MetricInputError
from abmmetrics.results import Estimate
from abmmetrics.surveys import SurveyScores

_IN_30_DAYS = 30


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


_TARGETS, _MAILS, _PIPELINE, _SALES = "Target accounts", "E-mail", "Pipeline", "Sales"
_CUSTOMERS, _RETURN, _EMPLOYEES = "Customers", "Return", "Employees"
_DAY = {"as_of": "as_of"}
_DEALS = ("opportunities",)
_REVENUE, _CAMPAIGNS = ("recurring_revenue",), ("campaign_results",)

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
    Kpi(_PIPELINE, "Sales cycle", _DEALS, pipeline.sales_cycle_days, ignore=True),
    Kpi(_SALES, "Win rate", _DEALS, winrate.win_rate, broken_down=True),
    Kpi(_SALES, "Win rate by value", _DEALS, winrate.value_win_rate),
    Kpi(_SALES, "Average deal size", _DEALS, winrate.average_deal_size),
    Kpi(_SALES, "Deals won", _DEALS, winrate.deals_won_count),
    Kpi(_SALES, "Revenue won", _DEALS, winrate.revenue_won),
    Kpi(_SALES, "Customers won", _DEALS, winrate.new_customer_count),
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
