"""Every command explains itself, with an example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from deploy.xephang.cli import app
from deploy.xephang.commands.token import RoleName
from shared.contracts.registry import SERVICES
from shared.http.auth import ROLES
from shared.settings import ServiceSettings
from tests.cli.conftest import Run


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, (*path, name))


ALL = sorted(_commands(typer.main.get_command(app)))


def test_all_commands_are_there() -> None:
    named = {path[0] for path in ALL if path}
    assert named == {
        "up",
        "up-real",
        "serve",
        "kafka",
        "token",
        "run-year",
        "agencies",
        "campaign",
        "submit",
        "verify",
        "ruleset",
        "score",
        "explain",
        "rank",
        "publish",
        "replay",
        "backup",
        "restore",
        "status",
        "trace",
        "dlq",
        "parked",
        "service",
    }


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_shows_an_example(run: Run, path: tuple[str, ...]) -> None:
    ended = run(*path, "--help")
    assert ended.code == 0
    assert "Ví dụ (examples):" in ended.out
    example = ended.out.partition("Ví dụ (examples):")[2]
    assert f"xephang {' '.join(path)}".strip() in example


def test_help_of_serve_lists_every_setting(run: Run) -> None:
    shown = run("serve", "--help").out
    assert [name for name in ServiceSettings.model_fields if f"XEPHANG_{name.upper()}" not in shown] == []
    assert "None" not in shown, "a default is shown as one would write it"
    assert "(mặc định false)" in shown


def test_roles_and_services_are_those_of_the_platform(run: Run) -> None:
    from deploy.xephang.commands.options import ServiceName

    assert tuple(RoleName) == ROLES
    assert tuple(ServiceName) == SERVICES


@pytest.mark.parametrize("arguments", [("nope",), ("up", "--nope"), ("token", "king"), ("ruleset", "activate", "x@1")])
def test_a_wrong_call_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_run_year_refuses_years_it_does_not_know(run: Run) -> None:
    ended = run("run-year", "--years", "2021,2035")
    assert ended.code == 2
    assert "2035" in ended.err
