"""Meetings and demos: booked, held, and what opportunities they led to."""

from typing import Any, ClassVar, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _labels, columns, estimation
from abmmetrics._labels import Labels
from abmmetrics._matching import account_codes, add_up, count_rows
from abmmetrics.columns import Counts, Dates
from abmmetrics.opportunities import Opportunities
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = ["MeetingLog", "Meetings", "meeting_show_rate", "meeting_to_opportunity_rate", "meetings_booked_count"]

_OUTCOMES = ("held", "cancelled", "no_show", "rescheduled", "scheduled")
# More days than any data span: the accounts' days follow each other without overlap.
_SPAN = 2**32  # mutation: equivalent, so is any other number as large
_NEVER = 2**62  # mutation: equivalent, so is any other number as large

Cancellations = Literal["include", "exclude"]
MissingLinks = Literal["refuse", "ignore"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Meetings(Table):
    """Meetings with accounts: one row for each meeting, or sums of any number of them.

    A meeting is one however often it was rescheduled: :meth:`MeetingLog.meetings` makes such a table of a calendar.

    Attributes:
        account: the account that the meeting is with.
        kind: call, demo or whatever else one calls it; to group by.
        booked: meetings booked.
        held: meetings that took place.
        cancelled: meetings called off beforehand.
        no_show: meetings to which the account did not come.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Meetings(account=["Acme", "Beta"], kind=["demo", "call"], booked=[5, 4], held=[3, 2])
        Meetings(2 rows, 2 accounts; kind, booked, held)
    """

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (
        ("held", "booked"),
        ("cancelled", "booked"),
        ("no_show", "booked"),
    )

    account: Labels = attrs.field(converter=columns.labels)
    kind: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    booked: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    held: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    cancelled: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    no_show: Counts | None = attrs.field(default=None, converter=columns.optional_counts)

    def check_rows(self) -> None:
        """Refuse rows with more outcomes than meetings: a meeting has one."""
        held = self.columns()
        outcomes = [name for name in ("held", "cancelled", "no_show") if name in held]
        if "booked" in held and outcomes:
            ended = np.sum([held[name].astype(np.int64) for name in outcomes], axis=0)
            _checks.at_most(" + ".join(outcomes), "booked", ended, held["booked"])


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MeetingLog(Table):
    """A calendar of meetings with accounts: one row for each appointment.

    Attributes:
        account: the account that the meeting is with.
        meeting: the appointment's identifier, different in every row.
        kind: call, demo or whatever else one calls it.
        at: when it takes or was to take place.
        outcome: ``"held"``, ``"cancelled"``, ``"no_show"``, ``"rescheduled"`` or ``"scheduled"`` (still to come);
            missing where nobody logged it.
        rescheduled_from: the appointment that this one replaces; missing for the first.

    Example:
        >>> import abmmetrics as abm
        >>> abm.MeetingLog(
        ...     account=["Acme", "Acme"],
        ...     meeting=["m1", "m2"],
        ...     at=["2026-03-02", "2026-03-09"],
        ...     outcome=["rescheduled", "held"],
        ...     rescheduled_from=[None, "m1"],
        ... )
        MeetingLog(2 rows, 1 account; meeting, at, outcome, rescheduled_from)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    meeting: Labels = attrs.field(converter=columns.labels)
    kind: Labels | None = attrs.field(default=None, converter=columns.optional_labels)
    at: Dates = attrs.field(converter=columns.moments)
    outcome: Labels | None = attrs.field(default=None, converter=columns.labels_or_none)
    rescheduled_from: Labels | None = attrs.field(default=None, converter=columns.labels_or_none)

    def check_rows(self) -> None:
        """Refuse an appointment listed twice, and outcomes that are none."""
        row = _checks.first_repeat(self.meeting.codes())
        if row is not None:
            again = _checks.phrase(f"{self.meeting[row]!r} again")
            raise _checks.refuse("meeting", "be different in every row", again, row)
        if self.outcome is not None:
            _checks.as_choice("outcome", self.outcome, _OUTCOMES)

    def collapsed(self, *, missing_links: MissingLinks = "refuse") -> "MeetingLog":
        """Keep the last appointment of every meeting: rescheduled ones are one meeting with what came after them.

        Leaves out: the appointments that were replaced, which are counted. A no-show that was booked again is one
        meeting too, with the outcome of the last appointment. A chain that ends rescheduled, with no appointment
        after it, stays as a meeting without an outcome.

        Args:
            missing_links: ``"refuse"`` raises where ``rescheduled_from`` names an appointment that is not in the log;
                ``"ignore"`` lets the chain begin after it, as in an export of one quarter.

        Returns:
            The log with a row for each meeting, without the column ``rescheduled_from``.

        Raises:
            MetricInputError: if two appointments replace the same one, if one replaces a meeting that was held or one
                of another account, if a chain leads back to itself, or if a link is missing.

        Example:
            >>> import abmmetrics as abm
            >>> log = abm.MeetingLog(
            ...     account=["Acme", "Acme", "Beta"],
            ...     meeting=["m1", "m2", "m3"],
            ...     at=["2026-03-02", "2026-03-09", "2026-03-10"],
            ...     outcome=["no_show", "held", "no_show"],
            ...     rescheduled_from=[None, "m1", None],
            ... )
            >>> log.collapsed().meeting.to_list()
            ['m2', 'm3']
        """
        _checks.as_option("missing_links", missing_links, ("refuse", "ignore"))
        if self.rescheduled_from is None:
            return self
        before = self._row_before(self.rescheduled_from, missing_links)
        self._check_chains(self.rescheduled_from, before)
        last = np.ones(len(self), dtype=bool)
        last[before[before >= 0]] = False
        replaced = count_rows({"rescheduled to a later appointment": ~last})
        return attrs.evolve(self.where(last), rescheduled_from=None, excluded=add_up(self.excluded, replaced))

    def _row_before(self, links: Labels, missing_links: MissingLinks) -> NDArray[np.int64]:
        """Return for each row the row that it replaces; -1 for none."""
        row_of = {name: row for row, name in enumerate(self.meeting.to_list())}
        found = [
            row_of.get(name, -1) for name in _labels.as_python_list(links.categories)
        ]  # mutation: equivalent, below 0
        before = np.array([*found, -1], dtype=np.int64)[links.codes()]  # mutation: equivalent, below 0 is none
        unknown = np.flatnonzero((before < 0) & ~links.missing())
        if len(unknown) and missing_links == "refuse":
            row = int(unknown[0])
            hint = "missing_links='ignore' lets a chain begin after it"
            raise _checks.refuse("rescheduled_from", f"name an appointment of the log ({hint})", links[row], row)
        return before

    def _check_chains(self, links: Labels, before: NDArray[np.int64]) -> None:
        """Refuse chains that branch, turn in a circle, change the account, or go on after a meeting was held."""
        linked = np.flatnonzero(before >= 0)
        place = _checks.first_repeat(before[linked])
        if place is not None:
            row = int(linked[place])
            again = _checks.phrase(f"{links[row]!r} again")
            raise _checks.refuse("rescheduled_from", "name each appointment once", again, row)
        earlier = before
        for _ in range(len(self).bit_length()):  # twice as far back each time, until every chain has ended
            earlier = np.where(earlier >= 0, earlier[earlier], -1)  # mutation: equivalent, below 0 is none
        accounts = self.account.codes()
        held = np.zeros(len(self), dtype=bool) if self.outcome is None else self.outcome == "held"
        for requirement, wrong in (
            ("not lead back to the appointment itself", earlier[linked] >= 0),
            ("name an appointment of the same account", accounts[linked] != accounts[before[linked]]),
            ("name an appointment that was not held", held[before[linked]]),
        ):
            if wrong.any():
                row = int(linked[wrong][0])
                raise _checks.refuse("rescheduled_from", requirement, links[row], row)

    def meetings(self, *, missing_links: MissingLinks = "refuse") -> Meetings:
        """Count meetings, each once however often it was rescheduled.

        Leaves out: what :meth:`collapsed` does. Meetings that are still to come, were rescheduled to no known day, or
        whose outcome nobody logged are booked and have no outcome.

        Args:
            missing_links: as for :meth:`collapsed`.

        Returns:
            A table with a row for each meeting, in the order of ``collapsed()``, whose ``at`` serves to group them:
            ``by=period(log.collapsed().at, "month")``.

        Example:
            >>> import abmmetrics as abm
            >>> log = abm.MeetingLog(
            ...     account=["Acme", "Acme", "Beta"],
            ...     meeting=["m1", "m2", "m3"],
            ...     at=["2026-03-02", "2026-03-09", "2026-03-10"],
            ...     outcome=["rescheduled", "held", "no_show"],
            ...     rescheduled_from=[None, "m1", None],
            ... )
            >>> float(abm.meeting_show_rate(log.meetings()))
            0.5
        """
        once = self.collapsed(missing_links=missing_links)
        ended: Any = np.full(len(once), None) if once.outcome is None else once.outcome
        return Meetings(
            account=once.account,
            kind=once.kind,
            booked=np.ones(len(once), dtype=bool),
            held=ended == "held",
            cancelled=ended == "cancelled",
            no_show=ended == "no_show",
            segments=once.segments,
            excluded=once.excluded,
        )


def meetings_booked_count(meetings: Meetings, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Number of meetings booked; of demos and calls with ``by="kind"``.

    meetings booked = Σ booked.

    Leaves out: whether they were held (:func:`meeting_show_rate`). Salesforce lists a meeting once for each attendee
    (child events): keep one row of each.

    Args:
        meetings: meetings with the column ``booked``.
        by: ``"kind"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A count; 0 where nothing was booked.

    Raises:
        MetricInputError: if the column is not there or a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> meetings = abm.Meetings(account=["Acme", "Beta", "Beta"], kind=["demo", "demo", "call"], booked=[2, 1, 4])
        >>> [(kind, float(count)) for kind, count in abm.meetings_booked_count(meetings, by="kind").items()]
        [('call', 4.0), ('demo', 3.0)]

    References:
        Upbeat, "Demos": demos scheduled and demos completed.
    """
    sums = meetings.account_sums(["booked"], by)
    return estimation.total("meetings_booked_count", sums, sums["booked"], unit="count", confidence=confidence)


def meeting_show_rate(
    meetings: Meetings, *, by: By = None, cancellations: Cancellations = "include", confidence: float = 0.95
) -> Estimate:
    """Share of the meetings booked that were held; of demos and calls with ``by="kind"``.

    show rate = Σ held / Σ booked, or Σ held / Σ (booked − cancelled) without cancellations.

    Leaves out: meetings that have no outcome, for they may still be held, or were and nobody logged it: where the
    table has the columns ``held``, ``cancelled`` and ``no_show``, those of ``booked`` that are none of the three do
    not count, and their number is in ``excluded``. Without the columns every meeting booked is taken to have come to
    its day. Some count late cancellations as no-shows; the columns are as you fill them.

    Args:
        meetings: meetings with the columns ``booked`` and ``held``, and ``cancelled`` to exclude cancellations.
        by: ``"kind"``, a segment name, several, ``"account"``, or labels of the table's length.
        cancellations: ``"include"`` them among the meetings booked, or ``"exclude"`` them (Upbeat), which
            leaves the meetings that were to be held.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no meeting has an outcome. Without cancellations it says so, and
        :func:`change` does not compare it with the other variant.

    Raises:
        MetricInputError: if a column is not there or ``cancellations`` is not known.

    Example:
        >>> import abmmetrics as abm
        >>> meetings = abm.Meetings(account=["Acme", "Beta"], booked=[6, 4], held=[4, 2], cancelled=[2, 0])
        >>> float(abm.meeting_show_rate(meetings))
        0.6
        >>> float(abm.meeting_show_rate(meetings, cancellations="exclude"))
        0.75

    References:
        Upbeat, "Demos": cancellations count toward neither; Grou, glossary: no-show rate, of the meetings booked.
    """
    _checks.as_option("cancellations", cancellations, ("include", "exclude"))
    needed = ["booked", "held"] if cancellations == "include" else ["booked", "held", "cancelled"]
    known = meetings.cancelled is not None and meetings.no_show is not None
    sums = meetings.account_sums(["booked", "held", "cancelled", "no_show"] if known else needed, by)
    came, lost = sums["booked"], 0
    if known:
        came = sums["held"] + sums["cancelled"] + sums["no_show"]
        lost = int((sums["booked"] - came).sum())
    return estimation.share(
        "meeting_show_rate",
        attrs.evolve(sums, excluded=add_up(sums.excluded, {"no outcome": lost} if lost else {})),
        sums["held"],
        came if cancellations == "include" else came - sums["cancelled"],
        confidence=confidence,
        undefined="no meeting has an outcome",
        remarks=["variant: without cancellations"] if cancellations == "exclude" else [],
    )


def meeting_to_opportunity_rate(
    log: MeetingLog,
    opportunities: Opportunities,
    *,
    days: int,
    as_of: Any,  # noqa: ANN401 - any kind of date
    by: By = None,
    confidence: float = 0.95,
) -> Estimate:
    """Share of the accounts with a held meeting in which an opportunity was created within some days.

    meeting-to-opportunity rate = accounts with an opportunity created on the day of a held meeting or in the ``days``
    days after it / accounts with a held meeting at least ``days`` days before ``as_of``.

    Leaves out: meetings too young to judge, held less than ``days`` days before ``as_of``; they are counted, and an
    account with no other is not in the denominator. An opportunity that was created before a meeting, and may still
    be open, does not count for that meeting: it cannot have led to it. Nor does anything say that the meeting led to
    the opportunity that came after it.

    Args:
        log: appointments with the column ``outcome``, of which the held ones count; those without an account are
            left out and counted.
        opportunities: deals with the column ``created``; those without an account or a creation day are left out and
            counted.
        days: how many days an opportunity may take, a whole number >= 1.
        as_of: the day up to which the data reach, which counts to its end.
        by: ``"kind"``, a segment name of the log, several, ``"account"``, or labels of the log's length. An account
            counts once in every group in which it has a held meeting.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no account has a held meeting that is old enough. It says its days, and
        :func:`change` compares it with no others.

    Raises:
        MetricInputError: if a column is not there, ``days`` is not a whole number >= 1, ``as_of`` is not one day, or
            the two tables name accounts differently.

    Example:
        >>> import abmmetrics as abm
        >>> log = abm.MeetingLog(
        ...     account=["Acme", "Beta", "Core"],
        ...     meeting=[1, 2, 3],
        ...     at=["2026-01-12", "2026-01-20", "2026-03-25"],
        ...     outcome="held",
        ... )
        >>> deals = abm.Opportunities(account=["Acme", "Beta"], created=["2026-02-02", "2026-01-05"], outcome="open")
        >>> rate = abm.meeting_to_opportunity_rate(log, deals, days=30, as_of="2026-03-31")
        >>> float(rate), rate.excluded
        (0.5, {'held less than 30 days before as_of': 1})

    References:
        Wilson (1927), Journal of the American Statistical Association 22, 209–212, for the interval.
    """
    until = _checks.as_date("as_of", as_of)
    within = _checks.as_whole("days", days, 1)
    held: NDArray[np.bool_] = log.column("outcome") == "held"
    on, nameless = log.at.astype("datetime64[D]"), log.account.missing()
    later, young = on > until, on > until - np.timedelta64(within, "D")
    mature = held & ~nameless & ~young
    theirs = account_codes("log", log, "opportunities", opportunities)
    created = opportunities.column("created")
    undated = np.isnat(created)
    made = np.sort(_places(theirs, created)[~undated])  # those of other accounts come first, and match none
    begin = _places(log.account.codes(), on)
    # The first opportunity of the account that is not before the meeting; beyond the last there is none.
    following = np.append(made, _NEVER)[np.searchsorted(made, begin)]
    converted = mature & (following - begin <= within)
    lost = {
        "no account": held & nameless,
        "held after as_of": held & ~nameless & later,
        f"held less than {within} days before as_of": held & ~nameless & young & ~later,
        "opportunities without an account": opportunities.account.missing(),
        "opportunities without a created date": ~opportunities.account.missing() & undated,
    }
    sums = log.account_sums({"mature": mature, "converted": converted}, by)
    excluded = add_up(sums.excluded, opportunities.excluded, count_rows(lost))
    return estimation.share(
        "meeting_to_opportunity_rate",
        attrs.evolve(sums, rows=sums["mature"].astype(np.int64), excluded=excluded),
        (sums["converted"] > 0).astype(np.float64),
        (sums["mature"] > 0).astype(np.float64),
        confidence=confidence,
        undefined="no account has a held meeting that is old enough",
        remarks=[f"variant: opportunities created within {within} days from a held meeting on, none before it"],
    )


def _places(accounts: NDArray[np.int64], days: Dates) -> NDArray[np.int64]:
    """Return whole numbers that sort by account, then by day."""
    return accounts * _SPAN + days.astype(np.int64)
