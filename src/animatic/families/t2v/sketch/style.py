"""How words and noise steer the convolutions of stage two and of the critics."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from animatic.types import EncodedText

NUM_QUESTIONS = 4
"""Learned questions that are asked of the words: enough for an actor, action, place and light."""


class WordPool(nn.Module):
    """Ask a few learned questions of the words; each answer is a weighted mean of word vectors.

    Separate answers let the action and the circumstances be told apart, where one mean would mix
    them.
    """

    def __init__(self, text_dim: int, dim: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(text_dim, NUM_QUESTIONS)
        self.join = nn.Sequential(
            nn.Linear(NUM_QUESTIONS * text_dim, dim), nn.SiLU(), nn.Linear(dim, dim)
        )

    def forward(self, text: EncodedText) -> Float[Tensor, "b d"]:
        """Return one vector a sentence."""
        logits = self.weigh(text.tokens).masked_fill(~text.mask[..., None], float("-inf"))
        answers = torch.einsum("bnq,bnd->bqd", logits.softmax(dim=1), text.tokens)
        return self.join(answers.flatten(1))


def trimmed(text: EncodedText) -> EncodedText:
    """Drop the places behind the last word: they cost time and change nothing."""
    longest = int(text.mask.sum(dim=1).max())
    return EncodedText(text.tokens[:, :longest], text.mask[:, :longest])


class ChannelNorm(nn.Module):
    """Normalise each pixel over its channels, so that no frame or clip looks at another."""

    def __init__(self, dim: int, style_dim: int | None = None) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, elementwise_affine=style_dim is None)
        self.modulate = None if style_dim is None else nn.Linear(style_dim, 2 * dim)
        if self.modulate is not None:
            nn.init.zeros_(self.modulate.weight)
            nn.init.zeros_(self.modulate.bias)

    def forward(
        self, x: Float[Tensor, "b c t h w"], style: Float[Tensor, "b d"] | None = None
    ) -> Float[Tensor, "b c t h w"]:
        """Return the normalised pixels, scaled and shifted by the style where one is read."""
        pixels = self.norm(x.movedim(1, -1))
        if self.modulate is not None and style is not None:
            gain, bias = self.modulate(style)[:, None, None, None].chunk(2, dim=-1)
            pixels = pixels * (1 + gain) + bias
        return pixels.movedim(-1, 1)
