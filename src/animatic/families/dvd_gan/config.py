"""Settings of DVD-GAN, and its presets."""

from dataclasses import dataclass

from animatic.errors import UserError
from animatic.types import ClipShape

SMALLEST = 4
"""Height and width of the first frames of the generator."""


@dataclass(frozen=True)
class DvdGanConfig:
    """Sizes, widths and training.

    Values are those of Clark et al. 2019, arXiv:1907.06571, where the comment says so, and our
    choice elsewhere. Sizes are pixels, frames or channels; weights and rates have no unit.
    """

    num_frames: int = 16
    """Frames of a clip."""
    size: int = 64
    """Height and width of a clip in pixels."""
    fps: float = 12.0
    """Frames per second of a clip."""
    num_classes: int = 16
    """Classes that are told apart."""

    latent_dim: int = 120
    """Length of the noise of a clip (paper)."""
    embedding_dim: int = 120
    """Length of the vector of a class (paper)."""
    width: int = 96
    """Channels that all others are multiples of. The paper's is not recovered."""
    generator_widths: tuple[int, ...] = (8, 8, 8, 4, 2)
    """Multiples of `width` at each resolution of the generator, from 4x4 up."""
    discriminator_widths: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Multiples of `width` after each block of the discriminators, from full resolution down."""
    discriminator_width: int = 96
    """Channels that those of the discriminators are multiples of."""
    sampled_frames: int = 8
    """Frames of a clip that the spatial discriminator sees, at full resolution (paper: k = 8)."""
    pooling: int = 2
    """Pixels that become one for the temporal discriminator, each way (paper)."""

    discriminator_steps: int = 2
    """Updates of the discriminators for each of the generator (paper)."""
    generator_rate: float = 1e-4
    """Adam's learning rate of the generator (paper)."""
    discriminator_rate: float = 5e-4
    """Adam's learning rate of the discriminators (paper, v2)."""
    truncation: float = 1.0
    """Deviation of the noise in sampling; less is plainer and more alike (paper: shows 0.44)."""
    beta2: float = 0.999
    """Adam's second decay; the first is 0 (Brock et al. 2019, arXiv:1809.11096)."""
    ema_decay: float = 0.9999
    """Decay of the averaged generator (paper)."""
    ema_start: int = 20_000
    """Step from which the average follows; before, it is the latest generator (paper)."""
    standing_batches: int = 16
    """Batches of generated clips whose statistics the averaged generator samples with."""

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together.

        Raises:
            UserError: naming both numbers.
        """
        if self.size != SMALLEST * 2 ** (len(self.generator_widths) - 1):
            raise UserError(
                f"size {self.size} must be {SMALLEST} doubled once for each of generator_widths "
                f"but one, {SMALLEST * 2 ** (len(self.generator_widths) - 1)}"
            )
        if not 1 <= self.sampled_frames <= self.num_frames:
            raise UserError(
                f"sampled_frames {self.sampled_frames} must be 1 to num_frames {self.num_frames}"
            )
        if self.size % self.pooling:
            raise UserError(f"size {self.size} must be a multiple of pooling {self.pooling}")

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        return ClipShape(self.num_frames, self.size, self.size, self.fps)


PRESETS = {
    "small": DvdGanConfig(
        width=16,
        discriminator_width=16,
        sampled_frames=4,
        generator_rate=2e-4,
        ema_decay=0.999,
        ema_start=500,
    ),
    "paper-64": DvdGanConfig(num_frames=48, num_classes=600),
    "paper-128": DvdGanConfig(
        num_frames=48, size=128, num_classes=600, generator_widths=(8, 8, 8, 4, 2, 1)
    ),
    "paper-256": DvdGanConfig(
        num_frames=48, size=256, num_classes=600, generator_widths=(8, 8, 8, 4, 4, 2, 1)
    ),
    "tiny": DvdGanConfig(
        num_frames=4,
        size=16,
        num_classes=3,
        latent_dim=8,
        embedding_dim=8,
        width=4,
        generator_widths=(2, 2, 1),
        discriminator_width=8,
        discriminator_widths=(1, 2),
        sampled_frames=2,
        generator_rate=2e-3,
        discriminator_rate=2e-3,
        ema_decay=0.9,
        ema_start=0,
        standing_batches=2,
    ),
}
