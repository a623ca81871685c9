"""How probable clips are: bits of all slices.

Source: Weissenborn et al. 2020, arXiv:1906.02634.
"""

from collections.abc import Sequence
from math import log

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from animatic.contracts import Tools
from animatic.families.video_transformer.conditions import conditions_of
from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.slices import Slice, to_symbols
from animatic.nn.filled import filled
from animatic.types import Bits, Clips, Prompt, Weights


class VideoTransformerLikelihood:
    """Adds up the bits of each slice, clip by clip, lest one depends on another."""

    def __init__(self, config: VideoTransformerConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.tools = config, tools
        network = VideoTransformer(config, tools.text_encoder.dim)
        self.network = filled(network, "network", weights, tools)

    @torch.inference_mode()
    def bits(self, clips: Clips, prompts: Sequence[Prompt]) -> Bits:
        """Return the bits of the frames of each clip that its prompt does not give.

        Raises:
            UserError: if prompts give frames that are not the first ones.
        """
        given = {len(prompt.positions) for prompt in prompts}
        assert len(given) == 1, "the bits of clips with as many given frames are taken together"
        total = [self._of_one(*pair) for pair in zip(clips.split(1), prompts, strict=True)]
        dims = 3 * self.config.size**2 * (self.config.num_frames - given.pop())
        return Bits(torch.stack(total), dims)

    def _of_one(self, clip: Clips, prompt: Prompt) -> Float[Tensor, ""]:
        conditions = conditions_of(prompt, self.config, self.tools)
        symbols = to_symbols(clip.to(self.tools.device))
        slices, total = self.network.slices, torch.zeros((), dtype=torch.float64)
        for number in slices.open(conditions.given):
            logits = self.network(
                symbols, [conditions.given], [number], conditions.labels, conditions.text
            )
            costs = symbol_bits(logits, self.network.own(symbols, [number])).sum(-1)[0]
            scored = slices.scored(number, conditions.given).to(costs.device)
            total += costs[scored].sum(dtype=torch.float64).cpu()
        return total


def symbol_bits(logits: Float[Tensor, "b i j k s v"], symbols: Slice) -> Float[Tensor, "b i j k s"]:
    """Return the negative log2-likelihood of each symbol."""
    costs = F.cross_entropy(logits.flatten(0, -2), symbols.flatten(), reduction="none")
    return costs.unflatten(0, symbols.shape) / log(2)
