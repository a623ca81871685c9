"""How many Stage frames one core draws in a CPU second, for each scene.

    python benchmarks/stage_speed.py [--size 64] [--clips 16]

Prints a table and writes `benchmarks/results/stage_speed.json` (or `stage_speed_128.json` ...).
Clips have 32 frames; time includes casting, setting the scene and choosing the camera, but not
compiling.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from animatic.data.stage import ACTIONS, SCENES, STAGE_VERSION, render

NUM_FRAMES = 32
PROMISED_FPS = 150


def frames_per_cpu_second(scene: str, size: int, num_clips: int) -> float:
    """Return the mean over clips whose actions take turns."""
    actions = [ACTIONS[i % len(ACTIONS)] for i in range(num_clips)]
    start = time.process_time()
    for seed, action in enumerate(actions):
        render(seed, action, scene, size, NUM_FRAMES)
    return num_clips * NUM_FRAMES / (time.process_time() - start)


def compile_kernels(size: int) -> None:
    """Draw one frame of everything, so that no compilation is timed."""
    for scene in SCENES:
        for seed, action in enumerate(ACTIONS):
            render(seed, action, scene, size, num_frames=1)


def machine() -> dict[str, str | int | None]:
    """Return what the speed depends on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if os.name == "posix" else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
    }


def main() -> None:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--clips", type=int, default=16)
    arguments = parser.parse_args()
    compile_kernels(arguments.size)
    speeds = {
        scene: round(frames_per_cpu_second(scene, arguments.size, arguments.clips), 1)
        for scene in SCENES
    }
    mean = round(sum(speeds.values()) / len(speeds), 1)
    for scene, speed in {**speeds, "mean": mean}.items():
        print(f"{scene:>8} {speed:8.1f} frames per CPU second")
    if arguments.size == 64:
        print(f"promised {PROMISED_FPS:8.1f}")
    name = "stage_speed" if arguments.size == 64 else f"stage_speed_{arguments.size}"
    result = {
        "what": "Stage frames per CPU second and core, set-up included",
        "stage_version": STAGE_VERSION,
        "size": arguments.size,
        "frames_a_clip": NUM_FRAMES,
        "clips_a_scene": arguments.clips,
        "scenes": speeds,
        "mean": mean,
        "machine": machine(),
    }
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
