"""The platform over HTTP, for the command line: answers as plain data, refusals as errors that people can act on."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from shared.kernel.canonical import canonical_json
from shared.kernel.errors import DomainError, Fault

__all__ = ["Client", "PlatformSilent", "Refused", "is_loopback", "path_of"]

PROBLEM_TYPE = "urn:xephang:problem:"
_SILENT = {429, 502, 503, 504}
_OWN_REMEDY = {401}  # over HTTP a token is a header, on the command line an option
_REMEDIES = {
    401: (
        "lấy mã truy cập bằng `xephang token ROLE --data …`, với thư mục dữ liệu của chính nền tảng này,"
        " rồi đưa vào --token hoặc XEPHANG_TOKEN",
        "get a token with `xephang token ROLE --data …`, of this platform's own data folder,"
        " and pass it by --token or XEPHANG_TOKEN",
    ),
    403: ("dùng mã truy cập của người có quyền", "use the token of a person who may do this"),
    404: ("kiểm tra lại mã đã nêu", "check the name that was given"),
    409: (
        "xem trạng thái hiện tại (`… status`, `… list`, `… show`) rồi làm bước còn thiếu",
        "look at the present state (`… status`, `… list`, `… show`) and take the step that lacks",
    ),
    413: ("chia nhỏ nội dung gửi", "send it in smaller parts"),
    422: ("sửa giá trị này rồi gọi lại", "correct the value and try again"),
    500: ("xem nhật ký của dịch vụ", "see the service's log"),
}


class PlatformSilent(Exception):
    """The platform does not answer, or says that it cannot just now: try again later, or elsewhere."""

    def __init__(self, place: str, vi: str, en: str, remedy_vi: str = "", remedy_en: str = "") -> None:
        super().__init__(f"{place}: {en}")
        self.fault = Fault("platform.silent", place, vi, en, remedy_vi, remedy_en)


class Refused(DomainError):
    """The platform refused a request: its problem document, and which request it was."""

    def __init__(self, status: int, problem: dict[str, Any], request: str) -> None:
        told = () if status in _OWN_REMEDY else problem.get("faults") or ()
        faults = tuple(_fault(each, status) for each in told if isinstance(each, dict))
        vi = str(problem.get("title") or f"Máy chủ trả lời HTTP {status}")
        en = str(problem.get("detail") or f"the server answered HTTP {status}")
        super().__init__(
            vi,
            en,
            faults or (_own_fault(status, problem, request, vi, en),),
            str(problem.get("type", "")).removeprefix(PROBLEM_TYPE) or "refused",
        )
        self.status = status
        self.request = request


class Client:
    """One person's way to one platform. `transport` replaces the network in tests."""

    def __init__(
        self, url: str, token: str = "", *, transport: httpx.BaseTransport | None = None, timeout: float = 60
    ) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # A proxy of the environment knows nothing of this machine's own addresses.
        self._http = httpx.Client(
            headers=headers, timeout=timeout, transport=transport, trust_env=not is_loopback(self.url)
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, **parameters: str | int | None) -> Any:
        """The JSON that a GET answers."""
        return self._json(self._send("GET", path, parameters=parameters))

    def get_text(self, path: str, **parameters: str | int | None) -> str:
        """The text that a GET answers, of whatever kind."""
        return self._send("GET", path, parameters=parameters).text

    def post(self, path: str, body: Any = None, *, content_type: str = "application/json") -> Any:
        """POST plain data, or bytes as they are; the JSON answered."""
        return self._json(self._send("POST", path, content=_bytes(body), content_type=content_type))

    def put(self, path: str, body: Any) -> Any:
        """PUT plain data; the JSON answered."""
        return self._json(self._send("PUT", path, content=_bytes(body)))

    def _send(
        self,
        method: str,
        path: str,
        *,
        parameters: dict[str, str | int | None] | None = None,
        content: bytes | None = None,
        content_type: str = "application/json",
    ) -> httpx.Response:
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        headers = {} if content is None else {"Content-Type": content_type}
        try:
            response = self._http.request(
                method, f"{self.url}{path}", params=given or None, content=content, headers=headers
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _unreachable(self.url, error) from error
        if response.is_success:
            return response
        raise _refusal(response, f"{method} {path}", self.url)

    def _json(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as error:
            raise PlatformSilent(
                self.url,
                "có máy chủ trả lời nhưng không phải nền tảng xephang",
                "something answers there, but not JSON: it is no xephang platform",
                "kiểm tra lại --url",
                "check --url",
            ) from error


def path_of(*steps: str) -> str:
    """The path of a request; whatever a name holds, it stays one step."""
    return "".join(f"/{quote(step, safe='@')}" for step in steps)


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else canonical_json({} if body is None else body)


def _unreachable(url: str, error: Exception) -> PlatformSilent:
    return PlatformSilent(
        url,
        "nền tảng không trả lời",
        f"the platform does not answer ({error or type(error).__name__})",
        "khởi động bằng `xephang up`, hoặc nêu đúng địa chỉ bằng --url hay XEPHANG_URL",
        "start it with `xephang up`, or give the right address by --url or XEPHANG_URL",
    )


def _refusal(response: httpx.Response, request: str, url: str) -> Exception:
    problem = _problem(response)
    if response.status_code in _SILENT:
        remedy = ("thử lại sau ít giây; xem `xephang status`", "try again in a moment; see `xephang status`")
        if problem.get("type") == f"{PROBLEM_TYPE}stopped":  # by somebody: waiting does not help
            name = request.partition("/")[2].partition("/")[0]
            start = f"`xephang service start {name}`"
            remedy = (f"khởi động lại bằng {start}", f"start it with {start}")
        return PlatformSilent(
            f"{url} ({request})",
            str(problem.get("title") or "nền tảng tạm thời không phục vụ"),
            str(problem.get("detail") or f"HTTP {response.status_code}"),
            *remedy,
        )
    return Refused(response.status_code, problem, request)


def _problem(response: httpx.Response) -> dict[str, Any]:
    """The problem document; what another server (a proxy) answers is told as it is, shortened."""
    try:
        found = response.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {"detail": response.text[:200].strip()}
    if not isinstance(found, dict):
        return {"detail": response.text[:200]}
    if isinstance(found.get("detail"), str):
        return found
    return {**found, "detail": None}


def _fault(raw: dict[str, Any], status: int) -> Fault:
    """A fault of the problem document; one without a remedy gets that of the status."""
    given = {"remedy_vi": raw.get("remedy_vi"), "remedy_en": raw.get("remedy_en")}
    if not any(given.values()):
        given["remedy_vi"], given["remedy_en"] = _REMEDIES.get(status, ("", ""))
    names = ("code", "place", "vi", "en")
    return Fault(*(str(raw.get(name, "")) for name in names), *(str(each or "") for each in given.values()))


def _own_fault(status: int, problem: dict[str, Any], request: str, vi: str, en: str) -> Fault:
    """A refusal without faults still names a place (the request) and, where there is one, a remedy."""
    code = str(problem.get("type", "")).removeprefix(PROBLEM_TYPE) or f"http.{status}"
    return Fault(code, request, vi, en, *_REMEDIES.get(status, ("", "")))
