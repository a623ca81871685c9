"""Numbers for which a classifier is trained: on generated clips, or on real ones."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from animatic.errors import UserError
from animatic.metrics.stage_net import Classifier
from animatic.pipelines.evaluation.eyes import Window
from animatic.pipelines.evaluation.sets import Number, check_alike, share_of
from animatic.pipelines.evaluation.sources import Shown, Source, chosen
from animatic.pipelines.naming import fit, named
from animatic.pipelines.progress import track
from animatic.types import Frames, to_clip

SOURCES = {
    "cas": "classification accuracy score: trained on generated clips, tested on real ones; "
    "Ravuri & Vinyals 2019, arXiv:1905.10887, with another classifier",
    "accuracy": "trained on real clips, tested on generated ones; after Li et al. 2018, "
    "arXiv:1710.00421, with another classifier",
}

DIM = 16
"""Channels of the classifier's first layer."""

EPOCHS = 20
"""How often it sees each clip."""

FACTORS = {1: ("class",), 2: ("action", "scene")}
"""What is named, by the number of labels."""

Right = dict[str, float]
"""Shares of clips that are named rightly, by what is named."""


class Told(NamedTuple):
    """Clips in memory with what they show."""

    clips: list[Frames]
    classes: Int[Tensor, "n factors"]


def classify(
    names: list[str],
    made: Source,
    real: Source,
    rest: Source | None,
    window: Window,
    device: torch.device,
) -> tuple[dict[str, Number], dict[str, Any]]:
    """Return the accuracies by name, and the card.

    In the place of generated clips stand real ones (`rest`): to train on for `cas`, to be tested
    for `accuracy`. Both classifiers learn equally many clips.

    Raises:
        UserError: if it is not known what clips show, the two sets have other classes or sizes, or
            `accuracy` has no real clips to train on.
    """
    if rest is None and "accuracy" in names:
        raise UserError("accuracy trains on real clips that are not counted; give more of them")
    sources = {"made": made, "real": real} | ({} if rest is None else {"floor": rest})
    shown = {name: _read(source, window, name) for name, source in sources.items()}
    depth = min(len(labels) for labels in made.labels())  # real clips may have more labels
    if depth:
        shown = {
            name: [clip._replace(labels=clip.labels[:depth]) for clip in clips]
            for name, clips in shown.items()
        }
    check_alike(made.about(), real.about())
    known = _classes(shown)
    told = {name: _told(clips, known) for name, clips in shown.items()}
    counts = [len(classes) for classes in known]
    num_learnt = min(len(told[name].clips) for name in told if name != "real")
    by_real = None if rest is None else _taught(told["floor"], num_learnt, counts, device)
    floor = None if by_real is None else _right(by_real, told["real"])
    numbers: dict[str, Number] = {}
    if "cas" in names:
        right = _right(_taught(told["made"], num_learnt, counts, device), told["real"])
        numbers |= _numbers("cas", right, floor, len(told["real"].clips))
    if "accuracy" in names and by_real is not None:
        right = _right(by_real, told["made"])
        numbers |= _numbers("accuracy", right, floor, len(told["made"].clips))
    card = {
        "network": f"{DIM} to {8 * DIM} channels, trained here, {EPOCHS} epochs, seed 0",
        "learnt": num_learnt,
        "window": window.about(),
        "values": "[-1, 1]",
        **{
            name: {"n": len(told[name].clips), **source.about()} for name, source in sources.items()
        },
        "warnings": [] if rest is not None else ["no real clips were left for a floor"],
    }
    return numbers, card


def _classes(shown: dict[str, list[Shown]]) -> list[list[str]]:
    """Return the names of the classes, of each thing that is named.

    Raises:
        UserError: if a clip has none, or they are not those of the other clips.
    """
    seen = {name: {clip.labels for clip in clips} for name, clips in shown.items()}
    depths = {len(labels) for found in seen.values() for labels in found}
    if len(depths) != 1 or not depths <= FACTORS.keys():
        raise UserError(
            "clips must lie in one subfolder a class, or action/scene, the same way in both sets; "
            f"found levels: {', '.join(map(str, sorted(depths)))}"
        )
    levels = {
        name: [set(level) for level in zip(*found, strict=True)] for name, found in seen.items()
    }
    for name, found in levels.items():
        for level, wanted in zip(found, levels["real"], strict=True):
            if level != wanted:
                odd = ", ".join(sorted(level ^ wanted))
                raise UserError(f"the classes of {name} and real clips differ: {odd}")
    if any(len(level) < 2 for level in levels["real"]):
        raise UserError("a classifier needs two classes at least, a subfolder each")
    return [sorted(level) for level in levels["real"]]


def _read(source: Source, window: Window, name: str) -> list[Shown]:
    clips = [
        shown._replace(frames=shown.frames[window.places].copy())
        for shown in track(source.clips(), len(source), f"reading {name} clips")
        if window.fits(len(shown.frames))
    ]
    if len(clips) < 2:
        raise UserError(f"a classifier needs 2 clips of {window.frames} frames or more")
    return clips


def _told(clips: list[Shown], known: list[list[str]]) -> Told:
    classes = [
        [names.index(label) for names, label in zip(known, clip.labels, strict=True)]
        for clip in clips
    ]
    return Told([clip.frames for clip in clips], torch.tensor(classes))


def _taught(told: Told, num: int, counts: list[int], device: torch.device) -> Classifier:
    places = chosen(len(told.clips), num)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Classifier(counts, DIM).to(device)
        fit(net, [told.clips[place] for place in places], told.classes[places], epochs=EPOCHS)
    return net


def _right(net: Classifier, told: Told) -> Right:
    found = torch.tensor([named(net, to_clip(clip)) for clip in told.clips])
    right = (found == told.classes).double()
    shares = dict(zip(FACTORS[right.shape[1]], right.mean(0).tolist(), strict=True))
    return shares if len(shares) == 1 else {**shares, "joint": right.prod(1).mean().item()}


def _numbers(name: str, right: Right, floor: Right | None, count: int) -> dict[str, Number]:
    return {
        f"{name} {part}": share_of(share, count, None if floor is None else floor[part])
        for part, share in right.items()
    }
