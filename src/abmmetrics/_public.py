"""Everything public, flat; loaded when the package is first used."""

from abmmetrics._labels import Labels
from abmmetrics.attribution import (
    first_touch,
    full_path,
    last_non_direct_touch,
    last_touch,
    linear_touch,
    position_based,
    time_decay,
    u_shaped,
    w_shaped,
)
from abmmetrics.attributions import Attribution, AttributionComparison, compare_models
from abmmetrics.comparison import Change, change
from abmmetrics.data_driven import markov, shapley
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
from abmmetrics.influence import influenced_pipeline, sourced_pipeline
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
from abmmetrics.results import Estimate
from abmmetrics.scorecards import Scorecard, scorecard
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
from abmmetrics.touches import Journeys, Touches, build_journeys
from abmmetrics.trends import Trend, cochran_armitage, trend
from abmmetrics.winrate import (
    average_deal_size,
    deals_won_count,
    new_customer_count,
    revenue_won,
    value_win_rate,
    win_rate,
)

__all__ = [
    "Attribution",
    "AttributionComparison",
    "CallsToAction",
    "Change",
    "Contacts",
    "Durations",
    "Emails",
    "Estimate",
    "Funnel",
    "Interval",
    "JourneyEvents",
    "Journeys",
    "Labels",
    "MetricInputError",
    "OneOnOneMeetings",
    "Opportunities",
    "Program",
    "PulseInvitations",
    "PulseSurvey",
    "Question",
    "Scorecard",
    "SurveyScores",
    "Table",
    "TargetAccounts",
    "Touches",
    "Trend",
    "account_coverage_rate",
    "account_penetration_rate",
    "account_reach_rate",
    "account_to_opportunity_rate",
    "average_deal_size",
    "bounce_rate",
    "build_journeys",
    "change",
    "classify",
    "classify_employees",
    "click_rate",
    "click_to_open_rate",
    "clopper_pearson",
    "cochran_armitage",
    "committee_coverage_rate",
    "compare_models",
    "complaint_rate",
    "concat",
    "cta_conversion_rate",
    "customer_satisfaction_share",
    "deals_won_count",
    "delivery_rate",
    "employee_net_promoter_score",
    "estimate",
    "favourable_share",
    "first_touch",
    "full_path",
    "funnel",
    "garwood",
    "influenced_pipeline",
    "jeffreys",
    "last_non_direct_touch",
    "last_touch",
    "linear_touch",
    "markov",
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
    "position_based",
    "read_program",
    "reply_rate",
    "revenue_won",
    "sales_cycle_days",
    "sales_velocity",
    "scorecard",
    "shapley",
    "sourced_pipeline",
    "tango",
    "time_decay",
    "trend",
    "u_shaped",
    "unsubscribe_rate",
    "value_win_rate",
    "w_shaped",
    "wilson",
    "win_rate",
]
