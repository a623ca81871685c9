"""The claims of the two stages, on networks small enough for a second."""

from dataclasses import replace

import pytest
import torch

from animatic.errors import UserError
from animatic.families.t2v.sketch.basis import Basis, Moments, shrink
from animatic.families.t2v.sketch.config import SKETCH_PRESETS, SketchConfig
from animatic.families.t2v.sketch.critics import Critics
from animatic.families.t2v.sketch.detailer import Detailer
from animatic.families.t2v.sketch.folding import fold, unfold
from animatic.families.t2v.sketch.learner import SketchLearner
from animatic.families.t2v.sketch.sketcher import Sketcher, denoise, draw, flow_loss
from animatic.types import Batch, EncodedText

TINY = SKETCH_PRESETS["tiny"]


def clips(count=4, config=TINY, seed=0):
    random = torch.Generator().manual_seed(seed)
    return (
        torch.rand(count, 3, config.num_frames, config.size, config.size, generator=random) * 2 - 1
    )


def fitted_basis(config=TINY, count=64):
    basis, moments = Basis(config), Moments(config.group_values)
    sketches = shrink(clips(count, config), config.sketch_size)
    moments.add(basis.groups(sketches))
    basis.fit(moments)
    return basis, sketches


def test_unfolding_undoes_folding():
    x = torch.randn(2, 3, 4, 8, 8)
    assert torch.equal(unfold(fold(x, (2, 4, 4)), (2, 4, 4)), x)


def test_shrinking_averages_areas():
    picture = clips(1)
    patch = picture[0, :, :, :4, :4].mean((2, 3))
    torch.testing.assert_close(shrink(picture, TINY.sketch_size)[0, :, :, 0, 0], patch)


def test_a_basis_of_all_components_loses_nothing():
    config = replace(TINY, token_dim=TINY.group_values)
    basis, sketches = fitted_basis(config, 400)
    torch.testing.assert_close(basis.decode(basis.encode(sketches)), sketches, atol=1e-3, rtol=0)


def test_a_basis_keeps_the_directions_that_vary_most():
    basis, moments = Basis(TINY), Moments(TINY.group_values)
    directions = torch.linalg.qr(torch.randn(TINY.group_values, TINY.token_dim))[0].T
    sizes = torch.linspace(2, 1, TINY.token_dim)
    groups = (torch.randn(400, 2, TINY.token_dim) * sizes) @ directions + 0.5
    moments.add(groups)
    basis.fit(moments)
    shadow = basis.components @ directions.T
    torch.testing.assert_close(shadow @ shadow.T, torch.eye(TINY.token_dim), atol=1e-3, rtol=0)


def test_tokens_have_unit_mean_square():
    basis, sketches = fitted_basis()
    assert basis.encode(sketches).square().mean().item() == pytest.approx(1, rel=0.05)


def test_moments_match_the_covariance_of_all_rows():
    moments = Moments(12)
    parts = torch.randn(3, 5, 2, 12)
    for part in parts:
        moments.add(part)
    mean, covariance = moments.mean_and_covariance()
    rows = parts.reshape(-1, 12)
    torch.testing.assert_close(mean, rows.mean(0))
    torch.testing.assert_close(covariance, torch.cov(rows.T, correction=0), atol=1e-5, rtol=1e-4)


class Perfect(torch.nn.Module):
    """Knows the tokens that every path leads to, and corrects the linear guess to them."""

    def __init__(self, tokens, spread):
        super().__init__()
        self.tokens, self.spread = tokens, spread

    def forward(self, scaled, time, text, without_text):
        t = time[:, None, None]
        size = (t**2 * self.spread**2 + (1 - t) ** 2) ** 0.5
        guess = t * self.spread**2 / size**2 * (scaled * size)
        return (self.tokens - guess) * size / (self.spread * (1 - t))


class Silent(torch.nn.Module):
    """Adds nothing to the linear guess."""

    def forward(self, scaled, time, text, without_text):
        return torch.zeros_like(scaled)


def test_a_perfect_correction_has_no_loss_and_draws_the_sketch(tools):
    torch.manual_seed(0)
    tokens = torch.randn(1, TINY.num_tokens, TINY.token_dim)
    spread = torch.linspace(2, 0.5, TINY.token_dim)
    text = tools.text_encoder.encode(["golf"])
    perfect = Perfect(tokens, spread)
    assert flow_loss(perfect, spread, tokens, text, 0.1).item() == pytest.approx(0, abs=1e-8)
    drawn = draw(perfect, spread, torch.randn_like(tokens), text, 3, guidance=2.0)
    torch.testing.assert_close(drawn, tokens, atol=1e-4, rtol=1e-4)


def test_the_linear_guess_is_the_best_one_for_gaussian_tokens(tools):
    torch.manual_seed(0)
    spread = torch.tensor([2.0, 0.5])
    tokens, noise = torch.randn(20_000, 1, 2) * spread, torch.randn(20_000, 1, 2)
    text = EncodedText(torch.zeros(20_000, 1, 16), torch.ones(20_000, 1, dtype=torch.bool))
    mixed = 0.3 * noise + 0.7 * tokens
    time, seen = torch.full((20_000,), 0.7), torch.zeros(20_000, dtype=torch.bool)
    guess = denoise(Silent(), spread, mixed, time, text, seen)
    slope = (mixed * tokens).mean((0, 1)) / mixed.square().mean((0, 1))
    torch.testing.assert_close(guess, slope * mixed, atol=0.05, rtol=0.05)


def test_gaussian_tokens_are_drawn_with_their_spread(tools):
    torch.manual_seed(0)
    spread = torch.linspace(2, 0.25, TINY.token_dim)
    noise = torch.randn(1, TINY.num_tokens, TINY.token_dim)
    text = tools.text_encoder.encode(["golf"])
    drawn = draw(Silent(), spread, noise, text, 400, guidance=1.0)
    torch.testing.assert_close(drawn, noise * spread, atol=0.03, rtol=0.03)


def test_guidance_of_one_ignores_the_prediction_without_text(tools):
    torch.manual_seed(0)
    sketcher = Sketcher(TINY, tools.text_encoder.dim)
    for parameter in sketcher.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    noise, spread = torch.randn(1, TINY.num_tokens, TINY.token_dim), torch.ones(TINY.token_dim)
    text = tools.text_encoder.encode(["golf"])
    before = draw(sketcher, spread, noise, text, 2, guidance=1.0)
    with torch.no_grad():
        sketcher.no_words.add_(1)
    torch.testing.assert_close(before, draw(sketcher, spread, noise, text, 2, guidance=1.0))
    assert not torch.allclose(before, draw(sketcher, spread, noise, text, 2, guidance=3.0))


def test_words_behind_the_mask_change_nothing(tools):
    torch.manual_seed(0)
    for network in (Sketcher(TINY, 16), Detailer(TINY, 16), Critics(TINY, 16)):
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        text = tools.text_encoder.encode(["golf", "a man is sailing"])
        other = EncodedText(text.tokens.masked_fill(~text.mask[..., None], 7.0), text.mask)
        answers = []
        for words in (text, other):
            torch.manual_seed(1)
            if isinstance(network, Sketcher):
                mixed = torch.randn(2, TINY.num_tokens, TINY.token_dim)
                answer = network(mixed, torch.rand(2), words, torch.tensor([False, True]))
            elif isinstance(network, Detailer):
                answer = network(torch.randn(2, 3, 4, 4, 4), words, torch.randn(2, TINY.noise_dim))
            else:
                (answer,) = network(torch.randn(2, 3, 4, 16, 16), torch.tensor([0]), words)
            answers.append(answer)
        torch.testing.assert_close(*answers)


def test_a_new_detailer_shows_the_enlarged_sketch_and_details_stay_in_their_clip(tools):
    torch.manual_seed(0)
    detailer = Detailer(TINY, 16)
    text = tools.text_encoder.encode(["golf", "sailing"])
    noise, sketches = torch.randn(2, TINY.noise_dim), torch.randn(2, 3, 8, 4, 4)
    both = detailer(sketches, text, noise)
    changed = sketches.clone()
    changed[1] += 1
    torch.testing.assert_close(detailer(changed, text, noise)[0], both[0])
    assert both.shape == (2, 3, 8, 16, 16)


def test_every_parameter_gets_a_gradient(engine, tools):
    learner = SketchLearner(replace(TINY, drop_text=0.5), engine, tools)
    seen = {name: set() for name in learner.trained}
    for step in range(TINY.basis_steps + TINY.adversarial_start + 6):
        torch.manual_seed(step)
        learner.step(
            [Batch(clips(), ("golf in the pool", "sailing", "a b c", "skiing at sea"))], step
        )
        for name, network in learner.trained.items():
            for key, parameter in network.named_parameters():
                if parameter.grad is not None and parameter.grad.abs().sum() > 0:
                    seen[name].add(key)
    for name, network in learner.trained.items():
        assert seen[name] == {key for key, _ in network.named_parameters()}


def test_the_detailer_learns_from_critics_that_are_sure(engine, tools):
    torch.manual_seed(0)
    learner = SketchLearner(TINY, engine, tools)
    with torch.no_grad():
        for parameter in learner.critics.parameters():
            parameter.mul_(10)
    real, text = clips(2)[:, :, :4], tools.text_encoder.encode(["golf", "sailing"])
    made = (real * 0.1).requires_grad_()
    from animatic.families.t2v.sketch.learner import Window

    learner._displeasure(Window(real, made, text, torch.tensor([0, 1]))).backward()
    assert made.grad is not None
    assert made.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in learner.critics.parameters())


@pytest.mark.parametrize(
    "wrong",
    [{"size": 60}, {"group_frames": 5}, {"window_frames": 6}, {"sketcher_heads": 3}],
)
def test_sizes_that_do_not_fit_are_refused_with_both_numbers(wrong):
    with pytest.raises(UserError, match=r"\d+.*\d+"):
        replace(SketchConfig(), **wrong)
