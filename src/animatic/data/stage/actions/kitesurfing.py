"""Kitesurfing: a board pulled by a kite."""

import math
from dataclasses import replace

import numpy as np

from animatic.data.stage.geometry import (
    FORWARD,
    Vector,
    about_x,
    about_y,
    about_z,
    cross,
    swing,
    times,
    turned,
    unit,
    vector,
)
from animatic.data.stage.looks import Outfit, bright_colour, hsv
from animatic.data.stage.mesh import BLACK, WHITE, Mesh, board, join, sheet, tube
from animatic.data.stage.roles import Beat, Casting, Emitter, Role, Staging
from animatic.data.stage.skeleton import Stance

KITE_M = (1.8, 3.45, 1.4)
"""Aside, up and ahead of the rider: a fifth of the real lines, so that the kite stays in sight."""
KITE_SWAY_M = (0.8, 0.35)
KITE_RATE_HZ = 0.35
LEAN = 0.38
LINE_COLOUR = (0.85, 0.85, 0.85)
ACROSS = (-0.5, -0.2, 0.2, 0.5)
"""Stations across the kite, from its leading to its trailing edge."""
LINES = ((0, 1, -0.26), (12, 1, 0.26), (4, 0, -0.03), (8, 0, 0.03))
"""Row and column of the kite where a line ends, and where on the bar it begins."""


class KiteSurfing:
    """A rider who leans away from a kite that flies figures of eight."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self.speed_m_s = stream.uniform(3.5, 6.0)
        self._side = 1 if stream.chance(0.5) else -1
        self._bob_phase, self._kite_phase = stream.uniform(0.0, 6.28), stream.uniform(0.0, 6.28)
        hue, other = stream.uniform(), stream.uniform(0.15, 0.65)
        self._canopy = hsv(hue, 0.75, 1.0)
        striped = stream.chance(0.7)
        self._stripes = hsv((hue + other) % 1, 0.75, 1.0) if striped else WHITE
        points = board(0.72, 0.20, 0.025, 0.08)
        self._board = sheet(points, bright_colour(stream), bright_colour(stream), 2)
        self._board = self._board.moved(vector(0, 0.02, 0))

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        side = self._side
        phase = 2 * math.pi * KITE_RATE_HZ * time_s + self._kite_phase
        aside, up, ahead = KITE_M
        kite = vector(
            side * (aside + KITE_SWAY_M[0] * math.sin(phase)),
            up + KITE_SWAY_M[1] * math.sin(2 * phase),
            ahead,
        )
        tilt, nowhere = about_z((LEAN + 0.08 * math.sin(phase)) * side), vector(0, 0, 0)
        grip = vector(side * 0.38, self._skeleton.hip_height * 1.1, 0.12)
        pose = self._skeleton.reach(self._stance(grip, 0.05 * swing(time_s, 1.4, self._bob_phase)))
        bar = tube(grip - vector(0, 0, 0.28), grip + vector(0, 0, 0.28), 0.022, BLACK)
        canopy = self._shape(kite, turned(tilt, grip), phase)
        props = (
            join([bar, self._board]).placed(tilt, nowhere),
            _translucent(sheet(canopy, self._canopy, self._stripes, 2)),
            *(
                tube(
                    turned(tilt, grip + vector(0, 0, at)),
                    canopy[row, column],
                    0.010,
                    LINE_COLOUR,
                    sides=3,
                )
                for row, column, at in LINES
            ),
        )
        spray = Emitter("spray", vector(0, 0.03, -0.5), vector(-side * 1.2, 1.3, -1.8), 1.6)
        return Beat(pose.placed(tilt, nowhere), props, (spray,))

    def _stance(self, grip: Vector, bob: float) -> Stance:
        side, skeleton = self._side, self._skeleton
        along, ankle = vector(0, 0, 0.2), skeleton.ankle_height + 0.05
        front, back = vector(0, ankle, 0.33), vector(0, ankle, -0.33)
        return Stance(
            hips=vector(0, skeleton.hip_height * 0.68 + bob, 0),
            hips_turn=about_y(side * 0.9),
            chest_turn=times(about_y(side * 1.0), about_x(-0.12)),
            head_turn=about_y(side * 0.5),
            hands=(grip - along, grip + along) if side > 0 else (grip + along, grip - along),
            feet=(back, front) if side > 0 else (front, back),
        )

    def _shape(self, kite: Vector, grip: Vector, phase: float) -> np.ndarray:
        """Return the canopy's points: an arch square to the lines, its tips bent to the rider."""
        pull = unit(kite - grip)
        wing = unit(cross(pull, FORWARD) * 0.3 + vector(0, 0.2 * math.cos(phase), 1))
        wing = unit(wing - pull * float(pull @ wing))
        chord = cross(pull, wing)
        along = np.linspace(-1, 1, 13)[:, None, None]
        across = np.array(ACROSS)[None, :, None]
        billow = 0.12 * np.array([math.cos(2 * x) for x in ACROSS])[None, :, None]
        arch = wing * along * 1.5 - pull * (0.6 * along * along)
        return kite + arch + chord * (across * (1.05 - 0.35 * along * along)) + pull * billow


def _translucent(canopy: Mesh) -> Mesh:
    """Tilt the normals to the horizon: light shines through the cloth, so no side is dark."""
    normals = canopy.normals * (1.0, 0.2, 1.0)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return replace(canopy, normals=normals)


KITESURFING = Role(
    KiteSurfing,
    Outfit.WETSUIT,
    Staging((6.2, 7.6), focus_m=(0.0, 2.0, 0.5), from_the_side=True, floats=True),
)
