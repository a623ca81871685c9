"""After training: classes to clips, and clips to scores."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from animatic.contracts import Tools
from animatic.errors import UserError
from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.discriminators import Discriminators
from animatic.families.dvd_gan.generator import Generator
from animatic.types import Clips, ClipShape, Prompt, Samples, Weights


class DvdGanSampler:
    """Makes clips one at a time, so that not even the last bit depends on a neighbour."""

    def __init__(self, config: DvdGanConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.device = config, tools.device
        self.generator = loaded(Generator(config), weights, "generator", tools)

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        return self.config.shape

    @torch.inference_mode()
    def sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Samples:
        """Return one clip for each prompt and seed."""
        clips = []
        for prompt, seed in zip(prompts, seeds, strict=True):
            random = torch.Generator().manual_seed(seed)
            noise = torch.randn(1, self.config.latent_dim, generator=random)
            noise = noise * self.config.truncation
            label = label_of(prompt, self.config)
            clips.append(self.generator(noise.to(self.device), label.to(self.device)))
        return Samples(torch.cat(clips))


class DvdGanCritic:
    """Scores clips by both discriminators. One clip at a time, as in sampling."""

    def __init__(self, config: DvdGanConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.device = config, tools.device
        self.discriminators = loaded(Discriminators(config), weights, "discriminators", tools)

    @torch.inference_mode()
    def score(self, clips: Clips, prompts: Sequence[Prompt]) -> Float[Tensor, " b"]:
        """Return how real each clip is for its class, the sum of both scores.

        The frames that are looked at are evenly spread, lest two calls differ.
        """
        places = torch.linspace(0, clips.shape[2] - 1, self.config.sampled_frames)
        scores = [
            self.discriminators(
                clip.to(self.device),
                label_of(prompt, self.config).to(self.device),
                places.round().long()[None].to(self.device),
            ).sum(dim=1)
            for clip, prompt in zip(clips.split(1), prompts, strict=True)
        ]
        return torch.cat(scores).cpu()


def label_of(prompt: Prompt, config: DvdGanConfig) -> Int[Tensor, " 1"]:
    """Return the class that a prompt asks for.

    Raises:
        UserError: if there is no such class.
    """
    label = -1 if prompt.label is None else prompt.label
    if not 0 <= label < config.num_classes:
        raise UserError(f"class {label} must be 0 to {config.num_classes - 1}")
    return torch.tensor([label])


def loaded(network, weights: Weights, name: str, tools: Tools):
    """Return a network with its part of a checkpoint's weights, ready for use."""
    begin = f"{name}."
    network.load_state_dict(
        {key.removeprefix(begin): w for key, w in weights.items() if key.startswith(begin)}
    )
    return network.to(tools.device).eval().requires_grad_(False)
