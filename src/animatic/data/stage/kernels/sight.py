"""One ray of the camera and the spot of ground or water that it meets."""

import math
from typing import NamedTuple

from jaxtyping import Float32
from numpy import ndarray

from animatic.data.stage.kernels.compiler import inlined
from animatic.data.stage.kernels.parameters import Camera
from animatic.data.stage.kernels.polynomials import clamped
from animatic.data.stage.kernels.vectors import Vector, added, dot, mixed, scaled

Mirror = Float32[ndarray, "h w 4"]
"""The actor upside down as the ground would mirror it: colour and opacity."""


class Sight(NamedTuple):
    """A ray from `eye`, at a pixel, that meets the ground after `distance` metres.

    `level` is the mip level at which a tile of 8 m has texels of the pixel's size; `lit` is 1
    in the sun and less in the actor's shadow.
    """

    row: int
    column: int
    eye: Vector
    direction: Vector
    distance: float
    level: float
    lit: float


@inlined
def ray(camera: Camera, x: float, y: float) -> Vector:
    """Return the direction through a point of the picture: x right and y up, from -1 to 1."""
    sideways = scaled(camera.right, x * camera.slope)
    upward = scaled(camera.up, y * camera.slope)
    direction = added(added(camera.forward, sideways), upward)
    return scaled(direction, 1.0 / math.sqrt(dot(direction, direction)))


@inlined
def point_at(sight: Sight, distance: float) -> Vector:
    """Return the point of the ray at this distance from the eye."""
    return added(sight.eye, scaled(sight.direction, distance))


@inlined
def fresnel(cosine: float, most: float) -> float:
    """Return the share of light that still water mirrors (Schlick's formula), at most `most`."""
    grazing = 1.0 - cosine
    square = grazing * grazing
    return min(0.03 + 0.97 * square * square * grazing, most)


@inlined
def with_mirror_image(
    colour: Vector, mirror: Mirror, sight: Sight, shift: tuple[float, float], share: float
) -> Vector:
    """Lay the actor's mirror image over the colour.

    `shift` moves the look-up right and down, in shares of the picture, as ripples do.
    """
    height, width = mirror.shape[0], mirror.shape[1]
    row = int(clamped(sight.row + shift[1] * height, 0.0, height - 1.0))
    column = int(clamped(sight.column + shift[0] * width, 0.0, width - 1.0))
    image = (
        float(mirror[row, column, 0]),
        float(mirror[row, column, 1]),
        float(mirror[row, column, 2]),
    )
    return mixed(colour, image, mirror[row, column, 3] * share)
