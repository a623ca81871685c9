"""Swimming front crawl."""

import math

from animatic.data.stage.geometry import Vector, about_x, about_y, times, vector
from animatic.data.stage.looks import Outfit
from animatic.data.stage.roles import Beat, Casting, Emitter, Role, Staging
from animatic.data.stage.skeleton import Stance

PITCH = math.pi / 2 - 0.10
"""The body lies face down, its head a little higher than its hips."""
ROLL = 0.50
HIPS_M = (0.0, 0.07, -0.45)
"""High enough for the back, the head and the heels to be seen above the water."""
KICKS_PER_STROKE = 3
KICK_M = 0.20


class Swimming:
    """Arms in turn over the water, high and straight; legs beat six times a round."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(0.9, 1.6)
        self._rate_hz, self._phase = stream.uniform(0.65, 0.9), stream.uniform(0.0, 2 * math.pi)

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        skeleton = self._skeleton
        phase = 2 * math.pi * self._rate_hz * time_s + self._phase
        hips = vector(*HIPS_M) + vector(0, 0.02 * math.sin(2 * phase), 0)
        lying = about_x(PITCH)
        hips_turn = times(lying, about_y(ROLL * 0.4 * math.sin(phase)))
        chest_turn = times(lying, about_y(ROLL * math.sin(phase)))
        breath = max(0.0, math.sin(phase + 0.5))
        head_turn = times(about_x(math.pi / 2 - 0.65), about_y(0.9 * breath))
        breast = skeleton.breast(hips, hips_turn, chest_turn)
        hands = (self._hand(breast, 1, phase), self._hand(breast, -1, phase + math.pi))
        feet = self._feet(hips, phase)
        down, toes = vector(0, -1, 0), about_x(math.pi * 0.85)
        stance = Stance(
            hips, hips_turn, chest_turn, head_turn, hands, feet, None, (down, down), (toes, toes)
        )
        entering = hands[0] if math.sin(phase) < 0 else hands[1]
        return Beat(skeleton.reach(stance), (), self._splashes(feet, entering))

    def _hand(self, breast: Vector, side: int, phase: float) -> Vector:
        """Return a wrist: forward over the water while the sine is positive, back under it."""
        ahead, up = math.cos(phase), math.sin(phase)
        reach = self._skeleton.arm_length * 0.98
        wide = 0.20 + 0.06 + 0.12 * max(0.0, up)
        height = 0.90 * up if up > 0 else 0.60 * up
        return breast + vector(side * wide, reach * height + 0.05, reach * ahead + 0.12)

    def _feet(self, hips: Vector, phase: float) -> tuple[Vector, Vector]:
        """Return the ankles, which beat in turn through the surface."""
        beat = KICK_M * math.sin(KICKS_PER_STROKE * phase)
        back = -self._skeleton.leg_length * 0.96
        return hips + vector(0.1, beat, back), hips + vector(-0.1, -beat, back)

    def _splashes(self, feet: tuple[Vector, Vector], hand: Vector) -> tuple[Emitter, Emitter]:
        heels = (feet[0] + feet[1]) * 0.5
        heels[1] = 0.05
        return (
            Emitter("splash", heels, vector(0, 1.6, -0.6), 1.2),
            Emitter("splash", hand * (1, 0, 1), vector(0, 1.2, 0.2), 0.7),
        )


SWIMMING = Role(
    Swimming,
    Outfit.SWIMWEAR,
    Staging((2.7, 3.6), focus_m=(0.0, 0.15, 0.0), from_the_side=True, floats=True),
)
