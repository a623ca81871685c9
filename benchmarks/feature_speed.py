"""How many clips a second the networks of the metrics look at, and how long their distances take.

    python benchmarks/feature_speed.py [--clips 64] [--networks stage-net i3d]

Clips are noise of 16 frames of 64x64; reading files is not counted. Networks other than the
stage-net must have been fetched. Prints, and writes `benchmarks/results/feature_speed.json`.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch

from animatic.metrics.distance import frechet_distance, gaussian, kernel_distance
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation.eyes import EYES, Window, observe
from animatic.pipelines.evaluation.sources import Shown

FRAMES, SIDE = 16, 64


class Noise:
    """Clips of noise, each made when it is looked at."""

    def __init__(self, num: int) -> None:
        self.num = num

    def about(self) -> dict:
        """Return nothing that matters here."""
        return {}

    def __len__(self) -> int:
        """Return how many there are."""
        return self.num

    def labels(self) -> list[tuple[str, ...]]:
        """Return what they show: nothing."""
        return [()] * self.num

    def clips(self):
        """Make them."""
        random = np.random.default_rng(0)
        for number in range(self.num):
            frames = random.integers(0, 256, (FRAMES, SIDE, SIDE, 3), dtype=np.uint8)
            yield Shown(str(number), frames)


def main() -> None:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--networks", nargs="+", choices=EYES, default=["stage-net", "i3d"])
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    device = choose_device(given.device)
    found = {}
    for name in given.networks:
        eyes = [EYES[name](device)]
        observe(Noise(2), eyes, Window(FRAMES), "", device)
        begun = time.perf_counter()
        seen = observe(Noise(given.clips), eyes, Window(FRAMES), "", device)
        looked = time.perf_counter() - begun
        features, half = seen.looks[name].features, given.clips // 2
        one, other = features[:half], features[half : 2 * half]
        begun = time.perf_counter()
        frechet_distance(gaussian(one), gaussian(other))
        frechet = time.perf_counter() - begun
        begun = time.perf_counter()
        kernel_distance(one, other)
        found[name] = {
            "clips_per_s": round(given.clips / looked, 2),
            "frechet_s": round(frechet, 3),
            "kernel_s": round(time.perf_counter() - begun, 3),
        }
        print(name, found[name], flush=True)
    result = {
        "what": "clips of 16x64x64 that a network looks at a second; distance of half from half",
        "clips": given.clips,
        "networks": found,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "device": str(device),
            "torch": torch.__version__,
        },
    }
    path = Path(__file__).parent / "results" / "feature_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
