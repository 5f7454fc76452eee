"""`fundrisk check CASE`."""

import argparse

from sim.cli.arguments import Commands
from sim.cli.files import case_of
from sim.terms.description import describe


def add(commands: Commands) -> None:
    commands.add("check", run, "print the terms of a case in plain words, or every mistake in its file")


def run(options: argparse.Namespace) -> None:
    print(describe(case_of(options)))
