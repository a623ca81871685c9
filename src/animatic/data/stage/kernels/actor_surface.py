"""The actor on the canvas: shadow, mirror image, and the lit mesh in and out of the water."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from animatic.data.stage.kernels.background import Canvas
from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.parameters import RIPPLED_MIRROR, Camera, Scene
from animatic.data.stage.kernels.polynomials import decay
from animatic.data.stage.kernels.raster import NOBODY, Faces, Points, weights
from animatic.data.stage.kernels.solid_ground import fogged
from animatic.data.stage.kernels.vectors import Vector, added, dot, scaled, tinted

_CLEARANCE_M = 0.02  # feet stand on the ground, not in it


class Placed(NamedTuple):
    """A mesh in the world and on the screen; normals and colours belong to the vertices."""

    points: Points
    normals: Points
    colours: Float64[np.ndarray, "n 3"]
    faces: Faces
    screen: Points


@compiled
def darken_shadow(canvas: Canvas, darkness: float) -> None:
    """Take the light from the samples that the rasterised shadow covers."""
    for row in range(canvas.lit.shape[0]):
        for column in range(canvas.lit.shape[1]):
            covered = canvas.owner[row, column] != NOBODY
            canvas.lit[row, column] = 1.0 - darkness if covered else 1.0


@compiled
def draw_mirror_image(canvas: Canvas, mesh: Placed, camera: Camera, scene: Scene) -> None:
    """Fill the canvas' mirror with the rasterised, mirrored mesh."""
    for row in range(canvas.owner.shape[0]):
        for column in range(canvas.owner.shape[1]):
            face = canvas.owner[row, column]
            canvas.mirror[row, column, 3] = 0.0
            if face == NOBODY:
                continue
            _, colour = _spot(mesh, camera, scene, face, row, column)
            for channel in range(3):
                canvas.mirror[row, column, channel] = colour[channel]
            canvas.mirror[row, column, 3] = 1.0


@compiled
def draw_mesh(canvas: Canvas, mesh: Placed, camera: Camera, scene: Scene) -> None:
    """Lay the rasterised mesh over the canvas where nothing stands before it."""
    in_sea = scene.ground.mirror == RIPPLED_MIRROR
    for row in range(canvas.owner.shape[0]):
        for column in range(canvas.owner.shape[1]):
            face = canvas.owner[row, column]
            if face == NOBODY:
                continue
            spot, colour = _spot(mesh, camera, scene, face, row, column)
            away = _minus(spot, camera.eye)
            distance = math.sqrt(dot(away, away))
            behind = canvas.distance[row, column]
            share = 1.0
            if in_sea and spot[1] < 0.0:
                if behind < distance - 3.5:
                    continue
                share = decay(-2.2 * spot[1]) * 0.62
                colour = tinted(colour, (0.5 + 0.5 * scene.water.colour[0], 0.85, 0.9))
            elif distance >= behind + _CLEARANCE_M:
                continue
            else:
                colour = fogged(colour, scene, distance)
                canvas.distance[row, column] = distance
            for channel in range(3):
                below = float(canvas.colour[row, column, channel])
                canvas.colour[row, column, channel] = below + (colour[channel] - below) * share


@inlined
def _spot(
    mesh: Placed, camera: Camera, scene: Scene, face: int, row: int, column: int
) -> tuple[Vector, Vector]:
    """Return the place in the world that a sample shows of a face, and its lit colour."""
    a, b, c = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
    wa, wb, wc = weights(mesh.screen, a, b, c, column + 0.5, row + 0.5)
    # Perspective: what is linear in the world is linear on the screen after division by depth.
    wa, wb, wc = wa / mesh.screen[a, 2], wb / mesh.screen[b, 2], wc / mesh.screen[c, 2]
    whole = wa + wb + wc
    corners, parts = (a, b, c), (wa / whole, wb / whole, wc / whole)
    spot = _interpolated(mesh.points, corners, parts)
    normal = _interpolated(mesh.normals, corners, parts)
    normal = scaled(normal, 1.0 / math.sqrt(dot(normal, normal) + 1e-12))
    colour = _interpolated(mesh.colours, corners, parts)
    return spot, _lit(scene, colour, normal, _minus(spot, camera.eye))


@inlined
def _interpolated(
    values: Points, corners: tuple[int, int, int], parts: tuple[float, float, float]
) -> Vector:
    (a, b, c), (wa, wb, wc) = corners, parts
    return (
        values[a, 0] * wa + values[b, 0] * wb + values[c, 0] * wc,
        values[a, 1] * wa + values[b, 1] * wb + values[c, 1] * wc,
        values[a, 2] * wa + values[b, 2] * wb + values[c, 2] * wc,
    )


@inlined
def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def _lit(scene: Scene, colour: Vector, normal: Vector, away: Vector) -> Vector:
    """Return a surface's colour under sun and sky, with a bright rim where it turns away."""
    light, air = scene.light, scene.air
    facing = dot(normal, away) / math.sqrt(dot(away, away))
    if facing > 0.0:  # sails and kites have two sides
        normal = scaled(normal, -1.0)
    sun = max(dot(normal, light.direction) * 0.85 + 0.15, 0.0) * light.sun
    ambient = light.ambient * (0.62 + 0.38 * normal[1])
    strength = added(scaled(light.ambient_colour, ambient), scaled(light.sun_colour, sun))
    edge = 1.0 - abs(facing)
    rim = edge * edge * edge * 0.15 * light.ambient
    return added(tinted(colour, strength), scaled(air.horizon, rim))
