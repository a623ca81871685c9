"""Prompts and seeds to clips, and clips to scores; both one at a time.

Convolutions of another batch size may round differently in the last bits; alone, a clip has the
same bits whatever it is asked for with.
"""

from collections.abc import Sequence

import torch
from einops import repeat
from jaxtyping import Float
from torch import Tensor

from animatic.contracts import Tools
from animatic.families.t2v.gist.config import GistConfig
from animatic.families.t2v.gist.networks import GistDecoder, TextHead, VideoCritic, VideoModel
from animatic.nn.filled import filled
from animatic.types import Clips, ClipShape, Prompt, Samples, Weights


class GistSampler:
    """Makes clips; the sketch is the gist, held over all frames.

    See `animatic.contracts.Sampler`.
    """

    def __init__(self, config: GistConfig, weights: Weights, tools: Tools) -> None:
        self.shape: ClipShape = config.shape
        self._config = config
        self._tools = tools
        with torch.device("meta"):
            text_head = TextHead(tools.text_encoder.dim, config.text_dim)
            decoder = GistDecoder(config)
            video = VideoModel(config)
        self._text_head = filled(text_head, "gist.text_head", weights, tools)
        self._decoder = filled(decoder, "gist.decoder", weights, tools)
        self._video = filled(video, "video", weights, tools)

    @torch.no_grad()
    def sample(self, prompts: Sequence[Prompt], seeds: Sequence[int]) -> Samples:
        """Return one clip for each prompt and seed."""
        made = [self._make(prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        return Samples(torch.cat([clip for clip, _ in made]), torch.cat([gist for _, gist in made]))

    def _make(self, prompt: Prompt, seed: int) -> tuple[Clips, Clips]:
        text = self._text_head(*self._tools.text_encoder.encode(_texts([prompt])))
        latent, noise = self._noise(seed)
        gist = self._decoder(latent, text)
        clip = self._video(gist, text, noise).clips
        return clip, repeat(gist, "b c h w -> b c t h w", t=self.shape.num_frames)

    def _noise(self, seed: int) -> tuple[Float[Tensor, "1 z"], Float[Tensor, "1 z"]]:
        """Return the noise of the gist and of the motion, drawn on the CPU as everywhere else."""
        generator = torch.Generator().manual_seed(seed)
        dims = (self._config.gist_latent_dim, self._config.noise_dim)
        latent, noise = (torch.randn(1, dim, generator=generator) for dim in dims)
        return latent.to(self._tools.device), noise.to(self._tools.device)


class GistCritic:
    """Scores clips by the trained critic; see `animatic.contracts.Critic`."""

    def __init__(self, config: GistConfig, weights: Weights, tools: Tools) -> None:
        self._tools = tools
        with torch.device("meta"):
            network = VideoCritic(config, tools.text_encoder.dim)
        self._network = filled(network, "critic", weights, tools)

    @torch.no_grad()
    def score(self, clips: Clips, prompts: Sequence[Prompt]) -> Float[Tensor, " b"]:
        """Return how real each clip is for its prompt; higher is better, the scale is free."""
        tokens, mask = self._tools.text_encoder.encode(_texts(prompts))
        clips = clips.to(self._tools.device)
        rows = [slice(row, row + 1) for row in range(len(clips))]
        scores = [self._network(clips[row], tokens[row, None], mask[row, None]) for row in rows]
        return torch.cat(scores).squeeze(1)


def _texts(prompts: Sequence[Prompt]) -> list[str]:
    texts = [prompt.text for prompt in prompts if prompt.text is not None]
    assert len(texts) == len(prompts), "the family's card lets no prompt without a text through"
    return texts
