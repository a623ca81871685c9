"""From noise to clips, in both stages."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.families.t2v.sketch.basis import Basis, cut, enlarge
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.flow import draw
from animatic.families.t2v.sketch.networks import Networks
from animatic.types import Clips, EncodedText


class Noise(NamedTuple):
    """What clips are drawn from."""

    sketch: Float[Tensor, "b n d"]
    details: Float[Tensor, "b m e"]


class Draft(NamedTuple):
    """Drawn sketches, what each shows of every patch of details, and tokens of the details."""

    text: EncodedText
    sketches: Float[Tensor, "b c t s s"]
    given: Float[Tensor, "b m g"]
    details: Float[Tensor, "b m e"]


@torch.no_grad()
def draft(
    networks: Networks, config: SketchConfig, text: EncodedText, noise: Noise, *, leave: int = 0
) -> Draft:
    """Draw sketches and their details, without the last few steps of the latter."""
    sketch_basis, detail_basis = networks.sketch_basis, networks.detail_basis
    tokens = draw(
        networks.sketcher,
        sketch_basis.spread,
        noise.sketch,
        text,
        (config.sketch_steps, config.sketch_steps),
        config.guidance,
    )
    sketches = sketch_basis.decode(tokens, config.sketch_size).float()
    given = cut(sketches, config.patch_frames, config.given_size)
    details = draw(
        networks.detailer,
        detail_basis.spread,
        noise.details,
        text,
        (config.detail_steps - leave, config.detail_steps),
        config.detail_guidance,
        given,
    )
    return Draft(text, sketches, given, details)


def shown(
    sketches: Float[Tensor, "b c t s s"],
    details: Float[Tensor, "b m e"],
    config: SketchConfig,
    detail_basis: Basis,
) -> Clips:
    """Return the clips of sketches and tokens of details."""
    decoded = detail_basis.decode(details, config.size).float()
    return (enlarge(sketches, config.size) + decoded).clamp(-1, 1)
