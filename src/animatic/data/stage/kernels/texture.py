"""Images in one flat array of RGBA texels, found by the index of their first texel.

One array and plain integers, because numba counts references to arrays that it picks from a tuple.
A tile is 512 texels square and followed by its smaller versions (256, 128 ... 8).
"""

import numpy as np
from jaxtyping import UInt8

from animatic.data.stage.kernels.compiler import inlined
from animatic.data.stage.kernels.polynomials import floor
from animatic.data.stage.kernels.vectors import Vector

Texels = UInt8[np.ndarray, "n 4"]

TILE_SIZE, NUM_LEVELS = 512, 7
SKY_WIDTH, BACKDROP_WIDTH, PANORAMA_HEIGHT = 1024, 2048, 256
SPRITE_SIZE = 256


@inlined
def blended(
    texels: Texels, corners: tuple[int, int, int, int], right: float, down: float
) -> tuple[float, float, float, float]:
    """Return the colour and opacity (0 to 1) between four texels (upper pair, then lower pair)."""
    a, b, c, d = corners
    upper, lower = (1.0 - down) / 255.0, down / 255.0
    wa, wb, wc, wd = (1.0 - right) * upper, right * upper, (1.0 - right) * lower, right * lower
    return (
        texels[a, 0] * wa + texels[b, 0] * wb + texels[c, 0] * wc + texels[d, 0] * wd,
        texels[a, 1] * wa + texels[b, 1] * wb + texels[c, 1] * wc + texels[d, 1] * wd,
        texels[a, 2] * wa + texels[b, 2] * wb + texels[c, 2] * wc + texels[d, 2] * wd,
        texels[a, 3] * wa + texels[b, 3] * wb + texels[c, 3] * wc + texels[d, 3] * wd,
    )


@inlined
def sample(texels: Texels, tile: int, u: float, v: float, level: float) -> Vector:
    """Return a tile's colour at (u, v), which repeats every 1; each level halves its resolution."""
    shrink = min(max(int(level), 0), NUM_LEVELS - 1)
    size = TILE_SIZE >> shrink
    # The levels before this one hold 512^2 (1 + 1/4 + 1/16 ...) texels.
    first = tile + ((1 << 20) - (1 << (20 - 2 * shrink))) // 3
    x, y = u * size, v * size
    left, top = floor(x), floor(y)
    across, down = x - left, y - top
    left &= size - 1
    top &= size - 1
    right, bottom = (left + 1) & (size - 1), (top + 1) & (size - 1)
    upper, lower = first + top * size, first + bottom * size
    corners = (upper + left, upper + right, lower + left, lower + right)
    red, green, blue, _ = blended(texels, corners, across, down)
    return red, green, blue


@inlined
def panorama(
    texels: Texels, first: int, width: int, turn: float, row: float
) -> tuple[float, float, float, float]:
    """Return a panorama's colour and opacity; `turn` wraps at 1, `row` counts from the horizon."""
    x = (turn - floor(turn)) * width
    left, top = int(x), min(int(row), PANORAMA_HEIGHT - 2)
    across, down = x - left, row - top
    left &= width - 1
    right = (left + 1) & (width - 1)
    upper = first + top * width
    corners = (upper + left, upper + right, upper + width + left, upper + width + right)
    return blended(texels, corners, across, down)
