"""Skiing downhill and surfing: standing on boards that glide."""

import math

from animatic.data.stage.geometry import (
    Vector,
    about_x,
    about_y,
    about_z,
    swing,
    times,
    vector,
)
from animatic.data.stage.looks import Outfit, bright_colour
from animatic.data.stage.mesh import METAL, WHITE, Mesh, board, join, sheet, tube
from animatic.data.stage.roles import Beat, Casting, Emitter, Role, Staging
from animatic.data.stage.skeleton import Stance

SKI_LEAN, SKI_TURN = 0.32, 0.45
SURF_LEAN = 0.22


class Skiing:
    """Slalom turns in a crouch, poles tucked back."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(4.0, 7.0)
        self._rate_hz, self._phase = stream.uniform(0.45, 0.70), stream.uniform(0.0, 2 * math.pi)
        colour = bright_colour(stream)
        bands = (colour[0] * 0.6, colour[1] * 0.6, colour[2] * 0.6)
        self._ski = sheet(board(0.90, 0.065, 0.025, 0.12), colour, bands, 2)

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        lean = swing(time_s, self._rate_hz, self._phase)
        rise = 0.05 * swing(time_s, 2 * self._rate_hz)
        stance = self._crouch(lean, rise)
        ground = self._skeleton.ankle_height + 0.02
        skis = [self._ski.moved(foot + vector(0, -ground, 0.1)) for foot in stance.feet]
        poles = [_pole(hand) for hand in stance.hands]
        tilt = times(about_y(-SKI_TURN * lean), about_z(-SKI_LEAN * lean))
        nowhere = vector(0, 0, 0)
        pose = self._skeleton.reach(stance).placed(tilt, nowhere)
        dust = Emitter("dust", vector(-0.2 * lean, 0.03, -0.5), vector(-2 * lean, 1.4, -1.6), 2.0)
        return Beat(pose, (join([*skis, *poles]).placed(tilt, nowhere),), (dust,))

    def _crouch(self, lean: float, rise: float) -> Stance:
        skeleton = self._skeleton
        hips = vector(0, skeleton.hip_height * (0.74 + rise), -0.22)
        hips_turn, chest_turn = about_x(0.35), times(about_y(0.25 * lean), about_x(0.75))
        breast = skeleton.breast(hips, hips_turn, chest_turn)
        ankle = skeleton.ankle_height + 0.04
        return Stance(
            hips=hips,
            hips_turn=hips_turn,
            chest_turn=chest_turn,
            head_turn=about_x(0.15),
            hands=(
                breast + vector(0.38, -0.32, 0.28 + 0.06 * lean),
                breast + vector(-0.38, -0.32, 0.28 - 0.06 * lean),
            ),
            feet=(vector(0.14, ankle, 0), vector(-0.14, ankle, 0.06 * lean)),
        )


class Surfing:
    """Balancing sideways on a surfboard, arms spread along it."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(2.0, 4.0)
        self._side = 1 if stream.chance(0.6) else -1
        self._lean_phase, self._sway_phase = stream.uniform(0.0, 6.28), stream.uniform(0.0, 6.28)
        is_white, colour, bands = stream.chance(0.5), bright_colour(stream), bright_colour(stream)
        points = board(1.15, 0.28, 0.05, 0.18)
        self._board = sheet(points, WHITE if is_white else colour, bands, 2)
        self._board = self._board.moved(vector(0, 0.02, 0.05))

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        lean = swing(time_s, 0.55, self._lean_phase)
        sway = swing(time_s, 0.90, self._sway_phase)
        tilt = times(about_z(-SURF_LEAN * lean), about_x(-0.06 + 0.05 * sway))
        nowhere = vector(0, 0, 0)
        pose = self._skeleton.reach(self._balance(lean, sway)).placed(tilt, nowhere)
        spray = Emitter("spray", vector(0.1, 0.03, -0.8), vector(1.6 * lean, 1.0, -1.5), 1.6)
        return Beat(pose, (self._board.placed(tilt, nowhere),), (spray,))

    def _balance(self, lean: float, sway: float) -> Stance:
        side, skeleton = self._side, self._skeleton
        hips = vector(0.05 * lean, skeleton.hip_height * (0.68 + 0.05 * sway), -0.05)
        hips_turn = times(about_y(side * 1.0), about_x(0.25))
        twist = about_y(side * (0.7 + 0.25 * lean))
        chest_turn = times(times(twist, about_x(0.4)), about_z(0.1 * sway))
        breast = skeleton.breast(hips, hips_turn, chest_turn)
        front_hand = breast + vector(0.1 + 0.1 * lean, -0.05 + 0.2 * sway, 0.62)
        back_hand = breast + vector(-0.15 + 0.1 * sway, 0.1 - 0.2 * lean, -0.58)
        ankle = skeleton.ankle_height + 0.08
        front_foot, back_foot = vector(0, ankle, 0.38), vector(0, ankle, -0.42)
        return Stance(
            hips=hips,
            hips_turn=hips_turn,
            chest_turn=chest_turn,
            head_turn=about_y(side * 0.2),
            hands=(back_hand, front_hand) if side > 0 else (front_hand, back_hand),
            feet=(back_foot, front_foot) if side > 0 else (front_foot, back_foot),
        )


def _pole(hand: Vector) -> Mesh:
    return tube(hand + vector(0, 0.06, 0.02), hand + vector(0, -0.55, -0.85), 0.015, METAL)


SKIING = Role(Skiing, Outfit.WARM, Staging((3.5, 4.8), (0.0, 0.80, 0.0), from_the_side=True))
SURFING = Role(
    Surfing, Outfit.WETSUIT, Staging((3.4, 4.8), (0.0, 0.85, 0.0), from_the_side=True, floats=True)
)
