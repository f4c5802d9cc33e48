"""The two clocks: which version applied to an assessment year (valid time), as known at a moment (recorded time).

Only recorded steps are asked, rollbacks and retirements among them. The answer is what a campaign of that year would
have pinned if it had been opened at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.scoring.core.life_cycle import KeptRuleSet
from services.scoring.core.standing import standing_at
from shared.contracts.scoring import RuleSetStep
from shared.ruleset.document import Group, Programme, RuleSetRef

__all__ = ["Applicable", "Considered", "Outcome", "applicable", "version_before"]

Outcome = Literal["applies", "older", "rolled_back", "retired", "not_active", "not_approved", "other_years"]
_WORDS: dict[Outcome, tuple[str, str]] = {
    "applies": ("được áp dụng", "applied"),
    "older": ("có hiệu lực nhưng có bản mới hơn", "was in force, but a newer one too"),
    "rolled_back": ("đã bị thay lại bằng phiên bản trước", "had been rolled back"),
    "retired": ("đã thôi dùng", "had been retired"),
    "not_active": ("đã phê duyệt nhưng chưa kích hoạt", "was approved, and not active"),
    "not_approved": ("chưa được phê duyệt", "was not approved"),
    "other_years": ("có hiệu lực cho các năm khác", "was in force for other years"),
}


class Considered(BaseModel):
    """One version that might have applied, whether it did, and the steps that led to it (those known by then)."""

    model_config = ConfigDict(frozen=True)

    rule_set: RuleSetRef
    title: str
    outcome: Outcome
    vi: str
    en: str
    steps: tuple[RuleSetStep, ...]


class Applicable(BaseModel):
    """The answer: `rule_set` is None where nothing applied; `considered` says why, what applied first."""

    model_config = ConfigDict(frozen=True)

    programme: Programme
    group: Group
    year: int
    known_at: AwareDatetime
    rule_set: RuleSetRef | None
    considered: tuple[Considered, ...]


def applicable(
    kept: Iterable[KeptRuleSet], programme: Programme, group: Group, year: int, known_at: datetime
) -> Applicable:
    """Which version applied to the year as known at the moment, that moment included."""
    known = [
        as_known
        for one in kept
        if (one.parsed.programme, one.parsed.group) == (programme, group)
        and (as_known := _as_known(one, known_at)) is not None
    ]
    chosen = _chosen(known, year)
    considered = [_considered(one, one is chosen, year) for one in known]
    considered.sort(key=lambda one: (one.outcome != "applies", one.rule_set.key))
    return Applicable(
        programme=programme,
        group=group,
        year=year,
        known_at=known_at,
        rule_set=chosen.ref if chosen is not None else None,
        considered=tuple(considered),
    )


def version_before(kept: Iterable[KeptRuleSet], newer: KeptRuleSet, year: int) -> KeptRuleSet | None:
    """What applied to the year right before `newer` was put in force the last time; as it stands now."""
    since = max((step.at for step in newer.steps if step.action in ("activated", "reinstated")), default=None)
    if since is None:
        return None
    others = {
        one.ref.key: one
        for one in kept
        if one.ref.key != newer.ref.key
        and (one.parsed.programme, one.parsed.group) == (newer.parsed.programme, newer.parsed.group)
    }
    known = [as_known for one in others.values() if (as_known := _as_known(one, since)) is not None]
    chosen = _chosen(known, year)
    return others[chosen.ref.key] if chosen is not None else None


def _as_known(kept: KeptRuleSet, moment: datetime) -> KeptRuleSet | None:
    """The set with what was recorded until then, or None if there was nothing of it."""
    steps = tuple(step for step in kept.steps if step.at <= moment)
    standing = standing_at(steps, moment)
    if standing.status == "active" and standing.active_from_year is None:  # steps of the first release name no year
        standing = standing._replace(active_from_year=kept.active_from_year)
    return kept.model_copy(update={**standing._asdict(), "steps": steps}) if steps else None


def _chosen(known: Iterable[KeptRuleSet], year: int) -> KeptRuleSet | None:
    in_force = [one for one in known if one.status != "draft" and one.record().in_force(year)]
    return max(in_force, key=lambda one: one.record().precedence, default=None)


def _considered(kept: KeptRuleSet, applies: bool, year: int) -> Considered:
    outcome = "applies" if applies else _why_not(kept, year)
    vi, en = _WORDS[outcome]
    return Considered(rule_set=kept.ref, title=kept.parsed.title.vi, outcome=outcome, vi=vi, en=en, steps=kept.steps)


def _why_not(kept: KeptRuleSet, year: int) -> Outcome:
    if kept.status == "draft":
        return "not_approved"
    if kept.status == "retired":
        return "retired"
    stage = kept.parsed.stage
    if not stage.first_year <= year <= stage.last_year:
        return "other_years"
    rolled_back = any(step.action == "rolled_back" for step in kept.steps)
    if kept.status == "approved":
        return "rolled_back" if rolled_back else "not_active"
    if kept.record().in_force(year):
        return "older"
    return "rolled_back" if kept.active_until_year is not None and year > kept.active_until_year else "other_years"
