"""The Video Transformer: an encoder of what is known, and a decoder of one slice.

Source: Weissenborn et al. 2020, arXiv:1906.02634.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import NamedTuple

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.layers import (
    BlockLayer,
    Guess,
    PixelEmbedding,
    Places,
    SymbolPredictor,
)
from animatic.families.video_transformer.slices import (
    Slice,
    Slices,
    Symbols,
    brightness,
    centred,
)

NEIGHBOURS = (
    *((-1, row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)),
    *((0, -1, column) for column in (-1, 0, 1)),
    (0, 0, -1),
)
"""Frames, rows and columns from a place to those that its masked convolution sees: all nine about
it in the frame before, and the four of its own frame that come before it in raster order."""


class Condition(nn.Module):
    """The vector of a class, of a text, of both, or nothing."""

    def __init__(self, config: VideoTransformerConfig, text_dim: int) -> None:
        super().__init__()
        self.of_class = None
        if config.labelled:
            self.of_class = nn.Embedding(max(1, len(config.class_names)), config.dim)
        self.of_text = nn.Linear(text_dim, config.dim) if config.worded else None

    def forward(
        self, labels: Int[Tensor, " b"] | None, text: Float[Tensor, "b e"] | None
    ) -> Float[Tensor, "b d"] | float:
        """Return what is added to every place."""
        of_class = 0.0 if self.of_class is None else self.of_class(labels)
        return of_class if self.of_text is None else of_class + self.of_text(text)


class Context(NamedTuple):
    """What a slice is told by what is known before it.

    Attributes:
        places: what is added to each place.
        colours: the sum of known colours about each place, times their weights.
        weight: the sum of these weights.
    """

    places: Places
    colours: Float[Tensor, "b i j k 3"]
    weight: Float[Tensor, "b i j k 1"]


class Encoder(nn.Module):
    """What is known before a slice, seen from each place of that slice.

    A convolution over known pixels (others are zero vectors, which no colour is) with the factor of
    subscaling as its stride, then layers of attention.
    """

    def __init__(self, config: VideoTransformerConfig) -> None:
        super().__init__()
        self.step, self.kernel = config.subscale, config.kernel
        self.slices = Slices(config)
        self.embed = PixelEmbedding(config.pixel_dim)
        self.look = nn.Conv3d(config.pixel_dim, config.dim, config.kernel, config.subscale)
        self.positions = Positions(config)
        self.number = nn.Embedding(len(self.slices), config.dim)
        self.join = nn.Linear(config.dim, config.dim)
        self.layers = layers(config, config.encoder_layers, causal=False)
        taps = torch.cartesian_prod(*(torch.arange(size) - size // 2 for size in config.kernel))
        far = taps.float().norm(dim=1).reshape(config.kernel)
        self.nearness = nn.Parameter(-far.repeat(len(self.slices), 1, 1, 1))

    def forward(
        self,
        symbols: Symbols,
        known: Bool[Tensor, "b t h w"],
        numbers: Sequence[int],
        condition: Float[Tensor, "b d"] | float,
    ) -> Context:
        """Return what each place of one slice of each clip is told; see `VideoTransformer`."""
        laid_out = self._centred(self.embed(symbols) * known[..., None], numbers)
        seen = self.look(laid_out).permute(0, 2, 3, 4, 1)
        which = self.number(torch.tensor(numbers, device=seen.device)) + condition
        x = self.join(self.positions(seen + which[:, None, None, None]))
        for layer in self.layers:
            x = layer(x)
        with torch.autocast(x.device.type, enabled=False):
            clips = self._centred(coloured(symbols, self.nearness) * known[..., None], numbers)
            weights = self.nearness[torch.tensor(numbers, device=x.device)].exp()
            pairs = zip(clips, weights, strict=True)
            near = [F.conv3d(c[:, None], w[None, None], stride=self.step)[:, 0] for c, w in pairs]
        colours, weight = torch.stack(near).permute(0, 2, 3, 4, 1).split([3, 1], dim=-1)
        return Context(x, colours, weight)

    def _centred(
        self, pixels: Float[Tensor, "b t h w e"], numbers: Sequence[int]
    ) -> Float[Tensor, "b e _ _ _"]:
        """Return the pixels of each clip, shifted as the convolution about its slice needs them."""
        shifted = [
            centred(clip, self.slices.offsets[number], self.step, self.kernel)
            for clip, number in zip(pixels.permute(0, 4, 1, 2, 3), numbers, strict=True)
        ]
        return torch.stack(shifted).contiguous(memory_format=torch.channels_last_3d)


class Decoder(nn.Module):
    """A slice, seen from each of its places by what comes before it in raster order."""

    def __init__(self, config: VideoTransformerConfig) -> None:
        super().__init__()
        self.embed = PixelEmbedding(config.pixel_dim)
        size = (config.dim, config.pixel_dim, len(NEIGHBOURS))
        self.look = nn.Parameter((2 * torch.rand(size) - 1) * (size[1] * size[2]) ** -0.5)
        self.positions = Positions(config)
        self.join = nn.Linear(config.dim, config.dim)
        self.layers = layers(config, config.decoder_layers, causal=True)
        far = torch.tensor(NEIGHBOURS) * torch.tensor(config.subscale)
        self.nearness = nn.Parameter(-far.float().norm(dim=1))

    def forward(self, symbols: Slice, context: Context) -> tuple[Places, Guess]:
        """Return one vector for each place, and a guess at its colours.

        Args:
            symbols: of the slice.
            context: of `prepare`.
        """
        x = masked_convolution(self.embed(symbols), self.look) + context.places
        for layer in self.layers:
            x = layer(x)
        with torch.autocast(x.device.type, enabled=False):
            pixels = rearrange(coloured(symbols, x), "b i j k c -> (b c) i j k 1")
            near = masked_convolution(pixels, self.nearness.exp()[None, None])
            return x, self.guess(rearrange(near, "(b c) i j k 1 -> b i j k c", c=4), context)

    def prepare(self, context: Context) -> Context:
        """Return what is added to each place of the slice, whatever its symbols are."""
        return context._replace(places=self.positions(self.join(context.places)))

    def guess(self, near: Float[Tensor, "b i j k 4"], context: Context) -> Guess:
        """Return the mean of the colours about each place, inside and outside of its slice."""
        colours, weight = near.split([3, 1], dim=-1)
        return (context.colours + colours) / (context.weight + weight + 1e-6)


class Positions(nn.Module):
    """Adds a learned vector for each frame, row and column of a slice."""

    def __init__(self, config: VideoTransformerConfig) -> None:
        super().__init__()
        self.tables = nn.ParameterList(
            0.02 * torch.randn(length, config.dim) for length in config.slice_shape
        )

    def forward(self, x: Places) -> Places:
        """Return the vectors with their positions."""
        frames, rows, columns = self.tables
        return x + frames[:, None, None] + rows[:, None] + columns


class VideoTransformer(nn.Module):
    """The probability of every pixel of a slice, given slices before it and pixels before it."""

    def __init__(self, config: VideoTransformerConfig, text_dim: int) -> None:
        super().__init__()
        self.slices = Slices(config)
        self.condition = Condition(config, text_dim)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.predict = SymbolPredictor(config.dim, config.symbol_dim, config.mixture)

    def forward(
        self,
        symbols: Symbols,
        given: Sequence[int],
        numbers: Sequence[int],
        labels: Int[Tensor, " b"] | None = None,
        text: Float[Tensor, "b e"] | None = None,
    ) -> Float[Tensor, "b i j k s v"]:
        """Return the logits of all symbols of one slice of each clip.

        Args:
            symbols: of whole clips; of those that are not known yet, nothing is seen.
            given: first frames of each clip that are known from the start.
            numbers: which slice of each clip.
            labels: classes of the clips, if they are read.
            text: vectors of the texts, if they are read.
        """
        own = self.own(symbols, numbers)
        context = self.context(symbols, given, numbers, self.condition(labels, text))
        return self.predict(*self.decoder(own, context), own)

    def own(self, symbols: Symbols, numbers: Sequence[int]) -> Slice:
        """Return the symbols of one slice of each clip."""
        pairs = zip(symbols.split(1), numbers, strict=True)
        return torch.cat([self.slices.take(clip, number) for clip, number in pairs])

    def context(
        self,
        symbols: Symbols,
        given: Sequence[int],
        numbers: Sequence[int],
        condition: Float[Tensor, "b d"] | float,
    ) -> Context:
        """Return what one slice of each clip is told by what is known before it."""
        pairs = zip(numbers, given, strict=True)
        known = torch.stack([self.slices.known(*pair) for pair in pairs]).to(symbols.device)
        return self.decoder.prepare(self.encoder(symbols, known, numbers, condition))


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


def coloured(symbols: Int[Tensor, "... 6"], like: Tensor) -> Float[Tensor, "... 4"]:
    """Return the colours of pixels and a one, in the precision of `like`."""
    return F.pad(brightness(symbols), (0, 1), value=1.0).to(like.dtype)


def layers(config: VideoTransformerConfig, count: int, *, causal: bool) -> nn.ModuleList:
    """Return layers whose blocks take turns."""
    return nn.ModuleList(
        BlockLayer(config.dim, config.heads, config.head_dim, block, causal=causal)
        for block in islice(cycle(config.blocks), count)
    )
