"""Made-up answers of real agencies: the same for the same year, agency and rule set, whenever and wherever asked.

Nothing here is a statement about any agency. Each gets a made-up diligence from a hash of its name; every answer
follows from it and from what the rule set asks, within the bounds of the form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.common import Agency, Dispatch
from shared.kernel.exact import exact_text, show
from shared.ruleset.document import (
    BandsMethod,
    BestMethod,
    ChoiceMethod,
    CountMethod,
    Criterion,
    Input,
    Method,
    Quotient,
    RatioMethod,
    RelativeMethod,
    RuleSet,
    SumMethod,
    YesNoMethod,
)

__all__ = ["ExampleYear", "answers", "example_agencies", "example_year", "read_bytes", "rule_set_path"]

_SERVICE_SECTION = "3"


@dataclass(frozen=True)
class ExampleYear:
    """Who takes part, and what happens in one example year beside the ordinary; agencies by id."""

    year: int
    agencies: tuple[Agency, ...]
    rule_sets: tuple[str, ...]
    dispatch: Dispatch
    decision_number: str
    decision_date: date
    late: Mapping[str, int]
    missing: frozenset[str]
    amended: frozenset[str]
    returned: frozenset[str]
    over_kafka: frozenset[str]
    incident: frozenset[str]
    newly_established: frozenset[str]
    no_services: frozenset[str]

    @property
    def campaign(self) -> str:
        """The campaign's id."""
        return str(self.year)

    def among(self, ids: Collection[str]) -> ExampleYear:
        """The same year with these agencies only."""
        return replace(
            self,
            agencies=tuple(agency for agency in self.agencies if agency.id in ids),
            late={agency: days for agency, days in self.late.items() if agency in ids},
            missing=self.missing & frozenset(ids),
            amended=self.amended & frozenset(ids),
            returned=self.returned & frozenset(ids),
        )


def example_agencies() -> tuple[Agency, ...]:
    """The register of the worked example (domain.md)."""
    return tuple(Agency.model_validate(raw) for raw in _read("agencies.yaml"))


def example_year(year: int) -> ExampleYear:
    """The plan of a year. Raises `KeyError` for a year the example does not have."""
    raw = _read("year.yaml")[year]
    names = ("missing", "amended", "returned", "over_kafka", "incident", "newly_established", "no_services")
    return ExampleYear(
        year=year,
        agencies=example_agencies(),
        rule_sets=tuple(raw["rule_sets"]),
        dispatch=Dispatch.model_validate(raw["dispatch"]),
        decision_number=raw["decision"]["number"],
        decision_date=raw["decision"]["issued_on"],
        late=raw["late"],
        **{name: frozenset(raw[name]) for name in names},
    )


def answers(plan: ExampleYear, agency: str, rule_set: RuleSet, version: int = 1) -> dict[str, Any]:
    """`figures` and `evidence` as the platform would post them; a later version is a little better."""
    maker = _Maker(plan, agency, rule_set, version)
    return {"figures": maker.figures(), "evidence": maker.evidence()}


class _Maker:
    def __init__(self, plan: ExampleYear, agency: str, rule_set: RuleSet, version: int) -> None:
        self._plan = plan
        self._agency = agency
        self._rule_set = rule_set
        self._inputs = rule_set.inputs()
        base = 38 + self._roll("diligence", programme_matters=False) * 57 / 100
        growth = 3 * (plan.year - 2021) + 2 * (version - 1)
        self._diligence = min(Fraction(base) + growth, Fraction(97))

    def figures(self) -> dict[str, Any]:
        """Every input of the form, or the state "not applicable" where the agency has no such work."""
        values: dict[str, Any] = {}
        for criterion in self._rule_set.criteria():
            if self._not_applicable(criterion):
                values.update({item.id: {"state": "not_applicable"} for item in criterion.inputs})
        for criterion in self._rule_set.criteria():
            self._method(criterion.method, values)
        for item in self._inputs.values():
            if item.id not in values:
                values[item.id] = self._only_for_rules(item)
        return {name: values[name] for name in self._inputs}

    def evidence(self) -> dict[str, Any]:
        """One document for each criterion that wants one; now and then it is forgotten."""
        result: dict[str, Any] = {}
        for criterion in self._rule_set.criteria():
            if criterion.evidence.required and self._roll(f"evidence {criterion.code}") < 97:
                number = 10 + self._roll(f"number {criterion.code}")
                result[criterion.code] = [
                    {
                        "number": f"{number}/BC-{self._agency.upper()}",
                        "issued_on": f"{self._plan.year}-0{1 + number % 9}-1{number % 10}",
                        "title": f"(Ví dụ) {criterion.evidence.documents[0]}"[:300],
                    }
                ]
        return result

    def _roll(self, what: str, *, programme_matters: bool = True) -> int:
        """0..99, the same for ever; the year does not enter, so that agencies keep their character."""
        programme = self._rule_set.programme if programme_matters else ""
        text = f"{self._agency}|{programme}|{what}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % 100

    def _does_well(self, what: str) -> bool:
        return self._roll(what) < self._diligence

    def _share(self, what: str) -> Fraction:
        """A share between 0 and 1 about the agency's diligence."""
        swing = Fraction(self._roll(what) - 50, 2)
        return min(max((self._diligence + swing) / 100, Fraction(0)), Fraction(1))

    def _not_applicable(self, criterion: Criterion) -> bool:
        """Agencies without public services have no figures about them, where the form allows to say so."""
        section = criterion.code.split(".")[0]
        has_none = self._agency in self._plan.no_services and self._rule_set.programme == "it"
        return criterion.not_applicable == "allowed" and has_none and section == _SERVICE_SECTION

    def _method(self, method: Method, values: dict[str, Any]) -> None:
        if isinstance(method, RatioMethod):
            self._quotient(method.of, values)
        elif isinstance(method, BandsMethod):
            if isinstance(method.of, Quotient):
                self._quotient(method.of, values)
            else:
                top = max((row.at_least or row.above or Fraction(0) for row in method.rows), default=Fraction(1))
                self._figure(method.of, top * 6 / 5, values)
        elif isinstance(method, CountMethod):
            self._figure(method.input, Fraction(6), values)
        elif isinstance(method, RelativeMethod):
            if isinstance(method.input, Quotient):
                self._quotient(method.input, values)
            else:
                self._figure(method.input, Fraction(5000), values)
        elif isinstance(method, ChoiceMethod):
            ranked = sorted(method.points, key=lambda option: (method.points[option], option))
            place = min(int(self._share(method.input) * len(ranked)), len(ranked) - 1)
            values.setdefault(method.input, ranked[place])
        elif isinstance(method, SumMethod | BestMethod):
            for part in method.parts if isinstance(method, SumMethod) else method.cases:
                self._method(part.method, values)
        elif isinstance(method, YesNoMethod):
            values.setdefault(method.input, self._does_well(method.input))

    def _quotient(self, quotient: Quotient, values: dict[str, Any]) -> None:
        """A whole of some size, and of it as large a part as the agency is diligent."""
        if quotient.denominator is None:
            self._figure(quotient.numerator, quotient.whole or Fraction(1), values)
            return
        size = Fraction(24 + self._roll(quotient.denominator))
        self._put(quotient.denominator, size, values)
        whole = values[quotient.denominator]
        if isinstance(whole, dict):
            return
        part = Fraction(str(whole)) * min(self._share(quotient.numerator) + Fraction(1, 8), Fraction(1))
        self._put(quotient.numerator, part, values)

    def _figure(self, name: str, scale: Fraction, values: dict[str, Any]) -> None:
        self._put(name, scale * self._share(name), values)

    def _put(self, name: str, amount: Fraction, values: dict[str, Any]) -> None:
        item = self._inputs[name]
        if name in values:
            return
        if item.type == "boolean":
            values[name] = self._does_well(name)
            return
        lowest, highest = item.minimum or Fraction(0), item.maximum if item.maximum is not None else amount
        bounded = min(max(amount, lowest), highest)
        if item.type == "integer":
            values[name] = int(bounded)
        else:
            values[name] = exact_text(Fraction(show(bounded, 2)))

    def _only_for_rules(self, item: Input) -> Any:
        """Figures that no criterion scores: incidents and the like, which befall only whom the plan names."""
        struck = self._agency in self._plan.incident and self._rule_set.programme == "it"
        new = self._agency in self._plan.newly_established and self._rule_set.programme == "it"
        if item.type == "text":
            return f"(Ví dụ) {self._agency}"
        if item.type == "boolean":
            if item.id == "serious_security_incident":
                return struck
            if item.id in ("newly_established", "reorganised"):
                return new
            return item.id == "dms_in_use"
        if item.type == "choice":
            return item.options[0].id
        if item.id == "subordinate_units":
            return self._roll(item.id) % 6
        return int(item.minimum or 0)


def _read(name: str) -> Any:
    return yaml.safe_load(files("deploy.example").joinpath(name).read_text(encoding="utf-8"))


def rule_set_path(name: str) -> str:
    """Where a rule-set file of the project lies."""
    return str(files("services.scoring").joinpath("rulesets", name))


def read_bytes(path: str) -> bytes:
    """A rule-set file as it lies there."""
    return Path(path).read_bytes()
