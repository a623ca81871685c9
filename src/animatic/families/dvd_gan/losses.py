"""What both sides want, from scores that are summed over frames before; d discriminators.

Source: hinge loss of Lim & Ye 2017, arXiv:1705.02894, as Clark et al. 2019, arXiv:1907.06571, use
it: each discriminator by itself. Relativistic pairing with penalties on both sides: Huang et al.
2024, arXiv:2501.05441.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Scores = Float[Tensor, "b d"]


def discriminator_loss(scores: Float[Tensor, "n d"], kind: str) -> Float[Tensor, ""]:
    """Return how badly real clips, the first half, and generated ones are told apart.

    hinge: how far real ones are below 1 and generated ones above -1. relativistic: of pairs.
    """
    real, made = scores.chunk(2)
    if kind == "relativistic":
        return F.softplus(made - real).mean(dim=0).sum()
    return (F.relu(1 - real) + F.relu(1 + made)).mean(dim=0).sum()


def generator_loss(real: Scores | None, made: Scores, kind: str) -> Float[Tensor, ""]:
    """Return how little the discriminators like generated clips; the hinge's never saturates."""
    if kind == "relativistic":
        assert real is not None, "pairs are compared"
        return F.softplus(real - made).mean(dim=0).sum()
    return -made.mean(dim=0).sum()
