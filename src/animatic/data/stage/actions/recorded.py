"""Actions that are recorded motions: jogging, walking, cartwheels, backflips, dancing."""

from animatic.data.stage.looks import Outfit
from animatic.data.stage.motion import RECORDED_HIP_HEIGHT_M, WHOLE, Motion, read_motion
from animatic.data.stage.roles import Beat, Casting, Role, Staging
from animatic.data.stage.skeleton import (
    LEFT_FOOT,
    LEFT_HAND,
    RIGHT_FOOT,
    RIGHT_HAND,
    Pose,
    Skeleton,
)

NUM_GROUND_SAMPLES = 24
PALM_M = 0.05
"""From the wrist to the ground when a hand stands on it."""


class Replay:
    """A motion on a person's skeleton, at a person's scale, with the soles on the ground.

    `travels` moves the actor's frame along with the motion; otherwise the body moves in its frame
    and reports its drift.
    """

    def __init__(
        self, skeleton: Skeleton, motion: Motion, rate: float, start_s: float, travels: bool
    ) -> None:
        self._skeleton, self._motion = skeleton, motion
        self._rate, self._start_s, self._travels = rate, start_s, travels
        self._scale = skeleton.hip_height / RECORDED_HIP_HEIGHT_M
        self._velocity = motion.stride * (self._scale * rate / motion.duration_s)
        self._sole_height = _sole_height(skeleton, motion, self._scale)

    @property
    def speed_m_s(self) -> float:
        """How fast the actor's frame moves over the ground."""
        return float(self._velocity[2]) if self._travels else 0.0

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        drift = self._velocity * time_s
        pose = self.pose_at(time_s)
        if self._travels:
            return Beat(Pose(pose.rotations, pose.origins - drift))
        return Beat(pose, drift=drift)

    def pose_at(self, time_s: float) -> Pose:
        """Return the pose in a frame that stays where the person was at time 0."""
        start = self._motion.stride * (self._start_s / self._motion.duration_s)
        instant = self._motion.at(self._start_s + time_s * self._rate)
        hips = (instant.hips - start) * self._scale
        hips[1] -= self._sole_height
        return self._skeleton.follow(hips, instant.rotations)


def _sole_height(skeleton: Skeleton, motion: Motion, scale: float) -> float:
    """Return how high the motion would carry the lower sole (or palm), most of the time.

    The 15th percentile over one round: a motion may leave the ground, and a few recorded frames
    sink into it.
    """
    heights = []
    for k in range(NUM_GROUND_SAMPLES):
        instant = motion.at(motion.duration_s * k / NUM_GROUND_SAMPLES)
        origins = skeleton.follow(instant.hips * scale, instant.rotations).origins
        ankle = min(origins[LEFT_FOOT, 1], origins[RIGHT_FOOT, 1])
        wrist = min(origins[LEFT_HAND, 1], origins[RIGHT_HAND, 1])
        heights.append(min(ankle - skeleton.ankle_height, wrist - PALM_M))
    return sorted(heights)[round(0.15 * NUM_GROUND_SAMPLES)]


def jog(casting: Casting) -> Replay:
    """Run along, at about 3.5 m/s."""
    return _replay(casting, "run", rate=(0.95, 1.12), travels=True)


def walk(casting: Casting) -> Replay:
    """Walk along, at about 0.9 m/s: far slower than a jog, in steps and in speed."""
    return _replay(casting, "walk", rate=(0.80, 0.95), travels=True)


def turn_cartwheels(casting: Casting) -> Replay:
    """Turn one cartwheel after another, sideways."""
    part_s = (0.45, 2.50)  # without the steps before and after
    return _replay(casting, "cartwheel", rate=(1.20, 1.40), bridge_s=0.2, part_s=part_s)


def flip_backwards(casting: Casting) -> Replay:
    """Jump and turn over backwards, again and again."""
    return _replay(casting, "backflip", rate=(1.35, 1.60), bridge_s=0.2)


def dance(casting: Casting) -> Replay:
    """Dance one of two recorded dances."""
    name = casting.stream.choice(("dance_a", "dance_b"))
    return _replay(casting, name, rate=(0.90, 1.10), bridge_s=0.4)


def _replay(
    casting: Casting,
    name: str,
    rate: tuple[float, float],
    bridge_s: float = 0.0,
    travels: bool = False,
    part_s: tuple[float, float] = WHOLE,
) -> Replay:
    stream = casting.stream
    mirrored, start, pace = stream.chance(0.5), stream.uniform(), stream.uniform(*rate)
    motion = read_motion(casting.motions[name], bridge_s, mirrored, part_s)
    return Replay(casting.person.skeleton, motion, pace, start * motion.duration_s, travels)


JOGGING = Role(jog, Outfit.SPORT, Staging((3.4, 5.0), from_the_side=True, depth_m=0.35))
WALKING = Role(walk, Outfit.CASUAL, Staging((3.2, 4.4), from_the_side=True, depth_m=0.35))
CARTWHEEL = Role(turn_cartwheels, Outfit.SPORT, Staging((3.6, 5.0), depth_m=0.60))
BACKFLIP = Role(flip_backwards, Outfit.SPORT, Staging((3.6, 4.8), depth_m=0.60))
DANCING = Role(dance, Outfit.CASUAL, Staging((3.2, 4.4), depth_m=0.60))
