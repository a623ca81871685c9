"""The camera keeps people in the picture, at a size that shows their limbs."""

import math
from dataclasses import replace

import numpy as np
import pytest

from animatic.data.stage.camera import (
    Room,
    Shot,
    Subject,
    boxes,
    choose_azimuth,
    draw_shot,
    follow,
    near_enough,
    shares_in_frame,
)
from animatic.data.stage.random_streams import Stream

CALM = Shot(
    field_of_view=math.radians(40.0),
    azimuth=0.0,
    distance=4.0,
    height=1.0,
    orbit_rate=0.0,
    dolly_rate=0.0,
    lag=0.0,
    sideways=0.0,
    sway=0.0,
    sway_phases=(0.0, 0.0, 0.0),
)
OUTDOORS = Room(lowest=0.35)


def _runners(speed_m_s: float) -> list[Subject]:
    """Return a person-sized box of points that crosses the picture in nine instants."""
    corners = np.array([(x, y, z) for x in (-0.3, 0.3) for y in (0.0, 1.75) for z in (-0.2, 0.2)])
    instants = np.linspace(-1.33, 1.33, 9).tolist()
    ways = [(speed_m_s * time_s, 0.0, 0.0) for time_s in instants]
    return [
        Subject(corners + np.array(way), (way[0], 0.95, 0.0), way, time_s)
        for way, time_s in zip(ways, instants, strict=True)
    ]


def test_the_camera_looks_at_the_person_with_upright_axes():
    subject = _runners(0.0)[4]
    camera = follow(CALM, [subject], OUTDOORS)[0]
    axes = np.array([camera.right, camera.up, camera.forward])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=2e-4)
    assert camera.right[1] == 0.0
    assert camera.up[1] > 0.0
    towards = np.array(subject.focus) - camera.eye
    np.testing.assert_allclose(towards / np.linalg.norm(towards), camera.forward, atol=2e-4)
    (left, top, right, bottom) = boxes([subject], [camera])[0]
    assert left + right == pytest.approx(1.0, abs=1e-3)
    assert 0.0 < top < 0.5 < bottom < 1.0


@pytest.mark.parametrize("speed_m_s", [0.0, 2.0, 7.5, 15.0])
def test_a_camera_that_trails_still_keeps_a_quick_runner_in_the_picture(speed_m_s):
    runners = _runners(speed_m_s)
    restless = replace(CALM, lag=0.25, sideways=0.075, orbit_rate=0.16, dolly_rate=0.07)
    cameras = follow(near_enough(restless, runners), runners, OUTDOORS)
    assert shares_in_frame(boxes(runners, cameras)).min() >= 0.8


@pytest.mark.parametrize("distance", [1.5, 4.0, 12.0])
def test_a_person_fills_half_of_the_picture_from_near_and_far(distance):
    standing = _runners(0.0)
    shot = near_enough(replace(CALM, distance=distance), standing)
    _, top, _, bottom = boxes(standing, follow(shot, standing, OUTDOORS))[0]
    assert 0.4 < bottom - top < 0.7


def test_the_camera_stays_within_its_room():
    standing = _runners(0.0)
    room = Room(lowest=2.5, half_width=1.0, half_length=3.0)
    for camera in follow(replace(CALM, azimuth=0.8, distance=9.0), standing, room):
        assert camera.eye == (1.0, 2.5, 3.0)


def test_a_box_half_outside_counts_half():
    assert shares_in_frame(np.array([[-0.5, 0.0, 0.5, 1.0]])).tolist() == [0.5]


def test_beaches_are_filmed_towards_the_sea():
    for seed in range(20):
        azimuth = choose_azimuth(Stream(seed, "camera"), 1.0, True, "beach")
        assert math.cos(azimuth) < -0.7


def test_the_same_numbers_are_drawn_whatever_the_scene_and_action():
    first, second = Stream(4, "camera"), Stream(4, "camera")
    choose_azimuth(first, 1.0, True, "beach")
    choose_azimuth(second, 2.0, False, "sea")
    here, there = draw_shot(first, (3.0, 4.0), 0.0), draw_shot(second, (3.0, 4.0), 0.0)
    assert here == there
