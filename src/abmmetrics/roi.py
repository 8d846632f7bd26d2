"""Return on what was spent: of campaigns, for each account won over, until it is paid back.

What is spent is decided and known; what it brings is not. So intervals here are those of what
it brought, account by account, at the cost as it is. A return that is attributed is not a
return that was caused: say which one it is (``kind``), and test what it is about with a lift.
"""

import itertools
import math
from typing import Any, ClassVar, Literal, Self, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._matching import add_up
from abmmetrics._spread import CostSpread, ReturnSpread, TotalSpread
from abmmetrics._sums import AccountSums
from abmmetrics.attributions import Attribution
from abmmetrics.columns import Amounts, Counts, Values
from abmmetrics.estimation import Floats
from abmmetrics.results import Estimate, format_value
from abmmetrics.tables import By, Table

__all__ = [
    "CampaignCosts",
    "CampaignResults",
    "campaign_results",
    "campaign_roi",
    "cost_per",
    "customer_acquisition_cost",
    "return_on_ad_spend_ratio",
]

_NO_COST = "no cost is recorded"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CampaignCosts(Table):
    """What campaigns cost: one row for each invoice, or sums of any number of them.

    Attributes:
        campaign: what was paid for.
        cost: what was paid, > 0, in one currency. Fully loaded or media alone: say so in ``valuation``.

    Example:
        >>> import abmmetrics as abm
        >>> abm.CampaignCosts(campaign=["Fair", "Webinar", "Fair"], cost=[20_000, 4_000, 5_000])
        CampaignCosts(3 rows, 2 campaigns; cost)
    """

    unit: ClassVar[str] = "campaign"

    campaign: Labels = attrs.field(converter=columns.labels)
    cost: Amounts = attrs.field(converter=columns.amounts)

    def check_rows(self) -> None:
        """Refuse a cost of 0: what cost nothing has no row here."""
        free = np.flatnonzero(self.cost == 0)
        if len(free):
            raise _checks.refuse("cost", "be above 0 (what cost nothing has no row here)", 0.0, int(free[0]))


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CampaignResults(Table):
    """What campaigns cost and what they brought: rows of accounts, or sums of any number of them.

    A row may be a cost alone or a revenue alone, so that neither is lost where the other is
    missing; :func:`campaign_results` puts the two together.

    Attributes:
        account: the account that the revenue came from; rows without one are accounts of their own.
        campaign: what the money was spent on and the revenue is credited to.
        cost: what was spent, in one currency.
        revenue: what came in or is credited.
        engaged: whether, or how often, the account engaged.
        opportunities: opportunities that came of it.
        customers: whether the account became a customer; without accounts, how many did.
        remarks: how the revenue was credited, for the notes of every result.

    Example:
        >>> import abmmetrics as abm
        >>> abm.CampaignResults(campaign=["Fair", "Webinar"], cost=[20_000, 4_000], revenue=[90_000, 0])
        CampaignResults(2 rows; campaign, cost, revenue)
    """

    account: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    campaign: Labels = attrs.field(converter=columns.labels)
    cost: Amounts = attrs.field(converter=columns.amounts)
    revenue: Amounts | None = attrs.field(default=None, converter=columns.optional_amounts)
    engaged: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    opportunities: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    customers: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    remarks: tuple[str, ...] = ()

    @classmethod
    def from_attribution(cls, credit: Attribution, costs: CampaignCosts) -> Self:
        """Put the credit of an attribution model beside what its campaigns cost, by a full outer join.

        A campaign with a cost and no credit stays, at −100 %; one with credit and no cost stays too, its return being
        undefined. What conversions without a touch are worth is no campaign's, and every result says how much that is.

        Args:
            credit: the result of an additive model, in money and in the currency of the costs.
            costs: what campaigns cost, for the time in which the conversions fall.

        Returns:
            The costs, and the credit by account, so that returns have the interval of accounts. Models that give credit
            to campaigns alone (:func:`markov`, :func:`shapley` of rates) leave returns without an interval.

        Raises:
            MetricInputError: if the credit overlaps (influenced pipeline) or is of conversions and not of money, or
                campaigns are named by another kind of label.

        Example:
            >>> import abmmetrics as abm
            >>> journeys = abm.Journeys.from_paths(
            ...     ["Mail > Fair", "Fair", ""], value=[12_000, 8_000, 5_000], account=["Acme", "Beta", "Core"]
            ... )
            >>> costs = abm.CampaignCosts(campaign=["Fair", "Webinar"], cost=[7_000, 4_000])
            >>> results = abm.CampaignResults.from_attribution(abm.linear_touch(journeys), costs)
            >>> found = abm.campaign_roi(results, margin=0.6, by="campaign")
            >>> {name: round(float(value), 2) for name, value in found.items()}
            {'Fair': 0.2, 'Mail': nan, 'Webinar': -1.0}
            >>> found.notes[2:4]
            ('revenue is credit by linear_touch', 'unattributed, in no return: 5,000 of 25,000 (20.0 %)')
        """
        _check_credit(credit)
        held = credit.given
        given = credit.credit_by_label() if held is None else credit.credit_by_account()
        known = held is not None and held.account is not None
        joined = campaign_results(
            costs, campaign=given["campaign"], revenue=given["credit"], account=given["account"] if known else None
        )
        lacking = {name for name, amount in credit.items() if amount > 0} - set(costs.campaign.to_list())
        part = format_value(credit.unattributed / credit.total if credit.total else 0.0, "share")
        amounts = [format_value(amount, "money") for amount in (credit.unattributed, credit.total)]
        remarks = [
            f"revenue is credit by {credit.name}",
            f"unattributed, in no return: {amounts[0]} of {amounts[1]} ({part})",
        ]
        if lacking:
            remarks.append(f"{_checks.how_many(len(lacking), 'campaigns')} with credit and without a cost")
        if held is None:
            remarks.append(f"{credit.name} does not say which accounts credit comes from: no interval")
        return cls(**joined.columns(), remarks=tuple(remarks), excluded=add_up(costs.excluded, credit.excluded))


def _check_credit(credit: Any) -> None:  # noqa: ANN401 - whatever the caller gave
    """Refuse what is no credit that adds up to money."""
    if not isinstance(credit, Attribution):
        raise _checks.refuse("credit", "be the result of an attribution model", _checks.phrase(type(credit).__name__))
    if not credit.additive:
        came = _checks.phrase(f"{credit.name}, which counts a deal once for every campaign")
        raise _checks.refuse("credit", "add up", came)
    if credit.unit != "money":
        raise _checks.refuse("credit", "be in money (deals need the column amount)", _checks.phrase("conversions"))


def campaign_results(
    costs: CampaignCosts, *, campaign: Values, revenue: Values, account: Values | None = None
) -> CampaignResults:
    """Put what campaigns cost and the revenue that is credited to them into one table, and lose neither.

    Args:
        costs: what campaigns cost; its segments are left behind, since revenue has none of them.
        campaign: for each credit the campaign.
        revenue: for each credit the amount, >= 0, in the currency of the costs.
        account: for each credit the account.

    Returns:
        The rows of the costs, without revenue, and of the credits, without cost.

    Raises:
        MetricInputError: if the columns differ in length, or campaigns are named by another kind of label.

    Example:
        >>> import abmmetrics as abm
        >>> costs = abm.CampaignCosts(campaign=["Fair", "Webinar"], cost=[20_000, 4_000])
        >>> results = abm.campaign_results(costs, campaign=["Fair", "Podcast"], revenue=[50_000, 7_000])
        >>> found = abm.campaign_roi(results, margin=0.6, by="campaign")
        >>> {name: float(value) for name, value in found.items()}
        {'Fair': 0.5, 'Podcast': nan, 'Webinar': -1.0}

    References:
        dbt-labs, "dbt-attribution playbook": spend and credit are joined so that both stay.
    """
    # The credits are checked as every table is, and then take the columns of the costs in front.
    credited = CampaignResults(account=account, campaign=campaign, cost=0.0, revenue=revenue)
    mine, theirs = _labels.kind_of(costs.campaign), _labels.kind_of(credited.campaign)
    if mine is not None and theirs is not None and mine != theirs:
        raise _checks.refuse("campaign", f"be {mine}, as the campaigns of costs are", _checks.phrase(theirs))
    names = None
    if credited.account is not None:
        codes = np.concatenate([np.full(len(costs), -1, dtype=np.int64), credited.account.codes()])
        names = _labels.from_codes(codes, _labels.as_python_list(credited.account.categories))
    none = np.zeros(len(costs))
    return CampaignResults(
        account=names,
        campaign=_labels.concatenate([costs.campaign, credited.campaign]),
        cost=np.concatenate([costs.cost, credited.cost]),
        revenue=np.concatenate([none, credited.column("revenue")]),
        excluded=costs.excluded,
    )


def campaign_roi(
    results: CampaignResults,
    *,
    margin: float,
    kind: Literal["total", "incremental", "marginal"] = "total",
    scope: str = "all campaigns of the table",
    valuation: str = "the revenue as it is given",
    period: str = "a period not said",
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """What came back on top of the cost, for each unit of the cost.

    return on investment = (margin × Σ revenue − Σ cost) / Σ cost.

    A campaign with cost and no revenue is at −100 %. One with revenue and no cost is
    undefined by itself; pooled its revenue is in, and the result says so.

    Leaves out: what would have come anyway, unless the revenue is that of a test against a
    control group (``kind="incremental"``). Revenue that lags behind the cost is missed; keep
    to cohorts of cost. Returns of campaigns that share a deal overlap: never add them up.

    Args:
        results: what campaigns cost and brought, with the column ``revenue``.
        margin: what of each unit of revenue is left for the business, in (0, 1]; 1 makes it a revenue return.
        kind: what the revenue is: ``"total"`` (all that is attributed), ``"incremental"``
            (what would not be there without the campaigns) or ``"marginal"`` (of the last money spent).
        scope: whose return it is, in words for the result.
        valuation: what counts as revenue and as cost, in words.
        period: when, in words.
        by: ``"campaign"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A return >= −1 (all lost); undefined where there is no cost. The cost is taken as given.

    Raises:
        MetricInputError: if ``margin`` is not in (0, 1], ``kind`` is not known, or the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> results = abm.CampaignResults(
        ...     account=["Acme", "Beta", "Core"],
        ...     campaign="Fair",
        ...     cost=[4_000, 4_000, 2_000],
        ...     revenue=[30_000, 0, 10_000],
        ... )
        >>> found = abm.campaign_roi(results, margin=0.5, period="2026")
        >>> float(found), found.remarks[1]
        (1.0, 'a total return on the cost of all campaigns of the table, by the revenue as it is given, over 2026')

    References:
        Farris, Hanssens, Lenskold and Reibstein (2015), Applied Marketing Analytics 1, 267–282.
    """
    margin = _checks.in_interval("margin", margin, 0, 1, high_open=False)
    _checks.as_option("kind", kind, ("total", "incremental", "marginal"))
    sums = results.account_sums(["cost", "revenue"], by)
    cost, gained = sums.total(sums["cost"]), margin * sums["revenue"]
    found = _of_given_cost("campaign_roi", sums, gained, cost, confidence)
    return attrs.evolve(
        found,
        unit="return",
        value=found.value - 1,
        low=found.low - 1,
        high=found.high - 1,
        numerator=sums.total(gained) - cost,
        denominator=cost,
        spread=ReturnSpread(**_fields(found)),
        remarks=(
            f"variant: {kind} return, margin {margin:g}",
            f"{'an' if kind == 'incremental' else 'a'} {kind} return on the cost of {scope}, by {valuation}, over {period}",
            *results.remarks,
            *_free(results, by),
        ),
    )


def return_on_ad_spend_ratio(results: CampaignResults, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Revenue for each unit of cost.

    return on ad spend = Σ revenue / Σ cost.

    Leaves out: the margin, so that it breaks even at 1 / margin and not at 1; and people and
    tools, where the cost is that of the media alone.

    Args:
        results: what campaigns cost and brought, with the column ``revenue``.
        by: ``"campaign"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where there is no cost. The cost is taken as given.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> results = abm.CampaignResults(campaign=["Fair", "Webinar"], cost=[20_000, 5_000], revenue=[90_000, 10_000])
        >>> float(abm.return_on_ad_spend_ratio(results))
        4.0

    References:
        Google Ads help, "About target ROAS bidding".
    """
    sums = results.account_sums(["cost", "revenue"], by)
    cost = sums.total(sums["cost"])
    found = _of_given_cost("return_on_ad_spend_ratio", sums, sums["revenue"], cost, confidence)
    return attrs.evolve(
        found,
        numerator=sums.total(sums["revenue"]),
        denominator=cost,
        remarks=(*results.remarks, *_free(results, by)),
    )


def _of_given_cost(kpi: str, sums: AccountSums, amounts: Floats, cost: Floats, confidence: float) -> Estimate:
    """Estimate amounts as a multiple of a group's cost; undefined where that is 0."""
    free = cost == 0
    divisor = np.where(free, 1.0, cost)  # mutation: equivalent, what is free is undefined
    found = estimation.total(kpi, sums, amounts / divisor[sums.group], unit="ratio", confidence=confidence)
    return _undefined_where(found, free, _NO_COST)


def _undefined_where(found: Estimate, lacks: NDArray[np.bool_], reason: str) -> Estimate:
    """Return an estimate that is undefined where something is lacking, and says what."""
    return attrs.evolve(
        found,
        value=np.where(lacks, math.nan, found.value),
        low=np.where(lacks, math.nan, found.low),
        high=np.where(lacks, math.nan, found.high),
        flags={
            **{remark: held & ~lacks for remark, held in found.flags.items()},
            f"undefined: {reason}": lacks,
        },
    )


def _fields(found: Estimate) -> dict[str, Any]:
    """Return what the spread of a total holds, by name."""
    spread = cast("TotalSpread", found.spread)
    return {field.name: getattr(spread, field.name) for field in attrs.fields(TotalSpread)}


def _free(results: CampaignResults, by: By) -> list[str]:
    """Say which campaigns brought revenue without a cost, where they are pooled with others."""
    if "campaign" in results.grouping(by):
        return []
    sums = results.account_sums(["cost", "revenue"], "campaign")
    free = (sums.total(sums["cost"]) == 0) & (sums.total(sums["revenue"]) > 0)
    names = list(map(str, itertools.compress(sums.groups["campaign"], free.tolist())))
    return [f"revenue of campaigns without a cost is in it: {', '.join(names)}"] if names else []


def cost_per(
    results: CampaignResults,
    *,
    per: Literal["engaged", "opportunities", "customers"],
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Cost for each account engaged, opportunity or customer.

    cost per account engaged = Σ cost / accounts that engaged; per opportunity = Σ cost / Σ opportunities;
    per customer = Σ cost / accounts that became customers.

    Leaves out: costs of other periods that brought them, and what they are worth. An account counts
    once in each group, so that figures of several campaigns do not add up to that of all.

    Args:
        results: what campaigns cost and brought, with the column that ``per`` names.
        per: ``"engaged"``, ``"opportunities"`` or ``"customers"``.
        by: ``"campaign"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money; undefined where there are none of them (not 0), or no cost. The cost is taken as
        given; the interval has no upper limit where there may be none of them.

    Raises:
        MetricInputError: if ``per`` is not known, or the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> results = abm.CampaignResults(
        ...     account=["Acme", "Acme", "Beta"],
        ...     campaign=["Fair", "Mail", "Fair"],
        ...     cost=[600, 100, 500],
        ...     engaged=[1, 1, 1],
        ... )
        >>> float(abm.cost_per(results, per="engaged"))
        600.0

    References:
        ITSMA, "ABM metrics"; Garwood (1936), Biometrika 28, 437–442, for the interval of the number.
    """
    _checks.as_option("per", per, ("engaged", "opportunities", "customers"))
    what = {"engaged": "no account engaged", "opportunities": "there are no opportunities"}.get(
        per, "no customer was won"
    )
    return _cost_for_each("cost_per", results, per, what, by, confidence, (f"variant: per {per}",))


def customer_acquisition_cost(results: CampaignResults, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Cost of winning a customer.

    customer acquisition cost = Σ cost of sales and marketing / accounts that became customers.

    Leaves out: whatever is not in the cost: it has to hold all of sales and marketing for new
    customers, people too, and nothing for those that there are. Customers of a quarter may come
    of the cost of the quarter before: label the costs with the period in which their customers come.

    Args:
        results: what was spent and who became a customer, with the column ``customers``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Money; undefined where no customer was won, or no cost is recorded. The cost is taken as given.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> results = abm.CampaignResults(campaign=["Sales", "Marketing"], cost=[60_000, 40_000], customers=[0, 8])
        >>> float(abm.customer_acquisition_cost(results))
        12500.0

    References:
        Skok, "SaaS metrics 2.0"; Garwood (1936), Biometrika 28, 437–442, for the interval of the number.
    """
    return _cost_for_each("customer_acquisition_cost", results, "customers", "no customer was won", by, confidence, ())


def _cost_for_each(  # noqa: PLR0917 - what the two KPIs differ in
    kpi: str, results: CampaignResults, column: str, none: str, by: By, confidence: float, remarks: tuple[str, ...]
) -> Estimate:
    sums = results.account_sums(["cost", column], by)
    named = sums.account < len(sums.account_names)
    once = named & (column != "opportunities")
    counted = np.where(once, np.minimum(sums[column], 1.0), sums[column])
    cost, number = sums.total(sums["cost"]), sums.total(counted)
    found = estimation.total(kpi, sums, counted, unit="money", confidence=confidence)
    spread = CostSpread(**_fields(found), cost=cost)
    with np.errstate(divide="ignore", invalid="ignore"):
        value, low, high = cost / number, cost / found.high, cost / found.low
        # The more of them, the cheaper is each: an account moves the cost the other way.
        change = counted * (value / number)[sums.group]
    influences = None if found.influences is None else attrs.evolve(found.influences, change=change)
    found = attrs.evolve(
        found,
        value=value,
        low=low,
        high=high,
        numerator=cost,
        denominator=number,
        spread=spread,
        remarks=remarks,
        influences=influences,
    )
    return _undefined_where(_undefined_where(found, cost == 0, _NO_COST), number == 0, none)
