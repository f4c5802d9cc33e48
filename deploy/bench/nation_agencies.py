"""The agencies' part of a nation: making their answers, and posting them, in a process of its own.

What they have yet to post is so in no service's memory, and what posting takes in no service's processor time. Answers
are made beforehand, into a file: made while they are posted, they would take as much of the machine as a service does.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Producer

from deploy.bench.hops_platform import HEADERS, SETS, plan_of
from deploy.bench.processes import processor_seconds
from deploy.xephang.year.answering import Posting, RuleSets, answer_event
from deploy.xephang.year.example import rule_set_path
from deploy.xephang.year.stage import local
from shared.kernel.canonical import canonical_json
from shared.ruleset.loader import load_rule_set

__all__ = ["Agencies", "answers_of", "post_answers"]

_TOPIC = "platform-submissions"
_SPAWNING = multiprocessing.get_context("spawn")
_PRODUCER = {
    "acks": "all",
    "enable.idempotence": True,
    "partitioner": "murmur2_random",  # as the clients of the platform put keys on partitions
    "queue.buffering.max.kbytes": 32 * 1024,
}
_WAITING = 0.1  # seconds for some of what is queued to be sent


class Agencies:
    """So many of them, each with an answer to both programmes; ready to post when entered. `folder` takes the file."""

    def __init__(self, agencies: int, kafka: str, folder: Path) -> None:
        self._here, there = _SPAWNING.Pipe()
        arguments = (there, agencies, kafka, folder / "answers.jsonl")
        self._process = _SPAWNING.Process(target=_live, args=arguments, daemon=True)
        self._there: Connection = there
        self.making = 0.0
        """Seconds of processor time that making the answers took."""

    @property
    def pid(self) -> int:
        """Their process."""
        return self._process.pid or 0

    async def __aenter__(self) -> Self:
        self._process.start()
        self._there.close()
        try:
            await self._hear()
        except BaseException:
            self._process.kill()
            raise
        self.making = processor_seconds(self.pid)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()  # whoever waits for it hears that it has ended
        await asyncio.to_thread(self._process.join)
        self._here.close()

    async def post(self) -> None:
        """All answers, as fast as the broker takes them; when it returns, it has acknowledged every one."""
        self._here.send("post")
        await self._hear()

    async def _hear(self) -> None:
        try:
            heard = await asyncio.to_thread(self._here.recv)
        except EOFError:
            raise RuntimeError("the agencies' process has ended") from None
        if heard is not None:
            raise RuntimeError(f"the agencies could not post: {heard}")


def answers_of(agencies: int) -> Iterator[tuple[str, bytes]]:
    """Key and bytes of every answer, one after the other; given on the day of the dispatch."""
    plan = plan_of(agencies)
    rule_sets: RuleSets = {}
    for name in SETS:
        rule_set = load_rule_set(rule_set_path(name))
        rule_sets[(rule_set.programme, rule_set.group)] = rule_set
    given_at = local(plan.dispatch.issued_on)
    for agency in plan.agencies:
        for programme, _ in rule_sets:
            event = answer_event(plan, rule_sets, Posting(agency, programme, 1, given_at))
            yield f"{plan.campaign}/{agency.id}", canonical_json(event)


def post_answers(kafka: str, answers: Iterator[tuple[str, bytes]]) -> None:
    """On the platform's topic. Raises `RuntimeError` with the first that the broker did not take."""
    producer = Producer({"bootstrap.servers": kafka, **_PRODUCER})
    refused: list[str] = []

    def told(error: Any, _: Any) -> None:
        if error is not None:
            refused.append(str(error))

    for key, value in answers:
        while True:
            try:
                producer.produce(_TOPIC, value, key, headers=list(HEADERS), on_delivery=told)
            except BufferError:
                producer.poll(_WAITING)
            else:
                break
        producer.poll(0)
    producer.flush()
    if refused:
        raise RuntimeError(f"{len(refused)} answers were not taken: {refused[0]}")


def _live(there: Connection, agencies: int, kafka: str, file: Path) -> None:
    try:
        with file.open("wb") as lines:
            lines.writelines(b"%s\t%s\n" % (key.encode(), value) for key, value in answers_of(agencies))
        there.send(None)
        there.recv()
        with file.open("rb") as lines:
            post_answers(kafka, map(_split, lines))
        there.send(None)
        there.recv()  # until somebody ends us, or is gone
    except EOFError:
        return
    except Exception as error:
        there.send(repr(error))
        raise


def _split(line: bytes) -> tuple[str, bytes]:
    key, _, value = line.rstrip(b"\n").partition(b"\t")
    return key.decode(), value
