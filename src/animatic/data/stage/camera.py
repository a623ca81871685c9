"""The camera of a clip: where it stands, how it moves, and that the person stays in its picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from animatic.data.stage.kernels.parameters import Camera
from animatic.data.stage.kernels.raster import Points, project
from animatic.data.stage.kernels.vectors import Vector
from animatic.data.stage.random_streams import Stream

Boxes = Float64[np.ndarray, "t 4"]
"""Left, top, right and bottom of a subject in each frame, as shares of the picture's side."""

_GRID = 16384.0

_SMALLEST_SHARE, _LARGEST_SHARE = 0.48, 0.62
"""Of the picture's height that a person fills, where the action is about the person."""

_LYING_SHARE = 0.55
"""How tall a person who lies counts as, in shares of the length: pictures are square."""

_LARGEST_LAG = 0.2
"""Of the camera's distance, that its target may trail behind a moving person."""

_WELL_INSIDE = 0.8
"""Of the subject's box, that should be in every frame."""

_NUM_CORRECTIONS, _CORRECTION = 5, 0.12
"""How often, and each time by how much, the camera goes back and trails less until that is so."""


class Subject(NamedTuple):
    """What to film at one instant: its surface, the point to look at, and the way travelled.

    Metres, in the world; `time_s` is 0 in the middle of the clip.
    """

    points: Points
    focus: Vector
    travelled: Vector
    time_s: float


@dataclass(frozen=True)
class Shot:
    """How a camera films: angles in radians, lengths in metres, rates a second.

    The camera stands in direction `azimuth` (from +z towards +x) from its target, `height` above
    it, and goes round it, nearer and farther. `lag` is the share of the person's way that its
    target falls short of; `sideways` is a share of the distance.
    """

    field_of_view: float
    azimuth: float
    distance: float
    height: float
    orbit_rate: float
    dolly_rate: float
    lag: float
    sideways: float
    sway: float
    sway_phases: tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """Where the camera may be: above `lowest`, and within half sizes if there are walls."""

    lowest: float
    half_width: float = math.inf
    half_length: float = math.inf

    def within(self, eye: Vector) -> Vector:
        """Return the nearest place that is allowed, rounded to the grid of 2^-14 m."""
        x = min(max(eye[0], -self.half_width), self.half_width)
        z = min(max(eye[2], -self.half_length), self.half_length)
        return _on_grid((x, max(eye[1], self.lowest), z))


def draw_shot(stream: Stream, distances: tuple[float, float], azimuth: float) -> Shot:
    """Draw how to film from a given side; the numbers drawn do not depend on scene or action."""
    distance = stream.uniform(*distances)
    return Shot(
        field_of_view=math.radians(stream.uniform(34.0, 46.0)),
        azimuth=azimuth,
        distance=distance,
        height=stream.uniform(0.15, 1.45) * math.sqrt(distance / 4.0),
        orbit_rate=stream.uniform(-0.16, 0.16),
        dolly_rate=stream.uniform(-0.07, 0.07),
        lag=stream.uniform(0.0, 0.25),
        sideways=stream.uniform(-0.075, 0.075),
        sway=stream.uniform(0.0, 0.02),
        sway_phases=(stream.uniform(0.0, 6.0), stream.uniform(0.0, 6.0), stream.uniform(0.0, 6.0)),
    )


def choose_azimuth(stream: Stream, heading: float, from_the_side: bool, scene: str) -> float:
    """Return the direction to film from: seawards on a beach, else by the action's wish."""
    side, turn = stream.choice((-1.0, 1.0)), stream.uniform()
    if scene == "beach":
        return math.pi + 1.5 * (turn - 0.5)
    if from_the_side:
        return heading + side * (0.7 + 1.3 * turn)
    return heading + side * 1.1 * turn


def near_enough(shot: Shot, subjects: Sequence[Subject]) -> Shot:
    """Return the shot from where a person fills the share of the picture that people should."""
    sizes = [np.ptp(subject.points, axis=0) for subject in subjects]
    size = median(max(y, _LYING_SHARE * max(x, z)) for x, y, z in sizes)
    whole = size / (2.0 * math.tan(shot.field_of_view / 2.0))
    nearest, farthest = whole / _LARGEST_SHARE, whole / _SMALLEST_SHARE
    return replace(shot, distance=min(max(shot.distance, nearest), farthest))


def follow(shot: Shot, subjects: Sequence[Subject], room: Room) -> list[Camera]:
    """Return a camera for each instant, corrected until the subject is in every picture."""
    cameras = _film(shot, subjects, room)
    for correction in range(1, _NUM_CORRECTIONS + 1):
        if min(shares_in_frame(boxes(subjects, cameras))) >= _WELL_INSIDE:
            return cameras
        cameras = _film(_calmer(shot, correction), subjects, room)
    return cameras


def boxes(subjects: Sequence[Subject], cameras: Sequence[Camera]) -> Boxes:
    """Return the box around the subject in each frame; it may reach out of the picture."""
    screen = np.empty((max(len(subject.points) for subject in subjects), 3))
    rows = []
    for subject, camera in zip(subjects, cameras, strict=True):
        seen = screen[: len(subject.points)]
        project(subject.points, camera, 1, seen)
        rows.append((*seen[:, :2].min(axis=0), *seen[:, :2].max(axis=0)))
    return np.array(rows)


def shares_in_frame(subject: Boxes) -> Float64[np.ndarray, " t"]:
    """Return how much of each box lies in the picture."""
    inside = np.clip(subject, 0.0, 1.0)
    return _area(inside) / _area(subject)


def _area(subject: Boxes) -> Float64[np.ndarray, " t"]:
    return (subject[:, 2] - subject[:, 0]) * (subject[:, 3] - subject[:, 1])


def _calmer(shot: Shot, correction: int) -> Shot:
    """Return the shot from farther back, with the person nearer to the middle of the picture."""
    steadiness = 1.0 - correction / _NUM_CORRECTIONS
    return replace(
        shot,
        distance=shot.distance * (1.0 + _CORRECTION * correction),
        lag=shot.lag * steadiness,
        sideways=shot.sideways * steadiness,
    )


def _film(shot: Shot, subjects: Sequence[Subject], room: Room) -> list[Camera]:
    farthest = max(math.hypot(*subject.travelled) for subject in (subjects[0], subjects[-1]))
    lag = min(shot.lag, _LARGEST_LAG * shot.distance / max(farthest, 1e-6))
    bounded = replace(shot, lag=lag)
    return [_look(bounded, subject, room) for subject in subjects]


def _look(shot: Shot, subject: Subject, room: Room) -> Camera:
    aside = shot.sideways * shot.distance
    x = subject.focus[0] - shot.lag * subject.travelled[0] + math.cos(shot.azimuth) * aside
    z = subject.focus[2] - shot.lag * subject.travelled[2] - math.sin(shot.azimuth) * aside
    target = (x, subject.focus[1], z)
    eye = room.within(_stand(shot, target, subject.time_s))
    return _facing(eye, target, shot.field_of_view)


def _stand(shot: Shot, target: Vector, time_s: float) -> Vector:
    """Return where the camera is at a time: round its target, with a hand's sway."""
    angle = shot.azimuth + shot.orbit_rate * time_s
    reach = shot.distance * (1.0 + shot.dolly_rate * time_s)
    first, second, third = shot.sway_phases
    return (
        target[0] + math.sin(angle) * reach + shot.sway * math.sin(time_s * 3.1 + first),
        target[1] + shot.height + shot.sway * math.sin(time_s * 4.3 + second),
        target[2] + math.cos(angle) * reach + shot.sway * math.sin(time_s * 2.7 + third),
    )


def _unit(a: Vector) -> Vector:
    length = math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
    return a[0] / length, a[1] / length, a[2] / length


def _on_grid(a: Vector) -> Vector:
    x, y, z = (math.floor(value * _GRID + 0.5) / _GRID for value in a)
    return x, y, z


def _facing(eye: Vector, target: Vector, field_of_view: float) -> Camera:
    forward = _unit((target[0] - eye[0], target[1] - eye[1], target[2] - eye[2]))
    right = _unit((-forward[2], 0.0, forward[0]))
    up = (
        -right[2] * forward[1],
        right[2] * forward[0] - right[0] * forward[2],
        right[0] * forward[1],
    )
    slope = _on_grid((math.tan(field_of_view / 2.0), 0.0, 0.0))[0]
    return Camera(eye, _on_grid(right), _on_grid(up), _on_grid(forward), slope)
