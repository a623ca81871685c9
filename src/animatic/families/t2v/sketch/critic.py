"""The critic: how real a clip looks, and how well it fits each of several texts.

Source: projection of the condition by Miyato & Koyama 2018, arXiv:1802.05637.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.t2v.sketch.config import NORM_GROUPS, SketchConfig
from animatic.families.t2v.sketch.style import WordPool
from animatic.nn.clip_net import ClipNet
from animatic.types import Clips, EncodedText


class Verdict(NamedTuple):
    """Logits that a clip is real, and how much likelier each text is for it than for any clip."""

    real: Float[Tensor, " b"]
    fit: Float[Tensor, "b m"]

    def scores(self) -> Float[Tensor, " b"]:
        """Return the score of each clip for its text."""
        return self.real + self.fit.diagonal()


class Critic(ClipNet):
    """Convolutions over a clip, whose features are compared with the words'.

    Normalised within each clip, so that none is judged by its neighbours.
    """

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__(config.critic_dim, lambda dim: nn.GroupNorm(NORM_GROUPS, dim))
        dim = self.num_features
        self.judge = nn.Linear(dim, 1, bias=False)
        self.compare = nn.Linear(dim, dim)
        self.read_words = WordPool(text_dim, dim)

    def forward(self, clips: Clips, text: EncodedText) -> Verdict:
        """Return the verdict of every clip, on every text."""
        # Scores are compared by their differences, which bf16 would round away; and its 3D
        # convolutions are not always the same (docs/log.md).
        with torch.autocast(clips.device.type, enabled=False):
            features, words = self.features(clips.float()), self.read_words(text)
            fit = self.compare(features) @ words.T / math.sqrt(words.shape[1])
            return Verdict(self.judge(features)[:, 0], fit)
