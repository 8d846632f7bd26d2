"""Rules for machine events against plain loops, their limits, and the mails counted from events."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import datetime as dt
import math
import random

import numpy as np
import pandas as pd
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError, _checks, _reading
from tests.fragment import Fragment

START = dt.datetime(2026, 3, 2, 9)
HIDDEN = "/hidden"


def refusal(build, *args, **options):
    with pytest.raises(MetricInputError) as refused:
        build(*args, **options)
    return str(refused.value)


def labels(values):
    """Labels of which some are missing, as from_frame or with_segments leave them."""
    return _checks.as_optional_labels("labels", _reading.read_column("labels", values))


def one_mail(*steps, **columns):
    """Events of one mail: so many seconds after the start, of which kind, and of which link."""
    at = [START + dt.timedelta(seconds=seconds) for seconds, *_ in steps]
    link = [step[2] if len(step) > 2 else None for step in steps]
    given = {"account": "A", "message": "m", "recipient": "r", "link": link, **columns}
    return abm.EmailEvents(kind=[kind for _, kind, *_ in steps], at=at, **given)


def flagged(events, *rules):
    return abm.flag_machine_events(events, rules=rules).flagged.tolist()


class TestBursts:
    @pytest.mark.parametrize(
        ("times", "window", "expected"),
        [
            ([0, 1, 2], 2, True),
            ([0, 1, 2.000001], 2, False),
            ([0, 0, 0], 0, True),
            ([0, 0, 0.000001], 0, False),
        ],
    )
    def test_the_last_moment_of_the_window_is_in_it(self, times, window, expected):
        events = one_mail(*((second, "click", name) for second, name in zip(times, "abc", strict=True)))
        assert flagged(events, abm.BurstClicks(seconds=window)) == [expected] * 3

    def test_so_many_different_links_make_a_burst(self):
        events = one_mail((0, "click", "a"), (1, "click", "b"), (1, "click", "a"), (1, "click", "b"))
        assert flagged(events, abm.BurstClicks(links=2)) == [True] * 4
        assert flagged(events, abm.BurstClicks(links=3)) == [False] * 4
        # Not one link three times, nor without a link, nor opens.
        assert flagged(one_mail(*[(0, "click", "a")] * 3), abm.BurstClicks()) == [False] * 3
        assert flagged(one_mail(*[(0, "click", None)] * 3), abm.BurstClicks(links=2)) == [False] * 3
        mixed = one_mail((0, "click", "a"), (0, "open", "b"), (0, "click", "c"), (0, "delivered", "d"))
        assert flagged(mixed, abm.BurstClicks(links=2)) == [True, False, True, False]

    def test_every_click_of_a_burst_is_flagged_and_none_beside_it(self):
        steps = [(0, "click", "a"), (1, "click", "a"), (2, "click", "b"), (4, "click", "b"), (5, "click", "b")]
        assert flagged(one_mail(*steps), abm.BurstClicks(links=2, seconds=2)) == [True] * 3 + [False] * 2

    def test_a_burst_is_within_one_mail(self):
        steps = [(0, "click", "a"), (0, "click", "b")]
        for apart in ("message", "recipient"):
            assert flagged(one_mail(*steps, **{apart: ["x", "y"]}), abm.BurstClicks(links=2)) == [False, False]

    def test_many_clicks_of_one_link_are_counted_once(self):
        """However many there are, they are looked at until the links are enough or the window ends."""
        steps = [(0, "click", "a")] * 200 + [(1, "click", "b"), (2, "click", "c"), (4.5, "click", "d")]
        assert flagged(one_mail(*steps), abm.BurstClicks()) == [True] * 202 + [False]


class TestHoneypots:
    def test_what_the_recipient_did_around_a_hit_is_flagged(self):
        steps = [
            (-10.000001, "open"),
            (-10, "open"),
            (-1, "click", "/demo"),
            (0, "click", HIDDEN),
            (1, "delivered"),
            (10, "click", "/demo"),
            (10.000001, "click", "/demo"),
        ]
        found = flagged(one_mail(*steps), abm.HoneypotHits(link=HIDDEN))
        assert found == [False, True, True, True, False, True, False]
        only = flagged(one_mail(*steps), abm.HoneypotHits(link=HIDDEN, seconds=0))
        assert only == [False] * 3 + [True] + [False] * 3

    def test_other_mails_of_the_recipient_are_flagged_and_other_recipients_not(self):
        steps = [(0, "click", HIDDEN), (1, "open"), (2, "click", "/demo")]
        events = one_mail(*steps, recipient=["r", "r", "s"], message=["m", "n", "m"])
        assert flagged(events, abm.HoneypotHits(link=HIDDEN)) == [True, True, False]

    def test_only_clicks_are_hits(self):
        assert flagged(one_mail((0, "open", HIDDEN), (0, "click", "a")), abm.HoneypotHits(link=HIDDEN)) == [False] * 2
        assert flagged(one_mail((0, "click", 7), (1, "click", 8)), abm.HoneypotHits(link=7)) == [True] * 2


class TestDelivery:
    def test_up_to_a_few_seconds_after_delivery_and_before_it(self):
        steps = [(0, "delivered"), (-60, "click", "a"), (2, "open"), (2.000001, "click", "a"), (60, "open")]
        assert flagged(one_mail(*steps), abm.SoonAfterDelivery()) == [False, True, True, False, False]
        assert flagged(one_mail(*steps), abm.SoonAfterDelivery(seconds=60)) == [False, True, True, True, True]
        assert flagged(one_mail((0, "delivered"), (0, "open")), abm.SoonAfterDelivery(seconds=0)) == [False, True]

    def test_the_first_delivery_counts(self):
        steps = [(100, "delivered"), (0, "delivered"), (1, "open"), (101, "open")]
        assert flagged(one_mail(*steps), abm.SoonAfterDelivery()) == [False, False, True, False]

    def test_mails_without_a_delivery_are_not_judged_and_it_says_so(self):
        steps = [(0, "delivered"), (0, "open"), (0, "open"), (0, "click", "a"), (0, "delivered")]
        events = one_mail(*steps, recipient=["r", "r", "s", "s", "t"])
        found = abm.flag_machine_events(events, rules=[abm.SoonAfterDelivery()])
        assert found.flagged.tolist() == [False, True, False, False, False]
        assert found.notes == ("2 opens and clicks are of mails without a delivery, and not judged by it",)
        assert abm.flag_machine_events(events, rules=[abm.BurstClicks()]).notes == ()


class TestResults:
    def found(self):
        steps = [
            (0, "delivered"),
            (1, "click", "a"),
            (1, "click", "<b>"),
            (9, "click", "<b>"),
            (60, "open"),
        ]
        return abm.flag_machine_events(
            one_mail(*steps),
            rules=[abm.BurstClicks(links=2), abm.HoneypotHits(link="<b>", seconds=0), abm.SoonAfterDelivery()],
        )

    def test_every_reason_is_told_and_nothing_is_removed(self):
        found = self.found()
        burst, hit, soon = "2 links within 2 s", "within 0 s of the honeypot <b>", "within 2 s of delivery"
        assert found.flagged.tolist() == [False, True, True, True, False]
        assert found.counts == {burst: 2, hit: 3, soon: 2}
        assert found.to_dict() == {
            "flagged": [False, True, True, True, False],
            "reason": [None, f"{burst}; {hit}; {soon}", f"{burst}; {hit}; {soon}", hit, None],
        }
        assert (len(found), found.judged, found.notes) == (5, 4, ())
        assert pd.DataFrame(found.to_dict())["flagged"].sum() == 3

    def test_it_reads_as_a_sentence(self):
        assert (
            str(self.found())
            == repr(self.found())
            == (
                "3 of 4 opens and clicks flagged as a machine's\n"
                "  2 links within 2 s: 2\n"
                "  within 0 s of the honeypot <b>: 3\n"
                "  within 2 s of delivery: 2"
            )
        )
        page = Fragment(self.found()._repr_html_())
        assert page.captions == ["3 of 4 opens and clicks flagged as a machine's"]
        assert page.rows[1] == ["within 0 s of the honeypot <b>", "3"]
        lonely = abm.flag_machine_events(one_mail((0, "open")), rules=[abm.SoonAfterDelivery(seconds=1.5)])
        assert str(lonely).splitlines()[1:] == [
            "  within 1.5 s of delivery: 0",
            "  note: 1 opens and clicks are of mails without a delivery, and not judged by it",
        ]

    def test_the_ordinary_rules_are_bursts_and_what_comes_soon_after_delivery(self):
        found = abm.flag_machine_events(one_mail((0, "delivered")))
        assert found.counts == {"3 links within 2 s": 0, "within 2 s of delivery": 0}
        assert abm.HoneypotHits(link="x").seconds == 10.0

    def test_no_events_no_flags(self):
        none = abm.EmailEvents.empty()
        rules = [abm.BurstClicks(), abm.HoneypotHits(link="x"), abm.SoonAfterDelivery()]
        assert abm.flag_machine_events(none, rules=rules).to_dict() == {"flagged": [], "reason": []}
        assert len(abm.count_emails(none)) == 0


class TestRefusals:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: abm.BurstClicks(links=1), "links must be a whole number >= 2; got 1"),
            (lambda: abm.BurstClicks(links=2.5), "links must be a whole number >= 2; got 2.5"),
            (lambda: abm.BurstClicks(seconds=-1), "seconds must be a number in [0, 86400]; got -1"),
            (lambda: abm.HoneypotHits(link="x", seconds=-0.1), "seconds must be a number in [0, 86400]; got -0.1"),
            (lambda: abm.HoneypotHits(link=""), "link must be the label of a link; got ''"),
            (lambda: abm.HoneypotHits(link=None), "link must be the label of a link; got None"),
            (lambda: abm.SoonAfterDelivery(seconds=86_401), "seconds must be a number in [0, 86400]; got 86401"),
            (lambda: abm.SoonAfterDelivery(seconds=math.nan), "seconds must be a number in [0, 86400]; got nan"),
        ],
    )
    def test_settings(self, make, message):
        assert refusal(make) == message

    def test_settings_at_their_limits_are_taken(self):
        assert abm.BurstClicks(links=2, seconds=86_400).seconds == 86_400
        assert abm.HoneypotHits(link=0, seconds=0).link == 0

    def test_rules(self):
        events = one_mail((0, "open"))
        kinds = "rules must be a list of some of BurstClicks, HoneypotHits and SoonAfterDelivery; got "
        for wrong in ([], "burst", ["burst"], [abm.BurstClicks(), "burst"], [abm.BurstClicks]):
            assert refusal(abm.flag_machine_events, events, rules=wrong) == f"{kinds}{wrong!r}"
        assert refusal(abm.flag_machine_events, events, rules=abm.BurstClicks()).startswith(kinds)

    @pytest.mark.parametrize("rule", [abm.BurstClicks(), abm.HoneypotHits(link="x")], ids=lambda rule: rule.reason)
    def test_rules_about_links_need_links(self, rule):
        told = refusal(abm.flag_machine_events, one_mail((0, "click"), link=None), rules=[rule])
        held = ["account", "message", "recipient", "kind", "at"]
        assert told == f"EmailEvents must have the column link for this KPI; got {held}"

    def test_events(self):
        told = refusal(one_mail, (0, "send"))
        assert told == "kind must be one of ['delivered', 'open', 'click']; got 'send' at row 0"
        told = refusal(one_mail, (0, "open"), (1, "open"), recipient=["r", None])
        assert told == "recipient must be text or whole numbers in every row; got a missing value at row 1"
        events = one_mail((0, "open"), (1, "click", "a"))
        assert repr(events) == "EmailEvents(2 rows, 1 account; message, recipient, kind, at, link)"
        assert events.link.to_list() == [None, "a"]
        assert refusal(events.rollup) == "rollup must be of a table whose rows can be summed; got EmailEvents"

    def test_links_may_be_missing_wherever_events_are_read(self):
        rows = {
            "account": ["A", None], "message": ["m"] * 2, "recipient": ["r"] * 2, "kind": ["open"] * 2,
            "at": ["2026-03-02"] * 2, "link": [None, None],
        }  # fmt: skip
        events = abm.EmailEvents.from_frame(rows, missing="drop")
        assert (len(events), dict(events.excluded), events.link.to_list()) == (1, {"missing account": 1}, [None])
        assert abm.concat([events, events]).link.to_list() == [None, None]


class TestCounting:
    def test_a_mail_is_a_row_however_often_it_was_opened(self):
        steps = [(0, "delivered"), (5, "open"), (6, "open"), (7, "click", "a"), (8, "click", "b"), (0, "delivered")]
        found = abm.count_emails(one_mail(*steps, recipient=["r"] * 5 + ["s"]))
        assert repr(found) == "Emails(2 rows, 1 account; delivered, opened, clicked, opened_or_clicked)"
        assert found.delivered.tolist() == [True, True]
        assert found.opened.tolist() == found.clicked.tolist() == found.opened_or_clicked.tolist() == [True, False]
        assert float(abm.open_rate(found)) == 0.5
        assert dict(found.excluded) == {}

    def test_what_is_flagged_makes_no_click_and_an_open_of_a_machine(self):
        steps = [
            *[(0, "delivered"), (1, "open"), (90, "open"), (1, "click", "a"), (99, "click", "a")],
            *[(0, "delivered"), (1, "open"), (1, "click", "a")],
            *[(0, "delivered"), (90, "click", "a")],
        ]
        events = one_mail(*steps, recipient=["r"] * 5 + ["s"] * 3 + ["t"] * 2)
        found = abm.count_emails(events, machine=abm.flag_machine_events(events))
        assert found.opened.tolist() == [True, True, False]
        assert found.machine_opened.tolist() == [False, True, False]
        assert found.clicked.tolist() == [True, False, True]
        assert found.opened_or_clicked.tolist() == [True, True, True]
        assert dict(found.excluded) == {"click of a machine": 2}
        assert float(abm.open_rate(found, machine_opens="exclude")) == 1 / 3
        assert float(abm.open_rate(found, click_implies_open=True)) == 1

    def test_mails_without_a_delivery_are_left_out_and_counted(self):
        steps = [(0, "open"), (1, "click", "a"), (0, "delivered")]
        events = one_mail(*steps, recipient=["r", "r", "s"])
        everything = abm.flag_machine_events(events, rules=[abm.HoneypotHits(link="a")])
        for machine in (None, everything):
            found = abm.count_emails(events, machine=machine)
            assert (len(found), dict(found.excluded)) == (1, {"mail without a delivery": 2})

    def test_accounts_and_segments_are_those_of_the_mail(self):
        steps = [(0, "delivered"), (5, "open"), (0, "delivered"), (0, "open")]
        columns = {"recipient": ["r", "r", "s", "u"], "account": labels(["A", None, None, "C"])}
        events = one_mail(*steps, **columns, segments={"tier": ["x", "x", "y", "z"], "day": [1, 2, 3, 4]})
        found = abm.count_emails(events)
        assert found.account.to_list() == ["A", None]
        assert found.segments["tier"].to_list() == ["x", "y"]
        assert found.segments["day"].to_list() == [None, 3]

    def test_a_mail_to_two_accounts_and_flags_of_other_events_are_refused(self):
        events = one_mail((0, "delivered"), (5, "open"), account=["A", "B"])
        told = refusal(abm.count_emails, events)
        assert told == "account must be the same in all events of a mail; got 'A' and 'B' at row 1"
        others = abm.flag_machine_events(one_mail((0, "delivered")))
        told = refusal(abm.count_emails, events, machine=others)
        assert told == "machine must be flags of these 2 events; got flags of 1"


# --- against plain loops


def drawn(seed):
    generator = random.Random(seed)
    rows = [
        {
            "message": generator.choice("mn"),
            "recipient": generator.choice("rs"),
            "kind": generator.choice(["delivered", "open", "click", "click", "click"]),
            "at": START + dt.timedelta(seconds=generator.randrange(0, 40) / 2),
            "link": generator.choice(["a", "b", "c", HIDDEN, None]),
        }
        for _ in range(generator.randrange(30))
    ]
    return generator, rows


def events_of(rows):
    columns = {name: [row[name] for row in rows] for name in ("message", "recipient", "kind", "at", "link")}
    return abm.EmailEvents(account="A", **columns) if rows else abm.EmailEvents.empty()


def burst(rows, links, seconds):
    clicks = [row for row in rows if row["kind"] == "click" and row["link"] is not None]
    found = []
    for first in clicks:
        end = first["at"] + dt.timedelta(seconds=seconds)
        mail = (first["message"], first["recipient"])
        window = [
            row for row in clicks if (row["message"], row["recipient"]) == mail and first["at"] <= row["at"] <= end
        ]
        if len({row["link"] for row in window}) >= links:
            found += window
    return [any(row is other for other in found) for row in rows]


def honeypot(rows, seconds):
    hits = [row for row in rows if row["kind"] == "click" and row["link"] == HIDDEN]
    return [
        row["kind"] != "delivered"
        and any(
            row["recipient"] == hit["recipient"] and abs((row["at"] - hit["at"]).total_seconds()) <= seconds
            for hit in hits
        )
        for row in rows
    ]


def soon(rows, seconds):
    def since(row):
        mail = (row["message"], row["recipient"])
        deliveries = [
            other["at"]
            for other in rows
            if other["kind"] == "delivered" and (other["message"], other["recipient"]) == mail
        ]
        return (row["at"] - min(deliveries)).total_seconds() if deliveries else math.inf

    return [row["kind"] != "delivered" and since(row) <= seconds for row in rows]


@pytest.mark.parametrize("seed", range(150))
def test_rules_hold_where_plain_loops_say_so(seed):
    generator, rows = drawn(seed)
    links, seconds = generator.choice([2, 3, 4]), [generator.choice([0, 0.5, 1, 3, 10]) for _ in range(3)]
    events = events_of(rows)
    rules = [
        abm.BurstClicks(links=links, seconds=seconds[0]),
        abm.HoneypotHits(link=HIDDEN, seconds=seconds[1]),
        abm.SoonAfterDelivery(seconds=seconds[2]),
    ]
    expected = [burst(rows, links, seconds[0]), honeypot(rows, seconds[1]), soon(rows, seconds[2])]
    found = abm.flag_machine_events(events, rules=rules)
    assert [held.tolist() for held in found.reasons.values()] == expected
    assert found.flagged.tolist() == [any(held) for held in zip(*expected, strict=True)]
    order = np.array(generator.sample(range(len(rows)), len(rows)), dtype=int)
    shuffled = abm.flag_machine_events(events_of([rows[place] for place in order]), rules=rules)
    assert shuffled.flagged.tolist() == found.flagged[order].tolist()


@pytest.mark.parametrize("seed", range(60))
def test_mails_are_what_plain_loops_count(seed):
    _, rows = drawn(seed)
    events = events_of(rows)
    flags = abm.flag_machine_events(events)
    mails = {}
    for row, machine in zip(rows, flags.flagged.tolist(), strict=True):
        mails.setdefault((row["message"], row["recipient"]), []).append((row["kind"], machine))
    expected = sorted(
        (
            ("open", False) in held or ("open", True) in held,
            ("click", False) in held,
            ("open", True) in held and ("open", False) not in held,
            ("open", False) in held or ("open", True) in held or ("click", False) in held,
        )
        for held in mails.values()
        if ("delivered", False) in held
    )
    found = abm.count_emails(events, machine=flags)
    columns = [found.opened, found.clicked, found.machine_opened, found.opened_or_clicked]
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == expected
    assert found.delivered.tolist() == [True] * len(expected)
    # Without flags nothing is known of machines.
    assert abm.count_emails(events).machine_opened is None
