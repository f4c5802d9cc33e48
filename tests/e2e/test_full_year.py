"""Both years of the worked example, with all agencies and all proofs, as `make run` plays them."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from small_year import assert_same_files, files_in

ROOT = Path(__file__).parents[2]


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


@pytest.mark.slow
async def test_two_plays_of_both_years_give_the_same_bytes(tmp_path: Path):
    """Rankings, decisions, what subscribers got, and how every point came about; recomputed after the second year."""
    said = await asyncio.gather(run_year(tmp_path / "one"), run_year(tmp_path / "two"))
    for text in said:
        assert text.count("đúng từng byte") == 2
    assert_same_files(tmp_path / "one" / "out", tmp_path / "two" / "out")
    names = files_in(tmp_path / "one" / "out")
    for year in ("2021", "2022"):
        assert sum(name.startswith(f"{year}/scorecards/") for name in names) == 2 * 30 * 2
        assert sum(name.startswith(f"{year}/ranking-") for name in names) == 8
