"""The sea and the surf: deep colour, mirrored sky and actor, glints and foam."""

from animatic.data.stage.kernels.compiler import inlined
from animatic.data.stage.kernels.parameters import Scene
from animatic.data.stage.kernels.polynomials import clamped, sine
from animatic.data.stage.kernels.sight import Mirror, Sight, fresnel, point_at, with_mirror_image
from animatic.data.stage.kernels.sky import sky
from animatic.data.stage.kernels.texture import Texels, sample
from animatic.data.stage.kernels.vectors import (
    Vector,
    added,
    dot,
    mirrored,
    mixed,
    scaled,
    tinted,
)
from animatic.data.stage.kernels.waves import distance_to_waves, rippled_normal, wave_height

_SHALLOWS = (0.32, 0.42, 0.40)
_FOAM = (0.95, 0.97, 1.0)
_WAVY_WITHIN_M = 60.0
_GLINT_FROM = 0.96  # cosine between the mirrored ray and the sun: small sparks, not a white sheet


@inlined
def sea(texels: Texels, mirror: Mirror, scene: Scene, sight: Sight) -> tuple[Vector, float]:
    """Return the colour of the open sea and its distance, which the waves change."""
    distance = sight.distance
    if distance < _WAVY_WITHIN_M:
        distance = distance_to_waves(scene, sight)
    spot = point_at(sight, distance)
    amplitude = scene.water.amplitude
    height = wave_height(amplitude, spot[0], spot[2], scene.time_s)
    normal = rippled_normal(texels, scene, sight, spot, 1.0)
    crest = 0.75 + 0.2 * max(height / (amplitude + 0.05), -0.6) + normal[0] * 0.25
    colour = _surface(texels, mirror, scene, sight, scaled(scene.water.colour, crest), normal)
    u, v = spot[0] * 0.21 + scene.time_s * 0.01, spot[2] * 0.21
    speckle, _, _ = sample(texels, scene.water.cells, u, v, sight.level + 1.0)
    foam = max(0.0, (height / (amplitude + 0.02) - 0.9) * 1.2 + (speckle - 0.45) * 1.2)
    return _foamy(colour, scene, foam * min(1.0, amplitude * 2.5)), distance


@inlined
def surf(
    texels: Texels, mirror: Mirror, scene: Scene, sight: Sight, offshore: float
) -> tuple[Vector, float]:
    """Return the colour of the water off a beach, `offshore` metres behind the shoreline."""
    spot = point_at(sight, sight.distance)
    time_s = scene.time_s
    height = wave_height(scene.water.amplitude, spot[0], spot[2], time_s)
    normal = rippled_normal(texels, scene, sight, spot, 0.4)
    crest = 0.75 + 0.2 * max(height / (scene.water.amplitude + 0.05), -0.6) + normal[0] * 0.25
    shallows = tinted(_SHALLOWS, scene.light.ambient_colour)
    deep = scaled(scene.water.colour, crest)
    body = mixed(shallows, deep, clamped(offshore / 9.0, 0.0, 1.0))
    colour = _surface(texels, mirror, scene, sight, body, normal)
    u, v = spot[0] * 0.3 + time_s * 0.02, spot[2] * 0.3 - time_s * 0.05
    speckle, _, _ = sample(texels, scene.water.cells, u, v, sight.level)
    breaker = sine(offshore * 1.1 + time_s * 1.2 + sine(spot[0] * 0.4)) - 0.75
    breaker = max(0.0, breaker * 3.0 * max(0.0, 1.0 - offshore / 14.0)) * speckle * 1.7
    foam = max(0.0, 1.0 - offshore / 0.5) * 0.9 + breaker
    return _foamy(colour, scene, foam), sight.distance


@inlined
def _surface(
    texels: Texels, mirror: Mirror, scene: Scene, sight: Sight, body: Vector, normal: Vector
) -> Vector:
    """Return the water's own colour with sky, actor and sun mirrored in it."""
    away = mirrored(sight.direction, normal)
    away = (away[0], abs(away[1]) + 0.02, away[2])
    share = fresnel(max(-dot(sight.direction, normal), 0.02), 0.75)
    lit = scaled(body, 0.6 + 0.4 * sight.lit)
    colour = mixed(lit, sky(texels, scene, away), share)
    shift = (normal[0] * 0.12, normal[2] * -0.06)
    colour = with_mirror_image(colour, mirror, sight, shift, min(share + 0.25, 0.7))
    towards_sun = dot(away, scene.light.direction)
    if towards_sun <= _GLINT_FROM:
        return colour
    glint = min((towards_sun - _GLINT_FROM) / (1.0 - _GLINT_FROM), 1.0)
    glint *= glint
    glint *= glint
    return added(colour, scaled(scene.light.sun_colour, glint * glint * scene.light.sun * 0.7))


@inlined
def _foamy(colour: Vector, scene: Scene, foam: float) -> Vector:
    light = scene.light
    white = tinted(_FOAM, scaled(light.ambient_colour, light.ambient + light.sun * 0.55))
    return mixed(colour, white, min(foam, 0.9))
