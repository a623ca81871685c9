"""Clips as both stages and the critic read and write them."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.families.t2v.sketch.basis import Basis, cut, enlarge, shrink
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.types import Clips, EncodedText


class Written(NamedTuple):
    """Clips written in both bases.

    `given` is what the sketch shows of each patch of details, in pixels.
    """

    sketch_tokens: Float[Tensor, "b n d"]
    given: Float[Tensor, "b m g"]
    detail_tokens: Float[Tensor, "b m e"]

    def first(self, count: int) -> "Written":
        """Return the first clips only."""
        return Written(*(part[:count] for part in self))

    def joined(self, others: "Written") -> "Written":
        """Return these clips and then the others."""
        return Written(*(torch.cat(parts) for parts in zip(self, others, strict=True)))


class Lesson(NamedTuple):
    """What a step learns from: real clips, their texts, and patches of sketches that are noised."""

    text: EncodedText
    real: Written
    noised: Float[Tensor, "b m g"]


class Parts(NamedTuple):
    """Tokens of sketches, the sketches as their basis has them, and the details they lack."""

    tokens: Float[Tensor, "b n d"]
    sketches: Float[Tensor, "b c t s s"]
    details: Clips


def split(clips: Clips, config: SketchConfig, sketch_basis: Basis) -> Parts:
    """Split clips into a sketch and details."""
    tokens = sketch_basis.encode(shrink(clips, config.sketch_size))
    sketches = sketch_basis.decode(tokens, config.sketch_size).float()
    return Parts(tokens, sketches, clips - enlarge(sketches, config.size))


def write(clips: Clips, config: SketchConfig, sketch_basis: Basis, detail_basis: Basis) -> Written:
    """Write clips in both bases."""
    parts = split(clips, config, sketch_basis)
    given = cut(parts.sketches, config.patch_frames, config.given_size)
    return Written(parts.tokens, given, detail_basis.encode(parts.details))


def first(text: EncodedText, count: int) -> EncodedText:
    """Return the first texts only."""
    return EncodedText(text.tokens[:count], text.mask[:count])
