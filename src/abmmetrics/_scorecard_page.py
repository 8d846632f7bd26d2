"""A scorecard as one HTML file that needs nothing else: what matters first, the rest by family."""

import math
from collections.abc import Iterable, Iterator, Sequence

import attrs

from abmmetrics import __version__, _definitions, _entries, _html
from abmmetrics._checks import how_many
from abmmetrics._entries import Entry
from abmmetrics._html import Drawn, Words, escaped
from abmmetrics._page import Block
from abmmetrics._page_style import STYLE
from abmmetrics._pictures import ATTRIBUTION, Picture

_FEW = 4
_ARROWS = {"up": "▲", "down": "▼"}


@attrs.frozen(kw_only=True)
class Contents:
    """What the page of a scorecard tells.

    Attributes:
        title: what it is the scorecard of.
        facts: the day, the currency and the baseline, as far as there are any.
        warning: what a reader must see first; empty for nothing.
        entries: the KPIs.
        ignored: those better ignored.
        yearly: the latest year against the one before.
        years: what the years are called, or why there are none.
        breakdowns: KPIs by segment.
        parts: what is no single figure, such as the credit of campaigns.
        findings: what to know about the data.
        not_shown: why KPIs are not there.
        data: rows of the table of the data: its name, its rows, its accounts.
        baseline: what it is compared with; empty for nothing.
        currency: of all amounts; empty where it is not known.
        confidence: confidence level of the intervals.
        pictures: what is drawn.
    """

    title: str
    facts: tuple[str, ...]
    warning: str
    entries: tuple[Entry, ...]
    ignored: tuple[Entry, ...]
    yearly: tuple[Entry, ...]
    years: str
    breakdowns: tuple[Entry, ...]
    parts: tuple[Block, ...]
    findings: tuple[str, ...]
    not_shown: tuple[str, ...]
    data: tuple[tuple[str, ...], ...]
    baseline: str
    currency: str
    confidence: float
    pictures: tuple[Picture, ...] = ()

    @property
    def level(self) -> str:
        """The confidence as a percentage."""
        return f"{100 * self.confidence:g} %"

    @property
    def families(self) -> tuple[str, ...]:
        """The families in order."""
        return tuple(dict.fromkeys(entry.family for entry in self.entries))

    @property
    def compared(self) -> tuple[Entry, ...]:
        """The entries whose change is known; of the years those that are not among the others."""
        known = [entry for entry in self.entries if verdict(entry)]
        titles = {entry.title for entry in known}
        return (*known, *(entry for entry in self.yearly if verdict(entry) and entry.title not in titles))

    @property
    def headlines(self) -> tuple[Entry, ...]:
        """The entries of the summary: those of the latest year where only years can be compared."""
        known = [
            entry for entry in self.entries if math.isfinite(entry.estimate.value[0]) and entry.estimate.accounts[0] > 0
        ]
        first = [entry for entry in known if entry.line.headline]
        others = [entry for entry in known if not entry.line.headline]
        latest = {entry.title: entry for entry in self.yearly if entry.change is not None}
        return tuple(
            latest.get(entry.title, entry) if entry.change is None else entry
            for entry in [*first, *others[: max(0, _FEW - len(first))]]
        )


def verdict(entry: Entry) -> str:
    """Return "up", "down" or "no clear change"; nothing where that is not known."""
    return "" if entry.change is None else _entries.change_cells(entry.change)[1]


def tone(entry: Entry) -> str:
    """Return "good" or "bad" where a figure clearly moved, else "even"."""
    moved = verdict(entry)
    if moved not in _ARROWS:
        return "even"
    return "good" if (moved == "up") != entry.line.lower_is_better else "bad"


def page(contents: Contents) -> str:
    """Write the whole file; all text is escaped.

    Args:
        contents: what it tells.
    """
    parts = list(_parts(contents))
    links = "".join(f'<li><a href="#part-{number}">{escaped(title)}</a></li>' for number, (title, _) in _counted(parts))
    body = "".join(
        f'<section id="part-{number}" aria-labelledby="title-{number}">\n'
        f'<h2 id="title-{number}">{escaped(title)}</h2>\n{told}</section>\n'
        for number, (title, told) in _counted(parts)
    )
    title = escaped(f"Scorecard: {contents.title}")
    facts = "".join(f"<p>{escaped(fact)}</p>" for fact in contents.facts)
    warning = f'<p class="warning">{escaped(contents.warning)}</p>' if contents.warning else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#figures">Skip to the figures</a>\n'
        f"<header>\n<h1>{title}</h1>\n{facts}{warning}</header>\n"
        f'<nav aria-label="Parts of this page"><ul>{links}</ul></nav>\n'
        f'<main id="figures" tabindex="-1">\n{body}</main>\n'
        f"<footer><p>Made by abmmetrics {escaped(__version__)}. Every figure is defined below the table that it "
        "stands in.</p></footer>\n</body>\n</html>\n"
    )


def notebook(contents: Contents) -> str:
    """Return the figures by family, for a notebook, where the page around them has its own headings.

    Args:
        contents: what to tell.
    """
    parts = [f"<p><strong>{escaped(f'Scorecard: {contents.title}')}</strong></p>"]
    parts += [f"<p>{escaped(fact)}</p>" for fact in (contents.warning, *contents.facts) if fact]
    tables = [(family, [entry for entry in contents.entries if entry.family == family]) for family in contents.families]
    if contents.yearly:
        tables.append((f"Year over year: {contents.years}", [*contents.yearly]))
    if contents.ignored:
        tables.append(("KPIs to ignore, and what to watch instead", [*contents.ignored]))
    for title, entries in tables:
        parts += [_entry_table(contents, entries, title), _html.remarks(_entries.remarks(entries))]
    parts += [_segment_table(contents, entry, entry.title) for entry in contents.breakdowns]
    parts += [_block_table(block, block.title) for block in contents.parts]
    parts.append(_html.remarks([*contents.findings, *(f"not shown: {why}" for why in contents.not_shown)]))
    return _html.fragment(*parts)


def _counted(parts: Iterable[tuple[str, str]]) -> Iterator[tuple[int, tuple[str, str]]]:
    return enumerate(parts, start=1)


def _parts(contents: Contents) -> Iterator[tuple[str, str]]:
    """Yield the title of each part with what stands in it."""
    yield "Summary", _summary(contents)
    if contents.yearly:
        yield "Year over year", f"<p>{escaped(contents.years)}</p>{_entry_table(contents, contents.yearly)}"
    elif contents.years:
        yield "Year over year", f"<p>{escaped(contents.years)}</p>"
    for family in contents.families:
        yield family, _family(contents, family)
    for number, block in enumerate(contents.parts):
        # What campaigns are credited with comes first, and has a picture.
        yield block.title, _block_table(block) + (_figures(contents, ATTRIBUTION) if number == 0 else "")
    if contents.ignored:
        told = "<p>These are often reported and mislead more often than they help; the notes say what to watch.</p>"
        notes = _html.remarks(_entries.remarks(contents.ignored))
        yield (
            "KPIs to ignore, and what to watch instead",
            f"{told}{_entry_table(contents, contents.ignored)}{notes}{_definition_list(contents.ignored)}",
        )
    if contents.not_shown:
        yield "Not shown, and why", _html.remarks(contents.not_shown)
    yield "The data", _data(contents)


# --- the summary


def _summary(contents: Contents) -> str:
    cards = "".join(_card(contents, entry) for entry in contents.headlines)
    listed = f'<ul class="cards">{cards}</ul>\n' if cards else "<p>There are no figures to show.</p>\n"
    return f"{listed}{_moves(contents)}{_what_to_know(contents)}{_how_to_read(contents)}"


def _card(contents: Contents, entry: Entry) -> str:
    figure = _drawn(entry)
    span = _entries.interval_text(entry.estimate, 0)
    told = "<br>no interval" if span == "none" else f"{contents.level} interval<br>{escaped(span)}"
    # A figure of one year says so, since the others are of all the data.
    title = ", ".join([entry.title, *(str(labels[0]) for labels in entry.estimate.groups.values())])
    currency = f" <small>{escaped(contents.currency)}</small>" if entry.estimate.unit == "money" else ""
    moved = ""
    if entry.change is not None:
        cell, word = _entries.change_cells(entry.change)
        before = _entries.value_text(entry.change_baseline(), 0)
        change = cell.split(" (")[0]
        moved = f'<p class="move {tone(entry)}">{_arrow(word)}{escaped(change)}: {escaped(word or "no interval")}'
        moved += f"<small>{escaped(before)} before</small></p>"
    return (
        f"<li><h3>{escaped(title)}</h3>"
        f'<p class="figure">{escaped(_entries.value_text(entry.estimate, 0))}{currency}</p>'
        f'<p class="span">{_html.picture(figure)}<small>{told}</small></p>{moved}</li>\n'
    )


def _arrow(word: str) -> str:
    return f'<span aria-hidden="true">{_ARROWS[word]}</span> ' if word in _ARROWS else ""


def _moves(contents: Contents) -> str:
    """Say what clearly got better and worse."""
    compared = contents.compared
    if not compared:
        return (
            "<h3>What changed</h3>\n<p>Nothing to compare with: with a baseline, such as last year's data, this page "
            "says what rose and what fell.</p>\n"
        )
    groups = {word: [entry for entry in compared if tone(entry) == word] for word in ("bad", "good", "even")}
    shown: list[tuple[Sequence[Entry], str]] = [
        (contents.entries, f"with {contents.baseline}"),
        (contents.yearly, contents.years),
    ]
    against = "; ".join(name for entries, name in shown if any(entry in compared for entry in entries))
    chance = (1 - contents.confidence) * len(compared)
    told = (
        f"Of {how_many(len(compared), 'figures')} compared ({against}), {len(groups['bad'])} clearly got worse, "
        f"{len(groups['good'])} clearly got better, and {len(groups['even'])} did not clearly change. By chance alone "
        f"about {max(1, round(chance))} would stand out, so take a single small move with care."
    )
    lists = "".join(
        f"<div><h3>{title}</h3>\n<ul>{''.join(map(_move, groups[word])) or '<li>Nothing clearly did.</li>'}</ul></div>\n"
        for word, title in (("bad", "What got worse"), ("good", "What got better"))
    )
    return f'<p>{escaped(told)}</p>\n<div class="moves">{lists}</div>\n'


def _move(entry: Entry) -> str:
    before = _entries.value_text(entry.change_baseline(), 0)
    now = _entries.value_text(entry.estimate, 0)
    word = verdict(entry)
    said = "rose" if word == "up" else "fell"
    return (
        f'<li class="{tone(entry)}">{_arrow(word)}<strong>{escaped(entry.title)}</strong> {said} from {escaped(before)} '
        f"to {escaped(now)} <small>({escaped(entry.family)})</small></li>"
    )


def _what_to_know(contents: Contents) -> str:
    if not contents.findings:
        return ""
    title = f"What to know about the data: {how_many(len(contents.findings), 'findings')}"
    if len(contents.findings) <= _FEW:
        return f"<h3>{title}</h3>\n{_html.remarks(contents.findings)}\n"
    return f"<h3>{title}</h3>\n{_more('Show the findings', _html.remarks(contents.findings), 'notes')}"


def _how_to_read(contents: Contents) -> str:
    told = (
        f"<p>The {contents.level} interval says how sure a figure is: the truth may lie anywhere in it. Each account "
        "counts as a whole, since what happens at one account is not independent.</p>\n"
        "<p>In each picture the dot is the figure and the bar its interval; the thin line is 0 and the broken line, "
        "where there is one, the figure before. Each row of a table of KPIs has a scale of its own; the rows of a table "
        "by segment share one.</p>\n"
        "<p>“Up” and “down” are said only where the interval of the change leaves out 0. “pp” are percentage points: "
        "from 20 % to 25 % is 5 pp.</p>\n"
        "<p>Below each table the figures are defined; definitions that are open are printed too.</p>\n"
    )
    return _more("How to read this page", told)


def _more(title: str, told: str, kind: str = "") -> str:
    return f"<details{f' class={kind}' if kind else ''}><summary>{escaped(title)}</summary>\n{told}</details>\n"


# --- tables


def _drawn(entry: Entry) -> Drawn:
    found = entry.estimate
    before = math.nan if entry.change is None else float(entry.change.baseline[0])
    hidden = bool(found.suppressed[0])
    value = math.nan if hidden else float(found.value[0])
    text = _entries.interval_text(found, 0)
    return _html.from_zero(text, value, float(found.low[0]), float(found.high[0]), before)


def _entry_table(contents: Contents, entries: Sequence[Entry], title: str = "") -> str:
    compared = any(entry.baseline is not None for entry in entries)
    heads = ["KPI", "value", f"{contents.level} interval", *(["before", "change and its interval"] if compared else [])]
    rows = [_cells(entry, compared=compared) for entry in entries]
    return _html.table(title, heads, rows, stacking=True, total=len(rows))


def _cells(entry: Entry, *, compared: bool) -> list[_html.Cell]:
    found = entry.estimate
    cells: list[_html.Cell] = [
        Words(entry.title, _entries.rests_on(found, 0)),
        _entries.value_text(found, 0),
        _drawn(entry),
    ]
    if not compared:
        return cells
    if entry.change is None:
        return [*cells, "" if entry.baseline is None else _entries.value_text(entry.baseline, 0), Words("")]
    told, word = _entries.change_cells(entry.change)
    change, _, span = told.partition(" (")
    said = f"{_ARROWS.get(word, '')} {change}: {word}".strip() if word else change
    return [
        *cells,
        _entries.value_text(entry.change_baseline(), 0),
        Words(said, span.removesuffix(")"), tone(entry)),
    ]


def _family(contents: Contents, family: str) -> str:
    entries = [entry for entry in contents.entries if entry.family == family]
    parts = [_entry_table(contents, entries), _figures(contents, family)]
    broken_down = [entry for entry in contents.breakdowns if entry.family == family]
    parts += [f"<h3>{escaped(entry.title)}</h3>\n{_segment_table(contents, entry)}" for entry in broken_down]
    parts.append(_definition_list(entries))
    notes = _entries.remarks([*entries, *broken_down])
    if notes:
        parts.append(_more(f"Notes, and what was left out ({len(notes)})", _html.remarks(notes), "notes"))
    return "".join(parts)


def _block_table(block: Block, title: str = "") -> str:
    notes = _html.remarks([*block.paragraphs, *block.remarks])
    return _html.table(title, block.heads, block.rows, stacking=True) + notes


def _figures(contents: Contents, family: str) -> str:
    """Return the pictures of a family, which say in words what they show."""
    return "".join(
        # A narrow page does not shrink a picture until nobody can read it: it is scrolled, also by the keyboard.
        f'<figure><div class="wide" tabindex="0" role="group" aria-label="{escaped(picture.title)}">{picture.svg}</div>'
        f"{_reading(picture)}</figure>\n"
        for picture in contents.pictures
        if picture.family == family
    )


def _reading(picture: Picture) -> str:
    if not picture.how_to_read:
        return ""
    told = _definitions.as_html(picture.how_to_read.removeprefix("How to read it:").strip())
    return f"<figcaption>{_more('How to read this picture', f'<p>{told}</p>')}</figcaption>"


def _segment_table(contents: Contents, entry: Entry, title: str = "") -> str:
    found = entry.estimate
    rows: list[list[_html.Cell]] = []
    for row, label in enumerate(found.labels):
        text = _entries.interval_text(found, row)
        hidden = bool(found.suppressed[row])
        value = math.nan if hidden else float(found.value[row])
        drawn = _html.drawn(text, value, found.low[row], found.high[row])
        rows.append([Words(str(label), _entries.rests_on(found, row)), _entries.value_text(found, row), drawn])
    heads = [", ".join(found.groups), "value", f"{contents.level} interval"]
    return _html.table(title, heads, rows, stacking=True)


def _definition_list(entries: Sequence[Entry]) -> str:
    told = "".join(map(_definition, entries))
    return _more("How these figures are defined", f"<dl>{told}</dl>") if told else ""


def _definition(entry: Entry) -> str:
    found = _definitions.definition(entry.line)
    if found is None:
        return ""
    formula = "".join(f'<p class="formula">{_definitions.as_html(part)}</p>' for part in found.formula)
    rest = f"<p>Leaves out: {_definitions.as_html(found.leaves_out)}</p>" if found.leaves_out else ""
    call = escaped(f"{found.function}({found.options})" if found.options else found.function)
    return (
        f"<dt>{escaped(entry.title)}</dt>\n<dd><p>{_definitions.as_html(found.meaning)}</p>{formula}{rest}"
        f"<p>In Python: <code>{call}</code></p></dd>\n"
    )


def _data(contents: Contents) -> str:
    heads = ["table", "rows", "accounts"]
    return _html.table("", heads, contents.data, stacking=True)
