"""Training: both stages learn in every step, each from real clips and their sketches.

One step, after the basis is fitted:
1. the sketcher learns the flow from noise to the tokens of real sketches;
2. the detailer restores windows of real clips from their slightly noised sketches;
3. the critics learn to score a real clip above a restored one, and above itself with wrong text;
4. the detailer learns to please them.
Source of 3 and 4: relativistic pairing with gradient penalties on both sides, Huang et al. 2024,
arXiv:2501.05441; wrong text as a negative, Reed et al. 2016, arXiv:1605.05396.
"""

import copy
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from animatic.contracts import Engine, Tools
from animatic.families.t2v.sketch.basis import Moments, shrink
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.networks import Networks
from animatic.families.t2v.sketch.sketcher import flow_loss
from animatic.families.t2v.sketch.style import trimmed
from animatic.nn.ema import follow
from animatic.types import Batch, Clips, EncodedText, Weights

PENALTY_NOISE = 0.02
"""Deviation of the pixel noise by which the slope of a critic is measured."""

WINDOW_STEP = 4
"""Windows begin at multiples of this many frames, which the detailer's coarse level folds."""


Read = tuple[Batch, EncodedText]
"""A micro-batch and its texts as the text encoder reads them."""


class Window(NamedTuple):
    """Part of real clips, with what the detailer makes of its sketch."""

    real: Clips
    made: Clips
    text: EncodedText
    frames: Int[Tensor, " k"]


class SketchLearner:
    """Updates the basis, the sketcher, the detailer and the critics."""

    def __init__(self, config: SketchConfig, engine: Engine, tools: Tools) -> None:
        self.config, self.engine, self.tools = config, engine, tools
        networks = Networks(config, tools.text_encoder.dim).to(engine.device)
        self.average = copy.deepcopy(networks).requires_grad_(False).eval()
        self.basis, self.critics = networks.basis, networks.critics
        self.moments: Moments | None = Moments(config.group_values).to(engine.device)
        self.trained: dict[str, Any] = {}
        self.optimizers: dict[str, Any] = {}
        for name, rate, betas in (
            ("sketcher", config.sketcher_rate, (0.9, 0.99)),
            ("detailer", config.detail_rate, (0.0, 0.99)),
            ("critics", config.critic_rate, (0.0, 0.99)),
        ):
            network = getattr(networks, name)
            optimizer = torch.optim.Adam(network.parameters(), lr=rate, betas=betas)
            self.trained[name], self.optimizers[name] = engine.setup(network, optimizer)
        self.rates = {name: o.param_groups[0]["lr"] for name, o in self.optimizers.items()}

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up."""
        batches = [batch.to(self.engine.device) for batch in batches]
        if step < self.config.basis_steps:
            return self._measure(batches, last=step == self.config.basis_steps - 1)
        step -= self.config.basis_steps
        self._warm_up(step)
        texts = [self._read(batch) for batch in batches]
        read = list(zip(batches, texts, strict=True))
        losses = self._learn_to_sketch(read)
        adversarial = step >= self.config.adversarial_start
        if adversarial:
            losses |= self._teach_critics(read, step)
        losses |= self._restore(read, adversarial)
        for name, network in self.trained.items():
            follow(getattr(self.average, name), network, self.config.ema_decay, step)
        return losses

    def _read(self, batch: Batch) -> EncodedText:
        assert batch.texts is not None, "a family that reads text is trained on captions"
        return trimmed(self.tools.text_encoder.encode(batch.texts))

    def weights(self) -> Weights:
        """Return the averaged networks."""
        return {name: value.detach().cpu() for name, value in self.average.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return networks, averages, optimisers and, while the basis is measured, its sums."""
        return {
            "average": self.average.state_dict(),
            "moments": None if self.moments is None else self.moments.state_dict(),
            "trained": {name: network.state_dict() for name, network in self.trained.items()},
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.average.load_state_dict(state["average"])
        self.basis.load_state_dict(self.average.basis.state_dict())
        if state["moments"] is None or self.moments is None:
            self.moments = None
        else:
            self.moments.load_state_dict(state["moments"])
        for name, network in self.trained.items():
            network.load_state_dict(state["trained"][name])
            self.optimizers[name].load_state_dict(state["optimizers"][name])

    def _measure(self, batches: Sequence[Batch], last: bool) -> dict[str, float]:
        """Add the sketches to the sums from which, after the last step, the basis is fitted."""
        moments = self.moments
        assert moments is not None, "the basis is fitted only once"
        for batch in batches:
            moments.add(self.basis.groups(shrink(batch.clips, self.config.sketch_size)))
        if last:
            for total in moments.buffers():
                total.copy_(self.engine.all_reduce(total, reduce_op="sum"))
            self.basis.fit(moments)
            self.average.basis.load_state_dict(self.basis.state_dict())
            self.moments = None
        return {"measured": float(moments.count)}

    def _warm_up(self, step: int) -> None:
        share = min(1.0, (step + 1) / self.config.warmup_steps)
        for name, optimizer in self.optimizers.items():
            optimizer.param_groups[0]["lr"] = self.rates[name] * share

    def _learn_to_sketch(self, read: Sequence[Read]) -> dict[str, float]:
        config, sums = self.config, Sums(len(read))
        with self._update("sketcher"):
            for index, (batch, text) in enumerate(read):
                tokens = self.basis.encode(shrink(batch.clips, config.sketch_size))
                tokens = tokens.repeat(config.num_draws, 1, 1)
                words = _repeated(text, config.num_draws)
                with self._gathering("sketcher", index, len(read)):
                    loss = flow_loss(
                        self.trained["sketcher"], self.basis.spread, tokens, words, config.drop_text
                    )
                    self.engine.backward(loss / len(read))
                sums.add(sketch=loss)
        return sums.means

    def _window(self, batch: Batch, text: EncodedText) -> Window:
        """Cut a random window from some clips, and restore it from its noised sketch."""
        config, device = self.config, batch.clips.device
        clips, text = batch.clips[: config.detail_clips], _first(text, config.detail_clips)
        noise_level = config.sketch_noise * torch.rand(len(clips), 1, 1, device=device)
        tokens = self.basis.encode(shrink(clips, config.sketch_size))
        sketches = self.basis.decode(tokens + noise_level * torch.randn_like(tokens))
        places = (config.num_frames - config.window_frames) // WINDOW_STEP + 1
        start = WINDOW_STEP * int(torch.randint(places, ()))
        window = slice(start, start + config.window_frames)
        noise = torch.randn(len(clips), config.noise_dim, device=device)
        made = self.trained["detailer"](sketches[:, :, window], text, noise)
        frames = torch.randperm(config.window_frames)[: config.critic_frames].to(device)
        return Window(clips[:, :, window], made, text, frames)

    def _teach_critics(self, read: Sequence[Read], step: int) -> dict[str, float]:
        config, critics, sums = self.config, self.trained["critics"], Sums(len(read))
        penalised = step % config.penalty_every == 0
        with self._update("critics"):
            for index, (batch, text) in enumerate(read):
                with torch.no_grad():
                    window = self._window(batch, text)
                both, texts = torch.cat([window.real, window.made]), _repeated(window.text, 2)
                views = [both]
                if penalised:
                    views.append(both + PENALTY_NOISE * torch.randn_like(both))
                with self._gathering("critics", index, len(read)):
                    fitting, wrong = critics(
                        torch.cat(views),
                        window.frames,
                        _repeated(texts, len(views)),
                        _repeated(_rolled(texts), len(views)),
                    )
                    real, made = fitting[: len(both)].chunk(2)
                    judging = F.softplus(made - real).mean()
                    misfit = F.softplus(wrong[: len(real)] - real).mean()
                    loss = judging + config.wrong_text_weight * misfit
                    if penalised:
                        clean, noised = fitting.chunk(2)
                        penalty = ((noised - clean) / PENALTY_NOISE).square().mean()
                        loss = loss + config.penalty * config.penalty_every * penalty
                        sums.add(penalty=penalty)
                    self.engine.backward(loss / len(read))
                sums.add(critic=judging, misfit=misfit)
        return sums.means

    def _restore(self, read: Sequence[Read], adversarial: bool) -> dict[str, float]:
        config, sums = self.config, Sums(len(read))
        with self._update("detailer"):
            for index, (batch, text) in enumerate(read):
                with self._gathering("detailer", index, len(read)):
                    window = self._window(batch, text)
                    error = F.l1_loss(window.made, window.real)
                    loss = config.reconstruction_weight * error
                    if adversarial:
                        pleasing = self._displeasure(window)
                        loss = loss + config.adversarial_weight * pleasing
                        sums.add(displeasure=pleasing)
                    self.engine.backward(loss / len(read))
                sums.add(details=error)
        return sums.means

    def _displeasure(self, window: Window) -> Float[Tensor, ""]:
        """Return by how much the critics prefer the real clips.

        The bare critics are called: their gradients are not wanted, and an engine of several
        processes would wait for them.
        """
        self.critics.requires_grad_(False)
        with self.engine.autocast():
            with torch.no_grad():
                (real,) = self.critics(window.real, window.frames, window.text)
            (made,) = self.critics(window.made, window.frames, window.text)
        self.critics.requires_grad_(True)
        return F.softplus(real.float() - made.float()).mean()

    @contextmanager
    def _update(self, name: str):
        """Collect gradients in the block, then take one step of a network's optimiser."""
        optimizer, network = self.optimizers[name], self.trained[name]
        optimizer.zero_grad(set_to_none=True)
        yield
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()

    def _gathering(self, name: str, index: int, count: int):
        """Exchange gradients between processes only after the last micro-batch."""
        return self.engine.no_backward_sync(self.trained[name], enabled=index < count - 1)


class Sums:
    """Losses by name, averaged over the micro-batches of a step."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.means: dict[str, float] = {}

    def add(self, **losses: Tensor) -> None:
        """Count the losses of one micro-batch."""
        for name, loss in losses.items():
            self.means[name] = self.means.get(name, 0.0) + loss.item() / self.count


def _repeated(text: EncodedText, times: int) -> EncodedText:
    return EncodedText(text.tokens.repeat(times, 1, 1), text.mask.repeat(times, 1))


def _rolled(text: EncodedText) -> EncodedText:
    """Give every clip the text of another."""
    return EncodedText(text.tokens.roll(1, 0), text.mask.roll(1, 0))


def _first(text: EncodedText, count: int) -> EncodedText:
    return EncodedText(text.tokens[:count], text.mask[:count])
