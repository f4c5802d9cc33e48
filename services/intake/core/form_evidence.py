"""Checks the documents an agency names as evidence (tài liệu kiểm chứng), by criterion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from urllib.parse import urlsplit

from services.intake.core.form_wording import fault
from shared.contracts.common import Evidence
from shared.kernel.errors import Fault
from shared.ruleset.document import RuleSet
from shared.ruleset.places import join

__all__ = ["MAX_EVIDENCE_ITEMS", "MAX_LINK", "MAX_NUMBER", "MAX_TITLE", "check_evidence"]

MAX_EVIDENCE_ITEMS = 50
MAX_NUMBER = 200
MAX_TITLE = 2000
MAX_LINK = 2000
_MAX_UNKNOWN = 200
_FIELDS = {"number": MAX_NUMBER, "title": MAX_TITLE, "link": MAX_LINK}
_KNOWN_FIELDS = frozenset({*_FIELDS, "issued_on"})
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+\Z", re.IGNORECASE)


def check_evidence(
    rule_set: RuleSet, evidence: Mapping[str, object]
) -> tuple[dict[str, tuple[Evidence, ...]], dict[str, list[dict[str, str]]], list[Fault]]:
    """Documents by criterion in the order of the set, their plain JSON, and one fault for each field that is wrong."""
    codes = [criterion.code for criterion in rule_set.criteria()]
    documents: dict[str, tuple[Evidence, ...]] = {}
    faults: list[Fault] = []
    for code in codes:
        given = evidence.get(code)
        if given is None:
            continue
        items = _all_right(given)
        if items is None:
            items, more = _items(join("evidence", code), given)
            faults.extend(more)
        if items:
            documents[code] = items
    known = set(codes)
    faults.extend(
        fault("evidence.unknown_criterion", join("evidence", str(code)[:80]), codes, name=str(code)[:80])
        for code in islice((code for code in evidence if code not in known), _MAX_UNKNOWN)
    )
    plain = {code: [_plain(item) for item in items] for code, items in documents.items()}
    return documents, plain, faults


def _plain(document: Evidence) -> dict[str, str]:
    """What the class would write, defaults left out."""
    plain = {"title": document.title}
    if document.number:
        plain["number"] = document.number
    if document.issued_on is not None:
        plain["issued_on"] = document.issued_on.isoformat()
    if document.link:
        plain["link"] = document.link
    return plain


def _items(place: str, given: object) -> tuple[tuple[Evidence, ...], list[Fault]]:
    if type(given) is not list and (not isinstance(given, Sequence) or isinstance(given, str | bytes)):
        return (), [fault("evidence.not_list", place)]
    if len(given) > MAX_EVIDENCE_ITEMS:
        return (), [fault("evidence.too_many", place, limit=MAX_EVIDENCE_ITEMS)]
    items: list[Evidence] = []
    faults: list[Fault] = []
    for index, item in enumerate(given):
        wrong = list(_item_faults(join(place, index), item))
        faults.extend(wrong)
        if not wrong and isinstance(item, Mapping):
            items.append(_evidence(item))
    return tuple(items), faults


def _evidence(item: Mapping[str, object]) -> Evidence:
    text = {field: str(item.get(field) or "").strip() for field in _FIELDS}
    return Evidence(**text, issued_on=_date(item.get("issued_on")))


def _all_right(given: object) -> tuple[Evidence, ...] | None:
    """The documents, if each is `_right`: nearly always."""
    if type(given) is not list or len(given) > MAX_EVIDENCE_ITEMS:
        return None
    items: list[Evidence] = []
    for item in given:
        read = _right(item)
        if read is None:
            return None
        items.append(read)
    return tuple(items)


def _right(item: object) -> Evidence | None:
    """The document, if `_item_faults` finds nothing, told in one look for most of them; None where it may."""
    if type(item) is not dict or not item.keys() <= _KNOWN_FIELDS:
        return None
    number, title, link = item.get("number", ""), item.get("title", ""), item.get("link", "")
    for text in (number, title, link):
        if type(text) is not str or len(text) > MAX_NUMBER:
            return None
    if _NOT_TEXT.search(f"{number}{title}{link}"):
        return None
    number, title, link, issued = number.strip(), title.strip(), link.strip(), item.get("issued_on")
    day = _date(issued)
    if not title or (day is None and issued is not None) or (link and not _is_web_link(link)):
        return None
    return Evidence(number=number, issued_on=day, title=title, link=link)


def _item_faults(place: str, item: object) -> Iterator[Fault]:
    if not isinstance(item, Mapping):
        yield fault("evidence.not_object", place)
        return
    for name in item:
        if name not in _FIELDS and name != "issued_on":
            yield fault("evidence.unknown_field", join(place, str(name)[:80]), name=str(name)[:80])
    for field, limit in _FIELDS.items():
        yield from _text_faults(join(place, field), item.get(field), limit, required=field == "title")
    link = item.get("link")
    if isinstance(link, str) and link.strip() and not _is_web_link(link.strip()):
        yield fault("evidence.link", join(place, "link"))
    if item.get("issued_on") is not None and _date(item["issued_on"]) is None:
        yield fault("evidence.date", join(place, "issued_on"))


def _text_faults(place: str, value: object, limit: int, *, required: bool) -> Iterator[Fault]:
    if value is None or value == "":
        if required:
            yield fault("evidence.title_missing", place)
    elif not isinstance(value, str):
        yield fault("evidence.not_text", place)
    elif len(value) > limit:
        yield fault("evidence.too_long", place, limit=limit)
    elif _NOT_TEXT.search(value):
        yield fault("evidence.control_character", place)
    elif required and not value.strip():
        yield fault("evidence.title_missing", place)


def _is_web_link(link: str) -> bool:
    if not _LINK.match(link):
        return False
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False


def _date(value: object) -> date | None:
    """The day as it is written in JSON; None if it is none."""
    if not isinstance(value, str) or not _ISO_DATE.match(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
