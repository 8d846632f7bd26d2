"""Account health: one score of several components, and whether it told who would leave.

A score is an opinion until it has been held against what happened: :func:`health_validation` does.
"""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _reading, _special
from abmmetrics._labels import Labels, each_its_own
from abmmetrics.columns import Values
from abmmetrics.errors import MetricInputError
from abmmetrics.intervals import wilson

__all__ = ["AccountHealth", "HealthValidation", "account_health_score", "health_validation"]

Floats: TypeAlias = NDArray[np.float64]

_BEST = 100.0


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AccountHealth:
    """The health score of every account.

    Attributes:
        account: the accounts, in the order given.
        score: points from 0 to 100; NaN where no component is known.
        coverage_share: share of the weights whose components are known.
        components: the components on the scale from 0 to 100, NaN where they are missing.
        weights: what each component weighs, adding up to 1.
        remarks: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> health = abm.account_health_score(
        ...     {"usage": [80, 40], "support": [60, None]}, {"usage": 3, "support": 1}, account=["Acme", "Beta"]
        ... )
        >>> health.to_dict()["score"], health.coverage_share.tolist()
        ([75.0, 40.0], [1.0, 0.75])
    """

    account: Labels
    score: Floats
    coverage_share: Floats
    components: Mapping[str, Floats]
    weights: Mapping[str, float]
    remarks: tuple[str, ...]

    def __len__(self) -> int:
        """Number of accounts."""
        return len(self.score)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as lists, one entry for each account, for any frame's constructor."""
        parts = {f"component {name}": values.tolist() for name, values in self.components.items()}
        return {
            "account": self.account.to_list(),
            "score": self.score.tolist(),
            "coverage_share": self.coverage_share.tolist(),
            **parts,
        }

    def __str__(self) -> str:
        """Say how many accounts have a score."""
        known = int((~np.isnan(self.score)).sum())
        weights = ", ".join(f"{name} {100 * weight:.0f} %" for name, weight in self.weights.items())
        lines = [f"account health of {_checks.how_many(known, 'accounts')}: {weights}"]
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    __repr__ = __str__


def account_health_score(
    components: Mapping[str, Values],
    weights: Mapping[str, float],
    *,
    account: Values,
    scales: Mapping[str, tuple[float, float]] | None = None,
) -> AccountHealth:
    """Weighted mean of an account's components, from 0 to 100.

    health = Σ w × component / Σ w over the components that are known, each scaled to 100 × (x − worst) / (best − worst).

    Leaves out: components that are missing, whose weights go to the others in proportion;
    ``coverage_share`` says how much of the weights is known. Two accounts with different
    coverage are scored on different things.

    Args:
        components: name to a figure for each account, NaN or None where it is missing: usage,
            satisfaction, engagement, support, payment or whatever tells.
        weights: name to what each component weighs, > 0; the same names.
        account: the accounts, each once.
        scales: name to its worst and best value, for components that are not from 0 to 100;
            the worst may be the larger (open tickets). A figure outside its scale is refused.

    Returns:
        Points for each account; NaN where nothing is known.

    Raises:
        MetricInputError: if components and weights differ in names, a weight is not > 0, a figure is outside
            its scale, or an account comes twice.

    Example:
        >>> import abmmetrics as abm
        >>> health = abm.account_health_score(
        ...     {"usage": [80, 40], "net promoter score": [50, None]},
        ...     {"usage": 3, "net promoter score": 1},
        ...     account=["Acme", "Beta"],
        ...     scales={"net promoter score": (-100, 100)},
        ... )
        >>> health.score.tolist(), health.coverage_share.tolist()
        ([78.75, 40.0], [1.0, 0.75])

    References:
        Natero, "Customer health scores": components are means of metrics on one scale, weights normalised.
    """
    names = list(components)
    if not names or set(names) != set(weights):
        came = _checks.phrase(f"components {sorted(names)} and weights {sorted(weights)}")
        raise _checks.refuse("weights", "have the names of the components, at least one", came)
    unknown = sorted(set(scales or {}) - set(names))
    if unknown:
        raise _checks.refuse("scales", f"name components, some of {names}", unknown[0])
    accounts = _checks.as_labels("account", _reading.read_column("account", account))
    _refuse_twice(accounts)
    given = {name: _checks.in_interval("weights", weights[name], 0, math.inf) for name in names}
    total = sum(given.values())
    shares = {name: weight / total for name, weight in given.items()}
    scaled = {
        name: _scaled(name, values, (scales or {}).get(name, (0.0, _BEST))) for name, values in components.items()
    }
    _checks.same_length({"account": len(accounts), **{name: len(values) for name, values in scaled.items()}})
    weight = np.array(list(shares.values()))
    figures = np.array([scaled[name] for name in names])
    known = ~np.isnan(figures)
    coverage = np.where(known.all(axis=0), 1.0, weight @ known)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = weight @ np.where(known, figures, 0.0) / coverage
    partial, none = int((known.any(axis=0) & ~known.all(axis=0)).sum()), int((~known.any(axis=0)).sum())
    remarks: list[str] = []
    if partial:
        remarks.append(f"{_checks.how_many(partial, 'accounts')} scored without some components, see coverage_share")
    if none:
        remarks.append(f"undefined: nothing is known of {_checks.how_many(none, 'accounts')}")
    return AccountHealth(
        account=accounts,
        score=score,
        coverage_share=coverage,
        components=scaled,
        weights=shares,
        remarks=tuple(remarks),
    )


def _refuse_twice(accounts: Labels) -> None:
    codes = each_its_own(accounts, len(accounts))[0].codes()
    _, firsts = np.unique(codes, return_index=True)
    if len(firsts) < len(codes):
        row = int(np.setdiff1d(np.arange(len(codes)), firsts)[0])
        raise _checks.refuse("account", "come once", _checks.phrase(f"{accounts[row]!r} again"), row)


def _scaled(name: str, values: Values, scale: tuple[float, float]) -> Floats:
    """Return a component on the scale from 0 to 100."""
    if not _reading.is_listed(scale) or len(scale) != 2:  # noqa: PLR2004 - worst and best
        raise _checks.refuse("scales", "be pairs of the worst and the best value", scale)
    worst, best = (_checks.in_interval("scales", end, -math.inf, math.inf) for end in scale)
    if worst == best:
        raise MetricInputError(f"scales must have a best value other than the worst; got {tuple(scale)!r}")
    figures = _checks.as_signed_or_nan(name, _reading.read_column(name, values))
    outside = np.flatnonzero((figures < min(worst, best)) | (figures > max(worst, best)))
    if len(outside):
        row = int(outside[0])
        raise _checks.refuse(name, f"be on its scale from {worst:g} (worst) to {best:g} (best)", figures[row], row)
    return _BEST * (figures - worst) / (best - worst)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class HealthValidation:
    """Whether a score told which accounts would leave.

    Attributes:
        area: probability that an account that stayed had a better score than one that left (the
            area under the ROC curve; 0.5 is a coin); NaN where all stayed or all left.
        low: lower limit.
        high: upper limit.
        stayed: number of accounts that stayed.
        left: number of accounts that left.
        bins: for each class of scores its ``lowest`` and ``highest`` score, number of
            ``accounts``, how many ``left``, and the share of those with its limits (``left_share``, ``low``, ``high``).
        confidence: confidence level of the limits.
        remarks: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> abm.health_validation([20, 35, 50, 60, 80, 90], [True, True, False, True, False, False], bins=2)
        area under the curve: 0.89 (95 % interval 0.26 to 0.99); 3 stayed, 3 left
          score 20.0 to 50.0: 66.7 % of 3 accounts left
          score 60.0 to 90.0: 33.3 % of 3 accounts left
    """

    area: float
    low: float
    high: float
    stayed: int
    left: int
    bins: Mapping[str, list[float]]
    confidence: float
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in a sentence, with a line for each class of scores."""
        span = (
            "" if math.isnan(self.low) else f" ({100 * self.confidence:g} % interval {self.low:.2f} to {self.high:.2f})"
        )
        told = "undefined" if math.isnan(self.area) else f"{self.area:.2f}"
        lines = [f"area under the curve: {told}{span}; {self.stayed:,} stayed, {self.left:,} left"]
        rows = zip(*(self.bins[name] for name in ("lowest", "highest", "accounts", "left_share")), strict=True)
        lines += [
            f"  score {lowest:.1f} to {highest:.1f}: {100 * share:.1f} % of {_checks.how_many(accounts, 'accounts')} left"
            for lowest, highest, accounts, share in rows
        ]
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    __repr__ = __str__


def health_validation(score: Values, left: Values, *, bins: int = 5, confidence: float = 0.95) -> HealthValidation:
    """Whether a score separates accounts that later left from those that stayed.

    area = (pairs in which the one that stayed has the better score + ½ × ties) / pairs of one that stayed and one that left.

    Leaves out: whether the score was known before the accounts left, which is for the caller to
    see to: a score of today tells yesterday's churn only too well.

    Args:
        score: the score of each account; NaN where it has none, which is left out and said.
        left: for each account whether it left afterwards.
        bins: number of classes of about equal size for the table, at least 1; equal scores stay together.
        confidence: confidence level of the limits, between 0 and 1.

    Returns:
        The area with its interval (DeLong's variance, on the logit scale), and the share that
        left in each class of scores.

    Raises:
        MetricInputError: if the columns differ in length, or hold what they cannot.

    Example:
        >>> import abmmetrics as abm
        >>> found = abm.health_validation([20, 35, 50, 60, 80, 90], [True, True, False, True, False, False], bins=2)
        >>> round(found.area, 4), found.bins["left_share"]
        (0.8889, [0.6666666666666666, 0.3333333333333333])

    References:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837–845; Pepe (2003), The Statistical
        Evaluation of Medical Tests, 5.2, for the logit scale.
    """
    level = _checks.in_interval("confidence", confidence, 0, 1)
    classes = _checks.as_whole("bins", bins, 1)
    given = _checks.as_signed_or_nan("score", _reading.read_column("score", score))
    gone_given = _checks.as_counts("left", _reading.read_column("left", left))
    _checks.same_length({"score": len(given), "left": len(gone_given)})
    more = np.flatnonzero(gone_given > 1)
    if len(more):
        raise _checks.refuse("left", "be True or False", gone_given[more[0]], int(more[0]))
    known = ~np.isnan(given)
    scores, gone = given[known], gone_given[known].astype(bool)
    remarks: list[str] = []
    if not known.all():
        remarks.append(f"left out: {_checks.how_many(int((~known).sum()), 'accounts')} without a score")
    area, low, high = _area(scores[~gone], scores[gone], level)
    if math.isnan(area):
        remarks.append("undefined: it takes accounts that stayed and accounts that left")
    elif math.isnan(low):
        remarks.append("no interval: the score separates them all, or there are fewer than 2 of a kind")
    return HealthValidation(
        area=area,
        low=low,
        high=high,
        stayed=int((~gone).sum()),
        left=int(gone.sum()),
        bins=_classes(scores, gone, classes, level),
        confidence=level,
        remarks=tuple(remarks),
    )


def _area(stayed: Floats, left: Floats, confidence: float) -> tuple[float, float, float]:
    """Return the area and its limits."""
    if not len(stayed) or not len(left):
        return math.nan, math.nan, math.nan
    better = _share_below(stayed, left)  # for each that stayed: of those that left, how many it beats
    worse = 1 - _share_below(left, stayed)
    area = float(better.mean())
    if min(len(stayed), len(left)) < 2 or not 0 < area < 1:  # noqa: PLR2004 - a spread takes two
        return area, math.nan, math.nan
    variance = float(better.var(ddof=1) / len(stayed) + worse.var(ddof=1) / len(left))
    half = _special.normal_quantile(0.5 + confidence / 2) * math.sqrt(variance) / (area * (1 - area))
    middle = math.log(area / (1 - area))
    low, high = (1 / (1 + math.exp(-(middle + sign * float(half)))) for sign in (-1, 1))
    return area, low, high


def _share_below(values: Floats, others: Floats) -> Floats:
    """Return for each value the share of others that are smaller, ties half."""
    ordered = np.sort(others)
    below, up_to = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (below + up_to) / (2 * len(others))


def _classes(scores: Floats, gone: NDArray[np.bool_], bins: int, confidence: float) -> dict[str, list[float]]:
    """Return the share that left by classes of scores, of about equal size."""
    ordered = np.sort(scores)
    # Where a class begins; equal scores belong to the class in which the first of them lies.
    starts = np.unique(ordered[np.arange(bins) * len(ordered) // bins]) if len(ordered) else ordered
    place = np.searchsorted(starts, scores, side="right") - 1
    accounts = np.bincount(place, minlength=len(starts))
    left = np.bincount(place, gone, minlength=len(starts))
    span = wilson(left, accounts, confidence=confidence)
    highest = np.full(len(starts), -math.inf)
    np.maximum.at(highest, place, scores)
    return {
        "lowest": starts.tolist(),
        "highest": highest.tolist(),
        "accounts": accounts.astype(np.float64).tolist(),
        "left": left.tolist(),
        "left_share": (left / accounts).tolist(),
        "low": np.asarray(span.low).tolist(),
        "high": np.asarray(span.high).tolist(),
    }
