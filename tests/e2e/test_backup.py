"""A backup is of one moment for all stores, is whole, and is restored only where it harms nothing."""

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.xephang.cli import main
from deploy.xephang.commands import folder
from shared.contracts.registry import SERVICES
from shared.kernel.errors import Conflict, DomainError, NotFound
from shared.storage import backup as module
from shared.storage.backup import MANIFEST, back_up, check_backup, restore
from shared.storage.format import STORE_FORMAT

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def stores_in(data: Path, rows: int = 3) -> list[Path]:
    """Four stores as far as a copy is concerned: files in WAL mode with a format."""
    data.mkdir(parents=True)
    paths = [data / f"{name}.sqlite3" for name in SERVICES]
    for path in paths:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA user_version = {STORE_FORMAT}")
            connection.execute("CREATE TABLE said (n INTEGER PRIMARY KEY, text TEXT)")
            connection.executemany("INSERT INTO said VALUES (?, ?)", [(n, "x" * 500) for n in range(rows)])
    return paths


def said(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT max(n) FROM said").fetchone()[0])


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A backup."""
    back_up(stores_in(tmp_path / "data"), [], tmp_path / "copy", NOW)
    return tmp_path / "copy"


def test_all_stores_are_of_one_moment_while_they_are_written(tmp_path: Path) -> None:
    """A number goes round the four stores for ever; whoever has it, those before it in the circle have it too."""
    paths = stores_in(tmp_path / "data")
    stop = threading.Event()

    def go_round() -> None:
        connections = [sqlite3.connect(path, timeout=15, isolation_level=None) for path in paths]
        for connection in connections:
            connection.execute("PRAGMA synchronous = OFF")
        number = 3
        while not stop.is_set():
            for connection in connections:
                connection.execute("INSERT INTO said VALUES (?, ?)", (number, "x" * 2000))
            number += 1
            stop.wait(0.001)
        for connection in connections:
            connection.close()

    writer = threading.Thread(target=go_round)
    writer.start()
    try:
        moments = []
        for number in range(5):
            back_up(paths, [], tmp_path / f"copy-{number}", NOW)
            moments.append([said(tmp_path / f"copy-{number}" / path.name) for path in paths])
    finally:
        stop.set()
        writer.join()
    assert moments[0] < moments[-1], "it was written meanwhile"
    for found in moments:
        assert found == sorted(found, reverse=True)
        assert found[0] - found[-1] <= 1


def test_the_list_names_every_file_with_its_sum_and_nobody_else_may_read_them(copied: Path) -> None:
    manifest = check_backup(copied)
    assert [file.name for file in manifest.files] == [f"{name}.sqlite3" for name in SERVICES]
    assert {file.store_format for file in manifest.files} == {STORE_FORMAT}
    assert manifest.taken_at == NOW
    assert sorted(path.name for path in copied.iterdir()) == sorted([MANIFEST, *(f.name for f in manifest.files)])
    assert {path.stat().st_mode & 0o777 for path in copied.iterdir()} == {0o600}
    assert copied.stat().st_mode & 0o777 == 0o700


def test_what_is_restored_is_what_was_copied(copied: Path, tmp_path: Path) -> None:
    restore(copied, tmp_path / "elsewhere" / "data")
    for name in SERVICES:
        path = tmp_path / "elsewhere" / "data" / f"{name}.sqlite3"
        assert path.read_bytes() == (copied / path.name).read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "elsewhere" / "data").iterdir())) == len(SERVICES)


def test_a_file_that_changed_is_found(copied: Path, tmp_path: Path) -> None:
    path = copied / "scoring.sqlite3"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for act in (lambda: check_backup(copied), lambda: restore(copied, tmp_path / "new")):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "backup.damaged"
        assert str(path) in refused.value.faults[0].place
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_gone_or_cut_off_is_found(copied: Path) -> None:
    path = copied / "intake.sqlite3"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(Conflict, match="not whole"):
        check_backup(copied)
    path.unlink()
    with pytest.raises(Conflict, match="not whole"):
        check_backup(copied)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found.update(form=99), "of form 99"),
        (lambda found: found["files"][0].update(name="../intake.sqlite3"), "outside the folder"),
        (lambda found: found.pop("files"), "no list of a backup"),
    ],
)
def test_a_list_that_is_not_ours_is_refused(copied: Path, change, words: str) -> None:
    found = json.loads((copied / MANIFEST).read_bytes())
    change(found)
    (copied / MANIFEST).write_text(json.dumps(found))
    with pytest.raises(Conflict, match=words):
        check_backup(copied)


def test_a_backup_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    paths = stores_in(tmp_path / "data")
    with closing(sqlite3.connect(paths[0], isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {STORE_FORMAT + 1}")
    back_up(paths, [], tmp_path / "copy", NOW)
    with pytest.raises(Conflict) as refused:
        restore(tmp_path / "copy", tmp_path / "new")
    assert refused.value.code == "store.newer_format"


def test_nothing_is_written_over(copied: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict) as refused:
        back_up([tmp_path / "data" / "intake.sqlite3"], [], copied, NOW)
    assert refused.value.code == "backup.taken"
    for left in ("publishing.sqlite3", "publishing.sqlite3-wal"):
        target = tmp_path / left / "data"
        target.mkdir(parents=True)
        (target / left).write_bytes(b"there")
        with pytest.raises(Conflict) as refused:
            restore(copied, target)
        assert refused.value.code == "backup.data_there"
        assert [path.name for path in target.iterdir()] == [left]


def test_a_store_that_is_damaged_is_not_backed_up(tmp_path: Path) -> None:
    paths = stores_in(tmp_path / "data", rows=200)
    with closing(sqlite3.connect(paths[1], isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(paths[1].read_bytes())
    content[4096:8192] = b"\x01" * 4096
    paths[1].write_bytes(content)
    with pytest.raises(DomainError) as refused:
        back_up(paths, [], tmp_path / "copy", NOW)
    assert refused.value.code == "backup.failed"
    assert not (tmp_path / "copy").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_store_that_somebody_holds_is_waited_for_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BUSY_SECONDS", 0.05)
    paths = stores_in(tmp_path / "data")
    with closing(sqlite3.connect(paths[2], isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DomainError, match="locked"):
            back_up(paths, [], tmp_path / "copy", NOW)
    with closing(sqlite3.connect(paths[0], timeout=0, isolation_level=None)) as connection:
        connection.execute("INSERT INTO said VALUES (99, '')")  # nothing stays locked behind
    back_up(paths, [], tmp_path / "copy", NOW)


def test_without_stores_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        back_up([tmp_path / "intake.sqlite3"], [], tmp_path / "copy", NOW)
    assert "MongoDB" in refused.value.faults[0].remedy_en
    with pytest.raises(NotFound):
        check_backup(tmp_path)


def test_the_commands_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stores_in(tmp_path / "data")
    (tmp_path / "data" / "demo-issuer.pem").write_text("key")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        told = capsys.readouterr()
        return int(str(ended.value.code)), told.out, told.err

    copy, new = str(tmp_path / "copy"), str(tmp_path / "new")
    code, out, _ = run("backup", copy, "--data", str(tmp_path / "data"))
    assert (code, out.count("sha256")) == (0, 5)
    code, out, _ = run("restore", copy, "--check", "--json")
    assert (code, len(json.loads(out)["files"])) == (0, 5)
    code, out, err = run("restore", copy, "--data", new)
    assert (code, "restored" in out, "sent again" in err) == (0, True, True)
    assert (Path(new) / "demo-issuer.pem").read_text() == "key"
    code, _, err = run("restore", copy, "--data", new)
    assert (code, "backup.data_there" in err) == (1, True)
    with folder.locked(Path(new)):
        code, _, err = run("restore", copy, "--data", new)
    assert (code, "data.in_use" in err, "cannot start" in err) == (1, True, False)
    code, _, err = run("backup", copy, "--data", new)
    assert (code, "backup.taken" in err) == (1, True)
