"""The networks through which sets of clips are compared, and what they see of a source."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.errors import UserError
from animatic.metrics import c3d as c3d_net
from animatic.metrics import i3d as i3d_net
from animatic.metrics import inception as inception_net
from animatic.pipelines.evaluation.sources import Source
from animatic.pipelines.judge import load_judge
from animatic.pipelines.progress import track
from animatic.pipelines.weights import load_network, weights_path
from animatic.storage.published import hash_of
from animatic.types import Clips, to_clip


class Look(NamedTuple):
    """What a network makes of clips: features to compare, and logits of classes."""

    features: Float[Tensor, "b d"]
    logits: Float[Tensor, "b _"]


@dataclass(frozen=True)
class Eyes:
    """A frozen network, and what a protocol card says of it.

    `whole` clips are shown to it, or else the window of the protocol.
    """

    name: str
    look: Callable[[Clips], Look]
    about: dict[str, Any]
    whole: bool
    min_frames: int = 1


@dataclass(frozen=True)
class Window:
    """Which frames of a clip count: the first `frames`, `stride` apart."""

    frames: int = 16
    stride: int = 1

    @property
    def places(self) -> slice:
        """Where they are."""
        return slice(0, (self.frames - 1) * self.stride + 1, self.stride)

    def cut(self, clip: Clips) -> Clips:
        """Return the window."""
        return clip[:, :, self.places]

    def fits(self, num_frames: int) -> bool:
        """Return whether a clip has all these frames."""
        return num_frames >= self.places.stop

    def about(self) -> dict[str, Any]:
        """Return what a protocol card says of it."""
        return {"frames": self.frames, "stride": self.stride, "from": "first"}


@dataclass(frozen=True)
class Seen:
    """What networks saw of a source, by their names; one row a clip."""

    about: dict[str, Any]
    names: list[str]
    labels: list[tuple[str, ...]]
    looks: dict[str, Look]
    too_short: list[str]
    lengths: frozenset[int]

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.names)


def observe(
    source: Source, eyes: Sequence[Eyes], window: Window, title: str, device: torch.device
) -> Seen:
    """Show every clip to every network; only what these say is kept, so memory stays small.

    Raises:
        UserError: if a network needs more frames than the window has, or no clip is long enough.
    """
    for network in eyes:
        if not network.whole and window.frames < network.min_frames:
            raise UserError(
                f"{network.name} needs {network.min_frames} frames at least, not {window.frames}"
            )
    names: list[str] = []
    labels: list[tuple[str, ...]] = []
    too_short: list[str] = []
    lengths: set[int] = set()
    rows: dict[str, list[Look]] = {network.name: [] for network in eyes}
    for shown in track(source.clips(), len(source), title):
        if not window.fits(len(shown.frames)):
            too_short.append(shown.name)
            continue
        clip = to_clip(shown.frames)[None].to(device)
        with torch.inference_mode():
            for network in eyes:
                look = network.look(clip if network.whole else window.cut(clip))
                rows[network.name].append(Look(look.features.cpu(), look.logits.cpu()))
        names.append(shown.name)
        lengths.add(len(shown.frames))
        labels.append(shown.labels)
    if not names:
        raise UserError(
            f"no clip has the {window.frames} frames, {window.stride} apart, that are compared"
        )
    looks = {
        name: Look(*(torch.cat(parts) for parts in zip(*found, strict=True)))
        for name, found in rows.items()
    }
    return Seen(source.about(), names, labels, looks, too_short, frozenset(lengths))


@cache
def stage_net(device: torch.device) -> Eyes:
    """Return the judge that ships; it sees whole clips, as it was trained to."""
    net = copy.deepcopy(load_judge()).to(device)

    def look(clip: Clips) -> Look:
        features = net.features(clip)
        logits = torch.cat([net.name_action(features), net.name_scene(features)], dim=1)
        return Look(features, logits)

    with as_file(files("animatic") / "checkpoints" / "judge" / "stage_net.safetensors") as path:
        digest = hash_of(path)
    about = {"network": "stage-net", "weights": digest, "frames": "all", "resize": "none"}
    return Eyes("stage-net", look, about, whole=True)


@cache
def inception(device: torch.device) -> Eyes:
    """Return the network of the FID; it sees the frame in the middle of the window.

    Raises:
        UserError: if its weights were not fetched.
    """
    net = load_network("inception", inception_net.Inception(), device)
    side = inception_net.SIDE
    about = {
        "network": "Inception of 2015, features before the classifier",
        "resize": f"bilinear to {side}x{side}, pixel centres",
        "frame": "the middle one of the window",
    }
    return _eyes("inception", lambda clip: net(clip[:, :, clip.shape[2] // 2]), about)


@cache
def i3d(device: torch.device) -> Eyes:
    """Return the network of the FVD.

    Raises:
        UserError: if its weights were not fetched.
    """
    net, side = load_network("i3d", i3d_net.I3D(), device), i3d_net.SIDE
    about = {
        "network": "I3D, Kinetics-400, logits",
        "resize": f"bilinear to {side}x{side}, pixel centres",
    }
    return _eyes("i3d", net, about, i3d_net.MIN_FRAMES)


@cache
def c3d(device: torch.device) -> Eyes:
    """Return the network of the inception score of UCF-101.

    Raises:
        UserError: if its weights were not added.
    """
    net, side = load_network("c3d", c3d_net.C3D(), device), c3d_net.SIDE
    about = {
        "network": "C3D, UCF-101, logits",
        "resize": f"bilinear to {side}x{side}, corners aligned",
    }
    return _eyes("c3d", net, about, c3d_net.NUM_FRAMES)


def _eyes(
    name: str, net: Callable[[Clips], Tensor], about: dict[str, Any], min_frames: int = 1
) -> Eyes:
    """Return the eyes of a network whose one answer is both features and logits."""

    def look(clip: Clips) -> Look:
        found = net(clip)
        return Look(found, found)

    told = {**about, "weights": hash_of(weights_path(name))}
    return Eyes(name, look, told, whole=False, min_frames=min_frames)


EYES = {"stage-net": stage_net, "i3d": i3d, "inception": inception, "c3d": c3d}
"""The networks by name, each loaded when it is asked for."""
