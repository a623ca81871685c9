"""What one step of training learns from."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

from animatic.types import Clips, EncodedText


class Lesson(NamedTuple):
    """What both stages learn from; all but the clips and texts follows from the bases."""

    clips: Clips
    text: EncodedText
    sketch_tokens: Float[Tensor, "b n d"]
    enlarged: Clips
    detail_tokens: Float[Tensor, "b m e"]
    given: Float[Tensor, "b m g"]

    def first(self, count: int) -> "Lesson":
        """Return the lesson of the first clips only."""
        clips, text, *rest = self
        words = EncodedText(text.tokens[:count], text.mask[:count])
        return Lesson(clips[:count], words, *(part[:count] for part in rest))


class Window(NamedTuple):
    """Part of real clips, and the same part with guessed details."""

    real: Clips
    made: Clips
    text: EncodedText
    frames: Int[Tensor, " k"]


def repeated(text: EncodedText, times: int) -> EncodedText:
    """Give the texts several times over, one round after the other."""
    return EncodedText(text.tokens.repeat(times, 1, 1), text.mask.repeat(times, 1))


def rolled(text: EncodedText) -> EncodedText:
    """Give every clip the text of another."""
    return EncodedText(text.tokens.roll(1, 0), text.mask.roll(1, 0))
