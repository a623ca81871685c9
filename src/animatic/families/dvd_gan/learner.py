"""The paper's training: two updates of the discriminators, then one of the generator.

One step is one update of the discriminators, on clips of its own; every second one ends with an
update of the generator.
Source: Clark et al. 2019, arXiv:1907.06571.
"""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from animatic.contracts import Engine, Tools
from animatic.families.dvd_gan.augment import augmented
from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.discriminators import Discriminators, Glance
from animatic.families.dvd_gan.encoder import Given
from animatic.families.dvd_gan.generator import Generator
from animatic.families.dvd_gan.losses import discriminator_loss, generator_loss
from animatic.families.dvd_gan.spectral import settle, weights_once
from animatic.families.dvd_gan.standing import measure_standing
from animatic.nn.ema import follow
from animatic.nn.filled import adopt
from animatic.types import Batch, Clips, Weights

PENALTY_NOISE = 0.02
"""Deviation of the noise on pixels by which the slope of the discriminators is measured."""


NUM_EXAMPLES = 64
"""Clips whose first frames are kept."""


class DvdGanLearner:
    """Updates the discriminators and the generator."""

    def __init__(self, config: DvdGanConfig, engine: Engine, tools: Tools) -> None:
        self.config, self.engine = config, engine
        self.networks = {
            "generator": Generator(config).to(tools.device),
            "discriminators": Discriminators(config).to(tools.device),
        }
        self.average = deepcopy(self.networks["generator"]).requires_grad_(False).eval()
        self.examples: Given | None = None
        self.trained: dict[str, Any] = {}
        self.optimizers: dict[str, Any] = {}
        rates = (config.generator_rate, config.discriminator_rate)
        for (name, network), rate in zip(self.networks.items(), rates, strict=True):
            optimizer = torch.optim.Adam(network.parameters(), rate, betas=(0.0, config.beta2))
            self.trained[name], self.optimizers[name] = engine.setup(network, optimizer)

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up."""
        config = self.config
        batches = [batch.to(self.engine.device) for batch in batches]
        given = 0
        if config.given_frames:
            given = config.given_frames[int(torch.randint(len(config.given_frames), ()))]
            self._remember(batches)
        losses = self._update_discriminators(batches, given)
        if step % config.discriminator_steps == config.discriminator_steps - 1:
            losses |= self._update_generator(batches, given)
            age = step // config.discriminator_steps - config.ema_start
            follow(
                self.average,
                self.networks["generator"],
                config.ema_decay if age >= 0 else 0.0,
                max(0, age),
            )
        return losses

    def _remember(self, batches: Sequence[Batch]) -> None:
        """Keep first frames, until there are enough to measure statistics on."""
        known = 0 if self.examples is None else len(self.examples)
        if known < NUM_EXAMPLES:
            given = [batch.clips[:, :, : self.config.most_given] for batch in batches]
            kept = [] if self.examples is None else [self.examples]
            self.examples = torch.cat([*kept, *given])[:NUM_EXAMPLES].clone()

    def start_from(self, weights: Weights) -> list[str]:
        """Begin with the networks of another model."""
        fitting = []
        for name, network in self.networks.items():
            fitting += adopt(network, name, weights)
            settle(network)
        self.average.load_state_dict(self.networks["generator"].state_dict())
        return fitting

    def weights(self) -> Weights:
        """Return the averaged generator, with statistics of its own, and the discriminators."""
        average = deepcopy(self.average)
        settle(average)
        if self.examples is not None or not self.config.given_frames:
            measure_standing(average, self.examples)
        networks = {"generator": average, "discriminators": self.networks["discriminators"]}
        return {
            f"{name}.{key}": tensor.detach().cpu().clone()
            for name, network in networks.items()
            for key, tensor in network.state_dict().items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return networks, the average, optimisers, and the examples that it is measured on."""
        return {
            "networks": {name: network.state_dict() for name, network in self.networks.items()},
            "average": self.average.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
            "examples": self.examples,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.average.load_state_dict(state["average"])
        for name, network in self.networks.items():
            network.load_state_dict(state["networks"][name])
            self.optimizers[name].load_state_dict(state["optimizers"][name])
        examples = state["examples"]
        self.examples = None if examples is None else examples.to(self.engine.device)

    def _update_discriminators(self, batches: Sequence[Batch], given: int) -> dict[str, float]:
        """Teach the discriminators real clips from generated ones."""
        config, totals = self.config, {"discriminator": 0.0}
        with self._update("discriminators"):
            for index, batch in enumerate(batches):
                with torch.no_grad():
                    made = self._generate(batch, given)
                    pairs = self._shown(torch.cat([batch.clips, made]))
                    labels = None if batch.labels is None else batch.labels.repeat(2)
                    glance = self.networks["discriminators"].look(len(pairs), given)
                with (
                    self._gathering("discriminators", index, len(batches)),
                    weights_once(self.networks["discriminators"]),  # or slopes are those of weights
                ):
                    scores = self._judge(pairs, labels, glance)
                    losses = {"discriminator": discriminator_loss(scores, config.loss)}
                    if config.loss == "relativistic":
                        losses["penalty"] = self._slope(pairs, labels, glance, scores)
                    loss = losses["discriminator"] + config.penalty * losses.get("penalty", 0.0)
                    self.engine.backward(loss / len(batches))
                for name, value in losses.items():
                    totals[name] = totals.get(name, 0.0) + value.item() / len(batches)
        return totals

    def _update_generator(self, batches: Sequence[Batch], given: int) -> dict[str, float]:
        """Let the generator please the discriminators.

        The bare ones are called: nobody waits for their gradients.
        """
        totals, judges, config = {"generator": 0.0}, self.networks["discriminators"], self.config
        judges.requires_grad_(False)
        with self._update("generator"):
            for index, batch in enumerate(batches):
                with self._gathering("generator", index, len(batches)):
                    clips = self._generate(batch, given)
                    made = self._shown(clips)
                    with self.engine.autocast():
                        glance = judges.look(len(made), given)
                        scores = judges(made, batch.labels, glance).float()
                        real = None
                        if config.loss == "relativistic":
                            with torch.no_grad():
                                shown = self._shown(batch.clips)
                                real = judges(shown, batch.labels, glance).float()
                    losses = {"generator": generator_loss(real, scores, config.loss)}
                    loss = losses["generator"]
                    if config.reconstruction:
                        pair = (clips[:, :, given:], batch.clips[:, :, given:])
                        losses["reconstruction"] = F.l1_loss(*pair)
                        loss = loss + config.reconstruction * losses["reconstruction"]
                    self.engine.backward(loss / len(batches))
                for name, value in losses.items():
                    totals[name] = totals.get(name, 0.0) + value.item() / len(batches)
        judges.requires_grad_(True)
        return totals

    def _generate(self, batch: Batch, given: int) -> Clips:
        """Return whole clips: those of the classes of a batch, or what follows its first frames."""
        noise = torch.randn(len(batch), self.config.latent_dim, device=batch.clips.device)
        if not given:
            return self.trained["generator"](noise, batch.labels).float()
        first = batch.clips[:, :, :given]
        return torch.cat([first, self.trained["generator"](noise, first).float()], dim=2)

    def _shown(self, clips: Clips) -> Clips:
        return augmented(clips) if self.config.augment else clips

    def _judge(
        self, clips: Clips, labels: Int[Tensor, " b"] | None, glance: Glance
    ) -> Float[Tensor, "b d"]:
        return self.trained["discriminators"](clips, labels, glance).float()

    def _slope(
        self,
        clips: Clips,
        labels: Int[Tensor, " b"] | None,
        glance: Glance,
        scores: Float[Tensor, "b d"],
    ) -> Float[Tensor, ""]:
        """Return the squared slope of the scores, from small noise.

        Its mean over noise is the squared length of the gradient, which is never taken. Real and
        generated clips are averaged together, so each of the two penalties counts half.
        """
        noised = clips + PENALTY_NOISE * torch.randn_like(clips)
        difference = (self._judge(noised, labels, glance) - scores) / PENALTY_NOISE
        return difference.square().mean(dim=0).sum()

    @contextmanager
    def _update(self, name: str):
        """Collect gradients in the block, then take one step of a network's optimiser."""
        self.optimizers[name].zero_grad(set_to_none=True)
        yield
        self.optimizers[name].step()

    def _gathering(self, name: str, index: int, count: int):
        """Exchange gradients between processes only after the last micro-batch."""
        return self.engine.no_backward_sync(self.trained[name], enabled=index < count - 1)
