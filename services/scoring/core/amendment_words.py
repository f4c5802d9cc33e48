"""A rule set's parts in the department's words: one line for each thing that can change on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from shared.kernel.exact import exact_text, vietnamese
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    Band,
    BandsMethod,
    BestMethod,
    CapSection,
    ChoiceMethod,
    Comparison,
    Condition,
    CountMethod,
    Deduct,
    Derive,
    Effect,
    EvidenceRequirement,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    InformationMethod,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
    Result,
    Rule,
    RuleSet,
    SumMethod,
    YesNoMethod,
    ZeroCriterion,
    ZeroSection,
)

__all__ = ["Words", "number"]

_FACTS = {
    "submission.days_late": "số ngày trả lời chậm",
    "submission.missing": "cơ quan không trả lời",
    "criterion.evidence_required": "tiêu chí bắt buộc có tài liệu kiểm chứng",
    "criterion.evidence_missing": "thiếu tài liệu kiểm chứng bắt buộc",
    "criterion.state": "trạng thái của tiêu chí",
    "criterion.scored": "tiêu chí có tính điểm",
}
_STATES = {
    "value": "có số liệu",
    "not_applicable": "không áp dụng",
    "not_reported": "chưa báo cáo",
    "rejected": "bị bác khi thẩm tra",
}
_SIGNS = {"is_": "=", "is_not": "≠", "at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}
_ZERO_CASES = {"zero": "0 điểm", "full": "điểm tối đa", "not_applicable": "không áp dụng"}
_TYPES = {
    "boolean": "có / không",
    "integer": "số nguyên",
    "decimal": "số thập phân",
    "choice": "chọn một",
    "text": "văn bản",
}


def number(value: Fraction) -> str:
    """As Vietnamese documents write numbers: a comma before the decimals."""
    return vietnamese(exact_text(value))


class Words:
    """Words for the parts of one version, which knows the titles of its inputs and options."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._inputs: Mapping[str, Input] = rule_set.inputs()

    # --- methods ---

    def method(self, method: Method) -> Iterator[str]:
        """How a criterion is scored, line by line."""
        match method:
            case YesNoMethod(input=name, yes=yes, no=no):
                given = "điểm tối đa" if yes is None else f"{number(yes)} điểm"
                yield f"{self._title(name)}: có được {given}, không được {number(no)} điểm"
            case RatioMethod(of=quotient):
                yield f"{self._quotient(quotient)} × điểm tối đa"
            case BandsMethod(of=of, rows=rows):
                name = self._quotient(of) if isinstance(of, Quotient) else self._title(of)
                yield f"đo bằng {name}"
                yield from (f"{_interval(row)}: {number(row.points)} điểm" for row in rows)
            case CountMethod(input=name, unit_points=points):
                yield f"mỗi {self._title(name)} được {number(points)} điểm, không quá điểm tối đa"
            case ChoiceMethod(input=name, points=table):
                yield from (f"{self._option(name, option)}: {number(points)} điểm" for option, points in table.items())
            case RelativeMethod(input=name):
                yield f"{self._title(name)} so với cơ quan cao nhất trong nhóm × điểm tối đa"
            case InformationMethod():
                yield "không tính điểm"
            case SumMethod(parts=parts):
                for part in parts:
                    yield from self._part(f"cộng «{part.title.vi}»", part.maximum, part.method)
            case BestMethod(cases=cases):
                for part in cases:
                    yield from self._part(f"trường hợp «{part.title.vi}»", part.maximum, part.method)

    def _part(self, title: str, maximum: Fraction, method: Method) -> Iterator[str]:
        yield f"{title} tối đa {number(maximum)} điểm"
        yield from (f"{title}: {line}" for line in self.method(method))

    def _quotient(self, quotient: Quotient) -> str:
        if quotient.denominator is None:
            whole = "?" if quotient.whole is None else number(quotient.whole)
            return f"{self._title(quotient.numerator)} / {whole}"
        zero = _ZERO_CASES[quotient.zero_denominator]
        return f"{self._title(quotient.numerator)} / {self._title(quotient.denominator)} (mẫu số 0: {zero})"

    def _title(self, name: str) -> str:
        item = self._inputs.get(name)
        return f"«{item.title.vi}»" if item is not None else f"`{name}`"

    def _option(self, name: str, option: str) -> str:
        item = self._inputs.get(name)
        titles = {each.id: each.title.vi for each in item.options} if item is not None else {}
        return f"«{titles.get(option, option)}»"

    # --- rules ---

    def rule(self, rule: Rule) -> Iterator[str]:
        """When a rule fires and what it does, line by line."""
        each = "xét từng tiêu chí, " if rule.for_each else ""
        yield f"tên: {rule.title.vi}"
        yield f"{each}khi {self._condition(rule.when)}"
        yield from (f"thì {self._effect(effect)}" for effect in rule.then)
        yield f"giải thích: {rule.message.vi}"

    def _condition(self, condition: Condition) -> str:
        match condition:
            case Comparison():
                return self._comparison(condition)
            case AllOf(all=parts):
                return _joined(" và ", parts, self._condition)
            case AnyOf(any=parts):
                return _joined(" hoặc ", parts, self._condition)
            case _:
                return f"không phải ({self._condition(condition.not_)})"

    def _comparison(self, comparison: Comparison) -> str:
        parts = []
        for name, sign in _SIGNS.items():
            value = getattr(comparison, name)
            if value is not None:
                parts.append(f"{self._fact(comparison.fact)} {sign} {self._value(comparison.fact, value)}")
        return " và ".join(parts)

    def _fact(self, fact: str) -> str:
        space, _, name = fact.partition(".")
        if space == "input":
            return self._title(name)
        if space == "state":
            return f"trạng thái của {self._title(name)}"
        return _FACTS.get(fact, fact)

    def _value(self, fact: str, value: bool | Fraction | str) -> str:
        if isinstance(value, bool):
            return "có" if value else "không"
        if isinstance(value, Fraction):
            return number(value)
        space, _, name = fact.partition(".")
        return self._option(name, value) if space == "input" else _STATES.get(value, value)

    def _effect(self, effect: Effect) -> str:
        match effect:
            case Derive(fact=fact):
                return f"suy ra {fact} = {self._value(fact, effect.stated)}"
            case Deduct():
                return self._deduct(effect)
            case CapSection(section=section, at_most=most):
                return f"hạng mục {section} tính không quá {number(most)} điểm"
            case ZeroSection(section=section):
                return f"hạng mục {section} tính 0 điểm"
            case ZeroCriterion(criterion=code):
                return f"{_criterion(code)} tính 0 điểm"
            case ExcludeCriterion(criterion=code):
                return f"không xét {_criterion(code)}"
            case ExcludeFromRanking():
                return "không xếp hạng"
            case Flag(flag=flag):
                return f"đánh dấu `{flag}`"

    def _deduct(self, effect: Deduct) -> str:
        times = f" × {self._fact(effect.times)}" if effect.times else ""
        place = "tổng điểm" if effect.from_ == "total" else f"hạng mục {effect.from_}"
        most = f", tối đa {number(effect.at_most)} điểm" if effect.at_most is not None else ""
        return f"trừ {number(effect.points)} điểm{times} vào {place}{most}"

    # --- inputs, evidence, levels ---

    def input(self, item: Input) -> Iterator[str]:
        """What is asked, line by line."""
        bounds = [("từ", item.minimum), ("đến", item.maximum)]
        parts = [_TYPES[item.type], *([item.unit] if item.unit else [])]
        parts += [f"{word} {number(end)}" for word, end in bounds if end is not None]
        yield f"«{item.title.vi}» ({', '.join(parts)})"
        yield from (f"lựa chọn «{option.title.vi}»" for option in item.options)

    def evidence(self, evidence: EvidenceRequirement) -> Iterator[str]:
        """What must be shown, line by line."""
        yield "bắt buộc" if evidence.required else "không bắt buộc"
        yield from evidence.documents

    def result(self, result: Result) -> Iterator[str]:
        """How the result is formed, level by level."""
        yield "xếp mức theo chỉ số" if result.form == "index" else "xếp mức theo tổng điểm"
        yield from (f"{level.title.vi}: từ {number(level.at_least)}" for level in result.levels)


def _interval(row: Band) -> str:
    ends = [f"{_SIGNS[name]} {number(end)}" for name in list(_SIGNS)[2:] if (end := getattr(row, name)) is not None]
    return " và ".join(ends) or "bất kỳ"


def _criterion(code: str) -> str:
    return "tiêu chí đó" if code == "this" else f"tiêu chí {code}"


def _joined(word: str, parts: tuple[Condition, ...], render: Callable[[Condition], str]) -> str:
    texts = [render(part) for part in parts]
    return texts[0] if len(texts) == 1 else f"({word.join(texts)})"
