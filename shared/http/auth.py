"""Who is asking: bearer tokens (JWT, Ed25519) with roles. A service only ever holds the public key.

Roles: platform, agency (its own agency only), verifier, rules_admin, operator, chairman; reading what is published
needs no token. The demo issuer's key is made at first start and stays in the data folder.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.http.remedies import asked_for, asks_for_a_token, forbidden
from shared.kernel.errors import DomainError, Forbidden

__all__ = ["ISSUER", "ROLES", "DemoIssuer", "Person", "Role", "TokenVerifier", "Unauthenticated", "known", "require"]

Role = Literal["platform", "agency", "verifier", "rules_admin", "operator", "chairman"]
ROLES: tuple[str, ...] = get_args(Role)
ISSUER = "xephang-demo"
AUDIENCE = "xephang"
_NAME_MAX = 200  # of who acts: it is recorded with every write, and travels with every event that follows

_bearer = HTTPBearer(auto_error=False, description="JWT with the claims sub, roles and, for the role agency, agency")


class Unauthenticated(DomainError):
    """No token, or one that does not hold (HTTP 401)."""


def _does_not_hold(en: str) -> Unauthenticated:
    vi = "Mã truy cập không hợp lệ"
    return Unauthenticated(vi, en, (asks_for_a_token("token.invalid", vi, en),))


@dataclass(frozen=True)
class Person:
    """Somebody who acts: `id` is recorded with every write."""

    id: str
    roles: frozenset[str]
    agency: str = ""

    def may_act_for(self, agency: str) -> None:
        """The platform acts for every agency, an agency's officer for its own. Raises `Forbidden`."""
        if "platform" in self.roles or "operator" in self.roles:
            return
        if "agency" in self.roles and agency and self.agency == agency:
            return
        vi, en = f"Bạn không được nộp phiếu thay cho cơ quan {agency}", f"you may not answer for the agency {agency}"
        held = [*self.roles, *([f"agency={self.agency}"] if self.agency else [])]
        needed = (f"agency (agency={agency})", "platform")
        raise Forbidden(vi, en, (forbidden("agency.foreign", agency, vi, en, held=held, needed=needed),))


class TokenVerifier:
    """Verifies tokens against one issuer's Ed25519 public key (PEM)."""

    def __init__(self, public_key_pem: bytes, *, issuer: str = ISSUER) -> None:
        self._key = public_key_pem
        self._issuer = issuer

    def person(self, token: str) -> Person:
        """Who the token speaks for. Raises `Unauthenticated`, never telling more than the reason."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise _does_not_hold(f"the bearer token does not hold: {error}") from error
        subject, roles, agency = claims["sub"], claims.get("roles", []), claims.get("agency", "")
        if not isinstance(roles, list) or not all(role in ROLES for role in roles):
            raise _does_not_hold("the token's roles are not a list of known roles")
        if not isinstance(subject, str) or not subject.strip() or not isinstance(agency, str):
            raise _does_not_hold("the token does not say who acts, or for which agency")
        if len(subject) > _NAME_MAX or len(agency) > _NAME_MAX:
            raise _does_not_hold(f"the token's sub or agency is longer than {_NAME_MAX} characters")
        return Person(subject, frozenset(roles), agency)


class DemoIssuer:
    """Issues tokens for the embedded mode, with a key made at first start (file mode 0600)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "demo-issuer.pem"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._path.exists():
            self._make_key()
        self._private = self._path.read_bytes()

    def public_key(self) -> bytes:
        """The public key, PEM."""
        key = jwt.algorithms.OKPAlgorithm().prepare_key(self._private)
        public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[union-attr]

    def verifier(self) -> TokenVerifier:
        """A verifier of this issuer's tokens."""
        return TokenVerifier(self.public_key())

    def token(self, subject: str, roles: Sequence[str], *, agency: str = "", hours: float = 12) -> str:
        """A token for somebody with these roles, for some hours of real time."""
        unknown = [role for role in roles if role not in ROLES]
        if unknown:
            raise ValueError(f"unknown roles {unknown}; there are {', '.join(ROLES)}")
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "roles": list(roles),
            "iat": now,
            "exp": now + timedelta(hours=hours),
        }
        if agency:
            claims["agency"] = agency
        return jwt.encode(claims, self._private, algorithm="EdDSA")

    def _make_key(self) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # A name of its own (mkstemp, mode 0600): what a process that was killed left behind is in nobody's way.
        descriptor, name = tempfile.mkstemp(prefix=".demo-issuer.", dir=self._path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, self._path)  # whoever is first wins; the key is never replaced
        except FileExistsError:
            pass
        finally:
            temporary.unlink()


def _known(request: Request, credentials: HTTPAuthorizationCredentials) -> Person:
    """Who asks; a refusal that comes later can tell which roles they have (`request.state.person`)."""
    verifier: TokenVerifier = request.app.state.tokens
    request.state.person = verifier.person(credentials.credentials)
    found: Person = request.state.person
    return found


def known(*roles: Role) -> Callable[..., Person | None]:
    """A FastAPI dependency for what everybody may read: the person asking if they have one of the roles, else None."""

    def person(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Person | None:
        if credentials is None:
            return None
        found = _known(request, credentials)
        return found if found.roles & set(roles) else None

    return person


def require(*roles: Role) -> Callable[..., Person]:
    """A FastAPI dependency: the person asking, who must have one of the roles."""

    def person(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Person:
        if credentials is None:
            vi, en = "Cần đăng nhập", "a bearer token is required"
            raise Unauthenticated(vi, en, (asks_for_a_token("token.missing", vi, en),))
        found = _known(request, credentials)
        if not found.roles & set(roles):
            vi, en = f"Cần một trong các vai trò: {', '.join(roles)}", f"needs a role of {', '.join(roles)}"
            place = asked_for(request.scope)
            raise Forbidden(vi, en, (forbidden("role.missing", place, vi, en, held=found.roles, needed=roles),))
        return found

    return person
