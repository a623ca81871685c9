"""Tensors out of a TorchScript archive, without loading its program."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from animatic.errors import UserError

_NUMBERS = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
}


def read_torchscript(content: bytes) -> dict[str, np.ndarray]:
    """Return the named tensors of a saved module; nothing in the archive is run.

    Raises:
        UserError: if this is no such archive, or it asks for more than tensors.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = [n for n in archive.namelist() if n.endswith("/data.pkl")]
            folder = name.removesuffix("data.pkl")
            root = _TensorsOnly(io.BytesIO(archive.read(name))).load()
            return {
                path: tensor.read(archive.read(f"{folder}data/{tensor.key}"))
                for path, tensor in _walk(root)
            }
    except UserError:
        raise
    except Exception as error:  # a damaged archive may fail in any way
        raise UserError(f"this is no TorchScript archive ({type(error).__name__})") from error


class _Stored(NamedTuple):
    """A tensor whose numbers are still in the archive."""

    kind: str
    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, content: bytes) -> np.ndarray:
        numbers = np.frombuffer(content, _NUMBERS[self.kind])[self.offset :]
        strides = [stride * numbers.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(numbers, self.shape, strides).copy()


class _Storage(NamedTuple):
    kind: str
    key: str


class _Module:
    """Stands for any class of the archive's program: keeps what it was saved with."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


class _TensorsOnly(pickle.Unpickler):
    """Builds plain containers, descriptions of tensors, and stand-ins for modules."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return _Module
        if module == "torch" and name in _NUMBERS:
            return name
        if module == "torch.jit._pickle" and name in ("build_intlist", "build_doublelist"):
            return list
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _described
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise UserError(f"this file asks for {module}.{name}; only tensors are read")

    def persistent_load(self, pid: Sequence[Any]) -> _Storage:
        _, kind, key, *_ = pid
        return _Storage(kind, key)


def _described(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Stored:
    return _Stored(storage.kind, storage.key, offset, tuple(shape), tuple(strides))


def _walk(value: Any, path: str = "") -> Iterator[tuple[str, _Stored]]:
    if isinstance(value, _Stored):
        yield path, value
    elif isinstance(value, _Module):
        for name, part in value.state.items():
            yield from _walk(part, f"{path}.{name}" if path else name)
