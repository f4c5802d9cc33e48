"""jars.lock: the SHA-256 of every jar, in the form that `sha256sum --check` reads from inside the cache folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from deploy.servers.errors import ProvisionError

__all__ = ["checksums", "difference", "read", "write"]

Checksums = Mapping[str, str]


def checksums(home: Path) -> Checksums:
    """Name (`kafka/x.jar`) → SHA-256 of the jars below `home`."""
    return {jar.relative_to(home).as_posix(): _sha256(jar) for jar in sorted(home.glob("*/*.jar"))}


def read(path: Path) -> Checksums:
    """The checksums recorded in the lock file."""
    lines = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
    if not lines or any(len(line) != 2 for line in lines):
        raise ProvisionError(f"{path.name} is not a list of 'sha256  name' lines: restore it from git")
    return {name: digest for digest, name in lines}


def write(path: Path, found: Checksums) -> None:
    """Record the checksums."""
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()), "utf-8")


def difference(expected: Checksums, found: Checksums) -> list[str]:
    """One line for each jar that is missing, not in the lock, or not the bytes that were locked."""
    return [
        f"{name}: locked {expected.get(name, 'not at all')}, found {found.get(name, 'nothing')}"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
