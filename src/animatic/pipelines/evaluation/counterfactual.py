"""Change one word of a prompt and keep the seed: does only what the word says change?"""

from collections.abc import Callable
from itertools import cycle, islice
from typing import Any

import torch

from animatic.errors import UserError
from animatic.pipelines.evaluation.eyes import Eyes
from animatic.pipelines.evaluation.sets import Number, share_of
from animatic.pipelines.evaluation.sources import FIRST_SEED, PAIRS, next_name
from animatic.pipelines.judge import ACTIONS, SCENES, Pair
from animatic.pipelines.progress import track
from animatic.types import Frames, to_clip

NAME = "counterfactual"

SOURCE = "our choice; the stage-net names action and scene before and after"

Maker = Callable[[Pair, int], Frames]
"""A pair and a seed to a clip."""


def counterfactual(
    maker: Maker, split: str, num: int, eyes: Eyes, *, with_real: bool, device: torch.device
) -> tuple[dict[str, Number], dict[str, Any]]:
    """Return how often what was changed follows its word and what was not stays, and the card.

    Args:
        maker: of the clips.
        split: of whose pairs one word is changed; the new pair may be of any split.
        num: pairs, of each of which three clips are made.
        eyes: the stage-net.
        with_real: render the same changes too.
        device: of the network.

    Raises:
        UserError: if real clips are asked for and the packages that render are missing.
    """
    pairs = list(islice(cycle(PAIRS[split]), num))

    found = _shares(maker, pairs, eyes, device, f"changing words, {split}")
    real = _shares(_renderer(), pairs, eyes, device, "rendering changes") if with_real else {}
    numbers = {name: share_of(share, num, real.get(name)) for name, share in found.items()}
    card = {
        **eyes.about,
        "made": {
            "n": num,
            "clips": "three of each pair: as it is, with the next action, with the next scene",
            "seeds": f"{FIRST_SEED} to {FIRST_SEED + num - 1}, the same for all three",
        },
        "real": {"n": num, "clips": "renders of the same pairs and seeds"} if with_real else None,
        "warnings": [],
    }
    return numbers, card


def _shares(
    maker: Maker, pairs: list[Pair], eyes: Eyes, device: torch.device, title: str
) -> dict[str, float]:
    counts = dict.fromkeys(("scene follows", "action stays", "action follows", "scene stays"), 0)
    for number, (action, scene) in enumerate(track(pairs, len(pairs), title)):
        seed = FIRST_SEED + number
        other_action, other_scene = next_name(ACTIONS, action), next_name(SCENES, scene)
        before = _named(maker((action, scene), seed), eyes, device)
        moved = _named(maker((action, other_scene), seed), eyes, device)
        acted = _named(maker((other_action, scene), seed), eyes, device)
        counts["scene follows"] += moved[1] == other_scene
        counts["action stays"] += moved[0] == before[0]
        counts["action follows"] += acted[0] == other_action
        counts["scene stays"] += acted[1] == before[1]
    return {name: count / len(pairs) for name, count in counts.items()}


def _renderer() -> Maker:
    try:
        from animatic.data.stage.clip import render
    except ImportError as error:
        raise UserError("rendering needs more packages: pip install 'animatic[stage]'") from error
    return lambda pair, seed: render(seed, *pair).frames


def _named(frames: Frames, eyes: Eyes, device: torch.device) -> Pair:
    with torch.inference_mode():
        logits = eyes.look(to_clip(frames)[None].to(device)).logits[0]
    action, scene = logits[: len(ACTIONS)].argmax().item(), logits[len(ACTIONS) :].argmax().item()
    return ACTIONS[int(action)], SCENES[int(scene)]
