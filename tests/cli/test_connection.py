"""Which platform a command speaks to, and whose token it carries there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import connection, folder
from shared.http.auth import DemoIssuer
from tests.cli.conftest import Run


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The addresses and tokens that clients were made with."""
    made: list[tuple[str, str]] = []

    def client(url: str, token: str = "") -> Client:
        made.append((url, token))
        return Client(url, token)

    monkeypatch.setattr(connection, "Client", client)
    return made


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("agencies", "list"), ("rank", "2021"), ("publish", "show", "2021"), ("dlq", "list"), ("replay",)],
)
def test_without_a_platform_the_exit_code_is_3(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.code == 3
    assert "xephang up" in ended.err
    assert "Traceback" not in ended.err


def test_a_platform_that_was_killed_does_not_answer(run: Run, tmp_path: Path) -> None:
    folder.announce(tmp_path, "http://127.0.0.1:9", "127.0.0.1:9092")
    ended = run("status", "--data", tmp_path)
    assert ended.code == 3
    assert "http://127.0.0.1:9" in ended.err


def test_a_damaged_announcement_is_none(tmp_path: Path) -> None:
    (tmp_path / "platform.json").write_text("{", encoding="utf-8")
    assert folder.announced(tmp_path) is None


def test_demo_issuer_speaks_for_the_role(
    tokens: list[tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = DemoIssuer(tmp_path)
    folder.announce(tmp_path, "http://0.0.0.0:8080", "127.0.0.1:9092")
    connection.connect("", "", tmp_path, "operator")
    ((url, token),) = tokens
    assert url == "http://0.0.0.0:8080"
    assert issuer.verifier().person(token).roles == {"operator"}
    assert "demo-operator" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "given", "sent"), [("https://xephang.example", "", ""), ("http://127.0.0.1:1", "mine", "mine")]
)
def test_no_demo_token_for_strangers_or_beside_ones_own(
    tokens: list[tuple[str, str]], tmp_path: Path, url: str, given: str, sent: str
) -> None:
    DemoIssuer(tmp_path)
    connection.connect(url, given, tmp_path, "operator")
    assert tokens == [(url, sent)]


def test_no_key_comes_into_being_by_asking(tokens: list[tuple[str, str]], tmp_path: Path) -> None:
    connection.connect("http://127.0.0.1:1", "", tmp_path / "other", "operator")
    assert not (tmp_path / "other").exists()


def test_token_is_printed_for_the_agency(run: Run, tmp_path: Path) -> None:
    issuer = DemoIssuer(tmp_path)
    ended = run("token", "agency", "--agency", "so-y-te", "--name", "lan", "--data", tmp_path)
    person = issuer.verifier().person(ended.out.strip())
    assert (person.id, person.roles, person.agency) == ("lan", {"agency"}, "so-y-te")


@pytest.mark.parametrize(
    "arguments", [("agency",), ("operator", "--agency", "so-y-te"), ("operator", "--data", "none")]
)
def test_token_that_cannot_be_issued_is_a_wrong_call(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    DemoIssuer(tmp_path)
    assert run("token", "--data", tmp_path, *arguments).code == 2


def test_announcement_is_for_the_owner_only(tmp_path: Path) -> None:
    folder.announce(tmp_path, "http://127.0.0.1:1", "127.0.0.1:2")
    file = tmp_path / "platform.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text(encoding="utf-8"))["kafka"] == "127.0.0.1:2"
