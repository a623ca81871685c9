"""Numbers of a model card are found again by their protocol, and only by it."""

from dataclasses import replace

from animatic.pipelines.evaluation.job import Row
from animatic.pipelines.evaluation.published import as_published, published
from animatic.pipelines.evaluation.sets import Number
from animatic.storage.checkpoint import Checkpoint

CARD = {
    "made": {"n": 96},
    "real": {"n": 90},
    "window": {"frames": 16, "stride": 1, "from": "first"},
}
ROW = Row("kvd", "heldout", Number(123.4567, 3.21098), CARD)


def found(row, digest="abc"):
    card = {"numbers": as_published([ROW], "animatic evaluate", "abc")}
    return published([row], Checkpoint("t2v", {}, {}, card, digest))[0]


def test_the_same_protocol_finds_its_number():
    assert found(ROW) == 123.5
    assert found(replace(ROW, number=Number(120.0))) == 123.5


def test_another_protocol_finds_nothing():
    for change in (
        {"metric": "fvd"},
        {"split": "validation"},
        {"card": {**CARD, "made": {"n": 95}}},
    ):
        assert found(replace(ROW, **change)) is None
    for change in ({"real": {"n": 91}}, {"real": None}, {"window": {"frames": 8, "stride": 1}}):
        assert found(replace(ROW, card={**CARD, **change})) is None


def test_another_checkpoint_finds_nothing():
    assert found(ROW, digest="abd") is None
    assert published([ROW], Checkpoint("t2v", {}, {}, {}, None)) == [None]
