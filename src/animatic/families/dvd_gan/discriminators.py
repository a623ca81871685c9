"""The discriminators: one of single frames, one of movement, and maybe one of a part of the clip.

Source: Clark et al. 2019, arXiv:1907.06571; projection of the class by Miyato & Koyama 2018,
arXiv:1802.05637; the third one by Luc et al. 2020, arXiv:2003.04035.
"""

from contextlib import nullcontext
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.layers import DiscriminatorBlock, linear
from animatic.families.dvd_gan.spectral import normalised
from animatic.types import Clips

BLOCKS_OF_CLIPS = 2
"""Blocks of the temporal discriminator that convolve over time; those behind see single frames."""


class Glance(NamedTuple):
    """Where discriminators look: the sampled frames of each clip, and the corner of each part."""

    frames: Int[Tensor, "b k"]
    corners: Int[Tensor, "b 2"]


class Discriminators(nn.Module):
    """All of them, each with a score of its own for every clip."""

    def __init__(self, config: DvdGanConfig) -> None:
        super().__init__()
        self.config = config
        self.spatial = Discriminator(config, blocks_of_clips=0)
        self.temporal = Discriminator(config, blocks_of_clips=BLOCKS_OF_CLIPS)
        self.partial = Discriminator(config, BLOCKS_OF_CLIPS) if config.crop else None

    def forward(
        self, clips: Clips, labels: Int[Tensor, " b"] | None, glance: Glance
    ) -> Float[Tensor, "b s"]:
        """Return the spatial, the temporal and maybe the partial score of each clip.

        Args:
            clips: whole ones, given frames included.
            labels: their classes, if classes are told apart.
            glance: where to look.
        """
        config = self.config
        frames, corners = (places.to(clips.device) for places in glance)
        rows = torch.arange(len(clips), device=clips.device)
        sampled = rearrange(clips, "b c t h w -> b t c h w")[rows[:, None], frames]
        pooled = F.avg_pool2d(clips.flatten(0, 1), config.pooling).unflatten(0, clips.shape[:2])
        # Slopes are differences of scores, which drown in the rounding of bf16.
        slopes = config.loss == "relativistic"
        with torch.autocast(clips.device.type, enabled=False) if slopes else nullcontext():
            scores = [
                self.spatial(rearrange(sampled, "b k c h w -> b c k h w"), labels),
                self.temporal(pooled, labels),
            ]
            if self.partial is not None:
                scores.append(self.partial(parts(clips, corners, config.crop), labels))
        return torch.stack(scores, dim=1)

    def look(self, num_clips: int, given: int, random: torch.Generator | None = None) -> Glance:
        """Return where to look, at random: of each clip its own frames, none twice or given."""
        config = self.config
        order = torch.rand(num_clips, config.num_frames - given, generator=random).argsort(dim=1)
        corners = torch.randint(
            config.size - (config.crop or config.size) + 1, (num_clips, 2), generator=random
        )
        return Glance(given + order[:, : config.sampled_frames], corners)


class Discriminator(nn.Module):
    """Residual blocks; the scores of the frames that are left are added up.

    Args:
        config: its widths and the number of classes.
        blocks_of_clips: how many of the first blocks convolve over time.
    """

    def __init__(self, config: DvdGanConfig, blocks_of_clips: int) -> None:
        super().__init__()
        width, self.patch = config.discriminator_width, config.patch
        dims = [3 * self.patch**2, *(width * m for m in config.discriminator_widths)]
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
        self.embed = None
        if not config.given_frames:
            self.embed = normalised(nn.Embedding(len(config.class_names), dims[-1]))

    def forward(self, clips: Clips, labels: Int[Tensor, " b"] | None) -> Float[Tensor, " b"]:
        """Return the sum over frames of how real each is, and how much of its class."""
        hidden = rearrange(
            clips, "b c t (h p) (w q) -> b (c p q) t h w", p=self.patch, q=self.patch
        )
        hidden = hidden.contiguous(memory_format=torch.channels_last_3d)
        for block in self.blocks[: self.blocks_of_clips]:
            hidden = block(hidden)
        hidden = rearrange(hidden, "b c t h w -> (b t) c h w")
        for block in self.blocks[self.blocks_of_clips :]:
            hidden = block(hidden)
        features = F.relu(hidden).sum(dim=(2, 3)).unflatten(0, (len(clips), -1))
        scores = self.judge(features)[..., 0]
        if self.embed is not None:
            scores = scores + torch.einsum("btd,bd->bt", features, self.embed(labels))
        return scores.sum(dim=1)


def parts(
    clips: Clips, corners: Int[Tensor, "b 2"], size: int
) -> Float[Tensor, "b c t {size} {size}"]:
    """Cut a square out of each clip, with its upper left at a place of its own."""
    along = torch.arange(size, device=clips.device)
    rows, columns = (corners[:, axis, None] + along for axis in range(2))
    number = torch.arange(len(clips), device=clips.device)[:, None, None]
    cut = clips[number, :, :, rows[:, :, None], columns[:, None]]
    return rearrange(cut, "b h w c t -> b c t h w")
