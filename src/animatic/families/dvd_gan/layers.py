"""Layers of both sides: spectrally normalised, orthogonal at first.

Source: Clark et al. 2019, arXiv:1907.06571; residual blocks of Brock et al. 2019, arXiv:1809.11096.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.dvd_gan.spectral import EPSILON, normalised

MOMENTUM = 0.1
"""Share of a step in the running statistics that sampling uses."""


def conv2d(dim_in: int, dim_out: int, kernel: int) -> nn.Module:
    """Return a convolution over single frames that keeps their size."""
    return normalised(nn.Conv2d(dim_in, dim_out, kernel, padding=kernel // 2))


def conv3d(dim_in: int, dim_out: int, kernel: int) -> nn.Module:
    """Return a convolution over clips that keeps their size."""
    return normalised(ClipConv(dim_in, dim_out, kernel, padding=kernel // 2))


def linear(dim_in: int, dim_out: int, *, bias: bool = True) -> nn.Module:
    """Return a linear layer."""
    return normalised(nn.Linear(dim_in, dim_out, bias))


class ClipConv(nn.Conv3d):
    """A convolution over clips, in full precision where bf16 goes wrong.

    On a CPU, oneDNN's gradient of a 3x3x3 weight is garbage in bf16 if there are exactly two frames
    (torch 2.13, docs/log.md).
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in torch
        """Return the next channels."""
        if input.shape[2] == 2 and input.device.type == "cpu":
            with torch.autocast("cpu", enabled=False):
                return super().forward(input.float())
        return super().forward(input)


class FrameMoments(nn.Module):
    """Mean and variance of every channel, of each time step by itself.

    They are of all clips and places of one time step, so no frame learns of another by them. In use
    the ones that training left are taken, and a clip does not depend on its batch.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, dim: int, num_frames: int) -> None:
        super().__init__()
        self.momentum: float | Tensor = MOMENTUM
        self.held = False
        self.register_buffer("mean", torch.zeros(num_frames, dim))
        self.register_buffer("variance", torch.ones(num_frames, dim))

    def forward(
        self, frames: Float[Tensor, "b t c h w"], first: int = 0
    ) -> tuple[Float[Tensor, "t c"], Float[Tensor, "t c"]]:
        """Return the mean and one over the deviation; `first` is the time step of frame 0."""
        times = slice(first, first + frames.shape[1])
        mean, variance = self.mean[times], self.variance[times]
        if self.training:
            kept = (mean, variance)
            mean, variance = moments(frames)
            if not self.held:
                share = self.momentum
                share = share[times] if isinstance(share, Tensor) else share
                for old, new in zip(kept, (mean, variance), strict=True):
                    old.lerp_(new.detach(), share)
        return mean, (variance + EPSILON).rsqrt()


def moments(
    frames: Float[Tensor, "b t c h w"],
) -> tuple[Float[Tensor, "t c"], Float[Tensor, "t c"]]:
    """Return mean and variance of each time step and channel.

    From the mean of squares, in full precision: on a CPU many times as fast as `torch.var_mean`.
    """
    places = frames.flatten(3).float()
    mean = places.mean(dim=3).mean(dim=0)
    squares = places.square().mean(dim=3).mean(dim=0)
    return mean, (squares - mean.square()).clamp_min(0)


class ConditionalNorm(nn.Module):
    """Batch normalisation of each time step, scaled and shifted as the condition says."""

    def __init__(self, dim: int, condition_dim: int, num_frames: int) -> None:
        super().__init__()
        self.moments = FrameMoments(dim, num_frames)
        self.gain = linear(condition_dim, dim, bias=False)
        self.shift = linear(condition_dim, dim, bias=False)

    def forward(
        self, frames: Float[Tensor, "b t c h w"], condition: Float[Tensor, "b z"], first: int = 0
    ) -> Float[Tensor, "b t c h w"]:
        """Return the normalised frames, of which the first is of time step `first`."""
        mean, sharpness = self.moments(frames, first)
        scale = sharpness * (1 + self.gain(condition))[:, None]
        return _affine(frames, scale, self.shift(condition)[:, None] - mean * scale)


class FinalNorm(nn.Module):
    """Batch normalisation of each time step, with one scale and shift for all."""

    def __init__(self, dim: int, num_frames: int) -> None:
        super().__init__()
        self.moments = FrameMoments(dim, num_frames)
        self.gain, self.shift = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(
        self, frames: Float[Tensor, "b t c h w"], first: int = 0
    ) -> Float[Tensor, "b t c h w"]:
        """Return the normalised frames, of which the first is of time step `first`."""
        mean, sharpness = self.moments(frames, first)
        scale = sharpness * self.gain
        return _affine(frames, scale[None], (self.shift - mean * scale)[None])


def _affine(
    frames: Float[Tensor, "b t c h w"], scale: Float[Tensor, "_ t c"], shift: Float[Tensor, "_ t c"]
) -> Float[Tensor, "b t c h w"]:
    scale, shift = (rearrange(x, "b t c -> b t c 1 1").to(frames.dtype) for x in (scale, shift))
    return frames * scale + shift


class GeneratorBlock(nn.Module):
    """Normalise, rectify, convolve, twice, beside a shortcut; may double height and width."""

    def __init__(
        self, dim_in: int, dim_out: int, condition_dim: int, num_frames: int, *, upsample: bool
    ) -> None:
        super().__init__()
        self.upsample = upsample
        self.norms = nn.ModuleList(
            ConditionalNorm(dim, condition_dim, num_frames) for dim in (dim_in, dim_out)
        )
        self.first = conv2d(dim_in, dim_out, 3)
        self.second = conv2d(dim_out, dim_out, 3)
        self.shortcut = conv2d(dim_in, dim_out, 1)

    def forward(
        self, frames: Float[Tensor, "b t c h w"], condition: Float[Tensor, "b z"], first: int = 0
    ) -> Float[Tensor, "b t d y x"]:
        """Return the next frames, of which the first is of time step `first`."""
        hidden = F.relu(self.norms[0](frames, condition, first))
        hidden = each_frame(self.first, self._enlarged(hidden))
        hidden = F.relu(self.norms[1](hidden, condition, first))
        # A 1x1 convolution and the enlargement may change places: the smaller one is convolved.
        return each_frame(self.second, hidden) + self._enlarged(each_frame(self.shortcut, frames))

    def _enlarged(self, frames: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b t c y x"]:
        if not self.upsample:
            return frames
        with torch.autocast(frames.device.type, enabled=False):  # a GPU would widen bf16
            return each_frame(lambda x: F.interpolate(x, scale_factor=2), frames)


class DiscriminatorBlock(nn.Module):
    """Rectify, convolve, twice, beside a shortcut; may halve all lengths.

    Args:
        dim_in: channels that are read.
        dim_out: channels that are written.
        of_clips: convolve over time too.
        halve: average neighbours at the end.
        first: is handed pixels, which are not rectified.
    """

    def __init__(
        self, dim_in: int, dim_out: int, *, of_clips: bool, halve: bool, first: bool
    ) -> None:
        super().__init__()
        conv = conv3d if of_clips else conv2d
        self.of_clips, self.halve, self.rectify = of_clips, halve, not first
        self.first = conv(dim_in, dim_out, 3)
        self.second = conv(dim_out, dim_out, 3)
        self.shortcut = conv(dim_in, dim_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the next channels."""
        hidden = self.first(F.relu(x) if self.rectify else x)
        return self._halved(self.second(F.relu_(hidden))) + self.shortcut(self._halved(x))

    def _halved(self, x: Tensor) -> Tensor:
        if not self.halve:
            return x
        if not self.of_clips:
            return F.avg_pool2d(x, 2)
        # torch's own pooling of clips would lay them out anew.
        x = each_frame(lambda frame: F.avg_pool2d(frame, 2), x.transpose(1, 2)).transpose(1, 2)
        even = x.shape[2] // 2 * 2
        return (x[:, :, 0:even:2] + x[:, :, 1:even:2]) / 2 if even else x


def channels_last(frames: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b t c h w"]:
    """Return the same frames, laid out as convolutions are fastest."""
    return frames.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)


def each_frame(layer, frames: Float[Tensor, "b t c h w"]) -> Float[Tensor, "b t d y x"]:
    """Apply a layer to every frame by itself."""
    return layer(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
