"""What an amendment changes (sửa đổi, bổ sung): for the person who approves it, and for the notice to agencies.

Criteria are followed through the mapping, so that a criterion with a new code counts as renamed and not as one dropped
and one added. Whatever the documents say differently is told, in words where there are words for it, else by field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from services.scoring.core.amendment_leaves import leaf_lines, leaves
from services.scoring.core.amendment_model import Amendment, Change, Moved, Named, Noted, Renamed
from services.scoring.core.amendment_text import render_text
from services.scoring.core.amendment_words import Words, subject_of
from shared.ruleset.document import Criterion, Example, Rule, RuleSet, Section
from shared.ruleset.followed import Followed, Pairs, follow
from shared.ruleset.words import basis_words, points_words

__all__ = ["Amendment", "Change", "Moved", "Named", "Renamed", "amend", "render_text"]

_Part = TypeVar("_Part", Section, Rule, Example)
_SILENT = ("en", "id", "flag", "fact")  # what the words leave out: told by field beside them
_TOLD = {"code", "title", "maximum", "method", "inputs", "evidence"}  # of a criterion, elsewhere than in "changed"


def amend(old: RuleSet, new: RuleSet) -> Amendment:
    """What `new` changes of `old`; the mapping of `new` is followed if it starts from `old`."""
    followed = follow(old, new)
    before, after = Words(old), Words(new)
    pairs = followed.pairs
    return Amendment(
        rule_set=new.id,
        before=old.version,
        after=new.version,
        hash_before=old.content_hash(),
        hash_after=new.content_hash(),
        title=new.title.vi,
        years=(new.stage.first_year, new.stage.last_year),
        legal_basis=tuple(basis_words(basis) for basis in new.legal_basis),
        sections=tuple((section.code, section.title.vi) for section in new.sections),
        criteria=tuple((criterion.code, criterion.title.vi) for criterion in new.criteria()),
        notes=tuple(_notes(old, new)),
        set_changed=_changes([_Compared("", "bộ tiêu chí", _head(old), _head(new))]),
        sections_added=tuple(map(_section_named, _only(new.sections, old.sections))),
        sections_dropped=tuple(map(_section_named, _only(old.sections, new.sections))),
        sections_changed=_changes(_sections(old, new)),
        criteria_added=tuple(_named(one, after) for one in followed.added),
        criteria_dropped=tuple(_named(one, before) for one in followed.dropped),
        criteria_renamed=tuple(_renamed(followed, before, after)),
        points_moved=tuple(_moved(old, new, pairs)),
        thresholds_changed=_changes([_results(old, new, before, after), *_methods(pairs, before, after)]),
        inputs_changed=_changes(_inputs(pairs, before, after)),
        evidence_changed=_changes(_evidence(pairs, before, after)),
        criteria_changed=_changes(_rest(old, new, pairs, before, after)),
        rules_added=_rules_only(new, old, after),
        rules_dropped=_rules_only(old, new, before),
        rules_changed=_changes(_rules(old, new, before, after)),
        order_changed=tuple(_orders(old, new, pairs)),
        examples_changed=_changes(_examples(old, new)),
        mapping_changed=_changes(_mapping(old, new)),
    )


# --- comparing ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Compared:
    """One part of both versions: as data, and in words if there are words for it."""

    code: str
    subject: str
    before: Any
    after: Any
    words_before: Iterable[str] = ()
    words_after: Iterable[str] = ()


def _changes(compared: Iterable[_Compared]) -> tuple[Change, ...]:
    return tuple(change for each in compared if (change := _change(each)) is not None)


def _change(compared: _Compared) -> Change | None:
    """The lines that only one side has; where the words are the same, or silent on it, the fields that differ."""
    old, new = _plain(compared.before), _plain(compared.after)
    if old == new:
        return None  # a title that changed inside the words changed elsewhere
    was, now = tuple(compared.words_before), tuple(compared.words_after)
    told = (tuple(line for line in was if line not in now), tuple(line for line in now if line not in was))
    leaves_before, leaves_after = leaves(old), leaves(new)
    silent = leaf_lines(leaves_before, leaves_after, only=_SILENT if any(told) else ())
    before, after = told[0] + silent[0], told[1] + silent[1]
    if not before and not after:  # the same in every field and word: only the order of unnamed things differs
        before, after = ("thứ tự trước đây",), ("thứ tự mới",)
    return Change(compared.code, compared.subject, before, after)


def _plain(part: Any) -> Any:
    """Plain JSON, as hashed."""
    if isinstance(part, BaseModel):
        return part.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(part, tuple):
        return [_plain(each) for each in part]
    return part


def _only(mine: Sequence[_Part], others: Sequence[_Part]) -> Iterator[_Part]:
    known = {_name(other) for other in others}
    return (one for one in mine if _name(one) not in known)


def _kept(old: Sequence[_Part], new: Sequence[_Part]) -> Iterator[tuple[_Part, _Part]]:
    was = {_name(one): one for one in old}
    return ((was[_name(one)], one) for one in new if _name(one) in was)


def _name(part: Section | Rule | Example) -> str:
    return part.code if isinstance(part, Section) else part.id


# --- criteria ----------------------------------------------------------------------------------------------------


def _named(criterion: Criterion, words: Words) -> Named:
    return Named(criterion.code, criterion.title.vi, criterion.maximum, tuple(words.criterion(criterion)))


def _renamed(followed: Followed, before: Words, after: Words) -> Iterator[Renamed]:
    for old, new in followed.pairs:
        if (old.code, old.title.vi) != (new.code, new.title.vi):
            yield Renamed((old.code,), (new.code,), old.title.vi, new.title.vi)
    for olds, news in followed.regrouped:
        yield Renamed(
            tuple(one.code for one in olds),
            tuple(one.code for one in news),
            "; ".join(one.title.vi for one in olds),
            "; ".join(one.title.vi for one in news),
            tuple(_whole(olds, before)),
            tuple(_whole(news, after)),
        )


def _whole(criteria: Iterable[Criterion], words: Words) -> Iterator[str]:
    for criterion in criteria:
        yield f"{criterion.code}. {criterion.title.vi}: {points_words(criterion.maximum)}"
        yield from words.criterion(criterion)


def _moved(old: RuleSet, new: RuleSet, pairs: Pairs) -> Iterator[Moved]:
    for one, other in _kept(old.sections, new.sections):
        if one.maximum != other.maximum:
            yield Moved(other.code, one.maximum, other.maximum)
    for before, after in pairs:
        if before.maximum != after.maximum:
            yield Moved(after.code, before.maximum, after.maximum)


def _methods(pairs: Pairs, before: Words, after: Words) -> Iterator[_Compared]:
    for a, b in pairs:
        said = before.method(a.method, a.maximum), after.method(b.method, b.maximum)
        yield _Compared(b.code, subject_of(b), a.method, b.method, *said)


def _inputs(pairs: Pairs, before: Words, after: Words) -> Iterator[_Compared]:
    for a, b in pairs:
        was = [line for item in a.inputs for line in before.input(item, _ids(b))]
        now = [line for item in b.inputs for line in after.input(item, _ids(a))]
        yield _Compared(b.code, subject_of(b), a.inputs, b.inputs, was, now)


def _ids(criterion: Criterion) -> set[str]:
    """Ids of the inputs and (`input.option`) of their options."""
    options = {f"{item.id}.{option.id}" for item in criterion.inputs for option in item.options}
    return options | {item.id for item in criterion.inputs}


def _evidence(pairs: Pairs, before: Words, after: Words) -> Iterator[_Compared]:
    for a, b in pairs:
        said = before.evidence(a.evidence), after.evidence(b.evidence)
        yield _Compared(b.code, subject_of(b), a.evidence, b.evidence, *said)


def _rest(old: RuleSet, new: RuleSet, pairs: Pairs, before: Words, after: Words) -> Iterator[_Compared]:
    """What is left of a criterion: whom it is asked of, who verifies, its basis, the section it stands in."""
    was, now = _homes(old), _homes(new)
    for a, b in pairs:
        lines = list(before.asked(a)), list(after.asked(b))
        if was[a.code] != now[b.code] and a.code == b.code:
            lines[0].append(f"thuộc hạng mục {was[a.code]}")
            lines[1].append(f"thuộc hạng mục {now[b.code]}")
        homes = ({}, {}) if a.code != b.code else ({"section": was[a.code]}, {"section": now[b.code]})
        yield _Compared(b.code, subject_of(b), _left(a) | homes[0], _left(b) | homes[1], *lines)


def _left(criterion: Criterion) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(criterion)
    left = {name: value for name, value in plain.items() if name not in _TOLD}
    return left | {"title": {"en": plain["title"].get("en")}}


def _homes(rule_set: RuleSet) -> dict[str, str]:
    return {criterion.code: section.code for section in rule_set.sections for criterion in section.criteria}


# --- the rest of the document ------------------------------------------------------------------------------------


def _head(rule_set: RuleSet) -> dict[str, Any]:
    """What stands before the criteria; the result has words of its own."""
    told = {"version", "sections", "rules", "examples", "mapping", "result"}
    return {name: value for name, value in _plain(rule_set).items() if name not in told}


def _results(old: RuleSet, new: RuleSet, before: Words, after: Words) -> _Compared:
    return _Compared("", "mức độ", old.result, new.result, before.result(old.result), after.result(new.result))


def _section_named(section: Section) -> Named:
    return Named(section.code, section.title.vi, section.maximum)


def _sections(old: RuleSet, new: RuleSet) -> Iterator[_Compared]:
    for a, b in _kept(old.sections, new.sections):
        was, now = (
            {name: value for name, value in _plain(one).items() if name not in ("maximum", "criteria")}
            for one in (a, b)
        )
        yield _Compared(b.code, f"hạng mục {b.code} ({b.title.vi})", was, now)


def _rules(old: RuleSet, new: RuleSet, before: Words, after: Words) -> Iterator[_Compared]:
    for a, b in _kept(old.rules, new.rules):
        yield _Compared(b.id, f"quy tắc “{b.title.vi}”", a, b, before.rule(a), after.rule(b))


def _rules_only(mine: RuleSet, other: RuleSet, words: Words) -> tuple[Named, ...]:
    return tuple(
        Named(rule.id, rule.title.vi, None, tuple(words.rule(rule))) for rule in _only(mine.rules, other.rules)
    )


def _examples(old: RuleSet, new: RuleSet) -> Iterator[_Compared]:
    for one in _only(old.examples, new.examples):
        yield _Compared(one.id, f"ví dụ {one.id}", one, None, [one.title.vi], [])
    was = {example.id: example for example in old.examples}
    for one in new.examples:
        if one.id in was:
            yield _Compared(one.id, f"ví dụ {one.id}", was[one.id], one)
        else:
            yield _Compared(one.id, f"ví dụ {one.id}", None, one, [], [one.title.vi])


def _mapping(old: RuleSet, new: RuleSet) -> Iterator[_Compared]:
    """Of two drafts of one version; from one version to the next the mapping is what says how they compare."""
    if old.version == new.version:
        yield _Compared("", "đối chiếu với phiên bản trước", old.mapping, new.mapping)


def _notes(old: RuleSet, new: RuleSet) -> Iterator[Noted]:
    if new.mapping is not None and new.mapping.version == old.version:
        for entry in new.mapping.entries:
            if entry.note is not None:
                yield Noted(entry.after or entry.before, entry.note.vi)


def _orders(old: RuleSet, new: RuleSet, pairs: Pairs) -> Iterator[Change]:
    became = {a.code: b.code for a, b in pairs}
    orders = {
        "hạng mục": ([one.code for one in old.sections], [one.code for one in new.sections]),
        "tiêu chí": ([became.get(one.code, "") for one in old.criteria()], [one.code for one in new.criteria()]),
        "quy tắc": ([one.id for one in old.rules], [one.id for one in new.rules]),
        "ví dụ": ([one.id for one in old.examples], [one.id for one in new.examples]),
    }
    for subject, (was, now) in orders.items():
        before, after = [name for name in was if name in now], [name for name in now if name in was]
        if before != after:
            yield Change("", f"thứ tự {subject}", (", ".join(before),), (", ".join(after),))
