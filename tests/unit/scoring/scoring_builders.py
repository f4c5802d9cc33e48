"""Small rule sets and verified submissions: valid by default, override what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from shared.contracts.common import Answer, Answers, CriterionFinding, Evidence, SubmissionKey
from shared.contracts.verification import VerifiedSubmission
from shared.kernel.exact import exact_text
from shared.ruleset.document import RuleSet

__all__ = ["a_criterion", "a_rule", "a_rule_set", "a_section", "a_submission", "an_input", "answered", "rejected"]

AT = datetime(2021, 11, 1, tzinfo=UTC)
LEVELS = {
    "index": [("tot", "0.8"), ("kha", "0.65"), ("trung_binh", "0.5"), ("yeu", "0")],
    "total": [("tot", "80"), ("kha", "65"), ("trung_binh", "50"), ("yeu", "0")],
}


def an_input(id: str, type: str = "integer", **more: Any) -> dict[str, Any]:
    """An input; a choice gets its options from `options=("a", "b")`."""
    options = [{"id": option, "title": {"vi": option}} for option in more.pop("options", ())]
    return {"id": id, "title": {"vi": f"Số liệu {id}"}, "type": type, "options": options, **more}


def a_criterion(
    code: str, method: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]], maximum: object = 10, **more: Any
) -> dict[str, Any]:
    """A criterion with a method given as plain data."""
    return {
        "code": code,
        "title": {"vi": f"Tiêu chí {code}"},
        "maximum": maximum,
        "method": method,
        "inputs": list(inputs),
        "data_source": "Phiếu khảo sát",
        "verifier": "Sở TT&TT",
        "origin": "illustrative",
        **more,
    }


def a_section(code: str, *criteria: Mapping[str, Any]) -> dict[str, Any]:
    """A section whose maximum is the sum of its criteria's."""
    maximum = sum((Fraction(str(one["maximum"])) for one in criteria), Fraction(0))
    return {"code": code, "title": {"vi": f"Hạng mục {code}"}, "maximum": exact_text(maximum), "criteria": criteria}


def a_rule(id: str, when: Mapping[str, Any], *then: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A rule with its effects."""
    return {
        "id": id,
        "title": {"vi": f"Quy tắc {id}"},
        "when": when,
        "then": list(then) or [{"effect": "flag", "flag": id.replace("-", "_")}],
        "message": {"vi": f"Áp dụng quy tắc {id}"},
        **more,
    }


def a_rule_set(
    *sections: Mapping[str, Any], rules: Sequence[Mapping[str, Any]] = (), form: str = "index", **more: Any
) -> RuleSet:
    """A rule set with the levels of the programme's form."""
    return RuleSet.model_validate(
        {
            "format": "xephang.ruleset/1",
            "id": "thu-nghiem",
            "version": "1",
            "title": {"vi": "Bộ tiêu chí thử nghiệm"},
            "programme": "it" if form == "index" else "portal",
            "group": "province",
            "stage": {"first_year": 2021, "last_year": 2025},
            "legal_basis": [
                {"number": "2294/QĐ-UBND", "issued_on": "2020-11-17", "issuer": "UBND tỉnh", "title": "Quyết định"}
            ],
            "result": {
                "form": form,
                "levels": [{"id": id, "title": {"vi": id}, "at_least": least} for id, least in LEVELS[form]],
            },
            "sections": list(sections),
            "rules": list(rules),
            **more,
        }
    )


def answered(value: object) -> Answer:
    """An answer: a value, or one of the states by name with a leading `!`."""
    if isinstance(value, Answer):
        return value
    if isinstance(value, str) and value.startswith("!"):
        return Answer.model_validate({"state": value[1:]})
    if isinstance(value, Fraction):
        return Answer(state="value", value=exact_text(value))
    return Answer.model_validate({"state": "value", "value": value})


def rejected(code: str) -> CriterionFinding:
    """A finding that rejects a criterion."""
    return CriterionFinding(criterion=code, finding="rejected", reason="Không đúng", verifier="an.nv", found_at=AT)


def adjusted(code: str, **values: object) -> CriterionFinding:
    """A finding that adjusts inputs of a criterion."""
    return CriterionFinding(
        criterion=code,
        finding="adjusted",
        reason="Theo tài liệu",
        adjusted={name: answered(value) for name, value in values.items()},
        verifier="an.nv",
        found_at=AT,
    )


def a_submission(
    rule_set: RuleSet,
    answers: Mapping[str, object] | None = None,
    *,
    findings: Sequence[CriterionFinding] = (),
    without_evidence: Sequence[str] | None = None,
    days_late: int = 0,
    missing: bool = False,
    agency: str = "so-y-te",
) -> VerifiedSubmission:
    """A verified submission; every criterion has evidence unless named in `without_evidence`."""
    lacking = set(without_evidence or ())
    shown = (Evidence(number="12/KH", title="Kế hoạch"),)
    return VerifiedSubmission(
        key=SubmissionKey(campaign="2021", programme=rule_set.programme, agency=agency),
        group=rule_set.group,
        rule_set=rule_set.ref(),
        revision=1,
        basis="missing" if missing else "answered",
        submission_number=0 if missing else 1,
        days_late=days_late,
        answers=Answers(
            figures={name: answered(value) for name, value in (answers or {}).items()},
            evidence={one.code: shown for one in rule_set.criteria() if one.code not in lacking},
        ),
        findings=tuple(findings),
    )
