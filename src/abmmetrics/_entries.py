"""The entries of a scorecard, and how they are told in tables."""

import math
from collections.abc import Sequence

import attrs

from abmmetrics import _checks, _findings, _html
from abmmetrics._kpi_list import Kpi
from abmmetrics._page import Block
from abmmetrics.comparison import Change
from abmmetrics.opportunities import Opportunities
from abmmetrics.program import Program
from abmmetrics.results import IN_HUNDREDTHS, SIGNED, Estimate, Unit, format_value

__all__ = ["Entry"]

_MANY = 10
_ENDINGS = {"points": " points", "days": " days"}


@attrs.frozen(kw_only=True, eq=False)
class Entry:
    """A KPI of a scorecard.

    Attributes:
        line: the line of the list of KPIs that says how it is computed.
        title: what a reader calls it.
        estimate: its value with interval.
        baseline: its value before, where there is one.
        change: from the baseline, where there is one.
    """

    line: Kpi
    title: str
    estimate: Estimate
    baseline: Estimate | None = None
    change: Change | None = None

    @property
    def family(self) -> str:
        """The heading that it stands under."""
        return self.line.family

    def _repr_html_(self) -> str:
        """Show the figure as an HTML table in notebooks, its interval drawn, with its change."""
        moved = () if self.change is None else (f"change from the baseline: {self.change.sentence()}",)
        return _html.fragment(self.estimate.html_table(self.title), _html.remarks(moved))

    def change_baseline(self) -> Estimate:
        """Return the figure before; the figure itself where there is none."""
        return self.estimate if self.baseline is None else self.baseline

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the figure."""
        moved = () if self.change is None else self.change.notes
        left_out = (
            f"left out: {_checks.how_many(count, 'rows')}, {reason}" for reason, count in self.estimate.excluded.items()
        )
        # The currency stands once, above everything, and the title says which variant the figure is.
        known = ("scale of amounts", "variant: ")
        return (
            *(note for note in (*self.estimate.notes, *moved) if not note.startswith(known)),
            *left_out,
        )


def told(value: float, unit: Unit) -> str:
    """Write a figure; shares with two decimals, since one would make complaint rates all alike.

    Args:
        value: the figure.
        unit: what it is measured in.
    """
    return (
        f"{format_value(100 * value, 'ratio')} %"
        if unit == "share" and math.isfinite(value)
        else format_value(value, unit)
    )


def value_text(estimate: Estimate, row: int) -> str:
    return "suppressed" if estimate.suppressed[row] else told(estimate.value[row], estimate.unit)


def _span(low: float, high: float, unit: Unit) -> str:
    if math.isnan(low) and math.isnan(high):
        return "none"
    # Parts of a deal say nothing, but for a few deals.
    ends = [round(end) if unit == "count" and _MANY <= end < math.inf else end for end in (low, high)]
    first, last = (told(end, unit) for end in ends)
    ending = last.lstrip("-0123456789.,")
    return f"{first.removesuffix(ending)} to {last}"


def interval_text(estimate: Estimate, row: int) -> str:
    return "" if estimate.suppressed[row] else _span(estimate.low[row], estimate.high[row], estimate.unit)


def rests_on(estimate: Estimate, row: int) -> str:
    if estimate.suppressed[row]:
        return ""
    accounts = _checks.how_many(estimate.accounts[row], estimate.counted)
    if estimate.unit != "share" or estimate.numerator is None or estimate.denominator is None:
        return accounts
    if math.isnan(estimate.denominator[row]):
        return accounts
    parts = [format_value(figures[row], "count") for figures in (estimate.numerator, estimate.denominator)]
    return f"{parts[0]} of {parts[1]}; {accounts}"


def _signed(value: float) -> str:
    """Write a change with its sign, to one decimal, or two digits that count where it is small."""
    told = format_value(value / 100, "share").removesuffix(" %")
    return f"+{told}" if value > 0 and told.strip("0.") else told


def change_cells(change: Change) -> tuple[str, str]:
    """Say a change and how sure it is: of shares and scores the difference, of others the relative change."""
    if math.isnan(change.difference[0]):
        return "undefined", ""
    if change.unit in (*IN_HUNDREDTHS, *SIGNED) or not math.isfinite(change.relative[0]):
        scale, ending = (100.0, " pp") if change.unit in IN_HUNDREDTHS else (1.0, _ENDINGS.get(change.unit, ""))
        figures = (change.difference, change.difference_low, change.difference_high)
    else:
        scale, ending = 100.0, " %"
        figures = (change.relative, change.relative_low, change.relative_high)
    value, low, high = (_signed(scale * float(figure[0])) for figure in figures)
    if math.isnan(figures[1][0]):
        return f"{value}{ending}", ""
    sure = change.p_value[0] < 1 - change.confidence
    verdict = "no clear change" if not sure else "up" if change.difference[0] > 0 else "down"
    return f"{value}{ending} ({low} to {high})", verdict


def entries_block(title: str, entries: Sequence[Entry], confidence: float, *, wide: bool) -> Block:
    """Tell entries, a row for each.

    Args:
        title: the heading.
        entries: what to tell.
        confidence: confidence level of the intervals.
        wide: whether there is room for both what a figure rests on and its change.
    """
    compared = any(entry.baseline is not None for entry in entries)
    heads = ["", "value", f"{100 * confidence:g} % interval"]
    heads += ["rests on"] if wide or not compared else []
    heads += ["baseline", "change (interval)", "verdict"] if compared else []
    rows: list[tuple[str, ...]] = []
    for entry in entries:
        cells = [entry.title, value_text(entry.estimate, 0), interval_text(entry.estimate, 0)]
        cells += [rests_on(entry.estimate, 0)] if wide or not compared else []
        if compared:
            before = "" if entry.baseline is None else value_text(entry.baseline, 0)
            cells += [before, *(("", "") if entry.change is None else change_cells(entry.change))]
        rows.append(tuple(cells))
    return Block(title=title, heads=tuple(heads), rows=tuple(rows), remarks=remarks(entries))


def remarks(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Collect the notes of entries; one that several share is told once."""
    holders: dict[str, list[str]] = {}
    for entry in entries:
        for note in entry.notes:
            holders.setdefault(note, []).append(entry.title)
    return tuple(f"{', '.join(dict.fromkeys(titles))}: {note}" for note, titles in holders.items())


def breakdown_block(entry: Entry, confidence: float) -> Block:
    """Tell a KPI by segment, a row for each group.

    Args:
        entry: the KPI.
        confidence: confidence level of the intervals.
    """
    found = entry.estimate
    rows = tuple(
        (str(label), value_text(found, row), interval_text(found, row), rests_on(found, row))
        for row, label in enumerate(found.labels)
    )
    heads = (", ".join(found.groups), "value", f"{100 * confidence:g} % interval", "rests on")
    return Block(title=entry.title, heads=heads, rows=rows, remarks=entry.notes)


def data_block(program: Program, findings: Sequence[str]) -> Block:
    """Tell what the scorecard rests on, and what to know about it.

    Args:
        program: the programme.
        findings: what to know.
    """
    rows: list[tuple[str, ...]] = []
    for name, table in program.tables().items():
        if name in program.confidential():
            continue
        units = table.unit_labels()
        accounts = "" if units is None else f"{len(set(units.to_list()) - {None}):,}"
        rows.append((_findings.title(name).capitalize(), f"{len(table):,}", accounts))
        if isinstance(table, Opportunities):
            counts = [(word, int((table.outcome == word).sum())) for word in ("won", "lost", "open")]
            rows += [(f"{rows[-1][0]}: {word}", f"{count:,}", "") for word, count in counts]
    return Block(title="The data", heads=("", "rows", "accounts"), rows=tuple(rows), remarks=tuple(findings))
