"""Sixteen rigid segments of a person, and two ways to pose them.

By targets: where the hips, hands and feet are, found by two-bone inverse kinematics. By rotations:
from a recorded motion. In the neutral pose every limb hangs along -y and the person faces +z; the
rotation of a segment turns it from there.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from animatic.data.stage.geometry import (
    TINY,
    UPRIGHT,
    Rotation,
    Vector,
    about_y,
    halfway,
    length,
    turned,
    unit,
    upright_frame,
    vector,
)
from animatic.data.stage.kernels.compiler import compiled

HIPS, SPINE, CHEST, HEAD = range(4)
LEFT_ARM, LEFT_FOREARM, LEFT_HAND, RIGHT_ARM, RIGHT_FOREARM, RIGHT_HAND = range(4, 10)
LEFT_THIGH, LEFT_SHIN, LEFT_FOOT, RIGHT_THIGH, RIGHT_SHIN, RIGHT_FOOT = range(10, 16)
NUM_SEGMENTS = 16

PARENTS = (-1, 0, 1, 2, 2, 4, 5, 2, 7, 8, 0, 10, 11, 0, 13, 14)
"""The segment that each one hangs on."""

BONE_ENDS = {4: 5, 5: 6, 6: 16, 7: 8, 8: 9, 9: 17, 10: 11, 11: 12, 13: 14, 14: 15}
"""For each segment of a limb, the joint at its far end; 16 and 17 are the ends of the hands."""

Joints = Float[np.ndarray, "18 3"]
Pair = Float[np.ndarray, "2 3"]


class Pose(NamedTuple):
    """The rotation of each segment, and the place of the joint where it begins."""

    rotations: Float[np.ndarray, "16 3 3"]
    origins: Float[np.ndarray, "16 3"]

    def placed(self, turn: Rotation, shift: Vector) -> "Pose":
        """Return the pose turned about the origin, then moved."""
        return Pose(np.matmul(turn, self.rotations), self.origins @ turn.T + shift)


class Stance(NamedTuple):
    """Where a person's hips, hands and feet are; pairs hold the left one, then the right one.

    `feet` are ankles. `elbows` and `knees` are the directions in which these joints point out; if
    None, elbows point down and back and knees forward. `foot_turns` None: as the hips face.
    """

    hips: Vector
    hips_turn: Rotation
    chest_turn: Rotation
    head_turn: Rotation
    hands: tuple[Vector, Vector]
    feet: tuple[Vector, Vector]
    elbows: tuple[Vector, Vector] | None = None
    knees: tuple[Vector, Vector] | None = None
    foot_turns: tuple[Rotation, Rotation] | None = None


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The joints of a person who stands with the arms half raised, feet on y = 0."""

    joints: Joints

    @cached_property
    def lengths(self) -> Float[np.ndarray, "16"]:
        """Length of each limb segment; 0 for the trunk, head and feet."""
        lengths = np.zeros(NUM_SEGMENTS)
        for segment, end in BONE_ENDS.items():
            lengths[segment] = length(self.joints[end] - self.joints[segment])
        return lengths

    @cached_property
    def offsets(self) -> Float[np.ndarray, "16 3"]:
        """Where each segment begins, seen from the beginning of its parent, in the neutral pose."""
        offsets = np.zeros((NUM_SEGMENTS, 3))
        for segment, parent in enumerate(PARENTS):
            if parent >= LEFT_ARM:
                offsets[segment, 1] = -self.lengths[parent]
            elif parent >= 0:
                offsets[segment] = self.joints[segment] - self.joints[parent]
        return offsets

    @cached_property
    def hip_height(self) -> float:
        """Height of the hips of the standing person."""
        return float(self.joints[HIPS, 1])

    @cached_property
    def ankle_height(self) -> float:
        """Height of the ankles of the standing person."""
        return float(self.joints[LEFT_FOOT, 1])

    @cached_property
    def arm_length(self) -> float:
        """From the shoulder to the wrist."""
        return float(self.lengths[LEFT_ARM] + self.lengths[LEFT_FOREARM])

    @cached_property
    def leg_length(self) -> float:
        """From the hip joint to the ankle."""
        return float(self.lengths[LEFT_THIGH] + self.lengths[LEFT_SHIN])

    def breast(self, hips: Vector, hips_turn: Rotation, chest_turn: Rotation) -> Vector:
        """Return where the chest segment begins: the place that arm movements are centred on."""
        spine_turn = halfway(hips_turn, chest_turn)
        to_spine = turned(hips_turn, self.offsets[SPINE])
        return hips + to_spine + turned(spine_turn, self.offsets[CHEST])

    def reach(self, stance: Stance) -> Pose:
        """Return the pose that brings hands and feet to their places, or as near as they get."""
        elbows = stance.elbows or (
            turned(stance.chest_turn, vector(0.5, -0.5, -0.8)),
            turned(stance.chest_turn, vector(-0.5, -0.5, -0.8)),
        )
        forward = np.ascontiguousarray(stance.hips_turn[:, 2])
        poles = np.array((*elbows, *(stance.knees or (forward, forward))))
        facing = about_y(math.atan2(stance.hips_turn[0, 2], stance.hips_turn[2, 2]))
        foot_turns = np.array(stance.foot_turns or (facing, facing))
        rotations, origins = np.empty((NUM_SEGMENTS, 3, 3)), np.empty((NUM_SEGMENTS, 3))
        rotations[HIPS], origins[HIPS] = stance.hips_turn, stance.hips
        rotations[CHEST], rotations[HEAD] = stance.chest_turn, stance.head_turn
        targets = np.array((*stance.hands, *stance.feet))
        _reach(self.offsets, self.lengths, targets, poles, foot_turns, rotations, origins)
        return Pose(rotations, origins)

    def follow(self, hips: Vector, rotations: Float[np.ndarray, "16 3 3"]) -> Pose:
        """Return the pose with these rotations."""
        origins = np.empty((NUM_SEGMENTS, 3))
        origins[HIPS] = hips
        _follow(self.offsets, np.array(PARENTS), rotations, origins)
        return Pose(rotations, origins)

    def neutral(self) -> Pose:
        """Return the pose of a person who stands straight, arms hanging."""
        upright = np.tile(UPRIGHT, (NUM_SEGMENTS, 1, 1))
        return self.follow(vector(0, self.hip_height, 0), upright)


@compiled
def bend(root, target, upper, lower, pole):
    """Return the middle and the end joint of a two-bone limb that reaches for a target.

    Args:
        root: where the limb begins.
        target: where its end should be; out of reach, the limb stretches towards it.
        upper: length of the first bone.
        lower: length of the second bone.
        pole: the direction in which the middle joint points out.
    """
    away = target - root
    wanted = length(away)
    direction = away / (wanted + TINY)
    reached = min(max(wanted, abs(upper - lower) + 0.02), (upper + lower) * 0.998)
    along = (upper * upper - lower * lower + reached * reached) / (2 * reached)
    out = math.sqrt(max(upper * upper - along * along, 0.0))
    toward = pole[0] * direction[0] + pole[1] * direction[1] + pole[2] * direction[2]
    sideways = unit(pole - direction * toward)
    return root + direction * along + sideways * out, root + direction * reached


@compiled
def _reach(offsets, lengths, targets, poles, foot_turns, rotations, origins):
    rotations[SPINE] = halfway(rotations[HIPS], rotations[CHEST])
    for segment in (SPINE, CHEST, HEAD):
        before = segment - 1
        origins[segment] = origins[before] + turned(rotations[before], offsets[segment])
    for limb in range(4):
        is_leg = limb >= 2
        first = LEFT_ARM + 3 * limb
        parent = HIPS if is_leg else CHEST
        origins[first] = origins[parent] + turned(rotations[parent], offsets[first])
        middle, end = bend(
            origins[first], targets[limb], lengths[first], lengths[first + 1], poles[limb]
        )
        origins[first + 1], origins[first + 2] = middle, end
        bulge = middle - 0.5 * (origins[first] + end)
        # A knee points the way the leg faces, an elbow the other way; a straight limb has no bulge.
        facing = bulge + 1e-3 * poles[limb] if is_leg else -bulge - 1e-3 * poles[limb]
        rotations[first] = upright_frame(origins[first] - middle, facing)
        rotations[first + 1] = upright_frame(middle - end, facing)
        rotations[first + 2] = foot_turns[limb - 2] if is_leg else rotations[first + 1]


@compiled
def _follow(offsets, parents, rotations, origins):
    for segment in range(1, NUM_SEGMENTS):
        parent = parents[segment]
        origins[segment] = origins[parent] + turned(rotations[parent], offsets[segment])
