"""Nothing that is personal or secret reaches the logs, whatever is sent and however much is logged."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Serving, serving_small_year

from deploy.xephang.year.office import PEOPLE
from shared.telemetry.logs import configure

CANARY = "canary-nguyen-van-an"
EMAIL = "an.canary@bac-giang.gov.vn"
TITLE = "Kế hoạch canary số 7"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that anybody logs at the lowest level."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure(logging.DEBUG, as_json=True, stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


async def _sent(serving: Serving) -> None:
    """Good answers and bad ones, over HTTP and Kafka, with something to hide at every place."""
    platform, agency = serving.token("platform"), serving.token("agency", agency="so-y-te")
    hidden = {"1.2": [{"number": CANARY, "title": TITLE, "link": f"https://x/?token={CANARY}"}]}
    good = serving.answer("so-tai-chinh", evidence=hidden)
    assert (await serving.post("/intake/submissions", good, platform)).is_success
    for body in (
        serving.answer("so-y-te", figures={CANARY: CANARY, "staff_total": CANARY}),
        serving.answer("so-y-te", agency=CANARY),
        serving.answer("so-y-te", unknown=EMAIL),
        f'{{"{CANARY}": '.encode(),
        [CANARY],
    ):
        for who in (platform, agency, {"authorization": f"Bearer {CANARY}"}, {}):
            path = f"/intake/submissions?form={CANARY}&token={CANARY}"
            refused = await serving.post(path, body, {**who, "x-request-id": CANARY, "cookie": CANARY})
            assert refused.is_client_error
    await serving.http.get(f"/intake/submissions/{CANARY}/it/{CANARY}", headers=platform)
    await serving.http.request("CANARY", f"/scoring/{CANARY}")
    person = {"authorization": f"Bearer {serving.year.platform.issuer.token(CANARY, ['agency'], agency=CANARY)}"}
    await serving.http.get("/intake/status", headers=person)
    for number, value in enumerate((CANARY.encode(), b'"' + CANARY.encode(), json.dumps({CANARY: CANARY}).encode())):
        for kind in ("platform.submission.posted.v1", CANARY):
            headers = {"ce_specversion": "1.0", "ce_id": f"x-{number}", "ce_source": "/x", "ce_type": kind}
            more = {"ce_time": CANARY if number else serving.now.isoformat(), "ce_actor": CANARY, "x": CANARY}
            await serving.publish("platform-submissions", value, {**headers, **more}, key=CANARY)
    bad = serving.answer("so-xay-dung", figures={"staff_total": CANARY})
    value = json.dumps(serving.event(bad, actor=CANARY), ensure_ascii=False).encode()
    await serving.publish("platform-submissions", value, {"content-type": "application/cloudevents+json"})
    await serving.dead_letter("intake", value)


@pytest.mark.slow
async def test_a_year_with_bad_input_leaves_nothing_of_anybody_in_the_logs(
    tmp_path: Path, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving_small_year(tmp_path) as serving:
        await _sent(serving)
        for name in ("take_answers", "close", "verify", "rankings"):
            await serving.year.steps[name]()
        await _broken(serving, monkeypatch)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    whole = logged.getvalue()
    for secret in (CANARY, EMAIL, TITLE, "CANARY", "eyJ", *PEOPLE, "thu-nghiem"):
        hits = [line for line in lines if secret in json.dumps(line, ensure_ascii=False)]
        assert not hits, (secret, hits[:2])
    assert "canary" not in whole.lower()
    assert {line["service"] for line in lines} >= {"intake", "verification", "scoring", "publishing"}
    stopped = {line["event"]: line["service"] for line in lines if line["event"].endswith(" stopped")}
    assert stopped == {f"{name} stopped": name for name in ("intake", "verification", "scoring", "publishing")}
    answered = [line for line in lines if line["event"] == "answered" and line.get("route") == "/submissions"]
    assert {line["status"] for line in answered} >= {201, 401, 403, 422}
    assert all(line["request"] for line in answered)
    taken = [line for line in lines if line["event"] == "taken in"]
    of_one = [line["service"] for line in taken if line.get("correlation") == _correlation(answered)]
    assert {"verification", "scoring"} <= set(of_one)
    assert any(line["event"].startswith("dead letter") and line["letter"] for line in lines if line.get("letter"))
    assert any(line["event"] == "a request failed" and line["error"] and line["request"] for line in lines)


async def _broken(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody thought of quotes what it met."""
    aggregates = serving.year.platform.services["intake"].aggregates

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY) from ValueError(EMAIL)

    with monkeypatch.context() as patched:
        patched.setattr(aggregates, "get", broken)
        path = f"/intake/submissions/2021/it/so-y-te?x={CANARY}"
        assert (await serving.http.get(path, headers=serving.token("operator"))).status_code == 500


def _correlation(answered: list[dict[str, object]]) -> object:
    """Of the first answer that was taken in over HTTP: the line of its request names it."""
    return next(line["correlation"] for line in answered if line["status"] == 201)
