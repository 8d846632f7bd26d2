"""Everything public, flat; loaded when the package is first used."""

from abmmetrics._labels import Labels
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
from abmmetrics.histories import StageHistory, StageIntervals, stage_intervals
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
from abmmetrics.lifts import ArmOutcomes, lift, required_accounts
from abmmetrics.matched import Balance, MatchedControls, match_controls
from abmmetrics.movements import PipelineMovement, StageProgression, pipeline_movement, stage_progression
from abmmetrics.nps import classify, customer_satisfaction_share, net_promoter_score, nps_sample_size
from abmmetrics.opportunities import Opportunities
from abmmetrics.periods import period
from abmmetrics.pipeline import (
    account_to_opportunity_rate,
    open_pipeline_value,
    opportunities_created_count,
    pipeline_coverage_ratio,
    sales_cycle_days,
    sales_velocity,
)
from abmmetrics.program import Program, read_program
from abmmetrics.promotions import PromotionEffect, promotion_effect
from abmmetrics.results import Estimate
from abmmetrics.scorecards import Scorecard, scorecard
from abmmetrics.stages import stage_conversion_rate, time_in_stage_days
from abmmetrics.surveys import SurveyScores
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
    win_probability,
    win_rate,
)

__all__ = [
    "ArmOutcomes",
    "Balance",
    "CallsToAction",
    "Change",
    "Contacts",
    "Durations",
    "Emails",
    "Estimate",
    "Funnel",
    "Interval",
    "JourneyEvents",
    "Labels",
    "MatchedControls",
    "MetricInputError",
    "OneOnOneMeetings",
    "Opportunities",
    "PipelineMovement",
    "Program",
    "PromotionEffect",
    "PulseInvitations",
    "PulseSurvey",
    "Question",
    "Scorecard",
    "StageHistory",
    "StageIntervals",
    "StageProgression",
    "SurveyScores",
    "Table",
    "TargetAccounts",
    "Trend",
    "account_coverage_rate",
    "account_penetration_rate",
    "account_reach_rate",
    "account_to_opportunity_rate",
    "average_deal_size",
    "bounce_rate",
    "change",
    "classify",
    "classify_employees",
    "click_rate",
    "click_to_open_rate",
    "clopper_pearson",
    "cochran_armitage",
    "committee_coverage_rate",
    "complaint_rate",
    "concat",
    "cta_conversion_rate",
    "customer_satisfaction_share",
    "deals_won_count",
    "delivery_rate",
    "employee_net_promoter_score",
    "estimate",
    "favourable_share",
    "funnel",
    "garwood",
    "jeffreys",
    "lift",
    "match_controls",
    "miettinen_nurminen",
    "mover_ratio",
    "net_promoter_score",
    "new_customer_count",
    "newcombe",
    "nps_sample_size",
    "one_on_one_coverage_rate",
    "open_pipeline_value",
    "open_rate",
    "opportunities_created_count",
    "participation_rate",
    "period",
    "pipeline_coverage_ratio",
    "pipeline_movement",
    "promotion_effect",
    "read_program",
    "reply_rate",
    "required_accounts",
    "revenue_won",
    "sales_cycle_days",
    "sales_velocity",
    "scorecard",
    "stage_conversion_rate",
    "stage_intervals",
    "stage_progression",
    "tango",
    "time_in_stage_days",
    "trend",
    "unsubscribe_rate",
    "value_win_rate",
    "wilson",
    "win_probability",
    "win_rate",
]
