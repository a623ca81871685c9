"""Training on one's own clips: a folder of videos with captions, or subfolders as labels.

Either `captions.jsonl` has a line for each clip, {"file": "a.mp4", "caption": "..."} or with
"captions": [...], or each subfolder holds the clips of one label, and its name is also the caption.
Clips that cannot be used are named, skipped and counted.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from animatic.data.clips import Example
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.storage import codec
from animatic.types import ClipShape, Frames

logger = logging.getLogger(__name__)

CAPTIONS_NAME = "captions.jsonl"

ENDINGS = frozenset(
    (".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm")
)
"""Files in subfolders that are taken for videos; others, such as notes, are passed over."""


def find_videos(folder: Path) -> list[Path]:
    """Return the videos in a folder and below, in the order of their names.

    Raises:
        UserError: if there is no folder, or no video in it.
    """
    if not folder.is_dir():
        raise UserError(f"the folder {folder} does not exist")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not found:
        raise UserError(f"{folder} holds no videos ({', '.join(sorted(ENDINGS))})")
    return found


class Candidate(NamedTuple):
    """A file that may be a clip, with what is said of it."""

    path: Path
    captions: tuple[str, ...]
    label: int | None


@dataclass(frozen=True)
class Summary:
    """What became of the files: the number that can be used, and why each other one cannot."""

    num_used: int
    skipped: dict[Path, str]

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.num_used} clips are used, {len(self.skipped)} skipped"


class _Clip(NamedTuple):
    candidate: Candidate
    slack_s: float
    """Seconds by which the video is longer than a stretch to learn from."""


class Footage:
    """A person's own clips; a long one gives a stretch at a random moment each time.

    `label_names` are the subfolders' names in order, empty where captions are given. `summary`
    tells which files were skipped.
    """

    def __init__(
        self,
        folder: Path,
        shape: ClipShape,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Try every clip once; `progress` is told how many of how many were tried.

        Raises:
            UserError: if no clip can be used, or the file of captions has a line that is wrong.
        """
        self.shape = shape
        self.label_names = () if (folder / CAPTIONS_NAME).is_file() else _label_names(folder)
        candidates = list(_candidates(folder, self.label_names))
        self._clips: list[_Clip] = []
        skipped: dict[Path, str] = {}
        for index, candidate in enumerate(candidates, 1):
            try:
                self._clips.append(_Clip(candidate, self._slack_s(candidate.path)))
            except UserError as error:
                logger.warning("skipped: %s", error)
                skipped[candidate.path] = str(error)
            if progress:
                progress(index, len(candidates))
        self.summary = Summary(len(self._clips), skipped)
        if not self._clips:
            raise UserError(_why_empty(folder, skipped))
        logger.info("%s: %s", folder, self.summary)

    def __len__(self) -> int:
        """Return the number of clips that can be used."""
        return len(self._clips)

    def get(self, index: int, random: Stream) -> Example:
        """Return a stretch of a clip."""
        (path, captions, label), slack_s = self._clips[index]
        start_s = random.uniform(0.0, slack_s)
        try:
            frames = self._read(path, start_s)
        except UserError as error:
            logger.debug("the beginning is used instead: %s", error)
            frames = self._read(path, 0.0)
        return Example(frames, captions, label)

    def _slack_s(self, path: Path) -> float:
        """Read the beginning as a trial, and return how much later a stretch may start."""
        if not path.is_file():
            raise UserError(f"{path} does not exist")
        self._read(path, 0.0)
        return max(0.0, codec.duration_s(path) - self.shape.num_frames / self.shape.fps)

    def _read(self, path: Path, start_s: float) -> Frames:
        num_frames, height, width, fps = self.shape
        return codec.read_video(path, num_frames, (height, width), fps, start_s).frames


def _candidates(folder: Path, label_names: tuple[str, ...]) -> Iterator[Candidate]:
    if (folder / CAPTIONS_NAME).is_file():
        yield from _captioned(folder)
    for label, name in enumerate(label_names):
        for path in _videos(folder / name):
            yield Candidate(path, (name.replace("_", " "),), label)


def _label_names(folder: Path) -> tuple[str, ...]:
    inside = (path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    return tuple(sorted(path.name for path in inside if _videos(path)))


def _videos(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.name[0] != "."
    )


def _captioned(folder: Path) -> Iterator[Candidate]:
    path = folder / CAPTIONS_NAME
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no UTF-8 text") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            name, captions = _parsed(line, f"line {number} of {path}")
            yield Candidate(folder / name, captions, None)


def _parsed(line: str, place: str) -> tuple[str, tuple[str, ...]]:
    """Return a line's file and captions."""
    try:
        data = json.loads(line)
    except ValueError as error:
        raise UserError(f"{place} is no JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("file"), str) or not data["file"]:
        raise UserError(f'{place} names no file; right is {{"file": "a.mp4", "caption": "..."}}')
    return data["file"], _captions(data, place)


def _captions(data: dict[str, Any], place: str) -> tuple[str, ...]:
    given = data.get("captions", [data.get("caption")])
    if not isinstance(given, list) or not given or not all(_is_caption(item) for item in given):
        raise UserError(f'{place} needs a "caption" with words, or "captions", a list of them')
    return tuple(given)


def _is_caption(item: object) -> bool:
    return isinstance(item, str) and bool(item.strip())


def _why_empty(folder: Path, skipped: dict[Path, str]) -> str:
    if skipped:
        first = next(iter(skipped.values()))
        return f"none of the {len(skipped)} clips in {folder} can be used; the first: {first}"
    return f"{folder} has neither clips named in {CAPTIONS_NAME} nor subfolders with videos"
