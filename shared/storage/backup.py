"""A copy of several SQLite stores as they all were at one and the same moment, taken while services write (ADR 0019).

One store remembers as consumed what another has said; so copies of different moments do not fit each other. Here all
are locked against writing at once, for as long as it takes to open a snapshot of each; the copying itself then
disturbs nobody. A copy is checked before it counts, and again before it is restored.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Conflict, DomainError, Fault, NotFound
from shared.storage.format import check_format

__all__ = ["MANIFEST", "BackupFile", "Manifest", "back_up", "check_backup", "restore"]

MANIFEST = "backup.json"
_FORM = 1
_BUSY_SECONDS = 5.0  # many commits; and services that wait for us in the meantime wait for 15
_CHUNK = 2**20


class BackupFile(BaseModel):
    """A file of a backup. `store_format`: of a store, the number of its format; of another file None."""

    model_config = ConfigDict(frozen=True)

    name: str
    bytes: int
    sha256: str
    store_format: int | None = None


class Manifest(BaseModel):
    """What a backup consists of. `taken_at`: the moment whose state it is."""

    model_config = ConfigDict(frozen=True)

    form: int = _FORM
    taken_at: AwareDatetime
    files: tuple[BackupFile, ...]


def back_up(stores: Sequence[Path], others: Sequence[Path], into: Path, taken_at: AwareDatetime) -> Manifest:
    """Copy the stores as they are at one moment, and other files beside them, to a new folder `into`.

    Raises `NotFound` if a store is not there, `Conflict` if `into` is, `DomainError` if a store is busy for too long
    or the copy cannot be written or is not whole; then nothing is left in `into`.
    """
    _refuse_missing(stores)
    if into.exists():
        raise Conflict.of(_taken(into))
    unfinished = into.with_name(f".{into.name}.{os.getpid()}")
    try:
        unfinished.mkdir(mode=0o700, parents=True)
        with _snapshots(stores) as connections:
            for path, connection in connections.items():
                _copy_store(connection, unfinished / path.name)
        for path in others:
            _copy_file(path, unfinished / path.name)
        names = [path.name for path in (*stores, *others)]
        manifest = Manifest(taken_at=taken_at, files=tuple(_described(unfinished / name) for name in names))
        _write(unfinished / MANIFEST, canonical_json(manifest.model_dump(mode="json")))
        _sync(unfinished)
        unfinished.rename(into)
        _sync(into.parent)
    except (sqlite3.Error, OSError) as error:
        raise DomainError.of(_failed(into, error)) from error
    finally:
        with suppress(OSError):
            shutil.rmtree(unfinished)
    return manifest


def check_backup(folder: Path) -> Manifest:
    """What the backup in a folder consists of, once every file in it was found to be as it was written.

    Raises `NotFound` where there is no backup, `Conflict` if it is damaged or a newer program made it.
    """
    manifest = _read_manifest(folder)
    for file in manifest.files:
        path = folder / file.name
        try:
            found = _described(path)
        except (sqlite3.Error, OSError) as error:
            raise Conflict.of(_damaged(path, str(error), str(error))) from error
        if found != file:
            raise Conflict.of(_damaged(path, "không đúng như khi được ghi", "it is not what was written"))
        if file.store_format is not None:
            check_format(str(path), file.store_format)
    return manifest


def restore(folder: Path, into: Path) -> Manifest:
    """Check the backup in `folder` and put its files into the data folder `into`, in which none of them may be.

    Raises as `check_backup`, `Conflict` if there is data already, `DomainError` if it cannot be written.
    """
    manifest = check_backup(folder)
    names = [file.name for file in manifest.files]
    there = [name for name in names for left in ("", "-wal", "-shm") if (into / f"{name}{left}").exists()]
    if there:
        raise Conflict.of(_not_empty(into, there[0]))
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            _copy_file(folder / name, into / f".{name}.restored")
        for name in names:  # nothing can fail for want of room any more
            (into / f".{name}.restored").rename(into / name)
        _sync(into)
    except OSError as error:
        raise DomainError.of(_failed(into, error)) from error
    return manifest


@contextmanager
def _snapshots(stores: Sequence[Path]) -> Iterator[Mapping[Path, sqlite3.Connection]]:
    """A connection to each store that sees it as it was at one moment, the same for all."""
    with ExitStack() as readers:
        snapshots = {}
        with ExitStack() as locks:
            for path in stores:
                writer = locks.enter_context(closing(_connect(path)))
                writer.execute("BEGIN IMMEDIATE")  # who writes just now is waited for; from now on nobody does
            for path in stores:
                snapshots[path] = readers.enter_context(closing(_connect(path)))
                snapshots[path].execute("BEGIN")
                snapshots[path].execute("SELECT count(*) FROM sqlite_master").fetchone()  # only reading makes it begin
        yield snapshots


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=_BUSY_SECONDS, isolation_level=None, uri=True)


def _copy_store(snapshot: sqlite3.Connection, target: Path) -> None:
    """All pages in one step: in several, the copy would begin anew whenever a service writes."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        snapshot.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read where nothing can be written


def _copy_file(source: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with source.open("rb") as read, os.fdopen(descriptor, "wb") as written:
        shutil.copyfileobj(read, written, _CHUNK)
        written.flush()
        os.fsync(written.fileno())


def _write(target: Path, content: bytes) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def _sync(path: Path) -> None:
    """A folder's names, or a file's bytes, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _described(path: Path) -> BackupFile:
    """Raises `sqlite3.Error` for a store that is not whole, and `OSError`."""
    _sync(path)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    number = _store_format(path) if path.suffix == ".sqlite3" else None
    return BackupFile(name=path.name, bytes=path.stat().st_size, sha256=digest.hexdigest(), store_format=number)


def _store_format(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        told = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if told != "ok":
            raise sqlite3.DatabaseError(f"integrity_check: {told}")
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise NotFound.of(_absent(folder)) from error
    except ValidationError as error:
        raise Conflict.of(_damaged(path, "không phải danh mục của bản sao lưu", "it is no list of a backup")) from error
    if manifest.form > _FORM:
        raise Conflict.of(
            _damaged(
                path,
                f"có dạng {manifest.form}, chương trình này chỉ biết {_FORM}",
                f"it is of form {manifest.form}, this program knows {_FORM}",
            )
        )
    if any(Path(file.name).name != file.name for file in manifest.files):
        raise Conflict.of(_damaged(path, "nêu tệp ngoài thư mục", "it names files outside the folder"))
    return manifest


def _refuse_missing(stores: Sequence[Path]) -> None:
    for path in stores:
        if not path.is_file():
            fault = Fault(
                "backup.no_store",
                str(path),
                "không có kho dữ liệu này",
                "there is no such store",
                "nêu đúng thư mục bằng --data; với MongoDB hãy dùng công cụ của MongoDB (docs/how-to/operate.md)",
                "name the data folder with --data; MongoDB is backed up with its own tools (docs/how-to/operate.md)",
            )
            raise NotFound.of(fault)


def _absent(folder: Path) -> Fault:
    return Fault(
        "backup.absent",
        str(folder),
        f"không có bản sao lưu (thiếu {MANIFEST})",
        f"there is no backup (no {MANIFEST})",
        "nêu thư mục do `xephang backup` tạo ra",
        "name a folder that `xephang backup` made",
    )


def _taken(into: Path) -> Fault:
    return Fault(
        "backup.taken",
        str(into),
        "thư mục đã có",
        "the folder is there already",
        "chọn tên khác: mỗi bản sao lưu một thư mục mới",
        "choose another name: each backup is a folder of its own",
    )


def _not_empty(into: Path, name: str) -> Fault:
    return Fault(
        "backup.data_there",
        str(into / name),
        "đã có dữ liệu ở đây",
        "there is data here",
        "khôi phục vào thư mục khác bằng --data, hoặc dời dữ liệu cũ đi trước",
        "restore to another folder with --data, or move the old data away first",
    )


def _damaged(path: Path, vi: str, en: str) -> Fault:
    return Fault(
        "backup.damaged",
        str(path),
        f"bản sao lưu không nguyên vẹn: {vi}",
        f"the backup is not whole: {en}",
        "dùng một bản sao lưu khác",
        "use another backup",
    )


def _failed(into: Path, error: Exception) -> Fault:
    return Fault(
        "backup.failed",
        str(into),
        f"không sao chép được: {error}",
        f"it could not be copied: {error}",
        "kiểm tra chỗ trống và quyền ghi, rồi làm lại; dữ liệu đang dùng không bị thay đổi",
        "look at the free space and the rights, and try again; the data in use were not changed",
    )
