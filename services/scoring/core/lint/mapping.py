"""The mapping from the version before: shapes of entries, and with that version at hand, that nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.lint.finding import Finding
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.structure import doubles
from shared.ruleset.document import Mapping, MappingEntry, RuleSet
from shared.ruleset.places import join

__all__ = ["check_mapping"]

_MANY = 10**6
# kind: fewest and most codes before, fewest and most after, in words (vi, en)
_SHAPES = {
    "kept": (1, 1, 1, 1, "một mã trước và cùng mã đó sau", "one code before and the same after"),
    "renamed": (1, 1, 1, 1, "một mã trước và một mã khác sau", "one code before and another after"),
    "split": (1, 1, 2, _MANY, "một mã trước và từ hai mã sau", "one code before and two or more after"),
    "merged": (2, _MANY, 1, 1, "từ hai mã trước và một mã sau", "two or more codes before and one after"),
    "dropped": (1, _MANY, 0, 0, "mã trước, không có mã sau", "codes before and none after"),
    "new": (0, 0, 1, _MANY, "mã sau, không có mã trước", "codes after and none before"),
}


def check_mapping(scope: Scope) -> Iterator[Finding]:
    """All findings about the mapping; without `previous` only what the document alone can tell."""
    mapping, previous = scope.rule_set.mapping, scope.previous
    if mapping is not None:
        yield from _entries(scope, mapping)
        if previous is not None and mapping.version != previous.version:
            yield scope.find(
                "mapping.other_version", "mapping.version", version=mapping.version, previous=previous.version
            )
    if previous is not None:
        yield from _against(scope, mapping or Mapping(version=previous.version), previous)


def _entries(scope: Scope, mapping: Mapping) -> Iterator[Finding]:
    for index, entry in enumerate(mapping.entries):
        path = join("mapping.entries", index)
        if not _is_shaped(entry):
            *_, vi, en = _SHAPES[entry.kind]
            yield scope.find("mapping.shape", path, kind=entry.kind, expected_vi=vi, expected_en=en)
        for position, code in enumerate(entry.after):
            if code not in scope.criteria:
                spot = join(path, "after", position)
                yield scope.find("mapping.unknown_after", spot, name=code, known=scope.criteria)
    for side in ("before", "after"):
        yield from doubles(scope, "mapping.duplicate", _codes(mapping, side))
    after = {code for _, code in _codes(mapping, "after")}
    for index, entry in enumerate(mapping.entries):
        for position, code in enumerate(entry.before):
            if entry.kind == "dropped" and code in scope.criteria and code not in after:
                path = join("mapping.entries", index, "before", position)
                yield scope.find("mapping.still_there", path, name=code)


def _is_shaped(entry: MappingEntry) -> bool:
    fewest_before, most_before, fewest_after, most_after, *_ = _SHAPES[entry.kind]
    counts = fewest_before <= len(entry.before) <= most_before and fewest_after <= len(entry.after) <= most_after
    if entry.kind in ("kept", "renamed"):
        return counts and (entry.before == entry.after) == (entry.kind == "kept")
    return counts


def _codes(mapping: Mapping, side: str) -> Iterator[tuple[str, str]]:
    for index, entry in enumerate(mapping.entries):
        for position, code in enumerate(entry.before if side == "before" else entry.after):
            yield join("mapping.entries", index, side, position), code


def _against(scope: Scope, mapping: Mapping, previous: RuleSet) -> Iterator[Finding]:
    if previous.id != scope.rule_set.id:
        yield scope.find("mapping.other_set", "id", previous=previous.id, id=scope.rule_set.id)
    old = {criterion.code for criterion in previous.criteria()}
    before = list(_codes(mapping, "before"))
    for path, code in before:
        if code not in old:
            yield scope.find("mapping.unknown_before", path, name=code, known=old)
    mentioned = {code for _, code in before}
    for criterion in previous.criteria():
        if criterion.code not in scope.criteria and criterion.code not in mentioned:
            yield scope.find("mapping.vanished", "mapping", name=criterion.code)
    named = {code for _, code in _codes(mapping, "after")}
    for path, _, criterion in scope.each_criterion():
        if criterion.code not in old and criterion.code not in named:
            yield scope.find("mapping.appeared", join(path, "code"), name=criterion.code)
