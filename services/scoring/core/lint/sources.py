"""Titles that say something, and the legal documents that the set and its parts rest on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from services.scoring.core.lint.finding import Finding
from services.scoring.core.lint.scope import Scope
from shared.ruleset.document import Text
from shared.ruleset.places import join

__all__ = ["check_sources", "check_titles"]

# `2294/QĐ-UBND`, `64/2007/NĐ-CP`, `80/2015/QH13`: a number, perhaps a year, and the kind of document with its issuer.
_NUMBER = re.compile(r"\b[0-9]{1,5}(?:/[0-9]{4})?/[A-ZĐ][A-Za-zĐđ0-9]*(?:-[A-Za-zĐđ0-9&]+)*")
_DATE = re.compile(r"\s*ngày\s+([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_EMPTY_WORDS = {"todo", "tbd", "xxx", "abc", "test", "chua co", "chưa có", "chưa đặt tên", "tiêu đề", "title"}


# --- titles ------------------------------------------------------------------------------------------------------


def check_titles(scope: Scope) -> Iterator[Finding]:
    """Titles that say nothing, and titles that stand twice where people choose by them."""
    yield from _said(scope, [("title", scope.rule_set.title)])
    yield from _said(scope, ((join(path, "title"), section.title) for path, section in scope.each_section()))
    for path, section in scope.each_section():
        spots = (join(path, "criteria", index, "title") for index in range(len(section.criteria)))
        yield from _said(scope, zip(spots, (one.title for one in section.criteria), strict=True))
    for path, criterion in ((path, criterion) for path, _, criterion in scope.each_criterion()):
        spots = (join(path, "inputs", index, "title") for index in range(len(criterion.inputs)))
        yield from _said(scope, zip(spots, (one.title for one in criterion.inputs), strict=True))
    for path, _, item in scope.each_input():
        spots = (join(path, "options", index, "title") for index in range(len(item.options)))
        yield from _said(scope, zip(spots, (one.title for one in item.options), strict=True))
    yield from _said(scope, ((join(path, "title"), rule.title) for path, rule in scope.each_rule()))
    levels = enumerate(scope.rule_set.result.levels)
    yield from _said(scope, ((join("result.levels", index, "title"), level.title) for index, level in levels))


def _said(scope: Scope, titles: Iterable[tuple[str, Text]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, title in titles:
        words = " ".join(title.vi.casefold().split()).strip(" .?…-_")
        if not any(letter.isalpha() for letter in words) or words in _EMPTY_WORDS:
            yield scope.find("title.says_nothing", join(path, "vi"), title=title.vi[:60])
        elif words in seen:
            yield scope.find("title.duplicate", join(path, "vi"), title=title.vi[:60])
        seen.add(words)


# --- legal basis -------------------------------------------------------------------------------------------------


def check_sources(scope: Scope) -> Iterator[Finding]:
    """The legal basis, and what is cited of it."""
    rule_set = scope.rule_set
    seen: set[tuple[str, date]] = set()
    for index, basis in enumerate(rule_set.legal_basis):
        path = join("legal_basis", index)
        if (basis.number, basis.issued_on) in seen:
            yield scope.find("basis.duplicate", join(path, "number"), name=basis.number)
        seen.add((basis.number, basis.issued_on))
        if basis.issued_on.year > rule_set.stage.last_year:
            yield scope.find(
                "basis.after_stage", join(path, "issued_on"), date=basis.issued_on, last=rule_set.stage.last_year
            )
    for path, origin, article in _cited(scope):
        if article is not None:
            yield from _article(scope, join(path, "article"), article)
        elif origin == "decision":
            yield scope.find("article.missing", path)


def _cited(scope: Scope) -> Iterator[tuple[str, str, str | None]]:
    """Criteria and rules with whose they are and what they cite."""
    for path, _, criterion in scope.each_criterion():
        yield path, criterion.origin, criterion.article
    for path, rule in scope.each_rule():
        yield path, rule.origin, rule.article


def _article(scope: Scope, path: str, article: str) -> Iterator[Finding]:
    """What is cited is found by its number in the legal basis, or by number and date."""
    dates: dict[str, set[date]] = {}
    for basis in scope.rule_set.legal_basis:
        dates.setdefault(basis.number, set()).add(basis.issued_on)
    for match in _NUMBER.finditer(article):
        number, told = match.group(), _date(article, match.end())
        if told is None and number not in dates:
            yield scope.find("article.not_in_basis", path, name=number)
        elif told is not None and number in dates and told not in dates[number]:
            issued = ", ".join(f"{each:%d/%m/%Y}" for each in sorted(dates[number]))
            yield scope.find("article.other_date", path, name=number, date=f"{told:%d/%m/%Y}", issued=issued)


def _date(article: str, after: int) -> date | None:
    match = _DATE.match(article, after)
    if match is None:
        return None
    day, month, year = (int(part) for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None
