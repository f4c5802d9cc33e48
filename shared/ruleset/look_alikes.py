"""Letters that look like plain ones: Cyrillic а for a, full-width １ for 1, a combining mark that hardly shows.

Names of a rule set are plain ASCII, so that two names that look alike are one. Whoever copied a name from a document or
a web page does not see why it is refused; here the character is found and named.
"""

from __future__ import annotations

import unicodedata

__all__ = ["code_point", "odd_character", "plain_form"]

# Cyrillic, Greek and other letters that most fonts draw as a Latin letter or a sign.
_ALIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһвкмнтгАВЕКМНОРСТХУІЈЅαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡđĐ−–—‐‑‘’“”․，：；。／",
    "aeopcyxijsdqwhbkmhtrABEKMHOPCTXYIJSaeikvoptuxABEZHIKMNOPTYXigdD-----''\"\".,:;./",
)


def plain_form(text: str) -> str:
    """The text as plain ASCII, if it only looks like that and is not; else the empty text."""
    if text.isascii():
        return ""
    drawn = unicodedata.normalize("NFKC", text.translate(_ALIKE)).translate(_ALIKE)
    bare = "".join(each for each in unicodedata.normalize("NFD", drawn) if not unicodedata.combining(each))
    return bare.strip() if bare.isascii() else ""


def odd_character(text: str) -> str:
    """The first character that is not ASCII, as a reader can tell it: `U+0430 CYRILLIC SMALL LETTER A`."""
    return next((code_point(each) for each in text if not each.isascii()), "")


def code_point(character: str) -> str:
    """A character's number and name."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}{f' {name}' if name else ''}"
