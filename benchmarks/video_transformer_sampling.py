"""Exact sampling of the Video Transformer against slower ways to the same clips, in one run.

    python benchmarks/video_transformer_sampling.py MODEL --data stage --batch-sizes 1 16

One real frame is given. Each slice is made from the same noise by whole slices
(`fixed_point.iterate`) and by rows (`windows.iterate_rows`); its first pixels by incremental
sampling (`windows.one_by_one`), and one pixel naively (a whole slice in each call): these two cost
the same for every pixel, so what they would take for all is multiplied out.
"""

import argparse
import json
import platform
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from animatic.families.video_transformer.fixed_point import gumbel, iterate, noisy
from animatic.families.video_transformer.network import VideoTransformer
from animatic.families.video_transformer.slices import Symbols, to_symbols
from animatic.families.video_transformer.windows import iterate_rows, noisy_at, one_by_one
from animatic.pipelines.device import choose_device
from animatic.pipelines.evaluation.sources import StageClips
from animatic.pipelines.model import load
from animatic.types import to_clip

RESULTS = Path("benchmarks/results/video_transformer_sampling.json")
GIVEN, PIXELS = 1, 128


def seconds(work, *what):
    """Return what the work returns, and how long it took."""
    begun = time.perf_counter()
    found = work(*what)
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return found, time.perf_counter() - begun


def one_call(network, symbols, context, noise):
    """Choose all pixels of a slice once."""
    return network.predict.choose(*network.decode(symbols, context), noisy(noise))


@torch.inference_mode()
def measure(
    network: VideoTransformer, symbols: Symbols, windows: Sequence[int]
) -> dict[str, dict[str, float]]:
    """Return calls of the decoder and seconds for all clips, by the way they are made.

    `other_symbols` counts what two ways disagree on: in single precision, products of other shapes
    may be summed in another order, which may tip a symbol, and those after it.
    """
    random = torch.Generator().manual_seed(0)
    device = symbols.device
    totals: dict[str, dict[str, float]] = {}

    def count(name: str, calls: float, taken: float, other: int = 0) -> None:
        entry = totals.setdefault(name, {"calls": 0, "seconds": 0.0, "other_symbols": 0})
        entry["calls"] += calls
        entry["other_symbols"] += other
        entry["seconds"] = round(entry["seconds"] + taken, 3)

    clips, slices = len(symbols), network.slices
    for number in slices.open(GIVEN):
        own = slices.take(symbols, number)
        noise = gumbel((*own.shape, 16), random).to(device)
        given = [[GIVEN] * clips, [number] * clips, 0.0]
        context, taken = seconds(network.context, symbols, *given)
        count("encoder", 1, taken)
        settled = (~slices.scored(number, GIVEN)).to(device).expand(own.shape[:-1])
        guess = torch.where(settled[..., None], own, slices.take(symbols, max(0, number - 1)))
        task = (guess, context, noise, settled)
        (made, calls), taken = seconds(iterate, network, *task)
        count("whole slices", calls, taken)
        for rows in windows:
            (other, calls), taken = seconds(iterate_rows, network, *task, rows)
            count(f"{rows} rows", calls, taken, int((other != made).sum()))
        pixels = settled[0].numel()
        rest = torch.ones_like(settled).flatten(1)
        rest[:, :PIXELS] = False
        first = rest.unflatten(1, settled.shape[1:]) | settled
        task = (guess, context, noisy_at(noise), first)
        (begun, calls), taken = seconds(one_by_one, network, *task)
        other = (begun != made).flatten(1, 3)[:, :PIXELS].sum()
        count("incremental", pixels, taken * pixels / max(1, calls), int(other))
        _, taken = seconds(one_call, network, guess, context, noise)
        count("naive", pixels, taken * pixels)
        own.copy_(made)
    return totals


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--rows", type=int, nargs="*", default=[4, 8, 16])
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    device = choose_device(given.device)
    model = load(given.model, device.type)
    source = StageClips(given.data, "validation", max(given.batch_sizes), num_frames=16)
    clips = torch.stack([to_clip(shown.frames) for shown in source.clips()])
    table = []
    for batch_size in given.batch_sizes:
        symbols = to_symbols(clips[:batch_size].to(device))
        ways = measure(model.sampler.network, symbols, given.rows)
        slow = ways["incremental"]["seconds"]
        ratio = {name: round(slow / way["seconds"], 2) for name, way in ways.items()}
        del ratio["encoder"]  # the same for all
        table.append({"batch_size": batch_size, "ways": ways, "times as fast": ratio})
        print(json.dumps(table[-1], indent=2))
    about = {
        "model": model.digest,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "precision": "float32",
        "given_frames": GIVEN,
        "clips": table,
    }
    tables = json.loads(RESULTS.read_text()) if RESULTS.is_file() else []
    key = ("model", "device")
    tables = [old for old in tables if any(old[name] != about[name] for name in key)]
    RESULTS.write_text(json.dumps([*tables, about], indent=2) + "\n")


if __name__ == "__main__":
    main()
