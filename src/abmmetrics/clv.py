"""Customer lifetime value: what an account is worth that pays as long as it stays.

These are the formulas with one retention rate, and every one says when its payments fall: textbooks differ, and so do
their values. Accounts that differ from each other are valued by a model of churn: see `abmmetrics.churn` for the
models and `abmmetrics.projections` for what they say.
"""

import math
from typing import Literal, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from abmmetrics import _checks

__all__ = ["clv_to_cac_ratio", "customer_lifetime_value"]

Floats: TypeAlias = NDArray[np.float64]
Timing: TypeAlias = Literal["first_payment_now", "first_payment_at_renewal", "payment_at_period_end"]


def customer_lifetime_value(
    margin: ArrayLike,
    retention: ArrayLike,
    discount: ArrayLike,
    growth: ArrayLike = 0.0,
    *,
    timing: Timing,
    horizon: int | None = None,
) -> NDArray[np.float64] | float:
    """Value of an account with one retention rate, by one of three named timings of its payments.

    With m = margin, r = retention, d = discount, g = growth and q = r (1 + g) / (1 + d):

    * ``first_payment_now``: m + m q + m q² + ... = m / (1 − q); without growth m (1 + d) / (1 + d − r).
      What an account is worth that is about to be won and to pay: the most that winning it may cost.
    * ``first_payment_at_renewal``: m q + m q² + ... = m q / (1 − q); without growth m r / (1 + d − r).
      What an account is worth that has just paid.
    * ``payment_at_period_end``: the first series, each payment a period later: m / (1 + d) / (1 − q); without
      growth m / (1 + d − r).

    Leaves out: that accounts differ, and that those who stay are likelier to go on; see
    `discounted_expected_residual_lifetime`. "Margin / churn" is ``first_payment_now`` with discount 0.

    Args:
        margin: what an account leaves in a period after the cost of serving it, at least 0.
        retention: share of accounts that renew, in [0, 1], for the same period.
        discount: discount rate for the same period, at least 0; of a yearly rate, (1 + rate)^(1 / periods) − 1.
        growth: by how much the margin grows from payment to payment, above −1.
        timing: ``"first_payment_now"``, ``"first_payment_at_renewal"`` or ``"payment_at_period_end"``.
        horizon: count only so many payments; None for all.

    Returns:
        Money; an array where an argument is one.

    Raises:
        MetricInputError: if an argument is outside its range or the value would be infinite.

    Example:
        >>> import abmmetrics as abm
        >>> round(abm.customer_lifetime_value(100, 0.8, 0.1, timing="first_payment_now"), 2)
        366.67
        >>> round(abm.customer_lifetime_value(100, 0.8, 0.1, timing="first_payment_at_renewal"), 2)
        266.67
        >>> round(abm.customer_lifetime_value(100, 0.8, 0.1, timing="payment_at_period_end"), 2)
        333.33

    References:
        Fader & Hardie (2012), note 024, "Reconciling and clarifying CLV formulas".
    """
    _checks.as_option("timing", timing, ("first_payment_now", "first_payment_at_renewal", "payment_at_period_end"))
    margins = _numbers("margin", margin, low=0)
    kept = _numbers("retention", retention, low=0, high=1)
    discounts = _numbers("discount", discount, low=0)
    factors = kept * (1 + _growth_rates(growth)) / (1 + discounts)
    if horizon is None:
        if np.any(factors >= 1):
            came = float(factors.max())
            raise _checks.refuse(
                "retention x (1 + growth) / (1 + discount)", "be below 1 for a finite value (or give a horizon)", came
            )
        series = 1 / (1 - factors)
    else:
        payments = _checks.as_whole("horizon", horizon, 1)
        with np.errstate(divide="ignore", invalid="ignore"):  # where every payment is worth the same
            series = np.where(factors == 1, payments, (1 - factors**payments) / (1 - factors))
    values = margins * series
    if timing == "first_payment_at_renewal":
        values = values * factors
    elif timing == "payment_at_period_end":
        values = values / (1 + discounts)
    return values if values.ndim else float(values)


def clv_to_cac_ratio(lifetime_value: ArrayLike, acquisition_cost: ArrayLike) -> NDArray[np.float64] | float:
    """What an account is worth for each unit of money that winning it cost.

    CLV : CAC = lifetime value / acquisition cost.

    Leaves out: when the money comes back. The lifetime value must be of margins, not revenue, and include the first
    payment (timing ``"first_payment_now"``), for the cost is paid before it.

    Args:
        lifetime_value: value of an account; any finite number.
        acquisition_cost: cost of winning one, above 0, in the same money.

    Returns:
        A ratio; an array where an argument is one.

    Raises:
        MetricInputError: if a cost is not above 0.

    Example:
        >>> import abmmetrics as abm
        >>> abm.clv_to_cac_ratio(360.0, 120.0)
        3.0

    References:
        Skok, "SaaS Metrics 2.0"; Fader & Hardie (2012), note 024, for the timing.
    """
    values = _numbers("lifetime_value", lifetime_value)
    costs = _numbers("acquisition_cost", acquisition_cost)
    if np.any(costs <= 0):
        raise _checks.refuse("acquisition_cost", "be above 0", float(costs.min()))
    ratios = values / costs
    return ratios if ratios.ndim else float(ratios)


def _numbers(name: str, values: ArrayLike, *, low: float = -math.inf, high: float = math.inf) -> Floats:
    """Read finite numbers of an interval, one or many."""
    try:
        raw = np.asarray(values)
        known = raw.dtype.kind in "iuf"  # mutation: equivalent, no kind is called otherwise
        numbers = raw.astype(np.float64) if known else np.array(math.nan)
    except ValueError:  # rows of different lengths
        numbers = np.array(math.nan)
    wrong = ~(np.isfinite(numbers) & (numbers >= low) & (numbers <= high))
    if wrong.any():
        limits = "" if low < 0 else " in [0, 1]" if high == 1 else " >= 0"
        first = cast("object", values) if not numbers.ndim else float(numbers[wrong][0])
        raise _checks.refuse(name, f"be finite numbers{limits}", first)
    return numbers


def _growth_rates(growth: ArrayLike) -> Floats:
    rates = _numbers("growth", growth)
    if np.any(rates <= -1):
        raise _checks.refuse("growth", "be above -1", float(rates.min()))
    return rates
