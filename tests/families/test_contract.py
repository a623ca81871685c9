"""What every family promises, over all families and all their tiny presets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import animatic.families
from animatic.contracts import Family
from animatic.errors import UserError
from animatic.pipelines import catalog
from animatic.types import Batch, Prompt

CASES = [
    pytest.param(card, name, id=f"{card.name}-{name}")
    for card in catalog.families().values()
    for name in card.presets
    if "tiny" in name
]
every_family = pytest.mark.parametrize(("family", "preset"), CASES)

SENTENCES = ("golf in the pool", "sailing in snow", "a man is dancing", "biking on ice")


def prompts(config):
    """Return four that differ, with all that is read."""
    frames = torch.randint(256, (4, 1, *config.shape[1:3], 3), dtype=torch.uint8).numpy()
    known = {
        "text": [{"text": text} for text in SENTENCES],
        "label": [{"label": label} for label in (0, 1, 2, 0)],
        "frames": [{"frames": first, "positions": (0,)} for first in frames],
    }
    fields = [known[name] for name in sorted(config.reads)]
    return [
        Prompt(**{k: v for part in parts for k, v in part.items()})
        for parts in zip(*fields, strict=True)
    ]


def batch(shape, num_clips=4, seed=0):
    """Moving gradients: something to learn, different for every clip."""
    random = torch.Generator().manual_seed(seed)
    t = torch.linspace(0, 1, shape.num_frames)[:, None, None]
    w = torch.linspace(-1, 1, shape.width)
    phase = torch.rand(num_clips, 3, 1, 1, 1, generator=random) * 6
    clips = torch.sin(3 * w + 4 * t + phase).expand(-1, -1, -1, shape.height, -1).contiguous()
    texts = ("golf in the pool", "sailing in snow", "a man is dancing", "skiing at sea")
    labels = torch.arange(num_clips) % 3
    return Batch(clips, tuple(texts[i % 4] for i in range(num_clips)), labels)


def trained(family: Family, preset, engine, tools, steps, *, other_clips=False):
    config = family.presets[preset]
    torch.manual_seed(0)
    learner = family.learner(config, engine, tools)
    losses = []
    for step in range(steps):
        torch.manual_seed(100 + step)
        losses.append(learner.step([batch(config.shape, seed=step * other_clips)], step))
    return config, learner, losses


def same(a, b):
    assert a.keys() == b.keys()
    return all(torch.equal(a[name], b[name]) for name in a)


@every_family
def test_some_loss_falls_by_a_third_on_one_batch(family, preset, engine, tools):
    _, _, losses = trained(family, preset, engine, tools, 60)
    first = {}
    for row in losses:
        for name, loss in row.items():
            first.setdefault(name, loss)
    assert any(losses[-1][name] < 0.67 * first[name] for name in losses[-1])


@every_family
def test_a_clip_does_not_depend_on_its_batch(family, preset, engine, tools):
    config, learner, _ = trained(family, preset, engine, tools, 8)
    sampler = family.sampler(config, learner.weights(), tools)
    asked = prompts(config)[:3]
    together = sampler.sample(asked, [5, 6, 7]).clips
    alone = torch.cat([sampler.sample([p], [5 + i]).clips for i, p in enumerate(asked)])
    assert torch.equal(together, alone)


@every_family
def test_changing_one_prompt_leaves_the_neighbours_alone(family, preset, engine, tools):
    config, learner, _ = trained(family, preset, engine, tools, 8)
    sampler = family.sampler(config, learner.weights(), tools)
    first, second, third, other = prompts(config)
    before = sampler.sample([first, second, third], [1, 2, 3]).clips
    after = sampler.sample([first, other, third], [1, 2, 3]).clips
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert not torch.equal(before[1], after[1])


@every_family
def test_another_seed_gives_another_clip(family, preset, engine, tools):
    config, learner, _ = trained(family, preset, engine, tools, 8)
    sampler = family.sampler(config, learner.weights(), tools)
    first, second = sampler.sample(prompts(config)[:1] * 2, [1, 2]).clips
    assert not torch.equal(first, second)


@every_family
def test_values_stay_in_range_and_shapes_are_as_promised(family, preset, engine, tools):
    config, learner, _ = trained(family, preset, engine, tools, 2)
    sampler = family.sampler(config, learner.weights(), tools)
    samples = sampler.sample(prompts(config)[:3], [1, 2, 3])
    shape = config.shape
    assert sampler.shape == shape
    assert samples.clips.shape == (3, 3, shape.num_frames, shape.height, shape.width)
    for clips in (samples.clips, samples.sketches):
        if clips is not None:
            assert clips.min() >= -1
            assert clips.max() <= 1
            assert clips.shape[2] == shape.num_frames


@pytest.mark.parametrize(("family", "preset"), [c for c in CASES if c.values[0].critic])
def test_the_critic_scores_each_clip_alone_and_twice_the_same(family, preset, engine, tools):
    config, learner, _ = trained(family, preset, engine, tools, 8)
    critic = family.critic(config, learner.weights(), tools)
    clips, asked = batch(config.shape, 3).clips, prompts(config)[:3]
    scores = critic.score(clips, asked)
    assert torch.equal(scores, critic.score(clips, asked))
    alone = torch.cat([critic.score(clips[i : i + 1], asked[i : i + 1]) for i in range(3)])
    assert torch.equal(scores, alone)


@every_family
def test_training_starts_from_the_weights_of_another_model(family, preset, engine, tools):
    config, former, _ = trained(family, preset, engine, tools, 8)
    weights = former.weights()
    torch.manual_seed(999)
    learner = family.learner(config, engine, tools)
    assert set(learner.start_from(weights)) == set(weights)
    fresh = family.learner(config, engine, tools).weights()
    asked = prompts(config)
    wanted, found, other = (
        family.sampler(config, had, tools).sample(asked, [1, 2, 3, 4]).clips
        for had in (weights, learner.weights(), fresh)
    )
    assert (found - wanted).abs().mean() < 0.2 * (other - wanted).abs().mean()
    fitted = [name for name in weights if "_basis." in name or ".guess." in name]
    kept = {name: learner.weights()[name].clone() for name in fitted}
    for step in range(4):  # so many as the tiny presets fit for, and no fewer
        learner.step([batch(config.shape, seed=1)], step)
    after = learner.weights()
    assert same(kept, {name: after[name] for name in fitted}), "what is fitted once stays"


@every_family
def test_resuming_gives_the_same_bits(family, preset, engine, tools, tmp_path):
    config = family.presets[preset]
    _, whole, _ = trained(family, preset, engine, tools, 10, other_clips=True)
    for stop in (1, 5):
        _, begun, _ = trained(family, preset, engine, tools, stop, other_clips=True)
        torch.save(begun.state_dict(), tmp_path / "state.pt")
        torch.manual_seed(999)
        resumed = family.learner(config, engine, tools)
        resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
        for step in range(stop, 10):
            torch.manual_seed(100 + step)
            resumed.step([batch(config.shape, seed=step)], step)
        assert same(dict(whole.weights()), dict(resumed.weights()))


@every_family
def test_two_halves_of_a_batch_train_like_any_batch(family, preset, engine, tools):
    config = family.presets[preset]
    torch.manual_seed(0)
    learner = family.learner(config, engine, tools)
    for step in range(8):
        parts = batch(config.shape)
        losses = learner.step([parts.part(slice(0, 2)), parts.part(slice(2, 4))], step)
        assert all(np.isfinite(value) for value in losses.values())


@every_family
def test_a_config_survives_json(family, preset, engine, tools):
    config = family.presets[preset]
    assert family.config_from_json(family.config_to_json(config)) == config
    with pytest.raises(UserError):
        family.config_from_json(family.config_to_json(config) | {"unknown": 1})


@every_family
def test_prompt_fields_that_are_not_read_are_refused(family, preset):
    config = family.presets[preset]
    read = prompts(config)[0]
    family.check(config, read)
    other = {"text": "golf", "label": 3}
    name, value = next(item for item in other.items() if item[0] not in config.reads)
    with pytest.raises(UserError, match=f"does not read {name}"):
        family.check(config, replace(read, **{name: value}))
    with pytest.raises(UserError, match=f"needs {min(config.reads)}"):
        family.check(config, Prompt())


@pytest.mark.parametrize("family", catalog.families().values(), ids=lambda card: card.name)
def test_the_readme_names_its_source(family):
    folder = Path(animatic.families.__path__[0]) / family.name
    assert family.source.split("arXiv:")[1] in (folder / "README.md").read_text()
