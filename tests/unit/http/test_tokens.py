"""Who is asking: only what the issuer signed, for us, now, in roles that exist."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.http.auth import AUDIENCE, ISSUER, DemoIssuer, Person, Unauthenticated
from shared.kernel.errors import Forbidden

OTHER_KEY = Ed25519PrivateKey.generate()


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    told = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "an",
        "roles": ["operator"],
        "iat": now,
        "exp": now + timedelta(hours=1),
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def signed(issuer: DemoIssuer, **changes: Any) -> str:
    return jwt.encode(claims(**changes), issuer._private, algorithm="EdDSA")


def unsigned(payload: dict[str, Any], algorithm: str) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, default=str).encode()).rstrip(b"=").decode()

    plain = {**payload, "iat": 1, "exp": 2**33}
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(plain)}."


def test_token_tells_who_it_is(issuer: DemoIssuer) -> None:
    token = issuer.token("an", ["agency", "verifier"], agency="so-noi-vu")
    assert issuer.verifier().person(token) == Person("an", frozenset({"agency", "verifier"}), "so-noi-vu")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, id="expired"),
        pytest.param({"nbf": datetime.now(UTC) + timedelta(days=1)}, id="not yet"),
        pytest.param({"aud": "another"}, id="another audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"iss": "another"}, id="another issuer"),
        pytest.param({"iss": None}, id="no issuer"),
        pytest.param({"exp": None}, id="for ever"),
        pytest.param({"sub": None}, id="nobody"),
        pytest.param({"sub": " "}, id="blank"),
        pytest.param({"sub": "a" * 201}, id="endless name"),
        pytest.param({"agency": "a" * 201}, id="endless agency"),
        pytest.param({"roles": ["root"]}, id="unknown role"),
        pytest.param({"roles": "operator"}, id="roles as text"),
        pytest.param({"roles": [["operator"]]}, id="roles nested"),
        pytest.param({"roles": {"operator": True}}, id="roles as object"),
        pytest.param({"agency": ["so-noi-vu"]}, id="agency as list"),
    ],
)
def test_wrong_claims_do_not_hold(issuer: DemoIssuer, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        issuer.verifier().person(signed(issuer, **changes))


def test_a_long_name_holds(issuer: DemoIssuer) -> None:
    assert issuer.verifier().person(signed(issuer, sub="ă" * 200)).id == "ă" * 200


def test_token_without_roles_may_nothing(issuer: DemoIssuer) -> None:
    assert issuer.verifier().person(signed(issuer, roles=None)).roles == frozenset()


def forgeries(issuer: DemoIssuer) -> dict[str, str]:
    good = signed(issuer)
    head, body, signature = good.split(".")
    public = issuer.public_key()
    by_public_key = jwt.api_jws.PyJWS(algorithms=["HS256"])
    by_public_key._algorithms["HS256"].prepare_key = lambda key: key  # type: ignore[assignment,method-assign]
    return {
        "another key": jwt.encode(claims(), OTHER_KEY, algorithm="EdDSA"),
        "alg none": unsigned(claims(), "none"),
        "alg None": unsigned(claims(), "None"),
        "HS256 by the public key": by_public_key.encode(
            json.dumps(claims(), default=str).encode(), public, algorithm="HS256"
        ),
        "other body": f"{head}.{body[:-4]}AAAA.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "nothing": "",
        "noise": "\x00\xff.é.\ud83d",
        "long": "a" * 100_000,
    }


@pytest.mark.parametrize(
    "which",
    [
        "another key",
        "alg none",
        "alg None",
        "HS256 by the public key",
        "other body",
        "no signature",
        "two parts",
        "nothing",
        "noise",
        "long",
    ],
)
def test_forgery_does_not_hold(issuer: DemoIssuer, which: str) -> None:
    with pytest.raises(Unauthenticated):
        issuer.verifier().person(forgeries(issuer)[which])


def test_issuer_knows_its_roles(issuer: DemoIssuer) -> None:
    with pytest.raises(ValueError, match="unknown roles"):
        issuer.token("an", ["root"])


class TestOverHttp:
    async def test_no_token_is_401_and_says_how(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/mine")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YW46YW4=", "bearer x.y.z", "Bearer a b"])
    async def test_other_headers_are_401(self, client: httpx.AsyncClient, header: str) -> None:
        assert (await client.get("/mine", headers={"Authorization": header})).status_code == 401

    async def test_role_decides(self, client: httpx.AsyncClient, issuer: DemoIssuer) -> None:
        assert (await client.get("/mine", headers=_bearer(issuer.token("an", ["verifier"])))).status_code == 403
        answer = await client.get("/mine", headers=_bearer(issuer.token("an", ["verifier", "operator"])))
        assert answer.json() == {"id": "an", "roles": ["operator", "verifier"]}

    @pytest.mark.parametrize(
        ("roles", "own", "asked", "status"),
        [
            (["agency"], "so-noi-vu", "so-noi-vu", 200),
            (["agency"], "so-noi-vu", "so-y-te", 403),
            (["agency"], "", "so-y-te", 403),
            (["agency"], "so-noi-vu", "so-noi-vu%20", 403),
            (["platform"], "", "so-y-te", 200),
            (["verifier"], "so-y-te", "so-y-te", 403),
            (["chairman"], "so-y-te", "so-y-te", 403),
        ],
    )
    async def test_agency_acts_for_its_own_only(
        self, client: httpx.AsyncClient, issuer: DemoIssuer, roles: list[str], own: str, asked: str, status: int
    ) -> None:
        token = issuer.token("an", roles, agency=own)
        assert (await client.post(f"/answers/{asked}", headers=_bearer(token))).status_code == status


def test_no_agency_is_no_agency() -> None:
    with pytest.raises(Forbidden):
        Person("an", frozenset({"agency"}), "").may_act_for("")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
