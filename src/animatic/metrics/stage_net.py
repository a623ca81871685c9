"""The judge of Stage clips: a small 3D network that names the action and the scene.

It is trained on real renders and never sees a generated clip. Its numbers are labelled
`(stage-net)`: they compare models of Stage with one another and with real renders, nothing else.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.types import Clips

FRAME_STEP = 2
"""Every second frame is looked at."""


class Verdict(NamedTuple):
    """Unnormalised log-probabilities of every action and every scene."""

    actions: Float[Tensor, "b actions"]
    scenes: Float[Tensor, "b scenes"]


class ClipNet(nn.Module):
    """Five convolutions over space and time; the length and size of clips are free.

    Args:
        dim: channels of the first layer; later ones have up to eight times as many.
    """

    def __init__(self, dim: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Layer(3, dim, (1, 5, 5), (1, 2, 2)),
            Layer(dim, 2 * dim, (3, 3, 3), (1, 2, 2)),
            Layer(2 * dim, 4 * dim, (3, 3, 3), (2, 2, 2)),
            Layer(4 * dim, 4 * dim, (3, 3, 3), (1, 1, 1)),
            Layer(4 * dim, 8 * dim, (3, 3, 3), (2, 2, 2)),
        )
        self.dropout = nn.Dropout(0.3)
        self.num_features = 16 * dim
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def features(self, clips: Clips) -> Float[Tensor, "b d"]:
        """Return the mean and the largest value of every channel of the last layer."""
        seen = self.layers(
            clips[:, :, ::FRAME_STEP].contiguous(memory_format=torch.channels_last_3d)
        )
        return torch.cat([seen.mean((2, 3, 4)), seen.amax((2, 3, 4))], dim=1)


class StageNet(ClipNet):
    """Names the action and the scene."""

    def __init__(self, num_actions: int, num_scenes: int, dim: int = 32) -> None:
        super().__init__(dim)
        self.name_action = nn.Linear(self.num_features, num_actions)
        self.name_scene = nn.Linear(self.num_features, num_scenes)

    def forward(self, clips: Clips) -> Verdict:
        """Return what the clips seem to show."""
        features = self.dropout(self.features(clips))
        return Verdict(self.name_action(features), self.name_scene(features))


class Classifier(ClipNet):
    """Names any number of things of a clip, each of its own classes."""

    def __init__(self, num_classes: Sequence[int], dim: int = 32) -> None:
        super().__init__(dim)
        self.heads = nn.ModuleList(nn.Linear(self.num_features, count) for count in num_classes)

    def forward(self, clips: Clips) -> tuple[Float[Tensor, "b _"], ...]:
        """Return the logits of each thing."""
        features = self.dropout(self.features(clips))
        return tuple(head(features) for head in self.heads)


class Layer(nn.Module):
    """Convolution, batch normalisation, rectifier."""

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        kernel: tuple[int, int, int],
        stride: tuple[int, int, int],
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
        self.convolve = nn.Conv3d(dim_in, dim_out, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm3d(dim_out)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b _ _ _ _"]:
        """Return the next layer's channels."""
        return F.relu_(self.norm(self.convolve(x)))
