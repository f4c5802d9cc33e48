"""From four rankings to a published Decision, and what everybody gets to see of it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from publishing_builders import KEYS, a_card, a_ranking, basis_of

from services.publishing.collections import DECISIONS
from shared.contracts.scoring import RankingComputedV1, ScorecardComputedV1
from shared.kernel.canonical import canonical_json, loads_exact, sha256_hex

KEY = KEYS[0]
TABLE = f"/rankings/{KEY.text}"
CARD = "/scorecards/2021/it/so-noi-vu"
CHANGED = a_ranking(KEY, 2, (("so-y-te", 95), ("so-noi-vu", 85)))


async def corrected(publishing: Any, as_record: Any) -> None:
    await publishing.published()
    await publishing.consume(as_record(RankingComputedV1(ranking=CHANGED), 2))
    laid = await publishing.draft(number="7/QĐ-UBND", issued_on="2022-01-04", reason="Sai số liệu")
    assert laid.status_code == 201
    assert (await publishing.sign(laid)).status_code == 200


async def test_public_gets_the_very_bytes_that_went_to_kafka(publishing: Any, as_record: Any) -> None:
    await corrected(publishing, as_record)
    await publishing.relay.publish_pending()
    sent = [message for message in publishing.broker.messages if message.topic == "rankings"]
    assert [message.key for message in sent] == [*(key.text for key in KEYS), KEY.text]
    newest = {message.key: message.value for message in sent}
    for key in KEYS:
        answer = await publishing.get(f"/rankings/{key.text}")
        assert answer.content == newest[key.text]
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert (await publishing.get(f"{TABLE}/editions/1")).content == sent[0].value
    assert (await publishing.get(f"{TABLE}/editions/2")).content == sent[-1].value
    assert [message.headers["ce_actor"] for message in sent] == ["chairman-1"] * 5
    assert sent[-1].headers["ce_type"] == "publishing.ranking.corrected.v1"


async def test_nothing_is_public_before_the_signature(publishing: Any) -> None:
    await publishing.prepared()
    await publishing.draft()
    assert (await publishing.get("/rankings")).json() == {"rankings": []}
    for path in (TABLE, f"{TABLE}/ranking.csv", f"{TABLE}/editions/1", "/decisions/2021", "/decisions/2021.html"):
        assert (await publishing.get(path)).status_code == 404
    assert (await publishing.get(CARD)).status_code == 401


async def test_without_a_draft_those_who_draft_and_sign_are_told_how_to_lay_one(publishing: Any) -> None:
    await publishing.prepared()
    remedies = []
    for who in ("operator", "chairman", ""):
        (fault,) = (await publishing.get("/decisions/2021", who)).json()["faults"]
        assert (fault["code"], fault["place"]) == ("no_decision", "2021")
        remedies.append(fault["remedy_vi"])
    assert ["xephang publish draft 2021" in remedy for remedy in remedies] == [True, True, False]


async def test_number_of_a_draft_may_have_blanks_around_it_and_must_be_one(publishing: Any) -> None:
    await publishing.prepared()
    refused = await publishing.draft(number="1")
    assert refused.status_code == 422
    (fault,) = refused.json()["faults"]
    assert fault["place"] == "number"
    assert "2050/QĐ-UBND" in fault["remedy_vi"]
    laid = await publishing.draft(number=" 2050/QĐ-UBND ")
    assert laid.json()["documents"][0]["content"]["number"] == "2050/QĐ-UBND"


async def test_operator_and_chairman_read_the_draft_and_others_do_not(publishing: Any) -> None:
    await publishing.prepared()
    await publishing.draft()
    for who in ("operator", "chairman"):
        answer = await publishing.get("/decisions/2021.md", who)
        assert "DỰ THẢO" in answer.text
        assert answer.headers["cache-control"].startswith("private")
    for who in ("verifier", "agency:so-noi-vu", "rules_admin"):
        assert (await publishing.get("/decisions/2021.md", who)).status_code == 404


async def test_signed_content_can_be_checked_by_anyone(publishing: Any) -> None:
    await publishing.published()
    view = loads_exact((await publishing.get("/decisions/2021")).content)
    (document,) = view["documents"]
    assert sha256_hex(canonical_json(document["content"])) == document["content_hash"]
    published = loads_exact((await publishing.get(TABLE)).content)["published"]
    assert published["decision"]["content_hash"] == document["content_hash"]
    assert published["ranking"] in document["content"]["tables"]


async def test_legal_basis_issuer_and_place_come_from_the_rule_sets(publishing: Any) -> None:
    await publishing.prepared()
    content = (await publishing.draft()).json()["documents"][0]["content"]
    assert [basis["number"] for basis in content["legal_basis"]] == ["2294/QĐ-UBND"]
    assert (content["issuer"], content["place"]) == ("Ủy ban nhân dân tỉnh Bắc Giang", "Bắc Giang")


async def test_draft_names_the_tables_that_are_missing(publishing: Any, as_record: Any) -> None:
    await publishing.prepared()
    empty = await publishing.call("POST", "/decisions/2022/draft", "operator", {"number": "1/QĐ-UBND"})
    assert empty.status_code == 422
    document = await publishing.store.get("rankings", KEY.text)
    await publishing.store.delete("rankings", KEY.text, document.version)
    refused = await publishing.draft()
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert [fault["place"] for fault in refused.json()["faults"]] == [KEY.text]
    computed = (await publishing.get("/computed-rankings?campaign=2021", "chairman")).json()
    assert computed["complete"] is False
    assert [table["ranking"] is None for table in computed["tables"]] == [True, False, False, False]


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/decisions/2021/draft", "chairman", 403),
        ("/decisions/2021/correction", "chairman", 403),
        ("/decisions/2021/sign", "operator", 403),
        ("/decisions/2021/withdraw", "operator", 403),
        ("/decisions/2021/sign", "", 401),
    ],
)
async def test_each_does_only_what_is_his(publishing: Any, path: str, who: str, status: int) -> None:
    assert (await publishing.post(path, who, {})).status_code == status
    assert (await publishing.get("/computed-rankings?campaign=2021", "agency:so-y-te")).status_code == 403


async def test_who_holds_both_roles_still_cannot_sign_his_own_draft(publishing: Any) -> None:
    await publishing.prepared()
    document = (await publishing.draft()).json()["documents"][0]
    token = publishing.issuer.token("operator-1", ["operator", "chairman"])
    body = {"draft": 1, "content_hash": document["content_hash"]}
    refused = await publishing.call("POST", "/decisions/2021/sign", "", body, Authorization=f"Bearer {token}")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:xephang:problem:same_person")


async def test_outdated_draft_is_not_signed(publishing: Any, as_record: Any) -> None:
    await publishing.prepared()
    laid = await publishing.draft()
    await publishing.consume(as_record(RankingComputedV1(ranking=CHANGED), 2))
    refused = await publishing.sign(laid)
    assert (refused.status_code, refused.json()["detail"]) == (409, "draft is outdated")


async def test_signing_twice_publishes_once(publishing: Any) -> None:
    first = await publishing.published()
    assert (await publishing.sign(first)).json() == first.json()
    await publishing.relay.publish_pending()
    assert len(publishing.broker.messages) == 6  # drafted, signed, four tables


async def test_published_rankings_are_listed_with_links_that_work(publishing: Any, as_record: Any) -> None:
    await corrected(publishing, as_record)
    listed = (await publishing.get("/rankings")).json()["rankings"]
    assert [entry["edition"] for entry in listed] == [2, 1, 1, 1]
    for entry in listed:
        links = entry["links"]
        for link in (links["json"], links["csv"], links["decision"], *links["editions"]):
            assert (await publishing.get(link)).status_code == 200
        assert sha256_hex((await publishing.get(links["json"])).content) == entry["sha256"]
    assert (await publishing.get("/rankings?campaign=2020")).json() == {"rankings": []}


@pytest.mark.parametrize(
    "path", [TABLE, f"{TABLE}/ranking.csv", "/decisions/2021", "/decisions/2021.md", "/decisions/2021.html", CARD]
)
async def test_whoever_has_the_bytes_need_not_get_them_again(publishing: Any, path: str) -> None:
    await publishing.published()
    first = await publishing.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"].startswith("public")
    again = await publishing.get(path, **{"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")


async def test_withdrawn_rankings_are_gone_and_say_why(publishing: Any) -> None:
    await publishing.published()
    withdrawn = await publishing.post("/decisions/2021/withdraw", "chairman", {"reason": "Sai quy trình"})
    assert withdrawn.json()["status"] == "withdrawn"
    for path in (TABLE, f"{TABLE}/ranking.csv", f"{TABLE}/editions/1", CARD):
        answer = await publishing.get(path)
        assert answer.status_code == 410
        assert "Sai quy trình" in answer.json()["faults"][0]["vi"]
    assert (await publishing.get("/rankings")).json() == {"rankings": []}
    assert "ĐÃ THU HỒI" in (await publishing.get("/decisions/2021.md")).text
    assert (await publishing.get(CARD, "verifier")).status_code == 200


async def test_scorecard_is_for_those_concerned_until_it_is_published(publishing: Any) -> None:
    await publishing.prepared()
    for who in ("operator", "verifier", "agency:so-noi-vu"):
        answer = await publishing.get(CARD, who)
        assert answer.status_code == 200
        assert answer.headers["cache-control"].startswith("private")
    for who in ("agency:so-y-te", "chairman", "platform"):
        assert (await publishing.get(CARD, who)).status_code == 403
    assert (await publishing.get(CARD, "operator", Authorization="")).status_code == 200
    await publishing.sign(await publishing.draft())
    assert (await publishing.get(CARD)).json()["points"] == "90"


async def test_published_scorecard_is_the_one_the_ranking_rests_on(publishing: Any, as_record: Any) -> None:
    await publishing.published()
    await publishing.consume(as_record(ScorecardComputedV1(scorecard=a_card(points=85)), 2, minutes=90))
    assert (await publishing.get(CARD)).json()["basis_hash"] == basis_of(KEY, "so-noi-vu", a_card(points=90).points)
    await publishing.consume(as_record(RankingComputedV1(ranking=CHANGED), 2))
    await publishing.sign(await publishing.draft(number="7/QĐ-UBND", issued_on="2022-01-04", reason="Sai"))
    assert (await publishing.get(CARD)).json()["points"] == "85"


def documents_read(publishing: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collection of each document that is read from now on."""
    reads: list[str] = []
    get, scan = publishing.store.get, publishing.store.scan

    async def one(collection: str, key: str) -> Any:
        reads.append(collection)
        return await get(collection, key)

    async def page(collection: str, **bounds: Any) -> Any:
        found = await scan(collection, **bounds)
        reads.extend(document.collection for document in found)
        return found

    monkeypatch.setattr(publishing.store, "get", one)
    monkeypatch.setattr(publishing.store, "scan", page)
    return reads


async def test_the_public_list_reads_a_decision_once_until_it_stands_otherwise_whoever_changed_it(
    publishing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publishing.published()
    reads = documents_read(publishing, monkeypatch)
    answers = await asyncio.gather(*(publishing.get("/rankings") for _ in range(5)))
    answers += [await publishing.get(f"/rankings?campaign={campaign}") for campaign in ("2021", "2020")]
    assert reads == ["decisions"], "it holds every row of every table"
    assert [len(answer.json()["rankings"]) for answer in answers] == [4, 4, 4, 4, 4, 4, 0]
    assert {answer.content for answer in answers[:-1]} == {answers[0].content}
    elsewhere = type(publishing)(publishing.store, publishing.clock, publishing.issuer)
    await elsewhere.post("/decisions/2021/withdraw", "chairman", {"reason": "Sai số liệu"})
    assert (await publishing.get("/rankings")).json() == {"rankings": []}


async def test_a_decision_is_read_anew_once_it_stands_otherwise_whoever_changed_it(
    publishing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publishing.published()
    reads = documents_read(publishing, monkeypatch)
    for _ in range(3):
        assert (await publishing.get(CARD)).status_code == 200
    assert reads.count("decisions") <= 1, "it holds every row of every table"
    elsewhere = type(publishing)(publishing.store, publishing.clock, publishing.issuer)
    withdrawn = await elsewhere.post("/decisions/2021/withdraw", "chairman", {"reason": "Sai số liệu"})
    assert withdrawn.status_code == 200
    assert (await publishing.get(CARD)).status_code == 410
    assert (await publishing.sign(await elsewhere.draft(number="2051/QĐ-UBND"))).status_code == 200
    assert (await publishing.get(CARD)).status_code == 200


async def test_scorecard_that_has_not_arrived_is_not_found(publishing: Any) -> None:
    await publishing.published()
    assert (await publishing.get("/scorecards/2021/it/so-y-te")).status_code == 404
    assert (await publishing.get("/scorecards/2021/it/khong-co")).status_code == 401


async def test_token_that_does_not_hold_is_refused_even_for_public_pages(publishing: Any) -> None:
    await publishing.published()
    assert (await publishing.get("/decisions/2021", Authorization="Bearer x.y.z")).status_code == 401


async def test_every_write_records_who(publishing: Any) -> None:
    await publishing.published()
    decision = await publishing.aggregates.get(DECISIONS, "2021")
    (draft,) = decision.drafts
    assert (draft.drafted_by, draft.signature.signed_by) == ("operator-1", "chairman-1")


def test_every_route_is_described(publishing: Any) -> None:
    paths = publishing.api.openapi()["paths"]
    described = [operation for path in paths.values() for operation in path.values()]
    assert len(described) == 13
    assert all(operation.get("summary") for operation in described)
