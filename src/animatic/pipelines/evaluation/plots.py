"""What of an evaluation is better looked at than read."""

import math
from pathlib import Path

import torch
from torch import Tensor

from animatic.errors import UserError
from animatic.pipelines.evaluation.composition import hits
from animatic.pipelines.evaluation.eyes import Seen
from animatic.pipelines.judge import ACTIONS, SCENES
from animatic.storage.atomic import replacing


def plot_composition(folder: Path, split: str, seen: Seen, eyes: str) -> list[Path]:
    """Write how often each action is named in each scene, and what it is taken for instead.

    Raises:
        UserError: if the package that draws is missing, or the folder cannot be written.
    """
    right = hits(seen, eyes)["action"]
    sums, counts = torch.zeros(2, len(ACTIONS), len(SCENES)).unbind()
    taken = torch.zeros(len(ACTIONS), len(ACTIONS))
    named = seen.looks[eyes].logits[:, : len(ACTIONS)].argmax(1)
    for (action, scene), hit, name in zip(seen.labels, right, named, strict=True):
        place = ACTIONS.index(action), SCENES.index(scene)
        sums[place] += hit
        counts[place] += 1
        taken[place[0], name] += 1
    shares = taken / taken.sum(1, keepdim=True)  # nothing where an action does not occur
    grid = _heat(sums / counts, ACTIONS, SCENES, f"action named, {split} (stage-net)")
    confusion = _heat(shares, ACTIONS, ACTIONS, f"asked for (rows), named, {split} (stage-net)")
    return [
        _save(grid, folder / f"grid-{split}.png"),
        _save(confusion, folder / f"confusion-{split}.png"),
    ]


def _heat(values: Tensor, rows: tuple[str, ...], columns: tuple[str, ...], title: str):
    """Return a figure of shares in [0, 1]; what was never asked for stays empty."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("plots need one more package: pip install 'animatic[plot]'") from error
    figure = Figure(figsize=(1.8 + 0.5 * len(columns), 1.6 + 0.36 * len(rows)), layout="tight")
    axes = figure.add_subplot()
    axes.imshow(values.numpy(), vmin=0, vmax=1, cmap="viridis", aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_title(title, fontsize=10)
    for (row, column), value in _cells(values):
        text = "1" if value == 1 else f"{value:.2f}".lstrip("0")
        colour = "white" if value < 0.6 else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    return figure


def _cells(values: Tensor):
    for row, line in enumerate(values.tolist()):
        for column, value in enumerate(line):
            if not math.isnan(value) and value >= 0.005:
                yield (row, column), value


def _save(figure, path: Path) -> Path:
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format="png", dpi=110)
    return path
