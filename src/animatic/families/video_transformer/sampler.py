"""After training: first frames to what follows, slice by slice."""

from collections.abc import Iterator, Sequence

import torch

from animatic.contracts import Tools
from animatic.families.video_transformer.conditions import conditions_of
from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.fixed_point import fill
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.slices import to_clips
from animatic.nn.filled import filled
from animatic.types import Clips, ClipShape, Prompt, Samples, Weights


class VideoTransformerSampler:
    """Makes clips one at a time, so that not even the last bit depends on a neighbour."""

    def __init__(self, config: VideoTransformerConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.tools = config, tools
        network = VideoTransformer(config, tools.text_encoder.dim)
        self.network = filled(network, "network", weights, tools)

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

    @torch.inference_mode()
    def grow(self, prompt: Prompt, seed: int) -> Iterator[Clips]:
        """Yield the clip after each slice; what is not made yet is black."""
        conditions = conditions_of(prompt, self.config, self.tools)
        for symbols in fill(self.network, conditions, seed, self.config.temperature):
            yield to_clips(symbols)
