"""One thing that an example ought to show, and how to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.scoring.core.coverage_reading import Tried
from services.scoring.core.coverage_wish import Base, Wish

__all__ = ["KINDS", "Kind", "Mark"]

Kind = Literal["criterion", "state", "row", "boundary", "option", "part", "rule", "condition", "effect", "level"]
KINDS: dict[Kind, tuple[str, str]] = {
    "criterion": ("tiêu chí", "criteria"),
    "state": ("trạng thái số liệu", "answer states"),
    "row": ("dòng, trường hợp tính điểm", "rows and cases of scoring"),
    "boundary": ("ranh giới", "boundaries"),
    "option": ("lựa chọn", "options"),
    "part": ("phần, trường hợp", "parts and cases"),
    "rule": ("quy tắc", "rules"),
    "condition": ("điều kiện của quy tắc", "conditions of rules"),
    "effect": ("hệ quả của quy tắc", "effects of rules"),
    "level": ("mức độ", "levels"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """`holds` says whether an example shows it; `wishes` what to ask for to show it, the simplest first.

    `key` names it within the rule set, `path` is where it stands in the document. A wish is a guess: whoever uses one
    tries whether the mark holds then.
    """

    key: str
    kind: Kind
    path: str
    vi: str
    en: str
    holds: Callable[[Tried], bool]
    wishes: Callable[[Base], Iterable[Wish]]
    criterion: str = ""

    def shown_by(self, tried: Iterable[Tried]) -> bool:
        """Whether one of these examples shows it."""
        return any(self.holds(one) for one in tried)

    def ways(self, base: Base) -> Iterator[Wish]:
        """What to ask for, as an iterator."""
        return iter(self.wishes(base))
