"""A small campaign, its rule sets, rankings and scorecards for tests of publishing: valid by default."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from services.publishing.core.decision import Seen, sign
from services.publishing.core.drafting import Paper, Situation, draft
from services.publishing.core.model import Decision, Draft
from shared.contracts.common import Agency, Campaign, Dispatch, GroupKey, Period, PinnedRuleSet, SubmissionKey
from shared.contracts.scoring import RankedAgency, Ranking, RuleSetRecord, ScorecardSummary, Step, UnrankedAgency
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.ruleset.document import LegalBasis, RuleSet

NOW = datetime(2021, 12, 20, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CAMPAIGN = "2021"
KEYS = tuple(
    GroupKey(campaign=CAMPAIGN, programme=programme, group=group)
    for programme in ("it", "portal")
    for group in ("province", "district")
)
NAMES = {"so-noi-vu": "Sở Nội vụ", "so-y-te": "Sở Y tế", "so-tai-chinh": "Sở Tài chính", "so-ngoai-vu": "Sở Ngoại vụ"}


def a_rule_set(key: GroupKey) -> RuleSet:
    """The least a rule set can be; two decimals for points, four for the index."""
    form, unit = ("index", Fraction(1, 100)) if key.programme == "it" else ("total", Fraction(1))
    levels = [("tot", "Tốt", 80), ("kha", "Khá", 65), ("trung_binh", "Trung bình", 50), ("yeu", "Yếu", 0)]
    criterion = {
        "code": "1.1",
        "title": {"vi": "Tiêu chí"},
        "maximum": "100",
        "method": {"form": "yes_no", "input": "yes"},
        "inputs": [{"id": "yes", "title": {"vi": "Có"}, "type": "boolean"}],
        "data_source": "Cơ quan",
        "verifier": "Sở TT&TT",
        "origin": "illustrative",
    }
    return RuleSet.model_validate(
        {
            "format": "xephang.ruleset/1",
            "id": f"{key.programme}-{key.group}",
            "version": "2021.1",
            "title": {"vi": f"Bộ tiêu chí {key.programme} {key.group}"},
            "programme": key.programme,
            "group": key.group,
            "stage": {"first_year": 2021, "last_year": 2025},
            "legal_basis": [
                {
                    "number": "2294/QĐ-UBND",
                    "issued_on": "2020-11-17",
                    "issuer": "Ủy ban nhân dân tỉnh Bắc Giang",
                    "title": "Quyết định ban hành Bộ tiêu chí",
                }
            ],
            "result": {
                "form": form,
                "levels": [{"id": i, "title": {"vi": t}, "at_least": str(Fraction(a) * unit)} for i, t, a in levels],
            },
            "sections": [{"code": "1", "title": {"vi": "Hạng mục"}, "maximum": "100", "criteria": [criterion]}],
            "rules": [
                {
                    "id": "serious-incident",
                    "title": {"vi": "Sự cố nghiêm trọng"},
                    "when": {"fact": "submission.missing", "is": False},
                    "then": [{"effect": "exclude_from_ranking"}],
                    "message": {"vi": "Không xếp hạng"},
                }
            ],
        }
    )


def a_record(key: GroupKey) -> RuleSetRecord:
    rule_set = a_rule_set(key)
    steps = (Step(action="loaded", by="rules", at=NOW),)
    return RuleSetRecord(ref=rule_set.ref(), status="active", document=rule_set.canonical(), steps=steps)


def a_campaign(**changes: Any) -> Campaign:
    campaign = Campaign(
        id=CAMPAIGN,
        year=2021,
        title="Đợt đánh giá năm 2021",
        programmes=("it", "portal"),
        period=Period(first_day=date(2020, 10, 1), last_day=date(2021, 10, 1)),
        dispatch=Dispatch(number="120/STTTT-CNTT", issued_on=date(2021, 10, 5)),
        deadline=datetime(2021, 10, 20, 17, tzinfo=UTC),
        members=tuple(Agency(id=id_, name=name, group="province") for id_, name in NAMES.items()),
        rule_sets=tuple(
            PinnedRuleSet(programme=key.programme, group=key.group, rule_set=a_rule_set(key).ref()) for key in KEYS
        ),
        status="closed",
    )
    return campaign.model_copy(update=changes)


def basis_of(key: GroupKey, agency: str, points: Fraction) -> str:
    return sha256_hex(canonical_json([key.text, agency, str(points)]))


def a_row(key: GroupKey, rank: int, agency: str, points: Fraction, name: str = "") -> RankedAgency:
    index = points / 100
    return RankedAgency(
        rank=rank,
        agency=agency,
        name=name or NAMES.get(agency, agency),
        points=points,
        maximum=Fraction(100),
        index=index,
        value=index if key.programme == "it" else points,
        level="tot" if points >= 80 else "kha",
        basis_hash=basis_of(key, agency, points),
    )


def a_ranking(
    key: GroupKey = KEYS[0],
    revision: int = 1,
    points: Iterable[tuple[str, Fraction | int]] = (("so-noi-vu", 90), ("so-y-te", 80), ("so-tai-chinh", 80)),
    **changes: Any,
) -> Ranking:
    """Ranked as given, best first; equal points share a rank and the next one skips."""
    scores = [(agency, Fraction(value)) for agency, value in points]
    values = [value for _, value in scores]
    rows = tuple(a_row(key, values.index(value) + 1, agency, value) for agency, value in scores)
    ranking = Ranking(
        key=key,
        year=2021,
        rule_set=a_rule_set(key).ref(),
        revision=revision,
        basis_hash=sha256_hex(canonical_json([row.basis_hash for row in rows])),
        rows=rows,
        unranked=(UnrankedAgency(agency="so-ngoai-vu", name="Sở Ngoại vụ", reason="not_verified"),),
    )
    return ranking.model_copy(update=changes)


def a_card(
    key: GroupKey = KEYS[0], agency: str = "so-noi-vu", points: Fraction | int = 90, stage: Any = "final"
) -> ScorecardSummary:
    points = Fraction(points)
    return ScorecardSummary(
        key=SubmissionKey(campaign=key.campaign, programme=key.programme, agency=agency),
        group=key.group,
        rule_set=a_rule_set(key).ref(),
        stage=stage,
        basis_hash=basis_of(key, agency, points),
        points=points,
        maximum=Fraction(100),
        index=points / 100,
        level="tot",
        excluded=False,
        flags=(),
        sections=(),
        criteria=(),
        fired=(),
    )


def a_situation(*newer: Ranking, without: str = "") -> Situation:
    """All four rankings at revision 1, those given in place of theirs, less the one named."""
    newest = {key.text: a_ranking(key) for key in KEYS} | {ranking.key.text: ranking for ranking in newer}
    return Situation(a_campaign(), {key: ranking for key, ranking in newest.items() if key != without})


def a_paper(**changes: Any) -> Paper:
    words: dict[str, Any] = {
        "number": "2050/QĐ-UBND",
        "issued_on": date(2021, 12, 20),
        "issuer": "Ủy ban nhân dân tỉnh Bắc Giang",
        "place": "Bắc Giang",
        "title": "Công bố kết quả đánh giá, xếp hạng năm 2021",
        "legal_basis": (
            LegalBasis(
                number="2294/QĐ-UBND",
                issued_on=date(2020, 11, 17),
                issuer="Ủy ban nhân dân tỉnh Bắc Giang",
                title="Quyết định ban hành Bộ tiêu chí",
            ),
        ),
    }
    return Paper(**(words | changes))


def seen(found: Draft) -> Seen:
    return Seen(found.draft, found.content_hash)


def drafted(situation: Situation | None = None, **paper: Any) -> Decision:
    return draft(None, situation or a_situation(), a_paper(**paper), "operator-1", NOW).decision


def published(situation: Situation | None = None) -> Decision:
    situation = situation or a_situation()
    decision = drafted(situation)
    return sign(decision, situation, seen(decision.drafts[-1]), "chairman-1", LATER).decision
