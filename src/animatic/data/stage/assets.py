"""The asset pack that ships with the package: ground, sky, far views, trees, bodies and motions.

Files are PNG (lossless, so that every decoder gives the same bits) and compact npz; sizes that are
halved on disk are doubled on load in whole numbers. `ATTRIBUTION.md` names the origin of each file.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image

Tile = UInt8[np.ndarray, "512 512 3"]
Sky = UInt8[np.ndarray, "256 1024 3"]
Backdrop = UInt8[np.ndarray, "256 2048 4"]
Array = Shaped[np.ndarray, "..."]

PACK_SHA256 = "a2a99e8943f402a577a2e06f5e9cebb11605c94a246c4f7884bb7cd5fa10ba63"
"""The `fingerprint` of the pack that ships; clips promise their bits for this one only."""

POSITION_STEPS = 4096
"""Steps a metre in which bodies and joints are stored: a quarter of a millimetre."""

WEIGHT_STEPS = 4096
"""Steps in which skinning weights are stored; the weights of a vertex add up to exactly one."""


@dataclass(frozen=True, eq=False)
class Pack:
    """What clips are made of, by name.

    Attributes:
        tiles: ground that repeats in both directions; "wn_lake" and "wn_ocean" are normals of
            water, "ice" doubles as caustics, "crowd" repeats sideways, with row 0 at the top.
        skies: a full turn sideways, and 90 degrees upwards; row 0 is the horizon.
        backdrops: far views, a full turn sideways, with alpha; row 0 is the bottom.
        sprites: trees with alpha; row 0 is the top. `broadleaves` and `pines` hold their indices.
        bodies: "bodymeta" ("gender,age,race" of every body), "bodyJ" (18 joints in metres), and in
            two levels of detail, "lo" and "hi": "body_" (vertices in metres, y up, feet at 0),
            "lodF_" (triangles), "lodW_" (weights of the 16 segments).
        motions: DeepMimic frames of 44 numbers: duration in seconds, root position, rotations.
    """

    tiles: dict[str, Tile]
    skies: dict[str, Sky]
    backdrops: dict[str, Backdrop]
    sprites: UInt8[np.ndarray, "k 256 256 4"]
    broadleaves: tuple[int, ...]
    pines: tuple[int, ...]
    bodies: dict[str, Array]
    motions: dict[str, Array]


@cache
def load_pack() -> Pack:
    """Read the pack that ships with the package; later calls return the same one."""
    folder = pack_folder()
    trees = _images(folder / "sprites")
    return Pack(
        tiles={name: doubled(tile) for name, tile in _images(folder / "tiles").items()},
        skies={name: sky[::-1] for name, sky in _images(folder / "skies").items()},
        backdrops={name: view[::-1] for name, view in _images(folder / "backdrops").items()},
        sprites=np.stack(list(trees.values())),
        broadleaves=_places(trees, "broadleaf"),
        pines=_places(trees, "pine"),
        bodies=_bodies(_arrays(folder / "bodies.npz")),
        motions=_arrays(folder / "motions.npz"),
    )


def pack_folder() -> Traversable:
    """Return where the pack's files lie."""
    return files("animatic.data.stage") / "pack"


def fingerprint(pack: Pack) -> str:
    """Return the SHA-256 over names, types, shapes and values of all arrays, in a fixed order."""
    digest = hashlib.sha256()
    for name, array in _named_arrays(pack):
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def doubled(tile: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h2 w2 c"]:
    """Return a tile twice as large, bilinear and wrapped at its edges, in whole numbers."""
    wide = tile.astype(np.uint16)
    for axis in (0, 1):
        nearer = wide * 3
        halves = (nearer + np.roll(wide, 1, axis), nearer + np.roll(wide, -1, axis))
        shape = list(wide.shape)
        shape[axis] *= 2
        wide = np.stack(halves, axis + 1).reshape(shape)
    return ((wide + 8) >> 4).astype(np.uint8)


def _named_arrays(pack: Pack) -> Iterator[tuple[str, Array]]:
    groups: dict[str, dict[str, Any]] = {
        "tiles": pack.tiles,
        "skies": pack.skies,
        "backdrops": pack.backdrops,
        "sprites": {"all": pack.sprites},
        "bodies": pack.bodies,
        "motions": pack.motions,
    }
    for group, arrays in groups.items():
        for name in sorted(arrays):
            yield f"{group}/{name}", arrays[name]


def _images(folder: Traversable) -> dict[str, Array]:
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".png")), key=_stem)
    return {_stem(path): _decoded(path) for path in paths}


def _stem(path: Traversable) -> str:
    return path.name.rsplit(".", 1)[0]


def _decoded(path: Traversable) -> Array:
    with Image.open(BytesIO(path.read_bytes())) as image:
        return np.array(image)


def _places(trees: dict[str, Array], kind: str) -> tuple[int, ...]:
    return tuple(index for index, name in enumerate(trees) if name.startswith(kind))


def _arrays(path: Traversable) -> dict[str, Array]:
    with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _bodies(stored: dict[str, Array]) -> dict[str, Array]:
    """Turn stored whole numbers into metres and shares; powers of two keep that exact."""
    return {name: _expanded(name, array) for name, array in stored.items()}


def _expanded(name: str, array: Array) -> Array:
    if name.startswith("body_") or name == "bodyJ":
        return array.astype(np.float32) / np.float32(POSITION_STEPS)
    if name.startswith("lodW_"):
        return array.astype(np.float32) / np.float32(WEIGHT_STEPS)
    return array.astype(np.int32) if name.startswith("lodF_") else array
