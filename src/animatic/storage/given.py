"""First frames that a person gives: of a photo, an animation or a video.

Nothing is squeezed: another aspect is cropped in the middle, or set whole between black bars.
"""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from animatic.errors import UserError
from animatic.storage import codec
from animatic.types import Frames

SMALLEST = 8
"""Pixels. There is nothing to continue in less."""

DEFAULT_DELAY_MS = 100
"""How long browsers show a frame whose file does not say."""


def read_given(
    path: Path, counts: Sequence[int], size: tuple[int, int], fps: float, *, whole: bool = False
) -> Frames:
    """Return the first frames at a size (height, width) and rate; of a photo, its one.

    Photos are turned upright, and what is transparent is white.

    Args:
        path: a photo, an animation or a video.
        counts: how many frames may be returned; as many as there are.
        size: of the frames that are returned.
        fps: their rate; a photo has none.
        whole: set between bars instead of cropping.

    Raises:
        UserError: if the file cannot be read, is too small, or has fewer frames.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    try:
        with Image.open(path) as image:
            frames = _of_image(image, fps)
    except UnidentifiedImageError:
        count = _most(counts, round(codec.duration_s(path) * fps))
        return codec.read_video(path, count, size, fps, whole=whole).frames
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} cannot be read as a photo: {error}") from error
    width, height = frames[0].size
    if min(width, height) < SMALLEST:
        raise UserError(f"{path} is {width}x{height}; it must be {SMALLEST}x{SMALLEST} at least")
    count = _most(counts, len(frames))
    if len(frames) < count:
        raise UserError(
            f"{path} is too short: {count} frames at {fps:g} fps are needed, it has {len(frames)}"
        )
    height, width = size
    fit = ImageOps.pad if whole else ImageOps.fit
    fitted = [fit(frame, (width, height), Image.Resampling.BOX) for frame in frames[:count]]
    return np.stack([np.asarray(frame) for frame in fitted])


def _most(counts: Sequence[int], found: int) -> int:
    """Return the largest count that there is enough for, or the smallest one."""
    return max((count for count in counts if count <= found), default=min(counts))


def _of_image(image: Image.Image, fps: float) -> list[Image.Image]:
    """Return the frame of a photo, or those of an animation at each tick of a clock."""
    if getattr(image, "n_frames", 1) == 1:
        return [_upright(image)]
    shown, delays = [], []
    for frame in ImageSequence.Iterator(image):
        shown.append(_upright(frame))
        delays.append(frame.info.get("duration") or DEFAULT_DELAY_MS)
    ends = np.array(list(accumulate(delays))) / 1000
    ticks = np.arange(0, ends[-1], 1 / fps)
    return [shown[place] for place in np.searchsorted(ends, ticks + 1e-6, side="right")]


def _upright(image: Image.Image) -> Image.Image:
    """Return a picture as RGB of 8 bits, as it is meant to be seen."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image).astype(np.float64)
        image = Image.fromarray((values / (257 if values.max() > 255 else 1)).astype(np.uint8))
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return image.convert("RGB")
