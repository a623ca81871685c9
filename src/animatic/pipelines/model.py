"""A trained model in use: from a prompt and a seed to a clip."""

import base64
import html
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from animatic.contracts import Coder, Critic, Family, GrowingSampler, Likelihood, Sampler
from animatic.errors import UserError
from animatic.pipelines import catalog
from animatic.pipelines.device import choose_device
from animatic.pipelines.progress import track
from animatic.pipelines.tools import load_tools
from animatic.storage.checkpoint import Checkpoint
from animatic.storage.video_file import write_video
from animatic.types import ClipShape, Prompt, Samples, Video, to_frames

DEFAULT_SCALE = 4
"""How much larger than the model's pixels files are: 64 pixels alone are hard to see."""

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Creation(Video):
    """A clip that a model made: what for, how real the critic finds it, and its sketch."""

    prompt: str
    seed: int
    score: float | None = None
    sketch: Video | None = field(default=None, repr=False)

    def save(self, path: str | Path, scale: int = DEFAULT_SCALE) -> Path:
        """Write the clip as .mp4, .gif, .webp or a .png contact sheet; return the path.

        Raises:
            UserError: if the path cannot be written or the scale is less than 1.
        """
        path = Path(path)
        write_video(path, self, scale)
        return path

    def save_sketch(self, path: str | Path, scale: int = DEFAULT_SCALE) -> Path:
        """Write the sketch at the size of the clip.

        Raises:
            UserError: if there is no sketch, or the path cannot be written.
        """
        if self.sketch is None:
            raise UserError("this model draws no sketch")
        path, ratio = Path(path), self.frames.shape[1] // self.sketch.frames.shape[1]
        write_video(path, self.sketch, scale * ratio)
        return path

    def _repr_html_(self) -> str:
        """Show the clip in a notebook."""
        with tempfile.TemporaryDirectory() as folder:
            content = self.save(Path(folder) / "clip.mp4").read_bytes()
        source = f"data:video/mp4;base64,{base64.b64encode(content).decode()}"
        title = html.escape(f"{self.prompt} (seed {self.seed})")
        return f'<video src="{source}" title="{title}" autoplay loop muted controls></video>'


@dataclass(frozen=True)
class Model:
    """A trained model, ready to make clips; `digest` is the SHA-256 of the file it came from."""

    family: Family
    config: Any
    sampler: Sampler
    critic: Critic | None
    likelihood: Likelihood | None
    coder: Coder | None
    digest: str | None

    @property
    def shape(self) -> ClipShape:
        """The size of its clips."""
        return self.sampler.shape

    def generate(self, prompt: str, seed: int = 0, best_of: int = 1) -> Creation:
        """Return the clip of a prompt and seed; the same two always give the same clip.

        With `best_of`, clips of `best_of` consecutive seeds are made, and the one that the critic
        likes best is returned.

        Raises:
            UserError: if the model cannot read the prompt, or a number is out of range.
        """
        return next(self.generate_all([prompt], seed=seed, best_of=best_of))

    def generate_all(
        self, prompts: Sequence[str], seed: int = 0, num: int = 1, best_of: int = 1
    ) -> Iterator[Creation]:
        """Yield `num` clips of each prompt, of consecutive seeds (each of `best_of` of its own).

        Everything is checked before the first clip is made.

        Raises:
            UserError: if the model cannot read a prompt, or a number is out of range.
        """
        if min(num, best_of) < 1:
            raise UserError(f"num {num} and best_of {best_of} must be at least 1")
        check_seeds(seed, num * best_of)
        if best_of > 1 and self.critic is None:
            raise UserError(f"{self.family.name} has no critic to choose the best of {best_of}")
        asked = [(words, self.asked(words)) for words in prompts]
        return self._generate_all(asked, seed, num, best_of)

    def asked(self, words: str) -> Prompt:
        """Return what a person asks for in words: a sentence, or a class by its name.

        Raises:
            UserError: if the words are empty or too long, there is no such class, or the model
                reads something else.
        """
        prompt = Prompt(words)
        if "frames" in self.config.reads:
            raise UserError("this model continues frames: animatic predict PHOTO --model ...")
        if "label" in self.config.reads:
            prompt = Prompt(label=self.label(words))
        self.family.check(self.config, prompt)
        return prompt

    def label(self, name: str) -> int:
        """Return the number of a class.

        Raises:
            UserError: if there is no such class.
        """
        names = self.config.class_names
        if name not in names:
            raise UserError(f"this model knows no {name!r}; it knows {', '.join(names)}")
        return names.index(name)

    def _generate_all(
        self, asked: Sequence[tuple[str, Prompt]], seed: int, num: int, best_of: int
    ) -> Iterator[Creation]:
        for words, prompt in asked:
            for first in range(seed, seed + num * best_of, best_of):
                made = [self._make(words, prompt, first + offset) for offset in range(best_of)]
                yield max(made, key=lambda creation: creation.score or 0.0)

    def draw(self, prompt: Prompt, seed: int) -> tuple[Samples, float | None]:
        """Return what the sampler makes of a prompt and seed, and the critic's score.

        Raises:
            UserError: if it makes something else than numbers.
        """
        if isinstance(self.sampler, GrowingSampler):
            parts = self.sampler.grow(prompt, seed)
            *_, clips = track(parts, self.sampler.num_parts(prompt), "slices")
            samples = Samples(clips)
        else:
            samples = self.sampler.sample([prompt], [seed])
        if not samples.clips.isfinite().all():
            raise UserError(f"this {self.family.name} makes frames of NaN: train it again")
        if self.critic is None:
            return samples, None
        return samples, self.critic.score(samples.clips, [prompt]).item()

    def _make(self, words: str, prompt: Prompt, seed: int) -> Creation:
        samples, score = self.draw(prompt, seed)
        sketch = None
        if samples.sketches is not None:
            sketch = Video(to_frames(samples.sketches[0]), self.shape.fps)
        frames = to_frames(samples.clips[0])
        return Creation(frames, self.shape.fps, words, seed, score, sketch)


def load(name_or_path: str | Path = "t2v", device: str = "auto", **settings: float) -> Model:
    """Load a shipped checkpoint by its name, or one from a file or run folder.

    `settings` replace those of its configuration that only sampling reads, such as `temperature`.

    Raises:
        UserError: if there is none, it is damaged or has no such setting, or the device is not
            here.
    """
    return build(catalog.checkpoint(name_or_path), choose_device(device), **settings)


def build(checkpoint: Checkpoint, device: torch.device, **settings: float) -> Model:
    """Make a model of a checkpoint in memory; `settings` as for `load`.

    Raises:
        UserError: if its family or configuration is not known, it has no such setting, or its
            weights do not fit.
    """
    card = catalog.family(checkpoint.family)
    config = card.config_from_json(checkpoint.config)
    for name in settings:
        if not hasattr(config, name):
            raise UserError(f"{card.name} has no {name}")
    config = replace(config, **settings)
    tools = load_tools(device)
    try:
        sampler = card.sampler(config, checkpoint.weights, tools)
        critic = card.critic and card.critic(config, checkpoint.weights, tools)
        likelihood = card.likelihood and card.likelihood(config, checkpoint.weights, tools)
        coder = card.coder and card.coder(config, checkpoint.weights, tools)
    except RuntimeError as error:
        raise UserError(f"the weights do not fit the {card.name} in the checkpoint") from error
    return Model(card, config, sampler, critic, likelihood, coder, checkpoint.digest)


def check_seeds(seed: int, count: int) -> None:
    """Refuse a first seed from which there are not so many.

    Raises:
        UserError: saying which are allowed.
    """
    if not 0 <= seed <= LARGEST_SEED - count:
        raise UserError(f"seed {seed} must be a whole number from 0 to 2^63 - 1")
