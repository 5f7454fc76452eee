"""Sheet Appendix: hashes, seed, versions and commands, and the scenarios of each analysis."""

from __future__ import annotations

from sim.board.story.appendix import commands, left_out, scenarios_of_analyses
from sim.board.words import shortened
from sim.board.workbook.book import Book
from sim.board.workbook.cells import Cell, Number
from sim.board.workbook.page import Page
from sim.board.workbook.told import answers

_MOST_TEXT = 300


def draw(book: Book) -> None:
    result, pack = book.result, book.pack
    run, made = result.run, result.manifest
    page = Page(book, "Appendix", book.headline("appendix", "How to repeat the run"), [44, 90], one=True)
    rows: list[list[Cell]] = [
        ["case", shortened(run.case.title, _MOST_TEXT)],
        ["case's SHA-256", made["case_sha256"]],
        ["results' SHA-256", result.sha256],
        ["valuation date", run.case.valuation_date],
        ["horizon", run.case.horizon],
        ["simulated scenarios", Number(run.paths, "#,##0")],
        ["seed", str(run.seed)],  # up to 2^64 - 1, more digits than a number of a spreadsheet has
        ["sampler", run.sampler + ", antithetic pairs" * run.antithetic],
        ["first path", Number(run.first_path, "#,##0")],
        *([name, str(version)] for name, version in made["versions"].items()),
        ["platform", made["platform"]],
    ]
    page.table("The run", ["", ""], rows, flush=True)
    said: list[list[Cell]] = [[what, shortened(command, _MOST_TEXT)] for what, command in commands(result).items()]
    page.table("Commands", ["", ""], said, flush=True)
    counts: list[list[Cell]] = [[name, Number(paths, "#,##0")] for name, paths in scenarios_of_analyses(pack)]
    page.table("Scenarios of each run, all of the same seed", ["analysis", "scenarios"], counts, flush=True)
    for sentence in left_out(pack):
        page.words(sentence, size=9)
    if "appendix" in book.chapters:
        answers(page, book.chapters["appendix"])
    page.words(
        "The yellow cells of Cap table and What-if are inputs.",
        size=9,
    )
