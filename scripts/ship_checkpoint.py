"""Put a trained model where it ships from, with a card whose numbers are measured here and now.

    python scripts/ship_checkpoint.py runs/a --data stage

The weights are packed to a byte each, and everything is measured on the packed file: accuracy of
512 clips a split (stage-net), what the critic is worth, cost of a clip, seconds on this machine.
The sheet of held-out pairs goes into docs/pictures. An existing checkpoint is replaced only if the
new one is better; its ablations stay in the card, its other numbers are to be published again
(publish_numbers.py).
"""

import argparse
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from animatic.pipelines.evaluation.critics import CHOICE, measure_critic
from animatic.pipelines.evaluation.job import Job, Row
from animatic.pipelines.evaluation.run import evaluate
from animatic.pipelines.evaluation.sources import FIRST_SEED, PAIRS
from animatic.pipelines.generate import load
from animatic.storage.checkpoint import read_checkpoint, write_checkpoint
from animatic.types import Prompt

SHIPPED = Path("src/animatic/checkpoints")
PICTURES = Path("docs/pictures")
SAMPLING = {
    "guidance": float,
    "detail_guidance": float,
    "sketch_steps": int,
    "detail_steps": int,
}
CRITIC_NUM = 96
"""Real clips, and prompts of four clips each, on which the critic is measured."""
LIMITS = (
    "Sees only what Stage shows: one person, 16 actions, 8 scenes, 2.7 seconds at 64x64. Faces "
    "and hands are not resolved, thin props (clubs, balls, ropes) often vanish, bodies come apart "
    "in fast turns; strong light burns out. What the critic is worth stands under `critic`. "
    "Words outside Stage's captions are guessed from their neighbours in the text encoder."
)


def cost(checkpoint: str) -> dict[str, float]:
    """Return what one clip costs: floating-point operations, and seconds on this machine."""
    model = load(checkpoint, "cpu")
    model.generate("playing golf on grass")
    with FlopCounterMode(display=False) as counter:
        model.sampler.sample([Prompt("playing golf on grass")], [0])
    begun = time.perf_counter()
    for seed in range(10):
        model.generate("playing golf on grass", seed=seed)
    return {
        "gflop_per_clip": round(counter.get_total_flops() / 1e9, 3),
        "seconds_per_clip": round((time.perf_counter() - begun) / 10, 3),
        "threads": torch.get_num_threads(),
    }


def hours(run: Path, batch_size: int) -> float:
    """Return how long the run has trained, from its log."""
    seconds, last = 0.0, 0
    for line in (run / "log.jsonl").read_text().splitlines():
        row = json.loads(line)
        seconds += max(0, row["step"] - last) * batch_size / row["clips_per_s"]
        last = row["step"]
    return round(seconds / 3600, 2)


def accuracy(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
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


def setting(words: str) -> tuple[str, float]:
    """Read one of the settings of sampling."""
    name, _, number = words.partition("=")
    if name not in SAMPLING:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(SAMPLING)}")
    return name, SAMPLING[name](number)


def worth(card: dict) -> tuple[float, float]:
    """Return what checkpoints are compared by: both right on seen pairs, then the best of four."""
    chosen = card["critic"]["validation"][f"action of {CHOICE} clips"]
    return card["accuracy"]["generated validation"]["joint"], chosen["best"] - chosen["any"]


def main() -> None:
    """Pack, measure, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", default="t2v")
    parser.add_argument("--num", type=int, default=512)
    parser.add_argument(
        "--sampling",
        type=setting,
        nargs="+",
        default=[],
        metavar="NAME=NUMBER",
        help=f"replace settings of the run that only sampling reads: {', '.join(SAMPLING)}",
    )
    here = f"{platform.machine()}, {torch.get_num_threads()} threads"
    parser.add_argument("--machine", default=here)
    parser.add_argument("--remark", help="what a reader must know to train the same again")
    given = parser.parse_args()
    trained = read_checkpoint(given.run / "model.safetensors")
    trained = replace(trained, config={**trained.config, **dict(given.sampling)})
    path = SHIPPED / f"{given.name}.safetensors"
    former = json.loads(path.with_suffix(".json").read_text()) if path.is_file() else None
    trial = given.run / "packed" / path.name
    trial.parent.mkdir(exist_ok=True)
    write_checkpoint(trial, replace(trained, card={}), packed=True)
    sheet = given.run / "packed" / "heldout.png"
    job = Job(str(trial), data=given.data, num=given.num, sheet=sheet, device="cpu")
    scores = accuracy(evaluate(job))
    model = load(str(trial), "cpu")
    data = json.loads((given.data / "dataset.json").read_text())
    card = {
        **{key: value for key, value in trained.card.items() if key not in ("data", "machine")},
        "data": {key: data[key] for key in ("name", "version", "num_clips", "splits")},
        "hours": hours(given.run, trained.card["batch_size"]),
        "machine": given.machine,
        "sampling": {name: trained.config[name] for name in SAMPLING},
        "parameters": sum(tensor.numel() for tensor in trained.weights.values()),
        "megabytes": round(trial.stat().st_size / 1e6, 1),
        "cost": cost(str(trial)),
        "accuracy": scores,
        "critic": {split: measure_critic(model, given.data, split, CRITIC_NUM) for split in PAIRS},
        "protocol": "animatic evaluate t2v --data stage; stage-net; canonical prompts, seeds from "
        f"{FIRST_SEED}; n and split stand in each row",
        "samples": "docs/pictures/heldout.png",
        "limits": LIMITS,
        **({"remark": given.remark} if given.remark else {}),
        "licence": "Apache-2.0; trained on renders that derive from CC-BY-SA-3.0 textures",
    }
    print(json.dumps(card["accuracy"], indent=2))
    if former is not None and worth(former) >= worth(card):
        raise SystemExit(f"kept the former: {worth(former)} against {worth(card)}")
    if former is not None:
        card["beats"] = {name: former[name] for name in ("steps", "accuracy", "critic")}
        card |= {name: former[name] for name in ("ablations",) if name in former}
    write_checkpoint(path, replace(trained, card=card), packed=True)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "heldout.png").write_bytes(sheet.read_bytes())


if __name__ == "__main__":
    main()
