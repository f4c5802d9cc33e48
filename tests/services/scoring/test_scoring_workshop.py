"""The workshop over HTTP: examples tried and covered, amendments told; who sees drafts."""

from __future__ import annotations

from scoring_messages import RULE_SET
from scoring_service import ScoringApi
from test_scoring_rule_sets import EXAMPLE, approved, as_yaml, loaded

KEY = RULE_SET.key
NEWER = f"{RULE_SET.id}@99"


async def test_examples_are_tried_and_nothing_is_kept(api: ScoringApi) -> None:
    answer = await api.post("/rulesets/test?name=bo.yaml", as_yaml())
    told = answer.json()
    assert (answer.status_code, told["ok"], told["examples"], told["faults"]) == (200, True, 1, [])
    assert told["coverage"]["criterion"] == {"covered": 2, "of": 2}
    lack = told["lacks"][0]
    assert lack["place"].startswith("bo.yaml:")
    assert lack["proposal"] in {proposal["id"] for proposal in told["proposals"]}
    assert (await api.get("/rulesets/all", "operator")).json() == []


async def test_an_example_that_fails_is_in_the_report_with_its_line(api: ScoringApi) -> None:
    wrong = {**EXAMPLE, "expect": {"points": 1}}
    told = (await api.post("/rulesets/test?name=bo.yaml", as_yaml(examples=[wrong]))).json()
    assert not told["ok"]
    assert [fault["code"] for fault in told["faults"]] == ["example.points"]
    assert told["faults"][0]["place"].startswith("bo.yaml:")


async def test_few_proposals_can_be_asked_for(api: ScoringApi) -> None:
    many = (await api.post("/rulesets/test", as_yaml())).json()["proposals"]
    few = (await api.post("/rulesets/test?few=true", as_yaml())).json()["proposals"]
    assert 0 < len(few) <= len(many)


async def test_only_a_rules_admin_tries_and_a_broken_document_is_refused(api: ScoringApi) -> None:
    assert (await api.post("/rulesets/test", as_yaml(), "operator")).status_code == 403
    refused = await api.post("/rulesets/test", b"format: nothing")
    assert refused.status_code == 422
    assert refused.json()["faults"]


async def test_an_amendment_is_told_to_everybody_once_approved(api: ScoringApi) -> None:
    await approved(api)
    same = await api.get(f"/rulesets/{KEY}/diff?from={KEY}", None)
    assert (same.status_code, same.json()["empty"]) == (200, True)
    absent = await api.get(f"/rulesets/{KEY}/diff?from=nobody@1", None)
    assert absent.status_code == 404


async def test_a_draft_is_told_to_staff_in_every_format(api: ScoringApi) -> None:
    await approved(api)
    await loaded(api, as_yaml(version="99", title={"vi": "Tên mới"}))
    path = f"/rulesets/{NEWER}/diff?from={KEY}"
    assert (await api.get(path, None)).status_code == 404
    assert (await api.get(path, "agency=so-y-te")).status_code == 404
    assert [change["code"] for change in (await api.get(path, "operator")).json()["set_changed"]] == [""]
    kinds = {"text": "text/plain", "markdown": "text/markdown", "html": "text/html"}
    for kind, media_type in kinds.items():
        answer = await api.get(f"{path}&format={kind}", "rules_admin")
        assert answer.headers["content-type"].startswith(media_type)
        assert "Tên mới" in answer.text
