"""Along which versions answers come to a draft, and which criteria of the first became which of the last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.contracts.carry import carry
from shared.contracts.verification import VerifiedSubmission
from shared.ruleset.document import RuleSet
from shared.ruleset.followed import follow

__all__ = ["Link", "carried_along", "lineage", "links"]


_Node = tuple[int, str]  # place of the version on the path, code of the criterion


@dataclass(frozen=True, slots=True)
class Link:
    """Criteria (codes) that belong together: one became one, or some were split or merged, are new or dropped."""

    before: tuple[str, ...]
    after: tuple[str, ...]


def lineage(old: RuleSet, new: RuleSet, known: Mapping[str, RuleSet]) -> tuple[RuleSet, ...]:
    """The versions from `old` to `new`, each mapped from the one before; straight where the mappings do not lead there.

    `known` are rule sets by key.
    """
    path = [new]
    while path[0].mapping is not None and path[0].key != old.key:
        before = f"{path[0].id}@{path[0].mapping.version}"
        found = old if before == old.key else known.get(before)
        if found is None or any(one.key == found.key for one in path):
            break
        path.insert(0, found)
    return tuple(path) if path[0].key == old.key and len(path) > 1 else (old, new)


def carried_along(path: Sequence[RuleSet], verified: VerifiedSubmission) -> tuple[VerifiedSubmission, frozenset[str]]:
    """What was verified, in the form of the last version; and the criteria of it that would have to be asked again."""
    if verified.basis == "missing":
        return verified.model_copy(update={"rule_set": path[-1].ref()}), frozenset()
    answers, findings, asked = verified.answers, verified.findings, frozenset[str]()
    for old, new in pairwise(path):
        carried = carry(old, new, answers, findings)
        asked = _followed_codes(old, new, asked) | {one.criterion for one in carried.asked_again}
        answers, findings = carried.answers, carried.findings
    return verified.model_copy(update={"rule_set": path[-1].ref(), "answers": answers, "findings": findings}), asked


def links(path: Sequence[RuleSet]) -> tuple[Link, ...]:
    """Every criterion of the first and of the last version in exactly one link; what is dropped stands at the end."""
    together = _Together()
    for step, (old, new) in enumerate(pairwise(path)):
        followed = follow(old, new)
        sides = [((before,), (after,)) for before, after in followed.pairs] + list(followed.regrouped)
        for befores, afters in sides:
            together.join([*((step, one.code) for one in befores), *((step + 1, one.code) for one in afters)])
    last = len(path) - 1
    found: dict[_Node, tuple[list[str], list[str]]] = {}
    for level, side in ((last, 1), (0, 0)):  # the order of the last version comes first
        for criterion in path[level].criteria():
            root = together.root((level, criterion.code))
            found.setdefault(root, ([], []))[side].append(criterion.code)
    return tuple(Link(tuple(befores), tuple(afters)) for befores, afters in found.values())


class _Together:
    """Which criteria, of whatever version, belong together."""

    def __init__(self) -> None:
        self._parent: dict[_Node, _Node] = {}

    def root(self, node: _Node) -> _Node:
        """One of them that stands for all."""
        while (parent := self._parent.get(node, node)) != node:
            node = parent
        return node

    def join(self, nodes: Sequence[_Node]) -> None:
        """These belong together."""
        for node in nodes[1:]:
            self._parent[self.root(node)] = self.root(nodes[0])


def _followed_codes(old: RuleSet, new: RuleSet, codes: Collection[str]) -> frozenset[str]:
    return frozenset(after.code for before, after in follow(old, new).pairs if before.code in codes)
