"""Clips to bytes and back without loss: arithmetic coding of each symbol with its probability.

The decoder must meet the very probabilities of the encoder, though it computes them pixel by pixel
and the encoder slice by slice. So both compute in double precision, and probabilities become whole
numbers: the two ways differ in about 1e-14, and a number is another only where a probability lies
that near to the middle between two. That is rare, not impossible: each slice has a checksum.
"""

import zlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from animatic.contracts import ClipBytes, Inside, Tools
from animatic.errors import UserError
from animatic.families.video_transformer.config import SYMBOLS, VideoTransformerConfig
from animatic.families.video_transformer.layers import Chooser
from animatic.families.video_transformer.network import Context, VideoTransformer
from animatic.families.video_transformer.slices import Symbols, halves, joined
from animatic.families.video_transformer.windows import one_by_one
from animatic.nn.filled import filled
from animatic.types import ClipShape, Weights

RESOLUTION = 2**14
"""What the numbers of all values of a symbol add up to, but for one each, lest one be 0."""

CHECKSUM_BYTES = 4


class VideoTransformerCoder:
    """Codes slice after slice; clips that are handed in together share a stream."""

    def __init__(self, config: VideoTransformerConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.device = config, tools.device
        network = VideoTransformer(config, tools.text_encoder.dim)
        self._single = filled(network, "network", weights, tools)

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        return self.config.shape

    @cached_property
    def network(self) -> VideoTransformer:
        """The network in double precision."""
        return deepcopy(self._single).double()

    def num_parts(self, inside: Inside) -> int:
        """Return how many slices have anything inside."""
        return len(self._open(inside))

    @torch.inference_mode()
    def encode(self, clips: ClipBytes, inside: Inside) -> Iterator[bytes]:
        """Yield the bytes of each slice in which anything is inside; see `contracts.Coder`."""
        queue, model = self._checked()
        symbols = halves(clips.to(self.device, torch.long))
        for number in self._open(inside):
            own, wanted = (self.network.slices.take(x, number) for x in (symbols, inside))
            found = self.network.decode(own, self._seen(symbols, number))
            logits = self.network.predict(*found, own)
            logits = rearrange(logits, "b i j k s v -> (i j k) s b v").cpu()
            values = rearrange(own, "b i j k s -> (i j k) s b").cpu()
            kept = rearrange(wanted, "b i j k -> (i j k) 1 b").expand_as(values)
            encoder = queue.RangeEncoder()
            encoder.encode(values[kept].int().numpy(), model, counts(logits[kept]))
            content = encoder.get_compressed().astype("<u4").tobytes()
            yield _checksum(own, wanted) + content

    @torch.inference_mode()
    def decode(self, parts: Sequence[bytes], inside: Inside) -> Iterator[ClipBytes]:
        """Yield the clips after each slice; see `contracts.Coder`."""
        queue, model = self._checked()
        symbols = torch.zeros(*inside.shape, SYMBOLS, dtype=torch.long, device=self.device)
        for number, part in zip(self._open(inside), parts, strict=True):
            own, wanted = (self.network.slices.take(x, number) for x in (symbols, inside))
            if len(part) < CHECKSUM_BYTES or len(part) % 4:
                raise UserError(f"slice {number} is damaged")
            decoder = queue.RangeDecoder(np.frombuffer(part[CHECKSUM_BYTES:], "<u4").astype("u4"))

            def chooser(t: int, y: int, x: int, wanted=wanted, decoder=decoder) -> Chooser:
                return _read(decoder, model, wanted[:, t, y, x])

            context = self._seen(symbols, number)
            settled = ~wanted.to(self.device)
            try:
                own.copy_(one_by_one(self.network, own, context, chooser, settled)[0])
            except AssertionError:  # constriction's word for a stream that cannot be
                raise UserError(_lost(number)) from None
            if _checksum(own, wanted) != part[:CHECKSUM_BYTES]:
                raise UserError(_lost(number))
            yield joined(symbols).to("cpu", torch.uint8)

    def _checked(self) -> tuple[Any, Any]:
        """Return what codes a stream, and its model of symbols.

        Raises:
            UserError: if the model cannot code, or the package is missing.
        """
        config = self.config
        if config.labelled or config.worded or 0 not in config.given_frames:
            raise UserError("only a model that makes clips from nothing, without words, compresses")
        try:
            from constriction import stream  # type: ignore[attr-defined]
        except ImportError as error:
            raise UserError(
                "compression needs one more package: pip install 'animatic[compress]'"
            ) from error
        return stream.queue, stream.model.Categorical(perfect=False)

    def _open(self, inside: Inside) -> list[int]:
        slices = self._single.slices
        return [number for number in range(len(slices)) if slices.take(inside, number).any()]

    def _seen(self, symbols: Symbols, number: int) -> Context:
        clips = len(symbols)
        return self.network.context(symbols, [0] * clips, [number] * clips, 0.0)


def counts(logits: Float[Tensor, "n v"]) -> Float64[np.ndarray, "n v"]:
    """Return whole numbers in the ratio of the probabilities, at least 1 each."""
    return (logits.softmax(dim=-1) * RESOLUTION).round().add(1).double().cpu().numpy()


def _read(decoder: Any, model: Any, wanted: Bool[Tensor, " b"]) -> Chooser:
    """Return what reads the symbols of one place of those clips that have it."""

    def choose(_: int, logits: Float[Tensor, "b 1 1 v"]) -> Int[Tensor, "b 1 1"]:
        values = torch.zeros(len(wanted), dtype=torch.long)
        if wanted.any():
            read = decoder.decode(model, counts(logits[:, 0, 0].cpu()[wanted]))
            values[wanted] = torch.from_numpy(read).long()
        return values[:, None, None].to(logits.device)

    return choose


def _checksum(own: Int[Tensor, "b i j k s"], wanted: Bool[Tensor, "b i j k"]) -> bytes:
    content = own.cpu()[wanted].to(torch.uint8).numpy().tobytes()
    return zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "little")


def _lost(number: int) -> str:
    return (
        f"slice {number} does not come back as it was: the file is damaged, or this machine "
        "computes other probabilities than the one that wrote it"
    )
