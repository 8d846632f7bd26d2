"""Journeys: against every touch looked at one by one, and what they refuse."""

import collections
import datetime as dt
import random

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, Opportunities, first_touch, linear_touch
from abmmetrics.touches import Journeys, Touches, build_journeys

FIRST = dt.datetime(2026, 1, 1)
NEVER = np.datetime64("NaT")


def refusal(call, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        call(*arguments, **settings)
    return str(caught.value)


# --- The oracle: one deal and one touch at a time ---------------------------------------------------------------------


def by_hand(touches, deals, *, lookback_days, anchor="closed", collapse=None):
    """Journeys of plain rows: the touches, in order, of each deal that ended, and why the others are in none."""
    ends = [deal["closed"] if anchor == "closed" else deal["created"] for deal in deals]
    used, paths, dropped = set(), [], 0
    for deal, end in zip(deals, ends, strict=True):
        if end is None:
            continue
        since = None if lookback_days is None else dt.datetime.combine(end, dt.time()) - dt.timedelta(lookback_days)
        until = dt.datetime.combine(end, dt.time()) + dt.timedelta(1)
        own = [
            row
            for row, touch in enumerate(touches)
            if touch["account"] is not None
            and touch["account"] == deal["account"]
            and (since is None or touch["at"] >= since)
            and touch["at"] < until
        ]
        used |= set(own)
        path, seen, before = [], set(), None
        for row in sorted(own, key=lambda row: (touches[row]["at"], touches[row]["campaign"])):
            touch = touches[row]
            day = touch["at"].date()
            key = {
                None: row,
                "consecutive": row,
                "contact_day": (touch["campaign"], touch["contact"], day),
                "day": (touch["campaign"], day),
                "distinct": touch["campaign"],
            }[collapse]
            if key in seen or (collapse == "consecutive" and touch["campaign"] == before):
                dropped += 1
            else:
                path.append((touch["campaign"], touch["at"]))
            seen.add(key)
            before = touch["campaign"]
        paths.append((deal["opportunity"], path))
    fates = collections.Counter()
    name = {"closed": "close", "created": "creation"}[anchor]
    for row, touch in enumerate(touches):
        last = max((end for deal, end in zip(deals, ends, strict=True) if end and deal["account"] == touch["account"]),
                   default=None)  # fmt: skip
        if row in used:
            continue
        if touch["account"] is None:
            fates["touches without an account"] += 1
        elif last is None:
            fates["touches of accounts without a deal"] += 1
        elif touch["at"] >= dt.datetime.combine(last, dt.time()) + dt.timedelta(1):
            fates[f"touches after the {name}"] += 1
        else:
            fates["touches in no look-back window"] += 1
    return paths, dict(fates), dropped


def tables(touches, deals):
    frame = {name: [touch[name] for touch in touches] for name in ("account", "campaign", "at", "contact")}
    rows = {name: [deal[name] for deal in deals] for name in ("account", "opportunity", "created", "closed", "outcome")}
    found = Touches.empty() if not touches else Touches.from_frame(frame, missing="separate")
    held = Opportunities.from_frame(rows, missing="separate") if deals else Opportunities.empty()
    return found, held


def random_case(draw, accounts=4, most=12):
    unit = draw.choice([dt.timedelta(days=1), dt.timedelta(hours=5), dt.timedelta(microseconds=3_600_000_007)])
    names = [f"account {number}" for number in range(accounts)]
    touches = [
        {
            "account": draw.choice([*names, None]),
            "campaign": draw.choice("ABC"),
            "at": FIRST + unit * draw.randrange(12),
            "contact": draw.choice(["Ann", "Bob"]),
        }
        for _ in range(draw.randrange(most))
    ]
    deals = []
    for number in range(draw.randrange(7)):
        created = draw.choice([None, FIRST.date() + dt.timedelta(draw.randrange(8))])
        outcome = draw.choice(["won", "lost", "open"])
        closed = None if outcome == "open" else (created or FIRST.date()) + dt.timedelta(draw.randrange(6))
        deals.append(
            {
                "account": draw.choice([*names, None]),
                "opportunity": number,
                "created": created,
                "closed": closed,
                "outcome": outcome,
            }
        )
    return touches, deals


def paths_of(journeys):
    """The touches of each journey, as labels and times."""
    return [
        [
            (journeys.labels[journeys.codes[place]], journeys.at[place].item())
            for place in range(journeys.offsets[row], journeys.offsets[row + 1])
        ]
        for row in range(len(journeys))
    ]


DEAL_ROW = {"opportunity": 99, "outcome": "won"}
SETTINGS = [
    {"lookback_days": days, "anchor": anchor, "collapse": collapse}
    for days in (None, 1, 3, 0.5)
    for anchor in ("closed", "created")
    for collapse in (None, "consecutive", "contact_day", "day", "distinct")
]


@pytest.mark.parametrize("block", range(40))
def test_journeys_are_what_one_finds_by_hand(block):
    for seed in range(60):
        draw = random.Random(60 * block + seed)
        touches, deals = random_case(draw)
        how = draw.choice(SETTINGS)
        built = build_journeys(*tables(touches, deals), **how)
        paths, fates, dropped = by_hand(touches, deals, **how)
        assert paths_of(built) == [path for _, path in paths]
        held = dict(built.excluded)
        undated = sum(deal["created"] is None for deal in deals) if how["anchor"] == "created" else 0
        assert held.pop("deals without a day of creation", 0) == undated
        assert held == fates
        assert built.collapsed == dropped
        closed = [deal for deal in deals if deal["closed" if how["anchor"] == "closed" else "created"]]
        won = [how["anchor"] == "created" or deal["outcome"] == "won" for deal in closed]
        assert built.conversions.tolist() == won == (1 - built.losses).tolist() == built.value.tolist()
        assert built.censored == (sum(deal["outcome"] == "open" for deal in deals) if how["anchor"] == "closed" else 0)
        # Nothing is lost: every touch is in a journey, or counted.
        used = {int(row) for row in build_journeys(*tables(touches, deals), **{**how, "collapse": None}).rows}
        assert len(used) + sum(fates.values()) == len(touches)


@pytest.mark.parametrize("fraction", [0, 7])
def test_times_far_apart_of_many_accounts_are_told_apart(fraction):
    """With such spans a touch is not one number to the microsecond: whole seconds are, others count by their places."""
    far = [
        {"account": f"far {number}", "campaign": "A", "at": dt.datetime(year, 3, 1), "contact": "Ann"}
        for number, year in enumerate([2, 9000] * 40)
    ]
    for seed in range(200):
        draw = random.Random(f"far {seed}")
        touches, deals = random_case(draw)
        touches = [{**touch, "at": touch["at"].replace(microsecond=0)} for touch in touches] + far
        touches.append({**far[0], "at": dt.datetime(2, 3, 1, microsecond=fraction)})
        deals.append({**DEAL_ROW, "account": "far 0", "closed": dt.date(2, 3, 1), "created": dt.date(2, 2, 27)})
        how = draw.choice(SETTINGS)
        built = build_journeys(*tables(touches, deals), **how)
        paths, fates, _ = by_hand(touches, deals, **how)
        assert paths_of(built) == [path for _, path in paths]
        assert {reason: count for reason, count in built.excluded.items() if reason.startswith("touches")} == fates


@given(seed=st.integers(0, 10**6), how=st.sampled_from(SETTINGS))
def test_the_order_of_rows_and_the_names_of_accounts_do_not_matter(seed, how):
    draw = random.Random(seed)
    touches, deals = random_case(draw)
    found = build_journeys(*tables(touches, deals), **how)
    mixed = draw.sample(touches, len(touches))
    again = build_journeys(*tables(mixed, deals), **how)
    if how["collapse"] != "contact_day":  # of touches at once by several contacts either may stay
        assert paths_of(again) == paths_of(found)
    assert again.excluded == found.excluded
    numbers = {f"account {number}": (7 * number) % 4 for number in range(4)}
    renamed = [
        [{**row, "account": numbers.get(row["account"])} for row in rows if row["account"]] for rows in (touches, deals)
    ]
    named = [[row for row in rows if row["account"]] for rows in (touches, deals)]
    if all(named):
        whole = [build_journeys(*tables(*rows), **how) for rows in (renamed, named)]
        assert paths_of(whole[0]) == paths_of(whole[1])


def test_contacts_of_an_account_are_pooled():
    rows = {"account": "Acme", "campaign": ["Ad", "Form", "Demo"], "at": ["2026-01-03", "2026-01-01", "2026-01-02"]}
    deal = Opportunities(account="Acme", closed="2026-01-05", outcome="won")
    apart = build_journeys(Touches(**rows, contact=["Ann", "Bob", "Cyd"]), deal, lookback_days=9)
    assert paths_of(apart) == paths_of(build_journeys(Touches(**rows), deal, lookback_days=9))
    assert [label for label, _ in paths_of(apart)[0]] == ["Form", "Demo", "Ad"]


@pytest.mark.parametrize(("days", "labels"), [(30, ["Google", "Facebook", "TikTok"]), (7, ["Facebook", "TikTok"]),
                                              (9, ["Google", "Facebook", "TikTok"]), (8.99, ["Facebook", "TikTok"])])  # fmt: skip
def test_the_window_runs_in_days_and_includes_both_ends(days, labels):
    touches = Touches(
        account="A", campaign=["Google", "Facebook", "TikTok"], at=["2026-05-01", "2026-05-07", "2026-05-10T23:59:59.999999"]
    )  # fmt: skip
    deal = Opportunities(account="A", closed="2026-05-10", outcome="won")
    assert [label for label, _ in paths_of(build_journeys(touches, deal, lookback_days=days))[0]] == labels


def test_touches_after_the_close_and_without_an_account_are_counted():
    touches = Touches.from_frame(
        {
            "account": ["A", "A", "A", None, "B", "C", "A"],
            "campaign": list("xxxxxxy"),
            "at": ["2026-01-01", "2026-03-01", "2026-03-02", "2026-02-01", "2026-02-01", "2026-02-01", "2026-02-27"],
        },
        missing="separate",
    )
    deals = Opportunities(account=["A", "B"], closed=["2026-03-01", None], outcome=["won", "open"], amount=[5, 7])
    built = build_journeys(touches, deals, lookback_days=30)
    assert repr(built) == (
        "Journeys(1 journey, 2 labels, 2 touches; converted: 1, lost: 0; 1 deal open; touches without an account: 1; "
        "touches of accounts without a deal: 2; touches after the close: 1; touches in no look-back window: 1)"
    )
    assert built.notes == ("deals left out because they are open: 1",)
    assert (built.lookback_days, built.anchor, built.collapse, built.unit) == (30, "closed", None, "money")
    assert first_touch(built, resamples=0).excluded == built.excluded


def test_a_deal_keeps_what_it_is_worth():
    deals = Opportunities.from_frame(
        {
            "account": ["A", "A", None, "B", "B"],
            "created": ["2026-01-01", "2026-01-01", "2026-01-01", "2026-01-01", None],
            "closed": ["2026-02-01", "2026-02-02", "2026-02-01", "2026-02-01", None],
            "outcome": ["won", "won", "won", "lost", "open"],
            "amount": [100, None, 30, None, 7],
        },
        missing="separate",
        currency="EUR",
    )
    touches = Touches(account="A", campaign="x", at="2026-01-01")
    built = build_journeys(touches, deals, lookback_days=90)
    assert built.value.tolist() == [100, 0, 30, 0]
    assert built.conversions.tolist() == [1, 1, 1, 0]
    assert built.losses.tolist() == [0, 0, 0, 1]
    assert built.lengths.tolist() == [1, 1, 0, 0]
    assert built.account.to_list() == ["A", "A", None, "B"]
    assert built.notes == (
        "scale of amounts: EUR",
        "conversions without an amount, which are worth 0 here: 1",
        "deals without an account, whose touches are not known: 1",
        "deals left out because they are open: 1",
    )
    pipeline = build_journeys(touches, deals, lookback_days=90, anchor="created")
    assert pipeline.value.tolist() == [100, 0, 30, 0]
    assert pipeline.conversions.tolist() == [1, 1, 1, 1]
    assert pipeline.notes[1] == "conversions without an amount, which are worth 0 here: 2"
    assert pipeline.excluded == {"deals without a day of creation": 1}
    assert (pipeline.censored, sorted(pipeline.milestones)) == (0, ["opportunity created"])
    assert sorted(built.milestones) == ["closed", "opportunity created"]
    counted = build_journeys(touches, Opportunities(account="A", closed="2026-02-01", outcome="won"), lookback_days=90)
    assert (counted.unit, counted.value.tolist(), counted.notes) == (
        "count", [1], ("credit is of deals, for they have no amounts",),
    )  # fmt: skip


def test_every_campaign_is_a_label_also_one_that_is_in_no_journey():
    touches = Touches(account=["A", "Z"], campaign=[7, 3], at="2026-01-01")
    built = build_journeys(touches, Opportunities(account="A", closed="2026-01-01", outcome="won"), lookback_days=1)
    assert dict(linear_touch(built).items()) == {3: 0, 7: 1}


def test_without_touches_or_deals_there_is_nothing_to_attribute():
    deal = Opportunities(account="A", closed="2026-01-01", outcome="won", amount=[5])
    alone = build_journeys(Touches.empty(), deal, lookback_days=1)
    found = linear_touch(alone)
    assert (found.labels, found.total, found.unattributed, found.attributed) == ([], 5, 5, 0)
    nobody = build_journeys(Touches(account="A", campaign="x", at="2026-01-01"), Opportunities.empty(), lookback_days=1)
    assert (len(nobody), nobody.excluded) == (0, {"touches of accounts without a deal": 1})
    assert linear_touch(nobody).notes == ("undefined: the total is 0", "no interval: fewer than 2 accounts")
    assert linear_touch(nobody).share.tolist() == pytest.approx([np.nan], nan_ok=True)


def test_what_was_left_out_when_tables_were_read_is_told():
    touches = Touches.from_frame({"account": ["A", None], "campaign": ["x", "y"], "at": "2026-01-01"}, missing="drop")
    deals = Opportunities.from_frame({"account": ["A", None], "closed": "2026-01-01", "outcome": "won"}, missing="drop")
    assert build_journeys(touches, deals, lookback_days=1).excluded == {
        "touches left out earlier, missing account": 1,
        "deals left out earlier, missing account": 1,
    }


def test_journeys_cannot_be_changed():
    built = Journeys.from_paths(["A > B"])
    with pytest.raises(ValueError, match="read-only"):
        built.value[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        built.codes[0] = 5


TOUCH = Touches(account="A", campaign="x", at="2026-01-01")
DEAL = Opportunities(account="A", closed="2026-01-01", outcome="won")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"anchor": "lost"}, "anchor must be one of ['closed', 'created']; got 'lost'"),
        ({"anchor": "created"},
         "Opportunities must have the column created for this KPI; got ['account', 'closed', 'outcome']"),
        ({"collapse": "week"}, "collapse must be one of ['consecutive', 'contact_day', 'day', 'distinct']; got 'week'"),
        ({"collapse": "contact_day"},
         "Touches must have the column contact for this KPI; got ['account', 'campaign', 'at']"),
        ({"lookback_days": 0}, "lookback_days must be a number in (0, inf); got 0"),
        ({"lookback_days": "30"}, "lookback_days must be a number in (0, inf); got '30'"),
        ({"lead_created": ["2026-01-01", "2026-01-01"]},
         "lead_created must have one day for each of the 1 opportunities; got 2 days"),
        ({"lead_created": ["soon"]}, "lead_created must be dates (datetime64, date objects or ISO text such as 2026-03-31); got 'soon' at row 0"),
    ],
)  # fmt: skip
def test_other_settings_are_refused(settings, message):
    assert refusal(build_journeys, TOUCH, DEAL, **{"lookback_days": 90, **settings}) == message


def test_accounts_named_in_two_ways_are_refused():
    deal = Opportunities(account=[4], closed="2026-01-01", outcome="won")
    message = "opportunities must name accounts by text, as the touches do; got whole numbers"
    assert refusal(build_journeys, TOUCH, deal, lookback_days=1) == message


def test_a_look_back_longer_than_any_data_is_none():
    assert len(build_journeys(TOUCH, DEAL, lookback_days=1e300).codes) == 1


def test_touches_are_rows_and_not_sums():
    touches = Touches(account="A", campaign=["x", "y"], at="2026-01-01", contact=["Ann", "Bob"], kind="sales")
    assert repr(touches) == "Touches(2 rows, 1 account; campaign, at, contact, kind)"
    assert refusal(touches.rollup) == "rollup must be of a table whose rows can be summed; got Touches"
    with pytest.raises(TypeError, match="positional"):
        Touches("A", "x", "2026-01-01")


# --- Paths ------------------------------------------------------------------------------------------------------------


def test_paths_are_text_or_lists():
    texts = Journeys.from_paths(["B > A>B ", "", "C", "  "], conversions=[1, 2, 3, 4], losses=5)
    lists = Journeys.from_paths([["B", "A", "B"], [], ["C"], []], conversions=[1, 2, 3, 4], losses=[5] * 4)
    for held in (texts, lists):
        assert held.labels == ["A", "B", "C"]
        assert held.codes.tolist() == [1, 0, 1, 2]
        assert held.offsets.tolist() == [0, 3, 3, 4, 4]
        assert held.conversions.tolist() == held.value.tolist() == [1, 2, 3, 4]
        assert held.losses.tolist() == [5, 5, 5, 5]
        assert (held.unit, held.anchor, held.at, held.rows, held.account) == ("count", "path", None, None, None)
    for column in (np.array, pd.Series, pl.Series):
        assert Journeys.from_paths(column(["A > B", "B"])).codes.tolist() == [0, 1, 1]
    assert Journeys.from_paths([np.str_("A > B")]).labels == ["A", "B"]
    assert Journeys.from_paths(["A|B"], separator="|").labels == ["A", "B"]
    assert Journeys.from_paths([[3, 1], [1]]).labels == [1, 3]
    assert Journeys.from_paths(["A", "B"], value=[3, 4], account=["x", "x"]).account.to_list() == ["x", "x"]
    flags = Journeys.from_paths(["A", "B"], conversions=[True, False], losses=np.array([False, True]))
    assert (flags.conversions.tolist(), flags.losses.tolist()) == ([1, 0], [0, 1])
    # Many, some of them empty, are what the same are as lists.
    many = [["A"] * (row % 3) + [f"c{row % 50}"] * (row % 2) for row in range(3_000)]
    text, listed = Journeys.from_paths([" > ".join(path) for path in many]), Journeys.from_paths(many)
    assert (text.labels, text.codes.tolist()) == (listed.labels, listed.codes.tolist())
    assert text.offsets.tolist() == listed.offsets.tolist()
    late = [*["A > B"] * 2_000, "A > > B"]
    assert refusal(Journeys.from_paths, paths=late) == "paths must have no empty labels; got one at row 2000"
    nothing = Journeys.from_paths([])
    assert (len(nothing), nothing.labels, nothing.offsets.tolist()) == (0, [], [0])
    assert len(Journeys.from_paths(["", ""]).codes) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paths": "A > B"}, "paths must be a column of paths; got 'A > B'"),
        ({"paths": 5}, "paths must be a column of paths; got 5"),
        ({"paths": ["A", 5]}, "paths must be text, or lists of labels; got 5 at row 1"),
        ({"paths": ["A", ["B"]]}, "paths must be text, or lists of labels; got ['B'] at row 1"),
        ({"paths": ["", "A", "A >> B"]}, "paths must have no empty labels; got one at row 2"),
        ({"paths": [["A", ""]]}, "paths must have no empty labels; got one at row 0"),
        ({"paths": [["A", 1]]}, "paths must be text or whole numbers, one kind in a column; got 1 at row 1"),
        ({"separator": " "}, "separator must be text other than blanks; got ' '"),
        ({"separator": 5}, "separator must be text other than blanks; got 5"),
        ({"conversions": [1, -1]}, "conversions must be finite numbers >= 0; got -1.0 at row 1"),
        ({"losses": [None, 1]}, "losses must be finite numbers >= 0 in every row; got a missing value at row 0"),
        ({"value": [1, 2, 3]},
         ("paths and conversions and losses and value must have the same length; got "
         "{'paths': 2, 'conversions': 2, 'losses': 2, 'value': 3}")),
        ({"value": [1, 2], "conversions": [1, 0]}, "value must be 0 where there are no conversions; got 2.0 at row 1"),
        ({"account": ["A"]},
         ("paths and conversions and losses and account must have the same length; got "
         "{'paths': 2, 'conversions': 2, 'losses': 2, 'account': 1}")),
        ({"account": ["A", None]}, "account must be text or whole numbers in every row; got a missing value at row 1"),
    ],
)  # fmt: skip
def test_other_paths_are_refused(settings, message):
    assert refusal(Journeys.from_paths, **{"paths": ["A > B", "B"], **settings}) == message
