"""HTML elements: text is escaped, markup is not."""

from __future__ import annotations

from html import escape

__all__ = ["Html", "joined", "tag"]

_EMPTY = {"meta", "input", "br", "img", "source"}


class Html(str):
    """Markup. A plain string is text."""

    __slots__ = ()


def tag(element: str, *children: str, **attributes: str | float | bool | None) -> Html:
    """`<element ...>children</element>`.

    An attribute that is None or False is left out, one that is True has no value. Underscores in names are hyphens, and
    one at the end is dropped (`class_`). Numbers have at most two decimals.
    """
    words = "".join(_attribute(name.rstrip("_").replace("_", "-"), given) for name, given in attributes.items())
    if element in _EMPTY:
        return Html(f"<{element}{words}>")
    return Html(f"<{element}{words}>{joined(*children)}</{element}>")


def joined(*children: str) -> Html:
    """Markup and texts, one after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def _attribute(name: str, given: str | float | bool | None) -> str:
    if given is None or given is False:
        return ""
    if given is True:
        return f" {name}"
    text = f"{round(given, 2):g}" if isinstance(given, float) else str(given)
    return f' {name}="{escape(text)}"'
