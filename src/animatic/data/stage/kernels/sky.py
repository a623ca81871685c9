"""The sky, the backdrop before it, and the halls that close them off."""

import math

from animatic.data.stage.kernels.compiler import inlined
from animatic.data.stage.kernels.parameters import ICE, Scene
from animatic.data.stage.kernels.polynomials import angle_of, decay, floor, fraction, scattered
from animatic.data.stage.kernels.texture import (
    BACKDROP_WIDTH,
    PANORAMA_HEIGHT,
    SKY_WIDTH,
    Texels,
    panorama,
    sample,
)
from animatic.data.stage.kernels.vectors import Vector, mixed, scaled, tinted

_CEILING_M = 7.5
_FAR = 1e9


@inlined
def surroundings(texels: Texels, scene: Scene, start: Vector, direction: Vector) -> Vector:
    """Return what a ray sees that does not meet the ground: the hall, or else the sky."""
    if scene.hall.half_length > 0.0:
        return hall(texels, scene, start, direction)
    return sky(texels, scene, direction)


@inlined
def sky(texels: Texels, scene: Scene, direction: Vector) -> Vector:
    """Return the colour of the sky, hazy at the horizon, and of the backdrop before it."""
    above = scene.sky
    around = angle_of(direction[0], direction[2]) / 6.28318531
    flat = math.sqrt(direction[0] * direction[0] + direction[2] * direction[2])
    elevation = max(angle_of(direction[1], flat), 0.0)
    row = min(elevation / 1.5707963, 1.0) * (PANORAMA_HEIGHT - 1)
    turn = around + above.turn + above.drift * scene.time_s
    red, green, blue, _ = panorama(texels, above.panorama, SKY_WIDTH, turn, row)
    colour = scaled((red, green, blue), above.gain)
    colour = mixed(colour, scene.air.horizon, decay(elevation * 9.0) * 0.7)
    height = above.backdrop_high - above.backdrop_low
    share = (elevation - above.backdrop_low) / height
    if above.backdrop_gain == 0.0 or share <= 0.0 or share >= 1.0:
        return colour
    turn = around + above.backdrop_turn
    row = share * (PANORAMA_HEIGHT - 1)
    red, green, blue, opacity = panorama(texels, above.backdrop, BACKDROP_WIDTH, turn, row)
    lit = tinted(scaled((red, green, blue), above.backdrop_gain), scene.light.ambient_colour)
    return mixed(colour, mixed(lit, scene.air.horizon, 0.12), opacity)


@inlined
def hall(texels: Texels, scene: Scene, start: Vector, direction: Vector) -> Vector:
    """Return the colour of the hall's inside where a ray from within meets it."""
    across = _distance_to(scene.hall.half_width, start[0], direction[0])
    along = _distance_to(scene.hall.half_length, start[2], direction[2])
    distance = min(across, along)
    rink = scene.ground.kind == ICE
    if direction[1] > 0.0 and (_CEILING_M - start[1]) / direction[1] < distance:
        distance = (_CEILING_M - start[1]) / direction[1]
        x, z = start[0] + direction[0] * distance, start[2] + direction[2] * distance
        return _ceiling(x, z, rink)
    height = start[1] + direction[1] * distance
    place = start[2] + direction[2] * distance
    if along < across:
        place = start[0] + direction[0] * distance
    if rink:
        return _stand(texels, scene, place, height)
    return tinted(_tiled_wall(place, height), scene.light.ambient_colour)


@inlined
def _distance_to(wall: float, start: float, step: float) -> float:
    if step > 0.0:
        return (wall - start) / step
    if step < 0.0:
        return (-wall - start) / step
    return _FAR


@inlined
def _ceiling(x: float, z: float, rink: bool) -> Vector:
    glow = 0.16 if rink else 0.42
    if fraction(x * 0.25) < 0.3 and fraction(z * 0.12) < 0.7:
        glow = 1.0 if rink else 0.85
    return glow * 0.95, glow * 0.98, glow


@inlined
def _stand(texels: Texels, scene: Scene, place: float, height: float) -> Vector:
    """Return the rink's side: kick board, boards with advertisements, the crowd, the dark."""
    if height < 0.22:
        return 0.85, 0.7, 0.12
    if height < 1.15:
        board = floor(place / 2.2)
        along = place / 2.2 - board
        salt = scene.hall.salt
        inside = 0.12 < along < 0.88 and 0.4 < height < 1.0
        if inside and scattered(board, salt) < 0.55:
            hue = scattered(board, salt + 1)
            return 0.15 + 0.7 * hue, 0.15 + 0.6 * scattered(board, salt + 2), 0.75 - 0.6 * hue
        return 0.88, 0.9, 0.92
    if height < 5.2:
        return scaled(
            sample(texels, scene.hall.crowd, place * 0.12, (1.15 - height) * 0.24, 2.0), 0.6
        )
    return 0.08, 0.09, 0.12


@inlined
def _tiled_wall(place: float, height: float) -> Vector:
    """Return the pool hall's side: tiles below, windows above."""
    if height < 1.2:
        joint = fraction(place * 2.5) < 0.08 or fraction(height * 2.5) < 0.08
        tone = 0.75 if joint else 0.9
        return tone * 0.85, tone * 0.95, tone
    pane = fraction(place * 0.33)
    if height < 5.0 and 0.1 < pane < 0.9:
        up = (height - 1.2) / 3.8
        return 0.62 + 0.25 * up, 0.74 + 0.2 * up, 0.8 + 0.2 * up
    return 0.62, 0.63, 0.62
