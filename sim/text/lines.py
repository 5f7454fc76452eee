"""Any text on one printable line."""

from sim.text.characters import escaped

SHOWN = 60  # characters of a value in a message


def one_line(text: str, limit: int = SHOWN) -> str:
    """`text` on one line: control characters and newlines escaped, cut to `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return escaped(cut)
