"""How kernels are compiled: strictly, and kept on disk until a source changes."""

from collections.abc import Callable
from inspect import unwrap
from pathlib import Path
from typing import ParamSpec, TypeVar

from animatic.errors import UserError

try:
    import numba
except ImportError as error:
    raise UserError(
        "the Stage renderer needs numba, which is not installed; pip install 'animatic[stage]'"
    ) from error

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile a kernel that Python calls. `unwrap` takes off the shape checks that tests add."""
    return numba.njit(cache=True, fastmath=False, error_model="numpy")(unwrap(function))


def inlined(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Compile a part of kernels into each of them: its tuples then live in registers."""
    return numba.njit(forceinline=True, fastmath=False, error_model="numpy")(unwrap(function))


def _forget_stale_kernels(folder: Path) -> None:
    """Delete compiled kernels that are older than any source with kernels, of this data set.

    numba compares a kernel with its own file only, not with the files whose parts it inlines.
    """
    newest = max(
        source.stat().st_mtime
        for source in folder.rglob("*.py")
        if "stage.kernels.compiler" in source.read_text() or source.parent.name == "kernels"
    )
    for index in folder.rglob("*.nbi"):
        if index.stat().st_mtime < newest:
            index.unlink(missing_ok=True)


_forget_stale_kernels(Path(__file__).parent.parent)
