"""A linear guess at the colours of a place from known pixels about it, fitted before training.

What a lossless codec does, and where the network starts from: no part of the paper.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor, nn

from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.slices import (
    NEIGHBOURS,
    Slice,
    Slices,
    Symbols,
    brightness,
    masked_convolution,
)

SUMS = 7
"""Of each pixel: three colours, their squares, and a one."""

PLAIN = [0, 1, 2, 6]
"""Those of the seven of which the colours of a place are a linear function."""

RIDGE = 1e-6
"""Share of the mean square of a feature that keeps the fit from dividing by nothing."""


class Guess(NamedTuple):
    """What a place may look like: its colours in [-1, 1], and how far neighbours are from them."""

    colours: Float[Tensor, "... 3"]
    spread: Float[Tensor, "... 3"]


class Told(NamedTuple):
    """The part of a guess that comes from outside of the slice.

    Attributes:
        colours: of each place, before the neighbours inside are added.
        sums: of the known pixels about each place, times their nearness.
        inside: weights of the neighbours inside, of each clip.
    """

    colours: Float[Tensor, "b i j k 3"]
    sums: Float[Tensor, "b i j k 7"]
    inside: Float[Tensor, "b 3 4 n"]


class LinearGuess(nn.Module):
    """Colours as weighted sums of all pixels that the convolutions see, other weights a slice.

    The weights are fitted, not trained: steps of Adam would move hundreds of them alike.
    """

    outside: Tensor
    inside: Tensor
    bias: Tensor
    near_outside: Tensor
    near_inside: Tensor

    def __init__(self, config: VideoTransformerConfig) -> None:
        super().__init__()
        self.slices, self.kernel = Slices(config), config.kernel
        number = len(self.slices)
        taps = torch.cartesian_prod(*(torch.arange(size) - size // 2 for size in config.kernel))
        near = (-taps.float().norm(dim=1)).exp().reshape(config.kernel)
        far = torch.tensor(NEIGHBOURS) * torch.tensor(config.subscale)
        self.register_buffer("outside", torch.zeros(number, 3, 4, *config.kernel))
        self.register_buffer("inside", torch.zeros(number, 3, 4, len(NEIGHBOURS)))
        self.register_buffer("bias", torch.zeros(number, 3))
        self.register_buffer("near_outside", near, persistent=False)
        self.register_buffer("near_inside", (-far.float().norm(dim=1)).exp(), persistent=False)

    def begin(
        self, symbols: Symbols, known: Bool[Tensor, "b t h w"], numbers: Sequence[int]
    ) -> Told:
        """Return what known pixels outside of one slice of each clip say."""
        clips = self._seen(symbols, known, numbers)
        near = self.near_outside[None, None]
        colours, sums = [], []
        for clip, number in zip(clips, numbers, strict=True):
            plain = clip[None, PLAIN]
            colours.append(
                F.conv3d(plain, self.outside[number], self.bias[number], self.slices.step)[0]
            )
            sums.append(F.conv3d(clip[:, None], near, stride=self.slices.step)[:, 0])
        order = "b c i j k -> b i j k c"
        inside = self.inside[torch.tensor(numbers, device=symbols.device)]
        return Told(
            rearrange(torch.stack(colours), order), rearrange(torch.stack(sums), order), inside
        )

    def whole(self, symbols: Slice, told: Told) -> Guess:
        """Return the guess at every place of a slice."""
        pixels = coloured(symbols, told.colours)
        pairs = zip(pixels[..., PLAIN].split(1), told.inside, strict=True)
        colours = torch.cat([masked_convolution(clip, weight) for clip, weight in pairs])
        single = rearrange(pixels, "b i j k c -> (b c) i j k 1")
        sums = masked_convolution(single, self.near_inside[None, None])
        return self.end(colours, rearrange(sums, "(b c) i j k 1 -> b i j k c", c=SUMS), told)

    def some(self, near: Float[Tensor, "b r w n 7"], told: Told) -> Guess:
        """Return the guess at places whose neighbours are handed in, `told` of the same places."""
        colours = torch.einsum("brwnc,bdcn->brwd", near[..., PLAIN], told.inside)
        sums = (near * self.near_inside[:, None]).sum(dim=-2)
        return self.end(colours[:, None], sums[:, None], told)

    def end(
        self, colours: Float[Tensor, "b i j k 3"], sums: Float[Tensor, "b i j k 7"], told: Told
    ) -> Guess:
        """Add up what comes from inside and outside."""
        colours = told.colours + colours
        first, second, weight = (told.sums + sums).split([3, 3, 1], dim=-1)
        square = (second - 2 * colours * first + colours.square() * weight) / (weight + 1e-6)
        return Guess(colours, (square.clamp_min(0) + 1e-4).sqrt())

    def _seen(
        self, symbols: Symbols, known: Bool[Tensor, "b t h w"], numbers: Sequence[int]
    ) -> Float[Tensor, "b 7 _ _ _"]:
        pixels = coloured(symbols, self.bias) * known[..., None]
        return self.slices.around(pixels, numbers, self.kernel)

    @torch.no_grad()
    def products(
        self, symbols: Symbols, known: Bool[Tensor, "b t h w"], number: int
    ) -> Float64[Tensor, "f g"]:
        """Return the products of all features and colours of a slice, summed over its places."""
        clips = self._seen(symbols, known, [number] * len(symbols))[:, PLAIN]
        taps = torch.eye(self.near_outside.numel(), device=clips.device)
        outside = F.conv3d(
            clips.flatten(0, 1)[:, None],
            taps.unflatten(1, (1, *self.kernel)),
            stride=self.slices.step,
        )
        own = self.slices.take(symbols, number)
        pixels = rearrange(coloured(own, self.bias)[..., PLAIN], "b i j k c -> (b c) i j k 1")
        inside = masked_convolution(pixels, torch.eye(len(NEIGHBOURS), device=own.device)[:, None])
        columns = torch.cat([rearrange(outside, "b n i j k -> b i j k n"), inside], dim=-1)
        features = rearrange(columns, "(b c) i j k n -> (b i j k) (n c)", c=len(PLAIN))
        ones = torch.ones_like(features[:, :1])
        table = torch.cat([features, ones, brightness(own).flatten(0, -2)], dim=1)
        return (table.T @ table).double()

    @torch.no_grad()
    def fit(self, products: Float64[Tensor, "s f g"]) -> None:
        """Set all weights to the least squares of `products`, one table a slice."""
        for number, table in enumerate(products):
            left, right = table[:-3, :-3], table[:-3, -3:]
            ridge = RIDGE * left.diagonal().mean() * torch.eye(len(left), device=left.device)
            found = torch.linalg.solve(left + ridge, right).float()
            taps = self.outside[0, 0, 0].numel()
            weights = rearrange(found[:-1], "(n c) d -> d c n", c=4)
            self.outside[number].copy_(weights[..., :taps].unflatten(-1, self.kernel))
            self.inside[number].copy_(weights[..., taps:])
            self.bias[number].copy_(found[-1])


def coloured(symbols: Int[Tensor, "... 6"], like: Tensor) -> Float[Tensor, "... 7"]:
    """Return the colours of pixels, their squares and a one, in the precision of `like`."""
    colours = brightness(symbols).to(like.dtype)
    return torch.cat([colours, colours.square(), torch.ones_like(colours[..., :1])], dim=-1)
