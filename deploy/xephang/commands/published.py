"""What commands share that write a document for people: where its rule set comes from, its format, where it goes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.xephang.client import path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.lint_files import examine
from deploy.xephang.commands.outcome import misuse, note
from shared.kernel.errors import Invalid

if TYPE_CHECKING:
    from shared.ruleset.document import RuleSet

__all__ = ["Format", "Output", "Source", "chosen", "deliver", "rule_set_from"]

Source = Annotated[
    str, typer.Argument(metavar="FILE|KEY", help="Tệp bộ tiêu chí, hoặc id@phiên-bản trên nền tảng (file or key).")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", dir_okay=False, help="Ghi vào tệp; không nêu thì in ra (stdout).", show_default=False
    ),
]


class Format(StrEnum):
    """In which format a document is written."""

    html = "html"
    markdown = "markdown"
    json = "json"
    text = "text"


_SUFFIXES = {
    ".html": Format.html,
    ".htm": Format.html,
    ".md": Format.markdown,
    ".json": Format.json,
    ".txt": Format.text,
}


def chosen(asked: Format | None, output: Path | None, default: Format, *others: Format) -> Format:
    """The format that was asked for, else that of the file's name, else the default."""
    named = _SUFFIXES.get(output.suffix.lower()) if output is not None else None
    found = asked or named or default
    offered = (default, *others)
    if found not in offered:
        raise misuse(f"--format: {found} không dùng được ở đây; có {', '.join(offered)} (formats offered)")
    return found


def rule_set_from(source: str, url: str, token: str, data: Path) -> RuleSet:
    """A sound rule set: of a file, or an approved one of the platform by its key. Raises `DomainError`."""
    from shared.ruleset.loader import load_text

    path = Path(source)
    if "@" in source and not path.exists():
        text = connect(url, token, data).get_text(path_of("scoring", "rulesets", source))
        return load_text(text.encode(), source).rule_set
    from services.scoring.adapters.durable_engine import DurableEngine

    examined = examine(path, DurableEngine())
    if examined.rule_set is None:
        raise Invalid("Bộ tiêu chí có lỗi", "the rule set has errors", examined.errors, "ruleset.refused")
    return examined.rule_set


def deliver(text: str, output: Path | None) -> None:
    """On stdout, or into the file."""
    if output is None:
        typer.echo(text.rstrip("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise misuse(f"không ghi được {str(output)!r}: {error.strerror} (the file cannot be written)") from error
    note(f"Đã ghi {output} (written)")
