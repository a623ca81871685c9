"""The pack's images as kernels read them: one flat array of texels, and where each image begins."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import UInt8

from animatic.data.stage.assets import Pack, load_pack
from animatic.data.stage.kernels.texture import NUM_LEVELS, Texels
from animatic.data.stage.kernels.vectors import Vector

_HORIZON_ROWS = slice(4, 30)  # of a sky; the lowest rows hold seams of the original sky boxes


@dataclass(frozen=True, eq=False)
class Atlas:
    """Texels, and the first texel of every image: by name, or of every tree by its kind.

    `tile_colours` are tiles' mean colours and `horizons` the skies' colours low above the ground.
    """

    texels: Texels
    tiles: dict[str, int]
    skies: dict[str, int]
    backdrops: dict[str, int]
    broadleaves: tuple[int, ...]
    pines: tuple[int, ...]
    tile_colours: dict[str, Vector]
    horizons: dict[str, Vector]


@cache
def load_atlas() -> Atlas:
    """Return the atlas of the pack that ships with the package."""
    return build_atlas(load_pack())


def build_atlas(pack: Pack) -> Atlas:
    """Lay a pack's images out; tiles are followed by their smaller versions."""
    blocks: list[Texels] = []
    groups = [
        {name: _pyramid(image) for name, image in pack.tiles.items()},
        {name: _texels(image) for name, image in pack.skies.items()},
        {name: _texels(image) for name, image in pack.backdrops.items()},
        {str(i): _texels(image) for i, image in enumerate(pack.sprites)},
    ]
    places: list[dict[str, int]] = []
    first = 0
    for group in groups:
        places.append({})
        for name, block in group.items():
            places[-1][name] = first
            first += len(block)
            blocks.append(block)
    tiles, skies, backdrops, trees = places
    return Atlas(
        texels=np.concatenate(blocks),
        tiles=tiles,
        skies=skies,
        backdrops=backdrops,
        broadleaves=tuple(trees[str(i)] for i in pack.broadleaves),
        pines=tuple(trees[str(i)] for i in pack.pines),
        tile_colours={name: _mean_colour(image) for name, image in pack.tiles.items()},
        horizons={name: _mean_colour(sky[_HORIZON_ROWS]) for name, sky in pack.skies.items()},
    )


def _texels(image: UInt8[np.ndarray, "h w c"]) -> Texels:
    height, width, num_channels = image.shape
    texels = np.full((height * width, 4), 255, np.uint8)
    texels[:, :num_channels] = image.reshape(-1, num_channels)
    return texels


def _pyramid(tile: UInt8[np.ndarray, "h w 3"]) -> Texels:
    """Return a tile's texels at every level, each the rounded mean of four of the one before."""
    levels = [tile]
    for _ in range(NUM_LEVELS - 1):
        fine = levels[-1].astype(np.uint16)
        total = fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]
        levels.append(((total + 2) // 4).astype(np.uint8))
    return np.concatenate([_texels(level) for level in levels])


def _mean_colour(image: UInt8[np.ndarray, "h w 3"]) -> Vector:
    # Whole numbers until the last division, so that every machine finds the same mean.
    totals = image.astype(np.int64).sum(axis=(0, 1))
    count = 255 * image.shape[0] * image.shape[1]
    red, green, blue = (int(total) / count for total in totals)
    return red, green, blue
