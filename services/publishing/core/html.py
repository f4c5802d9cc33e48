"""The Decision as one HTML page that needs nothing else: no script, no outside font, style inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.publishing.core.document import Page
from services.publishing.core.tables import HEADER, RankingTable
from shared.kernel.html import Html, document, element

__all__ = ["html_bytes"]

_STYLE = """
body{font:16px/1.5 "Times New Roman",Times,serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#111}
header,.heads{text-align:center}.heads{display:flex;justify-content:space-between;gap:2rem;flex-wrap:wrap}
.mark{border:3px solid #a00;color:#a00;text-align:center;font-weight:bold;padding:.5rem;margin-bottom:1rem}
h1{font-size:1.3rem;text-align:center;margin-bottom:0}h2{font-size:1.1rem;text-align:center;margin-top:.3rem}
h3{font-size:1rem}.basis{font-style:italic}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #444;padding:.25rem .5rem;text-align:left}.number{text-align:right}
.foot{display:flex;justify-content:space-between;gap:2rem}.signature{text-align:center;font-weight:bold}
.small{font-size:.85rem;overflow-wrap:anywhere}
@media print{body{margin:0}.annex{break-before:page}}
"""
_NUMBERS = {0, 2, 3, 4}  # columns of `HEADER` that hold numbers


def html_bytes(page: Page) -> bytes:
    """UTF-8."""
    title = f"{page.mark + ' — ' if page.mark else ''}{page.number} — {page.title}"
    return document(title, _STYLE, *_body(page)).encode()


def _body(page: Page) -> Iterator[str]:
    if page.mark:
        yield element("p", page.mark, Html("<br>"), page.mark_note, class_="mark")
    motto = element("strong", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Html("<br>"), "Độc lập - Tự do - Hạnh phúc")
    left = element("div", element("strong", page.issuer), Html("<br>"), page.number)
    yield element("div", left, element("div", motto, Html("<br>"), element("em", page.place_and_date)), class_="heads")
    yield element("h1", "QUYẾT ĐỊNH")
    yield element("h2", page.title)
    yield element("header", element("strong", page.authority))
    yield from (element("p", line, class_="basis") for line in page.basis)
    yield element("header", element("strong", "QUYẾT ĐỊNH:"))
    for number, article in enumerate(page.articles, start=1):
        yield element("p", element("strong", f"Điều {number}."), " ", article)
    yield element("div", _recipients(page.recipients), _signature(page.signature), class_="foot")
    for number, table in enumerate(page.tables, start=1):
        yield element("section", *_table(number, table), class_="annex")
    yield element("p", f"Mã băm nội dung (SHA-256): {page.content_hash}", class_="small")


def _recipients(recipients: Iterable[str]) -> str:
    return element(
        "div",
        element("strong", "Nơi nhận:"),
        element("ul", *(element("li", line) for line in recipients)),
        class_="small",
    )


def _signature(lines: tuple[str, ...]) -> str:
    return element("div", *(element("p", line) for line in lines), class_="signature")


def _table(number: int, table: RankingTable) -> Iterator[str]:
    yield element("h3", f"Bảng {number}. {table.title}")
    head = element("tr", *(element("th", title, scope="col") for title in HEADER))
    rows = (element("tr", *_cells(row.cells())) for row in table.rows)
    yield element("table", element("thead", head), element("tbody", *rows))
    if table.tied:
        yield element("p", "Các cơ quan có cùng giá trị chính xác đồng hạng; hạng kế tiếp được bỏ qua.", class_="small")
    if table.unranked:
        yield element("p", "Không xếp hạng:")
        yield element("ul", *(element("li", f"{name}: {reason}") for _, name, reason in table.unranked))
    yield element("p", f"Chấm theo: {table.rule_set}", class_="small")


def _cells(cells: tuple[str, ...]) -> Iterator[str]:
    for column, cell in enumerate(cells):
        yield element("td", cell, class_="number" if column in _NUMBERS else "")
