"""Shapes have the size that was asked for, and joining keeps every triangle."""

import numpy as np
import pytest

from animatic.data.stage.geometry import about_z, vector
from animatic.data.stage.mesh import (
    BLACK,
    METAL,
    WHITE,
    WOOD,
    ball,
    board,
    hull,
    join,
    ring,
    sheet,
    tube,
)

SHAPES = {
    "tube": lambda: tube(vector(0, 0, 0), vector(1, 1, 0), 0.1, WOOD),
    "ball": lambda: ball(vector(1, 2, 3), 0.5, WHITE, BLACK),
    "ring": lambda: ring(0.3, 0.02, BLACK),
    "board": lambda: sheet(board(1.0, 0.2, 0.03, 0.1), WOOD, WHITE, 2),
    "hull": lambda: hull((4.0, 0.7, 0.4), WHITE, WOOD),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_sound(name):
    mesh = SHAPES[name]()
    assert np.isfinite(mesh.vertices).all()
    assert mesh.faces.min() >= 0
    assert mesh.faces.max() < len(mesh.vertices)
    assert mesh.colours.min() >= 0
    assert mesh.colours.max() <= 1
    sizes = np.linalg.norm(mesh.normals, axis=1)
    used = np.isin(np.arange(len(sizes)), mesh.faces) & (sizes > 0)
    np.testing.assert_allclose(sizes[used], 1.0, atol=1e-9)


@pytest.mark.parametrize("end", [(0, 1, 0), (0, -2, 0), (1, 0, 0), (0.3, -1, 0.2)])
def test_a_tube_has_its_radius_all_along(end):
    start, end = vector(0.5, 0.5, 0.5), vector(0.5, 0.5, 0.5) + vector(*end)
    mesh = tube(start, end, 0.1, METAL, sides=8)
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices[:8] - start, axis=1), 0.1, rtol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices[8:] - end, axis=1), 0.1, rtol=1e-3)
    np.testing.assert_allclose(mesh.normals @ (end - start), 0.0, atol=5e-3)


def test_a_ball_is_round_and_spotted():
    mesh = ball(vector(1, 2, 3), 0.5, WHITE, BLACK)
    np.testing.assert_allclose(np.linalg.norm(mesh.vertices - (1, 2, 3), axis=1), 0.5)
    share = (mesh.colours == BLACK).all(axis=1).mean()
    assert 0.05 < share < 0.4


def test_joining_keeps_triangles_where_they_were():
    first, second = SHAPES["tube"](), SHAPES["ball"]()
    both = join([first, second])
    corners = both.vertices[both.faces]
    np.testing.assert_array_equal(corners[: len(first.faces)], first.vertices[first.faces])
    np.testing.assert_array_equal(corners[len(first.faces) :], second.vertices[second.faces])


def test_placing_turns_then_moves():
    mesh = SHAPES["hull"]()
    turn, shift = about_z(0.4), vector(1, 2, 3)
    placed = mesh.placed(turn, shift)
    np.testing.assert_allclose(placed.vertices, mesh.vertices @ turn.T + shift)
    np.testing.assert_allclose(placed.normals, mesh.normals @ turn.T, atol=1e-12)
    np.testing.assert_allclose(mesh.moved(shift).vertices, mesh.vertices + shift)
