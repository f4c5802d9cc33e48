"""`xephang ruleset form`: the survey form of a rule set, as agencies get it."""

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
        "form",
        epilog=examples(
            f"xephang ruleset form {file} -o phieu-khao-sat.html",
            "xephang ruleset form bac-giang-it-province@2022.1 --format json",
        ),
    )(form)


def form(
    source: Source,
    format: Annotated[Format | None, typer.Option(help="html, markdown, json.", show_default=False)] = None,
    output: Output = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Phiếu khảo sát gửi các cơ quan: câu hỏi, đơn vị, giới hạn, lựa chọn, tài liệu kiểm chứng (the survey form)."""
    from services.intake.core.form import form_document, render_form

    wanted = chosen(format, output, Format.markdown, Format.html, Format.json)
    rule_set = rule_set_from(source, url, token, data)
    if wanted is Format.json:
        deliver(json.dumps(form_document(rule_set), ensure_ascii=False, indent=2), output)
    else:
        deliver(render_form(rule_set, "html" if wanted is Format.html else "markdown"), output)
