"""The rasteriser against a loop that asks every sample about every face."""

import math

import numpy as np
import pytest

from animatic.data.stage.kernels.parameters import Camera
from animatic.data.stage.kernels.raster import NOBODY, drop_shadow, place, project, rasterise

SIZE = 24


def _inside(corners: np.ndarray, x: float, y: float) -> bool:
    (xa, ya), (xb, yb), (xc, yc) = corners
    turns = [
        (xb - xa) * (y - ya) - (yb - ya) * (x - xa),
        (xc - xb) * (y - yb) - (yc - yb) * (x - xb),
        (xa - xc) * (y - yc) - (ya - yc) * (x - xc),
    ]
    return min(turns) >= 0.0 or max(turns) <= 0.0


def _depth(corners: np.ndarray, depths: np.ndarray, x: float, y: float) -> float:
    rows = np.column_stack([corners, np.ones(3)])
    return 1.0 / (np.array([x, y, 1.0]) @ np.linalg.solve(rows, 1.0 / depths))


def _slow_owner(screen: np.ndarray, faces: np.ndarray) -> np.ndarray:
    owner = np.full((SIZE, SIZE), NOBODY)
    for row in range(SIZE):
        for column in range(SIZE):
            depths = {}
            for number, face in enumerate(faces):
                corners = screen[face, :2]
                if _inside(corners, column + 0.5, row + 0.5):
                    depth = _depth(corners, screen[face, 2], column + 0.5, row + 0.5)
                    depths[number] = depth
            if depths:
                owner[row, column] = min(depths, key=depths.__getitem__)
    return owner


def _owner(screen: np.ndarray, faces: np.ndarray) -> np.ndarray:
    owner = np.zeros((SIZE, SIZE), np.int32)
    rasterise(screen, faces, owner, np.zeros((SIZE, SIZE), np.float32))
    return owner


def test_one_triangle_covers_the_samples_inside_it():
    screen = np.array([[2.2, 3.1, 1.0], [20.7, 6.4, 2.0], [9.3, 22.9, 3.0]])
    faces = np.array([[0, 1, 2]], np.int32)
    owner = _owner(screen, faces)
    np.testing.assert_array_equal(owner, _slow_owner(screen, faces))
    assert 100 < (owner == 0).sum() < 300


def test_the_nearest_of_many_triangles_wins_and_none_may_leave_the_canvas():
    draw = np.random.default_rng(4)
    screen = np.column_stack([draw.uniform(-10, 34, (30, 2)), draw.uniform(1, 9, 30)])
    faces = np.arange(30, dtype=np.int32).reshape(10, 3)
    np.testing.assert_array_equal(_owner(screen, faces), _slow_owner(screen, faces))


def test_a_face_that_reaches_behind_the_eye_is_left_out():
    screen = np.array([[2.0, 3.0, 1.0], [20.0, 6.0, -2.0], [9.0, 22.0, 3.0]])
    assert (_owner(screen, np.array([[0, 1, 2]], np.int32)) == NOBODY).all()


def test_a_point_before_the_eye_lands_in_the_middle_and_one_above_it_higher():
    camera = Camera(
        eye=(0.0, 1.0, -4.0),
        right=(1.0, 0.0, 0.0),
        up=(0.0, 1.0, 0.0),
        forward=(0.0, 0.0, 1.0),
        slope=0.5,
    )
    screen = np.empty((2, 3))
    project(np.array([[0.0, 1.0, 0.0], [1.0, 2.0, 0.0]]), camera, 100, screen)
    np.testing.assert_allclose(screen, [[50.0, 50.0, 4.0], [75.0, 25.0, 4.0]])


def test_placing_turns_moves_and_rounds_to_the_grid():
    placed = np.empty((1, 3))
    turn = 0.3
    place(np.array([[0.0, 1.0, 2.0]]), math.cos(turn), math.sin(turn), (5.0, 0.1, 0.0), placed)
    exact = [5.0 + 2.0 * math.sin(turn), 1.1, 2.0 * math.cos(turn)]
    np.testing.assert_allclose(placed[0], exact, atol=2.0**-15)
    assert (placed * 2.0**14 == np.round(placed * 2.0**14)).all()


@pytest.mark.parametrize("height", [0.0, 1.5])
def test_a_shadow_lies_on_the_ground_opposite_the_sun(height):
    shadow = np.empty((1, 3))
    drop_shadow(np.array([[0.0, height, 0.0]]), (0.6, 0.8, 0.0), shadow)
    np.testing.assert_allclose(shadow[0], [-0.75 * height, 0.0, 0.0])
