"""A deck as a file that holds no time of writing: the same bytes for the same slides."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from pptx.opc.serialized import PackageWriter

_FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can hold
_TIME = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")


def timeless(deck: Any, day: date) -> bytes:
    """The file of a deck. Its entries have no time, and its properties, and those of files in it, state `day`.

    python-pptx itself writes no file where the clock is before 1980 or after 2107.
    """
    package, entries = deck.part.package, _Entries()
    writer = PackageWriter("", package._rels, tuple(package.iter_parts()))
    for write in (writer._write_content_types_stream, writer._write_pkg_rels, writer._write_parts):
        write(cast(Any, entries))
    return _archive(entries.written, day)


class _Entries:
    """Takes what python-pptx would write to an archive."""

    def __init__(self) -> None:
        self.written: list[tuple[str, bytes]] = []

    def write(self, uri: Any, content: bytes) -> None:
        self.written.append((uri.membername, content))


def _archive(entries: Iterable[tuple[str, bytes]], day: date) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            if name == "docProps/core.xml":
                content = _TIME.sub(rb"\g<1>" + f"{day}T00:00:00Z".encode(), content)
            elif name.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(content)) as inside:
                    content = _archive([(each, inside.read(each)) for each in inside.namelist()], day)
            entry = zipfile.ZipInfo(name, _FIRST_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return file.getvalue()
