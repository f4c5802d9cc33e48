"""`xephang ruleset export|import`: a rule set as an Excel workbook, and a workbook as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.xephang.commands.documents import content_of
from deploy.xephang.commands.options import DEFAULT_DATA, Data, Token, Url
from deploy.xephang.commands.outcome import examples, misuse, say
from deploy.xephang.commands.published import Source, rule_set_from

if TYPE_CHECKING:
    from shared.ruleset.document import RuleSet

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `ruleset`."""
    file = "services/scoring/rulesets/it-province/2022.1.yaml"
    app.command(
        "export",
        epilog=examples(
            f"xephang ruleset export {file} -o bo-tieu-chi.xlsx",
            "xephang ruleset export bac-giang-it-province@2022.1 -o bo-tieu-chi.xlsx",
        ),
    )(export)
    app.command("import", epilog=examples("xephang ruleset import bo-tieu-chi.xlsx -o bo-tieu-chi.yaml"))(import_)


def export(
    source: Source,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", dir_okay=False, help="Tệp .xlsx (mặc định: mã-phiên-bản.xlsx).", show_default=False
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Ghi đè tệp đã có nội dung khác (replace what is there).")
    ] = False,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Ghi bộ tiêu chí thành sổ tính Excel để sửa (a workbook to amend it in)."""
    from services.scoring.documents import workbook_of

    rule_set = _rule_set(source, url, token, data)
    file = output or Path(f"{rule_set.id}-{rule_set.version}.xlsx")
    content = workbook_of(rule_set)
    if file.suffix.lower() != ".xlsx":
        raise misuse(f"{str(file)!r} phải có đuôi .xlsx, nếu không Excel không mở (name it .xlsx, or Excel refuses it)")
    if not overwrite and file.exists() and file.read_bytes() != content:
        raise misuse(
            f"{str(file)!r} đã có và khác với bản sẽ ghi; đặt tên khác bằng -o, hoặc thêm --overwrite để ghi đè"
            " (it exists and may hold somebody's work: give another name, or --overwrite)"
        )
    _write(file, content)
    say(f"✓ {file}: {_told(rule_set)}")


def import_(
    file: Annotated[Path, typer.Argument(help="Sổ tính Excel (.xlsx).")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="Tệp YAML; không nêu thì in ra.", show_default=False),
    ] = None,
) -> None:
    """Đọc sổ tính thành YAML; lỗi được chỉ ra theo trang và ô (faults by sheet and cell)."""
    from services.scoring.documents import is_workbook, load_document
    from shared.ruleset.writing import yaml_text

    content = content_of(file)
    if not is_workbook(content):
        raise misuse(f"{str(file)!r} không phải sổ tính Excel (this is no workbook)")
    rule_set = load_document(content, str(file)).rule_set
    text = yaml_text(rule_set)
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text.encode())
    say(f"✓ {output}: {_told(rule_set)}")


def _rule_set(source: str, url: str, token: str, data: Path) -> RuleSet:
    """Of a file whatever lint thinks of it, since it may be what is to be corrected; or of the platform."""
    from services.scoring.documents import load_document

    if "@" in source and not Path(source).exists():
        return rule_set_from(source, url, token, data)
    return load_document(content_of(Path(source)), source).rule_set


def _told(rule_set: RuleSet) -> str:
    return f"{rule_set.key}, {len(rule_set.criteria())} tiêu chí, {len(rule_set.examples)} ví dụ"


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise misuse(f"không ghi được {str(file)!r}: {error.strerror} (the file cannot be written)") from error
