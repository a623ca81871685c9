"""Counting what the judge sees."""

import torch

from animatic.metrics.stage_net import StageNet, Verdict
from animatic.pipelines.judge import ACTIONS, SCENES, agreement


class Reads(StageNet):
    """Names what is written in the first two values of a clip."""

    def __init__(self) -> None:
        super().__init__(len(ACTIONS), len(SCENES), dim=8)

    def forward(self, clips):
        action, scene = (int(value) for value in clips[0, 0, 0, 0, :2])
        return Verdict(
            torch.eye(len(ACTIONS))[action : action + 1], torch.eye(len(SCENES))[scene : scene + 1]
        )


def clip(action: int, scene: int) -> torch.Tensor:
    made = torch.zeros(1, 3, 2, 4, 4)
    made[0, 0, 0, 0, :2] = torch.tensor([action, scene])
    return made


def test_shares_of_actions_scenes_and_both_are_counted():
    shown = [
        (clip(0, 0), (ACTIONS[0], SCENES[0])),
        (clip(1, 0), (ACTIONS[1], SCENES[1])),
        (clip(2, 3), (ACTIONS[5], SCENES[3])),
        (clip(2, 3), (ACTIONS[5], SCENES[4])),
    ]
    table = agreement(Reads(), shown)
    assert table == {"action": 0.5, "scene": 0.5, "joint": 0.25, "n": 4}
