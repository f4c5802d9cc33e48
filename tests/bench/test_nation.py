"""A nation's figures are of what they name, and what agencies post is theirs."""

from __future__ import annotations

import json

import pytest

from deploy.bench.nation import BEHIND, STAGES, TOGETHER, Look, Nation, nation, nation_in_one_process
from deploy.bench.nation_agencies import answers_of
from deploy.bench.nation_table import figures_of, tables_of
from shared.contracts.registry import SERVICES


def a_nation(agencies: int, ms: float) -> Nation:
    """Of two services; each takes `ms` a submission in each stage, which lasts two seconds, and grows by 10 MB."""
    found = Nation(agencies, "sqlite", ("intake", "scoring"))
    for number, stage in enumerate(("start", *STAGES, BEHIND)):
        spent = number * ms * agencies * 2 / 1000
        processor = {"intake": spent, "scoring": spent, "Kafka": spent / 2}
        found.looks[stage] = Look(2.0 * number, processor, dict.fromkeys(processor, 100.0 + 10 * number))
    found.highest = {"intake": 200.0, "scoring": 300.0}
    found.idle = dict.fromkeys(("intake", "scoring", "Kafka"), 5.0)
    return found


def test_nation_counts_services_together_and_others_apart() -> None:
    found = a_nation(100, ms=1)
    assert found.seconds == 12
    assert found.stage_seconds("verified") == 2
    assert found.stage_ms("verified") == pytest.approx(2)
    assert found.ms("intake") == pytest.approx(7)
    assert found.ms("Kafka") == pytest.approx(3.5)
    # 5 ms a second for 14 seconds, shared by 200 submissions
    assert found.ms_without_idling("intake") == pytest.approx(7 - 0.35)
    figures = figures_of(found)
    assert figures["all services, ms"] == pytest.approx(14)
    assert figures["scoring, megabytes, posted"] == 110


def test_nations_are_told_in_times_of_2_200_submissions() -> None:
    text = tables_of([a_nation(110, 2), a_nation(1100, 1), a_nation(11_000, 1.2)])
    times = next(line for line in text.splitlines() if "in times of" in line)
    cells = [cell.strip() for cell in times.strip("|").split("|")]
    assert cells[0] == "the same, in times of 2,200 submissions"
    assert cells[2:] == ["1.00", "1.21"]
    assert "| intake, 22,000 | 100 | 110 |" in text
    assert "| **first post to published rankings** | **12.0** |" in text


def test_tables_have_as_many_cells_in_every_row() -> None:
    for table in tables_of([a_nation(110, 2), a_nation(1100, 1)]).split("\n\n"):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_every_agency_answers_to_both_programmes_and_always_the_same() -> None:
    made = list(answers_of(2))
    assert [key for key, _ in made] == ["2021/co-quan-0"] * 2 + ["2021/co-quan-1"] * 2
    assert [json.loads(value)["data"]["programme"] for _, value in made] == ["it", "portal"] * 2
    assert not any(b"\n" in value or b"\t" in value for _, value in made)
    assert made == list(answers_of(2))


@pytest.mark.connected
async def test_nation_is_published_by_four_processes() -> None:
    found = await nation(3, "mongo")
    assert found.services == SERVICES
    assert list(found.looks) == ["start", *STAGES, BEHIND]
    assert all(found.ms(name) > 0 and found.highest[name] > 50 for name in SERVICES)
    assert found.ms("the store") > 0


@pytest.mark.connected
async def test_nation_in_one_process_is_published_too() -> None:
    found = await nation_in_one_process(3)
    assert found.services == (TOGETHER,)
    assert min(found.ms(TOGETHER), found.ms("Kafka")) > 0
