"""How far a critic is to be trusted, measured on clips that it did not learn from."""

from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from animatic.data.stage.captions import canonical
from animatic.metrics.score import roc_area
from animatic.pipelines.evaluation.sources import (
    FIRST_SEED,
    PAIRS,
    StageClips,
    next_name,
)
from animatic.pipelines.judge import ACTIONS, SCENES, Pair, agreement, load_judge
from animatic.pipelines.model import Model
from animatic.pipelines.progress import track
from animatic.types import Clips, Prompt, to_clip

STEPS = torch.linspace(0, 1, 21, dtype=torch.float64)
"""Shares of clips below the quantiles that a card keeps."""

CHOICE = 4
"""Clips of a prompt among which the critic chooses."""


def measure_critic(model: Model, data: Path, split: str, num: int) -> dict[str, Any]:
    """Return how often the critic orders two clips, or two texts of a clip, as it should.

    And how often the judge sees the action in the best and the worst of four clips by its score.

    Args:
        model: with a critic.
        data: a rendered Stage data set.
        split: of it, with its pairs.
        num: real clips, and prompts of which `CHOICE` clips are made each.
    """
    assert model.critic is not None, "asked for only of models with a critic"
    own, other_action, other_scene = [], [], []
    source = StageClips(data, split, num)
    for shown in track(source.clips(), len(source), "critic on real clips"):
        action, scene = shown.labels
        clip = to_clip(shown.frames)[None]
        own.append(_score(model, clip, (action, scene)))
        other_action.append(_score(model, clip, (next_name(ACTIONS, action), scene)))
        other_scene.append(_score(model, clip, (action, next_name(SCENES, scene))))
    pairs = list(islice(cycle(PAIRS[split]), num))
    scores, right = [], []
    for place, pair in enumerate(track(pairs, num, "critic on generated clips")):
        row, seen = [], []
        for seed in range(CHOICE):
            first = FIRST_SEED + place * CHOICE
            made = model.generate(canonical(*pair), seed=first + seed)
            row.append(made.score)
            seen.append(agreement(load_judge(), [(to_clip(made.frames)[None], pair)])["action"])
        scores.append(row)
        right.append(seen)
    score, hit = torch.tensor(scores), torch.tensor(right)
    real = torch.tensor(own)
    return {
        "n": len(own),
        "quantiles": {"real": quantiles(real), "generated": quantiles(score[:, 0])},
        "roc_area": {
            "real above generated": _rounded(roc_area(real, score[:, 0])),
            "right above another action": _rounded(roc_area(real, torch.tensor(other_action))),
            "right above another scene": _rounded(roc_area(real, torch.tensor(other_scene))),
            "action seen above not seen, generated": _within(score, hit),
        },
        f"action of {CHOICE} clips": {
            "any": _rounded(hit.mean().item()),
            "best": _rounded(hit.gather(1, score.argmax(1, keepdim=True)).mean().item()),
            "worst": _rounded(hit.gather(1, score.argmin(1, keepdim=True)).mean().item()),
        },
    }


def quantiles(scores: Tensor) -> list[float]:
    """Return the scores below which 0, 5, 10, ... and 100% of the clips lie."""
    return [_rounded(value) for value in scores.double().quantile(STEPS).tolist()]


def share_below(score: float, quantiles: list[float]) -> float:
    """Return the share of clips with a lower score, between the quantiles along straight lines."""
    return float(np.interp(score, quantiles, STEPS))


def _score(model: Model, clip: Clips, pair: Pair) -> float:
    assert model.critic is not None, "checked before"
    return model.critic.score(clip, [Prompt(canonical(*pair))]).item()


def _within(score: Tensor, hit: Tensor) -> float | None:
    """Return how often, within a prompt, a clip with the action is above one without."""
    areas = [
        roc_area(row[seen > 0], row[seen == 0])
        for row, seen in zip(score, hit, strict=True)
        if 0 < seen.sum() < len(seen)
    ]
    return _rounded(sum(areas) / len(areas)) if areas else None


def _rounded(value: float) -> float:
    return round(value, 4)
