"""What agencies and the public read over HTTP: the method of a rule set, the proof sheet in every format."""

from __future__ import annotations

import pytest
from scoring_messages import FIRST, MEMBERS, RULE_SET
from scoring_service import ScoringApi

A = MEMBERS[0]
PROOF = f"/scorecards/2021/it/{A}/proof"
METHOD = f"/rulesets/{RULE_SET.key}/method"
KINDS = {
    "html": "text/html; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
}


@pytest.fixture
async def ranked(api: ScoringApi) -> ScoringApi:
    """Three agencies, ranked."""
    await api.has(RULE_SET)
    await api.ranked(*FIRST)
    return api


async def test_the_method_is_public_in_every_format(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    for name in ("html", "markdown", "json"):
        answer = await api.get(f"{METHOD}?format={name}", "")
        assert (answer.status_code, answer.headers["content-type"]) == (200, KINDS[name]), answer.text
        for criterion in RULE_SET.criteria():
            assert criterion.code in answer.text
    assert (await api.get(f"{METHOD}?format=pdf", "")).status_code == 422
    assert (await api.get("/rulesets/la@1/method", "")).status_code == 404


async def test_a_proof_comes_in_every_format_and_of_one_criterion(ranked: ScoringApi) -> None:
    for name, kind in KINDS.items():
        answer = await ranked.get(f"{PROOF}?format={name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert (await ranked.get(PROOF)).headers["content-type"] == KINDS["json"]
    code = RULE_SET.criteria()[0].code
    one = (await ranked.get(f"{PROOF}?criterion={code}")).json()
    assert [criterion["code"] for section in one["sections"] for criterion in section["criteria"]] == [code]
    absent = await ranked.get(f"{PROOF}?criterion=99.9")
    assert absent.status_code == 404
    assert code in absent.text
