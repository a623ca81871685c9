import io

import av
import numpy as np
import pytest

from animatic.errors import UserError
from animatic.storage import codec


def stage_like(num_frames=16, height=64, width=64):
    """Make a moving coloured figure on a smooth, slightly noisy ground."""
    rows, columns = np.mgrid[:height, :width]
    ground = np.stack([rows * 2, columns * 2, 128 + 40 * np.sin(columns / 5)], -1)
    noise = np.random.default_rng(0).normal(0, 4, ground.shape)
    frames = np.repeat((ground + noise)[None], num_frames, 0)
    for frame, picture in enumerate(frames):
        picture[20:44, 5 + 2 * frame : 17 + 2 * frame] = (220, 30, 60)
    return frames.clip(0, 255).astype(np.uint8)


def decibels(first, second):
    return 10 * np.log10(255**2 / np.mean((first.astype(float) - second) ** 2))


def moving_disc(number, num_frames=32, size=64):
    """A disc on a ground of noise, both moving."""
    random = np.random.default_rng(number)
    ground = random.integers(60, 200, (size, 2 * size, 3), np.uint8)
    rows, columns = np.mgrid[:size, :size]
    frames = np.stack([ground[:, t : t + size] for t in range(num_frames)])
    for t, frame in enumerate(frames):
        frame[(rows - size // 2) ** 2 + (columns - 8 - t) ** 2 < 60] = random.integers(0, 255, 3)
    return frames


def counting(num_frames, fps, path, size=(32, 32)):
    """Write a video whose n-th frame has the brightness 4 n."""
    frames = np.empty((num_frames, *size, 3), np.uint8)
    frames[:] = (4 * np.arange(num_frames, dtype=np.uint8))[:, None, None, None]
    codec.encode(path, frames, fps, codec.Coding("yuv420p", {"crf": "5", "g": "8"}))
    return path


def numbers(video):
    return [round(float(frame.mean()) / 4) for frame in video.frames]


def test_a_training_clip_keeps_38_decibels_also_in_colour():
    frames = stage_like()
    video = codec.decode(codec.encode_training_clip(frames, 12.0))
    assert video.fps == 12.0
    assert decibels(frames, video.frames) >= 38
    for channel in range(3):
        assert decibels(frames[..., channel], video.frames[..., channel]) >= 36


def test_equal_frames_give_equal_bytes():
    """Whatever lies in the memory that is used again."""
    for coding in (codec.TRAINING, codec.SCREEN):
        for number in range(3):
            frames, found = moving_disc(number), set()
            for value in range(6):
                junk = [np.full(size, 31 * value, np.uint8) for size in (2_000, 40_000, 300_000)]
                del junk
                target = io.BytesIO()
                codec.encode(target, frames, 12.0, coding)
                found.add(target.getvalue())
            assert len(found) == 1


def test_a_fraction_of_a_rate_is_kept():
    clip = codec.encode_training_clip(stage_like(4), 30000 / 1001)
    assert codec.decode(clip).fps == pytest.approx(30000 / 1001)


@pytest.mark.parametrize("damage", ["empty", "noise", "truncated"])
def test_a_damaged_clip_is_told(tmp_path, damage):
    whole = codec.encode_training_clip(stage_like(4), 12.0)
    damaged = {"empty": b"", "noise": bytes(range(256)) * 9, "truncated": whole[: len(whole) // 2]}
    path = tmp_path / "a.mp4"
    path.write_bytes(damaged[damage])
    with pytest.raises(UserError, match=r"a\.mp4 cannot be read as a video"):
        codec.decode(path)


def test_a_file_without_pictures_is_told(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(UserError, match="no pictures"):
        codec.decode(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"gone\.mp4"):
        codec.read_video(tmp_path / "gone.mp4", 4, (16, 16))


def test_all_frames_are_read_without_a_rate(tmp_path):
    video = codec.read_video(counting(20, 10.0, tmp_path / "a.mp4"), 20, (32, 32))
    assert numbers(video) == list(range(20))
    assert video.fps == 10


@pytest.mark.parametrize(
    ("fps", "start_s", "right"),
    [
        (10.0, 1.2, [12, 13, 14, 15]),
        (5.0, 0.0, [0, 2, 4, 6]),
        (5.0, 2.4, [24, 26, 28, 30]),
        (20.0, 3.0, [30, 30, 31, 31]),
        (8.0, 0.0, [0, 1, 2, 4]),
    ],
)
def test_the_frames_nearest_in_time_are_read(tmp_path, fps, start_s, right):
    path = counting(40, 10.0, tmp_path / "a.mp4")
    read = numbers(codec.read_video(path, 4, (32, 32), fps, start_s))
    assert np.abs(np.subtract(read, right)).max() <= (1 if fps in (8.0, 20.0) else 0)


@pytest.mark.parametrize(("fps", "most"), [(10.0, 20), (5.0, 10), (20.0, 40)])
def test_a_video_has_as_many_frames_as_its_length_allows(tmp_path, fps, most):
    path = counting(20, 10.0, tmp_path / "a.mp4")
    assert len(codec.read_video(path, most, (32, 32), fps).frames) == most
    with pytest.raises(UserError, match=rf"too short: {most + 1} frames at {fps:g} fps"):
        codec.read_video(path, most + 1, (32, 32), fps)


@pytest.mark.parametrize("size", [(48, 96), (96, 48)])
def test_the_middle_is_cut_out_at_the_wanted_aspect(tmp_path, size):
    height, width = size
    frames = np.zeros((2, height, width, 3), np.uint8)
    middle = slice((height - 48) // 2, (height + 48) // 2), slice((width - 48) // 2, None)
    frames[:, middle[0], middle[1].start : middle[1].start + 48] = 200
    codec.encode(tmp_path / "a.mp4", frames, 10.0, codec.TRAINING)
    read = codec.read_video(tmp_path / "a.mp4", 2, (16, 16)).frames
    assert read.shape == (2, 16, 16, 3)
    assert read[:, 1:-1, 1:-1].min() > 190


def test_shrinking_averages(tmp_path):
    frames = np.zeros((2, 64, 64, 3), np.uint8)
    frames[:, :, ::2] = 200
    codec.encode(tmp_path / "a.mp4", frames, 10.0, codec.TRAINING)
    read = codec.read_video(tmp_path / "a.mp4", 2, (8, 8)).frames
    assert np.abs(read.astype(int) - 100).max() <= 8


def test_the_length_is_told_in_seconds(tmp_path):
    assert codec.duration_s(counting(20, 10.0, tmp_path / "a.mp4")) == pytest.approx(2.0, abs=0.01)


def test_a_title_that_is_no_text_does_not_matter(tmp_path):
    """Old cameras and editors write names in any encoding."""
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "PLAINNAME"
        stream = container.add_stream("mpeg4", rate=12)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    damaged = path.read_bytes().replace(b"PLAINNAME", b"\xd3\xd3\xd3INNAME")
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    assert codec.decode(path).frames.shape == (1, 16, 16, 3)
