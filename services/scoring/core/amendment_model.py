"""What an amendment changes, as data: each kind of change in the order of the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction

__all__ = ["Amendment", "Change", "Moved", "Named", "Noted", "Renamed"]

_CHANGES = ("_added", "_dropped", "_renamed", "_moved", "_changed")


@dataclass(frozen=True, slots=True)
class Named:
    """A section, criterion (with its points) or rule that was added or dropped; `lines` say what it says."""

    code: str
    title: str
    points: Fraction | None = None
    lines: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Renamed:
    """Which criteria became which, and what they were and are called; the lines only where several are involved."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    title_before: str
    title_after: str
    lines_before: tuple[str, ...] = field(default=(), compare=False)
    lines_after: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Moved:
    """The maximum of a section (`3`) or criterion (`3.2`, its new code) changed."""

    code: str
    before: Fraction
    after: Fraction


@dataclass(frozen=True, slots=True)
class Change:
    """What only the version before says of a subject, and what only the new one says; either may be empty.

    `code` is the criterion's new code, the rule's, section's or example's id, or empty for the set as a whole.
    """

    code: str
    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """Why criteria (by their new codes, or the old ones if dropped) changed, as the amendment's mapping says."""

    codes: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """All differences between two versions. Nothing is left out: the documents are equal if all of it is empty.

    `title`, `years`, `legal_basis`, `sections` and `criteria` (codes and titles) are the new version's.
    """

    rule_set: str
    before: str
    after: str
    hash_before: str = ""
    hash_after: str = ""
    title: str = ""
    years: tuple[int, int] = (0, 0)
    legal_basis: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    criteria: tuple[tuple[str, str], ...] = ()
    notes: tuple[Noted, ...] = ()
    set_changed: tuple[Change, ...] = ()
    sections_added: tuple[Named, ...] = ()
    sections_dropped: tuple[Named, ...] = ()
    sections_changed: tuple[Change, ...] = ()
    criteria_added: tuple[Named, ...] = ()
    criteria_dropped: tuple[Named, ...] = ()
    criteria_renamed: tuple[Renamed, ...] = ()
    points_moved: tuple[Moved, ...] = ()
    thresholds_changed: tuple[Change, ...] = ()
    inputs_changed: tuple[Change, ...] = ()
    evidence_changed: tuple[Change, ...] = ()
    criteria_changed: tuple[Change, ...] = ()
    rules_added: tuple[Named, ...] = ()
    rules_dropped: tuple[Named, ...] = ()
    rules_changed: tuple[Change, ...] = ()
    order_changed: tuple[Change, ...] = ()
    examples_changed: tuple[Change, ...] = ()
    mapping_changed: tuple[Change, ...] = ()

    def kinds(self) -> Iterator[str]:
        """The names of the kinds of change."""
        return (
            each.name
            for each in fields(self)
            if each.name.endswith(("_added", "_dropped", "_changed", "_renamed")) or each.name == "points_moved"
        )

    def is_empty(self) -> bool:
        """Whether nothing changed but the version."""
        return not any(getattr(self, name) for name in self.kinds())
