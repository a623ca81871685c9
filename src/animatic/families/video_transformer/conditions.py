"""What a prompt says, as the network reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from animatic.contracts import TextEncoder, Tools
from animatic.errors import UserError
from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.slices import Symbols, to_symbols
from animatic.types import Prompt, to_clip


@dataclass(frozen=True)
class Conditions:
    """First frames, and what else is known of one clip.

    Attributes:
        symbols: of a whole clip; those of frames that are not given are zero and never looked at.
        given: number of first frames that are given.
        labels: its class, if it is read.
        text: the vector of its text, if it is read.
    """

    symbols: Symbols
    given: int
    labels: Int[Tensor, "1"] | None
    text: Float[Tensor, "1 e"] | None


def conditions_of(prompt: Prompt, config: VideoTransformerConfig, tools: Tools) -> Conditions:
    """Return what a prompt says.

    Raises:
        UserError: if frames are not the first ones, too many, or of another size, or there is no
            such class.
    """
    labels = text = None
    if config.labelled:
        label = -1 if prompt.label is None else prompt.label
        if not 0 <= label < len(config.class_names):
            raise UserError(f"class {label} must be 0 to {len(config.class_names) - 1}")
        labels = torch.tensor([label], device=tools.device)
    if config.worded:
        text = read_texts(tools.text_encoder, [prompt.text or ""]).to(tools.device)
    symbols = torch.zeros(1, *config.shape[:3], 6, dtype=torch.long)
    given = len(prompt.positions)
    if prompt.positions != tuple(range(given)) or given >= config.num_frames:
        raise UserError(
            f"this model continues the first 1 to {config.num_frames - 1} frames, not "
            f"{prompt.positions}"
        )
    if prompt.frames is not None:
        if prompt.frames.shape[1:3] != (config.size, config.size):
            height, width = prompt.frames.shape[1:3]
            raise UserError(f"frames of {width}x{height} must be {config.size}x{config.size}")
        symbols[:, :given] = to_symbols(to_clip(prompt.frames)[None])
    return Conditions(symbols.to(tools.device), given, labels, text)


def read_texts(encoder: TextEncoder, texts: Sequence[str]) -> Float[Tensor, "b e"]:
    """Return the mean of the vectors of the words of each text."""
    encoded = encoder.encode(texts)
    mask = encoded.mask[..., None]
    return (encoded.tokens * mask).sum(dim=1) / mask.sum(dim=1)
