"""First frames of photos, animations and videos: cropped or whole, never squeezed."""

import numpy as np
import pytest
from PIL import Image

from animatic.errors import UserError
from animatic.storage import codec
from animatic.storage.given import read_given

SIZE = (16, 16)


def thirds(height, width):
    """Red, green and blue along the longer side."""
    picture = np.zeros((height, width, 3), np.uint8)
    for channel, part in enumerate(np.array_split(np.arange(max(height, width)), 3)):
        if width >= height:
            picture[:, part, channel] = 255
        else:
            picture[part, :, channel] = 255
    return picture


@pytest.mark.parametrize(("height", "width"), [(30, 90), (90, 30)])
@pytest.mark.parametrize("ending", ["png", "mp4"])
def test_another_aspect_is_cropped_or_set_between_bars(tmp_path, height, width, ending):
    path, picture = tmp_path / f"a.{ending}", thirds(height, width)
    if ending == "png":
        Image.fromarray(picture).save(path)
    else:
        codec.encode(path, np.stack([picture] * 4), 12.0, codec.TRAINING)
    (cropped,) = read_given(path, [1], SIZE, 12.0).astype(int)
    assert cropped.shape == (16, 16, 3)
    assert (cropped[..., 1] > 180).mean() > 0.85
    (whole,) = read_given(path, [1], SIZE, 12.0, whole=True).astype(int)
    upright = whole if width > height else whole.transpose(1, 0, 2)
    assert upright[:5].max() < 40
    assert upright[-5:].max() < 40
    for place, channel in ((2, 0), (8, 1), (13, 2)):
        assert upright[8, place, channel] > 180


def test_a_photo_is_what_a_person_sees(tmp_path):
    turned = Image.fromarray(thirds(30, 90))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    (frame,) = read_given(tmp_path / "turned.jpg", [1], SIZE, 12.0, whole=True)
    assert frame[1:4, 7:9, 0].min() > 150
    clear = np.zeros((20, 20, 4), np.uint8)
    clear[:10, :, 3] = 255
    Image.fromarray(clear).save(tmp_path / "clear.png")
    (frame,) = read_given(tmp_path / "clear.png", [1], SIZE, 12.0)
    assert frame[:7].max() == 0
    assert frame[9:].min() == 255
    deep = np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    (frame,) = read_given(tmp_path / "deep.png", [1], SIZE, 12.0)
    assert frame.min() < 12
    assert frame.max() > 243
    Image.new("L", (20, 20), 77).save(tmp_path / "grey.png")
    assert (read_given(tmp_path / "grey.png", [1], SIZE, 12.0) == 77).all()


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_an_animation_is_read_at_the_rate_that_is_wanted(tmp_path, ending):
    pictures = [Image.new("RGB", (20, 20), (40 * n, 40 * n, 40 * n)) for n in range(6)]
    path = tmp_path / f"a.{ending}"
    extra = {"lossless": True} if ending == "webp" else {}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, **extra)
    frames = read_given(path, [6], SIZE, 10.0)
    assert np.abs(frames[:, 0, 0, 0].astype(int) - 40 * np.arange(6)).max() < 3
    halved = read_given(path, [3], SIZE, 5.0)
    assert np.abs(halved[:, 0, 0, 0].astype(int) - 80 * np.arange(3)).max() < 3
    assert len(read_given(path, [1, 5], SIZE, 10.0)) == 5
    assert len(read_given(path, [1, 50], SIZE, 10.0)) == 1
    with pytest.raises(UserError, match="too short: 50 frames at 10 fps are needed, it has 6"):
        read_given(path, [50], SIZE, 10.0)


def test_a_video_gives_as_many_frames_as_it_has(tmp_path):
    path = tmp_path / "a.mp4"
    codec.encode(path, np.stack([thirds(32, 32)] * 6), 12.0, codec.TRAINING)
    assert len(read_given(path, [1, 5], SIZE, 12.0)) == 5
    assert len(read_given(path, [1, 8], SIZE, 12.0)) == 1
    with pytest.raises(UserError, match="too short: 8 frames at 12 fps"):
        read_given(path, [8], SIZE, 12.0)


@pytest.mark.parametrize("ending", ["tif", "mpo"])
def test_another_picture_in_the_same_photo_is_no_later_frame(tmp_path, ending):
    """As scanners write them, and telephones: one JPEG behind another."""
    path = tmp_path / f"a.{ending}"
    pictures = [Image.new("RGB", (20, 20), (40 + 100 * n,) * 3) for n in range(2)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    frames = read_given(path, [1, 5], SIZE, 25.0)
    assert len(frames) == 1
    assert abs(int(frames[0, 0, 0, 0]) - 40) < 3


def test_a_strip_between_bars_is_one_pixel_at_least(tmp_path):
    Image.new("RGB", (4000, 8), "white").save(tmp_path / "strip.png")
    (frame,) = read_given(tmp_path / "strip.png", [1], SIZE, 12.0, whole=True)
    assert (frame.max(axis=(1, 2)) == 255).sum() == 1


def test_what_is_no_picture_is_refused_in_one_line(tmp_path):
    (tmp_path / "text.png").write_bytes(b"words")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    for name, line in (
        ("gone.png", "there is no file"),
        ("text.png", "cannot be read as a video"),
        ("dot.png", "is 1x1; it must be 8x8 at least"),
        ("half.png", "cannot be read as a photo"),
    ):
        with pytest.raises(UserError, match=line):
            read_given(tmp_path / name, [1], SIZE, 12.0)
