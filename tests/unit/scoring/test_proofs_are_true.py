"""On every example of every rule set: what its proof says would have given more, gives it on the production path."""

from __future__ import annotations

from pathlib import Path

import pytest
from scoring_claims import done

from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.examples import example_submission, resolve
from services.scoring.core.proof import proof
from services.scoring.scorer import Scorer
from shared.ruleset.loader import load_rule_set

FOLDER = Path(__file__).parents[3] / "services" / "scoring" / "rulesets"
FILES = sorted(FOLDER.glob("*/*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_proofs_of_all_examples_are_true(path: Path) -> None:
    rule_set, scorer = load_rule_set(path), Scorer(DurableEngine())
    for example in rule_set.examples:
        resolved = resolve(rule_set, example)
        best, verified = resolved.group_best, example_submission(rule_set, resolved)
        (card,) = scorer.score(rule_set, [verified], best)
        made = proof(rule_set, verified, card, best)
        said = [(one.code, need) for section in made.sections for one in section.criteria for need in one.needed]
        again = scorer.score(rule_set, [done(verified, code, need, rule_set) for code, need in said], best)
        for (code, need), then in zip(said, again, strict=True):
            points = next(one.points for one in then.criteria if one.code == code)
            assert (points, then.points) == (need.points.exact, need.total.exact), (example.id, code, need.words)
