"""The generator: a recurrence over frames at every resolution.

Source: Clark et al. 2019, arXiv:1907.06571, v2.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.parametrize import cached

from animatic.families.dvd_gan.config import SMALLEST, DvdGanConfig
from animatic.families.dvd_gan.layers import (
    FinalNorm,
    GeneratorBlock,
    conv2d,
    each_frame,
    linear,
)
from animatic.families.dvd_gan.recurrent import ConvGRU
from animatic.types import Clips


class Generator(nn.Module):
    """Noise and a class to a clip.

    Both give one 4x4 frame, which the first recurrence reads at every time. Each level is a
    recurrence, whose states go through two residual blocks frame by frame; the second block doubles
    their height and width.
    """

    def __init__(self, config: DvdGanConfig) -> None:
        super().__init__()
        self.num_frames = config.num_frames
        dims = [config.width * multiple for multiple in config.generator_widths]
        condition_dim = config.latent_dim + config.embedding_dim
        self.embed = nn.Embedding(config.num_classes, config.embedding_dim)
        self.begin = linear(condition_dim, dims[0] * SMALLEST**2)
        self.levels = nn.ModuleList(
            Level(dim, after, condition_dim, config.num_frames) for dim, after in pairwise(dims)
        )
        self.norm = FinalNorm(dims[-1], config.num_frames)
        self.to_pixels = conv2d(dims[-1], 3, 3)

    def forward(self, noise: Float[Tensor, "b z"], labels: Int[Tensor, " b"]) -> Clips:
        """Return the clips, in [-1, 1]."""
        return self.of_condition(torch.cat([noise, self.embed(labels)], dim=1))

    def of_condition(self, condition: Float[Tensor, "b z"]) -> Clips:
        """Return the clips of noise and the vector of a class, joined."""
        with cached():  # a weight is normalised once, not once a frame
            first = self.begin(condition)
            frames = rearrange(first, "b (c h w) -> b 1 c h w", h=SMALLEST, w=SMALLEST)
            for level in self.levels:
                frames = level(frames, condition)
            pixels = each_frame(self.to_pixels, F.relu(self.norm(frames)))
        return torch.tanh(rearrange(pixels, "b t c h w -> b c t h w"))


class Level(nn.Module):
    """A recurrence, and two residual blocks over its states."""

    def __init__(self, dim: int, dim_out: int, condition_dim: int, num_frames: int) -> None:
        super().__init__()
        self.num_frames = num_frames
        self.recurrence = ConvGRU(dim, dim)
        self.keep = GeneratorBlock(dim, dim, condition_dim, num_frames, upsample=False)
        self.enlarge = GeneratorBlock(dim, dim_out, condition_dim, num_frames, upsample=True)

    def forward(
        self, frames: Float[Tensor, "b t c h w"], condition: Float[Tensor, "b z"]
    ) -> Float[Tensor, "b T d y x"]:
        """Return frames of twice the height and width; a single one is read at every time."""
        states = self.recurrence(frames, self.num_frames)
        return self.enlarge(self.keep(states, condition), condition)
