"""Examples proposed for what no example shows: found by trying, their results worked out by the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from services.scoring.core.card import Card
from services.scoring.core.coverage_aim import whole_card
from services.scoring.core.coverage_mark import Mark
from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_wish import Base, Wish
from shared.contracts.scoring import ScorecardSummary
from shared.kernel.errors import DomainError
from shared.kernel.exact import exact_text
from shared.ruleset.document import Example, ExampleAnswer, ExampleUnits, Expectation, RuleSet, Text

__all__ = ["PROPOSED", "Proposal", "example_yaml", "propose"]

PROPOSED = "proposed-"  # how the id of an example begins that nobody has confirmed yet
_MOST_TRIES = 60
_EXPECT_ALL = Expectation(points=Fraction(0), fired=(), level="x")  # while trying, everything counts as checked


@dataclass(frozen=True, slots=True)
class Proposal:
    """An example to paste, and the keys of what it shows that no example shows."""

    example: Example
    shows: tuple[str, ...]

    @property
    def yaml(self) -> str:
        """The example as it stands in a file below `examples:`."""
        return example_yaml(self.example)


def propose(
    rule_set: RuleSet, tried: Sequence[Tried], lacking: Sequence[Mark]
) -> tuple[tuple[Proposal, ...], Mapping[str, str]]:
    """Proposed examples, and for each key that lacks the id of the one that shows it."""
    if not lacking:
        return (), {}
    return _Proposing(rule_set, tried).all_of(lacking)


class _Proposing:
    """Proposals for one rule set, all on one base: the fullest of its examples, or one made up."""

    def __init__(self, rule_set: RuleSet, tried: Sequence[Tried]) -> None:
        self.rule_set = rule_set
        self.names = {example.id for example in rule_set.examples}
        self.proposals: list[Proposal] = []
        known = _fullest(tried)
        self.base = _made_up(rule_set) if known is None else Base(rule_set, _checking_all(known.example))
        self.is_made_up = known is None

    def all_of(self, lacking: Sequence[Mark]) -> tuple[tuple[Proposal, ...], Mapping[str, str]]:
        """Go through what lacks; what an earlier proposal shows as well needs none of its own."""
        shown: dict[str, str] = {}
        if self.is_made_up:
            self._add(lacking, self.base.tried, Wish(), None, shown)
        for mark in lacking:
            if mark.key not in shown:
                self._propose(mark, lacking, shown)
        return tuple(self.proposals), shown

    def _propose(self, mark: Mark, lacking: Sequence[Mark], shown: dict[str, str]) -> None:
        for wish in islice(_distinct(mark.ways(self.base)), _MOST_TRIES):
            try:
                found = self.base.tries(wish)
                Card.of(found.verified, self.rule_set)  # the production path takes these answers too
            except (DomainError, ValueError):
                continue
            if mark.holds(found):
                self._add(lacking, found, wish, mark, shown)
                return

    def _add(self, lacking: Sequence[Mark], found: Tried, wish: Wish, mark: Mark | None, shown: dict[str, str]) -> None:
        keys = tuple(each.key for each in lacking if each.key not in shown and each.holds(found))
        codes = dict.fromkeys(each.criterion for each in lacking if each.key in keys and each.criterion)
        example = _example(self._name(mark), mark, found, list(codes))
        if not self.is_made_up or mark is not None:
            example = _extending(example, self.base, wish)
        self.proposals.append(Proposal(example, keys))
        shown.update(dict.fromkeys(keys, example.id))

    def _name(self, mark: Mark | None) -> str:
        words = "base" if mark is None else _slug(mark)
        name, number = f"{PROPOSED}{words}", 2
        while name in self.names:
            name = f"{PROPOSED}{words}-{number}"
            number += 1
        self.names.add(name)
        return name


def _fullest(tried: Sequence[Tried]) -> Tried | None:
    """The example with most criteria scored and most points, of those without anything out of the ordinary."""
    plain = [one for one in tried if _is_plain(one.example)]
    return max(plain, key=_fullness, default=None)


def _is_plain(example: Example) -> bool:
    return not (example.missing or example.days_late or example.evidence_missing or example.rejected)


def _fullness(tried: Tried) -> tuple[int, int, Fraction]:
    scored = sum(one.state == "value" for one in tried.summary.criteria)
    return scored, -len(tried.fired), tried.summary.points


def _made_up(rule_set: RuleSet) -> Base:
    empty = Example(id=f"{PROPOSED}base", title=Text(vi="Đề xuất"), expect=_EXPECT_ALL)
    base = Base(rule_set, empty)
    return Base(rule_set, base.wished(whole_card(base)))


def _checking_all(example: Example) -> Example:
    return example.model_copy(update={"expect": _EXPECT_ALL})


def _distinct(wishes: Iterator[Wish]) -> Iterator[Wish]:
    seen: list[Wish] = []
    for wish in wishes:
        if wish not in seen:
            seen.append(wish)
            yield wish


# --- the example itself ------------------------------------------------------------------------------------------


def _example(name: str, mark: Mark | None, found: Tried, codes: Sequence[str]) -> Example:
    vi, en = ("ví dụ gốc", "the example that others extend") if mark is None else (mark.vi, mark.en)
    title = Text(vi=f"ĐỀ XUẤT, chưa kiểm tay: {vi}", en=f"PROPOSED, not confirmed by hand: {en}")
    return found.example.model_copy(
        update={"id": name, "title": title, "extends": None, "expect": _expected(found.summary, codes)}
    )


def _expected(summary: ScorecardSummary, codes: Sequence[str]) -> Expectation:
    points = {one.code: one.points for one in summary.criteria}
    return Expectation(
        points=summary.points,
        maximum=summary.maximum,
        index=summary.index,
        level=summary.level,
        fired=tuple(one.rule for one in summary.fired),
        criteria={code: points[code] for code in codes},
        excluded=summary.excluded,
    )


def _extending(example: Example, base: Base, wish: Wish) -> Example:
    """Only what the base does not say already."""
    own = base.example
    return example.model_copy(
        update={
            "extends": own.id,
            "answers": {name: said for name, said in wish.answers.items() if own.answers.get(name) != said},
            "group_best": {name: best for name, best in wish.group_best.items() if own.group_best.get(name) != best},
            "evidence_missing": wish.evidence_missing,
            "rejected": wish.rejected,
            "days_late": wish.days_late,
            "missing": wish.missing,
        }
    )


def _slug(mark: Mark) -> str:
    path = re.sub(r"sections\[\d+\]\.criteria\[\d+\]", f"c-{mark.criterion}", mark.key)
    words = re.sub(r"[^a-z0-9]+", "-", path.lower().replace("method", "").replace("_", "-")).strip("-")
    return re.sub(r"-+", "-", words)[: 60 - len(PROPOSED)].strip("-")


def example_yaml(example: Example) -> str:
    """The example as YAML, indented to stand below `examples:`."""
    lines = [f"- id: {example.id}", f"  title: {_flow(_texts(example.title))}"]
    if example.extends is not None:
        lines.append(f"  extends: {example.extends}")
    if example.answers:
        lines += ["  answers:", *(f"    {name}: {_answer(said)}" for name, said in example.answers.items())]
    if example.group_best:
        lines.append(f"  group_best: {_flow(example.group_best)}")
    for name, codes in (("evidence_missing", example.evidence_missing), ("rejected", example.rejected)):
        if codes:
            lines.append(f"  {name}: [{', '.join(map(_scalar, codes))}]")
    if example.days_late:
        lines.append(f"  days_late: {example.days_late}")
    if example.missing:
        lines.append("  missing: true")
    lines += ["  expect:", *(f"    {name}: {value}" for name, value in _expectations(example.expect))]
    return "".join(f"  {line}\n" for line in lines)


def _texts(text: Text) -> dict[str, str]:
    return {name: words for name, words in (("vi", text.vi), ("en", text.en)) if words}


def _expectations(expect: Expectation) -> Iterator[tuple[str, str]]:
    for name, number in (("points", expect.points), ("maximum", expect.maximum), ("index", expect.index)):
        if number is not None:
            yield name, _scalar(number)
    if expect.level is not None:
        yield "level", expect.level
    if expect.fired is not None:
        yield "fired", f"[{', '.join(expect.fired)}]"
    if expect.criteria:
        yield "criteria", _flow(expect.criteria)
    if expect.excluded:
        yield "excluded", "true"


def _answer(said: bool | Fraction | ExampleAnswer | ExampleUnits | str) -> str:
    if isinstance(said, ExampleUnits):
        units = ", ".join(f"{_scalar(unit)}: {_answer(value)}" for unit, value in said.units.items())
        return f"{{ units: {{ {units} }} }}"
    return f"{{ state: {said.state} }}" if isinstance(said, ExampleAnswer) else _scalar(said)


def _flow(pairs: Mapping[str, str] | Mapping[str, Fraction]) -> str:
    return f"{{ {', '.join(f'{_scalar_key(name)}: {_scalar(value)}' for name, value in pairs.items())} }}"


def _scalar_key(name: str) -> str:
    return (
        name if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in ("null", "true", "false") else json.dumps(name)
    )


def _scalar(value: bool | Fraction | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        text = exact_text(value)
        return f'"{text}"' if "/" in text or len(text) > 38 else text
    return json.dumps(value, ensure_ascii=False)
