"""`make bench`: figures of this machine in one run, with ratios; see docs/benchmarks.md for how to read them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys

from deploy.bench.pipeline import pipeline_rates
from deploy.bench.scoring import scoring_rates

_EXAMPLE = "example:\n  python -m deploy.bench --json > bench.json"


def main() -> int:
    """Run the benchmarks and print them."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.bench",
        description=__doc__,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="figures for a program")
    parser.add_argument("--only", choices=("scoring", "pipeline"), help="one of the two")
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    if options.only != "pipeline":
        print("scoring ...", file=sys.stderr)
        figures["cards a second"] = scoring_rates()
    if options.only != "scoring":
        print("pipeline ...", file=sys.stderr)
        figures["submissions a second"] = asyncio.run(pipeline_rates())
    if options.json:
        print(json.dumps({"machine": _machine(), **figures}, indent=2, sort_keys=True))
        return 0
    print(_machine())
    for title, rates in figures.items():
        slowest = min(rates.values())
        print(f"\n{title}")
        for name, rate in rates.items():
            print(f"  {name:<22}{rate:>10,.0f}   {rate / slowest:>5.1f}×")
    return 0


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
