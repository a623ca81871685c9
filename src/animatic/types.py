"""The nouns that every floor exchanges: clips, videos, prompts and batches.

Axis letters, in the whole package: b batch, c channel, t frame, h height, w width, k given frames,
n tokens, d features.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from animatic.errors import UserError

Clips = Float[Tensor, "b c t h w"]
"""What networks see: float32 in [-1, 1]."""

Frames = UInt8[np.ndarray, "t h w 3"]
"""What screens and files see: RGB bytes."""

Weights = Mapping[str, Tensor]
"""Named tensors that a checkpoint holds: all that sampling and scoring need."""

LONGEST_PROMPT = 1000
"""Characters. The text encoder reads far fewer; more is a pasted file, not a prompt."""


class ClipShape(NamedTuple):
    """Size of one clip: frames, pixels and frames per second."""

    num_frames: int
    height: int
    width: int
    fps: float


@dataclass(frozen=True)
class Video:
    """A clip as a screen shows it, with its rate in frames per second."""

    frames: Frames
    fps: float


@dataclass(frozen=True)
class Prompt:
    """What a person asks for, by what is known; a field that is not known stays empty.

    `frames` are given frames, and `positions` their places in the clip, so first frames, or a first
    and a last one, are frames at positions.
    """

    text: str | None = None
    label: int | None = None
    frames: UInt8[np.ndarray, "k h w 3"] | None = None
    positions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no family can read.

        Raises:
            UserError: if the text is empty or too long, or frames and positions do not match.
        """
        if self.text is not None and not self.text.strip():
            raise UserError('the prompt is empty; give words, such as "sailing in the snow"')
        if self.text is not None and len(self.text) > LONGEST_PROMPT:
            raise UserError(
                f"the prompt has {len(self.text)} characters; at most {LONGEST_PROMPT} are read"
            )
        num_frames = 0 if self.frames is None else len(self.frames)
        if num_frames != len(self.positions):
            raise UserError(f"{num_frames} frames were given for {len(self.positions)} positions")

    def known(self) -> frozenset[str]:
        """Return the names of the fields that hold something."""
        fields = {"text": self.text, "label": self.label, "frames": self.frames}
        return frozenset(name for name, value in fields.items() if value is not None)


@dataclass(frozen=True)
class Batch:
    """Training clips with what is known of each."""

    clips: Clips
    texts: tuple[str, ...] | None = None
    labels: Int[Tensor, " b"] | None = None

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.clips)

    def part(self, clips: slice) -> "Batch":
        """Return some of the clips, with what is known of them."""
        texts = None if self.texts is None else self.texts[clips]
        labels = None if self.labels is None else self.labels[clips]
        return replace(self, clips=self.clips[clips], texts=texts, labels=labels)

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on another device."""
        labels = None if self.labels is None else self.labels.to(device)
        return replace(self, clips=self.clips.to(device), labels=labels)


class EncodedText(NamedTuple):
    """Sentences as a frozen text encoder reads them: a vector a token, where `mask` is true."""

    tokens: Float[Tensor, "b n d"]
    mask: Bool[Tensor, "b n"]


class Samples(NamedTuple):
    """What a sampler hands out; `sketches` is stage one of a family that draws in two stages."""

    clips: Clips
    sketches: Float[Tensor, "b c t _ _"] | None = None


class Bits(NamedTuple):
    """What clips cost to store: bits of each, for so many values as are not given (3 a pixel)."""

    total: Float[Tensor, " b"]
    dims: int


def to_clip(frames: Frames) -> Float[Tensor, "c t h w"]:
    """Turn bytes 0..255 into values in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(3, 0, 1, 2).float() / 127.5 - 1


def to_frames(clip: Float[Tensor, "c t h w"]) -> Frames:
    """Undo `to_clip`: round to the nearest byte, after clamping to [-1, 1]."""
    bytes_ = ((clip.detach().float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return bytes_.permute(1, 2, 3, 0).cpu().numpy()
