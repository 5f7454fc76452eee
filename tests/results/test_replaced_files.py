"""Replacing a file: its permissions, its owner, links to it, and drafts that killed processes have left."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.cli import main
from sim.results import files
from sim.results.files import draft_name, remove_leftovers, take_place, write_text_atomically
from tests.support.synthetic import synthetic_result

SUPERUSER = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only a superuser may do so")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def mask():
    """A function that sets the umask."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("bits", [0o600, 0o640, 0o644, 0o400, 0o666, 0o755, 0o604])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path, mask, bits, umask):
    result = synthetic_result()
    mask(umask)
    for name, write in (("x.json", lambda path: write_text_atomically(path, "new")), ("x.npz", result.save)):
        path = tmp_path / name
        path.write_text("old")
        path.chmod(bits)
        write(path)
        assert mode(path) == bits
        assert path.read_bytes() != b"old"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077])
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path, mask, umask):
    mask(umask)
    write_text_atomically(tmp_path / "x.json", "new")
    synthetic_result().save(tmp_path / "x.npz")
    assert mode(tmp_path / "x.json") == mode(tmp_path / "x.npz") == 0o666 & ~umask


def test_a_draft_in_the_place_of_a_private_file_is_private(tmp_path, mask, monkeypatch):
    mask(0)
    (tmp_path / "x").write_text("old")
    (tmp_path / "x").chmod(0o600)
    seen, sync = [], os.fsync

    def look(descriptor):
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    write_text_atomically(tmp_path / "x", "new")
    assert seen[0] == 0o600


@pytest.mark.parametrize("line", ["run valence-2002 --paths 16 --json x", "trace valence-2002 --path 1 --json x"])
def test_a_command_that_runs_again_loosens_nothing(tmp_path, monkeypatch, capsys, line):
    monkeypatch.chdir(tmp_path)
    assert main(line.split()) == 0
    Path("x").chmod(0o600)
    assert main(line.split()) == 0
    assert mode(Path("x")) == 0o600


@pytest.mark.parametrize("depth", [1, 3])
def test_the_file_behind_links_keeps_its_permissions(tmp_path, depth):
    real = tmp_path / "real"
    real.write_text("old")
    real.chmod(0o640)
    for number in range(depth):
        (tmp_path / str(number)).symlink_to(tmp_path / str(number - 1) if number else real)
    write_text_atomically(tmp_path / str(depth - 1), "new")
    assert all((tmp_path / str(number)).is_symlink() for number in range(depth))
    assert (real.read_text(), mode(real)) == ("new", 0o640)


@SUPERUSER
def test_a_file_of_another_user_stays_his(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    os.chown(path, 12345, 23456)
    path.chmod(0o660)
    write_text_atomically(path, "new")
    assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (12345, 23456, 0o660)


def test_a_group_that_cannot_be_kept_gets_no_rights(tmp_path, monkeypatch):
    path, draft = tmp_path / "x", tmp_path / "draft"
    path.write_text("old")
    path.chmod(0o664)
    draft.write_text("new")

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    true_stat = Path.stat

    def of_another_group(self, **how):
        found = list(true_stat(self, **how))
        found[5] += self == path
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", of_another_group)
    take_place(draft, path)
    monkeypatch.undo()
    assert (path.read_text(), mode(path)) == ("new", 0o604)


# --- drafts ------------------------------------------------------------------------------------------


@pytest.fixture
def dead():
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def planted(folder: Path, name: str, days: float) -> Path:
    path = folder / name
    path.write_text("draft")
    os.utime(path, (time.time() - 86_400 * days,) * 2)
    return path


HERE, ELSEWHERE, DIGITS = files._machine(), "0badcafe", "0123456789abcdef"


def test_drafts_of_killed_processes_are_removed(tmp_path, dead):
    names = [f"{HERE}-{dead}-{DIGITS}", f"{HERE}-{'9' * 40}-{DIGITS}"]  # at any age
    left = [planted(tmp_path, f".fundrisk-{name}.tmp", days) for name, days in zip(names, (0, 0.9), strict=True)]
    old = [DIGITS, f"{dead}-{DIGITS}", f"{os.getpid()}-{DIGITS}", f"{ELSEWHERE}-{dead}-{DIGITS}",
           f"{ELSEWHERE}-{os.getpid()}-{DIGITS}"]  # fmt: skip
    left += [planted(tmp_path, f".fundrisk-{name}.tmp", 1.01) for name in old]
    folder = tmp_path / f".fundrisk-{HERE}-{dead}-{DIGITS[::-1]}.tmp"
    folder.mkdir()
    planted(folder, "deck.pptx", 0)
    stay = [
        planted(tmp_path, f".fundrisk-{'1' * 16}.tmp", 0.9),  # not old enough to be left over from an unknown process
        planted(tmp_path, f".fundrisk-{dead}-{'1' * 16}.tmp", 0.9),
        planted(tmp_path, f".fundrisk-{ELSEWHERE}-{dead}-{'1' * 16}.tmp", 0.9),
        planted(tmp_path, f".fundrisk-{HERE}-{os.getpid()}-{'2' * 16}.tmp", 9),  # of a process that lives
        planted(tmp_path, f".fundrisk-{HERE}-1-{'2' * 16}.tmp", 9),  # of another user, unless this is its process
        planted(tmp_path, f".fundrisk-{DIGITS}.tmp.npz", 9),
        planted(tmp_path, f".fundrisk-{DIGITS}x.tmp", 9),
        planted(tmp_path, f"x.fundrisk-{HERE}-{dead}-{DIGITS}.tmp", 9),
        planted(tmp_path, f".fundrisk-{HERE}-{dead}-{DIGITS}.tmp.", 9),
        planted(tmp_path, f".fundrisk-{HERE}x-{dead}-{DIGITS}.tmp", 9),
        planted(tmp_path, "mine.tmp", 9),
    ]
    outside = planted(tmp_path, "outside", 9)
    link = tmp_path / f".fundrisk-{HERE}-{dead}-{'3' * 16}.tmp"
    link.symlink_to(outside)
    write_text_atomically(tmp_path / "x.json", "{}")
    assert not any(path.exists() for path in [*left, folder])
    assert not link.is_symlink()
    assert all(path.exists() for path in [*stay, outside])


def test_the_draft_of_a_killed_process_is_gone_after_the_next_write(tmp_path):
    script = f"""
import os, signal
from sim.results import files
files.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
files.write_text_atomically({str(tmp_path / "x.json")!r}, "half")
"""
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert files._DRAFT.fullmatch(left.name)[1] == HERE
    write_text_atomically(tmp_path / "x.json", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@SUPERUSER
def test_drafts_of_another_user_are_left_over_in_the_same_way(tmp_path, dead):
    gone, stays = (planted(tmp_path, f".fundrisk-{HERE}-{n}-{'0' * 16}.tmp", 0) for n in (dead, os.getpid()))
    for path in (gone, stays):
        os.chown(path, 12345, -1)
    remove_leftovers(tmp_path)
    assert not gone.exists()
    assert stays.exists()


def test_a_folder_that_cannot_be_listed_is_no_obstacle(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    files._tidy.cache_clear()
    write_text_atomically(tmp_path / "x", "new")
    assert (tmp_path / "x").read_text() == "new"


def test_a_new_draft_is_known_as_one():
    assert files._DRAFT.fullmatch(draft_name()).groups() == (HERE, str(os.getpid()))
    assert draft_name() != draft_name()
