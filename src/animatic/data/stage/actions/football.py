"""Football: a step up to the ball and a shot, again and again.

The recorded kick of the pack is a fighter's, who turns right round with the leg at his chest; so
this one is composed from key poses.
"""

import numpy as np

from animatic.data.stage.geometry import (
    Rotation,
    Vector,
    about_x,
    about_y,
    times,
    vector,
)
from animatic.data.stage.looks import Outfit
from animatic.data.stage.mesh import BLACK, WHITE, Mesh, ball
from animatic.data.stage.roles import Beat, Casting, Role, Staging
from animatic.data.stage.score import Score
from animatic.data.stage.skeleton import Stance

BALL_RADIUS_M = 0.15
"""A real ball has 0.11 m, which is a single pixel at 64x64."""
GRAVITY_M_S2 = 9.81

CONTACT_S = 0.60
CONTACT_M = 1.12
"""How far ahead of the round's beginning the ball is hit."""
USUAL_LEG_M = 0.86
"""Length of the leg that the distances below are written for."""

KICK = np.array(
    (
        # time, hips: ahead, height; kicking foot: ahead, up; standing foot: ahead, up;
        # lean, yaw, point of the toes; arms: swing, spread
        (0.00, 0.00, 0.95, 0.10, 0.00, -0.35, 0.00, 0.18, 0.00, 0.00, 0.0, 0.3),
        (0.17, 0.20, 0.95, 0.10, 0.00, 0.25, 0.16, 0.18, -0.10, 0.15, -0.3, 0.4),
        (0.34, 0.45, 0.93, 0.02, 0.22, 0.85, 0.00, 0.05, -0.35, 0.70, -0.8, 0.8),
        (0.47, 0.66, 0.90, 0.20, 0.50, 0.85, 0.00, 0.02, -0.40, 0.80, -1.0, 1.0),
        (0.60, 0.82, 0.90, 0.95, 0.10, 0.85, 0.00, 0.18, 0.10, 0.60, 0.0, 0.9),
        (0.74, 0.95, 0.94, 1.62, 0.62, 0.85, 0.00, 0.28, 0.40, 0.30, 1.0, 0.8),
        (1.00, 1.08, 0.95, 1.55, 0.25, 0.85, 0.00, 0.20, 0.15, 0.00, 0.4, 0.5),
        (1.14, 1.14, 0.95, 1.30, 0.00, 0.85, 0.00, 0.18, 0.05, 0.00, 0.2, 0.4),
        (1.33, 1.20, 0.95, 1.30, 0.00, 0.85, 0.00, 0.18, 0.00, 0.00, 0.0, 0.3),
    )
)


class Football:
    """A player who advances a step with each shot."""

    def __init__(self, casting: Casting) -> None:
        stream = casting.stream
        self._skeleton = casting.person.skeleton
        self._side = 1 if stream.chance(0.7) else -1
        self._size = self._skeleton.leg_length / USUAL_LEG_M
        self._score = Score(KICK[:, 0] / stream.uniform(0.92, 1.08), KICK[:, 1:])
        self._start_s = stream.uniform() * self._score.period_s
        self.speed_m_s = float(self._score.stride[0]) * self._size / self._score.period_s
        self._pass_m_s = stream.uniform(2.5, 3.5)
        aim, lift, power = (
            stream.uniform(-0.8, 0.8),
            stream.uniform(2.6, 3.6),
            stream.uniform(6.5, 9.0),
        )
        self.shot_m_s = vector(aim, lift, power)
        self._spares = [
            vector(side * stream.uniform(0.6, 1.7), BALL_RADIUS_M, stream.uniform(0.6, 2.6))
            for side in (1, -1, 1)
        ]

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        pose = self._skeleton.reach(self._stance(time_s))
        walked = vector(0, 0, self.speed_m_s * time_s)
        spares = [_ball(spare - walked, 0.0) for spare in self._spares]
        return Beat(pose, (*self._balls_in_play(time_s), *spares))

    def _stance(self, time_s: float) -> Stance:
        round_s = time_s + self._start_s
        row = self._score.at(round_s)
        ahead = row[[0, 2, 4]] * self._size - self.speed_m_s * round_s + self._middle
        lean, yaw, toes, swing, spread = row[6:]
        skeleton, side = self._skeleton, self._side
        hips = vector(0, skeleton.hip_height * row[1], ahead[0])
        hips_turn = about_y(side * yaw)
        chest_turn = times(about_y(-0.6 * side * yaw), about_x(lean))
        breast = skeleton.breast(hips, hips_turn, chest_turn)
        kicking, standing = (
            vector(aside * side, skeleton.ankle_height + up * self._size, z)
            for aside, up, z in ((-0.10, row[3], ahead[1]), (0.13, row[5], ahead[2]))
        )
        near, far = (
            breast + self._size * vector(side * aside, height, 0.1 + 0.32 * sway)
            for aside, height, sway in (
                (0.24 + 0.26 * spread, -0.36 + 0.26 * spread, swing),
                (-0.24 - 0.14 * spread, -0.36 + 0.10 * spread, -swing),
            )
        )
        return self._sided(
            (near, far), (standing, kicking), (hips, hips_turn, chest_turn), about_x(toes)
        )

    def _sided(
        self,
        hands: tuple[Vector, Vector],
        feet: tuple[Vector, Vector],
        trunk: tuple[Vector, Rotation, Rotation],
        toes: Rotation,
    ) -> Stance:
        """Return the stance of a right-footed player, or of a left-footed one."""
        flat, head_turn = about_x(0.0), about_x(0.35)
        foot_turns = (flat, toes)
        if self._side < 0:
            hands, feet, foot_turns = (hands[1], hands[0]), (feet[1], feet[0]), (toes, flat)
        return Stance(*trunk, head_turn, hands, feet, None, None, foot_turns)

    def _balls_in_play(self, time_s: float) -> tuple[Mesh, Mesh]:
        """Return the ball that was shot last and the one that comes next."""
        period_s = self._score.period_s
        since = (time_s + self._start_s - self._contact_s) % period_s
        turn = 9.0 * since
        return _ball(self.shot_ball(since), turn), _ball(self.passed_ball(period_s - since), turn)

    def shot_ball(self, since_s: float) -> Vector:
        """Return where a ball is, some time after it was hit."""
        place = self._spot + (self.shot_m_s - vector(0, 0, self.speed_m_s)) * since_s
        place[1] = max(place[1] - 0.5 * GRAVITY_M_S2 * since_s * since_s, BALL_RADIUS_M)
        return place

    def passed_ball(self, until_s: float) -> Vector:
        """Return where a ball is, some time before it will be hit."""
        return self._spot + vector(0, 0, (self._pass_m_s + self.speed_m_s) * until_s)

    @property
    def _contact_s(self) -> float:
        return CONTACT_S / float(KICK[-1, 0]) * self._score.period_s

    @property
    def _middle(self) -> float:
        """What brings the hips, on average, to the actor's origin."""
        return -0.1 * self._size

    @property
    def _spot(self) -> Vector:
        """Where the ball is hit, in the actor's frame."""
        ahead = CONTACT_M * self._size + self._middle - self.speed_m_s * self._contact_s
        return vector(-0.10 * self._side, BALL_RADIUS_M, ahead)


def _ball(place: Vector, turn: float) -> Mesh:
    return ball(place, BALL_RADIUS_M, WHITE, BLACK, about_x(turn))


FOOTBALL = Role(
    Football, Outfit.SPORT, Staging((3.4, 4.6), (0.0, 0.85, 0.5), from_the_side=True, depth_m=0.30)
)
