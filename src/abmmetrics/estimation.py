"""From account sums to a value and its interval.

Rows of one account are not independent, so every interval comes from leaving one account
out at a time: the spread of the values so obtained is the uncertainty of the value itself.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics._spread import ScoreSpread, ShareSpread, Spread, StudentSpread, TotalSpread
from abmmetrics._sums import AccountSums
from abmmetrics.results import Estimate, Influences, Unit
from abmmetrics.tables import By, Table

__all__ = ["estimate"]

Floats = NDArray[np.float64]
Formula = Callable[..., Any]

_FEW = "fewer than 2 {}: no interval"


@attrs.frozen(eq=False)
class LeaveOneOut:
    """What leaving out one account at a time shows.

    Attributes:
        value: the formula of each group's sums.
        accounts: number of accounts that contribute to each group.
        shift: for each cell how far the value without it lies from the mean of such values; 0 where it adds nothing.
        variance: jackknife variance of each group's value; NaN with fewer than 2 accounts.
        freedom: degrees of freedom of that variance.
    """

    value: Floats
    accounts: Floats
    shift: Floats
    variance: Floats
    freedom: Floats


def leave_one_out(sums: AccountSums, formula: Formula, inputs: Sequence[Floats], weights: Floats | None) -> LeaveOneOut:
    """Evaluate a formula of group sums with every account, and without each in turn.

    Args:
        sums: which cell belongs to which group.
        formula: maps sums, as arrays, to figures of the same length.
        inputs: the cells' figures that the formula's arguments are sums of.
        weights: how much of the denominator each cell holds, where there is one.
    """
    contributes = np.zeros(len(sums.group), dtype=bool)
    for figures in inputs:
        contributes |= figures != 0
    accounts = sums.total(contributes.astype(np.float64))
    totals = [sums.total(figures) for figures in inputs]
    # Zero denominators are undefined values by design, told by their NaN.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = _finite(formula(*totals))
        others = _finite(formula(*(total[sums.group] - figures for total, figures in zip(totals, inputs, strict=True))))
        mean = sums.total(np.where(contributes, others, 0.0)) / accounts
        shift = np.where(contributes, others - mean[sums.group], 0.0)
        squares = sums.total(shift**2)
        variance = np.where(accounts > 1, (accounts - 1) / accounts * squares, math.nan)
        freedom = np.maximum(accounts - 1, 1.0)
        # One giant account leaves fewer effective accounts than there are names (Satterthwaite; Kish).
        fourth = sums.total(shift**4) - squares**2 / accounts
        spread_out = np.where(fourth > 1e-12 * squares**2, 2 * squares**2 / fourth, math.inf)
        freedom = np.fmin(freedom, spread_out)
        if weights is not None:
            freedom = np.fmin(freedom, sums.total(weights) ** 2 / sums.total(weights**2) - 1)
    return LeaveOneOut(value, accounts, shift, variance, np.maximum(freedom, 1.0))


def _finite(values: Any) -> Floats:  # noqa: ANN401 - whatever a user's formula returns
    """Return figures with every infinity (a division by zero) as NaN."""
    figures = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(figures), figures, math.nan)


def _build(  # noqa: PLR0913 - the one place where an estimate is put together
    kpi: str,
    unit: Unit,
    sums: AccountSums,
    value: Floats,
    accounts: Floats,
    spread: Spread,
    change: Floats,
    *,
    confidence: float,
    method: str,
    undefined: str,
    quotient: tuple[Floats, Floats] | None = None,
    trials: bool = False,
    remarks: Sequence[str] = (),
    flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Estimate:
    counted = f"{sums.unit}s"
    few = (accounts < 2) & ~np.isnan(value)  # noqa: PLR2004 - a spread takes two
    low, high = spread.limits(_checks.in_interval("confidence", confidence, 0, 1))
    drawn = ~few & ~np.isnan(value)
    numerator, denominator = quotient or (None, None)
    return Estimate(
        kpi=kpi,
        unit=unit,
        value=value,
        low=np.where(drawn, low, math.nan),
        high=np.where(drawn, high, math.nan),
        numerator=numerator,
        denominator=denominator,
        accounts=accounts,
        rows=sums.total(sums.rows.astype(np.float64)),
        confidence=confidence,
        method=method if sums.unit != "row" else f"{method}; rows independent: there is no account column",
        counted=counted,
        excluded=sums.excluded,
        groups=sums.groups,
        suppressed=np.zeros(len(value), dtype=bool),
        remarks=tuple(remarks),
        flags={f"undefined: {undefined}": np.isnan(value), _FEW.format(counted): few, **(flags or {})},
        trials=trials,
        spread=spread,
        influences=Influences(sums.group, sums.account, sums.account_names, change),
    )


def share(  # noqa: PLR0913 - keyword-only settings of one estimate
    kpi: str,
    sums: AccountSums,
    numerator: Floats,
    denominator: Floats,
    *,
    confidence: float,
    of_money: bool = False,
    undefined: str = "the denominator is 0",
    remarks: Sequence[str] = (),
    flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Estimate:
    """Estimate a share: a part of a sum, between 0 and 1.

    Args:
        kpi: name of the KPI.
        sums: the account sums that the cells belong to.
        numerator: the part, for each cell.
        denominator: the whole, for each cell.
        confidence: confidence level.
        of_money: True where parts are amounts, which are not so many independent trials as their sum.
        undefined: why a value is NaN.
        remarks: notes on the whole result.
        flags: remark to the groups that it holds for.

    Returns:
        The share of each group with Wilson's interval on the number of trials that the
        accounts' differences leave; exactly Wilson's where each account is one trial.
    """
    found = leave_one_out(sums, np.divide, [numerator, denominator], denominator)
    parts, trials = sums.total(numerator), sums.total(denominator)
    value, accounts = found.value, found.accounts
    most = np.minimum(trials, accounts) if of_money else trials
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.fmin(most, value * (1 - value) / found.variance)
    effective = np.where((value <= 0) | (value >= 1), accounts, effective)
    exact = _one_trial_each(sums, denominator) & (not of_money)
    spread = ShareSpread(value, np.where(exact, trials, effective), np.where(exact, math.inf, found.freedom))
    return _build(
        kpi,
        "share",
        sums,
        value,
        accounts,
        spread,
        _influences(sums, found),
        confidence=confidence,
        method="Wilson score, one trial for each account" if exact.all() else "account jackknife, Wilson score",
        undefined=undefined,
        quotient=(parts, trials),
        trials=not of_money,
        remarks=remarks,
        flags=flags,
    )


def _one_trial_each(sums: AccountSums, trials: Floats) -> NDArray[np.bool_]:
    """Tell which groups have exactly one trial for each account (or no accounts): there the published interval holds."""
    if sums.unit == "row":
        return np.ones(sums.size, dtype=bool)
    return sums.total(((trials != 1) & (trials != 0)).astype(np.float64)) == 0


def _influences(sums: AccountSums, found: LeaveOneOut) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt((found.accounts - 1) / found.accounts)
    return cast("Floats", found.shift * factor[sums.group])


def quantity(  # noqa: PLR0913 - keyword-only settings of one estimate
    kpi: str,
    sums: AccountSums,
    formula: Formula,
    inputs: Sequence[Floats],
    *,
    unit: Unit,
    confidence: float,
    undefined: str = "the denominator is 0",
    quotient: tuple[Floats, Floats] | None = None,
    remarks: Sequence[str] = (),
    flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Estimate:
    """Estimate any smooth formula of account sums: ratios, averages, products such as sales velocity.

    Args:
        kpi: name of the KPI.
        sums: the account sums that the cells belong to.
        formula: maps sums, as arrays, to figures of the same length.
        inputs: for each argument of the formula the cells' figures.
        unit: what the value is measured in.
        confidence: confidence level.
        undefined: why a value is NaN.
        quotient: the cells' numerator and denominator, where the formula is one.
        remarks: notes on the whole result.
        flags: remark to the groups that it holds for.

    Returns:
        The value of each group with Student's t interval, on the logarithmic scale where
        the value stays positive whichever account is left out.
    """
    found = leave_one_out(sums, formula, inputs, None if quotient is None else quotient[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = leave_one_out(
            sums, lambda *totals: np.log(formula(*totals)), inputs, None if quotient is None else quotient[1]
        )
    logarithmic = (found.value > 0) & ~np.isnan(logs.variance)
    spread = StudentSpread(
        found.value,
        np.sqrt(np.where(logarithmic, logs.variance, found.variance)),
        np.where(logarithmic, logs.freedom, found.freedom),
        logarithmic,
    )
    return _build(
        kpi,
        unit,
        sums,
        found.value,
        found.accounts,
        spread,
        _influences(sums, found),
        confidence=confidence,
        method="account jackknife, Student's t"
        + (" on the logarithmic scale" if logarithmic[~np.isnan(found.value)].all() else ""),
        undefined=undefined,
        quotient=None if quotient is None else (sums.total(quotient[0]), sums.total(quotient[1])),
        remarks=remarks,
        flags=flags,
    )


def ratio(  # noqa: PLR0913 - keyword-only settings of one estimate
    kpi: str,
    sums: AccountSums,
    numerator: Floats,
    denominator: Floats,
    *,
    unit: Unit,
    confidence: float,
    undefined: str = "the denominator is 0",
    remarks: Sequence[str] = (),
    flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Estimate:
    """Estimate a quotient of sums that is not a share: an average, a ratio of money.

    The arguments are those of :func:`share` and :func:`quantity`.
    """
    return quantity(
        kpi,
        sums,
        np.divide,
        [numerator, denominator],
        unit=unit,
        confidence=confidence,
        undefined=undefined,
        quotient=(numerator, denominator),
        remarks=remarks,
        flags=flags,
    )


def total(  # noqa: PLR0913 - keyword-only settings of one estimate
    kpi: str,
    sums: AccountSums,
    amounts: Floats,
    *,
    unit: Unit,
    confidence: float,
    remarks: Sequence[str] = (),
    flags: Mapping[str, NDArray[np.bool_]] | None = None,
) -> Estimate:
    """Estimate a total: of deals, customers, money.

    Args:
        kpi: name of the KPI.
        sums: the account sums that the cells belong to.
        amounts: the cells' figures, >= 0.
        unit: what the value is measured in.
        confidence: confidence level.
        remarks: notes on the whole result.
        flags: remark to the groups that it holds for.

    Returns:
        The total of each group with Fay and Feuer's interval: what the same programme would
        have brought with other luck, each account's total being one Poisson event. Where
        every account counts one it is Garwood's exact interval.
    """
    value = sums.total(amounts)
    largest = np.zeros(sums.size)
    np.maximum.at(largest, sums.group, amounts)
    accounts = sums.total((amounts != 0).astype(np.float64))
    single = sums.total(((amounts != 1) & (amounts != 0)).astype(np.float64)) == 0
    found = _build(
        kpi,
        unit,
        sums,
        value,
        accounts,
        TotalSpread(value, sums.total(amounts**2), largest),
        -amounts,
        confidence=confidence,
        method="Garwood exact Poisson" if single.all() else "Fay and Feuer's interval of account totals",
        undefined="there are no rows",
        remarks=remarks,
        flags=flags,
    )
    return found


def net_score(  # noqa: PLR0913 - keyword-only settings of one estimate
    kpi: str,
    sums: AccountSums,
    detractors: Floats,
    passives: Floats,
    promoters: Floats,
    *,
    confidence: float,
    remarks: Sequence[str] = (),
) -> Estimate:
    """Estimate a net promoter score: promoters less detractors, in points of 100 answers.

    Args:
        kpi: name of the KPI.
        sums: the account sums that the cells belong to.
        detractors: the cells' number of detractors.
        passives: the cells' number of passives.
        promoters: the cells' number of promoters.
        confidence: confidence level.
        remarks: notes on the whole result.

    Returns:
        The score of each group with Tango's score interval on the number of answers that
        the accounts' differences leave; exactly Tango's where each account is one answer.
    """
    answers = detractors + passives + promoters
    found = leave_one_out(sums, _score, [promoters, detractors, answers], answers)
    counted = [sums.total(figures) for figures in (detractors, passives, promoters)]
    all_answers = sums.total(answers)
    with np.errstate(divide="ignore", invalid="ignore"):
        single = ((counted[0] + counted[2]) / all_answers - (found.value / 100) ** 2) * 1e4
        effective = np.fmin(all_answers, np.where(single > 0, single / found.variance, found.accounts))
        exact = _one_trial_each(sums, answers)
        scale = np.where(exact, 1.0, effective / all_answers)
    spread = ScoreSpread(*(figures * scale for figures in counted), np.where(exact, math.inf, found.freedom))
    return _build(
        kpi,
        "points",
        sums,
        found.value,
        found.accounts,
        spread,
        _influences(sums, found),
        confidence=confidence,
        method="Tango score, one answer for each account" if exact.all() else "account jackknife, Tango score",
        undefined="there are no answers",
        quotient=(counted[2] - counted[0], all_answers),
        trials=True,
        remarks=remarks,
    )


def _score(promoters: Floats, detractors: Floats, answers: Floats) -> Floats:
    return cast("Floats", 100 * (promoters - detractors) / answers)


def estimate(  # noqa: PLR0913 - keyword-only settings of one estimate
    formula: Formula,
    table: Table,
    *,
    columns: Sequence[str] | Mapping[str, NDArray[Any]],
    by: By = None,
    confidence: float = 0.95,
    kpi: str = "estimate",
    unit: Unit = "ratio",
) -> Estimate:
    r"""Estimate a KPI of one's own: any smooth formula of column sums.

    value = formula(Σ column 1, Σ column 2, ...), with the sums over all accounts; its
    interval comes from leaving one account out at a time.

    Leaves out: formulas that are not functions of sums, such as medians.

    Args:
        formula: takes one array of sums for each column, in their order, and returns an
            array of figures; written with numpy or plain arithmetic.
        table: the table to sum.
        columns: names of the table's columns, or arrays of the table's length by name.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.
        kpi: name of the result.
        unit: what the value is measured in.

    Returns:
        The value of each group; NaN where the formula divides by zero.

    Raises:
        MetricInputError: if a column or segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> emails = abm.Emails(
        ...     account=["A", "A", "B", "C"], delivered=[10, 12, 8, 20], opened=[5, 4, 3, 9], replied=[1, 0, 1, 2]
        ... )
        >>> replies = abm.estimate(
        ...     lambda replied, opened: replied / opened,
        ...     emails,
        ...     columns=["replied", "opened"],
        ...     kpi="replies for each open",
        ... )
        >>> round(float(replies), 4)
        0.1905

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 11.
    """
    sums = table.account_sums(columns, by)
    inputs = [sums[name] for name in columns]
    return quantity(
        kpi, sums, formula, inputs, unit=unit, confidence=confidence, undefined="the formula divides by zero"
    )
