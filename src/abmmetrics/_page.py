"""A page of headings, tables and remarks, written as plain text, Markdown or HTML."""

import html
import textwrap
from collections.abc import Sequence

import attrs

_WIDTH = 100
_GAP = "   "


@attrs.frozen(kw_only=True)
class Block:
    """A heading with what stands under it, in this order: paragraphs, a table, a list of remarks.

    Attributes:
        title: the heading; empty for none.
        paragraphs: sentences before the table.
        heads: column names of the table; the first column holds names, the others figures.
        rows: cells of the table.
        remarks: what a reader must know beside it.
    """

    title: str = ""
    paragraphs: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Page:
    """A titled page.

    Attributes:
        title: what the page is.
        lead: what to know before reading it.
        blocks: its parts.
    """

    title: str
    lead: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


def as_text(page: Page) -> str:
    """Write a page as plain text, tables aligned."""
    lines = [page.title, "=" * len(page.title), *_wrapped(page.lead, "")]
    for block in page.blocks:
        lines += ["", block.title, "-" * len(block.title)]
        lines += _wrapped(block.paragraphs, "")
        lines += _text_table(block)
        lines += _wrapped(block.remarks, "* ")
    return "\n".join(lines) + "\n"


def _wrapped(sentences: Sequence[str], mark: str) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence,
            _WIDTH,
            initial_indent=mark,
            subsequent_indent=" " * len(mark),
            break_on_hyphens=False,
            break_long_words=False,
        )
    ]


def _text_table(block: Block) -> list[str]:
    if not block.rows:
        return []
    cells = [block.heads, *block.rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(block.heads))]
    return [
        _GAP.join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def as_markdown(page: Page) -> str:
    """Write a page as Markdown, for wikis and pull requests."""
    parts = [f"# {_md(page.title)}", *map(_md, page.lead)]
    for block in page.blocks:
        parts.append(f"## {_md(block.title)}")
        parts += map(_md, block.paragraphs)
        if block.rows:
            rows = [block.heads, ("---", *("---:" for _ in block.heads[1:])), *block.rows]
            parts.append("\n".join("| " + " | ".join(map(_md, row)) + " |" for row in rows))
        if block.remarks:
            parts.append("\n".join(f"- {_md(remark)}" for remark in block.remarks))
    return "\n\n".join(parts) + "\n"


_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#"})


def _md(text: str) -> str:
    return " ".join(text.split()).translate(_MARKS)


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #ffffff; --band: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9da7b1; --line: #3d444d; --page: #0d1117; --band: #161b22; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 72rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0; }
header p, li { color: var(--soft); }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .75rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child { text-align: left; padding-left: .25rem; }
thead th { color: var(--soft); font-weight: 600; font-size: .875rem; white-space: nowrap; }
tbody th { font-weight: 500; }
tbody td { white-space: nowrap; }
tbody td:nth-child(2) { font-weight: 600; }
tbody tr:hover { background: var(--band); }
ul { margin: .75rem 0 0; padding-left: 1.25rem; font-size: .9rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; }
  tr, li { break-inside: avoid; }
  .table { overflow: visible; }
}
"""


def as_html(page: Page) -> str:
    """Write a page as one HTML file that needs nothing else; all text is escaped."""
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    )
    return f"{head}{as_html_fragment(page)}</body>\n</html>\n"


def as_html_fragment(page: Page) -> str:
    """Write a page as HTML to be put into another, such as a notebook."""
    lead = "".join(f"<p>{html.escape(sentence)}</p>\n" for sentence in page.lead)
    blocks = "".join(map(_html_block, range(1, len(page.blocks) + 1), page.blocks))
    return f"<header>\n<h1>{html.escape(page.title)}</h1>\n{lead}</header>\n<main>\n{blocks}</main>\n"


def _html_block(number: int, block: Block) -> str:
    name = f"part-{number}"
    parts = [f'<section aria-labelledby="{name}">\n<h2 id="{name}">{html.escape(block.title)}</h2>\n']
    parts += [f"<p>{html.escape(sentence)}</p>\n" for sentence in block.paragraphs]
    if block.rows:
        heads = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in block.heads)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(first)}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + "</tr>\n"
            for first, *cells in block.rows
        )
        parts.append(
            f'<div class="table" role="region" tabindex="0" aria-labelledby="{name}"><table aria-labelledby="{name}">\n<thead><tr>{heads}</tr></thead>\n'
            f"<tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    if block.remarks:
        parts.append("<ul>\n" + "".join(f"<li>{html.escape(remark)}</li>\n" for remark in block.remarks) + "</ul>\n")
    return "".join([*parts, "</section>\n"])
