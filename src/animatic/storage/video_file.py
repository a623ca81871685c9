"""Clips as files for people: mp4, gif, webp, and contact sheets as png.

Small clips are enlarged with Lanczos: it keeps the edges that bicubic blurs, without the blocks of
repeated pixels. Files appear whole or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from animatic.errors import UserError
from animatic.storage import atomic, codec, sheet
from animatic.types import Frames, Video

FRAMES_PER_ROW = 8
"""Frames side by side in a contact sheet."""

_SHORTEST_GIF_DELAY = 2
"""Hundredths of a second. Browsers slow down everything that is shorter to ten frames a second."""

_WEBP_QUALITY = 90


def check_output(path: Path) -> None:
    """Refuse a path that cannot be written, before any long work.

    Raises:
        UserError: if we don't write its ending, or its folder is not there or cannot be written.
    """
    atomic.check_target(path, tuple(WRITERS))


def check_sheet(path: Path) -> None:
    """Refuse a path at which no contact sheet of several clips can be written.

    Raises:
        UserError: if it does not end in .png, or its folder is not there or cannot be written.
    """
    check_output(path)
    if path.suffix.lower() != ".png":
        raise UserError(f"a contact sheet is a .png, not {path.suffix}: {path}")


def write_video(path: Path, video: Video, scale: int = 1) -> None:
    """Write a clip in the format that the path's ending names, `scale` times as large.

    A png is a contact sheet of all frames, in reading order.

    Raises:
        UserError: if the path cannot be written or the scale is less than 1.
    """
    check_output(path)
    larger = Video(_enlarged(video.frames, scale), video.fps)
    with atomic.replacing(path) as unfinished:
        WRITERS[path.suffix.lower()](unfinished, larger)


def write_sheet(
    path: Path,
    videos: Sequence[Video],
    frames_per_row: int = FRAMES_PER_ROW,
    scale: int = 1,
    labels: Sequence[str] | None = None,
) -> None:
    """Write a contact sheet with one row for each clip: frames at even distances, a label above.

    Raises:
        UserError: if the path is no png or cannot be written.
    """
    check_sheet(path)
    rows = [_enlarged(_spread(video.frames, frames_per_row), scale) for video in videos]
    with atomic.replacing(path) as unfinished:
        Image.fromarray(sheet.draw(rows, labels)).save(unfinished)


def _write_mp4(path: Path, video: Video) -> None:
    codec.encode(path, _with_even_sides(video.frames), video.fps, codec.SCREEN)


def _write_gif(path: Path, video: Video) -> None:
    # An octree keeps the colours of small things; median cut greys them, and takes 15 times longer.
    pictures = [
        Image.fromarray(frame).quantize(256, method=Image.Quantize.FASTOCTREE)
        for frame in video.frames
    ]
    delays = _delays(len(pictures), video.fps, ticks_per_s=100)
    milliseconds = [10 * max(_SHORTEST_GIF_DELAY, delay) for delay in delays]
    _save_animation(path, pictures, milliseconds)


def _write_webp(path: Path, video: Video) -> None:
    pictures = [Image.fromarray(frame) for frame in video.frames]
    delays = _delays(len(pictures), video.fps, ticks_per_s=1000)
    _save_animation(path, pictures, delays, quality=_WEBP_QUALITY)


def _write_sheet_of_all_frames(path: Path, video: Video) -> None:
    starts = range(0, len(video.frames), FRAMES_PER_ROW)
    rows = [video.frames[start : start + FRAMES_PER_ROW] for start in starts]
    Image.fromarray(sheet.draw(rows)).save(path)


WRITERS: Mapping[str, Callable[[Path, Video], None]] = MappingProxyType(
    {
        ".mp4": _write_mp4,
        ".gif": _write_gif,
        ".webp": _write_webp,
        ".png": _write_sheet_of_all_frames,
    }
)
"""What is written, by a path's ending."""


def _save_animation(
    path: Path, pictures: Sequence[Image.Image], milliseconds: Sequence[int], **options: Any
) -> None:
    first, *others = pictures
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0, **options)


def _delays(num_frames: int, fps: float, ticks_per_s: int) -> list[int]:
    """Round each frame's moment, not its length, to the format's clock: the rate stays true."""
    moments = np.rint(np.arange(num_frames + 1) * ticks_per_s / fps).astype(int)
    return np.diff(moments).tolist()


def _enlarged(frames: Frames, scale: int) -> UInt8[np.ndarray, "t _ _ 3"]:
    if scale < 1:
        raise UserError(f"the scale is {scale}; give 1 for the model's own pixels, or more")
    if scale == 1:
        return frames
    height, width = frames.shape[1:3]
    size = (width * scale, height * scale)
    enlarged = [Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS) for frame in frames]
    return np.stack([np.asarray(picture) for picture in enlarged])


def _spread(frames: Frames, num_frames: int) -> UInt8[np.ndarray, "_ h w 3"]:
    """Choose frames at even distances, the first and the last among them; all if there are few."""
    chosen = np.linspace(0, len(frames) - 1, min(num_frames, len(frames)))
    return frames[np.rint(chosen).astype(int)]


def _with_even_sides(frames: Frames) -> UInt8[np.ndarray, "t _ _ 3"]:
    """Repeat the last row or column of an odd side: halved chroma has no half pixels."""
    height, width = frames.shape[1:3]
    return np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
