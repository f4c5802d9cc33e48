"""`xephang ruleset approve` and its like: what is refused before, or said after, a platform is asked."""

from __future__ import annotations

import pytest

from deploy.xephang.commands import ruleset_life
from deploy.xephang.commands.ruleset_life import step_words
from tests.cli.conftest import Run


@pytest.mark.parametrize("given", ["d57dd5abc54a", "Z" * 64, "A" * 64])
def test_a_hash_that_was_cut_off_or_mistyped_is_told_with_the_command_that_shows_it(run: Run, given: str) -> None:
    ended = run("ruleset", "approve", "x@1", "--hash", given)
    assert ended.code == 1
    assert f"--hash {given}" in ended.err
    assert "xephang ruleset show x@1" in ended.err


def test_steps_are_told_on_the_clock_of_vietnam() -> None:
    step = {"at": "2026-11-23T17:44:01.777517Z", "action": "loaded", "by": "an"}
    assert step_words(step) == "24/11/2026 00:44  nạp – an"


@pytest.mark.parametrize(("status", "said"), [("active", "đang dùng từ năm 2022 – Bộ"), ("retired", "thôi dùng – Bộ")])
def test_a_retired_set_is_not_out_of_use_since_the_year_it_came_into_use(
    status: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ref = {"id": "x", "version": "1", "hash": "0" * 64}
    ruleset_life._show({"ref": ref, "status": status, "active_from_year": 2022, "title": "Bộ"})
    assert said in capsys.readouterr().out
