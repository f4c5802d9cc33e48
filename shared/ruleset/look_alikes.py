"""Letters that look like plain ones: Cyrillic а for a, full-width １ for 1, a combining mark that hardly shows.

Names of a rule set are plain ASCII, so that two names that look alike are one. Whoever copied a name from a document or
a web page does not see why it is refused; here the character is found and named.
"""

from __future__ import annotations

import unicodedata

__all__ = ["code_point", "odd_character", "plain_form"]

# Cyrillic, Greek and other letters that most fonts draw as a Latin letter or a sign.
_DRAWN_AS = {
    "аеорсухіјѕԁԛԝһвкмнтг": "aeopcyxijsdqwhbkmhtr",
    "АВЕКМНОРСТХУІЈЅ": "ABEKMHOPCTXYIJS",
    "αεικνορτυχ": "aeikvoptux",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX",
    "ıɡ": "ig",
    "−–—‐‑": "-----",
    "‘’“”": "''\"\"",
}  # fmt: skip
_ALIKE = {ord(odd): plain for odds, plains in _DRAWN_AS.items() for odd, plain in zip(odds, plains, strict=True)}


def plain_form(text: str) -> str:
    """The text as plain ASCII, if it only looks like that and is not; else the empty text.

    A Vietnamese letter does not look like a plain one; a mark that stands by itself may hardly show.
    """
    if text.isascii():
        return ""
    marked = "".join(each for each in text if not unicodedata.combining(each))
    drawn = unicodedata.normalize("NFKC", marked.translate(_ALIKE)).translate(_ALIKE).strip()
    return drawn if drawn.isascii() else ""


def odd_character(text: str) -> str:
    """The first character that is not ASCII, as a reader can tell it: `U+0430 CYRILLIC SMALL LETTER A`."""
    return next((code_point(each) for each in text if not each.isascii()), "")


def code_point(character: str) -> str:
    """A character's number and name."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' {name}' if name else ''}"
