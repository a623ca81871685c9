"""Clips and prompts, as all floors know them."""

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.types import Batch, Prompt, to_clip, to_frames


def test_every_byte_survives_the_way_to_networks_and_back():
    frames = np.arange(256, dtype=np.uint8).repeat(3).reshape(4, 8, 8, 3)
    clip = to_clip(frames)
    assert clip.min() == -1
    assert clip.max() == 1
    assert np.array_equal(to_frames(clip), frames)


def test_values_beyond_the_range_are_clamped():
    assert to_frames(torch.full((3, 1, 1, 1), 7.0)).max() == 255
    assert to_frames(torch.full((3, 1, 1, 1), -7.0)).min() == 0


def test_a_prompt_knows_what_it_holds():
    frames = np.zeros((2, 4, 4, 3), np.uint8)
    assert Prompt("golf").known() == {"text"}
    assert Prompt(label=0, frames=frames, positions=(0, 15)).known() == {"label", "frames"}


def test_frames_without_positions_are_refused():
    with pytest.raises(UserError, match="2 frames were given for 1 positions"):
        Prompt(frames=np.zeros((2, 4, 4, 3), np.uint8), positions=(0,))


def test_a_part_of_a_batch_keeps_texts_and_labels_with_their_clips():
    batch = Batch(torch.arange(4.0).reshape(4, 1, 1, 1, 1), ("a", "b", "c", "d"), torch.arange(4))
    part = batch.part(slice(1, 3))
    assert part.texts == ("b", "c")
    assert part.labels.tolist() == [1, 2]
    assert part.clips.flatten().tolist() == [1, 2]
