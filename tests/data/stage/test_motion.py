"""Recorded motions repeat without a jump, forward, on either side."""

import numpy as np
import pytest

from animatic.data.stage.assets import load_pack
from animatic.data.stage.motion import read_motion
from animatic.data.stage.skeleton import LEFT_THIGH, RIGHT_THIGH

BRIDGES_S = {"walk": 0.0, "run": 0.0, "cartwheel": 0.3, "backflip": 0.2, "dance_a": 0.4}


@pytest.fixture(scope="module")
def recordings():
    return load_pack().motions


@pytest.mark.parametrize("name", BRIDGES_S)
def test_a_motion_repeats_without_a_jump(recordings, name):
    motion = read_motion(recordings[name], BRIDGES_S[name])
    before, after = (motion.at(motion.duration_s + d) for d in (-1e-6, 1e-6))
    np.testing.assert_allclose(before.hips, after.hips, atol=0.02)
    np.testing.assert_allclose(before.rotations, after.rotations, atol=0.12)


@pytest.mark.parametrize("name", ["walk", "run"])
def test_people_walk_and_run_forward(recordings, name):
    stride = read_motion(recordings[name]).stride
    assert stride[2] > 1.0
    assert abs(stride[0]) < 0.2
    assert stride[1] == 0.0


def test_the_same_instant_comes_a_stride_later(recordings):
    motion = read_motion(recordings["walk"])
    first, later = motion.at(0.4), motion.at(0.4 + 3 * motion.duration_s)
    np.testing.assert_allclose(later.hips, first.hips + 3 * motion.stride)
    np.testing.assert_allclose(later.rotations, first.rotations, atol=1e-9)


def test_every_segment_is_turned_by_a_rotation(recordings):
    rotations = read_motion(recordings["dance_a"], 0.4).at(0.77).rotations
    products = rotations @ np.swapaxes(rotations, 1, 2)
    np.testing.assert_allclose(products, np.tile(np.eye(3), (16, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0)


def test_a_mirrored_motion_swaps_the_legs(recordings):
    plain = read_motion(recordings["walk"]).at(0.3)
    mirrored = read_motion(recordings["walk"], mirrored=True).at(0.3)
    reflect = np.diag((-1.0, 1.0, 1.0))
    expected = reflect @ plain.rotations[LEFT_THIGH] @ reflect
    np.testing.assert_allclose(mirrored.rotations[RIGHT_THIGH], expected, atol=1e-9)
    np.testing.assert_allclose(mirrored.hips, plain.hips * (-1, 1, 1), atol=1e-9)


def test_a_bridge_adds_its_time(recordings):
    without, bridged = (read_motion(recordings["backflip"], s) for s in (0.0, 0.25))
    assert bridged.duration_s == pytest.approx(without.duration_s + 0.25)


def test_a_part_leaves_the_rest_out(recordings):
    whole = read_motion(recordings["cartwheel"])
    part = read_motion(recordings["cartwheel"], part_s=(0.5, 2.5))
    assert part.duration_s == pytest.approx(2.0, abs=0.02)
    np.testing.assert_allclose(part.at(0.3).rotations, whole.at(0.8).rotations, atol=0.08)


def test_the_sign_of_a_quaternion_does_not_matter(recordings):
    recording = recordings["dance_a"].copy()
    recording[-1, 4:16] *= -1  # root, chest and neck: the same rotations
    plain, negated = read_motion(recordings["dance_a"], 0.4), read_motion(recording, 0.4)
    middle_s = plain.duration_s - 0.2
    np.testing.assert_allclose(
        negated.at(middle_s).rotations, plain.at(middle_s).rotations, atol=1e-5
    )
