"""Ground to stand on: grass, sand and snow from photographs, the wet shore, the rink."""

import math

from animatic.data.stage.kernels.compiler import inlined
from animatic.data.stage.kernels.parameters import MOWN, PITCH, Scene
from animatic.data.stage.kernels.polynomials import clamped, decay, fraction, halvings, sine
from animatic.data.stage.kernels.sight import Mirror, Sight, point_at, with_mirror_image
from animatic.data.stage.kernels.sky import sky, surroundings
from animatic.data.stage.kernels.texture import Texels, sample
from animatic.data.stage.kernels.vectors import Vector, added, mixed, scaled, tinted

_RED, _BLUE, _SPOT_RED = (0.75, 0.15, 0.18), (0.15, 0.25, 0.7), (0.78, 0.2, 0.22)


@inlined
def land(texels: Texels, scene: Scene, sight: Sight) -> tuple[Vector, float]:
    """Return the colour of grass, forest floor, snow or dunes in sun and shadow."""
    spot = point_at(sight, sight.distance)
    colour = _patterned(_photograph(texels, scene, sight, spot), scene, sight, spot)
    return _daylit(colour, scene, sight), sight.distance


@inlined
def shore(texels: Texels, scene: Scene, sight: Sight, inland: float) -> tuple[Vector, float]:
    """Return the colour of a beach, `inland` metres before the shoreline: wet sand is darker."""
    spot = point_at(sight, sight.distance)
    colour = _photograph(texels, scene, sight, spot)
    if inland < 2.2:
        dry = 0.62 + 0.38 * clamped((inland - 0.7) / 1.5, 0.0, 1.0)
        colour = (colour[0] * dry, colour[1] * dry * 1.01, colour[2] * dry * 1.04)
    if inland < 0.7:
        direction_x, direction_y, direction_z = sight.direction
        colour = mixed(colour, sky(texels, scene, (direction_x, -direction_y, direction_z)), 0.18)
    return _daylit(colour, scene, sight), sight.distance


@inlined
def shoreline(scene: Scene, x: float) -> float:
    """Return the z beyond which the beach is under water; the swash moves it to and fro."""
    bays = 0.5 * sine(x * 0.35 + 1.0) + 0.3 * sine(x * 0.9)
    return scene.ground.shore_z + bays + 0.7 * sine(scene.time_s * 0.9 + x * 0.1)


@inlined
def ice(texels: Texels, mirror: Mirror, scene: Scene, sight: Sight) -> tuple[Vector, float]:
    """Return the colour of the rink: scratched ice, painted lines, the hall mirrored."""
    spot = point_at(sight, sight.distance)
    x, _, z = spot
    red, green, blue = sample(texels, scene.ground.tile, x * 0.07, z * 0.07, sight.level)
    scratch, _, _ = sample(texels, scene.water.cells, x * 0.13, z * 0.13, 1.0)
    worn = scratch - 0.3
    colour = (
        0.80 + 0.12 * red - 0.08 * worn,
        0.86 + 0.1 * green - 0.07 * worn,
        0.91 + 0.08 * blue - 0.05 * worn,
    )
    colour = _painted(colour, x, z)
    light = scene.light
    strength = light.ambient + light.sun * (0.35 + 0.65 * sight.lit)
    colour = tinted(scaled(colour, strength), light.ambient_colour)
    direction_x, direction_y, direction_z = sight.direction
    grazing = 1.0 + direction_y
    square = grazing * grazing
    share = 0.07 + 0.6 * square * square * grazing
    away = (direction_x, -direction_y, direction_z)
    colour = mixed(colour, surroundings(texels, scene, (x, 0.01, z), away), share)
    colour = with_mirror_image(colour, mirror, sight, (0.0, 0.0), min(share + 0.22, 0.6))
    return colour, sight.distance


@inlined
def fogged(colour: Vector, scene: Scene, distance: float) -> Vector:
    """Return a colour as it looks through this much air; halls have none to speak of."""
    if scene.hall.half_length > 0.0:
        return colour
    return mixed(colour, scene.air.horizon, 1.0 - decay(distance * scene.air.fog_per_m))


@inlined
def _photograph(texels: Texels, scene: Scene, sight: Sight, spot: Vector) -> Vector:
    ground = scene.ground
    x, _, z = spot
    level = sight.level + halvings(ground.scale * 8.0)
    near = sample(texels, ground.tile, x * ground.scale, z * ground.scale, level)
    u, v = x * ground.macro_scale + 0.37, z * ground.macro_scale + 0.11
    red, green, blue = sample(texels, ground.macro_tile, u, v, 2.0)
    return scaled(near, 0.3 + 0.7 * (red + green + blue) / max(ground.macro_brightness, 0.05))


@inlined
def _patterned(colour: Vector, scene: Scene, sight: Sight, spot: Vector) -> Vector:
    x, _, z = spot
    if scene.ground.pattern == MOWN:
        return scaled(colour, 1.1 if fraction((x + z) / 5.0) < 0.5 else 0.93)
    if scene.ground.pattern != PITCH:
        return colour
    colour = scaled(colour, 1.12 if fraction(x / 4.0) < 0.5 else 0.9)
    to_spot = math.sqrt((x - 3.0) * (x - 3.0) + (z + 2.0) * (z + 2.0))
    # Lines widen with distance, or they would flicker between pixels.
    side, circle = abs(z - 5.5), abs(to_spot - 4.5)
    wide = 0.07 + sight.distance * 0.002
    if side < wide or circle < wide or abs(x - 3.0) < wide:
        return added(scaled(colour, 0.3), (0.62, 0.64, 0.6))
    return colour


@inlined
def _daylit(colour: Vector, scene: Scene, sight: Sight) -> Vector:
    light = scene.light
    ambient = scaled(light.ambient_colour, light.ambient)
    sun = scaled(light.sun_colour, light.sun * light.direction[1] * sight.lit)
    return tinted(colour, added(ambient, sun))


@inlined
def _painted(colour: Vector, x: float, z: float) -> Vector:
    """Return the ice's colour under the rink's lines and circles."""
    if abs(x) < 0.16:
        colour = _RED
    if abs(abs(x) - 7.0) < 0.16:
        colour = _BLUE
    if abs(math.sqrt(x * x + z * z) - 4.5) < 0.07:
        colour = (0.2, 0.3, 0.75)
    from_spot = abs(x) - 12.0
    if abs(math.sqrt(from_spot * from_spot + z * z) - 4.2) < 0.07:
        colour = _SPOT_RED
    return colour
