"""Bits per dimension: what a model with a likelihood would need to store real clips."""

from collections.abc import Iterator, Sequence
from itertools import product

import torch

from animatic.data.stage.captions import canonical
from animatic.errors import UserError
from animatic.pipelines.evaluation.composition import pair_of
from animatic.pipelines.evaluation.job import Job, Row
from animatic.pipelines.evaluation.sets import mean_of
from animatic.pipelines.evaluation.sources import PAIRS, FolderClips, Shown, Source, StageClips
from animatic.pipelines.model import Model, load
from animatic.pipelines.predict import counts
from animatic.pipelines.progress import track
from animatic.types import Prompt, to_clip

NAME = "bits"

SOURCE = (
    "negative log2-likelihood of the bytes that are not given, over their number; 8 is no model"
)


def rows(job: Job) -> Iterator[Row]:
    """Yield the bits per dimension of real clips of each split, if they are asked for.

    Raises:
        UserError: if the model has no likelihood, or the clips are not of its size.
    """
    if NAME not in job.metrics:
        return
    model = load(job.what, job.device)
    if model.likelihood is None:
        raise UserError(f"{model.family.name} has no likelihood, so no bits per dimension")
    num = job.num_real or job.num
    if job.against is not None:
        sources: dict[str, Source] = {"all": FolderClips(job.against, num)}
    elif job.data is not None:
        sources = {
            split: StageClips(job.data, split, num, num_frames=model.shape.num_frames)
            for split in PAIRS
        }
    else:
        raise UserError(f"{NAME} measures real clips; give --data or a second folder")
    for (name, source), given in product(sources.items(), _given(model, job.given)):
        split = name if given is None else f"{name}, {given} given"
        shown = track(source.clips(), len(source), f"measuring bits, {split}")
        costs = torch.tensor([_bits_per_dim(model, one, given or 0) for one in shown]).double()
        card = {
            "metric": "bits per dimension",
            "source": SOURCE,
            "network": model.family.name,
            "weights": model.digest,
            "made": {"n": len(costs), "clips": "none: the likelihood of the real ones"},
            "real": {"n": len(costs), **source.about()},
            "warnings": [],
        }
        yield Row(NAME, split, mean_of(costs), card)


def _given(model: Model, given: int | None) -> Sequence[int | None]:
    """Return how many first frames are known of each clip, the cases one after the other."""
    known = sorted(model.config.given_frames) if "frames" in model.config.reads else [None]
    if given is None:
        return known
    return [0] if given == 0 and 0 in known else counts(model, given)


def _bits_per_dim(model: Model, shown: Shown, given: int) -> float:
    assert model.likelihood is not None, "checked before"
    frames = shown.frames[: model.shape.num_frames]
    if frames.shape[:3] != model.shape[:3]:
        found, wanted = ("x".join(map(str, size)) for size in (frames.shape[:3], model.shape[:3]))
        raise UserError(f"{shown.name} is {found}; {model.family.name} measures clips of {wanted}")
    with torch.inference_mode():
        bits = model.likelihood.bits(to_clip(frames)[None], [_prompt(model, shown, given)])
    return bits.total.item() / bits.dims


def _prompt(model: Model, shown: Shown, given: int) -> Prompt:
    """Return what a family is given of a clip: its words if it reads them, first frames."""
    text = canonical(*pair_of(shown.labels)) if "text" in model.config.reads else None
    frames = shown.frames[:given] if given else None
    return Prompt(text=text, frames=frames, positions=tuple(range(given)))
