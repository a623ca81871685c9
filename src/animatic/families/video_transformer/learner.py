"""The paper's training: the likelihood of one random slice of each clip.

Source: Weissenborn et al. 2020, arXiv:1906.02634; AdamW with a warm-up and averaged weights instead
of its RMSProp.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from animatic.contracts import Engine, Tools
from animatic.families.video_transformer.conditions import read_texts
from animatic.families.video_transformer.config import VideoTransformerConfig
from animatic.families.video_transformer.likelihood import symbol_bits
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.slices import to_symbols
from animatic.nn.ema import follow
from animatic.nn.filled import adopt
from animatic.types import Batch, Weights

MAX_GRADIENT = 1.0
"""Length to which the gradient of all weights is cut."""


class VideoTransformerLearner:
    """Updates one network that holds encoder and decoder."""

    def __init__(self, config: VideoTransformerConfig, engine: Engine, tools: Tools) -> None:
        self.config, self.engine, self.encoder = config, engine, tools.text_encoder
        self.network = VideoTransformer(config, tools.text_encoder.dim).to(tools.device)
        self.fit_steps = config.fit_steps
        self.products: Float64[Tensor, "s f g"] | None = None
        """What the linear guess is to be fitted to, while clips are gathered for it."""
        self.average = deepcopy(self.network).requires_grad_(False).eval()
        self.trained, self.optimizer = engine.setup(
            self.network,
            torch.optim.AdamW(
                self.network.parameters(), config.rate, betas=(0.9, 0.98), weight_decay=0.01
            ),
        )

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up.

        `bits` is the estimate of bits per dimension of the frames that are not given.
        """
        if step < self.fit_steps:
            return self._fit(batches, last=step == self.fit_steps - 1)
        rate = self.config.rate * min(1.0, (step + 1 - self.fit_steps) / self.config.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for index, batch in enumerate(batches):
            last = index == len(batches) - 1
            with self.engine.no_backward_sync(self.trained, enabled=not last):
                loss = self._bits(batch.to(self.engine.device)).mean()
                self.engine.backward(loss / len(batches))
            total += loss.item() / len(batches)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT)
        self.optimizer.step()
        follow(self.average, self.network, self.config.ema_decay, step)
        return {"bits": total}

    @torch.no_grad()
    def _fit(self, batches: Sequence[Batch], *, last: bool) -> dict[str, float]:
        """Gather what the linear guess is fitted to, and fit it at last; nothing else is learnt."""
        guess, slices = self.network.guess, self.network.slices
        assert guess is not None, "the configuration has a mixture"
        total = 0.0
        for batch in batches:
            symbols = to_symbols(batch.clips.to(self.engine.device))
            for number in range(len(slices)):
                known = (
                    slices.known(number, _drawn(self.config.given_frames))
                    .to(symbols.device)
                    .expand(symbols.shape[:-1])
                )
                products = guess.products(symbols, known, number)
                if self.products is None:
                    self.products = products.new_zeros(len(slices), *products.shape)
                self.products[number] += products
            total += self._bits(batch.to(self.engine.device)).mean().item() / len(batches)
        if last:
            guess.fit(self.engine.all_reduce(self.products, reduce_op="sum"))
            self.average.load_state_dict(self.network.state_dict())
            self.products = None
        return {"bits": total}

    def _bits(self, batch: Batch) -> Float[Tensor, " b"]:
        """Return what one slice of each clip says about the bits per dimension of the whole clip.

        Right on average over slices: those that are given as a whole are never drawn, and the bits
        of a slice count as often as there are slices to draw from.
        """
        config, slices = self.config, self.network.slices
        symbols = to_symbols(batch.clips)
        given = [_drawn(config.given_frames) for _ in range(len(batch))]
        numbers = [_drawn(slices.open(count)) for count in given]
        text = None
        if config.worded:
            assert batch.texts is not None, "the data set has captions, checked before"
            text = read_texts(self.encoder, batch.texts).to(symbols.device)
        logits = self.trained(symbols, given, numbers, batch.labels, text)
        costs = symbol_bits(logits, self.network.own(symbols, numbers))
        scored = [slices.scored(*pair) for pair in zip(numbers, given, strict=True)]
        summed = (costs.sum(-1) * torch.stack(scored).to(costs.device)).sum(dim=(1, 2, 3))
        shares = [
            len(slices.open(count)) / (3 * config.size**2 * (config.num_frames - count))
            for count in given
        ]
        return summed * torch.tensor(shares, device=summed.device)

    def start_from(self, weights: Weights) -> list[str]:
        """Begin with the network of another model; a linear guess that fits is not fitted again."""
        fitting = adopt(self.network, "network", weights)
        self.average.load_state_dict(self.network.state_dict())
        guess = [f"network.{key}" for key in self.network.state_dict() if key.startswith("guess.")]
        if all(name in fitting for name in guess):
            self.fit_steps = 0
        return fitting

    def weights(self) -> Weights:
        """Return the averaged network."""
        return {
            f"network.{name}": tensor.detach().cpu().clone()
            for name, tensor in self.average.state_dict().items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Return network, average and optimiser, and what the guess is to be fitted to."""
        parts = {"network": self.network, "average": self.average, "optimizer": self.optimizer}
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        return {**state, "fit_steps": self.fit_steps, "products": self.products}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.fit_steps = state["fit_steps"]
        products = state["products"]
        self.products = None if products is None else products.to(self.engine.device)


def _drawn(items: Sequence[int]) -> int:
    """Return one of the items, each equally likely."""
    return items[int(torch.randint(len(items), ()))]
