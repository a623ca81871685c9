"""Settings of the Video Transformer, and its presets."""

from dataclasses import dataclass, replace
from math import prod

from animatic.errors import UserError
from animatic.types import ClipShape

AXES = ("num_frames", "height", "width")
SYMBOLS, VALUES = 6, 16
"""A pixel is six symbols of four bits: the high and the low half of red, of green and of blue."""

COUNTS = (
    "num_frames",
    "size",
    "subscale",
    "kernel",
    "dim",
    "heads",
    "head_dim",
    "pixel_dim",
    "symbol_dim",
    "decoder_layers",
    "warmup",
)
"""What must be 1 or more."""


@dataclass(frozen=True)
class VideoTransformerConfig:
    """Sizes, widths and training.

    Values are those of Weissenborn et al. 2020, arXiv:1906.02634, as far as they are known, where
    the comment says so, and our choice elsewhere. Sizes are pixels, frames or channels.
    """

    num_frames: int = 16
    """Frames of a clip, given ones included (paper)."""
    size: int = 64
    """Height and width of a clip in pixels (paper)."""
    fps: float = 12.0
    """Frames per second of a clip."""
    given_frames: tuple[int, ...] = (1,)
    """Numbers of first frames that may be given, of which each clip in training draws one; with 0,
    clips may be made from nothing."""
    labelled: bool = False
    """Whether a class is read."""
    class_names: tuple[str, ...] = ()
    """Classes that are told apart; training fills them in from its data."""
    worded: bool = False
    """Whether a text is read."""

    subscale: tuple[int, int, int] = (4, 2, 2)
    """Every so many frames, rows and columns are a slice; slices are made one after the other
    (paper)."""
    kernel: tuple[int, int, int] = (5, 3, 3)
    """Frames, rows and columns about each place of a slice that the encoder's convolution sees."""
    blocks: tuple[tuple[int, int, int], ...] = ((4, 8, 4), (4, 4, 8), (1, 32, 4), (1, 4, 32))
    """Frames, rows and columns of the blocks within which attention looks, layer by layer, from the
    first again after the last (paper, from memory)."""
    dim: int = 512
    """Channels of both transformers."""
    heads: int = 8
    """Heads of attention."""
    head_dim: int = 128
    """Channels of a head."""
    pixel_dim: int = 128
    """Channels of a pixel before the convolutions."""
    symbol_dim: int = 512
    """Channels from which the logits of a symbol are made (paper: as many as `dim`)."""
    mixture: int = 0
    """Logistic distributions in a mixture that the logits start from; the paper has none."""
    fit_steps: int = 0
    """Steps at the start whose clips the middles of the mixture are fitted to, by least squares."""
    encoder_layers: int = 8
    """Layers over what is known before a slice; with 0, only its convolution is left."""
    decoder_layers: int = 8
    """Layers over the slice itself."""

    rate: float = 3e-4
    """AdamW's learning rate."""
    warmup: int = 1000
    """Steps over which the rate rises to its value."""
    ema_decay: float = 0.999
    """Decay of the averaged weights."""
    temperature: float = 1.0
    """What logits are divided by in sampling; below 1, likelier values are drawn more often."""

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together.

        Raises:
            UserError: naming the numbers.
        """
        for name in COUNTS:
            value = getattr(self, name)
            if min(value) < 1 if isinstance(value, tuple) else value < 1:
                raise UserError(f"{name} {value} must be at least 1")
        if self.encoder_layers < 0:
            raise UserError(f"encoder_layers {self.encoder_layers} must be at least 0")
        if min(self.mixture, self.fit_steps) < 0 or (self.fit_steps and not self.mixture):
            raise UserError(
                f"mixture {self.mixture} and fit_steps {self.fit_steps} must be at least 0, and "
                "without a mixture there is nothing to fit"
            )
        if not self.temperature > 0:
            raise UserError(f"temperature {self.temperature:g} must be more than 0")
        if not 0 <= self.ema_decay < 1:
            raise UserError(f"ema_decay {self.ema_decay} must be 0 to less than 1")
        if min(self.given_frames, default=-1) < 0 or max(self.given_frames) >= self.num_frames:
            raise UserError(
                f"given_frames {self.given_frames} must be 0 to {self.num_frames - 1}, less than "
                f"num_frames {self.num_frames}"
            )
        self._check_slices()

    def _check_slices(self) -> None:
        if not self.blocks:
            raise UserError("blocks must name one size at least")
        for axis, whole, step, kernel in zip(
            AXES, self.shape[:3], self.subscale, self.kernel, strict=True
        ):
            if whole % step:
                raise UserError(f"{axis} {whole} must be a multiple of subscale {step}")
            if kernel % 2 == 0:
                raise UserError(f"kernel {kernel} must be odd, to have a middle")
        for block in self.blocks:
            for axis, length, part in zip(AXES, self.slice_shape, block, strict=True):
                if part < 1 or length % part:
                    raise UserError(f"{axis} {length} of a slice must be a multiple of {part}")

    @property
    def shape(self) -> ClipShape:
        """The size of the clips that are learnt and made."""
        return ClipShape(self.num_frames, self.size, self.size, self.fps)

    @property
    def reads(self) -> frozenset[str]:
        """What of a prompt matters; frames do not if clips are only made from nothing."""
        read = {"frames": max(self.given_frames) > 0, "label": self.labelled, "text": self.worded}
        return frozenset(name for name, is_read in read.items() if is_read)

    @property
    def slice_shape(self) -> tuple[int, int, int]:
        """Frames, rows and columns of a slice."""
        frames, rows, columns = (
            whole // step for whole, step in zip(self.shape[:3], self.subscale, strict=True)
        )
        return frames, rows, columns

    @property
    def num_slices(self) -> int:
        """Slices of a clip."""
        return prod(self.subscale)


_PAPER = VideoTransformerConfig()
_SMALL = replace(
    _PAPER,
    given_frames=(0, 1, 5),
    dim=128,
    heads=2,
    head_dim=64,
    pixel_dim=32,
    symbol_dim=64,
    mixture=3,
    fit_steps=16,
    encoder_layers=4,
    decoder_layers=4,
    rate=1e-3,
    warmup=200,
)
_TINY = replace(
    _SMALL,
    num_frames=4,
    size=8,
    given_frames=(1,),
    subscale=(2, 2, 2),
    kernel=(3, 3, 3),
    blocks=((2, 2, 4), (1, 4, 2)),
    dim=16,
    head_dim=8,
    pixel_dim=8,
    symbol_dim=8,
    fit_steps=2,
    encoder_layers=2,
    decoder_layers=2,
    rate=1e-2,
    warmup=5,
    ema_decay=0.9,
)
_SPATIAL = {
    "subscale": (1, 2, 2),
    "kernel": (1, 3, 3),
    "blocks": ((4, 8, 4), (4, 4, 8), (1, 32, 4), (1, 4, 32)),
}
_FRAMES = {
    "subscale": (16, 1, 1),
    "kernel": (7, 3, 3),
    "blocks": ((1, 16, 8), (1, 8, 16), (1, 64, 2), (1, 2, 64)),
}

PRESETS = {
    "small": _SMALL,
    "small-spatial": replace(_SMALL, **_SPATIAL),
    "small-frames": replace(_SMALL, **_FRAMES),
    "bair-small": _PAPER,
    "bair-large": replace(_PAPER, dim=2048, symbol_dim=2048, heads=16, head_dim=104),
    "k600": replace(_PAPER, given_frames=(5,), fps=25.0),
    "tiny": _TINY,
    "tiny-spatial": replace(
        _TINY,
        subscale=(1, 2, 2),
        kernel=(1, 3, 3),
        given_frames=(0,),
        labelled=True,
        class_names=("a", "b", "c"),
    ),
    "tiny-frames": replace(
        _TINY,
        subscale=(4, 1, 1),
        kernel=(7, 1, 1),
        blocks=((1, 8, 2), (1, 2, 8)),
        mixture=0,
        fit_steps=0,
        encoder_layers=0,
        given_frames=(1, 2),
        worded=True,
    ),
}
