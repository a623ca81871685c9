"""One clip from one seed: who acts, where, in which light, and the frames that show it."""

from dataclasses import dataclass
from math import hypot, isfinite

import numpy as np

from animatic.data.stage import SCENES
from animatic.data.stage.assets import load_pack
from animatic.data.stage.atlas import load_atlas
from animatic.data.stage.blocking import Path, Stand, choose_path, stand_at
from animatic.data.stage.camera import (
    Boxes,
    Room,
    Shot,
    Subject,
    boxes,
    choose_azimuth,
    draw_shot,
    follow,
    near_enough,
)
from animatic.data.stage.kernels.parameters import Camera
from animatic.data.stage.light import draw_daylight
from animatic.data.stage.painter import Painter
from animatic.data.stage.performance import ACTIONS, Appearance, Performance, perform
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.scenes import Setting, set_scene
from animatic.errors import UserError
from animatic.types import Frames

SMALLEST_SIZE, LARGEST_SIZE = 16, 512
"""Side of a picture, in pixels."""

_DETAILED_FROM = 192  # pixels: smaller pictures do not show what a finer body has more
_EQUIPMENT_ABOVE_M = 1.6  # a look-at point up there lies between the person and a kite or sail
_EQUIPMENT_BEYOND_M = 1.0  # and one so far aside, between the person and a boat
_FARTHEST_IN_HALL_M = 6.5
_OFF_THE_WALL_M = 0.4
_LOWEST_EYE_M = 0.35


@dataclass(frozen=True)
class Facts:
    """What a clip shows; `light` is the daylight's kind, which a hall shuts out."""

    action: str
    scene: str
    light: str
    appearance: Appearance
    snowfall: bool
    indoor: bool
    speed_m_s: float
    seed: int
    size: int
    fps: float


@dataclass(frozen=True, eq=False)
class StageClip:
    """Frames, what is in them, and the person's box in each, in shares of the picture's side."""

    frames: Frames
    facts: Facts
    person_boxes: Boxes


def render(
    seed: int,
    action: str,
    scene: str,
    size: int = 64,
    num_frames: int = 32,
    fps: float = 12.0,
    *,
    with_actor: bool = True,
) -> StageClip:
    """Draw a clip; the same arguments give the same bits everywhere.

    Args:
        seed: which person, motion, camera and light; clips that share it share those.
        action: one of `ACTIONS`.
        scene: one of `SCENES`.
        size: height and width in pixels.
        num_frames: how many frames.
        fps: frames a second.
        with_actor: False leaves the stage empty, to see what the actor changes.

    Raises:
        UserError: if a name or a number is none of those.
    """
    _check(action, scene, size, num_frames, fps)
    setting = _setting(seed, scene)
    performance = perform(action, seed, load_pack(), "low" if size < _DETAILED_FROM else "high")
    stream = Stream(seed, "camera")
    path = choose_path(stream, performance, scene)
    times = [frame / fps for frame in range(num_frames)]
    middle_s = num_frames / fps / 2.0
    stands = [stand_at(time_s, middle_s, performance, path, setting) for time_s in times]
    people = [_person(stand, path, middle_s) for stand in stands]
    shot = _choose_shot(stream, performance, path, setting)
    cameras = _film(shot, performance, stands, people, setting)
    painter = Painter(setting, load_atlas().texels, Stream(seed, "particles"), size)
    frames = np.empty((num_frames, size, size, 3), np.uint8)
    for stand, camera, picture in zip(stands, cameras, frames, strict=True):
        if with_actor:
            painter.paint(stand, path, camera, picture)
        else:
            painter.paint_empty(stand.time_s, camera, picture)
    facts = Facts(
        action=action,
        scene=scene,
        light=setting.light,
        appearance=performance.appearance,
        snowfall=setting.snowfall,
        indoor=setting.indoor,
        speed_m_s=path.speed_m_s,
        seed=seed,
        size=size,
        fps=fps,
    )
    return StageClip(frames, facts, boxes(people, cameras))


def _setting(seed: int, scene: str) -> Setting:
    atlas = load_atlas()
    daylight = draw_daylight(Stream(seed, "light"), scene, atlas)
    return set_scene(scene, Stream(seed, "scene"), daylight, atlas)


def _film(
    shot: Shot,
    performance: Performance,
    stands: list[Stand],
    people: list[Subject],
    setting: Setting,
) -> list[Camera]:
    """Follow the person up close, unless a kite, a sail or a boat matters as much."""
    aside, up, ahead = performance.staging.focus_m
    if up > _EQUIPMENT_ABOVE_M:
        pairs = zip(people, stands, strict=True)
        people = [person._replace(points=stand.mesh.points) for person, stand in pairs]
    elif hypot(aside, ahead) < _EQUIPMENT_BEYOND_M:
        shot = near_enough(shot, people)
    return follow(shot, people, _room(setting))


def _person(stand: Stand, path: Path, middle_s: float) -> Subject:
    time_s = stand.time_s - middle_s
    body = stand.mesh.points[: stand.moment.num_body_vertices]
    return Subject(body, stand.focus, path.at(time_s), time_s)


def _choose_shot(stream: Stream, performance: Performance, path: Path, setting: Setting) -> Shot:
    staging = performance.staging
    azimuth = choose_azimuth(stream, path.heading, staging.from_the_side, setting.name)
    nearest, farthest = staging.distance_m
    if setting.indoor:
        farthest = min(farthest, _FARTHEST_IN_HALL_M)
    return draw_shot(stream, (min(nearest, farthest), farthest), azimuth)


def _room(setting: Setting) -> Room:
    hall, water = setting.scene.hall, setting.scene.water
    lowest = _LOWEST_EYE_M + (water.amplitude if setting.name == "sea" else 0.0)
    if not setting.indoor:
        return Room(lowest)
    return Room(lowest, hall.half_width - _OFF_THE_WALL_M, hall.half_length - _OFF_THE_WALL_M)


def _check(action: str, scene: str, size: int, num_frames: int, fps: float) -> None:
    if action not in ACTIONS:
        raise UserError(f"there is no action {action!r}; there are {', '.join(ACTIONS)}")
    if scene not in SCENES:
        raise UserError(f"there is no scene {scene!r}; there are {', '.join(SCENES)}")
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise UserError(f"size {size} is not between {SMALLEST_SIZE} and {LARGEST_SIZE} pixels")
    if num_frames < 1:
        raise UserError(f"{num_frames} frames make no clip; 1 is the fewest")
    if not (isfinite(fps) and fps > 0):
        raise UserError(f"{fps} frames a second cannot be; give a number above 0, such as 12")
