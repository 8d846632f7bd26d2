import datetime as dt
import math
import statistics
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, wilson, winrate
from abmmetrics.opportunities import Opportunities
from abmmetrics.winrate import (
    average_deal_size,
    deals_won_count,
    new_customer_count,
    revenue_won,
    value_win_rate,
    win_rate,
)

from .deals import Deal, a_deal, by_group, deals, quotient, read_crm, table, values

KPIS = [average_deal_size, deals_won_count, new_customer_count, revenue_won, value_win_rate, win_rate]
OF_MONEY = {average_deal_size, revenue_won}
GROUPINGS = st.sampled_from([None, "tier"])

# Six deals of definitions 1.11: A, B and F won (F after it was reopened), C and D lost, E open.
SIX = Opportunities(account=list("ABCDEF"), outcome=["won", "won", "lost", "lost", "open", "won"])


def same(one, other, scale=1.0):
    """Whether two results are the same but for the rounding of the last digits."""
    np.testing.assert_allclose(one.value * scale, other.value, rtol=1e-9)
    np.testing.assert_allclose(one.low * scale, other.low, rtol=1e-6)
    np.testing.assert_allclose(one.high * scale, other.high, rtol=1e-6)
    return (one.labels, one.excluded, one.notes, one.rows.tolist(), one.accounts.tolist()) == (
        other.labels,
        other.excluded,
        other.notes,
        other.rows.tolist(),
        other.accounts.tolist(),
    )


# --- What every KPI of won deals keeps to ----------------------------------------------------------------------------


@pytest.mark.parametrize("kpi", KPIS)
@given(rows=deals, first=a_deal, by=GROUPINGS, data=st.data())
def test_shuffling_splitting_and_stacking_changes_nothing(kpi, rows, first, by, data):
    rows = [first._replace(account="A"), *rows]
    cut, shuffled = data.draw(st.integers(0, len(rows))), data.draw(st.permutations(rows))
    stacked = abm.concat([table(shuffled[:cut]), table(shuffled[cut:])])
    assert same(kpi(table(rows), by=by), kpi(stacked, by=by))


@pytest.mark.parametrize("kpi", KPIS)
@given(rows=deals, by=GROUPINGS)
def test_amounts_in_another_unit_scale_money_and_nothing_else(kpi, rows, by):
    quartered = [deal._replace(amount=None if deal.amount is None else deal.amount * 4) for deal in rows]
    one, other = kpi(table(rows), by=by), kpi(table(quartered), by=by)
    assert same(one, other, scale=4.0 if kpi in OF_MONEY else 1.0)


@pytest.mark.parametrize("kpi", KPIS)
@given(rows=deals, by=GROUPINGS)
def test_values_lie_in_their_intervals_or_are_undefined_with_a_note(kpi, rows, by):
    found = kpi(table(rows), by=by)
    assert found.kpi == kpi.__name__
    assert bool(np.isnan(found.value).any()) == any("undefined: " in note for note in found.notes)
    drawn = ~np.isnan(found.low)
    assert (found.low[drawn] <= found.value[drawn] * (1 + 1e-9)).all()
    assert (found.value[drawn] <= found.high[drawn] * (1 + 1e-9)).all()
    assert found.confidence == 0.95


@pytest.mark.parametrize("kpi", KPIS)
def test_confidence_is_passed_on(kpi):
    rows = [
        Deal(account, dt.date(2026, 1, 1), dt.date(2026, 2, 1), outcome, amount, "one")
        for account, outcome, amount in [("A", "won", 8.0), ("B", "lost", 4.0), ("C", "won", 16.0), ("A", "lost", 8.0)]
    ]
    narrow, wide = kpi(table(rows), confidence=0.5), kpi(table(rows), confidence=0.99)
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]


@pytest.mark.parametrize("kpi", KPIS)
def test_an_unknown_segment_is_refused(kpi):
    deals = Opportunities(account=["A"], outcome=["won"], amount=[1], segments={"tier": ["one"]})
    with pytest.raises(MetricInputError) as refusal:
        kpi(deals, by="region")
    assert str(refusal.value).startswith("by must name segments of the table, one of ['account', 'outcome', 'tier']")


@pytest.mark.parametrize("kpi", [average_deal_size, revenue_won, value_win_rate])
def test_amounts_are_needed(kpi):
    with pytest.raises(MetricInputError) as refusal:
        kpi(SIX)
    assert str(refusal.value) == ("Opportunities must have the column amount for this KPI; got ['account', 'outcome']")


@pytest.mark.parametrize("kpi", KPIS)
def test_no_rows_at_all(kpi):
    found = kpi(table([]))
    undefined = {
        win_rate: "undefined: no deal is closed",
        value_win_rate: "undefined: no closed deal has an amount above 0",
        average_deal_size: "undefined: no deal with an amount was won",
    }
    if kpi in undefined:
        assert math.isnan(float(found))
        assert found.notes == (undefined[kpi],)
    else:
        assert float(found) == 0
    assert found.rows.tolist() == [0]


@pytest.mark.parametrize(
    ("kpi", "unit", "remark"),
    [
        (average_deal_size, "money", ("scale of amounts: CHF",)),
        (revenue_won, "money", ("scale of amounts: CHF",)),
        (deals_won_count, "count", ()),
        (new_customer_count, "count", ()),
        (value_win_rate, "share", ()),
        (win_rate, "share", ()),
    ],
)
def test_units_and_currency(kpi, unit, remark):
    deals = Opportunities(account=["A", "B"], outcome=["won", "lost"], amount=[3, 1], currency="CHF")
    assert kpi(deals).unit == unit
    assert kpi(deals).remarks == remark


# --- Win rate ---------------------------------------------------------------------------------------------------------


def test_win_rate_of_the_six_deals():
    closed, created = win_rate(SIX), win_rate(SIX, basis="created")
    assert (float(closed), float(created)) == (0.6, 0.5)
    assert quotient(closed) == ([3], [5])
    assert quotient(created) == ([3], [6])
    # Each account is one trial: Wilson's interval for 3 of 5, printed as 23 to 88 %.
    assert (round(float(closed.low[0]), 2), round(float(closed.high[0]), 2)) == (0.23, 0.88)
    assert (closed.rows.tolist(), created.rows.tolist()) == ([5], [6])
    assert closed.excluded == {}


@given(rows=deals, by=GROUPINGS, basis=st.sampled_from(["closed", "created"]))
def test_win_rate_is_won_of_those_on_the_basis(rows, by, basis):
    expected = {}
    for label, group in by_group(rows, by).items():
        counted = [deal.outcome == "won" for deal in group if basis == "created" or deal.outcome != "open"]
        expected[label] = float(Fraction(sum(counted), len(counted))) if counted else math.nan
    found = win_rate(table(rows), by=by, basis=basis)
    assert values(found) == pytest.approx(expected, nan_ok=True)
    assert found.excluded == {}


def test_win_rate_by_the_quarter_of_closing_does_not_miss_open_deals():
    deals = Opportunities(
        account=list("ABCD"),
        closed=["2026-01-05", "2026-03-31", "2026-04-01", None],
        outcome=["won", "lost", "won", "open"],
    )
    quarters = abm.period(deals.closed, "quarter")
    closed = win_rate(deals, by=quarters)
    assert values(closed) == {"2026-Q1": 0.5, "2026-Q2": 1.0}
    assert closed.excluded == {}
    # On the basis of all deals the open one would count, had it a quarter.
    assert win_rate(deals, by={"closed in": quarters}, basis="created").excluded == {"no closed in": 1}


def test_win_rate_of_a_group_of_open_deals_is_undefined():
    deals = Opportunities(account=list("ABC"), outcome=["won", "lost", "open"], segments={"tier": [1, 1, 2]})
    found = win_rate(deals, by="tier")
    assert found.labels == [1, 2]
    assert math.isnan(float(found[2]))
    assert found[2].notes == ("undefined: no deal is closed (tier: 2)",)
    assert "undefined: there are no deals" in win_rate(Opportunities.empty(), basis="created").notes


@pytest.mark.parametrize("basis", ["all", "Closed", None, ["closed"]])
def test_an_unknown_basis_is_refused(basis):
    with pytest.raises(MetricInputError) as refusal:
        win_rate(SIX, basis=basis)
    assert str(refusal.value) == f"basis must be one of ['closed', 'created']; got {basis!r}"


# --- Value win rate ---------------------------------------------------------------------------------------------------


@given(rows=deals, by=GROUPINGS)
def test_value_win_rate_is_won_of_closed_amount(rows, by):
    expected = {}
    for label, group in by_group(rows, by).items():
        won = sum(Fraction(deal.amount or 0) for deal in group if deal.outcome == "won")
        lost = sum(Fraction(deal.amount or 0) for deal in group if deal.outcome == "lost")
        hidden = lost == 0 and any(deal.outcome == "lost" for deal in group)
        expected[label] = math.nan if hidden or won + lost == 0 else float(won / (won + lost))
    found = value_win_rate(table(rows), by=by)
    assert values(found) == pytest.approx(expected, nan_ok=True)
    unknown = sum(deal.outcome != "open" and deal.amount is None for deal in rows)
    assert found.excluded == ({"no amount": unknown} if unknown else {})


@pytest.mark.parametrize("amounts", [[0, 0], [None, None], [0, None]])
def test_lost_deals_without_amounts_make_no_value_win_rate(amounts):
    deals = Opportunities(account=list("ABCD"), outcome=["won", "won", "lost", "lost"], amount=[0.25, 0.5, *amounts])
    found = value_win_rate(deals)
    assert math.isnan(float(found))
    assert math.isnan(found.low[0])
    assert found.notes == ("undefined: lost deals carry no amount, so that 100 % would be wrong",)
    # The won amount is known, the whole is not.
    won, closed = quotient(found)
    assert won == [0.75]
    assert math.isnan(closed[0])
    assert found.excluded == ({"no amount": amounts.count(None)} if None in amounts else {})


def test_some_lost_deals_without_amounts_are_told():
    deals = Opportunities(
        account=list("ABCDE"), outcome=["won", "lost", "lost", "lost", "open"], amount=[6, 2, 0, None, None]
    )
    found = value_win_rate(deals)
    assert float(found) == 0.75
    assert found.notes == ("2 of 3 lost deals carry no amount or 0: the rate is too high",)
    assert found.excluded == {"no amount": 1}
    assert found.rows.tolist() == [3]


def test_lost_deals_that_all_carry_an_amount_need_no_remark():
    deals = Opportunities(account=list("AB"), outcome=["won", "lost"], amount=[6, 2])
    assert value_win_rate(deals).notes == ()


def test_won_deals_alone_are_a_value_win_rate_of_one():
    assert float(value_win_rate(Opportunities(account=list("AB"), outcome="won", amount=[6, 2]))) == 1


def test_groups_are_undefined_each_for_its_own_reason():
    deals = Opportunities(
        account=list("ABCDEF"),
        outcome=["won", "lost", "won", "lost", "won", "lost"],
        amount=[3, 1, 4, 0, 0, 0],
        segments={"tier": ["priced", "priced", "silent", "silent", "nothing", "nothing"]},
    )
    found = value_win_rate(deals, by="tier")
    assert values(found) == pytest.approx({"nothing": math.nan, "priced": 0.75, "silent": math.nan}, nan_ok=True)
    assert found.notes == (
        "2 of 3 lost deals carry no amount or 0: the rate is too high",
        "undefined: no closed deal has an amount above 0 (tier: nothing)",
        "undefined: lost deals carry no amount, so that 100 % would be wrong (tier: silent)",
    )
    compared = abm.change(found, baseline="priced")
    assert np.isnan(compared.difference).all()


def test_value_win_rate_takes_accounts_for_trials_and_not_units_of_money():
    deals = Opportunities(account=list("ABCD"), outcome=["won", "lost"] * 2, amount=[1, 1, 1, 1])
    rate = value_win_rate(deals)
    assert rate.method == "account jackknife, Wilson score"
    assert not rate.trials


# --- What was won -----------------------------------------------------------------------------------------------------


@given(rows=deals, by=GROUPINGS)
def test_what_was_won_is_counted_and_added(rows, by):
    won = {label: [deal for deal in group if deal.outcome == "won"] for label, group in by_group(rows, by).items()}
    priced = {label: [deal.amount for deal in group if deal.amount is not None] for label, group in won.items()}
    deals = table(rows)
    assert values(deals_won_count(deals, by=by)) == {label: len(group) for label, group in won.items()}
    assert values(revenue_won(deals, by=by)) == {label: sum(amounts) for label, amounts in priced.items()}
    means = {label: sum(amounts) / len(amounts) if amounts else math.nan for label, amounts in priced.items()}
    assert values(average_deal_size(deals, by=by)) == pytest.approx(means, nan_ok=True)
    unknown = sum(deal.outcome == "won" and deal.amount is None for deal in rows)
    for kpi in (revenue_won, average_deal_size):
        assert kpi(deals, by=by).excluded == ({"no amount": unknown} if unknown else {})
    assert deals_won_count(deals, by=by).excluded == {}


def test_average_deal_size_is_the_quotient_it_says():
    deals = Opportunities(account=list("AABC"), outcome=["won"] * 3 + ["open"], amount=[10, 20, 60, 99])
    size = average_deal_size(deals)
    assert (*quotient(size), size.value.tolist()) == ([90], [3], [30])


@given(rows=deals, by=GROUPINGS)
def test_an_account_is_new_once_where_its_first_win_is(rows, by):
    first: dict[Any, Any] = {}
    for row, deal in enumerate(rows):
        if deal.outcome == "won":
            name = deal.account or row
            first[name] = min(first.get(name, (dt.date.max, "")), (deal.closed, deal.tier))
    found = new_customer_count(table(rows), by=by)
    tiers = [tier for _, tier in first.values()]
    assert values(found) == {label: tiers.count(label) for label in by_group(rows, by)} if by else {"all": len(tiers)}
    assert found.excluded == {}
    assert float(found.value.sum()) == len(first)


def test_the_first_win_of_two_segments_is_that_of_the_first_label_of_each():
    deals = Opportunities(
        account=["A"] * 4,
        closed=["2026-05-01"] * 4,
        outcome="won",
        segments={"tier": ["b", "a", "a", "c"], "region": [1, 3, 2, 1]},
    )
    found = new_customer_count(deals, by=["tier", "region"])
    assert {label: count for label, count in values(found).items() if count} == {("a", 2): 1}
    found = new_customer_count(deals, by=["region", "tier"])
    assert {label: count for label, count in values(found).items() if count} == {(1, "b"): 1}


def test_a_first_win_without_a_label_is_told_and_comes_last_of_its_day():
    deals = Opportunities(
        account=["A", "A", "B", "B"],
        closed=["2026-05-01", "2026-05-02", "2026-05-01", "2026-05-01"],
        outcome="won",
    )
    found = new_customer_count(deals, by={"tier": [None, "one", None, "two"]})
    assert values(found) == {"one": 0, "two": 1}
    assert found.excluded == {"no tier": 1}


def test_new_customers_by_quarter_and_earlier_losses():
    deals = Opportunities(
        account=["A", "A", "A", "B", "C"],
        closed=["2025-12-01", "2026-01-05", "2026-04-01", "2026-04-02", None],
        outcome=["lost", "won", "won", "won", "open"],
    )
    found = new_customer_count(deals, by=abm.period(deals.closed, "quarter"))
    assert values(found) == {"2025-Q4": 0, "2026-Q1": 1, "2026-Q2": 1}
    assert found.excluded == {}
    assert values(new_customer_count(deals, by="account")) == {"A": 1, "B": 1, "C": 0}


def test_new_customers_need_closing_days_only_to_be_grouped():
    deals = Opportunities(account=["A", "A", "B"], outcome="won", segments={"tier": [1, 2, 1]})
    assert float(new_customer_count(deals)) == 2
    with pytest.raises(MetricInputError) as refusal:
        new_customer_count(deals, by="tier")
    assert str(refusal.value) == "Opportunities must have the column closed for this KPI; got ['account', 'outcome']"


def test_new_customers_have_the_exact_poisson_interval():
    found = new_customer_count(Opportunities(account=list("AABBC"), outcome="won"))
    assert found.method == "Garwood exact Poisson"
    # Garwood (1936) for 3 events.
    assert found.low[0] == pytest.approx(0.6187, abs=5e-5)
    assert found.high[0] == pytest.approx(8.7673, abs=5e-5)


# --- A real pipeline --------------------------------------------------------------------------------------------------


def test_the_real_pipeline(shared_data):
    deals = read_crm(shared_data)
    rate = win_rate(deals)
    assert round(100 * float(rate), 2) == 63.02
    assert quotient(rate) == ([1_171], [1_858])
    assert quotient(win_rate(deals, basis="created")) == ([1_171], [2_291])
    assert float(win_rate(deals, basis="created")) == pytest.approx(1_171 / 2_291)
    assert float(deals_won_count(deals)) == 1_171
    assert float(revenue_won(deals)) == 3_090_594
    assert float(average_deal_size(deals)) == pytest.approx(3_090_594 / 1_171)
    value = value_win_rate(deals)
    assert math.isnan(float(value))
    assert value.notes == ("undefined: lost deals carry no amount, so that 100 % would be wrong",)
    winners = {account for account, outcome in zip(deals.account, deals.outcome, strict=True) if outcome == "won"}
    assert float(new_customer_count(deals)) == len(winners)
    by_product = deals_won_count(deals, by="product")
    assert by_product.value.sum() == 1_171
    assert by_product.excluded == {}


def test_public_names_are_functions_of_the_family():
    assert [kpi.__name__ for kpi in [*KPIS[:-1], winrate.win_probability, win_rate]] == winrate.__all__


def test_one_basis_is_not_compared_with_the_other():
    created, closed = (win_rate(SIX, basis=basis) for basis in ("created", "closed"))
    assert (created.remarks, closed.remarks) == (("variant: of deals created",), ())
    assert len(abm.change(created, baseline=win_rate(SIX, basis="created"))) == 1
    with pytest.raises(MetricInputError) as refused:
        abm.change(created, baseline=closed)
    assert str(refused.value) == "baseline must be of the same variant, ['variant: of deals created']; got []"


# --- Win probability --------------------------------------------------------------------------------------------------

FOLLOWED = dt.date(2026, 3, 31)


def deals_for(days, outcomes, account=None, **more):
    """Deals of such ages that ended, or had not, on the last day."""
    created = [FOLLOWED - dt.timedelta(days=length) for length in days]
    closed = [None if outcome == "open" else FOLLOWED for outcome in outcomes]
    return Opportunities(
        account=list(range(len(days))) if account is None else account,
        created=created, closed=closed, outcome=outcomes, **more,
    )  # fmt: skip


ages = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["won", "lost", "open"]), st.sampled_from("xyz")), min_size=1
)


@given(held=ages, horizon=st.integers(1, 60))
def test_win_probability_adds_up_over_ages(held, horizon):
    days, outcomes, tier = (list(column) for column in zip(*held, strict=True))
    found = winrate.win_probability(deals_for(days, outcomes), horizon_days=horizon, as_of=FOLLOWED, by=tier)
    for label, figure in values(found).items():
        mine = [(age, outcome) for age, outcome, group in held if group == label]
        ended, oldest = [outcome for age, outcome in mine if age == max(mine)[0]], max(mine)[0]
        lasting, expected = Fraction(1), Fraction(0)
        for age in sorted({age for age, _ in mine if age <= horizon}):
            there = sum(other >= age for other, _ in mine)
            won, lost = (mine.count((age, outcome)) for outcome in ("won", "lost"))
            expected += lasting * Fraction(won, there)
            lasting *= 1 - Fraction(won + lost, there)
        if oldest >= horizon or "open" not in ended:
            assert figure == pytest.approx(float(expected), abs=1e-12)
        else:
            assert math.isnan(figure)


def test_win_probability_says_what_the_rate_of_closed_deals_would_say():
    deals = deals_for(
        [10, 20, 30, 40, 50, 60], ["lost", "lost", "open", "won", "open", "won"], segments={"tier": list("xxxyyy")}
    )
    found = winrate.win_probability(deals, horizon_days=60, as_of=FOLLOWED)
    # Lost at 10 and 20 of 6 and 5, won at 40 of 3 and at 60 of the last.
    assert float(found) == pytest.approx(2 / 3 * 1 / 3 + 2 / 3 * 2 / 3)
    assert found.notes == ("won / (won + lost) would say 50.0 % (-16.7 percentage points)",)
    assert (found.kpi, found.unit, found.numerator) == ("win_probability", "share", None)
    assert found.method == "influences of accounts, Wilson score"
    assert (found.accounts.tolist(), found.rows.tolist()) == ([6], [6])
    by_tier = winrate.win_probability(deals, horizon_days=30, as_of=FOLLOWED, by="tier")
    assert by_tier.value.tolist() == [0, 0]
    assert by_tier.remarks == (
        "won / (won + lost) would say x 0.0 % (0.0 percentage points); y 100.0 % (+100.0 percentage points)",
    )
    both = winrate.win_probability(deals, horizon_days=30, as_of=FOLLOWED, by=["tier", "account"])
    assert both.remarks[0].startswith("won / (won + lost) would say x, 0 0.0 % (0.0 percentage points); x, 1 0.0 %")
    many = winrate.win_probability(
        deals_for([9] * 6, ["won"] * 6), horizon_days=5, as_of=FOLLOWED, by="account"
    )  # fmt: skip
    assert many.remarks[0].endswith("4 100.0 % (+100.0 percentage points); and 1 more")
    five = winrate.win_probability(deals_for([9] * 5, ["won"] * 5), horizon_days=5, as_of=FOLLOWED, by="account")
    assert "more" not in five.remarks[0]


def test_win_probability_takes_deals_as_they_were_on_the_day():
    deals = Opportunities(
        account=["A", "B", "C", "D", "E"],
        created=["2026-01-01", "2026-01-01", "2026-04-01", None, "2026-03-31"],
        closed=["2026-02-10", "2026-04-01", "2026-05-01", "2026-02-01", None],
        outcome=["won", "won", "won", "lost", "open"],
    )
    found = winrate.win_probability(deals, horizon_days=89, as_of="2026-03-31")
    assert float(found) == 0.5
    assert found.rows.tolist() == [3]
    assert found.excluded == {"created after as_of": 1, "no created date": 1}
    # One day more, and the second is won.
    assert float(winrate.win_probability(deals, horizon_days=90, as_of="2026-04-01")) == 1.0
    unseen = winrate.win_probability(deals, horizon_days=90, as_of="2026-03-31", by=["x", "x", "x", "x", None])
    assert math.isnan(float(unseen))
    assert unseen.notes[0] == "undefined: no deal was open for 90 days, so nobody knows (group: x)"
    assert unseen.remarks == ()
    assert unseen.excluded == {"created after as_of": 1, "no created date": 1, "no group": 1}
    # A deal that is lost after the day is still open on it.
    pending = Opportunities(
        account=["A", "B", "C"], created=["2026-01-01"] * 3, closed=["2026-01-11", "2026-01-31", "2026-04-20"],
        outcome=["won", "lost", "lost"],
    )  # fmt: skip
    on_the_day = winrate.win_probability(pending, horizon_days=80, as_of="2026-03-31")
    assert float(on_the_day) == pytest.approx(1 / 3)
    assert on_the_day.notes == ("won / (won + lost) would say 50.0 % (+16.7 percentage points)",)
    never_closed = Opportunities(account="A", created=["2026-01-01"], outcome="open")
    open_only = winrate.win_probability(never_closed, horizon_days=10, as_of="2026-03-31")
    assert (float(open_only), open_only.remarks) == (0.0, ())


def test_win_probability_without_open_deals_has_wilson_s_interval():
    """One deal for each account, all over: Wilson's, but for the jackknife's m / (m - 1)."""
    deals = deals_for([10] * 200, ["won"] * 60 + ["lost"] * 140)
    found = winrate.win_probability(deals, horizon_days=30, as_of=FOLLOWED, confidence=0.9)
    limits = wilson(60, 200, confidence=0.9)
    assert float(found) == pytest.approx(0.3)
    assert (found.low[0], found.high[0]) == pytest.approx((limits.low, limits.high), abs=2e-4)
    # Deals of an account count together.
    shared = deals_for([10] * 200, ["won"] * 60 + ["lost"] * 140, account=[row // 10 for row in range(200)])
    together = winrate.win_probability(shared, horizon_days=30, as_of=FOLLOWED, confidence=0.9)
    assert together.low[0] < found.low[0] - 0.05
    assert together.high[0] > found.high[0] + 0.05
    none_won = winrate.win_probability(deals_for([10] * 9, ["lost"] * 9), horizon_days=9, as_of=FOLLOWED)
    assert (none_won.low[0], none_won.high[0]) == pytest.approx((wilson(0, 9).low, wilson(0, 9).high))


def test_limits_of_win_probability_rest_on_the_accounts_that_tell():
    """A deal won in time is a success, on the last day of the horizon too; one won or lost later, or open, is not."""
    ages = [10, 30, 30, 31, 40, 5, 20, 50, 50, 50]
    outcomes = ["won", "won", "won", "won", "won", "lost", "lost", "lost", "open", "open"]
    spread = winrate.win_probability(deals_for(ages, outcomes), horizon_days=30, as_of=FOLLOWED).spread
    assert (spread.freedom_low[0], spread.freedom_high[0]) == (7 - 1, 3 - 1)


def test_win_probability_covers_the_truth_where_the_rate_of_closed_deals_does_not():
    """Wins take longer than losses, accounts differ, and many deals are open on the last day."""
    random = np.random.default_rng(7)
    truth = 0.3 * (150 - 60) / (200 - 60)
    covered, values_found, rates = 0, [], []
    for _ in range(100):
        account = np.repeat(np.arange(40), random.poisson(4, 40) + 1)
        wins = random.random(len(account)) < random.beta(3, 7, 40)[account]
        lasts = np.where(wins, random.uniform(60, 200, len(account)), random.uniform(10, 60, len(account)))
        created = np.datetime64("2025-01-01") + random.integers(0, 250, len(account))
        closed = created + lasts.astype(int)
        over = closed <= np.datetime64("2025-09-30")
        deals = Opportunities(
            account=account, created=created, closed=np.where(over, closed, np.datetime64("NaT")),
            outcome=np.where(over, np.where(wins, "won", "lost"), "open"),
        )  # fmt: skip
        found = winrate.win_probability(deals, horizon_days=150, as_of="2025-09-30")
        covered += int(found.low[0] <= truth <= found.high[0])
        values_found.append(float(found))
        rates.append(float(winrate.win_rate(deals)))
    assert 90 <= covered <= 99
    assert statistics.mean(values_found) == pytest.approx(truth, abs=0.01)
    assert statistics.mean(rates) < 0.25  # of the 30 % that will be won


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon_days": 0}, "horizon_days must be a number in (0, inf); got 0"),
        ({"as_of": ["2026-01-01", "2026-01-02"]}, "as_of must be one date; got 2 values"),
    ],
)
def test_horizons_and_days_of_win_probability_are_checked(options, message):
    with pytest.raises(MetricInputError) as refused:
        winrate.win_probability(deals_for([5], ["won"]), **{"horizon_days": 10, "as_of": FOLLOWED, **options})
    assert str(refused.value) == message
