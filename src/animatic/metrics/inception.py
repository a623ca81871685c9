"""The Inception network of the FID, with the quirks of the graph that made the published numbers.

Source: Szegedy et al. 2015, arXiv:1512.00567, as frozen in 2015 and used by Heusel et al. 2017,
arXiv:1706.08500: normalisation without a gain, averages that leave out the padding, and the largest
value instead of the average in the last block. Layers have the names of that graph.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SIDE = 299
"""Height and width that the network was trained at."""

DIM = 2048

Size = tuple[int, int]


class Inception(nn.Module):
    """Pictures to 2,048 features each."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = Unit(3, 32, (3, 3), stride=2, padded=False)
        self.conv_1 = Unit(32, 32, (3, 3), padded=False)
        self.conv_2 = Unit(32, 64, (3, 3))
        self.conv_3 = Unit(64, 80)
        self.conv_4 = Unit(80, 192, (3, 3), padded=False)
        self.mixed = Near(192, 32)
        self.mixed_1 = Near(256, 64)
        self.mixed_2 = Near(288, 64)
        self.mixed_3 = FirstShrinking()
        self.mixed_4 = Wide(128)
        self.mixed_5 = Wide(160)
        self.mixed_6 = Wide(160)
        self.mixed_7 = Wide(192)
        self.mixed_8 = SecondShrinking()
        self.mixed_9 = Split(1280, largest=False)
        self.mixed_10 = Split(2048, largest=True)

    def forward(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """Return the features of pictures with values in [-1, 1].

        They are resized to 299x299 bilinearly, about the centres of pixels, without filtering.
        """
        x = F.interpolate(pictures, (SIDE, SIDE), mode="bilinear")
        x = F.max_pool2d(self.conv_2(self.conv_1(self.conv(x))), 3, 2)
        x = F.max_pool2d(self.conv_4(self.conv_3(x)), 3, 2)
        for number in range(11):
            x = self.get_submodule(f"mixed_{number}" if number else "mixed")(x)
        return x.mean((2, 3))


class Unit(nn.Module):
    """Convolution, batch normalisation without a gain, rectifier."""

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        kernel: Size = (1, 1),
        *,
        stride: int = 1,
        padded: bool = True,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = (kernel[0] // 2, kernel[1] // 2) if padded else (0, 0)
        self.weight = nn.Parameter(torch.randn(dim_out, dim_in, *kernel) * 0.1)
        self.beta = nn.Parameter(torch.zeros(dim_out))
        self.mean: Tensor
        self.var: Tensor
        self.register_buffer("mean", torch.zeros(dim_out))
        self.register_buffer("var", torch.ones(dim_out))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        """Return the next layer's channels."""
        x = F.conv2d(x, self.weight, None, self.stride, self.padding)
        return F.relu_(F.batch_norm(x, self.mean, self.var, None, self.beta, eps=1e-3))


class Row(nn.Module):
    """Units one after the other: `conv`, `conv_1`, and so on."""

    def __init__(self, *units: Unit) -> None:
        super().__init__()
        for number, unit in enumerate(units):
            self.add_module(f"conv_{number}" if number else "conv", unit)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        """Return the last unit's channels."""
        for unit in self.children():
            x = unit(x)
        return x


class Near(nn.Module):
    """Single pixels, neighbourhoods of three and five, and the average."""

    def __init__(self, dim_in: int, dim_pooled: int) -> None:
        super().__init__()
        self.conv = Unit(dim_in, 64)
        self.tower = Row(Unit(dim_in, 48), Unit(48, 64, (5, 5)))
        self.tower_1 = Row(Unit(dim_in, 64), Unit(64, 96, (3, 3)), Unit(96, 96, (3, 3)))
        self.tower_2 = Row(Unit(dim_in, dim_pooled))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ h w"]:
        """Return the channels of all branches."""
        return torch.cat([self.conv(x), self.tower(x), self.tower_1(x), _pool(self, x)], dim=1)


class FirstShrinking(nn.Module):
    """Halves height and width."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = Unit(288, 384, (3, 3), stride=2, padded=False)
        self.tower = Row(
            Unit(288, 64), Unit(64, 96, (3, 3)), Unit(96, 96, (3, 3), stride=2, padded=False)
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        """Return the channels of all branches."""
        return torch.cat([self.conv(x), self.tower(x), F.max_pool2d(x, 3, 2)], dim=1)


class Wide(nn.Module):
    """Single pixels, rows and columns of seven, and the average."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        across, down = (1, 7), (7, 1)
        self.conv = Unit(768, 192)
        self.tower = Row(Unit(768, dim), Unit(dim, dim, across), Unit(dim, 192, down))
        self.tower_1 = Row(
            Unit(768, dim),
            Unit(dim, dim, down),
            Unit(dim, dim, across),
            Unit(dim, dim, down),
            Unit(dim, 192, across),
        )
        self.tower_2 = Row(Unit(768, 192))

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ h w"]:
        """Return the channels of all branches."""
        return torch.cat([self.conv(x), self.tower(x), self.tower_1(x), _pool(self, x)], dim=1)


class SecondShrinking(nn.Module):
    """Halves height and width again."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = Row(Unit(768, 192), Unit(192, 320, (3, 3), stride=2, padded=False))
        self.tower_1 = Row(
            Unit(768, 192),
            Unit(192, 192, (1, 7)),
            Unit(192, 192, (7, 1)),
            Unit(192, 192, (3, 3), stride=2, padded=False),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        """Return the channels of all branches."""
        return torch.cat([self.tower(x), self.tower_1(x), F.max_pool2d(x, 3, 2)], dim=1)


class Split(nn.Module):
    """Single pixels, rows and columns of three side by side, and the average or largest value."""

    def __init__(self, dim_in: int, *, largest: bool) -> None:
        super().__init__()
        self.largest = largest
        self.conv = Unit(dim_in, 320)
        self.tower_conv = Unit(dim_in, 384)
        self.tower_mixed_conv = Unit(384, 384, (1, 3))
        self.tower_mixed_conv_1 = Unit(384, 384, (3, 1))
        self.tower_1_conv = Unit(dim_in, 448)
        self.tower_1_conv_1 = Unit(448, 384, (3, 3))
        self.tower_1_mixed_conv = Unit(384, 384, (1, 3))
        self.tower_1_mixed_conv_1 = Unit(384, 384, (3, 1))
        self.tower_2_conv = Unit(dim_in, 192)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ h w"]:
        """Return the channels of all branches."""
        first = self.tower_conv(x)
        second = self.tower_1_conv_1(self.tower_1_conv(x))
        pooled = F.max_pool2d(x, 3, 1, 1) if self.largest else _average(x)
        parts = [self.conv(x), self.tower_mixed_conv(first), self.tower_mixed_conv_1(first)]
        parts += [self.tower_1_mixed_conv(second), self.tower_1_mixed_conv_1(second)]
        return torch.cat([*parts, self.tower_2_conv(pooled)], dim=1)


def _pool(block: Near | Wide, x: Tensor) -> Tensor:
    return block.tower_2(_average(x))


def _average(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def from_published(named: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights of `Inception` from the published arrays."""
    prefix = "net.layers."
    return {name.removeprefix(prefix): torch.from_numpy(array) for name, array in named.items()}
