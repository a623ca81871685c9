"""Rotations turn as they say, and eased keys pass through their values."""

import math

import numpy as np
import pytest

from animatic.data.stage.geometry import (
    FORWARD,
    LEFT,
    UP,
    about_x,
    about_y,
    about_z,
    cross,
    ease,
    halfway,
    key_pose,
    shortest_turn,
    times,
    turned,
    unit,
    upright_frame,
    vector,
)

DIRECTIONS = [vector(1, 2, 3), vector(-1, 0.5, 0.2), vector(0, -1, 0.1), vector(0, 0, -2)]


def is_rotation(turn):
    return np.allclose(turn @ turn.T, np.eye(3)) and np.linalg.det(turn) == pytest.approx(1)


def test_a_quarter_turn_takes_each_axis_to_the_next():
    quarter = math.pi / 2
    np.testing.assert_allclose(about_x(quarter) @ UP, FORWARD, atol=1e-12)
    np.testing.assert_allclose(about_y(quarter) @ FORWARD, LEFT, atol=1e-12)
    np.testing.assert_allclose(about_z(quarter) @ LEFT, UP, atol=1e-12)


@pytest.mark.parametrize("end", DIRECTIONS)
@pytest.mark.parametrize("start", DIRECTIONS)
def test_the_shortest_turn_is_a_rotation_from_one_direction_to_the_other(start, end):
    turn = shortest_turn(start, end)
    assert is_rotation(turn)
    np.testing.assert_allclose(turn @ unit(start), unit(end), atol=1e-9)


def test_an_upright_frame_keeps_up_and_leans_forward_into_its_plane():
    frame = upright_frame(vector(0.2, 1, -0.3), FORWARD)
    assert is_rotation(frame)
    np.testing.assert_allclose(frame[:, 1], unit(vector(0.2, 1, -0.3)))
    assert frame[2, 2] > 0.9


def test_halfway_between_two_turns_about_one_axis_is_the_mean_angle():
    np.testing.assert_allclose(halfway(about_y(0.2), about_y(1.0)), about_y(0.6), atol=1e-12)


def test_products_agree_with_numpy():
    a, b, v = about_x(0.3), about_z(-0.7), vector(1, -2, 3)
    np.testing.assert_allclose(times(a, b), a @ b)
    np.testing.assert_allclose(turned(a, v), a @ v)
    np.testing.assert_allclose(cross(v, LEFT), np.cross(v, LEFT))


def test_easing_starts_and_ends_at_rest_and_never_leaves_its_range():
    assert [ease(u) for u in (-1.0, 0.0, 0.5, 1.0, 2.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert ease(0.01) < 1e-4


def test_a_key_pose_passes_through_its_keys_and_holds_the_ends():
    keys = ((1.0, 5.0), (2.0, -3.0), (4.0, 0.0))
    assert [key_pose(t, keys) for t in (0.0, 1.0, 2.0, 4.0, 9.0)] == [5.0, 5.0, -3.0, 0.0, 0.0]
    assert key_pose(1.5, keys) == pytest.approx(1.0)
