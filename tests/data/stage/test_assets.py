"""The pack is the one that clips promise their bits for, small, and attributed file by file."""

import re
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from animatic.data.stage.assets import (
    PACK_SHA256,
    doubled,
    fingerprint,
    load_pack,
    pack_folder,
)

ATTRIBUTION = Path(__file__).parents[3] / "ATTRIBUTION.md"
MOST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def pack():
    return load_pack()


def shipped():
    folder = Path(str(pack_folder()))
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.*"))]


def attributed():
    """Return the patterns in the first column of the pack's table."""
    rows = [row for row in ATTRIBUTION.read_text().splitlines() if row.startswith("| `")]
    return [pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_the_pack_is_the_promised_one(pack):
    assert fingerprint(pack) == PACK_SHA256


def test_one_changed_value_changes_the_fingerprint(pack):
    joints = pack.bodies["bodyJ"]
    kept, joints[0, 0, 0] = joints[0, 0, 0], joints[0, 0, 0] + 1
    assert fingerprint(pack) != PACK_SHA256
    joints[0, 0, 0] = kept


def test_the_pack_is_small():
    folder = Path(str(pack_folder()))
    assert sum((folder / name).stat().st_size for name in shipped()) <= MOST_BYTES


def test_pictures_have_their_sizes(pack):
    assert {tile.shape for tile in pack.tiles.values()} == {(512, 512, 3)}
    assert {sky.shape for sky in pack.skies.values()} == {(256, 1024, 3)}
    assert {view.shape for view in pack.backdrops.values()} == {(256, 2048, 4)}
    assert pack.sprites.shape[1:] == (256, 256, 4)


def test_trees_are_broadleaves_and_pines(pack):
    assert sorted(pack.broadleaves + pack.pines) == list(range(len(pack.sprites)))
    assert len(pack.broadleaves) == len(pack.pines) == 7


def test_far_views_stand_on_the_ground_and_leave_the_sky_open(pack):
    for name, view in pack.backdrops.items():
        assert view[:8, :, 3].mean() > 200, name
        assert view[-8:, :, 3].mean() < 60, name


def test_the_horizon_is_the_first_row_of_a_sky(pack):
    assert pack.skies["sunset"][:40, :, 0].mean() > pack.skies["sunset"][:40, :, 2].mean() + 40


@pytest.mark.parametrize("detail", ["lo", "hi"])
def test_bodies_stand_on_the_ground_with_whole_weights(pack, detail):
    bodies, weights = pack.bodies[f"body_{detail}"], pack.bodies[f"lodW_{detail}"]
    triangles = pack.bodies[f"lodF_{detail}"]
    assert bodies.shape == (48, len(weights), 3)
    assert triangles.min() == 0
    assert triangles.max() == len(weights) - 1
    assert np.abs(bodies[:, :, 1].min(axis=1)).max() < 0.03
    assert (weights.sum(axis=1) == 1).all()
    assert weights.min() >= 0


def test_every_body_is_told_by_gender_age_and_race(pack):
    genders, ages, races = zip(
        *(str(meta).split(",") for meta in pack.bodies["bodymeta"]), strict=True
    )
    assert set(genders) == {"male", "female"}
    assert set(ages) == {"young", "old", "child"}
    assert set(races) == {"caucasian", "african", "asian"}


def test_motions_are_named_without_a_prefix(pack):
    assert {"walk", "run", "cartwheel", "backflip", "dance_a"} <= set(pack.motions)
    assert {motion.shape[1] for motion in pack.motions.values()} == {44}


def test_every_file_is_attributed():
    patterns = attributed()
    missing = [name for name in shipped() if not any(fnmatch(name, p) for p in patterns)]
    assert not missing


def test_every_attribution_names_a_file():
    unused = [p for p in attributed() if not any(fnmatch(name, p) for name in shipped())]
    assert not unused


def test_doubling_keeps_even_ground_and_the_mean():
    tile = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert (doubled(np.full((4, 4, 3), 77, np.uint8)) == 77).all()
    assert doubled(tile).mean() == pytest.approx(tile.mean(), abs=0.1)


def test_doubling_follows_a_tile_that_is_moved_round():
    tile = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    moved = doubled(np.roll(tile, 3, axis=1))
    assert (moved == np.roll(doubled(tile), 6, axis=1)).all()
