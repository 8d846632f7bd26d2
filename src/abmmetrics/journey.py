"""The journey: calls to action, and how far along a list of steps accounts come.

A funnel follows accounts, not visits: an account that passes a step ten times passes it once.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics import _chains, _checks, _labels, _reading, _sums, columns, estimation
from abmmetrics._chains import Chains, Log
from abmmetrics._labels import Label, Labels
from abmmetrics._matching import add_up, count_rows
from abmmetrics._sums import AccountSums
from abmmetrics.columns import Counts, Dates
from abmmetrics.funnels import DAY, Durations, Funnel, apart, durations, moment_text
from abmmetrics.periods import last_moment
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = ["CallsToAction", "Durations", "Funnel", "JourneyEvents", "cta_conversion_rate", "funnel"]

_LONGEST = 2**62  # microseconds, longer than any data  # mutation: equivalent, so are other large numbers


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CallsToAction(Table):
    """Calls to action shown to accounts: one row for each showing, or sums of any number of them.

    Attributes:
        account: the account that saw the call.
        cta: which call to action it was: its name, or where on the journey it stands.
        shown: how often it was shown.
        converted: how many of these showings led to the action.

    Example:
        >>> import abmmetrics as abm
        >>> abm.CallsToAction(account=["Acme", "Beta"], cta=["Book a demo"] * 2, shown=[40, 20], converted=[2, 1])
        CallsToAction(2 rows, 2 accounts; cta, shown, converted)
    """

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (("converted", "shown"),)

    account: Labels = attrs.field(converter=columns.labels)
    cta: Labels = attrs.field(converter=columns.labels)
    shown: Counts = attrs.field(converter=columns.counts)
    converted: Counts = attrs.field(converter=columns.counts)


def cta_conversion_rate(calls: CallsToAction, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the showings of calls to action that led to the action.

    call-to-action conversion rate = Σ converted / Σ shown; of every call to action with ``by="cta"``.

    Leaves out: what came of the action later (:func:`funnel`), and pages on which the call was
    never seen. Count people instead of showings (1 for each who saw it, 1 for each who acted) for
    the rate of unique visitors.

    Args:
        calls: calls to action.
        by: ``"cta"``, a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was shown.

    Raises:
        MetricInputError: if a segment is not known.

    Example:
        >>> import abmmetrics as abm
        >>> calls = abm.CallsToAction(
        ...     account=["Acme", "Beta", "Acme", "Beta"],
        ...     cta=["Book a demo", "Book a demo", "Read on", "Read on"],
        ...     shown=[40, 60, 10, 30],
        ...     converted=[2, 3, 4, 6],
        ... )
        >>> [(cta, float(rate)) for cta, rate in abm.cta_conversion_rate(calls, by="cta").items()]
        [('Book a demo', 0.05), ('Read on', 0.25)]

    References:
        HubSpot, "Analyze your CTAs": clicks of a call to action by its views.
    """
    return estimation.share_of_columns("cta_conversion_rate", calls, "converted", "shown", by, confidence=confidence)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class JourneyEvents(Table):
    """What accounts did and when: one row for each event.

    Attributes:
        account: the account whose event it is; an event without one is left out of a funnel and counted.
        step: what happened.
        at: when it happened.

    Example:
        >>> import abmmetrics as abm
        >>> abm.JourneyEvents(account=["Acme", "Acme"], step=["Visit", "Demo"], at=["2026-03-02", "2026-03-09"])
        JourneyEvents(2 rows, 1 account; step, at)
    """

    additive: ClassVar[bool] = False

    account: Labels = attrs.field(converter=columns.labels)
    step: Labels = attrs.field(converter=columns.labels)
    at: Dates = attrs.field(converter=columns.moments)


def funnel(
    events: JourneyEvents,
    steps: Sequence[Label] | Mapping[str, Label | Sequence[Label]],
    *,
    unit: str = "account",
    within_days: float | None = None,
    order: Literal["sequential", "strict", "any"] = "sequential",
    entry: Literal["any", "first"] = "any",
    as_of: Any = None,  # noqa: ANN401 - any kind of date
    by: By = None,
    confidence: float = 0.95,
) -> Funnel:
    """How far along a list of steps accounts came, where they were lost, and how long they took.

    conversion to step k = accounts that reached step k / accounts that reached the first step;
    drop-off at step k = 1 - accounts that reached step k / accounts that reached step k - 1.

    An account may try several times. A chain begins with one of its first steps and takes every
    later step as soon as it comes, at or after the step before: equal times count as in order, and
    any other event may lie between. One event fills one step. The deepest chain counts, and of
    equally deep ones the earliest.

    * ``order="strict"``: no other step of the funnel may lie between two steps of a chain, later than the one and
      earlier than the other. The same step once more is no other step, and events that are no step do not matter.
    * ``order="any"``: step k is reached with all of the steps 1 to k, in any order; the window runs from the earliest
      of them, and step k is reached when the last of them is.

    Leaves out: accounts that took later steps and never the first, which are counted as ``entered_midway``.
    With ``within_days``, accounts whose first entry is younger than that are counted as ``immature``: they
    may still convert, and would make the latest cohort look worse. Without it nobody is immature, and accounts
    that entered lately had less time than others.

    Args:
        events: what accounts did and when.
        steps: at least two names of steps, in order; or a mapping of names to the event, or the several events,
            that make up each step.
        unit: who takes the steps: ``"account"``, or a segment such as ``"contact"``: then each contact of an
            account is followed for itself, and intervals come from leaving out accounts.
        within_days: how many days a chain may take from its first step, the last moment included; None for any time.
        order: ``"sequential"``, ``"strict"`` or ``"any"``.
        entry: ``"any"`` first step of an account may begin a chain, or only its ``"first"`` one ever.
        as_of: events after it are left out and counted; a day counts to its end. Without it the last event is
            where the data end.
        by: a segment name, several, ``"account"``, or labels of the table's length. An account belongs to the
            group of the event with which it took the first step first (the label that sorts first, if it did so
            twice at once).
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The funnel: counts, shares with intervals (exactly Wilson's, for an account is one trial), days.
        Shares are undefined where nobody reached the step that they are of.

    Raises:
        MetricInputError: if steps are not known (the message lists those that are), fewer than two or named twice, if
            an option is not known, or if ``within_days`` is not above 0.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.JourneyEvents(
        ...     account=["Acme", "Acme", "Acme", "Beta", "Beta", "Core"],
        ...     step=["Visit", "Demo", "Proposal", "Visit", "Demo", "Visit"],
        ...     at=["2026-03-02", "2026-03-09", "2026-03-30", "2026-03-04", "2026-03-05", "2026-03-06"],
        ... )
        >>> found = abm.funnel(events, ["Visit", "Demo", "Proposal"])
        >>> [(step, round(float(share), 3)) for step, share in found.conversion.items()]
        [('Demo', 0.667), ('Proposal', 0.333)]
        >>> found.dropped["Proposal"].tolist(), found.days["Demo"].median.tolist()
        ([1], [4.0])

    References:
        Amplitude, "How Amplitude computes funnels"; ClickHouse, ``windowFunnel``; PostHog, "Funnels".
    """
    named = _read_steps(steps)
    _check_events(events.step, named)
    _checks.as_option("unit", unit, ["account", *events.segments])
    _checks.as_option("order", order, ("sequential", "strict", "any"))
    _checks.as_option("entry", entry, ("any",) if order == "any" else ("any", "first"))
    window = None
    if within_days is not None:
        within_days = _checks.in_interval("within_days", within_days, 0, math.inf)
        window = round(min(within_days * DAY, _LONGEST))
    groups = events.grouping(by)
    until, end = _data_end(events, as_of)
    keep, lost = _usable(events, unit, None if as_of is None else end)
    units, account_of = _units(events, unit)
    log = Log(
        units=units,
        steps=events.step,
        step_of=_step_numbers(events.step, named),
        number=len(named),
        at=events.at.view(np.int64),
        keep=keep,
    )
    chains = _chains.find_chains(log, window=window, order=order, entry=entry)
    young = np.zeros(len(chains.units), dtype=bool) if window is None else chains.entered > end - window
    if groups:
        rows = _chains.first_rows(log, chains, list(groups.values()))
        groups = {name: labels.where(rows) for name, labels in groups.items()}
    members = np.concatenate([chains.units, chains.midway])
    accounts = Labels(members if account_of is None else account_of[members], events.account.categories)
    depth, immature, midway = _standing(chains, young)
    came = {"immature": immature, "midway": midway, **{f"step {place}": depth > place for place in range(len(named))}}
    sums = _sums.sum_accounts(len(members), accounts, groups, came)
    sums = attrs.evolve(
        sums, rows=sums["step 0"].astype(np.int64), excluded=add_up(events.excluded, lost, sums.excluded)
    )
    remarks = _remarks(events, log, chains, list(named))
    told = [*remarks, *apart(unit, next(iter(named)), within_days, until, immature.sum(), midway.sum())]
    return Funnel(
        unit=unit,
        order=order,
        entry=entry,
        within_days=within_days,
        as_of=until,
        groups=sums.groups,
        immature=_totals(sums, "immature"),
        entered_midway=_totals(sums, "midway"),
        excluded=sums.excluded,
        remarks=tuple(remarks),
        **_figures(sums, list(named), told, confidence),
        **_spells(chains, depth, groups, list(named), sums.size),
    )


def _read_steps(steps: Any) -> dict[Any, list[Any]]:  # noqa: ANN401 - whatever the caller gave
    """Return the events that make up each step, by the step's name."""
    if _reading.is_mapping(steps):
        named = {name: list(what) if _reading.is_listed(what) else [what] for name, what in steps.items()}
    elif _reading.is_listed(steps) and not any(_reading.is_listed(name) for name in steps):
        named = {name: [name] for name in steps}
        if len(named) < len(steps):
            again = next(name for place, name in enumerate(steps) if name in steps[:place])
            raise _checks.refuse("steps", "differ from each other", _checks.phrase(f"{again!r} twice"))
    else:
        raise _checks.refuse("steps", "be a list of names, or a mapping of names to events", steps)
    if len(named) < 2:  # noqa: PLR2004 - of one step there is no conversion
        raise _checks.refuse("steps", "be at least two", list(named))
    return named


def _check_events(labels: Labels, named: Mapping[Any, list[Any]]) -> None:
    """Refuse steps of no event, of one that is not known, and of one that another step is of."""
    known = _labels.as_python_list(labels.categories)
    if labels.categories.dtype.kind != "O":  # the numbers between two that occur need not occur
        known = [known[code] for code in np.flatnonzero(np.bincount(labels.codes(), minlength=len(known)))]
    step_of: dict[Any, Any] = {}
    for step, what in named.items():
        if not what:
            raise _checks.refuse("steps", "each be of an event", _checks.phrase(f"none for {step!r}"))
        for event in what:
            if known and event not in known:
                raise _checks.refuse("steps", f"be among those of the events, {known[:20]}", event)
            if event in step_of:
                both = _checks.phrase(f"{event!r} in {step_of[event]!r} and {step!r}")
                raise _checks.refuse("steps", "be of different events, for an event fills one step", both)
            step_of[event] = step


def _step_numbers(labels: Labels, named: Mapping[Any, list[Any]]) -> NDArray[np.int64]:
    """Return for each category the place of the step that it belongs to; the number of steps if it is none."""
    place_of = {event: place for place, what in enumerate(named.values()) for event in what}
    names = _labels.as_python_list(labels.categories)
    return np.array([place_of.get(name, len(named)) for name in names], dtype=np.int64)


def _data_end(events: JourneyEvents, as_of: Any) -> tuple[np.datetime64 | None, int]:  # noqa: ANN401 - any kind of date
    """Return the time up to which events count, as it is shown and to the microsecond."""
    if as_of is None:
        last = int(events.at.view(np.int64).max(initial=-_LONGEST))
        return np.datetime64(last, "us") if len(events) else None, last
    raw = _reading.read_column("as_of", as_of)
    moments = _checks.as_moments("as_of", raw)
    if len(moments) != 1:
        raise _checks.refuse("as_of", "be one date", _checks.phrase(f"{len(moments)} values"))
    given = raw.values
    if given.dtype.kind != "M":  # ISO text: of up to ten characters it holds no time
        given = moments.astype("datetime64[D]") if len(given[0]) < len("2026-03-31T") else moments
    if np.datetime_data(given.dtype)[0] not in {"Y", "M", "W", "D"}:
        return moments[0], int(moments[0].astype(np.int64))
    # A day, or a month, counts to its end.
    return given[0], last_moment(given[0])


def _usable(events: JourneyEvents, unit: str, end: int | None) -> tuple[NDArray[np.bool_] | None, dict[str, int]]:
    """Tell which events can be followed (None: all), and count the others under the first reason."""
    columns = {"account": events.account, **({} if unit == "account" else {unit: events.segments[unit]})}
    lost = {f"no {name}": labels.missing() for name, labels in columns.items() if labels.has_missing}
    if end is not None:
        lost["after as_of"] = events.at.view(np.int64) > end
    if not lost:
        return None, {}
    keep = np.ones(len(events), dtype=bool)
    for reason, rows in lost.items():
        lost[reason] = keep & rows
        keep &= ~rows
    return keep, count_rows(lost)


def _units(events: JourneyEvents, unit: str) -> tuple[Labels, NDArray[np.int64] | None]:
    """Return whose event each row is, and the account of each of these units where they are not accounts."""
    if unit == "account":
        return events.account, None
    members = events.segments[unit]
    # One more than there are, so that a row without a label shares its number with none.
    apiece = len(members.categories) + 1  # mutation: equivalent, so does any more than that
    pairs = events.account.codes() * apiece
    pairs += members.codes()  # mutation: equivalent, a difference tells pairs apart as well
    _, first, codes = np.unique(pairs, return_index=True, return_inverse=True)
    return Labels(codes, first), events.account.codes()[first]


def _standing(
    chains: Chains, young: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the depth of each unit that can be judged, who is immature, and who entered midway."""
    strangers = np.zeros(len(chains.midway), dtype=bool)
    depth = np.append(np.where(young, 0, chains.depth), strangers.astype(np.int64))
    return depth, np.append(young, strangers), np.arange(len(depth)) >= len(young)


def _totals(sums: AccountSums, column: str) -> NDArray[np.int64]:
    return sums.total(sums[column]).astype(np.int64)


def _figures(sums: AccountSums, names: list[Any], remarks: list[str], confidence: float) -> dict[str, Any]:
    """Return the counts of a funnel, and its shares with their intervals."""

    def share(kpi: str, part: NDArray[np.float64], base: int, step: Label) -> Estimate:
        return estimation.share(
            f"{kpi} from {names[base]} to {step}",
            sums,
            part,
            sums[f"step {base}"],
            confidence=confidence,
            undefined=f"nobody reached {names[base]}",
            remarks=remarks,
        )

    figures: dict[str, Any] = {
        "steps": tuple(names),
        "reached": {step: _totals(sums, f"step {place}") for place, step in enumerate(names)},
        "dropped": {},
        "conversion": {},
        "step_conversion": {},
        "drop_off": {},
        "drop_off_from_first": {},
    }
    for place, step in enumerate(names[1:], start=1):
        before, here = sums[f"step {place - 1}"], sums[f"step {place}"]
        figures["dropped"][step] = figures["reached"][names[place - 1]] - figures["reached"][step]
        figures["conversion"][step] = share("conversion", here, 0, step)
        figures["step_conversion"][step] = share("conversion", here, place - 1, step)
        figures["drop_off"][step] = share("drop-off", before - here, place - 1, step)
        figures["drop_off_from_first"][step] = share("drop-off", sums["step 0"] - here, 0, step)
    return figures


def _spells(
    chains: Chains, depth: NDArray[np.int64], groups: Mapping[str, Labels], names: list[Any], size: int
) -> dict[str, Any]:
    """Return how long the units of each group took for each step, from the beginning and from the step before."""
    # Each unit a cell of its own: that numbers the groups as the sums do.
    cells = _sums.sum_accounts(len(depth), None, groups, {})
    group = np.full(len(depth), -1)  # mutation: equivalent, below 0 is no group
    group[cells.account] = cells.group
    group, depth = group[: len(chains.units)], depth[: len(chains.units)]
    # Where steps may come in any order, one is reached when all before it are, too.
    done = np.maximum.accumulate(chains.at)
    in_chain = np.arange(len(names))[:, np.newaxis] < chains.depth
    begin = np.where(in_chain, chains.at, done[0]).min(axis=0)  # mutation: equivalent, who has no done[1] is not asked
    days: dict[Any, Durations] = {}
    step_days: dict[Any, Durations] = {}
    for place, step in enumerate(names[1:], start=1):
        got = (depth > place) & (group >= 0)
        days[step] = durations((done[place] - begin)[got] / DAY, group[got], size)
        step_days[step] = durations((done[place] - done[place - 1])[got] / DAY, group[got], size)
    return {"days": days, "step_days": step_days}


def _remarks(events: JourneyEvents, log: Log, chains: Chains, names: list[Any]) -> list[str]:
    """Say why there is nothing to see where there is nothing."""
    if len(events) == 0:
        return ["there are no events"]
    if log.keep is not None and not log.keep.any():
        return [f"every event was left out; the first is of {moment_text(events.at.min())}"]
    return [f"no event of the step {name!r}" for place, name in enumerate(names) if not chains.seen[place]]
