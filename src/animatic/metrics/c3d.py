"""The network of the inception score of UCF-101: C3D, trained on Sports-1M, then on UCF-101.

Source: Tran et al. 2015, arXiv:1412.0767; its use for generated clips, with the weights and the
preparation of frames, by Saito & Saito 2018, arXiv:1811.09245. Layers have the names of the
published weights, which nobody may ship: a person brings both files.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.errors import UserError
from animatic.types import Clips

NUM_FRAMES = 16
"""The one length that the network reads."""

SIDE = 112
"""Height and width that it was trained at."""

MARGIN = 8
"""Pixels of the published mean that lie above and left of what is read."""

NUM_CLASSES = 101

_CONVOLUTIONS = (
    ("conv1a", 3, 64, (1, 2, 2)),
    ("conv2a", 64, 128, (2, 2, 2)),
    ("conv3a", 128, 256, None),
    ("conv3b", 256, 256, (2, 2, 2)),
    ("conv4a", 256, 512, None),
    ("conv4b", 512, 512, (2, 2, 2)),
    ("conv5a", 512, 512, None),
    ("conv5b", 512, 512, (2, 2, 2)),
)
"""Each name, the channels it reads and writes, and the pooling behind it."""

_LINEAR = (("fc6", 512 * 4 * 4, 4096), ("fc7", 4096, 4096), ("fc8", 4096, NUM_CLASSES))


class C3D(nn.Module):
    """Clips of 16 frames to the logits of the classes of UCF-101."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, dim_in, dim_out, _ in _CONVOLUTIONS:
            self.add_module(name, nn.Conv3d(dim_in, dim_out, 3, padding=1))
        for name, dim_in, dim_out in _LINEAR:
            self.add_module(name, nn.Linear(dim_in, dim_out))
        self.register_buffer("mean", torch.zeros(3, NUM_FRAMES, SIDE, SIDE))

    def forward(self, clips: Clips) -> Float[Tensor, "b classes"]:
        """Return the logits of each clip.

        Raises:
            UserError: if clips do not have 16 frames.
        """
        if clips.shape[2] != NUM_FRAMES:
            raise UserError(f"C3D reads clips of {NUM_FRAMES} frames, not {clips.shape[2]}")
        hidden = self.prepared(clips)
        for name, _, _, pooling in _CONVOLUTIONS:
            hidden = F.relu(self.get_submodule(name)(hidden))
            if pooling is not None:
                hidden = F.max_pool3d(hidden, pooling, ceil_mode=True)
        hidden = F.relu(self.get_submodule("fc6")(hidden.flatten(1)))
        return self.get_submodule("fc8")(F.relu(self.get_submodule("fc7")(hidden)))

    def prepared(self, clips: Clips) -> Float[Tensor, "b 3 16 112 112"]:
        """Return frames as the network knows them: blue first, 0 to 256, less the mean frame."""
        size = (clips.shape[2], SIDE, SIDE)
        resized = F.interpolate(clips.flip(1) * 128, size, mode="trilinear", align_corners=True)
        return resized + 128 - self.mean


def from_published(files: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    """Return our weights from the arrays of the two published files, network and mean.

    Raises:
        UserError: if an array is missing or has another shape.
    """
    network, mean = files
    weights = {}
    try:
        for name in (layer[0] for layer in (*_CONVOLUTIONS, *_LINEAR)):
            weights[f"{name}.weight"] = torch.from_numpy(network[f"{name}/W"]).float()
            weights[f"{name}.bias"] = torch.from_numpy(network[f"{name}/b"]).float()
        inside = slice(MARGIN, MARGIN + SIDE)
        frames = torch.from_numpy(mean["mean"]).float().squeeze(0)
        weights["mean"] = frames[:, :, inside, inside].contiguous()
    except (KeyError, IndexError) as error:
        raise UserError(f"these are not the files of C3D: {error} is missing") from error
    with torch.device("meta"):
        wanted = {name: tensor.shape for name, tensor in C3D().state_dict().items()}
    for name, shape in wanted.items():
        if weights[name].shape != shape:
            found = tuple(weights[name].shape)
            raise UserError(f"{name} of C3D has the shape {tuple(shape)}, not {found}")
    return weights
