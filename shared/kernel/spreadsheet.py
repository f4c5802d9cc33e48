"""Text for tables that people open in a spreadsheet program."""

from __future__ import annotations

__all__ = ["harmless"]

# What spreadsheets take for a formula (OWASP, "CSV injection"), with the full-width signs that Excel reads alike.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def harmless(cell: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell
