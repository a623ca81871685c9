"""Clips in other colours and places, every frame of a clip alike.

Both sides see them, so a discriminator cannot learn the few real clips by heart, and gradients pass
through to the generator. Source: after Zhao et al. 2020, arXiv:2006.10738.
"""

import torch
from jaxtyping import Int
from torch import Tensor

from animatic.types import Clips

FARTHEST = 8
"""A clip is moved by up to one part in so many of its width."""


def augmented(clips: Clips) -> Clips:
    """Return clips that are a little brighter or darker, more or less colourful, and moved.

    What moves in from outside is the colour of the edge.
    """
    brighter, colourful, stronger = torch.rand(3, len(clips), 1, 1, 1, 1, device=clips.device)
    clips = clips + (brighter - 0.5)
    grey = clips.mean(dim=1, keepdim=True)
    clips = grey + (clips - grey) * (2 * colourful)
    mean = clips.mean(dim=(1, 2, 3, 4), keepdim=True)
    clips = mean + (clips - mean) * (stronger + 0.5)
    return _moved(clips)


def _moved(clips: Clips) -> Clips:
    height, width = clips.shape[3:]
    shift = _shifts(len(clips), height, width).to(clips.device)
    rows = (torch.arange(height, device=clips.device) + shift[:, :1]).clamp(0, height - 1)
    columns = (torch.arange(width, device=clips.device) + shift[:, 1:]).clamp(0, width - 1)
    return torch.stack(
        [clip[:, :, y][..., x] for clip, y, x in zip(clips, rows, columns, strict=True)]
    )


def _shifts(num_clips: int, height: int, width: int) -> Int[Tensor, "b 2"]:
    farthest = [height // FARTHEST, width // FARTHEST]
    return torch.stack([torch.randint(-far, far + 1, (num_clips,)) for far in farthest], dim=1)
