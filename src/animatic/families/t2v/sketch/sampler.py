"""After training: words to clips, and clips to scores."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.contracts import Tools
from animatic.families.t2v.sketch.basis import cut, enlarge
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.flow import draw
from animatic.families.t2v.sketch.networks import Networks
from animatic.families.t2v.sketch.style import trimmed
from animatic.types import Clips, ClipShape, Prompt, Samples, Weights


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
        words = trimmed(self.tools.text_encoder.encode([text]))
        sketch_noise = torch.randn(1, *config.sketch_tokens, generator=random)
        detail_noise = torch.randn(1, *config.detail_tokens, generator=random)
        tokens = draw(
            networks.sketcher,
            networks.sketch_basis.spread,
            sketch_noise.to(device),
            words,
            config.sketch_steps,
            config.guidance,
        )
        sketch = networks.sketch_basis.decode(tokens, config.sketch_size)
        details = draw(
            networks.detailer,
            networks.detail_basis.spread,
            detail_noise.to(device),
            words,
            config.detail_steps,
            config.detail_guidance,
            cut(sketch, config.patch_frames, config.given_size),
        )
        clip = enlarge(sketch, config.size) + networks.detail_basis.decode(details, config.size)
        return sketch.clamp(-1, 1), clip.clamp(-1, 1)


class SketchCritic:
    """Scores clips by both critics, at all frames. One clip at a time, as in sampling."""

    def __init__(self, config: SketchConfig, weights: Weights, tools: Tools) -> None:
        self.tools = tools
        self.critics = load(config, weights, tools).critics

    @torch.inference_mode()
    def score(self, clips: Clips, prompts: Sequence[Prompt]) -> Float[Tensor, " b"]:
        """Return the mean of the spatial and the temporal score of each clip for its text."""
        frames = torch.arange(clips.shape[2], device=self.tools.device)
        scores = []
        for clip, prompt in zip(clips.split(1), prompts, strict=True):
            words = trimmed(self.tools.text_encoder.encode([prompt.text or ""]))
            (score,) = self.critics(clip.to(self.tools.device), frames, words)
            scores.append(score.mean())
        return torch.stack(scores).cpu()


def load(config: SketchConfig, weights: Weights, tools: Tools) -> Networks:
    """Build the networks from a checkpoint's weights, ready for use."""
    networks = Networks(config, tools.text_encoder.dim)
    networks.load_state_dict(dict(weights))
    return networks.to(tools.device).eval().requires_grad_(False)
