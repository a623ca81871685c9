"""The sketch: every frame at a quarter of its size, as a few numbers.

A sketch is cut into groups of consecutive frames, and each is written in its leading principal
components. They are fitted once, at the start of training, and need no gradient: 4 tokens of 512
numbers keep 30 dB of a 32x16x16 sketch of Stage (docs/log.md).
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.t2v.sketch.config import SketchConfig
from animatic.types import Clips


def shrink(clips: Clips, size: int) -> Float[Tensor, "b c t size size"]:
    """Return the clips at `size` x `size` pixels by averaging areas."""
    num_frames = clips.shape[2]
    return F.adaptive_avg_pool3d(clips, (num_frames, size, size))


class Basis(nn.Module):
    """Sketches to tokens and back, by principal components (Pearson 1901).

    Tokens have unit mean square over a data set. Buffers: `mean` and `components` of a frame group
    (rows orthonormal), `scale` by which each coefficient is divided, and `spread`, the deviation
    that it then has.
    """

    def __init__(self, config: SketchConfig) -> None:
        super().__init__()
        self.config = config
        self.mean: Tensor
        self.components: Tensor
        self.scale: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.zeros(config.group_values))
        self.register_buffer("components", torch.zeros(config.token_dim, config.group_values))
        self.register_buffer("scale", torch.ones(config.token_dim))
        self.register_buffer("spread", torch.ones(config.token_dim))

    def encode(self, sketches: Clips) -> Float[Tensor, "b n d"]:
        """Return the tokens of whole groups of frames, in order of time."""
        return (self.groups(sketches) - self.mean) @ self.components.T / self.scale

    def decode(self, tokens: Float[Tensor, "b n d"]) -> Clips:
        """Return the sketches that tokens stand for; undoes `encode` within the components."""
        groups = tokens * self.scale @ self.components + self.mean
        return rearrange(
            groups,
            "b n (c t h w) -> b c (n t) h w",
            c=3,
            t=self.config.group_frames,
            h=self.config.sketch_size,
        )

    def groups(self, sketches: Clips) -> Float[Tensor, "b n _"]:
        """Return the values of each group of frames in a row."""
        return rearrange(sketches, "b c (n t) h w -> b n (c t h w)", t=self.config.group_frames)

    @torch.no_grad()
    def fit(self, moments: "Moments") -> None:
        """Set the buffers from what was measured."""
        mean, covariance = moments.mean_and_covariance()
        keep = self.config.token_dim
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # the sketch of the covariance is random, but every run's the same
            _, values, vectors = torch.svd_lowrank(
                covariance.cpu(), q=min(keep + 32, len(mean)), niter=6
            )
        deviations = values[:keep].clamp(min=1e-8).sqrt()
        powered = deviations**self.config.whitening
        self.mean.copy_(mean)
        self.components.copy_(vectors[:, :keep].T)
        self.scale.copy_(powered * (deviations / powered).square().mean().sqrt())
        self.spread.copy_(deviations / self.scale)


class Moments(nn.Module):
    """Running sums from which the mean and covariance of frame groups follow."""

    def __init__(self, num_values: int) -> None:
        super().__init__()
        self.count: Tensor
        self.total: Tensor
        self.products: Tensor
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("total", torch.zeros(num_values, dtype=torch.float64))
        self.register_buffer("products", torch.zeros(num_values, num_values))

    @torch.no_grad()
    def add(self, groups: Float[Tensor, "b n d"]) -> None:
        """Count the groups of one batch."""
        rows = rearrange(groups, "b n d -> (b n) d")
        self.count += len(rows)
        self.total += rows.sum(0, dtype=torch.float64)
        self.products.addmm_(rows.T, rows)

    def mean_and_covariance(self) -> tuple[Tensor, Tensor]:
        """Return both as float32."""
        mean = self.total / self.count
        covariance = self.products.double() / self.count - torch.outer(mean, mean)
        return mean.float(), covariance.float()
