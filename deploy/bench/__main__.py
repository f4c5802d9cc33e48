"""`make bench`: figures of this machine in one run, with ratios; see docs/benchmarks.md for how to read them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.bench.burst import SUBMISSIONS, burst_figures
from deploy.bench.endurance import memory_growth, rehearsal_seconds, swap_milliseconds
from deploy.bench.hops import hop_costs
from deploy.bench.hops_side import quiet_client
from deploy.bench.lone import lone_milliseconds
from deploy.bench.nation import AGENCIES, nation_costs
from deploy.bench.pipeline import pipeline_rates
from deploy.bench.profile_stacks import Stacks, by_group, collapsed, flame_graph
from deploy.bench.rounds import ROUNDS, on_one_core
from deploy.bench.scale_out import scale_out_figures
from deploy.bench.scale_out_costs import costs_by_service
from deploy.bench.scale_out_model import growth
from deploy.bench.scoring import PRODUCTION, Comparison, compare
from deploy.xephang.collector import collect_seldom

_EXAMPLE = """examples:
  python -m deploy.bench --json > bench.json
  python -m deploy.bench --only hops --only lone --only scale-out
  python -m deploy.bench --only burst --submissions 5000
  python -m deploy.bench --only nation --profile nation.svg
"""
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
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="figures for a program")
    parser.add_argument(
        "--only", choices=(*_PARTS, *_ASKED_FOR), action="append", help="one part (may be given several times)"
    )
    rounds = f"rounds of the comparison (default {ROUNDS}), and of hops ({_HOP_ROUNDS})"
    parser.add_argument("--rounds", type=int, help=rounds)
    parser.add_argument("--agencies", type=int, default=AGENCIES, help=f"of the nation (default {AGENCIES})")
    submissions = ", ".join(f"{part} {count}" for part, count in _SUBMISSIONS.items())
    parser.add_argument("--submissions", type=int, help=f"of each part on real servers (default {submissions})")
    parser.add_argument(
        "--profile", type=Path, metavar="FILE", help="where the nation's time goes: a picture (.svg) or stacks (.txt)"
    )
    options = parser.parse_args()
    if options.profile and (options.profile.suffix not in (".svg", ".txt") or "nation" not in (options.only or ())):
        parser.error("--profile takes a file that ends in .svg or .txt, and goes with --only nation")
    quiet_client()
    figures: dict[str, Any] = {"machine": _machine()}
    parts = options.only or _PARTS
    if "pipeline" in parts:
        print("pipeline ...", file=sys.stderr)
        figures["submissions a second"] = asyncio.run(pipeline_rates())
    if "nation" in parts:
        print("nation ...", file=sys.stderr)
        figures["a nation"] = _rounded(_nation(options.agencies, options.profile))
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
    _print(figures)
    return 0


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}


def _nation(agencies: int, profile: Path | None) -> dict[str, float]:
    """Its costs; with a file for the profile, percent of the services' time by group of modules besides."""
    if profile is None:
        return asyncio.run(nation_costs(agencies))
    stacks = Stacks()
    costs = asyncio.run(nation_costs(agencies, stacks.watching))
    profile.write_text((flame_graph if profile.suffix == ".svg" else collapsed)(stacks.seconds), "utf-8")
    return costs | {f"% in {name}": percent for name, percent in by_group(stacks.seconds).items()}


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


def _print(figures: dict[str, Any]) -> None:
    print(figures["machine"])
    if "cards a second" in figures:
        print(
            "\ncards a second of processor time, one core; how much faster production is, and how much faster than zen"
        )
        for name, one in figures["cards a second"]["ways"].items():
            zen = "" if one["faster than zen by"] is None else f"{one['faster than zen by']:>9.2f}×"
            print(f"  {name:<40}{one['cards a second']:>10,}{one['production is faster by']:>9.2f}×{zen}")
        for note in figures["cards a second"]["notes"]:
            print(f"  {note}")
    for title in ("a nation", *(title for title, _ in _ON_SERVERS), *(title for title, _, _ in _ENDURANCE)):
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
