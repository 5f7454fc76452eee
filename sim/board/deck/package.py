"""A deck as a file that holds no time of writing: the same bytes for the same slides."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

_FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can hold
_TIME = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")


def timeless(package: bytes, day: date) -> bytes:
    """An Office file whose entries have no time, and whose properties, and those of files in it, state `day`."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _TIME.sub(rb"\g<1>" + f"{day}T00:00:00Z".encode(), content)
            elif name.endswith(".xlsx"):
                content = timeless(content, day)
            entry = zipfile.ZipInfo(name, _FIRST_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return file.getvalue()
