"""Distances of two clips, pixel by pixel."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from animatic.types import Clips


def psnr(made: Clips, real: Clips) -> Float[Tensor, "b t"]:
    """Return the peak signal-to-noise ratio of each frame in dB; infinite for equal frames.

    Values are in [-1, 1], so the peak is 2.
    """
    error = (made.double() - real.double()).square().mean((1, 3, 4))
    return 10 * torch.log10(4 / error)


def ssim(made: Clips, real: Clips) -> Float[Tensor, "b t"]:
    """Return the structural similarity of each frame, in [-1, 1]; 1 for equal frames.

    Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861: Gaussian window of 11 pixels and
    deviation 1.5, no padding, on each colour by itself, then averaged.
    """
    b, c, t = made.shape[:3]
    x, y = (clips.double().transpose(1, 2).flatten(0, 2)[:, None] for clips in (made, real))
    offsets = torch.arange(11, dtype=torch.float64, device=x.device) - 5
    weights = torch.exp(-offsets.square() / (2 * 1.5**2))
    window = torch.outer(weights, weights) / weights.sum() ** 2

    def blurred(z: Tensor) -> Tensor:
        return F.conv2d(z, window[None, None])

    mean_x, mean_y = blurred(x), blurred(y)
    var_x, var_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
    covariance = blurred(x * y) - mean_x * mean_y
    small = (2 * 0.01) ** 2, (2 * 0.03) ** 2
    similar = (2 * mean_x * mean_y + small[0]) * (2 * covariance + small[1])
    similar = similar / ((mean_x**2 + mean_y**2 + small[0]) * (var_x + var_y + small[1]))
    return similar.mean((1, 2, 3)).unflatten(0, (b, t, c)).mean(2)
