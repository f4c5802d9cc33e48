"""Cards a second, side by side in one run: the production path, its parts, zen-engine and Drools."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from operator import itemgetter

from deploy.bench.drools_side import DROOLS_VERSION, Drools, ProvisionError
from deploy.bench.rounds import Measured, Way, measure
from deploy.bench.synthetic import adversarial_submissions, plain_figures, submissions, synthetic_rule_set
from deploy.bench.zen_side import key_of, zen_path, zen_version
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.card import Card
from services.scoring.core.column_points import PointColumns
from services.scoring.core.points import compile_rule_set
from services.scoring.core.reference import evaluate
from services.scoring.core.rows import Reader, Rows
from services.scoring.core.scorecard import Scorecard, basis_hash, level_of, score
from services.scoring.scorer import Scorer
from shared.contracts.scoring import ScorecardComputedV1
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import compact_json
from shared.ruleset.document import RuleSet

__all__ = ["PRODUCTION", "PURE", "Comparison", "compare"]

PURE = "points alone, from zen's dicts"
PRODUCTION = "production, durable_rules"
_CARDS = 1000
_BATCH = 100  # as many cards as services score at once
_FEW = 100  # cards for ways that are slow
_CLOSE = 1e-9

Batches = Sequence[Sequence[VerifiedSubmission]]


@dataclass
class Comparison:
    """What was measured, and what the cards were like."""

    measured: dict[str, Measured]
    notes: list[str] = field(default_factory=list)


def compare(rounds: int) -> Comparison:
    """Time all ways on the same cards; engines that are not here are left out and named in the notes."""
    rule_set = synthetic_rule_set()
    verified = submissions(rule_set, _CARDS)
    scorer = Scorer(DurableEngine())
    cards = [card for batch in _batches(verified) for card in scorer.score(rule_set, batch, {})]
    comparison = Comparison({}, [_describe(rule_set, cards, scorer.version(rule_set).shown)])
    ways = dict(_own(rule_set, verified))
    with ExitStack() as stack:
        _add_zen(ways, comparison, rule_set, verified, cards)
        try:
            drools = stack.enter_context(Drools(rule_set, verified))
        except ProvisionError as error:
            comparison.notes.append(f"Drools left out: {error}")
        else:
            _agree("Drools", [float(card.points) for card in cards], drools.totals, verified)
            ways["Drools"] = Way(_CARDS, drools.round)
            comparison.notes.append(f"Drools {DROOLS_VERSION}: {drools.fired / _CARDS:.1f} rules fired a card")
        comparison.measured = measure(ways, rounds)
    return comparison


def _own(rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> Iterator[tuple[str, Way]]:
    scorer = Scorer(DurableEngine())
    yield PURE, Way(_CARDS, _points_alone(rule_set, verified))
    yield PRODUCTION, Way(_CARDS, _scoring(scorer, rule_set, _batches(verified)))
    yield "production, submissions read before", Way(_CARDS, _read_before(scorer, rule_set, _batches(verified)))
    yield "production, rules see every card anew", _adversarial(rule_set)
    yield "production, to event bytes", Way(_FEW, _to_bytes(scorer, rule_set, verified[:_FEW]))
    yield "every card posted, plain closures", Way(_FEW, _plain(rule_set, verified[:_FEW]))
    yield "reference", Way(_FEW, lambda: _each(lambda one: evaluate(rule_set, one, {}), verified[:_FEW]))


def _scoring(scorer: Scorer, rule_set: RuleSet, batches: Batches) -> Callable[[], None]:
    def run() -> None:
        for batch in batches:
            for card in scorer.score(rule_set, batch, {}):
                _ = card.points, card.index, card.level, card.excluded

    return run


def _read_before(scorer: Scorer, rule_set: RuleSet, batches: Batches) -> Callable[[], None]:
    version = scorer.version(rule_set)
    read = [version.read(batch) for batch in batches]

    def run() -> None:
        for rows in read:
            for card in version.score_rows(rows, {}):
                _ = card.points, card.index, card.level, card.excluded

    return run


def _points_alone(rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> Callable[[], None]:
    """Points, index and level from the same plain dicts that zen gets: no states, evidence, findings or rules."""
    compiled = compile_rule_set(rule_set)
    reader = Reader(compiled, needs_evidence=False)
    columns = PointColumns(compiled, reader)
    pick = itemgetter(*reader.columns)
    plain = [plain_figures(rule_set, one) for one in verified]
    batches = [(verified[start : start + _BATCH], plain[start : start + _BATCH]) for start in range(0, _CARDS, _BATCH)]
    maximum = sum((one.maximum for one in compiled.criteria), Fraction(0))

    def run() -> None:
        for batch, figures in batches:
            rows = Rows(batch, list(zip(*map(pick, figures), strict=True)), {}, [], {}, {}, [0] * len(batch))
            points = columns.of(rows, {})
            for row in range(len(batch)):
                total = Fraction(*points.of_all(row))
                level_of(rule_set.result, total, total / maximum)

    return run


def _adversarial(rule_set: RuleSet) -> Way:
    batches = _batches(adversarial_submissions(rule_set, _FEW))
    scorers = [Scorer(DurableEngine())]

    def prepare() -> None:  # a scorer that remembers nothing
        scorers[0] = Scorer(DurableEngine())
        scorers[0].compiled(rule_set)

    return Way(_FEW, lambda: _scoring(scorers[0], rule_set, batches)(), prepare)


def _to_bytes(scorer: Scorer, rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> Callable[[], None]:
    ref = rule_set.ref()

    def run() -> None:
        for one, card in zip(verified, scorer.score(rule_set, verified, {}), strict=True):
            summary = card.summary(one.key, one.group, "final", basis_hash(one, ref, {}))
            compact_json(ScorecardComputedV1(scorecard=summary).plain())

    return run


def _plain(rule_set: RuleSet, verified: Sequence[VerifiedSubmission]) -> Callable[[], None]:
    compiled = compile_rule_set(rule_set)
    engine = DurableEngine()
    engine.load(compiled.ref.hash, rule_set)

    def run() -> None:
        cards = [Card.of(one, rule_set) for one in verified]
        for card, firings in zip(cards, engine.fire(compiled.ref.hash, cards), strict=True):
            score(compiled, card, firings, {})

    return run


def _add_zen(
    ways: dict[str, Way],
    comparison: Comparison,
    rule_set: RuleSet,
    verified: Sequence[VerifiedSubmission],
    cards: Sequence[Scorecard],
) -> None:
    try:
        run = zen_path(rule_set, [plain_figures(rule_set, one) for one in verified])
    except ImportError as error:
        comparison.notes.append(f"zen-engine left out: {error}")
        return
    keys = [key_of(one) for one in rule_set.criteria()]
    sums = [sum(found[key] for key in keys) for found in run()]
    ours = [
        # zen knows only values: a card with another state is compared with nothing
        float(sum(one.earned for one in card.criteria)) if all(one.state == "value" for one in card.criteria) else given
        for card, given in zip(cards, sums, strict=True)
    ]
    _agree("zen-engine", ours, sums, verified)
    comparison.notes.append(f"zen-engine {zen_version()}: 60 expressions in one node, no trace, no rules")
    ways["zen-engine"] = Way(_CARDS, lambda: _discard(run()))


def _describe(rule_set: RuleSet, cards: Sequence[Scorecard], shown: int) -> str:
    fired = sum(bool(card.firings) for card in cards) / len(cards)
    odd = sum(any(one.state != "value" for one in card.criteria) for card in cards) / len(cards)
    return (
        f"{len(cards)} cards, {len(rule_set.criteria())} criteria, {len(rule_set.rules)} rules: "
        f"{fired:.0%} of the cards fire a rule, {odd:.0%} have a criterion without a value; "
        f"durable_rules was shown {shown} of them"
    )


def _agree(name: str, ours: Sequence[float], theirs: Sequence[float], verified: Sequence[VerifiedSubmission]) -> None:
    """The other engine knows no findings; where there are none but accepted ones, it must say the same."""
    for own, other, one in zip(ours, theirs, verified, strict=False):
        if all(finding.finding == "accepted" for finding in one.findings) and abs(own - other) > _CLOSE:
            sys.exit(f"{name} gives {one.key.text} {other}, not {own}: the comparison would mean nothing")


def _batches(verified: Sequence[VerifiedSubmission]) -> Batches:
    return [verified[start : start + _BATCH] for start in range(0, len(verified), _BATCH)]


def _each(work: Callable[[VerifiedSubmission], object], verified: Sequence[VerifiedSubmission]) -> None:
    for one in verified:
        work(one)


def _discard(_: object) -> None:
    return None
