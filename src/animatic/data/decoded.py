"""Clips of a data set, decoded once into one large file, for training that reads each many times.

The file takes 3 bytes a pixel: 393 KB for each clip of 32 frames of 64x64, 7.9 GB for 20,000 of
them. It lies beside the shards; the system keeps in memory what is used of it, and no more.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from animatic.data.clips import Example, ShardClips
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.storage import atomic

_AT_ONCE = 64
"""Clips that are decoded by several threads before they are written."""


class DecodedClips:
    """The clips of a `ShardClips`, read from a file of raw frames that is made on first use."""

    def __init__(
        self, clips: ShardClips, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Open the file of raw frames, after making it if it is not there.

        `progress` is told how many of how many clips are decoded.

        Raises:
            UserError: if there is no room for the file, or a clip is damaged.
        """
        self._clips = clips
        self.path = clips.reader.folder / f"decoded-{_fingerprint(clips)}.npy"
        if not self.path.is_file():
            _build(clips, self.path, progress or _ignore)
        self._frames = np.load(self.path, mmap_mode="r")

    @property
    def label_names(self) -> tuple[str, ...]:
        """What labels stand for."""
        return self._clips.label_names

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self._clips)

    def get(self, index: int, random: Stream) -> Example:
        """Return a clip, or a stretch of it: the same one that the shards give."""
        return self._clips.stretch(index, np.array(self._frames[index]), random)


def _fingerprint(clips: ShardClips) -> str:
    """Name the content: other clips, or clips made again, get another file."""
    content = repr([(row.facts.key, row.shard, row.offset, row.size) for row in clips.reader.rows])
    times = [
        (clips.reader.folder / shard).stat().st_mtime_ns
        for shard in sorted({row.shard for row in clips.reader.rows})
    ]
    return hashlib.sha256(f"{content}{times}".encode()).hexdigest()[:16]


def _build(clips: ShardClips, path: Path, progress: Callable[[int, int], None]) -> None:
    lengths = {row.facts.num_frames for row in clips.reader.rows}
    if len(lengths) > 1:
        raise UserError(f"the clips of {clips.reader.folder} differ in length: {sorted(lengths)}")
    shape = (len(clips), lengths.pop(), clips.shape.height, clips.shape.width, 3)
    _check_room(path.parent, int(np.prod(shape)))
    # Written as a plain file: on a full disk a memory map would kill the process.
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,  # decoding runs outside Python's lock
        atomic.replacing(path) as unfinished,
        unfinished.open("wb") as file,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for first in range(0, len(clips), _AT_ONCE):
            places = range(first, min(first + _AT_ONCE, len(clips)))
            for index, frames in zip(places, pool.map(clips.decode, places), strict=True):
                file.write(frames.tobytes())
                progress(index + 1, len(clips))


def _check_room(folder: Path, num_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if num_bytes > free:
        raise UserError(
            f"decoding takes {num_bytes / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB free; "
            "train without decoding first"
        )


def _ignore(done: int, total: int) -> None:
    """Show no progress."""
