"""The Stage data set on disk: the plan's clips, rendered by many processes into shards.

A shard that is finished is never rendered again, so an interrupted or killed run goes on where it
was, and a data set can grow.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from animatic.data.stage import STAGE_VERSION
from animatic.data.stage import captions as captioning
from animatic.data.stage import clip as staging
from animatic.data.stage.phrases import ACTION_PHRASES, SCENE_PHRASES
from animatic.data.stage.splits import Job, plan
from animatic.data.workers import Tick, spread
from animatic.errors import UserError
from animatic.storage import atomic
from animatic.storage.codec import encode_training_clip
from animatic.storage.shards import INDEX_NAME, ClipFacts, write_index, write_shard

CARD_NAME = "dataset.json"
NUM_FRAMES, FPS = 32, 12.0
CLIPS_PER_SHARD = 250
"""About 13 MB and a minute of work at 64 px: no more than that is lost by a kill."""

_LABELS = {action: label for label, action in enumerate(ACTION_PHRASES)}


@dataclass(frozen=True)
class Recipe:
    """How a job becomes a clip with captions; the functions must be picklable."""

    size: int = 64
    num_frames: int = NUM_FRAMES
    fps: float = FPS
    num_captions: int = 4
    render: Callable[..., staging.StageClip] = staging.render
    caption: Callable[..., tuple[str, ...]] = captioning.captions


def write_stage(
    folder: Path,
    num_clips: int,
    recipe: Recipe,
    num_workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Render the first `num_clips` clips of the plan into a folder; the same call goes on.

    `progress` is told how many of how many clips are there.

    Raises:
        UserError: if the folder cannot be written, or holds something else or a larger data set.
    """
    shards = _shards(folder, plan(num_clips))
    _claim(folder, _card(num_clips, recipe))
    missing = {path: jobs for path, jobs in shards.items() if not path.is_file()}
    if missing:
        (folder / INDEX_NAME).unlink(missing_ok=True)
    present = num_clips - sum(len(jobs) for jobs in missing.values())
    report = progress or _ignore
    report(present, num_clips)
    spread(
        partial(_render_shard, recipe),
        list(missing.items()),
        num_workers,
        lambda rendered: report(present + rendered, num_clips),
    )
    for path in set(folder.glob("*.tar")) - set(shards):
        path.unlink()  # the last shard of a smaller data set, which a longer one has replaced
    write_index(folder)


def _shards(folder: Path, jobs: list[Job]) -> dict[Path, list[Job]]:
    """Cut the plan into shards, named by their first and last clip."""
    parts = [jobs[at : at + CLIPS_PER_SHARD] for at in range(0, len(jobs), CLIPS_PER_SHARD)]
    names = [
        f"{number * CLIPS_PER_SHARD:06d}-{number * CLIPS_PER_SHARD + len(part) - 1:06d}.tar"
        for number, part in enumerate(parts)
    ]
    return {folder / name: part for name, part in zip(names, parts, strict=True)}


def _card(num_clips: int, recipe: Recipe) -> dict[str, Any]:
    return {
        "name": "stage",
        "version": STAGE_VERSION,
        "height": recipe.size,
        "width": recipe.size,
        "num_frames": recipe.num_frames,
        "fps": recipe.fps,
        "num_captions": recipe.num_captions,
        "label_names": list(ACTION_PHRASES),
        "scenes": list(SCENE_PHRASES),
        "num_clips": num_clips,
        "splits": dict(Counter(job.split for job in plan(num_clips))),
    }


def _claim(folder: Path, card: dict[str, Any]) -> None:
    """Make the folder ours: new and empty, or one that holds the beginning of this data set."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder}: {error.strerror}") from error
    atomic.sweep(folder)
    path = folder / CARD_NAME
    if path.is_file():
        _check_same(path, card)
    elif any(folder.iterdir()):
        raise UserError(f"{folder} holds something else; give a new or empty folder")
    atomic.write_text(path, json.dumps(card, indent=2) + "\n")


def _check_same(path: Path, card: dict[str, Any]) -> None:
    try:
        former = json.loads(path.read_text(encoding="utf-8"))
        former_num_clips = int(former["num_clips"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged; give a new folder") from error
    fixed = [name for name in card if name not in ("num_clips", "splits")]
    for name in fixed:
        if former.get(name) != card[name]:
            raise UserError(
                f"{path.parent} holds Stage with {name} {former.get(name)}, not {card[name]}; "
                "give another folder"
            )
    if former_num_clips > card["num_clips"]:
        raise UserError(
            f"{path.parent} is for {former_num_clips} clips, not {card['num_clips']}; give as many "
            "or more, or another folder"
        )


def _render_shard(recipe: Recipe, shard: tuple[Path, list[Job]], tick: Tick) -> None:
    path, jobs = shard
    write_shard(path, _rendered(recipe, jobs, tick))


def _rendered(recipe: Recipe, jobs: list[Job], tick: Tick) -> Iterator[tuple[ClipFacts, bytes]]:
    for job in jobs:
        clip = recipe.render(
            job.seed, job.action, job.scene, recipe.size, recipe.num_frames, recipe.fps
        )
        facts = ClipFacts(
            key=job.key,
            split=job.split,
            captions=recipe.caption(clip.facts, job.seed, recipe.num_captions),
            num_frames=recipe.num_frames,
            height=recipe.size,
            width=recipe.size,
            fps=recipe.fps,
            label=_LABELS[job.action],
            more={
                "action": job.action,
                "scene": job.scene,
                "seed": job.seed,
                "sha256": hashlib.sha256(clip.frames.tobytes()).hexdigest(),
            },
        )
        yield facts, encode_training_clip(clip.frames, recipe.fps)
        tick()


def _ignore(done: int, total: int) -> None:
    """Show no progress."""
