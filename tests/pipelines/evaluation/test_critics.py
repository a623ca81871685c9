"""What a critic is worth, on critics whose worth is known."""

from dataclasses import replace

import pytest
import torch

from animatic.pipelines.evaluation import critics
from animatic.pipelines.evaluation.critics import _within, measure_critic
from animatic.pipelines.evaluation.sources import Shown
from animatic.pipelines.model import load
from animatic.types import to_clip


def test_within_a_prompt_a_clip_with_the_action_stands_above_one_without():
    hit = torch.tensor([[1.0, 0, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]])
    score = torch.tensor([[9.0, 1, 2, 8], [1, 2, 3, 4], [4, 3, 2, 1], [3, 2, 1, 0]])
    assert _within(score, hit) == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)
    assert _within(score[1:3], hit[1:3]) is None


class Knowing:
    """Likes clips of the data set, and among texts those that begin as it was told."""

    def __init__(self, real):
        self.real = real

    def score(self, clips, prompts):
        known = any(torch.equal(clips[0], clip) for clip in self.real)
        right = prompts[0].text == "playing golf on grass"
        return torch.tensor([10.0 * known + right])


def test_a_critic_that_knows_gets_full_marks(tiny_checkpoint, tmp_path, monkeypatch):
    model = load(tiny_checkpoint, "cpu")
    frames = [model.generate("a real clip", seed=seed).frames for seed in range(3)]

    class Real:
        def __init__(self, *_):
            pass

        def __len__(self):
            return len(frames)

        def clips(self):
            return (Shown(str(n), clip, ("golf", "grass")) for n, clip in enumerate(frames))

    monkeypatch.setattr(critics, "StageClips", Real)
    knowing = replace(model, critic=Knowing([to_clip(clip) for clip in frames]))
    told = measure_critic(knowing, tmp_path, "validation", 3)
    assert told["n"] == 3
    areas = told["roc_area"]
    assert areas["real above generated"] == 1
    assert areas["right above another action"] == areas["right above another scene"] == 1
    assert len(told["quantiles"]["real"]) == len(told["quantiles"]["generated"]) == 21
    chosen = told["action of 4 clips"]
    assert all(0 <= chosen[kind] <= 1 for kind in ("any", "best", "worst"))
