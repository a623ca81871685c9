"""Where the numbers are worked out: the device, and memory that is not handed back all the time."""

import ctypes
import sys

import torch

from animatic.errors import UserError

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Names of settings in glibc's malloc.h."""


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of that name; `auto` takes a GPU where there is one.

    Raises:
        UserError: if there is no such device here.
    """
    if name == "auto":
        found = torch.accelerator.current_accelerator(check_available=True)
        name = "cpu" if found is None else found.type
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"device {name!r} is not here; try cpu, cuda or auto") from error
    if device.type == "cpu":
        keep_memory()
    return device


def has_bf16(device: torch.device) -> bool:
    """Return whether the device multiplies in bf16 by itself.

    On a CPU that does, a step of training takes about half as long; on one that does not, 18 times
    as long (docs/log.md).
    """
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported()
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def keep_memory() -> None:
    """Tell glibc to keep freed blocks, instead of faulting their pages in again at every operation.

    Of three operations tried on a CPU, two ran ten to twenty times faster (docs/log.md). Elsewhere
    than on Linux with glibc it does nothing.
    """
    if sys.platform != "linux":
        return
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:  # another C library, such as musl
        return
    libc.mallopt(_M_MMAP_MAX, 0)
    libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
