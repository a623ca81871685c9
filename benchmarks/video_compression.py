"""A model with a likelihood against lossless codecs: bits per dimension and seconds.

    pip install imageio-ffmpeg   # a program with libaom in it
    python benchmarks/video_compression.py video_transformer --data stage --footage bikes.mp4

Clips are as large and as long as the model's. Of footage, frames at half their size, a square from
the middle, stretches evenly spaced. A codec is charged for its packets alone, a model for
all parts with their checksums. What a codec makes is decoded and compared; of what the model makes,
only so many clips as --decode says, for that takes minutes a clip. Models of single values
(compression_baselines.py) are counted on training clips, and write nothing.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import av
import numpy as np
import torch
from imageio_ffmpeg import get_ffmpeg_exe

from animatic.contracts import Coder
from animatic.pipelines.compress import cut, groups
from animatic.pipelines.evaluation.sources import PAIRS, StageClips
from animatic.pipelines.model import load
from animatic.storage import codec
from animatic.types import ClipShape
from compression_baselines import Residual, histogram

RESULTS = Path("benchmarks/results/video_compression.json")
TRAIN, STRETCHES = 48, 4
CODECS = {
    "FFV1": "-c:v ffv1 -level 3 -coder 1 -context 1 -slicecrc 0 -g 300 -pix_fmt gbrp",
    "H.264 (x264)": "-c:v libx264rgb -qp 0 -preset veryslow -pix_fmt rgb24",
    "VP9 (libvpx)": "-c:v libvpx-vp9 -lossless 1 -deadline best -pix_fmt gbrp",
    "AV1 (libaom)": "-c:v libaom-av1 -aom-params lossless=1 -cpu-used 0 -pix_fmt gbrp",
}
Frames = np.ndarray


def by_codec(clip: Frames, options: str) -> tuple[int, float, float]:
    """Return bytes of a clip, and seconds there and back, the start of a program included."""
    height, width = clip.shape[1:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/clip.mkv"
        quiet = [get_ffmpeg_exe(), "-v", "error", "-y"]
        there = [*quiet, *raw, "-s", f"{width}x{height}", "-r", "12", "-i", "-", *options.split()]
        begun = time.perf_counter()
        subprocess.run([*there, path], input=clip.tobytes(), check=True)
        between = time.perf_counter()
        back = subprocess.run([*quiet, "-i", path, *raw, "-"], capture_output=True, check=True)
        ended = time.perf_counter()
        assert back.stdout == clip.tobytes(), f"{options} loses something"
        with av.open(path) as container:
            stream = container.streams.video[0]
            size = len(stream.codec_context.extradata or b"")
            size += sum(packet.size for packet in container.demux(stream))
    return size, between - begun, ended - between


def by_model(coder: Coder, clip: Frames, *, back: bool) -> tuple[int, float, float]:
    """Return what `by_codec` does; without `back`, not decoded and no seconds for it."""
    size, there, seconds = 0, 0.0, 0.0
    for places in groups(coder.shape, clip.shape):
        clips, inside = cut(coder.shape, clip, places)
        begun = time.perf_counter()
        parts = list(coder.encode(clips, inside))
        between = time.perf_counter()
        there += between - begun
        size += sum(map(len, parts))
        if back:
            *_, found = coder.decode(parts, inside)
            seconds += time.perf_counter() - between
            assert torch.equal(found, clips), "the model loses something"
    return size, there, seconds


def measure(work: Callable[[Frames], tuple[int, float, float]], clips: list[Frames]) -> dict:
    """Return means over clips."""
    rows = [(8 * size / clip.size, *taken) for clip in clips for size, *taken in [work(clip)]]
    bits, there, back = (np.array(part) for part in zip(*rows, strict=True))
    error = bits.std(ddof=1) / len(bits) ** 0.5 if len(bits) > 1 else None
    return {
        "bits per dimension": round(float(bits.mean()), 4),
        "error": error and round(float(error), 4),
        "n": len(clips),
        "seconds to encode a clip": round(float(there.mean()), 2),
        "seconds to decode a clip": round(float(back[back > 0].mean()), 2) if back.any() else None,
    }


def stretches(path: Path, shape: ClipShape) -> list[Frames]:
    """Return parts of a video at half its size; where its colours have half a size, all is real."""
    frames = codec.decode(path).frames
    height, width = (length // 2 for length in frames.shape[1:3])
    halved = frames[:, : 2 * height, : 2 * width].reshape(len(frames), height, 2, width, 2, 3)
    top, left = (height - shape.height) // 2, (width - shape.width) // 2
    cut = np.rint(halved.mean(axis=(2, 4))).astype(np.uint8)
    cut = cut[:, top : top + shape.height, left : left + shape.width]
    begins = np.linspace(0, len(cut) - shape.num_frames, STRETCHES).astype(int)
    return [np.ascontiguousarray(cut[begin : begin + shape.num_frames]) for begin in begins]


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True, help="Stage")
    parser.add_argument("--train-data", type=Path, help="another that has the training split")
    parser.add_argument("--footage", type=Path, nargs="*", default=[])
    parser.add_argument("--num", type=int, default=24, help="clips of each split of Stage")
    parser.add_argument("--decode", type=int, default=1, help="clips that the model decodes")
    given = parser.parse_args()
    model = load(given.model, "cpu")
    assert model.coder is not None, "a model that compresses"
    num_frames = model.shape.num_frames

    def stage(folder: Path, split: str, num: int) -> Frames:
        source = StageClips(folder, split, num, num_frames=num_frames)
        return np.stack([shown.frames for shown in source.clips()])

    train = stage(given.train_data or given.data, "train", TRAIN)
    sets = {f"Stage, {split}": list(stage(given.data, split, given.num)) for split in PAIRS}
    sets |= {path.stem: stretches(path, model.shape) for path in given.footage}
    baselines = {"histogram": partial(histogram, train), "residual": Residual(train)}
    table, left = {}, chain(repeat(True, given.decode), repeat(False))
    for name, clips in sets.items():
        rows = table[name] = {}
        for label, options in CODECS.items():
            rows[label] = measure(lambda clip, o=options: by_codec(clip, o), clips)
        rows["Animatic"] = measure(lambda c: by_model(model.coder, c, back=next(left)), clips)
        for label, baseline in baselines.items():
            bits = baseline(np.stack(clips)).mean()
            rows[label] = {"bits per dimension": round(float(bits), 4), "n": len(clips)}
        print(name, json.dumps(rows, indent=2), flush=True)
    about = {
        "model": model.digest,
        "frames": num_frames,
        "training clips of the baselines": TRAIN,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "codecs": CODECS,
        "sets": table,
    }
    RESULTS.write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main()
