"""The website: time on site and pages of visits, by account; and how raw page events become visits."""

from typing import Any, ClassVar, Literal, cast

import attrs
import numpy as np

from abmmetrics import _checks, _grouped, _labels, _sessions, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics._sessions import Sessions
from abmmetrics.columns import Amounts, Counts, Dates
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = [
    "Heartbeat",
    "HitGaps",
    "PageEvents",
    "WebSessions",
    "WebVisits",
    "engaged_seconds",
    "pages_per_visit_ratio",
    "time_on_site_seconds",
    "web_sessions",
]

_KINDS = ("view", "other", "ping")  # in the order of the kernel's numbers
_DAY, _YEAR_MINUTES = 86_400, 525_600
_SILENCE_MINUTES = 30.0


@attrs.frozen(kw_only=True, eq=False, repr=False)
class WebVisits(Table):
    """Visits of accounts to the website: one row for each visit, or sums of any number of them.

    Attributes:
        account: the account that the visitor belongs to.
        visits: how many visits.
        seconds: how long these visits took together.
        page_views: how many pages were viewed in them.

    Example:
        >>> import abmmetrics as abm
        >>> abm.WebVisits(account=["Acme", "Beta"], visits=[3, 1], seconds=[410, 35], page_views=[9, 2])
        WebVisits(2 rows, 2 accounts; visits, seconds, page_views)
    """

    account: Labels = attrs.field(converter=columns.labels)
    visits: Counts = attrs.field(converter=columns.counts)
    seconds: Amounts | None = attrs.field(default=None, converter=columns.optional_amounts)
    page_views: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


def time_on_site_seconds(
    visits: WebVisits, *, by: By = None, per: Literal["account", "visit"] = "account", confidence: float = 0.95
) -> Estimate:
    """Time spent on the website, by the account that visited it or by the visit.

    time on site = Σ seconds / number of accounts with a visit, or Σ seconds / Σ visits.

    Leaves out: accounts that never came. By the account, visits without an account are left out and
    counted. What a second is depends on how it was measured (:func:`engaged_seconds`): figures of
    different methods are not comparable.

    Args:
        visits: visits with the column ``seconds``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        per: ``"account"`` or ``"visit"``.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        Seconds; undefined where nobody came. Time by the visit says so, and :func:`change` does not
        compare it with time by the account.

    Raises:
        MetricInputError: if the column is not there or ``per`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> visits = abm.WebVisits(account=["Acme", "Acme", "Beta"], visits=[2, 1, 1], seconds=[200, 70, 30])
        >>> float(abm.time_on_site_seconds(visits)), float(abm.time_on_site_seconds(visits, per="visit"))
        (150.0, 75.0)

    References:
        Google Analytics help, "Average session duration", for the time by the visit.
    """
    _checks.as_option("per", per, ("account", "visit"))
    if per == "visit":
        sums = visits.account_sums(["seconds", "visits"], by)
    else:
        unknown = visits.account.missing()
        sums = visits.account_sums(["seconds", "visits"], by, keep=~unknown)
        sums = attrs.evolve(sums, excluded=add_up(sums.excluded, count_rows({"no account": unknown})))
    came = (sums["visits"] > 0) | (sums["seconds"] > 0)
    return estimation.ratio(
        "time_on_site_seconds",
        sums,
        sums["seconds"],
        sums["visits"] if per == "visit" else came.astype(np.float64),
        unit="seconds",
        confidence=confidence,
        undefined="visits is 0" if per == "visit" else "no account came",
        remarks=["variant: by the visit"] if per == "visit" else [],
    )


def pages_per_visit_ratio(visits: WebVisits, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Pages viewed in a visit.

    pages per visit = Σ page_views / Σ visits.

    Leaves out: how long a page was looked at (:func:`time_on_site_seconds`).

    Args:
        visits: visits with the column ``page_views``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A ratio >= 0; undefined where nobody came.

    Raises:
        MetricInputError: if the column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.pages_per_visit_ratio(abm.WebVisits(account=["A", "B"], visits=[3, 1], page_views=[8, 2])))
        2.5

    References:
        Google Analytics help, "Pages per session".
    """
    sums = visits.account_sums(["page_views", "visits"], by)
    return estimation.ratio(
        "pages_per_visit_ratio",
        sums,
        sums["page_views"],
        sums["visits"],
        unit="ratio",
        confidence=confidence,
        undefined="visits is 0",
    )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PageEvents(Table):
    """What visitors did on the website and when: one row for each event.

    Attributes:
        account: the account that the visitor belongs to, as far as it is known.
        visitor: whose event it is, such as a cookie; needed where there is no session.
        session: the session that the tracker put it in; with it, sessions are as they are given.
        page_view: the page view that it belongs to, different for each view of a page.
        event: the event's own identifier, if it has one: the same twice in a session is one event.
        kind: ``"view"`` of a page, ``"ping"`` of a page that is still looked at, or ``"other"``, which is any other
            sign of life.
        at: when it happened.

    Example:
        >>> import abmmetrics as abm
        >>> abm.PageEvents(
        ...     account="Acme",
        ...     visitor="v1",
        ...     page_view="p1",
        ...     kind=["view", "ping"],
        ...     at=["2026-03-02 09:00", "2026-03-02 09:01"],
        ... )
        PageEvents(2 rows, 1 account; visitor, page_view, kind, at)
    """

    additive: ClassVar[bool] = False

    account: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    visitor: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    session: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    page_view: Labels | None = attrs.field(default=None, converter=columns.labels_or_none)
    event: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    kind: Labels = attrs.field(converter=columns.labels)
    at: Dates = attrs.field(converter=columns.moments)

    def check_rows(self) -> None:
        """Refuse unknown kinds of events, and events of nobody."""
        _checks.as_choice("kind", self.kind, sorted(_KINDS))
        if self.session is None and self.visitor is None:
            raise _checks.refuse("session", "be given, or visitor", None)


def _seconds(low: float, high: float) -> Any:  # noqa: ANN401 - a field of seconds
    """Declare a setting in seconds between two limits, both included."""

    def check(_: object, field: "attrs.Attribute[Any]", value: object) -> None:
        _checks.in_interval(field.name, value, low, high, low_open=False, high_open=False)

    return check


@attrs.frozen(kw_only=True)
class Heartbeat:
    """Engaged time by pings that come while a page is looked at, as Snowplow counts it.

    seconds of a page view = every × (distinct beats with a ping − 1) + minimum; 0 without a ping. The beats are the
    spans of ``every_seconds`` since 1970, so pings that come twice in one count once.

    Attributes:
        every_seconds: how often pings are sent.
        minimum_seconds: how long a page must be looked at for the first ping; the time of a view with one ping.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.PageEvents(
        ...     visitor="v1",
        ...     page_view="p1",
        ...     kind=["view", "ping", "ping"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:05", "2026-03-02 09:00:35"],
        ... )
        >>> beats = abm.Heartbeat(every_seconds=30, minimum_seconds=5)
        >>> abm.web_sessions(events, method=beats).seconds.tolist()
        [35.0]

    References:
        Snowplow, dbt-snowplow-web: ``snowplow__heartbeat`` and ``snowplow__min_visit_length``.
    """

    every_seconds: float = attrs.field(default=10.0, validator=_seconds(1, _DAY))
    minimum_seconds: float = attrs.field(default=5.0, validator=_seconds(0, _DAY))


@attrs.frozen(kw_only=True)
class HitGaps:
    """Time by the gaps between hits: events of any kind.

    seconds of a session = Σ min(next hit − this hit, cap) + last page.

    Attributes:
        cap_seconds: a longer gap counts as this long, for nobody knows who looked; ``math.inf`` for no cap.
        last_page_seconds: what the last hit of a session counts; nothing tells how long it was looked at.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.PageEvents(
        ...     visitor="v1", kind="view", at=["2026-03-02 09:00:00", "2026-03-02 09:00:40", "2026-03-02 09:20:40"]
        ... )
        >>> abm.web_sessions(events, method=abm.HitGaps(cap_seconds=300)).seconds.tolist()
        [340.0]

    References:
        Google Analytics help, "How session duration is calculated" (Universal Analytics), without a cap.
    """

    cap_seconds: float = attrs.field(default=1800.0, validator=_seconds(0, float("inf")))
    last_page_seconds: float = attrs.field(default=0.0, validator=_seconds(0, _DAY))


Method = Heartbeat | HitGaps | Literal["heartbeat", "gap"]
_METHODS: dict[str, Heartbeat | HitGaps] = {"heartbeat": Heartbeat(), "gap": HitGaps()}


@attrs.frozen(kw_only=True, eq=False, repr=False)
class WebSessions(Table):
    """Sessions on the website: one row for each.

    Attributes:
        account: the account that the visitor belongs to, as far as it is known.
        visitor: whose session it is, where sessions were found by silence.
        session: the session, where the tracker gave it.
        started: when it began.
        ended: when its last event was.
        events: number of its events, each counted once.
        page_views: number of pages viewed.
        seconds: engaged time.

    Example:
        >>> import abmmetrics as abm
        >>> abm.WebSessions(
        ...     account="Acme",
        ...     visitor="v1",
        ...     started="2026-03-02 09:00",
        ...     ended="2026-03-02 09:04",
        ...     events=6,
        ...     page_views=2,
        ...     seconds=95,
        ... )
        WebSessions(1 row, 1 account; visitor, started, ended, events, page_views, seconds)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    visitor: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    session: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    started: Dates = attrs.field(converter=columns.moments)
    ended: Dates = attrs.field(converter=columns.moments)
    events: Counts = attrs.field(converter=columns.counts)
    page_views: Counts = attrs.field(converter=columns.counts)
    seconds: Amounts = attrs.field(converter=columns.amounts)


def web_sessions(
    page_events: PageEvents, *, method: Method = "heartbeat", silence_minutes: float | None = None
) -> WebSessions:
    """Make sessions of page events: when each began and ended, its pages and its engaged time.

    A session is what the tracker says, or else the events of a visitor with no more than 30 minutes
    of silence between two of them. A session that begins with a ping, whose view is lost or was
    in the session before, began ``minimum_seconds`` before it (heartbeats only). Give page views
    as sessions to have the figures of every page view.

    Leaves out, and counts: events that come twice (with the column ``event`` the same identifier in a session, of
    which the earliest counts; else events that agree in session or visitor, page view, kind and time), views and pings
    without a page view where others have one, and events of sessions without any view or ping. Sessions
    do not end at midnight, nor where a new campaign begins.

    Args:
        page_events: page events.
        method: ``"heartbeat"``, ``"gap"``, or :class:`Heartbeat` or :class:`HitGaps` with other settings.
        silence_minutes: a longer time without an event ends a session, 30 where not given; only where
            events have no session.

    Returns:
        The sessions. Events without an account belong to the account that others of their session name.
        A session has those segments in which all of its events with a label agree.

    Raises:
        MetricInputError: if a session has several accounts, the method is not known, the heartbeat
            method finds no column ``page_view``, or ``silence_minutes`` is not above 0 or not needed.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.PageEvents(
        ...     account="Acme",
        ...     visitor="v1",
        ...     page_view=["p1", "p1", "p1", "p2"],
        ...     kind=["view", "ping", "ping", "view"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:12", "2026-03-02 09:00:24", "2026-03-02 10:00:00"],
        ... )
        >>> sessions = abm.web_sessions(events)
        >>> sessions.seconds.tolist(), sessions.page_views.tolist(), sessions.events.tolist()
        ([15.0, 0.0], [1, 1], [3, 1])

    References:
        Snowplow, dbt-snowplow-web, sessions and page views; Google Analytics help, "How a web session is defined".
    """
    chosen = _chosen(method)
    if isinstance(chosen, Heartbeat):
        page_events.column("page_view")
    sessions, lost = _find_sessions(page_events, _silence(page_events, silence_minutes))
    started = sessions.begin()
    if isinstance(chosen, Heartbeat):
        seconds = _sessions.heartbeat_seconds(sessions, chosen.every_seconds, chosen.minimum_seconds)
        started = started - np.where(sessions.begun_by_ping(), round(chosen.minimum_seconds * _sessions.SECOND), 0)
    else:
        seconds = _sessions.gap_seconds(sessions, chosen.cap_seconds, chosen.last_page_seconds)

    def said(labels: Labels) -> Labels:
        return _grouped.agreed(labels, sessions.rows, sessions.session, sessions.size)[0]

    accounts = _accounts(page_events)
    return WebSessions(
        account=_grouped.one_account(accounts, sessions.rows, sessions.session, sessions.size, "session"),
        visitor=said(page_events.visitor) if page_events.session is None and page_events.visitor is not None else None,
        session=None if page_events.session is None else said(page_events.session),
        started=started.astype("datetime64[us]"),
        ended=sessions.end().astype("datetime64[us]"),
        events=sessions.count(np.ones(len(sessions.rows), dtype=bool)),
        page_views=sessions.page_views(),
        seconds=seconds,
        segments={name: said(labels) for name, labels in page_events.segments.items()},
        excluded=add_up(page_events.excluded, lost),
    )


def engaged_seconds(
    page_events: PageEvents, *, method: Method = "heartbeat", silence_minutes: float | None = None
) -> WebVisits:
    """Make visits of page events: a row for each session of :func:`web_sessions`, in its order.

    Heartbeats measure time in front of the page and miss none of the last page; gaps between hits measure
    time until the next hit and miss the last page. They are two definitions, not two estimates of one figure.

    Leaves out: what :func:`web_sessions` leaves out, and counts it.

    Args:
        page_events: page events.
        method: ``"heartbeat"``, ``"gap"``, or :class:`Heartbeat` or :class:`HitGaps` with other settings.
        silence_minutes: a longer time without an event ends a session, 30 where not given; only where
            events have no session.

    Returns:
        Visits, with engaged seconds and page views, for :func:`time_on_site_seconds` and :func:`pages_per_visit_ratio`.

    Raises:
        MetricInputError: as :func:`web_sessions`.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.PageEvents(
        ...     account="Acme",
        ...     visitor="v1",
        ...     page_view=["p1", "p1", "p2"],
        ...     kind=["view", "ping", "view"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:12", "2026-03-02 09:01:30"],
        ... )
        >>> abm.engaged_seconds(events).seconds.tolist(), abm.engaged_seconds(events, method="gap").seconds.tolist()
        ([5.0], [90.0])

    References:
        Snowplow, dbt-snowplow-web: engaged time of page views and sessions.
    """
    sessions = web_sessions(page_events, method=method, silence_minutes=silence_minutes)
    return WebVisits(
        account=sessions.account,
        visits=1,
        seconds=sessions.seconds,
        page_views=sessions.page_views,
        segments=sessions.segments,
        excluded=sessions.excluded,
    )


def _chosen(method: Any) -> Heartbeat | HitGaps:  # noqa: ANN401 - whatever the caller gave
    if isinstance(method, Heartbeat | HitGaps):
        return method
    _checks.as_option("method", method, tuple(_METHODS))
    return _METHODS[method]


def _silence(page_events: PageEvents, minutes: float | None) -> int | None:
    """Return the microseconds of silence that end a session; None where sessions are given."""
    if page_events.session is not None:
        if minutes is not None:
            raise _checks.refuse("silence_minutes", "not be given where events have a session", minutes)
        return None
    longest = _SILENCE_MINUTES if minutes is None else minutes
    return round(_checks.in_interval("silence_minutes", longest, 0, _YEAR_MINUTES) * 60 * _sessions.SECOND)


def _find_sessions(page_events: PageEvents, silence: int | None) -> tuple[Sessions, dict[str, int]]:
    """Return the sessions, and the number of events left out by reason."""
    given = page_events.session if page_events.session is not None else page_events.visitor
    who = cast("Labels", given).codes()  # one of the two is there
    at = page_events.at.view(np.int64)
    places = np.array([_KINDS.index(str(name)) for name in page_events.kind.categories], dtype=np.int64)
    kind = places[page_events.kind.codes()]
    page_view = None if page_events.page_view is None else page_events.page_view.codes()
    if page_events.event is not None:
        copies = _sessions.later_copies([who, page_events.event.codes()], at)
    else:
        copies = _sessions.later_copies([who, kind, at, *([] if page_view is None else [page_view])], at)
    homeless = np.zeros(len(at), dtype=bool)
    if page_view is not None:
        homeless = ~copies & (page_view < 0) & (kind != _sessions.OTHER)
    found, strays = _sessions.find_sessions(who, at, kind, page_view, keep=~(copies | homeless), silence=silence)
    lost = count_rows({"the same event again": copies, "no page view": homeless})
    return found, {**lost, **({"session without a page view": strays} if strays else {})}


def _accounts(page_events: PageEvents) -> Labels:
    """Return the account of each event; none where accounts are not known."""
    if page_events.account is not None:
        return page_events.account
    return _labels.from_codes(np.full(len(page_events), -1), [])
