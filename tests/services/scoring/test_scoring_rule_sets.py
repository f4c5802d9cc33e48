"""Rule sets over HTTP: loaded, refused with every fault at its line, approved, activated, retired."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import orjson
import yaml
from scoring_documents import EXAMPLE, as_yaml
from scoring_messages import NOW, RULE_SET, the_rule_set, verified, was_verified
from scoring_service import ScoringApi

from services.scoring.collections import RULE_SETS
from services.scoring.core.life_cycle import KeptRuleSet, load, reinstate
from shared.kernel.canonical import sha256_hex

KEY = RULE_SET.key


async def loaded(api: ScoringApi, content: bytes | None = None) -> dict[str, Any]:
    answer = await api.post("/rulesets?name=bo-tieu-chi.yaml", as_yaml() if content is None else content)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def approve(api: ScoringApi, hash_: str, who: str = "binh", key: str = KEY) -> httpx.Response:
    return await api.post(f"/rulesets/{key}/approve", {"hash": hash_}, f"rules_admin={who}")


async def approved(api: ScoringApi) -> None:
    draft = await loaded(api)
    assert (await approve(api, draft["ref"]["hash"])).status_code == 200


async def kept(api: ScoringApi) -> KeptRuleSet | None:
    return await api.aggregates.get(RULE_SETS, KEY)


async def test_a_rule_set_lives_from_draft_to_retirement(api: ScoringApi) -> None:
    draft = await loaded(api)
    assert (draft["status"], draft["reached"], draft["ref"]["version"]) == ("draft", "linted", "1")
    assert (await api.get("/rulesets", "")).json() == []
    assert (await api.get(f"/rulesets/{KEY}", "")).status_code == 404
    assert [one["status"] for one in (await api.get("/rulesets/all")).json()] == ["draft"]
    for step, body, status in (
        ("approve", {"reason": "Đã thẩm định", "hash": draft["ref"]["hash"]}, "approved"),
        ("activate", {"from_year": 2021}, "active"),
        ("retire", {"reason": "Có bản mới"}, "retired"),
    ):
        answer = await api.post(f"/rulesets/{KEY}/{step}", body, "rules_admin=binh")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    document = await api.get(f"/rulesets/{KEY}", "")
    assert sha256_hex(document.content) == draft["ref"]["hash"]
    assert document.headers["etag"] == f'"{draft["ref"]["hash"]}"'
    said = await api.said(RULE_SETS.name, KEY)
    whole = [event for event in said if event.type != "scoring.ruleset.stepped.v1"]
    assert [(event.type.split(".")[2], event.actor, event.partitionkey) for event in whole] == [
        ("approved", "binh", KEY),
        ("activated", "binh", KEY),
        ("retired", "binh", KEY),
    ]
    stepped = [event for event in said if event not in whole]
    assert [(event.data["step"]["action"], event.actor) for event in stepped] == [
        ("loaded", "an"),
        ("linted", "an"),
        ("approved", "binh"),
        ("activated", "binh"),
        ("retired", "binh"),
    ]
    assert [event.sequence for event in stepped] == [1, 2, 3, 4, 5]
    assert all("document" not in event.data for event in stepped), "what is not approved cannot be pinned"


async def test_yaml_and_json_are_the_same_document_and_loading_it_twice_is_one_step(api: ScoringApi) -> None:
    first = await loaded(api)
    as_json = orjson.dumps(yaml.safe_load(as_yaml()))
    again = await loaded(api, as_json)
    assert {**again, "warnings": 0} == {**first, "warnings": 0}, "but for the lines that warnings name"
    await approve(api, first["ref"]["hash"])
    assert (await loaded(api, as_json))["status"] == "approved"


async def test_warnings_come_with_the_draft(api: ScoringApi) -> None:
    draft = await loaded(api, as_yaml(examples=[]))
    for warning in draft["warnings"]:
        assert warning["place"].startswith("bo-tieu-chi.yaml:")
        assert warning["vi"]
        assert warning["en"]


async def test_every_fault_is_named_at_its_line_and_what_is_active_stays(api: ScoringApi) -> None:
    await approved(api)
    before = await kept(api)
    broken = as_yaml(version="2", programme="sport").replace(b"maximum: '50'", b"maximum: abc", 1)
    answer = await api.post("/rulesets?name=moi.yaml", broken)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:xephang:problem:ruleset.refused")
    lines = broken.decode().splitlines()
    faults = answer.json()["faults"]
    assert len(faults) >= 2
    for fault in faults:
        name, line, *_ = fault["place"].split(":")
        assert name == "moi.yaml"
        assert any(word in lines[int(line) - 1] for word in ("sport", "abc"))
        assert fault["vi"]
        assert fault["en"]
        assert fault["remedy_vi"]
    assert await kept(api) == before
    assert [one["ref"]["version"] for one in (await api.get("/rulesets/all")).json()] == ["1"]


async def test_an_example_that_comes_out_otherwise_is_a_fault_at_its_line(api: ScoringApi) -> None:
    wrong = {**EXAMPLE, "expect": {"points": 56}}
    answer = await api.post("/rulesets?name=moi.yaml", as_yaml(examples=[EXAMPLE, {**wrong, "id": "sai"}]))
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    line = int(fault["place"].split(":")[1])
    said = as_yaml(examples=[EXAMPLE, {**wrong, "id": "sai"}]).decode().splitlines()[line - 1]
    assert said.strip() == "points: 56"
    assert "(ví dụ sai)" in fault["place"]


async def test_lint_keeps_nothing(api: ScoringApi) -> None:
    answer = await api.post("/rulesets/lint?name=x.yaml", as_yaml())
    assert answer.status_code == 200
    assert answer.json()["ref"]["id"] == RULE_SET.id
    assert (await api.post("/rulesets/lint", b"{}")).status_code == 422
    assert await kept(api) is None


async def test_lint_of_what_is_in_use_does_not_disturb_scoring(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    await api.consume(was_verified(verified()))
    await api.post("/rulesets/lint", as_yaml())
    await api.consume(was_verified(verified("so-y-te", apps=7)))
    card = await api.card("so-y-te")
    assert card is not None
    assert card.provisional.points == 7


async def test_what_is_no_rule_set_is_refused(api: ScoringApi) -> None:
    for content in (b"", b"\xff", b"[", b"- a", b"null", b"a: &a [*a]", b"{" * 50_000):
        answer = await api.post("/rulesets", content)
        assert answer.status_code == 422, content[:9]
        assert answer.json()["faults"]


async def test_an_approved_document_is_frozen(api: ScoringApi) -> None:
    await approved(api)
    answer = await api.post("/rulesets", as_yaml(title={"vi": "Tên khác"}))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:xephang:problem:ruleset.frozen")
    assert (await loaded(api, as_yaml(version="1.1", title={"vi": "Tên khác"})))["status"] == "draft"


async def test_steps_out_of_turn_are_refused(api: ScoringApi) -> None:
    seen = {"hash": (await loaded(api))["ref"]["hash"]}

    async def code(step: str, body: dict[str, Any], who: str = "binh", key: str = KEY) -> tuple[int, str]:
        answer = await api.post(f"/rulesets/{key}/{step}", body, f"rules_admin={who}")
        return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]

    assert await code("approve", {}) == (422, "malformed"), "what was looked at is named"
    assert await code("approve", seen, who="an") == (403, "ruleset.same_person")
    assert await code("approve", {"hash": "0" * 64}) == (409, "ruleset.replaced")
    assert await code("approve", seen, key="la@1") == (404, "refused")
    assert await code("activate", {"from_year": 2021}) == (409, "ruleset.draft")
    await approve(api, seen["hash"])
    assert await code("activate", {"from_year": 2030}) == (422, "ruleset.stage")
    assert await code("activate", {}) == (422, "malformed")
    await api.post(f"/rulesets/{KEY}/retire", {}, "rules_admin=binh")
    assert await code("activate", {"from_year": 2021}) == (409, "ruleset.retired")


async def test_a_draft_whose_examples_no_longer_come_out_is_not_approved(api: ScoringApi) -> None:
    wrong = the_rule_set(examples=[{**EXAMPLE, "expect": {"points": 1}}])
    # As an earlier release kept it, which counted otherwise.
    await api.aggregates.execute(RULE_SETS, KEY, lambda old: load(old, wrong, "an", NOW))
    answer = await approve(api, wrong.content_hash())
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:xephang:problem:ruleset.refused")
    draft = await kept(api)
    assert draft is not None
    assert draft.status == "draft"


async def test_only_the_rules_admin_changes_rule_sets(api: ScoringApi) -> None:
    await loaded(api)
    for path in ("/rulesets", "/rulesets/lint", f"/rulesets/{KEY}/approve", f"/rulesets/{KEY}/activate"):
        for who, status in {"": 401, "operator": 403, "verifier": 403, "agency:so-y-te": 403}.items():
            assert (await api.post(path, {}, who)).status_code == status
    assert (await api.get("/rulesets/all", "agency:so-y-te")).status_code == 403


async def test_a_year_returns_to_the_version_before(api: ScoringApi) -> None:
    first, second = the_rule_set(), the_rule_set("2", unit_points=2, mapping={"version": "1"})
    await api.has(first)
    assert (await rolled_back(api, 2021)).json()["type"].endswith("ruleset.nothing_before"), "it is the first one"
    api.clock.set(NOW + timedelta(days=1))
    await api.has(second)
    await api.post(f"/rulesets/{KEY}/retire", {"reason": "Có bản mới"})
    api.clock.set(NOW + timedelta(days=2))
    assert (await rolled_back(api, 2022, second.key, "  ")).json()["type"].endswith("ruleset.no_reason")
    done = await rolled_back(api, 2022, second.key)
    assert done.status_code == 200, done.text
    after, again = done.json()["rolled_back"], done.json()["applies"]
    assert (after["status"], after["active_until_year"], after["reached"]) == ("active", 2021, "rolled_back")
    assert (again["ref"]["version"], again["status"], again["active_from_year"]) == ("1", "active", 2022)
    assert (await rolled_back(api, 2022, second.key)).json() == done.json(), "the same again changes nothing"
    told = [event for event in await api.said(RULE_SETS.name, second.key) if "rolledback" in event.type]
    assert [(event.actor, event.data["record"]["active_until_year"]) for event in told] == [("an", 2021)]
    for year, version in {2021: "2", 2022: "1", 2025: "1", 2026: None}.items():
        assert await applies(api, year) == version
    assert await applies(api, 2022, NOW + timedelta(days=1)) == "2", "as was known before"
    assert await applies(api, 2022, NOW - timedelta(seconds=1)) is None


async def rolled_back(api: ScoringApi, year: int, key: str = KEY, reason: str = "Sai thang điểm") -> httpx.Response:
    return await api.post(f"/rulesets/{key}/rollback", {"year": year, "reason": reason})


async def applies(api: ScoringApi, year: int, known_at: datetime | None = None) -> str | None:
    query = {"programme": "it", "group": "province", "year": year}
    moment = {"known_at": known_at.isoformat()} if known_at else {}
    answer = await api.call("GET", "/rulesets/applicable", params={**query, **moment})
    assert answer.status_code == 200, answer.text
    ref = answer.json()["rule_set"]
    return ref["version"] if ref else None


async def test_a_rollback_cut_off_half_way_is_ended_by_asking_again(api: ScoringApi) -> None:
    first, second = the_rule_set(), the_rule_set("2", unit_points=2)
    await api.has(first)
    api.clock.set(NOW + timedelta(days=1))
    await api.has(second)
    await api.post(f"/rulesets/{KEY}/retire", {"reason": "Có bản mới"})
    step = partial(reinstate, key=KEY, year=2022, instead_of=second.key, by="an", now=NOW, reason="Sai")
    await api.aggregates.execute(RULE_SETS, KEY, step)
    assert await applies(api, 2022) in {"1", "2"}, "nobody is without a version in between"
    assert (await rolled_back(api, 2022, second.key)).status_code == 200
    assert await applies(api, 2022) == "1"


async def test_what_is_in_force_is_asked_with_a_moment_that_has_a_zone(api: ScoringApi) -> None:
    for more in ({"known_at": "2021-11-01"}, {"known_at": "2021-11-01T00:00:00"}, {"year": "x"}, {"group": "x"}):
        query = {"programme": "it", "group": "province", "year": 2021, **more}
        assert (await api.call("GET", "/rulesets/applicable", params=query)).status_code == 422


async def test_a_draft_is_read_by_staff_before_it_is_approved(api: ScoringApi) -> None:
    draft = await loaded(api)
    answer = await api.get(f"/rulesets/{KEY}/draft", "rules_admin")
    assert sha256_hex(answer.content) == draft["ref"]["hash"]
    assert (await api.get(f"/rulesets/{KEY}/draft", "agency:so-y-te")).status_code == 403
    assert (await api.get("/rulesets/la@1/draft", "rules_admin")).status_code == 404
    query = {"programme": "it", "group": "province", "year": 2021}
    assert (await api.call("GET", "/rulesets/applicable", params=query)).json()["considered"] == []
