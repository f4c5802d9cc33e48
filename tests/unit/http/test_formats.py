"""In which format a document is answered."""

from __future__ import annotations

import pytest
from fastapi import Request

from shared.http.formats import answer_in, documented

WRITTEN = {"html": lambda: "<p>", "markdown": lambda: "#", "json": lambda: b"{}"}


def kind_of(accept: str, asked: str | None = None) -> str:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    return answer_in(request, asked, WRITTEN).headers["content-type"].partition(";")[0]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        ("text/html;q=0.2, text/markdown;q=0.7, text/*;q=0.1", "text/markdown"),
        ("application/json;q=x, text/*", "text/html"),
        ("text/html;q=0, application/*", "application/json"),
        ("image/png", "text/html"),
    ],
)
def test_the_accept_header_chooses_and_the_first_is_the_default(accept: str, kind: str) -> None:
    assert kind_of(accept) == kind
    assert kind_of(accept, "json") == "application/json"


def test_openapi_names_the_formats() -> None:
    assert list(documented("html", "text")[200]["content"]) == ["text/html", "text/plain"]


def test_caches_are_told_that_the_header_matters() -> None:
    answer = answer_in(Request({"type": "http", "headers": []}), None, WRITTEN, ETag='"1"')
    assert (answer.headers["vary"], answer.headers["etag"], answer.body) == ("Accept", '"1"', b"<p>")
