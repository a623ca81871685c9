"""Snowflakes, spray, splashes and dust: small soft discs, stateless functions of time."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from animatic.data.stage.kernels.background import Canvas
from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.parameters import Camera
from animatic.data.stage.kernels.polynomials import fraction
from animatic.data.stage.kernels.vectors import Vector, added, dot, scaled

Draws = Float64[np.ndarray, "n 5"]
"""Five numbers in [0, 1) for each particle, which stay its own."""

_BOX_M, _BOX_HEIGHT_M = 9.0, 5.0
_WIND = (0.5, -1.3, 0.3)
_LIFE_S = 0.55
_HALF_GRAVITY = 4.9
_SMALLEST = 0.7  # samples: smaller discs are drawn this large and fainter


@compiled
def draw_snowfall(canvas: Canvas, camera: Camera, draws: Draws, time_s: float) -> None:
    """Draw flakes in a box that moves with the camera and in which they wrap around."""
    eye = camera.eye
    for i in range(draws.shape[0]):
        x = draws[i, 0] * _BOX_M + _WIND[0] * time_s - eye[0] + _BOX_M / 2.0
        y = draws[i, 1] * _BOX_HEIGHT_M + _WIND[1] * time_s
        z = draws[i, 2] * _BOX_M + _WIND[2] * time_s - eye[2] + _BOX_M / 2.0
        place = (
            fraction(x / _BOX_M) * _BOX_M + eye[0] - _BOX_M / 2.0,
            fraction(y / _BOX_HEIGHT_M) * _BOX_HEIGHT_M,
            fraction(z / _BOX_M) * _BOX_M + eye[2] - _BOX_M / 2.0,
        )
        _draw_disc(canvas, camera, place, 0.02, (0.97, 0.97, 0.97), 0.85)


class Puff(NamedTuple):
    """What one emitter throws up: from where, how quickly, in which colour and how much.

    `towed` is the emitter's own velocity: it leaves its particles behind. `size` is 1 for water.
    """

    origin: Vector
    velocity: Vector
    towed: Vector
    colour: Vector
    amount: float
    size: float


@compiled
def draw_puff(canvas: Canvas, camera: Camera, draws: Draws, puff: Puff, time_s: float) -> None:
    """Draw an emitter's particles; each lives half a second, then starts again."""
    spread = max(0.6, puff.amount * 0.7)
    for i in range(min(int(45.0 * min(puff.amount, 2.0)), draws.shape[0])):
        age = fraction(time_s / _LIFE_S + draws[i, 0]) * _LIFE_S
        velocity = added(scaled(puff.velocity, 0.5 + draws[i, 1]), scaled(puff.towed, -0.35))
        scatter = (
            (draws[i, 2] - 0.5) * 1.6 * spread,
            (draws[i, 3] - 0.5) * 1.2 * spread,
            (draws[i, 4] - 0.5) * 1.6 * spread,
        )
        x, y, z = added(puff.origin, scaled(added(velocity, scatter), age))
        place = (x, max(y - _HALF_GRAVITY * age * age, 0.02), z)
        radius = (0.03 + 0.07 * age) * puff.size
        _draw_disc(canvas, camera, place, radius, puff.colour, 0.75 * (1.0 - age / _LIFE_S))


@inlined
def _draw_disc(
    canvas: Canvas, camera: Camera, place: Vector, radius: float, colour: Vector, opacity: float
) -> None:
    size = canvas.distance.shape[0]
    eye = camera.eye
    away = (place[0] - eye[0], place[1] - eye[1], place[2] - eye[2])
    depth = dot(away, camera.forward)
    if depth < 0.3:
        return
    samples_per_m = size * 0.5 / (depth * camera.slope)
    column = size * 0.5 + dot(away, camera.right) * samples_per_m
    row = size * 0.5 - dot(away, camera.up) * samples_per_m
    true_radius = radius * samples_per_m
    drawn_radius = max(true_radius, _SMALLEST)
    opacity *= min(1.0, true_radius / _SMALLEST)
    for y in range(max(int(row - drawn_radius), 0), min(int(row + drawn_radius) + 1, size)):
        for x in range(
            max(int(column - drawn_radius), 0), min(int(column + drawn_radius) + 1, size)
        ):
            right, down = x + 0.5 - column, y + 0.5 - row
            cover = 1.0 - (right * right + down * down) / (drawn_radius * drawn_radius)
            if cover <= 0.0 or canvas.distance[y, x] < depth:
                continue
            for channel in range(3):
                below = float(canvas.colour[y, x, channel])
                share = opacity * cover
                canvas.colour[y, x, channel] = below + (colour[channel] - below) * share
