"""Videos to .anv files and back without loss: what a likelihood is good for."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import torch

from animatic.contracts import ClipBytes, Coder, Inside
from animatic.errors import UserError
from animatic.pipelines.model import Model, load
from animatic.pipelines.progress import track
from animatic.storage import codec
from animatic.storage.atomic import check_target, write_bytes
from animatic.storage.lossless import FFV1, Anv, encode_ffv1, read_anv, write_anv
from animatic.types import ClipShape, Frames, Video

TOGETHER = 16
"""Pieces of a video that share a stream; their pixels are decoded side by side."""

Place = tuple[slice, ...]
"""Frames, rows and columns of a video that a piece holds; fewer than the model's at its end."""


@dataclass(frozen=True)
class Squeezed:
    """What was written: bits for each of 3 values a pixel, and why it is FFV1, if it is."""

    path: Path
    num_bytes: int
    bits_per_dim: float
    why_ffv1: str = ""


def compress(source: Path, output: Path, checkpoint: str, device: str = "auto") -> Squeezed:
    """Write a video as .anv: its frames as RGB bytes, without sound.

    It is decoded again before it is written; what does not come back as it was is kept as FFV1.

    Raises:
        UserError: if the video or the model cannot be read, or the file cannot be written.
    """
    check_target(output, (".anv",))
    video = codec.decode(source)
    model = load(checkpoint, device)
    parts, why = _encoded(_coder(model), video.frames), ""
    if parts is None:
        parts, why = [encode_ffv1(video)], "what the model made of it did not come back as it was"
    rate = str(Fraction(video.fps).limit_denominator(1001))
    method, digest = (FFV1, None) if why else (model.family.name, model.digest)
    num_frames, height, width, _ = video.frames.shape
    write_anv(output, Anv(method, digest, num_frames, height, width, rate, parts))
    size = output.stat().st_size
    return Squeezed(output, size, 8 * size / video.frames.size, why)


def decompress(source: Path, output: Path, checkpoint: str, device: str = "auto") -> Path:
    """Write the video that is in an .anv as FFV1 in a Matroska file.

    Raises:
        UserError: if the file is damaged or another model's, or the output cannot be written.
    """
    check_target(output, (".mkv",))
    anv = read_anv(source)
    if anv.method == FFV1:
        write_bytes(output, anv.parts[0])
        return output
    model = load(checkpoint, device)
    if anv.model != model.digest:
        raise UserError(
            f"{source} was made by the model {str(anv.model)[:12]}..., not by {checkpoint}, which "
            f"is {str(model.digest)[:12]}...; give the right one with --model"
        )
    frames = _decoded(_coder(model), anv)
    write_bytes(output, encode_ffv1(Video(frames, float(Fraction(anv.rate)))))
    return output


def _coder(model: Model) -> Coder:
    if model.coder is None:
        raise UserError(f"{model.family.name} has no likelihood to compress with")
    return model.coder


def _encoded(coder: Coder, frames: Frames) -> list[bytes] | None:
    """Return the parts of all pieces, or None if they do not come back."""
    parts = []
    for places in groups(coder.shape, frames.shape):
        clips, inside = cut(coder.shape, frames, places)
        count = coder.num_parts(inside)
        own = list(track(coder.encode(clips, inside), count, "encoding"))
        try:
            *_, back = track(coder.decode(own, inside), count, "decoding, to be sure")
        except UserError:
            return None
        if not torch.equal(back, clips):
            return None
        parts += own
    return parts


def _decoded(coder: Coder, anv: Anv) -> Frames:
    frames = np.zeros((anv.num_frames, anv.height, anv.width, 3), np.uint8)
    parts = iter(anv.parts)
    for places in groups(coder.shape, frames.shape):
        _, inside = cut(coder.shape, frames, places)
        count = coder.num_parts(inside)
        own = [part for _, part in zip(range(count), parts, strict=False)]
        *_, clips = track(coder.decode(own, inside), count, "decoding")
        for clip, place in zip(clips.numpy(), places, strict=True):
            t, h, w = (part.stop - part.start for part in place)
            frames[place] = clip[:t, :h, :w]
    return frames


def groups(shape: ClipShape, whole: tuple[int, ...]) -> Iterator[list[Place]]:
    """Yield the places of pieces that are coded together."""
    sides = [
        [slice(first, min(first + step, length)) for first in range(0, length, step)]
        for length, step in zip(whole, shape[:3], strict=False)
    ]
    places = list(product(*sides))
    for first in range(0, len(places), TOGETHER):
        yield places[first : first + TOGETHER]


def cut(shape: ClipShape, frames: Frames, places: list[Place]) -> tuple[ClipBytes, Inside]:
    """Return pieces of a video, black where it ends, and where they are not."""
    clips = np.zeros((len(places), *shape[:3], 3), np.uint8)
    inside = np.zeros((len(places), *shape[:3]), bool)
    for clip, mask, place in zip(clips, inside, places, strict=True):
        t, h, w = (part.stop - part.start for part in place)
        clip[:t, :h, :w] = frames[place]
        mask[:t, :h, :w] = True
    return torch.from_numpy(clips), torch.from_numpy(inside)
