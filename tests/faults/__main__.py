"""Strikes a platform while campaigns are played on it, and counts what was lost, doubled or changed.

    python -m tests.faults --seed 1 --count 100
    python -m tests.faults --only "kill -9" --count 5
    python -m tests.faults --seed 1 --count 100 --trial 17

Exit codes: 0 every trial was run to its end and nothing was lost, doubled or changed; 1 something was, or a trial
was not run to its end; 2 called wrongly. What strikes is in docs/faults.md.
"""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path

from tests.faults.plan import draw
from tests.faults.report import as_json, summary, write_ledger
from tests.faults.strikes import STRIKES
from tests.faults.trials import Outcome, run_trials


def main() -> int:
    options = _options()
    try:
        trials = draw(options.seed, options.count, options.only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.trial:
        trials = [trial for trial in trials if trial.number in options.trial]
    if options.plan:
        for trial in trials:
            print(
                trial.campaign, trial.store, *(f"{m.act}+{m.delay} {m.fault.words()}" for m in trial.moments), sep="  "
            )
        return 0
    logging.disable(logging.WARNING)  # of clients that meet what is struck; what services say is in their own files
    outcomes: list[Outcome] = []

    def done(outcome: Outcome) -> None:
        """Written each time: what ends a long run before its time takes nothing of it away."""
        outcomes.append(outcome)
        outcomes.sort(key=lambda each: each.trial.number)
        if options.json:
            plain = as_json(options.seed, options.count, outcomes)
            options.json.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n")
        if options.ledger:
            write_ledger(options.ledger, options.seed, options.count, outcomes)

    asyncio.run(run_trials(trials, _say, options.keep, done))
    print(summary(outcomes))
    return 0 if len(outcomes) == len(trials) and all(outcome.clean for outcome in outcomes) else 1


def _options() -> argparse.Namespace:
    first, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m tests.faults",
        description=first,
        epilog=f"{rest}\nFaults: {', '.join(STRIKES)}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="what is drawn follows from it (1)")
    parser.add_argument("--count", type=int, default=20, help="how many campaigns are struck (20)")
    parser.add_argument("--only", default="", metavar="NAME", help="only faults with this text in their name")
    parser.add_argument("--trial", type=int, action="append", metavar="N", help="only this trial of those drawn")
    parser.add_argument("--plan", action="store_true", help="say what would be struck, and do nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every trial with what was counted there")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="put the table between the marks in this page")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave stores and logs in a new folder")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
