import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, pipeline
from abmmetrics.opportunities import Opportunities
from abmmetrics.pipeline import (
    account_to_opportunity_rate,
    open_pipeline_value,
    opportunities_created_count,
    pipeline_coverage_ratio,
    sales_cycle_days,
    sales_velocity,
)
from abmmetrics.targets import TargetAccounts

from .deals import DAYS, a_deal, by_group, deals, quotient, read_crm, table, values

GROUPINGS = st.sampled_from([None, "tier"])
DAY = dt.date(2026, 1, 16)


def created(opportunities, **settings):
    return opportunities_created_count(opportunities, **settings)


def open_value(opportunities, **settings):
    return open_pipeline_value(opportunities, as_of=DAY, **settings)


def coverage(opportunities, **settings):
    return pipeline_coverage_ratio(opportunities, quota=512, closed=256, as_of=DAY, **settings)


def share_of_targets(opportunities, by=None, **settings):
    targets = TargetAccounts(account=["A", "B", "E"], segments={"tier": ["one", "one", "two"]})
    return account_to_opportunity_rate(targets, opportunities, by=by, **settings)


KPIS = [created, share_of_targets, open_value, coverage, sales_velocity, sales_cycle_days]
OF_MONEY = [open_value, coverage, sales_velocity]
EXAMPLE = Opportunities(
    account=list("ABCDA"),
    created=["2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05", "2026-01-06"],
    closed=["2026-01-22", "2026-02-12", "2026-01-14", None, None],
    outcome=["won", "won", "lost", "open", "open"],
    amount=[100, 300, 50, 80, 20],
    currency="EUR",
)


def same(one, other, scale=1.0):
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


# --- What every KPI of the pipeline keeps to --------------------------------------------------------------------------


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
    assert bool(np.isnan(found.value).any()) == any("undefined: " in note for note in found.notes)
    drawn = ~np.isnan(found.low)
    assert (found.low[drawn] <= found.value[drawn] * (1 + 1e-9)).all()
    assert (found.value[drawn] <= found.high[drawn] * (1 + 1e-9)).all()


@pytest.mark.parametrize("kpi", KPIS)
def test_confidence_is_passed_on(kpi):
    narrow, wide = kpi(EXAMPLE, confidence=0.5), kpi(EXAMPLE, confidence=0.99)
    assert (kpi(EXAMPLE).confidence, narrow.confidence, wide.confidence) == (0.95, 0.5, 0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]


@pytest.mark.parametrize(
    ("kpi", "name", "unit", "remarks"),
    [
        (created, "opportunities_created_count", "count", ()),
        (share_of_targets, "account_to_opportunity_rate", "share", ()),
        (open_value, "open_pipeline_value", "money", ("scale of amounts: EUR",)),
        (coverage, "pipeline_coverage_ratio", "ratio", ()),
        (sales_velocity, "sales_velocity", "money per day", ("scale of amounts: EUR",)),
        (
            sales_cycle_days,
            "sales_cycle_days",
            "days",
            ("a KPI to ignore; better: the win rate under a promotion (promotion_effect)",),
        ),
    ],
)
def test_names_units_and_remarks(kpi, name, unit, remarks):
    found = kpi(EXAMPLE)
    assert (found.kpi, found.unit, found.remarks) == (name, unit, remarks)


@pytest.mark.parametrize(
    ("kpi", "column"),
    [
        (open_value, "created"),
        (open_value, "amount"),
        (open_value, "closed"),
        (coverage, "created"),
        (sales_velocity, "created"),
        (sales_velocity, "closed"),
        (sales_velocity, "amount"),
        (sales_cycle_days, "created"),
        (sales_cycle_days, "closed"),
    ],
)
def test_the_columns_that_are_needed(kpi, column):
    held = EXAMPLE.columns()
    del held[column]
    with pytest.raises(MetricInputError) as refusal:
        kpi(Opportunities(**held))
    assert str(refusal.value) == f"Opportunities must have the column {column} for this KPI; got {list(held)}"


# --- Opportunities created --------------------------------------------------------------------------------------------


@given(rows=deals, by=GROUPINGS)
def test_every_deal_was_created(rows, by):
    found = opportunities_created_count(table(rows), by=by)
    assert values(found) == {label: len(group) for label, group in by_group(rows, by).items()}
    assert found.excluded == {}


def test_deals_created_by_quarter_miss_those_without_a_day():
    deals = Opportunities(account=list("ABC"), created=["2026-01-05", None, "2026-05-01"], outcome=["open"] * 3)
    found = opportunities_created_count(deals, by=abm.period(deals.created, "quarter"))
    assert values(found) == {"2026-Q1": 1, "2026-Q2": 1}
    assert found.excluded == {"no group": 1}


# --- Accounts with an opportunity -------------------------------------------------------------------------------------


@given(rows=deals, listed=st.lists(st.sampled_from("ABCDEF"), unique=True, min_size=1))
def test_target_accounts_with_a_deal(rows, listed):
    found = account_to_opportunity_rate(TargetAccounts(account=listed), table(rows))
    with_deal = {deal.account for deal in rows}
    hits = [account in with_deal for account in listed]
    assert float(found) == pytest.approx(sum(hits) / len(hits))
    nameless = sum(deal.account is None for deal in rows)
    strangers = sum(deal.account is not None and deal.account not in listed for deal in rows)
    expected = {"no account": nameless, "account not on the target list": strangers}
    assert found.excluded == {reason: count for reason, count in expected.items() if count}


def test_targets_with_a_deal_by_their_segment():
    targets = TargetAccounts(account=["A", "B", "C"], segments={"tier": ["one", "one", "two"]})
    found = account_to_opportunity_rate(targets, EXAMPLE.where(EXAMPLE.outcome == "open"), by="tier")
    assert values(found) == {"one": 0.5, "two": 0.0}
    assert quotient(found) == ([1, 0], [2, 1])
    assert found.method == "Wilson score, one trial for each account"
    assert found.excluded == {"account not on the target list": 1}


def test_what_either_table_left_out_is_told():
    targets = TargetAccounts.from_frame({"account": ["A", None, "B"]}, missing="drop")
    deals = Opportunities.from_frame({"account": ["A", None], "outcome": ["won", "won"]}, missing="drop")
    assert account_to_opportunity_rate(targets, deals).excluded == {"missing account": 2}


def test_no_targets_make_no_rate():
    found = account_to_opportunity_rate(TargetAccounts.empty(), EXAMPLE)
    assert math.isnan(float(found))
    assert found.notes == ("undefined: there are no target accounts",)
    assert found.excluded == {"account not on the target list": 5}


def test_a_target_list_has_each_account_once():
    with pytest.raises(MetricInputError) as refusal:
        account_to_opportunity_rate(EXAMPLE, EXAMPLE)
    assert str(refusal.value) == (
        "targets must have one row for each account; "
        "got Opportunities(5 rows, 4 accounts; created, closed, outcome, amount)"
    )


# --- Open pipeline ----------------------------------------------------------------------------------------------------


@given(rows=deals, by=GROUPINGS, day=st.sampled_from(DAYS))
def test_open_pipeline_is_what_was_created_and_not_closed(rows, by, day):
    waiting = {
        label: [deal for deal in group if deal.closed is None or deal.closed > day]
        for label, group in by_group(rows, by).items()
    }
    started = {
        label: [deal for deal in group if deal.created is not None and deal.created <= day]
        for label, group in waiting.items()
    }
    found = open_pipeline_value(table(rows), as_of=day, by=by)
    assert values(found) == {label: sum(deal.amount or 0 for deal in group) for label, group in started.items()}
    assert found.rows.tolist() == [sum(deal.amount is not None for deal in group) for group in started.values()]
    undated = sum(deal.created is None for group in waiting.values() for deal in group)
    unpriced = sum(deal.amount is None for group in started.values() for deal in group)
    expected = {"no created date": undated, "no amount": unpriced}
    assert found.excluded == {reason: count for reason, count in expected.items() if count}
    emptied = sum(deal.amount == 0 and deal.outcome == "lost" for group in started.values() for deal in group)
    told = (f"{emptied} deals lost later carry the amount 0: the figure is too low",) if emptied else ()
    assert found.remarks == told


def test_a_deal_is_open_from_the_day_of_its_creation_to_the_day_before_its_close():
    deals = Opportunities(account="A", created="2026-01-10", closed=["2026-01-12"], outcome="won", amount=7)
    days = ["2026-01-09", "2026-01-10", "2026-01-11", "2026-01-12"]
    assert [float(open_pipeline_value(deals, as_of=day)) for day in days] == [0, 7, 7, 0]


def test_open_deals_need_no_column_of_closing_days():
    deals = Opportunities(account=["A", "B"], created="2026-01-10", outcome="open", amount=[7, 8])
    assert float(open_pipeline_value(deals, as_of="2026-01-10")) == 15


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("soon", "as_of must be dates (datetime64, date objects or ISO text such as 2026-03-31); got 'soon' at row 0"),
        (["2026-01-01", "2026-01-02"], "as_of must be one date; got 2 values"),
        (None, "as_of must be dates in every row; got a missing value at row 0"),
    ],
)
def test_the_day_is_one_date(day, message):
    for kpi in (
        lambda: open_pipeline_value(EXAMPLE, as_of=day),
        lambda: pipeline_coverage_ratio(EXAMPLE, quota=1, as_of=day),
    ):
        with pytest.raises(MetricInputError) as refusal:
            kpi()
        assert str(refusal.value) == message


# --- Coverage of a quota ----------------------------------------------------------------------------------------------


@given(rows=deals, by=GROUPINGS)
def test_coverage_is_open_pipeline_over_what_is_left_of_the_quota(rows, by):
    value, ratio = open_value(table(rows), by=by), coverage(table(rows), by=by)
    np.testing.assert_allclose(ratio.value, value.value / 256)
    np.testing.assert_allclose(ratio.low, value.low / 256)
    np.testing.assert_allclose(ratio.high, value.high / 256)
    assert quotient(ratio) == (value.value.tolist(), [256] * len(value))
    assert (ratio.notes, ratio.excluded, ratio.rows.tolist()) == (value.notes, value.excluded, value.rows.tolist())


def test_coverage_of_quotas_by_group():
    deals = Opportunities(
        account=list("ABCD"),
        created="2026-01-10",
        outcome="open",
        amount=[100, 200, 60, 40],
        segments={"region": ["East", "East", "West", "West"], "tier": [1, 2, 1, 1]},
    )
    settings: dict[str, Any] = {"as_of": "2026-01-31", "by": "region"}
    assert values(pipeline_coverage_ratio(deals, quota=100, **settings)) == {"East": 3, "West": 1}
    quotas = {"East": 150, "West": 100, "North": 1}
    found = pipeline_coverage_ratio(deals, quota=quotas, closed={"West": 50, "East": 0}, **settings)
    assert values(found) == {"East": 2, "West": 2}
    assert quotient(found) == ([300, 100], [150, 50])
    both = pipeline_coverage_ratio(
        deals, quota={("East", 1): 50, ("East", 2): 100, ("West", 1): 200}, as_of="2026-01-31", by=["region", "tier"]
    )
    assert values(both) == {("East", 1): 2, ("East", 2): 2, ("West", 1): 0.5}


@pytest.mark.parametrize("closed", [200, 250])
def test_a_quota_that_is_reached_leaves_nothing_to_cover(closed):
    found = pipeline_coverage_ratio(EXAMPLE, quota=200, closed=closed, as_of="2026-01-31")
    assert math.isnan(float(found))
    assert math.isnan(found.low[0])
    assert math.isnan(found.high[0])
    assert found.notes == ("undefined: the quota is reached",)
    assert quotient(found) == ([400], [200 - closed])


def test_a_reached_quota_of_one_group_leaves_the_others_alone():
    deals = Opportunities(
        account=list("ABC"), created="2026-01-10", outcome="open", amount=[8, 4, 2], segments={"tier": [1, 2, 2]}
    )
    found = pipeline_coverage_ratio(deals, quota={1: 8, 2: 12}, closed=8, as_of="2026-01-31", by="tier")
    assert values(found) == pytest.approx({1: math.nan, 2: 1.5}, nan_ok=True)
    assert found.notes == ("undefined: the quota is reached (tier: 1)",)
    assert math.isnan(found.low[0])
    assert found.low[1] < 1.5 < found.high[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quota": 0}, "quota must be a number in (0, inf); got 0"),
        ({"quota": -5.0}, "quota must be a number in (0, inf); got -5.0"),
        ({"quota": math.nan}, "quota must be a number in (0, inf); got nan"),
        ({"quota": math.inf}, "quota must be a number in (0, inf); got inf"),
        ({"quota": "much"}, "quota must be a number in (0, inf); got 'much'"),
        ({"quota": 5, "closed": -1}, "closed must be a number in [0, inf); got -1"),
        ({"quota": {"A": 5}, "by": "account"}, "quota must have a figure for every group; got none for 'B'"),
        ({"quota": {"A": 5}}, "quota must have a figure for every group; got none for 'all'"),
        (
            {"quota": 5, "closed": {"A": 1}, "by": "account"},
            "closed must have a figure for every group; got none for 'B'",
        ),
    ],
)
def test_quotas_that_are_none(settings, message):
    with pytest.raises(MetricInputError) as refusal:
        pipeline_coverage_ratio(EXAMPLE, as_of="2026-01-31", **settings)
    assert str(refusal.value) == message


# --- Velocity and cycle -----------------------------------------------------------------------------------------------


def forty_deals(days):
    """40 closed deals, a quarter of them won, at 25,000 on average, in so many days."""
    closed = np.datetime64("2026-01-01") + days
    return Opportunities(
        account=np.arange(40) % 20,
        created="2026-01-01",
        closed=np.full(40, closed),
        outcome=["won"] * 10 + ["lost"] * 30,
        amount=[20_000, 30_000] * 20,
    )


def test_velocity_of_the_textbook():
    # 40 × 25,000 × 0.25 / 90; a cycle shorter by 10 % raises it by 11.1 %, by 20 % by 25 %.
    velocity = float(sales_velocity(forty_deals(90)))
    assert round(velocity, 2) == 2_777.78
    assert round(float(sales_velocity(forty_deals(81))) / velocity - 1, 3) == 0.111
    assert float(sales_velocity(forty_deals(72))) / velocity == pytest.approx(1.25)


@given(rows=deals, by=GROUPINGS)
def test_velocity_is_the_product_of_four_factors_on_one_base(rows, by):
    expected = {}
    for label, group in by_group(rows, by).items():
        won = [d for d in group if d.outcome == "won" and d.created is not None and d.amount is not None]
        lost = [d for d in group if d.outcome == "lost"]
        days = sum((d.closed - d.created).days for d in won)
        n = len(won) + len(lost)
        expected[label] = (
            n * (len(won) / n) * (sum(d.amount for d in won) / len(won)) / (days / len(won)) if days else math.nan
        )
    found = sales_velocity(table(rows), by=by)
    assert values(found) == pytest.approx(expected, nan_ok=True)
    undated = sum(d.outcome == "won" and d.created is None for d in rows)
    unpriced = sum(d.outcome == "won" and d.created is not None and d.amount is None for d in rows)
    reasons = {"no created date": undated, "no amount": unpriced}
    assert found.excluded == {reason: count for reason, count in reasons.items() if count}


@given(rows=deals, by=GROUPINGS)
def test_cycle_is_the_mean_of_won_deals(rows, by):
    days = {
        label: [(d.closed - d.created).days for d in group if d.outcome == "won" and d.created is not None]
        for label, group in by_group(rows, by).items()
    }
    found = sales_cycle_days(table(rows), by=by)
    expected = {label: sum(spans) / len(spans) if spans else math.nan for label, spans in days.items()}
    assert values(found) == pytest.approx(expected, nan_ok=True)
    assert quotient(found)[1] == [len(spans) for spans in days.values()]
    undated = sum(d.outcome == "won" and d.created is None for d in rows)
    assert found.excluded == ({"no created date": undated} if undated else {})


def test_velocity_and_cycle_of_the_example():
    # Won: 20 days at 100 and 40 days at 300; one lost.
    velocity, cycle = sales_velocity(EXAMPLE), sales_cycle_days(EXAMPLE)
    assert float(velocity) == pytest.approx(3 * (2 / 3) * 200 / 30)
    assert velocity.rows.tolist() == [3]
    assert (float(cycle), cycle.rows.tolist()) == (30, [2])


@pytest.mark.parametrize(
    ("kpi", "note"),
    [
        (sales_velocity, "undefined: no deal was won, or all on the day they were created"),
        (sales_cycle_days, "undefined: no deal was won"),
    ],
)
def test_without_won_deals_there_is_no_speed(kpi, note):
    found = kpi(EXAMPLE.where(EXAMPLE.outcome != "won"))
    assert math.isnan(float(found))
    assert note in found.notes


def test_by_the_month_of_closing_open_deals_are_no_loss():
    for kpi in (sales_velocity, sales_cycle_days):
        found = kpi(EXAMPLE, by=abm.period(EXAMPLE.closed, "month"))
        assert found.labels == ["2026-01", "2026-02"]
        assert found.excluded == {}


# --- A real pipeline --------------------------------------------------------------------------------------------------


def test_the_real_pipeline(shared_data):
    deals = read_crm(shared_data)
    assert float(opportunities_created_count(deals)) == 2_291
    lives = zip(deals.column("created").tolist(), deals.column("closed").tolist(), deals.outcome, strict=True)
    days = sum((closed - created).days for created, closed, outcome in lives if outcome == "won")
    assert float(sales_cycle_days(deals)) == pytest.approx(days / 1_171)
    assert float(sales_velocity(deals)) == pytest.approx(1_858 * (1_171 / 1_858) * (3_090_594 / 1_171) / (days / 1_171))
    # Lost deals carry the amount 0 and open ones none: the open pipeline of an earlier day says so.
    found = open_pipeline_value(deals, as_of="2017-06-30")
    assert found.remarks[0].endswith(" deals lost later carry the amount 0: the figure is too low")
    assert list(found.excluded) == ["no amount"]


def test_public_names_are_functions_of_the_family():
    assert sorted(kpi(EXAMPLE).kpi for kpi in KPIS) == pipeline.__all__
