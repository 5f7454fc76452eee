"""`fundrisk roll CASE`."""

import argparse

from sim.cli.arguments import Commands, add_json
from sim.cli.files import Unusable, case_of, check_inputs, check_outputs, put, shown, written
from sim.cli.meter import progress
from sim.cli.streams import say
from sim.terms.problems import one_line
from sim.terms.ranges import iso_date


def add(commands: Commands) -> None:
    summary = "carry a case forward to a later valuation date with what has happened since"
    parser = commands.add("roll", run, summary)
    parser.add_argument(
        "--actuals", required=True, metavar="FILE",
        help="TOML file of what happened: cash, shares_outstanding, closes, cash_used, draws, milestones, notes, ... "
        "(`fundrisk keys actuals` lists all)",
    )  # fmt: skip
    parser.add_argument(
        "--to",
        required=True,
        metavar="DATE",
        help="the new valuation date; cash and shares are those at its opening",
    )
    parser.add_argument("--out", required=True, metavar="NEW.toml", help="write the new case file; - prints it")
    add_json(parser, "what the old case had said of the actuals")


def run(options: argparse.Namespace) -> None:
    check_inputs(options.case, options.actuals)
    check_outputs([options.case, options.actuals], options.json, options.out)
    day = iso_date(options.to)
    if day is None:
        raise Unusable(f"--to = {one_line(options.to) or '(empty)'}: must be a date, such as 2002-07-01")
    case = case_of(options)
    from sim.analysis.forecasts import forecast_table
    from sim.analysis.roll_forward import roll_forward
    from sim.results.files import write_bytes_atomically
    from sim.terms.actuals import load_actuals
    from sim.terms.rolled_closes import roll_remarks
    from sim.terms.schema import plain
    from sim.text.tables import table_text

    told = load_actuals(options.actuals)
    with progress() as meter:
        made = roll_forward(case, told, day, progress=meter)
    remarks = [f"{shown(options.actuals)}: {words}" for words in roll_remarks(case, told.actuals, day)]
    new = made.forecasts[len(case.forecasts) :]
    if options.out == "-":
        print(made.text)
        for words in remarks:
            say(words)
        return
    written(lambda: write_bytes_atomically(options.out, made.form.written(made.text)))
    text = f"{table_text(forecast_table(new))}\n\n{shown(options.out)}: the case as of {day}"
    text = "\n".join([text, *remarks])
    put(options.json, {"forecasts": [plain(row) for row in new], "remarks": remarks}, text)
