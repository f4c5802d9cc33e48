"""`xephang ruleset method`: how a rule set scores, as it is published."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from deploy.xephang.commands.options import DEFAULT_DATA, Data, Token, Url
from deploy.xephang.commands.outcome import examples
from deploy.xephang.commands.published import Format, Output, Source, chosen, deliver, rule_set_from

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the group `ruleset`."""
    file = "services/scoring/rulesets/it-province/2022.1.yaml"
    app.command(
        "method",
        epilog=examples(
            f"xephang ruleset method {file} -o cach-cham-diem.html",
            "xephang ruleset method bac-giang-it-province@2022.1 --format json",
        ),
    )(method)


def method(
    source: Source,
    format: Annotated[Format | None, typer.Option(help="html, markdown, json.", show_default=False)] = None,
    output: Output = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Cách chấm điểm để công khai: từng tiêu chí, quy tắc, mức độ, ví dụ tính (how everything is scored)."""
    from services.scoring.core.method_paper import method_paper
    from services.scoring.core.method_sheet import method_sheet
    from shared.kernel.paper import to_html, to_markdown

    wanted = chosen(format, output, Format.markdown, Format.html, Format.json)
    sheet = method_sheet(rule_set_from(source, url, token, data))
    if wanted is Format.json:
        deliver(json.dumps(sheet.model_dump(mode="json"), ensure_ascii=False, indent=2), output)
    else:
        deliver((to_html if wanted is Format.html else to_markdown)(method_paper(sheet)), output)
