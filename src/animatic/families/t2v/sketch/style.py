"""How words are handed to the networks, and how they steer the critic."""

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


def prepared(text: EncodedText, *, every_word: bool) -> EncodedText:
    """Drop the places behind the last word, which cost time and change nothing, or take the mean.

    Args:
        text: sentences as the encoder reads them.
        every_word: keep the words apart; else their mean is the one word of each sentence.
    """
    if every_word:
        longest = int(text.mask.sum(dim=1).max())
        return EncodedText(text.tokens[:, :longest], text.mask[:, :longest])
    seen = text.mask[..., None].to(text.tokens.dtype)
    mean = (text.tokens * seen).sum(dim=1, keepdim=True) / seen.sum(dim=1, keepdim=True)
    return EncodedText(mean, text.mask[:, :1])
