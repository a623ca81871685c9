"""The surface of open water: four sine waves, with the ripples of two scrolling photographs."""

import math

from animatic.data.stage.kernels.compiler import compiled, inlined
from animatic.data.stage.kernels.parameters import Scene
from animatic.data.stage.kernels.polynomials import cosine, sine
from animatic.data.stage.kernels.sight import Sight, point_at
from animatic.data.stage.kernels.texture import Texels, sample
from animatic.data.stage.kernels.vectors import Vector


@inlined
def phases(x: float, z: float, time_s: float) -> tuple[float, float, float, float]:
    """Return the four waves' phases at a place, in radians."""
    return (
        x * 0.55 + z * 0.35 + time_s * 1.3,
        x * -0.3 + z * 0.8 + time_s * 1.7,
        x * 1.3 - z * 0.9 + time_s * 2.6,
        x * 0.18 + z * 0.22 + time_s * 0.8,
    )


@inlined
def wave_height(amplitude: float, x: float, z: float, time_s: float) -> float:
    """Return the water's height above its mean, in metres."""
    a, b, c, d = phases(x, z, time_s)
    return amplitude * (0.45 * sine(a) + 0.3 * sine(b) + 0.12 * sine(c) + 0.6 * sine(d))


@inlined
def wave_slopes(amplitude: float, x: float, z: float, time_s: float) -> tuple[float, float]:
    """Return the height's derivatives along x and z."""
    a, b, c, d = phases(x, z, time_s)
    a, b, c, d = 0.45 * cosine(a), 0.3 * cosine(b), 0.12 * cosine(c), 0.6 * cosine(d)
    along_x = amplitude * (0.55 * a - 0.3 * b + 1.3 * c + 0.18 * d)
    along_z = amplitude * (0.35 * a + 0.8 * b - 0.9 * c + 0.22 * d)
    return along_x, along_z


@compiled
def swell(amplitude: float, x: float, z: float, time_s: float) -> float:
    """Return `wave_height`, for Python."""
    return wave_height(amplitude, x, z, time_s)


@inlined
def distance_to_waves(scene: Scene, sight: Sight) -> float:
    """Return how far along the ray the waves are, by two steps from the mean level."""
    distance = sight.distance
    for _ in range(2):
        x, _, z = point_at(sight, distance)
        height = wave_height(scene.water.amplitude, x, z, scene.time_s)
        distance = (height - sight.eye[1]) / min(sight.direction[1], -0.01)
    return distance


@inlined
def rippled_normal(texels: Texels, scene: Scene, sight: Sight, spot: Vector, calm: float) -> Vector:
    """Return the water's normal: waves (times `calm`) and ripples, both fading with distance."""
    x, _, z = spot
    water, time_s = scene.water, scene.time_s
    slope_x, slope_z = wave_slopes(water.amplitude, x, z, time_s)
    near = 1.0 / (1.0 + sight.distance * 0.02)
    level = sight.level
    u, v = x * 0.11 + time_s * 0.02, z * 0.11 + time_s * 0.035
    broad_x, broad_z, _ = sample(texels, water.ocean, u, v, level)
    u, v = x * 0.37 - time_s * 0.05, z * 0.37 + time_s * 0.02
    fine_x, fine_z, _ = sample(texels, water.lake, u, v, level + 1.5)
    ripple = (0.35 + water.amplitude * 1.2) * near
    x = -slope_x * calm * near + ((broad_x - 0.5) + (fine_x - 0.5) * 0.7) * ripple
    z = -slope_z * calm * near + ((broad_z - 0.5) + (fine_z - 0.5) * 0.7) * ripple
    shorter = 1.0 / math.sqrt(x * x + z * z + 1.0)
    return x * shorter, shorter, z * shorter
