"""Perceptual distance of two pictures: a distance of the features of an image network.

Source: Zhang et al. 2018, arXiv:1801.03924; version 0.1 of its weights, for AlexNet and VGG16.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.types import Clips

_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)


class Layer(NamedTuple):
    """A convolution and its rectifier; `pooled` before it, `seen` by the distance after it."""

    dim: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    pooled: bool = False
    seen: bool = True


class Backbone(NamedTuple):
    """An image network without its classifier, and the window of its pooling."""

    layers: tuple[Layer, ...]
    window: int


BACKBONES = {
    "alex": Backbone(
        (
            Layer(64, 11, 4, 2),
            Layer(192, 5, 1, 2, pooled=True),
            Layer(384, pooled=True),
            Layer(256),
            Layer(256),
        ),
        3,
    ),
    "vgg": Backbone(
        tuple(
            Layer(dim, pooled=level > 0 and place == 0, seen=place == count - 1)
            for level, (dim, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)))
            for place in range(count)
        ),
        2,
    ),
}


class Lpips(nn.Module):
    """Distances of pictures; 0 for equal ones.

    Args:
        name: "alex" or "vgg".
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.backbone = BACKBONES[name]
        layers = self.backbone.layers
        dims = (3, *(layer.dim for layer in layers))
        self.layers = nn.ModuleList(
            nn.Conv2d(dim, layer.dim, layer.kernel, layer.stride, layer.padding)
            for dim, layer in zip(dims, layers, strict=False)
        )
        seen = [layer.dim for layer in layers if layer.seen]
        self.weigh = nn.ModuleList(nn.Conv2d(dim, 1, 1, bias=False) for dim in seen)

    def forward(
        self, one: Float[Tensor, "n 3 h w"], other: Float[Tensor, "n 3 h w"]
    ) -> Float[Tensor, " n"]:
        """Return the distance of each pair of pictures with values in [-1, 1]."""
        shift, scale = (torch.tensor(v, device=one.device).view(3, 1, 1) for v in (_SHIFT, _SCALE))
        x = (torch.cat([one, other]) - shift) / scale
        total = torch.zeros(len(one), device=one.device)
        weigh = iter(self.weigh)
        for layer, convolve in zip(self.backbone.layers, self.layers, strict=True):
            if layer.pooled:
                x = F.max_pool2d(x, self.backbone.window, 2)
            x = F.relu(convolve(x))
            if layer.seen:
                first, second = (x / (x.norm(dim=1, keepdim=True) + 1e-10)).chunk(2)
                total = total + next(weigh)((first - second).square()).mean((1, 2, 3))
        return total

    def clips(self, one: Clips, other: Clips) -> Float[Tensor, "b t"]:
        """Return the distance of each pair of frames."""
        pairs = (clips.transpose(1, 2).flatten(0, 1) for clips in (one, other))
        return self(*pairs).unflatten(0, (len(one), -1))


def from_published(nested: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights of `Lpips` from the published arrays, nested by layer.

    Kernels there are height, width, channels in, channels out.
    """

    def tensor(array: Any) -> Tensor:
        value = torch.from_numpy(array.copy())
        return value.permute(3, 2, 0, 1).contiguous() if value.ndim == 4 else value

    weights = {}
    kinds = {"kernel": "weight", "bias": "bias"}
    for part, layers in nested.items():
        for name, arrays in layers.items():
            number = (part if part.startswith("NetLin") else name).rpartition("_")[2]
            ours = "weigh" if part.startswith("NetLin") else "layers"
            for kind, array in arrays.items():
                weights[f"{ours}.{number}.{kinds[kind]}"] = tensor(array)
    return weights
