"""The benchmarks of the pipeline run at all, in tiny size, and their figures are of what they name."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter

import pytest

from deploy.bench.hops import hop_costs
from deploy.bench.lone import lone_milliseconds, percentile
from deploy.bench.profile_stacks import Stacks, by_group, collapsed, flame_graph, group_of

STACKS = {
    ("deploy/bench/nation.py:run", "shared/storage/sqlite_file.py:commit"): 0.75,
    ("deploy/bench/nation.py:run", "pydantic/main.py:model_validate"): 0.25,
}


def test_percentile_is_a_value_that_was_found() -> None:
    assert percentile([float(n) for n in range(1, 101)], 99) == 99
    assert percentile([float(n) for n in range(1, 301)], 99) == 297
    assert percentile([3.0, 1.0], 99) == 3
    assert percentile([5.0], 50) == 5


def test_profile_is_summed_by_what_modules_are_for() -> None:
    assert by_group(STACKS) == {"storage, with SQLite itself": 75, "models: read, checked, written": 25}
    assert by_group({}) == {}
    assert group_of("services/scoring/core/batch.py:score") == "scoring"
    assert group_of("re/__init__.py:match") == "others"


def test_profile_is_the_same_whatever_order_stacks_were_seen_in() -> None:
    turned = dict(reversed(STACKS.items()))
    assert collapsed(turned) == collapsed(STACKS)
    assert flame_graph(turned) == flame_graph(STACKS)
    assert collapsed(STACKS).splitlines()[1].endswith("sqlite_file.py:commit 750000")


def test_flame_graph_shows_no_markup_of_its_own_making() -> None:
    picture = flame_graph({("deploy/bench/nation.py:<lambda>",): 1.0})
    assert "&lt;lambda&gt;" in picture
    assert "<lambda>" not in picture
    assert flame_graph({}).startswith("<svg")


def test_profile_sees_what_works_and_not_what_waits() -> None:
    stacks = Stacks(every=0.001)
    with stacks.watching():
        total = sum(number * number for number in range(600_000))
    assert total > 0
    innermost = Counter(stack[-1].partition(":")[0].rpartition("/")[2] for stack in stacks.seconds)
    assert "test_bench_on_servers.py" in innermost
    assert "selectors.py" not in innermost


def test_profile_counts_for_nobody_that_a_thread_waits_in_the_kernel() -> None:
    """As a commit waits for the disk."""
    receiving, sending = os.pipe()
    waiting = threading.Thread(target=os.read, args=(receiving, 1), name="waits")
    stacks = Stacks(every=0.001)
    waiting.start()
    with stacks.watching():
        total = sum(number * number for number in range(600_000))
    os.write(sending, b".")
    waiting.join()
    assert total > 0
    there = sum(spent for stack, spent in stacks.seconds.items() if stack[0].startswith("threading.py:_bootstrap"))
    assert there < sum(stacks.seconds.values()) / 10


@pytest.mark.connected
async def test_hops_are_timed_for_ours_and_both_bare_ways_and_nothing_is_left() -> None:
    found = await hop_costs(submissions=8, rounds=1, stores=("SQLite",))
    assert len(found) == 14
    assert all(value > 0 for value in found.values())
    assert multiprocessing.active_children() == []


@pytest.mark.connected
async def test_lone_submissions_are_timed_in_both_parts_of_the_way() -> None:
    found = await lone_milliseconds(submissions=2, stores=("MongoDB-wire",))
    whole, opened, scored = (
        found[f"MongoDB-wire: {name}, p99 ms"]
        for name in ("the whole way", "post to case open", "command to scorecard")
    )
    assert max(opened, scored) <= whole <= opened + scored
    assert all(value > 0 for value in found.values())
