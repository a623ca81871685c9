"""A probe finds what is linear in the features, and nothing else."""

import torch

from animatic.metrics.probe import Probe


def clouds(count, seed, apart):
    random = torch.Generator().manual_seed(seed)
    classes = torch.arange(count) % 3
    centres = torch.eye(3, 8) * apart
    return centres[classes] + torch.randn(count, 8, generator=random), classes


def test_a_probe_names_clouds_that_are_apart_and_guesses_those_that_are_not():
    for apart, low, high in ((8.0, 0.97, 1.0), (0.0, 0.15, 0.55)):
        probe = Probe(*clouds(150, 0, apart), 3)
        features, classes = clouds(150, 1, apart)
        right = (probe(features).argmax(1) == classes).float().mean().item()
        assert low <= right <= high


def test_the_unit_of_a_feature_does_not_matter():
    features, classes = clouds(90, 0, 2.0)
    scaled = features * torch.logspace(-3, 3, 8) + 5
    first, second = Probe(features, classes, 3), Probe(scaled, classes, 3)
    torch.testing.assert_close(first(features), second(scaled), atol=1e-3, rtol=1e-3)
