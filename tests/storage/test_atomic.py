import os
import resource
import subprocess
import sys

import pytest

from animatic.errors import UserError
from animatic.storage import atomic


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write_half(path):
    path.write_text("half of the n")
    raise ZeroDivisionError


def test_a_file_appears_with_its_content(tmp_path):
    atomic.write_text(tmp_path / "a.txt", "één")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "één"
    assert names(tmp_path) == ["a.txt"]


def test_an_error_in_the_middle_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")
    with pytest.raises(ZeroDivisionError), atomic.replacing(path) as unfinished:
        write_half(unfinished)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(UserError, match=r"cannot write .*a\.bin: File too large"):
            atomic.write_bytes(tmp_path / "a.bin", bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == []


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(UserError, match="cannot write"):
        atomic.write_bytes(tmp_path / "nowhere" / "a.bin", b"1")


def test_a_kill_in_the_middle_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    atomic.write_text(path, "old")
    script = (
        "import os, signal, sys; from pathlib import Path; from animatic.storage import atomic\n"
        "with atomic.replacing(Path(sys.argv[1])) as unfinished:\n"
        "    unfinished.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert path.read_text() == "old"
    assert len(names(tmp_path)) == 2, "a hidden leftover"
    atomic.write_text(path, "new")
    assert len(names(tmp_path)) == 2, "a fresh leftover may belong to somebody who is writing"
    for leftover in tmp_path.glob(".*"):
        os.utime(leftover, (0, 0))
    atomic.write_text(path, "newer")
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic.replacing_folder(tmp_path / "a") as unfinished:
        write_half(unfinished / "x")
    assert names(tmp_path) == []
    with atomic.replacing_folder(tmp_path / "a") as unfinished:
        (unfinished / "x").write_text("1")
    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == ["x"]


def test_a_folder_that_is_there_is_refused(tmp_path):
    with (
        pytest.raises(UserError, match="there already"),
        atomic.replacing_folder(tmp_path),
    ):
        pass


def test_sweeping_removes_leftovers_and_nothing_else(tmp_path):
    (tmp_path / f".a.mp4{atomic.LEFTOVER_MARK}12.mp4").write_text("")
    (tmp_path / f".b{atomic.LEFTOVER_MARK}12").mkdir()
    (tmp_path / ".hidden").write_text("")
    atomic.sweep(tmp_path)
    assert names(tmp_path) == [".hidden"]
