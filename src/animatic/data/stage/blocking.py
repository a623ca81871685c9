"""Where the person goes: a straight way through the scene, in or on its water."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from animatic.data.stage.kernels.actor_surface import Placed
from animatic.data.stage.kernels.parameters import SEA
from animatic.data.stage.kernels.raster import place
from animatic.data.stage.kernels.vectors import Vector
from animatic.data.stage.kernels.waves import swell
from animatic.data.stage.performance import Moment, Performance
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.scenes import Setting

_FASTEST_IN_POOL_M_S = 2.2
_FLOAT_SHARE = 0.9  # of a wave's height that a floating body follows
_POOL_STEP_M = 0.2
_GROWN_UP_M = 1.75
_NOWHERE = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Path:
    """A straight way over the ground that passes the origin in the middle of the clip.

    `heading` is in radians from +z towards +x.
    """

    heading: float
    speed_m_s: float

    def at(self, time_s: float) -> Vector:
        """Return the place at a time; time 0 is the clip's middle."""
        return self.turned((0.0, 0.0, self.speed_m_s * time_s))

    def turned(self, a: Sequence[float]) -> Vector:
        """Return a vector of the actor's frame as it lies in the world."""
        cosine, sine = math.cos(self.heading), math.sin(self.heading)
        return a[0] * cosine + a[2] * sine, a[1], a[2] * cosine - a[0] * sine


class Stand(NamedTuple):
    """The actor in the world at one instant; `time_s` counts from the first frame."""

    mesh: Placed
    moment: Moment
    offset: Vector
    focus: Vector
    time_s: float


def choose_path(stream: Stream, performance: Performance, scene: str) -> Path:
    """Draw where to go: along the shore or the pool's lanes if there are any."""
    turn, back = stream.uniform(), stream.chance(0.5)
    heading = 2.0 * math.pi * turn
    if scene == "beach":
        heading = math.pi * (0.5 + back) + 0.7 * (turn - 0.5)
    if scene == "pool":
        heading = math.pi * back + 0.2 * (turn - 0.5)
    fastest = _FASTEST_IN_POOL_M_S if scene == "pool" else math.inf
    return Path(heading, min(performance.speed_m_s, fastest))


def stand_at(
    time_s: float, middle_s: float, performance: Performance, path: Path, setting: Setting
) -> Stand:
    """Return the actor at a time after the first frame."""
    moment = performance.at(time_s)
    x, _, z = path.at(time_s - middle_s)
    height = _height_over_ground(performance, setting, (x, 0.0, z), time_s)
    offset = (x, height, z)
    centre = _focus_in_actor_frame(performance, moment)
    focus_x, focus_y, focus_z = path.turned(centre)
    focus = (x + focus_x, focus_y + 0.5 * min(height, 0.0), z + focus_z)
    return Stand(_placed(moment, path, offset), moment, offset, focus, time_s)


def _height_over_ground(
    performance: Performance, setting: Setting, spot: Vector, time_s: float
) -> float:
    """Return how far the actor's frame lies above the ground or the calm water."""
    staging, scene = performance.staging, setting.scene
    if not setting.wet:
        return 0.0
    if scene.ground.kind == SEA:
        if not staging.floats:
            return -staging.depth_m
        amplitude = scene.water.amplitude
        return _FLOAT_SHARE * swell(amplitude, spot[0], spot[2], scene.time_s + time_s)
    if staging.floats:
        return 0.01 * math.sin(5.0 * time_s)
    return -min(scene.pool.depth, staging.depth_m + _POOL_STEP_M)


def _focus_in_actor_frame(performance: Performance, moment: Moment) -> Vector:
    """Return the point to look at; on the feet it scales with the person."""
    staging = performance.staging
    scale = 1.0 if staging.floats else performance.appearance.height_m / _GROWN_UP_M
    x, y, z = (
        scale * float(focus) + float(drift)
        for focus, drift in zip(staging.focus_m, moment.drift, strict=True)
    )
    return x, y, z


def _placed(moment: Moment, path: Path, offset: Vector) -> Placed:
    mesh = moment.mesh
    vertices = np.ascontiguousarray(mesh.vertices, np.float64)
    points, normals = np.empty_like(vertices), np.empty_like(vertices)
    cosine, sine = math.cos(path.heading), math.sin(path.heading)
    place(vertices, cosine, sine, offset, points)
    place(np.ascontiguousarray(mesh.normals, np.float64), cosine, sine, _NOWHERE, normals)
    colours = np.ascontiguousarray(mesh.colours, np.float64)
    faces = np.ascontiguousarray(mesh.faces, np.int32)
    return Placed(points, normals, colours, faces, np.empty_like(points))
