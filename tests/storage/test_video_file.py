import os
import resource

import av
import numpy as np
import pytest
from PIL import Image

from animatic.errors import UserError
from animatic.storage.video_file import WRITERS, check_output, write_sheet, write_video
from animatic.types import Video


@pytest.fixture
def video():
    rows, columns = np.mgrid[:17, :21]
    picture = np.stack([rows * 12, columns * 12, 255 - rows * 12], -1).astype(np.uint8)
    return Video(np.stack([np.roll(picture, frame, 1) for frame in range(9)]), 12.0)


def test_mp4_is_what_every_browser_plays(tmp_path, video):
    path = tmp_path / "a.mp4"
    write_video(path, video, scale=3)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.height, stream.width) == (52, 64), "51 and 63, made even"
        assert float(stream.average_rate) == 12.0
        assert stream.frames == 9
        assert stream.codec_context.colorspace == 1, "BT.709 is named"
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "plays while it loads"


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_animations_have_all_frames_size_and_time(tmp_path, video, ending):
    path = tmp_path / f"a{ending}"
    write_video(path, video, scale=2)
    with Image.open(path) as picture:
        assert (picture.size, picture.n_frames) == ((42, 34), 9)
        assert picture.info["loop"] == 0
        length_ms = 0
        for frame in range(9):
            picture.seek(frame)
            picture.load()
            length_ms += picture.info["duration"]
            error = np.asarray(picture.convert("RGB")).astype(int)[::2, ::2] - video.frames[frame]
            assert np.abs(error).mean() < 12
    assert length_ms == 750


def test_png_shows_all_frames_in_reading_order(tmp_path, video):
    write_video(tmp_path / "a.png", video)
    with Image.open(tmp_path / "a.png") as picture:
        sheet = np.asarray(picture)
    assert (sheet[4:21, 4:25] == video.frames[0]).all()
    assert (sheet[4:21, 29:50] == video.frames[1]).all()
    assert (sheet[25:42, 4:25] == video.frames[8]).all()


def test_a_sheet_has_a_row_and_a_label_for_each_clip(tmp_path, video):
    dark = Video(np.zeros_like(video.frames), 12.0)
    for labels in (None, ["first", "second, with more words than fit on one line"]):
        write_sheet(tmp_path / "a.png", [video, dark], 3, 2, labels)
        with Image.open(tmp_path / "a.png") as picture:
            sheet = np.asarray(picture)
        assert sheet.shape[1] == 4 + 3 * (42 + 4)
        black = (sheet == 0).all(-1)
        rows = np.flatnonzero(black[:, 4:46].all(1))
        assert len(rows) == 34, "one row of frames is black"
        above = sheet[: rows[0] - 4 - (0 if labels is None else 1), :]
        assert len(np.unique(above)) > 2
    heights = []
    for labels in (None, ["a", "b"], ["a", "long words " * 9]):
        write_sheet(tmp_path / "a.png", [video, dark], 3, 2, labels)
        with Image.open(tmp_path / "a.png") as picture:
            heights.append(picture.height)
    assert heights == sorted(set(heights)), "labels take room, long ones more"


@pytest.mark.parametrize("ending", WRITERS)
def test_nothing_is_left_when_writing_fails(tmp_path, video, ending):
    path = tmp_path / f"a{ending}"
    path.write_text("old")
    noise = Video(np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), np.uint8), 12.0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, before[1]))
    try:
        with pytest.raises(UserError, match="cannot write"):
            write_video(path, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.avi", r"ends in '\.avi'; give one of \.mp4, \.gif, \.webp, \.png"),
        ("a", "has no ending"),
        ("nowhere/a.mp4", "does not exist"),
        ("folder.mp4", "is a folder"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused(tmp_path, video, name, message):
    (tmp_path / "folder.mp4").mkdir()
    for refuse in (check_output, lambda path: write_video(path, video)):
        with pytest.raises(UserError, match=message):
            refuse(tmp_path / name)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(UserError, match="cannot be written"):
        check_output(tmp_path / "a.mp4")


def test_endings_may_be_capitals(tmp_path, video):
    write_video(tmp_path / "a.GIF", video)
    with Image.open(tmp_path / "a.GIF") as picture:
        assert picture.format == "GIF"


def test_a_scale_below_one_is_refused(tmp_path, video):
    with pytest.raises(UserError, match="scale is 0"):
        write_video(tmp_path / "a.mp4", video, scale=0)
    assert not list(tmp_path.iterdir())


def test_a_sheet_is_a_png(tmp_path, video):
    with pytest.raises(UserError, match=r"a contact sheet is a \.png"):
        write_sheet(tmp_path / "a.gif", [video])
