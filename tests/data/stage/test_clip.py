"""Every action in every scene shows a person who moves, and the same bits for the same seed."""

import numpy as np
import pytest

from animatic.data.stage import ACTIONS, SCENES, render
from animatic.data.stage.camera import shares_in_frame
from animatic.data.stage.clip import StageClip
from animatic.data.stage.kernels.background import draw_background
from animatic.errors import UserError

PAIRS = [(action, scene) for action in ACTIONS for scene in SCENES]


def _brief(action: str, scene: str, *, with_actor: bool = True) -> StageClip:
    """Return two small frames a second apart."""
    seed = PAIRS.index((action, scene))
    return render(seed, action, scene, size=32, num_frames=2, fps=1.0, with_actor=with_actor)


@pytest.fixture(scope="module")
def brief_clips() -> dict[tuple[str, str], StageClip]:
    return {pair: _brief(*pair) for pair in PAIRS}


def test_the_sixteen_actions_meet_the_eight_scenes():
    assert len(PAIRS) == len(set(PAIRS)) == 128


def test_every_pair_has_pictures_of_middling_brightness_and_contrast(brief_clips):
    odd = []
    for pair, clip in brief_clips.items():
        luminance = clip.frames @ np.array([0.299, 0.587, 0.114]) / 255.0
        if not 0.1 <= luminance.mean() <= 0.95 or luminance.std() <= 0.04:
            odd.append((pair, luminance.mean(), luminance.std()))
    assert not odd


def test_the_actor_is_seen_in_every_pair(brief_clips):
    odd = []
    for pair, clip in brief_clips.items():
        empty = _brief(*pair, with_actor=False)
        changed = (np.abs(clip.frames.astype(int) - empty.frames).max(axis=-1) > 8).mean(
            axis=(1, 2)
        )
        if changed.min() < 0.02 or changed.max() > 0.55:
            odd.append((pair, changed))
    assert not odd


def test_every_pair_moves(brief_clips):
    change = {
        pair: np.abs(clip.frames[1].astype(int) - clip.frames[0]).mean()
        for pair, clip in brief_clips.items()
    }
    assert not {pair: size for pair, size in change.items() if size < 2.0}


@pytest.mark.parametrize("action", ACTIONS)
def test_the_person_stays_in_the_picture(action):
    for seed in range(16):
        clip = render(seed, action, SCENES[seed % 8], size=16, num_frames=12, fps=4.5)
        assert shares_in_frame(clip.person_boxes).min() >= 0.6, (seed, clip.facts)


@pytest.mark.parametrize("action", ["walking", "golf", "dancing", "juggling", "biking"])
def test_the_person_fills_half_of_the_picture(action):
    heights = [
        np.ptp(render(seed, action, "desert", size=16, num_frames=4, fps=1.5).person_boxes[:, 1::2])
        for seed in range(12)
    ]
    assert 0.4 < np.median(heights) < 0.75


def test_a_seed_gives_the_same_bits_again_and_another_seed_others():
    first, again, other = (
        render(seed, "surfing", "sea", num_frames=2, fps=1.0) for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first.frames, again.frames)
    assert (first.frames != other.frames).any()
    assert first.facts == again.facts


def test_a_pair_of_scenes_shows_the_same_person_in_the_same_light():
    grass, sea = (render(3, "juggling", scene, 32, 2).facts for scene in ("grass", "sea"))
    assert grass.appearance == sea.appearance
    assert grass.light == sea.light
    assert grass.speed_m_s == sea.speed_m_s


def test_there_is_no_sunset_on_snow_but_elsewhere():
    lights = {
        scene: {render(seed, "golf", scene, 16, 1).facts.light for seed in range(24)}
        for scene in ("snow", "desert")
    }
    assert lights == {"snow": {"clear", "cloudy"}, "desert": {"clear", "cloudy", "sunset"}}


def test_kernels_are_compiled_once():
    for scene in SCENES:
        render(0, "golf", scene, 16, 1)
    assert len(draw_background.signatures) == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"action": "chess"}, "golf"),
        ({"scene": "moon"}, "grass"),
        ({"size": 8}, "16"),
        ({"num_frames": 0}, "1 is the fewest"),
        ({"fps": float("nan")}, "above 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(wrong, named):
    arguments = {"seed": 1, "action": "golf", "scene": "grass", "size": 32, "num_frames": 1}
    with pytest.raises(UserError, match=named):
        render(**{**arguments, **wrong})
