"""Reading of a result that `Result.save` wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import numpy as np

from sim.results.figures import TALLIED, Tallies, lines_in
from sim.results.files import ResultError, read_arrays, shown
from sim.results.provenance import calendar_hint
from sim.results.result import FORMAT, Result
from sim.results.sketch import Sketch
from sim.terms import Case, CaseError


def load_result(path: str | os.PathLike[str]) -> Result:
    """Read a result that `Result.save` wrote. No pickles are read, so that nothing in the file is executed.

    Parameters
    ----------
    path : path-like
        The file, a pipe, or "-" for the standard input.

    Returns
    -------
    Result

    Raises
    ------
    ResultError
        In one line, if the file is missing, damaged or of another kind.
    """
    return result_of(read_arrays(path), path)


def result_of(arrays: Mapping[str, np.ndarray], path: str | os.PathLike[str]) -> Result:
    """The result whose arrays a file has; `path` names it in an error."""
    try:
        header = json.loads(arrays["header"].tobytes())
        if header["format"] != FORMAT:
            raise ResultError(f"{shown(path)}: saved in format {header['format']}; this version reads format {FORMAT}")
        made = header["manifest"]
        if not isinstance(made["versions"], dict) or not isinstance(made["versions"]["fundrisk"], str):
            raise ValueError("its manifest names no version")
        tallies = Tallies(tuple(header["reasons"]), *(arrays[name] for name in TALLIED))
        case = Case.from_dict(made["case"], source=header["source"])
        sketch = Sketch.from_arrays(case, header["groups"], arrays) if "digest_chunks" in arrays else None
        of_lines = lines_in(arrays)
        return Result(
            case, made["paths"], made["seed"], made["sampler"], tallies, None if sketch else arrays, sketch,
            antithetic=made["antithetic"], first_path=made["first_path"],
            elapsed_s=header["elapsed_s"], workers=header["workers"], written=made, line_tallies=of_lines,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError, CaseError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = calendar_hint(made) if isinstance(error, CaseError) else ""
        raise ResultError(f"{shown(path)}: not a result that this version can read: {reason}{hint}") from None
