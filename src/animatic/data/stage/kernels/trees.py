"""Trees: photographs or drawings that stand upright and face the camera."""

import math

import numpy as np
from jaxtyping import Float64

from animatic.data.stage.kernels.background import FAR, Canvas
from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.parameters import Camera, Scene
from animatic.data.stage.kernels.polynomials import sine
from animatic.data.stage.kernels.solid_ground import fogged
from animatic.data.stage.kernels.texture import SPRITE_SIZE, Texels
from animatic.data.stage.kernels.vectors import Vector, dot, scaled, tinted

X, Z, WIDTH, HEIGHT, PICTURE, SHADE = range(6)
"""Columns of a tree: place and half width and height in metres, first texel, brightness."""

Trees = Float64[np.ndarray, "n 6"]

_SWAY = 0.012
_CLEAR_OF_CAMERA_M = 5.0
_HARDLY_THERE = 0.15


@compiled
def draw_trees(canvas: Canvas, trees: Trees, camera: Camera, scene: Scene, texels: Texels) -> None:
    """Draw the trees that are not too near the camera, the farthest first."""
    eye, forward = camera.eye, camera.forward
    depths = (trees[:, X] - eye[0]) * forward[0] + (trees[:, Z] - eye[2]) * forward[2]
    for i in np.argsort(-depths):
        x, z = trees[i, X] - eye[0], trees[i, Z] - eye[2]
        if depths[i] > 0.5 and x * x + z * z > _CLEAR_OF_CAMERA_M**2:
            _draw_tree(canvas, trees[i], camera, scene, texels)


@inlined
def _draw_tree(
    canvas: Canvas,
    tree: Float64[np.ndarray, "6"],
    camera: Camera,
    scene: Scene,
    texels: Texels,
) -> None:
    size = canvas.distance.shape[0]
    away = (tree[X] - camera.eye[0], -camera.eye[1], tree[Z] - camera.eye[2])
    samples_per_m = size * 0.5 / (dot(away, camera.forward) * camera.slope)
    middle = size * 0.5 + dot(away, camera.right) * samples_per_m
    foot = size * 0.5 - dot(away, camera.up) * samples_per_m
    wide, tall = tree[WIDTH] * samples_per_m, tree[HEIGHT] * samples_per_m
    distance = math.sqrt(dot(away, away))
    brightness = (scene.light.ambient + scene.light.sun * 0.6) * tree[SHADE]
    tint = scaled(scene.light.ambient_colour, brightness)
    lean = _SWAY * sine(scene.time_s * 2.0 + tree[X])
    for row in range(max(int(foot - tall), 0), min(int(foot), size - 1) + 1):
        down = (row + 0.5 - (foot - tall)) / tall
        if down < 0.0 or down >= 1.0:
            continue
        for column in range(max(int(middle - wide), 0), min(int(middle + wide) + 1, size)):
            across = (column + 0.5 - middle) / (2.0 * wide) + 0.5 + lean * (1.0 - down)
            behind = canvas.distance[row, column]
            hidden = behind < 0.1 * FAR and distance > behind + 0.3
            if across < 0.0 or across >= 1.0 or hidden:
                continue
            leaf, opacity = _texel(texels, int(tree[PICTURE]), across, down)
            if opacity < _HARDLY_THERE:
                continue
            leaf = fogged(tinted(leaf, tint), scene, distance)
            _lay_over(canvas, row, column, leaf, opacity)
            if opacity > 0.5:
                canvas.distance[row, column] = distance


@inlined
def _texel(texels: Texels, first: int, across: float, down: float) -> tuple[Vector, float]:
    texel = first + int(down * SPRITE_SIZE) * SPRITE_SIZE + int(across * SPRITE_SIZE)
    colour = (texels[texel, 0] / 255.0, texels[texel, 1] / 255.0, texels[texel, 2] / 255.0)
    return colour, texels[texel, 3] / 255.0


@inlined
def _lay_over(canvas: Canvas, row: int, column: int, colour: Vector, opacity: float) -> None:
    for channel in range(3):
        below = float(canvas.colour[row, column, channel])
        canvas.colour[row, column, channel] = below + (colour[channel] - below) * opacity
