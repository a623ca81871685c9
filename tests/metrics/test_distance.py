"""Distances of sets of features, against closed forms and slow twins."""

import math

import pytest
import torch

from animatic.errors import UserError
from animatic.metrics import distance
from animatic.metrics.distance import (
    Gaussian,
    frechet_distance,
    gaussian,
    kernel_distance,
    manifold,
    nearest,
)


def rows(count, dim=6, seed=0, mean=0.0, deviation=1.0):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, dim, generator=random) * deviation + mean


def test_the_distance_of_two_gaussians_is_the_closed_form():
    """With covariances that share their axes the root is that of each deviation."""
    axes = torch.linalg.qr(rows(6).double())[0]
    first, second = torch.linspace(0.5, 3, 6).double(), torch.linspace(2, 0.1, 6).double()
    means = torch.zeros(6).double(), torch.full((6,), 0.7).double()
    one = Gaussian(means[0], axes @ first.square().diag() @ axes.T)
    other = Gaussian(means[1], axes @ second.square().diag() @ axes.T)
    expected = 6 * 0.49 + (first - second).square().sum().item()
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-7)


def test_the_distance_matches_a_root_of_the_product_of_any_covariances():
    one, other = gaussian(rows(50)), gaussian(rows(40, seed=1) @ rows(6, seed=2))
    roots = torch.linalg.eigvals(one.covariance @ other.covariance).real.clamp(min=0).sqrt().sum()
    expected = (one.mean - other.mean).square().sum()
    expected = expected + one.covariance.trace() + other.covariance.trace() - 2 * roots
    assert frechet_distance(one, other) == pytest.approx(expected.item(), rel=1e-7)


def test_the_distance_to_itself_is_nothing_even_with_more_values_than_clips():
    few = gaussian(rows(5, dim=30))
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6)


def test_the_distance_of_few_clips_is_exact():
    """With fewer clips than values, against the singular values of the clips' products."""
    torch.manual_seed(0)
    mixed = torch.randn(8, 256, dtype=torch.float64)
    one, other = (
        torch.randn(20, 8, dtype=torch.float64) @ mixed + noise
        for noise in 0.1 * torch.randn(2, 20, 256, dtype=torch.float64)
    )
    first, second = ((x - x.mean(0)) / math.sqrt(19) for x in (one, other))
    apart = (one.mean(0) - other.mean(0)).square().sum()
    shared = torch.linalg.svdvals(first @ second.T).sum()
    wanted = apart + first.square().sum() + second.square().sum() - 2 * shared
    found = frechet_distance(gaussian(one), gaussian(other))
    assert found == pytest.approx(wanted.item(), rel=1e-9)


def test_the_distance_is_symmetric_and_blind_to_order():
    one, other = rows(40), rows(40, seed=1, deviation=2)
    forth = frechet_distance(gaussian(one), gaussian(other))
    back = frechet_distance(gaussian(other.flip(0)), gaussian(one[torch.randperm(40)]))
    assert forth == pytest.approx(back, rel=1e-9)


def test_real_against_real_falls_with_the_number_of_clips():
    floors = [
        frechet_distance(gaussian(rows(n, 20)), gaussian(rows(n, 20, seed=1)))
        for n in (30, 100, 1000)
    ]
    assert floors[0] > 2 * floors[1] > 4 * floors[2]


def test_a_single_clip_has_no_covariance():
    with pytest.raises(UserError, match="at least 2 clips, there is 1"):
        gaussian(rows(1))


def test_blocks_change_nothing(monkeypatch):
    one, other = rows(50), rows(37, seed=1)
    whole = kernel_distance(one, other)
    monkeypatch.setattr(distance, "BLOCK", 8)
    assert kernel_distance(one, other) == pytest.approx(whole, rel=1e-9)


def test_the_kernel_distance_matches_a_loop():
    one, other = rows(5).double(), rows(4, seed=1, mean=0.5).double()

    def kernel(x, y):
        return (float(x @ y) / 6 + 1) ** 3

    within = [
        sum(kernel(x, y) for i, x in enumerate(z) for j, y in enumerate(z) if i != j)
        / (len(z) * (len(z) - 1))
        for z in (one, other)
    ]
    between = sum(kernel(x, y) for x in one for y in other) / 20
    assert kernel_distance(one, other) == pytest.approx(sum(within) - 2 * between)


def test_the_kernel_distance_of_equal_sets_is_nothing_on_average():
    values = [kernel_distance(rows(20, seed=i), rows(20, seed=100 + i)) for i in range(200)]
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
    assert abs(mean) < 3 * deviation / math.sqrt(len(values))
    assert min(values) < 0


def test_a_kernel_distance_of_one_clip_is_refused():
    with pytest.raises(UserError, match="1 and 9"):
        kernel_distance(rows(1), rows(9))


def test_clips_of_the_same_kind_are_precise_and_cover():
    found = manifold(rows(300), rows(300, seed=1))
    assert min(found) > 0.8


def test_one_clip_over_and_over_is_precise_but_covers_nothing():
    found = manifold(rows(200), rows(1, seed=1).expand(200, -1) * 0.1 + 1e-6 * rows(200, seed=2))
    assert found.precision == 1
    assert found.recall == 0
    assert found.coverage < 0.2


def test_clips_far_away_are_neither():
    assert manifold(rows(50), rows(50, mean=100)) == (0, 0, 0, 0)


def test_an_outlier_raises_recall_but_not_coverage():
    real, far = rows(100), rows(60, mean=50, seed=1)
    assert manifold(real, far).recall == 0
    found = manifold(real, torch.cat([far, rows(1, mean=-30, seed=2)]))
    assert found.recall == 1
    assert found.coverage == 0


def test_too_few_clips_for_the_neighbours_are_refused():
    with pytest.raises(UserError, match="5 neighbours need more clips than 5 real and 9 made"):
        manifold(rows(5), rows(9))


def test_the_nearest_is_found_with_its_distance():
    among = rows(20)
    distances, places = nearest(among[[7, 3]] + 0.001, among)
    assert places.tolist() == [7, 3]
    torch.testing.assert_close(
        distances, torch.full((2,), 0.001 * 6**0.5, dtype=torch.float64), atol=1e-6, rtol=0
    )
