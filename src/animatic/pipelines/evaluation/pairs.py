"""Numbers of clips that belong together: a prediction and what really came, by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from animatic.errors import UserError
from animatic.metrics.lpips import Lpips
from animatic.metrics.pixels import psnr, ssim
from animatic.pipelines.evaluation.eyes import Window
from animatic.pipelines.evaluation.sets import Number
from animatic.pipelines.evaluation.sources import FolderClips
from animatic.pipelines.progress import track
from animatic.pipelines.weights import load_weights, weights_path
from animatic.storage.published import hash_of
from animatic.types import Clips, to_clip

Compare = Callable[[Clips, Clips], Tensor]
"""Two clips to a number for each frame."""

SOURCES = {
    "psnr": "peak signal-to-noise ratio of a frame in dB, peak 2 for values in [-1, 1]",
    "ssim": "Wang et al. 2004, doi:10.1109/TIP.2003.819861; Gaussian window of 11, each colour",
    "lpips": "Zhang et al. 2018, arXiv:1801.03924; version 0.1, AlexNet, no resize",
}


def compare(
    names: list[str], made: Path, real: Path, num: int, window: Window, device: torch.device
) -> tuple[dict[str, Number], dict[str, Any]]:
    """Return the mean of each metric over frames and clips, its error over clips, and the card.

    Raises:
        UserError: if no names agree, or clips of one name differ in size or length.
    """
    metrics = {name: _metric(name, device) for name in names}
    sides = [FolderClips(made, num), FolderClips(real)]
    partners = {path.relative_to(real).with_suffix(""): path for path in sides[1].files}
    values: dict[str, list[float]] = {name: [] for name in names}
    for shown in track(sides[0].clips(), len(sides[0]), "comparing pairs"):
        partner = partners.get(Path(shown.name).with_suffix(""))
        other = None if partner is None else sides[1].read(partner)
        if other is None:
            continue
        pair = [window.cut(to_clip(clip.frames)[None].to(device)) for clip in (shown, other)]
        if pair[0].shape != pair[1].shape:
            shapes = " and ".join("x".join(map(str, clip.shape[2:])) for clip in pair)
            raise UserError(f"the two clips named {shown.name} differ: {shapes}")
        if pair[0].shape[2] < window.frames:
            raise UserError(f"{shown.name} is too short for {window.frames} frames; give --frames")
        for name, metric in metrics.items():
            with torch.inference_mode():
                values[name].append(metric(*pair).double().mean().item())
    count = len(values[names[0]])
    if not count:
        raise UserError(f"no clip of {made} has a partner of the same name in {real}")
    numbers = {name: _mean(found) for name, found in values.items()}
    about = {
        "window": window.about(),
        "values": "[-1, 1]",
        "made": {"n": count, **sides[0].about()},
        "real": {"n": count, **sides[1].about()},
        "warnings": ["files are lossy: their own loss is in the numbers"],
    }
    if "lpips" in names:
        about["weights"] = hash_of(weights_path("lpips"))
    return numbers, about


def _metric(name: str, device: torch.device) -> Compare:
    if name != "lpips":
        return {"psnr": psnr, "ssim": ssim}[name]
    net = Lpips("alex")
    net.load_state_dict(load_weights("lpips"))
    return net.eval().requires_grad_(False).to(device).clips


def _mean(values: list[float]) -> Number:
    found = torch.tensor(values, dtype=torch.float64)
    error = (found.std() / len(found) ** 0.5).item() if len(found) > 1 else None
    return Number(found.mean().item(), error)
