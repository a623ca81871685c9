"""Spectral normalisation, with weights that stay what they were when values are computed again.

Source: Miyato et al. 2018, arXiv:1802.05957: one step of power iteration each time the weights are
used in training.
"""

# pyright: reportPrivateImportUsage=false
# (torch's calls for many tensors at once have no public name)

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import (
    ParametrizationList,
    is_parametrized,
    register_parametrization,
)

EPSILON = 1e-4

Vectors = tuple[Tensor, Tensor]
"""Left and right singular vectors of a weight."""

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
        self.fresh: Vectors = (self.left, self.right)
        for _ in range(FIRST_STEPS):
            iterate([(self, weight)])

    def forward(self, weight: Tensor) -> Tensor:
        """Return the normalised weight."""
        if self.kept is not None and (self.keeping or self.held):
            return self.kept
        with torch.autocast(weight.device.type, enabled=False):
            if self.training and not self.keeping:
                iterate([(self, weight)])
            # Never the buffers, lest the next step change what this one's gradients need.
            left, right = self.fresh if self.training else (self.left.clone(), self.right.clone())
            normal = weight / torch.dot(left, torch.mv(weight.flatten(1), right))
        self.kept = normal if self.keeping else None
        return normal

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what is stored for a weight that is assigned."""
        return weight


@torch.no_grad()
def iterate(stored: Sequence[tuple[Spectral, Tensor]]) -> None:
    """Take one step of power iteration of each weight.

    Many small calls are slow, above all on a GPU, so all weights share what they can.
    """
    layers = [layer for layer, _ in stored]
    matrices = [weight.flatten(1) for _, weight in stored]
    with torch.autocast(matrices[0].device.type, enabled=False):
        pairs = zip(matrices, layers, strict=True)
        lefts = _unit([torch.mv(matrix, layer.right) for matrix, layer in pairs])
        pairs = zip(matrices, lefts, strict=True)
        rights = _unit([torch.mv(matrix.T, left) for matrix, left in pairs])
    torch._foreach_copy_([layer.left for layer in layers], lefts)
    torch._foreach_copy_([layer.right for layer in layers], rights)
    for layer, fresh in zip(layers, zip(lefts, rights, strict=True), strict=True):
        layer.fresh = fresh


def _unit(vectors: list[Tensor]) -> tuple[Tensor, ...]:
    """Return the vectors at length one."""
    lengths = list(torch._foreach_norm(vectors))
    torch._foreach_clamp_min_(lengths, EPSILON)
    return tuple(torch._foreach_div(vectors, lengths))


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
    for _ in range(FIRST_STEPS):
        iterate(_stored(network))


def _stored(network: nn.Module) -> list[tuple[Spectral, Tensor]]:
    """Return what normalises each weight, and the weight as it is stored."""
    found = []
    for module in network.modules():
        spectral = module[0] if isinstance(module, ParametrizationList) else None
        if isinstance(module, ParametrizationList) and isinstance(spectral, Spectral):
            found.append((spectral, module.original))
    return found


@contextmanager
def weights_once(network: nn.Module) -> Iterator[None]:
    """Normalise every weight now, and not again, however often it is used in the block."""
    stored = _stored(network)
    training = [(layer, weight) for layer, weight in stored if layer.training]
    if training:
        iterate(training)
    for layer, _ in stored:
        layer.keeping, layer.kept = True, None
    for module in network.modules():
        if is_parametrized(module, "weight"):
            _ = module.weight
    try:
        yield
    finally:
        for layer, _ in stored:
            layer.keeping = False
