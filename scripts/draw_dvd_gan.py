"""Show what the noise and the class of the DVD-GAN that ships do: into docs/pictures and a table.

    python scripts/draw_dvd_gan.py --data stage

Truncation: noise of less deviation is measured (`animatic evaluate`) and drawn. Interpolation: from
one noise to another, and from one class to another, all else kept.
"""

import argparse
import json
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from ship_checkpoint import PICTURES, SHIPPED
from torch import Tensor

from animatic.pipelines.evaluation.job import Job
from animatic.pipelines.evaluation.published import condensed
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.model import Model, load
from animatic.storage.atomic import write_text
from animatic.storage.checkpoint import read_checkpoint, write_checkpoint
from animatic.storage.video_file import write_sheet
from animatic.types import Video, to_frames

PATH = SHIPPED / "dvd_gan.safetensors"
RESULTS = Path("benchmarks/results/dvd_gan_truncation.json")
TRUNCATIONS = (0.25, 0.5, 0.75, 1.0)
METRICS = ("composition", "kvd-stage", "diversity")
SHOWN_CLASS, OTHER_CLASS = "skiing", "swimming"
COLUMNS = 8
FRAME = 8
"""Which frame of each clip is drawn."""


def sweep(data: Path, num: int) -> None:
    """Measure clips of less noise than in training."""
    trained, table = read_checkpoint(PATH), {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PATH.name
        for truncation in TRUNCATIONS:
            changed = {**trained.config, "truncation": truncation}
            write_checkpoint(path, replace(trained, config=changed))
            job = Job(str(path), data=data, metrics=METRICS, num=num, device="cpu")
            table[str(truncation)] = condensed(evaluate(job))
    about = {
        "checkpoint": trained.digest,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "truncation": table,
    }
    write_text(RESULTS, json.dumps(about, indent=2) + "\n")


def draw_truncation() -> None:
    """Draw a row of clips for each truncation."""
    rows, labels = [], []
    for truncation in TRUNCATIONS:
        model = load(PATH, "cpu", truncation=truncation)
        made = [model.generate(SHOWN_CLASS, seed=seed).frames[FRAME] for seed in range(COLUMNS)]
        rows.append(made)
        labels.append(f"{SHOWN_CLASS}, noise of deviation {truncation:g}")
    _write("dvd_gan_truncation.png", rows, labels)


@torch.inference_mode()
def draw_interpolation() -> None:
    """Draw clips between two noises of a class, and between two classes at one noise."""
    model = load(PATH, "cpu")
    noise = torch.randn(3, model.config.latent_dim, generator=torch.Generator().manual_seed(0))
    one, other = model.label(SHOWN_CLASS), model.label(OTHER_CLASS)
    rows, labels = [], []
    for name in (SHOWN_CLASS, OTHER_CLASS):
        vector = _vector(model, model.label(name))
        conditions = (torch.cat([z, vector]) for z in _between(noise[0], noise[1]))
        rows.append([_frame(model, condition) for condition in conditions])
        labels.append(f"{name}, from one noise to another")
    for z in noise[1:]:
        vectors = _lines(_vector(model, one), _vector(model, other))
        rows.append([_frame(model, torch.cat([z, vector])) for vector in vectors])
        labels.append(f"one noise, from {SHOWN_CLASS} to {OTHER_CLASS}")
    _write("dvd_gan_interpolation.png", rows, labels)


def _vector(model: Model, label: int) -> Tensor:
    return model.sampler.generator.embed.weight[label]  # type: ignore[attr-defined]


def _between(start: Tensor, end: Tensor) -> Iterator[Tensor]:
    """Yield noises on the way, all of about the same length."""
    for angle in torch.linspace(0, torch.pi / 2, COLUMNS):
        yield angle.cos() * start + angle.sin() * end


def _lines(start: Tensor, end: Tensor) -> Iterator[Tensor]:
    for share in torch.linspace(0, 1, COLUMNS):
        yield torch.lerp(start, end, share)


def _frame(model: Model, condition: Tensor):
    clip = model.sampler.generator.of_condition(condition[None])  # type: ignore[attr-defined]
    return to_frames(clip[0])[FRAME]


def _write(name: str, rows: list, labels: list[str]) -> None:
    clips = [Video(np.stack(row), 1.0) for row in rows]
    write_sheet(PICTURES / name, clips, labels=labels, scale=2)


def main() -> None:
    """Measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--num", type=int, default=256)
    given = parser.parse_args()
    sweep(given.data, given.num)
    draw_truncation()
    draw_interpolation()


if __name__ == "__main__":
    main()
