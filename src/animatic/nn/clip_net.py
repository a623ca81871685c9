"""A small convolutional network that looks at clips: the trunk of the judge and of a critic."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.types import Clips

FRAME_STEP = 2
"""Every second frame is looked at."""


class ClipNet(nn.Module):
    """Five convolutions over space and time; the length and size of clips are free.

    Args:
        dim: channels of the first layer; later ones have up to eight times as many.
        norm: makes the normalisation of so many channels.
    """

    def __init__(self, dim: int, norm: Callable[[int], nn.Module] = nn.BatchNorm3d) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Layer(3, dim, (1, 5, 5), (1, 2, 2), norm),
            Layer(dim, 2 * dim, (3, 3, 3), (1, 2, 2), norm),
            Layer(2 * dim, 4 * dim, (3, 3, 3), (2, 2, 2), norm),
            Layer(4 * dim, 4 * dim, (3, 3, 3), (1, 1, 1), norm),
            Layer(4 * dim, 8 * dim, (3, 3, 3), (2, 2, 2), norm),
        )
        self.num_features = 16 * dim
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def features(self, clips: Clips) -> Float[Tensor, "b d"]:
        """Return the mean and the largest value of every channel of the last layer."""
        seen = self.layers(
            clips[:, :, ::FRAME_STEP].contiguous(memory_format=torch.channels_last_3d)
        )
        return torch.cat([seen.mean((2, 3, 4)), seen.amax((2, 3, 4))], dim=1)


class Layer(nn.Module):
    """Convolution, normalisation, rectifier."""

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        kernel: tuple[int, int, int],
        stride: tuple[int, int, int],
        norm: Callable[[int], nn.Module],
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
        self.convolve = nn.Conv3d(dim_in, dim_out, kernel, stride, padding, bias=False)
        self.norm = norm(dim_out)

    def forward(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b _ _ _ _"]:
        """Return the next layer's channels."""
        return F.relu_(self.norm(self.convolve(x)))
