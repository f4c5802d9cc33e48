"""What a million cards, a new version beside a running load, and a rehearsal of 11,000 agencies ask of the engine."""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction

from deploy.bench.processes import resident_mb
from deploy.bench.synthetic import adversarial_submissions, submissions, synthetic_rule_set
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.scorer import Scorer
from shared.contracts.common import Answers
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import compact_json, loads_exact
from shared.ruleset.document import RuleSet

__all__ = ["memory_growth", "rehearsal_seconds", "swap_milliseconds"]

_BATCH = 100
_DIFFERENT = 500
_AGENCIES = 11_000


def memory_growth(cards: int = 1_000_000) -> dict[str, float]:
    """Resident memory (MB) before, after a tenth of the cards, and after all; every card is another one."""
    rule_set = synthetic_rule_set()
    scorer = Scorer(DurableEngine())
    mixed = _mixed(rule_set)
    scorer.score(rule_set, [next(mixed) for _ in range(_BATCH)], {})
    found = {"MB at the start": resident_mb(os.getpid())}
    start = time.process_time()
    for number in range(0, cards, _BATCH):
        for card in scorer.score(rule_set, [next(mixed) for _ in range(_BATCH)], {}):
            _ = card.points, card.level
        if number + _BATCH == cards // 10:
            found["MB after a tenth"] = resident_mb(os.getpid())
    found["MB after all"] = resident_mb(os.getpid())
    found["MB of growth"] = found["MB after all"] - found["MB at the start"]
    found["cards"] = cards
    found["seconds, making the cards included"] = time.process_time() - start
    return found


def swap_milliseconds(versions: int = 9, cards: int = _DIFFERENT) -> dict[str, float]:
    """How long it takes until a new version has scored its first card, while another thread scores without pause.

    Both versions differ in what a day late costs: a card scored by a version that is half there would show.
    """
    old = synthetic_rule_set("1", late_points="0.5")
    verified = [one for one in submissions(old, cards) if 0 < one.days_late < 10]  # below the most
    scorer = Scorer(DurableEngine())
    expected = _points(scorer, old, verified)
    load = _Load(scorer, old, verified, expected)
    load.start()
    spent: list[float] = []
    own: list[float] = []
    for number in range(versions):
        new = synthetic_rule_set(str(number + 2), late_points="0.25")
        new.content_hash()
        start, began = time.perf_counter(), time.thread_time()
        scorer.score(new, verified[:1], {})
        spent.append(time.perf_counter() - start)
        own.append(time.thread_time() - began)
        if any(one <= before for one, before in zip(_points(scorer, new, verified), expected, strict=True)):
            raise AssertionError("a card was scored by the version before")
    load.finish()
    return {
        "milliseconds of waiting, median": statistics.median(spent) * 1e3,
        "milliseconds of waiting, longest": max(spent) * 1e3,
        "milliseconds of processor, median": statistics.median(own) * 1e3,
        "cards scored meanwhile": load.cards,
        "cards lost or different": load.wrong,
    }


class _Load(threading.Thread):
    """Scores the same cards under the old version again and again, and counts what comes out otherwise."""

    def __init__(
        self, scorer: Scorer, rule_set: RuleSet, verified: Sequence[VerifiedSubmission], expected: Sequence[Fraction]
    ) -> None:
        super().__init__(daemon=True)
        self.cards = self.wrong = 0
        self._work = scorer, rule_set, verified
        self._expected = expected
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until told to finish."""
        while not self._stopped.is_set():
            found = _points(*self._work)
            self.cards += len(self._expected)
            self.wrong += sum(one != other for one, other in zip(found, self._expected, strict=True))

    def finish(self) -> None:
        """Wait for the last round."""
        self._stopped.set()
        self.join()


def rehearsal_seconds() -> dict[str, float]:
    """Verified data as it is stored, streamed, scored under two versions and compared."""
    old, new = synthetic_rule_set("1"), synthetic_rule_set("2", late_points="1")
    stored = [compact_json(one.model_dump(mode="json", exclude_defaults=True)) for one in submissions(old, _DIFFERENT)]
    scorer = Scorer(DurableEngine())
    reading = scoring = 0.0
    moved = 0
    for start in range(0, _AGENCIES, _BATCH):
        at = time.process_time()
        batch = [VerifiedSubmission.model_validate(loads_exact(stored[n % _DIFFERENT])) for n in _range(start)]
        read = time.process_time()
        pairs = zip(scorer.score(old, batch, {}), scorer.score(new, batch, {}), strict=True)
        moved += sum((before.points, before.level) != (after.points, after.level) for before, after in pairs)
        reading += read - at
        scoring += time.process_time() - read
    return {
        "agencies": _AGENCIES,
        "seconds to read": reading,
        "seconds to score twice": scoring,
        "agencies moved": moved,
    }


def _range(start: int) -> range:
    return range(start, min(start + _BATCH, _AGENCIES))


def _points(scorer: Scorer, rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> list[Fraction]:
    return [card.points for card in scorer.score(rule_set, verified, {})]


def _mixed(rule_set: RuleSet) -> Iterator[VerifiedSubmission]:
    """Cards without end, each with half its figures from one card and half from another."""
    made = [*submissions(rule_set, _DIFFERENT), *adversarial_submissions(rule_set, _DIFFERENT // 10)]
    names = sorted(rule_set.inputs())
    halves = [
        tuple({name: one.answers.figures[name] for name in half} for half in (names[::2], names[1::2])) for one in made
    ]
    draw = random.Random(3)
    while True:
        one, other = draw.randrange(len(made)), draw.randrange(len(made))
        figures = halves[one][0] | halves[other][1]
        answers = Answers.model_construct(figures=figures, evidence=made[other].answers.evidence)
        yield made[one].model_copy(update={"answers": answers, "days_late": made[other].days_late})
