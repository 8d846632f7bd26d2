"""Customers without a contract: how often they will buy, whether they are still there, what they will spend.

Nobody says good-bye here: a customer who has not bought for long may have left or may only be slow. The BG/NBD model
weighs the one against the other; Gamma-Gamma models what a purchase is worth. For accounts under contract, who do say
good-bye, see `abmmetrics.churn`.
"""

import math
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _purchasing
from abmmetrics.columns import Values
from abmmetrics.errors import MetricInputError
from abmmetrics.purchases import PurchaseHistory

__all__ = [
    "BetaGeometricNBD",
    "GammaGamma",
    "conditional_expected_purchases",
    "expected_average_spend",
    "expected_purchases",
    "fit_beta_geometric_nbd",
    "fit_gamma_gamma",
    "probability_alive",
]

Floats: TypeAlias = NDArray[np.float64]
# A parameter beyond these, or its reciprocal, is on its way to a limit, where it says nothing of its own.
_BOUNDLESS = 1e4
# The series for so much longer a time than the customer was seen has millions of terms.
_MOST_TIMES = 10_000


def _positive(_model: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    _checks.in_interval(attribute.name, value, 0, math.inf)


def _no_covariance(size: int) -> Floats:
    return np.full((size, size), math.nan)


@attrs.frozen(kw_only=True)
class BetaGeometricNBD:
    """Customers buy at a rate of their own and may leave after any purchase (BG/NBD).

    Rates follow a gamma distribution with shape r and scale parameter α; the probability of leaving after a
    purchase follows a beta distribution with a and b. Note what follows: a customer without a
    repeat purchase cannot have left.

    Attributes:
        r: shape of the rates.
        alpha: scale parameter of the rates, in periods.
        a: first parameter of the probability of leaving.
        b: second parameter.
        log_likelihood: log-likelihood of the customers; NaN where the parameters were given.
        customers: customers that it was fitted to.
        covariance: of the estimates of r, alpha, a and b; NaN where there is none.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.BetaGeometricNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> round(float(abm.expected_purchases(model, periods=39)[0]), 3)
        1.197

    References:
        Fader, Hardie & Lee (2005), "Counting your customers the easy way", Marketing Science 24.
    """

    r: float = attrs.field(validator=_positive)
    alpha: float = attrs.field(validator=_positive)
    a: float = attrs.field(validator=_positive)
    b: float = attrs.field(validator=_positive)
    log_likelihood: float = math.nan
    customers: int = 0
    covariance: Floats = attrs.field(factory=lambda: _no_covariance(4), repr=False, eq=False)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of the parameters, from the observed information; NaN where there is none."""
        return dict(zip(("r", "alpha", "a", "b"), np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def parameters(self) -> Floats:
        """The parameters r, alpha, a, b."""
        return np.array([self.r, self.alpha, self.a, self.b])


@attrs.frozen(kw_only=True)
class GammaGamma:
    """Customers spend around a mean of their own, and the means differ.

    A purchase follows a gamma distribution with shape p and a rate that is the customer's; the rates follow a gamma
    distribution with shape q and rate γ. What customers spend is taken as unrelated to how often they buy.

    Attributes:
        p: shape of a customer's purchases.
        q: shape of the rates.
        gamma: rate of the rates, in money.
        log_likelihood: log-likelihood of the mean spends; NaN where the parameters were given.
        customers: customers that it was fitted to.
        correlation: of frequency and mean spend among them; far from 0 the model does not fit.
        covariance: of the estimates of p, q and gamma; NaN where there is none.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.GammaGamma(p=6.25, q=3.74, gamma=15.44)
        >>> round(model.mean_spend, 2)
        35.22

    References:
        Fader & Hardie (2013), note 025, "The Gamma-Gamma model of monetary value".
    """

    p: float = attrs.field(validator=_positive)
    q: float = attrs.field(validator=_positive)
    gamma: float = attrs.field(validator=_positive)
    log_likelihood: float = math.nan
    customers: int = 0
    correlation: float = math.nan
    covariance: Floats = attrs.field(factory=lambda: _no_covariance(3), repr=False, eq=False)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of the parameters, from the observed information; NaN where there is none."""
        return dict(zip(("p", "q", "gamma"), np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @property
    def mean_spend(self) -> float:
        """Mean spend of all customers, p γ / (q − 1); infinite where q is 1 or less."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else math.inf


def fit_beta_geometric_nbd(history: PurchaseHistory) -> BetaGeometricNBD:
    """Fit BG/NBD by maximum likelihood.

    With x repeat purchases, the last t and now T periods after the first purchase, a customer has the likelihood
    B(a, b + x) / B(a, b) Γ(r + x) α^r / Γ(r) ((α + T)^−(r + x) + [x > 0] a / (b + x − 1) (α + t)^−(r + x)).

    Leaves out: the amounts; and seasons, trends and anything else that makes all customers buy at once.

    Args:
        history: one row for each customer, those who never came back included.

    Returns:
        The fitted model with standard errors from the observed information.

    Raises:
        MetricInputError: if nobody came back, or the customers do not show how they differ.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.PurchaseHistory(
        ...     account=range(10),
        ...     frequency=[0, 0, 1, 2, 12, 1, 4, 0, 1, 7],
        ...     recency=[0, 0, 1, 2, 38, 30, 5, 0, 2, 36],
        ...     age=[39] * 10,
        ... )
        >>> model = abm.fit_beta_geometric_nbd(history)
        >>> round(model.log_likelihood, 3), model.customers
        (-82.424, 10)

    References:
        Fader, Hardie & Lee (2005), Marketing Science 24; Fader & Hardie, note 004.
    """
    frequency, recency, age = history.frequency, history.recency, history.age
    if not frequency.any():
        raise MetricInputError("frequency must be above 0 for some customers; got none that came back")
    start = [0.0, math.log(float(age.mean()) / float(frequency.mean())), 0.0, 1.0]
    working, value, covariance = _purchasing.climb(
        lambda part: _purchasing.beta_geometric_nbd(frequency[part], recency[part], age[part]), len(frequency), start
    )
    parameters = np.exp(working)
    r, alpha, a, b = parameters.tolist()
    if r > _BOUNDLESS:
        raise _undetermined("how often they buy", "r and alpha grow")
    if max(b, 1 / a) > _BOUNDLESS or np.isnan(covariance).any():
        raise _undetermined("how likely they are to leave", "b grows against a")
    return BetaGeometricNBD(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=value,
        customers=len(frequency),
        covariance=covariance * np.outer(parameters, parameters),
    )


def _undetermined(what: str, how: str) -> MetricInputError:
    return MetricInputError(
        f"history must be of customers that differ in {what}; got a likelihood that rises as {how} without limit"
    )


def fit_gamma_gamma(history: PurchaseHistory) -> GammaGamma:
    """Fit Gamma-Gamma by maximum likelihood, to the customers who came back.

    With x repeat purchases of mean z, a customer has the likelihood
    Γ(p x + q) / (Γ(p x) Γ(q)) γ^q z^(p x − 1) x^(p x) / (γ + x z)^(p x + q).

    Leaves out: customers without a repeat purchase.

    Args:
        history: one row for each customer, with the column ``mean_spend``; revenue, to which a margin applies after.

    Returns:
        The fitted model with standard errors from the observed information.

    Raises:
        MetricInputError: if fewer than two customers came back, one of them spent nothing, or all spent alike.

    Example:
        >>> import abmmetrics as abm
        >>> history = abm.PurchaseHistory(
        ...     account=range(6),
        ...     frequency=[1, 4, 2, 7, 3, 5],
        ...     recency=[9] * 6,
        ...     age=[9] * 6,
        ...     mean_spend=[8, 20, 35, 24, 90, 31],
        ... )
        >>> model = abm.fit_gamma_gamma(history)
        >>> round(model.mean_spend, 1)
        35.3

    References:
        Fader & Hardie (2013), note 025; Fader, Hardie & Lee (2005), Journal of Marketing Research 42.
    """
    spend = history.column("mean_spend")
    back = np.flatnonzero(history.frequency)
    wrong = back[~(spend[back] > 0)]
    if len(wrong):
        row = int(wrong[0])
        came = _checks.phrase(f"{spend[row]:g} with frequency={history.frequency[row]}")
        raise _checks.refuse("mean_spend", "be above 0 where there are repeat purchases", came, row)
    if len(back) < 2:  # noqa: PLR2004 - one customer differs from nobody
        came = _checks.phrase(_checks.how_many(len(back), "customers"))
        raise _checks.refuse("history", "hold two or more customers that came back", came)
    frequency, spend = history.frequency[back].astype(np.int64), spend[back]
    working, value, covariance = _purchasing.climb(
        lambda part: _purchasing.gamma_gamma(frequency[part], spend[part]),
        len(back),
        [0.0, 0.5, math.log(float(spend.mean()))],
    )
    parameters = np.exp(working)
    if parameters.max() / float(spend.mean()) > _BOUNDLESS or np.isnan(covariance).any():
        raise _undetermined("what they spend", "a parameter grows")
    varies = frequency.min() < frequency.max()
    return GammaGamma(
        p=float(parameters[0]),
        q=float(parameters[1]),
        gamma=float(parameters[2]),
        log_likelihood=value,
        customers=len(back),
        correlation=float(np.corrcoef(frequency, spend)[0, 1]) if varies else math.nan,
        covariance=covariance * np.outer(parameters, parameters),
    )


def probability_alive(model: BetaGeometricNBD, history: PurchaseHistory) -> Floats:
    """Probability that each customer has not left.

    1 / (1 + [x > 0] a / (b + x − 1) ((α + T) / (α + t))^(r + x)).

    Leaves out: customers without a repeat purchase cannot have left under this model, so theirs is 1.

    Args:
        model: a fitted model.
        history: one row for each customer, in the periods that the model was fitted in.

    Returns:
        Probabilities in [0, 1]; every history has them, so nothing is refused.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.BetaGeometricNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> history = abm.PurchaseHistory(account=["A", "B"], frequency=[2, 0], recency=[30.43, 0], age=[38.86, 38.86])
        >>> abm.probability_alive(model, history).round(4).tolist()
        [0.7266, 1.0]

    References:
        Fader, Hardie & Lee (2008), "Computing P(alive) using the BG/NBD model", note 021.
    """
    odds = _purchasing.log_odds_gone(model.parameters, history.frequency, history.recency, history.age)
    return np.asarray(np.exp(-np.logaddexp(0, odds)))


def conditional_expected_purchases(model: BetaGeometricNBD, history: PurchaseHistory, *, periods: float) -> Floats:
    """Purchases expected of each customer in so many periods ahead, given what it did.

    (a + b + x − 1) / (a − 1) (1 − ((α + T) / (α + T + n))^(r + x) 2F1(r + x, b + x; a + b + x − 1; n / (α + T + n)))
    times the probability that the customer is alive, n = periods.

    Leaves out: chance; a customer's own count is spread around it.

    Args:
        model: a fitted model.
        history: one row for each customer, in the periods that the model was fitted in.
        periods: periods ahead, at least 0.

    Returns:
        Expected numbers of purchases.

    Raises:
        MetricInputError: if ``periods`` is negative or thousands of times as long as customers were observed.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.BetaGeometricNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> history = abm.PurchaseHistory(account=["A"], frequency=[2], recency=[30.43], age=[38.86])
        >>> round(float(abm.conditional_expected_purchases(model, history, periods=39)[0]), 3)
        1.226

    References:
        Fader, Hardie & Lee (2005), Marketing Science 24, equation 10.
    """
    ahead = _ahead(model, periods, float(history.age.min(initial=math.inf)))
    alive = probability_alive(model, history)
    found = np.empty(len(history))
    for block in _purchasing.blocks(len(history)):
        found[block] = _purchasing.expected_if_alive(
            model.parameters, history.frequency[block], history.age[block], ahead
        )
    return found * alive


def expected_purchases(model: BetaGeometricNBD, *, periods: Values) -> Floats:
    """Repeat purchases expected of a new customer in so many periods.

    (a + b − 1) / (a − 1) (1 − (α / (α + n))^r 2F1(r, b; a + b − 1; n / (α + n))), n = periods.

    Leaves out: the first purchase.

    Args:
        model: a fitted model.
        periods: periods after the first purchase, at least 0.

    Returns:
        Expected numbers of repeat purchases, one for each number of periods.

    Raises:
        MetricInputError: if a number is negative or thousands of times alpha.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.BetaGeometricNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> abm.expected_purchases(model, periods=[1, 52]).round(3).tolist()
        [0.053, 1.446]

    References:
        Fader, Hardie & Lee (2005), Marketing Science 24, equation 9.
    """
    new = np.zeros(1)
    lengths = [_ahead(model, length, 0.0) for length in np.atleast_1d(periods).tolist()]
    found = [_purchasing.expected_if_alive(model.parameters, new, new, length) for length in lengths]
    return np.concatenate([*found, new[:0]])


def _ahead(model: BetaGeometricNBD, periods: float, age: float) -> float:
    length = _checks.in_interval("periods", periods, 0, math.inf, low_open=False)
    most = _MOST_TIMES * (model.alpha + age)
    if length > most:
        raise _checks.refuse("periods", f"be at most {most:,.0f} here, {_MOST_TIMES:,} times alpha and age", length)
    return length


def expected_average_spend(model: GammaGamma, history: PurchaseHistory) -> Floats:
    """Mean spend expected of each customer's purchases to come.

    E(M | x, z) = p (γ + x z) / (p x + q − 1): between the customer's own mean and that of all.

    Leaves out: whether there will be purchases; a customer without a repeat purchase gets the mean of all.

    Args:
        model: a fitted model.
        history: one row for each customer, with the column ``mean_spend``.

    Returns:
        Money for a purchase; infinite for a customer without a repeat purchase where q is 1 or less.

    Raises:
        MetricInputError: if the mean spend of a customer who came back is missing.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.GammaGamma(p=6.25, q=3.74, gamma=15.44)
        >>> history = abm.PurchaseHistory(
        ...     account=["A", "B"], frequency=[2, 0], recency=[30, 0], age=[38, 38], mean_spend=[22.35, 0]
        ... )
        >>> abm.expected_average_spend(model, history).round(1).tolist()
        [24.7, 35.2]

    References:
        Fader & Hardie (2013), note 025, equation 5.
    """
    spend = history.column("mean_spend")
    bought = history.frequency > 0
    missing = np.flatnonzero(bought & np.isnan(spend))
    if len(missing):
        came = _checks.phrase("a missing value")
        raise _checks.refuse("mean_spend", "be given where there are repeat purchases", came, int(missing[0]))
    total = model.gamma + np.where(bought, history.frequency * np.where(bought, spend, 0.0), 0.0)
    shape = model.p * history.frequency + model.q - 1
    with np.errstate(divide="ignore"):
        return np.where(shape > 0, model.p * total / np.where(shape > 0, shape, 1.0), np.inf)
