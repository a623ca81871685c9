"""First frames that a person gives: of a photo, an animation or a video.

Nothing is squeezed: another aspect is cropped in the middle, or set whole between black bars.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from animatic.errors import UserError
from animatic.storage import codec
from animatic.types import Frames

SMALLEST = 8
"""Pixels. There is nothing to continue in less."""

ANIMATIONS = ("GIF", "WEBP", "PNG", "AVIF")
"""Formats whose further pictures are later ones; those of others are other pictures."""

UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    RuntimeError,
    Image.DecompressionBombError,
)
"""What the library raises at damaged files."""

EARLY_S = 1e-6
"""Seconds by which a tick may miss the end of a frame through rounding."""

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
            frames = _of_image(image, fps, max(counts))
    except UnidentifiedImageError:
        count = _most(counts, round(codec.duration_s(path) * fps))
        return codec.read_video(path, count, size, fps, whole=whole).frames
    except UNREADABLE as error:
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
    fitted = [_fitted(frame, (width, height), whole) for frame in frames[:count]]
    return np.stack([np.asarray(frame) for frame in fitted])


def _fitted(picture: Image.Image, size: tuple[int, int], whole: bool) -> Image.Image:
    """Crop a picture to a size (width, height), or set it between bars."""
    if not whole:
        return ImageOps.fit(picture, size, Image.Resampling.BOX)
    scale = min(wanted / have for wanted, have in zip(size, picture.size, strict=True))
    width, height = (max(1, round(scale * have)) for have in picture.size)
    place = (size[0] - width) // 2, (size[1] - height) // 2
    ground = Image.new("RGB", size)
    ground.paste(picture.resize((width, height), Image.Resampling.BOX), place)
    return ground


def _most(counts: Sequence[int], found: int) -> int:
    """Return the largest count that there is enough for, or the smallest one."""
    return max((count for count in counts if count <= found), default=min(counts))


def _of_image(image: Image.Image, fps: float, most: int) -> list[Image.Image]:
    """Return the frame of a photo, or at most so many of an animation, one a tick of a clock."""
    if image.format not in ANIMATIONS or getattr(image, "n_frames", 1) == 1:
        return [_upright(image)]
    ticks, end_s = [], 0.0
    for frame in ImageSequence.Iterator(image):
        end_s += (frame.info.get("duration") or DEFAULT_DELAY_MS) / 1000
        shown = _upright(frame)
        while len(ticks) < most and len(ticks) / fps < end_s - EARLY_S:
            ticks.append(shown)
        if len(ticks) == most:
            break
    return ticks


def _upright(image: Image.Image) -> Image.Image:
    """Return a picture as RGB of 8 bits, as it is meant to be seen."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey
        image = Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its values have no known range")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return image.convert("RGB")
