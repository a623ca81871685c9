"""Clips of any origin in the order in which a checkpoint's critic likes them for a prompt."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from animatic.data.footage import find_videos
from animatic.errors import UserError
from animatic.pipelines.generate import Model, load
from animatic.pipelines.progress import track
from animatic.storage import codec
from animatic.types import Prompt, to_clip


@dataclass(frozen=True)
class Ranked:
    """A clip and its score; `why` says why it has none."""

    path: Path
    score: float | None
    why: str = ""


def rank(checkpoint: str, folder: Path, prompt: str, device: str = "auto") -> list[Ranked]:
    """Return the clips of a folder, best first, and behind them those that cannot be read.

    A clip is cropped in the middle, averaged down to the size of the model and read at its rate,
    from the beginning.

    Raises:
        UserError: if the folder holds no clip that can be read, or the model has no critic.
    """
    paths = find_videos(folder)
    model = load(checkpoint, device)
    if model.critic is None:
        raise UserError(f"{model.family.name} has no critic")
    asked = Prompt(prompt)
    model.family.check(asked)
    found = list(_scored(model, asked, paths))
    if all(ranked.score is None for ranked in found):
        raise UserError(f"no clip of {folder} can be used: {found[0].why}")
    return sorted(found, key=lambda ranked: (ranked.score is None, -(ranked.score or 0.0)))


def _scored(model: Model, prompt: Prompt, paths: list[Path]) -> Iterator[Ranked]:
    assert model.critic is not None, "checked before"
    num_frames, height, width, fps = model.shape
    for path in track(paths, len(paths), "looking at clips"):
        try:
            frames = codec.read_video(path, num_frames, (height, width), fps).frames
        except UserError as error:
            yield Ranked(path, None, str(error))
            continue
        yield Ranked(path, model.critic.score(to_clip(frames)[None], [prompt]).item())
