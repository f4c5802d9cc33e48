"""The benchmarks compare like with like: the same points, the same rules, and cards as varied as they say."""

from __future__ import annotations

import shutil
import sys

import pytest

from deploy.bench.__main__ import main
from deploy.bench.drools_rules import card_lines, rule_text
from deploy.bench.endurance import memory_growth, swap_milliseconds
from deploy.bench.rounds import Way, measure
from deploy.bench.synthetic import adversarial_submissions, plain_figures, submissions, synthetic_rule_set
from deploy.bench.zen_side import key_of, zen_path
from services.scoring.adapters.durable_engine import DurableEngine
from services.scoring.core.card import Card
from services.scoring.core.points import compile_rule_set
from services.scoring.core.sight import Sight
from services.scoring.scorer import Scorer

RULE_SET = synthetic_rule_set()


def test_the_rule_set_is_what_it_is_said_to_be() -> None:
    forms = [criterion.method.form for criterion in RULE_SET.criteria()]
    counted = {form: forms.count(form) for form in forms}
    assert counted == {"yes_no": 20, "ratio": 20, "bands": 10, "count": 5, "choice": 5}
    assert len(RULE_SET.rules) == 18
    assert sum(section.maximum for section in RULE_SET.sections) == 100


@pytest.mark.parametrize("option", ["--agencies", "--submissions", "--rounds"])
def test_a_number_that_cannot_be_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "nation", option, "-3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


def test_every_rule_fires_on_some_card() -> None:
    verified = [*submissions(RULE_SET, 100), *adversarial_submissions(RULE_SET, 100)]
    cards = Scorer(DurableEngine()).score(RULE_SET, verified, {})
    fired = {firing.rule_id for card in cards for firing in card.firings}
    # Nobody in the comparison failed to answer.
    assert {rule.id for rule in RULE_SET.rules} - fired == {"quy-tac-5"}


def test_adversarial_cards_hardly_look_alike_to_the_rules() -> None:
    sight = Sight(compile_rule_set(RULE_SET))
    seen = {sight.of_card(Card.of(one, RULE_SET)) for one in adversarial_submissions(RULE_SET, 100)}
    assert len(seen) > 95


def test_the_same_seed_gives_the_same_cards() -> None:
    assert submissions(RULE_SET, 3) == submissions(RULE_SET, 3)
    assert submissions(RULE_SET, 3) != submissions(RULE_SET, 3, seed=4)


def test_zen_gives_the_points_of_the_methods() -> None:
    verified = submissions(RULE_SET, 20)
    found = zen_path(RULE_SET, [plain_figures(RULE_SET, one) for one in verified])()
    cards = Scorer(DurableEngine()).score(RULE_SET, verified, {})
    compared = 0
    for one, card, given in zip(verified, cards, found, strict=True):
        if any(finding.finding != "accepted" for finding in one.findings):
            continue
        for criterion, result in zip(RULE_SET.criteria(), card.criteria, strict=True):
            if result.state == "value":
                assert given[key_of(criterion)] == pytest.approx(float(result.earned))
                compared += 1
    assert compared > 500


def test_drools_gets_every_criterion_and_every_rule() -> None:
    text = rule_text(RULE_SET)
    assert text.count('rule "criterion ') == 60
    assert text.count('rule "rule ') == 18
    lines = card_lines(RULE_SET, submissions(RULE_SET, 2))
    assert len(lines) == 4
    assert {line.count("\t") for line in lines[2:]} == {lines[1].count("\t") + 1}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mvn") is None, reason="needs Maven and a JDK")
def test_drools_gives_the_same_totals() -> None:
    from deploy.bench.drools_side import Drools

    verified = submissions(RULE_SET, 100)
    cards = Scorer(DurableEngine()).score(RULE_SET, verified, {})
    with Drools(RULE_SET, verified) as drools:
        assert drools.round() > 0
        totals = drools.totals
    for one, card, total in zip(verified, cards, totals, strict=True):
        if all(finding.finding != "rejected" for finding in one.findings):
            assert total == pytest.approx(float(card.points))


def test_rounds_are_run_in_turn_and_one_does_not_count() -> None:
    ran: list[str] = []
    ways = {
        "a": Way(2, lambda: ran.append("a")),
        "b": Way(1, lambda: 0.5, prepare=lambda: ran.append("before b")),
    }
    found = measure(ways, rounds=2)
    assert ran == ["a", "before b"] * 3
    assert found["b"].seconds == (0.5, 0.5)
    assert found["b"].rate == 2


def test_a_new_version_beside_a_load_loses_no_card() -> None:
    found = swap_milliseconds(versions=2, cards=60)
    assert found["cards lost or different"] == 0
    assert found["cards scored meanwhile"] > 0


@pytest.mark.slow
def test_memory_is_read_before_and_after() -> None:
    found = memory_growth(1000)
    assert found["cards"] == 1000
    assert found["MB after all"] >= 0
