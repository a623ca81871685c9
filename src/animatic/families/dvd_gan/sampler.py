"""After training: classes or first frames to clips, and clips to scores."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from animatic.contracts import Tools
from animatic.errors import UserError
from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.discriminators import Discriminators, Glance
from animatic.families.dvd_gan.encoder import Given
from animatic.families.dvd_gan.generator import Generator
from animatic.nn.filled import filled
from animatic.types import Clips, ClipShape, Prompt, Samples, Weights, to_clip


class DvdGanSampler:
    """Makes clips one at a time, so that not even the last bit depends on a neighbour."""

    def __init__(self, config: DvdGanConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.device = config, tools.device
        self.generator = filled(Generator(config), "generator", weights, tools)

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        return self.config.shape

    @torch.inference_mode()
    def sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Samples:
        """Return one clip for each prompt and seed; given frames are in it as they are."""
        clips = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            random = torch.Generator().manual_seed(seed)
            noise = torch.randn(1, self.config.latent_dim, generator=random)
            noise = (noise * self.config.truncation).to(self.device)
            if not self.config.given_frames:
                label = label_of(prompt, self.config)
                clips.append(self.generator(noise, label.to(self.device)))
                continue
            given = given_of(prompt, self.config).to(self.device)
            clips.append(torch.cat([given, self.generator(noise, given)], dim=2))
        return Samples(torch.cat(clips))


class DvdGanCritic:
    """Scores clips by all discriminators. One clip at a time, as in sampling."""

    def __init__(self, config: DvdGanConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.device = config, tools.device
        self.discriminators = filled(Discriminators(config), "discriminators", weights, tools)

    @torch.inference_mode()
    def score(self, clips: Clips, prompts: Sequence[Prompt]) -> Float[Tensor, " b"]:
        """Return how real each clip is for its class, or for its first frames; the sum of scores.

        The frames and parts that are looked at are always the same, lest two calls differ.
        """
        config, first = self.config, self.config.most_given
        places = torch.linspace(first, clips.shape[2] - 1, config.sampled_frames)
        middle = (config.size - (config.crop or config.size)) // 2
        glance = Glance(
            places.round().long()[None].to(self.device),
            torch.tensor([[middle, middle]], device=self.device),
        )
        scores = []
        for clip, prompt in zip(clips.split(1), prompts, strict=True):
            label = None if config.given_frames else label_of(prompt, config).to(self.device)
            scores.append(self.discriminators(clip.to(self.device), label, glance).sum(dim=1))
        return torch.cat(scores).cpu()


def label_of(prompt: Prompt, config: DvdGanConfig) -> Int[Tensor, " 1"]:
    """Return the class that a prompt asks for.

    Raises:
        UserError: if there is no such class.
    """
    label = -1 if prompt.label is None else prompt.label
    if not 0 <= label < len(config.class_names):
        raise UserError(f"class {label} must be 0 to {len(config.class_names) - 1}")
    return torch.tensor([label])


def given_of(prompt: Prompt, config: DvdGanConfig) -> Given:
    """Return the frames that a prompt gives.

    Raises:
        UserError: if they are not the first ones, too many or too few, or of another size.
    """
    assert prompt.frames is not None, "checked before"
    count, known = len(prompt.frames), ", ".join(map(str, config.given_frames))
    if prompt.positions != tuple(range(count)) or count not in config.given_frames:
        raise UserError(f"this model continues the first {known} frames, not {prompt.positions}")
    if prompt.frames.shape[1:3] != (config.size, config.size):
        height, width = prompt.frames.shape[1:3]
        raise UserError(f"frames of {width}x{height} must be {config.size}x{config.size}")
    return to_clip(prompt.frames)[None]
