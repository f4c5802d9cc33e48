"""HTML that cannot be broken by what stands in it: `element` escapes every text; only what it made itself passes."""

from __future__ import annotations

from html import escape

__all__ = ["Html", "document", "element"]


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str) -> Html:
    """One element; attributes that are empty are left out, `class_` stands for `class`."""
    named = "".join(f' {name.rstrip("_")}="{escape(value)}"' for name, value in attributes.items() if value)
    inner = "".join(child if isinstance(child, Html) else escape(child) for child in children)
    return Html(f"<{tag}{named}>{inner}</{tag}>")


def document(title: str, style: str, *body: str) -> str:
    """A whole page in Vietnamese that needs nothing else: no script, no outside font or picture, style inside."""
    head = element(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    return f'<!doctype html>\n<html lang="vi">{head}{element("body", *body)}</html>\n'
