"""The claims of the two stages, on networks small enough for a second."""

from dataclasses import replace

import pytest
import torch

from animatic.errors import UserError
from animatic.families.t2v.sketch.basis import Basis, Moments, cut, enlarge, shrink
from animatic.families.t2v.sketch.config import SKETCH_PRESETS, SketchConfig
from animatic.families.t2v.sketch.critic import Verdict
from animatic.families.t2v.sketch.drawing import Draft, Noise, draft, shown
from animatic.families.t2v.sketch.flow import denoise, draw, guess_tokens
from animatic.families.t2v.sketch.learner import SketchLearner, _misfit
from animatic.families.t2v.sketch.lesson import Lesson, Written, write
from animatic.families.t2v.sketch.networks import Networks
from animatic.families.t2v.sketch.style import prepared
from animatic.types import Batch, EncodedText

TINY = SKETCH_PRESETS["tiny"]


def clips(count=4, config=TINY, seed=0):
    random = torch.Generator().manual_seed(seed)
    return (
        torch.rand(count, 3, config.num_frames, config.size, config.size, generator=random) * 2 - 1
    )


def new_basis(components=TINY.sketch_components):
    return Basis(TINY.patch_frames, TINY.sketch_patch, components, TINY.whitening)


def fitted_basis(basis=None, count=64):
    basis = basis or new_basis()
    moments = Moments(len(basis.mean))
    sketches = shrink(clips(count), TINY.sketch_size)
    moments.add(basis.patches(sketches))
    basis.fit(moments)
    return basis, sketches


def test_shrinking_averages_areas():
    picture = clips(1)
    patch = picture[0, :, :, :4, :4].mean((2, 3))
    torch.testing.assert_close(shrink(picture, TINY.sketch_size)[0, :, :, 0, 0], patch)


def test_enlarging_keeps_time_and_flat_colours_as_they_are():
    colours = torch.rand(2, 3, 8, 1, 1)
    large = enlarge(colours.expand(-1, -1, -1, 4, 4), 16)
    torch.testing.assert_close(large, colours.expand(-1, -1, -1, 16, 16))


def test_patches_are_cut_by_time_then_row_then_column():
    x = torch.zeros(1, 3, 8, 4, 4)
    x[:, :, 4:, :2, 2:] = 1
    sums = cut(x, 4, 2).sum(2)[0]
    assert sums.tolist() == [0, 0, 0, 0, 0, 3 * 4 * 2 * 2, 0, 0]


def test_a_basis_of_all_components_loses_nothing():
    basis, sketches = fitted_basis(new_basis(3 * 4 * 2 * 2), 400)
    decoded = basis.decode(basis.encode(sketches), TINY.sketch_size)
    torch.testing.assert_close(decoded, sketches, atol=1e-3, rtol=0)


def test_a_basis_of_several_patches_a_frame_puts_them_back_in_place():
    whole = clips(200)
    basis = Basis(4, 4, 3 * 4 * 4 * 4, 0.5)
    moments = Moments(len(basis.mean))
    moments.add(basis.patches(whole))
    basis.fit(moments)
    assert basis.encode(whole).shape == (200, 2 * 4 * 4, 192)
    torch.testing.assert_close(basis.decode(basis.encode(whole), 16), whole, atol=1e-3, rtol=0)


def test_a_shifted_grid_has_a_patch_in_the_middle():
    whole = torch.zeros(1, 3, 4, 4, 4)
    whole[..., 1:3, 1:3] = 1
    basis = Basis(4, 2, 6, 0.5, shift=1)
    assert basis.patches(whole).mean(2)[0].tolist() == [0, 0, 0, 1]
    basis.mean.copy_(torch.arange(float(len(basis.mean))))
    decoded = basis.decode(torch.zeros(1, 4, 6), 4)
    torch.testing.assert_close(basis.patches(decoded), basis.mean.expand(1, 4, -1))


def test_a_basis_keeps_the_directions_that_vary_most():
    basis = new_basis()
    values, dim = len(basis.mean), TINY.sketch_components
    moments = Moments(values)
    directions = torch.linalg.qr(torch.randn(values, dim))[0].T
    sizes = torch.linspace(2, 1, dim)
    moments.add((torch.randn(400, 2, dim) * sizes) @ directions + 0.5)
    basis.fit(moments)
    shadow = basis.components @ directions.T
    torch.testing.assert_close(shadow @ shadow.T, torch.eye(dim), atol=1e-3, rtol=0)


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

    def forward(self, scaled, time, text, without_text, given):
        t = time[:, None, None]
        size = (t**2 * self.spread**2 + (1 - t) ** 2) ** 0.5
        guess = t * self.spread**2 / size**2 * (scaled * size)
        return (self.tokens - guess) * size / (self.spread * (1 - t))


class Silent(torch.nn.Module):
    """Adds nothing to the linear guess."""

    def forward(self, scaled, time, text, without_text, given):
        return torch.zeros_like(scaled)


def test_a_perfect_correction_has_no_loss_and_draws_the_sketch(tools):
    torch.manual_seed(0)
    tokens = torch.randn(1, *TINY.sketch_tokens)
    spread = torch.linspace(2, 0.5, TINY.sketch_components)
    text = tools.text_encoder.encode(["golf"])
    perfect = Perfect(tokens, spread)
    guess = guess_tokens(perfect, spread, tokens, text, 0.1)
    assert guess.loss.item() == pytest.approx(0, abs=1e-8)
    torch.testing.assert_close(guess.tokens, tokens)
    drawn = draw(perfect, spread, torch.randn_like(tokens), text, (3, 3), guidance=2.0)
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
    spread = torch.linspace(2, 0.25, TINY.sketch_components)
    noise = torch.randn(1, *TINY.sketch_tokens)
    text = tools.text_encoder.encode(["golf"])
    drawn = draw(Silent(), spread, noise, text, (400, 400), guidance=1.0)
    torch.testing.assert_close(drawn, noise * spread, atol=0.03, rtol=0.03)


def scrambled(network):
    """Give every weight a value, for a new network hides behind its zeros."""
    torch.manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network


@pytest.fixture
def networks(tools):
    return scrambled(Networks(TINY, tools.text_encoder.dim))


def test_guidance_of_one_ignores_the_prediction_without_text(tools, networks):
    sketcher, noise = networks.sketcher, torch.randn(1, *TINY.sketch_tokens)
    spread = torch.ones(TINY.sketch_components)
    text = tools.text_encoder.encode(["golf"])
    before = draw(sketcher, spread, noise, text, (2, 2), guidance=1.0)
    nearly = draw(sketcher, spread, noise, text, (2, 2), guidance=1.0 + 1e-6)
    torch.testing.assert_close(before, nearly, atol=1e-3, rtol=1e-3)
    with torch.no_grad():
        sketcher.no_words.add_(1)
    torch.testing.assert_close(before, draw(sketcher, spread, noise, text, (2, 2), guidance=1.0))
    assert not torch.allclose(before, draw(sketcher, spread, noise, text, (2, 2), guidance=3.0))


def test_words_behind_the_mask_change_nothing(tools, networks):
    text = tools.text_encoder.encode(["golf", "a man is sailing"])
    other = EncodedText(text.tokens.masked_fill(~text.mask[..., None], 7.0), text.mask)
    mixed, time = torch.randn(2, *TINY.sketch_tokens), torch.rand(2)
    hidden = torch.tensor([False, True])
    torch.testing.assert_close(
        networks.sketcher(mixed, time, text, hidden), networks.sketcher(mixed, time, other, hidden)
    )
    few = clips(2)
    torch.testing.assert_close(networks.critic(few, text), networks.critic(few, other))


def test_the_mean_of_the_words_knows_no_order_and_no_mask(tools):
    text = tools.text_encoder.encode(["golf", "a man is sailing"])
    mean = prepared(text, every_word=False)
    assert mean.tokens.shape == (2, 1, text.tokens.shape[2])
    count = int(text.mask[0].sum())
    torch.testing.assert_close(mean.tokens[0, 0], text.tokens[0, :count].mean(0))
    kept = prepared(text, every_word=True)
    assert kept.mask.any(0).all()


def test_rows_of_one_text_are_answered_as_if_each_had_its_own(tools, networks):
    text = tools.text_encoder.encode(["golf", "a man is sailing"])
    each = EncodedText(text.tokens.repeat_interleave(3, 0), text.mask.repeat_interleave(3, 0))
    mixed, time = torch.randn(6, *TINY.sketch_tokens), torch.rand(6)
    hidden = torch.tensor([False, True, False, False, False, True])
    shared = networks.sketcher(mixed, time, text, hidden)
    torch.testing.assert_close(shared, networks.sketcher(mixed, time, each, hidden))
    for row in range(6):
        one = EncodedText(each.tokens[row : row + 1], each.mask[row : row + 1])
        place = slice(row, row + 1)
        alone = networks.sketcher(mixed[place], time[place], one, hidden[place])
        torch.testing.assert_close(shared[place], alone, atol=1e-5, rtol=1e-4)


def test_the_words_are_not_seen_where_they_are_hidden(tools, networks):
    mixed, time = torch.randn(2, *TINY.sketch_tokens), torch.rand(2)
    for hidden in (True, False):
        answers = [
            networks.sketcher(
                mixed, time, tools.text_encoder.encode(words), torch.tensor([hidden, hidden])
            )
            for words in (["golf", "sailing"], ["sailing", "golf"])
        ]
        assert torch.allclose(*answers) == hidden


def test_details_follow_the_sketch_that_is_given(tools, networks):
    text = tools.text_encoder.encode(["golf"])
    noise, spread = torch.randn(1, *TINY.detail_tokens), torch.ones(TINY.detail_components)
    given = cut(torch.randn(1, 3, 8, 4, 4), TINY.patch_frames, TINY.given_size)
    once = draw(networks.detailer, spread, noise, text, (2, 2), 1.0, given)
    assert torch.equal(once, draw(networks.detailer, spread, noise, text, (2, 2), 1.0, given))
    assert not torch.allclose(
        once, draw(networks.detailer, spread, noise, text, (2, 2), 1.0, -given)
    )


def test_the_generator_stays_when_its_steps_are_over_and_the_critic_goes_on(engine, tools):
    config = replace(TINY, generator_steps=6)
    learner = SketchLearner(config, engine, tools)
    kept, averaged = {}, {}
    for step in range(2 * TINY.basis_steps + 8):
        torch.manual_seed(step)
        losses = learner.step([Batch(clips(), ("golf", "sailing", "a b c", "skiing"))], step)
        if step == 2 * TINY.basis_steps + 5:
            assert "sketch" in losses
            kept = {
                name: [parameter.clone() for parameter in network.parameters()]
                for name, network in learner.trained.items()
            }
            averaged = {name: w.clone() for name, w in learner.average.state_dict().items()}
    assert set(losses) == {"misfit", "critic", "penalty"}
    for name, network in learner.trained.items():
        same = [torch.equal(a, b) for a, b in zip(kept[name], network.parameters(), strict=True)]
        assert all(same) == (name != "critic")
    for name, weight in learner.average.state_dict().items():
        assert torch.equal(weight, averaged[name]) or name.startswith("critic.")


def test_a_lesson_says_what_a_sketch_lacks(engine, tools):
    """A clip is its enlarged sketch and its details, as far as both bases go."""
    config = replace(TINY, detail_components=3 * 4 * 8 * 8, basis_steps=20, sketch_noise=0.0)
    learner = SketchLearner(config, engine, tools)
    for step in range(40):
        learner.step([Batch(clips(8, seed=step), ("golf",) * 8)], step)
    batch = Batch(clips(2, seed=3), ("golf", "sailing"))
    lesson = learner._lesson(batch)
    sketches = learner.sketch_basis.decode(lesson.real.sketch_tokens, config.sketch_size)
    details = learner.detail_basis.decode(lesson.real.detail_tokens, config.size)
    restored = enlarge(sketches, config.size) + details
    torch.testing.assert_close(restored, batch.clips, atol=0.02, rtol=0)
    torch.testing.assert_close(lesson.noised, cut(sketches, 4, config.given_size))
    torch.testing.assert_close(lesson.real.clips, restored.clamp(-1, 1))


def test_bases_of_full_rank_write_a_clip_as_it_is(tools):
    """So the critic sees of a real clip all that a drawn one could have, and no more."""
    config = replace(TINY, detail_components=3 * 4 * 8 * 8, sketch_components=3 * 4 * 2 * 2)
    networks = Networks(config, tools.text_encoder.dim)
    for basis, patches in (
        (networks.sketch_basis, shrink(clips(200), 4)),
        (networks.detail_basis, clips(200)),
    ):
        moments = Moments(len(basis.mean))
        moments.add(basis.patches(patches))
        basis.fit(moments)
    few = clips(2, seed=1)
    read = write(few, config, networks.sketch_basis, networks.detail_basis)
    torch.testing.assert_close(read.clips, few, atol=0.01, rtol=0)
    assert not torch.allclose(poorer(networks, config, few), few, atol=0.1)


def poorer(networks, config, few):
    """What is left of clips when the bases hold half of the components."""
    for basis in (networks.sketch_basis, networks.detail_basis):
        basis.components[:, basis.components.shape[1] // 2 :] = 0
    return write(few, config, networks.sketch_basis, networks.detail_basis).clips


def test_every_parameter_gets_a_gradient(engine, tools):
    learner = SketchLearner(replace(TINY, drop_text=0.5), engine, tools)
    seen = {name: set() for name in learner.trained}
    for step in range(2 * TINY.basis_steps + TINY.adversarial_start + 6):
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


def test_the_last_step_of_a_draft_ends_where_sampling_ends(engine, tools):
    learner = SketchLearner(TINY, engine, tools)
    scrambled(learner.average)
    learner.trained["detailer"].load_state_dict(learner.average.detailer.state_dict())
    fit_randomly(learner)
    text = tools.text_encoder.encode(["golf", "sailing"])
    torch.manual_seed(0)
    finished = learner._finished(learner._draft(text))
    torch.manual_seed(0)
    noise = Noise(torch.randn(2, *TINY.sketch_tokens), torch.randn(2, *TINY.detail_tokens))
    whole = draft(learner.average, TINY, text, noise)
    clip = shown(whole.sketches, whole.details, TINY, learner.detail_basis)
    torch.testing.assert_close(finished, clip, atol=1e-4, rtol=1e-3)


def test_drafts_of_a_batch_are_those_of_each_text_alone(tools, networks):
    text = tools.text_encoder.encode(["golf", "a man is sailing"])
    noise = Noise(torch.randn(2, *TINY.sketch_tokens), torch.randn(2, *TINY.detail_tokens))
    together = draft(networks, TINY, text, noise)
    for row in range(2):
        one = EncodedText(text.tokens[row : row + 1], text.mask[row : row + 1])
        alone = draft(networks, TINY, one, Noise(*(part[row : row + 1] for part in noise)))
        torch.testing.assert_close(
            together.details[row : row + 1], alone.details, atol=1e-4, rtol=1e-3
        )


def fit_randomly(learner):
    """Give a learner bases, as if they had been measured."""
    for name in ("sketch_basis", "detail_basis"):
        for basis in (getattr(learner, name), getattr(learner.average, name)):
            torch.manual_seed(1)
            basis.components.copy_(torch.linalg.qr(torch.randn_like(basis.components).T)[0].T)


def seen(tools, real):
    """A lesson in which nothing but the clips matters."""
    text = tools.text_encoder.encode(["golf", "a man is sailing"])
    tokens = torch.zeros(len(real), *TINY.detail_tokens)
    given = torch.zeros(len(real), TINY.detail_tokens[0], TINY.given_dim)
    written = Written(torch.zeros(len(real), *TINY.sketch_tokens), tokens, real)
    return Lesson(text, written, given), Draft(text, real, given, tokens)


def test_a_score_is_how_real_a_clip_is_and_how_well_its_own_text_fits():
    verdict = Verdict(torch.tensor([10.0, 20.0]), torch.arange(4.0).reshape(2, 2))
    assert verdict.scores().tolist() == [10 + 0, 20 + 3]


def test_the_critic_learns_which_text_is_right_and_which_clip_is_real(engine, tools):
    """Two kinds of clips, one for each text; drawn ones are noise."""
    torch.manual_seed(0)
    learner = SketchLearner(replace(TINY, critic_rate=3e-3), engine, tools)
    kinds = clips(2)
    lesson, drawn = seen(tools, kinds)
    learner._finished = lambda _: torch.rand(2, 3, 8, 16, 16) * 2 - 1
    for step in range(60):
        learner._teach_critic([lesson], [drawn], step)
    near = kinds + 0.1 * torch.randn_like(kinds)
    with torch.no_grad():
        real = learner.critic(near, lesson.text)
        noise = learner.critic(learner._finished(None), lesson.text)
    assert (real.fit.argmax(1) == torch.arange(2)).all()
    assert (real.real > noise.real).all()


def test_fit_is_compared_between_texts_and_between_clips():
    right = 20 * torch.eye(3)
    assert _misfit(right).item() == pytest.approx(0, abs=1e-6)
    liked = right + torch.tensor([[0.0], [40.0], [0.0]])  # one clip fits every text better
    greedy = right + torch.tensor([[0.0, 40.0, 0.0]])  # one text fits every clip better
    for wrong in (liked, greedy):
        assert _misfit(wrong).item() > 1


def test_drawn_clips_are_not_taught_to_fit_no_text(engine, tools):
    """Or the best of several would be the one that shows its text least like a real clip."""
    learner = SketchLearner(replace(TINY, wrong_text_weight=0.0, penalty=0.0), engine, tools)
    lesson, drawn = seen(tools, clips(2))
    learner._finished = lambda _: clips(2, seed=9)
    before = [layer.weight.clone() for layer in (learner.critic.judge, learner.critic.compare)]
    learner._teach_critic([lesson], [drawn], 1)
    after = [layer.weight for layer in (learner.critic.judge, learner.critic.compare)]
    assert [torch.equal(a, b) for a, b in zip(before, after, strict=True)] == [False, True]


def test_the_critics_slope_is_that_of_how_real_it_finds_a_clip(engine, tools):
    """The finite difference is the slope along noise, so its mean square is the gradient's."""
    torch.manual_seed(0)
    learner = SketchLearner(TINY, engine, tools)
    one, text = clips(1).requires_grad_(), tools.text_encoder.encode(["golf"])
    (slope,) = torch.autograd.grad(learner.critic(one, text).real.sum(), one)
    with torch.no_grad():
        found = learner._slope(one.expand(4000, -1, -1, -1, -1), text)
    assert found.item() == pytest.approx(slope.square().sum().item(), rel=0.1)


def test_the_detailer_learns_from_a_critic_that_is_sure(engine, tools):
    learner = SketchLearner(TINY, engine, tools)
    scrambled(learner.average)
    scrambled(learner.critic)
    fit_randomly(learner)
    lesson, _ = seen(tools, clips(2))
    learner._displeasure(lesson, learner._draft(lesson.text)).backward()
    detailer = learner.trained["detailer"]
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in detailer.parameters())
    assert all(parameter.grad is None for parameter in learner.critic.parameters())


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 60},
        {"patch_frames": 5},
        {"critic_dim": 130},
        {"num_heads": 3},
        {"detail_patch": 2},
        {"sketch_patch": 3},
    ],
)
def test_sizes_that_do_not_fit_are_refused_with_both_numbers(wrong):
    with pytest.raises(UserError, match=r"\d+.*\d+"):
        replace(SketchConfig(), **wrong)
