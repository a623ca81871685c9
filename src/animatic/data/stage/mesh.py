"""Triangle meshes with a colour and a normal at each vertex, and the shapes that props are made of.

Axis letters here: n vertices, m faces. Colours are in [0, 1], before light falls on them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int32

from animatic.data.stage.geometry import Rotation, Vector, cross, length, shortest_turn
from animatic.data.stage.kernels.compiler import compiled

Colour: TypeAlias = tuple[float, float, float]

WHITE: Colour = (0.93, 0.93, 0.92)
BLACK: Colour = (0.06, 0.06, 0.07)
METAL: Colour = (0.55, 0.56, 0.60)
WOOD: Colour = (0.55, 0.38, 0.20)


@dataclass(frozen=True, eq=False)
class Mesh:
    """A surface; faces index vertices, normals have length one and may point to either side."""

    vertices: Float[np.ndarray, "n 3"]
    faces: Int32[np.ndarray, "m 3"]
    colours: Float[np.ndarray, "n 3"]
    normals: Float[np.ndarray, "n 3"]

    def moved(self, shift: Vector) -> "Mesh":
        """Return the mesh moved by a vector."""
        return Mesh(self.vertices + shift, self.faces, self.colours, self.normals)

    def placed(self, turn: Rotation, shift: Vector) -> "Mesh":
        """Return the mesh turned about the origin, then moved."""
        vertices, normals = np.empty_like(self.vertices), np.empty_like(self.normals)
        _place(self.vertices, self.normals, turn, shift, vertices, normals)
        return Mesh(vertices, self.faces, self.colours, normals)


def join(meshes: Sequence[Mesh]) -> Mesh:
    """Return one mesh that holds them all, in order."""
    faces, first = [], 0
    for mesh in meshes:
        faces.append(mesh.faces + np.int32(first))
        first += len(mesh.vertices)
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(faces),
        np.concatenate([mesh.colours for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
    )


def smooth_normals(
    vertices: Float[np.ndarray, "n 3"], faces: Int32[np.ndarray, "m 3"]
) -> Float[np.ndarray, "n 3"]:
    """Return a normal for each vertex: the mean over its faces, weighted by their area."""
    normals = np.zeros_like(vertices)
    _add_face_normals(vertices, faces, normals)
    return normals


def tube(
    start: Vector,
    end: Vector,
    radius: float,
    colour: Colour,
    end_radius: float | None = None,
    sides: int = 6,
) -> Mesh:
    """Return an open tube, or a cone where the radii differ."""
    vertices, normals = np.empty((2 * sides, 3)), np.empty((2 * sides, 3))
    far_radius = radius if end_radius is None else end_radius
    _tube(start, end, radius, far_radius, _circle(sides), vertices, normals)
    return Mesh(vertices, _tube_faces(sides), _painted(2 * sides, colour), normals)


def ball(
    centre: Vector,
    radius: float,
    colour: Colour,
    spots: Colour | None = None,
    turn: Rotation | None = None,
) -> Mesh:
    """Return a sphere, spotted like a football if there is a colour for spots."""
    unit_sphere, faces = _sphere()
    colours = _painted(len(unit_sphere), colour)
    if spots is not None:
        colours[_spots()] = spots
    normals = unit_sphere if turn is None else unit_sphere @ turn.T
    return Mesh(normals * radius + centre, faces, colours, normals)


def sheet(
    points: Float[np.ndarray, "rows columns 3"],
    colour: Colour,
    bands: Colour | None = None,
    band_width: int = 1,
) -> Mesh:
    """Return a surface through a grid of points; every other band of rows may differ in colour."""
    rows, columns = points.shape[:2]
    vertices = np.ascontiguousarray(points).reshape(-1, 3)
    faces = _sheet_faces(rows, columns)
    colours = _painted(len(vertices), colour)
    if bands is not None:
        row = np.arange(rows * columns) // columns
        colours[(row // band_width) % 2 == 1] = bands
    return Mesh(vertices, faces, colours, smooth_normals(vertices, faces))


def ring(radius: float, thickness: float, colour: Colour, sides: int = 18) -> Mesh:
    """Return a ring about the x axis, such as a tyre."""
    around = np.linspace(0, 2 * np.pi, sides + 1)[:, None]
    across = np.linspace(0, 2 * np.pi, 6)[None, :]
    reach = radius + thickness * np.cos(across)
    points = np.stack(
        (
            np.broadcast_to(thickness * np.sin(across), (sides + 1, 6)),
            reach * np.cos(around),
            reach * np.sin(around),
        ),
        axis=-1,
    )
    return sheet(points, colour)


def board(half_length: float, half_width: float, thickness: float, lift: float) -> np.ndarray:
    """Return the grid of points of a board along z whose ends taper and rise by `lift`."""
    along = np.linspace(-1, 1, 12)
    width = half_width * np.maximum(1 - np.abs(along) ** 3, 0.08)
    height = lift * along**4
    profile = ((-1, 1.0), (0, 1.3), (1, 1.0), (0.8, 0.0), (-0.8, 0.0), (-1, 1.0))
    lines = [
        np.stack((width * x, height + thickness * y, along * half_length), axis=1)
        for x, y in profile
    ]
    return np.stack(lines, axis=1)


def hull(size: tuple[float, float, float], colour: Colour, deck: Colour) -> Mesh:
    """Return an open boat of this length, half width and height, its bow towards +z."""
    long, half_width, height = size
    stations = np.linspace(0, 1, 9)
    widths = half_width * np.minimum(1, 1 - stations**2.2) * np.minimum(1, 0.75 + stations)
    sections = [
        _hull_section(width, height + 0.12 * u * u, u, long)
        for width, u in zip(widths, stations, strict=True)
    ]
    boat = sheet(np.array(sections), colour)
    boat.colours.reshape(9, 9, 3)[:, 5:8] = deck
    return boat


def _hull_section(width: float, rim: float, u: float, long: float) -> list[tuple[float, ...]]:
    z = long * (u - 0.5)
    chine, floor = rim * 0.4, rim * 0.45
    return [
        (-width, rim, z),
        (-width * 0.85, chine, z),
        (0.0, -0.12 + 0.3 * u**4, z),
        (width * 0.85, chine, z),
        (width, rim, z),
        (width * 0.8, rim - 0.04, z),
        (0.0, floor, z),
        (-width * 0.8, rim - 0.04, z),
        (-width, rim, z),
    ]


def _painted(count: int, colour: Colour) -> Float[np.ndarray, "n 3"]:
    colours = np.empty((count, 3))
    colours[:] = colour
    return colours


@cache
def _circle(sides: int) -> Float[np.ndarray, "k 2"]:
    angles = [2 * math.pi * i / sides for i in range(sides)]
    return np.array([(math.cos(angle), math.sin(angle)) for angle in angles])


@cache
def _tube_faces(sides: int) -> Int32[np.ndarray, "m 3"]:
    pairs = [(i, (i + 1) % sides) for i in range(sides)]
    near = [(i, j, sides + j) for i, j in pairs]
    far = [(i, sides + j, sides + i) for i, j in pairs]
    return np.array(near + far, dtype=np.int32)


@cache
def _sheet_faces(rows: int, columns: int) -> Int32[np.ndarray, "m 3"]:
    corner = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]
    triangles = np.stack((np.stack((a, b, c), -1), np.stack((b, d, c), -1)), axis=2)
    return np.ascontiguousarray(triangles.reshape(-1, 3))


@cache
def _sphere(rows: int = 8) -> tuple[Float[np.ndarray, "n 3"], Int32[np.ndarray, "m 3"]]:
    points = [
        [
            (math.sin(polar) * math.cos(turn), math.cos(polar), math.sin(polar) * math.sin(turn))
            for turn in (2 * math.pi * j / rows for j in range(rows + 1))
        ]
        for polar in (math.pi * i / rows for i in range(rows + 1))
    ]
    return np.array(points).reshape(-1, 3), _sheet_faces(rows + 1, rows + 1)


@cache
def _spots(rows: int = 8) -> Bool[np.ndarray, " n"]:
    """Return which vertices of a sphere lie in its spots, evenly scattered."""
    row, column = np.divmod(np.arange((rows + 1) ** 2), rows + 1)
    return (row % 2 == 0) & ((column % rows + row) % 4 == 0)


@compiled
def _place(vertices, normals, turn, shift, new_vertices, new_normals):
    for i in range(len(vertices)):
        for j in range(3):
            new_vertices[i, j] = (
                turn[j, 0] * vertices[i, 0]
                + turn[j, 1] * vertices[i, 1]
                + turn[j, 2] * vertices[i, 2]
            ) + shift[j]
            new_normals[i, j] = (
                turn[j, 0] * normals[i, 0] + turn[j, 1] * normals[i, 1] + turn[j, 2] * normals[i, 2]
            )


@compiled
def _tube(start, end, radius, end_radius, circle, vertices, normals):
    axis = end - start
    if axis[1] < -0.999 * length(axis):  # straight down: the shortest turn from up is undefined
        axis[0] += 1e-3
    turn = shortest_turn(np.array((0.0, 1.0, 0.0)), axis)
    sides = len(circle)
    for i in range(sides):
        for j in range(3):
            outward = turn[j, 0] * circle[i, 0] + turn[j, 2] * circle[i, 1]
            vertices[i, j] = start[j] + outward * radius
            vertices[sides + i, j] = end[j] + outward * end_radius
            normals[i, j] = outward
            normals[sides + i, j] = outward


@compiled
def _add_face_normals(vertices, faces, normals):
    for k in range(len(faces)):
        a, b, c = faces[k, 0], faces[k, 1], faces[k, 2]
        normal = cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
        for corner in (a, b, c):
            for j in range(3):
                normals[corner, j] += normal[j]
    for i in range(len(normals)):
        size = length(normals[i])
        if size > 0.0:
            normals[i] /= size
