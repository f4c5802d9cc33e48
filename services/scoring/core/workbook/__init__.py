"""A criteria set as a workbook that a department recognises as its annex, and back without loss (ADR 0014)."""

from __future__ import annotations

from services.scoring.core.workbook.book import read_rule_set_book, rule_set_book

__all__ = ["read_rule_set_book", "rule_set_book"]
