"""How near a continued clip stays to what really came, frame by frame.

Beside it, the same of a clip whose last given frame just stands still: who cannot beat that has
learnt nothing of movement.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.errors import UserError
from animatic.metrics.pixels import psnr, ssim
from animatic.pipelines.evaluation.plots import plot_lines
from animatic.pipelines.evaluation.sets import Number, mean_of
from animatic.pipelines.evaluation.sources import ContinuedClips
from animatic.pipelines.progress import track
from animatic.types import to_clip

NAME = "prediction"
SOURCE = "PSNR and SSIM (Wang et al. 2004) of each frame that is not given, against the real one"
STILL = "last frame kept"
MEASURES = {"psnr": psnr, "ssim": ssim}


def predictions(
    source: ContinuedClips, title: str, device: torch.device, plots: Path | None
) -> tuple[dict[str, Number], dict[str, Any]]:
    """Return the means over frames and clips with errors over clips, and the card.

    The card has the curves over time. Frames that equal real ones have no PSNR and are left out.

    Raises:
        UserError: if the real clips are shorter than the model's, or what is made equals them.
    """
    values: dict[str, list[Float[Tensor, " t"]]] = {}
    for made, real in track(_pairs(source), len(source), title):
        still = made.clone()
        still[:, :, source.num_given :] = made[:, :, source.num_given - 1 :][:, :, :1]
        for suffix, clip in (("", made), (f" {STILL}", still)):
            pair = [x[:, :, source.num_given :].to(device) for x in (clip, real)]
            for name, measure in MEASURES.items():
                values.setdefault(name + suffix, []).append(measure(*pair)[0].double().cpu())
    numbers, curves = {}, {}
    for name, rows in values.items():
        table = torch.stack(rows)
        table[~table.isfinite()] = torch.nan
        curves[name] = [round(value, 4) for value in table.nanmean(dim=0).tolist()]
        means = table.nanmean(dim=1)
        if means.isnan().all():
            raise UserError(f"{name}: all frames are equal to the real ones")
        numbers[name] = mean_of(means[means.isfinite()])
    if plots is not None:
        plot_lines(plots / f"prediction-{_slug(title)}.png", curves, source.num_given, title)
    card = {
        "frames": f"those after the {source.num_given} given ones",
        "values": "[-1, 1]",
        "over time": curves,
        "made": {"n": len(source), **source.about()},
        "real": {"n": len(source), **source.real.about()},
        "warnings": [],
    }
    return numbers, card


def _pairs(source: ContinuedClips) -> Iterator[tuple[Tensor, Tensor]]:
    num_frames = source.model.shape.num_frames
    for made, real in zip(source.clips(), source.real.clips(), strict=True):
        if len(real.frames) < num_frames:
            raise UserError(f"{real.name} is shorter than the {num_frames} frames of the model")
        frames = real.frames[:num_frames]
        yield to_clip(made.frames)[None], to_clip(frames)[None]


def _slug(title: str) -> str:
    return title.replace(", ", "-").replace(" ", "-")
