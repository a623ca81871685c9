"""Scores of class probabilities, and how sure a number is."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from animatic.errors import UserError


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


def inception_score(logits: Float[Tensor, "n classes"], splits: int = 1) -> Estimate:
    """Return the exponential of the mean divergence of each clip's classes from all clips' classes.

    1 if every clip looks the same to the network, the number of classes at most. With several
    splits: their mean, which depends on their size, so state it, and its standard error; papers
    print the deviation over splits, which is that error times the root of their number.
    Source: Salimans et al. 2016, arXiv:1606.03498.

    Raises:
        UserError: if there are fewer clips than splits.
    """
    if len(logits) < splits:
        raise UserError(f"{splits} splits need as many clips, there are {len(logits)}")
    logs = logits.detach().cpu().double().log_softmax(dim=1)
    scores = []
    for part in logs.tensor_split(splits):
        mean = part.logsumexp(dim=0) - torch.tensor(len(part)).log()
        scores.append((part.exp() * (part - mean)).sum(dim=1).mean().exp())
    values = torch.stack(scores)
    error = values.std().item() / splits**0.5 if splits > 1 else 0.0
    return Estimate(values.mean().item(), error)


def jackknife(
    statistic: Callable[[Int[Tensor, " m"]], float],
    count: int,
    *,
    share: float = 0.2,
    repeats: int = 10,
    seed: int = 0,
) -> float:
    """Return the standard error of a statistic of `count` clips, by leaving out some of them.

    Unlike the bootstrap no clip is taken twice, which distances of sets would see.
    Source: Shao & Wu 1989, doi:10.1214/aos/1176347263.

    Args:
        statistic: the number, given the places of the clips that stay.
        count: how many clips there are.
        share: of the clips that are left out each time.
        repeats: how often.
        seed: of the choices.
    """
    random = torch.Generator().manual_seed(seed)
    left_out = max(1, round(share * count))
    values = torch.tensor(
        [
            statistic(torch.randperm(count, generator=random)[left_out:].sort().values)
            for _ in range(repeats)
        ],
        dtype=torch.float64,
    )
    return ((count - left_out) / left_out * values.var()).sqrt().item()


def share_error(share: float, count: int) -> float:
    """Return the standard error of a share of so many independent clips (binomial)."""
    return (share * (1 - share) / max(1, count)) ** 0.5


def roc_area(higher: Float[Tensor, " n"], lower: Float[Tensor, " m"]) -> float:
    """Return the share of pairs in which the first has the higher score; ties count half.

    The area under the receiver operating characteristic: 0.5 is chance, 1 is never wrong.
    Source: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    difference = higher.double()[:, None] - lower.double()[None]
    return ((difference > 0).double() + (difference == 0).double() / 2).mean().item()
