"""Norms, recurrences and attention against their equations, written as loops."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from animatic.families.dvd_gan.attention import Attention, FullAttention, SeparableAttention
from animatic.families.dvd_gan.augment import augmented
from animatic.families.dvd_gan.chunks import in_chunks
from animatic.families.dvd_gan.layers import (
    EPSILON,
    ConditionalNorm,
    DiscriminatorBlock,
    FinalNorm,
    FrameMoments,
    GeneratorBlock,
    conv3d,
)
from animatic.families.dvd_gan.recurrent import ConvGRU, ConvTSRU, moved, places
from animatic.families.dvd_gan.spectral import iterate, normalised, weights_once


def conv(layer, x):
    return F.conv2d(x, layer.weight, layer.bias, padding=1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_statistics_belong_to_single_time_steps():
    frames = torch.randn(3, 4, 2, 5, 5) * torch.arange(1.0, 5)[:, None, None, None]
    moments = FrameMoments(2, 4)
    mean, sharpness = moments(frames)
    for t in range(4):
        for c in range(2):
            values = frames[:, t, c].flatten()
            torch.testing.assert_close(mean[t, c], values.mean())
            torch.testing.assert_close(
                sharpness[t, c], (values.var(correction=0) + EPSILON) ** -0.5
            )
            torch.testing.assert_close(moments.mean[t, c], 0.1 * values.mean())


def test_in_use_statistics_are_those_that_training_left():
    frames = torch.randn(3, 4, 2, 5, 5)
    moments = FrameMoments(2, 4)
    moments(frames)
    moments.eval()
    together, alone = moments(frames), moments(frames[:1])
    assert all(torch.equal(a, b) for a, b in zip(together, alone, strict=True))
    assert torch.equal(moments(frames[:, 2:], first=2)[0], together[0][2:])


def test_each_clip_is_scaled_by_its_own_condition():
    """A condition is repeated over the frames of its clip, not over the clips of a frame."""
    norm, frames, condition = (
        ConditionalNorm(2, 6, 3),
        torch.randn(4, 3, 2, 5, 5),
        torch.randn(4, 6),
    )
    found = norm(frames, condition)
    for b in range(4):
        gain = 1 + norm.gain.weight @ condition[b]
        shift = norm.shift.weight @ condition[b]
        for t in range(3):
            mean = frames[:, t].mean(dim=(0, 2, 3))
            deviation = (frames[:, t].var(dim=(0, 2, 3), correction=0) + EPSILON).sqrt()
            normal = (frames[b, t] - mean[:, None, None]) / deviation[:, None, None]
            wanted = normal * gain[:, None, None] + shift[:, None, None]
            torch.testing.assert_close(found[b, t], wanted)


@pytest.mark.parametrize("layer", [nn.Linear(7, 5), nn.Conv2d(3, 4, 3), nn.Embedding(6, 5)])
def test_the_largest_singular_value_is_one(layer):
    with torch.no_grad():
        layer = normalised(layer)
        layer.parametrizations.weight.original.mul_(3).add_(torch.randn(()))
    for _ in range(50):
        weight = layer.weight.detach()
    assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)
    layer.eval()
    assert torch.equal(layer.weight, layer.weight)


def test_weights_together_take_the_step_that_each_would_take():
    layers = [normalised(nn.Linear(3, 5)), normalised(nn.Conv2d(4, 2, 3))]
    stored = [
        (layer.parametrizations["weight"][0], torch.randn_like(layer.weight)) for layer in layers
    ]
    wanted = []
    for spectral, weight in stored:
        left = F.normalize(weight.flatten(1) @ spectral.right, dim=0)
        wanted.append((left, F.normalize(weight.flatten(1).T @ left, dim=0)))
    iterate(stored)
    for (spectral, _), pair in zip(stored, wanted, strict=True):
        torch.testing.assert_close((spectral.left, spectral.right), pair)
        torch.testing.assert_close(spectral.fresh, pair)


def test_weights_are_normalised_once_in_the_block():
    layer = normalised(nn.Linear(7, 5))
    with torch.no_grad():
        layer.parametrizations.weight.original.add_(torch.randn(5, 7))
    with weights_once(layer):
        assert layer.weight is layer.weight
    assert not torch.equal(layer.weight, layer.weight)


def test_the_gru_is_its_equations():
    gru, frames, state = ConvGRU(3).eval(), torch.randn(2, 4, 3, 5, 5), torch.rand(2, 3, 5, 5)
    found = gru(frames, 4, state)
    h = state
    for t in range(4):
        both = torch.cat([h, frames[:, t]], dim=1)
        r, u = torch.sigmoid(conv(gru.reset, both)), torch.sigmoid(conv(gru.update, both))
        c = F.relu(conv(gru.candidate, torch.cat([r * h, frames[:, t]], dim=1)))
        h = u * h + (1 - u) * c
        torch.testing.assert_close(found[:, t], h)


def test_the_tsru_is_its_equations():
    tsru, frames, state = ConvTSRU(3).eval(), torch.randn(2, 4, 3, 5, 5), torch.rand(2, 3, 5, 5)
    found = tsru(frames, 4, state)
    h = state
    for t in range(4):
        both = torch.cat([h, frames[:, t]], dim=1)
        m = moved(h, conv(tsru.flow, both), places(h))
        c = F.relu(conv(tsru.candidate, torch.cat([m, frames[:, t]], dim=1)))
        u = torch.sigmoid(conv(tsru.update, both))
        h = u * h + (1 - u) * c
        torch.testing.assert_close(found[:, t], h)


@pytest.mark.parametrize("unit", [ConvGRU, ConvTSRU])
def test_one_frame_is_read_at_every_time(unit):
    unit, frame = unit(3).eval(), torch.randn(2, 1, 3, 5, 5)
    torch.testing.assert_close(unit(frame, 4), unit(frame.expand(-1, 4, -1, -1, -1), 4))


@pytest.mark.parametrize("unit", [ConvGRU, ConvTSRU])
def test_in_bf16_states_are_bf16_whatever_was_handed_in(unit):
    with torch.autocast("cpu", torch.bfloat16):
        states = unit(3)(torch.randn(2, 4, 3, 5, 5), 4, torch.randn(2, 3, 5, 5))
    assert states.dtype == torch.bfloat16


def test_a_state_is_moved_by_whole_places():
    state, flow = torch.randn(1, 2, 4, 5), torch.zeros(1, 2, 4, 5)
    where = places(state)
    torch.testing.assert_close(moved(state, flow, where), state)
    flow[:, 0], flow[:, 1] = 1, 2
    torch.testing.assert_close(moved(state, flow, where)[..., :2, :4], state[..., 2:, 1:])


def test_separable_attention_is_full_attention_on_one_axis():
    full, separable = FullAttention(8), SeparableAttention(8)
    frames = torch.randn(2, 6, 8, 1, 1)
    assert torch.equal(full(frames), frames)
    for shape, part in (
        ((2, 6, 8, 1, 1), separable.through),
        ((2, 1, 8, 6, 1), separable.down),
        ((2, 1, 8, 1, 6), separable.across),
    ):
        for other in (separable.through, separable.down, separable.across):
            other.strength.data.zero_()
        part.load_state_dict(full.attention.state_dict())
        for attention in (part, full.attention):
            attention.strength.data.fill_(0.7)
        part.eval(), full.eval()
        x = frames.reshape(shape)
        assert not torch.allclose(full(x), x)
        torch.testing.assert_close(separable(x), full(x))


def test_attention_is_a_softmax_of_products():
    attention, tokens = Attention(16).eval(), torch.randn(1, 5, 16)
    attention.strength.data.fill_(1.0)
    query, key, value = (
        tokens[0] @ layer.weight.T for layer in (attention.query, attention.key, attention.value)
    )
    found = torch.softmax(query @ key.T, dim=1) @ value @ attention.out.weight.T
    torch.testing.assert_close(attention(tokens)[0], tokens[0] + found)


@pytest.mark.parametrize("upsample", [False, True])
def test_a_generator_block_is_its_parts(upsample):
    block = GeneratorBlock(4, 2, 6, 3, upsample=upsample).eval()
    frames, condition = torch.randn(2, 3, 4, 5, 5), torch.randn(2, 6)

    def grown(x):
        return x.repeat_interleave(2, -2).repeat_interleave(2, -1) if upsample else x

    for t in range(3):
        hidden = grown(F.relu(block.norms[0](frames, condition)[:, t]))
        hidden = conv(block.first, hidden)
        scale = (1 + condition @ block.norms[1].gain.weight.T) / (1 + EPSILON) ** 0.5
        hidden = hidden * scale[..., None, None]
        hidden = F.relu(hidden + (condition @ block.norms[1].shift.weight.T)[..., None, None])
        aside = F.conv2d(grown(frames[:, t]), block.shortcut.weight, block.shortcut.bias)
        wanted = conv(block.second, hidden) + aside
        torch.testing.assert_close(block(frames, condition)[:, t], wanted)


@pytest.mark.parametrize("num_frames", [1, 2, 3, 4])
def test_gradients_in_bf16_are_those_in_full_precision(num_frames):
    conv, clips = conv3d(16, 16, 3), torch.randn(4, 16, num_frames, 4, 4)
    weight = conv.parametrizations.weight.original
    found = []
    for enabled in (False, True, True):
        junk = torch.full((100_000,), float("nan"))  # what is freed is what garbage is made of
        del junk
        conv.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            out = conv(clips)
        out.float().square().sum().backward()
        found.append(weight.grad.clone())
    for other in found[1:]:
        assert (other - found[0]).norm() < 0.05 * found[0].norm()


def test_pixels_are_not_rectified():
    block = DiscriminatorBlock(3, 4, of_clips=False, halve=True, first=True)
    assert not torch.allclose(block(-torch.ones(1, 3, 4, 4)), block(torch.zeros(1, 3, 4, 4)))


def test_chunks_change_neither_values_nor_gradients_nor_statistics():
    results = []
    for size in (0, 2, 3):
        torch.manual_seed(0)
        norm = FinalNorm(2, 5)
        frames = torch.randn(3, 5, 2, 4, 4, requires_grad=True)
        found = in_chunks(norm, norm, frames, size)
        (found.tanh() ** 3).sum().backward()
        results.append((frames.grad, norm.gain.grad, norm.moments.mean, norm.moments.variance))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            torch.testing.assert_close(a, b)


def test_all_frames_of_a_clip_are_augmented_alike():
    still = torch.rand(4, 3, 1, 16, 16).expand(-1, -1, 5, -1, -1).contiguous()
    found = augmented(still)
    assert found.shape == still.shape
    assert torch.allclose(found, found[:, :, :1].expand_as(found))
    assert not torch.allclose(found, still)
    changes = (found - still).flatten(1).mean(1)
    assert changes.unique().numel() == 4
