"""Documents hold together: links resolve, blocks parse, decisions have their form, versions agree."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from docs_pages import ADRS, ROOT, Block, Page, blocks, pages, read

from services.intake.core.model import CampaignPlan

HEADINGS = ["Context", "Decision", "Consequences", "Refused", "Revisit when"]
MOST_LINES = 80
DECISIONS = sorted(ADRS.glob("[0-9]*.md"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_resolve(page: Page) -> None:
    broken = []
    for number, target in page.links():
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.path.parent / path).resolve() if path else page.path
        if not file.exists() or (anchor and anchor not in read(file).anchors()):
            broken.append(f"{page.name}:{number}: {target}")
    assert not broken


@pytest.mark.parametrize("block", blocks("json", "yaml", "python"), ids=lambda block: block.place)
def test_blocks_parse(block: Block) -> None:
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "yaml":
        yaml.safe_load(block.text)
    else:
        ast.parse(block.text)


def test_the_campaign_shown_can_be_opened() -> None:
    plans = [block for block in blocks("yaml") if block.text.startswith("# dot-")]
    assert plans
    for block in plans:
        CampaignPlan.model_validate(yaml.safe_load(block.text))


def test_every_block_names_its_language() -> None:
    known = {"sh", "console", "json", "yaml", "python", "text", "mermaid"}
    assert not [block.place for page in pages() for block in page.blocks if block.language not in known]


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_is_one_page_in_one_form(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert re.fullmatch(rf"# {path.name[:4]} .+", lines[0])
    assert [line[3:] for line in lines if line.startswith("## ")] == HEADINGS
    assert path.name in (ADRS / "README.md").read_text(encoding="utf-8")


def test_decisions_that_code_names_exist() -> None:
    known = {path.name[:4] for path in DECISIONS}
    named = {
        (str(path.relative_to(ROOT)), number)
        for folder in ("shared", "services", "deploy")
        for path in (ROOT / folder).rglob("*.py")
        for number in re.findall(r"ADR (\d{4})", path.read_text(encoding="utf-8"))
    }
    assert named
    assert not [place for place in named if place[1] not in known]


def test_the_newest_version_in_the_changelog_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"^## \[?(\d[^\s\]]*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == project["version"]


def test_the_changelog_names_every_rule_set() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "services/scoring/rulesets").glob("*/*.yaml")):
        assert path.stem in text, f"{path.parent.name} {path.stem} is not in the changelog"
