"""The life of a rule set: loaded and linted (a draft) → rehearsed → acknowledged → approved → active → retired.

Two acts need a second person: acknowledging a rehearsal and approving, neither by who loaded the document. Once
approved it is never edited; an amendment is a new version. Every step records who, when, why and of which document, and
is said as an event; where a set stands follows from its steps alone (standing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.scoring.core.life_cycle_refusals import (
    another_rehearsal,
    check_second_person,
    check_stage,
    frozen,
    not_rehearsed,
    nothing_rehearsed,
    out_of_turn,
    replaced,
)
from services.scoring.core.standing import Standing, Status, after_step
from shared.contracts.envelope import EventData
from shared.contracts.scoring import (
    RuleSetActivatedV1,
    RuleSetApprovedV1,
    RuleSetRecord,
    RuleSetRetiredV1,
    RuleSetRolledBackV1,
    RuleSetStep,
    RuleSetSteppedV1,
    Step,
)
from shared.kernel.errors import Conflict, NotFound
from shared.messaging.aggregate import Change, Outgoing
from shared.ruleset.document import RuleSet, RuleSetRef
from shared.ruleset.parsed import parsed_rule_set

__all__ = [
    "NOTHING_TO_REHEARSE",
    "KeptRuleSet",
    "Rehearsed",
    "acknowledge",
    "activate",
    "approve",
    "load",
    "rehearsed",
    "reinstate",
    "retire",
    "roll_back",
]

NOTHING_TO_REHEARSE = "nothing_to_rehearse"
_REQUESTS_KEPT = 100
# What the steps are called where only those of usable sets are told (scoring.Step).
_TOLD = {"reinstated": "activated"}
_UNTOLD = ("linted", "rehearsed", "acknowledged", "rolled_back")


class Rehearsed(BaseModel):
    """A rehearsal of the document as it stands now, on one campaign; the newest of that campaign."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    basis_hash: str
    acknowledged_by: str = ""


class KeptRuleSet(BaseModel):
    """A rule set as scoring keeps it, drafts included; `document` is its canonical JSON.

    `steps` are all that was ever done under this name; `rehearsals` those of this very document. `requests` are the
    newest requests from Kafka that were dealt with, as `source#id`.
    """

    model_config = ConfigDict(frozen=True)

    ref: RuleSetRef
    status: Status
    document: dict[str, Any]
    active_from_year: int | None = None
    active_until_year: int | None = None
    steps: tuple[RuleSetStep, ...]
    rehearsals: tuple[Rehearsed, ...] = ()
    requests: tuple[str, ...] = ()

    @property
    def loaded_by(self) -> str:
        """Who loaded the document as it stands now."""
        return next(step.by for step in reversed(self.steps) if step.action == "loaded")

    @property
    def reached(self) -> str:
        """The last step: how far the document has come."""
        return self.steps[-1].action

    @property
    def parsed(self) -> RuleSet:
        """The document read into its class, once for each version."""
        return parsed_rule_set(self.ref.hash, self.document)

    @property
    def was_active(self) -> bool:
        """Whether campaigns could ever pin it."""
        return any(step.action == "activated" for step in self.steps)

    @property
    def is_acknowledged(self) -> bool:
        """Whether a second person knows what this document would change."""
        return any(one.acknowledged_by for one in self.rehearsals)

    def record(self) -> RuleSetRecord:
        """As the other services see it; drafts stay inside scoring, and so do steps that only concern drafts."""
        told = [step for step in self.steps if step.action not in _UNTOLD]
        steps = [
            Step.model_validate({**step.model_dump(), "action": _TOLD.get(step.action, step.action)}) for step in told
        ]
        return RuleSetRecord.model_validate({**self.model_dump(), "steps": steps})

    def rule_set(self, ref: RuleSetRef) -> RuleSet:
        """The document read into its class. Raises `Conflict` unless it is, to the byte, the one that `ref` names."""
        rule_set = self.parsed
        if rule_set.content_hash() != ref.hash:
            raise Conflict(
                f"Bộ tiêu chí {ref.key} ở đây không phải bản được chọn ({rule_set.content_hash()} ≠ {ref.hash})",
                f"the rule set {ref.key} here ({rule_set.content_hash()}) is not the one pinned ({ref.hash})",
                code="ruleset.other_document",
            )
        return rule_set

    def handled(self, request: str) -> KeptRuleSet:
        """The same, with a request from Kafka noted as dealt with."""
        return self.model_copy(update={"requests": (*self.requests, request)[-_REQUESTS_KEPT:]})


def load(kept: KeptRuleSet | None, rule_set: RuleSet, by: str, now: datetime, warnings: int = 0) -> Change[KeptRuleSet]:
    """Keep a linted rule set as a draft. The same document again changes nothing; a draft may be replaced.

    What was rehearsed is then another document's, and counts no more. `warnings`: how many lint left.
    """
    ref = rule_set.ref()
    if kept is not None and kept.ref == ref:
        return Change(kept)
    if kept is not None and kept.status != "draft":
        raise frozen(ref.key)
    steps = (
        RuleSetStep(action="loaded", by=by, at=now, hash=ref.hash),
        RuleSetStep(action="linted", by=by, at=now, hash=ref.hash, warnings=warnings),
    )
    earlier = kept.steps if kept is not None else ()
    draft = KeptRuleSet(
        ref=ref,
        status="draft",
        document=rule_set.canonical(),
        steps=(*earlier, *steps),
        requests=kept.requests if kept is not None else (),
    )
    return Change(draft, tuple(_said(draft, step) for step in steps))


def rehearsed(
    kept: KeptRuleSet | None, key: str, hash_: str, campaign: str, basis_hash: str, by: str, now: datetime
) -> Change[KeptRuleSet]:
    """A rehearsal was made. Of another document than the one that stands now, or the same again: nothing changes."""
    kept = _found(kept, key)
    if kept.ref.hash != hash_ or any((r.campaign, r.basis_hash) == (campaign, basis_hash) for r in kept.rehearsals):
        return Change(kept)
    others = tuple(one for one in kept.rehearsals if one.campaign != campaign)
    made = (*others, Rehearsed(campaign=campaign, basis_hash=basis_hash))
    step = RuleSetStep(action="rehearsed", by=by, at=now, hash=hash_, campaign=campaign, basis_hash=basis_hash)
    return _taken(kept, step, rehearsals=made)


def acknowledge(
    kept: KeptRuleSet | None, key: str, campaign: str, basis_hash: str, by: str, now: datetime, reason: str = ""
) -> Change[KeptRuleSet]:
    """A second person takes what a rehearsal shows, naming its basis: another one is not acknowledged.

    Acknowledging twice changes nothing.
    """
    kept = _found(kept, key)
    found = next((one for one in kept.rehearsals if one.campaign == campaign), None)
    if found is None:
        raise nothing_rehearsed(key, campaign)
    if found.basis_hash != basis_hash:
        raise another_rehearsal(key, campaign, found.basis_hash)
    if found.acknowledged_by:
        return Change(kept)
    check_second_person(key, kept.loaded_by, by, "acknowledge")
    taken = found.model_copy(update={"acknowledged_by": by})
    step = RuleSetStep(
        action="acknowledged",
        by=by,
        at=now,
        reason=reason,
        hash=kept.ref.hash,
        campaign=campaign,
        basis_hash=basis_hash,
    )
    return _taken(kept, step, rehearsals=tuple(taken if one is found else one for one in kept.rehearsals))


def approve(
    kept: KeptRuleSet | None,
    key: str,
    by: str,
    now: datetime,
    seen: str,
    reason: str = "",
    *,
    data_in: Sequence[str] = (),
) -> Change[KeptRuleSet]:
    """Approve a draft; not by the person who loaded it. Approving twice changes nothing.

    `seen` is the hash of the document that the person has looked at: another one is not approved. `data_in` are the
    campaigns that hold verified data of its programme and group: if there are any, a rehearsal on one of them must have
    been acknowledged; if there are none, the step says so.
    """
    kept = _found(kept, key)
    if kept.ref.hash != seen:
        raise replaced(key, kept.ref.hash)
    if kept.status != "draft":
        return Change(kept)
    check_second_person(key, kept.loaded_by, by, "approve")
    _check_rehearsed(kept, key, data_in)
    statement = "" if kept.is_acknowledged else NOTHING_TO_REHEARSE
    step = RuleSetStep(action="approved", by=by, at=now, reason=reason, hash=seen, statement=statement)
    return _taken(kept, step, RuleSetApprovedV1)


def activate(
    kept: KeptRuleSet | None,
    key: str,
    from_year: int,
    by: str,
    now: datetime,
    reason: str = "",
    *,
    data_in: Sequence[str] = (),
) -> Change[KeptRuleSet]:
    """Let campaigns pin it from an assessment year on. The same again changes nothing.

    What was approved for want of data is rehearsed before its first activation, if there is data by now (`data_in`).
    """
    kept = _found(kept, key)
    if kept.status == "draft":
        raise out_of_turn(key, "draft")
    if kept.status == "retired":
        raise out_of_turn(key, "retired")
    if kept.status == "active" and (kept.active_from_year, kept.active_until_year) == (from_year, None):
        return Change(kept)
    check_stage(key, kept.parsed.stage, from_year)
    if not kept.was_active:
        _check_rehearsed(kept, key, data_in)
    step = RuleSetStep(action="activated", by=by, at=now, reason=reason, hash=kept.ref.hash, year=from_year)
    return _taken(kept, step, RuleSetActivatedV1)


def roll_back(
    kept: KeptRuleSet | None, key: str, year: int, to: str, by: str, now: datetime, reason: str
) -> Change[KeptRuleSet]:
    """Campaigns from that year on pin the version before (`to`) again; those that pinned this one keep it.

    Rolling back the same again changes nothing.
    """
    kept = _found(kept, key)
    last = kept.steps[-1]
    if (last.action, last.year) == ("rolled_back", year):
        return Change(kept)
    if kept.status == "draft" or not kept.record().in_force(year):
        raise out_of_turn(key, "not_in_force", year)
    step = RuleSetStep(action="rolled_back", by=by, at=now, reason=reason, hash=kept.ref.hash, year=year, other=to)
    return _taken(kept, step, RuleSetRolledBackV1)


def reinstate(
    kept: KeptRuleSet | None, key: str, year: int, instead_of: str, by: str, now: datetime, reason: str
) -> Change[KeptRuleSet]:
    """Let campaigns of that year pin it again, as the version before one that is rolled back.

    Nothing changes where they may still.
    """
    kept = _found(kept, key)
    if not kept.was_active:
        raise out_of_turn(key, "not_in_force", year)
    if kept.record().in_force(year):
        return Change(kept)
    check_stage(key, kept.parsed.stage, year)
    step = RuleSetStep(
        action="reinstated", by=by, at=now, reason=reason, hash=kept.ref.hash, year=year, other=instead_of
    )
    return _taken(kept, step, RuleSetActivatedV1)


def retire(kept: KeptRuleSet | None, key: str, by: str, now: datetime, reason: str) -> Change[KeptRuleSet]:
    """Let no new campaign pin it; those that did keep it. Retiring twice changes nothing."""
    kept = _found(kept, key)
    if kept.status == "retired":
        return Change(kept)
    if kept.status == "draft":
        raise out_of_turn(key, "still_draft")
    step = RuleSetStep(action="retired", by=by, at=now, reason=reason, hash=kept.ref.hash)
    return _taken(kept, step, RuleSetRetiredV1)


def _taken(
    kept: KeptRuleSet, step: RuleSetStep, event: Any = None, *, rehearsals: tuple[Rehearsed, ...] | None = None
) -> Change[KeptRuleSet]:
    """The set after a step, and the events that tell of it; `event` carries the whole state of a usable set."""
    standing = after_step(Standing(kept.status, kept.active_from_year, kept.active_until_year), step)
    after = kept.model_copy(
        update={
            **standing._asdict(),
            "steps": (*kept.steps, step),
            "rehearsals": kept.rehearsals if rehearsals is None else rehearsals,
        }
    )
    whole: tuple[Outgoing, ...] = ()
    if event is not None:
        data: EventData = event(record=after.record())
        whole = (Outgoing(data, after.ref.key),)
    return Change(after, (*whole, _said(after, step)))


def _said(kept: KeptRuleSet, step: RuleSetStep) -> Outgoing:
    rule_set = kept.parsed
    told = RuleSetSteppedV1(
        ref=kept.ref, programme=rule_set.programme, group=rule_set.group, title=rule_set.title.vi, step=step
    )
    return Outgoing(told, kept.ref.key)


def _check_rehearsed(kept: KeptRuleSet, key: str, data_in: Sequence[str]) -> None:
    if data_in and not kept.is_acknowledged:
        raise not_rehearsed(key, sorted(data_in), [one.campaign for one in kept.rehearsals])


def _found(kept: KeptRuleSet | None, key: str) -> KeptRuleSet:
    if kept is None:
        raise NotFound(f"Không có bộ tiêu chí {key}", f"there is no rule set {key}")
    return kept
