"""`xephang up` in a process of its own: one assessment through the commands, then a stop in order."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.xephang.commands import folder
from deploy.xephang.commands.options import DEFAULT_DATA
from deploy.xephang.commands.up import say_data
from tests.cli.conftest import RULESETS, Ended, Run, Up

# The platform starts while the first tests run.
pytestmark = pytest.mark.usefixtures("starting")
KEY = "bac-giang-it-province@2021.1"
AGENCIES = "- {id: so-noi-vu, name: Sở Nội vụ, group: province}\n- {id: so-y-te, name: Sở Y tế, group: province}\n"
PLAN = (
    'id: "2021"\nyear: 2021\ntitle: Đợt 2021\nprogrammes: [it]\ndispatch: {number: 12/STTTT, issued_on: 2021-11-01}\n'
)
ANSWER = 'campaign: "2021"\nprogramme: it\nagency: so-noi-vu\nfigures: {wan_connected: true}\n'
Write = Callable[[str, str], Path]


def _until(attempt: Callable[[], Ended], enough: Callable[[Ended], bool] = lambda ended: ended.code == 0) -> None:
    """What takes its way over the broker arrives a little later."""
    until = time.monotonic() + 20
    while not enough(ended := attempt()):
        assert time.monotonic() < until, ended
        time.sleep(0.1)


def test_second_platform_on_the_same_folder_is_refused(run: Run, tmp_path: Path) -> None:
    with folder.locked(tmp_path):
        folder.announce(tmp_path, "http://127.0.0.1:8080", "127.0.0.1:9092")
        ended = run("up", "--data", tmp_path, "--port", "0")
    assert ended.code == 1
    assert str(tmp_path) in ended.err
    assert "http://127.0.0.1:8080" in ended.err
    assert "--data" in ended.err


def test_busy_port_is_named_with_a_way_out(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("up", "--data", tmp_path, "--port", str(port))
    assert ended.code == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert "--port" in ended.err


def test_a_token_is_told_to_be_of_this_data_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    say_data(tmp_path / "du lieu")
    say_data(DEFAULT_DATA)
    other, _, usual, _ = capsys.readouterr().out.splitlines()
    assert f"xephang token ROLE --data '{tmp_path / 'du lieu'}'" in other
    assert "--data" not in usual


@pytest.mark.parametrize("command", ["up", "up-real"])
@pytest.mark.parametrize("store", ["oracle://x", "mongodb://", "sqlite:////dev/null/x"])
def test_unusable_store_is_refused_before_kafka_is_waited_for(
    run: Run, tmp_path: Path, command: str, store: str
) -> None:
    ended = run(command, "--data", tmp_path, "--port", "0", "--kafka", "127.0.0.1:9", "--store", store)
    assert ended.code == 1
    assert "--store" in ended.err
    assert "[store.address]" in ended.err


def test_silent_broker_is_exit_code_3(run: Run, tmp_path: Path) -> None:
    ended = run("up", "--data", tmp_path, "--port", "0", "--kafka", "127.0.0.1:9")
    assert ended.code == 3
    assert "127.0.0.1:9" in ended.err


def test_data_folder_that_is_a_file_is_refused(run: Run, write: Write) -> None:
    ended = run("up", "--data", write("file", "") / "data")
    assert ended.code == 1
    assert "Traceback" not in ended.err


@pytest.mark.slow  # some twenty commands, each a call over HTTP to a platform that works
def test_an_assessment_by_commands(up: Up, run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XEPHANG_DATA", str(up.data))

    def ok(*arguments: str | Path) -> Ended:
        ended = run(*arguments)
        assert ended.code == 0, (arguments, ended)
        return ended

    ok("agencies", "register", write("agencies.yaml", AGENCIES))
    assert len(ok("agencies", "list", "--json").json()) == 2
    ok("ruleset", "load", RULESETS / "it-province" / "2021.1.yaml")
    own_approval = run(
        "ruleset", "approve", KEY, "--token", ok("token", "rules_admin", "--name", "demo-rules-admin-1").out.strip()
    )
    assert own_approval.code == 1
    ok("ruleset", "approve", KEY)
    ok("ruleset", "activate", KEY, "--from-year", "2021")
    assert ok("ruleset", "list", "--json").json()[0]["status"] == "active"
    assert "kích hoạt" in ok("ruleset", "show", KEY).out
    assert ok("ruleset", "form", KEY).out.startswith("# Phiếu khảo sát")
    assert ok("ruleset", "method", KEY, "--format", "html").out.startswith("<!doctype html>")

    plan = write("plan.yaml", PLAN)
    _until(lambda: run("campaign", "open", plan))
    answer = write("answer.yaml", ANSWER)
    _until(lambda: run("submit", answer))
    assert ok("campaign", "status", "2021", "--json").json()["tables"]["it/province"]["waiting_for"] == ["so-y-te"]
    ok("campaign", "close", "2021")
    _until(lambda: run("verify", "status", "2021", "--json"), lambda ended: len(ended.json()) == 2)
    ok("verify", "accept-all", "2021")

    _until(lambda: run("rank", "2021"))
    assert "Sở Nội vụ" in ok("rank", "2021").out
    assert "1.4 Kết nối mạng" in ok("explain", "2021", "it", "so-noi-vu").out
    (one,) = ok("explain", "2021", "it", "so-noi-vu", "1.4", "--format", "json").json()["sections"]
    assert [criterion["code"] for criterion in one["criteria"]] == ["1.4"]
    assert run("explain", "2021", "it", "so-noi-vu", "9.9").code == 1
    (ranking,) = ok("rank", "2021", "--json").json()
    assert [row["agency"] for row in ranking["rows"]] == ["so-noi-vu", "so-y-te"]
    _amended_by_commands(ok, run, write)
    _until(lambda: run("publish", "draft", "2021", "--number", "2050/QĐ-UBND", "--date", "2021-12-20"))
    ok("publish", "sign", "2021")
    assert "2050/QĐ-UBND" in ok("publish", "show", "2021").out
    assert "so-noi-vu" in ok("publish", "show", "2021", "--csv").out
    assert {each["topic"] for each in ok("replay", "rankings", "--json").json()} == {"rankings"}


def _amended_by_commands(ok: Callable[..., Ended], run: Run, write: Write) -> None:
    """An amendment for the next year: rehearsed on this one, acknowledged, approved, in force, and rolled back."""
    first = "bac-giang-it-province@2022.1"
    ok("ruleset", "load", RULESETS / "it-province" / "2022.1.yaml")
    too_early = run("ruleset", "approve", first)
    assert too_early.code == 1
    assert f"xephang ruleset rehearse {first} --campaign 2021" in too_early.err
    assert "SHA-256" in too_early.err
    assert "6.8" in too_early.err, "what the amendment changes is shown before it is approved"
    shown = ok("ruleset", "rehearse", first, "--campaign", "2021", "--shown", "1")
    assert "2 cơ quan" in shown.out
    assert "Tiêu chí mới 6.8" in shown.out
    rehearsal = ok("ruleset", "rehearse", first, "--campaign", "2021", "--json").json()
    assert [row["agency"] for row in rehearsal["rows"]] == ["so-noi-vu", "so-y-te"]
    table = ok("ruleset", "rehearse", first, "--campaign", "2021", "--csv").out.splitlines()
    assert [line.split(",")[0] for line in table] == ["agency", "so-noi-vu", "so-y-te"]
    assert run("ruleset", "rehearse", first, "--campaign", "1999").code == 1
    assert run("ruleset", "rehearse", first, "--campaign", "2021", "--csv", "--json").code == 2

    mine = ok("token", "rules_admin", "--name", "demo-rules-admin-1").out.strip()
    assert run("ruleset", "acknowledge", first, "--campaign", "2021", "--token", mine).code == 1
    assert run("ruleset", "acknowledge", first, "--campaign", "2021", "--basis", "0" * 64).code == 1
    assert "demo-rules-admin-2" in ok("ruleset", "acknowledge", first, "--campaign", "2021", "--reason", "Đã xem").out
    assert run("ruleset", "approve", first, "--hash", "0" * 64).code == 1
    ok("ruleset", "approve", first)
    ok("ruleset", "activate", first, "--from-year", "2022")
    refused = run("ruleset", "rollback", first, "--year", "2022", "--reason", "Sai")
    assert refused.code == 1
    assert "ruleset.nothing_before" in refused.err

    second = "bac-giang-it-province@2022.2"
    text = (RULESETS / "it-province" / "2022.1.yaml").read_text(encoding="utf-8")
    text = text.replace('version: "2022.1"', 'version: "2022.2"', 1)
    text = re.sub(r'^  version: "2021.1"\n  entries:.*', '  version: "2022.1"\n', text, flags=re.MULTILINE | re.DOTALL)
    ok("ruleset", "load", write("2022.2.yaml", text))
    ok("ruleset", "rehearse", second, "--campaign", "2021")
    ok("ruleset", "acknowledge", second, "--campaign", "2021")
    ok("ruleset", "approve", second)
    ok("ruleset", "activate", second, "--from-year", "2022")
    applies = ("ruleset", "applicable", "--year", "2022", "--programme", "it", "--group", "province")
    assert ok(*applies, "--json").json()[0]["rule_set"]["version"] == "2022.2"
    assert "2022.1" in ok("ruleset", "rollback", second, "--year", "2022", "--reason", "Sai thang điểm").out
    assert ok(*applies, "--json").json()[0]["rule_set"]["version"] == "2022.1"
    assert "đã bị thay lại bằng phiên bản trước" in ok(*applies).out
    assert "không có bộ nào" in ok(*applies, "--known-at", "2021-01-01").out
    assert len(ok("ruleset", "applicable", "--year", "2022", "--json").json()) == 4
    assert run(*applies, "--known-at", "hôm qua").code == 2
    history = ok("ruleset", "show", second).out
    assert "chấm thử (2021)" in history
    assert "thay lại bằng phiên bản trước (năm 2022, bac-giang-it-province@2022.1)" in history


def test_status_and_dead_letters_of_a_running_platform(up: Up, run: Run) -> None:
    assert set(run("status", "--data", up.data, "--json").json()) == {"intake", "verification", "scoring", "publishing"}
    assert "scoring" in run("status", "--data", up.data).out
    assert run("dlq", "list", "--data", up.data, "--json").json() == []
    unknown = run("dlq", "show", "nope", "--data", up.data)
    assert unknown.code == 1
    assert "nope" in unknown.err


def test_a_stopped_service_is_exit_code_3(up: Up, run: Run) -> None:
    assert run("service", "stop", "publishing", "--data", up.data).code == 0
    (told,) = [line for line in run("status", "--data", up.data).out.splitlines() if "publishing" in line]
    assert (told.count("–"), "0" in told) == (5, False)  # what it would say is not known
    ended = run("publish", "show", "2021", "--data", up.data)
    assert ended.code == 3
    assert "publishing" in ended.err


def test_wrong_token_is_refused_with_a_remedy(up: Up, run: Run) -> None:
    ended = run("status", "--data", up.data, "--token", "wrong")
    assert ended.code == 1
    assert "xephang token" in ended.err


def test_announcement_is_private_and_a_signal_stops_in_order(up: Up) -> None:
    file = up.data / "platform.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    began = time.monotonic()
    os.kill(up.process.pid, signal.SIGTERM)
    up.process.wait(timeout=15)
    assert time.monotonic() - began < 10
    assert up.process.returncode == 0
    said = up.out.read_text(encoding="utf-8")
    assert "/intake/docs" in said
    assert "xephang token" in said
    assert "Traceback" not in up.err.read_text(encoding="utf-8")
    assert not file.exists()
