from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from animatic.contracts import Engine, Tools
from animatic.errors import UserError
from animatic.families.t2v.gist.config import GIST_PRESETS, GistConfig
from animatic.families.t2v.gist.learner import GistLearner, clip_weights, share_statistics
from animatic.types import Batch

TINY = GIST_PRESETS["paper-tiny"]


def trained(learner: GistLearner, batch: Batch, steps: range) -> dict[str, float]:
    losses = {}
    for step in steps:
        torch.manual_seed(step)
        losses = learner.step([batch], step)
    return losses


def part_of(batch: Batch, rows: slice) -> Batch:
    assert batch.texts is not None
    return Batch(batch.clips[rows], batch.texts[rows])


def test_the_gists_loss_falls_on_one_batch(engine: Engine, tools: Tools, batch: Batch) -> None:
    torch.manual_seed(0)
    config = replace(TINY, gist_steps=60, learning_rate=3e-3)
    learner = GistLearner(config, engine, tools)
    first = trained(learner, batch, range(1))["gist"]
    assert trained(learner, batch, range(1, 60))["gist"] < first / 3


def test_the_clips_come_nearer_to_one_batch(engine: Engine, tools: Tools, batch: Batch) -> None:
    torch.manual_seed(0)
    config = replace(TINY, gist_steps=0, critic_steps=1, learning_rate=3e-3)
    learner = GistLearner(config, engine, tools)
    first = trained(learner, batch, range(1))["reconstruction"]
    assert trained(learner, batch, range(1, 60))["reconstruction"] < first / 2


def test_a_resumed_run_takes_the_same_next_steps(
    engine: Engine, tools: Tools, batch: Batch, config: GistConfig
) -> None:
    torch.manual_seed(0)
    whole = GistLearner(config, engine, tools)
    trained(whole, batch, range(4))
    resumed = GistLearner(config, engine, tools)
    # A copy, as a file would be: optimisers take over the tensors that they are given.
    resumed.load_state_dict(deepcopy(whole.state_dict()))
    assert trained(resumed, batch, range(4, 6)) == trained(whole, batch, range(4, 6))
    expected = whole.weights()
    assert all(torch.equal(tensor, expected[key]) for key, tensor in resumed.weights().items())


def test_every_parameter_gets_a_gradient_over_the_two_stages(
    engine: Engine, tools: Tools, batch: Batch, config: GistConfig
) -> None:
    torch.manual_seed(0)
    learner = GistLearner(config, engine, tools)
    trained(learner, batch, range(3))
    for part in learner._parts.values():
        for name, parameter in part.network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name


def test_the_first_stage_leaves_video_and_critic_alone(
    engine: Engine, tools: Tools, batch: Batch
) -> None:
    torch.manual_seed(0)
    learner = GistLearner(TINY, engine, tools)
    before = learner.weights()
    losses = trained(learner, batch, range(TINY.gist_steps))
    after = learner.weights()
    changed = {key.split(".")[0] for key in after if not torch.equal(before[key], after[key])}
    assert changed == {"gist"}
    assert set(losses) == {"gist"}


def test_micro_batches_add_up(engine: Engine, tools: Tools, batch: Batch) -> None:
    def gradient(batches: list[Batch]) -> torch.Tensor:
        torch.manual_seed(0)
        learner = GistLearner(TINY, engine, tools)
        # Batch normalisation would see the two halves apart, and noise would differ.
        learner._gist.network.eval()
        torch.nn.init.constant_(learner._gist.network.recognition.posterior.bias, -80.0)
        learner.step(batches, 0)
        return learner._gist.network.recognition.posterior.weight.grad

    halves = [part_of(batch, slice(0, 2)), part_of(batch, slice(2, 4))]
    torch.testing.assert_close(gradient(halves), gradient([batch]), rtol=1e-4, atol=1e-4)


def test_a_clipped_critic_has_small_weights(engine: Engine, tools: Tools, batch: Batch) -> None:
    learner = GistLearner(replace(TINY, clip_value=0.02, learning_rate=0.1), engine, tools)
    trained(learner, batch, range(2, 4))
    weights = [weight.abs().max() for weight in learner._critic.network.parameters()]
    assert max(weights) == torch.tensor(0.02)


def test_clipping_leaves_small_weights_alone() -> None:
    network = torch.nn.Linear(1, 3, bias=False)
    network.weight.data = torch.tensor([[-5.0], [0.01], [0.3]])
    clip_weights(network, 0.1)
    torch.testing.assert_close(network.weight.data, torch.tensor([[-0.1], [0.01], [0.1]]))


def test_processes_agree_on_the_mean_of_their_statistics(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(3))
    network[1].running_mean.fill_(4.0)
    monkeypatch.setattr(engine, "all_reduce", lambda data, reduce_op: data / 2)
    share_statistics(network, engine)
    assert network[0].running_var.tolist() == [0.5, 0.5]
    assert network[1].running_mean.tolist() == [2.0, 2.0, 2.0]


def test_a_penalised_critic_normalises_nothing_over_the_batch(engine: Engine, tools: Tools) -> None:
    learner = GistLearner(replace(TINY, lipschitz="penalty"), engine, tools)
    kinds = {type(module) for module in learner._critic.network.modules()}
    assert torch.nn.BatchNorm3d not in kinds


def test_the_generator_learns_from_a_confident_critic(
    engine: Engine, tools: Tools, batch: Batch
) -> None:
    torch.manual_seed(0)
    config = replace(TINY, lipschitz="penalty", gist_weight=0.0, reconstruction_weight=0.0)
    learner = GistLearner(config, engine, tools)
    with torch.no_grad():
        learner._critic.network.verdict[-1].bias.fill_(-1000.0)
    losses = learner._update_model([learner._read(batch)])
    assert losses["adversarial"] > 900
    assert learner._video.network.generator.foreground.weight.grad.abs().sum() > 1e-4


def test_the_critic_tells_a_right_text_from_a_wrong_one(
    engine: Engine, tools: Tools, batch: Batch
) -> None:
    torch.manual_seed(0)
    config = replace(TINY, lipschitz="penalty", wrong_text_weight=1.0, learning_rate=5e-3)
    learner = GistLearner(config, engine, tools)
    reading = learner._read(batch)
    for _ in range(100):
        learner._update_critic([reading])
    right, wrong = learner._critic.network(*reading[:3]).unbind(1)
    assert (right > wrong).all()


def test_equal_texts_are_never_wrong_texts(engine: Engine, tools: Tools, batch: Batch) -> None:
    learner = GistLearner(TINY, engine, tools)
    reading = learner._read(Batch(batch.clips, ("golf", "golf", "tennis", "golf")))
    assert reading.different.tolist() == [False, False, True, True]


def test_without_a_wrong_text_the_critics_loss_does_not_fall_by_raising_scores(
    engine: Engine, tools: Tools, batch: Batch
) -> None:
    torch.manual_seed(0)
    learner = GistLearner(TINY, engine, tools)
    for texts in [("golf",) * 4, batch.texts]:
        learner._critic.optimizer.zero_grad()
        learner._update_critic([learner._read(Batch(batch.clips, texts))])
        assert learner._critic.network.verdict[-1].bias.grad.abs().item() < 1e-6


def test_clips_without_captions_are_refused(engine: Engine, tools: Tools, batch: Batch) -> None:
    with pytest.raises(UserError, match="captions"):
        GistLearner(TINY, engine, tools).step([Batch(batch.clips)], 0)


def test_what_is_saved_is_free_of_the_image_encoder(engine: Engine, tools: Tools) -> None:
    weights = GistLearner(TINY, engine, tools).weights()
    assert not any("recognition" in key for key in weights)
    assert all(tensor.is_contiguous() and not tensor.requires_grad for tensor in weights.values())


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_it_runs_on_the_distributed_engine(
    precision: str, tools: Tools, batch: Batch, config: GistConfig
) -> None:
    fabric = pytest.importorskip("lightning_fabric")
    engine = fabric.Fabric(accelerator="cpu", devices=1, precision=precision)
    learner = GistLearner(config, engine, tools)
    halves = [part_of(batch, slice(0, 2)), part_of(batch, slice(2, 4))]
    for step in range(4):
        losses = learner.step(halves, step)
    assert set(losses) == {"gist", "critic", "adversarial", "reconstruction"}
    assert all(torch.isfinite(tensor).all() for tensor in learner.weights().values())
