"""Tables as HTML, for notebooks and pages: all text escaped, intervals drawn beside their numbers.

Ink is the page's own (``currentColor``), so that what is made here reads on light and dark pages alike, and
every rule of the style is bound to the fragment's class, so that it reaches nothing else on the page.
"""

import html
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from abmmetrics._checks import how_many

_MOST_ROWS = 60  # a browser that is given a row for each of a million accounts stops answering

STYLE = """\
.abmmetrics { overflow-x: auto; color: inherit; }
.abmmetrics table { border-collapse: collapse; border: 0; margin: .5em 0; width: auto; background: none;
  color: inherit; font-variant-numeric: tabular-nums; }
.abmmetrics caption { caption-side: top; text-align: left; font-weight: 600; padding: .25em .5em; color: inherit; }
.abmmetrics th, .abmmetrics td { padding: .3em .75em; border: 0; border-bottom: 1px solid rgba(128, 128, 128, .35);
  text-align: right; vertical-align: top; white-space: nowrap; color: inherit; }
.abmmetrics thead th { font-weight: 600; }
.abmmetrics tbody th { font-weight: 500; white-space: normal; min-width: 6em; }
.abmmetrics tbody th, .abmmetrics .words { text-align: left; }
.abmmetrics td.words { white-space: normal; min-width: 9em; }
.abmmetrics svg { vertical-align: middle; margin-left: .75em; overflow: visible; }
.abmmetrics small { display: block; font-size: .85em; font-weight: 400; opacity: .8; }
.abmmetrics ul { margin: .25em 0 .5em; padding-left: 1.5em; font-size: .9em; }
"""


@attrs.frozen
class Drawn:
    """A figure told in words, and drawn: a dot, its interval a bar, an earlier figure a line.

    Attributes:
        text: the words, which say all that the drawing shows.
        value: the figure; NaN draws nothing.
        low: lower end of the bar; NaN for none, infinite for an open end.
        high: upper end.
        before: an earlier figure.
        scale: least and most of what is drawn; None where the figures of a column share one.
        zero: whether a shared scale reaches to 0.
    """

    text: str
    value: float
    low: float = math.nan
    high: float = math.nan
    before: float = math.nan
    scale: tuple[float, float] | None = None
    zero: bool = False


@attrs.frozen
class Words:
    """Words in a table of figures.

    Attributes:
        text: the words.
        below: what stands below them in small print.
        tone: a class of the style, such as ``good``.
    """

    text: str
    below: str = ""
    tone: str = ""


Cell: TypeAlias = str | Drawn | Words


def escaped(text: object) -> str:
    """Write text so that a browser shows it and never obeys it."""
    return html.escape(str(text))


def left_out(excluded: Mapping[str, int]) -> list[str]:
    """Say what was left out, and why."""
    return [f"left out: {how_many(count, 'rows')}, {reason}" for reason, count in excluded.items()]


def drawn(text: str, value: float, low: float, high: float, *, zero: bool = False) -> Drawn:
    """Draw a figure on the scale that its column shares; numbers of any float type are taken."""
    return Drawn(text, float(value), float(low), float(high), zero=zero)


def from_zero(text: str, value: float, low: float, high: float, before: float = math.nan) -> Drawn:
    """Draw a figure on a scale of its own, from 0 to the largest of what is told."""
    figures = (0.0, *(figure for figure in (value, low, high, before) if math.isfinite(figure)))
    return Drawn(text, value, low, high, before, scale=(min(figures), max(figures)))


def shown(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    notes: Iterable[str] = (),
    *,
    names: int = 1,
    total: int = 0,
) -> str:
    """Return a table with its notes, for a notebook.

    Args:
        title: what the table is.
        heads: the name of each column.
        rows: the cells; only the first ones are shown where there are many.
        notes: what a reader must know.
        names: how many columns, from the left, hold names.
        total: number of rows, where they are many; the rest of the rows is then not asked for.
    """
    return fragment(table(title, heads, rows, names=names, total=total), remarks(notes))


def parameters(title: str, figures: Mapping[str, float], errors: Mapping[str, float], notes: Iterable[str] = ()) -> str:
    """Return the table of a fitted model, for a notebook.

    Args:
        title: what the model is called.
        figures: parameter to its estimate.
        errors: parameter to its standard error, as far as there are any.
        notes: what a reader must know.
    """
    rows = [(name, f"{figure:.4g}", _error_text(errors, name)) for name, figure in figures.items()]
    return shown(title, ("parameter", "estimate", "standard error"), rows, notes)


def _error_text(errors: Mapping[str, float], name: str) -> str:
    error = errors.get(name, errors.get(name.replace(" ", "_"), math.nan))
    return "none" if math.isnan(error) else f"{error:.3g}"


def fragment(*parts: str) -> str:
    """Put parts into one fragment with its style."""
    return f'<div class="abmmetrics"><style>{STYLE}</style>{"".join(parts)}</div>'


def remarks(notes: Iterable[str]) -> str:
    """Return notes as a list; nothing where there are none."""
    told = "".join(f"<li>{escaped(note)}</li>" for note in notes)
    return f"<ul>{told}</ul>" if told else ""


def table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    names: int = 1,
    total: int = 0,
    stacking: bool = False,
) -> str:
    """Return a table.

    Args:
        title: what it is; empty for none.
        heads: the name of each column.
        rows: the cells; only the first ones are shown where there are many.
        names: how many columns, from the left, hold names.
        total: number of rows, where they are many.
        stacking: whether cells carry the name of their column and every part says what it is, so that a narrow
            page may show the cells of a row one below the other.
    """
    waiting = iter(rows)
    first = list(itertools.islice(waiting, _MOST_ROWS))
    rest = total - len(first) if total else sum(1 for _ in waiting)
    scales = [_scale([row[column] for row in first]) for column in range(len(heads))]
    wordy = [column < names or any(isinstance(row[column], Words) for row in first) for column in range(len(heads))]

    def role(name: str) -> str:
        return f' role="{name}"' if stacking else ""

    def cell(column: int, content: Cell) -> str:
        name = f' data-head="{escaped(heads[column])}"' if stacking and heads[column] else ""
        told = _content(content, scales[column])
        if column < names:
            return f'<th scope="row"{role("rowheader")}{name}>{told}</th>'
        tone = f" {content.tone}" if isinstance(content, Words) and content.tone else ""
        kind = f' class="words{tone}"' if isinstance(content, Words) else ""
        return f"<td{role('cell')}{kind}{name}>{told}</td>"

    def head(column: int, text: str) -> str:
        kind = ' class="words"' if wordy[column] else ""
        return (
            f'<th scope="col"{role("columnheader")}{kind}>{escaped(text)}</th>' if text else f"<td{role('cell')}></td>"
        )

    top = "".join(itertools.starmap(head, enumerate(heads)))
    body = "".join(f"<tr{role('row')}>{''.join(itertools.starmap(cell, enumerate(row)))}</tr>\n" for row in first)
    caption = f"<caption>{escaped(title)}</caption>" if title else ""
    more = remarks([f"and {how_many(rest, 'rows')} more"]) if rest > 0 else ""
    return (
        f"<table{role('table')}>{caption}<thead{role('rowgroup')}><tr{role('row')}>{top}</tr></thead>\n"
        f"<tbody{role('rowgroup')}>\n{body}</tbody></table>{more}"
    )


def _content(content: Cell, scale: tuple[float, float]) -> str:
    if isinstance(content, str):
        return escaped(content)
    if isinstance(content, Words):
        return escaped(content.text) + (f"<small>{escaped(content.below)}</small>" if content.below else "")
    return f"{escaped(content.text)}{picture(content, scale)}"


def _scale(cells: Sequence[Cell]) -> tuple[float, float]:
    """Return the least and the most of the figures of a column; of a single figure from 0."""
    held = [content for content in cells if isinstance(content, Drawn)]
    figures = [
        figure
        for content in held
        for figure in (content.value, content.low, content.high, content.before)
        if math.isfinite(figure)
    ]
    if len(held) == 1 or any(content.zero for content in held):
        figures.append(0.0)
    return (min(figures), max(figures)) if figures else (0.0, 0.0)


_WIDTH, _HEIGHT, _MARGIN = 120, 16, 6


def picture(figure: Drawn, scale: tuple[float, float] = (0.0, 0.0)) -> str:
    """Draw a figure with its interval; what it shows stands in words beside it, so readers of screens skip it.

    Args:
        figure: what to draw.
        scale: least and most of what is drawn, where the figure has no scale of its own.
    """
    least, most = scale if figure.scale is None else figure.scale
    if math.isnan(figure.value):
        return ""
    if most == least:  # a single point stands in the middle
        least, most = least - 1, most + 1

    def at(place: float) -> str:
        share = (min(max(place, least), most) - least) / (most - least)
        return f"{_MARGIN + (_WIDTH - 2 * _MARGIN) * share:.1f}"

    parts: list[str] = []
    if least <= 0 <= most:
        parts.append(f'<path d="M{at(0)} 1v14" stroke-opacity=".5"/>')
    if not (math.isnan(figure.low) or math.isnan(figure.high)):
        parts.append(f'<path d="M{at(figure.low)} 8H{at(figure.high)}" stroke-width="5" stroke-opacity=".4"/>')
    if figure.low == -math.inf:
        parts.append('<path d="M6 3L1 8l5 5"/>')
    if figure.high == math.inf:
        parts.append('<path d="M114 3l5 5l-5 5"/>')
    if not math.isnan(figure.before):
        parts.append(f'<path d="M{at(figure.before)} 1v14" stroke-width="2" stroke-dasharray="3 2"/>')
    if math.isfinite(figure.value):
        parts.append(f'<circle cx="{at(figure.value)}" cy="8" r="3.5" fill="currentColor" stroke="none"/>')
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true" '
        f'focusable="false" fill="none" stroke="currentColor">{"".join(parts)}</svg>'
    )
