"""From words to clips with a trained model."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from animatic.errors import UserError
from animatic.pipelines.model import DEFAULT_SCALE, Creation, load
from animatic.pipelines.progress import track
from animatic.storage.video_file import check_output, check_sheet, write_sheet
from animatic.types import Prompt


def read_prompts(path: Path) -> list[str]:
    """Return the prompts of a text file, one a line; empty lines are passed over.

    Raises:
        UserError: if the file cannot be read, or holds none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read prompts from {path}; give a text file, one a line") from error
    prompts = [line.strip() for line in lines if line.strip()]
    if not prompts:
        raise UserError(f"{path} holds no prompts; write one a line")
    return prompts


@dataclass(frozen=True)
class Job:
    """What to make of each prompt, and where to write it."""

    output: Path
    sheet: Path | None = None
    seed: int = 0
    num: int = 1
    best_of: int = 1
    keep_sketch: bool = False
    scale: int = DEFAULT_SCALE
    fps: float | None = None
    truncation: float | None = None


def write_all(
    checkpoint: str, device: str, prompts: Sequence[str], job: Job
) -> Iterator[tuple[Path, Creation]]:
    """Load a model once, then make, write and yield clip by clip, showing progress.

    Raises:
        UserError: if anything is wrong with the job; found before the first clip is made.
    """
    paths = name_outputs(job.output, prompts, job.num)
    if job.sheet is not None:
        check_sheet(job.sheet)
    asked = [Prompt(text).text or "" for text in prompts]
    settings = {} if job.truncation is None else {"truncation": job.truncation}
    model = load(checkpoint, device, **settings)
    creations = model.generate_all(asked, job.seed, job.num, job.best_of)
    kept = []
    for path, creation in zip(paths, track(creations, len(paths), "generating"), strict=True):
        shown = creation if job.fps is None else replace(creation, fps=job.fps)
        shown.save(path, job.scale)
        if job.keep_sketch:
            shown.save_sketch(path.with_name(f"{path.stem}.sketch{path.suffix}"), job.scale)
        kept.append(shown)
        yield path, shown
    if job.sheet is not None:
        labels = [f"{creation.prompt} (seed {creation.seed})" for creation in kept]
        write_sheet(job.sheet, kept, labels=labels, scale=2)


def name_outputs(output: Path, prompts: Sequence[str], num: int) -> list[Path]:
    """Name one file a clip: the output itself, or numbered and worded siblings for several.

    Raises:
        UserError: if the ending is none that we write, or the folder is missing or locked.
    """
    check_output(output)
    if len(prompts) * num == 1:
        return [output]
    width = len(str(num - 1))
    several_prompts = len(prompts) > 1
    names = []
    for index, prompt in enumerate(prompts):
        words = (
            f"-{index:0{len(str(len(prompts) - 1))}d}-{_slug(prompt)}" if several_prompts else ""
        )
        for take in range(num):
            suffix = f"-{take:0{width}d}" if num > 1 else ""
            names.append(output.with_name(f"{output.stem}{words}{suffix}{output.suffix}"))
    return names


def _slug(prompt: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:40]
