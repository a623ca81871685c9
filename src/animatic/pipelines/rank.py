"""Clips of any origin in the order in which a checkpoint's critic likes them for a prompt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from animatic.data.footage import find_videos
from animatic.errors import UserError
from animatic.pipelines import catalog
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation.critics import share_below
from animatic.pipelines.model import Model, build
from animatic.pipelines.progress import track
from animatic.storage import codec
from animatic.types import Prompt, to_clip


@dataclass(frozen=True)
class Ranked:
    """A clip and its score; `why` says why it has none.

    `above` are the shares of real and of generated clips that score lower, where the checkpoint's
    card has a calibration.
    """

    path: Path
    score: float | None
    why: str = ""
    above: Mapping[str, float] = field(default_factory=dict)


def rank(checkpoint: str, folder: Path, prompt: str, device: str = "auto") -> list[Ranked]:
    """Return the clips of a folder, best first, and behind them those that cannot be read.

    A clip is cropped in the middle, averaged down to the size of the model and read at its rate,
    from the beginning.

    Raises:
        UserError: if the folder holds no clip that can be read, or the model has no critic.
    """
    paths = find_videos(folder)
    trained = catalog.checkpoint(checkpoint)
    model = build(trained, choose_device(device))
    if model.critic is None:
        raise UserError(f"{model.family.name} has no critic")
    asked = model.asked(prompt)
    known = trained.card.get("critic", {}).get("heldout", {}).get("quantiles", {})
    found = list(_scored(model, asked, paths, known))
    if all(ranked.score is None for ranked in found):
        raise UserError(f"no clip of {folder} can be used: {found[0].why}")
    return sorted(found, key=lambda ranked: (ranked.score is None, -(ranked.score or 0.0)))


def _scored(
    model: Model, prompt: Prompt, paths: list[Path], known: Mapping[str, list[float]]
) -> Iterator[Ranked]:
    assert model.critic is not None, "checked before"
    num_frames, height, width, fps = model.shape
    for path in track(paths, len(paths), "looking at clips"):
        try:
            frames = codec.read_video(path, num_frames, (height, width), fps).frames
        except UserError as error:
            yield Ranked(path, None, str(error))
            continue
        score = model.critic.score(to_clip(frames)[None], [prompt]).item()
        above = {kind: share_below(score, quantiles) for kind, quantiles in known.items()}
        yield Ranked(path, score, above=above)
