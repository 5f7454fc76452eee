"""The disk cache of compiled kernels: an entry that cannot be loaded is compiled anew, whatever it raises."""

import gc
import os
import pickle
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numba
import pytest

from sim.kernels import cache

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


# --- no folder of the user ---

# A process of a user that the system does not know, with an install folder that cannot be written to.
HOMELESS = """
import pwd
def unknown(number):
    raise KeyError(number)
pwd.getpwuid = unknown
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from numba.core import caching
if "read-only" in {how!r}:
    true = caching._CacheLocator.ensure_cache_path
    def ensure(self):
        if "__pycache__" in self.get_cache_path():
            raise PermissionError
        true(self)
    caching._CacheLocator.ensure_cache_path = ensure
import one_kernel
"""


def homeless(folder: Path, how: str, **variables: str) -> subprocess.CompletedProcess:
    (folder / "one_kernel.py").write_text(
        KERNEL.replace("\nprint(", "\nprint(add._cache.cache_path, "), encoding="utf-8"
    )
    (folder / "here").mkdir()
    environment = {"PYTHONPATH": f"{ROOT}:{folder}", "PATH": os.environ["PATH"]} | variables
    command = [sys.executable, "-W", "default", "-c", HOMELESS.format(how=how)]
    return subprocess.run(
        command, env=environment, cwd=folder / "here", capture_output=True, text=True, check=False, timeout=100
    )


@pytest.mark.parametrize(
    "variables",
    [{}, {"XDG_CACHE_HOME": "some/folder"}, {"XDG_CACHE_HOME": ""}, {"HOME": "relative"}, {"HOME": "~"},
     {"XDG_CACHE_HOME": "~/.cache"}],
)  # fmt: skip
def test_without_a_home_nothing_is_kept_in_the_working_folder(tmp_path, variables):
    done = homeless(tmp_path, "read-only", **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("None ")
    assert done.stderr.count("compiled code cannot be kept, so every run compiles: set NUMBA_CACHE_DIR") == 1
    assert list((tmp_path / "here").iterdir()) == []


def test_without_a_home_code_is_kept_beside_the_sources_or_where_the_user_says(tmp_path):
    done = homeless(tmp_path, "writable")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path}/__pycache__ ")
    (tmp_path / "here").rmdir()
    done = homeless(tmp_path, "read-only", NUMBA_CACHE_DIR=str(tmp_path / "kept"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path}/kept")
    assert list((tmp_path / "here").iterdir()) == []


def test_a_warning_that_is_an_error_stops_no_import(tmp_path):
    script = f"import warnings\nwarnings.simplefilter('error', RuntimeWarning)\n{HOMELESS.format(how='read-only')}"
    (tmp_path / "one_kernel.py").write_text(KERNEL, encoding="utf-8")
    environment = {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


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


@pytest.mark.parametrize("before", [(700, 10, 10), (0, 10, 10)])
@pytest.mark.parametrize("fails", [False, True])
def test_compilation_leaves_the_collector_as_it_was(before, fails):
    seen = []

    def compiled(signature):
        seen.append(gc.get_threshold())
        if fails:
            raise TypeError(signature)

    kernel = cache._seldom_collected(SimpleNamespace(compile=compiled))
    usual = gc.get_threshold()
    try:
        gc.set_threshold(*before)
        with pytest.raises(TypeError) if fails else nullcontext():
            kernel.compile("signature")
        assert gc.get_threshold() == before
    finally:
        gc.set_threshold(*usual)
    assert seen == [cache._SELDOM if before[0] else before]
