"""`fundrisk calibrate CLOSES.csv`."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from sim.cli.arguments import Commands, add_json
from sim.cli.files import Unusable, check_outputs, picture_kind, put, shown, written
from sim.cli.streams import say
from sim.terms.problems import one_line

if TYPE_CHECKING:
    from sim.analysis.calibration.calibration import Calibration


#: How a program gives what the command has options for.
_KEYWORDS = re.compile(r" \((splits=|as_is=True|column=)\)|, column=(?=\))")


def add(commands: Commands) -> None:
    summary = "estimate the parameters of each price model from a file of daily closes"
    parser = commands.add("calibrate", run, summary, case=False)
    parser.add_argument(
        "closes", metavar="CLOSES.csv",
        help="daily closes with dates, as Yahoo, Nasdaq, Stooq, Bloomberg, a spreadsheet and others write them; "
        "- reads the standard input",
    )  # fmt: skip
    parser.add_argument(
        "--column", metavar="NAME", help="column with the closes (default: adjusted closes, else closes)"
    )
    parser.add_argument(
        "--split", action="append", default=[], metavar="DATE=NEW:OLD", dest="splits",
        help="a split that the closes are not adjusted for, such as 2024-06-10=10:1 or 2023-05-01=1:20; repeatable",
    )  # fmt: skip
    parser.add_argument("--as-is", action="store_true", help="accept moves of a day by more than a factor of 4.5")
    parser.add_argument(
        "--model", choices=("gbm", "merton", "garch", "heston", "bootstrap"),
        help="print the table of this model alone, and let --write take it (default: the one that is supported best)",
    )  # fmt: skip
    parser.add_argument(
        "--write", metavar="CASE.toml", help="set the keys of [price] in a case file; comments are kept"
    )
    parser.add_argument(
        "--plot", metavar="FILE", help="draw closes, volatility and quantiles: a .png, .svg or .pdf file"
    )
    add_json(parser, "the estimates")


def run(options: argparse.Namespace) -> None:
    kind = picture_kind(options.plot)
    check_outputs([options.closes], options.json, options.plot, options.write)
    from sim.analysis.calibration.calibrate import calibrate
    from sim.closes import ClosesError, read_closes

    try:
        closes = read_closes(options.closes, column=options.column, splits=_splits(options.splits), as_is=options.as_is)
        found = calibrate(closes)
        text = str(found) if options.model is None else found.price_table(options.model).rstrip("\n")
    except ClosesError as error:
        raise Unusable(_KEYWORDS.sub("", str(error))) from None
    except ValueError as error:  # a model that was left out
        raise Unusable(f"--{error}") from None
    for words in found.warnings if options.model is not None else ():
        say(f"{shown(options.closes)}: {words}")
    if options.write is not None:
        text += f"\n\n{_write(options.write, found, options.model)}"
    if kind:
        from sim.board.charts.calibration import calibration_picture
        from sim.results.files import write_bytes_atomically

        written(lambda: write_bytes_atomically(options.plot, calibration_picture(found, kind)))
    put(options.json, found.to_dict(), text, beside=bool(options.write or options.plot))


def _splits(given: list[str]) -> dict[str, str]:
    """DATE=NEW:OLD as dates and ratios; the reader checks them."""
    splits = {}
    for text in given:
        day, equals, ratio = text.partition("=")
        if not equals or day.strip() in splits:
            must = "must be DATE=NEW:OLD once for each date, such as 2024-06-10=10:1"
            raise Unusable(f"--split = {one_line(text) or '(empty)'}: {must}")
        splits[day.strip()] = ratio.strip()
    return splits


def _write(name: str, found: Calibration, model: str | None) -> str:
    """Put the keys of a model into a case file; a line that says what was set."""
    from sim.analysis.calibration.rewriting import rewritten
    from sim.results.files import write_bytes_atomically

    text, keys, left, form = rewritten(name, found, model or found.recommended)
    written(lambda: write_bytes_atomically(name, form.written(text)))
    return f"{shown(name)}: set {', '.join(keys)}" + f"\n{shown(name)}: {left}" * bool(left)
