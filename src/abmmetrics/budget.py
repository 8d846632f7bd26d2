"""When a cost is paid back, and how a budget would bring the most: what-if, on figures that the caller supplies."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _reading
from abmmetrics._labels import Label
from abmmetrics.columns import Values
from abmmetrics.errors import MetricInputError
from abmmetrics.results import format_value
from abmmetrics.roi import CampaignResults

__all__ = ["Allocation", "Payback", "allocate_budget", "payback_months"]

Floats: TypeAlias = NDArray[np.float64]

_HALVINGS = 200  # mutation: equivalent, more halve nothing
# A spend this many natural logarithms from today's is none, or more than there is.
_FARTHEST = 600.0  # mutation: equivalent, none comes so far
_ROUNDING = 1e-12  # mutation: equivalent, sums of few figures round by less


@attrs.frozen(kw_only=True)
class Payback:
    """When the cost of winning a customer is paid back.

    Attributes:
        months: how many months it takes; NaN where it is not paid back in the months that survival is given for.
        adjusted: True where customers may leave before.
        recovered: share of the cost that came back in the months looked at.
        note: why there is no figure; empty where there is.

    Example:
        >>> import abmmetrics as abm
        >>> found = abm.payback_months(12_000, 100, margin=0.75, survival=[1, 0.9, 0.8])
        >>> found.months, found.note
        (nan, 'not within 3 months, in which 2 % comes back')
    """

    months: float
    adjusted: bool
    recovered: float
    note: str = ""

    def __float__(self) -> float:
        """Return the months."""
        return self.months

    def __str__(self) -> str:
        """Say it in a sentence."""
        if self.note:
            return f"payback: {self.note}"
        return f"payback: {self.months:,.1f} months{', with customers leaving' if self.adjusted else ''}"


def payback_months(
    acquisition_cost: float,
    monthly_revenue: float,
    *,
    margin: float,
    survival: Values | None = None,
    monthly_discount: float = 0.0,
) -> Payback:
    """How many months of a customer's margin pay for winning it.

    payback = cost / (revenue a month × margin); with survival the first month t in which
    Σ revenue × margin × S(month) / (1 + discount)^month over the months 1 to t reaches the cost.

    Leaves out: growth. Without ``survival`` every customer stays, so that the figure is a lower
    limit. All three figures are those of one customer: the revenue of all new customers
    against the cost of one is a mistake seen often.

    Args:
        acquisition_cost: what winning a customer costs, > 0 (:func:`customer_acquisition_cost`).
        monthly_revenue: what it pays in a month, > 0.
        margin: what of each unit of revenue is left, in (0, 1].
        survival: share of customers that pay in month 1, 2, ..., at most 1 and never rising.
        monthly_discount: what money loses in a month, >= 0.

    Returns:
        The months, whole ones with ``survival`` or a discount; without a figure where the cost
        is not paid back in the months given, or ever.

    Raises:
        MetricInputError: if a cost or revenue is not > 0, the margin is outside (0, 1], or survival rises.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.payback_months(12_000, 1_000, margin=0.75))
        16.0
        >>> float(abm.payback_months(3_000, 1_000, margin=0.75, survival=[1, 0.9, 0.85, 0.8, 0.8, 0.75]))
        5.0

    References:
        Skok, "SaaS metrics 2.0"; SaaS Metrics Standards Board, "CAC payback period" (with the margin).
    """
    cost = _checks.in_interval("acquisition_cost", acquisition_cost, 0, math.inf)
    gain = _checks.in_interval("monthly_revenue", monthly_revenue, 0, math.inf)
    gain *= _checks.in_interval("margin", margin, 0, 1, high_open=False)
    discount = _checks.in_interval("monthly_discount", monthly_discount, 0, math.inf, low_open=False)
    if survival is None and discount == 0:
        return Payback(months=cost / gain, adjusted=False, recovered=1.0)
    if survival is None:
        # The discounted months sum to (1 - v^t) / d, which reaches the cost where v^t = 1 - d × cost / gain.
        left = 1 - discount * cost / gain
        if left <= 0:
            recovered = gain / (discount * cost)
            return Payback(months=math.nan, adjusted=False, recovered=recovered, note="never, at this discount")
        months = math.ceil(round(-math.log(left) / math.log1p(discount), 9))
        return Payback(months=float(months), adjusted=False, recovered=1.0)
    stays = _checks.as_amounts("survival", _reading.read_column("survival", survival))
    _check_survival(stays)
    back = np.cumsum(gain * stays / (1 + discount) ** np.arange(1, len(stays) + 1))
    paid = np.flatnonzero(back >= cost * (1 - _ROUNDING))
    if len(paid):
        return Payback(months=float(paid[0] + 1), adjusted=True, recovered=1.0)
    recovered = float(back[-1] / cost) if len(back) else 0.0
    note = f"not within {_checks.how_many(len(stays), 'months')}, in which {100 * recovered:.0f} % comes back"
    return Payback(months=math.nan, adjusted=True, recovered=recovered, note=note)


def _check_survival(stays: Floats) -> None:
    above = np.flatnonzero(stays > 1)
    if len(above):
        raise _checks.refuse("survival", "be at most 1", stays[above[0]], int(above[0]))
    rises = np.flatnonzero(np.diff(stays) > 0)
    if len(rises):
        row = int(rises[0]) + 1
        came = _checks.phrase(f"{stays[row]} after {stays[row - 1]}")
        raise _checks.refuse("survival", "never rise", came, row)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Allocation:
    """How a budget would bring the most, if returns follow the elasticities given.

    Attributes:
        campaigns: the campaigns, in the order of their labels.
        spend_before: what each costs today.
        spend: what each would cost.
        revenue_before: what each brings today.
        revenue: what each would bring.
        marginal_revenue: what the last unit of money would bring at each: alike at all that are at no bound.
        at_bound: True where a campaign is at its lower or upper bound.
        remarks: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> today = abm.CampaignResults(campaign=["Fair", "Webinar"], cost=[100, 100], revenue=[300, 150])
        >>> abm.allocate_budget(today, elasticity=0.5, bounds=(0, 2))
        campaign  spend  would be  revenue  would be
        Fair        100       160      300       379
        Webinar     100     40.00      150     94.87
          note: a what-if: the elasticities are the caller's, and today's revenue is what is attributed
    """

    campaigns: tuple[Label, ...]
    spend_before: Floats
    spend: Floats
    revenue_before: Floats
    revenue: Floats
    marginal_revenue: Floats
    at_bound: NDArray[np.bool_]
    remarks: tuple[str, ...]

    def __len__(self) -> int:
        """Number of campaigns."""
        return len(self.campaigns)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns as lists, one entry for each campaign, for any frame's constructor."""
        names = ("spend_before", "spend", "revenue_before", "revenue", "marginal_revenue", "at_bound")
        return {"campaign": list(self.campaigns), **{name: getattr(self, name).tolist() for name in names}}

    def __str__(self) -> str:
        """Show a line for each campaign."""
        rows: list[tuple[str, ...]] = [("campaign", "spend", "would be", "revenue", "would be")]
        rows += [
            (str(name), *(format_value(figure, "money") for figure in figures))
            for name, *figures in zip(
                self.campaigns,
                self.spend_before.tolist(),
                self.spend.tolist(),
                self.revenue_before.tolist(),
                self.revenue.tolist(),
                strict=True,
            )
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    __repr__ = __str__


def allocate_budget(
    results: CampaignResults,
    *,
    elasticity: float | Mapping[Any, float],
    bounds: tuple[float, float] | Mapping[Any, tuple[float, float]],
    budget: float | None = None,
) -> Allocation:
    """Divide a budget so that it would bring the most, by constant elasticities.

    Revenue of a campaign at the spend x is y (x / x₀)^b through today's x₀ and y. The most is
    where the last unit of money brings the same everywhere: x = (a b / λ)^{1 / (1 − b)} with
    a = y / x₀^b, held within its bounds, and λ such that all of it adds up to the budget.

    Leaves out: everything that the elasticity does not hold: saturation, other channels, time.
    Today's revenue is what is attributed, and an average return cannot tell where the next
    unit of money is spent best: it is a what-if, to be tested on accounts held out.

    Args:
        results: what campaigns cost and bring today, with the column ``revenue``.
        elasticity: by how many per cent revenue grows with one per cent more spend, in (0, 1);
            one for all, or by campaign. There is no default, since there is none that is known.
        bounds: least and most that a campaign may cost, as multiples of today's spend; one
            pair for all, or by campaign.
        budget: what is to be spent in all; what is spent today, where not given.

    Returns:
        Spend and revenue of each campaign, today and then.

    Raises:
        MetricInputError: if a campaign costs nothing today, an elasticity is not in (0, 1),
            bounds are not a pair 0 <= low <= high, or the budget cannot be spent within them.

    Example:
        >>> import abmmetrics as abm
        >>> today = abm.CampaignResults(campaign=["Fair", "Webinar"], cost=[100, 100], revenue=[300, 150])
        >>> abm.allocate_budget(today, elasticity=0.5, bounds=(0, 2)).spend.round(6).tolist()
        [160.0, 40.0]

    References:
        Dorfman and Steiner (1954), American Economic Review 44, 826–836; Sethuraman, Tellis and
        Briesch (2011), Journal of Marketing Research 48, 457–471, for elasticities of consumer brands.
    """
    sums = results.account_sums(["cost", "revenue"], "campaign")
    names = sums.groups["campaign"]
    today, revenue = sums.total(sums["cost"]), sums.total(sums["revenue"])
    free = np.flatnonzero(today == 0)
    if len(free):
        came = _checks.phrase(f"0 for {names[free[0]]!r}")
        raise _checks.refuse("cost", "be above 0 in every campaign, for returns to follow from it", came)
    power = np.array(
        [_checks.in_interval("elasticity", given, 0, 1) for given in _of_each("elasticity", elasticity, names)]
    )
    pairs = [_pair(given) for given in _of_each("bounds", bounds, names)]
    low, high = (today * np.array([pair[side] for pair in pairs]) for side in (0, 1))
    whole = float(today.sum()) if budget is None else _checks.in_interval("budget", budget, 0, math.inf)
    if not low.sum() * (1 - _ROUNDING) <= whole <= high.sum() * (1 + _ROUNDING):
        came = _checks.phrase(f"{whole:,.2f} where they allow {low.sum():,.2f} to {high.sum():,.2f}")
        raise _checks.refuse("budget", "be within what the bounds allow", came)
    spend = _filled(today, revenue, power, low, high, whole)
    at_low, at_high = (np.isclose(spend, bound, rtol=_ROUNDING, atol=0) for bound in (low, high))
    spend = np.where(at_low, low, np.where(at_high, high, spend))
    with np.errstate(divide="ignore", invalid="ignore"):
        then = revenue * (spend / today) ** power
        marginal = np.where(revenue > 0, power * revenue / today * (spend / today) ** (power - 1), 0.0)
    return Allocation(
        campaigns=tuple(names),
        spend_before=today,
        spend=spend,
        revenue_before=revenue,
        revenue=then,
        marginal_revenue=marginal,
        at_bound=at_low | at_high,
        remarks=("a what-if: the elasticities are the caller's, and today's revenue is what is attributed",),
    )


def _of_each(name: str, given: Any, campaigns: list[Label]) -> list[Any]:  # noqa: ANN401 - one for all, or a mapping
    """Return what is given for each campaign."""
    if not isinstance(given, Mapping):
        return [given] * len(campaigns)
    for campaign in campaigns:
        if campaign not in given:
            raise _checks.refuse(name, "have an entry for every campaign", _checks.phrase(f"none for {campaign!r}"))
    return [given[campaign] for campaign in campaigns]


def _pair(given: Any) -> tuple[float, float]:  # noqa: ANN401 - whatever the caller gave
    """Return a pair of bounds."""
    if not _reading.is_listed(given) or len(given) != 2:  # noqa: PLR2004 - low and high
        raise _checks.refuse("bounds", "be pairs of the least and the most", given)
    low, high = (_checks.in_interval("bounds", bound, 0, math.inf, low_open=False) for bound in given)
    if low > high:
        raise MetricInputError(f"bounds must have the least first; got {tuple(given)!r}")
    return low, high


def _filled(  # noqa: PLR0917 - what the caller has checked
    today: Floats, revenue: Floats, power: Floats, low: Floats, high: Floats, budget: float
) -> Floats:
    """Return the spend at which the last unit brings the same everywhere, held within bounds, and all is spent.

    In the logarithm of λ the spend of every campaign falls, so halving finds the one λ.
    """
    brings = revenue > 0
    with np.errstate(divide="ignore"):
        # Where today's spend would bring λ at the margin, x is today's; the exponent says how it moves from there.
        here = np.log(power * revenue / today)
        edges = np.log(np.concatenate([low[brings], high[brings]]) / np.concatenate([today[brings]] * 2))
    steep = np.concatenate([power[brings] - 1] * 2)
    # Beyond these every campaign is at a bound; a bound of 0 or without limit is never reached.
    levels = np.concatenate([here[brings]] * 2) + steep * np.clip(edges, -_FARTHEST, _FARTHEST)

    def spend(level: float) -> Floats:
        with np.errstate(over="ignore"):
            free = today * np.exp((here - level) / (1 - power))
        return np.clip(np.where(brings, free, 0.0), low, high)

    left, right = float(levels.min(initial=0.0)), float(levels.max(initial=0.0))
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        if spend(middle).sum() > budget:
            left = middle
        else:
            right = middle
    found = spend(right)
    # What rounding leaves over goes to campaigns between their bounds, what brings nothing more to where there is room.
    between = (found > low) & (found < high)
    rest = budget - float(found.sum())
    if between.any():
        found += rest * np.where(between, found, 0.0) / found[between].sum()
        return np.minimum(np.maximum(found, low), high)
    room = high - found
    return found + room * (rest / room.sum()) if rest > _ROUNDING * budget else found
