"""One HTTP address for all services: /intake, /verification, /scoring, /publishing; a status page at /."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.xephang.words import state_words
from shared.contracts.registry import SERVICES
from shared.http.auth import DemoIssuer, Person, require
from shared.http.lately import Lately
from shared.http.problems import install_problem_handlers, later
from shared.kernel.errors import DomainError, Fault, NotFound

__all__ = ["Behind", "Running", "build_gateway"]

Operator = Annotated[Person, Depends(require("operator"))]
ServiceName = Literal["intake", "verification", "scoring", "publishing"]


class Running(Protocol):
    """A service that runs, in this process or in another."""

    @property
    def api(self) -> ASGIApp:
        """Its HTTP application."""

    async def ready(self) -> bool:
        """Whether it can work."""


class Behind(Protocol):
    """What stands behind the gateway."""

    issuer: DemoIssuer

    @property
    def services(self) -> Mapping[str, Running]:
        """Those that run now, by name."""

    async def status(self) -> dict[str, Any]:
        """Every service's status, by name."""

    async def stop_service(self, name: str) -> None:
        """Stop one of them."""

    async def start_service(self, name: str) -> None:
        """Start one of them."""


def build_gateway(platform: Behind) -> FastAPI:
    """The application that stands before the services."""
    app = FastAPI(title="Xephang", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.tokens = platform.issuer.verifier()
    install_problem_handlers(app)
    # Both need no token, and ask all services.
    health, standing = Lately(lambda: _health(platform)), Lately(platform.status)

    @app.get("/health")
    async def ready() -> dict[str, bool]:
        return await health()

    @app.get("/metrics")
    async def metrics() -> None:
        raise _metrics_elsewhere()

    @app.get("/status")
    async def status(_: Operator) -> dict[str, Any]:
        return await platform.status()

    @app.post("/services/{name}/stop")
    async def stop(_: Operator, name: ServiceName) -> dict[str, bool]:
        await platform.stop_service(name)
        return {"running": False}

    @app.post("/services/{name}/start")
    async def start(_: Operator, name: ServiceName) -> dict[str, bool]:
        await platform.start_service(name)
        return {"running": True}

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        return _page(await standing())

    for name in SERVICES:
        app.router.routes.append(Mount(f"/{name}", app=_Current(platform, name), name=name))
    return app


async def _health(platform: Behind) -> dict[str, bool]:
    running = dict(platform.services)
    ready = await asyncio.gather(*(service.ready() for service in running.values()))
    found = dict(zip(running, ready, strict=True))
    return {name: found.get(name, False) for name in SERVICES}


class _Current:
    """Passes on to the service of this name that runs now; 503 while it does not."""

    def __init__(self, platform: Behind, name: str) -> None:
        self._platform = platform
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = self._platform.services.get(self._name)
        if service is None:
            await later(_stopped(self._name), 503, "5", scope)(scope, receive, send)
            return
        await service.api(scope, receive, send)


def _stopped(name: str) -> DomainError:
    fault = Fault(
        "stopped",
        name,
        f"dịch vụ {name} đang dừng",
        f"{name} is stopped",
        f"khởi động lại bằng `xephang service start {name}`, rồi gửi lại (tiêu đề Retry-After)",
        f"start it with `xephang service start {name}`, then send the request again (the header Retry-After)",
    )
    return DomainError(f"Dịch vụ {name} đang dừng", f"{name} is stopped", (fault,), "stopped")


def _metrics_elsewhere() -> NotFound:
    """Prometheus asks each service: joined they would be gone when one of them is."""
    paths = ", ".join(f"/{name}/metrics" for name in SERVICES)
    fault = Fault(
        "metrics.elsewhere",
        "GET /metrics",
        "mỗi dịch vụ có số đo riêng, không có số đo chung",
        "each service has metrics of its own, there are none of all together",
        f"đọc {paths}",
        f"read {paths}",
    )
    return NotFound("Số đo ở từng dịch vụ", "metrics are with each service", (fault,), fault.code)


def _page(status: dict[str, Any]) -> str:
    """Counts only, so it needs no token: nothing on it names an agency."""
    rows = []
    for name, own in status.items():
        counts: tuple[object, ...] = ("–",) * 4  # of one that does not say
        if "consumed" in own:
            lag = sum(topic["lag"] for topic in own["consumed"].values())
            counts = (lag, sum(own["unpublished"].values()), own["parked_aggregates"], own["dead_letters"])
        rows.append(
            f"<tr><td><a href='/{name}/docs'>{html.escape(name)}</a></td>"
            f"<td>{state_words(own)}</td>"
            f"{''.join(f'<td>{count}</td>' for count in counts)}</tr>"
        )
    return (
        "<!doctype html><html lang='vi'><meta charset='utf-8'><title>Xephang</title>"
        "<style>body{font-family:sans-serif;margin:2rem}td,th{padding:.3rem 1rem;text-align:left}</style>"
        "<h1>Đánh giá, xếp hạng ứng dụng CNTT và Cổng TTĐT</h1><table><tr><th>Dịch vụ</th><th>Trạng thái</th>"
        "<th>Chưa tiêu thụ</th><th>Chưa phát</th><th>Đang chờ tham chiếu</th><th>Thư chết</th></tr>"
        f"{''.join(rows)}</table><p><a href='/publishing/rankings'>Bảng xếp hạng đã công bố</a></p></html>"
    )
