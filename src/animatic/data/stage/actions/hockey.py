"""Ice hockey: slap shots on skates."""

import math

from animatic.data.stage.geometry import (
    Vector,
    about_x,
    about_y,
    key_pose,
    swing,
    times,
    unit,
    vector,
)
from animatic.data.stage.looks import Outfit
from animatic.data.stage.mesh import BLACK, METAL, WOOD, Mesh, tube
from animatic.data.stage.roles import Beat, Casting, Role, Staging
from animatic.data.stage.skeleton import LEFT_FOOT, RIGHT_FOOT, Pose, Stance

IMPACT_S = 0.90
PUCK_M_S = (0.5, 14.0)
"""Sideways and ahead."""
PUCK_M = (0.075, 0.05)
"""Radius and height; twice the real size, to be seen at 64 pixels."""
STICK_M = 1.10


class Hockey:
    """A shot every two seconds: the stick swings up behind, hits the puck, and follows through."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self._side = 1 if stream.chance(0.6) else -1
        self._period_s = stream.uniform(1.7, 2.2)
        self._start_s = stream.uniform() * self._period_s
        self.speed_m_s = stream.uniform(1.2, 3.0)
        self._swing = (
            (0.0, 0.0),
            (0.55, -75.0),
            (0.70, -75.0),
            (IMPACT_S, 0.0),
            (1.10, 65.0),
            (self._period_s, 0.0),
        )

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        beat_s = (time_s + self._start_s) % self._period_s
        degrees = key_pose(beat_s, self._swing)
        stance, grip, stick = self._swung(degrees, swing(time_s, 0.9))
        tip = grip + stick * STICK_M
        tip[1] = max(tip[1], 0.04)
        pose = self._skeleton.reach(stance)
        blade = tip + unit(vector(self._side * 0.3, 0, 1)) * 0.28
        stick_parts = (
            tube(grip - stick * 0.15, tip, 0.024, WOOD),
            tube(tip, blade, 0.040, BLACK, 0.035),
        )
        puck = _puck(self._puck_place(beat_s - IMPACT_S))
        return Beat(pose, (*stick_parts, *self._skates(pose), *puck))

    def _swung(self, degrees: float, glide: float) -> tuple[Stance, Vector, Vector]:
        """Return the stance, the upper hand's place and the stick's direction."""
        side, skeleton = self._side, self._skeleton
        angle = math.radians(degrees)
        yaw = angle * 0.4 * side
        hips = vector(0.05 * glide, skeleton.hip_height * 0.82, 0)
        hips_turn = times(about_y(yaw * 0.5 - 0.5 * side), about_x(0.25))
        chest_turn = times(about_y(yaw - 0.5 * side), about_x(0.62))
        head_turn = times(about_y(-0.3 * side), about_x(0.2))
        breast = skeleton.breast(hips, hips_turn, chest_turn)
        down, aside = unit(vector(0, -0.75, 0.66)), unit(vector(side, self._rise(degrees, 0.1), 0))
        around = down * math.cos(angle * 0.6) + aside * math.sin(angle * 0.6)
        grip = breast + vector(-0.12 * side, 0, 0.12) + around * (skeleton.arm_length * 0.75)
        stick = self._stick_direction(degrees)
        hands = (grip - stick * 0.08, grip + stick * 0.36)
        ankle = skeleton.ankle_height
        feet = (
            vector(0.2, ankle + 0.05 * max(0, glide), 0.25 * glide),
            vector(-0.2, ankle + 0.05 * max(0, -glide), -0.25 * glide),
        )
        hands = hands if side > 0 else (hands[1], hands[0])
        return Stance(hips, hips_turn, chest_turn, head_turn, hands, feet), grip, stick

    def _stick_direction(self, degrees: float) -> Vector:
        angle = math.radians(degrees)
        down = unit(vector(0.15 * self._side, -0.66, 0.72))
        aside = unit(vector(self._side, self._rise(degrees, 0.15), 0.1))
        return unit(down * math.cos(angle) + aside * math.sin(angle))

    def _rise(self, degrees: float, through: float) -> float:
        """Return how much the stick's plane rises: steeply behind, flat in the follow-through."""
        return 0.3 if degrees < 0 else through

    def _puck_place(self, since_s: float) -> Vector:
        aside, ahead = PUCK_M_S
        flown = max(since_s, 0.0)
        return vector((0.12 + aside * flown) * self._side, 0, 0.95 + ahead * flown)

    def _skates(self, pose: Pose) -> tuple[Mesh, Mesh]:
        """Return a blade under each foot."""
        left, right = (
            tube(sole + vector(0, 0, -0.14), sole + vector(0, 0, 0.24), 0.018, METAL)
            for sole in (
                pose.origins[foot] + vector(0, 0.012 - self._skeleton.ankle_height, 0)
                for foot in (LEFT_FOOT, RIGHT_FOOT)
            )
        )
        return left, right


def _puck(place: Vector) -> tuple[Mesh, Mesh]:
    radius, height = PUCK_M
    top = place + vector(0, height, 0)
    lid = top + vector(0, 0.002, 0)
    return tube(place, top, radius, BLACK, sides=8), tube(top, lid, radius, BLACK, 0.0, sides=8)


HOCKEY = Role(
    Hockey,
    Outfit.WARM,
    Staging((3.3, 4.4), from_the_side=True, depth_m=0.30),
    helmet_share=1.0,
)
