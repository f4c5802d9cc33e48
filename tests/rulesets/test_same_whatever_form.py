"""What is published of a rule set is the same whether it was read from a file or from the JSON that is kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.intake.core.form import form_document, survey_form
from services.intake.core.form_sheet import form_paper
from services.scoring.core.amendment import amend
from services.scoring.core.method_paper import method_paper
from services.scoring.core.method_sheet import method_sheet
from services.scoring.documents import workbook_of
from shared.kernel.canonical import canonical_json
from shared.ruleset.loader import load_rule_set, load_text

FILES = sorted((Path(__file__).parents[2] / "services" / "scoring" / "rulesets").glob("*/*.yaml"))


# One of ours and one of another body's in the fast suite; the long one takes them all.
FAST = {"it-province/2022.1", "mic-it-ministries/2016.1"}
NAMED = {f"{path.parent.name}/{path.stem}": path for path in FILES}


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=name, marks=() if name in FAST else pytest.mark.slow) for name, p in NAMED.items()],
)
def test_published_pages_do_not_depend_on_how_it_was_read(path: Path) -> None:
    read = load_rule_set(path)
    kept = load_text(canonical_json(read.canonical()), "kept").rule_set
    assert kept.content_hash() == read.content_hash()
    for shown in (form_document, survey_form, form_paper, lambda one: method_paper(method_sheet(one))):
        assert repr(shown(kept)) == repr(shown(read))
    assert workbook_of(kept) == workbook_of(read)
    assert amend(read, kept).is_empty()


def test_there_are_files() -> None:
    assert len(FILES) >= 8
    assert NAMED.keys() >= FAST
