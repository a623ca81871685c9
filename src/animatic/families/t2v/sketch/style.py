"""How words steer the critic, and how many words there are."""

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
