"""Training: both stages learn in every step, each from real clips and their sketches.

One step, after the bases are fitted:
1. the sketcher learns the flow from noise to the tokens of real sketches;
2. the detailer learns the flow from noise to the tokens of what real clips have and their sketches
   lack, given those sketches, slightly noised;
3. the critics learn to score a real clip above one with guessed details, and above itself with
   wrong text; the detailer learns to please them with its guesses.
Source of 3: relativistic pairing with gradient penalties on both sides, Huang et al. 2024,
arXiv:2501.05441; wrong text as a negative, Reed et al. 2016, arXiv:1605.05396.
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
from animatic.families.t2v.sketch.basis import Moments, cut, enlarge, shrink
from animatic.families.t2v.sketch.config import SketchConfig
from animatic.families.t2v.sketch.flow import Guess, guess_tokens
from animatic.families.t2v.sketch.lesson import Lesson, Window, repeated, rolled
from animatic.families.t2v.sketch.networks import Networks
from animatic.families.t2v.sketch.style import trimmed
from animatic.nn.ema import follow
from animatic.types import Batch, Clips, Weights

PENALTY_NOISE = 0.02
"""Deviation of the pixel noise by which the slope of a critic is measured."""


class SketchLearner:
    """Updates the bases, the sketcher, the detailer and the critics."""

    def __init__(self, config: SketchConfig, engine: Engine, tools: Tools) -> None:
        self.config, self.engine, self.tools = config, engine, tools
        networks = Networks(config, tools.text_encoder.dim).to(engine.device)
        self.average = copy.deepcopy(networks).requires_grad_(False).eval()
        self.sketch_basis, self.detail_basis = networks.sketch_basis, networks.detail_basis
        self.critics = networks.critics
        self.moments: Moments | None = Moments(len(self.sketch_basis.mean)).to(engine.device)
        self.trained: dict[str, Any] = {}
        self.optimizers: dict[str, Any] = {}
        for name, rate, betas in (
            ("sketcher", config.flow_rate, (0.9, 0.99)),
            ("detailer", config.flow_rate, (0.9, 0.99)),
            ("critics", config.critic_rate, (0.0, 0.99)),
        ):
            network = getattr(networks, name)
            optimizer = torch.optim.Adam(network.parameters(), lr=rate, betas=betas)
            self.trained[name], self.optimizers[name] = engine.setup(network, optimizer)
        self.rates = {name: o.param_groups[0]["lr"] for name, o in self.optimizers.items()}

    def step(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Update once from micro-batches whose gradients add up."""
        batches = [batch.to(self.engine.device) for batch in batches]
        measuring = 2 * self.config.basis_steps
        if step < measuring:
            return self._measure(batches, step)
        step -= measuring
        self._warm_up(step)
        lessons = [self._lesson(batch) for batch in batches]
        adversarial = step >= self.config.adversarial_start
        losses = self._learn_to_sketch(lessons)
        if adversarial:
            losses |= self._teach_critics(lessons, step)
        losses |= self._learn_details(lessons, adversarial)
        for name, network in self.trained.items():
            follow(getattr(self.average, name), network, self.config.ema_decay, step)
        return losses

    def weights(self) -> Weights:
        """Return the averaged networks."""
        return {name: value.detach().cpu() for name, value in self.average.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Return networks, averages, optimisers and, while a basis is measured, its sums."""
        return {
            "average": self.average.state_dict(),
            "moments": None if self.moments is None else self.moments.state_dict(),
            "trained": {name: network.state_dict() for name, network in self.trained.items()},
            "optimizers": {name: o.state_dict() for name, o in self.optimizers.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.average.load_state_dict(state["average"])
        self.sketch_basis.load_state_dict(self.average.sketch_basis.state_dict())
        self.detail_basis.load_state_dict(self.average.detail_basis.state_dict())
        self.moments = None
        if state["moments"] is not None:
            self.moments = Moments(len(state["moments"]["total"])).to(self.engine.device)
            self.moments.load_state_dict(state["moments"])
        for name, network in self.trained.items():
            network.load_state_dict(state["trained"][name])
            self.optimizers[name].load_state_dict(state["optimizers"][name])

    def _measure(self, batches: Sequence[Batch], step: int) -> dict[str, float]:
        """Add to the sums of a basis, and fit it after its last step: the sketch's, then details'.

        Details are what a sketch lacks within its basis, so that basis comes first.
        """
        config = self.config
        of_sketch = step < config.basis_steps
        basis = self.sketch_basis if of_sketch else self.detail_basis
        kept = self.average.sketch_basis if of_sketch else self.average.detail_basis
        moments = self.moments
        if moments is None:
            moments = self.moments = Moments(len(basis.mean)).to(self.engine.device)
        for batch in batches:
            sketches = shrink(batch.clips, config.sketch_size)
            if of_sketch:
                moments.add(basis.patches(sketches))
            else:
                patches = basis.patches(batch.clips - self._enlarged(sketches))
                chosen = torch.randperm(patches.shape[1])[: config.measured_patches]
                moments.add(patches[:, chosen.to(patches.device)])
        if (step + 1) % config.basis_steps == 0:
            for total in moments.buffers():
                total.copy_(self.engine.all_reduce(total, reduce_op="sum"))
            basis.fit(moments)
            kept.load_state_dict(basis.state_dict())
            self.moments = None
        return {"measured": float(moments.count)}

    def _enlarged(self, sketches: Clips) -> Float[Tensor, "b c t _ _"]:
        """Return what a sketch shows within its basis, at full size."""
        config = self.config
        tokens = self.sketch_basis.encode(sketches)
        return enlarge(self.sketch_basis.decode(tokens, config.sketch_size), config.size)

    def _warm_up(self, step: int) -> None:
        share = min(1.0, (step + 1) / self.config.warmup_steps)
        for name, optimizer in self.optimizers.items():
            optimizer.param_groups[0]["lr"] = self.rates[name] * share

    @torch.no_grad()
    def _lesson(self, batch: Batch) -> Lesson:
        """Write clips in both bases, and give a noised sketch to each patch of details."""
        config = self.config
        assert batch.texts is not None, "a family that reads text is trained on captions"
        text = trimmed(self.tools.text_encoder.encode(batch.texts))
        with self.engine.autocast():
            sketch_tokens = self.sketch_basis.encode(shrink(batch.clips, config.sketch_size))
            sketches = self.sketch_basis.decode(sketch_tokens, config.sketch_size)
            enlarged = enlarge(sketches.float(), config.size)
            detail_tokens = self.detail_basis.encode(batch.clips - enlarged)
            level = config.sketch_noise * torch.rand(len(sketches), 1, 1, device=sketches.device)
            noised = sketch_tokens + level * torch.randn_like(sketch_tokens)
            shown = self.sketch_basis.decode(noised, config.sketch_size)
        given = cut(shown.float(), config.patch_frames, config.given_size)
        return Lesson(batch.clips, text, sketch_tokens, enlarged, detail_tokens, given)

    def _learn_to_sketch(self, lessons: Sequence[Lesson]) -> dict[str, float]:
        config, sums = self.config, Sums(len(lessons))
        with self._update("sketcher"):
            for index, lesson in enumerate(lessons):
                tokens = lesson.sketch_tokens.repeat_interleave(config.num_draws, dim=0)
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

    def _guess_details(self, lesson: Lesson) -> Guess:
        return guess_tokens(
            self.trained["detailer"],
            self.detail_basis.spread,
            lesson.detail_tokens,
            lesson.text,
            self.config.drop_text,
            lesson.given,
        )

    def _window(self, lesson: Lesson, guessed: Float[Tensor, "b n d"]) -> Window:
        """Cut a random window from the first clips, with real and with guessed details.

        Both are written in the bases, lest the critics look for what no guess can have.
        """
        config = self.config
        few = lesson.first(config.critic_clips)
        both = torch.cat([few.detail_tokens, guessed[: config.critic_clips]])
        real, made = self.detail_basis.decode(both, config.size).chunk(2)
        start = int(torch.randint(config.num_frames - config.window_frames + 1, ()))
        window = slice(start, start + config.window_frames)
        frames = torch.randperm(config.window_frames)[: config.critic_frames]
        return Window(
            real=(few.enlarged + real)[:, :, window],
            made=(few.enlarged + made)[:, :, window],
            text=few.text,
            frames=frames.to(both.device),
        )

    def _teach_critics(self, lessons: Sequence[Lesson], step: int) -> dict[str, float]:
        config, critics, sums = self.config, self.trained["critics"], Sums(len(lessons))
        penalised = step % config.penalty_every == 0
        with self._update("critics"):
            for index, lesson in enumerate(lessons):
                with torch.no_grad():
                    few = lesson.first(config.critic_clips)
                    window = self._window(few, self._guess_details(few).tokens)
                both, texts = torch.cat([window.real, window.made]), repeated(window.text, 2)
                views = [both]
                if penalised:
                    views.append(both + PENALTY_NOISE * torch.randn_like(both))
                with self._gathering("critics", index, len(lessons)):
                    fitting, wrong = critics(
                        torch.cat(views),
                        window.frames,
                        repeated(texts, len(views)),
                        repeated(rolled(texts), len(views)),
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
                    self.engine.backward(loss / len(lessons))
                sums.add(critic=judging, misfit=misfit)
        return sums.means

    def _learn_details(self, lessons: Sequence[Lesson], adversarial: bool) -> dict[str, float]:
        config, sums = self.config, Sums(len(lessons))
        with self._update("detailer"):
            for index, lesson in enumerate(lessons):
                with self._gathering("detailer", index, len(lessons)):
                    guess = self._guess_details(lesson)
                    loss = guess.loss
                    if adversarial:
                        pleasing = self._displeasure(self._window(lesson, guess.tokens))
                        loss = loss + config.adversarial_weight * pleasing
                        sums.add(displeasure=pleasing)
                    self.engine.backward(loss / len(lessons))
                sums.add(details=guess.loss)
        return sums.means

    def _displeasure(self, window: Window) -> Float[Tensor, ""]:
        """Return by how much the critics prefer the real clips.

        The bare critics are called: their gradients are not wanted, and an engine of several
        processes would wait for them.
        """
        self.critics.requires_grad_(False)
        with torch.no_grad():
            (real,) = self.critics(window.real, window.frames, window.text)
        (made,) = self.critics(window.made, window.frames, window.text)
        self.critics.requires_grad_(True)
        return F.softplus(real - made).mean()

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
