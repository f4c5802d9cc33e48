"""Survey forms over HTTP: of a rule set and of a campaign's table, for everybody."""

from __future__ import annotations

from intake_builders import RULE_SET
from intake_service import Intake

FORM = f"/rulesets/{RULE_SET.key}/form"


async def test_the_form_of_a_rule_set_is_public_in_every_format(newcomer: Intake) -> None:
    page = await newcomer.get(f"{FORM}?format=html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Số máy tính" in page.text
    text = await newcomer.get(f"{FORM}?format=markdown")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    data = (await newcomer.get(f"{FORM}?format=json")).json()
    questions = [one["id"] for section in data["sections"] for each in section["criteria"] for one in each["questions"]]
    assert questions == list(RULE_SET.inputs())
    assert data["answers"]["$id"].endswith(RULE_SET.content_hash())


async def test_a_form_that_there_is_not_is_not_found(newcomer: Intake) -> None:
    assert (await newcomer.get("/rulesets/la@1/form")).status_code == 404
    assert (await newcomer.get(f"{FORM}?format=pdf")).status_code == 422


async def test_the_form_of_a_campaign_can_be_printed(intake: Intake) -> None:
    page = await intake.get("/campaigns/2021/forms/it/province/html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Kèm theo công văn số 1/STTTT ngày 20/10/2021." in page.text
    assert "Kỳ báo cáo: từ 01/10/2020 đến 01/10/2021." in page.text
    assert "Hạn trả lời: hết ngày 04/11/2021." in page.text
