"""Files and folders that appear whole or not at all.

Everything is written under a hidden name in the same folder, flushed to the disk and then renamed,
which the file system does in one step. A kill leaves at most a hidden leftover behind.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from animatic.errors import UserError

LEFTOVER_MARK = ".part-"
"""Every unfinished file or folder has this in its hidden name."""

LEFTOVER_AGE_S = 3600.0
"""An unfinished file that nobody has touched for so long belongs to a process that was killed."""


def check_target(path: Path, endings: Sequence[str]) -> None:
    """Refuse a path that cannot be written, before any long work.

    Raises:
        UserError: if it has another ending, or its folder is not there or cannot be written.
    """
    if path.suffix.lower() not in endings:
        given = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        asked = endings[0] if len(endings) == 1 else f"one of {', '.join(endings)}"
        raise UserError(f"{path} {given}; give {asked}")
    if not path.parent.is_dir():
        raise UserError(f"the folder {path.parent} does not exist; make it or give another")
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the name of a file")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(f"the folder {path.parent} cannot be written; give another")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Hand out a path to write to, which becomes the file `path` when the block ends well.

    The block should do nothing but write: an OSError in it is told as a failure to write `path`.
    The old file stays as it was until the new one is whole.

    Raises:
        UserError: if the file cannot be written, as on a full disk or in a missing folder.
    """
    sweep(path.parent, path.name, LEFTOVER_AGE_S)
    unfinished = _unfinished(path)
    try:
        with _told_to_people(path):
            yield unfinished
            _flush(unfinished)
            unfinished.replace(path)
            _flush(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Hand out a new empty folder, which becomes the folder `path` when the block ends well.

    A folder that is there already is refused: no system replaces a full folder in one step, so
    the content that a kill must not cost belongs under a new name.

    Raises:
        UserError: if the folder is there already or cannot be written.
    """
    if path.exists():
        raise UserError(f"{path} is there already; give another folder")
    sweep(path.parent, path.name, LEFTOVER_AGE_S)
    unfinished = _unfinished(path)
    try:
        with _told_to_people(path):
            unfinished.mkdir()
            yield unfinished
            for inner in [*unfinished.rglob("*"), unfinished]:
                _flush(inner)
            unfinished.replace(path)
            _flush(path.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file at once.

    Raises:
        UserError: if the file cannot be written.
    """
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a whole text file at once, in UTF-8.

    Raises:
        UserError: if the file cannot be written.
    """
    write_bytes(path, content.encode())


def sweep(folder: Path, name: str = "", age_s: float = 0.0) -> None:
    """Remove what killed processes left in a folder: all of it, or that of one file's name.

    `age_s` spares what was touched in the last seconds, for it may still be growing. Without it the
    caller must know that nobody else is writing there.
    """
    for leftover in folder.glob(f".{_escaped(name)}*{LEFTOVER_MARK}*"):
        try:
            old = time.time() - leftover.stat().st_mtime >= age_s
        except FileNotFoundError:
            continue
        if old and leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        elif old:
            leftover.unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    """Name a hidden sibling; the ending stays, because encoders choose the format by it."""
    return path.with_name(f".{path.name}{LEFTOVER_MARK}{secrets.token_hex(6)}{path.suffix}")


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _flush(path: Path) -> None:
    """Wait until the disk has it; a rename before that may survive a power cut without content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told_to_people(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
