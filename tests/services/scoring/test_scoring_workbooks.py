"""Rule sets as workbooks over HTTP: loaded and checked like YAML, faults by cell, and handed out again."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from scoring_documents import as_yaml
from scoring_messages import RULE_SET
from scoring_service import ScoringApi

from services.scoring import workbook_api
from services.scoring.documents import MEDIA_TYPE, load_document, workbook_of

KEY = RULE_SET.key


def a_workbook(**cells: Any) -> bytes:
    """The rule set's workbook, with cells of its annex changed."""
    rule_set = load_document(as_yaml(), "bo.yaml").rule_set
    workbook = openpyxl.load_workbook(io.BytesIO(workbook_of(rule_set)))
    for cell, value in cells.items():
        workbook["Tiêu chí"][cell] = value
    saved = io.BytesIO()
    workbook.save(saved)
    return saved.getvalue()


async def test_a_workbook_is_loaded_as_the_same_draft_as_its_yaml(api: ScoringApi) -> None:
    checked = await api.post("/rulesets/lint?name=bo.xlsx", a_workbook())
    assert checked.status_code == 200, checked.text
    answer = await api.post("/rulesets?name=bo.xlsx", a_workbook())
    assert answer.status_code == 201, answer.text
    by_yaml = (await api.post("/rulesets/lint", as_yaml())).json()
    assert answer.json()["ref"] == checked.json()["ref"] == by_yaml["ref"]


async def test_faults_of_a_workbook_name_the_cell(api: ScoringApi) -> None:
    answer = await api.post("/rulesets?name=bo.xlsx", a_workbook(C5="=1+1", C6="ba"))
    assert answer.status_code == 422
    places = {fault["code"]: fault["place"] for fault in answer.json()["faults"]}
    assert places == {"workbook.formula": "bo.xlsx!Tiêu chí!C5", "workbook.not_number": "bo.xlsx!Tiêu chí!C6"}
    assert (await api.get("/rulesets/all")).json() == []


async def test_errors_of_lint_and_of_examples_name_the_cell(api: ScoringApi) -> None:
    points = await api.post("/rulesets/lint?name=bo.xlsx", a_workbook(C5=41))
    assert points.status_code == 422
    place = next(fault["place"] for fault in points.json()["faults"] if fault["code"] == "section.points")
    assert place.startswith("bo.xlsx!Tiêu chí!C4 sections[0].maximum"), points.json()


async def test_what_is_no_workbook_is_refused(api: ScoringApi) -> None:
    for content, code in ((b"PK\x03\x04rubbish", "damaged"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_or_encrypted")):
        answer = await api.post("/rulesets?name=bo.xlsx", content)
        assert answer.status_code == 422
        assert [fault["code"] for fault in answer.json()["faults"]] == [f"workbook.{code}"]


async def test_the_workbook_of_a_set_is_public_once_it_is_approved(api: ScoringApi) -> None:
    draft = (await api.post("/rulesets?name=bo.yaml", as_yaml())).json()
    assert (await api.get(f"/rulesets/{KEY}/workbook", "")).status_code == 404
    assert (await api.get(f"/rulesets/{KEY}/draft/workbook", "")).status_code == 401
    assert (await api.get("/rulesets/other@1/draft/workbook")).status_code == 404
    first = await api.get(f"/rulesets/{KEY}/draft/workbook")
    await api.post(f"/rulesets/{KEY}/approve", {"hash": draft["ref"]["hash"]}, "rules_admin=binh")
    answer = await api.get(f"/rulesets/{KEY}/workbook", "")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["content-disposition"] == f'attachment; filename="{KEY.replace("@", "-")}.xlsx"'
    assert load_document(answer.content, "bo.xlsx").rule_set.content_hash() == draft["ref"]["hash"]
    assert answer.content == first.content == (await api.get(f"/rulesets/{KEY}/workbook", "")).content


async def test_a_workbook_is_made_once_however_often_everybody_asks(
    api: ScoringApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(workbook_api, "workbook_of", lambda one: made.append(one.content_hash()) or b"PK")
    await api.has(RULE_SET)
    for _ in range(3):
        assert (await api.get(f"/rulesets/{KEY}/workbook", "")).content == b"PK"
    assert made == [RULE_SET.content_hash()]
