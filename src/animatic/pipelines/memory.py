"""Whether a run fits into memory, before it begins."""

import os
from pathlib import Path
from typing import Any

import torch

from animatic.contracts import Family
from animatic.errors import UserError

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory a container may take."""


def check_memory(
    family: Family, config: Any, num_clips: int, bf16: bool, device: torch.device, processes: int
) -> str:
    """Return how much memory a step takes, in words; nothing if the family does not know.

    Args:
        family: of the model.
        config: of the model.
        num_clips: in one part of a batch of one process.
        bf16: whether products are taken in half precision.
        device: that of this process.
        processes: how many share the memory, if it is that of the machine.

    Raises:
        UserError: if there is less.
    """
    if family.training_bytes is None:
        return ""
    needed = family.training_bytes(config, num_clips, bf16)
    needed *= processes if device.type == "cpu" else 1
    there = memory_bytes(device)
    if needed > there:
        less = "--set chunk_frames=4 or " if hasattr(config, "chunk_frames") else ""
        raise UserError(
            f"a step takes about {needed / 1e9:.1f} GB of memory, and there are {there / 1e9:.1f}; "
            f"{less}a smaller --batch-size keeps less"
        )
    return f"a step takes about {needed / 1e9:.1f} GB of {there / 1e9:.1f} GB of memory"


def memory_bytes(device: torch.device) -> int:
    """Return how much memory a device has."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = CONTAINER_LIMIT.read_text().strip() if CONTAINER_LIMIT.is_file() else "max"
    return min(there, int(limit)) if limit.isdigit() else there
