"""Stage two: details for a sketch, by a U-shaped network of factorised 3D convolutions.

Levels, for 32 frames at 64x64: pairs of frames at 16x16, then at 8x8, then four frames at 4x4. The
finest level writes patches of 2x4x4 pixels, which are added to the enlarged sketch. All of it is
convolutional in time, so windows of any multiple of four frames will do.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.folding import fold, unfold
from animatic.families.t2v.sketch.style import ChannelNorm, WordPool
from animatic.types import Clips, EncodedText


class Detailer(nn.Module):
    """Sketch, words and noise to a clip."""

    def __init__(self, config: SketchConfig, text_dim: int) -> None:
        super().__init__()
        dim, style_dim = config.detail_dim, config.style_dim
        self.read_words = WordPool(text_dim, style_dim)
        self.read_noise = nn.Linear(config.noise_dim, style_dim)
        self.enter = nn.Conv3d(6, dim, 3, padding=1)
        self.fine_in = StyledBlock(dim, style_dim)
        self.to_middle = nn.Conv3d(4 * dim, 2 * dim, 1)
        self.middle_in = StyledBlock(2 * dim, style_dim)
        self.to_coarse = nn.Conv3d(16 * dim, 4 * dim, 1)
        self.coarse = nn.ModuleList(StyledBlock(4 * dim, style_dim) for _ in range(2))
        self.from_coarse = nn.Conv3d(4 * dim, 16 * dim, 1)
        self.middle_out = nn.ModuleList(StyledBlock(2 * dim, style_dim) for _ in range(2))
        self.from_middle = nn.Conv3d(2 * dim, 4 * dim, 1)
        self.fine_out = StyledBlock(dim, style_dim)
        self.leave_norm = ChannelNorm(dim, style_dim)
        self.leave = nn.Conv3d(dim, 2 * 4 * 4 * 3, (1, 3, 3), padding=(0, 1, 1))

    def forward(
        self, sketches: Clips, text: EncodedText, noise: Float[Tensor, "b z"]
    ) -> Float[Tensor, "b c t 4*h 4*w"]:
        """Return clips at four times the sketches' size; they may leave [-1, 1] a little."""
        style = F.silu(self.read_words(text) + self.read_noise(noise))
        fine = self.fine_in(self.enter(fold(sketches, (2, 1, 1))), style)
        middle = self.middle_in(self.to_middle(fold(fine, (1, 2, 2))), style)
        coarse = self.to_coarse(fold(middle, (2, 2, 2)))
        for block in self.coarse:
            coarse = block(coarse, style)
        middle = middle + unfold(self.from_coarse(coarse), (2, 2, 2))
        for block in self.middle_out:
            middle = block(middle, style)
        fine = self.fine_out(fine + unfold(self.from_middle(middle), (1, 2, 2)), style)
        details = unfold(self.leave(F.silu(self.leave_norm(fine, style))), (2, 4, 4))
        return enlarge(sketches) + details


class StyledBlock(nn.Module):
    """A convolution over space and one over time, steered by the style, added to the input."""

    def __init__(self, dim: int, style_dim: int) -> None:
        super().__init__()
        self.space_norm = ChannelNorm(dim, style_dim)
        self.space = nn.Conv3d(dim, dim, (1, 3, 3), padding=(0, 1, 1))
        self.time_norm = ChannelNorm(dim, style_dim)
        self.time = nn.Conv3d(dim, dim, (3, 1, 1), padding=(1, 0, 0))
        nn.init.zeros_(self.time.weight)

    def forward(
        self, x: Float[Tensor, "b c t h w"], style: Float[Tensor, "b d"]
    ) -> Float[Tensor, "b c t h w"]:
        """Return the pixels after both convolutions."""
        change = self.space(F.silu(self.space_norm(x, style)))
        return x + self.time(F.silu(self.time_norm(change, style)))


def enlarge(sketches: Clips) -> Float[Tensor, "b c t 4*h 4*w"]:
    """Return the sketches at four times their size, smoothly."""
    num_frames, height, width = sketches.shape[2:]
    return F.interpolate(sketches, (num_frames, 4 * height, 4 * width), mode="trilinear")
