"""Training: both stages learn in every step, each from real clips and their sketches.

One step, after the bases are fitted:
1. the sketcher learns the flow from noise to the tokens of real sketches;
2. the critic learns to find the text of a real clip among those of its batch, and the clip of a
   text, and, every few steps, to find real clips more real than some that are drawn as in sampling;
3. the detailer learns the flow from noise to the tokens of what real clips have and their sketches
   lack, given those sketches, slightly noised; and its last step on the drawn clips, if there are
   any, learns to please the critic.
At last the generator stays as it is, and the critic learns alone.
Source of 2 and 3: relativistic pairing with gradient penalties on both sides, Huang et al. 2024,
arXiv:2501.05441; wrong text as a negative, Reed et al. 2016, arXiv:1605.05396, all texts and all
clips of a batch at once, Radford et al. 2021, arXiv:2103.00020.
"""

import copy
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from animatic.contracts import Engine, Tools
from animatic.families.t2v.sketch.basis import cut
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.drawing import Draft, Noise, draft, shown
from animatic.families.t2v.sketch.fitting import Fitting
from animatic.families.t2v.sketch.flow import expect, guess_tokens
from animatic.families.t2v.sketch.lesson import Lesson, first, write
from animatic.families.t2v.sketch.networks import Networks
from animatic.families.t2v.sketch.style import prepared
from animatic.nn.ema import follow
from animatic.nn.filled import adopt
from animatic.types import Batch, Clips, EncodedText, Weights

PENALTY_NOISE = 0.02
"""Deviation of the noise on pixels by which the slope of the critic is measured."""


class SketchLearner:
    """Updates the bases, the sketcher, the detailer and the critic."""

    def __init__(self, config: SketchConfig, engine: Engine, tools: Tools) -> None:
        self.config, self.engine, self.tools = config, engine, tools
        self.networks = networks = Networks(config, tools.text_encoder.dim).to(engine.device)
        self.average = copy.deepcopy(networks).requires_grad_(False).eval()
        self.sketch_basis, self.detail_basis = networks.sketch_basis, networks.detail_basis
        self.critic = networks.critic
        self.fitting = Fitting(config, engine, networks, self.average)
        self.fit_steps = 2 * config.basis_steps
        self.trained: dict[str, Any] = {}
        self.optimizers: dict[str, Any] = {}
        for name, rate in (
            ("sketcher", config.flow_rate),
            ("detailer", config.flow_rate),
            ("critic", config.critic_rate),
        ):
            network = getattr(networks, name)
            optimizer = torch.optim.Adam(network.parameters(), lr=rate, betas=(0.9, 0.99))
            self.trained[name], self.optimizers[name] = engine.setup(network, optimizer)
        self.rates = {name: o.param_groups[0]["lr"] for name, o in self.optimizers.items()}

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up."""
        batches = [batch.to(self.engine.device) for batch in batches]
        if step < self.fit_steps:
            return self.fitting.measure(batches, step)
        step -= self.fit_steps
        self._warm_up(step)
        lessons = [self._lesson(batch) for batch in batches]
        generating = step < self.config.generator_steps
        after = step - self.config.adversarial_start
        draws = after >= 0 and after % self.config.adversarial_every == 0
        losses = self._learn_to_sketch(lessons) if generating else {}
        drafts = [self._draft(lesson.text) if draws else None for lesson in lessons]
        losses |= self._teach_critic(lessons, drafts, after)
        if generating:
            losses |= self._learn_details(lessons, drafts)
        for name, network in self.trained.items():
            if generating or name == "critic":
                follow(getattr(self.average, name), network, self.config.ema_decay, step)
        return losses

    def start_from(self, weights: Weights) -> list[str]:
        """Begin with the networks of another model; bases that fit are not fitted again."""
        fitting = []
        for name, network in self.networks.named_children():
            fitting += adopt(network, name, weights)
        self.average.load_state_dict(self.networks.state_dict())
        if all(name in fitting for name in self.networks.state_dict() if "_basis." in name):
            self.fit_steps = 0
        return fitting

    def weights(self) -> Weights:
        """Return the averaged networks."""
        return {name: value.detach().cpu() for name, value in self.average.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return networks, averages, optimisers and, while a basis is measured, its sums."""
        return {
            "average": self.average.state_dict(),
            "fit_steps": self.fit_steps,
            "moments": self.fitting.state_dict(),
            "trained": {name: network.state_dict() for name, network in self.trained.items()},
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.average.load_state_dict(state["average"])
        self.sketch_basis.load_state_dict(self.average.sketch_basis.state_dict())
        self.detail_basis.load_state_dict(self.average.detail_basis.state_dict())
        self.fit_steps = state["fit_steps"]
        self.fitting.load_state_dict(state["moments"])
        for name, network in self.trained.items():
            network.load_state_dict(state["trained"][name])
            self.optimizers[name].load_state_dict(state["optimizers"][name])

    def _warm_up(self, step: int) -> None:
        share = min(1.0, (step + 1) / self.config.warmup_steps)
        for name, optimizer in self.optimizers.items():
            optimizer.param_groups[0]["lr"] = self.rates[name] * share

    @torch.no_grad()
    def _lesson(self, batch: Batch) -> Lesson:
        """Write clips in both bases, and noise what is given beside each patch of details."""
        config = self.config
        assert batch.texts is not None, "a family that reads text is trained on captions"
        text = self.tools.text_encoder.encode(batch.texts)
        text = prepared(text, every_word=config.every_word)
        with self.engine.autocast():
            real = write(batch.clips, config, self.sketch_basis, self.detail_basis)
            tokens = real.sketch_tokens
            level = config.sketch_noise * torch.rand(len(tokens), 1, 1, device=tokens.device)
            noised = tokens + level * torch.randn_like(tokens)
            sketches = self.sketch_basis.decode(noised, config.sketch_size).float()
        return Lesson(text, real, cut(sketches, config.patch_frames, config.given_size))

    def _draft(self, text: EncodedText) -> Draft:
        """Draw clips for the first texts with the averaged networks, but for the last step."""
        config, few = self.config, first(text, self.config.drawn_clips)
        shapes = (config.sketch_tokens, config.detail_tokens)
        device = self.engine.device
        noise = Noise(*(torch.randn(len(few.mask), *shape, device=device) for shape in shapes))
        with self.engine.autocast():
            return draft(self.average, config, few, noise, leave=1)

    def _finished(self, drawn: Draft) -> Clips:
        """Take the last step of drawn details."""
        config = self.config
        details = expect(
            self.trained["detailer"],
            self.detail_basis.spread,
            drawn.details,
            1 - 1 / config.detail_steps,
            drawn.text,
            config.detail_guidance,
            drawn.given,
        )
        with self.engine.autocast():
            return shown(drawn.sketches, details, config, self.detail_basis)

    def _learn_to_sketch(self, lessons: Sequence[Lesson]) -> dict[str, float]:
        config, sums = self.config, Sums(len(lessons))
        with self._update("sketcher"):
            for index, lesson in enumerate(lessons):
                tokens = lesson.real.sketch_tokens.repeat_interleave(config.num_draws, dim=0)
                with self._gathering("sketcher", index, len(lessons)):
                    loss = guess_tokens(
                        self.trained["sketcher"],
                        self.sketch_basis.spread,
                        tokens,
                        lesson.text,
                        config.drop_text,
                    ).loss
                    self.engine.backward(loss / len(lessons))
                sums.add(sketch=loss)
        return sums.means

    def _teach_critic(
        self, lessons: Sequence[Lesson], drafts: Sequence[Draft | None], after: int
    ) -> dict[str, float]:
        config, critic, sums = self.config, self.trained["critic"], Sums(len(lessons))
        penalised = after % (config.adversarial_every * config.penalty_every) == 0
        with self._update("critic"):
            for index, (lesson, drawn) in enumerate(zip(lessons, drafts, strict=True)):
                real = lesson.real.clips
                clips = real + config.critic_noise * torch.randn_like(real)
                num_made = 0 if drawn is None else len(drawn.given)
                if drawn is not None:
                    with torch.no_grad():
                        made = self._finished(drawn)
                    clips = torch.cat([clips, real[:num_made], made])
                with self._gathering("critic", index, len(lessons)):
                    verdict = critic(clips, lesson.text)
                    misfit = _misfit(verdict.fit[: len(real)])
                    # Several processes wait for the gradients of all that was asked for.
                    loss = config.wrong_text_weight * misfit + 0 * verdict.real.sum()
                    sums.add(misfit=misfit)
                    if drawn is not None:
                        # The fit has no part in this: drawn clips would be taught to fit no text.
                        real_logits, made_logits = verdict.real[len(real) :].chunk(2)
                        judging = F.softplus(made_logits - real_logits).mean()
                        loss = loss + judging
                        sums.add(critic=judging)
                        if penalised:
                            penalty = self._slope(clips[len(real) :], lesson.text)
                            loss = loss + config.penalty * config.penalty_every * penalty
                            sums.add(penalty=penalty)
                    self.engine.backward(loss / len(lessons))
        return sums.means

    def _slope(self, clips: Clips, text: EncodedText) -> Float[Tensor, ""]:
        """Return the squared slope of how real the critic finds real and then drawn clips.

        The bare critic is called: an engine of several processes expects one call a backward pass.
        """
        noised = clips + PENALTY_NOISE * torch.randn_like(clips)
        rise = self.critic(noised, text).real - self.critic(clips, text).real
        return (rise / PENALTY_NOISE).square().mean()

    def _learn_details(
        self, lessons: Sequence[Lesson], drafts: Sequence[Draft | None]
    ) -> dict[str, float]:
        config, sums = self.config, Sums(len(lessons))
        with self._update("detailer"):
            for index, (lesson, drawn) in enumerate(zip(lessons, drafts, strict=True)):
                with self._gathering("detailer", index, len(lessons)):
                    details = guess_tokens(
                        self.trained["detailer"],
                        self.detail_basis.spread,
                        lesson.real.detail_tokens,
                        lesson.text,
                        config.drop_text,
                        lesson.noised,
                    ).loss
                    loss = details
                    if drawn is not None:
                        pleasing = self._displeasure(lesson, drawn)
                        loss = loss + config.adversarial_weight * pleasing
                        sums.add(displeasure=pleasing)
                    self.engine.backward(loss / len(lessons))
                sums.add(details=details)
        return sums.means

    def _displeasure(self, lesson: Lesson, drawn: Draft) -> Float[Tensor, ""]:
        """Return by how much the critic prefers the real clips to the drawn ones.

        The bare critic is called: its gradients are not wanted, and an engine of several
        processes would wait for them.
        """
        made = self._finished(drawn)
        self.critic.requires_grad_(False)
        with self.engine.autocast():
            score = self.critic(made, drawn.text).scores()
            with torch.no_grad():
                real = self.critic(lesson.real.clips[: len(made)], drawn.text).scores()
        self.critic.requires_grad_(True)
        return F.softplus(real - score).mean()

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


def _misfit(fit: Float[Tensor, "b b"]) -> Float[Tensor, ""]:
    """Return how badly each clip finds its text, and each text its clip, among those of a batch.

    Without the second, what fits a text could not be compared between clips.
    """
    own = torch.arange(len(fit), device=fit.device)
    return (F.cross_entropy(fit, own) + F.cross_entropy(fit.T, own)) / 2


class Sums:
    """Losses by name, averaged over the micro-batches of a step."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.means: dict[str, float] = {}

    def add(self, **losses: Tensor) -> None:
        """Count the losses of one micro-batch."""
        for name, loss in losses.items():
            self.means[name] = self.means.get(name, 0.0) + loss.item() / self.count
