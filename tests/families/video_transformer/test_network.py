"""What the network may see, and that its parts are what the equations say."""

import math
from dataclasses import replace

import pytest
import torch

from animatic.families.video_transformer.config import PRESETS, VALUES
from animatic.families.video_transformer.guess import Guess, LinearGuess
from animatic.families.video_transformer.layers import (
    BlockLayer,
    Mixture,
    PixelEmbedding,
    SymbolPredictor,
    attention,
)
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.slices import (
    NEIGHBOURS,
    brightness,
    masked_convolution,
    to_symbols,
)

TINY = [name for name in PRESETS if "tiny" in name]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def lively(preset, clips=2):
    """A network whose every part matters, in double precision, and random symbols."""
    config = replace(PRESETS[preset], labelled=False, worded=False)
    network = VideoTransformer(config, 16).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network, torch.randint(VALUES, (clips, *config.shape[:3], 6))


@pytest.mark.parametrize("preset", TINY)
@torch.no_grad()
def test_a_pixel_tells_nothing_to_those_before_it(preset):
    network, symbols = lively(preset)
    given, numbers = [0, 0], [len(network.slices) - 2, 1]
    before = network(symbols, given, numbers).flatten(1, 3)
    shape = network.slices.shape
    for place in (0, 5, math.prod(shape) - 1):
        for changed in range(6):
            other = symbols.clone()
            at = tuple(int(i) for i in torch.unravel_index(torch.tensor(place), shape))
            for row, number in enumerate(numbers):
                own = network.slices.take(other, number)[row]
                own[at][changed] = (own[at][changed] + 3) % VALUES
            after = network(other, given, numbers).flatten(1, 3)
            assert torch.equal(after[:, :place], before[:, :place])
            assert torch.equal(after[:, place, : changed + 1], before[:, place, : changed + 1])
            if changed < 5:
                assert not torch.equal(after[:, place], before[:, place])
            if place + 1 < math.prod(shape):
                assert not torch.equal(after[:, place + 1], before[:, place + 1])


@pytest.mark.parametrize("preset", TINY)
@torch.no_grad()
def test_later_slices_tell_nothing_and_earlier_ones_do(preset):
    network, symbols = lively(preset)
    middle = len(network.slices) // 2
    before = network(symbols, [0, 0], [middle, middle])
    for number in range(len(network.slices)):
        other = symbols.clone()
        part = network.slices.take(other, number)
        part.copy_((part + 5) % VALUES)
        same = torch.equal(network(other, [0, 0], [middle, middle]), before)
        assert same == (number > middle)


@torch.no_grad()
def test_given_frames_are_seen_from_the_first_slice_on():
    network, symbols = lively("tiny")
    other = symbols.clone()
    other[:, 1] = (other[:, 1] + 5) % VALUES
    for given, same in ((1, True), (2, False)):
        found = [network(s, [given] * 2, [0, 0]) for s in (symbols, other)]
        assert torch.equal(*found) == same


@torch.no_grad()
def test_a_black_pixel_is_not_an_unknown_one():
    network, symbols = lively("tiny")
    symbols[:, 0] = 0
    assert not torch.allclose(network(symbols, [1, 1], [0, 0]), network(symbols, [0, 0], [0, 0]))


@pytest.mark.parametrize("causal", [False, True])
@torch.no_grad()
def test_attention_stays_in_its_block_and_knows_distances(causal):
    """Against a loop over blocks, heads and pairs."""
    layer = BlockLayer(8, 2, 4, (2, 2, 2), causal=causal).double()
    for parameter in layer.parameters():
        parameter.normal_()
    x = torch.randn(1, 4, 2, 4, 8, dtype=torch.double)
    wanted = torch.empty_like(x)
    for t, w in ((0, 0), (0, 2), (2, 0), (2, 2)):
        places = [(t + i, j, w + k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
        tokens = torch.stack([x[0][place] for place in places])
        query, key, value = layer.read(layer.norm(tokens)).reshape(8, 3, 2, 4).unbind(1)
        for q, at in enumerate(places):
            found = []
            for head in range(2):
                seen = range(q + 1) if causal else range(8)
                logits = [
                    query[q, head] @ key[n, head] / 2
                    + sum(
                        bank[head, at[axis] - places[n][axis] + 1]
                        for axis, bank in enumerate(layer.banks)
                    )
                    for n in seen
                ]
                shares = torch.stack(logits).softmax(dim=0)
                found.append(
                    sum(share * value[n, head] for share, n in zip(shares, seen, strict=True))
                )
            y = tokens[q] + layer.write(torch.cat(found))
            wanted[0][at] = y + layer.think(y)
    assert torch.allclose(layer(x), wanted)


def test_attention_is_torchs_own():
    query, key, value = torch.randn(3, 4, 2, 6, 8)
    bias = torch.randn(2, 6, 6)
    wanted = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    assert torch.allclose(attention(query, key, value, bias), wanted, atol=1e-6)


def test_the_masked_convolution_sees_all_about_it_in_the_past_and_no_future():
    """Against a loop over neighbours, at the edges too."""
    pixels, weight = torch.randn(2, 3, 4, 5, 6), torch.randn(7, 6, len(NEIGHBOURS))
    found = masked_convolution(pixels, weight)
    for i, j, k in ((0, 0, 0), (1, 2, 3), (2, 3, 4), (2, 0, 4)):
        wanted = torch.zeros(2, 7)
        for number, (frame, row, column) in enumerate(NEIGHBOURS):
            at = (i + frame, j + row, k + column)
            if min(at) >= 0 and at[1] < 4 and at[2] < 5:
                wanted += pixels[(slice(None), *at)] @ weight[..., number].T
        assert torch.allclose(found[:, i, j, k], wanted, atol=1e-5)


def test_the_gradient_of_the_masked_convolution_survives_half_precision():
    """oneDNN gets it wrong for clips of two frames, which these are not to be."""
    for frames in (1, 2, 4):
        pixels, weight = torch.randn(2, frames, 8, 8, 32), torch.randn(16, 32, 13) * 0.1
        slopes = []
        for half in (False, True):
            own = weight.clone().requires_grad_()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                masked_convolution(pixels, own).float().square().mean().backward()
            slopes.append(own.grad)
        assert torch.allclose(*slopes, atol=0.02 * slopes[0].abs().max().item())


def test_pixels_are_the_sum_of_their_symbols_with_gradient_and_without():
    embed = PixelEmbedding(8)
    symbols = torch.randint(VALUES, (2, 3, 4, 5, 6))
    slow = sum(embed.table[16 * k + symbols[..., k]] for k in range(6))
    assert torch.allclose(embed(symbols), slow, atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(embed(symbols), slow, atol=1e-5)


def fitted(preset="tiny"):
    """A guess that knows how random symbols hang together, and those."""
    config = PRESETS[preset]
    guess, clips = LinearGuess(config), torch.rand(3, 3, *config.shape[:3]).cumsum(-1) / 4 - 1
    symbols = to_symbols(clips)
    slices, whole = guess.slices, []
    for number in range(len(slices)):
        known = slices.known(number, 1).expand(symbols.shape[:-1])
        whole.append(guess.products(symbols, known, number))
    guess.fit(torch.stack(whole))
    return guess, symbols


@torch.no_grad()
def test_the_guess_adds_up_known_colours_about_a_place():
    """Against a loop over taps, of a slice in the middle of its clip."""
    guess, symbols = fitted()
    number, clip = 5, 1
    a, b, c = guess.slices.offsets[number]
    known = guess.slices.known(number, 1)
    own = guess.slices.take(symbols, number)
    told = guess.begin(symbols, known.expand(symbols.shape[:-1]), [number] * 3)
    found = guess.whole(own, told)
    colours, (t, y, x) = brightness(symbols)[clip], (a + 2, b + 4, c + 2)
    seen, wanted = [], guess.bias[number].clone()
    for i, j, k in torch.cartesian_prod(*[torch.arange(3)] * 3).tolist():
        at = (t + i - 1, y + j - 1, x + k - 1)
        if at[0] < 4 and known[at]:
            weight = guess.outside[number, :, :, i, j, k]
            seen.append((colours[at], guess.near_outside[i, j, k]))
            wanted += weight[:, :3] @ colours[at] + weight[:, 3]
    for n, (i, j, k) in enumerate(NEIGHBOURS):
        colour, weight = brightness(own)[clip, 1 + i, 2 + j, 1 + k], guess.inside[number, :, :, n]
        seen.append((colour, guess.near_inside[n]))
        wanted += weight[:, :3] @ colour + weight[:, 3]
    assert torch.allclose(found.colours[clip, 1, 2, 1], wanted, atol=1e-4)
    spread = sum(w * (v - wanted).square() for v, w in seen) / sum(w for _, w in seen)
    assert torch.allclose(found.spread[clip, 1, 2, 1], (spread + 1e-4).sqrt(), atol=1e-3)


@torch.no_grad()
def test_the_fit_is_least_squares():
    """Every other direction is worse."""
    guess, symbols = fitted()

    def error(number):
        known = guess.slices.known(number, 1).expand(symbols.shape[:-1])
        told = guess.begin(symbols, known, [number] * 3)
        own = guess.slices.take(symbols, number)
        return (guess.whole(own, told).colours - brightness(own)).square().sum()

    for number in (0, 5):
        least = error(number)
        for part in (guess.inside, guess.outside, guess.bias):
            kept = part[number].clone()
            part[number] += 0.01 * torch.randn_like(kept)
            assert error(number) > least
            part[number] = kept


@pytest.mark.parametrize("parts", [0, 3])
@torch.no_grad()
def test_choosing_the_true_symbols_meets_the_same_logits(parts):
    predict = SymbolPredictor(16, 8, parts).double()
    for parameter in predict.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    y = torch.randn(7, 16, dtype=torch.double)
    guess = Guess(*torch.rand(2, 7, 3, dtype=torch.double))
    symbols = torch.randint(VALUES, (7, 6))
    met = []

    def truth(number, logits):
        met.append(logits)
        return symbols[:, number]

    assert torch.equal(predict.choose(y, guess, truth), symbols)
    assert torch.allclose(torch.stack(met, dim=1), predict(y, guess, symbols))


@torch.no_grad()
def test_both_halves_of_a_byte_have_the_chance_that_the_mixture_gives_the_byte():
    mixture = Mixture(8, 3).double()
    y = torch.randn(1, 8, dtype=torch.double)
    shapes = mixture(y, Guess(torch.zeros(1, 3), torch.full((1, 3), 0.1)))
    edges = (torch.arange(257, dtype=torch.double) - 0.5) / 127.5 - 1
    edges[0], edges[-1] = -torch.inf, torch.inf
    middle, sharpness, share = (part[0, 0] for part in shapes[:3])
    below = ((edges[:, None] - middle) * sharpness).sigmoid()
    wanted = (below.diff(dim=0) * share).sum(dim=-1)
    none = torch.zeros(1, 0, dtype=torch.long)
    high = mixture.symbol(shapes, none, 0).softmax(dim=-1)[0]
    for value in range(256):
        low = mixture.symbol(shapes, torch.tensor([[value // VALUES]]), 1).softmax(dim=-1)[0]
        found = high[value // VALUES] * low[value % VALUES]
        assert found.item() == pytest.approx(wanted[value].item(), rel=1e-2, abs=1e-5)


@torch.no_grad()
def test_green_moves_with_red_and_blue_with_both():
    mixture = Mixture(8, 3)
    mixture.shape.bias[18:] = 0.5
    y = torch.randn(1, 8)
    shapes = mixture(y, Guess(torch.zeros(1, 3), torch.full((1, 3), 0.1)))
    first = torch.tensor([[3, 3, 4, 4]])
    for number, known, moved in ((2, 2, True), (4, 4, True), (0, 0, False)):
        other = first.clone()
        other[:, 0] = 9
        found = [mixture.symbol(shapes, symbols[:, :known], number) for symbols in (first, other)]
        assert torch.equal(*found) != moved


@torch.no_grad()
def test_a_colour_that_is_as_guessed_moves_no_other():
    mixture = Mixture(8, 3)
    y, symbols = torch.randn(1, 8), torch.tensor([[9, 3, 4, 4]])
    guess = Guess(brightness(torch.tensor([[9, 3, 4, 4, 7, 7]])), torch.full((1, 3), 0.1))
    for number in (2, 4):
        moved = mixture.symbol(mixture(y, guess), symbols[:, :number], number)
        still = mixture(y, guess)._replace(slope=torch.zeros(1, 3, 3))
        assert torch.allclose(moved, mixture.symbol(still, symbols[:, :number], number), atol=1e-5)
        assert moved.argmax() == (4 if number == 2 else 7)
