"""From first frames to what follows, with a trained model."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from animatic.errors import UserError
from animatic.pipelines.generate import name_outputs
from animatic.pipelines.model import Creation, Model, check_seeds, load
from animatic.pipelines.progress import track
from animatic.storage.given import read_given
from animatic.storage.video_file import check_sheet, write_sheet
from animatic.types import Frames, Prompt, to_frames

FITS = ("crop", "letterbox")


@dataclass(frozen=True)
class Job:
    """What to continue, and where to write it; see `animatic predict --help`."""

    first: Path
    output: Path
    given: int | None = None
    frames: int | None = None
    fit: str = "crop"
    seed: int = 0
    num: int = 1
    best_of: int = 1
    sheet: Path | None = None
    scale: int = 4
    words: str | None = None
    temperature: float | None = None


def predict_all(checkpoint: str, device: str, job: Job) -> Iterator[tuple[Path, Creation]]:
    """Load a model once, then continue, write and yield clip by clip, showing progress.

    Raises:
        UserError: if anything is wrong with the job; found before the first clip is made.
    """
    if job.fit not in FITS:
        raise UserError(f"fit {job.fit!r} must be one of {', '.join(FITS)}")
    if min(job.num, job.best_of, job.scale) < 1:
        raise UserError(
            f"num {job.num}, best_of {job.best_of} and scale {job.scale} must be at least 1"
        )
    check_seeds(job.seed, job.num * job.best_of)
    paths = name_outputs(job.output, [job.first.stem], job.num)
    if job.sheet is not None:
        check_sheet(job.sheet)
    settings = {} if job.temperature is None else {"temperature": job.temperature}
    model = load(checkpoint, device, **settings)
    if job.best_of > 1 and model.critic is None:
        raise UserError(f"{model.family.name} has no critic to choose the best of {job.best_of}")
    told = told_by(model, job.words)
    given = first_frames(model, job.first, job.given, whole=job.fit == "letterbox")
    made = []
    for number, path in enumerate(track(paths, len(paths), "continuing")):
        seed = job.seed + number * job.best_of
        tries = [
            continued(model, given, job.frames, seed + offset, job.first.name, told)
            for offset in range(job.best_of)
        ]
        best = max(tries, key=lambda creation: creation.score or 0.0)
        best.save(path, job.scale)
        made.append(best)
        yield path, best
    if job.sheet is not None:
        labels = [f"{creation.prompt} (seed {creation.seed})" for creation in made]
        write_sheet(job.sheet, made, labels=labels, scale=2)


def first_frames(model: Model, path: Path, given: int | None, *, whole: bool = False) -> Frames:
    """Read as many first frames as are asked for, or as the model can use.

    Raises:
        UserError: if the model continues nothing, or not so many, or they cannot be read.
    """
    asked = counts(model, given)
    return read_given(path, asked, model.shape[1:3], model.shape.fps, whole=whole)


def counts(model: Model, asked: int | None = None) -> tuple[int, ...]:
    """Return how many first frames a model continues, from few to many, or only what is asked for.

    Raises:
        UserError: if it continues nothing, or not so many.
    """
    if "frames" not in model.config.reads:
        raise UserError(f"this {model.family.name} continues no frames; it reads other things")
    known = tuple(sorted(count for count in model.config.given_frames if count))
    if asked is None:
        return known
    if asked not in known:
        told = " or ".join(map(str, known))
        raise UserError(f"this model continues {told} frames, not {asked}")
    return (asked,)


def told_by(model: Model, words: str | None) -> Prompt:
    """Return what words say beside first frames: a sentence, or a class by its name, or nothing.

    Raises:
        UserError: if the model reads words and there are none, reads none and there are, or knows
            no such class.
    """
    reads = model.config.reads & {"text", "label"}
    if words is None and reads:
        raise UserError(f"this model continues frames as words say; give --as {example(model)}")
    if words is not None and not reads:
        raise UserError("this model reads no words; leave --as away")
    if words is None:
        return Prompt()
    return Prompt(label=model.label(words)) if "label" in reads else Prompt(words)


def example(model: Model) -> str:
    """Return words that a model may be told."""
    return model.config.class_names[0] if "label" in model.config.reads else "surfing"


def continued(
    model: Model,
    given: Frames,
    num_frames: int | None,
    seed: int,
    name: str = "",
    told: Prompt | None = None,
) -> Creation:
    """Return a clip that begins with the given frames; the same two always give the same clip.

    A clip that is longer than the model's goes on from its own last frames; its score is that of
    the first stretch.

    Args:
        model: reads first frames.
        given: of the model's size and rate.
        num_frames: of the clip, given ones included; the model's own number if none.
        seed: picks one of many that could follow.
        name: what is continued, for people.
        told: what is said beside the frames.

    Raises:
        UserError: if there is nothing to add.
    """
    wanted = model.shape.num_frames if num_frames is None else num_frames
    if wanted <= len(given):
        raise UserError(f"frames {wanted} must be more than the {len(given)} that are given")
    clip, scores, count = given, [], len(given)
    while len(clip) < wanted:
        prompt = replace(told or Prompt(), frames=clip[-count:], positions=tuple(range(count)))
        model.family.check(model.config, prompt)
        round_seed = (seed + (len(clip) - len(given)) * 2**32) % 2**63
        samples, score = model.draw(prompt, round_seed)
        scores.append(score)
        clip = np.concatenate([clip, to_frames(samples.clips[0])[count:]])
    return Creation(clip[:wanted], model.shape.fps, name, seed, scores[0])
