"""Words that several events share: agencies, answers, evidence, findings (domain.md, "Words")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, WrapValidator

from shared.kernel.alike import Alike
from shared.ruleset.document import CriterionCode, Group, InputId, Programme, RuleSetRef, Sentence, UnitName

__all__ = [
    "Agency",
    "AgencyId",
    "Answer",
    "Answers",
    "AskedAgain",
    "CampaignAmendment",
    "CampaignId",
    "CriterionFinding",
    "Evidence",
    "GroupKey",
    "SubmissionKey",
    "UnitAnswer",
    "Value",
]

CampaignId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
AgencyId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]


# An empty mapping as default, made and not copied: there are hundreds in every submission that is read.
_NOTHING: Any = Field(default_factory=dict, json_schema_extra={"default": {}})


class Value(BaseModel):
    """Base of what events carry: frozen; unknown fields of later minors are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Agency(Value):
    """An agency being assessed (cơ quan, đơn vị)."""

    id: AgencyId
    name: Sentence
    group: Group


class SubmissionKey(Value):
    """Names one agency's answer to one programme of a campaign; its text is the key of every aggregate about it."""

    campaign: CampaignId
    programme: Programme
    agency: AgencyId

    @property
    def text(self) -> str:
        """`campaign/programme/agency`."""
        return f"{self.campaign}/{self.programme}/{self.agency}"

    @property
    def partition_key(self) -> str:
        """`campaign/agency`: all of one agency's events keep their order."""
        return f"{self.campaign}/{self.agency}"

    @classmethod
    def parse(cls, text: str) -> SubmissionKey:
        """The inverse of `text`."""
        campaign, programme, agency = text.split("/")
        return cls.model_validate({"campaign": campaign, "programme": programme, "agency": agency})


class GroupKey(Value):
    """Names one of a campaign's ranking tables."""

    campaign: CampaignId
    programme: Programme
    group: Group

    @property
    def text(self) -> str:
        """`campaign/programme/group`."""
        return f"{self.campaign}/{self.programme}/{self.group}"


class UnitAnswer(Value):
    """The answer of one sub-unit (a commune of a district); `value` only in the state `value`, as in `Answer`."""

    state: Literal["value", "not_applicable", "not_reported", "rejected"]
    value: bool | int | str | None = None


class Answer(Value):
    """One figure (số liệu) with its state; `value` only in the state `value`.

    Booleans are JSON booleans, integers JSON integers, decimals strings such as "12.5", choices the option's id.
    A figure asked of every sub-unit has, in the state `value`, the answers of the `units` by name instead of a value.
    """

    state: Literal["value", "not_applicable", "not_reported", "rejected"]
    value: bool | int | str | None = None
    units: dict[UnitName, UnitAnswer] = _NOTHING


class Evidence(Value):
    """A document that shows an answer to be true (tài liệu kiểm chứng)."""

    number: str = ""
    issued_on: date | None = None
    title: Sentence
    link: str = ""


class CriterionFinding(Value):
    """A verifier's finding on one criterion (kết luận thẩm tra). `adjusted` holds the values that replace answers."""

    criterion: CriterionCode
    finding: Literal["accepted", "adjusted", "rejected"]
    reason: str = ""
    adjusted: dict[InputId, Answer] = _NOTHING
    verifier: str
    found_at: AwareDatetime


_figures = Alike[Answer](8_192)


class Answers(Value):
    """What an agency answered: figures by input id, evidence by criterion code."""

    figures: Annotated[dict[InputId, Answer], WrapValidator(_figures.by_name)]
    evidence: dict[CriterionCode, tuple[Evidence, ...]] = {}


class AskedAgain(Value):
    """A criterion that an agency is asked again after an amendment, and why: nobody it does not concern is asked.

    `new`: nobody was asked it before. `figures`: what is asked changed. `bounds`: the value given fits no more.
    `not_applicable`: that may no longer be answered. `evidence`: other documents are wanted. `asked_if`: it was not
    asked of this agency, and is now. `figures` are those to answer; none where only evidence is wanted.
    """

    criterion: CriterionCode
    reason: Literal["new", "figures", "bounds", "not_applicable", "evidence", "asked_if"]
    figures: tuple[InputId, ...] = ()


class PinnedRuleSet(Value):
    """The rule-set version a campaign holds to for one programme and group."""

    programme: Programme
    group: Group
    rule_set: RuleSetRef


class Period(Value):
    """A reporting period, both days included."""

    first_day: date
    last_day: date


class Dispatch(Value):
    """The official letter that starts the survey (công văn)."""

    number: Sentence
    issued_on: date


class CampaignAmendment(Value):
    """The rule set of one table was replaced while the campaign ran (sửa đổi bộ tiêu chí giữa đợt): who, when, why.

    `answer_until` is the first moment at which answers to what is asked again are too late.
    """

    programme: Programme
    group: Group
    before: RuleSetRef
    after: RuleSetRef
    reason: Sentence
    answer_until: AwareDatetime
    amended_by: str
    amended_at: AwareDatetime


class Campaign(Value):
    """A yearly assessment campaign (đợt đánh giá) as all services know it.

    `deadline` is the first moment that is late: the end of the last day to answer, Asia/Ho_Chi_Minh, in UTC.
    `rule_sets` are those that hold now; `amendments`, oldest first, tell which held before.
    """

    id: CampaignId
    year: Annotated[int, Field(ge=2000, le=2100)]
    title: Sentence
    programmes: tuple[Programme, ...]
    period: Period
    dispatch: Dispatch
    deadline: AwareDatetime
    members: tuple[Agency, ...]
    rule_sets: tuple[PinnedRuleSet, ...]
    status: Literal["open", "closed"]
    amendments: tuple[CampaignAmendment, ...] = ()

    @cached_property
    def _member_by_id(self) -> dict[str, Agency]:
        return {member.id: member for member in reversed(self.members)}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Campaign:
        """A copy; it may have other members, so it does not inherit their index."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("_member_by_id", None)
        return copy

    def member(self, agency: str) -> Agency | None:
        """The member with this id, or None."""
        return self._member_by_id.get(agency)

    def members_of(self, group: Group) -> tuple[Agency, ...]:
        """Members of one group, in the order of the register."""
        return tuple(member for member in self.members if member.group == group)

    def pinned(self, programme: Programme, group: Group) -> RuleSetRef | None:
        """The rule set pinned for a programme and group, or None."""
        for pin in self.rule_sets:
            if (pin.programme, pin.group) == (programme, group):
                return pin.rule_set
        return None

    def amended(self, programme: Programme, group: Group) -> tuple[CampaignAmendment, ...]:
        """The amendments of one table, oldest first."""
        return tuple(one for one in self.amendments if (one.programme, one.group) == (programme, group))

    def groups(self) -> tuple[GroupKey, ...]:
        """The ranking tables this campaign leads to."""
        return tuple(GroupKey(campaign=self.id, programme=p.programme, group=p.group) for p in self.rule_sets)
