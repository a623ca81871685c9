import pytest
import torch

from animatic.contracts import Engine, Tools
from animatic.families.t2v.gist.config import GIST_PRESETS
from animatic.families.t2v.gist.learner import GistLearner
from animatic.families.t2v.gist.sampler import GistCritic, GistSampler
from animatic.types import Batch, Prompt, Weights

TINY = GIST_PRESETS["paper-tiny"]
PROMPTS = [Prompt(text) for text in ("golf in the pool", "sailing", "sailing", "a red kite")]


@pytest.fixture
def weights(engine: Engine, tools: Tools, batch: Batch) -> Weights:
    torch.manual_seed(0)
    learner = GistLearner(TINY, engine, tools)
    for step in range(4):
        learner.step([batch], step)
    return learner.weights()


@pytest.fixture
def sampler(weights: Weights, tools: Tools) -> GistSampler:
    return GistSampler(TINY, weights, tools)


def test_a_clip_has_the_same_bits_alone_and_in_a_batch(sampler: GistSampler) -> None:
    together = sampler.sample(PROMPTS, [7, 8, 9, 10])
    for row, prompt in enumerate(PROMPTS):
        alone = sampler.sample([prompt], [7 + row])
        assert torch.equal(alone.clips[0], together.clips[row])
        assert torch.equal(alone.sketches[0], together.sketches[row])


def test_two_calls_agree(weights: Weights, tools: Tools, sampler: GistSampler) -> None:
    first = sampler.sample(PROMPTS, [1, 2, 3, 4]).clips
    torch.manual_seed(99)
    assert torch.equal(first, GistSampler(TINY, weights, tools).sample(PROMPTS, [1, 2, 3, 4]).clips)


def test_text_and_seed_both_matter(sampler: GistSampler) -> None:
    clips = sampler.sample(PROMPTS, [5, 5, 6, 5]).clips
    assert not torch.equal(clips[0], clips[1])
    assert not torch.equal(clips[1], clips[2])


def test_shape_and_range(sampler: GistSampler) -> None:
    samples = sampler.sample(PROMPTS[:2], [1, 2])
    assert samples.clips.shape == samples.sketches.shape == (2, 3, *sampler.shape[:3])
    assert samples.clips.abs().max() <= 1


def test_the_sketch_is_the_gist_held_still(sampler: GistSampler) -> None:
    sketch = sampler.sample(PROMPTS[:1], [1]).sketches[0]
    assert torch.equal(sketch, sketch[:, :1].expand_as(sketch))


def test_the_weights_are_left_as_they_were(weights: Weights, tools: Tools) -> None:
    before = {key: tensor.clone() for key, tensor in weights.items()}
    GistSampler(TINY, weights, tools).sample(PROMPTS[:1], [1])
    assert all(torch.equal(tensor, before[key]) for key, tensor in weights.items())


def test_a_score_has_the_same_bits_alone_and_in_a_batch(
    weights: Weights, tools: Tools, batch: Batch
) -> None:
    critic = GistCritic(TINY, weights, tools)
    scores = critic.score(batch.clips, PROMPTS)
    assert scores.shape == (4,)
    for row, prompt in enumerate(PROMPTS):
        assert torch.equal(critic.score(batch.clips[row, None], [prompt])[0], scores[row])
