"""The paper's losses. Each is a mean over clips of a sum over values.

Source: Li et al. 2018, arXiv:1710.00421; the README says which facts are from memory.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from animatic.families.t2v.gist.networks import Drawing, Images
from animatic.types import Clips

Scalar = Float[Tensor, ""]


def kl_to_prior(
    mean: Float[Tensor, "b z"], log_variance: Float[Tensor, "b z"]
) -> Float[Tensor, " b"]:
    """Return the divergence of each normal distribution from the standard one, in nats.

    Source: Kingma and Welling 2014, arXiv:1312.6114, appendix B.
    """
    return (mean**2 + log_variance.exp() - 1 - log_variance).sum(1) / 2


def gist_loss(drawing: Drawing, images: Images) -> Scalar:
    """Return the negative evidence bound of the first frames, in nats, without its constant.

    differs: the paper does not tell the likelihood; here a normal one of variance 1 a value.
    """
    surprise = ((drawing.gist - images) ** 2).sum((1, 2, 3)) / 2
    return (surprise + kl_to_prior(drawing.mean, drawing.log_variance)).mean()


def reconstruction_loss(made: Clips, real: Clips) -> Scalar:
    """Return the sum of absolute differences of a clip's values."""
    return (made - real).abs().sum((1, 2, 3, 4)).mean()


def real_loss(
    scores: Float[Tensor, "b 2"], different: Bool[Tensor, " b"], wrong_text_weight: float
) -> Scalar:
    """Return what real clips add to the critic's loss.

    Scores are for the right text and for another clip's text; where that is the same text it is not
    wrong, and does not count.
    """
    right, wrong = scores.unbind(1)
    share = wrong_text_weight * different
    return (share * wrong).sum() / different.sum().clamp(min=1) - right.mean()


def gradient_penalty(
    score: Callable[[Clips], Float[Tensor, "b 1"]], real: Clips, made: Clips
) -> Scalar:
    """Return how far the critic's slope is from 1, between real and made clips.

    Source: Gulrajani et al. 2017, arXiv:1704.00028, equation 3.
    """
    place = torch.rand(len(real), 1, 1, 1, 1, device=real.device)
    between = (place * real + (1 - place) * made).requires_grad_()
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    return ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
