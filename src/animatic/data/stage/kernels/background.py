"""Everything but the actor: one ray a sample, to the ground or past it."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from animatic.data.stage.kernels.basin import deck, inside_basin, pool
from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.open_water import sea, surf
from animatic.data.stage.kernels.parameters import BEACH, ICE, POOL, SEA, Camera, Scene
from animatic.data.stage.kernels.polynomials import halvings
from animatic.data.stage.kernels.sight import Mirror, Sight, point_at, ray
from animatic.data.stage.kernels.sky import surroundings
from animatic.data.stage.kernels.solid_ground import fogged, ice, land, shore, shoreline
from animatic.data.stage.kernels.texture import Texels
from animatic.data.stage.kernels.vectors import Vector

FAR = 1e9
"""Metres: the distance of what is behind everything."""

_HORIZON_M = 400.0


class Canvas(NamedTuple):
    """A picture in the making, at the resolution of samples.

    `colour` is linear and may exceed 1; `distance` is in metres from the eye; `lit` is 1 in
    the sun; `owner` and `nearness` belong to the rasteriser.
    """

    colour: Float32[np.ndarray, "h w 3"]
    distance: Float32[np.ndarray, "h w"]
    lit: Float32[np.ndarray, "h w"]
    mirror: Mirror
    owner: Int32[np.ndarray, "h w"]
    nearness: Float32[np.ndarray, "h w"]


def new_canvas(size: int) -> Canvas:
    """Return an empty canvas of `size` times `size` samples."""
    square = (size, size)
    return Canvas(
        colour=np.zeros((*square, 3), np.float32),
        distance=np.full(square, FAR, np.float32),
        lit=np.ones(square, np.float32),
        mirror=np.zeros((*square, 4), np.float32),
        owner=np.full(square, -1, np.int32),
        nearness=np.zeros(square, np.float32),
    )


@compiled
def draw_background(canvas: Canvas, camera: Camera, scene: Scene, texels: Texels) -> None:
    """Fill the canvas' colour and distance; its shadow and mirror image must be drawn already."""
    height, width = canvas.distance.shape
    colour, distance, lit, mirror = canvas.colour, canvas.distance, canvas.lit, canvas.mirror
    for row in range(height):
        for column in range(width):
            x, y = 2.0 * (column + 0.5) / width - 1.0, 1.0 - 2.0 * (row + 0.5) / height
            direction = ray(camera, x, y)
            reach = _ground_distance(scene, camera.eye, direction)
            if reach > _HORIZON_M:
                if scene.hall.half_length == 0.0:
                    direction = (direction[0], max(direction[1], 0.0), direction[2])
                seen, reach = surroundings(texels, scene, camera.eye, direction), FAR
            else:
                texel_m = reach * 2.0 * camera.slope / height * 64.0
                level = halvings(texel_m * _steepness(direction[1]))
                shade = float(lit[row, column])
                sight = Sight(row, column, camera.eye, direction, reach, level, shade)
                seen, reach = _ground(texels, mirror, scene, sight)
                seen = fogged(seen, scene, reach)
            for channel in range(3):
                colour[row, column, channel] = seen[channel]
            distance[row, column] = reach


@inlined
def _ground_distance(scene: Scene, eye: Vector, direction: Vector) -> float:
    """Return the distance to the plane of the ground, or `FAR` if sky or wall come first."""
    if direction[1] >= -1e-4:
        return FAR
    distance = -eye[1] / direction[1]
    if distance <= 0.0:
        return FAR
    hall = scene.hall
    x, z = eye[0] + direction[0] * distance, eye[2] + direction[2] * distance
    if hall.half_length > 0.0 and (abs(x) > hall.half_width or abs(z) > hall.half_length):
        return FAR
    return distance


@inlined
def _steepness(fall: float) -> float:
    """Return how much longer a pixel's footprint is for a grazing ray, at most 2.6 times."""
    return 1.0 / math.sqrt(max(0.15, -fall))


@inlined
def _ground(texels: Texels, mirror: Mirror, scene: Scene, sight: Sight) -> tuple[Vector, float]:
    kind = scene.ground.kind
    if kind == SEA:
        return sea(texels, mirror, scene, sight)
    if kind == ICE:
        return ice(texels, mirror, scene, sight)
    x, _, z = point_at(sight, sight.distance)
    if kind == POOL:
        if inside_basin(scene, x, z):
            return pool(texels, mirror, scene, sight)
        return deck(texels, scene, sight)
    if kind == BEACH:
        inland = shoreline(scene, x) - z
        if inland < 0.0:
            return surf(texels, mirror, scene, sight, -inland)
        return shore(texels, scene, sight, inland)
    return land(texels, scene, sight)
