"""An amendment in the formats it is asked for: JSON for programs, text, and the annex of the dispatch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from services.scoring.core.amendment_json import amendment_json
from services.scoring.core.amendment_model import Amendment
from services.scoring.core.amendment_paper import amendment_paper
from services.scoring.core.amendment_text import render_text
from shared.kernel.paper import to_html, to_markdown

__all__ = ["told"]

_FORMATS: Mapping[str, tuple[str, Callable[[Amendment], str]]] = {
    "json": ("application/json", lambda one: json.dumps(amendment_json(one), ensure_ascii=False, indent=2) + "\n"),
    "text": ("text/plain", render_text),
    "markdown": ("text/markdown", lambda one: to_markdown(amendment_paper(one))),
    "html": ("text/html", lambda one: to_html(amendment_paper(one))),
}


def told(amendment: Amendment, format: str) -> tuple[str, str]:
    """The amendment as text in one of the formats json, text, markdown, html, and its media type."""
    media_type, write = _FORMATS[format]
    return write(amendment), media_type
