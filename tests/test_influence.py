"""Influenced and sourced pipeline: against one journey at a time, base rates, and what is refused."""

import collections
import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, Opportunities, TargetAccounts, first_touch
from abmmetrics.influence import influenced_pipeline, sourced_pipeline
from abmmetrics.touches import Journeys, Touches, build_journeys

FIRST = dt.date(2026, 1, 1)
TARGETS = [f"target {number}" for number in range(8)]


def refusal(call, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        call(*arguments, **settings)
    return str(caught.value)


def credit(found):
    return dict(found.items())


a_touch = st.tuples(st.integers(0, 8), st.sampled_from("ABC"), st.integers(0, 7), st.sampled_from(["marketing", "sales", "partner"]))  # fmt: skip
some_touches = st.lists(a_touch, max_size=14)
some_deals = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(2, 9)), max_size=6)


def built(touches, deals):
    """Journeys to the creation of deals of plain rows; account 8 is no target, and 9 is touched by every kind."""
    names = [*TARGETS, "stranger", "everything"]
    rows = [
        *touches,
        *((9, label, 0, kind) for label, kind in zip("ABC", ["marketing", "sales", "partner"], strict=True)),
    ]
    account, campaign, at, kind = zip(*rows, strict=True)
    touched = Touches(
        account=[names[place] for place in account],
        campaign=list(campaign),
        at=[FIRST + dt.timedelta(number) for number in at],
        kind=list(kind),
    )
    if not deals:
        return build_journeys(touched, Opportunities.empty(), lookback_days=4, anchor="created")
    account, amount, created = zip(*deals, strict=True)
    held = Opportunities(
        account=[names[place] for place in account],
        amount=[float(value) for value in amount],
        created=[FIRST + dt.timedelta(number) for number in created],
        outcome="lost",
        closed="2026-12-31",
    )
    return build_journeys(touched, held, lookback_days=4, anchor="created")


def windows(touches, deals):
    """The touches of each deal, in order, with its amount."""
    return [
        (amount, sorted((at, label, kind) for owner, label, at, kind in touches if owner == account and made - 4 <= at <= made))
        for account, amount, made in deals
    ]  # fmt: skip


@given(touches=some_touches, deals=some_deals)
def test_every_label_is_given_the_whole_of_what_it_touched(touches, deals):
    found = influenced_pipeline(built(touches, deals), accounts=TARGETS, resamples=0)
    expected = collections.Counter()
    once = total = 0
    for amount, path in windows(touches, deals):
        total += amount
        once += amount * bool(path)
        for label in {label for _, label, _ in path}:
            expected[label] += amount
    assert credit(found) == {label: expected[label] for label in "ABC"}
    assert (found.total, found.attributed, found.unattributed) == (total, once, total - once)
    assert found.additive is False
    assert max(found.credit) <= found.attributed <= found.credit.sum()
    for place, label in enumerate("ABC"):
        assert (
            found.raw["base_rate"][place]
            == len({account for account, name, *_ in touches if name == label and account < 8}) / 8
        )
    assert found.base_rate == len({account for account, *_ in touches if account < 8}) / 8


@given(touches=some_touches, deals=some_deals, rule=st.sampled_from(["first_touch", "before_sales"]))
def test_what_marketing_began_is_given_to_what_began_it(touches, deals, rule):
    found = sourced_pipeline(built(touches, deals), rule=rule, accounts=TARGETS, resamples=0)
    expected = collections.Counter()
    total = 0
    for amount, path in windows(touches, deals):
        total += amount
        ours = [at for at, _, kind in path if kind == "marketing"]
        theirs = [at for at, _, kind in path if kind == "sales"]
        if rule == "first_touch":
            firsts = [(label, kind) for at, label, kind in path if at == path[0][0]]
            for label, kind in firsts:
                expected[label] += amount / len(firsts) * (kind == "marketing")
        elif ours and (not theirs or min(ours) < min(theirs)):
            firsts = [label for at, label, kind in path if kind == "marketing" and at == min(ours)]
            for label in firsts:
                expected[label] += amount / len(firsts)
    assert credit(found) == pytest.approx({label: expected[label] for label in "ABC"}, abs=1e-12)
    assert found.credit.sum() + found.unattributed == pytest.approx(found.total, abs=1e-9)
    assert found.total == total
    assert found.additive is True
    assert (
        found.base_rate == len({account for account, _, _, kind in touches if account < 8 and kind == "marketing"}) / 8
    )
    assert found.name == f"sourced_pipeline(rule={rule})"


def test_ten_first_touches_at_once_leave_nothing_over():
    touches = Touches(account="A", campaign=list("ABCDEFGHIJ"), at="2026-01-01", kind="marketing")
    deal = Opportunities(account="A", created="2026-01-01", outcome="won", closed="2026-01-02", amount=[7])
    found = sourced_pipeline(build_journeys(touches, deal, lookback_days=1, anchor="created"))
    assert (found.unattributed, found.credit.sum()) == (0, pytest.approx(7))


TOUCHES = Touches(
    account=["A", "A", "C", "D"],
    campaign=["Mail", "Fair", "Mail", "Mail"],
    at="2026-01-20",
    kind=["marketing", "sales", "marketing", "partner"],
)
DEALS = Opportunities(
    account=["A", "B"], created="2026-02-01", outcome="open", closed=[None, None], amount=[10_000, 6_000]
)
JOURNEYS = build_journeys(TOUCHES, DEALS, lookback_days=90, anchor="created")


@pytest.mark.parametrize(
    ("accounts", "base", "each"),
    [
        (None, 3 / 4, [1 / 4, 3 / 4]),
        (["A", "B", "C", "E", "F"], 2 / 5, [1 / 5, 2 / 5]),
        (["A", "A", "B"], 1 / 2, [1 / 2, 1 / 2]),
        (TargetAccounts(account=["A", "B", "E", "F"]), 1 / 4, [1 / 4, 1 / 4]),
        (np.array(["C", "E"]), 1 / 2, [0, 1 / 2]),
    ],
)
def test_the_base_rate_is_of_the_accounts_given_or_of_those_known(accounts, base, each):
    found = influenced_pipeline(JOURNEYS, accounts=accounts)
    assert (found.base_rate, found.raw["base_rate"].tolist()) == (base, each)
    told = "base rate among accounts with a touch or a deal: give accounts= for that of all"
    assert (told in found.notes) == (accounts is None)
    assert (found.labels, found.credit.tolist()) == (["Fair", "Mail"], [10_000, 10_000])
    assert (found.attributed, found.unattributed, found.share.tolist()) == (10_000, 6_000, [0.625, 0.625])


def test_of_no_accounts_there_is_no_base_rate():
    found = influenced_pipeline(build_journeys(Touches.empty(), Opportunities.empty(), lookback_days=1))
    assert np.isnan(found.base_rate)
    given_none = influenced_pipeline(JOURNEYS, accounts=[])
    assert np.isnan(given_none.base_rate)
    assert np.isnan(given_none.raw["base_rate"]).tolist() == [True, True]


def test_touches_without_an_account_are_in_no_base_rate():
    touches = Touches.from_frame(
        {"account": [None, "A"], "campaign": ["x", "y"], "at": "2026-01-20", "kind": "marketing"}, missing="separate"
    )
    journeys = build_journeys(touches, DEALS, lookback_days=90, anchor="created")
    for found in (influenced_pipeline(journeys), sourced_pipeline(journeys)):
        assert (found.base_rate, found.raw["base_rate"].tolist()) == (0.5, [0, 0.5])


def test_paths_have_influence_and_no_base_rate():
    found = influenced_pipeline(Journeys.from_paths(["A > B > A", "B", ""], value=[1, 2, 4]))
    assert (credit(found), found.attributed, found.base_rate, found.raw) == ({"A": 1, "B": 3}, 3, None, {})
    assert found.notes[0] == "no base rate: paths do not tell which accounts were touched without a deal"
    assert found.name == "influenced_pipeline"


def test_limits_of_influence_follow_the_accounts():
    held = Journeys.from_paths(["A > B", "B"] * 30, value=[3, 5] * 30)
    found = influenced_pipeline(held, resamples=300)
    assert (found.low < found.credit).all()
    assert (found.credit < found.high).all()
    assert found.low[0] == first_touch(held, resamples=300).low[0]  # the first of those that A is in
    assert np.isnan(influenced_pipeline(held, resamples=0).low).all()
    assert sourced_pipeline(JOURNEYS, resamples=10).method == "bootstrap of accounts, 10 samples, seed 0"
    assert sourced_pipeline(JOURNEYS, resamples=0).method == "none"


def test_kinds_are_named():
    assert credit(sourced_pipeline(JOURNEYS)) == {"Fair": 0, "Mail": 5_000}  # at once with sales' first
    assert credit(sourced_pipeline(JOURNEYS, rule="before_sales")) == {"Fair": 0, "Mail": 0}
    assert credit(sourced_pipeline(JOURNEYS, rule="before_sales", sales="partner")) == {"Fair": 0, "Mail": 10_000}
    both = sourced_pipeline(JOURNEYS, marketing=["marketing", "sales"])
    assert credit(both) == {"Fair": 5_000, "Mail": 5_000}
    bare = build_journeys(Touches.empty(), DEALS, lookback_days=90, anchor="created")
    assert sourced_pipeline(bare).unattributed == 16_000


PLAIN = build_journeys(Touches(account="A", campaign="x", at="2026-01-01"), DEALS, lookback_days=9, anchor="created")


@pytest.mark.parametrize(
    ("call", "held", "settings", "message"),
    [
        (influenced_pipeline, JOURNEYS, {"resamples": 1.5}, "resamples must be a whole number >= 0; got 1.5"),
        (influenced_pipeline, JOURNEYS, {"accounts": [1, 2]},
         "accounts must be named by text, as the touches' are; got whole numbers"),
        (influenced_pipeline, JOURNEYS, {"accounts": ["A", None]},
         "accounts must be text or whole numbers in every row; got a missing value at row 1"),
        (sourced_pipeline, JOURNEYS, {"rule": "lead_source"},
         "rule must be one of ['first_touch', 'before_sales']; got 'lead_source'"),
        (sourced_pipeline, JOURNEYS, {"marketing": "Marketing"},
         "marketing must be among the kinds of the touches, ['marketing', 'partner', 'sales']; got 'Marketing'"),
        (sourced_pipeline, JOURNEYS, {"rule": "before_sales", "sales": ["sales", "SDR"]},
         "sales must be among the kinds of the touches, ['marketing', 'partner', 'sales']; got 'SDR'"),
        (sourced_pipeline, PLAIN, {},
         "Touches must have the column kind for this KPI; got ['account', 'campaign', 'at']"),
        (sourced_pipeline, Journeys.from_paths(["A"]), {},
         "journeys must be built of touches for sourced_pipeline; got paths without kinds of touches"),
    ],
)  # fmt: skip
def test_other_settings_are_refused(call, held, settings, message):
    assert refusal(call, held, **settings) == message
