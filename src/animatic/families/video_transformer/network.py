"""The Video Transformer: an encoder of what is known, and a decoder of one slice.

Source: Weissenborn et al. 2020, arXiv:1906.02634.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.guess import Guess, LinearGuess, Told
from animatic.families.video_transformer.layers import (
    BlockLayer,
    PixelEmbedding,
    Places,
    SymbolPredictor,
)
from animatic.families.video_transformer.slices import (
    NEIGHBOURS,
    Slice,
    Slices,
    Symbols,
    masked_convolution,
)


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
    """What a slice is told by what is known before it: vectors, and maybe part of a guess."""

    places: Places
    guess: Told | None


class Encoder(nn.Module):
    """What is known before a slice, seen from each place of that slice.

    A convolution over known pixels (others are zero vectors, which no colour is) with the factor of
    subscaling as its stride, then layers of attention.
    """

    def __init__(self, config: VideoTransformerConfig) -> None:
        super().__init__()
        self.kernel = config.kernel
        self.slices = Slices(config)
        self.embed = PixelEmbedding(config.pixel_dim)
        self.look = nn.Conv3d(config.pixel_dim, config.dim, config.kernel, config.subscale)
        self.positions = Positions(config)
        self.number = nn.Embedding(len(self.slices), config.dim)
        self.join = nn.Linear(config.dim, config.dim)
        self.layers = layers(config, config.encoder_layers, causal=False)

    def forward(
        self,
        symbols: Symbols,
        known: Bool[Tensor, "b t h w"],
        numbers: Sequence[int],
        condition: Float[Tensor, "b d"] | float,
    ) -> Places:
        """Return what each place of one slice of each clip is told; see `VideoTransformer`."""
        pixels = self.embed(symbols) * known[..., None]
        shifted = self.slices.around(pixels, numbers, self.kernel)
        seen = self.look(shifted.contiguous(memory_format=torch.channels_last_3d)).permute(
            0, 2, 3, 4, 1
        )
        which = self.number(torch.tensor(numbers, device=seen.device)) + condition
        x = self.join(self.positions(seen + which[:, None, None, None]))
        for layer in self.layers:
            x = layer(x)
        return x


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

    def forward(self, symbols: Slice, context: Places) -> Places:
        """Return one vector for each place.

        Args:
            symbols: of the slice.
            context: of `prepare`.
        """
        x = masked_convolution(self.embed(symbols), self.look) + context
        for layer in self.layers:
            x = layer(x)
        return x

    def prepare(self, encoded: Places) -> Places:
        """Return what is added to each place of the slice, whatever its symbols are."""
        return self.positions(self.join(encoded))


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
        self.guess = LinearGuess(config) if config.mixture else None
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
        return self.predict(*self.decode(own, context), own)

    def decode(self, own: Slice, context: Context) -> tuple[Places, Guess | None]:
        """Return one vector for each place of a slice, and a guess at its colours."""
        y, guess = self.decoder(own, context.places), None
        if self.guess is not None and context.guess is not None:
            with torch.autocast(y.device.type, enabled=False):
                guess = self.guess.whole(own, context.guess)
        return y, guess

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
        told = None
        if self.guess is not None:
            with torch.autocast(symbols.device.type, enabled=False):
                told = self.guess.begin(symbols, known, numbers)
        encoded = self.encoder(symbols, known, numbers, condition)
        return Context(self.decoder.prepare(encoded), told)


def layers(config: VideoTransformerConfig, count: int, *, causal: bool) -> nn.ModuleList:
    """Return layers whose blocks take turns."""
    return nn.ModuleList(
        BlockLayer(config.dim, config.heads, config.head_dim, block, causal=causal)
        for block in islice(cycle(config.blocks), count)
    )
