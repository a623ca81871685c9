"""How a clip is cut into slices, and what is known when each of them is made.

Source: subscaling of Weissenborn et al. 2020, arXiv:1906.02634, after Menick & Kalchbrenner 2019.
"""

from collections.abc import Sequence
from itertools import product

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor

from animatic.families.video_transformer.config import VALUES, VideoTransformerConfig
from animatic.types import Clips

Symbols = Int[Tensor, "b t h w s"]
"""Pixels as six numbers of four bits: the high and the low half of red, of green, of blue."""

Slice = Int[Tensor, "b i j k s"]
"""The symbols of a slice, of which i frames, j rows and k columns are left."""


def to_symbols(clips: Clips) -> Symbols:
    """Split the bytes of clips in [-1, 1] into high and low halves."""
    return halves(((clips.clamp(-1, 1) + 1) * 127.5).round().long().permute(0, 2, 3, 4, 1))


def to_clips(symbols: Symbols) -> Clips:
    """Undo `to_symbols`."""
    return brightness(symbols).permute(0, 4, 1, 2, 3)


def brightness(symbols: Int[Tensor, "... 6"]) -> Float[Tensor, "... 3"]:
    """Return the colours of pixels in [-1, 1]."""
    return joined(symbols).float() / 127.5 - 1


def halves(colours: Int[Tensor, "... 3"]) -> Int[Tensor, "... 6"]:
    """Split bytes 0..255 into high and low halves."""
    return torch.stack([colours // VALUES, colours % VALUES], dim=-1).flatten(-2)


def joined(symbols: Int[Tensor, "... 6"]) -> Int[Tensor, "... 3"]:
    """Undo `halves`."""
    high, low = symbols.unflatten(-1, (3, 2)).unbind(-1)
    return high * VALUES + low


NEIGHBOURS = (
    *((-1, row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)),
    *((0, -1, column) for column in (-1, 0, 1)),
    (0, 0, -1),
)
"""Frames, rows and columns from a place to those that its masked convolution sees: all nine about
it in the frame before, and the four of its own frame that come before it in raster order."""


class Slices:
    """The slices of a clip in their order: the last axis of their offsets runs fastest."""

    def __init__(self, config: VideoTransformerConfig) -> None:
        self.step, self.shape = config.subscale, config.slice_shape
        frames, rows, columns = map(range, self.step)
        self.offsets = list(product(frames, rows, columns))
        turn = torch.arange(len(self.offsets)).reshape(self.step)
        self.turn = turn.repeat(self.shape)
        """Of each pixel of a clip, the number of its slice."""
        self.frame = torch.arange(config.num_frames)[:, None, None].expand_as(self.turn)
        """Of each pixel of a clip, its frame."""

    def __len__(self) -> int:
        """Return the number of slices."""
        return len(self.offsets)

    def take(self, whole: Tensor, number: int) -> Tensor:
        """Return the slice of that number, a view; axes 1 to 3 of `whole` are t, h and w."""
        places = (
            slice(first, None, step)
            for first, step in zip(self.offsets[number], self.step, strict=True)
        )
        return whole[(slice(None), *places)]

    def around(
        self, pixels: Float[Tensor, "b t h w e"], numbers: Sequence[int], kernel: tuple[int, ...]
    ) -> Float[Tensor, "b e _ _ _"]:
        """Return the pixels of each clip, `centred` on one slice each."""
        clips = rearrange(pixels, "b t h w e -> b e t h w")
        return torch.stack(
            [
                centred(clip, self.offsets[number], self.step, kernel)
                for clip, number in zip(clips, numbers, strict=True)
            ]
        )

    def known(self, number: int, given: int) -> Bool[Tensor, "t h w"]:
        """Return which pixels are known before a slice: earlier slices, and all given frames."""
        return (self.turn < number) | (self.frame < given)

    def scored(self, number: int, given: int) -> Bool[Tensor, "t h w"]:
        """Return which pixels of a slice are not given."""
        return self.take(self.frame[None], number)[0] >= given

    def open(self, given: int) -> list[int]:
        """Return the numbers of the slices that are not given as a whole."""
        return [number for number in range(len(self)) if self.scored(number, given).any()]


def centred(
    whole: Float[Tensor, "c t h w"],
    offset: tuple[int, ...],
    step: tuple[int, ...],
    kernel: tuple[int, ...],
) -> Float[Tensor, "c _ _ _"]:
    """Return the clip, shifted and padded with zeros.

    A convolution of this kernel and stride `step`, without padding, is then centred on the pixels
    of the slice at `offset`.
    """
    pads: list[int] = []
    for length, first, stride, size in zip(whole.shape[1:], offset, step, kernel, strict=True):
        last = first + (length // stride - 1) * stride
        pads = [size // 2 - first, last + size // 2 + 1 - length, *pads]
    return F.pad(whole, pads)


def masked_convolution(
    pixels: Float[Tensor, "b i j k e"], weight: Float[Tensor, "d e n"]
) -> Float[Tensor, "b i j k d"]:
    """Return, for each place, the sum of its `NEIGHBOURS`, each times its weight.

    Two convolutions of single frames: nine places of the one before, four of its own.
    """
    clips = len(pixels)
    frames = rearrange(pixels, "b i j k e -> b i e j k")
    frames = F.pad(frames, (1, 1, 1, 1, 0, 0, 1, 0)).contiguous(
        memory_format=torch.channels_last_3d
    )
    past = rearrange(frames[:, :-1], "b i e j k -> (b i) e j k")
    own = rearrange(frames[:, 1:, :, :-1], "b i e j k -> (b i) e j k")
    nine = weight[..., :9].unflatten(-1, (3, 3))
    four = F.pad(weight[..., 9:], (0, 2)).unflatten(-1, (2, 3))
    found = F.conv2d(past, nine) + F.conv2d(own, four)
    return rearrange(found, "(b i) d j k -> b i j k d", b=clips)
