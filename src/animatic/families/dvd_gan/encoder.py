"""Given frames to the first states of all recurrences.

Source: DVD-GAN-FP of Clark et al. 2019, arXiv:1907.06571; one state for each resolution, as in v2.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.layers import DiscriminatorBlock, conv2d

Given = Float[Tensor, "b c k h w"]
"""First frames, in [-1, 1]."""


class Encoder(nn.Module):
    """A residual network over single frames; at each depth, those of all given frames become one.

    Args:
        config: how many frames there may be, and what one place holds.
        dims: channels of the states, from 4x4 up.
    """

    def __init__(self, config: DvdGanConfig, dims: Sequence[int]) -> None:
        super().__init__()
        self.num_frames, self.patch = config.most_given, config.patch
        inner = list(reversed(dims))
        read = [3 * self.patch**2, *inner]
        self.blocks = nn.ModuleList(
            DiscriminatorBlock(dim_in, dim, of_clips=False, halve=True, first=number == 0)
            for number, (dim_in, dim) in enumerate(zip(read, inner, strict=False))
        )
        self.joins = nn.ModuleList(conv2d(self.num_frames * dim, dim, 3) for dim in inner)

    def forward(self, given: Given) -> list[Float[Tensor, "b _ _ _"]]:
        """Return the states, from 4x4 up."""
        frames = rearrange(padded(given, self.num_frames), "b c t h w -> (b t) c h w")
        hidden, states = F.pixel_unshuffle(frames, self.patch), []
        hidden = hidden.contiguous(memory_format=torch.channels_last)
        for block, join in zip(self.blocks, self.joins, strict=True):
            hidden = block(hidden)
            together = rearrange(hidden, "(b t) d h w -> b (t d) h w", t=self.num_frames)
            together = together.contiguous(memory_format=torch.channels_last)
            states.append(F.relu(join(F.relu(together))))
        return states[::-1]


def padded(given: Given, num_frames: int) -> Float[Tensor, "b c {num_frames} h w"]:
    """Return so many frames, the first one repeated in front of fewer."""
    missing = num_frames - given.shape[2]
    first = repeat(given[:, :, 0], "b c h w -> b c t h w", t=missing)
    return torch.cat([first, given], dim=2)
