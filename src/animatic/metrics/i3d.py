"""The inflated Inception network that was trained on Kinetics-400: the eyes of the FVD.

Source: Carreira & Zisserman 2017, arXiv:1705.07750; its use by Unterthiner et al. 2018,
arXiv:1812.01717. Layers have the names of the published weights.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.types import Clips

MIN_FRAMES = 9
"""Fewer frames leave nothing to average over."""

SIDE = 224
"""Height and width that the network was trained at."""

NUM_CLASSES = 400

_MIXED = {
    "Mixed_3b": (192, (64, 96, 128, 16, 32, 32)),
    "Mixed_3c": (256, (128, 128, 192, 32, 96, 64)),
    "Mixed_4b": (480, (192, 96, 208, 16, 48, 64)),
    "Mixed_4c": (512, (160, 112, 224, 24, 64, 64)),
    "Mixed_4d": (512, (128, 128, 256, 24, 64, 64)),
    "Mixed_4e": (512, (112, 144, 288, 32, 64, 64)),
    "Mixed_4f": (528, (256, 160, 320, 32, 128, 128)),
    "Mixed_5b": (832, (256, 160, 320, 32, 128, 128)),
    "Mixed_5c": (832, (384, 192, 384, 48, 128, 128)),
}
"""Channels that each mixed layer reads, and those of its six convolutions."""

_KINDS = {"kernel": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var"}

Grid = tuple[int, int, int]


class I3D(nn.Module):
    """Clips to the mean logits of 400 classes of human action."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit(3, 64, (7, 7, 7), (2, 2, 2))
        self.Conv3d_2b_1x1 = Unit(64, 64)
        self.Conv3d_2c_3x3 = Unit(64, 192, (3, 3, 3))
        for name, (dim_in, dims) in _MIXED.items():
            self.add_module(name, Mixed(dim_in, dims))
        self.Logits = nn.Conv3d(1024, NUM_CLASSES, 1)
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def forward(self, clips: Clips) -> Float[Tensor, "b classes"]:
        """Return the logits of each clip, which must have `MIN_FRAMES` frames or more.

        Clips are enlarged to 224x224, bilinearly, about the centres of pixels.
        """
        frames = clips.transpose(1, 2).flatten(0, 1)
        frames = F.interpolate(frames, (SIDE, SIDE), mode="bilinear")
        x = frames.unflatten(0, (len(clips), -1)).transpose(1, 2)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        x = _pooled(self.Conv3d_1a_7x7(x), (1, 3, 3), (1, 2, 2))
        x = _pooled(self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x)), (1, 3, 3), (1, 2, 2))
        x = _pooled(self._mixed("3", "bc", x), (3, 3, 3), (2, 2, 2))
        x = _pooled(self._mixed("4", "bcdef", x), (2, 2, 2), (2, 2, 2))
        x = self._mixed("5", "bc", x)
        x = F.avg_pool3d(x, (2, 7, 7), 1)
        return self.Logits(x).mean((2, 3, 4))

    def _mixed(self, level: str, letters: str, x: Tensor) -> Tensor:
        for letter in letters:
            x = self.get_submodule(f"Mixed_{level}{letter}")(x)
        return x


class Unit(nn.Module):
    """Convolution, batch normalisation without a gain, rectifier."""

    def __init__(
        self, dim_in: int, dim_out: int, kernel: Grid = (1, 1, 1), stride: Grid = (1, 1, 1)
    ) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv = nn.Conv3d(dim_in, dim_out, kernel, stride, bias=False)
        self.norm = nn.BatchNorm3d(dim_out, eps=1e-3)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b _ _ _ _"]:
        """Return the next layer's channels."""
        return F.relu_(self.norm(self.conv(_padded(x, self.kernel, self.stride, 0.0))))


class Mixed(nn.Module):
    """Four branches side by side: single pixels, two sizes of neighbourhood, and the largest."""

    def __init__(self, dim_in: int, dims: tuple[int, ...]) -> None:
        super().__init__()
        near = (3, 3, 3)
        first, second = Unit(dim_in, dims[1]), Unit(dims[1], dims[2], near)
        third, fourth = Unit(dim_in, dims[3]), Unit(dims[3], dims[4], near)
        self.Branch_0 = _row(Conv3d_0a_1x1=Unit(dim_in, dims[0]))
        self.Branch_1 = _row(Conv3d_0a_1x1=first, Conv3d_0b_3x3=second)
        self.Branch_2 = _row(Conv3d_0a_1x1=third, Conv3d_0b_3x3=fourth)
        self.Branch_3 = _row(Conv3d_0b_1x1=Unit(dim_in, dims[5]))

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b _ t h w"]:
        """Return the channels of all branches."""
        largest = self.Branch_3(_pooled(x, (3, 3, 3), (1, 1, 1)))
        return torch.cat([self.Branch_0(x), self.Branch_1(x), self.Branch_2(x), largest], dim=1)


def _row(**layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(layers))


def _padded(x: Tensor, kernel: Grid, stride: Grid, value: float) -> Tensor:
    """Pad so that a window fits at every stride, the odd pixel behind, as in TensorFlow."""
    sides = []
    for size, window, step in zip(x.shape[2:], kernel, stride, strict=True):
        total = max((math.ceil(size / step) - 1) * step + window - size, 0)
        sides.append((total // 2, total - total // 2))
    flat = list(chain.from_iterable(reversed(sides)))
    return F.pad(x, flat, value=value) if any(flat) else x


def _pooled(x: Tensor, kernel: Grid, stride: Grid) -> Tensor:
    return F.max_pool3d(_padded(x, kernel, stride, float("-inf")), kernel, stride)


def from_published(nested: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights of `I3D` from the published arrays, nested by layer.

    Kernels there are time, height, width, channels in, channels out.
    """
    weights = {}
    for path, array in chain(_leaves(nested["params"]), _leaves(nested["batch_stats"])):
        layer, group, kind = path.rsplit(".", 2)
        if layer.startswith("Logits"):
            layer = "Logits"
        else:
            layer += ".conv" if group == "Conv_0" else ".norm"
        value = torch.from_numpy(array.copy())
        is_kernel = kind == "kernel"
        value = value.permute(4, 3, 0, 1, 2).contiguous() if is_kernel else value.flatten()
        weights[f"{layer}.{_KINDS[kind]}"] = value
        if kind == "mean":
            weights[f"{layer}.weight"] = torch.ones_like(value)
            weights[f"{layer}.num_batches_tracked"] = torch.tensor(0)
    return weights


def _leaves(nested: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in nested.items():
        here = f"{path}{name.replace('/', '.')}"
        if isinstance(value, Mapping):
            yield from _leaves(value, here + ".")
        else:
            yield here, value
