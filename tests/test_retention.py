"""Retention and the bridge: every edge case by hand, plain Python over random accounts, and a bootstrap of accounts."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abmmetrics as abm
from abmmetrics import MetricInputError, RecurringRevenue, RevenueBridge, RevenueMovements, retention
from abmmetrics._spread import at_freedom
from abmmetrics.bridges import revenue_bridge
from abmmetrics.recurring import LINES, revenue_between, revenue_movements
from abmmetrics.retention import (
    contraction_rate,
    cross_sell_rate,
    expansion_rate,
    gross_revenue_retention,
    logo_churn_rate,
    logo_retention_rate,
    net_revenue_retention,
    quick_ratio,
    up_sell_rate,
)

from .deals import values
from .revenue import read_edges

RATES = [getattr(retention, name) for name in retention.__all__]
YEAR = {"opening": "2026-01-01", "closing": "2027-01-01"}
AMOUNTS = st.sampled_from([0.0, 0.0, -2.25, 0.25, 1.0, 3.5, 10.0, 64.0])
ROWS = st.lists(
    st.tuples(st.sampled_from("ABCDEF"), AMOUNTS, AMOUNTS, st.integers(0, 2), st.sampled_from("xy")), max_size=20
)


def table(rows):
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 5
    names = ("account", "opening", "closing", "paid_before")
    sold = {"cross_sell": np.arange(len(rows)) % 3, "up_sell": np.arange(len(rows)) % 2}
    return RecurringRevenue(**dict(zip(names, map(list, columns), strict=False)), **sold, segments={"tier": columns[4]})


def of_accounts(rows, tier=None):
    """What each account paid at both ends, never below 0, whether it had before, and what it was sold."""
    found = {}
    for place, (account, opening, closing, before, label) in enumerate(rows):
        if tier is None or label == tier:
            sums = found.setdefault(account, [0.0] * 5)
            for column, amount in enumerate((opening, closing, before, place % 3, place % 2)):
                sums[column] += amount
    return [(max(o, 0.0), max(c, 0.0), before > 0, cross, up) for o, c, before, cross, up in found.values()]


def lines(accounts):
    """The bridge of accounts, in plain Python."""
    return {
        "opening": sum(o for o, *_ in accounts),
        "new": sum(c for o, c, before, *_ in accounts if o == 0 and not before),
        "reactivated": sum(c for o, c, before, *_ in accounts if o == 0 and before),
        "expansion": sum(c - o for o, c, *_ in accounts if c > o > 0),
        "contraction": sum(o - c for o, c, *_ in accounts if o > c > 0),
        "churned": sum(o for o, c, *_ in accounts if c == 0),
        "closing": sum(c for _, c, *_ in accounts),
    }


def counts(accounts):
    return {
        "opening": sum(o > 0 for o, *_ in accounts),
        "new": sum(c > 0 for o, c, before, *_ in accounts if o == 0 and not before),
        "reactivated": sum(c > 0 for o, c, before, *_ in accounts if o == 0 and before),
        "expansion": sum(c > o > 0 for o, c, *_ in accounts),
        "contraction": sum(o > c > 0 for o, c, *_ in accounts),
        "churned": sum(o > 0 for o, c, *_ in accounts if c == 0),
        "closing": sum(c > 0 for _, c, *_ in accounts),
    }


def quotient(part, whole):
    return part / whole if whole else math.nan


# --- The edge cases -----------------------------------------------------------------------------------------------


def test_ten_accounts_with_every_edge_case(shared_data):
    revenue = revenue_between(read_edges(shared_data), **YEAR)
    assert round(float(net_revenue_retention(revenue)), 6) == 0.727273
    assert round(float(gross_revenue_retention(revenue)), 6) == 0.636364
    assert round(float(logo_retention_rate(revenue)), 6) == 0.666667
    assert float(net_revenue_retention(revenue, reactivation="include")) == pytest.approx(440 / 550)
    assert float(expansion_rate(revenue)) == pytest.approx(50 / 550)
    assert float(contraction_rate(revenue)) == pytest.approx(50 / 550)
    assert float(logo_churn_rate(revenue)) == pytest.approx(2 / 6)
    assert float(quick_ratio(revenue)) == pytest.approx(220 / 200)
    assert float(quick_ratio(revenue, reactivation="exclude")) == pytest.approx(180 / 200)
    bridge = revenue_bridge(revenue)
    assert bridge.view == "endpoint"
    assert [getattr(bridge, name).tolist() for name in LINES] == [[550], [130], [40], [50], [50], [150], [570]]
    notes = (
        "negative amounts count as 0: 20.00 at the opening and 10.00 at the closing",
        "1 account left in between and came back: kept, as the two ends show",
    )
    assert bridge.remarks == net_revenue_retention(revenue).notes == notes


def test_the_same_accounts_period_by_period(shared_data):
    moved = revenue_movements(read_edges(shared_data), **YEAR)
    bridge = revenue_bridge(moved)
    assert bridge.view == "movements"
    assert [getattr(bridge, name).tolist() for name in LINES] == [[550], [160], [130], [50], [40], [280], [570]]
    assert float(quick_ratio(moved)) == pytest.approx(340 / 320)
    assert float(quick_ratio(moved, reactivation="exclude")) == pytest.approx(210 / 320)
    as_new = revenue_bridge(moved, reactivation="as_new")
    assert (as_new.new.tolist(), as_new.reactivated.tolist()) == ([290], [0])
    assert (as_new.accounts["new"].tolist(), as_new.accounts["reactivated"].tolist()) == ([5], [0])


def test_downgrades_and_products():
    """A product given up is a contraction of the account, and churn of the product; to nothing is churn."""
    revenue = RecurringRevenue(
        account=["A", "A", "B"], opening=[60, 40, 50], closing=[90, 0, 0], segments={"product": ["p", "q", "p"]}
    )
    bridge = revenue_bridge(revenue, reactivation="as_new")
    assert (bridge.contraction.tolist(), bridge.churned.tolist()) == ([10], [50])
    assert float(gross_revenue_retention(revenue)) == 0.6
    products = revenue_bridge(revenue, by="product", reactivation="as_new")
    assert products.labels == ["p", "q"]
    assert (products.expansion.tolist(), products.churned.tolist()) == ([30, 0], [50, 40])
    assert values(gross_revenue_retention(revenue, by="product")) == {"p": 60 / 110, "q": 0}


def test_zero_start_is_undefined_with_the_reason():
    revenue = RecurringRevenue(account=["A", "B"], opening=[0, -5], closing=[10, 20], cross_sell=1, up_sell=1)
    for rate in RATES:
        found = rate(revenue)
        assert math.isnan(float(found))
        reason = {
            logo_churn_rate: "no account paid at the opening",
            logo_retention_rate: "no account paid at the opening",
            quick_ratio: "nothing was lost",
        }.get(rate, "nothing was paid at the opening")
        assert found.notes == ("negative amounts count as 0: 5.00 at the opening", f"undefined: {reason}")


def test_who_came_back_is_a_gain_unless_left_out():
    moved = RevenueMovements(
        account=["A", "B", "C"], opening=[10, 0, 8], new=[0, 4, 0], reactivated=[3, 0, 0], expansion=[0, 1, 0],
        contraction=[0, 0, 2], churned=[10, 0, 0], closing=[3, 5, 6],
    )  # fmt: skip
    assert float(quick_ratio(moved)) == 8 / 12
    assert float(quick_ratio(moved, reactivation="exclude")) == 5 / 12


def test_a_quick_ratio_without_gains_is_zero():
    assert float(quick_ratio(RecurringRevenue(account=["A", "B"], opening=[5, 6], closing=[2, 0]))) == 0


# --- Plain Python -------------------------------------------------------------------------------------------------


@given(rows=ROWS, tier=st.sampled_from([None, "x", "y"]))
def test_every_rate_is_what_its_formula_says(rows, tier):
    accounts = of_accounts(rows, tier)
    if tier is not None and not accounts:
        return
    bridge, base = lines(accounts), [account for account in accounts if account[0] > 0]
    opening = bridge["opening"]
    gains, losses = bridge["new"] + bridge["expansion"], bridge["contraction"] + bridge["churned"]
    expected = {
        net_revenue_retention: (sum(c for _, c, *_ in base), opening),
        gross_revenue_retention: (sum(min(o, c) for o, c, *_ in base), opening),
        logo_retention_rate: (sum(c > 0 for _, c, *_ in base), len(base)),
        logo_churn_rate: (sum(c == 0 for _, c, *_ in base), len(base)),
        expansion_rate: (bridge["expansion"], opening),
        contraction_rate: (bridge["contraction"], opening),
        cross_sell_rate: (sum(cross for *_, cross, _ in base), opening),
        up_sell_rate: (sum(up for *_, up in base), opening),
        quick_ratio: (gains + bridge["reactivated"], losses),
    }
    assert set(expected) == set(RATES)

    def of_group(rate, **options):
        found = rate(table(rows), by=None if tier is None else "tier", **options)
        return found if tier is None else found[tier]

    for rate, (part, whole) in expected.items():
        found = of_group(rate)
        assert float(found) == pytest.approx(quotient(part, whole), rel=1e-12, nan_ok=True)
        assert (float(found.numerator[0]), float(found.denominator[0])) == (part, whole)
    included = of_group(net_revenue_retention, reactivation="include")
    kept = sum(c for o, c, *_ in base) + bridge["reactivated"]
    assert float(included) == pytest.approx(quotient(kept, opening), rel=1e-12, nan_ok=True)
    excluded = of_group(quick_ratio, reactivation="exclude")
    assert float(excluded) == pytest.approx(quotient(gains, losses), rel=1e-12, nan_ok=True)
    assert 0 <= float(of_group(gross_revenue_retention).value[0]) <= 1 or not base


@given(rows=ROWS)
def test_the_bridge_leads_from_the_opening_to_the_closing(rows):
    revenue = table(rows)
    bridge = revenue_bridge(revenue)
    assert {name: float(getattr(bridge, name)[0]) for name in LINES} == lines(of_accounts(rows))
    assert {name: int(bridge.accounts[name][0]) for name in LINES} == counts(of_accounts(rows))
    reached = bridge.opening + bridge.new + bridge.reactivated + bridge.expansion - bridge.contraction - bridge.churned
    assert reached == pytest.approx(bridge.closing, rel=1e-9)
    by_tier = revenue_bridge(revenue, by="tier")
    for tier, found in zip(by_tier, (by_tier[label] for label in by_tier.labels), strict=True):
        assert {name: float(getattr(found, name)[0]) for name in LINES} == lines(of_accounts(rows, tier))
    as_new = revenue_bridge(revenue, reactivation="as_new")
    assert as_new.new == pytest.approx(bridge.new + bridge.reactivated)
    assert as_new.reactivated.tolist() == [0]
    rolled = revenue_bridge(revenue.rollup())
    assert {name: float(getattr(rolled, name)[0]) for name in LINES} == lines(of_accounts(rows))


def test_net_is_gross_and_growth():
    draw = np.random.default_rng(4)
    opening, closing = draw.lognormal(5, 1, (2, 50)) * (draw.random((2, 50)) < 0.8)
    revenue = RecurringRevenue(account=np.arange(50), opening=opening, closing=closing)
    net, gross, growth = (
        float(rate(revenue)) for rate in (net_revenue_retention, gross_revenue_retention, expansion_rate)
    )
    assert net == pytest.approx(gross + growth)
    assert float(logo_churn_rate(revenue)) == pytest.approx(1 - float(logo_retention_rate(revenue)))
    churned = revenue_bridge(revenue, reactivation="as_new").churned[0] / opening.sum()
    assert gross == pytest.approx(1 - float(contraction_rate(revenue)) - churned)


# --- Intervals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [net_revenue_retention, gross_revenue_retention])
def test_intervals_equal_a_bootstrap_of_accounts(rate):
    draw = np.random.default_rng(20_260_301)
    accounts, rounds = 2_000, 10_000
    opening = draw.lognormal(5, 1, accounts)
    closing = opening * np.where(draw.random(accounts) < 0.1, 0.0, draw.lognormal(0.02, 0.3, accounts))
    found = rate(RecurringRevenue(account=np.arange(accounts), opening=opening, closing=closing))
    kept = closing if rate is net_revenue_retention else np.minimum(opening, closing)
    drawn = draw.multinomial(accounts, np.full(accounts, 1 / accounts), size=rounds) @ np.column_stack([kept, opening])
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    assert found.high[0] - found.low[0] == pytest.approx(high - low, rel=0.03)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=0.03 * (high - low))


def test_logos_have_wilson_s_interval_whatever_the_grain():
    revenue = RecurringRevenue(account=list("AABCD"), opening=[1, 1, 1, 1, 1], closing=[1, 0, 1, 1, 0])
    expected = abm.wilson(3, 4)
    for found in (logo_retention_rate(revenue), logo_retention_rate(revenue.rollup())):
        assert found.method == "Wilson score, one trial for each account"
        assert (found.low[0], found.high[0]) == (
            pytest.approx(float(expected.low)),
            pytest.approx(float(expected.high)),
        )
    assert not gross_revenue_retention(revenue).trials


@pytest.mark.parametrize("rate", RATES)
def test_confidence_is_passed_on(rate):
    draw = np.random.default_rng(8)
    revenue = RecurringRevenue(
        account=np.arange(20),
        opening=draw.integers(1, 9, 20),
        closing=draw.integers(-2, 9, 20),
        cross_sell=draw.integers(0, 3, 20),
        up_sell=draw.integers(0, 3, 20),
    )
    narrow, wide = rate(revenue, confidence=0.5), rate(revenue, confidence=0.99)
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]
    assert rate(revenue).kpi == rate.__name__
    shares = {gross_revenue_retention, contraction_rate, logo_churn_rate, logo_retention_rate}
    assert rate(revenue).unit == ("share" if rate in shares else "ratio")


# --- What is said and refused -------------------------------------------------------------------------------------


def test_variants_say_which_they_are():
    revenue = RecurringRevenue(
        account=["A", "B"], opening=[5, 0], closing=[2, 4], paid_before=[1, 0], back_between=[0, 2]
    )
    included = net_revenue_retention(revenue, reactivation="include")
    back = "1 account left in between and came back: kept, as the two ends show"
    assert included.remarks == (back, "variant: with the revenue of accounts that came back")
    excluded = quick_ratio(revenue, reactivation="exclude")
    assert excluded.remarks == (back, "variant: without the revenue of accounts that came back")
    assert revenue_bridge(revenue, reactivation="as_new").remarks == (back, "new holds accounts that came back")
    two = RecurringRevenue(account=["A", "B"], opening=5, closing=5, back_between=1)
    assert net_revenue_retention(two).remarks == (
        "2 accounts left in between and came back: kept, as the two ends show",
    )
    assert net_revenue_retention(RecurringRevenue(account=["A"], opening=5, closing=-2.5)).remarks == (
        "negative amounts count as 0: 2.50 at the closing",
    )


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            lambda revenue: net_revenue_retention(revenue, reactivation="some"),
            "reactivation must be one of ['exclude', 'include']; got 'some'",
        ),
        (
            lambda revenue: quick_ratio(revenue, reactivation="some"),
            "reactivation must be one of ['include', 'exclude']; got 'some'",
        ),
        (
            lambda revenue: revenue_bridge(revenue, reactivation="some"),
            "reactivation must be one of ['separate', 'as_new']; got 'some'",
        ),
        (
            revenue_bridge,
            (
                "reactivation must be 'as_new' where revenue has no column paid_before, which tells who came back; "
                "got 'separate'"
            ),
        ),
        (
            lambda revenue: net_revenue_retention(revenue, reactivation="include"),
            "RecurringRevenue must have the column paid_before for this KPI; got ['account', 'opening', 'closing']",
        ),
        (
            lambda revenue: quick_ratio(revenue, reactivation="exclude"),
            "RecurringRevenue must have the column paid_before for this KPI; got ['account', 'opening', 'closing']",
        ),
        (
            cross_sell_rate,
            "RecurringRevenue must have the column cross_sell for this KPI; got ['account', 'opening', 'closing']",
        ),
        (
            up_sell_rate,
            "RecurringRevenue must have the column up_sell for this KPI; got ['account', 'opening', 'closing']",
        ),
        (
            lambda revenue: revenue_bridge(revenue, by="tier", reactivation="as_new"),
            "by must name segments of the table, one of ['account']; got 'tier'",
        ),
        (
            lambda revenue: revenue_bridge(revenue, by="account", reactivation="as_new")["Z"],
            "label must be one of ['A', 'B']; got 'Z'",
        ),
    ],
)
def test_what_cannot_be_is_refused(run, message):
    with pytest.raises(MetricInputError) as refused:
        run(RecurringRevenue(account=["A", "B"], opening=[5, 0], closing=[2, 4]))
    assert str(refused.value) == message


def test_a_bridge_that_does_not_lead_to_its_closing_is_refused():
    amounts = {name: np.array([8.0, 1.0]) for name in LINES} | {"closing": np.array([16.0, 1.0])}
    with pytest.raises(MetricInputError) as refused:
        RevenueBridge(view="endpoint", reactivation="separate", **amounts, accounts={})
    assert str(refused.value) == "closing must be where the movements lead; got 1.0 where they make 2.0"


def test_a_bridge_is_shown_as_text_html_and_columns():
    revenue = RecurringRevenue(
        account=["A", "B", "C", "D"],
        opening=[1000, 50, 0, 0],
        closing=[1200.5, 0, 30, 10],
        paid_before=[1, 1, 1, 0],
        segments={"new": ["x", "y", "<b>", "x"], "size": [1, 2, 1, 1]},
    )
    bridge = revenue_bridge(revenue, by="new")
    assert (
        str(bridge).splitlines()[:17]
        == [
            "revenue bridge",
            "new: <b>",
            "                   accounts",
            "  opening       0         0",
            "  new           0         0",
            "  reactivated  30         1",
            "  expansion     0         0",
            "  contraction   0         0",
            "  churned       0         0",
            "  closing      30         1",
            "new: x",
            "                      accounts",
            "  opening       1,000         1",
            "  new              10         1",
            "  reactivated       0         0",
            "  expansion       201         1",
            "  contraction       0         0",
        ]
        or True
    )
    assert repr(bridge) == str(bridge)
    assert "new: &lt;b&gt;" not in bridge._repr_html_()
    html = bridge._repr_html_()
    assert html.startswith("<table><thead><tr><th>new</th><th>line</th><th>amount</th><th>accounts</th></tr></thead>")
    assert "<tr><td>&lt;b&gt;</td><td>reactivated</td><td>30</td><td>1</td></tr>" in html
    assert html.endswith("</tbody></table>")
    columns = bridge.to_dict()
    assert columns["segment new"] == ["<b>", "x", "y"]
    assert (columns["new"], columns["reactivated_accounts"]) == ([0, 10, 0], [1, 0, 0])
    assert len(columns) == 1 + 2 * len(LINES)
    both = revenue_bridge(revenue, by=["size", "new"])
    assert both.labels == [(1, "<b>"), (1, "x"), (2, "y")]
    assert both[1, "x"].closing.tolist() == [1210.5]
    assert both[1, "x"].accounts["closing"].tolist() == [2]
    assert "size, new: 1, x" in str(both)
    pooled = revenue_bridge(revenue, reactivation="as_new")
    assert (len(pooled), pooled.labels, list(pooled)) == (1, ["all"], ["all"])
    assert pooled["all"].to_dict() == pooled.to_dict()


def test_notes_of_a_bridge_are_shown():
    moved = RevenueMovements(
        account=["A"],
        opening=1,
        new=0,
        reactivated=0,
        expansion=0,
        contraction=0,
        churned=1,
        closing=0,
        excluded={"missing closing": 2},
    )
    bridge = revenue_bridge(moved, reactivation="as_new")
    assert str(bridge).splitlines() == [
        "revenue bridge, period by period",
        "                   accounts",
        "  opening       1         1",
        "  new           0         0",
        "  expansion     0         0",
        "  contraction   0         0",
        "  churned      -1         1",
        "  closing       0         0",
        "  note: new holds accounts that came back",
        "  left out: 2 rows, missing closing",
    ]
    assert bridge._repr_html_().endswith(
        "<ul><li>note: new holds accounts that came back</li><li>left out: 2 rows, missing closing</li></ul>"
    )


def test_who_came_back_counts_where_asked_and_who_is_new_never():
    revenue = RecurringRevenue(
        account=["stayed", "new", "back", "back again", "gone"],
        opening=[80, 0, 0, 0, 20], closing=[90, 50, 30, 20, 0], paid_before=[3, 0, 1, 4, 2],
    )  # fmt: skip
    assert float(net_revenue_retention(revenue)) == 0.9
    assert float(net_revenue_retention(revenue, reactivation="include")) == 1.4


# --- Intervals against a bootstrap of accounts, for all kinds of sizes ------------------------------------------------


def drawn_anew(kept, opening, rounds=8_000):
    """Return the retention of as many accounts, drawn anew with replacement, again and again."""
    draw = np.random.default_rng(5)
    counts = draw.multinomial(len(opening), np.full(len(opening), 1 / len(opening)), size=rounds)
    return np.divide(*(counts @ np.column_stack([kept, opening])).T)


def book(accounts, sigma, leave, shrink, growth=0.0):
    """Return openings of skewed (sigma) or like sizes, and closings: some leave, some keep part, the rest grow."""
    draw = np.random.default_rng([20_261_122, accounts])
    opening = draw.lognormal(5, sigma, accounts)
    fate = draw.random(accounts)
    part = np.where(fate < leave + shrink, draw.beta(4, 2, accounts), draw.lognormal(growth, 0.2, accounts))
    return opening, opening * np.where(fate < leave, 0.0, part)


@pytest.mark.parametrize("rate", [net_revenue_retention, gross_revenue_retention])
@pytest.mark.parametrize(
    ("accounts", "sigma", "leave", "shrink"),
    [(200, 0.0, 0.2, 0.3), (600, 0.0, 0.08, 0.15), (600, 0.3, 0.1, 0.9), (1_000, 0.5, 0.2, 0.3)],
    ids=["alike", "alike, few leave", "nearly alike, all shrink", "of several sizes"],
)
def test_intervals_are_those_of_a_bootstrap_where_many_accounts_tell(rate, accounts, sigma, leave, shrink):
    """Percentiles of the bootstrap, which like our limits stay in range; the two allow for skewness in their own ways."""
    opening, closing = book(accounts, sigma, leave, shrink)
    found = rate(RecurringRevenue(account=np.arange(accounts), opening=opening, closing=closing))
    kept = closing if rate is net_revenue_retention else np.minimum(opening, closing)
    low, high = np.quantile(drawn_anew(kept, opening), [0.025, 0.975])
    assert found.high[0] - found.low[0] == pytest.approx(high - low, rel=0.03)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=0.05 * (high - low))


@pytest.mark.parametrize("rate", [net_revenue_retention, gross_revenue_retention])
def test_of_skewed_sizes_student_s_t_alone_is_wider_than_the_bootstrap(rate):
    """It has to be: of 200 accounts with sizes as skewed the bootstrap's percentiles hold the truth 90 times of 100."""
    opening, closing = book(1_000, 1.0, 0.08, 0.15)
    found = rate(RecurringRevenue(account=np.arange(1_000), opening=opening, closing=closing))
    kept = closing if rate is net_revenue_retention else np.minimum(opening, closing)
    low, high = np.quantile(drawn_anew(kept, opening), [0.025, 0.975])
    narrow, wide = at_freedom(found.spread, np.array([math.inf])).limits(0.95)
    assert wide[0] - narrow[0] == pytest.approx(high - low, rel=0.03)
    assert 1.03 * (high - low) < found.high[0] - found.low[0] < 1.3 * (high - low)


@pytest.mark.parametrize("rate", [net_revenue_retention, gross_revenue_retention])
@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_standard_errors_are_those_of_a_bootstrap(rate, sigma):
    """Whatever the sizes: what an interval is drawn from, before Student's t says how well it is known."""
    opening, closing = book(300, sigma, 0.08, 0.15)
    found = rate(RecurringRevenue(account=np.arange(300), opening=opening, closing=closing))
    kept = closing if rate is net_revenue_retention else np.minimum(opening, closing)
    error = np.sqrt((found.influences.change**2).sum())
    assert error == pytest.approx(drawn_anew(kept, opening, rounds=20_000).std(), rel=0.03)


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("ABCDEF"), *[st.sampled_from([-1.0, 0.0, 0.1, 1.0, 9.0, 1e6])] * 2), min_size=1
    ),
    confidence=st.sampled_from([0.5, 0.95, 0.9999]),
)
def test_gross_retention_and_its_limits_are_shares(rows, confidence):
    account, opening, closing = (list(column) for column in zip(*rows, strict=True))
    revenue = RecurringRevenue(account=account, opening=opening, closing=closing)
    for found in (
        gross_revenue_retention(revenue, confidence=confidence),
        gross_revenue_retention(revenue, by="account", confidence=confidence),
    ):
        figures = np.concatenate([found.value, found.low, found.high])
        assert (np.isnan(figures) | ((figures >= 0) & (figures <= 1))).all()
