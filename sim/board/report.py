"""The board pack as files in a folder: deck, figures, numbers, and what else draws a story.

Everything is written to a folder of its own inside the one that was asked for, and moved file by file when all of it is
there. The names are fixed, so that no word of a case becomes part of a path; other files in the folder stay.
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.board.story.chapter import Chapter
from sim.results.files import ResultError, shown

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

Progress = Callable[[int, int], Any]

#: Documents of a story, each by a function (pack, story, path) of a module.
DOCUMENTS = {
    "deck.pptx": "sim.board.deck.deck:write_deck",
    "workbook.xlsx": "sim.board.workbook.workbook:write_workbook",
    "page.html": "sim.board.page.page:write_page",
}
NUMBERS = ("result.json", "run.npz")
FIGURES = "figures"
#: A run of more paths is stored as its summary, which keeps the pack small; seed and case give every path again.
MOST_STORED = 25_000
_SKETCHED = ("columns", "stacked", "bars", "waterfall")
_OWN = {"cash": "cash_fan", "cash_out": "cash_out_by_quarter", "dilution": "dilution_distribution"}


def write_report(pack: Pack, folder: str | os.PathLike[str], progress: Progress | None = None) -> tuple[Path, ...]:
    """Writes the pack into `folder`, which may exist; the files' paths. Raises ResultError, one line.

    `progress` is called with the number of files written and of all. An interrupt leaves what was there before.
    """
    from sim.board.story.story import story

    target = Path(folder)
    check_folder(target)
    chapters = story(pack)
    jobs = list(_jobs(pack, chapters))
    made = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        draft = target / f".fundrisk-{secrets.token_hex(8)}.tmp"
        try:
            (draft / FIGURES).mkdir(parents=True)
            for number, (name, write) in enumerate(jobs, 1):
                write(draft / name)
                if progress is not None:
                    progress(number, len(jobs))
            (target / FIGURES).mkdir(exist_ok=True)
            for name, _ in jobs:
                os.replace(draft / name, target / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except BaseException as error:
        if made:
            with suppress(OSError):
                target.rmdir()  # only where nothing is in it
        if isinstance(error, (OSError, ValueError)):
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise ResultError(f"{shown(target)}: cannot be written: {reason}") from None
        raise
    return tuple(target / name for name, _ in jobs)


def check_folder(folder: str | os.PathLike[str]) -> None:
    """Refuses a folder into which no pack can be written, before any work is done. Raises ResultError."""
    target = Path(folder)
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.stat(target)  # complains of names that no folder can have; exists() does not
        there, complaint = target.exists(), ""
        above = target if there else next(parent for parent in target.absolute().parents if parent.exists())
        if there and not target.is_dir():
            complaint = "it is no folder"
        elif not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            complaint = f"folder {shown(above)} is read-only" if above.is_dir() else f"{shown(above)} is no folder"
        taken = [name for name in (*DOCUMENTS, *NUMBERS) if there and (target / name).is_dir()]
        taken += [FIGURES] * (there and (target / FIGURES).exists() and not (target / FIGURES).is_dir())
        if taken and not complaint:
            complaint = f"{taken[0]} in it is in the way"
    except (OSError, ValueError) as error:
        complaint = getattr(error, "strerror", None) or str(error)
    if not os.fspath(folder).strip():
        complaint = "the name of a folder is needed"
    if complaint:
        raise ResultError(f"{shown(target)}: cannot be written: {complaint}")


def _jobs(pack: Pack, story: tuple[Chapter, ...]) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Every file by its name in the folder, with what writes it."""
    for name, function in DOCUMENTS.items():
        yield name, partial(_write_document, function, pack, story)
    for name, draw in figures(pack, story):
        for kind in ("png", "svg"):
            yield f"{FIGURES}/{name}.{kind}", partial(_write_figure, draw)
    yield "result.json", partial(_write_numbers, pack)
    yield "run.npz", partial(_write_run, pack)


def figures(pack: Pack, story: tuple[Chapter, ...]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Every figure by name, with what draws it on given axes."""
    from sim.board.charts import figures
    from sim.board.charts.sketch import sketch

    result = pack.result
    for chapter in story:
        for chart in chapter.charts:
            if chart.key in _OWN:
                yield _OWN[chart.key], partial(getattr(figures, _OWN[chart.key]), result)
            elif chart.kind in _SKETCHED:
                yield chart.key, partial(sketch, chart, chapter.headline, result)
    if result.sketch is None:
        yield "raised_distribution", partial(figures.raised_distribution, result)


def _write_document(function: str, pack: Pack, story: tuple[Chapter, ...], path: Path) -> None:
    """By the name of a function, so that a document's library is imported when it is written."""
    module, _, name = function.partition(":")
    getattr(importlib.import_module(module), name)(pack, story, path)


def _write_figure(draw: Callable[[Any], Any], path: Path) -> None:
    """One figure without the global state of pyplot, and without a date, so that the same pack gives the same bytes."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "fundrisk"}):
        figure = Figure(figsize=(9.0, 5.2), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.subplots())
        when = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=150, metadata=when)


def _write_numbers(pack: Pack, path: Path) -> None:
    path.write_text(json.dumps(pack.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _write_run(pack: Pack, path: Path) -> None:
    result = pack.result
    if result.paths > MOST_STORED and result.sketch is None:
        from sim.engine.simulate import simulate

        run = result.run
        result = simulate(
            run.case, paths=run.paths, seed=run.seed, sampler=run.sampler, antithetic=run.antithetic,
            first_path=run.first_path, keep_paths=False, workers=run.workers,
        )  # fmt: skip
    result.save(path, compress=True)
