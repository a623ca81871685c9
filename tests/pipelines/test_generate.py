"""From words to files, with an untrained tiny model."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from animatic.errors import UserError
from animatic.pipelines import model as pipeline
from animatic.pipelines.generate import Job, name_outputs, read_prompts, write_all
from animatic.pipelines.model import load
from animatic.storage.checkpoint import read_checkpoint


@pytest.fixture
def model(tiny_checkpoint):
    return load(tiny_checkpoint, "cpu")


def test_the_same_prompt_and_seed_give_the_same_clip(model):
    first, second = (model.generate("sailing in the snow", seed=7) for _ in range(2))
    assert np.array_equal(first.frames, second.frames)
    assert first.score == second.score
    other = model.generate("sailing in the snow", seed=8)
    assert not np.array_equal(first.frames, other.frames)


def test_a_model_of_no_numbers_is_found_out(tiny_checkpoint):
    kept = read_checkpoint(tiny_checkpoint)
    spoilt = {name: torch.full_like(tensor, torch.nan) for name, tensor in kept.weights.items()}
    model = pipeline.build(replace(kept, weights=spoilt), torch.device("cpu"))
    with pytest.raises(UserError, match="makes frames of NaN"):
        model.generate("golf")


def test_a_model_without_truncation_says_so(tiny_checkpoint, tmp_path):
    job = Job(tmp_path / "golf.gif", truncation=0.5)
    with pytest.raises(UserError, match="t2v has no truncation"):
        list(write_all(str(tiny_checkpoint), "cpu", ["golf"], job))


def test_num_clips_take_the_next_seeds(model):
    several = list(model.generate_all(["golf"], seed=3, num=2))
    assert [creation.seed for creation in several] == [3, 4]
    assert np.array_equal(several[1].frames, model.generate("golf", seed=4).frames)


def test_the_best_is_the_one_that_the_critic_likes_best(model):
    scores = {seed: model.generate("golf", seed=seed).score for seed in range(5)}
    best = model.generate("golf", seed=0, best_of=5)
    assert best.seed == max(scores, key=lambda seed: scores[seed])


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(model, seed):
    with pytest.raises(UserError, match="seed"):
        model.generate("golf", seed=seed)


@pytest.mark.parametrize("prompt", ["", "  ", "x" * 10_000])
def test_empty_and_endless_prompts_are_refused(model, prompt):
    with pytest.raises(UserError, match="prompt"):
        model.generate(prompt)


def test_a_clip_shows_itself_in_a_notebook(model):
    shown = model.generate('a <b> & "c"')._repr_html_()
    assert shown.startswith('<video src="data:video/mp4;base64,')
    assert "<b>" not in shown


def test_clips_sketches_and_sheet_are_written(tiny_checkpoint, tmp_path):
    job = Job(tmp_path / "out.mp4", tmp_path / "sheet.png", seed=1, num=2, keep_sketch=True)
    written = list(write_all(str(tiny_checkpoint), "cpu", ["golf", "sailing in the snow"], job))
    names = sorted(path.name for path in tmp_path.glob("*.mp4"))
    assert len(written) == 4
    assert len(names) == 8
    assert "out-1-sailing-in-the-snow-1.sketch.mp4" in names
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height >= 4 * 32


def test_one_clip_keeps_the_name_that_was_given(tmp_path):
    assert name_outputs(tmp_path / "a.gif", ["golf"], 1) == [tmp_path / "a.gif"]


def test_nothing_is_written_if_one_prompt_is_bad(tiny_checkpoint, tmp_path):
    with pytest.raises(UserError):
        list(write_all(str(tiny_checkpoint), "cpu", ["golf", " "], Job(tmp_path / "out.mp4")))
    assert not list(tmp_path.iterdir())


def test_prompts_come_one_a_line(tmp_path):
    path = tmp_path / "prompts.txt"
    path.write_text("golf\n\n sailing in the snow \n")
    assert read_prompts(path) == ["golf", "sailing in the snow"]
    path.write_text("\n")
    with pytest.raises(UserError, match="no prompts"):
        read_prompts(path)
    with pytest.raises(UserError, match="cannot read"):
        read_prompts(tmp_path / "missing.txt")


def test_a_model_without_sketches_says_so(model, tmp_path):
    from dataclasses import replace

    creation = replace(model.generate("golf"), sketch=None)
    with pytest.raises(UserError, match="no sketch"):
        creation.save_sketch(tmp_path / "a.mp4")


def test_the_public_name_is_the_pipeline():
    import animatic

    assert animatic.load is pipeline.load
    with pytest.raises(AttributeError):
        _ = animatic.nothing
