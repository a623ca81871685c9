"""After training: first frames to what follows, slice by slice."""

from collections.abc import Iterator, Sequence

import torch

from animatic.contracts import Tools
from animatic.families.video_transformer.conditions import conditions_of
from animatic.families.video_transformer.config import VALUES, VideoTransformerConfig
from animatic.families.video_transformer.fixed_point import gumbel, iterate
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.slices import to_clips
from animatic.families.video_transformer.windows import iterate_rows
from animatic.nn.filled import filled
from animatic.types import Clips, ClipShape, Prompt, Samples, Weights

ROWS = 16
"""Rows that each call looks at on a CPU: fastest for one clip; whole slices are on a GPU, where a
call takes about as long whatever it computes (docs/log.md)."""


class VideoTransformerSampler:
    """Makes clips one at a time, so that not even the last bit depends on a neighbour."""

    def __init__(self, config: VideoTransformerConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.tools = config, tools
        network = VideoTransformer(config, tools.text_encoder.dim)
        self.network = filled(network, "network", weights, tools)
        self.by_rows = tools.device.type == "cpu"

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        return self.config.shape

    def sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Samples:
        """Return one clip for each prompt and seed; given frames are in it as they are."""
        clips = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            *_, clip = self.grow(prompt, seed)
            clips.append(clip)
        return Samples(torch.cat(clips))

    def num_parts(self, prompt: Prompt) -> int:
        """Return how many slices are not given as a whole."""
        return len(self.network.slices.open(len(prompt.positions)))

    @torch.inference_mode()
    def grow(self, prompt: Prompt, seed: int) -> Iterator[Clips]:
        """Yield the clip after each slice; what is not made yet is black."""
        conditions = conditions_of(prompt, self.config, self.tools)
        symbols, slices = conditions.symbols.clone(), self.network.slices
        random = torch.Generator().manual_seed(seed)
        condition = self.network.condition(conditions.labels, conditions.text)
        for number in slices.open(conditions.given):
            own = slices.take(symbols, number)
            noise = gumbel((*own.shape, VALUES), random).to(own.device) * self.config.temperature
            context = self.network.context(symbols, [conditions.given], [number], condition)
            settled = ~slices.scored(number, conditions.given)[None].to(own.device)
            guess = slices.take(symbols, number - 1) if number else own
            guess = torch.where(settled[..., None], own, guess)
            task = (self.network, guess, context, noise, settled)
            made, _ = iterate_rows(*task, ROWS) if self.by_rows else iterate(*task)
            own.copy_(made)
            yield to_clips(symbols)
