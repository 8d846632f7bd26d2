"""A page of headings, tables and remarks, written as plain text or Markdown."""

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
