"""What an amendment may change: a later version of the same set, with the Decision's points as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from services.scoring.core.lint.finding import Finding, shown
from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import Criterion, Input, RuleSet
from shared.ruleset.places import join

__all__ = ["amended", "check_previous", "is_other", "version_order"]

# What neither points nor ranks come from: changing only these needs no other example.
_BESIDES: Any = {
    **dict.fromkeys(("format", "id", "version", "title", "stage", "legal_basis", "mapping", "examples"), True),
    "sections": {
        "__all__": {"title": True, "criteria": {"__all__": {"code", "title", "article", "message", "verifier"}}}
    },
}


def version_order(version: str) -> tuple[int, ...]:
    """What versions are ordered by: 2021.10 comes after 2021.9, and 2021 is 2021.0."""
    parts = [int(part) for part in version.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def check_previous(scope: Scope) -> Iterator[Finding]:
    """All findings about what was amended, apart from the mapping (mapping.py)."""
    previous = scope.previous
    if previous is None:
        return
    rule_set = scope.rule_set
    if previous.id != rule_set.id:
        yield scope.find("mapping.other_set", "id", previous=previous.id, id=rule_set.id)
        return  # the rest would compare things that have nothing to do with each other
    if version_order(rule_set.version) <= version_order(previous.version):
        yield scope.find("version.not_newer", "version", version=rule_set.version, previous=previous.version)
    for name in ("programme", "group"):
        was, now = getattr(previous, name), getattr(rule_set, name)
        if was != now:
            yield scope.find("amendment.other_table", name, previous=was, now=now)
    if rule_set.stage.last_year < previous.stage.last_year:
        last, before = rule_set.stage.last_year, previous.stage.last_year
        yield scope.find("amendment.stage_shrinks", "stage.last_year", last=last, before=before)
    yield from _sections(scope, previous)
    yield from _inputs(scope, previous)
    yield from _examples(scope, previous)


def _sections(scope: Scope, previous: RuleSet) -> Iterator[Finding]:
    """The Decision's points change only by another decision, which is named in the legal basis."""
    known = {(basis.number, basis.issued_on) for basis in previous.legal_basis}
    if any((basis.number, basis.issued_on) not in known for basis in scope.rule_set.legal_basis):
        return
    paths = {section.code: path for path, section in reversed(list(scope.each_section()))}
    for section in previous.sections:
        if section.origin != "decision":
            continue
        now = scope.sections.get(section.code)
        before = shown(section.maximum)
        if now is None:
            yield scope.find("amendment.section_gone", "sections", name=section.code, before=before)
        elif now.maximum != section.maximum:
            spot = join(paths[section.code], "maximum")
            yield scope.find(
                "amendment.section_points", spot, name=section.code, before=before, value=shown(now.maximum)
            )


def _inputs(scope: Scope, previous: RuleSet) -> Iterator[Finding]:
    """An input that keeps its name keeps its type, or what was answered could not be read any more."""
    before = previous.inputs()
    for path, _, item in scope.each_input():
        was = before.get(item.id)
        if was is not None and _shape(was) != _shape(item):
            yield scope.find("amendment.input_retyped", join(path, "type"), name=item.id, was=was.type, type=item.type)


def _shape(item: Input) -> tuple[str, bool]:
    return item.type, item.per_unit


def _examples(scope: Scope, previous: RuleSet) -> Iterator[Finding]:
    """Something that decides points was changed, and no example shows it."""
    if _decides(scope.rule_set) == _decides(previous):
        return
    before = {example.model_dump_json() for example in previous.examples}
    if not any(example.model_dump_json() not in before for example in scope.rule_set.examples):
        yield scope.find("amendment.no_example", "examples" if scope.rule_set.examples else "")


def _decides(rule_set: RuleSet) -> dict[str, Any]:
    return rule_set.model_dump(exclude=_BESIDES, mode="json")


def is_other(before: Criterion, after: Criterion) -> bool:
    """Whether a criterion that kept its code is another one: another title, and nothing asked that was asked before."""
    titles = [" ".join(one.title.vi.casefold().split()) for one in (before, after)]
    asked = [{item.id for item in one.inputs} for one in (before, after)]
    return titles[0] != titles[1] and bool(asked[0] and asked[1]) and not asked[0] & asked[1]


def amended(rule_set: RuleSet, known: Iterable[RuleSet]) -> RuleSet | None:
    """The version that a rule set amends: the one that its mapping names, else the newest of those before it."""
    before = [
        one for one in known if one.id == rule_set.id and version_order(one.version) < version_order(rule_set.version)
    ]
    named = [one for one in before if rule_set.mapping is not None and one.version == rule_set.mapping.version]
    return max(named or before, key=lambda one: version_order(one.version), default=None)
