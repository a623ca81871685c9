"""Clips as tokens: patches that span several frames, each written in its principal components.

The components are fitted once, at the start of training, and need no gradient: 16 tokens of 160
numbers keep 30 dB of a 32x16x16 sketch of Stage (docs/log.md).
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from animatic.types import Clips


def shrink(clips: Clips, size: int) -> Float[Tensor, "b c t size size"]:
    """Return the clips at `size` x `size` pixels by averaging areas."""
    return F.avg_pool3d(clips, (1, clips.shape[3] // size, clips.shape[4] // size))


def enlarge(sketches: Clips, size: int) -> Float[Tensor, "b c t size size"]:
    """Return the sketches at `size` x `size` pixels, smoothly."""
    frames = rearrange(sketches, "b c t h w -> b (c t) h w").contiguous()
    enlarged = F.interpolate(frames, (size, size), mode="bilinear")
    return rearrange(enlarged, "b (c t) h w -> b c t h w", c=sketches.shape[1])


def cut(clips: Clips, frames: int, size: int) -> Float[Tensor, "b n d"]:
    """Return the values of each patch of so many frames, height and width in a row."""
    return rearrange(
        clips, "b c (n t) (i h) (j w) -> b (n i j) (c t h w)", t=frames, h=size, w=size
    )


class Basis(nn.Module):
    """Square patches of clips to tokens and back, by principal components (Pearson 1901).

    Tokens have unit mean square over a data set. Buffers: `mean` and `components` of a patch
    (rows orthonormal), `scale` by which each coefficient is divided, and `spread`, the deviation
    that it then has.

    Args:
        frames: frames of a patch.
        size: height and width of a patch in pixels.
        token_dim: components that are kept.
        whitening: exponent of a component's deviation by which it is divided: 0 leaves pixels,
            1 whitens.
        shift: pixels by which clips are moved right and down before they are cut; what leaves at
            one end enters at the other.
    """

    def __init__(
        self, frames: int, size: int, token_dim: int, whitening: float, shift: int = 0
    ) -> None:
        super().__init__()
        self.frames, self.size, self.whitening, self.shift = frames, size, whitening, shift
        self.mean: Tensor
        self.components: Tensor
        self.scale: Tensor
        self.spread: Tensor
        num_values = 3 * frames * size**2
        self.register_buffer("mean", torch.zeros(num_values))
        self.register_buffer("components", torch.zeros(token_dim, num_values))
        self.register_buffer("scale", torch.ones(token_dim))
        self.register_buffer("spread", torch.ones(token_dim))

    def encode(self, clips: Clips) -> Float[Tensor, "b n d"]:
        """Return the tokens of the patches: by time, then top to bottom, then left to right."""
        return (self.patches(clips) - self.mean) @ self.components.T / self.scale

    def decode(self, tokens: Float[Tensor, "b n d"], width: int) -> Clips:
        """Return the square clips that tokens stand for; undoes `encode` within the components."""
        clips = rearrange(
            tokens * self.scale @ self.components + self.mean,
            "b (n i j) (c t h w) -> b c (n t) (i h) (j w)",
            c=3,
            t=self.frames,
            h=self.size,
            w=self.size,
            i=width // self.size,
            j=width // self.size,
        )
        return self._moved(clips, -self.shift)

    def patches(self, clips: Clips) -> Float[Tensor, "b n d"]:
        """Return the values of each patch in a row."""
        return cut(self._moved(clips, self.shift), self.frames, self.size)

    @staticmethod
    def _moved(clips: Clips, pixels: int) -> Clips:
        return clips.roll((pixels, pixels), (3, 4)) if pixels else clips

    @torch.no_grad()
    def fit(self, moments: "Moments") -> None:
        """Set the buffers from what was measured."""
        mean, covariance = moments.mean_and_covariance()
        keep = len(self.scale)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # the sketch of the covariance is random, but every run's the same
            _, values, vectors = torch.svd_lowrank(
                covariance.cpu(), q=min(keep + 32, len(mean)), niter=6
            )
        deviations = values[:keep].clamp(min=1e-8).sqrt()
        powered = deviations**self.whitening
        self.mean.copy_(mean)
        self.components.copy_(vectors[:, :keep].T)
        self.scale.copy_(powered * (deviations / powered).square().mean().sqrt())
        self.spread.copy_(deviations / self.scale)


class Moments(nn.Module):
    """Running sums from which the mean and covariance of patches follow."""

    def __init__(self, num_values: int) -> None:
        super().__init__()
        self.count: Tensor
        self.total: Tensor
        self.products: Tensor
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("total", torch.zeros(num_values, dtype=torch.float64))
        self.register_buffer("products", torch.zeros(num_values, num_values))

    @torch.no_grad()
    def add(self, patches: Float[Tensor, "b n d"]) -> None:
        """Count the patches of one batch."""
        rows = rearrange(patches, "b n d -> (b n) d")
        self.count += len(rows)
        self.total += rows.sum(0, dtype=torch.float64)
        self.products.addmm_(rows.T, rows)

    def mean_and_covariance(self) -> tuple[Tensor, Tensor]:
        """Return both as float32."""
        mean = self.total / self.count
        covariance = self.products.double() / self.count - torch.outer(mean, mean)
        return mean.float(), covariance.float()
