"""Brings the server programs onto this machine, once: jars by Maven, checked against jars.lock, into a cache folder.

The folder's name tells the versions and the lock, and it appears whole or not at all (a temporary folder that is
renamed), so whoever finds it may use it unchecked. A file lock keeps two processes from doing the work twice, and from
using Maven's local repository at the same time, which Maven does not promise to survive.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.servers import java, lockfile
from deploy.servers.errors import ProvisionError

__all__ = ["cache_folder", "exclusive", "provision", "update_lock"]

_HERE = Path(__file__).parent
_LOCK = _HERE / "jars.lock"
_LAUNCHER = _HERE / "MongoLauncher.java"
_DOWNLOAD_SECONDS = 600
_UPDATE = "python -m deploy.servers provision --update-lock"


def cache_folder() -> Path:
    """Where downloaded servers are kept, outside the source tree."""
    root = os.environ.get("XEPHANG_CACHE")
    return (Path(root).expanduser().resolve() if root else Path.home() / ".cache" / "xephang") / "servers"


def provision() -> Path:
    """The folder with `kafka/*.jar` and `mongo/*.jar`; downloaded and verified first if it is not there yet."""
    home = _home(lockfile.read(_LOCK))
    if home.is_dir():
        return home
    with exclusive(cache_folder()):
        if not home.is_dir():
            _install(home)
    return home


def update_lock() -> Path:
    """Download what the pom files name, trust it, and record its checksums in jars.lock."""
    with exclusive(cache_folder()) as cache, _temporary(cache) as new:
        _download(new)
        lockfile.write(_LOCK, lockfile.checksums(new))
    return provision()


@contextmanager
def exclusive(folder: Path) -> Iterator[Path]:
    """Hold `folder` alone among all processes of this machine; made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder


def _home(locked: lockfile.Checksums) -> Path:
    content = "".join(f"{digest} {name}\n" for name, digest in locked.items()).encode() + _LAUNCHER.read_bytes()
    versions = [
        f"{found[1]}-{found[2]}"
        for found in (
            re.fullmatch(r"\w+/(kafka|mongo-java-server)(?:_[\d.]+)?-(\d[\w.]*)\.jar", name) for name in locked
        )
        if found
    ]
    return cache_folder() / "_".join([*versions, hashlib.sha256(content).hexdigest()[:12]])


def _install(home: Path) -> None:
    java.require_tools()
    with _temporary(home.parent) as new:
        _download(new)
        wrong = lockfile.difference(lockfile.read(_LOCK), lockfile.checksums(new))
        if wrong:
            raise ProvisionError(
                "the downloaded jars are not those of deploy/servers/jars.lock:\n  "
                + "\n  ".join(wrong)
                + f"\nIf the pom files were changed on purpose: {_UPDATE}, and review the difference. If not, the "
                "bytes were changed on the way: clear Maven's local repository, try again, and do not use them."
            )
        _compile_launcher(new)
        new.rename(home)


def _download(folder: Path) -> None:
    for name in ("kafka", "mongo"):
        java.call(
            [
                *(java.mvn(), "--quiet", "--batch-mode", "--file", str(_HERE / f"{name}.pom.xml")),
                *("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder / name}"),
            ],
            timeout=_DOWNLOAD_SECONDS,
        )


def _compile_launcher(home: Path) -> None:
    # In a jar of its own, since an AppCDS archive refuses folders on the class path.
    with tempfile.TemporaryDirectory() as classes:
        class_path = os.pathsep.join(map(str, sorted((home / "mongo").glob("*.jar"))))
        java.call([java.javac(), "-d", classes, "-cp", class_path, str(_LAUNCHER)], timeout=120)
        with zipfile.ZipFile(home / "mongo" / "launcher.jar", "w") as jar:
            jar.write(Path(classes, "MongoLauncher.class"), "MongoLauncher.class")


@contextmanager
def _temporary(cache: Path) -> Iterator[Path]:
    """A new folder beside its later place. To be called under the lock: leftovers of a killed process go too."""
    for leftover in cache.glob(".new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=cache))
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)
