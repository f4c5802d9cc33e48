"""A document for people, said once: headings, paragraphs, lists and tables, written as HTML for A4 or as Markdown.

What is published (survey form, method, proof sheet) is made of these blocks, so that every format says the same.
Every text is plain: it is escaped where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.kernel.html import Html, document, element

__all__ = [
    "Block",
    "Cell",
    "Grid",
    "Heading",
    "Items",
    "Paper",
    "Row",
    "Says",
    "markdown_text",
    "to_html",
    "to_markdown",
]

Cell = str | tuple[str, ...]  # a tuple has one line each


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title; `level` from 2."""

    level: Literal[2, 3, 4]
    text: str


@dataclass(frozen=True, slots=True)
class Says:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; the first cell heads it. A `strong` row begins a group: its code and title stand out."""

    cells: tuple[Cell, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its caption; `widths` in percent for print. Without a header the first cells alone head the rows."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...] = ()


Block = Heading | Says | Items | Grid


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole document."""

    title: str
    blocks: tuple[Block, ...]


# --- HTML --------------------------------------------------------------------------------------------------------

_STYLE = """
@page{size:A4;margin:18mm 15mm}
body{font:16px/1.45 "Times New Roman",Times,serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;
background:#fff}
h1{font-size:1.4rem;text-align:center}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1.05rem}h4{font-size:1rem}
h2,h3,h4,caption{break-after:avoid}
table{border-collapse:collapse;width:calc(100% - 2px);margin:.5rem 0 1rem}
caption{text-align:left;font-weight:bold;padding:.25rem 0}
th,td{border:1px solid #444;padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
thead{display:table-header-group}tr{break-inside:avoid}
thead th{background:#e8e8e8}tbody th{font-weight:normal}.strong>*{background:#f4f4f4}
@media print{body{margin:0;padding:0;max-width:none;font-size:11pt}}
"""


def to_html(paper: Paper) -> str:
    """One page that needs nothing else; tables repeat their header on every printed sheet."""
    body = [element("main", element("h1", paper.title), *(_html(block) for block in paper.blocks))]
    return document(paper.title, _STYLE, *body)


def _html(block: Block) -> Html:
    match block:
        case Heading(level=level, text=text):
            return element(f"h{level}", text)
        case Says(text=text):
            return element("p", text)
        case Items(lines=lines):
            return element("ul", *(element("li", line) for line in lines))
        case Grid():
            return _table(block)


def _table(grid: Grid) -> Html:
    parts = [element("caption", grid.caption)] if grid.caption else []
    if grid.widths:
        parts.append(element("colgroup", *(Html(f'<col style="width:{width}%">') for width in grid.widths)))
    if grid.header:
        heads = (element("th", title, scope="col") for title in grid.header)
        parts.append(element("thead", element("tr", *heads)))
    parts.append(element("tbody", *(_row(row) for row in grid.rows)))
    return element("table", *parts)


def _row(row: Row) -> Html:
    cells = [
        element("th" if index == 0 else "td", *_lines(cell, _stands_out(row, index)), scope="row" if index == 0 else "")
        for index, cell in enumerate(row.cells)
    ]
    return element("tr", *cells, class_="strong" if row.strong else "")


def _lines(cell: Cell, strong: bool) -> Iterator[str]:
    for index, line in enumerate(_of(cell)):
        if index:
            yield Html("<br>")
        yield element("strong", line) if strong and index == 0 and line else line


def _of(cell: Cell) -> tuple[str, ...]:
    return (cell,) if isinstance(cell, str) else cell


def _stands_out(row: Row, column: int) -> bool:
    return row.strong and column < 2


# --- Markdown ----------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")  # an _ inside a word is itself
_STARTS_LIST = re.compile(r"^([-+]|\d+[.)])(?=\s|$)")


def to_markdown(paper: Paper) -> str:
    """GitHub's Markdown; nothing that is said can become a heading, a link or HTML."""
    return "\n\n".join([f"# {markdown_text(paper.title)}", *(_markdown(block) for block in paper.blocks)]) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(level=level, text=text):
            return f"{'#' * level} {markdown_text(text)}"
        case Says(text=text):
            return _STARTS_LIST.sub(r"\\\1", markdown_text(text))
        case Items(lines=lines):
            return "\n".join(f"- {markdown_text(line)}" for line in lines)
        case Grid():
            return _markdown_table(block)


def _markdown_table(grid: Grid) -> str:
    columns = max([len(grid.header), *(len(row.cells) for row in grid.rows)])
    header = grid.header or ("",) * columns
    lines = [_line([markdown_text(title) for title in header]), "|" + "---|" * columns]
    lines += [_line([_cell(cell, _stands_out(row, at)) for at, cell in enumerate(row.cells)]) for row in grid.rows]
    caption = [f"**{markdown_text(grid.caption)}**\n"] if grid.caption else []
    return "\n".join([*caption, *lines])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, strong: bool) -> str:
    lines = [markdown_text(line) for line in _of(cell)]
    if strong and lines and lines[0]:
        lines[0] = f"**{lines[0]}**"
    return "<br>".join(lines)


def markdown_text(text: str) -> str:
    """Plain text on one line of Markdown: no sign in it means anything."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
