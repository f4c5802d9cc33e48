"""Bringing aggregates forward by a batch: one write for each, failures tried again, and what is final set aside."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.kernel.errors import DomainError
from shared.messaging.aggregate import AggregateDocument, Collection
from shared.messaging.commands import CONFLICTS_MAX, Aggregates, wait_for_others
from shared.messaging.contexts import context_of
from shared.messaging.dead_letter import DeadLetters, Failure
from shared.messaging.handlers import Context
from shared.messaging.incoming import Handlers, Incoming, Target
from shared.messaging.kept import Kept
from shared.messaging.messages import Record, described
from shared.messaging.step import Failed, Passed, Step, identity, letter_of
from shared.storage.port import StoreUnavailable, Write
from shared.telemetry.metrics import Metrics
from shared.telemetry.situation import being

__all__ = ["Advance", "Work", "record_of"]

log = logging.getLogger(__name__)

Work = dict[Target, Sequence[Incoming | Passed]]


@dataclass
class _Attempts:
    """What one call of `Advance` remembers of its failures."""

    aside: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)
    first_failed: dict[str, datetime] = field(default_factory=dict)
    conflicts: Counter[Target] = field(default_factory=Counter)
    one_by_one: set[Target] = field(default_factory=set)  # aggregates whose write failed: which event is it?
    passed_over: set[str] = field(default_factory=set)  # of `aside`: left out of what was written


class Advance:
    """Takes the events of a batch, and what aggregates keep, as far as they can go now. Raises `StoreUnavailable`."""

    def __init__(
        self,
        aggregates: Aggregates,
        handlers: Handlers,
        collections: Mapping[str, Collection[Any]],
        dead_letters: DeadLetters,
        metrics: Metrics,
        *,
        attempts: int,
        backoff: float,
    ) -> None:
        self._aggregates = aggregates
        self._store = aggregates.store
        self._handlers = handlers
        self._collections = collections
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._attempts = attempts
        self._backoff = backoff

    async def __call__(self, work: Work) -> list[AggregateDocument[Any]]:
        """Bring aggregates forward until every one is written; failing events are retried, then set aside."""
        return await self._forward(work, _Attempts())

    async def pass_over(
        self, target: Target, kept: Kept, failure: Failure, actor: str
    ) -> tuple[list[AggregateDocument[Any]], bool]:
        """Set a parked event aside, and bring its aggregate forward without it.

        Returns what was written, and whether the event was passed over: somebody else may have taken it meanwhile.
        """
        id_ = identity((await self.load([target]))[target], kept)
        attempts = _Attempts(aside={id_})
        await self.set_aside(failure, kept, actor)
        written = await self._forward({target: ()}, attempts)
        return written, id_ in attempts.passed_over

    async def _forward(self, work: Work, attempts: _Attempts) -> list[AggregateDocument[Any]]:
        written: list[AggregateDocument[Any]] = []
        while work:
            documents = await self.load(list(work))
            incoming = [item for items in work.values() for item in items if isinstance(item, Incoming)]
            context = await context_of(
                self._aggregates, self._collections, self._handlers, documents.values(), incoming
            )
            again: Work = {}
            failed: list[tuple[Target, Failed]] = []
            steps: dict[Target, Step] = {}
            for target, items in work.items():
                step = self._step(documents[target], context, attempts, target)
                try:
                    step.run(items)
                except Failed as failure:
                    again[target] = items
                    failed.append((target, failure))
                else:
                    steps[target] = step
            for target, outcome in (await self._write(documents, list(steps))).items():
                if outcome is None:
                    written.append(documents[target])
                    attempts.passed_over |= steps[target].passed_over
                    if steps[target].exhausted:
                        again[target] = steps[target].rest
                    continue
                if isinstance(outcome, Exception) and _changes_nothing(target, steps[target], attempts):
                    log.error("%s/%s cannot be stored as it is", *target, exc_info=outcome)
                    continue
                again[target] = work[target]
                if isinstance(outcome, Exception):
                    culprit = self._unwritable(target, steps[target], outcome, attempts)
                    failed += [(target, culprit)] if culprit else []
                else:
                    attempts.conflicts[target] += 1
            await self._set_back(documents, work, failed, attempts)
            await self._wait_for_others(attempts, again)
            work = again
        return written

    def _step(self, document: AggregateDocument[Any], context: Context, attempts: _Attempts, target: Target) -> Step:
        limit = 1 if target in attempts.one_by_one else None
        return Step(self._aggregates.service, self._handlers, document, context, attempts.aside, limit)

    async def load(self, targets: Sequence[Target]) -> dict[Target, AggregateDocument[Any]]:
        keys: dict[str, list[str]] = {}
        for name, key in targets:
            keys.setdefault(name, []).append(key)
        result: dict[Target, AggregateDocument[Any]] = {}
        for name, wanted in keys.items():
            found = await self._store.get_many(name, wanted)
            for key in wanted:
                result[(name, key)] = AggregateDocument.load(self._collections[name], key, found.get(key))
        return result

    async def _write(
        self, documents: Mapping[Target, AggregateDocument[Any]], targets: Sequence[Target]
    ) -> dict[Target, bool | Exception | None]:
        """Write what changed. By aggregate: None if it stands now, False on a conflict, or why it cannot be stored."""
        result: dict[Target, bool | Exception | None] = {}
        writes: dict[Target, Write] = {}
        for target in targets:
            result[target] = None
            if documents[target].changed:
                try:
                    writes[target] = documents[target].write()
                except Exception as error:
                    result[target] = error
        if not writes:
            return result
        try:
            outcomes: list[bool | Exception] = [*await self._store.put_many(list(writes.values()))]
        except StoreUnavailable:
            raise
        except Exception:
            log.warning("a batch of %d documents cannot be stored; trying them one by one", len(writes), exc_info=True)
            outcomes = [await self._write_one(write) for write in writes.values()]
        for target, outcome in zip(writes, outcomes, strict=True):
            result[target] = None if outcome is True else outcome
            if outcome is True:
                self._aggregates.written(documents[target])
        return result

    async def _write_one(self, write: Write) -> bool | Exception:
        try:
            return (await self._store.put_many([write]))[0]
        except StoreUnavailable:
            raise
        except Exception as error:
            return error

    def _unwritable(self, target: Target, step: Step, error: Exception, attempts: _Attempts) -> Failed | None:
        """An aggregate cannot be stored: its events are taken one by one, to set aside the one that it is due to."""
        if target not in attempts.one_by_one:
            attempts.one_by_one.add(target)
            return None
        return Failed(step.last, "storing", error, final=True) if step.last else None

    async def _set_back(
        self,
        documents: Mapping[Target, AggregateDocument[Any]],
        work: Work,
        failed: Sequence[tuple[Target, Failed]],
        attempts: _Attempts,
    ) -> None:
        """Count failures; where one is final, set the message aside so that the aggregate goes on without it."""
        longest = 0
        for target, failure in failed:
            id_ = identity(documents[target], failure.kept)
            now = self._aggregates.clock.now()
            attempts.failures[id_] += 1
            first = attempts.first_failed.setdefault(id_, now)
            count = attempts.failures[id_]
            if not failure.final and count < self._attempts:
                longest = max(longest, count)
                continue
            if not isinstance(failure.error, DomainError):
                with being(**described(record_of(failure.kept, work[target]))):
                    log.error("%s failed on %s", failure.handler, failure.kept.event.id, exc_info=failure.error)
            record = record_of(failure.kept, work[target])
            await self.set_aside(Failure(record, failure.handler, failure.reason, count, first, now), failure.kept)
            attempts.aside.add(id_)
        if longest:
            await asyncio.sleep(self._backoff * 2**longest)

    async def _wait_for_others(self, attempts: _Attempts, again: Work) -> None:
        conflicts = max((attempts.conflicts[target] for target in again), default=0)
        if conflicts >= CONFLICTS_MAX:
            raise StoreUnavailable(f"documents were changed by others {conflicts} times in a row: {sorted(again)[:3]}")
        if conflicts:
            await wait_for_others(conflicts)

    async def set_aside(self, failure: Failure, kept: Kept | None = None, actor: str = "") -> None:
        """Make a dead letter of a message; `actor` is who wants it, if anybody does."""
        record = failure.record
        kind = failure.reason.partition(":")[0]  # the rest may quote the message: that stands in the dead letter only
        again = kept is not None and bool(kept.letter)
        # What failed in its stream is passed over there with a note. A letter that was tried again is as it was.
        noted = kept is not None and bool(kept.event.stream) and not again
        id_ = await self._dead_letters.record(failure, letter_of(kept) if kept else "", noted=noted, actor=actor)
        with being(**described(record), letter=id_):
            log.warning("dead letter from %s[%d]@%d: %s", record.topic, record.partition, record.offset, kind)
        if not again:  # one letter is counted once, however often it is tried
            self._metrics.set_aside(record.topic)


def _changes_nothing(target: Target, step: Step, attempts: _Attempts) -> bool:
    """Whether an aggregate that cannot be stored took no event: it stays as it is, and the next sweep looks again."""
    return target in attempts.one_by_one and step.last is None


def record_of(kept: Kept, items: Sequence[Incoming | Passed] = ()) -> Record:
    """The message as it came; of a parked or held one, as it would be published, for where it was is not known."""
    for item in items:
        if isinstance(item, Incoming) and item.kept is kept:
            return item.record
    event = kept.event
    return Record(kept.topic, -1, -1, event.partitionkey, event.headers(), event.value())
