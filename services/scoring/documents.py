"""Rule sets from whatever a person brings: YAML, JSON, or an Excel workbook, told apart by how the content begins."""

from __future__ import annotations

from services.scoring.adapters.workbook_guard import OLE, ZIP
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet, load_text

__all__ = ["MEDIA_TYPE", "is_workbook", "load_document", "workbook_of"]

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def is_workbook(content: bytes) -> bool:
    """Whether the content begins as a workbook does, or as the old kind and the encrypted one do."""
    return content.startswith((ZIP, OLE))


def load_document(content: bytes, name: str) -> LoadedRuleSet:
    """Read a rule set; places are lines, or the cells of a workbook. Raises `RuleSetRefused`."""
    if not is_workbook(content):
        return load_text(content, name)
    # Only who brings a workbook waits for openpyxl to be imported.
    from services.scoring.adapters.workbook_file import read_workbook_file
    from services.scoring.core.workbook import read_rule_set_book

    return read_rule_set_book(read_workbook_file(content, name))


def workbook_of(rule_set: RuleSet) -> bytes:
    """The rule set as an .xlsx file, always the same bytes. Raises `Invalid` for one that a workbook cannot say."""
    from services.scoring.adapters.workbook_file import write_workbook_file
    from services.scoring.core.workbook import rule_set_book

    return write_workbook_file(rule_set_book(rule_set))
