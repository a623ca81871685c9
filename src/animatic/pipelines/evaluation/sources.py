"""Where the clips of an evaluation come from: a model, a split of Stage, or a folder of files."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch

from animatic.data.clips import ShardClips
from animatic.data.footage import find_videos
from animatic.data.stage.captions import canonical
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.splits import HELD_OUT, SEEN
from animatic.errors import UserError
from animatic.pipelines.model import Model
from animatic.pipelines.predict import continued
from animatic.storage import codec
from animatic.types import ClipShape, Frames

PAIRS = {"validation": tuple(SEEN), "heldout": tuple(sorted(HELD_OUT))}
"""Pairs of the splits of real clips that generated ones are measured against."""

FIRST_SEED = 1_000_000
"""Far from the seeds that people type: nothing that is shown was picked from what is counted."""

STAGE = ClipShape(32, 64, 64, 12.0)


class Shown(NamedTuple):
    """A clip of a source; `labels` say what it should show, action and scene or a class alone."""

    name: str
    frames: Frames
    labels: tuple[str, ...] = ()


@runtime_checkable
class Source(Protocol):
    """Clips in an order that never changes."""

    def about(self) -> dict[str, Any]:
        """Return what a protocol card says of these clips."""
        ...

    def __len__(self) -> int:
        """Return how many clips there are, at most."""
        ...

    def labels(self) -> Sequence[tuple[str, ...]]:
        """Return what each clip should show; no clip is read for it."""
        ...

    def clips(self) -> Iterator[Shown]:
        """Yield the clips that can be read."""
        ...


@dataclass(frozen=True)
class GeneratedClips:
    """Clips of a model for the pairs of a split in turn, in the canonical words, a seed a clip.

    A model of classes is asked for all of them in turn, whatever the split.
    """

    model: Model
    checkpoint: str
    split: str
    num: int

    def about(self) -> dict[str, Any]:
        """Return what a protocol card says of these clips."""
        last = FIRST_SEED + self.num - 1
        told = f"canonical words, pairs of {self.split}" if self._of_text else "the model's classes"
        return {
            "clips": f"made by {self.checkpoint}",
            "checkpoint": self.model.digest,
            "prompts": f"{told} in turn",
            "seeds": f"{FIRST_SEED} to {last}",
            "container": "none: bytes as the model rounds them",
            "resolution": f"{self.model.shape.width}x{self.model.shape.height}",
            "fps": self.model.shape.fps,
        }

    def __len__(self) -> int:
        """Return how many clips are made."""
        return self.num

    def labels(self) -> Sequence[tuple[str, ...]]:
        """Return the pairs of action and scene, or the parts of the names of classes."""
        if self._of_text:
            return list(islice(cycle(PAIRS[self.split]), self.num))
        names = islice(cycle(self.model.config.class_names), self.num)
        return [tuple(name.split("/")) for name in names]

    def clips(self) -> Iterator[Shown]:
        """Make the clips."""
        for number, labels in enumerate(self.labels()):
            words = canonical(*labels) if self._of_text else "/".join(labels)
            made = self.model.generate(words, seed=FIRST_SEED + number)
            yield Shown(f"{made.prompt} (seed {made.seed})", made.frames, labels)

    @property
    def _of_text(self) -> bool:
        return "text" in self.model.config.reads


@dataclass(frozen=True)
class ContinuedClips:
    """What a model makes of the first frames of real clips, each as long as the model's."""

    model: Model
    checkpoint: str
    real: "StageClips"
    num_given: int
    _made: list[Shown] = field(default_factory=list, repr=False, compare=False)

    def about(self) -> dict[str, Any]:
        """Return what a protocol card says of these clips."""
        return {
            "clips": f"continued by {self.checkpoint}",
            "checkpoint": self.model.digest,
            "given": f"the first {self.num_given} frames of each real clip, kept",
            "seeds": f"{FIRST_SEED} to {FIRST_SEED + len(self) - 1}",
            "container": "none: bytes as the model rounds them",
            "resolution": f"{self.model.shape.width}x{self.model.shape.height}",
            "fps": self.model.shape.fps,
        }

    def __len__(self) -> int:
        """Return how many clips are continued."""
        return len(self.real)

    def labels(self) -> Sequence[tuple[str, ...]]:
        """Return what the real clips show."""
        return self.real.labels()

    def clips(self) -> Iterator[Shown]:
        """Continue the clips, the first time; they are kept, for some models take long."""
        yield from self._made
        for number, shown in islice(enumerate(self.real.clips()), len(self._made), None):
            given = shown.frames[: self.num_given]
            made = continued(self.model, given, None, FIRST_SEED + number)
            self._made.append(shown._replace(frames=made.frames))
            yield self._made[-1]


class StageClips:
    """Real clips of a split of Stage, drawn by seed 0.

    Args:
        folder: the rendered data set.
        split: its part.
        num: at most so many.
        rest: take others than `StageClips(folder, split, num)` takes, for a floor.
        num_frames: cut a stretch of so many frames out of each clip, if they are fewer; where it
            begins depends on nothing but the clip, as in training.
    """

    def __init__(
        self,
        folder: Path,
        split: str,
        num: int,
        *,
        rest: bool = False,
        num_frames: int = STAGE.num_frames,
    ) -> None:
        self.folder, self.split = folder, split
        self.num_frames = min(num_frames, STAGE.num_frames)
        shape = STAGE._replace(num_frames=self.num_frames)
        self._clips = ShardClips(folder, shape, split)
        self._chosen = chosen(len(self._clips), num, rest=rest)

    def about(self) -> dict[str, Any]:
        """Return what a protocol card says of these clips."""
        cut = f"a stretch of {self.num_frames} of the {STAGE.num_frames} frames, by the clip's name"
        return {
            "clips": f"Stage, split {self.split}, drawn by seed 0",
            "container": "mp4, H.264 4:4:4, near lossless",
            "resolution": f"{STAGE.width}x{STAGE.height}",
            "fps": STAGE.fps,
            **({"cut": cut} if self.num_frames < STAGE.num_frames else {}),
        }

    def __len__(self) -> int:
        """Return how many clips are taken."""
        return len(self._chosen)

    def labels(self) -> Sequence[tuple[str, ...]]:
        """Return the pairs of action and scene."""
        facts = [self._clips.reader.rows[index].facts for index in self._chosen]
        return [(fact.more["action"], fact.more["scene"]) for fact in facts]

    def clips(self) -> Iterator[Shown]:
        """Decode the clips."""
        for index, pair in zip(self._chosen, self.labels(), strict=True):
            key = self._clips.reader.rows[index].facts.key
            yield Shown(key, self._clips.get(index, Stream(0, key)).frames, pair)


@dataclass(eq=False)
class FolderClips:
    """The videos of a folder by name; one that cannot be read is named, skipped and counted.

    Subfolders are labels: `golf/pool/1.mp4` should show golf in the pool.
    """

    folder: Path
    num: int = sys.maxsize
    rest: bool = False
    skipped: dict[str, str] = field(default_factory=dict)
    kinds: set[tuple[int, int, float]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Find the files.

        Raises:
            UserError: if there is no folder, or no video in it.
        """
        files = find_videos(self.folder)
        self.files = [files[place] for place in chosen(len(files), self.num, rest=self.rest)]

    def about(self) -> dict[str, Any]:
        """Return what a protocol card says of these clips."""
        sizes = sorted(self.kinds)
        return {
            "clips": f"the folder {self.folder.name}, drawn by seed 0",
            "container": ", ".join(sorted({path.suffix[1:] for path in self.files})),
            "resolution": ", ".join(f"{width}x{height}" for height, width, _ in sizes),
            "fps": sizes[0][2] if sizes else None,
            "skipped": self.skipped,
        }

    def __len__(self) -> int:
        """Return how many files there are."""
        return len(self.files)

    def labels(self) -> Sequence[tuple[str, ...]]:
        """Return the subfolders of each file."""
        return [self._name(path).parent.parts for path in self.files]

    def clips(self) -> Iterator[Shown]:
        """Decode the files.

        Raises:
            UserError: if clips differ in size or rate, or none can be read.
        """
        for path in self.files:
            shown = self.read(path)
            if shown is not None:
                yield shown
        if len(self.skipped) == len(self.files):
            raise UserError(f"no clip of {self.folder} can be read")

    def read(self, path: Path) -> Shown | None:
        """Decode a file; one that cannot be read is counted.

        Raises:
            UserError: if the clip differs in size or rate from those before.
        """
        name = self._name(path)
        try:
            video = codec.decode(path)
        except UserError as error:
            self.skipped[str(name)] = str(error)
            return None
        self.kinds.add((*video.frames.shape[1:3], round(video.fps, 3)))
        if len(self.kinds) > 1:
            kinds = " and ".join(f"{w}x{h} at {fps:g} fps" for h, w, fps in sorted(self.kinds))
            raise UserError(f"clips of {self.folder} differ: {kinds}; make them alike first")
        return Shown(str(name), video.frames, name.parent.parts)

    def _name(self, path: Path) -> Path:
        return path.relative_to(self.folder)


def chosen(total: int, num: int, *, rest: bool = False) -> list[int]:
    """Return so many places (or all), shuffled by seed 0; with `rest`, so many of the others.

    Evenly spread places would keep step with whatever repeats in a data set, such as its pairs.
    """
    shuffled = torch.randperm(total, generator=torch.Generator().manual_seed(0)).tolist()
    return sorted(shuffled[num : 2 * num] if rest else shuffled[:num])


def next_name(names: Sequence[str], name: str) -> str:
    """Return another name: the next one, the first after the last."""
    return names[(names.index(name) + 1) % len(names)]
