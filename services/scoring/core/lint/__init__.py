"""Lint: what is wrong with a rule set that is valid in shape. Everything is listed at once, each with line and remedy.

    findings = lint(load_file(path))
    refused = any(finding.severity == "error" for finding in findings)

The table of contents is `CHECKS`, one check for each family; the words are in `words_*.py`. Running the document's
examples is not lint's: it only makes sure that they can be run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.scoring.core.lint.bands import check_bands
from services.scoring.core.lint.causes import by_place, one_each
from services.scoring.core.lint.conflicts import check_conflicts
from services.scoring.core.lint.derived import check_derived
from services.scoring.core.lint.evidence import check_evidence
from services.scoring.core.lint.examples import check_examples
from services.scoring.core.lint.finding import CODES, Finding, Severity
from services.scoring.core.lint.firing import check_firing
from services.scoring.core.lint.forms import check_forms
from services.scoring.core.lint.gates import check_gates
from services.scoring.core.lint.mapping import check_mapping
from services.scoring.core.lint.methods import check_methods
from services.scoring.core.lint.numbers import check_lengths, check_numbers, check_texts
from services.scoring.core.lint.previous import amended, check_previous
from services.scoring.core.lint.result import check_result
from services.scoring.core.lint.rules import check_comparisons, check_effects
from services.scoring.core.lint.scope import Scope
from services.scoring.core.lint.sources import check_sources, check_titles
from services.scoring.core.lint.structure import check_criteria, check_inputs, check_sections
from services.scoring.core.lint.tables import check_tables
from services.scoring.core.lint.units import check_units
from shared.ruleset.document import RuleSet
from shared.ruleset.loader import LoadedRuleSet

__all__ = ["CHECKS", "CODES", "Finding", "Severity", "amended", "errors", "lint"]

CHECKS: tuple[Callable[[Scope], Iterator[Finding]], ...] = (
    check_sections,
    check_criteria,
    check_inputs,
    check_result,
    check_methods,
    check_forms,
    check_bands,
    check_tables,
    check_units,
    check_comparisons,
    check_effects,
    check_derived,
    check_firing,
    check_conflicts,
    check_gates,
    check_evidence,
    check_titles,
    check_sources,
    check_numbers,
    check_lengths,
    check_texts,
    check_examples,
    check_previous,
    check_mapping,
)


def lint(loaded: LoadedRuleSet, previous: RuleSet | None = None) -> list[Finding]:
    """All findings, errors first, in the order of the document; `previous` is the version that this one amends."""
    scope = Scope(loaded, previous)
    found = one_each(finding for check in CHECKS for finding in check(scope))
    return sorted(found, key=by_place(loaded.places))


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that forbid approving the document."""
    return [finding for finding in findings if finding.severity == "error"]
