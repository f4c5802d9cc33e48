"""The documents of the project as tests read them: fenced blocks, links, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ADRS = ROOT / "docs" / "adr"

_FENCE = re.compile(r"^```(\w*)\s*$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`]*`")
_HEADING = re.compile(r"^(#+) (.+?)\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is the first of its text."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One document; `prose` has the lines outside of fences, by number."""

    path: Path
    blocks: tuple[Block, ...]
    prose: tuple[tuple[int, str], ...]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def links(self) -> Iterator[tuple[int, str]]:
        """Line and target of each link."""
        for number, line in self.prose:
            yield from ((number, target) for target in _LINK.findall(_CODE.sub("``", line)))

    def anchors(self) -> set[str]:
        """What `#…` may name, as code hosts make them."""
        titles = [found[2] for _, line in self.prose if (found := _HEADING.match(line))]
        return {re.sub(r"[^\w\- ]", "", _plain(title).lower()).replace(" ", "-") for title in titles}


def read(path: Path) -> Page:
    """A document taken apart."""
    blocks: list[Block] = []
    prose: list[tuple[int, str]] = []
    opened: tuple[int, str] | None = None
    inside: list[str] = []
    name = path.relative_to(ROOT).as_posix()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, inside = (number + 1, fence[1]), []
            else:
                prose.append((number, line))
        elif fence and not fence[1]:
            blocks.append(Block(name, *opened, "\n".join(inside) + "\n"))
            opened = None
        else:
            inside.append(line)
    assert opened is None, f"{name}: the fence at line {opened} is not closed"
    return Page(path, tuple(blocks), tuple(prose))


@cache
def pages() -> tuple[Page, ...]:
    """Every document that is checked."""
    paths = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "services").glob("*/README.md")),
        ROOT / "deploy" / "README.md",
    ]
    return tuple(read(path) for path in paths)


def blocks(*languages: str) -> list[Block]:
    """All blocks in these languages."""
    return [block for page in pages() for block in page.blocks if block.language in languages]


@cache
def text() -> str:
    """All documents as one text."""
    return "\n".join(page.path.read_text(encoding="utf-8") for page in pages())


def _plain(title: str) -> str:
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
