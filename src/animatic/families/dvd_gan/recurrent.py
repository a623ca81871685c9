"""Convolutional recurrence over frames.

Source: Clark, Donahue & Simonyan 2019, arXiv:1907.06571 (v2), after Ballas et al. 2016,
arXiv:1511.06432.
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

    def __init__(self, dim_in: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.reset = conv2d(dim + dim_in, dim, KERNEL)
        self.update = conv2d(dim + dim_in, dim, KERNEL)
        self.candidate = conv2d(dim + dim_in, dim, KERNEL)

    def forward(
        self,
        frames: Float[Tensor, "b t c h w"],
        num_frames: int,
        state: Float[Tensor, "b d h w"] | None = None,
    ) -> Float[Tensor, "b {num_frames} d h w"]:
        """Return the states after each frame.

        Args:
            frames: what is read, or one frame that is read at every time.
            num_frames: how many states there are.
            state: the one before the first frame; zero if there is none.
        """
        gates, dim, pad = (self.reset, self.update, self.candidate), self.dim, KERNEL // 2
        weights = [gate.weight for gate in gates]
        of_frames = torch.cat([weight[:, dim:] for weight in weights])
        of_state = torch.cat([weight[:, :dim] for weight in weights[:2]])
        of_candidate = weights[2][:, :dim]
        bias = torch.cat([gate.bias for gate in gates])
        batch = frames.shape[0]
        read = F.conv2d(frames.flatten(0, 1), of_frames, bias, padding=pad).unflatten(
            0, (batch, -1)
        )
        if state is None:
            state = read.new_zeros(batch, dim, *frames.shape[3:])
        states = []
        for t in range(num_frames):
            seen = read[:, t if frames.shape[1] > 1 else 0]
            gate = torch.sigmoid(F.conv2d(state, of_state, padding=pad) + seen[:, : 2 * dim])
            reset, update = gate.chunk(2, dim=1)
            kept = F.conv2d(reset * state, of_candidate, padding=pad)
            candidate = F.relu(kept + seen[:, 2 * dim :])
            state = torch.lerp(candidate, state, update)
            states.append(state)
        return torch.stack(states, dim=1)
