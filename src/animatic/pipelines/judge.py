"""Does a clip show what its prompt says? The judge that ships."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files

import torch
from safetensors.torch import load_file

from animatic.data.stage.phrases import ACTION_PHRASES, SCENE_PHRASES
from animatic.metrics.stage_net import StageNet
from animatic.types import Clips

ACTIONS = tuple(ACTION_PHRASES)
SCENES = tuple(SCENE_PHRASES)
Pair = tuple[str, str]
"""An action and a scene."""


@cache
def load_judge() -> StageNet:
    """Return the judge that ships with the package, ready for use on the CPU."""
    folder = files("animatic") / "checkpoints" / "judge"
    card = json.loads((folder / "stage_net.json").read_text())
    net = StageNet(len(ACTIONS), len(SCENES), card["dim"])
    with as_file(folder / "stage_net.safetensors") as path:
        weights = load_file(path)
    net.load_state_dict(
        {name: w.float() if w.is_floating_point() else w for name, w in weights.items()}
    )
    return net.eval().requires_grad_(False)


def agreement(net: StageNet, clips: Iterable[tuple[Clips, Pair]]) -> dict[str, float]:
    """Return how often the judge sees the action, the scene and both that each clip should show."""
    hits = torch.zeros(3)
    count = 0
    for clip, (action, scene) in clips:
        with torch.inference_mode():
            verdict = net(clip)
        right_action = verdict.actions.argmax().item() == ACTIONS.index(action)
        right_scene = verdict.scenes.argmax().item() == SCENES.index(scene)
        hits += torch.tensor([right_action, right_scene, right_action and right_scene]).float()
        count += 1
    action, scene, both = (hits / max(1, count)).tolist()
    return {
        "action": round(action, 4),
        "scene": round(scene, 4),
        "joint": round(both, 4),
        "n": count,
    }
