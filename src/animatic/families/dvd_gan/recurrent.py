"""Convolutional recurrences over frames.

Source: ConvGRU of Clark, Donahue & Simonyan 2019, arXiv:1907.06571 (v2), after Ballas et al. 2016,
arXiv:1511.06432; TSRU of Luc et al. 2020, arXiv:2003.04035.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.dvd_gan.layers import channels_last, conv2d

KERNEL = 3

Candidate = Callable[[Tensor], Tensor]
"""Makes what a new state may become of the kept part of the old one, and of the frame."""


class ConvGRU(nn.Module):
    """A gated recurrent unit whose products are convolutions.

    r = sigmoid(W_r [h; x]); c = relu(W_c [r h; x]); u = sigmoid(W_u [h; x]); h' = u h + (1 - u) c.
    The new state keeps the share `u` of the old one, and the candidate is rectified.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.reset = conv2d(2 * dim, dim, KERNEL)
        self.update = conv2d(2 * dim, dim, KERNEL)
        self.candidate = conv2d(2 * dim, dim, KERNEL)

    def forward(
        self,
        frames: Float[Tensor, "b t d h w"],
        num_frames: int,
        state: Float[Tensor, "b d h w"] | None = None,
    ) -> Float[Tensor, "b {num_frames} d h w"]:
        """Return the states after each frame; see `_unrolled`."""

        def step(state: Tensor, gates: Tensor, candidate: Candidate) -> Tensor:
            reset, update = torch.sigmoid(gates).chunk(2, dim=1)
            return torch.lerp(candidate(reset * state), state, update)

        gates = (self.reset, self.update, self.candidate)
        return _unrolled(step, gates, frames, num_frames, state)


class ConvTSRU(nn.Module):
    """A recurrent unit that moves its state before it changes it (TSRUc).

    f = W_f [h; x], two values a place, says from where; m = h moved along f; c = relu(W_c [m; x]);
    u = sigmoid(W_u [h; x]); h' = u h + (1 - u) c.
    differs: the movement is bilinear, of one value a place; the paper compares several.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.flow = conv2d(2 * dim, 2, KERNEL)
        self.update = conv2d(2 * dim, dim, KERNEL)
        self.candidate = conv2d(2 * dim, dim, KERNEL)

    def forward(
        self,
        frames: Float[Tensor, "b t d h w"],
        num_frames: int,
        state: Float[Tensor, "b d h w"] | None = None,
    ) -> Float[Tensor, "b {num_frames} d h w"]:
        """Return the states after each frame; see `_unrolled`."""
        where = places(frames)

        def step(state: Tensor, gates: Tensor, candidate: Candidate) -> Tensor:
            flow, update = gates.split([2, gates.shape[1] - 2], dim=1)
            return torch.lerp(candidate(moved(state, flow, where)), state, torch.sigmoid(update))

        gates = (self.flow, self.update, self.candidate)
        return _unrolled(step, gates, frames, num_frames, state)


RECURRENCES = {"gru": ConvGRU, "tsru": ConvTSRU}


class Places(NamedTuple):
    """Where pixels are, to the right and down, and how far apart `grid_sample` counts them."""

    at: Float[Tensor, "2 h w"]
    apart: Float[Tensor, "2 1 1"]


def places(frames: Float[Tensor, "... h w"]) -> Places:
    """Return the places of frames; those of one size share them."""
    (height, width), device = frames.shape[-2:], frames.device
    rows, columns = (torch.arange(n, device=device, dtype=torch.float32) for n in (height, width))
    at = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))
    apart = torch.tensor([2 / max(1, width - 1), 2 / max(1, height - 1)], device=device)
    return Places(at, apart[:, None, None])


def moved(
    state: Float[Tensor, "b d h w"], flow: Float[Tensor, "b 2 h w"], where: Places
) -> Float[Tensor, "b d h w"]:
    """Return, at each place, the state `flow` (to the right, down) places from there."""
    grid = ((where.at + flow.float()) * where.apart - 1).permute(0, 2, 3, 1)
    found = F.grid_sample(state.float(), grid, padding_mode="border", align_corners=True)
    return found.to(state.dtype, memory_format=torch.channels_last)


def _unrolled(
    step: Callable[[Tensor, Tensor, Candidate], Tensor],
    layers: tuple[nn.Module, nn.Module, nn.Module],
    frames: Float[Tensor, "b t d h w"],
    num_frames: int,
    state: Float[Tensor, "b d h w"] | None,
) -> Float[Tensor, "b {num_frames} d h w"]:
    """Return the states after each frame.

    The parts of the products that read frames need no recurrence: they are taken for all frames at
    once, and once only if all frames are the same.

    Args:
        step: is handed a state, the products of both gates, and what makes a candidate of a state.
        layers: two gates and the candidate; each reads state and frame, in this order.
        frames: what is read, or one frame that is read at every time.
        num_frames: how many states there are.
        state: the one before the first frame; zero if there is none.
    """
    dim = frames.shape[2]
    weights = [layer.weight for layer in layers]
    bias = torch.cat([layer.bias for layer in layers])  # type: ignore[misc]
    of_frames = torch.cat([weight[:, dim:] for weight in weights])  # type: ignore[index]
    of_gates = torch.cat([weight[:, :dim] for weight in weights[:2]])  # type: ignore[index]
    of_candidate = weights[2][:, :dim]  # type: ignore[index]
    seen = F.conv2d(frames.flatten(0, 1), of_frames, bias, padding=KERNEL // 2)
    seen = seen.unflatten(0, frames.shape[:2])
    state = torch.zeros_like(frames[:, 0]) if state is None else state
    state = state.to(seen.dtype)
    states = []
    for t in range(num_frames):
        gated, offered = seen[:, min(t, seen.shape[1] - 1)].split([len(of_gates), dim], dim=1)

        def candidate(kept: Tensor, offered: Tensor = offered) -> Tensor:
            return F.relu(F.conv2d(kept, of_candidate, padding=KERNEL // 2) + offered)

        state = step(state, F.conv2d(state, of_gates, padding=KERNEL // 2) + gated, candidate)
        states.append(state)
    return channels_last(torch.stack(states, dim=1))
