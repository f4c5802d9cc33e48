"""Documents for people: the same blocks as HTML and Markdown, and nothing that is said can break out of its place."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.paper import Grid, Heading, Items, Paper, Row, Says, markdown_text, to_html, to_markdown

PAPER = Paper(
    "Tên <b>",
    (
        Heading(2, "Mục 1"),
        Says("- không phải danh sách"),
        Items(("một", "hai | ba")),
        Grid("Bảng", ("Mã", "Nội dung"), (Row(("1", ("dòng 1", "dòng & 2")), strong=True), Row(("2", ""))), (20, 80)),
        Grid("", (), (Row(("Nhãn", "giá trị")),)),
    ),
)


class _Page(HTMLParser):
    """Tags that are open, and all texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_has_headed_rows_and_columns() -> None:
    page = to_html(PAPER)
    assert '<th scope="col">Mã</th><th scope="col">Nội dung</th>' in page
    assert '<tr class="strong"><th scope="row"><strong>1</strong></th>' in page
    assert "<td><strong>dòng 1</strong><br>dòng &amp; 2</td>" in page
    assert '<col style="width:20%">' in page
    assert "<h1>Tên &lt;b&gt;</h1>" in page
    assert page.count("<thead>") == 1


def test_markdown_of_every_block() -> None:
    assert to_markdown(PAPER) == (
        "# Tên \\<b\\>\n\n## Mục 1\n\n\\- không phải danh sách\n\n- một\n- hai \\| ba\n\n"
        "**Bảng**\n\n| Mã | Nội dung |\n|---|---|\n| **1** | **dòng 1**<br>dòng \\& 2 |\n| 2 |  |\n\n"
        "|  |  |\n|---|---|\n| Nhãn | giá trị |\n"
    )


@given(st.text(max_size=40))
def test_no_text_can_become_a_tag(text: str) -> None:
    paper = Paper(text, (Heading(3, text), Says(text), Items((text,)), Grid(text, (text,), (Row(((text, text),)),))))
    page = _Page()
    page.feed(to_html(paper))
    assert page.open == []
    known = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h3", "p", "ul", "li", "br"}
    assert page.seen <= {*known, "table", "caption", "thead", "tbody", "tr", "th", "td", "strong"}


@given(st.text(alphabet=st.sampled_from(list("a1_ *`#[]<>|~&-+.)(\n")), max_size=30))
def test_no_text_can_become_markdown(text: str) -> None:
    said = markdown_text(text)
    assert "\n" not in said
    assert not re.search(r"(?<!\\)[*`#\[\]<>|~&]", said.replace("\\\\", ""))


def test_names_of_inputs_stay_readable_in_markdown() -> None:
    assert markdown_text("staff_with_computer _a_") == "staff_with_computer \\_a\\_"
