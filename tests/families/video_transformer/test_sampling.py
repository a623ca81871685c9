"""Fast sampling gives the very symbols of one pixel after the other; bits are what they should."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from animatic.contracts import GrowingSampler
from animatic.families.video_transformer.config import PRESETS, VALUES
from animatic.families.video_transformer.fixed_point import gumbel, iterate, noisy
from animatic.families.video_transformer.learner import VideoTransformerLearner
from animatic.families.video_transformer.likelihood import VideoTransformerLikelihood, symbol_bits
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.sampler import VideoTransformerSampler
from animatic.families.video_transformer.slices import to_symbols
from animatic.families.video_transformer.windows import iterate_rows, noisy_at, one_by_one
from animatic.types import Batch, Prompt, to_clip

TINY = [name for name in PRESETS if "tiny" in name]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def task(preset, dtype, clips=3):
    """All that a slice is made from: a network whose parts matter, its context, noise."""
    config = replace(PRESETS[preset], labelled=False, worded=False)
    network = VideoTransformer(config, 16).to(dtype).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    symbols = torch.randint(VALUES, (clips, *config.shape[:3], 6))
    for number in (1, len(network.slices) - 1):
        own = network.own(symbols, [number] * clips)
        context = network.context(symbols, [1] * clips, [number] * clips, 0.0)
        noise = gumbel((*own.shape, VALUES), torch.Generator().manual_seed(number)).to(dtype)
        settled = torch.stack([~network.slices.scored(number, 1)] * clips)
        yield network, own, context, noise, settled


def slowly(network, symbols, context, noise, settled):
    """One pixel a call, each call over the whole slice."""
    symbols = symbols.clone()
    for place in range(symbols[0, ..., 0].numel()):
        made = network.predict.choose(*network.decode(symbols, context), noisy(noise))
        made = torch.where(settled[..., None], symbols, made)
        symbols.flatten(1, 3)[:, place] = made.flatten(1, 3)[:, place]
    return symbols


@pytest.mark.parametrize("preset", TINY)
@torch.no_grad()
def test_whole_slices_at_once_give_the_same_bits_as_pixel_after_pixel(preset):
    """In single precision: the same kernels see the same shapes."""
    for network, own, context, noise, settled in task(preset, torch.float):
        wanted = slowly(network, own, context, noise, settled)
        found, calls = iterate(network, own, context, noise, settled)
        assert torch.equal(found, wanted)
        assert calls < wanted[0, ..., 0].numel()


@pytest.mark.parametrize("preset", TINY)
@torch.no_grad()
def test_rows_and_single_pixels_with_kept_keys_give_the_same_symbols(preset):
    """In double precision: other kernels round otherwise."""
    for network, own, context, noise, settled in task(preset, torch.double):
        wanted = slowly(network, own, context, noise, settled)
        for rows in (1, 2, 3, 100):
            assert torch.equal(iterate_rows(network, own, context, noise, settled, rows)[0], wanted)
        found, calls = one_by_one(network, own, context, noisy_at(noise), settled)
        assert torch.equal(found, wanted)
        assert calls == 1 + max((~settled[0]).flatten().nonzero().flatten().tolist())


CAPTURE = """
import torch
from animatic.families.video_transformer.config import PRESETS, VALUES
from animatic.families.video_transformer.fixed_point import gumbel, noisy
from animatic.families.video_transformer.network import VideoTransformer

config, graphs = PRESETS["tiny"], []
network = VideoTransformer(config, 16).eval()
symbols = torch.randint(VALUES, (2, *config.shape[:3], 6))
own = network.own(symbols, [1, 1])
context = network.context(symbols, [1, 1], [1, 1], 0.0)
noise = gumbel((*own.shape, VALUES), torch.Generator().manual_seed(0))

def call(symbols):
    return network.predict.choose(*network.decode(symbols, context), noisy(noise))

def keep(graph, _):
    graphs.append(graph)
    return graph.forward

captured = torch.compile(call, backend=keep, fullgraph=True, dynamic=False)
with torch.no_grad():
    for _ in range(3):
        assert torch.equal(captured(own), call(own))
        own = call(own)
assert len(graphs) == 1
"""


def test_a_call_on_a_whole_slice_can_be_captured():
    """Shapes stay and no value is looked at, so one graph without a break serves all calls.

    In a process of its own, for the types of arguments are not checked inside of a graph.
    """
    subprocess.run([sys.executable, "-c", CAPTURE], check=True, timeout=300)


@torch.no_grad()
def test_noise_draws_values_as_often_as_their_probabilities_say():
    noise = gumbel((200_000, 3), torch.Generator().manual_seed(0))
    chances = torch.tensor([0.6, 0.3, 0.1])
    drawn = (chances.log() + noise).argmax(dim=1).bincount(minlength=3) / len(noise)
    assert torch.allclose(drawn, chances, atol=0.005)


def checkpoint(preset, tools, engine, **more):
    config = replace(PRESETS[preset], **more)
    learner = VideoTransformerLearner(config, engine, tools)
    with torch.no_grad():
        for parameter in learner.average.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return config, learner


def test_given_frames_are_kept_and_a_clip_grows_slice_by_slice(engine, tools):
    config, learner = checkpoint("tiny", tools, engine)
    sampler = VideoTransformerSampler(config, learner.weights(), tools)
    frames = torch.randint(256, (2, 8, 8, 3), dtype=torch.uint8).numpy()
    prompt = Prompt(frames=frames, positions=(0, 1))
    stages = list(sampler.grow(prompt, 3))
    assert isinstance(sampler, GrowingSampler)
    assert len(stages) == sampler.num_parts(prompt) == 8
    assert all(torch.equal(stage[0, :, :2], to_clip(frames)) for stage in stages)
    for before, after in pairwise(stages):
        changed = (before != after).any(dim=1)
        assert 0 < changed.sum() <= 2 * 4 * 4
    assert torch.equal(stages[-1], sampler.sample([prompt], [3]).clips)


def test_whole_slices_make_the_clip_that_rows_make(engine, tools):
    config, learner = checkpoint("tiny", tools, engine)
    sampler = VideoTransformerSampler(config, learner.weights(), tools)
    frame = torch.randint(256, (1, 8, 8, 3), dtype=torch.uint8).numpy()
    prompt = Prompt(frames=frame, positions=(0,))
    assert sampler.by_rows
    rows = sampler.sample([prompt], [3]).clips
    sampler.by_rows = False
    assert torch.equal(sampler.sample([prompt], [3]).clips, rows)


def test_little_temperature_takes_the_likeliest_values(engine, tools):
    config, learner = checkpoint("tiny", tools, engine, temperature=1e-6)
    sampler = VideoTransformerSampler(config, learner.weights(), tools)
    prompt = Prompt(frames=torch.zeros(1, 8, 8, 3, dtype=torch.uint8).numpy(), positions=(0,))
    clips = sampler.sample([prompt, prompt], [1, 2]).clips
    assert torch.equal(clips[0], clips[1])


@pytest.mark.parametrize("preset", TINY)
def test_the_loss_is_right_on_average_over_slices(preset, engine, tools, monkeypatch):
    """Each slice in turn; their mean is what the likelihood says of the whole clip."""
    config, learner = checkpoint(preset, tools, engine, class_names=("a", "b"), given_frames=(1,))
    learner.network.load_state_dict(learner.average.state_dict())
    clips = torch.rand(1, 3, *config.shape[:3]) * 2 - 1
    batch = Batch(clips, ("golf",), torch.tensor([1]))
    slices = learner.network.slices
    costs, numbers = [], slices.open(1)
    for number in numbers:
        monkeypatch.setattr(slices, "open", lambda _, n=number: Only(n, numbers))
        costs.append(learner._bits(batch).item())
        monkeypatch.undo()
    frames = ((clips[0, :, :1] + 1) * 127.5).round().byte().permute(1, 2, 3, 0).numpy()
    read = {"label": 1} if config.labelled else {}
    prompt = Prompt("golf" if config.worded else None, frames=frames, positions=(0,), **read)
    likelihood = VideoTransformerLikelihood(config, learner.weights(), tools)
    bits = likelihood.bits(clips, [prompt])
    assert bits.dims == 3 * 3 * 64
    assert sum(costs) / len(costs) == pytest.approx(bits.total.item() / bits.dims, rel=1e-4)


class Only(list):
    """A list of slices of which one number is always chosen."""

    def __init__(self, number, slices):
        super().__init__(slices)
        self.number = number

    def __getitem__(self, _):
        return self.number


@torch.no_grad()
def test_bits_of_a_network_that_knows_nothing_are_eight():
    """Two halves of four bits make one value of eight."""
    symbols = to_symbols(torch.rand(1, 3, 4, 8, 8) * 2 - 1)
    costs = symbol_bits(torch.zeros(*symbols.shape, VALUES), symbols)
    assert costs.sum().item() / (3 * 4 * 64) == pytest.approx(8)
