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
import torch.nn.functional as F
from safetensors.torch import save_file

from animatic.data.batches import permutation
from animatic.data.clips import ShardClips
from animatic.data.decoded import DecodedClips
from animatic.metrics.stage_net import StageNet
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation.sources import StageClips
from animatic.pipelines.judge import ACTIONS, SCENES, agreement
from animatic.types import ClipShape, to_clip

SHAPE = ClipShape(32, 64, 64, 12.0)


def batch_of(clips, rows, indices, generator):
    """Return clips with mirroring, jittered brightness and noise, and what they show."""
    frames = torch.stack([torch.from_numpy(clips[int(i)].copy()) for i in indices])
    x = frames.permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    flip = torch.rand(len(x), generator=generator) < 0.5
    x = torch.where(flip[:, None, None, None, None], x.flip(-1), x)
    gain = 1 + 0.3 * (torch.rand(len(x), 1, 1, 1, 1, generator=generator) - 0.5)
    x = x * gain + 0.05 * torch.randn(x.shape, generator=generator)
    facts = [rows[int(i)].facts.more for i in indices]
    actions = torch.tensor([ACTIONS.index(fact["action"]) for fact in facts])
    scenes = torch.tensor([SCENES.index(fact["scene"]) for fact in facts])
    return x, actions, scenes


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
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=0.02)
    per_epoch = len(rows) // given.batch_size
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 2e-3, total_steps=given.epochs * per_epoch + 1
    )
    generator, begun = torch.Generator().manual_seed(0), time.monotonic()
    for epoch in range(given.epochs):
        order = permutation(1, epoch, len(rows))
        for step in range(per_epoch):
            indices = order[step * given.batch_size : (step + 1) * given.batch_size]
            x, actions, scenes = batch_of(frames, rows, indices, generator)
            verdict = net(x)
            loss = F.cross_entropy(verdict.actions, actions, label_smoothing=0.1)
            loss = loss + F.cross_entropy(verdict.scenes, scenes, label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if step % 50 == 0:
                passed = f"{time.monotonic() - begun:.0f} s"
                print(epoch, f"{step}/{per_epoch} {loss.item():.3f}", passed, flush=True)
        net.eval()
        scores = {}
        for split in ("validation", "heldout"):
            real = StageClips(given.data, split, 512).clips()
            shown = ((to_clip(clip.frames)[None], clip.pair) for clip in real)
            scores[split] = agreement(net, shown)
        print(json.dumps(scores), flush=True)
        net.train()
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
