"""Scorecards, proofs and rankings over HTTP: who sees them, and that their bytes stand still."""

from __future__ import annotations

from typing import Any

import pytest
from scoring_messages import FIRST, MEMBERS, RULE_SET, a_campaign, was_closed, was_opened, was_reopened, was_verified
from scoring_service import ScoringApi

from shared.kernel.canonical import canonical_json

A, B, C = MEMBERS
CARD = f"/scorecards/2021/it/{A}"
RANKING = "/rankings/2021/it/province"


@pytest.fixture
async def ranked(api: ScoringApi) -> ScoringApi:
    """Three agencies, ranked."""
    await api.has(RULE_SET)
    await api.ranked(*FIRST)
    return api


async def test_a_scorecard_is_provisional_until_its_table_is_ranked(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    await api.consume(*map(was_verified, FIRST))
    provisional = (await api.get(CARD)).json()
    assert (provisional["stage"], provisional["points"]) == ("provisional", "40")
    text = (await api.get(f"{CARD}/proof/text")).text
    await api.consume(was_opened(a_campaign()), was_closed(a_campaign()))
    await api.reconcile()
    final = (await api.get(CARD)).json()
    assert (final["stage"], final["points"]) == ("final", "65")
    assert (await api.get(f"{CARD}/proof/text")).text != text
    verified = (await api.get(f"{CARD}/verified")).json()
    assert verified["answers"]["figures"]["apps"]["value"] == 40


async def test_a_case_of_which_only_the_reopening_is_known_has_no_scorecard(api: ScoringApi) -> None:
    await api.consume(was_reopened(FIRST[0], 1))
    for path in (CARD, f"{CARD}/verified", f"{CARD}/proof", f"{CARD}/proof/text"):
        assert (await api.get(path)).status_code == 404


async def test_a_proof_says_what_the_scorecard_says_in_the_same_bytes_each_time(ranked: ScoringApi) -> None:
    for agency in MEMBERS:
        card = (await ranked.get(f"/scorecards/2021/it/{agency}")).json()
        proof = await ranked.get(f"/scorecards/2021/it/{agency}/proof")
        assert proof.json()["points"]["exact"] == card["points"]
        assert canonical_json(proof.json()) == proof.content
        text = await ranked.get(f"/scorecards/2021/it/{agency}/proof/text")
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        restarted = ScoringApi(ranked.store, ranked._issuer)
        for answer in (proof, text):
            assert (await restarted.get(answer.url.path)).content == answer.content


async def test_a_ranking_is_served_and_recomputed(ranked: ScoringApi) -> None:
    ranking = await ranked.get(RANKING)
    assert [row["agency"] for row in ranking.json()["rows"]] == [B, A, C]
    recomputed = await ranked.get(f"{RANKING}/recomputed", "verifier")
    assert recomputed.content == ranking.content


async def test_the_operator_closes_a_table_with_a_reason(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    await api.consume(was_opened(a_campaign()), was_closed(a_campaign()), was_verified(FIRST[0]))
    lacking = await api.post(f"{RANKING}/close", {}, "operator")
    assert (lacking.status_code, lacking.json()["type"]) == (422, "urn:xephang:problem:table.reason")
    closed = await api.post(f"{RANKING}/close", {"reason": "Đến hạn công bố"}, "operator")
    assert [(one["agency"], one["reason"]) for one in closed.json()["unranked"]] == [
        (B, "not_verified"),
        (C, "not_verified"),
    ]
    assert (await api.post(f"{RANKING}/close", {"reason": "x"}, "verifier")).status_code == 403
    absent = await api.post("/rankings/2021/portal/province/close", {"reason": "x"}, "operator")
    assert absent.status_code == 404


async def test_an_agency_sees_its_own_scorecard_and_no_ranking(ranked: ScoringApi) -> None:
    readers: dict[str, Any] = {"operator": 200, "verifier": 200, "chairman": 200, f"agency:{A}": 200}
    readers |= {f"agency:{B}": 403, "agency": 403, "platform": 403, "": 401}
    for path in ("", "/verified", "/proof", "/proof/text"):
        for who, status in readers.items():
            assert (await ranked.get(f"{CARD}{path}", who)).status_code == status, (path, who)
    for path in (RANKING, f"{RANKING}/recomputed"):
        assert (await ranked.get(path, f"agency:{A}")).status_code == 403
        assert (await ranked.get(path, "")).status_code == 401


async def test_what_there_is_not_is_not_found(api: ScoringApi) -> None:
    for path in (CARD, f"{CARD}/proof", RANKING, f"{RANKING}/recomputed", "/rulesets/la@1"):
        assert (await api.get(path)).status_code == 404, path
    for path in ("/scorecards/2021/it/S%E1%BB%9F", "/scorecards/S%E1%BB%9F/it/so-y-te", "/rankings/%20/it/province"):
        assert (await api.get(path)).status_code == 422, path
    assert (await api.get("/rankings/2021/sport/province")).status_code == 422
