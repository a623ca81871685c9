"""What generators, encoders and discriminators promise."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from animatic.errors import UserError
from animatic.families.dvd_gan.config import PRESETS
from animatic.families.dvd_gan.discriminators import Discriminators, Glance, parts
from animatic.families.dvd_gan.encoder import padded
from animatic.families.dvd_gan.generator import Generator, over
from animatic.families.dvd_gan.losses import discriminator_loss, generator_loss
from animatic.families.dvd_gan.standing import measure_standing

TINY = PRESETS["tiny"]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def made(config, known=None):
    generator = Generator(config)
    noise = torch.randn(4, config.latent_dim)
    return generator(noise, torch.tensor([0, 1, 2, 0]) if known is None else known)


@pytest.mark.parametrize("preset", [name for name in PRESETS if "tiny" in name])
def test_every_parameter_gets_a_gradient(preset):
    config = PRESETS[preset]
    given = max(config.given_frames, default=0)
    generator, judges = Generator(config), Discriminators(config)
    for parameter in (*generator.parameters(), *judges.parameters()):
        if parameter.dim() == 0:
            parameter.data.fill_(0.5)  # attention is switched off at first
    known = torch.rand(4, 3, given, 16, 16) if given else torch.tensor([0, 1, 2, 0])
    clips = generator(torch.randn(4, config.latent_dim), known)
    if given:
        clips = torch.cat([known, clips], dim=2)
    labels = None if given else torch.tensor([0, 1, 2, 0])
    judges(clips, labels, judges.look(4, given)).sum().backward()
    for network in (generator, judges):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_chunks_make_the_same_clips_and_gradients():
    results = []
    for size in (0, 1, 3):
        torch.manual_seed(0)
        generator = Generator(replace(TINY, chunk_frames=size))
        clips = generator(torch.randn(4, TINY.latent_dim), torch.tensor([0, 1, 2, 0]))
        (clips**3).sum().backward()
        found = {name: p.grad for name, p in generator.named_parameters()}
        results.append({**found, **dict(generator.named_buffers()), "clips": clips})
    for other in results[1:]:
        for name, value in results[0].items():
            torch.testing.assert_close(value, other[name], rtol=1e-4, atol=2e-3, msg=name)


def test_a_frame_does_not_depend_on_later_ones_in_training_either():
    """No statistic is taken over time: v2 runs through time in one direction only."""
    torch.manual_seed(0)
    short, whole = (Generator(replace(TINY, num_frames=t, sampled_frames=1)) for t in (2, 4))
    whole.load_state_dict(
        {
            name: torch.cat([value, value]) if "moments" in name else value
            for name, value in short.state_dict().items()
        }
    )
    noise, labels = torch.randn(4, TINY.latent_dim), torch.tensor([0, 1, 2, 0])
    torch.testing.assert_close(short(noise, labels), whole(noise, labels)[:, :, :2])


def test_fewer_given_frames_are_led_by_the_first_one():
    given = torch.rand(2, 3, 2, 4, 4)
    assert torch.equal(padded(given, 4)[:, :, 2:], given)
    assert torch.equal(padded(given, 4)[:, :, 0], given[:, :, 0])
    assert torch.equal(padded(given, 4)[:, :, 1], given[:, :, 0])


@pytest.mark.parametrize("count", [1, 2])
def test_what_follows_depends_on_every_given_frame(count):
    config = PRESETS["tiny-prediction"]
    generator = Generator(config).eval()
    noise, given = torch.randn(1, config.latent_dim), torch.rand(1, 3, count, 16, 16)
    before = generator(noise, given)
    assert before.shape[2] == config.num_frames - count
    for place in range(count):
        other = given.clone()
        other[:, :, place] *= 0.5
        assert not torch.allclose(before, generator(noise, other))


def test_frames_that_follow_are_the_last_given_one_moved_and_painted_over():
    last = torch.rand(2, 3, 8, 8) * 2 - 1
    painted = torch.zeros(2, 3, 6, 8, 8)
    painted[:, :, :3] = 0.5  # colour
    painted[:, :, 3] = -50.0  # no paint
    painted[:, 1, 4] = 1.0  # the second frame's pixels come from the right,
    painted[:, 2, 5] = -2.0  # the third's from above
    frames = over(last, painted)
    torch.testing.assert_close(frames[:, 0], last)
    torch.testing.assert_close(frames[:, 1, :, :, :-1], last[..., 1:])
    torch.testing.assert_close(frames[:, 2, :, 2:], last[:, :, :-2])
    painted[:, :, 3, 4:] = 50.0
    assert (over(last, painted)[:, :, :, 4:] == torch.tensor(0.5).tanh()).all()


def test_an_untrained_generator_that_warps_stays_near_the_last_given_frame():
    given = torch.rand(4, 3, 2, 16, 16) * 0.2 + torch.tensor([-0.7, 0.7])[:, None, None]
    near = made(PRESETS["tiny-warp"], given)
    assert (near - given[:, :, 1:]).abs().mean() < 0.3 < (near - given[:, :, :1]).abs().mean()


def test_scores_of_frames_are_added_before_the_hinge():
    """A clip of one very real frame and one very unreal one is in the middle."""
    config = replace(TINY, discriminator_widths=(1, 2))
    judges = Discriminators(config).eval()
    clips, labels = torch.randn(1, 3, 4, 16, 16), torch.tensor([1])
    corners = torch.zeros(1, 2, dtype=torch.long)
    with torch.no_grad():
        single = [judges.spatial(clips[:, :, [t]], labels) for t in range(2)]
        both = judges(clips, labels, Glance(torch.tensor([[0, 1]]), corners))[:, 0]
    torch.testing.assert_close(both, single[0] + single[1])


def test_losses_are_their_formulas():
    real, fake = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.5, -3.0]])
    both = torch.cat([real, fake])
    assert discriminator_loss(both, "hinge") == (0 + 2) + (1.5 + 0)
    assert generator_loss(None, fake, "hinge") == -0.5 + 3
    log = torch.tensor([1 + torch.tensor(-1.5).exp(), 1 + torch.tensor(-2.0).exp()]).log().sum()
    assert discriminator_loss(both, "relativistic") == pytest.approx(log.item())
    log = torch.tensor([1 + torch.tensor(1.5).exp(), 1 + torch.tensor(2.0).exp()]).log().sum()
    assert generator_loss(real, fake, "relativistic") == pytest.approx(log.item())


def test_the_generator_learns_when_the_discriminators_are_sure():
    for score in (-50.0, 50.0):
        scores = torch.full((2, 2), score, requires_grad=True)
        generator_loss(None, scores, "hinge").backward()
        assert (scores.grad == -0.5).all()


def test_sampled_frames_are_other_ones_and_never_given():
    judges = Discriminators(replace(TINY, num_frames=9, sampled_frames=3))
    frames = judges.look(200, given=4).frames
    assert frames.min() == 4
    assert frames.max() == 8
    assert all(len(set(row.tolist())) == 3 for row in frames)
    assert len({tuple(row.tolist()) for row in frames}) > 20


def test_parts_are_cut_where_they_should_be():
    clips = torch.arange(2 * 16).reshape(2, 1, 1, 4, 4).float()
    found = parts(clips, torch.tensor([[0, 2], [1, 1]]), 2)
    assert found.flatten().tolist() == [2, 3, 6, 7, 21, 22, 25, 26]


def test_standing_statistics_depend_on_the_weights_alone():
    generator = Generator(TINY).eval()
    results = []
    for start in (0.0, 5.0):
        for name, buffer in generator.named_buffers():
            if "moments" in name:
                buffer.fill_(start)
        torch.manual_seed(int(start))
        measure_standing(generator, None)
        results.append({n: b.clone() for n, b in generator.named_buffers() if "moments" in n})
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])
    assert all(not module.training for module in generator.modules() if hasattr(module, "momentum"))


def test_standing_statistics_are_means_over_what_was_made(monkeypatch):
    """With one and two given frames, the last time step is made half as often."""
    config = replace(PRESETS["tiny-prediction"], standing_batches=4)
    generator, seen = Generator(config).eval(), []
    generator.norm.register_forward_hook(lambda module, inputs, out: seen.append(inputs[0]))
    measure_standing(generator, torch.rand(8, 3, 2, 16, 16))
    assert [frames.shape[1] for frames in seen] == [3, 2, 3, 2]
    for t in range(3):
        means = [frames[:, t].mean(dim=(0, 2, 3)) for frames in seen if frames.shape[1] > t]
        torch.testing.assert_close(generator.norm.moments.mean[t], torch.stack(means).mean(0))


def test_the_temporal_discriminator_sees_order_and_given_frames_but_no_single_pixels():
    judges = Discriminators(TINY).eval()
    clips, labels = torch.randn(2, 3, 4, 16, 16), torch.tensor([0, 1])
    glance = judges.look(2, 0)
    before = judges(clips, labels, glance)
    assert not torch.allclose(before[:, 1], judges(clips.flip(2), labels, glance)[:, 1])
    other = clips.clone()
    other[:, :, 0] += 1
    assert not torch.allclose(before[:, 1], judges(other, labels, glance)[:, 1])
    grid = clips + torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)
    after = judges(grid, labels, glance)
    torch.testing.assert_close(before[:, 1], after[:, 1], rtol=1e-3, atol=1e-3)
    assert not torch.allclose(before[:, 0], after[:, 0])


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"size": 20}, "size 20 must be 4 times patch 1, doubled .*: 16"),
        ({"generator": "v3"}, "generator 'v3' must be one of v2, v1"),
        ({"recurrence": "lstm"}, "recurrence 'lstm' must be one of gru, tsru"),
        ({"loss": "wasserstein"}, "loss 'wasserstein' must be one of hinge, relativistic"),
        ({"given_frames": (4,)}, r"given_frames \(4,\) must be 1 to 3, less than num_frames 4"),
        ({"given_frames": (0, 1)}, r"given_frames \(0, 1\) must be 1 to 3"),
        ({"given_frames": (1,), "generator": "v1"}, "v1 continues no clips"),
        ({"warp": True}, "without given_frames there is nothing to warp"),
        ({"given_frames": (3,)}, "sampled_frames 2 must be 1 to 1, the frames that are made"),
        ({"sampled_frames": 5}, "sampled_frames 5 must be 1 to 4"),
        ({"sampled_frames": 0}, "sampled_frames 0 must be at least 1"),
        ({"generator_widths": (0, 1, 1)}, "generator_widths .* must be at least 1"),
        ({"discriminator_widths": ()}, r"discriminator_widths \(\) must be at least 1"),
        ({"discriminator_steps": 0}, "discriminator_steps 0 must be at least 1"),
        ({"chunk_frames": -1}, "chunk_frames -1 must be at least 0"),
        ({"ema_decay": 2.0}, "ema_decay 2.0 must be 0 to less than 1"),
        ({"pooling": 0}, "pooling 0 must be at least 1"),
        ({"pooling": 3}, "size / pooling 3 = 5.33333 must be a multiple of 2"),
        ({"pooling": 16}, "size / pooling 16 = 1 must be a multiple of 2"),
        ({"crop": 5}, "crop 5 must be a multiple of 2"),
        ({"crop": 32}, "crop 32 must be a multiple of 2"),
        ({"generator_widths": (1,), "size": 4}, "size 4 must be 4 times patch 1"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_with_both_numbers(changes, line):
    with pytest.raises(UserError, match=line):
        replace(TINY, **changes)


@pytest.mark.parametrize(
    "preset", ["tiny", "tiny-v1", "tiny-prediction", "tiny-beyond", "tiny-warp"]
)
def test_convolutions_are_handed_channels_last(preset):
    """Faster on a CPU; torch's pooling of clips, stacks and attention would undo it."""
    config = replace(PRESETS[preset], size=32, generator_widths=(2, 2, 2, 1))
    networks = Generator(config), Discriminators(config)
    found = []

    def look(layer, inputs, _):
        last = torch.channels_last if inputs[0].ndim == 4 else torch.channels_last_3d
        found.append(inputs[0].is_contiguous(memory_format=last))

    for network in networks:
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d):
                layer.register_forward_hook(look)
    given = torch.rand(2, 3, 2, 32, 32)
    known, labels = (given, None) if config.given_frames else (torch.arange(2),) * 2
    clips = networks[0](torch.randn(2, config.latent_dim), known)
    if config.given_frames:
        clips = torch.cat([given, clips], dim=2)
    networks[1](clips, labels, networks[1].look(2, config.most_given))
    assert len(found) > 20
    assert all(found)
