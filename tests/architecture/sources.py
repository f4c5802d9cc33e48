"""The project's Python files as syntax trees, and what each imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

__all__ = ["ROOT", "Source", "below", "sources"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("services", "shared", "deploy")


@dataclass(frozen=True)
class Source:
    """One module: its dotted name and its syntax tree."""

    name: str
    tree: ast.Module
    is_package: bool = False

    @classmethod
    def of(cls, name: str, text: str) -> Source:
        """A module from its text."""
        return cls(name, ast.parse(text))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every module or name imported anywhere in the file, in full: `from a import b` gives `a.b`."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                yield from (f"{origin}.{alias.name}" for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        steps = self.name.split(".")
        package = steps[: len(steps) - node.level + (1 if self.is_package else 0)]
        return ".".join([*package, *([node.module] if node.module else [])])

    @property
    def core_of(self) -> str | None:
        """The service whose core this is part of, or None."""
        steps = self.name.split(".")
        return steps[1] if steps[0] == "services" and steps[2:3] == ["core"] else None


def below(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of the packages or lies in it."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@cache
def sources() -> tuple[Source, ...]:
    """All modules of the services, of what they share, and of what deploys them."""
    return tuple(_read(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


def _read(path: Path) -> Source:
    steps = path.relative_to(ROOT).with_suffix("").parts
    package = steps[-1] == "__init__"
    name = ".".join(steps[:-1] if package else steps)
    return Source(name, ast.parse(path.read_text(encoding="utf-8"), str(path)), package)
