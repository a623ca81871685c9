"""Both generators: a recurrence over frames at every resolution, or at the smallest one only.

Source: Clark et al. 2019, arXiv:1907.06571; which is v2, or v1 there.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.families.dvd_gan.attention import FullAttention, SeparableAttention
from animatic.families.dvd_gan.chunks import in_chunks
from animatic.families.dvd_gan.config import SMALLEST, DvdGanConfig
from animatic.families.dvd_gan.encoder import Encoder, Given
from animatic.families.dvd_gan.layers import (
    FinalNorm,
    GeneratorBlock,
    channels_last,
    conv2d,
    each_frame,
    linear,
)
from animatic.families.dvd_gan.recurrent import RECURRENCES, moved, places
from animatic.families.dvd_gan.spectral import weights_once
from animatic.types import Clips

PAINTED_AT_FIRST = 0.1
"""Share of paint in a pixel of an untrained generator that warps the last given frame."""


class Generator(nn.Module):
    """Noise, and a class or first frames, to a clip.

    Noise and class give one 4x4 frame, which the first recurrence reads at every time. Each level
    is a recurrence, whose states go through two residual blocks frame by frame; the second block
    doubles their height and width. v1 has a recurrence at the first level only, with attention over
    everything behind it, and separable attention before the last block.
    Given frames are read by an encoder, which hands each recurrence its first state.
    """

    def __init__(self, config: DvdGanConfig) -> None:
        super().__init__()
        self.config = config
        dims = [config.width * multiple for multiple in config.generator_widths]
        if not config.given_frames:
            self.embed = nn.Embedding(len(config.class_names), config.embedding_dim)
        self.encoder = Encoder(config, dims[:-1]) if config.given_frames else None
        self.begin = linear(config.condition_dim, dims[0] * SMALLEST**2)
        self.levels = nn.ModuleList(
            Level(config, dim, after, first=number == 0, last=number == len(dims) - 2)
            for number, (dim, after) in enumerate(pairwise(dims))
        )
        self.norm = FinalNorm(dims[-1], config.num_frames)
        self.to_pixels = conv2d(dims[-1], (6 if config.warp else 3) * config.patch**2, 3)

    def forward(self, noise: Float[Tensor, "b z"], known: Int[Tensor, " b"] | Given) -> Clips:
        """Return the clips, in [-1, 1]; of given frames, only those that follow them.

        Args:
            noise: of each clip.
            known: the class of each clip, or the frames that are given.
        """
        if self.encoder is None:
            return self.of_condition(torch.cat([noise, self.embed(known)], dim=1))
        return self.of_condition(noise, known)

    def of_condition(self, condition: Float[Tensor, "b z"], given: Given | None = None) -> Clips:
        """Return the clips of noise and the vector of a class, joined; or of noise alone."""
        num_frames = self.config.num_frames - (0 if given is None else given.shape[2])
        with weights_once(self):  # not once a frame
            states: Sequence[Tensor | None] = [None] * len(self.levels)
            if given is not None:
                assert self.encoder is not None, "frames are given to a generator that reads them"
                states = self.encoder(given)
            first = self.begin(condition)
            frames = rearrange(first, "b (c h w) -> b 1 c h w", h=SMALLEST, w=SMALLEST)
            frames = channels_last(frames)
            for level, state in zip(self.levels, states, strict=True):
                frames = level(frames, condition, num_frames, state)
            pixels = in_chunks(self, self._painted, frames, self.config.chunk_frames)
        if self.config.warp:
            assert given is not None, "settings say so"
            pixels = over(given[:, :, -1], pixels)
        else:
            pixels = torch.tanh(pixels)
        return rearrange(pixels, "b t c h w -> b c t h w")

    def _painted(self, frames: Float[Tensor, "b t c h w"], first: int) -> Tensor:
        pixels = each_frame(self.to_pixels, F.relu(self.norm(frames, first)))
        return F.pixel_shuffle(pixels, self.config.patch)


def over(
    last: Float[Tensor, "b 3 h w"], painted: Float[Tensor, "b t 6 h w"]
) -> Float[Tensor, "b t 3 h w"]:
    """Return frames that are one frame, moved and painted over.

    Args:
        last: the frame, in [-1, 1].
        painted: of each pixel of each new frame, colour of paint (before tanh), how much of it
            (before a sigmoid), and how far to the right and down the pixel comes from.
    """
    num_frames = painted.shape[1]
    colour, share, flow = painted.float().flatten(0, 1).split([3, 1, 2], dim=1)
    share = torch.sigmoid(share + math.log(PAINTED_AT_FIRST / (1 - PAINTED_AT_FIRST)))
    kept = moved(last.repeat_interleave(num_frames, dim=0), flow, places(last))
    return torch.lerp(kept, torch.tanh(colour), share).unflatten(0, (-1, num_frames))


class Level(nn.Module):
    """A recurrence, and two residual blocks over its states.

    In v1 only the first level has a recurrence, with full attention behind it, and the last one
    separable attention between its blocks.
    """

    def __init__(
        self, config: DvdGanConfig, dim: int, dim_out: int, *, first: bool, last: bool
    ) -> None:
        super().__init__()
        v1, self.chunk_frames = config.generator == "v1", config.chunk_frames
        self.recurrence = RECURRENCES[config.recurrence](dim) if first or not v1 else None
        self.full = FullAttention(dim) if v1 and first else nn.Identity()
        sizes = (config.condition_dim, config.num_frames)
        self.keep = GeneratorBlock(dim, dim, *sizes, upsample=False)
        self.separable = SeparableAttention(dim) if v1 and last else nn.Identity()
        self.enlarge = GeneratorBlock(dim, dim_out, *sizes, upsample=True)

    def forward(
        self,
        frames: Float[Tensor, "b _ c h w"],
        condition: Float[Tensor, "b z"],
        num_frames: int,
        state: Float[Tensor, "b c h w"] | None,
    ) -> Float[Tensor, "b {num_frames} d y x"]:
        """Return frames of twice the height and width."""
        if self.recurrence is not None:
            frames = self.full(self.recurrence(frames, num_frames, state))
        kept = self._each_time(self.keep, frames, condition)
        return self._each_time(self.enlarge, self.separable(kept), condition)

    def _each_time(
        self, block: nn.Module, frames: Float[Tensor, "b t c h w"], condition: Float[Tensor, "b z"]
    ) -> Float[Tensor, "b t d y x"]:
        def work(chunk: Float[Tensor, "b _ c h w"], first: int) -> Float[Tensor, "b _ d y x"]:
            return block(chunk, condition, first)

        return in_chunks(block, work, frames, self.chunk_frames)
