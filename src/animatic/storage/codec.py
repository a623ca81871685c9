"""Frames to H.264 and back, through the FFmpeg libraries that come with PyAV.

One thread for each clip: clips are small, callers work on many of them at a time, and the bytes
that an encoder writes depend on its number of threads.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import UInt8

from animatic.errors import UserError
from animatic.types import Frames, Video

_BT709 = 1
"""ITU-T H.273 code of BT.709, for primaries, transfer curve and matrix alike."""

_ONE_THREAD = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}
"""The scaler takes every core by default since PyAV 17: 25 ms a clip instead of 7, measured."""


_MOST_OF = 0.99


class Coding(NamedTuple):
    """How H.264 is written: the pixel format and the options of x264."""

    pixel_format: str
    options: dict[str, str]


_SAME_BITS = {"x264-params": "mbtree=0"}
"""With its macroblock tree, x264 made other bits of the same frames for 13 of 24 clips (log.md)."""

SCREEN = Coding("yuv420p", {"crf": "18", **_SAME_BITS})
"""Plays everywhere: browsers and telephones read no other pixel format."""

TRAINING = Coding("yuv444p", {"crf": "8", "tune": "fastdecode", **_SAME_BITS})
"""Near lossless: clips of 64 px keep 43 dB, at worst 39, in 80 KiB. Halved chroma costs 5 dB."""


def encode(target: Path | io.BytesIO, frames: Frames, fps: float, coding: Coding) -> None:
    """Write frames as MP4; height and width must be even for a pixel format with halved chroma."""
    # Only a file can be opened again to move its index to the front, for playing while it loads.
    options = {"movflags": "+faststart"} if isinstance(target, Path) else {}
    destination = str(target) if isinstance(target, Path) else target
    with av.open(destination, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = coding.pixel_format
        stream.options = dict(coding.options)
        _describe_colours(stream)
        reformatter = VideoReformatter()
        for frame in frames:
            container.mux(stream.encode(_to_yuv(reformatter, frame, coding.pixel_format)))
        container.mux(stream.encode(None))


def encode_training_clip(frames: Frames, fps: float) -> bytes:
    """Return an MP4 that is near enough to the frames (38 dB and more) to learn from."""
    target = io.BytesIO()
    encode(target, frames, fps, TRAINING)
    return target.getvalue()


def decode(source: bytes | Path) -> Video:
    """Return all frames of a clip at their own size.

    Raises:
        UserError: if it is no video, or a damaged one.
    """
    with opened(source) as (container, stream):
        fps = float(stream.average_rate or 0)
        reformatter = VideoReformatter()
        frames = [_to_rgb(reformatter, frame) for frame in container.decode(stream)]
    if not frames or not fps:
        raise UserError(f"{_name(source)} holds no frames")
    return Video(np.stack(frames), fps)


def read_video(
    path: Path,
    num_frames: int,
    size: tuple[int, int],
    fps: float | None = None,
    start_s: float = 0.0,
    *,
    whole: bool = False,
) -> Video:
    """Read a stretch of a person's own video at the size and rate that are wanted.

    The picture is turned upright, cropped in the middle to the aspect of `size` (height, width) and
    averaged down; a `whole` one is not cropped, but set between black bars. Of its frames those
    nearest in time are taken; without `fps`, all of them.

    Raises:
        UserError: if the file is unreadable or ends too early.
    """
    with opened(path) as (container, stream):
        rate = fps or float(stream.average_rate or 0)
        if not rate:
            raise UserError(f"{path} does not say how many frames it has a second")
        if start_s > 0:
            container.seek(int((start_s + _origin_s(stream)) * av.time_base))
        chosen = islice(_at_rate(_timed(container, stream), start_s, rate), num_frames)
        reformatter = VideoReformatter()
        frames = [_fitted(reformatter, frame, size, whole) for frame in chosen]
    if len(frames) < num_frames:
        raise UserError(
            f"{path} is too short: {num_frames} frames at {rate:g} fps are needed from second "
            f"{start_s:g} on, it has {len(frames)}"
        )
    return Video(np.stack(frames), rate)


def duration_s(path: Path) -> float:
    """Return how long a video is, in seconds, as the file says; 0 if it does not.

    Raises:
        UserError: if the file is unreadable.
    """
    with opened(path) as (container, stream):
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return (container.duration or 0) / av.time_base


@contextmanager
def opened(source: bytes | Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video and its first picture stream, for decoding in one thread.

    Raises:
        UserError: if it is no video, or turns out to be damaged while the block reads it.
    """
    file = str(source) if isinstance(source, Path) else io.BytesIO(source)
    try:
        with av.open(file, "r", metadata_errors="replace") as container:
            if not container.streams.video:
                raise UserError(f"{_name(source)} has sound or text, but no pictures")
            stream = container.streams.video[0]
            # Threads of the decoder can wait for each other for ever when decoding stops early.
            stream.thread_type = "SLICE"
            stream.codec_context.thread_count = 1
            yield container, stream
    except FFmpegError as error:
        raise UserError(f"{_name(source)} cannot be read as a video: {error.strerror}") from error


def _name(source: bytes | Path) -> str:
    return str(source) if isinstance(source, Path) else "a clip of the data set"


def _describe_colours(stream: VideoStream) -> None:
    """Name the colour space in the file; without it players guess by the height of the picture."""
    context = stream.codec_context
    context.thread_count = 1
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = ColorRange.MPEG


def _to_yuv(reformatter: VideoReformatter, frame: np.ndarray, pixel_format: str) -> VideoFrame:
    return reformatter.reformat(
        VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24"),
        format=pixel_format,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BICUBIC,
        **_ONE_THREAD,
    )


def _to_rgb(
    reformatter: VideoReformatter, frame: VideoFrame, size: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """Return a frame as bytes, averaged down (or drawn up) to a size in the same pass."""
    height, width = size or (frame.height, frame.width)
    shrinks = height < frame.height or width < frame.width
    rgb = reformatter.reformat(
        frame,
        width=width,
        height=height,
        format="rgb24",
        # Means nothing for RGB; but PyAV before 17 heeds the frame's colours only if this differs.
        dst_colorspace=Colorspace.ITU601,
        interpolation=Interpolation.AREA if shrinks else Interpolation.BICUBIC,
        **_ONE_THREAD,
    )
    return rgb.to_ndarray()


def _fitted(
    reformatter: VideoReformatter, frame: VideoFrame, size: tuple[int, int], whole: bool
) -> UInt8[np.ndarray, "h w 3"]:
    """Shrink a frame until it just covers `size`, turn it upright, and cut out the middle.

    A `whole` one is shrunk until it fits into `size`, and bars are added.
    """
    quarter_turns = round(frame.rotation / 90)
    target = size[::-1] if quarter_turns % 2 else size
    limit = min if whole else max
    scale = limit(target[0] / frame.height, target[1] / frame.width)
    scaled = (
        max(1 if whole else target[0], round(frame.height * scale)),
        max(1 if whole else target[1], round(frame.width * scale)),
    )
    picture = np.rot90(_to_rgb(reformatter, frame, scaled), quarter_turns)
    bars = [
        (max(0, side - have) // 2, max(0, side - have + 1) // 2)
        for side, have in zip(size, picture.shape[:2], strict=True)
    ]
    picture = np.pad(picture, (*bars, (0, 0)))
    top, left = (picture.shape[0] - size[0]) // 2, (picture.shape[1] - size[1]) // 2
    return picture[top : top + size[0], left : left + size[1]]


def _timed(container: InputContainer, stream: VideoStream) -> Iterator[tuple[float, VideoFrame]]:
    """Yield frames with their time since the start of the video, in seconds."""
    rate = float(stream.average_rate or 1)
    origin_s = _origin_s(stream)
    for index, frame in enumerate(container.decode(stream)):
        # Raw streams carry no times; they cannot be sought in either, so counting is right.
        yield (index / rate if frame.time is None else frame.time - origin_s), frame


def _origin_s(stream: VideoStream) -> float:
    """Return the time of the first frame; files cut from longer ones do not begin at 0."""
    return float((stream.start_time or 0) * (stream.time_base or 0))


def _at_rate(
    timed: Iterable[tuple[float, VideoFrame]], start_s: float, fps: float
) -> Iterator[VideoFrame]:
    """Yield the frame nearest to each tick of a clock of `fps` that starts at `start_s`."""
    ticks, length_s = 0, 1 / fps
    before: tuple[float, VideoFrame] | None = None
    for time_s, frame in timed:
        while before and start_s + ticks / fps < (before[0] + time_s) / 2:
            yield before[1]
            ticks += 1
        length_s = time_s - before[0] if before else length_s
        before = (time_s, frame)
    # The last frame stands as long as the one before; rounding must not add a tick at its end.
    while before and start_s + ticks / fps < before[0] + _MOST_OF * length_s:
        yield before[1]
        ticks += 1
