"""After training: words to clips, and clips to scores."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.contracts import Tools
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.drawing import Noise, draft, shown
from animatic.families.t2v.sketch.lesson import write
from animatic.families.t2v.sketch.networks import Networks
from animatic.families.t2v.sketch.style import prepared
from animatic.types import Clips, ClipShape, EncodedText, Prompt, Samples, Weights


class SketchSampler:
    """Draws a sketch of every frame, then the details.

    One clip at a time, so that not even its last bit depends on its neighbours.
    """

    def __init__(self, config: SketchConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.tools = config, tools
        self.networks = load(config, weights, tools)

    @property
    def shape(self) -> ClipShape:
        """The size of every clip."""
        return self.config.shape

    @torch.inference_mode()
    def sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Samples:
        """Return one clip and its sketch for each prompt and seed."""
        drawn = [self._draw(p.text or "", seed) for p, seed in zip(prompts, seeds, strict=True)]
        sketches, clips = zip(*drawn, strict=True)
        return Samples(torch.cat(clips), torch.cat(sketches))

    def _draw(self, text: str, seed: int) -> tuple[Clips, Float[Tensor, "b c t _ _"]]:
        """Return a sketch and a clip; all noise is drawn on the CPU, the same for every device."""
        config, networks, device = self.config, self.networks, self.tools.device
        random = torch.Generator().manual_seed(seed)
        words = read(text, config, self.tools)
        noise = Noise(
            torch.randn(1, *config.sketch_tokens, generator=random).to(device),
            torch.randn(1, *config.detail_tokens, generator=random).to(device),
        )
        drawn = draft(networks, config, words, noise)
        clip = shown(drawn.sketches, drawn.details, config, networks.detail_basis)
        return drawn.sketches.clamp(-1, 1), clip


class SketchCritic:
    """Scores clips by the critic. One clip at a time, as in sampling."""

    def __init__(self, config: SketchConfig, weights: Weights, tools: Tools) -> None:
        self.config, self.tools = config, tools
        self.networks = load(config, weights, tools)

    @torch.inference_mode()
    def score(self, clips: Clips, prompts: Sequence[Prompt]) -> Float[Tensor, " b"]:
        """Return how real each clip looks and how well it fits its text, in logits."""
        networks, scores = self.networks, []
        for clip, prompt in zip(clips.split(1), prompts, strict=True):
            words = read(prompt.text or "", self.config, self.tools)
            written = write(
                clip.to(self.tools.device),
                self.config,
                networks.sketch_basis,
                networks.detail_basis,
            )
            scores.append(networks.critic(written.clips, words).scores())
        return torch.cat(scores).cpu()


def read(text: str, config: SketchConfig, tools: Tools) -> EncodedText:
    """Return a sentence as the networks read it."""
    return prepared(tools.text_encoder.encode([text]), every_word=config.every_word)


def load(config: SketchConfig, weights: Weights, tools: Tools) -> Networks:
    """Build the networks from a checkpoint's weights, ready for use."""
    networks = Networks(config, tools.text_encoder.dim)
    networks.load_state_dict(dict(weights))
    return networks.to(tools.device).eval().requires_grad_(False)
