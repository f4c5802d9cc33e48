"""The Decision as people read it, and the tables as programs do."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
from publishing_builders import (
    KEYS,
    LATER,
    a_ranking,
    a_row,
    a_rule_set,
    a_situation,
    drafted,
    published,
)

from services.publishing.core.decision import withdraw
from services.publishing.core.document import page_of
from services.publishing.core.html import html_bytes
from services.publishing.core.markdown import markdown_bytes
from services.publishing.core.model import Decision
from services.publishing.core.tables import csv_bytes, ranking_table
from shared.contracts.scoring import UnrankedAgency

KEY = KEYS[0]
RULE_SETS = {a_rule_set(key).key: a_rule_set(key) for key in KEYS}
HOSTILE = "<script>alert(1)</script> | **đậm** [x](http://x)"


def rendered(decision: Decision) -> tuple[str, str]:
    page = page_of(decision.drafts[-1], RULE_SETS, decision.withdrawal_of(decision.drafts[-1]))
    return markdown_bytes(page).decode(), html_bytes(page).decode()


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_ties_share_a_rank_and_the_next_one_skips() -> None:
    ranking = a_ranking(points=(("so-noi-vu", 90), ("so-y-te", 80), ("so-tai-chinh", 80), ("so-ngoai-vu", 70)))
    table = ranking_table(ranking, a_rule_set(KEY))
    assert [row.rank for row in table.rows] == ["1", "2", "2", "4"]
    assert [row.tied for row in table.rows] == [False, True, True, False]


def test_numbers_are_rounded_once_as_the_rule_set_shows_them() -> None:
    row = ranking_table(a_ranking(points=(("so-noi-vu", Fraction(250, 3)),)), a_rule_set(KEY)).rows[0]
    assert row.cells() == ("1", "Sở Nội vụ", "83,33", "100,00", "0,8333", "Tốt")


def test_unranked_agencies_are_named_with_the_rule_that_excludes_them() -> None:
    out = UnrankedAgency(agency="so-y-te", name="Sở Y tế", reason="excluded", rules=("serious-incident",))
    table = ranking_table(a_ranking(unranked=(out,)), a_rule_set(KEY))
    assert table.unranked == (("so-y-te", "Sở Y tế", "Không xếp hạng theo quy tắc: Sự cố nghiêm trọng"),)


def test_documents_have_the_parts_of_a_decision() -> None:
    for text in rendered(published()):
        for part in (
            "ỦY BAN NHÂN DÂN TỈNH BẮC GIANG",
            "2050/QĐ-UBND",
            "Bắc Giang, ngày 20 tháng 12 năm 2021",
            "số 2294/QĐ-UBND ngày 17/11/2020",
            "Điều 1.",
            "Điều 2.",
            "Điều 3.",
            "Nơi nhận",
            "Bảng 4.",
            "Sở Tài chính",
            "80,00",
            "0,8000",
            "Không có phiếu trả lời được thẩm tra",
            "đồng hạng",
            "chairman-1",
            "10:00:00 ngày 20/12/2021",
        ):
            assert part in text


def test_draft_is_marked_until_it_is_signed() -> None:
    assert all("DỰ THẢO" in text and "chưa ký" in text for text in rendered(drafted()))
    assert not any("DỰ THẢO" in text for text in rendered(published()))


def test_withdrawn_decision_says_so() -> None:
    gone = withdraw(published(), "2021", "Sai quy trình", "chairman-1", LATER).decision
    assert all("ĐÃ THU HỒI" in text and "Sai quy trình" in text for text in rendered(gone))


def test_same_draft_gives_the_same_bytes() -> None:
    assert rendered(drafted()) == rendered(Decision.model_validate(drafted().model_dump(mode="json")))


def test_names_cannot_become_markup() -> None:
    ranking = a_ranking(rows=(a_row(KEY, 1, "so-y-te", Fraction(90), HOSTILE),))
    markdown, html = rendered(drafted(a_situation(ranking), title=HOSTILE))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | **đậm**" in html
    assert "<script>" not in markdown
    assert r"\<script\>alert(1)\</script\> \| \*\*đậm\*\* \[x\](http://x)" in markdown


def test_html_needs_nothing_from_outside() -> None:
    _, html = rendered(published())
    assert not any(word in html for word in ("src=", "href=", "@import", "url("))


def test_csv_is_rfc_4180_with_a_byte_order_mark() -> None:
    content = csv_bytes(a_ranking(), a_rule_set(KEY))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 5
    rows = rows_of(content)
    assert {len(row) for row in rows} == {8}
    assert rows[1] == ["1", "so-noi-vu", "Sở Nội vụ", "90.00", "100.00", "0.9000", "Tốt", ""]
    assert rows[4][:3] == ["", "so-ngoai-vu", "Sở Ngoại vụ"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uff1d1", '=HYPERLINK("x","y")'])
def test_csv_cell_cannot_be_taken_for_a_formula(name: str) -> None:
    ranking = a_ranking(rows=(a_row(KEY, 1, "so-y-te", Fraction(90), name),))
    assert rows_of(csv_bytes(ranking, a_rule_set(KEY)))[1][2] == f"'{name}"
