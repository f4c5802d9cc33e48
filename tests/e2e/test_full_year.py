"""Both years of the worked example, with all agencies and all proofs, as `make run` plays them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from small_year import assert_same_files, files_in
from told import Told

from deploy.xephang.platform import Platform

ROOT = Path(__file__).parents[2]
PAGE = "docs/how-to/observe.md"


async def run_year(folder: Path) -> str:
    """What the command says."""
    command = [sys.executable, "-m", "deploy.xephang", "run-year", "--out", folder / "out", "--data", folder / "data"]
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        said = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said
    return said


async def check_story_as_documented(data: Path, tell: Told) -> None:
    """What the page shows of a submission's story is what is told of it on the stores that the play leaves."""
    sys.path.insert(0, str(ROOT / "tests" / "docs"))
    from docs_pages import blocks
    from docs_shell import check_shown, typed

    lines = [each for block in blocks("console") if block.page == PAGE for each in typed(block)]
    (shown,) = [each for each in lines if each.output and each.line == "xephang trace 2021/it/so-y-te"]
    platform = Platform(data)
    await platform.start()
    try:
        code, text = await tell(platform, "2021/it/so-y-te", text=True)
    finally:
        await platform.stop()
    check_shown(shown, text, code)


@pytest.mark.slow
async def test_two_plays_of_both_years_give_the_same_bytes(tmp_path: Path, tell: Told):
    """Rankings, decisions, what subscribers got, and how every point came about; recomputed after the second year."""
    said = await asyncio.gather(run_year(tmp_path / "one"), run_year(tmp_path / "two"))
    for text in said:
        assert text.count("đúng từng byte") == 2
    assert_same_files(tmp_path / "one" / "out", tmp_path / "two" / "out")
    names = files_in(tmp_path / "one" / "out")
    for year in ("2021", "2022"):
        assert sum(name.startswith(f"{year}/scorecards/") for name in names) == 2 * 30 * 2
        assert sum(name.startswith(f"{year}/ranking-") for name in names) == 8
    await check_story_as_documented(tmp_path / "one" / "data", tell)
