"""`xephang ruleset diff`: what one version of a rule set changes of another, from files or from a platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.xephang.client import path_of
from deploy.xephang.commands.connection import connect
from deploy.xephang.commands.documents import content_of
from deploy.xephang.commands.options import DEFAULT_DATA, Data, Token, Url
from deploy.xephang.commands.outcome import examples
from deploy.xephang.commands.published import Format, Output, chosen, deliver

if TYPE_CHECKING:
    from deploy.xephang.client import Client
    from shared.ruleset.document import RuleSet

__all__ = ["register"]

_OLD, _NEW = "services/scoring/rulesets/it-province/2021.1.yaml", "services/scoring/rulesets/it-province/2022.1.yaml"
_KEY = "bac-giang-it-province"
_WHICH = "tệp, hoặc id@phiên-bản trên nền tảng (file, or a version on the platform)."


def register(app: typer.Typer) -> None:
    """Add the command to the group `ruleset`."""
    app.command(
        "diff",
        epilog=examples(
            f"xephang ruleset diff {_OLD} {_NEW}",
            f"xephang ruleset diff {_KEY}@2021.1 {_KEY}@2022.1 --format markdown -o phu-luc.md",
        ),
    )(diff)


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help=f"Phiên bản trước: {_WHICH}")],
    new: Annotated[str, typer.Argument(metavar="NEW", help=f"Phiên bản mới: {_WHICH}")],
    format: Annotated[
        Format | None,
        typer.Option("--format", help="text; markdown, html: phụ lục công văn (annex of the dispatch); json."),
    ] = None,
    output: Output = None,
    url: Url = "",
    token: Token = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Sửa đổi giữa hai phiên bản theo lời của Sở (the amendment in the words of the department)."""
    asked = chosen(format, output, Format.text, Format.markdown, Format.html, Format.json).value
    if _is_key(old) and _is_key(new):
        platform = connect(url, token, data, "rules_admin")
        given = {"from": old, "format": asked}
        deliver(platform.get_text(path_of("scoring", "rulesets", new, "diff"), **given), output)
        return
    from services.scoring.core.amendment import amend
    from services.scoring.core.amendment_formats import told

    one_of_them = connect(url, token, data, "rules_admin") if _is_key(old) or _is_key(new) else None
    text, _ = told(amend(_rule_set(old, one_of_them), _rule_set(new, one_of_them)), asked)
    deliver(text, output)


def _is_key(name: str) -> bool:
    return "@" in name and not Path(name).exists()


def _rule_set(name: str, platform: Client | None) -> RuleSet:
    """Of a file, or of the platform, drafts too; with errors of lint too, so that a draft can be compared early."""
    from services.scoring.documents import load_document
    from shared.ruleset.loader import load_text

    if platform is not None and _is_key(name):
        return load_text(platform.get_text(path_of("scoring", "rulesets", name, "draft")), name).rule_set
    return load_document(content_of(Path(name)), name).rule_set
