"""An ordinary case accepted on its plain JSON comes to what it comes to by its class; any other is left to that."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from verification_builders import CHECKLIST, LATER, NOW, RULE_SET, a_case, a_key, a_submission, answers

from services.verification.core.arrival import take_missing, take_submission
from services.verification.core.case import accept_all, record_findings, reopen, resume, return_case
from services.verification.core.checklist import Checklist
from services.verification.core.findings import Draft
from services.verification.core.model import Case
from services.verification.core.ordinary import accept_ordinary, is_ordinary
from shared.contracts.common import AskedAgain
from shared.kernel.canonical import canonical_json
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet


def state(change: Change[Case]) -> Case:
    assert change.state is not None
    return change.state


def plain_of(case: Case) -> dict[str, Any]:
    return case.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def amended_again() -> Case:
    """Verified, and opened by an answer in which nothing is as it was: no finding is left."""
    verified = state(accept_all(a_case(), CHECKLIST, by="tham-tra", now=NOW, completing=True))
    newer = answers(evidence=("1.3",), staff=51, lan=False, share="1.5")
    return state(take_submission(verified, a_submission(2, newer), CHECKLIST, LATER))


def taken_back() -> Case:
    returned = return_case(
        a_case(), CHECKLIST, ["1.1"], reason="Thiếu", due_on=date(2021, 11, 12), by="tham-tra", now=NOW
    )
    return state(resume(state(returned), reason="Nhầm", by="tham-tra", now=NOW))


@pytest.mark.parametrize(
    "case",
    [a_case(), a_case(days_late=3), amended_again(), taken_back(), a_case(answers(evidence=(), lan=False))],
    ids=["first", "late", "amended", "taken back", "no evidence"],
)
def test_it_comes_to_the_same_bytes(case: Case) -> None:
    before = canonical_json(plain_of(case))
    change = accept_all(case, CHECKLIST, by="tham-tra", now=LATER, completing=True)
    plain = plain_of(case)
    assert is_ordinary(plain, CHECKLIST)
    done, told = accept_ordinary(plain, CHECKLIST, by="tham-tra", now=LATER)
    assert canonical_json(done) == canonical_json(plain_of(state(change)))
    assert [(one.data, canonical_json(one.plain), one.key, one.topic) for one in told] == [
        (type(one.data), canonical_json(one.data.plain()), one.key, one.topic) for one in change.events
    ]
    assert canonical_json(plain) == before


def with_a_finding() -> Case:
    return state(record_findings(a_case(), CHECKLIST, [Draft("1.1", "accepted")], by="tham-tra", now=NOW))


def returned() -> Case:
    return state(
        return_case(a_case(), CHECKLIST, ["1.1"], reason="Thiếu", due_on=date(2021, 11, 12), by="tham-tra", now=NOW)
    )


def missing() -> Case:
    return state(take_missing(None, a_key(), "province", RULE_SET.ref(), NOW))


@pytest.mark.parametrize(
    "case",
    [
        with_a_finding(),
        returned(),
        missing(),
        state(reopen(missing(), reason="Cơ quan báo đã nộp", by="dieu-phoi", now=NOW)),
        state(accept_all(a_case(), CHECKLIST, by="tham-tra", now=NOW, completing=True)),
        a_case(asked_again=(AskedAgain(criterion="1.1", reason="new"),), answer_until=NOW + timedelta(days=9)),
    ],
    ids=["with a finding", "returned", "missing", "missing, reopened", "verified", "asked again"],
)
def test_any_other_case_is_not_ordinary(case: Case) -> None:
    assert not is_ordinary(plain_of(case), CHECKLIST)


def test_where_an_answer_decides_what_is_asked_no_case_is_ordinary() -> None:
    document = RULE_SET.canonical()
    document["sections"][0]["criteria"][2]["asked_if"] = {"when": {"fact": "input.lan", "is": True}}
    assert not is_ordinary(plain_of(a_case()), Checklist(RuleSet.model_validate(document)))


def test_where_no_criterion_is_scored_no_case_is_ordinary() -> None:
    document = RULE_SET.canonical()
    for section in document["sections"]:
        for criterion in section["criteria"]:
            criterion["method"] = {"form": "information"}
    checklist = Checklist(RuleSet.model_validate(document))
    assert not checklist.scored
    assert not is_ordinary(plain_of(a_case()), checklist)
