"""`xephang ruleset schema`: the JSON Schema of rule-set documents, for editors."""

from __future__ import annotations

import typer

from deploy.xephang.commands.outcome import examples

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the group `ruleset`."""
    app.command("schema", epilog=examples("xephang ruleset schema > ruleset.schema.json"))(schema)


def schema() -> None:
    """In lược đồ JSON Schema của bộ tiêu chí, để trình soạn thảo gợi ý và kiểm tra (schema for editors)."""
    from shared.ruleset.schema import schema_text

    typer.echo(schema_text(), nl=False)
