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


@pytest.mark.parametrize(
    ("arguments", "place", "vietnamese", "english"),
    [
        (["nope"], "xephang", "không có lệnh 'nope'", "No such command"),
        (["dlq", "nope"], "xephang dlq", "không có lệnh 'nope'", "No such command"),
        (["up", "--nope"], "xephang up", "không có tùy chọn --nope", "No such option"),
        (["backup"], "xephang backup", "thiếu đối số bắt buộc DIR", "Missing argument"),
        (["token"], "xephang token", "thiếu đối số bắt buộc role, một trong platform", "Missing argument"),
        (["kafka", "apply"], "xephang kafka apply", "thiếu tùy chọn bắt buộc --bootstrap", "Missing option"),
        (["up", "--port"], "xephang", "tùy chọn --port cần một giá trị", "requires an argument"),
        (["up", "--port", "x"], "xephang up", "'--port' không dùng được: cần một số nguyên", "valid integer"),
        (["up", "--port", "70000"], "xephang up", "nhiều nhất là 65535", "less than or equal"),
        (["up", "--port", "-1"], "xephang up", "ít nhất là 0", "greater than or equal"),
        (["token", "king"], "xephang token", "'king' không phải một trong 'platform'", "is not one of"),
        (["status", "extra"], "xephang status", "thừa đối số: extra", "extra argument"),
        (["kafka", "apply", "--secrets", "a", "--admin-config", "/"], "xephang kafka apply", "là thư mục", "directory"),
        (["ruleset", "lint", "no.yaml"], "xephang ruleset lint", "không đọc được tệp 'no.yaml'", "cannot be read"),
    ],
)
def test_a_wrong_call_is_told_in_vietnamese_with_english_beside_it(
    run: Run, arguments: list[str], place: str, vietnamese: str, english: str
) -> None:
    first, remedy, beside = run(*arguments).err.splitlines()
    assert first.startswith(f"✗ {place}: ")
    assert vietnamese in first
    assert f"`{place} --help`" in remedy
    assert english in beside


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["dlq", "list", "--status", "x", "--json"], 2, "usage"),
        (["replay", "nowhere", "--json"], 2, "usage"),
        (["status", "--url", "http://127.0.0.1:1", "--json"], 3, "platform.silent"),
        (["status", "--json"], 3, "platform.silent"),
    ],
)
def test_programs_read_every_kind_of_refusal_on_stdout(run: Run, arguments: list[str], code: int, kind: str) -> None:
    ended = run(*arguments)
    assert ended.code == code
    refused = ended.json()["refused"]
    assert (refused["code"], refused["faults"][0]["code"]) == (kind, kind)
    assert all(refused["faults"][0].values())
    assert refused["title"] in ended.err
    assert run(*arguments[:-1]).out == "", "nothing on stdout for people"


def test_a_group_without_a_command_shows_its_help_once(run: Run) -> None:
    ended = run("dlq")
    assert ended.code == 2
    assert (ended.out + ended.err).count("Ví dụ (examples):") == 1


def test_run_year_refuses_years_it_does_not_know(run: Run) -> None:
    ended = run("run-year", "--years", "2021,2035")
    assert ended.code == 2
    assert "2035" in ended.err
