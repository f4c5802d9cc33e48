"""A year that release 0.1.0 began is finished by today's program, and comes to the same bytes."""

import sqlite3
from pathlib import Path

import pytest
from begun_year import AGENCIES, OPERATOR, VERIFIER, at, begin, finish

from deploy.xephang.platform import Platform
from deploy.xephang.year.office import Office
from shared.kernel.clock import SettableClock
from shared.ruleset.document import RuleSetRef

ROOT = Path(__file__).parents[2]
OLD = ROOT / "tests" / "data" / "begun-0.1.0"


def platform_on(data: Path) -> Platform:
    return Platform(data, clock=SettableClock(at(10, 1)))


async def played_today(data: Path, ref: RuleSetRef) -> dict[str, bytes]:
    """The same year without an older release: begun, stopped, and finished on the same files."""
    first = platform_on(data)
    await first.start()
    await begin(first, ROOT, {"reason": "Đã xem", "hash": ref.hash}, left_behind=False)
    second = platform_on(data)
    await second.start()
    try:
        return await finish(second)
    finally:
        await second.stop()


def indexed(data: Path, service: str) -> set[tuple[str, ...]]:
    """By what the cases and cards of a service are found."""
    with sqlite3.connect(data / f"{service}.sqlite3") as connection:
        rows = connection.execute(
            "SELECT key, name, value FROM index_value WHERE collection IN ('cases', 'cards')"
        ).fetchall()
    connection.close()
    return set(rows)


@pytest.mark.slow
async def test_year_begun_by_release_0_1_0_is_finished_and_comes_to_the_same_bytes(tmp_path: Path) -> None:
    data = tmp_path / "old"
    data.mkdir()
    for script in OLD.glob("*.sql"):
        with sqlite3.connect(data / f"{script.stem}.sqlite3") as connection:
            connection.executescript(script.read_text(encoding="utf-8"))
        connection.close()
    platform = platform_on(data)
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer) as office:
            (rule_set,) = await office.get("/scoring/rulesets", OPERATOR)
            (letter,) = await office.get("/intake/dead-letters", OPERATOR)
            discard = f"/intake/dead-letters/{letter['message']['id']}/discard"
            await office.post(discard, OPERATOR, {"reason": "Không phải phiếu"})
            for name in ("verification-returns", "verifications"):  # said by 0.1.0, the one in a major of its time
                replayed = await office.post("/verification/replay", OPERATOR, {"topic": name})
                assert replayed["published"] >= 1
        found = await finish(platform)
        async with Office(platform.url, platform.issuer) as office:
            assert len(await office.get("/verification/cases?campaign=2021", VERIFIER)) == len(AGENCIES)
        for name, status in (await platform.status()).items():
            assert (status["dead_letters"], status["parked"], status["unpublished"]) == (0, {}, {}), name
    finally:
        await platform.stop()
    ref = RuleSetRef.model_validate(rule_set["ref"])
    wanted = await played_today(tmp_path / "new", ref)
    for service in ("verification", "scoring"):  # what is written again, whole or in part, is found as before
        assert indexed(data, service) == indexed(tmp_path / "new", service)
    assert {name: content.decode() for name, content in found.items()} == {
        name: content.decode() for name, content in wanted.items()
    }
