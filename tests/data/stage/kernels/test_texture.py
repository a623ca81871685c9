"""Textures repeat, blend between texels, and shrink."""

import numpy as np
import pytest

from animatic.data.stage.atlas import _pyramid, _texels
from animatic.data.stage.kernels.texture import SKY_WIDTH, TILE_SIZE, panorama, sample


@pytest.fixture(scope="module")
def tile() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (TILE_SIZE, TILE_SIZE, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def texels(tile) -> np.ndarray:
    ahead = np.full((5, 4), 77, np.uint8)  # an image before it, so that the offset counts
    return np.concatenate([ahead, _pyramid(tile)])


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.0), (0.25, 0.5), (0.999, 0.4), (0.3001, 0.99999)])
def test_a_tile_repeats_in_both_directions(texels, u, v):
    here = sample(texels, 5, u, v, 0.0)
    for shift_u, shift_v in ((1, 0), (0, 1), (-3, 2)):
        np.testing.assert_allclose(
            sample(texels, 5, u + shift_u, v + shift_v, 0.0), here, atol=1e-9
        )


def test_whole_coordinates_give_the_texel_itself(tile, texels):
    row, column = 11, 300
    seen = sample(texels, 5, column / TILE_SIZE, row / TILE_SIZE, 0.0)
    np.testing.assert_allclose(seen, tile[row, column] / 255.0, atol=1e-12)


def test_half_way_is_the_mean_of_neighbours_across_the_edge_too(tile, texels):
    seen = sample(texels, 5, (TILE_SIZE - 0.5) / TILE_SIZE, 0.0, 0.0)
    mean = (tile[0, -1].astype(float) + tile[0, 0]) / 2.0
    np.testing.assert_allclose(seen, mean / 255.0, atol=1e-9)


def test_each_level_averages_four_texels_of_the_one_before(tile, texels):
    mean = tile[:2, :2].astype(float).mean(axis=(0, 1))
    np.testing.assert_allclose(sample(texels, 5, 0.0, 0.0, 1.0), mean / 255.0, atol=0.6 / 255.0)
    coarse = tile[:64, :64].astype(float).mean(axis=(0, 1))
    np.testing.assert_allclose(sample(texels, 5, 0.0, 0.0, 6.0), coarse / 255.0, atol=3.0 / 255.0)


def test_a_panorama_closes_after_a_turn():
    sky = np.random.default_rng(1).integers(0, 256, (256, SKY_WIDTH, 3), dtype=np.uint8)
    texels = _texels(sky)
    before, after = (panorama(texels, 0, SKY_WIDTH, turn, 20.5) for turn in (0.9999999, 1.0000001))
    np.testing.assert_allclose(before, after, atol=1e-3)
    assert before[3] == pytest.approx(1.0)
