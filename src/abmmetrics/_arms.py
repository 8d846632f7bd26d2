"""The difference between two arms of accounts: one estimator for means, changes and adjusted means.

Z = Y − θ (X − mean X), with X the account's figure before: θ = 0 compares outcomes, θ = 1 their changes (difference in
differences), θ = cov(X, Y) / var(X) outcomes less what the figure before foretold (CUPED).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _special, _sums, estimation
from abmmetrics._labels import Label, Labels, as_python_list
from abmmetrics._spread import StudentSpread
from abmmetrics._sums import AccountSums
from abmmetrics.results import Estimate, Unit, format_value

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Theta = float | Literal["within", "pooled"]
POWER = 0.8
"""How likely an effect that a sample should be able to see is to be seen."""


HOLDS = {
    "difference": "says what the programme changed only if chance decided which accounts it reached",
    "did": "says what the programme changed only if both arms would have moved alike without it",
    "cuped": "says what the programme changed only if chance decided which accounts it reached",
}
"""What each method rests on."""


@attrs.frozen(eq=False)  # mutation: equivalent, never compared
class Arms:
    """What is known of the accounts of two arms, in rows that are summed by account.

    Attributes:
        account: the account of each row.
        cluster: what rows are not independent within, where that is more than an account.
        groups: labels to group by.
        treated: whether the row's account is in the target arm; else it is in the control arm.
        outcome: Y.
        before: X; zeros where there is none.
        excluded: reason to the number of rows left out.
    """

    account: Labels
    cluster: Labels | None
    groups: Mapping[str, Labels]
    treated: Flags
    outcome: Floats
    before: Floats
    excluded: Mapping[str, int]


def check_arms(arm: Labels, target: Label, control: Label) -> None:
    """Refuse arms that are one, or that nobody knows; part of a table knows the arms of the whole."""
    if target == control:
        raise _checks.refuse("control", "be another arm than target", control)
    known = as_python_list(arm.categories)
    for name, label in (("target", target), ("control", control)):
        if known and label not in known:
            raise _checks.refuse(name, f"be one of the arms {known[:20]}", label)


def compare(
    kpi: str,
    arms: Arms,
    theta: Theta,
    *,
    unit: Unit,
    confidence: float,
    realistic: float,
    remarks: Sequence[str],
) -> Estimate:
    """Estimate the mean of the target arm less that of the control arm.

    Args:
        kpi: name of the KPI.
        arms: the accounts.
        theta: 0, 1, or ``"within"`` or ``"pooled"`` for the slope of Y on X, within the arms or of both together.
        unit: what the outcome is measured in.
        confidence: confidence level.
        realistic: which part of the control arm's mean the sample should be able to see.
        remarks: notes on the whole result.
    """
    figures = {"treated": arms.treated, "outcome": arms.outcome, "before": arms.before}
    sums = _sums.sum_accounts(len(arms.outcome), arms.account, arms.groups, figures)
    sides = (sums["treated"] > 0, sums["treated"] == 0)
    counts = [sums.total(side) for side in sides]
    slope = np.full(sums.size, theta) if not isinstance(theta, str) else _slope(sums, sides, theta)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = sums.total(sums["before"]) / (counts[0] + counts[1])
        adjusted = sums["outcome"] - slope[sums.group] * (sums["before"] - centre[sums.group])
        means = [sums.total(np.where(side, adjusted, 0.0)) / count for side, count in zip(sides, counts, strict=True)]
        # What each account adds to its arm's mean, beyond the mean.
        shares = [
            np.where(side, (adjusted - mean[sums.group]) / count[sums.group], 0.0)
            for side, mean, count in zip(sides, means, counts, strict=True)
        ]
        raw = [
            sums.total(np.where(side, sums["outcome"], 0.0)) / count for side, count in zip(sides, counts, strict=True)
        ]
    value = means[0] - means[1]
    cells = attrs.evolve(
        sums,
        sums={
            "target": shares[0],
            "control": shares[1],
            "in target": sides[0].astype(np.float64),
            "in control": sides[1].astype(np.float64),
        },
    )
    if arms.cluster is not None:
        cells = _clustered(cells, arms.account, arms.cluster)
    change, error, freedom = _errors(cells)
    critical = _special.normal_quantile(0.5 + confidence / 2) + _special.normal_quantile(POWER)
    blind = critical * error > realistic * np.abs(raw[1])
    excluded = {**arms.excluded, **sums.excluded}
    return estimation.build(
        kpi,
        unit,
        attrs.evolve(cells, excluded=excluded),
        value,
        counts[0] + counts[1],
        StudentSpread(value, error, freedom, np.zeros(sums.size, dtype=bool), np.full(sums.size, -math.inf)),
        change,
        confidence=confidence,
        method="Welch's t" if arms.cluster is None else "Welch's t, clustered",
        undefined="an arm has no accounts",
        remarks=[*remarks, *_described(sums, counts, raw, slope, theta, unit)],
        flags={
            f"too few accounts to see a lift of {100 * realistic:g} % of the control arm's mean in {100 * POWER:g} % of tries": blind
        },
    )


def _slope(sums: AccountSums, sides: Sequence[Flags], theta: str) -> Floats:
    """Return cov(X, Y) / var(X) of each group; 0 where X does not vary."""
    centred: list[Floats] = []
    for figures in (sums["before"], sums["outcome"]):
        left = figures.copy()
        for side in sides if theta == "within" else [np.ones(len(figures), dtype=bool)]:
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = sums.total(np.where(side, figures, 0.0)) / sums.total(side)
            left[side] -= mean[sums.group][side]
        centred.append(left)
    before, outcome = centred
    squares = sums.total(before * before)
    # What is left of equal figures is rounding.
    varies = squares > 1e-20 * sums.total(sums["before"] ** 2)
    return np.divide(sums.total(before * outcome), squares, out=np.zeros(sums.size), where=varies)


def _clustered(cells: AccountSums, account: Labels, cluster: Labels) -> AccountSums:
    """Add the cells of accounts of one cluster up; accounts without a name are clusters of their own."""
    codes = account.codes()
    named = codes >= 0
    cluster_of = np.full(len(account.categories) + 1, -1, dtype=np.int64)
    cluster_of[codes[named]] = cluster.codes()[named]
    found = cluster_of[np.minimum(cells.account, len(account.categories))]
    groups = {"group": Labels(cells.group, np.arange(cells.size))} if cells.groups else {}
    labels = Labels(found, cluster.categories, has_missing=bool((found < 0).any()))
    summed = _sums.sum_accounts(len(found), labels, groups, {**cells.sums, "rows": cells.rows})
    return attrs.evolve(summed, groups=cells.groups, rows=summed["rows"].astype(np.int64), unit=cells.unit)


def _errors(cells: AccountSums) -> tuple[Floats, Floats, Floats]:
    """Return the influence of each cell, the standard error of each group and Welch's degrees of freedom."""
    parts: list[Floats] = []
    variances: list[Floats] = []
    freedoms: list[Floats] = []
    for arm in ("target", "control"):
        clusters = cells.total(cells[f"in {arm}"] > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(clusters > 1, np.sqrt(clusters / (clusters - 1)), math.nan)
        part = cells[arm] * factor[cells.group]
        parts.append(part)
        variances.append(cells.total(part * part))
        freedoms.append(clusters - 1)
    # Leaving an account of the target arm out moves the difference against what it adds.
    change = parts[1] - parts[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(cells.total(change * change))
        total = variances[0] + variances[1]
        freedom = total**2 / (variances[0] ** 2 / freedoms[0] + variances[1] ** 2 / freedoms[1])
    return np.where(np.isnan(change), 0.0, change), error, np.fmax(freedom, 1.0)


def _described(  # noqa: PLR0917 - what compare found out
    sums: AccountSums, counts: Sequence[Floats], means: Sequence[Floats], slope: Floats, theta: Theta, unit: Unit
) -> list[str]:
    """Say what a pooled result compares."""
    if sums.groups or not (counts[0][0] and counts[1][0]):
        return []
    told = [
        f"mean of {count[0]:,.0f} {name} accounts {format_value(float(mean[0]), unit)}"
        for name, count, mean in zip(("target", "control"), counts, means, strict=True)
    ]
    adjusted = [f"theta {slope[0]:.4g} ({theta})"] if isinstance(theta, str) else []
    return [", ".join(told), *adjusted]
