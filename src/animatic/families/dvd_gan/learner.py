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
from jaxtyping import Int
from torch import Tensor

from animatic.contracts import Engine, Tools
from animatic.errors import UserError
from animatic.families.dvd_gan.config import DvdGanConfig
from animatic.families.dvd_gan.discriminators import Discriminators
from animatic.families.dvd_gan.generator import Generator
from animatic.families.dvd_gan.losses import discriminator_loss, generator_loss
from animatic.families.dvd_gan.standing import measure_standing
from animatic.nn.ema import follow
from animatic.types import Batch, Clips, Weights


class DvdGanLearner:
    """Updates the discriminators and the generator."""

    def __init__(self, config: DvdGanConfig, engine: Engine, tools: Tools) -> None:
        self.config, self.engine = config, engine
        self.networks = {
            "generator": Generator(config).to(engine.device),
            "discriminators": Discriminators(config).to(engine.device),
        }
        self.average = deepcopy(self.networks["generator"]).requires_grad_(False).eval()
        self.trained: dict[str, Any] = {}
        self.optimizers: dict[str, Any] = {}
        rates = (config.generator_rate, config.discriminator_rate)
        for (name, network), rate in zip(self.networks.items(), rates, strict=True):
            optimizer = torch.optim.Adam(network.parameters(), rate, betas=(0.0, config.beta2))
            self.trained[name], self.optimizers[name] = engine.setup(network, optimizer)

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up."""
        batches = [batch.to(self.engine.device) for batch in batches]
        losses = {"discriminator": self._update_discriminators(batches)}
        steps = self.config.discriminator_steps
        if step % steps == steps - 1:
            losses["generator"] = self._update_generator(batches)
            age = max(0, step - self.config.ema_start)
            decay = self.config.ema_decay if step >= self.config.ema_start else 0.0
            follow(self.average, self.networks["generator"], decay, age)
        return losses

    def weights(self) -> Weights:
        """Return the averaged generator, with statistics of its own, and the discriminators."""
        average = deepcopy(self.average)
        measure_standing(average, self.config.latent_dim, self.config.standing_batches)
        networks = {"generator": average, "discriminators": self.networks["discriminators"]}
        return {
            f"{name}.{key}": tensor.detach().cpu().clone()
            for name, network in networks.items()
            for key, tensor in network.state_dict().items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return networks, the average and optimisers."""
        return {
            "networks": {name: network.state_dict() for name, network in self.networks.items()},
            "average": self.average.state_dict(),
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.average.load_state_dict(state["average"])
        for name, network in self.networks.items():
            network.load_state_dict(state["networks"][name])
            self.optimizers[name].load_state_dict(state["optimizers"][name])

    def _update_discriminators(self, batches: Sequence[Batch]) -> float:
        total = 0.0
        with self._update("discriminators"):
            for index, batch in enumerate(batches):
                labels = labels_of(batch)
                with torch.no_grad():
                    made = self._generate(labels)
                clips, both = torch.cat([batch.clips, made]), labels.repeat(2)
                places = self.networks["discriminators"].sample(clips)
                with self._gathering("discriminators", index, len(batches)):
                    scores = self.trained["discriminators"](clips, both, places)
                    loss = discriminator_loss(*scores.float().chunk(2))
                    self.engine.backward(loss / len(batches))
                total += loss.item() / len(batches)
        return total

    def _update_generator(self, batches: Sequence[Batch]) -> float:
        """The bare discriminators are called: nobody waits for their gradients."""
        total, judges = 0.0, self.networks["discriminators"]
        judges.requires_grad_(False)
        with self._update("generator"):
            for index, batch in enumerate(batches):
                labels = labels_of(batch)
                with self._gathering("generator", index, len(batches)):
                    made = self._generate(labels)
                    with self.engine.autocast():
                        scores = judges(made, labels, judges.sample(made))
                    loss = generator_loss(scores.float())
                    self.engine.backward(loss / len(batches))
                total += loss.item() / len(batches)
        judges.requires_grad_(True)
        return total

    def _generate(self, labels: Int[Tensor, " b"]) -> Clips:
        noise = torch.randn(len(labels), self.config.latent_dim, device=labels.device)
        return self.trained["generator"](noise, labels).float()

    @contextmanager
    def _update(self, name: str):
        """Collect gradients in the block, then take one step of a network's optimiser."""
        self.optimizers[name].zero_grad(set_to_none=True)
        yield
        self.optimizers[name].step()

    def _gathering(self, name: str, index: int, count: int):
        """Exchange gradients between processes only after the last micro-batch."""
        return self.engine.no_backward_sync(self.trained[name], enabled=index < count - 1)


def labels_of(batch: Batch) -> Int[Tensor, " b"]:
    """Return the classes of a batch.

    Raises:
        UserError: if the data set has none.
    """
    if batch.labels is None:
        raise UserError("dvd_gan learns classes; give a data set with labels, or subfolders")
    return batch.labels
