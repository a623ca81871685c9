"""Train a small 3D network to name what clips show."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.data.batches import permutation
from animatic.types import Clips, Frames, to_clip

RATE = 2e-3
"""Largest learning rate of AdamW, in the middle of a rise and a fall."""


def fit(
    net: nn.Module,
    clips: Sequence[Frames],
    classes: Int[Tensor, "n factors"],
    *,
    epochs: int,
    batch_size: int = 32,
    told: Callable[[int, float], None] | None = None,
) -> None:
    """Train a network that gives logits for each factor; the same clips, the same weights.

    Clips are mirrored and their brightness and pixels jittered, so that a few hundred suffice.

    Args:
        net: clips to one set of logits for each factor.
        clips: of one size and length.
        classes: what each clip shows.
        epochs: how often each clip is seen.
        batch_size: clips of a step, at most.
        told: is handed the step and its loss.
    """
    steps = math.ceil(len(clips) / batch_size)
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * steps + 1)
    random = torch.Generator().manual_seed(0)
    device = next(net.parameters()).device
    net.train()
    for step in range(epochs * steps):
        epoch, place = divmod(step, steps)
        rows = np.array_split(permutation(1, epoch, len(clips)), steps)[place]
        x = _jittered(torch.stack([to_clip(clips[int(row)]) for row in rows]), random).to(device)
        loss = torch.stack(
            [
                F.cross_entropy(logits, wanted, label_smoothing=0.1)
                for logits, wanted in zip(net(x), classes[rows].T.to(device), strict=True)
            ]
        ).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if told is not None:
            told(step, loss.item())
    net.eval()


def named(net: nn.Module, clip: Float[Tensor, "c t h w"]) -> list[int]:
    """Return the likeliest class of each factor."""
    with torch.inference_mode():
        device = next(net.parameters()).device
        return [int(logits.argmax()) for logits in net(clip[None].to(device))]


def _jittered(x: Clips, random: torch.Generator) -> Clips:
    flip = torch.rand(len(x), generator=random) < 0.5
    x = torch.where(flip[:, None, None, None, None], x.flip(-1), x)
    gain = 1 + 0.3 * (torch.rand(len(x), 1, 1, 1, 1, generator=random) - 0.5)
    return x * gain + 0.05 * torch.randn(x.shape, generator=random)
