"""Spectral normalisation, with weights that stay what they were when values are computed again.

Source: Miyato et al. 2018, arXiv:1802.05957: one step of power iteration each time the weights are
used in training.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrize import (
    ParametrizationList,
    is_parametrized,
    register_parametrization,
)

EPSILON = 1e-4
FIRST_STEPS = 15
"""Steps of power iteration at the start, when nothing is known of the weights."""


class Spectral(nn.Module):
    """Divides a weight by its largest singular value; the first axis counts what is written."""

    left: Tensor
    right: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        rows, columns = weight.flatten(1).shape
        self.register_buffer("left", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("right", F.normalize(torch.randn(columns), dim=0))
        self.keeping, self.held = False, False
        self.kept: Tensor | None = None
        for _ in range(FIRST_STEPS):
            self.iterate(weight.detach().flatten(1))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the normalised weight."""
        if self.kept is not None and (self.keeping or self.held):
            return self.kept
        with torch.autocast(weight.device.type, enabled=False):
            matrix = weight.flatten(1)
            if self.training:
                self.iterate(matrix.detach())
            # Cloned, lest the next step change what this one's gradients need.
            left, right = self.left.clone(), self.right.clone()
            normal = weight / torch.dot(left, torch.mv(matrix, right))
        self.kept = normal if self.keeping else None
        return normal

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what is stored for a weight that is assigned."""
        return weight

    @torch.no_grad()
    def iterate(self, matrix: Float[Tensor, "o i"]) -> None:
        """Take one step of power iteration."""
        self.left.copy_(F.normalize(torch.mv(matrix, self.right), dim=0, eps=EPSILON))
        self.right.copy_(F.normalize(torch.mv(matrix.T, self.left), dim=0, eps=EPSILON))


def normalised(layer: nn.Module) -> nn.Module:
    """Return the layer with orthogonal weights whose largest singular value is held at one."""
    weight, bias = layer.weight, getattr(layer, "bias", None)
    assert isinstance(weight, Tensor), "a layer with weights"
    nn.init.orthogonal_(weight)
    if bias is not None:
        nn.init.zeros_(bias)
    return register_parametrization(layer, "weight", Spectral(weight))


def settle(network: nn.Module) -> None:
    """Find the largest singular values anew, of weights that were averaged or replaced."""
    for stored in network.modules():
        spectral = stored[0] if isinstance(stored, ParametrizationList) else None
        if isinstance(stored, ParametrizationList) and isinstance(spectral, Spectral):
            for _ in range(FIRST_STEPS):
                spectral.iterate(stored.original.detach().flatten(1))


@contextmanager
def weights_once(network: nn.Module) -> Iterator[None]:
    """Normalise every weight now, and not again, however often it is used in the block."""
    layers = [module for module in network.modules() if isinstance(module, Spectral)]
    for layer in layers:
        layer.keeping, layer.kept = True, None
    for module in network.modules():
        if is_parametrized(module, "weight"):
            _ = module.weight
    try:
        yield
    finally:
        for layer in layers:
            layer.keeping = False
