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
from animatic.pipelines.evaluation.sets import Number, mean_of
from animatic.pipelines.evaluation.sources import FolderClips
from animatic.pipelines.progress import track
from animatic.pipelines.weights import load_network, weights_path
from animatic.storage.published import hash_of
from animatic.types import Clips, to_clip

Compare = Callable[[Clips, Clips], Tensor]
"""Two clips to a number for each frame."""

SOURCES = {
    "psnr": "peak signal-to-noise ratio of a frame in dB, peak 2 for values in [-1, 1]; equal "
    "frames, whose ratio has no limit, are left out",
    "ssim": "Wang et al. 2004, doi:10.1109/TIP.2003.819861; Gaussian window of 11, each colour",
    "lpips": "Zhang et al. 2018, arXiv:1801.03924; version 0.1, AlexNet, no resize",
    "lpips-vgg": "Zhang et al. 2018, arXiv:1801.03924; version 0.1, VGG16, no resize",
}

BACKBONES = {"lpips": "alex", "lpips-vgg": "vgg"}

SMALLEST = {"psnr": 1, "ssim": 11, "lpips": 35, "lpips-vgg": 16}
"""Pixels of height and width that each needs."""


def compare(
    names: list[str], made: Path, real: Path, num: int, window: Window, device: torch.device
) -> tuple[dict[str, Number], dict[str, Any]]:
    """Return the mean of each metric over frames and clips, its error over clips, and the card.

    Raises:
        UserError: if no names agree, or clips of one name differ in size or length or are small.
    """
    metrics = {name: _metric(name, device) for name in names}
    sides = [FolderClips(made, num), FolderClips(real)]
    partners = {path.relative_to(real).with_suffix(""): path for path in sides[1].files}
    values: dict[str, list[float]] = {name: [] for name in names}
    count, alone, num_equal = 0, [], 0
    for shown in track(sides[0].clips(), len(sides[0]), "comparing pairs"):
        partner = partners.get(Path(shown.name).with_suffix(""))
        other = None if partner is None else sides[1].read(partner)
        if other is None:
            alone.append(shown.name)
            continue
        pair = [window.cut(to_clip(clip.frames)[None].to(device)) for clip in (shown, other)]
        _check(shown.name, pair, names, window)
        count += 1
        num_equal += int((pair[0] == pair[1]).all(dim=(1, 3, 4)).sum())  # type: ignore[call-overload]
        for name, metric in metrics.items():
            with torch.inference_mode():
                found = metric(*pair).double()
            if found.isfinite().any():
                values[name].append(found[found.isfinite()].mean().item())
    if not count:
        raise UserError(f"no clip of {made} has a partner of the same name in {real}")
    if not all(values.values()):
        raise UserError("all frames are equal to their partners: psnr has no limit")
    about = {
        "window": window.about(),
        "values": "[-1, 1]",
        "made": {"n": count, "without_partner": alone, **sides[0].about()},
        "real": {"n": count, **sides[1].about()},
        "equal_frames": num_equal,
        "warnings": ["the files' own loss, if any, is in the numbers"],
    }
    if alone:
        about["warnings"].append(f"{len(alone)} clips have no partner and are not counted")
    for name in names:
        if name in BACKBONES:
            about[f"weights of {name}"] = hash_of(weights_path(name))
    return {name: mean_of(torch.tensor(found)) for name, found in values.items()}, about


def _check(name: str, pair: list[Clips], metrics: list[str], window: Window) -> None:
    if pair[0].shape != pair[1].shape:
        shapes = " and ".join("x".join(map(str, clip.shape[2:])) for clip in pair)
        raise UserError(f"the two clips named {name} differ: {shapes}")
    if pair[0].shape[2] < window.frames:
        raise UserError(f"{name} is too short for {window.frames} frames; give --frames")
    for metric in metrics:
        if min(pair[0].shape[3:]) < SMALLEST[metric]:
            raise UserError(f"{metric} needs {SMALLEST[metric]} pixels each way, {name} has fewer")


def _metric(name: str, device: torch.device) -> Compare:
    if name not in BACKBONES:
        return {"psnr": psnr, "ssim": ssim}[name]
    return load_network(name, Lpips(BACKBONES[name]), device).clips
