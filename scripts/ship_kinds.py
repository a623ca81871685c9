"""What is measured of each checkpoint that ships, and which of two is the better one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from animatic.pipelines.evaluation.bits import NAME as BITS
from animatic.pipelines.evaluation.critics import CHOICE, measure_critic
from animatic.pipelines.evaluation.job import Job, Row
from animatic.pipelines.evaluation.prediction import NAME as PREDICTION
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.evaluation.sources import PAIRS
from animatic.pipelines.model import Model, load
from animatic.types import Prompt

CRITIC_NUM = 96
"""Real clips, and prompts of four clips each, on which the critic of texts is measured."""


class Kind(NamedTuple):
    """A checkpoint that ships.

    Attributes:
        metrics: what `animatic evaluate` measures of it.
        measure: its file, data, clips of a split and path of a sheet to entries of the card.
        measured: names of those entries.
        worth: of a card; the greater one is better.
        sampling: settings that only sampling reads.
        example: something to ask a model for.
        picture: file name of its sheet.
        limits: what it cannot do, for people.
    """

    metrics: tuple[str, ...]
    measure: Callable[[str, Path, int, Path], dict[str, Any]]
    measured: tuple[str, ...]
    worth: Callable[[dict[str, Any]], tuple[float, ...]]
    sampling: tuple[str, ...]
    example: Callable[[Model], Prompt]
    picture: str
    limits: str


def _of_words(file: str, data: Path, num: int, sheet: Path) -> dict[str, Any]:
    rows = evaluate(Job(file, data=data, num=num, sheet=sheet, device="cpu"))
    model = load(file, "cpu")
    critic = {split: measure_critic(model, data, split, CRITIC_NUM) for split in PAIRS}
    return {"accuracy": _accuracy(rows), "critic": critic}


def _accuracy(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Return the shares of generated and of real clips whose names are right, a row a split."""
    table: dict[str, dict[str, float]] = {}
    for row in rows:
        part = row.metric.removeprefix("composition ")
        for kind, value, told in (
            ("generated", row.number.value, row.card["made"]),
            ("real", row.number.floor, row.card["real"]),
        ):
            assert value is not None, "the data set was given"
            entry = table.setdefault(f"{kind} {row.split}", {"n": told["n"]})
            entry[part] = round(value, 4)
    return table


def _of_words_worth(card: dict[str, Any]) -> tuple[float, ...]:
    """Both right on seen pairs, then what the critic is worth: the best of four."""
    chosen = card["critic"]["validation"][f"action of {CHOICE} clips"]
    return card["accuracy"]["generated validation"]["joint"], chosen["best"] - chosen["any"]


def _of_others(metrics: tuple[str, ...]):
    def measure(file: str, data: Path, num: int, sheet: Path) -> dict[str, Any]:
        job = Job(file, data=data, metrics=metrics, num=num, sheet=sheet, device="cpu")
        return {"scores": _scores(evaluate(job))}

    return measure


def _of_likelihood(file: str, data: Path, num: int, sheet: Path) -> dict[str, Any]:
    """Bits for each number of given frames; of one frame, what is made of it (that takes long)."""
    job = Job(file, data=data, metrics=(BITS,), num=num, device="cpu")
    rows = evaluate(job)
    rows += evaluate(replace(job, metrics=_FRAMES, given=1, sheet=sheet))
    return {"scores": _scores(rows)}


def _of_likelihood_worth(card: dict[str, Any]) -> tuple[float, ...]:
    """Bits per dimension, on average over all splits."""
    bits = [scores[BITS]["value"] for scores in card["scores"].values()]
    return (-sum(bits) / len(bits),)


def _scores(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return all numbers by split and metric, curves over time with them."""
    scores: dict[str, dict[str, Any]] = {}
    for row in rows:
        told = {"value": row.number.value, "error": row.number.error, "real": row.number.floor}
        entry = {name: round(value, 4) for name, value in told.items() if value is not None}
        scores.setdefault(row.split, {})[row.metric] = {**entry, "n": row.card["made"]["n"]}
        part = row.metric.removeprefix(f"{PREDICTION} ")
        if part != row.metric:
            scores[row.split][row.metric]["over time"] = row.card["over time"][part]
    return scores


def _of_others_worth(card: dict[str, Any]) -> tuple[float, ...]:
    """Distance to real clips, on average over all splits."""
    distances = [scores["kvd-stage"]["value"] for scores in card["scores"].values()]
    return (-sum(distances) / len(distances),)


def _first_frame(model: Model) -> Prompt:
    shape = model.shape
    frame = np.full((1, shape.height, shape.width, 3), 128, np.uint8)
    return Prompt(frames=frame, positions=(0,))


_CLASSES = ("composition", "kvd-stage", "diversity")
_FRAMES = (PREDICTION, "kvd-stage")

KINDS = {
    "t2v": Kind(
        ("composition",),
        _of_words,
        ("accuracy", "critic"),
        _of_words_worth,
        ("guidance", "detail_guidance", "sketch_steps", "detail_steps"),
        lambda _: Prompt("playing golf on grass"),
        "heldout.png",
        "Sees only what Stage shows: one person, 16 actions, 8 scenes, 2.7 seconds at 64x64. Faces "
        "and hands are not resolved, thin props (clubs, balls, ropes) often vanish, bodies come "
        "apart in fast turns; strong light burns out. What the critic is worth stands under "
        "`critic`. Words outside Stage's captions are guessed from their neighbours in the text "
        "encoder.",
    ),
    "dvd_gan": Kind(
        _CLASSES,
        _of_others(_CLASSES),
        ("scores",),
        _of_others_worth,
        ("truncation",),
        lambda _: Prompt(label=0),
        "dvd_gan.png",
        "Knows the 16 actions of Stage by name, 1.3 seconds at 64x64; the scene is a matter of "
        "chance. Figures are dark knots of limbs, and a grain of 2x2 pixels lies over everything.",
    ),
    "dvd_gan_prediction": Kind(
        _FRAMES,
        _of_others(_FRAMES),
        ("scores",),
        _of_others_worth,
        ("truncation",),
        _first_frame,
        "dvd_gan_prediction.png",
        "Continues 1 or 5 frames of Stage, or of what looks like it, to 16 at 64x64 (1.3 seconds). "
        "Ground and things keep their looks; people move, but bend as if seen through water, more "
        "so the further from what was given.",
    ),
    "video_transformer": Kind(
        (BITS, *_FRAMES),
        _of_likelihood,
        ("scores",),
        _of_likelihood_worth,
        ("temperature",),
        _first_frame,
        "video_transformer.png",
        "Continues 0, 1 or 5 frames of Stage to 16 at 64x64 (1.3 seconds), and says how probable "
        "clips are, so that it compresses them; other footage the best of common codecs "
        "compresses better. Continuations keep their place and fall apart into coloured specks "
        "wherever something moves. Slow: seconds a clip, and minutes to decompress one.",
    ),
}
