"""What a data set hands out, and the clips of a folder of shards."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.storage import codec
from animatic.storage.shards import Row, ShardReader
from animatic.types import ClipShape, Frames


class Example(NamedTuple):
    """One clip to learn from, with every caption that fits it, and its label if it has one."""

    frames: Frames
    texts: tuple[str, ...] = ()
    label: int | None = None


@runtime_checkable
class ClipSet(Protocol):
    """Clips of one shape, by number. Must be safe to use from several threads."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """What labels stand for, in their order; empty if clips have none."""
        ...

    def __len__(self) -> int:
        """Return the number of clips."""
        ...

    def get(self, index: int, random: Stream) -> Example:
        """Return a clip; of a long one, a stretch that depends on nothing but `random`."""
        ...


class ShardClips:
    """The clips of one split of a folder of shards.

    Args:
        folder: the data set.
        shape: what is to be learnt of each clip.
        split: its part, or all of it.
        classes: facts of a clip that together make its class: of Stage "action", or "action" and
            "scene", which make golf/pool; nothing to learn without classes.

    Raises:
        UserError: if the folder is no finished data set, its clips have another shape, or one of
            them lacks such a fact.
    """

    def __init__(
        self,
        folder: Path,
        shape: ClipShape,
        split: str | None = None,
        classes: Sequence[str] = (),
    ) -> None:
        self.reader = ShardReader(folder, split)
        self.shape = shape
        for row in self.reader.rows:
            _check_shape(folder, row, shape)
        named = [_class(row, classes) for row in self.reader.rows] if classes else []
        self.label_names = tuple(sorted(set(named)))
        self._labels = [self.label_names.index(name) for name in named]

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.reader)

    def get(self, index: int, random: Stream) -> Example:
        """Return a clip, or a stretch of it.

        Raises:
            UserError: if the clip is damaged.
        """
        return self.stretch(index, self.decode(index), random)

    def stretch(self, index: int, frames: Frames, random: Stream) -> Example:
        """Cut a stretch out of a clip's frames, and add what is known of the clip."""
        start = random.integer(len(frames) - self.shape.num_frames + 1)
        facts = self.reader.rows[index].facts
        frames = frames[start : start + self.shape.num_frames]
        return Example(frames, facts.captions, self._labels[index] if self._labels else None)

    def decode(self, index: int) -> Frames:
        """Return all frames of a clip.

        Raises:
            UserError: if the clip is damaged.
        """
        facts = self.reader.rows[index].facts
        frames = codec.decode(self.reader.read(index)).frames
        if frames.shape[:3] != (facts.num_frames, facts.height, facts.width):
            raise UserError(f"clip {facts.key} of {self.reader.folder} is damaged; make it again")
        return frames


def _class(row: Row, classes: Sequence[str]) -> str:
    """Return the name of a clip's class."""
    missing = [fact for fact in classes if fact not in row.facts.more]
    if missing:
        known = ", ".join(row.facts.more) or "none"
        raise UserError(f"clip {row.facts.key} has no {missing[0]} to be its class; known: {known}")
    return "/".join(str(row.facts.more[fact]) for fact in classes)


def _check_shape(folder: Path, row: Row, shape: ClipShape) -> None:
    facts = row.facts
    fits = (facts.height, facts.width, facts.fps) == (shape.height, shape.width, shape.fps)
    if not fits or facts.num_frames < shape.num_frames:
        raise UserError(
            f"clip {facts.key} of {folder} has {facts.num_frames} frames of "
            f"{facts.height}x{facts.width} at {facts.fps:g} fps; wanted are {shape.num_frames} "
            f"of {shape.height}x{shape.width} at {shape.fps:g} fps"
        )
