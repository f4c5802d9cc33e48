"""One cause, one finding: follow-ups are left out, a misspelling is told once, all in the order of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from services.scoring.core.lint.finding import Finding
from shared.ruleset.document import RuleSet
from shared.ruleset.places import Places, parent

__all__ = ["by_place", "one_each"]

# Findings of the same kind about the same name have one cause: the name is misspelled, wherever it is written or here.
_OF_NAMES: Mapping[str, str] = {
    "method.unknown_input": "input",
    "example.unknown_input": "input",
    "fact.unknown": "fact",
    "derived.never_derived": "derived",
    "example.unknown_criterion": "criterion",
    "effect.unknown_criterion": "criterion",
    "example.unknown_rule": "rule",
    "example.unknown_level": "level",
    "effect.unknown_section": "section",
    "example.unknown_option": "option",
    "choice.unknown_option": "option",
    "by.unknown_case": "option",
    "comparison.value_unfit": "option",
    "unit.quotient": "quotient",
    "method.input_type": "type",
}
# These have one cause wherever they are: a rule that is missing, say.
_ALL_ALIKE = {"evidence.no_effect"}
# Who misspelled a name is not told as well that the right one is unused; who gave an input the wrong type, not that the
# examples' values do not fit it.
_FOLLOW_UPS: Sequence[tuple[str, str]] = (
    ("input", "input.unused"),
    ("derived", "derived.never_used"),
    ("option", "choice.option_without_points"),
    ("option", "by.case_missing"),
    ("type", "example.value_type"),
)


def one_each(found: Iterable[Finding]) -> list[Finding]:
    """Findings that have causes of their own, in the order they came; one of several tells how many more there are."""
    findings = list(dict.fromkeys(found))
    explained = {_explains(finding) for finding in findings}
    kept: dict[object, Finding] = {}
    more: dict[object, int] = {}
    for finding in findings:
        if any((cause, finding.about) in explained and finding.code == code for cause, code in _FOLLOW_UPS):
            continue
        key = _cause(finding)
        if key in kept:
            more[key] = more.get(key, 0) + 1
        else:
            kept[key] = finding
    return [_with_more(finding, more.get(key, 0)) for key, finding in kept.items()]


def _explains(finding: Finding) -> tuple[str, str]:
    """Of what a finding is the reason: that the name it means seems to be unused, say."""
    cause = _OF_NAMES.get(finding.code, "")
    name = finding.about if cause == "type" else finding.meant
    if cause == "fact":
        space, _, rest = name.partition(".")
        return ("input", rest) if space in ("input", "state") else (cause, name)
    return cause, name


def _cause(finding: Finding) -> object:
    if finding.code in _ALL_ALIKE:
        return finding.code
    kind = _OF_NAMES.get(finding.code)
    if kind is None or not finding.about:
        return finding
    name = finding.about
    if kind == "fact" and name.partition(".")[0] in ("input", "state"):
        kind, name = "input", name.partition(".")[2]
    return kind, name


def _with_more(finding: Finding, count: int) -> Finding:
    if not count:
        return finding
    vi, en = f"{finding.vi} (Còn {count} chỗ khác cũng vậy.)", f"{finding.en} (So in {count} more places.)"
    return replace(finding, vi=vi, en=en)


# --- in the order of the document --------------------------------------------------------------------------------


def by_place(places: Places) -> Callable[[Finding], tuple[bool, tuple[int, ...], str]]:
    """A sort key: errors before warnings, each in the order in which the document is read."""
    lines = {path: index for index, path in enumerate(places.labels)}
    fields = {name: index for index, name in enumerate(RuleSet.model_fields)}

    def key(finding: Finding) -> tuple[bool, tuple[int, ...], str]:
        return finding.severity != "error", _spot(finding.path, lines, fields), finding.code

    return key


def _spot(path: str, lines: Mapping[str, int], fields: Mapping[str, int]) -> tuple[int, ...]:
    around = path
    while around and around not in lines:
        around = parent(around)
    if around:
        return (lines[around],)
    numbers = [int(step) for step in path.replace("]", "[").split("[")[1::2] if step.isdigit()]
    first = path.partition(".")[0].partition("[")[0]
    return (fields.get(first, -1), *numbers)
