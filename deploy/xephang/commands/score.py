"""`xephang score`: a scorecard worked out from two files, without any platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.xephang.commands.documents import Document, read_document
from deploy.xephang.commands.lint_files import examine
from deploy.xephang.commands.options import AsJson
from deploy.xephang.commands.outcome import examples, say, say_json
from shared.kernel.errors import Fault, Invalid
from shared.kernel.exact import parse_exact

if TYPE_CHECKING:
    from services.scoring.core.proof import Proof
    from shared.contracts.common import Answers, CriterionFinding
    from shared.contracts.verification import VerifiedSubmission
    from shared.ruleset.document import RuleSet

__all__ = ["proof_of_files", "register"]

_OWN = ("figures", "evidence", "days_late", "rejected", "group_best", "missing")
_NAMES = ("campaign", "programme", "agency")  # so that a submission can be scored as it is
_FOUND_AT = datetime(2000, 1, 1, tzinfo=UTC)


def register(app: typer.Typer) -> None:
    """Add the command."""
    ruleset = "services/scoring/rulesets/it-province/2021.1.yaml"
    app.command(
        "score",
        epilog=examples(
            f"xephang score --ruleset {ruleset} --answers phieu.yaml",
            f"xephang score --ruleset {ruleset} --answers phieu.json --json",
        ),
    )(score)


def score(
    ruleset: Annotated[Path, typer.Option(help="Tệp bộ tiêu chí (the rule set).")],
    answers: Annotated[
        Path, typer.Option(help="Tệp số liệu: figures, evidence, days_late, rejected, group_best, missing.")
    ],
    as_json: AsJson = False,
) -> None:
    """Chấm điểm thử một phiếu, kèm diễn giải từng điểm; không cần nền tảng (offline)."""
    from services.scoring.core.proof import render_text

    made = proof_of_files(ruleset, answers)
    if as_json:
        say_json(made.model_dump(mode="json"))
    else:
        say(render_text(made).rstrip("\n"))


def proof_of_files(ruleset: Path, answers: Path) -> Proof:
    """The proof of a scorecard worked out from two files. Raises `Invalid`."""
    from services.scoring.adapters.durable_engine import DurableEngine
    from services.scoring.core.proof import proof
    from services.scoring.scorer import Scorer

    engine = DurableEngine()
    examined = examine(ruleset, engine)
    if examined.rule_set is None:
        raise Invalid("Bộ tiêu chí có lỗi", "the rule set has errors", examined.errors, "ruleset.refused")
    rule_set = examined.rule_set
    document = read_document(answers)
    verified = _verified(document, rule_set)
    best = _group_best(document, rule_set)
    card = Scorer(engine).score(rule_set, [verified], best)[0]
    return proof(rule_set, verified, card, best, "chấm thử")


def _verified(document: Document, rule_set: RuleSet) -> VerifiedSubmission:
    """The file as a verified submission: what it does not reject counts as accepted. Raises `Invalid`."""
    from shared.contracts.common import SubmissionKey
    from shared.contracts.verification import VerifiedSubmission

    faults = [*_unknown(document.data), *_wrong(document.data, rule_set)]
    answers, more = _answers(document.data, rule_set)
    if answers is None or faults:
        placed = document.placed([*faults, *more])
        raise Invalid("Phiếu không chấm được", "the answers cannot be scored", placed, "answers.invalid")
    missing = document.data.get("missing") is True
    return VerifiedSubmission(
        key=SubmissionKey(campaign="offline", programme=rule_set.programme, agency="offline"),
        group=rule_set.group,
        rule_set=rule_set.ref(),
        revision=1,
        basis="missing" if missing else "answered",
        submission_number=0 if missing else 1,
        days_late=document.data.get("days_late", 0),
        answers=answers,
        findings=tuple(_rejection(code) for code in document.data.get("rejected", [])),
    )


def _answers(data: dict[str, Any], rule_set: RuleSet) -> tuple[Answers | None, list[Fault]]:
    from services.intake.core.form import check_answers

    figures, evidence = data.get("figures", {}), data.get("evidence", {})
    if not isinstance(figures, dict) or not isinstance(evidence, dict):
        return None, [_fault("answers.shape", "", "figures và evidence là bảng theo mã", "figures, evidence: mappings")]
    return check_answers(rule_set, figures, evidence)


def _rejection(code: str) -> CriterionFinding:
    from shared.contracts.common import CriterionFinding

    return CriterionFinding(
        criterion=code, finding="rejected", reason="Chấm thử", verifier="offline", found_at=_FOUND_AT
    )


def _unknown(data: dict[str, Any]) -> Iterator[Fault]:
    for name in data:
        if name not in (*_OWN, *_NAMES):
            known = ", ".join(_OWN)
            yield _fault("answers.unknown", name, f"không có mục này; có: {known}", f"unknown; there are {known}")


def _wrong(data: dict[str, Any], rule_set: RuleSet) -> Iterator[Fault]:
    days = data.get("days_late", 0)
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        yield _fault("answers.days_late", "days_late", "cần số ngày nguyên, từ 0", "whole days, from 0")
    if not isinstance(data.get("missing", False), bool):
        yield _fault("answers.missing", "missing", "cần true hoặc false", "true or false")
    codes = {criterion.code for criterion in rule_set.criteria()}
    rejected = data.get("rejected", [])
    if not isinstance(rejected, list):
        yield _fault("answers.rejected", "rejected", "cần danh sách mã tiêu chí", "a list of criterion codes")
        return
    for index, code in enumerate(rejected):
        if not isinstance(code, str) or code not in codes:
            yield _fault("answers.rejected", f"rejected[{index}]", f"không có tiêu chí {code!r}", f"no {code!r}")


def _group_best(document: Document, rule_set: RuleSet) -> dict[str, Fraction] | None:
    """The highest values of the group; without them criteria that compare with the best stay pending."""
    given = document.data.get("group_best")
    if given is None:
        return None
    from shared.ruleset.uses import best_keys

    faults: list[Fault] = []
    best: dict[str, Fraction] = {}
    known = {*rule_set.inputs(), *(key for one in rule_set.criteria() for key in best_keys(one.method))}
    for name, value in given.items() if isinstance(given, dict) else [("", given)]:
        place = f"group_best.{name}" if name else "group_best"
        try:
            best[name] = parse_exact(value)
        except ValueError as error:
            faults.append(_fault("answers.group_best", place, "cần một số chính xác", str(error)))
        if name not in known:
            faults.append(_fault("answers.group_best", place, f"không có số liệu {name!r}", f"no input {name!r}"))
    if faults:
        placed = document.placed(faults)
        raise Invalid("Phiếu không chấm được", "the answers cannot be scored", placed, "answers.invalid")
    return best


def _fault(code: str, place: str, vi: str, en: str) -> Fault:
    return Fault(code, place, vi, en, "sửa mục này trong tệp số liệu", "correct it in the answers file")
