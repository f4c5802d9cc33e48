"""`xephang explain`: the proof sheet of an agency, or of one of its criteria; also from two files, offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.xephang.client import path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.options import DEFAULT_DATA, Data, Programme, Token, Url
from deploy.xephang.commands.outcome import examples, misuse
from deploy.xephang.commands.published import Format, Output, chosen, deliver
from deploy.xephang.commands.score import proof_of_files

if TYPE_CHECKING:
    from services.scoring.core.proof import Proof

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    ruleset = "services/scoring/rulesets/it-province/2022.1.yaml"
    app.command(
        "explain",
        epilog=examples(
            "xephang explain 2022 it so-y-te 2.3",
            "xephang explain 2022 it so-y-te -o phieu-diem.html",
            f"xephang explain --ruleset {ruleset} --answers phieu.yaml --criterion 1.2",
        ),
    )(explain)


def explain(
    campaign: Annotated[str, typer.Argument(help="Đợt đánh giá (campaign).", show_default=False)] = "",
    programme: Annotated[Programme | None, typer.Argument(help="Chương trình.", show_default=False)] = None,
    agency: Annotated[str, typer.Argument(help="Mã cơ quan (agency).", show_default=False)] = "",
    code: Annotated[str, typer.Argument(metavar="[CRITERION]", help="Chỉ một tiêu chí.", show_default=False)] = "",
    criterion: Annotated[str, typer.Option(help="Chỉ một tiêu chí (one criterion).", show_default=False)] = "",
    ruleset: Annotated[Path | None, typer.Option(help="Tệp bộ tiêu chí: tính không cần nền tảng.")] = None,
    answers: Annotated[Path | None, typer.Option(help="Tệp số liệu, như của `xephang score`.")] = None,
    format: Annotated[Format | None, typer.Option(help="text, html, markdown, json.", show_default=False)] = None,
    output: Output = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Diễn giải điểm: số liệu, thẩm tra, mức áp dụng, căn cứ, và cần gì thêm để được nhiều điểm hơn (proof sheet)."""
    wanted = chosen(format, output, Format.text, Format.html, Format.markdown, Format.json)
    code = code or criterion
    if ruleset is not None and answers is not None and not campaign:
        deliver(_written(proof_of_files(ruleset, answers), code, wanted), output)
        return
    if not campaign or programme is None or not agency or ruleset is not None or answers is not None:
        raise misuse("nêu CAMPAIGN PROGRAMME AGENCY, hoặc --ruleset và --answers (name an agency, or give both files)")
    client = connect(url, token, data, "operator")
    path = path_of("scoring", "scorecards", campaign, programme, agency, "proof")
    text = client.get_text(path, criterion=code or None, format=wanted.value)
    deliver(_indented(json.loads(text)) if wanted is Format.json else text, output)


def _written(made: Proof, code: str, wanted: Format) -> str:
    from services.scoring.core.proof import about, proof_paper, render_text
    from shared.kernel.paper import to_html, to_markdown

    shown = about(made, code) if code else made
    match wanted:
        case Format.json:
            return _indented(shown.model_dump(mode="json"))
        case Format.html:
            return to_html(proof_paper(shown))
        case Format.markdown:
            return to_markdown(proof_paper(shown))
        case Format.text:
            return render_text(shown)


def _indented(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
