"""What a model continues is compared with what came, and with a clip that stands still."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.pipelines import catalog
from animatic.pipelines.evaluation import run, sources
from animatic.pipelines.evaluation.eyes import Seen
from animatic.pipelines.evaluation.job import Job, Trio, trios
from animatic.pipelines.evaluation.prediction import predictions
from animatic.pipelines.evaluation.sources import ContinuedClips, Shown
from animatic.pipelines.model import Model
from animatic.types import ClipShape

CPU = torch.device("cpu")
SAMPLER = SimpleNamespace(shape=ClipShape(6, 16, 16, 12.0), sample=print)
MODEL = Model(catalog.family("dvd_gan"), None, SAMPLER, None, None, None, "abc")


class Rising:
    """Clips whose brightness rises by ten a frame."""

    def __init__(self, num_frames=8):
        self.num_frames = num_frames

    def __len__(self):
        return 3

    def about(self):
        return {"clips": "rising"}

    def labels(self):
        return [("golf", "pool")] * 3

    def clips(self):
        for number in range(3):
            steps = (10 * number + 10 * np.arange(self.num_frames))[:, None, None, None]
            frames = np.broadcast_to(steps, (self.num_frames, 16, 16, 3)).astype(np.uint8)
            yield Shown(str(number), frames)


def continuing(monkeypatch, change):
    """A model that knows what comes, and errs by `change` from the first frame it adds."""

    def continued(model, given, num_frames, seed):
        steps = given[0, 0, 0, 0] + 10 * np.arange(6)
        steps[len(given) :] += change
        frames = np.broadcast_to(steps[:, None, None, None], (6, 16, 16, 3)).astype(np.uint8)
        return SimpleNamespace(frames=frames)

    monkeypatch.setattr(sources, "continued", continued)


def test_the_ratio_is_of_the_frames_that_are_added(monkeypatch, tmp_path):
    continuing(monkeypatch, 5)
    source = ContinuedClips(MODEL, "it", Rising(), 2)
    numbers, card = predictions(source, "validation, 2 given", CPU, tmp_path)

    def decibels(difference):
        return 20 * np.log10(255 / difference)

    assert numbers["psnr"].value == pytest.approx(decibels(5))
    assert card["over time"]["psnr"] == pytest.approx([decibels(5)] * 4, abs=1e-3)
    still = [decibels(10 * (n + 1)) for n in range(4)]
    assert card["over time"]["psnr last frame kept"] == pytest.approx(still, abs=1e-3)
    assert numbers["psnr last frame kept"].value == pytest.approx(np.mean(still))
    assert (tmp_path / "prediction-validation-2-given.png").is_file()


def test_clips_are_continued_once_however_often_they_are_looked_at(monkeypatch):
    continuing(monkeypatch, 5)
    source = ContinuedClips(MODEL, "it", Rising(), 2)
    first = next(iter(source.clips()))
    everything = list(source.clips())
    assert everything[0] is first
    assert len(everything) == 3
    monkeypatch.setattr(sources, "continued", None)
    again = list(source.clips())
    assert all(one is other for one, other in zip(again, everything, strict=True))


def test_real_clips_are_looked_at_once_for_all_numbers_of_given_frames(monkeypatch):
    titles = []
    seen = Seen({"resolution": "16x16", "fps": 12.0}, [], [], {}, [], frozenset())

    def observe(source, eyes, window, title, device):
        titles.append(title)
        return seen

    monkeypatch.setattr(run, "observe", observe)
    made, real, rest = Rising(), Rising(), Rising()
    clips = [Trio(f"validation, {count} given", made, real, rest) for count in (1, 5)]
    list(run._of_features(Job("it"), clips, {}, [], CPU))
    assert titles == [
        "looking at clips, validation, 1 given",
        "looking at real clips, validation",
        "looking at more real clips, validation",
        "looking at clips, validation, 5 given",
    ]


def test_a_number_of_given_frames_that_is_of_no_use_is_refused(tiny_checkpoint, tmp_path):
    for what, words in ((str(tmp_path), "leave --given away"), (tiny_checkpoint, "continues no")):
        with pytest.raises(UserError, match=words):
            list(trios(Job(str(what), data=tmp_path, given=3, device="cpu"), with_floor=False))


def test_equal_frames_have_no_ratio(monkeypatch):
    continuing(monkeypatch, 0)
    with pytest.raises(UserError, match="all frames are equal to the real ones"):
        predictions(ContinuedClips(MODEL, "it", Rising(), 2), "", CPU, None)


def test_real_clips_that_end_too_early_are_refused(monkeypatch):
    continuing(monkeypatch, 5)
    with pytest.raises(UserError, match="0 is shorter than the 6 frames"):
        predictions(ContinuedClips(MODEL, "it", Rising(5), 2), "", CPU, None)
