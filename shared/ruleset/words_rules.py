"""What cuts across criteria, in plain Vietnamese: conditions, effects, tie-breakers, how the result is formed.

Nobody outside the department knows the ids of rules, facts and flags: they are said by their titles.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.kernel.exact import exact_text, vietnamese
from shared.ruleset.document import (
    AllOf,
    AnyOf,
    AskedIf,
    CapSection,
    Comparison,
    Condition,
    Criterion,
    Deduct,
    Derive,
    Effect,
    EvidenceRequirement,
    ExcludeCriterion,
    ExcludeFromRanking,
    Flag,
    Input,
    Level,
    Not,
    Result,
    Rule,
    RuleSet,
    TieBreaker,
    ZeroCriterion,
    ZeroSection,
)
from shared.ruleset.words import (
    STATES,
    Inputs,
    answer_words,
    interval_words,
    number,
    percent,
    points_words,
    title_words,
)

__all__ = ["RuleWords", "asked_if_words", "evidence_share_words", "level_words"]

_YES = {
    "submission.missing": "đơn vị không gửi phiếu trả lời",
    "criterion.evidence_required": "tiêu chí bắt buộc có tài liệu kiểm chứng",
    "criterion.evidence_missing": "tiêu chí thiếu tài liệu kiểm chứng bắt buộc",
    "criterion.scored": "tiêu chí có chấm điểm",
}
_LATE = "submission.days_late"
_OTHERWISE = {"not_applicable": "không áp dụng (không tính vào điểm và điểm tối đa)", "zero": "0 điểm"}


def asked_if_words(asked: AskedIf, inputs: Inputs) -> str:
    """Of whom a criterion is asked, and what it is for the others."""
    return f"Chỉ trả lời nếu {_condition(asked.when, inputs, {})}; trường hợp khác: {_OTHERWISE[asked.otherwise]}"


def evidence_share_words(evidence: EvidenceRequirement) -> str:
    """What counts of the points where required evidence is missing; empty where the rules alone say it."""
    if not evidence.required or evidence.without is None:
        return ""
    if evidence.without == 0:
        return "thiếu tài liệu kiểm chứng bắt buộc: 0 điểm"
    return f"thiếu tài liệu kiểm chứng bắt buộc: chỉ tính {percent(evidence.without)} số điểm đạt được"


class RuleWords:
    """Words for the rules and the result of one rule set, which knows its titles."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._inputs: Inputs = rule_set.inputs()
        self._sections = {section.code: section.title.vi for section in rule_set.sections}
        self._criteria: dict[str, Criterion] = {one.code: one for one in rule_set.criteria()}
        self._derived: dict[str, list[str]] = {}
        for rule in rule_set.rules:
            for effect in rule.then:
                if isinstance(effect, Derive):
                    self._derived.setdefault(effect.fact, []).append(f"“{rule.title.vi}”")

    def condition(self, rule: Rule) -> str:
        """When a rule applies."""
        each = "Với từng tiêu chí: " if rule.for_each else ""
        return f"{each}khi {_condition(rule.when, self._inputs, self._derived)}"

    def effects(self, rule: Rule) -> tuple[str, ...]:
        """What a rule does, one line for each effect."""
        return tuple(self.effect(effect) for effect in rule.then)

    def effect(self, effect: Effect) -> str:
        """What one effect does."""
        match effect:
            case Deduct():
                return self._deduct(effect)
            case CapSection(section=section, at_most=at_most):
                return f"{self.section(section)} tính không quá {points_words(at_most)}"
            case ZeroCriterion(criterion=criterion):
                return f"{self.criterion(criterion)} được 0 điểm"
            case ZeroSection(section=section):
                return f"{self.section(section)} được 0 điểm"
            case ExcludeCriterion(criterion=criterion):
                return f"{self.criterion(criterion)} không tính vào điểm và điểm tối đa"
            case ExcludeFromRanking():
                return "vẫn chấm điểm nhưng không xếp hạng"
            case Flag():
                return "ghi chú vào phiếu điểm, không ảnh hưởng điểm"
            case Derive():
                return "làm căn cứ cho quy tắc khác"

    def section(self, code: str) -> str:
        """A section by code and title."""
        return f"hạng mục {code} “{self._sections[code]}”" if code in self._sections else f"hạng mục {code}"

    def criterion(self, code: str) -> str:
        """A criterion by code and title."""
        if code == "this":
            return "tiêu chí đó"
        found = self._criteria.get(code)
        return f"tiêu chí {code} “{found.title.vi}”" if found is not None else f"tiêu chí {code}"

    def _deduct(self, effect: Deduct) -> str:
        times = f" × {_counted(effect.times, self._inputs, self._derived)}" if effect.times else ""
        where = "tổng điểm" if effect.from_ == "total" else f"điểm {self.section(effect.from_)}"
        most = f", không quá {points_words(effect.at_most)}" if effect.at_most is not None else ""
        return f"trừ {points_words(effect.points)}{times} vào {where}{most}"

    # --- the result ---

    def result(self, result: Result) -> Iterator[str]:
        """How the whole is formed, line by line."""
        yield (
            "Điểm của cơ quan là tổng điểm các hạng mục, trừ điểm bị trừ; điểm tối đa chỉ gồm các tiêu chí áp dụng cho"
            " cơ quan đó."
        )
        if result.mean is None and result.form == "index":
            yield "Chỉ số = điểm / điểm tối đa áp dụng, từ 0 đến 1."
        elif result.mean is not None:
            yield self._mean(result.mean)
        display = result.display
        half = "làm tròn nửa lên" if display.rounding == "half_up" else "làm tròn nửa về số chẵn"
        yield (
            "Mức độ và thứ hạng xét trên giá trị chính xác. Chỉ làm tròn khi hiển thị: điểm"
            f" {display.points_places} chữ số, chỉ số {display.index_places} chữ số sau dấu phẩy ({half})."
        )

    def _mean(self, mean: str) -> str:
        kind = "bình quân cộng" if mean == "arithmetic" else "bình quân nhân"
        return (
            f"Chỉ số = {kind} có trọng số của tỷ lệ điểm / điểm tối đa áp dụng của từng hạng mục; hạng mục không áp"
            " dụng không tính. Điểm trừ vào tổng làm giảm chỉ số theo tỷ lệ trên điểm tối đa áp dụng."
        )

    def ties(self, result: Result) -> Iterator[str]:
        """What happens with equal values."""
        for place, breaker in enumerate(result.tie_breakers, start=1):
            yield f"Bằng nhau thì xét ({place}) {self.tie_breaker(breaker)}."
        still = "Vẫn bằng nhau" if result.tie_breakers else "Bằng nhau"
        yield f"{still} trên giá trị chính xác thì đồng hạng; hạng kế tiếp được bỏ qua (1, 2, 2, 4)."

    def tie_breaker(self, breaker: TieBreaker) -> str:
        """What decides between equal values."""
        kind, _, code = breaker.of.partition(".")
        what = {"points": "tổng điểm", "index": "chỉ số"}.get(kind)
        if what is None:
            what = f"điểm {self.section(code) if kind == 'section' else self.criterion(code)}"
        return f"{what}, {'cao' if breaker.first == 'highest' else 'thấp'} hơn xếp trên"


def level_words(level: Level, above: Level | None, form: str) -> str:
    """The interval of a level: from its threshold to below the one above it."""
    unit = "" if form == "index" else " điểm"
    least = vietnamese(exact_text(level.at_least))
    if above is None:
        return f"từ {least}{unit} trở lên"
    return f"từ {least} đến dưới {vietnamese(exact_text(above.at_least))}{unit}"


def _condition(condition: Condition, inputs: Inputs, derived: dict[str, list[str]]) -> str:
    match condition:
        case Comparison():
            return _comparison(condition, inputs, derived)
        case AllOf(all=parts):
            return _joined(" và ", parts, inputs, derived)
        case AnyOf(any=parts):
            return _joined(" hoặc ", parts, inputs, derived)
        case Not(not_=inner):
            return f"không phải ({_condition(inner, inputs, derived)})"


def _joined(word: str, parts: tuple[Condition, ...], inputs: Inputs, derived: dict[str, list[str]]) -> str:
    nested = [
        f"({text})" if len(parts) > 1 and isinstance(part, AllOf | AnyOf) else text
        for part in parts
        for text in [_condition(part, inputs, derived)]
    ]
    return word.join(nested)


def _comparison(comparison: Comparison, inputs: Inputs, derived: dict[str, list[str]]) -> str:
    fact = comparison.fact
    kind, _, name = fact.partition(".")
    value = comparison.is_ if comparison.is_ is not None else comparison.is_not
    if value is None:
        return _interval(comparison, inputs, derived)
    negated = comparison.is_ is None
    if kind == "state" or fact == "criterion.state":
        what = title_words(inputs, name) if kind == "state" else "tiêu chí"
        state = STATES.get(str(value), str(value))
        return f"{what} không ở trạng thái “{state}”" if negated else f"{what} {state}"
    if isinstance(value, bool) and (fact in _YES or kind == "derived"):
        words = _YES[fact] if fact in _YES else _fact(fact, inputs, derived)
        return words if value is not negated else f"không phải {words}"
    return f"{_fact(fact, inputs, derived)} {'không là' if negated else 'là'} “{answer_words(value, inputs.get(name))}”"


def _interval(comparison: Comparison, inputs: Inputs, derived: dict[str, list[str]]) -> str:
    fact = comparison.fact
    kind, _, name = fact.partition(".")
    if fact == _LATE:
        return f"gửi phiếu muộn {interval_words(comparison, number, 'ngày')}"
    item: Input | None = inputs.get(name) if kind == "input" else None
    return f"{_fact(fact, inputs, derived)} {interval_words(comparison, number, item.unit if item else None)}"


def _fact(fact: str, inputs: Inputs, derived: dict[str, list[str]]) -> str:
    kind, _, name = fact.partition(".")
    if kind in ("input", "state"):
        return title_words(inputs, name)
    if kind == "derived":
        return f"đã có kết luận {' hoặc '.join(derived.get(fact, ['của quy tắc khác']))}"
    return _YES.get(fact, fact)


def _counted(fact: str, inputs: Inputs, derived: dict[str, list[str]]) -> str:
    """What a deduction is multiplied by."""
    if fact == _LATE:
        return "số ngày gửi phiếu muộn"
    return f"giá trị của {_fact(fact, inputs, derived)}"
