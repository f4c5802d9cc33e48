"""The checklists of rule sets that are here, each found by the exact reference that a submission carries."""

from __future__ import annotations

from collections.abc import Iterable

from services.verification.collections import RULE_SETS
from services.verification.core.checklist import Checklist
from services.verification.core.refusals import rule_set_unknown
from shared.contracts.scoring import RuleSetRecord
from shared.messaging.commands import Aggregates
from shared.ruleset.document import RuleSetRef

__all__ = ["Checklists", "checklist_of"]


_VERSIONS = 16
_made: dict[str, Checklist] = {}  # by the hash of the rule set, which names it to the byte


def checklist_of(record: RuleSetRecord | None, ref: RuleSetRef) -> Checklist:
    """The checklist of the version that `ref` names, down to its bytes. Raises `Conflict` if it is not that one."""
    if record is None or record.ref != ref:
        raise rule_set_unknown(ref)
    made = _made.get(ref.hash)
    if made is None:
        made = Checklist(record.rule_set())
        while len(_made) >= _VERSIONS:
            _made.pop(next(iter(_made)), None)
        _made[ref.hash] = made
    return made


class Checklists:
    """Checklists loaded once for one request."""

    def __init__(self, records: Iterable[RuleSetRecord]) -> None:
        self._records = {record.ref: record for record in records}
        self._made: dict[RuleSetRef, Checklist] = {}

    @classmethod
    async def load(cls, aggregates: Aggregates, refs: Iterable[RuleSetRef]) -> Checklists:
        """Those of the references whose rule sets are here."""
        found = await aggregates.get_many(RULE_SETS, sorted({ref.key for ref in refs}))
        return cls(found.values())

    def of(self, ref: RuleSetRef) -> Checklist:
        """The checklist. Raises `Conflict` if its rule set is not here."""
        if ref not in self._made:
            self._made[ref] = checklist_of(self._records.get(ref), ref)
        return self._made[ref]
