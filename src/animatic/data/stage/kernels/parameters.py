"""What kernels need to know of a scene and a camera: plain numbers, in named groups.

Every float must be a float and every int an int: another type would compile the kernels again.
Units: metres, seconds, radians; turns are fractions of a full circle. Colours are 0 to 1.
"""

from typing import NamedTuple

from animatic.data.stage.kernels.vectors import Vector

LAND, SEA, POOL, ICE, BEACH = range(5)
"""Kinds of ground."""

PLAIN, MOWN, PITCH = range(3)
"""Patterns on grass: none, diagonal mowing stripes, stripes and a football pitch's lines."""

NO_MIRROR, RIPPLED_MIRROR, FLAT_MIRROR = range(3)
"""How the ground reflects the actor."""


class Light(NamedTuple):
    """Strengths of ambient light and sun, the direction towards the sun, and their colours."""

    ambient: float
    sun: float
    direction: Vector
    sun_colour: Vector
    ambient_colour: Vector


class Air(NamedTuple):
    """The colour at the horizon, to which fog fades all things, and how quickly."""

    horizon: Vector
    fog_per_m: float


class Sky(NamedTuple):
    """A panorama of the sky, and one with transparency before it (woods, mountains).

    `panorama` and `backdrop` are their first texels; `drift` is in turns a second; a
    `backdrop_gain` of 0 means none. The backdrop stands between two elevations.
    """

    panorama: int
    turn: float
    drift: float
    gain: float
    backdrop: int
    backdrop_turn: float
    backdrop_low: float
    backdrop_high: float
    backdrop_gain: float


class Ground(NamedTuple):
    """Kind and photographs of the ground, `scale` and `macro_scale` in repetitions a metre.

    The second photograph, far larger, brightens and darkens the first so that repetition does not
    show; `macro_brightness` is the sum of its mean colour.
    """

    kind: int
    mirror: int
    pattern: int
    tile: int
    scale: float
    macro_tile: int
    macro_scale: float
    macro_brightness: float
    shore_z: float


class Water(NamedTuple):
    """Height of the waves, colour of the deep, and the photographs that ripple and light it."""

    amplitude: float
    colour: Vector
    ocean: int
    lake: int
    cells: int


class Pool(NamedTuple):
    """A basin, centred on the origin; `ropes` is 1 where lanes are roped off."""

    half_width: float
    half_length: float
    depth: float
    ropes: int


class Hall(NamedTuple):
    """Walls around pool or rink, centred on the origin; a `half_length` of 0 means outdoors."""

    half_width: float
    half_length: float
    crowd: int
    salt: int


class Scene(NamedTuple):
    """All that the background is drawn from."""

    light: Light
    air: Air
    sky: Sky
    ground: Ground
    water: Water
    pool: Pool
    hall: Hall
    time_s: float


class Camera(NamedTuple):
    """Place, axes and the tangent of half the field of view."""

    eye: Vector
    right: Vector
    up: Vector
    forward: Vector
    slope: float
