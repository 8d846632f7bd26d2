"""Visits against hand counts; sessions against Snowplow's published figures and against plain loops."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import csv
import datetime as dt
import itertools
import math
import random
import re

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError, _checks, _reading

VISITS = abm.WebVisits(
    account=["A", "A", "B", "C"],
    visits=[2, 1, 1, 0],
    seconds=[200, 70, 30, 0],
    page_views=[5, 2, 1, 0],
    segments={"month": ["1", "2", "1", "1"]},
)


def refusal(build, *args, **options):
    with pytest.raises(MetricInputError) as refused:
        build(*args, **options)
    return str(refused.value)


class TestVisits:
    def test_time_is_by_the_account_that_came_or_by_the_visit(self):
        time = abm.time_on_site_seconds(VISITS)
        assert (float(time), time.unit, time.kpi) == (150.0, "seconds", "time_on_site_seconds")
        assert (time.numerator.tolist(), time.denominator.tolist(), time.notes) == ([300], [2], ())
        time = abm.time_on_site_seconds(VISITS, per="visit")
        assert (float(time), time.unit) == (75.0, "seconds")
        assert (time.numerator.tolist(), time.denominator.tolist()) == ([300], [4])
        assert time.notes == ("variant: by the visit",)

    def test_an_account_counts_in_every_group_in_which_it_came(self):
        time = abm.time_on_site_seconds(VISITS, by="month")
        assert (time.labels, time.value.tolist(), time.denominator.tolist()) == (["1", "2"], [115, 70], [2, 1])

    def test_time_without_a_visit_is_of_an_account_that_came(self):
        """A visit is counted in one month and goes on in the next."""
        time = abm.time_on_site_seconds(abm.WebVisits(account=["A", "B"], visits=[0, 1], seconds=[60, 30]))
        assert (float(time), time.denominator.tolist()) == (45.0, [2])
        # Nor does a visit of no time, or the rest of one, count less.
        time = abm.time_on_site_seconds(
            abm.WebVisits(account=["A", "B", "C"], visits=[0, 1, 1], seconds=[0.5, 0, 29.5])
        )
        assert (float(time), time.denominator.tolist()) == (10.0, [3])

    def test_visits_of_no_account_count_by_the_visit_only(self):
        accounts = labels(["A", None, "B", None])
        visits = abm.WebVisits(account=accounts, visits=1, seconds=[10, 500, 30, 60])
        by_account, by_visit = (abm.time_on_site_seconds(visits, per=per) for per in ("account", "visit"))
        assert (float(by_account), dict(by_account.excluded)) == (20.0, {"no account": 2})
        assert (by_account.accounts.tolist(), by_account.rows.tolist()) == ([2], [2])
        assert (float(by_visit), dict(by_visit.excluded)) == (150.0, {})
        assert abm.time_on_site_seconds(visits, by=["x", "y", "x", "y"]).labels == ["x"]

    def test_pages_of_a_visit(self):
        pages = abm.pages_per_visit_ratio(VISITS)
        assert (float(pages), pages.unit, pages.kpi, pages.notes) == (2.0, "ratio", "pages_per_visit_ratio", ())
        assert (pages.numerator.tolist(), pages.denominator.tolist()) == ([8], [4])
        assert abm.pages_per_visit_ratio(VISITS, by="month").value.tolist() == [2.0, 2.0]

    def test_confidence_reaches_every_figure(self):
        for kpi in (abm.time_on_site_seconds, abm.pages_per_visit_ratio):
            narrow, wide = kpi(VISITS, confidence=0.5), kpi(VISITS, confidence=0.99)
            assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
            assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]

    def test_figures_of_nobody_are_undefined_and_say_so(self):
        nobody = abm.WebVisits(account=["A", "B"], visits=0, seconds=0, page_views=0)
        for found, reason in (
            (abm.time_on_site_seconds(nobody), "no account came"),
            (abm.time_on_site_seconds(nobody, per="visit"), "visits is 0"),
            (abm.pages_per_visit_ratio(nobody), "visits is 0"),
        ):
            assert math.isnan(float(found))
            assert f"undefined: {reason}" in found.notes

    def test_what_is_missing_or_unknown_is_named(self):
        bare = abm.WebVisits(account=["A"], visits=1)
        told = "WebVisits must have the column {} for this KPI; got ['account', 'visits']"
        assert refusal(abm.time_on_site_seconds, bare) == told.format("seconds")
        assert refusal(abm.pages_per_visit_ratio, bare) == told.format("page_views")
        expected = "per must be one of ['account', 'visit']; got 'session'"
        assert refusal(abm.time_on_site_seconds, VISITS, per="session") == expected
        expected = "seconds must be finite numbers >= 0; got -1.0 at row 0"
        assert refusal(abm.WebVisits, account=["A"], visits=1, seconds=[-1.0]) == expected

    def test_time_by_the_visit_is_not_compared_with_time_by_the_account(self):
        one, other = abm.time_on_site_seconds(VISITS, per="visit"), abm.time_on_site_seconds(VISITS)
        assert refusal(abm.change, one, baseline=other) == (
            "baseline must be of the same variant, ['variant: by the visit']; got []"
        )


# --- Snowplow's published figures

KIND = {"page_view": "view", "page_ping": "ping"}
CONTEXT = "contexts_com_snowplowanalytics_snowplow_web_page_1_0_0"
THREE_DAYS = np.timedelta64(3, "D")


def moment(row, name):
    return np.datetime64(row[name], "us")


@pytest.fixture(scope="module")
def snowplow(shared_data):
    """Their events after their rules for late events, and the sessions and page views that they expect."""

    def read(name):
        with (shared_data / "web" / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    events = [row for row in read("events_subset_columns.csv") if row["domain_sessionid"]]
    # Not what arrived more than three days after it happened, nor what came more than three days after its session began.
    events = [
        row for row in events if moment(row, "collector_tstamp") - moment(row, "dvce_created_tstamp") <= THREE_DAYS
    ]
    first = {}
    for row in events:
        arrived = moment(row, "collector_tstamp")
        first[row["domain_sessionid"]] = min(first.get(row["domain_sessionid"], arrived), arrived)
    events = [row for row in events if moment(row, "collector_tstamp") - first[row["domain_sessionid"]] <= THREE_DAYS]
    for row in events:
        found = re.search(r'"id": *"([^"]+)"', row[CONTEXT])
        row["page_view"] = found and found[1]
    return events, read("sessions_expected.csv"), read("page_views_expected.csv")


def seconds_between(started, ended):
    """Whole seconds as their warehouse counts them: by the clock's full seconds."""
    return (ended.astype("M8[s]") - started.astype("M8[s]")).astype(int).tolist()


def test_sessions_are_those_that_snowplow_expects(snowplow):
    rows, expected, _ = snowplow
    events = abm.PageEvents(
        session=[row["domain_sessionid"] for row in rows],
        page_view=[row["page_view"] for row in rows],
        event=[row["event_id"] for row in rows],
        kind=[KIND.get(row["event"], "other") for row in rows],
        at=[row["derived_tstamp"] for row in rows],
    )
    found = abm.web_sessions(events)
    figures = zip(
        found.session,
        found.started.tolist(),
        found.ended.tolist(),
        found.page_views.tolist(),
        found.seconds.tolist(),
        found.events.tolist(),
        seconds_between(found.started, found.ended),
        strict=True,
    )
    published = [
        (
            row["domain_sessionid"],
            dt.datetime.fromisoformat(row["start_tstamp"]),
            dt.datetime.fromisoformat(row["end_tstamp"]),
            int(row["page_views"]),
            float(row["engaged_time_in_s"]),
            int(row["total_events"]),
            int(row["absolute_time_in_s"]),
        )
        for row in expected
    ]
    assert len(published) == 18
    assert sorted(figures) == sorted(published)
    assert dict(found.excluded) == {"the same event again": 3, "no page view": 1, "session without a page view": 66}
    visits = abm.engaged_seconds(events)
    assert float(abm.time_on_site_seconds(visits, per="visit")) == 60 / 18
    assert float(abm.pages_per_visit_ratio(visits)) == sum(row[3] for row in published) / 18


def test_page_views_are_those_that_snowplow_expects(snowplow):
    rows, _, expected = snowplow
    pages = [row for row in rows if row["event"] in KIND and row["page_view"]]
    ids = [f"{row['domain_sessionid']} {row['page_view']}" for row in pages]
    # A ping whose view is in another session is no page view, only part of a session; a view sent twice is the first.
    first = {}
    for name, row in zip(ids, pages, strict=True):
        if row["event"] == "page_view":
            first[name] = min(first.get(name, row["derived_tstamp"]), row["derived_tstamp"])
    pages = [
        (name, row)
        for name, row in zip(ids, pages, strict=True)
        if name in first and (row["event"] == "page_ping" or row["derived_tstamp"] == first[name])
    ]
    found = abm.web_sessions(
        abm.PageEvents(
            session=[name for name, _ in pages],
            page_view=[row["page_view"] for _, row in pages],
            event=[row["event_id"] for _, row in pages],
            kind=[KIND[row["event"]] for _, row in pages],
            at=[row["derived_tstamp"] for _, row in pages],
        )
    )
    figures = zip(
        (name.split()[1] for name in found.session),
        found.started.tolist(),
        found.ended.tolist(),
        found.seconds.tolist(),
        seconds_between(found.started, found.ended),
        strict=True,
    )
    published = [
        (
            row["page_view_id"],
            dt.datetime.fromisoformat(row["start_tstamp"]),
            dt.datetime.fromisoformat(row["end_tstamp"]),
            float(row["engaged_time_in_s"]),
            int(row["absolute_time_in_s"]),
        )
        for row in expected
    ]
    assert len(published) == 43
    assert sorted(figures) == sorted(published)


# --- sessions found, against plain loops


def labels(values):
    """Labels of which some are missing, as from_frame or with_segments leave them."""
    return _checks.as_optional_labels("labels", _reading.read_column("labels", values))


START = dt.datetime(2026, 3, 2, 23, 50)


def drawn(generator, *, given):
    """Some events of few visitors, close together, with copies, gaps in what is known and equal times."""
    rows = [
        {
            "who": generator.choice("uvw"),
            "kind": generator.choice(["view", "view", "ping", "ping", "ping", "other"]),
            "page_view": generator.choice(["p", "q", "r", None]),
            "at": START + dt.timedelta(seconds=generator.randrange(0, 12_000, generator.choice([1, 5, 900]))),
            "event": generator.randrange(30),
            "tier": generator.choice(["x", "x", "x", "y", None]),
            "known": generator.random() < 0.5,
        }
        for _ in range(generator.randrange(25))
    ]
    rows += [dict(row) for row in rows if generator.random() < 0.2]
    generator.shuffle(rows)
    columns = {name: [row[name] for row in rows] for name in ("kind", "page_view", "at")}
    columns["session" if given else "visitor"] = [row["who"] for row in rows]
    columns["account"] = [{"u": "A", "v": "B", "w": "B"}[row["who"]] if row["known"] else None for row in rows]
    return rows, columns


def by_loops(rows, *, given, by_event, paged, silence, figure):
    """Sessions as (who, start, end, events, page views, seconds, account, tier), one event after the other."""
    seen, kept, excluded = set(), [], {}

    def lose(reason, count=1):
        excluded[reason] = excluded.get(reason, 0) + count

    for row in sorted(rows, key=lambda row: row["at"]):
        page = row["page_view"] if paged else None
        key = (row["who"], row["event"]) if by_event else (row["who"], row["kind"], row["at"], page)
        if key in seen:
            lose("the same event again")
        elif paged and row["kind"] != "other" and page is None:
            lose("no page view")
        else:
            kept.append(row)
        seen.add(key)
    sessions = []
    for who in sorted({row["who"] for row in kept}):
        before = None
        for row in (row for row in kept if row["who"] == who):
            if before is None or (not given and (row["at"] - before).total_seconds() > silence * 60):
                sessions.append([])
            sessions[-1].append(row)
            before = row["at"]
    found = []
    for events in sessions:
        pages = [row for row in events if row["kind"] != "other"]
        if not pages:
            lose("session without a page view", len(events))
            continue
        times = [row["at"] for row in events]
        seconds, ahead = figure(events)
        views = {row["page_view"] for row in pages} if paged else [row for row in pages if row["kind"] == "view"]
        tiers = {row["tier"] for row in events} - {None}
        account = {"u": "A", "v": "B", "w": "B"}[events[0]["who"]] if any(row["known"] for row in events) else None
        tier = tiers.pop() if len(tiers) == 1 else None
        begin = times[0] - dt.timedelta(seconds=ahead)
        found.append((events[0]["who"], begin, times[-1], len(events), len(views), seconds, account, tier))
    return found, excluded


def beats(every, minimum):
    def figure(events):
        total = 0.0
        pings = [row for row in events if row["kind"] == "ping"]
        for page in {row["page_view"] for row in pings}:
            marks = {
                int(row["at"].replace(tzinfo=dt.UTC).timestamp() // every) for row in pings if row["page_view"] == page
            }
            total += every * (len(marks) - 1) + minimum
        at = {
            kind: min((row["at"] for row in events if row["kind"] == kind), default=None) for kind in ("view", "ping")
        }
        by_ping = at["ping"] is not None and (at["view"] is None or at["ping"] < at["view"])
        return total, minimum if by_ping else 0

    return figure


def gaps(cap, last):
    def figure(events):
        times = [row["at"] for row in events]
        between = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
        return sum(min(gap, cap) for gap in between) + last, 0

    return figure


METHODS = [
    ("heartbeat", beats(10, 5), True),
    (abm.Heartbeat(every_seconds=60, minimum_seconds=7.5), beats(60, 7.5), True),
    ("gap", gaps(1800, 0), True),
    (abm.HitGaps(cap_seconds=600, last_page_seconds=20), gaps(600, 20), True),
    (abm.HitGaps(cap_seconds=math.inf), gaps(math.inf, 0), False),
]


@pytest.mark.parametrize("seed", range(150))
def test_sessions_are_what_plain_loops_find(seed):
    generator = random.Random(seed)
    given, by_event = generator.random() < 0.3, generator.random() < 0.3
    method, figure, paged = generator.choice(METHODS)
    silence = None if given else generator.choice([None, 5, 15, 30, 0.5])
    rows, columns = drawn(generator, given=given)
    if by_event:
        columns["event"] = [row["event"] for row in rows]
    if not paged:
        del columns["page_view"]
    columns["account"] = labels(columns["account"])
    events = abm.PageEvents(**columns, segments={"tier": labels([row["tier"] for row in rows])})
    found = abm.web_sessions(events, method=method, silence_minutes=silence)
    who = found.session if given else found.visitor
    figures = zip(
        who,
        found.started.tolist(),
        found.ended.tolist(),
        found.events.tolist(),
        found.page_views.tolist(),
        found.seconds.tolist(),
        found.account,
        found.segments["tier"],
        strict=True,
    )
    expected, excluded = by_loops(
        rows, given=given, by_event=by_event, paged=paged, silence=30 if silence is None else silence, figure=figure
    )
    assert sorted(figures, key=repr) == sorted(expected, key=repr)
    assert dict(found.excluded) == excluded
    visits = abm.engaged_seconds(events, method=method, silence_minutes=silence)
    assert visits.visits.tolist() == [1] * len(found)
    assert (visits.seconds.tolist(), visits.page_views.tolist()) == (found.seconds.tolist(), found.page_views.tolist())
    assert visits.account.to_list() == found.account.to_list()
    assert visits.segments["tier"].to_list() == found.segments["tier"].to_list()
    assert dict(visits.excluded) == excluded


def events_of(*steps, **columns):
    """Events of one visitor: so many seconds after the start, and of which kind."""
    base = np.datetime64("2026-03-02T09:00:00", "us")
    given = {"account": "A", "visitor": "v", "page_view": "p", **columns}
    at = [base + np.timedelta64(round(seconds * 1e6), "us") for seconds, _ in steps]
    return abm.PageEvents(kind=[kind for _, kind in steps], at=at, **given)


class TestSessions:
    def test_thirty_minutes_of_silence_belong_to_a_session_and_no_microsecond_more(self):
        assert len(abm.web_sessions(events_of((0, "view"), (1800, "view")))) == 1
        assert len(abm.web_sessions(events_of((0, "view"), (1800.000001, "view")))) == 2
        assert len(abm.web_sessions(events_of((0, "view"), (60, "view")), silence_minutes=1)) == 1
        assert len(abm.web_sessions(events_of((0, "view"), (60.000001, "view")), silence_minutes=1)) == 2

    def test_other_signs_of_life_keep_a_session_alive(self):
        found = abm.web_sessions(events_of((0, "view"), (1500, "other"), (3000, "ping")))
        assert (len(found), found.events.tolist(), found.page_views.tolist()) == (1, [3], [1])

    def test_the_defaults_are_those_of_snowplow_and_of_half_an_hour(self):
        assert (abm.Heartbeat().every_seconds, abm.Heartbeat().minimum_seconds) == (10.0, 5.0)
        assert (abm.HitGaps().cap_seconds, abm.HitGaps().last_page_seconds) == (1800.0, 0.0)
        pings = events_of((0, "view"), (10, "ping"), (19.999999, "ping"), (20, "ping"))
        for method in ("heartbeat", abm.Heartbeat()):
            assert abm.engaged_seconds(pings, method=method).seconds.tolist() == [15.0]
        assert abm.engaged_seconds(pings).seconds.tolist() == [15.0]
        assert abm.engaged_seconds(pings, method="gap").seconds.tolist() == [20.0]
        idle = events_of((0, "view"), (5000, "view"), session="s", visitor=None)
        assert abm.engaged_seconds(idle, method="gap").seconds.tolist() == [1800.0]

    def test_a_ping_with_its_view_at_one_time_comes_after_it(self):
        for kinds in (("view", "ping"), ("ping", "view")):
            found = abm.web_sessions(events_of(*((0, kind) for kind in kinds)))
            assert found.started.tolist() == [dt.datetime(2026, 3, 2, 9)]

    def test_a_session_that_begins_with_a_ping_began_before_it(self):
        begun = events_of((0, "other"), (7, "ping"), (9, "view"))
        assert abm.web_sessions(begun).started.tolist() == [dt.datetime(2026, 3, 2, 8, 59, 55)]
        for method, seconds in ((abm.Heartbeat(minimum_seconds=2.5), 57.5), ("gap", 0)):
            started = abm.web_sessions(begun, method=method).started.tolist()
            expected = dt.datetime(2026, 3, 2, 8, 59) + dt.timedelta(seconds=seconds)
            assert started == [expected if seconds else dt.datetime(2026, 3, 2, 9)]

    def test_beats_before_1970_are_beats_too(self):
        at = ["1969-12-31 23:59:55", "1970-01-01 00:00:05"]
        found = abm.web_sessions(abm.PageEvents(visitor="v", page_view="p", kind="ping", at=at))
        assert found.seconds.tolist() == [15.0]

    def test_without_accounts_visits_have_none(self):
        found = abm.engaged_seconds(events_of((0, "view"), (12, "ping"), account=None))
        assert found.account.to_list() == [None]
        assert abm.time_on_site_seconds(found).notes[0] == "undefined: no account came"

    def test_nothing_makes_no_sessions(self):
        for method in ("heartbeat", "gap"):
            assert len(abm.web_sessions(abm.PageEvents.empty(), method=method)) == 0
            assert len(abm.engaged_seconds(events_of((0, "other")), method=method)) == 0
        lost = dict(abm.web_sessions(events_of((0, "other"), (1, "other"))).excluded)
        assert lost == {"session without a page view": 2}

    def test_what_was_left_out_before_is_told_on(self):
        rows = {
            "visitor": ["v", None, "v"],
            "kind": ["view"] * 3,
            "at": ["2026-03-02"] * 3,
            "page_view": ["p", "p", None],
        }
        events = abm.PageEvents.from_frame(rows, missing="drop")
        assert dict(abm.engaged_seconds(events).excluded) == {"missing visitor": 1, "no page view": 1}

    def test_segments_of_a_session_are_those_its_events_agree_on(self):
        events = abm.PageEvents(
            visitor=["v", "v", "w", "w"],
            kind="view",
            at=["2026-03-02", "2026-03-02", "2026-03-02", "2026-03-02"],
            page_view=["1", "2", "3", "4"],
            segments={"site": ["x", "x", "x", "y"], "year": 2026},
        )
        visits = abm.engaged_seconds(events)
        assert visits.segments["site"].to_list() == ["x", None]
        assert visits.segments["year"].to_list() == [2026, 2026]
        assert dict(abm.pages_per_visit_ratio(visits, by="site").excluded) == {"no site": 1}

    def test_events_and_sessions_say_what_they_hold(self):
        events = events_of((0, "view"), (3, "view"))
        assert repr(events) == "PageEvents(2 rows, 1 account; visitor, page_view, kind, at)"
        found = abm.web_sessions(events)
        assert repr(found) == "WebSessions(1 row, 1 account; visitor, started, ended, events, page_views, seconds)"
        with pytest.raises(MetricInputError, match="^rollup must be of a table whose rows can be summed; got PageEv"):
            events.rollup()
        with pytest.raises(MetricInputError, match="^rollup must be of a table whose rows can be summed; got WebSes"):
            found.rollup()


class TestRefusals:
    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"kind": "page_view"}, "kind must be one of ['other', 'ping', 'view']; got 'page_view' at row 0"),
            ({"visitor": None}, "session must be given, or visitor; got None"),
            (
                {"visitor": ["v", None]},
                "visitor must be text or whole numbers in every row; got a missing value at row 1",
            ),
            (
                {"account": ["A", None]},
                "account must be text or whole numbers in every row; got a missing value at row 1",
            ),
        ],
    )
    def test_events(self, columns, message):
        given = {"account": "A", "visitor": "v", "kind": ["view", "view"], "at": "2026-03-02", **columns}
        assert refusal(abm.PageEvents, **given) == message

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: abm.Heartbeat(every_seconds=0.9), "every_seconds must be a number in [1, 86400]; got 0.9"),
            (lambda: abm.Heartbeat(every_seconds=86_401), "every_seconds must be a number in [1, 86400]; got 86401"),
            (lambda: abm.Heartbeat(minimum_seconds=-1), "minimum_seconds must be a number in [0, 86400]; got -1"),
            (lambda: abm.HitGaps(cap_seconds=-0.5), "cap_seconds must be a number in [0, inf]; got -0.5"),
            (lambda: abm.HitGaps(cap_seconds=math.nan), "cap_seconds must be a number in [0, inf]; got nan"),
            (lambda: abm.HitGaps(last_page_seconds="5"), "last_page_seconds must be a number in [0, 86400]; got '5'"),
            (
                lambda: abm.HitGaps(last_page_seconds=1e6),
                "last_page_seconds must be a number in [0, 86400]; got 1000000.0",
            ),
        ],
    )
    def test_settings(self, make, message):
        assert refusal(make) == message

    def test_settings_at_their_limits_are_taken(self):
        assert abm.Heartbeat(every_seconds=1, minimum_seconds=0).every_seconds == 1
        assert abm.Heartbeat(every_seconds=86_400, minimum_seconds=86_400).minimum_seconds == 86_400
        events = events_of((0, "view"), (3, "view"))
        assert abm.engaged_seconds(events, method=abm.HitGaps(cap_seconds=0)).seconds.tolist() == [0.0]

    @pytest.mark.parametrize("function", [abm.web_sessions, abm.engaged_seconds])
    def test_options(self, function):
        events = events_of((0, "view"))
        assert refusal(function, events, method="ping") == "method must be one of ['heartbeat', 'gap']; got 'ping'"
        assert refusal(function, events, method=None) == "method must be one of ['heartbeat', 'gap']; got None"
        for minutes in (0, -3, 525_600):
            told = refusal(function, events, silence_minutes=minutes)
            assert told == f"silence_minutes must be a number in (0, 525600); got {minutes}"
        tracked = events_of((0, "view"), session="s")
        told = refusal(function, tracked, silence_minutes=20)
        assert told == "silence_minutes must not be given where events have a session; got 20"
        plain = abm.PageEvents(visitor="v", kind="view", at=["2026-03-02"])
        told = refusal(function, plain)
        assert told == "PageEvents must have the column page_view for this KPI; got ['visitor', 'kind', 'at']"
        assert len(function(plain, method="gap")) == 1

    def test_a_session_of_several_accounts(self):
        accounts = labels([None, "B", "A", None, "C"])
        events = abm.PageEvents(
            account=accounts, visitor=["v", "w", "v", "v", "v"], page_view="p", kind="view",
            at=["2026-03-02 09:00", "2026-03-02 09:00", "2026-03-02 09:01", "2026-03-02 09:02", "2026-03-02 09:03"],
        )  # fmt: skip
        told = refusal(abm.web_sessions, events)
        assert told == "account must be the same in all events of a session; got 'A' and 'C' at row 4"
