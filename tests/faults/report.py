"""What a run of the harness leaves: a line for the terminal, JSON, and the table in docs/faults.md."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.faults.strikes import FAMILIES
from tests.faults.trials import Outcome

BEGIN, END = "<!-- ledger: begin -->", "<!-- ledger: end -->"
_COLUMNS = ("fault", "trials", "events", "records", "lost", "doubled", "not ours", "changed", "dead letters", "clean")
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|---|{'--:|' * (len(_COLUMNS) - 1)}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """In one line."""
    findings = [outcome.findings for outcome in outcomes]
    clean = sum(outcome.clean for outcome in outcomes)
    return (
        f"{len(outcomes)} trials, {sum(len(o.trial.moments) for o in outcomes)} faults, {clean} clean: "
        f"{sum(f.events for f in findings)} events, {sum(len(f.lost) for f in findings)} lost, "
        f"{sum(len(f.doubled) for f in findings)} doubled, {sum(len(f.foreign) for f in findings)} not ours, "
        f"{sum(len(f.differing) for f in findings)} changed; "
        f"{sum(f.letters for f in findings)} of {sum(f.letters_wanted for f in findings)} dead letters"
    )


def as_json(seed: int, count: int, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Every trial, so that each can be repeated and compared."""
    return {"seed": seed, "count": count, "trials": [_plain(outcome) for outcome in outcomes]}


def _plain(outcome: Outcome) -> dict[str, Any]:
    trial, findings = outcome.trial, outcome.findings
    return {
        "trial": trial.number,
        "campaign": trial.campaign,
        "store": trial.store,
        "faults": [{"act": m.act, "delay": m.delay, **m.fault.plain()} for m in trial.moments],
        "clean": outcome.clean,
        "failure": outcome.failure,
        "events": findings.events,
        "records": findings.records,
        "lost": findings.lost,
        "doubled": findings.doubled,
        "foreign": findings.foreign,
        "changed": findings.differing,
        "dead_letters": [findings.letters, findings.letters_wanted],
        "notes": list(outcome.notes),
        "seconds": round(outcome.seconds, 1),
    }


def write_ledger(page: Path, seed: int, count: int, outcomes: Sequence[Outcome]) -> None:
    """Put the table between the marks of the page."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(seed, count, outcomes)}\n{END}{after}", "utf-8")


def table(seed: int, count: int, outcomes: Sequence[Outcome]) -> str:
    """One row a kind of fault; a trial with two faults counts with the first."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.trial.moments[0].fault.kind].append(outcome)
    rows = [_row(kind, kinds[kind]) for kind in FAMILIES if kind in kinds]
    failed = [outcome for outcome in outcomes if not outcome.clean]
    lines = [
        f"`--seed {seed} --count {count}`: {summary(outcomes)}.",
        "",
        _HEAD,
        *rows,
        _row("**all**", outcomes),
    ]
    if failed:
        lines += [
            "",
            "Not clean:",
            *(f"- {o.trial.campaign} ({_faults(o)}, {o.trial.store}): {_why(o)}" for o in failed),
        ]
    return "\n".join(lines)


def _row(name: str, outcomes: Iterable[Outcome]) -> str:
    of = list(outcomes)
    found = [outcome.findings for outcome in of]
    letters = f"{sum(f.letters for f in found)} of {sum(f.letters_wanted for f in found)}"
    counts = [
        len(of),
        sum(f.events for f in found),
        sum(f.records for f in found),
        sum(len(f.lost) for f in found),
        sum(len(f.doubled) for f in found),
        sum(len(f.foreign) for f in found),
        sum(len(f.differing) for f in found),
    ]
    clean = sum(outcome.clean for outcome in of)
    return f"| {name} | {' | '.join(map(str, counts))} | {letters} | {clean} of {len(of)} |"


def _faults(outcome: Outcome) -> str:
    return ", ".join(moment.fault.words() for moment in outcome.trial.moments)


def _why(outcome: Outcome) -> str:
    found = outcome.findings
    return outcome.failure or "; ".join([*found.lost, *found.doubled, *found.foreign, *found.differing][:3])
