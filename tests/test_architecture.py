"""The house rules: what imports what, what the library never does, and what is never stored in the repository."""

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "sim"
MOST_LINES, MOST_PARAMETERS = 400, 10
NETWORK = {
    "socket", "ssl", "http", "urllib", "ftplib", "smtplib", "poplib", "imaplib", "xmlrpc", "socketserver", "webbrowser",
    "requests", "httpx", "aiohttp", "urllib3", "paramiko", "websockets", "uvicorn", "starlette",
}  # fmt: skip
#: The one module that opens a socket, on the loopback address; tests/live has what it refuses.
SERVER, ITS_OWN = "sim.live.server", {"socket", "webbrowser", "uvicorn", "starlette"}

# From the top of the house to the bottom: a room imports itself and the rooms below it. Results lie below the engine,
# as `simulate` returns a `Result`; the calendar lies below the terms, as a case checks its dates. `sim` itself
# names the public functions, which the rooms above it use.
ROOMS = (
    "cli", "live", "board", "verify", "sim", "analysis", "engine", "results", "kernels", "lowering", "terms",
    "closes", "calendar", "text",
)  # fmt: skip
#: The kernels know neither dates nor documents: of the rooms below them they import the program's records alone.
KERNELS_IMPORT = (
    "sim.kernels",
    "sim.lowering.program",
    "sim.lowering.model_records",
    "sim.lowering.line_records",
    "sim.lowering.world_records",
)
#: What is shown computes nothing.
BOARD_LEAVES = {"kernels", "lowering"}
#: Imports inside functions, by the beginnings of who imports and of what, and why they wait.
LATE = (
    ("sim.cli", "sim", "start-up: a command imports what it runs"),
    ("sim", "sim.kernels", "start-up: `fundrisk check` does not wait for Numba"),
    ("sim.terms", "hashlib", "start-up"),
    ("sim.terms", "json", "start-up"),
    ("sim.terms", "tomllib", "start-up"),
    ("sim.terms", "difflib", "start-up: of mistakes alone"),
    ("sim.text", "unicodedata", "start-up: of mistakes alone"),
    ("sim.calendar", "holidays", "start-up: 0.2 s"),
    ("sim", "scipy", "start-up: scipy.stats takes 0.5 s"),
    ("sim.board", "matplotlib", "start-up, and the environment chooses its backend"),
    ("sim.board", "pptx", "start-up: of the deck alone"),
    ("sim.board", "lxml", "start-up: of the deck alone"),
    ("sim.board", "xlsxwriter", "start-up: of the workbook alone"),
    ("sim", "tomlkit", "start-up: of a roll-forward alone"),
    ("sim", "pandas", "optional"),
    ("sim", "pyarrow", "optional"),
    ("sim", "distributed", "optional"),
    ("sim", "ipywidgets", "optional"),
)


# ------------------------------------------------------------------------------------------------------ imports


def modules(folder: Path) -> dict[str, Path]:
    """Every module of the library by its dotted name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = ["sim", *path.relative_to(folder).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(name: str, source: str, known: set[str], late_only: bool = False) -> set[str]:
    """Modules that a module's source imports, those for type checkers among them; or those inside functions alone."""
    found = set()

    def visit(node: ast.AST, late: bool) -> None:
        late |= isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(node, (ast.Import, ast.ImportFrom)) and (late or not late_only):
            found.update(imported(name, node, known))
        for child in ast.iter_child_nodes(node):
            visit(child, late)

    visit(ast.parse(source), False)
    return found


def imported(name: str, node: ast.Import | ast.ImportFrom, known: set[str]) -> set[str]:
    """Modules that one statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    base = node.module or ""
    if node.level:
        package = name if LIBRARY.joinpath(*name.split(".")[1:]).is_dir() else name.rpartition(".")[0]
        parents = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*parents, *filter(None, [node.module])])
    below = {f"{base}.{alias.name}" for alias in node.names}
    return {module if module in known else base for module in below}


def room(name: str) -> str:
    """The room a module lives in. Nothing but `__init__` and `__main__` stands loose in the package."""
    if name == "sim":
        return "sim"
    found = "cli" if name == "sim.__main__" else name.split(".")[1]
    assert found in ROOMS, f"{name} lives in no room: give it one"
    return found


def wrong_imports(sources: dict[str, str]) -> list[str]:
    """Imports between rooms that run upwards, and what the kernels must not know."""
    wrong = []
    for name, source in sources.items():
        for other in sorted(imports_of(name, source, set(sources))):
            if other.split(".")[0] != "sim" or name == "sim":  # which names what every room has for users
                continue
            upwards = ROOMS.index(room(other)) < ROOMS.index(room(name))
            foreign = room(name) == "kernels" and not other.startswith(KERNELS_IMPORT)
            foreign |= room(name) == "board" and room(other) in BOARD_LEAVES
            if upwards or foreign:
                wrong.append(f"{name} imports {other}")
    return wrong


def circle(sources: dict[str, str]) -> list[str]:
    """A circle of imports, those inside functions and those for type checkers among them, or nothing."""
    graph = {name: imports_of(name, source, set(sources)) for name, source in sources.items()}
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done or name not in graph:
            return []
        for other in sorted(graph[name]):
            found = walk(other, [*trail, name])
            if found:
                return found
        done.add(name)
        return []

    return next(filter(None, (walk(name, []) for name in graph)), [])


def late_imports(sources: dict[str, str]) -> list[str]:
    """Imports inside functions for which LATE states no reason."""
    late = (
        (name, other) for name in sources for other in imports_of(name, sources[name], set(sources), late_only=True)
    )
    return sorted(
        f"{name} imports {other}"
        for name, other in late
        if not any(name.startswith(importer) and other.startswith(what) for importer, what, _ in LATE)
    )


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return {name: path.read_text(encoding="utf-8") for name, path in modules(LIBRARY).items()}


def test_imports_between_rooms_run_downwards(sources):
    assert len(sources) > 20
    assert wrong_imports(sources) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sim.terms.case", "def f():\n    from sim.lowering.program import BLOCK"),
        ("sim.terms.case", "from .. import engine"),
        ("sim.calendar.fiscal", "from sim.terms import Case"),
        ("sim.kernels.ledger", "from sim.terms import Case"),
        ("sim.kernels.market.gbm", "from ...lowering import lower"),
        ("sim.lowering.lower", "from sim.kernels.block import simulate_chunk"),
        ("sim.lowering.schedule", "from sim import engine"),
        ("sim.engine.simulate", "import sim.board.charts.figures"),
        ("sim.board.charts.figures", "from sim.kernels import elementary"),
        ("sim.results.measures", "from sim.cli import main"),
        ("sim.results.measures", "from sim import simulate"),
        ("sim.text.numbers", "from sim import __version__"),
    ],
)
def test_a_planted_import_backwards_is_seen(sources, module, line):
    planted = {"sim.cli": ""} | sources
    planted[module] = planted[module] + "\n" + line
    assert wrong_imports(planted) != []


def test_imports_make_no_circle(sources):
    assert circle(sources) == []


@pytest.mark.parametrize(
    "line",
    [
        "from sim.results.result import Result",
        "def f():\n    from . import result",
        "if TYPE_CHECKING:\n    from sim.results.result import Result",
    ],
)
def test_a_planted_circle_is_seen(sources, line):
    planted = dict(sources, **{"sim.results.measures": sources["sim.results.measures"] + "\n" + line})
    assert set(circle(planted)) >= {"sim.results.measures", "sim.results.result"}


def test_imports_inside_functions_have_a_reason(sources):
    assert late_imports(sources) == []
    planted = {"sim.results.measures": "def f():\n    import json\n    from sim.results import estimates"}
    assert len(late_imports(planted)) == 2


def test_nothing_stands_loose_in_the_package():
    """A module that lives in no room fails `room`."""
    found = {path.name for path in LIBRARY.iterdir() if path.name != "__pycache__"}
    assert {name for name in found if "." in name} == {"__init__.py", "__main__.py", "py.typed"}
    assert {name for name in found if "." not in name} <= {*ROOMS, "cases", "docs"}


def public_names(source: str) -> tuple[set[str], dict[str, str]]:
    """What type checkers read in `sim/__init__.py` as name -> module, and its `__all__`."""
    names, homes = set(), {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim."):
            homes |= {alias.name: node.module for alias in node.names}
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = set(ast.literal_eval(node.value))
    return names, homes


def test_public_names_are_explicit(sources):
    names, homes = public_names(sources["sim"])
    assert names == set(homes)
    assert homes == {**sim._MODULES, "__version__": "sim.text.version"}
    assert dir(sim) == sorted(names)
    for name in names:
        assert getattr(sim, name) is not None


def test_public_names_have_types_for_a_checker(sources, tmp_path, monkeypatch):
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(ROOT)
    names = sorted(public_names(sources["sim"])[0])
    snippet = tmp_path / "snippet.py"
    lines = [f"reveal_type(sim.{name})" for name in names]
    snippet.write_text(
        "\n".join(["import sim", *lines, "sim.simulate('valence-2002', paths='many')"]), encoding="utf-8"
    )
    told, complaint, _ = api.run(["--cache-dir", str(tmp_path / "cache"), str(snippet)])
    revealed = [line.partition("Revealed type is ")[2] for line in told.splitlines() if "Revealed type" in line]
    assert len(revealed) == len(names), told + complaint
    assert [name for name, kind in zip(names, revealed, strict=True) if kind in ('"Any"', '"builtins.object"')] == []
    assert "incompatible type" in told


def test_the_library_reaches_for_no_network(sources):
    for name, source in sources.items():
        roots = {other.split(".")[0] for other in imports_of(name, source, set(sources))}
        found = (roots & NETWORK) - (ITS_OWN if name == SERVER else set())
        assert not found, f"{name} imports {found}"
    planted = "def f():\n    import urllib.request"
    assert {other.split(".")[0] for other in imports_of("sim.x", planted, set())} & NETWORK


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import sim", ("numpy", "numba", "matplotlib", "scipy", "pandas", "holidays")),
        ("import sim; sim.load_case('valence-2002')", ("numpy", "numba", "matplotlib", "scipy", "pandas")),
        ("import sim.terms, sim.terms.overrides", ("numpy", "numba", "matplotlib", "scipy", "pandas")),
        ("import sim; sim.simulate", ("matplotlib", "pandas")),
    ],
)
def test_light_imports_stay_light(statement, heavy):
    check = f"import sys; {statement}; print(*(set({heavy!r}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (ran.returncode, ran.stdout.split()) == (0, []), ran.stderr


# ------------------------------------------------------------------------------------------------------ habits


def habits_broken(name: str, source: str) -> list[str]:
    """What a module of the library must not do: print, keep notes to self, take a page of parameters, run long."""
    broken = []
    lines = source.splitlines()
    if len(lines) > MOST_LINES:
        broken.append(f"{len(lines)} lines")
    note = re.compile(r"\b(TODO|FIXME|XXX)\b")
    broken += [f"line {n}: a note to self" for n, line in enumerate(lines, 1) if note.search(line)]
    for node in ast.walk(ast.parse(source)):
        where = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            broken.append(f"{where}: print")
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            broken.append(f"{where}: {node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module == "sys":
            broken += [f"{where}: {alias.name}" for alias in node.names if alias.name in ("stdout", "stderr")]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            number = len([a for a in given if a.arg not in ("self", "cls")])
            if number > MOST_PARAMETERS:
                broken.append(f"{where}: {node.name} has {number} parameters")
    if name.startswith(("sim.cli", "sim.__main__")):
        broken = [words for words in broken if not words.endswith((": print", ": stdout", ": stderr"))]
    return broken


def test_modules_keep_the_habits(sources):
    assert {name: broken for name, source in sources.items() if (broken := habits_broken(name, source))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "print('x')",
        "import sys\nsys.stdout.write('x')",
        "from sys import stderr",
        "x = 1\n" * 401,
        "# TODO",
        "def f(a,b,c,d,e,f,g,h,i,*,j,k): 0",
    ],
)
def test_a_broken_habit_is_seen(source):
    assert habits_broken("sim.results.result", source) != []


def stored_texts(root: Path) -> list[Path]:
    """Files that are shipped or stored, as far as they are text."""
    kinds = {".py", ".toml", ".md", ".ipynb", ".txt", ".yml", ".yaml", ".cfg", ".json", ".html", ".css"}
    folders = [root / name for name in ("sim", "tests", "benchmarks", "notebooks", "docs")]
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in kinds]
    return [*found, *(path for path in sorted(root.iterdir()) if path.suffix in kinds)]


def machine_paths(text: str) -> list[str]:
    """Folders of somebody's machine that a text mentions."""
    homes = "|".join(["tmp", "work", "home", "root", "Users", "mnt", "opt", "var/folders"])
    return re.findall(rf"(?<![\w.:/)\]}}])/(?:{homes})/[\w.$-]+|\b[A-Z]:\\\\?Users\b", text)


def test_no_file_mentions_a_machine_path():
    texts = stored_texts(ROOT)
    assert len(texts) > 40
    found = {str(path.relative_to(ROOT)): machine_paths(path.read_text(encoding="utf-8")) for path in texts}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_a_machine_path_is_seen():
    slash = "/"
    for words in (f"{slash}home{slash}ann{slash}run", f"open('{slash}tmp{slash}x')", f"see {slash}work{slash}main"):
        assert machine_paths(words), words
    assert machine_paths("https://example.org" + slash + "home" + slash + "page, 3/4 of a/b") == []


def stored_outputs(notebook: dict) -> list[int]:
    """Numbers of the cells that carry the output of somebody's run."""
    cells = notebook["cells"]
    return [n for n, cell in enumerate(cells) if cell.get("outputs") or cell.get("execution_count") is not None]


def test_notebooks_are_stored_without_outputs():
    for path in sorted(ROOT.glob("notebooks/**/*.ipynb")):
        assert stored_outputs(json.loads(path.read_text(encoding="utf-8"))) == [], path.name
    run = {"cells": [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": [{}], "execution_count": 3}]}
    assert stored_outputs(run) == [1]


# ------------------------------------------------------------------------------------------------------ cached code


def test_the_fingerprint_fits_the_kernels():
    """Else nothing is kept on disk and each process compiles anew. `python -m sim.kernels.cache` writes a new one."""
    from sim.kernels import block, cache

    assert cache.fingerprint() == block.FINGERPRINT


def fingerprint_in(folder: Path) -> str:
    """The fingerprint of a copy of the library."""
    command = "from sim.kernels.cache import fingerprint; print(fingerprint())"
    ran = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, cwd=folder, check=True)
    return ran.stdout.strip()


@pytest.mark.parametrize(
    "edited",
    [
        "kernels/random/philox.py",
        "kernels/ledger.py",
        "kernels/block.py",
        "lowering/program.py",
        "lowering/layout.py",
        "lowering/line_records.py",
        "lowering/model_records.py",
        "lowering/world_records.py",
    ],
)
def test_an_edited_kernel_has_another_fingerprint(tmp_path, monkeypatch, edited):
    monkeypatch.setenv("PYTHONPATH", "")
    shutil.copytree(LIBRARY, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    before = fingerprint_in(tmp_path)
    assert re.fullmatch("[0-9a-f]{32}", before)
    file = tmp_path / "sim" / edited
    file.write_text(file.read_text(encoding="utf-8") + "\nEDITED = True\n", encoding="utf-8")
    assert fingerprint_in(tmp_path) != before


def test_the_fingerprint_leaves_out_its_own_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "")
    shutil.copytree(LIBRARY, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    before = fingerprint_in(tmp_path)
    command = [sys.executable, "-m", "sim.kernels.cache"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    assert fingerprint_in(tmp_path) == before
    assert f'FINGERPRINT = "{before}"' in (tmp_path / "sim/kernels/block.py").read_text(encoding="utf-8")
