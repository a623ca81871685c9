"""Train the judge of Stage clips on real renders, and write it where it ships from.

    animatic data stage --out stage --num-clips 20000
    python scripts/train_stage_net.py --data stage --epochs 5

All clips of the train split are learnt, and none of a held-out pair; the accuracy on the validation
split and on real renders of held-out pairs goes into the card.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from animatic.data.clips import ShardClips
from animatic.data.decoded import DecodedClips
from animatic.metrics.stage_net import StageNet
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation.sources import StageClips
from animatic.pipelines.judge import ACTIONS, SCENES, agreement
from animatic.pipelines.naming import fit
from animatic.types import ClipShape, to_clip

SHAPE = ClipShape(32, 64, 64, 12.0)


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("src/animatic/checkpoints/judge"))
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--dim", type=int, default=32)
    given = parser.parse_args()
    choose_device("cpu")
    torch.manual_seed(0)
    clips = ShardClips(given.data, SHAPE, "train")
    frames, rows = DecodedClips(clips)._frames, clips.reader.rows
    net = StageNet(len(ACTIONS), len(SCENES), given.dim)
    facts = [row.facts.more for row in rows]
    classes = torch.tensor(
        [[ACTIONS.index(fact["action"]), SCENES.index(fact["scene"])] for fact in facts]
    )
    begun = time.monotonic()

    def told(step: int, loss: float) -> None:
        if step % 50 == 0:
            print(f"step {step}, loss {loss:.3f}, {time.monotonic() - begun:.0f} s", flush=True)

    fit(net, frames, classes, epochs=given.epochs, batch_size=given.batch_size, told=told)
    scores = {}
    for split in ("validation", "heldout"):
        real = StageClips(given.data, split, 512).clips()
        scores[split] = agreement(net, ((to_clip(c.frames)[None], c.labels) for c in real))
    print(json.dumps(scores), flush=True)
    half = {name: tensor.half().contiguous() for name, tensor in net.state_dict().items()}
    given.out.mkdir(parents=True, exist_ok=True)
    save_file(half, given.out / "stage_net.safetensors")
    card = {
        "what": "names the action and scene of a Stage clip; trained on real renders only",
        "clips": len(rows),
        "epochs": given.epochs,
        "dim": given.dim,
        "minutes": round((time.monotonic() - begun) / 60),
        "accuracy": scores,
        "licence": "Apache-2.0; trained on renders of assets under ATTRIBUTION.md",
    }
    (given.out / "stage_net.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
