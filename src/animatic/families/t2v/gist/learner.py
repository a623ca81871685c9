"""The paper's training: first the gist alone, then the whole model against the critic.

Source: Li et al. 2018, arXiv:1710.00421; the README says which facts are from memory.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from animatic.contracts import Engine, Tools
from animatic.errors import UserError
from animatic.families.t2v.gist.config import GistConfig
from animatic.families.t2v.gist.losses import (
    gist_loss,
    gradient_penalty,
    real_loss,
    reconstruction_loss,
)
from animatic.families.t2v.gist.networks import Drawing, GistModel, Scene, VideoCritic, VideoModel
from animatic.nn.ema import follow
from animatic.nn.filled import adopt
from animatic.types import Batch, Clips, Weights

UNUSED_AFTER_TRAINING = "gist.recognition."


class Reading(NamedTuple):
    """A micro-batch with two sentences for each clip: its own, and another clip's."""

    clips: Clips
    tokens: Float[Tensor, "b 2 n d"]
    mask: Bool[Tensor, "b 2 n"]
    different: Bool[Tensor, " b"]


class Part:
    """A network with its optimiser; `run` is the network as the engine runs it."""

    def __init__(self, network: nn.Module, config: GistConfig, engine: Engine) -> None:
        betas = (float(config.beta1), float(config.beta2))
        optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, betas)
        self.network = network
        self.run, self.optimizer = engine.setup(network, optimizer)

    def state_dict(self) -> dict[str, Any]:
        """Return weights and optimiser state."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


class GistLearner:
    """Learns the paper's model, one update at a time; see `animatic.contracts.Learner`."""

    def __init__(self, config: GistConfig, engine: Engine, tools: Tools) -> None:
        self._config = config
        self._engine = engine
        self._text_encoder = tools.text_encoder
        token_dim = tools.text_encoder.dim
        self._gist = Part(GistModel(config, token_dim), config, engine)
        self._video = Part(VideoModel(config), config, engine)
        self._critic = Part(VideoCritic(config, token_dim), config, engine)
        self._parts = {"gist": self._gist, "video": self._video, "critic": self._critic}
        self._averages = {
            name: deepcopy(self._parts[name].network).eval().requires_grad_(False)
            for name in ("gist", "video")
        }

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once; return the losses by name."""
        readings = [self._read(batch) for batch in batches]
        age = step - self._config.gist_steps
        losses = self._update_gist(readings) if age < 0 else self._update_whole(readings)
        for part in self._parts.values():
            share_statistics(part.network, self._engine)
        self._follow("gist", step)
        if age >= 0:
            self._follow("video", age)
        return losses

    def start_from(self, weights: Weights) -> list[str]:
        """Begin with the networks of another model, but for what it lost after training."""
        fitting = []
        for name, part in self._parts.items():
            fitting += adopt(part.network, name, weights)
        for name, network in self._averages.items():
            network.load_state_dict(self._parts[name].network.state_dict())
        return fitting

    def weights(self) -> Weights:
        """Return the averaged gist and video networks and the critic, on the CPU."""
        networks = self._averages | {"critic": self._critic.network}
        named = {
            f"{name}.{key}": tensor
            for name, network in networks.items()
            for key, tensor in network.state_dict().items()
        }
        return {
            key: tensor.detach().cpu().clone()
            for key, tensor in named.items()
            if not key.startswith(UNUSED_AFTER_TRAINING)
        }

    def state_dict(self) -> dict[str, Any]:
        """Return networks, their averages and optimisers."""
        parts = {name: part.state_dict() for name, part in self._parts.items()}
        averages = {name: network.state_dict() for name, network in self._averages.items()}
        return {"parts": parts, "averages": averages}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        for name, part in self._parts.items():
            part.load_state_dict(state["parts"][name])
        for name, network in self._averages.items():
            network.load_state_dict(state["averages"][name])

    def _update_gist(self, readings: Sequence[Reading]) -> dict[str, float]:
        """Stage 1: first frame and text to gist."""
        self._gist.optimizer.zero_grad()
        total = 0.0
        for reading in self._accumulating(readings, self._gist):
            loss = gist_loss(self._draw(reading), _first_frames(reading)) / len(readings)
            self._engine.backward(loss)
            total += loss.item()
        self._gist.optimizer.step()
        return {"gist": total}

    def _update_whole(self, readings: Sequence[Reading]) -> dict[str, float]:
        """Stage 2: the critic a few times, then the model."""
        losses: dict[str, float] = {}
        for _ in range(self._config.critic_steps):
            losses = self._update_critic(readings)
        return losses | self._update_model(readings)

    def _update_critic(self, readings: Sequence[Reading]) -> dict[str, float]:
        """Real clips with their text up, made clips and wrong texts down."""
        self._critic.optimizer.zero_grad()
        total = 0.0
        for reading in self._accumulating(readings, self._critic):
            # Two backward passes, for batch normalisation may not see real and made clips together,
            # and its buffers may not change between a forward pass and its backward pass.
            for loss in (self._real_loss, self._made_loss):
                share = loss(reading) / len(readings)
                self._engine.backward(share)
                total += share.item()
        self._critic.optimizer.step()
        if self._config.lipschitz == "clipping":
            clip_weights(self._critic.network, self._config.clip_value)
        return {"critic": total}

    def _update_model(self, readings: Sequence[Reading]) -> dict[str, float]:
        """Gist, verdict of the critic and distance to the real clip."""
        self._gist.optimizer.zero_grad()
        self._video.optimizer.zero_grad()
        totals: dict[str, float] = defaultdict(float)
        for reading in self._accumulating(readings, self._gist, self._video, self._critic):
            losses = self._model_losses(reading)
            self._engine.backward(self._weigh(losses) / len(readings))
            for name, loss in losses.items():
                totals[name] += loss.item() / len(readings)
        self._gist.optimizer.step()
        self._video.optimizer.step()
        return dict(totals)

    def _model_losses(self, reading: Reading) -> dict[str, Tensor]:
        drawing = self._draw(reading)
        scene = self._animate(drawing)
        # Gradients that this leaves in the critic are cleared before its next update.
        verdict = self._critic.run(scene.clips, reading.tokens[:, :1], reading.mask[:, :1])
        return {
            "gist": gist_loss(drawing, _first_frames(reading)),
            "adversarial": -verdict.mean(),
            "reconstruction": reconstruction_loss(scene.clips, reading.clips),
        }

    def _weigh(self, losses: dict[str, Tensor]) -> Tensor:
        """Return the paper's total: gamma 1, gamma 2 and gamma 3 times the three losses."""
        return (
            self._config.gist_weight * losses["gist"]
            + self._config.adversarial_weight * losses["adversarial"]
            + self._config.reconstruction_weight * losses["reconstruction"]
        )

    def _real_loss(self, reading: Reading) -> Tensor:
        scores = self._critic.run(reading.clips, reading.tokens, reading.mask)
        return real_loss(scores, reading.different, self._config.wrong_text_weight)

    def _made_loss(self, reading: Reading) -> Tensor:
        with torch.no_grad():
            made = self._animate(self._draw(reading)).clips
        tokens, mask = reading.tokens[:, :1], reading.mask[:, :1]
        # Without a wrong text, made clips take its share: else raising every score would pay off.
        share = 1 - self._config.wrong_text_weight * reading.different.any()
        loss = share * self._critic.run(made, tokens, mask).mean()
        if self._config.lipschitz == "clipping":
            return loss
        # Not `run`: the engine takes no gradient of a gradient, and half precision blurs one.
        score = self._critic.network
        penalty = gradient_penalty(lambda clips: score(clips, tokens, mask), reading.clips, made)
        return loss + self._config.penalty_weight * penalty

    def _draw(self, reading: Reading) -> Drawing:
        return self._gist.run(_first_frames(reading), reading.tokens[:, 0], reading.mask[:, 0])

    def _animate(self, drawing: Drawing) -> Scene:
        gist = drawing.gist
        noise = torch.randn(len(gist), self._config.noise_dim, device=gist.device)
        return self._video.run(gist, drawing.text, noise)

    def _read(self, batch: Batch) -> Reading:
        """Encode the sentences of a micro-batch; a clip's wrong text is its neighbour's."""
        if batch.texts is None:
            raise UserError("text-to-video learns from captions, and these clips have none")
        texts = batch.texts
        tokens, mask = self._text_encoder.encode(texts)
        neighbours = texts[-1:] + texts[:-1]
        different = [own != other for own, other in zip(texts, neighbours, strict=True)]
        return Reading(
            batch.clips.to(self._engine.device),
            torch.stack([tokens, tokens.roll(1, 0)], 1),
            torch.stack([mask, mask.roll(1, 0)], 1),
            torch.tensor(different, device=self._engine.device),
        )

    def _accumulating(self, readings: Sequence[Reading], *parts: Part) -> Iterator[Reading]:
        """Yield micro-batches; processes exchange gradients at the last one only."""
        for index, reading in enumerate(readings):
            early = index < len(readings) - 1
            with ExitStack() as stack:
                for part in parts:
                    stack.enter_context(self._engine.no_backward_sync(part.run, enabled=early))
                yield reading

    def _follow(self, name: str, age: int) -> None:
        network = self._parts[name].network
        follow(self._averages[name], network, self._config.average_decay, age)


@torch.no_grad()
def share_statistics(network: nn.Module, engine: Engine) -> None:
    """Average what batch normalisation has counted over all processes.

    Gradients are averaged by the engine, but buffers are not: every process would end with its own.
    """
    statistics = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
    if not statistics:
        return
    together = torch.cat([buffer.flatten() for buffer in statistics])
    mean = engine.all_reduce(together, reduce_op="mean")
    shares = mean.split([buffer.numel() for buffer in statistics])
    for buffer, share in zip(statistics, shares, strict=True):
        buffer.copy_(share.view_as(buffer))


@torch.no_grad()
def clip_weights(network: nn.Module, clip_value: float) -> None:
    """Cut every weight to [-clip_value, clip_value]. Source: Arjovsky et al. 2017, algorithm 1."""
    for weight in network.parameters():
        weight.clamp_(-clip_value, clip_value)


def _first_frames(reading: Reading) -> Tensor:
    return reading.clips[:, :, 0]
