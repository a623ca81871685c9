"""What a training run leaves behind: its state, its model with a card, and grids of samples."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import animatic
from animatic.contracts import Family, GrowingSampler, Learner
from animatic.data.clips import Example
from animatic.pipelines.model import build
from animatic.pipelines.predict import continued, counts
from animatic.storage.checkpoint import Checkpoint, write_checkpoint
from animatic.storage.run_folder import RunFolder
from animatic.storage.video_file import write_sheet
from animatic.types import Prompt

SAMPLE_PROMPTS = (
    "playing golf on grass",
    "sailing at sea",
    "riding a bike on the beach",
    "swimming in the pool",
    "skiing in the snow",
    "juggling in the forest",
    "playing golf in the swimming pool",
    "sailing in the snow",
)
"""What the sample grids of families that read text show; the last two pairs are held out."""


MOST_SAMPLES = 16
"""Rows of a sample grid."""

MOST_GROWING = 2
"""Rows of it for a family whose clips take long enough to be watched while they are made."""

FIXED = ("family", "preset", "data", "batch_size", "accumulate", "seed", "flip", "precision")
"""What of a run must not change when it goes on."""


class Keeper:
    """Saves at the steps that a run asks for.

    Args:
        run: what is trained.
        family: of the model.
        config: of the model.
        folder: where everything goes.
        origin: the checkpoint that it starts from, if it does.
        given: clips whose first frames the samples of a family continue that reads frames.
    """

    def __init__(
        self,
        run: Any,
        family: Family,
        config: Any,
        folder: RunFolder,
        origin: Mapping[str, Any] | None = None,
        given: Sequence[Example] = (),
    ) -> None:
        self.run, self.family, self.config, self.folder = run, family, config, folder
        self.given = given
        fixed = {name: getattr(run, name) for name in FIXED}
        self.settings = {name: str(v) if isinstance(v, Path) else v for name, v in fixed.items()}
        if origin is not None:
            self.settings["start_from"] = dict(origin)
        folder.open({**self.settings, "config": family.config_to_json(config)})

    def after(self, done: int, learner: Learner, stop: bool) -> None:
        """Save the state and draw samples when it is time to, and at the end."""
        last = stop or done == self.run.steps
        saves = last or done % self.run.save_every == 0
        draws = last or done % self.run.sample_every == 0
        if saves:
            self.folder.save_state(done, learner.state_dict())
        checkpoint = self._checkpoint(learner, done) if saves or draws else None
        if saves and checkpoint is not None:
            write_checkpoint(self.folder.model_path, checkpoint)
        if draws and checkpoint is not None:
            self._draw_samples(checkpoint, done)

    def _checkpoint(self, learner: Learner, done: int) -> Checkpoint:
        card = {
            "family": self.family.name,
            "source": self.family.source,
            "animatic": animatic.__version__,
            "torch": torch.__version__,
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "date": datetime.now(UTC).date().isoformat(),
            "steps": done,
            **self.settings,
        }
        config = self.family.config_to_json(self.config)
        return Checkpoint(self.family.name, config, learner.weights(), card)

    def _draw_samples(self, checkpoint: Checkpoint, done: int) -> None:
        """Write one row for each sample prompt, the same seeds every time."""
        model = build(checkpoint, torch.device("cpu"))
        most = MOST_GROWING if isinstance(model.sampler, GrowingSampler) else MOST_SAMPLES
        if "frames" in self.config.reads:
            count = counts(model)[0]
            made = [
                continued(model, clip.frames[:count], None, 0, told=self._told(clip))
                for clip in self.given[:most]
            ]
        else:
            names = getattr(self.config, "class_names", SAMPLE_PROMPTS)
            made = list(model.generate_all(names[:most]))
        labels = [creation.prompt for creation in made]
        path = self.folder.samples_path / f"{done:07d}.png"
        write_sheet(path, made, labels=labels, scale=2)

    def _told(self, clip: Example) -> Prompt:
        """Return what is said of a clip beside its first frames."""
        reads = self.config.reads
        return Prompt(
            clip.texts[0] if "text" in reads else None, clip.label if "label" in reads else None
        )
