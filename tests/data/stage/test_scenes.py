"""Scenes and light follow from their seeds, and from nothing else."""

import math

import pytest

from animatic.data.stage import SCENES
from animatic.data.stage.atlas import load_atlas
from animatic.data.stage.kernels.parameters import ICE, LAND, NO_MIRROR, POOL, SEA
from animatic.data.stage.light import WEATHER, draw_daylight
from animatic.data.stage.random_streams import Stream
from animatic.data.stage.scenes import Setting, set_scene


def _setting(seed: int, scene: str) -> Setting:
    daylight = draw_daylight(Stream(seed, "light"), scene, load_atlas())
    return set_scene(scene, Stream(seed, "scene"), daylight, load_atlas())


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_the_same_again_and_another_with_another_seed(scene):
    first, again, other = _setting(1, scene), _setting(1, scene), _setting(2, scene)
    assert first.scene == again.scene
    assert first.trees.tolist() == again.trees.tolist()
    assert first.scene != other.scene


@pytest.mark.parametrize("scene", SCENES)
def test_parameters_keep_their_types_so_that_kernels_compile_once(scene):
    def types(value: object) -> object:
        return tuple(map(types, value)) if isinstance(value, tuple) else type(value)

    kinds = {types(_setting(seed, scene).scene) for seed in range(12)}
    assert kinds == {types(_setting(0, "grass").scene)}


@pytest.mark.parametrize(
    ("scene", "kind", "wet"),
    [("sea", SEA, True), ("pool", POOL, True), ("ice", ICE, False), ("desert", LAND, False)],
)
def test_the_ground_is_of_the_scene_s_kind(scene, kind, wet):
    setting = _setting(3, scene)
    assert setting.scene.ground.kind == kind
    assert setting.wet is wet
    assert (setting.scene.ground.mirror == NO_MIRROR) is (scene == "desert")


def test_rinks_are_indoors_pools_sometimes_and_lands_never():
    indoors = {scene: {_setting(seed, scene).indoor for seed in range(16)} for scene in SCENES}
    assert indoors.pop("ice") == {True}
    assert indoors.pop("pool") == {True, False}
    assert set(map(frozenset, indoors.values())) == {frozenset({False})}


def test_it_snows_in_the_snow_only_and_not_always():
    assert {_setting(seed, "snow").snowfall for seed in range(16)} == {True, False}
    assert not any(_setting(seed, "desert").snowfall for seed in range(16))


def test_forests_have_trees_beyond_the_actor():
    trees = _setting(0, "forest").trees
    distances = [math.hypot(x, z) for x, z in trees[:, :2]]
    assert len(trees) == 40
    assert min(distances) > 5.9


def test_sunsets_are_warm_but_not_too_warm_for_the_colours_of_things():
    red, green, blue = WEATHER["sunset"].sun_colour
    assert red <= 1.0
    assert green >= 0.78
    assert blue >= 0.55


def test_the_sun_s_direction_has_length_one():
    for seed in range(8):
        daylight = draw_daylight(Stream(seed, "light"), "grass", load_atlas())
        assert math.hypot(*daylight.light.direction) == pytest.approx(1.0, abs=2e-4)


def test_cloudy_water_is_brighter_than_clear_water():
    by_light: dict[str, list[float]] = {"clear": [], "cloudy": []}
    for seed in range(40):
        setting = _setting(seed, "sea")
        by_light.setdefault(setting.light, []).append(sum(setting.scene.water.colour))
    clear, cloudy = (sum(by_light[kind]) / len(by_light[kind]) for kind in ("clear", "cloudy"))
    assert cloudy > clear
