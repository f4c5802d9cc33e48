"""An old year recomputes to the same bytes for ever: scorecards and rankings of made-up answers, pinned by hash.

A failure here means that what was published under a rule set would no longer recompute. Change the golden file only if
that is meant, and say so in the CHANGELOG with the years, criteria and groups concerned; the failing test prints it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.xephang.year.example import answers, example_agencies, example_year, rule_set_path
from services.intake.core.form import check_answers
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.ranking import Entry, rank
from services.scoring.core.scorecard import basis_hash
from services.scoring.scorer import Scorer
from shared.contracts.common import GroupKey, SubmissionKey
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import load_rule_set

GOLDEN = Path(__file__).with_name("golden_years.json")
FILES = (
    ("it-province/2021.1.yaml", 2021),
    ("it-district/2021.1.yaml", 2021),
    ("portal-province/2021.1.yaml", 2021),
    ("portal-district/2021.1.yaml", 2021),
    ("it-province/2022.1.yaml", 2022),
    ("it-district/2022.1.yaml", 2022),
)


def verified_of(rule_set: RuleSet, year: int) -> list[VerifiedSubmission]:
    plan = example_year(year)
    found = []
    for agency in example_agencies():
        if agency.group == rule_set.group:
            posted = answers(plan, agency.id, rule_set)
            checked, faults = check_answers(rule_set, posted["figures"], posted["evidence"])
            assert checked is not None, faults
            found.append(
                VerifiedSubmission(
                    key=SubmissionKey(campaign=str(year), programme=rule_set.programme, agency=agency.id),
                    group=agency.group,
                    rule_set=rule_set.ref(),
                    revision=1,
                    basis="answered",
                    submission_number=1,
                    days_late=plan.late.get(agency.id, 0),
                    answers=checked,
                    findings=(),
                )
            )
    return found


def hashes_of(file: str, year: int) -> dict[str, str]:
    rule_set = load_rule_set(rule_set_path(file))
    verified = verified_of(rule_set, year)
    scorer = Scorer(DurableEngine())
    best = scorer.group_best(rule_set, verified)
    names = {agency.id: agency.name for agency in example_agencies()}
    finals = [
        card.summary(one.key, one.group, "final", basis_hash(one, rule_set.ref(), best))
        for one, card in zip(verified, scorer.score(rule_set, verified, best), strict=True)
    ]
    table = GroupKey(campaign=str(year), programme=rule_set.programme, group=rule_set.group)
    entries = [Entry(final.key.agency, names[final.key.agency], final) for final in finals]
    ranking = rank(table, year, rule_set, 1, entries)
    cards = [final.model_dump(mode="json", exclude_defaults=True) for final in finals]  # as events carry them
    return {
        "rule set": rule_set.content_hash(),
        "scorecards": sha256_hex(canonical_json(cards)),
        "ranking": sha256_hex(canonical_json(ranking.model_dump(mode="json", exclude_defaults=True))),
    }


@pytest.mark.parametrize(("file", "year"), FILES)
def test_a_year_recomputes_to_the_bytes_it_always_had(file: str, year: int) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    found = hashes_of(file, year)
    assert golden.get(f"{year} {file}") == found, f"{GOLDEN.name} would need: {json.dumps({f'{year} {file}': found})}"
