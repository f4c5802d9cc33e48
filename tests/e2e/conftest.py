"""What the end-to-end tests share: an undisturbed year to compare with, and a platform to throw things at."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("small_year", "serving", "insistent")

from serving import Serving, serving_small_year  # noqa: E402 - after the line above, so that its asserts tell
from small_year import SMALL, YEAR, files_in  # noqa: E402
from told import Told, teller  # noqa: E402

from deploy.xephang.year import play  # noqa: E402


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an undisturbed play of the small year leaves; played once for all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "undisturbed-year"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            arguments = {"fresh": True, "years": (YEAR,), "as_json": False, "agencies": SMALL, "proofs": False}
            assert asyncio.run(play(folder / "out", folder / "data", **arguments)) == 0
            assert len(files_in(folder / "out")) == 42
            (folder / "done").touch()
    return folder / "out" / str(YEAR)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def serving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    """A platform with the campaign of the small year open, shared by all tests that throw something at it."""
    async with serving_small_year(tmp_path_factory.mktemp("serving")) as running:
        yield running


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Told:
    """`xephang trace` as an operator asks it: `await tell(platform, "2021/it/so-y-te")`."""
    return teller(capsys)
