"""`xephang kafka apply` where no broker answers: one refusal, which address and what to do; nothing is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.xephang.cli import main
from deploy.xephang.commands import kafka
from tests.cli.conftest import Run

NOWHERE = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "_ANSWER_SECONDS", 0.2)


def test_no_broker_is_told_once(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The client library writes to the descriptor itself, past what Python could catch."""
    secrets = tmp_path / "secrets"
    with pytest.raises(SystemExit) as ended:
        main(["kafka", "apply", "--bootstrap", NOWHERE, "--secrets", str(secrets)])
    out, err = capfd.readouterr()
    assert (ended.value.code, out) == (3, "")
    assert f"✗ {NOWHERE}: không máy chủ Kafka nào trả lời" in err
    assert "no Kafka broker answers at this address" in err
    assert "refused" in err, "the reason that the last attempt found"
    assert "--bootstrap" in err
    assert len(err.splitlines()) == 3
    assert not secrets.exists(), "no password is made for nobody"


def test_an_option_that_kafka_does_not_know_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "admin.conf"
    config.write_text("sasl.nonsense=1\n", encoding="utf-8")
    ended = run("kafka", "apply", "--bootstrap", NOWHERE, "--admin-config", config, "--secrets", tmp_path / "secrets")
    assert ended.code == 2
    assert "admin.conf" in ended.err
    assert "sasl.nonsense" in ended.err
