"""The import contracts of `make check` hold, and every one of them bites."""

from __future__ import annotations

import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from sources import ROOT

CONFIG = ROOT / "deploy" / "tooling" / "importlinter.ini"
# In a tree of the same shape: what is allowed, and for every contract something that breaks it.
ALLOWED = {
    "shared.storage.mongo": "import motor, pymongo, bson",
    "shared.messaging.kafka.broker": "import faststream, aiokafka",
    "services.scoring.adapters.durable_engine": "import durable",
    "services.scoring.adapters.workbook_file": "import openpyxl",
}
BROKEN = {
    "services.intake.app": "import services.scoring, deploy, motor, pymongo, durable, openpyxl, aiokafka",
    "services.intake.core": "import asyncio",
    "shared.kernel": "import services, shared.messaging",
}
PROJECT = ("services", "shared", "deploy")


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """What `make check` runs, on the packages in a directory."""
    program = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", program, "--config", str(CONFIG), "--no-cache", "--no-logo"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _config() -> ConfigParser:
    config = ConfigParser()
    config.read(CONFIG, encoding="utf-8")
    return config


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A project with every module that the contracts name, and with imports that they forbid."""
    named = {word for section in _config().values() for value in section.values() for word in value.split()}
    modules = {word for word in named if word.split(".")[0] in PROJECT and "*" not in word}
    for module in sorted(modules | ALLOWED.keys() | BROKEN.keys()):
        steps = module.split(".")
        for depth in range(1, len(steps) + 1):
            directory = tmp_path.joinpath(*steps[:depth])
            directory.mkdir(exist_ok=True)
            (directory / "__init__.py").touch()
    for module, text in (ALLOWED | BROKEN).items():
        tmp_path.joinpath(*module.split("."), "__init__.py").write_text(text)
    return tmp_path


def test_the_code_keeps_every_contract() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_contract_bites(broken: Path) -> None:
    result = lint(broken)
    said = " ".join(result.stdout.split())
    assert result.returncode == 1, result.stdout + result.stderr
    names = [section["name"] for section in _config().values() if "name" in section]
    assert len(names) > 5
    assert [name for name in names if f"{name} BROKEN" not in said] == []
