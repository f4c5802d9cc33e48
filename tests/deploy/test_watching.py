"""What watches over the services asks for what they tell: dashboard and alerts name metrics that there are."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contracts.registry import SERVICES
from shared.telemetry.metrics import Figures, Metrics

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OBSERVE = (ROOT / "docs" / "how-to" / "observe.md").read_text("utf-8")
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "xephang.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ALERTS = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
SHOWN = {f"panel {p['id']} {t['refId']}": t["expr"] for p in PANELS for t in p["targets"]}
ASKED = {**SHOWN, **{rule["alert"]: rule["expr"] for rule in ALERTS}}

_METRIC = re.compile(r"\b((?:xephang|process)_[a-z_]+)\b")
_SELECTED = re.compile(r"\b((?:xephang|process)_[a-z_]+)\{([^}]*)\}")
_GROUPED = re.compile(r"\b(?:by|on) \(([a-z, ]+)\)")
_DURATION = re.compile(r"[1-9][0-9]*[smhd]")
# Given by Prometheus itself to whatever it scrapes.
_SCRAPED = {"job", "instance"}


def told() -> dict[str, set[str]]:
    """Every name that a service exposes, with its labels: all that can be counted is counted once."""
    metrics = Metrics("intake")
    metrics.consumed("t", 1)
    metrics.published("t", 1)
    metrics.set_aside("t")
    metrics.settled("retried")
    metrics.retried("t")
    metrics.restarted()
    metrics.request("GET", "/", 200, 0.1)
    metrics.refused_busy()
    metrics.batch(0.1)
    metrics.stored("put", 0.1, answered=False)
    metrics.sent(0.1)
    metrics.asked("t")
    status = {
        "consumed": {"t": {"lag": 1, "waiting_seconds": 1}},
        "unpublished": {"t": 1},
        "stuck": [],
        "parked": {},
        "parked_aggregates": 0,
        "dead_letters": 0,
        "running": True,
    }
    found: dict[str, set[str]] = {}
    for line in metrics.render(status, Figures(0, {"t": 1}, 2)).decode().splitlines():
        if not line.startswith("#"):
            name, _, rest = line.partition("{") if "{" in line else line.partition(" ")
            found.setdefault(name, set()).update(re.findall(r'(\w+)="', rest))
    return found


TOLD = told()


@pytest.mark.parametrize("place", ASKED)
def test_what_is_asked_for_is_told(place: str) -> None:
    expr = ASKED[place]
    names = _METRIC.findall(expr)
    assert names or "up{" in expr
    assert set(names) <= TOLD.keys()
    labels = set().union(_SCRAPED, *(TOLD[name] for name in names))
    for name, selected in _SELECTED.findall(expr):
        assert set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", selected)) <= TOLD[name] | _SCRAPED, place
    for grouped in _GROUPED.findall(expr):
        assert set(grouped.split(", ")) <= labels, place
    assert _is_balanced(expr)
    for name in names:
        if name.endswith("_total"):  # what only grows is looked at by its growth
            assert re.search(rf"(rate|increase)\({name}", expr), place
        if name.endswith("_bucket"):
            assert "histogram_quantile(" in expr
            assert "le" in expr.partition("by (")[2].partition(")")[0]


def test_nothing_that_is_told_is_forgotten() -> None:
    asked = set(itertools.chain.from_iterable(_METRIC.findall(expr) for expr in ASKED.values()))
    families = {re.sub(r"_(bucket|sum|count)$", "_bucket", name) for name in TOLD if name.startswith("xephang_")}
    assert {name for name in families if not name.endswith("_created")} <= asked
    assert not [name for name in asked if name.removesuffix("_bucket") not in OBSERVE]


def _is_balanced(expr: str) -> bool:
    bare = re.sub(r'"[^"]*"', "", expr)
    return all(bare.count(a) == bare.count(b) for a, b in ("()", "{}", "[]"))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert _DURATION.fullmatch(rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert len(rule["annotations"]["do"]) > 10
    assert re.search(r"\(.+\)$", rule["annotations"]["summary"])  # in English beside it
    names = _METRIC.findall(rule["expr"])
    labels = set().union(_SCRAPED, *(TOLD[name] for name in names))
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels
    assert f"`{rule['alert']}`" in OBSERVE


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names)
    assert set(re.findall(r"`(Xephang[A-Z]\w+)`", OBSERVE)) == set(names)


def test_panels_lie_beside_each_other_and_ask_the_source_that_is_set_up() -> None:
    sources = yaml.safe_load(
        (DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yaml").read_text("utf-8")
    )
    uid = sources["datasources"][0]["uid"]
    every = DASHBOARD["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int]] = set()
    for panel in every:
        at = panel["gridPos"]
        cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"]
        assert {panel["datasource"]["uid"], *(t["datasource"]["uid"] for t in panel["targets"])} == {uid}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for target in panel["targets"]:
            known = set().union(_SCRAPED, *(TOLD[name] for name in _METRIC.findall(target["expr"])))
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= known
    variables = {each["name"] for each in DASHBOARD["templating"]["list"]}
    assert variables == {"service"}


def test_prometheus_looks_at_all_services() -> None:
    settings = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))
    (job,) = settings["scrape_configs"]
    assert job["job_name"] == "xephang"
    assert job["static_configs"][0]["targets"] == [f"{name}:8080" for name in SERVICES]
    compose = (DEPLOY / "compose" / "compose.yaml").read_text("utf-8")
    assert f"../prometheus/alerts.yaml:{settings['rule_files'][0]}:ro" in compose
    (provider,) = yaml.safe_load(
        (DEPLOY / "grafana" / "provisioning" / "dashboards" / "xephang.yaml").read_text("utf-8")
    )["providers"]
    assert f"../grafana/dashboards:{provider['options']['path']}:ro" in compose
