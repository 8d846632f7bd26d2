"""From account sums to a value and its interval.

Rows of one account are not independent, so every interval comes from leaving one account
out at a time: the spread of the values so obtained is the uncertainty of the value itself.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks
from abmmetrics._spread import MoneyShareSpread, ScoreSpread, ShareSpread, Spread, StudentSpread, TotalSpread
from abmmetrics._sums import AccountSums
from abmmetrics.columns import Values
from abmmetrics.results import Estimate, Influences, Unit
from abmmetrics.tables import By, Table

__all__ = ["estimate"]

Floats = NDArray[np.float64]
Formula = Callable[..., Any]

_FEW = "fewer than 2 {}: no interval"
_RESTS_ON_ONE = "undefined without one of the {}: no interval"
_ALL_ZERO = "0 at each of the {}, which tells nothing of how they differ: no interval"


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class LeaveOneOut:
    """What leaving out one account at a time shows.

    Attributes:
        totals: the groups' sums of the inputs.
        value: the formula of those.
        accounts: number of accounts that contribute to each group.
        contributes: for each cell whether it adds anything.
        without: for each cell the group's value without it.
        shift: for each cell how far the value without it lies from the mean of such values; 0 where it adds nothing.
        variance: jackknife variance of each group's value; NaN with fewer than 2 accounts.
        freedom: degrees of freedom of that variance, at least 1.
    """

    totals: list[Floats]
    value: Floats
    accounts: Floats
    contributes: NDArray[np.bool_]
    without: Floats
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
    contributes = functools.reduce(np.logical_or, (figures != 0 for figures in inputs))
    totals = [sums.total(figures) for figures in inputs]
    # Zero denominators are undefined values by design, told by their NaN.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = _finite(formula(*totals))
        rest = [
            total[sums.group] - figures
            for total, figures in zip(totals, inputs, strict=True)  # mutation: equivalent, each input has a total
        ]
        without = _finite(formula(*rest))
        return _dispersion(sums, totals, value, contributes, without, weights)


def _dispersion(  # noqa: PLR0917 - what leave_one_out found out
    sums: AccountSums,
    totals: list[Floats],
    value: Floats,
    contributes: NDArray[np.bool_],
    without: Floats,
    weights: Floats | None,
) -> LeaveOneOut:
    """Return how far the values without one account scatter, and how well that is known.

    The degrees of freedom are the smallest of: accounts - 1; Kish's effective number of
    accounts - 1; and half of what Satterthwaite's formula, 2 (Σ d²)² / (Σ d⁴ - (Σ d²)² / m),
    makes of the shifts d. Half, because the formula holds for normal figures, and those of
    accounts have long tails, of which few accounts show too little: with all of it, an
    average over lognormal deals (σ 1.2) covers 90 % at 10 accounts and 91.5 % at 25, with
    half of it 92 % and 93.5 %; normal figures move from 95.2 % to 96.2 % and 95.3 %.
    """
    accounts = sums.total(contributes)
    mean = sums.total(np.where(contributes, without, 0.0)) / accounts
    shift = np.where(contributes, without - mean[sums.group], 0.0)
    squared = shift * shift
    squares = sums.total(squared)
    variance = np.where(accounts > 1, (accounts - 1) / accounts * squares, math.nan)
    freedom = accounts - 1
    fourth = sums.total(squared * squared) - squares**2 / accounts
    differ = fourth > 1e-12 * squares**2  # mutation: equivalent, rounding would leave more freedom than accounts do
    freedom = np.fmin(freedom, np.where(differ, squares**2 / fourth, math.inf))
    if weights is not None:
        freedom = np.fmin(freedom, sums.total(weights) ** 2 / sums.total(weights * weights) - 1)
    return LeaveOneOut(totals, value, accounts, contributes, without, shift, variance, np.fmax(freedom, 1.0))


def _finite(values: Any) -> Floats:  # noqa: ANN401 - whatever a user's formula returns
    """Return figures with every infinity (a division by zero) as NaN."""
    figures = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(figures), figures, math.nan)


def build(  # noqa: PLR0917 - the one place where an estimate is put together
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
    """Put an estimate together from its values and what draws their intervals."""
    counted = f"{sums.unit}s"
    unknown = np.isnan(value)
    few = (accounts < 2) & ~unknown  # noqa: PLR2004 - a spread takes two
    low, high = spread.limits(_checks.in_interval("confidence", confidence, 0, 1))
    # A limit of NaN beside a value would be silence: say what is missing.
    drawn = ~(few | unknown)
    rests_on_one = drawn & np.isnan(low)
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
        flags={
            f"undefined: {undefined}": unknown,
            _FEW.format(counted): few,
            _RESTS_ON_ONE.format(counted): rests_on_one & (value != 0),
            _ALL_ZERO.format(counted): rests_on_one & (value == 0),
            **(flags or {}),
        },
        trials=trials,
        spread=spread,
        influences=Influences(sums.group, sums.account, sums.account_names, change),
    )


def share(
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
    parts, trials = found.totals
    value, accounts = found.value, found.accounts
    inside = (value > 0) & (value < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # All or none: nothing shows how accounts differ, and each counts as one trial.
        effective = np.where(inside, value * (1 - value) / found.variance, accounts)
    exact = np.zeros(sums.size, dtype=bool)
    spread: Spread
    if of_money:
        spread = MoneyShareSpread(value, accounts, effective, found.freedom)
    else:
        exact = _one_trial_each(sums, denominator)
        effective = np.where(exact, trials, effective)
        # Only accounts with successes tell how rare successes cluster, hence how far above the share may lie: without
        # this bound, 25 accounts with 3 % successes and an intra-account correlation of 0.3 cover 90 %, with it 95 %.
        freedom_low, freedom_high = (
            np.where(inside, np.fmin(found.freedom, np.fmax(sums.total(telling) - 1, 1.0)), found.freedom)
            for telling in (numerator < denominator, numerator > 0)
        )
        spread = ShareSpread(value, trials, effective, freedom_low, freedom_high)
    return build(
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


def share_of_columns(
    kpi: str, table: Table, part: str, whole: str, by: By, *, confidence: float, remarks: Sequence[str] = ()
) -> Estimate:
    """Estimate one column of counts as a share of another."""
    sums = table.account_sums([part, whole], by)
    return share(kpi, sums, sums[part], sums[whole], confidence=confidence, undefined=f"{whole} is 0", remarks=remarks)


def _one_trial_each(sums: AccountSums, trials: Floats) -> NDArray[np.bool_]:
    """Tell which groups have exactly one trial for each account (or no accounts): there the published interval holds."""
    if sums.unit == "row":
        return np.ones(sums.size, dtype=bool)
    return np.equal(sums.total((trials != 1) & (trials != 0)), 0)


def _influences(sums: AccountSums, found: LeaveOneOut) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.sqrt((found.accounts - 1) / found.accounts)
    return found.shift * factor[sums.group]


def quantity(
    kpi: str,
    sums: AccountSums,
    formula: Formula,
    inputs: Sequence[Floats],
    *,
    unit: Unit,
    confidence: float,
    least: float = -math.inf,
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
        least: the smallest value that the formula can give: the interval ends there.
        undefined: why a value is NaN.
        quotient: the cells' numerator and denominator, where the formula is one.
        remarks: notes on the whole result.
        flags: remark to the groups that it holds for.

    Returns:
        The value of each group with Student's t interval, on the logarithmic scale where
        the value stays positive whichever account is left out.
    """
    weights = None if quotient is None else quotient[1]
    found = leave_one_out(sums, formula, inputs, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = _dispersion(sums, found.totals, found.value, found.contributes, _finite(np.log(found.without)), weights)
    logarithmic = (found.value > 0) & ~np.isnan(logs.variance)
    # Where nobody has any, the values without one account are all 0 too: their scatter, 0, is no certainty.
    variance = np.where((found.value == 0) & (found.variance == 0), math.nan, found.variance)
    spread = StudentSpread(
        found.value,
        np.sqrt(np.where(logarithmic, logs.variance, variance)),
        np.where(logarithmic, logs.freedom, found.freedom),
        logarithmic,
        np.full(sums.size, least),
    )
    return build(
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


def ratio(
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
        least=0.0 if (numerator >= 0).all() and (denominator >= 0).all() else -math.inf,
        undefined=undefined,
        quotient=(numerator, denominator),
        remarks=remarks,
        flags=flags,
    )


def total(
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
    accounts = sums.total(amounts != 0)
    single = sums.total((amounts != 1) & (amounts != 0)) == 0
    squared = amounts * amounts
    squares = sums.total(squared)
    with np.errstate(invalid="ignore"):
        # Satterthwaite's figure for a sum of squares whose own variance is Σ a⁴.
        freedom = 2 * squares**2 / sums.total(squared * squared)
    return build(
        kpi,
        unit,
        sums,
        value,
        accounts,
        TotalSpread(value, squares, largest, accounts, freedom),
        -amounts,  # mutation: equivalent, totals are compared with totals only
        confidence=confidence,
        method="Garwood exact Poisson" if single.all() else "Fay and Feuer's interval of account totals",
        undefined="there are no rows",
        remarks=remarks,
        flags=flags,
    )


def net_score(
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
        single = (counted[0] + counted[2]) / all_answers - (found.value / 100) ** 2
        effective = np.where(single > 0, 1e4 * single / found.variance, found.accounts)
    exact = _one_trial_each(sums, answers)
    spread = ScoreSpread(
        detractors=counted[0],
        passives=counted[1],
        promoters=counted[2],
        effective=np.where(exact, all_answers, effective),
        freedom=found.freedom,
    )
    return build(
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
    return 100 * (promoters - detractors) / answers


def estimate(
    formula: Formula,
    table: Table,
    *,
    columns: str | Sequence[str] | Mapping[str, Values],
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
        columns: names of the table's columns, or booleans or numbers of the table's length by name.
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
    inputs = list(sums.sums.values())
    return quantity(
        kpi, sums, formula, inputs, unit=unit, confidence=confidence, undefined="the formula divides by zero"
    )
