"""The kernels without a compiler: their sources mean what the compiled code does, and no index leaves its array."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "support/interpreted.py"


def interpreted(*arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_interpreted_kernels_agree_with_the_twin_to_the_last_bit():
    ran = interpreted()
    assert ran.returncode == 0, ran.stderr
    ledgers, columns = map(int, re.findall(r"\d+", ran.stdout))
    assert ledgers >= 100
    assert columns >= 50


@pytest.mark.parametrize(
    ("module", "old", "new", "seen"),
    [
        (
            "line.draw",
            "np.floor(amount / state.price[i] + 0.5)",
            "np.floor(amount / state.price[i])",
            "AssertionError: case",
        ),
        (
            "line.inactivity",
            "ends if (state.blocked[i] == code) & (ends < day) else day",
            "day",
            "AssertionError: case",
        ),
        ("line.purchase_date", "(out, dates - solvent)", "(out, dates)", "binding reasons"),
        ("ledger", "balances = ledgers.notes[j]", "balances = ledgers.notes[j + 9]", "IndexError"),
        ("cash", "state.cash[i] = now", "state.cash[i + 100] = now", "IndexError"),
        ("market.walk", "peek(source, peek(paths, i))", "peek(source, peek(paths, i) + 8)", "IndexError"),
        ("market.walk", "row = NORMALS_A_CALL * (k - window.first_call)", "row = NORMALS_A_CALL * k", "IndexError"),
        (
            "line.price",
            "histories.closes[purchase.row]",
            "histories.closes[purchase.first_row]",
            "AssertionError: case",
        ),
        (
            "line.price",
            "close_alone(closes, selection, i,",
            "close_alone(closes, selection, 0,",
            "AssertionError: case",
        ),
        (
            "world.compensation",
            "* compensation(k, i, t,",
            "* compensation(k, 0, t,",
            "AssertionError: case",
        ),
        ("financing", "number - start, call + 1", "number - start, call", "AssertionError: case"),
    ],
)
def test_a_planted_fault_is_seen(module, old, new, seen):
    ran = interpreted("24", f"sim.kernels.{module}", old, new)
    assert ran.returncode == 1
    assert seen in ran.stderr
