"""Any text on one printable line."""

from sim.text.characters import escaped

SHOWN = 60  # characters of a value in a message


def one_line(text: str, limit: int = SHOWN) -> str:
    """`text` on one line: control characters and newlines escaped, cut to `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return escaped(cut)


class ListedError(ValueError):
    """An error with a list of lines, one for each problem."""

    def __init__(self, problems: list[str]):
        super().__init__(list(problems))

    @property
    def problems(self) -> list[str]:
        return self.args[0]

    def __str__(self) -> str:
        return "\n".join(self.problems)
