"""What an example would have to say to show something, on top of the example it starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from services.scoring.core.coverage_reading import Tried
from services.scoring.core.points import CompiledRuleSet
from shared.ruleset.document import Example, ExampleAnswer, ExampleUnits, Input

__all__ = ["NOTHING", "NOT_APPLICABLE", "NOT_REPORTED", "Base", "Said", "Wish", "together"]

Said = bool | Fraction | ExampleAnswer | str
NOT_REPORTED = ExampleAnswer(state="not_reported")
NOT_APPLICABLE = ExampleAnswer(state="not_applicable")
_UNIT = "Đơn vị"


@dataclass(frozen=True, slots=True)
class Wish:
    """Fields of an example, without those that stay as they are."""

    answers: Mapping[str, Said | ExampleUnits] = field(default_factory=dict)
    group_best: Mapping[str, Fraction] = field(default_factory=dict)
    evidence_missing: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    days_late: int = 0
    missing: bool = False

    def __or__(self, other: Wish) -> Wish:
        """Both; where they differ the other one counts."""
        return Wish(
            {**self.answers, **other.answers},
            {**self.group_best, **other.group_best},
            tuple(dict.fromkeys([*self.evidence_missing, *other.evidence_missing])),
            tuple(dict.fromkeys([*self.rejected, *other.rejected])),
            other.days_late or self.days_late,
            self.missing or other.missing,
        )


NOTHING = Wish()


def together(wishes: Iterable[Wish]) -> Wish:
    """All of them."""
    all_of_them = NOTHING
    for wish in wishes:
        all_of_them |= wish
    return all_of_them


class Base:
    """The example that proposals extend, resolved, and what it answers."""

    def __init__(self, compiled: CompiledRuleSet, example: Example) -> None:
        self.compiled = compiled
        self.rule_set = rule_set = compiled.rule_set
        self.example = example
        self.inputs: Mapping[str, Input] = rule_set.inputs()
        self.tried = Tried(compiled, example)

    def saying(self, answers: Mapping[str, Said]) -> Wish:
        """These answers; to a figure of sub-units, as the answer of its first unit."""
        return Wish({name: self._for_units(name, said) for name, said in answers.items()})

    def another_unit(self, names: Iterable[str], said: Said) -> Wish:
        """One sub-unit more, with this answer to these figures."""
        names = list(names)
        known = set(self.unit_names(names))
        new = next(name for number in range(1, len(known) + 2) if (name := f"{_UNIT} {number}") not in known)
        return Wish({name: ExampleUnits(units={**self._units(name), new: said}) for name in names})

    def said(self, name: str) -> Said | None:
        """The answer to an input; of sub-units, that of the first."""
        given = self.example.answers.get(name)
        if isinstance(given, ExampleUnits):
            return next(iter(given.units.values()), None)
        return given

    def number(self, name: str) -> Fraction | None:
        """The answer to an input if it is a number."""
        said = self.said(name)
        return said if isinstance(said, Fraction) else None

    def tries(self, wish: Wish) -> Tried:
        """This example with what is wished for, tried."""
        return Tried(self.compiled, self.wished(wish))

    def wished(self, wish: Wish) -> Example:
        """This example, resolved, with what is wished for."""
        one = self.example
        return one.model_copy(
            update={
                "answers": {**one.answers, **wish.answers},
                "group_best": {**one.group_best, **wish.group_best},
                "evidence_missing": tuple(dict.fromkeys([*one.evidence_missing, *wish.evidence_missing])),
                "rejected": tuple(dict.fromkeys([*one.rejected, *wish.rejected])),
                "days_late": wish.days_late or one.days_late,
                "missing": one.missing or wish.missing,
            }
        )

    def _for_units(self, name: str, said: Said) -> Said | ExampleUnits:
        item = self.inputs.get(name)
        if item is None or not item.per_unit:
            return said
        units = self._units(name)
        return ExampleUnits(units={**units, next(iter(units), f"{_UNIT} 1"): said})

    def unit_names(self, names: Iterable[str]) -> Iterator[str]:
        """The sub-units that the answers to these inputs name."""
        for name in names:
            yield from self._units(name)

    def _units(self, name: str) -> Mapping[str, Said]:
        given = self.example.answers.get(name)
        return given.units if isinstance(given, ExampleUnits) else {}
