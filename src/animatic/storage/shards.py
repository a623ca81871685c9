"""Shards: tar files of encoded clips with an index, for random access to a large data set.

A shard is a plain WebDataset tar (`000123.mp4` and `000123.json` for each clip), so other tools
read it too. `index.jsonl` has a line for each clip with its place in the shard; it is derived from
the shards and written last, so that a folder with an index is complete.
"""

import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from animatic.errors import UserError
from animatic.storage import atomic

INDEX_NAME = "index.jsonl"


@dataclass(frozen=True)
class ClipFacts:
    """What is known of a clip; `label` counts from 0, `more` is whatever else the maker noted."""

    key: str
    split: str
    captions: tuple[str, ...]
    num_frames: int
    height: int
    width: int
    fps: float
    label: int | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A line of the index: a clip's facts, and the bytes of its video within its shard."""

    facts: ClipFacts
    shard: str
    offset: int
    size: int


def write_shard(path: Path, clips: Iterable[tuple[ClipFacts, bytes]]) -> None:
    """Write encoded clips as one tar that appears whole or not at all.

    The bytes depend on nothing but the clips: no times and no owners are recorded.

    Raises:
        UserError: if the shard cannot be written.
    """
    # Clips are made before the file is opened: their making must not pass for a failure to write.
    members = [(facts, video) for facts, video in clips]
    with atomic.replacing(path) as unfinished, tarfile.open(unfinished, "w") as tar:
        for facts, video in members:
            _add(tar, f"{facts.key}.mp4", video)
            _add(tar, f"{facts.key}.json", json.dumps(asdict(facts)).encode())


def write_index(folder: Path) -> list[Row]:
    """List all clips of all shards of a folder, in the order of their names, and return the rows.

    Raises:
        UserError: if a shard is damaged or the index cannot be written.
    """
    rows = [row for path in sorted(folder.glob("*.tar")) for row in _rows(path)]
    atomic.write_text(folder / INDEX_NAME, "".join(json.dumps(asdict(row)) + "\n" for row in rows))
    return rows


def read_index(folder: Path) -> list[Row]:
    """Return the rows of a folder's index.

    Raises:
        UserError: if there is none, or it is damaged.
    """
    path = folder / INDEX_NAME
    if not path.is_file():
        raise UserError(f"{folder} has no {INDEX_NAME}: it is no data set, or not finished")
    with path.open(encoding="utf-8") as lines:
        return [_to_row(line, path, number) for number, line in enumerate(lines, 1)]


class ShardReader:
    """The clips of a folder of shards, in the order of its index.

    Safe in threads and worker processes: bytes are read by position, and nothing but paths goes to
    another process.
    """

    def __init__(self, folder: Path, split: str | None = None) -> None:
        """Open the clips of one split, or of all.

        Raises:
            UserError: if the data set is not finished, a shard is missing or truncated, or no clip
                belongs to the split.
        """
        every_row = read_index(folder)
        _check_sizes(folder, every_row)
        self.folder = folder
        self.rows: Sequence[Row] = [row for row in every_row if split in (None, row.facts.split)]
        self._descriptors: dict[str, int] = {}
        if not self.rows:
            known = ", ".join(sorted({row.facts.split for row in every_row}))
            raise UserError(f"{folder} has no clips in {split or 'it'}; its splits are: {known}")

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.rows)

    def read(self, index: int) -> bytes:
        """Return a clip as it was encoded.

        Raises:
            UserError: if the shard has become shorter.
        """
        row = self.rows[index]
        video = os.pread(self._descriptor(row.shard), row.size, row.offset)
        if len(video) < row.size:
            raise _truncated(self.folder / row.shard)
        return video

    def close(self) -> None:
        """Let go of the files; reading opens them again."""
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    def __getstate__(self) -> dict[str, Any]:
        """Leave open files behind: their numbers mean nothing in another process."""
        return {**self.__dict__, "_descriptors": {}}

    def __del__(self) -> None:
        """Close what is still open."""
        if "_descriptors" in self.__dict__:
            self.close()

    def _descriptor(self, shard: str) -> int:
        if shard not in self._descriptors:
            opened = os.open(self.folder / shard, os.O_RDONLY)
            # Another thread may have been faster; then its file is kept.
            if self._descriptors.setdefault(shard, opened) != opened:
                os.close(opened)
        return self._descriptors[shard]


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, BytesIO(content))


def _rows(path: Path) -> Iterator[Row]:
    try:
        with tarfile.open(path, "r:") as tar:
            members = tar.getmembers()
            places = {member.name: member for member in members}
            for name in sorted(name for name in places if name.endswith(".json")):
                content = tar.extractfile(name)
                assert content is not None
                facts = _to_facts(json.load(content))
                video = places[f"{facts.key}.mp4"]
                yield Row(facts, path.name, video.offset_data, video.size)
    except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"the shard {path} is damaged; delete it and make it again") from error


def _to_facts(data: dict[str, Any]) -> ClipFacts:
    return ClipFacts(**{**data, "captions": tuple(data["captions"])})


def _to_row(line: str, path: Path, number: int) -> Row:
    try:
        data = json.loads(line)
        return Row(**{**data, "facts": _to_facts(data["facts"])})
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"line {number} of {path} is damaged; make the data set again") from error


def _check_sizes(folder: Path, rows: Iterable[Row]) -> None:
    """Find out at once, not in the middle of training, that a shard lacks its end."""
    ends: dict[str, int] = {}
    for row in rows:
        ends[row.shard] = max(ends.get(row.shard, 0), row.offset + row.size)
    for shard, end in ends.items():
        path = folder / shard
        if not path.is_file():
            raise UserError(f"the shard {path} is missing; make the data set again")
        if path.stat().st_size < end:
            raise _truncated(path)


def _truncated(path: Path) -> UserError:
    return UserError(f"the shard {path} is truncated; delete it and make it again")
