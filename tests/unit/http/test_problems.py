"""Every refusal is a problem document, whoever refuses and whatever was asked."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest

from shared.http.auth import DemoIssuer
from shared.http.problems import MAX_BODY

JSON = {"Content-Type": "application/json"}


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "detail", "status", "faults"}
    assert (body["status"], body["type"]) == (status, f"urn:xephang:problem:{code}")
    return body


@pytest.mark.parametrize(
    ("which", "status", "code"),
    [
        ("invalid", 422, "refused"),
        ("unknown", 404, "refused"),
        ("conflict", 409, "submission.closed"),
        ("forbidden", 403, "refused"),
        ("store", 503, "unavailable"),
        ("broker", 503, "unavailable"),
        ("fault", 500, "internal"),
        ("unprintable", 422, "refused"),
    ],
)
async def test_refusal(client: httpx.AsyncClient, which: str, status: int, code: str) -> None:
    assert_problem(await client.get(f"/refusals/{which}"), status, code)


async def test_faults_name_place_reason_and_remedy(client: httpx.AsyncClient) -> None:
    body = (await client.get("/refusals/invalid")).json()
    assert (body["title"], body["detail"]) == ("Sai", "wrong")
    assert body["faults"] == [
        {
            "code": "answer.missing",
            "place": "A1",
            "vi": "thiếu",
            "en": "missing",
            "remedy_vi": "điền",
            "remedy_en": "fill in",
        }
    ]


async def test_what_is_inside_stays_inside(client: httpx.AsyncClient) -> None:
    for which in ("fault", "store", "broker"):
        assert "secret" not in (answer := await client.get(f"/refusals/{which}")).text
        assert "does not answer" not in answer.text
    assert (await client.get("/refusals/store")).headers["retry-after"] == "2"


def remedy_of(body: dict[str, Any]) -> dict[str, str]:
    (fault,) = body["faults"]
    assert all(fault.values()), "code, place, reason and remedy, in both languages"
    return cast(dict[str, str], fault)


async def test_no_such_address_tells_where_addresses_are(client: httpx.AsyncClient) -> None:
    fault = remedy_of(assert_problem(await client.get("/nowhere"), 404, "http.404"))
    assert fault["place"] == "GET /nowhere"
    assert "/docs" in fault["remedy_vi"]
    assert "/openapi.json" in fault["remedy_en"]


async def test_no_such_method_tells_all_that_there_are(client: httpx.AsyncClient) -> None:
    fault = remedy_of(assert_problem(answer := await client.delete("/plans"), 405, "http.405"))
    assert answer.headers["allow"] == "POST, PUT"
    assert fault["place"] == "DELETE /plans"
    assert (fault["remedy_vi"], fault["remedy_en"]) == ("dùng POST, PUT", "use POST, PUT")


@pytest.mark.parametrize("which", ["store", "broker"])
async def test_what_passes_tells_when_to_come_again(client: httpx.AsyncClient, which: str) -> None:
    answer = await client.get(f"/refusals/{which}")
    fault = remedy_of(assert_problem(answer, 503, "unavailable"))
    assert answer.headers["retry-after"] == "2"
    assert "sau 2 giây" in fault["remedy_vi"]
    assert "after 2 s" in fault["remedy_en"]


async def test_no_token_and_one_that_does_not_hold_tell_how_to_get_one(client: httpx.AsyncClient) -> None:
    none = remedy_of((await client.get("/mine")).json())
    wrong = remedy_of((await client.get("/mine", headers={"Authorization": "Bearer x"})).json())
    assert (none["code"], wrong["code"]) == ("token.missing", "token.invalid")
    for fault in (none, wrong):
        assert "Authorization: Bearer" in fault["remedy_vi"]
        assert "xephang token" in fault["remedy_en"]


async def test_a_role_that_lacks_is_named_beside_those_that_the_token_has(
    client: httpx.AsyncClient, issuer: DemoIssuer
) -> None:
    def of(*roles: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.token('an', roles, agency='so-noi-vu')}"}

    fault = remedy_of((await client.get("/mine", headers=of("verifier", "agency"))).json())
    assert (fault["code"], fault["place"]) == ("role.missing", "GET /mine")
    assert "vai trò operator; mã đang dùng có: agency, verifier" in fault["remedy_vi"]
    assert "không vai trò nào" in remedy_of((await client.get("/mine", headers=of())).json())["remedy_vi"]
    other = remedy_of((await client.post("/answers/so-y-te", headers=of("agency"))).json())
    assert (other["code"], other["place"]) == ("agency.foreign", "so-y-te")
    assert "agency, agency=so-noi-vu" in other["remedy_en"]
    own_words = remedy_of((await client.get("/private", headers=of("operator"))).json())
    assert (own_words["vi"], own_words["place"]) == ("Không được xem", "GET /private")
    assert "yours has: operator" in own_words["remedy_en"]


class TestBodies:
    async def test_model_that_does_not_fit_names_the_field(self, client: httpx.AsyncClient) -> None:
        body = assert_problem(await client.post("/plans", json={"year": "x"}), 422, "malformed")
        assert [fault["place"] for fault in body["faults"]] == ["body.year"]

    async def test_half_a_letter_in_a_name_is_refused_like_any_other(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/plans", content=b'{"year": {"\\ud800": 1}}', headers=JSON)
        assert_problem(answer, 422, "malformed")

    @pytest.mark.parametrize("path", ["/plans", "/exact"])
    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b'{"year": 1, "year": 2}', id="doubled key"),
            pytest.param(b'{"year": 1, "more": [{"a": 1, "a": 1}]}', id="doubled key inside"),
            pytest.param(b'{"year": 1, "share": NaN}', id="NaN"),
            pytest.param(b'{"year": 1, "share": -Infinity}', id="Infinity"),
            pytest.param(b'{"year": 1', id="cut off"),
            pytest.param(b"[" * 1_000_000, id="nested too deeply"),
            pytest.param(b'{"a":' * 200_000, id="objects nested too deeply"),
            pytest.param(b'{"year": "\xff"}', id="no UTF-8"),
            pytest.param(b"1" * 10_000, id="endless number"),
            pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        ],
    )
    async def test_what_is_not_exactly_json_is_400(self, client: httpx.AsyncClient, path: str, content: bytes) -> None:
        assert_problem(await client.post(path, content=content, headers=JSON), 400, "unreadable")

    async def test_json_by_any_of_its_names_is_exact(self, client: httpx.AsyncClient) -> None:
        for kind in ("application/json; charset=utf-8", "application/cloudevents+json", "Application/JSON"):
            answer = await client.post("/exact", content=b'{"a":1,"a":2}', headers={"Content-Type": kind})
            assert_problem(answer, 400, "unreadable")

    @pytest.mark.parametrize("path", ["/plans", "/exact"])
    async def test_size_is_bounded_as_announced(self, client: httpx.AsyncClient, path: str) -> None:
        assert_problem(await client.post(path, content=b" " * (MAX_BODY + 1), headers=JSON), 413, "too_large")

    @pytest.mark.parametrize("path", ["/plans", "/exact", "/nowhere"])
    async def test_size_is_bounded_unannounced(self, client: httpx.AsyncClient, path: str) -> None:
        sent = 0

        async def endless() -> Any:
            nonlocal sent
            while True:
                sent += 2**20
                yield b" " * 2**20

        assert_problem(await client.post(path, content=endless(), headers=JSON), 413, "too_large")
        assert sent <= MAX_BODY + 2 * 2**20

    async def test_size_up_to_the_bound_is_taken(self, client: httpx.AsyncClient) -> None:
        content = b'{"year": 2021' + b" " * (MAX_BODY - 14) + b"}"
        assert len(content) == MAX_BODY
        assert (await client.post("/plans", content=content, headers=JSON)).json() == {"year": 2021}

    async def test_length_that_lies_is_no_way_round(self, client: httpx.AsyncClient) -> None:
        async def more() -> Any:
            for _ in range(6):
                yield b" " * 2**20

        for length in (b"\xb2", b"-1", b"9" * 5000, b"1"):
            headers = [(b"Content-Type", b"application/json"), (b"Content-Length", length)]
            answer = await client.post("/exact", content=more(), headers=headers)
            assert answer.status_code == 413

    async def test_decimals_stay_exact(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/exact", content=b'{"a": 0.10}', headers=JSON)
        assert answer.json() == "{'a': Decimal('0.10')}"

    async def test_pieces_are_put_together(self, client: httpx.AsyncClient) -> None:
        async def pieces() -> Any:
            for piece in (b'{"ye', b"", b'ar": 2', b"022}"):
                yield piece

        assert (await client.post("/plans", content=pieces(), headers=JSON)).json() == {"year": 2022}
