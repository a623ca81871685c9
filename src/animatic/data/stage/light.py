"""The light of a clip: its kind, the sun, the sky and the haze that go with it."""

import math
from typing import NamedTuple

from animatic.data.stage.atlas import Atlas
from animatic.data.stage.kernels.parameters import Air, Light, Sky
from animatic.data.stage.kernels.vectors import Vector
from animatic.data.stage.random_streams import Stream


class Weather(NamedTuple):
    """One kind of light: strengths, colours, and how high the sun may stand, in degrees."""

    ambient: float
    sun: float
    sun_colour: Vector
    ambient_colour: Vector
    haze: Vector
    sky_gain: float
    elevation: tuple[float, float]
    skies: tuple[str, ...]


WEATHER = {
    "clear": Weather(
        ambient=0.50,
        sun=0.75,
        sun_colour=(1.0, 0.97, 0.9),
        ambient_colour=(0.95, 1.0, 1.08),
        haze=(0.78, 0.86, 0.95),
        sky_gain=1.0,
        elevation=(30.0, 65.0),
        skies=("sunny", "cumulus", "cirrus", "sunny_1"),
    ),
    "cloudy": Weather(
        ambient=0.76,
        sun=0.20,
        sun_colour=(1.0, 1.0, 1.0),
        ambient_colour=(0.97, 1.0, 1.04),
        haze=(0.84, 0.86, 0.9),
        sky_gain=1.2,
        elevation=(30.0, 65.0),
        skies=("stratus", "overcast", "stormy"),
    ),
    "sunset": Weather(
        ambient=0.62,
        sun=0.60,
        sun_colour=(1.0, 0.78, 0.55),
        ambient_colour=(0.97, 0.95, 1.02),
        haze=(0.95, 0.76, 0.62),
        sky_gain=1.0,
        elevation=(12.0, 22.0),
        skies=("sunset", "sunset_1"),
    ),
}

LIGHTS = ("clear", "clear", "cloudy", "sunset")
"""Kinds of light, as often as they are drawn."""

_SUNLESS_SCENES = frozenset({"snow"})
"""Where a sunset is drawn as clear light: warm snow cannot be told from sand at 64 pixels."""


class Daylight(NamedTuple):
    """A clip's light, air and sky; the sky has no backdrop yet."""

    kind: str
    light: Light
    air: Air
    sky: Sky


def draw_daylight(stream: Stream, scene: str, atlas: Atlas) -> Daylight:
    """Draw the light of a clip from its stream."""
    kind = stream.choice(LIGHTS)
    if kind == "sunset" and scene in _SUNLESS_SCENES:
        kind = "clear"
    weather = WEATHER[kind]
    light = Light(
        ambient=weather.ambient * stream.uniform(0.9, 1.12),
        sun=weather.sun * stream.uniform(0.85, 1.15),
        direction=_direction(stream.uniform(*weather.elevation), stream.uniform(0.0, 360.0)),
        sun_colour=weather.sun_colour,
        ambient_colour=weather.ambient_colour,
    )
    name = stream.choice(weather.skies)
    horizon = _blend(atlas.horizons[name], weather.haze, 0.4)
    air = Air(horizon, stream.uniform(0.002, 0.012))
    return Daylight(kind, light, air, _sky(stream, atlas.skies[name], weather.sky_gain))


def indoor_light(ambient: float, colour: Vector, towards_lamps: Vector) -> Light:
    """Return the even light of a hall."""
    return Light(ambient, 0.25, towards_lamps, (1.0, 1.0, 1.0), colour)


def _sky(stream: Stream, panorama: int, gain: float) -> Sky:
    return Sky(
        panorama=panorama,
        turn=stream.uniform(),
        drift=stream.uniform(-0.004, 0.004),
        gain=gain * stream.uniform(0.9, 1.1),
        backdrop=0,
        backdrop_turn=0.0,
        backdrop_low=-0.01,
        backdrop_high=0.1,
        backdrop_gain=0.0,
    )


def _direction(elevation_degrees: float, azimuth_degrees: float) -> Vector:
    """Return the direction towards the sun, rounded so that no last bit of a sine matters."""
    elevation, azimuth = math.radians(elevation_degrees), math.radians(azimuth_degrees)
    flat = math.cos(elevation)
    x, y, z = flat * math.sin(azimuth), math.sin(elevation), flat * math.cos(azimuth)
    return round(x, 4), round(y, 4), round(z, 4)


def _blend(a: Vector, b: Vector, share: float) -> Vector:
    red, green, blue = (x + (y - x) * share for x, y in zip(a, b, strict=True))
    return red, green, blue
