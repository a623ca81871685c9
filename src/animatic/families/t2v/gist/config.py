"""The settings of the paper's model, and its presets.

"From memory" marks what was not read in the paper itself; README.md lists these points.
"""

from dataclasses import dataclass

from animatic.errors import UserError
from animatic.types import ClipShape

SMALLEST_IMAGE = 4
"""Height and width, in pixels, at which convolutional stacks start and end."""


@dataclass(frozen=True)
class GistConfig:
    """Sizes, loss weights and update rules.

    Source: Li, Min, Shen, Carlson, Carin 2018, arXiv:1710.00421; scene decomposition of Vondrick,
    Pirsiavash, Torralba 2016, arXiv:1609.02612.
    """

    num_frames: int = 32
    """Frames of a clip. Source: the paper, from memory."""
    size: int = 64
    """Height and width of a clip, in pixels. Source: the paper, from memory."""
    fps: float = 12.0
    """Frames per second. Our choice, that of the Stage data; the paper, from memory, has 25."""

    text_dim: int = 256
    """Length of a text's vector. Our choice; the paper's is not known to us."""
    gist_latent_dim: int = 100
    """Length of the noise that a gist is drawn from. Our choice."""
    filter_channels: int = 64
    """Channels that a text's filter makes of a gist. Source: the paper, from memory."""
    filter_size: int = 5
    """Height and width of a text's filter, in pixels; odd. Our choice."""
    gist_feature_dim: int = 256
    """Length of the vector that the filtered gist is encoded to. Our choice."""
    noise_dim: int = 100
    """Length of the noise that makes motion differ. Our choice."""
    image_width: int = 64
    """Channels of the image networks at half resolution, doubled at each halving. Our choice."""
    video_width: int = 64
    """The same for the video generator. Source: Vondrick et al. 2016, from memory."""
    critic_width: int = 64
    """The same for the critic. Source: Vondrick et al. 2016, from memory."""
    critic_dim: int = 256
    """Length of the vector that the critic makes of a clip, and of its hidden layer. Our choice."""

    gist_steps: int = 10_000
    """Steps in which only the gist is learnt, before the whole model. Our choice."""
    gist_weight: float = 1.0
    """Weight of the gist's loss in the whole model (gamma 1). Source: the paper, from memory."""
    adversarial_weight: float = 1.0
    """Weight of the critic's verdict (gamma 2). Source: the paper, from memory."""
    reconstruction_weight: float = 0.01
    """Weight of the distance to the real clip (gamma 3). Source: the paper, from memory."""
    wrong_text_weight: float = 0.5
    """Share of real clips with another clip's text in what the critic must refuse, 0 to 1; the rest
    are generated clips. Our choice; Reed et al. 2016, arXiv:1605.05396, use half."""

    lipschitz: str = "clipping"
    """What keeps the critic smooth: "clipping" of its weights (the paper's, from memory), or a
    "penalty" on its gradient, in a critic without batch normalisation (Gulrajani et al. 2017,
    arXiv:1704.00028)."""
    clip_value: float = 0.01
    """Largest size of a weight of a clipped critic. Source: Arjovsky et al. 2017, arXiv:1701.07875,
    from memory."""
    penalty_weight: float = 10.0
    """Weight of the gradient penalty. Source: Gulrajani et al. 2017, from memory."""
    critic_steps: int = 5
    """Updates of the critic for one of the generator. Source: Arjovsky et al. 2017, from memory."""

    learning_rate: float = 1e-4
    """Adam's step size, for all networks. Our choice."""
    beta1: float = 0.0
    """Adam's decay of the gradient's mean, 0 to 1. Source: Gulrajani et al. 2017, from memory."""
    beta2: float = 0.9
    """Adam's decay of the gradient's square, 0 to 1. Source: Gulrajani et al. 2017, from memory."""
    average_decay: float = 0.999
    """Share of the old value when the averaged weights follow the learnt ones. Our choice."""

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            UserError: if a value is out of its range, or the sizes do not fit together.
        """
        self._check_ranges()
        if self.size != SMALLEST_IMAGE * 2**self.num_levels or self.num_levels < 2:
            raise UserError(f"size is {self.size} pixels; it must be a power of two, 16 or more")
        if self.num_frames % 2**self.num_levels:
            raise UserError(
                f"num_frames is {self.num_frames}; at {self.size} pixels it must be a multiple of "
                f"{2**self.num_levels}"
            )
        if self.filter_size % 2 == 0:
            raise UserError(f"filter_size is {self.filter_size}; it must be odd")
        if self.lipschitz not in ("clipping", "penalty"):
            raise UserError(f'lipschitz is {self.lipschitz!r}; it must be "clipping" or "penalty"')

    def _check_ranges(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, str):
                continue
            if name in _MAY_BE_ZERO and value < 0:
                raise UserError(f"{name} is {value}; it must be 0 or more")
            if name not in _MAY_BE_ZERO and value <= 0:
                raise UserError(f"{name} is {value}; it must be more than 0")
            if name in _AT_MOST_ONE and value > 1:
                raise UserError(f"{name} is {value}; it must be between 0 and 1")

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        return ClipShape(self.num_frames, self.size, self.size, self.fps)

    @property
    def reads(self) -> frozenset[str]:
        """What of a prompt matters."""
        return frozenset({"text"})

    @property
    def num_levels(self) -> int:
        """Halvings from the image's size to the smallest one."""
        return max(self.size // SMALLEST_IMAGE, 1).bit_length() - 1


_AT_MOST_ONE = frozenset({"wrong_text_weight", "beta1", "beta2", "average_decay"})
_MAY_BE_ZERO = _AT_MOST_ONE | {
    "gist_steps",
    "gist_weight",
    "adversarial_weight",
    "reconstruction_weight",
    "penalty_weight",
}

GIST_PRESETS: dict[str, GistConfig] = {
    "paper": GistConfig(),
    "paper-tiny": GistConfig(
        num_frames=8,
        size=16,
        text_dim=8,
        gist_latent_dim=4,
        filter_channels=4,
        filter_size=3,
        gist_feature_dim=8,
        noise_dim=4,
        image_width=4,
        video_width=4,
        critic_width=4,
        critic_dim=8,
        gist_steps=2,
        critic_steps=2,
        learning_rate=1e-3,
        average_decay=0.9,
    ),
}
"""`paper` states the published model; `paper-tiny` serves tests and says nothing about quality."""
