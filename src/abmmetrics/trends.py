"""Trends: whether a KPI rises or falls over ordered periods."""

import math
import re
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _special
from abmmetrics._reading import read_column
from abmmetrics._spread import ScoreSpread
from abmmetrics.columns import Values
from abmmetrics.results import SIGNED, Estimate

__all__ = ["Trend", "cochran_armitage", "trend"]

Floats: TypeAlias = NDArray[np.float64]
Verdict: TypeAlias = Literal["declining", "rising", "no_clear_change", "insufficient_data"]

_FEWEST_PERIODS = 4
_WORTH_SEEING = 0.5


@attrs.frozen(kw_only=True)
class Trend:
    """Whether a KPI rises or falls over periods.

    Attributes:
        kpi: name of the KPI.
        verdict: ``declining``, ``rising``, ``no_clear_change`` or ``insufficient_data``.
        slope: change for each period, in the KPI's unit.
        slope_low: lower limit of the slope.
        slope_high: upper limit.
        relative_change: fitted last period over fitted first, less 1.
        fitted_first: figure of the first period with a value on the line fitted, NaN where there is none.
        fitted_last: that of the last.
        p_value: two-sided, of a slope so clear if there were none.
        dispersion: how much more the periods scatter than independent trials would; NaN where trials are not counted.
        periods: number of periods with a value.
        confidence: confidence level of verdict and interval.
        method: how the test was done.
        notes: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(
        ...     account="A",
        ...     delivered=[410, 396, 431, 402, 420, 398, 415, 405],
        ...     opened=[61, 58, 66, 49, 55, 41, 44, 36],
        ...     segments={"month": [f"2026-0{month}" for month in range(1, 9)]},
        ... )
        >>> found = abm.trend(abm.open_rate(emails, by="month"))
        >>> found.verdict, found.periods, round(found.relative_change, 2)
        ('declining', 8, -0.41)
    """

    kpi: str
    verdict: Verdict
    slope: float
    slope_low: float
    slope_high: float
    relative_change: float
    fitted_first: float
    fitted_last: float
    p_value: float
    dispersion: float
    periods: int
    confidence: float
    method: str
    notes: tuple[str, ...] = ()


@attrs.frozen
class _Line:
    """A weighted straight line through values over time."""

    centre: float
    mean: float
    slope: float
    leverage: float

    def at(self, times: Floats) -> Floats:
        return self.mean + self.slope * (times - self.centre)


def _fit_line(times: Floats, weights: Floats, values: Floats) -> _Line:
    centre, mean = float(np.average(times, weights=weights)), float(np.average(values, weights=weights))
    leverage = float((weights * (times - centre) ** 2).sum())
    slope = float((weights * (times - centre) * (values - mean)).sum()) / leverage
    return _Line(centre, mean, slope, leverage)


def cochran_armitage(successes: Values, n: Values, *, times: Values | None = None) -> float:
    r"""Return the Cochran–Armitage statistic for a trend in shares of independent trials.

    z = Σ x (t − t̄) / √(p (1 − p) Σ n (t − t̄)²), with t̄ weighted by n and p the pooled share;
    z² is the chi-square statistic with one degree of freedom.

    Leaves out: scatter beyond that of independent trials, which :func:`trend` allows for.

    Args:
        successes: successes of each period.
        n: trials of each period, at least as many.
        times: when the periods were; 0, 1, 2, ... where not given.

    Returns:
        The statistic, standard normal without a trend; NaN where all trials succeed or fail or all times agree.

    Raises:
        MetricInputError: if successes exceed trials or the lengths differ.

    Example:
        >>> import abmmetrics as abm
        >>> round(abm.cochran_armitage([83, 90, 129, 70], [86, 93, 136, 82]) ** 2, 4)
        8.2249

    References:
        Armitage (1955), Biometrics 11, 375–386.
    """
    some, whole = (
        _checks.as_amounts(name, read_column(name, given)) for name, given in (("successes", successes), ("n", n))
    )
    when = (
        np.arange(len(whole), dtype=np.float64)
        if times is None
        else _checks.as_signed_amounts("times", read_column("times", times))
    )
    _checks.same_length({"successes": len(some), "n": len(whole), "times": len(when)})
    _checks.at_most("successes", "n", some, whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = some.sum() / whole.sum()
        centred = when - (whole * when).sum() / whole.sum()
        return float((some * centred).sum() / np.sqrt(share * (1 - share) * (whole * centred**2).sum()))


def trend(estimate: Estimate, *, confidence: float = 0.95) -> Trend:
    r"""Tell whether a KPI rises or falls over ordered periods.

    slope = Σ w (t − t̄)(y − ȳ) / Σ w (t − t̄)², with w the denominators (1 where there are
    none), tested by Student's t with periods − 2 degrees of freedom on the scatter of the
    periods about the line. For shares of trials that is the Cochran–Armitage test with
    quasi-binomial dispersion, which is never taken below 1.

    Leaves out: seasons, and changes of level that are not a slope. "Three falls in a row" is
    no test: it happens by chance in 11 % of series of 6 periods and 28 % of 12.

    Args:
        estimate: a KPI by period: one segment whose labels are in order, such as those of
            :func:`~abmmetrics.period` (gaps between months, quarters and years count) or whole numbers.
        confidence: 1 − the false-alarm rate: at most that share of series without a trend is called rising or declining.

    Returns:
        The verdict with slope and p-value. ``insufficient_data`` with fewer than 4 periods, or
        where no slope is clear and even a change by half over the whole series would have stayed unseen.

    Raises:
        MetricInputError: if the estimate is not by one segment, or groups are suppressed.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(
        ...     account=["A"] * 8,
        ...     delivered=[410, 396, 431, 402, 420, 398, 415, 405],
        ...     opened=[61, 58, 66, 49, 55, 41, 44, 36],
        ...     segments={"month": [f"2026-0{month}" for month in range(1, 9)]},
        ... )
        >>> opens = abm.trend(abm.open_rate(emails, by="month"))
        >>> opens.verdict, round(opens.slope, 6), round(opens.p_value, 4)
        ('declining', -0.009092, 0.0114)

    References:
        Armitage (1955), Biometrics 11, 375–386; McCullagh and Nelder (1989), Generalized Linear Models, section 4.5.
    """
    level = _checks.in_interval("confidence", confidence, 0, 1)
    if len(estimate.groups) != 1:
        raise _checks.refuse("estimate", "be by one segment of ordered periods", list(estimate.groups))
    if estimate.suppressed.any():
        raise _checks.refuse("estimate", "have no suppressed period", int(estimate.suppressed.sum()))
    times_all, spacing = period_times(estimate.labels)
    weights_all = np.ones(len(estimate)) if estimate.denominator is None else estimate.denominator
    held = ~np.isnan(estimate.value) & (weights_all > 0)
    notes = [] if held.all() else [f"{int((~held).sum())} periods without a value are left out"]
    times, weights, values = times_all[held], weights_all[held], estimate.value[held]
    method = f"weighted slope, Student's t, periods spaced {spacing}"
    if len(times) < _FEWEST_PERIODS:
        notes.append(f"a trend takes at least {_FEWEST_PERIODS} periods with a value")
        return _verdictless(estimate.kpi, len(times), level, method, notes)
    line = _fit_line(times, weights, values)
    scatter = float((weights * (values - line.at(times)) ** 2).sum()) / (len(times) - 2)
    dispersion = math.nan
    if estimate.trials:
        chance = _chance_variance(estimate, weights_all, line.mean)
        dispersion = scatter / chance if chance > 0 else math.nan
        scatter = max(scatter, chance)
    error = math.sqrt(scatter / line.leverage)
    slope = line.slope
    # All periods equal: no slope and no scatter.
    clarity = slope / error if error > 0 else math.copysign(math.inf, slope) if slope else 0.0
    freedom = len(times) - 2
    p_value = float(2 * _special.t_cdf(-abs(clarity), freedom))
    half = float(_special.t_quantile(0.5 + level / 2, freedom)) * error
    first, last = line.at(times[[0, -1]]).tolist()
    unseen = half * (times[-1] - times[0]) > _WORTH_SEEING * abs(line.mean) and estimate.unit not in SIGNED
    verdict: Verdict = "no_clear_change"
    if p_value < 1 - level:
        verdict = "declining" if slope < 0 else "rising"
    elif unseen:
        verdict = "insufficient_data"
        notes.append("a change by half over these periods would have stayed unseen")
    return Trend(
        kpi=estimate.kpi,
        verdict=verdict,
        slope=slope,
        slope_low=slope - half,
        slope_high=slope + half,
        relative_change=last / first - 1 if first > 0 and estimate.unit not in SIGNED else math.nan,
        fitted_first=first,
        fitted_last=last,
        p_value=p_value,
        dispersion=dispersion,
        periods=len(times),
        confidence=level,
        method=method,
        notes=tuple(notes),
    )


def _chance_variance(estimate: Estimate, weights: Floats, mean: float) -> float:
    """Return the variance of one trial if all periods were alike."""
    if isinstance(estimate.spread, ScoreSpread):
        counted = estimate.spread
        answers = counted.detractors + counted.passives + counted.promoters
        with np.errstate(invalid="ignore"):
            off_middle = (counted.detractors + counted.promoters) / answers
        return float(1e4 * np.average(off_middle[weights > 0], weights=weights[weights > 0]) - mean**2)
    return mean * (1 - mean)


def _verdictless(kpi: str, periods: int, confidence: float, method: str, notes: Sequence[str]) -> Trend:
    return Trend(
        kpi=kpi,
        verdict="insufficient_data",
        slope=math.nan,
        slope_low=math.nan,
        slope_high=math.nan,
        relative_change=math.nan,
        fitted_first=math.nan,
        fitted_last=math.nan,
        p_value=math.nan,
        dispersion=math.nan,
        periods=periods,
        confidence=confidence,
        method=method,
        notes=tuple(notes),
    )


_PERIOD = re.compile(r"(?:FY)?(\d{4})(?:/\d{2})?(?:-(Q?)(\d{1,2}))?")


def period_times(labels: Sequence[Any]) -> tuple[Floats, str]:
    """Return when the periods were, and in what they are counted."""
    if all(isinstance(label, int) for label in labels):
        return np.array(labels, dtype=np.float64), "as numbered"
    found = [_PERIOD.fullmatch(str(label)) for label in labels]
    kinds = {(match.group(2), match.group(3) is None) for match in found if match}
    if all(found) and len(kinds) == 1:
        quarter, year = next(iter(kinds))
        per_year, name = (1, "by year") if year else (4, "by quarter") if quarter else (12, "by month")
        return np.array(
            [int(match.group(1)) * per_year + int(match.group(3) or 1) for match in found if match], dtype=np.float64
        ), name
    return np.arange(len(labels), dtype=np.float64), "evenly"
