"""Everything public, flat; loaded when the package is first used."""

from abmmetrics._labels import Labels
from abmmetrics.bridges import (
    RevenueBridge,
    revenue_bridge,
)
from abmmetrics.budget import (
    Allocation,
    Payback,
    allocate_budget,
    payback_months,
)
from abmmetrics.cohorts import CohortRetention, cohort_retention
from abmmetrics.comparison import Change, change
from abmmetrics.email import (
    Emails,
    bounce_rate,
    click_rate,
    click_to_open_rate,
    complaint_rate,
    delivery_rate,
    open_rate,
    reply_rate,
    unsubscribe_rate,
)
from abmmetrics.enps import (
    OneOnOneMeetings,
    PulseInvitations,
    PulseSurvey,
    Question,
    classify_employees,
    employee_net_promoter_score,
    favourable_share,
    one_on_one_coverage_rate,
    participation_rate,
)
from abmmetrics.errors import MetricInputError
from abmmetrics.estimation import estimate
from abmmetrics.health import (
    AccountHealth,
    HealthValidation,
    account_health_score,
    health_validation,
)
from abmmetrics.intervals import (
    Interval,
    clopper_pearson,
    garwood,
    jeffreys,
    miettinen_nurminen,
    mover_ratio,
    newcombe,
    tango,
    wilson,
)
from abmmetrics.journey import CallsToAction, Durations, Funnel, JourneyEvents, cta_conversion_rate, funnel
from abmmetrics.nps import classify, customer_satisfaction_share, net_promoter_score, nps_sample_size
from abmmetrics.opportunities import Opportunities
from abmmetrics.periods import period, period_to_date
from abmmetrics.pipeline import (
    account_to_opportunity_rate,
    open_pipeline_value,
    opportunities_created_count,
    pipeline_coverage_ratio,
    sales_cycle_days,
    sales_velocity,
)
from abmmetrics.program import Program, read_program
from abmmetrics.recurring import (
    RecurringRevenue,
    RevenueHistory,
    RevenueMovements,
    revenue_between,
    revenue_movements,
)
from abmmetrics.results import Estimate
from abmmetrics.retention import (
    contraction_rate,
    cross_sell_rate,
    expansion_rate,
    gross_revenue_retention,
    logo_churn_rate,
    logo_retention_rate,
    net_revenue_retention,
    quick_ratio,
    up_sell_rate,
)
from abmmetrics.roi import (
    CampaignCosts,
    CampaignResults,
    campaign_results,
    campaign_roi,
    cost_per,
    customer_acquisition_cost,
    return_on_ad_spend_ratio,
)
from abmmetrics.scorecards import Scorecard, scorecard
from abmmetrics.surveys import SurveyScores
from abmmetrics.survival import SurvivalCurve, Tenures, survival_curve, tenures
from abmmetrics.tables import Table, concat
from abmmetrics.targets import (
    Contacts,
    TargetAccounts,
    account_coverage_rate,
    account_penetration_rate,
    account_reach_rate,
    committee_coverage_rate,
)
from abmmetrics.trends import Trend, cochran_armitage, trend
from abmmetrics.winrate import (
    average_deal_size,
    deals_won_count,
    new_customer_count,
    revenue_won,
    value_win_rate,
    win_rate,
)
from abmmetrics.yearly import year_over_year

__all__ = [
    "AccountHealth",
    "Allocation",
    "CallsToAction",
    "CampaignCosts",
    "CampaignResults",
    "Change",
    "CohortRetention",
    "Contacts",
    "Durations",
    "Emails",
    "Estimate",
    "Funnel",
    "HealthValidation",
    "Interval",
    "JourneyEvents",
    "Labels",
    "MetricInputError",
    "OneOnOneMeetings",
    "Opportunities",
    "Payback",
    "Program",
    "PulseInvitations",
    "PulseSurvey",
    "Question",
    "RecurringRevenue",
    "RevenueBridge",
    "RevenueHistory",
    "RevenueMovements",
    "Scorecard",
    "SurveyScores",
    "SurvivalCurve",
    "Table",
    "TargetAccounts",
    "Tenures",
    "Trend",
    "account_coverage_rate",
    "account_health_score",
    "account_penetration_rate",
    "account_reach_rate",
    "account_to_opportunity_rate",
    "allocate_budget",
    "average_deal_size",
    "bounce_rate",
    "campaign_results",
    "campaign_roi",
    "change",
    "classify",
    "classify_employees",
    "click_rate",
    "click_to_open_rate",
    "clopper_pearson",
    "cochran_armitage",
    "cohort_retention",
    "committee_coverage_rate",
    "complaint_rate",
    "concat",
    "contraction_rate",
    "cost_per",
    "cross_sell_rate",
    "cta_conversion_rate",
    "customer_acquisition_cost",
    "customer_satisfaction_share",
    "deals_won_count",
    "delivery_rate",
    "employee_net_promoter_score",
    "estimate",
    "expansion_rate",
    "favourable_share",
    "funnel",
    "garwood",
    "gross_revenue_retention",
    "health_validation",
    "jeffreys",
    "logo_churn_rate",
    "logo_retention_rate",
    "miettinen_nurminen",
    "mover_ratio",
    "net_promoter_score",
    "net_revenue_retention",
    "new_customer_count",
    "newcombe",
    "nps_sample_size",
    "one_on_one_coverage_rate",
    "open_pipeline_value",
    "open_rate",
    "opportunities_created_count",
    "participation_rate",
    "payback_months",
    "period",
    "period_to_date",
    "pipeline_coverage_ratio",
    "quick_ratio",
    "read_program",
    "reply_rate",
    "return_on_ad_spend_ratio",
    "revenue_between",
    "revenue_bridge",
    "revenue_movements",
    "revenue_won",
    "sales_cycle_days",
    "sales_velocity",
    "scorecard",
    "survival_curve",
    "tango",
    "tenures",
    "trend",
    "unsubscribe_rate",
    "up_sell_rate",
    "value_win_rate",
    "wilson",
    "win_rate",
    "year_over_year",
]
