"""Pixels into channels, so that convolutions work where a CPU is fast."""

import torch
from einops import rearrange
from torch import Tensor, nn

Factors = tuple[int, int, int]
"""How many neighbours along time, height and width become channels."""


def fold(x: Tensor, factors: Factors) -> Tensor:
    """Move neighbouring pixels into channels: (b c t h w) to (b c*ft*fh*fw t/ft h/fh w/fw)."""
    ft, fh, fw = factors
    folded = rearrange(x, "b c (t ft) (h fh) (w fw) -> b (c ft fh fw) t h w", ft=ft, fh=fh, fw=fw)
    return folded.contiguous(memory_format=torch.channels_last_3d)


class Fold(nn.Module):
    """`fold` as a layer."""

    def __init__(self, *factors: int) -> None:
        super().__init__()
        self.factors = (factors[0], factors[1], factors[2])

    def forward(self, x: Tensor) -> Tensor:
        """Return the folded pixels."""
        return fold(x, self.factors)

    def extra_repr(self) -> str:
        """Say the factors when the network is printed."""
        return f"factors={self.factors}"
