"""Put a trained model where it ships from, with a card whose numbers are measured here and now.

    python scripts/ship_checkpoint.py t2v runs/a --data stage

The weights are packed to a byte each, and everything is measured on the packed file: what
`ship_kinds.py` says of a model of this kind, cost of a clip, seconds on this machine. A sheet of
clips goes into docs/pictures. An existing checkpoint is replaced only if the new one is better; its
ablations stay in the card, its other numbers are to be published again (publish_numbers.py).
"""

import argparse
import json
import platform
import time
from dataclasses import replace
from pathlib import Path

import torch
from ship_kinds import KINDS
from torch.utils.flop_counter import FlopCounterMode

from animatic.pipelines.evaluation.sources import FIRST_SEED
from animatic.pipelines.model import Model, load
from animatic.storage.checkpoint import read_checkpoint, write_checkpoint
from animatic.types import Prompt

SHIPPED = Path("src/animatic/checkpoints")
PICTURES = Path("docs/pictures")


def cost(model: Model, prompt: Prompt) -> dict[str, float]:
    """Return what one clip costs: floating-point operations, and seconds on this machine."""
    model.draw(prompt, 0)
    with FlopCounterMode(display=False) as counter:
        model.sampler.sample([prompt], [0])
    begun = time.perf_counter()
    for seed in range(10):
        model.draw(prompt, seed)
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


def main() -> None:
    """Pack, measure, compare, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=KINDS)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--num", type=int, default=512, help="clips of a split")
    parser.add_argument(
        "--sampling",
        nargs="+",
        default=[],
        metavar="NAME=NUMBER",
        help="replace settings of the run that only sampling reads",
    )
    here = f"{platform.machine()}, {torch.get_num_threads()} threads"
    parser.add_argument("--machine", default=here)
    parser.add_argument("--remark", help="what a reader must know to train the same again")
    given = parser.parse_args()
    kind = KINDS[given.name]
    trained = read_checkpoint(given.run / "model.safetensors")
    for words in given.sampling:
        name, _, number = words.partition("=")
        if name not in kind.sampling:
            parser.error(f"{name!r} is none of {', '.join(kind.sampling)}")
        value = type(trained.config[name])(number)
        trained = replace(trained, config={**trained.config, name: value})
    path = SHIPPED / f"{given.name}.safetensors"
    former = json.loads(path.with_suffix(".json").read_text()) if path.is_file() else None
    trial = given.run / "packed" / path.name
    trial.parent.mkdir(exist_ok=True)
    write_checkpoint(trial, replace(trained, card={}), packed=True)
    sheet = given.run / "packed" / kind.picture
    model = load(str(trial), "cpu")
    data = json.loads((given.data / "dataset.json").read_text())
    card = {
        **{key: value for key, value in trained.card.items() if key not in ("data", "machine")},
        "data": {key: data[key] for key in ("name", "version", "num_clips", "splits")},
        "hours": hours(given.run, trained.card["batch_size"]),
        "machine": given.machine,
        "sampling": {name: trained.config[name] for name in kind.sampling},
        "parameters": sum(tensor.numel() for tensor in trained.weights.values()),
        "megabytes": round(trial.stat().st_size / 1e6, 1),
        "cost": cost(model, kind.example(model)),
        **kind.measure(str(trial), given.data, given.num, sheet),
        "protocol": f"animatic evaluate {given.name} --data stage --metrics "
        f"{','.join(kind.metrics)}; seeds from {FIRST_SEED}; n and split stand in each row",
        "samples": str(PICTURES / kind.picture),
        "limits": kind.limits,
        **({"remark": given.remark} if given.remark else {}),
        "licence": "Apache-2.0; trained on renders that derive from CC-BY-SA-3.0 textures",
    }
    print(json.dumps({name: card[name] for name in kind.measured}, indent=2))
    if former is not None and kind.worth(former) >= kind.worth(card):
        raise SystemExit(f"kept the former: {kind.worth(former)} against {kind.worth(card)}")
    if former is not None:
        card["beats"] = {name: former[name] for name in ("steps", *kind.measured)}
        card |= {name: former[name] for name in ("ablations",) if name in former}
    write_checkpoint(path, replace(trained, card=card), packed=True)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / kind.picture).write_bytes(sheet.read_bytes())


if __name__ == "__main__":
    main()
