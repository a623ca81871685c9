"""Juggling: a cascade of three balls."""

import math

from animatic.data.stage.geometry import UPRIGHT, Vector, about_x, vector
from animatic.data.stage.looks import Outfit, hsv
from animatic.data.stage.mesh import Mesh, ball
from animatic.data.stage.roles import Beat, Casting, Role, Staging
from animatic.data.stage.skeleton import Stance

NUM_BALLS = 3
BALL_RADIUS_M = 0.09
HOLD_SHARE = 0.3
"""Share of a ball's round that it spends in a hand."""
THROW_HEIGHT_M = 0.62
CATCH_M, THROW_M = 0.29, 0.15
"""Distance from the middle where a hand catches, and where it throws."""


class Juggling:
    """Each hand circles inward; each ball crosses to the other hand, half a round behind."""

    speed_m_s = 0.0

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        hue = stream.uniform()
        self._colours = [hsv((hue + k / NUM_BALLS) % 1, 0.8, 0.95) for k in range(NUM_BALLS)]
        self._rate_hz = stream.uniform(1.1, 1.4)

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        skeleton = self._skeleton
        phase = 2 * math.pi * self._rate_hz * time_s
        hips = vector(0.02 * math.sin(phase), skeleton.hip_height * 0.99, 0)
        base = skeleton.breast(hips, UPRIGHT, UPRIGHT) + vector(0, -0.42, 0.36)
        hands = (_hand(base, 1, phase), _hand(base, -1, phase + math.pi))
        ankle = skeleton.ankle_height
        feet = (vector(0.13, ankle, 0), vector(-0.13, ankle, 0.02))
        stance = Stance(hips, UPRIGHT, about_x(0.03), about_x(-0.25), hands, feet)
        balls = tuple(self._ball(k, base, time_s) for k in range(NUM_BALLS))
        return Beat(skeleton.reach(stance), balls)

    def _ball(self, number: int, base: Vector, time_s: float) -> Mesh:
        rounds = time_s * self._rate_hz / 1.5 + number / NUM_BALLS
        whole = math.floor(rounds)
        side = 1 if (whole + number) % 2 == 0 else -1
        x, y = _path(rounds - whole)
        return ball(base + vector(side * x, y + 0.09, 0), BALL_RADIUS_M, self._colours[number])


def _hand(base: Vector, side: int, phase: float) -> Vector:
    return base + vector(side * (0.22 + 0.07 * math.cos(phase)), 0.08 * math.sin(phase), 0)


def _path(share: float) -> tuple[float, float]:
    """Return how far out and how high a ball is: first in one hand, then over to the other."""
    if share < HOLD_SHARE:
        held = share / HOLD_SHARE
        return CATCH_M + (THROW_M - CATCH_M) * held, -0.03 * math.sin(math.pi * held)
    flown = (share - HOLD_SHARE) / (1 - HOLD_SHARE)
    return THROW_M - (THROW_M + CATCH_M) * flown, 4 * THROW_HEIGHT_M * flown * (1 - flown)


JUGGLING = Role(
    Juggling, Outfit.CASUAL, Staging((2.3, 2.9), focus_m=(0.0, 1.25, 0.0), depth_m=0.60)
)
