"""`make bench`: figures of this machine in one run, with ratios; see docs/benchmarks.md for how to read them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.bench.burst import SUBMISSIONS, burst_figures
from deploy.bench.endurance import memory_growth, rehearsal_seconds, swap_milliseconds
from deploy.bench.hops import hop_costs
from deploy.bench.hops_side import quiet_client
from deploy.bench.lone import lone_milliseconds
from deploy.bench.nation import AGENCIES, STORES, Nation, nation, nation_in_one_process
from deploy.bench.nation_table import figures_of, tables_of
from deploy.bench.pipeline import pipeline_rates
from deploy.bench.profile_stacks import Stacks, by_group, collapsed, flame_graph
from deploy.bench.rounds import ROUNDS, on_one_core
from deploy.bench.scale_out import scale_out_figures
from deploy.bench.scale_out_costs import costs_by_service
from deploy.bench.scale_out_model import growth
from deploy.bench.scoring import PRODUCTION, Comparison, compare
from deploy.xephang.collector import collect_seldom

_PARTS = ("scoring", "swap", "rehearsal", "memory", "pipeline")
_ON_SERVERS = (
    ("submission to provisional scorecard, against bare hops", "hops"),
    ("a lone submission", "lone"),
    ("scoring as several processes", "scale-out"),
    ("how it grows: a calculation from what each service costs", "growth"),
    ("a burst over HTTP and Kafka", "burst"),
)
_ASKED_FOR = ("nation", *(part for _, part in _ON_SERVERS))  # need Java and minutes: only where they are named
_SUBMISSIONS = {"hops": 300, "lone": 80, "scale-out": 500, "growth": 300, "burst": SUBMISSIONS}
_HOP_ROUNDS = 5
# Minutes on two cores at rest, in the sizes that are the default.
_EXPLAINED = """parts (J: needs Java 17 and Maven; those are run only where they are named):
  scoring       2 min    cards a second: production, zen-engine, the reference; and Drools, where there is Maven
  swap          5 s      a new version of a rule set beside a thread that scores
  rehearsal     10 s     11,000 agencies scored under two versions, from stored data
  memory        3 min    what stays resident of a million cards
  pipeline      25 s     submissions a second over HTTP on the embedded parts, all services in one process
  nation        1 min J  first submission to published rankings, four processes; 11,000 agencies: 5 min
  hops          2 min J  submission to provisional scorecard, against bare FastStream hops
  lone          2 min J  latency of one submission at a time, against bare hops
  scale-out     2 min J  scoring as one, two and four processes
  growth        1 min J  what each service costs, and how long 63 provinces or a nation would take
  burst        10 min J  100,000 submissions as fast as they can be posted: memory, refusals, waiting

examples:
  python -m deploy.bench --json > bench.json
  python -m deploy.bench --only hops --only lone --only scale-out
  python -m deploy.bench --only burst --submissions 5000
  python -m deploy.bench --only nation --agencies 110 1100 11000
  python -m deploy.bench --only nation --profile nation.svg

Exit codes: 0 measured, 1 it failed underway, 2 called wrongly (nothing is started).
"""


_ENDURANCE = (
    ("a new version beside a running load", "swap", swap_milliseconds),
    ("rehearsal of 11,000 agencies × 60 criteria under two versions", "rehearsal", rehearsal_seconds),
    ("resident memory over a million cards", "memory", memory_growth),
)


def main() -> int:
    """Run the benchmarks and print them."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.bench",
        description=__doc__,
        epilog=_EXPLAINED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="figures for a program")
    parser.add_argument(
        "--only", choices=(*_PARTS, *_ASKED_FOR), action="append", help="one part (may be given several times)"
    )
    rounds = f"rounds of the comparison (default {ROUNDS}), and of hops ({_HOP_ROUNDS})"
    parser.add_argument("--rounds", type=int, help=rounds)
    parser.add_argument(
        "--agencies",
        type=int,
        nargs="+",
        default=[AGENCIES],
        help=f"of the nation (default {AGENCIES}); several numbers are run one after the other and compared",
    )
    parser.add_argument("--store", choices=STORES, default=STORES[0], help="of the nation (default %(default)s)")
    submissions = ", ".join(f"{part} {count}" for part, count in _SUBMISSIONS.items())
    parser.add_argument("--submissions", type=int, help=f"of each part on real servers (default {submissions})")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FILE",
        help="where the nation's time goes, all services in one process: a picture (.svg) or stacks (.txt)",
    )
    options = parser.parse_args()
    for name in ("agencies", "submissions", "rounds"):
        given = getattr(options, name)
        if given is not None and min(given if isinstance(given, list) else [given]) < 1:
            parser.error(f"--{name} takes numbers from 1 on")
    if options.profile and (options.profile.suffix not in (".svg", ".txt") or "nation" not in (options.only or ())):
        parser.error("--profile takes a file that ends in .svg or .txt, and goes with --only nation")
    if options.profile and (len(options.agencies) > 1 or options.store != STORES[0]):
        parser.error(f"--profile goes with one number of agencies, and with {STORES[0]}")
    quiet_client()
    figures: dict[str, Any] = {"machine": _machine()}
    parts = options.only or _PARTS
    if "pipeline" in parts:
        print("pipeline ...", file=sys.stderr)
        figures["submissions a second"] = asyncio.run(pipeline_rates())
    nations: list[Nation] = []
    if "nation" in parts:
        print("nation ...", file=sys.stderr)
        if options.profile:
            nations, figures["% of the services' time"] = _profiled(options.agencies[0], options.profile)
        else:
            nations = [asyncio.run(nation(agencies, options.store)) for agencies in options.agencies]
        figures["a nation"] = {f"{one.submissions} submissions": _rounded(figures_of(one)) for one in nations}
    for title, part in _ON_SERVERS:
        if part in parts:
            print(f"{part} ...", file=sys.stderr)
            count = options.submissions or _SUBMISSIONS[part]
            figures[title] = _rounded(asyncio.run(_on_servers(part, count, options.rounds or _HOP_ROUNDS)))
    on_one_core()
    collect_seldom()  # as services do
    if "scoring" in parts:
        print("scoring ...", file=sys.stderr)
        figures["cards a second"] = _comparison(compare(options.rounds or ROUNDS))
    for title, part, run in _ENDURANCE:
        if part in parts:
            print(f"{part} ...", file=sys.stderr)
            figures[title] = _rounded(run())
    if options.json:
        print(json.dumps(figures, indent=2))
        return 0
    _print(figures, nations)
    return 0


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}


def _profiled(agencies: int, file: Path) -> tuple[list[Nation], dict[str, float]]:
    """The nation in one process, and percent of its time by group of modules; the profile is written to the file."""
    stacks = Stacks()
    found = asyncio.run(nation_in_one_process(agencies, stacks.watching))
    file.write_text((flame_graph if file.suffix == ".svg" else collapsed)(stacks.seconds), "utf-8")
    return [found], _rounded(by_group(stacks.seconds))


async def _on_servers(part: str, submissions: int, rounds: int) -> dict[str, float]:
    if part == "hops":
        return await hop_costs(submissions, rounds)
    if part == "lone":
        return await lone_milliseconds(submissions)
    if part == "burst":
        return await burst_figures(submissions)
    if part == "growth":
        return growth(await costs_by_service(submissions))
    return await scale_out_figures(submissions)


def _comparison(found: Comparison) -> dict[str, Any]:
    ours = found.measured[PRODUCTION].rate
    zen = found.measured.get("zen-engine")
    return {
        "ways": {
            name: {
                "cards a second": round(one.rate),
                "production is faster by": round(ours / one.rate, 2),
                "faster than zen by": None if zen is None else round(one.rate / zen.rate, 2),
                "seconds by round": [round(spent, 6) for spent in one.seconds],
                "cards": one.cards,
            }
            for name, one in found.measured.items()
        },
        "notes": found.notes,
    }


def _print(figures: dict[str, Any], nations: Sequence[Nation]) -> None:
    print(figures["machine"])
    if nations:
        print(f"\na nation ({nations[0].store})\n\n{tables_of(nations)}")
    if "cards a second" in figures:
        print(
            "\ncards a second of processor time, one core; how much faster production is, and how much faster than zen"
        )
        for name, one in figures["cards a second"]["ways"].items():
            zen = "" if one["faster than zen by"] is None else f"{one['faster than zen by']:>9.2f}×"
            print(f"  {name:<40}{one['cards a second']:>10,}{one['production is faster by']:>9.2f}×{zen}")
        for note in figures["cards a second"]["notes"]:
            print(f"  {note}")
    for title in (
        "% of the services' time",
        *(title for title, _ in _ON_SERVERS),
        *(title for title, _, _ in _ENDURANCE),
    ):
        if title in figures:
            print(f"\n{title}")
            width = max(40, *map(len, figures[title]))
            for name, value in figures[title].items():
                print(f"  {name:<{width}}{value:>10,}")
    if "submissions a second" in figures:
        print("\nsubmissions a second, all services in one process")
        for name, rate in figures["submissions a second"].items():
            print(f"  {name:<40}{rate:>10,.0f}")


def _machine() -> str:
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
