"""Runs trials: the undisturbed campaigns first, then the same campaigns, each struck by its faults, and judged."""

import asyncio
import shutil
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException

from deploy.xephang.platform import Platform
from deploy.xephang.year.office import Office
from deploy.xephang.year.stage import Stage
from shared.contracts.registry import SERVICES
from tests.connected.past import PastClock, days_since
from tests.faults import ledger
from tests.faults.campaign import PATIENCE, Play, plan_of, prepare
from tests.faults.ground import ANSWER_SECONDS, Ground, standing_ground
from tests.faults.ledger import Evidence, Findings, Letter, Place
from tests.faults.plan import Trial
from tests.faults.stores import RawStores, SqliteFiles
from tests.faults.strikes import STRIKES, Struck
from tests.faults.topics import TopicReader

Say = Callable[[str], None]
_TO_HEAL = 90.0  # seconds until what is lacking counts as lost, after nothing waits any more


@dataclass
class Outcome:
    """What became of a trial."""

    trial: Trial
    findings: Findings = field(default_factory=Findings)
    failure: str = ""  # it did not come to its end: why
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.failure and self.findings.clean


@dataclass
class Book:
    """What the ledger remembers of one ground from trial to trial."""

    reader: TopicReader
    injected: set[Place] = field(default_factory=set)
    letters: set[Letter] = field(default_factory=set)


async def run_trials(
    trials: Sequence[Trial], say: Say, keep: Path | None = None, done: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """All of them, in their order within each store, both stores beside each other; the machine is left as it was.

    `keep`: a folder for all files. `done` hears of each trial at its end, whatever becomes of the others.
    """
    async with _folder(keep) as folder, AsyncExitStack() as grounds:
        say(f"{len(trials)} campaigns undisturbed")
        wanted = await undisturbed([trial.campaign for trial in trials], folder / "undisturbed")
        standing: list[tuple[Ground, list[Trial]]] = []
        for store in ("sqlite", "mongo"):
            if chosen := [trial for trial in trials if trial.store == store]:
                standing.append((await grounds.enter_async_context(standing_ground(folder / store, store)), chosen))

        async def on(ground: Ground, chosen: Sequence[Trial]) -> list[Outcome]:
            book = Book(TopicReader(ground.kafka.address))
            outcomes: list[Outcome] = []
            for trial in chosen:
                outcomes.append(await _timed(ground, book, trial, wanted[trial.campaign], say, done))
            return outcomes

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(on(ground, chosen)) for ground, chosen in standing]
        outcomes = [outcome for task in tasks for outcome in task.result()]
        return sorted(outcomes, key=lambda outcome: outcome.trial.number)


@asynccontextmanager
async def _folder(keep: Path | None) -> AsyncIterator[Path]:
    folder = keep or Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="xephang-faults-"))
    try:
        yield folder
    finally:
        if keep is None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def undisturbed(campaigns: Sequence[str], folder: Path) -> dict[str, Evidence]:
    """What each campaign leaves where nothing is struck, by its id; held against what was posted and accepted.

    It is played on the embedded parts in one process: what becomes of a campaign must not depend on what it runs on.
    """
    behind = PastClock(days_since(plan_of("").decision_date))
    platform = Platform(folder, clock=behind)
    await platform.start()
    try:
        async with Office(platform.url, platform.issuer, ANSWER_SECONDS) as office:
            rule_sets = await prepare(Stage(office, platform.kafka, behind, lambda _: None))
            book = Book(TopicReader(platform.kafka))
            stores = SqliteFiles(folder)
            plays = [Play(office, platform.kafka, plan_of(campaign), rule_sets) for campaign in campaigns]
            return {play.plan.id: await _undisturbed(play, book, stores) for play in plays}
    finally:
        await platform.stop()


async def _undisturbed(play: Play, book: Book, stores: RawStores) -> Evidence:
    campaign = play.plan.id
    await play.play()
    bundle = await play.bundle()
    await _until_settled(stores, book.reader, campaign)
    found = await asyncio.to_thread(ledger.evidence, stores, campaign, bundle)
    await asyncio.to_thread(book.reader.read)
    findings = ledger.judge(campaign, found, found, play.accepted, stores, book.reader.records)
    assert findings.clean, f"{campaign} is not right though nothing was struck: {findings}"
    return found


async def _timed(
    ground: Ground, book: Book, trial: Trial, wanted: Evidence, say: Say, done: Callable[[Outcome], None]
) -> Outcome:
    began = time.monotonic()
    outcome = Outcome(trial)
    try:
        await _run(ground, book, outcome, wanted)
    except Exception as error:
        outcome.failure = f"{type(error).__name__}: {error}"
        say("".join(traceback.format_exception(error)) + ground.log_tail())
    outcome.seconds = time.monotonic() - began
    done(outcome)
    words = " + ".join(moment.fault.words() for moment in trial.moments)
    verdict = "ok" if outcome.clean else f"FAILED {outcome.failure or outcome.findings}"
    say(f"{trial.campaign} {trial.store:6} {outcome.seconds:5.1f} s  {words}  {'; '.join(outcome.notes)}  {verdict}")
    try:
        if not outcome.clean:  # whatever is wrong there must not spoil what comes after
            ground.kill(*SERVICES)
        await ground.mend()
    except Exception as error:
        raise RuntimeError(f"the platform could not be mended after {trial.campaign}:\n{ground.log_tail()}") from error
    return outcome


async def _run(ground: Ground, book: Book, outcome: Outcome, wanted: Evidence) -> None:
    trial = outcome.trial
    acts = _Acts()
    play = Play(ground.office, ground.kafka.address, plan_of(trial.campaign), ground.rule_sets, acts.said)
    struck = Struck(ground, play, book.reader, book.injected)
    strikes = [asyncio.create_task(_strike(acts, struck, trial, at)) for at in range(len(trial.moments))]
    try:
        await play.play()
        acts.over()
        await asyncio.wait_for(asyncio.gather(*strikes), 2 * PATIENCE)
    finally:
        for task in strikes:
            task.cancel()
        await asyncio.gather(*strikes, return_exceptions=True)
        outcome.notes = tuple(struck.notes)
        book.letters |= struck.letters
    await ground.mend()
    bundle = await play.bundle()
    await _until_settled(ground.stores, book.reader, trial.campaign)
    until = time.monotonic() + _TO_HEAL
    while True:
        outcome.findings = await asyncio.to_thread(_judged, ground, book, struck, play, wanted, bundle)
        if outcome.findings.clean or time.monotonic() > until:
            return
        await asyncio.sleep(0.5)


def _judged(
    ground: Ground, book: Book, struck: Struck, play: Play, wanted: Evidence, bundle: dict[str, bytes]
) -> Findings:
    campaign, stores, reader = play.plan.id, ground.stores, book.reader
    reader.read()
    whole = struck.replayed or not struck.wiped
    found = ledger.evidence(stores, campaign, bundle)
    findings = ledger.judge(campaign, wanted, found, play.accepted, stores, reader.records, book.injected, whole=whole)
    told = ledger.told_letters(reader.records)
    ledger.judge_letters(findings, struck.letters, book.letters, ledger.letters(stores), told)
    if struck.wiped:
        wrong = ledger.out_of_order(stores, reader.records["rankings"], book.injected)
        findings.differing += [f"subscriber: {key} out of order" for key in wrong]
    return findings


class _Acts:
    """Counts what is done in a campaign, for those who wait for a moment of it."""

    def __init__(self) -> None:
        self._count = 0
        self._events: dict[int, asyncio.Event] = {}

    def said(self, _: str) -> None:
        self._count += 1
        for number, event in self._events.items():
            if number < self._count:
                event.set()

    def over(self) -> None:
        for event in self._events.values():
            event.set()

    async def reached(self, number: int) -> None:
        if number >= self._count:
            await self._events.setdefault(number, asyncio.Event()).wait()


async def _strike(acts: _Acts, struck: Struck, trial: Trial, at: int) -> None:
    moment = trial.moments[at]
    await acts.reached(moment.act)
    await asyncio.sleep(moment.delay)
    await STRIKES[moment.fault.kind](struck, moment.fault)


async def _until_settled(stores: RawStores, reader: TopicReader, campaign: str) -> None:
    """Wait until nothing of the campaign waits in a store, and no consumer group has anything left to consume."""
    until = time.monotonic() + PATIENCE
    while True:
        waiting = await asyncio.to_thread(ledger.unfinished, stores, campaign)
        behind = await asyncio.to_thread(_behind, reader)
        if not waiting and not behind:
            return
        if time.monotonic() > until:
            raise AssertionError(f"{campaign} does not come to rest: {waiting[:5]} {behind}")
        await asyncio.sleep(0.3)


def _behind(reader: TopicReader) -> object:
    try:
        return reader.behind()
    except KafkaException as error:
        return error
