"""Objects that print as tables: in full with `str` and in a notebook, in one line with `repr`."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Sequence

from sim.text.bidi import isolated_html
from sim.text.frozen import whole
from sim.text.tables import Table, plain, table_html, table_text, wrapped


class Verbatim(str):
    """Lines that are printed as they are, such as a table of a case file: they can be copied."""

    __slots__ = ()


Blocks = Sequence[str | Table]


@whole
class Readable(ABC):
    """Base of results that people read. A subclass gives its text as `_blocks` and its `repr` as `_in_brief`."""

    __slots__ = ()

    @abstractmethod
    def _blocks(self) -> Blocks:
        """Paragraphs and tables, in the order of reading."""

    @abstractmethod
    def _in_brief(self) -> str:
        """The text of the `repr` after the name of the class."""

    def __str__(self) -> str:
        return "\n\n".join(map(_text, self._blocks()))

    def _repr_html_(self) -> str:
        return html_of(self._blocks())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._in_brief()}>"


def html_of(blocks: Blocks) -> str:
    """Paragraphs and tables for a notebook."""
    return isolated_html("<div>" + "\n".join(map(_html, blocks)) + "</div>")


def _text(block: str | Table) -> str:
    if isinstance(block, Table):
        return table_text(block)
    return "\n".join(map(plain, block.split("\n"))) if isinstance(block, Verbatim) else wrapped(block)


def _html(block: str | Table) -> str:
    if isinstance(block, Table):
        return table_html(block)
    if isinstance(block, Verbatim):
        return f"<pre>{html.escape(block)}</pre>"
    return f"<p>{'<br>'.join(map(html.escape, block.splitlines()))}</p>"
