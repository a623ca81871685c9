"""The eight scenes: ground, water, backdrop and trees, drawn from a clip's "scene" stream."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from animatic.data.stage.atlas import Atlas
from animatic.data.stage.kernels.parameters import (
    BEACH,
    FLAT_MIRROR,
    ICE,
    LAND,
    MOWN,
    NO_MIRROR,
    PITCH,
    PLAIN,
    POOL,
    RIPPLED_MIRROR,
    SEA,
    Ground,
    Hall,
    Pool,
    Scene,
    Water,
)
from animatic.data.stage.kernels.trees import Trees
from animatic.data.stage.kernels.vectors import Vector
from animatic.data.stage.light import Daylight, indoor_light
from animatic.data.stage.random_streams import Stream


class Setting(NamedTuple):
    """A scene as one clip shows it."""

    name: str
    scene: Scene
    trees: Trees
    snowfall: bool
    light: str
    particle_colour: Vector

    @property
    def indoor(self) -> bool:
        """Whether walls and a roof close the scene off."""
        return self.scene.hall.half_length > 0.0

    @property
    def wet(self) -> bool:
        """Whether people sink in, or float."""
        return self.scene.ground.kind in (SEA, POOL)


class Draft(NamedTuple):
    """What a scene is drawn from: its stream, the images, the light, and a bare scene."""

    stream: Stream
    atlas: Atlas
    daylight: Daylight
    bare: Scene


Sketch = tuple[Scene, list[tuple[float, ...]]]
"""A scene and its trees."""


def set_scene(name: str, stream: Stream, daylight: Daylight, atlas: Atlas) -> Setting:
    """Draw the scene of this name."""
    draft = Draft(stream, atlas, daylight, _bare_scene(stream, daylight, atlas))
    scene, trees = _BUILDERS[name](draft)
    rows = np.array(trees, dtype=np.float64).reshape(-1, 6)
    snowfall = name == "snow" and stream.chance(0.6)
    dust = _dust(name, scene, atlas)
    return Setting(name, scene, rows, snowfall, daylight.kind, dust)


def _bare_scene(stream: Stream, daylight: Daylight, atlas: Atlas) -> Scene:
    """Return flat land under the sky, with the sizes of its textures drawn."""
    ground = Ground(
        kind=LAND,
        mirror=NO_MIRROR,
        pattern=PLAIN,
        tile=0,
        scale=stream.uniform(0.16, 0.3),
        macro_tile=0,
        macro_scale=stream.uniform(0.011, 0.03),
        macro_brightness=1.0,
        shore_z=0.0,
    )
    cells = atlas.tiles["ice"]
    water = Water(0.15, (0.0, 0.0, 0.0), atlas.tiles["wn_ocean"], atlas.tiles["wn_lake"], cells)
    return Scene(
        daylight.light,
        daylight.air,
        daylight.sky,
        ground,
        water,
        Pool(half_width=0.0, half_length=0.0, depth=0.0, ropes=0),
        Hall(0.0, 0.0, atlas.tiles["crowd"], salt=stream.integer(10_000)),
        time_s=stream.uniform(0.0, 70.0),
    )


def _grass(draft: Draft) -> Sketch:
    stream = draft.stream
    scene = _covered(draft, _names(draft.atlas.tiles, "grass"), "grass0")
    scene = _with_backdrop(draft, scene, (("field", 0.14), ("trees", 0.13), ("field", 0.16)))
    pattern = stream.choice((PLAIN, PLAIN, MOWN, PITCH))
    scene = scene._replace(ground=scene.ground._replace(pattern=pattern))
    if not stream.chance(0.6):
        return scene, []
    return scene, _trees(
        draft, draft.atlas.broadleaves, 3 + stream.integer(9), (14.0, 45.0), (5.0, 9.0)
    )


def _forest(draft: Draft) -> Sketch:
    floors = (*_names(draft.atlas.tiles, "forest"), *_names(draft.atlas.tiles, "forest"), "grass3")
    scene = _covered(draft, floors, "grass0")
    scene = _with_backdrop(draft, scene, (("trees", 0.3), ("pines", 0.34)))
    scene = _with_fog(draft, scene, (0.01, 0.03))
    kinds = draft.atlas.broadleaves + draft.atlas.pines
    return scene, _trees(draft, kinds, 40, (6.0, 26.0), (5.0, 10.0))


def _snow(draft: Draft) -> Sketch:
    scene = _covered(draft, _names(draft.atlas.tiles, "snow"), "snow0")
    views = (("snowtrees", 0.24), ("mountains", 0.32), ("snowtrees", 0.22), ("pines", 0.1))
    scene = _with_backdrop(draft, scene, views)
    if not draft.stream.chance(0.7):
        return scene, []
    number = 4 + draft.stream.integer(12)
    return scene, _trees(draft, draft.atlas.pines, number, (9.0, 35.0), (4.0, 8.0))


def _desert(draft: Draft) -> Sketch:
    scene = _covered(draft, ("sand0", "sand2", "sand3"), "sand0")
    scene = scene._replace(ground=scene.ground._replace(scale=scene.ground.scale * 0.8))
    return _with_fog(draft, scene, (0.004, 0.015)), []


def _beach(draft: Draft) -> Sketch:
    stream = draft.stream
    scene = _covered(draft, _names(draft.atlas.tiles, "sand"), "sand2")
    shore_z = stream.uniform(2.2, 5.0)
    colour = stream.choice(((0.06, 0.26, 0.36), (0.07, 0.32, 0.37), (0.06, 0.21, 0.33)))
    amplitude = stream.uniform(0.15, 0.35)
    return scene._replace(
        ground=scene.ground._replace(kind=BEACH, shore_z=shore_z),
        water=scene.water._replace(amplitude=amplitude, colour=colour),
    ), []


def _sea(draft: Draft) -> Sketch:
    stream, light = draft.stream, draft.daylight.light
    scene = draft.bare
    colour = stream.choice(
        ((0.04, 0.20, 0.32), (0.04, 0.27, 0.35), (0.06, 0.19, 0.29), (0.03, 0.16, 0.30))
    )
    # Dark clothes must stand out from dark water: it brightens with the light, most under clouds.
    gain = 1.05 + 1.1 * light.ambient + 0.2 * light.sun
    water = scene.water._replace(
        amplitude=stream.uniform(0.1, 0.38), colour=tuple(value * gain for value in colour)
    )
    ground = scene.ground._replace(kind=SEA, mirror=RIPPLED_MIRROR)
    scene = scene._replace(ground=ground, water=water)
    if stream.chance(0.35):
        scene = _with_backdrop(draft, scene, (("mountains", 0.12), ("trees", 0.04)))
    return scene, []


def _pool(draft: Draft) -> Sketch:
    stream = draft.stream
    scene = _covered(draft, ("pave0", "pave1", "sand1"), "pave0")
    colour = stream.choice(((0.05, 0.42, 0.6), (0.08, 0.5, 0.62), (0.04, 0.36, 0.62)))
    half_width, half_length = stream.uniform(4.0, 7.0), stream.uniform(8.0, 13.0)
    scene = scene._replace(
        ground=scene.ground._replace(kind=POOL, mirror=RIPPLED_MIRROR),
        water=scene.water._replace(amplitude=stream.uniform(0.35, 0.7), colour=colour),
        pool=Pool(half_width, half_length, 0.8, ropes=int(stream.chance(0.6))),
    )
    room = stream.uniform(3.0, 6.0)
    if not stream.chance(0.55):
        scene = _with_backdrop(draft, scene, (("trees", 0.2),))
        return scene, _trees(draft, draft.atlas.broadleaves, 6, (16.0, 30.0), (5.0, 8.0))
    hall = scene.hall._replace(half_width=half_width + room, half_length=half_length + room)
    light = indoor_light(0.85, (1.0, 1.0, 1.0), draft.daylight.light.direction)
    return scene._replace(hall=hall, light=light), []


def _ice(draft: Draft) -> Sketch:
    scene = _covered(draft, ("snow1",), "snow1")
    return scene._replace(
        ground=scene.ground._replace(kind=ICE, mirror=FLAT_MIRROR),
        hall=scene.hall._replace(half_width=27.0, half_length=14.0),
        light=indoor_light(0.78, (0.98, 1.0, 1.03), (0.2, 0.96, 0.1)),
        air=scene.air._replace(horizon=(0.5, 0.5, 0.5)),
    ), []


_BUILDERS: dict[str, Callable[[Draft], Sketch]] = {
    "grass": _grass,
    "forest": _forest,
    "snow": _snow,
    "beach": _beach,
    "sea": _sea,
    "pool": _pool,
    "ice": _ice,
    "desert": _desert,
}


def _names(images: dict[str, int], prefix: str) -> tuple[str, ...]:
    return tuple(sorted(name for name in images if name.startswith(prefix)))


def _covered(draft: Draft, tiles: Sequence[str], macro_tile: str) -> Scene:
    """Return the bare scene under one of the ground photographs, shaded by a larger one."""
    atlas = draft.atlas
    ground = draft.bare.ground._replace(
        tile=atlas.tiles[draft.stream.choice(tiles)],
        macro_tile=atlas.tiles[macro_tile],
        macro_brightness=sum(atlas.tile_colours[macro_tile]),
    )
    return draft.bare._replace(ground=ground)


def _with_backdrop(draft: Draft, scene: Scene, views: Sequence[tuple[str, float]]) -> Scene:
    """Return the scene before one of the views, each with its upper elevation in radians."""
    name, high = draft.stream.choice(views)
    light = draft.daylight.light
    sky = scene.sky._replace(
        backdrop=draft.atlas.backdrops[name],
        backdrop_turn=draft.stream.uniform(),
        backdrop_low=-0.1 * high,
        backdrop_high=high,
        backdrop_gain=draft.stream.uniform(0.85, 1.1) * (light.ambient + light.sun * 0.35),
    )
    return scene._replace(sky=sky)


def _with_fog(draft: Draft, scene: Scene, fog_per_m: tuple[float, float]) -> Scene:
    return scene._replace(air=scene.air._replace(fog_per_m=draft.stream.uniform(*fog_per_m)))


def _trees(
    draft: Draft,
    kinds: Sequence[int],
    number: int,
    distances: tuple[float, float],
    heights: tuple[float, float],
) -> list[tuple[float, ...]]:
    """Return trees all around: place, half width, height, picture and brightness of each."""
    stream, trees = draft.stream, []
    for _ in range(number):
        angle, distance = stream.uniform(0.0, 2.0 * math.pi), stream.uniform(*distances)
        kind, height = stream.choice(kinds), stream.uniform(*heights)
        half_width = height * (0.27 if kind in draft.atlas.pines else 0.45)
        x, z = round(distance * math.sin(angle), 4), round(distance * math.cos(angle), 4)
        trees.append((x, z, half_width, height, float(kind), stream.uniform(0.75, 1.05)))
    return trees


def _dust(name: str, scene: Scene, atlas: Atlas) -> Vector:
    """Return the colour of what feet and boards throw up here."""
    if name in ("sea", "pool"):
        return 0.92, 0.96, 0.98
    if name == "snow":
        return 0.97, 0.98, 1.0
    if name == "ice":
        return 0.92, 0.95, 1.0
    names = {first: tile for tile, first in atlas.tiles.items()}
    red, green, blue = atlas.tile_colours[names[scene.ground.tile]]
    return red * 0.95 + 0.05, green * 0.95 + 0.05, blue * 0.95 + 0.05
