"""Calls to action and funnels: against chains enumerated one by one, a database, and what they refuse."""

import bisect
import collections
import csv
import datetime as dt
import gzip
import itertools
import math
import random
import statistics

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abmmetrics import MetricInputError, change, concat, wilson
from abmmetrics.journey import CallsToAction, JourneyEvents, cta_conversion_rate, funnel
from tests.fragment import Fragment

DAY = 86_400_000_000
LATER = np.datetime64("2900-01-01")


def refusal(kpi, *arguments, **settings):
    with pytest.raises(MetricInputError) as caught:
        kpi(*arguments, **settings)
    return str(caught.value)


MARCH = JourneyEvents(
    account=["Acme", "Acme", "Acme", "Beta", "Beta", "Core", "Dale", "Late"],
    step=["Visit", "Demo", "Proposal", "Visit", "Demo", "Visit", "Demo", "Visit"],
    at=["2026-03-02", "2026-03-09", "2026-03-30", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-06",
        "2026-03-28T09:00"],
    segments={
        "tier": ["one", "two", "two", "one", "one", "two", "two", "<two>"],
        "contact": ["Ann", "Ann", "Bob", "Cyd", "Cyd", "Eve", "Fay", "Gus"],
    },
)  # fmt: skip


# --- Calls to action --------------------------------------------------------------------------------------------------

CALLS = CallsToAction(
    account=["A", "A", "B", "B", "C"],
    cta=["demo", "read", "demo", "read", "never seen"],
    shown=[40, 10, 60, 30, 0],
    converted=[2, 4, 3, 6, 0],
    segments={"tier": [1, 1, 2, 2, 2]},
)


def test_cta_conversion_rate_is_of_every_call_to_action():
    by_cta = cta_conversion_rate(CALLS, by="cta")
    assert by_cta.labels == ["demo", "never seen", "read"]
    assert by_cta.value.tolist() == pytest.approx([5 / 100, math.nan, 10 / 40], nan_ok=True)
    assert by_cta.notes[0] == "undefined: shown is 0 (cta: never seen)"
    assert (by_cta.kpi, by_cta.unit) == ("cta_conversion_rate", "share")
    pooled = cta_conversion_rate(CALLS, confidence=0.9)
    assert (float(pooled), pooled.numerator.tolist(), pooled.denominator.tolist()) == (15 / 140, [15], [140])
    assert pooled.confidence == 0.9
    assert cta_conversion_rate(CALLS, by=["tier", "cta"])[2, "read"].value.tolist() == [0.2]


def test_models_take_columns_by_name_and_compare_them():
    assert repr(CALLS) == "CallsToAction(5 rows, 3 accounts; cta, shown, converted; segments: tier)"
    for model, held in ((CallsToAction, CALLS), (JourneyEvents, MARCH)):
        assert held.where(np.ones(len(held), dtype=bool)) == held != held.where(np.zeros(len(held), dtype=bool))
        with pytest.raises(TypeError, match="positional"):
            model(*held.columns().values())


def test_calls_to_action_sum_up_without_a_change():
    for by in (None, "cta", "tier"):
        rows, rolled = cta_conversion_rate(CALLS, by=by), cta_conversion_rate(CALLS.rollup("tier"), by=by)
        assert rows.value.tolist() == pytest.approx(rolled.value.tolist(), nan_ok=True)
        assert rows.low.tolist() == pytest.approx(rolled.low.tolist(), nan_ok=True)


def test_more_conversions_than_showings_are_refused():
    message = refusal(CallsToAction, account="A", cta=["x", "y"], shown=[3, 1], converted=[3, 2])
    assert message == "converted must be at most shown; got 2 with shown=1 at row 1"


# --- Journey events ---------------------------------------------------------------------------------------------------


def test_events_are_rows_and_not_sums():
    events = JourneyEvents(account=["A", "A"], step="Visit", at=["2026-01-01", "2026-01-02T10:30"])
    assert repr(events) == "JourneyEvents(2 rows, 1 account; step, at)"
    assert events.at.dtype == np.dtype("datetime64[us]")
    assert refusal(events.rollup) == "rollup must be of a table whose rows can be summed; got JourneyEvents"


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ({"account": ["A", None]}, "account must be text or whole numbers in every row; got a missing value at row 1"),
        ({"step": ["x", ""]}, "step must be text or whole numbers in every row; got a missing value at row 1"),
        ({"at": ["2026-01-01", None]}, "at must be dates in every row; got a missing value at row 1"),
        ({"at": ["2026-01-01"]},
         "account and step and at must have the same length; got {'account': 2, 'step': 2, 'at': 1}"),
    ],
)  # fmt: skip
def test_incomplete_events_are_refused(missing, message):
    whole = {"account": ["A", "B"], "step": ["x", "y"], "at": ["2026-01-01", "2026-01-02"]}
    assert refusal(JourneyEvents, **{**whole, **missing}) == message


# --- The chains, one by one -------------------------------------------------------------------------------------------


def best_chain(events, steps, within=None, order="sequential", entry="any"):
    """Times of the deepest chain, and of those the earliest, of all ways to fill the steps with one unit's events."""
    of_step = [sorted(time for time, step in events if step == name) for name in steps]
    best = ()
    for depth in range(1, len(steps) + 1):
        found = [
            (min(times), times)
            for times in itertools.product(*of_step[:depth])
            if (within is None or max(times) - min(times) <= within)
            and (order == "any" or (list(times) == sorted(times) and (entry == "any" or times[0] == of_step[0][0])))
            and (order != "strict" or is_strict(times, events, steps))
        ]
        if not found:
            break
        best = min(found)[1]
    return best


def is_strict(times, events, steps):
    """No step is put off to a later event, and no other step lies between."""
    pairs = list(itertools.pairwise(times))
    return not any(
        (step == steps[place + 1] and before <= time < after)
        or (step in steps and step != steps[place] and before < time < after)
        for place, (before, after) in enumerate(pairs)
        for time, step in events
    )


SETTINGS = [
    (order, entry, within)
    for order, entry in [("sequential", "any"), ("sequential", "first"), ("strict", "any"), ("strict", "first"),
                         ("any", "any")]
    for within in (None, 1, 2, 4)
]  # fmt: skip


def random_events(seed, accounts, scale=DAY):
    """Up to 8 events of each account at 7 points in time, so that most accounts have ties; in no order."""
    draw = random.Random(seed)
    rows = [
        (account, draw.choice("ABCDx"), draw.randrange(7) * scale)
        for account in range(accounts)
        for _ in range(draw.randrange(9))
    ]
    draw.shuffle(rows)
    return rows


def table(rows, **segments):
    account, step, at = zip(*rows, strict=True) if rows else ((), (), ())
    moments = np.array(at, dtype=np.int64).astype("datetime64[us]")
    return JourneyEvents(account=list(account), step=list(step), at=moments, segments=segments)


def of_units(rows):
    units = collections.defaultdict(list)
    for unit, step, at in rows:
        units[unit].append((at, step))
    return units


@pytest.mark.parametrize(("order", "entry", "within"), SETTINGS)
def test_every_account_has_its_best_chain(order, entry, within):
    names = ["A", "B", "C", "D"]
    rows = random_events(f"{order}{entry}{within}", 160)
    found = funnel(table(rows), names, within_days=within, order=order, entry=entry, by="account", as_of=LATER)
    units = of_units(rows)
    entered = 0
    for group, account in enumerate(found.labels):
        times = best_chain(units[account], names, within and within * DAY, order, entry)
        entered += bool(times)
        assert [found.reached[name][group] for name in names] == [place < len(times) for place in range(4)]
        assert found.entered_midway[group] == (not times)
        done = list(itertools.accumulate(times, max))
        for place, name in enumerate(names[1:], start=1):
            since_first, since_before = (
                ((done[place] - min(times)) / DAY, (done[place] - done[place - 1]) / DAY)
                if place < len(times)
                else (math.nan, math.nan)
            )
            assert found.days[name].median[group] == pytest.approx(since_first, abs=0, nan_ok=True)
            assert found.step_days[name].median[group] == pytest.approx(since_before, abs=0, nan_ok=True)
    assert 60 < entered < len(found) < 160
    assert found.immature.sum() == 0


a_log = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ABCx"), st.integers(0, 5)), max_size=14)


@given(rows=a_log, setting=st.sampled_from(SETTINGS), seed=st.integers(0, 99))
def test_a_funnel_counts_the_best_chains(rows, setting, seed):
    order, entry, within = setting
    events = table([*((unit, step, at * DAY) for unit, step, at in rows), (9, "A", 0), (9, "B", 0), (9, "C", 0)])
    units = of_units([*rows, (9, "A", 0), (9, "B", 0), (9, "C", 0)])
    settings = {"within_days": within, "order": order, "entry": entry}
    found = funnel(events, ["A", "B", "C"], **settings)
    end = max([*(at for _, _, at in rows), 0])
    expected, immature, midway = [0, 0, 0], 0, 0
    for unit in units.values():
        times = best_chain(unit, "ABC", within, order, entry)
        first = min((at for at, step in unit if step == "A"), default=None)
        if first is None:
            midway += any(step in "ABC" for _, step in unit)
        elif within is not None and end - first < within:
            immature += 1
        else:
            for place in range(len(times)):
                expected[place] += 1
    assert [found.reached[name].tolist() for name in "ABC"] == [[count] for count in expected]
    assert (found.immature.tolist(), found.entered_midway.tolist()) == ([immature], [midway])
    # The order of the rows does not matter.
    shuffled = np.random.default_rng(seed).permutation(len(events)).tolist()
    again = funnel(events.where(np.ones(len(events), dtype=bool)), ["A", "B", "C"], **settings)
    mixed = JourneyEvents(
        account=[events.account[row] for row in shuffled],
        step=[events.step[row] for row in shuffled],
        at=events.at[shuffled],
    )
    assert str(again) == str(found) == str(funnel(mixed, ["A", "B", "C"], **settings))


def letters(journey, times=None):
    """One account that takes these steps, a minute apart."""
    times = range(len(journey)) if times is None else times
    at = np.datetime64("2026-03-01T13:00", "us") + np.array(list(times)) * np.timedelta64(1, "m")
    return JourneyEvents(account="Acme", step=list(journey), at=at)


def depth(found):
    return sum(int(reached.sum()) for reached in found.reached.values())


@pytest.mark.parametrize(
    ("journey", "steps", "reached"),
    [
        # Bloomreach and Mixpanel document these.
        ("ABCDE", "ABCDE", 5),
        ("ABFCDE", "ABCDE", 5),
        ("ABDCDE", "ABCDE", 5),
        ("ABCE", "ABC", 3),
        ("ABCEDE", "ABCDE", 5),
        # Hologres, window_funnel.
        ("1234", "123", 3),
        ("4321", "123", 1),
        ("43", "123", 0),
    ],
)
def test_published_journeys(journey, steps, reached):
    events = concat([letters(journey), JourneyEvents(account="Other", step=list("ABCDEF1234"), at="2026-03-01")])
    assert depth(funnel(events, list(steps), by="account")["Acme"]) == reached


@pytest.mark.parametrize(("entry", "reached"), [("first", 2), ("any", 3)])
def test_the_first_entry_or_the_deepest(entry, reached):
    # Mixpanel counts from the first entry; Amplitude and ClickHouse take the longest chain of any.
    events = letters("AABC", [0, 30, 45, 75])
    assert depth(funnel(events, list("ABC"), within_days=1 / 24, entry=entry, as_of=LATER)) == reached


def test_steps_at_the_same_time_count_as_in_order():
    for order in ("sequential", "strict", "any"):
        assert depth(funnel(letters("BA", [0, 0]), ["A", "B"], order=order)) == 2


def test_one_event_fills_one_step():
    assert refusal(funnel, letters("A"), ["A", "A"]) == "steps must differ from each other; got 'A' twice"
    assert refusal(funnel, letters("AB"), {"one": "A", "two": ["B", "A"]}) == (
        "steps must be of different events, for an event fills one step; got 'A' in 'one' and 'two'"
    )


@pytest.mark.parametrize(
    ("journey", "times", "reached"),
    [
        ("ABC", None, 3),
        ("AxBxC", None, 3),  # what is no step of the funnel does not matter
        ("AABBC", None, 3),  # the same step again is no other step
        ("ACBC", None, 1),
        ("ABAC", None, 2),
        ("ABABC", None, 3),
        ("ABAC", [0, 1, 1, 2], 3),  # at the time of a step is not between steps
        ("ABAC", [0, 1, 2, 2], 3),
        ("AACB", [0, 1, 1, 2], 2),
    ],
)
def test_strict_order_allows_no_other_step_between(journey, times, reached):
    assert depth(funnel(letters(journey, times), list("ABC"), order="strict")) == reached


def test_any_order_takes_what_is_all_within_the_window():
    events = letters("CAB", [0, 10, 70])
    assert depth(funnel(events, list("ABC"), order="any")) == 3
    found = funnel(events, list("ABC"), order="any", within_days=1 / 24, as_of=LATER)
    assert [found.reached[name].tolist() for name in "ABC"] == [[1], [1], [0]]
    assert found.days["B"].median.tolist() == [60 / 1440]
    assert depth(funnel(events, list("ABC"), order="any", within_days=70 / 1440, as_of=LATER)) == 3
    whole = funnel(events, list("ABC"), order="any")
    assert (whole.days["C"].median.tolist(), whole.step_days["C"].median.tolist()) == ([70 / 1440], [0])


def test_the_window_includes_its_last_moment():
    events = letters("AB", [0, 60])
    hour = 1 / 24
    assert depth(funnel(events, ["A", "B"], within_days=hour, as_of=LATER)) == 2
    assert depth(funnel(events, ["A", "B"], within_days=hour - 1e-10, as_of=LATER)) == 1
    assert depth(funnel(events, ["A", "B"], within_days=1e300, as_of=LATER)) == 0  # nobody had so much time


def test_a_step_may_be_several_events():
    events = letters("abXcY")
    found = funnel(events, {"Engaged": ["b", "c"], "Bought": "Y"})
    assert (found.steps, depth(found)) == (("Engaged", "Bought"), 2)
    assert found.days["Bought"].median.tolist() == [3 / 1440]
    assert found.conversion["Bought"].kpi == "conversion from Engaged to Bought"


def test_steps_may_be_numbers():
    events = JourneyEvents(account=[7, 7, 8], step=[10, 30, 10], at=["2026-01-01", "2026-01-02", "2026-01-03"])
    found = funnel(events, [10, 30])
    assert found.reached[30].tolist() == [1]
    message = "steps must be among those of the events, [10, 30]; got 20"
    assert refusal(funnel, events, [10, 20]) == message


@pytest.mark.parametrize(
    ("scale", "origin"),
    [
        (1, 0),
        (15 * 365 * DAY, -5),  # more microseconds than fit beside the accounts: milliseconds
        (9_001 * 365 * DAY, 0),  # seconds
        (15 * 365 * DAY + 1, 0),  # no common unit: places in the list of times
    ],
)
@pytest.mark.parametrize(("order", "within"), [("sequential", None), ("sequential", 2), ("strict", 2), ("any", 2)])
def test_times_of_any_size_give_the_same_chains(scale, origin, order, within):
    rows = [(7 * account, step, at) for account, step, at in random_events(6, 140, 1)]
    settings = {"order": order, "as_of": np.datetime64("200000-01-01")}
    small = funnel(table(rows), list("ABCD"), within_days=within and (within + 0.5) / DAY, **settings)
    scaled = table([(account, step, at * scale + origin * 1_000) for account, step, at in rows])
    large = funnel(scaled, list("ABCD"), within_days=within and (within + 0.5) * scale / DAY, **settings)
    assert small.reached["C"][0] > 5
    for step in "ABCD":
        assert small.reached[step].tolist() == large.reached[step].tolist()
    for step in "BC":
        for figure in attrs.fields_dict(type(small.days[step])):
            took = getattr(small.days[step], figure) * scale
            assert getattr(large.days[step], figure).tolist() == pytest.approx(took.tolist(), rel=1e-12)


def test_times_that_fill_the_bits_stay_in_order():
    # 2 bits for 3 steps, 2 for 2 accounts, and 60 for the times would be one more than there are.
    times = np.array([0, 2**59 - 1, 2**59 + 1, 2**59 + 3, 5, 7]).astype("datetime64[us]")
    events = JourneyEvents(account=list("ABABAB"), step=list("AABBCC"), at=times)
    found = funnel(events, list("ABC"), by="account")
    assert [found.reached[step].tolist() for step in "ABC"] == [[1, 1], [1, 1], [0, 0]]
    assert found.days["B"].median.tolist() == [(2**59 + 1) / DAY, 4 / DAY]


def test_one_event_is_a_funnel_too():
    found = funnel(letters("AB").where(np.array([True, False])), ["A", "B"])
    assert [found.reached[step].tolist() for step in "AB"] == [[1], [0]]


def test_many_events_are_as_few():
    """More rows than a block holds: each account does the same."""
    accounts = 20_000
    rows = np.arange(accounts * 3)
    events = JourneyEvents(
        account=rows % accounts,
        step=np.array(["A", "B", "C"])[rows // accounts],
        at=np.datetime64("2026-01-01", "us") + (rows // accounts * (1 + rows % 5)) * np.timedelta64(1, "h"),
    )
    found = funnel(events, ["A", "B", "C"], within_days=4 / 24, as_of="2026-03-01")
    # From A to C one account in five each takes 2, 4, 6, 8 or 10 hours, from A to B half of it.
    hours = [(row // accounts * (1 + row % 5)) for row in rows]
    at = {step: hours[place * accounts : (place + 1) * accounts] for place, step in enumerate("ABC")}
    b = [after - before <= 4 and after >= before for before, after in zip(at["A"], at["B"], strict=True)]
    c = [
        ok and 0 <= after - before <= 4 and after >= middle
        for ok, before, middle, after in zip(b, at["A"], at["B"], at["C"], strict=True)
    ]
    assert [found.reached[step].tolist() for step in "ABC"] == [[accounts], [sum(b)], [sum(c)]]
    assert 0 < sum(c) < sum(b) < accounts


# --- What a funnel tells ----------------------------------------------------------------------------------------------

STEPS = ["Visit", "Demo", "Proposal"]


def test_a_funnel_reads_like_a_page():
    assert str(funnel(MARCH, STEPS, within_days=28, confidence=0.9)) == repr(
        funnel(MARCH, STEPS, within_days=28, confidence=0.9)
    )
    assert (
        str(funnel(MARCH, STEPS, within_days=28))
        == """\
funnel of accounts, in order, within 28 days
  step      reached  of the first step  of the step before  lost  median from the first  from before
  Visit           1
  Demo            1            100.0 %             100.0 %     0               7.0 days     7.0 days
  Proposal        1            100.0 %             100.0 %     0              28.0 days    21.0 days
  note: accounts too young to judge (entered less than 28 days before 2026-03-30 00:00:00): 3
  note: accounts that took later steps and never 'Visit': 1"""
    )
    assert (
        str(funnel(MARCH, STEPS, as_of="2026-03-07", by="tier", entry="first", order="strict"))
        == """\
funnel of accounts, in strict order, from the first entry
tier: one
  step      reached         of the first step        of the step before  lost  median from the first  from before
  Visit           2
  Demo            1  50.0 % (9.5 % to 90.5 %)  50.0 % (9.5 % to 90.5 %)     1               1.0 days     1.0 days
  Proposal        0   0.0 % (0.0 % to 65.8 %)                     0.0 %     1                   none         none
tier: two
  step      reached  of the first step  of the step before  lost  median from the first  from before
  Visit           1
  Demo            0              0.0 %               0.0 %     1                   none         none
  Proposal        0              0.0 %           undefined     0                   none         none
  note: no event of the step 'Proposal'
  note: accounts that took later steps and never 'Visit': 1
  left out: 3 events, after as_of"""
    )
    several = str(funnel(MARCH, ["Visit", "Demo"], by=["tier", "contact"], order="any")).splitlines()
    assert several[:2] == ["funnel of accounts, in any order", "tier, contact: <two>, Gus"]


def test_counts_and_shares():
    found = funnel(MARCH, STEPS)
    assert {step: reached.tolist() for step, reached in found.reached.items()} == {
        "Visit": [4], "Demo": [2], "Proposal": [1],
    }  # fmt: skip
    assert {step: lost.tolist() for step, lost in found.dropped.items()} == {"Demo": [2], "Proposal": [1]}
    shares = {
        "conversion": {"Demo": (2, 4), "Proposal": (1, 4)},
        "step_conversion": {"Demo": (2, 4), "Proposal": (1, 2)},
        "drop_off": {"Demo": (2, 4), "Proposal": (1, 2)},
        "drop_off_from_first": {"Demo": (2, 4), "Proposal": (3, 4)},
    }
    for name, expected in shares.items():
        held = getattr(found, name)
        assert list(held) == ["Demo", "Proposal"]
        for step, (part, whole) in expected.items():
            share = held[step]
            assert (share.numerator.tolist(), share.denominator.tolist()) == ([part], [whole])
            # One account is one trial: Wilson's interval, exactly.
            low, high = (float(limit) for limit in attrs.astuple(wilson(part, whole)))
            assert (float(share), share.low[0], share.high[0]) == pytest.approx((part / whole, low, high), abs=1e-12)
            assert share.method == "Wilson score, one trial for each account"
            assert (share.rows.tolist(), share.accounts.tolist()) == ([4], [whole])
            assert share.notes == found.notes == ("accounts that took later steps and never 'Visit': 1",)
    assert found.step_conversion["Proposal"].kpi == "conversion from Demo to Proposal"
    assert found.drop_off["Proposal"].kpi == "drop-off from Demo to Proposal"
    assert found.drop_off_from_first["Proposal"].kpi == "drop-off from Visit to Proposal"
    assert found.conversion["Proposal"].kpi == "conversion from Visit to Proposal"
    assert (len(found), found.labels, found.groups, found.excluded) == (1, ["all"], {}, {})
    settings = (found.unit, found.order, found.entry, found.within_days)
    assert settings == ("account", "sequential", "any", None)
    assert found.as_of == np.datetime64("2026-03-30T00:00")
    wide = funnel(MARCH, STEPS, confidence=0.99).conversion["Demo"]
    assert wide.low[0] == pytest.approx(wilson(2, 4, confidence=0.99).low)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(found, "steps", ())  # noqa: B010 - type checkers know better


def test_a_share_of_nobody_is_undefined():
    found = funnel(MARCH, ["Proposal", "Visit", "Demo"])
    assert found.reached["Visit"].tolist() == [0]
    assert math.isnan(float(found.step_conversion["Demo"]))
    assert found.step_conversion["Demo"].notes[-1] == "undefined: nobody reached Visit"
    assert float(found.conversion["Demo"]) == 0


def test_accounts_belong_to_the_group_of_their_first_step():
    found = funnel(MARCH, STEPS, by="tier")
    assert found.labels == list(found) == ["<two>", "one", "two"]
    assert {step: reached.tolist() for step, reached in found.reached.items()} == {
        "Visit": [1, 2, 1], "Demo": [0, 2, 0], "Proposal": [0, 1, 0],
    }  # fmt: skip
    assert found.entered_midway.tolist() == [0, 0, 1]
    assert found.conversion["Demo"]["one"].value.tolist() == [1]
    assert found.days["Demo"].mean.tolist() == pytest.approx([math.nan, 4, math.nan], nan_ok=True)
    one = found["one"]
    assert (one.labels, len(one), one.groups) == (["one"], 1, {"tier": ["one"]})
    assert (one.reached["Demo"].tolist(), one.dropped["Proposal"].tolist()) == ([2], [1])
    assert (one.entered_midway.tolist(), one.immature.tolist(), one.notes) == ([0], [0], ())
    assert (float(one.conversion["Proposal"]), one.days["Proposal"].median.tolist()) == (0.5, [28])
    assert one.step_days["Proposal"].third_quartile.tolist() == [21]
    assert found["two"].notes == ("accounts that took later steps and never 'Visit': 1",)
    assert refusal(found.__getitem__, "three") == "label must be one of ['<two>', 'one', 'two']; got 'three'"
    compared = change(found.conversion["Demo"], baseline="one")
    assert compared.difference.tolist()[-1] == -1


def test_of_first_steps_at_once_the_first_label_decides():
    events = JourneyEvents(
        account=["A"] * 5,
        step=["Visit", "Visit", "Visit", "Demo", "Visit"],
        at=["2026-03-02", "2026-03-01", "2026-03-01", "2026-03-01", "2026-03-01"],
    )
    labels = {"tier": ["a", "c", "b", "a", None], "region": [1, 2, 3, 1, 1]}
    assert funnel(events, ["Visit", "Demo"], by=labels).labels == [("b", 3)]
    assert funnel(events, ["Visit", "Demo"], by=dict(reversed(labels.items()))).labels == []
    assert funnel(events, ["Visit", "Demo"], by={"region": labels["region"]}).labels == [1]
    assert funnel(events, ["Demo", "Visit"], by=labels).labels == [("a", 1)]
    # An account that entered midway belongs where it took any step first.
    stranger = JourneyEvents(account="A", step=["C", "B", "x", "A"], at=["2026-03-02", "2026-03-03"] * 2)
    found = funnel(stranger.where(np.array([True, True, True, False])), ["A", "B", "C"], by=np.array([3, 1, 2]))
    assert found.labels == [3]
    assert found.entered_midway.tolist() == [1]


def test_accounts_without_a_label_are_left_out_and_counted():
    events = JourneyEvents(account=["A", "B", "B"], step=["x", "x", "y"], at="2026-03-01")
    found = funnel(events, ["x", "y"], by={"tier": [None, "one", "one"]})
    assert (found.labels, found.excluded) == (["one"], {"no tier": 1})
    assert found.reached["x"].tolist() == [1]
    assert found.days["y"].median.tolist() == [0]
    assert "left out: 1 events, no tier" in str(found)


def test_events_without_an_account_are_left_out_and_counted():
    frame = {
        "account": ["A", "A", None, "", "B", None],
        "step": ["x", "y", "x", "y", "y", "y"],
        "at": ["2026-03-01", "2026-03-02", "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-09"],
    }
    apart = funnel(JourneyEvents.from_frame(frame, missing="separate"), ["x", "y"], as_of="2026-03-02")
    assert apart.excluded == {"no account": 3, "after as_of": 1}
    assert apart.reached["y"].tolist() == [1]
    dropped = funnel(JourneyEvents.from_frame(frame, missing="drop"), ["x", "y"])
    assert dropped.excluded == {"missing account": 3}
    assert dropped.reached["x"].tolist() == [1]
    assert dropped.entered_midway.tolist() == [1]
    assert dropped.conversion["y"].excluded == dropped.excluded
    grouped = funnel(JourneyEvents.from_frame(frame, missing="separate"), ["x", "y"], by="step")
    assert (grouped.labels, grouped.excluded) == (["x", "y"], {"no account": 3})


def test_contacts_are_followed_each_for_itself():
    found = funnel(MARCH, STEPS, unit="contact")
    assert {step: reached.tolist() for step, reached in found.reached.items()} == {
        "Visit": [4], "Demo": [2], "Proposal": [0],
    }  # fmt: skip
    assert found.notes == ("contacts that took later steps and never 'Visit': 2",)
    # Contacts of one name at two accounts are two people; intervals come from leaving out accounts.
    frame = {
        "account": ["A", "A", "A", "B", "B", "C", None],
        "step": ["x", "x", "y", "x", "y", "x", "x"],
        "at": ["2026-03-01"] * 7,
    }
    people = JourneyEvents(
        account=["A", "B", "C"], step="x", at="2026-01-01", segments={"owner": ["Ann", "Bob", "Cyd"]}
    )
    events = JourneyEvents.from_frame(frame, missing="separate")
    owned = events.with_segments(people)
    by_owner = funnel(owned, ["x", "y"], unit="owner")
    assert [by_owner.reached[step].tolist() for step in "xy"] == [[3], [2]]
    assert by_owner.excluded == {"no account": 1}
    named = attrs.evolve(
        events.where(~events.account.missing()), segments={"who": ["Ann", "Bob", "Bob", "Ann", "Bob", "Ann"]}
    )
    by_name = funnel(named, ["x", "y"], unit="who")
    assert [by_name.reached[step].tolist() for step in "xy"] == [[4], [1]]
    share = by_name.conversion["y"]
    assert (float(share), share.accounts.tolist()) == (0.25, [3])
    assert share.method == "account jackknife, Wilson score"
    assert by_name.entered_midway.tolist() == [1]
    sums = CallsToAction(account=["A", "B", "C"], cta="x", shown=[2, 1, 1], converted=[1, 0, 0])
    assert share.low[0] == pytest.approx(cta_conversion_rate(sums).low[0], abs=1e-12)
    some = named.with_segments(JourneyEvents(account=["A", "B"], step="x", at="2026-01-01", segments={"owner": [1, 2]}))
    lacking = funnel(some, ["x", "y"], unit="owner")
    assert (lacking.excluded, lacking.reached["x"].tolist()) == ({"no owner": 1}, [2])
    assert funnel(some, ["x", "y"], unit="owner", as_of="2026-01-01").excluded == {"no owner": 1, "after as_of": 5}
    empty = funnel(named.where(np.zeros(6, dtype=bool)), ["x", "y"], unit="who")
    assert (empty.reached["x"].tolist(), empty.unit) == ([0], "who")


def test_quartiles_are_of_the_accounts_that_converted():
    hours = [1, 2, 4, 8, 16, 32]
    rows = [(account, "A", 0) for account in range(8)]
    rows += [(account, "B", hour * DAY // 24) for account, hour in enumerate(hours)]
    found = funnel(table(rows, half=[account < 4 for account, _, _ in rows]), ["A", "B"], by="half")
    for label, took in {True: hours[:4], False: hours[4:]}.items():
        spells = found[label].days["B"]
        quartiles = statistics.quantiles(took, n=4, method="inclusive")
        told = [spells.first_quartile, spells.median, spells.third_quartile, spells.mean]
        expected = [*quartiles, statistics.mean(took)]
        assert [24 * figure.item() for figure in told] == pytest.approx(expected)


def test_the_columns_of_a_funnel():
    held = attrs.evolve(MARCH, segments={"reached": MARCH.segments["tier"]})
    found = funnel(held, ["Visit", "Demo"], by="reached").to_dict()
    nan = math.nan
    expected = {
        "segment reached": ["<two>", "<two>", "one", "one", "two", "two"],
        "step": ["Visit", "Demo"] * 3,
        "reached": [1, 0, 2, 2, 1, 0],
        "dropped": [nan, 1, nan, 0, nan, 1],
        "conversion": [nan, 0, nan, 1, nan, 0],
        "step_conversion": [nan, 0, nan, 1, nan, 0],
        "drop_off": [nan, 1, nan, 0, nan, 1],
        "drop_off_from_first": [nan, 1, nan, 0, nan, 1],
        "days_median": [nan, nan, nan, 4, nan, nan],
        "days_first_quartile": [nan, nan, nan, 2.5, nan, nan],
        "days_third_quartile": [nan, nan, nan, 5.5, nan, nan],
        "days_mean": [nan, nan, nan, 4, nan, nan],
        "step_days_median": [nan, nan, nan, 4, nan, nan],
        "immature": [0] * 6,
        "entered_midway": [0, 0, 0, 0, 1, 1],
    }
    for name, column in expected.items():
        assert found[name] == (column if name in {"segment reached", "step"} else pytest.approx(column, nan_ok=True))
    both = wilson(2, 2)
    for name in ("conversion", "step_conversion"):
        assert found[f"{name}_low"][3] == pytest.approx(both.low)
        assert found[f"{name}_high"][3] == pytest.approx(both.high)
    assert {len(column) for column in found.values()} == {6}
    assert len(found) == 22
    two = funnel(MARCH, ["Visit", "Demo"], by=["tier", "contact"]).to_dict()
    assert (two["tier"][:2], two["contact"][:2]) == (["<two>"] * 2, ["Gus"] * 2)


def test_notebooks_get_a_table_with_labels_escaped():
    page = Fragment(funnel(MARCH, STEPS, by=["tier", "contact"], as_of="2026-03-29", within_days=9)._repr_html_())
    assert page.captions == ["funnel of accounts, in order, within 9 days"]
    assert page.heads[0][:6] == ["tier", "contact", "step", "reached", "of the first step", "of the step before"]
    assert ["<two>", "Gus", "Visit", "0", "", "", "", "", ""] in page.rows
    assert page.notes == [
        "no event of the step 'Proposal'",
        "accounts too young to judge (entered less than 9 days before 2026-03-29): 1",
        "accounts that took later steps and never 'Visit': 1",
        "left out: 1 events, after as_of",
    ]
    found = funnel(letters("AB"), ["A", "B"])
    plain = Fragment(found._repr_html_())
    assert plain.rows[1] == ["B", "1", "100.0 %", "100.0 %", "0", "1.0 minutes", "1.0 minutes"]
    assert plain.notes == []
    # Both shares are drawn on the scale from 0 to 1, of which 1 is the right end.
    assert [value for tag, name, value in plain.attributes if (tag, name) == ("circle", "cx")] == ["114.0", "114.0"]


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, "0.0 seconds"),
        (0.5, "30.0 seconds"),
        (1, "1.0 minutes"),
        (59, "59.0 minutes"),
        (60, "1.0 hours"),
        (90, "1.5 hours"),
        (1_440, "1.0 days"),
        (14_400, "10.0 days"),
    ],
)
def test_durations_are_told_in_the_unit_that_suits_them(minutes, told):
    at = np.array([0, round(minutes * 60_000_000)]).astype("datetime64[us]")
    found = funnel(JourneyEvents(account="A", step=["x", "y"], at=at), ["x", "y"])
    assert (
        str(found).splitlines()[-1]
        == f"  y           1            100.0 %             100.0 %     0  {told:>21}  {told:>11}"
    )


# --- Who can be judged ------------------------------------------------------------------------------------------------


def test_accounts_too_young_to_judge_are_set_apart():
    events = JourneyEvents(
        account=["Old", "Old", "Young", "Young", "Back", "Back", "Back"],
        step=["A", "B", "A", "B", "A", "A", "B"],
        at=["2026-03-01", "2026-03-04", "2026-03-25", "2026-03-25", "2026-03-10", "2026-03-29", "2026-03-30"],
    )
    found = funnel(events, ["A", "B"], within_days=7, as_of="2026-03-31")
    # Young has converted, and would not be counted if it had not: it waits. Back entered long ago and came again.
    assert (found.reached["A"].tolist(), found.reached["B"].tolist(), found.immature.tolist()) == ([2], [2], [1])
    assert found.days["B"].median.tolist() == [2]
    assert found.as_of == np.datetime64("2026-03-31")
    assert found.notes == ("accounts too young to judge (entered less than 7 days before 2026-03-31): 1",)
    assert found.conversion["B"].notes == found.notes
    # The day of as_of is over: who entered 7 days before it has had 7 days.
    assert funnel(events, ["A", "B"], within_days=7, as_of="2026-04-01").immature.tolist() == [0]
    assert funnel(events, ["A", "B"], within_days=7.99, as_of="2026-04-01").immature.tolist() == [0]
    assert funnel(events, ["A", "B"], within_days=8, as_of="2026-04-01").immature.tolist() == [1]
    at_noon = dt.datetime(2026, 4, 1, 0)
    assert funnel(events, ["A", "B"], within_days=7, as_of=at_noon).immature.tolist() == [0]
    assert funnel(events, ["A", "B"], within_days=7.01, as_of=at_noon).immature.tolist() == [1]
    by_account = funnel(events, ["A", "B"], within_days=7, as_of="2026-03-31", by="account")
    assert by_account.immature.tolist() == [0, 0, 1]
    assert by_account.labels == ["Back", "Old", "Young"]
    # Without as_of the data end with the last event.
    last = funnel(events, ["A", "B"], within_days=5)
    assert (last.as_of, last.immature.tolist()) == (np.datetime64("2026-03-30T00:00"), [0])
    assert funnel(events, ["A", "B"], within_days=5.01).immature.tolist() == [1]


@pytest.mark.parametrize(
    ("as_of", "left_out"),
    [
        ("2026-03-28", 1),
        ("20260328", 1),
        (dt.date(2026, 3, 28), 1),
        (np.datetime64("2026-03-28"), 1),
        (dt.date(2026, 3, 27), 2),
        ("2026-03-28T09:00", 1),
        ("2026-03-28T08", 2),
        ("20260328T08", 2),
        (np.datetime64("2026"), 0),
        (np.datetime64("2026-03"), 0),
        (np.datetime64("2026-02"), 8),
        (np.datetime64("2026-03-24", "W"), 2),  # numpy's weeks end with Wednesday, here 25 March
        (dt.datetime(2026, 3, 28, 8, 59), 2),
        (np.datetime64("2026-03-28T09:00:00"), 1),
        (np.datetime64("2026-03-28T00"), 2),
    ],
)
def test_as_of_a_day_counts_to_its_end_and_a_moment_exactly(as_of, left_out):
    found = funnel(MARCH, STEPS, as_of=as_of)
    assert found.excluded == ({"after as_of": left_out} if left_out else {})
    assert found.reached["Visit"].tolist() == [{0: 4, 1: 4, 2: 3, 8: 0}[left_out]]


def test_the_last_microsecond_of_the_day_is_the_last_that_counts():
    at = np.array(["2026-03-01", "2026-03-01T23:59:59.999999", "2026-03-02"], dtype="datetime64[us]")
    found = funnel(JourneyEvents(account="A", step=["x", "y", "z"], at=at), ["x", "y", "z"], as_of="2026-03-01")
    assert [found.reached[step].tolist() for step in "xyz"] == [[1], [1], [0]]


def test_a_history_of_dates_never_looks_ahead():
    for day in MARCH.at.astype("datetime64[D]"):
        known = MARCH.where(MARCH.at < day + 1)
        then = funnel(known, ["Visit", "Demo"], as_of=day)
        assert str(attrs.evolve(funnel(MARCH, ["Visit", "Demo"], as_of=day), excluded={})) == str(then)


# --- Nothing to see ---------------------------------------------------------------------------------------------------


def test_as_of_before_the_first_event_is_an_empty_result():
    found = funnel(MARCH, STEPS, as_of="2026-03-01", within_days=3)
    assert [found.reached[step].tolist() for step in STEPS] == [[0]] * 3
    assert all(math.isnan(float(share)) for share in found.conversion.values())
    assert found.notes == ("every event was left out; the first is of 2026-03-02 00:00:00",)
    assert found.excluded == {"after as_of": 8}
    assert found.conversion["Demo"].notes == (*found.notes, "undefined: nobody reached Visit")
    assert np.isnan(found.days["Demo"].mean).all()
    grouped = funnel(MARCH, STEPS, as_of="2026-03-01", by="tier")
    assert (len(grouped), grouped.labels, grouped.to_dict()["step"]) == (0, [], [])


@pytest.mark.parametrize("order", ["sequential", "strict", "any"])
def test_no_events_are_an_empty_result(order):
    found = funnel(JourneyEvents.empty(), ["A", "B"], order=order, within_days=2)
    assert (found.notes, found.as_of) == (("there are no events",), None)
    assert (found.reached["A"].tolist(), found.immature.tolist()) == ([0], [0])
    assert math.isnan(float(found.conversion["B"]))
    assert funnel(JourneyEvents.empty(), ["A", "B"], as_of="2026-01-01").as_of == np.datetime64("2026-01-01")


def test_a_known_step_that_nobody_takes_is_told():
    found = funnel(MARCH.where(MARCH.segments["tier"] == "one"), STEPS)
    assert [found.reached[step].tolist() for step in STEPS] == [[2], [1], [0]]
    assert found.notes == ("no event of the step 'Proposal'",)
    never = funnel(MARCH.where(MARCH.step == "Demo"), STEPS)
    assert never.notes == (
        "no event of the step 'Visit'",
        "no event of the step 'Proposal'",
        "accounts that took later steps and never 'Visit': 3",
    )
    nothing = funnel(
        JourneyEvents(account="A", step=["x", "y", "z"], at="2026-01-01").where(np.arange(3) == 2), ["x", "y"]
    )
    assert nothing.notes == ("no event of the step 'x'", "no event of the step 'y'")


@pytest.mark.parametrize(
    ("steps", "settings", "message"),
    [
        (["Visit", "Dmeo"], {}, "steps must be among those of the events, ['Visit', 'Demo', 'Proposal']; got 'Dmeo'"),
        ({"a": "Visit", "b": ["Demo", "Call"]}, {},
         "steps must be among those of the events, ['Visit', 'Demo', 'Proposal']; got 'Call'"),
        (["Visit", 1], {}, "steps must be among those of the events, ['Visit', 'Demo', 'Proposal']; got 1"),
        (["Visit"], {}, "steps must be at least two; got ['Visit']"),
        ({"a": ["Visit", "Demo"]}, {}, "steps must be at least two; got ['a']"),
        ([], {}, "steps must be at least two; got []"),
        ("Visit", {}, "steps must be a list of names, or a mapping of names to events; got 'Visit'"),
        (None, {}, "steps must be a list of names, or a mapping of names to events; got None"),
        ([["Visit"], "Demo"], {},
         "steps must be a list of names, or a mapping of names to events; got [['Visit'], 'Demo']"),
        (["Demo", "Visit", "Visit"], {}, "steps must differ from each other; got 'Visit' twice"),
        ({"a": "Visit", "b": []}, {}, "steps must each be of an event; got none for 'b'"),
        ({"a": ["Visit", "Visit"], "b": "Demo"}, {},
         "steps must be of different events, for an event fills one step; got 'Visit' in 'a' and 'a'"),
        (STEPS, {"within_days": 0}, "within_days must be a number in (0, inf); got 0"),
        (STEPS, {"within_days": -1.5}, "within_days must be a number in (0, inf); got -1.5"),
        (STEPS, {"within_days": math.nan}, "within_days must be a number in (0, inf); got nan"),
        (STEPS, {"within_days": "7"}, "within_days must be a number in (0, inf); got '7'"),
        (STEPS, {"order": "exact"}, "order must be one of ['sequential', 'strict', 'any']; got 'exact'"),
        (STEPS, {"entry": "last"}, "entry must be one of ['any', 'first']; got 'last'"),
        (STEPS, {"entry": "first", "order": "any"}, "entry must be one of ['any']; got 'first'"),
        (STEPS, {"unit": "person"}, "unit must be one of ['account', 'tier', 'contact']; got 'person'"),
        (STEPS, {"by": "region"},
         "by must name segments of the table, one of ['account', 'contact', 'step', 'tier']; got 'region'"),
        (STEPS, {"confidence": 95}, "confidence must be a number in (0, 1); got 95"),
        (STEPS, {"as_of": ["2026-01-01", "2026-01-02"]}, "as_of must be one date; got 2 values"),
        (STEPS, {"as_of": "soon"},
         "as_of must be dates (datetime64, date objects or ISO text such as 2026-03-31); got 'soon' at row 0"),
        (STEPS, {"as_of": 20_260_101}, "as_of must be dates; got 20260101 at row 0"),
        (STEPS, {"as_of": np.datetime64("NaT")}, "as_of must be dates in every row; got a missing value at row 0"),
    ],
)  # fmt: skip
def test_what_a_funnel_refuses(steps, settings, message):
    assert refusal(funnel, MARCH, steps, **settings) == message


# --- A real click stream ----------------------------------------------------------------------------------------------

SHOP = ["catalog", "product_view", "add_to_cart", "payment_details", "purchase"]


def read_shop(shared_data):
    with gzip.open(shared_data / "web" / "journey_events.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def chains_in_python(rows, within):
    """Follow every entry of every user, with the last step of the deepest."""
    users: dict[str, dict[str, list[dt.datetime]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in rows:
        users[row["user_id"]][row["event"]].append(dt.datetime.fromisoformat(row["timestamp"]))
    chains = []
    for events in users.values():
        times = [sorted(events[step]) for step in SHOP]
        found = []
        for begun in times[0]:
            chain = [begun]
            for later in times[1:]:
                place = bisect.bisect_left(later, chain[-1])
                if place == len(later) or (within and later[place] - begun > within):
                    break
                chain.append(later[place])
            found.append(chain)
        if found:
            chains.append(min(found, key=lambda chain: (-len(chain), chain)))
    return chains


def counts_in_sql(shared_data, minutes):
    duckdb = pytest.importorskip("duckdb")
    path = shared_data / "web" / "journey_events.csv.gz"
    window = f"and later.moment <= begun + interval {minutes} minute" if minutes else ""
    parts = [f"events as (select user_id as who, event, timestamp::timestamp as moment from read_csv('{path}'))"]
    parts += [f"s0 as (select who, moment as begun, moment from events where event = '{SHOP[0]}')"]
    parts += [
        f"s{place} as (select who, begun, min(later.moment) as moment from s{place - 1} as before"
        f" join events as later using (who)"
        f" where event = '{step}' and later.moment >= before.moment {window} group by who, begun)"
        for place, step in enumerate(SHOP[1:], start=1)
    ]
    told = ", ".join(f"(select count(distinct who) from s{place})" for place in range(len(SHOP)))
    return list(duckdb.connect().execute(f"with {', '.join(parts)} select {told}").fetchone())


@pytest.mark.parametrize("minutes", [None, 10, 120])
def test_five_steps_of_a_shop_equal_a_database_and_plain_python(shared_data, minutes):
    rows = read_shop(shared_data)
    frame = {name: [row[name] for row in rows] for name in rows[0]}
    events = JourneyEvents.from_frame(frame, account="user_id", step="event", at="timestamp", segments=["platform"])
    within_days = minutes and minutes / 1440
    found = funnel(events, SHOP, within_days=within_days, as_of="2099-01-01")
    within = minutes and dt.timedelta(minutes=minutes)
    chains = chains_in_python(rows, within)
    expected = [sum(len(chain) > place for chain in chains) for place in range(len(SHOP))]
    reached = [int(found.reached[step][0]) for step in SHOP]
    assert reached == expected == counts_in_sql(shared_data, minutes)
    assert expected[0] > expected[2] > expected[4] > 1
    for place, step in enumerate(SHOP[1:], start=1):
        took = [(chain[place] - chain[0]).total_seconds() / 86_400 for chain in chains if len(chain) > place]
        assert found.days[step].median.tolist() == pytest.approx([statistics.median(took)], rel=1e-12)
        assert found.days[step].mean.tolist() == pytest.approx([statistics.mean(took)], rel=1e-9)
    users = {row["user_id"] for row in rows if row["event"] in SHOP}
    assert found.entered_midway.tolist() == [len(users) - expected[0]]
    by_platform = funnel(events, SHOP, within_days=within_days, as_of="2099-01-01", by="platform")
    assert [int(by_platform.reached[step].sum()) for step in SHOP] == expected


def test_owners_of_many_accounts_are_told_apart():
    """Account 3's owner X and account 0's owner Y: numbers of pairs that a quotient would mix up."""
    account, owner = np.indices((8, 2))
    events = JourneyEvents(
        account=np.append(account, 0),
        step=["A"] * 16 + ["B"],
        at="2026-01-01",
        segments={"owner": np.array(["X", "Y"])[np.append(owner, 0)]},
    )
    assert funnel(events, ["A", "B"], unit="owner").reached["A"].tolist() == [16]


@pytest.mark.parametrize(
    ("unit", "last"), [("Y", "2026-12-31"), ("M", "2026-03-31"), ("W", "2026-03-04"), ("D", "2026-03-02")]
)
def test_as_of_a_span_counts_to_its_end(unit, last):
    as_of = np.datetime64("2026-03-02", unit)
    days = [np.datetime64(last), np.datetime64(last) + 1]
    events = JourneyEvents(account=["A", "B"], step=["x", "y"], at=[f"{day}T23:59" for day in days])
    assert funnel(events, ["x", "y"], as_of=as_of).excluded == {"after as_of": 1}
