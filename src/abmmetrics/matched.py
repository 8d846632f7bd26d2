"""Matched controls: for each target account the control accounts that were most like it, and how like they are."""

import math
from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _functionals, _reading
from abmmetrics._labels import Label, as_python_list
from abmmetrics.columns import Values
from abmmetrics.tables import By, Table

__all__ = ["Balance", "MatchedControls", "match_controls"]

Floats = NDArray[np.float64]

_BLOCK = 2**22  # distances held at once  # mutation: equivalent, other sizes are only slower


@attrs.frozen(kw_only=True, eq=False)
class Balance:
    """How like the arms are in one covariate, before matching and after.

    Attributes:
        target_mean: mean of the target accounts that have a match.
        control_mean: mean of all control accounts.
        matched_mean: mean of the control accounts, each as often as it was matched.
        difference: (mean of all target accounts − control_mean) / √((s² of both arms) / 2), the standardised mean
            difference.
        matched_difference: (target_mean − matched_mean) by the same denominator. Above 0.1 in size is unlike.
        variance_ratio: s² of the target accounts by s² of the control accounts.
        matched_variance_ratio: the same of those that have a match and their matches.

    Example:
        >>> import abmmetrics as abm
        >>> accounts = abm.ArmOutcomes(account=["A", "B", "C"], arm=["target", "target", "control"], outcome=[9, 7, 5])
        >>> found = abm.match_controls(accounts, arm="arm", covariates={"employees": [50, 90, 48]})
        >>> balance = found.balance["employees"]
        >>> balance.target_mean, balance.matched_mean
        (70.0, 48.0)
    """

    target_mean: float
    control_mean: float
    matched_mean: float
    difference: float
    matched_difference: float
    variance_ratio: float
    matched_variance_ratio: float

    def __str__(self) -> str:
        """Say how like the arms are, before and after."""
        return (
            f"standardised difference {self.difference:.3f}, matched {self.matched_difference:.3f}; "
            f"variance ratio {self.variance_ratio:.3f}, matched {self.matched_variance_ratio:.3f}"
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MatchedControls:
    """Control accounts with the weight that they have as matches.

    Attributes:
        weight: for each row 1 for a target account with a match, for a control account how many target accounts it
            stands for (parts where several are equally near), else 0.
        treated: for each row whether it is a target account.
        balance: covariate to how like the arms are in it.
        matched: number of target accounts with a match.
        unmatched: number of target accounts without any control account in their stratum.
        controls_used: number of control accounts that are a match.

    Example:
        >>> import abmmetrics as abm
        >>> accounts = abm.ArmOutcomes(
        ...     account=["A", "B", "C", "D"], arm=["target", "target", "control", "control"], outcome=[120, 80, 90, 10]
        ... )
        >>> abm.match_controls(accounts, arm="arm", covariates={"employees": [50, 90, 48, 80]})
        2 target accounts matched with 2 control accounts, 0 without a match
          employees: standardised difference 0.234, matched 0.234; variance ratio 1.562, matched 1.562
          note: accounts may differ in what was not measured; alike is not the same as drawn by chance
    """

    weight: Floats
    treated: NDArray[np.bool_]
    balance: Mapping[str, Balance]
    matched: int
    unmatched: int
    controls_used: int

    def difference(self, outcome: Values) -> float:
        """Return the mean outcome of matched target accounts less that of their matches.

        It has no interval: that of the weighted means would leave out that matches were searched for.

        Args:
            outcome: one figure for each row.

        Raises:
            MetricInputError: if there is not one finite figure for each row.
        """
        figures = _figures("outcome", outcome, len(self.weight))
        if not self.matched:
            return math.nan
        side = np.where(self.treated, 1.0, -1.0)
        return float((side * self.weight * figures).sum() / self.matched)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the balance as columns, one entry for each covariate, for any frame's constructor."""
        names = [field.name for field in attrs.fields(Balance)]
        rows = list(self.balance.values())
        return {"covariate": list(self.balance), **{name: [getattr(row, name) for row in rows] for name in names}}

    def __str__(self) -> str:
        """Say how many have a match, and how like they are."""
        targets = _checks.how_many(self.matched, "target accounts")
        controls = _checks.how_many(self.controls_used, "control accounts")
        lines = [
            f"{targets} matched with {controls}, {self.unmatched:,} without a match",
            *(f"  {name}: {row}" for name, row in self.balance.items()),
            "  note: accounts may differ in what was not measured; alike is not the same as drawn by chance",
        ]
        return "\n".join(lines)

    __repr__ = __str__


def match_controls(
    accounts: Table,
    *,
    arm: By,
    covariates: Mapping[str, Values],
    exact: By = None,
    metric: Literal["inverse_variance", "mahalanobis"] = "inverse_variance",
    target: Label = "target",
    control: Label = "control",
    tolerance: float = 1e-5,
) -> MatchedControls:
    """Find for each target account the control accounts nearest to it: one neighbour, with replacement.

    distance² = Σ (difference / standard deviation)² over the covariates, or Mahalanobis' with their covariances.
    Control accounts that are equally near share the weight. With ``exact`` only those of the same stratum count.

    Leaves out: target accounts without a control account in their stratum, which are counted. Covariates must be
    known before the programme: matching on what it changed hides its effect.

    Args:
        accounts: one row for each account of both arms; rows of other arms have no weight.
        arm: the arm of each row: the name of a label column or segment, or labels.
        covariates: name to one figure for each row; may be empty with ``exact``, then all of a stratum are alike.
        exact: segments that must be the same.
        metric: ``"inverse_variance"`` or ``"mahalanobis"``.
        target: the label of the target arm.
        control: the label of the control arm.
        tolerance: distances that differ by no more are equal.

    Returns:
        Weights of rows and a table of balance.

    Raises:
        MetricInputError: if an arm has no accounts, an account is there twice, or a covariate is not a finite figure
            for each row, does not vary, or follows from others (with ``"mahalanobis"``).

    Example:
        >>> import abmmetrics as abm
        >>> outcomes = abm.ArmOutcomes(
        ...     account=["A", "B", "C", "D"],
        ...     arm=["target", "control", "control", "control"],
        ...     outcome=[120, 90, 100, 10],
        ...     segments={"tier": [1, 1, 1, 2]},
        ... )
        >>> found = abm.match_controls(outcomes, arm="arm", covariates={"employees": [50, 48, 90, 50]}, exact="tier")
        >>> found.weight.tolist(), found.difference(outcomes.outcome)
        ([1.0, 1.0, 0.0, 0.0], 30.0)

    References:
        Abadie and Imbens (2006), Econometrica 74, 235–267; Austin (2009), Statistics in Medicine 28, 3083–3107, for
        the balance.
    """
    _checks.as_option("metric", metric, ("inverse_variance", "mahalanobis"))
    near = _checks.in_interval("tolerance", tolerance, 0, math.inf, low_open=False)
    _once(accounts)
    arms = list(accounts.grouping(arm).values())
    if len(arms) != 1:
        raise _checks.refuse("arm", "be one column of labels", _checks.phrase(f"{len(arms)}"))
    sides = {name: arms[0] == label for name, label in (("target", target), ("control", control))}
    for name, label in (("target", target), ("control", control)):
        if not sides[name].any():
            raise _checks.refuse(name, f"be an arm of some account, {as_python_list(arms[0].categories)[:20]}", label)
    treated, other = sides["target"], sides["control"]
    if not covariates and exact is None:
        raise _checks.refuse("covariates", "name at least one figure, unless exact names segments", dict(covariates))
    figures = {name: _figures(name, values, len(accounts)) for name, values in covariates.items()}
    scaled = _scaled(figures, treated | other, metric)
    stratum, _ = _functionals.group_rows(len(accounts), accounts.grouping(exact))
    weight = np.zeros(len(accounts))
    for number in np.unique(stratum[treated & (stratum >= 0)]).tolist():
        inside = stratum == number
        rows, candidates = np.flatnonzero(treated & inside), np.flatnonzero(other & inside)
        if len(candidates):
            weight[rows] = 1.0
            weight[candidates] = _nearest(scaled[rows], scaled[candidates], near)
    matched = int(weight[treated].sum())
    return MatchedControls(
        weight=weight,
        treated=treated,
        balance={name: _balance(values, treated, other, weight) for name, values in figures.items()},
        matched=matched,
        unmatched=int(treated.sum()) - matched,
        controls_used=int((weight[other] > 0).sum()),
    )


def _once(accounts: Table) -> None:
    """Refuse a table in which an account is there twice."""
    named = accounts.unit_labels()
    if named is None:
        return
    codes = named.codes()
    codes = codes[codes >= 0]
    if len(np.unique(codes)) < len(codes):
        raise _checks.refuse(
            "accounts", "have one row for each account (rollup() adds up)", _checks.phrase(repr(accounts))
        )


def _figures(name: str, values: Values, length: int) -> Floats:
    found = _checks.as_signed_amounts(name, _reading.read_column(name, values))
    if len(found) != length:
        raise _checks.refuse(name, f"have one figure for each of the {length} rows", _checks.phrase(f"{len(found)}"))
    return found


def _scaled(figures: Mapping[str, Floats], used: NDArray[np.bool_], metric: str) -> Floats:
    """Return coordinates whose plain distance is the metric's."""
    if not figures:
        return np.zeros((len(used), 0))
    held = np.column_stack(list(figures.values()))
    spread = held[used].std(axis=0, ddof=1)
    for name, deviation in zip(figures, spread.tolist(), strict=True):
        if not deviation > 0:
            raise _checks.refuse(name, "differ between accounts", _checks.phrase("one figure for all"))
    held = np.asarray((held - held[used].mean(axis=0)) / spread, dtype=np.float64)
    if metric == "inverse_variance":
        return held
    correlation = np.atleast_2d(np.corrcoef(held[used], rowvar=False))
    try:
        root = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        root = np.zeros_like(correlation)
    if np.diag(root).min() < 1e-6:  # noqa: PLR2004 - what is left of a column that follows from others is rounding
        raise _checks.refuse("covariates", "not follow from each other", _checks.phrase(str(list(figures))))
    return np.asarray(np.linalg.solve(root, held.T).T, dtype=np.float64)


def _nearest(targets: Floats, controls: Floats, tolerance: float) -> Floats:
    """Return the weight of each control account: from each target account 1, in parts to those that are nearest."""
    weight = np.zeros(len(controls))
    step = max(_BLOCK // len(controls), 1)
    for start in range(0, len(targets), step):
        squares = np.zeros((len(targets[start : start + step]), len(controls)))
        for mine, theirs in zip(targets[start : start + step].T, controls.T, strict=True):
            squares += (mine[:, np.newaxis] - theirs) ** 2
        distance = np.sqrt(squares)
        tied = distance <= distance.min(axis=1, keepdims=True) + tolerance
        weight += (tied / tied.sum(axis=1, keepdims=True)).sum(axis=0)
    return weight


def _balance(values: Floats, treated: NDArray[np.bool_], other: NDArray[np.bool_], weight: Floats) -> Balance:
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = [_variance(values[side], np.ones(int(side.sum()))) for side in (treated, other)]
        matched = [_variance(values[side], weight[side]) for side in (treated, other)]
        means = [float(np.divide((values * weight)[side].sum(), weight[side].sum())) for side in (treated, other)]
        scale = np.sqrt((variances[0] + variances[1]) / 2)
        return Balance(
            target_mean=means[0],
            control_mean=float(values[other].mean()),
            matched_mean=means[1],
            difference=float((values[treated].mean() - values[other].mean()) / scale),
            matched_difference=float((means[0] - means[1]) / scale),
            variance_ratio=float(variances[0] / variances[1]),
            matched_variance_ratio=float(matched[0] / matched[1]),
        )


def _variance(values: Floats, weight: Floats) -> np.float64:
    """Return the variance of weighted figures, by the sum of weights less 1; NaN where that is not above 0."""
    total = weight.sum()
    if total <= 1:
        return np.float64(math.nan)
    mean = (weight * values).sum() / total
    return np.float64((weight * (values - mean) ** 2).sum() / (total - 1))
