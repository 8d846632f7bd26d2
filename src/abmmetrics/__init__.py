"""Account-based-marketing KPIs: defined, typed, and with how sure one can be."""

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
from abmmetrics.errors import MetricInputError
from abmmetrics.estimation import estimate
from abmmetrics.periods import period
from abmmetrics.results import Estimate
from abmmetrics.tables import Table, concat
from abmmetrics.trends import Trend, cochran_armitage, trend

__version__ = "0.1.0"

__all__ = [
    "Change",
    "Emails",
    "Estimate",
    "Labels",
    "MetricInputError",
    "Table",
    "Trend",
    "bounce_rate",
    "change",
    "click_rate",
    "click_to_open_rate",
    "cochran_armitage",
    "complaint_rate",
    "concat",
    "delivery_rate",
    "estimate",
    "open_rate",
    "period",
    "reply_rate",
    "trend",
    "unsubscribe_rate",
]
