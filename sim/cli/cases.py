"""`fundrisk cases`."""

import argparse

from sim.cli.arguments import Commands
from sim.terms import shipped_cases


def add(commands: Commands) -> None:
    commands.add("cases", run, "list the shipped cases", case=False)


def run(options: argparse.Namespace) -> None:
    for name, title in shipped_cases():
        print(f"{name}  {title}")
