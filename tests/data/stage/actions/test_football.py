"""Shots fly off clearly, and do not look like a run."""

import numpy as np
import pytest

from animatic.data.stage.actions.football import BALL_RADIUS_M, CONTACT_S, FOOTBALL, KICK, Football
from animatic.data.stage.assets import load_pack
from animatic.data.stage.body import cast_person
from animatic.data.stage.performance import perform
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.roles import Casting
from animatic.data.stage.skeleton import LEFT_FOOT, RIGHT_FOOT

SEEDS = range(6)


@pytest.fixture(scope="module")
def pack():
    return load_pack()


def player(pack, seed):
    person = cast_person(Stream(seed, "actor"), pack, FOOTBALL.outfit)
    return Football(Casting(person, Stream(seed, "action football"), pack.motions))


def contact_time(football):
    """Return a time at which the ball is hit, found as the shot ball's jump back to the spot."""
    times = np.arange(0, 1.6, 0.002)
    ahead = [football.at(t).props[0].vertices[:, 2].mean() for t in times]
    return float(times[int(np.argmin(np.diff(ahead))) + 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shot_ball_leaves_faster_than_five_metres_a_second(pack, seed):
    football = player(pack, seed)
    step = football.shot_ball(0.05) - football.shot_ball(0.0)
    assert np.linalg.norm(step) / 0.05 > 5.0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_kicking_foot_is_at_the_ball_when_it_is_hit(pack, seed):
    football = player(pack, seed)
    time_s = contact_time(football)
    origins = football.at(time_s).pose.origins
    ankles = origins[[LEFT_FOOT, RIGHT_FOOT]]
    distance = np.linalg.norm(ankles - football.shot_ball(0.0), axis=1).min()
    assert distance < BALL_RADIUS_M + 0.22


def test_a_ball_comes_in_where_it_is_hit(pack):
    football = player(pack, 1)
    np.testing.assert_allclose(football.passed_ball(0.0), football.shot_ball(0.0))
    assert football.passed_ball(0.5)[2] > football.shot_ball(0.0)[2] + 1.0


def test_balls_stay_on_or_above_the_ground(pack):
    football = player(pack, 2)
    heights = [football.shot_ball(t)[1] for t in np.arange(0, 1.3, 0.05)]
    assert min(heights) >= BALL_RADIUS_M
    assert max(heights) > 0.4


def test_a_player_advances_far_slower_than_a_jogger(pack):
    for seed in SEEDS:
        assert (
            perform("football", seed, pack).speed_m_s
            < 0.5 * perform("jogging", seed, pack).speed_m_s
        )


def test_the_standing_foot_stays_where_it_is_during_the_shot():
    during = KICK[(KICK[:, 0] >= 0.34)]
    assert set(during[:, 5]) == {0.85}
    assert CONTACT_S in KICK[:, 0]
