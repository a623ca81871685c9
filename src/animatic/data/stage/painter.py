"""One frame: shadow, mirror image, background, trees, actor, particles, film."""

import numpy as np
from jaxtyping import UInt8

from animatic.data.stage.blocking import Path, Stand
from animatic.data.stage.kernels.actor_surface import (
    Placed,
    darken_shadow,
    draw_mesh,
    draw_mirror_image,
)
from animatic.data.stage.kernels.background import draw_background, new_canvas
from animatic.data.stage.kernels.film import SAMPLES_PER_PIXEL_SIDE, develop
from animatic.data.stage.kernels.parameters import NO_MIRROR, Camera, Scene
from animatic.data.stage.kernels.particles import Puff, draw_puff, draw_snowfall
from animatic.data.stage.kernels.raster import Points, drop_shadow, project, rasterise
from animatic.data.stage.kernels.texture import Texels
from animatic.data.stage.kernels.trees import draw_trees
from animatic.data.stage.kernels.vectors import Vector
from animatic.data.stage.performance import Emitter
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.scenes import Setting

Picture = UInt8[np.ndarray, "h w 3"]

_NUM_FLAKES, _NUM_DROPS = 260, 90
_UPSIDE_DOWN = np.array((1.0, -1.0, 1.0))
_SUNNY_FROM = 0.3  # a weaker sun casts a shadow that is half filled by the sky
_FULL_SHADOW, _SOFT_SHADOW = 1.0, 0.45
_LOOSE_GROUND = frozenset({"grass", "forest", "beach", "desert"})
_DUST_SHARE, _DUST_SIZE = 0.35, 1.3


class Painter:
    """Draws the frames of one clip on one canvas."""

    def __init__(self, setting: Setting, texels: Texels, particles: Stream, size: int) -> None:
        self._setting, self._texels = setting, texels
        self._side = size * SAMPLES_PER_PIXEL_SIDE
        self._canvas = new_canvas(self._side)
        self._flakes = particles.uniforms(5 * _NUM_FLAKES).reshape(-1, 5)
        self._drops = particles.uniforms(5 * _NUM_DROPS).reshape(-1, 5)

    def paint(self, stand: Stand, path: Path, camera: Camera, picture: Picture) -> None:
        """Draw the stage with the actor on it."""
        scene = self._scene_at(stand.time_s)
        self._cast_shadow(stand.mesh, camera, scene)
        if scene.ground.mirror != NO_MIRROR:
            self._mirror(stand.mesh, camera, scene)
        self._draw_stage(camera, scene)
        self._rasterise(stand.mesh, stand.mesh.points, camera)
        draw_mesh(self._canvas, stand.mesh, camera, scene)
        for emitter in stand.moment.emitters:
            puff = self._puff(emitter, stand, path)
            draw_puff(self._canvas, camera, self._drops, puff, stand.time_s)
        self._finish(camera, stand.time_s, picture)

    def paint_empty(self, time_s: float, camera: Camera, picture: Picture) -> None:
        """Draw the stage alone."""
        self._draw_stage(camera, self._scene_at(time_s))
        self._finish(camera, time_s, picture)

    def _scene_at(self, time_s: float) -> Scene:
        scene = self._setting.scene
        return scene._replace(time_s=scene.time_s + time_s)

    def _cast_shadow(self, mesh: Placed, camera: Camera, scene: Scene) -> None:
        shadow = np.empty_like(mesh.points)
        drop_shadow(mesh.points, scene.light.direction, shadow)
        self._rasterise(mesh, shadow, camera)
        sunny = scene.light.sun > _SUNNY_FROM
        darken_shadow(self._canvas, _FULL_SHADOW if sunny else _SOFT_SHADOW)

    def _mirror(self, mesh: Placed, camera: Camera, scene: Scene) -> None:
        # What is under water has no image: it is flattened onto the surface.
        points = mesh.points.copy()
        points[:, 1] = np.minimum(-points[:, 1], 0.0)
        image = mesh._replace(points=points, normals=mesh.normals * _UPSIDE_DOWN)
        self._rasterise(image, points, camera)
        draw_mirror_image(self._canvas, image, camera, scene)

    def _rasterise(self, mesh: Placed, points: Points, camera: Camera) -> None:
        project(points, camera, self._side, mesh.screen)
        rasterise(mesh.screen, mesh.faces, self._canvas.owner, self._canvas.nearness)

    def _draw_stage(self, camera: Camera, scene: Scene) -> None:
        draw_background(self._canvas, camera, scene, self._texels)
        if len(self._setting.trees):
            draw_trees(self._canvas, self._setting.trees, camera, scene, self._texels)

    def _finish(self, camera: Camera, time_s: float, picture: Picture) -> None:
        if self._setting.snowfall:
            draw_snowfall(self._canvas, camera, self._flakes, time_s)
        develop(self._canvas.colour, picture)

    def _puff(self, emitter: Emitter, stand: Stand, path: Path) -> Puff:
        """Return what an emitter throws up here: water, snow, or a little dust."""
        dusty = self._setting.name in _LOOSE_GROUND
        light = self._setting.scene.light
        strength = light.ambient + 0.5 * light.sun
        red, green, blue = self._setting.particle_colour
        return Puff(
            origin=_sum(path.turned(emitter.origin.tolist()), stand.offset),
            velocity=path.turned(emitter.velocity.tolist()),
            towed=path.turned((0.0, 0.0, path.speed_m_s)),
            colour=(red * strength, green * strength, blue * strength),
            amount=float(emitter.amount) * (_DUST_SHARE if dusty else 1.0),
            size=_DUST_SIZE if dusty else 1.0,
        )


def _sum(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
