"""Vectors, rotations and easing, compiled so that a pose costs microseconds.

Frame of reference: y up, the person faces +z, the person's left is +x. Lengths are metres, angles
radians. A rotation is a 3x3 matrix that turns column vectors.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from animatic.data.stage.kernels.compiler import compiled

Vector: TypeAlias = Float[np.ndarray, "3"]
Rotation: TypeAlias = Float[np.ndarray, "3 3"]

UP = np.array((0.0, 1.0, 0.0))
FORWARD = np.array((0.0, 0.0, 1.0))
LEFT = np.array((1.0, 0.0, 0.0))
UPRIGHT = np.eye(3)

TINY = 1e-12
"""Keeps a division by a length finite."""


def vector(x: float | int, y: float | int, z: float | int) -> Vector:
    """Return the vector with these coordinates."""
    return np.array((x, y, z), dtype=np.float64)


@compiled
def about_x(angle: float) -> Rotation:
    """Return the rotation about +x: positive angles tip an upright body forward."""
    return _in_plane(1, 2, angle)


@compiled
def about_y(angle: float) -> Rotation:
    """Return the rotation about +y: positive angles turn a body to its left."""
    return _in_plane(2, 0, angle)


@compiled
def about_z(angle: float) -> Rotation:
    """Return the rotation about +z: positive angles tip an upright body to its right."""
    return _in_plane(0, 1, angle)


@compiled
def _in_plane(first: int, second: int, angle: float) -> Rotation:
    """Return the rotation that carries one axis towards another and leaves the third alone."""
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.eye(3)
    turn[first, first] = turn[second, second] = cos
    turn[first, second] = -sin
    turn[second, first] = sin
    return turn


@compiled
def length(v: Vector) -> float:
    """Return the length of a vector."""
    return math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


@compiled
def unit(v: Vector) -> Vector:
    """Return the vector scaled to length one; a zero vector stays zero."""
    return v / (length(v) + TINY)


@compiled
def cross(a: Vector, b: Vector) -> Vector:
    """Return the cross product (numpy's own takes twenty times longer for one pair)."""
    product = np.empty(3)
    product[0] = a[1] * b[2] - a[2] * b[1]
    product[1] = a[2] * b[0] - a[0] * b[2]
    product[2] = a[0] * b[1] - a[1] * b[0]
    return product


@compiled
def times(turn: Rotation, other: Rotation) -> Rotation:
    """Return the matrix product, added up in a fixed order whatever the processor."""
    product = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            product[i, j] = (
                turn[i, 0] * other[0, j] + turn[i, 1] * other[1, j] + turn[i, 2] * other[2, j]
            )
    return product


@compiled
def turned(turn: Rotation, v: Vector) -> Vector:
    """Return the turned vector, added up in a fixed order whatever the processor."""
    result = np.empty(3)
    for i in range(3):
        result[i] = turn[i, 0] * v[0] + turn[i, 1] * v[1] + turn[i, 2] * v[2]
    return result


@compiled
def upright_frame(up: Vector, forward: Vector) -> Rotation:
    """Return the rotation that takes +y to `up` and +z as near to `forward` as that allows."""
    y = unit(up)
    x = unit(cross(y, forward))
    z = cross(x, y)
    frame = np.empty((3, 3))
    frame[:, 0] = x
    frame[:, 1] = y
    frame[:, 2] = z
    return frame


@compiled
def halfway(turn: Rotation, other: Rotation) -> Rotation:
    """Return a rotation midway between two that are less than half a turn apart."""
    return upright_frame(turn[:, 1] + other[:, 1], turn[:, 2] + other[:, 2])


@compiled
def shortest_turn(start: Vector, end: Vector) -> Rotation:
    """Return the smallest rotation that takes the direction `start` to the direction `end`.

    Opposite directions have no single answer and must not be asked for.
    Source: Rodrigues' rotation formula.
    """
    a, b = unit(start), unit(end)
    v = cross(a, b)
    scale = 1.0 / (1.0 + a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + TINY)
    turn = np.zeros((3, 3))
    square = v[0] * v[0] + v[1] * v[1] + v[2] * v[2]
    for i in range(3):
        for j in range(3):
            turn[i, j] = v[i] * v[j] * scale
        turn[i, i] += 1.0 - square * scale
    turn[0, 1] -= v[2]
    turn[0, 2] += v[1]
    turn[1, 0] += v[2]
    turn[1, 2] -= v[0]
    turn[2, 0] -= v[1]
    turn[2, 1] += v[0]
    return turn


def swing(time_s: float, rate_hz: float, phase: float = 0.0) -> float:
    """Return a sine wave in [-1, 1]; the phase is in radians."""
    return math.sin(2 * math.pi * rate_hz * time_s + phase)


def ease(fraction: float) -> float:
    """Return a smooth step from 0 to 1 that starts and ends at rest.

    Source: Flash and Hogan 1985, the minimum-jerk movement between two points.
    """
    u = min(max(fraction, 0.0), 1.0)
    return u * u * u * (10 - 15 * u + 6 * u * u)


def key_pose(time_s: float, keys: Sequence[tuple[float, float]]) -> float:
    """Return the value at a time between `(time, value)` keys, eased from each to the next."""
    if time_s <= keys[0][0]:
        return keys[0][1]
    for (start, before), (end, after) in pairwise(keys):
        if time_s <= end:
            return before + (after - before) * ease((time_s - start) / (end - start))
    return keys[-1][1]
