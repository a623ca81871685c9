"""Bits per dimension of real clips, for models that can say."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from animatic.errors import UserError
from animatic.pipelines.evaluation import bits
from animatic.pipelines.evaluation.job import Job
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.model import load
from animatic.storage import codec
from animatic.types import Bits


class Noisy:
    """Takes two bits for a byte of a dark clip, and four for one of a bright clip."""

    def bits(self, clips, prompts):
        dims = clips[0].numel()
        return Bits(torch.where(clips[:, 0, 0, 0, 0] < 0, 2.0, 4.0) * dims, dims)


@pytest.fixture
def real(tmp_path):
    for brightness in (20, 200):
        frames = np.full((8, 16, 16, 3), brightness, np.uint8)
        where = tmp_path / "golf" / "pool"
        where.mkdir(parents=True, exist_ok=True)
        codec.encode(where / f"{brightness}.mp4", frames, 12.0, codec.TRAINING)
    return tmp_path


def test_bits_are_counted_a_value_and_averaged_over_clips(tiny_checkpoint, real, monkeypatch):
    model = replace(load(tiny_checkpoint, "cpu"), likelihood=Noisy())
    monkeypatch.setattr(bits, "load", lambda what, device: model)
    (row,) = evaluate(Job("it", real, metrics=["bits"], device="cpu"))
    assert row.number.value == pytest.approx(3)
    assert row.number.error == pytest.approx(1)
    assert row.card["real"]["n"] == 2


class Counting:
    """Takes as many bits for a byte as frames are given."""

    def bits(self, clips, prompts):
        return Bits(torch.tensor([float(len(prompts[0].positions))]), 1)


def test_each_number_of_given_frames_is_measured_or_one(tiny_checkpoint, real, monkeypatch):
    config = SimpleNamespace(reads=frozenset({"frames"}), given_frames=(5, 0))
    model = replace(load(tiny_checkpoint, "cpu"), likelihood=Counting(), config=config)
    monkeypatch.setattr(bits, "load", lambda what, device: model)
    job = Job("it", real, metrics=["bits"], device="cpu")
    found = {row.split: row.number.value for row in evaluate(job)}
    assert found == {"all, 0 given": 0, "all, 5 given": 5}
    for given in (0, 5):
        (row,) = evaluate(replace(job, given=given))
        assert (row.split, row.number.value) == (f"all, {given} given", given)
    with pytest.raises(UserError, match="continues 5 frames, not 1"):
        evaluate(replace(job, given=1))


def test_models_without_a_likelihood_are_refused(tiny_checkpoint, real):
    with pytest.raises(UserError, match="t2v has no likelihood"):
        evaluate(Job(str(tiny_checkpoint), real, metrics=["bits"], device="cpu"))


def test_clips_of_another_size_are_refused(tiny_checkpoint, tmp_path, monkeypatch):
    model = replace(load(tiny_checkpoint, "cpu"), likelihood=Noisy())
    monkeypatch.setattr(bits, "load", lambda what, device: model)
    frames = np.zeros((8, 32, 32, 3), np.uint8)
    codec.encode(tmp_path / "0.mp4", frames, 12.0, codec.TRAINING)
    with pytest.raises(UserError, match="is 8x32x32; t2v measures clips of 8x16x16"):
        evaluate(Job("it", tmp_path, metrics=["bits"], device="cpu"))
