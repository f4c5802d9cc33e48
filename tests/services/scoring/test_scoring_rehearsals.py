"""Rehearsals over HTTP: a hand-worked one, kept and acknowledged; what makes it stale, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from scoring_builders import rejected
from scoring_documents import DRAFT, keep, rehearsed, the_draft
from scoring_messages import FIRST, RULE_SET, the_rule_set, verified, was_reopened, was_verified
from scoring_service import ScoringApi

from services.scoring.collections import REHEARSAL_PAGES, REHEARSALS, RULE_SETS
from services.scoring.ports import RuleEngineError
from services.scoring.usecases import rehearsal_work
from services.scoring.usecases.rehearse import rehearse_due
from shared.kernel.canonical import canonical_json

OLD = RULE_SET.key
KEY = "thu-nghiem@2"
BASE = f"/rulesets/{KEY}/rehearsals"


@pytest.fixture
async def ranked(api: ScoringApi) -> ScoringApi:
    """The campaign of 2021 is ranked under version 1, and version 2 is a draft."""
    await api.has(RULE_SET)
    await api.ranked(*FIRST)
    await keep(api, DRAFT)
    return api


async def rows(api: ScoringApi, page: int = 0) -> list[dict[str, Any]]:
    return list((await api.get(f"{BASE}/2021/rows?page={page}", "rules_admin")).json()["rows"])


async def test_a_hand_worked_rehearsal(ranked: ScoringApi) -> None:
    """1.1: 40, 30, 20 applications; posts 10, 20, 5 of at most 20; Sở Y tế one day late."""
    state = await rehearsed(ranked)
    assert (state["state"], state["done"], state["of"], state["stale"]) == ("done", 3, 3, False)
    report = state["report"]
    assert (report["path"], report["agencies"], report["left_out"]) == ([OLD, KEY], 3, [])
    by_agency = {row["agency"]: row for row in await rows(ranked)}

    def shown(agency: str, when: str) -> tuple[Any, ...]:
        standing = by_agency[agency][when]
        return standing["points"], standing["maximum"], standing["index"], standing["level"], standing["rank"]

    # 40 + 10/20 × 50; then 50 (80, at most 50) + 10/20 × 40 + 0
    assert shown("so-cong-thuong", "before") == ("65", "100", "0.65", "kha", 2)
    assert shown("so-cong-thuong", "after") == ("70", "100", "0.7", "kha", 2)
    # 30 + 50; then 50 + 40 + 0
    assert shown("so-noi-vu", "before") == ("80", "100", "0.8", "tot", 1)
    assert shown("so-noi-vu", "after") == ("90", "100", "0.9", "tot", 1)
    # 20 + 5/20 × 50 − 5; then 40 + 5/20 × 40 + 0
    assert shown("so-y-te", "before") == ("27.5", "100", "0.275", "yeu", 3)
    assert shown("so-y-te", "after") == ("50", "100", "0.5", "trung_binh", 3)
    assert report["tally"] == {"level_up": 1, "points_up": 3}
    assert report["asked_again"] == {"1.4": 3}
    assert by_agency["so-y-te"]["why"] == [
        "Mức độ: yeu → trung_binh",
        "Tiêu chí 1.1 «Tiêu chí 1.1»: 20 → 40 điểm",
        "Tiêu chí 1.3 «Tiêu chí 1.3» (trước: 1.2): 12,5/50 điểm → 10/40 điểm",
        "Tiêu chí mới 1.4 «Tiêu chí 1.4»: 0/10 điểm (chưa hỏi nên chưa có số liệu)",
        "Quy tắc «Quy tắc it-ung-dung» nay được áp dụng",
        "Quy tắc «Quy tắc nop-muon» không còn áp dụng",
        "Tổng điểm trừ: 5 → 0",
    ]
    lines = (await ranked.get(f"{BASE}/2021/rows.csv", "rules_admin")).text.splitlines()
    assert lines[0].startswith("agency,name,points_before,points_after,maximum_before")
    assert lines[3].startswith("so-y-te,Cơ quan so-y-te,27.5,50,100,100,0.275,0.5,yeu,trung_binh,3,3,")


async def test_a_rehearsal_touches_nothing(ranked: ScoringApi) -> None:
    before = [await ranked.card(one.key.agency) for one in FIRST], await ranked.ranking()
    told = {one.key.agency: await ranked.said("cards", one.key.text) for one in FIRST}
    await rehearsed(ranked)
    assert ([await ranked.card(one.key.agency) for one in FIRST], await ranked.ranking()) == before
    assert {one.key.agency: await ranked.said("cards", one.key.text) for one in FIRST} == told
    said = await ranked.said(RULE_SETS.name, KEY)
    assert [event.data["step"]["action"] for event in said] == ["loaded", "linted", "rehearsed"]
    assert said[-1].data["step"]["campaign"] == "2021"


async def test_before_is_what_the_ranking_says(ranked: ScoringApi) -> None:
    await rehearsed(ranked)
    record = await ranked.ranking()
    assert record is not None
    computed = {row.agency: row.model_dump(mode="json") for row in record.ranking.rows}
    for row in await rows(ranked):
        named = ("points", "maximum", "index", "level", "rank")
        assert {name: row["before"][name] for name in named} == {name: computed[row["agency"]][name] for name in named}


async def test_the_same_data_gives_the_same_bytes_and_other_data_another_rehearsal(ranked: ScoringApi) -> None:
    first = await rehearsed(ranked)
    pages = await ranked.aggregates.all(REHEARSAL_PAGES)
    again = await rehearsed(ranked)
    assert canonical_json(again["report"]) == canonical_json(first["report"])
    assert await ranked.aggregates.all(REHEARSAL_PAGES) == pages
    await ranked.consume(was_verified(verified("so-y-te", apps=21, posts=5, revision=2), 2))
    other = await rehearsed(ranked)
    assert other["report"]["basis_hash"] != first["report"]["basis_hash"]
    old = await ranked.get(f"{BASE}/2021/rows?basis_hash={first['report']['basis_hash']}", "rules_admin")
    assert old.json()["rows"][2]["before"]["points"] == "27.5", "what was looked at stays"
    actions = [event.data["step"]["action"] for event in await ranked.said(RULE_SETS.name, KEY)]
    assert actions == ["loaded", "linted", "rehearsed", "rehearsed"]


async def test_many_pages_are_one_rehearsal(ranked: ScoringApi, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await rehearsed(ranked)
    one_page = await rows(ranked)
    await ranked.aggregates.execute(REHEARSALS, f"{KEY}/{DRAFT.content_hash()}/2021", _without_reports)
    monkeypatch.setattr(rehearsal_work, "_BATCH", 1)
    paged = await rehearsed(ranked)
    assert (paged["report"]["pages"], whole["report"]["pages"]) == (3, 1)
    assert {**paged["report"], "pages": 1} == whole["report"]
    assert [row for page in range(3) for row in await rows(ranked, page)] == one_page
    assert (await ranked.get(f"{BASE}/2021/rows?page=3", "rules_admin")).status_code == 404


def _without_reports(record: Any) -> Any:
    from shared.messaging.aggregate import Change

    return Change(record.model_copy(update={"reports": ()}))


async def test_whose_case_is_open_is_left_out(ranked: ScoringApi) -> None:
    await ranked.consume(was_reopened(FIRST[1]))
    report = (await rehearsed(ranked))["report"]
    assert (report["agencies"], report["left_out"]) == (2, ["so-noi-vu"])
    assert (await rows(ranked))[0]["after"]["points"] == "90", "the highest value is that of those who count"


async def test_a_finding_goes_along_and_who_is_excluded_has_no_rank(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    changed = verified("so-y-te", apps=20, posts=5, days_late=10).model_copy(update={"findings": (rejected("1.2"),)})
    await api.ranked(FIRST[0], FIRST[1], changed)
    await keep(api, DRAFT)
    await rehearsed(api)
    row = (await rows(api))[2]
    assert (row["before"]["points"], row["after"]["points"]) == ("15", "35"), "1.2, now 1.3, stays rejected"
    assert (row["before"]["rank"], row["after"]["rank"]) == (None, None)


async def test_approval_needs_an_acknowledged_rehearsal_where_there_is_data(ranked: ScoringApi) -> None:
    seen = {"hash": DRAFT.content_hash()}

    async def approve() -> tuple[int, str]:
        answer = await ranked.post(f"/rulesets/{KEY}/approve", seen, "rules_admin=binh")
        return answer.status_code, answer.json().get("type", "").rsplit(":", 1)[-1]

    assert await approve() == (409, "ruleset.not_rehearsed")
    state = await rehearsed(ranked)
    assert await approve() == (409, "ruleset.not_acknowledged")
    told = {"basis_hash": state["report"]["basis_hash"], "reason": "Đã xem"}
    acknowledge = f"{BASE}/2021/acknowledge"
    assert (await ranked.post(acknowledge, told, "rules_admin=an")).status_code == 403, "not who loaded it"
    assert (await ranked.post(acknowledge, {**told, "basis_hash": "0" * 64}, "rules_admin=binh")).status_code == 409
    assert (await ranked.post(acknowledge, {}, "rules_admin=binh")).status_code == 422
    taken = await ranked.post(acknowledge, told, "rules_admin=binh")
    assert taken.json()["acknowledged_by"] == "binh"
    assert await approve() == (200, "")
    answer = await ranked.post(f"/rulesets/{KEY}/activate", {"from_year": 2022}, "rules_admin=binh")
    assert answer.json()["reached"] == "activated"


async def test_a_replaced_draft_is_rehearsed_anew(ranked: ScoringApi) -> None:
    state = await rehearsed(ranked)
    other = the_draft(title={"vi": "Bản sửa"})
    await keep(ranked, other)
    assert (await ranked.get(f"{BASE}/2021", "rules_admin")).json()["type"].endswith("rehearsal.none")
    (old,) = (await ranked.get(BASE, "rules_admin")).json()
    assert (old["stale"], old["report"]) == (True, state["report"])
    told = {"basis_hash": state["report"]["basis_hash"]}
    assert (await ranked.post(f"{BASE}/2021/acknowledge", told, "rules_admin=binh")).status_code == 404


async def test_a_draft_replaced_while_somebody_waits_is_not_rehearsed(ranked: ScoringApi) -> None:
    await ranked.post(BASE, {"campaign": "2021"})
    await keep(ranked, the_draft(title={"vi": "Bản sửa"}))
    await rehearse_due(ranked.aggregates, ranked.scorer)
    (old,) = (await ranked.get(BASE, "rules_admin")).json()
    assert (old["state"], old["report"]) == ("refused", None)
    assert "rehearsal.stale" in old["fault"]


async def test_what_was_cut_off_is_taken_up_and_done_once(ranked: ScoringApi, monkeypatch: pytest.MonkeyPatch) -> None:
    await ranked.post(BASE, {"campaign": "2021"})
    asked = await ranked.post(BASE, {"campaign": "2021"}, "rules_admin=binh")
    assert asked.json()["requested_by"] == "an", "one that is asked for is not asked twice"
    with monkeypatch.context() as cut:
        cut.setattr(rehearsal_work, "places", _ended)
        with pytest.raises(Exception, match="ended here"):
            await rehearse_due(ranked.aggregates, ranked.scorer)
    assert (await ranked.get(f"{BASE}/2021/rows", "rules_admin")).json()["type"].endswith("rehearsal.not_done")
    await rehearse_due(ranked.aggregates, ranked.scorer)
    await rehearse_due(ranked.aggregates, ranked.scorer)
    assert (await rows(ranked))[0]["after"]["rank"] == 2
    actions = [event.data["step"]["action"] for event in await ranked.said(RULE_SETS.name, KEY)]
    assert actions == ["loaded", "linted", "rehearsed"]


def _ended(*_: object) -> Any:
    raise RuntimeError("ended here")


async def test_answers_go_along_all_versions_between(ranked: ScoringApi) -> None:
    """Version 3 is made from version 2, which renamed what the campaign answered."""
    third = the_draft(version="3", mapping={"version": "2"})
    await keep(ranked, third)
    await ranked.post("/rulesets/thu-nghiem@3/rehearsals", {"campaign": "2021"})
    await rehearse_due(ranked.aggregates, ranked.scorer)
    state = (await ranked.get("/rulesets/thu-nghiem@3/rehearsals/2021", "rules_admin")).json()
    assert state["report"]["path"] == [OLD, KEY, third.key]
    assert state["report"]["tally"] == {"level_up": 1, "points_up": 3}


async def test_a_rehearsal_that_cannot_be_is_refused(ranked: ScoringApi) -> None:
    async def code(key: str, campaign: str) -> tuple[int, str]:
        answer = await ranked.post(f"/rulesets/{key}/rehearsals", {"campaign": campaign})
        return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]

    assert await code("la@1", "2021") == (404, "refused")
    assert await code(KEY, "1999") == (404, "rehearsal.no_table")
    portal = the_rule_set(id="cong", form="total")
    await keep(ranked, portal)
    assert await code(portal.key, "2021") == (404, "rehearsal.no_table")
    for one in FIRST:
        await ranked.consume(was_reopened(one))
    assert await code(KEY, "2021") == (409, "rehearsal.no_data")
    for who, status in {"": 401, "operator": 403, "agency:so-y-te": 403}.items():
        assert (await ranked.post(BASE, {"campaign": "2021"}, who)).status_code == status
    assert (await ranked.get(BASE, "agency:so-y-te")).status_code == 403


async def test_who_did_not_answer_is_no_data_to_rehearse_on(api: ScoringApi) -> None:
    await api.has(RULE_SET)
    silent = verified("so-y-te").model_copy(update={"basis": "missing", "submission_number": 0})
    await api.ranked(silent)
    await keep(api, DRAFT)
    assert (await api.post(BASE, {"campaign": "2021"})).json()["type"].endswith("rehearsal.no_data")
    seen = {"hash": DRAFT.content_hash()}
    answer = await api.post(f"/rulesets/{KEY}/approve", seen, "rules_admin=binh")
    assert answer.json()["steps"][-1]["statement"] == "nothing_to_rehearse"


async def test_a_rule_engine_that_fails_refuses_the_rehearsal_and_the_next_one_may_do(
    ranked: ScoringApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Any:
        raise RuleEngineError("broken")

    with monkeypatch.context() as broken:
        broken.setattr(ranked.scorer, "score", fail)
        state = await rehearsed(ranked)
    assert (state["state"], state["of"], state["report"]) == ("refused", 3, None)
    assert "broken" in state["fault"]
    assert (await rehearsed(ranked))["state"] == "done"
