"""The decoder on some rows of a slice, with the keys and values of all others kept.

A whole slice in every call wastes work where much is settled already. Here a call looks at a few
rows from the first unsettled one on; blocks of attention find the rows before in a cache. One row
of one column is incremental sampling, the plain way that the others are measured against.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from animatic.families.video_transformer.fixed_point import Noise, Settled, noisy
from animatic.families.video_transformer.guess import SUMS, Guess, Told, coloured
from animatic.families.video_transformer.layers import BlockLayer, Chooser, Places, attention
from animatic.families.video_transformer.network import Context, VideoTransformer
from animatic.families.video_transformer.slices import NEIGHBOURS, Slice

Rows = Int[Tensor, "b r"]
"""Rows of a slice, counted through its frames."""

Chosen = Int[Tensor, "b 1"]
"""Numbers of the clips that are looked at."""


@dataclass
class Kept:
    """Keys and values of one layer by block and place, and where each group of rows finds its own.

    Attributes:
        layer: whose they are.
        key: of each clip, block, head and place in the block.
        value: likewise.
        block: of each group of rows and of columns, the number of their block.
        place: of each of their pixels, its place in the block.
        bias: of each of them, what is added to the logits.
    """

    layer: BlockLayer
    key: Float[Tensor, "b k m n c"]
    value: Float[Tensor, "b k m n c"]
    block: Int[Tensor, "y g"]
    place: Int[Tensor, "y g q"]
    bias: Float[Tensor, "y g m q n"]


class RowDecoder:
    """Decodes rows of one slice of several clips, each clip at rows of its own.

    Args:
        network: with its weights.
        context: what is known before the slices.
        unit: rows that lie in one block of every layer, and are looked at together.
    """

    def __init__(self, network: VideoTransformer, context: Context, unit: int) -> None:
        self.decoder, self.guess, self.context = network.decoder, network.guess, context
        self.unit = unit
        clips, self.frames, self.height, self.width, _ = context.places.shape
        self.kept = [self._keep(layer, clips) for layer in blocks(network)]

    def _keep(self, layer: BlockLayer, clips: int) -> Kept:
        device, (i, j, k) = self.context.places.device, layer.block
        frame, row, column = (
            rearrange(axis, "t (y u) (g k) -> (t y) g (u k)", u=self.unit, k=k)
            for axis in torch.meshgrid(
                *(torch.arange(n, device=device) for n in (self.frames, self.height, self.width)),
                indexing="ij",
            )
        )
        down, across = self.height // j, self.width // k
        block = ((frame // i) * down + row // j) * across + column // k
        place = ((frame % i) * j + row % j) * k + column % k
        size, channels = i * j * k, layer.write.in_features // layer.heads
        empty = torch.zeros(
            clips,
            self.frames // i * down * across,
            layer.heads,
            size,
            channels,
            device=device,
            dtype=self.context.places.dtype,
        )
        bias = rearrange(layer.bias()[:, place], "m y g q n -> y g m q n").contiguous()
        return Kept(layer, empty, empty.clone(), block[..., 0], place, bias)

    def __call__(
        self, near: Float[Tensor, "b r w n f"], clip: Chosen, rows: Rows, column: int | None = None
    ) -> tuple[Float[Tensor, "b r w d"], Guess | None]:
        """Return what `Decoder` does for each place of the rows, or for one column of them.

        Args:
            near: `pixels` of the neighbours of each of these places.
            clip: which clips they are of.
            rows: of each of these clips; all rows before them were decoded with their last symbols.
            column: the only one that is decoded, or all.
        """
        columns = slice(None) if column is None else slice(column, column + 1)
        places = self._at(self.context.places, clip, rows, columns)
        vectors, colours = near[..., :-SUMS].flatten(-2), near[..., -SUMS:]
        x = F.linear(vectors, self.decoder.look.transpose(1, 2).flatten(1)) + places
        guess = None
        if self.guess is not None and self.context.guess is not None:
            told = self.context.guess
            near_out, sums = (self._at(part, clip, rows, columns)[:, None] for part in told[:2])
            found = self.guess.some(colours, Told(near_out, sums, told.inside[clip[:, 0]]))
            guess = Guess(found.colours[:, 0], found.spread[:, 0])
        for kept in self.kept:
            x = x + kept.layer.write(self._attend(kept, x, clip, rows, column))
            x = x + kept.layer.think(x)
        return x, guess

    def _at(
        self, whole: Float[Tensor, "a i j k d"], clip: Chosen, rows: Rows, columns: slice
    ) -> Float[Tensor, "b r w d"]:
        return whole.flatten(1, 2)[clip, rows][:, :, columns]

    def pixels(self, symbols: Int[Tensor, "... s"]) -> Float[Tensor, "... f"]:
        """Return the vectors of pixels, their colours and a one."""
        vectors = self.decoder.embed(symbols)
        return torch.cat([vectors, coloured(symbols, vectors)], dim=-1)

    def _attend(
        self, kept: Kept, x: Tensor, clip: Chosen, rows: Rows, column: int | None
    ) -> Tensor:
        layer, width, unit = kept.layer, kept.layer.block[2], self.unit
        group = rows[:, ::unit] // unit
        block, place, bias = kept.block[group], kept.place[group], kept.bias[group]
        if column is not None:
            at, own = column // width, torch.arange(unit, device=x.device) * width + column % width
            block, place, bias = block[:, :, [at]], place[:, :, [at]], bias[:, :, [at]]
            place, bias, width = place[..., own], bias[..., own, :], 1
        shape = {"s": 3, "m": layer.heads, "u": unit, "k": width}
        query, key, value = rearrange(
            layer.read(layer.norm(x)), "b (y u) (g k) (s m c) -> s b y g (u k) m c", **shape
        )
        whose = clip[..., None]
        at = (whose[..., None], block[..., None], slice(None), place)
        kept.key[at], kept.value[at] = key, value
        found = attention(
            query.transpose(3, 4), kept.key[whose, block], kept.value[whose, block], bias
        )
        return rearrange(found, "b y g m (u k) c -> b (y u) (g k) (m c)", u=unit)


def blocks(network: VideoTransformer) -> list[BlockLayer]:
    """Return the layers of the decoder."""
    return [layer for layer in network.decoder.layers if isinstance(layer, BlockLayer)]


def iterate_rows(
    network: VideoTransformer,
    symbols: Slice,
    context: Context,
    noise: Noise,
    settled: Settled,
    rows: int,
) -> tuple[Slice, int]:
    """Return slices and calls as `fixed_point.iterate`, looking at so many rows a call.

    Each clip goes on from its own first unsettled place; who is done is not looked at any more.
    Rows begin, and end, where those do that all layers have in one block.
    """
    _, frames, height, width, _ = symbols.shape
    unit = gcd(*(layer.block[1] for layer in blocks(network)))
    rows = min(-(-rows // unit) * unit, frames * height)
    decoder = RowDecoder(network, context, unit)
    padded = _padded(decoder.pixels(symbols))
    values, chooser_noise = symbols.flatten(1, 2).clone(), noise.flatten(1, 2)
    fixed = settled.flatten(1, 2)
    frontier = torch.zeros(len(symbols), dtype=torch.long, device=symbols.device)
    calls, total = 0, frames * height * width
    while len(clip := (frontier < total).nonzero()):
        begun = frontier[clip]
        first = (begun // width // unit * unit).clamp(max=frames * height - rows)
        at = first + torch.arange(rows, device=symbols.device)
        y, guess = decoder(near_rows(padded, clip, at), clip, at)
        old = values[clip, at]
        made = network.predict.choose(y, guess, noisy(chooser_noise[clip, at]))
        made = torch.where(fixed[clip, at][..., None], old, made)
        place = (at[..., None] * width + torch.arange(width, device=at.device)).flatten(1)
        open_ = place >= begun
        made = torch.where(open_.unflatten(1, (rows, width))[..., None], made, old)
        wrong = (made != old).any(dim=-1).flatten(1)
        values[clip, at] = made
        padded[clip, 1 + at // height, 1 + at % height, 1:-1] = decoder.pixels(made)
        miss = torch.where(wrong, place, total).amin(dim=1, keepdim=True)
        frontier[clip] = torch.where(miss < total, miss, place[:, -1:]) + 1
        calls += 1
    return values.unflatten(1, (frames, height)), calls


def near_rows(
    padded: Float[Tensor, "a f y x e"], clip: Chosen, rows: Rows
) -> Float[Tensor, "b r w n e"]:
    """Return the neighbours of each place of some rows of some clips; pixels are `_padded`."""
    height, width = padded.shape[2] - 2, padded.shape[3] - 2
    frame, row = rows // height, rows % height
    found = [
        padded[clip, 1 + frame + before, 1 + row + down, 1 + right : 1 + right + width]
        for before, down, right in NEIGHBOURS
    ]
    return torch.stack(found, dim=-2)


def _padded(pixels: Places) -> Float[Tensor, "b f y x d"]:
    """Return pixels with zeros in front of the first frame and on all four sides."""
    return F.pad(pixels, (0, 0, 1, 1, 1, 1, 1, 0))


def one_by_one(
    network: VideoTransformer,
    symbols: Slice,
    context: Context,
    chooser: Callable[[int, int, int], Chooser],
    settled: Settled,
) -> tuple[Slice, int]:
    """Return slices and calls as `fixed_point.iterate`, one pixel a call: incremental sampling.

    What comes after the last unsettled place is not looked at.

    Args:
        network: with its weights.
        symbols: of the slices where they are settled; the others are never looked at.
        context: what is known before the slices.
        chooser: what chooses the symbols of a frame, row and column, of all clips.
        settled: places that are given.
    """
    _, _, height, width, _ = symbols.shape
    decoder = RowDecoder(network, context, unit=1)
    padded = _padded(decoder.pixels(symbols) * 0)
    symbols = symbols.clone()
    clip = torch.arange(len(symbols), device=symbols.device)[:, None]
    places = int((~settled).any(dim=0).flatten().nonzero().max()) + 1 if not settled.all() else 0
    for place in range(places):
        (t, y), x = divmod(place // width, height), place % width
        rows = torch.full((len(symbols), 1), t * height + y, device=symbols.device)
        near = torch.stack(
            [padded[:, 1 + t + k, 1 + y + i, 1 + x + j] for k, i, j in NEIGHBOURS], dim=-2
        )
        z, guess = decoder(near[:, None, None], clip, rows, x)
        made = network.predict.choose(z, guess, chooser(t, y, x))[:, 0, 0]
        made = torch.where(settled[:, t, y, x, None], symbols[:, t, y, x], made)
        symbols[:, t, y, x] = made
        padded[:, 1 + t, 1 + y, 1 + x] = decoder.pixels(made)
    return symbols, places


def noisy_at(noise: Noise) -> Callable[[int, int, int], Chooser]:
    """Return what chooses as `fixed_point.noisy`, at one place of each slice."""
    return lambda t, y, x: noisy(noise[:, t, y, None, x, None])
