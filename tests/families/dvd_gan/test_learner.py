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


def test_of_a_model_of_other_classes_all_but_their_vectors_is_taken_over(engine, tools):
    former = DvdGanLearner(TINY, engine, tools).weights()
    names = (*TINY.class_names, "another")
    learner = DvdGanLearner(replace(TINY, class_names=names), engine, tools)
    rest = set(former) - set(learner.start_from(former))
    assert rest
    assert all(".embed." in name for name in rest)
    learner.step([batch(TINY)], 0)


def test_before_its_start_the_average_is_the_latest_generator(engine, tools):
    learner = DvdGanLearner(replace(TINY, ema_start=2), engine, tools)
    for step in range(8):
        learner.step([batch(TINY)], step)
        pairs = zip(
            learner.average.parameters(), learner.networks["generator"].parameters(), strict=True
        )
        assert all(torch.equal(a, b) for a, b in pairs) == (step < 5)


@pytest.mark.parametrize("preset", [name for name in PRESETS if "tiny" in name])
def test_the_generator_learns_to_please_discriminators_that_stand_still(preset, engine, tools):
    config = replace(PRESETS[preset], discriminator_rate=0.0)
    learner = DvdGanLearner(config, engine, tools)
    losses = []
    for step in range(60):
        torch.manual_seed(step)
        losses.append(learner.step([batch(config)], step).get("generator"))
    found = [loss for loss in losses if loss is not None]
    assert sum(found[-5:]) < sum(found[:5]) - 1


def test_without_noise_there_is_no_slope(engine, tools, monkeypatch):
    """Both scores are those of the same weights, though each step normalises them anew."""
    monkeypatch.setattr("animatic.families.dvd_gan.learner.PENALTY_NOISE", 1e-12)
    config = replace(TINY, loss="relativistic", penalty=0.0)
    learner = DvdGanLearner(config, engine, tools)
    assert all(learner.step([batch(config)], step)["penalty"] == 0 for step in range(4))


def test_the_slope_does_not_drown_in_rounding(engine, tools):
    config = replace(TINY, loss="relativistic")
    learner = DvdGanLearner(config, engine, tools)
    judges, clips = learner.networks["discriminators"].eval(), batch(config, 16).clips
    labels, glance = torch.zeros(16, dtype=torch.long), judges.look(16, 0)
    found = []
    for bf16 in (False, True):
        torch.manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            scores = judges(clips, labels, glance)
            found.append(learner._slope(clips, labels, glance, scores).item())
    assert found[1] == pytest.approx(found[0], rel=0.05)


def test_examples_come_from_all_parts_of_a_batch(engine, tools):
    config = PRESETS["tiny-prediction"]
    learner = DvdGanLearner(config, engine, tools)
    learner.step([batch(config, 2), batch(config, 2)], 0)
    assert learner.examples.shape == (4, 3, 2, 16, 16)
    for step in range(1, 20):
        learner.step([batch(config)], step)
    assert len(learner.examples) == 64


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


def test_a_continuation_nears_what_really_came(engine, tools):
    """Discriminators that say nothing leave nothing but the distance to what came."""
    config = replace(PRESETS["tiny-prediction"], discriminator_rate=0.0, reconstruction=100.0)
    learner = DvdGanLearner(config, engine, tools)
    grey = replace(batch(config), clips=torch.full((4, 3, 4, 16, 16), 0.5))
    losses = [learner.step([grey], step).get("reconstruction") for step in range(60)]
    found = [loss for loss in losses if loss is not None]
    assert found[-1] < 0.5 * found[0]


def test_without_given_frames_there_is_nothing_to_reconstruct():
    with pytest.raises(UserError, match="without given_frames there is nothing"):
        replace(TINY, reconstruction=1.0)
