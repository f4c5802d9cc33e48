"""An amendment that breaks the rules is refused over HTTP, every fault at its line; what is in force stays in force."""

from typing import Any

import pytest
from serving import Serving

from deploy.xephang.year.example import read_bytes, rule_set_path

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "it-province/2021.1.yaml"
KEY = "bac-giang-it-province@2021.1"


class Amendment:
    """A rule set in force as its next version, edited by hand as a department would."""

    def __init__(self) -> None:
        self.lines = read_bytes(rule_set_path(NAME)).decode().splitlines()
        self.edit('version: "2021.1"', 'version: "2021.2"')

    def edit(self, old: str, new: str) -> int:
        """Replace the first line that holds `old`; returns the line's number as editors count."""
        number = next(number for number, line in enumerate(self.lines) if old in line)
        self.lines[number] = self.lines[number].replace(old, new)
        return number + 1

    def content(self) -> bytes:
        return "\n".join(self.lines).encode()


async def load(serving: Serving, amendment: Amendment, path: str = "/scoring/rulesets") -> dict[str, Any]:
    """Try to load it; the problem document it is refused with."""
    headers = {"content-type": "application/yaml", **serving.token("rules_admin")}
    response = await serving.post(f"{path}?name=sua-doi.yaml", amendment.content(), headers)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()


async def known_rule_sets(serving: Serving) -> Any:
    """Every rule set that is known, with its standing."""
    return (await serving.http.get("/scoring/rulesets/all", headers=serving.token("operator"))).json()


async def check_refused(serving: Serving, amendment: Amendment, expected: dict[int, str]) -> None:
    """Refused for these faults, by line, each in both languages; and nothing has changed."""
    # other tests of this platform may have left drafts: what counts is that nothing is different afterwards
    before = await known_rule_sets(serving)
    content = (await serving.http.get(f"/scoring/rulesets/{KEY}")).content
    for path in ("/scoring/rulesets/lint", "/scoring/rulesets"):
        faults = (await load(serving, amendment, path))["faults"]
        assert all(fault["place"].startswith("sua-doi.yaml:") for fault in faults)
        told = {(int(fault["place"].split(":")[1]), fault["code"]) for fault in faults}
        assert set(expected.items()) <= told
        assert all(fault["vi"] and fault["en"] for fault in faults)
    assert await known_rule_sets(serving) == before
    states = {(one["ref"]["version"], one["status"]) for one in before if one["ref"]["id"] == KEY.split("@")[0]}
    assert ("2021.1", "active") in states
    assert ("2021.2", "draft") not in states
    assert (await serving.http.get(f"/scoring/rulesets/{KEY}")).content == content


async def test_amendment_is_refused_with_every_fault_at_its_line(serving: Serving):
    amendment = Amendment()
    faults = {
        amendment.edit("maximum: 10", "maximum: 11"): "section.points",
        amendment.edit("numerator: documents_out_electronic", "numerator: documents_out"): "method.unknown_input",
        # told where the first of the two rows stands
        amendment.edit("{ at_least: 3, below: 4,", "{ at_least: 3, below: 5,") - 1: "bands.overlap",
    }
    await check_refused(serving, amendment, faults)


async def test_amendment_is_refused_when_one_of_its_examples_fails(serving: Serving):
    amendment = Amendment()
    line = amendment.edit("fired: [submission-missing]", "fired: []")
    await check_refused(serving, amendment, {line: "example.fired"})


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"a: [", b"- 1\n- 2\n", b"id: a\nid: b\n", b"&a [*a]", b"!!python/object/apply:os.system [id]"],
)
async def test_what_is_no_rule_set_is_refused(serving: Serving, content: bytes):
    headers = {"content-type": "application/yaml", **serving.token("rules_admin")}
    response = await serving.post("/scoring/rulesets", content, headers)
    assert response.status_code in (400, 422), response.text
    assert response.json()["faults"]


async def test_rule_set_in_force_is_never_edited(serving: Serving):
    amendment = Amendment()
    amendment.edit('version: "2021.2"', 'version: "2021.1"')
    amendment.edit("vi: Hạ tầng kỹ thuật CNTT", "vi: Hạ tầng kỹ thuật công nghệ thông tin")
    headers = {"content-type": "application/yaml", **serving.token("rules_admin")}
    response = await serving.post("/scoring/rulesets", amendment.content(), headers)
    assert response.status_code == 409, response.text
    assert response.json()["type"].endswith("ruleset.frozen")


async def test_nobody_approves_what_they_loaded(serving: Serving):
    amendment = Amendment()
    amendment.edit('version: "2021.2"', 'version: "2021.9"')
    headers = {"content-type": "application/yaml", **serving.token("rules_admin")}
    response = await serving.post("/scoring/rulesets", amendment.content(), headers)
    assert response.status_code == 201, response.text
    path = "/scoring/rulesets/bac-giang-it-province@2021.9"
    same = serving.token("rules_admin")
    seen = {"hash": response.json()["ref"]["hash"]}
    assert (await serving.post(f"{path}/approve", seen, same)).status_code == 403
    assert (await serving.post(f"{path}/activate", {"from_year": 2021}, same)).status_code == 409
