"""What both sides want.

Source: hinge loss of Lim & Ye 2017, arXiv:1705.02894, as Clark et al. 2019, arXiv:1907.06571, use
it: each discriminator by itself, on scores that are summed over frames before.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def discriminator_loss(real: Float[Tensor, "b d"], made: Float[Tensor, "b d"]) -> Float[Tensor, ""]:
    """Return how far real clips are below 1 and generated ones above -1, over d discriminators."""
    return (F.relu(1 - real) + F.relu(1 + made)).mean(dim=0).sum()


def generator_loss(made: Float[Tensor, "b d"]) -> Float[Tensor, ""]:
    """Return how little the discriminators like generated clips; it never saturates."""
    return -made.mean(dim=0).sum()
