"""Real clips of Stage, whole or cut to the length of a model's."""

import numpy as np
import pytest

from animatic.pipelines.evaluation.sources import StageClips
from animatic.storage import shards
from animatic.storage.codec import encode_training_clip
from animatic.storage.shards import ClipFacts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve clips whose brightness tells the frame, in steps of four."""
    path = tmp_path_factory.mktemp("stage")
    frames = np.empty((32, 64, 64, 3), np.uint8)
    frames[:] = (4 * np.arange(32))[:, None, None, None]
    video = encode_training_clip(frames, 12.0)
    shown = {"action": "golf", "scene": "pool"}
    facts = [
        ClipFacts(f"{number:06d}", "validation", ("golf",), 32, 64, 64, 12.0, more=shown)
        for number in range(12)
    ]
    shards.write_shard(path / "000000.tar", [(fact, video) for fact in facts])
    shards.write_index(path)
    return path


def places(source):
    return [np.round(shown.frames.mean((1, 2, 3)) / 4).astype(int) for shown in source.clips()]


def test_a_shorter_model_meets_a_stretch_of_each_clip_that_is_always_the_same(folder):
    source = StageClips(folder, "validation", 12, num_frames=16)
    found = places(source)
    assert all(np.array_equal(np.diff(place), np.ones(15)) for place in found)
    assert len({int(place[0]) for place in found}) > 4
    again = places(StageClips(folder, "validation", 12, num_frames=16))
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))
    assert source.about()["cut"].startswith("a stretch of 16 of the 32 frames")


@pytest.mark.parametrize("num_frames", [32, 48])
def test_others_meet_whole_clips(folder, num_frames):
    source = StageClips(folder, "validation", 3, num_frames=num_frames)
    assert all(np.array_equal(place, np.arange(32)) for place in places(source))
    assert "cut" not in source.about()
