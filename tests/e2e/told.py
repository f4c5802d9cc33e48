"""The story of a submission as `xephang trace` tells it to an operator."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from deploy.xephang.cli import main
from deploy.xephang.platform import Platform

Told = Callable[..., Any]


def teller(capsys: pytest.CaptureFixture[str]) -> Told:
    """`await tell(platform, "2021/it/so-y-te")`: exit code and what is said (JSON unless text)."""

    async def ask(platform: Platform, *words: str, text: bool = False) -> tuple[int, Any]:
        token = platform.issuer.token("can-bo", ["operator"])
        arguments = ["trace", *words, "--url", platform.url, "--token", token, *([] if text else ["--json"])]

        def run() -> int:
            try:
                main(arguments)
            except SystemExit as ended:
                return int(ended.code or 0)

        capsys.readouterr()
        code = await asyncio.to_thread(run)
        out = capsys.readouterr().out
        return code, out if text else json.loads(out or "null")

    return ask
