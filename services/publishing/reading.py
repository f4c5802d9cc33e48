"""What is read from the store to decide or to show: a campaign's situation, rule sets, decisions, scorecards."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from services.publishing.collections import DECISIONS, RANKINGS, STAND
from services.publishing.core.drafting import Situation
from services.publishing.core.model import Decision, in_table_order
from shared.contracts.scoring import Ranking
from shared.kernel.errors import Conflict, Fault, NotFound
from shared.messaging.commands import Aggregates
from shared.references import CAMPAIGNS, RULE_SETS
from shared.ruleset.document import RuleSet, RuleSetRef

__all__ = ["decision_of", "rule_sets_of", "situation_of"]

_KEPT = 2  # Decisions: this year's, and the one before
_SHELVES: WeakKeyDictionary[Aggregates, dict[str, Decision]] = WeakKeyDictionary()


async def situation_of(aggregates: Aggregates, campaign: str) -> Situation:
    """The campaign and its newest computed rankings. Raises `NotFound`."""
    found = await aggregates.get(CAMPAIGNS, campaign)
    if found is None:
        raise NotFound(f"Không có đợt đánh giá {campaign}", f"there is no campaign {campaign}", (), "no_such_campaign")
    keys = [key.text for key in in_table_order(found.groups())]
    newest = await aggregates.get_many(RANKINGS, keys)
    return Situation(found, {key: newest[key] for key in keys if key in newest})


async def decision_of(aggregates: Aggregates, campaign: str) -> Decision | None:
    """The campaign's Decision, or None.

    It holds every row of every table, and is asked for with every scorecard: it is read again only once it stands
    otherwise, which its index tells.
    """
    shelf = _SHELVES.setdefault(aggregates, {})
    known = shelf.get(campaign)
    if known is not None and await aggregates.store.count(DECISIONS.name, STAND, known.stand):
        return known
    found = await aggregates.get(DECISIONS, campaign)
    shelf.pop(campaign, None)
    if found is not None:
        shelf[campaign] = found
        while len(shelf) > _KEPT:
            shelf.pop(next(iter(shelf)), None)
    return found


async def rule_sets_of(aggregates: Aggregates, rankings: Iterable[Ranking]) -> dict[str, RuleSet]:
    """The rule sets of these rankings by `RuleSetRef.key`. Raises `Conflict` if one is not here."""
    refs = {ranking.rule_set.key: ranking.rule_set for ranking in rankings}
    records = await aggregates.get_many(RULE_SETS, list(refs))
    for key, ref in refs.items():
        if key not in records or records[key].ref != ref:
            raise _not_at_hand(ref)
    return {key: records[key].rule_set() for key in refs}


def _not_at_hand(ref: RuleSetRef) -> Conflict:
    fault = Fault(
        "ranking.rule_set_missing",
        ref.key,
        f"Không có bộ tiêu chí {ref.key} với mã băm {ref.hash}",
        f"the rule set {ref.key} with the hash {ref.hash} is not here",
        "Phát lại chủ đề rulesets (POST /replay của dịch vụ chấm điểm)",
        "have the topic rulesets published again (POST /replay of the scoring service)",
    )
    return Conflict(
        "Thiếu bộ tiêu chí của bảng xếp hạng", "a ranking's rule set is missing", [fault], "rule_set_missing"
    )
