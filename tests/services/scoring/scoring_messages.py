"""What scoring is fed with: a rule set, a campaign, what verification established, and the messages that tell of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, a_submission, an_input

from shared.contracts.common import Agency, Campaign, Dispatch, GroupKey, Period, PinnedRuleSet, SubmissionKey
from shared.contracts.envelope import CloudEvent, EventData
from shared.contracts.intake import CampaignClosedV1, CampaignOpenedV1
from shared.contracts.verification import CaseReopenedV1, SubmissionVerifiedV1, VerifiedSubmission
from shared.messaging.messages import Record
from shared.ruleset.document import RuleSet

NOW = datetime(2021, 11, 20, 2, 0, tzinfo=UTC)
TABLE = GroupKey(campaign="2021", programme="it", group="province")
MEMBERS = ("so-cong-thuong", "so-noi-vu", "so-y-te")


def the_rule_set(version: str = "1", unit_points: int = 1, **more: Any) -> RuleSet:
    """`apps` points of at most 50, and 50 more for who has the most `posts`; late: less 5; very late: no rank."""
    counted = {"form": "count", "input": "apps", "unit_points": unit_points}
    documents = {"required": True, "documents": ["Danh sách ứng dụng"]}
    late, very = ({"fact": "submission.days_late", "at_least": days} for days in (1, 10))
    return a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", counted, [an_input("apps", minimum=0, unit="ứng dụng")], 50, evidence=documents),
            a_criterion("1.2", {"form": "relative", "input": "posts"}, [an_input("posts", minimum=0, unit="bài")], 50),
        ),
        rules=[
            a_rule("nop-muon", late, {"effect": "deduct", "from": "total", "points": 5}),
            a_rule("qua-muon", very, {"effect": "exclude_from_ranking"}),
        ],
        **{"version": version, **more},
    )


RULE_SET = the_rule_set()


def a_campaign(*members: str, status: str = "closed", rule_set: RuleSet = RULE_SET) -> Campaign:
    """The campaign of 2021 with one table."""
    fields = {
        "id": "2021",
        "year": 2021,
        "title": "Đợt 2021",
        "programmes": ("it",),
        "period": Period(first_day=date(2020, 10, 1), last_day=date(2021, 10, 1)),
        "dispatch": Dispatch(number="1/STTTT", issued_on=date(2021, 10, 20)),
        "deadline": datetime(2021, 11, 4, 17, tzinfo=UTC),
        "members": tuple(Agency(id=one, name=f"Cơ quan {one}", group="province") for one in members or MEMBERS),
        "rule_sets": (PinnedRuleSet(programme="it", group="province", rule_set=rule_set.ref()),),
        "status": status,
    }
    return Campaign.model_validate(fields)


def verified(
    agency: str = "so-noi-vu",
    apps: int = 30,
    posts: int = 10,
    *,
    revision: int = 1,
    rule_set: RuleSet = RULE_SET,
    **more: Any,
) -> VerifiedSubmission:
    """What verification established of an agency."""
    submission = a_submission(rule_set, {"apps": apps, "posts": posts}, agency=agency, **more)
    return submission.model_copy(update={"revision": revision, "submission_number": revision})


def a_message(data: EventData, stream: str, sequence: int) -> Record:
    """One of our events as Kafka brings it."""
    envelope = CloudEvent(
        id=f"{stream}#{data.topic}.{sequence}",
        source="/xephang/test",
        type=data.type_,
        time=NOW,
        stream=stream,
        sequence=sequence,
        data=data.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    )
    return Record(data.topic, 0, sequence, "k", envelope.headers(), envelope.value())


def was_verified(one: VerifiedSubmission, sequence: int = 1) -> Record:
    event = SubmissionVerifiedV1(verified=one, verified_by="chi-lan", verified_at=NOW)
    return a_message(event, f"verification/cases/{one.key.text}", sequence)


def was_reopened(one: VerifiedSubmission, sequence: int = 2) -> Record:
    event = CaseReopenedV1(
        key=one.key, group="province", revision=one.revision, reason="Khiếu nại", reopened_by="dieu-hanh"
    )
    return a_message(event, f"verification/cases/{one.key.text}", sequence)


def was_opened(campaign: Campaign) -> Record:
    opened = campaign.model_copy(update={"status": "open"})
    return a_message(CampaignOpenedV1(campaign=opened), "intake/campaigns/2021", 1)


def was_closed(campaign: Campaign) -> Record:
    closed = CampaignClosedV1(campaign=campaign, closed_by="dieu-hanh", closed_at=NOW)
    return a_message(closed, "intake/campaigns/2021", 2)


FIRST = (
    verified(MEMBERS[0], apps=40, posts=10),
    verified(MEMBERS[1], apps=30, posts=20),
    verified(MEMBERS[2], apps=20, posts=5, days_late=1),
)


def key_of(agency: str) -> SubmissionKey:
    return SubmissionKey(campaign="2021", programme="it", agency=agency)
