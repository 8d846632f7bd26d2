"""Returns and costs of what was won, against plain Python; what is undefined, and what the results say they are."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import CampaignCosts, CampaignResults, Journeys, MetricInputError
from abmmetrics.attribution import linear_touch
from abmmetrics.data_driven import markov, shapley
from abmmetrics.influence import influenced_pipeline
from abmmetrics.roi import (
    campaign_results,
    campaign_roi,
    cost_per,
    customer_acquisition_cost,
    return_on_ad_spend_ratio,
)

from .deals import quotient, values

AMOUNTS = st.sampled_from([0.0, 0.0, 0.25, 1.0, 3.5, 10.0, 64.0])
ROWS = st.lists(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from("xyz"), AMOUNTS, AMOUNTS, *[st.integers(0, 3)] * 3), max_size=20
)
NAMES = ("account", "campaign", "cost", "revenue", "engaged", "opportunities", "customers")


def table(rows):
    columns = list(zip(*rows, strict=True)) if rows else [[]] * len(NAMES)
    return CampaignResults(**{name: list(column) for name, column in zip(NAMES, columns, strict=True)})


def refusal(run):
    with pytest.raises(MetricInputError) as refused:
        run()
    return str(refused.value)


def divided(part, whole):
    return part / whole if whole else math.nan


@given(rows=ROWS, margin=st.sampled_from([0.25, 0.5, 1.0]))
def test_every_kpi_is_what_its_formula_says(rows, margin):
    results = table(rows)
    groups = {None: rows, **{name: [row for row in rows if row[1] == name] for name in {row[1] for row in rows}}}
    for name, held in groups.items():
        cost, revenue = sum(row[2] for row in held), sum(row[3] for row in held)
        counted = {
            "engaged": len({row[0] for row in held if row[4]}),
            "opportunities": sum(row[5] for row in held),
            "customers": len({row[0] for row in held if row[6]}),
        }

        def of_group(kpi, name=name, **options):
            found = kpi(results, by=None if name is None else "campaign", **options)
            return found if name is None else found[name]

        roi = of_group(campaign_roi, margin=margin)
        assert float(roi) == pytest.approx(divided(margin * revenue - cost, cost), rel=1e-12, abs=1e-12, nan_ok=True)
        assert quotient(roi) == ([margin * revenue - cost], [cost])
        spend = of_group(return_on_ad_spend_ratio)
        assert float(spend) == pytest.approx(divided(revenue, cost), rel=1e-12, nan_ok=True)
        assert quotient(spend) == ([revenue], [cost])
        for per, number in counted.items():
            found = of_group(cost_per, per=per)
            expected = divided(cost, number) if cost else math.nan
            assert float(found) == pytest.approx(expected, rel=1e-12, nan_ok=True)
            assert quotient(found) == ([cost], [number])
            if math.isnan(expected):
                assert math.isnan(found.low[0])
                assert math.isnan(found.high[0])
        acquired = of_group(customer_acquisition_cost)
        assert float(acquired) == pytest.approx(float(of_group(cost_per, per="customers")), nan_ok=True)


def test_cost_without_revenue_is_all_lost_and_revenue_without_cost_undefined():
    costs = CampaignCosts(campaign=["Fair", "Webinar", "Fair"], cost=[500, 200, 500])
    results = campaign_results(
        costs, campaign=["Fair", "Podcast", "Fair"], revenue=[3_000, 900, 1_000], account=["A", "A", "B"]
    )
    assert len(results) == 6
    found = campaign_roi(results, margin=0.5, by="campaign")
    assert values(found) == pytest.approx({"Fair": 1.0, "Podcast": math.nan, "Webinar": -1.0}, nan_ok=True)
    assert found.notes[2:] == (
        "fewer than 2 accounts: no interval (campaign: Webinar)",
        "undefined: no cost is recorded (campaign: Podcast)",
    )
    assert found.accounts.tolist() == [2, 1, 0]
    pooled = campaign_roi(results, margin=0.5)
    assert float(pooled) == pytest.approx((0.5 * 4_900 - 1_200) / 1_200)
    assert pooled.notes[2] == "revenue of campaigns without a cost is in it: Podcast"
    assert return_on_ad_spend_ratio(results).notes[0] == "revenue of campaigns without a cost is in it: Podcast"
    assert return_on_ad_spend_ratio(results, by=["campaign", "account"]).remarks == ()
    free = CampaignResults(campaign=["b", "a", "a", "c"], cost=[0, 0, 1, 0], revenue=[0.5, 3, 0, 0])
    assert return_on_ad_spend_ratio(free).remarks == ("revenue of campaigns without a cost is in it: b",)


def test_the_result_says_what_return_it_is():
    results = CampaignResults(campaign=["Fair"], cost=[10], revenue=[30])
    plain = campaign_roi(results, margin=1)
    assert plain.remarks == (
        "variant: total return, margin 1",
        "a total return on the cost of all campaigns of the table, by the revenue as it is given, over a period not said",
    )
    told = campaign_roi(
        results,
        margin=0.62,
        kind="incremental",
        scope="the spring programme",
        valuation="won revenue against a control group",
        period="2026-Q1",
    )
    assert told.remarks == (
        "variant: incremental return, margin 0.62",
        "an incremental return on the cost of the spring programme, by won revenue against a control group, over 2026-Q1",
    )
    assert campaign_roi(results, margin=1, kind="marginal").remarks[0] == "variant: marginal return, margin 1"
    assert cost_per(CampaignResults(campaign=["a"], cost=1, engaged=1), per="engaged").remarks == (
        "variant: per engaged",
    )
    assert customer_acquisition_cost(CampaignResults(campaign=["a"], cost=1, customers=1)).remarks == ()


def test_a_return_is_read_as_a_percentage_and_its_changes_in_points():
    results = CampaignResults(
        account=list("ABCABC"),
        campaign="Fair",
        cost=[10, 20, 30] * 2,
        revenue=[30, 5, 40, 60, 90, 20],
        segments={"year": [2025] * 3 + [2026] * 3},
    )
    found = campaign_roi(results, margin=1, by="year")
    assert str(found).splitlines()[1].startswith("  2025  25.0 % (95 % interval -")
    moved = abm.change(found, baseline=2025)
    assert np.isnan(moved.relative).all()
    assert "percentage points" in str(moved)
    assert moved.difference.tolist() == [pytest.approx(170 / 60 - 75 / 60)]


def test_intervals_are_those_of_what_came_at_the_cost_as_it_is():
    draw = np.random.default_rng(5)
    rows = 40
    revenue = draw.lognormal(3, 1, rows) * (draw.random(rows) < 0.5)
    results = CampaignResults(
        account=np.arange(rows), campaign="Fair", cost=10, revenue=revenue, customers=draw.random(rows) < 0.3
    )
    deals = abm.Opportunities(account=np.arange(rows), outcome="won", amount=revenue)
    total = abm.revenue_won(deals.where(revenue > 0), confidence=0.9)
    roi = campaign_roi(results, margin=0.5, confidence=0.9)
    spend = return_on_ad_spend_ratio(results, confidence=0.9)
    for limit in ("low", "high"):
        bound = float(getattr(total, limit)[0])
        assert float(getattr(roi, limit)[0]) == pytest.approx(0.5 * bound / 400 - 1)
        assert float(getattr(spend, limit)[0]) == pytest.approx(bound / 400)
    number = int(results.customers.sum())
    garwood = abm.garwood(number, confidence=0.9)
    for found in (
        cost_per(results, per="customers", confidence=0.9),
        customer_acquisition_cost(results, confidence=0.9),
    ):
        assert found.low[0] == pytest.approx(400 / float(garwood.high))
        assert found.high[0] == pytest.approx(400 / float(garwood.low))
        assert found.unit == "money"
    for found in (roi, spend, cost_per(results, per="customers")):
        wider, again = found.at_confidence(0.99), found.take(np.array([0])).at_confidence(0.99)
        assert wider.low[0] < found.low[0] < found.value[0] < found.high[0] < wider.high[0]
        assert (again.low[0], again.high[0]) == (wider.low[0], wider.high[0])


def test_cheaper_customers_are_a_change_like_any_other():
    """Twice the customers at the same cost: half of it each, and as sure as the numbers are."""
    account = [*range(30), *range(60)]
    results = CampaignResults(
        account=account,
        campaign="Fair",
        cost=[2.0] * 30 + [1.0] * 60,
        customers=1,
        segments={"year": [1] * 30 + [2] * 60},
    )
    found = customer_acquisition_cost(results, by="year")
    assert values(found) == {1: 2, 2: 1}
    moved = abm.change(found, baseline=1)
    assert (moved.difference[0], moved.relative[0], moved.accounts_in_both[0]) == (-1, -0.5, 30)
    assert moved.difference_high[0] < 0
    # An account that counts in both moves both costs in the same direction, which makes their difference surer.
    apart = CampaignResults(
        account=[*range(30), *range(100, 160)],
        campaign="Fair",
        cost=results.cost,
        customers=1,
        segments=results.segments,
    )
    alone = abm.change(customer_acquisition_cost(apart, by="year"), baseline=1)
    assert moved.p_value[0] < alone.p_value[0]
    influences = found.influences
    assert influences is not None
    assert set(np.round(influences.change[influences.group == 0], 12)) == {round(2 / 30, 12)}


def test_without_accounts_numbers_are_added_up():
    results = CampaignResults(campaign=["Fair", "Fair"], cost=[60, 40], engaged=[3, 2], customers=[0, 4])
    assert float(cost_per(results, per="engaged")) == 20
    assert float(customer_acquisition_cost(results)) == 25
    frame = {"account": ["A", "A", None], "campaign": ["x"] * 3, "cost": [10, 10, 10], "customers": [1, 1, 4]}
    mixed = CampaignResults.from_frame(frame, missing="separate")
    assert float(customer_acquisition_cost(mixed)) == 6
    with_deals = CampaignResults(account=["A", "A"], campaign="x", cost=6, opportunities=[1, 2])
    assert float(cost_per(with_deals, per="opportunities")) == 4


def test_what_there_is_none_of_is_undefined_each_for_its_reason():
    results = CampaignResults(
        account=list("ABCD"),
        campaign=["all", "none", "free", "nothing"],
        cost=[10, 10, 0, 0],
        engaged=[1, 0, 1, 0],
        opportunities=[1, 0, 1, 0],
        customers=[1, 0, 1, 0],
    )
    for per, reason in (
        ("engaged", "no account engaged"),
        ("opportunities", "there are no opportunities"),
        ("customers", "no customer was won"),
    ):
        found = cost_per(results, per=per, by="campaign")
        expected = {"all": 10, "free": math.nan, "none": math.nan, "nothing": math.nan}
        assert values(found) == pytest.approx(expected, nan_ok=True)
        assert found.notes == (
            f"variant: per {per}",
            "fewer than 2 accounts: no interval (campaign: all)",
            "undefined: no cost is recorded (campaign: free)",
            f"undefined: {reason} (campaign: none, nothing)",
        )


def test_credits_and_costs_are_put_together():
    costs = CampaignCosts(campaign=["b", "a"], cost=[1, 2], segments={"tier": ["x", "y"]}, excluded={"missing cost": 1})
    both = campaign_results(costs, campaign=["a", "c"], revenue=[5, 6], account=["A", "B"])
    assert both.campaign.to_list() == ["b", "a", "a", "c"]
    assert both.account.to_list() == [None, None, "A", "B"]
    assert (both.cost.tolist(), both.revenue.tolist()) == ([1, 2, 0, 0], [0, 0, 5, 6])
    assert (both.segments, both.excluded) == ({}, {"missing cost": 1})
    assert campaign_results(costs, campaign=["a"], revenue=[5]).account is None
    assert len(campaign_results(costs, campaign=[], revenue=[])) == 2
    numbered = CampaignCosts(campaign=[1, 2], cost=[1, 2])
    assert campaign_results(numbered, campaign=[2, 3], revenue=[5, 6]).campaign.to_list() == [1, 2, 2, 3]
    assert refusal(lambda: campaign_results(numbered, campaign=["a"], revenue=[5])) == (
        "campaign must be whole numbers, as the campaigns of costs are; got text"
    )
    assert refusal(lambda: campaign_results(costs, campaign=["a", "b"], revenue=[5])) == (
        "campaign and revenue must have the same length; got {'campaign': 2, 'revenue': 1}"
    )
    assert len(campaign_results(CampaignCosts.empty(), campaign=["a"], revenue=[5])) == 1


RESULTS = CampaignResults(campaign=["Fair"], cost=[10])


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: campaign_roi(RESULTS, margin=0), "margin must be a number in (0, 1]; got 0"),
        (lambda: campaign_roi(RESULTS, margin=1.01), "margin must be a number in (0, 1]; got 1.01"),
        (
            lambda: campaign_roi(RESULTS, margin=1, kind="all"),
            "kind must be one of ['total', 'incremental', 'marginal']; got 'all'",
        ),
        (
            lambda: campaign_roi(RESULTS, margin=1),
            "CampaignResults must have the column revenue for this KPI; got ['campaign', 'cost']",
        ),
        (
            lambda: cost_per(RESULTS, per="click"),
            "per must be one of ['engaged', 'opportunities', 'customers']; got 'click'",
        ),
        (
            lambda: customer_acquisition_cost(RESULTS),
            "CampaignResults must have the column customers for this KPI; got ['campaign', 'cost']",
        ),
        (
            lambda: CampaignCosts(campaign=["a", "b"], cost=[1, 0]),
            "cost must be above 0 (what cost nothing has no row here); got 0.0 at row 1",
        ),
        (
            lambda: CampaignCosts(campaign=["a", "b"], cost=[1, -1]),
            "cost must be finite numbers >= 0; got -1.0 at row 1",
        ),
    ],
)
def test_what_cannot_be_is_refused(run, message):
    assert refusal(run) == message


def test_a_return_on_ad_spend_needs_revenue():
    message = "CampaignResults must have the column revenue for this KPI; got ['campaign', 'cost']"
    assert refusal(lambda: return_on_ad_spend_ratio(RESULTS)) == message


def test_costs_of_a_campaign_add_up():
    costs = CampaignCosts(campaign=["Fair", "Webinar", "Fair"], cost=[5, 2, 6])
    assert repr(costs) == "CampaignCosts(3 rows, 2 campaigns; cost)"
    assert costs.rollup().cost.tolist() == [11, 2]


# --- Credit of an attribution, and costs ------------------------------------------------------------------------------

STORY = Journeys.from_paths(
    ["Mail > Fair", "Fair", "", "Call", "Mail", "Fair"],
    value=[12_000, 8_000, 5_000, 3_000, 0, 2_000],
    conversions=[1, 1, 1, 1, 0, 1],
    losses=[0, 0, 0, 0, 1, 0],
    account=["Acme", "Beta", "Core", "Dent", "Eden", "Fern"],
)
SPENT = CampaignCosts(campaign=["Fair", "Webinar", "Fair"], cost=[7_000, 4_000, 3_000], excluded={"no cost": 2})


def test_credit_and_costs_are_joined_in_full():
    credit = linear_touch(STORY)
    results = CampaignResults.from_attribution(credit, SPENT)
    assert sum(results.cost) == 14_000
    assert sum(results.revenue) == credit.total - credit.unattributed == 25_000
    found = campaign_roi(results, margin=0.5, by="campaign")
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        {"Call": math.nan, "Fair": 0.5 * 16_000 / 10_000 - 1, "Mail": math.nan, "Webinar": -1.0}, nan_ok=True
    )
    assert found.notes[2:] == (
        "revenue is credit by linear_touch",
        "unattributed, in no return: 5,000 of 30,000 (16.7 %)",
        "2 campaigns with credit and without a cost",
        "fewer than 2 accounts: no interval (campaign: Webinar)",
        "undefined: no cost is recorded (campaign: Call, Mail)",
    )
    assert found.excluded == {"no cost": 2}
    pooled = return_on_ad_spend_ratio(results)
    assert float(pooled) == pytest.approx(25_000 / 14_000)
    assert pooled.notes == (*found.notes[2:5], "revenue of campaigns without a cost is in it: Call, Mail")


def test_returns_of_credit_have_the_interval_of_accounts():
    results = CampaignResults.from_attribution(linear_touch(STORY), SPENT)
    plain = CampaignResults(
        account=["Acme", "Beta", "Fern"], campaign="Fair", cost=[10_000, 0, 0], revenue=[6_000, 8_000, 2_000]
    )
    found, expected = (campaign_roi(held, margin=0.5, by="campaign")["Fair"] for held in (results, plain))
    assert (found.low[0], found.high[0]) == pytest.approx((expected.low[0], expected.high[0]))
    assert found.accounts.tolist() == [3]


@pytest.mark.parametrize("model", [markov, functools.partial(shapley, game="conversion_rate")])
def test_credit_that_no_account_is_known_of_has_no_interval(model):
    credit = model(STORY)
    found = campaign_roi(CampaignResults.from_attribution(credit, SPENT), margin=1, by="campaign")
    assert float(found["Fair"]) == pytest.approx(credit["Fair"] / 10_000 - 1)
    assert math.isnan(found["Fair"].low[0])
    assert f"{credit.name} does not say which accounts credit comes from: no interval" in found.notes
    message = "credit must be given journey by journey to be told by account; got that of "
    assert refusal(credit.credit_by_account) == message + credit.name


def test_where_all_is_attributed_and_paid_for_nothing_is_left_to_count():
    journeys = Journeys.from_paths(["Fair"], value=[100], account=["Acme"])
    results = CampaignResults.from_attribution(shapley(journeys), SPENT)
    assert results.remarks == (
        "revenue is credit by shapley(game=conversions)",
        "unattributed, in no return: 0 of 100 (0.0 %)",
    )
    # Who got no credit needs no cost.
    few = Journeys.from_paths(["Fair", "Cold", "Mail"], value=[100, 0, 0.5], account=["Acme", "Beta", "Core"])
    few_results = CampaignResults.from_attribution(linear_touch(few), SPENT)
    assert few_results.remarks[2:] == ("1 campaign with credit and without a cost",)
    nothing = CampaignResults.from_attribution(linear_touch(Journeys.from_paths([""], value=[0])), SPENT)
    assert nothing.remarks[1] == "unattributed, in no return: 0 of 0 (0.0 %)"
    assert float(campaign_roi(nothing, margin=1)) == -1


@given(
    paths=st.lists(
        st.tuples(st.sampled_from("ABC"), st.lists(st.sampled_from("xyz"), max_size=4), st.integers(0, 64)),
        min_size=1,
    )
)
def test_credit_by_account_adds_up_to_credit_by_label(paths):
    journeys = Journeys.from_paths(
        [labels for _, labels, _ in paths], value=[worth for *_, worth in paths], account=[name for name, *_ in paths]
    )
    for credit in (linear_touch(journeys, resamples=0), shapley(journeys, resamples=0)):
        held = credit.credit_by_account()
        rows = list(zip(*held.values(), strict=True))
        assert {name: sum(amount for _, label, amount in rows if label == name) for name in credit} == pytest.approx(
            dict(credit.items())
        )
        for account in "ABC":
            own = sum(worth for name, labels, worth in paths if name == account and labels)
            assert sum(amount for name, _, amount in rows if name == account) == pytest.approx(own)
        order = list(dict.fromkeys(name for name, *_ in paths))
        assert [row[:2] for row in rows] == sorted(
            {row[:2] for row in rows}, key=lambda row: (order.index(row[0]), row[1])
        )
        assert all(amount > 0 for *_, amount in rows)


def test_journeys_without_accounts_are_accounts_of_their_own():
    held = linear_touch(Journeys.from_paths(["Fair", "Mail > Fair"], value=[10, 4])).credit_by_account()
    assert held == {"account": [None] * 3, "campaign": ["Fair", "Fair", "Mail"], "credit": [10, 2, 2]}


@pytest.mark.parametrize(
    ("credit", "message"),
    [
        (SPENT, "credit must be the result of an attribution model; got CampaignCosts"),
        (
            influenced_pipeline(STORY, resamples=0),
            "credit must add up; got influenced_pipeline, which counts a deal once for every campaign",
        ),
        (
            linear_touch(Journeys.from_paths(["Fair"])),
            "credit must be in money (deals need the column amount); got conversions",
        ),
        (
            linear_touch(Journeys.from_paths([[1, 2]], value=[5])),
            "campaign must be text, as the campaigns of costs are; got whole numbers",
        ),
    ],
)
def test_credit_that_cannot_be_a_return_is_refused(credit, message):
    assert refusal(lambda: CampaignResults.from_attribution(credit, SPENT)) == message
