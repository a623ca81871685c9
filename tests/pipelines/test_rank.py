"""Clips of any origin in the critic's order."""

import json
import shutil

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.pipelines.evaluation.critics import quantiles, share_below
from animatic.pipelines.model import load
from animatic.pipelines.rank import rank
from animatic.storage import codec
from animatic.types import Prompt, to_clip


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        frames = random.integers(0, 255, (12, 16, 16, 3)).astype(np.uint8)
        codec.encode(tmp_path / f"{name}.mp4", frames, 12.0, codec.TRAINING)
    return tmp_path


def test_clips_stand_in_the_order_of_their_scores(tiny_checkpoint, folder):
    found = rank(str(tiny_checkpoint), folder, "golf", "cpu")
    scores = [ranked.score for ranked in found]
    assert scores == sorted(scores, reverse=True)
    model = load(tiny_checkpoint, "cpu")
    frames = codec.read_video(found[0].path, 8, (16, 16), model.shape.fps).frames
    expected = model.critic.score(to_clip(frames)[None], [Prompt("golf")]).item()
    assert scores[0] == pytest.approx(expected)


def test_what_cannot_be_read_stands_last_with_its_reason(tiny_checkpoint, folder):
    (folder / "a.mp4").write_bytes(b"nothing")
    last = rank(str(tiny_checkpoint), folder, "golf", "cpu")[-1]
    assert last.path.name == "a.mp4"
    assert last.score is None
    assert "cannot be read" in last.why


def test_nothing_to_rank_is_one_line(tiny_checkpoint, folder, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(UserError, match="holds no videos"):
        rank(str(tiny_checkpoint), empty, "golf", "cpu")
    with pytest.raises(UserError, match="does not exist"):
        rank(str(tiny_checkpoint), empty / "none", "golf", "cpu")
    with pytest.raises(UserError, match="prompt"):
        rank(str(tiny_checkpoint), folder, "", "cpu")
    for path in folder.glob("*.mp4"):
        path.write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"no clip of .* can be used"):
        rank(str(tiny_checkpoint), folder, "golf", "cpu")


def test_scores_stand_among_those_of_known_clips(tiny_checkpoint, folder, tmp_path):
    (best, *_) = rank(str(tiny_checkpoint), folder, "golf", "cpu")
    assert best.above == {}  # nobody has calibrated this one
    known = shutil.copy(tiny_checkpoint, tmp_path / "known.safetensors")
    card = tmp_path / "known.json"
    around = [best.score - 1, best.score, best.score + 1]
    card.write_text(json.dumps({"critic": {"heldout": {"quantiles": {"real": spread(around)}}}}))
    (best, *_) = rank(str(known), folder, "golf", "cpu")
    assert best.above["real"] == pytest.approx(0.5)


def spread(values):
    return np.interp(np.linspace(0, 2, 21), range(3), values).tolist()


def test_quantiles_and_shares_undo_one_another():
    scores = torch.randn(400, generator=torch.Generator().manual_seed(0))
    known = quantiles(scores)
    assert len(known) == 21
    for score in (scores.min() - 1, scores.median(), scores.max() + 1):
        below = (scores < score).double().mean().item()
        assert share_below(score.item(), known) == pytest.approx(below, abs=0.02)
