"""The disk cache of compiled kernels: an entry that cannot be loaded is compiled anew, whatever it raises."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numba
import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNEL = """
from sim.kernels.cache import fingerprint, outermost

@outermost(fingerprint())
def add(x):
    return x + 1.0

assert add(1.0) == 2.0
print(sum(add.stats.cache_hits.values()), sum(add.stats.cache_misses.values()))
"""


class Gone:
    """A class that the process that loads the cache does not have."""


def foreign(data: bytes) -> bytes:
    """An index as another version of the library would have written it: with the name of a class that is gone."""
    body = pickle.dumps(("stamp", {"signature": Gone()})).replace(b"Gone", b"Away")
    return pickle.dumps(numba.__version__) + body


DAMAGES = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "no pickle": lambda data: b"\x00" * 100,
    "another program's": foreign,
    "another object": lambda data: pickle.dumps(numba.__version__) + pickle.dumps(7),
}


def hits_and_misses(folder: Path) -> str:
    (folder / "one_kernel.py").write_text(KERNEL, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{folder}", "NUMBA_CACHE_DIR": str(folder / "cache")}
    command = [sys.executable, "-c", "import one_kernel"]
    ran = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_compiled_anew(tmp_path, damage, suffix):
    assert hits_and_misses(tmp_path) == "0 1"
    assert hits_and_misses(tmp_path) == "1 0"
    (file,) = (tmp_path / "cache").rglob(f"*.{suffix}")
    file.write_bytes(damage(file.read_bytes()))
    assert hits_and_misses(tmp_path) == "0 1"
    assert hits_and_misses(tmp_path) == "1 0"


def unstamped(sources: dict[str, str]) -> list[str]:
    """Modules that keep compiled code on the disk although an edit of a module that they compile would not be seen."""
    return [
        name
        for name, source in sources.items()
        if re.search(r"^@outermost", source, re.MULTILINE) and not re.search(r'^FINGERPRINT = "', source, re.MULTILINE)
        and re.search(r"^from sim\.kernels\.(?!cache import|block import FINGERPRINT)", source, re.MULTILINE)
    ]  # fmt: skip


def test_no_kernel_is_kept_whose_sources_are_not_stamped():
    folder = ROOT / "sim/kernels"
    assert unstamped({str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.py")}) == []


def test_a_kernel_of_unstamped_sources_is_seen():
    source = (
        "from sim.kernels.random.elementary import exp\n\n\n@outermost(FINGERPRINT)\ndef f(x):\n    return exp(x)\n"
    )
    assert unstamped({"a": source, "b": source.replace("random.elementary import exp", "cache import x")}) == ["a"]
