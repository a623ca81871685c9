"""Clips as both stages read and write them."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from animatic.families.t2v.sketch.basis import Basis, enlarge, shrink
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.drawing import shown
from animatic.types import Clips, EncodedText


class Written(NamedTuple):
    """Clips written in both bases, and as these show them: without what no drawn clip can have."""

    sketch_tokens: Float[Tensor, "b n d"]
    detail_tokens: Float[Tensor, "b m e"]
    clips: Clips


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
    details = detail_basis.encode(parts.details)
    return Written(parts.tokens, details, shown(parts.sketches, details, config, detail_basis))


def first(text: EncodedText, count: int) -> EncodedText:
    """Return the first texts only."""
    return EncodedText(text.tokens[:count], text.mask[:count])
