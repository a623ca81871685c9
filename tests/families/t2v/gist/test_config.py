from dataclasses import replace

import pytest

from animatic.errors import UserError
from animatic.families.t2v.gist.config import GIST_PRESETS, GistConfig


def test_the_paper_makes_32_frames_of_64_pixels() -> None:
    assert GIST_PRESETS["paper"].shape[:3] == (32, 64, 64)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("size", 48, "48 pixels"),
        ("size", 8, "8 pixels"),
        ("size", 0, "size is 0"),
        ("num_frames", 24, "multiple of 16"),
        ("filter_size", 4, "filter_size is 4"),
        ("lipschitz", "hope", "'hope'"),
        ("noise_dim", 0, "noise_dim is 0"),
        ("wrong_text_weight", 1.5, "between 0 and 1"),
        ("average_decay", -0.1, "average_decay is -0.1"),
        ("clip_value", 0.0, "clip_value is 0"),
        ("gist_steps", -1, "gist_steps is -1"),
    ],
)
def test_what_cannot_work_is_refused(field: str, value: object, told: str) -> None:
    with pytest.raises(UserError, match=told):
        replace(GistConfig(), **{field: value})


def test_levels_halve_the_image_to_four_pixels() -> None:
    assert GIST_PRESETS["paper"].num_levels == 4
    assert GIST_PRESETS["paper-tiny"].num_levels == 2
