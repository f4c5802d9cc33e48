"""The Decision in Markdown. Every text is escaped: an agency's name cannot become a heading, a link or HTML."""

from __future__ import annotations

from collections.abc import Iterator

from services.publishing.core.document import Page
from services.publishing.core.tables import HEADER, RankingTable
from shared.kernel.paper import markdown_text

__all__ = ["markdown_bytes"]


def markdown_bytes(page: Page) -> bytes:
    """UTF-8, lines ended by a line feed."""
    return ("\n\n".join(_blocks(page)) + "\n").encode()


def _blocks(page: Page) -> Iterator[str]:
    if page.mark:
        yield f"**{markdown_text(page.mark)}** — {markdown_text(page.mark_note)}"
    yield f"**{markdown_text(page.issuer)}**"
    yield "**CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM**  \n**Độc lập - Tự do - Hạnh phúc**"
    yield f"{markdown_text(page.number)}  \n*{markdown_text(page.place_and_date)}*"
    yield f"# QUYẾT ĐỊNH\n\n## {markdown_text(page.title)}"
    yield f"**{markdown_text(page.authority)}**"
    yield "\n\n".join(f"*{markdown_text(line)}*" for line in page.basis)
    yield "**QUYẾT ĐỊNH:**"
    for number, article in enumerate(page.articles, start=1):
        yield f"**Điều {number}.** {markdown_text(article)}"
    yield "**Nơi nhận:**\n\n" + "\n".join(f"- {markdown_text(line)}" for line in page.recipients)
    yield "  \n".join(f"**{markdown_text(line)}**" for line in page.signature)
    for number, table in enumerate(page.tables, start=1):
        yield from _table(number, table)
    yield f"Mã băm nội dung (SHA-256): `{page.content_hash}`"


def _table(number: int, table: RankingTable) -> Iterator[str]:
    yield f"### Bảng {number}. {markdown_text(table.title)}"
    lines = [_line(HEADER), "|---:|---|---:|---:|---:|---|"]
    yield "\n".join([*lines, *(_line([markdown_text(cell) for cell in row.cells()]) for row in table.rows)])
    if table.tied:
        yield "Các cơ quan có cùng giá trị chính xác đồng hạng; hạng kế tiếp được bỏ qua."
    if table.unranked:
        lines = [f"- {markdown_text(name)}: {markdown_text(reason)}" for _, name, reason in table.unranked]
        yield "Không xếp hạng:\n\n" + "\n".join(lines)
    yield f"*Chấm theo: {markdown_text(table.rule_set)}*"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"
