import torch
from torch.distributions import Normal, kl_divergence

from animatic.families.t2v.gist.losses import (
    gist_loss,
    gradient_penalty,
    kl_to_prior,
    real_loss,
    reconstruction_loss,
)
from animatic.families.t2v.gist.networks import Drawing


def test_the_divergence_is_that_of_two_normal_distributions() -> None:
    torch.manual_seed(0)
    mean, log_variance = torch.randn(5, 7), torch.randn(5, 7)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_to_prior(mean, log_variance), expected)
    assert kl_to_prior(torch.zeros(1, 7), torch.zeros(1, 7)).item() == 0


def test_the_gists_loss_is_surprise_and_divergence_in_nats() -> None:
    images = torch.zeros(2, 3, 4, 4)
    drawing = Drawing(images + 0.5, torch.ones(2, 3), torch.zeros(2, 3), torch.zeros(2, 1))
    assert gist_loss(drawing, images).item() == 48 * 0.25 / 2 + 3 / 2


def test_reconstruction_is_the_l1_norm_of_a_clip() -> None:
    assert reconstruction_loss(torch.zeros(2, 3, 2, 4, 4), torch.ones(2, 3, 2, 4, 4)).item() == 96


def test_a_wrong_text_that_is_the_same_text_does_not_count() -> None:
    scores = torch.tensor([[1.0, 8.0], [3.0, 100.0]])
    assert real_loss(scores, torch.tensor([True, False]), 0.5).item() == 4 - 2
    assert real_loss(scores, torch.tensor([False, False]), 0.5).item() == -2


def test_a_slope_of_one_is_free_and_a_slope_of_three_costs_four() -> None:
    clips = torch.randn(2, 3, 2, 4, 4)
    direction = torch.randn(clips[0].numel())
    direction /= direction.norm()

    def cost(slope: float) -> float:
        score = lambda between: slope * (between.flatten(1) @ direction)[:, None]  # noqa: E731
        return gradient_penalty(score, clips, -clips).item()

    torch.testing.assert_close(cost(1.0), 0.0, atol=1e-6, rtol=0)
    torch.testing.assert_close(cost(3.0), 4.0)
