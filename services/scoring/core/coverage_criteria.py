"""What examples ought to show of criteria: each scored, and in each answer state that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from services.scoring.core.coverage_aim import aim, asked
from services.scoring.core.coverage_facts import ways_to, wishes_of
from services.scoring.core.coverage_mark import Kind, Mark
from services.scoring.core.coverage_methods import method_marks
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_wish import NOT_APPLICABLE, NOT_REPORTED, Base, Wish, together
from services.scoring.core.reference_points import State
from shared.ruleset.document import AskedIf, Criterion, EvidenceRequirement, InformationMethod, RuleSet, Section
from shared.ruleset.places import join
from shared.ruleset.uses import used_inputs

__all__ = ["criterion_marks"]

Holds = Callable[[Tried], bool]
Asks = Callable[[Base], Iterable[Wish]]


def criterion_marks(rule_set: RuleSet) -> Iterator[Mark]:
    """The marks of all criteria and of their methods; one that is not scored needs none."""
    inputs = rule_set.inputs()
    for position, section in enumerate(rule_set.sections):
        for index, criterion in enumerate(section.criteria):
            path = join("sections", position, "criteria", index)
            if isinstance(criterion.method, InformationMethod) or criterion.maximum == 0:
                continue
            yield _scored(criterion, path)
            yield from _states(criterion, path)
            yield from _evidence(criterion, criterion.evidence, path)
            if criterion.asked_if is not None:
                yield _not_asked(criterion, criterion.asked_if, path)
            yield from method_marks(criterion, path, inputs)
        yield from _bonus(section, join("sections", position))


def _mark(criterion: Criterion, path: str, kind: Kind, name: str, words: tuple[str, str], h: Holds, w: Asks) -> Mark:
    code = criterion.code
    return Mark(
        key=f"{path}:{name}",
        kind=kind,
        path=path,
        vi=f"tiêu chí {code}: {words[0]}",
        en=f"criterion {code}: {words[1]}",
        holds=lambda tried: tried.checks_points(code) and h(tried),
        wishes=lambda base: (asked(criterion, base) | wish for wish in w(base)),
        criterion=code,
    )


def _scored(criterion: Criterion, path: str) -> Mark:
    code = criterion.code
    return _mark(
        criterion,
        path,
        "criterion",
        "scored",
        ("được chấm có điểm", "is given points"),
        lambda tried: tried.scored[code].state == "value" and tried.scored[code].points > 0,
        lambda base: (aim(criterion.method, criterion.maximum, base, high=True),),
    )


def _states(criterion: Criterion, path: str) -> Iterator[Mark]:
    names = used_inputs(criterion.method)
    own = tuple(item.id for item in criterion.inputs)  # others may be asked where "not applicable" is refused

    def shown(state: State, words: tuple[str, str], asks: Asks) -> Mark:
        def holds(tried: Tried) -> bool:
            return tried.scored[criterion.code].state == state and not tried.missing

        return _mark(criterion, path, "state", state, words, holds, asks)

    yield shown(
        "not_reported",
        ("chưa báo cáo", "not reported"),
        lambda base: (base.saying(dict.fromkeys(names, NOT_REPORTED)),),
    )
    yield shown(
        "rejected",
        ("bị bác khi thẩm tra", "rejected by verification"),
        lambda base: (Wish(rejected=(criterion.code,)),),
    )
    if criterion.not_applicable == "allowed":
        yield shown(
            "not_applicable",
            ("không áp dụng", "not applicable"),
            lambda base: (base.saying(dict.fromkeys(said, NOT_APPLICABLE)) for said in (names, own)),
        )


def _evidence(criterion: Criterion, evidence: EvidenceRequirement, path: str) -> Iterator[Mark]:
    """A share that counts without evidence is seen where something was earned."""
    if not evidence.required or evidence.without is None:
        return

    def holds(tried: Tried) -> bool:
        given = tried.verified.answers.evidence.get(criterion.code)
        if given or tried.missing or tried.scored[criterion.code].state != "value":
            return False
        return tried.method_points(criterion, criterion.method, criterion.maximum) > 0

    yield _mark(
        criterion,
        path,
        "state",
        "without-evidence",
        ("không có tài liệu kiểm chứng", "without its evidence"),
        holds,
        lambda base: (Wish(evidence_missing=(criterion.code,)),),
    )


def _not_asked(criterion: Criterion, asked_if: AskedIf, path: str) -> Mark:
    def holds(tried: Tried) -> bool:
        known = tried.scored[criterion.code].state not in ("rejected", "not_reported")
        return known and not tried.missing and not tried.holds(asked_if.when, None)

    return _mark(
        criterion,
        f"{path}.asked_if",
        "state",
        "not-asked",
        ("không thuộc diện phải trả lời", "not asked"),
        holds,
        lambda base: wishes_of(ways_to(asked_if.when, False), base, None),
    )


def _bonus(section: Section, path: str) -> Iterator[Mark]:
    """Bonus points do not raise a section above its maximum."""
    bonus = [criterion for criterion in section.criteria if criterion.bonus]
    if not bonus:
        return

    def holds(tried: Tried) -> bool:
        own = [tried.scored[criterion.code] for criterion in section.criteria]
        return sum((one.points for one in own), Fraction(0)) > sum((one.maximum for one in own), Fraction(0))

    yield Mark(
        key=f"{path}:bonus-cut",
        kind="boundary",
        path=path,
        vi=f"hạng mục {section.code}: điểm thưởng vượt điểm tối đa của hạng mục",
        en=f"section {section.code}: bonus points beyond the section's maximum",
        holds=lambda tried: tried.checks_points(bonus[0].code) and holds(tried),
        wishes=lambda base: (
            together(asked(one, base) | aim(one.method, one.maximum, base, high=True) for one in section.criteria),
        ),
        criterion=bonus[0].code,
    )
