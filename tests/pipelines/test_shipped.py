"""What ships keeps its promises: size, cost, card, and a clip from it."""

import json

import pytest
from torch.utils.flop_counter import FlopCounterMode

from animatic.pipelines.catalog import SHIPPED
from animatic.pipelines.evaluation.job import Job
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.generate import load
from animatic.types import Prompt


@pytest.fixture(scope="module")
def model():
    return load("t2v", "cpu")


def test_a_clip_costs_at_most_six_gflop(model):
    with FlopCounterMode(display=False) as counter:
        model.sampler.sample([Prompt("playing golf in the swimming pool")], [7])
    assert 1e9 < counter.get_total_flops() <= 6e9


def test_the_file_is_at_most_25_megabytes():
    assert (SHIPPED / "t2v.safetensors").stat().st_size <= 25_000_000


def test_the_card_says_what_was_measured():
    card = json.loads((SHIPPED / "t2v.json").read_text())
    names = "data steps hours machine cost accuracy critic limits licence"
    for name in names.split():
        assert card[name]
    for split in ("validation", "heldout"):
        assert card["accuracy"][f"generated {split}"]["n"] >= 512
        assert card["accuracy"][f"real {split}"]["n"] >= 256
    assert card["cost"]["gflop_per_clip"] <= 6


def test_a_clip_has_colours_and_moves(model):
    video = model.generate("playing golf in the swimming pool", seed=7)
    assert video.frames.shape == (32, 64, 64, 3)
    assert video.frames.std() > 20
    assert abs(video.frames[0].astype(int) - video.frames[16]).mean() > 2
    assert video.sketch is not None
    assert video.sketch.frames.shape == (32, 16, 16, 3)


def test_the_sea_is_bluer_than_the_desert(model):
    def blueness(prompt):
        frames = model.generate(prompt, seed=3).frames.astype(int)
        return (frames[..., 2] - frames[..., 0]).mean()

    assert blueness("walking in the swimming pool") > blueness("walking in the desert") + 20


def test_the_evaluation_of_a_few_clips_beats_chance(tmp_path):
    out, sheet = tmp_path / "scores.json", tmp_path / "sheet.png"
    rows = evaluate(Job("t2v", num=24, out=out, sheet=sheet, device="cpu"))
    values = {(row.split, row.metric): row.number.value for row in rows}
    assert values["validation", "composition scene"] > 0.5
    written = json.loads(out.read_text())["rows"]
    assert [row["number"]["value"] for row in written] == [row.number.value for row in rows]
    assert sheet.stat().st_size > 1000
