"""How far apart two sets of feature vectors are.

All arithmetic is in float64 and independent of the order of the rows.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from animatic.errors import UserError

BLOCK = 1024
"""Rows whose products with all others are held in memory at once."""

Features = Float[Tensor, "_ d"]
"""One vector a clip (or frame)."""


class Gaussian(NamedTuple):
    """Mean and unbiased covariance of features."""

    mean: Float[Tensor, " d"]
    covariance: Float[Tensor, "d d"]


def gaussian(features: Features) -> Gaussian:
    """Return mean and unbiased covariance.

    Raises:
        UserError: if there are fewer than two rows.
    """
    if len(features) < 2:
        raise UserError(f"a covariance needs at least 2 clips, there is {len(features)}")
    rows = features.detach().cpu().double()
    return Gaussian(rows.mean(0), torch.cov(rows.T))


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """Return the squared Fréchet distance of two Gaussians, in squared units of the features.

    Source: Dowson & Landau 1982, doi:10.1016/0047-259X(82)90077-X; on features of a video network
    it is the FVD of Unterthiner et al. 2018, arXiv:1812.01717, on those of an image network the FID
    of Heusel et al. 2017, arXiv:1706.08500.
    """
    root = _square_root(one.covariance)
    product = root @ other.covariance @ root
    roots = _roots(torch.linalg.eigvalsh((product + product.T) / 2))
    traces = one.covariance.trace() + other.covariance.trace()
    apart = (one.mean - other.mean).square().sum()
    return max(0.0, (apart + traces - 2 * roots.sum()).item())


def kernel_distance(one: Features, other: Features) -> float:
    """Return the unbiased squared distance of mean embeddings; about 0 for equal sets, or below.

    Unlike `frechet_distance` its mean does not depend on the number of clips.
    Source: the polynomial kernel of degree three of Binkowski et al. 2018, arXiv:1801.01401.

    Raises:
        UserError: if a set has fewer than two rows.
    """
    if min(len(one), len(other)) < 2:
        raise UserError(
            f"a kernel distance needs at least 2 clips a set, there are {len(one)} and {len(other)}"
        )
    one, other = one.detach().cpu().double(), other.detach().cpu().double()

    def total(x: Tensor, y: Tensor) -> Tensor:
        # In blocks, for all pairs at once do not fit into memory.
        blocks = [(rows @ y.T / x.shape[1] + 1).pow(3).sum() for rows in x.split(BLOCK)]
        return torch.stack(blocks).sum()

    def within(x: Tensor) -> Tensor:
        own = (x.square().sum(1) / x.shape[1] + 1).pow(3).sum()
        return (total(x, x) - own) / (len(x) * (len(x) - 1))

    between = total(one, other) / (len(one) * len(other))
    return (within(one) + within(other) - 2 * between).item()


class Manifold(NamedTuple):
    """Shares in [0, 1] (density may be above): what is made well, and how much of it is made.

    `precision`: made clips near some real one. `recall`: real clips near some made one. `density`:
    like precision, but each real neighbour counts. `coverage`: real clips that have a made one near
    them; unlike recall, outliers among the made ones do not raise it.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real: Features, made: Features, neighbours: int = 5) -> Manifold:
    """Return precision, recall, density and coverage by nearest neighbours.

    Source: Kynkäänniemi et al. 2019, arXiv:1904.06991 (precision, recall); Naeem et al. 2020,
    arXiv:2002.09797 (density, coverage).

    Raises:
        UserError: if a set has no more rows than `neighbours`.
    """
    if min(len(real), len(made)) <= neighbours:
        raise UserError(
            f"{neighbours} neighbours need more clips than {len(real)} real and {len(made)} made"
        )
    real, made = real.detach().cpu().double(), made.detach().cpu().double()
    between = _distances(real, made)
    real_radius = _distances(real, real).kthvalue(neighbours + 1, dim=1).values
    made_radius = _distances(made, made).kthvalue(neighbours + 1, dim=1).values
    inside_real = between <= real_radius[:, None]
    inside_made = between <= made_radius[None]
    return Manifold(
        precision=inside_real.any(0).double().mean().item(),
        recall=inside_made.any(1).double().mean().item(),
        density=inside_real.sum(0).double().mean().item() / neighbours,
        coverage=inside_real.any(1).double().mean().item(),
    )


def nearest(
    rows: Features, among: Features, *, leave_out_same: bool = False
) -> tuple[Tensor, Tensor]:
    """Return the distance of each row to its nearest among others, and which that is.

    With `leave_out_same`, a row is not compared with the one of its own number.
    """
    distances = _distances(rows.detach().cpu().double(), among.detach().cpu().double())
    if leave_out_same:
        distances.fill_diagonal_(math.inf)
    found = distances.min(dim=1)
    return found.values, found.indices


def _distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _square_root(matrix: Float[Tensor, "d d"]) -> Float[Tensor, "d d"]:
    """Return the root of a symmetric matrix whose negative eigenvalues are rounding."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * _roots(values)) @ vectors.T


def _roots(eigenvalues: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
    """Return the roots of eigenvalues, 0 of those that are rounding.

    With fewer clips than features most of them are, and the root makes 1e-8 of 1e-16.
    """
    rounding = len(eigenvalues) * torch.finfo(eigenvalues.dtype).eps * eigenvalues.max()
    return eigenvalues.where(eigenvalues > rounding, 0).sqrt()
