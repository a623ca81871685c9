"""Every action gives a person and props that move, stay in sight, and can be drawn again."""

from itertools import pairwise

import numpy as np
import pytest

from animatic.data.stage.assets import load_pack
from animatic.data.stage.performance import ACTIONS, perform
from animatic.errors import UserError

DURATION_S = 2.7
TIMES_S = np.arange(0, DURATION_S, 1 / 12)


@pytest.fixture(scope="module")
def pack():
    return load_pack()


@pytest.fixture(scope="module", params=ACTIONS)
def filmed(request, pack):
    performance = perform(request.param, 11, pack)
    return performance, [performance.at(time_s) for time_s in TIMES_S]


def body_of(moment):
    return moment.mesh.vertices[: moment.num_body_vertices]


def test_there_are_sixteen_actions():
    assert len(set(ACTIONS)) == 16


def test_an_unknown_action_is_refused(pack):
    with pytest.raises(UserError, match="chess"):
        perform("chess", 0, pack)


def test_meshes_are_sound_at_any_time(filmed):
    _, moments = filmed
    for moment in moments:
        mesh = moment.mesh
        assert np.isfinite(mesh.vertices).all()
        assert np.isfinite(mesh.normals).all()
        assert 0 <= mesh.faces.min() <= mesh.faces.max() < len(mesh.vertices)
        assert 0 <= mesh.colours.min() <= mesh.colours.max() <= 1


def test_the_body_moves_but_not_in_jumps(filmed):
    _, moments = filmed
    steps = [
        np.linalg.norm(body_of(b) - b.drift - body_of(a) + a.drift, axis=1)
        for a, b in pairwise(moments)
    ]
    assert max(step.max() for step in steps) > 0.03
    assert max(np.median(step) for step in steps) < 0.65


def test_the_body_stays_near_what_the_camera_looks_at(filmed):
    _, moments = filmed
    for moment in moments:
        body = body_of(moment) - moment.drift
        assert body[:, 1].min() > -0.6
        assert body[:, 1].max() < 2.9
        assert np.abs(body[:, [0, 2]]).max() < 1.9
        size = np.ptp(body, axis=0).max()
        assert 0.5 < size < 2.6


def test_standing_feet_are_near_the_ground(filmed):
    performance, moments = filmed
    lowest = [body_of(moment)[:, 1].min() for moment in moments]
    if not performance.staging.floats and performance.action != "biking":
        assert np.median(lowest) == pytest.approx(0.0, abs=0.12)


def test_emitters_are_known_to_the_scene(filmed):
    _, moments = filmed
    for emitter in moments[5].emitters:
        assert emitter.kind in {"splash", "spray", "dust"}
        assert emitter.amount > 0
        assert np.isfinite(emitter.origin).all()
        assert np.isfinite(emitter.velocity).all()


@pytest.mark.parametrize("action", ACTIONS)
def test_the_same_seed_gives_the_same_vertices(pack, action):
    first, again = (perform(action, 5, pack).at(0.7).mesh for _ in range(2))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.colours, again.colours)
    other = perform(action, 6, pack).at(0.7)
    assert not np.array_equal(first.vertices[:100], other.mesh.vertices[:100])


@pytest.mark.parametrize("seed", range(4))
def test_the_same_person_acts_in_every_action(pack, seed):
    looks = {perform(action, seed, pack).appearance.__class__ for action in ACTIONS}
    people = [perform(action, seed, pack).appearance for action in ACTIONS]
    assert len(looks) == 1
    assert len({(p.gender, p.age, p.race, p.height_m) for p in people}) == 1


def test_walking_is_far_slower_than_jogging(pack):
    walks, jogs = (
        [perform(action, seed, pack).speed_m_s for seed in range(20)]
        for action in ("walking", "jogging")
    )
    assert max(walks) < 1.3
    assert min(jogs) > 1.8 * max(walks)


def test_times_before_the_clip_are_answered(pack):
    for action in ACTIONS:
        assert np.isfinite(perform(action, 2, pack).at(-0.4).mesh.vertices).all()


def test_swimmers_show_head_arms_and_legs_above_the_water(pack):
    performance = perform("swimming", 3, pack)
    bodies = [body_of(performance.at(time_s)) for time_s in TIMES_S]
    assert max(body[:, 1].max() for body in bodies) > 0.55  # an arm on its way forward
    head = [body[body[:, 2] > np.quantile(body[:, 2], 0.5)][:, 1].max() for body in bodies]
    heels = [body[body[:, 2] < body[:, 2].min() + 0.3][:, 1].max() for body in bodies]
    assert min(head) > 0.1
    assert max(heels) > 0.05
