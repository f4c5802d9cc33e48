"""Which Java runs the servers, and the tools that fetch and compile what they need."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.servers.errors import ProvisionError

__all__ = ["MINIMUM_JAVA", "call", "java", "java_key", "javac", "mvn", "require_tools"]

# Kafka 4's server needs it.
MINIMUM_JAVA = 17
_JDK_REMEDY = (
    f"install a JDK {MINIMUM_JAVA} or newer (for example the package openjdk-17-jdk-headless), or set JAVA_HOME"
)


def java() -> str:
    """Path of the `java` program: that of JAVA_HOME if set, else the one on PATH."""
    return _tool("java", _JDK_REMEDY)


def javac() -> str:
    """Path of the Java compiler; a JRE alone does not have it."""
    return _tool("javac", _JDK_REMEDY)


def mvn() -> str:
    """Path of Maven."""
    path = shutil.which("mvn")
    if path is None:
        raise ProvisionError("mvn is not on PATH: install Apache Maven 3.6 or newer (for example the package maven)")
    return path


def _tool(name: str, remedy: str) -> str:
    home = os.environ.get("JAVA_HOME")
    path = shutil.which(name, path=str(Path(home, "bin"))) if home else shutil.which(name)
    if path is None:
        raise ProvisionError(f"{name} is not {f'in JAVA_HOME ({home})' if home else 'on PATH'}: {remedy}")
    return path


def require_tools() -> None:
    """Raise `ProvisionError` unless all is there that provisioning needs: before a download, not after it."""
    mvn()
    javac()
    first_line = call([java(), "-version"], timeout=60)
    found = re.search(r'version "(\d+)', first_line)
    if found is None or int(found[1]) < MINIMUM_JAVA:
        raise ProvisionError(f"Java {MINIMUM_JAVA} or newer is needed, found {first_line.strip()!r}: {_JDK_REMEDY}")


def java_key() -> str:
    """A short name of this very Java: what it made at run time is of no use to another."""
    program = Path(java()).resolve()
    status = program.stat()
    return hashlib.sha256(f"{program} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:12]


def call(command: Sequence[str], timeout: float) -> str:
    """Run a tool to its end and return what it printed; raise `ProvisionError` with the end of that if it failed."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(  # noqa: S603 - our own tools, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ProvisionError(f"{name} did not finish in {timeout:.0f} s: {' '.join(command)}") from error
    if done.returncode:
        raise ProvisionError(f"{name} failed (exit code {done.returncode}):\n{done.stdout[-4000:].strip()}")
    return done.stdout
