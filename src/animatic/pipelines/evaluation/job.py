"""What is to be measured, and which clips that takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from animatic.errors import UserError
from animatic.pipelines.evaluation.eyes import Window
from animatic.pipelines.evaluation.protocols import ALL, Protocol, protocol_of
from animatic.pipelines.evaluation.sets import Number
from animatic.pipelines.evaluation.sources import (
    PAIRS,
    STAGE,
    ContinuedClips,
    FolderClips,
    GeneratedClips,
    Source,
    StageClips,
)
from animatic.pipelines.model import Model, load
from animatic.pipelines.predict import counts
from animatic.storage.run_folder import RunFolder

MIN_FLOOR = 16
"""Fewer clips say nothing about a floor."""


@dataclass(frozen=True)
class Job:
    """What is measured, and where the numbers go.

    Attributes:
        what: a checkpoint (name, file or run folder), or a folder of clips.
        against: a folder of real clips.
        data: a rendered Stage data set.
        metrics: names of `MEASURES` and of the others that `evaluate` knows.
        num: clips of each set, at most.
        num_real: real clips, if not as many.
        given: first frames that a model goes on from, if not each number that it can.
        window: which frames count.
        out: JSON file for the table and its cards.
        sheet: contact sheet of the first clips of the last split, held-out pairs of a checkpoint.
        plots: folder for pictures of the composition and for nearest real clips.
        device: cpu, cuda or auto.
        protocol: the published one that `num`, `num_real`, `metrics` and `window` come from.
    """

    what: str
    against: Path | None = None
    data: Path | None = None
    metrics: Sequence[str] = ("composition",)
    num: int = 512
    num_real: int | None = None
    given: int | None = None
    window: Window = field(default_factory=Window)
    out: Path | None = None
    sheet: Path | None = None
    plots: Path | None = None
    device: str = "auto"
    protocol: Protocol | None = None


@dataclass(frozen=True)
class Row:
    """A number, and all that a stranger needs to get it again."""

    metric: str
    split: str
    number: Number
    card: dict[str, Any]


def following(job: Job, protocol: str) -> Job:
    """Return the job as a published protocol has it.

    Raises:
        UserError: if there is no protocol of that name.
    """
    published = protocol_of(protocol)
    return replace(
        job,
        metrics=published.metrics,
        num=published.num,
        num_real=published.num_real,
        window=Window(published.frames),
        protocol=published,
    )


class Trio(NamedTuple):
    """Clips to measure, real ones, and more real ones for a floor."""

    split: str
    made: Source
    real: Source | None
    rest: Source | None


def trios(job: Job, *, with_floor: bool, halved: bool = False) -> Iterator[Trio]:
    """Yield the clips of each split; with `halved`, no more than half of the real ones are `real`.

    Raises:
        UserError: if anything that is named cannot be read, or does not fit together.
    """
    if job.against is not None and job.data is not None:
        raise UserError("give either --data or a second folder, not both")
    if is_folder_of_clips(job.what):
        if job.given is not None:
            raise UserError(f"{job.what} is a folder, which continues nothing; leave --given away")
        made = FolderClips(Path(job.what), job.num)
        num_frames = STAGE.num_frames
        yield Trio("all", made, *_real(job, "validation", num_frames, with_floor, halved))
        return
    if job.num == ALL:
        raise UserError(f"{job.what} makes clips without end; give a folder of clips")
    model = load(job.what, job.device)
    if "frames" in model.config.reads:
        yield from _continued(job, model, with_floor, halved)
        return
    if job.given is not None:
        counts(model, job.given)
    of_text = "text" in model.config.reads
    for split in PAIRS if of_text and job.against is None else ("validation",):
        made = GeneratedClips(model, job.what, split, job.num)
        yield Trio(split, made, *_real(job, split, model.shape.num_frames, with_floor, halved))


def _continued(job: Job, model: Model, with_floor: bool, halved: bool) -> Iterator[Trio]:
    if job.data is None:
        raise UserError(f"{job.what} continues real clips; give them with --data")
    for split in PAIRS:
        real, rest = _real(job, split, model.shape.num_frames, with_floor, halved)
        for count in counts(model, job.given):
            begun = StageClips(job.data, split, job.num, num_frames=model.shape.num_frames)
            made = ContinuedClips(model, job.what, begun, count)
            yield Trio(f"{split}, {count} given", made, real, rest)


def is_folder_of_clips(what: str) -> bool:
    """Return whether this is a folder, and not that of a training run."""
    path = Path(what)
    return path.is_dir() and not RunFolder(path).model_path.is_file()


def load_reader_of_text(job: Job) -> Model:
    """Load the model of a job.

    Raises:
        UserError: if there is none, or it does not read text.
    """
    model = load(job.what, job.device)
    if "text" not in model.config.reads:
        raise UserError(f"{model.family.name} reads no text; make a folder of clips and give that")
    return model


def _real(
    job: Job, split: str, num_frames: int, with_floor: bool, halved: bool
) -> tuple[Source | None, Source | None]:
    def source(num: int, rest: bool = False) -> Source | None:
        if job.against is not None:
            return FolderClips(job.against, num, rest=rest)
        if job.data is None:
            return None
        return StageClips(job.data, split, num, rest=rest, num_frames=num_frames)

    num = job.num_real or job.num
    real, rest = source(num), source(num, rest=True)
    if halved and real is not None and rest is not None:
        num = min(num, (len(real) + len(rest)) // 2)
        real, rest = source(num), source(num, rest=True)
    enough = with_floor and rest is not None and len(rest) >= MIN_FLOOR
    return real, rest if enough else None
