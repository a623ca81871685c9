"""Settings of the two-stage sketch family member, and its presets."""

from dataclasses import dataclass

from animatic.errors import UserError
from animatic.types import ClipShape

NORM_GROUPS = 4
"""Groups of channels that the critic normalises by themselves."""


@dataclass(frozen=True)
class SketchConfig:
    """A sketch of each frame, then its details, both by flow matching, and a critic.

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
    patch_frames: int = 8
    """Consecutive frames that one token spans, of the sketch and of the details."""
    sketch_patch: int = 8
    """Height and width, in pixels of the sketch, that one of its tokens spans. Tokens of the whole
    frame learn much more slowly (docs/log.md)."""
    sketch_shift: int = 4
    """Pixels by which a sketch is moved before it is cut, so that one token holds the middle, where
    people stand: their halves in two tokens do not fit together (docs/log.md)."""
    detail_patch: int = 16
    """Height and width in pixels that one token of details spans."""
    sketch_components: int = 192
    """Principal components of a token of the sketch."""
    detail_components: int = 384
    """Principal components of a token of details."""
    whitening: float = 0.5
    """Exponent of a component's deviation by which it is divided: 0 leaves pixels, 1 whitens."""
    basis_steps: int = 100
    """Steps at the start that only measure sketches, and as many more that measure details, from
    whose covariances the components come."""
    measured_patches: int = 8
    """Patches of details that are measured of each clip."""

    every_word: bool = True
    """Whether all networks read word by word, or the mean of all words only, for comparison."""
    dim: int = 256
    """Width of both transformers."""
    num_layers: int = 6
    """Blocks of each transformer."""
    num_heads: int = 4
    """Attention heads in each block."""
    num_draws: int = 4
    """Pairs of noise and time that are drawn for each sketch in a step."""
    drop_text: float = 0.1
    """Share of draws that see no text, so that guidance has something to lead away from."""
    guidance: float = 4.0
    """How far a sketch is led from what no text gives towards what the text gives; 1 is not led
    (Ho & Salimans 2022, arXiv:2207.12598)."""
    sketch_steps: int = 8
    """Euler steps from noise to a sketch."""
    detail_guidance: float = 1.0
    """The same as `guidance`, for details."""
    detail_steps: int = 3
    """Euler steps from noise to details."""
    sketch_noise: float = 0.2
    """Largest deviation of noise on the sketches that are given when details are learnt, in units
    of a token's deviation: real sketches are cleaner than drawn ones."""

    critic_dim: int = 16
    """Channels of the critic's first layer. Convolutions learn actions from a tenth of the clips
    that a transformer of tokens needs (docs/log.md)."""
    critic_noise: float = 0.05
    """Deviation of the noise on pixels of real clips when the critic learns which text fits."""
    drawn_clips: int = 4
    """Clips of each batch part that are drawn anew, for the critic to compare with real ones."""
    adversarial_start: int = 500
    """Step, counted from the fitted bases, after which clips are drawn; before it the critic only
    learns which text fits."""
    adversarial_every: int = 4
    """Steps between those in which clips are drawn, for the critic and the details to learn by."""
    adversarial_weight: float = 0.1
    """Weight of the critic in the loss of the details; 0 leaves them blurred (docs/log.md)."""
    wrong_text_weight: float = 0.5
    """Weight of real clips with wrong text in the critic's loss (TFGAN: 0.5)."""
    penalty: float = 1.0
    """Weight of the gradient penalties on real and generated clips (Huang et al. 2024)."""
    penalty_every: int = 2
    """Drawings between gradient penalties."""

    generator_steps: int = 1_000_000
    """Steps, counted from the fitted bases, in which the generator learns; after them it stays as
    it is and the critic goes on."""

    flow_rate: float = 1e-3
    """Adam's learning rate of both transformers."""
    critic_rate: float = 1e-3
    """Adam's learning rate of the critic."""
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
            ("sketch_size", "sketch_patch"),
            ("size", "detail_patch"),
            ("num_frames", "patch_frames"),
            ("dim", "num_heads"),
        ):
            if getattr(self, whole) % getattr(self, part):
                raise UserError(
                    f"{whole} {getattr(self, whole)} must be a multiple of "
                    f"{part} {getattr(self, part)}"
                )
        if self.critic_dim % NORM_GROUPS:
            raise UserError(f"critic_dim {self.critic_dim} must be a multiple of {NORM_GROUPS}")
        if self.sketch_size * self.detail_patch % self.size:
            raise UserError(
                f"detail_patch {self.detail_patch} must cover whole pixels of a sketch of "
                f"{self.sketch_size} of {self.size}"
            )

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        return ClipShape(self.num_frames, self.size, self.size, self.fps)

    @property
    def reads(self) -> frozenset[str]:
        """What of a prompt matters."""
        return frozenset({"text"})

    @property
    def sketch_tokens(self) -> tuple[int, int]:
        """Number and length of the tokens of a sketch."""
        patches = (self.sketch_size // self.sketch_patch) ** 2
        return patches * (self.num_frames // self.patch_frames), self.sketch_components

    @property
    def detail_tokens(self) -> tuple[int, int]:
        """Number and length of the tokens of details."""
        patches = (self.size // self.detail_patch) ** 2
        return patches * (self.num_frames // self.patch_frames), self.detail_components

    @property
    def given_size(self) -> int:
        """Height and width, in pixels of the sketch, of what it shows of one patch of details."""
        return self.detail_patch * self.sketch_size // self.size

    @property
    def given_dim(self) -> int:
        """Values of what the sketch shows of one patch of details."""
        return 3 * self.patch_frames * self.given_size**2


SKETCH_PRESETS = {
    "small": SketchConfig(),
    "tiny": SketchConfig(
        num_frames=8,
        size=16,
        sketch_size=4,
        patch_frames=4,
        sketch_patch=2,
        sketch_shift=1,
        detail_patch=8,
        sketch_components=24,
        detail_components=16,
        basis_steps=2,
        measured_patches=4,
        dim=32,
        num_layers=1,
        num_heads=2,
        sketch_steps=2,
        detail_steps=2,
        critic_dim=8,
        drawn_clips=2,
        adversarial_start=4,
        adversarial_every=1,
        penalty_every=1,
        flow_rate=4e-3,
        warmup_steps=1,
    ),
}
