"""The mapping from the version before: shapes of entries, and with that version at hand, that nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator

from services.scoring.core.lint.finding import Finding
from services.scoring.core.lint.previous import is_other, version_order
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.structure import doubles
from shared.ruleset.document import Criterion, Mapping, MappingEntry, RuleSet
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
        if version_order(mapping.version) >= version_order(scope.rule_set.version):
            version = scope.rule_set.version
            yield scope.find("mapping.not_before", "mapping.version", version=mapping.version, own=version)
    if previous is None or previous.id != scope.rule_set.id:
        return
    if mapping is not None and mapping.version != previous.version:
        yield scope.find("mapping.other_version", "mapping.version", version=mapping.version, previous=previous.version)
        return  # of which version its codes are is anybody's guess
    yield from _against(scope, mapping, previous)


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


def _against(scope: Scope, mapping: Mapping | None, previous: RuleSet) -> Iterator[Finding]:
    old = {criterion.code: criterion for criterion in previous.criteria()}
    vanished, appeared = _unnamed(scope, mapping, old)
    if mapping is None and (vanished or appeared):
        entries = [*(_entry("dropped", code) for code in vanished), *(_entry("new", code) for code in appeared)]
        yield scope.find("mapping.missing", "version", previous=previous.version, entries=", ".join(entries))
        return
    for path, code in _codes(mapping, "before") if mapping is not None else ():
        if code not in old:
            yield scope.find("mapping.unknown_before", path, name=code, known=old)
    for code in vanished:
        yield scope.find("mapping.vanished", "mapping.entries", name=code, entry=_likely(scope, old[code], appeared))
    titles = {_title(old[code]) for code in vanished}
    for code, path in appeared.items():
        if _title(scope.criteria[code]) not in titles:  # renamed, which is said above
            yield scope.find("mapping.appeared", join(path, "code"), name=code, entry=_entry("new", code))
    named = {code for side in ("before", "after") for _, code in (_codes(mapping, side) if mapping is not None else ())}
    for path, _, criterion in scope.each_criterion():
        was = old.get(criterion.code)
        if was is not None and criterion.code not in named and is_other(was, criterion):
            yield scope.find("mapping.replaced", path, name=criterion.code, before=was.title.vi[:60])


def _unnamed(
    scope: Scope, mapping: Mapping | None, old: dict[str, Criterion]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Codes that are gone, and codes that came with their paths, of which the mapping says nothing."""
    before = {code for _, code in _codes(mapping, "before")} if mapping is not None else set()
    after = {code for _, code in _codes(mapping, "after")} if mapping is not None else set()
    vanished = tuple(code for code in old if code not in scope.criteria and code not in before)
    came = {one.code: path for path, _, one in scope.each_criterion()}
    return vanished, {code: path for code, path in came.items() if code not in old and code not in after}


def _likely(scope: Scope, gone: Criterion, appeared: dict[str, str]) -> str:
    """The entry that a criterion that is gone probably needs: it has the title of one that came, or is dropped."""
    for code in appeared:
        if _title(scope.criteria[code]) == _title(gone):
            return _entry("renamed", gone.code, code)
    return _entry("dropped", gone.code)


def _entry(kind: str, code: str, after: str | None = None) -> str:
    """An entry as it is written in the document."""
    if kind == "new":
        return f"{{kind: new, after: ['{code}']}}"
    return f"{{kind: {kind}, before: ['{code}']" + (f", after: ['{after}']}}" if after is not None else "}")


def _title(criterion: Criterion) -> str:
    return " ".join(criterion.title.vi.casefold().split())
