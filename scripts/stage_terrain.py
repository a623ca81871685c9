"""Far views of land that does not exist: a panorama of hills or mountains around the viewer.

Land is a height in metres over a plane, x east and z north, made of smooth noise; a panorama
walks outwards from the viewer in every direction and keeps what nearer land does not hide.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

WIDTH, HEIGHT = 2048, 256
"""Pixels of a finished panorama: a full turn, and the elevations between two angles."""

_FINER = 2  # drawn so many times larger, then reduced: smooth outlines
_GRID = 256  # noise repeats after so many cells

Plane = Float[np.ndarray, "..."]
Land = Callable[[Plane, Plane], Plane]
Paint = Callable[[Plane, Plane, Plane, Plane], Float[np.ndarray, "... 3"]]
"""Colour, 0 to 255, of places (x, z) with a steepness (rise over run) and sunlight from 0 to 1."""


@dataclass(frozen=True)
class View:
    """How a panorama looks at its land.

    Attributes:
        distances_m: nearest and farthest land.
        elevations: of the lower and the upper edge, in radians.
        haze: colour of far air.
        clear_m: distance at which haze hides two thirds.
    """

    distances_m: tuple[float, float]
    elevations: tuple[float, float]
    haze: tuple[int, int, int]
    clear_m: float
    eye_m: float = 2.0


def noise(x: Plane, z: Plane, seed: int) -> Plane:
    """Return smooth noise from -1 to 1 with features one unit apart."""
    corners = np.random.default_rng(seed).uniform(-1.0, 1.0, (_GRID, _GRID))
    x0, z0 = np.floor(x).astype(int), np.floor(z).astype(int)
    across, along = _eased(x - x0), _eased(z - z0)
    near = (
        corners[z0 % _GRID, x0 % _GRID] * (1 - across)
        + corners[z0 % _GRID, (x0 + 1) % _GRID] * across
    )
    far = (
        corners[(z0 + 1) % _GRID, x0 % _GRID] * (1 - across)
        + corners[(z0 + 1) % _GRID, (x0 + 1) % _GRID] * across
    )
    return near * (1 - along) + far * along


def layered(x: Plane, z: Plane, seed: int, num_layers: int = 5) -> Plane:
    """Return noise with ever finer and weaker noise on top of it."""
    return sum(noise(x * 2.03**i, z * 2.03**i, seed + i) * 0.5**i for i in range(num_layers))


def ridged(x: Plane, z: Plane, seed: int, num_layers: int = 7) -> Plane:
    """Return noise from 0 to about 1 whose heights are sharp crests, finer ones on high land."""
    total, weight, gain = np.zeros_like(x), np.ones_like(x), 0.5
    for i in range(num_layers):
        crest = (1.0 - np.abs(noise(x * 2.07**i, z * 2.07**i, seed + i))) ** 2 * weight
        total += crest * gain
        weight, gain = np.clip(crest * 1.6, 0.0, 1.0), gain * 0.5
    return total


def panorama(land: Land, paint: Paint, view: View) -> UInt8[np.ndarray, "256 2048 4"]:
    """Return the view over a land, with clear air above it."""
    rows, columns = HEIGHT * _FINER, WIDTH * _FINER
    angles = np.arange(columns) / columns * 2 * np.pi
    east, north = np.sin(angles), np.cos(angles)
    picture, seen = np.zeros((rows, columns, 4)), np.full(columns, -1.0)
    up = np.arange(rows)[:, None]
    low, high = view.elevations
    for distance in np.geomspace(*view.distances_m, 700):
        x, z = east * distance, north * distance
        height = land(x, z)
        reached = ((height - view.eye_m) / distance - low) / (high - low) * rows
        visible = np.flatnonzero(reached > seen)
        if len(visible) == 0:
            continue
        colour = _seen_from_afar(
            land, paint, (x[visible], z[visible], height[visible]), (distance, view)
        )
        first, last = int(seen[visible].min().clip(0)), int(reached[visible].max()) + 1
        band = up[first:last]
        row, column = np.nonzero((band > seen[visible]) & (band <= reached[visible]))
        picture[first + row, visible[column]] = colour[column]
        seen[visible] = reached[visible]
    return _reduced(picture[::-1])


def _seen_from_afar(
    land: Land, paint: Paint, place: tuple[Plane, Plane, Plane], sight: tuple[float, View]
) -> Float[np.ndarray, "n 4"]:
    """Return the painted, lit and hazy colour of places at one distance."""
    (x, z, height), (distance, view) = place, sight
    step = max(1.0, distance * 0.004)
    slope_x, slope_z = (land(x + step, z) - height) / step, (land(x, z + step) - height) / step
    # The sun stands in the north-west, 35 degrees high.
    steepness = np.hypot(slope_x, slope_z)
    sun = (0.58 * slope_x - 0.58 * slope_z + 0.57) / np.hypot(steepness, 1.0)
    colour = paint(x, z, steepness, np.clip(sun, 0.0, 1.0))
    clear = np.exp(-distance / view.clear_m)
    hazy = colour * clear + np.array(view.haze) * (1.0 - clear)
    return np.concatenate([np.clip(hazy, 0, 255), np.full((len(x), 1), 255.0)], axis=1)


def _reduced(picture: Float[np.ndarray, "h w 4"]) -> UInt8[np.ndarray, "256 2048 4"]:
    blocks = picture.reshape(HEIGHT, _FINER, WIDTH, _FINER, 4)
    alpha = blocks[..., 3:].mean((1, 3))
    colour = (blocks[..., :3] * blocks[..., 3:]).mean((1, 3)) / np.maximum(alpha, 1e-9)
    return np.round(np.concatenate([colour, alpha], axis=2)).astype(np.uint8)


def _eased(share: Plane) -> Plane:
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
