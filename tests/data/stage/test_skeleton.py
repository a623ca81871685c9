"""Limbs reach what they can, keep their length, and bend the way that joints bend."""

import numpy as np
import pytest

from animatic.data.stage.anatomy import figure_of
from animatic.data.stage.assets import load_pack
from animatic.data.stage.geometry import UPRIGHT, about_x, about_y, vector
from animatic.data.stage.skeleton import (
    BONE_ENDS,
    HIPS,
    LEFT_ARM,
    LEFT_FOOT,
    LEFT_FOREARM,
    LEFT_HAND,
    LEFT_SHIN,
    LEFT_THIGH,
    RIGHT_FOOT,
    RIGHT_HAND,
    Skeleton,
    Stance,
    bend,
)

UPPER, LOWER = 0.30, 0.26
DOWN = vector(0, -1, 0)


@pytest.fixture(scope="module")
def skeleton():
    return Skeleton(figure_of(load_pack(), 2, 1.75, "low").joints)


@pytest.fixture
def crouch(skeleton):
    hips = vector(0, skeleton.hip_height * 0.8, 0)
    breast = skeleton.breast(hips, about_y(0.2), about_x(0.4))
    hands = (breast + vector(0.3, -0.1, 0.3), breast + vector(-0.2, 0.2, 0.3))
    feet = (vector(0.15, 0.1, 0.1), vector(-0.15, 0.1, -0.1))
    return Stance(hips, about_y(0.2), about_x(0.4), UPRIGHT, hands, feet)


def bone_lengths(pose):
    return {
        segment: np.linalg.norm(pose.origins[end] - pose.origins[segment])
        for segment, end in BONE_ENDS.items()
        if end < 16
    }


@pytest.mark.parametrize("target", [(0.3, 0.2, 0.1), (0, -0.5, 0), (-0.1, 0.1, 0.05)])
def test_a_limb_reaches_a_target_within_reach_and_keeps_its_lengths(target):
    root = vector(0.1, 1.2, -0.3)
    middle, end = bend(root, root + vector(*target), UPPER, LOWER, vector(0, 0.2, 1))
    np.testing.assert_allclose(end, root + vector(*target), atol=1e-9)
    assert np.linalg.norm(middle - root) == pytest.approx(UPPER)
    assert np.linalg.norm(end - middle) == pytest.approx(LOWER)


def test_a_limb_stretches_towards_a_target_out_of_reach():
    root = vector(0, 1, 0)
    middle, end = bend(root, vector(0, 1, 5), UPPER, LOWER, DOWN)
    assert np.linalg.norm(end - root) == pytest.approx(0.998 * (UPPER + LOWER))
    assert np.linalg.norm(middle - root) == pytest.approx(UPPER)
    np.testing.assert_allclose(end[:2], root[:2], atol=1e-9)


def test_the_middle_joint_points_out_along_the_pole():
    middle, _ = bend(vector(0, 0, 0), vector(0, 0, 0.4), UPPER, LOWER, DOWN)
    assert middle[1] < -0.1


def test_hands_and_feet_come_where_the_stance_wants_them(skeleton, crouch):
    pose = skeleton.reach(crouch)
    for segment, target in zip(
        (LEFT_HAND, RIGHT_HAND, LEFT_FOOT, RIGHT_FOOT), (*crouch.hands, *crouch.feet), strict=True
    ):
        np.testing.assert_allclose(pose.origins[segment], target, atol=1e-9)


def test_bones_keep_their_length_in_any_stance(skeleton, crouch):
    at_rest = bone_lengths(skeleton.neutral())
    for segment, bone in bone_lengths(skeleton.reach(crouch)).items():
        assert bone == pytest.approx(at_rest[segment])


def test_knees_bend_forward_and_elbows_back(skeleton, crouch):
    origins = skeleton.reach(crouch).origins
    assert origins[LEFT_SHIN, 2] > (origins[LEFT_THIGH, 2] + origins[LEFT_FOOT, 2]) / 2 + 0.05
    arm_middle = (origins[LEFT_ARM] + origins[LEFT_HAND]) / 2
    assert origins[LEFT_FOREARM, 1] < arm_middle[1]


def test_the_rotation_of_a_segment_takes_a_hanging_bone_along_the_posed_one(skeleton, crouch):
    pose = skeleton.reach(crouch)
    for segment, end in BONE_ENDS.items():
        if end < 16:
            bone = pose.rotations[segment] @ (DOWN * skeleton.lengths[segment])
            np.testing.assert_allclose(pose.origins[segment] + bone, pose.origins[end], atol=1e-9)


def test_a_neutral_person_stands_on_the_ground(skeleton):
    pose = skeleton.neutral()
    assert pose.origins[HIPS, 1] == pytest.approx(skeleton.hip_height)
    assert pose.origins[LEFT_FOOT, 1] == pytest.approx(skeleton.ankle_height, abs=0.03)


def test_placing_a_pose_moves_joints_and_turns_segments(skeleton, crouch):
    pose, turn, shift = skeleton.reach(crouch), about_y(0.7), vector(1, 2, 3)
    placed = pose.placed(turn, shift)
    np.testing.assert_allclose(placed.origins[LEFT_HAND], turn @ pose.origins[LEFT_HAND] + shift)
    np.testing.assert_allclose(placed.rotations[HIPS], turn @ pose.rotations[HIPS])
