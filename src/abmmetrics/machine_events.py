"""E-mail events that machines made: flagged with the reason, none removed.

Security gateways open mails and click links before anybody reads them. No rule finds all of
that and every rule finds people too, hence flags: look at them, and count with and without.
That a click came before the open is no sign of a machine, for blocked images hide opens.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _checks, _grouped, _reading, columns
from abmmetrics._grouped import Integers
from abmmetrics._labels import Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics.columns import Dates
from abmmetrics.email import Emails
from abmmetrics.tables import Table

__all__ = [
    "BurstClicks",
    "EmailEvents",
    "HoneypotHits",
    "MachineEvents",
    "SoonAfterDelivery",
    "count_emails",
    "flag_machine_events",
]

Mask = NDArray[np.bool_]

_KINDS = ("delivered", "open", "click")
_SECOND = 1_000_000  # microseconds
_DAY = 86_400
_NEVER = 2**62  # microseconds, later than any data  # mutation: equivalent, so are other large numbers


@attrs.frozen(kw_only=True, eq=False, repr=False)
class EmailEvents(Table):
    """What happened to mails and when: one row for each event.

    A mail is one message to one recipient.

    Attributes:
        account: the account that the recipient belongs to.
        message: the message, such as a campaign's mail.
        recipient: whom it was sent to.
        kind: ``"delivered"``, ``"open"`` or ``"click"``.
        at: when it happened.
        link: which link was clicked; none for other events.

    Example:
        >>> import abmmetrics as abm
        >>> abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient="ada@acme.example",
        ...     kind=["delivered", "open", "click"],
        ...     at=["2026-03-02 09:00", "2026-03-02 09:20", "2026-03-02 09:21"],
        ...     link=[None, None, "/demo"],
        ... )
        EmailEvents(3 rows, 1 account; message, recipient, kind, at, link)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    message: Labels = attrs.field(converter=columns.labels)
    recipient: Labels = attrs.field(converter=columns.labels)
    kind: Labels = attrs.field(converter=columns.labels)
    at: Dates = attrs.field(converter=columns.moments)
    link: Labels | None = attrs.field(default=None, converter=columns.labels_or_none)

    def check_rows(self) -> None:
        """Refuse unknown kinds of events."""
        _checks.as_choice("kind", self.kind, _KINDS)


def _window(_: object, field: "attrs.Attribute[Any]", value: object) -> None:
    _checks.in_interval(field.name, value, 0, _DAY, low_open=False, high_open=False)


def _at_least_two(_: object, field: "attrs.Attribute[Any]", value: object) -> None:
    _checks.as_whole(field.name, value, 2)


def _label(_: object, field: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, str | int) or value == "":
        raise _checks.refuse(field.name, "be the label of a link", value)


@attrs.frozen(kw_only=True)
class BurstClicks:
    """Clicks of a mail among which several different links lie within a few seconds.

    Attributes:
        links: how many different links of one mail make a burst, at least 2.
        seconds: within how long, the last moment included.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient="ada",
        ...     kind="click",
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:01", "2026-03-02 11:00:00"],
        ...     link=["/demo", "/prices", "/demo"],
        ... )
        >>> abm.BurstClicks(links=2, seconds=1).flags(events).tolist()
        [True, True, False]

    References:
        Marketo, "Filtering email bot activity": the proximity pattern, more than two activities within 2 seconds (since
        September 2022 within one).
    """

    links: int = attrs.field(default=3, validator=_at_least_two)
    seconds: float = attrs.field(default=2.0, validator=_window)

    @property
    def reason(self) -> str:
        """What the events are flagged as."""
        return f"{self.links} links within {self.seconds:g} s"

    def flags(self, events: EmailEvents) -> Mask:
        """Tell which events the rule holds for."""
        found = np.zeros(len(events), dtype=bool)
        link = _links(events).codes()
        clicks = np.flatnonzero((events.kind == "click") & (link >= 0))
        mail = _mails(events)[clicks]
        order = np.lexsort([events.at[clicks], mail])
        clicks, mail = clicks[order], mail[order]
        window = round(self.seconds * _SECOND)
        line = _grouped.unrolled(mail, events.at[clicks].view(np.int64), window)
        begin = np.searchsorted(line, line - window)  # of each click the first one that its window reaches back to
        before = _same_before(mail, link[clicks])
        place = np.arange(len(clicks))
        different = np.zeros(len(clicks), dtype=np.int64)
        asked, back = place, 0
        while len(asked):  # one step further back for every click whose window reaches there
            different[asked] += before[asked - back] < begin[asked]
            back += 1
            asked = asked[(asked - back >= begin[asked]) & (different[asked] < self.links)]
        last = place[different >= self.links]
        edges = np.zeros(len(clicks) + 1, dtype=np.int64)
        np.add.at(edges, begin[last], 1)
        np.add.at(edges, last + 1, -1)
        found[clicks[np.cumsum(edges[:-1]) > 0]] = True
        return found


@attrs.frozen(kw_only=True)
class HoneypotHits:
    """Clicks of a link that people cannot see, and what the same recipient's machine did around them.

    Attributes:
        link: the invisible link.
        seconds: opens and clicks of the recipient are flagged up to so long before and after a hit.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient="ada",
        ...     kind="click",
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:04", "2026-03-02 11:00:00"],
        ...     link=["/demo", "/hidden", "/demo"],
        ... )
        >>> abm.HoneypotHits(link="/hidden").flags(events).tolist()
        [True, True, False]

    References:
        Mautic issue 9798, "Email Protection Systems Generate Invalid Traffic", where 10 seconds served mails of 7 to 8
        links.
    """

    link: str | int = attrs.field(validator=_label)
    seconds: float = attrs.field(default=10.0, validator=_window)

    @property
    def reason(self) -> str:
        """What the events are flagged as."""
        return f"within {self.seconds:g} s of the honeypot {self.link}"

    def flags(self, events: EmailEvents) -> Mask:
        """Tell which events the rule holds for."""
        found = np.zeros(len(events), dtype=bool)
        hit = (_links(events) == self.link) & (events.kind == "click")
        recipient = events.recipient.codes()
        order = np.lexsort([events.at, recipient])
        window = round(self.seconds * _SECOND)
        line = _grouped.unrolled(recipient[order], events.at[order].view(np.int64), window)
        hits = line[hit[order]]
        near = np.searchsorted(hits, line - window) < np.searchsorted(hits, line + window, side="right")
        found[order] = near
        return found & (events.kind != "delivered")


@attrs.frozen(kw_only=True)
class SoonAfterDelivery:
    """Opens and clicks of a mail up to a few seconds after it was delivered, or before that.

    A mail without a delivery is not judged.

    Attributes:
        seconds: up to how long after the first delivery, the last moment included.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient="ada",
        ...     kind=["delivered", "open", "open"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:02", "2026-03-02 11:00:00"],
        ... )
        >>> abm.SoonAfterDelivery(seconds=2).flags(events).tolist()
        [False, True, False]

    References:
        Mautic issue 16263, "Bot detection misses cloud link-scanning security gateways": counted from delivery, not from
        sending, which gateways outlast.
    """

    seconds: float = attrs.field(default=2.0, validator=_window)

    @property
    def reason(self) -> str:
        """What the events are flagged as."""
        return f"within {self.seconds:g} s of delivery"

    def flags(self, events: EmailEvents) -> Mask:
        """Tell which events the rule holds for."""
        known, elapsed = _since_delivery(events)
        return (events.kind != "delivered") & known & (elapsed <= round(self.seconds * _SECOND))


Rule = BurstClicks | HoneypotHits | SoonAfterDelivery


def _mails(events: EmailEvents) -> Integers:
    """Number the mails: one message to one recipient."""
    apiece = len(events.recipient.categories)
    pairs = events.message.codes() * apiece + events.recipient.codes()
    mails: Integers = np.unique(pairs, return_inverse=True)[1]
    return mails


def _links(events: EmailEvents) -> Labels:
    events.column("link")  # or it is refused
    return cast("Labels", events.link)


def _since_delivery(events: EmailEvents) -> tuple[Mask, Integers]:
    """Tell of which events the mail's delivery is known, and the microseconds since then."""
    mail, at = _mails(events), events.at.view(np.int64)
    first = np.full(len(events), _NEVER)
    delivered = events.kind == "delivered"
    np.minimum.at(first, mail[delivered], at[delivered])
    return first[mail] < _NEVER, at - first[mail]


def _same_before(mail: Integers, link: Integers) -> Integers:
    """Return for each click the place of the one before of the same link in the same mail; -1 where there is none."""
    order = np.lexsort([np.arange(len(mail)), link, mail])
    before = np.full(len(mail), -1)
    same = (np.diff(mail[order]) == 0) & (np.diff(link[order]) == 0)
    before[order[1:][same]] = order[:-1][same]
    return before


@attrs.frozen(kw_only=True, eq=False, repr=False)
class MachineEvents:
    """Which e-mail events machines are suspected of, and why.

    Attributes:
        flagged: one True or False for each event.
        reasons: reason to the events that it holds for; an event may have several.
        judged: number of opens and clicks.
        notes: what a reader must know.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient="ada",
        ...     kind=["delivered", "open", "open"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:02", "2026-03-02 11:00:00"],
        ... )
        >>> found = abm.flag_machine_events(events, rules=[abm.SoonAfterDelivery()])
        >>> found.flagged.tolist(), found.judged, found.counts
        ([False, True, False], 2, {'within 2 s of delivery': 1})
    """

    flagged: Mask
    reasons: Mapping[str, Mask]
    judged: int
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of events, flagged or not."""
        return len(self.flagged)

    @property
    def counts(self) -> dict[str, int]:
        """Number of events by reason; one with several reasons counts under each."""
        return {reason: int(held.sum()) for reason, held in self.reasons.items()}

    def to_dict(self) -> dict[str, list[Any]]:
        """Return for each event whether it is flagged, and the reasons or None, for any frame's constructor."""
        codes = np.zeros(len(self), dtype=np.int64)
        texts: list[str] = [""]
        for reason, held in self.reasons.items():
            codes += held * len(texts)
            texts += [f"{text}; {reason}" if text else reason for text in texts]
        reasons = [texts[code] or None for code in codes.tolist()]
        return {"flagged": self.flagged.tolist(), "reason": reasons}

    def __str__(self) -> str:
        """Say how many events are flagged, and why."""
        lines = [f"{int(self.flagged.sum()):,} of {self.judged:,} opens and clicks flagged as a machine's"]
        lines += [f"  {reason}: {count:,}" for reason, count in self.counts.items()]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the sentence in notebooks; links are escaped."""
        return f"<pre>{html.escape(str(self))}</pre>"


def flag_machine_events(
    events: EmailEvents, *, rules: Sequence[Rule] = (BurstClicks(), SoonAfterDelivery())
) -> MachineEvents:
    """Flag opens and clicks that machines are suspected of, with the reason of each.

    An event is flagged where any rule holds for it. None is removed: :func:`count_emails` counts with the flags or
    without.

    Leaves out: what no rule shows, such as mails that Apple's proxies open hours later, and scanners with
    patience. Rules flag people too; look at a sample before relying on one.

    Args:
        events: events of mails, with the column ``link`` for rules that look at links.
        rules: some of :class:`BurstClicks`, :class:`HoneypotHits` and :class:`SoonAfterDelivery`.

    Returns:
        The flags, in the order of the events.

    Raises:
        MetricInputError: if there is no rule, something else is given for one, or the column ``link`` is missing.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient=["ada", "ada", "ada", "bob", "bob"],
        ...     kind=["delivered", "open", "click", "delivered", "open"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:00:01", "2026-03-02 09:20:00"] + ["2026-03-02 09:00:00"] * 2,
        ...     link=[None, None, "/demo", None, None],
        ... )
        >>> flags = abm.flag_machine_events(events)
        >>> flags
        2 of 3 opens and clicks flagged as a machine's
          3 links within 2 s: 0
          within 2 s of delivery: 2
        >>> flags.to_dict()["reason"]
        [None, 'within 2 s of delivery', None, None, 'within 2 s of delivery']

    References:
        Those of the rules.
    """
    given: Any = rules
    if not _reading.is_listed(given) or not given or not all(isinstance(rule, Rule) for rule in given):
        kinds = "BurstClicks, HoneypotHits and SoonAfterDelivery"
        raise _checks.refuse("rules", f"be a list of some of {kinds}", given)
    reasons = {rule.reason: rule.flags(events) for rule in rules}
    judged = events.kind != "delivered"
    notes: list[str] = []
    if any(isinstance(rule, SoonAfterDelivery) for rule in rules):
        unknown = int((judged & ~_since_delivery(events)[0]).sum())
        if unknown:
            notes.append(f"{unknown:,} opens and clicks are of mails without a delivery, and not judged by it")
    return MachineEvents(
        flagged=np.any(list(reasons.values()), axis=0),
        reasons=reasons,
        judged=int(judged.sum()),
        notes=tuple(notes),
    )


def count_emails(events: EmailEvents, *, machine: MachineEvents | None = None) -> Emails:
    """Count mails from their events: one row for each, for the rates of e-mails.

    A mail is opened if any open was seen and clicked if any link was clicked, however often. With flags, clicks of
    machines do not count, and a mail is opened by a machine if no open of it is a person's.

    Leaves out, and counts: events of mails without a delivery, of which nothing says that they arrived; and clicks
    of machines. Mails sent, bounces and replies are not among the events.

    Args:
        events: events of mails.
        machine: which of them machines made (:func:`flag_machine_events`); without it that is not known.

    Returns:
        The mails delivered, with ``opened``, ``clicked``, ``opened_or_clicked``, and ``machine_opened`` where flags are
        given. A mail has those segments in which all of its events with a label agree.

    Raises:
        MetricInputError: if a mail has several accounts, or the flags are of other events.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.EmailEvents(
        ...     account="Acme",
        ...     message="Spring",
        ...     recipient=["ada", "ada", "bob", "bob"],
        ...     kind=["delivered", "open", "delivered", "open"],
        ...     at=["2026-03-02 09:00:00", "2026-03-02 09:20:00", "2026-03-02 09:00:00", "2026-03-02 09:00:01"],
        ... )
        >>> flags = abm.flag_machine_events(events, rules=[abm.SoonAfterDelivery()])
        >>> abm.open_rate(abm.count_emails(events, machine=flags)).notes[0]
        '100.0 % with machine opens, 50.0 % without; what people opened lies between'

    References:
        Mailchimp, "About open tracking"; Salesforce, "Account Engagement email metrics", for what is unique.
    """
    if machine is not None and len(machine) != len(events):
        raise _checks.refuse(
            "machine", f"be flags of these {len(events)} events", _checks.phrase(f"flags of {len(machine)}")
        )
    by_machine = np.zeros(len(events), dtype=bool) if machine is None else machine.flagged
    mail = _mails(events)
    size = int(mail.max(initial=-1)) + 1

    def happened(rows: Mask) -> Mask:
        """Tell of which mails any of some events is."""
        return np.bincount(mail[rows], minlength=size) > 0

    delivered = happened(events.kind == "delivered")
    opens, clicks = events.kind == "open", events.kind == "click"
    opened, clicked = happened(opens)[delivered], happened(clicks & ~by_machine)[delivered]
    arrived = delivered[mail]
    rows, kept = np.flatnonzero(arrived), int(delivered.sum())
    group = (np.cumsum(delivered) - 1)[mail[rows]]
    lost = count_rows({"mail without a delivery": ~arrived, "click of a machine": arrived & clicks & by_machine})
    return Emails(
        account=_grouped.one_account(events.account, rows, group, kept, "mail"),
        delivered=np.ones(kept, dtype=bool),
        opened=opened,
        clicked=clicked,
        machine_opened=None if machine is None else opened & ~happened(opens & ~by_machine)[delivered],
        opened_or_clicked=opened | clicked,
        segments={name: _grouped.agreed(labels, rows, group, kept)[0] for name, labels in events.segments.items()},
        excluded=add_up(events.excluded, lost),
    )
