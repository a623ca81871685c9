"""Riding a bicycle."""

import math
from dataclasses import dataclass

from animatic.data.stage.body import Person
from animatic.data.stage.geometry import Vector, about_x, about_z, times, vector
from animatic.data.stage.looks import Outfit, bright_colour
from animatic.data.stage.mesh import BLACK, METAL, Colour, Mesh, join, ring, tube
from animatic.data.stage.roles import Beat, Casting, Emitter, Role, Staging
from animatic.data.stage.skeleton import Pose, Stance

WHEEL_RADIUS_M = 0.34
CRANK_M = 0.17
NUM_SPOKES = 4
TUBE_RADIUS_M = 0.026


@dataclass(frozen=True, eq=False)
class Frame:
    """Where the parts of a bicycle are, fitted to its rider's legs."""

    rear_axle: Vector
    front_axle: Vector
    bottom_bracket: Vector
    seat: Vector
    handlebar: Vector

    def tubes(self, colour: Colour) -> Mesh:
        """Return the frame, the saddle and the handlebar."""
        seat_top = self.seat - vector(0, 0.12, 0)
        head = self.handlebar - vector(0, 0.1, 0.05)
        pairs = (
            (self.bottom_bracket, seat_top),
            (self.bottom_bracket, head - vector(0, 0.12, 0)),
            (seat_top - vector(0, 0.06, 0), head),
            (self.rear_axle, self.bottom_bracket),
            (self.rear_axle, seat_top),
            (self.front_axle, head),
        )
        nose, tail = self.seat + vector(0, -0.03, 0.13), self.seat - vector(0, 0.03, 0.14)
        grip = vector(0.25, 0, 0)
        return join(
            [
                *(tube(start, end, TUBE_RADIUS_M, colour) for start, end in pairs),
                tube(nose, tail, 0.025, BLACK, 0.05),
                tube(self.handlebar - grip, self.handlebar + grip, 0.02, BLACK),
            ]
        )


def fit_frame(person: Person, is_racer: bool) -> Frame:
    """Return a bicycle for a person; a racer's handlebar is lower."""
    size = person.height_m / 1.75
    seat_height = person.skeleton.leg_length * 0.93 + 0.27
    return Frame(
        rear_axle=vector(0, WHEEL_RADIUS_M, -0.50 * size),
        front_axle=vector(0, WHEEL_RADIUS_M, 0.58 * size),
        bottom_bracket=vector(0, 0.30, -0.05 * size),
        seat=vector(0, seat_height, -0.25 * size),
        handlebar=vector(0, seat_height + (0.02 if is_racer else 0.12), 0.42 * size),
    )


class Biking:
    """Pedalling at a steady pace; rider and bicycle rock a little with every turn of the cranks."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(2.5, 4.5)
        self._cadence_hz, self._phase = stream.uniform(1.1, 1.6), stream.uniform(0.0, 2 * math.pi)
        self._is_racer = stream.chance(0.4)
        self._frame = fit_frame(casting.person, self._is_racer)
        self._still = self._frame.tubes(bright_colour(stream))
        self._wheel = _wheel()

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        phase = 2 * math.pi * self._cadence_hz * time_s + self._phase
        rock = about_z(0.04 * math.sin(phase))
        spin = about_x(time_s * self.speed_m_s / WHEEL_RADIUS_M)
        left, right = self._pedal(1, phase), self._pedal(-1, phase + math.pi)
        bicycle = join(
            [
                self._still,
                self._wheel.placed(spin, self._frame.rear_axle),
                self._wheel.placed(spin, self._frame.front_axle),
                *self._cranks(left, 1),
                *self._cranks(right, -1),
            ]
        )
        nowhere = vector(0, 0, 0)
        pose = self._ride(phase, (left, right)).placed(rock, nowhere)
        dust = Emitter("dust", vector(0, 0, self._frame.rear_axle[2]), vector(0, 0.8, -1.2), 0.6)
        return Beat(pose, (bicycle.placed(rock, nowhere),), (dust,))

    def _ride(self, phase: float, pedals: tuple[Vector, Vector]) -> Pose:
        frame, sway = self._frame, math.sin(phase)
        chest_turn = times(about_x(0.85 if self._is_racer else 0.55), about_z(0.03 * sway))
        left, right = pedals
        sole = vector(0, self._skeleton.ankle_height, -0.05)
        stance = Stance(
            hips=frame.seat + vector(0.02 * sway, 0.1, 0),
            hips_turn=about_x(0.35),
            chest_turn=chest_turn,
            head_turn=about_x(0.1),
            hands=(
                frame.handlebar + vector(0.22, 0.02, 0),
                frame.handlebar + vector(-0.22, 0.02, 0),
            ),
            feet=(left + vector(0.05, 0, 0) + sole, right - vector(0.05, 0, 0) + sole),
        )
        return self._skeleton.reach(stance)

    def _pedal(self, side: int, phase: float) -> Vector:
        """Return the inner end of a pedal."""
        around = vector(side * 0.08, CRANK_M * math.cos(phase), CRANK_M * math.sin(phase))
        return self._frame.bottom_bracket + around

    def _cranks(self, pedal: Vector, side: int) -> tuple[Mesh, Mesh]:
        axle = self._frame.bottom_bracket + vector(side * 0.06, 0, 0)
        outer = pedal + vector(side * 0.1, 0, 0)
        return tube(axle, pedal, 0.016, METAL), tube(pedal, outer, 0.026, BLACK)


def _wheel() -> Mesh:
    """Return a wheel about the x axis."""
    parts = [ring(WHEEL_RADIUS_M - 0.02, 0.03, BLACK)]
    for k in range(NUM_SPOKES):
        angle = math.pi * k / NUM_SPOKES
        spoke = vector(0, math.cos(angle), math.sin(angle)) * (WHEEL_RADIUS_M * 0.92)
        parts.append(tube(-spoke, spoke, 0.007, METAL, sides=3))
    return join(parts)


BIKING = Role(
    Biking,
    Outfit.SPORT,
    Staging((3.5, 4.8), focus_m=(0.0, 0.80, 0.10), from_the_side=True, depth_m=0.30),
    helmet_share=0.6,
)
