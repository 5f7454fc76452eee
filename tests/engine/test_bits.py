"""The same bits on every machine: stored hashes, and a processor without wide vectors or fused multiply-add."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from tests.support.valence import valence_2002

# SHA-256 of every path's columns. A change of these numbers is a change of results: mark it in CHANGELOG.md.
HASHES = {
    "philox": "8d5738177deba64b1389effd54245465",
    "antithetic": "3746874293026f663cf53745e2211cad",
    "sobol": "16ee7b16dffaa46d9578233051997b64",
    "daily": "2db4e4dc780a7de26720daed95f35329",
}


def bits(name: str) -> str:
    """Hash of a run's paths: 512 of the headline case, or of its daily variant."""
    case = valence_2002().replace({"policy.cadence": "daily" if name == "daily" else "quarter_end"})
    sampler = "sobol" if name == "sobol" else "philox"
    run = sim.simulate(case, paths=512, seed=7, sampler=sampler, antithetic=name == "antithetic")
    digest = hashlib.sha256()
    for column in sorted(run.columns):
        digest.update(run[column].tobytes())
    digest.update(run.by_period["raised"].tobytes())
    return digest.hexdigest()[:32]


@pytest.mark.parametrize("name", HASHES)
def test_runs_have_the_bits_they_always_had(name):
    assert bits(name) == HASHES[name]


def test_another_processor_and_compiler_get_the_same_bits(tmp_path):
    """A processor without wide vectors, and a version of Numba whose way of compiling is not shortened."""
    root = Path(__file__).resolve().parents[2]
    command = (
        "import numba; numba.version_info = numba.version_info._replace(short=(0, 0))\n"
        "from sim.kernels.linking import LINKED; assert 'pipeline_class' not in LINKED\n"
        "from tests.engine.test_bits import HASHES, bits; print(*map(bits, HASHES))"
    )
    environment = os.environ | {
        "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(root),
    }  # fmt: skip
    out = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.split() == list(HASHES.values())


def test_another_seed_has_other_bits(monkeypatch):
    honest = sim.simulate
    monkeypatch.setattr(sim, "simulate", lambda case, **options: honest(case, **(options | {"seed": 8})))
    assert bits("philox") != HASHES["philox"]
