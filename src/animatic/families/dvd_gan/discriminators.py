"""The two discriminators: one of single frames, one of the movement.

Source: Clark et al. 2019, arXiv:1907.06571; projection of the class by Miyato & Koyama 2018,
arXiv:1802.05637.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.layers import DiscriminatorBlock, linear
from animatic.types import Clips

BLOCKS_OF_CLIPS = 2
"""Blocks of the temporal discriminator that convolve over time; those behind see single frames."""


class Discriminators(nn.Module):
    """Both, each with a score of its own for every clip."""

    def __init__(self, config: DvdGanConfig) -> None:
        super().__init__()
        self.sampled_frames, self.pooling = config.sampled_frames, config.pooling
        self.spatial = Discriminator(config, blocks_of_clips=0)
        self.temporal = Discriminator(config, blocks_of_clips=BLOCKS_OF_CLIPS)

    def forward(
        self,
        clips: Clips,
        labels: Int[Tensor, " b"],
        places: Int[Tensor, "b k"],
    ) -> Float[Tensor, "b 2"]:
        """Return the spatial and the temporal score of each clip; `places` are sampled frames."""
        rows = torch.arange(len(clips), device=clips.device)[:, None]
        sampled = rearrange(clips, "b c t h w -> b t c h w")[rows, places]
        pooled = F.avg_pool3d(clips, (1, self.pooling, self.pooling))
        spatial = self.spatial(rearrange(sampled, "b k c h w -> b c k h w"), labels)
        return torch.stack([spatial, self.temporal(pooled, labels)], dim=1)

    def sample(self, clips: Clips, random: torch.Generator | None = None) -> Int[Tensor, "b k"]:
        """Return places of frames to look at, of each clip its own, none twice."""
        order = torch.rand(len(clips), clips.shape[2], generator=random)
        return order.argsort(dim=1)[:, : self.sampled_frames].to(clips.device)


class Discriminator(nn.Module):
    """Residual blocks; the scores of the frames that are left are added up.

    Args:
        config: its widths and the number of classes.
        blocks_of_clips: how many of the first blocks convolve over time.
    """

    def __init__(self, config: DvdGanConfig, blocks_of_clips: int) -> None:
        super().__init__()
        dims = [3, *(config.discriminator_width * m for m in config.discriminator_widths)]
        last = len(dims) - 2
        self.blocks_of_clips = blocks_of_clips
        self.blocks = nn.ModuleList(
            DiscriminatorBlock(
                dim_in,
                dim_out,
                of_clips=number < blocks_of_clips,
                halve=number < last,
                first=number == 0,
            )
            for number, (dim_in, dim_out) in enumerate(pairwise(dims))
        )
        self.judge = linear(dims[-1], 1)
        self.embed = normalised_embedding(config.num_classes, dims[-1])

    def forward(self, clips: Clips, labels: Int[Tensor, " b"]) -> Float[Tensor, " b"]:
        """Return the sum over frames of how real each is, and how much of its class."""
        hidden = clips
        for block in self.blocks[: self.blocks_of_clips]:
            hidden = block(hidden)
        hidden = rearrange(hidden, "b c t h w -> (b t) c h w")
        for block in self.blocks[self.blocks_of_clips :]:
            hidden = block(hidden)
        features = F.relu(hidden).sum(dim=(2, 3)).unflatten(0, (len(clips), -1))
        scores = self.judge(features)[..., 0]
        scores = scores + torch.einsum("btd,bd->bt", features, self.embed(labels))
        return scores.sum(dim=1)


def normalised_embedding(num_classes: int, dim: int) -> nn.Module:
    """Return vectors of classes, spectrally normalised together."""
    embedding = nn.Embedding(num_classes, dim)
    nn.init.orthogonal_(embedding.weight)
    return torch.nn.utils.parametrizations.spectral_norm(embedding)
