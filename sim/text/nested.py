"""JSON that is not nested deeply. Python's own limit is the process's, and where a user has raised it a file could end
the process."""

import json
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Any

MOST_DEPTH = 100
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]+")


def read_json(text: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """What a JSON document says; `pairs` makes an object of its keys and values.

    Raises ValueError for any other text, and RecursionError for more than `MOST_DEPTH` lists and objects inside one
    another.
    """
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text))
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > MOST_DEPTH:
        raise RecursionError(f"nested more than {MOST_DEPTH} levels deep")
    return json.loads(text, object_pairs_hook=pairs)
