"""Rule sets by events on `ruleset-requests`: loaded, acknowledged, approved and activated as over HTTP.

Who may ask is decided by the broker's access rules (docs/how-to/operate.md): whoever may write on the topic acts as a
rules administrator under the name it gives. Names of others never pass for a person of ours, except where it counts
against them: an actor `source#an` is no second person beside `an`. What is refused becomes a dead letter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.scoring.collections import RULE_SETS
from services.scoring.core import life_cycle
from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.scorer import Scorer
from services.scoring.usecases.change_rule_set import (
    approved_rule_sets,
    check_again,
    check_rule_set,
    tables_with_data,
)
from shared.contracts.envelope import Event, EventData
from shared.contracts.scoring import (
    RuleSetAcknowledgementRequestedV1,
    RuleSetActivationRequestedV1,
    RuleSetApprovalRequestedV1,
    RuleSetPostedV1,
)
from shared.kernel.errors import Fault, Invalid
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates
from shared.messaging.handlers import Context, Handler
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["request_handlers"]

Kept = KeptRuleSet | None
Sound = tuple[RuleSet, int]  # a document that lint and its examples let pass, and how many warnings there are
Tables = Mapping[tuple[Programme, Group], Sequence[str]]  # campaigns with verified data, by programme and group


class _Requests:
    """The handlers over one rule engine."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._sound: set[str] = set()  # hashes that this process has checked

    async def check_posted(self, aggregates: Aggregates, event: Event[RuleSetPostedV1]) -> Sound:
        """Lint and try the examples. Raises `RuleSetRefused`, or `Invalid` for another rule set than was named."""
        content, engine = event.data.content.encode(), self._scorer.engine
        approved = await approved_rule_sets(aggregates)
        loaded, warnings = await asyncio.to_thread(check_rule_set, content, event.data.name, engine, approved)
        if loaded.rule_set.key != event.data.rule_set:
            raise _another(event.data, loaded.rule_set.key)
        self._sound.add(loaded.rule_set.content_hash())
        return loaded.rule_set, len(warnings)

    def take_posted(self, kept: Kept, event: Event[RuleSetPostedV1], context: Context) -> Change[KeptRuleSet]:
        """Keep it as a draft."""
        rule_set, warnings = context.found(event)
        return _once(kept, event, lambda by: life_cycle.load(kept, rule_set, by, context.now, warnings))

    def take_acknowledgement(
        self, kept: Kept, event: Event[RuleSetAcknowledgementRequestedV1], context: Context
    ) -> Change[KeptRuleSet]:
        """A second person takes what a rehearsal shows."""
        data = event.data
        return _once(
            kept,
            event,
            lambda by: life_cycle.acknowledge(
                kept, data.rule_set, data.campaign, data.basis_hash, by, context.now, data.reason
            ),
        )

    async def data_for_approval(self, aggregates: Aggregates, event: Event[RuleSetApprovalRequestedV1]) -> Tables:
        """Where verified data is; and whether the draft is still sound. Raises `RuleSetRefused`."""
        draft = await aggregates.get(RULE_SETS, event.data.rule_set)
        if draft is not None and draft.ref.hash == event.data.hash and draft.status == "draft":
            approved = await approved_rule_sets(aggregates)
            await asyncio.to_thread(check_again, draft, self._scorer.engine, approved)
            self._sound.add(draft.ref.hash)
        return await tables_with_data(aggregates)

    def take_approval(
        self, kept: Kept, event: Event[RuleSetApprovalRequestedV1], context: Context
    ) -> Change[KeptRuleSet]:
        """A second person approves what is still sound."""
        data, data_in = event.data, _data_in(context.found(event), kept)

        def approve(by: str) -> Change[KeptRuleSet]:
            change = life_cycle.approve(kept, data.rule_set, by, context.now, data.hash, data.reason, data_in=data_in)
            if kept is not None and change.state is not kept and data.hash not in self._sound:
                check_again(kept, self._scorer.engine)
            return change

        return _once(kept, event, approve)

    async def data_for_activation(self, aggregates: Aggregates, _: Event[RuleSetActivationRequestedV1]) -> Tables:
        """Where verified data is."""
        return await tables_with_data(aggregates)

    def take_activation(
        self, kept: Kept, event: Event[RuleSetActivationRequestedV1], context: Context
    ) -> Change[KeptRuleSet]:
        """Let campaigns pin it from a year on."""
        data, data_in = event.data, _data_in(context.found(event), kept)
        return _once(
            kept,
            event,
            lambda by: life_cycle.activate(
                kept, data.rule_set, data.from_year, by, context.now, data.reason, data_in=data_in
            ),
        )


def _once(kept: Kept, event: Event[Any], decide: Callable[[str], Change[KeptRuleSet]]) -> Change[KeptRuleSet]:
    """Do what is asked, once however often it is delivered; remember that it was asked. Raises `Invalid`."""
    request = f"{event.envelope.source}#{event.envelope.id}"
    if kept is not None and request in kept.requests:
        return Change(kept)
    if not event.envelope.actor.strip():
        raise _nobody(event.data)
    change = decide(event.envelope.foreign_actor)
    assert change.state is not None
    return Change(change.state.handled(request), change.events)


def _data_in(tables: Tables, kept: Kept) -> Sequence[str]:
    return () if kept is None else tables.get((kept.parsed.programme, kept.parsed.group), ())


def _nobody(data: Any) -> Invalid:
    fault = Fault(
        "ruleset.no_actor",
        data.rule_set,
        "thông điệp không nêu ai yêu cầu (thuộc tính ce_actor)",
        "the message does not say who asks (attribute ce_actor)",
        "gửi lại với ce_actor là tên người yêu cầu",
        "send it again with the person's name as ce_actor",
    )
    return Invalid.of(fault)


def _another(data: RuleSetPostedV1, key: str) -> Invalid:
    fault = Fault(
        "ruleset.other_key",
        data.name,
        f"văn bản là bộ tiêu chí {key}, không phải {data.rule_set}",
        f"the document is the rule set {key}, not {data.rule_set}",
        "sửa rule_set của thông điệp cho khớp với id và version của văn bản",
        "make the message's rule_set agree with the document's id and version",
    )
    return Invalid.of(fault)


def _asked_of(data: Any) -> str:
    return str(data.rule_set)


def request_handlers(scorer: Scorer) -> tuple[Handler, ...]:
    """The handlers of `ruleset-requests`."""
    requests = _Requests(scorer)
    taken: tuple[tuple[type[EventData], Any, Any], ...] = (
        (RuleSetPostedV1, requests.take_posted, requests.check_posted),
        (RuleSetAcknowledgementRequestedV1, requests.take_acknowledgement, None),
        (RuleSetApprovalRequestedV1, requests.take_approval, requests.data_for_approval),
        (RuleSetActivationRequestedV1, requests.take_activation, requests.data_for_activation),
    )
    return tuple(
        Handler(event, RULE_SETS, key=_asked_of, apply=apply, look_up=look_up) for event, apply, look_up in taken
    )
