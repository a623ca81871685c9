"""Exact sampling with far fewer calls than pixels.

The noise that decides every symbol is drawn beforehand (Gumbel), so a pixel is a function of the
pixels before it, and a slice is the only fixed point of that function: start anywhere, compute all
pixels at once, repeat until nothing changes. Each call settles one more pixel at least, and with
a trained model many, for few pixels depend on all the details of their neighbours. What comes out
is, bit for bit, what one pixel at a time gives with the same kernels.

Source: Wiggers & Hoogeboom 2020, arXiv:2002.09928 (predictive sampling, fixed-point iteration).
"""

from collections.abc import Sequence
from itertools import count

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from animatic.families.video_transformer.layers import Chooser
from animatic.families.video_transformer.network import Context, VideoTransformer
from animatic.families.video_transformer.slices import Slice

Noise = Float[Tensor, "b i j k s v"]
"""Gumbel noise of every value of every symbol of a slice, times the temperature."""

Settled = Bool[Tensor, "b i j k"]
"""Places of a slice that are given."""


def iterate(
    network: VideoTransformer, symbols: Slice, context: Context, noise: Noise, settled: Settled
) -> tuple[Slice, int]:
    """Return the slice, and how many calls of the decoder it took.

    Args:
        network: with its weights.
        symbols: of the slice where they are settled, a guess elsewhere.
        context: what is known before the slice.
        noise: decides each symbol.
        settled: places that are given.
    """
    for calls in count(1):
        y, guess = network.decode(symbols, context)
        made = network.predict.choose(y, guess, noisy(noise))
        made = torch.where(settled[..., None], symbols, made)
        if torch.equal(made, symbols):
            return symbols, calls
        symbols = made
    raise AssertionError("count never ends")


def noisy(noise: Float[Tensor, "... s v"]) -> Chooser:
    """Return what takes the likeliest value of each symbol after its noise is added."""
    return lambda number, logits: (logits + noise[..., number, :]).argmax(dim=-1)


def gumbel(shape: Sequence[int], random: torch.Generator) -> Float[Tensor, "..."]:
    """Return Gumbel noise: whoever adds it to logits and takes the largest draws from them."""
    even = torch.rand(*shape, generator=random, dtype=torch.float64)
    return -(-even.clamp_min(1e-300).log()).log().float()
