"""Football: shots at goal, one after another, of balls that roll in from the front."""

import math

from animatic.data.stage.actions.recorded import Replay
from animatic.data.stage.geometry import Vector, about_x, vector
from animatic.data.stage.looks import Outfit
from animatic.data.stage.mesh import BLACK, WHITE, Mesh, ball
from animatic.data.stage.motion import read_motion
from animatic.data.stage.roles import Beat, Casting, Role, Staging
from animatic.data.stage.skeleton import LEFT_FOOT, RIGHT_FOOT

BALL_RADIUS_M = 0.15
"""A real ball has 0.11 m, which is a single pixel at 64x64."""

KICK_PART_S = (0.13, 0.70)
"""The part of the recorded kick from the wind-up to a follow-through at hip height; what comes
after turns the body right round, which footballers do not do."""
CONTACT_S = 0.38
"""Within that part, when the foot is fastest on its way forward."""
RECOVERY_S = 0.55
"""Time to bring the leg down and stand ready again."""

GRAVITY_M_S2 = 9.81
NUM_SPARE_BALLS = 3


class Football:
    """Kicks that repeat; each ball rolls in, is shot, and flies away faster than it came."""

    def __init__(self, casting: Casting) -> None:
        stream, skeleton = casting.stream, casting.person.skeleton
        left_footed, rate = stream.chance(0.3), stream.uniform(0.92, 1.08)
        motion = read_motion(casting.motions["kick"], RECOVERY_S, left_footed, KICK_PART_S)
        start_s = stream.uniform() * motion.duration_s
        self._replay = Replay(skeleton, motion, rate, start_s, travels=True)
        self._period_s = motion.duration_s / rate
        self._first_contact_s = (CONTACT_S - start_s) / rate
        self._spot = self._foot_at_contact(LEFT_FOOT if left_footed else RIGHT_FOOT)
        self._pass_m_s = stream.uniform(3.0, 4.0)
        self._shot = vector(
            stream.uniform(-0.8, 0.8), stream.uniform(2.4, 3.4), stream.uniform(8, 11)
        )
        self._spares = [
            vector(stream.uniform(-1.6, 1.6), BALL_RADIUS_M, stream.uniform(0.9, 2.2))
            for _ in range(NUM_SPARE_BALLS)
        ]

    @property
    def speed_m_s(self) -> float:
        """How fast the player advances, step by step."""
        return self._replay.speed_m_s

    def at(self, time_s: float) -> Beat:
        """Return the instant at a time."""
        beat = self._replay.at(time_s)
        walked = vector(0, 0, self.speed_m_s * time_s)
        balls = [self._ball(spare - walked, 0.0) for spare in self._spares]
        return Beat(beat.pose, (*self._balls_in_play(time_s), *balls))

    def _balls_in_play(self, time_s: float) -> tuple[Mesh, Mesh]:
        """Return the ball that was shot last and the one that comes next."""
        since = (time_s - self._first_contact_s) % self._period_s
        return (
            self._ball(self.shot_ball(since), 9.0 * since),
            self._ball(self._passed_ball(self._period_s - since), 9.0 * since),
        )

    def shot_ball(self, since_s: float) -> Vector:
        """Return where a ball is, some time after it was hit."""
        place = self._spot + self._shot * since_s
        place[1] -= 0.5 * GRAVITY_M_S2 * since_s * since_s
        place[1] = max(place[1], BALL_RADIUS_M)
        return place

    def _passed_ball(self, until_s: float) -> Vector:
        """Return where a ball is, some time before it will be hit: it comes in low bounces."""
        bounce = abs(math.cos(4.0 * until_s)) * math.exp(-1.5 * until_s)
        lift = (self._spot[1] - BALL_RADIUS_M) * bounce
        return vector(self._spot[0], BALL_RADIUS_M + lift, self._spot[2] + self._pass_m_s * until_s)

    def _foot_at_contact(self, foot: int) -> Vector:
        """Return the centre of a ball that the foot touches when it hits."""
        pose = self._replay.at(self._first_contact_s).pose
        instep = pose.rotations[foot] @ vector(0, -0.02, 0.12)
        spot = pose.origins[foot] + instep + vector(0, 0, BALL_RADIUS_M)
        spot[1] = max(spot[1], BALL_RADIUS_M)
        return spot

    def _ball(self, place: Vector, turn: float) -> Mesh:
        return ball(place, BALL_RADIUS_M, WHITE, BLACK, about_x(turn))


FOOTBALL = Role(
    Football, Outfit.SPORT, Staging((3.4, 4.6), (0.0, 0.85, 0.6), from_the_side=True, depth_m=0.30)
)
