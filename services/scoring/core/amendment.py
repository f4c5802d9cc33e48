"""What an amendment changes (sửa đổi, bổ sung): for the person who approves it, and for the notice to agencies.

Criteria are followed through the mapping, so that a criterion with a new code counts as renamed and not as one dropped
and one added. What is compared is what the documents say; a change that no reader could see is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from fractions import Fraction

from services.scoring.core.amendment_words import Words, number
from shared.ruleset.document import Criterion, Input, Rule, RuleSet
from shared.ruleset.followed import Followed, Pairs, follow

__all__ = ["Amendment", "Change", "Moved", "Named", "Renamed", "amend", "render_text"]


@dataclass(frozen=True, slots=True)
class Named:
    """A criterion (with its points) or a rule that was added or dropped."""

    code: str
    title: str
    points: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    """Which criteria became which, and what they were and are called."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    title_before: str
    title_after: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The maximum of a section (`3`) or criterion (`3.2`, its new code) changed."""

    code: str
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True)
class Change:
    """What only the version before says of a subject, and what only the new one says; either may be empty."""

    code: str
    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Amendment:
    """All differences between two versions, each kind in the order of the document."""

    rule_set: str
    before: str
    after: str
    criteria_added: tuple[Named, ...] = ()
    criteria_dropped: tuple[Named, ...] = ()
    criteria_renamed: tuple[Renamed, ...] = ()
    points_moved: tuple[Moved, ...] = ()
    thresholds_changed: tuple[Change, ...] = ()
    inputs_changed: tuple[Change, ...] = ()
    evidence_changed: tuple[Change, ...] = ()
    rules_added: tuple[Named, ...] = ()
    rules_dropped: tuple[Named, ...] = ()
    rules_changed: tuple[Change, ...] = ()

    def is_empty(self) -> bool:
        """Whether nothing of substance changed."""
        return not any(getattr(self, each.name) for each in fields(self)[3:])


def amend(old: RuleSet, new: RuleSet) -> Amendment:
    """What `new` changes of `old`; the mapping of `new` is followed if it starts from `old`."""
    followed = follow(old, new)
    before, after = Words(old), Words(new)
    pairs = followed.pairs
    return Amendment(
        rule_set=new.id,
        before=old.version,
        after=new.version,
        criteria_added=tuple(Named(one.code, one.title.vi, one.maximum) for one in followed.added),
        criteria_dropped=tuple(Named(one.code, one.title.vi, one.maximum) for one in followed.dropped),
        criteria_renamed=tuple(_renamed(followed)),
        points_moved=tuple(_moved(old, new, pairs)),
        thresholds_changed=(
            *_changes([("", "mức độ", before.result(old.result), after.result(new.result))]),
            *_changes(
                (b.code, _subject(b), before.method(a.method), after.method(b.method))
                for a, b in pairs
                if a.method != b.method  # a title that changed inside the words is no threshold
            ),
        ),
        inputs_changed=_changes(
            (b.code, _subject(b), _inputs(before, a.inputs), _inputs(after, b.inputs)) for a, b in pairs
        ),
        evidence_changed=_changes(
            (b.code, _subject(b), before.evidence(a.evidence), after.evidence(b.evidence)) for a, b in pairs
        ),
        rules_added=_other_rules(new, old),
        rules_dropped=_other_rules(old, new),
        rules_changed=_changes(
            (b.id, f"luật «{b.title.vi}»", before.rule(a), after.rule(b)) for a, b in _kept_rules(old, new)
        ),
    )


def _renamed(followed: Followed) -> Iterator[Renamed]:
    for old, new in followed.pairs:
        if (old.code, old.title.vi) != (new.code, new.title.vi):
            yield Renamed((old.code,), (new.code,), old.title.vi, new.title.vi)
    for befores, afters in followed.regrouped:
        titles = ("; ".join(one.title.vi for one in side) for side in (befores, afters))
        yield Renamed(tuple(one.code for one in befores), tuple(one.code for one in afters), *titles)


# --- what changed in them ----------------------------------------------------------------------------------------


def _subject(criterion: Criterion) -> str:
    return f"tiêu chí {criterion.code} ({criterion.title.vi})"


def _moved(old: RuleSet, new: RuleSet, pairs: Pairs) -> Iterator[Moved]:
    sections = {section.code: section.maximum for section in old.sections}
    for section in new.sections:
        before = sections.get(section.code, Fraction(0))
        if before != section.maximum:
            yield Moved(section.code, before, section.maximum)
    for one, other in pairs:
        if one.maximum != other.maximum:
            yield Moved(other.code, one.maximum, other.maximum)


def _inputs(words: Words, inputs: tuple[Input, ...]) -> Iterator[str]:
    for item in inputs:
        yield from words.input(item)


def _changes(compared: Iterable[tuple[str, str, Iterable[str], Iterable[str]]]) -> tuple[Change, ...]:
    """For each code and subject the lines that only one side has."""
    found = []
    for code, subject, before, after in compared:
        was, now = tuple(before), tuple(after)
        only_was = tuple(line for line in was if line not in now)
        only_now = tuple(line for line in now if line not in was)
        if only_was or only_now:
            found.append(Change(code, subject, only_was, only_now))
    return tuple(found)


def _kept_rules(old: RuleSet, new: RuleSet) -> Iterator[tuple[Rule, Rule]]:
    was = {rule.id: rule for rule in old.rules}
    return ((was[rule.id], rule) for rule in new.rules if rule.id in was and was[rule.id] != rule)


def _other_rules(rule_set: RuleSet, other: RuleSet) -> tuple[Named, ...]:
    known = {rule.id for rule in other.rules}
    return tuple(Named(rule.id, rule.title.vi) for rule in rule_set.rules if rule.id not in known)


# --- in the department's words -----------------------------------------------------------------------------------


def render_text(amendment: Amendment) -> str:
    """The amendment as the department's notice would list it, in Vietnamese Markdown."""
    return "\n".join(_lines(amendment)) + "\n"


def _lines(amendment: Amendment) -> Iterator[str]:
    yield f"# Sửa đổi bộ tiêu chí {amendment.rule_set}: phiên bản {amendment.before} → {amendment.after}"
    if amendment.is_empty():
        yield from ("", "Nội dung không thay đổi.")
    added = (_named("tiêu chí", one) for one in amendment.criteria_added)
    dropped = (_named("tiêu chí", one) for one in amendment.criteria_dropped)
    yield from _block("Bổ sung tiêu chí", added)
    yield from _block("Bãi bỏ tiêu chí", dropped)
    yield from _block("Đổi mã, đổi tên, tách, gộp tiêu chí", map(_renaming, amendment.criteria_renamed))
    yield from _block("Điều chỉnh điểm", map(_points, amendment.points_moved))
    yield from _block("Thay đổi cách chấm, ngưỡng điểm và mức độ", map(_change, amendment.thresholds_changed))
    yield from _block("Thay đổi số liệu khảo sát", map(_change, amendment.inputs_changed))
    yield from _block("Thay đổi tài liệu kiểm chứng", map(_change, amendment.evidence_changed))
    yield from _block("Bổ sung luật", (_named("luật", one) for one in amendment.rules_added))
    yield from _block("Bãi bỏ luật", (_named("luật", one) for one in amendment.rules_dropped))
    yield from _block("Sửa luật", map(_change, amendment.rules_changed))


def _block(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = list(items)
    if lines:
        yield from ("", f"## {title}", "", *(f"- {line}" for line in lines))


def _named(kind: str, one: Named) -> str:
    points = "" if one.points is None else f" ({number(one.points)} điểm)"
    return f"{kind} {one.code}: {one.title}{points}"


def _renaming(one: Renamed) -> str:
    codes = f"{', '.join(one.before)} → {', '.join(one.after)}" if one.before != one.after else one.before[0]
    titles = f"«{one.title_before}» → «{one.title_after}»" if one.title_before != one.title_after else one.title_after
    return f"tiêu chí {codes}: {titles}"


def _points(one: Moved) -> str:
    kind = "tiêu chí" if "." in one.code else "hạng mục"
    sign = "tăng" if one.after > one.before else "giảm"
    by = number(abs(one.after - one.before))
    return f"{kind} {one.code}: từ {number(one.before)} điểm thành {number(one.after)} điểm ({sign} {by})"


def _change(one: Change) -> str:
    before = f"trước: {'; '.join(one.before)}" if one.before else ""
    after = f"nay: {'; '.join(one.after)}" if one.after else ""
    return f"{one.subject} — {' | '.join(side for side in (before, after) if side)}"
