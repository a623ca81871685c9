"""Averaged weights, which sample better than the latest ones."""

import torch
from torch import nn


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the averaged weights towards the network's: an exponential moving average.

    The decay grows with `step`, as (step + 1) / (step + 10), until it reaches `decay`, so that the
    average forgets the first weights soon.
    """
    share = 1 - min(decay, (step + 1) / (step + 10))
    for kept, latest in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(latest, share)
    for kept, latest in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(latest)
