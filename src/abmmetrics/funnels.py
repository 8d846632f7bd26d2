"""The result of a funnel: who reached which step, who was lost where, and how long it took."""

import html
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from abmmetrics._labels import Label
from abmmetrics._reading import is_listed
from abmmetrics._result_groups import beside, group_labels, one_group, place_of
from abmmetrics.results import Estimate, format_value

__all__ = ["Durations", "Funnel"]

Counts: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

DAY = 86_400_000_000  # microseconds
_HEADS = ("step", "reached", "of the first step", "of the step before", "lost", "median from the first", "from before")


@attrs.frozen(kw_only=True, eq=False)
class Durations:
    """How long something took, in days: one figure for each group, NaN where nobody got so far.

    Attributes:
        first_quartile: a quarter took at most so long.
        median: half took at most so long.
        third_quartile: three quarters took at most so long.
        mean: the arithmetic mean, which follows the slowest.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.JourneyEvents(
        ...     account=["Acme", "Acme", "Beta", "Beta"],
        ...     step=["Visit", "Demo", "Visit", "Demo"],
        ...     at=["2026-03-02", "2026-03-09", "2026-03-04", "2026-03-05"],
        ... )
        >>> took = abm.funnel(events, ["Visit", "Demo"]).days["Demo"]
        >>> took.median.tolist(), took.mean.tolist()
        ([4.0], [4.0])
    """

    first_quartile: Floats
    median: Floats
    third_quartile: Floats
    mean: Floats

    def take(self, group: int) -> "Durations":
        """Return the figures of one group."""
        return Durations(**{name: figures[group : group + 1] for name, figures in attrs.asdict(self).items()})


def durations(days: Floats, group: NDArray[np.int64], groups: int) -> Durations:
    """Return quartiles, between two neighbours in proportion, and the mean of the figures of each group."""
    ordered = days[np.lexsort([days, group])]
    count = np.bincount(group, minlength=groups)
    begin = np.cumsum(count) - count
    some = count > 0

    def quantile(share: float) -> Floats:
        found = np.full(groups, math.nan)
        place = share * (count[some] - 1)
        low = np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, count[some] - 1)
        below, above = ordered[begin[some] + low], ordered[begin[some] + high]
        found[some] = below + (place - low) * (above - below)
        return found

    mean = np.full(groups, math.nan)
    mean[some] = np.bincount(group, days, minlength=groups)[some] / count[some]
    return Durations(first_quartile=quantile(0.25), median=quantile(0.5), third_quartile=quantile(0.75), mean=mean)


def apart(  # noqa: PLR0917 - who, and why
    unit: str, first: Label, within_days: float | None, as_of: np.datetime64 | None, immature: int, midway: int
) -> list[str]:
    """Say how many are not in the funnel, and why."""
    notes: list[str] = []
    if immature:
        since = f"entered less than {within_days:g} days before {moment_text(as_of)}"
        notes.append(f"{unit}s too young to judge ({since}): {immature:,}")
    if midway:
        notes.append(f"{unit}s that took later steps and never {first!r}: {midway:,}")
    return notes


def moment_text(moment: np.datetime64 | None) -> str:
    """Write a day, or a moment to the second."""
    return str(moment)[:19].replace("T", " ")


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Funnel:
    """How far along a list of steps accounts came, all together or for each group.

    Figures are arrays with one entry for each group, one entry when pooled. ``funnel["Enterprise"]``
    is the funnel of one group.

    Attributes:
        steps: the names of the steps, in order.
        unit: who takes the steps: ``"account"``, or the segment that was named.
        order: which order the steps had to be taken in.
        entry: which of an account's first steps could begin a chain.
        within_days: how long a chain could take; None for any time.
        as_of: the time up to which events count.
        groups: segment name to the label of each group; empty when pooled.
        reached: for each step how many reached it, of those that entered and can be judged.
        dropped: for each later step how many reached the step before and not this one.
        conversion: for each later step its share of the first step.
        step_conversion: for each later step its share of the step before.
        drop_off: for each later step the share of the step before that was lost; 1 - ``step_conversion``.
        drop_off_from_first: for each later step the share of the first step that was lost; 1 - ``conversion``.
        days: for each later step how long those that reached it took from the beginning.
        step_days: for each later step how long they took from the step before.
        immature: how many entered less than ``within_days`` before ``as_of``, so that they cannot be judged.
        entered_midway: how many took later steps and never the first.
        excluded: reason to the number of events left out.
        remarks: notes on the whole result.

    Example:
        >>> import abmmetrics as abm
        >>> events = abm.JourneyEvents(
        ...     account=["Acme", "Acme", "Beta"],
        ...     step=["Visit", "Demo", "Visit"],
        ...     at=["2026-03-02", "2026-03-09", "2026-03-04"],
        ... )
        >>> found = abm.funnel(events, ["Visit", "Demo"])
        >>> float(found.conversion["Demo"]), found.days["Demo"].median.tolist()
        (0.5, [7.0])
    """

    steps: tuple[Label, ...]
    unit: str
    order: str
    entry: str
    within_days: float | None
    as_of: np.datetime64 | None
    groups: Mapping[str, list[Label]]
    reached: Mapping[Label, Counts]
    dropped: Mapping[Label, Counts]
    conversion: Mapping[Label, Estimate]
    step_conversion: Mapping[Label, Estimate]
    drop_off: Mapping[Label, Estimate]
    drop_off_from_first: Mapping[Label, Estimate]
    days: Mapping[Label, Durations]
    step_days: Mapping[Label, Durations]
    immature: Counts
    entered_midway: Counts
    excluded: Mapping[str, int]
    remarks: tuple[str, ...]

    def __len__(self) -> int:
        """Number of groups; 1 when pooled."""
        return len(self.immature)

    @property
    def labels(self) -> list[Any]:
        """The label of each group; tuples where there are several segments, ``"all"`` when pooled."""
        return group_labels(self.groups)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: who was set apart, and why there is nothing to see."""
        immature, midway = int(self.immature.sum()), int(self.entered_midway.sum())
        return (*self.remarks, *apart(self.unit, self.steps[0], self.within_days, self.as_of, immature, midway))

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the labels of the groups."""
        return iter(self.labels)

    def __getitem__(self, label: Any) -> "Funnel":  # noqa: ANN401 - a label, or a tuple of them
        """Return the funnel of one group."""
        return self._take(place_of(self.labels, label))

    def _take(self, group: int) -> "Funnel":
        taken: dict[str, Any] = {"groups": one_group(self.groups, group)}
        for name in ("reached", "dropped"):
            taken[name] = {step: counts[group : group + 1] for step, counts in getattr(self, name).items()}
        for name in ("conversion", "step_conversion", "drop_off", "drop_off_from_first"):
            taken[name] = {step: share.take(np.array([group])) for step, share in getattr(self, name).items()}
        for name in ("days", "step_days"):
            taken[name] = {step: durations.take(group) for step, durations in getattr(self, name).items()}
        for name in ("immature", "entered_midway"):
            taken[name] = getattr(self, name)[group : group + 1]
        return attrs.evolve(self, **taken)

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns of the result as lists, one entry for each group and step, for any frame's constructor.

        What the first step cannot have, and undefined values, are NaN. A segment named like one of the figures
        becomes a column such as ``segment reached``.
        """
        steps = list(self.steps)
        groups = range(len(self))
        columns: dict[str, list[Any]] = {
            "step": steps * len(self),
            "reached": [int(self.reached[step][group]) for group in groups for step in steps],
            "dropped": self._later(self.dropped, np.asarray),
        }
        for name in ("conversion", "step_conversion"):
            shares: Mapping[Label, Estimate] = getattr(self, name)
            columns[name] = self._later(shares, operator.attrgetter("value"))
            columns[f"{name}_low"] = self._later(shares, operator.attrgetter("low"))
            columns[f"{name}_high"] = self._later(shares, operator.attrgetter("high"))
        for name in ("drop_off", "drop_off_from_first"):
            columns[name] = self._later(getattr(self, name), operator.attrgetter("value"))
        for name in ("days", "step_days"):
            for figure in attrs.fields_dict(Durations):
                columns[f"{name}_{figure}"] = self._later(getattr(self, name), operator.attrgetter(figure))
        for name in ("immature", "entered_midway"):
            columns[name] = [count for count in getattr(self, name).tolist() for _ in steps]
        return beside(self.groups, columns, len(steps))

    def _later(self, held: Mapping[Label, Any], figures: Callable[[Any], NDArray[Any]]) -> list[Any]:
        """List a figure that the first step does not have."""
        return [
            figures(held[step])[group].item() if step in held else math.nan
            for group in range(len(self))
            for step in self.steps
        ]

    def __str__(self) -> str:
        """Show the funnel as a table for each group."""
        lines = [self._title()]
        for group, label in enumerate(self.labels):
            if self.groups:
                lines.append(f"{', '.join(self.groups)}: {_label_text(label)}")
            rows = [_HEADS, *self._cells(group)]
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            lines += [
                "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
                for row in rows
            ]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  left out: {count:,} events, {reason}" for reason, count in self.excluded.items()]
        return "\n".join(lines)

    __repr__ = __str__

    def _title(self) -> str:
        order = {"sequential": "in order", "strict": "in strict order", "any": "in any order"}[self.order]
        within = "" if self.within_days is None else f", within {self.within_days:g} days"
        first = ", from the first entry" if self.entry == "first" else ""
        return f"funnel of {self.unit}s, {order}{within}{first}"

    def _cells(self, group: int) -> list[tuple[str, ...]]:
        """Return the text of each step of a group."""
        first = self.steps[0]
        rows: list[tuple[str, ...]] = [(str(first), f"{self.reached[first][group]:,}", "", "", "", "", "")]
        rows += [
            (
                str(step),
                f"{self.reached[step][group]:,}",
                _share_text(self.conversion[step], group),
                _share_text(self.step_conversion[step], group),
                f"{self.dropped[step][group]:,}",
                _days_text(self.days[step].median[group]),
                _days_text(self.step_days[step].median[group]),
            )
            for step in self.steps[1:]
        ]
        return rows

    def _repr_html_(self) -> str:
        """Show the funnel as an HTML table in notebooks; every label is escaped."""
        heads = [*self.groups, *_HEADS]
        rows: list[str] = []
        for group in range(len(self)):
            names = [str(labels[group]) for labels in self.groups.values()]
            rows += [
                "".join(f"<td>{html.escape(cell)}</td>" for cell in (*names, *cells)) for cells in self._cells(group)
            ]
        notes = [*self.notes, *(f"left out: {count:,} events, {reason}" for reason, count in self.excluded.items())]
        told = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        listed = f"<ul>{told}</ul>" if told else ""
        caption = f"<caption>{html.escape(self._title())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{listed}"


def _label_text(label: Any) -> str:  # noqa: ANN401 - a label, or a tuple of them
    return ", ".join(map(str, label)) if is_listed(label) else str(label)


def _share_text(share: Estimate, group: int) -> str:
    value, low, high = (figures[group].item() for figures in (share.value, share.low, share.high))
    if math.isnan(low):
        return format_value(value, "share")
    return f"{format_value(value, 'share')} ({format_value(low, 'share')} to {format_value(high, 'share')})"


def _days_text(days: float) -> str:
    """Write a duration in the unit that suits its size."""
    if math.isnan(days) or days >= 1:
        return "none" if math.isnan(days) else format_value(days, "days")
    hours = 24 * days
    if hours >= 1:
        return format_value(hours, "days").replace("days", "hours")
    return format_value(60 * hours, "minutes") if 60 * hours >= 1 else format_value(3600 * hours, "seconds")
