"""Payback month by month, and budgets against published digits and scipy's optimiser."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import CampaignResults, MetricInputError
from abmmetrics.budget import allocate_budget, payback_months


def refusal(run):
    with pytest.raises(MetricInputError) as refused:
        run()
    return str(refused.value)


# --- Payback ------------------------------------------------------------------------------------------------------


def test_payback_without_leaving():
    found = payback_months(12_000, 1_000, margin=0.75)
    assert (found.months, found.adjusted, found.recovered, found.note) == (16, False, 1, "")
    assert str(found) == "payback: 16.0 months"
    assert float(payback_months(100, 400, margin=1)) == 0.25


@given(
    cost=st.sampled_from([10, 100, 1_234.5]),
    gain=st.sampled_from([5, 40, 333]),
    margin=st.sampled_from([0.4, 1.0]),
    discount=st.sampled_from([0.0, 0.01, 0.2]),
    falls=st.lists(st.sampled_from([1.0, 0.9, 0.5, 0.0]), max_size=12),
)
def test_payback_is_found_month_by_month(cost, gain, margin, discount, falls):
    survival = np.cumprod(falls)
    found = payback_months(cost, gain, margin=margin, survival=survival, monthly_discount=discount)
    back, expected = 0.0, math.nan
    for month, stays in enumerate(survival.tolist(), start=1):
        back += gain * margin * stays / (1 + discount) ** month
        if math.isnan(expected) and back >= cost - 1e-9:
            expected = month
    np.testing.assert_equal(found.months, expected)
    assert found.adjusted
    if math.isnan(expected):
        assert found.recovered == pytest.approx(back / cost)
        months = "1 month" if len(falls) == 1 else f"{len(falls)} months"
        assert found.note == f"not within {months}, in which {100 * back / cost:.0f} % comes back"
        assert str(found) == f"payback: {found.note}"
    else:
        assert (found.recovered, found.note) == (1, "")
        assert str(found) == f"payback: {expected}.0 months, with customers leaving"


@pytest.mark.parametrize(("cost", "discount", "months"), [(100, 0.01, 11), (10, 0.1, 2), (9.090909090909090, 0.1, 1)])
def test_payback_at_a_discount_is_that_of_customers_who_all_stay(cost, discount, months):
    plain = payback_months(cost, 10, margin=1, monthly_discount=discount)
    staying = payback_months(cost, 10, margin=1, monthly_discount=discount, survival=[1.0] * 50)
    assert (plain.months, staying.months, plain.adjusted) == (months, months, False)
    assert str(plain) == f"payback: {months}.0 months"


def test_a_discount_may_eat_it_all():
    found = payback_months(200, 10, margin=1, monthly_discount=0.1)
    assert math.isnan(found.months)
    assert found.recovered == 0.5
    assert str(found) == "payback: never, at this discount"
    assert math.isnan(payback_months(100, 10, margin=1, monthly_discount=0.1).months)  # only in the limit


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"acquisition_cost": 0}, "acquisition_cost must be a number in (0, inf); got 0"),
        ({"monthly_revenue": 0}, "monthly_revenue must be a number in (0, inf); got 0"),
        ({"margin": 0}, "margin must be a number in (0, 1]; got 0"),
        ({"margin": 1.5}, "margin must be a number in (0, 1]; got 1.5"),
        ({"monthly_discount": -0.1}, "monthly_discount must be a number in [0, inf); got -0.1"),
        ({"survival": [1, 0.8, 0.9]}, "survival must never rise; got 0.9 after 0.8 at row 2"),
        ({"survival": [1, 1.2]}, "survival must be at most 1; got 1.2 at row 1"),
        ({"survival": [1, -0.2]}, "survival must be finite numbers >= 0; got -0.2 at row 1"),
    ],
)
def test_payback_refuses(given, message):
    whole = {"acquisition_cost": 10, "monthly_revenue": 5, "margin": 1, **given}
    assert refusal(lambda: payback_months(**whole)) == message


# --- Budgets ------------------------------------------------------------------------------------------------------


def today(cost, revenue):
    return CampaignResults(campaign=[f"c{place}" for place in range(len(cost))], cost=cost, revenue=revenue)


def test_two_campaigns_with_published_digits():
    found = allocate_budget(today([100, 100], [300, 150]), elasticity=0.5, bounds=(0, 2))
    np.testing.assert_allclose(found.spend, [160, 40], rtol=1e-12)
    assert found.revenue.sum() == pytest.approx(474.34164902525686, rel=1e-14)
    np.testing.assert_allclose(found.marginal_revenue, 1.18585412, rtol=1e-8)
    assert not found.at_bound.any()
    bounded = allocate_budget(today([100, 100], [300, 150]), elasticity=0.5, bounds=(0.7, 1.3))
    assert bounded.spend.tolist() == [130, 70]
    assert bounded.revenue.sum() == pytest.approx(467.5516315)
    assert bounded.at_bound.all()


def test_three_campaigns_with_published_digits():
    found = allocate_budget(
        today([50, 30, 20], [400, 120, 30]), elasticity={"c0": 0.3, "c1": 0.2, "c2": 0.5}, bounds=(0, 5)
    )
    np.testing.assert_allclose(found.spend, [83.9986041, 11.9635204, 4.0378756], atol=1e-7)
    assert found.revenue.sum() == pytest.approx(580.6843462)
    np.testing.assert_allclose(found.marginal_revenue, 1.66916703, rtol=1e-8)


@pytest.mark.parametrize("seed", range(8))
def test_budgets_are_those_of_an_optimiser(seed):
    draw = np.random.default_rng(seed)
    size = int(draw.integers(2, 6))
    cost, revenue, power = draw.uniform(10, 100, size), draw.uniform(10, 500, size), draw.uniform(0.1, 0.8, size)
    low, high = draw.uniform(0.2, 0.9, size), draw.uniform(1.1, 2, size)
    budget = float(draw.uniform((low * cost).sum(), (high * cost).sum()))
    names = [f"c{place}" for place in range(size)]
    found = allocate_budget(
        today(cost, revenue),
        elasticity=dict(zip(names, power.tolist(), strict=True)),
        bounds=dict(zip(names, zip(low.tolist(), high.tolist(), strict=True), strict=True)),
        budget=budget,
    )
    theirs = scipy.optimize.minimize(
        lambda spend: -(revenue * (spend / cost) ** power).sum(),
        np.clip(cost * budget / cost.sum(), low * cost, high * cost),
        bounds=list(zip(low * cost, high * cost, strict=True)),
        constraints={"type": "eq", "fun": lambda spend: spend.sum() - budget},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1_000},
    )
    assert found.revenue.sum() >= -theirs.fun - 1e-9
    np.testing.assert_allclose(found.spend, theirs.x, rtol=1e-3)
    assert found.spend.sum() == pytest.approx(budget, rel=1e-12)
    assert (found.spend >= low * cost).all()
    assert (found.spend <= high * cost).all()
    inside = ~found.at_bound
    assert np.ptp(found.marginal_revenue[inside]) <= 1e-9 * found.marginal_revenue.max()
    # Whoever is held at the top would bring more, whoever is held at the bottom less, than those between.
    if inside.any():
        level = found.marginal_revenue[inside][0]
        assert (found.marginal_revenue[found.spend >= high * cost] >= level).all()
        assert (found.marginal_revenue[found.spend <= low * cost] <= level).all()


def test_what_brings_nothing_gets_the_least_unless_money_is_left():
    found = allocate_budget(today([100, 100], [300, 0]), elasticity=0.5, bounds=(0.5, 1.4))
    assert found.spend.tolist() == [140, 60]
    assert found.marginal_revenue[1] == 0
    assert found.at_bound.tolist() == [True, False]
    off = allocate_budget(today([100, 100], [300, 0]), elasticity=0.5, bounds=(0, 2))
    assert (off.spend.tolist(), off.marginal_revenue[1]) == ([200, 0], 0)
    nothing = allocate_budget(today([100, 100], [0, 0]), elasticity=0.5, bounds=(0.5, 1.5))
    assert nothing.spend.tolist() == [100, 100]
    fixed = allocate_budget(today([100, 50], [10, 20]), elasticity=0.5, bounds=(1, 1))
    assert fixed.spend.tolist() == [100, 50]
    gone = allocate_budget(today([100, 50], [10, 20]), elasticity=0.5, bounds={"c0": (0, 0), "c1": (0, 3)})
    assert gone.spend.tolist() == [0, 150]
    assert (gone.revenue[0], gone.marginal_revenue[0]) == (0, math.inf)


def test_costs_and_returns_of_several_rows_are_those_of_the_campaign():
    rows = CampaignResults(account=list("ABA"), campaign=["b", "a", "b"], cost=[60, 100, 40], revenue=[100, 150, 200])
    found = allocate_budget(rows, elasticity=0.5, bounds=(0, 3), budget=300)
    assert found.campaigns == ("a", "b")
    np.testing.assert_allclose(found.spend, [60, 240], rtol=1e-12)
    assert (found.spend_before.tolist(), found.revenue_before.tolist()) == ([100, 100], [150, 300])


def test_a_budget_is_shown():
    found = allocate_budget(today([100, 100], [300, 150]), elasticity=0.5, bounds=(0.7, 1.3))
    assert str(found).splitlines() == [
        "campaign  spend  would be  revenue  would be",
        "c0          100       130      300       342",
        "c1          100        70      150       125",
        "  note: a what-if: the elasticities are the caller's, and today's revenue is what is attributed",
    ]
    assert repr(found) == str(found)
    assert len(found) == 2
    columns = found.to_dict()
    assert list(columns) == [
        "campaign",
        "spend_before",
        "spend",
        "revenue_before",
        "revenue",
        "marginal_revenue",
        "at_bound",
    ]
    assert (columns["campaign"], columns["spend"], columns["at_bound"]) == (["c0", "c1"], [130, 70], [True, True])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"elasticity": 0}, "elasticity must be a number in (0, 1); got 0"),
        ({"elasticity": 1}, "elasticity must be a number in (0, 1); got 1"),
        ({"elasticity": {"c0": 0.5}}, "elasticity must have an entry for every campaign; got none for 'c1'"),
        ({"bounds": {"c1": (0, 1)}}, "bounds must have an entry for every campaign; got none for 'c0'"),
        ({"bounds": (1,)}, "bounds must be pairs of the least and the most; got (1,)"),
        ({"bounds": 0.3}, "bounds must be pairs of the least and the most; got 0.3"),
        ({"bounds": (1.3, 0.7)}, "bounds must have the least first; got (1.3, 0.7)"),
        ({"bounds": (-1, 2)}, "bounds must be a number in [0, inf); got -1"),
        ({"bounds": (0, math.inf)}, "bounds must be a number in [0, inf); got inf"),
        ({"budget": 0}, "budget must be a number in (0, inf); got 0"),
        ({"budget": 131}, "budget must be within what the bounds allow; got 131.00 where they allow 70.00 to 130.00"),
        ({"budget": 69}, "budget must be within what the bounds allow; got 69.00 where they allow 70.00 to 130.00"),
    ],
)
def test_budgets_refuse(given, message):
    whole = {"elasticity": 0.5, "bounds": (0.7, 1.3), **given}
    assert refusal(lambda: allocate_budget(today([60, 40], [30, 20]), **whole)) == message


def test_bounds_may_be_reached():
    for budget in (70, 130):
        found = allocate_budget(today([60, 40], [30, 20]), elasticity=0.5, bounds=(0.7, 1.3), budget=budget)
        assert found.spend.sum() == pytest.approx(budget)


def test_a_campaign_that_costs_nothing_is_refused():
    message = "cost must be above 0 in every campaign, for returns to follow from it; got 0 for 'c1'"
    assert refusal(lambda: allocate_budget(today([60, 0], [30, 20]), elasticity=0.5, bounds=(0, 2))) == message
