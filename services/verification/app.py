"""The verification service put together: what it keeps, what it listens to, what it answers."""

from __future__ import annotations

from services.verification.api import build_router
from services.verification.collections import COLLECTIONS
from services.verification.handlers import HANDLERS
from shared.service import Definition

__all__ = ["definition"]


def definition() -> Definition:
    """What the shared skeleton needs to run verification."""
    return Definition(
        name="verification",
        title="Thẩm tra, xác minh phiếu trả lời",
        collections=COLLECTIONS,
        handlers=HANDLERS,
        router=build_router,
    )
