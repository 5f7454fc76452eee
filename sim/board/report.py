"""The board pack as files in a folder: deck, workbook, page, figures and numbers.

All files are written to a temporary folder inside the target and moved one by one once they are complete. File names
are fixed, so that no text of a case becomes part of a path. Other files in the target are left alone.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.board.charts.data import Source
from sim.board.charts.figures import raised_chart
from sim.board.charts.fonts import warn_of_boxes
from sim.board.charts.images import save_figures
from sim.board.charts.painters import Painters
from sim.board.charts.sketch import sketch
from sim.board.story.chapter import Chapter
from sim.board.story.story import story
from sim.engine.simulate import simulate
from sim.results.files import ResultError, draft_name, remove_leftovers, shown, take_place

if TYPE_CHECKING:
    from sim.analysis.pack import Pack

Progress = Callable[[int, int], Any]

#: Documents, each with the function (pack, chapters, path) that writes it, as MODULE:NAME.
DOCUMENTS = {
    "deck.pptx": "sim.board.deck.deck:write_deck",
    "workbook.xlsx": "sim.board.workbook.workbook:write_workbook",
    "page.html": "sim.board.page.page:write_page",
}
NUMBERS = ("result.json", "run.npz")
FIGURES = "figures"
#: A run of more paths is stored as its summary, to keep the pack small. Case and seed reproduce every path.
MOST_STORED = 25_000
#: Names of figures that are not the keys of their charts.
NAMES = {"cash": "cash_fan", "cash_out": "cash_out_by_quarter", "dilution": "dilution_distribution"}
#: Every figure that a pack may have, and the kinds of its files.
FIGURE_NAMES = (
    *NAMES.values(), "raised_distribution", "variants", "liquidity", "waterfall", "binding", "clauses", "tornado",
    "named_variants", "scenarios", "policies", "outlook", "warning",
)  # fmt: skip
KINDS = ("png", "svg")


def write_report(
    pack: Pack,
    folder: str | os.PathLike[str],
    progress: Progress | None = None,
    *,
    force: bool = False,
    painters: Painters | None = None,
) -> tuple[Path, ...]:
    """Write the board pack into a folder, all of it or nothing.

    Parameters
    ----------
    pack : Pack
        From `sim.analysis.pack.gather`.
    folder : str or path
        It may exist. An interrupt leaves its contents as they were.
    progress : callable, optional
        Called as progress(files written, files in all).
    force : bool
        Replace files of an earlier pack.
    painters : Painters, optional
        Processes that draw the figures, started before; this process draws them unless given.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    ResultError
        If the folder cannot be written, or has files of an earlier pack and `force` is false.
    """
    target = Path(folder)
    check_folder(target, force=force)
    warn_of_boxes(pack.result.case.to_dict(), "the case")
    chapters = story(pack)
    made = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        draft = target / draft_name()
        try:
            (draft / FIGURES).mkdir(parents=True)
            with closing(painters or Painters(0)) as drawing:
                files = _write_all(pack, chapters, draft, drawing, progress)
            (target / FIGURES).mkdir(exist_ok=True)
            for name in files:
                take_place(draft / name, target / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        remove_leftovers(target)
    except BaseException as error:
        if made:
            with suppress(OSError):
                target.rmdir()  # only where nothing is in it
        if isinstance(error, (OSError, ValueError)):
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            raise ResultError(f"{shown(target)}: cannot be written: {reason}") from None
        raise
    return tuple(target / name for name in sorted(files, key=_place))


def _place(name: str) -> int:
    """Documents first, then numbers, then figures."""
    return [*DOCUMENTS, *NUMBERS, name].index(name)


def check_folder(folder: str | os.PathLike[str], *, force: bool = False) -> None:
    """Raise ResultError if a pack cannot be written into a folder, or would replace another one without `force`."""
    target = Path(folder)
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.stat(target)  # complains of names that no folder can have; exists() does not
        there, complaint = target.exists(), ""
        above = target if there else next(parent for parent in target.absolute().parents if parent.exists())
        if there and not target.is_dir():
            complaint = "it must be a folder"
        elif not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
            complaint = f"folder {shown(above)} is read-only" if above.is_dir() else f"{shown(above)} is not a folder"
        taken = [name for name in (*DOCUMENTS, *NUMBERS) if there and (target / name).is_dir()]
        taken += [FIGURES] * (there and (target / FIGURES).exists() and not (target / FIGURES).is_dir())
        if taken and not complaint:
            complaint = f"{taken[0]} in it is in the way"
        names = (*DOCUMENTS, *NUMBERS, *_figure_paths(FIGURE_NAMES))
        old = [name for name in names if there and (target / name).exists()]
        if old and not complaint and not force:
            complaint = f"it has {old[0]} of an earlier pack (use --force to replace it)"
    except (OSError, ValueError) as error:
        complaint = getattr(error, "strerror", None) or str(error)
    if not os.fspath(folder).strip():
        complaint = "it must be the name of a folder"
    if complaint:
        raise ResultError(f"{shown(target)}: cannot be written: {complaint}")


def _write_all(
    pack: Pack, chapters: tuple[Chapter, ...], draft: Path, drawing: Painters, progress: Progress | None
) -> list[str]:
    """Write every file into a folder; returns their names. Figures are drawn while the documents are written."""
    source = Source.of(pack.result.run)
    drawn = list(_figure_files(pack, chapters, source))
    drawing.begin([partial(save_figures, draw, {kind: draft / name for kind, name in names}) for names, draw in drawn])
    documents = list(_jobs(pack, chapters))
    files = [*(name for name, _ in documents), *(name for names, _ in drawn for _, name in names)]
    written = 0

    def told(more: int) -> None:
        nonlocal written
        written += more
        if progress is not None:
            progress(written, len(files))

    for name, write in documents:
        write(draft / name)
        told(1)
    for _ in drawing.finish():
        told(len(KINDS))
    return files


def _jobs(pack: Pack, chapters: tuple[Chapter, ...]) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Name of every file that is no figure, with a function that writes it."""
    yield "result.json", partial(_write_numbers, pack)
    yield "run.npz", partial(_write_run, pack)
    for name, function in DOCUMENTS.items():
        yield name, partial(_write_document, function, pack, chapters)


def _figure_files(
    pack: Pack, chapters: tuple[Chapter, ...], source: Source
) -> Iterator[tuple[tuple[tuple[str, str], ...], Callable[..., Any]]]:
    """The files of every figure, by kind, with a function that draws it on given axes."""
    for name, draw in figures(pack, chapters, source):
        yield tuple(zip(KINDS, _figure_paths([name]), strict=True)), draw


def _figure_paths(names: Iterable[str]) -> list[str]:
    return [f"{FIGURES}/{name}.{kind}" for name in names for kind in KINDS]


def figures(pack: Pack, chapters: tuple[Chapter, ...], source: Source) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every figure by name, with a function that draws it on given axes."""
    result = pack.result
    for chapter in chapters:
        for chart in chapter.charts:
            if chart.kind != "table":
                yield NAMES.get(chart.key, chart.key), partial(sketch, chart, source, chapter.headline)
    if result.sketch is None:
        yield "raised_distribution", partial(sketch, *raised_chart(result, source))


def _write_document(function: str, pack: Pack, chapters: tuple[Chapter, ...], path: Path) -> None:
    """Call the function of that name. A document's library is imported only when the document is written."""
    module, _, name = function.partition(":")
    getattr(importlib.import_module(module), name)(pack, chapters, path)


def _write_numbers(pack: Pack, path: Path) -> None:
    path.write_text(json.dumps(pack.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _write_run(pack: Pack, path: Path) -> None:
    result = pack.result
    if result.paths > MOST_STORED and result.sketch is None:
        run = result.run
        result = simulate(
            run.case, paths=run.paths, seed=run.seed, sampler=run.sampler, antithetic=run.antithetic,
            first_path=run.first_path, keep_paths=False, workers=run.workers,
        )  # fmt: skip
    result.save(path, compress=True)
