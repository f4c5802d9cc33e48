"""Drools in a process of its own on the same core: fetched by Maven and compiled once, warmed up, a round on demand."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from deploy.bench.drools_rules import card_lines, rule_text
from deploy.servers import java
from deploy.servers.errors import ProvisionError
from deploy.servers.provision import cache_folder, exclusive
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet

__all__ = ["DROOLS_VERSION", "Drools", "ProvisionError"]

DROOLS_VERSION = "8.44.0.Final"
_HERE = Path(__file__).parent / "drools"
_WARM_UP_SECONDS = 8


class Drools:
    """A running Drools with rules and cards; `totals` are what it gives each card. Raises `ProvisionError`."""

    def __init__(self, rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> None:
        jars = _provision()
        self._folder = tempfile.TemporaryDirectory()
        rules, cards = Path(self._folder.name, "rules.drl"), Path(self._folder.name, "cards.txt")
        rules.write_text(rule_text(rule_set), "utf-8")
        cards.write_text("\n".join(card_lines(rule_set, verified)) + "\n", "utf-8")
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        classes = f"{jars}/*{os.pathsep}{jars}"
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [
                *(java.java(), "-Xmx1g", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"),
                *("-cp", classes, "bench.ScoreCards", str(rules), str(cards), str(_WARM_UP_SECONDS)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        fired, _, *totals = self._line().split("\t")
        self.fired = int(fired)
        self.totals = [float(total) for total in totals]

    def round(self) -> float:
        """Score all cards once; answers the processor seconds it took."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise ProvisionError(f"Drools ended (exit code {self._process.wait(60)}): {self._errors.read()[-2000:]}")
        return line.strip()

    def __enter__(self) -> Drools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=60)
        self._errors.close()
        self._folder.cleanup()


def _provision() -> Path:
    """The folder with Drools' jars and our class; made if it is not there yet."""
    java.require_tools()
    pom, program = _HERE / "pom.xml", _HERE / "ScoreCards.java"
    name = hashlib.sha256(pom.read_bytes() + program.read_bytes()).hexdigest()[:12]
    home = cache_folder() / f"drools-{DROOLS_VERSION}-{name}"
    with exclusive(cache_folder()):
        if not home.is_dir():
            new = Path(tempfile.mkdtemp(prefix=".new-", dir=home.parent))
            try:
                _fetch(pom, program, new)
                new.rename(home)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    return home


def _fetch(pom: Path, program: Path, folder: Path) -> None:
    java.call(
        [
            *(java.mvn(), "--quiet", "--batch-mode", "--file", str(pom)),
            *("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"),
        ],
        timeout=600,
    )
    java.call([java.javac(), "-d", str(folder), "-cp", f"{folder}/*", str(program)], timeout=120)
