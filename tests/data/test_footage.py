import json
import logging

import numpy as np
import pytest

from animatic.data.footage import Footage
from animatic.data.stage.random_streams import Stream
from animatic.errors import UserError
from animatic.storage import codec
from animatic.types import ClipShape

SHAPE = ClipShape(4, 16, 16, 10.0)


def film(path, num_frames=8, height=32, width=48):
    """Write a video whose brightness tells the frame."""
    frames = np.empty((num_frames, height, width, 3), np.uint8)
    frames[:] = (6 * np.arange(num_frames, dtype=np.uint8))[:, None, None, None]
    path.parent.mkdir(exist_ok=True)
    codec.encode(path, frames, 10.0, codec.SCREEN)


def caption(folder, *lines):
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "captions.jsonl").write_text("\n".join(texts), encoding="utf-8")


def test_captions_belong_to_their_clips(tmp_path):
    film(tmp_path / "a.mp4")
    film(tmp_path / "b.mp4")
    caption(
        tmp_path,
        {"file": "b.mp4", "caption": "ein Boot am Kai, übermütig"},
        "",
        {"file": "a.mp4", "captions": ["one", "two"]},
    )
    clips = Footage(tmp_path, SHAPE)
    assert [clips.get(index, Stream(0, "a")).texts for index in range(2)] == [
        ("ein Boot am Kai, übermütig",),
        ("one", "two"),
    ]
    example = clips.get(0, Stream(0, "a"))
    assert example.frames.shape == (4, 16, 16, 3)
    assert example.label is None
    assert str(clips.summary) == "2 clips are used, 0 skipped"


def test_subfolders_are_labels_and_captions(tmp_path):
    film(tmp_path / "walking_dog" / "a.mp4")
    film(tmp_path / "biking" / "b.mp4")
    film(tmp_path / "biking" / "c.mp4")
    (tmp_path / "biking" / "notes.txt").write_text("not a video")
    (tmp_path / "empty").mkdir()
    clips = Footage(tmp_path, SHAPE)
    assert clips.label_names == ("biking", "walking_dog")
    known = [clips.get(index, Stream(0, "a"))[1:] for index in range(len(clips))]
    assert known == [(("biking",), 0), (("biking",), 0), (("walking dog",), 1)]


def test_clips_that_cannot_be_used_are_named_skipped_and_counted(tmp_path, caplog):
    film(tmp_path / "good.mp4")
    film(tmp_path / "short.mp4", num_frames=3)
    (tmp_path / "broken.mp4").write_bytes(bytes(2000))
    whole = (tmp_path / "good.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    names = ("short.mp4", "good.mp4", "broken.mp4", "gone.mp4", "cut.mp4")
    caption(tmp_path, *({"file": name, "caption": "words"} for name in names))
    told = []
    with caplog.at_level(logging.WARNING):
        clips = Footage(tmp_path, SHAPE, lambda done, total: told.append((done, total)))
    assert len(clips) == clips.summary.num_used == 1
    skipped = {path.name: why for path, why in clips.summary.skipped.items()}
    assert set(skipped) == {"short.mp4", "broken.mp4", "gone.mp4", "cut.mp4"}
    assert "too short" in skipped["short.mp4"]
    assert "does not exist" in skipped["gone.mp4"]
    for name in skipped:
        assert name in caplog.text
    assert told[-1] == (5, 5)


def test_a_folder_without_usable_clips_is_one_error(tmp_path):
    with pytest.raises(UserError, match=r"neither clips named in captions\.jsonl nor subfolders"):
        Footage(tmp_path, SHAPE)
    caption(tmp_path, {"file": "gone.mp4", "caption": "words"})
    with pytest.raises(UserError, match=r"none of the 1 clips .*gone\.mp4 does not exist"):
        Footage(tmp_path, SHAPE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", "line 2 of .* is no JSON"),
        ("[1]", "line 2 of .* names no file"),
        ({"caption": "words"}, "line 2 of .* names no file"),
        ({"file": 7, "caption": "words"}, "line 2 of .* names no file"),
        ({"file": "a.mp4"}, 'line 2 of .* needs a "caption"'),
        ({"file": "a.mp4", "caption": "  "}, 'line 2 of .* needs a "caption"'),
        ({"file": "a.mp4", "captions": []}, 'line 2 of .* needs a "caption"'),
        ({"file": "a.mp4", "captions": "words"}, 'line 2 of .* needs a "caption"'),
        ({"file": "a.mp4", "captions": ["words", 7]}, 'line 2 of .* needs a "caption"'),
    ],
)
def test_a_wrong_line_is_told_with_its_number(tmp_path, line, message):
    film(tmp_path / "a.mp4")
    caption(tmp_path, {"file": "a.mp4", "caption": "words"}, line)
    with pytest.raises(UserError, match=message):
        Footage(tmp_path, SHAPE)


def test_captions_that_are_no_text_are_told(tmp_path):
    (tmp_path / "captions.jsonl").write_bytes(b"\xff\xfe\x00broken")
    with pytest.raises(UserError, match="no UTF-8"):
        Footage(tmp_path, SHAPE)


def test_a_long_clip_gives_stretches_from_everywhere_the_same_for_the_same_numbers(tmp_path):
    film(tmp_path / "a.mp4", num_frames=24)
    caption(tmp_path, {"file": "a.mp4", "caption": "words"})
    clips = Footage(tmp_path, SHAPE)
    starts = []
    for seed in range(40):
        frames = clips.get(0, Stream(seed, "a")).frames
        assert (frames == clips.get(0, Stream(seed, "a")).frames).all()
        starts.append(round(float(frames[0].mean()) / 6))
    assert min(starts) <= 2
    assert max(starts) >= 18


def test_a_clip_that_breaks_in_the_middle_gives_its_beginning(tmp_path, monkeypatch):
    film(tmp_path / "a.mp4", num_frames=24)
    caption(tmp_path, {"file": "a.mp4", "caption": "words"})
    clips = Footage(tmp_path, SHAPE)
    read = codec.read_video

    def fragile(path, num_frames, size, fps, start_s):
        if start_s > 0:
            raise UserError("damaged")
        return read(path, num_frames, size, fps, start_s)

    monkeypatch.setattr(codec, "read_video", fragile)
    assert round(float(clips.get(0, Stream(1, "a")).frames[0].mean()) / 6) == 0
