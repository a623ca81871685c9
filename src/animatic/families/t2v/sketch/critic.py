"""The critic: how real a clip looks, and how well it fits each of several texts.

It reads a clip as the generator writes it, in both bases, lest it look for what no generated clip
can have. Source: projection of the condition by Miyato & Koyama 2018, arXiv:1802.05637; without
normalisation across clips.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.flow import attend
from animatic.families.t2v.sketch.lesson import Written
from animatic.families.t2v.sketch.style import WordPool
from animatic.types import EncodedText


class Verdict(NamedTuple):
    """Logits that a clip is real, and how much likelier each text is for it than for any clip."""

    real: Float[Tensor, " b"]
    fit: Float[Tensor, "b m"]

    def scores(self) -> Float[Tensor, " b"]:
        """Return the score of each clip for its text; there may be several rounds of clips."""
        rows = torch.arange(len(self.real), device=self.real.device)
        return self.real + self.fit[rows, rows % self.fit.shape[1]]


class Critic(nn.Module):
    """A transformer over the tokens of a clip; its mean feature is compared with the words'."""

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__()
        dim = config.critic_dim
        num_tokens, token_dim = config.detail_tokens
        self.read_tokens = nn.Linear(token_dim + config.given_dim, dim)
        self.positions = nn.Parameter(torch.randn(num_tokens, dim) * 0.02)
        self.blocks = nn.ModuleList(
            CriticBlock(dim, config.num_heads) for _ in range(config.critic_layers)
        )
        self.norm = nn.LayerNorm(dim)
        self.judge = nn.Linear(dim, 1, bias=False)
        self.compare = nn.Linear(dim, dim)
        self.read_words = WordPool(text_dim, dim)

    def forward(self, clips: Written, text: EncodedText) -> Verdict:
        """Return the verdict of every clip, on every text."""
        hidden = torch.cat([clips.detail_tokens, clips.given], dim=2)
        hidden = self.read_tokens(hidden) + self.positions
        for block in self.blocks:
            hidden = block(hidden)
        features = self.norm(hidden).mean(dim=1)
        # Scores are compared by their differences, which bf16 would round away.
        with torch.autocast(features.device.type, enabled=False):
            features, words = features.float(), self.read_words(text)
            fit = self.compare(features) @ words.T / math.sqrt(words.shape[1])
            return Verdict(self.judge(features)[:, 0], fit)


class CriticBlock(nn.Module):
    """Attention among the tokens, then a perceptron."""

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm_self = nn.LayerNorm(dim)
        self.norm_mlp = nn.LayerNorm(dim)
        self.self_in = nn.Linear(dim, 3 * dim)
        self.self_out = nn.Linear(dim, dim)
        self.widen = nn.Linear(dim, 4 * dim)
        self.narrow = nn.Linear(4 * dim, dim)

    def forward(self, hidden: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        """Return the tokens after one block."""
        query, key, value = self.self_in(self.norm_self(hidden)).chunk(3, dim=-1)
        hidden = hidden + self.self_out(attend(query, key, value, self.num_heads))
        x = F.gelu(self.widen(self.norm_mlp(hidden)), approximate="tanh")
        return hidden + self.narrow(x)
