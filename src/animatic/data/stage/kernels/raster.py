"""The rasteriser: which triangle of a mesh is nearest at each sample."""

import math

import numpy as np
from jaxtyping import Float32, Float64, Int32

from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.parameters import Camera
from animatic.data.stage.kernels.vectors import Vector, dot

NOBODY = -1
"""The owner of a sample that no triangle covers."""

_NEAREST_M = 0.1
_GRID = 16384.0

Points = Float64[np.ndarray, "n 3"]
Faces = Int32[np.ndarray, "m 3"]


@inlined
def on_grid(x: float) -> float:
    """Round to a multiple of 2^-14, so that no last bit of a sine can reach a pixel."""
    return math.floor(x * _GRID + 0.5) / _GRID


@compiled
def place(points: Points, cosine: float, sine: float, offset: Vector, placed: Points) -> None:
    """Turn points about the upright axis, move them, and round them to the grid.

    `cosine` and `sine` are of the heading: forward (0, 0, 1) becomes (sine, 0, cosine).
    """
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        placed[i, 0] = on_grid(x * cosine + z * sine + offset[0])
        placed[i, 1] = on_grid(y + offset[1])
        placed[i, 2] = on_grid(z * cosine - x * sine + offset[2])


@compiled
def project(points: Points, camera: Camera, size: int, screen: Points) -> None:
    """Write each point's column and row on a square canvas, and its depth before the eye."""
    for i in range(points.shape[0]):
        away = (
            points[i, 0] - camera.eye[0],
            points[i, 1] - camera.eye[1],
            points[i, 2] - camera.eye[2],
        )
        depth = dot(away, camera.forward)
        half_view = max(depth, 0.05) * camera.slope
        screen[i, 0] = (dot(away, camera.right) / half_view * 0.5 + 0.5) * size
        screen[i, 1] = (0.5 - dot(away, camera.up) / half_view * 0.5) * size
        screen[i, 2] = depth


@compiled
def drop_shadow(points: Points, towards_sun: Vector, dropped: Points) -> None:
    """Write where each point's shadow falls on the ground; a low sun's is kept short."""
    height = max(towards_sun[1], 0.2)
    for i in range(points.shape[0]):
        steps = max(points[i, 1], 0.0) / height
        dropped[i, 0] = points[i, 0] - steps * towards_sun[0]
        dropped[i, 1] = 0.0
        dropped[i, 2] = points[i, 2] - steps * towards_sun[2]


@inlined
def weights(
    screen: Points, a: int, b: int, c: int, x: float, y: float
) -> tuple[float, float, float]:
    """Return a point's barycentric weights in a triangle; all are positive inside."""
    xa, ya, xb, yb = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
    xc, yc = screen[c, 0], screen[c, 1]
    area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
    if abs(area) < 1e-9:
        return -1.0, -1.0, -1.0
    first = ((xb - x) * (yc - y) - (xc - x) * (yb - y)) / area
    second = ((xc - x) * (ya - y) - (xa - x) * (yc - y)) / area
    return first, second, 1.0 - first - second


@inlined
def _between(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the first sample whose centre is not below `low`, and the one past the last."""
    first = math.ceil(max(low, 0.0) - 0.5)
    last = math.floor(min(high, float(size)) - 0.5)
    return max(int(first), 0), min(int(last), size - 1) + 1


@compiled
def rasterise(
    screen: Points,
    faces: Faces,
    owner: Int32[np.ndarray, "h w"],
    nearness: Float32[np.ndarray, "h w"],
) -> None:
    """Write the nearest face at each sample's centre, or `NOBODY`, and one over its depth.

    Faces that reach behind the eye are left out.
    """
    size = owner.shape[0]
    owner[:] = NOBODY
    nearness[:] = 0.0
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        if min(screen[a, 2], screen[b, 2], screen[c, 2]) < _NEAREST_M:
            continue
        left = min(screen[a, 0], screen[b, 0], screen[c, 0])
        right = max(screen[a, 0], screen[b, 0], screen[c, 0])
        top = min(screen[a, 1], screen[b, 1], screen[c, 1])
        bottom = max(screen[a, 1], screen[b, 1], screen[c, 1])
        first_row, past_row = _between(top, bottom, size)
        first_column, past_column = _between(left, right, size)
        for row in range(first_row, past_row):
            for column in range(first_column, past_column):
                wa, wb, wc = weights(screen, a, b, c, column + 0.5, row + 0.5)
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                near = wa / screen[a, 2] + wb / screen[b, 2] + wc / screen[c, 2]
                if near > nearness[row, column]:
                    nearness[row, column] = near
                    owner[row, column] = face
