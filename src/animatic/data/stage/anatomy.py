"""Naked bodies: their surface, joints, and which segments move each vertex.

Source: MakeHuman base mesh, targets and rig (CC0), 52 bones merged into sixteen segments.
"""

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float, Int, Int32, Int64

from animatic.data.stage.assets import Pack
from animatic.data.stage.geometry import UP, UPRIGHT, shortest_turn
from animatic.data.stage.skeleton import BONE_ENDS, NUM_SEGMENTS, Joints

Detail: TypeAlias = Literal["low", "high"]

NUM_INFLUENCES = 4
"""Segments that move one vertex; further weights are dropped."""

_SUFFIX = {"low": "lo", "high": "hi"}


class Figure(NamedTuple):
    """A body that stands with half raised arms, feet on y = 0; weights of a vertex add up to 1."""

    vertices: Float[np.ndarray, "n 3"]
    faces: Int32[np.ndarray, "m 3"]
    joints: Joints
    weights: Float[np.ndarray, "n 16"]

    def segments(self) -> Int64[np.ndarray, " n"]:
        """Return the segment that moves each vertex most."""
        return self.weights.argmax(axis=1)

    def along(self, segment: int) -> Float[np.ndarray, " n"]:
        """Return how far along a limb's segment each vertex lies: 0 at its joint, 1 at its end."""
        start = self.joints[segment]
        axis = self.joints[BONE_ENDS[segment]] - start
        return np.clip(((self.vertices - start) * axis).sum(1) / (axis * axis).sum(), 0.0, 1.0)


def figure_of(pack: Pack, index: int, height_m: float, detail: Detail) -> Figure:
    """Return a body of the pack, scaled to a height."""
    suffix = _SUFFIX[detail]
    vertices = pack.bodies[f"body_{suffix}"][index].astype(np.float64)
    joints = pack.bodies["bodyJ"][index].astype(np.float64)
    scale = height_m / vertices[:, 1].max()
    weights = pack.bodies[f"lodW_{suffix}"].astype(np.float64)
    return Figure(vertices * scale, pack.bodies[f"lodF_{suffix}"], joints * scale, weights)


def straightening(joints: Joints) -> Float[np.ndarray, "16 3 3"]:
    """Return the rotations that take each segment from the half raised limbs to hanging ones."""
    turns = np.tile(UPRIGHT, (NUM_SEGMENTS, 1, 1))
    for segment, end in BONE_ENDS.items():
        turns[segment] = shortest_turn(joints[end] - joints[segment], -UP)
    return turns


def strongest(
    weights: Float[np.ndarray, "n 16"],
) -> tuple[Int[np.ndarray, "n 4"], Float[np.ndarray, "n 4"]]:
    """Return the segments that move each vertex most, and their weights, which add up to 1."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :NUM_INFLUENCES]
    kept = np.take_along_axis(weights, order, axis=1)
    return order, kept / kept.sum(axis=1, keepdims=True)
