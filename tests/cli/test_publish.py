"""`xephang publish` says which draft waits for a signature; platforms are imitated."""

from typing import Any

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import publish
from tests.cli.conftest import Run


def _document(draft: int, signed: bool) -> dict[str, Any]:
    content = {"number": f"{draft}/QĐ-UBND", "issued_on": "2025-12-19", "title": "Công bố"}
    signature = {"signed_by": "chairman", "signed_at": "2025-12-19T08:00:00Z"} if signed else None
    return {"draft": draft, "content": content, "content_hash": "9f" * 32, "signature": signature}


DRAFT = ("publish", "draft", "2025", "--number", "2/QĐ-UBND", "--date", "2025-12-19")


@pytest.mark.parametrize(
    ("command", "status", "signed", "head"),
    [
        (DRAFT, "drafted", (False,), "Đợt 2025: dự thảo 1 chờ Chủ tịch ký, `xephang publish sign 2025`"),
        (
            DRAFT,
            "withdrawn",
            (True, False),
            "Đợt 2025: dự thảo 2 chờ Chủ tịch ký, `xephang publish sign 2025` (bản trước: đã thu hồi)",
        ),
        (("publish", "withdraw", "2025", "--reason", "Sai"), "withdrawn", (True, False), "Đợt 2025: đã thu hồi"),
        (("publish", "sign", "2025"), "published", (True,), "Đợt 2025: đã công bố"),
    ],
)
def test_a_draft_just_laid_is_said_to_wait_for_the_signature(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    status: str,
    signed: tuple[bool, ...],
    head: str,
) -> None:
    documents = [_document(number, each) for number, each in enumerate(signed, 1)]
    decision = {"campaign": "2025", "status": status, "published": {}, "documents": documents}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=decision))
    monkeypatch.setattr(publish, "connect", lambda *_: Client("http://127.0.0.1:1", transport=transport))
    ended = run(*command)
    assert (ended.code, ended.out.splitlines()[0]) == (0, head)
