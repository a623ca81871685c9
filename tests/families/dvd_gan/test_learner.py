"""Who is updated when, and by what."""

from dataclasses import replace

import pytest
import torch

from animatic.errors import UserError
from animatic.families.dvd_gan.config import PRESETS
from animatic.families.dvd_gan.learner import DvdGanLearner
from animatic.families.dvd_gan.sampler import DvdGanCritic, DvdGanSampler
from animatic.types import Batch, Prompt

TINY = PRESETS["tiny"]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def batch(config, num_clips=4):
    shape = (num_clips, 3, config.num_frames, config.size, config.size)
    return Batch(torch.rand(shape) * 2 - 1, None, torch.arange(num_clips) % 3)


def copied(learner):
    return {
        name: [p.clone() for p in network.parameters()]
        for name, network in (*learner.networks.items(), ("average", learner.average))
    }


def moved(before, learner):
    after = copied(learner)
    return {
        name
        for name, values in before.items()
        if any(not torch.equal(a, b) for a, b in zip(values, after[name], strict=True))
    }


def test_discriminators_learn_twice_for_each_time_that_the_generator_does(engine, tools):
    learner = DvdGanLearner(TINY, engine, tools)
    for step in range(4):
        before = copied(learner)
        losses = learner.step([batch(TINY)], step)
        both = {"discriminators"} if step % 2 == 0 else {"discriminators", "generator", "average"}
        assert moved(before, learner) == both
        assert ("generator" in losses) == (step % 2 == 1)


def test_before_its_start_the_average_is_the_latest_generator(engine, tools):
    learner = DvdGanLearner(replace(TINY, ema_start=4), engine, tools)
    for step in range(8):
        learner.step([batch(TINY)], step)
        pairs = zip(
            learner.average.parameters(), learner.networks["generator"].parameters(), strict=True
        )
        assert all(torch.equal(a, b) for a, b in pairs) == (step < 5)


def test_the_slope_is_the_length_of_the_gradient(engine, tools):
    """Of a straight line, the mean square of noisy differences is the squared length."""
    learner = DvdGanLearner(replace(TINY, loss="relativistic"), engine, tools)
    weight = torch.randn(2, 3 * 4 * 16 * 16) * 0.1
    learner.trained["discriminators"] = lambda clips, labels, glance: clips.flatten(1) @ weight.T
    clips = torch.rand(2000, 3, 4, 16, 16)
    scores = clips.flatten(1) @ weight.T
    glance = learner.networks["discriminators"].look(2000, 0)
    found = learner._slope(clips, None, glance, scores)
    assert found.item() == pytest.approx(weight.square().sum().item(), rel=0.1)


def test_the_noise_of_sampling_is_narrower_when_truncated(engine, tools):
    weights = DvdGanLearner(TINY, engine, tools).weights()
    clips = {}
    for truncation in (0.0, 1.0):
        sampler = DvdGanSampler(replace(TINY, truncation=truncation), weights, tools)
        clips[truncation] = sampler.sample([Prompt(label=1)] * 2, [1, 2]).clips
    assert torch.equal(*clips[0.0])
    assert not torch.equal(*clips[1.0])


def test_prompts_that_cannot_be_read_are_refused(engine, tools):
    sampler = DvdGanSampler(TINY, DvdGanLearner(TINY, engine, tools).weights(), tools)
    with pytest.raises(UserError, match="class 3 must be 0 to 2"):
        sampler.sample([Prompt(label=3)], [0])
    config = PRESETS["tiny-prediction"]
    sampler = DvdGanSampler(config, DvdGanLearner(config, engine, tools).weights(), tools)
    frames = torch.zeros(3, 16, 16, 3, dtype=torch.uint8).numpy()
    for positions, size, line in (
        ((0, 1, 2), 16, "continues the first 1, 2 frames"),
        ((1, 2), 16, "continues the first 1, 2 frames"),
        ((0, 1), 8, "frames of 8x8 must be 16x16"),
    ):
        given = frames[: len(positions), :size, :size]
        with pytest.raises(UserError, match=line):
            sampler.sample([Prompt(frames=given, positions=positions)], [0])


def test_the_critic_looks_at_what_was_made_for_its_class(engine, tools):
    learner = DvdGanLearner(TINY, engine, tools)
    critic = DvdGanCritic(TINY, learner.weights(), tools)
    clips = batch(TINY).clips
    scores = [critic.score(clips, [Prompt(label=label)] * 4) for label in (0, 1)]
    assert not torch.equal(*scores)
