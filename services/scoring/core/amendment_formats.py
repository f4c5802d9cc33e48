"""An amendment in the formats it is asked for: JSON for programs, text, and the annex of the dispatch."""

from __future__ import annotations

import json
from typing import Literal

from services.scoring.core.amendment_json import amendment_json
from services.scoring.core.amendment_model import Amendment
from services.scoring.core.amendment_paper import amendment_paper
from services.scoring.core.amendment_text import render_text
from shared.kernel.paper import to_html, to_markdown

__all__ = ["told"]


def told(amendment: Amendment, format: Literal["json", "text", "markdown", "html"]) -> tuple[str, str]:
    """The amendment as text of this format, and its media type."""
    match format:
        case "json":
            return json.dumps(amendment_json(amendment), ensure_ascii=False, indent=2) + "\n", "application/json"
        case "text":
            return render_text(amendment), "text/plain"
        case "markdown":
            return to_markdown(amendment_paper(amendment)), "text/markdown"
        case "html":
            return to_html(amendment_paper(amendment)), "text/html"
