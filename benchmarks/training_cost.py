"""What a step of training costs: clips a second, memory, and how much of the device it uses.

    python benchmarks/training_cost.py dvd_gan:paper-64:4 dvd_gan:paper-64:8:num_frames=12

Each row is family:preset:batch-size, and settings that are replaced. Clips are noise. The ceiling
is what a product of two large matrices reaches in the same run; a row's share of it counts the
operations that were executed, those computed again included. An update is the whole cycle of a
family whose networks take turns. A row that does not fit says so.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from animatic.contracts import Engine, Tools
from animatic.pipelines import catalog
from animatic.pipelines.device import choose_device, has_bf16
from animatic.pipelines.memory import memory_bytes
from animatic.pipelines.tools import load_tools
from animatic.pipelines.train import Run, adjusted, engine_of
from animatic.types import Batch

RESULTS = Path("benchmarks/results/training_cost.json")


def synchronised(device: torch.device) -> float:
    """Return the time, after all work of the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def ceiling(device: torch.device, size: int, bf16: bool) -> float:
    """Return the operations a second of a large product."""
    dtype = torch.bfloat16 if bf16 else torch.float32
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    for _ in range(3):
        a @ b
    begun = synchronised(device)
    for _ in range(10):
        a @ b
    return 10 * 2 * size**3 / (synchronised(device) - begun)


def measure(words: str, engine: Engine, tools: Tools, rounds: int, top: float) -> dict:
    """Return the row of one family, preset and batch size."""
    name, preset, batch_size, *settings = words.split(":")
    family, clips, device = catalog.family(name), int(batch_size), engine.device
    config = adjusted(family.presets[preset], settings)
    if "label" in config.reads and not config.class_names:
        config = adjusted(config, ["class_names=" + ",".join(map(str, range(16)))])
    row = {"family": name, "preset": preset, "settings": settings, "batch_size": clips}
    needed = family.training_bytes(config, clips, has_bf16(device))
    row["estimated_gb"] = round(needed / 1e9, 1)
    if needed > memory_bytes(device):
        return {**row, "refused": f"there are {memory_bytes(device) / 1e9:.1f} GB"}
    try:
        with device:  # weights are drawn where they are used
            learner = family.learner(config, engine, tools)
        shape = config.shape
        size = (clips, 3, shape.num_frames, shape.height, shape.width)
        labels = torch.zeros(clips, dtype=torch.long) if "label" in config.reads else None
        batch = Batch((torch.rand(size) * 2 - 1).to(device), None, labels)
        cycle = getattr(config, "discriminator_steps", 1)
        first = getattr(config, "fit_steps", 0)
        for step in range(first + cycle):
            learner.step([batch], step)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        begun = synchronised(device)
        for step in range(first, first + rounds * cycle):
            learner.step([batch], step)
        seconds = (synchronised(device) - begun) / rounds
        if device.type == "cuda":
            row["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 1)
        with FlopCounterMode(display=False) as counter:
            for step in range(first, first + cycle):
                learner.step([batch], step)
    except torch.OutOfMemoryError as error:
        return {**row, "refused": str(error).splitlines()[0]}
    flops = counter.get_total_flops()
    return {
        **row,
        "steps_in_one_update": cycle,
        "one_update_s": round(seconds, 4),
        "clips_per_s": round(cycle * clips / seconds, 2),
        "tflop_per_update": round(flops / 1e12, 3),
        "tflop_per_s": round(flops / seconds / 1e12, 2),
        "share_of_ceiling": round(flops / seconds / top, 4),
    }


def main() -> None:
    """Measure every row, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="+", metavar="family:preset:batch-size[:NAME=VALUE...]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    device = choose_device(given.device)
    bf16 = has_bf16(device)
    precision = "bf16-mixed" if bf16 else "32-true"
    engine = engine_of(Run("", "", Path(), Path(), 1, precision=precision, device=device.type))
    top = ceiling(device, 8192 if device.type == "cuda" else 2048, bf16)
    about = {
        "device": torch.cuda.get_device_name() if device.type == "cuda" else platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "precision": precision,
        "ceiling_tflop_per_s": round(top / 1e12, 1),
        "rounds": given.rounds,
        "rows": [],
    }
    for words in given.rows:
        row = measure(words, engine, load_tools(device), given.rounds, top)
        print(json.dumps(row), flush=True)
        about["rows"].append(row)
        RESULTS.write_text(json.dumps(about, indent=2) + "\n")
        if device.type == "cuda":
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
