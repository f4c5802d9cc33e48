"""The pages on amending criteria, for next year and while a campaign runs: every command of them is run, in order.

They are typed against a platform that has verified a small year. What a page's tables say to change in the workbook is
changed, and where a comment names a day (`<!-- 2023-03-01 -->`) the platform's clock is put there.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from docs_pages import ROOT, Block, Page, read
from docs_shell import BESIDE, Typed, check_shown, lay_out, run, typed, words
from docs_workbook import CHANGES, NEW_ROWS, Row, change_by_hand

from deploy.xephang.commands import folder
from deploy.xephang.platform import Platform
from deploy.xephang.year.example import example_year
from deploy.xephang.year.office import Office
from deploy.xephang.year.play import YearPlay
from deploy.xephang.year.stage import Stage, local
from shared.kernel.clock import SettableClock

HOW_TO = ROOT / "docs" / "how-to"
NEXT_YEAR, MID_CAMPAIGN = read(HOW_TO / "amend-criteria.md"), read(HOW_TO / "amend-mid-campaign.md")
YEAR = 2022
RULE_SETS = ("it-province/2022.1.yaml", "portal-province/2021.1.yaml")
UNTIL_VERIFIED = ("criteria", "open", "take_answers", "close", "verify")
# What other services hear of over the broker arrives a little later than somebody types the next line here.
A_LITTLE_LATER = (
    ["ruleset", "rehearse"],
    ["ruleset", "form"],
    ["campaign", "amend"],
    ["campaign", "status"],
    ["submit"],
)
SECONDS = 20

_DAY = re.compile(r"<!-- (\d{4}-\d\d-\d\d) -->")
_EXPORTED = re.compile(r"export (\w+)=(.*)")
_HASH = re.compile(r"SHA-256 ([0-9a-f]{64})")


@asynccontextmanager
async def verified_year(data: Path, agencies: Sequence[str]) -> AsyncIterator[Stage]:
    """A platform on which some agencies of one group are verified; commands find it on `data`."""
    plan = replace(example_year(YEAR).among(agencies), rule_sets=RULE_SETS)
    clock = SettableClock(datetime(YEAR, 10, 1, tzinfo=UTC))
    platform = Platform(data, clock=clock)
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer) as office:
            stage = Stage(office, platform.kafka, clock, lambda _: None)
            steps = {step.__name__.strip("_"): step for step in YearPlay(stage, plan, {}).steps()}
            for name in UNTIL_VERIFIED:
                await steps[name]()
            folder.announce(data, platform.url, platform.kafka)
            yield stage
    finally:
        await platform.stop()


@dataclass
class Reader:
    """Somebody who does what the page says, at one terminal."""

    stage: Stage
    monkeypatch: pytest.MonkeyPatch
    workbook: Path | None = None
    hash_shown: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    async def do(self, item: Block | list[Row] | date) -> None:
        """Type a block, change the workbook by a table, or wait for a day."""
        if isinstance(item, date):
            self.stage.at(local(item, 9))
        elif isinstance(item, list):
            assert self.workbook is not None, "the page changes a workbook before there is one"
            change_by_hand(self.workbook, item)
        else:
            for line in typed(item):
                await self._type(line)

    async def _type(self, each: Typed) -> None:
        if exported := _EXPORTED.fullmatch(each.line):
            name, value = exported.groups()
            self.variables[name] = await self._value(value)
            self.monkeypatch.setenv(name, self.variables[name])
            return
        line = re.sub(r'"\$(\w+)"', lambda found: self.variables[found[1]], each.line)
        program, *arguments = words(line)
        if program in BESIDE:
            await asyncio.to_thread(subprocess.run, [program, *arguments], check=True)
            return
        assert program == "xephang", each.place
        output = await _shown(each, arguments)
        if found := _HASH.findall(output):
            self.hash_shown = found[-1]
        if "-o" in arguments and arguments[-1].endswith(".xlsx"):
            self.workbook = Path(arguments[-1])

    async def _value(self, typed_: str) -> str:
        """Of `$(a command)`, what it prints; of `…`, the hash that was shown last."""
        if typed_ == "…":
            return self.hash_shown
        code, output = await asyncio.to_thread(run, words(typed_.removeprefix("$(").removesuffix(")"))[1:])
        assert code == 0, output
        return output.strip()


async def _shown(each: Typed, arguments: list[str]) -> str:
    """What a command prints, when it is what the page shows."""
    until = time.monotonic() + SECONDS
    later = any(arguments[: len(start)] == start for start in A_LITTLE_LATER)
    while True:
        code, output = await asyncio.to_thread(run, arguments)
        try:
            check_shown(each, output, code)
        except AssertionError:
            if not later or time.monotonic() > until:
                raise
            await asyncio.sleep(0.2)
        else:
            return output


def in_order(page: Page) -> Iterator[Block | list[Row] | date]:
    """What a page tells to do: its console blocks, its tables of changes, its days."""
    items: list[tuple[int, Block | list[Row] | date]] = [
        (block.line, block) for block in page.blocks if block.language == "console"
    ]
    table: list[Row] = []
    for number, line in page.prose:
        if day := _DAY.fullmatch(line):
            items.append((number, date.fromisoformat(day[1])))
        cells = tuple(cell.strip().strip("`") for cell in line.strip("|").split("|")) if line.startswith("|") else ()
        if cells in (CHANGES, NEW_ROWS):
            table = [cells]
            items.append((number, table))
        elif table and cells and not set(line) <= set("|-"):
            table.append(cells)
        elif not cells:
            table = []
    yield from (item for _, item in sorted(items, key=lambda one: one[0]))


async def follow(page: Page, folder_: Path, monkeypatch: pytest.MonkeyPatch, agencies: Sequence[str]) -> dict[str, str]:
    """Do all that a page says, on a platform of its own; the variables that were set on the way."""
    data, desk = folder_ / "data", folder_ / "desk"
    desk.mkdir()
    lay_out(page.name, desk)
    monkeypatch.chdir(desk)
    monkeypatch.setenv("XEPHANG_DATA", str(data))
    monkeypatch.setenv("COLUMNS", "200")
    async with verified_year(data, agencies) as stage:
        reader = Reader(stage, monkeypatch)
        for item in in_order(page):
            await reader.do(item)
    return reader.variables


@pytest.mark.slow
async def test_next_years_amendment_from_the_workbook_to_the_version_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agencies = ("so-giao-thong-van-tai", "so-tai-chinh", "so-xay-dung", "so-y-te")
    variables = await follow(NEXT_YEAR, tmp_path, monkeypatch, agencies)
    assert list(variables) == ["XEPHANG_TOKEN", "SEEN"]


@pytest.mark.slow
async def test_an_amendment_while_a_campaign_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await follow(MID_CAMPAIGN, tmp_path, monkeypatch, ("so-noi-vu", "so-y-te"))


def test_the_page_tells_to_do_all_of_it() -> None:
    told = list(in_order(NEXT_YEAR))
    tables = [item[0] for item in told if isinstance(item, list)]
    assert tables.count(CHANGES) >= 2
    assert NEW_ROWS in tables
    commands = {tuple(words(line.line)[1:3]) for item in told if isinstance(item, Block) for line in typed(item)}
    wanted = "export lint import test diff load rehearse acknowledge approve activate applicable form method rollback"
    assert {("ruleset", name) for name in wanted.split()} <= commands
