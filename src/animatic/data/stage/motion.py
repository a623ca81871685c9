"""Recorded motions (DeepMimic clips of CMU motion capture) as rotations of our skeleton's segments.

A recorded frame holds its duration, the root's place and rotation, and the rotation of each joint
against its parent: quaternions (w x y z) for balls, angles for hinges, in a frame with x forward,
y up and z to the right.
Source: Peng et al. 2018, DeepMimic, arXiv:1804.02717; the format of its motion files.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from animatic.data.stage.geometry import Vector, about_x, ease, halfway, upright_frame
from animatic.data.stage.kernels.compiler import compiled
from animatic.data.stage.skeleton import (
    CHEST,
    HEAD,
    HIPS,
    LEFT_ARM,
    LEFT_FOOT,
    LEFT_THIGH,
    NUM_SEGMENTS,
    RIGHT_ARM,
    RIGHT_FOOT,
    RIGHT_THIGH,
    SPINE,
)

Recording = Float[np.ndarray, "_ 44"]
Quaternions = Float[np.ndarray, "k 4"]

RECORDED_HIP_HEIGHT_M = 0.92
"""Height of the hips of the figure that the motions were recorded for."""

WHOLE = (0.0, math.inf)
"""The part of a recording that leaves nothing out, in seconds."""

CLOSING_SHARE = 0.4
"""Share of a recorded round over which its end is bent to meet its beginning."""

_ROOT, _CHEST, _NECK = slice(4, 8), slice(8, 12), slice(12, 16)
_LIMBS = (
    (HIPS, RIGHT_THIGH, 16),
    (CHEST, RIGHT_ARM, 25),
    (HIPS, LEFT_THIGH, 30),
    (CHEST, LEFT_ARM, 39),
)
"""Parent, first segment, and column where the limb's ball joint and its hinge are recorded."""

_BALLS = (4, 8, 12, 16, 21, 25, 30, 35, 39)
"""Columns where a quaternion begins."""

_OTHER_SIDE = [0, 1, 2, 3, 7, 8, 9, 4, 5, 6, 13, 14, 15, 10, 11, 12]


class Instant(NamedTuple):
    """Where the hips are (metres for the recorded figure) and how each segment is turned."""

    hips: Vector
    rotations: Float[np.ndarray, "16 3 3"]


@dataclass(frozen=True, eq=False)
class Motion:
    """A movement that repeats for ever; after each round the person stands `stride` further on."""

    hips: Float[np.ndarray, "k 3"]
    rotations: Float[np.ndarray, "k 16 3 3"]
    interval_s: float
    stride: Vector

    @property
    def duration_s(self) -> float:
        """Time of one round; the last frame equals the first one of the next round."""
        return (len(self.hips) - 1) * self.interval_s

    def at(self, time_s: float) -> Instant:
        """Return the instant at a time, in the round that it falls in."""
        rounds = math.floor(time_s / self.duration_s)
        place = (time_s - rounds * self.duration_s) / self.interval_s
        index = min(int(place), len(self.hips) - 2)
        share = place - index
        hips = self.hips[index] * (1 - share) + self.hips[index + 1] * share
        rotations = np.empty((NUM_SEGMENTS, 3, 3))
        _blend(self.rotations[index], self.rotations[index + 1], share, rotations)
        return Instant(hips + rounds * self.stride, rotations)


def read_motion(
    recording: Recording,
    bridge_s: float = 0.0,
    mirrored: bool = False,
    part_s: tuple[float, float] = WHOLE,
) -> Motion:
    """Return a recording as a motion that repeats.

    Args:
        recording: the frames.
        bridge_s: time to go from the last pose back to the first one, for movements that do not
            end as they began; 0 for those that nearly do, such as a walk.
        mirrored: swap left and right.
        part_s: from when to when in the recording, whose ends are often idle.
    """
    interval_s = float(recording[0, 0])
    first, last = (min(time / interval_s, len(recording) - 1.0) for time in part_s)
    frames = recording[round(first) : round(last) + 1].astype(np.float64)
    num_bridge_frames = round(bridge_s / interval_s)
    frames = _bridged(frames, num_bridge_frames) if num_bridge_frames else _closed(frames)
    rotations = _segment_rotations(frames)
    hips = np.stack((-frames[:, 3], frames[:, 2], frames[:, 1]), axis=1)
    hips -= hips[0] * (1, 0, 1)
    if mirrored:
        rotations, hips = _mirror(rotations), hips * (-1, 1, 1)
    return Motion(hips, rotations, interval_s, (hips[-1] - hips[0]) * (1, 0, 1))


def _closed(frames: Recording) -> Recording:
    """Spread the difference between the last pose and the first one over the last frames."""
    fractions = np.linspace(0, 1, len(frames))
    shares = np.clip(1 - (1 - fractions) / CLOSING_SHARE, 0, 1)
    return frames + (_first_pose_at_the_end(frames) - frames[-1]) * shares[:, None]


def _bridged(frames: Recording, num_frames: int) -> Recording:
    """Append frames that lead from the last pose to the first one."""
    shares = np.array([ease((i + 1) / num_frames) for i in range(num_frames)]).reshape(-1, 1)
    way = _first_pose_at_the_end(frames) - frames[-1]
    return np.concatenate((frames, frames[-1] + way * shares))


def _first_pose_at_the_end(frames: Recording) -> Float[np.ndarray, "44"]:
    """Return the first frame, taken to where the last one stands."""
    goal, last = frames[0].copy(), frames[-1]
    goal[[1, 3]] = last[[1, 3]]
    for start in _BALLS:  # a quaternion and its negative are one rotation: take the nearer one
        if goal[start : start + 4] @ last[start : start + 4] < 0:
            goal[start : start + 4] *= -1
    return goal


def _segment_rotations(frames: Recording) -> Float[np.ndarray, "k 16 3 3"]:
    """Return how each segment is turned against the ground, frame by frame."""
    rotations = np.empty((len(frames), NUM_SEGMENTS, 3, 3))
    rotations[:, HIPS] = _matrices(frames[:, _ROOT])
    rotations[:, CHEST] = rotations[:, HIPS] @ _matrices(frames[:, _CHEST])
    rotations[:, HEAD] = rotations[:, CHEST] @ _matrices(frames[:, _NECK])
    for turns in rotations:
        turns[SPINE] = halfway(turns[HIPS], turns[CHEST])
    for parent, first, column in _LIMBS:
        upper = rotations[:, parent] @ _matrices(frames[:, column : column + 4])
        lower = upper @ np.array([about_x(-angle) for angle in frames[:, column + 4]])
        rotations[:, first], rotations[:, first + 1], rotations[:, first + 2] = upper, lower, lower
    for foot, column in ((RIGHT_FOOT, 21), (LEFT_FOOT, 35)):
        rotations[:, foot] = rotations[:, foot] @ _matrices(frames[:, column : column + 4])
    return rotations


def _matrices(quaternions: Quaternions) -> Float[np.ndarray, "k 3 3"]:
    """Return rotation matrices in our frame, from quaternions in the recorded one."""
    w, ahead, y, right = (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).T
    x, z = -right, ahead
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def _mirror(rotations: Float[np.ndarray, "k 16 3 3"]) -> Float[np.ndarray, "k 16 3 3"]:
    """Swap left and right: reflect each rotation in the plane x = 0 and exchange the limbs."""
    signs = np.array((-1.0, 1.0, 1.0))
    return np.ascontiguousarray((rotations * np.outer(signs, signs))[:, _OTHER_SIDE])


@compiled
def _blend(before, after, share, rotations):
    """Interpolate matrices and make them rotations again; neighbouring frames differ little."""
    for segment in range(len(rotations)):
        up = before[segment, :, 1] * (1 - share) + after[segment, :, 1] * share
        forward = before[segment, :, 2] * (1 - share) + after[segment, :, 2] * share
        rotations[segment] = upright_frame(up, forward)
