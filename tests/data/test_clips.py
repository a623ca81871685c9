from types import SimpleNamespace

import numpy as np
import pytest

from animatic.data.batches import open_clips
from animatic.data.clips import ShardClips
from animatic.data.decoded import DecodedClips
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.storage import shards
from animatic.storage.codec import encode_training_clip
from animatic.storage.shards import ClipFacts
from animatic.types import ClipShape

SHAPE = ClipShape(4, 16, 16, 12.0)


def frames_of(number, num_frames=8):
    """Brightness tells the clip (tens) and the frame (units), in steps of two."""
    frames = np.empty((num_frames, 16, 16, 3), np.uint8)
    frames[:] = (20 * number + 2 * np.arange(num_frames))[:, None, None, None]
    return frames


@pytest.fixture
def folder(tmp_path):
    clips = [
        (
            ClipFacts(
                f"{number:06d}",
                "train" if number < 4 else "validation",
                (f"clip {number}",),
                8,
                16,
                16,
                12.0,
                more={"action": "golf" if number % 2 else "dancing", "scene": f"s{number // 2}"},
            ),
            encode_training_clip(frames_of(number), 12.0),
        )
        for number in range(6)
    ]
    shards.write_shard(tmp_path / "000000.tar", clips)
    shards.write_index(tmp_path)
    return tmp_path


def number_and_start(frames):
    value = round(float(frames[0].mean()) / 2)
    return value // 10, value % 10


def test_a_clip_comes_with_its_captions(folder):
    clips = open_clips(folder, SHAPE)
    assert len(clips) == 4
    example = clips.get(2, Stream(0, "test"))
    assert (example.texts, example.label) == (("clip 2",), None)
    assert example.frames.shape == (4, 16, 16, 3)
    assert number_and_start(example.frames)[0] == 2


def test_classes_are_made_of_facts_of_this_split(folder):
    clips = open_clips(folder, SHAPE, classes=["action"])
    assert clips.label_names == ("dancing", "golf")
    assert [clips.get(i, Stream(0, "test")).label for i in range(4)] == [0, 1, 0, 1]
    clips = open_clips(folder, SHAPE, classes=["action", "scene"])
    assert clips.label_names == ("dancing/s0", "dancing/s1", "golf/s0", "golf/s1")
    assert [clips.get(i, Stream(0, "test")).label for i in range(4)] == [0, 2, 1, 3]
    with pytest.raises(UserError, match=r"clip 000000 has no weather .* known: action, scene"):
        open_clips(folder, SHAPE, classes=["weather"])


def test_a_stretch_depends_on_the_random_numbers_alone_and_takes_every_place(folder):
    clips = ShardClips(folder, SHAPE, "train")
    starts = {}
    for seed in range(60):
        example = clips.get(1, Stream(seed, "test"))
        starts[seed] = number_and_start(example.frames)[1]
        again = clips.get(1, Stream(seed, "test"))
        assert (example.frames == again.frames).all()
    assert set(starts.values()) == {0, 1, 2, 3, 4}


def test_decoded_clips_are_the_very_same(folder):
    clips = ShardClips(folder, SHAPE, "train", ["scene"])
    told = []
    decoded = DecodedClips(clips, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert decoded.label_names == clips.label_names
    for index in range(4):
        first, second = clips.get(index, Stream(5, "a")), decoded.get(index, Stream(5, "a"))
        assert (first.frames == second.frames).all()
        assert (first.texts, first.label) == (second.texts, second.label)


def test_clips_are_decoded_once_and_again_when_they_were_made_again(folder):
    def refuse(done, total):
        raise AssertionError

    clips = ShardClips(folder, SHAPE, "train")
    first = DecodedClips(clips)
    DecodedClips(clips, refuse)
    assert DecodedClips(ShardClips(folder, SHAPE, "validation")).path != first.path
    (folder / "000000.tar").touch()
    assert DecodedClips(ShardClips(folder, SHAPE, "train")).path != first.path


def test_no_room_for_decoding_is_told_before(folder, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(UserError, match=r"decoding takes 0\.0 GB"):
        DecodedClips(ShardClips(folder, SHAPE))
    assert not list(folder.glob("*.npy"))


@pytest.mark.parametrize(
    "shape", [(9, 16, 16, 12.0), (4, 32, 16, 12.0), (4, 16, 32, 12.0), (4, 16, 16, 24.0)]
)
def test_another_shape_is_refused_with_both_numbers(folder, shape):
    with pytest.raises(UserError, match=f"8 frames of 16x16 at 12 fps; wanted are {shape[0]} of"):
        ShardClips(folder, ClipShape(*shape))


def test_a_clip_that_is_not_what_the_index_says_is_told(folder):
    index = folder / shards.INDEX_NAME
    index.write_text(index.read_text().replace('"num_frames": 8', '"num_frames": 7'))
    with pytest.raises(UserError, match=r"clip 000001 of .* is damaged"):
        ShardClips(folder, SHAPE).decode(1)
