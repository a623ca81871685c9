"""Inception score and errors, against cases whose answer is known."""

import math

import pytest
import torch

from animatic.errors import UserError
from animatic.metrics.score import inception_score, jackknife, roc_area, share_error


def test_clips_that_all_look_the_same_score_one():
    found = inception_score(torch.randn(1, 10).expand(50, -1))
    assert found.value == pytest.approx(1)


def test_sure_and_even_classes_score_their_number():
    logits = torch.eye(10).repeat(5, 1) * 100
    assert inception_score(logits).value == pytest.approx(10)


def test_the_score_matches_the_definition():
    torch.manual_seed(0)
    logits = torch.randn(12, 4, dtype=torch.float64)
    p = logits.softmax(1)
    expected = []
    for part in (p[:6], p[6:]):
        mean = part.mean(0).tolist()
        divergences = [
            sum(x * math.log(x / m) for x, m in zip(row, mean, strict=True))
            for row in part.tolist()
        ]
        expected.append(math.exp(sum(divergences) / 6))
    found = inception_score(logits, splits=2)
    assert found.value == pytest.approx(sum(expected) / 2)
    assert found.error == pytest.approx(abs(expected[0] - expected[1]) / 2)  # two values


def test_more_splits_than_clips_are_refused():
    with pytest.raises(UserError, match="10 splits need as many clips, there are 3"):
        inception_score(torch.zeros(3, 4), splits=10)


def test_the_jackknife_finds_the_error_of_a_mean():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0)).double()
    found = jackknife(lambda kept: values[kept].mean().item(), 400, repeats=400)
    assert found == pytest.approx(values.std().item() / 20, rel=0.15)


def test_the_jackknife_repeats_itself():
    values = torch.randn(50)
    errors = [jackknife(lambda kept: values[kept].mean().item(), 50) for _ in range(2)]
    assert errors[0] == errors[1]


def test_the_error_of_a_share():
    assert share_error(0.5, 100) == pytest.approx(0.05)
    assert share_error(1.0, 100) == 0


def test_the_roc_area_counts_pairs_in_order():
    assert roc_area(torch.tensor([3.0, 2.0]), torch.tensor([1.0, 2.0])) == pytest.approx(0.875)
    assert roc_area(torch.tensor([0.0]), torch.tensor([1.0])) == 0
