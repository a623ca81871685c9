"""Water skiing behind a motor boat."""

import math

from animatic.data.stage.geometry import Vector, about_x, about_z, swing, vector
from animatic.data.stage.looks import SKIN_TONES, Outfit, bright_colour
from animatic.data.stage.mesh import BLACK, Mesh, ball, board, hull, join, sheet, tube
from animatic.data.stage.roles import Beat, Casting, Emitter, Role, Staging
from animatic.data.stage.skeleton import Stance

BOAT_AHEAD_M = 5.2
"""From the skier to the middle of the boat: a tenth of the real rope, so that both are seen."""
BOAT_SIZE_M = (3.4, 0.80, 0.70)
BOAT_COLOUR = (0.92, 0.92, 0.94)
ROPE_COLOUR = (0.95, 0.55, 0.15)
LEAN_BACK = 0.42
TURN_LEAN = 0.28


class WaterSkiing:
    """A skier who leans back against the rope and swerves from side to side."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(5.0, 7.0)
        self._rate_hz, self._phase = stream.uniform(0.3, 0.5), stream.uniform(0.0, 2 * math.pi)
        self._skis = self._make_skis(
            stream.chance(0.7), bright_colour(stream), bright_colour(stream)
        )
        self._boat = _boat(bright_colour(stream))

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        skeleton = self._skeleton
        swerve, bob = swing(time_s, self._rate_hz, self._phase), 0.03 * swing(time_s, 2.3)
        tilt, nowhere = about_z(-TURN_LEAN * swerve), vector(0, 0, 0)
        grip = vector(0, skeleton.hip_height * 1.02, 0.38)
        bar = vector(0.12, 0, 0)
        stance = Stance(
            hips=vector(0, skeleton.hip_height * 0.72 + bob, -0.30),
            hips_turn=about_x(-LEAN_BACK * 0.6),
            chest_turn=about_x(-LEAN_BACK * 0.45),
            head_turn=about_x(0.05),
            hands=(grip + bar, grip - bar),
            feet=self._feet,
        )
        handle = tube(grip - vector(0.2, 0, 0), grip + vector(0.2, 0, 0), 0.022, BLACK)
        boat_place = vector(-0.5 * swerve, 0.05 + bob, BOAT_AHEAD_M)
        stern = boat_place + vector(0, 0.85, -BOAT_SIZE_M[0] * 0.4)
        props = (
            join([handle, self._skis]).placed(tilt, nowhere),
            tube(tilt @ grip, stern, 0.018, ROPE_COLOUR, sides=3),
            self._boat.moved(boat_place),
        )
        pose = skeleton.reach(stance).placed(tilt, nowhere)
        return Beat(pose, props, self._sprays(swerve, stern))

    def _make_skis(self, has_two: bool, colour: tuple, bands: tuple) -> Mesh:
        """Return two skis or a single one, and settle where the feet stand."""
        ankle = self._skeleton.ankle_height + 0.06
        if has_two:
            self._feet = (vector(0.13, ankle, 0.12), vector(-0.13, ankle, 0.10))
        else:
            self._feet = (vector(0.02, ankle, 0.30), vector(-0.02, ankle, -0.05))
        ski = sheet(board(0.90, 0.095, 0.03, 0.12), colour, bands, 2)
        places = (0.13, -0.13) if has_two else (0.0,)
        return join([ski.placed(about_x(-0.13), vector(x, 0.05, 0.15)) for x in places])

    def _sprays(self, swerve: float, stern: Vector) -> tuple[Emitter, Emitter]:
        wake = stern * (1, 0, 1) + vector(0, 0.1, 0)
        return (
            Emitter("spray", vector(0, 0.03, -0.3), vector(-1.8 * swerve, 1.6, -2.2), 2.2),
            Emitter("spray", wake, vector(0, 1.0, -2.5), 1.5),
        )


def _boat(shirt: tuple) -> Mesh:
    """Return a motor boat with its driver, the middle of its keel at the origin."""
    windscreen = tube(vector(-0.5, 0.8, 0.2), vector(0.5, 0.8, 0.2), 0.3, (0.15, 0.2, 0.25))
    head = ball(vector(0, 1.1, -0.4), 0.22, SKIN_TONES[1])
    driver = tube(vector(0, 0.5, -0.4), vector(0, 1.0, -0.4), 0.25, shirt)
    body = hull(BOAT_SIZE_M, BOAT_COLOUR, shirt).placed(about_x(-0.05), vector(0, 0, 0))
    return join([body, windscreen, head, driver])


WATERSKIING = Role(
    WaterSkiing,
    Outfit.WETSUIT,
    Staging((4.6, 6.0), focus_m=(0.0, 0.80, 1.4), from_the_side=True, floats=True),
)
