"""`fundrisk cases`."""

import argparse

from sim.cli.arguments import Commands
from sim.terms import shipped_cases


def add(commands: Commands) -> None:
    commands.add("cases", run, "list the shipped cases", case=False)


def run(options: argparse.Namespace) -> None:
    rows = shipped_cases()
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        print(f"{name:<{width}}  {title}")
