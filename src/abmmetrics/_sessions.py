"""Makes sessions of page events: which events count, which session each belongs to, and how long it took."""

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._grouped import Integers, first_of_each

Floats = NDArray[np.float64]

SECOND = 1_000_000  # microseconds, in which times are counted
VIEW, OTHER, PING = range(3)  # of events at one time a view comes first: nothing happens on a page not yet open


@attrs.frozen(eq=False)
class Sessions:
    """Page events in the order of their sessions.

    Attributes:
        rows: the events' rows, by session and time.
        session: the session of each.
        kind: what each is.
        page_view: the page view of each, -1 where it has none.
        at: when each was, in microseconds.
        size: number of sessions.
        paged: True where page views are known.
    """

    rows: Integers
    session: Integers
    kind: Integers
    page_view: Integers
    at: Integers
    size: int
    paged: bool

    def count(self, rows: NDArray[np.bool_] | Integers) -> Integers:
        """Count some of the events in each session."""
        return np.bincount(self.session[rows], minlength=self.size)

    def page_views(self) -> Integers:
        """Count the page views of each session: those that its views and pings name, or else its views."""
        if not self.paged:
            return self.count(self.kind == VIEW)
        pages = np.flatnonzero(self.kind != OTHER)
        return self.count(pages[first_of_each([self.session[pages], self.page_view[pages]])])

    def begin(self) -> Integers:
        """Return the time of each session's first event."""
        return self.at[np.flatnonzero(np.diff(self.session, prepend=-1))]

    def end(self) -> Integers:
        """Return the time of each session's last event."""
        return self.at[np.flatnonzero(np.diff(self.session, append=self.size))]

    def begun_by_ping(self) -> NDArray[np.bool_]:
        """Tell which sessions have a ping before any view."""
        pages = np.flatnonzero(self.kind != OTHER)
        first = pages[np.flatnonzero(np.diff(self.session[pages], prepend=-1))]
        return np.equal(self.kind[first], PING)


def later_copies(keys: Sequence[Integers], at: Integers) -> NDArray[np.bool_]:
    """Tell which rows repeat an earlier one that has the same keys."""
    order = np.lexsort([at, *keys])
    copy = np.zeros(len(at), dtype=bool)
    copy[order[1:]] = np.all([np.diff(key[order]) == 0 for key in keys], axis=0)
    return copy


def find_sessions(
    who: Integers,
    at: Integers,
    kind: Integers,
    page_view: Integers | None,
    *,
    keep: NDArray[np.bool_],
    silence: int | None,
) -> tuple[Sessions, int]:
    """Find the sessions of events.

    Args:
        who: for each event whose it is: its session, or its visitor.
        at: when it was, in microseconds.
        kind: what it is.
        page_view: the page view that it belongs to, -1 where it has none; None where that is not known.
        keep: which events count.
        silence: a longer time without an event ends a session; None where ``who`` is the session.

    Returns:
        The sessions with a view or a ping, and the number of events of others.
    """
    rows = np.flatnonzero(keep)
    rows = rows[np.lexsort([kind[rows], at[rows], who[rows]])]
    new = np.diff(who[rows], prepend=-1) != 0
    if silence is not None:
        new[1:] |= np.diff(at[rows]) > silence
    session = np.cumsum(new) - 1
    size = int(new.sum())
    visited = np.bincount(session[kind[rows] != OTHER], minlength=size) > 0
    held = visited[session]
    number = np.cumsum(visited) - 1
    rows, session = rows[held], number[session[held]]
    found = Sessions(
        rows=rows,
        session=session,
        kind=kind[rows],
        page_view=np.full(len(rows), -1) if page_view is None else page_view[rows],
        at=at[rows],
        size=int(visited.sum()),
        paged=page_view is not None,
    )
    return found, int((~held).sum())


def heartbeat_seconds(sessions: Sessions, beat: float, minimum: float) -> Floats:
    """Return the engaged seconds of each session by its pings."""
    pings = np.flatnonzero(sessions.kind == PING)
    session, page_view = sessions.session[pings], sessions.page_view[pings]
    bucket = sessions.at[pings] // round(beat * SECOND)
    beats = sessions.count(pings[first_of_each([session, page_view, bucket])])
    views = sessions.count(pings[first_of_each([session, page_view])])
    return beat * (beats - views) + minimum * views


def gap_seconds(sessions: Sessions, cap: float, last: float) -> Floats:
    """Return the engaged seconds of each session by the time from each hit to the next."""
    gaps = np.minimum(np.diff(sessions.at), cap * SECOND)
    within = np.diff(sessions.session) == 0
    # Microseconds add up to the last digit.
    return np.bincount(sessions.session[1:][within], gaps[within], minlength=sessions.size) / SECOND + last
