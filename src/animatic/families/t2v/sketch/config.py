"""Settings of the two-stage sketch family member, and its presets."""

from dataclasses import dataclass

from animatic.errors import UserError
from animatic.types import ClipShape


@dataclass(frozen=True)
class SketchConfig:
    """A sketch of each frame by flow matching, then details by an adversarial generator.

    All lengths are pixels, frames or numbers of values; all weights and rates have no unit. The
    values are our choice unless a source is named; docs/log.md has the few that were compared.
    """

    num_frames: int = 32
    """Frames of a clip (Li et al. 2018, arXiv:1710.00421)."""
    size: int = 64
    """Height and width of a clip in pixels (Li et al. 2018)."""
    fps: float = 12.0
    """Frames per second of a clip."""

    sketch_size: int = 16
    """Height and width of the sketch in pixels."""
    group_frames: int = 8
    """Consecutive sketch frames that make one token; in wide tokens, few of them, learning is twice
    as fast (docs/log.md)."""
    token_dim: int = 512
    """Principal components that are kept of one token; with 256 limbs are lost (docs/log.md)."""
    whitening: float = 0.5
    """Exponent of a component's deviation by which it is divided: 0 leaves pixels, 1 whitens."""
    basis_steps: int = 100
    """Steps at the start that only measure the covariance from which the components come."""

    sketcher_dim: int = 256
    """Width of the sketching transformer."""
    sketcher_layers: int = 6
    """Blocks of the sketching transformer."""
    sketcher_heads: int = 8
    """Attention heads in each block."""
    num_draws: int = 4
    """Pairs of noise and time that are drawn for each clip in a step."""
    drop_text: float = 0.1
    """Share of draws that see no text, so that guidance has something to lead away from."""
    guidance: float = 3.0
    """How far a sample is led from what no text gives towards what the text gives; 1 is not led
    (Ho & Salimans 2022, arXiv:2207.12598)."""
    sample_steps: int = 10
    """Euler steps from noise to a sketch."""

    detail_dim: int = 64
    """Channels of the detail generator at its finest level; coarser ones have twice and four times
    as many."""
    critic_dim: int = 48
    """Channels of the critics at their finest level."""
    style_dim: int = 256
    """Length of the vector by which text and noise steer the details."""
    noise_dim: int = 64
    """Length of the noise vector of the details."""
    window_frames: int = 16
    """Frames of the windows on which the details are trained."""
    detail_clips: int = 4
    """Clips of each batch part on which the details are trained."""
    critic_frames: int = 4
    """Frames of a window that the spatial critic judges."""
    adversarial_start: int = 300
    """Step after which the critics join; before it details only learn to reconstruct."""
    sketch_noise: float = 0.1
    """Largest deviation of noise on the sketch's tokens in detail training, in units of a token's
    deviation: real sketches are cleaner than drawn ones."""

    reconstruction_weight: float = 5.0
    """Weight of the absolute error of the details."""
    adversarial_weight: float = 1.0
    """Weight of the critics in the loss of the details."""
    wrong_text_weight: float = 0.5
    """Weight of real clips with wrong text in the critics' loss (TFGAN: 0.5)."""
    penalty: float = 0.3
    """Weight of the gradient penalties on real and generated clips (Huang et al. 2024)."""
    penalty_every: int = 4
    """Steps between gradient penalties."""

    sketcher_rate: float = 1e-3
    """Adam's learning rate of the sketching transformer."""
    detail_rate: float = 5e-4
    """Adam's learning rate of the detail generator."""
    critic_rate: float = 5e-4
    """Adam's learning rate of the critics."""
    warmup_steps: int = 200
    """Steps over which the learning rates rise from zero."""
    ema_decay: float = 0.999
    """Decay of the averaged weights that sampling uses."""

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together.

        Raises:
            UserError: naming both numbers.
        """
        for whole, part in (
            ("size", "sketch_size"),
            ("num_frames", "group_frames"),
            ("num_frames", "window_frames"),
            ("window_frames", "group_frames"),
            ("window_frames", "critic_frames"),
            ("sketcher_dim", "sketcher_heads"),
        ):
            if getattr(self, whole) % getattr(self, part):
                raise UserError(
                    f"{whole} {getattr(self, whole)} must be a multiple of "
                    f"{part} {getattr(self, part)}"
                )
        if self.sketch_size % 4 or self.size != 4 * self.sketch_size:
            raise UserError(
                f"size {self.size} must be 4 times sketch_size {self.sketch_size}, "
                "and sketch_size a multiple of 4"
            )
        if self.window_frames % 4:
            raise UserError(f"window_frames {self.window_frames} must be a multiple of 4")

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        return ClipShape(self.num_frames, self.size, self.size, self.fps)

    @property
    def num_tokens(self) -> int:
        """Tokens of one sketch."""
        return self.num_frames // self.group_frames

    @property
    def group_values(self) -> int:
        """Values of the sketch frames that make one token."""
        return 3 * self.group_frames * self.sketch_size**2


SKETCH_PRESETS = {
    "small": SketchConfig(),
    "tiny": SketchConfig(
        num_frames=8,
        size=16,
        sketch_size=4,
        group_frames=4,
        token_dim=24,
        basis_steps=2,
        sketcher_dim=32,
        sketcher_layers=1,
        sketcher_heads=2,
        sample_steps=2,
        detail_dim=8,
        critic_dim=8,
        style_dim=16,
        noise_dim=4,
        window_frames=4,
        detail_clips=2,
        critic_frames=2,
        adversarial_start=4,
        penalty_every=1,
        warmup_steps=1,
    ),
}
