"""What of an evaluation is better looked at than read."""

import math
from collections.abc import Mapping, Sequence
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

    Of clips that were made for an action alone, only the latter.

    Raises:
        UserError: if the package that draws is missing, or the folder cannot be written.
    """
    right = hits(seen, eyes)["action"]
    sums, counts = torch.zeros(2, len(ACTIONS), len(SCENES)).unbind()
    taken = torch.zeros(len(ACTIONS), len(ACTIONS))
    named = seen.looks[eyes].logits[:, : len(ACTIONS)].argmax(1)
    for (action, *scenes), hit, name in zip(seen.labels, right, named, strict=True):
        taken[ACTIONS.index(action), name] += 1
        for scene in scenes:
            sums[ACTIONS.index(action), SCENES.index(scene)] += hit
            counts[ACTIONS.index(action), SCENES.index(scene)] += 1
    shares = taken / taken.sum(1, keepdim=True)  # nothing where an action does not occur
    figures = {}
    if counts.any():
        grid = _heat(sums / counts, ACTIONS, SCENES, f"action named, {split} (stage-net)")
        figures[f"grid-{split}.png"] = grid
    confusion = _heat(shares, ACTIONS, ACTIONS, f"asked for (rows), named, {split} (stage-net)")
    figures[f"confusion-{split}.png"] = confusion
    return [_save(figure, folder / name) for name, figure in figures.items()]


def plot_lines(path: Path, curves: Mapping[str, Sequence[float]], first: int, title: str) -> None:
    """Write how numbers of frames go over time, one small figure for each first word of a name.

    Raises:
        UserError: if the package that draws is missing, or the path cannot be written.
    """
    kinds = sorted({name.partition(" ")[0] for name in curves})
    figure = _figure(4.0 * len(kinds), 3.0)
    for place, kind in enumerate(kinds, 1):
        axes = figure.add_subplot(1, len(kinds), place)
        for name, values in curves.items():
            if name.partition(" ")[0] == kind:
                times = range(first, first + len(values))
                axes.plot(times, values, label=name.partition(" ")[2] or "made")
        axes.set_xlabel("frame")
        axes.set_title(f"{kind}, {title}", fontsize=10)
        axes.legend(fontsize=8)
    _save(figure, path)


def _heat(values: Tensor, rows: tuple[str, ...], columns: tuple[str, ...], title: str):
    """Return a figure of shares in [0, 1]; what was never asked for stays empty."""
    figure = _figure(1.8 + 0.5 * len(columns), 1.6 + 0.36 * len(rows))
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


def _figure(width: float, height: float):
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("plots need one more package: pip install 'animatic[plot]'") from error
    return Figure(figsize=(width, height), layout="tight")


def _cells(values: Tensor):
    for row, line in enumerate(values.tolist()):
        for column, value in enumerate(line):
            if not math.isnan(value) and value >= 0.005:
                yield (row, column), value


def _save(figure, path: Path) -> Path:
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format="png", dpi=110)
    return path
