"""Settings of DVD-GAN, and its presets."""

from dataclasses import dataclass, replace

from animatic.errors import UserError
from animatic.types import ClipShape

SMALLEST = 4
"""Height and width of the first frames of the generator."""

CHOICES = {
    "generator": ("v2", "v1"),
    "recurrence": ("gru", "tsru"),
    "loss": ("hinge", "relativistic"),
}

COUNTS = (
    "num_frames",
    "size",
    "latent_dim",
    "embedding_dim",
    "width",
    "generator_widths",
    "patch",
    "discriminator_width",
    "discriminator_widths",
    "sampled_frames",
    "pooling",
    "discriminator_steps",
    "standing_batches",
)
"""What must be 1 or more."""

NOT_NEGATIVE = ("crop", "chunk_frames", "ema_start", "truncation", "penalty", "reconstruction")


@dataclass(frozen=True)
class DvdGanConfig:
    """Sizes, widths and training.

    Values are those of Clark et al. 2019, arXiv:1907.06571, where the comment says so, and our
    choice elsewhere. Sizes are pixels, frames or channels; weights and rates have no unit.
    """

    num_frames: int = 16
    """Frames of a clip, given ones included."""
    size: int = 64
    """Height and width of a clip in pixels."""
    fps: float = 12.0
    """Frames per second of a clip."""
    class_names: tuple[str, ...] = ()
    """Classes that are told apart; training fills them in from its data."""
    given_frames: tuple[int, ...] = ()
    """Numbers of first frames that may be given, of which each step draws one; then clips are
    continued, and classes are not told apart (paper: DVD-GAN-FP). None for clips from classes."""

    generator: str = "v2"
    """v2 has a recurrence at every resolution; v1 one at 4x4, then attention (both: paper)."""
    recurrence: str = "gru"
    """gru (paper), or tsru, which moves its state (Luc et al. 2020, arXiv:2003.04035)."""
    latent_dim: int = 120
    """Length of the noise of a clip (paper)."""
    embedding_dim: int = 120
    """Length of the vector of a class (paper)."""
    width: int = 96
    """Channels that those of the generator are multiples of. The paper's is not recovered."""
    generator_widths: tuple[int, ...] = (8, 8, 8, 4, 2)
    """Multiples of `width` at each resolution of the generator, from 4x4 up."""
    patch: int = 1
    """Height and width in pixels of what the networks see and make as one place; 1 in the paper."""

    discriminator_width: int = 96
    """Channels that those of the discriminators are multiples of."""
    discriminator_widths: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Multiples of `discriminator_width` after each block, from full resolution down."""
    sampled_frames: int = 8
    """Frames of a clip that the spatial discriminator sees, at full resolution (paper: k = 8)."""
    pooling: int = 2
    """Pixels that become one for the temporal discriminator, each way (paper)."""
    crop: int = 0
    """Height and width of a random part, at full resolution, that a third discriminator sees with
    all its frames (Luc et al. 2020); 0 for none."""

    loss: str = "hinge"
    """hinge (paper), or relativistic with penalties (Huang et al. 2024, arXiv:2501.05441)."""
    penalty: float = 1.0
    """Weight of both gradient penalties of the relativistic loss."""
    reconstruction: float = 0.0
    """Weight of the mean absolute difference from what really came, where clips are continued; the
    paper has none."""
    warp: bool = False
    """Whether the frames that follow are the last given one, moved and painted over, instead of
    painted from nothing (after Finn et al. 2016, arXiv:1605.07157)."""
    augment: bool = False
    """Whether discriminators see clips in other colours and places, all frames of one clip alike
    (after Zhao et al. 2020, arXiv:2006.10738)."""
    discriminator_steps: int = 2
    """Updates of the discriminators for each of the generator (paper)."""
    generator_rate: float = 1e-4
    """Adam's learning rate of the generator (paper)."""
    discriminator_rate: float = 5e-4
    """Adam's learning rate of the discriminators (paper, v2)."""
    beta2: float = 0.999
    """Adam's second decay; the first is 0 (Brock et al. 2019, arXiv:1809.11096)."""
    ema_decay: float = 0.9999
    """Decay of the averaged generator (paper)."""
    ema_start: int = 20_000
    """Update of the generator from which the average follows, with a decay that rises from 0.1;
    before, it is the latest generator (paper)."""

    truncation: float = 1.0
    """Deviation of the noise in sampling; less is plainer and more alike (paper: shows 0.44)."""
    standing_batches: int = 16
    """Batches of generated clips whose statistics the averaged generator samples with."""
    chunk_frames: int = 0
    """Frames that are worked off at once in training, and computed again for the gradients, to
    save memory; 0 for all of them, kept."""

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together.

        Raises:
            UserError: naming both numbers.
        """
        for name in COUNTS:
            value = getattr(self, name)
            if min(value, default=0) < 1 if isinstance(value, tuple) else value < 1:
                raise UserError(f"{name} {value} must be at least 1")
        for name in NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise UserError(f"{name} {getattr(self, name)} must be at least 0")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise UserError(f"{name} {getattr(self, name)!r} must be one of {', '.join(known)}")
        if not 0 <= self.ema_decay < 1:
            raise UserError(f"ema_decay {self.ema_decay} must be 0 to less than 1")
        self._check_sizes()
        self._check_frames()

    def _check_sizes(self) -> None:
        made = SMALLEST * 2 ** (len(self.generator_widths) - 1) * self.patch
        if self.size != made or len(self.generator_widths) < 2:
            raise UserError(
                f"size {self.size} must be {SMALLEST} times patch {self.patch}, doubled once for "
                f"each of generator_widths but one: {made}"
            )
        smallest = self.patch * 2 ** (len(self.discriminator_widths) - 1)
        for name, seen in (
            ("size", self.size),
            (f"size / pooling {self.pooling} =", self.size / self.pooling),
            *([("crop", self.crop)] if self.crop else ()),
        ):
            if seen % smallest or seen > self.size:
                raise UserError(
                    f"{name} {seen:g} must be a multiple of {smallest}: patch, doubled once for "
                    "each of discriminator_widths but one"
                )

    def _check_frames(self) -> None:
        most = self.most_given
        if self.given_frames and not 0 < min(self.given_frames) <= most < self.num_frames:
            raise UserError(
                f"given_frames {self.given_frames} must be 1 to {self.num_frames - 1}, less than "
                f"num_frames {self.num_frames}"
            )
        if self.reconstruction and not self.given_frames:
            raise UserError("without given_frames there is nothing to reconstruct; it must be 0")
        if self.warp and not self.given_frames:
            raise UserError("without given_frames there is nothing to warp; it must be false")
        if self.given_frames and self.generator != "v2":
            raise UserError("generator v1 continues no clips; given_frames must be empty")
        if self.sampled_frames > self.num_frames - most:
            raise UserError(
                f"sampled_frames {self.sampled_frames} must be 1 to {self.num_frames - most}, the "
                "frames that are made"
            )

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        return ClipShape(self.num_frames, self.size, self.size, self.fps)

    @property
    def reads(self) -> frozenset[str]:
        """What of a prompt matters."""
        return frozenset({"frames" if self.given_frames else "label"})

    @property
    def most_given(self) -> int:
        """Most first frames that may be given."""
        return max(self.given_frames, default=0)

    @property
    def condition_dim(self) -> int:
        """Length of what tells the generator which clip to make."""
        return self.latent_dim + (0 if self.given_frames else self.embedding_dim)


_KINETICS = tuple(f"class {number}" for number in range(600))
_PAPER = DvdGanConfig(num_frames=48, class_names=_KINETICS)
_PAPER_128 = replace(
    _PAPER,
    size=128,
    generator_widths=(8, 8, 8, 4, 2, 1),
    discriminator_widths=(1, 2, 4, 8, 16, 16),
)
_SMALL = DvdGanConfig(
    width=8,
    generator_widths=(8, 6, 3, 2),
    patch=2,
    discriminator_width=16,
    discriminator_widths=(1, 2, 4, 8),
    sampled_frames=4,
    latent_dim=64,
    embedding_dim=64,
    generator_rate=4e-4,
    discriminator_rate=4e-4,
    ema_decay=0.999,
    ema_start=500,
)
_MEDIUM = replace(
    _SMALL,
    width=16,
    discriminator_width=32,
    sampled_frames=8,
    recurrence="tsru",
    loss="relativistic",
    discriminator_steps=1,
)
_TINY = DvdGanConfig(
    num_frames=4,
    size=16,
    class_names=("one", "two", "three"),
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
)

PRESETS = {
    "small": _SMALL,
    "small-prediction": replace(
        _SMALL,
        given_frames=(1, 5),
        generator_widths=(8, 6, 4, 2),
        recurrence="tsru",
        loss="relativistic",
        warp=True,
        reconstruction=100.0,
    ),
    "medium": _MEDIUM,
    "medium-prediction": replace(_MEDIUM, given_frames=(1, 5), warp=True, reconstruction=100.0),
    "paper-64": _PAPER,
    "paper-128": _PAPER_128,
    "paper-256": replace(
        _PAPER,
        size=256,
        generator_widths=(8, 8, 8, 4, 4, 2, 1),
        discriminator_widths=(1, 2, 4, 8, 8, 16, 16),
        chunk_frames=4,
    ),
    "ucf101": replace(_PAPER_128, num_frames=16, class_names=_KINETICS[:101]),
    "k600": DvdGanConfig(num_frames=16, given_frames=(5,), fps=25.0),
    "tiny": _TINY,
    "tiny-prediction": replace(_TINY, given_frames=(1, 2), reconstruction=1.0),
    "tiny-v1": replace(_TINY, generator="v1"),
    "tiny-beyond": replace(
        _TINY, recurrence="tsru", loss="relativistic", crop=8, augment=True, chunk_frames=2
    ),
    "tiny-warp": replace(_TINY, given_frames=(1, 2), warp=True, recurrence="tsru", chunk_frames=1),
}
