"""Frames in chunks, whose inner values are computed again for the gradients instead of kept.

Nothing changes but memory and time: blocks see every frame by itself, and the statistics of their
norms belong to single time steps.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from animatic.families.dvd_gan.layers import FrameMoments, channels_last
from animatic.families.dvd_gan.spectral import Spectral


def in_chunks(
    network: nn.Module,
    work: Callable[[Float[Tensor, "b t c h w"], int], Float[Tensor, "b t d y x"]],
    frames: Float[Tensor, "b t c h w"],
    size: int,
) -> Float[Tensor, "b t d y x"]:
    """Return `work(frames, 0)`, worked off in chunks of `size` frames.

    Args:
        network: what `work` runs through; its statistics are not taken twice.
        work: is handed frames and the time step of the first.
        frames: all of them.
        size: frames of a chunk; 0 for all at once, with nothing computed again.
    """
    if size == 0:
        return work(frames, 0)

    def laid_out(chunk: Float[Tensor, "b _ c h w"], first: int) -> Float[Tensor, "b _ d y x"]:
        return work(channels_last(chunk), first)

    contexts = {"use_reentrant": False, "context_fn": lambda: (nullcontext(), _held(network))}
    parts = [
        checkpoint(laid_out, chunk, number * size, **contexts)
        for number, chunk in enumerate(frames.split(size, dim=1))
    ]
    return channels_last(torch.cat(parts, dim=1))


@contextmanager
def _held(network: nn.Module) -> Iterator[None]:
    """Leave running statistics and normalised weights as they are."""
    modules = [m for m in network.modules() if isinstance(m, FrameMoments | Spectral)]
    for module in modules:
        module.held = True
    try:
        yield
    finally:
        for module in modules:
            module.held = False
