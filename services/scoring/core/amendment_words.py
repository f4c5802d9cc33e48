"""A rule set's parts in the department's words: one line for each thing that can change on its own."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from fractions import Fraction

from shared.ruleset.document import Criterion, EvidenceRequirement, Input, Method, Result, Rule, RuleSet
from shared.ruleset.words import number, points_words
from shared.ruleset.words_methods import Scoring, scoring
from shared.ruleset.words_rules import RuleWords, asked_if_words, evidence_share_words

__all__ = ["Words", "subject_of"]

_TYPES = {
    "boolean": "có / không",
    "integer": "số nguyên",
    "decimal": "số thập phân",
    "choice": "chọn một",
    "text": "văn bản",
}


class _Any:
    """Every id is known."""

    def __contains__(self, name: object) -> bool:
        return True


_ANY: Container[str] = _Any()


def subject_of(criterion: Criterion) -> str:
    """A criterion as the subject of a change."""
    return f"tiêu chí {criterion.code} ({criterion.title.vi})"


class Words:
    """Words for the parts of one version, which knows the titles of its inputs and options."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._inputs: Mapping[str, Input] = rule_set.inputs()
        self._rules = RuleWords(rule_set)

    def criterion(self, criterion: Criterion) -> Iterator[str]:
        """All of a criterion: how it is scored, what is asked, what must be shown."""
        yield from self.method(criterion.method, criterion.maximum)
        for item in criterion.inputs:
            yield from (f"số liệu: {line}" for line in self.input(item))
        yield from (f"tài liệu kiểm chứng: {line}" for line in self.evidence(criterion.evidence))
        yield from self.asked(criterion)

    def method(self, method: Method, maximum: Fraction) -> Iterator[str]:
        """How a criterion is scored, line by line; what is inside a part stands with the part's title."""
        yield from _scored(scoring(method, maximum, self._inputs), "")

    def rule(self, rule: Rule) -> Iterator[str]:
        """When a rule applies and what it does, line by line."""
        yield f"tên: {rule.title.vi}"
        yield self._rules.condition(rule)
        yield from (f"thì {line}" for line in self._rules.effects(rule))
        yield f"giải thích: {rule.message.vi}"

    def input(self, item: Input, known: Container[str] = _ANY) -> Iterator[str]:
        """What is asked, line by line; ids that are not `known` to the other version are named."""
        bounds = [("từ", item.minimum), ("đến", item.maximum)]
        parts = [_TYPES[item.type], *([item.unit] if item.unit else [])]
        parts += [f"{word} {number(end)}" for word, end in bounds if end is not None]
        parts += ["từng đơn vị trực thuộc"] if item.per_unit else []
        yield f"“{item.title.vi}” ({', '.join(parts)}){_id(item.id, known)}"
        for option in item.options:
            yield f"lựa chọn “{option.title.vi}”{_id(f'{item.id}.{option.id}', known)}"

    def evidence(self, evidence: EvidenceRequirement) -> Iterator[str]:
        """What must be shown, line by line."""
        yield "bắt buộc" if evidence.required else "không bắt buộc"
        yield from evidence.documents
        share = evidence_share_words(evidence)
        if share:
            yield share

    def asked(self, criterion: Criterion) -> Iterator[str]:
        """Of whom it is asked, and what else stands beside it, line by line."""
        if criterion.asked_if is not None:
            yield asked_if_words(criterion.asked_if, self._inputs)
        if criterion.bonus:
            yield "điểm thưởng: không tính vào điểm tối đa"
        if criterion.not_applicable == "allowed":
            yield "cơ quan được trả lời “không áp dụng”"
        yield f"nguồn số liệu: {criterion.data_source}"
        yield f"đơn vị thẩm tra: {criterion.verifier}"
        if criterion.article is not None:
            yield f"căn cứ: {criterion.article}"
        if criterion.message is not None:
            yield f"giải thích: {criterion.message.vi}"

    def result(self, result: Result) -> Iterator[str]:
        """How the result is formed, level by level."""
        yield "xếp mức theo chỉ số" if result.form == "index" else "xếp mức theo tổng điểm"
        yield from (f"{level.title.vi}: từ {number(level.at_least)}" for level in result.levels)
        yield from self._rules.result(result)
        yield from self._rules.ties(result)


def _id(name: str, known: Container[str]) -> str:
    return "" if name in known else f" [mã {name.rpartition('.')[2]}]"


def _scored(made: Scoring, title: str) -> Iterator[str]:
    yield f"{title}{made.says}"
    yield from (f"{title}{row.case}: {points_words(row.points)}" for row in made.rows)
    yield from (f"{title}{note}" for note in made.notes)
    for inner in made.inside:
        yield from _scored(inner.scoring, f"{title}“{inner.title}” (tối đa {points_words(inner.maximum)}): ")
