"""Classifiers that are trained for a number: on generated clips, or on real ones."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.metrics.stage_net import Classifier
from animatic.pipelines.evaluation.eyes import Window
from animatic.pipelines.evaluation.job import Job, following
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.naming import fit
from animatic.storage import codec

WINDOW = Window(8)
COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40)}


def painted(colour, number):
    random = np.random.default_rng(number)
    noise = random.integers(-30, 30, (8, 16, 16, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def folder(path, first, count=24, wrong=False):
    """Clips of two classes; `wrong` ones stand in each other's folder."""
    for place, (name, colour) in enumerate(COLOURS.items()):
        where = path / (list(COLOURS)[1 - place] if wrong else name)
        where.mkdir(parents=True)
        for number in range(count):
            codec.encode(
                where / f"{number}.mp4", painted(colour, first + number), 12.0, codec.TRAINING
            )
    return path


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("real"), 0)


def measured(made, real):
    job = Job(str(made), real, metrics=["cas", "accuracy"], num=48, window=WINDOW, device="cpu")
    return {row.metric: row for row in evaluate(job)}


@pytest.mark.parametrize("wrong", [False, True])
def test_clips_that_show_what_they_should_teach_it(real, tmp_path, wrong):
    found = measured(folder(tmp_path / "made", 1000, 12, wrong), real)
    for name in ("cas class", "accuracy class"):
        assert found[name].number.value == (0 if wrong else 1)
        assert found[name].number.floor == 1
    card = found["cas class"].card
    assert (card["made"]["n"], card["real"]["n"], card["floor"]["n"]) == (24, 24, 24)


def test_the_same_clips_give_the_same_weights():
    clips = [painted(colour, n) for n in range(4) for colour in COLOURS.values()]
    classes = torch.tensor([[0], [1]]).repeat(4, 1)

    def taught():
        torch.manual_seed(0)
        net = Classifier([2], dim=8)
        fit(net, clips, classes, epochs=4, batch_size=4)
        return net

    one, other = taught(), taught()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_clips_without_a_class_are_refused(real, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for number in range(3):
        codec.encode(flat / f"{number}.mp4", painted((0, 0, 0), number), 12.0, codec.TRAINING)
    with pytest.raises(UserError, match="found levels: 0, 1"):
        measured(flat, real)
    named = folder(tmp_path / "named", 0, 3)
    (named / "red").rename(named / "Red")
    with pytest.raises(UserError, match="classes of made and real clips differ: Red, red"):
        measured(named, real)
    single = tmp_path / "single"
    for name in ("one", "other"):
        shutil.copytree(real / "red", single / name / "red")
    with pytest.raises(UserError, match="needs two classes"):
        evaluate(Job(str(single / "one"), single / "other", metrics=["cas"], window=WINDOW))
    with pytest.raises(UserError, match="cas compares with real clips"):
        evaluate(Job(str(real), metrics=["cas"]))


def test_every_clip_is_seen_in_every_epoch():
    seen = []

    class Spy(Classifier):
        def forward(self, clips):
            seen.append(len(clips))
            return super().forward(clips)

    clips = [painted((0, 0, 0), n) for n in range(7)]
    fit(Spy([2], dim=8), clips, torch.zeros(7, 1, dtype=torch.long), epochs=2, batch_size=4)
    assert sorted(seen) == [3, 3, 4, 4]


def test_a_checkpoint_makes_no_end_of_clips(real, tiny_checkpoint):
    job = Job(str(tiny_checkpoint), real, device="cpu")
    with pytest.raises(UserError, match="makes clips without end"):
        evaluate(following(job, "t2v-accuracy"))


def test_a_protocol_sets_the_counts_and_warns_of_others(real, tmp_path):
    out = tmp_path / "scores.json"
    job = Job(str(real), real, metrics=["psnr"], num=3, out=out, device="cpu")
    asked = following(job, "bair-1to15")
    assert (asked.num, asked.num_real, asked.window) == (25_600, 256, Window(16))
    assert list(asked.metrics) == ["fvd", "kvd"]
    with pytest.raises(UserError, match="no protocol 'bair'; there are bair-1to15"):
        following(job, "bair")
    evaluate(replace(asked, metrics=["kvd-stage"], window=WINDOW))
    card = json.loads(out.read_text())["rows"][0]["card"]
    assert card["protocol"]["name"] == "bair-1to15"
    assert "bair-1to15 wants 25600 made clips, not 48" in card["warnings"]
    assert "bair-1to15 wants 64x64, not 16x16: real" in card["warnings"]
