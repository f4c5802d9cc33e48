"""Documents and drafts that tests of rule sets load, and how they are rehearsed."""

from __future__ import annotations

from typing import Any

import yaml
from scoring_builders import a_criterion, a_rule, a_rule_set, a_section, an_input
from scoring_messages import NOW, RULE_SET
from scoring_service import Scoring, ScoringApi

from services.scoring.collections import RULE_SETS
from services.scoring.core.life_cycle import load
from services.scoring.usecases.rehearse import rehearse_due
from shared.ruleset.document import RuleSet

EXAMPLE: dict[str, Any] = {
    "id": "day-du",
    "title": {"vi": "Trả lời đầy đủ"},
    "answers": {"apps": 30, "posts": 5},
    "group_best": {"posts": 10},
    "expect": {"points": 55, "maximum": 100, "level": "trung_binh", "fired": []},
}


class _Plain(yaml.SafeDumper):
    """Writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(**changes: Any) -> bytes:
    """The rule set as a file."""
    document = {**RULE_SET.canonical(), "examples": [EXAMPLE], **changes}
    return yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False).encode()


def the_draft(**more: Any) -> RuleSet:
    """Two points for an application; 1.2 became 1.3; 1.4 is new; who is late loses points from the third day on."""
    counted = {"form": "count", "input": "apps", "unit_points": 2}
    documents = {"required": True, "documents": ["Danh sách ứng dụng"]}
    late, very = ({"fact": "submission.days_late", "at_least": days} for days in (3, 10))
    renamed = {"kind": "renamed", "before": ["1.2"], "after": ["1.3"]}
    return a_rule_set(
        a_section(
            "1",
            a_criterion("1.1", counted, [an_input("apps", minimum=0, unit="ứng dụng")], 50, evidence=documents),
            a_criterion("1.3", {"form": "relative", "input": "posts"}, [an_input("posts", minimum=0, unit="bài")], 40),
            a_criterion("1.4", {"form": "yes_no", "input": "plan"}, [an_input("plan", "boolean")], 10),
        ),
        rules=[
            a_rule("nop-muon", late, {"effect": "deduct", "from": "total", "points": 5}),
            a_rule("qua-muon", very, {"effect": "exclude_from_ranking"}),
            a_rule("it-ung-dung", {"fact": "input.apps", "below": 25}, {"effect": "flag", "flag": "it"}),
        ],
        **{
            "version": "2",
            "mapping": {"version": "1", "entries": [renamed, {"kind": "new", "after": ["1.4"]}]},
            **more,
        },
    )


DRAFT = the_draft()


async def keep(scoring: Scoring, rule_set: RuleSet, by: str = "an") -> None:
    await scoring.aggregates.execute(RULE_SETS, rule_set.key, lambda old: load(old, rule_set, by, NOW))


async def rehearsed(api: ScoringApi) -> dict[str, Any]:
    """Asked for, worked out, and read."""
    asked = await api.post(f"/rulesets/{DRAFT.key}/rehearsals", {"campaign": "2021"})
    assert asked.status_code == 202, asked.text
    await rehearse_due(api.aggregates, api.scorer)
    return dict((await api.get(f"/rulesets/{DRAFT.key}/rehearsals/2021", "rules_admin")).json())
