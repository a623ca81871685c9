"""Build the asset pack that ships in `animatic.data.stage.pack`.

    python scripts/build_stage_pack.py --from PARTS --out src/animatic/data/stage/pack

PARTS holds what `stage_packages.py` extracts: tiles/ skies/ bodies.npz motions.npz. Trees, far
views, the crowd and two kinds of snow are our own drawings (`stage_drawings.py`).
Pictures come out as PNG: a lossy file would not decode to the same bits with every library.
"""

import argparse
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from PIL import Image
from stage_drawings import draw_backdrops, draw_sprites, draw_tiles

from animatic.data.stage.assets import POSITION_STEPS, WEIGHT_STEPS, fingerprint, load_pack

TILES = (
    *("forest1", "grass0", "grass1", "grass3", "grass4", "grass5", "ice"),
    *("pave0", "pave1", "sand0", "sand1", "sand2", "sand3", "sand4"),
    *("snow0", "snow1", "wn_lake", "wn_ocean"),
)
SKIES = (
    *("cirrus", "cumulus", "default", "overcast", "stormy"),
    *("stratus", "sunny", "sunny_1", "sunset", "sunset_1"),
)

MOST_BYTES = 10_000_000
_HALF_TURN_ROWS = 128  # of a sky, from the zenith down; the sky boxes hold no picture up there


def main() -> None:
    """Read the parts, draw the rest, write the pack and print its fingerprint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--from", dest="parts", type=Path, required=True, help="extracted parts")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()
    build(arguments.parts, arguments.out)
    print(f"{size_of(arguments.out) / 1e6:.2f} MB; the limit is {MOST_BYTES / 1e6:.0f} MB")
    print(f"PACK_SHA256 of the installed pack: {fingerprint(load_pack())}")


def build(parts: Path, out: Path) -> None:
    """Write every file of the pack."""
    for name in TILES:
        write_picture(
            out / "tiles" / f"{name}.png", halved(read_picture(parts / "tiles" / f"{name}.png"))
        )
    for name in SKIES:
        write_picture(
            out / "skies" / f"{name}.png", calmed(read_picture(parts / "skies" / f"{name}.png"))
        )
    for folder, pictures in (
        ("tiles", draw_tiles()),
        ("sprites", draw_sprites()),
        ("backdrops", draw_backdrops()),
    ):
        for name, picture in pictures.items():
            write_picture(out / folder / f"{name}.png", picture)
    with np.load(parts / "bodies.npz", allow_pickle=False) as bodies:
        np.savez_compressed(
            out / "bodies.npz", **{name: compact(name, bodies[name]) for name in bodies.files}
        )
    with np.load(parts / "motions.npz", allow_pickle=False) as motions:
        clips = {name.removeprefix("mo_"): motions[name] for name in motions.files}
    np.savez_compressed(out / "motions.npz", **clips)


def read_picture(path: Path) -> UInt8[np.ndarray, "h w 3"]:
    """Return a picture's colours."""
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def write_picture(path: Path, picture: UInt8[np.ndarray, "h w c"]) -> None:
    """Write a PNG; invisible pixels become black, which packs better."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if picture.shape[2] == 4:
        picture = np.where(picture[..., 3:] > 0, picture, 0).astype(np.uint8)
    Image.fromarray(picture).save(path, optimize=True)


def halved(picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Return a picture of half the size, each pixel the mean of four."""
    wide = picture.astype(np.uint16)
    total = wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


def calmed(sky: UInt8[np.ndarray, "256 1024 3"]) -> UInt8[np.ndarray, "256 1024 3"]:
    """Smooth the streaks above 45 degrees, more and more towards the zenith."""
    soft = sky.astype(np.float64)
    for row in range(_HALF_TURN_ROWS + 12):
        height = (_HALF_TURN_ROWS + 12 - row) / _HALF_TURN_ROWS
        soft[row] = _blurred(soft[row], reach=int(260 * height**1.5))
    return np.round(soft).astype(np.uint8)


def _blurred(line: Float[np.ndarray, "w 3"], reach: int) -> Float[np.ndarray, "w 3"]:
    """Return a closed line of pixels, each the mean of its neighbours to both sides, twice."""
    for _ in range(2):
        padded = np.concatenate([line[-reach - 1 :], line, line[:reach]]).cumsum(axis=0)
        line = (padded[2 * reach + 1 :] - padded[: -2 * reach - 1]) / (2 * reach + 1)
    return line


def compact(name: str, array: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "..."]:
    """Return lengths and shares as small whole numbers."""
    if name.startswith("body_") or name == "bodyJ":
        return np.round(array.astype(np.float64) * POSITION_STEPS).astype(np.int16)
    if name.startswith("lodW_"):
        return _whole_shares(array)
    return array.astype(np.int16) if name.startswith("lodF_") else array


def _whole_shares(weights: Float[np.ndarray, "n 16"]) -> UInt8[np.ndarray, "n 16"]:
    """Round weights to steps that add up to exactly one; the greatest takes the difference."""
    steps = np.round(weights.astype(np.float64) * WEIGHT_STEPS).astype(np.int64).clip(0)
    greatest = steps.argmax(axis=1)
    steps[np.arange(len(steps)), greatest] += WEIGHT_STEPS - steps.sum(axis=1)
    return steps.astype(np.uint16)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
