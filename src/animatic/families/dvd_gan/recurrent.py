"""Convolutional recurrences over frames.

Source: ConvGRU of Clark, Donahue & Simonyan 2019, arXiv:1907.06571 (v2), after Ballas et al. 2016,
arXiv:1511.06432; TSRU of Luc et al. 2020, arXiv:2003.04035.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.families.dvd_gan.layers import conv2d

KERNEL = 3


class ConvGRU(nn.Module):
    """A gated recurrent unit whose products are convolutions.

    r = sigmoid(W_r [h; x]); c = relu(W_c [r h; x]); u = sigmoid(W_u [h; x]); h' = u h + (1 - u) c.
    The new state keeps the share `u` of the old one, and the candidate is rectified.

    The parts of the products that read `x` need no recurrence: they are taken for all frames at
    once, and once only if all frames are the same.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.reset = conv2d(2 * dim, dim, KERNEL)
        self.update = conv2d(2 * dim, dim, KERNEL)
        self.candidate = conv2d(2 * dim, dim, KERNEL)

    def forward(
        self,
        frames: Float[Tensor, "b t d h w"],
        num_frames: int,
        state: Float[Tensor, "b d h w"] | None = None,
    ) -> Float[Tensor, "b {num_frames} d h w"]:
        """Return the states after each frame.

        Args:
            frames: what is read, or one frame that is read at every time.
            num_frames: how many states there are.
            state: the one before the first frame; zero if there is none.
        """
        dim, gates = self.dim, (self.reset, self.update, self.candidate)
        seen, weights = _read(gates, dim, frames)
        of_gates, of_candidate = torch.cat(weights[:2]), weights[2]
        state = _begun(state, frames)
        states = []
        for t in range(num_frames):
            gated, offered = seen[:, min(t, seen.shape[1] - 1)].split([2 * dim, dim], dim=1)
            reset, update = torch.sigmoid(_conv(state, of_gates) + gated).chunk(2, dim=1)
            candidate = F.relu(_conv(reset * state, of_candidate) + offered)
            state = torch.lerp(candidate, state, update)
            states.append(state)
        return torch.stack(states, dim=1)


class ConvTSRU(nn.Module):
    """A recurrent unit that moves its state before it changes it (TSRUc).

    f = W_f [h; x], two values a place, says from where; m = h moved along f; c = relu(W_c [m; x]);
    u = sigmoid(W_u [h; x]); h' = u h + (1 - u) c.
    differs: the movement is bilinear, of one value a place; the paper compares several.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.flow = conv2d(2 * dim, 2, KERNEL)
        self.update = conv2d(2 * dim, dim, KERNEL)
        self.candidate = conv2d(2 * dim, dim, KERNEL)

    def forward(
        self,
        frames: Float[Tensor, "b t d h w"],
        num_frames: int,
        state: Float[Tensor, "b d h w"] | None = None,
    ) -> Float[Tensor, "b {num_frames} d h w"]:
        """Return the states after each frame; see `ConvGRU.forward`."""
        dim, gates = self.dim, (self.flow, self.update, self.candidate)
        seen, weights = _read(gates, dim, frames)
        of_gates, of_candidate = torch.cat(weights[:2]), weights[2]
        state = _begun(state, frames)
        states = []
        for t in range(num_frames):
            gated, offered = seen[:, min(t, seen.shape[1] - 1)].split([2 + dim, dim], dim=1)
            flow, update = (_conv(state, of_gates) + gated).split([2, dim], dim=1)
            candidate = F.relu(_conv(moved(state, flow), of_candidate) + offered)
            state = torch.lerp(candidate, state, torch.sigmoid(update))
            states.append(state)
        return torch.stack(states, dim=1)


RECURRENCES = {"gru": ConvGRU, "tsru": ConvTSRU}


def moved(
    state: Float[Tensor, "b d h w"], flow: Float[Tensor, "b 2 h w"]
) -> Float[Tensor, "b d h w"]:
    """Return, at each place, the state `flow` (to the right, down) places from there."""
    height, width = state.shape[2:]
    rows = torch.arange(height, device=state.device, dtype=torch.float32)
    columns = torch.arange(width, device=state.device, dtype=torch.float32)
    x = (columns + flow[:, 0].float()) * (2 / max(1, width - 1)) - 1
    y = (rows[:, None] + flow[:, 1].float()) * (2 / max(1, height - 1)) - 1
    grid = torch.stack([x, y], dim=-1)
    found = F.grid_sample(state.float(), grid, padding_mode="border", align_corners=True)
    return found.to(state.dtype)


def _read(
    gates: tuple[nn.Module, ...], dim: int, frames: Float[Tensor, "b t d h w"]
) -> tuple[Float[Tensor, "b t g h w"], list[Tensor]]:
    """Return what all gates read of all frames, and the weights by which they read the state."""
    weights = [gate.weight for gate in gates]
    bias = torch.cat([gate.bias for gate in gates])  # type: ignore[misc]
    of_frames = torch.cat([weight[:, dim:] for weight in weights])  # type: ignore[index]
    seen = F.conv2d(frames.flatten(0, 1), of_frames, bias, padding=KERNEL // 2)
    return seen.unflatten(0, frames.shape[:2]), [weight[:, :dim] for weight in weights]  # type: ignore[index]


def _conv(state: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(state, weight, padding=KERNEL // 2)


def _begun(state: Tensor | None, frames: Float[Tensor, "b t d h w"]) -> Tensor:
    return torch.zeros_like(frames[:, 0]) if state is None else state
