"""Golf: a drive from the tee."""

import math

import numpy as np

from animatic.data.stage.geometry import (
    Vector,
    about_x,
    about_y,
    key_pose,
    times,
    unit,
    vector,
)
from animatic.data.stage.looks import Outfit
from animatic.data.stage.mesh import BLACK, METAL, WHITE, Mesh, ball, tube
from animatic.data.stage.roles import Beat, Casting, Role, Staging
from animatic.data.stage.skeleton import Stance

SWING = ((0.0, 0.0), (0.85, -115.0), (0.97, -118.0), (1.25, 0.0), (1.55, 120.0), (2.0, 135.0))
"""Seconds, and degrees of the arms about the breast: negative is the back swing."""
IMPACT_S = 1.25
CLUB_LEAD = 1.45
"""The wrists turn the club further than the arms swing."""
CLUB_M = 0.90
BALL_RADIUS_M = 0.05
BALL_VELOCITY_M_S = (24.0, 9.0)
"""Along the ground and up: slower than a real drive, so that the flight can be seen."""


class Golf:
    """One swing; the hands circle the breast in a tilted plane and the club runs ahead of them."""

    speed_m_s = 0.0

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self._side = 1 if stream.chance(0.85) else -1
        self._start_s, self._pace = stream.uniform(0.1, 0.55), stream.uniform(0.85, 1.15)
        self._spot = self._ball_spot()

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        beat_s = (time_s - self._start_s) * self._pace
        degrees = key_pose(beat_s, SWING)
        stance, grip, club = self._swung(degrees)
        props = (*self._club(grip, club, degrees), self._ball(beat_s - IMPACT_S))
        return Beat(self._skeleton.reach(stance), props)

    def _swung(self, degrees: float) -> tuple[Stance, Vector, Vector]:
        """Return the stance, the hands' place and the club's direction at a swing angle."""
        side, skeleton = self._side, self._skeleton
        through = max(0.0, degrees) / 135
        yaw = math.radians(degrees * 0.32) * side
        hips = vector(0.06 * degrees / 120 * side, skeleton.hip_height * 0.93, -0.06)
        hips_turn = about_y(yaw * 0.6)
        chest_turn = times(about_y(yaw * 1.25), about_x(0.45 - 0.25 * through))
        look = math.radians(max(0.0, degrees) * 0.35) * side
        head_turn = times(about_y(look), about_x(0.5 - 0.35 * through))
        arms = self._arms(skeleton.breast(hips, hips_turn, chest_turn), degrees)
        club = self._club_direction(degrees)
        feet = (vector(0.26, skeleton.ankle_height, 0), vector(-0.26, skeleton.ankle_height, 0))
        hands = (arms, arms + club * 0.09)
        return Stance(hips, hips_turn, chest_turn, head_turn, hands, feet), arms, club

    def _arms(self, breast: Vector, degrees: float) -> Vector:
        """Return where the hands are: on a circle, drawn in when they are high."""
        angle, reach = math.radians(degrees), self._skeleton.arm_length * 0.93
        down, aside = unit(vector(0, -0.86, 0.5)), unit(vector(self._side, 0.12, 0))
        around = down * math.cos(angle) + aside * math.sin(angle)
        shrink = 0.95 if abs(degrees) < 60 else 0.95 - 0.15 * min((abs(degrees) - 60) / 30, 1)
        lift = 0.05 * abs(degrees) / 120
        return breast + vector(0, lift, 0.08) + around * (reach * shrink)

    def _club_direction(self, degrees: float) -> Vector:
        angle = math.radians(degrees * CLUB_LEAD)
        down, aside = unit(vector(0, -0.72, 0.62)), unit(vector(self._side, 0.1, -0.1))
        return unit(down * math.cos(angle) + aside * math.sin(angle))

    def _club(self, grip: Vector, club: Vector, degrees: float) -> tuple[Mesh, Mesh, Mesh]:
        tip = grip + club * CLUB_M
        if abs(degrees) < 1:
            tip[1] = max(tip[1], 0.02)
        head = tip + vector(0.04 * self._side, 0, 0.02)
        return (
            tube(grip - club * 0.12, grip + club * 0.16, 0.020, BLACK),
            tube(grip + club * 0.1, tip, 0.015, (0.75, 0.76, 0.8)),
            ball(head, 0.06, METAL),
        )

    def _ball_spot(self) -> Vector:
        """Return where the club's head is at rest, which is where the ball lies."""
        _, grip, club = self._swung(0.0)
        tip = grip + club * CLUB_M
        return vector(tip[0] + 0.08 * self._side, BALL_RADIUS_M, tip[2])

    def _ball(self, since_s: float) -> Mesh:
        """Return the ball, some time after it was hit (negative: before)."""
        flown = max(since_s, 0.0)
        along, up = BALL_VELOCITY_M_S
        path = vector(self._side * along * flown, up * flown - 4.9 * flown * flown, 0)
        place = self._spot + path
        place[1] = np.maximum(place[1], BALL_RADIUS_M)
        return ball(place, BALL_RADIUS_M, WHITE)


GOLF = Role(Golf, Outfit.CASUAL, Staging((3.2, 4.2), depth_m=0.60))
