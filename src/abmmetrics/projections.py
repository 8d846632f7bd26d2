"""What models of churn expect: survival, lifetimes, and the worth of accounts under contract.

Standing with an account that has made m renewals, the model knows more of it than of a new one: it stayed. Hence the
worth of a residual lifetime depends on the renewals made. Limits come from the covariance of the fitted parameters.
"""

import math
from collections.abc import Callable
from typing import Literal, TypeAlias, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _reading, _special, _survival_curves
from abmmetrics.churn import BetaDiscreteWeibull, Finding, ShiftedBetaGeometric
from abmmetrics.columns import Values

__all__ = [
    "Projection",
    "customer_base_value",
    "discounted_expected_lifetime",
    "discounted_expected_residual_lifetime",
    "expected_lifetime",
    "projected_survival",
]

Floats: TypeAlias = NDArray[np.float64]
ContractModel: TypeAlias = ShiftedBetaGeometric | BetaDiscreteWeibull
Standing: TypeAlias = Literal["renewal_due", "just_renewed"]
_MOST_RENEWALS = 100_000


@attrs.frozen(kw_only=True, eq=False)
class Projection:
    """What a model expects, with how sure the fit is of it.

    Attributes:
        value: the expected figures.
        low: lower confidence limits, NaN where the parameters were given or have no standard errors.
        high: upper confidence limits.
        confidence: confidence level of the limits, which are symmetric on the log scale (of -log for survival).
        findings: what the sample of the fit could not tell.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.fit_shifted_beta_geometric([1000, 869, 743, 653, 593, 551, 517, 491])
        >>> share = abm.projected_survival(model, [12])
        >>> [figure.round(2).tolist() for figure in (share.value, share.low, share.high)]
        [[0.38], [0.34], [0.42]]
    """

    value: Floats
    low: Floats
    high: Floats
    confidence: float
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        """Number of figures."""
        return len(self.value)

    def __float__(self) -> float:
        """Return the only figure."""
        if len(self) != 1:
            raise TypeError(f"the projection has {len(self)} figures; take one from value")
        return float(self.value[0])


def projected_survival(model: ContractModel, periods: Values, *, confidence: float = 0.95) -> Projection:
    """Share of accounts that a model expects to be alive after so many renewals.

    S(t) = B(α, β + t^c) / B(α, β); c is 1 for the shifted beta-geometric.

    Leaves out: chance in the accounts to come; the interval is of the expected share.

    Args:
        model: a fitted model.
        periods: renewals ahead of a new account, whole numbers >= 0.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Shares in [0, 1], one for each period.

    Raises:
        MetricInputError: if an argument is outside its range.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.fit_shifted_beta_geometric([1000, 869, 743, 653, 593, 551, 517, 491])
        >>> abm.projected_survival(model, [1, 7, 12]).value.round(3).tolist()
        [0.851, 0.489, 0.378]

    References:
        Fader & Hardie (2007), Journal of Interactive Marketing 21.
    """
    times = _checks.as_counts("periods", _reading.read_column("periods", periods)).astype(np.float64)
    level = _checks.in_interval("confidence", confidence, 0, 1)
    curve = model.curve
    logs = _survival_curves.log_survival(curve.family, np.array(curve.working), times)
    errors = _survival_curves.spread(curve, lambda working: _survival_curves.log_survival(curve.family, working, times))
    z = float(_special.normal_quantile(0.5 + level / 2))
    with np.errstate(all="ignore"):  # limits of a share that is as good as 0, or of one that is 1 for sure
        factor = np.where(logs < 0, np.exp(z * errors / -logs), np.exp(0 * errors))
        low, high = np.exp(logs * factor), np.exp(logs / factor)
    return Projection(value=np.exp(logs), low=low, high=high, confidence=level, findings=model.findings)


def expected_lifetime(model: ContractModel, *, horizon: int | None = None, confidence: float = 0.95) -> Projection:
    """Periods that a new account is expected to stay, its first included.

    expected lifetime = S(0) + S(1) + S(2) + ...

    Leaves out: when the periods are; a lifetime of decades says little about the next years.

    Args:
        model: a fitted model.
        horizon: count only so many periods; None for all.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A number of periods.

    Raises:
        MetricInputError: if the lifetime is infinite (a shifted beta-geometric with alpha <= 1).

    Example:
        >>> import abmmetrics as abm
        >>> round(float(abm.expected_lifetime(abm.ShiftedBetaGeometric(alpha=3.8, beta=15.2))), 4)
        6.4286

    References:
        Fader & Hardie (2010), "Customer-base valuation in a contractual setting", Marketing Science 29.
    """
    if horizon is not None:
        periods = np.arange(_checks.as_whole("horizon", horizon, 1), dtype=np.float64)
        return _projected(
            model,
            lambda working: np.exp(_survival_curves.log_survival(model.curve.family, working, periods)).sum(
                keepdims=True
            ),
            confidence,
        )
    index = _survival_curves.tail_index(model.curve)
    if index <= 1 and model.curve.family != "ended":
        came = _checks.phrase(f"survival that falls like t^-{index:.3g}")
        raise _checks.refuse("model", "have survival that falls faster than 1/t for a finite lifetime", came)
    return _projected(model, lambda working: 1 + _residual(model, working, 0, 1.0, index), confidence)


def _residual(model: ContractModel, working: Floats, last: int, ratio: float, index: float) -> Floats:
    return _survival_curves.residual_sums(model.curve.family, working, last, ratio, index)


def discounted_expected_lifetime(
    model: ContractModel, *, discount: float, growth: float = 0.0, confidence: float = 0.95
) -> Projection:
    """Present worth of one unit of money in every period of a new account, the first paid now.

    DEL = Σ S(t) v^t, t from 0, v = (1 + growth) / (1 + discount). Times the margin it is the lifetime
    value of an account about to be won.

    Leaves out: costs of winning the account.

    Args:
        model: a fitted model.
        discount: discount rate for a period, at least 0.
        growth: by how much the payment grows from period to period, above −1.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Discounted periods, at least 1.

    Raises:
        MetricInputError: if an argument is outside its range or the value would be infinite.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.ShiftedBetaGeometric(alpha=0.668, beta=3.806)
        >>> round(float(abm.discounted_expected_lifetime(model, discount=0.1)), 4)
        5.9226

    References:
        Fader & Hardie (2010), Marketing Science 29.
    """
    ratio, index = _ratio(model, discount, growth)
    return _projected(model, lambda working: 1 + ratio * _residual(model, working, 0, ratio, index), confidence)


def discounted_expected_residual_lifetime(
    model: ContractModel,
    *,
    renewals: Values,
    discount: float,
    growth: float = 0.0,
    standing: Standing = "renewal_due",
    confidence: float = 0.95,
) -> Projection:
    """Present worth of one unit of money at every renewal that an active account still makes (DERL).

    With m renewals made and v = (1 + growth) / (1 + discount): DERL = Σ v^k S(m + 1 + k) / S(m), k from 0,
    standing right before the next renewal (``"renewal_due"``); v times that standing right after
    the last (``"just_renewed"``). Times the margin it is the residual value of the account.

    Leaves out: the payment of the period that the account is in.

    Args:
        model: a fitted model.
        renewals: renewals that the active accounts have made, whole numbers >= 0.
        discount: discount rate for a period, at least 0.
        growth: by how much the payment grows from renewal to renewal, above −1.
        standing: ``"renewal_due"`` (the convention of the paper) or ``"just_renewed"``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Discounted periods, one figure for each number of renewals.

    Raises:
        MetricInputError: if an argument is outside its range or the value would be infinite.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.ShiftedBetaGeometric(alpha=3.8, beta=15.2)
        >>> found = abm.discounted_expected_residual_lifetime(model, renewals=[0, 1, 2, 3, 4], discount=0.1)
        >>> found.value.round(2).tolist()
        [3.31, 3.45, 3.59, 3.72, 3.84]

    References:
        Fader & Hardie (2010), Marketing Science 29, equation 6; Fader & Hardie, in Handbook of Marketing Analytics.
    """
    _checks.as_option("standing", standing, ("renewal_due", "just_renewed"))
    ratio, index = _ratio(model, discount, growth)
    made = _made(renewals)
    delay = ratio if standing == "just_renewed" else 1.0
    last = int(made.max(initial=0))
    return _projected(model, lambda working: delay * _residual(model, working, last, ratio, index)[made], confidence)


def _made(renewals: Values) -> NDArray[np.int64]:
    made = _checks.as_counts("renewals", _reading.read_column("renewals", renewals))
    if len(made) and made.max() > _MOST_RENEWALS:
        row = int(made.argmax())
        raise _checks.refuse("renewals", f"be at most {_MOST_RENEWALS:,}: periods, not days", made[row], row)
    return made.astype(np.int64, copy=False)


def customer_base_value(
    model: ContractModel,
    *,
    renewals: Values,
    margin: Values,
    discount: float,
    accounts: Values = 1,
    growth: float = 0.0,
    churned: Values = None,
    standing: Standing = "renewal_due",
    confidence: float = 0.95,
) -> Projection:
    """What all active accounts are worth together.

    value = Σ accounts × margin × DERL(renewals), one term for each row.

    Leaves out: accounts yet to be won, and the payment of the period that each account is in. The
    value of a single account is its margin times its DERL.

    Args:
        model: a fitted model.
        renewals: renewals made, for each active account or each group of them.
        margin: what an account leaves in a period after the cost of serving it, at least 0.
        discount: discount rate for a period, at least 0.
        accounts: active accounts in each row.
        growth: by how much the margin grows from renewal to renewal, above −1.
        churned: if given, whether the account left; one that did is refused, since it is worth nothing.
        standing: ``"renewal_due"`` or ``"just_renewed"``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money.

    Raises:
        MetricInputError: if an argument is outside its range, an account churned, or the value would be infinite.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.ShiftedBetaGeometric(alpha=3.8, beta=15.2)
        >>> value = abm.customer_base_value(
        ...     model, renewals=[4, 3, 2, 1, 0], accounts=[4391, 7961, 11340, 15200, 20500], margin=1, discount=0.1
        ... )
        >>> round(float(value))
        207438

    References:
        Fader & Hardie (2010), Marketing Science 29.
    """
    _checks.as_option("standing", standing, ("renewal_due", "just_renewed"))
    ratio, index = _ratio(model, discount, growth)
    made = _made(renewals)
    weights = _column("margin", margin, len(made), _checks.as_amounts)
    weights = weights * _column("accounts", accounts, len(made), _checks.as_amounts)
    if churned is not None:
        left = _column("churned", churned, len(made), _checks.as_counts)
        if left.any():
            row = int(np.flatnonzero(left)[0])
            raise _checks.refuse("churned", "be False: an account that left is worth nothing", True, row)  # noqa: FBT003 - the value that came
    money = weights[0] * np.bincount(made) if len(weights) == 1 else np.bincount(made, weights=weights)
    delay = ratio if standing == "just_renewed" else 1.0
    last = max(len(money) - 1, 0)

    def worth(working: Floats) -> Floats:
        residual = _residual(model, working, last, ratio, index)[: len(money)]
        return np.asarray(delay * (money * residual).sum(keepdims=True))

    return _projected(model, worth, confidence)


def _column(name: str, values: Values, length: int, check: _checks.Check) -> Floats:
    """Read one value, which stands for every row, or one for each."""
    raw = _reading.read_column(name, values)
    found = cast("Floats", check(name, raw))
    if not raw.scalar:
        _checks.same_length({"renewals": length, name: len(found)})
    return found


def _ratio(model: ContractModel, discount: float, growth: float) -> tuple[float, float]:
    """Return what a payment a period later is worth, and how fast survival falls; an infinite sum is refused."""
    rate = _checks.in_interval("discount", discount, 0, math.inf, low_open=False)
    rise = _checks.in_interval("growth", growth, -1, math.inf)
    ratio = (1 + rise) / (1 + rate)
    index = _survival_curves.tail_index(model.curve)
    if ratio > 1 or (ratio == 1 and index <= 1 and model.curve.family != "ended"):
        condition = "be at least growth" if ratio > 1 else "be above growth"
        came = _checks.phrase(f"{rate:g} with growth={rise:g}")
        if ratio == 1:
            came = _checks.phrase(f"{rate:g} with growth={rise:g} and survival that falls like t^-{index:.3g}")
        raise _checks.refuse("discount", f"{condition} for a finite value", came)
    return ratio, index


def _projected(model: ContractModel, figures: Callable[[Floats], Floats], confidence: float) -> Projection:
    """Return positive figures of the working parameters with limits symmetric on the log scale."""
    level = _checks.in_interval("confidence", confidence, 0, 1)
    value = figures(np.array(model.curve.working))
    errors = _survival_curves.spread(model.curve, figures)
    z = float(_special.normal_quantile(0.5 + level / 2))
    with np.errstate(invalid="ignore"):  # nothing is expected of accounts that have all left
        factor = np.exp(z * errors / value)
    return Projection(value=value, low=value / factor, high=value * factor, confidence=level, findings=model.findings)
