"""Parts of a scorecard that are no single figures: small programmes whose every cell can be followed by hand."""

import math
from typing import Any

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import Program, _page, _result_blocks, scorecard

TOUCHES = abm.Touches(
    account=["A", "A", "B", "C"],
    campaign=["Mail", "Fair", "Mail", "Call"],
    at=["2026-01-10", "2026-01-20", "2026-01-20", "2026-01-05"],
    kind=["marketing", "marketing", "marketing", "sales"],
)
DEALS = abm.Opportunities(
    account=["A", "B", "C", "D"],
    created="2026-02-01",
    closed=["2026-03-01", "2026-03-01", "2026-03-01", None],
    outcome=["won", "won", "won", "open"],
    amount=[12_000, 6_000, 2_000, 5_000],
    currency="EUR",
)
TARGETS = abm.TargetAccounts(account=list("ABCDE"))
DEALS_OF: dict[str, Any] = {"touches": TOUCHES, "opportunities": DEALS, "lookback_days": 60}


def blocks(**held):
    card = scorecard(Program(name="x", **held))
    return [part.block() for part in card.parts], card


def cells(block):
    return {name: row for name, *row in block.rows}


def test_campaigns_are_credited_by_three_rules_and_what_none_is_given_is_shown():
    (revenue, _), card = blocks(**DEALS_OF)
    assert revenue.title == "Revenue won by campaign, of touches in the 60 days before the close"
    told = cells(revenue)
    assert list(told) == ["Mail", "Fair", "Call", "no campaign", "total"]
    # The interval is drawn by account, and tested where it is drawn.
    assert {name: [row[0], *row[2:]] for name, row in told.items()} == {
        "Mail": ["12,000", "90.00 %", "60.00 %", "30.00 %"],
        "Fair": ["6,000", "0.00 %", "30.00 %", "60.00 %"],
        "Call": ["2,000", "10.00 %", "10.00 %", "10.00 %"],
        "no campaign": ["0", "0.00 %", "0.00 %", "0.00 %"],
        "total": ["20,000", "", "", ""],
    }
    assert revenue.heads[2] == "95 % interval"
    linear = card.parts[0].linear
    assert told["Mail"][1] == f"{linear.low[2]:,.0f} to {linear.high[2]:,.0f}"
    assert revenue.remarks == (
        "Where the rules are far apart, it is the rule that speaks; none says what a campaign caused.",
        "deals left out because they are open: 1",
    )
    assert revenue.title in str(card)
    assert "90.00 %" in card.to_markdown()


def test_pipeline_that_campaigns_influenced_and_sourced_with_the_base_rate():
    (_, pipeline), card = blocks(**DEALS_OF, target_accounts=TARGETS)
    assert pipeline.title == "Pipeline by campaign, of touches in the 60 days before a deal's creation"
    assert pipeline.heads == (
        "", "influenced", "95 % interval", "share", "accounts touched", "sourced", "95 % interval", "share sourced",
    )  # fmt: skip
    told = cells(pipeline)
    assert {name: [row[0], row[2], row[3], row[4], row[6]] for name, row in told.items()} == {
        "Mail": ["18,000", "72.00 %", "40.00 %", "18,000", "72.00 %"],
        "Fair": ["12,000", "48.00 %", "20.00 %", "0", "0.00 %"],
        "Call": ["2,000", "8.00 %", "20.00 %", "0", "0.00 %"],
        "counted once": ["20,000", "80.00 %", "60.00 %", "18,000", "72.00 %"],
        "no campaign": ["5,000", "20.00 %", "", "7,000", "28.00 %"],
    }
    influenced, sourced = card.parts[1].influenced, card.parts[1].sourced
    assert told["Fair"][1] == f"{influenced.low[1]:,.0f} to {influenced.high[1]:,.0f}"
    assert told["Mail"][5] == f"{sourced.low[2]:,.0f} to {sourced.high[2]:,.0f}"
    assert pipeline.remarks[0] == (
        "Influenced pipeline overlaps: never add it up. What every account is touched by influences everything."
    )


def test_touches_without_kinds_have_no_source_and_one_account_no_interval():
    touches = abm.Touches(account=["A"], campaign=["Mail"], at=["2026-01-10"])
    one = abm.Opportunities(account=["A"], created="2026-02-01", closed="2026-03-01", outcome="won", amount=[9_000])
    (revenue, pipeline), _ = blocks(touches=touches, opportunities=one, lookback_days=60)
    assert len(pipeline.heads) == 5
    assert pipeline.rows == (
        ("Mail", "9,000", "none", "100.00 %", "100.00 %"),
        ("counted once", "9,000", "", "100.00 %", "100.00 %"),
        ("no campaign", "0", "", "0.00 %", ""),
    )
    assert revenue.rows[0] == ("Mail", "9,000", "none", "100.00 %", "100.00 %", "100.00 %")
    assert "no interval: fewer than 2 accounts" in revenue.remarks


def test_where_nothing_was_won_shares_are_undefined_and_touches_left_out_are_counted():
    lost = abm.Opportunities(account=["A"], created="2026-01-12", closed="2026-03-01", outcome="lost", amount=[9_000])
    (revenue, pipeline), _ = blocks(touches=TOUCHES, opportunities=lost, lookback_days=60)
    assert cells(revenue)["no campaign"] == ["0", "", "undefined", "undefined", "undefined"]
    assert revenue.remarks[-1] == "left out: 2, touches of accounts without a deal"
    assert pipeline.remarks[-2:] == (
        "left out: 2, touches of accounts without a deal",
        "left out: 1, touches after the creation",
    )


def test_what_a_programme_does_not_say_is_listed():
    _, card = blocks(touches=TOUCHES, opportunities=DEALS)
    assert card.parts == ()
    why = "the programme does not say its lookback_days"
    assert card.not_shown[-2:] == (f"Revenue won by campaign: {why}", f"Pipeline by campaign: {why}")
    _, card = blocks(touches=TOUCHES)
    assert (card.parts, card.not_shown) == ((), ())
    _, card = blocks(opportunities=DEALS)
    assert card.parts == ()


SIZES = [80, 40, 20, 10, 50, 100]
TENURES = abm.Tenures(
    account=np.arange(300),
    tenure=np.repeat([1, 2, 3, 4, 2, 4], SIZES),
    ended=np.repeat([True, True, True, True, False, False], SIZES),
)
REVENUE = abm.RecurringRevenue(account=["A", "A", "B", "C"], opening=1, closing=[60, 40, 300, 0])


def test_lifetimes_as_seen_and_as_expected():
    (block,), card = blocks(tenures=TENURES, recurring_revenue=REVENUE, margin=0.5, discount_rate=0.1)
    curve = abm.survival_curve(TENURES)
    renewals = np.repeat([0, 1, 2, 3, 2, 4], SIZES)
    model = abm.fit_shifted_beta_geometric(abm.count_survivors(renewals, TENURES.ended))
    assert card.parts[0].model == model
    kept = abm.projected_survival(model, [1, 3, 5])
    told = cells(block)
    for place, (name, time) in enumerate(
        (("Customers that stay longer than 1 period", 0), ("Customers that stay longer than 3 periods", 2))
    ):
        row = 0 if time == 0 else 1
        assert told[name] == [
            f"{100 * curve.survival[0, time]:.2f} %",
            f"{100 * curve.low[0, time]:.2f} % to {100 * curve.high[0, time]:.2f} %",
            f"{100 * kept.value[place]:.2f} %",
            f"{100 * kept.low[row]:.2f} % to {100 * kept.high[row]:.2f} %",
        ]
    assert told["Customers that stay longer than 5 periods"][:2] == ["not seen", "none"]
    lifetime = abm.expected_lifetime(model, horizon=10)
    assert told["Periods of the first 10"] == [
        "", "", f"{float(lifetime):.2f}", f"{lifetime.low[0]:.2f} to {lifetime.high[0]:.2f}"
    ]  # fmt: skip
    discounted = abm.discounted_expected_lifetime(model, discount=0.1)
    assert told["Periods at a discount of 10 % each"] == [
        "", "", f"{float(discounted):.2f}", f"{discounted.low[0]:.2f} to {discounted.high[0]:.2f}"
    ]  # fmt: skip
    # Two accounts pay 100 and 300: half of 200 is what an average one leaves.
    worth = card.parts[0].worth
    assert (worth.value, worth.low, worth.high) == (
        pytest.approx(100 * discounted.value), pytest.approx(100 * discounted.low), pytest.approx(100 * discounted.high)
    )  # fmt: skip
    assert told["Lifetime value of a new account"][2] == f"{100 * float(discounted):,.0f}"
    assert block.remarks == (
        "Expected of 300 accounts by a shifted beta-geometric model: each leaves in a way of its own.",
        (
            "The lifetime value counts the first payment and takes what today's customers pay on average as given; "
            "periods of payments must be those of the tenures."
        ),
    )


@pytest.mark.parametrize(
    ("held", "rows"),
    [
        ({}, 4),
        ({"margin": 0.5, "recurring_revenue": REVENUE}, 4),
        ({"discount_rate": 0.1, "recurring_revenue": REVENUE}, 5),
        ({"discount_rate": 0.1, "margin": 0.5}, 5),
        (
            {
                "discount_rate": 0.1,
                "margin": 0.5,
                "recurring_revenue": abm.RecurringRevenue(account=["A"], opening=1, closing=0),
            },
            5,
        ),
        ({"discount_rate": 0.1, "margin": 0.5, "recurring_revenue": REVENUE}, 6),
    ],
)
def test_a_value_needs_a_discount_a_margin_and_customers_who_pay(held, rows):
    (block,), _ = blocks(tenures=TENURES, **held)
    assert len(block.rows) == rows
    assert len(block.remarks) == (2 if rows == 6 else 1)


def test_what_a_sample_cannot_tell_is_said():
    """Nobody left: no limits, and the finding of the model."""
    stayed = abm.Tenures(account=np.arange(20), tenure=4, ended=False)
    (block,), card = blocks(tenures=stayed)
    assert block.remarks[1:] == tuple(finding.text for finding in card.parts[0].model.findings)
    assert len(block.remarks) == 2
    assert block.rows[0] == ("Customers that stay longer than 1 period", "100.00 %", "none", "100.00 %", "none")
    assert block.rows[3] == ("Periods of the first 10", "", "", "10.00", "none")


def test_a_curve_that_begins_late_has_no_limits_before():
    late = abm.Tenures(account=np.arange(40), tenure=np.repeat([2, 3], 20), ended=np.tile([True, False], 20))
    (block,), _ = blocks(tenures=late)
    assert block.rows[0][1:3] == ("100.00 %", "none")


@pytest.mark.parametrize(
    ("tenure", "ended", "came"),
    [([1.0, 2.5], [True, False], "2.5 at row 1"), ([3.0, 0.0], [False, True], "0.0 at row 1")],
)
def test_tenures_that_are_no_periods_are_listed(tenure, ended, came):
    _, card = blocks(tenures=abm.Tenures(account=["A", "B"], tenure=tenure, ended=ended))
    assert card.not_shown == (f"Customer lifetime: tenure must be whole periods, at least 1 of who left; got {came}",)


def test_an_infinite_value_is_listed_with_the_condition():
    _, card = blocks(tenures=TENURES, discount_rate=0)
    (said,) = card.not_shown
    assert said.startswith("Customer lifetime: ")
    assert "finite" in said


def test_purchases_without_a_contract_are_expected():
    bought = abm.synthetic.program(accounts=60, seed=2).purchases
    (block,), card = blocks(purchases=bought, as_of="2025-12-31")
    history = abm.purchase_history(bought, until="2025-12-31")
    buying, spending = abm.fit_beta_geometric_nbd(history), abm.fit_gamma_gamma(history)
    ahead = abm.conditional_expected_purchases(buying, history, periods=52)
    assert (card.parts[0].buying, card.parts[0].spending) == (buying, spending)
    revenue = float(sum(ahead * abm.expected_average_spend(spending, history)))
    assert block == _page.Block(
        title="Accounts without a contract, as expected",
        heads=("", "expected"),
        rows=(
            ("Accounts", "60"),
            ("of these still buying", f"{sum(abm.probability_alive(buying, history)):,.1f}"),
            ("Purchases in the next 52 weeks", f"{sum(ahead):,.1f}"),
            ("Their revenue", f"{revenue:,.0f}"),
        ),
        remarks=("Expected by BG/NBD (and Gamma-Gamma for spend), without an interval.",),
    )
    without = abm.Purchases(account=bought.account, day=bought.day)
    (block,), card = blocks(purchases=without, as_of="2025-12-31")
    assert len(block.rows) == 3
    assert card.parts[0].spending is None
    _, card = blocks(purchases=bought)
    assert card.not_shown == ("Accounts without a contract: the programme does not say its as_of",)


def test_parts_and_why_others_are_not_there():
    parts, lacking = _result_blocks.parts_of(Program(name="x", **DEALS_OF), 0.8)
    assert [type(part).__name__ for part in parts] == ["CampaignRevenue", "CampaignPipeline"]
    assert {part.block().heads[2] for part in parts} == {"80 % interval"}
    assert lacking == []
    parts, _ = _result_blocks.parts_of(Program(name="x", tenures=TENURES, discount_rate=0.1), 0.8)
    assert (parts[0].kept.confidence, parts[0].lifetime.confidence, parts[0].discounted.confidence) == (0.8, 0.8, 0.8)
    assert parts[0].curve.confidence == 0.8
    assert not math.isnan(parts[0].discounted.low[0])


# --- Lines of the list --------------------------------------------------------------------------------------------------


def test_a_promotion_is_watched_for_as_long_again():
    arms = abm.ArmOutcomes(account=list("ABCD"), arm=["target", "target", "control", "control"], outcome=1)
    deals = abm.Opportunities(account=["A", "B", "C"], outcome="won", closed=["2026-03-10", "2026-03-20", "2026-04-30"])
    held = {
        "arm_outcomes": arms,
        "opportunities": deals,
        "promotion_start": "2026-03-01",
        "promotion_end": "2026-03-31",
    }
    card = scorecard(Program(name="x", **held, as_of="2026-05-01"))
    shown = {entry.title: float(entry.estimate) for entry in card.entries if entry.title.startswith("Promotion")}
    assert shown == {
        "Promotion, more deals of an account: during": 1.0,
        "Promotion, more deals of an account: in as many days after": -0.5,
        "Promotion, more deals of an account: together": 0.5,
    }
    card = scorecard(Program(name="x", **held, as_of="2026-04-30"))
    assert (
        "Promotion, more deals of an account: during: "
        "the data must reach 31 days beyond the promotion, to see what it brought forward"
    ) in card.not_shown


def test_credit_of_touches_makes_a_return():
    costs = abm.CampaignCosts(campaign=["Mail", "Webinar"], cost=[4_000, 6_000])
    card = scorecard(Program(name="x", **DEALS_OF, campaign_costs=costs, margin=0.5))
    (found,) = [entry.estimate for entry in card.entries if entry.title == "Return on cost, by linear credit"]
    assert float(found) == pytest.approx(0.5 * 20_000 / 10_000 - 1)
    assert "revenue is credit by linear_touch" in found.notes
    assert "2 campaigns with credit and without a cost" in found.notes
