"""The Decision as one HTML page that needs nothing else: no script, no outside font, style inside.

`_el` escapes every text it is given; only what `_el` itself made passes as it is. So nothing can be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from services.publishing.core.document import Page
from services.publishing.core.tables import HEADER, RankingTable

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


class _Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def html_bytes(page: Page) -> bytes:
    """UTF-8."""
    head = _el(
        "head",
        _Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        _el("title", f"{page.mark + ' — ' if page.mark else ''}{page.number} — {page.title}"),
        _Html(f"<style>{_STYLE}</style>"),
    )
    return f'<!doctype html>\n<html lang="vi">{head}{_el("body", *_body(page))}</html>\n'.encode()


def _body(page: Page) -> Iterator[str]:
    if page.mark:
        yield _el("p", page.mark, _Html("<br>"), page.mark_note, class_="mark")
    motto = _el("strong", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", _Html("<br>"), "Độc lập - Tự do - Hạnh phúc")
    left = _el("div", _el("strong", page.issuer), _Html("<br>"), page.number)
    yield _el("div", left, _el("div", motto, _Html("<br>"), _el("em", page.place_and_date)), class_="heads")
    yield _el("h1", "QUYẾT ĐỊNH")
    yield _el("h2", page.title)
    yield _el("header", _el("strong", page.authority))
    yield from (_el("p", line, class_="basis") for line in page.basis)
    yield _el("header", _el("strong", "QUYẾT ĐỊNH:"))
    for number, article in enumerate(page.articles, start=1):
        yield _el("p", _el("strong", f"Điều {number}."), " ", article)
    yield _el("div", _recipients(page.recipients), _signature(page.signature), class_="foot")
    for number, table in enumerate(page.tables, start=1):
        yield _el("section", *_table(number, table), class_="annex")
    yield _el("p", f"Mã băm nội dung (SHA-256): {page.content_hash}", class_="small")


def _recipients(recipients: Iterable[str]) -> str:
    return _el("div", _el("strong", "Nơi nhận:"), _el("ul", *(_el("li", line) for line in recipients)), class_="small")


def _signature(lines: tuple[str, ...]) -> str:
    return _el("div", *(_el("p", line) for line in lines), class_="signature")


def _table(number: int, table: RankingTable) -> Iterator[str]:
    yield _el("h3", f"Bảng {number}. {table.title}")
    head = _el("tr", *(_el("th", title, scope="col") for title in HEADER))
    rows = (_el("tr", *_cells(row.cells())) for row in table.rows)
    yield _el("table", _el("thead", head), _el("tbody", *rows))
    if table.tied:
        yield _el("p", "Các cơ quan có cùng giá trị chính xác đồng hạng; hạng kế tiếp được bỏ qua.", class_="small")
    if table.unranked:
        yield _el("p", "Không xếp hạng:")
        yield _el("ul", *(_el("li", f"{name}: {reason}") for _, name, reason in table.unranked))
    yield _el("p", f"Chấm theo: {table.rule_set}", class_="small")


def _cells(cells: tuple[str, ...]) -> Iterator[str]:
    for column, cell in enumerate(cells):
        yield _el("td", cell, class_="number" if column in _NUMBERS else "")


def _el(tag: str, *children: str, class_: str = "", scope: str = "") -> _Html:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in (("class", class_), ("scope", scope)) if value)
    inner = "".join(child if isinstance(child, _Html) else escape(child) for child in children)
    return _Html(f"<{tag}{attributes}>{inner}</{tag}>")
