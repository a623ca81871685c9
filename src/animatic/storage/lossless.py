"""Videos without loss: FFV1 in a Matroska file, and .anv, what a model made of one."""

import io
import json
import struct
import zlib
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from animatic.errors import UserError
from animatic.storage.atomic import write_bytes
from animatic.types import Video

FFV1 = "ffv1"
"""The method of an .anv that holds a Matroska file."""

_MAGIC = b"ANV1"
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Anv:
    """A compressed video.

    Attributes:
        method: what made the parts: the name of a family, or `FFV1`.
        model: SHA-256 of the checkpoint, or nothing.
        num_frames: of the video.
        height: in pixels.
        width: in pixels.
        rate: frames per second, as a fraction such as "12/1".
        parts: what decoders need, in the order in which it was made.
    """

    method: str
    model: str | None
    num_frames: int
    height: int
    width: int
    rate: str
    parts: list[bytes]


def write_anv(path: Path, anv: Anv) -> None:
    """Write a compressed video, with a checksum over all of it.

    Raises:
        UserError: if the file cannot be written.
    """
    header = asdict(anv) | {"parts": [len(part) for part in anv.parts]}
    told = json.dumps(header).encode()
    content = b"".join([_MAGIC, _LENGTH.pack(len(told)), told, *anv.parts])
    write_bytes(path, content + _LENGTH.pack(zlib.crc32(content)))


def read_anv(path: Path) -> Anv:
    """Undo `write_anv`.

    Raises:
        UserError: if it is no such file, or not whole, or damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    if not content.startswith(_MAGIC):
        raise UserError(f"{path} is no .anv file of Animatic")
    body, end = content[: -_LENGTH.size], content[-_LENGTH.size :]
    if len(content) < 16 or _LENGTH.unpack(end)[0] != zlib.crc32(body):
        raise UserError(f"{path} is damaged or not whole: its checksum is another")
    start = len(_MAGIC) + _LENGTH.size
    start, told = _taken(body, start, _LENGTH.unpack(body[len(_MAGIC) : start])[0])
    header, parts = json.loads(told), []
    for length in header["parts"]:
        start, part = _taken(body, start, length)
        parts.append(part)
    return Anv(**header | {"parts": parts})


def _taken(body: bytes, start: int, length: int) -> tuple[int, bytes]:
    return start + length, body[start : start + length]


def encode_ffv1(video: Video) -> bytes:
    """Return a Matroska file with these very frames."""
    target = io.BytesIO()
    with av.open(target, "w", format="matroska") as container:
        rate = Fraction(video.fps).limit_denominator(1001)
        stream = container.add_stream("ffv1", rate=rate)
        stream.height, stream.width = video.frames.shape[1:3]
        stream.pix_fmt = "bgr0"
        stream.codec_context.thread_count = 1
        for frame in video.frames:
            picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            container.mux(stream.encode(picture.reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return target.getvalue()
