"""Two critics that judge a clip for its text, one by single frames and one by motion.

Source: the split into a spatial and a temporal critic, the latter on a halved clip, is DVD-GAN's
(Clark et al. 2019, arXiv:1907.06571); projection of the condition by Miyato & Koyama
2018, arXiv:1802.05637. No normalisation across clips.
"""

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.folding import Fold
from animatic.families.t2v.sketch.style import WordPool
from animatic.types import Clips, EncodedText


class Critics(nn.Module):
    """The spatial and the temporal critic of a clip; higher scores are more real."""

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__()
        dim, style_dim = config.critic_dim, config.style_dim
        self.read_words = WordPool(text_dim, style_dim)
        self.spatial = nn.Sequential(
            *_stage(3, dim, (1, 2, 2)),
            *_stage(dim, 2 * dim, (1, 2, 2)),
            *_stage(2 * dim, 4 * dim, (1, 2, 2)),
        )
        self.temporal = nn.Sequential(
            *_stage(3, dim, (1, 2, 2), over_time=True),
            *_stage(dim, 2 * dim, (2, 2, 2), over_time=True),
            *_stage(2 * dim, 4 * dim, (2, 2, 2), over_time=True),
        )
        self.judge_frames = Verdict(4 * dim, style_dim)
        self.judge_motion = Verdict(4 * dim, style_dim)

    def forward(
        self, clips: Clips, frames: Int[Tensor, " k"], *texts: EncodedText
    ) -> list[Float[Tensor, "b two"]]:
        """Return, for each way of matching texts to the clips, the scores of both critics.

        Args:
            clips: the clips; their number of frames must be a multiple of four.
            frames: which frames the spatial critic looks at.
            texts: one or several texts for each clip; looking at the clips is shared.
        """
        # In bf16 the slope that the gradient penalty measures would be rounding, and some 3D
        # convolutions give other bits each time on a CPU.
        with torch.autocast(clips.device.type, enabled=False):
            halved = F.avg_pool3d(clips, (1, 2, 2))
            seen = _pooled(self.spatial(clips[:, :, frames])), _pooled(self.temporal(halved))
            words = [self.read_words(text) for text in texts]
            return [
                torch.stack([self.judge_frames(seen[0], w), self.judge_motion(seen[1], w)], dim=1)
                for w in words
            ]


class Verdict(nn.Module):
    """How real the features are, and how well they fit the words."""

    def __init__(self, dim: int, style_dim: int) -> None:
        super().__init__()
        self.real = nn.Linear(2 * dim, 1)
        self.fit = nn.Linear(style_dim, 2 * dim)

    def forward(
        self, features: Float[Tensor, "b d"], words: Float[Tensor, "b s"]
    ) -> Float[Tensor, " b"]:
        """Return one score a clip."""
        match = (features * self.fit(words)).mean(dim=1)
        return self.real(features)[:, 0] + match


def _stage(
    dim_in: int, dim_out: int, factors: tuple[int, int, int], over_time: bool = False
) -> list[nn.Module]:
    """Fold pixels into channels, then mix them, and look around twice."""
    folded = dim_in * factors[0] * factors[1] * factors[2]
    kernel, padding = ((3, 3, 3), (1, 1, 1)) if over_time else ((1, 3, 3), (0, 1, 1))
    return [
        Fold(*factors),
        nn.Conv3d(folded, dim_out, 1),
        nn.LeakyReLU(0.2),
        nn.Conv3d(dim_out, dim_out, kernel, padding=padding),
        nn.LeakyReLU(0.2),
    ]


def _pooled(x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d"]:
    """Return the mean and the largest value of every channel."""
    mean = reduce(x, "b c t h w -> b c", "mean")
    largest = rearrange(x, "b c t h w -> b c (t h w)").amax(dim=2)
    return torch.cat([mean, largest], dim=1)
