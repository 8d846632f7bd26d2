"""The scorecard: every KPI that a programme's tables allow, on one page.

Each figure comes with its interval, and with its change where there is a baseline. KPIs
that are better ignored stand apart, with what to watch instead; what the data cannot tell
is listed, with the reason.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from abmmetrics import _checks, _kpi_list, _labels, _result_blocks
from abmmetrics._entries import Entry, breakdown_block, data_block, entries_block
from abmmetrics._findings import findings
from abmmetrics._kpi_list import Kpi
from abmmetrics._page import Block, Page, as_html, as_html_fragment, as_markdown, as_text
from abmmetrics._result_blocks import Part
from abmmetrics.comparison import change
from abmmetrics.errors import MetricInputError
from abmmetrics.opportunities import Opportunities
from abmmetrics.periods import months_before, period
from abmmetrics.program import Program
from abmmetrics.results import Estimate
from abmmetrics.tables import Table

__all__ = ["Entry", "Scorecard", "scorecard"]

_YEAR = "fiscal year"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Scorecard:
    """Every KPI that a programme's tables allow.

    ``str(scorecard)`` is the page as plain text; notebooks show it as HTML.

    Attributes:
        program: what it is the scorecard of.
        baseline: what it is compared with, or None.
        entries: the KPIs, in order of families.
        ignored: KPIs that are better ignored; their notes say what to watch instead.
        year_over_year: the won deals of the latest fiscal year and the one before.
        years_note: why there is no year over year; empty where there is.
        breakdowns: KPIs by segments.
        parts: what is no single figure: the credit of campaigns, and what customers are expected to do.
        findings: what to know about the data.
        not_shown: why KPIs are not there.
        confidence: confidence level of the intervals.
    """

    program: Program
    baseline: Program | None
    entries: tuple[Entry, ...]
    ignored: tuple[Entry, ...]
    year_over_year: tuple[Entry, ...]
    years_note: str
    breakdowns: tuple[Entry, ...]
    parts: tuple[Part, ...] = ()
    findings: tuple[str, ...]
    not_shown: tuple[str, ...]
    confidence: float

    def __str__(self) -> str:
        """Write the page as plain text."""
        return as_text(self._written(wide=False))

    __repr__ = __str__

    def to_markdown(self) -> str:
        """Write the page as Markdown."""
        return as_markdown(self._written(wide=True))

    def to_html(self) -> str:
        """Write the page as one HTML file that needs nothing else."""
        return as_html(self._written(wide=True))

    def _repr_html_(self) -> str:
        """Show the page in notebooks."""
        return as_html_fragment(self._written(wide=True))

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the entries and the KPIs to ignore as columns, for any frame's constructor."""
        columns: dict[str, list[Any]] = {}
        for part, entries in (("kpi", self.entries), ("to ignore", self.ignored)):
            for entry in entries:
                told = entry.estimate.to_dict()
                before = {} if entry.baseline is None else entry.baseline.to_dict()
                moved = {} if entry.change is None else entry.change.to_dict()
                cells = {
                    "family": entry.family,
                    "title": entry.title,
                    "part": part,
                    **{
                        name: told[name][0]
                        for name in ("kpi", "unit", "value", "low", "high", "accounts", "rows", "status")
                    },
                    "baseline": before.get("value", [math.nan])[0],
                    **{
                        name: moved.get(name, [math.nan])[0]
                        for name in ("difference", "difference_low", "difference_high", "p_value")
                    },
                }
                for name, cell in cells.items():
                    columns.setdefault(name, []).append(cell)
        return columns

    def _written(self, *, wide: bool) -> Page:
        families = list(dict.fromkeys(entry.family for entry in self.entries))
        blocks = [data_block(self.program, self.findings)]
        for family in families:
            listed = [entry for entry in self.entries if entry.family == family]
            blocks.append(entries_block(family, listed, self.confidence, wide=wide))
        if self.year_over_year or self.years_note:
            blocks.append(self._yearly_block(wide=wide))
        blocks += [part.block() for part in self.parts]
        blocks += [breakdown_block(entry, self.confidence) for entry in self.breakdowns]
        if self.ignored:
            title = "KPIs to ignore, and what to watch instead"
            blocks.append(entries_block(title, self.ignored, self.confidence, wide=wide))
        if self.not_shown:
            blocks.append(Block(title="Not shown, and why", remarks=self.not_shown))
        return Page(title=f"Scorecard: {self.program.name}", lead=tuple(self._lead()), blocks=tuple(blocks))

    def _yearly_block(self, *, wide: bool) -> Block:
        if self.years_note:
            return Block(title="Year over year", paragraphs=(self.years_note,))
        moved = self.year_over_year[0]
        before = moved.baseline.labels[0] if moved.baseline is not None else ""
        title = f"Year over year: {moved.estimate.labels[0]} against {before}"
        return entries_block(title, self.year_over_year, self.confidence, wide=wide)

    def _lead(self) -> Iterator[str]:
        program = self.program
        if program.synthetic:
            yield "Synthetic data: a world made up with known truth. No figure here is anybody's."
        said = [
            "" if program.as_of is None else f"As of {program.as_of}.",
            "" if program.currency is None else f"Amounts in {program.currency}.",
            "" if self.baseline is None else f"Baseline: {self.baseline.name}.",
        ]
        if any(said):
            yield " ".join(filter(None, said))
        yield (
            f"The {100 * self.confidence:g} % interval says how sure a figure is. Each account counts as a whole in it, "
            "since what happens at one account is not independent."
        )
        if self.baseline is not None or self.year_over_year:
            yield (
                "Up and down are said where the interval of a change leaves out 0, which chance alone does "
                f"once in {1 / (1 - self.confidence):,.0f} figures; pp are percentage points."
            )


def scorecard(
    program: Program,
    *,
    baseline: Program | None = None,
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
) -> Scorecard:
    """Compute every KPI that a programme's tables allow.

    Leaves out: KPIs whose table the programme does not have; those whose table lacks a
    column are listed with the reason.

    Args:
        program: the programme.
        baseline: an earlier programme, or part of one, to compare with; accounts in both are paired.
        by: segments to break figures down by; those that the programme names where not given.
            Segments of the target accounts serve for every table with accounts. Employees'
            answers are broken down by one segment only, which protects small groups.
        confidence: confidence level of the intervals, between 0 and 1.

    Returns:
        The scorecard; ``str`` of it is a page of text, ``to_html()`` and ``to_markdown()`` give the others.

    Raises:
        MetricInputError: if a segment is not known or the confidence is not between 0 and 1.

    Example:
        >>> import abmmetrics as abm
        >>> deals = abm.Opportunities(
        ...     account=["Acme", "Beta", "Core", "Dent"],
        ...     outcome=["won", "lost", "lost", "won"],
        ...     amount=[40, 25, 30, 20],
        ... )
        >>> card = abm.scorecard(abm.Program(name="Spring", opportunities=deals))
        >>> [(entry.title, float(entry.estimate)) for entry in card.entries][1:3]
        [('Win rate', 0.5), ('Win rate by value', 0.5217391304347826)]
    """
    _checks.in_interval("confidence", confidence, 0, 1)
    segments = program.by if by is None else (by,) if isinstance(by, str) else tuple(by)
    for name in segments:
        if name not in program.segments():
            raise _checks.refuse("by", f"name segments of the programme, one of {program.segments()}", name)
    made = _Maker(program, baseline, segments, confidence)
    entries = [(kpi, entry) for kpi in _kpi_list.KPIS for entry in made.entry(kpi)]
    yearly, years_note = made.year_over_year()
    parts, lacking = _result_blocks.parts_of(program, confidence)
    breakdowns = tuple(made.breakdowns())
    return Scorecard(
        program=program,
        baseline=baseline,
        entries=tuple(entry for kpi, entry in entries if not kpi.ignore),
        ignored=tuple(entry for kpi, entry in entries if kpi.ignore),
        year_over_year=tuple(yearly),
        years_note=years_note,
        breakdowns=breakdowns,
        parts=tuple(parts),
        findings=(*program.findings, *findings(program)),
        not_shown=(*made.not_shown, *lacking),
        confidence=confidence,
    )


@attrs.frozen
class _Maker:
    """Computes the entries, and keeps why some cannot be."""

    program: Program
    baseline: Program | None
    by: tuple[str, ...]
    confidence: float
    not_shown: list[str] = attrs.field(factory=list[str])

    def entry(self, kpi: Kpi) -> Iterator[Entry]:
        """Compute a KPI and its change, where the tables are there."""
        try:
            estimate = self.estimate(kpi, self.program)
        except MetricInputError as error:
            self.not_shown.append(f"{kpi.title}: {error}")
            return
        if estimate is None:
            return
        before = moved = None
        if self.baseline is not None:
            try:
                before = self.estimate(kpi, self.baseline)
                moved = None if before is None else change(estimate, baseline=before)
            except MetricInputError as error:
                self.not_shown.append(f"{kpi.title}, change from the baseline: {error}")
        yield Entry(family=kpi.family, title=kpi.title, estimate=estimate, baseline=before, change=moved)

    def estimate(self, kpi: Kpi, program: Program) -> Estimate | None:
        """Compute a KPI; None where a table is not there."""
        held = program.tables()
        if not all(name in held for name in kpi.tables):
            return None
        told = {argument: getattr(program, name) for argument, name in {**kpi.needs, **kpi.uses}.items()}
        lacking = [name for argument, name in kpi.needs.items() if not told[argument]]
        if lacking:
            raise MetricInputError(f"the programme does not say its {' and '.join(lacking)}")
        told = {argument: value for argument, value in told.items() if value is not None}
        return kpi.function(*(held[name] for name in kpi.tables), **kpi.options, **told, confidence=self.confidence)

    def breakdowns(self) -> Iterator[Entry]:
        """Compute KPIs by segments."""
        for kpi in _kpi_list.KPIS:
            if not kpi.broken_down or kpi.tables[0] not in self.program.tables():
                continue
            told = 0
            for segment in self.by:
                table = self.with_segment(kpi.tables[0], segment)
                if table is None:
                    continue
                if kpi.tables[0] in self.program.confidential() and told:
                    self.not_shown.append(
                        f"{kpi.title} by {segment}: two groupings of the same people side by side could tell who said what"
                    )
                    continue
                told += 1
                try:
                    found = kpi.function(table, **kpi.options, by=segment, confidence=self.confidence)
                except MetricInputError as error:
                    self.not_shown.append(f"{kpi.title} by {segment}: {error}")
                    continue
                yield Entry(family=kpi.family, title=f"{kpi.title} by {segment}", estimate=found)

    def with_segment(self, name: str, segment: str) -> Table | None:
        """Return a table with a segment of its own or of the target accounts; None where neither has it."""
        table = self.program.tables()[name]
        targets = self.program.target_accounts
        if segment in table.segments:
            return table
        if targets is None or segment not in targets.segments or table.unit != "account" or table.unit_labels() is None:
            return None
        return table.with_segments(targets)

    def year_over_year(self) -> tuple[list[Entry], str]:
        """Compare the won deals of the latest fiscal year with those of the year before, or say why not."""
        deals = self.program.opportunities
        if deals is None or deals.closed is None or np.isnat(deals.closed).all():
            return [], ""
        years, (before, now) = _fiscal_years(deals, self.program)
        for name, other in ((before, now), (now, before)):
            if not (years == name).any():
                return [], f"Undefined: no deal closed in {name}, so there is nothing to compare {other} with."
        entries: list[Entry] = []
        for kpi in _kpi_list.YEARLY:
            try:
                found = kpi.function(deals, by={_YEAR: years}, confidence=self.confidence)
            except MetricInputError as error:
                self.not_shown.append(f"Year over year, {kpi.title}: {error}")
                continue
            # Deals of other years are not left out: they are those of other years.
            found = attrs.evolve(found, excluded={})
            moved = change(found, baseline=before)
            entries.append(
                Entry(family=kpi.family, title=kpi.title, estimate=found[now], baseline=found[before], change=moved)
            )
        return entries, ""


def _fiscal_years(deals: Opportunities, program: Program) -> tuple[_labels.Labels, tuple[str, str]]:
    """Label the deals of the latest fiscal year and, up to the same day, of the one before."""
    closed = deals.column("closed")
    last = closed[~np.isnat(closed)].max() if program.as_of is None else program.as_of
    month = last.astype("datetime64[M]")
    begin = month - (int(month.astype(np.int64)) + 1 - program.fiscal_start) % 12
    codes = np.full(len(closed), -1, dtype=np.int64)
    names: list[str] = []
    for code, months in enumerate((12, 0)):
        first, end = (begin - months).astype("datetime64[D]"), months_before(last, months)
        year = period([first], "year", fiscal_start=program.fiscal_start)[0]
        whole = end + 1 == (begin - months + 12).astype("datetime64[D]")
        names.append(str(year) if whole else f"{year} to {end}")
        codes[(closed >= first) & (closed <= end)] = code
    return _labels.from_codes(codes, names), (names[0], names[1])
