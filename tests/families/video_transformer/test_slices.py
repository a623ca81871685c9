"""How clips become symbols and slices."""

import pytest
import torch
import torch.nn.functional as F

from animatic.families.video_transformer.config import PRESETS
from animatic.families.video_transformer.slices import Slices, centred, to_clips, to_symbols

TINY = [name for name in PRESETS if "tiny" in name]


def test_symbols_are_the_halves_of_bytes_colour_by_colour():
    values = torch.arange(256).reshape(1, 1, 4, 8, 8).repeat(1, 3, 1, 1, 1)
    values[:, 1] = values[:, 1].flip(1)
    clips = values / 127.5 - 1
    symbols = to_symbols(clips)
    assert symbols.shape == (1, 4, 8, 8, 6)
    assert symbols[0, 0, 2, 1].tolist() == [1, 1, 13, 1, 1, 1]
    assert torch.equal(to_symbols(to_clips(symbols)), symbols)
    assert torch.allclose(to_clips(symbols), clips)


@pytest.mark.parametrize("preset", TINY)
def test_every_pixel_is_in_one_slice(preset):
    slices = Slices(PRESETS[preset])
    seen = torch.zeros(1, *PRESETS[preset].shape[:3], dtype=torch.long)
    for number in range(len(slices)):
        part = slices.take(seen, number)
        assert part.shape[1:] == PRESETS[preset].slice_shape
        part += 1
        assert (slices.take(slices.turn[None], number) == number).all()
    assert (seen == 1).all()


def test_slices_come_in_raster_order_of_their_offsets():
    assert Slices(PRESETS["bair-small"]).offsets[:3] == [(0, 0, 0), (0, 0, 1), (0, 1, 0)]


def test_earlier_slices_and_given_frames_are_known():
    slices = Slices(PRESETS["tiny"])
    known = slices.known(3, 1)
    assert known[0].all()
    assert known[2, ::2, ::2].all()
    assert not known[2, 1::2, 1::2].any()
    assert not known[1].any()
    assert slices.open(2) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert slices.open(3) == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("step", "kernel"), [((2, 2, 2), (3, 3, 3)), ((4, 2, 2), (5, 3, 3)), ((4, 1, 1), (7, 1, 1))]
)
def test_the_convolution_is_centred_on_the_pixels_of_the_slice(step, kernel):
    """Stride and shift are the fast way; the slow one convolves everywhere and takes the slice."""
    torch.manual_seed(0)
    clip, weight = torch.randn(1, 3, 8, 8, 4), torch.randn(2, 3, *kernel)
    everywhere = F.conv3d(clip, weight, padding=tuple(size // 2 for size in kernel))
    a, b, c = step
    for offset in ((0, 0, 0), (a - 1, 0, c - 1), (a - 1, b - 1, 0)):
        shifted = centred(clip[0], offset, step, kernel)[None]
        found = F.conv3d(shifted, weight, stride=step)
        wanted = everywhere[:, :, offset[0] :: a, offset[1] :: b, offset[2] :: c]
        assert torch.allclose(found, wanted, atol=1e-5)
