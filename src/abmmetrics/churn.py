"""Models of how long accounts stay under contract: shifted beta-geometric and beta-discrete-Weibull.

Accounts differ in how likely they are to leave at each renewal. Those likely to leave go first, so retention rises
with tenure although no account changes; a single churn rate misses that and undervalues accounts that stayed.
"""

import math
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _contractual, _special, _survival_curves
from abmmetrics._survival_curves import Curve
from abmmetrics.columns import Values
from abmmetrics.intervals import Interval
from abmmetrics.survivors import Survivors, cells_of

__all__ = [
    "BetaDiscreteWeibull",
    "Finding",
    "LikelihoodRatio",
    "ShiftedBetaGeometric",
    "ShiftedBetaGeometricSamples",
    "bootstrap_shifted_beta_geometric",
    "fit_beta_discrete_weibull",
    "fit_shifted_beta_geometric",
    "likelihood_ratio_test",
]

Floats: TypeAlias = NDArray[np.float64]
_MOST_RESAMPLES = 1_000_000


@attrs.frozen
class Finding:
    """Something about a sample that limits what it can tell.

    Attributes:
        name: a fixed name, for code.
        text: what it means, for people.

    Example:
        >>> import abmmetrics as abm
        >>> [finding.name for finding in abm.fit_shifted_beta_geometric([100, 100, 100]).findings]
        ['no_churn']
    """

    name: str
    text: str


def _given_curve(model: "ShiftedBetaGeometric | BetaDiscreteWeibull") -> Curve:
    """Return the curve of parameters that a caller gives rather than fits."""
    shapes = [_checks.in_interval(name, getattr(model, name), 0, math.inf) for name in ("alpha", "beta")]
    if isinstance(model, BetaDiscreteWeibull):
        shapes.append(_checks.in_interval("c", model.c, 0, math.inf))
        return Curve("beta_weibull", tuple(map(math.log, shapes)))
    return Curve("beta_geometric", tuple(map(math.log, shapes)))


@attrs.frozen(kw_only=True)
class ShiftedBetaGeometric:
    """Each account leaves at every renewal with a probability θ of its own, and θ follows a beta distribution.

    S(t) = B(α, β + t) / B(α, β), the share alive after t renewals. Retention at renewal t is
    (β + t − 1) / (α + β + t − 1).

    Attributes:
        alpha: first parameter of the beta distribution; infinite where all accounts have one churn rate.
        beta: second parameter; infinite likewise. Both are 0 where who renewed once stays for ever.
        log_likelihood: log-likelihood of the accounts; NaN where the parameters were given.
        accounts: accounts that it was fitted to.
        findings: what the sample could not tell.
        curve: the survival curve in the parameters that it was fitted in, with their covariance.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.ShiftedBetaGeometric(alpha=3.8, beta=15.2)
        >>> round(model.churn_rate, 3), model.retention_rates(3).round(3).tolist()
        (0.2, [0.8, 0.81, 0.819])

    References:
        Fader & Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21.
    """

    alpha: float
    beta: float
    log_likelihood: float = math.nan
    accounts: int = 0
    findings: tuple[Finding, ...] = ()
    curve: Curve = attrs.field(default=attrs.Factory(_given_curve, takes_self=True), repr=False, eq=False)

    @property
    def churn_rate(self) -> float:
        """Share of accounts that leave at their first renewal."""
        return _churn_rate(self.curve)

    @property
    def polarization(self) -> float:
        """1 / (α + β + 1): 0 where all accounts have the same churn rate, 1 where each is sure to leave or to stay."""
        return 1 / (self.alpha + self.beta + 1)

    @property
    def covariance(self) -> Floats:
        """Covariance of the estimates of alpha and beta; NaN where there is none."""
        return _covariance(self.curve, "beta_geometric", 2)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of alpha, beta and the churn rate, from the observed information; NaN where there is none."""
        return _standard_errors(("alpha", "beta"), self.covariance, self.curve)

    def intervals(self, confidence: float = 0.95) -> dict[str, Interval]:
        """Confidence intervals of alpha and beta, symmetric on the log scale; NaN where there is none.

        Args:
            confidence: confidence level, between 0 and 1.
        """
        return _intervals({"alpha": self.alpha, "beta": self.beta}, self.standard_errors, confidence)

    def retention_rates(self, renewals: int) -> Floats:
        """Return the share that renews, of those due, at renewal 1, 2, ..., up to a number of renewals."""
        return _retention_rates(self.curve, renewals)


@attrs.frozen(kw_only=True)
class BetaDiscreteWeibull:
    """A shifted beta-geometric in which churn may also rise or fall with tenure inside an account.

    S(t) = B(α, β + t^c) / B(α, β). With c = 1 it is the shifted beta-geometric; above 1 each
    account becomes more likely to leave, below 1 less.

    Attributes:
        alpha: first parameter of the beta distribution; infinite where all accounts have one churn rate.
        beta: second parameter; infinite likewise. Both are 0 where who renewed once stays for ever.
        c: how churn changes with tenure.
        log_likelihood: log-likelihood of the accounts; NaN where the parameters were given.
        accounts: accounts that it was fitted to.
        findings: what the sample could not tell.
        curve: the survival curve in the parameters that it was fitted in, with their covariance.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.BetaDiscreteWeibull(alpha=0.26, beta=1.72, c=1.58)
        >>> model.retention_rates(3).round(3).tolist()
        [0.869, 0.854, 0.883]

    References:
        Fader, Hardie, Liu, Davin & Steenburgh (2018), "How to project customer retention" revisited, Journal of
        Interactive Marketing 43.
    """

    alpha: float
    beta: float
    c: float
    log_likelihood: float = math.nan
    accounts: int = 0
    findings: tuple[Finding, ...] = ()
    curve: Curve = attrs.field(default=attrs.Factory(_given_curve, takes_self=True), repr=False, eq=False)

    @property
    def churn_rate(self) -> float:
        """Share of accounts that leave at their first renewal."""
        return _churn_rate(self.curve)

    @property
    def covariance(self) -> Floats:
        """Covariance of the estimates of alpha, beta and c; NaN where there is none."""
        return _covariance(self.curve, "beta_weibull", 3)

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard errors of alpha, beta, c and the churn rate, from the observed information; NaN where none."""
        return _standard_errors(("alpha", "beta", "c"), self.covariance, self.curve)

    def intervals(self, confidence: float = 0.95) -> dict[str, Interval]:
        """Confidence intervals of alpha, beta and c, symmetric on the log scale; NaN where there is none.

        Args:
            confidence: confidence level, between 0 and 1.
        """
        figures = {"alpha": self.alpha, "beta": self.beta, "c": self.c}
        return _intervals(figures, self.standard_errors, confidence)

    def retention_rates(self, renewals: int) -> Floats:
        """Return the share that renews, of those due, at renewal 1, 2, ..., up to a number of renewals."""
        return _retention_rates(self.curve, renewals)


def _churn_rate(curve: Curve) -> float:
    return -math.expm1(_log_survival(curve, np.array(curve.working), 1)[1])


def _log_survival(curve: Curve, working: Floats, last: int) -> Floats:
    return _survival_curves.log_survival(curve.family, working, np.arange(last + 1.0))


def _covariance(curve: Curve, family: str, size: int) -> Floats:
    if curve.family != family or curve.covariance is None:
        return np.full((size, size), math.nan)
    scale = np.exp(curve.working)
    return np.asarray(curve.covariance * np.outer(scale, scale))


def _standard_errors(names: tuple[str, ...], covariance: Floats, curve: Curve) -> dict[str, float]:
    errors = np.sqrt(np.diag(covariance)).tolist()
    if curve.family == "weibull" and "c" in names and curve.covariance is not None:
        errors[-1] = math.exp(curve.working[1]) * math.sqrt(curve.covariance[1, 1])
    churn = _survival_curves.spread(curve, lambda working: -np.expm1(_log_survival(curve, working, 1)[1:]))
    return {**dict(zip(names, errors, strict=True)), "churn_rate": float(churn[0])}


def _intervals(figures: dict[str, float], errors: dict[str, float], confidence: float) -> dict[str, Interval]:
    level = _checks.in_interval("confidence", confidence, 0, 1)
    z = float(_special.normal_quantile(0.5 + level / 2))
    found: dict[str, Interval] = {}
    for name, figure in figures.items():
        known = not math.isnan(errors[name])
        factor = math.exp(z * errors[name] / figure) if known else math.nan
        found[name] = Interval(figure / factor, figure * factor)
    return found


def _retention_rates(curve: Curve, renewals: int) -> Floats:
    last = _checks.as_whole("renewals", renewals, 1)
    logs = _log_survival(curve, np.array(curve.working), last)
    with np.errstate(invalid="ignore"):  # where nobody is left, nobody is due
        return np.exp(np.diff(logs))


def fit_shifted_beta_geometric(survivors: Survivors | Values) -> ShiftedBetaGeometric:
    """Fit the shifted beta-geometric by maximum likelihood.

    log L = Σ lost_t log (S(t − 1) − S(t)) + Σ alive_t log S(t), over accounts of all cohorts.

    Leaves out: accounts that came back; a return is a contract of its own. Where the sample does not
    show that accounts differ (a likelihood-ratio test against one churn rate at 5 %), the model has
    one churn rate and a finding says why.

    Args:
        survivors: accounts alive at period 0, 1, ..., T; several cohorts as a list of such lists, which may differ in
            length and have None where nobody counted; or counts of `count_survivors`.

    Returns:
        The fitted model with standard errors from the observed information.

    Raises:
        MetricInputError: if survivors rise, are not whole numbers, or nobody was due for renewal.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.fit_shifted_beta_geometric([1000, 869, 743, 653, 593, 551, 517, 491])
        >>> round(model.alpha, 3), round(model.beta, 3), round(model.log_likelihood, 1)
        (0.668, 3.806, -1611.2)

    References:
        Fader & Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21; (2010),
        note 017 for several cohorts.
    """
    cells = cells_of(survivors)
    fit = _contractual.fit_beta_geometric(cells)
    alpha, beta, _ = _shapes(fit.curve)
    return ShiftedBetaGeometric(
        alpha=alpha,
        beta=beta,
        log_likelihood=fit.log_likelihood,
        accounts=int(cells.accounts.sum()),
        findings=_findings(fit),
        curve=fit.curve,
    )


def fit_beta_discrete_weibull(survivors: Survivors | Values) -> BetaDiscreteWeibull:
    """Fit the beta-discrete-Weibull by maximum likelihood.

    log L = Σ lost_t log (S(t − 1) − S(t)) + Σ alive_t log S(t), over accounts of all cohorts.

    Leaves out: accounts that came back. Where the sample does not show that accounts differ (at 5 %),
    the model has one churn rate, which changes with tenure only as far as the sample shows.

    Args:
        survivors: as for `fit_shifted_beta_geometric`; three renewals or more to tell all parameters.

    Returns:
        The fitted model with standard errors from the observed information.

    Raises:
        MetricInputError: if survivors rise, are not whole numbers, or nobody was due for renewal.

    Example:
        >>> import abmmetrics as abm
        >>> model = abm.fit_beta_discrete_weibull([1000, 869, 743, 653, 593])
        >>> round(model.alpha, 3), round(model.beta, 3), round(model.c, 3)
        (0.259, 1.723, 1.584)

    References:
        Fader, Hardie, Liu, Davin & Steenburgh (2018), Journal of Interactive Marketing 43.
    """
    cells = cells_of(survivors)
    fit = _contractual.fit_beta_weibull(cells)
    alpha, beta, power = _shapes(fit.curve)
    return BetaDiscreteWeibull(
        alpha=alpha,
        beta=beta,
        c=power,
        log_likelihood=fit.log_likelihood,
        accounts=int(cells.accounts.sum()),
        findings=_findings(fit),
        curve=fit.curve,
    )


def _shapes(curve: Curve) -> tuple[float, float, float]:
    """Return α, β and c of a curve, or of the limit that it is."""
    match curve.family:
        case "beta_geometric" | "beta_weibull":
            alpha, beta, power = (*map(math.exp, curve.working), 1.0)[:3]
            return alpha, beta, power
        case "polarised":
            return 0.0, 0.0, 1.0
        case "weibull":
            return math.inf, math.inf, math.exp(curve.working[1])
        case _:
            return math.inf, math.inf, 1.0


def _findings(fit: _contractual.Fit) -> tuple[Finding, ...]:
    return () if fit.reason is None else (Finding(fit.reason, _contractual.TEXTS[fit.reason]),)


@attrs.frozen(kw_only=True)
class LikelihoodRatio:
    """Whether a wider model explains a sample better than a narrower one inside it.

    Attributes:
        statistic: twice the difference of the highest log-likelihoods.
        degrees_of_freedom: parameters that the wider model has more.
        p_value: how often chance alone gives as large a statistic where the narrower model holds.

    Example:
        >>> import abmmetrics as abm
        >>> found = abm.likelihood_ratio_test([1000, 869, 743, 653, 593])
        >>> round(found.statistic, 2), found.degrees_of_freedom, round(found.p_value, 3)
        (4.77, 1, 0.029)
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float


def likelihood_ratio_test(survivors: Survivors | Values) -> LikelihoodRatio:
    """Test the shifted beta-geometric (c = 1) against the beta-discrete-Weibull.

    statistic = 2 (log L of the beta-discrete-Weibull − log L of the shifted beta-geometric), which follows
    a chi-square distribution with 1 degree of freedom where c = 1.

    Leaves out: that accounts of one cohort may share what happens to them, which the test takes as chance.

    Args:
        survivors: as for `fit_shifted_beta_geometric`.

    Returns:
        The statistic and its p-value: a small one says that churn changes with tenure inside accounts.

    Raises:
        MetricInputError: if survivors rise, are not whole numbers, or nobody was due for renewal.

    Example:
        >>> import abmmetrics as abm
        >>> found = abm.likelihood_ratio_test([1000, 869, 743, 653, 593])
        >>> round(found.statistic, 2), round(found.p_value, 3)
        (4.77, 0.029)

    References:
        Fader, Hardie, Liu, Davin & Steenburgh (2018), Journal of Interactive Marketing 43.
    """
    narrow, wide = _contractual.highest(cells_of(survivors))
    statistic = 2 * (wide - narrow)
    return LikelihoodRatio(statistic=statistic, degrees_of_freedom=1, p_value=math.erfc(math.sqrt(statistic / 2)))


@attrs.frozen(kw_only=True, eq=False)
class ShiftedBetaGeometricSamples:
    """Fits to resampled accounts: how much the parameters would vary.

    Attributes:
        alpha: of each resample; infinite where it shows one churn rate.
        beta: of each resample; infinite likewise.
        churn_rate: share that leaves at the first renewal, of each resample.

    Example:
        >>> import abmmetrics as abm
        >>> found = abm.bootstrap_shifted_beta_geometric([1000, 869, 743, 653, 593, 551], resamples=200, seed=1)
        >>> low, high = sorted(found.churn_rate)[4], sorted(found.churn_rate)[-5]
        >>> bool(0.11 < low < 0.14 < high < 0.17)
        True
    """

    alpha: Floats
    beta: Floats
    churn_rate: Floats


def bootstrap_shifted_beta_geometric(
    survivors: Survivors | Values, *, resamples: int = 1000, seed: int
) -> ShiftedBetaGeometricSamples:
    """Fit the shifted beta-geometric to accounts drawn with replacement, many times in one go.

    Leaves out: everything but which accounts were in the sample; cohorts are drawn together.

    Args:
        survivors: as for `fit_shifted_beta_geometric`.
        resamples: how many times to draw as many accounts as there are.
        seed: where the random numbers start, so that a result can be had again.

    Returns:
        The parameters of each resample.

    Raises:
        MetricInputError: if an argument is outside its range, or as for `fit_shifted_beta_geometric`.

    Example:
        >>> import abmmetrics as abm
        >>> found = abm.bootstrap_shifted_beta_geometric([1000, 869, 743, 653, 593, 551], resamples=200, seed=1)
        >>> bool(0.1 < found.churn_rate.mean() < 0.2), len(found.alpha)
        (True, 200)

    References:
        Efron & Tibshirani (1993), An Introduction to the Bootstrap.
    """
    cells = cells_of(survivors)
    count = _checks.as_whole("resamples", resamples, 1)
    if count > _MOST_RESAMPLES:
        raise _checks.refuse("resamples", f"be at most {_MOST_RESAMPLES:,}", count)
    random = np.random.default_rng(_checks.as_whole("seed", seed, 0))
    accounts = int(cells.accounts.sum())
    drawn = random.multinomial(accounts, cells.accounts[0] / accounts, size=count).astype(np.float64)
    alpha, beta, churn_rate = _contractual.fit_many(attrs.evolve(cells, accounts=drawn))
    return ShiftedBetaGeometricSamples(alpha=alpha, beta=beta, churn_rate=churn_rate)
