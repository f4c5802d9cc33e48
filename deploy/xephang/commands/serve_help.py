"""The help of `xephang serve`: the environment variables are listed from the settings themselves."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

__all__ = ["ServeCommand"]


class ServeCommand(TyperCommand):
    """Reads the settings only when somebody asks for help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As usual, with a longer end."""
        own = self.epilog
        self.epilog = f"{_variables()}\n\n{own or ''}"
        try:
            super().format_help(ctx, formatter)
        finally:
            self.epilog = own


def _variables() -> str:
    from shared.settings import ServiceSettings

    lines = ["Biến môi trường (environment):"]
    for name, field in ServiceSettings.model_fields.items():
        default = "bắt buộc – required" if field.is_required() else f"mặc định {_shown(field.default)}"
        lines.append(f"XEPHANG_{name.upper()}: {field.description} ({default})")
    return "\n\n".join(lines)


def _shown(default: Any) -> str:
    """As one would write it into the environment."""
    if isinstance(default, bool):
        return str(default).lower()
    return "không – none" if default is None or not str(default) else str(default)
