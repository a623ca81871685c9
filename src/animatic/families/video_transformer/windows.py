"""The decoder on some rows of a slice, with the keys and values of all others kept.

A whole slice in every call wastes work where much is settled already. Here a call looks at a few
rows from the first unsettled one on; blocks of attention find the rows before in a cache. One row
of one column is incremental sampling, the plain way that the others are measured against.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from animatic.families.video_transformer.fixed_point import Noise, Settled, noisy
from animatic.families.video_transformer.guess import SUMS, Guess, Told, coloured
from animatic.families.video_transformer.layers import BlockLayer, Chooser, Places, attention
from animatic.families.video_transformer.network import Context, VideoTransformer
from animatic.families.video_transformer.slices import NEIGHBOURS, Slice

Rows = Int[Tensor, "b r"]
"""Rows of a slice, counted through its frames."""


@dataclass
class Kept:
    """Keys and values of one layer by block and place, and where each row finds its own.

    Attributes:
        layer: whose they are.
        key: of each clip, block, head and place in the block.
        value: likewise.
        block: of each row and group of columns in one block, the number of that block.
        place: of each row and column, its place in its block.
        bias: of each row and group of columns, what is added to the logits.
    """

    layer: BlockLayer
    key: Float[Tensor, "b k m n c"]
    value: Float[Tensor, "b k m n c"]
    block: Int[Tensor, "y g"]
    place: Int[Tensor, "y w"]
    bias: Float[Tensor, "y g m q n"]


class RowDecoder:
    """Decodes rows of one slice of several clips, each clip at rows of its own."""

    def __init__(self, network: VideoTransformer, context: Context) -> None:
        self.decoder, self.guess, self.context = network.decoder, network.guess, context
        clips, self.frames, self.height, self.width, _ = context.places.shape
        self.kept = [
            self._keep(layer, clips)
            for layer in network.decoder.layers
            if isinstance(layer, BlockLayer)
        ]
        self.clip = torch.arange(clips, device=context.places.device)[:, None]

    def _keep(self, layer: BlockLayer, clips: int) -> Kept:
        device, (i, j, k) = self.context.places.device, layer.block
        frame, row, column = (
            axis.reshape(-1, self.width)
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
        bias = layer.bias()[:, place.unflatten(1, (across, k))].permute(1, 2, 0, 3, 4)
        return Kept(layer, empty, empty.clone(), block[:, ::k], place, bias.contiguous())

    def __call__(
        self, near: Float[Tensor, "b r w n f"], rows: Rows, column: int | None = None
    ) -> tuple[Float[Tensor, "b r w d"], Guess | None]:
        """Return what `Decoder` does for each place of the rows, or for one column of them.

        Args:
            near: `pixels` of the neighbours of each of these places.
            rows: of each clip; all rows before them were decoded with their last symbols.
            column: the only one that is decoded, or all.
        """
        columns = slice(None) if column is None else slice(column, column + 1)
        places = self._at(self.context.places, rows, columns)
        vectors, colours = near[..., :-SUMS].flatten(-2), near[..., -SUMS:]
        x = F.linear(vectors, self.decoder.look.transpose(1, 2).flatten(1)) + places
        guess = None
        if self.guess is not None and self.context.guess is not None:
            told = self.context.guess
            near_out, sums = (self._at(part, rows, columns)[:, None] for part in told[:2])
            found = self.guess.some(colours, Told(near_out, sums, told.inside))
            guess = Guess(found.colours[:, 0], found.spread[:, 0])
        for kept in self.kept:
            x = x + kept.layer.write(self._attend(kept, x, rows, column))
            x = x + kept.layer.think(x)
        return x, guess

    def _at(self, whole: Places, rows: Rows, columns: slice) -> Float[Tensor, "b r w d"]:
        return whole.flatten(1, 2)[self.clip, rows][:, :, columns]

    def pixels(self, symbols: Int[Tensor, "... s"]) -> Float[Tensor, "... f"]:
        """Return the vectors of pixels, their colours and a one."""
        vectors = self.decoder.embed(symbols)
        return torch.cat([vectors, coloured(symbols, vectors)], dim=-1)

    def _attend(self, kept: Kept, x: Tensor, rows: Rows, column: int | None) -> Tensor:
        layer, width = kept.layer, kept.layer.block[2]
        block, place, bias = kept.block[rows], kept.place[rows], kept.bias[rows]
        if column is not None:
            group, width = column // width, 1
            block, place = block[:, :, group, None], place[:, :, column, None]
            bias = bias[:, :, group, None, :, column % layer.block[2], None]
        query, key, value = (
            part.unflatten(2, (-1, width)).unflatten(4, (layer.heads, -1))
            for part in layer.read(layer.norm(x)).chunk(3, dim=-1)
        )
        at = (
            self.clip[..., None, None],
            block[..., None],
            slice(None),
            place.unflatten(2, (-1, width)),
        )
        kept.key[at], kept.value[at] = key, value
        clip = self.clip[..., None]
        found = attention(
            query.transpose(3, 4), kept.key[clip, block], kept.value[clip, block], bias
        )
        return found.transpose(3, 4).flatten(4).flatten(2, 3)


def iterate_rows(
    network: VideoTransformer,
    symbols: Slice,
    context: Context,
    noise: Noise,
    settled: Settled,
    rows: int,
) -> tuple[Slice, int]:
    """Return slices and calls as `fixed_point.iterate`, looking at so many rows a call.

    Each clip goes on from its own first unsettled place; who is done waits for the others.
    """
    _, frames, height, width, _ = symbols.shape
    rows = min(rows, frames * height)
    decoder = RowDecoder(network, context)
    clip = decoder.clip
    padded = _padded(decoder.pixels(symbols))
    values, chooser_noise = symbols.flatten(1, 2).clone(), noise.flatten(1, 2)
    fixed = settled.flatten(1, 2)
    frontier = torch.zeros(len(symbols), dtype=torch.long, device=symbols.device)
    calls, total = 0, frames * height * width
    while bool((frontier < total).any()):
        first = (frontier // width).clamp(max=frames * height - rows)
        at = first[:, None] + torch.arange(rows, device=symbols.device)
        y, guess = decoder(near_rows(padded, at), at)
        old = values[clip, at]
        made = network.predict.choose(y, guess, noisy(chooser_noise[clip, at]))
        made = torch.where(fixed[clip, at][..., None], old, made)
        place = (at[..., None] * width + torch.arange(width, device=at.device)).flatten(1)
        wrong = (made != old).any(dim=-1).flatten(1) & (place >= frontier[:, None])
        made = torch.where(
            (place >= frontier[:, None]).unflatten(1, (*at.shape[1:], width))[..., None], made, old
        )
        values[clip, at] = made
        padded[clip, 1 + at // height, 1 + at % height, 1:-1] = decoder.pixels(made)
        miss = torch.where(wrong, place, total).min(dim=1).values
        frontier = torch.where(miss < total, miss + 1, place[:, -1] + 1).clamp(min=frontier)
        calls += 1
    return values.unflatten(1, (frames, height)), calls


def near_rows(padded: Float[Tensor, "b f y x e"], rows: Rows) -> Float[Tensor, "b r w n e"]:
    """Return the neighbours of each place of these rows, of pixels that are `_padded`."""
    height, width = padded.shape[2] - 2, padded.shape[3] - 2
    clip = torch.arange(len(padded), device=padded.device)[:, None]
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
    decoder = RowDecoder(network, context)
    padded = _padded(decoder.pixels(symbols) * 0)
    symbols = symbols.clone()
    places = int((~settled).any(dim=0).flatten().nonzero().max()) + 1 if not settled.all() else 0
    for place in range(places):
        (t, y), x = divmod(place // width, height), place % width
        rows = torch.full((len(symbols), 1), t * height + y, device=symbols.device)
        near = torch.stack(
            [padded[:, 1 + t + k, 1 + y + i, 1 + x + j] for k, i, j in NEIGHBOURS], dim=-2
        )
        z, guess = decoder(near[:, None, None], rows, x)
        made = network.predict.choose(z, guess, chooser(t, y, x))[:, 0, 0]
        made = torch.where(settled[:, t, y, x, None], symbols[:, t, y, x], made)
        symbols[:, t, y, x] = made
        padded[:, 1 + t, 1 + y, 1 + x] = decoder.pixels(made)
    return symbols, places


def noisy_at(noise: Noise) -> Callable[[int, int, int], Chooser]:
    """Return what chooses as `fixed_point.noisy`, at one place of each slice."""
    return lambda t, y, x: noisy(noise[:, t, y, None, x, None])
