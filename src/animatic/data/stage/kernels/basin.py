"""The swimming pool: a tiled basin seen through rippling water, its ropes and its deck."""

import math

from animatic.data.stage.kernels.compiler import inlined
from animatic.data.stage.kernels.parameters import Scene
from animatic.data.stage.kernels.polynomials import decay, fraction, sine
from animatic.data.stage.kernels.sight import Mirror, Sight, fresnel, point_at, with_mirror_image
from animatic.data.stage.kernels.sky import surroundings
from animatic.data.stage.kernels.texture import Texels, sample
from animatic.data.stage.kernels.vectors import Vector, dot, mirrored, mixed, scaled, tinted

_LANE_M = 2.4
_TILES_PER_M = 2.2


@inlined
def inside_basin(scene: Scene, x: float, z: float) -> bool:
    """Return whether a place is in the water."""
    return abs(x) < scene.pool.half_width and abs(z) < scene.pool.half_length


@inlined
def pool(texels: Texels, mirror: Mirror, scene: Scene, sight: Sight) -> tuple[Vector, float]:
    """Return the colour of the pool's water, with what it lets through and what it mirrors."""
    spot = point_at(sight, sight.distance)
    ripple_x, ripple_z = _ripples(texels, scene, spot, sight.level)
    normal = (ripple_x, 1.0, ripple_z)
    share = fresnel(max(-dot(sight.direction, normal), 0.03), 0.7)
    colour = scaled(_through(texels, scene, sight, spot, normal), 0.7 + 0.3 * sight.lit)
    colour = tinted(colour, scene.light.ambient_colour)
    away = mirrored(sight.direction, normal)
    away = (away[0], abs(away[1]), away[2])
    above = (spot[0], 0.01, spot[2])
    colour = mixed(colour, surroundings(texels, scene, above, away), share)
    shift = (ripple_x * 0.1, ripple_z * -0.08)
    colour = with_mirror_image(colour, mirror, sight, shift, min(share + 0.15, 0.6))
    return _roped(colour, scene, spot), sight.distance


@inlined
def deck(texels: Texels, scene: Scene, sight: Sight) -> tuple[Vector, float]:
    """Return the colour of the paving around the pool, with a light kerb."""
    x, _, z = point_at(sight, sight.distance)
    stone = sample(texels, scene.ground.tile, x * 0.4, z * 0.4, sight.level + 2.0)
    stone = mixed(stone, (1.0, 1.0, 1.0), 0.35)
    edge_x, edge_z = abs(abs(x) - scene.pool.half_width), abs(abs(z) - scene.pool.half_length)
    if min(edge_x, edge_z) < 0.3:
        stone = (0.75, 0.8, 0.85)
    light = scene.light
    strength = light.ambient + light.sun * light.direction[1] * sight.lit
    return tinted(scaled(stone, strength), light.ambient_colour), sight.distance


@inlined
def _ripples(texels: Texels, scene: Scene, spot: Vector, level: float) -> tuple[float, float]:
    x, _, z = spot
    water, time_s = scene.water, scene.time_s
    u, v = x * 0.22 + time_s * 0.06, z * 0.22 + time_s * 0.04
    broad_x, broad_z, _ = sample(texels, water.ocean, u, v, level + 1.0)
    u, v = x * 0.5 - time_s * 0.09, z * 0.5 + time_s * 0.05
    fine_x, fine_z, _ = sample(texels, water.lake, u, v, level + 1.0)
    return (broad_x + fine_x - 1.0) * water.amplitude, (broad_z + fine_z - 1.0) * water.amplitude


@inlined
def _through(texels: Texels, scene: Scene, sight: Sight, spot: Vector, normal: Vector) -> Vector:
    """Return what the ray meets under water: floor or wall, under caustics, dimmed and tinted."""
    direction_x, _, direction_z = sight.direction
    flat = direction_x * direction_x + direction_z * direction_z
    step_x = direction_x * 0.75 - normal[0] * 0.35
    step_y = -math.sqrt(max(1.0 - flat * 0.5625, 0.1))
    step_z = direction_z * 0.75 - normal[2] * 0.35
    down = -scene.pool.depth / step_y
    across = _to_side(scene.pool.half_width, spot[0], step_x)
    along = _to_side(scene.pool.half_length, spot[2], step_z)
    length = min(down, across, along)
    x, y, z = spot[0] + step_x * length, step_y * length, spot[2] + step_z * length
    u, v = x, z
    if length < down:
        u, v = (z, y) if across < along else (x, y)
    colour = _tiles(u, v, sight.level)
    if length == down and 0.44 < fraction(u / _LANE_M) < 0.56:
        colour = (0.06, 0.12, 0.3)
    colour = scaled(colour, _caustics(texels, scene, x, z, sight.level))
    return _dimmed(colour, scene.water.colour, decay(length * 0.22))


@inlined
def _to_side(wall: float, start: float, step: float) -> float:
    if step > 0.0:
        return (wall - start) / step
    return (-wall - start) / min(step, -1e-5)


@inlined
def _tiles(u: float, v: float, level: float) -> Vector:
    joint = fraction(u * _TILES_PER_M) < 0.1 or fraction(v * _TILES_PER_M) < 0.1
    tone = 0.82 if joint else 1.0
    tone += (0.91 - tone) * min(level * 0.3, 1.0)
    return 0.62 * tone, 0.84 * tone, 0.92 * tone


@inlined
def _caustics(texels: Texels, scene: Scene, x: float, z: float, level: float) -> float:
    """Return the brightness of the net of light: where two moving cell patterns are both bright."""
    cells, time_s = scene.water.cells, scene.time_s
    u, v = x * 0.25 + time_s * 0.05, z * 0.25 + time_s * 0.03
    first, _, _ = sample(texels, cells, u, v, level)
    u, v = x * 0.31 - time_s * 0.04, z * 0.31 + time_s * 0.06
    second, _, _ = sample(texels, cells, u, v, level)
    return 0.75 + 1.1 * max(min(first, second) - 0.22, 0.0)


@inlined
def _dimmed(colour: Vector, water: Vector, clear: float) -> Vector:
    """Return a colour behind water that lets the share `clear` of green light through."""
    red = clear * clear
    return (
        colour[0] * red * 0.9 + water[0] * (1.0 - red),
        colour[1] * clear + water[1] * (1.0 - clear),
        colour[2] * (0.4 + 0.6 * clear) + water[2] * 0.4 * (1.0 - clear),
    )


@inlined
def _roped(colour: Vector, scene: Scene, spot: Vector) -> Vector:
    """Lay the red and white ropes between lanes over the water."""
    lane = fraction(spot[0] / _LANE_M)
    if scene.pool.ropes == 0 or 0.03 <= lane <= 0.97:
        return colour
    float_number = (spot[2] + sine(scene.time_s * 2.0 + spot[2]) * 0.03) * 1.2
    return (0.85, 0.12, 0.1) if fraction(float_number) < 0.5 else (0.92, 0.92, 0.9)
